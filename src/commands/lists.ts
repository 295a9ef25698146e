/**
 * Lists: what works at their ends, and what reads them.
 */

import { NOT_INTEGER } from '../base/integer.js';
import { type Call, WRONG_TYPE } from '../engine/call.js';
import type { CommandSpec } from '../engine/command.js';
import * as errors from '../engine/errors.js';
import { KEY, ONE_KEY, READS_ONE } from './key-arguments.js';
import {
  ELEMENTS,
  findList,
  findListToRead,
  openList,
  replyElement,
  replyElements,
  replyEnd,
} from './list-arguments.js';

/** LPUSH, RPUSH, LPUSHX and RPUSHX. */
function push(call: Call, isLeft: boolean, onlyIfPresent: boolean): void {
  const entry = findList(call, 0, 1);
  if (entry === WRONG_TYPE) return;
  if (entry === 0 && onlyIfPresent) {
    call.reply.integer(0);
    return;
  }
  const lists = openList(call, 0, 1, entry);
  if (lists.push(isLeft, call.bytes, call.data, call.offsets, call.sizes, 2, call.count - 2)) {
    call.reply.integer(lists.length());
  } else {
    call.reply.error(errors.OUT_OF_MEMORY);
  }
}

/** LPOP and RPOP. */
function pop(call: Call, isLeft: boolean): void {
  if (call.count > 2) {
    popSeveral(call, isLeft);
    return;
  }
  const entry = findList(call, 0, 1);
  if (entry === WRONG_TYPE) return;
  if (entry === 0) {
    call.reply.nil();
    return;
  }
  popEnd(call, 0, 1, entry, isLeft);
}

/** Replies with the first or last element of a list, of key number `key`, which is argument `index`, and takes it away. */
export function popEnd(call: Call, key: number, index: number, entry: number, isLeft: boolean): boolean {
  const lists = openList(call, key, index, entry);
  if (lists.take(isLeft)) {
    replyElement(call, lists.cursor.element);
    return true;
  }
  const mark = call.reply.mark();
  replyEnd(call, key, entry, isLeft);
  if (lists.pop(isLeft, 1)) return true;
  refuse(call, mark);
  return false;
}

function popSeveral(call: Call, isLeft: boolean): void {
  if (call.count > 3) {
    call.reply.error(errors.wrongArity(call.command.fullName));
    return;
  }
  const wanted = call.clampedInteger(2);
  if (wanted === NOT_INTEGER || wanted < 0) {
    call.reply.error(errors.MUST_BE_POSITIVE);
    return;
  }
  const entry = findList(call, 0, 1);
  if (entry === WRONG_TYPE) return;
  if (entry === 0) {
    call.reply.nilArray();
    return;
  }
  popElements(call, 0, 1, entry, wanted, isLeft);
}

/** Replies with up to `wanted` elements of a list, of key number `key`, which is argument `index`, and takes them away. */
export function popElements(
  call: Call,
  key: number,
  index: number,
  entry: number,
  wanted: number,
  isLeft: boolean,
): void {
  const mark = call.reply.mark();
  const lists = openList(call, key, index, entry);
  const total = lists.length();
  const count = Math.min(wanted, total);
  call.reply.arrayHeader(count);
  if (count === 0) return;
  replyElements(call, key, entry, isLeft ? 0 : total - 1, count, isLeft ? 1 : -1);
  if (!lists.pop(isLeft, count)) refuse(call, mark);
}

function refuse(call: Call, mark: number): void {
  call.reply.rewind(mark);
  call.reply.error(errors.OUT_OF_MEMORY);
}

function llen(call: Call): void {
  const entry = findListToRead(call);
  if (entry === WRONG_TYPE) return;
  call.reply.integer(entry === 0 ? 0 : openList(call, 0, 1, entry).length());
}

function lrange(call: Call): void {
  const start = call.clampedInteger(2);
  const stop = call.clampedInteger(3);
  if (start === NOT_INTEGER || stop === NOT_INTEGER) {
    call.reply.error(errors.NOT_AN_INTEGER);
    return;
  }
  const entry = findListToRead(call);
  if (entry === WRONG_TYPE) return;
  const total = entry === 0 ? 0 : openList(call, 0, 1, entry).length();
  const first = Math.max(0, start < 0 ? total + start : start);
  const last = Math.min(total - 1, stop < 0 ? total + stop : stop);
  const count = Math.max(0, last - first + 1);
  call.reply.arrayHeader(count);
  if (count > 0) replyElements(call, 0, entry, first, count, 1);
}

/** LINDEX looks at the index only if there is a list. */
function lindex(call: Call): void {
  const entry = findListToRead(call);
  if (entry === WRONG_TYPE) return;
  if (entry === 0) {
    call.reply.nil();
    return;
  }
  const index = call.clampedInteger(2);
  if (index === NOT_INTEGER) {
    call.reply.error(errors.NOT_AN_INTEGER);
    return;
  }
  const lists = openList(call, 0, 1, entry);
  const at = index < 0 ? lists.length() + index : index;
  if (lists.cursor.seek(call.keyShard(0), call.client.database, entry, at)) {
    replyElement(call, lists.cursor.element);
  } else {
    call.reply.nil();
  }
}

const INSERTS_ONE = { ...ONE_KEY, flags: ['RW', 'insert'] } as const;
const TAKES_ONE = { ...ONE_KEY, flags: ['RW', 'access', 'delete'] } as const;

export const LIST_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'lpush',
    arity: -3,
    flags: ['write', 'denyoom', 'fast'],
    group: 'list',
    since: '1.0.0',
    summary:
      'Puts elements before the first one of a list, one after the other. A key that is not there begins as an empty list.',
    complexity: 'O(1) for each element',
    keys: INSERTS_ONE,
    arguments: [KEY, ELEMENTS],
    reply: 'integer',
    run: (call) => push(call, true, false),
  },
  {
    name: 'rpush',
    arity: -3,
    flags: ['write', 'denyoom', 'fast'],
    group: 'list',
    since: '1.0.0',
    summary: 'Puts elements after the last one of a list. A key that is not there begins as an empty list.',
    complexity: 'O(1) for each element',
    keys: INSERTS_ONE,
    arguments: [KEY, ELEMENTS],
    reply: 'integer',
    run: (call) => push(call, false, false),
  },
  {
    name: 'lpushx',
    arity: -3,
    flags: ['write', 'denyoom', 'fast'],
    group: 'list',
    since: '2.2.0',
    summary: 'Puts elements before the first one of a list, one after the other, if there is such a list.',
    complexity: 'O(1) for each element',
    keys: INSERTS_ONE,
    arguments: [KEY, ELEMENTS],
    reply: 'integer',
    run: (call) => push(call, true, true),
  },
  {
    name: 'rpushx',
    arity: -3,
    flags: ['write', 'denyoom', 'fast'],
    group: 'list',
    since: '2.2.0',
    summary: 'Puts elements after the last one of a list, if there is such a list.',
    complexity: 'O(1) for each element',
    keys: INSERTS_ONE,
    arguments: [KEY, ELEMENTS],
    reply: 'integer',
    run: (call) => push(call, false, true),
  },
  {
    name: 'lpop',
    arity: -2,
    flags: ['write', 'fast'],
    group: 'list',
    since: '1.0.0',
    summary:
      'Takes the first element of a list away and returns it, or as many of the first ones as asked for.',
    complexity: 'O(N) in the number of elements returned',
    keys: TAKES_ONE,
    arguments: [KEY, { name: 'count', type: 'integer', flags: ['optional'], since: '6.2.0' }],
    reply: { count: 'array<text>?', else: 'text?' },
    run: (call) => pop(call, true),
  },
  {
    name: 'rpop',
    arity: -2,
    flags: ['write', 'fast'],
    group: 'list',
    since: '1.0.0',
    summary:
      'Takes the last element of a list away and returns it, or as many of the last ones as asked for, backwards.',
    complexity: 'O(N) in the number of elements returned',
    keys: TAKES_ONE,
    arguments: [KEY, { name: 'count', type: 'integer', flags: ['optional'], since: '6.2.0' }],
    reply: { count: 'array<text>?', else: 'text?' },
    run: (call) => pop(call, false),
  },
  {
    name: 'llen',
    arity: 2,
    flags: ['readonly', 'fast'],
    group: 'list',
    since: '1.0.0',
    summary: 'Returns the number of elements of a list.',
    complexity: 'O(1)',
    keys: { ...ONE_KEY, flags: ['RO'] },
    arguments: [KEY],
    reply: 'integer',
    run: llen,
  },
  {
    name: 'lrange',
    arity: 4,
    flags: ['readonly'],
    group: 'list',
    since: '1.0.0',
    summary: 'Returns the elements from one index to another; negative ones count from the end.',
    complexity: 'O(log(N)+M) in the size of the list and the number of elements returned',
    keys: READS_ONE,
    arguments: [KEY, { name: 'start', type: 'integer' }, { name: 'stop', type: 'integer' }],
    reply: 'array<text>',
    run: lrange,
  },
  {
    name: 'lindex',
    arity: 3,
    flags: ['readonly'],
    group: 'list',
    since: '1.0.0',
    summary: 'Returns the element at an index; a negative one counts from the end.',
    complexity: 'O(log(N))',
    keys: READS_ONE,
    arguments: [KEY, { name: 'index', type: 'integer' }],
    isCheap: true,
    reply: 'text?',
    run: lindex,
  },
];
