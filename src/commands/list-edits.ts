/**
 * Lists: what changes them between their ends, LSET, LINSERT, LREM and LTRIM; and LPOS, which looks for elements.
 */

import { INT64_MIN, NOT_INTEGER } from '../base/integer.js';
import { type Call, WRONG_TYPE } from '../engine/call.js';
import type { CommandSpec } from '../engine/command.js';
import * as errors from '../engine/errors.js';
import { KEY, ONE_KEY, READS_ONE, UPDATES_ONE } from './key-arguments.js';
import { ELEMENT, findList, findListToRead, openList } from './list-arguments.js';

/** LSET looks at the index only if there is a list. */
function lset(call: Call): void {
  const entry = findList(call, 0, 1);
  if (entry === WRONG_TYPE) return;
  if (entry === 0) {
    call.reply.error(errors.NO_SUCH_KEY);
    return;
  }
  const index = call.clampedInteger(2);
  if (index === NOT_INTEGER) {
    call.reply.error(errors.NOT_AN_INTEGER);
    return;
  }
  const lists = openList(call, 0, 1, entry);
  const total = lists.length();
  const at = index < 0 ? total + index : index;
  if (at < 0 || at >= total) call.reply.error(errors.INDEX_RANGE);
  else if (lists.set(at, call.bytes, call.data, call.offset(3), call.size(3))) call.reply.ok();
  else call.reply.error(errors.OUT_OF_MEMORY);
}

function linsert(call: Call): void {
  const isAfter = call.is(2, 'AFTER');
  if (!isAfter && !call.is(2, 'BEFORE')) {
    call.reply.error(errors.SYNTAX);
    return;
  }
  const entry = findList(call, 0, 1);
  if (entry === WRONG_TYPE) return;
  if (entry === 0) {
    call.reply.integer(0);
    return;
  }
  const lists = openList(call, 0, 1, entry);
  lists.beginSearch(false, call.bytes, call.data, call.offset(3), call.size(3));
  const pivot = lists.search.next(lists.length());
  if (pivot < 0) {
    call.reply.integer(-1);
    return;
  }
  const index = isAfter ? pivot + 1 : pivot;
  if (lists.insert(index, call.bytes, call.data, call.offset(4), call.size(4))) {
    call.reply.integer(lists.length());
  } else {
    call.reply.error(errors.OUT_OF_MEMORY);
  }
}

function lrem(call: Call): void {
  const count = call.clampedInteger(2);
  if (count === NOT_INTEGER) {
    call.reply.error(errors.NOT_AN_INTEGER);
    return;
  }
  const entry = findList(call, 0, 1);
  if (entry === WRONG_TYPE) return;
  if (entry === 0) {
    call.reply.integer(0);
    return;
  }
  const lists = openList(call, 0, 1, entry);
  const removed = lists.remove(count, call.bytes, call.data, call.offset(3), call.size(3));
  if (removed < 0) call.reply.error(errors.OUT_OF_MEMORY);
  else call.reply.integer(removed);
}

function ltrim(call: Call): void {
  const start = call.clampedInteger(2);
  const stop = call.clampedInteger(3);
  if (start === NOT_INTEGER || stop === NOT_INTEGER) {
    call.reply.error(errors.NOT_AN_INTEGER);
    return;
  }
  const entry = findList(call, 0, 1);
  if (entry === WRONG_TYPE) return;
  if (entry === 0) {
    call.reply.ok();
    return;
  }
  const lists = openList(call, 0, 1, entry);
  const total = lists.length();
  const first = Math.max(0, start < 0 ? total + start : start);
  const last = Math.min(total - 1, stop < 0 ? total + stop : stop);
  const count = Math.max(0, last - first + 1);
  if (count === total || lists.trim(count === 0 ? 0 : first, count)) call.reply.ok();
  else call.reply.error(errors.OUT_OF_MEMORY);
}

/** What LPOS is to do, as `readLposOptions` has read it. */
const lposOptions = { rank: 1, count: -1, most: 0 };

function lpos(call: Call): void {
  if (!readLposOptions(call)) return;
  const { rank, count, most } = lposOptions;
  const entry = findListToRead(call);
  if (entry === WRONG_TYPE) return;
  if (entry === 0) {
    if (count < 0) call.reply.nil();
    else call.reply.arrayHeader(0);
    return;
  }
  const lists = openList(call, 0, 1, entry);
  lists.beginSearch(rank < 0, call.bytes, call.data, call.offset(2), call.size(2));
  const total = lists.length();
  const compared = most === 0 ? total : Math.min(most, total);
  if (count < 0) {
    const index = nextMatch(call, rank, total, compared, Math.abs(rank));
    if (index < 0) call.reply.nil();
    else call.reply.integer(index);
    return;
  }
  const mark = call.reply.beginDeferredArray();
  let found = 0;
  let index = nextMatch(call, rank, total, compared, Math.abs(rank));
  while (index >= 0) {
    call.reply.integer(index);
    found += 1;
    if (found === count) break;
    index = nextMatch(call, rank, total, compared, 1);
  }
  call.reply.endDeferredArray(mark, found);
}

/** The `rank`th match from where the search is, if it is one of the first `compared` elements in that direction; or -1. */
function nextMatch(call: Call, direction: number, total: number, compared: number, rank: number): number {
  const { search } = call.collections.lists;
  let index = 0;
  for (let left = rank; left > 0 && index >= 0; left--) {
    index = direction < 0 ? search.previous(total - compared) : search.next(compared);
  }
  return index;
}

/** False after an error reply. */
function readLposOptions(call: Call): boolean {
  lposOptions.rank = 1;
  lposOptions.count = -1;
  lposOptions.most = 0;
  for (let index = 3; index < call.count; index += 2) {
    const hasValue = index + 1 < call.count;
    if (hasValue && call.is(index, 'RANK')) {
      if (!readRank(call, index + 1)) return false;
    } else if (hasValue && call.is(index, 'COUNT')) {
      lposOptions.count = call.clampedInteger(index + 1);
      if (!isAmount(call, lposOptions.count, errors.COUNT_NEGATIVE)) return false;
    } else if (hasValue && call.is(index, 'MAXLEN')) {
      lposOptions.most = call.clampedInteger(index + 1);
      if (!isAmount(call, lposOptions.most, errors.MAXLEN_NEGATIVE)) return false;
    } else {
      call.reply.error(errors.SYNTAX);
      return false;
    }
  }
  return true;
}

function readRank(call: Call, index: number): boolean {
  lposOptions.rank = call.clampedInteger(index);
  if (lposOptions.rank === NOT_INTEGER) call.reply.error(errors.NOT_AN_INTEGER);
  else if (lposOptions.rank === 0) call.reply.error(errors.RANK_ZERO);
  else {
    // The one integer that has no opposite stays negative in Redis, so that every match is late enough.
    if (call.exactInteger(index) === INT64_MIN) lposOptions.rank = -1;
    return true;
  }
  return false;
}

function isAmount(call: Call, value: number, error: string): boolean {
  if (value !== NOT_INTEGER && value >= 0) return true;
  call.reply.error(error);
  return false;
}

export const LIST_EDIT_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'lset',
    arity: 4,
    flags: ['write', 'denyoom'],
    group: 'list',
    since: '1.0.0',
    summary: 'Sets the element at an index, which there must be; a negative one counts from the end.',
    complexity: 'O(log(N))',
    keys: UPDATES_ONE,
    arguments: [KEY, { name: 'index', type: 'integer' }, ELEMENT],
    isCheap: true,
    reply: 'ok',
    run: lset,
  },
  {
    name: 'linsert',
    arity: 5,
    flags: ['write', 'denyoom'],
    group: 'list',
    since: '2.2.0',
    summary: 'Inserts an element before or after the first one that is equal to the pivot.',
    complexity: 'O(N) in the number of elements before the pivot',
    keys: { ...ONE_KEY, flags: ['RW', 'insert'] },
    arguments: [
      KEY,
      {
        name: 'where',
        type: 'oneof',
        arguments: [
          { name: 'before', type: 'pure-token', token: 'BEFORE' },
          { name: 'after', type: 'pure-token', token: 'AFTER' },
        ],
      },
      { name: 'pivot', type: 'string' },
      ELEMENT,
    ],
    reply: 'integer',
    run: linsert,
  },
  {
    name: 'lrem',
    arity: 4,
    flags: ['write'],
    group: 'list',
    since: '1.0.0',
    summary:
      'Removes the elements that are equal to one: the first so many, or with a negative count the last, or with 0 all.',
    complexity: 'O(N) in the number of elements',
    keys: { ...ONE_KEY, flags: ['RW', 'delete'] },
    arguments: [KEY, { name: 'count', type: 'integer' }, ELEMENT],
    reply: 'integer',
    run: lrem,
  },
  {
    name: 'ltrim',
    arity: 4,
    flags: ['write'],
    group: 'list',
    since: '1.0.0',
    summary:
      'Keeps the elements from one index to another and removes all others; negative ones count from the end.',
    complexity: 'O(N) in the number of elements removed',
    keys: { ...ONE_KEY, flags: ['RW', 'delete'] },
    arguments: [KEY, { name: 'start', type: 'integer' }, { name: 'stop', type: 'integer' }],
    reply: 'ok',
    run: ltrim,
  },
  {
    name: 'lpos',
    arity: -3,
    flags: ['readonly'],
    group: 'list',
    since: '6.0.6',
    summary: 'Returns the index of an element, or those of several that are equal to it.',
    complexity: 'O(N) in the number of elements compared',
    keys: READS_ONE,
    arguments: [
      KEY,
      ELEMENT,
      { name: 'rank', type: 'integer', token: 'RANK', flags: ['optional'] },
      { name: 'num-matches', type: 'integer', token: 'COUNT', flags: ['optional'] },
      { name: 'len', type: 'integer', token: 'MAXLEN', flags: ['optional'] },
    ],
    reply: { COUNT: 'array<integer>', else: 'integer?' },
    run: lpos,
  },
];
