/**
 * The log thread's work: takes committed records out of the ring, writes them as blocks, syncs, publishes.
 *
 *     ring ──▶ block(s): header, records, zeros up to a page ──▶ write ──▶ free the ring ──▶ fdatasync ──▶ durable
 *
 * Everything that is ready goes out at once, one fdatasync for all who wait: the group commit. What comes meanwhile is
 * the next group.
 *
 * Why zeros: blocks are written over space that was written before, so that fdatasync has no metadata to commit; a new
 * file is zeroed a step ahead of the end. And a block is followed by zeros up to the next page, so that the operating
 * system never has to read a page of a recycled file in order to change a part of it.
 *
 * Failure is for good: after a write or a sync that failed nobody knows what is on disk. The ring is drained from then
 * on, so that nobody waits for room, and nothing is published any more.
 *
 * One instance, in one thread. It never blocks but on the disk; sleeping is `run`'s.
 */

import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { CrabError, SystemError } from '../../base/errors.js';
import { type Memory, SEGMENT_MASK, SEGMENT_SHIFT } from '../../memory/memory.js';
import type { Ring } from '../../structures/ring.js';
import { atPlace, type Disk, writeFully } from './disk.js';
import {
  COUNT_BLOCKS,
  COUNT_LIVE_KIB,
  COUNT_SEGMENTS,
  COUNT_SYNC_US,
  COUNT_SYNCS,
  COUNT_WRITTEN_KIB,
  FSYNC_ALWAYS,
  FSYNC_EVERYSEC,
  LogControl,
  type LogShared,
} from './log-control.js';
import {
  ACTIVE_NAME,
  archiveName,
  BLOCK_HEADER_BYTES,
  BlockHeader,
  FILE_HEADER_BYTES,
  type FileHeader,
  spareName,
} from './log-file.js';
import type { CheckedSegment } from './log-reader.js';
import { closeQuietly, createNextSegment, installNextSegment } from './log-segment.js';
import { OP_EXTERNAL, REFERENCE_BYTES } from './record.js';
import type { LogRecovery } from './recovery.js';

/** A block that would go beyond this begins a new segment. */
export const SEGMENT_BYTES_DEFAULT = 256 * 1024 * 1024;
/** Records of a block: enough to keep a disk busy, little enough to be checked and read at once. */
const BLOCK_DATA_BYTES_MAX = 4 * 1024 * 1024;
/** Blocks of more than this together are synced before more is written. */
const ROUND_BYTES_MAX = 4 * 1024 * 1024;
/** A new file is zeroed in steps of this. */
const ZERO_STEP_BYTES = 1024 * 1024;
const ZEROS = new Uint8Array(ZERO_STEP_BYTES);
const NO_RECORDS = new Uint8Array(0);
/** The unit in which the operating system keeps files in memory. */
const FILE_PAGE_BYTES = 4096;
const EVERYSEC_MS = 1000;
/** Recycled segments that are kept; further ones are removed. */
const SPARES_MAX = 2;
/** errno for "input/output error" (errno(3)): for errors that say nothing better. */
const ERRNO_IO = 5;

export interface LogWriterOptions {
  readonly shared: LogShared;
  readonly memory: Memory;
  readonly disk: Disk;
  readonly recovery: LogRecovery;
  readonly segmentBytes?: number;
  /** Unix ms; and ms of a clock that only goes forward. For tests. */
  readonly now?: () => number;
  readonly monotonic?: () => number;
  /** Told once, when the log breaks. */
  readonly failed?: (error: CrabError) => void;
}

export class LogWriter {
  /** True once a stop was asked for and everything is on disk. */
  ended: boolean;
  private readonly control: LogControl;
  private readonly ring: Ring;
  private readonly memory: Memory;
  private readonly disk: Disk;
  private readonly directory: string;
  private readonly path: string;
  private readonly segmentBytes: number;
  private readonly now: () => number;
  private readonly monotonic: () => number;
  private readonly tellFailed: (error: CrabError) => void;
  private readonly header: BlockHeader;
  private readonly headerBytes: Buffer;
  private archives: CheckedSegment[];
  private spares: string[];
  /** The active segment: the open file, its header, where the next block goes, how far blocks were written. */
  private file: number;
  private active: FileHeader;
  private offset: number;
  private zeroedTo: number;
  /** False once zeroing has failed, on a disk that is nearly full: what room is left is for blocks. */
  private mayZeroAhead: boolean;
  private readonly startLsn: number;
  private written: number;
  private writtenBytes: number;
  private durable: number;
  private acknowledged: number;
  private syncedAtMs: number;
  private mode: number;
  private recycled: number;
  /** A rotation was asked for when the log ended here, or -1. */
  private rotateAt: number;
  private hasFailed: boolean;

  /** @throws SystemError when the active segment can't be opened */
  constructor(options: LogWriterOptions) {
    const { recovery } = options;
    const active = recovery.segments.at(-1)!;
    this.ended = false;
    this.control = new LogControl(options.shared);
    this.ring = this.control.ring;
    this.memory = options.memory;
    this.disk = options.disk;
    this.directory = recovery.directory;
    this.path = join(recovery.directory, ACTIVE_NAME);
    this.segmentBytes = options.segmentBytes ?? SEGMENT_BYTES_DEFAULT;
    this.now = options.now ?? Date.now;
    this.monotonic = options.monotonic ?? (() => performance.now());
    this.tellFailed = options.failed ?? (() => {});
    this.header = new BlockHeader();
    this.headerBytes = Buffer.alloc(BLOCK_HEADER_BYTES);
    this.archives = [...recovery.older, ...recovery.segments.slice(0, -1)];
    this.spares = [...recovery.spares];
    this.file = atPlace('WAL_WRITE', "can't open the log", this.path, -1, () =>
      this.disk.open(this.path, 'r+'),
    );
    this.active = active.header;
    this.offset = active.endOffset;
    this.zeroedTo = recovery.activeBytes;
    this.mayZeroAhead = true;
    this.startLsn = recovery.endLsn;
    this.written = recovery.endLsn;
    this.writtenBytes = 0;
    this.durable = recovery.endLsn;
    this.acknowledged = recovery.endLsn;
    this.syncedAtMs = this.monotonic();
    this.mode = this.control.mode();
    this.recycled = this.control.recycleRequests();
    this.rotateAt = -1;
    this.hasFailed = false;
    this.countSegments();
  }

  /** Works and sleeps until a stop is asked for. */
  run(): void {
    while (!this.ended) {
      const waitMs = this.step();
      if (waitMs === 0) continue;
      this.ring.announceSleep();
      this.ring.sleep(this.hasWork() ? 0 : waitMs);
    }
  }

  /** Does what there is to do. Returns how long it may sleep in ms: 0 = there may be more, Infinity = until a kick. */
  step(): number {
    if (this.control.failed() !== 0) return this.stepFailed();
    try {
      return this.stepWorking();
    } catch (error) {
      this.fail(error);
      return 0;
    }
  }

  private stepWorking(): number {
    if (this.rotateAt < 0 && this.control.rotateRequested() !== 0) this.rotateAt = this.control.tail();
    // Asked first: what was appended before the request is then written by this round.
    const stops = this.control.stopRequested();
    const wrote = this.writeRound();
    this.noteMode();
    if (this.isSyncDue()) this.sync();
    this.acknowledge();
    if (this.rotateAt >= 0 && this.written >= this.rotateAt) this.serveRotate();
    if (this.control.recycleRequests() !== this.recycled) this.serveRecycle();
    if (wrote) return 0;
    if (stops) return this.end();
    if (this.isZeroingDue()) return this.zeroAhead();
    if (this.mode !== FSYNC_EVERYSEC || this.written === this.durable) return Number.POSITIVE_INFINITY;
    return Math.max(1, this.syncedAtMs + EVERYSEC_MS - this.monotonic());
  }

  /** True when a step would do something: asked between announcing sleep and sleeping. */
  private hasWork(): boolean {
    const control = this.control;
    if (this.ring.committedBytes(this.ring.headIndex()) !== 0 || control.rotateRequested() !== 0) return true;
    if (control.failed() !== 0 && !this.hasFailed) return true;
    return (
      control.recycleRequests() !== this.recycled || control.stopRequested() || control.mode() !== this.mode
    );
  }

  // --- writing

  /** Writes blocks until the ring is empty or it is time to sync. False when there was nothing. */
  private writeRound(): boolean {
    const begin = this.written;
    let bytes = 0;
    while (bytes < ROUND_BYTES_MAX) {
      const written = this.writeBlock();
      if (written === 0) break;
      bytes += written;
    }
    if (this.written === begin) return false;
    this.writtenBytes += bytes;
    this.control.setCount(COUNT_WRITTEN_KIB, Math.floor(this.writtenBytes / 1024));
    this.countSegments();
    return true;
  }

  /** Writes the records at the head of the ring, up to its end, as one block. Returns its bytes on disk. */
  private writeBlock(): number {
    const ring = this.ring;
    const index = ring.headIndex();
    if (ring.committedBytes(index) === 0) return 0;
    if (ring.u8[index + 4] === OP_EXTERNAL) return this.writeExternal(index);
    const limit = Math.min(BLOCK_DATA_BYTES_MAX, ring.bytes - index);
    let bytes = 0;
    while (bytes < limit) {
      const size = ring.committedBytes(index + bytes);
      if (size === 0 || ring.u8[index + bytes + 4] === OP_EXTERNAL) break;
      bytes += size;
    }
    this.put(ring.u8.subarray(index, index + bytes), bytes);
    this.release(bytes);
    return BLOCK_HEADER_BYTES + bytes;
  }

  /** Writes the record in page memory that the reference at the head of the ring names: a block of its own. */
  private writeExternal(index: number): number {
    const pages = this.ring.u32[(index + 8) >>> 2]!;
    const bytes = this.ring.u32[(index + 12) >>> 2]!;
    const start = (pages & SEGMENT_MASK) << 3;
    this.put(this.memory.u8[pages >>> SEGMENT_SHIFT]!.subarray(start, start + bytes), REFERENCE_BYTES);
    this.memory.freePages(pages);
    this.release(REFERENCE_BYTES);
    return BLOCK_HEADER_BYTES + bytes;
  }

  /** Gives the head of the ring back; what was there has been written. */
  private release(bytes: number): void {
    this.written += bytes;
    this.control.publishFreed(this.written);
    this.ring.release(bytes);
  }

  /** Writes one block. */
  private put(data: Uint8Array, lsnSpan: number): void {
    const bytes = BLOCK_HEADER_BYTES + data.length;
    if (this.offset + bytes > this.segmentBytes && this.offset > FILE_HEADER_BYTES) this.rotate();
    const header = this.header;
    header.dataBytes = data.length;
    header.dataCrc = crc32(data);
    header.firstLsn = this.written;
    header.lsnSpan = lsnSpan;
    header.durableLsn = this.durable;
    header.timeMs = this.now();
    header.encode(this.headerBytes, this.active.segmentId);

    const end = this.offset + bytes;
    // On known ground, up to the next page; beyond it, as far as a step.
    const unit = end > this.zeroedTo && this.mayZeroAhead ? ZERO_STEP_BYTES : FILE_PAGE_BYTES;
    const filledTo = Math.ceil(end / unit) * unit;
    const buffers = [this.headerBytes, data, ZEROS.subarray(0, filledTo - end)];
    this.at('write the log', this.offset, () => writeFully(this.disk, this.file, buffers, this.offset));
    this.offset = end;
    if (filledTo > this.zeroedTo) this.zeroedTo = filledTo;
    this.control.addCount(COUNT_BLOCKS, 1);
  }

  // --- syncing

  /** Notices a new mode. */
  private noteMode(): void {
    this.mode = this.control.mode();
  }

  /**
   * Lets replies leave whose LSN has been reached: what is synced with FSYNC_ALWAYS; otherwise what is written, so that the
   * end of the process alone takes back nothing that was acknowledged. What has been acknowledged stays so.
   */
  private acknowledge(): void {
    const lsn = this.mode === FSYNC_ALWAYS ? this.durable : this.written;
    if (lsn <= this.acknowledged) return;
    this.acknowledged = lsn;
    this.control.publishAcknowledged(lsn);
    this.control.wakeWaiting();
  }

  private isSyncDue(): boolean {
    if (this.written === this.durable) return false;
    if (this.mode === FSYNC_ALWAYS) return true;
    return this.mode === FSYNC_EVERYSEC && this.monotonic() - this.syncedAtMs >= EVERYSEC_MS;
  }

  private sync(): void {
    const begin = this.monotonic();
    this.at('sync the log', this.offset, () => this.disk.sync(this.file));
    this.syncedAtMs = this.monotonic();
    this.durable = this.written;
    this.control.publishDurable(this.durable);
    this.control.addCount(COUNT_SYNCS, 1);
    this.control.setCount(COUNT_SYNC_US, Math.round((this.syncedAtMs - begin) * 1000));
    this.acknowledge();
    this.control.wakeWaiting();
  }

  // --- segments

  private isZeroingDue(): boolean {
    if (!this.mayZeroAhead || this.zeroedTo >= this.segmentBytes) return false;
    return this.zeroedTo - this.offset < ZERO_STEP_BYTES / 2;
  }

  /** Zeroes a step more of a new file while there is nothing else to do. That it can't be done is no failure yet. */
  private zeroAhead(): number {
    try {
      writeFully(this.disk, this.file, [ZEROS], this.zeroedTo);
    } catch {
      this.mayZeroAhead = false;
      return 0;
    }
    this.zeroedTo += ZERO_STEP_BYTES;
    // Now, while nobody waits, rather than with the next block. In the other modes nobody waits for a sync at all.
    if (this.mode === FSYNC_ALWAYS) this.sync();
    return 0;
  }

  private serveRotate(): void {
    const ticket = this.control.rotateRequested();
    if (this.offset > FILE_HEADER_BYTES) this.rotate();
    this.rotateAt = -1;
    this.control.publishRotated(ticket);
  }

  /** Closes the active segment and goes on in a new one. Synced first: only the last segment may ever be torn. */
  private rotate(): void {
    if (this.written !== this.durable) this.sync();
    const next = createNextSegment(this.disk, this.directory, this.written, this.now(), this.spares.pop());
    const name = archiveName(this.active.firstLsn);
    const full = this.file;
    this.file = next.file;
    closeQuietly(this.disk, full);
    this.at('archive the log', -1, () => this.disk.rename(this.path, join(this.directory, name)));
    installNextSegment(this.disk, this.directory);
    this.archives.push({ name, header: this.active, endOffset: this.offset, endLsn: this.written });
    this.active = next.header;
    this.offset = FILE_HEADER_BYTES;
    this.zeroedTo = this.at('read the log', -1, () => this.disk.size(this.file));
    this.mayZeroAhead = true;
    this.countSegments();
  }

  /** Makes spares of segments that a snapshot has outlived. That it can't be done is no failure: there is a next time. */
  private serveRecycle(): void {
    this.recycled = this.control.recycleRequests();
    const lsn = this.control.recycleLsn();
    try {
      while (this.archives.length > 0 && this.archives[0]!.endLsn <= lsn) {
        this.recycle(this.archives[0]!);
        this.archives.shift();
      }
      this.disk.syncDirectory(this.directory);
    } catch {
      // The segment stays in the list.
    }
    this.countSegments();
  }

  private recycle(segment: CheckedSegment): void {
    const path = join(this.directory, segment.name);
    let number = 1;
    while (this.spares.includes(spareName(number))) number++;
    if (number > SPARES_MAX || segment.endOffset > this.segmentBytes + ZERO_STEP_BYTES) {
      this.disk.remove(path);
      return;
    }
    this.disk.rename(path, join(this.directory, spareName(number)));
    this.spares.push(spareName(number));
  }

  private countSegments(): void {
    const archived = this.archives.reduce((sum, segment) => sum + segment.endOffset, 0);
    this.control.setCount(COUNT_LIVE_KIB, Math.ceil((archived + this.offset) / 1024));
    this.control.setCount(COUNT_SEGMENTS, this.archives.length + 1);
  }

  // --- the end, good or bad

  private end(): number {
    if (this.written !== this.durable) this.sync();
    if (this.written !== this.startLsn) this.seal();
    closeQuietly(this.disk, this.file);
    this.ended = true;
    return 0;
  }

  /**
   * Ends with a block of no records. It says that everything before it was durable, so that damage to the last block that has
   * some is not taken for a torn tail.
   */
  private seal(): void {
    this.put(NO_RECORDS, 0);
    this.at('sync the log', this.offset, () => this.disk.sync(this.file));
  }

  private fail(error: unknown): void {
    const known =
      error instanceof CrabError ? error : new CrabError('WAL_FAILED', `the log broke: ${error}`, error);
    const errno = known instanceof SystemError ? Math.abs(known.errno) : 0;
    this.control.fail(errno === 0 ? ERRNO_IO : errno);
    this.noteFailure(known);
  }

  private noteFailure(error: CrabError): void {
    this.hasFailed = true;
    this.control.wakeWaiting();
    this.tellFailed(error);
  }

  /** Once the log is broken: nobody may wait for room, for a rotation, or for what will never be durable. */
  private stepFailed(): number {
    if (!this.hasFailed) {
      const reason =
        'memory is exhausted: a log record found no place. Writes are refused from now on; restart CrabKV';
      this.noteFailure(new CrabError('WAL_NO_MEMORY', reason));
    }
    this.discard();
    this.control.wakeWaiting();
    const ticket = this.control.rotateRequested();
    if (ticket !== 0) this.control.publishRotated(ticket);
    this.recycled = this.control.recycleRequests();
    this.mode = this.control.mode();
    if (this.control.stopRequested()) {
      closeQuietly(this.disk, this.file);
      this.ended = true;
    }
    return Number.POSITIVE_INFINITY;
  }

  private discard(): void {
    const ring = this.ring;
    for (;;) {
      const index = ring.headIndex();
      const bytes = ring.committedBytes(index);
      if (bytes === 0) return;
      if (ring.u8[index + 4] === OP_EXTERNAL) this.memory.freePages(ring.u32[(index + 8) >>> 2]!);
      this.release(bytes);
    }
  }

  private at<T>(what: string, offset: number, operation: () => T): T {
    const hint = `can't ${what} (writes are refused from now on: see to the disk, then restart CrabKV)`;
    return atPlace('WAL_FAILED', hint, this.path, offset, operation);
  }
}
