/**
 * What was in the payload of a list, set, sorted set or hash: its items in one flat table, to be reused for the next one.
 *
 * An item is an integer or a text. Whatever spells an integer within ±(2^53-1) the way Redis prints it is an integer here,
 * however it was written, so that two items are equal exactly when they look equal. Texts stay where they are: in the
 * payload, or in a buffer of this object if they had to be decompressed.
 *
 *     list, set     item i is element i
 *     sorted set    item i is a member; score(i)
 *     hash          item 2i is a field, 2i + 1 its value; deadline(i)
 */

import { equalWords, viewOf, writeByteText } from '../../base/bytes.js';
import { hashBytes } from '../../base/hash.js';
import { parseInteger } from '../../base/integer.js';
import { TYPE_HASH, TYPE_LIST, TYPE_ZSET } from '../../structures/entry.js';

const ITEMS_MIN = 64;
/** More than any payload that fits into a request can sensibly hold; keeps the arrays below 2 GiB. */
const ITEMS_MAX = 2 ** 27;
/** What is kept for the next payload: more is given back by `clear`. */
const KEPT_ITEMS_MAX = 2 ** 16;
const KEPT_EXPANDED_BYTES_MAX = 2 ** 20;

/** In `sizes`: the item is an integer. Any other value is the size of a text, with a bit for where it is. */
const INTEGER = 0xffff_ffff;
const EXPANDED_BIT = 0x8000_0000;

/** Longer texts are not looked at: none of them is an integer within ±(2^53-1). */
const SAFE_INTEGER_BYTES_MAX = 17;

export class CollectionItems {
  /** The entry type: TYPE_LIST, TYPE_SET, TYPE_ZSET or TYPE_HASH. */
  type = TYPE_LIST;
  /** Items: of a hash, fields and values. */
  count = 0;
  /** True when a field of the hash has a deadline. */
  hasDeadlines = false;

  /** The item that `select` has chosen: an integer, or `size` bytes from `offset` on. `data` is the same as `bytes`. */
  isInteger = false;
  integer = 0;
  bytes: Uint8Array = new Uint8Array(0);
  data: DataView = viewOf(this.bytes);
  offset = 0;
  size = 0;

  private payload: Uint8Array = this.bytes;
  private payloadData: DataView = this.data;
  private expanded: Uint8Array = this.bytes;
  private expandedData: DataView = this.data;
  private expandedBytes = 0;
  private expandedBytesMax = 0;
  /** Integers, or offsets of texts. */
  private values = new Float64Array(ITEMS_MIN);
  private sizes = new Uint32Array(ITEMS_MIN);
  /** Scores of members or deadlines of fields. */
  private numbers = new Float64Array(ITEMS_MIN);
  private slots = new Uint32Array(0);
  private readonly number = new DataView(new ArrayBuffer(8));

  /** Forgets everything, also the memory of what was unusually large. */
  clear(): void {
    this.count = 0;
    this.hasDeadlines = false;
    this.payload = new Uint8Array(0);
    this.payloadData = viewOf(this.payload);
    this.bytes = this.payload;
    this.data = this.payloadData;
    if (this.sizes.length > KEPT_ITEMS_MAX) {
      this.values = new Float64Array(ITEMS_MIN);
      this.sizes = new Uint32Array(ITEMS_MIN);
      this.numbers = new Float64Array(ITEMS_MIN);
      this.slots = new Uint32Array(0);
    }
    this.expandedBytes = 0;
    if (this.expanded.length > KEPT_EXPANDED_BYTES_MAX) this.setExpanded(new Uint8Array(0));
  }

  /** How many elements, members or fields there are: what LLEN, SCARD, ZCARD or HLEN would say. */
  get elementCount(): number {
    return this.type === TYPE_HASH ? this.count / 2 : this.count;
  }

  /** Chooses item `index`, from 0 to `count - 1`. */
  select(index: number): void {
    const size = this.sizes[index]!;
    this.isInteger = size === INTEGER;
    if (this.isInteger) {
      this.integer = this.values[index]!;
      return;
    }
    const isExpanded = (size & EXPANDED_BIT) !== 0;
    this.bytes = isExpanded ? this.expanded : this.payload;
    this.data = isExpanded ? this.expandedData : this.payloadData;
    this.offset = this.values[index]!;
    this.size = size & ~EXPANDED_BIT;
  }

  /** The score of member `index`. */
  score(index: number): number {
    return this.numbers[index]!;
  }

  /** When field `index` (item `2 * index`) expires, in Unix milliseconds; 0 for never. */
  deadline(index: number): number {
    return this.numbers[index]!;
  }

  /** Begins to collect items of a payload. At most `expandedBytesMax` bytes are taken for what is compressed in it. */
  begin(type: number, payload: Uint8Array, data: DataView, expandedBytesMax: number): void {
    this.clear();
    this.type = type;
    this.payload = payload;
    this.payloadData = data;
    this.expandedBytesMax = expandedBytesMax;
  }

  /** Adds an integer within ±(2^53-1). Like all that adds: false when there is no room. */
  addInteger(value: number): boolean {
    if (!this.hasRoom()) return false;
    this.values[this.count] = value;
    this.sizes[this.count++] = INTEGER;
    return true;
  }

  /** Adds an integer beyond that range, as the text that it is here. */
  addWide(value: bigint): boolean {
    const text = value.toString(); // alloc: rare, only beyond ±(2^53-1)
    const at = this.reserve(text.length);
    if (at < 0) return false;
    writeByteText(this.expanded, at, text);
    return this.add(at, text.length | EXPANDED_BIT);
  }

  /** Adds a text in the payload or, if `isExpanded`, in the buffer of what was decompressed. */
  addText(isExpanded: boolean, offset: number, size: number): boolean {
    if (size <= SAFE_INTEGER_BYTES_MAX) {
      const value = parseInteger(isExpanded ? this.expanded : this.payload, offset, size);
      if (Number.isFinite(value)) return this.addInteger(value);
    }
    return this.add(offset, isExpanded ? size | EXPANDED_BIT : size);
  }

  /** Sets the score or deadline that belongs to the last member or field. After each of them, or after none. */
  setNumber(value: number): void {
    const last = this.count - 1;
    this.numbers[this.type === TYPE_ZSET ? last : last >> 1] = value;
    if (this.type === TYPE_HASH && value !== 0) this.hasDeadlines = true;
  }

  /** Makes room for `size` decompressed bytes and returns its offset in `expandedTarget`; -1 when that is too much. */
  reserve(size: number): number {
    const at = this.expandedBytes;
    const needed = at + size;
    if (needed > this.expandedBytesMax) return -1;
    if (needed > this.expanded.length) {
      const roomy = Math.min(this.expandedBytesMax, Math.max(needed, 2 * this.expanded.length, 256));
      const larger = tryToMake(() => new Uint8Array(roomy)); // alloc: doubles, so rarely
      if (larger === undefined) return -1;
      larger.set(this.expanded.subarray(0, at));
      this.setExpanded(larger);
    }
    this.expandedBytes = needed;
    return at;
  }

  /** Where decompressed bytes go; another array after each `reserve` that had to grow it. */
  get expandedTarget(): Uint8Array {
    return this.expanded;
  }

  get expandedView(): DataView {
    return this.expandedData;
  }

  /**
   * True when two members, or two fields, are equal. Costs one look at each item.
   *
   * The table is open addressed and hashed with the process's seed: nobody can prepare a payload that makes it slow.
   */
  hasDuplicates(): boolean {
    const step = this.type === TYPE_HASH ? 2 : 1;
    const slotCount = 2 ** Math.ceil(Math.log2((this.count / step) * 2 + 1));
    if (this.slots.length < slotCount) {
      const larger = tryToMake(() => new Uint32Array(slotCount)); // alloc: kept for the next payload
      if (larger === undefined) return true;
      this.slots = larger;
    }
    const { slots } = this;
    const mask = slotCount - 1;
    slots.fill(0, 0, slotCount);
    for (let index = 0; index < this.count; index += step) {
      this.select(index);
      let slot = this.hash() & mask;
      while (slots[slot] !== 0) {
        if (this.isSelected(slots[slot]! - 1)) return true;
        slot = (slot + 1) & mask;
      }
      slots[slot] = index + 1;
    }
    return false;
  }

  private hash(): number {
    if (!this.isInteger) return hashBytes(this.data, this.offset, this.size);
    this.number.setFloat64(0, this.integer);
    return hashBytes(this.number, 0, 8);
  }

  /** True when item `index` is equal to the selected one. */
  private isSelected(index: number): boolean {
    const size = this.sizes[index]!;
    const value = this.values[index]!;
    if (size === INTEGER || this.isInteger) {
      return size === INTEGER && this.isInteger && value === this.integer;
    }
    if ((size & ~EXPANDED_BIT) !== this.size) return false;
    const data = (size & EXPANDED_BIT) !== 0 ? this.expandedData : this.payloadData;
    return equalWords(data, value, this.data, this.offset, this.size);
  }

  private add(value: number, size: number): boolean {
    if (!this.hasRoom()) return false;
    this.values[this.count] = value;
    this.sizes[this.count++] = size;
    return true;
  }

  /** Makes sure of room for one more item. What is asked for grows with what was read, not with what a payload claims. */
  private hasRoom(): boolean {
    if (this.count < this.sizes.length) return true;
    const length = this.count * 2;
    if (length > ITEMS_MAX) return false;
    const values = tryToMake(() => new Float64Array(length)); // alloc: doubles, so rarely
    const numbers = tryToMake(() => new Float64Array(length));
    const sizes = tryToMake(() => new Uint32Array(length));
    if (values === undefined || numbers === undefined || sizes === undefined) return false;
    values.set(this.values);
    numbers.set(this.numbers);
    sizes.set(this.sizes);
    this.values = values;
    this.numbers = numbers;
    this.sizes = sizes;
    return true;
  }

  private setExpanded(bytes: Uint8Array): void {
    this.expanded = bytes;
    this.expandedData = viewOf(bytes);
  }
}

/** What `make` makes, or nothing when there is no memory for it. */
export function tryToMake<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
