/**
 * The engine of sorted sets: members with scores, in order of score, members of one score in order of their bytes.
 *
 * A small one is one packed block (sorted-set-packed.ts). A large one has an element for each member (elements.ts), whose
 * value is the score as f64, in the nested table of its root, and in the counted tree there, which keeps the order.
 *
 * For commands, and whoever else changes sorted sets:
 *
 *     begin(op, shard, database, hash, keys, keyOffset, keyBytes, existing, payloadBound)
 *         op: OP_ZSET_SET or OP_ZSET_REMOVE. existing: what the last `find` of the key returned, of this type, or 0
 *         payloadBound: the bytes of all members, and ITEM_OVERHEAD_BYTES_MAX each. Beyond those of the request: `log.prepare`
 *     set(bytes, data, offset, size, score)       ADDED, UPDATED, SAME or NO_MEMORY
 *         or, to look before: locate(bytes, data, offset, size), the score or NaN, then put(score) if it is to change
 *     remove(bytes, data, offset, size)           REMOVED, SAME (it is not there) or NO_MEMORY
 *     end()                                       the record is in the log, `entry` is the key's entry, 0 when it is gone
 *
 *     removeRange(shard, database, entry, first, count)     all of it at once
 *     score(shard, database, entry, bytes, data, offset, size)     NaN when the member is not there
 *     rank(shard, database, entry, bytes, data, offset, size)      -1 when the member is not there
 *
 * Between `begin` and `end` nothing else may be asked of the same engine. To read in order: SortedSetCursor.
 *
 * The caller holds the baton of the shard. Nothing here allocates on the JS heap or throws.
 */

import { BytesOfLast } from '../base/bytes.js';
import {
  COLLECTION_LARGE,
  COLLECTION_NAMED_LARGE,
  type Entries,
  ROOT_POINTER_BYTES,
  TYPE_ZSET,
} from '../structures/entry.js';
import { TABLE_COUNT } from '../structures/hash-table.js';
import { PackedItem } from '../structures/packed-item.js';
import { find, PackedCursor, replaceRange, skip } from '../structures/packed-list.js';
import { type CollectionConfig, PACKED_BYTES_MAX, PACKED_HEADER_BYTES } from './collection-config.js';
import type { CollectionEngine } from './collection-engine.js';
import type { Keyspace } from './keyspace.js';
import { ROOT_OWNER } from './parts.js';
import { SortedSetCursor } from './sorted-set-cursor.js';
import { SortedSetElements } from './sorted-set-elements.js';
import { SortedSetLimits } from './sorted-set-limits.js';
import { SortedSetPacked } from './sorted-set-packed.js';
import { ITEM_OVERHEAD_BYTES_MAX, ItemReader } from './wal/log-items.js';
import { FLAG_NEW, OP_ZSET_REMOVE, OP_ZSET_SET } from './wal/record.js';

/** What has become of a member. */
export const SAME = 0;
export const ADDED = 1;
export const UPDATED = 2;
export const REMOVED = 3;
export const NO_MEMORY = 4;

export class SortedSets implements CollectionEngine {
  /** The key's entry, which changes put others in the place of. 0 = there is none. */
  entry: number;
  /** The score of the member that was located, or looked for, last: NaN = it is not there. */
  foundScore: number;
  /** For commands, to read with; no method here loses it but `begin` and what changes the value. */
  readonly reading: SortedSetCursor;
  private readonly keyspace: Keyspace;
  private readonly entries: Entries;
  private readonly limits: SortedSetLimits;
  readonly elements: SortedSetElements;
  private readonly packed: SortedSetPacked;
  private readonly item: PackedItem;
  private readonly pair: PackedCursor;
  private readonly cursor: SortedSetCursor;
  private readonly reader: ItemReader;
  private readonly payloads: BytesOfLast;

  /** The key under way. */
  private shard: number;
  private database: number;
  private hash: number;
  private keys: DataView;
  private keyOffset: number;
  private keyBytes: number;
  /** The keyspace remembers where the entry is. */
  private isPlaceKnown: boolean;
  private isLarge: boolean;
  private hasChanged: boolean;
  /** The new value will be in Redis's larger form when all is in it. */
  private endsNamedLarge: boolean;
  /** Bytes that a packed value will soon need beyond what it has. */
  private room: number;

  /** The member under way. */
  private data: DataView;
  private offset: number;
  private size: number;
  /** In a packed value the offset of its pair from the value's start, in a large one its element: when it is there. */
  private position: number;
  private element: number;

  constructor(keyspace: Keyspace, config: CollectionConfig) {
    this.entry = 0;
    this.reading = new SortedSetCursor(keyspace);
    this.keyspace = keyspace;
    this.entries = keyspace.entries;
    this.limits = new SortedSetLimits(config);
    this.elements = new SortedSetElements(keyspace);
    this.packed = new SortedSetPacked();
    this.item = new PackedItem();
    this.pair = new PackedCursor();
    this.cursor = new SortedSetCursor(keyspace);
    this.reader = new ItemReader();
    this.payloads = new BytesOfLast();
    this.shard = 0;
    this.database = 0;
    this.hash = 0;
    this.keys = this.pair.data;
    this.keyOffset = 0;
    this.keyBytes = 0;
    this.isPlaceKnown = false;
    this.isLarge = false;
    this.hasChanged = false;
    this.endsNamedLarge = false;
    this.room = 0;
    this.data = this.keys;
    this.offset = 0;
    this.size = 0;
    this.foundScore = Number.NaN;
    this.position = 0;
    this.element = 0;
  }

  // --- reading

  /** Number of members. */
  count(entry: number): number {
    if (this.entries.isLarge(entry)) {
      const root = this.entries.root(entry);
      return this.keyspace.parts.words(root)[this.keyspace.parts.at(root) + TABLE_COUNT]!;
    }
    return this.entries.data(entry).getUint16(this.entries.valueOffset(entry), true) >>> 1;
  }

  /** The score of a member, NaN when it is not there. */
  score(
    shard: number,
    database: number,
    entry: number,
    bytes: Uint8Array,
    data: DataView,
    offset: number,
    size: number,
  ): number {
    this.open(shard, database, entry);
    return this.locate(bytes, data, offset, size);
  }

  /** How many members come before this one, -1 when it is not there; `foundScore` is its score. */
  rank(
    shard: number,
    database: number,
    entry: number,
    bytes: Uint8Array,
    data: DataView,
    offset: number,
    size: number,
  ): number {
    this.open(shard, database, entry);
    const score = this.locate(bytes, data, offset, size);
    if (Number.isNaN(score)) return -1;
    if (this.isLarge) return this.elements.rank(this.element);
    const at = this.entries.valueOffset(entry);
    return this.packed.countPairs(this.entries.data(entry), at + PACKED_HEADER_BYTES, at + this.position);
  }

  /** Goes to a sorted set: `elements` is then its table and tree when it is a large one. */
  open(shard: number, database: number, entry: number): void {
    this.shard = shard;
    this.database = database;
    this.entry = entry;
    this.isPlaceKnown = true;
    this.isLarge = entry !== 0 && this.entries.isLarge(entry);
    if (this.isLarge) this.elements.open(shard, database, entry);
  }

  // --- changing

  begin(
    op: number,
    shard: number,
    database: number,
    hash: number,
    keys: DataView,
    keyOffset: number,
    keyBytes: number,
    existing: number,
    payloadBound: number,
  ): void {
    const log = this.keyspace.log;
    log.beginItems(op, existing === 0 ? FLAG_NEW : 0, database, keys, keyOffset, keyBytes, payloadBound);
    this.hash = hash;
    this.keys = keys;
    this.keyOffset = keyOffset;
    this.keyBytes = keyBytes;
    this.hasChanged = false;
    this.endsNamedLarge = false;
    this.room = 0;
    this.open(shard, database, existing);
  }

  /** Finds a member, for `put`: its score, or NaN. */
  locate(bytes: Uint8Array, data: DataView, offset: number, size: number): number {
    this.data = data;
    this.offset = offset;
    this.size = size;
    this.foundScore = Number.NaN;
    if (this.isLarge) {
      this.element = this.elements.find(data, offset, size);
      if (this.element !== 0) this.foundScore = this.elements.score(this.element);
      return this.foundScore;
    }
    this.item.setBytes(bytes, data, offset, size);
    if (this.entry !== 0) this.locatePacked();
    return this.foundScore;
  }

  /** Gives the member that was located, or looked for, this score. Returns ADDED, UPDATED, SAME or NO_MEMORY. */
  put(score: number): number {
    const isNew = Number.isNaN(this.foundScore);
    if (score === this.foundScore) return SAME;
    const isNamedLarge = this.willBeNamedLarge(isNew);
    // As in Redis, whose small form has whole scores as integers. What history says is kept already (`now` is 0).
    const kept = score === 0 && !isNamedLarge && this.keyspace.now !== 0 ? 0 : score;
    const isDone = this.isLarge ? this.putLarge(kept, isNew) : this.putPacked(kept, isNew);
    if (!isDone) return NO_MEMORY;
    if (isNamedLarge) this.nameLarge();
    this.hasChanged = true;
    const log = this.keyspace.log;
    log.putDouble(kept);
    log.putItem(this.data, this.offset, this.size);
    return isNew ? ADDED : UPDATED;
  }

  /** `locate` and `put`. */
  set(bytes: Uint8Array, data: DataView, offset: number, size: number, score: number): number {
    this.locate(bytes, data, offset, size);
    return this.put(score);
  }

  /** Removes a member; the last one takes the key with it. Returns REMOVED, SAME when it is not there, or NO_MEMORY. */
  remove(bytes: Uint8Array, data: DataView, offset: number, size: number): number {
    if (this.entry === 0) return SAME;
    if (Number.isNaN(this.locate(bytes, data, offset, size))) return SAME;
    if (this.isLarge) this.removeElement(this.element);
    else if (!this.removePair()) return NO_MEMORY;
    this.hasChanged = true;
    this.keyspace.log.putItem(data, offset, size);
    return REMOVED;
  }

  /** Completes the record. */
  end(): void {
    const lsn = this.keyspace.log.endItems();
    if (this.hasChanged) this.keyspace.stamp(this.shard, lsn);
  }

  /**
   * Removes `count` members from rank `first` on; `entry` is what the last `find` of the key returned. The log gets the members,
   * or, when nothing is left, that the key is gone.
   *
   * @returns false when memory is exhausted; nothing has changed then
   */
  removeRange(shard: number, database: number, entry: number, first: number, count: number): boolean {
    const cursor = this.cursor;
    const log = this.keyspace.log;
    const entries = this.entries;
    cursor.open(entry);
    if (count === cursor.count) {
      this.keyspace.remove(shard, database, entry);
      return true;
    }
    let bound = 0;
    let left = count;
    for (let found = cursor.seek(first); found; found = --left > 0 && cursor.next()) {
      cursor.spell();
      bound += cursor.size + ITEM_OVERHEAD_BYTES_MAX;
    }
    if (!log.prepare(bound + entries.keySize(entry) + ITEM_OVERHEAD_BYTES_MAX)) return false;
    this.open(shard, database, entry);
    // Before the record is begun, so that one that can't be completed is none.
    if (!this.isLarge && !this.resize(this.entries.valueSize(this.entry))) return false;
    const keys = entries.data(this.entry);
    const keyOffset = entries.keyOffset(this.entry);
    log.beginItems(OP_ZSET_REMOVE, 0, database, keys, keyOffset, entries.keySize(this.entry), bound);
    if (this.isLarge) this.removeElements(first, count);
    else this.removePairs(first, count);
    this.keyspace.stamp(shard, log.endItems());
    return true;
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
    const reader = this.reader;
    const bytes = this.payloads.of(data);
    this.begin(op, shard, database, hash, keys, keyOffset, keyBytes, existing, payloadBytes);
    if (existing === 0 && op === OP_ZSET_SET) {
      this.endsNamedLarge = this.limits.endsNamedLarge(reader, data, payloadOffset, payloadBytes);
      if (payloadBytes <= PACKED_BYTES_MAX) this.room = payloadBytes;
    }
    reader.begin(data, payloadOffset, payloadBytes);
    let isDone = true;
    while (isDone && reader.hasMore()) {
      const score = op === OP_ZSET_SET ? reader.nextDouble() : 0;
      if (!reader.nextItem()) break;
      const outcome =
        op === OP_ZSET_SET
          ? this.set(bytes, data, reader.offset, reader.size, score)
          : this.remove(bytes, data, reader.offset, reader.size);
      isDone = outcome !== NO_MEMORY;
    }
    this.end();
    return isDone;
  }

  // --- inside

  private locatePacked(): void {
    const entries = this.entries;
    const list = entries.data(this.entry);
    const at = entries.valueOffset(this.entry);
    const end = at + entries.valueSize(this.entry);
    const found = find(list, at + PACKED_HEADER_BYTES, end, this.item, 2);
    if (found < 0) return;
    this.position = found - at;
    this.foundScore = this.packed.score(list, found + this.item.encodedBytes);
  }

  /** Whether Redis has it in its larger form once the member is in it. */
  private willBeNamedLarge(isNew: boolean): boolean {
    if (this.endsNamedLarge) return true;
    if (this.entry !== 0 && (this.entries.encoding(this.entry) & COLLECTION_NAMED_LARGE) !== 0) return true;
    if (!isNew) return false;
    return this.limits.isNamedLarge(this.entry === 0 ? 1 : this.count(this.entry) + 1, this.size);
  }

  private nameLarge(): void {
    const entries = this.entries;
    entries.setEncoding(this.entry, entries.encoding(this.entry) | COLLECTION_NAMED_LARGE);
  }

  /** The keyspace remembers the place of a key only until the next search, and not of one that is new. */
  private findPlace(): void {
    if (this.isPlaceKnown) return;
    this.keyspace.findStored(this.shard, this.database, this.hash, this.keys, this.keyOffset, this.keyBytes);
    this.isPlaceKnown = true;
  }

  /** Makes the entry of a new key. */
  private reserve(encoding: number, valueBytes: number): number {
    return this.keyspace.reserveCollection(
      this.shard,
      TYPE_ZSET,
      encoding,
      this.keys,
      this.keyOffset,
      this.keyBytes,
      valueBytes,
      this.room,
      0,
    );
  }

  /** Puts it into its place. False when memory is exhausted. */
  private link(entry: number): boolean {
    if (!this.keyspace.link(this.shard, this.database, this.hash, entry, 0)) {
      this.keyspace.release(this.shard, entry);
      return false;
    }
    this.entry = entry;
    this.isPlaceKnown = false;
    return true;
  }

  // --- the packed form

  private putPacked(score: number, isNew: boolean): boolean {
    this.packed.setScore(score);
    const pairBytes = this.item.encodedBytes + this.packed.scoreItem.encodedBytes;
    if (this.entry === 0) return this.createPacked(score, pairBytes);
    if (isNew) return this.insertPair(score, pairBytes);
    return this.movePair(score, pairBytes);
  }

  private createPacked(score: number, pairBytes: number): boolean {
    const bytes = PACKED_HEADER_BYTES + pairBytes;
    if (bytes > PACKED_BYTES_MAX) return this.createLarge(score);
    const entry = this.reserve(0, bytes);
    if (entry === 0) return false;
    const list = this.entries.data(entry);
    const at = this.entries.valueOffset(entry);
    list.setUint16(at, 2, true);
    this.packed.scoreItem.write(list, this.item.write(list, at + PACKED_HEADER_BYTES));
    return this.link(entry);
  }

  private insertPair(score: number, pairBytes: number): boolean {
    const entries = this.entries;
    const oldBytes = entries.valueSize(this.entry);
    const count = this.count(this.entry);
    if (oldBytes + pairBytes > PACKED_BYTES_MAX || count >= this.limits.packedCountMax()) {
      return this.enlarge(score, true);
    }
    this.room = this.room > pairBytes ? this.room - pairBytes : 0;
    if (!this.resize(oldBytes + pairBytes)) return false;
    const value = entries.valueOffset(this.entry);
    this.putPair(score, value, value + oldBytes, pairBytes);
    entries.data(this.entry).setUint16(value, (count + 1) * 2, true);
    return true;
  }

  /** Takes the pair out and puts it where it belongs with another score. */
  private movePair(score: number, pairBytes: number): boolean {
    const entries = this.entries;
    const oldBytes = entries.valueSize(this.entry);
    const oldPair = pairBytesAt(entries.data(this.entry), entries.valueOffset(this.entry) + this.position);
    const growth = pairBytes - oldPair;
    if (oldBytes + growth > PACKED_BYTES_MAX) return this.enlarge(score, false);
    if (!this.resize(growth > 0 ? oldBytes + growth : oldBytes)) return false;
    const value = entries.valueOffset(this.entry);
    replaceRange(entries.bytes(this.entry), value + this.position, oldPair, 0, value + oldBytes);
    this.putPair(score, value, value + oldBytes - oldPair, pairBytes);
    if (growth < 0) this.shrink(oldBytes + growth);
    return true;
  }

  /** Puts the pair where it belongs in a value from `value` to `end` that has room for it. */
  private putPair(score: number, value: number, end: number, pairBytes: number): void {
    const list = this.entries.data(this.entry);
    const start = value + PACKED_HEADER_BYTES;
    const at = this.packed.place(list, start, end, score, this.data, this.offset, this.size);
    replaceRange(this.entries.bytes(this.entry), at, 0, pairBytes, end);
    this.packed.scoreItem.write(list, this.item.write(list, at));
  }

  /** Removes the pair at `position`. False when memory is exhausted. */
  private removePair(): boolean {
    const entries = this.entries;
    const count = this.count(this.entry);
    if (count === 1) {
      this.removeEmptied();
      return true;
    }
    if (!this.resize(this.entries.valueSize(this.entry))) return false;
    const at = entries.valueOffset(this.entry) + this.position;
    this.cut(at, pairBytesAt(entries.data(this.entry), at), count - 1);
    return true;
  }

  /** Removes and logs `count` pairs, not all, of a value that may be changed. */
  private removePairs(first: number, count: number): void {
    const cursor = this.cursor;
    const entries = this.entries;
    const list = entries.data(this.entry);
    cursor.open(this.entry);
    let left = count;
    for (let found = cursor.seek(first); found; found = --left > 0 && cursor.next()) {
      cursor.spell();
      this.keyspace.log.putItem(cursor.data, cursor.offset, cursor.size);
    }
    let at = entries.valueOffset(this.entry) + PACKED_HEADER_BYTES;
    for (let pair = 0; pair < first; pair++) at += pairBytesAt(list, at);
    let end = at;
    for (let pair = 0; pair < count; pair++) end += pairBytesAt(list, end);
    this.cut(at, end - at, cursor.count - count);
  }

  /** Takes `size` bytes at `at` out of the value, which leaves `count` pairs. */
  private cut(at: number, size: number, count: number): void {
    const entries = this.entries;
    const value = entries.valueOffset(this.entry);
    const bytes = entries.valueSize(this.entry);
    replaceRange(entries.bytes(this.entry), at, size, 0, value + bytes);
    entries.data(this.entry).setUint16(value, count * 2, true);
    this.shrink(bytes - size);
  }

  /** Makes the value so long, in an entry that may be changed. False when memory is exhausted. */
  private resize(bytes: number): boolean {
    this.findPlace();
    const entry = this.keyspace.resize(this.shard, this.database, this.entry, bytes, this.room);
    if (entry === 0) return false;
    this.entry = entry;
    return true;
  }

  /** Makes the value, which may be changed, shorter. Without memory for a smaller block it keeps the one it has. */
  private shrink(bytes: number): void {
    if (!this.resize(bytes)) this.entries.setValueSize(this.entry, bytes);
  }

  // --- the large form

  /** Begins a key with one member, too large to be packed. */
  private createLarge(score: number): boolean {
    const keyspace = this.keyspace;
    const root = keyspace.parts.createRoot(this.shard, TYPE_ZSET);
    if (root === 0) return false;
    this.elements.openRoot(this.shard, this.database, root);
    if (this.putLarge(score, true) && this.linkRoot(root)) {
      this.isLarge = true;
      return true;
    }
    keyspace.parts.abandon(this.shard, root);
    return false;
  }

  private linkRoot(root: number): boolean {
    const entry = this.reserve(COLLECTION_LARGE, ROOT_POINTER_BYTES);
    if (entry === 0) return false;
    this.entries.setRoot(entry, root);
    this.keyspace.parts.own(root, entry);
    return this.link(entry);
  }

  /** Makes the packed value a large one with the member in it. False when memory is exhausted; nothing has changed then. */
  private enlarge(score: number, isNew: boolean): boolean {
    const keyspace = this.keyspace;
    const root = keyspace.parts.createRoot(this.shard, TYPE_ZSET);
    if (root === 0) return false;
    this.elements.openRoot(this.shard, this.database, root);
    this.findPlace();
    const isBuilt = this.unpack(isNew) && this.putLarge(score, isNew);
    if (!isBuilt || !keyspace.enlarge(this.shard, this.database, this.entry, root)) {
      keyspace.parts.abandon(this.shard, root);
      return false;
    }
    this.entry = keyspace.parts.words(root)[keyspace.parts.at(root) + ROOT_OWNER]!;
    this.isLarge = true;
    return true;
  }

  /** Makes elements of all pairs, in the root that is open; one of them is the member under way, unless that is new. */
  private unpack(isNew: boolean): boolean {
    const cursor = this.cursor;
    cursor.open(this.entry);
    for (let found = cursor.seek(0); found; found = cursor.next()) {
      cursor.spell();
      if (!this.elements.insert(cursor.data, cursor.offset, cursor.size, cursor.score)) return false;
    }
    if (!isNew) this.element = this.elements.find(this.data, this.offset, this.size);
    return true;
  }

  private putLarge(score: number, isNew: boolean): boolean {
    if (isNew) return this.elements.insert(this.data, this.offset, this.size, score);
    return this.elements.move(this.element, score);
  }

  /** Removes the element that was found. */
  private removeElement(element: number): void {
    if (this.elements.count === 1) this.removeEmptied();
    else this.elements.remove(element);
  }

  /** Removes and logs `count` elements, not all. */
  private removeElements(first: number, count: number): void {
    const entries = this.entries;
    for (let left = count; left > 0; left--) {
      const element = this.elements.findRank(first);
      const data = entries.data(element);
      this.keyspace.log.putItem(data, entries.keyOffset(element), entries.keySize(element));
      this.elements.remove(element);
    }
  }

  private removeEmptied(): void {
    this.findPlace();
    this.keyspace.removeEmptied(this.shard, this.database, this.entry);
    this.entry = 0;
    this.isLarge = false;
  }
}

/** Bytes of the pair at `at`. */
function pairBytesAt(list: DataView, at: number): number {
  return skip(list, skip(list, at)) - at;
}
