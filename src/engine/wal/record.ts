/**
 * Log records: the effects of commands, as they lie in the ring, in page memory and on disk.
 *
 * Little endian; every record begins at a multiple of 8 and its size is one, so that deadlines are aligned. The size
 * comes first and is written last: in the ring it is the commit.
 *
 *     0  u32 size       the whole record, padding included
 *     4  u8  op         OP_*: stable for ever
 *     5  u8  flags      FLAG_*
 *     6  u16 database
 *     8  payload
 *
 *     SET         [f64 deadline, with FLAG_DEADLINE] u32 keyBytes, u32 valueBytes, key, value
 *     DELETE      u32 keyBytes, key                  FLAG_EXPIRED: its time was over
 *     EXPIREAT    f64 deadline, u32 keyBytes, key
 *     PERSIST     u32 keyBytes, key
 *     APPEND      u32 keyBytes, u32 valueBytes, key, suffix
 *     FLUSHDB     nothing
 *     FLUSHALL    nothing
 *     SETRANGE    u32 offset, u32 keyBytes, u32 valueBytes, key, the bytes that now lie at that offset of the value;
 *                 a value that ends before is filled up with zero bytes; with FLAG_NEW it began empty
 *     SWAPDB      u32 the other database
 *     OP_LIST_* to OP_HASH_*, for collections: u32 keyBytes, u32 payloadBytes, key, payload: what is said of each of them
 *                 below. An item is u32 bytes and these bytes; `...` = one or more. FLAG_NEW: the key began empty, whatever it
 *                 held before. Whoever takes the last element out removes the key; no DELETE says so.
 *     GROUP       records, all of which happened at once; they are not groups themselves
 *     EXTERNAL    ring only: u32 pointer into page memory, u32 bytes of the record that lies there
 *     PAD         whatever; to be skipped
 *
 * Deadlines are Unix milliseconds. The format on disk is documented in docs/formats/wal.md.
 */

import { CrabError } from '../../base/errors.js';
import { TYPE_HASH, TYPE_LIST, TYPE_SET, TYPE_ZSET } from '../../structures/entry.js';

export const OP_SET = 1;
export const OP_DELETE = 2;
export const OP_EXPIREAT = 3;
export const OP_PERSIST = 4;
export const OP_APPEND = 5;
export const OP_FLUSHDB = 6;
export const OP_FLUSHALL = 7;
export const OP_GROUP = 8;
export const OP_SETRANGE = 9;
export const OP_SWAPDB = 10;

/** item...: pushed one after the other. */
export const OP_LIST_PUSH_LEFT = 16;
export const OP_LIST_PUSH_RIGHT = 17;
/** u32 count. */
export const OP_LIST_POP_LEFT = 18;
export const OP_LIST_POP_RIGHT = 19;
/** u32 index, item: the element there has this value now. */
export const OP_LIST_SET = 20;
/** u32 index, item: inserted so that it has this index. */
export const OP_LIST_INSERT = 21;
/** u32 index...: elements removed, each index counted before any of them is gone, ascending. */
export const OP_LIST_REMOVE = 22;
/** u32 start, u32 count: what is left. */
export const OP_LIST_TRIM = 23;
/** item...: members. */
export const OP_SET_ADD = 24;
export const OP_SET_REMOVE = 25;
/** (f64 score, item member)...: each has this score now. */
export const OP_ZSET_SET = 26;
/** item...: members. */
export const OP_ZSET_REMOVE = 27;
/** (item field, item value)...: each has this value now, and no deadline. */
export const OP_HASH_SET = 28;
/** item...: fields. FLAG_EXPIRED: their time was over. */
export const OP_HASH_DELETE = 29;
/** f64 deadline in Unix ms, item...: fields that have this deadline now; 0 = none any more. */
export const OP_HASH_EXPIREAT = 30;
/** (item field, item value)...: each has this value now, and keeps its deadline: HINCRBY and the like. */
export const OP_HASH_UPDATE = 31;
/** The type of the collection that a record of this operation is about. */
export function typeOfOp(op: number): number {
  if (op <= OP_LIST_TRIM) return TYPE_LIST;
  if (op <= OP_SET_REMOVE) return TYPE_SET;
  return op <= OP_ZSET_REMOVE ? TYPE_ZSET : TYPE_HASH;
}

/** True for the operations on collections. */
export function isCollectionOp(op: number): boolean {
  return op >= OP_LIST_PUSH_LEFT && op <= OP_HASH_UPDATE;
}

export const OP_EXTERNAL = 254;
export const OP_PAD = 255;

/** SET: a deadline follows the header. */
export const FLAG_DEADLINE = 1;
/** DELETE: because the key's time was over, not because somebody asked for it. */
export const FLAG_EXPIRED = 2;
/** SETRANGE and collections: the value began empty, whatever the key held before. */
export const FLAG_NEW = 4;
/** With FLAG_NEW: OBJECT ENCODING tells the name of the larger form, as that of the value from which this one was copied. */
export const FLAG_NAMED_LARGE = 8;

export const RECORD_HEADER_BYTES = 8;
/** An EXTERNAL record: header, pointer, bytes. */
export const REFERENCE_BYTES = 16;
/** A record larger than this goes through page memory and leaves only a reference in the ring. */
export const INLINE_RECORD_BYTES_MAX = 64 * 1024;
/** Page memory gives at most 1 GiB in one piece: no record is larger. */
export const RECORD_BYTES_MAX = 2 ** 30;
/** What a record may need beyond key and value: header, deadline or offset, two sizes, padding. */
export const RECORD_OVERHEAD_BYTES_MAX = 32;

/** Rounds up to a multiple of 8. */
export function padded(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}

/** A little-endian u32 at any offset. */
export function readU32(bytes: Uint8Array, offset: number): number {
  return (
    (bytes[offset]! | (bytes[offset + 1]! << 8) | (bytes[offset + 2]! << 16) | (bytes[offset + 3]! << 24)) >>>
    0
  );
}

const DOUBLE = new Float64Array(1);
const DOUBLE_WORDS = new Uint32Array(DOUBLE.buffer);

/** A little-endian f64 at any offset. */
export function readF64(bytes: Uint8Array, offset: number): number {
  DOUBLE_WORDS[0] = readU32(bytes, offset);
  DOUBLE_WORDS[1] = readU32(bytes, offset + 4);
  return DOUBLE[0]!;
}

/** One record taken apart; filled in anew by every `read`, so that reading a log allocates nothing. */
export class RecordFields {
  size: number;
  op: number;
  flags: number;
  database: number;
  /** Unix ms; 0 = none. */
  deadline: number;
  /** Offsets in the array that was read. For GROUP, the value is the payload. */
  keyOffset: number;
  keyBytes: number;
  valueOffset: number;
  valueBytes: number;
  /** SETRANGE: where in the value the bytes belong. */
  rangeOffset: number;
  /** SWAPDB: the database that changes places with `database`. */
  otherDatabase: number;

  constructor() {
    this.size = 0;
    this.op = 0;
    this.flags = 0;
    this.database = 0;
    this.deadline = 0;
    this.keyOffset = 0;
    this.keyBytes = 0;
    this.valueOffset = 0;
    this.valueBytes = 0;
    this.rangeOffset = 0;
    this.otherDatabase = 0;
  }

  /**
   * Takes apart the record at `offset`, which must end at or before `end`. False when it is not a record of this
   * version of the format; the fields are then undefined but for `op`. Groups are not looked into.
   */
  read(bytes: Uint8Array, offset: number, end: number): boolean {
    this.op = 0;
    if (end - offset < RECORD_HEADER_BYTES) return false;
    const size = readU32(bytes, offset);
    this.op = bytes[offset + 4]!;
    if (size < RECORD_HEADER_BYTES || size % 8 !== 0 || size > end - offset) return false;
    this.size = size;
    this.flags = bytes[offset + 5]!;
    this.database = bytes[offset + 6]! | (bytes[offset + 7]! << 8);
    this.deadline = 0;
    this.keyBytes = 0;
    this.valueBytes = 0;
    return this.readPayload(bytes, offset + RECORD_HEADER_BYTES, offset + size);
  }

  private readPayload(bytes: Uint8Array, payload: number, end: number): boolean {
    switch (this.op) {
      case OP_SET: {
        const hasDeadline = (this.flags & FLAG_DEADLINE) !== 0;
        const sizes = hasDeadline ? payload + 8 : payload;
        if (sizes + 8 > end) return false;
        if (hasDeadline) this.deadline = readF64(bytes, payload);
        return this.readKeyAndValue(bytes, sizes, end);
      }
      case OP_APPEND:
        return payload + 8 <= end && this.readKeyAndValue(bytes, payload, end);
      case OP_SETRANGE:
        if (payload + 12 > end) return false;
        this.rangeOffset = readU32(bytes, payload);
        return this.readKeyAndValue(bytes, payload + 4, end);
      case OP_SWAPDB:
        this.otherDatabase = readU32(bytes, payload);
        return payload + 4 <= end;
      case OP_EXPIREAT:
        if (payload + 12 > end) return false;
        this.deadline = readF64(bytes, payload);
        return this.readKey(bytes, payload + 8, end);
      case OP_DELETE:
      case OP_PERSIST:
        return payload + 4 <= end && this.readKey(bytes, payload, end);
      case OP_GROUP:
        this.valueOffset = payload;
        this.valueBytes = end - payload;
        return true;
      case OP_FLUSHDB:
      case OP_FLUSHALL:
      case OP_PAD:
        return true;
      default:
        if (!isCollectionOp(this.op)) return false;
        return payload + 8 <= end && this.readKeyAndValue(bytes, payload, end);
    }
  }

  private readKey(bytes: Uint8Array, at: number, end: number): boolean {
    this.keyBytes = readU32(bytes, at);
    this.keyOffset = at + 4;
    return this.keyOffset + this.keyBytes <= end;
  }

  private readKeyAndValue(bytes: Uint8Array, at: number, end: number): boolean {
    this.keyBytes = readU32(bytes, at);
    this.valueBytes = readU32(bytes, at + 4);
    this.keyOffset = at + 8;
    this.valueOffset = this.keyOffset + this.keyBytes;
    return this.valueOffset + this.valueBytes <= end;
  }
}

/**
 * Who reads a log. `fields` is filled in anew for every record. `lsn` is where the record begins; for one that went
 * through page memory, and for all of a group that did, it is where their reference began.
 */
export interface RecordVisitor {
  record(fields: RecordFields, bytes: Uint8Array, lsn: number): void;
  /** Around the records of a group, for those who want to know. */
  groupBegins?(lsn: number): void;
  groupEnds?(): void;
}

/** Walks the records of one block. One a thread; allocates nothing a record. */
export class RecordWalker {
  /** Records and groups that begin before this LSN are left out. */
  readonly fromLsn: number;
  private readonly fields: RecordFields;

  constructor(fromLsn: number) {
    this.fromLsn = fromLsn;
    this.fields = new RecordFields();
  }

  /**
   * Gives every record in `bytes[offset..end)` to the visitor: groups one by one, padding left out. The LSN of the
   * first one is `lsn`; `isExternal` says that all of them have that LSN.
   *
   * @returns the offset of the first thing that is no record of this version, or `end` when there is none
   */
  walk(
    bytes: Uint8Array,
    offset: number,
    end: number,
    lsn: number,
    isExternal: boolean,
    visitor: RecordVisitor,
  ): number {
    const fields = this.fields;
    let at = offset;
    while (at < end) {
      if (!fields.read(bytes, at, end)) return at;
      const next = at + fields.size;
      const recordLsn = isExternal ? lsn : lsn + (at - offset);
      if (recordLsn < this.fromLsn) {
        // A snapshot holds it.
      } else if (fields.op === OP_GROUP) {
        const bad = this.walkGroup(bytes, fields.valueOffset, next, recordLsn, isExternal, visitor);
        if (bad !== next) return bad;
      } else if (fields.op !== OP_PAD) {
        visitor.record(fields, bytes, recordLsn);
      }
      at = next;
    }
    return end;
  }

  private walkGroup(
    bytes: Uint8Array,
    offset: number,
    end: number,
    lsn: number,
    isExternal: boolean,
    visitor: RecordVisitor,
  ): number {
    const fields = this.fields;
    let at = offset;
    visitor.groupBegins?.(lsn);
    while (at < end) {
      if (!fields.read(bytes, at, end) || fields.op === OP_GROUP) return at;
      const next = at + fields.size;
      const recordLsn = isExternal ? lsn : lsn + RECORD_HEADER_BYTES + (at - offset);
      if (fields.op !== OP_PAD) visitor.record(fields, bytes, recordLsn);
      at = next;
    }
    visitor.groupEnds?.();
    return end;
  }
}

/** The error for a record that passed its checksum and still is none of this version. */
export function unknownRecord(file: string, offset: number): CrabError {
  return new CrabError(
    'WAL_UNKNOWN_RECORD',
    `${file} has a record at offset ${offset} that this version of CrabKV does not know: start the version that wrote it`,
  );
}
