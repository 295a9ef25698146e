/**
 * The engine of lists: what commands and the log do with them, whatever their form (packed-lists.ts, large-list.ts).
 *
 *     lists.open(shard, database, hash, keys, keyOffset, keyBytes, entry)    `entry` as the last `find` has returned it; 0 = none
 *     lists.push(...), lists.pop(...), ...                                   each logs itself
 *     lists.cursor                                                           reads
 *
 * What returns a boolean returns false when memory is exhausted; nothing has changed then. A list whose last element goes is
 * deleted with its key.
 *
 * The caller holds the baton of the shard. Nothing here allocates on the JS heap, but for replay.
 */

import { COLLECTION_LARGE, type Entries, ROOT_POINTER_BYTES, TYPE_LIST } from '../structures/entry.js';
import { PackedItem } from '../structures/packed-item.js';
import type { PackedCursor } from '../structures/packed-list.js';
import type { CollectionConfig } from './collection-config.js';
import type { CollectionEngine } from './collection-engine.js';
import type { Keyspace } from './keyspace.js';
import { LargeList } from './large-list.js';
import { listCount } from './list-chunks.js';
import { ListCursor } from './list-cursor.js';
import { countEqual, EqualRemover, PushedElements } from './list-elements.js';
import { ListHistory } from './list-history.js';
import { ListSearch } from './list-search.js';
import { PackedLists } from './packed-lists.js';
import type { Log } from './wal/log.js';
import { ITEM_OVERHEAD_BYTES_MAX } from './wal/log-items.js';
import {
  FLAG_NEW,
  OP_LIST_INSERT,
  OP_LIST_POP_LEFT,
  OP_LIST_POP_RIGHT,
  OP_LIST_PUSH_LEFT,
  OP_LIST_PUSH_RIGHT,
  OP_LIST_REMOVE,
  OP_LIST_SET,
  OP_LIST_TRIM,
  RECORD_OVERHEAD_BYTES_MAX,
} from './wal/record.js';

const UINT32_BYTES = 4;

export class Lists implements CollectionEngine {
  /** Reads lists. */
  readonly cursor: ListCursor;
  readonly search: ListSearch;
  private readonly keyspace: Keyspace;
  private readonly entries: Entries;
  private readonly log: Log;
  private readonly packed: PackedLists;
  private readonly large: LargeList;
  private readonly item: PackedItem;
  private readonly elements: PushedElements;
  private readonly remover: EqualRemover;
  private readonly history: ListHistory;
  /** The list that is open. */
  private entry: number;
  private shard: number;
  private database: number;
  private hash: number;
  private keys: DataView;
  private keyOffset: number;
  private keyBytes: number;

  constructor(keyspace: Keyspace, _config: CollectionConfig) {
    this.keyspace = keyspace;
    this.entries = keyspace.entries;
    this.log = keyspace.log;
    this.packed = new PackedLists(keyspace);
    this.large = new LargeList(keyspace);
    this.cursor = new ListCursor(keyspace.entries, this.large);
    this.search = new ListSearch(this.cursor);
    this.item = new PackedItem();
    this.elements = new PushedElements();
    this.remover = new EqualRemover(keyspace.log);
    this.history = new ListHistory(this);
    this.entry = 0;
    this.shard = 0;
    this.database = 0;
    this.hash = 0;
    this.keys = this.item.data;
    this.keyOffset = 0;
    this.keyBytes = 0;
  }

  /** What follows is about this key, whose entry is the last that was looked up; 0 = there is none. */
  open(
    shard: number,
    database: number,
    hash: number,
    keys: DataView,
    keyOffset: number,
    keyBytes: number,
    entry: number,
  ): void {
    this.entry = entry;
    this.shard = shard;
    this.database = database;
    this.hash = hash;
    this.keys = keys;
    this.keyOffset = keyOffset;
    this.keyBytes = keyBytes;
  }

  /** Number of elements of the list that is open; there is one. */
  length(): number {
    return this.count(this.entry);
  }

  /** Number of elements of any list. */
  count(entry: number): number {
    if (!this.entries.isLarge(entry)) return this.packed.count(entry);
    return listCount(this.keyspace.parts, this.entries.root(entry));
  }

  /** Pushes `count` texts one after the other. */
  push(
    isLeft: boolean,
    bytes: Uint8Array,
    data: DataView,
    offsets: Int32Array,
    sizes: Int32Array,
    first: number,
    count: number,
  ): boolean {
    const isNew = this.entry === 0;
    this.elements.setTexts(bytes, data, offsets, sizes, first, count);
    if (!this.pushElements(isLeft)) return false;
    if (this.log.enabled) this.logPush(isLeft, isNew, data, offsets, sizes, first, count);
    else this.keyspace.stamp(this.shard, 0);
    return true;
  }

  private logPush(
    isLeft: boolean,
    isNew: boolean,
    data: DataView,
    offsets: Int32Array,
    sizes: Int32Array,
    first: number,
    count: number,
  ): void {
    const log = this.log;
    let payloadBytes = 0;
    for (let at = first; at < first + count; at++) payloadBytes += UINT32_BYTES + sizes[at]!;
    this.beginRecord(isLeft ? OP_LIST_PUSH_LEFT : OP_LIST_PUSH_RIGHT, isNew, payloadBytes);
    for (let at = first; at < first + count; at++) log.putItem(data, offsets[at]!, sizes[at]!);
    this.endRecord();
  }

  /** Pushes an element of another list, on which a cursor is. */
  pushElement(isLeft: boolean, element: PackedCursor): boolean {
    const isNew = this.entry === 0;
    this.elements.setElement(element);
    if (!this.pushElements(isLeft)) return false;
    const op = isLeft ? OP_LIST_PUSH_LEFT : OP_LIST_PUSH_RIGHT;
    this.beginRecord(op, isNew, ITEM_OVERHEAD_BYTES_MAX + element.textSize());
    if (element.isInteger) this.log.putInteger(element.integer);
    else this.log.putItem(element.data, element.offset, element.size);
    this.endRecord();
    return true;
  }

  /**
   * Takes the element at one end away, if that is simple, and leaves the cursor on it: it can be read until the next change.
   * False if it is not: nothing has changed then, and `pop` does it.
   */
  take(isLeft: boolean): boolean {
    if (!this.entries.isLarge(this.entry)) return false;
    this.large.open(this.shard, this.database, this.entries.root(this.entry));
    if (!this.large.take(this.cursor.element, isLeft)) return false;
    this.logPop(isLeft, 1);
    return true;
  }

  /** Takes `count` elements away from one end, at most as many as there are. */
  pop(isLeft: boolean, count: number): boolean {
    const isAll = count === this.length();
    if (!isAll && !this.drop(isLeft, count)) return false;
    this.logPop(isLeft, count);
    if (isAll) this.keyspace.removeEmptied(this.shard, this.database, this.entry);
    return true;
  }

  /** Begins to look for elements equal to this text in the list that is open, from the first or the last one on. */
  beginSearch(isBackward: boolean, bytes: Uint8Array, data: DataView, offset: number, size: number): void {
    const search = this.search;
    const shard = this.shard;
    const database = this.database;
    const entry = this.entry;
    search.item.setBytes(bytes, data, offset, size);
    if (isBackward) search.beginAtEnd(shard, database, entry, this.length());
    else search.begin(shard, database, entry);
  }

  /** Gives the element at `index`, which there is, another value. */
  set(index: number, bytes: Uint8Array, data: DataView, offset: number, size: number): boolean {
    this.item.setBytes(bytes, data, offset, size);
    if (!this.put(index, false)) return false;
    this.logItem(OP_LIST_SET, index, data, offset, size);
    return true;
  }

  /** Adds an element so that it has the index `index`, at most the number of elements. */
  insert(index: number, bytes: Uint8Array, data: DataView, offset: number, size: number): boolean {
    this.item.setBytes(bytes, data, offset, size);
    if (!this.put(index, true)) return false;
    this.logItem(OP_LIST_INSERT, index, data, offset, size);
    return true;
  }

  /**
   * Removes elements equal to this text: the first `count`, or if that is negative the last ones, or with 0 all of them.
   *
   * @returns how many; -1 when memory is exhausted
   */
  remove(count: number, bytes: Uint8Array, data: DataView, offset: number, size: number): number {
    const item = this.item;
    item.setBytes(bytes, data, offset, size);
    const most = count > 0 ? count : Number.MAX_SAFE_INTEGER;
    const total = this.countEqual(most);
    const removed = count === 0 ? total : Math.min(Math.abs(count), total);
    if (removed === 0) return 0;
    const payloadBytes = removed * UINT32_BYTES;
    if (!this.log.prepare(payloadBytes + this.keyBytes + RECORD_OVERHEAD_BYTES_MAX)) return -1;
    this.remover.begin(item, count < 0 ? total - removed : 0, removed);
    this.beginRecord(OP_LIST_REMOVE, false, payloadBytes);
    const isDone = this.removeEqual();
    const left = removed - this.remover.left;
    this.endRecord();
    if (this.length() === 0) this.keyspace.removeEmptied(this.shard, this.database, this.entry);
    return isDone ? left : -1;
  }

  /** Keeps `count` elements from `start` on, all of which there are. */
  trim(start: number, count: number): boolean {
    const after = this.length() - start - count;
    if (count > 0) {
      if (start > 0 && !this.drop(true, start)) return false;
      if (after > 0 && !this.drop(false, after)) {
        if (start > 0) this.logNumbers(OP_LIST_POP_LEFT, start, -1);
        return false;
      }
    }
    this.logNumbers(OP_LIST_TRIM, start, count);
    if (count === 0) this.keyspace.removeEmptied(this.shard, this.database, this.entry);
    return true;
  }

  /**
   * Moves the element at one end of a list of several to the other one.
   */
  rotate(isLeft: boolean): boolean {
    const cursor = this.cursor;
    cursor.seek(this.shard, this.database, this.entry, isLeft ? 0 : this.length() - 1);
    cursor.keep();
    if (!this.pushElement(!isLeft, cursor.element)) return false;
    if (this.pop(isLeft, 1)) return true;
    this.pop(!isLeft, 1); // where it was pushed just now: that does not fail
    return false;
  }

  /** Removes elements: `count` indexes, ascending, each counted before any of them is gone. */
  removeAt(indexes: ArrayLike<number>, count: number): boolean {
    let done = 0;
    while (done < count && this.dropAt(indexes[done]! - done)) done += 1;
    this.beginRecord(OP_LIST_REMOVE, false, done * UINT32_BYTES);
    for (let at = 0; at < done; at++) this.log.putUint32(indexes[at]!);
    this.endRecord();
    if (this.length() === 0) this.keyspace.removeEmptied(this.shard, this.database, this.entry);
    return done === count;
  }

  repeat(
    op: number,
    shard: number,
    database: number,
    hash: number,
    keys: DataView,
    keyOffset: number,
    keyBytes: number,
    existing: number,
    data: DataView,
    payloadOffset: number,
    payloadBytes: number,
  ): boolean {
    this.open(shard, database, hash, keys, keyOffset, keyBytes, existing);
    return this.history.repeat(op, existing, data, payloadOffset, payloadBytes);
  }

  /**
   * Adds a piece of a large list, as a snapshot has it: items as those of OP_LIST_PUSH_RIGHT. The pieces of a list come in any
   * order, the first one makes the key; their labels say how they follow each other. Does not log.
   */
  loadPiece(
    shard: number,
    database: number,
    hash: number,
    keys: DataView,
    keyOffset: number,
    keyBytes: number,
    existing: number,
    label: number,
    data: DataView,
    payloadOffset: number,
    payloadBytes: number,
  ): boolean {
    const entries = this.entries;
    const large = this.large;
    this.open(shard, database, hash, keys, keyOffset, keyBytes, existing);
    const bytes = this.history.measure(data, payloadOffset, payloadBytes);
    if (existing !== 0) large.open(shard, database, entries.root(existing));
    else if (!large.create(shard, database)) return false;
    const chunk = large.makePiece(label, bytes);
    if (chunk !== 0) this.history.fill(large, chunk);
    const isLinked = chunk !== 0 && large.addPiece(chunk);
    if (isLinked && (existing !== 0 || this.holdLarge())) {
      this.keyspace.stamp(shard, 0);
      return true;
    }
    if (existing === 0) large.abandon();
    return false;
  }

  private pushElements(isLeft: boolean): boolean {
    const elements = this.elements;
    const entries = this.entries;
    const packed = this.packed;
    const large = this.large;
    const entry = this.entry;
    const shard = this.shard;
    const database = this.database;
    if (entry !== 0 && entries.isLarge(entry)) {
      large.open(shard, database, entries.root(entry));
      if (elements.count > 1) return large.push(elements, isLeft);
      return isLeft ? large.pushLeft(elements.item) : large.pushRight(elements.item);
    }
    if (!packed.hasRoom(entry, elements)) return this.enlarge(isLeft);
    if (entry !== 0) {
      this.entry = packed.push(shard, database, entry, elements, isLeft);
      return this.entry !== 0;
    }
    return this.link(packed.create(shard, this.keys, this.keyOffset, this.keyBytes, elements, isLeft));
  }

  /** Makes a large list of the small one, or of none, and of the elements that are pushed. */
  private enlarge(isLeft: boolean): boolean {
    const elements = this.elements;
    const cursor = this.cursor;
    const large = this.large;
    const entry = this.entry;
    const shard = this.shard;
    const database = this.database;
    if (entry !== 0) cursor.firstRun(shard, database, entry);
    if (!large.create(shard, database)) return false;
    const isCopied = entry === 0 || this.copyRun(elements.encodedBytes, isLeft);
    if (isCopied && large.push(elements, isLeft) && this.holdLarge()) return true;
    large.abandon();
    return false;
  }

  /** The first chunk of a list becomes the run that the cursor is in. */
  private copyRun(room: number, isLeft: boolean): boolean {
    const data = this.cursor.data;
    const start = this.cursor.start;
    const end = this.cursor.end;
    const count = this.cursor.count;
    return this.large.addEncoded(0, data, start, end, count, room, isLeft);
  }

  /** Has the key hold the large list. False when memory is exhausted; nothing has changed then. */
  private holdLarge(): boolean {
    const keyspace = this.keyspace;
    const entries = this.entries;
    const large = this.large;
    const shard = this.shard;
    const database = this.database;
    if (this.entry !== 0) {
      if (!keyspace.enlarge(shard, database, this.entry, large.root)) return false;
      this.entry = keyspace.parts.owner(large.root);
      return true;
    }
    const entry = keyspace.reserveCollection(
      shard,
      TYPE_LIST,
      COLLECTION_LARGE,
      this.keys,
      this.keyOffset,
      this.keyBytes,
      ROOT_POINTER_BYTES,
      0,
      0,
    );
    if (entry === 0) return false;
    entries.setRoot(entry, large.root);
    keyspace.parts.own(large.root, entry);
    return this.link(entry);
  }

  /** Puts a new entry (0 = there was no memory for it) into the table. */
  private link(entry: number): boolean {
    if (entry === 0) return false;
    if (!this.keyspace.link(this.shard, this.database, this.hash, entry, 0)) {
      this.keyspace.memory.free(this.shard, entry);
      return false;
    }
    this.entry = entry;
    return true;
  }

  /** Takes fewer elements away than there are. */
  private drop(isLeft: boolean, count: number): boolean {
    const entries = this.entries;
    const packed = this.packed;
    const large = this.large;
    const shard = this.shard;
    const database = this.database;
    const entry = this.entry;
    if (entries.isLarge(entry)) {
      large.open(shard, database, entries.root(entry));
      return large.drop(count, isLeft);
    }
    const target = packed.drop(shard, database, entry, count, isLeft);
    if (target !== 0) this.entry = target;
    return target !== 0;
  }

  /** Puts `item` in the place of the element at `index`, or before it. */
  private put(index: number, isNew: boolean): boolean {
    const entries = this.entries;
    const packed = this.packed;
    const large = this.large;
    const shard = this.shard;
    const database = this.database;
    const item = this.item;
    const entry = this.entry;
    if (entries.isLarge(entry)) {
      large.open(shard, database, entries.root(entry));
      return this.putInLarge(index, isNew);
    }
    if (packed.hasRoomFor(entry, item.encodedBytes)) {
      const target = packed.put(shard, database, entry, index, item, isNew);
      if (target !== 0) this.entry = target;
      return target !== 0;
    }
    this.cursor.firstRun(shard, database, entry);
    if (!large.create(shard, database)) return false;
    if (this.copyRun(item.encodedBytes, false) && this.putInLarge(index, isNew) && this.holdLarge())
      return true;
    large.abandon();
    return false;
  }

  private putInLarge(index: number, isNew: boolean): boolean {
    const large = this.large;
    const item = this.item;
    if (index === large.count()) return large.pushRight(item);
    large.settle();
    return isNew ? large.insert(index, item) : large.set(index, item);
  }

  /** Takes the element at `index` out, which may be the last one that there is. */
  private dropAt(index: number): boolean {
    const entries = this.entries;
    const packed = this.packed;
    const large = this.large;
    const shard = this.shard;
    const database = this.database;
    const entry = this.entry;
    if (entries.isLarge(entry)) {
      large.open(shard, database, entries.root(entry));
      large.settle();
      return large.removeAt(index);
    }
    const target = packed.removeAt(shard, database, entry, index);
    if (target !== 0) this.entry = target;
    return target !== 0;
  }

  private countEqual(most: number): number {
    const cursor = this.cursor;
    const item = this.item;
    let count = 0;
    cursor.firstRun(this.shard, this.database, this.entry);
    do count += countEqual(cursor.data, cursor.start, cursor.end, item, most - count);
    while (count < most && cursor.nextRun());
    return count;
  }

  private removeEqual(): boolean {
    const entries = this.entries;
    const packed = this.packed;
    const large = this.large;
    const remover = this.remover;
    const shard = this.shard;
    const database = this.database;
    const entry = this.entry;
    if (entries.isLarge(entry)) {
      large.open(shard, database, entries.root(entry));
      large.settle();
      return large.removeEqual(remover);
    }
    const target = packed.removeEqual(shard, database, entry, remover);
    if (target !== 0) this.entry = target;
    return target !== 0;
  }

  private beginRecord(op: number, isNew: boolean, payloadBytes: number): void {
    const database = this.database;
    const keys = this.keys;
    const keyOffset = this.keyOffset;
    const keyBytes = this.keyBytes;
    this.log.beginItems(op, isNew ? FLAG_NEW : 0, database, keys, keyOffset, keyBytes, payloadBytes);
  }

  private endRecord(): void {
    this.keyspace.stamp(this.shard, this.log.endItems());
  }

  private logPop(isLeft: boolean, count: number): void {
    if (this.log.enabled) this.logNumbers(isLeft ? OP_LIST_POP_LEFT : OP_LIST_POP_RIGHT, count, -1);
    else this.keyspace.stamp(this.shard, 0);
  }

  /** Logs an operation of one number or, if the second is not negative, of two. */
  private logNumbers(op: number, first: number, second: number): void {
    this.beginRecord(op, false, 2 * UINT32_BYTES);
    this.log.putUint32(first);
    if (second >= 0) this.log.putUint32(second);
    this.endRecord();
  }

  private logItem(op: number, index: number, data: DataView, offset: number, size: number): void {
    this.beginRecord(op, false, 2 * UINT32_BYTES + size);
    this.log.putUint32(index);
    this.log.putItem(data, offset, size);
    this.endRecord();
  }
}
