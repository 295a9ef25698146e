/**
 * Makes new inputs out of known ones: the changes that find the mistakes of readers.
 *
 * Bits and bytes change; stretches are cut out, doubled, moved and overwritten; numbers of each width become a little more, a
 * little less, or one of those at which something overflows; words of the format are put in; two inputs are joined. Several of
 * these in one go, mostly few: an input that is still nearly right gets further than one that is all wrong.
 *
 * Everything is drawn from the random numbers it is given, so that a seed brings the same inputs again.
 */

import type { SeededRandom } from '../support/random.js';

/** Where counts and sizes overflow, or are taken for something else. */
const TELLING_NUMBERS: readonly number[] = [
  0,
  1,
  2,
  7,
  8,
  9,
  10,
  16,
  31,
  32,
  63,
  64,
  100,
  127,
  128,
  255,
  256,
  511,
  512,
  1000,
  1024,
  4095,
  4096,
  16_383,
  16_384,
  32_767,
  32_768,
  65_535,
  65_536,
  0xff_ffff,
  2 ** 24,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 1,
  2 ** 32,
  2 ** 53 - 1,
  2 ** 53,
  2 ** 63,
  2 ** 64,
];
/** The same as text. */
const TELLING_TEXTS: readonly string[] = [
  ...TELLING_NUMBERS.map(String),
  '-1',
  '-0',
  '+1',
  '00',
  '-2147483648',
  '-9223372036854775808',
  '9223372036854775807',
  '9223372036854775808',
  '18446744073709551615',
  '1e400',
  '-1e400',
  '1e-400',
  '0x1p-3',
  'nan',
  'inf',
];
const WIDTHS: readonly number[] = [1, 2, 4, 8];
/** A number is made this much more or less at most. */
const NUDGE_MAX = 16;
/** A stretch that is moved or doubled is mostly short. */
const STRETCH_BYTES_MAX = 64;
/** Changes in one go: 2 to the power of 0 up to this. */
const CHANGES_POWER_MAX = 4;

type Change = (bytes: number[]) => void;

export class Mutator {
  readonly #random: SeededRandom;
  readonly #words: readonly Uint8Array[];
  readonly #bytesMax: number;
  readonly #changes: readonly Change[];

  /** @param words of the format @param bytesMax the longest input that is made */
  constructor(random: SeededRandom, words: readonly Uint8Array[], bytesMax: number) {
    this.#random = random;
    this.#words = words;
    this.#bytesMax = bytesMax;
    this.#changes = [
      (bytes) => this.#flipBit(bytes),
      (bytes) => this.#setByte(bytes),
      (bytes) => this.#nudgeNumber(bytes),
      (bytes) => this.#setNumber(bytes),
      (bytes) => this.#cut(bytes),
      (bytes) => this.#repeat(bytes),
      (bytes) => this.#move(bytes),
      (bytes) => this.#fill(bytes),
      (bytes) => this.#putWord(bytes),
      (bytes) => this.#putDigits(bytes),
    ];
  }

  /** Something that is like `input`; now and then with a part of `other`. */
  mutate(input: Uint8Array, other: Uint8Array): Uint8Array {
    const bytes = [...input];
    if (this.#random.below(8) === 0) this.#splice(bytes, other);
    for (let left = 1 << this.#random.below(CHANGES_POWER_MAX + 1); left > 0; left--) {
      this.#changes[this.#random.below(this.#changes.length)]!(bytes);
    }
    if (bytes.length > this.#bytesMax) bytes.length = this.#bytesMax;
    return Uint8Array.from(bytes);
  }

  #flipBit(bytes: number[]): void {
    const at = this.#random.below(bytes.length);
    if (at < bytes.length) bytes[at]! ^= 1 << this.#random.below(8);
  }

  #setByte(bytes: number[]): void {
    if (bytes.length > 0) bytes[this.#random.below(bytes.length)] = this.#random.below(256);
  }

  /** Reads a number of some width and byte order, and writes one that is a little off. */
  #nudgeNumber(bytes: number[]): void {
    const width = this.#width();
    if (bytes.length < width) return;
    const at = this.#random.below(bytes.length - width + 1);
    const isLittle = this.#random.below(2) === 0;
    const nudge = BigInt(this.#random.below(2 * NUDGE_MAX + 1) - NUDGE_MAX);
    writeNumber(bytes, at, width, isLittle, readNumber(bytes, at, width, isLittle) + nudge);
  }

  #setNumber(bytes: number[]): void {
    const width = this.#width();
    if (bytes.length < width) return;
    const at = this.#random.below(bytes.length - width + 1);
    const number = TELLING_NUMBERS[this.#random.below(TELLING_NUMBERS.length)]!;
    const sign = this.#random.below(4) === 0 ? -1n : 1n;
    writeNumber(bytes, at, width, this.#random.below(2) === 0, sign * BigInt(number));
  }

  #cut(bytes: number[]): void {
    const [at, size] = this.#stretch(bytes);
    bytes.splice(at, size);
  }

  #repeat(bytes: number[]): void {
    const [at, size] = this.#stretch(bytes);
    const piece = bytes.slice(at, at + size);
    // Seldom often enough to leave what is small: packed forms become large, buffers grow.
    let times = this.#random.below(16) === 0 ? this.#random.below(256) : 1;
    times = Math.min(times, Math.ceil(this.#bytesMax / Math.max(1, size)));
    const many: number[] = [];
    for (; times > 0; times--) many.push(...piece);
    bytes.splice(at, 0, ...many);
  }

  #move(bytes: number[]): void {
    const [at, size] = this.#stretch(bytes);
    const piece = bytes.splice(at, size);
    bytes.splice(this.#random.below(bytes.length + 1), 0, ...piece);
  }

  #fill(bytes: number[]): void {
    const [at, size] = this.#stretch(bytes);
    bytes.fill(this.#random.below(256), at, at + size);
  }

  /** Inserts a word, or writes it over what is there. */
  #putWord(bytes: number[]): void {
    if (this.#words.length > 0) this.#put(bytes, this.#words[this.#random.below(this.#words.length)]!);
  }

  #putDigits(bytes: number[]): void {
    this.#put(bytes, Buffer.from(TELLING_TEXTS[this.#random.below(TELLING_TEXTS.length)]!));
  }

  #put(bytes: number[], word: Uint8Array): void {
    const at = this.#random.below(bytes.length + 1);
    bytes.splice(at, this.#random.below(2) === 0 ? word.length : 0, ...word);
  }

  /** Goes on with a part of another input. */
  #splice(bytes: number[], other: Uint8Array): void {
    const from = this.#random.below(other.length + 1);
    bytes.splice(this.#random.below(bytes.length + 1), bytes.length, ...other.subarray(from));
  }

  #width(): number {
    return WIDTHS[this.#random.below(WIDTHS.length)]!;
  }

  #stretch(bytes: number[]): [at: number, size: number] {
    const at = this.#random.below(bytes.length + 1);
    const limit = this.#random.below(8) === 0 ? bytes.length : Math.min(STRETCH_BYTES_MAX, bytes.length);
    return [at, this.#random.below(Math.min(limit, bytes.length - at) + 1)];
  }
}

function readNumber(bytes: readonly number[], at: number, width: number, isLittle: boolean): bigint {
  const order = bytes.slice(at, at + width);
  if (isLittle) order.reverse();
  return order.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

function writeNumber(bytes: number[], at: number, width: number, isLittle: boolean, value: bigint): void {
  for (let index = 0; index < width; index++) {
    const shift = BigInt(8 * (isLittle ? index : width - 1 - index));
    bytes[at + index] = Number((value >> shift) & 0xffn);
  }
}
