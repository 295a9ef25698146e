/**
 * Members with scores that are no sorted set yet: what ZUNION and its like, and whatever stores a sorted set, put together.
 *
 * They lie in one array in the form of a log record's payload (OP_ZSET_SET in wal/record.ts), so that `Collections.store` takes
 * them as they are:
 *
 *     f64 score | u32 size | member | f64 score | ...
 *
 * beside the offset of each; a hash table of their numbers, with open addressing, is built only for those who search. The arrays
 * are the thread's own, grow as need be, and are given back after a large result.
 */

import { compareWords, copyWords, equalWords, viewOf } from '../base/bytes.js';
import { hashBytes } from '../base/hash.js';
import { RECORD_BYTES_MAX } from './wal/record.js';

const HEADER_BYTES = 12;
const INITIAL_BYTES = 4096;
const INITIAL_COUNT = 128;
/** Arrays up to this size stay. */
const KEPT_BYTES_MAX = 1024 * 1024;
/** Slots of the hash table for each member, at least. */
const SLOTS_PER_MEMBER = 2;

export class ScoredMembers {
  count = 0;
  /** Bytes in use of `data`. */
  size = 0;
  data: DataView = new DataView(new ArrayBuffer(INITIAL_BYTES));
  private offsets: Uint32Array = new Uint32Array(INITIAL_COUNT);
  /** Member number + 1, 0 = free; of a length that is a power of two. */
  private slots: Uint32Array = new Uint32Array(0);

  /** Begins anew. */
  clear(): void {
    this.count = 0;
    this.size = 0;
    if (this.slots.length !== 0) this.slots = new Uint32Array(0);
    if (this.data.byteLength <= KEPT_BYTES_MAX) return;
    this.data = new DataView(new ArrayBuffer(INITIAL_BYTES));
    this.offsets = new Uint32Array(INITIAL_COUNT);
  }

  /** Adds a member, there or not. False when there is no room for it. */
  add(data: DataView, offset: number, size: number, score: number): boolean {
    const at = this.size;
    if (!this.reserve(at + HEADER_BYTES + size)) return false;
    this.data.setFloat64(at, score, true);
    this.data.setUint32(at + 8, size, true);
    copyWords(this.data, at + HEADER_BYTES, data, offset, size);
    this.offsets[this.count] = at;
    this.count += 1;
    this.size = at + HEADER_BYTES + size;
    return true;
  }

  /**
   * The number of a member, -1 when it is not there; the next `add` is then taken to be of this member. Between `clear` and
   * another one, all members are added in this way or none.
   */
  find(data: DataView, offset: number, size: number): number {
    if ((this.count + 1) * SLOTS_PER_MEMBER > this.slots.length) this.rebuildSlots();
    const mask = this.slots.length - 1;
    let slot = (hashBytes(data, offset, size) >>> 6) & mask;
    for (; this.slots[slot] !== 0; slot = (slot + 1) & mask) {
      const number = this.slots[slot]! - 1;
      if (this.memberSize(number) !== size) continue;
      if (equalWords(this.data, this.memberOffset(number), data, offset, size)) return number;
    }
    this.slots[slot] = this.count + 1;
    return -1;
  }

  score(number: number): number {
    return this.data.getFloat64(this.offsets[number]!, true);
  }

  setScore(number: number, score: number): void {
    this.data.setFloat64(this.offsets[number]!, score, true);
  }

  /** Where member `number` lies in `data`. */
  memberOffset(number: number): number {
    return this.offsets[number]! + HEADER_BYTES;
  }

  memberSize(number: number): number {
    return this.data.getUint32(this.offsets[number]! + 8, true);
  }

  /** Numbers the members anew, in the order of a sorted set. The payload stays as it is, and `find` is over. */
  sort(): void {
    this.offsets.subarray(0, this.count).sort((left, right) => this.compare(left, right));
  }

  private compare(left: number, right: number): number {
    const { data } = this;
    const leftScore = data.getFloat64(left, true);
    const rightScore = data.getFloat64(right, true);
    if (leftScore !== rightScore) return leftScore < rightScore ? -1 : 1;
    return compareWords(
      data,
      left + HEADER_BYTES,
      data.getUint32(left + 8, true),
      data,
      right + HEADER_BYTES,
      data.getUint32(right + 8, true),
    );
  }

  private rebuildSlots(): void {
    let length = Math.max(this.slots.length, INITIAL_COUNT);
    while (length < (this.count + 1) * SLOTS_PER_MEMBER * 2) length *= 2;
    this.slots = new Uint32Array(length);
    const mask = length - 1;
    for (let number = 0; number < this.count; number++) {
      const hash = hashBytes(this.data, this.memberOffset(number), this.memberSize(number));
      let slot = (hash >>> 6) & mask;
      while (this.slots[slot] !== 0) slot = (slot + 1) & mask;
      this.slots[slot] = number + 1;
    }
  }

  /** Makes room for so many bytes, and for one more member. */
  private reserve(size: number): boolean {
    if (size > RECORD_BYTES_MAX) return false;
    try {
      if (this.count === this.offsets.length) {
        const offsets = new Uint32Array(this.offsets.length * 2);
        offsets.set(this.offsets);
        this.offsets = offsets;
      }
      if (size > this.data.byteLength) {
        const bytes = new Uint8Array(Math.min(Math.max(this.data.byteLength * 2, size), RECORD_BYTES_MAX));
        bytes.set(new Uint8Array(this.data.buffer, 0, this.size));
        this.data = viewOf(bytes);
      }
      return true;
    } catch {
      return false; // the machine has no such block of memory
    }
  }
}
