/**
 * What MONITOR shows of a command: when, in which database, who, and the arguments, quoted.
 *
 *     +1339518083.107412 [0 127.0.0.1:60866] "SET" "key" "a \"b\"\x00"
 *     +1339518083.107412 [0 unix:/tmp/crabkv.sock] "AUTH" "(redacted)"
 *
 * The lines of a turn are gathered here as they are sent in RESP. Bytes that can't be printed are escaped, so that a line has no
 * line end in it but its own.
 *
 * Sources: `replicationFeedMonitors` in Redis's replication.c, `sdscatrepr` in its sds.c.
 */

import type { Call } from './call.js';

/** Of a longer argument only the beginning is shown: an argument of 512 MB would be a line of 2 GB. */
export const ARGUMENT_BYTES_MAX = 2 ** 24;
/** `\x00`: four characters for one. */
const ESCAPED_BYTES_MAX = 4;
/** Address, time and the like, and the remark that an argument was longer. */
const HEADER_BYTES_MAX = 256;
const REMARK_BYTES_MAX = 64;
const INITIAL_BYTES = 4096;
const REDACTED = Buffer.from('(redacted)');
const HEXADECIMAL = Buffer.from('0123456789abcdef');

const SPACE = 0x20;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const DELETE = 0x7f;
const LETTER_X = 0x78;
/** The letter behind the backslash, by byte; 0 for those that have none. */
const ESCAPES = new Uint8Array(256);
for (const [character, letter] of ['\nn', '\rr', '\tt', '\x07a', '\bb', '""', '\\\\']) {
  ESCAPES[(character as string).charCodeAt(0)] = (letter as string).charCodeAt(0);
}

export class MonitorLines {
  private bytes: Buffer = Buffer.alloc(INITIAL_BYTES);
  private size = 0;

  get isEmpty(): boolean {
    return this.size === 0;
  }

  /**
   * Adds the line of a command that has just run, at `nowUs` (Unix time in microseconds). What administrators do is nobody's
   * business, as in Redis.
   */
  append(call: Call, nowUs: number): void {
    const { client, count } = call;
    const { flags, isSecret } = call.command.spec;
    if (flags.includes('admin') || flags.includes('skip_monitor')) return;
    const seconds = Math.floor(nowUs / 1e6);
    const microseconds = String(Math.floor(nowUs) % 1e6).padStart(6, '0');
    const who = client.isUnix ? `unix:${client.address.replace(/:0$/, '')}` : client.address;
    this.reserve(HEADER_BYTES_MAX);
    this.size += this.bytes.write(`+${seconds}.${microseconds} [${client.database} ${who}]`, this.size);
    for (let index = 0; index < count; index++) {
      if (isSecret?.(call, index) === true) this.quote(REDACTED, 0, REDACTED.length);
      else this.quote(call.bytes, call.offset(index), call.size(index));
    }
    this.bytes[this.size++] = 0x0d;
    this.bytes[this.size++] = 0x0a;
  }

  /** The lines so far, which are forgotten here. */
  take(): Uint8Array {
    const lines = Uint8Array.prototype.slice.call(this.bytes, 0, this.size);
    this.size = 0;
    if (this.bytes.length > 2 * INITIAL_BYTES) this.bytes = Buffer.alloc(INITIAL_BYTES);
    return lines;
  }

  /** A space and the argument in quotes. Leaves room for the line end. */
  private quote(source: Uint8Array, offset: number, size: number): void {
    const shownSize = Math.min(size, ARGUMENT_BYTES_MAX);
    this.reserve(shownSize * ESCAPED_BYTES_MAX + REMARK_BYTES_MAX);
    this.bytes[this.size++] = SPACE;
    this.bytes[this.size++] = QUOTE;
    for (let at = offset; at < offset + shownSize; at++) this.put(source[at] as number);
    if (size > shownSize) this.size += this.bytes.write(`... (${size - shownSize} more bytes)`, this.size);
    this.bytes[this.size++] = QUOTE;
  }

  private put(byte: number): void {
    const bytes = this.bytes;
    const letter = ESCAPES[byte] as number;
    if (letter !== 0) {
      bytes[this.size++] = BACKSLASH;
      bytes[this.size++] = letter;
    } else if (byte >= SPACE && byte < DELETE) {
      bytes[this.size++] = byte;
    } else {
      bytes[this.size++] = BACKSLASH;
      bytes[this.size++] = LETTER_X;
      bytes[this.size++] = HEXADECIMAL[byte >> 4] as number;
      bytes[this.size++] = HEXADECIMAL[byte & 15] as number;
    }
  }

  private reserve(size: number): void {
    const needed = this.size + size;
    if (needed <= this.bytes.length) return;
    const larger = Buffer.alloc(Math.max(needed, 2 * this.bytes.length));
    larger.set(this.bytes.subarray(0, this.size));
    this.bytes = larger;
  }
}
