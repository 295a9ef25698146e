/**
 * The keyspace: what a command may do to the keys of a shard, and what that leaves in the log.
 *
 * Every change goes through here: it changes the table, keeps the timing wheel in step, appends the effect to the
 * log, stamps the shard with the LSN, and hands over to a running snapshot what the snapshot still has to write. So
 * a command cannot forget one of them. Replay uses the same methods with the log switched off and `now` at 0
 * (nothing expires while history is being repeated).
 *
 * Snapshots (engine/snapshot): each shard has an *epoch*, 0 or 1, and so has each entry. While a snapshot runs, an
 * entry of the other epoch has not been written yet. It must not change: `retire` puts it on the hand-over list
 * instead of freeing it, and `isMutable` says whether it may be changed in place. One entry a shard may be *pinned*:
 * the snapshot thread is reading it without the baton.
 *
 * The caller holds the baton of the shard. Nothing here allocates on the JS heap or throws.
 */

import { copyWords } from '../base/bytes.js';
import { hashBytes } from '../base/hash.js';
import { stopwatch } from '../base/stopwatch.js';
import { SHARD_F64_DIRTY, SHARD_F64_EXPIRED } from '../memory/layout.js';
import { type Memory, SEGMENT_MASK, SEGMENT_SHIFT } from '../memory/memory.js';
import { type Entries, entryBytes, TYPE_STRING } from '../structures/entry.js';
import { type HashTable, TABLE_COUNT } from '../structures/hash-table.js';
import { type TimingWheel, WHEEL_BUSY } from '../structures/timing-wheel.js';
import { AccessClock } from './access-clock.js';
import {
  ENGINE_EPOCH,
  ENGINE_PINNED,
  ENGINE_PINNED_DEAD,
  ENGINE_SNAPSHOT,
  ENGINE_SNAPSHOT_LOST,
  TABLE_DEADLINE_SUM,
  TABLE_EXPIRY_COUNT,
  TABLE_HAND_OVER,
  TABLE_HAND_OVER_COUNT,
  TABLE_WHEEL,
} from './shard-words.js';
import { STRING_CHANGED, STRING_WHOLE } from './string-encoding.js';
import type { Log } from './wal/log.js';

/** A block with more than this much slack beyond what it needs is exchanged for a smaller one. */
const SLACK_FACTOR_MAX = 2;
/** APPEND asks for as much room again as the value has, up to this. */
const APPEND_ROOM_BYTES_MAX = 1024 * 1024;
/** To copy more than this takes time. */
const LARGE_VALUE_BYTES = 1024 * 1024;

export class Keyspace {
  readonly memory: Memory;
  readonly entries: Entries;
  readonly table: HashTable;
  readonly wheel: TimingWheel;
  readonly log: Log;
  /** When and how often each key is used. */
  readonly clock: AccessClock;
  /** Unix milliseconds: what counts as expired. 0 while replaying. */
  now: number;
  /** A pause is on: keys whose time is over are not there for anybody, but stay. */
  keepsExpired: boolean;
  private readonly headers: Uint32Array;
  private readonly doubles: Float64Array;

  constructor(memory: Memory, entries: Entries, table: HashTable, wheel: TimingWheel, log: Log) {
    this.memory = memory;
    this.entries = entries;
    this.table = table;
    this.wheel = wheel;
    this.log = log;
    this.clock = new AccessClock(entries);
    this.now = 0;
    this.keepsExpired = false;
    this.headers = memory.shardU32;
    this.doubles = memory.shardF64;
  }

  /** The entry of a live key, or 0. One that has expired is deleted on the way. */
  find(shard: number, database: number, hash: number, data: DataView, offset: number, size: number): number {
    return this.ifLive(shard, database, this.findStored(shard, database, hash, data, offset, size));
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

  /** The entry that `findStored` has just returned, or 0 when its time is over: it is deleted then. */
  ifLive(shard: number, database: number, entry: number): number {
    if (entry === 0 || !this.hasExpired(entry)) return entry;
    if (!this.keepsExpired) this.removeFound(shard, database, entry, true);
    return 0;
  }

  /**
   * Like `ifLive`, for those who only look: an expired key stays for somebody else to delete when the log has no room for that
   * now, so that a command which reads many keys never waits for the disk under its batons.
   */
  ifLiveToRead(shard: number, database: number, entry: number): number {
    if (entry === 0 || !this.hasExpired(entry)) return entry;
    return this.log.hasRoom() ? this.ifLive(shard, database, entry) : 0;
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

  /** Number of keys with an expiry. */
  expiryCount(shard: number, database: number): number {
    return this.headers[this.memory.tableAt(shard, database) + TABLE_EXPIRY_COUNT]!;
  }

  /** How many of these keys, of `limit` that are looked at, are there though their time is over. */
  staleCount(shard: number, database: number, limit: number): number {
    const wheel = this.headers[this.memory.tableAt(shard, database) + TABLE_WHEEL]!;
    return wheel === 0 ? 0 : this.wheel.countDue(wheel, this.now, limit);
  }

  /** The sum of the deadlines of these keys, in Unix ms: nearly, where there are very many. */
  deadlineSum(shard: number, database: number): number {
    if (this.expiryCount(shard, database) === 0) return 0;
    return this.doubles[(this.memory.tableAt(shard, database) + TABLE_DEADLINE_SUM) >> 1]!;
  }

  /**
   * Sets a string. `existing` is what the last `find` returned for this key, with nothing in between.
   *
   * @param deadline Unix ms, 0 = never
   * @returns false when memory is exhausted; nothing has changed then
   */
  set(
    shard: number,
    database: number,
    hash: number,
    keys: DataView,
    keyOffset: number,
    keyBytes: number,
    values: DataView,
    valueOffset: number,
    valueBytes: number,
    deadline: number,
    existing: number,
  ): boolean {
    if (existing !== 0 && this.fitsInPlace(shard, existing, valueBytes, deadline)) {
      const entries = this.entries;
      entries.setValueSize(existing, valueBytes);
      this.clock.renew(existing, STRING_WHOLE);
      copyWords(entries.data(existing), entries.valueOffset(existing), values, valueOffset, valueBytes);
      if (deadline !== 0 && deadline !== entries.deadline(existing)) {
        this.moveDeadline(shard, database, existing, deadline);
      }
      this.logSet(shard, database, existing);
      return true;
    }
    const entry = this.build(shard, keys, keyOffset, keyBytes, values, valueOffset, valueBytes, deadline);
    if (entry === 0) return false;
    if (existing !== 0) this.clock.takeOver(entry, existing);
    if (!this.link(shard, database, hash, entry, existing)) {
      this.memory.free(shard, entry);
      return false;
    }
    this.logSet(shard, database, entry);
    return true;
  }

  /** Logs an entry that is in its place, new or changed. */
  logSet(shard: number, database: number, entry: number): void {
    if (!this.log.enabled) {
      this.stamp(shard, 0);
      return;
    }
    const entries = this.entries;
    const data = entries.data(entry);
    const lsn = this.log.appendSet(
      database,
      entries.deadline(entry),
      data,
      entries.keyOffset(entry),
      entries.keySize(entry),
      data,
      entries.valueOffset(entry),
      entries.valueSize(entry),
    );
    this.stamp(shard, lsn);
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
    const entry = this.allocateEntry(shard, keyBytes, valueBytes, deadline, 0);
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
    if (expires && !this.ensureWheel(shard, table)) return false;
    if (existing === 0) {
      const isInserted = this.table.insert(shard, table, hash, entry);
      if (expires && isInserted) this.schedule(table, entry);
      else if (expires) this.dropIdleWheel(shard, table);
      return isInserted;
    }
    // The new one goes under the wheel before the old one leaves it, so that the wheel stays.
    if (expires) this.schedule(table, entry);
    if (this.entries.hasExpiry(existing)) this.unschedule(shard, table, existing);
    this.table.replaceFound(entry);
    this.retire(shard, table, existing);
    return true;
  }

  /** Takes an entry that `link` has just put in as a new key, and the last `find` returned, out again. Does not log. */
  unlink(shard: number, database: number, entry: number): void {
    const table = this.memory.tableAt(shard, database);
    if (this.entries.hasExpiry(entry)) this.unschedule(shard, table, entry);
    this.table.removeFound(shard, table);
  }

  /** Deletes the entry that the last `find` returned. */
  remove(shard: number, database: number, entry: number): void {
    this.removeFound(shard, database, entry, false);
  }

  /**
   * Gives the entry that the last `find` returned a new deadline (0 = never expires again).
   *
   * @returns false when memory is exhausted; nothing has changed then
   */
  setDeadline(shard: number, database: number, entry: number, deadline: number): boolean {
    const entries = this.entries;
    let target = entry;
    if (entries.hasExpiry(entry) === (deadline !== 0) && this.isMutable(shard, entry)) {
      if (deadline !== 0) this.moveDeadline(shard, database, entry, deadline);
    } else {
      target = this.copyEntry(shard, entry, entries.valueSize(entry), deadline, 0);
      if (target === 0) return false;
      if (!this.link(shard, database, 0, target, entry)) {
        this.memory.free(shard, target);
        return false;
      }
    }
    const data = entries.data(target);
    const keyOffset = entries.keyOffset(target);
    const keyBytes = entries.keySize(target);
    const lsn =
      deadline !== 0
        ? this.log.appendExpireAt(database, deadline, data, keyOffset, keyBytes)
        : this.log.appendPersist(database, data, keyOffset, keyBytes);
    this.stamp(shard, lsn);
    return true;
  }

  /**
   * Appends to the value of the entry that the last `find` returned.
   *
   * @returns false when memory is exhausted; nothing has changed then
   */
  append(
    shard: number,
    database: number,
    entry: number,
    source: DataView,
    offset: number,
    length: number,
  ): boolean {
    const entries = this.entries;
    const before = entries.valueSize(entry);
    const after = before + length;
    let target = entry;
    if (this.growsInPlace(shard, entry, after)) {
      entries.setValueSize(entry, after);
    } else {
      const room = Math.min(after, APPEND_ROOM_BYTES_MAX);
      target = this.copyEntry(shard, entry, after, entries.deadline(entry), room);
      if (target === 0) return false;
      // It replaces one with or without an expiry like it: nothing has to grow, so that this does not fail.
      this.link(shard, database, 0, target, entry);
    }
    entries.setEncoding(target, STRING_CHANGED);
    const suffixOffset = entries.valueOffset(target) + before;
    const data = entries.data(target);
    copyWords(data, suffixOffset, source, offset, length);
    const lsn = this.log.appendAppend(
      database,
      data,
      entries.keyOffset(target),
      entries.keySize(target),
      data,
      suffixOffset,
      length,
    );
    this.stamp(shard, lsn);
    return true;
  }

  /**
   * Writes `length` (at least 1) bytes at an offset of the value of a key, filling up with zero bytes what lies before.
   * `existing` is what the last `find` returned for the key: 0 begins a new, empty value. The log gets only these bytes.
   *
   * @returns false when memory is exhausted; nothing has changed then
   */
  setRange(
    shard: number,
    database: number,
    hash: number,
    keys: DataView,
    keyOffset: number,
    keyBytes: number,
    existing: number,
    rangeOffset: number,
    source: DataView,
    sourceOffset: number,
    length: number,
  ): boolean {
    const entries = this.entries;
    const before = existing === 0 ? 0 : entries.valueSize(existing);
    const after = Math.max(before, rangeOffset + length);
    let target = existing;
    if (existing === 0) {
      target = this.reserve(shard, keys, keyOffset, keyBytes, after, 0);
      if (target === 0) return false;
      if (!this.link(shard, database, hash, target, 0)) {
        this.memory.free(shard, target);
        return false;
      }
    } else if (this.growsInPlace(shard, existing, after)) {
      entries.setValueSize(existing, after);
    } else {
      const room = after === before ? 0 : Math.min(after, APPEND_ROOM_BYTES_MAX);
      target = this.copyEntry(shard, existing, after, entries.deadline(existing), room);
      if (target === 0) return false;
      this.link(shard, database, hash, target, existing); // as in `append`, this does not fail
    }
    entries.setEncoding(target, STRING_CHANGED);
    const data = entries.data(target);
    const valueOffset = entries.valueOffset(target);
    const at = valueOffset + rangeOffset;
    if (rangeOffset > before) entries.bytes(target).fill(0, valueOffset + before, at);
    copyWords(data, at, source, sourceOffset, length);
    const lsn = this.log.appendSetRange(
      database,
      existing === 0,
      data,
      entries.keyOffset(target),
      entries.keySize(target),
      rangeOffset,
      data,
      at,
      length,
    );
    this.stamp(shard, lsn);
    return true;
  }

  /** Deletes one key whose time is over. Returns 1, 0 when there is none, or -1 after a step towards finding one. */
  expireNext(shard: number, database: number): number {
    const table = this.memory.tableAt(shard, database);
    const wheel = this.headers[table + TABLE_WHEEL]!;
    if (wheel === 0) return 0;
    const entry = this.wheel.nextExpired(wheel, this.now);
    if (entry === 0) return 0;
    if (entry === WHEEL_BUSY) return -1;
    const entries = this.entries;
    const data = entries.data(entry);
    const keyOffset = entries.keyOffset(entry);
    const keyBytes = entries.keySize(entry);
    this.table.find(table, hashBytes(data, keyOffset, keyBytes), data, keyOffset, keyBytes);
    this.removeFound(shard, database, entry, true);
    return 1;
  }

  /** Notes that the record that ends at `lsn` changed the shard. */
  stamp(shard: number, lsn: number): void {
    this.raiseLsn(shard, lsn);
    this.doubles[this.memory.doubleAt(shard, SHARD_F64_DIRTY)]! += 1;
  }

  /** Like `stamp` for a shard that a group of records may have changed. */
  raiseLsn(shard: number, lsn: number): void {
    const at = this.memory.lastLsnAt(shard);
    if (lsn > this.doubles[at]!) this.doubles[at] = lsn;
  }

  /** Frees an entry that is in no table any more, unless the snapshot thread is reading it. */
  release(shard: number, entry: number): void {
    const engine = this.memory.engineAt(shard);
    if (this.headers[engine + ENGINE_PINNED] === entry) this.headers[engine + ENGINE_PINNED_DEAD] = 1;
    else this.memory.free(shard, entry);
  }

  /** True when the entry may be changed in place: no snapshot still needs it as it is. */
  private isMutable(shard: number, entry: number): boolean {
    const engine = this.memory.engineAt(shard);
    if (this.headers[engine + ENGINE_PINNED] === entry) return false;
    if (this.headers[engine + ENGINE_SNAPSHOT] === 0) return true;
    return this.entries.epoch(entry) === this.headers[engine + ENGINE_EPOCH];
  }

  /** True when the value, which has at most `valueBytes`, may become that long where it is. */
  private growsInPlace(shard: number, entry: number, valueBytes: number): boolean {
    const entries = this.entries;
    if (!this.isMutable(shard, entry) || !entries.keepsShape(entry, valueBytes)) return false;
    const bytes = entries.size(entry) - entries.valueSize(entry) + valueBytes;
    return bytes <= this.memory.usableBytes(entry);
  }

  /** True when a value can be written over the old one: same shape, enough room, and not too much of it. */
  private fitsInPlace(shard: number, entry: number, valueBytes: number, deadline: number): boolean {
    const entries = this.entries;
    if (!entries.keepsWholeShape(entry, TYPE_STRING, valueBytes, deadline !== 0)) return false;
    const before = entries.valueSize(entry);
    if (before !== valueBytes) {
      const bytes = entries.size(entry) - before + valueBytes;
      const usable = this.memory.usableBytes(entry);
      if (bytes > usable || bytes * SLACK_FACTOR_MAX < usable) return false;
    }
    return this.isMutable(shard, entry);
  }

  private allocateEntry(
    shard: number,
    keyBytes: number,
    valueBytes: number,
    deadline: number,
    room: number,
  ): number {
    const entry = this.memory.allocate(shard, entryBytes(keyBytes, valueBytes, deadline !== 0) + room);
    if (entry === 0) return 0;
    const epoch = this.headers[this.memory.engineAt(shard) + ENGINE_EPOCH]!;
    this.entries.initialize(entry, TYPE_STRING, keyBytes, valueBytes, deadline, epoch, this.clock.initial());
    return entry;
  }

  /** A new entry with the same key and as much of the same value as fits `valueBytes`. */
  private copyEntry(
    shard: number,
    entry: number,
    valueBytes: number,
    deadline: number,
    room: number,
  ): number {
    const entries = this.entries;
    if (valueBytes > LARGE_VALUE_BYTES) stopwatch.meetSlowPath();
    const keyBytes = entries.keySize(entry);
    const copy = this.allocateEntry(shard, keyBytes, valueBytes, deadline, room);
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

  private removeFound(shard: number, database: number, entry: number, byExpiry: boolean): void {
    const entries = this.entries;
    const table = this.memory.tableAt(shard, database);
    // A broken log needs no record of it: what it holds says when the key's time is over.
    const lsn =
      byExpiry && this.log.failed()
        ? 0
        : this.log.appendDelete(
            database,
            entries.data(entry),
            entries.keyOffset(entry),
            entries.keySize(entry),
            byExpiry,
          );
    this.stamp(shard, lsn);
    if (byExpiry) this.doubles[this.memory.doubleAt(shard, SHARD_F64_EXPIRED)]! += 1;
    if (entries.hasExpiry(entry)) this.unschedule(shard, table, entry);
    this.table.removeFound(shard, table);
    this.retire(shard, table, entry);
  }

  /** Gives up an entry that has just left its table: freed, or handed over to the running snapshot. */
  private retire(shard: number, table: number, entry: number): void {
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

  /** Makes sure that the table has a timing wheel; false when memory is exhausted. */
  private ensureWheel(shard: number, table: number): boolean {
    if (this.headers[table + TABLE_WHEEL] === 0) {
      // While history is repeated `now` is 0, but the wheel had better begin near its deadlines.
      const nowMs = this.now === 0 ? Date.now() : this.now;
      this.headers[table + TABLE_WHEEL] = this.wheel.create(shard, nowMs);
    }
    return this.headers[table + TABLE_WHEEL] !== 0;
  }

  /** Puts an entry with an expiry under the timing wheel. */
  private schedule(table: number, entry: number): void {
    const count = this.headers[table + TABLE_EXPIRY_COUNT]!;
    this.headers[table + TABLE_EXPIRY_COUNT] = count + 1;
    const sum = (table + TABLE_DEADLINE_SUM) >> 1;
    this.doubles[sum] = (count === 0 ? 0 : this.doubles[sum]!) + this.entries.deadline(entry);
    this.wheel.add(this.headers[table + TABLE_WHEEL]!, entry);
  }

  private unschedule(shard: number, table: number, entry: number): void {
    this.wheel.remove(this.headers[table + TABLE_WHEEL]!, entry);
    this.headers[table + TABLE_EXPIRY_COUNT]! -= 1;
    this.doubles[(table + TABLE_DEADLINE_SUM) >> 1]! -= this.entries.deadline(entry);
    this.dropIdleWheel(shard, table);
  }

  /** Frees a timing wheel that has no entries. */
  private dropIdleWheel(shard: number, table: number): void {
    if (this.headers[table + TABLE_EXPIRY_COUNT] !== 0) return;
    this.wheel.destroy(shard, this.headers[table + TABLE_WHEEL]!);
    this.headers[table + TABLE_WHEEL] = 0;
  }

  private moveDeadline(shard: number, database: number, entry: number, deadline: number): void {
    const table = this.memory.tableAt(shard, database);
    const wheel = this.headers[table + TABLE_WHEEL]!;
    this.doubles[(table + TABLE_DEADLINE_SUM) >> 1]! += deadline - this.entries.deadline(entry);
    this.wheel.remove(wheel, entry);
    this.entries.setDeadline(entry, deadline);
    this.wheel.add(wheel, entry);
  }
}
