/**
 * Commands that remove members by where they are: ZREMRANGEBYRANK, -SCORE and -LEX, ZPOPMIN, ZPOPMAX, ZMPOP, and those of them
 * that wait for something to pop: BZPOPMIN, BZPOPMAX, BZMPOP.
 */

import { NOT_INTEGER } from '../base/integer.js';
import type { Call } from '../engine/call.js';
import { WRONG_TYPE } from '../engine/call.js';
import type { ArgumentSpec, CommandSpec, KeyRange } from '../engine/command.js';
import * as errors from '../engine/errors.js';
import { PROTOCOL_RESP3 } from '../engine/reply.js';
import { TYPE_ZSET } from '../structures/entry.js';
import { timeoutArgument } from './blocking-timeout.js';
import { KEY, KEYS, ONE_KEY } from './key-arguments.js';
import { BY_MEMBER, BY_RANK, BY_SCORE, range } from './sorted-set-range.js';
import { findToChange, replyMember, replyScore } from './sorted-set-replies.js';

function zremrangebyrank(call: Call): void {
  removeRange(call, BY_RANK);
}

function zremrangebyscore(call: Call): void {
  removeRange(call, BY_SCORE);
}

function zremrangebylex(call: Call): void {
  removeRange(call, BY_MEMBER);
}

function removeRange(call: Call, by: number): void {
  range.reset(by, false);
  if (!range.readBounds(call, 2, 3)) return;
  const entry = findToChange(call, 0, 1);
  if (entry === WRONG_TYPE) return;
  if (entry === 0) {
    call.reply.integer(0);
    return;
  }
  const engine = call.collections.sortedSets;
  engine.reading.open(entry);
  range.resolve(engine.reading, call.data);
  const { first, count } = range;
  const isDone =
    count === 0 || engine.removeRange(call.keyShard(0), call.client.database, entry, first, count);
  if (isDone) call.reply.integer(count);
  else call.reply.error(errors.OUT_OF_MEMORY);
}

function zpopmin(call: Call): void {
  popOne(call, false);
}

function zpopmax(call: Call): void {
  popOne(call, true);
}

/** `ZPOPMIN key [count]`. */
function popOne(call: Call, isMax: boolean): void {
  const { reply } = call;
  if (call.count > 3) {
    reply.error(errors.SYNTAX);
    return;
  }
  const isCounted = call.count === 3;
  const wanted = isCounted ? call.clampedInteger(2) : 1;
  if (wanted === NOT_INTEGER || wanted < 0) {
    reply.error(errors.MUST_BE_POSITIVE);
    return;
  }
  const entry = findToChange(call, 0, 1);
  if (entry === WRONG_TYPE) return;
  if (entry === 0 || wanted === 0) {
    reply.arrayHeader(0);
    return;
  }
  const mark = reply.mark();
  const count = Math.min(wanted, call.collections.sortedSets.count(entry));
  // RESP3 has pairs, but not for a single one that nobody counted.
  const isNested = isCounted && reply.protocol === PROTOCOL_RESP3;
  reply.arrayHeader(isNested ? count : count * 2);
  take(call, 0, entry, count, isMax, isNested, mark);
}

/**
 * Replies with `count` elements from one end, whose header has been written since `mark`, and removes them.
 *
 * @param isNested each member with its score is an array
 */
function take(
  call: Call,
  key: number,
  entry: number,
  count: number,
  isMax: boolean,
  isNested: boolean,
  mark: number,
): void {
  const { reply } = call;
  const engine = call.collections.sortedSets;
  const cursor = engine.reading;
  cursor.open(entry);
  const total = cursor.count;
  let left = count;
  for (let found = cursor.seek(isMax ? total - 1 : 0); found; ) {
    if (isNested) reply.arrayHeader(2);
    replyMember(reply, cursor);
    replyScore(reply, cursor.score);
    left -= 1;
    found = left > 0 && (isMax ? cursor.previous() : cursor.next());
  }
  const first = isMax ? total - count : 0;
  if (engine.removeRange(call.keyShard(key), call.client.database, entry, first, count)) return;
  reply.rewind(mark);
  reply.error(errors.OUT_OF_MEMORY);
}

function bzpopmin(call: Call): void {
  awaitOne(call, false);
}

function bzpopmax(call: Call): void {
  awaitOne(call, true);
}

/** `BZPOPMIN key [key ...] timeout`. */
function awaitOne(call: Call, isMax: boolean): void {
  const timeoutMs = timeoutArgument(call, call.count - 1);
  if (timeoutMs < 0) return;
  const { reply } = call;
  for (let key = 0; key < call.keyCount; key++) {
    const index = call.command.keyAt(key);
    const entry = call.findToTake(key, index, TYPE_ZSET);
    if (entry === WRONG_TYPE) return;
    if (entry === 0) continue;
    const mark = reply.mark();
    reply.arrayHeader(3);
    reply.bulk(call.bytes, call.offset(index), call.size(index));
    take(call, key, entry, 1, isMax, false, mark);
    return;
  }
  call.block(TYPE_ZSET, timeoutMs, 0, call.keyCount, replyNilArray);
}

function replyNilArray(call: Call): void {
  call.reply.nilArray();
}

/** What ZMPOP and BZMPOP are asked for. */
let popsMax = false;
let popCount = 0;

/** Reads `numkeys key ... MIN|MAX [COUNT count]` from argument `index` on; false after an error reply. */
function readPop(call: Call, index: number): boolean {
  const { reply } = call;
  const keyCount = call.clampedInteger(index);
  if (keyCount === NOT_INTEGER || keyCount < 1) {
    reply.error(errors.KEY_COUNT_POSITIVE);
    return false;
  }
  const where = index + keyCount + 1;
  popsMax = where < call.count && call.is(where, 'MAX');
  if (where >= call.count || (!popsMax && !call.is(where, 'MIN'))) {
    reply.error(errors.SYNTAX);
    return false;
  }
  popCount = 1;
  if (where + 1 === call.count) return true;
  if (where + 3 > call.count || !call.is(where + 1, 'COUNT')) {
    reply.error(errors.SYNTAX);
    return false;
  }
  popCount = call.clampedInteger(where + 2);
  if (popCount === NOT_INTEGER || popCount < 1) {
    reply.error(errors.COUNT_POSITIVE);
    return false;
  }
  if (where + 3 === call.count) return true;
  reply.error(errors.SYNTAX);
  return false;
}

function zmpop(call: Call): void {
  if (!readPop(call, 1)) return;
  for (let key = 0; key < call.keyCount; key++) {
    const entry = findToChange(call, key, call.command.keyAt(key));
    if (entry === WRONG_TYPE) return;
    if (entry === 0) continue;
    popMany(call, key, entry);
    return;
  }
  call.reply.nilArray();
}

/** `BZMPOP timeout numkeys key [key ...] MIN|MAX [COUNT count]`. */
function bzmpop(call: Call): void {
  if (!readPop(call, 2)) return;
  const timeoutMs = timeoutArgument(call, 1);
  if (timeoutMs < 0) return;
  for (let key = 0; key < call.keyCount; key++) {
    const entry = call.findToTake(key, call.command.keyAt(key), TYPE_ZSET);
    if (entry === WRONG_TYPE) return;
    if (entry === 0) continue;
    popMany(call, key, entry);
    return;
  }
  call.block(TYPE_ZSET, timeoutMs, 0, call.keyCount, replyNilArray);
}

/** The reply of ZMPOP and BZMPOP: the key, and pairs whatever the protocol. */
function popMany(call: Call, key: number, entry: number): void {
  const { reply } = call;
  const mark = reply.mark();
  const index = call.command.keyAt(key);
  const count = Math.min(popCount, call.collections.sortedSets.count(entry));
  reply.arrayHeader(2);
  reply.bulk(call.bytes, call.offset(index), call.size(index));
  reply.arrayHeader(count);
  take(call, key, entry, count, popsMax, true, mark);
}

const DELETES_ONE: KeyRange = { ...ONE_KEY, flags: ['RW', 'delete'] };
const POPS_ONE: KeyRange = { ...ONE_KEY, flags: ['RW', 'access', 'delete'] };
const COUNT: ArgumentSpec = { name: 'count', type: 'integer', flags: ['optional'] };
const WHERE: ArgumentSpec = {
  name: 'where',
  type: 'oneof',
  arguments: [
    { name: 'min', type: 'pure-token', token: 'MIN' },
    { name: 'max', type: 'pure-token', token: 'MAX' },
  ],
};
const REMOVAL_COMPLEXITY = 'O(log N + M log N) with N members in the sorted set and M removed';
const POP_COMPLEXITY = 'O(M log N) with N members in the sorted set and M removed';

export const SORTED_SET_REMOVAL_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'zremrangebyrank',
    arity: 4,
    flags: ['write'],
    group: 'sorted-set',
    since: '2.0.0',
    summary: 'Removes the members within a range of ranks.',
    complexity: REMOVAL_COMPLEXITY,
    keys: DELETES_ONE,
    arguments: [KEY, { name: 'start', type: 'integer' }, { name: 'stop', type: 'integer' }],
    reply: 'integer',
    run: zremrangebyrank,
  },
  {
    name: 'zremrangebyscore',
    arity: 4,
    flags: ['write'],
    group: 'sorted-set',
    since: '1.2.0',
    summary: 'Removes the members within a range of scores.',
    complexity: REMOVAL_COMPLEXITY,
    keys: DELETES_ONE,
    arguments: [KEY, { name: 'min', type: 'double' }, { name: 'max', type: 'double' }],
    reply: 'integer',
    run: zremrangebyscore,
  },
  {
    name: 'zremrangebylex',
    arity: 4,
    flags: ['write'],
    group: 'sorted-set',
    since: '2.8.9',
    summary: 'Removes the members between two others, where all have one score.',
    complexity: REMOVAL_COMPLEXITY,
    keys: DELETES_ONE,
    arguments: [KEY, { name: 'min', type: 'string' }, { name: 'max', type: 'string' }],
    reply: 'integer',
    run: zremrangebylex,
  },
  {
    name: 'zpopmin',
    arity: -2,
    flags: ['write', 'fast'],
    group: 'sorted-set',
    since: '5.0.0',
    summary: 'Removes and returns the members with the lowest scores.',
    complexity: POP_COMPLEXITY,
    keys: POPS_ONE,
    arguments: [KEY, COUNT],
    reply: { count: 'pairs<text,double>', else: '[text,double]?' },
    run: zpopmin,
  },
  {
    name: 'zpopmax',
    arity: -2,
    flags: ['write', 'fast'],
    group: 'sorted-set',
    since: '5.0.0',
    summary: 'Removes and returns the members with the highest scores.',
    complexity: POP_COMPLEXITY,
    keys: POPS_ONE,
    arguments: [KEY, COUNT],
    reply: { count: 'pairs<text,double>', else: '[text,double]?' },
    run: zpopmax,
  },
  {
    name: 'zmpop',
    arity: -4,
    flags: ['write', 'movablekeys'],
    group: 'sorted-set',
    since: '7.0.0',
    summary: 'Removes and returns members of the first of several sorted sets that there is.',
    complexity: `O(K) with K keys, and ${POP_COMPLEXITY}`,
    keys: { first: 2, last: -1, step: 1, countAt: 1, flags: ['RW', 'access', 'delete'] },
    arguments: [{ name: 'numkeys', type: 'integer' }, KEYS, WHERE, { ...COUNT, token: 'COUNT' }],
    reply: '[text,pairs<text,double>]?',
    run: zmpop,
  },
  {
    name: 'bzpopmin',
    arity: -3,
    flags: ['write', 'noscript', 'blocking', 'fast'],
    group: 'sorted-set',
    since: '5.0.0',
    summary:
      'Removes and returns the member with the lowest score of the first sorted set that there is, or waits for one.',
    complexity: 'O(log N) with N members in the sorted set',
    keys: { first: 1, last: -2, step: 1, flags: ['RW', 'access', 'delete'] },
    arguments: [KEYS, { name: 'timeout', type: 'double' }],
    reply: '[text,text,double]?',
    run: bzpopmin,
  },
  {
    name: 'bzpopmax',
    arity: -3,
    flags: ['write', 'noscript', 'blocking', 'fast'],
    group: 'sorted-set',
    since: '5.0.0',
    summary:
      'Removes and returns the member with the highest score of the first sorted set that there is, or waits for one.',
    complexity: 'O(log N) with N members in the sorted set',
    keys: { first: 1, last: -2, step: 1, flags: ['RW', 'access', 'delete'] },
    arguments: [KEYS, { name: 'timeout', type: 'double' }],
    reply: '[text,text,double]?',
    run: bzpopmax,
  },
  {
    name: 'bzmpop',
    arity: -5,
    flags: ['write', 'blocking', 'movablekeys'],
    group: 'sorted-set',
    since: '7.0.0',
    summary:
      'Removes and returns members of the first of several sorted sets that there is, or waits for one.',
    complexity: `O(K) with K keys, and ${POP_COMPLEXITY}`,
    keys: { first: 3, last: -1, step: 1, countAt: 2, flags: ['RW', 'access', 'delete'] },
    arguments: [
      { name: 'timeout', type: 'double' },
      { name: 'numkeys', type: 'integer' },
      KEYS,
      WHERE,
      { ...COUNT, token: 'COUNT' },
    ],
    reply: '[text,pairs<text,double>]?',
    run: bzmpop,
  },
];
