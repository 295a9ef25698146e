/**
 * Bitmaps: strings whose bits have numbers, the highest of the first byte being 0. BITFIELD has a file of its own.
 *
 * A change writes the bytes in which it lies and nothing else, into the value and into the log, however large the bitmap is.
 */

import { countBits, findBit } from '../base/bits.js';
import { NOT_INTEGER } from '../base/integer.js';
import type { Call } from '../engine/call.js';
import type { ArgumentSpec, CommandSpec } from '../engine/command.js';
import * as errors from '../engine/errors.js';
import { STRING_CHANGED } from '../engine/string-encoding.js';
import { TYPE_STRING } from '../structures/entry.js';
import { BIT_OPERATORS, bitop } from './bitop.js';
import { KEY, ONE_KEY, READS_ONE } from './key-arguments.js';

/** Where a changed byte is on its way into the value. One thread, one command at a time. */
const octet = new DataView(new ArrayBuffer(1));

function setbit(call: Call): void {
  const bit = checkBit(call, call.integer(2));
  if (bit < 0) {
    call.reply.error(errors.BIT_OFFSET);
    return;
  }
  const wanted = call.integer(3);
  if (wanted !== 0 && wanted !== 1) {
    call.reply.error(errors.BIT_VALUE);
    return;
  }
  const entry = call.find(0, 1);
  if (!isString(call, entry)) return;
  const at = Math.floor(bit / 8);
  const mask = 0x80 >>> (bit % 8);
  const isInside = entry !== 0 && at < call.keyspace.entries.valueSize(entry);
  const byte = isInside ? byteAt(call, entry, at) : 0;
  const current = (byte & mask) === 0 ? 0 : 1;
  if (isInside && current === wanted) {
    call.keyspace.entries.setEncoding(entry, STRING_CHANGED); // even so, as Redis sees it
  } else {
    octet.setUint8(0, wanted === 0 ? byte & ~mask : byte | mask);
    if (!writeBytes(call, entry, at, octet, 1)) {
      call.reply.error(errors.OUT_OF_MEMORY);
      return;
    }
  }
  call.reply.integer(current);
}

function getbit(call: Call): void {
  const bit = checkBit(call, call.integer(2));
  if (bit < 0) {
    call.reply.error(errors.BIT_OFFSET);
    return;
  }
  const entry = call.findToRead(0, 1);
  if (!isString(call, entry)) return;
  const at = Math.floor(bit / 8);
  const isInside = entry !== 0 && at < call.keyspace.entries.valueSize(entry);
  call.reply.integer(isInside ? (byteAt(call, entry, at) >>> (7 - (bit % 8))) & 1 : 0);
}

function bitcount(call: Call): void {
  const entry = call.findToRead(0, 1);
  if (entry === 0) {
    call.reply.integer(0); // whatever the other arguments are, as in Redis 7.0
    return;
  }
  if (!isString(call, entry)) return;
  const entries = call.keyspace.entries;
  const size = entries.valueSize(entry);
  let from = 0;
  let to = size * 8;
  if (call.count === 4 || call.count === 5) {
    const start = call.exactInteger(2);
    const end = call.exactInteger(3);
    if (start === NOT_INTEGER || end === NOT_INTEGER) {
      call.reply.error(errors.NOT_AN_INTEGER);
      return;
    }
    // Without this a range that ends before the value begins would become the one that holds its first byte.
    if (start < 0 && end < 0 && start > end) {
      call.reply.integer(0);
      return;
    }
    const unit = call.count === 5 ? unitBits(call, 4) : 8;
    if (unit === 0) {
      call.reply.error(errors.SYNTAX);
      return;
    }
    from = firstBit(start, size, unit);
    to = bitAfter(end, size, unit);
  } else if (call.count !== 2) {
    call.reply.error(errors.SYNTAX);
    return;
  }
  call.reply.integer(countBits(entries.data(entry), entries.valueOffset(entry), from, to));
}

function bitpos(call: Call): void {
  const bit = call.integer(2);
  if (bit !== 0 && bit !== 1) {
    call.reply.error(bit === NOT_INTEGER ? errors.NOT_AN_INTEGER : errors.BIT_WANTED);
    return;
  }
  const entry = call.findToRead(0, 1);
  if (entry === 0) {
    call.reply.integer(bit === 0 ? 0 : -1);
    return;
  }
  if (!isString(call, entry)) return;
  if (call.count > 6) {
    call.reply.error(errors.SYNTAX);
    return;
  }
  const start = call.count > 3 ? call.exactInteger(3) : 0;
  const unit = call.count === 6 && start !== NOT_INTEGER ? unitBits(call, 5) : 8;
  const end = call.count > 4 ? call.exactInteger(4) : -1;
  if (unit === 0) call.reply.error(errors.SYNTAX);
  else if (start === NOT_INTEGER || end === NOT_INTEGER) call.reply.error(errors.NOT_AN_INTEGER);
  else replyPosition(call, entry, bit, start, end, unit);
}

/** A value without a stated end goes on with bits that are 0, for ever. One with an end does not, nor does an empty range. */
function replyPosition(
  call: Call,
  entry: number,
  bit: 0 | 1,
  start: number | bigint,
  end: number | bigint,
  unit: number,
): void {
  const entries = call.keyspace.entries;
  const size = entries.valueSize(entry);
  const from = firstBit(start, size, unit);
  const to = bitAfter(end, size, unit);
  const position = findBit(entries.data(entry), entries.valueOffset(entry), from, to, bit);
  const goesOn = bit === 0 && call.count <= 4 && from < to;
  call.reply.integer(position < 0 && goesOn ? to : position);
}

/** Bits of the unit that argument `index` names, or 0 when it names none. */
function unitBits(call: Call, index: number): number {
  if (call.is(index, 'BIT')) return 1;
  return call.is(index, 'BYTE') ? 8 : 0;
}

/** The first bit of a range in a value of `size` bytes; `start` counts units, from the end when it is negative. */
function firstBit(start: number | bigint, size: number, unit: number): number {
  const first = Number(start);
  return first < 0 ? Math.max(size * 8 + first * unit, 0) : first * unit;
}

/** The bit after a range whose last unit is `end`. */
function bitAfter(end: number | bigint, size: number, unit: number): number {
  return Math.min(firstBit(end, size, unit) + unit, size * 8);
}

/** `bit`, or -1 when it is not the number of a bit that a value can have. */
export function checkBit(call: Call, bit: number): number {
  return bit >= 0 && bit < call.services.config.integer('proto-max-bulk-len') * 8 ? bit : -1;
}

/** False after an error reply: there is a key, and what it holds is no string. */
export function isString(call: Call, entry: number): boolean {
  if (entry === 0 || call.keyspace.entries.type(entry) === TYPE_STRING) return true;
  call.reply.error(errors.WRONG_TYPE);
  return false;
}

/**
 * Writes the first `size` bytes of `source` at an offset of the value of the key, which is argument 1. `existing` is what the
 * last find returned for it. False when memory is exhausted; nothing has changed then.
 */
export function writeBytes(
  call: Call,
  existing: number,
  rangeOffset: number,
  source: DataView,
  size: number,
): boolean {
  return call.keyspace.setRange(
    call.keyShard(0),
    call.client.database,
    call.keyHash(0),
    call.data,
    call.offset(1),
    call.size(1),
    existing,
    rangeOffset,
    source,
    0,
    size,
  );
}

function byteAt(call: Call, entry: number, at: number): number {
  const entries = call.keyspace.entries;
  return entries.bytes(entry)[entries.valueOffset(entry) + at]!;
}

const UNIT: ArgumentSpec = {
  name: 'index_unit',
  type: 'oneof',
  since: '7.0.0',
  flags: ['optional'],
  arguments: [
    { name: 'byte', type: 'pure-token', token: 'BYTE' },
    { name: 'bit', type: 'pure-token', token: 'BIT' },
  ],
};

export const BITMAP_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'setbit',
    arity: 4,
    flags: ['write', 'denyoom'],
    group: 'bitmap',
    since: '2.2.0',
    summary: 'Sets a bit of the string at a key, which grows as needed, and returns what it was.',
    complexity: 'O(1)',
    keys: { ...ONE_KEY, flags: ['RW', 'access', 'update'] },
    arguments: [KEY, { name: 'offset', type: 'integer' }, { name: 'value', type: 'integer' }],
    reply: 'integer',
    run: setbit,
  },
  {
    name: 'getbit',
    arity: 3,
    flags: ['readonly', 'fast'],
    group: 'bitmap',
    since: '2.2.0',
    summary: 'Returns a bit of the string at a key, 0 beyond its end.',
    complexity: 'O(1)',
    keys: READS_ONE,
    arguments: [KEY, { name: 'offset', type: 'integer' }],
    reply: 'integer',
    run: getbit,
  },
  {
    name: 'bitcount',
    arity: -2,
    flags: ['readonly'],
    group: 'bitmap',
    since: '2.6.0',
    summary: 'Counts the bits that are 1 in the string at a key, or in a part of it.',
    complexity: 'O(N) with the bytes of the part',
    keys: READS_ONE,
    arguments: [
      KEY,
      {
        name: 'index',
        type: 'block',
        flags: ['optional'],
        arguments: [{ name: 'start', type: 'integer' }, { name: 'end', type: 'integer' }, UNIT],
      },
    ],
    reply: 'integer',
    run: bitcount,
  },
  {
    name: 'bitpos',
    arity: -3,
    flags: ['readonly'],
    group: 'bitmap',
    since: '2.8.7',
    summary: 'Finds the first bit that is 1, or 0, in the string at a key, or in a part of it.',
    complexity: 'O(N) with the bytes of the part',
    keys: READS_ONE,
    arguments: [
      KEY,
      { name: 'bit', type: 'integer' },
      {
        name: 'index',
        type: 'block',
        flags: ['optional'],
        arguments: [
          { name: 'start', type: 'integer' },
          {
            name: 'end_index',
            type: 'block',
            flags: ['optional'],
            arguments: [{ name: 'end', type: 'integer' }, UNIT],
          },
        ],
      },
    ],
    reply: 'integer',
    run: bitpos,
  },
  {
    name: 'bitop',
    arity: -4,
    flags: ['write', 'denyoom'],
    group: 'bitmap',
    since: '2.6.0',
    summary: 'Combines strings bit by bit and stores the result; returns its size.',
    complexity: 'O(N) with the bytes of the longest string',
    keys: [
      { first: 2, last: 2, step: 1, flags: ['OW', 'update'] },
      { first: 3, last: -1, step: 1, flags: ['RO', 'access'] },
    ],
    arguments: [
      {
        name: 'operation',
        type: 'oneof',
        arguments: BIT_OPERATORS.map(({ name, since }) => ({
          name: name.toLowerCase(),
          type: 'pure-token',
          token: name,
          ...(since === undefined ? {} : { since }),
        })),
      },
      { name: 'destkey', type: 'key' },
      { name: 'key', type: 'key', keySpec: 1, flags: ['multiple'] },
    ],
    reply: 'integer',
    run: bitop,
  },
];
