/**
 * Writes the payload of a list, set, sorted set or hash, as Redis 7.0 would: byte for byte the same where the order of
 * elements is (packed structures, lists), never compressed.
 *
 *     writer.begin(rdbType, count); for each element: writer.item(...) or writer.integer(...), and what belongs to it;
 *     if (writer.end()) the payload is writer.bytes[writer.start .. writer.limit)
 *
 *     list          item                        18
 *     set           item                        2, 20; 11 with integers alone, in any order
 *     sorted set    item, score                 17, ascending; 5, which Redis writes descending: so it loads faster
 *     hash          item, item                  4, 16
 *                   deadline, item, item        24
 *
 * What comes before the elements, and depends on them, is written backwards at the end: the buffer begins with room for it.
 * The buffer is reused. It grows by doubling, up to a limit; beyond it `end` says false.
 *
 * The nodes of a list are those of a quicklist with `list-max-listpack-size -2` to whose end the elements were pushed one
 * by one. (Redis 7.0 makes plain nodes of elements of 1 GiB and more, which a request can't bring.)
 */

import { viewOf, writeByteText } from '../../base/bytes.js';
import { formatDouble } from '../../base/double.js';
import {
  formatInteger,
  INTEGER_BYTES_MAX,
  integerSize,
  parseInteger,
  parseWideInteger,
  WIDE_INTEGER,
} from '../../base/integer.js';
import { PackedItem } from '../../structures/packed-item.js';
import { HEAD_INT64 } from '../../structures/packed-list.js';
import { tryToMake } from './collection-items.js';
import { COUNT_UNKNOWN, END_BYTE } from './element-reader.js';
import { LENGTH_64_BITS } from './input.js';
import { LISTPACK_HEADER_BYTES } from './listpack-reader.js';
import { FOOTER_BYTES, lengthBytes, writeFooter, writeLength, writeString } from './payload.js';
import * as types from './types.js';

/** Room for the type, a count and a length; a multiple of 8, for the integers of an intset are sorted where they lie. */
const FRONT_BYTES = 16;
/** Room, too, for what `begin` writes. */
const BYTES_MIN = 1024;
const BYTES_MAX = 2 ** 31;
/** What is kept for the next payload. */
const KEPT_BYTES_MAX = 2 ** 20;

const INTSET_HEADER_BYTES = 8;
/** An integer of 64 bits in a listpack, with its backward size. */
const INTEGER_64_ELEMENT_BYTES = 10;
/** A length, at most. */
const LENGTH_BYTES_MAX = 5;
const LENGTH_64_BYTES = 9;
/** A text of at least so many digits may be an integer beyond ±(2^53-1). */
const WIDE_DIGITS_MIN = 16;
/** Redis makes an integer of a score that is one, up to here: half of what 64 bits hold. */
const INTEGER_SCORE_MAX = 2 ** 62;

/** Before the listpack of a node: its kind, and a length, for which two bytes are right nearly always. */
const NODE_FRONT_BYTES = 3;
/** `list-max-listpack-size -2`: a node may reach this, by an estimate that takes this much for what surrounds an element. */
const NODE_BYTES_MAX = 8192;
const NODE_ELEMENT_OVERHEAD = 8;

/** How elements are written. */
const AS_STRINGS = 0;
const AS_LISTPACK = 1;
const AS_NODES = 2;
const AS_INTSET = 3;

export class CollectionWriter {
  /** Where the payload is, after `end`: `bytes[start .. limit)`. Good until the next `begin`. */
  bytes: Uint8Array = new Uint8Array(BYTES_MIN);
  start = 0;
  limit = 0;
  private data: DataView = viewOf(this.bytes);
  private rdbType = 0;
  private form = AS_STRINGS;
  private leastDeadline = 0;
  private failed = false;
  /** Where the next byte goes. */
  private at = 0;
  /** The listpack that is being written: its offset and its elements. Offset 0: none. */
  private packAt = 0;
  private packCount = 0;
  private nodes = 0;
  private readonly element = new PackedItem();
  /** Digits of integers and scores, to be written as texts. */
  private readonly text = new Uint8Array(32);
  private readonly textData = viewOf(this.text);

  /**
   * Begins a payload.
   *
   * @param rdbType what `rdbTypeOf` says, or any of the types named above
   * @param count of elements, members or fields
   * @param leastDeadline for RDB_TYPE_HASH_METADATA: the least deadline of its fields
   */
  begin(rdbType: number, count: number, leastDeadline = 0): void {
    this.clear();
    this.rdbType = rdbType;
    this.form = formOf(rdbType);
    this.leastDeadline = leastDeadline;
    this.failed = false;
    this.at = FRONT_BYTES;
    this.packAt = 0;
    this.nodes = 0;
    if (this.form === AS_STRINGS) {
      if (rdbType === types.RDB_TYPE_HASH_METADATA) {
        writeInteger64(this.data, this.at, leastDeadline);
        this.at += 8;
      }
      this.at = writeLength(this.bytes, this.at, count);
    } else if (this.form === AS_LISTPACK) {
      this.openPack(0);
    } else if (this.form === AS_INTSET) {
      this.at += INTSET_HEADER_BYTES;
    }
  }

  /** Writes an element, member, field or value: `size` bytes, given both as an array and as a view of the same buffer. */
  item(bytes: Uint8Array, data: DataView, offset: number, size: number): void {
    if (this.form === AS_STRINGS) {
      if (!this.makeRoom(LENGTH_BYTES_MAX + size)) return;
      this.at = writeString(this.bytes, this.at, bytes, offset, size);
    } else if (this.form === AS_INTSET) {
      this.addToIntset(bytes, offset, size);
    } else {
      if (this.form === AS_NODES) this.chooseNode(size);
      const isWide =
        size >= WIDE_DIGITS_MIN &&
        size <= INTEGER_BYTES_MAX &&
        parseInteger(bytes, offset, size) === WIDE_INTEGER;
      if (isWide) {
        this.packWide(parseWideInteger(bytes, offset, size));
      } else {
        this.element.setBytes(bytes, data, offset, size);
        this.packElement();
      }
    }
  }

  /** Writes an element, member, field or value that is an integer within ±(2^53-1). */
  integer(value: number): void {
    if (this.form === AS_STRINGS || this.form === AS_INTSET) {
      this.item(this.text, this.textData, 0, formatInteger(this.text, 0, value));
      return;
    }
    if (this.form === AS_NODES) this.chooseNode(integerSize(value));
    this.element.setInteger(value);
    this.packElement();
  }

  /** Writes the score of the last member. */
  score(value: number): void {
    if (this.form === AS_STRINGS) {
      if (!this.makeRoom(8)) return;
      this.data.setFloat64(this.at, value, true);
      this.at += 8;
      return;
    }
    if (!Number.isInteger(value) || Math.abs(value) > INTEGER_SCORE_MAX) {
      const size = writeByteText(this.text, 0, formatDouble(value)); // alloc: a text for each such score
      this.element.setRaw(this.textData, 0, size);
      this.packElement();
    } else if (Number.isSafeInteger(value)) {
      this.element.setInteger(value === 0 ? 0 : value); // Redis forgets the sign of -0 here, too.
      this.packElement();
    } else {
      this.packWide(BigInt(value)); // alloc: rare, only beyond ±(2^53-1)
    }
  }

  /** Writes when the next field expires, in Unix milliseconds; 0 for never. */
  deadline(value: number): void {
    if (!this.makeRoom(LENGTH_64_BYTES)) return;
    const length = value === 0 ? 0 : value - this.leastDeadline + 1;
    if (length < 2 ** 32) {
      this.at = writeLength(this.bytes, this.at, length);
    } else {
      this.bytes[this.at] = LENGTH_64_BITS;
      this.data.setUint32(this.at + 1, length / 2 ** 32);
      this.data.setUint32(this.at + 5, length % 2 ** 32);
      this.at += LENGTH_64_BYTES;
    }
  }

  /** Puts together what depends on all elements. False when there was no room. */
  end(): boolean {
    if (this.form === AS_LISTPACK || this.packAt !== 0) this.closePack();
    if (this.form === AS_INTSET) this.closeIntset();
    if (!this.makeRoom(FOOTER_BYTES)) return false;
    let front = FRONT_BYTES;
    // Strings have brought their count with them.
    if (this.form !== AS_STRINGS) {
      const length = this.form === AS_NODES ? this.nodes : this.at - FRONT_BYTES;
      front -= lengthBytes(length);
      writeLength(this.bytes, front, length);
    }
    this.start = front - 1;
    this.bytes[this.start] = this.rdbType;
    writeFooter(this.bytes, this.start, this.at, types.versionOf(this.rdbType));
    this.limit = this.at + FOOTER_BYTES;
    return true;
  }

  /** Gives back the memory of an unusually large payload. */
  clear(): void {
    if (this.bytes.length > KEPT_BYTES_MAX) this.setBytes(new Uint8Array(BYTES_MIN)); // alloc: after a large one
  }

  /** Makes sure of a listpack for an element of a list whose text has `size` bytes: the last node's, or a new one. */
  private chooseNode(size: number): void {
    if (this.packAt !== 0) {
      // With the end byte that it will have.
      const nodeBytes = this.at + 1 - this.packAt;
      if (nodeBytes + size + NODE_ELEMENT_OVERHEAD <= NODE_BYTES_MAX) return;
      this.closePack();
    }
    this.nodes++;
    this.openPack(NODE_FRONT_BYTES);
  }

  /** Begins a listpack behind `front` bytes. */
  private openPack(front: number): void {
    if (!this.makeRoom(front + LISTPACK_HEADER_BYTES)) return;
    this.packAt = this.at + front;
    this.packCount = 0;
    this.at = this.packAt + LISTPACK_HEADER_BYTES;
  }

  private packElement(): void {
    const { element } = this;
    if (!this.makeRoom(element.encodedBytes)) return;
    this.at = element.write(this.data, this.at);
    this.packCount++;
  }

  /** Writes an integer beyond ±(2^53-1): a text in our own packed lists, but not in Redis's. */
  private packWide(value: bigint): void {
    const { at } = this;
    if (!this.makeRoom(INTEGER_64_ELEMENT_BYTES)) return;
    this.bytes[at] = HEAD_INT64;
    this.data.setBigInt64(at + 1, value, true);
    this.bytes[at + 9] = INTEGER_64_ELEMENT_BYTES - 1;
    this.at = at + INTEGER_64_ELEMENT_BYTES;
    this.packCount++;
  }

  private closePack(): void {
    if (!this.makeRoom(1 + LENGTH_BYTES_MAX)) return;
    const { packAt, bytes, data } = this;
    bytes[this.at++] = END_BYTE;
    const size = this.at - packAt;
    data.setUint32(packAt, size, true);
    data.setUint16(packAt + 4, Math.min(this.packCount, COUNT_UNKNOWN), true);
    this.packAt = 0;
    if (this.form !== AS_NODES) return;
    const shift = 1 + lengthBytes(size) - NODE_FRONT_BYTES;
    if (shift !== 0) bytes.copyWithin(packAt + shift, packAt, this.at);
    bytes[packAt - NODE_FRONT_BYTES] = types.NODE_PACKED;
    writeLength(bytes, packAt - NODE_FRONT_BYTES + 1, size);
    this.at += shift;
  }

  private addToIntset(bytes: Uint8Array, offset: number, size: number): void {
    if (!this.makeRoom(8)) return;
    const value = parseInteger(bytes, offset, size);
    if (value === WIDE_INTEGER) this.data.setBigInt64(this.at, parseWideInteger(bytes, offset, size), true);
    else writeInteger64(this.data, this.at, value);
    this.at += 8;
  }

  /** Sorts the integers and makes them as narrow as the widest of them allows. */
  private closeIntset(): void {
    const { data, bytes } = this;
    const from = FRONT_BYTES + INTSET_HEADER_BYTES;
    const count = (this.at - from) / 8;
    const sorted = new BigInt64Array(bytes.buffer, from, count).sort(); // alloc: a view of a whole payload
    const width = Math.max(widthOf(sorted[0]!), widthOf(sorted[count - 1]!));
    data.setUint32(FRONT_BYTES, width, true);
    data.setUint32(FRONT_BYTES + 4, count, true);
    if (width !== 8) {
      for (let index = 0; index < count; index++) {
        const value = data.getInt32(from + index * 8, true);
        if (width === 2) data.setInt16(from + index * 2, value, true);
        else data.setInt32(from + index * 4, value, true);
      }
    }
    this.at = from + count * width;
  }

  /** True when `size` more bytes fit. Once they did not, nothing is written any more. */
  private makeRoom(size: number): boolean {
    const needed = this.at + size;
    if (needed <= this.bytes.length && !this.failed) return true;
    if (this.failed || needed > BYTES_MAX) {
      this.failed = true;
      return false;
    }
    const length = Math.min(BYTES_MAX, Math.max(needed, this.bytes.length * 2));
    const larger = tryToMake(() => new Uint8Array(length)); // alloc: doubles, so rarely
    if (larger === undefined) {
      this.failed = true;
      return false;
    }
    larger.set(this.bytes.subarray(0, this.at));
    this.setBytes(larger);
    return true;
  }

  private setBytes(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.data = viewOf(bytes);
  }
}

function formOf(rdbType: number): number {
  switch (rdbType) {
    case types.RDB_TYPE_LIST_QUICKLIST_2:
      return AS_NODES;
    case types.RDB_TYPE_SET_INTSET:
      return AS_INTSET;
    case types.RDB_TYPE_SET_LISTPACK:
    case types.RDB_TYPE_ZSET_LISTPACK:
    case types.RDB_TYPE_HASH_LISTPACK:
      return AS_LISTPACK;
    default:
      return AS_STRINGS;
  }
}

/** Writes an integer within ±(2^53-1) in 8 bytes, little endian. */
function writeInteger64(data: DataView, at: number, value: number): void {
  data.setInt32(at, value % 2 ** 32, true);
  data.setInt32(at + 4, Math.floor(value / 2 ** 32), true);
}

/** Bytes of an intset's integers if this one is in it. */
function widthOf(value: bigint): number {
  const number = Number(value);
  if (number !== (number | 0)) return 8;
  return number === (number << 16) >> 16 ? 2 : 4;
}
