/**
 * What is made of several sets: SINTER, SUNION, SDIFF, what stores their results, and SINTERCARD. The work is done in
 * engine/set-algebra.ts. A result is stored in one step when it is complete, so that a destination may be a source, too.
 */

import { NOT_INTEGER } from '../base/integer.js';
import { type Call, WRONG_TYPE } from '../engine/call.js';
import type { ArgumentSpec, CommandSpec, KeyRange } from '../engine/command.js';
import * as errors from '../engine/errors.js';
import type { ItemPayload } from '../engine/item-payload.js';
import { DIFFERENCE, INTERSECTION, type SetAlgebra, UNION } from '../engine/set-algebra.js';
import { TYPE_SET } from '../structures/entry.js';
import { PackedCursor } from '../structures/packed-list.js';
import { KEYS, MANY_KEYS } from './key-arguments.js';
import { ifSet, replyMember } from './set-arguments.js';

const cursor = new PackedCursor();

function sinter(call: Call): void {
  reply(call, INTERSECTION);
}

function sunion(call: Call): void {
  reply(call, UNION);
}

function sdiff(call: Call): void {
  reply(call, DIFFERENCE);
}

function sinterstore(call: Call): void {
  store(call, INTERSECTION);
}

function sunionstore(call: Call): void {
  store(call, UNION);
}

function sdiffstore(call: Call): void {
  store(call, DIFFERENCE);
}

/** Adds the sets of `count` keys, of which argument `first` is key number `key`. False after an error reply. */
function addSources(call: Call, first: number, key: number, count: number): boolean {
  const { algebra } = call.collections.sets;
  algebra.clear();
  for (let number = 0; number < count; number++) {
    const entry = ifSet(call, call.findToRead(key + number, first + number));
    if (entry === WRONG_TYPE) return false;
    algebra.addSource(entry);
  }
  return true;
}

function reply(call: Call, operation: number): void {
  const { algebra } = call.collections.sets;
  if (!addSources(call, 1, 0, call.count - 1)) return;
  algebra.begin(operation);
  const isDone = operation === UNION ? replyUnion(call, algebra) : replyEach(call, algebra);
  if (!isDone) call.reply.error(errors.OUT_OF_MEMORY);
  algebra.end();
}

/** Replies with members as they are found. False, and no reply, without memory. */
function replyEach(call: Call, algebra: SetAlgebra): boolean {
  const mark = call.reply.beginDeferredArray();
  let count = 0;
  for (; algebra.next(); count++) replyMember(call, algebra.member);
  if (algebra.isComplete()) call.reply.endDeferredSet(mark, count);
  else call.reply.rewind(mark);
  return algebra.isComplete();
}

/** The same for a union, which is in order if it is one of integers. */
function replyUnion(call: Call, algebra: SetAlgebra): boolean {
  const mark = call.reply.mark();
  if (!replyEach(call, algebra)) return false;
  if (!algebra.isUnionOrdered()) return true;
  call.reply.rewind(mark);
  const array = call.reply.beginDeferredArray();
  const list = algebra.orderedUnion();
  let count = 0;
  for (let at = 0; at < list.byteLength; at = cursor.end) {
    cursor.read(list, at);
    replyMember(call, cursor);
    count += 1;
  }
  call.reply.endDeferredSet(array, count);
  return true;
}

function sintercard(call: Call): void {
  const stated = call.clampedInteger(1);
  if (stated === NOT_INTEGER || stated < 1) {
    call.reply.error(errors.KEY_COUNT_POSITIVE);
    return;
  }
  if (stated > call.count - 2) {
    call.reply.error(errors.KEY_COUNT_ARGUMENTS);
    return;
  }
  let limit = 0;
  for (let index = 2 + stated; index < call.count; index += 2) {
    if (!call.is(index, 'LIMIT') || index + 1 === call.count) {
      call.reply.error(errors.SYNTAX);
      return;
    }
    limit = call.clampedInteger(index + 1);
    if (limit === NOT_INTEGER || limit < 0) {
      call.reply.error(errors.LIMIT_NEGATIVE);
      return;
    }
  }
  if (!addSources(call, 2, 0, stated)) return;
  const { algebra } = call.collections.sets;
  algebra.begin(INTERSECTION);
  let count = 0;
  while ((limit === 0 || count < limit) && algebra.next()) count += 1;
  call.reply.integer(count);
  algebra.end();
}

function store(call: Call, operation: number): void {
  const { payload, sets } = call.collections;
  const { algebra } = sets;
  if (!addSources(call, 2, 1, call.count - 2)) return;
  algebra.begin(operation);
  const result = operation === UNION ? algebra.seen : payload;
  const count = collect(algebra, operation, payload);
  if (!algebra.isComplete() || !result.isComplete() || !storeResult(call, result, count))
    call.reply.error(errors.OUT_OF_MEMORY);
  else call.reply.integer(count);
  payload.clear();
  algebra.end();
}

/** Puts the members into the payload; those of a union are in `algebra.seen` in the end. Returns how many there are. */
function collect(algebra: SetAlgebra, operation: number, payload: ItemPayload): number {
  let count = 0;
  payload.begin();
  for (; algebra.next() && payload.isComplete(); count++) {
    if (operation !== UNION) payload.putElement(algebra.member);
  }
  payload.isNamedLarge = operation === DIFFERENCE && count > 0 && algebra.isDifferenceNamedLarge();
  return count;
}

/** Sets argument 1, key number 0, to a set of these members, or deletes it if there is none. False when memory is exhausted. */
function storeResult(call: Call, result: ItemPayload, count: number): boolean {
  const { keyspace, collections } = call;
  const { database } = call.client;
  const shard = call.keyShard(0);
  const existing = call.find(0, 1);
  if (count === 0) {
    if (existing !== 0) keyspace.remove(shard, database, existing);
    return true;
  }
  if (!keyspace.log.prepare(result.recordBytes(call.size(1)))) return false;
  const hash = call.keyHash(0);
  return collections.storeCopy(
    result,
    TYPE_SET,
    shard,
    database,
    hash,
    call.data,
    call.offset(1),
    call.size(1),
    existing,
    0,
  );
}

const READS_ALL: KeyRange = { ...MANY_KEYS, flags: ['RO', 'access'] };
const SOURCES: KeyRange = { first: 2, last: -1, step: 1, flags: ['RO', 'access'] };
const DESTINATION: ArgumentSpec = { name: 'destination', type: 'key' };
const SOURCE_KEYS: ArgumentSpec = { ...KEYS, keySpec: 1 };

const READS = {
  arity: -2,
  flags: ['readonly'],
  group: 'set',
  since: '1.0.0',
  tips: ['nondeterministic_output_order'],
  keys: READS_ALL,
  arguments: [KEYS],
} as const;

const STORES = {
  arity: -3,
  flags: ['write', 'denyoom'],
  group: 'set',
  since: '1.0.0',
  keys: [{ first: 1, last: 1, step: 1, flags: ['OW', 'update'] }, SOURCES],
  arguments: [DESTINATION, SOURCE_KEYS],
} as const;

const INTERSECTION_COST =
  'O(N*M) worst case where N is the cardinality of the smallest set and M is the number of sets.';
const COST = 'O(N) where N is the total number of elements in all given sets.';

export const SET_OPERATION_COMMANDS: readonly CommandSpec[] = [
  {
    ...READS,
    name: 'sinter',
    summary: 'Returns the members that all of several sets have.',
    complexity: INTERSECTION_COST,
    reply: 'set<text>',
    run: sinter,
  },
  {
    name: 'sintercard',
    arity: -3,
    flags: ['readonly', 'movablekeys'],
    group: 'set',
    since: '7.0.0',
    summary: 'Counts the members that all of several sets have, perhaps only up to a limit.',
    complexity: INTERSECTION_COST,
    keys: { first: 2, last: -1, step: 1, countAt: 1, flags: ['RO', 'access'] },
    arguments: [
      { name: 'numkeys', type: 'integer' },
      KEYS,
      { name: 'limit', type: 'integer', token: 'LIMIT', flags: ['optional'] },
    ],
    reply: 'integer',
    run: sintercard,
  },
  {
    ...STORES,
    name: 'sinterstore',
    summary: 'Stores the members that all of several sets have.',
    complexity: INTERSECTION_COST,
    keys: [{ first: 1, last: 1, step: 1, flags: ['RW', 'update'] }, SOURCES],
    reply: 'integer',
    run: sinterstore,
  },
  {
    ...READS,
    name: 'sunion',
    summary: 'Returns the members that any of several sets has.',
    complexity: COST,
    reply: 'set<text>',
    run: sunion,
  },
  {
    ...STORES,
    name: 'sunionstore',
    summary: 'Stores the members that any of several sets has.',
    complexity: COST,
    reply: 'integer',
    run: sunionstore,
  },
  {
    ...READS,
    name: 'sdiff',
    summary: 'Returns the members of the first set that none of the others has.',
    complexity: COST,
    reply: 'set<text>',
    run: sdiff,
  },
  {
    ...STORES,
    name: 'sdiffstore',
    summary: 'Stores the members of the first set that none of the others has.',
    complexity: COST,
    reply: 'integer',
    run: sdiffstore,
  },
];
