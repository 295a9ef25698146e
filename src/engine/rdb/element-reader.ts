/**
 * What the readers of packed structures (listpack, ziplist, intset, zipmap) have in common: elements, one after the other,
 * each checked before it is handed out.
 *
 * They trust nothing. A structure that is refused may have handed out elements before; whoever takes them waits for `END`
 * before believing in them.
 */

/** What `next` returns: there is an element, there are no more and all is well, the structure is damaged. */
export const ELEMENT = 1;
export const END = 0;
export const DAMAGED = -1;

/** The end byte of listpack, ziplist and zipmap. */
export const END_BYTE = 0xff;
/** What the field for the count of elements holds when they are too many for it. */
export const COUNT_UNKNOWN = 0xffff;

export abstract class ElementReader {
  /** The element: an integer, or else `size` bytes from `offset` on. */
  isInteger = false;
  /** The integer, unless it is beyond ±(2^53-1): then `isWide` is set, and it is `wide`. */
  integer = 0;
  isWide = false;
  wide = 0n;
  offset = 0;
  size = 0;
  protected bytes: Uint8Array = new Uint8Array(0);
  protected data: DataView = new DataView(this.bytes.buffer);
  protected at = 0;
  /** After the last element: the end byte's offset, where there is one. */
  protected last = 0;

  /** Begins with the structure that is `size` bytes of `bytes` from `offset` on. False when its header is not right. */
  abstract open(bytes: Uint8Array, data: DataView, offset: number, size: number): boolean;

  /** Moves to the next element, the first one after `open`: ELEMENT, END or DAMAGED. */
  abstract next(): number;

  protected setInteger(value: number): void {
    this.isInteger = true;
    this.isWide = false;
    this.integer = value;
  }

  /** The signed 64-bit integer at `at`, little endian. */
  protected setInteger64(at: number): void {
    const value = this.data.getInt32(at + 4, true) * 2 ** 32 + this.data.getUint32(at, true);
    this.setInteger(value);
    if (Number.isSafeInteger(value)) return;
    this.isWide = true;
    this.wide = this.data.getBigInt64(at, true); // alloc: rare, only beyond ±(2^53-1)
  }

  /** A text that has to end before `last`. */
  protected setText(offset: number, size: number): boolean {
    this.isInteger = false;
    this.isWide = false;
    this.offset = offset;
    this.size = size;
    return size <= this.last - offset;
  }
}
