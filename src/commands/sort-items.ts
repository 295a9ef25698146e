/**
 * What SORT sorts: copies of the elements, and for each of them what it is compared by, a number or a text.
 *
 * Sorted are only the elements' numbers. Elements that compare as equal numbers are in the order of their bytes, those that
 * compare as equal texts stay in the order in which they came.
 *
 * All of it lies in arrays that grow by doubling, and are reused. Nothing here throws: what did not fit is missing, and
 * `isComplete` says so.
 */

import { compareWords, copyWords, viewOf } from '../base/bytes.js';
import { formatInteger, INTEGER_BYTES_MAX } from '../base/integer.js';
import type { Element } from '../engine/item-payload.js';
import { tryToMake } from '../engine/rdb/collection-items.js';

const COUNT_INITIAL = 256;
const BYTES_INITIAL = 16_384;
/** What a large SORT leaves behind at most. */
const COUNT_KEPT_MAX = 2 ** 16;
const BYTES_KEPT_MAX = 2 ** 20;
const BYTES_MAX = 2 ** 31;

/** The size of a text that is not there: it comes before all others. */
const NO_TEXT = -1;

export class SortItems {
  count = 0;
  /** All texts. */
  bytes: Uint8Array = new Uint8Array(BYTES_INITIAL);
  data: DataView = viewOf(this.bytes);
  private used = 0;
  private isFull = false;
  /** The elements. */
  private offsets = new Float64Array(COUNT_INITIAL);
  private sizes = new Float64Array(COUNT_INITIAL);
  /** By what they are compared. */
  private scores = new Float64Array(COUNT_INITIAL);
  private textOffsets = new Float64Array(COUNT_INITIAL);
  private textSizes = new Float64Array(COUNT_INITIAL);
  /** Numbers of elements, in their order. */
  private order = new Uint32Array(COUNT_INITIAL);
  private readonly digits = new Uint8Array(INTEGER_BYTES_MAX);
  private readonly digitsData = viewOf(this.digits);

  /** Forgets everything, also the memory of what was unusually large. */
  clear(): void {
    this.count = 0;
    this.used = 0;
    this.isFull = false;
    if (this.bytes.length > BYTES_KEPT_MAX) {
      this.bytes = new Uint8Array(BYTES_INITIAL);
      this.data = viewOf(this.bytes);
    }
    if (this.order.length > COUNT_KEPT_MAX) this.setRoom(COUNT_INITIAL);
  }

  /** True when everything has found room. */
  isComplete(): boolean {
    return !this.isFull;
  }

  /** Adds an element, which is compared by its own text, and as a number by 0. */
  add(element: Element): void {
    const at = this.copy(element);
    if (at < 0 || (this.count === this.order.length && !this.grow())) return;
    const index = this.count++;
    this.offsets[index] = at;
    this.sizes[index] = this.used - at;
    this.scores[index] = 0;
    this.textOffsets[index] = at;
    this.textSizes[index] = this.used - at;
    this.order[index] = index;
  }

  /** Has element `index` compared by this number. */
  setScore(index: number, score: number): void {
    this.scores[index] = score;
  }

  /** Has element `index` compared by this text; undefined: by one that comes before all others. */
  setText(index: number, text: Element | undefined): void {
    const at = text === undefined ? 0 : this.copy(text);
    if (at < 0) return;
    this.textOffsets[index] = at;
    this.textSizes[index] = text === undefined ? NO_TEXT : this.used - at;
  }

  /** Texts are compared as C strings are, which end before their first zero byte. */
  cutTexts(): void {
    for (let index = 0; index < this.count; index++) {
      const at = this.textOffsets[index]!;
      const end = at + this.textSizes[index]!;
      let zero = at;
      while (zero < end && this.bytes[zero] !== 0) zero += 1;
      if (zero < end) this.textSizes[index] = zero - at;
    }
  }

  sortByScore(isDescending: boolean): void {
    const sign = isDescending ? -1 : 1;
    // alloc: a view and a function a command
    this.order.subarray(0, this.count).sort((left, right) => sign * this.compareScores(left, right));
  }

  sortByText(isDescending: boolean): void {
    const sign = isDescending ? -1 : 1;
    // alloc: a view and a function a command
    this.order.subarray(0, this.count).sort((left, right) => sign * this.compareTexts(left, right));
  }

  /** The element that is at `rank` now: a number for the other methods. */
  at(rank: number): number {
    return this.order[rank]!;
  }

  /** Where element `index` is in `bytes`. */
  offset(index: number): number {
    return this.offsets[index]!;
  }

  size(index: number): number {
    return this.sizes[index]!;
  }

  private compareScores(left: number, right: number): number {
    const leftScore = this.scores[left]!;
    const rightScore = this.scores[right]!;
    if (leftScore !== rightScore) return leftScore < rightScore ? -1 : 1;
    return compareWords(
      this.data,
      this.offsets[left]!,
      this.sizes[left]!,
      this.data,
      this.offsets[right]!,
      this.sizes[right]!,
    );
  }

  private compareTexts(left: number, right: number): number {
    const leftSize = this.textSizes[left]!;
    const rightSize = this.textSizes[right]!;
    if (leftSize === NO_TEXT || rightSize === NO_TEXT) return leftSize - rightSize;
    return compareWords(
      this.data,
      this.textOffsets[left]!,
      leftSize,
      this.data,
      this.textOffsets[right]!,
      rightSize,
    );
  }

  /** Copies a text behind all others. Returns its offset, or -1 without memory. */
  private copy(element: Element): number {
    if (element.isInteger) {
      return this.copyBytes(this.digitsData, 0, formatInteger(this.digits, 0, element.integer));
    }
    return this.copyBytes(element.data, element.offset, element.size);
  }

  private copyBytes(data: DataView, offset: number, size: number): number {
    const at = this.used;
    if (this.isFull || (at + size > this.bytes.length && !this.growBytes(at + size))) return -1;
    copyWords(this.data, at, data, offset, size);
    this.used = at + size;
    return at;
  }

  private growBytes(needed: number): boolean {
    const room = Math.min(Math.max(needed, this.bytes.length * 2), BYTES_MAX);
    const larger = needed > room ? undefined : tryToMake(() => new Uint8Array(room)); // alloc: doubles, so rarely
    if (larger === undefined) {
      this.isFull = true;
      return false;
    }
    larger.set(this.bytes.subarray(0, this.used));
    this.bytes = larger;
    this.data = viewOf(larger);
    return true;
  }

  private grow(): boolean {
    const { offsets, sizes, scores, textOffsets, textSizes, order } = this;
    const isGrown = tryToMake(() => this.setRoom(order.length * 2)) !== undefined; // alloc: doubles, so rarely
    if (!isGrown) {
      this.isFull = true;
      return false;
    }
    this.offsets.set(offsets);
    this.sizes.set(sizes);
    this.scores.set(scores);
    this.textOffsets.set(textOffsets);
    this.textSizes.set(textSizes);
    this.order.set(order);
    return true;
  }

  private setRoom(count: number): true {
    const offsets = new Float64Array(count);
    const sizes = new Float64Array(count);
    const scores = new Float64Array(count);
    const textOffsets = new Float64Array(count);
    const textSizes = new Float64Array(count);
    this.order = new Uint32Array(count);
    this.offsets = offsets;
    this.sizes = sizes;
    this.scores = scores;
    this.textOffsets = textOffsets;
    this.textSizes = textSizes;
    return true;
  }
}
