/**
 * Requests from bytes: RESP arrays of bulk strings, Redis's inline commands, and the lines of the text protocol.
 *
 * One `Parser` belongs to one connection. It copies nothing and allocates nothing per request: an argument is an offset and
 * a size in the caller's buffer. What differs from Redis's `networking.c` on purpose: a zero byte is a byte like any
 * other, limits on line lengths hold wherever packets happen to be cut, and a request as a whole has a limit.
 *
 * ```
 *   *3\r\n $3\r\nSET\r\n $3\r\nkey\r\n $5\r\nvalue\r\n        SET key "va\x00lue"\r\n
 *   ^from        ^     ^ arguments                   ^ next    ^from                    ^ next
 * ```
 *
 * Invariants:
 * - Progress is kept relative to the start of the request, so that bytes already seen are not parsed again, and the caller
 *   may move the bytes between two calls; it always passes where the request now starts.
 * - Quoted arguments are unescaped in place, once, when their line is complete: the result never is longer.
 * - Memory follows the bytes that have arrived, never a count or size that was only announced.
 *
 * Source: the Redis serialization protocol, and the behaviour of redis-server 7.0.15.
 */

import { NOT_INTEGER, parseInteger } from '../base/integer.js';
import * as errors from './errors.js';

/** The request is not complete: call again, from the same request start, when there are more bytes. */
export const PARSE_MORE = 0;
/** One request is complete: its arguments are set and `next` is where the next one starts. */
export const PARSE_DONE = 1;
/** A blank line or an array without elements, to be ignored; `next` is set. */
export const PARSE_EMPTY = 2;
/** Not a request: `errorText` says why. The connection cannot be read any further. */
export const PARSE_ERROR = -1;

/** No byte of the connection has been seen. */
export const MODE_UNDECIDED = 0;
/** The connection speaks RESP; a request that does not start with `*` is an inline command. */
export const MODE_RESP = 1;
/** The connection speaks the text protocol: every line is a command. */
export const MODE_TEXT = 2;

/** Bytes in a line (inline command, or the count after `*` or `$`) before its terminator. */
export const LINE_BYTES_MAX = 65536;
/**
 * Elements that an array may announce. (Redis stops at 2^31-1, which one client could turn into gigabytes of bookkeeping;
 * here the most is 128 MiB, and only as the elements really arrive.)
 */
export const ARGUMENT_COUNT_MAX = 16 * 1024 * 1024;
/** Elements in an array, and bytes in one, before the client has authenticated. */
export const UNAUTHENTICATED_ARGUMENTS_MAX = 10;
export const UNAUTHENTICATED_BULK_BYTES_MAX = 16384;
/** Default and limit of `bulkBytesMax`, those of `proto-max-bulk-len`: a request must fit one buffer. */
export const BULK_BYTES_MAX = 512 * 1024 * 1024;
/** Default of `requestBytesMax`, that of `client-query-buffer-limit`. Offsets must stay below 2^31. */
export const REQUEST_BYTES_MAX = 1024 * 1024 * 1024;

/** Room for arguments at first, and the most that a connection keeps after a big request. */
const ARGUMENTS_INITIAL = 16;
const ARGUMENTS_KEPT_MAX = 1024;

const STAGE_START = 0;
const STAGE_ARRAY = 1;
const STAGE_LINE = 2;
const STAGE_FAILED = 3;

/** Results of reading a count line, besides a count of 0 or more. */
const COUNT_NEGATIVE = -1;
const COUNT_INVALID = -2;
const COUNT_MORE = -3;
const COUNT_TOO_LONG = -4;

/** Up to this many digits a count is read without leaving machine integers. */
const COUNT_DIGITS_FAST = 9;
const CRLF_BYTES = 2;
const NO_BULK = -1;

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const DOUBLE_QUOTE = 0x22;
const DOLLAR = 0x24;
const SINGLE_QUOTE = 0x27;
const STAR = 0x2a;
const MINUS = 0x2d;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;
const BACKSLASH = 0x5c;
const LOWER_X = 0x78;

export class Parser {
  /** Arguments of the request just completed, the command's name included. */
  argumentCount = 0;
  /** Where each argument starts, in the buffer that `parse` was given. */
  argumentOffset: Int32Array = new Int32Array(ARGUMENTS_INITIAL);
  /** Bytes in each argument. */
  argumentSize: Int32Array = new Int32Array(ARGUMENTS_INITIAL);
  /** After PARSE_DONE and PARSE_EMPTY: offset of the byte after the request. */
  next = 0;
  /** After PARSE_MORE: the request has at least this many bytes, counted from its start. Bounded by `requestBytesMax`. */
  needed = 0;
  /** After PARSE_ERROR: the full error text, its code included. */
  errorText = '';
  /** Decided by the first byte of the connection unless it is set before. */
  mode = MODE_UNDECIDED;
  /** False while the client has still to authenticate: smaller limits hold. */
  authenticated = true;
  /** Bytes in one argument of an array, `proto-max-bulk-len`. */
  bulkBytesMax = BULK_BYTES_MAX;
  /** Bytes in one request, `client-query-buffer-limit`. */
  requestBytesMax = REQUEST_BYTES_MAX;

  private stage = STAGE_START;
  private base = 0; // the request start that the argument offsets were recorded with
  private position = 0; // bytes of the request that are done with
  private scanned = 0; // bytes of the request known to hold no end of the current line
  private remaining = 0; // elements of the array still to come
  private bulkSize = NO_BULK; // size of the element whose bytes are awaited
  private lineEnd = 0; // offset after the count line just read

  /** Forgets everything about a connection, so that the parser can serve the next one. Limits stay as they are. */
  reset(): void {
    this.mode = MODE_UNDECIDED;
    this.stage = STAGE_START;
    this.argumentCount = 0;
    this.errorText = '';
    this.dropLargeArrays();
  }

  /**
   * Looks for one request in `bytes[from..to)`, where `from` is the start of the request, also when earlier calls
   * have seen a part of it. Returns one of the PARSE_ constants. Cost: a few ns a byte of framing, nothing for payload.
   */
  parse(bytes: Uint8Array, from: number, to: number): number {
    if (this.stage === STAGE_START) {
      if (from >= to) {
        this.needed = 1;
        return PARSE_MORE;
      }
      this.start(bytes[from]!, from);
    } else if (from !== this.base) {
      this.rebase(from);
    }
    if (this.stage === STAGE_ARRAY) return this.parseArray(bytes, from, to);
    if (this.stage === STAGE_LINE) return this.parseLine(bytes, from, to);
    return PARSE_ERROR;
  }

  /** What the places of a long request's arguments take, in bytes; nothing for those of common ones. */
  get argumentBytes(): number {
    return this.argumentOffset.length <= ARGUMENTS_KEPT_MAX ? 0 : 2 * this.argumentOffset.byteLength;
  }

  /** Gives back what a long request has needed, unless one is under way: nobody reads the arguments of the last one any more. */
  giveBack(): void {
    if (this.argumentOffset.length > ARGUMENTS_KEPT_MAX && this.stage !== STAGE_ARRAY) this.dropLargeArrays();
  }

  private start(first: number, from: number): void {
    if (this.argumentOffset.length > ARGUMENTS_KEPT_MAX) this.dropLargeArrays();
    if (this.mode === MODE_UNDECIDED) this.mode = first === STAR ? MODE_RESP : MODE_TEXT;
    this.stage = first === STAR && this.mode === MODE_RESP ? STAGE_ARRAY : STAGE_LINE;
    this.argumentCount = 0;
    this.base = from;
    this.position = 0;
    this.scanned = 0;
    this.remaining = 0;
    this.bulkSize = NO_BULK;
  }

  private parseArray(bytes: Uint8Array, from: number, to: number): number {
    let at = from + this.position;
    if (at === from) {
      const count = this.readCount(bytes, at, to);
      if (count < 0 || count > UNAUTHENTICATED_ARGUMENTS_MAX) {
        if (count === COUNT_MORE) return this.more(from, at, to - from + 1);
        if (count === COUNT_TOO_LONG) return this.fail(errors.PROTOCOL_COUNT_TOO_LONG);
        if (count === COUNT_INVALID || count > ARGUMENT_COUNT_MAX)
          return this.fail(errors.PROTOCOL_ARRAY_SIZE);
        if (count > 0 && !this.authenticated) return this.fail(errors.PROTOCOL_UNAUTHENTICATED_ARRAY);
      }
      at = this.lineEnd;
      if (count <= 0) return this.done(at, PARSE_EMPTY);
      this.remaining = count;
    }

    let size = this.bulkSize;
    while (this.remaining > 0) {
      if (size === NO_BULK) {
        size = this.readCount(bytes, at, to);
        if (size === COUNT_MORE) return this.more(from, at, to - from + 1);
        if (size < 0 || bytes[at] !== DOLLAR || size > UNAUTHENTICATED_BULK_BYTES_MAX) {
          if (!this.acceptBulk(bytes[at]!, size)) return PARSE_ERROR;
        }
        at = this.lineEnd;
        if (at - from + size + CRLF_BYTES > this.requestBytesMax)
          return this.fail(errors.PROTOCOL_REQUEST_SIZE);
      }
      if (to - at < size + CRLF_BYTES) {
        this.bulkSize = size;
        return this.more(from, at, at - from + size + CRLF_BYTES);
      }
      this.addArgument(at, size);
      at += size + CRLF_BYTES;
      size = NO_BULK;
      this.bulkSize = NO_BULK;
      this.remaining--;
    }
    return this.done(at, PARSE_DONE);
  }

  /** Decides on the uncommon heads of an element; false has set the error. */
  private acceptBulk(first: number, size: number): boolean {
    if (size === COUNT_TOO_LONG) this.fail(errors.PROTOCOL_BULK_COUNT_TOO_LONG);
    else if (first !== DOLLAR) this.fail(errors.protocolExpectedBulk(first));
    else if (size < 0 || size > this.bulkBytesMax) this.fail(errors.PROTOCOL_BULK_SIZE);
    else if (size > UNAUTHENTICATED_BULK_BYTES_MAX && !this.authenticated) {
      this.fail(errors.PROTOCOL_UNAUTHENTICATED_BULK);
    } else return true;
    return false;
  }

  /**
   * Reads the number between the type byte at `at` and the next CR, and sets `lineEnd` to the offset after CR and one more byte
   * (which Redis does not look at either). Returns the number, or one of the COUNT_ constants.
   */
  private readCount(bytes: Uint8Array, at: number, to: number): number {
    // One digit or two, as nearly always, and the line end there: a look at each byte and no loop.
    if (at + 3 + CRLF_BYTES <= to) {
      const first = bytes[at + 1]! - DIGIT_0;
      const second = bytes[at + 2]!;
      if (first >= 0 && first <= 9) {
        if (second === CR) return this.counted(first, at + 2 + CRLF_BYTES);
        if (first !== 0 && second >= DIGIT_0 && second <= DIGIT_9 && bytes[at + 3] === CR)
          return this.counted(first * 10 + second - DIGIT_0, at + 3 + CRLF_BYTES);
      }
    }
    return this.readLongCount(bytes, at, to);
  }

  private counted(value: number, lineEnd: number): number {
    this.scanned = 0;
    this.lineEnd = lineEnd;
    return value;
  }

  private readLongCount(bytes: Uint8Array, at: number, to: number): number {
    const start = at + 1;
    const limit = Math.min(start + COUNT_DIGITS_FAST, to);
    let end = start;
    let value = 0;
    while (end < limit) {
      const digit = bytes[end]! - DIGIT_0;
      if (digit < 0 || digit > 9) break;
      value = (value * 10 + digit) | 0;
      end++;
    }
    const plain = end > start && (end === start + 1 || bytes[start] !== DIGIT_0);
    if (plain && end + 1 < to && bytes[end] === CR) return this.counted(value, end + CRLF_BYTES);
    return this.readUncommonCount(bytes, at, to);
  }

  private readUncommonCount(bytes: Uint8Array, at: number, to: number): number {
    const end = this.findInLine(bytes, at, to, CR);
    if (end < 0) return end;
    if (end + 1 >= to) return COUNT_MORE;
    this.lineEnd = end + CRLF_BYTES;
    this.scanned = 0;
    const value = parseInteger(bytes, at + 1, end - at - 1);
    if (value === NOT_INTEGER) return COUNT_INVALID;
    // A wide integer is negative or far beyond every limit: its sign is all that matters.
    if (bytes[at + 1] === MINUS) return COUNT_NEGATIVE;
    return Math.abs(value);
  }

  private parseLine(bytes: Uint8Array, from: number, to: number): number {
    const end = this.findInLine(bytes, from, to, LF);
    if (end === COUNT_MORE) return this.more(from, from, to - from + 1);
    if (end === COUNT_TOO_LONG) return this.fail(errors.PROTOCOL_INLINE_TOO_LONG);
    const textEnd = end > from && bytes[end - 1] === CR ? end - 1 : end;
    if (!this.splitLine(bytes, from, textEnd)) return this.fail(errors.PROTOCOL_UNBALANCED_QUOTES);
    return this.done(end + 1, this.argumentCount === 0 ? PARSE_EMPTY : PARSE_DONE);
  }

  /** Offset of `terminator` in the line that starts at `start`, or COUNT_MORE, or COUNT_TOO_LONG. */
  private findInLine(bytes: Uint8Array, start: number, to: number, terminator: number): number {
    const last = start + LINE_BYTES_MAX;
    const end = last < to ? last + 1 : to;
    for (let at = start + this.scanned; at < end; at++) {
      if (bytes[at] === terminator) return at;
    }
    this.scanned = end - start;
    return end > last ? COUNT_TOO_LONG : COUNT_MORE;
  }

  /** Splits a line into arguments as Redis's `sdssplitargs` does; false when quotes are not balanced. */
  private splitLine(bytes: Uint8Array, start: number, end: number): boolean {
    let at = start;
    for (;;) {
      while (at < end && isBlank(bytes[at]!)) at++;
      if (at === end) return true;
      const argumentStart = at;
      let write = at;
      while (at < end && !isSeparator(bytes[at]!)) {
        const byte = bytes[at]!;
        if (byte === DOUBLE_QUOTE || byte === SINGLE_QUOTE) {
          write = this.unquote(bytes, at, end, write);
          if (write < 0) return false;
          at = this.lineEnd;
          break; // a closing quote ends the argument
        }
        bytes[write++] = byte;
        at++;
      }
      this.addArgument(argumentStart, write - argumentStart);
    }
  }

  /**
   * Unescapes the quoted text whose opening quote is at `quoteAt` to `target`, and sets `lineEnd` to the offset after the
   * closing quote. Returns the offset after what was written, or -1 when the quote is not closed or something other than
   * a blank follows it.
   */
  private unquote(bytes: Uint8Array, quoteAt: number, end: number, target: number): number {
    const quote = bytes[quoteAt]!;
    let write = target;
    for (let at = quoteAt + 1; at < end; at++) {
      let byte = bytes[at]!;
      if (byte === quote) {
        this.lineEnd = at + 1;
        return at + 1 === end || isBlank(bytes[at + 1]!) ? write : -1;
      }
      if (byte === BACKSLASH && at + 1 < end) {
        if (quote === SINGLE_QUOTE) {
          if (bytes[at + 1] === SINGLE_QUOTE) byte = bytes[++at]!;
        } else if (
          at + 3 < end &&
          bytes[at + 1] === LOWER_X &&
          hexByte(bytes[at + 2]!, bytes[at + 3]!) >= 0
        ) {
          byte = hexByte(bytes[at + 2]!, bytes[at + 3]!);
          at += 3;
        } else {
          byte = escapedByte(bytes[++at]!);
        }
      }
      bytes[write++] = byte;
    }
    return -1;
  }

  private addArgument(offset: number, size: number): void {
    const index = this.argumentCount++;
    if (index === this.argumentOffset.length) this.growArrays();
    this.argumentOffset[index] = offset;
    this.argumentSize[index] = size;
  }

  private done(next: number, result: number): number {
    this.stage = STAGE_START;
    this.next = next;
    return result;
  }

  private more(from: number, at: number, needed: number): number {
    this.position = at - from;
    this.needed = needed;
    return PARSE_MORE;
  }

  private fail(text: string): number {
    this.stage = STAGE_FAILED;
    this.errorText = text;
    return PARSE_ERROR;
  }

  /** The bytes have moved since the last call: moves the arguments found so far along. */
  private rebase(from: number): void {
    const distance = from - this.base;
    const offsets = this.argumentOffset;
    for (let index = 0; index < this.argumentCount; index++) offsets[index] = offsets[index]! + distance;
    this.base = from;
  }

  private growArrays(): void {
    const offsets = new Int32Array(this.argumentOffset.length * 2); // alloc: doubles, and only as arguments arrive
    const sizes = new Int32Array(this.argumentSize.length * 2);
    offsets.set(this.argumentOffset);
    sizes.set(this.argumentSize);
    this.argumentOffset = offsets;
    this.argumentSize = sizes;
  }

  private dropLargeArrays(): void {
    if (this.argumentOffset.length <= ARGUMENTS_KEPT_MAX) return;
    this.argumentOffset = new Int32Array(ARGUMENTS_INITIAL); // alloc: gives back what one big request needed
    this.argumentSize = new Int32Array(ARGUMENTS_INITIAL);
  }
}

/** What may stand between arguments: C's `isspace`. */
function isBlank(byte: number): boolean {
  return byte === SPACE || (byte >= TAB && byte <= CR);
}

/** What ends an argument that is not quoted. Vertical tab and form feed do not. */
function isSeparator(byte: number): boolean {
  return byte === SPACE || byte === LF || byte === CR || byte === TAB;
}

/** The byte that a backslash and `byte` stand for in double quotes. */
function escapedByte(byte: number): number {
  switch (byte) {
    case 0x6e: // \n
      return LF;
    case 0x72: // \r
      return CR;
    case 0x74: // \t
      return TAB;
    case 0x62: // \b
      return 0x08;
    case 0x61: // \a
      return 0x07;
    default:
      return byte;
  }
}

/** The value of two hexadecimal digits, or a negative number when one of them is not. */
function hexByte(high: number, low: number): number {
  return (hexDigit(high) << 4) | hexDigit(low);
}

function hexDigit(byte: number): number {
  if (byte >= DIGIT_0 && byte <= DIGIT_9) return byte - DIGIT_0;
  const upper = byte & ~0x20;
  return upper >= 0x41 && upper <= 0x46 ? upper - 0x41 + 10 : -1;
}
