/**
 * INFO: sections of `name:value` lines. Names that Redis has mean what they mean there; names of CrabKV's own begin
 * with `crabkv_`, `log_`, `snapshot_`, `shard_` or `baton_`.
 */

import { totalmem } from 'node:os';
import type { Call } from '../engine/call.js';
import { ENGINE_DETACHED } from '../engine/keyspace.js';
import {
  PROCESS_DIRTY_AT_SAVE,
  PROCESS_LAST_SAVE_ENTRIES,
  PROCESS_LAST_SAVE_MS,
  PROCESS_LAST_SAVE_OK,
  PROCESS_LAST_SAVE_SECONDS,
  PROCESS_SAVING,
  PROCESS_START_MS,
  STAT_BUFFER_BYTES,
  STAT_BYTES_IN,
  STAT_BYTES_OUT,
  STAT_COMMANDS,
  STAT_CONNECTED_CLIENTS,
  STAT_CONNECTIONS_RECEIVED,
  STAT_CONNECTIONS_REJECTED,
  STAT_HEAP_BYTES,
  STAT_HELD_REPLIES,
} from '../engine/statistics.js';
import {
  SHARD_F64_DIRTY,
  SHARD_F64_EVICTED,
  SHARD_F64_EXPIRED,
  SHARD_F64_HITS,
  SHARD_F64_MISSES,
} from '../memory/layout.js';
import { PAGE_BYTES } from '../memory/memory.js';
import { REDIS_VERSION } from './redis-version.js';

type Fields = readonly (readonly [name: string, value: string | number])[];

const SECTIONS: Readonly<Record<string, (call: Call) => Fields>> = {
  server,
  clients,
  memory,
  persistence,
  stats,
  replication,
  cpu,
  cluster,
  keyspace,
};

const EVERY_SECTION = ['all', 'everything', 'default'];

/** The text of the sections asked for; of all when none is. Unknown ones are left out, as in Redis. */
export function informationText(call: Call, wanted: readonly string[]): string {
  const isAll = wanted.length === 0 || wanted.some((name) => EVERY_SECTION.includes(name));
  const names = Object.keys(SECTIONS).filter((name) => isAll || wanted.includes(name));
  const texts = names.map((name) => {
    const fields = SECTIONS[name]?.(call) ?? [];
    const title = name === 'cpu' ? 'CPU' : name.charAt(0).toUpperCase() + name.slice(1);
    return `# ${title}\r\n${fields.map(([field, value]) => `${field}:${value}\r\n`).join('')}`;
  });
  return texts.join('\r\n');
}

function server(call: Call): Fields {
  const { services, keyspace } = call;
  const startMs = services.statistics.process(PROCESS_START_MS);
  const uptime = Math.max(0, Math.floor((keyspace.now - startMs) / 1000));
  return [
    ['redis_version', REDIS_VERSION],
    ['redis_mode', 'standalone'],
    ['crabkv_version', services.version],
    ['os', `${process.platform} ${process.arch}`],
    ['arch_bits', 64],
    ['multiplexing_api', services.reactorName],
    ['node_version', process.versions.node],
    ['process_id', process.pid],
    ['run_id', services.runId],
    ['tcp_port', services.config.integer('port')],
    ['server_time_usec', Math.round(keyspace.now * 1000)],
    ['uptime_in_seconds', uptime],
    ['uptime_in_days', Math.floor(uptime / 86_400)],
    ['hz', services.config.integer('hz')],
    ['reactor', services.reactorName],
    ['reactor_threads', services.reactorCount],
    ['shard_count', keyspace.memory.shardCount],
  ];
}

function clients(call: Call): Fields {
  const { statistics, config } = call.services;
  return [
    ['connected_clients', statistics.total(STAT_CONNECTED_CLIENTS)],
    ['maxclients', config.integer('maxclients')],
    ['client_buffer_bytes', statistics.total(STAT_BUFFER_BYTES)],
    ['clients_waiting_for_log', statistics.total(STAT_HELD_REPLIES)],
    ['blocked_clients', 0],
  ];
}

function memory(call: Call): Fields {
  const { memory: store } = call.keyspace;
  const { config } = call.services;
  const used = store.usedBytes();
  const pages = store.pagesInUse() * PAGE_BYTES;
  const peak = store.pagesPeak() * PAGE_BYTES;
  const rss = process.memoryUsage.rss();
  const limit = config.integer('maxmemory');
  return [
    ['used_memory', used],
    ['used_memory_human', humanBytes(used)],
    ['used_memory_rss', rss],
    ['used_memory_rss_human', humanBytes(rss)],
    ['used_memory_peak', peak],
    ['used_memory_peak_human', humanBytes(peak)],
    ['used_memory_dataset', used],
    ['allocator_allocated', used],
    ['allocator_active', pages],
    ['allocator_resident', rss],
    ['allocator_frag_ratio', used === 0 ? '1.00' : (pages / used).toFixed(2)],
    ['allocator_frag_bytes', pages - used],
    ['reserved_memory', store.pagesTotal * PAGE_BYTES],
    ['shard_used_memory_max', extremeShard(call, Math.max)],
    ['shard_used_memory_min', extremeShard(call, Math.min)],
    ['total_system_memory', totalmem()],
    ['total_system_memory_human', humanBytes(totalmem())],
    ['maxmemory', limit],
    ['maxmemory_human', humanBytes(limit)],
    ['maxmemory_policy', config.text('maxmemory-policy')],
    ['mem_fragmentation_ratio', used === 0 ? '1.00' : (rss / used).toFixed(2)],
    ['mem_allocator', 'crabkv'],
    ['js_heap_bytes', call.services.statistics.total(STAT_HEAP_BYTES)],
    ['lazyfree_pending_tables', detachedTables(call)],
  ];
}

function persistence(call: Call): Fields {
  const { statistics, config } = call.services;
  const { log } = call.keyspace;
  const isGood = statistics.process(PROCESS_LAST_SAVE_OK) !== 0;
  const counters = log.statistics();
  return [
    ['loading', 0], // nobody can ask before everything is loaded
    [
      'rdb_changes_since_last_save',
      shardTotal(call, SHARD_F64_DIRTY) - statistics.process(PROCESS_DIRTY_AT_SAVE),
    ],
    ['rdb_bgsave_in_progress', statistics.process(PROCESS_SAVING)],
    ['rdb_last_save_time', statistics.process(PROCESS_LAST_SAVE_SECONDS)],
    ['rdb_last_bgsave_status', isGood ? 'ok' : 'err'],
    ['rdb_last_bgsave_time_sec', Math.round(statistics.process(PROCESS_LAST_SAVE_MS) / 1000)],
    ['snapshot_last_entries', statistics.process(PROCESS_LAST_SAVE_ENTRIES)],
    ['snapshot_last_ms', statistics.process(PROCESS_LAST_SAVE_MS)],
    ['aof_enabled', log.enabled ? 1 : 0],
    ['aof_last_write_status', log.failed() ? 'err' : 'ok'],
    ['aof_current_size', counters.liveBytes],
    ['appendfsync', config.text('appendfsync')],
    ['log_lsn', log.tail()],
    ['log_durable_lsn', log.durable()],
    ['log_blocks_written', counters.blocks],
    ['log_syncs', counters.syncs],
    ['log_last_sync_usec', counters.lastSyncUs],
    ['log_segments', counters.segments],
  ];
}

function stats(call: Call): Fields {
  const { statistics } = call.services;
  const batons = call.batons.statistics();
  return [
    ['total_connections_received', statistics.total(STAT_CONNECTIONS_RECEIVED)],
    ['total_commands_processed', statistics.total(STAT_COMMANDS)],
    ['total_net_input_bytes', statistics.total(STAT_BYTES_IN)],
    ['total_net_output_bytes', statistics.total(STAT_BYTES_OUT)],
    ['rejected_connections', statistics.total(STAT_CONNECTIONS_REJECTED)],
    ['expired_keys', shardTotal(call, SHARD_F64_EXPIRED)],
    ['evicted_keys', shardTotal(call, SHARD_F64_EVICTED)],
    ['keyspace_hits', shardTotal(call, SHARD_F64_HITS)],
    ['keyspace_misses', shardTotal(call, SHARD_F64_MISSES)],
    ['baton_acquisitions', batons.acquisitions],
    ['baton_waits', batons.waits],
    ['baton_sleeps', batons.parks],
  ];
}

function replication(): Fields {
  return [
    ['role', 'master'],
    ['connected_slaves', 0],
  ];
}

function cpu(): Fields {
  const { user, system } = process.cpuUsage();
  return [
    ['used_cpu_sys', (system / 1e6).toFixed(6)],
    ['used_cpu_user', (user / 1e6).toFixed(6)],
  ];
}

function cluster(): Fields {
  return [['cluster_enabled', 0]];
}

function keyspace(call: Call): Fields {
  const fields: [string, string][] = [];
  const { memory: store } = call.keyspace;
  for (let database = 0; database < store.databaseCount; database++) {
    let keys = 0;
    let expires = 0;
    for (let shard = 0; shard < store.shardCount; shard++) {
      keys += call.keyspace.count(shard, database);
      expires += call.keyspace.expiryCount(shard, database);
    }
    if (keys !== 0) fields.push([`db${database}`, `keys=${keys},expires=${expires},avg_ttl=0`]);
  }
  return fields;
}

/** The sum of a shard's counter (SHARD_F64_*) over all shards. */
function shardTotal(call: Call, word: number): number {
  const store = call.keyspace.memory;
  let sum = 0;
  for (let shard = 0; shard < store.shardCount; shard++)
    sum += store.shardF64[store.doubleAt(shard, word)] ?? 0;
  return sum;
}

function extremeShard(call: Call, choose: (...values: number[]) => number): number {
  const store = call.keyspace.memory;
  return choose(...Array.from({ length: store.shardCount }, (_, shard) => store.shardUsedBytes(shard)));
}

/** Shards that still hold tables of a flush. */
function detachedTables(call: Call): number {
  const store = call.keyspace.memory;
  let count = 0;
  for (let shard = 0; shard < store.shardCount; shard++) {
    if (store.shardU32[store.engineAt(shard) + ENGINE_DETACHED] !== 0) count += 1;
  }
  return count;
}

/** As Redis writes sizes for people: 1.50M. */
function humanBytes(bytes: number): string {
  const units = ['B', 'K', 'M', 'G', 'T'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return unit === 0 ? `${value}B` : `${value.toFixed(2)}${units[unit]}`;
}
