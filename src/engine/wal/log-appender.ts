/**
 * Where log records go: a place for each in the ring, or in page memory, and the groups that make several of them one.
 *
 * A record larger than INLINE_RECORD_BYTES_MAX is written into page memory, and a reference into the ring; the log
 * thread frees the pages. Page memory may be exhausted, so whoever is about to make such a record calls `prepare`
 * before anything has been changed.
 *
 * A group is one record that holds several, so that after a crash all of them are there or none. Its place in the
 * ring is reserved when its first record comes, by the upper bound that `beginGroup` was given; what it did not need
 * becomes filler. A bound that was too small costs a copy through page memory, nothing else.
 *
 *     begin(bytes) -> index in `data` -> payload written there -> end(index, bytes, op, flags, database) -> LSN after it
 *
 * Nothing here throws or allocates on the JS heap. When page memory runs out in spite of all (nobody prepared), the log
 * is broken for good: memory is then ahead of the log, and no later write may be acknowledged.
 */

import { copyWords } from '../../base/bytes.js';
import { type Memory, SEGMENT_MASK, SEGMENT_SHIFT } from '../../memory/memory.js';
import type { Ring } from '../../structures/ring.js';
import { ERRNO_NO_MEMORY, type LogControl, lsnNear } from './log-control.js';
import {
  INLINE_RECORD_BYTES_MAX,
  OP_EXTERNAL,
  OP_GROUP,
  OP_PAD,
  padded,
  RECORD_BYTES_MAX,
  RECORD_HEADER_BYTES,
  REFERENCE_BYTES,
} from './record.js';

/** `begin` returns it when the record has no place. */
export const NOWHERE = -1;

export class LogAppender {
  /** Appends do nothing and return 0 while this is false: during replay, and without persistence. */
  enabled: boolean;
  protected readonly control: LogControl;
  protected readonly ring: Ring;
  /** Since the last flush. */
  protected hasAppended: boolean;
  /** LSN after the record under way. */
  protected lsn: number;
  /** Where the record under way is being written: the ring, or a segment of page memory. */
  protected data: DataView;
  protected u32: Uint32Array;
  protected f64: Float64Array;
  private readonly memory: Memory;
  /** Pages of the record under way, or 0 when it is in the ring. */
  private pages: number;
  /** Pages taken by `prepare` and not yet used. */
  private preparedPages: number;
  private preparedBytes: number;
  private inGroup: boolean;
  /** Upper bound of the group's record; from `beginGroup` and `prepare`. */
  private groupBound: number;
  /** Bytes reserved in the ring for the group, 0 until its first record; and where they are. */
  private groupReserved: number;
  private groupRingIndex: number;
  /** In `data`: where the group's record begins, where its next record goes, where its room ends. */
  private groupIndex: number;
  private groupAt: number;
  private groupLimit: number;
  private groupLost: boolean;

  constructor(control: LogControl, memory: Memory) {
    this.enabled = true;
    this.control = control;
    this.ring = control.ring;
    this.hasAppended = false;
    this.lsn = 0;
    this.data = this.ring.data;
    this.u32 = this.ring.u32;
    this.f64 = this.ring.f64;
    this.memory = memory;
    this.pages = 0;
    this.preparedPages = 0;
    this.preparedBytes = 0;
    this.inGroup = false;
    this.groupBound = 0;
    this.groupReserved = 0;
    this.groupRingIndex = 0;
    this.groupIndex = 0;
    this.groupAt = 0;
    this.groupLimit = 0;
    this.groupLost = false;
  }

  /**
   * Makes sure that a record, or a group, of up to `bytes` bytes can be appended. Small ones always can. What was
   * prepared and not used is given back by the next `flush`. It does not wait: a command that learns only under its batons how
   * much it will log calls it there, before it changes anything; what its group holds by then, as of keys whose time was over,
   * comes on top.
   *
   * @returns false when memory is exhausted: the command must not change anything
   */
  prepare(bytes: number): boolean {
    if (bytes <= INLINE_RECORD_BYTES_MAX && !this.inGroup) return true;
    const isPlaced = this.groupReserved !== 0;
    const held = isPlaced ? this.groupAt - this.groupIndex : RECORD_HEADER_BYTES;
    const room = padded(this.inGroup ? held + bytes : bytes);
    // Until its first record a group has no place, and what a command says now is better than the guess it began with.
    if (this.inGroup && !isPlaced) this.groupBound = room;
    const isRoomy = room <= (isPlaced ? this.groupLimit - this.groupIndex : INLINE_RECORD_BYTES_MAX);
    if (isRoomy || !this.enabled || room <= this.preparedBytes) return true;
    this.releasePrepared();
    if (room > RECORD_BYTES_MAX) return false;
    this.preparedPages = this.memory.allocatePages(room);
    if (this.preparedPages === 0) return false;
    this.preparedBytes = room;
    return true;
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

  /** Finds a place for a record: its index in `data`, or NOWHERE. */
  protected begin(bytes: number): number {
    if (this.inGroup) return this.beginNested(bytes);
    if (bytes > INLINE_RECORD_BYTES_MAX) return this.beginExternal(bytes);
    return this.reserve(bytes);
  }

  /** Completes the record for which `begin` found a place. */
  protected end(index: number, bytes: number, op: number, flags: number, database: number): number {
    this.u32[(index + 4) >>> 2] = op | (flags << 8) | (database << 16);
    if (this.inGroup) this.u32[index >>> 2] = bytes;
    else if (this.pages !== 0) this.endExternal(index, bytes);
    else this.ring.commit(index, bytes);
    return this.lsn;
  }

  /** Like `end` for a record that needs fewer bytes than it has a place for: `room` bytes. */
  protected endShorter(
    index: number,
    bytes: number,
    room: number,
    op: number,
    flags: number,
    database: number,
  ): number {
    if (this.inGroup) this.groupAt = index + bytes;
    else if (this.pages === 0) this.pad(index + bytes, room - bytes);
    return this.end(index, bytes, op, flags, database);
  }

  /** Gives up the place of a record that turned out not to be needed. */
  protected forgo(index: number, room: number): void {
    if (this.inGroup) {
      this.groupAt = index;
    } else if (this.pages !== 0) {
      this.memory.freePages(this.pages);
      this.targetRing();
    } else {
      this.u32[(index + 4) >>> 2] = OP_PAD;
      this.ring.commit(index, room);
    }
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
    const needed = used + bytes;
    const doubled = Math.min(padded(Math.max(2 * needed, INLINE_RECORD_BYTES_MAX)), RECORD_BYTES_MAX);
    const room = needed <= this.preparedBytes ? this.preparedBytes : doubled;
    const oldPages = this.pages;
    const oldData = this.data;
    const oldIndex = this.groupIndex;
    const pages = needed > room ? 0 : this.takePages(room);
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
    this.lsn = this.control.tail();
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

  /** Gives back what was prepared and not used. */
  protected releasePrepared(): void {
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
