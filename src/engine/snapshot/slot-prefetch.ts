/**
 * Reads once, before the baton is taken, what the next hold is going to read under it, and throws away what it read: it is in
 * the cache then. Most of a walk's time goes into fetching entries from memory.
 */

import { SEGMENT_BYTES } from '../../memory/layout.js';
import { type Memory, SEGMENT_MASK, SEGMENT_SHIFT } from '../../memory/memory.js';
import { type HashTable, SEGMENT_SLOTS } from '../../structures/hash-table.js';
import { HOLD_ENTRIES_MAX } from './stage.js';

/** Keeps an index in a segment's u32 view within it. */
const WORD_MASK = SEGMENT_BYTES / 4 - 1;
/** u32 words of a cache line. */
const LINE_WORDS = 16;

export class SlotPrefetch {
  /** What was read: kept, so that reading it is not optimized away. */
  protected touched = 0;
  private readonly memory: Memory;
  private readonly table: HashTable;

  constructor(memory: Memory, table: HashTable) {
    this.memory = memory;
    this.table = table;
  }

  /**
   * Reads the entries in some slots of a segment (0 = none). Without the baton anything may be there, even no entries any
   * more: so every index is kept within its array, and nothing is believed.
   */
  read(segment: number, from: number): void {
    if (segment === 0) return;
    let touched = 0;
    const end = Math.min(from + HOLD_ENTRIES_MAX, SEGMENT_SLOTS);
    for (let slot = from; slot < end; slot++) {
      const entry = this.table.slotPointer(segment, slot);
      const words = this.memory.u32[entry >>> SEGMENT_SHIFT];
      if (entry === 0 || words === undefined) continue;
      const at = (entry & SEGMENT_MASK) << 1;
      touched ^= words[at]! ^ words[(at + LINE_WORDS) & WORD_MASK]!;
    }
    this.touched = touched;
  }
}
