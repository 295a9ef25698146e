/**
 * Where things are in shared memory: units, sizes and the fixed layouts of the control areas.
 *
 * Data lives in *segments* of 1 GiB, cut into *pages* of 8 KiB, cut into *granules* of 8 bytes. A *pointer* is the
 * number of a granule, a u32, so that one process reaches 32 GiB; 0 means "none" (page 0 is never handed out).
 *
 *     pointer  31 ... 27 | 26 ........ 10 | 9 ...... 0
 *              segment   | page           | granule in the page
 *
 * An allocation never crosses a segment, so one view and one byte index (below 2^30, a small integer for the
 * engine that runs this) reach all of it.
 */

export const GRANULE_BYTES = 8;
export const GRANULE_SHIFT = 3;
export const SEGMENT_SHIFT = 27;
export const SEGMENT_MASK = 0x7ff_ffff;
export const SEGMENT_BYTES = 2 ** 30;
/** 32-bit pointers to 8-byte granules reach 32 segments. */
export const SEGMENT_COUNT_MAX = 32;
export const PAGE_BYTES = 8192;
/** pointer >>> PAGE_SHIFT = page number. */
export const PAGE_SHIFT = 10;
export const PAGES_PER_SEGMENT = SEGMENT_BYTES / PAGE_BYTES;

/** Pages kept for what must not fail in the middle of a command: table splits and hand-over nodes. */
export const RESERVE_PAGES = 2048;

/** Batons are taken in order of a 64-bit set, and six bits of the hash choose the shard. */
export const SHARD_COUNT_MAX = 64;
/** Every shard has one table header per database, so databases cost memory even when they are empty. */
export const DATABASE_COUNT_MAX = 64;

/**
 * One shard's record in `MemoryShared.shards`, in u32 words. The first cache line is the baton's own; whatever
 * follows is guarded by it.
 */
export const SHARD_BATON = 0;
export const SHARD_BATON_WAITS = 1;
export const SHARD_BATON_PARKS = 2;
/** f64 words, counted in f64 from the record's start (64 bytes in). */
export const SHARD_F64_LAST_LSN = 8;
export const SHARD_F64_USED_BYTES = 9;
export const SHARD_F64_PUBLISHED_BYTES = 10;
export const SHARD_F64_DIRTY = 11;
export const SHARD_F64_HITS = 12;
export const SHARD_F64_MISSES = 13;
export const SHARD_F64_EXPIRED = 14;
export const SHARD_F64_EVICTED = 15;
export const SHARD_F64_ACQUISITIONS = 16;
/** u32 words again: heads of the lists of slabs with room, one per size class. */
export const SHARD_CLASS_HEADS = 64;
export const SIZE_CLASS_COUNT_MAX = 80;
/** Engine words: see engine/keyspace.ts. */
export const SHARD_ENGINE = SHARD_CLASS_HEADS + SIZE_CLASS_COUNT_MAX;
export const SHARD_ENGINE_WORDS = 16;
/** Table headers, one per database. */
export const SHARD_TABLES = SHARD_ENGINE + SHARD_ENGINE_WORDS;
export const TABLE_HEADER_WORDS = 16;

/** u32 words of one shard's record: whole cache lines. */
export function shardRecordWords(databaseCount: number): number {
  const words = SHARD_TABLES + databaseCount * TABLE_HEADER_WORDS;
  return (words + 15) & ~15;
}

/** The shared buffers of one store; structured-cloned to every thread. */
export interface MemoryShared {
  readonly segments: readonly SharedArrayBuffer[];
  /** Pages that may be used; those of the last segments that are not are address space and nothing more. */
  readonly pagesTotal: number;
  /** One record of 32 bytes per page: see page-heap.ts. */
  readonly pageMap: SharedArrayBuffer;
  /** The page heap's lock, counters and free lists: see page-heap.ts. */
  readonly control: SharedArrayBuffer;
  /** One record per shard: see above. */
  readonly shards: SharedArrayBuffer;
  readonly shardCount: number;
  readonly databaseCount: number;
}
