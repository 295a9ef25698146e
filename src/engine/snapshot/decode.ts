/**
 * JSON lines back to entries, in the buffer that they were read into: escapes and base64 of keys and strings are undone in
 * place; the items of collections go to a buffer of their own, in the form that records of the log have.
 *
 * `decode` reads exactly the forms that line-writer.ts writes. A line in any other spelling (edited by hand: members in
 * another order, spaces, other escapes) goes to parse-line.ts, which uses JSON.parse and is some ten times slower.
 */

import { TYPE_HASH, TYPE_LIST, TYPE_SET, TYPE_STRING, TYPE_ZSET } from '../../structures/entry.js';
import { ItemDecoder } from './decode-items.js';
import { ESCAPED, escapedControl, restore, STOPS } from './decode-text.js';
import { ascii } from './format.js';
import { ItemBuffer } from './item-buffer.js';
import { badLine, parseLine } from './parse-line.js';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const BRACE_CLOSE = 0x7d;
const COMMA = 0x2c;
const NEWLINE = 0x0a;
const DIGIT_0 = 0x30;
const DIGIT_6 = 0x36;
const LETTER_D = 0x64;
const LETTER_I = 0x69;
const LETTER_L = 0x6c;
const LETTER_M = 0x6d;
const LETTER_T = 0x74;

/** Any 15 digits are a safe integer. */
const DIGITS_MAX = 15;
/** Longer lines are only read in the writer's own spelling: a JavaScript string has no room for them. */
const PARSED_LINE_BYTES_MAX = 256 * 1024 * 1024;
const ITEMS_BYTES = 64 * 1024;
/** A buffer of items that grew beyond this for one huge element is not kept. */
const KEPT_ITEMS_BYTES_MAX = 64 * 1024 * 1024;

const OPENING = ascii('{"');
const DATABASE_REST = ascii('db":');
const KEY_START = ascii('key');
const VALUE_START = ascii(',"value');
const STRING_START = ascii('":"');
const STRING64_START = ascii('64":"');
const EXPIRES = ascii(',"expiresAt":');
const TYPE_START = ascii(',"type":"');
const MORE = ascii(',"more":true');
const LABEL = ascii(',"label":');
const ITEMS = ascii(',"items":[');
const DEADLINES = ascii(',"deadlines":[');
/** After the first letter of TYPE_START's string. */
const TYPE_NAMES: readonly (readonly [type: number, name: Uint8Array])[] = [
  [TYPE_LIST, ascii('list"')],
  [TYPE_SET, ascii('set"')],
  [TYPE_ZSET, ascii('zset"')],
  [TYPE_HASH, ascii('hash"')],
];

const NO_BYTES = new Uint8Array(0);

/** What `decode` returns for a line in another spelling. */
export const OTHER_SPELLING = -1;
/** What `decode` returns for a line whose base64 is damaged. */
export const BAD_LINE = -2;

/** A line taken apart. Its bytes are valid until the next one is. */
export interface SnapshotLine {
  readonly database: number;
  /** Unix ms, 0 = none. */
  readonly deadline: number;
  readonly keySource: Uint8Array;
  readonly keyOffset: number;
  readonly keySize: number;
  /** TYPE_*. */
  readonly type: number;
  /** The value of a string. The items of a collection, in the form of item-buffer.ts: a score or a deadline before its item. */
  readonly valueSource: Uint8Array;
  readonly valueOffset: number;
  readonly valueSize: number;
  /** There was a line with the same key before it. */
  readonly isMore: boolean;
  /** Items are fields of a hash with deadlines: deadline, field, value. */
  readonly areDated: boolean;
  /** Where in a large list the items belong; NaN = none. */
  readonly label: number;
  /** Elements of a collection. */
  readonly elementCount: number;
}

/** Decodes one line after the other; the fields describe the last one. */
export class LineDecoder implements SnapshotLine {
  database = 0;
  deadline = 0;
  keySource: Uint8Array = NO_BYTES;
  keyOffset = 0;
  keySize = 0;
  type = TYPE_STRING;
  valueSource: Uint8Array = NO_BYTES;
  valueOffset = 0;
  valueSize = 0;
  isMore = false;
  areDated = false;
  label = Number.NaN;
  elementCount = 0;

  private buffer = new ItemBuffer(ITEMS_BYTES);
  private readonly items = new ItemDecoder();
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
    const isCollection = bytes[this.at + 2] === LETTER_T;
    if (isCollection) {
      const result = this.readCollection(bytes, to);
      if (result < 0) return result;
    } else if (!this.skip(bytes, VALUE_START) || !this.readString(bytes)) {
      return OTHER_SPELLING;
    }
    const next = this.readClosing(bytes);
    if (next < 0 || next > to) return OTHER_SPELLING;

    // From here on the line is known to be good, base64 apart, and may be changed.
    this.database = database;
    this.keySource = bytes;
    this.keyOffset = keyStart;
    this.keySize = restore(bytes, keyStart, keyEnd, keyEscaped, key64);
    if (this.keySize < 0) return BAD_LINE;
    if (isCollection) {
      this.setItems();
      return next;
    }
    this.type = TYPE_STRING;
    this.isMore = false;
    this.valueSource = bytes;
    this.valueOffset = this.stringStart;
    this.valueSize = restore(bytes, this.stringStart, this.stringEnd, this.escaped, this.base64);
    return this.valueSize < 0 ? BAD_LINE : next;
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
    this.buffer.size = 0;
    const line = parseLine(bytes.subarray(at, end), this.buffer); // alloc: only lines edited by hand come here
    this.database = line.database;
    this.deadline = line.deadline;
    this.keySource = line.key;
    this.keyOffset = 0;
    this.keySize = line.key.length;
    this.type = line.type;
    this.isMore = line.isMore;
    this.areDated = line.areDated;
    this.label = line.label;
    this.elementCount = line.elementCount;
    this.setItems();
    if (line.value === undefined) return end + 1;
    this.valueSource = line.value;
    this.valueSize = line.value.length;
    return end + 1;
  }

  /** After the last line of a section: gives back memory that one huge element took. */
  release(): void {
    if (this.buffer.bytes.length > KEPT_ITEMS_BYTES_MAX) this.buffer = new ItemBuffer(ITEMS_BYTES);
  }

  private setItems(): void {
    this.valueSource = this.buffer.bytes;
    this.valueOffset = 0;
    this.valueSize = this.buffer.size;
  }

  /** Reads the members of a collection up to its last item. Returns 0, OTHER_SPELLING or BAD_LINE. */
  private readCollection(bytes: Uint8Array, to: number): number {
    if (!this.skip(bytes, TYPE_START)) return OTHER_SPELLING;
    const type = this.readType(bytes);
    if (type === TYPE_STRING) return OTHER_SPELLING;
    this.type = type;
    this.isMore = bytes[this.at + 2] === LETTER_M;
    if (this.isMore && !this.skip(bytes, MORE)) return OTHER_SPELLING;
    this.label = Number.NaN;
    if (type === TYPE_LIST && bytes[this.at + 2] === LETTER_L) {
      if (!this.skip(bytes, LABEL)) return OTHER_SPELLING;
      this.at = this.items.readNumber(bytes, this.at);
      if (this.at < 0) return OTHER_SPELLING;
      this.label = this.items.number;
    }
    this.areDated = type === TYPE_HASH && bytes[this.at + 2] !== LETTER_I;
    if (!this.skip(bytes, this.areDated ? DEADLINES : ITEMS)) return OTHER_SPELLING;
    const end = this.items.decode(bytes, this.at, to, type, this.areDated, this.buffer);
    if (end < 0) return end;
    this.at = end;
    this.elementCount = this.items.elementCount;
    return 0;
  }

  /** The type whose name, and its closing quote, is next; TYPE_STRING when there is none. */
  private readType(bytes: Uint8Array): number {
    for (const [type, name] of TYPE_NAMES) {
      if (this.skip(bytes, name)) return type;
    }
    return TYPE_STRING;
  }

  /** Reads what is after the value. Returns the offset of the next line, or -1. */
  private readClosing(bytes: Uint8Array): number {
    this.deadline = 0;
    if (bytes[this.at] === COMMA) {
      if (!this.skip(bytes, EXPIRES)) return -1;
      this.deadline = this.readNumber(bytes);
      if (this.deadline <= 0) return -1;
    }
    return bytes[this.at] === BRACE_CLOSE && bytes[this.at + 1] === NEWLINE ? this.at + 2 : -1;
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
