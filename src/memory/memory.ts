/**
 * Memory: where every byte of data lives, and how a shard gets and gives back blocks of it.
 *
 * A shard's blocks of up to 16 KiB are slots of *slabs*: spans of pages that one shard owns and one size class cuts.
 * A slab's free slots are a list threaded through the slots themselves; slots never used yet come from a counter,
 * so that a new slab is not touched before it is needed. Slabs with room are in a list per shard and class; a slab
 * that becomes empty goes back to the page heap at once, where every shard can have its pages. Larger blocks are
 * spans of their own.
 *
 * Everything of a shard is guarded by its baton. Exact accounting: a shard's used bytes are the sum of its slots and
 * spans as they were cut, not as they were asked for.
 *
 * One instance per thread, over the same shared buffers.
 */

import {
  GRANULE_BYTES,
  GRANULE_SHIFT,
  type MemoryShared,
  PAGE_BYTES,
  PAGE_SHIFT,
  PAGES_PER_SEGMENT,
  SEGMENT_BYTES,
  SEGMENT_COUNT_MAX,
  SEGMENT_MASK,
  SEGMENT_SHIFT,
  SHARD_CLASS_HEADS,
  SHARD_ENGINE,
  SHARD_F64_LAST_LSN,
  SHARD_F64_PUBLISHED_BYTES,
  SHARD_F64_USED_BYTES,
  SHARD_TABLES,
  shardRecordWords,
  TABLE_HEADER_WORDS,
} from './layout.js';
import {
  CONTROL_WORDS,
  KIND_LARGE,
  KIND_SLAB,
  KIND_SLAB_INTERIOR,
  PAGE_CARVED_SLOTS,
  PAGE_FREE_SLOT,
  PAGE_KIND,
  PAGE_NEXT,
  PAGE_OWNER,
  PAGE_PREVIOUS,
  PAGE_RECORD_WORDS,
  PAGE_SPAN,
  PAGE_USED_SLOTS,
  PageHeap,
} from './page-heap.js';
import {
  CLASS_BY_GRANULES,
  CLASS_SLAB_PAGES,
  CLASS_SLAB_SLOTS,
  CLASS_SLOT_BYTES,
  SLOT_BYTES_MAX,
} from './size-classes.js';

export { type MemoryShared, PAGE_BYTES, SEGMENT_MASK, SEGMENT_SHIFT } from './layout.js';

/**
 * A shard tells the others how much it uses when that has changed by this much. All 64 shards together are never more than 64
 * times as much off, 512 KiB; where somebody watches a limit they are more precise, and never 64 KiB off.
 */
const PUBLISH_BYTES = 8192;
const PUBLISH_PRECISELY_BYTES = 1024;

/**
 * Reserves memory for one store. The operating system commits pages as they are first touched.
 *
 * @param options.bytes what the store may use, rounded up to whole GiB, at most 32 GiB
 * @param options.limitBytes what it may use of them, if not all
 * @param options.shardCount a power of two, at most 64
 * @param options.databaseCount 1 to 64
 * @throws RangeError when the address space cannot be had
 */
export function createMemoryShared(options: {
  bytes: number;
  limitBytes?: number | undefined;
  shardCount: number;
  databaseCount: number;
}): MemoryShared {
  const segmentCount = Math.min(SEGMENT_COUNT_MAX, Math.max(1, Math.ceil(options.bytes / SEGMENT_BYTES)));
  const segments: SharedArrayBuffer[] = [];
  for (let index = 0; index < segmentCount; index++) segments.push(new SharedArrayBuffer(SEGMENT_BYTES));
  const recordBytes = shardRecordWords(options.databaseCount) * 4;
  const pageCount = segmentCount * PAGES_PER_SEGMENT;
  const pageLimit = Math.floor((options.limitBytes ?? Number.POSITIVE_INFINITY) / PAGE_BYTES);
  const shared: MemoryShared = {
    segments,
    pagesTotal: Math.min(pageCount, pageLimit),
    pageMap: new SharedArrayBuffer(pageCount * PAGE_RECORD_WORDS * 4),
    control: new SharedArrayBuffer(CONTROL_WORDS * 4),
    shards: new SharedArrayBuffer(options.shardCount * recordBytes),
    shardCount: options.shardCount,
    databaseCount: options.databaseCount,
  };
  new PageHeap(shared).initialize();
  return shared;
}

export class Memory {
  /** Views of each segment: `memory.u32[pointer >>> SEGMENT_SHIFT]![(pointer & SEGMENT_MASK) << 1]`. */
  readonly u8: Uint8Array[];
  readonly u32: Uint32Array[];
  readonly f64: Float64Array[];
  /** The same for words that lie anywhere: byte `(pointer & SEGMENT_MASK) << 3`. */
  readonly data: DataView[];
  /** Views of the shard records. */
  readonly shardU32: Uint32Array;
  readonly shardI32: Int32Array;
  readonly shardF64: Float64Array;
  readonly shardCount: number;
  readonly databaseCount: number;
  readonly pagesTotal: number;
  readonly shared: MemoryShared;
  private readonly recordWords: number;
  private readonly heap: PageHeap;
  private readonly pages: Uint32Array;
  private publishBytesMax: number;

  constructor(shared: MemoryShared) {
    this.u8 = shared.segments.map((segment) => new Uint8Array(segment)); // alloc: views, once a thread
    this.u32 = shared.segments.map((segment) => new Uint32Array(segment)); // alloc: views, once a thread
    this.f64 = shared.segments.map((segment) => new Float64Array(segment)); // alloc: views, once a thread
    this.data = shared.segments.map((segment) => new DataView(segment)); // alloc: views, once a thread
    this.shardU32 = new Uint32Array(shared.shards);
    this.shardI32 = new Int32Array(shared.shards);
    this.shardF64 = new Float64Array(shared.shards);
    this.shardCount = shared.shardCount;
    this.databaseCount = shared.databaseCount;
    this.shared = shared;
    this.recordWords = shardRecordWords(shared.databaseCount);
    this.heap = new PageHeap(shared);
    this.pages = this.heap.pages;
    this.publishBytesMax = PUBLISH_BYTES;
    this.pagesTotal = this.heap.pagesTotal;
  }

  /** Index in `shardU32` of the table header of database `database` in `shard`. */
  tableAt(shard: number, database: number): number {
    return shard * this.recordWords + SHARD_TABLES + database * TABLE_HEADER_WORDS;
  }

  /** Index in `shardU32` of the engine's words of `shard`. */
  engineAt(shard: number): number {
    return shard * this.recordWords + SHARD_ENGINE;
  }

  /** Index in `shardF64` of the f64 word `word` (SHARD_F64_*) of `shard`. */
  doubleAt(shard: number, word: number): number {
    return ((shard * this.recordWords) >> 1) + word;
  }

  /** Index in `shardF64` of the LSN just after the last record that changed `shard`. */
  lastLsnAt(shard: number): number {
    return ((shard * this.recordWords) >> 1) + SHARD_F64_LAST_LSN;
  }

  /**
   * Takes a block of at least `bytes` bytes (1 to 1 GiB) for `shard`, whose baton the caller holds. Its contents are
   * whatever was there. Returns a pointer, or 0 when memory is exhausted.
   */
  allocate(shard: number, bytes: number): number {
    if (bytes > SLOT_BYTES_MAX) return this.allocateLarge(shard, bytes);
    const sizeClass = CLASS_BY_GRANULES[(bytes + GRANULE_BYTES - 1) >>> GRANULE_SHIFT]!;
    let page = this.shardU32[shard * this.recordWords + SHARD_CLASS_HEADS + sizeClass]!;
    if (page === 0) {
      page = this.addSlab(shard, sizeClass);
      if (page === 0) return 0;
    }
    const pages = this.pages;
    const record = page * PAGE_RECORD_WORDS;
    const slotBytes = CLASS_SLOT_BYTES[sizeClass]!;
    let pointer = pages[record + PAGE_FREE_SLOT]!;
    if (pointer !== 0) {
      pages[record + PAGE_FREE_SLOT] = this.u32[pointer >>> SEGMENT_SHIFT]![(pointer & SEGMENT_MASK) << 1]!;
    } else {
      const carved = pages[record + PAGE_CARVED_SLOTS]!;
      pages[record + PAGE_CARVED_SLOTS] = carved + 1;
      pointer = ((page << PAGE_SHIFT) + ((carved * slotBytes) >>> GRANULE_SHIFT)) >>> 0;
    }
    const used = pages[record + PAGE_USED_SLOTS]! + 1;
    pages[record + PAGE_USED_SLOTS] = used;
    if (used === CLASS_SLAB_SLOTS[sizeClass]!) this.unlinkSlab(shard, sizeClass, page);
    this.countBytes(shard, slotBytes);
    return pointer;
  }

  /** Gives back a block that `shard` took; the caller holds its baton. */
  free(shard: number, pointer: number): void {
    const pages = this.pages;
    let page = pointer >>> PAGE_SHIFT;
    let record = page * PAGE_RECORD_WORDS;
    const kind = pages[record + PAGE_KIND]!;
    if (kind === KIND_LARGE) {
      this.countBytes(shard, -pages[record + PAGE_SPAN]! * PAGE_BYTES);
      this.heap.give(page);
      return;
    }
    if (kind === KIND_SLAB_INTERIOR) {
      page = pages[record + PAGE_SPAN]!;
      record = page * PAGE_RECORD_WORDS;
    }
    const sizeClass = pages[record + PAGE_OWNER]! & 0xff;
    const used = pages[record + PAGE_USED_SLOTS]! - 1;
    pages[record + PAGE_USED_SLOTS] = used;
    this.u32[pointer >>> SEGMENT_SHIFT]![(pointer & SEGMENT_MASK) << 1] = pages[record + PAGE_FREE_SLOT]!;
    pages[record + PAGE_FREE_SLOT] = pointer;
    const slots = CLASS_SLAB_SLOTS[sizeClass]!;
    if (used + 1 === slots) this.linkSlab(shard, sizeClass, page);
    if (used === 0) {
      this.unlinkSlab(shard, sizeClass, page);
      this.heap.give(page);
    }
    this.countBytes(shard, -CLASS_SLOT_BYTES[sizeClass]!);
  }

  /** How many bytes the block at `pointer` really has. */
  usableBytes(pointer: number): number {
    const record = (pointer >>> PAGE_SHIFT) * PAGE_RECORD_WORDS;
    const kind = this.pages[record + PAGE_KIND]!;
    if (kind === KIND_LARGE) return this.pages[record + PAGE_SPAN]! * PAGE_BYTES;
    const head = kind === KIND_SLAB ? record : this.pages[record + PAGE_SPAN]! * PAGE_RECORD_WORDS;
    return CLASS_SLOT_BYTES[this.pages[head + PAGE_OWNER]! & 0xff]!;
  }

  /** Takes whole pages for `bytes` bytes (at most 1 GiB) that belong to no shard. Any thread; 0 when exhausted. */
  allocatePages(bytes: number): number {
    const count = Math.ceil(bytes / PAGE_BYTES);
    const page = this.heap.take(count);
    if (page === 0) return 0;
    this.heap.countLoose(count);
    return (page << PAGE_SHIFT) >>> 0;
  }

  /** Gives back what `allocatePages` returned. Any thread. */
  freePages(pointer: number): void {
    const page = pointer >>> PAGE_SHIFT;
    this.heap.countLoose(-this.pages[page * PAGE_RECORD_WORDS + PAGE_SPAN]!);
    this.heap.give(page);
  }

  /**
   * Takes a long free span that has been in use before, so that the operating system may have the memory behind it back.
   * `usableBytes` tells its size; meanwhile it belongs to nobody. 0 when there is none.
   */
  takeTouchedSpan(): number {
    return (this.heap.takeTouched() << PAGE_SHIFT) >>> 0;
  }

  /** Puts a span of `takeTouchedSpan` back, with no memory behind it any more. */
  giveUntouchedSpan(pointer: number): void {
    this.heap.giveUntouched(pointer >>> PAGE_SHIFT);
  }

  /** Puts a span of `takeTouchedSpan` back as it was. */
  giveTouchedSpan(pointer: number): void {
    this.heap.give(pointer >>> PAGE_SHIFT);
  }

  /** Pages in use by anybody, of PAGE_BYTES each. */
  pagesInUse(): number {
    return this.heap.pagesInUse();
  }

  /** The most pages that were ever in use at once. */
  pagesPeak(): number {
    return this.heap.pagesPeak();
  }

  /** True when `bytes` more could be allocated and the reserve for table splits still be whole. */
  hasFree(bytes: number): boolean {
    return this.heap.hasFree(((bytes + PAGE_BYTES - 1) / PAGE_BYTES) | 0);
  }

  /** Says that a block, still in use, is kept for a running snapshot only. Then `freeHeld` frees it. */
  hold(pointer: number): void {
    this.heap.countHeld(this.usableBytes(pointer) / GRANULE_BYTES);
  }

  freeHeld(shard: number, pointer: number): void {
    this.heap.countHeld(-this.usableBytes(pointer) / GRANULE_BYTES);
    this.free(shard, pointer);
  }

  /** Bytes of all blocks that are held: they are in use, but nobody can have them back before the snapshot is done. */
  heldBytes(): number {
    return this.heap.heldGranules() * GRANULE_BYTES;
  }

  /** Whether this thread is to keep `usedBytesApproximate` within 64 KiB, which costs a little. */
  publishPrecisely(isPrecise: boolean): void {
    this.publishBytesMax = isPrecise ? PUBLISH_PRECISELY_BYTES : PUBLISH_BYTES;
  }

  /** Bytes in use by all shards, at most 512 KiB off; cheap enough for every write. */
  usedBytesApproximate(): number {
    return this.heap.usedKib() * 1024;
  }

  /** Bytes in use, exact when nobody writes: slots and spans of all shards, and pages that belong to none. */
  usedBytes(): number {
    let bytes = this.heap.loosePages() * PAGE_BYTES;
    for (let shard = 0; shard < this.shardCount; shard++) bytes += this.shardUsedBytes(shard);
    return bytes;
  }

  /** Bytes in use by `shard`. */
  shardUsedBytes(shard: number): number {
    return this.shardF64[this.doubleAt(shard, SHARD_F64_USED_BYTES)]!;
  }

  private allocateLarge(shard: number, bytes: number): number {
    const count = Math.ceil(bytes / PAGE_BYTES);
    const page = this.heap.take(count);
    if (page === 0) return 0;
    this.countBytes(shard, count * PAGE_BYTES);
    return (page << PAGE_SHIFT) >>> 0;
  }

  private addSlab(shard: number, sizeClass: number): number {
    const count = CLASS_SLAB_PAGES[sizeClass]!;
    const page = this.heap.take(count);
    if (page === 0) return 0;
    const pages = this.pages;
    const record = page * PAGE_RECORD_WORDS;
    pages[record + PAGE_KIND] = KIND_SLAB;
    pages[record + PAGE_OWNER] = sizeClass | (shard << 8);
    pages[record + PAGE_FREE_SLOT] = 0;
    pages[record + PAGE_USED_SLOTS] = 0;
    pages[record + PAGE_CARVED_SLOTS] = 0;
    for (let index = 1; index < count; index++) {
      pages[record + index * PAGE_RECORD_WORDS + PAGE_KIND] = KIND_SLAB_INTERIOR;
      pages[record + index * PAGE_RECORD_WORDS + PAGE_SPAN] = page;
    }
    this.linkSlab(shard, sizeClass, page);
    return page;
  }

  private linkSlab(shard: number, sizeClass: number, page: number): void {
    const at = shard * this.recordWords + SHARD_CLASS_HEADS + sizeClass;
    const head = this.shardU32[at]!;
    const record = page * PAGE_RECORD_WORDS;
    this.pages[record + PAGE_PREVIOUS] = 0;
    this.pages[record + PAGE_NEXT] = head;
    if (head !== 0) this.pages[head * PAGE_RECORD_WORDS + PAGE_PREVIOUS] = page;
    this.shardU32[at] = page;
  }

  private unlinkSlab(shard: number, sizeClass: number, page: number): void {
    const record = page * PAGE_RECORD_WORDS;
    const previous = this.pages[record + PAGE_PREVIOUS]!;
    const next = this.pages[record + PAGE_NEXT]!;
    if (next !== 0) this.pages[next * PAGE_RECORD_WORDS + PAGE_PREVIOUS] = previous;
    if (previous !== 0) this.pages[previous * PAGE_RECORD_WORDS + PAGE_NEXT] = next;
    else this.shardU32[shard * this.recordWords + SHARD_CLASS_HEADS + sizeClass] = next;
  }

  private countBytes(shard: number, bytes: number): void {
    const at = (shard * this.recordWords) >> 1;
    const used = this.shardF64[at + SHARD_F64_USED_BYTES]! + bytes;
    this.shardF64[at + SHARD_F64_USED_BYTES] = used;
    const unpublished = used - this.shardF64[at + SHARD_F64_PUBLISHED_BYTES]!;
    const most = this.publishBytesMax;
    if (unpublished > most || unpublished < -most) this.publishBytes(at, unpublished);
  }

  private publishBytes(at: number, unpublished: number): void {
    const kib = Math.trunc(unpublished / 1024);
    this.shardF64[at + SHARD_F64_PUBLISHED_BYTES]! += kib * 1024;
    this.heap.publishUsedKib(kib);
  }
}
