/**
 * One segment of a hash table: a fixed-size hash table of its own, of 768 entry pointers (see hash-table.ts).
 *
 *     segment: 4096 bytes, 64 buckets of 64 bytes
 *     bucket:  word 0-2   12 tags of 8 bits, slot s in byte s & 3 of word s >> 2; 0 = empty slot
 *              word 3     overflow (12 bits) | in bucket 0 only: entries in the segment (12) | segment's depth (8)
 *              word 4-15  12 entry pointers; 0 = empty slot
 *
 * An entry lies in its *home* bucket, or, where that was full, in the next one with room, wrapping round. A bucket's
 * overflow says how many entries passed it on their way: a search ends at the first bucket that none passed (the idea
 * of F14; Bronson, Shi, 2019). It is exact: an entry's removal takes it off the buckets that its insertion passed, and it
 * can't run over, as no more than all 768 pass.
 *
 * Of the hash, the segment sees bits 6 to 11, the home bucket, and the tag, mixed from all bits. Tags are compared twelve
 * at a time, so that a key is read only when it very likely is the one.
 *
 * Functions over a u32 view, `words`, in which the segment begins at `base`, and a bucket at `at = bucketAt(base, bucket)`.
 */

export const BUCKET_COUNT = 64;
export const BUCKET_SLOTS = 12;
/** Slots of a segment; `slotPointer` numbers them bucket by bucket. */
export const SEGMENT_SLOTS = BUCKET_COUNT * BUCKET_SLOTS;
export const SEGMENT_BLOCK_BYTES = 4096;

const SEGMENT_WORDS = SEGMENT_BLOCK_BYTES / 4;
const BUCKET_MASK = BUCKET_COUNT - 1;
const BUCKET_WORDS_SHIFT = 4;
const META_WORD = 3;
const POINTER_WORD = 4;

const OVERFLOW_MASK = 0xfff;
const COUNT_SHIFT = 12;
const COUNT_MASK = 0xfff;
const COUNT_ONE = 1 << COUNT_SHIFT;
const DEPTH_SHIFT = 24;
const BELOW_DEPTH_MASK = 0xff_ffff;

const HOME_SHIFT = 6;
/** The tag of an empty slot, four times. */
const EMPTY_PATTERN = 0;

/** The bucket where entries with this hash belong. */
export function homeBucket(hash: number): number {
  return (hash >>> HOME_SHIFT) & BUCKET_MASK;
}

/** The bucket where an entry goes when `bucket` is full. */
export function bucketAfter(bucket: number): number {
  return (bucket + 1) & BUCKET_MASK;
}

/**
 * 1 to 255. The multiplication (Knuth's golden ratio) brings the bits between shard, bucket and directory index into
 * the top byte: of the others, all entries of a bucket have the same.
 */
export function tagOf(hash: number): number {
  const tag = Math.imul(hash, 0x9e3779b1) >>> 24;
  return tag === 0 ? 1 : tag;
}

/** The same tag four times: what `slotsTagged` takes. */
export function tagPattern(tag: number): number {
  return Math.imul(tag, 0x01010101);
}

/** Makes a block an empty segment. */
export function clearSegment(words: Uint32Array, base: number, depth: number): void {
  words.fill(0, base, base + SEGMENT_WORDS);
  words[base + META_WORD] = depth << DEPTH_SHIFT;
}

/** Entries in the segment. */
export function segmentCount(words: Uint32Array, base: number): number {
  return (words[base + META_WORD]! >>> COUNT_SHIFT) & COUNT_MASK;
}

/** How many of the top bits of the hash the segment's entries share. */
export function segmentDepth(words: Uint32Array, base: number): number {
  return words[base + META_WORD]! >>> DEPTH_SHIFT;
}

export function setSegmentDepth(words: Uint32Array, base: number, depth: number): void {
  words[base + META_WORD] = (words[base + META_WORD]! & BELOW_DEPTH_MASK) | (depth << DEPTH_SHIFT);
}

/** Index of a bucket's first word. */
export function bucketAt(base: number, bucket: number): number {
  return base + (bucket << BUCKET_WORDS_SHIFT);
}

/** True when an entry that passed this bucket may lie in one of the next. */
export function isPassed(words: Uint32Array, at: number): boolean {
  return (words[at + META_WORD]! & OVERFLOW_MASK) !== 0;
}

/** True when entries that are not at home may lie in `bucket`. */
export function hasGuests(words: Uint32Array, base: number, bucket: number): boolean {
  return isPassed(words, bucketAt(base, (bucket - 1) & BUCKET_MASK));
}

/** The entry in a slot (0 to 11) of the bucket at `at`, or 0. */
export function pointerIn(words: Uint32Array, at: number, slot: number): number {
  return words[at + POINTER_WORD + slot]!;
}

/** Puts another entry with the same hash into an occupied slot. */
export function setPointerIn(words: Uint32Array, at: number, slot: number, pointer: number): void {
  words[at + POINTER_WORD + slot] = pointer;
}

/** The tag in a slot of the bucket at `at`; 0 = empty. */
export function tagIn(words: Uint32Array, at: number, slot: number): number {
  return (words[at + (slot >>> 2)]! >>> ((slot & 3) << 3)) & 0xff;
}

/**
 * The slots of the bucket at `at` that have the tag which `pattern` repeats, a *mark* each: bit 8 * i + j for byte i of tag
 * word j. All three words at once leave a search one loop, and no branch that nobody can foresee. To be read like this:
 *
 *     for (let marks = slotsTagged(words, at, pattern); marks !== 0; marks &= marks - 1) firstSlot(marks) ...
 */
export function slotsTagged(words: Uint32Array, at: number, pattern: number): number {
  return (
    (zeroBytes(words[at]! ^ pattern) >>> 7) |
    (zeroBytes(words[at + 1]! ^ pattern) >>> 6) |
    (zeroBytes(words[at + 2]! ^ pattern) >>> 5)
  );
}

/** Slot of the lowest mark. */
export function firstSlot(marks: number): number {
  const bit = 31 - Math.clz32(marks & -marks);
  return ((bit & 3) << 2) + (bit >>> 3);
}

/** Puts an entry into the first bucket with room from `home` on. The segment has room. */
export function place(words: Uint32Array, base: number, home: number, tag: number, pointer: number): void {
  let bucket = home;
  let at = bucketAt(base, bucket);
  let empty = slotsTagged(words, at, EMPTY_PATTERN);
  while (empty === 0) {
    words[at + META_WORD]! += 1;
    bucket = bucketAfter(bucket);
    at = bucketAt(base, bucket);
    empty = slotsTagged(words, at, EMPTY_PATTERN);
  }
  const slot = firstSlot(empty);
  words[at + (slot >>> 2)]! |= tag << ((slot & 3) << 3);
  words[at + POINTER_WORD + slot] = pointer;
  words[base + META_WORD]! += COUNT_ONE;
}

/** Empties an occupied slot of `bucket`, whose entry's home is `home`. */
export function takeOut(words: Uint32Array, base: number, home: number, bucket: number, slot: number): void {
  const at = bucketAt(base, bucket);
  words[at + (slot >>> 2)]! &= ~(0xff << ((slot & 3) << 3));
  words[at + POINTER_WORD + slot] = 0;
  for (let passed = home; passed !== bucket; passed = bucketAfter(passed)) {
    words[bucketAt(base, passed) + META_WORD]! -= 1;
  }
  words[base + META_WORD]! -= COUNT_ONE;
}

/** The entry that has `rank` others before it; `rank` is below the segment's count. */
export function entryOfRank(words: Uint32Array, base: number, rank: number): number {
  let left = rank;
  let at = base;
  for (let count = occupiedCount(words, at); count <= left; count = occupiedCount(words, at)) {
    left -= count;
    at += 1 << BUCKET_WORDS_SHIFT;
  }
  for (let slot = 0; ; slot++) {
    const pointer = pointerIn(words, at, slot);
    if (pointer !== 0 && left-- === 0) return pointer;
  }
}

function occupiedCount(words: Uint32Array, at: number): number {
  let count = BUCKET_SLOTS;
  for (let marks = slotsTagged(words, at, EMPTY_PATTERN); marks !== 0; marks &= marks - 1) count -= 1;
  return count;
}

/**
 * 0x80 in each byte of `word` that is zero, 0 in the others. Exact, unlike the shorter form with a borrow, so that an
 * empty slot never passes for a match (Warren, Hacker's Delight, 6-1).
 */
function zeroBytes(word: number): number {
  return ~(((word & 0x7f7f7f7f) + 0x7f7f7f7f) | word | 0x7f7f7f7f);
}
