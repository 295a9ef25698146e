/**
 * Lists as the log and snapshots tell of them: records repeated, pieces loaded.
 *
 * What a record holds for a command that pushes or removes much is read into arrays first, which grow: history may do so.
 */

import { PackedItem } from '../structures/packed-item.js';
import type { LargeList } from './large-list.js';
import type { Lists } from './lists.js';
import { ItemReader } from './wal/log-items.js';
import {
  OP_LIST_INSERT,
  OP_LIST_POP_LEFT,
  OP_LIST_POP_RIGHT,
  OP_LIST_PUSH_LEFT,
  OP_LIST_PUSH_RIGHT,
  OP_LIST_REMOVE,
  OP_LIST_SET,
  OP_LIST_TRIM,
} from './wal/record.js';

const ITEMS_MIN = 16;
/** Larger arrays are given up after use. */
const ITEMS_KEPT_MAX = 65_536;

export class ListHistory {
  private readonly lists: Lists;
  private readonly reader: ItemReader;
  private readonly item: PackedItem;
  /** The items of a record: where they are in `bytes`, or the numbers that they are. */
  private offsets: Int32Array;
  private sizes: Int32Array;
  private count: number;
  private data: DataView;
  private bytes: Uint8Array;

  constructor(lists: Lists) {
    this.lists = lists;
    this.reader = new ItemReader();
    this.item = new PackedItem();
    this.offsets = new Int32Array(ITEMS_MIN);
    this.sizes = new Int32Array(ITEMS_MIN);
    this.count = 0;
    this.data = this.item.data;
    this.bytes = new Uint8Array(0);
  }

  /** Carries out a record on the list that is open, whose entry is `existing`: see CollectionEngine. */
  repeat(op: number, existing: number, data: DataView, offset: number, bytes: number): boolean {
    const { lists, reader } = this;
    if (op === OP_LIST_PUSH_LEFT || op === OP_LIST_PUSH_RIGHT) {
      this.readItems(data, offset, bytes);
      return this.count === 0 || this.push(op === OP_LIST_PUSH_LEFT);
    }
    if (existing === 0) return true;
    const total = lists.count(existing);
    if (op === OP_LIST_REMOVE) {
      this.readNumbers(data, offset, bytes, total);
      const isDone = lists.removeAt(this.offsets, this.count);
      this.forget();
      return isDone;
    }
    reader.begin(data, offset, bytes);
    const first = reader.nextUint32();
    switch (op) {
      case OP_LIST_POP_LEFT:
      case OP_LIST_POP_RIGHT:
        return first === 0 || lists.pop(op === OP_LIST_POP_LEFT, Math.min(first, total));
      case OP_LIST_TRIM: {
        const start = Math.min(first, total);
        return lists.trim(start, Math.min(reader.nextUint32(), total - start));
      }
      case OP_LIST_SET:
        return first >= total || !this.readItem(data) || this.set(first);
      case OP_LIST_INSERT:
        return first > total || !this.readItem(data) || this.insert(first);
      default:
        return true;
    }
  }

  /** Takes the items of a piece, and returns what they take in a list. */
  measure(data: DataView, offset: number, bytes: number): number {
    this.readItems(data, offset, bytes);
    let encoded = 0;
    for (let index = 0; index < this.count; index++) {
      this.select(index);
      encoded += this.item.encodedBytes;
    }
    return encoded;
  }

  /** Puts what `measure` has taken into a chunk. */
  fill(large: LargeList, chunk: number): void {
    for (let index = 0; index < this.count; index++) {
      this.select(index);
      large.append(chunk, this.item);
    }
    this.forget();
  }

  private push(isLeft: boolean): boolean {
    const { lists, bytes, data, offsets, sizes } = this;
    const isDone = lists.push(isLeft, bytes, data, offsets, sizes, 0, this.count);
    this.forget();
    return isDone;
  }

  private set(index: number): boolean {
    return this.lists.set(index, this.bytes, this.data, this.reader.offset, this.reader.size);
  }

  private insert(index: number): boolean {
    return this.lists.insert(index, this.bytes, this.data, this.reader.offset, this.reader.size);
  }

  private select(index: number): void {
    this.item.setBytes(this.bytes, this.data, this.offsets[index]!, this.sizes[index]!);
  }

  private readItem(data: DataView): boolean {
    this.use(data);
    return this.reader.nextItem();
  }

  private readItems(data: DataView, offset: number, bytes: number): void {
    const { reader } = this;
    this.use(data);
    this.count = 0;
    reader.begin(data, offset, bytes);
    while (reader.hasMore() && reader.nextItem()) this.add(reader.offset, reader.size);
  }

  /** Indexes below `total`, as long as they ascend. */
  private readNumbers(data: DataView, offset: number, bytes: number, total: number): void {
    const { reader } = this;
    this.count = 0;
    reader.begin(data, offset, bytes);
    for (let before = -1; reader.hasMore(); ) {
      const index = reader.nextUint32();
      if (index <= before || index >= total) return;
      this.add(index, 0);
      before = index;
    }
  }

  private add(offset: number, size: number): void {
    if (this.count === this.offsets.length) {
      const { offsets, sizes } = this;
      this.offsets = new Int32Array(2 * this.count); // alloc: doubles, so rarely
      this.sizes = new Int32Array(2 * this.count);
      this.offsets.set(offsets);
      this.sizes.set(sizes);
    }
    this.offsets[this.count] = offset;
    this.sizes[this.count] = size;
    this.count += 1;
  }

  private forget(): void {
    if (this.offsets.length <= ITEMS_KEPT_MAX) return;
    this.offsets = new Int32Array(ITEMS_MIN);
    this.sizes = new Int32Array(ITEMS_MIN);
  }

  /** Both views of what is read: seldom another buffer than the one before. */
  private use(data: DataView): void {
    if (data === this.data) return;
    this.data = data;
    this.bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  }
}
