/**
 * SSCAN: the members of a set, a few at a time.
 *
 * A packed set is returned whole: one that becomes large between two calls has then been returned already. In a large one the
 * cursor is that of the table (HashTable.scan), which keeps the guarantee.
 */

import { globMatches } from '../base/glob.js';
import { formatInteger, INTEGER_BYTES_MAX } from '../base/integer.js';
import type { Call } from '../engine/call.js';
import type { CommandSpec } from '../engine/command.js';
import * as errors from '../engine/errors.js';
import { SEGMENT_SLOTS } from '../structures/hash-table.js';
import { readScanOptions, replyEmptyScan, SCAN_EFFORT, scanOptions } from './element-scan.js';
import { KEY, READS_ONE } from './key-arguments.js';
import { findSetToRead, openSet, replyMember } from './set-arguments.js';

/** Room for what a call finds that asks for no more than some thousands; more is given back. */
const FOUND_COUNT_KEPT = 16 * SEGMENT_SLOTS;

/** Elements that one step has found, and those of all steps that are wanted. */
const step = new Uint32Array(SEGMENT_SLOTS);
let found = new Uint32Array(2 * SEGMENT_SLOTS);
const digits = new Uint8Array(INTEGER_BYTES_MAX);

function sscan(call: Call): void {
  const start = call.cursor(2);
  if (start < 0) {
    call.reply.error(errors.INVALID_CURSOR);
    return;
  }
  const entry = findSetToRead(call);
  if (entry < 0) return;
  if (entry === 0) {
    replyEmptyScan(call);
  } else if (readScanOptions(call, false)) {
    if (call.keyspace.entries.isLarge(entry)) scanElements(call, entry, start);
    else scanPacked(call, entry);
  }
}

function scanPacked(call: Call, entry: number): void {
  const { reply } = call;
  const { reader } = call.collections;
  reply.arrayHeader(2);
  reply.bulkInteger(0);
  const array = reply.beginDeferredArray();
  let count = 0;
  reader.open(entry);
  while (reader.next()) {
    const { item } = reader;
    const matches = item.isInteger
      ? isWanted(call, digits, 0, formatInteger(digits, 0, item.integer))
      : isWanted(call, reader.bytes, item.offset, item.size);
    if (!matches) continue;
    replyMember(call, item);
    count += 1;
  }
  reply.endDeferredArray(array, count);
}

function scanElements(call: Call, entry: number, start: number): void {
  const { reply } = call;
  const { entries } = call.keyspace;
  const { elements } = call.collections.sets;
  openSet(call, entry);
  let effort = scanOptions.count * SCAN_EFFORT;
  let next = start;
  let count = 0;
  do {
    if (count + SEGMENT_SLOTS > found.length) growFound();
    count = collect(call, next, count);
    next = elements.table.nextCursor;
    effort -= 1;
  } while (next !== 0 && count < scanOptions.count && effort > 0);
  reply.arrayHeader(2);
  reply.bulkInteger(next);
  reply.arrayHeader(count);
  for (let index = 0; index < count; index++) {
    const element = found[index]!;
    reply.value(entries.data(element), entries.keyOffset(element), entries.keySize(element));
  }
  if (found.length > FOUND_COUNT_KEPT) found = new Uint32Array(2 * SEGMENT_SLOTS);
}

/** Adds the elements of one step, those that are wanted, to the `count` ones in `found`: returns how many there are then. */
function collect(call: Call, start: number, count: number): number {
  const { entries } = call.keyspace;
  const { elements } = call.collections.sets;
  const stepCount = elements.table.scan(elements.tableAt, start, step);
  let kept = count;
  for (let index = 0; index < stepCount; index++) {
    const element = step[index]!;
    const isKept = isWanted(
      call,
      entries.bytes(element),
      entries.keyOffset(element),
      entries.keySize(element),
    );
    if (isKept) found[kept++] = element;
  }
  return kept;
}

function growFound(): void {
  const larger = new Uint32Array(2 * found.length);
  larger.set(found);
  found = larger;
}

/** True when the pattern, if there is one, matches. */
function isWanted(call: Call, bytes: Uint8Array, offset: number, size: number): boolean {
  const { patternAt } = scanOptions;
  if (patternAt === 0) return true;
  return globMatches(call.bytes, call.offset(patternAt), call.size(patternAt), bytes, offset, size, false);
}

export const SET_SCAN_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'sscan',
    arity: -3,
    flags: ['readonly'],
    group: 'set',
    since: '2.8.0',
    summary: 'Goes through the members of a set a few at a time.',
    complexity:
      'O(1) for every call. O(N) for a complete iteration, including enough command calls for the cursor to return back to 0. ' +
      'N is the number of elements inside the collection..',
    keys: READS_ONE,
    tips: ['nondeterministic_output'],
    arguments: [
      KEY,
      { name: 'cursor', type: 'integer' },
      { name: 'pattern', type: 'pattern', token: 'MATCH', flags: ['optional'] },
      { name: 'count', type: 'integer', token: 'COUNT', flags: ['optional'] },
    ],
    run: sscan,
  },
];
