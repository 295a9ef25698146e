/**
 * Which arguments of a request are keys, and what the command does with each: from the command's spec, before it is run. For
 * COMMAND GETKEYS, and to find out whether a user may run it.
 *
 * Nothing is allocated but for requests with more keys than any before.
 */

import type { Arguments, Command, KeyFlag, KeyRange } from './command.js';

/** Keys that there is room for at first: most commands have one. */
const KEY_COUNT_FIRST = 16;

export class RequestKeys {
  /** How many keys `read` has found. */
  count = 0;
  /** Argument number of each. */
  private at = new Int32Array(KEY_COUNT_FIRST);
  private readonly flags: (readonly KeyFlag[])[] = [];

  /** Argument number of key number `key`. */
  argumentOf(key: number): number {
    return this.at[key]!;
  }

  /** What is done with key number `key`. */
  flagsOf(key: number): readonly KeyFlag[] {
    return this.flags[key]!;
  }

  /**
   * Finds the keys of a request. False when there are none where there should be some: it states a number of keys that it does
   * not have, and then the command will refuse it, or it ends too early, and then those that it has are keys all the same.
   */
  read(command: Command, request: Arguments): boolean {
    this.count = 0;
    const ranges = command.keyRanges;
    let isComplete = true;
    for (let index = 0; index < ranges.length; index++) {
      const range = ranges[index]!;
      if (this.readRange(range, request)) continue;
      isComplete = false;
      if (range.countAt === undefined) continue;
      this.count = 0;
      break;
    }
    return isComplete;
  }

  private readRange(range: KeyRange, request: Arguments): boolean {
    const count = request.count;
    if (range.search !== undefined) {
      const found = range.search.find(request);
      if (found > 0 && found < count) this.add(found, range.flags);
      return found < count;
    }
    const first = range.first;
    const step = range.step;
    const countAt = range.countAt;
    let end = range.last < 0 ? count + range.last : range.last;
    if (countAt !== undefined) {
      if (countAt >= count) return false;
      end = first + (request.integer(countAt) - 1) * step;
    }
    if (!Number.isSafeInteger(end) || end < first || end >= count) return false;
    const flags = range.flagsOf?.(request) ?? range.flags;
    for (let index = first; index <= end; index += step) this.add(index, flags);
    return true;
  }

  private add(index: number, flags: readonly KeyFlag[]): void {
    if (this.count === this.at.length) {
      const more = new Int32Array(2 * this.count); // alloc: doubles, so rarely
      more.set(this.at);
      this.at = more;
    }
    this.at[this.count] = index;
    this.flags[this.count] = flags;
    this.count += 1;
  }
}
