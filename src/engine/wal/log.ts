/**
 * The log, as those see it who append to it: one instance a thread.
 *
 * An append writes its record straight into the ring while the shard's baton is held, so that the order of the log is
 * the order of execution, and returns the LSN that a reply must wait for. It never waits for the disk: the log
 * thread (log-writer.ts) takes records out of the ring, writes, syncs, and publishes how far it is.
 *
 * How a record gets its place, and what groups are, is told in log-appender.ts.
 */

import { copyWords } from '../../base/bytes.js';
import type { Memory } from '../../memory/memory.js';
import { EVENT_LOG_WRITE, type LatencyMonitor } from '../latency.js';
import type { Disk } from './disk.js';
import { NOWHERE } from './log-appender.js';
import {
  COUNT_BLOCKS,
  COUNT_LIVE_KIB,
  COUNT_SEGMENTS,
  COUNT_SYNC_US,
  COUNT_SYNCS,
  COUNT_WRITTEN_KIB,
  FSYNC_ALWAYS,
  LogControl,
  type LogShared,
} from './log-control.js';
import { LogItems } from './log-items.js';
import { LogTip } from './log-tip.js';
import {
  FLAG_DEADLINE,
  FLAG_EXPIRED,
  FLAG_NEW,
  INLINE_RECORD_BYTES_MAX,
  OP_APPEND,
  OP_DELETE,
  OP_EXPIREAT,
  OP_FLUSHALL,
  OP_FLUSHDB,
  OP_PERSIST,
  OP_SET,
  OP_SETRANGE,
  OP_SWAPDB,
  RECORD_HEADER_BYTES,
} from './record.js';

export {
  createLogShared,
  FSYNC_ALWAYS,
  FSYNC_EVERYSEC,
  FSYNC_NO,
  type LogShared,
} from './log-control.js';

/** Inline records that one command may append, and the filler before the one that crosses the ring's end. */
const COMMAND_BYTES_MAX = 3 * INLINE_RECORD_BYTES_MAX;
/** Header, a database, padding. */
const SWAPDB_RECORD_BYTES = 16;

export interface LogStatistics {
  /** Bytes that the log takes on disk, from the oldest segment in use to the end. */
  readonly liveBytes: number;
  /** Bytes written since start, modulo 4 TiB. */
  readonly writtenBytes: number;
  readonly segments: number;
  readonly blocks: number;
  readonly syncs: number;
  /** How long the last fdatasync took. */
  readonly lastSyncUs: number;
}

export class Log extends LogItems {
  /** `Atomics.wait(wakeArray, wakeIndex, seen)` sleeps until somebody wakes this thread: see `requestWake`. */
  readonly wakeArray: Int32Array;
  readonly wakeIndex: number;
  /** Is told how long this thread's writes take. */
  latency: LatencyMonitor | undefined = undefined;
  private readonly tip: LogTip | undefined;
  private readonly thread: number;
  /** Free bytes at which every thread can still run a command: RING_SLACK_BYTES. */
  private readonly slackBytes: number;

  /** @param thread which thread this is, 0 to THREAD_COUNT_MAX - 1; no two may have the same */
  /** @param disk to write blocks to in `flush`; without it the log thread writes all of them */
  constructor(shared: LogShared, memory: Memory, thread: number, disk?: Disk) {
    super(new LogControl(shared), memory);
    this.tip = disk === undefined ? undefined : new LogTip(shared.tip, this.control, disk);
    this.wakeArray = this.control.words;
    this.wakeIndex = this.control.wakeIndex(thread);
    this.thread = thread;
    this.slackBytes = Math.min(this.control.threadCount() * COMMAND_BYTES_MAX, this.ring.bytes / 2);
  }

  /** True when every thread can run one command without waiting for the log thread. */
  hasRoom(): boolean {
    return !this.enabled || this.ring.hasRoom(this.slackBytes);
  }

  /** Sleeps until `hasRoom`. */
  waitForRoom(): void {
    if (this.enabled) this.ring.waitForRoom(this.slackBytes);
  }

  /** True when the log is broken: writes are to be refused, replies that wait are to be answered with an error. */
  failed(): boolean {
    return this.control.failed() !== 0;
  }

  /** True when the log takes nothing more, because the server has ended. */
  hasEnded(): boolean {
    return this.control.stopRequested();
  }

  // --- under the batons

  /** A key was set, with its deadline in Unix ms or 0. Returns the LSN after the record, as all appends do. */
  appendSet(
    database: number,
    deadline: number,
    source: DataView,
    keyOffset: number,
    keyBytes: number,
    valueSource: DataView,
    valueOffset: number,
    valueBytes: number,
  ): number {
    if (!this.enabled) return 0;
    const fixed = deadline === 0 ? 16 : 24;
    const bytes = (fixed + keyBytes + valueBytes + 7) & ~7;
    const index = this.begin(bytes);
    if (index === NOWHERE) return this.lsn;
    let flags = 0;
    if (deadline !== 0) {
      this.f64[(index + 8) >>> 3] = deadline;
      flags = FLAG_DEADLINE;
    }
    const at = index + fixed;
    this.u32[(at >>> 2) - 2] = keyBytes;
    this.u32[(at >>> 2) - 1] = valueBytes;
    copyWords(this.data, at, source, keyOffset, keyBytes);
    copyWords(this.data, at + keyBytes, valueSource, valueOffset, valueBytes);
    return this.end(index, bytes, OP_SET, flags, database);
  }

  /** A key was deleted, by somebody or because its time was over. */
  appendDelete(
    database: number,
    source: DataView,
    keyOffset: number,
    keyBytes: number,
    byExpiry: boolean,
  ): number {
    // Nobody prepares for an expired key, and what is prepared is for the command that met it. One too large for the ring
    // is left out: the log holds its deadline.
    if (byExpiry && 12 + keyBytes + 7 > INLINE_RECORD_BYTES_MAX) return this.tail();
    return this.appendKey(OP_DELETE, byExpiry ? FLAG_EXPIRED : 0, database, source, keyOffset, keyBytes);
  }

  /** A key got a deadline, in Unix ms. */
  appendExpireAt(
    database: number,
    deadline: number,
    source: DataView,
    keyOffset: number,
    keyBytes: number,
  ): number {
    if (!this.enabled) return 0;
    const bytes = (20 + keyBytes + 7) & ~7;
    const index = this.begin(bytes);
    if (index === NOWHERE) return this.lsn;
    this.f64[(index + 8) >>> 3] = deadline;
    this.u32[(index + 16) >>> 2] = keyBytes;
    copyWords(this.data, index + 20, source, keyOffset, keyBytes);
    return this.end(index, bytes, OP_EXPIREAT, 0, database);
  }

  /** A key lost its deadline. */
  appendPersist(database: number, source: DataView, keyOffset: number, keyBytes: number): number {
    return this.appendKey(OP_PERSIST, 0, database, source, keyOffset, keyBytes);
  }

  /** Bytes were appended to a key's value. */
  appendAppend(
    database: number,
    source: DataView,
    keyOffset: number,
    keyBytes: number,
    suffixSource: DataView,
    suffixOffset: number,
    suffixBytes: number,
  ): number {
    if (!this.enabled) return 0;
    const bytes = (16 + keyBytes + suffixBytes + 7) & ~7;
    const index = this.begin(bytes);
    if (index === NOWHERE) return this.lsn;
    this.u32[(index + 8) >>> 2] = keyBytes;
    this.u32[(index + 12) >>> 2] = suffixBytes;
    copyWords(this.data, index + 16, source, keyOffset, keyBytes);
    copyWords(this.data, index + 16 + keyBytes, suffixSource, suffixOffset, suffixBytes);
    return this.end(index, bytes, OP_APPEND, 0, database);
  }

  /** Bytes were written at an offset of a key's value; of a new one, when `isNew`. */
  appendSetRange(
    database: number,
    isNew: boolean,
    source: DataView,
    keyOffset: number,
    keyBytes: number,
    rangeOffset: number,
    rangeSource: DataView,
    rangeSourceOffset: number,
    rangeBytes: number,
  ): number {
    if (!this.enabled) return 0;
    const bytes = (20 + keyBytes + rangeBytes + 7) & ~7;
    const index = this.begin(bytes);
    if (index === NOWHERE) return this.lsn;
    this.u32[(index + 8) >>> 2] = rangeOffset;
    this.u32[(index + 12) >>> 2] = keyBytes;
    this.u32[(index + 16) >>> 2] = rangeBytes;
    copyWords(this.data, index + 20, source, keyOffset, keyBytes);
    copyWords(this.data, index + 20 + keyBytes, rangeSource, rangeSourceOffset, rangeBytes);
    return this.end(index, bytes, OP_SETRANGE, isNew ? FLAG_NEW : 0, database);
  }

  /** Two databases changed places; every baton is held. */
  appendSwapDb(database: number, otherDatabase: number): number {
    if (!this.enabled) return 0;
    const index = this.begin(SWAPDB_RECORD_BYTES);
    if (index === NOWHERE) return this.lsn;
    this.u32[(index + 8) >>> 2] = otherDatabase;
    return this.end(index, SWAPDB_RECORD_BYTES, OP_SWAPDB, 0, database);
  }

  /** All keys of a database were deleted; every baton is held. */
  appendFlushDb(database: number): number {
    return this.appendBare(OP_FLUSHDB, database);
  }

  /** All keys were deleted; every baton is held. */
  appendFlushAll(): number {
    return this.appendBare(OP_FLUSHALL, 0);
  }

  // --- after the batons

  /**
   * Sends what this thread has appended on its way to the disk: called once a turn. Writes it, if replies wait for no more
   * than a write (`acknowledged` is then past it); otherwise, and whenever more is to be done, wakes the log thread.
   */
  flush(): void {
    this.releasePrepared();
    if (!this.hasAppended) return;
    this.hasAppended = false;
    const latency = this.latency;
    if (latency === undefined || latency.thresholdMs === 0 || this.control.mode() === FSYNC_ALWAYS) {
      this.write();
    } else {
      const startMs = performance.now();
      this.write();
      latency.add(EVENT_LOG_WRITE, performance.now() - startMs);
    }
  }

  private write(): void {
    if (this.tip === undefined || !this.tip.tryWrite()) this.ring.kick();
  }

  /** LSN of the end of the log. */
  tail(): number {
    return this.control.tail();
  }

  /** Bytes of records that have been appended and not written yet. */
  pendingBytes(): number {
    return (this.ring.tailLow() - this.ring.freedLow()) >>> 0;
  }

  /** LSN up to which the log is on disk for good. */
  durable(): number {
    return this.control.durable();
  }

  /**
   * LSN up to which replies may leave: with `appendfsync always` what is durable, otherwise what has been written, which
   * outlives the process though not the machine. Without a log, everything.
   */
  acknowledged(): number {
    return this.enabled ? this.control.acknowledged() : Number.POSITIVE_INFINITY;
  }

  /** Sets when the log is synced, at once and for all threads: FSYNC_*. */
  setMode(mode: number): void {
    this.control.setMode(mode);
  }

  /**
   * Asks to be woken when the acknowledged LSN has moved, or the log has failed. To miss nothing:
   *
   *     const seen = Atomics.load(log.wakeArray, log.wakeIndex);
   *     log.requestWake();
   *     if (log.acknowledged() < wanted && !log.failed()) Atomics.wait(log.wakeArray, log.wakeIndex, seen);
   *
   * The log thread publishes, then looks who asked; the thread asks, then looks what is published. One sees the other.
   * A request is used up by one wake.
   */
  requestWake(): void {
    this.control.requestWake(this.thread);
  }

  /** Wakes thread `thread` for a reason of the caller's. */
  wakeThread(thread: number): void {
    this.control.wakeThread(thread);
  }

  /**
   * Has the log go on in a new segment, and waits for it: what was appended before is then in segments that
   * `recycleUpTo` may give up. Not for threads that serve clients. False when the log has failed.
   */
  requestRotate(): boolean {
    return !this.enabled || this.control.awaitRotated(this.control.askRotate());
  }

  /** Says that a snapshot holds everything before `lsn`: segments that end there or before are reused. */
  recycleUpTo(lsn: number): void {
    if (this.enabled) this.control.recycleUpTo(lsn);
  }

  statistics(): LogStatistics {
    const control = this.control;
    return {
      liveBytes: control.count(COUNT_LIVE_KIB) * 1024,
      writtenBytes: control.count(COUNT_WRITTEN_KIB) * 1024,
      segments: control.count(COUNT_SEGMENTS),
      blocks: control.count(COUNT_BLOCKS),
      syncs: control.count(COUNT_SYNCS),
      lastSyncUs: control.count(COUNT_SYNC_US),
    };
  }

  private appendKey(
    op: number,
    flags: number,
    database: number,
    source: DataView,
    keyOffset: number,
    keyBytes: number,
  ): number {
    if (!this.enabled) return 0;
    const bytes = (12 + keyBytes + 7) & ~7;
    const index = this.begin(bytes);
    if (index === NOWHERE) return this.lsn;
    this.u32[(index + 8) >>> 2] = keyBytes;
    copyWords(this.data, index + 12, source, keyOffset, keyBytes);
    return this.end(index, bytes, op, flags, database);
  }

  private appendBare(op: number, database: number): number {
    if (!this.enabled) return 0;
    const index = this.begin(RECORD_HEADER_BYTES);
    if (index === NOWHERE) return this.lsn;
    return this.end(index, RECORD_HEADER_BYTES, op, 0, database);
  }
}
