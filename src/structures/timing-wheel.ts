/**
 * Timing wheel: which entries of a table are due, found without ever looking at those that are not.
 *
 * A hierarchical wheel (Varghese, Lauck, 1987) of five levels of 64 slots, in ticks of 16 ms. A slot is the head of a
 * doubly linked list that runs through the entries themselves (`Entries.previous`, `Entries.next`), so that adding and
 * removing cost the same for one entry or for a hundred million, and need no memory.
 *
 * Deadlines and the wheel's clock are counted in ticks since the Unix epoch; think of both as numbers to the base 64. An
 * entry whose tick differs from the clock first (from the left) in digit n is at level n, in the slot named by that digit
 * of its tick. Ticks that differ in the digits above level 4 wait in one slot of their own, *beyond*.
 *
 *     level   0        1        2        3        4           beyond
 *     slot    16 ms    1 s      65 s     70 min   3.1 days    -
 *     reach   1 s      65 s     70 min   3.1 days 199 days    for ever
 *
 * Two things follow, and all of this file rests on them:
 *  - A slot is a function of the entry's tick and the clock alone, and stays the same until the clock comes to the slot's
 *    first tick. So the head of a list finds its slot without being told; a deadline must not change while linked.
 *  - Slots in order of (level, digit) are in order of time. So the first bit in the occupancy bitmap is the next slot to
 *    look at, and the clock jumps right there, however much time has passed.
 *
 * When the clock comes to a slot of level 1 or higher, the list moves as it is to *cascading*, from where its entries go
 * down to lower levels, a bounded number at a time; until that is empty the clock stands still. At level 0 the clock stands
 * at a slot until its entries, which are due, have been removed. Entries whose deadline has passed when they are added go
 * there, too. The clock never goes back: after the system's clock was set back, what would have been due waits for it.
 *
 * A *hand* goes round through all lists, for those who look for entries to evict (`sweep`).
 *
 *     block:  word 0-1     clock, f64
 *             word 2, 3    hand: the entry that comes next, and its slot; 0 = the first entry of the next slot
 *             word 4-14    occupancy bitmap, a bit a slot
 *             word 15-336  first entry of each slot: 5 x 64, beyond, and cascading, which has no bit
 *
 * Every call needs the baton of the table's shard.
 */

import { type Memory, SEGMENT_MASK, SEGMENT_SHIFT } from '../memory/memory.js';
import { type Entries, TYPE_REMINDER } from './entry.js';

/** An entry is due at the first multiple of this (Unix time) that is not before its deadline. */
export const TICK_MS = 16;
/** What `nextExpired` returns after a step of cascading. */
export const WHEEL_BUSY = 0xffff_ffff;

const LEVEL_COUNT = 5;
const LEVEL_BITS = 6;
const LEVEL_SLOTS = 1 << LEVEL_BITS;
const DIGIT_MASK = LEVEL_SLOTS - 1;
/** Ticks that share all digits above the levels: 199 days. */
const ERA_BITS = LEVEL_COUNT * LEVEL_BITS;
const ERA_TICKS = 2 ** ERA_BITS;
const ERA_MASK = ERA_TICKS - 1;
const BEYOND_SLOT = LEVEL_COUNT * LEVEL_SLOTS;
const CASCADING_SLOT = BEYOND_SLOT + 1;
const NO_SLOT = -1;

const HAND_WORD = 2;
const HAND_SLOT_WORD = 3;
const BITMAP_WORD = 4;
const BITMAP_WORDS = (BEYOND_SLOT >>> 5) + 1;
const HEAD_WORD = BITMAP_WORD + BITMAP_WORDS;
const CASCADING_WORD = HEAD_WORD + CASCADING_SLOT;
const WHEEL_WORDS = CASCADING_WORD + 1;

/** Entries that one call moves down: about 10 us when none of them is in a cache. */
const CASCADE_STEP = 64;

/** One instance per thread; a wheel is named by the pointer of its block. */
export class TimingWheel {
  private readonly memory: Memory;
  private readonly entries: Entries;
  private readonly u32: Uint32Array[];
  private readonly f64: Float64Array[];

  constructor(memory: Memory, entries: Entries) {
    this.memory = memory;
    this.entries = entries;
    this.u32 = memory.u32;
    this.f64 = memory.f64;
  }

  /** A new wheel whose clock stands at `nowMs` (Unix time). Returns its pointer, or 0 when memory is exhausted. */
  create(shard: number, nowMs: number): number {
    const wheel = this.memory.allocate(shard, WHEEL_WORDS * 4);
    if (wheel === 0) return 0;
    const base = baseOf(wheel);
    this.wordsOf(wheel).fill(0, base, base + WHEEL_WORDS);
    this.setClock(wheel, Math.floor(nowMs / TICK_MS));
    return wheel;
  }

  /** Frees a wheel. Entries that are still linked are not touched, and must not be removed from it any more. */
  destroy(shard: number, wheel: number): void {
    this.memory.free(shard, wheel);
  }

  /** Links an entry that has a deadline (any, past ones too) and is in no wheel. */
  add(wheel: number, entry: number): void {
    const words = this.wordsOf(wheel);
    const base = baseOf(wheel);
    const slot = slotFor(this.entries.deadline(entry), this.clock(wheel));
    const head = words[base + HEAD_WORD + slot]!;
    if (head !== 0) this.entries.setPrevious(head, entry);
    this.entries.setPrevious(entry, 0);
    this.entries.setNext(entry, head);
    words[base + HEAD_WORD + slot] = entry;
    words[base + BITMAP_WORD + (slot >>> 5)]! |= 1 << (slot & 31);
  }

  /** Unlinks an entry of this wheel, whose deadline is still what it was when it was added. */
  remove(wheel: number, entry: number): void {
    const previous = this.entries.previous(entry);
    const next = this.entries.next(entry);
    const words = this.wordsOf(wheel);
    const hand = baseOf(wheel) + HAND_WORD;
    if (words[hand] === entry) words[hand] = next;
    if (next !== 0) this.entries.setPrevious(next, previous);
    if (previous !== 0) this.entries.setNext(previous, next);
    else this.replaceHead(wheel, entry, next);
  }

  /**
   * The next entry that is due at `nowMs` (Unix time), still linked: the caller deletes it, which removes it, and calls
   * again. 0 when nothing is due; WHEEL_BUSY after a step of cascading, when the caller may do something else first. An
   * entry is never returned before its deadline, and it is due at most TICK_MS after it.
   */
  nextExpired(wheel: number, nowMs: number): number {
    const words = this.wordsOf(wheel);
    const base = baseOf(wheel);
    if (words[base + CASCADING_WORD] !== 0) {
      this.cascade(wheel);
      return WHEEL_BUSY;
    }
    const clock = this.clock(wheel);
    const now = Math.floor(nowMs / TICK_MS);
    const slot = firstSlot(words, base + BITMAP_WORD);
    const start = slotStart(slot, clock);
    if (start > now) {
      if (now > clock) this.setClock(wheel, now);
      return 0;
    }
    // Entries beyond are of any later era: the clock need not stop at those between, of which all that comes is due.
    this.setClock(wheel, slot === BEYOND_SLOT ? now - (now % ERA_TICKS) : start);
    if (slot < LEVEL_SLOTS) return words[base + HEAD_WORD + slot]!;
    words[base + CASCADING_WORD] = words[base + HEAD_WORD + slot]!;
    setHead(words, base, slot, 0);
    this.cascade(wheel);
    return WHEEL_BUSY;
  }

  /**
   * Some entries of one list: those that the hand comes to next, on its way through one list after the other. Writes 1 to
   * `limit` pointers to `out` and returns how many; 0 when the wheel has no entries. Cost: a cache miss an entry.
   *
   * @param isNearest goes round in the list of the nearest deadlines only
   */
  sweep(wheel: number, limit: number, isNearest: boolean, out: Uint32Array): number {
    const words = this.wordsOf(wheel);
    const base = baseOf(wheel);
    let entry = words[base + HAND_WORD]!;
    let slot = words[base + HAND_SLOT_WORD]!;
    if (isNearest) {
      const nearest =
        words[base + CASCADING_WORD] !== 0 ? CASCADING_SLOT : firstSlot(words, base + BITMAP_WORD);
      if (slot !== nearest) entry = 0;
      slot = nearest;
    } else if (entry === 0) {
      slot = slotAfter(words, base + BITMAP_WORD, slot);
    }
    if (entry === 0) entry = words[base + HEAD_WORD + (slot === NO_SLOT ? CASCADING_SLOT : slot)]!;
    let count = 0;
    for (; count < limit && entry !== 0; count++) {
      out[count] = entry;
      entry = this.entries.next(entry);
    }
    words[base + HAND_WORD] = entry;
    words[base + HAND_SLOT_WORD] = slot;
    return count;
  }

  /**
   * How many entries are due at `nowMs` and still linked, among the `limit` with the nearest deadlines, or nearly so. Cost: a
   * cache miss an entry that is looked at.
   */
  countDue(wheel: number, nowMs: number, limit: number): number {
    const words = this.wordsOf(wheel);
    const base = baseOf(wheel);
    const clock = this.clock(wheel);
    const now = Math.floor(nowMs / TICK_MS);
    let slot = CASCADING_SLOT;
    let next = firstSlot(words, base + BITMAP_WORD);
    let due = 0;
    let left = limit;
    for (;;) {
      let entry = words[base + HEAD_WORD + slot]!;
      for (; entry !== 0 && left > 0; left--) {
        if (this.entries.deadline(entry) <= nowMs && this.entries.type(entry) !== TYPE_REMINDER) due += 1;
        entry = this.entries.next(entry);
      }
      if (left === 0 || next === NO_SLOT || slotStart(next, clock) > now) return due;
      slot = next;
      next = slotAfter(words, base + BITMAP_WORD, slot);
      if (next <= slot) next = NO_SLOT; // it has come round
    }
  }

  /** Moves a few entries from the cascading list to where they belong by the clock. */
  private cascade(wheel: number): void {
    const words = this.wordsOf(wheel);
    const base = baseOf(wheel);
    let entry = words[base + CASCADING_WORD]!;
    for (let step = 0; step < CASCADE_STEP && entry !== 0; step++) {
      const next = this.entries.next(entry);
      this.add(wheel, entry);
      entry = next;
    }
    if (entry !== 0) this.entries.setPrevious(entry, 0);
    words[base + CASCADING_WORD] = entry;
  }

  /** Makes `next` (or 0) the head of the list of which `entry` is the head. */
  private replaceHead(wheel: number, entry: number, next: number): void {
    const words = this.wordsOf(wheel);
    const base = baseOf(wheel);
    if (words[base + CASCADING_WORD] === entry) words[base + CASCADING_WORD] = next;
    else setHead(words, base, slotFor(this.entries.deadline(entry), this.clock(wheel)), next);
  }

  private wordsOf(pointer: number): Uint32Array {
    return this.u32[pointer >>> SEGMENT_SHIFT]!;
  }

  /** Ticks since the Unix epoch. */
  private clock(wheel: number): number {
    return this.f64[wheel >>> SEGMENT_SHIFT]![wheel & SEGMENT_MASK]!;
  }

  private setClock(wheel: number, tick: number): void {
    this.f64[wheel >>> SEGMENT_SHIFT]![wheel & SEGMENT_MASK] = tick;
  }
}

/** Index of a block's first word in its u32 view. */
function baseOf(pointer: number): number {
  return (pointer & SEGMENT_MASK) << 1;
}

function setHead(words: Uint32Array, base: number, slot: number, entry: number): void {
  words[base + HEAD_WORD + slot] = entry;
  if (entry === 0) words[base + BITMAP_WORD + (slot >>> 5)]! &= ~(1 << (slot & 31));
}

/** The slot of an entry with this deadline (ms) when the clock (ticks) stands there. */
function slotFor(deadline: number, clock: number): number {
  const tick = Math.max(Math.ceil(deadline / TICK_MS), clock);
  if (Math.floor(tick / ERA_TICKS) !== Math.floor(clock / ERA_TICKS)) return BEYOND_SLOT;
  // Bit operations see the low 32 bits of a double's integer value: enough for the 30 bits of an era.
  const difference = (tick ^ clock) & ERA_MASK;
  const level = ((31 - Math.clz32(difference | 1)) / LEVEL_BITS) | 0;
  return level * LEVEL_SLOTS + ((tick >>> (level * LEVEL_BITS)) & DIGIT_MASK);
}

/** The first tick of a slot, as the clock stands: the first one not before the clock. Infinity for NO_SLOT. */
function slotStart(slot: number, clock: number): number {
  if (slot === NO_SLOT) return Number.POSITIVE_INFINITY;
  if (slot === BEYOND_SLOT) return (Math.floor(clock / ERA_TICKS) + 1) * ERA_TICKS;
  const shift = (slot >>> LEVEL_BITS) * LEVEL_BITS;
  const below = clock & ((1 << shift) * LEVEL_SLOTS - 1);
  return clock - below + (slot & DIGIT_MASK) * (1 << shift);
}

/** The first occupied slot, in order of time, or NO_SLOT. */
function firstSlot(words: Uint32Array, bitmap: number): number {
  for (let index = 0; index < BITMAP_WORDS; index++) {
    const bits = words[bitmap + index]!;
    if (bits !== 0) return (index << 5) + (31 - Math.clz32(bits & -bits));
  }
  return NO_SLOT;
}

/** The first occupied slot after `slot`, which is the first of all after the last, or NO_SLOT. */
function slotAfter(words: Uint32Array, bitmap: number, slot: number): number {
  for (let next = slot + 1; next <= BEYOND_SLOT; next = (next | 31) + 1) {
    const bits = words[bitmap + (next >>> 5)]! & (-1 << (next & 31));
    if (bits !== 0) return (next & -32) + (31 - Math.clz32(bits & -bits));
  }
  return firstSlot(words, bitmap);
}
