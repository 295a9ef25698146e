/**
 * What is to be stored in a packed list or looked for in one, classified once: as the integer that its bytes spell, or
 * as text. The form of an element is in packed-list.ts.
 *
 * `write` needs the bytes where they were when the item was set: an item refers to a text, it does not hold it.
 */

import { copyWords } from '../base/bytes.js';
import { NOT_INTEGER, parseInteger, WIDE_INTEGER } from '../base/integer.js';
import {
  backwardBytes,
  HEAD_INT13,
  HEAD_INT16,
  HEAD_INT24,
  HEAD_INT32,
  HEAD_INT64,
  HEAD_TEXT6,
  HEAD_TEXT12,
  HEAD_TEXT32,
  TEXT6_BYTES_MAX,
  TEXT6_HEADER_BYTES,
  TEXT12_BYTES_MAX,
  TEXT12_HEADER_BYTES,
  TEXT32_HEADER_BYTES,
  writeBackwardSize,
} from './packed-list.js';

const DIGIT_9 = 0x39;
const MINUS = 0x2d;
const TWO_32 = 2 ** 32;

/** One reused instance per user. */
export class PackedItem {
  isInteger = false;
  /** The value, when it is an integer. */
  integer = 0;
  /** The text, when it is not. */
  data: DataView = new DataView(new ArrayBuffer(0));
  offset = 0;
  size = 0;
  /** Bytes of the element: all of it, and those before the text or, of an integer, before the backward size. */
  encodedBytes = 0;
  headerBytes = 0;
  /** The element's first byte. */
  head = 0;

  /**
   * Takes `size` bytes, given both as an array and as a view of the same buffer: as an integer when they are the
   * canonical form of one within 2^53 - 1 either way, as text otherwise.
   */
  setBytes(bytes: Uint8Array, data: DataView, offset: number, size: number): void {
    const first = size === 0 ? 0 : bytes[offset]!;
    if (first >= MINUS && first <= DIGIT_9) {
      const value = parseInteger(bytes, offset, size);
      if (value !== NOT_INTEGER && value !== WIDE_INTEGER) {
        this.setInteger(value);
        return;
      }
    }
    this.setRaw(data, offset, size);
  }

  /** Takes an integer within 2^53 - 1 either way. */
  setInteger(value: number): void {
    this.isInteger = true;
    this.integer = value;
    if (value === (value | 0)) this.classify(value | 0);
    else this.setForm(HEAD_INT64, 9);
  }

  /** Takes `size` bytes as text, whatever they spell. */
  setRaw(data: DataView, offset: number, size: number): void {
    this.isInteger = false;
    this.data = data;
    this.offset = offset;
    this.size = size;
    if (size <= TEXT6_BYTES_MAX) {
      this.head = HEAD_TEXT6 | size;
      this.headerBytes = TEXT6_HEADER_BYTES;
      this.encodedBytes = size + 2;
      return;
    }
    const isShort = size <= TEXT12_BYTES_MAX;
    this.head = isShort ? HEAD_TEXT12 | (size >> 8) : HEAD_TEXT32;
    this.headerBytes = isShort ? TEXT12_HEADER_BYTES : TEXT32_HEADER_BYTES;
    const bytes = this.headerBytes + size;
    this.encodedBytes = bytes + backwardBytes(bytes);
  }

  /** Writes the element at `at`, where there are `encodedBytes` of room, and returns the offset after it. */
  write(target: DataView, at: number): number {
    const end = at + this.encodedBytes;
    target.setUint8(at, this.head);
    if (this.isInteger) {
      this.writeInteger(target, at + 1);
      target.setUint8(end - 1, this.headerBytes);
      return end;
    }
    const size = this.size;
    if (this.head >= HEAD_TEXT32) target.setUint32(at + 1, size, true);
    else if (this.head >= HEAD_TEXT12) target.setUint8(at + 1, size);
    const textAt = at + this.headerBytes;
    copyWords(target, textAt, this.data, this.offset, size);
    writeBackwardSize(target, textAt + size, end, this.headerBytes + size);
    return end;
  }

  /** The form of an integer of 32 bits. */
  private classify(value: number): void {
    if (value >= 0 && value <= 0x7f) this.setForm(value, 1);
    else if (value === (value << 19) >> 19) this.setForm(HEAD_INT13 | ((value >> 8) & 0x1f), 2);
    else if (value === (value << 16) >> 16) this.setForm(HEAD_INT16, 3);
    else if (value === (value << 8) >> 8) this.setForm(HEAD_INT24, 4);
    else this.setForm(HEAD_INT32, 5);
  }

  private setForm(head: number, headerBytes: number): void {
    this.head = head;
    this.headerBytes = headerBytes;
    this.encodedBytes = headerBytes + 1;
  }

  /** Writes the bytes of an integer that follow its head. */
  private writeInteger(target: DataView, at: number): void {
    const value = this.integer;
    const head = this.head;
    if (head < HEAD_TEXT6) return;
    if (head < HEAD_TEXT12) target.setUint8(at, value);
    else if (head === HEAD_INT16) target.setInt16(at, value, true);
    else if (head === HEAD_INT24) {
      target.setInt16(at, value, true);
      target.setInt8(at + 2, value >> 16);
    } else if (head === HEAD_INT32) target.setInt32(at, value, true);
    else {
      target.setInt32(at, value % TWO_32, true);
      target.setInt32(at + 4, Math.floor(value / TWO_32), true);
    }
  }
}
