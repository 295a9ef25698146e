/**
 * Numbers in strings: INCR, DECR, INCRBY, DECRBY and INCRBYFLOAT.
 *
 * The value stays a text. Integers of up to 53 bits are added as JavaScript's numbers and leave no garbage; up to 64 bits take
 * BigInt. Floats are C's long doubles (base/long-double.ts), whose digits are Redis's.
 */

import { byteText, viewOf, writeByteText } from '../base/bytes.js';
import {
  formatInteger,
  INT64_MAX,
  INT64_MIN,
  INTEGER_BYTES_MAX,
  NOT_INTEGER,
  parseInteger,
  parseWideInteger,
  WIDE_INTEGER,
} from '../base/integer.js';
import {
  addLongDoubles,
  formatLongDouble,
  LONG_DOUBLE_TEXT_BYTES_MAX,
  LONG_DOUBLE_ZERO,
  type LongDouble,
  NOT_FINITE,
  parseLongDouble,
} from '../base/long-double.js';
import type { Call } from '../engine/call.js';
import type { CommandSpec } from '../engine/command.js';
import * as errors from '../engine/errors.js';
import { STRING_TEXT } from '../engine/string-encoding.js';
import { TYPE_STRING } from '../structures/entry.js';
import { KEY, ONE_KEY } from './key-arguments.js';

/** Where a number's digits are written before they become the value. One thread, one command at a time. */
const digits = new Uint8Array(Math.max(INTEGER_BYTES_MAX, LONG_DOUBLE_TEXT_BYTES_MAX));
const digitsData = viewOf(digits);

function incrementBy(call: Call, amount: number, wideAmount: bigint | undefined): void {
  const keyspace = call.keyspace;
  const entries = keyspace.entries;
  const entry = call.find(0, 1);
  let current = 0;
  if (entry !== 0) {
    if (entries.type(entry) !== TYPE_STRING) {
      call.reply.error(errors.WRONG_TYPE);
      return;
    }
    current = parseInteger(entries.bytes(entry), entries.valueOffset(entry), entries.valueSize(entry));
  }
  if (current === NOT_INTEGER) {
    call.reply.error(errors.NOT_AN_INTEGER);
    return;
  }
  const sum = current + amount;
  let size: number;
  if (Number.isSafeInteger(sum)) {
    size = formatInteger(digits, 0, sum);
  } else {
    size = addWide(call, entry, current, amount, wideAmount);
    if (size === 0) {
      call.reply.error(errors.INCREMENT_OVERFLOW);
      return;
    }
  }
  if (!storeDigits(call, size, entry)) call.reply.error(errors.OUT_OF_MEMORY);
  else if (Number.isSafeInteger(sum)) call.reply.integer(sum);
  else call.reply.bigInteger(parseWideInteger(digits, 0, size));
}

/** Makes the first `size` bytes of `digits` the value; false when memory is exhausted. The deadline stays. */
function storeDigits(call: Call, size: number, existing: number): boolean {
  return call.keyspace.set(
    call.keyShard(0),
    call.client.database,
    call.keyHash(0),
    call.data,
    call.offset(1),
    call.size(1),
    digitsData,
    0,
    size,
    existing === 0 ? 0 : call.keyspace.entries.deadline(existing),
    existing,
  );
}

/** The sum where 53 bits are not enough: written into `digits`. Returns its size, or 0 when it overflows 64 bits. */
function addWide(
  call: Call,
  entry: number,
  current: number,
  amount: number,
  wideAmount: bigint | undefined,
): number {
  const entries = call.keyspace.entries;
  // alloc: only beyond 2^53
  const left =
    current === WIDE_INTEGER
      ? parseWideInteger(entries.bytes(entry), entries.valueOffset(entry), entries.valueSize(entry))
      : BigInt(current);
  const sum = left + (wideAmount ?? BigInt(amount));
  if (sum > INT64_MAX || sum < INT64_MIN) return 0;
  return writeByteText(digits, 0, sum.toString());
}

/** INCRBY and DECRBY: the amount is argument 2. */
function incrementByArgument(call: Call, sign: 1 | -1): void {
  const amount = call.integer(2);
  if (amount === NOT_INTEGER) {
    call.reply.error(errors.NOT_AN_INTEGER);
  } else if (amount !== WIDE_INTEGER) {
    incrementBy(call, sign * amount, undefined);
  } else {
    const wide = parseWideInteger(call.bytes, call.offset(2), call.size(2)); // alloc: only beyond 2^53
    if (sign < 0 && wide === INT64_MIN) call.reply.error(errors.DECREMENT_OVERFLOW);
    else incrementBy(call, WIDE_INTEGER, BigInt(sign) * wide);
  }
}

/** Allocates under the baton what the numbers need, at most some kilobytes: INCRBYFLOAT can't do without. */
function incrementByFloat(call: Call): void {
  const entry = call.find(0, 1);
  const entries = call.keyspace.entries;
  if (entry !== 0 && entries.type(entry) !== TYPE_STRING) {
    call.reply.error(errors.WRONG_TYPE);
    return;
  }
  const current =
    entry === 0
      ? LONG_DOUBLE_ZERO
      : longDoubleAt(entries.bytes(entry), entries.valueOffset(entry), entries.valueSize(entry));
  const amount = longDoubleAt(call.bytes, call.offset(2), call.size(2));
  if (current === undefined || amount === undefined) {
    call.reply.error(errors.NOT_A_FLOAT);
    return;
  }
  const sum = addLongDoubles(current, amount);
  if (sum === NOT_FINITE) {
    call.reply.error(errors.INCREMENT_NOT_FINITE);
    return;
  }
  const size = writeByteText(digits, 0, formatLongDouble(sum));
  if (!storeDigits(call, size, entry)) {
    call.reply.error(errors.OUT_OF_MEMORY);
    return;
  }
  entries.setEncoding(call.findStored(0, 1), STRING_TEXT);
  call.reply.bulk(digits, 0, size);
}

/** Undefined when the bytes are no number; what is too long to be one does not become a text. */
function longDoubleAt(bytes: Uint8Array, offset: number, size: number): LongDouble | undefined {
  return size > LONG_DOUBLE_TEXT_BYTES_MAX ? undefined : parseLongDouble(byteText(bytes, offset, size));
}

const COUNTER_SPEC = {
  flags: ['write', 'denyoom', 'fast'],
  group: 'string',
  complexity: 'O(1)',
  keys: { ...ONE_KEY, flags: ['RW', 'access', 'update'] },
} as const;

export const COUNTER_COMMANDS: readonly CommandSpec[] = [
  {
    ...COUNTER_SPEC,
    name: 'incr',
    arity: 2,
    since: '1.0.0',
    summary: 'Adds one to the integer value of a key; a missing key counts as 0.',
    arguments: [KEY],
    reply: 'counter',
    run: (call) => incrementBy(call, 1, undefined),
  },
  {
    ...COUNTER_SPEC,
    name: 'decr',
    arity: 2,
    since: '1.0.0',
    summary: 'Subtracts one from the integer value of a key; a missing key counts as 0.',
    arguments: [KEY],
    reply: 'counter',
    run: (call) => incrementBy(call, -1, undefined),
  },
  {
    ...COUNTER_SPEC,
    name: 'incrby',
    arity: 3,
    since: '1.0.0',
    summary: 'Adds a number to the integer value of a key; a missing key counts as 0.',
    arguments: [KEY, { name: 'increment', type: 'integer' }],
    reply: 'counter',
    run: (call) => incrementByArgument(call, 1),
  },
  {
    ...COUNTER_SPEC,
    name: 'decrby',
    arity: 3,
    since: '1.0.0',
    summary: 'Subtracts a number from the integer value of a key; a missing key counts as 0.',
    arguments: [KEY, { name: 'decrement', type: 'integer' }],
    reply: 'counter',
    run: (call) => incrementByArgument(call, -1),
  },
  {
    ...COUNTER_SPEC,
    name: 'incrbyfloat',
    arity: 3,
    since: '2.6.0',
    summary: 'Adds a number to the floating point value of a key; a missing key counts as 0.',
    arguments: [KEY, { name: 'increment', type: 'double' }],
    reply: 'decimal',
    run: incrementByFloat,
  },
];
