/**
 * Strings as a whole: SET and its kin, GET and its kin. Their parts are in string-ranges.ts, numbers in counters.ts, several keys
 * at once in string-batches.ts, comparisons in comparison.ts.
 *
 * An integer is kept as its decimal text, as clients see it; counters parse and format it, which costs less than a
 * second encoding would.
 */

import type { Call } from '../engine/call.js';
import type { ArgumentSpec, Arguments, CommandSpec, KeyFlag } from '../engine/command.js';
import * as errors from '../engine/errors.js';
import { PROTOCOL_TEXT } from '../engine/reply.js';
import { TYPE_STRING } from '../structures/entry.js';
import { compareValue, MET, NO_DIGEST, UNMET } from './comparison.js';
import { INVALID_DEADLINE } from './deadline.js';
import { KEY, ONE_KEY } from './key-arguments.js';
import { storeArgument, VALUE } from './string-arguments.js';
import {
  ALWAYS,
  COMPARISON_ARGUMENTS,
  EXPIRY_ARGUMENTS,
  expiryArgument,
  IF_ABSENT,
  IF_DIFFERENT,
  IF_DIGEST_DIFFERENT,
  IF_PRESENT,
  isDeadlineAbsolute,
  KEEPTTL_ARGUMENT,
  options,
  optionsDeadline,
  PRESENCE_ARGUMENTS,
  readOptions,
  TAKES_COMPARISON,
  TAKES_GET,
  TAKES_KEEPTTL,
  TAKES_PERSIST,
  TAKES_PRESENCE,
} from './string-options.js';

const SET_TAKES = TAKES_PRESENCE | TAKES_COMPARISON | TAKES_GET | TAKES_KEEPTTL;

function get(call: Call): void {
  const entry = call.findToRead(0, 1);
  if (entry === 0) call.reply.nil();
  else if (call.keyspace.entries.type(entry) !== TYPE_STRING) call.reply.error(errors.WRONG_TYPE);
  else call.replyValue(entry);
}

function set(call: Call): void {
  if (call.count === 3) setAlways(call, 1, 2, 0);
  else if (readOptions(call, 3, SET_TAKES)) setAsOptions(call);
}

/** Sets key argument `keyAt` whatever it held. */
function setAlways(call: Call, keyAt: number, valueAt: number, deadline: number): void {
  if (storeArgument(call, keyAt, valueAt, deadline, call.findToReplace(0, keyAt))) call.reply.ok();
  else call.reply.error(errors.OUT_OF_MEMORY);
}

/** SET with options, which have been read. */
function setAsOptions(call: Call): void {
  const { condition, comparedAt, getsOld, keepsDeadline } = options;
  const newDeadline = optionsDeadline(call);
  if (newDeadline === INVALID_DEADLINE) return;
  const entries = call.keyspace.entries;
  const existing = getsOld ? call.findToUpdate(0, 1) : call.find(0, 1);
  if (existing !== 0 && (getsOld || comparedAt !== 0) && entries.type(existing) !== TYPE_STRING) {
    call.reply.error(errors.WRONG_TYPE);
    return;
  }
  const outcome = evaluate(call, existing, condition, comparedAt);
  if (outcome === NO_DIGEST) {
    call.reply.error(errors.DIGEST_SIZE);
  } else if (outcome === MET) {
    const deadline = keepsDeadline && existing !== 0 ? entries.deadline(existing) : newDeadline;
    replace(call, existing, deadline, getsOld);
  } else if (getsOld) {
    replyOld(call, existing);
  } else {
    call.reply.nil();
  }
}

/** MET, UNMET or NO_DIGEST. A key that is not there differs from everything. */
function evaluate(call: Call, existing: number, condition: number, comparedAt: number): number {
  if (condition === ALWAYS) return MET;
  if (condition === IF_ABSENT) return existing === 0 ? MET : UNMET;
  if (condition === IF_PRESENT) return existing === 0 ? UNMET : MET;
  if (existing !== 0) return compareValue(call, existing, condition, comparedAt);
  return condition === IF_DIFFERENT || condition === IF_DIGEST_DIFFERENT ? MET : UNMET;
}

/** Sets argument 1 to argument 2. The reply is the value before, or OK. */
function replace(call: Call, existing: number, deadline: number, getsOld: boolean): void {
  const reply = call.reply;
  const mark = reply.mark();
  if (getsOld) replyOld(call, existing);
  else reply.ok();
  if (storeArgument(call, 1, 2, deadline, existing)) return;
  reply.rewind(mark);
  reply.error(errors.OUT_OF_MEMORY);
}

function replyOld(call: Call, existing: number): void {
  if (existing === 0) call.reply.nil();
  else call.replyValue(existing);
}

/** SETEX and PSETEX. In the text protocol the value comes before the time to live. */
function setWithTtl(call: Call, unitMs: number): void {
  const isText = call.client.protocol === PROTOCOL_TEXT;
  const deadline = expiryArgument(call, isText ? 3 : 2, unitMs, false);
  if (deadline !== INVALID_DEADLINE) setAlways(call, 1, isText ? 2 : 3, deadline);
}

function setIfAbsent(call: Call): void {
  if (call.find(0, 1) !== 0) call.reply.integer(0);
  else if (storeArgument(call, 1, 2, 0, 0)) call.reply.integer(1);
  else call.reply.error(errors.OUT_OF_MEMORY);
}

/** SET with GET, by its old name. */
function getAndSet(call: Call): void {
  const existing = findString(call);
  if (existing >= 0) replace(call, existing, 0, true);
}

function getAndDelete(call: Call): void {
  const entry = findString(call);
  if (entry < 0) return;
  replyOld(call, entry);
  if (entry !== 0) call.keyspace.remove(call.keyShard(0), call.client.database, entry);
}

/** GETEX: Redis looks at the amount of time only if there is a key. */
function getAndExpire(call: Call): void {
  if (!readOptions(call, 2, TAKES_PERSIST)) return;
  const entry = findString(call);
  if (entry < 0) return;
  if (entry === 0) {
    call.reply.nil();
    return;
  }
  const deadline = optionsDeadline(call);
  if (deadline === INVALID_DEADLINE) return;
  const mark = call.reply.mark();
  call.replyValue(entry);
  if (changeDeadline(call, entry, deadline)) return;
  call.reply.rewind(mark);
  call.reply.error(errors.OUT_OF_MEMORY);
}

/** What GETEX does to the deadline, 0 if it names none. False when memory is exhausted. */
function changeDeadline(call: Call, entry: number, deadline: number): boolean {
  const keyspace = call.keyspace;
  const shard = call.keyShard(0);
  const database = call.client.database;
  if (deadline === 0) {
    const isDone = !options.persists || !keyspace.entries.hasExpiry(entry);
    return isDone || keyspace.setDeadline(shard, database, entry, 0);
  }
  if (isDeadlineAbsolute() && deadline <= keyspace.now) {
    keyspace.remove(shard, database, entry);
    return true;
  }
  return keyspace.setDeadline(shard, database, entry, deadline);
}

/** The string entry of argument 1, or 0; -1 after the error reply when it is of another type. Counts a hit or miss. */
function findString(call: Call): number {
  const entry = call.findToUpdate(0, 1);
  if (entry === 0 || call.keyspace.entries.type(entry) === TYPE_STRING) return entry;
  call.reply.error(errors.WRONG_TYPE);
  return -1;
}

const SET_CONDITION: ArgumentSpec = {
  name: 'condition',
  type: 'oneof',
  flags: ['optional'],
  since: '2.6.12',
  arguments: [...PRESENCE_ARGUMENTS, ...COMPARISON_ARGUMENTS],
};

const SET_EXPIRATION: ArgumentSpec = {
  name: 'expiration',
  type: 'oneof',
  flags: ['optional'],
  since: '2.6.12',
  arguments: [
    ...EXPIRY_ARGUMENTS.map((unit) => ({ ...unit, since: unit.type === 'integer' ? '2.6.12' : '6.2.0' })),
    { ...KEEPTTL_ARGUMENT, since: '6.0.0' },
  ],
};

const READS_AND_WRITES: readonly KeyFlag[] = ['RW', 'access', 'update'];
const WRITES: readonly KeyFlag[] = ['OW', 'update'];
/** Options of SET that look at the value that there is. */
const READING_OPTIONS = ['GET', 'IFEQ', 'IFNE', 'IFDEQ', 'IFDNE'];

function setReads(request: Arguments): boolean {
  for (let index = 3; index < request.count; index++) {
    for (const option of READING_OPTIONS) if (request.is(index, option)) return true;
  }
  return false;
}

export const STRING_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'set',
    arity: -3,
    flags: ['write', 'denyoom'],
    group: 'string',
    since: '1.0.0',
    summary: 'Sets the string value of a key, whatever it held before.',
    complexity: 'O(1)',
    keys: {
      ...ONE_KEY,
      flags: ['RW', 'access', 'update', 'variable_flags'],
      flagsOf: (request) => (setReads(request) ? READS_AND_WRITES : WRITES),
      notes: 'RW and ACCESS due to the optional `GET` argument',
    },
    arguments: [
      KEY,
      VALUE,
      SET_CONDITION,
      { name: 'get', type: 'pure-token', token: 'GET', flags: ['optional'], since: '6.2.0' },
      SET_EXPIRATION,
    ],
    isCheap: true,
    reply: { GET: 'text?', 'NX|XX|IFEQ|IFNE|IFDEQ|IFDNE': 'ok?', else: 'ok' },
    run: set,
  },
  {
    name: 'get',
    arity: 2,
    flags: ['readonly', 'fast'],
    group: 'string',
    since: '1.0.0',
    summary: 'Returns the string value of a key.',
    complexity: 'O(1)',
    keys: { ...ONE_KEY, flags: ['RO', 'access'] },
    arguments: [KEY],
    reply: 'text?',
    run: get,
  },
  {
    name: 'setex',
    arity: 4,
    flags: ['write', 'denyoom'],
    group: 'string',
    since: '2.0.0',
    summary:
      'Sets the string value of a key and its time to live in seconds. The text protocol takes the value first.',
    complexity: 'O(1)',
    keys: { ...ONE_KEY, flags: ['OW', 'update'] },
    arguments: [KEY, { name: 'seconds', type: 'integer' }, VALUE],
    isCheap: true,
    reply: 'ok',
    run: (call) => setWithTtl(call, 1000),
  },
  {
    name: 'psetex',
    arity: 4,
    flags: ['write', 'denyoom'],
    group: 'string',
    since: '2.6.0',
    summary:
      'Sets the string value of a key and its time to live in milliseconds. The text protocol takes the value first.',
    complexity: 'O(1)',
    keys: { ...ONE_KEY, flags: ['OW', 'update'] },
    arguments: [KEY, { name: 'milliseconds', type: 'integer' }, VALUE],
    isCheap: true,
    reply: 'ok',
    run: (call) => setWithTtl(call, 1),
  },
  {
    name: 'setnx',
    arity: 3,
    flags: ['write', 'denyoom', 'fast'],
    group: 'string',
    since: '1.0.0',
    summary: 'Sets the string value of a key unless it exists.',
    complexity: 'O(1)',
    keys: { ...ONE_KEY, flags: ['OW', 'insert'] },
    arguments: [KEY, VALUE],
    reply: 'flag',
    run: setIfAbsent,
  },
  {
    name: 'getset',
    arity: 3,
    flags: ['write', 'denyoom', 'fast'],
    group: 'string',
    since: '1.0.0',
    summary: 'Sets the string value of a key and returns the one before. Deprecated: use SET with GET.',
    complexity: 'O(1)',
    keys: { ...ONE_KEY, flags: ['RW', 'access', 'update'] },
    arguments: [KEY, VALUE],
    reply: 'text?',
    run: getAndSet,
  },
  {
    name: 'getdel',
    arity: 2,
    flags: ['write', 'fast'],
    group: 'string',
    since: '6.2.0',
    summary: 'Returns the string value of a key and deletes the key.',
    complexity: 'O(1)',
    keys: { ...ONE_KEY, flags: ['RW', 'access', 'delete'] },
    arguments: [KEY],
    reply: 'text?',
    run: getAndDelete,
  },
  {
    name: 'getex',
    arity: -2,
    flags: ['write', 'fast'],
    group: 'string',
    since: '6.2.0',
    summary: 'Returns the string value of a key and sets when it expires, or that it does not.',
    complexity: 'O(1)',
    keys: {
      ...ONE_KEY,
      flags: ['RW', 'access', 'update'],
      notes: 'RW and UPDATE because it changes the TTL',
    },
    arguments: [
      KEY,
      {
        name: 'expiration',
        type: 'oneof',
        flags: ['optional'],
        arguments: [...EXPIRY_ARGUMENTS, { name: 'persist', type: 'pure-token', token: 'PERSIST' }],
      },
    ],
    reply: 'text?',
    run: getAndExpire,
  },
];
