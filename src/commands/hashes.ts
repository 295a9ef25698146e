/**
 * Hashes: HSET and its kin, HGET and its kin, and what tells of a hash as a whole. Numbers are in hash-counters.ts, HSCAN and
 * HRANDFIELD in hash-scan.ts, deadlines of fields in hash-expiry.ts and hash-options.ts.
 */

import type { Call } from '../engine/call.js';
import type { CommandSpec } from '../engine/command.js';
import * as errors from '../engine/errors.js';
import { CHANGED, CREATED, NO_MEMORY } from '../engine/hash-outcome.js';
import { OP_HASH_DELETE, OP_HASH_SET } from '../engine/wal/record.js';
import {
  beginField,
  beginHash,
  FIELD,
  FIELDS,
  FIELDS_AND_VALUES,
  findHash,
  findHashToRead,
  getField,
  openHash,
  removeField,
  replyField,
  replyText,
  setField,
} from './hash-arguments.js';
import { KEY, ONE_KEY, READS_ONE, UPDATES_ONE } from './key-arguments.js';
import { VALUE } from './string-arguments.js';

/** Sets the pairs from argument 2 on. Returns how many fields are new, or -1 after an error reply. */
function setPairs(call: Call): number {
  if ((call.count & 1) !== 0) {
    call.reply.error(errors.wrongArity(call.command.fullName));
    return -1;
  }
  const existing = findHash(call);
  if (existing < 0) return -1;
  if (call.count === 4) beginField(call, OP_HASH_SET, existing, 2, call.size(3));
  else beginHash(call, OP_HASH_SET, existing, 2, call.count - 2);
  let created = 0;
  let outcome = 0;
  for (let index = 2; index < call.count && outcome !== NO_MEMORY; index += 2) {
    outcome = setField(call, index);
    if (outcome === CREATED) created += 1;
  }
  call.collections.hashes.end();
  if (outcome !== NO_MEMORY) return created;
  call.reply.error(errors.OUT_OF_MEMORY);
  return -1;
}

function hset(call: Call): void {
  const created = setPairs(call);
  if (created >= 0) call.reply.integer(created);
}

function hmset(call: Call): void {
  if (setPairs(call) >= 0) call.reply.ok();
}

function hsetnx(call: Call): void {
  const existing = findHash(call);
  if (existing < 0) return;
  if (existing !== 0) {
    openHash(call, existing);
    if (getField(call, 2)) {
      call.reply.integer(0);
      return;
    }
  }
  beginField(call, OP_HASH_SET, existing, 2, call.size(3));
  const outcome = setField(call, 2);
  call.collections.hashes.end();
  if (outcome === NO_MEMORY) call.reply.error(errors.OUT_OF_MEMORY);
  else call.reply.integer(1);
}

function hget(call: Call): void {
  const entry = findHashToRead(call);
  if (entry < 0) return;
  if (entry === 0) {
    call.reply.nil();
    return;
  }
  openHash(call, entry);
  replyField(call, 2);
}

function hmget(call: Call): void {
  const entry = findHashToRead(call);
  if (entry < 0) return;
  call.reply.arrayHeader(call.count - 2);
  if (entry !== 0) openHash(call, entry);
  for (let index = 2; index < call.count; index++) {
    if (entry !== 0) replyField(call, index);
    else call.reply.nil();
  }
}

function hgetall(call: Call): void {
  const entry = findHashToRead(call);
  if (entry < 0) return;
  const { cursor } = call.collections.hashes;
  call.reply.mapHeader(countFields(call, entry));
  if (entry === 0) return;
  cursor.begin(entry);
  while (cursor.next()) {
    replyText(call, cursor.field);
    replyText(call, cursor.value);
  }
}

function hkeys(call: Call): void {
  const entry = findHashToRead(call);
  if (entry < 0) return;
  const { cursor } = call.collections.hashes;
  call.reply.arrayHeader(countFields(call, entry));
  if (entry === 0) return;
  cursor.begin(entry);
  while (cursor.next()) replyText(call, cursor.field);
}

function hvals(call: Call): void {
  const entry = findHashToRead(call);
  if (entry < 0) return;
  const { cursor } = call.collections.hashes;
  call.reply.arrayHeader(countFields(call, entry));
  if (entry === 0) return;
  cursor.begin(entry);
  while (cursor.next()) replyText(call, cursor.value);
}

function hlen(call: Call): void {
  const entry = findHashToRead(call);
  if (entry >= 0) call.reply.integer(countFields(call, entry));
}

/** Number of fields of a hash; of none, 0. */
function countFields(call: Call, entry: number): number {
  if (entry === 0) return 0;
  openHash(call, entry);
  return call.collections.hashes.count();
}

function hstrlen(call: Call): void {
  const entry = findHashToRead(call);
  if (entry < 0) return;
  if (entry !== 0) openHash(call, entry);
  const isThere = entry !== 0 && getField(call, 2);
  call.reply.integer(isThere ? call.collections.hashes.value.textSize() : 0);
}

function hexists(call: Call): void {
  const entry = findHashToRead(call);
  if (entry < 0) return;
  if (entry !== 0) openHash(call, entry);
  call.reply.integer(entry !== 0 && getField(call, 2) ? 1 : 0);
}

function hdel(call: Call): void {
  const existing = findHash(call);
  if (existing < 0) return;
  if (existing === 0) {
    call.reply.integer(0);
    return;
  }
  beginHash(call, OP_HASH_DELETE, existing, 2, call.count - 2);
  let deleted = 0;
  let outcome = 0;
  for (let index = 2; index < call.count && outcome !== NO_MEMORY; index++) {
    outcome = removeField(call, index);
    if (outcome === CHANGED) deleted += 1;
  }
  call.collections.hashes.end();
  if (outcome === NO_MEMORY) call.reply.error(errors.OUT_OF_MEMORY);
  else call.reply.integer(deleted);
}

const SETS = { flags: ['write', 'denyoom', 'fast'], group: 'hash' } as const;
const READS = { flags: ['readonly', 'fast'], group: 'hash' } as const;
const READS_ALL = {
  flags: ['readonly'],
  group: 'hash',
  since: '2.0.0',
  complexity: 'O(N) where N is the size of the hash.',
  tips: ['nondeterministic_output_order'],
} as const;

export const HASH_COMMANDS: readonly CommandSpec[] = [
  {
    ...SETS,
    name: 'hset',
    arity: -4,
    since: '2.0.0',
    summary: 'Sets fields of a hash to values, whatever they held before.',
    complexity:
      'O(1) for each field/value pair added, so O(N) to add N field/value pairs when the command is called with multiple ' +
      'field/value pairs.',
    keys: UPDATES_ONE,
    arguments: [KEY, FIELDS_AND_VALUES],
    reply: 'integer',
    run: hset,
  },
  {
    ...SETS,
    name: 'hmset',
    arity: -4,
    since: '2.0.0',
    summary: 'Sets fields of a hash to values. Deprecated: use HSET.',
    complexity: 'O(N) where N is the number of fields being set.',
    keys: UPDATES_ONE,
    arguments: [KEY, FIELDS_AND_VALUES],
    reply: 'ok',
    run: hmset,
  },
  {
    ...SETS,
    name: 'hsetnx',
    arity: 4,
    since: '2.0.0',
    summary: 'Sets a field of a hash unless it exists.',
    complexity: 'O(1)',
    keys: { ...ONE_KEY, flags: ['RW', 'insert'] },
    arguments: [KEY, FIELD, VALUE],
    reply: 'flag',
    run: hsetnx,
  },
  {
    ...READS,
    name: 'hget',
    arity: 3,
    since: '2.0.0',
    summary: 'Returns the value of a field of a hash.',
    complexity: 'O(1)',
    keys: READS_ONE,
    arguments: [KEY, FIELD],
    reply: 'text?',
    run: hget,
  },
  {
    ...READS,
    name: 'hmget',
    arity: -3,
    since: '2.0.0',
    summary: 'Returns the values of several fields of a hash.',
    complexity: 'O(N) where N is the number of fields being requested.',
    keys: READS_ONE,
    arguments: [KEY, FIELDS],
    reply: 'array<text?>',
    run: hmget,
  },
  {
    ...READS_ALL,
    name: 'hgetall',
    arity: 2,
    summary: 'Returns all fields of a hash with their values.',
    keys: READS_ONE,
    arguments: [KEY],
    reply: 'map<text,text>',
    run: hgetall,
  },
  {
    ...READS_ALL,
    name: 'hkeys',
    arity: 2,
    summary: 'Returns all fields of a hash.',
    keys: READS_ONE,
    arguments: [KEY],
    reply: 'array<text>',
    run: hkeys,
  },
  {
    ...READS_ALL,
    name: 'hvals',
    arity: 2,
    summary: 'Returns the values of all fields of a hash.',
    keys: READS_ONE,
    arguments: [KEY],
    reply: 'array<text>',
    run: hvals,
  },
  {
    ...READS,
    name: 'hlen',
    arity: 2,
    since: '2.0.0',
    summary: 'Returns the number of fields of a hash.',
    complexity: 'O(1)',
    keys: { ...ONE_KEY, flags: ['RO'] },
    arguments: [KEY],
    reply: 'integer',
    run: hlen,
  },
  {
    ...READS,
    name: 'hstrlen',
    arity: 3,
    since: '3.2.0',
    summary: 'Returns the size of the value of a field of a hash.',
    complexity: 'O(1)',
    keys: { ...ONE_KEY, flags: ['RO'] },
    arguments: [KEY, FIELD],
    reply: 'integer',
    run: hstrlen,
  },
  {
    ...READS,
    name: 'hexists',
    arity: 3,
    since: '2.0.0',
    summary: 'Tells whether a hash has a field.',
    complexity: 'O(1)',
    keys: { ...ONE_KEY, flags: ['RO'] },
    arguments: [KEY, FIELD],
    reply: 'flag',
    run: hexists,
  },
  {
    name: 'hdel',
    arity: -3,
    flags: ['write', 'fast'],
    group: 'hash',
    since: '2.0.0',
    summary: 'Deletes fields of a hash.',
    complexity: 'O(N) where N is the number of fields to be removed.',
    keys: { ...ONE_KEY, flags: ['RW', 'delete'] },
    arguments: [KEY, FIELDS],
    reply: 'integer',
    run: hdel,
  },
];
