/**
 * Bytes to the inside of JSON strings: text with its escapes where they are valid UTF-8, base64 where they are not, so that
 * whatever they are comes back exactly (decode-text.ts is the way back).
 *
 * Everything writes into an array with room for it and returns the offset after what it wrote. Nothing allocates.
 */

import { ascii } from './format.js';

/** An escape such as \u0000 makes six bytes of one. */
export const ESCAPE_FACTOR_MAX = 6;
/** Instead of an offset: the bytes are not UTF-8. */
export const NOT_TEXT = -1;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const EQUALS = 0x3d;
const LETTER_U = 0x75;
const DIGIT_0 = 0x30;

/** What a byte is in a JSON string: itself; an escape's letter (`u` = \u00XX); or more than ASCII. */
const PLAIN = 0;
const MULTIBYTE = 1;
const BYTE_CLASS = byteClasses();

const HEX = ascii('0123456789abcdef');
const BASE64 = ascii('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/');

/**
 * Escapes UTF-8 bytes, four at a time where they are plain. Source and target are given both as arrays and as views of them.
 * Returns the offset after them, or NOT_TEXT, with rubbish written, when they are not UTF-8.
 */
export function encodeText(
  target: Uint8Array,
  targetData: DataView,
  at: number,
  source: Uint8Array,
  sourceData: DataView,
  offset: number,
  size: number,
): number {
  const end = offset + size;
  const wordsEnd = end - 3;
  let to = at;
  let from = offset;
  while (from < end) {
    if (from < wordsEnd) {
      const word = sourceData.getInt32(from, true);
      if (isPlain(word)) {
        targetData.setInt32(to, word, true);
        from += 4;
        to += 4;
        continue;
      }
    }
    const byte = source[from]!;
    const byteClass = BYTE_CLASS[byte]!;
    if (byteClass === PLAIN) {
      target[to++] = byte;
      from += 1;
    } else if (byteClass === MULTIBYTE) {
      let left = sequenceBytes(source, from, end);
      if (left === 0) return NOT_TEXT;
      for (; left > 0; left--) target[to++] = source[from++]!;
    } else {
      to = encodeEscape(target, to, byte, byteClass);
      from += 1;
    }
  }
  return to;
}

/**
 * True when none of the word's four bytes is a control character, a quote, a backslash, or 0x80 or more: the top bit of
 * a byte shows each of them. (A borrow may mark the byte above one that is marked rightly, never another.)
 */
function isPlain(word: number): boolean {
  const control = word | (word - 0x20202020);
  const quote = (word ^ 0x22222222) - 0x01010101;
  const backslash = (word ^ 0x5c5c5c5c) - 0x01010101;
  return ((control | quote | backslash) & 0x80808080) === 0;
}

function encodeEscape(target: Uint8Array, at: number, byte: number, letter: number): number {
  target[at] = BACKSLASH;
  target[at + 1] = letter;
  if (letter !== LETTER_U) return at + 2;
  target[at + 2] = DIGIT_0;
  target[at + 3] = DIGIT_0;
  target[at + 4] = HEX[byte >>> 4]!;
  target[at + 5] = HEX[byte & 0xf]!;
  return at + 6;
}

/** Base64 with padding (RFC 4648, 4). */
export function encodeBase64(
  target: Uint8Array,
  at: number,
  source: Uint8Array,
  offset: number,
  size: number,
): number {
  const wholeEnd = offset + size - (size % 3);
  let to = at;
  let from = offset;
  for (; from < wholeEnd; from += 3) {
    const bits = (source[from]! << 16) | (source[from + 1]! << 8) | source[from + 2]!;
    target[to] = BASE64[bits >>> 18]!;
    target[to + 1] = BASE64[(bits >>> 12) & 63]!;
    target[to + 2] = BASE64[(bits >>> 6) & 63]!;
    target[to + 3] = BASE64[bits & 63]!;
    to += 4;
  }
  const left = size % 3;
  if (left === 0) return to;
  const bits = (source[from]! << 16) | (left === 2 ? source[from + 1]! << 8 : 0);
  target[to] = BASE64[bits >>> 18]!;
  target[to + 1] = BASE64[(bits >>> 12) & 63]!;
  target[to + 2] = left === 2 ? BASE64[(bits >>> 6) & 63]! : EQUALS;
  target[to + 3] = EQUALS;
  return to + 4;
}

/**
 * Length (2 to 4) of the UTF-8 sequence that begins at `at` with a byte of 0x80 or more, or 0 when it is none: no
 * overlong forms, no surrogates, nothing above U+10FFFF (RFC 3629, the table in section 4).
 */
function sequenceBytes(source: Uint8Array, at: number, end: number): number {
  const first = source[at]!;
  if (first < 0xc2 || first > 0xf4) return 0;
  const size = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (at + size > end) return 0;
  const second = source[at + 1]!;
  const low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (second < low || second > high) return 0;
  for (let index = 2; index < size; index++) {
    if ((source[at + index]! & 0xc0) !== 0x80) return 0;
  }
  return size;
}

/** True for bytes that are not UTF-8, and for text whose escapes would take more room than base64. */
export function prefersBase64(source: Uint8Array, offset: number, size: number): boolean {
  const end = offset + size;
  let escaped = size;
  let at = offset;
  while (at < end) {
    const byteClass = BYTE_CLASS[source[at]!]!;
    if (byteClass === PLAIN) {
      at += 1;
    } else if (byteClass === MULTIBYTE) {
      const bytes = sequenceBytes(source, at, end);
      if (bytes === 0) return true;
      at += bytes;
    } else {
      escaped += byteClass === LETTER_U ? 5 : 1;
      at += 1;
    }
  }
  return escaped > Math.ceil(size / 3) * 4;
}

/** Escapes bytes that are known to be part of a valid text; the part may begin and end within a character. */
export function escapeText(
  target: Uint8Array,
  at: number,
  source: Uint8Array,
  offset: number,
  size: number,
): number {
  let to = at;
  for (let from = offset; from < offset + size; from++) {
    const byte = source[from]!;
    const byteClass = BYTE_CLASS[byte]!;
    if (byteClass <= MULTIBYTE) target[to++] = byte;
    else to = encodeEscape(target, to, byte, byteClass);
  }
  return to;
}

export function copyAscii(target: Uint8Array, at: number, text: Uint8Array): number {
  for (let index = 0; index < text.length; index++) target[at + index] = text[index]!;
  return at + text.length;
}

function byteClasses(): Uint8Array {
  const classes = new Uint8Array(256).fill(MULTIBYTE, 0x80);
  classes.fill(LETTER_U, 0, 0x20);
  classes[QUOTE] = QUOTE;
  classes[BACKSLASH] = BACKSLASH;
  for (const [control, letter] of ['\bb', '\ff', '\nn', '\rr', '\tt'] as const) {
    classes[control!.charCodeAt(0)] = letter!.charCodeAt(0);
  }
  return classes;
}
