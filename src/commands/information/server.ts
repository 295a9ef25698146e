/**
 * INFO server and clients: what this is, how it was started, and who is connected.
 */

import { createHash } from 'node:crypto';
import { machine, release, type } from 'node:os';
import type { Call } from '../../engine/call.js';
import {
  PROCESS_REACTORS,
  PROCESS_START_MS,
  PROCESS_TCP_PORT,
  STAT_BLOCKED_CLIENTS,
  STAT_BUFFER_BYTES,
  STAT_CONNECTED_CLIENTS,
  STAT_HELD_REPLIES,
  STAT_INPUT_BYTES_MAX,
  STAT_OUTPUT_BYTES_MAX,
} from '../../engine/statistics.js';
import { REDIS_VERSION } from '../redis-version.js';
import type { Fields } from './field.js';

const SECONDS_PER_DAY = 86_400;
/** Redis's clock for idle times: seconds, in 24 bits. */
const LRU_CLOCK_BITS = 24;
/** Digits of a build's name, as Redis has them. */
const BUILD_ID_DIGITS = 16;

export function serverFields(call: Call): Fields {
  const { services, keyspace } = call;
  const { config, statistics } = services;
  const uptime = Math.max(0, Math.floor((keyspace.now - statistics.process(PROCESS_START_MS)) / 1000));
  const reactors = statistics.process(PROCESS_REACTORS);
  const build = createHash('sha1').update(`${services.version} ${process.version}`).digest('hex');
  return [
    ['redis_version', REDIS_VERSION],
    ['redis_git_sha1', '00000000'],
    ['redis_git_dirty', 0],
    ['redis_build_id', build.slice(0, BUILD_ID_DIGITS)],
    ['redis_mode', 'standalone'],
    ['crabkv_version', services.version],
    ['node_version', process.versions.node],
    ['os', `${type()} ${release()} ${machine()}`],
    ['arch_bits', 64],
    ['monotonic_clock', 'POSIX clock_gettime'],
    ['multiplexing_api', services.reactorName],
    ['process_id', process.pid],
    ['process_supervised', 'no'],
    ['run_id', services.runId],
    ['tcp_port', statistics.process(PROCESS_TCP_PORT)],
    ['server_time_usec', Math.round(keyspace.now * 1000)],
    ['uptime_in_seconds', uptime],
    ['uptime_in_days', Math.floor(uptime / SECONDS_PER_DAY)],
    ['hz', config.integer('hz')],
    ['configured_hz', config.integer('hz')],
    ['lru_clock', Math.floor(keyspace.now / 1000) % 2 ** LRU_CLOCK_BITS],
    ['executable', process.execPath],
    ['config_file', config.file ?? ''],
    ['io_threads_active', reactors > 1 ? 1 : 0],
    ['reactor', services.reactorName],
    ['reactor_threads', reactors],
    ['shard_count', keyspace.memory.shardCount],
  ];
}

export function clientsFields(call: Call): Fields {
  const { statistics, config } = call.services;
  return [
    ['connected_clients', statistics.total(STAT_CONNECTED_CLIENTS)],
    ['cluster_connections', 0],
    ['maxclients', config.integer('maxclients')],
    ['client_recent_max_input_buffer', statistics.largest(STAT_INPUT_BYTES_MAX)],
    ['client_recent_max_output_buffer', statistics.largest(STAT_OUTPUT_BYTES_MAX)],
    ['blocked_clients', statistics.total(STAT_BLOCKED_CLIENTS)],
    ['tracking_clients', 0],
    ['client_buffer_bytes', statistics.total(STAT_BUFFER_BYTES)],
    ['clients_waiting_for_log', statistics.total(STAT_HELD_REPLIES)],
  ];
}
