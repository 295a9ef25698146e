/**
 * Dense registers: six bits each, packed from the lowest bit of the first byte on.
 *
 *     byte        0         1         2         3
 *     bits    11000000  22221111  33333322  ...
 *
 * Four registers fill three bytes, sixteen fill three words of 32 bits; where all of them are wanted, they are taken out of such
 * words. `registers` is always where the first register lies.
 */

import { HISTOGRAM_VALUES, type Histogram } from './estimate.js';
import { REGISTER_COUNT, REGISTER_MAX } from './layout.js';

const REGISTER_BITS = 6;
/** Sixteen registers. */
const GROUP_BYTES = 12;
export const REGISTER_BYTES = (REGISTER_COUNT * REGISTER_BITS) / 8;

const ROW_1 = HISTOGRAM_VALUES;
const ROW_2 = HISTOGRAM_VALUES * 2;
const ROW_3 = HISTOGRAM_VALUES * 3;

/** Offset from `registers` of the first byte that holds a part of register `index`. */
export function registerOffset(index: number): number {
  return (index * REGISTER_BITS) >>> 3;
}

/** How many bytes hold parts of register `index`: 1 or 2. */
export function registerSize(index: number): number {
  return ((index * REGISTER_BITS) & 7) <= 8 - REGISTER_BITS ? 1 : 2;
}

export function readRegister(bytes: Uint8Array, registers: number, index: number): number {
  const at = registers + registerOffset(index);
  const word = registerSize(index) === 1 ? bytes[at]! : bytes[at]! | (bytes[at + 1]! << 8);
  return (word >>> ((index * REGISTER_BITS) & 7)) & REGISTER_MAX;
}

/** Sets register `index` to `rank` if it is lower; returns whether it was. */
export function raiseRegister(bytes: Uint8Array, registers: number, index: number, rank: number): boolean {
  if (readRegister(bytes, registers, index) >= rank) return false;
  const at = registers + registerOffset(index);
  const shift = (index * REGISTER_BITS) & 7;
  const cleared = ~(REGISTER_MAX << shift);
  bytes[at] = (bytes[at]! & cleared) | (rank << shift);
  if (registerSize(index) === 2) bytes[at + 1] = (bytes[at + 1]! & (cleared >> 8)) | (rank >>> (8 - shift));
  return true;
}

/** Counts the values of all registers in an empty histogram. Takes some 15 µs. */
export function countDense(data: DataView, registers: number, histogram: Histogram): void {
  const end = registers + REGISTER_BYTES;
  for (let at = registers; at < end; at += GROUP_BYTES) {
    const word0 = data.getInt32(at, true);
    const word1 = data.getInt32(at + 4, true);
    const word2 = data.getInt32(at + 8, true);
    histogram[word0 & 63]! += 1;
    histogram[ROW_1 + ((word0 >>> 6) & 63)]! += 1;
    histogram[ROW_2 + ((word0 >>> 12) & 63)]! += 1;
    histogram[ROW_3 + ((word0 >>> 18) & 63)]! += 1;
    histogram[(word0 >>> 24) & 63]! += 1;
    histogram[ROW_1 + ((word0 >>> 30) | ((word1 << 2) & 63))]! += 1;
    histogram[ROW_2 + ((word1 >>> 4) & 63)]! += 1;
    histogram[ROW_3 + ((word1 >>> 10) & 63)]! += 1;
    histogram[(word1 >>> 16) & 63]! += 1;
    histogram[ROW_1 + ((word1 >>> 22) & 63)]! += 1;
    histogram[ROW_2 + ((word1 >>> 28) | ((word2 << 4) & 63))]! += 1;
    histogram[ROW_3 + ((word2 >>> 2) & 63)]! += 1;
    histogram[(word2 >>> 8) & 63]! += 1;
    histogram[ROW_1 + ((word2 >>> 14) & 63)]! += 1;
    histogram[ROW_2 + ((word2 >>> 20) & 63)]! += 1;
    histogram[ROW_3 + (word2 >>> 26)]! += 1;
  }
}
