/**
 * The large form of hashes: an element a field (elements.ts), some of which have deadlines (field-deadlines.ts).
 *
 * The hash is the one that `elements` has open. A field whose time is over counts as absent, and a change of it deletes it.
 *
 * The caller (hashes.ts) holds the baton of the shard, and logs.
 */

import { copyWords } from '../base/bytes.js';
import type { Entries } from '../structures/entry.js';
import type { PackedCursor } from '../structures/packed-list.js';
import { Elements } from './elements.js';
import { FieldDeadlines } from './field-deadlines.js';
import { readValue } from './hash-cursor.js';
import { ABSENT, CHANGED, CREATED, NO_MEMORY } from './hash-outcome.js';
import type { Keyspace } from './keyspace.js';

export class LargeHash {
  readonly elements: Elements;
  readonly deadlines: FieldDeadlines;
  /** A field has got a deadline, or lost one: `deadlines.settle` must follow. Set to false by who cares for that. */
  hasNewDeadlines: boolean;
  /** The deadline of the field that `get` has found: Unix ms, 0 = none. */
  deadline: number;
  /** Whether `remove` has deleted anything. */
  hasFound: boolean;
  private readonly keyspace: Keyspace;
  private readonly entries: Entries;

  constructor(keyspace: Keyspace) {
    this.elements = new Elements(keyspace);
    this.deadlines = new FieldDeadlines(keyspace, this.elements);
    this.hasNewDeadlines = false;
    this.deadline = Number.NaN; // from the first on a double, so that storing one makes no garbage
    this.hasFound = false;
    this.keyspace = keyspace;
    this.entries = keyspace.entries;
  }

  /** Number of fields whose time is not over. */
  count(): number {
    return this.elements.count() - this.deadlines.dueCount(this.keyspace.now);
  }

  /** Looks for a field: has `value` show what it holds, and sets `deadline`, if it returns true. */
  get(data: DataView, offset: number, size: number, value: PackedCursor): boolean {
    const entries = this.entries;
    const element = this.elements.find(data, offset, size);
    if (element === 0) return false;
    readValue(value, entries, element);
    if (!entries.hasExpiry(element)) {
      this.deadline = 0;
      return true;
    }
    this.deadline = entries.deadline(element);
    return this.deadline > this.keyspace.now;
  }

  /** Gives a field a value: CREATED, CHANGED or NO_MEMORY. The deadline of one that there is stays if `keepsDeadline`. */
  set(
    shard: number,
    data: DataView,
    offset: number,
    size: number,
    valueData: DataView,
    valueOffset: number,
    valueSize: number,
    keepsDeadline: boolean,
  ): number {
    const entries = this.entries;
    const elements = this.elements;
    const found = elements.find(data, offset, size);
    if (found === 0) return this.insert(data, offset, size, valueData, valueOffset, valueSize);
    if (entries.hasExpiry(found)) {
      return this.exchangeExpiring(shard, found, valueData, valueOffset, valueSize, keepsDeadline);
    }
    const stays = entries.valueSize(found) === valueSize && elements.isMutable(found);
    const element = stays ? found : elements.resizeFound(found, valueSize);
    if (element === 0) return NO_MEMORY;
    copyWords(entries.data(element), entries.valueOffset(element), valueData, valueOffset, valueSize);
    return CHANGED;
  }

  /** Deletes a field. ABSENT, when its time was over, and when there was none: `hasFound` tells which. */
  remove(shard: number, data: DataView, offset: number, size: number): number {
    const element = this.elements.find(data, offset, size);
    this.hasFound = element !== 0;
    if (element === 0) return ABSENT;
    const isDue = this.deadlines.isDue(element, this.keyspace.now);
    this.removeFound(shard, element);
    return isDue ? ABSENT : CHANGED;
  }

  /** Deletes the element that the last `elements.find` or `findAgain` has found. */
  removeFound(shard: number, element: number): void {
    if (this.entries.hasExpiry(element)) {
      this.deadlines.forget(shard, element);
      this.hasNewDeadlines = true;
    }
    this.elements.removeFound(element);
  }

  /** Gives a field another deadline, 0 = none any more: CHANGED, ABSENT or NO_MEMORY. `table` is that of the key. */
  expire(
    shard: number,
    table: number,
    data: DataView,
    offset: number,
    size: number,
    deadline: number,
  ): number {
    const element = this.elements.find(data, offset, size);
    if (element === 0 || this.deadlines.isDue(element, this.keyspace.now)) return ABSENT;
    this.hasNewDeadlines = true;
    return this.deadlines.set(shard, table, element, deadline) ? CHANGED : NO_MEMORY;
  }

  private insert(
    data: DataView,
    offset: number,
    size: number,
    valueData: DataView,
    valueOffset: number,
    valueSize: number,
  ): number {
    const entries = this.entries;
    const element = this.elements.create(data, offset, size, valueSize, 0);
    if (element === 0) return NO_MEMORY;
    copyWords(entries.data(element), entries.valueOffset(element), valueData, valueOffset, valueSize);
    if (this.elements.insert(element)) return CREATED;
    this.elements.discard(element);
    return NO_MEMORY;
  }

  /** Gives a field that has a deadline another value. */
  private exchangeExpiring(
    shard: number,
    element: number,
    valueData: DataView,
    valueOffset: number,
    valueSize: number,
    keepsDeadline: boolean,
  ): number {
    const entries = this.entries;
    const elements = this.elements;
    const isDue = this.deadlines.isDue(element, this.keyspace.now);
    const deadline = keepsDeadline ? entries.deadline(element) : 0;
    const name = entries.data(element);
    const nameOffset = entries.keyOffset(element);
    const copy = elements.create(name, nameOffset, entries.keySize(element), valueSize, deadline);
    if (copy === 0) return NO_MEMORY;
    copyWords(entries.data(copy), entries.valueOffset(copy), valueData, valueOffset, valueSize);
    if (keepsDeadline) this.deadlines.replace(element, copy);
    else this.deadlines.forget(shard, element);
    this.hasNewDeadlines = true;
    elements.replaceFound(copy, element);
    return isDue ? CREATED : CHANGED;
  }
}
