/**
 * Elements that are to be pushed, and runs of encoded elements, whether they are a packed list or those of a chunk: counting
 * them, and what LREM does to them.
 */

import { PackedItem } from '../structures/packed-item.js';
import { find, type PackedCursor, skip } from '../structures/packed-list.js';
import type { Log } from './wal/log.js';

/** Elements that are to be pushed one after the other: arguments of a command, or one of a list. One reused instance a user. */
export class PushedElements {
  /** The one that was selected. */
  readonly item: PackedItem;
  /** How many there are. */
  count: number;
  /** What all of them take in a list. */
  encodedBytes: number;
  private bytes: Uint8Array;
  private data: DataView;
  private offsets: Int32Array;
  private sizes: Int32Array;
  /** The first one's place in `offsets` and `sizes`. */
  private first: number;

  constructor() {
    this.item = new PackedItem();
    this.count = 0;
    this.encodedBytes = 0;
    this.bytes = new Uint8Array(0);
    this.data = this.item.data;
    this.offsets = new Int32Array(0);
    this.sizes = this.offsets;
    this.first = 0;
  }

  /** Takes `count` (at least 1) texts, where `offsets` and `sizes` say from place `first` on. */
  setTexts(
    bytes: Uint8Array,
    data: DataView,
    offsets: Int32Array,
    sizes: Int32Array,
    first: number,
    count: number,
  ): void {
    this.bytes = bytes;
    this.data = data;
    this.offsets = offsets;
    this.sizes = sizes;
    this.first = first;
    this.count = count;
    this.item.setBytes(bytes, data, offsets[first]!, sizes[first]!);
    this.encodedBytes = this.item.encodedBytes;
    if (count > 1) this.measure();
  }

  /** Takes one element of a list, which stays where it is. */
  setElement(element: PackedCursor): void {
    if (element.isInteger) this.item.setInteger(element.integer);
    else this.item.setRaw(element.data, element.offset, element.size);
    this.count = 1;
    this.encodedBytes = this.item.encodedBytes;
  }

  /** Makes `item` the one with the number `index`. */
  select(index: number): void {
    if (this.count === 1) return;
    const at = this.first + index;
    this.item.setBytes(this.bytes, this.data, this.offsets[at]!, this.sizes[at]!);
  }

  private measure(): void {
    let bytes = 0;
    for (let index = 0; index < this.count; index++) {
      this.select(index);
      bytes += this.item.encodedBytes;
    }
    this.encodedBytes = bytes;
  }
}

/** How many elements there are from one offset to another. */
export function countElements(data: DataView, from: number, to: number): number {
  let count = 0;
  for (let at = from; at < to; at = skip(data, at)) count += 1;
  return count;
}

/** How many elements equal to `item` there are, or `most` if there are more. */
export function countEqual(
  data: DataView,
  start: number,
  end: number,
  item: PackedItem,
  most: number,
): number {
  let count = 0;
  let at = find(data, start, end, item, 1);
  for (; at >= 0 && count < most; at = find(data, at, end, item, 1)) {
    count += 1;
    at = skip(data, at);
  }
  return count;
}

/** Takes elements equal to an item out of one run after the other, from the left to the right. One reused instance a user. */
export class EqualRemover {
  /** How many are still to be taken out. */
  left: number;
  /** The index of the first element of the next run: the caller adds each run's count. */
  index: number;
  /** How many the last `remove` has taken out. */
  removed: number;
  private item!: PackedItem;
  /** How many equal ones are to be passed over first. */
  private passed: number;
  private readonly log: Log;

  constructor(log: Log) {
    this.left = 0;
    this.index = 0;
    this.removed = 0;
    this.passed = 0;
    this.log = log;
  }

  /** Takes out `count` elements equal to `item`, but not the first `passed` ones. */
  begin(item: PackedItem, passed: number, count: number): void {
    this.item = item;
    this.passed = passed;
    this.left = count;
    this.index = 0;
  }

  /** True when something is to be taken out of this run; if not, what is to be passed in it has been. */
  concerns(data: DataView, start: number, end: number): boolean {
    const count = countEqual(data, start, end, this.item, this.passed + 1);
    if (count > this.passed) return true;
    this.passed -= count;
    return false;
  }

  /** Takes out what is to be, and puts the index of each into the log. Returns where the run ends then. */
  remove(bytes: Uint8Array, data: DataView, start: number, end: number): number {
    const item = this.item;
    let index = this.index;
    /** What is kept goes to `target`, of which the part from `kept` on has still to move. */
    let target = start;
    let kept = start;
    let at = start;
    this.removed = 0;
    while (this.left > 0) {
      const found = find(data, at, end, item, 1);
      if (found < 0) break;
      index += countElements(data, at, found);
      at = skip(data, found);
      if (this.passed > 0) {
        this.passed -= 1;
      } else {
        this.log.putUint32(index);
        if (target !== kept) bytes.copyWithin(target, kept, found);
        target += found - kept;
        kept = at;
        this.removed += 1;
        this.left -= 1;
      }
      index += 1;
    }
    if (target !== kept) bytes.copyWithin(target, kept, end);
    return target + end - kept;
  }
}
