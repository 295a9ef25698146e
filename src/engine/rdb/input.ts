/**
 * Reads the primitives of Redis's RDB format from bytes that nobody has checked: lengths and strings.
 *
 *     00llllll                        length of 6 bits
 *     01llllll llllllll               of 14
 *     0x80, u32 or 0x81, u64          of 32 or 64, big endian
 *
 * A string is a length and its bytes, or one of the special forms:
 *
 *     0xC0 i8, 0xC1 i16, 0xC2 i32     no bytes: the decimal text of this integer, little endian
 *     0xC3 length length bytes        compressed (lzf.ts): compressed length, length
 *
 * Whatever goes wrong sets `failed`, and it stays set: a caller may read on and look at the end, for nothing is ever read
 * beyond the end.
 *
 * Source: Redis's rdb.h.
 */

import { decompressLzf } from './lzf.js';

export const LENGTH_14_BITS = 0x40;
export const LENGTH_32_BITS = 0x80;
export const LENGTH_64_BITS = 0x81;
const SPECIAL = 0xc0;
export const INTEGER_8_BITS = 0xc0;
export const INTEGER_16_BITS = 0xc1;
export const INTEGER_32_BITS = 0xc2;
const COMPRESSED = 0xc3;

/** No input of LZF makes more than 264 bytes of 3: whoever claims more is lying, and gets no memory for it. */
const EXPANSION_MAX = 88;

/** What a string is. */
export const STRING_PLAIN = 0;
export const STRING_INTEGER = 1;
export const STRING_COMPRESSED = 2;

/** A place in bytes that moves on as they are read. */
export class RdbInput {
  bytes: Uint8Array = new Uint8Array(0);
  view: DataView = new DataView(this.bytes.buffer);
  at = 0;
  end = 0;
  failed = false;
  /** The string that `readString` has read: its form, what it is, and where it or its compressed form begins. */
  form = STRING_PLAIN;
  integer = 0;
  offset = 0;
  /** Bytes of its text, once decompressed. Not set for an integer. */
  size = 0;
  private compressedBytes = 0;

  /** Reads `bytes[offset..end)` from now on; `view` is of the same bytes. */
  open(bytes: Uint8Array, view: DataView, offset: number, end: number): void {
    this.bytes = bytes;
    this.view = view;
    this.at = offset;
    this.end = end;
    this.failed = false;
  }

  byte(): number {
    if (this.at < this.end) return this.bytes[this.at++]!;
    this.failed = true;
    return 0;
  }

  /** A double of 8 bytes. */
  double(): number {
    const at = this.skip(8);
    return this.failed ? 0 : this.view.getFloat64(at, true);
  }

  /** An unsigned integer of 8 bytes, little endian; exact up to 2^53. */
  u64(): number {
    const at = this.skip(8);
    if (this.failed) return 0;
    return this.view.getUint32(at, true) + this.view.getUint32(at + 4, true) * 2 ** 32;
  }

  /** A length; exact up to 2^53. */
  length(): number {
    const first = this.byte();
    if (first < LENGTH_14_BITS) return first;
    if (first < LENGTH_32_BITS) return ((first & 0x3f) << 8) | this.byte();
    const count = first === LENGTH_32_BITS ? 4 : first === LENGTH_64_BITS ? 8 : 0;
    if (count === 0) this.failed = true;
    let value = 0;
    for (let index = 0; index < count; index++) value = value * 256 + this.byte();
    return value;
  }

  /** Passes over `size` bytes and returns where they begin. */
  skip(size: number): number {
    const { at } = this;
    if (size > this.end - at) this.failed = true;
    else this.at = at + size;
    return at;
  }

  /** Reads a string into `form` and what belongs to it. False when there is none (any more). */
  readString(): boolean {
    const first = this.at < this.end ? this.bytes[this.at]! : 0;
    if (first < SPECIAL) {
      this.form = STRING_PLAIN;
      this.size = this.length();
      this.offset = this.skip(this.size);
      return !this.failed;
    }
    this.at++;
    if (first === COMPRESSED) return this.readCompressed();
    if (first > COMPRESSED) this.failed = true;
    else this.readInteger(first === INTEGER_8_BITS ? 1 : first === INTEGER_16_BITS ? 2 : 4);
    return !this.failed;
  }

  /** Puts the compressed string at `at` of `target`, where `size` bytes are free. False when it is damaged. */
  expand(target: Uint8Array, at: number): boolean {
    const { bytes, offset, compressedBytes, size } = this;
    return decompressLzf(bytes, offset, offset + compressedBytes, target, at, size);
  }

  private readCompressed(): boolean {
    this.form = STRING_COMPRESSED;
    this.compressedBytes = this.length();
    this.size = this.length();
    this.offset = this.skip(this.compressedBytes);
    if (this.size > this.compressedBytes * EXPANSION_MAX) this.failed = true;
    return !this.failed;
  }

  private readInteger(count: number): void {
    this.form = STRING_INTEGER;
    const at = this.skip(count);
    if (this.failed) return;
    if (count === 1) this.integer = this.view.getInt8(at);
    else if (count === 2) this.integer = this.view.getInt16(at, true);
    else this.integer = this.view.getInt32(at, true);
  }
}
