/**
 * Entries: how a key and its value lie in one block of memory.
 *
 *     offset  size  what
 *     0       4     type (3 bits) | encoding (4) | has expiry (1) | access clock (24)
 *     4       4     key bytes (8) | value bytes (22) | epoch (1) | wide (1)
 *     8       8     only if wide: key bytes u32, value bytes u32
 *     +       16    only with an expiry: deadline (f64, Unix ms), previous and next entry in the timing wheel (u32)
 *     +       ...   the key, then the value
 *
 * An entry is wide when its key is longer than 255 bytes or its value longer than 4 MiB - 1. A typical one costs
 * eight bytes beside its key and value. The *epoch* is the snapshot's mark: see engine/snapshot.
 *
 * `Entries` reads and writes these fields; a method costs a load or two. One instance per thread. The caller holds
 * the baton of the shard that an entry belongs to.
 */

import { equalWords } from '../base/bytes.js';
import { type Memory, SEGMENT_MASK, SEGMENT_SHIFT } from '../memory/memory.js';

/** Types of values; three bits. */
export const TYPE_STRING = 0;
export const TYPE_LIST = 1;
export const TYPE_SET = 2;
export const TYPE_ZSET = 3;
export const TYPE_HASH = 4;
/** No value at all: an entry in the timing wheel that says when the first field of a hash is due (engine/parts.ts). */
export const TYPE_REMINDER = 7;

/** Bits of the encoding field of a collection (of a string: engine/string-encoding.ts). The value is a root's pointer. */
export const COLLECTION_LARGE = 1;
/** OBJECT ENCODING tells the name that Redis has for the larger form, whatever the form is here. */
export const COLLECTION_NAMED_LARGE = 2;
/** A hash some of whose fields have, or have had, a deadline. */
export const COLLECTION_EXPIRES = 4;

const TYPE_MASK = 0x7;
const ENCODING_SHIFT = 3;
const ENCODING_MASK = 0xf;
const EXPIRY_BIT = 1 << 7;
const CLOCK_SHIFT = 8;
const LARGE_BIT = COLLECTION_LARGE << ENCODING_SHIFT;
/** Bytes of a large collection's value. */
export const ROOT_POINTER_BYTES = 4;

const NARROW_KEY_BYTES_MAX = 0xff;
const NARROW_VALUE_BYTES_MAX = 0x3f_ffff;
const VALUE_SHIFT = 8;
const EPOCH_BIT = 1 << 30;
const WIDE_BIT = 1 << 31;

const HEADER_BYTES = 8;
const WIDE_BYTES = 8;
const EXPIRY_BYTES = 16;

/** True when an entry with such a key and value needs the wide header. */
function needsWide(keyBytes: number, valueBytes: number): boolean {
  return keyBytes > NARROW_KEY_BYTES_MAX || valueBytes > NARROW_VALUE_BYTES_MAX;
}

/** Bytes of the block of such an entry. */
export function entryBytes(keyBytes: number, valueBytes: number, hasExpiry: boolean): number {
  let bytes = HEADER_BYTES + keyBytes + valueBytes;
  if (needsWide(keyBytes, valueBytes)) bytes += WIDE_BYTES;
  if (hasExpiry) bytes += EXPIRY_BYTES;
  return bytes;
}

export class Entries {
  private readonly u8: Uint8Array[];
  private readonly u32: Uint32Array[];
  private readonly f64: Float64Array[];
  private readonly views: DataView[];

  constructor(memory: Memory) {
    this.u8 = memory.u8;
    this.u32 = memory.u32;
    this.f64 = memory.f64;
    this.views = memory.data;
  }

  /**
   * Writes the header of a new entry into the block at `pointer` (of at least `entryBytes(...)` bytes); its key and
   * value follow by `keyOffset` and `valueOffset`. With an expiry, the deadline is set and the links are 0.
   */
  initialize(
    pointer: number,
    type: number,
    keyBytes: number,
    valueBytes: number,
    deadline: number,
    epoch: number,
    clock: number,
  ): void {
    const words = this.u32[pointer >>> SEGMENT_SHIFT]!;
    let at = (pointer & SEGMENT_MASK) << 1;
    words[at] = type | (deadline !== 0 ? EXPIRY_BIT : 0) | (clock << CLOCK_SHIFT);
    const mark = epoch !== 0 ? EPOCH_BIT : 0;
    if (needsWide(keyBytes, valueBytes)) {
      words[at + 1] = WIDE_BIT | mark;
      words[at + 2] = keyBytes;
      words[at + 3] = valueBytes;
      at += 2;
    } else {
      words[at + 1] = keyBytes | (valueBytes << VALUE_SHIFT) | mark;
    }
    if (deadline !== 0) {
      this.f64[pointer >>> SEGMENT_SHIFT]![(at >> 1) + 1] = deadline;
      words[at + 4] = 0;
      words[at + 5] = 0;
    }
  }

  /** The segment's bytes, in which `keyOffset` and `valueOffset` count. */
  bytes(pointer: number): Uint8Array {
    return this.u8[pointer >>> SEGMENT_SHIFT]!;
  }

  /** The same bytes, to be compared and moved. */
  data(pointer: number): DataView {
    return this.views[pointer >>> SEGMENT_SHIFT]!;
  }

  type(pointer: number): number {
    return this.u32[pointer >>> SEGMENT_SHIFT]![(pointer & SEGMENT_MASK) << 1]! & TYPE_MASK;
  }

  encoding(pointer: number): number {
    return (
      (this.u32[pointer >>> SEGMENT_SHIFT]![(pointer & SEGMENT_MASK) << 1]! >>> ENCODING_SHIFT) &
      ENCODING_MASK
    );
  }

  /** Sets the access clock, and writes nothing when that is what it is. */
  refreshClock(pointer: number, clock: number): void {
    const words = this.u32[pointer >>> SEGMENT_SHIFT]!;
    const at = (pointer & SEGMENT_MASK) << 1;
    if (words[at]! >>> CLOCK_SHIFT !== clock) words[at] = (words[at]! & 0xff) | (clock << CLOCK_SHIFT);
  }

  /** Sets encoding and access clock at once: a new value has come in place of the old one. */
  setMarks(pointer: number, encoding: number, clock: number): void {
    const words = this.u32[pointer >>> SEGMENT_SHIFT]!;
    const at = (pointer & SEGMENT_MASK) << 1;
    words[at] =
      (words[at]! & (TYPE_MASK | EXPIRY_BIT)) | (encoding << ENCODING_SHIFT) | (clock << CLOCK_SHIFT);
  }

  /** Sets the type's own four bits: 0 in a new entry. */
  setEncoding(pointer: number, encoding: number): void {
    const words = this.u32[pointer >>> SEGMENT_SHIFT]!;
    const at = (pointer & SEGMENT_MASK) << 1;
    words[at] = (words[at]! & ~(ENCODING_MASK << ENCODING_SHIFT)) | (encoding << ENCODING_SHIFT);
  }

  /** True when the value is the pointer of a root block, and the parts of the collection lie elsewhere. */
  isLarge(pointer: number): boolean {
    const word = this.u32[pointer >>> SEGMENT_SHIFT]![(pointer & SEGMENT_MASK) << 1]!;
    return (word & LARGE_BIT) !== 0 && (word & TYPE_MASK) !== TYPE_STRING;
  }

  /** The root block of a large collection. */
  root(pointer: number): number {
    return this.data(pointer).getUint32(this.valueOffset(pointer), true);
  }

  /** Makes the entry, whose value has ROOT_POINTER_BYTES, that of the collection with this root block. */
  setRoot(pointer: number, root: number): void {
    this.data(pointer).setUint32(this.valueOffset(pointer), root, true);
  }

  /** The 24-bit access clock. */
  clock(pointer: number): number {
    return this.u32[pointer >>> SEGMENT_SHIFT]![(pointer & SEGMENT_MASK) << 1]! >>> CLOCK_SHIFT;
  }

  setClock(pointer: number, clock: number): void {
    const words = this.u32[pointer >>> SEGMENT_SHIFT]!;
    const at = (pointer & SEGMENT_MASK) << 1;
    words[at] = (words[at]! & 0xff) | (clock << CLOCK_SHIFT);
  }

  keySize(pointer: number): number {
    const words = this.u32[pointer >>> SEGMENT_SHIFT]!;
    const at = (pointer & SEGMENT_MASK) << 1;
    const sizes = words[at + 1]!;
    return sizes >= 0x8000_0000 ? words[at + 2]! : sizes & NARROW_KEY_BYTES_MAX;
  }

  valueSize(pointer: number): number {
    const words = this.u32[pointer >>> SEGMENT_SHIFT]!;
    const at = (pointer & SEGMENT_MASK) << 1;
    const sizes = words[at + 1]!;
    return sizes >= 0x8000_0000 ? words[at + 3]! : (sizes >>> VALUE_SHIFT) & NARROW_VALUE_BYTES_MAX;
  }

  /** Byte index of the key in `bytes(pointer)`. */
  keyOffset(pointer: number): number {
    const words = this.u32[pointer >>> SEGMENT_SHIFT]!;
    const at = (pointer & SEGMENT_MASK) << 1;
    let offset = (at << 2) + HEADER_BYTES;
    if (words[at + 1]! >= 0x8000_0000) offset += WIDE_BYTES;
    if ((words[at]! & EXPIRY_BIT) !== 0) offset += EXPIRY_BYTES;
    return offset;
  }

  /** Byte index of the value in `bytes(pointer)`. */
  valueOffset(pointer: number): number {
    return this.keyOffset(pointer) + this.keySize(pointer);
  }

  /** Bytes of the block that the entry fills. */
  size(pointer: number): number {
    const start = (pointer & SEGMENT_MASK) << 3;
    return this.valueOffset(pointer) - start + this.valueSize(pointer);
  }

  /**
   * True when a value of `valueBytes` could be written over this entry's value with the same header shape: the
   * block's room is the caller's to check.
   */
  keepsShape(pointer: number, valueBytes: number): boolean {
    const words = this.u32[pointer >>> SEGMENT_SHIFT]!;
    const wide = words[((pointer & SEGMENT_MASK) << 1) + 1]! >= 0x8000_0000;
    return wide === needsWide(this.keySize(pointer), valueBytes);
  }

  /** Like `keepsShape`; also false for another type, or when only one of the two values has an expiry. */
  keepsWholeShape(pointer: number, type: number, valueBytes: number, expires: boolean): boolean {
    const words = this.u32[pointer >>> SEGMENT_SHIFT]!;
    const at = (pointer & SEGMENT_MASK) << 1;
    if ((words[at]! & (TYPE_MASK | EXPIRY_BIT)) !== (expires ? type | EXPIRY_BIT : type)) return false;
    if (words[at + 1]! < 0x8000_0000) return valueBytes <= NARROW_VALUE_BYTES_MAX;
    return needsWide(words[at + 2]!, valueBytes);
  }

  /** Changes the value's size, within `keepsShape` and the block's room. */
  setValueSize(pointer: number, valueBytes: number): void {
    const words = this.u32[pointer >>> SEGMENT_SHIFT]!;
    const at = (pointer & SEGMENT_MASK) << 1;
    const sizes = words[at + 1]!;
    if (sizes >= 0x8000_0000) words[at + 3] = valueBytes;
    else words[at + 1] = (sizes & (EPOCH_BIT | NARROW_KEY_BYTES_MAX)) | (valueBytes << VALUE_SHIFT);
  }

  hasExpiry(pointer: number): boolean {
    return (this.u32[pointer >>> SEGMENT_SHIFT]![(pointer & SEGMENT_MASK) << 1]! & EXPIRY_BIT) !== 0;
  }

  /** When the entry expires, in Unix milliseconds; 0 = never. */
  deadline(pointer: number): number {
    const words = this.u32[pointer >>> SEGMENT_SHIFT]!;
    const at = (pointer & SEGMENT_MASK) << 1;
    if ((words[at]! & EXPIRY_BIT) === 0) return 0;
    return this.f64[pointer >>> SEGMENT_SHIFT]![this.expiryWord(words, at) >> 1]!;
  }

  /** Changes the deadline of an entry that has one. */
  setDeadline(pointer: number, deadline: number): void {
    const words = this.u32[pointer >>> SEGMENT_SHIFT]!;
    const at = (pointer & SEGMENT_MASK) << 1;
    this.f64[pointer >>> SEGMENT_SHIFT]![this.expiryWord(words, at) >> 1] = deadline;
  }

  /** Links of the timing wheel's lists: only of entries that have an expiry. */
  previous(pointer: number): number {
    const words = this.u32[pointer >>> SEGMENT_SHIFT]!;
    return words[this.expiryWord(words, (pointer & SEGMENT_MASK) << 1) + 2]!;
  }

  next(pointer: number): number {
    const words = this.u32[pointer >>> SEGMENT_SHIFT]!;
    return words[this.expiryWord(words, (pointer & SEGMENT_MASK) << 1) + 3]!;
  }

  setPrevious(pointer: number, other: number): void {
    const words = this.u32[pointer >>> SEGMENT_SHIFT]!;
    words[this.expiryWord(words, (pointer & SEGMENT_MASK) << 1) + 2] = other;
  }

  setNext(pointer: number, other: number): void {
    const words = this.u32[pointer >>> SEGMENT_SHIFT]!;
    words[this.expiryWord(words, (pointer & SEGMENT_MASK) << 1) + 3] = other;
  }

  /** The snapshot's mark: 0 or 1. */
  epoch(pointer: number): number {
    return (this.u32[pointer >>> SEGMENT_SHIFT]![((pointer & SEGMENT_MASK) << 1) + 1]! >>> 30) & 1;
  }

  setEpoch(pointer: number, epoch: number): void {
    const words = this.u32[pointer >>> SEGMENT_SHIFT]!;
    const at = ((pointer & SEGMENT_MASK) << 1) + 1;
    words[at] = epoch !== 0 ? words[at]! | EPOCH_BIT : words[at]! & ~EPOCH_BIT;
  }

  /** True when the entry's key is `source[offset .. offset + length)`. */
  keyEquals(pointer: number, source: DataView, offset: number, length: number): boolean {
    if (this.keySize(pointer) !== length) return false;
    return equalWords(this.data(pointer), this.keyOffset(pointer), source, offset, length);
  }

  /** Index in the segment's u32 view of the expiry's first word. */
  private expiryWord(words: Uint32Array, at: number): number {
    return words[at + 1]! >= 0x8000_0000 ? at + 4 : at + 2;
  }
}
