/**
 * The engine of sets.
 *
 *     packed     one block. Integers alone: in ascending order (structures/packed-integers.ts), as Redis has them, up to
 *                PACKED_INTEGER_COUNT_MAX. Otherwise: in the order in which members came, up to PACKED_COUNT_MAX
 *     large      an element a member (elements.ts)
 *
 * A packed set is in ascending order exactly as long as OBJECT ENCODING has to say `intset` (COLLECTION_NAMED_LARGE is not set).
 *
 * Reading:
 *
 *     sets.open(entry)  ->  sets.count(), sets.contains(...)
 *
 * All members: CollectionReader. Changing, which is logged as one record:
 *
 *     sets.begin(op, ...)   ->  add, remove, as often as need be             ->  sets.end()
 *     sets.beginTake(...)   ->  while (sets.takeNext()) ... sets.member ...  ->  sets.end()      random members: SPOP
 *
 * The caller holds the baton of the shard. Nothing here allocates on the JS heap, but a view for the bytes of the log, or throws.
 */

import { BytesOfLast } from '../base/bytes.js';
import { hashBytes } from '../base/hash.js';
import { formatInteger, INTEGER_BYTES_MAX } from '../base/integer.js';
import { COLLECTION_NAMED_LARGE, type Entries, TYPE_SET } from '../structures/entry.js';
import { isInteger64 } from '../structures/packed-integers.js';
import { PackedItem } from '../structures/packed-item.js';
import { PackedCursor, replaceRange, skip } from '../structures/packed-list.js';
import {
  type CollectionConfig,
  PACKED_BYTES_MAX,
  PACKED_COUNT_MAX,
  PACKED_HEADER_BYTES,
  PACKED_INTEGER_COUNT_MAX,
} from './collection-config.js';
import type { CollectionEngine } from './collection-engine.js';
import { Elements } from './elements.js';
import type { Keyspace } from './keyspace.js';
import { findPacked } from './packed-set.js';
import { type Parts, ROOT_OWNER } from './parts.js';
import { SetAlgebra } from './set-algebra.js';
import { SetSampler } from './set-sampler.js';
import type { Log } from './wal/log.js';
import { ITEM_OVERHEAD_BYTES_MAX, ItemReader } from './wal/log-items.js';
import { FLAG_NEW, OP_SET_ADD, OP_SET_REMOVE, RECORD_OVERHEAD_BYTES_MAX } from './wal/record.js';

/** What became of a member. */
export const NO_MEMORY = -1;
/** It was there, or, to be removed, was not: nothing has changed. */
export const UNCHANGED = 0;
export const CHANGED = 1;

/** `addPacked`: the set has to become large first. */
const TOO_LARGE = -2;
/** More does not fit a packed list, unless it has long integers. */
const PACKED_PAYLOAD_BYTES_MAX = 2 * PACKED_BYTES_MAX;

export class Sets implements CollectionEngine {
  /** What `takeNext` has taken. It stays readable until the next call. */
  readonly member: PackedCursor;
  /** The elements of the set that is open, if it is large. */
  readonly elements: Elements;
  readonly sampler: SetSampler;
  readonly algebra: SetAlgebra;
  private readonly keyspace: Keyspace;
  private readonly entries: Entries;
  private readonly parts: Parts;
  private readonly log: Log;
  private readonly config: CollectionConfig;
  private readonly item: PackedItem;
  private readonly reader: ItemReader;
  private readonly payload: BytesOfLast;
  /** Digits of a member that a packed list has as an integer. */
  private readonly digits: Uint8Array;
  private readonly digitsData: DataView;
  /** The set that is open, or being changed: its key's place, and its entry, 0 = there is none yet. */
  private shard: number;
  private database: number;
  private entry: number;
  private isLarge: boolean;
  /** OBJECT ENCODING does not say `intset` any more. */
  private isNamedLarge: boolean;
  /** The change under way. */
  private hash: number;
  private keys: DataView;
  private keyOffset: number;
  private keyBytes: number;
  /** Bytes that a packed list is expected to grow by. */
  private room: number;
  private hasChanged: boolean;
  /** Of what `beginTake` has begun: the element that is to go; of a packed list, where its rest is, and the end of what stays. */
  private taken: number;
  private takeAt: number;
  private keptEnd: number;
  /** Members that are still to be taken, of how many. */
  private takeCount: number;
  private takeRest: number;

  constructor(keyspace: Keyspace, config: CollectionConfig) {
    this.member = new PackedCursor();
    this.elements = new Elements(keyspace);
    this.sampler = new SetSampler(keyspace, this.elements);
    this.algebra = new SetAlgebra(keyspace, config);
    this.keyspace = keyspace;
    this.entries = keyspace.entries;
    this.parts = keyspace.parts;
    this.log = keyspace.log;
    this.config = config;
    this.item = new PackedItem();
    this.reader = new ItemReader();
    this.payload = new BytesOfLast();
    this.digits = new Uint8Array(INTEGER_BYTES_MAX);
    this.digitsData = new DataView(this.digits.buffer);
    this.shard = 0;
    this.database = 0;
    this.entry = 0;
    this.isLarge = false;
    this.isNamedLarge = false;
    this.hash = 0;
    this.keys = this.digitsData;
    this.keyOffset = 0;
    this.keyBytes = 0;
    this.room = 0;
    this.hasChanged = false;
    this.taken = 0;
    this.takeAt = 0;
    this.keptEnd = 0;
    this.takeCount = 0;
    this.takeRest = 0;
  }

  // --- reading

  /** From now on `contains` and `count` mean the set of this entry, until it changes. */
  open(shard: number, database: number, entry: number): void {
    const encoding = this.entries.encoding(entry);
    this.shard = shard;
    this.database = database;
    this.entry = entry;
    this.isNamedLarge = (encoding & COLLECTION_NAMED_LARGE) !== 0;
    this.isLarge = this.entries.isLarge(entry);
    if (this.isLarge) this.elements.open(shard, database, entry);
  }

  /** Number of members. */
  count(): number {
    return this.isLarge ? this.elements.count() : this.packedCount();
  }

  /** Whether there is this member, given both as bytes and as a view of the same buffer. */
  contains(bytes: Uint8Array, data: DataView, offset: number, size: number): boolean {
    if (this.isLarge) return this.elements.find(data, offset, size) !== 0;
    this.item.setBytes(bytes, data, offset, size);
    return findPacked(this.entries, this.entry, this.item, bytes) >= 0;
  }

  // --- changing

  /**
   * Begins a change. `existing` is what the last `find` returned for the key: of this type, or 0.
   *
   * @param op OP_SET_ADD, to be followed by `add`, or OP_SET_REMOVE, by `remove`
   * @param payloadBytes the members together, and 4 bytes for each of them, at most
   * @param room how much a packed list is expected to grow
   */
  begin(
    op: number,
    shard: number,
    database: number,
    hash: number,
    keys: DataView,
    keyOffset: number,
    keyBytes: number,
    existing: number,
    payloadBytes: number,
    room: number,
  ): void {
    this.hash = hash;
    this.keys = keys;
    this.keyOffset = keyOffset;
    this.keyBytes = keyBytes;
    this.room = room > PACKED_BYTES_MAX ? 0 : room;
    this.hasChanged = false;
    if (existing !== 0) {
      this.open(shard, database, existing);
    } else {
      this.shard = shard;
      this.database = database;
      this.entry = 0;
      this.isLarge = false;
      this.isNamedLarge = false;
    }
    this.log.beginItems(op, existing === 0 ? FLAG_NEW : 0, database, keys, keyOffset, keyBytes, payloadBytes);
  }

  /** Adds a member, given both as bytes and as a view of the same buffer: CHANGED, UNCHANGED or NO_MEMORY. */
  add(bytes: Uint8Array, data: DataView, offset: number, size: number): number {
    const outcome = this.isLarge
      ? this.addElement(bytes, data, offset, size)
      : this.addSmall(bytes, data, offset, size);
    if (outcome !== CHANGED) return outcome;
    this.hasChanged = true;
    this.log.putItem(data, offset, size);
    return CHANGED;
  }

  /** Removes a member: CHANGED, UNCHANGED or NO_MEMORY. */
  remove(bytes: Uint8Array, data: DataView, offset: number, size: number): number {
    if (this.entry === 0) return UNCHANGED;
    if (this.isLarge) {
      const element = this.elements.find(data, offset, size);
      if (element === 0) return UNCHANGED;
      this.elements.removeFound(element);
    } else {
      this.item.setBytes(bytes, data, offset, size);
      const at = findPacked(this.entries, this.entry, this.item, bytes);
      if (at < 0) return UNCHANGED;
      if (!this.removePacked(at)) return NO_MEMORY;
    }
    this.hasChanged = true;
    this.log.putItem(data, offset, size);
    return CHANGED;
  }

  /** Ends the change: logs what has happened, and removes a key without members. */
  end(): void {
    const lsn = this.log.endItems();
    if (this.hasChanged) this.keyspace.stamp(this.shard, lsn);
    if (this.entry === 0 || this.count() !== 0) return;
    this.keyspace.removeEmptied(this.shard, this.database, this.entry);
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
    if (existing === 0 && op !== OP_SET_ADD) return true;
    const reader = this.reader;
    const bytes = this.payload.of(data);
    const room = existing === 0 ? this.roomForItems(bytes, data, payloadOffset, payloadBytes) : 0;
    this.begin(op, shard, database, hash, keys, keyOffset, keyBytes, existing, payloadBytes, room);
    reader.begin(data, payloadOffset, payloadBytes);
    let outcome = CHANGED;
    while (outcome !== NO_MEMORY && reader.hasMore() && reader.nextItem()) {
      const offset = reader.offset;
      const size = reader.size;
      outcome =
        op === OP_SET_ADD ? this.add(bytes, data, offset, size) : this.remove(bytes, data, offset, size);
    }
    this.end();
    return outcome !== NO_MEMORY;
  }

  /** What a member takes in a packed list. */
  roomFor(bytes: Uint8Array, data: DataView, offset: number, size: number): number {
    this.item.setBytes(bytes, data, offset, size);
    return this.item.encodedBytes;
  }

  /** What the items of a payload take in a packed list; 0 where they can't be in one. */
  private roomForItems(bytes: Uint8Array, data: DataView, offset: number, payloadBytes: number): number {
    if (payloadBytes > PACKED_PAYLOAD_BYTES_MAX) return 0;
    const reader = this.reader;
    let room = 0;
    reader.begin(data, offset, payloadBytes);
    while (reader.hasMore() && reader.nextItem())
      room += this.roomFor(bytes, data, reader.offset, reader.size);
    return room;
  }

  // --- taking members at random

  /**
   * Begins to take `count` members at random, each choice of them as likely as any other; there are more than that. `entry` is
   * what the last `find` returned for the key.
   *
   * @returns false when memory is exhausted; nothing has changed then
   */
  beginTake(
    shard: number,
    database: number,
    keys: DataView,
    keyOffset: number,
    keyBytes: number,
    entry: number,
    count: number,
  ): boolean {
    this.open(shard, database, entry);
    this.room = 0;
    this.hasChanged = true;
    this.takeCount = count;
    const bytes = this.isLarge ? this.chooseElements(count) : this.choosePacked(count);
    if (bytes < 0 || !this.log.prepare(bytes + keyBytes + RECORD_OVERHEAD_BYTES_MAX)) return false;
    this.log.beginItems(OP_SET_REMOVE, 0, database, keys, keyOffset, keyBytes, bytes);
    return true;
  }

  /** Takes the next member out and shows it in `member`. False, and everything done but `end`, when all have been taken. */
  takeNext(): boolean {
    if (this.isLarge ? !this.takeElement() : !this.takePacked()) return false;
    const member = this.member;
    if (member.isInteger) this.log.putInteger(member.integer);
    else this.log.putItem(member.data, member.offset, member.size);
    return true;
  }

  /** Chooses them. Returns how many bytes they have in the log at most, or -1. */
  private chooseElements(count: number): number {
    const sampler = this.sampler;
    const entries = this.entries;
    this.taken = 0;
    if (!sampler.choose(this.entry, count)) return -1;
    let bytes = 0;
    for (let index = 0; index < count; index++) {
      bytes += entries.keySize(sampler.chosen[index]!) + ITEM_OVERHEAD_BYTES_MAX;
    }
    return bytes;
  }

  private takeElement(): boolean {
    const elements = this.elements;
    const entries = this.entries;
    const sampler = this.sampler;
    if (this.taken !== 0) {
      elements.findAgain(this.taken);
      elements.removeFound(this.taken);
      this.taken = 0;
    }
    if (this.takeCount === 0) {
      sampler.end();
      return false;
    }
    const element = sampler.chosen[--this.takeCount]!;
    this.taken = element;
    const member = this.member;
    member.isInteger = false;
    member.data = entries.data(element);
    member.offset = entries.keyOffset(element);
    member.size = entries.keySize(element);
    return true;
  }

  /** The packed list is gone over once: what is taken is passed over, and what stays moves up. */
  private choosePacked(count: number): number {
    const size = this.entries.valueSize(this.entry);
    if (!this.resize(size)) return -1;
    this.takeRest = this.packedCount();
    this.takeAt = this.entries.valueOffset(this.entry) + PACKED_HEADER_BYTES;
    this.keptEnd = this.takeAt;
    return size + count * (INTEGER_BYTES_MAX + ITEM_OVERHEAD_BYTES_MAX);
  }

  private takePacked(): boolean {
    const entries = this.entries;
    const entry = this.entry;
    const member = this.member;
    const data = entries.data(entry);
    if (this.takeCount === 0) {
      this.closeGap();
      return false;
    }
    let at = this.takeAt;
    while (!this.sampler.takes(this.takeCount, this.takeRest)) {
      at = skip(data, at);
      this.takeRest -= 1;
    }
    this.keep(at);
    member.read(data, at);
    this.takeAt = member.end;
    this.takeRest -= 1;
    this.takeCount -= 1;
    data.setUint16(entries.valueOffset(entry), this.packedCount() - 1, true);
    return true;
  }

  /** Moves what is between the last member taken and `at` up. */
  private keep(at: number): void {
    const size = at - this.takeAt;
    if (this.keptEnd !== this.takeAt) {
      this.entries.bytes(this.entry).copyWithin(this.keptEnd, this.takeAt, at);
    }
    this.keptEnd += size;
  }

  private closeGap(): void {
    const start = this.entries.valueOffset(this.entry);
    this.keep(start + this.entries.valueSize(this.entry));
    this.cut(this.keptEnd - start);
  }

  // --- packed

  /** Number of members of the packed list. */
  private packedCount(): number {
    return this.entries.data(this.entry).getUint16(this.entries.valueOffset(this.entry), true);
  }

  /** Adds a member to a set that is not large, or has not begun. */
  private addSmall(bytes: Uint8Array, data: DataView, offset: number, size: number): number {
    if (this.entry === 0 && !this.create()) return NO_MEMORY;
    this.item.setBytes(bytes, data, offset, size);
    const outcome = this.addPacked(bytes);
    if (outcome !== TOO_LARGE) return outcome;
    return this.enlarge() ? this.addElement(bytes, data, offset, size) : NO_MEMORY;
  }

  /** Adds `item`, which was set from these bytes. */
  private addPacked(bytes: Uint8Array): number {
    const found = findPacked(this.entries, this.entry, this.item, bytes);
    if (found >= 0) return UNCHANGED;
    const entries = this.entries;
    const item = this.item;
    const staysOrdered = !this.isNamedLarge && isInteger64(item, bytes);
    const count = this.packedCount() + 1;
    const before = entries.valueSize(this.entry);
    const after = before + item.encodedBytes;
    // Integers have a few bytes each, so that their number alone keeps them small.
    const isTooLarge = count > PACKED_COUNT_MAX || after > PACKED_BYTES_MAX;
    if (staysOrdered ? count > PACKED_INTEGER_COUNT_MAX : isTooLarge) return TOO_LARGE;
    const at = ~found - entries.valueOffset(this.entry);
    this.room = Math.max(this.room - item.encodedBytes, 0);
    if (!this.resize(after)) return NO_MEMORY;
    const start = entries.valueOffset(this.entry);
    replaceRange(entries.bytes(this.entry), start + at, 0, item.encodedBytes, start + before);
    const data = entries.data(this.entry);
    item.write(data, start + at);
    data.setUint16(start, count, true);
    if (!staysOrdered || count > this.config.setIntegersMax) this.nameLarge();
    return CHANGED;
  }

  /** Makes a set without members, which the change fills or `end` removes. */
  private create(): boolean {
    const keyspace = this.keyspace;
    const shard = this.shard;
    const database = this.database;
    const hash = this.hash;
    const keys = this.keys;
    const keyOffset = this.keyOffset;
    const keyBytes = this.keyBytes;
    const entry = keyspace.reserveCollection(
      shard,
      TYPE_SET,
      0,
      keys,
      keyOffset,
      keyBytes,
      PACKED_HEADER_BYTES,
      this.room,
      0,
    );
    if (entry === 0) return false;
    this.entries.data(entry).setUint16(this.entries.valueOffset(entry), 0, true);
    if (!keyspace.link(shard, database, hash, entry, 0)) {
      keyspace.memory.free(shard, entry);
      return false;
    }
    // Its place is what resizing needs.
    keyspace.findStored(shard, database, hash, keys, keyOffset, keyBytes);
    this.entry = entry;
    return true;
  }

  /** Removes the member at `at`. */
  private removePacked(at: number): boolean {
    const entries = this.entries;
    const size = entries.valueSize(this.entry);
    const place = at - entries.valueOffset(this.entry);
    if (!this.resize(size)) return false;
    const start = entries.valueOffset(this.entry);
    const data = entries.data(this.entry);
    const itemBytes = skip(data, start + place) - (start + place);
    replaceRange(entries.bytes(this.entry), start + place, itemBytes, 0, start + size);
    data.setUint16(start, this.packedCount() - 1, true);
    this.cut(size - itemBytes);
    return true;
  }

  /** Makes the packed list `valueBytes` long, in an entry that may change. False when memory is exhausted. */
  private resize(valueBytes: number): boolean {
    const entry = this.keyspace.resize(this.shard, this.database, this.entry, valueBytes, this.room);
    if (entry === 0) return false;
    this.entry = entry;
    return true;
  }

  /** Takes away the end of the packed list, which may change. */
  private cut(valueBytes: number): void {
    // Without memory for a smaller block it stays in this one.
    if (!this.resize(valueBytes)) this.entries.setValueSize(this.entry, valueBytes);
  }

  /** Makes the packed set a large one. False when memory is exhausted; it is as it was then. */
  private enlarge(): boolean {
    const keyspace = this.keyspace;
    const parts = this.parts;
    const shard = this.shard;
    const database = this.database;
    const entry = this.entry;
    const root = parts.createRoot(shard, TYPE_SET);
    if (root === 0) return false;
    this.elements.openRoot(shard, database, root);
    if (!this.spread() || !keyspace.enlarge(shard, database, entry, root)) {
      parts.abandon(shard, root);
      return false;
    }
    this.entry = parts.words(root)[parts.at(root) + ROOT_OWNER]!;
    this.isLarge = true;
    return true;
  }

  /** Makes an element of each member of the packed list. */
  private spread(): boolean {
    const entries = this.entries;
    const entry = this.entry;
    const member = this.member;
    const digits = this.digits;
    const data = entries.data(entry);
    const start = entries.valueOffset(entry);
    const end = start + entries.valueSize(entry);
    for (let at = start + PACKED_HEADER_BYTES; at < end; at = member.end) {
      member.read(data, at);
      const isDone = member.isInteger
        ? this.insertAnew(this.digitsData, 0, formatInteger(digits, 0, member.integer))
        : this.insertAnew(member.data, member.offset, member.size);
      if (!isDone) return false;
    }
    return true;
  }

  // --- large

  private addElement(bytes: Uint8Array, data: DataView, offset: number, size: number): number {
    const elements = this.elements;
    const hash = hashBytes(data, offset, size);
    if (elements.table.find(elements.tableAt, hash, data, offset, size) !== 0) return UNCHANGED;
    if (!this.insert(hash, data, offset, size)) return NO_MEMORY;
    if (!this.isNamedLarge) this.nameByElement(bytes, data, offset, size);
    return CHANGED;
  }

  private insertAnew(data: DataView, offset: number, size: number): boolean {
    return this.insert(hashBytes(data, offset, size), data, offset, size);
  }

  /** Makes an element of a member that is not there. False when memory is exhausted. */
  private insert(hash: number, data: DataView, offset: number, size: number): boolean {
    const elements = this.elements;
    const element = elements.create(data, offset, size, 0, 0);
    if (element === 0) return false;
    if (elements.table.insert(this.shard, elements.tableAt, hash, element)) return true;
    elements.discard(element);
    return false;
  }

  /** Notes what a member that has been added means for the name of the encoding. */
  private nameByElement(bytes: Uint8Array, data: DataView, offset: number, size: number): void {
    this.item.setBytes(bytes, data, offset, size);
    const isInteger = isInteger64(this.item, bytes);
    if (!isInteger || this.elements.count() > this.config.setIntegersMax) this.nameLarge();
  }

  private nameLarge(): void {
    this.isNamedLarge = true;
    this.entries.setEncoding(this.entry, this.entries.encoding(this.entry) | COLLECTION_NAMED_LARGE);
  }
}
