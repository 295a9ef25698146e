/**
 * A range of a sorted set as a request states it: ranks, scores or members, forwards or backwards, with or without a limit.
 *
 * `SortedSetRange` reads the arguments, and, once the sorted set is open, turns them into a first rank and a count, which is
 * all that replies, counts, stores and removals need. One instance is enough for a thread: `range`.
 */

import { parseRangeDouble } from '../base/double-parser.js';
import { NOT_INTEGER } from '../base/integer.js';
import type { Call } from '../engine/call.js';
import * as errors from '../engine/errors.js';
import type { SortedSetCursor } from '../engine/sorted-set-cursor.js';

export const BY_RANK = 0;
export const BY_SCORE = 1;
export const BY_MEMBER = 2;

const PARENTHESIS = 0x28;
const BRACKET = 0x5b;
const PLUS = 0x2b;
const MINUS = 0x2d;

/** An end of a range of members. */
const BEFORE_ALL = 0;
const AFTER_ALL = 1;
const AT_MEMBER = 2;

/** An end of a range, whatever it is a range of; which end it is only the caller knows. */
class Bound {
  /** A rank, or a score. */
  value = Number.NaN; // from the first on a double, so that storing one makes no garbage
  isExclusive = false;
  /** Of members. */
  kind = BEFORE_ALL;
  offset = 0;
  size = 0;
}

export class SortedSetRange {
  /** What the ends mean: BY_RANK, BY_SCORE or BY_MEMBER. */
  by = BY_RANK;
  isReversed = false;
  skipped = 0;
  /** Negative = no limit. */
  limit = -1;
  /** Set by `resolve`: the rank of the first element, from which on it goes, backwards when reversed; and how many there are. */
  first = 0;
  count = 0;
  private readonly min = new Bound();
  private readonly max = new Bound();

  /** Begins anew: no limit. */
  reset(by: number, isReversed: boolean): void {
    this.by = by;
    this.isReversed = isReversed;
    this.skipped = 0;
    this.limit = -1;
  }

  /** Reads arguments `index` and `index` + 1 as skipped and limit; false after an error reply. */
  readLimit(call: Call, index: number): boolean {
    this.skipped = call.clampedInteger(index);
    this.limit = call.clampedInteger(index + 1);
    if (this.skipped !== NOT_INTEGER && this.limit !== NOT_INTEGER) return true;
    call.reply.error(errors.NOT_AN_INTEGER);
    return false;
  }

  /** Reads the ends, arguments `minAt` and `maxAt`; false after an error reply. */
  readBounds(call: Call, minAt: number, maxAt: number): boolean {
    const min = this.min;
    const max = this.max;
    if (this.by === BY_RANK) {
      min.value = call.clampedInteger(minAt);
      max.value = call.clampedInteger(maxAt);
      if (min.value !== NOT_INTEGER && max.value !== NOT_INTEGER) return true;
      call.reply.error(errors.NOT_AN_INTEGER);
    } else if (this.by === BY_SCORE) {
      if (readScore(call, minAt, min) && readScore(call, maxAt, max)) return true;
      call.reply.error(errors.SCORE_BOUND);
    } else {
      if (readMember(call, minAt, min) && readMember(call, maxAt, max)) return true;
      call.reply.error(errors.LEX_BOUND);
    }
    return false;
  }

  /** Finds `first` and `count` in the sorted set that is open, whose members are compared with those in `data`. */
  resolve(cursor: SortedSetCursor, data: DataView): void {
    let start: number;
    let end: number;
    if (this.by === BY_RANK) {
      start = rankFrom(this.min.value, cursor.count);
      end = rankFrom(this.max.value, cursor.count) + 1;
      if (start < 0) start = 0;
      if (end > cursor.count) end = cursor.count;
      if (this.isReversed) {
        const last = cursor.count - start;
        start = cursor.count - end;
        end = last;
      }
    } else if (this.by === BY_SCORE) {
      start = cursor.rankOfScore(this.min.value, this.min.isExclusive);
      end = cursor.rankOfScore(this.max.value, !this.max.isExclusive);
    } else if (!cursor.isLarge) {
      this.walk(cursor, data);
      return;
    } else {
      start = rankOfMember(cursor, this.min, data, this.min.isExclusive);
      end = rankOfMember(cursor, this.max, data, !this.max.isExclusive);
    }
    this.limitTo(start, end);
  }

  /**
   * Finds a range of members in a packed sorted set from the end where it begins. That is Redis's way, and it shows where scores
   * are not all equal, so that such a range has no meaning.
   */
  private walk(cursor: SortedSetCursor, data: DataView): void {
    const min = this.min;
    const max = this.max;
    let start = 0;
    let end = 0;
    const isBelow = !cursor.seek(cursor.count - 1) || isBefore(cursor, min, data, min.isExclusive);
    if (isBelow || !cursor.seek(0) || !isBefore(cursor, max, data, !max.isExclusive)) {
      this.limitTo(0, 0);
    } else if (this.isReversed) {
      end = cursor.count;
      cursor.seek(end - 1);
      for (; !isBefore(cursor, max, data, !max.isExclusive); end--) cursor.previous();
      start = end;
      while (start > 0 && !isBefore(cursor, min, data, min.isExclusive)) {
        start -= 1;
        cursor.previous();
      }
      this.limitTo(start, end);
    } else {
      for (; isBefore(cursor, min, data, min.isExclusive); start++) cursor.next();
      end = start;
      while (end < cursor.count && isBefore(cursor, max, data, !max.isExclusive)) {
        end += 1;
        cursor.next();
      }
      this.limitTo(start, end);
    }
  }

  /** The elements from rank `start` to before `end`, without those skipped and those beyond the limit. */
  private limitTo(start: number, end: number): void {
    const left = this.skipped < 0 ? 0 : end - start - this.skipped;
    this.count = Math.max(this.limit < 0 ? left : Math.min(left, this.limit), 0);
    this.first = this.isReversed ? end - 1 - this.skipped : start + this.skipped;
  }
}

/** The one that commands use. */
export const range = new SortedSetRange();

/** A rank that counts from the end when it is negative. */
function rankFrom(rank: number, count: number): number {
  return rank < 0 ? rank + count : rank;
}

function readScore(call: Call, index: number, bound: Bound): boolean {
  const offset = call.offset(index);
  const size = call.size(index);
  const prefix = size > 0 && call.bytes[offset] === PARENTHESIS ? 1 : 0;
  bound.isExclusive = prefix === 1;
  bound.value = parseRangeDouble(call.bytes, offset + prefix, size - prefix);
  return !Number.isNaN(bound.value);
}

function readMember(call: Call, index: number, bound: Bound): boolean {
  const offset = call.offset(index);
  const size = call.size(index);
  const first = size === 0 ? 0 : call.bytes[offset]!;
  if (first === PLUS || first === MINUS) {
    bound.kind = first === PLUS ? AFTER_ALL : BEFORE_ALL;
    // In C a zero byte ends the text.
    return size === 1 || call.bytes[offset + 1] === 0;
  }
  bound.kind = AT_MEMBER;
  bound.isExclusive = first === PARENTHESIS;
  bound.offset = offset + 1;
  bound.size = size - 1;
  return first === PARENTHESIS || first === BRACKET;
}

function rankOfMember(cursor: SortedSetCursor, bound: Bound, data: DataView, isAfter: boolean): number {
  if (bound.kind === AT_MEMBER) return cursor.rankOfMember(data, bound.offset, bound.size, isAfter);
  return bound.kind === BEFORE_ALL ? 0 : cursor.count;
}

/** True when the cursor's member is below the bound, or, with `countsEqual`, at it. */
function isBefore(cursor: SortedSetCursor, bound: Bound, data: DataView, countsEqual: boolean): boolean {
  if (bound.kind !== AT_MEMBER) return bound.kind === AFTER_ALL;
  const order = cursor.compareMember(data, bound.offset, bound.size);
  return countsEqual ? order <= 0 : order < 0;
}
