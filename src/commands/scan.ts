/**
 * Commands that look around in a database: KEYS, SCAN and RANDOMKEY. They go through the shards one after the other and hold a
 * baton only for some buckets of a table, so that no client waits long for one.
 */

import { copyBytes } from '../base/bytes.js';
import { globMatches } from '../base/glob.js';
import { NOT_INTEGER } from '../base/integer.js';
import { REPLY_OFF, REPLY_SKIP } from '../engine/attention.js';
import type { Call } from '../engine/call.js';
import type { CommandSpec } from '../engine/command.js';
import * as errors from '../engine/errors.js';
import { SEGMENT_SLOTS } from '../structures/hash-table.js';
import { KeyCollector } from './key-collector.js';
import { BUCKETS_PER_HOLD, KeyWalk } from './key-walk.js';
import { typeNumber } from './type-names.js';

/** KEYS looks at so many keys at once, which takes a millisecond at most; at more of them in slices. */
const KEYS_AT_ONCE_MAX = 4096;
/** How clients are answered that want no answer to this command: at once. */
const UNANSWERED = REPLY_OFF | REPLY_SKIP;
/**
 * SCAN looks at so many buckets for each key asked for before it comes back with fewer; at some thousand at least, which
 * takes about 0.1 ms, so that a few keys among many shards are not as many round trips.
 */
const SCAN_EFFORT = 10;
const SCAN_EFFORT_MIN = 4096;
/** A call is over, however much is asked for, when it has looked at so many buckets, or found so many keys: some milliseconds. */
const SCAN_EFFORT_MAX = 2 ** 17;
const SCAN_KEYS_MAX = 2 ** 16;
const SCAN_COUNT_DEFAULT = 10;
/** SCAN comes back when it has collected so many bytes of keys, whatever COUNT says. */
const SCAN_BYTES_MAX = 16 * 1024 * 1024;
/** A SCAN cursor is the shard above the cursor in its table: see HashTable.scan. */
const TABLE_CURSOR_BITS = 26;

/** RANDOMKEY picks so many keys whose time is over, before it looks for one that is there in order. */
const RANDOM_ATTEMPTS = 100;

const found = new Uint32Array(SEGMENT_SLOTS);
const collector = new KeyCollector();

function keys(call: Call): void {
  const { client } = call;
  const isLong = keyCount(call) > KEYS_AT_ONCE_MAX;
  if (!isLong || !client.mayBlock || (client.attention & UNANSWERED) !== 0) {
    replyKeys(call);
    return;
  }
  // A copy: the `slice` of a Buffer would be none, and what was received is overwritten before the walk is over.
  const pattern = new Uint8Array(call.size(1));
  copyBytes(pattern, 0, call.bytes, call.offset(1), call.size(1));
  call.suspend(new KeyWalk(call, pattern, isEverything(call, 1)).run());
}

/** Of the client's database; read without batons. */
function keyCount({ keyspace, client }: Call): number {
  let count = 0;
  for (let shard = 0; shard < keyspace.memory.shardCount; shard++) {
    count += keyspace.count(shard, client.database);
  }
  return count;
}

function replyKeys(call: Call): void {
  const keyspace = call.keyspace;
  const table = keyspace.table;
  const reply = call.reply;
  const array = reply.beginDeferredArray();
  let count = 0;
  for (let shard = 0; shard < keyspace.memory.shardCount; shard++) {
    const at = keyspace.memory.tableAt(shard, call.client.database);
    let cursor = 0;
    do {
      call.batons.take(shard);
      for (let bucket = 0; bucket < BUCKETS_PER_HOLD; bucket++) {
        const size = table.scan(at, cursor, found);
        cursor = table.nextCursor;
        for (let index = 0; index < size; index++) count += replyKeyIfMatching(call, found[index]!);
        if (cursor === 0) break;
      }
      call.observe(shard);
      call.batons.give(shard);
    } while (cursor !== 0);
  }
  reply.endDeferredArray(array, count);
}

function replyKeyIfMatching(call: Call, entry: number): number {
  const entries = call.keyspace.entries;
  const bytes = entries.bytes(entry);
  const offset = entries.keyOffset(entry);
  const size = entries.keySize(entry);
  const matches =
    isEverything(call, 1) ||
    globMatches(call.bytes, call.offset(1), call.size(1), bytes, offset, size, false);
  if (!matches || call.keyspace.hasExpired(entry)) return 0;
  call.reply.bulk(bytes, offset, size);
  return 1;
}

/** True when the pattern in argument `index` is a mere `*`. */
function isEverything(call: Call, index: number): boolean {
  return call.size(index) === 1 && call.bytes[call.offset(index)] === 0x2a;
}

function scan(call: Call): void {
  const start = call.cursor(1);
  if (start < 0) {
    call.reply.error(errors.INVALID_CURSOR);
    return;
  }
  let wanted = SCAN_COUNT_DEFAULT;
  let patternAt = 0;
  let wantedType = -1;
  for (let index = 2; index < call.count; index += 2) {
    if (index + 1 === call.count) {
      call.reply.error(errors.SYNTAX);
      return;
    }
    if (call.is(index, 'COUNT')) {
      wanted = call.clampedInteger(index + 1);
      if (wanted === NOT_INTEGER) {
        call.reply.error(errors.NOT_AN_INTEGER);
        return;
      }
      if (wanted < 1) {
        call.reply.error(errors.SYNTAX);
        return;
      }
    } else if (call.is(index, 'MATCH')) {
      patternAt = isEverything(call, index + 1) ? 0 : index + 1;
    } else if (call.is(index, 'TYPE')) {
      wantedType = typeNumber(call, index + 1);
    } else {
      call.reply.error(errors.SYNTAX);
      return;
    }
  }
  const next = collect(call, start, wanted, patternAt, wantedType);
  call.reply.arrayHeader(2);
  call.reply.bulkInteger(next);
  call.reply.arrayHeader(collector.count);
  for (let index = 0; index < collector.count; index++) {
    call.reply.bulk(collector.bytes, collector.offsets[index]!, collector.sizes[index]!);
  }
  collector.clear();
}

/** Fills the collector from `start` on, and returns where to go on, 0 when there is nothing more. */
function collect(call: Call, start: number, wanted: number, patternAt: number, wantedType: number): number {
  const keyspace = call.keyspace;
  const table = keyspace.table;
  const shardCount = keyspace.memory.shardCount;
  const most = Math.min(wanted, SCAN_KEYS_MAX);
  let effort = Math.min(Math.max(most * SCAN_EFFORT, SCAN_EFFORT_MIN), SCAN_EFFORT_MAX);
  let shard = Math.floor(start / 2 ** TABLE_CURSOR_BITS);
  let cursor = start % 2 ** TABLE_CURSOR_BITS;
  while (shard < shardCount && effort > 0 && collector.count < most && collector.size < SCAN_BYTES_MAX) {
    const at = keyspace.memory.tableAt(shard, call.client.database);
    call.batons.take(shard);
    for (let bucket = 0; bucket < BUCKETS_PER_HOLD; bucket++) {
      const size = table.scan(at, cursor, found);
      cursor = table.nextCursor;
      effort -= 1;
      for (let index = 0; index < size; index++) collectIfWanted(call, found[index]!, patternAt, wantedType);
      if (cursor === 0 || effort <= 0 || collector.count >= most) break;
    }
    call.observe(shard);
    call.batons.give(shard);
    if (cursor === 0) shard += 1;
  }
  return shard >= shardCount ? 0 : shard * 2 ** TABLE_CURSOR_BITS + cursor;
}

function collectIfWanted(call: Call, entry: number, patternAt: number, wantedType: number): void {
  const entries = call.keyspace.entries;
  const bytes = entries.bytes(entry);
  const offset = entries.keyOffset(entry);
  const size = entries.keySize(entry);
  if (wantedType >= 0 && entries.type(entry) !== wantedType) return;
  if (
    patternAt !== 0 &&
    !globMatches(call.bytes, call.offset(patternAt), call.size(patternAt), bytes, offset, size, false)
  ) {
    return;
  }
  if (!call.keyspace.hasExpired(entry)) collector.add(bytes, offset, size);
}

/**
 * Some key, each as likely as any other, but for keys that come and go meanwhile. Where nearly all keys have expired and
 * are still to be deleted it is the next best one.
 */
function randomKey(call: Call): void {
  for (let attempt = 0; attempt < RANDOM_ATTEMPTS; attempt++) {
    const shard = randomShard(call);
    if (shard < 0) break;
    call.batons.take(shard);
    const isFound = replyRandomKey(call, shard);
    call.observe(shard);
    call.batons.give(shard);
    if (isFound) return;
  }
  let cursor = 0;
  do cursor = collect(call, cursor, 1, 0, -1);
  while (cursor !== 0 && collector.count === 0);
  if (collector.count === 0) call.reply.nil();
  else call.reply.bulk(collector.bytes, collector.offsets[0]!, collector.sizes[0]!);
  collector.clear();
}

/** A shard, more likely the more keys it has; -1 when none has any. Their numbers are read without the batons: a good guess. */
function randomShard(call: Call): number {
  const { keyspace, client } = call;
  const { shardCount } = keyspace.memory;
  let rank = Math.floor(Math.random() * keyCount(call));
  for (let shard = 0; shard < shardCount; shard++) {
    const count = keyspace.count(shard, client.database);
    if (rank < count) return shard;
    rank -= count;
  }
  return -1;
}

/** Replies with a key of the shard; false when the one picked is not there any more. */
function replyRandomKey(call: Call, shard: number): boolean {
  const { keyspace, client } = call;
  const { entries } = keyspace;
  const entry = keyspace.table.random(keyspace.memory.tableAt(shard, client.database), Math.random());
  if (entry === 0 || keyspace.hasExpired(entry)) return false;
  call.reply.bulk(entries.bytes(entry), entries.keyOffset(entry), entries.keySize(entry));
  return true;
}

export const SCAN_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'keys',
    arity: 2,
    flags: ['readonly'],
    group: 'generic',
    since: '1.0.0',
    summary: 'Returns all keys that match a pattern.',
    complexity: 'O(N) with the number of keys in the database',
    categories: ['@dangerous'],
    tips: ['request_policy:all_shards', 'nondeterministic_output_order'],
    arguments: [{ name: 'pattern', type: 'pattern' }],
    suspends: 'if it can',
    reply: 'array<text>',
    run: keys,
  },
  {
    name: 'scan',
    arity: -2,
    flags: ['readonly'],
    group: 'generic',
    since: '2.8.0',
    summary: 'Goes through the keys of the database a few at a time.',
    complexity: 'O(1) a call, O(N) for the whole',
    tips: ['nondeterministic_output', 'request_policy:special'],
    arguments: [
      { name: 'cursor', type: 'integer' },
      { name: 'pattern', type: 'pattern', token: 'MATCH', flags: ['optional'] },
      { name: 'count', type: 'integer', token: 'COUNT', flags: ['optional'] },
      { name: 'type', type: 'string', token: 'TYPE', flags: ['optional'], since: '6.0.0' },
    ],
    reply: '{cursor:string,keys:array<text>}',
    run: scan,
  },
  {
    name: 'randomkey',
    arity: 1,
    flags: ['readonly'],
    group: 'generic',
    since: '1.0.0',
    summary: 'Returns some key of the database.',
    complexity: 'O(1)',
    tips: ['request_policy:all_shards', 'nondeterministic_output'],
    reply: 'text?',
    run: randomKey,
  },
];
