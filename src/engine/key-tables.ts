/**
 * Key tables: how entries come into the table of a shard's database, change their size, and leave it again. Nothing here logs:
 * that is the keyspace's (keyspace.ts), which is built on this.
 *
 * Snapshots (engine/snapshot): each shard has an *epoch*, 0 or 1, and so has each entry. While a snapshot runs, an
 * entry of the other epoch has not been written yet. It must not change: `retire` puts it on the hand-over list
 * instead of freeing it, and `isMutable` says whether it may be changed in place. One entry a shard may be *pinned*:
 * the snapshot thread is reading it without the baton. What large collections consist of is looked after in parts.ts.
 *
 * The caller holds the baton of the shard. Nothing here allocates on the JS heap or throws.
 */

import { copyWords } from '../base/bytes.js';
import { stopwatch } from '../base/stopwatch.js';
import { type Memory, SEGMENT_MASK, SEGMENT_SHIFT } from '../memory/memory.js';
import {
  COLLECTION_LARGE,
  type Entries,
  entryBytes,
  ROOT_POINTER_BYTES,
  TYPE_STRING,
} from '../structures/entry.js';
import { type HashTable, TABLE_COUNT } from '../structures/hash-table.js';
import type { TimingWheel } from '../structures/timing-wheel.js';
import { AccessClock } from './access-clock.js';
import { Deadlines } from './deadlines.js';
import { Parts } from './parts.js';
import {
  ENGINE_EPOCH,
  ENGINE_PINNED,
  ENGINE_PINNED_DEAD,
  ENGINE_SNAPSHOT,
  ENGINE_SNAPSHOT_LOST,
  ENGINE_WAITERS,
  TABLE_HAND_OVER,
  TABLE_HAND_OVER_COUNT,
} from './shard-words.js';

/** A block with more than this much slack beyond what it needs is exchanged for a smaller one. */
export const SLACK_FACTOR_MAX = 2;
/** To copy more than this takes time. */
const LARGE_VALUE_BYTES = 1024 * 1024;

/** Who is told of keys that appear, while somebody waits for one in their shard (waiters.ts). */
export interface KeyWatcher {
  /** The entry has come into its table, new or in the place of another one. */
  keyAppeared(shard: number, database: number, entry: number): void;
}

export class KeyTables {
  readonly memory: Memory;
  readonly entries: Entries;
  readonly table: HashTable;
  readonly wheel: TimingWheel;
  /** When and how often each key is used. */
  readonly clock: AccessClock;
  /** Which keys have deadlines, and when. */
  readonly deadlines: Deadlines;
  /** Of what large collections consist. */
  readonly parts: Parts;
  /** Unix milliseconds: what counts as expired. 0 while replaying. */
  now: number;
  watcher: KeyWatcher | undefined;
  protected readonly headers: Uint32Array;
  protected readonly doubles: Float64Array;

  constructor(memory: Memory, entries: Entries, table: HashTable, wheel: TimingWheel) {
    this.memory = memory;
    this.entries = entries;
    this.table = table;
    this.wheel = wheel;
    this.clock = new AccessClock(entries);
    this.deadlines = new Deadlines(memory, entries, wheel);
    this.parts = new Parts(memory, entries);
    this.now = 0;
    this.watcher = undefined;
    this.headers = memory.shardU32;
    this.doubles = memory.shardF64;
  }

  /** The entry of a key, also of one whose time is over, or 0. For those who replace it whatever it is. */
  findStored(
    shard: number,
    database: number,
    hash: number,
    data: DataView,
    offset: number,
    size: number,
  ): number {
    return this.table.find(this.memory.tableAt(shard, database), hash, data, offset, size);
  }

  /** True when the entry's time is over, whether or not it has been deleted yet. */
  hasExpired(entry: number): boolean {
    if (!this.entries.hasExpiry(entry)) return false;
    return this.entries.deadline(entry) <= this.now;
  }

  /** Number of keys, those counted that have expired and were not met since. */
  count(shard: number, database: number): number {
    return this.headers[this.memory.tableAt(shard, database) + TABLE_COUNT]!;
  }

  /**
   * Makes an entry that is in no table yet, and whose value is whatever was in memory: the caller writes all of it. Returns 0
   * when memory is exhausted. It must be given to `link` or freed before the baton is given back.
   */
  reserve(
    shard: number,
    keys: DataView,
    keyOffset: number,
    keyBytes: number,
    valueBytes: number,
    deadline: number,
  ): number {
    const entry = this.allocateEntry(shard, TYPE_STRING, keyBytes, valueBytes, deadline, 0);
    if (entry === 0) return 0;
    copyWords(this.entries.data(entry), this.entries.keyOffset(entry), keys, keyOffset, keyBytes);
    return entry;
  }

  /** Like `reserve`, with the value in place. */
  build(
    shard: number,
    keys: DataView,
    keyOffset: number,
    keyBytes: number,
    values: DataView,
    valueOffset: number,
    valueBytes: number,
    deadline: number,
  ): number {
    const entry = this.reserve(shard, keys, keyOffset, keyBytes, valueBytes, deadline);
    if (entry === 0) return 0;
    const entries = this.entries;
    copyWords(entries.data(entry), entries.valueOffset(entry), values, valueOffset, valueBytes);
    return entry;
  }

  /**
   * Puts a built entry into the table, in place of `existing` (what the last `find` returned). False when the table
   * can't grow; nothing has changed then. Does not log.
   */
  link(shard: number, database: number, hash: number, entry: number, existing: number): boolean {
    const table = this.memory.tableAt(shard, database);
    const expires = this.entries.hasExpiry(entry);
    if (expires && !this.deadlines.ensureWheel(shard, table, this.now)) return false;
    if (existing === 0) {
      const isInserted = this.table.insert(shard, table, hash, entry);
      if (expires && isInserted) this.deadlines.schedule(table, entry);
      else if (expires) this.deadlines.dropIdleWheel(shard, table);
      if (isInserted) this.announce(shard, database, entry);
      return isInserted;
    }
    // The new one goes under the wheel before the old one leaves it, so that the wheel stays.
    if (expires) this.deadlines.schedule(table, entry);
    if (this.entries.hasExpiry(existing)) this.deadlines.unschedule(shard, table, existing);
    this.table.replaceFound(entry);
    this.retire(shard, table, existing, entry);
    this.announce(shard, database, entry);
    return true;
  }

  /** Takes an entry that `link` has just put in as a new key, and the last `find` returned, out again. Does not log. */
  unlink(shard: number, database: number, entry: number): void {
    const table = this.memory.tableAt(shard, database);
    if (this.entries.hasExpiry(entry)) this.deadlines.unschedule(shard, table, entry);
    this.table.removeFound(shard, table);
  }

  /** Frees an entry that is in no table any more, unless the snapshot thread is reading it. */
  release(shard: number, entry: number): void {
    const engine = this.memory.engineAt(shard);
    if (this.headers[engine + ENGINE_PINNED] === entry) this.headers[engine + ENGINE_PINNED_DEAD] = 1;
    else this.memory.free(shard, entry);
  }

  /**
   * Makes an entry of a collection that is in no table yet: its value, of `valueBytes`, is whatever was in memory, and may
   * grow by `room`. Returns 0 when memory is exhausted. It must be given to `link` or freed before the baton is given back.
   */
  reserveCollection(
    shard: number,
    type: number,
    encoding: number,
    keys: DataView,
    keyOffset: number,
    keyBytes: number,
    valueBytes: number,
    room: number,
    deadline: number,
  ): number {
    const entry = this.allocateEntry(shard, type, keyBytes, valueBytes, deadline, room);
    if (entry === 0) return 0;
    this.entries.setEncoding(entry, encoding);
    copyWords(this.entries.data(entry), this.entries.keyOffset(entry), keys, keyOffset, keyBytes);
    return entry;
  }

  /**
   * Makes the value of the entry that the last `find` returned `valueBytes` long, with as much of it as it had and fits, in
   * an entry that may be changed in place: this one, or another one in its place. Does not log.
   *
   * @param room bytes that it will soon need beyond that
   * @returns the entry, or 0 when memory is exhausted; nothing has changed then
   */
  resize(shard: number, database: number, entry: number, valueBytes: number, room: number): number {
    const entries = this.entries;
    if (this.growsInPlace(shard, entry, valueBytes)) {
      const usable = this.memory.usableBytes(entry);
      const isSlack =
        (entries.size(entry) - entries.valueSize(entry) + valueBytes + room) * SLACK_FACTOR_MAX < usable;
      if (!isSlack) {
        entries.setValueSize(entry, valueBytes);
        return entry;
      }
    }
    const copy = this.copyEntry(shard, entry, valueBytes, entries.deadline(entry), room);
    // As in `append`, linking does not fail.
    if (copy !== 0) this.link(shard, database, 0, copy, entry);
    return copy;
  }

  /** Has the entry that the last `find` returned go on as a large collection with this root. False without memory. */
  enlarge(shard: number, database: number, entry: number, root: number): boolean {
    const entries = this.entries;
    const keyOffset = entries.keyOffset(entry);
    const deadline = entries.deadline(entry);
    const encoding = entries.encoding(entry) | COLLECTION_LARGE;
    const large = this.reserveCollection(
      shard,
      entries.type(entry),
      encoding,
      entries.data(entry),
      keyOffset,
      entries.keySize(entry),
      ROOT_POINTER_BYTES,
      0,
      deadline,
    );
    if (large === 0) return false;
    entries.setRoot(large, root);
    entries.setClock(large, entries.clock(entry));
    this.parts.own(root, large);
    this.link(shard, database, 0, large, entry); // as in `append`, this does not fail
    return true;
  }

  /** Deletes the entry of a collection whose last element the log says is gone: the last `find` returned it. */
  removeEmptied(shard: number, database: number, entry: number): void {
    this.detach(shard, this.memory.tableAt(shard, database), entry);
  }

  /** Takes the entry that the last `find` returned out of its table: for `giveUpAside` or `putBack`, under this baton. */
  setAside(): void {
    this.table.liftFound();
  }

  /** Gives up an entry that was set aside; there is another one with its key. */
  giveUpAside(shard: number, database: number, entry: number): void {
    const table = this.memory.tableAt(shard, database);
    this.table.forgetLifted(table);
    if (this.entries.hasExpiry(entry)) this.deadlines.unschedule(shard, table, entry);
    this.retire(shard, table, entry, 0);
  }

  /** Puts an entry that was set aside back: there is no other one with its key. */
  putBack(shard: number, database: number, hash: number, entry: number): void {
    this.table.putLifted(shard, this.memory.tableAt(shard, database), hash, entry);
  }

  /** Frees an entry of a table that a flush has taken away. */
  releaseFlushed(shard: number, entry: number): void {
    if (this.entries.isLarge(entry)) this.parts.leaveFlushed(shard, entry);
    else this.release(shard, entry);
  }

  /** True when the entry may be changed in place: no snapshot still needs it as it is. */
  isMutable(shard: number, entry: number): boolean {
    const engine = this.memory.engineAt(shard);
    if (this.headers[engine + ENGINE_PINNED] === entry) return false;
    if (this.headers[engine + ENGINE_SNAPSHOT] === 0) return true;
    return this.entries.epoch(entry) === this.headers[engine + ENGINE_EPOCH];
  }

  /** True when the value, which has at most `valueBytes`, may become that long where it is. */
  protected growsInPlace(shard: number, entry: number, valueBytes: number): boolean {
    const entries = this.entries;
    if (!this.isMutable(shard, entry) || !entries.keepsShape(entry, valueBytes)) return false;
    const bytes = entries.size(entry) - entries.valueSize(entry) + valueBytes;
    return bytes <= this.memory.usableBytes(entry);
  }

  private allocateEntry(
    shard: number,
    type: number,
    keyBytes: number,
    valueBytes: number,
    deadline: number,
    room: number,
  ): number {
    const entry = this.memory.allocate(shard, entryBytes(keyBytes, valueBytes, deadline !== 0) + room);
    if (entry === 0) return 0;
    const epoch = this.headers[this.memory.engineAt(shard) + ENGINE_EPOCH]!;
    this.entries.initialize(entry, type, keyBytes, valueBytes, deadline, epoch, this.clock.initial());
    return entry;
  }

  /** A new entry with the same key and as much of the same value as fits `valueBytes`. */
  protected copyEntry(
    shard: number,
    entry: number,
    valueBytes: number,
    deadline: number,
    room: number,
  ): number {
    const entries = this.entries;
    if (valueBytes > LARGE_VALUE_BYTES) stopwatch.meetSlowPath();
    const keyBytes = entries.keySize(entry);
    const copy = this.allocateEntry(shard, entries.type(entry), keyBytes, valueBytes, deadline, room);
    if (copy === 0) return 0;
    entries.setEncoding(copy, entries.encoding(entry));
    entries.setClock(copy, entries.clock(entry));
    const kept = keyBytes + Math.min(valueBytes, entries.valueSize(entry));
    copyWords(
      entries.data(copy),
      entries.keyOffset(copy),
      entries.data(entry),
      entries.keyOffset(entry),
      kept,
    );
    return copy;
  }

  /** Takes the entry that the table has just found out of it, and gives it up. */
  protected detach(shard: number, table: number, entry: number): void {
    if (this.entries.hasExpiry(entry)) this.deadlines.unschedule(shard, table, entry);
    this.table.removeFound(shard, table);
    this.retire(shard, table, entry, 0);
  }

  /** The collection of an entry that has left its table, for `successor`, which may hold the same one. */
  private retireLarge(shard: number, table: number, entry: number, successor: number): void {
    const entries = this.entries;
    const root = entries.root(entry);
    const goesOn = successor !== 0 && entries.isLarge(successor) && entries.root(successor) === root;
    if (!goesOn) this.deadlines.forgetFields(shard, table, root, this.parts);
    this.parts.leave(shard, table, entry, goesOn ? successor : 0);
  }

  /** Tells those who wait for the key of an entry that has come into its table. */
  private announce(shard: number, database: number, entry: number): void {
    if (this.headers[this.memory.engineAt(shard) + ENGINE_WAITERS] === 0) return;
    this.watcher?.keyAppeared(shard, database, entry);
  }

  /** Gives up an entry that has just left its table: freed, or handed over to the running snapshot. */
  private retire(shard: number, table: number, entry: number, successor: number): void {
    if (this.entries.isLarge(entry)) {
      this.retireLarge(shard, table, entry, successor);
      return;
    }
    const headers = this.headers;
    const engine = this.memory.engineAt(shard);
    const pending =
      headers[engine + ENGINE_SNAPSHOT] !== 0 && this.entries.epoch(entry) !== headers[engine + ENGINE_EPOCH];
    if (!pending) {
      this.release(shard, entry);
      return;
    }
    const node = this.memory.allocate(shard, 8);
    if (node === 0) {
      headers[engine + ENGINE_SNAPSHOT_LOST] = 1;
      this.release(shard, entry);
      return;
    }
    const words = this.memory.u32[node >>> SEGMENT_SHIFT]!;
    const at = (node & SEGMENT_MASK) << 1;
    words[at] = entry;
    words[at + 1] = headers[table + TABLE_HAND_OVER]!;
    headers[table + TABLE_HAND_OVER] = node;
    headers[table + TABLE_HAND_OVER_COUNT]! += 1;
    this.memory.hold(entry);
  }
}
