/**
 * Strings: SET and its short forms, GET, counters, APPEND, and the two that take many keys.
 *
 * An integer is kept as its decimal text, as clients see it; counters parse and format it, which costs less than a
 * second encoding would.
 */

import { viewOf } from '../base/bytes.js';
import {
  formatInteger,
  INT64_MAX,
  INT64_MIN,
  INTEGER_BYTES_MAX,
  NOT_INTEGER,
  parseInteger,
  parseWideInteger,
  WIDE_INTEGER,
} from '../base/integer.js';
import type { Call } from '../engine/call.js';
import type { ArgumentSpec, CommandSpec } from '../engine/command.js';
import * as errors from '../engine/errors.js';
import { PROTOCOL_TEXT } from '../engine/reply.js';
import { TYPE_STRING } from '../structures/entry.js';
import { deadlineFrom, INVALID_DEADLINE } from './deadline.js';

const KEY: ArgumentSpec = { name: 'key', type: 'key' };
const VALUE: ArgumentSpec = { name: 'value', type: 'string' };

/** Where a counter's digits are written before they become the value. One thread, one command at a time. */
const digits = new Uint8Array(INTEGER_BYTES_MAX);
const digitsData = viewOf(digits);

/** Entries that MSET has built and not linked yet. */
let built = new Uint32Array(64);

function get(call: Call): void {
  const entry = call.findToRead(0, 1);
  if (entry === 0) call.reply.nil();
  else if (call.keyspace.entries.type(entry) !== TYPE_STRING) call.reply.error(errors.WRONG_TYPE);
  else call.replyValue(entry);
}

const WHEN_ABSENT = 1;
const WHEN_PRESENT = 2;

/** SET's options for a time: in seconds or milliseconds, from now or absolute. */
const EXPIRY_UNITS = ['EX', 'PX', 'EXAT', 'PXAT'] as const;
const NO_UNIT = -1;

function set(call: Call): void {
  let when = 0;
  let wantsOld = false;
  let keepsDeadline = false;
  let unit = NO_UNIT;
  let amountAt = 0;
  for (let index = 3; index < call.count; index++) {
    const given = expiryUnit(call, index);
    if (when !== WHEN_PRESENT && call.is(index, 'NX')) when = WHEN_ABSENT;
    else if (when !== WHEN_ABSENT && call.is(index, 'XX')) when = WHEN_PRESENT;
    else if (call.is(index, 'GET')) wantsOld = true;
    else if (unit === NO_UNIT && call.is(index, 'KEEPTTL')) keepsDeadline = true;
    else if (
      given !== NO_UNIT &&
      !keepsDeadline &&
      (unit === NO_UNIT || unit === given) &&
      index + 1 < call.count
    ) {
      unit = given; // The same unit twice is allowed, as in Redis: the last amount counts.
      amountAt = ++index;
    } else {
      call.reply.error(errors.SYNTAX);
      return;
    }
  }
  let deadline = 0;
  if (unit !== NO_UNIT) {
    deadline = expiryArgument(call, amountAt, (unit & 1) === 0 ? 1000 : 1, unit >= 2);
    if (deadline === INVALID_DEADLINE) return;
  }
  setGeneric(call, 1, 2, deadline, when, wantsOld, keepsDeadline);
}

/** Which of EXPIRY_UNITS argument `index` is, or NO_UNIT. */
function expiryUnit(call: Call, index: number): number {
  for (let unit = 0; unit < EXPIRY_UNITS.length; unit++) {
    if (call.is(index, EXPIRY_UNITS[unit]!)) return unit;
  }
  return NO_UNIT;
}

function setGeneric(
  call: Call,
  keyAt: number,
  valueAt: number,
  newDeadline: number,
  when: number,
  wantsOld: boolean,
  keepsDeadline: boolean,
): void {
  const keyspace = call.keyspace;
  const reply = call.reply;
  const existing = call.find(0, keyAt);
  if (wantsOld && existing !== 0 && keyspace.entries.type(existing) !== TYPE_STRING) {
    reply.error(errors.WRONG_TYPE);
    return;
  }
  const mark = reply.mark();
  if (wantsOld) {
    if (existing === 0) reply.nil();
    else call.replyValue(existing);
  }
  if ((when === WHEN_ABSENT && existing !== 0) || (when === WHEN_PRESENT && existing === 0)) {
    if (!wantsOld) reply.nil();
    return;
  }
  const deadline = keepsDeadline && existing !== 0 ? keyspace.entries.deadline(existing) : newDeadline;
  const done = store(call, keyAt, valueAt, deadline, existing);
  if (!done) {
    reply.rewind(mark);
    reply.error(errors.OUT_OF_MEMORY);
  } else if (!wantsOld) {
    reply.ok();
  }
}

/** Sets key argument `keyAt` to argument `valueAt`; false when memory is exhausted. */
function store(call: Call, keyAt: number, valueAt: number, deadline: number, existing: number): boolean {
  return call.keyspace.set(
    call.keyShard(0),
    call.client.database,
    call.keyHash(0),
    call.data,
    call.offset(keyAt),
    call.size(keyAt),
    call.data,
    call.offset(valueAt),
    call.size(valueAt),
    deadline,
    existing,
  );
}

/** SETEX and PSETEX. In the text protocol the value comes before the time to live. */
function setWithTtl(call: Call, unitMs: number): void {
  const isText = call.client.protocol === PROTOCOL_TEXT;
  const deadline = expiryArgument(call, isText ? 3 : 2, unitMs, false);
  if (deadline !== INVALID_DEADLINE) setGeneric(call, 1, isText ? 2 : 3, deadline, 0, false, false);
}

/** Reads a time to live or a point in time that must be above 0; replies with the error when it is not one. */
function expiryArgument(call: Call, index: number, unitMs: number, isAbsolute: boolean): number {
  const amount = call.integer(index);
  if (amount === NOT_INTEGER) {
    call.reply.error(errors.NOT_AN_INTEGER);
    return INVALID_DEADLINE;
  }
  const deadline =
    amount > 0 ? deadlineFrom(amount, unitMs, isAbsolute ? 0 : call.keyspace.now) : INVALID_DEADLINE;
  if (deadline === INVALID_DEADLINE) call.reply.error(errors.invalidExpireTime(call.command.fullName));
  return deadline;
}

function incrementBy(call: Call, amount: number, wideAmount: bigint | undefined): void {
  const keyspace = call.keyspace;
  const entries = keyspace.entries;
  const entry = call.find(0, 1);
  let current = 0;
  let deadline = 0;
  if (entry !== 0) {
    if (entries.type(entry) !== TYPE_STRING) {
      call.reply.error(errors.WRONG_TYPE);
      return;
    }
    current = parseInteger(entries.bytes(entry), entries.valueOffset(entry), entries.valueSize(entry));
    deadline = entries.deadline(entry);
  }
  if (current === NOT_INTEGER) {
    call.reply.error(errors.NOT_AN_INTEGER);
    return;
  }
  const sum = current + amount;
  let size: number;
  if (Number.isSafeInteger(sum)) {
    size = formatInteger(digits, 0, sum);
  } else {
    size = addWide(call, entry, current, amount, wideAmount);
    if (size === 0) {
      call.reply.error(errors.INCREMENT_OVERFLOW);
      return;
    }
  }
  const done = keyspace.set(
    call.keyShard(0),
    call.client.database,
    call.keyHash(0),
    call.data,
    call.offset(1),
    call.size(1),
    digitsData,
    0,
    size,
    deadline,
    entry,
  );
  if (!done) call.reply.error(errors.OUT_OF_MEMORY);
  else if (Number.isSafeInteger(sum)) call.reply.integer(sum);
  else call.reply.bigInteger(parseWideInteger(digits, 0, size));
}

/** The sum where 53 bits are not enough: written into `digits`. Returns its size, or 0 when it overflows 64 bits. */
function addWide(
  call: Call,
  entry: number,
  current: number,
  amount: number,
  wideAmount: bigint | undefined,
): number {
  const entries = call.keyspace.entries;
  // alloc: only beyond 2^53
  const left =
    current === WIDE_INTEGER
      ? parseWideInteger(entries.bytes(entry), entries.valueOffset(entry), entries.valueSize(entry))
      : BigInt(current);
  const sum = left + (wideAmount ?? BigInt(amount));
  if (sum > INT64_MAX || sum < INT64_MIN) return 0;
  const text = sum.toString();
  for (let index = 0; index < text.length; index++) digits[index] = text.charCodeAt(index);
  return text.length;
}

/** INCRBY and DECRBY: the amount is argument 2. */
function incrementByArgument(call: Call, sign: 1 | -1): void {
  const amount = call.integer(2);
  if (amount === NOT_INTEGER) {
    call.reply.error(errors.NOT_AN_INTEGER);
  } else if (amount !== WIDE_INTEGER) {
    incrementBy(call, sign * amount, undefined);
  } else {
    const wide = parseWideInteger(call.bytes, call.offset(2), call.size(2)); // alloc: only beyond 2^53
    if (sign < 0 && wide === INT64_MIN) call.reply.error(errors.DECREMENT_OVERFLOW);
    else incrementBy(call, WIDE_INTEGER, BigInt(sign) * wide);
  }
}

function append(call: Call): void {
  const keyspace = call.keyspace;
  const entry = call.find(0, 1);
  if (entry !== 0 && keyspace.entries.type(entry) !== TYPE_STRING) {
    call.reply.error(errors.WRONG_TYPE);
    return;
  }
  const size = (entry === 0 ? 0 : keyspace.entries.valueSize(entry)) + call.size(2);
  if (size > call.services.config.integer('proto-max-bulk-len')) {
    call.reply.error(errors.STRING_TOO_LONG);
    return;
  }
  const done = entry === 0 ? store(call, 1, 2, 0, 0) : appendTo(call, entry);
  if (done) call.reply.integer(size);
  else call.reply.error(errors.OUT_OF_MEMORY);
}

function appendTo(call: Call, entry: number): boolean {
  return call.keyspace.append(
    call.keyShard(0),
    call.client.database,
    entry,
    call.data,
    call.offset(2),
    call.size(2),
  );
}

function strlen(call: Call): void {
  const entry = call.findToRead(0, 1);
  if (entry === 0) call.reply.integer(0);
  else if (call.keyspace.entries.type(entry) !== TYPE_STRING) call.reply.error(errors.WRONG_TYPE);
  else call.reply.integer(call.keyspace.entries.valueSize(entry));
}

function mget(call: Call): void {
  call.reply.arrayHeader(call.count - 1);
  for (let index = 1; index < call.count; index++) {
    const entry = call.findToRead(index - 1, index);
    if (entry === 0 || call.keyspace.entries.type(entry) !== TYPE_STRING) call.reply.nil();
    else call.replyValue(entry);
  }
}

/**
 * All entries are built before the first is linked, and keys that are new are linked before others are replaced, because
 * only a table that grows may find no memory: so that a lack of it leaves nothing half done.
 */
function mset(call: Call): void {
  if ((call.count & 1) === 0) {
    call.reply.error(errors.wrongArity('mset'));
    return;
  }
  const keyspace = call.keyspace;
  const database = call.client.database;
  const pairs = (call.count - 1) >> 1;
  if (pairs > built.length) built = new Uint32Array(pairs * 2); // alloc: once per larger MSET
  for (let pair = 0; pair < pairs; pair++) {
    const at = 1 + pair * 2;
    const entry = keyspace.build(
      call.keyShard(pair),
      call.data,
      call.offset(at),
      call.size(at),
      call.data,
      call.offset(at + 1),
      call.size(at + 1),
      0,
    );
    if (entry === 0) {
      takeBack(call, pair, 0);
      return;
    }
    built[pair] = entry;
  }
  for (let pair = 0; pair < pairs; pair++) {
    if (call.findStored(pair, 1 + pair * 2) !== 0) continue;
    if (!keyspace.link(call.keyShard(pair), database, call.keyHash(pair), built[pair]!, 0)) {
      takeBack(call, pairs, pair);
      return;
    }
  }
  for (let pair = 0; pair < pairs; pair++) {
    const existing = call.findStored(pair, 1 + pair * 2);
    if (existing !== built[pair]) {
      keyspace.link(call.keyShard(pair), database, call.keyHash(pair), built[pair]!, existing);
    }
    keyspace.logSet(call.keyShard(pair), database, built[pair]!);
  }
  call.reply.ok();
}

/** MSET found no memory: frees the first `builtCount` entries, of which the first `seenCount` may be linked as new keys. */
function takeBack(call: Call, builtCount: number, seenCount: number): void {
  const keyspace = call.keyspace;
  for (let pair = 0; pair < builtCount; pair++) {
    const entry = built[pair]!;
    if (pair < seenCount && call.findStored(pair, 1 + pair * 2) === entry) {
      keyspace.unlink(call.keyShard(pair), call.client.database, entry);
    }
    keyspace.release(call.keyShard(pair), entry);
  }
  call.reply.error(errors.OUT_OF_MEMORY);
}

const EXPIRY_ARGUMENTS: readonly ArgumentSpec[] = [
  { name: 'seconds', type: 'integer', token: 'EX', since: '2.6.12' },
  { name: 'milliseconds', type: 'integer', token: 'PX', since: '2.6.12' },
  { name: 'unix-time-seconds', type: 'unix-time', token: 'EXAT', since: '6.2.0' },
  { name: 'unix-time-milliseconds', type: 'unix-time', token: 'PXAT', since: '6.2.0' },
  { name: 'keepttl', type: 'pure-token', token: 'KEEPTTL', since: '6.0.0' },
];

const ONE_KEY = { first: 1, last: 1, step: 1 } as const;

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
      notes: 'RW and ACCESS due to the optional `GET` argument',
    },
    arguments: [
      KEY,
      VALUE,
      {
        name: 'condition',
        type: 'oneof',
        flags: ['optional'],
        since: '2.6.12',
        arguments: [
          { name: 'nx', type: 'pure-token', token: 'NX' },
          { name: 'xx', type: 'pure-token', token: 'XX' },
        ],
      },
      { name: 'get', type: 'pure-token', token: 'GET', flags: ['optional'], since: '6.2.0' },
      { name: 'expiration', type: 'oneof', flags: ['optional'], arguments: EXPIRY_ARGUMENTS },
    ],
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
    run: (call) => setWithTtl(call, 1),
  },
  {
    name: 'incr',
    arity: 2,
    flags: ['write', 'denyoom', 'fast'],
    group: 'string',
    since: '1.0.0',
    summary: 'Adds one to the integer value of a key; a missing key counts as 0.',
    complexity: 'O(1)',
    keys: { ...ONE_KEY, flags: ['RW', 'access', 'update'] },
    arguments: [KEY],
    run: (call) => incrementBy(call, 1, undefined),
  },
  {
    name: 'decr',
    arity: 2,
    flags: ['write', 'denyoom', 'fast'],
    group: 'string',
    since: '1.0.0',
    summary: 'Subtracts one from the integer value of a key; a missing key counts as 0.',
    complexity: 'O(1)',
    keys: { ...ONE_KEY, flags: ['RW', 'access', 'update'] },
    arguments: [KEY],
    run: (call) => incrementBy(call, -1, undefined),
  },
  {
    name: 'incrby',
    arity: 3,
    flags: ['write', 'denyoom', 'fast'],
    group: 'string',
    since: '1.0.0',
    summary: 'Adds a number to the integer value of a key; a missing key counts as 0.',
    complexity: 'O(1)',
    keys: { ...ONE_KEY, flags: ['RW', 'access', 'update'] },
    arguments: [KEY, { name: 'increment', type: 'integer' }],
    run: (call) => incrementByArgument(call, 1),
  },
  {
    name: 'decrby',
    arity: 3,
    flags: ['write', 'denyoom', 'fast'],
    group: 'string',
    since: '1.0.0',
    summary: 'Subtracts a number from the integer value of a key; a missing key counts as 0.',
    complexity: 'O(1)',
    keys: { ...ONE_KEY, flags: ['RW', 'access', 'update'] },
    arguments: [KEY, { name: 'decrement', type: 'integer' }],
    run: (call) => incrementByArgument(call, -1),
  },
  {
    name: 'append',
    arity: 3,
    flags: ['write', 'denyoom', 'fast'],
    group: 'string',
    since: '2.0.0',
    summary: 'Appends to the string value of a key, creating it if it is missing.',
    complexity: 'O(N) with the length of what is appended; growing a value copies it now and then',
    keys: { ...ONE_KEY, flags: ['RW', 'insert'] },
    arguments: [KEY, VALUE],
    run: append,
  },
  {
    name: 'strlen',
    arity: 2,
    flags: ['readonly', 'fast'],
    group: 'string',
    since: '2.2.0',
    summary: 'Returns the length of the string value of a key in bytes.',
    complexity: 'O(1)',
    keys: { ...ONE_KEY, flags: ['RO'] },
    arguments: [KEY],
    run: strlen,
  },
  {
    name: 'mget',
    arity: -2,
    flags: ['readonly', 'fast'],
    group: 'string',
    since: '1.0.0',
    summary: 'Returns the string values of several keys, as they all were at one moment.',
    complexity: 'O(N) with the number of keys',
    keys: { first: 1, last: -1, step: 1, flags: ['RO', 'access'] },
    tips: ['request_policy:multi_shard'],
    arguments: [{ ...KEY, flags: ['multiple'] }],
    run: mget,
  },
  {
    name: 'mset',
    arity: -3,
    flags: ['write', 'denyoom'],
    group: 'string',
    since: '1.0.1',
    summary: 'Sets the string values of several keys, all at one moment and all or none of them.',
    complexity: 'O(N) with the number of keys',
    keys: { first: 1, last: -1, step: 2, flags: ['OW', 'update'] },
    tips: ['request_policy:multi_shard', 'response_policy:all_succeeded'],
    arguments: [{ name: 'data', type: 'block', flags: ['multiple'], arguments: [KEY, VALUE] }],
    run: mset,
  },
];
