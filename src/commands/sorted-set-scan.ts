/**
 * Some of the members of a sorted set: ZSCAN goes through them a few at a time, ZRANDMEMBER chooses among them.
 *
 * ZSCAN returns a packed sorted set whole: one that becomes large between two calls has then been returned already. In a
 * large one its cursor is that of the table of elements (HashTable.scan), which keeps the guarantee.
 */

import { formatDouble } from '../base/double.js';
import { NOT_INTEGER } from '../base/integer.js';
import { Xorshift } from '../base/xorshift.js';
import type { Call } from '../engine/call.js';
import { WRONG_TYPE } from '../engine/call.js';
import type { CommandSpec } from '../engine/command.js';
import type { SortedSetCursor } from '../engine/sorted-set-cursor.js';
import { COLLECTION_NAMED_LARGE } from '../structures/entry.js';
import { PointerSet } from '../structures/pointer-set.js';
import { isScanned, type ScannedType, scanCollection, scanElements, scanOptions } from './element-scan.js';
import { KEY, READS_ONE } from './key-arguments.js';
import { readRandomPairCount } from './random-count.js';
import { findToRead, pairsHeader, replyElements, replyMember, replyPair } from './sorted-set-replies.js';

/** To choose so many times fewer members than there are, ranks are drawn; to choose more, all ranks are gone over. */
const DRAWN_SHARE = 8;
/** Redis's small form has whole scores up to this as integers, and ZSCAN shows them so. */
const WHOLE_SCORE_MAX = 2 ** 62;

const random = new Xorshift();
const drawn = new PointerSet();

const SORTED_SETS: ScannedType = {
  find: (call) => findToRead(call, 0, 1),
  takesNoValues: false,
  scanPacked,
  scanLarge,
};

function scanPacked(call: Call, entry: number): void {
  const { reply } = call;
  const cursor = call.collections.sortedSets.reading;
  const isNamedLarge = (call.keyspace.entries.encoding(entry) & COLLECTION_NAMED_LARGE) !== 0;
  reply.arrayHeader(2);
  reply.bulkInteger(0);
  const array = reply.beginDeferredArray();
  let count = 0;
  cursor.open(entry);
  for (let isThere = cursor.seek(0); isThere; isThere = cursor.next()) {
    if (!isWanted(call, cursor)) continue;
    replyMember(reply, cursor);
    replyScannedScore(call, cursor.score, isNamedLarge);
    count += 2;
  }
  reply.endDeferredArray(array, count);
}

/** A score as a string in every protocol. */
function replyScannedScore(call: Call, score: number, isNamedLarge: boolean): void {
  if (!isNamedLarge && Number.isInteger(score) && Math.abs(score) <= WHOLE_SCORE_MAX) {
    if (Number.isSafeInteger(score)) call.reply.bulkInteger(score);
    else call.reply.bulkText(BigInt(score).toString());
  } else {
    call.reply.bulkText(formatDouble(score));
  }
}

function scanLarge(call: Call, entry: number, start: number): void {
  const { reply } = call;
  const engine = call.collections.sortedSets;
  const cursor = engine.reading;
  const isNamedLarge = (call.keyspace.entries.encoding(entry) & COLLECTION_NAMED_LARGE) !== 0;
  engine.open(call.keyShard(0), call.client.database, entry);
  const found = scanElements(call, engine.elements, start);
  reply.arrayHeader(found.length * 2);
  for (const element of found) {
    cursor.show(element);
    replyMember(reply, cursor);
    replyScannedScore(call, cursor.score, isNamedLarge);
  }
}

/** True when ZSCAN's pattern, if there is one, matches the cursor's member. */
function isWanted(call: Call, cursor: SortedSetCursor): boolean {
  if (scanOptions.patternAt === 0) return true;
  cursor.spell();
  const bytes = new Uint8Array(cursor.data.buffer, cursor.data.byteOffset + cursor.offset, cursor.size);
  return isScanned(call, bytes, 0, cursor.size);
}

function zrandmember(call: Call): void {
  if (call.count === 2) {
    chooseOne(call);
    return;
  }
  const count = readRandomPairCount(call, 'WITHSCORES');
  if (count !== NOT_INTEGER) choose(call, count, call.count === 4);
}

/** ZRANDMEMBER without a count. */
function chooseOne(call: Call): void {
  const entry = findToRead(call, 0, 1);
  if (entry === WRONG_TYPE) return;
  if (entry === 0) {
    call.reply.nil();
    return;
  }
  const cursor = call.collections.sortedSets.reading;
  cursor.open(entry);
  cursor.seek(random.below(cursor.count));
  replyMember(call.reply, cursor);
}

/** ZRANDMEMBER with a count: members, each once, or as many as asked for where it is negative. */
function choose(call: Call, count: number, withScores: boolean): void {
  const { reply } = call;
  const entry = findToRead(call, 0, 1);
  if (entry === WRONG_TYPE) return;
  if (entry === 0 || count === 0) {
    reply.arrayHeader(0);
    return;
  }
  const cursor = call.collections.sortedSets.reading;
  cursor.open(entry);
  if (count >= cursor.count) {
    replyElements(call, cursor, 0, cursor.count, false, withScores);
    return;
  }
  const wanted = Math.abs(count);
  if (withScores) pairsHeader(reply, wanted);
  else reply.arrayHeader(wanted);
  if (count < 0) drawMany(call, cursor, wanted, withScores);
  else if (wanted * DRAWN_SHARE < cursor.count) drawDistinct(call, cursor, wanted, withScores);
  else select(call, cursor, wanted, withScores);
}

function drawMany(call: Call, cursor: SortedSetCursor, wanted: number, withScores: boolean): void {
  for (let left = wanted; left > 0 && !call.reply.overflowed; left--) {
    replyChosen(call, cursor, random.below(cursor.count), withScores);
  }
}

function drawDistinct(call: Call, cursor: SortedSetCursor, wanted: number, withScores: boolean): void {
  drawn.begin(wanted);
  for (let left = wanted; left > 0; ) {
    const rank = random.below(cursor.count);
    if (!drawn.add(rank + 1)) continue;
    replyChosen(call, cursor, rank, withScores);
    left -= 1;
  }
  drawn.end();
}

/** Goes over all ranks and takes each with the probability that makes every choice as likely (Knuth, volume 2, 3.4.2, S). */
function select(call: Call, cursor: SortedSetCursor, wanted: number, withScores: boolean): void {
  let left = wanted;
  for (let rank = 0; left > 0; rank++) {
    if (random.below(cursor.count - rank) >= left) continue;
    replyChosen(call, cursor, rank, withScores);
    left -= 1;
  }
}

function replyChosen(call: Call, cursor: SortedSetCursor, rank: number, withScores: boolean): void {
  cursor.seek(rank);
  if (withScores) replyPair(call.reply, cursor);
  else replyMember(call.reply, cursor);
}

export const SORTED_SET_SCAN_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'zscan',
    arity: -3,
    flags: ['readonly'],
    group: 'sorted-set',
    since: '2.8.0',
    summary: 'Goes through the members of a sorted set, and their scores, a few at a time.',
    complexity: 'O(1) a call, O(N) for the whole',
    keys: READS_ONE,
    tips: ['nondeterministic_output'],
    arguments: [
      KEY,
      { name: 'cursor', type: 'integer' },
      { name: 'pattern', type: 'pattern', token: 'MATCH', flags: ['optional'] },
      { name: 'count', type: 'integer', token: 'COUNT', flags: ['optional'] },
    ],
    reply: '{cursor:string,members:flat<text,decimal>}',
    run: (call) => scanCollection(call, SORTED_SETS),
  },
  {
    name: 'zrandmember',
    arity: -2,
    flags: ['readonly'],
    group: 'sorted-set',
    since: '6.2.0',
    summary: 'Returns random members of a sorted set.',
    complexity: 'O(N log M) with N members returned of M',
    keys: READS_ONE,
    tips: ['nondeterministic_output'],
    arguments: [
      KEY,
      {
        name: 'options',
        type: 'block',
        flags: ['optional'],
        arguments: [
          { name: 'count', type: 'integer' },
          { name: 'withscores', type: 'pure-token', token: 'WITHSCORES', flags: ['optional'] },
        ],
      },
    ],
    reply: { WITHSCORES: 'pairs<text,double>', count: 'array<text>', else: 'text?' },
    run: zrandmember,
  },
];
