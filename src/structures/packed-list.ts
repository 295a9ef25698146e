/**
 * Packed lists: elements one after the other in one run of bytes, the form of every small collection.
 *
 * Why: a hash of ten fields as ten blocks costs ten headers, ten pointers and ten cache misses; packed, it costs two
 * bytes an element, and a search through it runs at the speed of the cache. The bytes of the elements are Redis's
 * listpack's: what a dump holds is written and read without another encoding.
 *
 * An element is its first byte (the *head*), perhaps bytes of a size or of an integer, the bytes of a text, and the
 * size of all that once more, to be read backwards:
 *
 *     head        then                  what
 *     0xxxxxxx                          integer, 0 to 127
 *     10xxxxxx    text                  text of up to 63 bytes
 *     110xxxxx    1 byte                integer of 13 bits, the high ones in the head
 *     1110xxxx    1 byte, text          text of up to 4095 bytes, the high bits of its size in the head
 *     11110000    4 bytes, text         longer text
 *     11110001    2, 3, 4 or 8 bytes    integer (11110001 to 11110100); little endian like the size before
 *
 *     backward size: seven bits a byte, the lowest last; all bytes but the first have their top bit set
 *
 * Invariants: an integer is in the narrowest form that holds it, and bytes that spell an integer as `parseInteger` takes
 * it are never a text, but for what was written as raw text. Two elements are equal exactly when their bytes are. All
 * integers are within 2^53 - 1 either way. Redis has those beyond as integers of 64 bits, here they are texts: whoever
 * takes over a listpack of Redis's turns them into texts first. (`read` makes a number of them that is not a safe
 * integer.)
 *
 * A list is only its bounds `[start, end)` in a segment; its owner keeps them. `PackedItem` writes elements.
 *
 * Source: the listpack specification, https://github.com/antirez/listpack/blob/master/listpack.md
 */

import { copyToBytes, equalWords } from '../base/bytes.js';
import { formatInteger, integerSize, parseInteger } from '../base/integer.js';
import type { PackedItem } from './packed-item.js';

export const HEAD_TEXT6 = 0x80;
export const HEAD_INT13 = 0xc0;
export const HEAD_TEXT12 = 0xe0;
export const HEAD_TEXT32 = 0xf0;
export const HEAD_INT16 = 0xf1;
export const HEAD_INT24 = 0xf2;
export const HEAD_INT32 = 0xf3;
export const HEAD_INT64 = 0xf4;

/** Bytes of an element before its text. */
export const TEXT6_HEADER_BYTES = 1;
export const TEXT12_HEADER_BYTES = 2;
export const TEXT32_HEADER_BYTES = 5;

/** The longest texts of the two shorter forms. */
export const TEXT6_BYTES_MAX = 0x3f;
export const TEXT12_BYTES_MAX = 0xfff;

const TWO_32 = 2 ** 32;

/**
 * Bytes of a whole element by its head; 0 where more than the head decides. A search steps from one to the next with it:
 * a load costs the same whatever mixture lies there, branches on a mixture are guessed wrong.
 */
const ELEMENT_BYTES = elementBytesByHead();

/** A byte of a backward size: seven bits of it, and whether there are more before. */
const BACK_BITS = 0x7f;
const BACK_MORE = 0x80;

/**
 * Bytes of the backward size of an element that has `size` bytes without it. The limits are Redis's, which takes a byte
 * more than it had to for the very largest size of each width.
 */
export function backwardBytes(size: number): number {
  if (size <= 0x7f) return 1;
  if (size < 0x3fff) return 2;
  if (size < 0x1f_ffff) return 3;
  return size < 0xfff_ffff ? 4 : 5;
}

/** Writes the backward size of `size` bytes so that it fills `[at, end)`, which is `backwardBytes(size)` long. */
export function writeBackwardSize(data: DataView, at: number, end: number, size: number): void {
  let rest = size;
  for (let to = end - 1; to > at; to--) {
    data.setUint8(to, BACK_MORE | (rest & BACK_BITS));
    rest >>>= 7;
  }
  data.setUint8(at, rest);
}

/** The offset after the element at `at`. */
export function skip(data: DataView, at: number): number {
  const size = ELEMENT_BYTES[data.getUint8(at)]!;
  return size !== 0 ? at + size : skipLong(data, at);
}

/** `skip` for texts of 64 bytes and more. */
function skipLong(data: DataView, at: number): number {
  const size =
    data.getUint8(at) === HEAD_TEXT32
      ? TEXT32_HEADER_BYTES + data.getInt32(at + 1, true)
      : TEXT12_HEADER_BYTES + (data.getUint16(at) & TEXT12_BYTES_MAX);
  return at + size + backwardBytes(size);
}

/** The start of the element that ends at `at`. */
export function skipBack(data: DataView, at: number): number {
  let from = at - 1;
  let byte = data.getUint8(from);
  let size = byte & BACK_BITS;
  for (let shift = 7; byte >= BACK_MORE; shift += 7) {
    byte = data.getUint8(--from);
    size |= (byte & BACK_BITS) << shift;
  }
  return from - size;
}

/**
 * The start of the element at position `index` (0 to `count` - 1) of a list of `count` elements. It walks from the
 * nearer end.
 */
export function elementAt(data: DataView, start: number, end: number, count: number, index: number): number {
  if (index <= count >>> 1) {
    let at = start;
    for (let left = index; left > 0; left--) at = skip(data, at);
    return at;
  }
  let at = end;
  for (let left = count - index; left > 0; left--) at = skipBack(data, at);
  return at;
}

/**
 * Makes a gap of `newSize` bytes out of the `oldSize` bytes at `at`: what follows them, up to `end`, moves. The caller
 * owns the room up to `end` + `newSize` - `oldSize`, fills the gap and keeps the new end.
 */
export function replaceRange(
  bytes: Uint8Array,
  at: number,
  oldSize: number,
  newSize: number,
  end: number,
): void {
  const from = at + oldSize;
  if (newSize !== oldSize && from !== end) bytes.copyWithin(at + newSize, from, end);
}

/** Reads elements: what the last `read` found. One reused instance per user. */
export class PackedCursor {
  isInteger = false;
  /** The value, when it is an integer. */
  integer = 0;
  /** The text's bytes, when it is not. */
  data: DataView = new DataView(new ArrayBuffer(0));
  offset = 0;
  size = 0;
  /** The whole element: its first byte, and the offset after its last one. */
  start = 0;
  end = 0;

  /** Decodes the element that begins at `at`. */
  read(data: DataView, at: number): void {
    const head = data.getUint8(at);
    const size = ELEMENT_BYTES[head]!;
    this.start = at;
    this.end = at + size;
    if (head < HEAD_TEXT6) {
      this.isInteger = true;
      this.integer = head;
    } else if (head < HEAD_INT13) {
      this.setText(data, at + TEXT6_HEADER_BYTES, head & TEXT6_BYTES_MAX);
    } else if (size !== 0) {
      this.isInteger = true;
      this.integer = readInteger(data, at, head);
    } else {
      this.readLong(data, at, head);
    }
  }

  /** Decodes the element that ends at `at`. */
  readBefore(data: DataView, at: number): void {
    this.read(data, skipBack(data, at));
  }

  /** Bytes of its text form: an integer's digits. */
  textSize(): number {
    return this.isInteger ? integerSize(this.integer) : this.size;
  }

  /** Writes its text form at `at` and returns the offset after it. The target has `textSize()` bytes of room. */
  copyText(target: Uint8Array, at: number): number {
    if (this.isInteger) return formatInteger(target, at, this.integer);
    copyToBytes(target, at, this.data, this.offset, this.size);
    return at + this.size;
  }

  /** True when its text form is these bytes, given both as an array and as a view of the same buffer. */
  equalsText(bytes: Uint8Array, data: DataView, offset: number, size: number): boolean {
    if (this.isInteger) return parseInteger(bytes, offset, size) === this.integer;
    return size === this.size && equalWords(this.data, this.offset, data, offset, size);
  }

  private readLong(data: DataView, at: number, head: number): void {
    const isLong = head === HEAD_TEXT32;
    const offset = at + (isLong ? TEXT32_HEADER_BYTES : TEXT12_HEADER_BYTES);
    this.setText(data, offset, isLong ? data.getInt32(at + 1, true) : data.getUint16(at) & TEXT12_BYTES_MAX);
    this.end = skipLong(data, at);
  }

  private setText(data: DataView, offset: number, size: number): void {
    this.isInteger = false;
    this.data = data;
    this.offset = offset;
    this.size = size;
  }
}

/** The integer of the element at `at`, of at least 13 bits. */
function readInteger(data: DataView, at: number, head: number): number {
  if (head < HEAD_TEXT12) return (data.getInt16(at) << 19) >> 19;
  if (head === HEAD_INT16) return data.getInt16(at + 1, true);
  if (head === HEAD_INT24) return data.getInt32(at, true) >> 8;
  if (head === HEAD_INT32) return data.getInt32(at + 1, true);
  return data.getInt32(at + 5, true) * TWO_32 + data.getUint32(at + 1, true);
}

/** Integers, and texts of fewer bytes than this, are looked for by their encoded form, which is written into `WANTED`. */
const WORD_BYTES = 4;
const WANTED = new DataView(new ArrayBuffer(16)); // alloc: once a thread

/**
 * The start of the first element equal to `item`, or -1. Looks at every element, or with a `step` of 2 at every
 * other one: at the fields of fields and values.
 *
 * Most of the others are passed by a look at four bytes, where the last ones of the element would be: the fields of one hash
 * often begin alike, but hardly ever end alike. Of those that do, most are passed by their first four bytes.
 */
export function find(data: DataView, start: number, end: number, item: PackedItem, step: number): number {
  const size = item.encodedBytes;
  if (size < WORD_BYTES) return findTiny(data, start, end, item, step);
  const first = firstWord(item);
  const lastAt = (isEncoded(item) ? size : item.headerBytes + item.size) - WORD_BYTES;
  const last = lastWord(item);
  // Where the element does not fit any more it need not be looked for, and no word reaches beyond the list.
  const stop = end - size;
  for (let at = start; at <= stop; ) {
    if (
      data.getInt32(at + lastAt, true) === last &&
      data.getInt32(at, true) === first &&
      isSame(data, at, item)
    ) {
      return at;
    }
    const bytes = ELEMENT_BYTES[data.getUint8(at)]!;
    at = bytes !== 0 ? at + bytes : skipLong(data, at);
    if (step === 2) at = skip(data, at);
  }
  return -1;
}

/** `find` for elements of two and three bytes. The first two say it all: the second one of two is the size, 1. */
function findTiny(data: DataView, start: number, end: number, item: PackedItem, step: number): number {
  item.write(WANTED, 0);
  const word = WANTED.getUint16(0);
  for (let at = start; at < end; ) {
    if (data.getUint16(at) === word) return at;
    at = skip(data, at);
    if (step === 2) at = skip(data, at);
  }
  return -1;
}

/** True when the element is looked for as `WANTED` has it: longer texts are compared where they are. */
function isEncoded(item: PackedItem): boolean {
  return item.isInteger || item.size < WORD_BYTES;
}

/** The first four bytes of an element of at least that many. */
function firstWord(item: PackedItem): number {
  if (isEncoded(item)) {
    item.write(WANTED, 0);
    return WANTED.getInt32(0, true);
  }
  if (item.head < HEAD_INT13) return item.head | (item.data.getInt32(item.offset, true) << 8);
  if (item.head === HEAD_TEXT32) return item.head | (item.size << 8);
  return item.head | ((item.size & 0xff) << 8) | (item.data.getUint16(item.offset, true) << 16);
}

/** The last four bytes: of an element in `WANTED`, or of a longer one's text. */
function lastWord(item: PackedItem): number {
  if (isEncoded(item)) return WANTED.getInt32(item.encodedBytes - WORD_BYTES, true);
  return item.data.getInt32(item.offset + item.size - WORD_BYTES, true);
}

/** True when the element at `at`, which begins and ends as `item` does, is equal to it. */
function isSame(data: DataView, at: number, item: PackedItem): boolean {
  if (isEncoded(item)) return equalWords(data, at, WANTED, 0, item.encodedBytes);
  if (item.head === HEAD_TEXT32 && data.getInt32(at + 1, true) !== item.size) return false;
  return equalWords(data, at + item.headerBytes, item.data, item.offset, item.size);
}

/** `ELEMENT_BYTES`. */
function elementBytesByHead(): Uint8Array {
  const sizes = new Uint8Array(256); // alloc: once a thread
  sizes.fill(2, 0, HEAD_TEXT6);
  for (let size = 0; size <= TEXT6_BYTES_MAX; size++)
    sizes[HEAD_TEXT6 | size] = TEXT6_HEADER_BYTES + size + 1;
  sizes.fill(3, HEAD_INT13, HEAD_TEXT12);
  sizes[HEAD_INT16] = 4;
  sizes[HEAD_INT24] = 5;
  sizes[HEAD_INT32] = 6;
  sizes[HEAD_INT64] = 10;
  return sizes;
}
