/**
 * Parts of strings: GETRANGE and SUBSTR, SETRANGE, APPEND, STRLEN.
 */

import { NOT_INTEGER, parseWideInteger } from '../base/integer.js';
import type { Call } from '../engine/call.js';
import type { CommandSpec } from '../engine/command.js';
import * as errors from '../engine/errors.js';
import { TYPE_STRING } from '../structures/entry.js';
import { KEY, ONE_KEY } from './key-arguments.js';
import { nearestInteger, storeArgument, VALUE } from './string-arguments.js';

function getRange(call: Call): void {
  const first = nearestInteger(call, 2);
  const last = nearestInteger(call, 3);
  if (first === NOT_INTEGER || last === NOT_INTEGER) {
    call.reply.error(errors.NOT_AN_INTEGER);
    return;
  }
  const entry = call.findToRead(0, 1);
  const entries = call.keyspace.entries;
  if (entry !== 0 && entries.type(entry) !== TYPE_STRING) {
    call.reply.error(errors.WRONG_TYPE);
    return;
  }
  const size = entry === 0 ? 0 : entries.valueSize(entry);
  const start = first < 0 ? Math.max(size + first, 0) : first;
  const end = Math.min(last < 0 ? Math.max(size + last, 0) : last, size - 1) + 1;
  // Redis looks for a range that is the wrong way round before it moves what lies before the value to its first byte.
  if (start >= end || (first < 0 && last < 0 && isAbove(call, 2, 3))) call.reply.bulkText('');
  else call.reply.value(entries.data(entry), entries.valueOffset(entry) + start, end - start);
}

/** True when argument `left` is a larger integer than argument `right`. */
function isAbove(call: Call, left: number, right: number): boolean {
  const difference = nearestInteger(call, left) - nearestInteger(call, right);
  if (difference !== 0 || Number.isSafeInteger(nearestInteger(call, left))) return difference > 0;
  return wideInteger(call, left) > wideInteger(call, right);
}

/** Argument `index`, an integer beyond 2^53. Allocates. */
function wideInteger(call: Call, index: number): bigint {
  return parseWideInteger(call.bytes, call.offset(index), call.size(index));
}

/** What lies between the old end and the offset becomes zero bytes. Writing nothing changes nothing, and creates no key. */
function setRange(call: Call): void {
  const offset = nearestInteger(call, 2);
  if (offset === NOT_INTEGER || offset < 0) {
    call.reply.error(offset < 0 ? errors.OFFSET_RANGE : errors.NOT_AN_INTEGER);
    return;
  }
  const keyspace = call.keyspace;
  const existing = call.find(0, 1);
  if (existing !== 0 && keyspace.entries.type(existing) !== TYPE_STRING) {
    call.reply.error(errors.WRONG_TYPE);
    return;
  }
  const before = existing === 0 ? 0 : keyspace.entries.valueSize(existing);
  const end = offset + call.size(3);
  if (call.size(3) === 0) {
    call.reply.integer(before);
  } else if (end > call.services.config.integer('proto-max-bulk-len')) {
    call.reply.error(errors.STRING_TOO_LONG);
  } else {
    const done = keyspace.setRange(
      call.keyShard(0),
      call.client.database,
      call.keyHash(0),
      call.data,
      call.offset(1),
      call.size(1),
      existing,
      offset,
      call.data,
      call.offset(3),
      call.size(3),
    );
    if (done) call.reply.integer(Math.max(before, end));
    else call.reply.error(errors.OUT_OF_MEMORY);
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
  const done = entry === 0 ? storeArgument(call, 1, 2, 0, 0) : appendTo(call, entry);
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

const RANGE_SPEC = {
  arity: 4,
  flags: ['readonly'],
  group: 'string',
  complexity: 'O(N) with the length of what is returned',
  keys: { ...ONE_KEY, flags: ['RO', 'access'] },
  arguments: [KEY, { name: 'start', type: 'integer' }, { name: 'end', type: 'integer' }],
  reply: 'text',
  run: getRange,
} as const;

export const STRING_RANGE_COMMANDS: readonly CommandSpec[] = [
  {
    ...RANGE_SPEC,
    name: 'getrange',
    since: '2.4.0',
    summary:
      'Returns the bytes of a string value from one index to another; negative ones count from its end.',
  },
  {
    ...RANGE_SPEC,
    name: 'substr',
    since: '1.0.0',
    summary: 'Returns a part of a string value. Deprecated: the old name of GETRANGE.',
  },
  {
    name: 'setrange',
    arity: 4,
    flags: ['write', 'denyoom'],
    group: 'string',
    since: '2.2.0',
    summary: 'Overwrites a part of a string value, which is made longer with zero bytes where it has to be.',
    complexity: 'O(N) with the length of what is written; growing a value copies it now and then',
    keys: { ...ONE_KEY, flags: ['RW', 'update'] },
    arguments: [KEY, { name: 'offset', type: 'integer' }, VALUE],
    reply: 'integer',
    run: setRange,
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
    reply: 'integer',
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
    reply: 'integer',
    run: strlen,
  },
];
