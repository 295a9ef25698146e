/**
 * LCS: the longest common subsequence of two strings, its length, or where it lies in them.
 *
 * The table lives in page memory and is given back before the reply leaves. Redis's limit holds here, too: what its own table
 * would take, four bytes for each pair of bytes, must not exceed `proto-max-bulk-len`. That also bounds the time under the two
 * batons: some 20 ms for two strings of 11 KB, which come just below the limit, and half a second for the most unequal ones.
 */

import { copyBytes } from '../base/bytes.js';
import { CommonSubsequence } from '../base/common-subsequence.js';
import { NOT_INTEGER } from '../base/integer.js';
import type { Call } from '../engine/call.js';
import type { CommandSpec } from '../engine/command.js';
import * as errors from '../engine/errors.js';
import { SEGMENT_MASK, SEGMENT_SHIFT } from '../memory/memory.js';
import { TYPE_STRING } from '../structures/entry.js';
import { KEY } from './key-arguments.js';
import { nearestInteger } from './string-arguments.js';

/** Bytes of a cell of Redis's table. */
const CELL_BYTES = 4;

const REPLY_STRING = 0;
const REPLY_LENGTH = 1;
const REPLY_INDEXES = 2;
const REPLY_BOTH = 3;

const finder = new CommonSubsequence();

/** What the options say. One thread, one command at a time. */
let form = REPLY_STRING;
let runLengthMin = 0;
let showsRunLengths = false;

/** Redis looks at the keys before the options. */
function lcs(call: Call): void {
  const first = call.findToRead(0, 1);
  const second = call.findToRead(1, 2);
  if (!isStringOrNone(call, first) || !isStringOrNone(call, second)) {
    call.reply.error(errors.LCS_NOT_STRINGS);
    return;
  }
  if (!readOptions(call)) return;
  const entries = call.keyspace.entries;
  const firstSize = first === 0 ? 0 : entries.valueSize(first);
  const secondSize = second === 0 ? 0 : entries.valueSize(second);
  const cells = (firstSize + 1) * (secondSize + 1);
  if (form === REPLY_BOTH) call.reply.error(errors.LCS_LENGTH_AND_INDEXES);
  else if (cells * CELL_BYTES > call.services.config.integer('proto-max-bulk-len')) {
    call.reply.error(errors.LCS_TOO_LARGE);
  } else if (firstSize === 0 || secondSize === 0) replyEmpty(call);
  else compute(call, first, second);
}

function isStringOrNone(call: Call, entry: number): boolean {
  return entry === 0 || call.keyspace.entries.type(entry) === TYPE_STRING;
}

/** False after an error reply. */
function readOptions(call: Call): boolean {
  form = REPLY_STRING;
  runLengthMin = 0;
  showsRunLengths = false;
  for (let index = 3; index < call.count; index++) {
    if (call.is(index, 'IDX')) form |= REPLY_INDEXES;
    else if (call.is(index, 'LEN')) form |= REPLY_LENGTH;
    else if (call.is(index, 'WITHMATCHLEN')) showsRunLengths = true;
    else if (call.is(index, 'MINMATCHLEN') && index + 1 < call.count) {
      runLengthMin = nearestInteger(call, ++index);
      if (runLengthMin === NOT_INTEGER) {
        call.reply.error(errors.NOT_AN_INTEGER);
        return false;
      }
    } else {
      call.reply.error(errors.SYNTAX);
      return false;
    }
  }
  return true;
}

/** Nothing in common: one of the strings is empty. */
function replyEmpty(call: Call): void {
  if (form === REPLY_STRING) call.reply.bulkText('');
  else if (form === REPLY_LENGTH) call.reply.integer(0);
  else {
    const array = beginIndexes(call);
    endIndexes(call, array, 0, 0);
  }
}

function compute(call: Call, first: number, second: number): void {
  const { entries, memory } = call.keyspace;
  const firstSize = entries.valueSize(first);
  const secondSize = entries.valueSize(second);
  const keepsRows = form !== REPLY_LENGTH;
  const tableWords = finder.wordsNeeded(firstSize, secondSize, keepsRows);
  const pages = memory.allocatePages(tableWords * 4 + Math.min(firstSize, secondSize));
  if (pages === 0) {
    call.reply.error(errors.LCS_OUT_OF_MEMORY);
    return;
  }
  const segment = pages >>> SEGMENT_SHIFT;
  const tableAt = (pages & SEGMENT_MASK) << 1;
  const length = finder.measure(
    entries.bytes(first),
    entries.valueOffset(first),
    firstSize,
    entries.bytes(second),
    entries.valueOffset(second),
    secondSize,
    memory.u32[segment]!,
    tableAt,
    keepsRows,
  );
  if (form === REPLY_LENGTH) call.reply.integer(length);
  else if (form === REPLY_INDEXES) replyIndexes(call, length);
  else replyString(call, first, length, memory.u8[segment]!, (tableAt + tableWords) * 4);
  memory.freePages(pages);
}

/** Puts the subsequence together from its end in `bytes[at...]`. */
function replyString(call: Call, first: number, length: number, bytes: Uint8Array, at: number): void {
  const entries = call.keyspace.entries;
  let start = at + length;
  while (finder.nextRun()) {
    start -= finder.runLength;
    const from = entries.valueOffset(first) + finder.runA;
    copyBytes(bytes, start, entries.bytes(first), from, finder.runLength);
  }
  call.reply.bulk(bytes, at, length);
}

function replyIndexes(call: Call, length: number): void {
  const reply = call.reply;
  const array = beginIndexes(call);
  let count = 0;
  while (finder.nextRun()) {
    if (finder.runLength < runLengthMin) continue;
    reply.arrayHeader(showsRunLengths ? 3 : 2);
    replyRange(call, finder.runA);
    replyRange(call, finder.runB);
    if (showsRunLengths) reply.integer(finder.runLength);
    count += 1;
  }
  endIndexes(call, array, count, length);
}

/** First and last index of the run that begins at `start`. */
function replyRange(call: Call, start: number): void {
  call.reply.arrayHeader(2);
  call.reply.integer(start);
  call.reply.integer(start + finder.runLength - 1);
}

function beginIndexes(call: Call): number {
  call.reply.mapHeader(2);
  call.reply.bulkText('matches');
  return call.reply.beginDeferredArray();
}

function endIndexes(call: Call, array: number, count: number, length: number): void {
  call.reply.endDeferredArray(array, count);
  call.reply.bulkText('len');
  call.reply.integer(length);
}

export const LCS_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'lcs',
    arity: -3,
    flags: ['readonly'],
    group: 'string',
    since: '7.0.0',
    summary: 'Returns the longest common subsequence of two strings, its length, or where it lies in them.',
    complexity: 'O(N*M) with the lengths of the strings',
    keys: { first: 1, last: 2, step: 1, flags: ['RO', 'access'] },
    arguments: [
      { ...KEY, name: 'key1' },
      { ...KEY, name: 'key2' },
      { name: 'len', type: 'pure-token', token: 'LEN', flags: ['optional'] },
      { name: 'idx', type: 'pure-token', token: 'IDX', flags: ['optional'] },
      { name: 'min-match-len', type: 'integer', token: 'MINMATCHLEN', flags: ['optional'] },
      { name: 'withmatchlen', type: 'pure-token', token: 'WITHMATCHLEN', flags: ['optional'] },
    ],
    reply: {
      LEN: 'integer',
      IDX: 'map{matches:array<{key1:[integer,integer],key2:[integer,integer],length:integer?}>,len:integer}',
      else: 'text',
    },
    run: lcs,
  },
];
