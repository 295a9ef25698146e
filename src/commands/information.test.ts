import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { START_MS, TestEngine } from '../engine/engine.case.js';
import { PROTOCOL_RESP3 } from '../engine/reply.js';
import { PROCESS_DIRTY_AT_SAVE, PROCESS_START_MS } from '../engine/statistics.js';

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

describe('INFO', () => {
  it('has the sections that are asked for, in one order', () => {
    const engine = new TestEngine();
    const all = [
      'Server',
      'Clients',
      'Memory',
      'Persistence',
      'Stats',
      'Replication',
      'CPU',
      'Cluster',
      'Keyspace',
    ];
    for (const words of [[], ['all'], ['EVERYTHING'], ['default'], ['cpu', 'default']]) {
      assert.deepEqual(info(engine, ...words).titles, all);
    }
    assert.deepEqual(info(engine, 'keyspace', 'SERVER').titles, ['Server', 'Keyspace']);
    assert.deepEqual(info(engine, 'nope').titles, []);
  });

  it('has a value for every field', () => {
    const { fields } = info(new TestEngine());
    for (const [name, value] of fields) {
      assert.match(name, /^[a-z0-9_]+$/);
      assert.ok(value !== undefined && !/undefined|NaN|null/.test(value), `${name}:${value}`);
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
    const { fields } = info(engine);
    const expected: [name: string, value: string][] = [
      ['db0', 'keys=2,expires=0,avg_ttl=0'],
      ['db1', 'keys=1,expires=1,avg_ttl=0'],
      ['keyspace_hits', '2'],
      ['keyspace_misses', '3'],
      ['expired_keys', '1'],
      ['rdb_changes_since_last_save', '4'],
      ['total_commands_processed', '10'],
      ['uptime_in_seconds', '90000'],
      ['uptime_in_days', '1'],
      ['aof_enabled', '0'],
      ['redis_version', '7.0.15'],
      ['redis_mode', 'standalone'],
      ['role', 'master'],
      ['lazyfree_pending_tables', '0'],
    ];
    for (const [name, value] of expected) assert.equal(fields.get(name), value, name);
    assert.equal(fields.get('used_memory'), String(engine.memory.usedBytes()));
    engine.say('FLUSHALL');
    assert.notEqual(info(engine).fields.get('lazyfree_pending_tables'), '0');
  });

  it('is verbatim text in RESP3', () => {
    const engine = new TestEngine();
    engine.client.protocol = PROTOCOL_RESP3;
    assert.match(engine.run('INFO', 'cluster'), /^=\d+\r\ntxt:# Cluster\r\ncluster_enabled:0\r\n\r\n$/);
  });
});
