/**
 * Keys copied out of the shards while their batons are held, to be replied once it is known how many there are.
 */

import { copyBytes } from '../base/bytes.js';

const BYTES_INITIAL = 16_384;
const COUNT_INITIAL = 256;
/** What a large SCAN leaves behind at most. */
const BYTES_KEPT_MAX = 1024 * 1024;

export class KeyCollector {
  bytes: Uint8Array = new Uint8Array(BYTES_INITIAL);
  offsets: Int32Array = new Int32Array(COUNT_INITIAL);
  sizes: Int32Array = new Int32Array(COUNT_INITIAL);
  count = 0;
  /** Bytes of all keys. */
  size = 0;

  /** Adds a copy of a key. */
  add(source: Uint8Array, offset: number, size: number): void {
    if (this.size + size > this.bytes.length) this.growBytes(this.size + size);
    if (this.count === this.offsets.length) this.growCount();
    copyBytes(this.bytes, this.size, source, offset, size);
    this.offsets[this.count] = this.size;
    this.sizes[this.count] = size;
    this.size += size;
    this.count += 1;
  }

  clear(): void {
    this.count = 0;
    this.size = 0;
    if (this.bytes.length > BYTES_KEPT_MAX) this.bytes = new Uint8Array(BYTES_INITIAL);
  }

  private growBytes(needed: number): void {
    const bytes = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    bytes.set(this.bytes);
    this.bytes = bytes;
  }

  private growCount(): void {
    const offsets = new Int32Array(this.count * 2);
    const sizes = new Int32Array(this.count * 2);
    offsets.set(this.offsets);
    sizes.set(this.sizes);
    this.offsets = offsets;
    this.sizes = sizes;
  }
}
