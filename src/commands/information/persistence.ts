/**
 * INFO persistence. Redis's names mean what is like them here: `rdb_*` the snapshot; `aof_*` the log, whose *rewrite* is the
 * snapshot again, since it makes the log before it superfluous. There is no fork and so no copy on write.
 */

import type { Call } from '../../engine/call.js';
import { ENGINE_SNAPSHOT } from '../../engine/shard-words.js';
import {
  PROCESS_DIRTY_AT_SAVE,
  PROCESS_LAST_SAVE_ENTRIES,
  PROCESS_LAST_SAVE_MS,
  PROCESS_LAST_SAVE_OK,
  PROCESS_LAST_SAVE_SECONDS,
  PROCESS_LOADED_KEYS,
  PROCESS_LOG_BYTES_AT_SAVE,
  PROCESS_SAVE_STARTED_MS,
  PROCESS_SAVES,
  PROCESS_SAVES_FAILED,
  PROCESS_SAVING,
} from '../../engine/statistics.js';
import { SHARD_F64_DIRTY } from '../../memory/layout.js';
import { type Fields, ratio, shardTotal } from './field.js';

export function persistenceFields(call: Call): Fields {
  const { log } = call.keyspace;
  const { config } = call.services;
  const snapshot = snapshotFigures(call);
  const counters = log.statistics();
  const rewrite = log.enabled ? snapshot : NO_SNAPSHOT;
  return [
    ['loading', 0], // nobody can ask before everything is loaded
    ['async_loading', 0],
    ['current_cow_peak', 0],
    ['current_cow_size', 0],
    ['current_cow_size_age', 0],
    ['current_fork_perc', ratio(snapshot.keysDone * 100, snapshot.keys)],
    ['current_save_keys_processed', snapshot.keysDone],
    ['current_save_keys_total', snapshot.keys],
    ['rdb_changes_since_last_save', snapshot.changes],
    ['rdb_bgsave_in_progress', snapshot.isRunning],
    ['rdb_last_save_time', snapshot.lastUnixSeconds],
    ['rdb_last_bgsave_status', snapshot.status],
    ['rdb_last_bgsave_time_sec', snapshot.lastSeconds],
    ['rdb_current_bgsave_time_sec', snapshot.currentSeconds],
    ['rdb_saves', snapshot.count],
    ['rdb_last_cow_size', 0],
    ['rdb_last_load_keys_expired', 0], // keys whose time is over are loaded, and deleted then
    ['rdb_last_load_keys_loaded', call.services.statistics.process(PROCESS_LOADED_KEYS)],
    ['aof_enabled', log.enabled ? 1 : 0],
    ['aof_rewrite_in_progress', rewrite.isRunning],
    ['aof_rewrite_scheduled', 0],
    ['aof_last_rewrite_time_sec', rewrite.lastSeconds],
    ['aof_current_rewrite_time_sec', rewrite.currentSeconds],
    ['aof_last_bgrewrite_status', rewrite.status],
    ['aof_rewrites', rewrite.count],
    ['aof_rewrites_consecutive_failures', rewrite.failures],
    ['aof_last_write_status', log.failed() ? 'err' : 'ok'],
    ['aof_last_cow_size', 0],
    ['module_fork_in_progress', 0],
    ['module_fork_last_cow_size', 0],
    ...(log.enabled ? logFields(call) : []),
    ['appendfsync', config.text('appendfsync')],
    ['snapshot_last_entries', snapshot.entries],
    ['snapshot_last_ms', snapshot.lastMs],
    ['log_lsn', log.tail()],
    ['log_durable_lsn', log.durable()],
    ['log_blocks_written', counters.blocks],
    ['log_syncs', counters.syncs],
    ['log_last_sync_usec', counters.lastSyncUs],
    ['log_segments', counters.segments],
  ];
}

/** What Redis shows while the append-only file is on. */
function logFields(call: Call): Fields {
  const { log } = call.keyspace;
  return [
    ['aof_current_size', log.statistics().liveBytes],
    ['aof_base_size', call.services.statistics.process(PROCESS_LOG_BYTES_AT_SAVE)],
    ['aof_pending_rewrite', 0],
    ['aof_buffer_length', log.pendingBytes()],
    ['aof_pending_bio_fsync', log.durable() < log.tail() ? 1 : 0],
    ['aof_delayed_fsync', 0], // no write ever waits for a sync that somebody else has asked for
  ];
}

interface SnapshotFigures {
  readonly isRunning: 0 | 1;
  readonly changes: number;
  readonly count: number;
  readonly failures: number;
  readonly status: 'ok' | 'err';
  readonly lastUnixSeconds: number;
  readonly entries: number;
  /** Of the last one; -1 = there was none. */
  readonly lastMs: number;
  readonly lastSeconds: number;
  /** -1 = none is being taken. */
  readonly currentSeconds: number;
  /** Of the one that is being taken: keys, and those of shards that it has passed. */
  readonly keys: number;
  readonly keysDone: number;
}

const NO_SNAPSHOT: SnapshotFigures = {
  isRunning: 0,
  changes: 0,
  count: 0,
  failures: 0,
  status: 'ok',
  lastUnixSeconds: 0,
  entries: 0,
  lastMs: -1,
  lastSeconds: -1,
  currentSeconds: -1,
  keys: 0,
  keysDone: 0,
};

function snapshotFigures(call: Call): SnapshotFigures {
  const { statistics } = call.services;
  const isRunning = statistics.process(PROCESS_SAVING) !== 0;
  const lastMs = statistics.process(PROCESS_LAST_SAVE_MS);
  const elapsedMs = Math.max(0, call.keyspace.now - statistics.process(PROCESS_SAVE_STARTED_MS));
  return {
    isRunning: isRunning ? 1 : 0,
    changes: shardTotal(call, SHARD_F64_DIRTY) - statistics.process(PROCESS_DIRTY_AT_SAVE),
    count: statistics.process(PROCESS_SAVES),
    failures: statistics.process(PROCESS_SAVES_FAILED),
    status: statistics.process(PROCESS_LAST_SAVE_OK) !== 0 ? 'ok' : 'err',
    lastUnixSeconds: statistics.process(PROCESS_LAST_SAVE_SECONDS),
    entries: statistics.process(PROCESS_LAST_SAVE_ENTRIES),
    lastMs,
    lastSeconds: lastMs < 0 ? -1 : Math.floor(lastMs / 1000),
    currentSeconds: isRunning ? Math.floor(elapsedMs / 1000) : -1,
    ...(isRunning ? progress(call) : { keys: 0, keysDone: 0 }),
  };
}

/** How far the snapshot is that is being taken, shard by shard. */
function progress(call: Call): { keys: number; keysDone: number } {
  const { keyspace } = call;
  const { memory } = keyspace;
  let keys = 0;
  let keysDone = 0;
  for (let shard = 0; shard < memory.shardCount; shard++) {
    let count = 0;
    for (let database = 0; database < memory.databaseCount; database++) {
      count += keyspace.count(shard, database);
    }
    keys += count;
    if (memory.shardU32[memory.engineAt(shard) + ENGINE_SNAPSHOT] === 0) keysDone += count;
  }
  return { keys, keysDone };
}
