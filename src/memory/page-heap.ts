/**
 * The page heap: spans of whole pages, handed to shards (as slabs) and to whoever needs much at once.
 *
 * Each page has a record of eight u32 words in the page map. A *span* is a run of pages in one segment; its first
 * page's record describes it, and the last page's record lets a neighbour find the start of a free span, so that
 * freed spans merge at once with free neighbours (boundary tags; Knuth, TAOCP 2.5 C).
 *
 *     word  free span            slab (see memory.ts)     large span
 *     0     FREE / FREE_TAIL     SLAB / SLAB_INTERIOR     LARGE / LARGE_TAIL
 *     1     pages of the span    pages (interior: head)   pages
 *     2, 3  previous, next page  previous, next slab
 *     4     1 when untouched    size class | shard << 8
 *     5, 6, 7                    free slot, used slots, slots ever handed out
 *
 * Free spans are in lists by length, 1 to 127 pages, and one list for all that are longer; a bitmap names the lists
 * that are not empty. A free span is *untouched* while the operating system has no memory behind it: it has never been
 * used, or was returned (`takeTouched`, `giveUntouched`). Everything here is guarded by one lock in the control area,
 * held for tens of nanoseconds.
 */

import { lockWord, unlockWord } from './baton.js';
import { type MemoryShared, PAGES_PER_SEGMENT, RESERVE_PAGES } from './layout.js';

export const PAGE_RECORD_WORDS = 8;
export const PAGE_KIND = 0;
export const PAGE_SPAN = 1;
export const PAGE_PREVIOUS = 2;
export const PAGE_NEXT = 3;
export const PAGE_OWNER = 4;
export const PAGE_FREE_SLOT = 5;
export const PAGE_USED_SLOTS = 6;
export const PAGE_CARVED_SLOTS = 7;

const KIND_FREE = 1;
const KIND_FREE_TAIL = 2;
export const KIND_SLAB = 3;
export const KIND_SLAB_INTERIOR = 4;
export const KIND_LARGE = 5;
const KIND_LARGE_TAIL = 6;

/** Word PAGE_OWNER of a free span. */
const TOUCHED = 0;
const UNTOUCHED = 1;

/** Spans this long and longer share one list. */
const LONG_SPAN_PAGES = 128;
const LIST_COUNT = LONG_SPAN_PAGES;

/** Control area, in i32 words. */
const CONTROL_LOCK = 0;
const CONTROL_PAGES_IN_USE = 1;
/** Bytes in use by shards, in KiB, published by them now and then (memory.ts). */
export const CONTROL_USED_KIB = 2;
/** Pages in use by nobody's shard: log records too large for the ring. */
const CONTROL_LOOSE_PAGES = 3;
const CONTROL_PAGES_PEAK = 4;
/** Granules of blocks that only a running snapshot needs (memory.ts). */
const CONTROL_HELD_GRANULES = 5;
const CONTROL_LIST_BITS = 8;
const CONTROL_LIST_HEADS = 16;
export const CONTROL_WORDS = CONTROL_LIST_HEADS + LIST_COUNT;

export class PageHeap {
  readonly pagesTotal: number;
  /** The page map, PAGE_RECORD_WORDS a page. */
  readonly pages: Uint32Array;
  private readonly control: Int32Array;

  constructor(shared: MemoryShared) {
    this.pages = new Uint32Array(shared.pageMap);
    this.control = new Int32Array(shared.control);
    this.pagesTotal = shared.pagesTotal;
  }

  /** Called once, before any thread runs: every page is free but page 0, which stands for "none". */
  initialize(): void {
    this.pages[PAGE_KIND] = KIND_LARGE;
    this.pages[PAGE_SPAN] = 1;
    const lastSegment = Math.ceil(this.pagesTotal / PAGES_PER_SEGMENT) - 1;
    for (let first = lastSegment * PAGES_PER_SEGMENT; first >= 0; first -= PAGES_PER_SEGMENT) {
      const count = Math.min(PAGES_PER_SEGMENT, this.pagesTotal - first);
      if (first === 0) this.link(1, count - 1, UNTOUCHED);
      else this.link(first, count, UNTOUCHED);
    }
  }

  /** Takes a span of `count` pages, marked as one large allocation. Returns its first page, or 0 when there is none. */
  take(count: number): number {
    lockWord(this.control, CONTROL_LOCK);
    const page = this.takeLocked(count);
    if (page !== 0) {
      const inUse = this.control[CONTROL_PAGES_IN_USE]! + count;
      this.control[CONTROL_PAGES_IN_USE] = inUse;
      if (inUse > this.control[CONTROL_PAGES_PEAK]!) this.control[CONTROL_PAGES_PEAK] = inUse;
    }
    unlockWord(this.control, CONTROL_LOCK);
    return page;
  }

  /** Takes a free span of at least LONG_SPAN_PAGES that has been in use. Returns its first page, or 0. */
  takeTouched(): number {
    lockWord(this.control, CONTROL_LOCK);
    let page = this.control[CONTROL_LIST_HEADS]!;
    while (page !== 0 && this.pages[page * PAGE_RECORD_WORDS + PAGE_OWNER] === UNTOUCHED) {
      page = this.pages[page * PAGE_RECORD_WORDS + PAGE_NEXT]!;
    }
    if (page !== 0) {
      const span = this.pages[page * PAGE_RECORD_WORDS + PAGE_SPAN]!;
      this.unlink(page, span);
      this.pages[page * PAGE_RECORD_WORDS + PAGE_KIND] = KIND_LARGE;
      this.pages[(page + span - 1) * PAGE_RECORD_WORDS + PAGE_KIND] = KIND_LARGE_TAIL;
      this.control[CONTROL_PAGES_IN_USE]! += span;
    }
    unlockWord(this.control, CONTROL_LOCK);
    return page;
  }

  /** Gives a span back that the operating system has no memory behind any more. */
  giveUntouched(page: number): void {
    this.giveAs(page, UNTOUCHED);
  }

  /** Gives the span that begins at `page` back. */
  give(page: number): void {
    this.giveAs(page, TOUCHED);
  }

  /** Pages of the span that begins at `page`. */
  spanPages(page: number): number {
    return this.pages[page * PAGE_RECORD_WORDS + PAGE_SPAN]!;
  }

  countLoose(pages: number): void {
    Atomics.add(this.control, CONTROL_LOOSE_PAGES, pages);
  }

  loosePages(): number {
    return Atomics.load(this.control, CONTROL_LOOSE_PAGES);
  }

  pagesInUse(): number {
    return Atomics.load(this.control, CONTROL_PAGES_IN_USE);
  }

  /** The most pages that were ever in use at once. */
  pagesPeak(): number {
    return Atomics.load(this.control, CONTROL_PAGES_PEAK);
  }

  /** True when `count` pages could be taken and the reserve still be whole (though not in one span, perhaps). */
  hasFree(count: number): boolean {
    // A plain read, a third of an atomic one: what others take at this moment comes out of the reserve.
    return this.control[CONTROL_PAGES_IN_USE]! + count + RESERVE_PAGES < this.pagesTotal;
  }

  publishUsedKib(delta: number): void {
    Atomics.add(this.control, CONTROL_USED_KIB, delta);
  }

  usedKib(): number {
    return this.control[CONTROL_USED_KIB]!; // plain, since it is a moment old in any case
  }

  countHeld(granules: number): void {
    Atomics.add(this.control, CONTROL_HELD_GRANULES, granules);
  }

  heldGranules(): number {
    return this.control[CONTROL_HELD_GRANULES]! >>> 0; // plain, as above
  }

  private giveAs(page: number, state: number): void {
    lockWord(this.control, CONTROL_LOCK);
    const count = this.pages[page * PAGE_RECORD_WORDS + PAGE_SPAN]!;
    this.control[CONTROL_PAGES_IN_USE]! -= count;
    this.merge(page, count, state);
    unlockWord(this.control, CONTROL_LOCK);
  }

  private takeLocked(count: number): number {
    const page = count < LONG_SPAN_PAGES ? this.findShort(count) : this.findLong(count);
    if (page === 0) return 0;
    const record = page * PAGE_RECORD_WORDS;
    const span = this.pages[record + PAGE_SPAN]!;
    const state = this.pages[record + PAGE_OWNER]!;
    this.unlink(page, span);
    if (span > count) this.link(page + count, span - count, state);
    // Still under the lock: a neighbour that is given back looks at these two marks, and must not find them free.
    if (count > 1) this.pages[record + (count - 1) * PAGE_RECORD_WORDS + PAGE_KIND] = KIND_LARGE_TAIL;
    this.pages[record + PAGE_KIND] = KIND_LARGE;
    this.pages[record + PAGE_SPAN] = count;
    return page;
  }

  /** The first span of the shortest list that serves `count` pages. */
  private findShort(count: number): number {
    let word = count >>> 5;
    let bits = this.control[CONTROL_LIST_BITS + word]! & (-1 << (count & 31));
    for (;;) {
      if (bits !== 0) {
        const list = (word << 5) + (31 - Math.clz32(bits & -bits));
        return this.control[CONTROL_LIST_HEADS + list]! >>> 0;
      }
      word += 1;
      if (word === LIST_COUNT >>> 5) return this.control[CONTROL_LIST_HEADS]! >>> 0;
      bits = this.control[CONTROL_LIST_BITS + word]!;
    }
  }

  /** First fit among the long spans; list 0 holds them. */
  private findLong(count: number): number {
    let page = this.control[CONTROL_LIST_HEADS]!;
    while (page !== 0 && this.pages[page * PAGE_RECORD_WORDS + PAGE_SPAN]! < count) {
      page = this.pages[page * PAGE_RECORD_WORDS + PAGE_NEXT]!;
    }
    return page;
  }

  private merge(page: number, count: number, state: number): void {
    let first = page;
    let total = count;
    let merged = state;
    const after = page + count;
    if (after % PAGES_PER_SEGMENT !== 0) {
      const record = after * PAGE_RECORD_WORDS;
      if (this.pages[record + PAGE_KIND] === KIND_FREE) {
        const span = this.pages[record + PAGE_SPAN]!;
        this.unlink(after, span);
        total += span;
        merged &= this.pages[record + PAGE_OWNER]!;
      }
    }
    if (page % PAGES_PER_SEGMENT !== 0) {
      const record = (page - 1) * PAGE_RECORD_WORDS;
      const kind = this.pages[record + PAGE_KIND];
      if (kind === KIND_FREE || kind === KIND_FREE_TAIL) {
        const span = this.pages[record + PAGE_SPAN]!;
        first = page - span;
        this.unlink(first, span);
        total += span;
        merged &= this.pages[first * PAGE_RECORD_WORDS + PAGE_OWNER]!;
      }
    }
    this.link(first, total, merged);
  }

  private link(page: number, span: number, state: number): void {
    const pages = this.pages;
    const record = page * PAGE_RECORD_WORDS;
    const list = span < LONG_SPAN_PAGES ? span : 0;
    const head = this.control[CONTROL_LIST_HEADS + list]!;
    // The tail's record is written first: of a span of one page, the head's words win.
    const tail = record + (span - 1) * PAGE_RECORD_WORDS;
    pages[tail + PAGE_KIND] = KIND_FREE_TAIL;
    pages[tail + PAGE_SPAN] = span;
    pages[record + PAGE_KIND] = KIND_FREE;
    pages[record + PAGE_SPAN] = span;
    pages[record + PAGE_OWNER] = state;
    pages[record + PAGE_PREVIOUS] = 0;
    pages[record + PAGE_NEXT] = head;
    if (head !== 0) pages[head * PAGE_RECORD_WORDS + PAGE_PREVIOUS] = page;
    this.control[CONTROL_LIST_HEADS + list] = page;
    if (list !== 0) this.control[CONTROL_LIST_BITS + (list >>> 5)]! |= 1 << (list & 31);
  }

  private unlink(page: number, span: number): void {
    const pages = this.pages;
    const record = page * PAGE_RECORD_WORDS;
    const list = span < LONG_SPAN_PAGES ? span : 0;
    const previous = pages[record + PAGE_PREVIOUS]!;
    const next = pages[record + PAGE_NEXT]!;
    if (next !== 0) pages[next * PAGE_RECORD_WORDS + PAGE_PREVIOUS] = previous;
    if (previous !== 0) {
      pages[previous * PAGE_RECORD_WORDS + PAGE_NEXT] = next;
      return;
    }
    this.control[CONTROL_LIST_HEADS + list] = next;
    if (next === 0 && list !== 0) this.control[CONTROL_LIST_BITS + (list >>> 5)]! &= ~(1 << (list & 31));
  }
}
