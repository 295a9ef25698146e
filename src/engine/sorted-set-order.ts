/**
 * The order of sorted sets: by score, and members of one score by their bytes.
 */

import { compareWords } from '../base/bytes.js';
import type { TreeItems } from '../structures/counted-tree.js';
import type { Entries } from '../structures/entry.js';

/** The elements of a large sorted set as items of its tree, which has their scores. */
export class MemberOrder implements TreeItems {
  private readonly entries: Entries;

  constructor(entries: Entries) {
    this.entries = entries;
  }

  compare(left: number, right: number): number {
    const entries = this.entries;
    return compareWords(
      entries.data(left),
      entries.keyOffset(left),
      entries.keySize(left),
      entries.data(right),
      entries.keyOffset(right),
      entries.keySize(right),
    );
  }

  compareBytes(item: number, data: DataView, offset: number, size: number): number {
    const entries = this.entries;
    return compareWords(
      entries.data(item),
      entries.keyOffset(item),
      entries.keySize(item),
      data,
      offset,
      size,
    );
  }

  weight(): number {
    return 1;
  }
}
