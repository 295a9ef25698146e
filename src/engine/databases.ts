/**
 * Whole databases of a shard: put aside by a flush and freed bit by bit, or swapped.
 *
 * A flush must take no time, however many keys there are: the table is taken out of its header at one moment, and remembered
 * in a small block on a list of the shard. Maintenance frees it, one table segment at a time.
 *
 * The caller holds the baton of the shard. Nothing here logs, allocates on the JS heap or throws.
 */

import { TABLE_HEADER_WORDS } from '../memory/layout.js';
import { SEGMENT_MASK, SEGMENT_SHIFT } from '../memory/memory.js';
import { PREFIX_COUNT, SEGMENT_SLOTS, TABLE_DEPTH, TABLE_DIRECTORY } from '../structures/hash-table.js';
import type { Keyspace } from './keyspace.js';
import {
  ENGINE_DETACHED,
  ENGINE_SNAPSHOT,
  ENGINE_SNAPSHOT_LOST,
  TABLE_EXPIRY_COUNT,
  TABLE_REMINDER_COUNT,
  TABLE_WHEEL,
} from './shard-words.js';

/** A detached table: u32 words. */
const DETACHED_BYTES = 24;
const DETACHED_DIRECTORY = 0;
const DETACHED_DEPTH = 1;
const DETACHED_WHEEL = 2;
const DETACHED_POSITION = 3;
const DETACHED_NEXT = 4;

/**
 * Takes all keys of a database out of a shard; they are freed later, bit by bit (`freeDetached`). A running snapshot
 * is lost by it. Returns false when there was nothing.
 */
export function detachDatabase(keyspace: Keyspace, shard: number, database: number): boolean {
  const memory = keyspace.memory;
  const headers = memory.shardU32;
  const table = memory.tableAt(shard, database);
  const directory = headers[table + TABLE_DIRECTORY]!;
  if (directory === 0) return false;
  const depth = headers[table + TABLE_DEPTH]!;
  const wheel = headers[table + TABLE_WHEEL]!;
  keyspace.table.detach(table);
  headers[table + TABLE_WHEEL] = 0;
  headers[table + TABLE_EXPIRY_COUNT] = 0;
  headers[table + TABLE_REMINDER_COUNT] = 0;
  const engine = memory.engineAt(shard);
  if (headers[engine + ENGINE_SNAPSHOT] !== 0) headers[engine + ENGINE_SNAPSHOT_LOST] = 1;
  const block = memory.allocate(shard, DETACHED_BYTES);
  if (block === 0) {
    // No memory to remember it by, and a flush must not fail: all of it is freed at once, however long that takes.
    for (let prefix = 0; prefix !== PREFIX_COUNT; ) {
      prefix = freeSegment(keyspace, shard, directory, depth, prefix);
    }
    if (wheel !== 0) keyspace.wheel.destroy(shard, wheel);
    return true;
  }
  const words = memory.u32[block >>> SEGMENT_SHIFT]!;
  const at = (block & SEGMENT_MASK) << 1;
  words[at + DETACHED_DIRECTORY] = directory;
  words[at + DETACHED_DEPTH] = depth;
  words[at + DETACHED_WHEEL] = wheel;
  words[at + DETACHED_POSITION] = 0;
  words[at + DETACHED_NEXT] = headers[engine + ENGINE_DETACHED]!;
  headers[engine + ENGINE_DETACHED] = block;
  return true;
}

/** Frees one segment of a detached table, with its entries: some tens of us. Returns false when there is none. */
export function freeDetached(keyspace: Keyspace, shard: number): boolean {
  const memory = keyspace.memory;
  const headers = memory.shardU32;
  const engine = memory.engineAt(shard);
  const block = headers[engine + ENGINE_DETACHED]!;
  if (block === 0) return false;
  const words = memory.u32[block >>> SEGMENT_SHIFT]!;
  const at = (block & SEGMENT_MASK) << 1;
  const next = freeSegment(
    keyspace,
    shard,
    words[at + DETACHED_DIRECTORY]!,
    words[at + DETACHED_DEPTH]!,
    words[at + DETACHED_POSITION]!,
  );
  words[at + DETACHED_POSITION] = next;
  if (next !== PREFIX_COUNT) return true;
  const wheel = words[at + DETACHED_WHEEL]!;
  if (wheel !== 0) keyspace.wheel.destroy(shard, wheel);
  headers[engine + ENGINE_DETACHED] = words[at + DETACHED_NEXT]!;
  memory.free(shard, block);
  return true;
}

/**
 * Has the keys of two databases change places: the headers of their tables do. A running snapshot goes on, since it knows a
 * table by what it was when the snapshot began (TABLE_ORIGIN).
 */
export function swapDatabases(keyspace: Keyspace, shard: number, database: number, other: number): void {
  const memory = keyspace.memory;
  const headers = memory.shardU32;
  const table = memory.tableAt(shard, database);
  const otherTable = memory.tableAt(shard, other);
  for (let word = 0; word < TABLE_HEADER_WORDS; word++) {
    const kept = headers[table + word]!;
    headers[table + word] = headers[otherTable + word]!;
    headers[otherTable + word] = kept;
  }
}

/** Frees the segment at `prefix` and its entries; returns where to go on, PREFIX_COUNT after the last. */
function freeSegment(
  keyspace: Keyspace,
  shard: number,
  directory: number,
  depth: number,
  prefix: number,
): number {
  const table = keyspace.table;
  const segment = table.segmentIn(directory, depth, prefix);
  for (let slot = 0; slot < SEGMENT_SLOTS; slot++) {
    const entry = table.slotPointer(segment, slot);
    if (entry !== 0) keyspace.releaseFlushed(shard, entry);
  }
  return table.freeSegment(shard, directory, depth, prefix);
}
