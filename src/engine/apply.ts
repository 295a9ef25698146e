/**
 * Apply: history repeated. What the snapshot and the log say is put into the keyspace, with nothing logged again and
 * nothing expiring on the way (keyspace.now is 0).
 *
 * Loading is parallel without any ordering between threads: a thread applies only what belongs to its own shards,
 * and a shard's records reach it in the order of the log.
 */

import { ViewOfLast } from '../base/bytes.js';
import { CrabError } from '../base/errors.js';
import { hashBytes } from '../base/hash.js';
import type { Batons } from '../memory/baton.js';
import { detachDatabase, freeDetached, swapDatabases } from './databases.js';
import type { Keyspace } from './keyspace.js';
import {
  FLAG_NEW,
  OP_APPEND,
  OP_DELETE,
  OP_EXPIREAT,
  OP_FLUSHALL,
  OP_FLUSHDB,
  OP_PERSIST,
  OP_SET,
  OP_SETRANGE,
  OP_SWAPDB,
  type RecordFields,
} from './wal/record.js';

export class Applier {
  private readonly keyspace: Keyspace;
  private readonly batons: Batons;
  private readonly thread: number;
  private readonly threadCount: number;
  private readonly keyViews = new ViewOfLast();
  private readonly valueViews = new ViewOfLast();

  /** @param thread of `threadCount`: log records of other threads' shards are passed over */
  constructor(keyspace: Keyspace, batons: Batons, thread: number, threadCount: number) {
    this.keyspace = keyspace;
    this.batons = batons;
    this.thread = thread;
    this.threadCount = threadCount;
  }

  /**
   * Puts one entry of a snapshot in place. Entries come in any order and from any thread.
   *
   * @throws CrabError when it does not fit in memory
   */
  load(
    database: number,
    keys: Uint8Array,
    keyOffset: number,
    keyBytes: number,
    values: Uint8Array,
    valueOffset: number,
    valueBytes: number,
    deadline: number,
  ): void {
    this.checkDatabase(database);
    const keyData = this.keyViews.of(keys);
    const hash = hashBytes(keyData, keyOffset, keyBytes);
    const shard = this.shardOf(hash);
    const valueData = this.valueViews.of(values);
    this.batons.take(shard);
    const done = this.set(
      shard,
      database,
      hash,
      keyData,
      keyOffset,
      keyBytes,
      valueData,
      valueOffset,
      valueBytes,
      deadline,
    );
    this.batons.give(shard);
    if (!done) throw outOfMemory();
  }

  /**
   * Repeats a record that has been taken apart (`RecordVisitor.record`), if it is about one of this thread's shards.
   *
   * @throws CrabError when it does not fit in memory, or is about a database that there is not
   */
  applyRecord(bytes: Uint8Array, record: RecordFields): void {
    if (record.op === OP_FLUSHALL || record.op === OP_FLUSHDB) {
      this.flush(record.op === OP_FLUSHDB ? record.database : -1);
      return;
    }
    this.checkDatabase(record.database);
    if (record.op === OP_SWAPDB) {
      this.swap(record.database, record.otherDatabase);
      return;
    }
    const data = this.keyViews.of(bytes);
    const hash = hashBytes(data, record.keyOffset, record.keyBytes);
    const shard = this.shardOf(hash);
    if (shard % this.threadCount !== this.thread) return;
    this.batons.take(shard);
    const done = this.change(shard, hash, data, record);
    this.batons.give(shard);
    if (!done) throw outOfMemory();
  }

  private change(shard: number, hash: number, data: DataView, record: RecordFields): boolean {
    const keyspace = this.keyspace;
    const { database, keyOffset, keyBytes, valueOffset, valueBytes, deadline } = record;
    if (record.op === OP_SET) {
      return this.set(
        shard,
        database,
        hash,
        data,
        keyOffset,
        keyBytes,
        data,
        valueOffset,
        valueBytes,
        deadline,
      );
    }
    const entry = keyspace.find(shard, database, hash, data, keyOffset, keyBytes);
    if (record.op === OP_SETRANGE) {
      // One whose time was over need not have been deleted in the log.
      const isNew = (record.flags & FLAG_NEW) !== 0;
      if (isNew && entry !== 0) keyspace.remove(shard, database, entry);
      return keyspace.setRange(
        shard,
        database,
        hash,
        data,
        keyOffset,
        keyBytes,
        isNew ? 0 : entry,
        record.rangeOffset,
        data,
        valueOffset,
        valueBytes,
      );
    }
    // Every other record changes a key that was there; a log that names one that is not is passed over.
    if (entry === 0) return true;
    switch (record.op) {
      case OP_DELETE:
        keyspace.remove(shard, database, entry);
        return true;
      case OP_EXPIREAT:
        return keyspace.setDeadline(shard, database, entry, deadline);
      case OP_PERSIST:
        return keyspace.setDeadline(shard, database, entry, 0);
      case OP_APPEND:
        return keyspace.append(shard, database, entry, data, valueOffset, valueBytes);
      default:
        return true;
    }
  }

  private set(
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
  ): boolean {
    const existing = this.keyspace.find(shard, database, hash, keys, keyOffset, keyBytes);
    return this.keyspace.set(
      shard,
      database,
      hash,
      keys,
      keyOffset,
      keyBytes,
      values,
      valueOffset,
      valueBytes,
      deadline,
      existing,
    );
  }

  private flush(database: number): void {
    const memory = this.keyspace.memory;
    const first = Math.max(database, 0);
    const last = database < 0 ? memory.databaseCount - 1 : database;
    this.checkDatabase(last);
    for (let shard = this.thread; shard < memory.shardCount; shard += this.threadCount) {
      this.batons.take(shard);
      for (let each = first; each <= last; each++) detachDatabase(this.keyspace, shard, each);
      while (freeDetached(this.keyspace, shard)) {
        // At once: what the log sets after a flush may need the memory, and nobody else frees it while history repeats.
      }
      this.batons.give(shard);
    }
  }

  private swap(database: number, other: number): void {
    const memory = this.keyspace.memory;
    this.checkDatabase(other);
    for (let shard = this.thread; shard < memory.shardCount; shard += this.threadCount) {
      this.batons.take(shard);
      swapDatabases(this.keyspace, shard, database, other);
      this.batons.give(shard);
    }
  }

  private shardOf(hash: number): number {
    return hash & (this.keyspace.memory.shardCount - 1);
  }

  private checkDatabase(database: number): void {
    const count = this.keyspace.memory.databaseCount;
    if (database >= count) {
      throw new CrabError(
        'DATABASE_COUNT',
        `the data has keys in database ${database}, but there are only ${count}: start with --databases ${database + 1} or more`,
      );
    }
  }
}

function outOfMemory(): CrabError {
  return new CrabError(
    'OUT_OF_MEMORY',
    'the data does not fit in memory: start with a larger maxmemory, or on a larger machine',
  );
}
