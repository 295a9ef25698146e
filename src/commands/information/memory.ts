/**
 * INFO memory. What is used is data and its tables; pages are what they lie in; the rest of the process (Node.js, its heaps, the
 * log's ring, connections) is only in the resident set.
 */

import { totalmem } from 'node:os';
import type { Call } from '../../engine/call.js';
import { ENGINE_DETACHED } from '../../engine/shard-words.js';
import { STAT_BUFFER_BYTES, STAT_HEAP_BYTES } from '../../engine/statistics.js';
import { PAGE_BYTES } from '../../memory/memory.js';
import { TABLE_SEGMENTS } from '../../structures/hash-table.js';
import { SEGMENT_BLOCK_BYTES } from '../../structures/table-segment.js';
import { type Fields, humanBytes, percentage, ratio } from './field.js';

export function memoryFields(call: Call): Fields {
  const { memory } = call.keyspace;
  const { config, statistics } = call.services;
  const used = memory.usedBytes();
  const pages = memory.pagesInUse() * PAGE_BYTES;
  const peak = Math.max(memory.pagesPeak() * PAGE_BYTES, pages);
  const tables = tableBytes(call);
  const resident = process.memoryUsage.rss();
  const limit = config.integer('maxmemory');
  const buffers = statistics.total(STAT_BUFFER_BYTES);
  return [
    ['used_memory', used],
    ['used_memory_human', humanBytes(used)],
    ['used_memory_rss', resident],
    ['used_memory_rss_human', humanBytes(resident)],
    ['used_memory_peak', peak],
    ['used_memory_peak_human', humanBytes(peak)],
    ['used_memory_peak_perc', percentage(used, peak)],
    ['used_memory_overhead', tables],
    ['used_memory_startup', 0],
    ['used_memory_dataset', used - tables],
    ['used_memory_dataset_perc', percentage(used - tables, used)],
    ['allocator_allocated', used],
    ['allocator_active', pages],
    ['allocator_resident', resident],
    ['total_system_memory', totalmem()],
    ['total_system_memory_human', humanBytes(totalmem())],
    ['used_memory_lua', 0],
    ['used_memory_vm_eval', 0],
    ['used_memory_lua_human', humanBytes(0)],
    ['used_memory_scripts_eval', 0],
    ['number_of_cached_scripts', 0],
    ['number_of_functions', 0],
    ['number_of_libraries', 0],
    ['used_memory_vm_functions', 0],
    ['used_memory_vm_total', 0],
    ['used_memory_vm_total_human', humanBytes(0)],
    ['used_memory_functions', 0],
    ['used_memory_scripts', 0],
    ['used_memory_scripts_human', humanBytes(0)],
    ['maxmemory', limit],
    ['maxmemory_human', humanBytes(limit)],
    ['maxmemory_policy', config.text('maxmemory-policy')],
    ['allocator_frag_ratio', ratio(pages, used, '1.00')],
    ['allocator_frag_bytes', pages - used],
    ['allocator_rss_ratio', ratio(resident, pages, '1.00')],
    ['allocator_rss_bytes', resident - pages],
    ['rss_overhead_ratio', '1.00'], // the allocator has no other memory than the process
    ['rss_overhead_bytes', 0],
    ['mem_fragmentation_ratio', ratio(resident, used, '1.00')],
    ['mem_fragmentation_bytes', resident - used],
    ['mem_not_counted_for_evict', memory.heldBytes()],
    ['mem_replication_backlog', 0],
    ['mem_total_replication_buffers', 0],
    ['mem_clients_slaves', 0],
    ['mem_clients_normal', buffers],
    ['mem_cluster_links', 0],
    ['mem_aof_buffer', call.keyspace.log.pendingBytes()],
    ['mem_allocator', 'crabkv'],
    ['active_defrag_running', 0],
    ['lazyfree_pending_objects', detachedTables(call)],
    ['reserved_memory', memory.pagesTotal * PAGE_BYTES],
    ['shard_used_memory_max', extremeShard(call, Math.max)],
    ['shard_used_memory_min', extremeShard(call, Math.min)],
    ['js_heap_bytes', statistics.total(STAT_HEAP_BYTES)],
  ];
}

/** Bytes of the tables of all databases. */
function tableBytes(call: Call): number {
  const { memory } = call.keyspace;
  let segments = 0;
  for (let shard = 0; shard < memory.shardCount; shard++) {
    for (let database = 0; database < memory.databaseCount; database++) {
      segments += memory.shardU32[memory.tableAt(shard, database) + TABLE_SEGMENTS] ?? 0;
    }
  }
  return segments * SEGMENT_BLOCK_BYTES;
}

function extremeShard(call: Call, choose: (...values: number[]) => number): number {
  const { memory } = call.keyspace;
  return choose(...Array.from({ length: memory.shardCount }, (_, shard) => memory.shardUsedBytes(shard)));
}

/** Shards that still hold tables of a flush. */
function detachedTables(call: Call): number {
  const { memory } = call.keyspace;
  let count = 0;
  for (let shard = 0; shard < memory.shardCount; shard++) {
    if (memory.shardU32[memory.engineAt(shard) + ENGINE_DETACHED] !== 0) count += 1;
  }
  return count;
}
