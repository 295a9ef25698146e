/**
 * What a search for places has found: members, with their scores and distances from the centre.
 *
 * No object stands for a place: there is an array for each of its properties, and one of bytes, in which the members lie one
 * behind the other. `order` has the places' numbers, by distance once they are sorted. The arrays are the thread's own, grow as
 * need be, and are given back after a large result.
 */

import { copyWords, viewOf } from '../base/bytes.js';
import { PartialSort } from '../base/partial-sort.js';
import { RECORD_BYTES_MAX } from '../engine/wal/record.js';

const INITIAL_COUNT = 128;
const INITIAL_BYTES = 4096;
/** Arrays for more places, or bytes, than this do not stay. */
const KEPT_COUNT_MAX = 16 * 1024;
const KEPT_BYTES_MAX = 1024 * 1024;

export class GeoPoints {
  count = 0;
  /** Where the members lie. */
  data: DataView = viewOf(new Uint8Array(INITIAL_BYTES));
  private bytes = 0;
  private ends = new Uint32Array(INITIAL_COUNT);
  private distances = new Float64Array(INITIAL_COUNT);
  private scores = new Float64Array(INITIAL_COUNT);
  private order = new Uint32Array(INITIAL_COUNT);
  private sorting = new Uint32Array(INITIAL_COUNT);
  private readonly partialSort = new PartialSort();

  /** Begins anew. */
  clear(): void {
    this.count = 0;
    this.bytes = 0;
    if (this.ends.length > KEPT_COUNT_MAX) this.setRoom(INITIAL_COUNT);
    if (this.data.byteLength > KEPT_BYTES_MAX) this.data = viewOf(new Uint8Array(INITIAL_BYTES));
  }

  /** Adds a place. False when there is no memory for it. */
  add(data: DataView, offset: number, size: number, score: number, metres: number): boolean {
    const number = this.count;
    if (number === this.ends.length || this.bytes + size > this.data.byteLength) {
      if (!this.grow(this.bytes + size)) return false;
    }
    copyWords(this.data, this.bytes, data, offset, size);
    this.bytes += size;
    this.ends[number] = this.bytes;
    this.distances[number] = metres;
    this.scores[number] = score;
    this.order[number] = number;
    this.count = number + 1;
    return true;
  }

  /** The number of the place at `index` in the order. */
  at(index: number): number {
    return this.order[index]!;
  }

  memberOffset(number: number): number {
    return number === 0 ? 0 : this.ends[number - 1]!;
  }

  memberSize(number: number): number {
    return this.ends[number]! - this.memberOffset(number);
  }

  score(number: number): number {
    return this.scores[number]!;
  }

  /** Metres from the centre. */
  distance(number: number): number {
    return this.distances[number]!;
  }

  /**
   * Puts the `wanted` nearest, or farthest, first. When that is all of them, places at one distance stay in the order in which
   * they were found.
   */
  sort(wanted: number, isDescending: boolean): void {
    if (wanted === this.count) this.sortAll(isDescending);
    else this.partialSort.sort(this.order, this.distances, this.count, wanted, isDescending);
  }

  private sortAll(isDescending: boolean): void {
    // A merge sort from the bottom up: runs of `width` are in order.
    for (let width = 1; width < this.count; width *= 2) {
      for (let start = 0; start < this.count; start += 2 * width) {
        const middle = Math.min(start + width, this.count);
        this.merge(start, middle, Math.min(middle + width, this.count), isDescending);
      }
      const merged = this.sorting;
      this.sorting = this.order;
      this.order = merged;
    }
  }

  /** Merges order[start..middle) and order[middle..end) into `sorting`. */
  private merge(start: number, middle: number, end: number, isDescending: boolean): void {
    const { order, sorting } = this;
    let left = start;
    let right = middle;
    for (let at = start; at < end; at++) {
      const takesRight = left === middle || (right < end && this.isBefore(right, left, isDescending));
      sorting[at] = takesRight ? order[right++]! : order[left++]!;
    }
  }

  private isBefore(right: number, left: number, isDescending: boolean): boolean {
    const rightDistance = this.distances[this.order[right]!]!;
    const leftDistance = this.distances[this.order[left]!]!;
    return isDescending ? rightDistance > leftDistance : rightDistance < leftDistance;
  }

  /** Makes room for one more place, and for so many bytes. */
  private grow(bytes: number): boolean {
    if (bytes > RECORD_BYTES_MAX) return false;
    // alloc: doubles, so rarely
    try {
      if (this.count === this.ends.length) this.setRoom(2 * this.count);
      if (bytes > this.data.byteLength) {
        const larger = new Uint8Array(Math.min(Math.max(2 * this.data.byteLength, bytes), RECORD_BYTES_MAX));
        larger.set(new Uint8Array(this.data.buffer, 0, this.bytes));
        this.data = viewOf(larger);
      }
      return true;
    } catch {
      return false; // the machine has no such block of memory
    }
  }

  /** Makes the arrays as long as this; what they hold goes along, as far as there is room. */
  private setRoom(count: number): void {
    const ends = new Uint32Array(count);
    const distances = new Float64Array(count);
    const scores = new Float64Array(count);
    const order = new Uint32Array(count);
    const sorting = new Uint32Array(count);
    ends.set(this.ends.subarray(0, this.count));
    distances.set(this.distances.subarray(0, this.count));
    scores.set(this.scores.subarray(0, this.count));
    order.set(this.order.subarray(0, this.count));
    this.ends = ends;
    this.distances = distances;
    this.scores = scores;
    this.order = order;
    this.sorting = sorting;
  }
}
