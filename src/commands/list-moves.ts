/**
 * Lists: LMOVE and RPOPLPUSH, which move an element from one list to another; LMPOP, which takes elements of the first list that
 * has any; and their blocking forms, with BLPOP and BRPOP (engine/blocking.ts tells how they wait).
 */

import { NOT_INTEGER } from '../base/integer.js';
import { type Call, WRONG_TYPE } from '../engine/call.js';
import type { CommandSpec } from '../engine/command.js';
import * as errors from '../engine/errors.js';
import { ITEM_OVERHEAD_BYTES_MAX } from '../engine/wal/log-items.js';
import { RECORD_OVERHEAD_BYTES_MAX } from '../engine/wal/record.js';
import { TYPE_LIST } from '../structures/entry.js';
import { timeoutArgument } from './blocking-timeout.js';
import { KEYS } from './key-arguments.js';
import {
  endArgument,
  findList,
  LEFT,
  NO_END,
  openList,
  RIGHT,
  replyEnd,
  WHERE,
  WHERE_FROM,
  WHERE_TO,
} from './list-arguments.js';
import { popElements, popEnd } from './lists.js';

/** Argument numbers of source and destination, and numbers of these keys. */
const SOURCE_AT = 1;
const DESTINATION_AT = 2;
const SOURCE = 0;
const DESTINATION = 1;

/** What an element leaves in the log beside itself and both keys: two records with their items. */
const RECORDS_BYTES_MAX = 2 * (RECORD_OVERHEAD_BYTES_MAX + ITEM_OVERHEAD_BYTES_MAX);

function lmove(call: Call): void {
  const from = endArgument(call, 3);
  if (from === NO_END) return;
  const to = endArgument(call, 4);
  if (to === NO_END) return;
  moveNow(call, from === LEFT, to === LEFT);
}

function moveNow(call: Call, fromLeft: boolean, toLeft: boolean): void {
  const source = findList(call, SOURCE, SOURCE_AT);
  if (source === WRONG_TYPE) return;
  if (source === 0) call.reply.nil();
  else move(call, source, fromLeft, toLeft);
}

/** Moves an element of the list `source`, and replies with it. */
function move(call: Call, source: number, fromLeft: boolean, toLeft: boolean): void {
  const destination = findList(call, DESTINATION, DESTINATION_AT);
  if (destination === WRONG_TYPE) return;
  const mark = call.reply.mark();
  replyEnd(call, SOURCE, source, fromLeft);
  const isDone =
    prepareLog(call) &&
    (destination === source
      ? rotate(call, source, fromLeft, toLeft)
      : moveBetween(call, destination, fromLeft, toLeft));
  if (isDone) return;
  call.reply.rewind(mark);
  call.reply.error(errors.OUT_OF_MEMORY);
}

function rotate(call: Call, entry: number, fromLeft: boolean, toLeft: boolean): boolean {
  const lists = openList(call, SOURCE, SOURCE_AT, entry);
  return fromLeft === toLeft || lists.length() === 1 || lists.rotate(fromLeft);
}

/** Makes sure that what happens to the element on which the cursor is can be logged. */
function prepareLog(call: Call): boolean {
  const { element } = call.collections.lists.cursor;
  const bytes = element.textSize() + call.size(SOURCE_AT) + call.size(DESTINATION_AT);
  return call.keyspace.log.prepare(bytes + RECORDS_BYTES_MAX);
}

/** The element is in the destination before it leaves the source, so that it can't be lost for want of memory. */
function moveBetween(call: Call, destination: number, fromLeft: boolean, toLeft: boolean): boolean {
  const lists = openList(call, DESTINATION, DESTINATION_AT, destination);
  if (!lists.pushElement(toLeft, lists.cursor.element)) return false;
  openList(call, SOURCE, SOURCE_AT, call.findStored(SOURCE, SOURCE_AT));
  if (lists.pop(fromLeft, 1)) return true;
  openList(call, DESTINATION, DESTINATION_AT, call.findStored(DESTINATION, DESTINATION_AT));
  lists.pop(toLeft, 1); // what was pushed just now: that does not fail
  return false;
}

/** BLMOVE and BRPOPLPUSH. */
function moveOrWait(call: Call, fromLeft: boolean, toLeft: boolean): void {
  const timeoutMs = timeoutArgument(call, call.count - 1);
  if (timeoutMs < 0) return;
  const source = call.findToTake(SOURCE, SOURCE_AT, TYPE_LIST);
  if (source === WRONG_TYPE) return;
  if (source !== 0) move(call, source, fromLeft, toLeft);
  else call.block(TYPE_LIST, timeoutMs, SOURCE, 1, replyNilArray);
}

function blmove(call: Call): void {
  const from = endArgument(call, 3);
  if (from === NO_END) return;
  const to = endArgument(call, 4);
  if (to === NO_END) return;
  moveOrWait(call, from === LEFT, to === LEFT);
}

/** BLPOP and BRPOP. */
function popOrWait(call: Call, isLeft: boolean): void {
  const timeoutMs = timeoutArgument(call, call.count - 1);
  if (timeoutMs < 0) return;
  for (let key = 0; key < call.keyCount; key++) {
    const entry = call.findToTake(key, 1 + key, TYPE_LIST);
    if (entry === WRONG_TYPE) return;
    if (entry === 0) continue;
    replyPopped(call, key, 1 + key, entry, 0, isLeft);
    return;
  }
  call.block(TYPE_LIST, timeoutMs, 0, call.keyCount, replyNilArray);
}

function lmpop(call: Call): void {
  if (!readMpop(call, 1)) return;
  for (let key = 0; key < call.keyCount; key++) {
    const entry = findList(call, key, 2 + key);
    if (entry === WRONG_TYPE) return;
    if (entry === 0) continue;
    replyPopped(call, key, 2 + key, entry, mpop.count, mpop.end === LEFT);
    return;
  }
  call.reply.nilArray();
}

function blmpop(call: Call): void {
  if (!readMpop(call, 2)) return;
  const timeoutMs = timeoutArgument(call, 1);
  if (timeoutMs < 0) return;
  for (let key = 0; key < call.keyCount; key++) {
    const entry = call.findToTake(key, 3 + key, TYPE_LIST);
    if (entry === WRONG_TYPE) return;
    if (entry === 0) continue;
    replyPopped(call, key, 3 + key, entry, mpop.count, mpop.end === LEFT);
    return;
  }
  call.block(TYPE_LIST, timeoutMs, 0, call.keyCount, replyNilArray);
}

/** What LMPOP is to do, as `readMpop` has read it. */
const mpop = { end: RIGHT, count: 1 };

/** Reads `numkeys key [key ...] LEFT|RIGHT [COUNT count]` from argument `at` on. False after an error reply. */
function readMpop(call: Call, at: number): boolean {
  const keys = call.clampedInteger(at);
  if (keys === NOT_INTEGER || keys < 1) {
    call.reply.error(errors.KEY_COUNT_POSITIVE);
    return false;
  }
  const whereAt = at + keys + 1;
  if (whereAt >= call.count) {
    call.reply.error(errors.SYNTAX);
    return false;
  }
  mpop.end = endArgument(call, whereAt);
  if (mpop.end === NO_END) return false;
  mpop.count = 1;
  if (whereAt + 1 === call.count) return true;
  if (!call.is(whereAt + 1, 'COUNT') || whereAt + 2 === call.count) {
    call.reply.error(errors.SYNTAX);
    return false;
  }
  mpop.count = call.clampedInteger(whereAt + 2);
  if (mpop.count === NOT_INTEGER || mpop.count < 1) call.reply.error(errors.COUNT_POSITIVE);
  else if (whereAt + 3 !== call.count) call.reply.error(errors.SYNTAX);
  else return true;
  return false;
}

/** Replies with the name of a key, which is argument `index`, and `count` elements of its list; if that is 0, with a bare one. */
function replyPopped(
  call: Call,
  key: number,
  index: number,
  entry: number,
  count: number,
  isLeft: boolean,
): void {
  const { reply } = call;
  const mark = reply.mark();
  const { errorCount } = reply;
  reply.arrayHeader(2);
  reply.value(call.data, call.offset(index), call.size(index));
  if (count === 0) popEnd(call, key, index, entry, isLeft);
  else popElements(call, key, index, entry, count, isLeft);
  if (reply.errorCount === errorCount) return;
  // Only the error is to be there.
  reply.rewind(mark);
  reply.errorCount = errorCount;
  reply.error(errors.OUT_OF_MEMORY);
}

function replyNilArray(call: Call): void {
  call.reply.nilArray();
}

const FROM = { first: 1, last: 1, step: 1, flags: ['RW', 'access', 'delete'] } as const;
const TO = { first: 2, last: 2, step: 1, flags: ['RW', 'insert'] } as const;
const TAKES_SEVERAL = { step: 1, flags: ['RW', 'access', 'delete'] } as const;
const SOURCE_KEY = { name: 'source', type: 'key' } as const;
const DESTINATION_KEY = { name: 'destination', type: 'key', keySpec: 1 } as const;
const TIMEOUT = { name: 'timeout', type: 'double' } as const;
const COUNT = { name: 'count', type: 'integer', token: 'COUNT', flags: ['optional'] } as const;
const NUMBER_OF_KEYS = { name: 'numkeys', type: 'integer' } as const;

export const LIST_MOVE_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'lmove',
    arity: 5,
    flags: ['write', 'denyoom'],
    group: 'list',
    since: '6.2.0',
    summary: 'Takes an element from one end of a list, puts it at one end of another one, and returns it.',
    complexity: 'O(1)',
    keys: [FROM, TO],
    arguments: [SOURCE_KEY, DESTINATION_KEY, WHERE_FROM, WHERE_TO],
    isCheap: true,
    reply: 'text?',
    run: lmove,
  },
  {
    name: 'rpoplpush',
    arity: 3,
    flags: ['write', 'denyoom'],
    group: 'list',
    since: '1.2.0',
    summary:
      'Takes the last element of a list, puts it before the first one of another list, and returns it. Deprecated: use LMOVE.',
    complexity: 'O(1)',
    keys: [FROM, TO],
    arguments: [SOURCE_KEY, DESTINATION_KEY],
    isCheap: true,
    reply: 'text?',
    run: (call) => moveNow(call, false, true),
  },
  {
    name: 'lmpop',
    arity: -4,
    flags: ['write', 'movablekeys'],
    group: 'list',
    since: '7.0.0',
    summary: 'Takes elements from one end of the first list that is there, and returns its key and them.',
    complexity: 'O(N+M) in the numbers of keys and of elements returned',
    keys: { ...TAKES_SEVERAL, first: 2, last: -1, countAt: 1 },
    arguments: [NUMBER_OF_KEYS, KEYS, WHERE, COUNT],
    reply: '[text,array<text>]?',
    run: lmpop,
  },
  {
    name: 'blpop',
    arity: -3,
    flags: ['write', 'noscript', 'blocking'],
    group: 'list',
    since: '2.0.0',
    summary:
      'Takes the first element of the first list that is there, or waits until one is, and returns its key and the element.',
    complexity: 'O(N) in the number of keys',
    keys: { ...TAKES_SEVERAL, first: 1, last: -2 },
    arguments: [KEYS, TIMEOUT],
    reply: '[text,text]?',
    run: (call) => popOrWait(call, true),
  },
  {
    name: 'brpop',
    arity: -3,
    flags: ['write', 'noscript', 'blocking'],
    group: 'list',
    since: '2.0.0',
    summary:
      'Takes the last element of the first list that is there, or waits until one is, and returns its key and the element.',
    complexity: 'O(N) in the number of keys',
    keys: { ...TAKES_SEVERAL, first: 1, last: -2 },
    arguments: [KEYS, TIMEOUT],
    reply: '[text,text]?',
    run: (call) => popOrWait(call, false),
  },
  {
    name: 'blmove',
    arity: 6,
    flags: ['write', 'denyoom', 'noscript', 'blocking'],
    group: 'list',
    since: '6.2.0',
    summary: 'As LMOVE, but waits until there is an element.',
    complexity: 'O(1)',
    keys: [FROM, TO],
    arguments: [SOURCE_KEY, DESTINATION_KEY, WHERE_FROM, WHERE_TO, TIMEOUT],
    reply: 'text?',
    run: blmove,
  },
  {
    name: 'brpoplpush',
    arity: 4,
    flags: ['write', 'denyoom', 'noscript', 'blocking'],
    group: 'list',
    since: '2.2.0',
    summary: 'As RPOPLPUSH, but waits until there is an element. Deprecated: use BLMOVE.',
    complexity: 'O(1)',
    keys: [FROM, TO],
    arguments: [SOURCE_KEY, DESTINATION_KEY, TIMEOUT],
    reply: 'text?',
    run: (call) => moveOrWait(call, false, true),
  },
  {
    name: 'blmpop',
    arity: -5,
    flags: ['write', 'blocking', 'movablekeys'],
    group: 'list',
    since: '7.0.0',
    summary: 'As LMPOP, but waits until there is a list.',
    complexity: 'O(N+M) in the numbers of keys and of elements returned',
    keys: { ...TAKES_SEVERAL, first: 3, last: -1, countAt: 2 },
    arguments: [TIMEOUT, NUMBER_OF_KEYS, KEYS, WHERE, COUNT],
    reply: '[text,array<text>]?',
    run: blmpop,
  },
];
