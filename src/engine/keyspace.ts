/**
 * The keyspace: what a command may do to the keys of a shard, and what that leaves in the log.
 *
 * Every change goes through here: it changes the table, keeps the timing wheel in step, appends the effect to the
 * log, stamps the shard with the LSN, and hands over to a running snapshot what the snapshot still has to write (key-tables.ts).
 * So a command cannot forget one of them. The engines of collections (collections.ts) change what is in a value, and log that.
 * Replay uses the same methods with the log switched off and `now` at 0 (nothing expires while history is being repeated).
 *
 * The caller holds the baton of the shard. Nothing here allocates on the JS heap or throws.
 */

import { copyWords } from '../base/bytes.js';
import { hashBytes } from '../base/hash.js';
import { SHARD_F64_DIRTY, SHARD_F64_EXPIRED } from '../memory/layout.js';
import type { Memory } from '../memory/memory.js';
import { type Entries, TYPE_REMINDER, TYPE_STRING } from '../structures/entry.js';
import type { HashTable } from '../structures/hash-table.js';
import { type TimingWheel, WHEEL_BUSY } from '../structures/timing-wheel.js';
import { KeyTables, SLACK_FACTOR_MAX } from './key-tables.js';
import { TABLE_WHEEL } from './shard-words.js';
import { STRING_CHANGED, STRING_WHOLE } from './string-encoding.js';
import type { Log } from './wal/log.js';

/** APPEND asks for as much room again as the value has, up to this. */
const APPEND_ROOM_BYTES_MAX = 1024 * 1024;

/** What is to be done when the timing wheel reminds of a hash (deadlines.ts). */
export interface FieldExpiry {
  /** Deletes some fields whose time is over, and has the wheel remind of the next one, or of the rest at once. */
  expireFields(shard: number, database: number, root: number): void;
}

export class Keyspace extends KeyTables {
  readonly log: Log;
  /** A pause is on: keys whose time is over are not there for anybody, but stay. */
  keepsExpired: boolean;
  /** Deletes fields of hashes: set by the collections of this thread. */
  fieldExpiry: FieldExpiry | undefined;

  constructor(memory: Memory, entries: Entries, table: HashTable, wheel: TimingWheel, log: Log) {
    super(memory, entries, table, wheel);
    this.log = log;
    this.keepsExpired = false;
    this.fieldExpiry = undefined;
  }

  /** The entry of a live key, or 0. One that has expired is deleted on the way. */
  find(shard: number, database: number, hash: number, data: DataView, offset: number, size: number): number {
    return this.ifLive(shard, database, this.findStored(shard, database, hash, data, offset, size));
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
      this.overwrite(shard, database, existing, values, valueOffset, valueBytes, deadline);
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

  /** Writes a string over the value of an entry that is in its table, and for which `fitsInPlace` is true. */
  overwrite(
    shard: number,
    database: number,
    entry: number,
    values: DataView,
    valueOffset: number,
    valueBytes: number,
    deadline: number,
  ): void {
    const entries = this.entries;
    entries.setValueSize(entry, valueBytes);
    this.clock.renew(entry, STRING_WHOLE);
    copyWords(entries.data(entry), entries.valueOffset(entry), values, valueOffset, valueBytes);
    if (deadline !== 0 && deadline !== entries.deadline(entry)) {
      this.deadlines.move(this.memory.tableAt(shard, database), entry, deadline);
    }
    this.logSet(shard, database, entry);
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
      if (deadline !== 0) this.deadlines.move(this.memory.tableAt(shard, database), entry, deadline);
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
    if (entries.type(entry) === TYPE_REMINDER) {
      this.fieldExpiry?.expireFields(shard, database, entries.root(entry));
      return 1;
    }
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

  /** True when a value can be written over the old one: same shape, enough room, and not too much of it. */
  fitsInPlace(shard: number, entry: number, valueBytes: number, deadline: number): boolean {
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
    this.detach(shard, table, entry);
  }
}
