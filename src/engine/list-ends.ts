/**
 * The two ends of a large list: a row of chunks (list-chunks.ts), found by rank in a counted tree.
 *
 *     root ── first ──▶ chunk ◀─┐       chunk ◀─┐       chunk ◀── last
 *       │                       │ label 3       │ 4       │ 5
 *       └── tree ───────────────┴───────────────┴─────────┘
 *
 * The ends are where queues work, so that they must cost nothing beyond the element itself: a push writes into the room of the
 * first or the last chunk, a pop moves a bound, and neither looks at the tree. That is why the weights which these two chunks
 * have in the tree may lag behind their counts; `settle` puts that right before somebody goes by rank.
 *
 * Where a chunk has no room its elements slide to the other side of its block, if that leaves half of it free; or it gets a block
 * of twice the size; and at CHUNK_BLOCK_BYTES_MAX a new chunk begins beside it. In lists of few chunks they have smaller blocks
 * when they become empty, so that a queue that was long once does not stay large.
 *
 * Invariants: no chunk is empty, but for the one that a push is just about to fill; every chunk but the first and the last
 * weighs its count, and none less than 1; LIST_COUNT is the sum of all counts. A chunk that a running snapshot still needs is
 * replaced by a copy before it changes.
 *
 * large-list.ts has what happens between the ends. One instance a thread; it is opened for a list, of whose shard the caller
 * holds the baton. Nothing here logs, or allocates on the JS heap.
 */

import { copyWords } from '../base/bytes.js';
import { type Memory, SEGMENT_MASK, SEGMENT_SHIFT } from '../memory/memory.js';
import { CountedTree, TREE_ITEMS } from '../structures/counted-tree.js';
import { type Entries, entryBytes, TYPE_LIST } from '../structures/entry.js';
import type { PackedItem } from '../structures/packed-item.js';
import { type PackedCursor, skip, skipBack } from '../structures/packed-list.js';
import type { Keyspace } from './keyspace.js';
import {
  CHUNK_CAPACITY,
  CHUNK_COUNT,
  CHUNK_END,
  CHUNK_HEADER_BYTES,
  CHUNK_START,
  chunkCapacity,
  LIST_COUNT,
  LIST_FIRST,
  LIST_LAST,
  ListChunks,
} from './list-chunks.js';
import { type Parts, ROOT_TREE } from './parts.js';
import { ENGINE_EPOCH } from './shard-words.js';

/** A list of more chunks than this has whole blocks at both ends: they are not much then. */
const FEW_CHUNKS_MAX = 4;
/** A chunk of less than the SPARSE_FRACTIONth part of its block may have a smaller one. */
const SPARSE_FRACTION = 4;

export class ListEnds {
  /** The list that is open. */
  root: number;
  readonly chunks: ListChunks;
  readonly tree: CountedTree;
  /** The tree's header. */
  words: Uint32Array;
  treeAt: number;
  protected readonly memory: Memory;
  protected readonly entries: Entries;
  protected readonly parts: Parts;
  protected shard: number;
  /** Index in `words` of the root's own words. */
  protected at: number;
  private readonly headers: Uint32Array;
  /** Header of the table that the list's key is in. */
  private keyTable: number;

  constructor(keyspace: Keyspace) {
    this.root = 0;
    this.chunks = new ListChunks(keyspace.entries);
    this.tree = new CountedTree(keyspace.memory, this.chunks);
    this.words = keyspace.memory.shardU32;
    this.treeAt = 0;
    this.memory = keyspace.memory;
    this.entries = keyspace.entries;
    this.parts = keyspace.parts;
    this.shard = 0;
    this.at = 0;
    this.headers = keyspace.memory.shardU32;
    this.keyTable = 0;
  }

  /** Opens a list by its root, for a key that is or will be in that database. */
  open(shard: number, database: number, root: number): void {
    this.root = root;
    this.words = this.memory.u32[root >>> SEGMENT_SHIFT]!;
    this.at = (root & SEGMENT_MASK) << 1;
    this.treeAt = this.at + ROOT_TREE;
    this.shard = shard;
    this.keyTable = this.memory.tableAt(shard, database);
  }

  /** Number of elements. */
  count(): number {
    return this.words[this.at + LIST_COUNT]!;
  }

  /** The first chunk; 0 when nothing has been put into the list yet. */
  first(): number {
    return this.words[this.at + LIST_FIRST]!;
  }

  last(): number {
    return this.words[this.at + LIST_LAST]!;
  }

  /** Puts an element before the first one. False when memory is exhausted; nothing has changed then. */
  pushLeft(item: PackedItem): boolean {
    const chunk = this.words[this.at + LIST_FIRST]!;
    if (chunk !== 0 && this.parts.isMutable(this.shard, chunk)) {
      const data = this.entries.data(chunk);
      const value = this.entries.valueOffset(chunk);
      const start = data.getUint32(value + CHUNK_START, true) - item.encodedBytes;
      if (start >= CHUNK_HEADER_BYTES) {
        item.write(data, value + start);
        data.setUint32(value + CHUNK_START, start, true);
        data.setUint32(value + CHUNK_COUNT, data.getUint32(value + CHUNK_COUNT, true) + 1, true);
        this.words[this.at + LIST_COUNT]! += 1;
        return true;
      }
    }
    return this.makeRoomAtEnd(chunk, item.encodedBytes, true) && this.pushLeft(item);
  }

  /** Puts an element after the last one. False when memory is exhausted; nothing has changed then. */
  pushRight(item: PackedItem): boolean {
    const chunk = this.words[this.at + LIST_LAST]!;
    if (chunk !== 0 && this.parts.isMutable(this.shard, chunk)) {
      const data = this.entries.data(chunk);
      const value = this.entries.valueOffset(chunk);
      const end = data.getUint32(value + CHUNK_END, true);
      if (end + item.encodedBytes <= this.entries.valueSize(chunk)) {
        item.write(data, value + end);
        data.setUint32(value + CHUNK_END, end + item.encodedBytes, true);
        data.setUint32(value + CHUNK_COUNT, data.getUint32(value + CHUNK_COUNT, true) + 1, true);
        this.words[this.at + LIST_COUNT]! += 1;
        return true;
      }
    }
    return this.makeRoomAtEnd(chunk, item.encodedBytes, false) && this.pushRight(item);
  }

  /**
   * Reads the element at one end, and takes it away, if that is but to move a bound; false where it is more. Where it was the
   * element's bytes stay until something is pushed.
   */
  take(element: PackedCursor, isLeft: boolean): boolean {
    const chunk = this.words[this.at + (isLeft ? LIST_FIRST : LIST_LAST)]!;
    if (!this.parts.isMutable(this.shard, chunk)) return false;
    const data = this.entries.data(chunk);
    const value = this.entries.valueOffset(chunk);
    const start = data.getUint32(value + CHUNK_START, true);
    const end = data.getUint32(value + CHUNK_END, true);
    const count = data.getUint32(value + CHUNK_COUNT, true);
    if (count === 1 || ((end - start) * SPARSE_FRACTION < this.chunks.capacity(chunk) && this.isShort()))
      return false;
    if (isLeft) {
      element.read(data, value + start);
      data.setUint32(value + CHUNK_START, element.end - value, true);
    } else {
      element.readBefore(data, value + end);
      data.setUint32(value + CHUNK_END, element.start - value, true);
    }
    data.setUint32(value + CHUNK_COUNT, count - 1, true);
    this.words[this.at + LIST_COUNT]! -= 1;
    return true;
  }

  /**
   * Takes `count` elements away from one end, fewer than there are. False when memory is exhausted, which can only be while a
   * snapshot needs the chunk where the new end is; nothing has changed then.
   */
  drop(count: number, isLeft: boolean): boolean {
    const chunk = this.words[this.at + (isLeft ? LIST_FIRST : LIST_LAST)]!;
    if (count < this.chunks.count(chunk)) return this.dropInChunk(chunk, count, isLeft) !== 0;
    return this.dropChunks(count, isLeft);
  }

  /** The tree knows all weights afterwards. To be called before anything that goes by rank. */
  settle(): void {
    this.settleChunk(this.first());
    this.settleChunk(this.last());
  }

  // --- what large-list.ts needs, too

  /** A chunk without elements that is in no tree yet; 0 when memory is exhausted. */
  protected makeChunk(label: number, capacity: number): number {
    const valueBytes = CHUNK_HEADER_BYTES + capacity;
    const chunk = this.memory.allocate(this.shard, entryBytes(0, valueBytes, false));
    if (chunk === 0) return 0;
    const epoch = this.headers[this.memory.engineAt(this.shard) + ENGINE_EPOCH]!;
    this.entries.initialize(chunk, TYPE_LIST, 0, valueBytes, 0, epoch, 0);
    this.chunks.setLabel(chunk, label);
    this.chunks.place(chunk, 0, 0, false);
    return chunk;
  }

  /** Puts a chunk into the tree, by its label. False when memory is exhausted: the chunk is freed, and nothing has changed. */
  protected link(chunk: number): boolean {
    const chunks = this.chunks;
    const words = this.words;
    const at = this.at;
    const count = chunks.count(chunk);
    const label = chunks.label(chunk);
    // One that is to be filled at once weighs what it will.
    chunks.setWeight(chunk, Math.max(count, 1));
    if (!this.tree.insert(this.shard, words, this.treeAt, label, chunk)) {
      this.memory.free(this.shard, chunk);
      return false;
    }
    const first = words[at + LIST_FIRST]!;
    const last = words[at + LIST_LAST]!;
    if (first === 0 || label < chunks.label(first)) words[at + LIST_FIRST] = chunk;
    if (last === 0 || label > chunks.label(last)) words[at + LIST_LAST] = chunk;
    words[at + LIST_COUNT]! += count;
    return true;
  }

  /** Takes a chunk with all its elements out of the list, which has others. */
  protected unlink(chunk: number): void {
    const chunks = this.chunks;
    const words = this.words;
    const at = this.at;
    const tree = this.tree;
    const treeAt = this.treeAt;
    tree.remove(this.shard, words, treeAt, chunks.label(chunk), chunk);
    if (words[at + LIST_FIRST] === chunk) words[at + LIST_FIRST] = tree.seekFirst(words, treeAt);
    if (words[at + LIST_LAST] === chunk) words[at + LIST_LAST] = tree.seekLast(words, treeAt);
    words[at + LIST_COUNT]! -= chunks.count(chunk);
    this.parts.retire(this.shard, this.keyTable, this.root, chunk);
  }

  /** Puts a chunk in the place of another one, which is given up. Their labels are the same. */
  protected replace(old: number, chunk: number): void {
    const chunks = this.chunks;
    const words = this.words;
    const at = this.at;
    chunks.setWeight(chunk, chunks.weight(old));
    this.tree.replace(words, this.treeAt, chunks.label(old), old, chunk);
    if (words[at + LIST_FIRST] === old) words[at + LIST_FIRST] = chunk;
    if (words[at + LIST_LAST] === old) words[at + LIST_LAST] = chunk;
    words[at + LIST_COUNT]! += chunks.count(chunk) - chunks.count(old);
    this.parts.retire(this.shard, this.keyTable, this.root, old);
  }

  /** Replaces a chunk by one with the same elements and `capacity`, free at one side. 0 when memory is exhausted. */
  protected reshape(chunk: number, capacity: number, isLeftFree: boolean): number {
    const chunks = this.chunks;
    const entries = this.entries;
    const copy = this.makeChunk(chunks.label(chunk), capacity);
    if (copy === 0) return 0;
    const used = chunks.used(chunk);
    chunks.place(copy, chunks.count(chunk), used, isLeftFree);
    copyWords(entries.data(copy), chunks.start(copy), entries.data(chunk), chunks.start(chunk), used);
    this.replace(chunk, copy);
    return copy;
  }

  /** The chunk, or a copy in its place, as one that may be changed. 0 when memory is exhausted. */
  protected makeMutable(chunk: number): number {
    if (this.parts.isMutable(this.shard, chunk)) return chunk;
    return this.reshape(chunk, chunkCapacity(this.chunks.used(chunk)), false);
  }

  /** The tree knows the chunk's weight afterwards. */
  protected settleChunk(chunk: number): void {
    const chunks = this.chunks;
    const count = chunks.count(chunk);
    const weight = chunks.weight(chunk);
    if (count === weight) return;
    this.tree.reweigh(this.words, this.treeAt, chunks.label(chunk), chunk, count - weight);
    chunks.setWeight(chunk, count);
  }

  /** Gives a chunk that is nearly empty a smaller block, if the list has few. */
  protected shrink(chunk: number): void {
    const chunks = this.chunks;
    const used = chunks.used(chunk);
    const capacity = chunks.capacity(chunk);
    if (used * SPARSE_FRACTION >= capacity || !this.isShort()) return;
    const wanted = chunkCapacity(2 * used);
    // Without memory for it, it stays as it is.
    if (wanted < capacity) this.reshape(chunk, wanted, false);
  }

  /** True in a list of few chunks. */
  private isShort(): boolean {
    return this.words[this.treeAt + TREE_ITEMS]! <= FEW_CHUNKS_MAX;
  }

  /** Takes fewer elements away from one end of a chunk than it has. Returns the chunk, as `makeMutable` does. */
  private dropInChunk(chunk: number, count: number, isLeft: boolean): number {
    const chunks = this.chunks;
    const target = this.makeMutable(chunk);
    if (target === 0) return 0;
    const data = this.entries.data(target);
    const value = this.entries.valueOffset(target);
    let start = value + data.getUint32(value + CHUNK_START, true);
    let end = value + data.getUint32(value + CHUNK_END, true);
    if (isLeft) for (let left = count; left > 0; left--) start = skip(data, start);
    else for (let left = count; left > 0; left--) end = skipBack(data, end);
    data.setUint32(value + CHUNK_START, start - value, true);
    data.setUint32(value + CHUNK_END, end - value, true);
    data.setUint32(value + CHUNK_COUNT, data.getUint32(value + CHUNK_COUNT, true) - count, true);
    this.words[this.at + LIST_COUNT]! -= count;
    if ((end - start) * SPARSE_FRACTION < chunks.capacity(target)) this.shrink(target);
    return target;
  }

  /** `drop`, where at least one whole chunk goes. */
  private dropChunks(count: number, isLeft: boolean): boolean {
    const chunks = this.chunks;
    const words = this.words;
    const tree = this.tree;
    const treeAt = this.treeAt;
    this.settle();
    const total = this.count();
    const edge = tree.seekRank(words, treeAt, isLeft ? count : total - count - 1);
    const label = tree.score;
    const rest = isLeft ? tree.rest : chunks.count(edge) - tree.rest - 1;
    if (rest > 0) {
      const target = this.dropInChunk(edge, rest, isLeft);
      if (target === 0) return false;
      // It need not be at the end yet.
      this.settleChunk(tree.seekScore(words, treeAt, label, false));
    }
    for (;;) {
      const chunk = isLeft ? this.first() : this.last();
      if (chunks.label(chunk) === label) return true;
      this.unlink(chunk);
    }
  }

  /** Makes room for `bytes` more at an end of the list, where `chunk` is; 0 is none. False when memory is exhausted. */
  private makeRoomAtEnd(chunk: number, bytes: number, isLeft: boolean): boolean {
    if (chunk === 0) return this.begin(0, bytes, isLeft);
    const chunks = this.chunks;
    const needed = chunks.used(chunk) + bytes;
    const capacity = chunks.capacity(chunk);
    if (needed <= CHUNK_CAPACITY) {
      if (!this.parts.isMutable(this.shard, chunk)) {
        return this.reshape(chunk, chunkCapacity(needed), isLeft) !== 0;
      }
      if (needed * 2 <= capacity) {
        this.slide(chunk, isLeft);
        return true;
      }
      if (capacity < CHUNK_CAPACITY) {
        return this.reshape(chunk, chunkCapacity(Math.max(needed, capacity + 1)), isLeft) !== 0;
      }
    }
    this.settleChunk(chunk);
    return this.begin(chunks.label(chunk) + (isLeft ? -1 : 1), bytes, isLeft);
  }

  /** Begins a chunk at an end of the list, for an element of `bytes` bytes. False when memory is exhausted. */
  private begin(label: number, bytes: number, isLeft: boolean): boolean {
    const capacity = chunkCapacity(this.isShort() ? bytes : Math.max(bytes, CHUNK_CAPACITY));
    const chunk = this.makeChunk(label, capacity);
    if (chunk === 0) return false;
    this.chunks.place(chunk, 0, 0, isLeft);
    return this.link(chunk);
  }

  /** Moves the elements of a chunk so that all that is free is on one side. */
  private slide(chunk: number, isLeftFree: boolean): void {
    const chunks = this.chunks;
    const start = chunks.start(chunk);
    const end = chunks.end(chunk);
    chunks.place(chunk, chunks.count(chunk), end - start, isLeftFree);
    this.entries.bytes(chunk).copyWithin(chunks.start(chunk), start, end);
  }
}
