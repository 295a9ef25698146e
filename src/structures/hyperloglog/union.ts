/**
 * A union of HyperLogLogs: registers of one byte each, which are raised to those of one value after the other.
 *
 * Four registers lie in a word. Since a register has six bits, a byte of it has a bit to spare, with which four are compared by
 * one subtraction.
 */

import { REGISTER_BYTES } from './dense.js';
import { HISTOGRAM_VALUES, type Histogram } from './estimate.js';
import { REGISTER_COUNT } from './layout.js';
import { mergeSparse } from './sparse.js';

const ROW_1 = HISTOGRAM_VALUES;
const ROW_2 = HISTOGRAM_VALUES * 2;
const ROW_3 = HISTOGRAM_VALUES * 3;

/** The highest bit of each byte. */
const SPARE_BITS = 0x80808080 | 0;

export class Union {
  /** Register by register. */
  readonly registers: Uint8Array;
  private readonly words: Int32Array;

  constructor() {
    this.words = new Int32Array(REGISTER_COUNT / 4);
    this.registers = new Uint8Array(this.words.buffer);
  }

  /** Sets all registers to 0. */
  clear(): void {
    this.words.fill(0);
  }

  /** Adds opcodes; false when they don't describe all registers and no more. */
  addSparse(bytes: Uint8Array, start: number, end: number): boolean {
    return mergeSparse(bytes, start, end, this.registers);
  }

  /** Adds dense registers. Takes some 6 µs. */
  addDense(data: DataView, offset: number): void {
    const words = this.words;
    let at = offset;
    for (let index = 0; index < words.length; index += 4, at += 12) {
      const word0 = data.getInt32(at, true);
      const word1 = data.getInt32(at + 4, true);
      const word2 = data.getInt32(at + 8, true);
      words[index] = higher(words[index]!, spread(word0));
      words[index + 1] = higher(words[index + 1]!, spread((word0 >>> 24) | (word1 << 8)));
      words[index + 2] = higher(words[index + 2]!, spread((word1 >>> 16) | (word2 << 16)));
      words[index + 3] = higher(words[index + 3]!, spread(word2 >>> 8));
    }
  }

  /** Counts the values of all registers in an empty histogram. */
  count(histogram: Histogram): void {
    const words = this.words;
    for (let index = 0; index < words.length; index++) {
      const word = words[index]!;
      histogram[word & 63]! += 1;
      histogram[ROW_1 + ((word >>> 8) & 63)]! += 1;
      histogram[ROW_2 + ((word >>> 16) & 63)]! += 1;
      histogram[ROW_3 + (word >>> 24)]! += 1;
    }
  }

  /** Writes all registers as dense ones. */
  pack(data: DataView, offset: number): void {
    const words = this.words;
    const end = offset + REGISTER_BYTES;
    for (let at = offset, index = 0; at < end; at += 12, index += 4) {
      const group0 = gather(words[index]!);
      const group1 = gather(words[index + 1]!);
      const group2 = gather(words[index + 2]!);
      const group3 = gather(words[index + 3]!);
      data.setInt32(at, group0 | (group1 << 24), true);
      data.setInt32(at + 4, (group1 >>> 8) | (group2 << 16), true);
      data.setInt32(at + 8, (group2 >>> 16) | (group3 << 8), true);
    }
  }
}

/** Four registers from the lowest 24 bits, each into a byte of its own. */
function spread(packed: number): number {
  const pairs = (packed & 0xfff) | ((packed & 0xfff000) << 4);
  return (pairs & 0x003f003f) | ((pairs & 0x0fc00fc0) << 2);
}

/** The reverse of `spread`. */
function gather(word: number): number {
  const pairs = (word & 0x003f003f) | ((word & 0x3f003f00) >>> 2);
  return (pairs & 0xfff) | ((pairs >>> 4) & 0xfff000);
}

/** The higher of the two in each byte. A spare bit outlives the subtraction where the left one is not the lower. */
function higher(left: number, right: number): number {
  const survived = ((left | SPARE_BITS) - right) & SPARE_BITS;
  const leftMask = survived - (survived >>> 7);
  return right ^ ((left ^ right) & leftMask);
}
