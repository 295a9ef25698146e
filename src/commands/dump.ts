/**
 * DUMP and RESTORE: a value as a string of bytes that this server and Redis understand (engine/rdb/payload.ts).
 */

import { NOT_INTEGER } from '../base/integer.js';
import type { Call } from '../engine/call.js';
import type { CommandSpec } from '../engine/command.js';
import * as errors from '../engine/errors.js';
import { CollectionReader as PayloadReader } from '../engine/rdb/collection-reader.js';
import {
  isPayload,
  RDB_TYPE_STRING,
  StringPayload,
  stringPayloadBytes,
  writeStringPayload,
} from '../engine/rdb/payload.js';
import { RECORD_OVERHEAD_BYTES_MAX } from '../engine/wal/record.js';
import { TYPE_HASH, TYPE_STRING, TYPE_ZSET } from '../structures/entry.js';
import { writeCollection, writer } from './collection-dump.js';
import { deadlineFrom, INVALID_DEADLINE } from './deadline.js';
import { KEY, ONE_KEY, READS_ONE } from './key-arguments.js';

const FREQUENCY_MAX = 255;
/** RESTORE's options when they are not given. */
const NOT_GIVEN = -1;

const payload = new StringPayload();
const payloadReader = new PayloadReader();

function dump(call: Call): void {
  const { entries } = call.keyspace;
  const entry = call.findToRead(0, 1);
  if (entry === 0) {
    call.reply.nil();
    return;
  }
  if (entries.type(entry) !== TYPE_STRING) {
    if (!writeCollection(call, entry)) call.reply.error(errors.OUT_OF_MEMORY);
    else if (writer.limit === 0) call.reply.nil();
    else call.reply.bulk(writer.bytes, writer.start, writer.limit - writer.start);
    writer.clear();
    return;
  }
  const bytes = entries.bytes(entry);
  const offset = entries.valueOffset(entry);
  const size = entries.valueSize(entry);
  const at = call.reply.beginBulk(stringPayloadBytes(bytes, offset, size));
  if (at >= 0) writeStringPayload(call.reply.bytes, at, bytes, offset, size);
}

/** What comes behind the payload of RESTORE. One thread, one command at a time. */
const options = { replaces: false, isAbsolute: false, idleSeconds: NOT_GIVEN, frequency: NOT_GIVEN };

function restore(call: Call): void {
  if (!readOptions(call)) return;
  const existing = call.find(0, 1);
  if (existing !== 0 && !options.replaces) {
    call.reply.error(errors.KEY_EXISTS);
    return;
  }
  const ttl = call.integer(2);
  if (ttl === NOT_INTEGER) {
    call.reply.error(errors.NOT_AN_INTEGER);
    return;
  }
  if (call.clampedInteger(2) < 0) {
    call.reply.error(errors.NEGATIVE_TTL);
    return;
  }
  if (!isPayload(call.bytes, call.offset(3), call.size(3))) {
    call.reply.error(errors.BAD_PAYLOAD);
    return;
  }
  const deadline = ttl === 0 ? 0 : deadlineFrom(ttl, 1, options.isAbsolute ? 0 : call.keyspace.now);
  if (deadline === INVALID_DEADLINE) {
    call.reply.error(errors.invalidExpireTime('restore'));
    return;
  }
  if (call.bytes[call.offset(3)] === RDB_TYPE_STRING) place(call, existing, deadline);
  else placeCollection(call, existing, deadline);
}

/** Makes the entry of the value in the payload, and puts it in its place. */
function place(call: Call, existing: number, deadline: number): void {
  const { keyspace, reply, client } = call;
  const { entries, log } = keyspace;
  const shard = call.keyShard(0);
  const isWellFormed =
    payload.open(call.bytes, call.data, call.offset(3), call.size(3)) &&
    payload.size <= call.services.config.integer('proto-max-bulk-len');
  if (!isWellFormed) {
    reply.error(errors.BAD_FORMAT);
    return;
  }
  // Compressed, it may be many times as long as the request for which there is room.
  const hasRoom = log.prepare(call.size(1) + payload.size + RECORD_OVERHEAD_BYTES_MAX);
  const entry = hasRoom
    ? keyspace.reserve(shard, call.data, call.offset(1), call.size(1), payload.size, deadline)
    : 0;
  if (entry === 0) {
    reply.error(errors.OUT_OF_MEMORY);
    return;
  }
  if (!payload.copy(entries.bytes(entry), entries.data(entry), entries.valueOffset(entry))) {
    keyspace.release(shard, entry);
    reply.error(errors.BAD_FORMAT);
  } else if (deadline !== 0 && deadline <= keyspace.now) {
    keyspace.release(shard, entry);
    if (existing !== 0) keyspace.remove(shard, client.database, existing);
    reply.ok();
  } else if (keyspace.link(shard, client.database, call.keyHash(0), entry, existing)) {
    keyspace.logSet(shard, client.database, entry);
    setAccess(call, entry);
    reply.ok();
  } else {
    keyspace.release(shard, entry);
    reply.error(errors.OUT_OF_MEMORY);
  }
}

/** Makes a collection of the one in the payload, in the place of `existing`. */
function placeCollection(call: Call, existing: number, deadline: number): void {
  const { keyspace, collections, reply, client } = call;
  const { items } = payloadReader;
  const at = call.offset(3);
  const isWellFormed = payloadReader.read(
    call.bytes[at]!,
    call.bytes,
    call.data,
    at + 1,
    at + call.size(3),
    call.services.config.integer('proto-max-bulk-len'),
  );
  if (!isWellFormed) {
    items.clear();
    reply.error(errors.BAD_FORMAT);
    return;
  }
  const { payload: value } = collections;
  const { type } = items;
  takeItems(call);
  items.clear();
  const shard = call.keyShard(0);
  const hash = call.keyHash(0);
  const keyOffset = call.offset(1);
  const keyBytes = call.size(1);
  const { database } = client;
  if ((deadline !== 0 && deadline <= keyspace.now) || (value.isComplete() && value.count === 0)) {
    if (existing !== 0) keyspace.remove(shard, database, existing);
    reply.ok();
  } else if (
    value.isComplete() &&
    keyspace.log.prepare(value.recordBytes(keyBytes)) &&
    collections.storeCopy(
      value,
      type,
      shard,
      database,
      hash,
      call.data,
      keyOffset,
      keyBytes,
      existing,
      deadline,
    )
  ) {
    setAccess(call, call.findStored(0, 1));
    reply.ok();
  } else {
    reply.error(errors.OUT_OF_MEMORY);
  }
  value.clear();
}

/** Makes items of the log of those in the payload. Fields whose time is over are left out. */
function takeItems(call: Call): void {
  const { items } = payloadReader;
  const { payload: value } = call.collections;
  const isHash = items.type === TYPE_HASH;
  const step = isHash ? 2 : 1;
  value.begin();
  for (let index = 0; index < items.count; index += step) {
    const deadline = isHash && items.hasDeadlines ? items.deadline(index / 2) : 0;
    if (deadline !== 0 && deadline <= call.keyspace.now) continue;
    if (items.type === TYPE_ZSET) value.putDouble(items.score(index));
    items.select(index);
    if (deadline !== 0) value.putDeadline(deadline, items);
    value.putElement(items);
    if (isHash) {
      items.select(index + 1);
      value.putElement(items);
    }
    value.count += 1;
  }
}

/** IDLETIME counts unless the policy is LFU, FREQ when it is. */
function setAccess(call: Call, entry: number): void {
  const { clock } = call.keyspace;
  if (clock.isLfu && options.frequency !== NOT_GIVEN) clock.setFrequency(entry, options.frequency);
  else if (!clock.isLfu && options.idleSeconds !== NOT_GIVEN) clock.setIdle(entry, options.idleSeconds);
}

/** Reads the arguments from 4 on into `options`; false after an error reply. */
function readOptions(call: Call): boolean {
  options.replaces = false;
  options.isAbsolute = false;
  options.idleSeconds = NOT_GIVEN;
  options.frequency = NOT_GIVEN;
  for (let index = 4; index < call.count; index++) {
    const hasMore = index + 1 < call.count;
    if (call.is(index, 'REPLACE')) {
      options.replaces = true;
    } else if (call.is(index, 'ABSTTL')) {
      options.isAbsolute = true;
    } else if (call.is(index, 'IDLETIME') && hasMore && options.frequency === NOT_GIVEN) {
      options.idleSeconds = amount(call, ++index, Number.MAX_SAFE_INTEGER, errors.INVALID_IDLE_TIME);
      if (options.idleSeconds < 0) return false;
    } else if (call.is(index, 'FREQ') && hasMore && options.idleSeconds === NOT_GIVEN) {
      options.frequency = amount(call, ++index, FREQUENCY_MAX, errors.INVALID_FREQUENCY);
      if (options.frequency < 0) return false;
    } else {
      call.reply.error(errors.SYNTAX);
      return false;
    }
  }
  return true;
}

/** Argument `index`, from 0 to `max`; -1 after an error reply. */
function amount(call: Call, index: number, max: number, error: string): number {
  const value = call.clampedInteger(index);
  if (value >= 0 && value <= max) return value;
  call.reply.error(value === NOT_INTEGER ? errors.NOT_AN_INTEGER : error);
  return -1;
}

export const DUMP_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'dump',
    arity: 2,
    flags: ['readonly'],
    group: 'generic',
    since: '2.6.0',
    summary: 'Returns the value of a key in a form that RESTORE takes, here and in Redis.',
    complexity: 'O(N) with the size of the value',
    keys: READS_ONE,
    tips: ['nondeterministic_output'],
    arguments: [KEY],
    reply: 'bytes?',
    run: dump,
  },
  {
    name: 'restore',
    arity: -4,
    flags: ['write', 'denyoom'],
    group: 'generic',
    since: '2.6.0',
    summary: 'Makes a key of what DUMP returned, here or in Redis.',
    complexity: 'O(N) with the size of the value',
    categories: ['@dangerous'],
    keys: { ...ONE_KEY, flags: ['OW', 'update'] },
    logsGroup: true,
    arguments: [
      KEY,
      { name: 'ttl', type: 'integer' },
      { name: 'serialized-value', type: 'string' },
      { name: 'replace', type: 'pure-token', token: 'REPLACE', flags: ['optional'], since: '3.0.0' },
      { name: 'absttl', type: 'pure-token', token: 'ABSTTL', flags: ['optional'], since: '5.0.0' },
      { name: 'seconds', type: 'integer', token: 'IDLETIME', flags: ['optional'], since: '5.0.0' },
      { name: 'frequency', type: 'integer', token: 'FREQ', flags: ['optional'], since: '5.0.0' },
    ],
    reply: 'ok',
    run: restore,
  },
];
