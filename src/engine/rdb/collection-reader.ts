/**
 * Reads a list, set, sorted set or hash from the payload of a DUMP, in each form in which Redis has ever written one (types.ts).
 *
 *     strings         count, then the strings; each member with a score behind it, each field with its value
 *     packed          one string that is a listpack, ziplist, intset or zipmap
 *     ziplists (14)   count, then that many strings that are ziplists
 *     listpacks (18)  count, then for each node: a length that says NODE_PLAIN or NODE_PACKED, a string
 *     24 and 22       u64 least deadline (not in 22), count, then for each field a length, the field, its value.
 *                     The length is 0 for no deadline, else one more than the milliseconds after the least deadline;
 *                     in 22 it is the deadline.
 *     25 and 23       u64 least deadline (not in 23), a listpack of field, value, deadline or 0
 *
 * A score is text in type 3 (its size in a byte, or 253 for NaN, 254 for inf, 255 for -inf), 8 bytes in type 5.
 *
 * Everything is checked, as Redis does with `sanitize-dump-payload yes`: sizes, counts, pairs, no member or field twice, no
 * score that is not a number, not empty. Redis does not look for the end of the value before the footer, nor is it here.
 * What Redis refuses is refused; of what no Redis writes, some more is: scores that only begin as a number, lengths that are
 * marked as special strings, compressed strings of no bytes, backward sizes with needless bytes.
 *
 * Source: Redis's rdb.c (`rdbLoadObject`, up to 7.4 where fields have deadlines).
 */

import { byteText } from '../../base/bytes.js';
import { TYPE_HASH, TYPE_LIST, TYPE_ZSET } from '../../structures/entry.js';
import { CollectionItems } from './collection-items.js';
import { ELEMENT, type ElementReader, END } from './element-reader.js';
import { RdbInput, STRING_COMPRESSED, STRING_INTEGER } from './input.js';
import { IntsetReader } from './intset-reader.js';
import { ListpackReader } from './listpack-reader.js';
import * as types from './types.js';
import { ZiplistReader } from './ziplist-reader.js';
import { ZipmapReader } from './zipmap-reader.js';

/** The sizes of a text score that are no sizes. */
const SCORE_NAN = 253;
const SCORE_INFINITY = 254;
const SCORE_MINUS_INFINITY = 255;
/** Any double has a shorter text than this; longer ones are not looked at. */
const SCORE_TEXT_BYTES_MAX = 255;

const DECIMAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;
const INFINITE = /^[+-]?inf(?:inity)?$/i;

/** How a packed hash is laid out: so many elements a field. */
const PAIR = 2;
const PAIR_AND_DEADLINE = 3;

export class CollectionReader {
  /** What `read` has read, until the next one. */
  readonly items = new CollectionItems();
  private readonly input = new RdbInput();
  private readonly listpack = new ListpackReader();
  private readonly ziplist = new ZiplistReader();
  private readonly intset = new IntsetReader();
  private readonly zipmap = new ZipmapReader();
  /** True while elements are read from what was decompressed. */
  private isExpanded = false;

  /**
   * Reads the value of a payload into `items`.
   *
   * @param rdbType the payload's first byte: `offset` is after it
   * @param view the same bytes as `bytes`, which must not change as long as the items are used
   * @param expandedBytesMax the most bytes to decompress the value to
   * @returns false when it is not a well-formed collection: then the items mean nothing
   */
  read(
    rdbType: number,
    bytes: Uint8Array,
    view: DataView,
    offset: number,
    end: number,
    expandedBytesMax: number,
  ): boolean {
    const type = types.collectionType(rdbType);
    if (type === types.NOT_A_COLLECTION) return false;
    const { items, input } = this;
    items.begin(type, bytes, view, expandedBytesMax);
    input.open(bytes, view, offset, end);
    if (!this.readValue(rdbType) || items.count === 0) return false;
    return type === TYPE_LIST || !items.hasDuplicates();
  }

  private readValue(rdbType: number): boolean {
    switch (rdbType) {
      case types.RDB_TYPE_LIST:
      case types.RDB_TYPE_SET:
        return this.readStrings(1);
      case types.RDB_TYPE_HASH:
        return this.readStrings(2);
      case types.RDB_TYPE_ZSET:
      case types.RDB_TYPE_ZSET_2:
        return this.readScored(rdbType === types.RDB_TYPE_ZSET_2);
      case types.RDB_TYPE_HASH_METADATA:
      case types.RDB_TYPE_HASH_METADATA_EARLY:
        return this.readFields(rdbType === types.RDB_TYPE_HASH_METADATA);
      case types.RDB_TYPE_LIST_QUICKLIST:
      case types.RDB_TYPE_LIST_QUICKLIST_2:
        return this.readNodes(rdbType === types.RDB_TYPE_LIST_QUICKLIST_2);
      case types.RDB_TYPE_HASH_LISTPACK_EX:
        // The least deadline follows from the deadlines themselves.
        this.input.skip(8);
        return this.readPacked(this.listpack, PAIR_AND_DEADLINE);
      case types.RDB_TYPE_HASH_LISTPACK_EX_EARLY:
        return this.readPacked(this.listpack, PAIR_AND_DEADLINE);
      case types.RDB_TYPE_SET_INTSET:
        return this.readPacked(this.intset, PAIR);
      case types.RDB_TYPE_HASH_ZIPMAP:
        return this.readPacked(this.zipmap, PAIR);
      case types.RDB_TYPE_LIST_ZIPLIST:
      case types.RDB_TYPE_ZSET_ZIPLIST:
      case types.RDB_TYPE_HASH_ZIPLIST:
        return this.readPacked(this.ziplist, PAIR);
      default:
        return this.readPacked(this.listpack, PAIR);
    }
  }

  /** Strings, after how many times `each` there are. */
  private readStrings(each: number): boolean {
    const { input } = this;
    const count = input.length() * each;
    // A count of what is not there ends with the payload: each string takes a byte or more.
    for (let index = 0; index < count; index++) if (!this.readString()) return false;
    return !input.failed;
  }

  private readScored(isBinary: boolean): boolean {
    const { input, items } = this;
    const count = input.length();
    for (let index = 0; index < count; index++) {
      if (!this.readString()) return false;
      const score = isBinary ? input.double() : this.readTextScore();
      if (input.failed || Number.isNaN(score)) return false;
      items.setNumber(score);
    }
    return !input.failed;
  }

  private readTextScore(): number {
    const { input } = this;
    const size = input.byte();
    if (size === SCORE_NAN) return Number.NaN;
    if (size === SCORE_INFINITY) return Number.POSITIVE_INFINITY;
    if (size === SCORE_MINUS_INFINITY) return Number.NEGATIVE_INFINITY;
    const at = input.skip(size);
    return input.failed ? Number.NaN : parseScore(input.bytes, at, size);
  }

  /** Fields with deadlines, relative to the least one if that comes first. */
  private readFields(isRelative: boolean): boolean {
    const { input, items } = this;
    const least = isRelative ? input.u64() : 1;
    // One more is what Redis writes when no field has a deadline.
    if (least > types.FIELD_DEADLINE_MAX + 1) return false;
    const count = input.length();
    for (let index = 0; index < count; index++) {
      const distance = input.length();
      const deadline = distance === 0 ? 0 : least + distance - 1;
      if (deadline > types.FIELD_DEADLINE_MAX || !this.readString() || !this.readString()) return false;
      items.setNumber(deadline);
    }
    return !input.failed;
  }

  /** Reads a string as an item. */
  private readString(): boolean {
    const { input, items } = this;
    if (!input.readString()) return false;
    if (input.form === STRING_INTEGER) return items.addInteger(input.integer) && this.setNoNumber();
    if (input.form !== STRING_COMPRESSED)
      return items.addText(false, input.offset, input.size) && this.setNoNumber();
    const at = this.expand();
    return at >= 0 && items.addText(true, at, input.size) && this.setNoNumber();
  }

  /** The table is reused: a field has no deadline unless it is said to have one. */
  private setNoNumber(): boolean {
    if (this.items.type === TYPE_HASH) this.items.setNumber(0);
    return true;
  }

  /** Decompresses the string that was read. Returns where it is now, or -1. */
  private expand(): number {
    const { input, items } = this;
    const at = items.reserve(input.size);
    return at >= 0 && input.expand(items.expandedTarget, at) ? at : -1;
  }

  private readNodes(hasKinds: boolean): boolean {
    const { input, items } = this;
    const count = input.length();
    for (let index = 0; index < count; index++) {
      const kind = hasKinds ? input.length() : types.NODE_PACKED;
      if (input.failed) return false;
      if (kind === types.NODE_PLAIN) {
        const before = items.count;
        if (!this.readString()) return false;
        items.select(before);
        if (!items.isInteger && items.size === 0) return false;
      } else if (kind !== types.NODE_PACKED) {
        return false;
      } else if (!this.readPacked(hasKinds ? this.listpack : this.ziplist, PAIR)) {
        return false;
      }
    }
    return !input.failed;
  }

  /** A string that is a packed structure. */
  private readPacked(reader: ElementReader, hashElements: number): boolean {
    const { input, items } = this;
    if (!input.readString() || input.form === STRING_INTEGER) return false;
    this.isExpanded = input.form === STRING_COMPRESSED;
    let isOpen: boolean;
    if (this.isExpanded) {
      const at = this.expand();
      isOpen = at >= 0 && reader.open(items.expandedTarget, items.expandedView, at, input.size);
    } else {
      isOpen = reader.open(input.bytes, input.view, input.offset, input.size);
    }
    if (!isOpen) return false;
    if (items.type === TYPE_ZSET) return this.takeScored(reader);
    return items.type === TYPE_HASH ? this.takeFields(reader, hashElements) : this.takeAll(reader);
  }

  private takeAll(reader: ElementReader): boolean {
    for (;;) {
      const found = reader.next();
      if (found !== ELEMENT) return found === END;
      if (!this.take(reader)) return false;
    }
  }

  private takeScored(reader: ElementReader): boolean {
    for (;;) {
      const found = reader.next();
      if (found !== ELEMENT) return found === END;
      if (!this.take(reader) || reader.next() !== ELEMENT) return false;
      const score = this.scoreOf(reader);
      if (Number.isNaN(score)) return false;
      this.items.setNumber(score);
    }
  }

  private takeFields(reader: ElementReader, elements: number): boolean {
    for (;;) {
      const found = reader.next();
      if (found !== ELEMENT) return found === END;
      if (!this.take(reader) || reader.next() !== ELEMENT || !this.take(reader)) return false;
      let deadline = 0;
      if (elements === PAIR_AND_DEADLINE) {
        if (reader.next() !== ELEMENT || !reader.isInteger || reader.isWide) return false;
        deadline = reader.integer;
        if (deadline < 0 || deadline > types.FIELD_DEADLINE_MAX) return false;
      }
      this.items.setNumber(deadline);
    }
  }

  /** Adds the element that a reader is at. */
  private take(reader: ElementReader): boolean {
    const { items } = this;
    if (!reader.isInteger) return items.addText(this.isExpanded, reader.offset, reader.size);
    return reader.isWide ? items.addWide(reader.wide) : items.addInteger(reader.integer);
  }

  private scoreOf(reader: ElementReader): number {
    if (reader.isInteger) return reader.isWide ? Number(reader.wide) : reader.integer;
    const bytes = this.isExpanded ? this.items.expandedTarget : this.input.bytes;
    return parseScore(bytes, reader.offset, reader.size);
  }
}

/** The double that a text spells; NaN when it spells none. */
function parseScore(bytes: Uint8Array, offset: number, size: number): number {
  if (size > SCORE_TEXT_BYTES_MAX) return Number.NaN;
  const text = byteText(bytes, offset, size); // alloc: a text for each score that is not an integer
  if (DECIMAL.test(text)) return Number(text);
  if (!INFINITE.test(text)) return Number.NaN;
  return text[0] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}
