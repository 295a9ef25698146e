/**
 * Large lists: what happens between the two ends (list-ends.ts).
 *
 * An element that comes in goes into the chunk of its neighbours if that may hold so much; else the chunk splits where the
 * element belongs. Chunks that removals have left small are merged with their neighbours.
 *
 * Labels: a new chunk's is the middle between those of its neighbours. Where they have no double between them, all chunks are
 * numbered anew; a snapshot that is under way in this list goes by the labels, and is given up then, to be tried again.
 *
 * Whoever goes by rank has called `settle` since the last push or pop.
 */

import { copyWords } from '../base/bytes.js';
import { TYPE_LIST } from '../structures/entry.js';
import { TABLE_MOVES } from '../structures/hash-table.js';
import type { PackedItem } from '../structures/packed-item.js';
import { elementAt, skip } from '../structures/packed-list.js';
import { CHUNK_CAPACITY, chunkCapacity, LIST_COUNT } from './list-chunks.js';
import type { EqualRemover, PushedElements } from './list-elements.js';
import { ListEnds } from './list-ends.js';
import { ENGINE_SNAPSHOT_LOST } from './shard-words.js';

/** A chunk that uses less of its capacity is small: it is merged if both together use at most so much. */
const SMALL_BYTES_MAX = CHUNK_CAPACITY >> 2;
const MERGED_BYTES_MAX = CHUNK_CAPACITY - SMALL_BYTES_MAX;

export class LargeList extends ListEnds {
  /** Makes a root that no entry holds yet, and opens it. False when memory is exhausted. */
  create(shard: number, database: number): boolean {
    const root = this.parts.createRoot(shard, TYPE_LIST);
    if (root === 0) return false;
    this.open(shard, database, root);
    return true;
  }

  /** Gives up what `create` has made. */
  abandon(): void {
    this.parts.abandon(this.shard, this.root);
  }

  /**
   * Adds a chunk of elements that are encoded already, at the place that the label says. `room` bytes more may come soon, at the
   * left or the right. False when memory is exhausted; nothing has changed then.
   */
  addEncoded(
    label: number,
    data: DataView,
    start: number,
    end: number,
    count: number,
    room: number,
    isLeft: boolean,
  ): boolean {
    const used = end - start;
    const chunk = this.makeChunk(label, chunkCapacity(Math.min(used + room, Math.max(used, CHUNK_CAPACITY))));
    if (chunk === 0) return false;
    this.chunks.place(chunk, count, used, isLeft);
    copyWords(this.entries.data(chunk), this.chunks.start(chunk), data, start, used);
    return this.link(chunk);
  }

  /** Pushes elements one after the other. False when memory is exhausted; nothing has changed then, in a list that had some. */
  push(elements: PushedElements, isLeft: boolean): boolean {
    const item = elements.item;
    const before = this.count();
    for (let index = 0; index < elements.count; index++) {
      elements.select(index);
      if (isLeft ? this.pushLeft(item) : this.pushRight(item)) continue;
      if (before > 0 && index > 0) this.drop(index, isLeft);
      return false;
    }
    return true;
  }

  /** The element at `index` gets this one before it. False when memory is exhausted; nothing has changed then. */
  insert(index: number, item: PackedItem): boolean {
    const chunk = this.tree.seekRank(this.words, this.treeAt, index);
    return this.insertInChunk(chunk, this.tree.rest, item);
  }

  /** Gives an element another value. False when memory is exhausted; nothing has changed then. */
  set(index: number, item: PackedItem): boolean {
    const chunks = this.chunks;
    const entries = this.entries;
    const tree = this.tree;
    const chunk = tree.seekRank(this.words, this.treeAt, index);
    const before = tree.rest;
    if (chunks.count(chunk) === 1) return this.setOnly(chunk, item);
    const at = this.offsetOf(chunk, before);
    const oldBytes = skip(entries.data(chunk), at) - at;
    const used = chunks.used(chunk);
    const needed = used - oldBytes + item.encodedBytes;
    if (needed > CHUNK_CAPACITY) return this.setLonger(index, chunk, before, item);
    const offset = at - chunks.start(chunk);
    const target = this.makeRoom(chunk, Math.max(used, needed));
    if (target === 0) return false;
    item.write(entries.data(target), this.openGap(target, offset, oldBytes, item.encodedBytes));
    if (needed < SMALL_BYTES_MAX) this.mergeWithPrevious(target);
    return true;
  }

  /**
   * Removes elements, as `remover` says. False when memory is exhausted, which can only be while a snapshot needs a chunk: what
   * has been removed by then stays removed.
   */
  removeEqual(remover: EqualRemover): boolean {
    const chunks = this.chunks;
    const entries = this.entries;
    const tree = this.tree;
    for (let chunk = this.first(); chunk !== 0 && remover.left > 0; ) {
      const label = chunks.label(chunk);
      const count = chunks.count(chunk);
      if (remover.concerns(entries.data(chunk), chunks.start(chunk), chunks.end(chunk))) {
        const target = this.makeMutable(chunk);
        if (target === 0) return false;
        this.removeInChunk(target, remover);
      }
      remover.index += count;
      chunk = tree.seekScore(this.words, this.treeAt, label, true);
    }
    return true;
  }

  /** Takes one element out, which may be the last. False when memory is exhausted; nothing has changed then. */
  removeAt(index: number): boolean {
    const tree = this.tree;
    const chunk = tree.seekRank(this.words, this.treeAt, index);
    const before = tree.rest;
    const target = this.makeMutable(chunk);
    if (target !== 0) this.removeFrom(target, before);
    return target !== 0;
  }

  /** Makes an empty chunk that `addPiece` is to put into the list when `append` has filled it; 0 without memory. */
  makePiece(label: number, bytes: number): number {
    return this.makeChunk(label, chunkCapacity(bytes));
  }

  /** Writes an element into a chunk that is in no list yet, and has the room. */
  append(chunk: number, item: PackedItem): void {
    const chunks = this.chunks;
    const end = chunks.end(chunk);
    item.write(this.entries.data(chunk), end);
    chunks.setElements(chunk, chunks.count(chunk) + 1, chunks.start(chunk), end + item.encodedBytes);
  }

  /** Puts a chunk into its place in the list. When memory is exhausted it is freed, and it returns false. */
  addPiece(chunk: number): boolean {
    return this.link(chunk);
  }

  /** Offset in the chunk's data of the element that has `before` others before it in the chunk. */
  private offsetOf(chunk: number, before: number): number {
    const chunks = this.chunks;
    const count = chunks.count(chunk);
    return elementAt(this.entries.data(chunk), chunks.start(chunk), chunks.end(chunk), count, before);
  }

  /** The chunk, or a copy in its place, as one that may be changed and can hold `bytes`. 0 when memory is exhausted. */
  private makeRoom(chunk: number, bytes: number): number {
    const isMutable = this.parts.isMutable(this.shard, chunk);
    if (isMutable && this.chunks.capacity(chunk) >= bytes) return chunk;
    return this.reshape(chunk, chunkCapacity(Math.max(bytes, this.chunks.used(chunk))), false);
  }

  /** Says how many elements a chunk has now. */
  private addCount(chunk: number, delta: number): void {
    const chunks = this.chunks;
    chunks.setElements(chunk, chunks.count(chunk) + delta, chunks.start(chunk), chunks.end(chunk));
    this.words[this.at + LIST_COUNT]! += delta;
    this.settleChunk(chunk);
  }

  /**
   * Makes a gap of `newBytes` out of the `oldBytes` that are `offset` bytes after the start of the elements, in a chunk that may
   * be changed and can hold that. Moves as little as it can. Returns where the gap is.
   */
  private openGap(chunk: number, offset: number, oldBytes: number, newBytes: number): number {
    const chunks = this.chunks;
    const bytes = this.entries.bytes(chunk);
    const start = chunks.start(chunk);
    const end = chunks.end(chunk);
    const grown = newBytes - oldBytes;
    const at = start + offset;
    const rest = end - at - oldBytes;
    const fitsLeft = start - grown >= chunks.roomStart(chunk);
    const fitsRight = end + grown <= chunks.roomEnd(chunk);
    let newStart = start;
    if (fitsRight && (rest <= offset || !fitsLeft)) {
      bytes.copyWithin(at + newBytes, at + oldBytes, end);
    } else {
      newStart = fitsLeft ? start - grown : chunks.roomStart(chunk);
      bytes.copyWithin(newStart, start, at);
      if (!fitsLeft) bytes.copyWithin(newStart + offset + newBytes, at + oldBytes, end);
    }
    chunks.setElements(chunk, chunks.count(chunk), newStart, newStart + (end - start) + grown);
    return newStart + offset;
  }

  private insertInChunk(chunk: number, before: number, item: PackedItem): boolean {
    const chunks = this.chunks;
    const used = chunks.used(chunk);
    const offset = this.offsetOf(chunk, before) - chunks.start(chunk);
    if (used + item.encodedBytes <= CHUNK_CAPACITY) {
      const target = this.makeRoom(chunk, used + item.encodedBytes);
      if (target === 0) return false;
      item.write(this.entries.data(target), this.openGap(target, offset, 0, item.encodedBytes));
      this.addCount(target, 1);
      return true;
    }
    if (offset === used) return this.insertAfter(chunk, item);
    if (offset !== 0) return this.splitAndInsert(chunk, before, offset, item);
    const previous = this.tree.seekScoreBefore(this.words, this.treeAt, chunks.label(chunk), true);
    if (previous !== 0) return this.insertAfter(previous, item);
    return this.insertChunk(chunks.label(chunk) - 1, item);
  }

  /** Puts an element after the last one of a chunk. */
  private insertAfter(chunk: number, item: PackedItem): boolean {
    const chunks = this.chunks;
    if (chunks.used(chunk) + item.encodedBytes <= CHUNK_CAPACITY) {
      return this.insertInChunk(chunk, chunks.count(chunk), item);
    }
    return this.insertChunk(this.labelAfter(chunk), item);
  }

  /** A chunk with one element. False when memory is exhausted. */
  private insertChunk(label: number, item: PackedItem): boolean {
    const chunk = this.makePiece(label, item.encodedBytes);
    if (chunk === 0) return false;
    this.append(chunk, item);
    return this.link(chunk);
  }

  /** Splits a chunk, and adds the element between both halves. */
  private splitAndInsert(chunk: number, before: number, offset: number, item: PackedItem): boolean {
    const chunks = this.chunks;
    const left = this.makeMutable(chunk);
    if (left === 0 || !this.split(left, before, offset)) return false;
    const right = this.tree.seekScore(this.words, this.treeAt, chunks.label(left), true);
    const isRightShorter = chunks.used(right) < chunks.used(left);
    if (isRightShorter && chunks.used(right) + item.encodedBytes <= CHUNK_CAPACITY) {
      return this.insertInChunk(right, 0, item);
    }
    return this.insertAfter(left, item);
  }

  /** Gives what comes from `offset` on to a new chunk. False when memory is exhausted. */
  private split(chunk: number, before: number, offset: number): boolean {
    const chunks = this.chunks;
    const start = chunks.start(chunk);
    const end = chunks.end(chunk);
    const moved = chunks.count(chunk) - before;
    const label = this.labelAfter(chunk);
    if (!this.addEncoded(label, this.entries.data(chunk), start + offset, end, moved, 0, true)) return false;
    chunks.setElements(chunk, chunks.count(chunk), start, start + offset);
    this.addCount(chunk, -moved);
    return true;
  }

  /** `set` for the only element of a chunk. */
  private setOnly(chunk: number, item: PackedItem): boolean {
    const copy = this.makePiece(this.chunks.label(chunk), item.encodedBytes);
    if (copy === 0) return false;
    this.append(copy, item);
    this.replace(chunk, copy);
    return true;
  }

  /** `set` where the chunk can't hold the new value: that is inserted before the old one, which is removed. */
  private setLonger(index: number, chunk: number, before: number, item: PackedItem): boolean {
    const mutable = this.makeMutable(chunk);
    if (mutable === 0 || !this.insertInChunk(mutable, before, item)) return false;
    const target = this.tree.seekRank(this.words, this.treeAt, index + 1);
    this.removeFrom(target, this.tree.rest);
    return true;
  }

  /** Takes an element out of a chunk that may be changed. */
  private removeFrom(chunk: number, before: number): void {
    const chunks = this.chunks;
    const entries = this.entries;
    if (chunks.count(chunk) === 1) {
      this.unlink(chunk);
      return;
    }
    const at = this.offsetOf(chunk, before);
    this.openGap(chunk, at - chunks.start(chunk), skip(entries.data(chunk), at) - at, 0);
    this.addCount(chunk, -1);
    if (chunks.used(chunk) < SMALL_BYTES_MAX) this.mergeWithPrevious(chunk);
  }

  private removeInChunk(chunk: number, remover: EqualRemover): void {
    const chunks = this.chunks;
    const entries = this.entries;
    const start = chunks.start(chunk);
    const end = remover.remove(entries.bytes(chunk), entries.data(chunk), start, chunks.end(chunk));
    if (remover.removed === chunks.count(chunk)) {
      this.unlink(chunk);
      return;
    }
    chunks.setElements(chunk, chunks.count(chunk), start, end);
    this.addCount(chunk, -remover.removed);
    if (end - start < SMALL_BYTES_MAX) this.mergeWithPrevious(chunk);
  }

  /** Appends a small chunk, which may be changed, to the one before it, if there is room for both in one. */
  private mergeWithPrevious(chunk: number): void {
    const chunks = this.chunks;
    const entries = this.entries;
    const used = chunks.used(chunk);
    const previous = this.tree.seekScoreBefore(this.words, this.treeAt, chunks.label(chunk), true);
    const before = previous === 0 ? 0 : chunks.used(previous);
    if (before === 0 || before + used > MERGED_BYTES_MAX) {
      this.shrink(chunk);
      return;
    }
    const target = this.makeRoom(previous, before + used);
    if (target === 0) return;
    const gap = this.openGap(target, before, 0, used);
    copyWords(entries.data(target), gap, entries.data(chunk), chunks.start(chunk), used);
    const moved = chunks.count(chunk);
    this.unlink(chunk);
    this.addCount(target, moved);
  }

  /** A label for a chunk after this one. */
  private labelAfter(chunk: number): number {
    const chunks = this.chunks;
    const tree = this.tree;
    const label = chunks.label(chunk);
    if (tree.seekScore(this.words, this.treeAt, label, true) === 0) return label + 1;
    const middle = label + (tree.score - label) / 2;
    if (middle > label && middle < tree.score) return middle;
    this.renumber();
    return chunks.label(chunk) + 1 / 2;
  }

  /** Labels all chunks anew. */
  private renumber(): void {
    const chunks = this.chunks;
    const tree = this.tree;
    if (this.parts.isPending(this.shard, this.root)) {
      this.memory.shardU32[this.memory.engineAt(this.shard) + ENGINE_SNAPSHOT_LOST] = 1;
    }
    tree.renumber(this.words, this.treeAt);
    // The walk of a snapshot, even of a lost one, must not pass any chunk by.
    this.words[this.parts.at(this.root) + TABLE_MOVES]! += 1;
    for (let chunk = tree.seekFirst(this.words, this.treeAt); chunk !== 0; chunk = tree.next()) {
      chunks.setLabel(chunk, tree.score);
    }
  }
}
