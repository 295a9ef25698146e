/**
 * Intersections, unions and differences of sets, member by member:
 *
 *     algebra.clear();  algebra.addSource(entry)...                0 = an empty set
 *     algebra.begin(INTERSECTION)                                  or UNION, DIFFERENCE
 *     while (algebra.next()) ... algebra.member ...
 *     algebra.isComplete()                                         false: there was no memory for it
 *     algebra.end()
 *
 * An intersection goes over the smallest set and looks for each member in the others. A difference goes over the first one; where
 * that means many searches for each member, because there are many others, their union is made first. A union notes the
 * members that it has passed in a payload, which in the end is what is to be stored.
 *
 * The sets must not change meanwhile: the batons of all are held. Nothing is allocated for a member, and nothing throws.
 */

import { hashBytes } from '../base/hash.js';
import { formatInteger, INTEGER_BYTES_MAX } from '../base/integer.js';
import { type Memory, SEGMENT_MASK, SEGMENT_SHIFT } from '../memory/memory.js';
import type { Entries } from '../structures/entry.js';
import { HashTable, TABLE_COUNT } from '../structures/hash-table.js';
import { isInteger64, locate } from '../structures/packed-integers.js';
import { PackedItem } from '../structures/packed-item.js';
import { type PackedCursor, replaceRange } from '../structures/packed-list.js';
import { type CollectionConfig, PACKED_INTEGER_COUNT_MAX } from './collection-config.js';
import { CollectionReader } from './collection-reader.js';
import { ItemPayload } from './item-payload.js';
import type { Keyspace } from './keyspace.js';
import { MemberIndex } from './member-index.js';
import { findPacked, isOrdered } from './packed-set.js';
import { ItemReader } from './wal/log-items.js';

export const INTERSECTION = 0;
export const UNION = 1;
export const DIFFERENCE = 2;

/** A search costs less than noting a member: so many times more of them are put up with. */
const SEARCHES_PER_NOTE = 2;
/** Bytes of an integer of 64 bits in a packed list at most. */
const PACKED_INTEGER_BYTES_MAX = INTEGER_BYTES_MAX + 2;

export class SetAlgebra {
  /** What `next` has found: an integer, or bytes of `reader.bytes`. */
  readonly member: PackedCursor;
  /** Members that a union has found, as items. */
  readonly seen: ItemPayload;
  /** Those of the first source, when a difference has gone over it: some are not integers. */
  private hasText: boolean;
  private readonly config: CollectionConfig;
  private readonly memory: Memory;
  private readonly entries: Entries;
  private readonly table: HashTable;
  private readonly reader: CollectionReader;
  private readonly index: MemberIndex;
  private sources: number[];
  private operation: number;
  /** The source that the reader is at, and whether the others of a difference are in the index. */
  private position: number;
  private isIndexed: boolean;
  private isOver: boolean;
  /** The member that the reader is at, as it is looked for. */
  private readonly item: PackedItem;
  private bytes: Uint8Array;
  private data: DataView;
  private offset: number;
  private size: number;
  private hash: number;
  private readonly digits: Uint8Array;
  private readonly digitsData: DataView;

  constructor(keyspace: Keyspace, config: CollectionConfig) {
    this.reader = new CollectionReader(keyspace);
    this.member = this.reader.item;
    this.seen = new ItemPayload();
    this.hasText = false;
    this.config = config;
    this.memory = keyspace.memory;
    this.entries = keyspace.entries;
    this.table = new HashTable(keyspace.memory, keyspace.entries);
    this.index = new MemberIndex();
    this.sources = [];
    this.operation = INTERSECTION;
    this.position = 0;
    this.isIndexed = false;
    this.isOver = true;
    this.item = new PackedItem();
    this.digits = new Uint8Array(INTEGER_BYTES_MAX);
    this.digitsData = new DataView(this.digits.buffer);
    this.bytes = this.digits;
    this.data = this.digitsData;
    this.offset = 0;
    this.size = 0;
    this.hash = 0;
  }

  clear(): void {
    this.sources = []; // alloc: once a command, for its keys
  }

  /** One more set: its entry, or 0. */
  addSource(entry: number): void {
    this.sources.push(entry);
  }

  begin(operation: number): void {
    const { sources } = this;
    this.operation = operation;
    this.position = 0;
    this.isIndexed = false;
    this.hasText = false;
    this.index.begin(this.seen);
    this.seen.begin();
    this.isOver =
      sources.length === 0 || (operation === INTERSECTION ? sources.includes(0) : sources[0] === 0);
    if (operation === UNION) {
      this.sources = sources.filter((entry) => entry !== 0); // alloc: as above
      this.isOver = this.sources.length === 0;
    } else if (!this.isOver && operation === INTERSECTION) {
      sources.sort((left, right) => this.sizeOf(left) - this.sizeOf(right));
    } else if (!this.isOver) {
      this.orderSubtrahends();
    }
    if (!this.isOver) this.reader.open(this.sources[0]!);
  }

  /** Goes on to the next member. False when there is none left, or no memory. */
  next(): boolean {
    while (!this.isOver) {
      if (!this.reader.next()) {
        this.position += 1;
        this.isOver = this.operation !== UNION || this.position >= this.sources.length;
        if (!this.isOver) this.reader.open(this.sources[this.position]!);
        continue;
      }
      this.spell();
      if (this.belongs()) return this.isComplete();
      if (!this.isComplete()) return false;
    }
    return false;
  }

  /** True when there was memory enough. */
  isComplete(): boolean {
    return this.seen.isComplete() && !this.index.isFull;
  }

  /** Gives back the memory that very many members have taken. */
  end(): void {
    this.index.end();
    this.seen.clear();
  }

  /**
   * True when the union, which `next` has gone over, comes in ascending order from Redis, because it has put it together in a set
   * of integers.
   */
  isUnionOrdered(): boolean {
    const { count } = this.index;
    if (count > this.config.setIntegersMax || count > PACKED_INTEGER_COUNT_MAX) return false;
    for (const entry of this.sources) if (!isOrdered(this.entries, entry)) return false;
    return true;
  }

  /** The union in ascending order, if `isUnionOrdered` is true: a packed list from 0 on. */
  orderedUnion(): DataView {
    const bytes = new Uint8Array(this.index.count * PACKED_INTEGER_BYTES_MAX); // alloc: once a command
    const list = new DataView(bytes.buffer);
    const { data, size } = this.seen;
    const source = new Uint8Array(data.buffer, data.byteOffset, size);
    const { item } = this;
    const items = new ItemReader();
    items.begin(data, 0, size);
    let end = 0;
    while (items.hasMore() && items.nextItem()) {
      item.setBytes(source, data, items.offset, items.size);
      const at = ~locate(list, 0, end, item);
      replaceRange(bytes, at, 0, item.encodedBytes, end);
      item.write(list, at);
      end += item.encodedBytes;
    }
    return new DataView(bytes.buffer, 0, end);
  }

  /**
   * True when Redis has put the difference together in a set that was once larger, or had other members than integers: the name
   * of its encoding tells. It does so when going over all sets is less work than looking up the members of the first one in
   * half of them.
   */
  isDifferenceNamedLarge(): boolean {
    let sets = 0;
    let members = 0;
    for (const entry of this.sources) {
      if (entry === 0) continue;
      sets += 1;
      members += this.sizeOf(entry);
    }
    const first = this.sizeOf(this.sources[0]!);
    if (Math.floor((first * sets) / 2) <= members) return false;
    return this.hasText || first > this.config.setIntegersMax;
  }

  /** Number of members of a set. */
  private sizeOf(entry: number): number {
    const { entries } = this;
    if (!entries.isLarge(entry)) return entries.data(entry).getUint16(entries.valueOffset(entry), true);
    const root = entries.root(entry);
    return this.memory.u32[root >>> SEGMENT_SHIFT]![((root & SEGMENT_MASK) << 1) + TABLE_COUNT]!;
  }

  /** Has the member that the reader is at ready to be looked for, in any form of a set. */
  private spell(): void {
    const { member, item } = this;
    if (member.isInteger) {
      this.bytes = this.digits;
      this.data = this.digitsData;
      this.offset = 0;
      this.size = formatInteger(this.digits, 0, member.integer);
      item.setInteger(member.integer);
    } else {
      this.bytes = this.reader.bytes;
      this.data = member.data;
      this.offset = member.offset;
      this.size = member.size;
      item.setBytes(this.bytes, this.data, this.offset, this.size);
    }
    this.hash = hashBytes(this.data, this.offset, this.size);
  }

  /** True when the member is one of the result. */
  private belongs(): boolean {
    if (this.operation === UNION) return this.note();
    const isWanted = this.operation === INTERSECTION;
    if (!isWanted && !this.hasText && !isInteger64(this.item, this.bytes)) this.hasText = true;
    if (this.isIndexed) return !this.index.contains(this.hash, this.data, this.offset, this.size);
    const { sources } = this;
    for (let source = 1; source < sources.length; source++) {
      const entry = sources[source]!;
      if (entry !== 0 && this.isIn(entry) !== isWanted) return false;
    }
    return true;
  }

  /** Notes the member. False when it has been noted before. */
  private note(): boolean {
    if (!this.index.isNew(this.hash, this.data, this.offset, this.size)) return false;
    this.seen.putItem(this.data, this.offset, this.size);
    return true;
  }

  private isIn(entry: number): boolean {
    const { entries, table } = this;
    if (!entries.isLarge(entry)) return findPacked(entries, entry, this.item, this.bytes) >= 0;
    const root = entries.root(entry);
    table.use(this.memory.u32[root >>> SEGMENT_SHIFT]!);
    return table.find((root & SEGMENT_MASK) << 1, this.hash, this.data, this.offset, this.size) !== 0;
  }

  /** The largest of the others first: it is the likeliest to have a member. Or all of them in the index. */
  private orderSubtrahends(): void {
    const [first, ...others] = this.sources;
    const sets = others.filter((entry) => entry !== 0);
    sets.sort((left, right) => this.sizeOf(right) - this.sizeOf(left));
    this.sources = [first!, ...sets];
    let members = this.sizeOf(first!);
    for (const entry of sets) members += this.sizeOf(entry);
    if (this.sizeOf(first!) * sets.length <= SEARCHES_PER_NOTE * members) return;
    for (const entry of sets) {
      this.reader.open(entry);
      while (this.isComplete() && this.reader.next()) {
        this.spell();
        this.note();
      }
    }
    this.isIndexed = true;
    this.isOver = !this.isComplete();
  }
}
