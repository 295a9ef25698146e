/**
 * Commands that read or set fields of a hash and change more about them: HGETDEL, HGETEX and HSETEX.
 */

import { NOT_INTEGER } from '../base/integer.js';
import type { Call } from '../engine/call.js';
import type { ArgumentSpec, CommandSpec } from '../engine/command.js';
import * as errors from '../engine/errors.js';
import { NO_MEMORY } from '../engine/hash-outcome.js';
import {
  OP_HASH_DELETE,
  OP_HASH_EXPIREAT,
  OP_HASH_SET,
  OP_HASH_UPDATE,
  RECORD_OVERHEAD_BYTES_MAX,
} from '../engine/wal/record.js';
import { INVALID_DEADLINE } from './deadline.js';
import {
  beginHash,
  FIELDS_AND_VALUES,
  findHash,
  getField,
  openHash,
  removeField,
  replyText,
  setField,
} from './hash-arguments.js';
import { changeField, FIELDS_BLOCK, fieldCount, fieldDeadline } from './hash-expiry.js';
import { KEY, ONE_KEY, UPDATES_ONE } from './key-arguments.js';
import { EXPIRY_ARGUMENTS } from './string-options.js';

/** Units of time: seconds or milliseconds, from now or since 1970. */
const EXPIRY_UNITS = ['EX', 'PX', 'EXAT', 'PXAT'] as const;
const NO_UNIT = -1;
const FIRST_ABSOLUTE_UNIT = 2;
/** HSETEX has so many fields at most: what Redis has as an int. */
const FIELD_COUNT_MAX = 2 ** 31 - 1;

/** What is to become of a field that HGETEX has read, beside a deadline in Unix ms. */
const KEEP = -2;
const PERSIST = 0;

function hgetdel(call: Call): void {
  const existing = findHash(call);
  if (existing < 0) return;
  const count = fieldCount(call, 2, errors.FIELD_COUNT_POSITIVE);
  if (count < 0) return;
  const mark = call.reply.mark();
  call.reply.arrayHeader(count);
  if (existing === 0) {
    replyNils(call, count);
    return;
  }
  beginHash(call, OP_HASH_DELETE, existing, 4, count);
  let outcome = 0;
  for (let index = 4; index < call.count && outcome !== NO_MEMORY; index++) {
    if (getField(call, index)) replyText(call, call.collections.hashes.value);
    else call.reply.nil();
    outcome = removeField(call, index);
  }
  call.collections.hashes.end();
  if (outcome === NO_MEMORY) refuse(call, mark);
}

function hgetex(call: Call): void {
  const existing = findHash(call);
  if (existing < 0) return;
  let deadline = KEEP;
  let fieldsAt = 2;
  const unit = unitNamed(call, 2);
  if (unit !== NO_UNIT) {
    fieldsAt = 4;
    deadline = deadlineIn(call, 3, unit);
    if (deadline === INVALID_DEADLINE) return;
  } else if (call.is(2, 'PERSIST')) {
    fieldsAt = 3;
    deadline = PERSIST;
  }
  const count = fieldCount(call, fieldsAt, errors.FIELD_COUNT_POSITIVE);
  if (count < 0) return;
  const mark = call.reply.mark();
  call.reply.arrayHeader(count);
  if (existing === 0) replyNils(call, count);
  else if (!getAndExpire(call, existing, fieldsAt + 2, count, deadline)) refuse(call, mark);
}

/** False when memory is exhausted. */
function getAndExpire(call: Call, existing: number, first: number, count: number, deadline: number): boolean {
  const { hashes } = call.collections;
  const isOver = deadline > 0 && deadline <= call.keyspace.now;
  if (deadline === KEEP) openHash(call, existing);
  else beginHash(call, isOver ? OP_HASH_DELETE : OP_HASH_EXPIREAT, existing, first, count);
  let isDone = true;
  for (let index = first; index < first + count && isDone; index++) {
    if (!getField(call, index)) {
      call.reply.nil();
      continue;
    }
    replyText(call, hashes.value);
    const changes = deadline > 0 || (deadline === PERSIST && hashes.deadline !== 0);
    if (changes) isDone = changeField(call, index, deadline, isOver);
  }
  if (deadline !== KEEP) hashes.end();
  return isDone;
}

/** What HSETEX's options say. One thread, one command at a time. */
const options = { needsAll: false, needsNone: false, keepsDeadlines: false, deadline: 0, first: 0, count: 0 };

function hsetex(call: Call): void {
  if (!readOptions(call)) return;
  const existing = findHash(call);
  if (existing < 0) return;
  if (!meetsCondition(call, existing)) {
    call.reply.integer(0);
    return;
  }
  // Every field is logged twice where they get a deadline, too.
  if (!call.keyspace.log.prepare(2 * payloadBytes(call))) {
    call.reply.error(errors.OUT_OF_MEMORY);
  } else if (setFields(call, existing)) {
    call.reply.integer(1);
  } else {
    call.reply.error(errors.OUT_OF_MEMORY);
  }
}

/** Reads the options up to the fields, which end the request. False after an error reply. */
function readOptions(call: Call): boolean {
  options.needsAll = false;
  options.needsNone = false;
  options.keepsDeadlines = false;
  options.deadline = 0;
  for (let index = 2; index < call.count; index++) {
    if (call.is(index, 'FIELDS')) return readFields(call, index);
    const unit = unitNamed(call, index);
    const isKeepTtl = call.is(index, 'KEEPTTL');
    const isAll = call.is(index, 'FXX');
    if (unit !== NO_UNIT || isKeepTtl) {
      if (options.deadline !== 0 || options.keepsDeadlines) return complain(call, errors.ONE_FIELD_EXPIRY);
      if (isKeepTtl) {
        options.keepsDeadlines = true;
        continue;
      }
      index += 1;
      if (index === call.count) return complain(call, errors.EXPIRE_TIME_MISSING);
      options.deadline = deadlineIn(call, index, unit);
      if (options.deadline === INVALID_DEADLINE) return false;
    } else if (isAll || call.is(index, 'FNX')) {
      if (options.needsAll || options.needsNone) return complain(call, errors.ONE_FIELD_CONDITION);
      options.needsAll = isAll;
      options.needsNone = !isAll;
    } else {
      return complain(call, errors.unknownArgument(call.bytes, call.offset(index), call.size(index)));
    }
  }
  return complain(call, errors.wrongArity(call.command.fullName));
}

/** Reads `FIELDS numfields field value ...` from argument `index` on. */
function readFields(call: Call, index: number): boolean {
  if (index + 3 >= call.count) return complain(call, errors.wrongArity(call.command.fullName));
  const count = call.clampedInteger(index + 1);
  if (count === NOT_INTEGER || count < 1 || count > FIELD_COUNT_MAX) {
    return complain(call, errors.FIELD_COUNT_INVALID);
  }
  if (2 * count !== call.count - index - 2) return complain(call, errors.wrongArity(call.command.fullName));
  options.first = index + 2;
  options.count = count;
  return true;
}

function complain(call: Call, error: string): false {
  call.reply.error(error);
  return false;
}

function meetsCondition(call: Call, existing: number): boolean {
  if (!options.needsAll && !options.needsNone) return true;
  if (existing === 0) return options.needsNone;
  openHash(call, existing);
  for (let index = options.first; index < call.count; index += 2) {
    if (getField(call, index) !== options.needsAll) return false;
  }
  return true;
}

/** Sets the fields, with their deadline. False when memory is exhausted. */
function setFields(call: Call, existing: number): boolean {
  const { hashes } = call.collections;
  const { first, count, deadline, keepsDeadlines } = options;
  if (deadline !== 0 && deadline <= call.keyspace.now) return existing === 0 || removeFields(call, existing);
  const found = keepsDeadlines && existing !== 0 ? removeDueFields(call, existing) : existing;
  beginHash(call, keepsDeadlines ? OP_HASH_UPDATE : OP_HASH_SET, found, first, 2 * count);
  let outcome = 0;
  for (let index = first; index < call.count && outcome !== NO_MEMORY; index += 2) {
    outcome = setField(call, index);
  }
  hashes.end();
  if (outcome === NO_MEMORY) return false;
  return deadline === 0 || expireFields(call, deadline);
}

/** The fields' time is over as soon as they are set: they are gone. */
function removeFields(call: Call, existing: number): boolean {
  const { first, count } = options;
  beginHash(call, OP_HASH_DELETE, existing, first, 2 * count);
  let outcome = 0;
  for (let index = first; index < call.count && outcome !== NO_MEMORY; index += 2) {
    outcome = removeField(call, index);
  }
  call.collections.hashes.end();
  return outcome !== NO_MEMORY;
}

/** Fields whose time is over leave no deadline behind to be kept. Returns the hash as it is then, or 0. */
function removeDueFields(call: Call, existing: number): number {
  const { hashes } = call.collections;
  const { first, count } = options;
  beginHash(call, OP_HASH_DELETE, existing, first, 2 * count);
  for (let index = first; index < call.count; index += 2) {
    hashes.removeDue(call.bytes, call.data, call.offset(index), call.size(index));
  }
  hashes.end();
  return call.findStored(0, 1);
}

function expireFields(call: Call, deadline: number): boolean {
  const { first, count } = options;
  beginHash(call, OP_HASH_EXPIREAT, call.findStored(0, 1), first, 2 * count);
  let isDone = true;
  for (let index = first; index < call.count && isDone; index += 2) {
    isDone = changeField(call, index, deadline, false);
  }
  call.collections.hashes.end();
  return isDone;
}

/** What one record about all the arguments takes. */
function payloadBytes(call: Call): number {
  let bytes = 0;
  for (let index = 1; index < call.count; index++) bytes += call.size(index) + RECORD_OVERHEAD_BYTES_MAX;
  return bytes;
}

function unitNamed(call: Call, index: number): number {
  for (let unit = 0; unit < EXPIRY_UNITS.length; unit++) {
    if (call.is(index, EXPIRY_UNITS[unit]!)) return unit;
  }
  return NO_UNIT;
}

function deadlineIn(call: Call, index: number, unit: number): number {
  return fieldDeadline(call, index, (unit & 1) === 0 ? 1000 : 1, unit >= FIRST_ABSOLUTE_UNIT);
}

function replyNils(call: Call, count: number): void {
  for (let left = count; left > 0; left--) call.reply.nil();
}

/** Takes back what has been replied since `mark`. */
function refuse(call: Call, mark: number): void {
  call.reply.rewind(mark);
  call.reply.error(errors.OUT_OF_MEMORY);
}

const SET_FIELDS_BLOCK: ArgumentSpec = {
  name: 'fields',
  type: 'block',
  token: 'FIELDS',
  arguments: [{ name: 'numfields', type: 'integer' }, FIELDS_AND_VALUES],
};

export const HASH_OPTION_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'hgetdel',
    arity: -5,
    flags: ['write', 'fast'],
    group: 'hash',
    since: '8.0.0',
    summary: 'Returns the values of fields of a hash and deletes the fields.',
    complexity: 'O(N) where N is the number of specified fields',
    keys: { ...ONE_KEY, flags: ['RW', 'access', 'delete'] },
    arguments: [KEY, FIELDS_BLOCK],
    reply: 'array<text?>',
    run: hgetdel,
  },
  {
    name: 'hgetex',
    arity: -5,
    flags: ['write', 'fast'],
    group: 'hash',
    since: '8.0.0',
    summary: 'Returns the values of fields of a hash and sets when they expire, or that they do not.',
    complexity: 'O(N) where N is the number of specified fields',
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
      FIELDS_BLOCK,
    ],
    reply: 'array<text?>',
    run: hgetex,
  },
  {
    name: 'hsetex',
    arity: -6,
    flags: ['write', 'denyoom', 'fast'],
    group: 'hash',
    since: '8.0.0',
    summary: 'Sets fields of a hash to values, and when they expire.',
    complexity: 'O(N) where N is the number of fields being set.',
    keys: UPDATES_ONE,
    logsGroup: true,
    arguments: [
      KEY,
      {
        name: 'condition',
        type: 'oneof',
        flags: ['optional'],
        arguments: [
          { name: 'fnx', type: 'pure-token', token: 'FNX' },
          { name: 'fxx', type: 'pure-token', token: 'FXX' },
        ],
      },
      {
        name: 'expiration',
        type: 'oneof',
        flags: ['optional'],
        arguments: [...EXPIRY_ARGUMENTS, { name: 'keepttl', type: 'pure-token', token: 'KEEPTTL' }],
      },
      SET_FIELDS_BLOCK,
    ],
    reply: 'flag',
    run: hsetex,
  },
];
