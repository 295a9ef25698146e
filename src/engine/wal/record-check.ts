/**
 * Whether the payload of a record is what its operation says (record.ts): whole items, scores that are numbers, times that are
 * times, values of a length that there is. Recovery looks at every record in this way before any is repeated: who repeats them
 * may rely on it. A checksum only says that a record is as it was written.
 *
 * Costs a look at the size of each item.
 */

import { BULK_BYTES_MAX } from '../parser.js';
import {
  FLAG_DEADLINE,
  isCollectionOp,
  OP_EXPIREAT,
  OP_HASH_EXPIREAT,
  OP_HASH_SET,
  OP_HASH_UPDATE,
  OP_LIST_INSERT,
  OP_LIST_POP_LEFT,
  OP_LIST_POP_RIGHT,
  OP_LIST_REMOVE,
  OP_LIST_SET,
  OP_LIST_TRIM,
  OP_SET,
  OP_SETRANGE,
  OP_ZSET_SET,
  type RecordFields,
  readF64,
  readU32,
} from './record.js';

const NUMBER_BYTES = 4;
const DOUBLE_BYTES = 8;
const ITEM_SIZE_BYTES = 4;
/** Instead of an offset: the payload ends within an item. */
const CUT_OFF = -1;

/** False when a record that `RecordFields.read` has taken apart says something that no command says. */
export function isSoundRecord(fields: RecordFields, bytes: Uint8Array): boolean {
  const { op, flags, deadline, rangeOffset, valueOffset, valueBytes } = fields;
  if (op === OP_EXPIREAT || (op === OP_SET && (flags & FLAG_DEADLINE) !== 0)) return isTime(deadline);
  // It says how far a value reaches, whatever it holds itself: no command makes one longer than an argument may be.
  if (op === OP_SETRANGE) return rangeOffset + valueBytes <= BULK_BYTES_MAX;
  return !isCollectionOp(op) || isSoundPayload(op, bytes, valueOffset, valueOffset + valueBytes);
}

function isSoundPayload(op: number, bytes: Uint8Array, start: number, end: number): boolean {
  const size = end - start;
  switch (op) {
    case OP_LIST_POP_LEFT:
    case OP_LIST_POP_RIGHT:
      return size === NUMBER_BYTES;
    case OP_LIST_TRIM:
      return size === 2 * NUMBER_BYTES;
    case OP_LIST_REMOVE:
      return size % NUMBER_BYTES === 0;
    case OP_LIST_SET:
    case OP_LIST_INSERT:
      return itemEnd(bytes, start + NUMBER_BYTES, end) === end;
    case OP_ZSET_SET:
      return areScored(bytes, start, end);
    case OP_HASH_SET:
    case OP_HASH_UPDATE:
      return areItems(bytes, start, end, 2);
    case OP_HASH_EXPIREAT: {
      if (size < DOUBLE_BYTES) return false;
      const deadline = readF64(bytes, start);
      return (deadline === 0 || isTime(deadline)) && areItems(bytes, start + DOUBLE_BYTES, end, 1);
    }
    default:
      return areItems(bytes, start, end, 1);
  }
}

/** True for any number of items, `each` at a time. */
function areItems(bytes: Uint8Array, start: number, end: number, each: number): boolean {
  let at = start;
  let count = 0;
  for (; at !== CUT_OFF && at < end; count++) at = itemEnd(bytes, at, end);
  return at === end && count % each === 0;
}

/** True for items each of which has a score before it. */
function areScored(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  while (at !== CUT_OFF && at < end) {
    if (end - at < DOUBLE_BYTES || Number.isNaN(readF64(bytes, at))) return false;
    at = itemEnd(bytes, at + DOUBLE_BYTES, end);
  }
  return at === end;
}

/** Where the item at `at` ends, or CUT_OFF. */
function itemEnd(bytes: Uint8Array, at: number, end: number): number {
  if (end - at < ITEM_SIZE_BYTES) return CUT_OFF;
  const size = readU32(bytes, at);
  return size <= end - at - ITEM_SIZE_BYTES ? at + ITEM_SIZE_BYTES + size : CUT_OFF;
}

/** Unix ms. */
function isTime(deadline: number): boolean {
  return deadline > 0 && Number.isFinite(deadline);
}
