/**
 * Some of the fields of a hash: HSCAN goes through them a few at a time, HRANDFIELD chooses among them.
 *
 * HSCAN returns a packed hash whole: one that becomes large between two calls has then been returned already. In a large one its
 * cursor is that of the table (HashTable.scan), which keeps the guarantee.
 */

import { formatInteger, INTEGER_BYTES_MAX, NOT_INTEGER } from '../base/integer.js';
import type { Call } from '../engine/call.js';
import type { CommandSpec } from '../engine/command.js';
import { ElementSampler } from '../engine/element-sampler.js';
import type { HashCursor } from '../engine/hash-cursor.js';
import { PROTOCOL_RESP3 } from '../engine/reply.js';
import { PointerSet } from '../structures/pointer-set.js';
import { isScanned, type ScannedType, scanCollection, scanElements, scanOptions } from './element-scan.js';
import { findHashToRead, openHash, replyText } from './hash-arguments.js';
import { KEY, READS_ONE } from './key-arguments.js';
import { readRandomPairCount } from './random-count.js';

/** To choose so many times fewer fields than there are, some are drawn; to choose more, all are gone over. */
const DRAWN_SHARE = 8;
/** Where more than this share of the fields of a hash is over and still to be deleted, none is drawn. */
const LIVE_SHARE = 4;

const digits = new Uint8Array(INTEGER_BYTES_MAX);
const sampler = new ElementSampler();
const chosen = new PointerSet();

const HASHES: ScannedType = { find: findHashToRead, takesNoValues: true, scanPacked, scanLarge };

function scanPacked(call: Call, entry: number): void {
  const { reply } = call;
  const { cursor } = call.collections.hashes;
  const bytes = call.keyspace.entries.bytes(entry);
  reply.arrayHeader(2);
  reply.bulkInteger(0);
  const array = reply.beginDeferredArray();
  let count = 0;
  cursor.begin(entry);
  while (cursor.next()) {
    const { field } = cursor;
    const matches = field.isInteger
      ? isScanned(call, digits, 0, formatInteger(digits, 0, field.integer))
      : isScanned(call, bytes, field.offset, field.size);
    if (matches) count += replyPair(call, cursor, scanOptions.hasValues);
  }
  reply.endDeferredArray(array, count);
}

function scanLarge(call: Call, entry: number, start: number): void {
  const { cursor, elements } = call.collections.hashes;
  openHash(call, entry);
  const found = scanElements(call, elements, start);
  call.reply.arrayHeader(scanOptions.hasValues ? 2 * found.length : found.length);
  for (const element of found) {
    cursor.read(element);
    replyPair(call, cursor, scanOptions.hasValues);
  }
}

/** Replies with the field that the cursor shows, and perhaps its value: returns how many replies that are. */
function replyPair(call: Call, cursor: HashCursor, hasValue: boolean): number {
  replyText(call, cursor.field);
  if (!hasValue) return 1;
  replyText(call, cursor.value);
  return 2;
}

function hrandfield(call: Call): void {
  if (call.count === 2) {
    chooseOne(call);
    return;
  }
  const count = readRandomPairCount(call, 'WITHVALUES');
  if (count !== NOT_INTEGER) choose(call, count, call.count === 4);
}

/** HRANDFIELD without a count. */
function chooseOne(call: Call): void {
  const entry = findHashToRead(call);
  if (entry < 0) return;
  const live = entry === 0 ? 0 : begin(call, entry);
  if (live === 0) {
    call.reply.nil();
    return;
  }
  draw(call, entry, live);
  replyText(call, call.collections.hashes.cursor.field);
}

/** HRANDFIELD with a count: fields, each once, or as many as asked for where it is negative. */
function choose(call: Call, count: number, hasValues: boolean): void {
  const entry = findHashToRead(call);
  if (entry < 0) return;
  const live = entry === 0 ? 0 : begin(call, entry);
  if (live === 0 || count === 0) {
    call.reply.arrayHeader(0);
    return;
  }
  const wanted = count < 0 ? -count : Math.min(count, live);
  call.reply.arrayHeader(hasValues && call.reply.protocol !== PROTOCOL_RESP3 ? 2 * wanted : wanted);
  if (count < 0) drawMany(call, entry, live, wanted, hasValues);
  else if (isDrawable(call, entry, live) && wanted * DRAWN_SHARE < live)
    drawDistinct(call, wanted, hasValues);
  else select(call, entry, live, wanted, hasValues);
}

/** Opens the hash: how many fields it has. */
function begin(call: Call, entry: number): number {
  openHash(call, entry);
  return call.collections.hashes.count();
}

/** True when a drawn element is likely enough to be one whose time is not over. */
function isDrawable(call: Call, entry: number, live: number): boolean {
  const isLarge = call.keyspace.entries.isLarge(entry);
  return isLarge && live * LIVE_SHARE > call.collections.hashes.elements.count();
}

/** Has the cursor show some field of `live`. */
function draw(call: Call, entry: number, live: number): void {
  const { cursor } = call.collections.hashes;
  if (isDrawable(call, entry, live)) {
    cursor.read(drawElement(call));
    return;
  }
  const rank = sampler.random.below(live);
  cursor.begin(entry);
  if (!call.keyspace.entries.isLarge(entry)) cursor.readRank(rank, live);
  else for (let passed = 0; passed <= rank; passed++) cursor.next();
}

/** Some element whose time is not over. */
function drawElement(call: Call): number {
  const { elements, deadlines } = call.collections.hashes;
  let element = sampler.choose(elements);
  while (deadlines.isDue(element, call.keyspace.now)) element = sampler.choose(elements);
  return element;
}

function drawMany(call: Call, entry: number, live: number, wanted: number, hasValues: boolean): void {
  for (let left = wanted; left > 0 && !call.reply.overflowed; left--) {
    draw(call, entry, live);
    replyChosen(call, hasValues);
  }
}

function drawDistinct(call: Call, wanted: number, hasValues: boolean): void {
  const { cursor } = call.collections.hashes;
  chosen.begin(wanted);
  for (let left = wanted; left > 0; ) {
    const element = drawElement(call);
    if (!chosen.add(element)) continue;
    cursor.read(element);
    replyChosen(call, hasValues);
    left -= 1;
  }
  chosen.end();
}

/** Goes over all fields and takes each with the probability that makes every choice as likely (Knuth, volume 2, 3.4.2, S). */
function select(call: Call, entry: number, live: number, wanted: number, hasValues: boolean): void {
  const { cursor } = call.collections.hashes;
  let left = wanted;
  let rest = live;
  cursor.begin(entry);
  while (left > 0 && cursor.next()) {
    if (left === rest || sampler.random.below(rest) < left) {
      replyChosen(call, hasValues);
      left -= 1;
    }
    rest -= 1;
  }
}

function replyChosen(call: Call, hasValues: boolean): void {
  if (hasValues && call.reply.protocol === PROTOCOL_RESP3) call.reply.arrayHeader(2);
  replyPair(call, call.collections.hashes.cursor, hasValues);
}

export const HASH_SCAN_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'hscan',
    arity: -3,
    flags: ['readonly'],
    group: 'hash',
    since: '2.8.0',
    summary: 'Goes through the fields of a hash, and their values, a few at a time.',
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
      { name: 'novalues', type: 'pure-token', token: 'NOVALUES', flags: ['optional'], since: '7.4.0' },
    ],
    reply: {
      NOVALUES: '{cursor:string,fields:array<text>}',
      else: '{cursor:string,entries:flat<text,text>}',
    },
    run: (call) => scanCollection(call, HASHES),
  },
  {
    name: 'hrandfield',
    arity: -2,
    flags: ['readonly'],
    group: 'hash',
    since: '6.2.0',
    summary: 'Returns random fields of a hash.',
    complexity: 'O(N) where N is the number of fields returned',
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
          { name: 'withvalues', type: 'pure-token', token: 'WITHVALUES', flags: ['optional'] },
        ],
      },
    ],
    reply: { WITHVALUES: 'pairs<text,text>', count: 'array<text>', else: 'text?' },
    run: hrandfield,
  },
];
