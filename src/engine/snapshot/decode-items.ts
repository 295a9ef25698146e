/**
 * The items of a collection, in the spelling of line-writer.ts, to an ItemBuffer.
 */

import { byteText, viewOf } from '../../base/bytes.js';
import { TYPE_HASH, TYPE_ZSET } from '../../structures/entry.js';
import { decodeBase64, ESCAPED, escapedControl, hasNoStops, STOPS } from './decode-text.js';
import { ascii } from './format.js';
import type { ItemBuffer } from './item-buffer.js';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const BRACKET_CLOSE = 0x5d;
const BRACE_CLOSE = 0x7d;
const COMMA = 0x2c;
const MINUS = 0x2d;
const DOT = 0x2e;
const NEWLINE = 0x0a;
const DIGIT_0 = 0x30;

const ITEM64_OPENING = ascii('{"base64":"');
const INFINITE = ascii('"inf"');
const NEGATIVE_INFINITE = ascii('"-inf"');

/** Bytes before an item: its size. Before that there may be a number. */
const SIZE_BYTES = 4;
const NUMBER_BYTES = 8;
/** A number of so many digits may be a safe integer. */
const DIGITS_MAX = 16;
/** An integer below 2^53 divided by one of these is the double that their quotient's digits mean (Clinger, 1990). */
const POWERS_OF_TEN = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));
/** The longest that `String` makes of a double has 24. */
const NUMBER_BYTES_MAX = 40;
/** 1 for the bytes of which numbers are. */
const NUMBER_LETTERS = numberLetters();

/** Nothing there as the writer spells it; base64 that is none. */
const OTHER_SPELLING = -1;
const BAD_LINE = -2;

export class ItemDecoder {
  /** What `readNumber` has found. */
  number = Number.NaN;
  /** Elements that `decode` has found: of a hash, its fields. */
  elementCount = 0;
  private bytes: Uint8Array = new Uint8Array(0);
  private data: DataView = viewOf(this.bytes);
  /** Where the line ends. */
  private end = 0;

  /**
   * Decodes the items from `at` on, after the opening bracket, into `buffer`. `bytes[to - 1]` is a newline.
   *
   * @returns the offset after the closing bracket, OTHER_SPELLING or BAD_LINE
   */
  decode(
    bytes: Uint8Array,
    at: number,
    to: number,
    type: number,
    areDated: boolean,
    buffer: ItemBuffer,
  ): number {
    if (bytes !== this.bytes) this.setSource(bytes);
    buffer.size = 0;
    // An item is never longer than what it is decoded from, apart from its size and a number.
    const end = bytes.indexOf(NEWLINE, at);
    if (end < 0 || end >= to) return OTHER_SPELLING;
    this.end = end;
    const hasNumber = areDated || type === TYPE_ZSET;
    let from = at;
    let count = 0;
    for (let byte = COMMA; byte === COMMA; byte = bytes[from++]!) {
      const numberAt = buffer.size;
      if (hasNumber) buffer.size += NUMBER_BYTES;
      from = this.decodeItem(from, buffer);
      if (from >= 0 && type === TYPE_HASH) {
        from = bytes[from] === COMMA ? this.decodeItem(from + 1, buffer) : OTHER_SPELLING;
      }
      if (from < 0) return from;
      if (hasNumber) {
        from = bytes[from] === COMMA ? this.readNumber(bytes, from + 1) : OTHER_SPELLING;
        if (from < 0) return from;
        if (areDated && !(this.number > 0 && this.number < Number.POSITIVE_INFINITY)) return OTHER_SPELLING;
        buffer.data.setFloat64(numberAt, this.number, true);
      }
      count += 1;
    }
    this.elementCount = count;
    return bytes[from - 1] === BRACKET_CLOSE ? from : OTHER_SPELLING;
  }

  /** Reads a number as `String` writes it, or an infinity. Sets `number`, and returns the offset after it or OTHER_SPELLING. */
  readNumber(bytes: Uint8Array, at: number): number {
    const isNegative = bytes[at] === MINUS;
    const start = isNegative ? at + 1 : at;
    let value = 0;
    let dot = -1;
    let from = start;
    for (; ; from++) {
      const digit = bytes[from]! - DIGIT_0;
      if (digit >= 0 && digit <= 9) value = value * 10 + digit;
      else if (bytes[from] === DOT && dot < 0) dot = from;
      else break;
    }
    const fraction = dot < 0 ? 0 : from - dot - 1;
    const digits = from - start - (dot < 0 ? 0 : 1);
    const next = bytes[from];
    const isWhole = next === COMMA || next === BRACKET_CLOSE;
    if (!isWhole || digits === 0 || digits > DIGITS_MAX || value > Number.MAX_SAFE_INTEGER) {
      return this.readOtherNumber(bytes, at);
    }
    if (fraction !== 0) value /= POWERS_OF_TEN[fraction]!;
    this.number = isNegative ? -value : value;
    return from;
  }

  private setSource(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.data = viewOf(bytes);
  }

  /** A number with an exponent or very many digits, or an infinity. */
  private readOtherNumber(bytes: Uint8Array, at: number): number {
    if (bytes[at] === QUOTE) {
      const isNegative = bytes[at + 1] === MINUS;
      const name = isNegative ? NEGATIVE_INFINITE : INFINITE;
      if (!isAt(bytes, at, name)) return OTHER_SPELLING;
      this.number = isNegative ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
      return at + name.length;
    }
    let end = at;
    while (NUMBER_LETTERS[bytes[end]!] === 1) end++;
    if (end === at || end - at > NUMBER_BYTES_MAX) return OTHER_SPELLING;
    this.number = Number(byteText(bytes, at, end - at)); // alloc: doubles of 16 or 17 digits
    return Number.isFinite(this.number) ? end : OTHER_SPELLING;
  }

  private decodeItem(at: number, buffer: ItemBuffer): number {
    buffer.reserve(NUMBER_BYTES + SIZE_BYTES + this.end - at);
    return this.bytes[at] === QUOTE ? this.decodeText(at + 1, buffer) : this.decodeBase64(at, buffer);
  }

  /** Undoes escapes, and copies four bytes at a time where there are none. */
  private decodeText(at: number, buffer: ItemBuffer): number {
    const { bytes, data } = this;
    const target = buffer.bytes;
    const targetData = buffer.data;
    const wordsEnd = bytes.length - 3;
    const start = buffer.size + SIZE_BYTES;
    let from = at;
    let to = start;
    for (;;) {
      for (; from < wordsEnd; from += 4, to += 4) {
        const word = data.getInt32(from, true);
        if (!hasNoStops(word)) break;
        targetData.setInt32(to, word, true);
      }
      let byte = bytes[from]!;
      for (; STOPS[byte] === 0; byte = bytes[++from]!) target[to++] = byte;
      if (byte !== BACKSLASH) break;
      const plain = ESCAPED[bytes[from + 1]!]!;
      const control = plain !== 0 ? plain : escapedControl(bytes, from);
      if (control < 0) return OTHER_SPELLING;
      target[to++] = control;
      from += plain !== 0 ? 2 : 6;
    }
    if (bytes[from] !== QUOTE) return OTHER_SPELLING;
    targetData.setUint32(start - SIZE_BYTES, to - start, true);
    buffer.size = to;
    return from + 1;
  }

  private decodeBase64(at: number, buffer: ItemBuffer): number {
    const { bytes } = this;
    if (!isAt(bytes, at, ITEM64_OPENING)) return OTHER_SPELLING;
    const start = at + ITEM64_OPENING.length;
    let end = start;
    while (STOPS[bytes[end]!] === 0) end++;
    if (bytes[end] !== QUOTE || bytes[end + 1] !== BRACE_CLOSE) return OTHER_SPELLING;
    const target = buffer.bytes;
    const to = buffer.size + SIZE_BYTES;
    for (let from = start; from < end; from++) target[to + from - start] = bytes[from]!;
    const size = decodeBase64(target, to, to + end - start);
    if (size < 0) return BAD_LINE;
    buffer.data.setUint32(to - SIZE_BYTES, size, true);
    buffer.size = to + size;
    return end + 2;
  }
}

function numberLetters(): Uint8Array {
  const letters = new Uint8Array(256);
  for (const letter of ascii('0123456789+-.e')) letters[letter] = 1;
  return letters;
}

function isAt(bytes: Uint8Array, at: number, text: Uint8Array): boolean {
  for (let index = 0; index < text.length; index++) {
    if (bytes[at + index] !== text[index]) return false;
  }
  return true;
}
