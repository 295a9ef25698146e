/**
 * Items one after the other in a buffer that grows, in the form that records of the log have (wal/record.ts): u32 bytes and
 * these bytes; before an item there may be an f64. `ItemReader` (wal/log-items.ts) takes them apart.
 */

import { copyWords, viewOf } from '../../base/bytes.js';

/** What an item takes beyond its bytes at most: a number before it, and its size. */
export const ITEM_OVERHEAD_BYTES_MAX = 12;

export class ItemBuffer {
  bytes: Uint8Array;
  /** The same as `bytes`. */
  data: DataView;
  size = 0;

  constructor(capacity: number) {
    this.bytes = Buffer.allocUnsafeSlow(capacity);
    this.data = viewOf(this.bytes);
  }

  /** Makes sure of room for `bytes` bytes after `size`. Allocates if that is more than there is. */
  reserve(bytes: number): void {
    if (this.size + bytes > this.bytes.length) this.grow(this.size + bytes);
  }

  /** Takes an item; there is room for it. */
  putItem(source: DataView, offset: number, size: number): void {
    const at = this.size;
    this.data.setUint32(at, size, true);
    copyWords(this.data, at + 4, source, offset, size);
    this.size = at + 4 + size;
  }

  /** Takes a number; there is room for it. */
  putDouble(value: number): void {
    this.data.setFloat64(this.size, value, true);
    this.size += 8;
  }

  /** Takes bytes that are no item: a packed list. There is room for them. */
  putRaw(source: DataView, offset: number, size: number): void {
    copyWords(this.data, this.size, source, offset, size);
    this.size += size;
  }

  private grow(bytes: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(bytes, this.bytes.length * 2));
    larger.set(this.bytes.subarray(0, this.size));
    this.bytes = larger;
    this.data = viewOf(larger);
  }
}
