/**
 * What the commands on sorted sets have in common: finding one, and replying with members and scores.
 */

import { stopwatch } from '../base/stopwatch.js';
import type { Call } from '../engine/call.js';
import { WRONG_TYPE } from '../engine/call.js';
import * as errors from '../engine/errors.js';
import { PROTOCOL_RESP2, PROTOCOL_RESP3, type ReplyWriter } from '../engine/reply.js';
import type { SortedSetCursor } from '../engine/sorted-set-cursor.js';
import { TYPE_ZSET } from '../structures/entry.js';

/** A command that replies with more members is no cheap one. */
const CHEAP_COUNT_MAX = 64;

/** The sorted set of key number `key`, argument `index`, to be read: 0 = there is none; WRONG_TYPE after an error reply. */
export function findToRead(call: Call, key: number, index: number): number {
  return checkType(call, call.findToRead(key, index));
}

/** The same, to be changed. */
export function findToChange(call: Call, key: number, index: number): number {
  return checkType(call, call.find(key, index));
}

function checkType(call: Call, entry: number): number {
  if (entry === 0 || call.keyspace.entries.type(entry) === TYPE_ZSET) return entry;
  call.reply.error(errors.WRONG_TYPE);
  return WRONG_TYPE;
}

/** A score as `%.17g` has it: most are whole numbers, of which no text has to be made. */
export function replyScore(reply: ReplyWriter, score: number): void {
  const isPlain = Number.isSafeInteger(score) && (score !== 0 || 1 / score > 0);
  if (isPlain && reply.protocol !== PROTOCOL_RESP3) reply.bulkInteger(score);
  else reply.double(score);
}

export function replyMember(reply: ReplyWriter, cursor: SortedSetCursor): void {
  if (cursor.isInteger) reply.bulkInteger(cursor.integer);
  else reply.value(cursor.data, cursor.offset, cursor.size);
}

/** The header of `count` members with scores: RESP2 has no pairs. */
export function pairsHeader(reply: ReplyWriter, count: number): void {
  reply.arrayHeader(reply.protocol === PROTOCOL_RESP2 ? count * 2 : count);
}

/** The cursor's member and score, after `pairsHeader`. */
export function replyPair(reply: ReplyWriter, cursor: SortedSetCursor): void {
  if (reply.protocol === PROTOCOL_RESP3) reply.arrayHeader(2);
  replyMember(reply, cursor);
  replyScore(reply, cursor.score);
}

/** `count` (at least 1) members, all there, from rank `first` on, or backwards from there. */
export function replyElements(
  call: Call,
  cursor: SortedSetCursor,
  first: number,
  count: number,
  isReversed: boolean,
  withScores: boolean,
): void {
  const reply = call.reply;
  const entries = call.keyspace.entries;
  if (count > CHEAP_COUNT_MAX) stopwatch.meetSlowPath();
  if (withScores) pairsHeader(reply, count);
  else reply.arrayHeader(count);
  cursor.seek(first);
  for (let left = count; ; ) {
    const size = withScores ? 0 : cursor.run(left, isReversed);
    if (size > 0) {
      for (let index = 0; index < size; index++) {
        const element = cursor.found[index]!;
        reply.value(entries.data(element), entries.keyOffset(element), entries.keySize(element));
      }
      left -= size;
    } else {
      if (withScores) replyPair(reply, cursor);
      else replyMember(reply, cursor);
      left -= 1;
    }
    if (left === 0) return;
    if (isReversed) cursor.previous();
    else cursor.next();
  }
}
