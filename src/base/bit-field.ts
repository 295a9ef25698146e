/**
 * Integers of 1 to 64 bits that lie at any bit of a row of bytes, highest bit first, and what a counter of that width does.
 *
 * An integer is a number as long as that is exact, up to ±(2^53-1), and a bigint beyond: only fields of more than 53 bits ever
 * hold one, and only while their values are that large. Functions that return integers keep to that.
 */

/** An integer within 64 bits: a number wherever that is exact. */
export type ExactInteger = number | bigint;

/** Powers of two up to this are numbers. */
const NUMBER_BITS_MAX = 53;
const WORD_BITS = 32;
const WORD_RANGE = 2 ** WORD_BITS;

/** Reads the field of `bits` bits (1 to 64, unsigned 63) that begins at bit `at` of `data`. */
export function readField(data: DataView, at: number, bits: number, isSigned: boolean): ExactInteger {
  const highBits = Math.max(bits - WORD_BITS, 0);
  const low = readBits(data, at + highBits, bits - highBits);
  if (highBits === 0) return isSigned ? extendSign(low, bits) : low;
  const word = readBits(data, at, highBits);
  const high = isSigned ? extendSign(word, highBits) : word;
  const value = high * WORD_RANGE + low;
  if (Number.isSafeInteger(value)) return value;
  return exact((BigInt(high) << BigInt(WORD_BITS)) | BigInt(low));
}

/** Writes the lowest `bits` bits (1 to 64) of `value` so that they begin at bit `at` of `data`. */
export function writeField(data: DataView, at: number, bits: number, value: ExactInteger): void {
  const highBits = Math.max(bits - WORD_BITS, 0);
  if (highBits !== 0) writeBits(data, at, highBits, highWord(value));
  writeBits(data, at + highBits, bits - highBits, lowWord(value));
}

/** The largest value of a field. */
export function fieldMax(bits: number, isSigned: boolean): ExactInteger {
  const valueBits = isSigned ? bits - 1 : bits;
  return valueBits <= NUMBER_BITS_MAX ? 2 ** valueBits - 1 : 2n ** BigInt(valueBits) - 1n;
}

/** The smallest value of a field. */
export function fieldMin(bits: number, isSigned: boolean): ExactInteger {
  if (!isSigned) return 0;
  return bits <= NUMBER_BITS_MAX ? -(2 ** (bits - 1)) : exact(-(2n ** BigInt(bits - 1)));
}

/** The value that a field of `bits` bits keeps of `value`. */
export function wrapToField(value: ExactInteger, bits: number, isSigned: boolean): ExactInteger {
  if (typeof value === 'number' && bits <= NUMBER_BITS_MAX) {
    const range = 2 ** bits;
    const kept = value - Math.floor(value / range) * range;
    return isSigned && kept >= range / 2 ? kept - range : kept;
  }
  const wide = BigInt(value);
  return exact(isSigned ? BigInt.asIntN(bits, wide) : BigInt.asUintN(bits, wide));
}

/** The sum, exactly: one bit more than 64, at most. */
export function addExactly(left: ExactInteger, right: ExactInteger): ExactInteger {
  if (typeof left === 'number' && typeof right === 'number') {
    const sum = left + right;
    if (Number.isSafeInteger(sum)) return sum;
  }
  return exact(BigInt(left) + BigInt(right));
}

function exact(value: bigint): ExactInteger {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** Reads `count` bits (1 to 32) from bit `at` on, as an unsigned integer. */
function readBits(data: DataView, at: number, count: number): number {
  let word = 0;
  let from = at;
  let left = count;
  while (left > 0) {
    const room = 8 - (from % 8);
    const taken = Math.min(room, left);
    const piece = (data.getUint8(from >>> 3) >>> (room - taken)) & ((1 << taken) - 1);
    word = (word << taken) | piece;
    from += taken;
    left -= taken;
  }
  return word >>> 0;
}

/** Writes the lowest `count` bits (1 to 32) of `word` from bit `at` on. */
function writeBits(data: DataView, at: number, count: number, word: number): void {
  let to = at;
  let left = count;
  while (left > 0) {
    const room = 8 - (to % 8);
    const taken = Math.min(room, left);
    const mask = ((1 << taken) - 1) << (room - taken);
    const piece = (word >>> (left - taken)) << (room - taken);
    data.setUint8(to >>> 3, (data.getUint8(to >>> 3) & ~mask) | (piece & mask));
    to += taken;
    left -= taken;
  }
}

function extendSign(word: number, bits: number): number {
  return (word << (WORD_BITS - bits)) >> (WORD_BITS - bits);
}

function lowWord(value: ExactInteger): number {
  return typeof value === 'number' ? value >>> 0 : Number(BigInt.asUintN(WORD_BITS, value));
}

function highWord(value: ExactInteger): number {
  if (typeof value === 'number') return Math.floor(value / WORD_RANGE) >>> 0;
  return Number(BigInt.asUintN(WORD_BITS, value >> BigInt(WORD_BITS)));
}
