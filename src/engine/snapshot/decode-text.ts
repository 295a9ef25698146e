/**
 * The inside of JSON strings back to bytes: the way back of encode-text.ts. Escapes and base64 only ever make bytes longer,
 * so that they are undone in place.
 */

import { ascii } from './format.js';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const EQUALS = 0x3d;
const DIGIT_0 = 0x30;
const LETTER_U = 0x75;

/** Bytes at which the scan of a string stops: quote, backslash, control characters. */
export const STOPS: Uint8Array = stopBytes();
/** The byte that an escape's letter stands for; 0 = no such escape in this writer's spelling (`u` apart). */
export const ESCAPED: Uint8Array = escapedBytes();
const NO_SIXTET = 64;
/** Value (0 to 63) of a base64 letter, NO_SIXTET for any other byte. */
const SIXTET = sixtets();

/** True when none of the word's four bytes is one of STOPS (Warren, Hacker's Delight, 6-1). */
export function hasNoStops(word: number): boolean {
  const quote = word ^ 0x22222222;
  const backslash = word ^ 0x5c5c5c5c;
  const stops =
    ((word - 0x20202020) & ~word) | ((quote - 0x01010101) & ~quote) | ((backslash - 0x01010101) & ~backslash);
  return (stops & 0x80808080) === 0;
}

/** Undoes a string's spelling in place. Returns its size, or -1 for bad base64. */
export function restore(
  bytes: Uint8Array,
  start: number,
  end: number,
  escaped: boolean,
  base64: boolean,
): number {
  if (base64) return decodeBase64(bytes, start, end);
  return escaped ? undoEscapes(bytes, start, end) : end - start;
}

function undoEscapes(bytes: Uint8Array, start: number, end: number): number {
  let to = start;
  let from = start;
  while (from < end) {
    const byte = bytes[from]!;
    if (byte !== BACKSLASH) {
      bytes[to++] = byte;
      from += 1;
      continue;
    }
    const plain = ESCAPED[bytes[from + 1]!]!;
    if (plain !== 0) {
      bytes[to++] = plain;
      from += 2;
    } else {
      bytes[to++] = escapedControl(bytes, from);
      from += 6;
    }
  }
  return to - start;
}

/** The control character that \u00XX at `at` stands for, or -1 when there is something else. */
export function escapedControl(bytes: Uint8Array, at: number): number {
  if (bytes[at + 1] !== LETTER_U || bytes[at + 2] !== DIGIT_0 || bytes[at + 3] !== DIGIT_0) return -1;
  const high = bytes[at + 4]! - DIGIT_0;
  const low = bytes[at + 5]!;
  if (high < 0 || high > 1) return -1;
  if (low >= DIGIT_0 && low <= DIGIT_0 + 9) return high * 16 + low - DIGIT_0;
  // Lower-case letters, as they are written.
  if (low >= 0x61 && low <= 0x66) return high * 16 + low - 0x61 + 10;
  return -1;
}

/** Decodes padded base64 in place. Returns the size, or -1 when it is none. */
export function decodeBase64(bytes: Uint8Array, start: number, end: number): number {
  const size = end - start;
  if (size === 0) return 0;
  if ((size & 3) !== 0) return -1;
  const padding = bytes[end - 1] !== EQUALS ? 0 : bytes[end - 2] !== EQUALS ? 1 : 2;
  const wholeEnd = padding === 0 ? end : end - 4;
  let to = start;
  let from = start;
  for (; from < wholeEnd; from += 4) {
    const a = SIXTET[bytes[from]!]!;
    const b = SIXTET[bytes[from + 1]!]!;
    const c = SIXTET[bytes[from + 2]!]!;
    const d = SIXTET[bytes[from + 3]!]!;
    if (((a | b | c | d) & NO_SIXTET) !== 0) return -1;
    bytes[to] = (a << 2) | (b >>> 4);
    bytes[to + 1] = (b << 4) | (c >>> 2);
    bytes[to + 2] = (c << 6) | d;
    to += 3;
  }
  if (padding === 0) return to - start;
  const a = SIXTET[bytes[from]!]!;
  const b = SIXTET[bytes[from + 1]!]!;
  const c = padding === 1 ? SIXTET[bytes[from + 2]!]! : 0;
  if (((a | b | c) & NO_SIXTET) !== 0) return -1;
  bytes[to++] = (a << 2) | (b >>> 4);
  if (padding === 1) bytes[to++] = (b << 4) | (c >>> 2);
  return to - start;
}

function stopBytes(): Uint8Array {
  const stops = new Uint8Array(256).fill(1, 0, 0x20);
  stops[QUOTE] = 1;
  stops[BACKSLASH] = 1;
  return stops;
}

function escapedBytes(): Uint8Array {
  const bytes = new Uint8Array(256);
  for (const [letter, byte] of ['""', '\\\\', 'b\b', 'f\f', 'n\n', 'r\r', 't\t'] as const) {
    bytes[letter!.charCodeAt(0)] = byte!.charCodeAt(0);
  }
  return bytes;
}

function sixtets(): Uint8Array {
  const values = new Uint8Array(256).fill(NO_SIXTET);
  ascii('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/').forEach((letter, value) => {
    values[letter] = value;
  });
  return values;
}
