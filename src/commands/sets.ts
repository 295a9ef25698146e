/**
 * Sets: adding, removing and moving members, and what tells of a set. Random members are in set-choices.ts, SSCAN in set-scan.ts,
 * what is made of several sets in set-operations.ts.
 */

import type { Call } from '../engine/call.js';
import type { CommandSpec } from '../engine/command.js';
import * as errors from '../engine/errors.js';
import { CHANGED, NO_MEMORY, UNCHANGED } from '../engine/sets.js';
import { OP_SET_ADD, OP_SET_REMOVE, RECORD_OVERHEAD_BYTES_MAX } from '../engine/wal/record.js';
import { KEY, READS_ONE } from './key-arguments.js';
import {
  beginSet,
  findSet,
  findSetToRead,
  ifSet,
  isMember,
  MEMBER,
  MEMBERS,
  openSet,
  replyMembers,
} from './set-arguments.js';

function sadd(call: Call): void {
  const existing = findSet(call);
  if (existing < 0) return;
  const sets = call.collections.sets;
  beginSet(call, OP_SET_ADD, 0, 1, existing, 2);
  let added = 0;
  let outcome = UNCHANGED;
  for (let index = 2; index < call.count && outcome !== NO_MEMORY; index++) {
    outcome = sets.add(call.bytes, call.data, call.offset(index), call.size(index));
    if (outcome === CHANGED) added += 1;
  }
  sets.end();
  if (outcome === NO_MEMORY) call.reply.error(errors.OUT_OF_MEMORY);
  else call.reply.integer(added);
}

function srem(call: Call): void {
  const existing = findSet(call);
  if (existing < 0) return;
  const sets = call.collections.sets;
  let removed = 0;
  let outcome = UNCHANGED;
  if (existing !== 0) {
    beginSet(call, OP_SET_REMOVE, 0, 1, existing, 2);
    for (let index = 2; index < call.count && outcome !== NO_MEMORY; index++) {
      outcome = sets.remove(call.bytes, call.data, call.offset(index), call.size(index));
      if (outcome === CHANGED) removed += 1;
    }
    sets.end();
  }
  if (outcome === NO_MEMORY) call.reply.error(errors.OUT_OF_MEMORY);
  else call.reply.integer(removed);
}

function sismember(call: Call): void {
  const entry = findSetToRead(call);
  if (entry < 0) return;
  if (entry !== 0) openSet(call, entry);
  call.reply.integer(entry !== 0 && isMember(call, 2) ? 1 : 0);
}

function smismember(call: Call): void {
  const entry = findSetToRead(call);
  if (entry < 0) return;
  if (entry !== 0) openSet(call, entry);
  call.reply.arrayHeader(call.count - 2);
  for (let index = 2; index < call.count; index++) {
    call.reply.integer(entry !== 0 && isMember(call, index) ? 1 : 0);
  }
}

function smembers(call: Call): void {
  const entry = findSetToRead(call);
  if (entry < 0) return;
  if (entry !== 0) openSet(call, entry);
  call.reply.setHeader(entry === 0 ? 0 : call.collections.sets.count());
  if (entry !== 0) replyMembers(call, entry);
}

function scard(call: Call): void {
  const entry = findSetToRead(call);
  if (entry < 0) return;
  if (entry !== 0) openSet(call, entry);
  call.reply.integer(entry === 0 ? 0 : call.collections.sets.count());
}

/**
 * The member comes into the destination before it leaves the source. What may lack memory is done by then: the source is held
 * ready to be changed.
 */
function smove(call: Call): void {
  const source = call.find(0, 1);
  const target = call.find(1, 2);
  if (source === 0) {
    call.reply.integer(0);
    return;
  }
  if (ifSet(call, source) < 0 || ifSet(call, target) < 0) return;
  openSet(call, source);
  if (!isMember(call, 3) || source === target) {
    call.reply.integer(isMember(call, 3) ? 1 : 0);
    return;
  }
  if (!mayMove(call) || !addMoved(call)) {
    call.reply.error(errors.OUT_OF_MEMORY);
    return;
  }
  const sets = call.collections.sets;
  beginSet(call, OP_SET_REMOVE, 0, 1, call.findStored(0, 1), 3);
  sets.remove(call.bytes, call.data, call.offset(3), call.size(3));
  sets.end();
  call.reply.integer(1);
}

/** True when the log has room for the move, and the source can be changed without memory. */
function mayMove(call: Call): boolean {
  const log = call.keyspace.log;
  const entries = call.keyspace.entries;
  const bytes = call.size(1) + call.size(2) + 2 * call.size(3);
  if (!log.prepare(bytes + 4 * RECORD_OVERHEAD_BYTES_MAX)) return false;
  const source = call.findStored(0, 1);
  if (entries.isLarge(source)) return true;
  const size = entries.valueSize(source);
  return call.keyspace.resize(call.keyShard(0), call.client.database, source, size, 0) !== 0;
}

/** Adds argument 3 to the set of argument 2. False when memory is exhausted; it is as it was then. */
function addMoved(call: Call): boolean {
  const sets = call.collections.sets;
  beginSet(call, OP_SET_ADD, 1, 2, call.findStored(1, 2), 3);
  const outcome = sets.add(call.bytes, call.data, call.offset(3), call.size(3));
  sets.end();
  return outcome !== NO_MEMORY;
}

export const SET_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'sadd',
    arity: -3,
    flags: ['write', 'denyoom', 'fast'],
    group: 'set',
    since: '1.0.0',
    summary: 'Adds members to a set.',
    complexity:
      'O(1) for each element added, so O(N) to add N elements when the command is called with multiple arguments.',
    keys: { first: 1, last: 1, step: 1, flags: ['RW', 'insert'] },
    arguments: [KEY, MEMBERS],
    reply: 'integer',
    run: sadd,
  },
  {
    name: 'srem',
    arity: -3,
    flags: ['write', 'fast'],
    group: 'set',
    since: '1.0.0',
    summary: 'Removes members from a set.',
    complexity: 'O(N) where N is the number of members to be removed.',
    keys: { first: 1, last: 1, step: 1, flags: ['RW', 'delete'] },
    arguments: [KEY, MEMBERS],
    reply: 'integer',
    run: srem,
  },
  {
    name: 'sismember',
    arity: 3,
    flags: ['readonly', 'fast'],
    group: 'set',
    since: '1.0.0',
    summary: 'Tells whether a set has a member.',
    complexity: 'O(1)',
    keys: { first: 1, last: 1, step: 1, flags: ['RO'] },
    arguments: [KEY, MEMBER],
    reply: 'flag',
    run: sismember,
  },
  {
    name: 'smismember',
    arity: -3,
    flags: ['readonly', 'fast'],
    group: 'set',
    since: '6.2.0',
    summary: 'Tells of several members whether a set has them.',
    complexity: 'O(N) where N is the number of elements being checked for membership',
    keys: READS_ONE,
    arguments: [KEY, MEMBERS],
    reply: 'array<flag>',
    run: smismember,
  },
  {
    name: 'smembers',
    arity: 2,
    flags: ['readonly'],
    group: 'set',
    since: '1.0.0',
    summary: 'Returns all members of a set.',
    complexity: 'O(N) where N is the set cardinality.',
    tips: ['nondeterministic_output_order'],
    keys: READS_ONE,
    arguments: [KEY],
    reply: 'set<text>',
    run: smembers,
  },
  {
    name: 'scard',
    arity: 2,
    flags: ['readonly', 'fast'],
    group: 'set',
    since: '1.0.0',
    summary: 'Returns the number of members of a set.',
    complexity: 'O(1)',
    keys: { first: 1, last: 1, step: 1, flags: ['RO'] },
    arguments: [KEY],
    reply: 'integer',
    run: scard,
  },
  {
    name: 'smove',
    arity: 4,
    flags: ['write', 'fast'],
    group: 'set',
    since: '1.0.0',
    summary: 'Moves a member from one set to another.',
    complexity: 'O(1)',
    keys: [
      { first: 1, last: 1, step: 1, flags: ['RW', 'access', 'delete'] },
      { first: 2, last: 2, step: 1, flags: ['RW', 'insert'] },
    ],
    arguments: [{ name: 'source', type: 'key' }, { name: 'destination', type: 'key', keySpec: 1 }, MEMBER],
    reply: 'flag',
    run: smove,
  },
];
