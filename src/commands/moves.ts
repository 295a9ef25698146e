/**
 * Commands that put what a key holds somewhere else: RENAME, RENAMENX, COPY, MOVE; and SWAPDB, which has two databases
 * change places.
 *
 * A value lies in the memory of its key's shard, behind the key or, of a large collection, in many blocks, so it is copied
 * wherever it goes, and the log gets all of it for the target, in one group with the DELETE of the source: such a command costs
 * as much as setting the value anew. A record that merely names both keys would be shorter. But the threads that replay the log
 * each repeat what concerns their own shards, without ever waiting for each other, and source and target are seldom in the
 * same one.
 *
 * How large the effect is can only be seen under the batons, and it may be a million times the request. So room in the log
 * for all of it is prepared there, and memory for the value taken, before anything is changed: the command happens as a
 * whole or not at all.
 */

import { copyWords, equalWords } from '../base/bytes.js';
import type { Call } from '../engine/call.js';
import type { ArgumentSpec, CommandSpec, KeyRange } from '../engine/command.js';
import { swapDatabases } from '../engine/databases.js';
import * as errors from '../engine/errors.js';
import { RECORD_OVERHEAD_BYTES_MAX } from '../engine/wal/record.js';
import { TYPE_HASH, TYPE_STRING } from '../structures/entry.js';
import { databaseNumber, isDatabase, isInt } from './database-number.js';
import { KEY, ONE_KEY } from './key-arguments.js';

/** Numbers of the keys of RENAME and COPY. MOVE has only the first. */
const SOURCE = 0;
const TARGET = 1;

/** The source's entry, or 0 when there is none: a hash is none whose fields are all over, and only nobody has deleted it yet. */
function sourceOf(call: Call, found: number): number {
  const { entries } = call.keyspace;
  if (found === 0 || entries.type(found) !== TYPE_HASH) return found;
  const { reader } = call.collections;
  reader.open(found);
  return reader.next() ? found : 0;
}

/** RENAME and RENAMENX. A key renamed to itself stays as it is, but it must be there. */
function rename(call: Call, onlyIfNew: boolean): void {
  const { database } = call.client;
  const source = sourceOf(call, call.find(SOURCE, 1));
  if (source === 0) {
    call.reply.error(errors.NO_SUCH_KEY);
    return;
  }
  const isItself = hasSameKeys(call);
  const existing = findTarget(call, TARGET, database);
  if (onlyIfNew && (isItself || isLive(call, existing))) call.reply.integer(0);
  else if (!isItself && !move(call, source, TARGET, database, existing))
    call.reply.error(errors.OUT_OF_MEMORY);
  else if (onlyIfNew) call.reply.integer(1);
  else call.reply.ok();
}

function moveToDatabase(call: Call): void {
  const database = databaseNumber(call, 2);
  if (database < 0) return;
  if (database === call.client.database) {
    call.reply.error(errors.SAME_OBJECT);
    return;
  }
  const source = sourceOf(call, call.find(SOURCE, 1));
  const existing = source === 0 ? 0 : findTarget(call, SOURCE, database);
  if (source === 0 || isLive(call, existing)) call.reply.integer(0);
  else if (move(call, source, SOURCE, database, existing)) call.reply.integer(1);
  else call.reply.error(errors.OUT_OF_MEMORY);
}

function copy(call: Call): void {
  let { database } = call.client;
  let replaces = false;
  for (let index = 3; index < call.count; index++) {
    if (call.is(index, 'REPLACE')) {
      replaces = true;
    } else if (call.is(index, 'DB') && index + 1 < call.count) {
      index += 1;
      database = databaseNumber(call, index);
      if (database < 0) return;
    } else {
      call.reply.error(errors.SYNTAX);
      return;
    }
  }
  if (database === call.client.database && hasSameKeys(call)) {
    call.reply.error(errors.SAME_OBJECT);
    return;
  }
  const source = sourceOf(call, call.findToRead(SOURCE, 1));
  const existing = source === 0 ? 0 : findTarget(call, TARGET, database);
  if (source === 0 || (!replaces && isLive(call, existing))) call.reply.integer(0);
  else if (place(call, source, TARGET, database, existing) !== 0) call.reply.integer(1);
  else call.reply.error(errors.OUT_OF_MEMORY);
}

/** True when both keys of the command are the same. */
function hasSameKeys(call: Call): boolean {
  const size = call.size(1);
  return size === call.size(2) && equalWords(call.data, call.offset(1), call.data, call.offset(2), size);
}

/** What `database` has under key number `key`, be its time over or not, or 0. */
function findTarget(call: Call, key: number, database: number): number {
  const index = key + 1;
  return call.keyspace.findStored(
    call.keyShard(key),
    database,
    call.keyHash(key),
    call.data,
    call.offset(index),
    call.size(index),
  );
}

function isLive(call: Call, entry: number): boolean {
  return entry !== 0 && !call.keyspace.hasExpired(entry);
}

/**
 * Moves what key number 0 holds, the entry `source`, to key number `key` of `database`, with everything that is known about it.
 * `existing` is what `findTarget` has just found there.
 *
 * @returns false when memory is exhausted; nothing has changed then
 */
function move(call: Call, source: number, key: number, database: number, existing: number): boolean {
  const { keyspace, client } = call;
  const clock = keyspace.entries.clock(source);
  const target = place(call, source, key, database, existing);
  if (target === 0) return false;
  keyspace.entries.setClock(target, clock);
  keyspace.remove(call.keyShard(SOURCE), client.database, call.findStored(SOURCE, 1));
  return true;
}

/**
 * Puts a copy of the value of `source`, with its deadline, under key number `key` of `database`, in the place of `existing`.
 *
 * @returns the new entry, or 0 when memory is exhausted; nothing has changed then
 */
function place(call: Call, source: number, key: number, database: number, existing: number): number {
  const { keyspace } = call;
  const { entries } = keyspace;
  if (entries.type(source) !== TYPE_STRING) return placeCollection(call, source, key, database, existing);
  const shard = call.keyShard(key);
  const keyOffset = call.offset(key + 1);
  const keyBytes = call.size(key + 1);
  const valueBytes = entries.valueSize(source);
  // The SET, and the DELETE that may follow.
  const logBytes = keyBytes + valueBytes + entries.keySize(source) + 2 * RECORD_OVERHEAD_BYTES_MAX;
  if (!keyspace.log.prepare(logBytes)) return 0;
  const target = keyspace.reserve(
    shard,
    call.data,
    keyOffset,
    keyBytes,
    valueBytes,
    entries.deadline(source),
  );
  if (target === 0) return 0;
  copyWords(
    entries.data(target),
    entries.valueOffset(target),
    entries.data(source),
    entries.valueOffset(source),
    valueBytes,
  );
  entries.setEncoding(target, entries.encoding(source));
  if (!keyspace.link(shard, database, call.keyHash(key), target, existing)) {
    keyspace.release(shard, target);
    return 0;
  }
  keyspace.logSet(shard, database, target);
  return target;
}

/** `place` for a collection: of the parts of a large one, all are new. */
function placeCollection(
  call: Call,
  source: number,
  key: number,
  database: number,
  existing: number,
): number {
  const { keyspace, collections } = call;
  const { entries } = keyspace;
  const { payload } = collections;
  const type = entries.type(source);
  const deadline = entries.deadline(source);
  const deleteBytes = entries.keySize(source) + RECORD_OVERHEAD_BYTES_MAX;
  const shard = call.keyShard(key);
  const hash = call.keyHash(key);
  const keyOffset = call.offset(key + 1);
  const keyBytes = call.size(key + 1);
  payload.begin();
  payload.putEntry(entries, source, collections.reader);
  const isStored =
    payload.isComplete() &&
    keyspace.log.prepare(payload.recordBytes(keyBytes) + deleteBytes) &&
    collections.storeCopy(
      payload,
      type,
      shard,
      database,
      hash,
      call.data,
      keyOffset,
      keyBytes,
      existing,
      deadline,
    );
  payload.clear();
  return isStored ? keyspace.findStored(shard, database, hash, call.data, keyOffset, keyBytes) : 0;
}

/** At one moment, under all batons. Clients that have selected one of the two see the keys of the other from then on. */
function swapDb(call: Call): void {
  const database = call.integer(1);
  const other = call.integer(2);
  if (!isInt(database)) call.reply.error(errors.INVALID_FIRST_DATABASE);
  else if (!isInt(other)) call.reply.error(errors.INVALID_SECOND_DATABASE);
  else if (!isDatabase(call, database) || !isDatabase(call, other)) call.reply.error(errors.DATABASE_INDEX);
  else {
    if (database !== other) swap(call, database, other);
    call.reply.ok();
  }
}

function swap(call: Call, database: number, other: number): void {
  const { keyspace, batons } = call;
  const { log } = keyspace;
  const { shardCount } = keyspace.memory;
  if (!log.hasRoom()) log.waitForRoom();
  batons.takeAll();
  for (let shard = 0; shard < shardCount; shard++) {
    swapDatabases(keyspace, shard, database, other);
    call.services.waiters.databaseChanged(shard, database);
    call.services.waiters.databaseChanged(shard, other);
  }
  const lsn = log.appendSwapDb(database, other);
  for (let shard = 0; shard < shardCount; shard++) keyspace.stamp(shard, lsn);
  call.observe(0);
  batons.giveAll();
}

const NEW_KEY: ArgumentSpec = { name: 'newkey', type: 'key', keySpec: 1 };
const RENAMED: KeyRange = { ...ONE_KEY, flags: ['RW', 'access', 'delete'] };
const SECOND = { first: 2, last: 2, step: 1 } as const;

export const MOVE_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'rename',
    arity: 3,
    flags: ['write'],
    group: 'generic',
    since: '1.0.0',
    summary: 'Gives a key another name, in the place of what has that name.',
    complexity: 'O(N) with the size of the value',
    keys: [RENAMED, { ...SECOND, flags: ['OW', 'update'] }],
    arguments: [KEY, NEW_KEY],
    reply: 'ok',
    run: (call) => rename(call, false),
  },
  {
    name: 'renamenx',
    arity: 3,
    flags: ['write', 'fast'],
    group: 'generic',
    since: '1.0.0',
    summary: 'Gives a key another name, unless there is a key of that name.',
    complexity: 'O(N) with the size of the value',
    keys: [RENAMED, { ...SECOND, flags: ['OW', 'insert'] }],
    arguments: [KEY, NEW_KEY],
    reply: 'flag',
    run: (call) => rename(call, true),
  },
  {
    name: 'copy',
    arity: -3,
    flags: ['write', 'denyoom'],
    group: 'generic',
    since: '6.2.0',
    summary: 'Copies what a key holds to another key.',
    complexity: 'O(N) with the size of the value',
    keys: [
      { ...ONE_KEY, flags: ['RO', 'access'] },
      { ...SECOND, flags: ['OW', 'update'] },
    ],
    arguments: [
      { name: 'source', type: 'key' },
      { name: 'destination', type: 'key', keySpec: 1 },
      { name: 'destination-db', type: 'integer', token: 'DB', flags: ['optional'] },
      { name: 'replace', type: 'pure-token', token: 'REPLACE', flags: ['optional'] },
    ],
    reply: 'flag',
    run: copy,
  },
  {
    name: 'move',
    arity: 3,
    flags: ['write', 'fast'],
    group: 'generic',
    since: '1.0.0',
    summary: 'Moves a key to another database, unless that has a key of this name.',
    complexity: 'O(N) with the size of the value',
    keys: { ...ONE_KEY, flags: ['RW', 'access', 'update'] },
    logsGroup: true,
    arguments: [KEY, { name: 'db', type: 'integer' }],
    reply: 'flag',
    run: moveToDatabase,
  },
  {
    name: 'swapdb',
    arity: 3,
    flags: ['write', 'fast'],
    group: 'server',
    since: '4.0.0',
    summary: 'Has the keys of two databases change places.',
    complexity: 'O(1)',
    categories: ['@keyspace', '@dangerous'],
    arguments: [
      { name: 'index1', type: 'integer' },
      { name: 'index2', type: 'integer' },
    ],
    reply: 'ok',
    run: swapDb,
  },
];
