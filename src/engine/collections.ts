/**
 * Collections: the engines of the four types, one set a thread, and what is the same for all of them.
 *
 * Everything that adds elements to a key can be said as a log record says it: an operation and a payload of items
 * (wal/record.ts). `repeat` carries out such a record: for history (apply.ts, the snapshot), and for commands that make a whole
 * value (`store`), which are logged as they are repeated.
 */

import type { Entries } from '../structures/entry.js';
import { COLLECTION_NAMED_LARGE, TYPE_LIST, TYPE_SET, TYPE_ZSET } from '../structures/entry.js';
import { CollectionConfig } from './collection-config.js';
import type { CollectionEngine } from './collection-engine.js';
import { CollectionReader } from './collection-reader.js';
import { Hashes } from './hashes.js';
import { ItemPayload } from './item-payload.js';
import type { Keyspace } from './keyspace.js';
import { Lists } from './lists.js';
import { Sets } from './sets.js';
import { SortedSets } from './sorted-sets.js';
import {
  FLAG_NAMED_LARGE,
  FLAG_NEW,
  OP_HASH_EXPIREAT,
  OP_HASH_SET,
  OP_LIST_PUSH_RIGHT,
  OP_SET_ADD,
  OP_ZSET_SET,
} from './wal/record.js';

/** By type: the operation that adds elements to a value. */
const ADDING_OPS: readonly number[] = [0, OP_LIST_PUSH_RIGHT, OP_SET_ADD, OP_ZSET_SET, OP_HASH_SET];

/** The operation whose payload adds elements to a collection of `type`. */
export function addingOp(type: number): number {
  return ADDING_OPS[type]!;
}

export class Collections {
  readonly lists: Lists;
  readonly sets: Sets;
  readonly sortedSets: SortedSets;
  readonly hashes: Hashes;
  /** For commands, which use them one at a time. */
  readonly reader: CollectionReader;
  readonly payload: ItemPayload;
  private readonly keyspace: Keyspace;
  private readonly entries: Entries;
  private wasLogging: boolean;

  /** @param config Redis's defaults otherwise */
  constructor(keyspace: Keyspace, config: CollectionConfig = new CollectionConfig()) {
    this.reader = new CollectionReader(keyspace);
    this.payload = new ItemPayload();
    this.keyspace = keyspace;
    this.entries = keyspace.entries;
    this.wasLogging = false;
    this.lists = new Lists(keyspace, config);
    this.sets = new Sets(keyspace, config);
    this.sortedSets = new SortedSets(keyspace, config);
    this.hashes = new Hashes(keyspace, config);
    keyspace.fieldExpiry = this.hashes;
  }

  /** The engine of a type other than strings. */
  engine(type: number): CollectionEngine {
    switch (type) {
      case TYPE_LIST:
        return this.lists;
      case TYPE_SET:
        return this.sets;
      case TYPE_ZSET:
        return this.sortedSets;
      default:
        return this.hashes;
    }
  }

  /**
   * Sets a key to a whole new collection, in place of whatever it held. The caller has called `log.prepare`.
   *
   * @param existing what the last `find` returned for the key
   * @param payloadBytes of items as the log record `addingOp(type)` has them, at least one
   * @param deadline Unix ms, 0 = never
   * @returns false when memory is exhausted; the key then holds what it held before
   */
  store(
    type: number,
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
    deadline: number,
  ): boolean {
    this.begin(existing);
    const op = addingOp(type);
    const engine = this.engine(type);
    const isBuilt =
      engine.repeat(
        op,
        shard,
        database,
        hash,
        keys,
        keyOffset,
        keyBytes,
        0,
        data,
        payloadOffset,
        payloadBytes,
      ) && this.expire(shard, database, hash, keys, keyOffset, keyBytes, deadline);
    if (!this.end(isBuilt, shard, database, hash, keys, keyOffset, keyBytes, existing)) return false;
    this.logStored(
      op,
      0,
      shard,
      database,
      keys,
      keyOffset,
      keyBytes,
      data,
      payloadOffset,
      payloadBytes,
      deadline,
    );
    return true;
  }

  /**
   * Like `store`, for a value that is a copy of another one: with the deadlines of its fields, and the name of its encoding.
   *
   * @param existing what the last `find` returned for the key
   * @param deadline Unix ms, 0 = never
   */
  storeCopy(
    value: ItemPayload,
    type: number,
    shard: number,
    database: number,
    hash: number,
    keys: DataView,
    keyOffset: number,
    keyBytes: number,
    existing: number,
    deadline: number,
  ): boolean {
    this.begin(existing);
    const op = addingOp(type);
    const engine = this.engine(type);
    const { data, size } = value;
    const isBuilt =
      engine.repeat(op, shard, database, hash, keys, keyOffset, keyBytes, 0, data, 0, size) &&
      this.expireFields(value, shard, database, hash, keys, keyOffset, keyBytes) &&
      this.expire(shard, database, hash, keys, keyOffset, keyBytes, deadline);
    if (!this.end(isBuilt, shard, database, hash, keys, keyOffset, keyBytes, existing)) return false;
    const flags = value.isNamedLarge ? FLAG_NAMED_LARGE : 0;
    if (value.isNamedLarge) this.nameLarge(shard, database, hash, keys, keyOffset, keyBytes);
    this.logStored(op, flags, shard, database, keys, keyOffset, keyBytes, data, 0, size, deadline);
    this.logFieldDeadlines(value, shard, database, keys, keyOffset, keyBytes);
    return true;
  }

  /** OBJECT ENCODING tells the larger form's name from now on. */
  nameLarge(
    shard: number,
    database: number,
    hash: number,
    keys: DataView,
    keyOffset: number,
    keyBytes: number,
  ): void {
    const entry = this.keyspace.findStored(shard, database, hash, keys, keyOffset, keyBytes);
    if (entry !== 0) this.entries.setEncoding(entry, this.entries.encoding(entry) | COLLECTION_NAMED_LARGE);
  }

  // --- helpers of `store`. Nothing is logged before all has been done: if memory runs out on the way, nothing has happened.

  private begin(existing: number): void {
    if (existing !== 0) this.keyspace.setAside();
    this.wasLogging = this.keyspace.log.enabled;
    this.keyspace.log.enabled = false;
  }

  private expire(
    shard: number,
    database: number,
    hash: number,
    keys: DataView,
    keyOffset: number,
    keyBytes: number,
    deadline: number,
  ): boolean {
    if (deadline === 0) return true;
    const entry = this.keyspace.findStored(shard, database, hash, keys, keyOffset, keyBytes);
    return this.keyspace.setDeadline(shard, database, entry, deadline);
  }

  private expireFields(
    value: ItemPayload,
    shard: number,
    database: number,
    hash: number,
    keys: DataView,
    keyOffset: number,
    keyBytes: number,
  ): boolean {
    const { hashes, keyspace } = this;
    for (let field = value.firstDeadline(); field >= 0; field = value.nextDeadline()) {
      const entry = keyspace.findStored(shard, database, hash, keys, keyOffset, keyBytes);
      const { deadlineData, deadlineBytes } = value;
      const isDone = hashes.repeat(
        OP_HASH_EXPIREAT,
        shard,
        database,
        hash,
        keys,
        keyOffset,
        keyBytes,
        entry,
        deadlineData,
        field,
        deadlineBytes,
      );
      if (!isDone) return false;
    }
    return true;
  }

  /** Gives up what the key held before; or, if its new value has not been built, that one. */
  private end(
    isBuilt: boolean,
    shard: number,
    database: number,
    hash: number,
    keys: DataView,
    keyOffset: number,
    keyBytes: number,
    existing: number,
  ): boolean {
    const keyspace = this.keyspace;
    const entry = keyspace.findStored(shard, database, hash, keys, keyOffset, keyBytes);
    if (isBuilt) {
      if (existing !== 0) keyspace.clock.takeOver(entry, existing);
      if (existing !== 0) keyspace.giveUpAside(shard, database, existing);
    } else {
      if (entry !== 0) keyspace.removeEmptied(shard, database, entry);
      if (existing !== 0) keyspace.putBack(shard, database, hash, existing);
    }
    keyspace.log.enabled = this.wasLogging;
    return isBuilt;
  }

  private logStored(
    op: number,
    flags: number,
    shard: number,
    database: number,
    keys: DataView,
    keyOffset: number,
    keyBytes: number,
    data: DataView,
    payloadOffset: number,
    payloadBytes: number,
    deadline: number,
  ): void {
    const { log } = this.keyspace;
    log.beginItems(op, flags | FLAG_NEW, database, keys, keyOffset, keyBytes, payloadBytes);
    log.putPayload(data, payloadOffset, payloadBytes);
    this.keyspace.raiseLsn(shard, log.endItems());
    if (deadline === 0) return;
    this.keyspace.raiseLsn(shard, log.appendExpireAt(database, deadline, keys, keyOffset, keyBytes));
  }

  private logFieldDeadlines(
    value: ItemPayload,
    shard: number,
    database: number,
    keys: DataView,
    keyOffset: number,
    keyBytes: number,
  ): void {
    const { log } = this.keyspace;
    for (let field = value.firstDeadline(); field >= 0; field = value.nextDeadline()) {
      const bytes = value.deadlineBytes;
      log.beginItems(OP_HASH_EXPIREAT, 0, database, keys, keyOffset, keyBytes, bytes);
      log.putPayload(value.deadlineData, field, bytes);
      this.keyspace.raiseLsn(shard, log.endItems());
    }
  }
}
