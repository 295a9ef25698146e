/**
 * Small lists: all elements in the entry's value, behind their number (u16).
 *
 * What changes one gets the entry, which the last `find` has returned, and returns it as it is then, or 0 when memory is
 * exhausted, and nothing has changed. Nothing here logs.
 */

import { moveWords } from '../base/bytes.js';
import { type Entries, TYPE_LIST } from '../structures/entry.js';
import type { PackedItem } from '../structures/packed-item.js';
import { elementAt, replaceRange, skip, skipBack } from '../structures/packed-list.js';
import { PACKED_HEADER_BYTES } from './collection-config.js';
import type { Keyspace } from './keyspace.js';
import type { EqualRemover, PushedElements } from './list-elements.js';

/** More than this is moved about too slowly where a queue works at the beginning, and is a large list. */
export const PACKED_LIST_BYTES_MAX = 2048;

/** A growing list gets a quarter more than it needs. */
const ROOM_SHIFT = 2;

export class PackedLists {
  private readonly keyspace: Keyspace;
  private readonly entries: Entries;

  constructor(keyspace: Keyspace) {
    this.keyspace = keyspace;
    this.entries = keyspace.entries;
  }

  /** Number of elements. */
  count(entry: number): number {
    return this.entries.data(entry).getUint16(this.entries.valueOffset(entry), true);
  }

  /** True when the list (0 = a new one) stays a small one with these elements, too. */
  hasRoom(entry: number, elements: PushedElements): boolean {
    const bytes = entry === 0 ? PACKED_HEADER_BYTES : this.entries.valueSize(entry);
    return bytes + elements.encodedBytes <= PACKED_LIST_BYTES_MAX;
  }

  /** True when it stays a small one with `bytes` more. */
  hasRoomFor(entry: number, bytes: number): boolean {
    return this.entries.valueSize(entry) + bytes <= PACKED_LIST_BYTES_MAX;
  }

  /** A list of these elements that is in no table yet; 0 when memory is exhausted. */
  create(
    shard: number,
    keys: DataView,
    keyOffset: number,
    keyBytes: number,
    elements: PushedElements,
    isLeft: boolean,
  ): number {
    const keyspace = this.keyspace;
    const entries = this.entries;
    const bytes = PACKED_HEADER_BYTES + elements.encodedBytes;
    const room = bytes >> ROOM_SHIFT;
    const entry = keyspace.reserveCollection(shard, TYPE_LIST, 0, keys, keyOffset, keyBytes, bytes, room, 0);
    if (entry === 0) return 0;
    entries.data(entry).setUint16(entries.valueOffset(entry), 0, true);
    this.write(entry, PACKED_HEADER_BYTES, elements, isLeft);
    return entry;
  }

  /** Pushes elements for which there is room. */
  push(shard: number, database: number, entry: number, elements: PushedElements, isLeft: boolean): number {
    const before = this.entries.valueSize(entry);
    const after = before + elements.encodedBytes;
    const target = this.keyspace.resize(shard, database, entry, after, after >> ROOM_SHIFT);
    if (target !== 0) this.write(target, before, elements, isLeft);
    return target;
  }

  /** Takes `count` elements, fewer than there are, away from one end. */
  drop(shard: number, database: number, entry: number, count: number, isLeft: boolean): number {
    const entries = this.entries;
    const before = entries.valueSize(entry);
    const target = this.makeMutable(shard, database, entry);
    if (target === 0) return 0;
    const data = entries.data(target);
    const start = entries.valueOffset(target) + PACKED_HEADER_BYTES;
    const end = start - PACKED_HEADER_BYTES + before;
    let at = isLeft ? start : end;
    if (isLeft) for (let left = count; left > 0; left--) at = skip(data, at);
    else for (let left = count; left > 0; left--) at = skipBack(data, at);
    if (isLeft) moveWords(entries.bytes(target), data, start, at, end - at);
    this.addCount(target, -count);
    entries.setValueSize(target, before - (isLeft ? at - start : end - at));
    return target;
  }

  /** Puts an element in the place of the one at `index`, or before it if `isNew`; an index after the last one is an end. */
  put(
    shard: number,
    database: number,
    entry: number,
    index: number,
    item: PackedItem,
    isNew: boolean,
  ): number {
    const entries = this.entries;
    const before = entries.valueSize(entry);
    const offset = this.offsetOf(entry, index);
    const at = entries.valueOffset(entry) + offset;
    const oldBytes = isNew ? 0 : skip(entries.data(entry), at) - at;
    const after = before - oldBytes + item.encodedBytes;
    const target = this.keyspace.resize(shard, database, entry, Math.max(before, after), after >> ROOM_SHIFT);
    if (target === 0) return 0;
    const value = entries.valueOffset(target);
    replaceRange(entries.bytes(target), value + offset, oldBytes, item.encodedBytes, value + before);
    item.write(entries.data(target), value + offset);
    entries.setValueSize(target, after);
    if (isNew) this.addCount(target, 1);
    return target;
  }

  /** Takes one element out, which may be the last. */
  removeAt(shard: number, database: number, entry: number, index: number): number {
    const entries = this.entries;
    const target = this.makeMutable(shard, database, entry);
    if (target === 0) return 0;
    const before = entries.valueSize(target);
    const value = entries.valueOffset(target);
    const at = value + this.offsetOf(target, index);
    const bytes = skip(entries.data(target), at) - at;
    replaceRange(entries.bytes(target), at, bytes, 0, value + before);
    entries.setValueSize(target, before - bytes);
    this.addCount(target, -1);
    return target;
  }

  /** Removes elements, as `remover` says. */
  removeEqual(shard: number, database: number, entry: number, remover: EqualRemover): number {
    const entries = this.entries;
    const target = this.makeMutable(shard, database, entry);
    if (target === 0) return 0;
    const value = entries.valueOffset(target);
    const start = value + PACKED_HEADER_BYTES;
    const end = value + entries.valueSize(target);
    const newEnd = remover.remove(entries.bytes(target), entries.data(target), start, end);
    entries.setValueSize(target, newEnd - value);
    this.addCount(target, -remover.removed);
    return target;
  }

  /** The entry as one that may be changed in place. One that has become much smaller than its block gets a smaller one. */
  private makeMutable(shard: number, database: number, entry: number): number {
    const bytes = this.entries.valueSize(entry);
    return this.keyspace.resize(shard, database, entry, bytes, bytes);
  }

  /** Offset in the value of the element at `index`. */
  private offsetOf(entry: number, index: number): number {
    const entries = this.entries;
    const value = entries.valueOffset(entry);
    const end = value + entries.valueSize(entry);
    const count = this.count(entry);
    return elementAt(entries.data(entry), value + PACKED_HEADER_BYTES, end, count, index) - value;
  }

  /** Writes elements into a value that had `before` bytes and has them more now. */
  private write(entry: number, before: number, elements: PushedElements, isLeft: boolean): void {
    const entries = this.entries;
    const item = elements.item;
    const data = entries.data(entry);
    const value = entries.valueOffset(entry);
    const start = value + PACKED_HEADER_BYTES;
    const bytes = elements.encodedBytes;
    // Of elements pushed from the left the last one comes first.
    let at = isLeft ? start + bytes : value + before;
    if (isLeft) moveWords(entries.bytes(entry), data, start + bytes, start, value + before - start);
    for (let index = 0; index < elements.count; index++) {
      elements.select(index);
      if (isLeft) at -= item.encodedBytes;
      item.write(data, at);
      if (!isLeft) at += item.encodedBytes;
    }
    this.addCount(entry, elements.count);
  }

  private addCount(entry: number, delta: number): void {
    const data = this.entries.data(entry);
    const at = this.entries.valueOffset(entry);
    data.setUint16(at, data.getUint16(at, true) + delta, true);
  }
}
