/**
 * Reads zipmaps that nobody has checked: the small hashes of Redis 2.4.
 *
 *     u8   count of pairs (254: unknown)
 *     ...  pairs: length, field, length, u8 unused bytes behind the value, value, unused bytes
 *     0xFF
 *
 * A length is a byte below 254, or 0xFE and a u32 little endian. Fields and values come out in turns, all as texts.
 *
 * Source: Redis's zipmap.c.
 */

import { DAMAGED, ELEMENT, ElementReader, END, END_BYTE } from './element-reader.js';

const LONG_LENGTH = 0xfe;
const PAIRS_UNKNOWN = 0xfe;

export class ZipmapReader extends ElementReader {
  private pairsStated = 0;
  private pairs = 0;
  private isValueNext = false;

  override open(bytes: Uint8Array, data: DataView, offset: number, size: number): boolean {
    this.bytes = bytes;
    this.data = data;
    if (size < 2) return false;
    this.pairsStated = bytes[offset]!;
    this.pairs = 0;
    this.isValueNext = false;
    this.at = offset + 1;
    this.last = offset + size - 1;
    return bytes[this.last] === END_BYTE;
  }

  override next(): number {
    const { at, bytes, last, isValueNext } = this;
    // Redis stops at the first end byte, too, and does not mind what is behind it.
    if (bytes[at] === END_BYTE) {
      const isWhole = !isValueNext && (this.pairsStated === PAIRS_UNKNOWN || this.pairsStated === this.pairs);
      return isWhole ? END : DAMAGED;
    }
    const isLong = bytes[at] === LONG_LENGTH;
    const afterLength = at + (isLong ? 5 : 1);
    const textAt = isValueNext ? afterLength + 1 : afterLength;
    if (textAt > last) return DAMAGED;
    if (!this.setText(textAt, isLong ? this.data.getUint32(at + 1, true) : bytes[at]!)) return DAMAGED;
    this.at = textAt + this.size;
    if (isValueNext) {
      this.at += bytes[afterLength]!;
      this.pairs++;
    }
    this.isValueNext = !isValueNext;
    return this.at > last ? DAMAGED : ELEMENT;
  }
}
