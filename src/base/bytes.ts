/**
 * Small helpers over bytes addressed as (array, offset, size), the form in which the engine passes arguments around.
 *
 * Why: a `subarray` per argument costs 100 ns and leaves garbage; three integers cost nothing. Functions that turn
 * bytes into strings allocate, say so, and are for cold paths.
 *
 * Bytes that are read one by one (a command's name, a number) come as a `Uint8Array`. Keys and values, which are only
 * hashed, compared and moved, come as a `DataView`: it reads and writes words of four bytes wherever they lie, in a
 * third of the time.
 */

/** Up to this many bytes a loop beats `set(subarray)`, which allocates a view first: 50 ns, whatever the size. */
const COPY_LOOP_BYTES_MAX = 96;

/** Copies `size` bytes between two arrays (not for overlapping ranges of one array: use `copyWithin`). */
export function copyBytes(
  target: Uint8Array,
  targetOffset: number,
  source: Uint8Array,
  offset: number,
  size: number,
): void {
  if (size > COPY_LOOP_BYTES_MAX) {
    target.set(source.subarray(offset, offset + size), targetOffset); // alloc: one view for a copy worth it
    return;
  }
  // Eight bytes a turn: half the time of one byte a turn.
  const end = offset + size;
  const wholeEnd = offset + (size & ~7);
  let from = offset;
  let to = targetOffset;
  for (; from < wholeEnd; from += 8, to += 8) {
    target[to] = source[from]!;
    target[to + 1] = source[from + 1]!;
    target[to + 2] = source[from + 2]!;
    target[to + 3] = source[from + 3]!;
    target[to + 4] = source[from + 4]!;
    target[to + 5] = source[from + 5]!;
    target[to + 6] = source[from + 6]!;
    target[to + 7] = source[from + 7]!;
  }
  while (from < end) target[to++] = source[from++]!;
}

/** Copies `size` bytes from a view into an array (not between overlapping ranges of one buffer). */
export function copyToBytes(
  target: Uint8Array,
  targetOffset: number,
  source: DataView,
  offset: number,
  size: number,
): void {
  if (size > COPY_LOOP_BYTES_MAX) {
    // alloc: one array for a copy worth it
    target.set(new Uint8Array(source.buffer, source.byteOffset + offset, size), targetOffset);
    return;
  }
  const end = offset + size;
  let from = offset;
  let to = targetOffset;
  for (; from + 4 <= end; from += 4, to += 4) {
    const word = source.getInt32(from, true);
    target[to] = word;
    target[to + 1] = word >> 8;
    target[to + 2] = word >> 16;
    target[to + 3] = word >> 24;
  }
  while (from < end) target[to++] = source.getUint8(from++);
}

/** Up to this many bytes a loop over words beats making two arrays to copy between. */
const COPY_WORDS_BYTES_MAX = 512;

/** The same bytes as a `DataView`. Allocates: once for a buffer, not for an argument. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Gives the view of an array, the same again as long as the array stays the same. */
export class ViewOfLast {
  private bytes: Uint8Array = new Uint8Array(0);
  private view: DataView = viewOf(this.bytes);

  of(bytes: Uint8Array): DataView {
    if (bytes !== this.bytes) {
      this.bytes = bytes;
      this.view = viewOf(bytes);
    }
    return this.view;
  }
}

/** The other way round: gives the array of a view, the same again as long as the view stays the same. */
export class BytesOfLast {
  private view: DataView = new DataView(new ArrayBuffer(0));
  private bytes: Uint8Array = new Uint8Array(0);

  of(view: DataView): Uint8Array {
    if (view !== this.view) {
      this.view = view;
      this.bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    }
    return this.bytes;
  }
}

/**
 * Copies `size` bytes between two views (not between overlapping ranges of one buffer). All four words of a turn are read
 * before the first is written: the compiler checks a view again after each write, but not after each read.
 */
export function copyWords(
  target: DataView,
  targetOffset: number,
  source: DataView,
  offset: number,
  size: number,
): void {
  if (size > COPY_WORDS_BYTES_MAX) {
    copyMany(target, targetOffset, source, offset, size);
    return;
  }
  const end = offset + size;
  let from = offset;
  let to = targetOffset;
  for (; from + 16 <= end; from += 16, to += 16) {
    const word0 = source.getInt32(from, true);
    const word1 = source.getInt32(from + 4, true);
    const word2 = source.getInt32(from + 8, true);
    const word3 = source.getInt32(from + 12, true);
    target.setInt32(to, word0, true);
    target.setInt32(to + 4, word1, true);
    target.setInt32(to + 8, word2, true);
    target.setInt32(to + 12, word3, true);
  }
  for (; from + 4 <= end; from += 4, to += 4) target.setInt32(to, source.getInt32(from, true), true);
  for (; from < end; from++, to++) target.setUint8(to, source.getUint8(from));
}

/** Up to this many bytes a loop over words beats `copyWithin`, which moves shared memory byte by byte where words don't align. */
const MOVE_WORDS_BYTES_MAX = 4096;

/** Moves `size` bytes within a buffer, given both as an array and as a view of it; the ranges may overlap. */
export function moveWords(bytes: Uint8Array, data: DataView, to: number, from: number, size: number): void {
  if (size > MOVE_WORDS_BYTES_MAX) bytes.copyWithin(to, from, from + size);
  else if (to < from) moveLeft(data, to, from, size);
  else moveRight(data, to, from, size);
}

/** From the first byte on; the four words of a turn are read before one of them can be written over. */
function moveLeft(data: DataView, to: number, from: number, size: number): void {
  const shift = to - from;
  const end = from + size;
  let at = from;
  for (; at + 16 <= end; at += 16) {
    const word0 = data.getInt32(at, true);
    const word1 = data.getInt32(at + 4, true);
    const word2 = data.getInt32(at + 8, true);
    const word3 = data.getInt32(at + 12, true);
    data.setInt32(at + shift, word0, true);
    data.setInt32(at + shift + 4, word1, true);
    data.setInt32(at + shift + 8, word2, true);
    data.setInt32(at + shift + 12, word3, true);
  }
  for (; at < end; at++) data.setUint8(at + shift, data.getUint8(at));
}

/** The same from the last byte on. */
function moveRight(data: DataView, to: number, from: number, size: number): void {
  const shift = to - from;
  let at = from + size;
  for (; at - 16 >= from; at -= 16) {
    const word0 = data.getInt32(at - 4, true);
    const word1 = data.getInt32(at - 8, true);
    const word2 = data.getInt32(at - 12, true);
    const word3 = data.getInt32(at - 16, true);
    data.setInt32(at + shift - 4, word0, true);
    data.setInt32(at + shift - 8, word1, true);
    data.setInt32(at + shift - 12, word2, true);
    data.setInt32(at + shift - 16, word3, true);
  }
  for (at -= 1; at >= from; at--) data.setUint8(at + shift, data.getUint8(at));
}

function copyMany(
  target: DataView,
  targetOffset: number,
  source: DataView,
  offset: number,
  size: number,
): void {
  // alloc: two arrays for a copy worth it
  const bytes = new Uint8Array(source.buffer, source.byteOffset + offset, size);
  new Uint8Array(target.buffer, target.byteOffset + targetOffset, size).set(bytes);
}

/** True when both ranges of `size` bytes are the same. */
export function equalWords(
  left: DataView,
  leftOffset: number,
  right: DataView,
  rightOffset: number,
  size: number,
): boolean {
  const wholeSize = size & ~3;
  let done = 0;
  for (; done < wholeSize; done += 4) {
    if (left.getInt32(leftOffset + done, true) !== right.getInt32(rightOffset + done, true)) return false;
  }
  for (; done < size; done++) {
    if (left.getUint8(leftOffset + done) !== right.getUint8(rightOffset + done)) return false;
  }
  return true;
}

/** `compareBytes` for two views: the order of the bytes, the shorter one first on a tie. */
export function compareWords(
  left: DataView,
  leftOffset: number,
  leftSize: number,
  right: DataView,
  rightOffset: number,
  rightSize: number,
): number {
  const common = Math.min(leftSize, rightSize);
  const wholeSize = common & ~3;
  let done = 0;
  for (; done < wholeSize; done += 4) {
    // Big endian: the first byte counts most.
    const leftWord = left.getUint32(leftOffset + done);
    const rightWord = right.getUint32(rightOffset + done);
    if (leftWord !== rightWord) return leftWord < rightWord ? -1 : 1;
  }
  for (; done < common; done++) {
    const difference = left.getUint8(leftOffset + done) - right.getUint8(rightOffset + done);
    if (difference !== 0) return difference;
  }
  return leftSize - rightSize;
}

/** True when both ranges hold the same bytes. */
export function equalBytes(
  left: Uint8Array,
  leftOffset: number,
  leftSize: number,
  right: Uint8Array,
  rightOffset: number,
  rightSize: number,
): boolean {
  if (leftSize !== rightSize) return false;
  for (let index = 0; index < leftSize; index++) {
    if (left[leftOffset + index] !== right[rightOffset + index]) return false;
  }
  return true;
}

/** Orders two ranges as C's `memcmp` with the shorter one first on a tie: negative, zero or positive. */
export function compareBytes(
  left: Uint8Array,
  leftOffset: number,
  leftSize: number,
  right: Uint8Array,
  rightOffset: number,
  rightSize: number,
): number {
  const common = Math.min(leftSize, rightSize);
  for (let index = 0; index < common; index++) {
    const difference = left[leftOffset + index]! - right[rightOffset + index]!;
    if (difference !== 0) return difference;
  }
  return leftSize - rightSize;
}

/** True when the bytes spell `word` whatever the case of their ASCII letters. `word` is in UPPER CASE. Allocates nothing. */
export function isWord(bytes: Uint8Array, offset: number, size: number, word: string): boolean {
  if (size !== word.length) return false;
  for (let index = 0; index < size; index++) {
    if (upperByte(bytes[offset + index]!) !== word.charCodeAt(index)) return false;
  }
  return true;
}

/** The byte, with `a`..`z` turned into `A`..`Z`. */
export function upperByte(byte: number): number {
  return byte >= 0x61 && byte <= 0x7a ? byte - 0x20 : byte;
}

/**
 * The range as a string with one character (U+0000..U+00FF) for every byte: loses nothing, whatever the bytes are, and
 * reads as text where they are ASCII. Allocates.
 */
export function byteText(bytes: Uint8Array, offset: number, size: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + offset, size).toString('latin1');
}

/** The range decoded as UTF-8, each invalid sequence as U+FFFD. Allocates. */
export function utf8Text(bytes: Uint8Array, offset: number, size: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + offset, size).toString('utf8');
}

/** Writes a string whose characters are all U+0000..U+00FF, one byte each; returns the offset after it. */
export function writeByteText(target: Uint8Array, offset: number, text: string): number {
  const size = text.length;
  for (let index = 0; index < size; index++) target[offset + index] = text.charCodeAt(index);
  return offset + size;
}
