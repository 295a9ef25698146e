/**
 * Entries to JSON lines. Bytes that are valid UTF-8 become JSON strings as they are, with `"`, `\` and the control
 * characters escaped; other bytes become base64 under another member name, so that every key and value comes back
 * exactly.
 *
 * The forms, always in this order (decode.ts reads just them fast):
 *
 *     {  "db":N,   only if N is not 0
 *        "key":"..." or "key64":"..."
 *        ,"value":"..." or ,"value64":"..."
 *        ,"expiresAt":MS   only with a deadline
 *     }  newline
 *
 * Nothing here allocates. A line of an entry with up to ENTRY_BYTES_MAX bytes is written at once; a longer one in
 * pieces that `PieceEncoder` cuts.
 */

import { formatInteger } from '../../base/integer.js';
import { ascii } from './format.js';

/** Entries with more key and value bytes than this are encoded in pieces. */
export const ENTRY_BYTES_MAX = 16_384;
/** An escape such as \u0000 makes six bytes of one. */
const ESCAPE_FACTOR_MAX = 6;
/** Braces, names, a database and a deadline. */
export const LINE_FRAME_BYTES_MAX = 128;
/** What a line of an entry with up to ENTRY_BYTES_MAX bytes needs at most. */
export const LINE_BYTES_MAX = ENTRY_BYTES_MAX * ESCAPE_FACTOR_MAX + LINE_FRAME_BYTES_MAX;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const BRACE_OPEN = 0x7b;
const BRACE_CLOSE = 0x7d;
const NEWLINE = 0x0a;
const COMMA = 0x2c;
const EQUALS = 0x3d;
const LETTER_U = 0x75;
const DIGIT_0 = 0x30;

/** What a byte is in a JSON string: itself; an escape's letter (`u` = \u00XX); or more than ASCII. */
const PLAIN = 0;
const MULTIBYTE = 1;
const BYTE_CLASS = byteClasses();

const HEX = ascii('0123456789abcdef');
const BASE64 = ascii('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/');
const DATABASE_MEMBER = ascii('"db":');
const KEY_MEMBER = ascii('"key":"');
const KEY64_MEMBER = ascii('"key64":"');
const VALUE_MEMBER = ascii('","value":"');
const VALUE64_MEMBER = ascii('","value64":"');
const EXPIRES_MEMBER = ascii('","expiresAt":');

/** Instead of an offset: the bytes are not UTF-8. */
const NOT_TEXT = -1;

/** Writes lines of entries of at most ENTRY_BYTES_MAX bytes from one buffer into another. */
export class LineEncoder {
  private readonly source: Uint8Array;
  private readonly target: Uint8Array;
  private readonly sourceWords: DataView;
  private readonly targetWords: DataView;

  constructor(source: Uint8Array, target: Uint8Array) {
    this.source = source;
    this.target = target;
    this.sourceWords = new DataView(source.buffer, source.byteOffset, source.length);
    this.targetWords = new DataView(target.buffer, target.byteOffset, target.length);
  }

  /**
   * Writes a line into the target from `at` on (LINE_BYTES_MAX bytes of room) and returns the offset after it. The
   * value follows the key in the source.
   *
   * @param deadline Unix ms, 0 = none
   */
  encode(
    at: number,
    database: number,
    deadline: number,
    keyOffset: number,
    keyBytes: number,
    valueBytes: number,
  ): number {
    const { source, target } = this;
    const opened = encodeOpening(target, at, database);
    let keyEnd = this.encodeText(copyAscii(target, opened, KEY_MEMBER), keyOffset, keyBytes);
    if (keyEnd === NOT_TEXT) {
      keyEnd = encodeBase64(target, copyAscii(target, opened, KEY64_MEMBER), source, keyOffset, keyBytes);
    }
    const valueOffset = keyOffset + keyBytes;
    let end = this.encodeText(copyAscii(target, keyEnd, VALUE_MEMBER), valueOffset, valueBytes);
    if (end === NOT_TEXT) {
      end = encodeBase64(target, copyAscii(target, keyEnd, VALUE64_MEMBER), source, valueOffset, valueBytes);
    }
    return encodeClosing(target, end, deadline);
  }

  /**
   * Escapes UTF-8 bytes, four at a time where they are plain. Returns the offset after them, or NOT_TEXT, with rubbish
   * written, when they are not UTF-8.
   */
  private encodeText(at: number, offset: number, size: number): number {
    const { source, target, sourceWords, targetWords } = this;
    const end = offset + size;
    const wordsEnd = end - 3;
    let to = at;
    let from = offset;
    while (from < end) {
      if (from < wordsEnd) {
        const word = sourceWords.getInt32(from, true);
        if (isPlain(word)) {
          targetWords.setInt32(to, word, true);
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

/** Writes what comes before the key's member. */
function encodeOpening(target: Uint8Array, at: number, database: number): number {
  target[at] = BRACE_OPEN;
  if (database === 0) return at + 1;
  const end = formatInteger(target, copyAscii(target, at + 1, DATABASE_MEMBER), database);
  target[end] = COMMA;
  return end + 1;
}

/** Writes what comes after the value's last byte. */
function encodeClosing(target: Uint8Array, at: number, deadline: number): number {
  let end = at;
  if (deadline === 0) target[end++] = QUOTE;
  else end = encodeDeadline(target, copyAscii(target, end, EXPIRES_MEMBER), deadline);
  target[end] = BRACE_CLOSE;
  target[end + 1] = NEWLINE;
  return end + 2;
}

function encodeDeadline(target: Uint8Array, at: number, deadline: number): number {
  if (Number.isSafeInteger(deadline)) return formatInteger(target, at, deadline);
  const text = String(deadline); // alloc: hardly ever, a deadline beyond the year 287396
  for (let index = 0; index < text.length; index++) target[at + index] = text.charCodeAt(index);
  return at + text.length;
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
function encodeBase64(
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

/** Source bytes of one piece: its line part is at most six times as long. A multiple of 3, for base64. */
const PIECE_BYTES = 98_304;
/** Room that `PieceEncoder.next` needs. */
export const PIECE_LINE_BYTES_MAX = PIECE_BYTES * ESCAPE_FACTOR_MAX + LINE_FRAME_BYTES_MAX;

const STAGE_KEY = 0;
const STAGE_VALUE = 1;
const STAGE_DONE = 2;

/** Writes the line of an entry of any size, piece by piece: `begin`, then `next` until `done`. */
export class PieceEncoder {
  done = true;
  private stage = STAGE_DONE;
  private opening = true;
  private base64 = false;
  private database = 0;
  private deadline = 0;
  private source: Uint8Array = new Uint8Array(0);
  private from = 0;
  private end = 0;
  private valueBytes = 0;

  /** Arguments as of `LineEncoder.encode`, whatever the sizes; `source` must not change before the last piece. */
  begin(
    database: number,
    deadline: number,
    source: Uint8Array,
    keyOffset: number,
    keyBytes: number,
    valueBytes: number,
  ): void {
    this.done = false;
    this.database = database;
    this.deadline = deadline;
    this.source = source;
    this.valueBytes = valueBytes;
    this.enter(STAGE_KEY, keyOffset, keyBytes);
  }

  /** Writes one piece (room: PIECE_LINE_BYTES_MAX) and returns the offset after it; sets `done` with the last. */
  next(target: Uint8Array, at: number): number {
    let to = at;
    if (this.opening) {
      this.opening = false;
      to = this.encodeMember(target, to);
    }
    const size = Math.min(PIECE_BYTES, this.end - this.from);
    to = this.base64
      ? encodeBase64(target, to, this.source, this.from, size)
      : escapeText(target, to, this.source, this.from, size);
    this.from += size;
    if (this.from < this.end) return to;
    if (this.stage === STAGE_KEY) {
      this.enter(STAGE_VALUE, this.end, this.valueBytes);
      return to;
    }
    this.stage = STAGE_DONE;
    this.done = true;
    return encodeClosing(target, to, this.deadline);
  }

  private enter(stage: number, offset: number, size: number): void {
    this.stage = stage;
    this.opening = true;
    this.from = offset;
    this.end = offset + size;
    this.base64 = prefersBase64(this.source, offset, size);
  }

  private encodeMember(target: Uint8Array, at: number): number {
    if (this.stage === STAGE_VALUE) return copyAscii(target, at, this.base64 ? VALUE64_MEMBER : VALUE_MEMBER);
    const opened = encodeOpening(target, at, this.database);
    return copyAscii(target, opened, this.base64 ? KEY64_MEMBER : KEY_MEMBER);
  }
}

/** True for bytes that are not UTF-8, and for text whose escapes would take more room than base64. */
function prefersBase64(source: Uint8Array, offset: number, size: number): boolean {
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
function escapeText(
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

function copyAscii(target: Uint8Array, at: number, text: Uint8Array): number {
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
