/**
 * Decimal integers to and from bytes, exactly as strict as Redis's `string2ll`: one optional `-`, no `+`, no spaces, no
 * leading zeros, no `-0`, range of a signed 64-bit integer.
 *
 * Why two widths: numbers up to 2^53-1 live in a JavaScript number and cost no allocation; the rest of the 64-bit
 * range is rare, so `parseInteger` only says that the value is wide and the caller asks `parseWideInteger` for a BigInt.
 */

/** What `parseInteger` returns when the bytes are not a 64-bit integer. */
export const NOT_INTEGER = Number.POSITIVE_INFINITY;
/** What `parseInteger` returns for a valid 64-bit integer beyond ±(2^53-1): take it with `parseWideInteger`. */
export const WIDE_INTEGER = Number.NEGATIVE_INFINITY;

export const INT64_MIN = -(2n ** 63n);
export const INT64_MAX = 2n ** 63n - 1n;

/** The most bytes a 64-bit integer takes: `-9223372036854775808`. */
export const INTEGER_BYTES_MAX = 20;

const MINUS = 0x2d;
const DIGIT_0 = 0x30;
const SAFE_DIGITS = 15; // any 15 digits are below 2^53
const INT64_MAX_DIGITS = '9223372036854775807';
const INT64_MIN_DIGITS = '9223372036854775808';

/** Parses `length` bytes. Returns an integer within ±(2^53-1), `NOT_INTEGER` or `WIDE_INTEGER`. Allocates nothing. */
export function parseInteger(bytes: Uint8Array, offset: number, length: number): number {
  if (length < 1 || length > INTEGER_BYTES_MAX) return NOT_INTEGER;
  const negative = bytes[offset] === MINUS;
  const start = negative ? offset + 1 : offset;
  const end = offset + length;
  if (start === end) return NOT_INTEGER;
  const first = bytes[start]!;
  if (first === DIGIT_0) return length === 1 ? 0 : NOT_INTEGER;
  let value = 0;
  for (let at = start; at < end; at++) {
    const digit = bytes[at]! - DIGIT_0;
    if (digit < 0 || digit > 9) return NOT_INTEGER;
    value = value * 10 + digit;
  }
  if (end - start > SAFE_DIGITS && value > Number.MAX_SAFE_INTEGER) {
    const limit = negative ? INT64_MIN_DIGITS : INT64_MAX_DIGITS;
    return isDigitsAbove(bytes, start, end, limit) ? NOT_INTEGER : WIDE_INTEGER;
  }
  return negative ? -value : value;
}

/** Parses what `parseInteger` called `WIDE_INTEGER`. */
export function parseWideInteger(bytes: Uint8Array, offset: number, length: number): bigint {
  let digits = ''; // alloc: rare, only beyond ±(2^53-1)
  for (let at = offset; at < offset + length; at++) digits += String.fromCharCode(bytes[at]!);
  return BigInt(digits);
}

/** Number of bytes that `formatInteger` writes for `value` (an integer within ±(2^53-1)): digits, and one for a `-`. */
export function integerSize(value: number): number {
  let size = 1;
  let rest = value;
  if (rest < 0) {
    size++;
    rest = -rest;
  }
  if (rest >= 1e8) {
    size += 8;
    rest = Math.floor(rest / 1e8);
  }
  for (rest |= 0; rest >= 10; rest = (rest / 10) | 0) size++;
  return size;
}

/**
 * Writes `value` (an integer within ±(2^53-1)) in decimal into `target` from `offset` on, and returns the offset after it.
 * The caller has made sure of `INTEGER_BYTES_MAX` bytes of room. Allocates nothing.
 */
export function formatInteger(target: Uint8Array, offset: number, value: number): number {
  if (value >= 0 && value < 10) {
    target[offset] = DIGIT_0 + value;
    return offset + 1;
  }
  const end = offset + integerSize(value);
  let rest = value;
  if (rest < 0) {
    target[offset] = MINUS;
    rest = -rest;
  }
  let at = end;
  if (rest >= 1e8) {
    // Cut into eight low digits and the rest, so that both halves are divided as machine integers.
    const high = Math.floor(rest / 1e8);
    let low = (rest - high * 1e8) | 0;
    for (let digit = 0; digit < 8; digit++) {
      const next = (low / 10) | 0;
      target[--at] = DIGIT_0 + (low - next * 10);
      low = next;
    }
    rest = high;
  }
  let small = rest | 0;
  do {
    const next = (small / 10) | 0;
    target[--at] = DIGIT_0 + (small - next * 10);
    small = next;
  } while (small > 0);
  return end;
}

function isDigitsAbove(bytes: Uint8Array, start: number, end: number, limit: string): boolean {
  if (end - start !== limit.length) return end - start > limit.length;
  for (let at = start; at < end; at++) {
    const difference = bytes[at]! - limit.charCodeAt(at - start);
    if (difference !== 0) return difference > 0;
  }
  return false;
}
