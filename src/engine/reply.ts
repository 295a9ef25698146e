/**
 * Replies into bytes: RESP2, RESP3, and the bare lines of the text protocol.
 *
 * One `ReplyWriter` belongs to one thread; set `protocol` for the connection that is served, write, take
 * `bytes[start..size)`, `drop()`. A reactor that can send bytes from where they are has them stay (`leave()`) and composes
 * the next connection's replies behind them, until it says that all have been sent (`reset()`). A command handler says what
 * it replies (`integer(9)`, `mapHeader(2)`), the writer knows how each protocol spells it:
 *
 * ```
 *               RESP2            RESP3            text
 *   status      +OK              +OK              OK
 *   error       -ERR no such..   -ERR no such..   ERR no such..
 *   integer     :9               :9               9
 *   bulk        $9 rustacean     $9 rustacean     rustacean
 *   nil         $-1 or *-1       _                (nil)
 *   array       *2 ...           *2 ...           one element a line; (empty array)
 *   map         *4 ...           %2 ...           key line, value line, ...
 *   double      $3 3.5           ,3.5             3.5
 *   boolean     :1               #t               true
 * ```
 *
 * Invariants: every line ends in CR LF; nothing is allocated per reply; the buffer doubles when it is too small and goes
 * back to its first size at `reset()` once it has grown beyond `REPLY_KEPT_BYTES_MAX` and that has not been needed for a while.
 * If the buffer can't grow any more, `overflowed` is set and further output is dropped: the connection must be closed, because
 * its stream is broken.
 *
 * Source: the Redis serialization protocol, and what redis-server 7.0.15 sends.
 */

import { copyBytes, copyWords, viewOf, writeByteText } from '../base/bytes.js';
import { formatDouble } from '../base/double.js';
import { formatInteger, INTEGER_BYTES_MAX, integerSize } from '../base/integer.js';
import { stopwatch } from '../base/stopwatch.js';
import type { ErrorStatistics } from './error-statistics.js';

export const PROTOCOL_TEXT = 0;
export const PROTOCOL_RESP2 = 2;
export const PROTOCOL_RESP3 = 3;
export type Protocol = typeof PROTOCOL_TEXT | typeof PROTOCOL_RESP2 | typeof PROTOCOL_RESP3;

/** Size of the buffer at first and after a reset that shrinks it. */
const REPLY_INITIAL_BYTES = 64 * 1024;
/** A buffer up to this size stays over a reset. */
const REPLY_KEPT_BYTES_MAX = 1024 * 1024;
/** One up to this size stays as long as it is needed: the replies of fifty clients that read ranges are some MB a turn. */
const REPLY_LARGE_BYTES_MAX = 16 * 1024 * 1024;
/** A large buffer goes after so many resets in a row with little in it. */
const REPLY_IDLE_RESETS = 256;
/** The most bytes that can wait in one writer; array indexes must stay below 2^31. */
export const REPLY_BYTES_MAX = 0x7fff0000;

/** Room for a type byte, a count and CR LF. */
const HEADER_BYTES_MAX = 1 + INTEGER_BYTES_MAX + 2;
/** What `beginDeferredArray` sets aside: `*`, one digit, CR LF. */
const DEFERRED_HEADER_BYTES = 4;

const CR = 0x0d;
const LF = 0x0a;
const HASH = 0x23;
const DOLLAR = 0x24;
const PERCENT = 0x25;
const LEFT_PARENTHESIS = 0x28;
const STAR = 0x2a;
const PLUS = 0x2b;
const COMMA = 0x2c;
const MINUS = 0x2d;
const DIGIT_0 = 0x30;
/** CR LF as a little-endian word. */
const LINE_END = 0x0a0d;
const COLON = 0x3a;
const EQUALS = 0x3d;
const GREATER = 0x3e;
const LETTER_F = 0x66;
const LETTER_K = 0x4b;
const LETTER_O = 0x4f;
const LETTER_T = 0x74;
const UNDERSCORE = 0x5f;
const TILDE = 0x7e;

export class ReplyWriter {
  /** The replies so far are `bytes[start..size)`. Replaced when it grows. */
  bytes: Uint8Array = new Uint8Array(REPLY_INITIAL_BYTES);
  /** The same bytes, for what is copied by words. */
  private data: DataView = viewOf(this.bytes);
  /** Resets in a row that found little in a large buffer. */
  private idleResets = 0;
  start = 0;
  size = 0;
  /** How replies are spelled. */
  protocol: Protocol = PROTOCOL_RESP2;
  /** Output has been dropped: close the connection. */
  overflowed = false;
  /** Error lines written so far. */
  errorCount = 0;
  /** Where they are counted. */
  errors: ErrorStatistics | undefined = undefined;

  /** Empties the writer, and gives memory back after a large reply. */
  reset(): void {
    const used = this.size;
    this.start = 0;
    this.size = 0;
    this.overflowed = false;
    if (this.bytes.length > REPLY_KEPT_BYTES_MAX) this.shrink(used);
  }

  /** Gives a large buffer back unless it is in use again and again. */
  private shrink(used: number): void {
    this.idleResets = used > REPLY_KEPT_BYTES_MAX ? 0 : this.idleResets + 1;
    if (this.bytes.length <= REPLY_LARGE_BYTES_MAX && this.idleResets < REPLY_IDLE_RESETS) return;
    this.idleResets = 0;
    this.replaceBytes();
  }

  /** Forgets the replies so far. What was left before them stays. */
  drop(): void {
    if (this.start === 0) {
      this.reset();
      return;
    }
    this.size = this.start;
    this.overflowed = false;
  }

  /** Leaves the replies so far where they are, for whoever sends them from there; the next ones come behind them. */
  leave(): void {
    this.start = this.size;
  }

  /** Empties the writer and leaves `bytes` to whoever still sends from them. */
  replaceBytes(): void {
    this.bytes = new Uint8Array(REPLY_INITIAL_BYTES); // alloc: rare; the old ones are too large, or in use
    this.data = viewOf(this.bytes);
    this.start = 0;
    this.size = 0;
  }

  /** Bytes that are a reply already: `source[from..to)`, copied. False when there is no room for them. */
  raw(source: Uint8Array, from: number, to: number): boolean {
    if (!this.reserve(to - from)) return false;
    copyBytes(this.bytes, this.size, source, from, to - from);
    this.size += to - from;
    return true;
  }

  /** `OK`. */
  ok(): void {
    if (!this.reserve(5)) return;
    const bytes = this.bytes;
    let at = this.size;
    if (this.protocol !== PROTOCOL_TEXT) bytes[at++] = PLUS;
    bytes[at] = LETTER_O;
    bytes[at + 1] = LETTER_K;
    bytes[at + 2] = CR;
    bytes[at + 3] = LF;
    this.size = at + 4;
  }

  /** A status such as `PONG`: characters U+0000..U+00FF, no line ends. */
  status(text: string): void {
    this.textLine(PLUS, text);
  }

  /** An error line with its code, `ERR no such key`: characters stand for bytes (U+0000..U+00FF), no line ends. */
  error(text: string): void {
    this.errorCount += 1;
    this.errors?.count(text);
    this.textLine(MINUS, text);
  }

  /** An integer within ±(2^53-1). */
  integer(value: number): void {
    this.count(COLON, value);
  }

  /** Any 64-bit integer. */
  bigInteger(value: bigint): void {
    this.textLine(COLON, value.toString()); // alloc: rare, only beyond ±(2^53-1)
  }

  /** A string of bytes: `size` bytes from `offset`, copied. */
  bulk(source: Uint8Array, offset: number, size: number): void {
    if (!this.reserve(HEADER_BYTES_MAX + size + 2)) return;
    if (this.protocol !== PROTOCOL_TEXT) this.putCount(DOLLAR, size);
    copyBytes(this.bytes, this.size, source, offset, size);
    this.size += size;
    this.putLineEnd();
  }

  /** The same from where values are: the way of GET. */
  value(source: DataView, offset: number, size: number): void {
    if (!this.reserve(HEADER_BYTES_MAX + size + 2)) return;
    if (this.protocol !== PROTOCOL_TEXT) this.putCount(DOLLAR, size);
    copyWords(this.data, this.size, source, offset, size);
    this.size += size;
    this.putLineEnd();
  }

  /** A string of `size` bytes that the caller writes into `bytes` itself: returns where, or -1 when there is no room. */
  beginBulk(size: number): number {
    if (!this.reserve(HEADER_BYTES_MAX + size + 2)) return -1;
    if (this.protocol !== PROTOCOL_TEXT) this.putCount(DOLLAR, size);
    const offset = this.size;
    this.size += size;
    this.putLineEnd();
    return offset;
  }

  /** An integer within ±(2^53-1) as a bulk string, the form in which values, cursors and the like are sent. */
  bulkInteger(value: number): void {
    if (!this.reserve(HEADER_BYTES_MAX + INTEGER_BYTES_MAX + 2)) return;
    if (this.protocol !== PROTOCOL_TEXT) this.putCount(DOLLAR, integerSize(value));
    this.size = formatInteger(this.bytes, this.size, value);
    this.putLineEnd();
  }

  /** Text as a bulk string in UTF-8. Allocates when it has characters beyond ASCII. */
  bulkText(text: string): void {
    this.sizedText(DOLLAR, '', text);
  }

  /** No value. */
  nil(): void {
    if (this.protocol === PROTOCOL_RESP2) this.count(DOLLAR, -1);
    else this.bareNil();
  }

  /** No array: RESP2 knows a nil of its own for that. */
  nilArray(): void {
    if (this.protocol === PROTOCOL_RESP2) this.count(STAR, -1);
    else this.bareNil();
  }

  /** `count` replies follow. */
  arrayHeader(count: number): void {
    this.header(STAR, STAR, count, count);
  }

  /** `count` pairs of replies follow. */
  mapHeader(count: number): void {
    this.header(PERCENT, STAR, count, count * 2);
  }

  /** `count` replies without an order follow. */
  setHeader(count: number): void {
    this.header(TILDE, STAR, count, count);
  }

  /** `count` replies follow that answer no request. */
  pushHeader(count: number): void {
    this.header(GREATER, STAR, count, count);
  }

  /** Any double, printed as Redis prints it. Allocates a string. */
  double(value: number): void {
    this.doubleText(formatDouble(value));
  }

  /** A double that is printed in another way: `text` is ASCII. */
  doubleText(text: string): void {
    if (this.protocol === PROTOCOL_RESP3) this.textLine(COMMA, text);
    else this.sizedText(DOLLAR, '', text);
  }

  boolean(value: boolean): void {
    if (this.protocol === PROTOCOL_RESP2) {
      this.count(COLON, value ? 1 : 0);
    } else if (this.protocol === PROTOCOL_TEXT) {
      this.textLine(COLON, value ? 'true' : 'false');
    } else if (this.reserve(4)) {
      this.bytes[this.size++] = HASH;
      this.bytes[this.size++] = value ? LETTER_T : LETTER_F;
      this.putLineEnd();
    }
  }

  /** Text for people in UTF-8; `format` is `txt` or `mkd`. A bulk string where the protocol has no such thing. */
  verbatim(text: string, format: 'txt' | 'mkd'): void {
    if (this.protocol === PROTOCOL_RESP3) this.sizedText(EQUALS, format === 'txt' ? 'txt:' : 'mkd:', text);
    else this.sizedText(DOLLAR, '', text);
  }

  /** An integer of any size, in decimal. */
  bigNumber(digits: string): void {
    if (this.protocol === PROTOCOL_RESP3) this.textLine(LEFT_PARENTHESIS, digits);
    else this.sizedText(DOLLAR, '', digits);
  }

  /** The current place in the output, for `rewind`. */
  mark(): number {
    return this.size;
  }

  /** Drops everything written since `mark()` returned `mark`. */
  rewind(mark: number): void {
    this.size = mark;
  }

  /** Starts an array whose length is not known yet. Write the elements, then call `endDeferredArray` with what this returned. */
  beginDeferredArray(): number {
    const mark = this.size;
    if (this.protocol !== PROTOCOL_TEXT && this.reserve(DEFERRED_HEADER_BYTES))
      this.size += DEFERRED_HEADER_BYTES;
    return mark;
  }

  /** Ends it: `count` elements were written since. Ten or more move what they wrote by a few bytes, in one copy. */
  endDeferredArray(mark: number, count: number): void {
    this.endDeferred(mark, STAR, count);
  }

  /** The same for what `setHeader` would have begun. */
  endDeferredSet(mark: number, count: number): void {
    this.endDeferred(mark, this.protocol === PROTOCOL_RESP3 ? TILDE : STAR, count);
  }

  private endDeferred(mark: number, type: number, count: number): void {
    if (this.protocol === PROTOCOL_TEXT) {
      if (count === 0) this.arrayHeader(0);
      return;
    }
    const shift = integerSize(count) - 1;
    if (!this.reserve(shift)) return;
    const elements = mark + DEFERRED_HEADER_BYTES;
    if (shift > 0) this.bytes.copyWithin(elements + shift, elements, this.size);
    const end = this.size + shift;
    this.size = mark;
    this.putCount(type, count);
    this.size = end;
  }

  private header(type: number, typeInResp2: number, count: number, countInResp2: number): void {
    if (this.protocol === PROTOCOL_RESP3) this.count(type, count);
    else if (this.protocol === PROTOCOL_RESP2) this.count(typeInResp2, countInResp2);
    else if (count === 0) this.textLine(STAR, '(empty array)');
  }

  /** A line of a type byte and an integer; in text, of the integer. */
  private count(type: number, value: number): void {
    if (!this.reserve(HEADER_BYTES_MAX)) return;
    if (this.protocol === PROTOCOL_TEXT) {
      this.size = formatInteger(this.bytes, this.size, value);
      this.putLineEnd();
    } else {
      this.putCount(type, value);
    }
  }

  /** A line of a type byte and text; in text, of the text. */
  private textLine(type: number, text: string): void {
    if (!this.reserve(text.length + 3)) return;
    if (this.protocol !== PROTOCOL_TEXT) this.bytes[this.size++] = type;
    this.size = writeByteText(this.bytes, this.size, text);
    this.putLineEnd();
  }

  /** `prefix` (ASCII) and `text` (as UTF-8) with their size in front; in text, the text alone. */
  private sizedText(type: number, prefix: string, text: string): void {
    if (!isAscii(text)) {
      const encoded = Buffer.from(prefix + text, 'utf8'); // alloc: text for people, not on the path of data
      this.sizedBytes(type, new Uint8Array(encoded.buffer, encoded.byteOffset, encoded.length));
      return;
    }
    const size = prefix.length + text.length;
    if (!this.reserve(HEADER_BYTES_MAX + size + 2)) return;
    if (this.protocol !== PROTOCOL_TEXT) this.putCount(type, size);
    this.size = writeByteText(this.bytes, this.size, prefix);
    this.size = writeByteText(this.bytes, this.size, text);
    this.putLineEnd();
  }

  private sizedBytes(type: number, source: Uint8Array): void {
    if (!this.reserve(HEADER_BYTES_MAX + source.length + 2)) return;
    if (this.protocol !== PROTOCOL_TEXT) this.putCount(type, source.length);
    copyBytes(this.bytes, this.size, source, 0, source.length);
    this.size += source.length;
    this.putLineEnd();
  }

  private bareNil(): void {
    if (this.protocol === PROTOCOL_TEXT) {
      this.textLine(UNDERSCORE, '(nil)');
    } else if (this.reserve(3)) {
      this.bytes[this.size++] = UNDERSCORE;
      this.putLineEnd();
    }
  }

  /** Type byte, integer, line end; room has been reserved. */
  private putCount(type: number, value: number): void {
    const data = this.data;
    const at = this.size;
    if (value >= 0 && value < 10) {
      // Type, digit and line end are one word.
      data.setInt32(at, type | ((DIGIT_0 + value) << 8) | (LINE_END << 16), true);
      this.size = at + 4;
    } else if (value > 0 && value < 100) {
      const tens = (value * 205) >> 11; // a tenth, without a division
      data.setInt16(at, type | ((DIGIT_0 + tens) << 8), true);
      data.setUint8(at + 2, DIGIT_0 + value - tens * 10);
      data.setInt16(at + 3, LINE_END, true);
      this.size = at + 5;
    } else {
      data.setUint8(at, type);
      this.size = formatInteger(this.bytes, at + 1, value);
      this.putLineEnd();
    }
  }

  private putLineEnd(): void {
    this.data.setInt16(this.size, LINE_END, true);
    this.size += 2;
  }

  /** Makes room for `size` more bytes; false when there is none and the output has overflowed. */
  private reserve(size: number): boolean {
    return this.size + size <= this.bytes.length && !this.overflowed ? true : this.grow(size);
  }

  private grow(size: number): boolean {
    stopwatch.meetSlowPath();
    const needed = this.size + size;
    if (this.overflowed || needed > REPLY_BYTES_MAX) {
      this.overflowed = true;
      return false;
    }
    const capacity = Math.min(REPLY_BYTES_MAX, Math.max(this.bytes.length * 2, needed));
    // alloc: the slow path; what it makes outlives the reply
    try {
      const bytes = new Uint8Array(capacity); // alloc: doubles, so a long reply costs a handful of copies
      bytes.set(this.bytes.subarray(this.start, this.size), this.start);
      this.bytes = bytes;
      this.data = viewOf(bytes);
      return true;
    } catch {
      this.overflowed = true; // the machine has no such block of memory
      return false;
    }
  }
}

function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    if (text.charCodeAt(index) > 0x7f) return false;
  }
  return true;
}
