/**
 * The log thread's work: takes committed records out of the ring, writes them as blocks, syncs, publishes.
 *
 *     ring ──▶ block(s): header, records, zeros up to a page ──▶ write ──▶ free the ring ──▶ fdatasync ──▶ durable
 *
 * Everything that is ready goes out at once, one fdatasync for all who wait: the group commit. What comes meanwhile is
 * the next group. Where a write alone is waited for, reactors write most blocks themselves (log-tip.ts); syncs, segments
 * and everything uncommon are always this thread's. Under the tip's lock it writes, but never syncs in the ordinary course.
 *
 * Failure is for good: after a write or a sync that failed nobody knows what is on disk. The ring is drained from then
 * on, so that nobody waits for room, and nothing is published any more.
 *
 * One instance, in one thread. It never blocks but on the disk; sleeping is `run`'s.
 */

import { join } from 'node:path';
import { getSystemErrorName } from 'node:util';
import { CrabError, SystemError } from '../../base/errors.js';
import { type Memory, SEGMENT_MASK, SEGMENT_SHIFT } from '../../memory/memory.js';
import type { Ring } from '../../structures/ring.js';
import { EVENT_LOG_SYNC, EVENT_LOG_WRITE, type LatencyMonitor } from '../latency.js';
import { atPlace, type Disk, writeFully } from './disk.js';
import {
  COUNT_LIVE_KIB,
  COUNT_SEGMENTS,
  COUNT_SYNC_US,
  COUNT_SYNCS,
  ERRNO_NO_FILE,
  ERRNO_NO_MEMORY,
  FSYNC_ALWAYS,
  FSYNC_EVERYSEC,
  FSYNC_NO,
  LogControl,
  type LogShared,
} from './log-control.js';
import {
  ACTIVE_NAME,
  archiveName,
  BLOCK_HEADER_BYTES,
  FILE_HEADER_BYTES,
  type FileHeader,
  spareName,
} from './log-file.js';
import type { CheckedSegment } from './log-reader.js';
import {
  closeQuietly,
  createNextSegment,
  installNextSegment,
  removeIfThere,
  renameIfThere,
} from './log-segment.js';
import { ERRNO_IO, FILE_PAGE_BYTES, LogTip, ZEROS } from './log-tip.js';
import { OP_EXTERNAL, REFERENCE_BYTES } from './record.js';
import type { LogRecovery } from './recovery.js';

/** A block that would go beyond this begins a new segment. */
export const SEGMENT_BYTES_DEFAULT = 256 * 1024 * 1024;
/** Blocks of more than this together are synced before more is written. */
const ROUND_BYTES_MAX = 4 * 1024 * 1024;
const NO_RECORDS = new Uint8Array(0);
const EVERYSEC_MS = 1000;
/** Recycled segments that are kept; further ones are removed. */
const SPARES_MAX = 2;

export interface LogWriterOptions {
  readonly shared: LogShared;
  readonly memory: Memory;
  readonly disk: Disk;
  readonly recovery: LogRecovery;
  readonly segmentBytes?: number;
  /** A new file is zeroed in steps of this, at most ZERO_STEP_BYTES. */
  readonly zeroStepBytes?: number;
  /** Unix ms; and ms of a clock that only goes forward. For tests. */
  readonly now?: () => number;
  readonly monotonic?: () => number;
  /** Told once, when the log breaks. */
  readonly failed?: (error: CrabError) => void;
  /** Told how long syncs take that replies wait for. */
  readonly latency?: LatencyMonitor | undefined;
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
  private readonly zeros: Uint8Array;
  private readonly now: () => number;
  private readonly monotonic: () => number;
  private readonly tellFailed: (error: CrabError) => void;
  private readonly latency: LatencyMonitor | undefined;
  private readonly tip: LogTip;
  private archives: CheckedSegment[];
  private spares: string[];
  /** Header of the active segment; its file, and where the next block goes, are the tip's. */
  private active: FileHeader;
  /** False once zeroing has failed, on a disk that is nearly full: what room is left is for blocks. */
  private mayZeroAhead: boolean;
  private readonly startLsn: number;
  /** The log was found with a seal at its end. */
  private readonly isSealed: boolean;
  private durable: number;
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
    this.zeros = ZEROS.subarray(0, options.zeroStepBytes);
    this.now = options.now ?? Date.now;
    this.monotonic = options.monotonic ?? (() => performance.now());
    this.tellFailed = options.failed ?? (() => {});
    this.latency = options.latency;
    this.tip = new LogTip(options.shared.tip, this.control, options.disk, this.now);
    this.archives = [...recovery.older, ...recovery.segments.slice(0, -1)];
    this.spares = [...recovery.spares];
    const file = atPlace('WAL_WRITE', "can't open the log", this.path, -1, () =>
      this.disk.open(this.path, 'r+'),
    );
    this.active = active.header;
    this.mayZeroAhead = true;
    this.startLsn = recovery.endLsn;
    this.isSealed = recovery.isSealed;
    this.durable = recovery.endLsn;
    this.tip.begin(recovery.endLsn, this.segmentBytes);
    this.tip.open(file, active.header.segmentId, active.endOffset, recovery.activeBytes);
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
      this.ring.sleep(this.hasWork() || this.isSyncMissed(waitMs) ? 0 : waitMs);
    }
  }

  /** Does what there is to do. Returns how long it may sleep in ms: 0 = there may be more, Infinity = until a kick. */
  step(): number {
    this.tip.lock();
    try {
      return this.control.failed() === 0 ? this.stepWorking() : this.stepFailed();
    } catch (error) {
      this.fail(error);
      return 0;
    } finally {
      this.tip.unlock();
    }
  }

  private stepWorking(): number {
    if (this.rotateAt < 0 && this.control.rotateRequested() !== 0) this.rotateAt = this.control.tail();
    // Asked first: what was appended before the request is then written by this round.
    const stops = this.control.stopRequested();
    const wrote = this.writeRound();
    this.mode = this.control.mode();
    if (this.isSyncDue()) this.syncUnlocked();
    this.acknowledge();
    if (this.rotateAt >= 0 && this.tip.written >= this.rotateAt) this.serveRotate();
    if (this.control.recycleRequests() !== this.recycled) this.serveRecycle();
    if (wrote) return 0;
    if (stops) return this.end();
    if (this.isZeroingDue()) return this.zeroAhead();
    if (this.mode !== FSYNC_EVERYSEC || this.tip.written === this.durable) return Number.POSITIVE_INFINITY;
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

  /**
   * True when a reactor has written since the step that found everything synced: its kick came before the sleep was
   * announced. The ring's `freed` is an atomic, stored before that kick.
   */
  private isSyncMissed(waitMs: number): boolean {
    if (waitMs !== Number.POSITIVE_INFINITY || this.mode === FSYNC_NO) return false;
    return this.control.failed() === 0 && this.ring.freedLow() !== (this.durable | 0);
  }

  // --- writing

  /** Writes blocks until the ring is empty or it is time to sync. False when there was nothing. */
  private writeRound(): boolean {
    const begin = this.tip.written;
    const startMs = this.monotonic();
    let bytes = 0;
    while (bytes < ROUND_BYTES_MAX) {
      const written = this.writeBlock();
      if (written === 0) break;
      bytes += written;
    }
    if (bytes !== 0) this.latency?.add(EVENT_LOG_WRITE, this.monotonic() - startMs);
    // Reactors have written, too.
    this.countSegments();
    return this.tip.written !== begin;
  }

  /** Writes the records at the head of the ring, up to its end, as one block. Returns its bytes on disk. */
  private writeBlock(): number {
    let bytes = this.tip.readyBytes();
    if (!this.tip.fits(bytes) && this.tip.written !== this.durable) {
      // Before a new segment everything is synced: most of it now, while reactors write on.
      this.syncUnlocked();
      bytes = this.tip.readyBytes();
    }
    if (bytes === 0) return this.tip.isExternalReady() ? this.writeExternal() : 0;
    this.makeRoom(bytes);
    this.at('write the log', this.tip.offset, () => this.tip.writeRecords(bytes, this.fillUnit(bytes)));
    return BLOCK_HEADER_BYTES + bytes;
  }

  /** Writes the record in page memory that the reference at the head of the ring names: a block of its own. */
  private writeExternal(): number {
    const ring = this.ring;
    const index = ring.headIndex();
    const pages = ring.u32[(index + 8) >>> 2]!;
    const bytes = ring.u32[(index + 12) >>> 2]!;
    const start = (pages & SEGMENT_MASK) << 3;
    this.put(this.memory.u8[pages >>> SEGMENT_SHIFT]!.subarray(start, start + bytes), REFERENCE_BYTES);
    this.memory.freePages(pages);
    this.tip.release(REFERENCE_BYTES);
    return BLOCK_HEADER_BYTES + bytes;
  }

  private put(data: Uint8Array, lsnSpan: number): void {
    this.makeRoom(data.length);
    this.at('write the log', this.tip.offset, () => this.tip.put(data, lsnSpan, this.fillUnit(data.length)));
  }

  /** Goes on in a new segment when a block with `bytes` bytes of records does not fit this one. */
  private makeRoom(bytes: number): void {
    if (!this.tip.fits(bytes) && this.hasRecords()) this.rotate();
  }

  /** What the block is filled up to with zeros: on known ground the next page; beyond it a step. */
  private fillUnit(bytes: number): number {
    const end = this.tip.offset + BLOCK_HEADER_BYTES + bytes;
    return end > this.tip.zeroedTo && this.mayZeroAhead ? this.zeros.length : FILE_PAGE_BYTES;
  }

  // --- syncing

  /**
   * Lets replies leave whose LSN has been reached: what is synced with FSYNC_ALWAYS; otherwise what is written, so that the
   * end of the process alone takes back nothing that was acknowledged. What has been acknowledged stays so.
   */
  private acknowledge(): void {
    const { written } = this.tip;
    // The mode of now, not of the step's beginning: it may have changed during a sync.
    if (this.control.failed() !== 0) return;
    const isNews = this.tip.acknowledge(this.control.mode() === FSYNC_ALWAYS ? this.durable : written);
    if (isNews) this.control.wakeWaiting();
  }

  private isSyncDue(): boolean {
    if (this.tip.written === this.durable) return false;
    if (this.mode === FSYNC_ALWAYS) return true;
    return this.mode === FSYNC_EVERYSEC && this.monotonic() - this.syncedAtMs >= EVERYSEC_MS;
  }

  /** Syncs what has been written; reactors may write on meanwhile. */
  private syncUnlocked(): void {
    const { file, written } = this.tip;
    this.tip.unlock();
    try {
      this.syncFile(file, written);
    } finally {
      this.tip.lock();
    }
    this.acknowledge();
    this.control.wakeWaiting();
  }

  /** Syncs everything, with nobody writing meanwhile. */
  private sync(): void {
    this.syncFile(this.tip.file, this.tip.written);
    this.acknowledge();
    this.control.wakeWaiting();
  }

  private syncFile(file: number, written: number): void {
    const begin = this.monotonic();
    this.at('sync the log', this.tip.offset, () => this.disk.sync(file));
    this.syncedAtMs = this.monotonic();
    this.durable = written;
    this.control.publishDurable(written);
    this.control.addCount(COUNT_SYNCS, 1);
    this.control.setCount(COUNT_SYNC_US, Math.round((this.syncedAtMs - begin) * 1000));
    // In the other modes nobody waits for it.
    if (this.mode === FSYNC_ALWAYS) this.latency?.add(EVENT_LOG_SYNC, this.syncedAtMs - begin);
  }

  // --- segments

  private isZeroingDue(): boolean {
    if (!this.mayZeroAhead || this.tip.zeroedTo >= this.segmentBytes) return false;
    return this.tip.zeroedTo - this.tip.offset < this.zeros.length / 2;
  }

  /** Zeroes a step more of a new file while there is nothing else to do. That it can't be done is no failure yet. */
  private zeroAhead(): number {
    try {
      writeFully(this.disk, this.tip.file, [this.zeros], this.tip.zeroedTo);
    } catch {
      this.mayZeroAhead = false;
      return 0;
    }
    this.tip.zeroedTo += this.zeros.length;
    // Now, while nobody waits, rather than with the next block. In the other modes nobody waits for a sync at all.
    if (this.mode === FSYNC_ALWAYS) this.sync();
    return 0;
  }

  /**
   * False of a segment that takes the log no further: it is new, or holds nothing but seals. It never becomes an archive, because
   * the next segment would begin at the same LSN, and later be given the same name.
   */
  private hasRecords(): boolean {
    return this.tip.written !== this.active.firstLsn;
  }

  private serveRotate(): void {
    const ticket = this.control.rotateRequested();
    if (this.tip.written !== this.durable) this.syncUnlocked();
    if (this.hasRecords()) this.rotate();
    this.rotateAt = -1;
    this.control.publishRotated(ticket);
  }

  /** Closes the active segment and goes on in a new one. Synced first: only the last segment may ever be torn. */
  private rotate(): void {
    const tip = this.tip;
    if (tip.written !== this.durable) this.sync();
    // A reactor whose write failed, during a sync, may have left more in the file than `written` says.
    if (this.control.failed() !== 0) throw this.foreignFailure(this.control.failed());
    const next = createNextSegment(this.disk, this.directory, tip.written, this.now(), this.spares.pop());
    const name = archiveName(this.active.firstLsn);
    const { file: full, offset: endOffset, written: endLsn } = tip;
    const nextBytes = this.at('read the log', -1, () => this.disk.size(next.file));
    tip.open(next.file, next.header.segmentId, FILE_HEADER_BYTES, nextBytes);
    closeQuietly(this.disk, full);
    this.at('archive the log', -1, () => this.disk.rename(this.path, join(this.directory, name)));
    installNextSegment(this.disk, this.directory);
    this.archives.push({ name, header: this.active, endOffset, endLsn });
    this.active = next.header;
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
    if (number > SPARES_MAX || segment.endOffset > this.segmentBytes + this.zeros.length) {
      removeIfThere(this.disk, path);
      return;
    }
    if (renameIfThere(this.disk, path, join(this.directory, spareName(number)))) {
      this.spares.push(spareName(number));
    }
  }

  private countSegments(): void {
    const archived = this.archives.reduce((sum, segment) => sum + segment.endOffset, 0);
    this.control.setCount(COUNT_LIVE_KIB, Math.ceil((archived + this.tip.offset) / 1024));
    this.control.setCount(COUNT_SEGMENTS, this.archives.length + 1);
  }

  // --- the end, good or bad

  private end(): number {
    if (this.tip.written !== this.durable) this.sync();
    if (this.tip.written !== this.startLsn || !this.isSealed) this.seal();
    this.closeFile();
    return 0;
  }

  /**
   * Ends with a block of no records. It says that everything before it was durable, so that damage to the last block that has
   * some is not taken for a torn tail.
   */
  private seal(): void {
    this.put(NO_RECORDS, 0);
    this.at('sync the log', this.tip.offset, () => this.disk.sync(this.tip.file));
  }

  private closeFile(): void {
    closeQuietly(this.disk, this.tip.file);
    this.tip.close();
    this.ended = true;
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

  /** What broke the log in another thread, by its errno: a record without a place, a reactor's write, a file that is gone. */
  private foreignFailure(errno: number): CrabError {
    if (errno === ERRNO_NO_MEMORY) {
      const reason =
        'memory is exhausted: a log record found no place. Writes are refused from now on; restart CrabKV';
      return new CrabError('WAL_NO_MEMORY', reason);
    }
    if (errno === ERRNO_NO_FILE) {
      const reason =
        `${this.path} was removed while it was written: writes are refused from now on. What is in memory is complete: make ` +
        'the directory again if it is gone, SAVE, and restart CrabKV';
      return new CrabError('WAL_REMOVED', reason);
    }
    const code = getSystemErrorName(-errno);
    const cause = Object.assign(new Error(`${code}, write`), { code, errno: -errno, syscall: 'write' });
    return new SystemError('WAL_FAILED', failureHint('write the log'), this.path, this.tip.offset, cause);
  }

  /** Once the log is broken: nobody may wait for room, for a rotation, or for what will never be durable. */
  private stepFailed(): number {
    if (!this.hasFailed) this.noteFailure(this.foreignFailure(this.control.failed()));
    this.discard();
    this.control.wakeWaiting();
    const ticket = this.control.rotateRequested();
    if (ticket !== 0) this.control.publishRotated(ticket);
    this.recycled = this.control.recycleRequests();
    this.mode = this.control.mode();
    if (this.control.stopRequested()) {
      this.closeFile();
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
      this.tip.release(bytes);
    }
  }

  private at<T>(what: string, offset: number, operation: () => T): T {
    return atPlace('WAL_FAILED', failureHint(what), this.path, offset, operation);
  }
}

function failureHint(what: string): string {
  return `can't ${what} (writes are refused from now on: see to the disk, then restart CrabKV)`;
}
