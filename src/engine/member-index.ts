/**
 * Which members a payload under construction has already: what makes a set of items.
 *
 *     index.begin(payload);
 *     if (index.isNew(hash, data, offset, size)) payload.putItem(data, offset, size);     as often as need be
 *     index.contains(hash, data, offset, size)
 *     index.end();
 *
 * Open addressing with linear probing: of each item its offset in the payload, and its hash, in arrays of integers, at most half
 * full. They are reused, and doubled as need be. Nothing here throws.
 */

import { equalWords } from '../base/bytes.js';
import type { ItemPayload } from './item-payload.js';
import { tryToMake } from './rdb/collection-items.js';

const SLOTS_MIN = 1024;
/** Arrays of up to so many slots stay for the next command. */
const SLOTS_KEPT_MAX = 1 << 16;
/** Before the bytes of an item: its size. */
const ITEM_HEADER_BYTES = 4;

export class MemberIndex {
  /** Members that are new, those counted. */
  count: number;
  /** There was no memory to note them all. */
  isFull: boolean;
  private payload: ItemPayload | undefined;
  /** Offset of the item + 1, 0 = free; and its hash. Of one length, a power of two. */
  private offsets: Uint32Array;
  private hashes: Int32Array;

  constructor() {
    this.count = 0;
    this.isFull = false;
    this.payload = undefined;
    this.offsets = new Uint32Array(SLOTS_MIN);
    this.hashes = new Int32Array(SLOTS_MIN);
  }

  /** Begins with an empty payload. */
  begin(payload: ItemPayload): void {
    this.count = 0;
    this.isFull = false;
    this.payload = payload;
    this.offsets.fill(0);
  }

  /** Gives the memory of very many members back. */
  end(): void {
    this.payload = undefined;
    if (this.offsets.length <= SLOTS_KEPT_MAX) return;
    this.offsets = new Uint32Array(SLOTS_MIN); // alloc: after a large result
    this.hashes = new Int32Array(SLOTS_MIN);
  }

  /** True when the payload has no such item: the caller puts it into the payload next, if `isFull` is not set. */
  isNew(hash: number, data: DataView, offset: number, size: number): boolean {
    const slot = this.slotOf(hash, data, offset, size);
    if (this.offsets[slot] !== 0) return false;
    this.offsets[slot] = this.payload!.size + 1;
    this.hashes[slot] = hash;
    this.count += 1;
    if (this.count * 2 > this.offsets.length) this.grow();
    return true;
  }

  /** True when the payload has such an item. */
  contains(hash: number, data: DataView, offset: number, size: number): boolean {
    return this.offsets[this.slotOf(hash, data, offset, size)] !== 0;
  }

  /** The slot of such an item, or the one where it would have to be. */
  private slotOf(hash: number, data: DataView, offset: number, size: number): number {
    const { offsets, hashes } = this;
    const items = this.payload!.data;
    const mask = offsets.length - 1;
    let slot = hash & mask;
    for (; offsets[slot] !== 0; slot = (slot + 1) & mask) {
      if (hashes[slot] !== (hash | 0)) continue;
      const at = offsets[slot]! - 1;
      if (items.getUint32(at, true) !== size) continue;
      if (equalWords(items, at + ITEM_HEADER_BYTES, data, offset, size)) break;
    }
    return slot;
  }

  private grow(): void {
    const length = this.offsets.length * 2;
    const offsets = tryToMake(() => new Uint32Array(length)); // alloc: doubles, so rarely
    const hashes = tryToMake(() => new Int32Array(length));
    if (offsets === undefined || hashes === undefined) {
      this.isFull = true;
      return;
    }
    const mask = length - 1;
    for (let from = 0; from < this.offsets.length; from++) {
      if (this.offsets[from] === 0) continue;
      let slot = this.hashes[from]! & mask;
      while (offsets[slot] !== 0) slot = (slot + 1) & mask;
      offsets[slot] = this.offsets[from]!;
      hashes[slot] = this.hashes[from]!;
    }
    this.offsets = offsets;
    this.hashes = hashes;
  }
}
