/**
 * Chunks: the parts of a large list. A chunk is laid out as an entry without a key, whose value is
 *
 *     0   f64 label    grows from chunk to chunk along the list
 *     8   u32 count    elements
 *     12  u32 start    of the packed list in the value; before it there is room for elements to come from the left
 *     16  u32 end      of the packed list; up to the end of the value there is room for those from the right
 *     20  u32 weight   of the chunk in the list's tree: `count`, but for the first and the last chunk (large-lists.ts)
 *     24  ...
 *
 * The root block of a list has no nested hash table. Where other collections have its header there are three words that
 * lead to both ends of the list without a look at the tree.
 *
 * The caller holds the baton of the shard.
 */

import type { TreeItems } from '../structures/counted-tree.js';
import { type Entries, entryBytes } from '../structures/entry.js';
import type { Parts } from './parts.js';

export const CHUNK_HEADER_BYTES = 24;
export const CHUNK_COUNT = 8;
export const CHUNK_START = 12;
export const CHUNK_END = 16;
const CHUNK_WEIGHT = 20;

/** What a chunk's block takes beside its elements. */
export const CHUNK_OVERHEAD_BYTES: number = entryBytes(0, CHUNK_HEADER_BYTES, false);
/**
 * Blocks of chunks are of these sizes and the powers of two between, which are size classes of the memory; only an element
 * that is too large for that has a larger one for itself. Half the size would cost 1 % more memory in lists of short elements.
 */
export const CHUNK_BLOCK_BYTES_MIN = 512;
export const CHUNK_BLOCK_BYTES_MAX = 8192;
/** The elements of a chunk of more than one have at most so many bytes. */
export const CHUNK_CAPACITY: number = CHUNK_BLOCK_BYTES_MAX - CHUNK_OVERHEAD_BYTES;

/** Words of the root block of a list: first and last chunk, number of elements. */
export const LIST_FIRST = 0;
export const LIST_LAST = 1;
export const LIST_COUNT = 2;

/** Also what a list's tree has to know about its items. */
export class ListChunks implements TreeItems {
  private readonly entries: Entries;

  constructor(entries: Entries) {
    this.entries = entries;
  }

  label(chunk: number): number {
    return this.entries.data(chunk).getFloat64(this.entries.valueOffset(chunk), true);
  }

  setLabel(chunk: number, label: number): void {
    this.entries.data(chunk).setFloat64(this.entries.valueOffset(chunk), label, true);
  }

  /** Number of elements. */
  count(chunk: number): number {
    return this.entries.data(chunk).getUint32(this.entries.valueOffset(chunk) + CHUNK_COUNT, true);
  }

  /** Offset in `entries.data(chunk)` of the first element. */
  start(chunk: number): number {
    const value = this.entries.valueOffset(chunk);
    return value + this.entries.data(chunk).getUint32(value + CHUNK_START, true);
  }

  /** Offset in `entries.data(chunk)` after the last element. */
  end(chunk: number): number {
    const value = this.entries.valueOffset(chunk);
    return value + this.entries.data(chunk).getUint32(value + CHUNK_END, true);
  }

  /** Offsets in `entries.data(chunk)`, of which the value holds what is relative to its own. */
  setElements(chunk: number, count: number, start: number, end: number): void {
    const data = this.entries.data(chunk);
    const value = this.entries.valueOffset(chunk);
    data.setUint32(value + CHUNK_COUNT, count, true);
    data.setUint32(value + CHUNK_START, start - value, true);
    data.setUint32(value + CHUNK_END, end - value, true);
  }

  /** Bytes of the elements. */
  used(chunk: number): number {
    return this.end(chunk) - this.start(chunk);
  }

  /** Offset in `entries.data(chunk)` where the room for elements begins. */
  roomStart(chunk: number): number {
    return this.entries.valueOffset(chunk) + CHUNK_HEADER_BYTES;
  }

  /** Offset in `entries.data(chunk)` where it ends. */
  roomEnd(chunk: number): number {
    return this.entries.valueOffset(chunk) + this.entries.valueSize(chunk);
  }

  /** Bytes that elements may take. */
  capacity(chunk: number): number {
    return this.entries.valueSize(chunk) - CHUNK_HEADER_BYTES;
  }

  /** Says that the chunk has these elements, at one side of the room, so that all that is free is on the other one. */
  place(chunk: number, count: number, bytes: number, isLeftFree: boolean): void {
    if (isLeftFree) {
      const end = this.roomEnd(chunk);
      this.setElements(chunk, count, end - bytes, end);
    } else {
      const start = this.roomStart(chunk);
      this.setElements(chunk, count, start, start + bytes);
    }
  }

  weight(chunk: number): number {
    return this.entries.data(chunk).getUint32(this.entries.valueOffset(chunk) + CHUNK_WEIGHT, true);
  }

  setWeight(chunk: number, weight: number): void {
    this.entries.data(chunk).setUint32(this.entries.valueOffset(chunk) + CHUNK_WEIGHT, weight, true);
  }

  /** No two chunks of a list have one label. */
  compare(): number {
    return 0;
  }

  compareBytes(): number {
    return 0;
  }
}

/** Bytes of room in the smallest block that is made for elements of `bytes` bytes. */
export function chunkCapacity(bytes: number): number {
  if (bytes > CHUNK_CAPACITY) return bytes;
  let block = CHUNK_BLOCK_BYTES_MIN;
  while (block - CHUNK_OVERHEAD_BYTES < bytes) block *= 2;
  return block - CHUNK_OVERHEAD_BYTES;
}

/** Number of elements of the large list with this root. */
export function listCount(parts: Parts, root: number): number {
  return parts.words(root)[parts.at(root) + LIST_COUNT]!;
}
