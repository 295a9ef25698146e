/**
 * Packed lists of integers in ascending order: the form of a small set that has nothing else.
 *
 * Elements of one size lie together, because an integer's size grows with its distance from 0: what a search does at one element
 * it does at the next, so that the processor guesses every step right, and steps before it has read. Hundreds of elements are
 * gone over in the time of a few cache misses, which a search by halves would need as well.
 *
 *     texts | 64 32 24 16 13 bits, negative | 0 to 127 | 13 16 24 32 64 bits, positive | texts
 *
 * The texts are integers of 64 bits beyond 2^53 - 1 either way, which a packed list has as digits.
 */

import { parseInteger, WIDE_INTEGER } from '../base/integer.js';
import type { PackedItem } from './packed-item.js';
import {
  HEAD_INT13,
  HEAD_INT16,
  HEAD_INT24,
  HEAD_INT32,
  HEAD_INT64,
  HEAD_TEXT6,
  HEAD_TEXT12,
  PackedCursor,
  skipBack,
} from './packed-list.js';

const MINUS = 0x2d;
const TWO_32 = 2 ** 32;
const INT32_MIN = -(2 ** 31);
const INT32_MAX = 2 ** 31 - 1;
/** Digits of the least integer that is a text. */
const WIDE_BYTES_MIN = 16;

const cursor = new PackedCursor();

/** True when the item, set from these bytes, is an integer of 64 bits. */
export function isInteger64(item: PackedItem, bytes: Uint8Array): boolean {
  if (item.isInteger) return true;
  return item.size >= WIDE_BYTES_MIN && parseInteger(bytes, item.offset, item.size) === WIDE_INTEGER;
}

/**
 * Where an integer of 64 bits is in the list `[start, end)`: the start of its element; or, when it is not there, where it would
 * have to be inserted, as `~offset`, which is negative.
 */
export function locate(data: DataView, start: number, end: number, item: PackedItem): number {
  if (start === end) return ~start;
  const last = skipBack(data, end);
  cursor.read(data, last);
  const order = compare(cursor, item);
  if (order === 0) return last;
  if (order < 0) return ~end;
  // There is an element that is greater, so that nothing from here on looks for the end.
  for (let at = start; ; at = passLess(data, at, item)) {
    cursor.read(data, at);
    const order = compare(cursor, item);
    if (order >= 0) return order === 0 ? at : ~at;
  }
}

/**
 * Passes the element at `at`, which `cursor` shows and which is less than the item, and then others of its size that are less:
 * not always all of them. Each size has a loop of its own, in which every step is the same.
 */
function passLess(data: DataView, at: number, item: PackedItem): number {
  const next = cursor.end;
  if (!cursor.isInteger || !item.isInteger) return next;
  const head = data.getUint8(at);
  if (head === HEAD_INT64) return pass64(data, next, item.integer);
  // Numbers of 32 bits are compared as such.
  const bound = Math.min(Math.max(item.integer, INT32_MIN), INT32_MAX) | 0;
  if (head < HEAD_TEXT6) return pass7(data, next, bound);
  if (head < HEAD_TEXT12) return pass13(data, next, bound);
  if (head === HEAD_INT16) return pass16(data, next, bound);
  return head === HEAD_INT24 ? pass24(data, next, bound) : pass32(data, next, bound);
}

function pass7(data: DataView, from: number, bound: number): number {
  const bound7 = Math.min(bound, HEAD_TEXT6);
  let at = from;
  while (data.getUint8(at) < bound7) at += 2;
  return at;
}

function pass13(data: DataView, from: number, bound: number): number {
  for (let at = from; ; at += 3) {
    const word = data.getUint16(at);
    if (word >>> 13 !== HEAD_INT13 >>> 5 || (word << 19) >> 19 >= bound) return at;
  }
}

function pass16(data: DataView, from: number, bound: number): number {
  let at = from;
  while (data.getUint8(at) === HEAD_INT16 && data.getInt16(at + 1, true) < bound) at += 4;
  return at;
}

function pass24(data: DataView, from: number, bound: number): number {
  for (let at = from; ; at += 5) {
    const word = data.getInt32(at, true);
    if ((word & 0xff) !== HEAD_INT24 || word >> 8 >= bound) return at;
  }
}

function pass32(data: DataView, from: number, bound: number): number {
  let at = from;
  while (data.getUint8(at) === HEAD_INT32 && data.getInt32(at + 1, true) < bound) at += 6;
  return at;
}

function pass64(data: DataView, from: number, bound: number): number {
  for (let at = from; ; at += 10) {
    if (data.getUint8(at) !== HEAD_INT64) return at;
    if (data.getInt32(at + 5, true) * TWO_32 + data.getUint32(at + 1, true) >= bound) return at;
  }
}

/** Negative when the element is less than the item, 0 when it is the same. */
function compare(element: PackedCursor, item: PackedItem): number {
  if (element.isInteger && item.isInteger) return element.integer - item.integer;
  if (element.isInteger) return isNegative(item) ? 1 : -1;
  const sign = isNegative(element) ? -1 : 1;
  if (item.isInteger || sign > 0 === isNegative(item)) return sign;
  return sign * compareDigits(element, item);
}

interface Text {
  readonly data: DataView;
  readonly offset: number;
  readonly size: number;
}

function isNegative(text: Text): boolean {
  return text.data.getUint8(text.offset) === MINUS;
}

/** Of two numbers with the same sign: which is farther from 0. */
function compareDigits(left: Text, right: Text): number {
  if (left.size !== right.size) return left.size - right.size;
  for (let index = 0; index < left.size; index++) {
    const difference = left.data.getUint8(left.offset + index) - right.data.getUint8(right.offset + index);
    if (difference !== 0) return difference;
  }
  return 0;
}
