/**
 * Deadlines: which keys of a table expire, and when. The keys themselves, and hashes by way of a *reminder* for the first
 * deadline of their fields, are in the table's timing wheel, which is there as long as it holds anything.
 *
 * A reminder is an entry without a key, of TYPE_REMINDER, whose value is the pointer of the hash's root.
 *
 * The caller holds the baton of the shard. Nothing here allocates on the JS heap, logs or throws.
 */

import { SHARD_F64_EXPIRED } from '../memory/layout.js';
import type { Memory } from '../memory/memory.js';
import { type Entries, entryBytes, ROOT_POINTER_BYTES, TYPE_REMINDER } from '../structures/entry.js';
import type { TimingWheel } from '../structures/timing-wheel.js';
import { type Parts, ROOT_REMINDER } from './parts.js';
import { TABLE_DEADLINE_SUM, TABLE_EXPIRY_COUNT, TABLE_REMINDER_COUNT, TABLE_WHEEL } from './shard-words.js';

export class Deadlines {
  private readonly memory: Memory;
  private readonly entries: Entries;
  private readonly wheel: TimingWheel;
  private readonly headers: Uint32Array;
  private readonly doubles: Float64Array;

  constructor(memory: Memory, entries: Entries, wheel: TimingWheel) {
    this.memory = memory;
    this.entries = entries;
    this.wheel = wheel;
    this.headers = memory.shardU32;
    this.doubles = memory.shardF64;
  }

  /** Number of keys with an expiry. */
  count(shard: number, database: number): number {
    return this.headers[this.memory.tableAt(shard, database) + TABLE_EXPIRY_COUNT]!;
  }

  /** How many of these keys, of `limit` that are looked at, are there though their time is over. */
  staleCount(shard: number, database: number, nowMs: number, limit: number): number {
    const wheel = this.headers[this.memory.tableAt(shard, database) + TABLE_WHEEL]!;
    return wheel === 0 ? 0 : this.wheel.countDue(wheel, nowMs, limit);
  }

  /** The sum of the deadlines of these keys, in Unix ms: nearly, where there are very many. */
  sum(shard: number, database: number): number {
    if (this.count(shard, database) === 0) return 0;
    return this.doubles[(this.memory.tableAt(shard, database) + TABLE_DEADLINE_SUM) >> 1]!;
  }

  /** Counts a key that was deleted because its time was over. */
  countExpired(shard: number): void {
    this.doubles[this.memory.doubleAt(shard, SHARD_F64_EXPIRED)]! += 1;
  }

  /** Makes sure that the table has a timing wheel; false when memory is exhausted. */
  ensureWheel(shard: number, table: number, nowMs: number): boolean {
    if (this.headers[table + TABLE_WHEEL] === 0) {
      // While history is repeated the time is 0, but the wheel had better begin near its deadlines.
      this.headers[table + TABLE_WHEEL] = this.wheel.create(shard, nowMs === 0 ? Date.now() : nowMs);
    }
    return this.headers[table + TABLE_WHEEL] !== 0;
  }

  /** Puts an entry with an expiry under the timing wheel. */
  schedule(table: number, entry: number): void {
    const count = this.headers[table + TABLE_EXPIRY_COUNT]!;
    this.headers[table + TABLE_EXPIRY_COUNT] = count + 1;
    const sum = (table + TABLE_DEADLINE_SUM) >> 1;
    this.doubles[sum] = (count === 0 ? 0 : this.doubles[sum]!) + this.entries.deadline(entry);
    this.wheel.add(this.headers[table + TABLE_WHEEL]!, entry);
  }

  unschedule(shard: number, table: number, entry: number): void {
    this.wheel.remove(this.headers[table + TABLE_WHEEL]!, entry);
    this.headers[table + TABLE_EXPIRY_COUNT]! -= 1;
    this.doubles[(table + TABLE_DEADLINE_SUM) >> 1]! -= this.entries.deadline(entry);
    this.dropIdleWheel(shard, table);
  }

  /** Gives an entry under the timing wheel another deadline. */
  move(table: number, entry: number, deadline: number): void {
    const wheel = this.headers[table + TABLE_WHEEL]!;
    this.doubles[(table + TABLE_DEADLINE_SUM) >> 1]! += deadline - this.entries.deadline(entry);
    this.wheel.remove(wheel, entry);
    this.entries.setDeadline(entry, deadline);
    this.wheel.add(wheel, entry);
  }

  /** Frees a timing wheel that holds nothing. */
  dropIdleWheel(shard: number, table: number): void {
    if (this.headers[table + TABLE_EXPIRY_COUNT] !== 0 || this.headers[table + TABLE_REMINDER_COUNT] !== 0)
      return;
    this.wheel.destroy(shard, this.headers[table + TABLE_WHEEL]!);
    this.headers[table + TABLE_WHEEL] = 0;
  }

  /**
   * Has the timing wheel remind of the hash with this root at `deadline`, when its first field is due, and not any more at the
   * time that it was to remind of before.
   *
   * @returns false when memory is exhausted; nothing has changed then
   */
  remindOfFields(
    shard: number,
    table: number,
    root: number,
    parts: Parts,
    deadline: number,
    nowMs: number,
  ): boolean {
    const words = parts.words(root);
    const at = parts.at(root) + ROOT_REMINDER;
    const entries = this.entries;
    const known = words[at]!;
    if (known !== 0) {
      if (entries.deadline(known) === deadline) return true;
      const wheel = this.headers[table + TABLE_WHEEL]!;
      this.wheel.remove(wheel, known);
      entries.setDeadline(known, deadline);
      this.wheel.add(wheel, known);
      return true;
    }
    if (!this.ensureWheel(shard, table, nowMs)) return false;
    const reminder = this.memory.allocate(shard, entryBytes(0, ROOT_POINTER_BYTES, true));
    if (reminder === 0) {
      this.dropIdleWheel(shard, table);
      return false;
    }
    entries.initialize(reminder, TYPE_REMINDER, 0, ROOT_POINTER_BYTES, deadline, 0, 0);
    entries.setRoot(reminder, root);
    words[at] = reminder;
    this.headers[table + TABLE_REMINDER_COUNT]! += 1;
    this.wheel.add(this.headers[table + TABLE_WHEEL]!, reminder);
    return true;
  }

  /** The timing wheel reminds of this root no more, if it did. */
  forgetFields(shard: number, table: number, root: number, parts: Parts): void {
    const words = parts.words(root);
    const at = parts.at(root) + ROOT_REMINDER;
    const reminder = words[at]!;
    if (reminder === 0) return;
    words[at] = 0;
    this.wheel.remove(this.headers[table + TABLE_WHEEL]!, reminder);
    this.headers[table + TABLE_REMINDER_COUNT]! -= 1;
    this.memory.free(shard, reminder);
    this.dropIdleWheel(shard, table);
  }
}
