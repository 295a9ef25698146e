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
import { TYPE_STRING } from '../structures/entry.js';
import { addingOp, Collections } from './collections.js';
import { detachDatabase, swapDatabases } from './databases.js';
import { freeGarbage } from './garbage.js';
import type { Keyspace } from './keyspace.js';
import type { SnapshotLine } from './snapshot/decode.js';
import { ItemReader } from './wal/log-items.js';
import {
  FLAG_NAMED_LARGE,
  FLAG_NEW,
  isCollectionOp,
  OP_APPEND,
  OP_DELETE,
  OP_EXPIREAT,
  OP_FLUSHALL,
  OP_FLUSHDB,
  OP_HASH_EXPIREAT,
  OP_HASH_SET,
  OP_PERSIST,
  OP_SET,
  OP_SETRANGE,
  OP_SWAPDB,
  type RecordFields,
  typeOfOp,
} from './wal/record.js';

/** A line of another type than the lines of its key before it. */
const CONTRADICTION = undefined;
/** Of an item in a payload: its size, and what is before a field. */
const ITEM_SIZE_BYTES = 4;
const DEADLINE_BYTES = 8;

export class Applier {
  private readonly keyspace: Keyspace;
  private readonly collections: Collections;
  private readonly batons: Batons;
  private readonly thread: number;
  private readonly threadCount: number;
  private readonly keyViews = new ViewOfLast();
  private readonly valueViews = new ViewOfLast();
  private readonly reader = new ItemReader();

  /** @param thread of `threadCount`: log records of other threads' shards are passed over */
  constructor(
    keyspace: Keyspace,
    batons: Batons,
    thread: number,
    threadCount: number,
    collections: Collections = new Collections(keyspace),
  ) {
    this.keyspace = keyspace;
    this.collections = collections;
    this.batons = batons;
    this.thread = thread;
    this.threadCount = threadCount;
  }

  /**
   * Puts one line of a snapshot in place. Lines come in any order and from any thread.
   *
   * @throws CrabError when it does not fit in memory, or contradicts another line of its key
   */
  load(line: SnapshotLine): void {
    const { database, keyOffset, keySize, valueOffset, valueSize } = line;
    this.checkDatabase(database);
    const keyData = this.keyViews.of(line.keySource);
    const hash = hashBytes(keyData, keyOffset, keySize);
    const shard = this.shardOf(hash);
    const data = this.valueViews.of(line.valueSource);
    this.batons.take(shard);
    const outcome =
      line.type !== TYPE_STRING
        ? this.loadItems(shard, hash, keyData, data, line)
        : this.set(
            shard,
            database,
            hash,
            keyData,
            keyOffset,
            keySize,
            data,
            valueOffset,
            valueSize,
            line.deadline,
          );
    this.batons.give(shard);
    if (outcome === CONTRADICTION) throw contradiction();
    if (!outcome) throw outOfMemory();
  }

  /** Adds the items of a line to its key. False without memory. */
  private loadItems(
    shard: number,
    hash: number,
    keys: DataView,
    data: DataView,
    line: SnapshotLine,
  ): boolean | typeof CONTRADICTION {
    const { keyspace } = this;
    const { entries } = keyspace;
    const { database, keyOffset, keySize, type, deadline } = line;
    const existing = keyspace.find(shard, database, hash, keys, keyOffset, keySize);
    const isPiece = !Number.isNaN(line.label);
    if (existing !== 0) {
      const isUnlike = entries.type(existing) !== type || (isPiece && !entries.isLarge(existing));
      if (isUnlike) return CONTRADICTION;
    }
    const isDone = line.areDated
      ? this.loadDated(shard, hash, keys, existing, data, line)
      : this.loadUndated(shard, hash, keys, existing, data, line);
    if (!isDone || deadline === 0) return isDone;
    if (existing !== 0 && entries.deadline(existing) === deadline) return true;
    const entry = keyspace.findStored(shard, database, hash, keys, keyOffset, keySize);
    return keyspace.setDeadline(shard, database, entry, deadline);
  }

  private loadUndated(
    shard: number,
    hash: number,
    keys: DataView,
    existing: number,
    data: DataView,
    line: SnapshotLine,
  ): boolean {
    const { collections } = this;
    const { database, keyOffset, keySize, type, label, valueOffset, valueSize } = line;
    if (!Number.isNaN(label)) {
      return collections.lists.loadPiece(
        shard,
        database,
        hash,
        keys,
        keyOffset,
        keySize,
        existing,
        label,
        data,
        valueOffset,
        valueSize,
      );
    }
    return collections
      .engine(type)
      .repeat(
        addingOp(type),
        shard,
        database,
        hash,
        keys,
        keyOffset,
        keySize,
        existing,
        data,
        valueOffset,
        valueSize,
      );
  }

  /** Fields with deadlines: f64 deadline, field, value. OP_HASH_EXPIREAT wants the first two, OP_HASH_SET the last two. */
  private loadDated(
    shard: number,
    hash: number,
    keys: DataView,
    existing: number,
    data: DataView,
    line: SnapshotLine,
  ): boolean {
    const { keyspace, reader } = this;
    const { hashes } = this.collections;
    const { database, keyOffset, keySize, valueOffset, valueSize } = line;
    let entry = existing;
    reader.begin(data, valueOffset, valueSize);
    while (reader.hasMore()) {
      reader.nextDouble();
      reader.nextItem();
      const pairAt = reader.offset - ITEM_SIZE_BYTES;
      const dateAt = pairAt - DEADLINE_BYTES;
      const fieldEnd = reader.offset + reader.size;
      reader.nextItem();
      const pairBytes = reader.offset + reader.size - pairAt;
      const isSet = hashes.repeat(
        OP_HASH_SET,
        shard,
        database,
        hash,
        keys,
        keyOffset,
        keySize,
        entry,
        data,
        pairAt,
        pairBytes,
      );
      entry = keyspace.findStored(shard, database, hash, keys, keyOffset, keySize);
      const isDated =
        isSet &&
        hashes.repeat(
          OP_HASH_EXPIREAT,
          shard,
          database,
          hash,
          keys,
          keyOffset,
          keySize,
          entry,
          data,
          dateAt,
          fieldEnd - dateAt,
        );
      if (!isDated) return false;
      entry = keyspace.findStored(shard, database, hash, keys, keyOffset, keySize);
    }
    return true;
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
    const isString = entry !== 0 && keyspace.entries.type(entry) === TYPE_STRING;
    if (record.op === OP_SETRANGE) {
      // One whose time was over need not have been deleted in the log, and may be of another type.
      const isNew = (record.flags & FLAG_NEW) !== 0 || !isString;
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
    if (isCollectionOp(record.op)) return this.repeat(shard, hash, data, record, entry);
    // Every other record changes a key that was there; one that names a key that is not, or is no string, is passed over.
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
        return !isString || keyspace.append(shard, database, entry, data, valueOffset, valueBytes);
      default:
        return true;
    }
  }

  /** A record about a collection. */
  private repeat(shard: number, hash: number, data: DataView, record: RecordFields, entry: number): boolean {
    const { op, database, keyOffset, keyBytes, valueOffset, valueBytes } = record;
    const type = typeOfOp(op);
    let existing = entry;
    // As above: one whose time was over need not have been deleted, and may be of another type.
    if (entry !== 0 && ((record.flags & FLAG_NEW) !== 0 || this.keyspace.entries.type(entry) !== type)) {
      this.keyspace.remove(shard, database, entry);
      existing = 0;
    }
    const { collections } = this;
    const isDone = collections
      .engine(type)
      .repeat(op, shard, database, hash, data, keyOffset, keyBytes, existing, data, valueOffset, valueBytes);
    if ((record.flags & FLAG_NAMED_LARGE) !== 0) {
      collections.nameLarge(shard, database, hash, data, keyOffset, keyBytes);
    }
    return isDone;
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
      while (freeGarbage(this.keyspace, shard)) {
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

function contradiction(): CrabError {
  return new CrabError(
    'SNAPSHOT_CONTRADICTION',
    'the snapshot has lines of one key that contradict each other: put back a copy of it that was not edited',
  );
}

function outOfMemory(): CrabError {
  return new CrabError(
    'OUT_OF_MEMORY',
    'the data does not fit in memory: start with a larger maxmemory, or on a larger machine',
  );
}
