/**
 * Sorting things by keys as far as it is wanted: the first so many of them come out in order, the others behind them in any.
 *
 * It is the quicksort of Bentley and McIlroy: equal keys are gathered at both ends while the rest is parted, and then put into
 * the middle; the pivot is the median of three, or of three medians of three. A part of which nothing is wanted is left alone.
 * The order in which all this leaves equal keys is that of Redis, which sorts in the same way.
 *
 *     start        equalEnd        at      behind        equalStart        end
 *     │ = pivot    │ < pivot       │ ?     │ > pivot     │ = pivot         │
 *
 * Source: J. L. Bentley and M. D. McIlroy, "Engineering a Sort Function", Software: Practice and Experience 23 (1993).
 */

/** Fewer are sorted by insertion. */
const QUICK_COUNT_MIN = 7;
/** Of more, nine are looked at for a pivot. */
const NINTHER_COUNT = 40;

export class PartialSort {
  /** Numbers of things, and the key of each number. */
  private order: Uint32Array = new Uint32Array(0);
  private keys: Float64Array = new Float64Array(0);
  private wanted = 0;
  private isDescending = false;
  /** Set by `part`: how many come before those that equal the pivot, and how many after them. */
  private before = 0;
  private after = 0;

  /**
   * Sorts order[0 .. count) so far that its first `wanted`, 1 to `count`, are right. Expected cost: linear in `count`, and
   * n log n in `wanted`. Allocates nothing.
   */
  sort(order: Uint32Array, keys: Float64Array, count: number, wanted: number, isDescending: boolean): void {
    this.order = order;
    this.keys = keys;
    this.wanted = wanted;
    this.isDescending = isDescending;
    this.sortPart(0, count);
  }

  private sortPart(from: number, to: number): void {
    let start = from;
    let end = to;
    while (end - start >= QUICK_COUNT_MIN) {
      this.swap(start, this.choosePivot(start, end - start));
      this.part(start, end);
      const beforeEnd = start + this.before;
      const afterStart = end - this.after;
      // The shorter one by a call, the longer one by going round: so calls are never nested deeply.
      if (beforeEnd - start < end - afterStart) {
        this.sortPart(start, beforeEnd);
        if (afterStart >= this.wanted) return;
        start = afterStart;
      } else {
        if (afterStart < this.wanted) this.sortPart(afterStart, end);
        end = beforeEnd;
      }
    }
    this.insert(start, end);
  }

  /** Insertion sort. */
  private insert(start: number, end: number): void {
    for (let next = start + 1; next < end; next++) {
      for (let at = next; at > start && this.compare(at - 1, at) > 0; at--) this.swap(at - 1, at);
    }
  }

  private choosePivot(start: number, count: number): number {
    let low = start;
    let middle = start + Math.floor(count / 2);
    let high = start + count - 1;
    if (count === QUICK_COUNT_MIN) return middle;
    if (count > NINTHER_COUNT) {
      const eighth = Math.floor(count / 8);
      low = this.median(low, low + eighth, low + 2 * eighth);
      middle = this.median(middle - eighth, middle, middle + eighth);
      high = this.median(high - 2 * eighth, high - eighth, high);
    }
    return this.median(low, middle, high);
  }

  private median(a: number, b: number, c: number): number {
    if (this.compare(a, b) < 0) {
      if (this.compare(b, c) < 0) return b;
      return this.compare(a, c) < 0 ? c : a;
    }
    if (this.compare(b, c) > 0) return b;
    return this.compare(a, c) < 0 ? a : c;
  }

  /** Parts what is in [start, end) by the pivot, which is at `start`. */
  private part(start: number, end: number): void {
    let equalEnd = start + 1;
    let at = start + 1;
    let behind = end - 1;
    let equalStart = end - 1;
    for (;;) {
      for (; at <= behind; at++) {
        const comparison = this.compare(at, start);
        if (comparison > 0) break;
        if (comparison === 0) this.swap(equalEnd++, at);
      }
      for (; at <= behind; behind--) {
        const comparison = this.compare(behind, start);
        if (comparison < 0) break;
        if (comparison === 0) this.swap(behind, equalStart--);
      }
      if (at > behind) break;
      this.swap(at++, behind--);
    }
    this.before = at - equalEnd;
    this.after = equalStart - behind;
    this.swapRuns(start, at, Math.min(equalEnd - start, this.before));
    this.swapRuns(at, end, Math.min(this.after, end - 1 - equalStart));
  }

  /** Swaps the `count` at `start` with those before `end`. */
  private swapRuns(start: number, end: number, count: number): void {
    for (let index = 0; index < count; index++) this.swap(start + index, end - count + index);
  }

  private swap(left: number, right: number): void {
    const number = this.order[left]!;
    this.order[left] = this.order[right]!;
    this.order[right] = number;
  }

  /** Negative when what is at `left` comes before what is at `right`, 0 when their keys are equal. */
  private compare(left: number, right: number): number {
    const a = this.keys[this.order[left]!]!;
    const b = this.keys[this.order[right]!]!;
    if (a === b) return 0;
    return a < b === this.isDescending ? 1 : -1;
  }
}
