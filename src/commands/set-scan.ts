/**
 * SSCAN: the members of a set, a few at a time.
 *
 * A packed set is returned whole: one that becomes large between two calls has then been returned already. In a large one the
 * cursor is that of the table (HashTable.scan), which keeps the guarantee.
 */

import { formatInteger, INTEGER_BYTES_MAX } from '../base/integer.js';
import type { Call } from '../engine/call.js';
import type { CommandSpec } from '../engine/command.js';
import { isScanned, type ScannedType, scanCollection, scanElements } from './element-scan.js';
import { KEY, READS_ONE } from './key-arguments.js';
import { findSetToRead, openSet, replyMember } from './set-arguments.js';

const digits = new Uint8Array(INTEGER_BYTES_MAX);

const SETS: ScannedType = { find: findSetToRead, takesNoValues: false, scanPacked, scanLarge };

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
      ? isScanned(call, digits, 0, formatInteger(digits, 0, item.integer))
      : isScanned(call, reader.bytes, item.offset, item.size);
    if (!matches) continue;
    replyMember(call, item);
    count += 1;
  }
  reply.endDeferredArray(array, count);
}

function scanLarge(call: Call, entry: number, start: number): void {
  const { reply } = call;
  const { entries } = call.keyspace;
  openSet(call, entry);
  const found = scanElements(call, call.collections.sets.elements, start);
  reply.arrayHeader(found.length);
  for (const element of found) {
    reply.value(entries.data(element), entries.keyOffset(element), entries.keySize(element));
  }
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
    reply: '{cursor:string,members:array<text>}',
    run: (call) => scanCollection(call, SETS),
  },
];
