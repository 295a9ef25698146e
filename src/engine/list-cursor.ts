/**
 * Reads lists, whatever their form: a list is one *run* of encoded elements, or several, one a chunk.
 *
 *     if (cursor.seek(shard, database, entry, index)) do ... cursor.element ... while (cursor.next());
 *
 * A change of the list loses the cursor's place. The caller holds the baton of the shard. One instance a thread.
 */

import { copyWords } from '../base/bytes.js';
import type { Entries } from '../structures/entry.js';
import { elementAt, PackedCursor } from '../structures/packed-list.js';
import { PACKED_HEADER_BYTES } from './collection-config.js';
import type { LargeList } from './large-list.js';
import { CHUNK_CAPACITY } from './list-chunks.js';

export class ListCursor {
  /** The element that the cursor is on. */
  readonly element: PackedCursor;
  /** The run that it is in: elements from `start` to `end` of `data`, and how many they are. */
  data: DataView;
  start: number;
  end: number;
  count: number;
  private readonly entries: Entries;
  private readonly large: LargeList;
  /** The chunk of the run; 0 in a packed list. */
  private chunk: number;
  private readonly kept: DataView;

  constructor(entries: Entries, large: LargeList) {
    this.element = new PackedCursor();
    this.data = this.element.data;
    this.start = 0;
    this.end = 0;
    this.count = 0;
    this.entries = entries;
    this.large = large;
    this.chunk = 0;
    this.kept = new DataView(new ArrayBuffer(CHUNK_CAPACITY)); // alloc: once a thread
  }

  /** Goes to the element at `index`, from 0. Returns false when there is none. */
  seek(shard: number, database: number, entry: number, index: number): boolean {
    if (!this.entries.isLarge(entry)) {
      this.enterPacked(entry);
      if (index < 0 || index >= this.count) return false;
      return this.enterElement(index);
    }
    const large = this.large;
    large.open(shard, database, this.entries.root(entry));
    const count = large.count();
    if (index < 0 || index >= count) return false;
    this.enterChunk(large.first());
    if (index < this.count) return this.enterElement(index);
    this.enterChunk(large.last());
    const lastIndex = count - this.count;
    if (index >= lastIndex) return this.enterElement(index - lastIndex);
    large.settle();
    this.enterChunk(large.tree.seekRank(large.words, large.treeAt, index));
    return this.enterElement(large.tree.rest);
  }

  /** Goes to the first or the last element. */
  seekEnd(shard: number, database: number, entry: number, isLeft: boolean): void {
    if (isLeft) {
      this.firstRun(shard, database, entry);
      this.element.read(this.data, this.start);
    } else {
      this.lastRun(shard, database, entry);
      this.element.readBefore(this.data, this.end);
    }
  }

  /** Steps to the next element; false when there is none. */
  next(): boolean {
    const at = this.element.end;
    if (at === this.end) {
      if (!this.nextRun()) return false;
      this.element.read(this.data, this.start);
    } else {
      this.element.read(this.data, at);
    }
    return true;
  }

  /** Steps to the element before; false when there is none. */
  previous(): boolean {
    const at = this.element.start;
    if (at === this.start) {
      if (!this.previousRun()) return false;
      this.element.readBefore(this.data, this.end);
    } else {
      this.element.readBefore(this.data, at);
    }
    return true;
  }

  /**
   * Copies the element out of the list, which may then change. Not one that is too large to share a chunk: such an element stays
   * where it is until it is removed.
   */
  keep(): void {
    const element = this.element;
    if (element.isInteger || element.size > CHUNK_CAPACITY) return;
    copyWords(this.kept, 0, element.data, element.offset, element.size);
    element.data = this.kept;
    element.offset = 0;
  }

  /** Goes to the first run, and on no element of it. */
  firstRun(shard: number, database: number, entry: number): void {
    if (!this.entries.isLarge(entry)) {
      this.enterPacked(entry);
      return;
    }
    this.large.open(shard, database, this.entries.root(entry));
    this.enterChunk(this.large.first());
  }

  /** Goes to the last run, and on no element of it. */
  lastRun(shard: number, database: number, entry: number): void {
    if (!this.entries.isLarge(entry)) {
      this.enterPacked(entry);
      return;
    }
    this.large.open(shard, database, this.entries.root(entry));
    this.enterChunk(this.large.last());
  }

  /** Goes to the next run, and on no element of it; false when there is none. */
  nextRun(): boolean {
    if (this.chunk === 0) return false;
    const large = this.large;
    const label = large.chunks.label(this.chunk);
    const chunk = large.tree.seekScore(large.words, large.treeAt, label, true);
    if (chunk !== 0) this.enterChunk(chunk);
    return chunk !== 0;
  }

  /** Goes to the run before, and on no element of it; false when there is none. */
  previousRun(): boolean {
    if (this.chunk === 0) return false;
    const large = this.large;
    const label = large.chunks.label(this.chunk);
    const chunk = large.tree.seekScoreBefore(large.words, large.treeAt, label, true);
    if (chunk !== 0) this.enterChunk(chunk);
    return chunk !== 0;
  }

  private enterPacked(entry: number): void {
    const entries = this.entries;
    const value = entries.valueOffset(entry);
    this.chunk = 0;
    this.data = entries.data(entry);
    this.start = value + PACKED_HEADER_BYTES;
    this.end = value + entries.valueSize(entry);
    this.count = this.data.getUint16(value, true);
  }

  private enterChunk(chunk: number): void {
    const chunks = this.large.chunks;
    this.chunk = chunk;
    this.data = this.entries.data(chunk);
    this.start = chunks.start(chunk);
    this.end = chunks.end(chunk);
    this.count = chunks.count(chunk);
  }

  private enterElement(index: number): boolean {
    this.element.read(this.data, elementAt(this.data, this.start, this.end, this.count, index));
    return true;
  }
}
