/** What a server of two threads tells about itself: INFO, SLOWLOG and LATENCY see what all threads have done. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RespConnection } from '../support/connection.js';
import { connectionFor, serverFor, until } from '../support/fixture.js';
import { makeTemporaryDirectory } from '../support/temporary.js';

const DIRECTIVES = { threads: '2', appendfsync: 'everysec', 'enable-debug-command': 'yes' };
/** More than enough for the kernel to give connections to both threads. */
const CONNECTIONS = 16;

async function info(connection: RespConnection, ...sections: string[]): Promise<Map<string, string>> {
  const text = String(await connection.call('INFO', ...sections));
  const fields = text.split('\r\n').filter((line) => line.includes(':'));
  return new Map(fields.map((line) => line.split(/:(.*)/).slice(0, 2) as [string, string]));
}

async function field(connection: RespConnection, name: string): Promise<string> {
  return (await info(connection, 'everything')).get(name) ?? `there is no ${name}`;
}

test('counts every call, whichever thread runs it and however few are timed', async (t) => {
  const server = await serverFor(t, { directives: DIRECTIVES });
  const connections = await Promise.all(Array.from({ length: CONNECTIONS }, () => connectionFor(t, server)));
  const first = connections[0] as RespConnection;
  await first.call('CONFIG', 'RESETSTAT');
  const round = [['SET', 'k', 'v'], ['GET', 'k'], ['INCR', 'k'], ['GET']];
  await Promise.all(
    connections.map(async (connection) => {
      for (let i = 0; i < 20; i++) {
        await connection.pipeline(Array.from({ length: 25 }, () => round).flat());
      }
    }),
  );
  const fields = await info(first, 'commandstats', 'errorstats', 'latencystats', 'stats');
  const each = CONNECTIONS * 20 * 25;
  const calls = (name: string) => fields.get(`cmdstat_${name}`)?.replace(/usec=.*?,usec_per_call=.*?,/, '');
  assert.equal(calls('set'), `calls=${each},rejected_calls=0,failed_calls=0`);
  assert.equal(calls('get'), `calls=${each},rejected_calls=${each},failed_calls=0`);
  assert.equal(calls('incr'), `calls=${each},rejected_calls=0,failed_calls=${each}`);
  assert.equal(fields.get('errorstat_ERR'), `count=${2 * each}`);
  assert.equal(fields.get('total_error_replies'), String(2 * each));
  assert.equal(fields.get('total_commands_processed'), String(3 * each + 1), 'and the reset itself');
  assert.match(fields.get('latency_percentiles_usec_get') ?? '', /^p50=\d+\.\d{3},p99=/);
  const usec = Number(/usec=(\d+)/.exec(fields.get('cmdstat_get') ?? '')?.[1]);
  assert.ok(usec > 0 && usec < 60e6, `${usec} us for all GETs`);
});

test('knows how much is going on, and when nothing is any more', async (t) => {
  const server = await serverFor(t, { directives: DIRECTIVES });
  const [watcher, worker] = await Promise.all([connectionFor(t, server), connectionFor(t, server)]);
  assert.equal(await field(watcher, 'instantaneous_ops_per_sec'), '0');
  let isBusy = true;
  const working = (async () => {
    while (isBusy) await worker.pipeline(Array.from({ length: 100 }, () => ['PING', 'x'.repeat(100)]));
  })();
  const isAbove = async (name: string, least: number) => Number(await field(watcher, name)) > least;
  await until('commands a second', 5000, () => isAbove('instantaneous_ops_per_sec', 100));
  await until('input', 5000, () => isAbove('instantaneous_input_kbps', 1));
  await until('output', 5000, () => isAbove('instantaneous_output_kbps', 1));
  isBusy = false;
  await working;
  await until('rest', 10_000, async () => Number(await field(watcher, 'instantaneous_ops_per_sec')) < 1000);
});

test('SLOWLOG merges what all threads have logged', async (t) => {
  const server = await serverFor(t, { directives: { ...DIRECTIVES, 'slowlog-log-slower-than': '0' } });
  const connections = await Promise.all(Array.from({ length: CONNECTIONS }, () => connectionFor(t, server)));
  const first = connections[0] as RespConnection;
  await first.call('SLOWLOG', 'RESET');
  for (const [index, connection] of connections.entries()) await connection.call('SET', 'slow', index);
  assert.equal(await first.call('SLOWLOG', 'LEN'), CONNECTIONS + 1);
  const entries = (await first.call('SLOWLOG', 'GET', '-1')) as [
    number,
    number,
    number,
    string[],
    string,
    string,
  ][];
  assert.deepEqual(
    entries.map((entry) => entry[3].join(' ')),
    ['SLOWLOG LEN', ...connections.map((_, index) => `SET slow ${index}`).reverse(), 'SLOWLOG RESET'],
  );
  const ids = entries.map(([id]) => id);
  assert.deepEqual(
    ids,
    [...ids].sort((a, b) => b - a),
  );
  assert.equal(new Set(ids).size, ids.length);
  for (const [, unixSeconds, usec, , address] of entries) {
    assert.ok(Math.abs(unixSeconds - Date.now() / 1000) < 60);
    assert.ok(usec >= 0 && usec < 60e6);
    assert.match(address, /^127\.0\.0\.1:\d+$/);
  }
  assert.equal(await first.call('CONFIG', 'SET', 'slowlog-max-len', '4'), 'OK');
  await Promise.all(connections.map((connection) => connection.call('PING')));
  assert.equal(await first.call('SLOWLOG', 'LEN'), 4);
  assert.equal(((await first.call('SLOWLOG', 'GET', '-1')) as unknown[]).length, 4);
});

test('a command that takes long is in the slow log and in the latency monitor', async (t) => {
  const server = await serverFor(t, { directives: { ...DIRECTIVES, 'latency-monitor-threshold': '15' } });
  const connection = await connectionFor(t, server);
  await connection.call('CLIENT', 'SETNAME', 'sleeper');
  await connection.call('DEBUG', 'SLEEP', '0.03');
  const entries = (await connection.call('SLOWLOG', 'GET')) as [
    number,
    number,
    number,
    string[],
    string,
    string,
  ][];
  const sleep = entries.find(([, , , words]) => words.join(' ') === 'DEBUG SLEEP 0.03');
  assert.ok(sleep !== undefined && sleep[2] >= 30_000, JSON.stringify(entries));
  assert.equal(sleep[5], 'sleeper');
  const latest = (await connection.call('LATENCY', 'LATEST')) as [string, number, number, number][];
  const command = latest.find(([name]) => name === 'command');
  assert.ok(command !== undefined && command[3] >= 30, JSON.stringify(latest));
  assert.match(String(await connection.call('LATENCY', 'DOCTOR')), /^1\. command: /m);
  assert.match(String(await connection.call('LATENCY', 'GRAPH', 'command')), /^command - high \d+ ms/);
  assert.ok(Number(await connection.call('LATENCY', 'RESET')) >= 1);
  assert.deepEqual(await connection.call('LATENCY', 'HISTORY', 'command'), []);
});

test('tells how it was started, and what the snapshot and the log do', async (t) => {
  const directory = makeTemporaryDirectory();
  const server = await serverFor(t, { directives: DIRECTIVES, directory });
  const connection = await connectionFor(t, server);
  await connection.call('SET', 'k', 'v', 'EX', '1000');
  const before = await info(connection);
  assert.equal(before.get('tcp_port'), String(server.port));
  assert.equal(before.get('process_id'), String(server.pid));
  assert.equal(before.get('rdb_saves'), '0');
  assert.equal(before.get('rdb_last_bgsave_time_sec'), '-1');
  assert.equal(before.get('rdb_changes_since_last_save'), '1');
  assert.equal(before.get('rdb_last_load_keys_loaded'), '0');
  assert.match(before.get('db0') ?? '', /^keys=1,expires=1,avg_ttl=(99\d{4}|1000000)$/);
  assert.ok(Number(before.get('aof_current_size')) > 0);
  assert.ok(Number(before.get('used_cpu_user')) > 0);
  await connection.call('SAVE');
  const after = await info(connection);
  assert.equal(after.get('rdb_saves'), '1');
  assert.equal(after.get('aof_rewrites'), '1');
  assert.equal(after.get('rdb_last_bgsave_time_sec'), '0');
  assert.equal(after.get('rdb_changes_since_last_save'), '0');
  assert.equal(after.get('rdb_bgsave_in_progress'), '0');
  await server.stop();
  const again = await serverFor(t, { directives: DIRECTIVES, directory });
  const next = await connectionFor(t, again);
  assert.equal(await field(next, 'rdb_last_load_keys_loaded'), '1');
});
