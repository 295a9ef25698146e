/**
 * The payload of DUMP and RESTORE: one value as Redis's RDB files hold it, so that values travel to and from Redis.
 *
 *     u8   type                  0 = string
 *     ...  the value
 *     u16  RDB version           little endian, as is the checksum
 *     u64  CRC-64 of all before
 *
 * A string is a length and its bytes, or one of the special forms:
 *
 *     00llllll                        length of 6 bits
 *     01llllll llllllll               of 14
 *     0x80, u32 or 0x81, u64          of 32 or 64, big endian
 *     0xC0 i8, 0xC1 i16, 0xC2 i32     no bytes: the decimal text of this integer, little endian
 *     0xC3 length length bytes        compressed (lzf.ts): compressed length, length
 *
 * Everything is written in the shortest form; nothing is compressed, since copying a value costs a tenth of compressing it.
 *
 * Source: Redis's rdb.h and `createDumpPayload` in cluster.c.
 */

import { copyWords, viewOf } from '../../base/bytes.js';
import { Crc64 } from '../../base/crc64.js';
import { formatInteger, INTEGER_BYTES_MAX, parseInteger } from '../../base/integer.js';
import { decompressLzf } from './lzf.js';

/** What is written: Redis 7.0's, which all later ones read, too. */
export const RDB_VERSION = 10;
/** What is read: up to Redis 8.4's. Strings have been the same in all of them. */
export const RDB_VERSION_READ_MAX = 13;
export const RDB_TYPE_STRING = 0;

const FOOTER_BYTES = 10;

const LENGTH_14_BITS = 0x40;
const LENGTH_32_BITS = 0x80;
const LENGTH_64_BITS = 0x81;
const SPECIAL = 0xc0;
const INTEGER_8_BITS = 0xc0;
const INTEGER_16_BITS = 0xc1;
const INTEGER_32_BITS = 0xc2;
const COMPRESSED = 0xc3;

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

function lengthBytes(size: number): number {
  if (size < 0x40) return 1;
  return size < 0x4000 ? 2 : 5;
}

/** Bytes of the payload of this string. */
export function stringPayloadBytes(bytes: Uint8Array, offset: number, size: number): number {
  const value = smallInteger(bytes, offset, size);
  const string = Number.isNaN(value) ? lengthBytes(size) + size : 1 + integerBytes(value);
  return 1 + string + FOOTER_BYTES;
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
  let end = at + 1;
  const value = smallInteger(bytes, offset, size);
  if (Number.isNaN(value)) {
    end = writeLength(target, end, size);
    target.set(bytes.subarray(offset, offset + size), end); // alloc: one view for a command that is rare
    end += size;
  } else {
    end = writeInteger(target, end, value);
  }
  target[end] = RDB_VERSION;
  target[end + 1] = 0;
  crc.reset();
  crc.add(target, at, end + 2 - at);
  crc.write(target, end + 2);
}

function writeInteger(target: Uint8Array, at: number, value: number): number {
  const count = integerBytes(value);
  target[at] = count === 1 ? INTEGER_8_BITS : count === 2 ? INTEGER_16_BITS : INTEGER_32_BITS;
  for (let index = 0; index < count; index++) target[at + 1 + index] = value >> (index * 8);
  return at + 1 + count;
}

function writeLength(target: Uint8Array, at: number, size: number): number {
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
  private bytes: Uint8Array = new Uint8Array(0);
  private view: DataView = viewOf(this.bytes);
  private at = 0;
  private end = 0;
  private compressedBytes = 0;
  private failed = false;
  private readonly digits = new Uint8Array(INTEGER_BYTES_MAX);
  private readonly digitsView = viewOf(this.digits);

  /**
   * @param bytes the request, `view` the same bytes; the payload (checked by `isPayload`) is `size` bytes from `offset` on
   * @returns false when it does not begin with a well-formed string
   */
  open(bytes: Uint8Array, view: DataView, offset: number, size: number): boolean {
    this.bytes = bytes;
    this.view = view;
    this.at = offset;
    // As in Redis, what is read may reach into the footer: it is all one buffer to the reader.
    this.end = offset + size;
    this.compressedBytes = 0;
    this.failed = false;
    if (this.byte() !== RDB_TYPE_STRING) return false;
    const first = this.byte();
    if (first < SPECIAL) {
      this.size = this.length(first);
      return !this.failed && this.size <= this.end - this.at;
    }
    if (first === COMPRESSED) {
      this.compressedBytes = this.length(this.byte());
      this.size = this.length(this.byte());
      if (this.compressedBytes === 0 && this.size !== 0) return false;
      return !this.failed && this.compressedBytes <= this.end - this.at;
    }
    return this.openInteger(first);
  }

  /** Puts the string at `offset` of a segment. False when its compressed form is damaged. */
  copy(target: Uint8Array, targetView: DataView, offset: number): boolean {
    const { compressedBytes, at } = this;
    if (compressedBytes !== 0) {
      return decompressLzf(this.bytes, at, at + compressedBytes, target, offset, this.size);
    }
    copyWords(targetView, offset, this.view, at, this.size);
    return true;
  }

  private openInteger(form: number): boolean {
    const count = form === INTEGER_8_BITS ? 1 : form === INTEGER_16_BITS ? 2 : 4;
    if (form > INTEGER_32_BITS) return false;
    let value = 0;
    for (let index = 0; index < count; index++) value |= this.byte() << (index * 8);
    if (this.failed) return false;
    const unused = 32 - count * 8;
    this.size = formatInteger(this.digits, 0, (value << unused) >> unused);
    this.bytes = this.digits;
    this.view = this.digitsView;
    this.at = 0;
    return true;
  }

  /** A length whose first byte has been read; -1 and `failed` when it is none. Exact up to 2^53. */
  private length(first: number): number {
    if (first < LENGTH_14_BITS) return first;
    if (first < LENGTH_32_BITS) return ((first & 0x3f) << 8) | this.byte();
    const count = first === LENGTH_32_BITS ? 4 : first === LENGTH_64_BITS ? 8 : 0;
    if (count === 0) this.failed = true;
    let value = 0;
    for (let index = 0; index < count; index++) value = value * 256 + this.byte();
    return value;
  }

  private byte(): number {
    if (this.at < this.end) return this.bytes[this.at++]!;
    this.failed = true;
    return 0;
  }
}
