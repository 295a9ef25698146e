/**
 * Reads a collection of any type and in any form, one element after the other.
 *
 *     reader.open(entry);
 *     while (reader.next()) reader.item ... reader.value, reader.score, reader.deadline
 *
 *     type         item       besides                order
 *     list         element                           of the list
 *     set          member                            none
 *     sorted set   member     score                  by score, ties by bytes; the other way round after `openReversed`
 *     hash         field      value, deadline        none
 *
 * `item` and `value` are an integer or bytes in memory (`PackedCursor`); digits may come as bytes, too, so that whoever compares
 * takes `equalsText` or `copyText`. Fields of hashes whose time is over are passed over; `count` still counts those that nobody
 * has deleted yet.
 *
 * `find` looks for one member or field instead, and says of it what `next` says: the walk is over then.
 *
 * A reader stands on memory: any change of the collection loses it, and so does giving the baton back. Searches for keys and
 * other readers don't disturb it. One reused instance per user. Nothing here allocates on the JS heap or throws.
 */

import { hashBytes } from '../base/hash.js';
import { type Memory, SEGMENT_MASK, SEGMENT_SHIFT } from '../memory/memory.js';
import { CountedTree, type TreeItems } from '../structures/counted-tree.js';
import { type Entries, TYPE_HASH, TYPE_LIST, TYPE_SET, TYPE_ZSET } from '../structures/entry.js';
import { HashTable, PREFIX_COUNT, SEGMENT_SLOTS, TABLE_COUNT } from '../structures/hash-table.js';
import { PackedItem } from '../structures/packed-item.js';
import { find, PackedCursor } from '../structures/packed-list.js';
import { PACKED_HEADER_BYTES } from './collection-config.js';
import type { Keyspace } from './keyspace.js';
import { LIST_COUNT, ListChunks } from './list-chunks.js';
import { ROOT_TREE } from './parts.js';

/** Where the next element is to be found. */
const NOWHERE = 0;
const IN_PACKED = 1;
const IN_TABLE = 2;
const IN_TREE = 3;
const IN_CHUNKS = 4;

/** Trees are only walked here: nothing is compared. */
const NO_ORDER: TreeItems = { compare: () => 0, compareBytes: () => 0, weight: () => 1 }; // alloc: once a thread

export class CollectionReader {
  /** The element, member or field. */
  readonly item: PackedCursor;
  /** Of a hash: the field's value. */
  readonly value: PackedCursor;
  /** The buffer that `item.data` and `value.data` show, if they are not integers. */
  bytes: Uint8Array;
  /** Of a sorted set. */
  score: number;
  /** Of a field of a hash, in Unix ms: 0 = none. */
  deadline: number;
  /** Elements, members or fields of the collection that is open. */
  count: number;
  /** Its type. */
  type: number;
  /** Of a large collection: the part (parts.ts) that `next` or `find` stands in, an element or a list's chunk; else 0. */
  part: number;

  private readonly memory: Memory;
  private readonly entries: Entries;
  private readonly keyspace: Keyspace;
  private readonly table: HashTable;
  private readonly tree: CountedTree;
  private readonly chunks: ListChunks;
  private readonly wanted: PackedItem;
  private where: number;
  private isReversed: boolean;
  /** The packed list, or the chunk, under way: what is left of it. */
  private data: DataView;
  private at: number;
  private end: number;
  /**
   * The root's words; in the nested table, the segment under way, its next slot, and the prefix of the segment after it. In a
   * tree, `slot` is 1 once the walk has begun.
   */
  private words: Uint32Array;
  private rootAt: number;
  private segment: number;
  private slot: number;
  private prefix: number;

  constructor(keyspace: Keyspace) {
    this.item = new PackedCursor();
    this.value = new PackedCursor();
    this.bytes = new Uint8Array(0);
    this.score = Number.NaN; // from the first on a double, so that storing one makes no garbage
    this.deadline = 0;
    this.count = 0;
    this.type = 0;
    this.part = 0;
    this.memory = keyspace.memory;
    this.entries = keyspace.entries;
    this.keyspace = keyspace;
    this.table = new HashTable(keyspace.memory, keyspace.entries);
    this.tree = new CountedTree(keyspace.memory, NO_ORDER);
    this.chunks = new ListChunks(keyspace.entries);
    this.wanted = new PackedItem();
    this.where = NOWHERE;
    this.isReversed = false;
    this.data = this.item.data;
    this.at = 0;
    this.end = 0;
    this.words = keyspace.memory.shardU32;
    this.rootAt = 0;
    this.segment = 0;
    this.slot = 0;
    this.prefix = 0;
  }

  /** Goes over the collection of an entry. */
  open(entry: number): void {
    this.begin(entry, false);
  }

  /** Goes over a list from its end, or over a sorted set from its highest score. */
  openReversed(entry: number): void {
    this.begin(entry, true);
  }

  /** Steps to the next element. False when there is none left. */
  next(): boolean {
    switch (this.where) {
      case IN_PACKED:
        return this.isReversed ? this.previousPacked() : this.nextPacked();
      case IN_TABLE:
        return this.nextInTable();
      case IN_TREE:
        return this.nextInTree();
      case IN_CHUNKS:
        return this.nextInChunks();
      default:
        return false;
    }
  }

  /**
   * Looks for a member of a set or sorted set, or a field of a hash whose time is not over, given both as an array and as a view
   * of the same buffer.
   */
  find(entry: number, bytes: Uint8Array, data: DataView, offset: number, size: number): boolean {
    this.type = this.entries.type(entry);
    this.where = NOWHERE;
    if (this.entries.isLarge(entry)) {
      this.openRoot(entry);
      const element = this.table.find(this.rootAt, hashBytes(data, offset, size), data, offset, size);
      return element !== 0 && this.takeElement(element);
    }
    this.part = 0;
    this.deadline = 0;
    this.openPacked(entry);
    this.wanted.setBytes(bytes, data, offset, size);
    const step = this.type === TYPE_SET ? 1 : 2;
    const at = find(this.data, this.at, this.end, this.wanted, step);
    if (at < 0) return false;
    this.at = at;
    return this.nextPacked();
  }

  /** `find` for those who need not know more. */
  contains(entry: number, bytes: Uint8Array, data: DataView, offset: number, size: number): boolean {
    return this.find(entry, bytes, data, offset, size);
  }

  /** The score of a member of a sorted set; NaN, which no score is, when it is not there. */
  scoreOf(entry: number, bytes: Uint8Array, data: DataView, offset: number, size: number): number {
    return this.find(entry, bytes, data, offset, size) ? this.score : Number.NaN;
  }

  // --- helpers

  private begin(entry: number, isReversed: boolean): void {
    this.type = this.entries.type(entry);
    this.isReversed = isReversed;
    this.deadline = 0;
    this.part = 0;
    if (!this.entries.isLarge(entry)) {
      this.openPacked(entry);
      this.where = IN_PACKED;
      return;
    }
    this.openRoot(entry);
    const isList = this.type === TYPE_LIST;
    this.count = this.words[this.rootAt + (isList ? LIST_COUNT : TABLE_COUNT)]!;
    if (isList || this.type === TYPE_ZSET) {
      this.where = isList ? IN_CHUNKS : IN_TREE;
      this.at = 0;
      this.end = 0;
      this.slot = 0;
    } else {
      this.where = IN_TABLE;
      this.prefix = 0;
      this.slot = SEGMENT_SLOTS;
    }
  }

  private openPacked(entry: number): void {
    const entries = this.entries;
    const at = entries.valueOffset(entry);
    this.data = entries.data(entry);
    this.bytes = entries.bytes(entry);
    this.at = at + PACKED_HEADER_BYTES;
    this.end = at + entries.valueSize(entry);
    const items = this.data.getUint16(at, true);
    this.count = this.type === TYPE_ZSET || this.type === TYPE_HASH ? items >>> 1 : items;
  }

  private openRoot(entry: number): void {
    const root = this.entries.root(entry);
    this.words = this.memory.u32[root >>> SEGMENT_SHIFT]!;
    this.rootAt = (root & SEGMENT_MASK) << 1;
    this.table.use(this.words);
  }

  private nextPacked(): boolean {
    if (this.at >= this.end) return false;
    const item = this.item;
    item.read(this.data, this.at);
    this.at = item.end;
    if (this.type === TYPE_HASH) {
      this.value.read(this.data, this.at);
      this.at = this.value.end;
    } else if (this.type === TYPE_ZSET) {
      this.value.read(this.data, this.at);
      this.at = this.value.end;
      this.setScore();
    }
    return true;
  }

  private previousPacked(): boolean {
    if (this.at >= this.end) return false;
    let end = this.end;
    if (this.type === TYPE_ZSET || this.type === TYPE_HASH) {
      this.value.readBefore(this.data, end);
      end = this.value.start;
    }
    this.item.readBefore(this.data, end);
    this.end = this.item.start;
    if (this.type === TYPE_ZSET) this.setScore();
    return true;
  }

  /** From the element that follows the member: an integer, or the eight bytes of a double. */
  private setScore(): void {
    const value = this.value;
    this.score = value.isInteger ? value.integer : value.data.getFloat64(value.offset, true);
  }

  private nextInTable(): boolean {
    for (;;) {
      if (this.slot === SEGMENT_SLOTS) {
        if (this.prefix >= PREFIX_COUNT) return false;
        this.segment = this.table.segmentAt(this.rootAt, this.prefix);
        this.prefix = this.table.segmentEnd(this.rootAt, this.prefix);
        if (this.segment === 0) return false;
        this.slot = 0;
      }
      const element = this.table.slotPointer(this.segment, this.slot++);
      if (element !== 0 && this.takeElement(element)) return true;
    }
  }

  private nextInTree(): boolean {
    const element = this.stepInTree();
    return element !== 0 && this.takeElement(element);
  }

  /** The next member or chunk, or 0. */
  private stepInTree(): number {
    const at = this.rootAt + ROOT_TREE;
    let pointer: number;
    if (this.slot !== 0) pointer = this.isReversed ? this.tree.previous() : this.tree.next();
    else pointer = this.isReversed ? this.tree.seekLast(this.words, at) : this.tree.seekFirst(this.words, at);
    this.slot = 1;
    if (pointer === 0) this.where = NOWHERE;
    return pointer;
  }

  private nextInChunks(): boolean {
    while (this.at >= this.end) {
      const chunk = this.stepInTree();
      if (chunk === 0) return false;
      this.data = this.entries.data(chunk);
      this.bytes = this.entries.bytes(chunk);
      this.part = chunk;
      this.at = this.chunks.start(chunk);
      this.end = this.chunks.end(chunk);
    }
    return this.isReversed ? this.previousPacked() : this.nextPacked();
  }

  /** Shows an element of the nested table. False when its time is over. */
  private takeElement(element: number): boolean {
    const entries = this.entries;
    this.part = element;
    this.deadline = entries.deadline(element);
    if (this.deadline !== 0 && this.deadline <= this.keyspace.now) return false;
    const data = entries.data(element);
    this.bytes = entries.bytes(element);
    const offset = entries.keyOffset(element);
    const size = entries.keySize(element);
    setText(this.item, data, offset, size);
    if (this.type === TYPE_HASH) setText(this.value, data, offset + size, entries.valueSize(element));
    else if (this.type === TYPE_ZSET) this.score = data.getFloat64(offset + size, true);
    return true;
  }
}

/** Makes a cursor stand on bytes that are in no packed list. */
function setText(cursor: PackedCursor, data: DataView, offset: number, size: number): void {
  cursor.isInteger = false;
  cursor.data = data;
  cursor.offset = offset;
  cursor.size = size;
}
