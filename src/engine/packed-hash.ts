/**
 * The packed form of hashes: fields and values in turns in one block, in the order in which the fields came.
 *
 *     value = u16 number of elements (two a field) | field | value | field | value ...     (structures/packed-list.ts)
 *
 * `open` says which hash is meant. Changes may put its value into another block: `entry` is then the new one.
 *
 * The caller (hashes.ts) holds the baton of the shard, has found the key, and logs.
 */

import { formatInteger, INTEGER_BYTES_MAX } from '../base/integer.js';
import type { Entries } from '../structures/entry.js';
import { PackedItem } from '../structures/packed-item.js';
import { find, type PackedCursor, replaceRange, skip } from '../structures/packed-list.js';
import {
  type CollectionConfig,
  PACKED_BYTES_MAX,
  PACKED_COUNT_MAX,
  PACKED_HEADER_BYTES,
} from './collection-config.js';
import type { Elements } from './elements.js';
import { HashCursor } from './hash-cursor.js';
import { ABSENT, CHANGED, CREATED, NO_MEMORY } from './hash-outcome.js';
import type { Keyspace } from './keyspace.js';

/** `set`: the hash has to become large first. */
export const TOO_LARGE = -2;
/** However many Redis is configured to pack: a search goes over all of them. */
const PAIRS_MAX = 1024;

export class PackedHash {
  entry: number;
  private readonly keyspace: Keyspace;
  private readonly entries: Entries;
  private readonly config: CollectionConfig;
  private readonly cursor: HashCursor;
  private readonly field: PackedItem;
  private readonly item: PackedItem;
  /** Digits of a field that the list has as an integer. */
  private readonly digits: Uint8Array;
  private readonly digitsData: DataView;
  private shard: number;
  private database: number;
  /** Bytes that the list is expected to grow by. */
  private room: number;

  constructor(keyspace: Keyspace, config: CollectionConfig) {
    this.entry = 0;
    this.keyspace = keyspace;
    this.entries = keyspace.entries;
    this.config = config;
    this.cursor = new HashCursor(keyspace);
    this.field = new PackedItem();
    this.item = new PackedItem();
    this.digits = new Uint8Array(INTEGER_BYTES_MAX);
    this.digitsData = new DataView(this.digits.buffer);
    this.shard = 0;
    this.database = 0;
    this.room = 0;
  }

  /** From now on the hash of this entry is meant, which is expected to grow by `room` bytes. */
  open(shard: number, database: number, entry: number, room: number): void {
    this.shard = shard;
    this.database = database;
    this.entry = entry;
    this.room = room > PACKED_BYTES_MAX ? 0 : room;
  }

  /** Makes an entry of a list without elements, with the room that it is to be opened with; 0 when memory is exhausted. */
  create(type: number, shard: number, keys: DataView, keyOffset: number, keyBytes: number): number {
    const size = PACKED_HEADER_BYTES;
    const entry = this.keyspace.reserveCollection(
      shard,
      type,
      0,
      keys,
      keyOffset,
      keyBytes,
      size,
      this.room,
      0,
    );
    if (entry !== 0) this.entries.data(entry).setUint16(this.entries.valueOffset(entry), 0, true);
    return entry;
  }

  /** What a field or value takes in a list. */
  sizeOf(bytes: Uint8Array, data: DataView, offset: number, size: number): number {
    this.item.setBytes(bytes, data, offset, size);
    return this.item.encodedBytes;
  }

  /** Number of fields. */
  count(): number {
    return this.elementCount() >>> 1;
  }

  /** Looks for a field: has `value` show what it holds if it returns true. */
  get(bytes: Uint8Array, data: DataView, offset: number, size: number, value: PackedCursor): boolean {
    const entries = this.entries;
    const list = entries.data(this.entry);
    const start = entries.valueOffset(this.entry);
    this.field.setBytes(bytes, data, offset, size);
    const end = start + entries.valueSize(this.entry);
    const at = find(list, start + PACKED_HEADER_BYTES, end, this.field, 2);
    if (at < 0) return false;
    value.read(list, skip(list, at));
    return true;
  }

  /** Gives a field a value: CREATED, CHANGED, or, with nothing changed, NO_MEMORY or TOO_LARGE. */
  set(
    bytes: Uint8Array,
    data: DataView,
    offset: number,
    size: number,
    valueBytes: Uint8Array,
    valueData: DataView,
    valueOffset: number,
    valueSize: number,
  ): number {
    const entries = this.entries;
    const item = this.item;
    const list = entries.data(this.entry);
    const start = entries.valueOffset(this.entry);
    this.field.setBytes(bytes, data, offset, size);
    item.setBytes(valueBytes, valueData, valueOffset, valueSize);
    const end = start + entries.valueSize(this.entry);
    const at = find(list, start + PACKED_HEADER_BYTES, end, this.field, 2);
    if (at < 0) return this.append();
    const valueAt = skip(list, at);
    const bytesBefore = skip(list, valueAt) - valueAt;
    if (bytesBefore === item.encodedBytes && this.keyspace.isMutable(this.shard, this.entry)) {
      item.write(list, valueAt);
      return CHANGED;
    }
    return this.exchangeValue(valueAt - start, bytesBefore);
  }

  /** Deletes a field: CHANGED, ABSENT, or NO_MEMORY, when nothing has changed. */
  remove(bytes: Uint8Array, data: DataView, offset: number, size: number): number {
    const entries = this.entries;
    const list = entries.data(this.entry);
    const start = entries.valueOffset(this.entry);
    const before = entries.valueSize(this.entry);
    this.field.setBytes(bytes, data, offset, size);
    const at = find(list, start + PACKED_HEADER_BYTES, start + before, this.field, 2);
    if (at < 0) return ABSENT;
    const pairBytes = skip(list, skip(list, at)) - at;
    if (!this.resize(before)) return NO_MEMORY;
    const startAfter = entries.valueOffset(this.entry);
    replaceRange(entries.bytes(this.entry), at - start + startAfter, pairBytes, 0, startAfter + before);
    entries.data(this.entry).setUint16(startAfter, this.elementCount() - 2, true);
    this.cut(before - pairBytes);
    return CHANGED;
  }

  /** Makes an element of each field, in the collection that `elements` has open. False when memory is exhausted. */
  spread(elements: Elements): boolean {
    const entries = this.entries;
    const field = this.cursor.field;
    const value = this.cursor.value;
    this.cursor.begin(this.entry);
    while (this.cursor.next()) {
      const element = field.isInteger
        ? elements.create(
            this.digitsData,
            0,
            formatInteger(this.digits, 0, field.integer),
            value.textSize(),
            0,
          )
        : elements.create(field.data, field.offset, field.size, value.textSize(), 0);
      if (element === 0) return false;
      value.copyText(entries.bytes(element), entries.valueOffset(element));
      if (!elements.insert(element)) {
        elements.discard(element);
        return false;
      }
    }
    return true;
  }

  private elementCount(): number {
    return this.entries.data(this.entry).getUint16(this.entries.valueOffset(this.entry), true);
  }

  private pairsMax(): number {
    return Math.min(Math.max(this.config.hashEntriesMax, PACKED_COUNT_MAX), PAIRS_MAX);
  }

  /** Adds `field` and `item` at the end. */
  private append(): number {
    const entries = this.entries;
    const before = entries.valueSize(this.entry);
    const growth = this.field.encodedBytes + this.item.encodedBytes;
    const count = this.elementCount() + 2;
    if (before + growth > PACKED_BYTES_MAX || count > 2 * this.pairsMax()) return TOO_LARGE;
    this.room = Math.max(this.room - growth, 0);
    if (!this.resize(before + growth)) return NO_MEMORY;
    const list = entries.data(this.entry);
    const start = entries.valueOffset(this.entry);
    this.item.write(list, this.field.write(list, start + before));
    list.setUint16(start, count, true);
    return CREATED;
  }

  /** Puts `item` into the place of the value `at` bytes from the start of the list, which has `bytesBefore`. */
  private exchangeValue(at: number, bytesBefore: number): number {
    const entries = this.entries;
    const bytesAfter = this.item.encodedBytes;
    const before = entries.valueSize(this.entry);
    const after = before - bytesBefore + bytesAfter;
    if (after > PACKED_BYTES_MAX) return TOO_LARGE;
    if (!this.resize(Math.max(before, after))) return NO_MEMORY;
    const start = entries.valueOffset(this.entry);
    replaceRange(entries.bytes(this.entry), start + at, bytesBefore, bytesAfter, start + before);
    this.item.write(entries.data(this.entry), start + at);
    if (after < before) this.cut(after);
    return CHANGED;
  }

  /** Makes the list `valueBytes` long, in an entry that may change. False when memory is exhausted. */
  private resize(valueBytes: number): boolean {
    const entry = this.keyspace.resize(this.shard, this.database, this.entry, valueBytes, this.room);
    if (entry === 0) return false;
    this.entry = entry;
    return true;
  }

  /** Takes away the end of the list, which may change. */
  private cut(valueBytes: number): void {
    // Without memory for a smaller block it stays in this one.
    if (!this.resize(valueBytes)) this.entries.setValueSize(this.entry, valueBytes);
  }
}
