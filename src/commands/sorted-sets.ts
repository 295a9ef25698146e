/**
 * Commands on members of a sorted set that the request names: ZADD, ZINCRBY, ZREM, ZSCORE, ZMSCORE, ZRANK, ZREVRANK, and ZCARD.
 */

import { parseDouble } from '../base/double-parser.js';
import type { Call } from '../engine/call.js';
import { WRONG_TYPE } from '../engine/call.js';
import type { ArgumentSpec, CommandSpec } from '../engine/command.js';
import * as errors from '../engine/errors.js';
import { ADDED, NO_MEMORY, REMOVED, type SortedSets, UPDATED } from '../engine/sorted-sets.js';
import { ITEM_OVERHEAD_BYTES_MAX } from '../engine/wal/log-items.js';
import { OP_ZSET_REMOVE, OP_ZSET_SET } from '../engine/wal/record.js';
import { KEY, ONE_KEY, READS_ONE, UPDATES_ONE } from './key-arguments.js';
import { findToChange, findToRead, replyScore } from './sorted-set-replies.js';

const MEMBER: ArgumentSpec = { name: 'member', type: 'string' };
const MEMBERS: ArgumentSpec = { ...MEMBER, flags: ['multiple'] };

/** Options of ZADD. */
const IF_ABSENT = 1;
const IF_PRESENT = 2;
const IF_GREATER = 4;
const IF_LESS = 8;
const COUNTS_CHANGES = 16;
const INCREMENTS = 32;

/** What `change` may return beside the outcomes of the engine. */
const NOT_WANTED = -1;
const NOT_A_NUMBER = -2;

/** The scores of the request: all are read before the first is set. */
let scores = new Float64Array(64);
/** The score that a member has after `change`, in an array so that noting it makes no garbage. */
const result = new Float64Array(1);

function zadd(call: Call): void {
  let flags = 0;
  let first = 2;
  for (let option = optionAt(call, first); option !== 0; option = optionAt(call, first)) {
    flags |= option;
    first += 1;
    if (first === call.count) break;
  }
  add(call, first, flags);
}

function zincrby(call: Call): void {
  // As in Redis, whose ZINCRBY is ZADD: a member by the name of an option leaves nothing to be incremented.
  const option = optionAt(call, 2);
  add(call, option === 0 ? 2 : 3, INCREMENTS | option);
}

function optionAt(call: Call, index: number): number {
  const size = call.size(index);
  if (size === 2) {
    if (call.is(index, 'NX')) return IF_ABSENT;
    if (call.is(index, 'XX')) return IF_PRESENT;
    if (call.is(index, 'CH')) return COUNTS_CHANGES;
    if (call.is(index, 'GT')) return IF_GREATER;
    if (call.is(index, 'LT')) return IF_LESS;
  }
  return size === 4 && call.is(index, 'INCR') ? INCREMENTS : 0;
}

/** `score member` pairs from argument `first` on. */
function add(call: Call, first: number, flags: number): void {
  const pairs = (call.count - first) / 2;
  const error = optionsError(pairs, flags);
  if (error !== undefined) {
    call.reply.error(error);
    return;
  }
  if (!readScores(call, first, pairs)) {
    call.reply.error(errors.NOT_A_FLOAT);
    return;
  }
  const existing = findToChange(call, 0, 1);
  if (existing === WRONG_TYPE) return;
  if (existing === 0 && (flags & IF_PRESENT) !== 0) {
    if ((flags & INCREMENTS) !== 0) call.reply.nil();
    else call.reply.integer(0);
    return;
  }
  const engine = call.collections.sortedSets;
  begin(call, engine, OP_ZSET_SET, existing, first);
  let added = 0;
  let updated = 0;
  let outcome = 0;
  for (let pair = 0; pair < pairs; pair++) {
    outcome = change(call, engine, first + pair * 2 + 1, scores[pair]!, flags);
    if (outcome === ADDED) added += 1;
    else if (outcome === UPDATED) updated += 1;
    else if (outcome === NOT_A_NUMBER || outcome === NO_MEMORY) break;
  }
  engine.end();
  if (outcome === NO_MEMORY) call.reply.error(errors.OUT_OF_MEMORY);
  else if (outcome === NOT_A_NUMBER) call.reply.error(errors.SCORE_NOT_A_NUMBER);
  else if ((flags & INCREMENTS) === 0)
    call.reply.integer((flags & COUNTS_CHANGES) !== 0 ? added + updated : added);
  else if (outcome === NOT_WANTED) call.reply.nil();
  else replyScore(call.reply, result[0]!);
}

function optionsError(pairs: number, flags: number): string | undefined {
  if (pairs < 1 || pairs !== Math.floor(pairs)) return errors.SYNTAX;
  const isAbsent = (flags & IF_ABSENT) !== 0;
  const comparisons = flags & (IF_GREATER | IF_LESS);
  if (isAbsent && (flags & IF_PRESENT) !== 0) return errors.ZADD_NX_WITH_XX;
  if (comparisons === (IF_GREATER | IF_LESS) || (isAbsent && comparisons !== 0))
    return errors.ZADD_COMPARISONS;
  if ((flags & INCREMENTS) !== 0 && pairs > 1) return errors.ZADD_INCREMENT_PAIRS;
  return undefined;
}

function readScores(call: Call, first: number, pairs: number): boolean {
  if (pairs > scores.length) scores = new Float64Array(pairs * 2); // alloc: once per larger request
  for (let pair = 0; pair < pairs; pair++) {
    const index = first + pair * 2;
    const score = parseDouble(call.bytes, call.offset(index), call.size(index));
    if (Number.isNaN(score)) return false;
    scores[pair] = score;
  }
  return true;
}

/** Begins a change of members, which are the arguments from `first` on, or some of them. */
function begin(call: Call, engine: SortedSets, op: number, existing: number, first: number): void {
  const last = call.count - 1;
  const bytes = call.offset(last) + call.size(last) - call.offset(first);
  engine.begin(
    op,
    call.keyShard(0),
    call.client.database,
    call.keyHash(0),
    call.data,
    call.offset(1),
    call.size(1),
    existing,
    bytes + (call.count - first) * ITEM_OVERHEAD_BYTES_MAX,
  );
}

/** Gives the member in argument `index` a score, or adds that to its own. */
function change(call: Call, engine: SortedSets, index: number, score: number, flags: number): number {
  const current = engine.locate(call.bytes, call.data, call.offset(index), call.size(index));
  let wanted = score;
  if (Number.isNaN(current)) {
    if ((flags & IF_PRESENT) !== 0) return NOT_WANTED;
  } else {
    if ((flags & IF_ABSENT) !== 0) return NOT_WANTED;
    if ((flags & INCREMENTS) !== 0) wanted += current;
    if (Number.isNaN(wanted)) return NOT_A_NUMBER;
    if ((flags & IF_LESS) !== 0 && wanted >= current) return NOT_WANTED;
    if ((flags & IF_GREATER) !== 0 && wanted <= current) return NOT_WANTED;
  }
  result[0] = wanted;
  return engine.put(wanted);
}

function zrem(call: Call): void {
  const existing = findToChange(call, 0, 1);
  if (existing === WRONG_TYPE) return;
  let removed = 0;
  let outcome = 0;
  if (existing !== 0) {
    const engine = call.collections.sortedSets;
    begin(call, engine, OP_ZSET_REMOVE, existing, 2);
    for (let index = 2; index < call.count && outcome !== NO_MEMORY; index++) {
      outcome = engine.remove(call.bytes, call.data, call.offset(index), call.size(index));
      if (outcome === REMOVED) removed += 1;
    }
    engine.end();
  }
  if (outcome === NO_MEMORY) call.reply.error(errors.OUT_OF_MEMORY);
  else call.reply.integer(removed);
}

function zscore(call: Call): void {
  const entry = findToRead(call, 0, 1);
  if (entry !== WRONG_TYPE) replyScoreOf(call, entry, 2);
}

function zmscore(call: Call): void {
  const entry = findToRead(call, 0, 1);
  if (entry === WRONG_TYPE) return;
  call.reply.arrayHeader(call.count - 2);
  for (let index = 2; index < call.count; index++) replyScoreOf(call, entry, index);
}

/** The score of the member in argument `index`, or nil. */
function replyScoreOf(call: Call, entry: number, index: number): void {
  const engine = call.collections.sortedSets;
  const score =
    entry === 0
      ? Number.NaN
      : engine.score(
          call.keyShard(0),
          call.client.database,
          entry,
          call.bytes,
          call.data,
          call.offset(index),
          call.size(index),
        );
  if (Number.isNaN(score)) call.reply.nil();
  else replyScore(call.reply, score);
}

function zcard(call: Call): void {
  const entry = findToRead(call, 0, 1);
  if (entry === WRONG_TYPE) return;
  call.reply.integer(entry === 0 ? 0 : call.collections.sortedSets.count(entry));
}

function zrank(call: Call): void {
  replyRank(call, false);
}

function zrevrank(call: Call): void {
  replyRank(call, true);
}

function replyRank(call: Call, isReversed: boolean): void {
  const { reply } = call;
  if (call.count > 4) {
    reply.error(errors.wrongArity(call.command.fullName));
    return;
  }
  const withScore = call.count === 4;
  if (withScore && !call.is(3, 'WITHSCORE')) {
    reply.error(errors.SYNTAX);
    return;
  }
  const entry = findToRead(call, 0, 1);
  if (entry === WRONG_TYPE) return;
  const engine = call.collections.sortedSets;
  const rank = entry === 0 ? -1 : rankOf(call, engine, entry);
  if (rank < 0) {
    if (withScore) reply.nilArray();
    else reply.nil();
    return;
  }
  if (withScore) reply.arrayHeader(2);
  reply.integer(isReversed ? engine.count(entry) - 1 - rank : rank);
  if (withScore) replyScore(reply, engine.foundScore);
}

function rankOf(call: Call, engine: SortedSets, entry: number): number {
  return engine.rank(
    call.keyShard(0),
    call.client.database,
    entry,
    call.bytes,
    call.data,
    call.offset(2),
    call.size(2),
  );
}

export const SORTED_SET_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'zadd',
    arity: -4,
    flags: ['write', 'denyoom', 'fast'],
    group: 'sorted-set',
    since: '1.2.0',
    summary: 'Adds members to a sorted set, or gives those that it has other scores.',
    complexity: 'O(log N) for each member, with N members in the sorted set',
    keys: UPDATES_ONE,
    arguments: [
      KEY,
      {
        name: 'condition',
        type: 'oneof',
        flags: ['optional'],
        since: '3.0.2',
        arguments: [
          { name: 'nx', type: 'pure-token', token: 'NX' },
          { name: 'xx', type: 'pure-token', token: 'XX' },
        ],
      },
      {
        name: 'comparison',
        type: 'oneof',
        flags: ['optional'],
        since: '6.2.0',
        arguments: [
          { name: 'gt', type: 'pure-token', token: 'GT' },
          { name: 'lt', type: 'pure-token', token: 'LT' },
        ],
      },
      { name: 'change', type: 'pure-token', token: 'CH', flags: ['optional'], since: '3.0.2' },
      { name: 'increment', type: 'pure-token', token: 'INCR', flags: ['optional'], since: '3.0.2' },
      {
        name: 'score_member',
        type: 'block',
        flags: ['multiple'],
        arguments: [{ name: 'score', type: 'double' }, MEMBER],
      },
    ],
    reply: { INCR: 'double?', else: 'integer' },
    run: zadd,
  },
  {
    name: 'zincrby',
    arity: 4,
    flags: ['write', 'denyoom', 'fast'],
    group: 'sorted-set',
    since: '1.2.0',
    summary: 'Adds to the score of a member, which is 0 for a new one, and returns it.',
    complexity: 'O(log N) with N members in the sorted set',
    keys: { ...ONE_KEY, flags: ['RW', 'access', 'update'] },
    arguments: [KEY, { name: 'increment', type: 'integer' }, MEMBER],
    reply: 'double',
    run: zincrby,
  },
  {
    name: 'zrem',
    arity: -3,
    flags: ['write', 'fast'],
    group: 'sorted-set',
    since: '1.2.0',
    summary: 'Removes members; the last one takes the key with it.',
    complexity: 'O(log N) for each member, with N members in the sorted set',
    keys: { ...ONE_KEY, flags: ['RW', 'delete'] },
    arguments: [KEY, MEMBERS],
    reply: 'integer',
    run: zrem,
  },
  {
    name: 'zscore',
    arity: 3,
    flags: ['readonly', 'fast'],
    group: 'sorted-set',
    since: '1.2.0',
    summary: 'Returns the score of a member.',
    complexity: 'O(1)',
    keys: READS_ONE,
    arguments: [KEY, MEMBER],
    reply: 'double?',
    run: zscore,
  },
  {
    name: 'zmscore',
    arity: -3,
    flags: ['readonly', 'fast'],
    group: 'sorted-set',
    since: '6.2.0',
    summary: 'Returns the scores of several members.',
    complexity: 'O(N) with the number of members asked for',
    keys: READS_ONE,
    arguments: [KEY, MEMBERS],
    reply: 'array<double?>',
    run: zmscore,
  },
  {
    name: 'zcard',
    arity: 2,
    flags: ['readonly', 'fast'],
    group: 'sorted-set',
    since: '1.2.0',
    summary: 'Returns the number of members.',
    complexity: 'O(1)',
    keys: { ...ONE_KEY, flags: ['RO'] },
    arguments: [KEY],
    reply: 'integer',
    run: zcard,
  },
  {
    name: 'zrank',
    arity: -3,
    flags: ['readonly', 'fast'],
    group: 'sorted-set',
    since: '2.0.0',
    summary: 'Returns how many members come before one, by ascending score.',
    complexity: 'O(log N) with N members in the sorted set',
    keys: READS_ONE,
    arguments: [
      KEY,
      MEMBER,
      { name: 'withscore', type: 'pure-token', token: 'WITHSCORE', flags: ['optional'], since: '7.2.0' },
    ],
    reply: { WITHSCORE: '[integer,double]?', else: 'integer?' },
    run: zrank,
  },
  {
    name: 'zrevrank',
    arity: -3,
    flags: ['readonly', 'fast'],
    group: 'sorted-set',
    since: '2.0.0',
    summary: 'Returns how many members come before one, by descending score.',
    complexity: 'O(log N) with N members in the sorted set',
    keys: READS_ONE,
    arguments: [
      KEY,
      MEMBER,
      { name: 'withscore', type: 'pure-token', token: 'WITHSCORE', flags: ['optional'], since: '7.2.0' },
    ],
    reply: { WITHSCORE: '[integer,double]?', else: 'integer?' },
    run: zrevrank,
  },
];
