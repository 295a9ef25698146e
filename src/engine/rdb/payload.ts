/**
 * The payload of DUMP and RESTORE: one value as Redis's RDB files hold it, so that values travel to and from Redis.
 *
 *     u8   type                  0 = string
 *     ...  the value
 *     u16  RDB version           little endian, as is the checksum
 *     u64  CRC-64 of all before
 *
 * What a string looks like is in input.ts, what a collection looks like in types.ts and collection-reader.ts.
 *
 * Everything is written in the shortest form; nothing is compressed, since copying a value costs a tenth of compressing it.
 *
 * Source: Redis's rdb.h and `createDumpPayload` in cluster.c.
 */

import { copyBytes, copyWords, viewOf } from '../../base/bytes.js';
import { Crc64 } from '../../base/crc64.js';
import { formatInteger, INTEGER_BYTES_MAX, parseInteger } from '../../base/integer.js';
import {
  INTEGER_8_BITS,
  INTEGER_16_BITS,
  INTEGER_32_BITS,
  LENGTH_14_BITS,
  LENGTH_32_BITS,
  RdbInput,
  STRING_COMPRESSED,
  STRING_INTEGER,
} from './input.js';

/** What is written: Redis 7.0's, which all later ones read, too. */
export const RDB_VERSION = 10;
/** What is read: up to Redis 8.4's. Strings and collections have been the same since 7.4's. */
export const RDB_VERSION_READ_MAX = 13;
export const RDB_TYPE_STRING = 0;

/** Bytes of version and checksum. */
export const FOOTER_BYTES = 10;

/** The longest text that a 32-bit integer can have: `-2147483648`. */
const INTEGER_TEXT_BYTES_MAX = 11;

const crc = new Crc64();

/** The integer as which a string is written, or NaN. */
function smallInteger(bytes: Uint8Array, offset: number, size: number): number {
  if (size > INTEGER_TEXT_BYTES_MAX) return Number.NaN;
  const value = parseInteger(bytes, offset, size);
  return value === (value | 0) ? value : Number.NaN;
}

function integerBytes(value: number): number {
  if (value >= -0x80 && value <= 0x7f) return 1;
  return value >= -0x8000 && value <= 0x7fff ? 2 : 4;
}

/** Bytes of a length as `writeLength` writes it. */
export function lengthBytes(size: number): number {
  if (size < 0x40) return 1;
  return size < 0x4000 ? 2 : 5;
}

/** Bytes of a string as `writeString` writes it. */
function stringBytes(bytes: Uint8Array, offset: number, size: number): number {
  const value = smallInteger(bytes, offset, size);
  return Number.isNaN(value) ? lengthBytes(size) + size : 1 + integerBytes(value);
}

/** Writes a string in its shortest form, but never compressed. Returns the offset after it. */
export function writeString(
  target: Uint8Array,
  at: number,
  bytes: Uint8Array,
  offset: number,
  size: number,
): number {
  const value = smallInteger(bytes, offset, size);
  if (!Number.isNaN(value)) return writeInteger(target, at, value);
  const end = writeLength(target, at, size);
  copyBytes(target, end, bytes, offset, size);
  return end + size;
}

/** Bytes of the payload of this string. */
export function stringPayloadBytes(bytes: Uint8Array, offset: number, size: number): number {
  return 1 + stringBytes(bytes, offset, size) + FOOTER_BYTES;
}

/** Writes the payload of a string: `stringPayloadBytes` bytes from `at` on. */
export function writeStringPayload(
  target: Uint8Array,
  at: number,
  bytes: Uint8Array,
  offset: number,
  size: number,
): void {
  target[at] = RDB_TYPE_STRING;
  const end = writeString(target, at + 1, bytes, offset, size);
  writeFooter(target, at, end, RDB_VERSION);
}

/** Writes the `FOOTER_BYTES` bytes after a value that is `target[at..end)`, its type included. */
export function writeFooter(target: Uint8Array, at: number, end: number, version: number): void {
  target[end] = version;
  target[end + 1] = version >> 8;
  crc.reset();
  crc.add(target, at, end + 2 - at);
  crc.write(target, end + 2);
}

/** Writes a string that spells an integer of 32 bits as that integer. Returns the offset after it. */
function writeInteger(target: Uint8Array, at: number, value: number): number {
  const count = integerBytes(value);
  target[at] = count === 1 ? INTEGER_8_BITS : count === 2 ? INTEGER_16_BITS : INTEGER_32_BITS;
  for (let index = 0; index < count; index++) target[at + 1 + index] = value >> (index * 8);
  return at + 1 + count;
}

/** Writes a length, below 2^32, in its shortest form. Returns the offset after it. */
export function writeLength(target: Uint8Array, at: number, size: number): number {
  if (size < 0x40) {
    target[at] = size;
    return at + 1;
  }
  if (size < 0x4000) {
    target[at] = LENGTH_14_BITS | (size >> 8);
    target[at + 1] = size;
    return at + 2;
  }
  target[at] = LENGTH_32_BITS;
  for (let index = 0; index < 4; index++) target[at + 1 + index] = size >>> (24 - index * 8);
  return at + 5;
}

/** True when version and checksum are right: what is between them is then what somebody has dumped. */
export function isPayload(bytes: Uint8Array, offset: number, size: number): boolean {
  if (size < FOOTER_BYTES) return false;
  const footer = offset + size - FOOTER_BYTES;
  const version = bytes[footer]! | (bytes[footer + 1]! << 8);
  if (version > RDB_VERSION_READ_MAX) return false;
  crc.reset();
  crc.add(bytes, offset, size - 8);
  return crc.equals(bytes, footer + 2);
}

/** Reads the string in a payload: `open`, then `size` bytes can be `copy`-ed to where they belong. */
export class StringPayload {
  /** Bytes of the string. */
  size = 0;
  private readonly input = new RdbInput();
  private readonly digits = new Uint8Array(INTEGER_BYTES_MAX);
  private readonly digitsView = viewOf(this.digits);

  /**
   * @param bytes the request, `view` the same bytes; the payload (checked by `isPayload`) is `size` bytes from `offset` on
   * @returns false when it does not begin with a well-formed string
   */
  open(bytes: Uint8Array, view: DataView, offset: number, size: number): boolean {
    const { input } = this;
    // As in Redis, what is read may reach into the footer: it is all one buffer to the reader.
    input.open(bytes, view, offset, offset + size);
    if (input.byte() !== RDB_TYPE_STRING || !input.readString()) return false;
    const isInteger = input.form === STRING_INTEGER;
    this.size = isInteger ? formatInteger(this.digits, 0, input.integer) : input.size;
    return true;
  }

  /** Puts the string at `offset` of a segment. False when its compressed form is damaged. */
  copy(target: Uint8Array, targetView: DataView, offset: number): boolean {
    const { input } = this;
    if (input.form === STRING_COMPRESSED) return input.expand(target, offset);
    const isInteger = input.form === STRING_INTEGER;
    if (isInteger) copyWords(targetView, offset, this.digitsView, 0, this.size);
    else copyWords(targetView, offset, input.view, input.offset, this.size);
    return true;
  }
}
