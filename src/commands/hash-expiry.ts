/**
 * Deadlines of the fields of a hash: HEXPIRE and its kin set them, HTTL and its kin tell them, HPERSIST takes them away.
 */

import { NOT_INTEGER, WIDE_INTEGER } from '../base/integer.js';
import type { Call } from '../engine/call.js';
import type { ArgumentSpec, CommandSpec } from '../engine/command.js';
import * as errors from '../engine/errors.js';
import { NO_MEMORY } from '../engine/hash-outcome.js';
import { OP_HASH_DELETE, OP_HASH_EXPIREAT } from '../engine/wal/record.js';
import { INVALID_DEADLINE } from './deadline.js';
import {
  beginHash,
  FIELDS,
  findHash,
  findHashToRead,
  getField,
  openHash,
  removeField,
} from './hash-arguments.js';
import { KEY, ONE_KEY, UPDATES_ONE } from './key-arguments.js';

/** The last deadline that a field can have, in Unix ms: Redis keeps 48 bits, and two of them free. */
const DEADLINE_MS_MAX = 2 ** 46 - 1;
/** A moment that is over: 0 would be no deadline. */
const LONG_AGO = 1;

/** Replies for one field, beside 1 for done. */
const NO_SUCH_FIELD = -2;
const NO_DEADLINE = -1;
const NOT_MET = 0;
const DELETED = 2;

/** Conditions, by name: NONE, or an index in CONDITIONS. */
const CONDITIONS = ['NX', 'XX', 'GT', 'LT'] as const;
const NONE = -1;
const ONLY_WITHOUT = 0;
const ONLY_WITH = 1;
const ONLY_LATER = 2;

/**
 * Reads argument `index` as a time to live or a point in time.
 *
 * @returns Unix ms, at least 1; INVALID_DEADLINE after an error reply
 */
export function fieldDeadline(call: Call, index: number, unitMs: number, isAbsolute: boolean): number {
  const amount = call.integer(index);
  if (amount === NOT_INTEGER) {
    call.reply.error(errors.NOT_AN_INTEGER);
    return INVALID_DEADLINE;
  }
  if (call.clampedInteger(index) < 0) {
    call.reply.error(errors.EXPIRE_TIME_NEGATIVE);
    return INVALID_DEADLINE;
  }
  const deadline = amount * unitMs + (isAbsolute ? 0 : call.keyspace.now);
  if (amount === WIDE_INTEGER || deadline > DEADLINE_MS_MAX) {
    call.reply.error(errors.invalidExpireTime(call.command.fullName));
    return INVALID_DEADLINE;
  }
  return Math.max(deadline, LONG_AGO);
}

/**
 * Reads `FIELDS numfields field ...` from argument `index` on: how many fields the rest of the request is.
 *
 * @param countError what is replied when `numfields` is no number above 0
 * @returns -1 after an error reply
 */
export function fieldCount(call: Call, index: number, countError: string): number {
  if (!call.is(index, 'FIELDS')) {
    call.reply.error(errors.FIELDS_MISSING);
    return -1;
  }
  if (index + 1 === call.count) {
    call.reply.error(errors.wrongArity(call.command.fullName));
    return -1;
  }
  const count = call.clampedInteger(index + 1);
  if (count === NOT_INTEGER || count < 1) {
    call.reply.error(countError);
    return -1;
  }
  if (count === call.count - index - 2) return count;
  call.reply.error(errors.FIELD_COUNT_DIFFERS);
  return -1;
}

/** HEXPIRE and its kin: the amount is argument 2; a condition may follow, and then the fields. */
function hexpire(call: Call, unitMs: number, isAbsolute: boolean): void {
  const existing = findHash(call);
  if (existing < 0) return;
  const deadline = fieldDeadline(call, 2, unitMs, isAbsolute);
  if (deadline === INVALID_DEADLINE) return;
  const condition = conditionNamed(call, 3);
  const fieldsAt = condition === NONE ? 3 : 4;
  const count = fieldCount(call, fieldsAt, errors.FIELD_COUNT_ABOVE_ZERO);
  if (count < 0) return;
  if (existing === 0) replyForAll(call, count, NO_SUCH_FIELD);
  else expireFields(call, existing, fieldsAt + 2, count, deadline, condition);
}

function conditionNamed(call: Call, index: number): number {
  for (let condition = 0; condition < CONDITIONS.length; condition++) {
    if (call.is(index, CONDITIONS[condition]!)) return condition;
  }
  return NONE;
}

function replyForAll(call: Call, count: number, reply: number): void {
  call.reply.arrayHeader(count);
  for (let left = count; left > 0; left--) call.reply.integer(reply);
}

function expireFields(
  call: Call,
  existing: number,
  first: number,
  count: number,
  deadline: number,
  condition: number,
): void {
  const isOver = deadline <= call.keyspace.now;
  const mark = call.reply.mark();
  call.reply.arrayHeader(count);
  beginHash(call, isOver ? OP_HASH_DELETE : OP_HASH_EXPIREAT, existing, first, count);
  let isOutOfMemory = false;
  for (let index = first; index < first + count && !isOutOfMemory; index++) {
    if (!getField(call, index)) {
      call.reply.integer(NO_SUCH_FIELD);
    } else if (!meets(condition, deadline, call.collections.hashes.deadline)) {
      call.reply.integer(NOT_MET);
    } else {
      isOutOfMemory = !changeField(call, index, deadline, isOver);
      call.reply.integer(isOver ? DELETED : 1);
    }
  }
  call.collections.hashes.end();
  if (!isOutOfMemory) return;
  call.reply.rewind(mark);
  call.reply.error(errors.OUT_OF_MEMORY);
}

/**
 * Gives the field that argument `index` names its new deadline, 0 = none any more, or deletes it where that is over. False when
 * memory is exhausted.
 */
export function changeField(call: Call, index: number, deadline: number, isOver: boolean): boolean {
  if (isOver) return removeField(call, index) !== NO_MEMORY;
  const { hashes } = call.collections;
  return hashes.expire(call.bytes, call.data, call.offset(index), call.size(index), deadline) !== NO_MEMORY;
}

/** A field that never expires counts as one that expires after every deadline, but for GT. */
function meets(condition: number, deadline: number, current: number): boolean {
  if (condition === NONE) return true;
  if (condition === ONLY_WITHOUT) return current === 0;
  if (condition === ONLY_WITH) return current !== 0;
  if (condition === ONLY_LATER) return current !== 0 && deadline > current;
  return current === 0 || deadline < current;
}

/** HTTL and its kin: for each field -2 when there is none, -1 when it never expires. */
function httl(call: Call, unitMs: number, isAbsolute: boolean): void {
  const entry = findHashToRead(call);
  if (entry < 0) return;
  const count = fieldCount(call, 2, errors.FIELD_COUNT_POSITIVE);
  if (count < 0) return;
  if (entry === 0) {
    replyForAll(call, count, NO_SUCH_FIELD);
    return;
  }
  const { hashes } = call.collections;
  openHash(call, entry);
  call.reply.arrayHeader(count);
  for (let index = 4; index < call.count; index++) {
    if (!getField(call, index)) call.reply.integer(NO_SUCH_FIELD);
    else if (hashes.deadline === 0) call.reply.integer(NO_DEADLINE);
    else {
      const ms = isAbsolute ? hashes.deadline : hashes.deadline - call.keyspace.now;
      call.reply.integer(Math.ceil(ms / unitMs));
    }
  }
}

function hpersist(call: Call): void {
  const existing = findHash(call);
  if (existing < 0) return;
  const count = fieldCount(call, 2, errors.FIELD_COUNT_POSITIVE);
  if (count < 0) return;
  if (existing === 0) {
    replyForAll(call, count, NO_SUCH_FIELD);
    return;
  }
  const { hashes } = call.collections;
  const mark = call.reply.mark();
  call.reply.arrayHeader(count);
  beginHash(call, OP_HASH_EXPIREAT, existing, 4, count);
  let isOutOfMemory = false;
  for (let index = 4; index < call.count && !isOutOfMemory; index++) {
    if (!getField(call, index)) {
      call.reply.integer(NO_SUCH_FIELD);
    } else if (hashes.deadline === 0) {
      call.reply.integer(NO_DEADLINE);
    } else {
      isOutOfMemory = !changeField(call, index, 0, false);
      call.reply.integer(1);
    }
  }
  hashes.end();
  if (!isOutOfMemory) return;
  call.reply.rewind(mark);
  call.reply.error(errors.OUT_OF_MEMORY);
}

/** `FIELDS numfields field ...`. */
export const FIELDS_BLOCK: ArgumentSpec = {
  name: 'fields',
  type: 'block',
  token: 'FIELDS',
  arguments: [{ name: 'numfields', type: 'integer' }, FIELDS],
};

const CONDITION: ArgumentSpec = {
  name: 'condition',
  type: 'oneof',
  flags: ['optional'],
  arguments: [
    { name: 'nx', type: 'pure-token', token: 'NX' },
    { name: 'xx', type: 'pure-token', token: 'XX' },
    { name: 'gt', type: 'pure-token', token: 'GT' },
    { name: 'lt', type: 'pure-token', token: 'LT' },
  ],
};

const EXPIRES = {
  arity: -6,
  flags: ['write', 'denyoom', 'fast'],
  group: 'hash',
  since: '7.4.0',
  complexity: 'O(N) where N is the number of specified fields',
  keys: UPDATES_ONE,
} as const;

const TELLS = {
  arity: -5,
  flags: ['readonly', 'fast'],
  group: 'hash',
  since: '7.4.0',
  complexity: 'O(N) where N is the number of specified fields',
  keys: { ...ONE_KEY, flags: ['RO', 'access'] },
  arguments: [KEY, FIELDS_BLOCK],
} as const;

export const HASH_EXPIRY_COMMANDS: readonly CommandSpec[] = [
  {
    ...EXPIRES,
    name: 'hexpire',
    summary: 'Sets the time to live of fields of a hash in seconds.',
    arguments: [KEY, { name: 'seconds', type: 'integer' }, CONDITION, FIELDS_BLOCK],
    reply: 'array<integer>',
    run: (call) => hexpire(call, 1000, false),
  },
  {
    ...EXPIRES,
    name: 'hpexpire',
    summary: 'Sets the time to live of fields of a hash in milliseconds.',
    arguments: [KEY, { name: 'milliseconds', type: 'integer' }, CONDITION, FIELDS_BLOCK],
    reply: 'array<integer>',
    run: (call) => hexpire(call, 1, false),
  },
  {
    ...EXPIRES,
    name: 'hexpireat',
    summary: 'Sets when fields of a hash expire, in Unix seconds.',
    arguments: [KEY, { name: 'unix-time-seconds', type: 'unix-time' }, CONDITION, FIELDS_BLOCK],
    reply: 'array<integer>',
    run: (call) => hexpire(call, 1000, true),
  },
  {
    ...EXPIRES,
    name: 'hpexpireat',
    summary: 'Sets when fields of a hash expire, in Unix milliseconds.',
    arguments: [KEY, { name: 'unix-time-milliseconds', type: 'unix-time' }, CONDITION, FIELDS_BLOCK],
    reply: 'array<integer>',
    run: (call) => hexpire(call, 1, true),
  },
  {
    ...TELLS,
    name: 'httl',
    summary: 'Returns the time to live of fields of a hash in seconds.',
    tips: ['nondeterministic_output'],
    reply: 'array<integer>',
    run: (call) => httl(call, 1000, false),
  },
  {
    ...TELLS,
    name: 'hpttl',
    summary: 'Returns the time to live of fields of a hash in milliseconds.',
    tips: ['nondeterministic_output'],
    reply: 'array<integer>',
    run: (call) => httl(call, 1, false),
  },
  {
    ...TELLS,
    name: 'hexpiretime',
    summary: 'Returns when fields of a hash expire, in Unix seconds.',
    reply: 'array<integer>',
    run: (call) => httl(call, 1000, true),
  },
  {
    ...TELLS,
    name: 'hpexpiretime',
    summary: 'Returns when fields of a hash expire, in Unix milliseconds.',
    reply: 'array<integer>',
    run: (call) => httl(call, 1, true),
  },
  {
    name: 'hpersist',
    arity: -5,
    flags: ['write', 'fast'],
    group: 'hash',
    since: '7.4.0',
    summary: 'Takes the time to live of fields of a hash away.',
    complexity: 'O(N) where N is the number of specified fields',
    keys: UPDATES_ONE,
    arguments: [KEY, FIELDS_BLOCK],
    reply: 'array<integer>',
    run: hpersist,
  },
];
