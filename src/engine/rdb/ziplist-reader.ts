/**
 * Reads ziplists that nobody has checked: what Redis before 7.0 packed small collections in.
 *
 *     u32  bytes of the whole, u32  offset of the last entry, u16  count of entries (65535: unknown), little endian
 *     ...  entries
 *     0xFF
 *
 * An entry is the size of the one before it (u8, or 0xFE and a u32 little endian), its encoding, its text if it is one:
 *
 *     00llllll, 01llllll llllllll, 0x80 u32      texts of that many bytes, big endian
 *     0xC0 i16, 0xD0 i32, 0xE0 i64, 0xF0 i24, 0xFE i8    integers, little endian
 *     0xF1 .. 0xFD                               the integers 0 to 12
 *
 * Source: Redis's ziplist.c.
 */

import { COUNT_UNKNOWN, DAMAGED, ELEMENT, ElementReader, END, END_BYTE } from './element-reader.js';

const HEADER_BYTES = 10;
const LONG_PREVIOUS_SIZE = 0xfe;
const TEXT_14_BITS = 0x40;
const TEXT_32_BITS = 0x80;
const INTEGER_16_BITS = 0xc0;
const INTEGER_32_BITS = 0xd0;
const INTEGER_64_BITS = 0xe0;
const INTEGER_24_BITS = 0xf0;
const INTEGER_8_BITS = 0xfe;
const SMALL_INTEGER = 0xf1;
const SMALL_INTEGER_MAX = 12;

export class ZiplistReader extends ElementReader {
  private start = 0;
  private previousAt = 0;
  private lastEntry = 0;
  private countLeft = 0;
  private isCountKnown = false;

  override open(bytes: Uint8Array, data: DataView, offset: number, size: number): boolean {
    this.bytes = bytes;
    this.data = data;
    if (size <= HEADER_BYTES || data.getUint32(offset, true) !== size) return false;
    this.last = offset + size - 1;
    this.start = offset + HEADER_BYTES;
    this.at = this.start;
    this.previousAt = this.start;
    this.lastEntry = offset + data.getUint32(offset + 4, true);
    this.countLeft = data.getUint16(offset + 8, true);
    this.isCountKnown = this.countLeft !== COUNT_UNKNOWN;
    return bytes[this.last] === END_BYTE && this.lastEntry <= this.last;
  }

  override next(): number {
    const { at, last, previousAt } = this;
    if (at === last) {
      const isCountWrong = this.isCountKnown && this.countLeft !== 0;
      return isCountWrong || (at !== this.start && this.lastEntry !== previousAt) ? DAMAGED : END;
    }
    this.countLeft--;
    const isLong = this.bytes[at] === LONG_PREVIOUS_SIZE;
    const encodingAt = at + (isLong ? 5 : 1);
    if (encodingAt >= last || this.bytes[at] === END_BYTE) return DAMAGED;
    const previousSize = isLong ? this.data.getUint32(at + 1, true) : this.bytes[at]!;
    if (previousSize !== at - previousAt) return DAMAGED;
    this.at = this.decode(encodingAt);
    this.previousAt = at;
    return this.at > last ? DAMAGED : ELEMENT;
  }

  /** Reads encoding and text. Returns the offset after them, beyond `last` when they are not right. */
  private decode(at: number): number {
    const { bytes, data, last } = this;
    const first = bytes[at]!;
    if (first < TEXT_14_BITS) return this.text(at + 1, first);
    if (first < TEXT_32_BITS) {
      return at + 2 > last ? last + 1 : this.text(at + 2, ((first & 0x3f) << 8) | bytes[at + 1]!);
    }
    if (first === TEXT_32_BITS) return at + 5 > last ? last + 1 : this.text(at + 5, data.getUint32(at + 1));
    const small = first - SMALL_INTEGER;
    if (small >= 0 && small <= SMALL_INTEGER_MAX) {
      this.setInteger(small);
      return at + 1;
    }
    const after = at + 1 + integerBytes(first);
    if (after === at + 1 || after > last) return last + 1;
    if (first === INTEGER_8_BITS) this.setInteger(data.getInt8(at + 1));
    else if (first === INTEGER_16_BITS) this.setInteger(data.getInt16(at + 1, true));
    else if (first === INTEGER_24_BITS) this.setInteger((data.getInt16(at + 2, true) << 8) | bytes[at + 1]!);
    else if (first === INTEGER_32_BITS) this.setInteger(data.getInt32(at + 1, true));
    else this.setInteger64(at + 1);
    return after;
  }

  private text(offset: number, size: number): number {
    return this.setText(offset, size) ? offset + size : this.last + 1;
  }
}

/** Bytes of the integer behind this encoding; 0 when it is none. */
function integerBytes(encoding: number): number {
  switch (encoding) {
    case INTEGER_8_BITS:
      return 1;
    case INTEGER_16_BITS:
      return 2;
    case INTEGER_24_BITS:
      return 3;
    case INTEGER_32_BITS:
      return 4;
    case INTEGER_64_BITS:
      return 8;
    default:
      return 0;
  }
}
