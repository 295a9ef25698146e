/**
 * Looks for elements in a list, from either end: LPOS and LINSERT.
 *
 * A change of the list, or another use of its cursor, ends the search. One reused instance a user.
 */

import { PackedItem } from '../structures/packed-item.js';
import { find, skip, skipBack } from '../structures/packed-list.js';
import type { ListCursor } from './list-cursor.js';
import { countElements } from './list-elements.js';

export class ListSearch {
  /** What is looked for. */
  readonly item: PackedItem;
  private readonly cursor: ListCursor;
  /** The search goes on from here, in the cursor's run; this many elements of the list come before. */
  private at: number;
  private index: number;

  constructor(cursor: ListCursor) {
    this.item = new PackedItem();
    this.cursor = cursor;
    this.at = 0;
    this.index = 0;
  }

  /** Begins at the first element. `item` has been set. */
  begin(shard: number, database: number, entry: number): void {
    this.cursor.firstRun(shard, database, entry);
    this.at = this.cursor.start;
    this.index = 0;
  }

  /** Begins behind the last one, of `total`, to go backwards. */
  beginAtEnd(shard: number, database: number, entry: number, total: number): void {
    this.cursor.lastRun(shard, database, entry);
    this.at = this.cursor.end;
    this.index = total;
    this.passRun();
  }

  /** The index of the next equal element if it is below `limit`, or -1. */
  next(limit: number): number {
    const cursor = this.cursor;
    const item = this.item;
    for (;;) {
      const found = find(cursor.data, this.at, cursor.end, item, 1);
      const passed = countElements(cursor.data, this.at, found < 0 ? cursor.end : found);
      this.index += passed;
      if (this.index >= limit) return -1;
      if (found >= 0) {
        this.at = skip(cursor.data, found);
        this.index += 1;
        return this.index - 1;
      }
      if (!cursor.nextRun()) return -1;
      this.at = cursor.start;
    }
  }

  /** The index of the equal element before if it is `least` or more, or -1. */
  previous(least: number): number {
    const cursor = this.cursor;
    const item = this.item;
    while (this.index > least) {
      if (this.at === cursor.start) {
        cursor.previousRun();
        this.at = cursor.end;
        this.passRun();
      } else {
        const end = this.at;
        this.at = skipBack(cursor.data, end);
        this.index -= 1;
        if (find(cursor.data, this.at, end, item, 1) >= 0) return this.index;
      }
    }
    return -1;
  }

  /** Goes to the start of the run, at whose end it is, if nothing is to be found in it: forwards that is seen faster. */
  private passRun(): void {
    const cursor = this.cursor;
    if (find(cursor.data, cursor.start, cursor.end, this.item, 1) >= 0) return;
    this.at = cursor.start;
    this.index -= cursor.count;
  }
}
