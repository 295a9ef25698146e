/**
 * A small store for the snapshot's tests, with a log that only counts.
 */

import { viewOf } from '../../base/bytes.js';
import { hashBytes, setHashSeed } from '../../base/hash.js';
import { Batons } from '../../memory/baton.js';
import { createMemoryShared, Memory, type MemoryShared } from '../../memory/memory.js';
import { Entries, TYPE_LIST } from '../../structures/entry.js';
import { HashTable } from '../../structures/hash-table.js';
import { TimingWheel } from '../../structures/timing-wheel.js';
import { CollectionReader } from '../collection-reader.js';
import { Collections } from '../collections.js';
import { detachDatabase, swapDatabases } from '../databases.js';
import { freeGarbage } from '../garbage.js';
import { Keyspace } from '../keyspace.js';
import { ENGINE_SNAPSHOT_LOST } from '../shard-words.js';
import type { Log } from '../wal/log.js';
import { typeOfOp } from '../wal/record.js';

/** Knows how often it was written to, and nothing else. Each record is eight bytes long. */
export class CountingLog {
  enabled = true;
  hasFailed = false;
  rotations = 0;
  recycledTo = -1;
  private end = 0;

  private append(): number {
    this.end += 8;
    return this.end;
  }
  appendSet = (): number => this.append();
  appendDelete = (): number => this.append();
  appendExpireAt = (): number => this.append();
  appendPersist = (): number => this.append();
  appendAppend = (): number => this.append();
  beginItems = (): void => {};
  putItem = (): void => {};
  putDouble = (): void => {};
  putUint32 = (): void => {};
  putInteger = (): void => {};
  markItems = (): void => {};
  putPayload = (): void => {};
  appendPair = (): number => this.append();
  endItems = (): number => this.append();
  prepare = (): boolean => true;
  hasRoom = (): boolean => true;
  tail = (): number => this.end;
  durable = (): number => this.end;
  failed = (): boolean => this.hasFailed;
  requestRotate = (): boolean => {
    this.rotations += 1;
    return !this.hasFailed;
  };
  recycleUpTo = (lsn: number): void => {
    this.recycledTo = lsn;
  };
}

export class Store {
  readonly memory: Memory;
  readonly entries: Entries;
  readonly table: HashTable;
  readonly batons: Batons;
  readonly keyspace: Keyspace;
  readonly collections: Collections;
  readonly log = new CountingLog();

  /** @param makeLog a log to use in place of one that only counts */
  constructor(shared: MemoryShared, makeLog?: (memory: Memory) => Log) {
    setHashSeed(1, 2);
    this.memory = new Memory(shared);
    this.entries = new Entries(this.memory);
    this.table = new HashTable(this.memory, this.entries);
    this.batons = new Batons(shared);
    const wheel = new TimingWheel(this.memory, this.entries);
    const log = makeLog?.(this.memory) ?? (this.log as unknown as Log);
    this.keyspace = new Keyspace(this.memory, this.entries, this.table, wheel, log);
    this.keyspace.now = 1;
    this.collections = new Collections(this.keyspace);
  }

  static create(shardCount: number, databaseCount: number): Store {
    return new Store(createMemoryShared({ bytes: 2 ** 30, shardCount, databaseCount }));
  }

  set(database: number, key: Buffer, value: Buffer, deadline: number): boolean {
    return this.within(key, (shard, hash) => {
      const existing = this.keyspace.find(shard, database, hash, viewOf(key), 0, key.length);
      return this.keyspace.set(
        shard,
        database,
        hash,
        viewOf(key),
        0,
        key.length,
        viewOf(value),
        0,
        value.length,
        deadline,
        existing,
      );
    });
  }

  /** Does what a record of the log says (wal/record.ts). A key of another type is deleted before, as history has it. */
  repeat(op: number, database: number, key: Buffer, payload: Buffer): void {
    const type = typeOfOp(op);
    this.within(key, (shard, hash) => {
      const view = viewOf(key);
      let existing = this.keyspace.find(shard, database, hash, view, 0, key.length);
      if (existing !== 0 && this.entries.type(existing) !== type) {
        this.keyspace.remove(shard, database, existing);
        existing = 0;
      }
      const isDone = this.collections
        .engine(type)
        .repeat(op, shard, database, hash, view, 0, key.length, existing, viewOf(payload), 0, payload.length);
      if (!isDone) throw new Error(`operation ${op} finds no memory`);
    });
  }

  /** How many elements the list has; 0 when there is no list. */
  listLength(database: number, key: Buffer): number {
    let length = 0;
    this.change(database, key, (_shard, entry) => {
      if (this.entries.type(entry) !== TYPE_LIST) return;
      const reader = new CollectionReader(this.keyspace);
      reader.open(entry);
      length = reader.count;
    });
    return length;
  }

  append(database: number, key: Buffer, suffix: Buffer): void {
    this.change(database, key, (shard, entry) => {
      this.keyspace.append(shard, database, entry, viewOf(suffix), 0, suffix.length);
    });
  }

  setDeadline(database: number, key: Buffer, deadline: number): void {
    this.change(database, key, (shard, entry) => {
      this.keyspace.setDeadline(shard, database, entry, deadline);
    });
  }

  remove(database: number, key: Buffer): void {
    this.change(database, key, (shard, entry) => this.keyspace.remove(shard, database, entry));
  }

  /** FLUSHDB, and the freeing of what it gave up. */
  flush(database: number): void {
    for (let shard = 0; shard < this.memory.shardCount; shard++) {
      this.batons.take(shard);
      detachDatabase(this.keyspace, shard, database);
      this.batons.give(shard);
    }
  }

  /** True when the running snapshot cannot be completed. */
  isSnapshotLost(shard: number): boolean {
    return this.memory.shardU32[this.memory.engineAt(shard) + ENGINE_SNAPSHOT_LOST] !== 0;
  }

  /** Frees what was given up, as maintenance does. */
  collectGarbage(): void {
    for (let shard = 0; shard < this.memory.shardCount; shard++) {
      this.batons.take(shard);
      while (freeGarbage(this.keyspace, shard)) {
        // until nothing is left
      }
      this.batons.give(shard);
    }
  }

  /** Lets time pass, and deletes the keys and fields whose time is over then. */
  passTime(now: number): void {
    this.keyspace.now = now;
    for (let shard = 0; shard < this.memory.shardCount; shard++) {
      this.batons.take(shard);
      for (let database = 0; database < this.memory.databaseCount; database++) {
        while (this.keyspace.expireNext(shard, database) !== 0) {
          // until nothing is due
        }
      }
      this.batons.give(shard);
    }
  }

  /** SWAPDB, shard by shard: nobody else is looking. */
  swap(database: number, other: number): void {
    for (let shard = 0; shard < this.memory.shardCount; shard++) {
      this.batons.take(shard);
      swapDatabases(this.keyspace, shard, database, other);
      this.batons.give(shard);
    }
  }

  private change(database: number, key: Buffer, action: (shard: number, entry: number) => void): void {
    this.within(key, (shard, hash) => {
      const entry = this.keyspace.find(shard, database, hash, viewOf(key), 0, key.length);
      if (entry !== 0) action(shard, entry);
    });
  }

  private within<T>(key: Buffer, action: (shard: number, hash: number) => T): T {
    const hash = hashBytes(viewOf(key), 0, key.length);
    const shard = hash & (this.memory.shardCount - 1);
    this.batons.take(shard);
    try {
      return action(shard, hash);
    } finally {
      this.batons.give(shard);
    }
  }
}
