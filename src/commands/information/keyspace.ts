/**
 * INFO replication, cluster and keyspace.
 */

import type { Call } from '../../engine/call.js';
import type { Fields } from './field.js';

/** A master without replicas. What it would be replicated by is named like the run: there is no history before it. */
export function replicationFields(call: Call): Fields {
  return [
    ['role', 'master'],
    ['connected_slaves', 0],
    ['master_failover_state', 'no-failover'],
    ['master_replid', call.services.runId],
    ['master_replid2', '0'.repeat(40)],
    ['master_repl_offset', 0],
    ['second_repl_offset', -1],
    ['repl_backlog_active', 0],
    ['repl_backlog_size', 0],
    ['repl_backlog_first_byte_offset', 0],
    ['repl_backlog_histlen', 0],
  ];
}

export function clusterFields(_call: Call): Fields {
  return [['cluster_enabled', 0]];
}

/** Databases that have keys. */
export function keyspaceFields(call: Call): Fields {
  const { keyspace } = call;
  const { memory } = keyspace;
  const fields: [string, string][] = [];
  for (let database = 0; database < memory.databaseCount; database++) {
    let keys = 0;
    let expires = 0;
    let deadlines = 0;
    for (let shard = 0; shard < memory.shardCount; shard++) {
      keys += keyspace.count(shard, database);
      expires += keyspace.deadlines.count(shard, database);
      deadlines += keyspace.deadlines.sum(shard, database);
    }
    if (keys === 0) continue;
    const averageMs = expires === 0 ? 0 : Math.max(0, Math.round(deadlines / expires - keyspace.now));
    fields.push([`db${database}`, `keys=${keys},expires=${expires},avg_ttl=${averageMs}`]);
  }
  return fields;
}
