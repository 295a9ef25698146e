/**
 * Writes the lines of a snapshot (format.ts shows them) piece by piece, whatever the size of what is in them:
 *
 *     open(...)                 {"db":N,"key":"..."               "db" only if N is not 0; "key64" for what is not UTF-8
 *     value(...)                ,"value":"..."                    a string; "value64" for what is not UTF-8
 *     openItems(...)            ,"type":"hash","items":[          a collection, or a piece of one, and then
 *     item, integer, number     "...","...",1.5                   its items one by one; {"base64":"..."} for what is not UTF-8
 *     closeItems()              ]
 *     close(deadline)           ,"expiresAt":MS}  newline         only with a deadline
 *
 * The decoder reads exactly what is written here fast. Nothing here allocates but for numbers that are no integers.
 */

import { writeByteText } from '../../base/bytes.js';
import { formatInteger } from '../../base/integer.js';
import { TYPE_HASH, TYPE_LIST, TYPE_SET, TYPE_ZSET } from '../../structures/entry.js';
import {
  copyAscii,
  ESCAPE_FACTOR_MAX,
  encodeBase64,
  encodeText,
  escapeText,
  NOT_TEXT,
  prefersBase64,
} from './encode-text.js';
import { ascii } from './format.js';

/** Longer keys, values and items are written in pieces, and as base64 if that is shorter than their escapes. */
export const TEXT_BYTES_MAX = 16_384;
/** Source bytes of one piece. A multiple of 3, for base64. */
const PIECE_BYTES = 98_304;
/** What is written at once beside text: braces, names, a database, a label, a deadline. */
const FRAME_BYTES_MAX = 128;

const QUOTE = 0x22;
const BRACE_OPEN = 0x7b;
const BRACE_CLOSE = 0x7d;
const BRACKET_CLOSE = 0x5d;
const NEWLINE = 0x0a;
const COMMA = 0x2c;

const DATABASE_MEMBER = ascii('"db":');
const KEY_MEMBER = ascii('"key":"');
const KEY64_MEMBER = ascii('"key64":"');
const VALUE_MEMBER = ascii(',"value":"');
const VALUE64_MEMBER = ascii(',"value64":"');
const TYPE_MEMBERS: Uint8Array[] = [];
TYPE_MEMBERS[TYPE_LIST] = ascii(',"type":"list"');
TYPE_MEMBERS[TYPE_SET] = ascii(',"type":"set"');
TYPE_MEMBERS[TYPE_ZSET] = ascii(',"type":"zset"');
TYPE_MEMBERS[TYPE_HASH] = ascii(',"type":"hash"');
const MORE_MEMBER = ascii(',"more":true');
const LABEL_MEMBER = ascii(',"label":');
const ITEMS_MEMBER = ascii(',"items":[');
const DEADLINES_MEMBER = ascii(',"deadlines":[');
const EXPIRES_MEMBER = ascii(',"expiresAt":');
const ITEM_OPENING = ascii('"');
const ITEM64_OPENING = ascii('{"base64":"');

/** Where lines go: `snapshot-file.ts`. */
export interface LineTarget {
  readonly buffer: Uint8Array;
  /** The next byte's index in `buffer`. */
  size: number;
  /** Makes sure of `bytes` (at most 1 MiB) bytes of room in `buffer` after `size`, which it may change. */
  reserve(bytes: number): void;
  /** A line has ended. */
  endEntry(isKey: boolean): void;
}

export class LineWriter {
  private readonly target: LineTarget;
  private readonly bytes: Uint8Array;
  private readonly data: DataView;
  private isFirstItem = true;
  private isKey = true;

  constructor(target: LineTarget) {
    this.target = target;
    this.bytes = target.buffer;
    this.data = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length);
  }

  /** Begins a line. Every source is given both as an array and as a view of it. */
  open(database: number, source: Uint8Array, data: DataView, offset: number, size: number): void {
    const target = this.target;
    target.reserve(FRAME_BYTES_MAX);
    let at = target.size;
    this.bytes[at++] = BRACE_OPEN;
    if (database !== 0) {
      at = formatInteger(this.bytes, copyAscii(this.bytes, at, DATABASE_MEMBER), database);
      this.bytes[at++] = COMMA;
    }
    target.size = at;
    this.isKey = true;
    this.text(KEY_MEMBER, KEY64_MEMBER, source, data, offset, size);
    this.byte(QUOTE);
  }

  /** The value of a string. */
  value(source: Uint8Array, data: DataView, offset: number, size: number): void {
    this.text(VALUE_MEMBER, VALUE64_MEMBER, source, data, offset, size);
    this.byte(QUOTE);
  }

  /**
   * Begins the items of a collection.
   *
   * @param isMore there has been a line of this collection
   * @param label of a chunk of a list; NaN = none
   * @param areDated each field and value of a hash is followed by the field's deadline
   */
  openItems(type: number, isMore: boolean, label: number, areDated: boolean): void {
    this.target.reserve(FRAME_BYTES_MAX);
    const bytes = this.bytes;
    let at = copyAscii(bytes, this.target.size, TYPE_MEMBERS[type]!);
    if (isMore) at = copyAscii(bytes, at, MORE_MEMBER);
    if (!Number.isNaN(label)) at = encodeNumber(bytes, copyAscii(bytes, at, LABEL_MEMBER), label);
    this.target.size = copyAscii(bytes, at, areDated ? DEADLINES_MEMBER : ITEMS_MEMBER);
    this.isFirstItem = true;
    this.isKey = !isMore;
  }

  item(source: Uint8Array, data: DataView, offset: number, size: number): void {
    this.separate();
    const isBase64 = this.text(ITEM_OPENING, ITEM64_OPENING, source, data, offset, size);
    this.byte(QUOTE);
    if (isBase64) this.byte(BRACE_CLOSE);
  }

  /** An item that is the text of a safe integer. */
  integer(value: number): void {
    this.separate();
    const bytes = this.bytes;
    let at = this.target.size;
    bytes[at++] = QUOTE;
    at = formatInteger(bytes, at, value);
    bytes[at] = QUOTE;
    this.target.size = at + 1;
  }

  /** A score, or a deadline. */
  number(value: number): void {
    this.separate();
    this.target.size = encodeNumber(this.bytes, this.target.size, value);
  }

  closeItems(): void {
    this.byte(BRACKET_CLOSE);
  }

  /** Ends the line. @param deadline Unix ms, 0 = none */
  close(deadline: number): void {
    const target = this.target;
    const bytes = this.bytes;
    target.reserve(FRAME_BYTES_MAX);
    let at = target.size;
    if (deadline !== 0) at = encodeNumber(bytes, copyAscii(bytes, at, EXPIRES_MEMBER), deadline);
    bytes[at] = BRACE_CLOSE;
    bytes[at + 1] = NEWLINE;
    target.size = at + 2;
    target.endEntry(this.isKey);
  }

  /** Makes room for the beginning of an item, or all of a number, and puts a comma before all but the first. */
  private separate(): void {
    this.target.reserve(FRAME_BYTES_MAX);
    if (this.isFirstItem) this.isFirstItem = false;
    else this.bytes[this.target.size++] = COMMA;
  }

  private byte(byte: number): void {
    this.target.reserve(1);
    this.bytes[this.target.size++] = byte;
  }

  /** Writes an opening and the bytes after it, as text or as base64. Returns true for base64. */
  private text(
    opening: Uint8Array,
    opening64: Uint8Array,
    source: Uint8Array,
    data: DataView,
    offset: number,
    size: number,
  ): boolean {
    if (size > TEXT_BYTES_MAX) return this.longText(opening, opening64, source, offset, size);
    const target = this.target;
    const bytes = this.bytes;
    target.reserve(size * ESCAPE_FACTOR_MAX + FRAME_BYTES_MAX);
    const start = target.size;
    const end = encodeText(bytes, this.data, copyAscii(bytes, start, opening), source, data, offset, size);
    if (end !== NOT_TEXT) {
      target.size = end;
      return false;
    }
    target.size = encodeBase64(bytes, copyAscii(bytes, start, opening64), source, offset, size);
    return true;
  }

  private longText(
    opening: Uint8Array,
    opening64: Uint8Array,
    source: Uint8Array,
    offset: number,
    size: number,
  ): boolean {
    const { target, bytes } = this;
    const isBase64 = prefersBase64(source, offset, size);
    target.reserve(FRAME_BYTES_MAX);
    target.size = copyAscii(bytes, target.size, isBase64 ? opening64 : opening);
    for (let from = 0; from < size; from += PIECE_BYTES) {
      const piece = Math.min(PIECE_BYTES, size - from);
      target.reserve(piece * ESCAPE_FACTOR_MAX);
      target.size = isBase64
        ? encodeBase64(bytes, target.size, source, offset + from, piece)
        : escapeText(bytes, target.size, source, offset + from, piece);
    }
    return isBase64;
  }
}

/** A JSON number that means exactly this one; the infinities, which JSON has not, as the strings `inf` and `-inf`. */
function encodeNumber(target: Uint8Array, at: number, value: number): number {
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) return formatInteger(target, at, value);
  return writeByteText(target, at, numberText(value)); // alloc: scores that are no integers
}

function numberText(value: number): string {
  if (Object.is(value, -0)) return '-0';
  if (Number.isFinite(value)) return String(value);
  return value > 0 ? '"inf"' : '"-inf"';
}
