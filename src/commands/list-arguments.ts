/**
 * What the list commands have in common: finding the list, replying with elements, arguments that say which end.
 */

import { type Call, WRONG_TYPE } from '../engine/call.js';
import type { ArgumentSpec } from '../engine/command.js';
import * as errors from '../engine/errors.js';
import type { Lists } from '../engine/lists.js';
import { TYPE_LIST } from '../structures/entry.js';
import type { PackedCursor } from '../structures/packed-list.js';

export const ELEMENT: ArgumentSpec = { name: 'element', type: 'string' };
export const ELEMENTS: ArgumentSpec = { ...ELEMENT, flags: ['multiple'] };

const ENDS: readonly ArgumentSpec[] = [
  { name: 'left', type: 'pure-token', token: 'LEFT' },
  { name: 'right', type: 'pure-token', token: 'RIGHT' },
];
export const WHERE: ArgumentSpec = { name: 'where', type: 'oneof', arguments: ENDS };
export const WHERE_FROM: ArgumentSpec = { name: 'wherefrom', type: 'oneof', arguments: ENDS };
export const WHERE_TO: ArgumentSpec = { name: 'whereto', type: 'oneof', arguments: ENDS };

/** What `endArgument` returns. */
export const LEFT = 1;
export const RIGHT = 0;
export const NO_END = -1;

/** The list of argument 1, for a command that only reads; 0 = there is none; WRONG_TYPE after the error reply. */
export function findListToRead(call: Call): number {
  return checkList(call, call.findToRead(0, 1));
}

/** The same for key number `key`, which is argument `index`, for a command that changes it. */
export function findList(call: Call, key: number, index: number): number {
  return checkList(call, call.find(key, index));
}

/** Has the engine of lists work on this entry, of key number `key`, which is argument `index`; 0 = there is none. */
export function openList(call: Call, key: number, index: number, entry: number): Lists {
  const { lists } = call.collections;
  lists.open(
    call.keyShard(key),
    call.client.database,
    call.keyHash(key),
    call.data,
    call.offset(index),
    call.size(index),
    entry,
  );
  return lists;
}

export function replyElement(call: Call, element: PackedCursor): void {
  if (element.isInteger) call.reply.bulkInteger(element.integer);
  else call.reply.value(element.data, element.offset, element.size);
}

/** Replies with `count` elements from `index` on, which there are; backwards if need be. */
export function replyElements(
  call: Call,
  key: number,
  entry: number,
  index: number,
  count: number,
  step: number,
): void {
  const { cursor } = call.collections.lists;
  cursor.seek(call.keyShard(key), call.client.database, entry, index);
  replyElement(call, cursor.element);
  for (let left = count - 1; left > 0; left--) {
    if (step > 0) cursor.next();
    else cursor.previous();
    replyElement(call, cursor.element);
  }
}

/** Replies with the first or last element of a list. */
export function replyEnd(call: Call, key: number, entry: number, isLeft: boolean): void {
  const { lists } = call.collections;
  lists.cursor.seekEnd(call.keyShard(key), call.client.database, entry, isLeft);
  replyElement(call, lists.cursor.element);
}

/** Argument `index` as an end of a list: LEFT or RIGHT; NO_END after the error reply. */
export function endArgument(call: Call, index: number): number {
  if (call.is(index, 'LEFT')) return LEFT;
  if (call.is(index, 'RIGHT')) return RIGHT;
  call.reply.error(errors.SYNTAX);
  return NO_END;
}

function checkList(call: Call, entry: number): number {
  if (entry === 0 || call.keyspace.entries.type(entry) === TYPE_LIST) return entry;
  call.reply.error(errors.WRONG_TYPE);
  return WRONG_TYPE;
}
