/**
 * JSON lines back to entries, in the buffer that they were read into: escapes and base64 are undone in place, which
 * only ever makes them shorter, and the result is a few offsets.
 *
 * `decode` reads exactly the forms that encode.ts writes. A line in any other spelling (edited by hand: members in
 * another order, spaces, other escapes) goes to `parseLine`, which uses JSON.parse and is some ten times slower.
 */

import { CrabError } from '../../base/errors.js';
import { ascii } from './format.js';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const BRACE_CLOSE = 0x7d;
const COMMA = 0x2c;
const NEWLINE = 0x0a;
const EQUALS = 0x3d;
const DIGIT_0 = 0x30;
const DIGIT_6 = 0x36;
const LETTER_D = 0x64;
const LETTER_U = 0x75;

/** Any 15 digits are a safe integer. */
const DIGITS_MAX = 15;
/** Longer lines are only read in the writer's own spelling: a JavaScript string has no room for them. */
const PARSED_LINE_BYTES_MAX = 256 * 1024 * 1024;

const OPENING = ascii('{"');
const DATABASE_REST = ascii('db":');
const KEY_START = ascii('key');
const VALUE_START = ascii(',"value');
const STRING_START = ascii('":"');
const STRING64_START = ascii('64":"');
const EXPIRES = ascii(',"expiresAt":');

/** Bytes at which the scan of a string stops: quote, backslash, control characters. */
const STOPS = stopBytes();
/** The byte that an escape's letter stands for; 0 = no such escape in this writer's spelling (`u` apart). */
const ESCAPED = escapedBytes();
const NO_SIXTET = 64;
/** Value (0 to 63) of a base64 letter, NO_SIXTET for any other byte. */
const SIXTET = sixtets();

const NO_BYTES = new Uint8Array(0);

/** What `decode` returns for a line in another spelling. */
export const OTHER_SPELLING = -1;
/** What `decode` returns for a line whose base64 is damaged. */
export const BAD_LINE = -2;

/** Decodes one line after the other; the fields describe the last one. */
export class LineDecoder {
  database = 0;
  /** Unix ms, 0 = none. */
  deadline = 0;
  keySource: Uint8Array = NO_BYTES;
  keyOffset = 0;
  keySize = 0;
  valueSource: Uint8Array = NO_BYTES;
  valueOffset = 0;
  valueSize = 0;

  /** Where `readNumber` and `readString` stopped; -1 when they did not find what they look for. */
  private at = 0;
  private stringStart = 0;
  private stringEnd = 0;
  private escaped = false;
  private base64 = false;

  /**
   * Decodes the line that begins at `at`, changing it. `bytes[to - 1]` is a newline.
   *
   * @returns the offset of the next line; OTHER_SPELLING, with nothing changed; or BAD_LINE
   */
  decode(bytes: Uint8Array, at: number, to: number): number {
    this.at = at;
    if (!this.skip(bytes, OPENING)) return OTHER_SPELLING;
    let database = 0;
    if (bytes[this.at] === LETTER_D) {
      if (!this.skip(bytes, DATABASE_REST)) return OTHER_SPELLING;
      database = this.readNumber(bytes);
      if (database < 0 || bytes[this.at] !== COMMA || bytes[this.at + 1] !== QUOTE) return OTHER_SPELLING;
      this.at += 2;
    }
    if (!this.skip(bytes, KEY_START) || !this.readString(bytes)) return OTHER_SPELLING;
    const keyStart = this.stringStart;
    const keyEnd = this.stringEnd;
    const keyEscaped = this.escaped;
    const key64 = this.base64;
    if (!this.skip(bytes, VALUE_START) || !this.readString(bytes)) return OTHER_SPELLING;
    let deadline = 0;
    if (bytes[this.at] === COMMA) {
      if (!this.skip(bytes, EXPIRES)) return OTHER_SPELLING;
      deadline = this.readNumber(bytes);
      if (deadline <= 0) return OTHER_SPELLING;
    }
    if (bytes[this.at] !== BRACE_CLOSE || bytes[this.at + 1] !== NEWLINE) return OTHER_SPELLING;
    const next = this.at + 2;
    if (next > to) return OTHER_SPELLING;

    // From here on the line is known to be good, base64 apart, and may be changed.
    this.database = database;
    this.deadline = deadline;
    this.keySource = bytes;
    this.keyOffset = keyStart;
    this.keySize = restore(bytes, keyStart, keyEnd, keyEscaped, key64);
    this.valueSource = bytes;
    this.valueOffset = this.stringStart;
    this.valueSize = restore(bytes, this.stringStart, this.stringEnd, this.escaped, this.base64);
    return this.keySize < 0 || this.valueSize < 0 ? BAD_LINE : next;
  }

  /**
   * As `decode`, for a line in any spelling.
   *
   * @throws CrabError (code SNAPSHOT_LINE) saying what is wrong with the line
   */
  parse(bytes: Uint8Array, at: number, to: number): number {
    const end = bytes.indexOf(NEWLINE, at);
    if (end < 0 || end >= to) throw badLine('the line has no end');
    if (end - at > PARSED_LINE_BYTES_MAX) {
      throw badLine(`a line of more than ${PARSED_LINE_BYTES_MAX} bytes must be as the writer spells it`);
    }
    const line = parseLine(bytes.subarray(at, end)); // alloc: only lines edited by hand come here
    this.database = line.database;
    this.deadline = line.deadline;
    this.keySource = line.key;
    this.keyOffset = 0;
    this.keySize = line.key.length;
    this.valueSource = line.value;
    this.valueOffset = 0;
    this.valueSize = line.value.length;
    return end + 1;
  }

  private skip(bytes: Uint8Array, text: Uint8Array): boolean {
    const at = this.at;
    for (let index = 0; index < text.length; index++) {
      if (bytes[at + index] !== text[index]) return false;
    }
    this.at = at + text.length;
    return true;
  }

  /** A canonical number of up to DIGITS_MAX digits, or -1. */
  private readNumber(bytes: Uint8Array): number {
    const start = this.at;
    let at = start;
    let value = 0;
    for (; at - start <= DIGITS_MAX; at++) {
      const digit = bytes[at]! - DIGIT_0;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    const count = at - start;
    if (count === 0 || count > DIGITS_MAX || (count > 1 && bytes[start] === DIGIT_0)) return -1;
    this.at = at;
    return value;
  }

  /** Goes over `":"...` or `64":"...` up to the closing quote. Sets stringStart, stringEnd, escaped and base64. */
  private readString(bytes: Uint8Array): boolean {
    this.base64 = bytes[this.at] === DIGIT_6;
    if (!this.skip(bytes, this.base64 ? STRING64_START : STRING_START)) return false;
    let at = this.at;
    this.stringStart = at;
    this.escaped = false;
    for (;;) {
      while (STOPS[bytes[at]!] === 0) at++;
      if (bytes[at] !== BACKSLASH) break;
      this.escaped = true;
      if (ESCAPED[bytes[at + 1]!] !== 0) at += 2;
      else if (escapedControl(bytes, at) >= 0) at += 6;
      else return false;
    }
    if (bytes[at] !== QUOTE || (this.base64 && this.escaped)) return false;
    this.stringEnd = at;
    this.at = at + 1;
    return true;
  }
}

interface ParsedLine {
  readonly database: number;
  readonly deadline: number;
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** Undoes a string's spelling in place. Returns its size, or -1 for bad base64. */
function restore(bytes: Uint8Array, start: number, end: number, escaped: boolean, base64: boolean): number {
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
function escapedControl(bytes: Uint8Array, at: number): number {
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
function decodeBase64(bytes: Uint8Array, start: number, end: number): number {
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

/** One line with JSON.parse. */
function parseLine(bytes: Uint8Array): ParsedLine {
  let members: Record<string, unknown>;
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    members = JSON.parse(text) as Record<string, unknown>;
  } catch (cause) {
    throw badLine('the line is not JSON', cause);
  }
  if (typeof members !== 'object' || members === null || Array.isArray(members)) {
    throw badLine('the line is not a JSON object');
  }
  for (const name of Object.keys(members)) {
    if (!MEMBERS.has(name)) throw badLine(`the line has a member "${name}" that this version does not know`);
  }
  const { db = 0, expiresAt } = members;
  if (!Number.isSafeInteger(db) || (db as number) < 0) throw badLine('"db" is not a database number');
  if (expiresAt !== undefined && !(Number.isFinite(expiresAt) && (expiresAt as number) > 0)) {
    throw badLine('"expiresAt" is not a time in milliseconds since 1970');
  }
  return {
    database: db as number,
    deadline: (expiresAt as number | undefined) ?? 0,
    key: parsedBytes(members, 'key', 'key64'),
    value: parsedBytes(members, 'value', 'value64'),
  };
}

const MEMBERS = new Set(['db', 'key', 'key64', 'value', 'value64', 'expiresAt']);

function parsedBytes(members: Record<string, unknown>, textName: string, base64Name: string): Uint8Array {
  const text = members[textName];
  const base64 = members[base64Name];
  if ((text === undefined) === (base64 === undefined)) {
    throw badLine(`the line needs either "${textName}" or "${base64Name}"`);
  }
  if (text !== undefined) {
    if (typeof text !== 'string' || !text.isWellFormed())
      throw badLine(`"${textName}" is not a valid string`);
    return Buffer.from(text, 'utf8');
  }
  if (typeof base64 !== 'string') throw badLine(`"${base64Name}" is not a string`);
  const bytes = Buffer.from(base64, 'latin1');
  const size = decodeBase64(bytes, 0, bytes.length);
  if (size < 0) throw badLine(`"${base64Name}" is not base64`);
  return bytes.subarray(0, size);
}

function badLine(what: string, cause?: unknown): CrabError {
  return new CrabError('SNAPSHOT_LINE', what, cause);
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
