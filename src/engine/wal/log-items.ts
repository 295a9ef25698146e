/**
 * Records of collections: one a command, which holds as many items as the command has changed (record.ts has the forms).
 *
 *     beginItems(op, ...) -> putItem, putDouble, putUint32, putInteger, as often as need be -> endItems() -> LSN after it
 *
 * How many there will be need not be known: the place is reserved by an upper bound, and what is not needed is filler. Nothing
 * else may be appended between `beginItems` and `endItems`. A record without any item is not written.
 *
 * Nothing here throws or allocates on the JS heap.
 */

import { copyWords } from '../../base/bytes.js';
import { formatInteger, INTEGER_BYTES_MAX } from '../../base/integer.js';
import type { Memory } from '../../memory/memory.js';
import { LogAppender, NOWHERE } from './log-appender.js';
import type { LogControl } from './log-control.js';
import { padded, RECORD_HEADER_BYTES } from './record.js';

/** What an item takes beyond its bytes at most: its size, and a score. */
export const ITEM_OVERHEAD_BYTES_MAX = 12;
/** Before an item's bytes. */
const ITEM_SIZE_BYTES = 4;
/** Two sizes. */
const FIXED_BYTES = RECORD_HEADER_BYTES + 8;

export class LogItems extends LogAppender {
  /** The record under way: where it begins in `data`, NOWHERE when nothing is to be written; its room, its items, their end. */
  private itemsIndex: number;
  private itemsRoom: number;
  private itemsStart: number;
  private itemsAt: number;
  private itemsOp: number;
  private itemsFlags: number;
  private itemsDatabase: number;
  private readonly digits: Uint8Array;
  private readonly digitsData: DataView;

  constructor(control: LogControl, memory: Memory) {
    super(control, memory);
    this.itemsIndex = NOWHERE;
    this.itemsRoom = 0;
    this.itemsStart = 0;
    this.itemsAt = 0;
    this.itemsOp = 0;
    this.itemsFlags = 0;
    this.itemsDatabase = 0;
    this.digits = new Uint8Array(INTEGER_BYTES_MAX);
    this.digitsData = new DataView(this.digits.buffer);
  }

  /**
   * Begins a record about the key at `keyOffset` of `source`.
   *
   * @param payloadBytesMax what its items take at most, ITEM_OVERHEAD_BYTES_MAX each beside their bytes. Beyond 64 KiB the
   * caller has called `prepare`, as the executor does for what is no longer than the request
   */
  beginItems(
    op: number,
    flags: number,
    database: number,
    source: DataView,
    keyOffset: number,
    keyBytes: number,
    payloadBytesMax: number,
  ): void {
    this.itemsIndex = NOWHERE;
    if (!this.enabled) return;
    const room = padded(FIXED_BYTES + keyBytes + payloadBytesMax);
    const index = this.begin(room);
    if (index === NOWHERE) return;
    this.itemsIndex = index;
    this.itemsRoom = room;
    this.itemsOp = op;
    this.itemsFlags = flags;
    this.itemsDatabase = database;
    this.u32[(index + RECORD_HEADER_BYTES) >>> 2] = keyBytes;
    copyWords(this.data, index + FIXED_BYTES, source, keyOffset, keyBytes);
    this.itemsStart = index + FIXED_BYTES + keyBytes;
    this.itemsAt = this.itemsStart;
  }

  /** Adds to the flags of the record under way. */
  markItems(flags: number): void {
    this.itemsFlags |= flags;
  }

  /**
   * A whole record of two items, such as a field and its value: what the methods below come to, in half the time.
   *
   * @returns the LSN after it
   */
  appendPair(
    op: number,
    flags: number,
    database: number,
    source: DataView,
    keyOffset: number,
    keyBytes: number,
    first: DataView,
    firstOffset: number,
    firstBytes: number,
    second: DataView,
    secondOffset: number,
    secondBytes: number,
  ): number {
    if (!this.enabled) return 0;
    const payloadBytes = 2 * ITEM_SIZE_BYTES + firstBytes + secondBytes;
    const bytes = padded(FIXED_BYTES + keyBytes + payloadBytes);
    const index = this.begin(bytes);
    if (index === NOWHERE) return this.lsn;
    const data = this.data;
    this.f64[(index + bytes - 8) >>> 3] = 0; // what is padding stays so
    this.u32[(index + RECORD_HEADER_BYTES) >>> 2] = keyBytes;
    this.u32[(index + RECORD_HEADER_BYTES + 4) >>> 2] = payloadBytes;
    let at = index + FIXED_BYTES;
    copyWords(data, at, source, keyOffset, keyBytes);
    at += keyBytes;
    data.setUint32(at, firstBytes, true);
    copyWords(data, at + ITEM_SIZE_BYTES, first, firstOffset, firstBytes);
    at += ITEM_SIZE_BYTES + firstBytes;
    data.setUint32(at, secondBytes, true);
    copyWords(data, at + ITEM_SIZE_BYTES, second, secondOffset, secondBytes);
    return this.end(index, bytes, op, flags, database);
  }

  putItem(source: DataView, offset: number, size: number): void {
    if (this.itemsIndex === NOWHERE) return;
    const at = this.itemsAt;
    this.data.setUint32(at, size, true);
    copyWords(this.data, at + 4, source, offset, size);
    this.itemsAt = at + 4 + size;
  }

  /** Items that are in the log's form already. */
  putPayload(source: DataView, offset: number, bytes: number): void {
    if (this.itemsIndex === NOWHERE) return;
    copyWords(this.data, this.itemsAt, source, offset, bytes);
    this.itemsAt += bytes;
  }

  /** An item that is the text of a safe integer. */
  putInteger(value: number): void {
    if (this.itemsIndex === NOWHERE) return;
    this.putItem(this.digitsData, 0, formatInteger(this.digits, 0, value));
  }

  putUint32(value: number): void {
    if (this.itemsIndex === NOWHERE) return;
    this.data.setUint32(this.itemsAt, value, true);
    this.itemsAt += 4;
  }

  putDouble(value: number): void {
    if (this.itemsIndex === NOWHERE) return;
    this.data.setFloat64(this.itemsAt, value, true);
    this.itemsAt += 8;
  }

  /** Completes the record. Returns the LSN after it; without items or a log, 0. */
  endItems(): number {
    const index = this.itemsIndex;
    if (index === NOWHERE) return this.enabled ? this.lsn : 0;
    this.itemsIndex = NOWHERE;
    const payloadBytes = this.itemsAt - this.itemsStart;
    if (payloadBytes === 0) {
      this.forgo(index, this.itemsRoom);
      return 0;
    }
    this.u32[(index + RECORD_HEADER_BYTES + 4) >>> 2] = payloadBytes;
    const end = this.itemsAt;
    const bytes = padded(end - index);
    for (let at = end; at < index + bytes; at++) this.data.setUint8(at, 0);
    return this.endShorter(index, bytes, this.itemsRoom, this.itemsOp, this.itemsFlags, this.itemsDatabase);
  }
}

/** Takes the payload of such a record apart. One reused instance a user. */
export class ItemReader {
  /** What `nextItem` has found. */
  offset: number;
  size: number;
  private data: DataView;
  private at: number;
  private end: number;

  constructor() {
    this.offset = 0;
    this.size = 0;
    this.data = new DataView(new ArrayBuffer(0));
    this.at = 0;
    this.end = 0;
  }

  /** Goes over the payload of `bytes` bytes at `offset` of `data`. */
  begin(data: DataView, offset: number, bytes: number): void {
    this.data = data;
    this.at = offset;
    this.end = offset + bytes;
  }

  /** True while there is more. */
  hasMore(): boolean {
    return this.at < this.end;
  }

  /** Takes an item. False when the payload ends within it, or there is none. */
  nextItem(): boolean {
    if (this.at + 4 > this.end) return false;
    this.size = this.data.getUint32(this.at, true);
    this.offset = this.at + 4;
    this.at = this.offset + this.size;
    return this.at <= this.end;
  }

  nextUint32(): number {
    const value = this.at + 4 > this.end ? 0 : this.data.getUint32(this.at, true);
    this.at += 4;
    return value;
  }

  nextDouble(): number {
    const value = this.at + 8 > this.end ? 0 : this.data.getFloat64(this.at, true);
    this.at += 8;
    return value;
  }
}
