/**
 * The log, as those see it who append to it: one instance a thread.
 *
 * An append writes its record straight into the ring while the shard's baton is held, so that the order of the log is
 * the order of execution, and returns the LSN that a reply must wait for. It never waits for the disk: the log
 * thread (log-writer.ts) takes records out of the ring, writes, syncs, and publishes how far it is.
 *
 * A record larger than INLINE_RECORD_BYTES_MAX is written into page memory, and a reference into the ring; the log
 * thread frees the pages. Page memory may be exhausted, so whoever is about to make such a record calls `prepare`
 * before anything has been changed.
 *
 * A group is one record that holds several, so that after a crash all of them are there or none. Its place in the
 * ring is reserved when its first record comes, by the upper bound that `beginGroup` was given; what it did not need
 * becomes filler. A bound that was too small costs a copy through page memory, nothing else.
 *
 * Nothing here throws or allocates on the JS heap. When page memory runs out in spite of all (nobody prepared), the log
 * is broken for good: memory is then ahead of the log, and no later write may be acknowledged.
 */

import { copyWords } from '../../base/bytes.js';
import { type Memory, SEGMENT_MASK, SEGMENT_SHIFT } from '../../memory/memory.js';
import type { Ring } from '../../structures/ring.js';
import type { Disk } from './disk.js';
import {
  COUNT_BLOCKS,
  COUNT_LIVE_KIB,
  COUNT_SEGMENTS,
  COUNT_SYNC_US,
  COUNT_SYNCS,
  COUNT_WRITTEN_KIB,
  ERRNO_NO_MEMORY,
  LogControl,
  type LogShared,
  lsnNear,
} from './log-control.js';
import { LogTip } from './log-tip.js';
import {
  FLAG_DEADLINE,
  FLAG_EXPIRED,
  INLINE_RECORD_BYTES_MAX,
  OP_APPEND,
  OP_DELETE,
  OP_EXPIREAT,
  OP_EXTERNAL,
  OP_FLUSHALL,
  OP_FLUSHDB,
  OP_GROUP,
  OP_PAD,
  OP_PERSIST,
  OP_SET,
  padded,
  RECORD_BYTES_MAX,
  RECORD_HEADER_BYTES,
  REFERENCE_BYTES,
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
/** `begin` returns it when the record has no place. */
const NOWHERE = -1;

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

export class Log {
  /** Appends do nothing and return 0 while this is false: during replay, and without persistence. */
  enabled: boolean;
  /** `Atomics.wait(wakeArray, wakeIndex, seen)` sleeps until somebody wakes this thread: see `requestWake`. */
  readonly wakeArray: Int32Array;
  readonly wakeIndex: number;
  private readonly memory: Memory;
  private readonly control: LogControl;
  private readonly tip: LogTip | undefined;
  private readonly ring: Ring;
  private readonly thread: number;
  /** Free bytes at which every thread can still run a command: RING_SLACK_BYTES. */
  private readonly slackBytes: number;
  /** Where the record under way is being written: the ring, or a segment of page memory. */
  private data: DataView;
  private u32: Uint32Array;
  private f64: Float64Array;
  /** LSN after the record under way. */
  private lsn: number;
  /** Pages of the record under way, or 0 when it is in the ring. */
  private pages: number;
  /** Pages taken by `prepare` and not yet used. */
  private preparedPages: number;
  private preparedBytes: number;
  private inGroup: boolean;
  /** Since the last flush. */
  private hasAppended: boolean;
  /** Upper bound of the group's record; from `beginGroup`. */
  private groupBound: number;
  /** Bytes reserved in the ring for the group, 0 until its first record; and where they are. */
  private groupReserved: number;
  private groupRingIndex: number;
  /** In `data`: where the group's record begins, where its next record goes, where its room ends. */
  private groupIndex: number;
  private groupAt: number;
  private groupLimit: number;
  private groupLost: boolean;

  /** @param thread which thread this is, 0 to THREAD_COUNT_MAX - 1; no two may have the same */
  /** @param disk to write blocks to in `flush`; without it the log thread writes all of them */
  constructor(shared: LogShared, memory: Memory, thread: number, disk?: Disk) {
    this.control = new LogControl(shared);
    this.tip = disk === undefined ? undefined : new LogTip(shared.tip, this.control, disk);
    this.enabled = true;
    this.wakeArray = this.control.words;
    this.wakeIndex = this.control.wakeIndex(thread);
    this.memory = memory;
    this.ring = this.control.ring;
    this.thread = thread;
    this.slackBytes = Math.min(this.control.threadCount() * COMMAND_BYTES_MAX, this.ring.bytes / 2);
    this.data = this.ring.data;
    this.u32 = this.ring.u32;
    this.f64 = this.ring.f64;
    this.lsn = 0;
    this.pages = 0;
    this.preparedPages = 0;
    this.preparedBytes = 0;
    this.inGroup = false;
    this.hasAppended = false;
    this.groupBound = 0;
    this.groupReserved = 0;
    this.groupRingIndex = 0;
    this.groupIndex = 0;
    this.groupAt = 0;
    this.groupLimit = 0;
    this.groupLost = false;
  }

  // --- before the batons

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

  /**
   * Makes sure that a record, or a group, of up to `bytes` bytes can be appended. Small ones always can. What was
   * prepared and not used is given back by the next `flush`.
   *
   * @returns false when memory is exhausted: the command must not change anything
   */
  prepare(bytes: number): boolean {
    if (bytes <= INLINE_RECORD_BYTES_MAX || !this.enabled || bytes <= this.preparedBytes) return true;
    this.releasePrepared();
    if (bytes > RECORD_BYTES_MAX) return false;
    this.preparedPages = this.memory.allocatePages(padded(bytes));
    if (this.preparedPages === 0) return false;
    this.preparedBytes = padded(bytes);
    return true;
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

  /** All keys of a database were deleted; every baton is held. */
  appendFlushDb(database: number): number {
    return this.appendBare(OP_FLUSHDB, database);
  }

  /** All keys were deleted; every baton is held. */
  appendFlushAll(): number {
    return this.appendBare(OP_FLUSHALL, 0);
  }

  /**
   * Until `endGroup`, appends go into one record. Their LSN is the group's.
   *
   * @param payloadBytes what they need together, at most: sum of the sizes of their records. A good guess will do
   */
  beginGroup(payloadBytes: number): void {
    this.inGroup = true;
    this.groupBound = padded(RECORD_HEADER_BYTES + payloadBytes);
    this.groupReserved = 0;
  }

  /** Commits the group. Returns the LSN after it, or 0 when nothing was appended to it. */
  endGroup(): number {
    this.inGroup = false;
    if (this.groupReserved === 0) return 0;
    const bytes = this.groupAt - this.groupIndex;
    const ringIndex = this.groupRingIndex;
    if (this.groupLost) {
      this.ring.u32[(ringIndex + 4) >>> 2] = OP_PAD;
      this.ring.commit(ringIndex, this.groupReserved);
      this.groupLost = false;
    } else if (this.pages !== 0) {
      this.u32[this.groupIndex >>> 2] = bytes;
      this.u32[(this.groupIndex + 4) >>> 2] = OP_GROUP;
      this.pad(ringIndex + REFERENCE_BYTES, this.groupReserved - REFERENCE_BYTES);
      this.commitReference(ringIndex, this.pages, bytes);
    } else {
      this.u32[(ringIndex + 4) >>> 2] = OP_GROUP;
      this.pad(ringIndex + bytes, this.groupReserved - bytes);
      this.ring.commit(ringIndex, bytes);
    }
    this.groupReserved = 0;
    this.targetRing();
    return this.lsn;
  }

  // --- after the batons

  /**
   * Sends what this thread has appended on its way to the disk: called once a turn. Writes it, if replies wait for no more
   * than a write (`acknowledged` is then past it); otherwise, and whenever more is to be done, wakes the log thread.
   */
  flush(): void {
    if (this.preparedPages !== 0) this.releasePrepared();
    if (!this.hasAppended) return;
    this.hasAppended = false;
    if (this.tip === undefined || !this.tip.tryWrite()) this.ring.kick();
  }

  /** LSN of the end of the log. */
  tail(): number {
    return this.control.tail();
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

  /** Finds a place for a record: its index in `data`, or NOWHERE. */
  private begin(bytes: number): number {
    if (this.inGroup) return this.beginNested(bytes);
    if (bytes > INLINE_RECORD_BYTES_MAX) return this.beginExternal(bytes);
    return this.reserve(bytes);
  }

  /** Completes the record for which `begin` found a place. */
  private end(index: number, bytes: number, op: number, flags: number, database: number): number {
    this.u32[(index + 4) >>> 2] = op | (flags << 8) | (database << 16);
    if (this.inGroup) this.u32[index >>> 2] = bytes;
    else if (this.pages !== 0) this.endExternal(index, bytes);
    else this.ring.commit(index, bytes);
    return this.lsn;
  }

  private reserve(bytes: number): number {
    const index = this.ring.reserve(bytes);
    this.hasAppended = true;
    // Nothing passes a record that is not committed: `freed` is before it, and so a good hint.
    this.lsn = lsnNear(this.control.freedMib(), this.ring.endLow);
    return index;
  }

  private beginExternal(bytes: number): number {
    const pages = this.takePages(bytes);
    if (pages === 0) return this.lose();
    return this.targetPages(pages, bytes);
  }

  private endExternal(index: number, bytes: number): void {
    this.u32[index >>> 2] = bytes;
    const pages = this.pages;
    this.commitReference(this.reserve(REFERENCE_BYTES), pages, bytes);
    this.targetRing();
  }

  private beginNested(bytes: number): number {
    if (this.groupReserved === 0) this.startGroup(bytes);
    if (!this.groupLost && this.groupAt + bytes > this.groupLimit) this.growGroup(bytes);
    if (this.groupLost) return NOWHERE;
    const index = this.groupAt;
    this.groupAt = index + bytes;
    if (this.pages !== 0) this.clearPadding(index, bytes);
    return index;
  }

  private startGroup(bytes: number): void {
    const bound = Math.max(this.groupBound, RECORD_HEADER_BYTES + bytes, REFERENCE_BYTES);
    if (bound <= INLINE_RECORD_BYTES_MAX) {
      this.groupReserved = bound;
      this.groupIndex = this.reserve(bound);
      this.groupRingIndex = this.groupIndex;
    } else {
      this.groupReserved = REFERENCE_BYTES;
      this.groupRingIndex = this.reserve(REFERENCE_BYTES);
      const pages = this.takePages(bound);
      if (pages === 0) this.loseGroup();
      else this.groupIndex = this.targetPages(pages, bound);
    }
    this.groupAt = this.groupIndex + RECORD_HEADER_BYTES;
    this.groupLimit = this.groupIndex + bound;
  }

  /** The bound was too small: moves the group to larger pages. Its place in the ring, and so its LSN, stay. */
  private growGroup(bytes: number): void {
    const used = this.groupAt - this.groupIndex;
    const room = Math.min(padded(Math.max(2 * (used + bytes), INLINE_RECORD_BYTES_MAX)), RECORD_BYTES_MAX);
    const oldPages = this.pages;
    const oldData = this.data;
    const oldIndex = this.groupIndex;
    const pages = used + bytes > room ? 0 : this.takePages(room);
    if (pages === 0) {
      this.loseGroup();
      return;
    }
    this.groupIndex = this.targetPages(pages, room);
    copyWords(this.data, this.groupIndex, oldData, oldIndex, used);
    if (oldPages !== 0) this.memory.freePages(oldPages);
    this.groupAt = this.groupIndex + used;
    this.groupLimit = this.groupIndex + room;
  }

  /** No place for a record: memory is ahead of the log now, so that nothing may be acknowledged any more. */
  private lose(): number {
    this.control.fail(ERRNO_NO_MEMORY);
    this.lsn = this.tail();
    return NOWHERE;
  }

  private loseGroup(): void {
    this.control.fail(ERRNO_NO_MEMORY);
    if (this.pages !== 0) this.memory.freePages(this.pages);
    this.groupLost = true;
    this.targetRing();
  }

  private takePages(bytes: number): number {
    if (bytes <= this.preparedBytes) {
      const pages = this.preparedPages;
      this.preparedPages = 0;
      this.preparedBytes = 0;
      return pages;
    }
    return bytes > RECORD_BYTES_MAX ? 0 : this.memory.allocatePages(bytes);
  }

  private releasePrepared(): void {
    if (this.preparedPages !== 0) this.memory.freePages(this.preparedPages);
    this.preparedPages = 0;
    this.preparedBytes = 0;
  }

  private targetPages(pages: number, bytes: number): number {
    const segment = pages >>> SEGMENT_SHIFT;
    this.pages = pages;
    this.data = this.memory.data[segment]!;
    this.u32 = this.memory.u32[segment]!;
    this.f64 = this.memory.f64[segment]!;
    const index = (pages & SEGMENT_MASK) << 3;
    this.clearPadding(index, bytes);
    return index;
  }

  private targetRing(): void {
    this.pages = 0;
    this.data = this.ring.data;
    this.u32 = this.ring.u32;
    this.f64 = this.ring.f64;
  }

  /** Pages hold whatever was there: zeroes the record's last bytes, of which up to seven are padding. */
  private clearPadding(index: number, bytes: number): void {
    this.f64[(index + bytes - 8) >>> 3] = 0;
  }

  private commitReference(ringIndex: number, pages: number, bytes: number): void {
    const words = this.ring.u32;
    const at = ringIndex >>> 2;
    words[at + 1] = OP_EXTERNAL;
    words[at + 2] = pages;
    words[at + 3] = bytes;
    this.ring.commit(ringIndex, REFERENCE_BYTES);
  }

  /** Fills what a group did not need. Plain writes: the commit before it in the ring publishes them. */
  private pad(ringIndex: number, bytes: number): void {
    if (bytes === 0) return;
    this.ring.u32[ringIndex >>> 2] = bytes;
    this.ring.u32[(ringIndex + 4) >>> 2] = OP_PAD;
  }
}
