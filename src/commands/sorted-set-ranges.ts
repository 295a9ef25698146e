/**
 * Commands on ranges of sorted sets that only read: ZRANGE in its unified form and its older relatives, ZCOUNT, ZLEXCOUNT.
 */

import type { Call } from '../engine/call.js';
import { WRONG_TYPE } from '../engine/call.js';
import type { ArgumentSpec, CommandSpec } from '../engine/command.js';
import * as errors from '../engine/errors.js';
import { KEY, READS_ONE } from './key-arguments.js';
import { BY_MEMBER, BY_RANK, BY_SCORE, range } from './sorted-set-range.js';
import { findToRead, replyElements } from './sorted-set-replies.js';

/** What `readOptions` has found. */
let withScores = false;

/** What a command leaves to be said by options. */
const TAKES_KIND = 1;
const TAKES_DIRECTION = 2;
const TAKES_SCORES = 4;

function zrange(call: Call): void {
  replyRange(call, BY_RANK, false, TAKES_KIND | TAKES_DIRECTION | TAKES_SCORES);
}

function zrevrange(call: Call): void {
  replyRange(call, BY_RANK, true, TAKES_SCORES);
}

function zrangebyscore(call: Call): void {
  replyRange(call, BY_SCORE, false, TAKES_SCORES);
}

function zrevrangebyscore(call: Call): void {
  replyRange(call, BY_SCORE, true, TAKES_SCORES);
}

function zrangebylex(call: Call): void {
  replyRange(call, BY_MEMBER, false, TAKES_SCORES);
}

function zrevrangebylex(call: Call): void {
  replyRange(call, BY_MEMBER, true, TAKES_SCORES);
}

function replyRange(call: Call, by: number, isReversed: boolean, taken: number): void {
  range.reset(by, isReversed);
  if (!readRange(call, 2, taken)) return;
  const entry = findToRead(call, 0, 1);
  if (entry === WRONG_TYPE) return;
  if (entry === 0) {
    call.reply.arrayHeader(0);
    return;
  }
  const cursor = call.collections.sortedSets.reading;
  cursor.open(entry);
  range.resolve(cursor, call.data);
  if (range.count === 0) call.reply.arrayHeader(0);
  else replyElements(call, cursor, range.first, range.count, range.isReversed, withScores);
}

/** Reads what ZRANGESTORE says of its source: the ends, arguments 3 and 4, and options. False after an error reply. */
export function readStoredRange(call: Call): boolean {
  range.reset(BY_RANK, false);
  return readRange(call, 3, TAKES_KIND | TAKES_DIRECTION);
}

/** Reads the ends of `range`, arguments `first` and the next one, and the options behind them. False after an error reply. */
function readRange(call: Call, first: number, taken: number): boolean {
  withScores = false;
  if (call.count > first + 2 && !readOptions(call, first + 2, taken)) return false;
  if (range.by === BY_RANK) {
    if (range.limit !== -1) {
      call.reply.error(errors.ZRANGE_LIMIT);
      return false;
    }
    range.skipped = 0; // as in Redis, which takes a LIMIT that is none for nothing
  }
  if (withScores && range.by === BY_MEMBER) {
    call.reply.error(errors.ZRANGE_LEX_SCORES);
    return false;
  }
  // A range of scores or members that goes backwards begins with its upper end.
  const isSwapped = range.isReversed && range.by !== BY_RANK;
  return isSwapped ? range.readBounds(call, first + 1, first) : range.readBounds(call, first, first + 1);
}

function readOptions(call: Call, start: number, taken: number): boolean {
  let hasKind = (taken & TAKES_KIND) === 0;
  let hasDirection = (taken & TAKES_DIRECTION) === 0;
  for (let index = start; index < call.count; index++) {
    if ((taken & TAKES_SCORES) !== 0 && call.is(index, 'WITHSCORES')) {
      withScores = true;
    } else if (call.is(index, 'LIMIT') && index + 2 < call.count) {
      if (!range.readLimit(call, index + 1)) return false;
      index += 2;
    } else if (!hasDirection && call.is(index, 'REV')) {
      range.isReversed = true;
      hasDirection = true;
    } else if (!hasKind && call.is(index, 'BYLEX')) {
      range.by = BY_MEMBER;
      hasKind = true;
    } else if (!hasKind && call.is(index, 'BYSCORE')) {
      range.by = BY_SCORE;
      hasKind = true;
    } else {
      call.reply.error(errors.SYNTAX);
      return false;
    }
  }
  return true;
}

function zcount(call: Call): void {
  replyCount(call, BY_SCORE);
}

function zlexcount(call: Call): void {
  replyCount(call, BY_MEMBER);
}

function replyCount(call: Call, by: number): void {
  range.reset(by, false);
  if (!range.readBounds(call, 2, 3)) return;
  const entry = findToRead(call, 0, 1);
  if (entry === WRONG_TYPE) return;
  if (entry === 0) {
    call.reply.integer(0);
    return;
  }
  const cursor = call.collections.sortedSets.reading;
  cursor.open(entry);
  range.resolve(cursor, call.data);
  call.reply.integer(range.count);
}

export const SORT_BY: ArgumentSpec = {
  name: 'sortby',
  type: 'oneof',
  flags: ['optional'],
  arguments: [
    { name: 'byscore', type: 'pure-token', token: 'BYSCORE' },
    { name: 'bylex', type: 'pure-token', token: 'BYLEX' },
  ],
};
export const REVERSED: ArgumentSpec = {
  name: 'rev',
  type: 'pure-token',
  token: 'REV',
  flags: ['optional'],
};
export const RANGE_LIMIT: ArgumentSpec = {
  name: 'offset_count',
  type: 'block',
  token: 'LIMIT',
  flags: ['optional'],
  arguments: [
    { name: 'offset', type: 'integer' },
    { name: 'count', type: 'integer' },
  ],
};
const WITH_SCORES: ArgumentSpec = {
  name: 'withscores',
  type: 'pure-token',
  token: 'WITHSCORES',
  flags: ['optional'],
};
const SCORE_RANGE: readonly ArgumentSpec[] = [
  { name: 'min', type: 'double' },
  { name: 'max', type: 'double' },
];
const MEMBER_RANGE: readonly ArgumentSpec[] = [
  { name: 'min', type: 'string' },
  { name: 'max', type: 'string' },
];
const RANK_RANGE: readonly ArgumentSpec[] = [
  { name: 'start', type: 'integer' },
  { name: 'stop', type: 'integer' },
];
const COMPLEXITY = 'O(log N + M) with N members in the sorted set and M returned';

export const SORTED_SET_RANGE_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'zrange',
    arity: -4,
    flags: ['readonly'],
    group: 'sorted-set',
    isCheap: true,
    since: '1.2.0',
    summary: 'Returns members within a range of ranks, of scores, or of members themselves.',
    complexity: COMPLEXITY,
    keys: READS_ONE,
    arguments: [
      KEY,
      { name: 'start', type: 'string' },
      { name: 'stop', type: 'string' },
      { ...SORT_BY, since: '6.2.0' },
      { ...REVERSED, since: '6.2.0' },
      { ...RANGE_LIMIT, since: '6.2.0' },
      WITH_SCORES,
    ],
    reply: { WITHSCORES: 'pairs<text,double>', else: 'array<text>' },
    run: zrange,
  },
  {
    name: 'zrevrange',
    arity: -4,
    flags: ['readonly'],
    group: 'sorted-set',
    isCheap: true,
    since: '1.2.0',
    summary: 'Returns members within a range of ranks, by descending score.',
    complexity: COMPLEXITY,
    keys: READS_ONE,
    arguments: [KEY, ...RANK_RANGE, WITH_SCORES],
    reply: { WITHSCORES: 'pairs<text,double>', else: 'array<text>' },
    run: zrevrange,
  },
  {
    name: 'zrangebyscore',
    arity: -4,
    flags: ['readonly'],
    group: 'sorted-set',
    isCheap: true,
    since: '1.0.5',
    summary: 'Returns members within a range of scores.',
    complexity: COMPLEXITY,
    keys: READS_ONE,
    arguments: [KEY, ...SCORE_RANGE, { ...WITH_SCORES, since: '2.0.0' }, RANGE_LIMIT],
    reply: { WITHSCORES: 'pairs<text,double>', else: 'array<text>' },
    run: zrangebyscore,
  },
  {
    name: 'zrevrangebyscore',
    arity: -4,
    flags: ['readonly'],
    group: 'sorted-set',
    isCheap: true,
    since: '2.2.0',
    summary: 'Returns members within a range of scores, by descending score.',
    complexity: COMPLEXITY,
    keys: READS_ONE,
    arguments: [
      KEY,
      { name: 'max', type: 'double' },
      { name: 'min', type: 'double' },
      WITH_SCORES,
      RANGE_LIMIT,
    ],
    reply: { WITHSCORES: 'pairs<text,double>', else: 'array<text>' },
    run: zrevrangebyscore,
  },
  {
    name: 'zrangebylex',
    arity: -4,
    flags: ['readonly'],
    group: 'sorted-set',
    isCheap: true,
    since: '2.8.9',
    summary: 'Returns members between two others, where all have one score.',
    complexity: COMPLEXITY,
    keys: READS_ONE,
    arguments: [KEY, ...MEMBER_RANGE, RANGE_LIMIT],
    reply: 'array<text>',
    run: zrangebylex,
  },
  {
    name: 'zrevrangebylex',
    arity: -4,
    flags: ['readonly'],
    group: 'sorted-set',
    isCheap: true,
    since: '2.8.9',
    summary: 'Returns members between two others in descending order, where all have one score.',
    complexity: COMPLEXITY,
    keys: READS_ONE,
    arguments: [KEY, { name: 'max', type: 'string' }, { name: 'min', type: 'string' }, RANGE_LIMIT],
    reply: 'array<text>',
    run: zrevrangebylex,
  },
  {
    name: 'zcount',
    arity: 4,
    flags: ['readonly', 'fast'],
    group: 'sorted-set',
    since: '2.0.0',
    summary: 'Counts the members within a range of scores.',
    complexity: 'O(log N) with N members in the sorted set',
    keys: READS_ONE,
    arguments: [KEY, ...SCORE_RANGE],
    reply: 'integer',
    run: zcount,
  },
  {
    name: 'zlexcount',
    arity: 4,
    flags: ['readonly', 'fast'],
    group: 'sorted-set',
    since: '2.8.9',
    summary: 'Counts the members between two others, where all have one score.',
    complexity: 'O(log N) with N members in the sorted set',
    keys: READS_ONE,
    arguments: [KEY, ...MEMBER_RANGE],
    reply: 'integer',
    run: zlexcount,
  },
];
