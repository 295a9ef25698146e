/**
 * Reads listpacks that nobody has checked.
 *
 *     u32  bytes of the whole, u16  count of elements (65535: unknown), both little endian
 *     ...  elements, as structures/packed-list.ts has them
 *     0xFF
 *
 * Two things are otherwise than in a packed list: integers may be of all 64 bits, and need not be in their narrowest form.
 *
 * Source: Redis's listpack.c.
 */

import * as packed from '../../structures/packed-list.js';
import { COUNT_UNKNOWN, DAMAGED, ELEMENT, ElementReader, END, END_BYTE } from './element-reader.js';

export const LISTPACK_HEADER_BYTES = 6;
/** What `elementBytes` says when there is no element: no listpack has room for that. */
const NO_ELEMENT = Number.POSITIVE_INFINITY;

export class ListpackReader extends ElementReader {
  private readonly cursor = new packed.PackedCursor();
  private countLeft = 0;
  private isCountKnown = false;

  override open(bytes: Uint8Array, data: DataView, offset: number, size: number): boolean {
    this.bytes = bytes;
    this.data = data;
    if (size <= LISTPACK_HEADER_BYTES || data.getUint32(offset, true) !== size) return false;
    this.last = offset + size - 1;
    this.at = offset + LISTPACK_HEADER_BYTES;
    this.countLeft = data.getUint16(offset + 4, true);
    this.isCountKnown = this.countLeft !== COUNT_UNKNOWN;
    return bytes[this.last] === END_BYTE;
  }

  override next(): number {
    const { at, last, cursor } = this;
    if (at === last) return this.isCountKnown && this.countLeft !== 0 ? DAMAGED : END;
    this.countLeft--;
    const size = this.elementBytes(at);
    const end = at + size + packed.backwardBytes(size);
    if (end > last || !this.isBackwardSize(at + size, end, size)) return DAMAGED;
    cursor.read(this.data, at);
    this.at = end;
    if (!cursor.isInteger) this.setText(cursor.offset, cursor.size);
    else if (this.bytes[at] === packed.HEAD_INT64) this.setInteger64(at + 1);
    else this.setInteger(cursor.integer);
    return ELEMENT;
  }

  /** Bytes of the element at `at` without its backward size, looking at nothing from `last` on. */
  private elementBytes(at: number): number {
    const head = this.bytes[at]!;
    if (head < packed.HEAD_TEXT6) return 1;
    if (head < packed.HEAD_INT13) return packed.TEXT6_HEADER_BYTES + (head & packed.TEXT6_BYTES_MAX);
    if (head < packed.HEAD_TEXT12) return 2;
    const room = this.last - at;
    if (head < packed.HEAD_TEXT32) {
      if (room < packed.TEXT12_HEADER_BYTES) return NO_ELEMENT;
      return packed.TEXT12_HEADER_BYTES + (this.data.getUint16(at) & packed.TEXT12_BYTES_MAX);
    }
    switch (head) {
      case packed.HEAD_TEXT32:
        if (room < packed.TEXT32_HEADER_BYTES) return NO_ELEMENT;
        return packed.TEXT32_HEADER_BYTES + this.data.getUint32(at + 1, true);
      case packed.HEAD_INT16:
        return 3;
      case packed.HEAD_INT24:
        return 4;
      case packed.HEAD_INT32:
        return 5;
      case packed.HEAD_INT64:
        return 9;
      default:
        return NO_ELEMENT;
    }
  }

  /** True when `[at, end)` says backwards that the element before it has `size` bytes. */
  private isBackwardSize(at: number, end: number, size: number): boolean {
    let rest = size;
    for (let index = end - 1; index > at; index--) {
      if (this.bytes[index] !== (0x80 | (rest & 0x7f))) return false;
      rest >>>= 7;
    }
    return this.bytes[at] === rest;
  }
}
