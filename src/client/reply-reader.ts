/**
 * Replies out of bytes: RESP2 and RESP3, as they arrive, in pieces of any size.
 *
 * ```
 *   $9\r\nrustacean\r\n            :9\r\n       *2\r\n $1\r\na\r\n %1\r\n $1\r\nk\r\n :1\r\n
 *   └ bulk: size, then bytes       └ line      └ aggregate: so many elements follow, each a reply of its own
 * ```
 *
 * The reader goes through each byte once. A line that is not complete yet, or a short bulk, waits in `rest` for the bytes that
 * follow it; a long bulk gets a buffer of its exact size, which is filled as its bytes come; aggregates that are not complete
 * are on a stack. So a reply of a million elements costs the same in one piece or in a thousand.
 *
 * Invariants:
 * - Nothing that is handed out shares memory with the bytes that were fed: these may be overwritten at once.
 * - Memory follows the bytes that have arrived, never a count that was only announced; a bulk's size is announced, and limited.
 * - After a ProtocolError the stream is of no use any more.
 *
 * Source: the RESP3 specification, and what redis-server sends.
 */

import { ProtocolError, ReplyError } from './errors.js';
import type { Reply } from './reply.js';

/** Who gets the replies. */
export interface ReplySink {
  /** Whether the reply that begins is to have Buffers for texts. Asked before any part of it is read, perhaps more than once. */
  wantsBuffers(): boolean;
  /** The next reply; an error reply is a `ReplyError`. */
  reply(value: Reply): void;
  /** A push message: it answers no command. Its first element says what it is. */
  push(items: Reply[]): void;
  /** Whether push messages are to have Buffers for texts. */
  readonly wantsPushBuffers?: boolean;
}

/** Bytes of one bulk: twice what a Redis value can have. */
const BULK_BYTES_MAX = 1024 * 1024 * 1024;
/** Bytes of a line: a status, an error, a number. */
const LINE_BYTES_MAX = 1024 * 1024;
/** Aggregates inside of each other. */
const DEPTH_MAX = 128;
/** A bulk that lacks more than this is collected in a buffer of its own. */
const REST_BYTES_MAX = 16 * 1024;
const REST_BYTES_INITIAL = 4 * 1024;
/** As many digits are surely exact as a number. */
const EXACT_DIGITS = 15;

const CR = 0x0d;
const LF = 0x0a;
const BANG = 0x21;
const HASH = 0x23;
const DOLLAR = 0x24;
const PERCENT = 0x25;
const LEFT_PARENTHESIS = 0x28;
const STAR = 0x2a;
const PLUS = 0x2b;
const COMMA = 0x2c;
const MINUS = 0x2d;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;
const COLON = 0x3a;
const EQUALS = 0x3d;
const GREATER = 0x3e;
const UNDERSCORE = 0x5f;
const LETTER_K = 0x4b;
const LETTER_O = 0x4f;
const LETTER_F = 0x66;
const LETTER_T = 0x74;
const VERTICAL_BAR = 0x7c;
const TILDE = 0x7e;

/** `txt:` before the text of a verbatim string. */
const VERBATIM_PREFIX_BYTES = 4;

/** An aggregate of which elements are still to come. */
interface Aggregate {
  type: number;
  remaining: number;
  items: Reply[];
}

export class ReplyReader {
  private readonly sink: ReplySink;
  /** What could not be read yet: `rest[0..restSize)`. */
  private rest: Buffer = Buffer.allocUnsafeSlow(REST_BYTES_INITIAL);
  private restSize = 0;
  /** A long bulk, its line end included, and how much of it is there. */
  private bulk: Buffer | undefined = undefined;
  private bulkType = 0;
  private bulkFilled = 0;
  private readonly stack: Aggregate[] = [];
  private depth = 0;
  private asBuffers = false;

  constructor(sink: ReplySink) {
    this.sink = sink;
  }

  /** True when nothing of a reply has been read whose end is still to come. */
  get isBetweenReplies(): boolean {
    return this.depth === 0 && this.restSize === 0 && this.bulk === undefined;
  }

  /**
   * Reads `bytes[from..to)`, which follow those of the last call. Everything that is complete with them goes to the sink before
   * this returns.
   *
   * @throws ProtocolError when they can't be a reply
   */
  feed(bytes: Buffer, from: number, to: number): void {
    let next = from;
    if (this.bulk !== undefined) next = this.fillBulk(bytes, from, to);
    if (next === to) return;
    if (this.restSize === 0) {
      this.keep(bytes, this.read(bytes, next, to), to);
      return;
    }
    const size = this.restSize + to - next;
    this.growRest(size);
    bytes.copy(this.rest, this.restSize, next, to);
    this.restSize = 0;
    this.keep(this.rest, this.read(this.rest, 0, size), size);
  }

  /** Forgets everything: for a new connection. */
  reset(): void {
    this.restSize = 0;
    this.bulk = undefined;
    this.depth = 0;
    this.stack.length = 0;
  }

  /** Reads what is complete in `bytes[from..to)`, and returns where the first part begins that is not. */
  private read(bytes: Buffer, from: number, to: number): number {
    let at = from;
    while (at < to) {
      const end = endOfLine(bytes, at, to);
      if (end < 0) return at;
      const type = bytes[at]!;
      if (this.depth === 0) this.asBuffers = this.wantsBuffers(type);
      if (type === DOLLAR || type === EQUALS || type === BANG) {
        const size = readSize(bytes, at + 1, end);
        if (size < 0) {
          this.deliver(undefined);
          at = end + 2;
        } else {
          const next = end + 2 + size + 2;
          if (next > to) return this.awaitBulk(bytes, at, end + 2, next, to);
          this.deliver(this.textOf(bytes, type, end + 2, size));
          at = next;
        }
      } else if (isAggregate(type)) {
        this.open(type, readSize(bytes, at + 1, end));
        at = end + 2;
      } else {
        this.deliver(readLine(bytes, type, at + 1, end));
        at = end + 2;
      }
    }
    return at;
  }

  private wantsBuffers(type: number): boolean {
    if (type === GREATER) return this.sink.wantsPushBuffers ?? false;
    // An attribute says something about the reply behind it, which is the one that is asked for.
    return type === VERTICAL_BAR ? false : this.sink.wantsBuffers();
  }

  /** The bulk whose line begins at `at` ends beyond `to`: returns where what is still to be kept begins. */
  private awaitBulk(bytes: Buffer, at: number, body: number, next: number, to: number): number {
    if (next - to <= REST_BYTES_MAX) return at;
    this.bulkType = bytes[at]!;
    this.bulk = Buffer.allocUnsafeSlow(next - body);
    this.bulkFilled = bytes.copy(this.bulk, 0, body, to);
    return to;
  }

  /** Goes on filling the long bulk. Returns where what follows it begins. */
  private fillBulk(bytes: Buffer, from: number, to: number): number {
    const bulk = this.bulk!;
    const next = Math.min(to, from + bulk.length - this.bulkFilled);
    this.bulkFilled += bytes.copy(bulk, this.bulkFilled, from, next);
    if (this.bulkFilled === bulk.length) {
      this.bulk = undefined;
      this.deliver(this.textOf(bulk, this.bulkType, 0, bulk.length - 2));
    }
    return next;
  }

  /** The text of a bulk that is complete, line end and all. */
  private textOf(bytes: Buffer, type: number, from: number, size: number): Reply {
    const to = from + size;
    if (bytes[to] !== CR || bytes[to + 1] !== LF)
      throw new ProtocolError('a bulk string does not end in CR LF');
    if (type === DOLLAR) return this.asBuffers ? copyOf(bytes, from, to) : bytes.toString('utf8', from, to);
    if (type === BANG) return new ReplyError(bytes.toString('utf8', from, to));
    if (size < VERBATIM_PREFIX_BYTES) throw new ProtocolError('a verbatim string has no format');
    const start = from + VERBATIM_PREFIX_BYTES;
    return this.asBuffers ? copyOf(bytes, start, to) : bytes.toString('utf8', start, to);
  }

  private open(type: number, size: number): void {
    if (size < 0) {
      this.deliver(undefined);
      return;
    }
    if (this.depth === DEPTH_MAX) throw new ProtocolError(`a reply has more than ${DEPTH_MAX} levels`);
    const remaining = type === PERCENT || type === VERTICAL_BAR ? 2 * size : size;
    if (remaining === 0) {
      this.close(type, []);
    } else {
      this.stack[this.depth] = { type, remaining, items: [] };
      this.depth += 1;
    }
  }

  /** A value is complete: the reply, or an element of the innermost aggregate, which may be complete with it. */
  private deliver(value: Reply): void {
    if (this.depth === 0) {
      this.sink.reply(value);
      return;
    }
    const aggregate = this.stack[this.depth - 1]!;
    aggregate.items.push(value);
    aggregate.remaining -= 1;
    if (aggregate.remaining !== 0) return;
    this.depth -= 1;
    this.stack.length = this.depth; // what it holds is the receiver's now
    this.close(aggregate.type, aggregate.items);
  }

  private close(type: number, items: Reply[]): void {
    if (type === VERTICAL_BAR) return;
    if (type !== GREATER) this.deliver(collect(type, items));
    else if (this.depth === 0) this.sink.push(items);
    else throw new ProtocolError('a push message inside of a reply');
  }

  /** Keeps `bytes[from..to)` for the next call. */
  private keep(bytes: Buffer, from: number, to: number): void {
    if (from === to) return;
    this.growRest(to - from);
    this.restSize = bytes.copy(this.rest, 0, from, to);
  }

  private growRest(size: number): void {
    if (size <= this.rest.length) return;
    const larger = Buffer.allocUnsafeSlow(2 * size);
    this.rest.copy(larger, 0, 0, this.restSize);
    this.rest = larger;
  }
}

/** Where the line's CR is that begins at `from`, or -1 when its end has not arrived. */
function endOfLine(bytes: Buffer, from: number, to: number): number {
  let at = from + 1;
  while (at < to && bytes[at] !== CR) at += 1;
  if (at - from > LINE_BYTES_MAX) throw new ProtocolError(`a line has more than ${LINE_BYTES_MAX} bytes`);
  if (at + 1 >= to) return -1;
  if (bytes[at + 1] !== LF) throw new ProtocolError('a carriage return without a line feed');
  return at;
}

function isAggregate(type: number): boolean {
  return type === STAR || type === PERCENT || type === TILDE || type === GREATER || type === VERTICAL_BAR;
}

/** The count or size in `bytes[from..to)`; -1 where it stands for null. */
function readSize(bytes: Buffer, from: number, to: number): number {
  let size = 0;
  for (let at = from; at < to; at++) {
    const digit = bytes[at]! - DIGIT_0;
    if (digit < 0 || digit > 9 || to - from > EXACT_DIGITS) return readNullSize(bytes, from, to);
    size = size * 10 + digit;
  }
  if (from === to || size > BULK_BYTES_MAX) return readNullSize(bytes, from, to);
  return size;
}

function readNullSize(bytes: Buffer, from: number, to: number): number {
  const text = bytes.toString('latin1', from, to);
  if (text === '-1') return -1;
  throw new ProtocolError(`'${text.slice(0, 32)}' is no size of a reply (0 to ${BULK_BYTES_MAX})`);
}

/** A reply that is a line, `bytes[from..to)` without its type. */
function readLine(bytes: Buffer, type: number, from: number, to: number): Reply {
  switch (type) {
    case PLUS:
      if (to - from === 2 && bytes[from] === LETTER_O && bytes[from + 1] === LETTER_K) return 'OK';
      return bytes.toString('utf8', from, to);
    case COLON:
      return readInteger(bytes, from, to);
    case MINUS:
      return new ReplyError(bytes.toString('utf8', from, to));
    case UNDERSCORE:
      return undefined;
    case HASH:
      return readBoolean(bytes, from, to);
    case COMMA:
      return readDouble(bytes.toString('latin1', from, to));
    case LEFT_PARENTHESIS:
      return toBigInt(bytes.toString('latin1', from, to));
    default:
      throw new ProtocolError(`a reply can't begin with ${describeByte(type)}`);
  }
}

/** A number; a bigint where a number would not be exact. */
function readInteger(bytes: Buffer, from: number, to: number): number | bigint {
  const isNegative = bytes[from] === MINUS;
  const start = isNegative ? from + 1 : from;
  if (to - start > EXACT_DIGITS || to === start) return readWideInteger(bytes, from, to);
  let value = 0;
  for (let at = start; at < to; at++) {
    const byte = bytes[at]!;
    if (byte < DIGIT_0 || byte > DIGIT_9) return readWideInteger(bytes, from, to);
    value = value * 10 + (byte - DIGIT_0);
  }
  return isNegative ? 0 - value : value;
}

function readWideInteger(bytes: Buffer, from: number, to: number): number | bigint {
  const value = toBigInt(bytes.toString('latin1', from, to));
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function toBigInt(text: string): bigint {
  if (!/^[+-]?\d+$/.test(text)) throw new ProtocolError(`'${text.slice(0, 32)}' is no integer`);
  return BigInt(text.startsWith('+') ? text.slice(1) : text);
}

function readBoolean(bytes: Buffer, from: number, to: number): boolean {
  const isOne = to === from + 1 && (bytes[from] === LETTER_T || bytes[from] === LETTER_F);
  if (!isOne) throw new ProtocolError(`'${bytes.toString('latin1', from, to).slice(0, 32)}' is no boolean`);
  return bytes[from] === LETTER_T;
}

function readDouble(text: string): number {
  if (text === 'inf' || text === '+inf') return Number.POSITIVE_INFINITY;
  if (text === '-inf') return Number.NEGATIVE_INFINITY;
  const value = Number(text);
  const isNumber = text.trim() !== '' && (!Number.isNaN(value) || /^-?nan$/i.test(text));
  if (!isNumber) throw new ProtocolError(`'${text.slice(0, 32)}' is no double`);
  return value;
}

/** The elements of an aggregate as what it is. */
function collect(type: number, items: Reply[]): Reply {
  if (type === STAR) return items;
  if (type === TILDE) return new Set(items);
  const map = new Map<Reply, Reply>();
  for (let index = 0; index < items.length; index += 2) map.set(items[index], items[index + 1]);
  return map;
}

function copyOf(bytes: Buffer, from: number, to: number): Buffer {
  const copy = Buffer.allocUnsafe(to - from);
  bytes.copy(copy, 0, from, to);
  return copy;
}

function describeByte(byte: number): string {
  return byte > 0x20 && byte < 0x7f ? `'${String.fromCharCode(byte)}'` : `byte ${byte}`;
}
