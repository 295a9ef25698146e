/**
 * Numbers in hashes: HINCRBY and HINCRBYFLOAT. As in counters.ts, with the wording that Redis has for hashes. The field keeps its
 * deadline.
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
import { NO_MEMORY } from '../engine/hash-outcome.js';
import { OP_HASH_SET, OP_HASH_UPDATE, RECORD_OVERHEAD_BYTES_MAX } from '../engine/wal/record.js';
import { beginField, FIELD, findHash, getField, openHash } from './hash-arguments.js';
import { KEY, ONE_KEY } from './key-arguments.js';

/** Where a number's digits are before they become the value: first the old ones. One thread, one command at a time. */
const digits = new Uint8Array(Math.max(INTEGER_BYTES_MAX, LONG_DOUBLE_TEXT_BYTES_MAX));
const digitsData = viewOf(digits);

/** `readOld` has found no field, or one whose value has more bytes than fit `digits`. */
const NO_FIELD = -1;
const TOO_LONG = -2;

function hincrby(call: Call): void {
  const amount = call.exactInteger(3);
  if (amount === NOT_INTEGER) {
    call.reply.error(errors.NOT_AN_INTEGER);
    return;
  }
  const existing = findHash(call);
  if (existing < 0) return;
  const oldSize = readOld(call, existing, INTEGER_BYTES_MAX);
  const current = oldSize === NO_FIELD ? 0 : parseInteger(digits, 0, oldSize);
  if (current === NOT_INTEGER) {
    call.reply.error(errors.HASH_NOT_AN_INTEGER);
    return;
  }
  const sum = current + Number(amount);
  let size: number;
  if (Number.isSafeInteger(sum) && typeof amount === 'number') {
    size = formatInteger(digits, 0, sum);
  } else {
    size = addWide(oldSize, amount);
    if (size === 0) {
      call.reply.error(errors.INCREMENT_OVERFLOW);
      return;
    }
  }
  if (!storeDigits(call, existing, size)) call.reply.error(errors.OUT_OF_MEMORY);
  else replyDigits(call, size);
}

/** The sum of what `digits` hold and the amount, written into `digits`: its size, or 0 when it overflows 64 bits. */
function addWide(oldSize: number, amount: number | bigint): number {
  // alloc: only beyond 2^53
  const current = oldSize === NO_FIELD ? 0n : parseWideInteger(digits, 0, oldSize);
  const sum = current + BigInt(amount);
  if (sum > INT64_MAX || sum < INT64_MIN) return 0;
  return writeByteText(digits, 0, sum.toString());
}

/** Replies with the integer that the first `size` bytes of `digits` spell. */
function replyDigits(call: Call, size: number): void {
  const value = parseInteger(digits, 0, size);
  if (Number.isFinite(value)) call.reply.integer(value);
  else call.reply.bigInteger(parseWideInteger(digits, 0, size));
}

/** Allocates under the baton what the numbers need, at most some kilobytes: HINCRBYFLOAT can't do without. */
function hincrbyfloat(call: Call): void {
  const tooLong = call.size(3) > LONG_DOUBLE_TEXT_BYTES_MAX;
  const amount = tooLong ? undefined : parseLongDouble(call.byteText(3));
  if (amount === undefined || amount === NOT_FINITE) {
    call.reply.error(amount === undefined ? errors.NOT_A_FLOAT : errors.NOT_FINITE);
    return;
  }
  const existing = findHash(call);
  if (existing < 0) return;
  const current = readOldFloat(call, existing);
  if (current === undefined) {
    call.reply.error(errors.HASH_NOT_A_FLOAT);
    return;
  }
  const sum = addLongDoubles(current, amount);
  if (sum === NOT_FINITE) {
    call.reply.error(errors.INCREMENT_NOT_FINITE);
    return;
  }
  const size = writeByteText(digits, 0, formatLongDouble(sum));
  if (storeDigits(call, existing, size)) call.reply.bulk(digits, 0, size);
  else call.reply.error(errors.OUT_OF_MEMORY);
}

/** What the field holds: 0 when it is not there, undefined when that is no number. */
function readOldFloat(call: Call, existing: number): LongDouble | undefined {
  const size = readOld(call, existing, LONG_DOUBLE_TEXT_BYTES_MAX);
  if (size === NO_FIELD) return LONG_DOUBLE_ZERO;
  return size === TOO_LONG ? undefined : parseLongDouble(byteText(digits, 0, size));
}

/** Copies the value of the field into `digits`: its size, NO_FIELD, or TOO_LONG. */
function readOld(call: Call, existing: number, bytesMax: number): number {
  const { hashes } = call.collections;
  hashes.deadline = 0;
  if (existing === 0) return NO_FIELD;
  openHash(call, existing);
  if (!getField(call, 2)) {
    hashes.deadline = 0;
    return NO_FIELD;
  }
  const size = hashes.value.textSize();
  if (size > bytesMax) return TOO_LONG;
  hashes.value.copyText(digits, 0);
  return size;
}

/** Makes the first `size` bytes of `digits` the value of the field that `readOld` has looked for. False without memory. */
function storeDigits(call: Call, existing: number, size: number): boolean {
  const { hashes } = call.collections;
  const op = hashes.deadline === 0 ? OP_HASH_SET : OP_HASH_UPDATE;
  // More than the request, by which the executor has prepared the log.
  const bytes = call.size(1) + call.size(2) + size + 2 * RECORD_OVERHEAD_BYTES_MAX;
  if (!call.keyspace.log.prepare(bytes)) return false;
  beginField(call, op, existing, 2, size);
  const outcome = hashes.set(
    call.bytes,
    call.data,
    call.offset(2),
    call.size(2),
    digits,
    digitsData,
    0,
    size,
  );
  hashes.end();
  return outcome !== NO_MEMORY;
}

const COUNTER_SPEC = {
  arity: 4,
  flags: ['write', 'denyoom', 'fast'],
  group: 'hash',
  complexity: 'O(1)',
  keys: { ...ONE_KEY, flags: ['RW', 'access', 'update'] },
} as const;

export const HASH_COUNTER_COMMANDS: readonly CommandSpec[] = [
  {
    ...COUNTER_SPEC,
    name: 'hincrby',
    since: '2.0.0',
    summary: 'Adds a number to the integer value of a field of a hash; a missing field counts as 0.',
    arguments: [KEY, FIELD, { name: 'increment', type: 'integer' }],
    reply: 'counter',
    run: hincrby,
  },
  {
    ...COUNTER_SPEC,
    name: 'hincrbyfloat',
    since: '2.6.0',
    summary: 'Adds a number to the floating point value of a field of a hash; a missing field counts as 0.',
    arguments: [KEY, FIELD, { name: 'increment', type: 'double' }],
    reply: 'decimal',
    run: hincrbyfloat,
  },
];
