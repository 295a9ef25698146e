/**
 * The packed form of a sorted set: u16 number of elements, then member, score, member, score, ... in order.
 *
 * A score is an integer where that says it exactly (not -0, which has a sign), else the eight bytes of its double as raw text.
 * What scores and members look like is known only here.
 *
 * Nothing here allocates on the JS heap.
 */

import { compareWords, viewOf } from '../base/bytes.js';
import { formatInteger, INTEGER_BYTES_MAX } from '../base/integer.js';
import { PackedItem } from '../structures/packed-item.js';
import { PackedCursor, skip, skipBack } from '../structures/packed-list.js';

const SCORE_BYTES = 8;
/** The first byte of eight bytes of text, and the first that is not that of a small integer. */
const HEAD_DOUBLE = 0x88;
const HEAD_LARGE = 0x80;

export class SortedSetPacked {
  /** A score to be written: set by `setScore`. */
  readonly scoreItem: PackedItem;
  private readonly cursor: PackedCursor;
  private readonly scoreData: DataView;
  private readonly digits: Uint8Array;
  private readonly digitsData: DataView;

  constructor() {
    this.scoreItem = new PackedItem();
    this.cursor = new PackedCursor();
    this.scoreData = new DataView(new ArrayBuffer(SCORE_BYTES));
    this.digits = new Uint8Array(INTEGER_BYTES_MAX);
    this.digitsData = viewOf(this.digits);
  }

  /** Readies `scoreItem` to write this score. */
  setScore(score: number): void {
    if (Number.isSafeInteger(score) && (score !== 0 || 1 / score > 0)) {
      this.scoreItem.setInteger(score);
    } else {
      this.scoreData.setFloat64(0, score, true);
      this.scoreItem.setRaw(this.scoreData, 0, SCORE_BYTES);
    }
  }

  /** The score that begins at `at`. */
  score(data: DataView, at: number): number {
    const head = data.getUint8(at);
    if (head < HEAD_LARGE) return head;
    if (head === HEAD_DOUBLE) return data.getFloat64(at + 1, true);
    this.cursor.read(data, at);
    return this.cursor.integer;
  }

  /** Where a member with this score belongs in the pairs in `[start, end)`: before the first one that comes after it. */
  place(
    data: DataView,
    start: number,
    end: number,
    score: number,
    member: DataView,
    offset: number,
    size: number,
  ): number {
    if (start === end) return end;
    // Scores that grow with time come last.
    const lastScore = this.score(data, skipBack(data, end));
    if (lastScore < score) return end;
    for (let at = start; at < end; ) {
      const scoreAt = skip(data, at);
      const found = this.score(data, scoreAt);
      if (found > score) return at;
      if (found === score && this.compareMember(data, at, member, offset, size) > 0) return at;
      at = skip(data, scoreAt);
    }
    return end;
  }

  /** How many pairs in `[start, end)` have a score below this one, or, with `countsEqual`, not above it. */
  countBelow(data: DataView, start: number, end: number, score: number, countsEqual: boolean): number {
    let count = 0;
    for (let at = start; at < end; count++) {
      const scoreAt = skip(data, at);
      const found = this.score(data, scoreAt);
      if (countsEqual ? found > score : found >= score) break;
      at = skip(data, scoreAt);
    }
    return count;
  }

  /** How many pairs lie between `start` and `at`. */
  countPairs(data: DataView, start: number, at: number): number {
    let count = 0;
    for (let pair = start; pair < at; count++) pair = skip(data, skip(data, pair));
    return count;
  }

  /** The order of the member at `at` and these bytes. */
  private compareMember(data: DataView, at: number, member: DataView, offset: number, size: number): number {
    const cursor = this.cursor;
    cursor.read(data, at);
    if (!cursor.isInteger) {
      return compareWords(cursor.data, cursor.offset, cursor.size, member, offset, size);
    }
    const digits = formatInteger(this.digits, 0, cursor.integer);
    return compareWords(this.digitsData, 0, digits, member, offset, size);
  }
}
