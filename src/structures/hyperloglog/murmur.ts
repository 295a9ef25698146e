/**
 * Which register an element belongs to, and what it would put there: MurmurHash64A with Redis's seed.
 *
 * Of the hash's 64 bits, the lowest 14 are the register's index. The others are looked at from the lowest on: the *rank* is how
 * many there are up to the first one that is set, 1 to 51.
 *
 * The arithmetic is that of 64-bit integers in two halves of 32 bits, because a BigInt an element would cost more than all the
 * rest. What makes it short is that Murmur multiplies by one constant only.
 *
 * Source: Austin Appleby's MurmurHash2, the variant for 64-bit machines; byte order as on little-endian ones.
 */

import { RANK_MAX, REGISTER_COUNT, REGISTER_INDEX_BITS } from './layout.js';

const SEED = 0xadc83b19;
/** The multiplier 0xc6a4a793_5bd1e995: its halves, and the halves of the lower one. */
const MULTIPLIER_HIGH = 0xc6a4a793 | 0;
const MULTIPLIER_LOW = 0x5bd1e995;
const MULTIPLIER_LOW_0 = 0xe995;
const MULTIPLIER_LOW_1 = 0x5bd1;

/** A 64-bit value shifted right by 47 is its higher half shifted by 15. */
const MIX_SHIFT = 47 - 32;
/** Bits of the lower half that are left when the register is chosen. */
const LOW_RANK_BITS = 32 - REGISTER_INDEX_BITS;

/** The place of an element: register index in the lowest 14 bits, rank above. No allocation, some 30 ns for 16 bytes. */
export function elementPlace(data: DataView, offset: number, size: number): number {
  let high = multiplyHigh(size, 0);
  let low = Math.imul(size, MULTIPLIER_LOW) ^ SEED;
  const wholeEnd = offset + (size & ~7);
  let at = offset;
  for (; at < wholeEnd; at += 8) {
    let blockLow = data.getInt32(at, true);
    let blockHigh = multiplyHigh(blockLow, data.getInt32(at + 4, true));
    blockLow = Math.imul(blockLow, MULTIPLIER_LOW) ^ (blockHigh >>> MIX_SHIFT);
    blockHigh = multiplyHigh(blockLow, blockHigh);
    low ^= Math.imul(blockLow, MULTIPLIER_LOW);
    high = multiplyHigh(low, high ^ blockHigh);
    low = Math.imul(low, MULTIPLIER_LOW);
  }
  const rest = size & 7;
  if (rest !== 0) {
    low ^= partialWord(data, at, Math.min(rest, 4));
    if (rest > 4) high ^= partialWord(data, at + 4, rest - 4);
    high = multiplyHigh(low, high);
    low = Math.imul(low, MULTIPLIER_LOW);
  }
  low ^= high >>> MIX_SHIFT;
  high = multiplyHigh(low, high);
  low = Math.imul(low, MULTIPLIER_LOW) ^ (high >>> MIX_SHIFT);
  return (rankOf(low, high) << REGISTER_INDEX_BITS) | (low & (REGISTER_COUNT - 1));
}

/** The register that a place names. */
export function placeIndex(place: number): number {
  return place & (REGISTER_COUNT - 1);
}

/** What the element puts there, 1 to 51. */
export function placeRank(place: number): number {
  return place >>> REGISTER_INDEX_BITS;
}

/** Higher half of (high, low) times the multiplier; the lower one is `Math.imul(low, MULTIPLIER_LOW)`. */
function multiplyHigh(low: number, high: number): number {
  const low0 = low & 0xffff;
  const low1 = low >>> 16;
  const middle = (Math.imul(low1, MULTIPLIER_LOW_0) + (Math.imul(low0, MULTIPLIER_LOW_0) >>> 16)) | 0;
  const carry = (Math.imul(low0, MULTIPLIER_LOW_1) + (middle & 0xffff)) >>> 16;
  const ofLow = (Math.imul(low1, MULTIPLIER_LOW_1) + (middle >>> 16) + carry) | 0;
  return (ofLow + Math.imul(low, MULTIPLIER_HIGH) + Math.imul(high, MULTIPLIER_LOW)) | 0;
}

/** One to four bytes as the lowest of a word. */
function partialWord(data: DataView, offset: number, size: number): number {
  let word = 0;
  for (let index = 0; index < size; index++) word |= data.getUint8(offset + index) << (index * 8);
  return word;
}

function rankOf(low: number, high: number): number {
  const lowBits = low >>> REGISTER_INDEX_BITS;
  if (lowBits !== 0) return trailingZeros(lowBits) + 1;
  return high === 0 ? RANK_MAX : LOW_RANK_BITS + trailingZeros(high) + 1;
}

/** Of a word that is not 0. */
function trailingZeros(word: number): number {
  return 31 - Math.clz32(word & -word);
}
