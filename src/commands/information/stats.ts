/**
 * INFO stats: what has been counted since the start, or since CONFIG RESETSTAT.
 */

import type { Call } from '../../engine/call.js';
import { RATE_BYTES_IN, RATE_BYTES_OUT, RATE_COMMANDS } from '../../engine/rates.js';
import {
  PROCESS_EVICTION_EXCEEDED_MS,
  PROCESS_EVICTION_EXCEEDED_SINCE_MS,
  STAT_BYTES_IN,
  STAT_BYTES_OUT,
  STAT_CLIENTS_EVICTED,
  STAT_CONNECTIONS_RECEIVED,
  STAT_CONNECTIONS_REJECTED,
  STAT_MAINTENANCE_CUT,
  STAT_MAINTENANCE_US,
  STAT_READS,
  STAT_WRITES,
} from '../../engine/statistics.js';
import {
  SHARD_F64_EVICTED,
  SHARD_F64_EXPIRED,
  SHARD_F64_HITS,
  SHARD_F64_MISSES,
} from '../../memory/layout.js';
import { type Fields, ratio, shardTotal } from './field.js';

/** So many keys of a shard are looked at, which takes some tens of us. */
const STALE_KEYS_MAX = 200;

export function statsFields(call: Call): Fields {
  const { statistics, instruments } = call.services;
  const { now } = call.keyspace;
  const batons = call.batons.statistics();
  const exceededSinceMs = statistics.process(PROCESS_EVICTION_EXCEEDED_SINCE_MS);
  const exceededMs = exceededSinceMs === 0 ? 0 : Math.max(0, now - exceededSinceMs);
  return [
    ['total_connections_received', statistics.total(STAT_CONNECTIONS_RECEIVED)],
    ['total_commands_processed', instruments.commands.totalCalls()],
    ['instantaneous_ops_per_sec', Math.round(instruments.rates.perSecond(now, RATE_COMMANDS))],
    ['total_net_input_bytes', statistics.total(STAT_BYTES_IN)],
    ['total_net_output_bytes', statistics.total(STAT_BYTES_OUT)],
    ['total_net_repl_input_bytes', 0],
    ['total_net_repl_output_bytes', 0],
    ['instantaneous_input_kbps', kilobytes(instruments.rates.perSecond(now, RATE_BYTES_IN))],
    ['instantaneous_output_kbps', kilobytes(instruments.rates.perSecond(now, RATE_BYTES_OUT))],
    ['instantaneous_input_repl_kbps', '0.00'],
    ['instantaneous_output_repl_kbps', '0.00'],
    ['rejected_connections', statistics.total(STAT_CONNECTIONS_REJECTED)],
    ['sync_full', 0],
    ['sync_partial_ok', 0],
    ['sync_partial_err', 0],
    ['expired_keys', shardTotal(call, SHARD_F64_EXPIRED)],
    ['expired_stale_perc', ratio(...staleKeys(call))],
    ['expired_time_cap_reached_count', statistics.total(STAT_MAINTENANCE_CUT)],
    ['expire_cycle_cpu_milliseconds', Math.floor(statistics.total(STAT_MAINTENANCE_US) / 1000)],
    ['evicted_keys', shardTotal(call, SHARD_F64_EVICTED)],
    ['evicted_clients', statistics.total(STAT_CLIENTS_EVICTED)],
    [
      'total_eviction_exceeded_time',
      Math.floor(statistics.process(PROCESS_EVICTION_EXCEEDED_MS) + exceededMs),
    ],
    ['current_eviction_exceeded_time', Math.floor(exceededMs)],
    ['keyspace_hits', shardTotal(call, SHARD_F64_HITS)],
    ['keyspace_misses', shardTotal(call, SHARD_F64_MISSES)],
    ['pubsub_channels', 0],
    ['pubsub_patterns', 0],
    ['pubsubshard_channels', 0],
    ['latest_fork_usec', 0],
    ['total_forks', 0],
    ['migrate_cached_sockets', 0],
    ['slave_expires_tracked_keys', 0],
    ['active_defrag_hits', 0],
    ['active_defrag_misses', 0],
    ['active_defrag_key_hits', 0],
    ['active_defrag_key_misses', 0],
    ['total_active_defrag_time', 0],
    ['current_active_defrag_time', 0],
    ['tracking_total_keys', 0],
    ['tracking_total_items', 0],
    ['tracking_total_prefixes', 0],
    ['unexpected_error_replies', 0],
    ['total_error_replies', instruments.errors.total()],
    ['dump_payload_sanitizations', 0],
    ['total_reads_processed', statistics.total(STAT_READS)],
    ['total_writes_processed', statistics.total(STAT_WRITES)],
    ['io_threaded_reads_processed', statistics.total(STAT_READS)],
    ['io_threaded_writes_processed', statistics.total(STAT_WRITES)],
    ['baton_acquisitions', batons.acquisitions],
    ['baton_waits', batons.waits],
    ['baton_sleeps', batons.parks],
  ];
}

/**
 * Keys that are there though their time is over, in percent, and the keys with an expiry: what maintenance has not come to. Of
 * each shard's only those are looked at that would be among them.
 */
function staleKeys(call: Call): [hundredStale: number, expires: number] {
  const { keyspace, batons } = call;
  let stale = 0;
  let expires = 0;
  for (let shard = 0; shard < keyspace.memory.shardCount; shard++) {
    batons.take(shard);
    for (let database = 0; database < keyspace.memory.databaseCount; database++) {
      expires += keyspace.deadlines.count(shard, database);
      stale += keyspace.deadlines.staleCount(shard, database, keyspace.now, STALE_KEYS_MAX);
    }
    batons.give(shard);
  }
  return [stale * 100, expires];
}

function kilobytes(bytes: number): string {
  return (bytes / 1024).toFixed(2);
}
