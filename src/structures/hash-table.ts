/**
 * Hash table: which entry has a key, per shard and database.
 *
 * Extendible hashing (Fagin, Nievergelt, Pippenger, Strong, 1979): a directory, indexed by the top `depth` bits of the
 * hash, points to segments of one fixed size. A full segment splits in two by the next bit of the hash, and two small
 * buddies merge, so that no operation ever pays for more than one segment's rehash (at worst also for copying the
 * directory, 4 bytes a segment). A segment whose own depth is smaller than the directory's has several directory
 * entries in a row.
 *
 *     hash  31 ............. 12 | 11 ................ 6 | 5 ..... 0
 *           prefix (directory)  | bucket in the segment | shard
 *
 * How entries lie in a segment is in table-segment.ts: a search compares one-byte tags, mostly in one cache line, before it
 * reads a key.
 *
 * Invariants: a segment of depth d holds the entries that share the top d bits; directory entries agree with that;
 * two buddies of one depth together hold more than MERGE_COUNT entries; a table without entries has no memory.
 *
 * A table is named by the index of its header in `memory.shardU32`: of its 16 words, those named TABLE_* below are
 * used here, and (but for TABLE_MOVES) are zeros for an empty table; the others are the engine's. A hash is any 32-bit
 * integer, signed or not. Every call needs the baton of the table's shard.
 */

import { hashBytes } from '../base/hash.js';
import { type Memory, SEGMENT_MASK, SEGMENT_SHIFT } from '../memory/memory.js';
import type { Entries } from './entry.js';
import {
  BUCKET_COUNT,
  BUCKET_SLOTS,
  bucketAfter,
  bucketAt,
  clearSegment,
  entryOfRank,
  firstSlot,
  hasGuests,
  homeBucket,
  isPassed,
  place,
  pointerIn,
  SEGMENT_BLOCK_BYTES,
  SEGMENT_SLOTS,
  segmentCount,
  segmentDepth,
  setPointerIn,
  setSegmentDepth,
  slotsTagged,
  tagIn,
  tagOf,
  tagPattern,
  takeOut,
} from './table-segment.js';

export { BUCKET_SLOTS, SEGMENT_SLOTS } from './table-segment.js';

/** Pointer to the directory (u32 segment pointers), 0 = no entries at all. */
export const TABLE_DIRECTORY = 0;
/** The directory has 2^depth entries. */
export const TABLE_DEPTH = 1;
export const TABLE_COUNT = 2;
export const TABLE_SEGMENTS = 3;
/** Changes whenever entries move to other slots: in splits and merges, or when one was lifted and is put back; never reset. */
export const TABLE_MOVES = 14;
/** Segments that have only one directory entry; without any, the directory can be halved. */
const TABLE_DEEPEST = 15;

/** The directory never grows beyond 2^20 entries: 4 MiB a table, room for over 400 million entries in each. */
export const DEPTH_MAX = 20;
/** Prefixes, as in SCAN cursors and walks, always have 20 bits: 0 to PREFIX_COUNT - 1. */
export const PREFIX_COUNT = 1 << DEPTH_MAX;

/**
 * Split at 85 %. With good hashes 93 % of the entries are at home then, and a search for what is not there reads two
 * buckets; at 73 %, the average, it is 97 % and 1.2.
 */
const SPLIT_COUNT = 652;
/** Merge at 25 % of one segment: a split's halves have 42 % each, so that nothing splits and merges in turns. */
const MERGE_COUNT = SEGMENT_SLOTS / 4;

/** A directory in which segments of one entry are rare is met only under attack: then `sample` takes what it has drawn. */
const SAMPLE_DRAWS_MAX = 16;

const NO_DATA = new DataView(new ArrayBuffer(0));

export type HashFunction = (data: DataView, offset: number, length: number) => number;

/** One instance per thread; the tables themselves are in shared memory. */
export class HashTable {
  /** Set by `scan`: where to go on; 0 = the scan is complete. */
  nextCursor = 0;

  private readonly memory: Memory;
  private readonly entries: Entries;
  private readonly hash: HashFunction;
  private headers: Uint32Array;
  private readonly u32: Uint32Array[];
  /** The entries of a segment that is being split. */
  private readonly gathered = new Uint32Array(SEGMENT_SLOTS);
  private readonly gatheredKeySize = new Uint32Array(SEGMENT_SLOTS);
  /** The place where the last successful search ended. Small integers all, so that storing them makes no garbage. */
  private foundBuffer = 0;
  private foundBase = 0;
  private foundBucket = 0;
  private foundSlot = 0;
  private foundHash = 0;

  /** @param hash what the callers' hashes were computed with; tables rehash keys when they split and merge */
  constructor(memory: Memory, entries: Entries, hash: HashFunction = hashBytes) {
    this.memory = memory;
    this.entries = entries;
    this.hash = hash;
    this.headers = memory.shardU32;
    this.u32 = memory.u32;
  }

  /** From now on tables are named by indexes in `headers`: for tables whose headers are in blocks of memory (engine/parts.ts). */
  use(headers: Uint32Array): void {
    this.headers = headers;
  }

  /**
   * Finds the entry whose key is the `length` bytes of `data` at `offset`. Returns its pointer, or 0. The place is
   * remembered for `replaceFound` and `removeFound`. Cost: three cache misses (directory, bucket, entry).
   */
  find(table: number, hash: number, data: DataView, offset: number, length: number): number {
    return this.search(table, hash, 0, data, offset, length);
  }

  /** Like `find`, for the entry at `pointer` itself: false when it is not in the table. */
  findPointer(table: number, hash: number, pointer: number): boolean {
    return this.search(table, hash, pointer, NO_DATA, 0, 0) !== 0;
  }

  /** Puts another entry of the same key into the place that the last call of `find` found. */
  replaceFound(pointer: number): void {
    setPointerIn(
      this.u32[this.foundBuffer]!,
      bucketAt(this.foundBase, this.foundBucket),
      this.foundSlot,
      pointer,
    );
  }

  /** Takes what the last call of `find` found out of the table. The entry itself stays the caller's to free. */
  removeFound(shard: number, table: number): void {
    const words = this.u32[this.foundBuffer]!;
    const base = this.foundBase;
    const hash = this.foundHash;
    takeOut(words, base, homeBucket(hash), this.foundBucket, this.foundSlot);
    const left = this.headers[table + TABLE_COUNT]! - 1;
    this.headers[table + TABLE_COUNT] = left;
    if (segmentCount(words, base) <= MERGE_COUNT) this.shrink(shard, table, hash, left);
  }

  /**
   * Takes what the last call of `find` found out of the table for a while. The table still counts it, and gives no memory back,
   * so that `putLifted` does not fail. Then one of `putLifted` and `forgetLifted` must be called.
   */
  liftFound(): void {
    const words = this.u32[this.foundBuffer]!;
    takeOut(words, this.foundBase, homeBucket(this.foundHash), this.foundBucket, this.foundSlot);
  }

  /** Puts the entry that was lifted, and has this hash, back. */
  putLifted(shard: number, table: number, hash: number, pointer: number): void {
    this.headers[table + TABLE_COUNT]! -= 1;
    this.headers[table + TABLE_MOVES]! += 1; // perhaps to another slot
    this.insert(shard, table, hash, pointer);
  }

  /** The entry that was lifted does not come back; there is another one in the table. */
  forgetLifted(table: number): void {
    this.headers[table + TABLE_COUNT]! -= 1;
  }

  /** Takes the entry at `pointer` out of the table, whatever its key. Returns false when it is not there. */
  removePointer(shard: number, table: number, hash: number, pointer: number): boolean {
    if (!this.findPointer(table, hash, pointer)) return false;
    this.removeFound(shard, table);
    return true;
  }

  /** Puts `newPointer` in the place of `oldPointer`, same key. Returns false when that is not there. */
  replacePointer(table: number, hash: number, oldPointer: number, newPointer: number): boolean {
    if (!this.findPointer(table, hash, oldPointer)) return false;
    this.replaceFound(newPointer);
    return true;
  }

  /**
   * Adds an entry whose key is known to be absent. Returns false, with no entry added or lost, when there is no memory
   * left or (with 768 keys of one hash) no depth.
   */
  insert(shard: number, table: number, hash: number, pointer: number): boolean {
    if (this.headers[table + TABLE_DIRECTORY] === 0 && !this.create(shard, table)) return false;
    let segment = this.segmentOf(table, hash);
    if (segmentCount(this.wordsOf(segment), baseOf(segment)) >= SPLIT_COUNT) {
      segment = this.makeRoom(shard, table, hash, segment);
      if (segment === 0) return false;
    }
    place(this.wordsOf(segment), baseOf(segment), homeBucket(hash), tagOf(hash), pointer);
    this.headers[table + TABLE_COUNT]! += 1;
    return true;
  }

  /**
   * One step of SCAN. `cursor` is 0 at first, then `nextCursor` until that is 0. Writes the pointers of one home
   * bucket's entries to `out` (SEGMENT_SLOTS suffice) and returns how many; often few, and 0 is not the end.
   *
   * cursor = bucket << 20 | prefix: both are functions of the hash alone, and a call returns all entries from there up
   * to the end of a segment. So what is in the table from the first call to the last is returned at least once,
   * whatever is inserted, removed, split and merged between calls. Any integer is a safe cursor.
   */
  scan(table: number, cursor: number, out: Uint32Array): number {
    this.nextCursor = 0;
    if (this.headers[table + TABLE_DIRECTORY] === 0) return 0;
    const prefix = cursor & (PREFIX_COUNT - 1);
    const home = (cursor >>> DEPTH_MAX) & (BUCKET_COUNT - 1);
    const segment = this.segmentAt(table, prefix);
    const words = this.wordsOf(segment);
    const base = baseOf(segment);
    let count = 0;
    let bucket = home;
    for (let displacement = 0; displacement < BUCKET_COUNT; displacement++) {
      const at = bucketAt(base, bucket);
      for (let slot = 0; slot < BUCKET_SLOTS; slot++) {
        const pointer = pointerIn(words, at, slot);
        if (pointer !== 0 && this.homeOf(words, base, bucket, pointer) === home) out[count++] = pointer;
      }
      if (!isPassed(words, at)) break;
      bucket = bucketAfter(bucket);
    }
    const end = prefixEnd(prefix, segmentDepth(words, base));
    if (end < PREFIX_COUNT) this.nextCursor = (home << DEPTH_MAX) | end;
    else if (home < BUCKET_COUNT - 1) this.nextCursor = (home + 1) << DEPTH_MAX;
    return count;
  }

  /** The segment that holds the hashes with the 20-bit prefix `prefix`, or 0 when the table is empty. */
  segmentAt(table: number, prefix: number): number {
    const directory = this.headers[table + TABLE_DIRECTORY]!;
    return directory === 0 ? 0 : this.segmentIn(directory, this.headers[table + TABLE_DEPTH]!, prefix);
  }

  /** The first prefix after those of `segmentAt(table, prefix)`; PREFIX_COUNT = that was the last segment. */
  segmentEnd(table: number, prefix: number): number {
    const segment = this.segmentAt(table, prefix);
    if (segment === 0) return PREFIX_COUNT;
    return prefixEnd(prefix, segmentDepth(this.wordsOf(segment), baseOf(segment)));
  }

  /** The entry in slot `index` (0 to SEGMENT_SLOTS - 1) of a segment, or 0. */
  slotPointer(segment: number, index: number): number {
    const bucket = (index / BUCKET_SLOTS) | 0;
    const slot = index - bucket * BUCKET_SLOTS;
    return pointerIn(this.wordsOf(segment), bucketAt(baseOf(segment), bucket), slot);
  }

  /** Some entry, nearly evenly chosen by `random01` in [0, 1), or 0 when the table is empty. Cost: one segment. */
  random(table: number, random01: number): number {
    if (this.headers[table + TABLE_DIRECTORY] === 0) return 0;
    const position = random01 * PREFIX_COUNT;
    let prefix = position | 0;
    // A table that has a directory has an entry, so that this ends.
    for (;;) {
      const segment = this.segmentAt(table, prefix);
      const words = this.wordsOf(segment);
      const base = baseOf(segment);
      const count = segmentCount(words, base);
      if (count > 0) return entryOfRank(words, base, ((position - (position | 0)) * count) | 0);
      prefix = prefixEnd(prefix, segmentDepth(words, base)) & (PREFIX_COUNT - 1);
    }
  }

  /**
   * The entries of one bucket. Every bucket of the table is as likely as any other, and so is every entry. Writes their pointers
   * to `out` from `at` on and returns how many, 0 to BUCKET_SLOTS. Cost: two cache misses; the entries are not read.
   *
   * @param random any integer, all of its bits random
   */
  sample(table: number, random: number, out: Uint32Array, at: number): number {
    const directory = this.headers[table + TABLE_DIRECTORY]!;
    if (directory === 0) return 0;
    const depth = this.headers[table + TABLE_DEPTH]!;
    const directoryWords = this.wordsOf(directory);
    const first = baseOf(directory);
    // Of a segment's directory entries, which lie side by side, only the first counts: others have it drawn again.
    let index = directoryIndex(random, depth);
    for (let draw = 1; draw < SAMPLE_DRAWS_MAX && index > 0; draw++) {
      if (directoryWords[first + index] !== directoryWords[first + index - 1]) break;
      random = (Math.imul(random, 1_664_525) + 1_013_904_223) | 0; // Numerical Recipes' generator
      index = directoryIndex(random, depth);
    }
    const segment = directoryWords[first + index]!;
    const words = this.wordsOf(segment);
    const bucket = bucketAt(baseOf(segment), random & (BUCKET_COUNT - 1));
    let count = 0;
    for (let slot = 0; slot < BUCKET_SLOTS; slot++) {
      const pointer = pointerIn(words, bucket, slot);
      if (pointer !== 0) out[at + count++] = pointer;
    }
    return count;
  }

  /**
   * Makes the table empty without touching its entries or its memory. The caller has read TABLE_DIRECTORY and
   * TABLE_DEPTH before, and frees what they describe with `segmentIn`, `slotPointer` and `freeSegment`.
   */
  detach(table: number): void {
    this.headers[table + TABLE_DIRECTORY] = 0;
    this.headers[table + TABLE_DEPTH] = 0;
    this.headers[table + TABLE_COUNT] = 0;
    this.headers[table + TABLE_SEGMENTS] = 0;
    this.headers[table + TABLE_DEEPEST] = 0;
  }

  /** `segmentAt` of a detached table. */
  segmentIn(directory: number, depth: number, prefix: number): number {
    return this.wordsOf(directory)[baseOf(directory) + (prefix >>> (DEPTH_MAX - depth))]!;
  }

  /**
   * Frees the segment at `prefix` of a detached table (not its entries) and returns the first prefix after it, where to
   * go on: from 0 in ascending order. With the last segment goes the directory: then it returns PREFIX_COUNT.
   */
  freeSegment(shard: number, directory: number, depth: number, prefix: number): number {
    const segment = this.segmentIn(directory, depth, prefix);
    const end = prefixEnd(prefix, segmentDepth(this.wordsOf(segment), baseOf(segment)));
    this.memory.free(shard, segment);
    if (end === PREFIX_COUNT) this.memory.free(shard, directory);
    return end;
  }

  /** Finds by identity when `wanted` is not 0, by key otherwise. */
  private search(
    table: number,
    hash: number,
    wanted: number,
    data: DataView,
    offset: number,
    length: number,
  ): number {
    if (this.headers[table + TABLE_DIRECTORY] === 0) return 0;
    const segment = this.segmentOf(table, hash);
    const words = this.wordsOf(segment);
    const base = baseOf(segment);
    const pattern = tagPattern(tagOf(hash));
    let bucket = homeBucket(hash);
    for (let displacement = 0; displacement < BUCKET_COUNT; displacement++) {
      const at = bucketAt(base, bucket);
      for (let marks = slotsTagged(words, at, pattern); marks !== 0; marks &= marks - 1) {
        const slot = firstSlot(marks);
        const pointer = pointerIn(words, at, slot);
        if (wanted === 0 ? this.entries.keyEquals(pointer, data, offset, length) : pointer === wanted) {
          this.foundBuffer = segment >>> SEGMENT_SHIFT;
          this.foundBase = base;
          this.foundBucket = bucket;
          this.foundSlot = slot;
          this.foundHash = hash | 0;
          return pointer;
        }
      }
      if (!isPassed(words, at)) return 0;
      bucket = bucketAfter(bucket);
    }
    return 0;
  }

  /** The u32 view in which the block at `pointer` begins at `baseOf(pointer)`. */
  private wordsOf(pointer: number): Uint32Array {
    return this.u32[pointer >>> SEGMENT_SHIFT]!;
  }

  /** The segment for `hash` in a table that has one. */
  private segmentOf(table: number, hash: number): number {
    const directory = this.headers[table + TABLE_DIRECTORY]!;
    const depth = this.headers[table + TABLE_DEPTH]!;
    return this.wordsOf(directory)[baseOf(directory) + directoryIndex(hash, depth)]!;
  }

  private hashOf(pointer: number): number {
    const entries = this.entries;
    return this.hash(entries.data(pointer), entries.keyOffset(pointer), entries.keySize(pointer));
  }

  /** Home of an entry found in `bucket`: hashes the key only where the entry may be a guest. */
  private homeOf(words: Uint32Array, base: number, bucket: number, pointer: number): number {
    return hasGuests(words, base, bucket) ? homeBucket(this.hashOf(pointer)) : bucket;
  }

  /** Gives an empty table its directory of one entry and its segment. */
  private create(shard: number, table: number): boolean {
    const segment = this.memory.allocate(shard, SEGMENT_BLOCK_BYTES);
    if (segment === 0) return false;
    const directory = this.memory.allocate(shard, 4);
    if (directory === 0) {
      this.memory.free(shard, segment);
      return false;
    }
    clearSegment(this.wordsOf(segment), baseOf(segment), 0);
    this.wordsOf(directory)[baseOf(directory)] = segment;
    this.headers[table + TABLE_DIRECTORY] = directory;
    this.headers[table + TABLE_DEPTH] = 0;
    this.headers[table + TABLE_SEGMENTS] = 1;
    this.headers[table + TABLE_DEEPEST] = 1;
    return true;
  }

  /**
   * Splits the segment for `hash` once, or, if it is full to the last slot, until it has room. Returns the segment for
   * `hash` then; 0 when it is full and can't be split. One that can't be split may fill up: slower, but not refused.
   */
  private makeRoom(shard: number, table: number, hash: number, segment: number): number {
    for (;;) {
      const isSplit = this.split(shard, table, hash, segment);
      if (isSplit) segment = this.segmentOf(table, hash);
      if (segmentCount(this.wordsOf(segment), baseOf(segment)) < SEGMENT_SLOTS) return segment;
      if (!isSplit) return 0;
    }
  }

  /** Splits a segment in two by the next bit of the hash. Returns false, nothing changed, without memory or depth. */
  private split(shard: number, table: number, hash: number, segment: number): boolean {
    const depth = segmentDepth(this.wordsOf(segment), baseOf(segment));
    if (depth === DEPTH_MAX) return false;
    const sibling = this.memory.allocate(shard, SEGMENT_BLOCK_BYTES);
    if (sibling === 0) return false;
    if (depth === this.headers[table + TABLE_DEPTH] && !this.doubleDirectory(shard, table)) {
      this.memory.free(shard, sibling);
      return false;
    }
    this.distribute(segment, sibling, depth);
    const directoryDepth = this.headers[table + TABLE_DEPTH]!;
    const half = 1 << (directoryDepth - depth - 1);
    const first = directoryIndex(hash, directoryDepth) & -(half << 1);
    this.pointDirectory(table, first + half, half, sibling);
    this.headers[table + TABLE_SEGMENTS]! += 1;
    this.headers[table + TABLE_MOVES]! += 1;
    if (depth + 1 === directoryDepth) this.headers[table + TABLE_DEEPEST]! += 2;
    return true;
  }

  /** Rehashes the entries of `segment`, of depth `depth`, into it and the new `sibling`, both one deeper. */
  private distribute(segment: number, sibling: number, depth: number): void {
    const words = this.wordsOf(segment);
    const base = baseOf(segment);
    const siblingWords = this.wordsOf(sibling);
    const siblingBase = baseOf(sibling);
    const count = this.gather(words, base);
    clearSegment(words, base, depth + 1);
    clearSegment(siblingWords, siblingBase, depth + 1);
    for (let index = 0; index < count; index++) {
      const pointer = this.gathered[index]!;
      const data = this.entries.data(pointer);
      const hash = this.hash(data, this.entries.keyOffset(pointer), this.gatheredKeySize[index]!);
      if (((hash >>> (31 - depth)) & 1) === 0) place(words, base, homeBucket(hash), tagOf(hash), pointer);
      else place(siblingWords, siblingBase, homeBucket(hash), tagOf(hash), pointer);
    }
  }

  /**
   * Lists a segment's entries and their key sizes. Why this reads every entry and not just the segment: nothing here
   * waits for what it reads, so that the processor fetches ten entries at a time. Hashing them right away would wait for
   * each one in turn, and take three times as long.
   */
  private gather(words: Uint32Array, base: number): number {
    let count = 0;
    for (let bucket = 0; bucket < BUCKET_COUNT; bucket++) {
      const at = bucketAt(base, bucket);
      for (let slot = 0; slot < BUCKET_SLOTS; slot++) {
        const pointer = pointerIn(words, at, slot);
        if (pointer === 0) continue;
        this.gathered[count] = pointer;
        this.gatheredKeySize[count] = this.entries.keySize(pointer);
        count += 1;
      }
    }
    return count;
  }

  /** Makes `count` directory entries from `first` on point to `segment`. */
  private pointDirectory(table: number, first: number, count: number, segment: number): void {
    const directory = this.headers[table + TABLE_DIRECTORY]!;
    const start = baseOf(directory) + first;
    this.wordsOf(directory).fill(segment, start, start + count);
  }

  private doubleDirectory(shard: number, table: number): boolean {
    const old = this.headers[table + TABLE_DIRECTORY]!;
    const depth = this.headers[table + TABLE_DEPTH]!;
    const doubled = this.memory.allocate(shard, 4 << (depth + 1));
    if (doubled === 0) return false;
    const oldWords = this.wordsOf(old);
    const oldBase = baseOf(old);
    const words = this.wordsOf(doubled);
    let at = baseOf(doubled);
    for (let index = 0; index < 1 << depth; index++) {
      const segment = oldWords[oldBase + index]!;
      words[at++] = segment;
      words[at++] = segment;
    }
    this.memory.free(shard, old);
    this.headers[table + TABLE_DIRECTORY] = doubled;
    this.headers[table + TABLE_DEPTH] = depth + 1;
    this.headers[table + TABLE_DEEPEST] = 0;
    return true;
  }

  /** After a removal that left the segment for `hash` small, and `left` entries in the table: gives back memory. */
  private shrink(shard: number, table: number, hash: number, left: number): void {
    while (this.mergeWithBuddy(shard, table, hash)) {
      // One merge may make the next one possible, one level up.
    }
    while (this.headers[table + TABLE_DEEPEST] === 0 && this.halveDirectory(shard, table)) {
      // At most DEPTH_MAX times, each half the work of the one before.
    }
    if (left !== 0) return;
    // With no entries, merging has come down to one segment.
    this.memory.free(shard, this.segmentAt(table, 0));
    this.memory.free(shard, this.headers[table + TABLE_DIRECTORY]!);
    this.detach(table);
  }

  /** Merges the segment for `hash` with its buddy, if both are of one depth and small. Returns whether it did. */
  private mergeWithBuddy(shard: number, table: number, hash: number): boolean {
    const segment = this.segmentOf(table, hash);
    const words = this.wordsOf(segment);
    const base = baseOf(segment);
    const depth = segmentDepth(words, base);
    if (depth === 0) return false;
    const buddy = this.segmentOf(table, hash ^ (1 << (32 - depth)));
    const buddyWords = this.wordsOf(buddy);
    const buddyBase = baseOf(buddy);
    if (segmentDepth(buddyWords, buddyBase) !== depth) return false;
    if (segmentCount(words, base) + segmentCount(buddyWords, buddyBase) > MERGE_COUNT) return false;
    for (let bucket = 0; bucket < BUCKET_COUNT; bucket++) {
      const at = bucketAt(buddyBase, bucket);
      for (let slot = 0; slot < BUCKET_SLOTS; slot++) {
        const pointer = pointerIn(buddyWords, at, slot);
        if (pointer === 0) continue;
        const home = this.homeOf(buddyWords, buddyBase, bucket, pointer);
        place(words, base, home, tagIn(buddyWords, at, slot), pointer);
      }
    }
    setSegmentDepth(words, base, depth - 1);
    this.memory.free(shard, buddy);
    const directoryDepth = this.headers[table + TABLE_DEPTH]!;
    const span = 1 << (directoryDepth - depth + 1);
    this.pointDirectory(table, directoryIndex(hash, directoryDepth) & -span, span, segment);
    this.headers[table + TABLE_SEGMENTS]! -= 1;
    this.headers[table + TABLE_MOVES]! += 1;
    if (depth === directoryDepth) this.headers[table + TABLE_DEEPEST]! -= 2;
    return true;
  }

  /** Halves a directory in which every segment has two entries or more. Returns false when it can't. */
  private halveDirectory(shard: number, table: number): boolean {
    const depth = this.headers[table + TABLE_DEPTH]! - 1;
    if (depth < 0) return false;
    const old = this.headers[table + TABLE_DIRECTORY]!;
    const halved = this.memory.allocate(shard, 4 << depth);
    if (halved === 0) return false; // It stays as large as it is: correct, and tried again at the next merge.
    const oldWords = this.wordsOf(old);
    const oldBase = baseOf(old);
    const words = this.wordsOf(halved);
    const base = baseOf(halved);
    for (let index = 0; index < 1 << depth; index++) words[base + index] = oldWords[oldBase + (index << 1)]!;
    // Segments that have only one entry come in pairs of buddies; all others have both entries of a pair.
    let deepest = depth === 0 ? 1 : 0;
    for (let index = 0; index + 1 < 1 << depth; index += 2) {
      if (words[base + index] !== words[base + index + 1]) deepest += 2;
    }
    this.memory.free(shard, old);
    this.headers[table + TABLE_DIRECTORY] = halved;
    this.headers[table + TABLE_DEPTH] = depth;
    this.headers[table + TABLE_DEEPEST] = deepest;
    return true;
  }
}

/** Index of a block's first word in its u32 view. */
function baseOf(pointer: number): number {
  return (pointer & SEGMENT_MASK) << 1;
}

/** The top `depth` bits of the hash; in two steps, because a shift by 32 would be one by 0. */
function directoryIndex(hash: number, depth: number): number {
  return (hash >>> 1) >>> (31 - depth);
}

/** First prefix after those of the segment of depth `depth` that holds `prefix`. */
function prefixEnd(prefix: number, depth: number): number {
  const shift = DEPTH_MAX - depth;
  return ((prefix >>> shift) + 1) << shift;
}
