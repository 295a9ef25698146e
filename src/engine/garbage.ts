/**
 * Garbage: what was given up in one moment, whatever its size, and is freed bit by bit: tables that a flush has put aside
 * (databases.ts), and large collections (parts.ts). Maintenance does it, and whoever needs the memory at once.
 */

import type { Memory } from '../memory/memory.js';
import { freeDetached } from './databases.js';
import type { Keyspace } from './keyspace.js';
import { ENGINE_DETACHED, ENGINE_DROPPED } from './shard-words.js';

/** True when the shard has something to free. Without its baton that is a hint. */
export function hasGarbage(memory: Memory, shard: number): boolean {
  const engine = memory.engineAt(shard);
  return memory.shardU32[engine + ENGINE_DETACHED] !== 0 || memory.shardU32[engine + ENGINE_DROPPED] !== 0;
}

/** Frees a piece: some tens of microseconds. The caller holds the baton of the shard. False when there is nothing to free. */
export function freeGarbage(keyspace: Keyspace, shard: number): boolean {
  return keyspace.parts.freeStep(shard) || freeDetached(keyspace, shard);
}
