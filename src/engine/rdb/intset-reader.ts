/**
 * Reads intsets that nobody has checked: sets of integers, in ascending order.
 *
 *     u32  bytes of an integer: 2, 4 or 8;  u32  count;  both little endian, as are the integers
 *
 * Source: Redis's intset.c.
 */

import { DAMAGED, ELEMENT, ElementReader, END } from './element-reader.js';

const HEADER_BYTES = 8;

export class IntsetReader extends ElementReader {
  private width = 0;
  private start = 0;

  override open(bytes: Uint8Array, data: DataView, offset: number, size: number): boolean {
    this.bytes = bytes;
    this.data = data;
    if (size <= HEADER_BYTES) return false;
    this.width = data.getUint32(offset, true);
    this.start = offset + HEADER_BYTES;
    this.at = this.start;
    this.last = offset + size;
    const isWidthRight = this.width === 2 || this.width === 4 || this.width === 8;
    return isWidthRight && data.getUint32(offset + 4, true) * this.width === size - HEADER_BYTES;
  }

  override next(): number {
    const { at, data, width } = this;
    if (at === this.last) return END;
    if (at !== this.start && !this.isAscending(at)) return DAMAGED;
    if (width === 2) this.setInteger(data.getInt16(at, true));
    else if (width === 4) this.setInteger(data.getInt32(at, true));
    else this.setInteger64(at);
    this.at = at + width;
    return ELEMENT;
  }

  /** True when the integer at `at` is greater than the one before it. */
  private isAscending(at: number): boolean {
    const { data, width } = this;
    if (width === 2) return data.getInt16(at, true) > data.getInt16(at - width, true);
    const high = at + width - 4;
    const difference = data.getInt32(high, true) - data.getInt32(high - width, true);
    if (width === 4 || difference !== 0) return difference > 0;
    return data.getUint32(at, true) > data.getUint32(at - width, true);
  }
}
