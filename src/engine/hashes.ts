/**
 * The engine of hashes.
 *
 *     packed     one block: fields and values in turns (packed-hash.ts)
 *     large      an element a field (large-hash.ts); only here fields have deadlines
 *
 * A hash becomes large when it has too many bytes or fields for one block, or with its first deadline, and stays so.
 *
 * Reading one field, here or from elsewhere:
 *
 *     hashes.open(shard, database, entry)
 *     hashes.get(bytes, data, offset, size)      -> hashes.value, hashes.deadline
 *
 * All fields with their values and deadlines: hash-cursor.ts. Changing, which is logged as one record:
 *
 *     hashes.begin(op, ...)  ->  set, remove, expire, as often as need be  ->  hashes.end()
 *
 * A field whose time is over is not there, for any method and for `count`; it is deleted by whoever writes it, and by
 * maintenance (`expireFields`). While history repeats, `keyspace.now` is 0 and no time is over.
 *
 * The caller holds the baton of the shard. Nothing here throws.
 */

import { hashBytes } from '../base/hash.js';
import { COLLECTION_EXPIRES, COLLECTION_NAMED_LARGE, type Entries, TYPE_HASH } from '../structures/entry.js';
import { PackedCursor } from '../structures/packed-list.js';
import { type CollectionConfig, PACKED_BYTES_MAX } from './collection-config.js';
import type { CollectionEngine } from './collection-engine.js';
import type { Elements } from './elements.js';
import type { FieldDeadlines } from './field-deadlines.js';
import { HashCursor } from './hash-cursor.js';
import { ABSENT, CHANGED, NO_MEMORY } from './hash-outcome.js';
import type { FieldExpiry, Keyspace } from './keyspace.js';
import { LargeHash } from './large-hash.js';
import { PackedHash, TOO_LARGE } from './packed-hash.js';
import { ROOT_OWNER } from './parts.js';
import type { Log } from './wal/log.js';
import { ITEM_OVERHEAD_BYTES_MAX, ItemReader } from './wal/log-items.js';
import {
  FLAG_EXPIRED,
  FLAG_NEW,
  INLINE_RECORD_BYTES_MAX,
  OP_HASH_DELETE,
  OP_HASH_EXPIREAT,
  OP_HASH_SET,
  OP_HASH_UPDATE,
} from './wal/record.js';

/** Before the items of OP_HASH_EXPIREAT. */
const DEADLINE_BYTES = 8;
/** Fields deleted in one step of maintenance, of which it does some dozens for one hold of the baton. */
const FIELDS_PER_STEP = 4;
/** How long maintenance leaves a hash alone whose names are too long to be logged now. */
const RETRY_MS = 1000;

const NO_BYTES = new Uint8Array(0);

export class Hashes implements CollectionEngine, FieldExpiry {
  /** What `get` has found: the value, and the field's deadline in Unix ms, 0 = none. */
  readonly value: PackedCursor;
  deadline: number;
  /** For commands that read all fields of a hash. */
  readonly cursor: HashCursor;
  /** The elements of the hash that is open, if it is large, and their deadlines. */
  readonly elements: Elements;
  readonly deadlines: FieldDeadlines;
  private readonly packed: PackedHash;
  private readonly large: LargeHash;
  private readonly keyspace: Keyspace;
  private readonly entries: Entries;
  private readonly log: Log;
  private readonly config: CollectionConfig;
  private readonly reader: ItemReader;
  /** The bytes of the payload that was repeated last. */
  private payload: Uint8Array;
  private payloadData: DataView;
  /** The hash that is open, or being changed: its key's place, and its entry, 0 = there is none yet. */
  private shard: number;
  private database: number;
  private entry: number;
  private isLarge: boolean;
  /** The change under way. */
  private op: number;
  private flags: number;
  private hash: number;
  private keys: DataView;
  private keyOffset: number;
  private keyBytes: number;
  private hasChanged: boolean;
  private hasLongItem: boolean;
  /** One field is set, by a record of its own, which ends at `lsn`. */
  private isOne: boolean;
  private lsn: number;

  constructor(keyspace: Keyspace, config: CollectionConfig) {
    this.value = new PackedCursor();
    this.deadline = Number.NaN; // from the first on a double, so that storing one makes no garbage
    this.cursor = new HashCursor(keyspace);
    this.packed = new PackedHash(keyspace, config);
    this.large = new LargeHash(keyspace);
    this.elements = this.large.elements;
    this.deadlines = this.large.deadlines;
    this.keyspace = keyspace;
    this.entries = keyspace.entries;
    this.log = keyspace.log;
    this.config = config;
    this.reader = new ItemReader();
    this.payload = NO_BYTES;
    this.payloadData = new DataView(NO_BYTES.buffer);
    this.shard = 0;
    this.database = 0;
    this.entry = 0;
    this.isLarge = false;
    this.op = 0;
    this.flags = 0;
    this.hash = 0;
    this.keys = this.payloadData;
    this.keyOffset = 0;
    this.keyBytes = 0;
    this.hasChanged = false;
    this.hasLongItem = false;
    this.isOne = false;
    this.lsn = Number.NaN;
  }

  // --- reading

  /** From now on `get` and `count` mean the hash of this entry, until it changes. */
  open(shard: number, database: number, entry: number): void {
    this.openWithRoom(shard, database, entry, 0);
  }

  /** Looks for a field, given both as bytes and as a view of the same buffer: `value` and `deadline` if it returns true. */
  get(bytes: Uint8Array, data: DataView, offset: number, size: number): boolean {
    if (this.isLarge) {
      const isThere = this.large.get(data, offset, size, this.value);
      this.deadline = this.large.deadline;
      return isThere;
    }
    this.deadline = 0;
    return this.packed.get(bytes, data, offset, size, this.value);
  }

  /** Number of fields. */
  count(): number {
    return this.isLarge ? this.large.count() : this.packed.count();
  }

  // --- changing

  /**
   * Begins a change. `existing` is what the last `find` returned for the key: of this type, or 0.
   *
   * @param op OP_HASH_*: what the record says of the fields
   * @param payloadBytes the fields and values together, and 4 bytes for each of them, at most
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
    this.beginOne(op, shard, database, hash, keys, keyOffset, keyBytes, existing, room);
    this.isOne = false;
    const bytesMax = op === OP_HASH_EXPIREAT ? payloadBytes + DEADLINE_BYTES : payloadBytes;
    this.log.beginItems(op, this.flags, database, keys, keyOffset, keyBytes, bytesMax);
  }

  /** Like `begin`, when `set` will be called once: the record is made then. The caller has `prepare`d it if it is large. */
  beginOne(
    op: number,
    shard: number,
    database: number,
    hash: number,
    keys: DataView,
    keyOffset: number,
    keyBytes: number,
    existing: number,
    room: number,
  ): void {
    this.openWithRoom(shard, database, existing, room);
    this.op = op;
    this.flags = existing === 0 ? FLAG_NEW : 0;
    this.hash = hash;
    this.keys = keys;
    this.keyOffset = keyOffset;
    this.keyBytes = keyBytes;
    this.isOne = true;
    this.hasChanged = false;
    this.hasLongItem = false;
    this.large.hasNewDeadlines = false;
  }

  /**
   * Gives a field a value; both are given as bytes and as a view of the same buffer. With OP_HASH_UPDATE its deadline stays.
   *
   * @returns CREATED, CHANGED, or NO_MEMORY, when the field is as it was
   */
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
    const bytesMax = this.config.hashValueBytesMax;
    if (size > bytesMax || valueSize > bytesMax) this.hasLongItem = true;
    let outcome = TOO_LARGE;
    if (!this.isLarge) {
      if (this.entry === 0 && !this.create()) return NO_MEMORY;
      outcome = this.packed.set(bytes, data, offset, size, valueBytes, valueData, valueOffset, valueSize);
      this.entry = this.packed.entry;
      if (outcome === TOO_LARGE && !this.enlarge()) return NO_MEMORY;
    }
    if (outcome === TOO_LARGE) {
      const keepsDeadline = this.op === OP_HASH_UPDATE;
      outcome = this.large.set(
        this.shard,
        data,
        offset,
        size,
        valueData,
        valueOffset,
        valueSize,
        keepsDeadline,
      );
    }
    if (outcome !== NO_MEMORY) this.logPair(data, offset, size, valueData, valueOffset, valueSize);
    return outcome;
  }

  /** Deletes a field: CHANGED, ABSENT, or NO_MEMORY, when it is as it was. */
  remove(bytes: Uint8Array, data: DataView, offset: number, size: number): number {
    if (this.entry === 0) return ABSENT;
    let outcome: number;
    let isGone: boolean;
    if (this.isLarge) {
      outcome = this.large.remove(this.shard, data, offset, size);
      isGone = this.large.hasFound;
    } else {
      outcome = this.packed.remove(bytes, data, offset, size);
      this.entry = this.packed.entry;
      isGone = outcome === CHANGED;
    }
    if (isGone) {
      this.hasChanged = true;
      this.log.putItem(data, offset, size);
    }
    return outcome;
  }

  /** Deletes a field if its time is over. */
  removeDue(bytes: Uint8Array, data: DataView, offset: number, size: number): void {
    if (this.isLarge && !this.get(bytes, data, offset, size)) this.remove(bytes, data, offset, size);
  }

  /**
   * Gives a field another deadline (Unix ms, 0 = none any more), the same in all calls between `begin` and `end`: CHANGED,
   * ABSENT, or NO_MEMORY, when it is as it was.
   */
  expire(bytes: Uint8Array, data: DataView, offset: number, size: number, deadline: number): number {
    if (this.entry === 0) return ABSENT;
    if (!this.isLarge) {
      if (deadline === 0 || !this.get(bytes, data, offset, size)) return ABSENT;
      if (!this.enlarge()) return NO_MEMORY;
    }
    const outcome = this.large.expire(this.shard, this.tableAt(), data, offset, size, deadline);
    if (outcome !== CHANGED) return outcome;
    if (!this.hasChanged) this.log.putDouble(deadline); // a record without any field is none
    this.hasChanged = true;
    this.log.putItem(data, offset, size);
    return CHANGED;
  }

  /** Ends the change: logs what has happened, and removes a key without fields. */
  end(): void {
    const entries = this.entries;
    const entry = this.entry;
    const lsn = this.isOne ? this.lsn : this.log.endItems();
    if (this.hasChanged) this.keyspace.stamp(this.shard, lsn);
    if (entry === 0) return;
    const count = this.isLarge ? this.elements.count() : this.packed.count();
    if (count === 0) {
      this.keyspace.removeEmptied(this.shard, this.database, entry);
      return;
    }
    const hasNewDeadlines = this.isLarge && this.large.hasNewDeadlines;
    if (hasNewDeadlines) this.deadlines.settle(this.shard, this.tableAt());
    if (!this.hasChanged) return;
    const before = entries.encoding(entry);
    let encoding = before;
    if (this.hasLongItem || count > this.config.hashEntriesMax) encoding |= COLLECTION_NAMED_LARGE;
    if (hasNewDeadlines) encoding |= COLLECTION_EXPIRES;
    if (encoding !== before) entries.setEncoding(entry, encoding);
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
    const isSet = op === OP_HASH_SET || op === OP_HASH_UPDATE;
    if (existing === 0 && !isSet) return true;
    const reader = this.reader;
    const bytes = this.bytesOf(data);
    reader.begin(data, payloadOffset, payloadBytes);
    const room = existing === 0 ? this.packedBytes(bytes, data, payloadBytes) : 0;
    reader.begin(data, payloadOffset, payloadBytes);
    const deadline = op === OP_HASH_EXPIREAT ? reader.nextDouble() : 0;
    this.begin(op, shard, database, hash, keys, keyOffset, keyBytes, existing, payloadBytes, room);
    let outcome = CHANGED;
    while (outcome !== NO_MEMORY && reader.hasMore() && reader.nextItem()) {
      const offset = reader.offset;
      const size = reader.size;
      if (op === OP_HASH_DELETE) outcome = this.remove(bytes, data, offset, size);
      else if (!isSet) outcome = this.expire(bytes, data, offset, size, deadline);
      else if (reader.nextItem())
        outcome = this.set(bytes, data, offset, size, bytes, data, reader.offset, reader.size);
    }
    this.end();
    return outcome !== NO_MEMORY;
  }

  /** Deletes some fields whose time is over: see FieldExpiry. */
  expireFields(shard: number, database: number, root: number): void {
    const keyspace = this.keyspace;
    const entries = this.entries;
    const deadlines = this.deadlines;
    const entry = keyspace.parts.words(root)[keyspace.parts.at(root) + ROOT_OWNER]!;
    const keys = entries.data(entry);
    const keyOffset = entries.keyOffset(entry);
    const keyBytes = entries.keySize(entry);
    const hash = hashBytes(keys, keyOffset, keyBytes);
    // Its place is what removing the key needs.
    keyspace.findStored(shard, database, hash, keys, keyOffset, keyBytes);
    this.open(shard, database, entry);
    let count = 0;
    let bytes = 0;
    for (let due = deadlines.firstDue(keyspace.now); due !== 0; due = deadlines.nextDue(keyspace.now)) {
      const more = entries.keySize(due) + ITEM_OVERHEAD_BYTES_MAX;
      if (count === FIELDS_PER_STEP || (count > 0 && bytes + more > INLINE_RECORD_BYTES_MAX / 2)) break;
      count += 1;
      bytes += more;
    }
    if (!this.log.prepare(keyBytes + 2 * bytes)) {
      deadlines.postpone(shard, this.tableAt(), keyspace.now + RETRY_MS);
      return;
    }
    this.begin(OP_HASH_DELETE, shard, database, hash, keys, keyOffset, keyBytes, entry, bytes, 0);
    this.log.markItems(FLAG_EXPIRED);
    this.large.hasNewDeadlines = true;
    for (; count > 0; count--) this.removeElement(deadlines.firstDue(keyspace.now));
    this.end();
  }

  private removeElement(element: number): void {
    const entries = this.entries;
    this.hasChanged = true;
    this.log.putItem(entries.data(element), entries.keyOffset(element), entries.keySize(element));
    this.elements.findAgain(element);
    this.large.removeFound(this.shard, element);
  }

  private openWithRoom(shard: number, database: number, entry: number, room: number): void {
    this.shard = shard;
    this.database = database;
    this.entry = entry;
    this.isLarge = entry !== 0 && this.entries.isLarge(entry);
    if (this.isLarge) this.elements.open(shard, database, entry);
    else this.packed.open(shard, database, entry, room);
  }

  private tableAt(): number {
    return this.keyspace.memory.tableAt(this.shard, this.database);
  }

  /** Makes a hash without fields, which the change fills or `end` removes. */
  private create(): boolean {
    const keyspace = this.keyspace;
    const shard = this.shard;
    const keys = this.keys;
    const entry = this.packed.create(TYPE_HASH, shard, keys, this.keyOffset, this.keyBytes);
    if (entry === 0) return false;
    if (!keyspace.link(shard, this.database, this.hash, entry, 0)) {
      keyspace.memory.free(shard, entry);
      return false;
    }
    // Its place is what resizing needs.
    keyspace.findStored(shard, this.database, this.hash, keys, this.keyOffset, this.keyBytes);
    this.entry = entry;
    this.packed.entry = entry;
    return true;
  }

  /** Makes the packed hash a large one. False when memory is exhausted; it is as it was then. */
  private enlarge(): boolean {
    const keyspace = this.keyspace;
    const parts = keyspace.parts;
    const root = parts.createRoot(this.shard, TYPE_HASH);
    if (root === 0) return false;
    this.elements.openRoot(this.shard, this.database, root);
    const isSpread = this.packed.spread(this.elements);
    if (!isSpread || !keyspace.enlarge(this.shard, this.database, this.entry, root)) {
      parts.abandon(this.shard, root);
      return false;
    }
    this.entry = parts.words(root)[parts.at(root) + ROOT_OWNER]!;
    this.isLarge = true;
    return true;
  }

  /** Logs a field and the value that it has now. */
  private logPair(
    data: DataView,
    offset: number,
    size: number,
    valueData: DataView,
    valueOffset: number,
    valueSize: number,
  ): void {
    this.hasChanged = true;
    if (!this.isOne) {
      this.log.putItem(data, offset, size);
      this.log.putItem(valueData, valueOffset, valueSize);
      return;
    }
    this.lsn = this.log.appendPair(
      this.op,
      this.flags,
      this.database,
      this.keys,
      this.keyOffset,
      this.keyBytes,
      data,
      offset,
      size,
      valueData,
      valueOffset,
      valueSize,
    );
  }

  /** The bytes of the buffer of a view, which is mostly that of the last time. */
  private bytesOf(data: DataView): Uint8Array {
    if (data !== this.payloadData) {
      this.payloadData = data;
      this.payload = new Uint8Array(data.buffer, data.byteOffset, data.byteLength); // alloc: once a buffer
    }
    return this.payload;
  }

  /** What a field or value takes in a packed list. */
  packedSize(bytes: Uint8Array, data: DataView, offset: number, size: number): number {
    return this.packed.sizeOf(bytes, data, offset, size);
  }

  /** What the rest of the reader's items takes in a packed list; 0 where they hardly fit. */
  private packedBytes(bytes: Uint8Array, data: DataView, payloadBytes: number): number {
    if (payloadBytes > 2 * PACKED_BYTES_MAX) return 0;
    const reader = this.reader;
    let sum = 0;
    while (reader.hasMore() && reader.nextItem())
      sum += this.packedSize(bytes, data, reader.offset, reader.size);
    return sum;
  }
}
