/**
 * Goes over the fields of a hash with their values and deadlines, whatever its form:
 *
 *     cursor.begin(entry);
 *     while (cursor.next()) {
 *       cursor.field, cursor.value     // the bytes of each, or the integer that they spell (PackedCursor)
 *       cursor.deadline                // Unix ms, 0 = none
 *     }
 *
 * A field whose time is over is left out. The hash must not change meanwhile; several cursors may be under way, each its own.
 *
 * The caller holds the baton of the shard. Nothing here allocates on the JS heap.
 */

import { type Memory, SEGMENT_MASK, SEGMENT_SHIFT } from '../memory/memory.js';
import type { Entries } from '../structures/entry.js';
import { HashTable, PREFIX_COUNT, SEGMENT_SLOTS } from '../structures/hash-table.js';
import { elementAt, PackedCursor } from '../structures/packed-list.js';
import { PACKED_HEADER_BYTES } from './collection-config.js';
import type { Keyspace } from './keyspace.js';

export class HashCursor {
  readonly field = new PackedCursor();
  readonly value = new PackedCursor();
  deadline = Number.NaN; // from the first on a double, so that storing one makes no garbage
  /** The element, when the hash is large. */
  element = 0;
  private readonly keyspace: Keyspace;
  private readonly memory: Memory;
  private readonly entries: Entries;
  private readonly table: HashTable;
  private isLarge = false;
  /** Packed: what is left to read. */
  private data: DataView = new DataView(new ArrayBuffer(0));
  private start = 0;
  private at = 0;
  private end = 0;
  /** Large: the nested table, the segment under way, the prefix after it, and the next slot. */
  private tableAt = 0;
  private segment = 0;
  private nextPrefix = 0;
  private slot = 0;

  constructor(keyspace: Keyspace) {
    this.keyspace = keyspace;
    this.memory = keyspace.memory;
    this.entries = keyspace.entries;
    this.table = new HashTable(keyspace.memory, keyspace.entries);
  }

  /** Begins with the hash of this entry. */
  begin(entry: number): void {
    const entries = this.entries;
    this.isLarge = entries.isLarge(entry);
    if (this.isLarge) {
      const root = entries.root(entry);
      this.table.use(this.memory.u32[root >>> SEGMENT_SHIFT]!);
      this.tableAt = (root & SEGMENT_MASK) << 1;
      this.nextPrefix = 0;
      this.enterSegment();
      return;
    }
    this.data = entries.data(entry);
    const value = entries.valueOffset(entry);
    this.start = value + PACKED_HEADER_BYTES;
    this.at = this.start;
    this.end = value + entries.valueSize(entry);
    this.deadline = 0;
  }

  /** Takes the next field. False when there are no more. */
  next(): boolean {
    if (this.isLarge) return this.nextElement();
    if (this.at >= this.end) return false;
    this.field.read(this.data, this.at);
    this.value.read(this.data, this.field.end);
    this.at = this.value.end;
    return true;
  }

  /** Takes the field number `rank`, from 0 on, of the packed hash that it has begun with and that has `count` fields. */
  readRank(rank: number, count: number): void {
    this.at = elementAt(this.data, this.start, this.end, 2 * count, 2 * rank);
    this.next();
  }

  /** Takes the field of an element of some hash. */
  read(element: number): void {
    const entries = this.entries;
    this.element = element;
    this.deadline = entries.deadline(element);
    readName(this.field, entries, element);
    readValue(this.value, entries, element);
  }

  private nextElement(): boolean {
    const entries = this.entries;
    while (this.segment !== 0) {
      while (this.slot < SEGMENT_SLOTS) {
        const element = this.table.slotPointer(this.segment, this.slot++);
        if (element === 0) continue;
        if (entries.hasExpiry(element) && entries.deadline(element) <= this.keyspace.now) continue;
        this.read(element);
        return true;
      }
      this.enterSegment();
    }
    return false;
  }

  /** Goes on with the segment at `nextPrefix`, if there is one. */
  private enterSegment(): void {
    this.slot = 0;
    this.segment = this.nextPrefix < PREFIX_COUNT ? this.table.segmentAt(this.tableAt, this.nextPrefix) : 0;
    if (this.segment !== 0) this.nextPrefix = this.table.segmentEnd(this.tableAt, this.nextPrefix);
  }
}

/** Has the cursor show the name of an element. */
function readName(cursor: PackedCursor, entries: Entries, element: number): void {
  cursor.isInteger = false;
  cursor.data = entries.data(element);
  cursor.offset = entries.keyOffset(element);
  cursor.size = entries.keySize(element);
}

/** Has the cursor show the value of an element. */
export function readValue(cursor: PackedCursor, entries: Entries, element: number): void {
  cursor.isInteger = false;
  cursor.data = entries.data(element);
  cursor.offset = entries.valueOffset(element);
  cursor.size = entries.valueSize(element);
}
