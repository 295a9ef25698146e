/**
 * A payload under construction: items as the log has them (wal/record.ts), for commands that make a whole value at once (COPY,
 * RENAME, RESTORE, SORT with STORE ...), which they then give to `Collections.store` or `storeCopy`.
 *
 *     payload.begin();
 *     payload.putItem(...), putDouble(...) ...
 *     if (!payload.isComplete() || !log.prepare(payload.recordBytes(keyBytes))) errors.OUT_OF_MEMORY
 *     payload.data[0 .. payload.size)
 *
 * The buffer is on the JS heap, reused, and doubled as it fills, up to what one record of the log may have; what did not fit is
 * not written, and `isComplete` says so in the end. Nothing here throws.
 */

import { copyWords, viewOf } from '../base/bytes.js';
import { formatInteger, INTEGER_BYTES_MAX } from '../base/integer.js';
import { COLLECTION_NAMED_LARGE, type Entries, TYPE_HASH, TYPE_ZSET } from '../structures/entry.js';
import type { CollectionReader } from './collection-reader.js';
import { tryToMake } from './rdb/collection-items.js';
import { RECORD_BYTES_MAX, RECORD_OVERHEAD_BYTES_MAX } from './wal/record.js';

const BYTES_MIN = 4096;
/** What is kept for the next payload. */
const KEPT_BYTES_MAX = 2 ** 20;
/** A key, and what surrounds it in the log, must fit the record, too. */
const BYTES_MAX = RECORD_BYTES_MAX - 2 ** 20;
/** A deadline, and the size of the field behind it. */
const DEADLINE_HEADER_BYTES = 12;

/** An integer, or `size` bytes of `data`: what cursors and items of other formats stand on. */
export interface Element {
  readonly isInteger: boolean;
  readonly integer: number;
  readonly data: DataView;
  readonly offset: number;
  readonly size: number;
}

/** Items without any meaning. */
class ItemBuffer {
  data: DataView;
  size: number;
  protected isFull: boolean;
  private bytes: Uint8Array;
  private readonly bytesMax: number;
  private readonly digits: Uint8Array;
  private readonly digitsData: DataView;

  /** @param bytesMax of all items together */
  constructor(bytesMax: number) {
    this.bytes = new Uint8Array(BYTES_MIN);
    this.data = viewOf(this.bytes);
    this.size = 0;
    this.isFull = false;
    this.bytesMax = bytesMax;
    this.digits = new Uint8Array(INTEGER_BYTES_MAX);
    this.digitsData = viewOf(this.digits);
  }

  /** Forgets what there was. */
  begin(): void {
    this.size = 0;
    this.isFull = false;
  }

  /** Gives back the memory of unusually many items, which are not needed any more. */
  clear(): void {
    this.begin();
    if (this.bytes.length > KEPT_BYTES_MAX) this.setBytes(new Uint8Array(BYTES_MIN)); // alloc: after a large one
  }

  /** True when everything has found room. */
  isComplete(): boolean {
    return !this.isFull;
  }

  putItem(source: DataView, offset: number, size: number): void {
    if (!this.hasRoom(4 + size)) return;
    const at = this.size;
    this.data.setUint32(at, size, true);
    copyWords(this.data, at + 4, source, offset, size);
    this.size = at + 4 + size;
  }

  /** An item that is the text of a safe integer. */
  putInteger(value: number): void {
    this.putItem(this.digitsData, 0, formatInteger(this.digits, 0, value));
  }

  putElement(element: Element): void {
    if (element.isInteger) this.putInteger(element.integer);
    else this.putItem(element.data, element.offset, element.size);
  }

  putDouble(value: number): void {
    if (!this.hasRoom(8)) return;
    this.data.setFloat64(this.size, value, true);
    this.size += 8;
  }

  /** Makes sure of room for so many more bytes. */
  private hasRoom(bytes: number): boolean {
    const needed = this.size + bytes;
    if (this.isFull || needed > this.bytesMax) {
      this.isFull = true;
      return false;
    }
    return needed <= this.bytes.length || this.grow(needed);
  }

  private grow(needed: number): boolean {
    const room = Math.min(Math.max(needed, this.bytes.length * 2), this.bytesMax);
    const larger = tryToMake(() => new Uint8Array(room)); // alloc: doubles, so rarely
    if (larger === undefined) {
      this.isFull = true;
      return false;
    }
    larger.set(this.bytes.subarray(0, this.size));
    this.setBytes(larger);
    return true;
  }

  private setBytes(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.data = viewOf(bytes);
  }
}

export class ItemPayload extends ItemBuffer {
  /** Elements, members or fields, of those who count them. */
  count: number;
  /** OBJECT ENCODING is to tell the larger form's name. */
  isNamedLarge: boolean;
  /** Bytes of the deadline that `firstDeadline` or `nextDeadline` has found, and of the field behind it. */
  deadlineBytes: number;
  /** (f64 deadline in Unix ms, item field)...: each of them is what a record OP_HASH_EXPIREAT has for one field. */
  private readonly deadlines: ItemBuffer;
  private deadlineCount: number;
  private deadlineAt: number;

  /** @param bytesMax of all items together */
  constructor(bytesMax: number = BYTES_MAX) {
    super(bytesMax);
    this.count = 0;
    this.isNamedLarge = false;
    this.deadlineBytes = 0;
    this.deadlines = new ItemBuffer(bytesMax);
    this.deadlineCount = 0;
    this.deadlineAt = 0;
  }

  override begin(): void {
    super.begin();
    this.count = 0;
    this.isNamedLarge = false;
    this.deadlineCount = 0;
    this.deadlines.begin();
  }

  override clear(): void {
    super.clear();
    this.deadlines.clear();
  }

  override isComplete(): boolean {
    return !this.isFull && this.deadlines.isComplete();
  }

  /** What the log needs at most for the value under a key of `keyBytes`, and for the key's deadline: for `log.prepare`. */
  recordBytes(keyBytes: number): number {
    const records = this.deadlineCount + 2;
    return this.size + this.deadlines.size + records * (keyBytes + RECORD_OVERHEAD_BYTES_MAX);
  }

  /** All of the collection of an entry, as `addingOp` of its type has it, with what else is known of it. */
  putEntry(entries: Entries, entry: number, reader: CollectionReader): void {
    this.isNamedLarge = (entries.encoding(entry) & COLLECTION_NAMED_LARGE) !== 0;
    reader.open(entry);
    while (!this.isFull && reader.next()) {
      if (reader.type === TYPE_ZSET) this.putDouble(reader.score);
      this.putElement(reader.item);
      if (reader.type === TYPE_HASH) this.putElement(reader.value);
      if (reader.deadline !== 0) this.putDeadline(reader.deadline, reader.item);
      this.count += 1;
    }
  }

  /** The field expires then, in Unix ms. */
  putDeadline(deadline: number, field: Element): void {
    this.deadlines.putDouble(deadline);
    this.deadlines.putElement(field);
    this.deadlineCount += 1;
  }

  /** Where deadlines of fields are. */
  get deadlineData(): DataView {
    return this.deadlines.data;
  }

  /** Offset in `deadlineData` of the first field with a deadline, of `deadlineBytes`; -1 = none. */
  firstDeadline(): number {
    this.deadlineAt = 0;
    return this.nextDeadline();
  }

  nextDeadline(): number {
    const at = this.deadlineAt;
    if (at >= this.deadlines.size) return -1;
    this.deadlineBytes = DEADLINE_HEADER_BYTES + this.deadlines.data.getUint32(at + 8, true);
    this.deadlineAt = at + this.deadlineBytes;
    return at;
  }
}
