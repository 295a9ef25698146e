/**
 * Commands on keys whatever they hold: deleting, expiry, looking around.
 */

import { globMatches } from '../base/glob.js';
import { NOT_INTEGER, WIDE_INTEGER } from '../base/integer.js';
import type { Call } from '../engine/call.js';
import type { ArgumentSpec, CommandSpec, KeyRange } from '../engine/command.js';
import * as errors from '../engine/errors.js';
import { SEGMENT_SLOTS } from '../structures/hash-table.js';
import { deadlineFrom, INVALID_DEADLINE } from './deadline.js';
import { KeyCollector } from './key-collector.js';

const ONE_KEY = { first: 1, last: 1, step: 1 } as const;
const MANY_KEYS = { first: 1, last: -1, step: 1 } as const;
const KEY: ArgumentSpec = { name: 'key', type: 'key' };
const KEYS_ARGUMENT: ArgumentSpec = { name: 'key', type: 'key', flags: ['multiple'] };

/** Type names by type number (structures/entry.ts). */
const TYPE_NAMES = ['string'] as const;

/** Home buckets of a table that KEYS and SCAN visit before they give the baton back: some hundred keys, tens of us. */
const BUCKETS_PER_HOLD = 32;
/**
 * SCAN looks at so many buckets for each key asked for before it comes back with fewer; at some thousand at least, which
 * takes about 0.1 ms, so that a few keys among many shards are not as many round trips.
 */
const SCAN_EFFORT = 10;
const SCAN_EFFORT_MIN = 4096;
const SCAN_COUNT_DEFAULT = 10;
/** SCAN comes back when it has collected so many bytes of keys, whatever COUNT says. */
const SCAN_BYTES_MAX = 16 * 1024 * 1024;
/** A SCAN cursor is the shard above the cursor in its table: see HashTable.scan. */
const TABLE_CURSOR_BITS = 26;

const found = new Uint32Array(SEGMENT_SLOTS);
const collector = new KeyCollector();

function del(call: Call): void {
  let count = 0;
  for (let index = 1; index < call.count; index++) {
    const entry = call.find(index - 1, index);
    if (entry === 0) continue;
    call.keyspace.remove(call.keyShard(index - 1), call.client.database, entry);
    count += 1;
  }
  call.reply.integer(count);
}

function exists(call: Call): void {
  let count = 0;
  for (let index = 1; index < call.count; index++) {
    if (call.findToRead(index - 1, index) !== 0) count += 1;
  }
  call.reply.integer(count);
}

function type(call: Call): void {
  const entry = call.find(0, 1);
  call.reply.status(entry === 0 ? 'none' : TYPE_NAMES[call.keyspace.entries.type(entry)]!);
}

const ONLY_WITHOUT = 1;
const ONLY_WITH = 2;
const ONLY_LATER = 4;
const ONLY_EARLIER = 8;

/** EXPIRE and its kin: the amount is argument 2, conditions follow. */
function expire(call: Call, unitMs: number, isAbsolute: boolean): void {
  const condition = expireCondition(call);
  if (condition < 0) return;
  const amount = call.integer(2);
  if (amount === NOT_INTEGER) {
    call.reply.error(errors.NOT_AN_INTEGER);
    return;
  }
  const now = call.keyspace.now;
  const deadline = deadlineFrom(amount, unitMs, isAbsolute ? 0 : now);
  if (deadline === INVALID_DEADLINE) {
    call.reply.error(errors.invalidExpireTime(call.command.fullName));
    return;
  }
  const entry = call.find(0, 1);
  if (entry === 0 || !meets(condition, deadline, call.keyspace.entries.deadline(entry))) {
    call.reply.integer(0);
  } else if (deadline <= now) {
    call.keyspace.remove(call.keyShard(0), call.client.database, entry);
    call.reply.integer(1);
  } else if (call.keyspace.setDeadline(call.keyShard(0), call.client.database, entry, deadline)) {
    call.reply.integer(1);
  } else {
    call.reply.error(errors.OUT_OF_MEMORY);
  }
}

/** The conditions named, as a set of bits; -1 after an error reply. */
function expireCondition(call: Call): number {
  let condition = 0;
  for (let index = 3; index < call.count; index++) {
    if (call.is(index, 'NX')) condition |= ONLY_WITHOUT;
    else if (call.is(index, 'XX')) condition |= ONLY_WITH;
    else if (call.is(index, 'GT')) condition |= ONLY_LATER;
    else if (call.is(index, 'LT')) condition |= ONLY_EARLIER;
    else {
      call.reply.error(errors.unsupportedOption(call.bytes, call.offset(index), call.size(index)));
      return -1;
    }
  }
  if ((condition & ONLY_WITHOUT) !== 0 && condition !== ONLY_WITHOUT) {
    call.reply.error(errors.EXPIRE_NX_WITH_OTHERS);
    return -1;
  }
  if ((condition & ONLY_LATER) !== 0 && (condition & ONLY_EARLIER) !== 0) {
    call.reply.error(errors.EXPIRE_GT_WITH_LT);
    return -1;
  }
  return condition;
}

/** A key that never expires counts as one that expires after every deadline. */
function meets(condition: number, deadline: number, current: number): boolean {
  if (condition === 0) return true;
  if ((condition & ONLY_WITHOUT) !== 0 && current !== 0) return false;
  if ((condition & ONLY_WITH) !== 0 && current === 0) return false;
  if ((condition & ONLY_LATER) !== 0 && (current === 0 || deadline <= current)) return false;
  return (condition & ONLY_EARLIER) === 0 || current === 0 || deadline < current;
}

/** TTL and its kin: -2 for no key, -1 for no expiry. */
function ttl(call: Call, unitMs: number, isAbsolute: boolean): void {
  const entry = call.findToRead(0, 1);
  if (entry === 0) {
    call.reply.integer(-2);
    return;
  }
  const deadline = call.keyspace.entries.deadline(entry);
  if (deadline === 0) {
    call.reply.integer(-1);
    return;
  }
  const ms = isAbsolute ? deadline : Math.max(0, deadline - call.keyspace.now);
  call.reply.integer(unitMs === 1 ? ms : Math.floor((ms + unitMs / 2) / unitMs));
}

function persist(call: Call): void {
  const entry = call.find(0, 1);
  if (entry === 0 || !call.keyspace.entries.hasExpiry(entry)) call.reply.integer(0);
  else if (call.keyspace.setDeadline(call.keyShard(0), call.client.database, entry, 0)) call.reply.integer(1);
  else call.reply.error(errors.OUT_OF_MEMORY);
}

/** Goes through the shards one after the other, some buckets at a time: no client waits long for a baton. */
function keys(call: Call): void {
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
  let typeNumber = -1;
  for (let index = 2; index < call.count; index += 2) {
    if (index + 1 === call.count) {
      call.reply.error(errors.SYNTAX);
      return;
    }
    if (call.is(index, 'COUNT')) {
      wanted = call.integer(index + 1);
      if (wanted === WIDE_INTEGER)
        wanted = call.byteText(index + 1).startsWith('-') ? 0 : Number.MAX_SAFE_INTEGER;
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
      typeNumber = typeByName(call, index + 1);
    } else {
      call.reply.error(errors.SYNTAX);
      return;
    }
  }
  const next = collect(call, start, wanted, patternAt, typeNumber);
  call.reply.arrayHeader(2);
  call.reply.bulkInteger(next);
  call.reply.arrayHeader(collector.count);
  for (let index = 0; index < collector.count; index++) {
    call.reply.bulk(collector.bytes, collector.offsets[index]!, collector.sizes[index]!);
  }
  collector.clear();
}

/** Fills the collector from `start` on, and returns where to go on, 0 when there is nothing more. */
function collect(call: Call, start: number, wanted: number, patternAt: number, typeNumber: number): number {
  const keyspace = call.keyspace;
  const table = keyspace.table;
  const shardCount = keyspace.memory.shardCount;
  let effort = Math.max(wanted * SCAN_EFFORT, SCAN_EFFORT_MIN);
  let shard = Math.floor(start / 2 ** TABLE_CURSOR_BITS);
  let cursor = start % 2 ** TABLE_CURSOR_BITS;
  while (shard < shardCount && effort > 0 && collector.count < wanted && collector.size < SCAN_BYTES_MAX) {
    const at = keyspace.memory.tableAt(shard, call.client.database);
    call.batons.take(shard);
    for (let bucket = 0; bucket < BUCKETS_PER_HOLD; bucket++) {
      const size = table.scan(at, cursor, found);
      cursor = table.nextCursor;
      effort -= 1;
      for (let index = 0; index < size; index++) collectIfWanted(call, found[index]!, patternAt, typeNumber);
      if (cursor === 0 || effort <= 0 || collector.count >= wanted) break;
    }
    call.observe(shard);
    call.batons.give(shard);
    if (cursor === 0) shard += 1;
  }
  return shard >= shardCount ? 0 : shard * 2 ** TABLE_CURSOR_BITS + cursor;
}

function collectIfWanted(call: Call, entry: number, patternAt: number, typeNumber: number): void {
  const entries = call.keyspace.entries;
  const bytes = entries.bytes(entry);
  const offset = entries.keyOffset(entry);
  const size = entries.keySize(entry);
  if (typeNumber >= 0 && entries.type(entry) !== typeNumber) return;
  if (
    patternAt !== 0 &&
    !globMatches(call.bytes, call.offset(patternAt), call.size(patternAt), bytes, offset, size, false)
  ) {
    return;
  }
  if (!call.keyspace.hasExpired(entry)) collector.add(bytes, offset, size);
}

/** A type that no key has when the name is unknown, as in Redis 7.0. */
function typeByName(call: Call, index: number): number {
  const known = TYPE_NAMES.findIndex((name) => call.is(index, name.toUpperCase()));
  return known < 0 ? TYPE_NAMES.length : known;
}

const EXPIRE_CONDITION: ArgumentSpec = {
  name: 'condition',
  type: 'oneof',
  flags: ['optional'],
  since: '7.0.0',
  arguments: [
    { name: 'nx', type: 'pure-token', token: 'NX' },
    { name: 'xx', type: 'pure-token', token: 'XX' },
    { name: 'gt', type: 'pure-token', token: 'GT' },
    { name: 'lt', type: 'pure-token', token: 'LT' },
  ],
};

const WRITES_ONE: KeyRange = { ...ONE_KEY, flags: ['RW', 'update'] };
const READS_ONE: KeyRange = { ...ONE_KEY, flags: ['RO', 'access'] };

export const KEY_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'del',
    arity: -2,
    flags: ['write'],
    group: 'generic',
    since: '1.0.0',
    summary: 'Deletes keys, all at one moment.',
    complexity: 'O(N) with the number of keys',
    keys: { ...MANY_KEYS, flags: ['RM', 'delete'] },
    tips: ['request_policy:multi_shard', 'response_policy:agg_sum'],
    arguments: [KEYS_ARGUMENT],
    run: del,
  },
  {
    name: 'exists',
    arity: -2,
    flags: ['readonly', 'fast'],
    group: 'generic',
    since: '1.0.0',
    summary: 'Counts how many of the keys exist; one named twice counts twice.',
    complexity: 'O(N) with the number of keys',
    keys: { ...MANY_KEYS, flags: ['RO'] },
    tips: ['request_policy:multi_shard', 'response_policy:agg_sum'],
    arguments: [KEYS_ARGUMENT],
    run: exists,
  },
  {
    name: 'type',
    arity: 2,
    flags: ['readonly', 'fast'],
    group: 'generic',
    since: '1.0.0',
    summary: 'Returns the type of the value of a key.',
    complexity: 'O(1)',
    keys: { ...ONE_KEY, flags: ['RO'] },
    arguments: [KEY],
    run: type,
  },
  {
    name: 'expire',
    arity: -3,
    flags: ['write', 'fast'],
    group: 'generic',
    since: '1.0.0',
    summary: 'Sets the time to live of a key in seconds.',
    complexity: 'O(1)',
    keys: WRITES_ONE,
    arguments: [KEY, { name: 'seconds', type: 'integer' }, EXPIRE_CONDITION],
    run: (call) => expire(call, 1000, false),
  },
  {
    name: 'pexpire',
    arity: -3,
    flags: ['write', 'fast'],
    group: 'generic',
    since: '2.6.0',
    summary: 'Sets the time to live of a key in milliseconds.',
    complexity: 'O(1)',
    keys: WRITES_ONE,
    arguments: [KEY, { name: 'milliseconds', type: 'integer' }, EXPIRE_CONDITION],
    run: (call) => expire(call, 1, false),
  },
  {
    name: 'expireat',
    arity: -3,
    flags: ['write', 'fast'],
    group: 'generic',
    since: '1.2.0',
    summary: 'Sets when a key expires, in Unix seconds.',
    complexity: 'O(1)',
    keys: WRITES_ONE,
    arguments: [KEY, { name: 'unix-time-seconds', type: 'unix-time' }, EXPIRE_CONDITION],
    run: (call) => expire(call, 1000, true),
  },
  {
    name: 'pexpireat',
    arity: -3,
    flags: ['write', 'fast'],
    group: 'generic',
    since: '2.6.0',
    summary: 'Sets when a key expires, in Unix milliseconds.',
    complexity: 'O(1)',
    keys: WRITES_ONE,
    arguments: [KEY, { name: 'unix-time-milliseconds', type: 'unix-time' }, EXPIRE_CONDITION],
    run: (call) => expire(call, 1, true),
  },
  {
    name: 'ttl',
    arity: 2,
    flags: ['readonly', 'fast'],
    group: 'generic',
    since: '1.0.0',
    summary: 'Returns the time to live of a key in seconds, -1 without one, -2 without the key.',
    complexity: 'O(1)',
    keys: READS_ONE,
    tips: ['nondeterministic_output'],
    arguments: [KEY],
    run: (call) => ttl(call, 1000, false),
  },
  {
    name: 'pttl',
    arity: 2,
    flags: ['readonly', 'fast'],
    group: 'generic',
    since: '2.6.0',
    summary: 'Returns the time to live of a key in milliseconds, -1 without one, -2 without the key.',
    complexity: 'O(1)',
    keys: READS_ONE,
    tips: ['nondeterministic_output'],
    arguments: [KEY],
    run: (call) => ttl(call, 1, false),
  },
  {
    name: 'expiretime',
    arity: 2,
    flags: ['readonly', 'fast'],
    group: 'generic',
    since: '7.0.0',
    summary: 'Returns when a key expires in Unix seconds, -1 if never, -2 without the key.',
    complexity: 'O(1)',
    keys: READS_ONE,
    arguments: [KEY],
    run: (call) => ttl(call, 1000, true),
  },
  {
    name: 'pexpiretime',
    arity: 2,
    flags: ['readonly', 'fast'],
    group: 'generic',
    since: '7.0.0',
    summary: 'Returns when a key expires in Unix milliseconds, -1 if never, -2 without the key.',
    complexity: 'O(1)',
    keys: READS_ONE,
    arguments: [KEY],
    run: (call) => ttl(call, 1, true),
  },
  {
    name: 'persist',
    arity: 2,
    flags: ['write', 'fast'],
    group: 'generic',
    since: '2.2.0',
    summary: 'Takes the time to live of a key away.',
    complexity: 'O(1)',
    keys: WRITES_ONE,
    arguments: [KEY],
    run: persist,
  },
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
    run: scan,
  },
];
