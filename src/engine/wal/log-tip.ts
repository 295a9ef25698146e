/**
 * The end of the log, where the next block goes: shared, so that any thread can write it.
 *
 * A reactor that has appended something writes it itself at the end of its turn when a write is all that is needed: no
 * thread has to be woken, and the replies leave in the same turn. The log thread does the rest: syncs, new segments,
 * zeroing ahead, records in page memory. Whoever writes holds the tip's lock, a few microseconds long; a reactor that does
 * not get it leaves its records to the log thread, which loses nothing but time.
 *
 *     words   lock | file descriptor | segment id
 *     doubles offset | zeroedTo | written | segmentBytes
 *
 * Invariants, under the lock:
 * - Everything before `written` is in the file (in the operating system's keeping, synced or not); blocks have no gaps.
 * - The ring's head is at `written`: who writes a block takes its records out.
 * - What has been acknowledged never goes back.
 *
 * Why zeros: blocks are written over space that was written before, so that fdatasync has no metadata to commit. And a
 * block is followed by zeros up to the next page, so that the operating system never has to read a page of a recycled file
 * in order to change a part of it.
 */

import { crc32 } from 'node:zlib';
import { lockWord, tryLockWord, unlockWord } from '../../memory/baton.js';
import type { Ring } from '../../structures/ring.js';
import { type Disk, writeFully } from './disk.js';
import {
  COUNT_BLOCKS,
  COUNT_WRITTEN_KIB,
  FSYNC_ALWAYS,
  FSYNC_EVERYSEC,
  type LogControl,
} from './log-control.js';
import { BLOCK_HEADER_BYTES, BlockHeader } from './log-file.js';
import { OP_EXTERNAL } from './record.js';

/** Records of a block: enough to keep a disk busy, little enough to be checked and read at once. */
const BLOCK_DATA_BYTES_MAX = 4 * 1024 * 1024;
/** What a reactor writes itself: more would keep its clients waiting. */
const REACTOR_BYTES_MAX = 1024 * 1024;
/** A new file is zeroed in steps of this. */
export const ZERO_STEP_BYTES = 1024 * 1024;
/** The unit in which the operating system keeps files in memory. */
export const FILE_PAGE_BYTES = 4096;
/** errno for "input/output error" (errno(3)): for errors that say nothing better. */
export const ERRNO_IO = 5;

export const ZEROS: Uint8Array = new Uint8Array(ZERO_STEP_BYTES);

const LOCK = 0;
const FILE = 1;
const SEGMENT_ID = 2;
/** Doubles begin behind the lock's cache line. */
const DOUBLES = 8;
const OFFSET = DOUBLES;
const ZEROED_TO = DOUBLES + 1;
const WRITTEN = DOUBLES + 2;
const SEGMENT_BYTES = DOUBLES + 3;
const WRITTEN_BYTES = DOUBLES + 4;
/** The file is open, and may be written to by whoever holds the lock. */
const NO_FILE = -1;

export class LogTip {
  private readonly control: LogControl;
  private readonly ring: Ring;
  private readonly disk: Disk;
  private readonly now: () => number;
  private readonly words: Int32Array;
  private readonly doubles: Float64Array;
  private readonly header = new BlockHeader();
  private readonly headerBytes: Buffer = Buffer.alloc(BLOCK_HEADER_BYTES);

  /** @param now Unix ms; for tests */
  constructor(shared: SharedArrayBuffer, control: LogControl, disk: Disk, now: () => number = Date.now) {
    this.control = control;
    this.ring = control.ring;
    this.disk = disk;
    this.now = now;
    this.words = new Int32Array(shared);
    this.doubles = new Float64Array(shared);
  }

  // --- state, under the lock

  lock(): void {
    lockWord(this.words, LOCK);
  }

  unlock(): void {
    unlockWord(this.words, LOCK);
  }

  get file(): number {
    return this.words[FILE]! - 1;
  }

  /** Offset in the file at which the next block begins. */
  get offset(): number {
    return this.doubles[OFFSET]!;
  }

  /** Everything before it was written at some time. */
  get zeroedTo(): number {
    return this.doubles[ZEROED_TO]!;
  }

  set zeroedTo(offset: number) {
    this.doubles[ZEROED_TO] = offset;
  }

  /** LSN up to which everything is in the file. */
  get written(): number {
    return this.doubles[WRITTEN]!;
  }

  /** Goes on at `offset` of `file`, of which `zeroedTo` bytes were written before. */
  open(file: number, segmentId: number, offset: number, zeroedTo: number): void {
    this.words[FILE] = file + 1;
    this.words[SEGMENT_ID] = segmentId;
    this.doubles[OFFSET] = offset;
    this.doubles[ZEROED_TO] = zeroedTo;
  }

  /** Begins at `lsn`; a block that would go beyond `segmentBytes` of the file needs a new one. */
  begin(lsn: number, segmentBytes: number): void {
    this.doubles[WRITTEN] = lsn;
    this.doubles[SEGMENT_BYTES] = segmentBytes;
  }

  /** Nobody writes any more. */
  close(): void {
    this.words[FILE] = NO_FILE + 1;
  }

  // --- writing, under the lock

  /** Bytes of records at the head of the ring that can go into one block; 0 when there are none, or one in page memory. */
  readyBytes(): number {
    const ring = this.ring;
    const index = ring.headIndex();
    const limit = Math.min(BLOCK_DATA_BYTES_MAX, ring.bytes - index);
    let bytes = 0;
    while (bytes < limit) {
      const size = ring.committedBytes(index + bytes);
      if (size === 0 || ring.u8[index + bytes + 4] === OP_EXTERNAL) break;
      bytes += size;
    }
    return bytes;
  }

  /** True when the record at the head of the ring is a reference to one in page memory. */
  isExternalReady(): boolean {
    const index = this.ring.headIndex();
    // The size first: until it is there, the rest says nothing.
    return this.ring.committedBytes(index) !== 0 && this.ring.u8[index + 4] === OP_EXTERNAL;
  }

  /** Writes the `bytes` bytes of records at the head of the ring as one block, and takes them out. */
  writeRecords(bytes: number, fillUnit: number = FILE_PAGE_BYTES): void {
    const index = this.ring.headIndex();
    this.put(this.ring.u8.subarray(index, index + bytes), bytes, fillUnit);
    this.release(bytes);
  }

  /**
   * Writes one block that takes the log on by `lsnSpan`. Beyond `zeroedTo` the file is new there.
   *
   * @param fillUnit the block is followed by zeros up to a multiple of it
   * @throws what the disk throws
   */
  put(data: Uint8Array, lsnSpan: number, fillUnit: number = FILE_PAGE_BYTES): void {
    const header = this.header;
    header.dataBytes = data.length;
    header.dataCrc = crc32(data);
    header.firstLsn = this.written;
    header.lsnSpan = lsnSpan;
    header.durableLsn = this.control.durable();
    header.timeMs = this.now();
    header.encode(this.headerBytes, this.words[SEGMENT_ID]! >>> 0);

    const offset = this.offset;
    const end = offset + BLOCK_HEADER_BYTES + data.length;
    const filledTo = Math.ceil(end / fillUnit) * fillUnit;
    const buffers = [this.headerBytes, data];
    if (filledTo > end) buffers.push(ZEROS.subarray(0, filledTo - end) as Buffer);
    writeFully(this.disk, this.file, buffers, offset);
    this.doubles[OFFSET] = end;
    if (filledTo > this.zeroedTo) this.zeroedTo = filledTo;
    this.doubles[WRITTEN_BYTES] = this.doubles[WRITTEN_BYTES]! + BLOCK_HEADER_BYTES + data.length;
    this.control.addCount(COUNT_BLOCKS, 1);
    this.control.setCount(COUNT_WRITTEN_KIB, Math.floor(this.doubles[WRITTEN_BYTES]! / 1024));
  }

  /** Gives the head of the ring back; what was there has been written. */
  release(bytes: number): void {
    const written = this.written + bytes;
    this.doubles[WRITTEN] = written;
    this.control.publishFreed(written);
    this.ring.release(bytes);
  }

  /** True when a block with `bytes` bytes of records fits the segment. */
  fits(bytes: number): boolean {
    return this.offset + BLOCK_HEADER_BYTES + bytes <= this.doubles[SEGMENT_BYTES]!;
  }

  /** Lets replies leave that wait for an LSN up to `lsn`. Returns true when that is news, which waiters are to be told. */
  acknowledge(lsn: number): boolean {
    if (lsn <= this.control.acknowledged()) return false;
    this.control.publishAcknowledged(lsn);
    return true;
  }

  // --- a reactor's turn

  /**
   * Writes what is ready, if no more than a write is needed and nobody is about it. Never waits for another thread.
   *
   * @returns false when something is left to the log thread, which is then to be kicked
   */
  tryWrite(): boolean {
    const control = this.control;
    if (control.mode() === FSYNC_ALWAYS || !tryLockWord(this.words, LOCK)) return false;
    const before = this.written;
    let isDone = this.file !== NO_FILE && control.failed() === 0 && this.writeTurn();
    let isNews = false;
    // Looked at after the write: what was appended since a mode that waits for syncs, or since memory is ahead of the log,
    // may have been written with it, and is not to be acknowledged.
    const mode = control.mode();
    if (mode === FSYNC_ALWAYS || control.failed() !== 0) isDone = false;
    else isNews = this.acknowledge(this.written);
    // The log thread hears of the first write that it has to sync, and when the zeros run out.
    if (this.written !== before) {
      if (mode === FSYNC_EVERYSEC && before === control.durable()) isDone = false;
      if (this.zeroedTo - this.offset < ZERO_STEP_BYTES / 4 && this.zeroedTo < this.doubles[SEGMENT_BYTES]!) {
        isDone = false;
      }
    }
    unlockWord(this.words, LOCK);
    if (isNews) control.wakeWaiting();
    return isDone;
  }

  /** Writes blocks while that is all there is to do. Returns true when nothing is left. A disk that fails breaks the log. */
  private writeTurn(): boolean {
    let left = REACTOR_BYTES_MAX;
    for (;;) {
      const bytes = this.readyBytes();
      if (bytes === 0) return this.ring.committedBytes(this.ring.headIndex()) === 0;
      const end = this.offset + BLOCK_HEADER_BYTES + bytes;
      if (bytes > left || end > this.zeroedTo || !this.fits(bytes)) return false;
      left -= bytes;
      try {
        this.writeRecords(bytes);
      } catch (error) {
        this.control.fail(Math.abs((error as NodeJS.ErrnoException).errno ?? ERRNO_IO));
        return false;
      }
    }
  }
}
