import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { START_MS, TestEngine } from '../engine/engine.case.js';
import { PROTOCOL_RESP3 } from '../engine/reply.js';
import {
  PROCESS_DIRTY_AT_SAVE,
  PROCESS_LAST_SAVE_MS,
  PROCESS_SAVE_STARTED_MS,
  PROCESS_SAVES,
  PROCESS_SAVING,
  PROCESS_START_MS,
  STAT_BYTES_IN,
} from '../engine/statistics.js';

/** The lines of INFO, each field by its name, and the sections' titles. */
function info(engine: TestEngine, ...sections: string[]): { titles: string[]; fields: Map<string, string> } {
  const reply = engine.run('INFO', ...sections);
  const text = reply.slice(reply.indexOf('\r\n') + 2, -2);
  assert.equal(reply.slice(0, reply.indexOf('\r\n')), `$${text.length}`);
  const titles: string[] = [];
  const fields = new Map<string, string>();
  for (const line of text.split('\r\n')) {
    const [name, value] = line.split(/:(.*)/);
    if (line.startsWith('# ')) titles.push(line.slice(2));
    else if (line !== '') fields.set(name!, value!);
  }
  return { titles, fields };
}

function expectFields(engine: TestEngine, expected: readonly (readonly [string, string])[]): void {
  const { fields } = info(engine, 'everything');
  for (const [name, value] of expected) assert.equal(fields.get(name), value, name);
}

const DEFAULT = [
  'Server',
  'Clients',
  'Memory',
  'Persistence',
  'Stats',
  'Replication',
  'CPU',
  'Modules',
  'Errorstats',
  'Cluster',
  'Keyspace',
];
const ALL = [...DEFAULT.slice(0, 8), 'Commandstats', 'Errorstats', 'Latencystats', 'Cluster', 'Keyspace'];

describe('INFO', () => {
  it('has the sections that are asked for, in one order', () => {
    const engine = new TestEngine();
    for (const words of [[], ['default'], ['DEFAULT', 'nope'], ['keyspace', 'default']]) {
      assert.deepEqual(info(engine, ...words).titles, DEFAULT);
    }
    for (const words of [
      ['all'],
      ['EVERYTHING'],
      ['cpu', 'all'],
      ['default', 'commandstats', 'latencystats'],
    ]) {
      assert.deepEqual(info(engine, ...words).titles, ALL);
    }
    assert.deepEqual(info(engine, 'keyspace', 'SERVER', 'server').titles, ['Server', 'Keyspace']);
    assert.deepEqual(info(engine, 'nope').titles, []);
    assert.equal(engine.run('INFO', 'nope'), '$0\r\n\r\n');
  });

  it('has a value for every field', () => {
    const engine = new TestEngine();
    for (const line of ['SET a 1 EX 100', 'NOSUCH', 'GET']) engine.say(line);
    const { fields } = info(engine, 'everything');
    assert.ok(fields.size > 150);
    for (const [name, value] of fields) {
      assert.match(name, /^[a-z0-9_|]+$|^errorstat_[A-Z]+$/);
      assert.ok(value !== undefined && !/undefined|NaN|null|Infinity/.test(value), `${name}:${value}`);
    }
  });

  it('counts keys, expiries, hits and changes', () => {
    const engine = new TestEngine();
    engine.statistics.setProcess(PROCESS_START_MS, START_MS - 90_000_000);
    engine.statistics.setProcess(PROCESS_DIRTY_AT_SAVE, 1);
    for (const line of [
      'MSET a 1 b 2',
      'SET c 3 PX 10',
      'GET a',
      'GET nothing',
      'MGET a nothing',
      'SELECT 1',
      'SET d 4 EX 10',
      'SELECT 0',
    ]) {
      engine.say(line);
    }
    engine.now += 10;
    engine.say('GET c');
    expectFields(engine, [
      ['db0', 'keys=2,expires=0,avg_ttl=0'],
      ['db1', 'keys=1,expires=1,avg_ttl=9990'],
      ['keyspace_hits', '2'],
      ['keyspace_misses', '3'],
      ['expired_keys', '1'],
      ['rdb_changes_since_last_save', '4'],
      ['total_commands_processed', '9'],
      ['uptime_in_seconds', '90000'],
      ['uptime_in_days', '1'],
      ['aof_enabled', '0'],
      ['redis_version', '7.0.15'],
      ['redis_mode', 'standalone'],
      ['role', 'master'],
      ['lazyfree_pending_objects', '0'],
      ['used_memory', String(engine.memory.usedBytes())],
    ]);
    engine.say('FLUSHALL');
    assert.notEqual(info(engine).fields.get('lazyfree_pending_objects'), '0');
  });

  it('knows how long keys live on average, whatever happens to them', () => {
    const engine = new TestEngine();
    const averageTtl = () => /avg_ttl=(\d+)/.exec(info(engine).fields.get('db0') ?? '')?.[1];
    engine.say('SET forever 1');
    assert.equal(averageTtl(), '0');
    engine.say('SET a 1 PX 1000');
    engine.say('SET b 1 PX 3000');
    assert.equal(averageTtl(), '2000');
    engine.say('PEXPIRE a 9000');
    assert.equal(averageTtl(), '6000');
    engine.say('SET a 2 PX 5000');
    assert.equal(averageTtl(), '4000');
    engine.say('APPEND b xyz');
    engine.say('SET forever 2 PX 7000');
    assert.equal(averageTtl(), '5000');
    engine.say('PERSIST b');
    engine.now += 2000;
    assert.equal(averageTtl(), '4000');
    engine.say('DEL a');
    assert.equal(averageTtl(), '5000');
    engine.say('FLUSHALL');
    engine.say('SET c 1 PX 100');
    assert.equal(averageTtl(), '100', 'a flush forgets the keys before it');
  });

  it('knows how many keys are there though their time is over', () => {
    const engine = new TestEngine();
    const stale = () => info(engine, 'stats').fields.get('expired_stale_perc');
    assert.equal(stale(), '0.00');
    for (let number = 0; number < 30; number++) engine.say(`SET soon:${number} 1 PX ${1 + number * 40}`);
    for (let number = 0; number < 10; number++)
      engine.say(`SET late:${number} 1 PX ${100_000_000 * (number + 1)}`);
    assert.equal(stale(), '0.00');
    engine.now += 600;
    assert.equal(stale(), '37.50', '15 of 40');
    engine.say('GET soon:0');
    assert.equal(stale(), '35.90', '14 of 39');
    engine.now += 60_000;
    assert.equal(stale(), '74.36', '29 of 39');
  });

  it('tells what commands were called, how they ended, and how long they took', () => {
    const engine = new TestEngine();
    for (const line of [
      'SET a x',
      'GET a',
      'GET a',
      'GET',
      'INCR a',
      'CONFIG GET timeout',
      'CONFIG',
      'CONFIG NOSUCH',
      'CONFIG GET',
      'NOSUCH',
    ]) {
      engine.say(line);
    }
    const { fields } = info(engine, 'commandstats', 'errorstats', 'latencystats', 'stats');
    const calls = (name: string) =>
      fields.get(`cmdstat_${name}`)?.replace(/usec=\d+,usec_per_call=\d+\.\d\d,/, '');
    assert.equal(calls('get'), 'calls=2,rejected_calls=1,failed_calls=0');
    assert.equal(calls('set'), 'calls=1,rejected_calls=0,failed_calls=0');
    assert.equal(calls('incr'), 'calls=1,rejected_calls=0,failed_calls=1');
    assert.equal(calls('config|get'), 'calls=1,rejected_calls=1,failed_calls=0');
    assert.equal(calls('config'), 'calls=0,rejected_calls=1,failed_calls=0');
    assert.equal(calls('strlen'), undefined);
    assert.equal(fields.get('errorstat_ERR'), 'count=6');
    assert.equal(fields.get('total_error_replies'), '6');
    assert.equal(fields.get('total_commands_processed'), '5');
    const percentiles = /^p50=(\d+\.\d{3}),p99=(\d+\.\d{3}),p99\.9=(\d+\.\d{3})$/;
    assert.match(fields.get('latency_percentiles_usec_get') ?? '', percentiles);
    assert.match(fields.get('latency_percentiles_usec_config|get') ?? '', percentiles);
    assert.equal(fields.has('latency_percentiles_usec_config'), false);
  });

  it('counts the late replies of other threads as failures, too', async () => {
    const engine = new TestEngine();
    await engine.sayLater('CONFIG SET timeout 5');
    await engine.sayLater('CONFIG SET nosuch 5');
    const { fields } = info(engine, 'commandstats', 'errorstats');
    assert.match(fields.get('cmdstat_config|set') ?? '', /^calls=2,.*,rejected_calls=0,failed_calls=1$/);
    assert.equal(fields.get('errorstat_ERR'), 'count=1');
  });

  it('shows the percentiles that the configuration names, or none', () => {
    const engine = new TestEngine();
    engine.say('GET a');
    const line = () => info(engine, 'latencystats').fields.get('latency_percentiles_usec_get');
    engine.config.apply([['latency-tracking-info-percentiles', '50 99.123456789 0']]);
    assert.match(line() ?? '', /^p50=[\d.]+,p99\.123457=[\d.]+,p0=[\d.]+$/);
    engine.config.apply([['latency-tracking-info-percentiles', '']]);
    assert.equal(line(), '');
    engine.config.apply([['latency-tracking', 'no']]);
    assert.equal(line(), undefined);
    assert.deepEqual(info(engine, 'latencystats').titles, ['Latencystats']);
  });

  it('begins to count anew after a reset', () => {
    const engine = new TestEngine();
    for (const line of ['SET a 1', 'GET a', 'NOSUCH']) engine.say(line);
    engine.statistics.add(STAT_BYTES_IN, 100);
    engine.statistics.setProcess(PROCESS_SAVES, 2);
    assert.equal(engine.say('CONFIG RESETSTAT'), '+OK');
    expectFields(engine, [
      ['total_net_input_bytes', '0'],
      ['total_error_replies', '0'],
      ['keyspace_hits', '0'],
      ['rdb_saves', '0'],
      ['total_commands_processed', '1'],
    ]);
    const { fields } = info(engine, 'everything');
    assert.equal(fields.has('cmdstat_get'), false);
    assert.equal(fields.has('errorstat_ERR'), false);
    assert.match(fields.get('cmdstat_config|resetstat') ?? '', /^calls=1,/);
  });

  it('tells how far a snapshot is, and how long the last one took', () => {
    const engine = new TestEngine();
    engine.statistics.setProcess(PROCESS_LAST_SAVE_MS, -1);
    engine.run('SET', 'a', '1');
    expectFields(engine, [
      ['rdb_bgsave_in_progress', '0'],
      ['rdb_current_bgsave_time_sec', '-1'],
      ['rdb_last_bgsave_time_sec', '-1'],
      ['current_save_keys_total', '0'],
    ]);
    engine.statistics.setProcess(PROCESS_SAVING, 1);
    engine.statistics.setProcess(PROCESS_SAVE_STARTED_MS, START_MS - 2500);
    expectFields(engine, [
      ['rdb_bgsave_in_progress', '1'],
      ['rdb_current_bgsave_time_sec', '2'],
      ['current_save_keys_total', '1'],
      ['current_save_keys_processed', '1'],
      ['current_fork_perc', '100.00'],
      ['aof_rewrite_in_progress', '0'],
    ]);
    engine.statistics.setProcess(PROCESS_LAST_SAVE_MS, 1999);
    expectFields(engine, [['rdb_last_bgsave_time_sec', '1']]);
  });

  it('has the fields of the log while there is one', () => {
    const engine = new TestEngine({ logs: true });
    engine.say('SET a 1');
    const { fields } = info(engine, 'persistence');
    assert.equal(fields.get('aof_enabled'), '1');
    assert.equal(fields.get('aof_buffer_length'), String(engine.log.tail()));
    assert.equal(fields.get('aof_pending_bio_fsync'), '1');
    assert.equal(info(new TestEngine(), 'persistence').fields.has('aof_current_size'), false);
  });

  it('is verbatim text in RESP3', () => {
    const engine = new TestEngine();
    engine.client.protocol = PROTOCOL_RESP3;
    assert.match(engine.run('INFO', 'cluster'), /^=\d+\r\ntxt:# Cluster\r\ncluster_enabled:0\r\n\r\n$/);
  });
});
