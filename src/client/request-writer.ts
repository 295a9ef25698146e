/**
 * Requests into bytes: RESP arrays of bulk strings, one behind the other, in a buffer that is sent as a whole.
 *
 * ```
 *   *3\r\n  $3\r\nSET\r\n  $6\r\nuser:1\r\n  $9\r\nrustacean\r\n
 *   └ count └ the words, ready made           └ size, then bytes
 *
 *   bytes   ....taken, perhaps still being sent....|start  requests  |size   room ....
 * ```
 *
 * A text's size in UTF-8 is not known before it is written: nearly always it is its length, so that is written first and put
 * right where it was wrong.
 *
 * Invariant: a request is in the buffer as a whole or not at all.
 */

import { formatInteger, INTEGER_BYTES_MAX, integerSize } from '../base/integer.js';
import type { Argument, CommandInfo } from './command-runner.js';
import { UsageError } from './errors.js';

const BYTES_INITIAL = 64 * 1024;
/** A buffer larger than this is let go of once its requests have been taken. */
const BYTES_KEPT_MAX = 1024 * 1024;
/** `*` or `$`, digits, CR LF; and the CR LF behind the bytes. */
const FRAME_BYTES_MAX = 1 + INTEGER_BYTES_MAX + 2 + 2;
/** Texts up to this length are written by hand, which is quicker than a call. */
const SHORT_LENGTH_MAX = 24;
/** Room for a text up to this length is made without looking what it needs: three bytes a character. */
const SURE_LENGTH_MAX = 16 * 1024;
const UTF8_BYTES_MAX = 3;

const CR = 0x0d;
const LF = 0x0a;
const DOLLAR = 0x24;
const STAR = 0x2a;
const DIGIT_0 = 0x30;
const ASCII_MAX = 0x7f;

export class RequestWriter {
  private bytes: Buffer = Buffer.allocUnsafeSlow(BYTES_INITIAL);
  private start = 0;
  private end = 0;

  /** Bytes that have been added and not taken. */
  get size(): number {
    return this.end - this.start;
  }

  /**
   * Adds a request.
   *
   * @throws UsageError when an argument is none; nothing is added then
   */
  add(command: CommandInfo, args: readonly Argument[]): void {
    const mark = this.end;
    const words = command.encodedWords ?? encodeWords(command);
    this.reserve(FRAME_BYTES_MAX + words.length);
    this.putHeader(STAR, command.words.length + args.length);
    const bytes = this.bytes;
    let at = this.end;
    for (let index = 0; index < words.length; index++) bytes[at++] = words[index]!;
    this.end = at;
    for (let index = 0; index < args.length; index++) {
      const argument = args[index]!;
      if (typeof argument === 'string') this.addText(argument);
      else if (typeof argument === 'number') this.addNumber(argument, command, index, mark);
      else if (argument instanceof Uint8Array) this.addBytes(argument);
      else if (typeof argument === 'bigint') this.addText(argument.toString());
      else this.refuse(command, index, argument, mark);
    }
  }

  /**
   * The requests that have been added since the last time. The bytes stay as they are until `sent` is called; without it the next
   * requests come behind them, or into another buffer.
   */
  take(): Buffer {
    const taken = this.bytes.subarray(this.start, this.end);
    this.start = this.end;
    if (this.bytes.length > BYTES_KEPT_MAX) this.replace(BYTES_INITIAL);
    return taken;
  }

  /** Everything that was taken has left: its place can be used again. */
  sent(): void {
    if (this.start !== this.end) return;
    this.start = 0;
    this.end = 0;
  }

  /** Forgets what has been added and not taken. */
  clear(): void {
    this.end = this.start;
  }

  private addText(text: string): void {
    const { length } = text;
    if (length > SHORT_LENGTH_MAX || !this.addShortAscii(text)) this.addUtf8(text);
  }

  /** False, and nothing is added, when there are characters beyond ASCII. */
  private addShortAscii(text: string): boolean {
    const { length } = text;
    const mark = this.end;
    this.reserve(FRAME_BYTES_MAX + length);
    this.putHeader(DOLLAR, length);
    const bytes = this.bytes;
    let at = this.end;
    for (let index = 0; index < length; index++) {
      const code = text.charCodeAt(index);
      if (code > ASCII_MAX) {
        this.end = mark;
        return false;
      }
      bytes[at++] = code;
    }
    this.end = at;
    this.putLineEnd();
    return true;
  }

  private addUtf8(text: string): void {
    const { length } = text;
    const isSure = length <= SURE_LENGTH_MAX;
    const bound = isSure ? length * UTF8_BYTES_MAX : Buffer.byteLength(text);
    this.reserve(FRAME_BYTES_MAX + bound);
    const mark = this.end;
    this.putHeader(DOLLAR, isSure ? length : bound);
    const written = this.bytes.write(text, this.end, 'utf8');
    if (isSure && written !== length) this.mendHeader(mark, length, written);
    this.end += written;
    this.putLineEnd();
  }

  /** The text behind the header at `mark`, which says `length`, has turned out to have `size` bytes. */
  private mendHeader(mark: number, length: number, size: number): void {
    const text = this.end;
    const shift = integerSize(size) - integerSize(length);
    if (shift !== 0) this.bytes.copyWithin(text + shift, text, text + size);
    this.end = mark;
    this.putHeader(DOLLAR, size);
  }

  private addNumber(value: number, command: CommandInfo, index: number, mark: number): void {
    if (!Number.isSafeInteger(value)) {
      if (Number.isNaN(value)) this.refuse(command, index, value, mark);
      this.addText(decimalText(value));
      return;
    }
    this.reserve(2 * FRAME_BYTES_MAX);
    const digits = formatInteger(numberDigits, 0, value);
    this.putHeader(DOLLAR, digits);
    for (let digit = 0; digit < digits; digit++) this.bytes[this.end + digit] = numberDigits[digit]!;
    this.end += digits;
    this.putLineEnd();
  }

  private addBytes(source: Uint8Array): void {
    this.reserve(FRAME_BYTES_MAX + source.length);
    this.putHeader(DOLLAR, source.length);
    this.bytes.set(source, this.end);
    this.end += source.length;
    this.putLineEnd();
  }

  private refuse(command: CommandInfo, index: number, argument: unknown, mark: number): never {
    this.end = mark;
    throw wrongArgument(command, index, argument);
  }

  private putHeader(type: number, count: number): void {
    const bytes = this.bytes;
    let at = this.end;
    bytes[at++] = type;
    if (count < 10) bytes[at++] = DIGIT_0 + count;
    else at = formatInteger(bytes, at, count);
    bytes[at] = CR;
    bytes[at + 1] = LF;
    this.end = at + 2;
  }

  private putLineEnd(): void {
    this.bytes[this.end] = CR;
    this.bytes[this.end + 1] = LF;
    this.end += 2;
  }

  private reserve(size: number): void {
    if (this.end + size > this.bytes.length) this.replace(this.end - this.start + size);
  }

  /** Goes on in another buffer, of at least `size` bytes, with what has not been taken. */
  private replace(size: number): void {
    const pending = this.end - this.start;
    const larger = Buffer.allocUnsafeSlow(Math.max(BYTES_INITIAL, pending === 0 ? size : 2 * size));
    this.bytes.copy(larger, 0, this.start, this.end);
    this.bytes = larger;
    this.start = 0;
    this.end = pending;
  }
}

const numberDigits = new Uint8Array(INTEGER_BYTES_MAX);

/** What to throw when argument `index` (0 = the first after the command's words) is nothing that can be one. */
export function wrongArgument(command: CommandInfo, index: number, argument: unknown): UsageError {
  const what =
    typeof argument === 'object' && argument !== null ? argument.constructor?.name : String(argument);
  return new UsageError(
    `argument ${index + 1} of ${command.words.join(' ')} is ${what}; it must be a string, a number, a bigint or a Uint8Array`,
  );
}

/** A number that is no safe integer, as Redis writes and reads it. */
export function decimalText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return 'inf';
  return value === Number.NEGATIVE_INFINITY ? '-inf' : String(value);
}

function encodeWords(command: CommandInfo): Uint8Array {
  const words = command.words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
  command.encodedWords = Buffer.from(words.join(''));
  return command.encodedWords;
}
