/**
 * Chooses elements of a large collection at random, each as likely as any other.
 *
 * A segment is drawn from all of the table's, and then one of its slots; an empty slot has both drawn again. No element is better
 * off for lying in a full bucket, as it would be if one were taken from whatever bucket comes. Most tables are at least half
 * full. In a table of one segment, which may have very few elements, the segment's own count makes that unnecessary.
 *
 * Slots are drawn some at a time, before the first of them is looked at: so the processor waits for all of them at once.
 */

import { Xorshift } from '../base/xorshift.js';
import { DEPTH_MAX, SEGMENT_SLOTS, TABLE_DEPTH, TABLE_SEGMENTS } from '../structures/hash-table.js';
import type { Elements } from './elements.js';

/** More cost more than they save: with a third of the slots empty, one time in nine there is none among these. */
const SLOTS_PER_DRAW = 2;

export class ElementSampler {
  readonly random = new Xorshift();
  private readonly drawn = new Uint32Array(SLOTS_PER_DRAW);

  /** Some element of the collection that `elements` has open, which is not empty. Cost: some cache misses. */
  choose(elements: Elements): number {
    const table = elements.table;
    const tableAt = elements.tableAt;
    if (elements.words[tableAt + TABLE_SEGMENTS] === 1) return table.random(tableAt, Math.random());
    const drawn = this.drawn;
    const random = this.random;
    for (;;) {
      for (let index = 0; index < SLOTS_PER_DRAW; index++) {
        const segment = this.drawSegment(elements);
        drawn[index] = table.slotPointer(segment, random.below(SEGMENT_SLOTS));
      }
      for (let index = 0; index < SLOTS_PER_DRAW; index++) {
        if (drawn[index] !== 0) return drawn[index]!;
      }
    }
  }

  /** Some segment. Of the directory's entries for one, which lie side by side, only the first counts: others are drawn again. */
  private drawSegment(elements: Elements): number {
    const table = elements.table;
    const tableAt = elements.tableAt;
    const depth = elements.words[tableAt + TABLE_DEPTH]!;
    const span = 1 << (DEPTH_MAX - depth);
    for (;;) {
      const prefix = (this.random.next() >>> (32 - DEPTH_MAX)) & -span;
      const segment = table.segmentAt(tableAt, prefix);
      if (prefix === 0 || table.segmentAt(tableAt, prefix - span) !== segment) return segment;
    }
  }
}
