import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TestEngine } from '../engine/engine.case.js';
import * as errors from '../engine/errors.js';
import { PROCESS_LAST_SAVE_SECONDS } from '../engine/statistics.js';

const SYNTAX = `-${errors.SYNTAX}`;

describe('DBSIZE, FLUSHDB and FLUSHALL', () => {
  it('count and delete the keys of one database, or of all', () => {
    const engine = new TestEngine();
    engine.talk([
      ['MSET a 1 b 2 c 3', '+OK'],
      ['DBSIZE', ':3'],
      ['SELECT 1', '+OK'],
      ['DBSIZE', ':0'],
      ['SET d 4 EX 100', '+OK'],
      ['FLUSHDB', '+OK'],
      ['DBSIZE', ':0'],
      ['GET d', '$-1'],
      ['SET d 5', '+OK'],
      ['SELECT 0', '+OK'],
      ['DBSIZE', ':3'],
      ['FLUSHALL ASYNC', '+OK'],
      ['DBSIZE', ':0'],
      ['FLUSHDB sync', '+OK'],
      ['SELECT 1', '+OK'],
      ['DBSIZE', ':0'],
      ['FLUSHALL nope', SYNTAX],
      ['FLUSHALL SYNC SYNC', SYNTAX],
      ['FLUSHDB ASYNC 1', SYNTAX],
    ]);
    engine.assertEmpty();
  });

  it('flush all shards, or none when the arguments are wrong, and give every baton back', () => {
    const engine = new TestEngine({ shardCount: 64 });
    for (let shard = 0; shard < 64; shard++) engine.run('SET', engine.keyIn(shard), '1');
    assert.equal(engine.say('FLUSHALL nope'), SYNTAX);
    assert.equal(engine.say('DBSIZE'), ':64');
    assert.equal(engine.say('FLUSHALL'), '+OK');
    engine.batons.takeAll();
    engine.batons.giveAll();
    engine.assertEmpty();
  });

  it('flush also when there is no memory left', () => {
    const engine = new TestEngine();
    engine.say('MSET a 1 b 2 c 3');
    engine.memory.fails = () => true;
    assert.equal(engine.say('FLUSHALL'), '+OK');
    engine.memory.fails = () => false;
    assert.equal(engine.say('DBSIZE'), ':0');
    engine.assertEmpty();
  });

  it('are effects that any later reply waits for', () => {
    const engine = new TestEngine({ logs: true });
    engine.say('FLUSHDB');
    assert.ok(engine.log.tail() > 0);
    assert.equal(engine.client.waitLsn, engine.log.tail());
  });
});

describe('TIME and LASTSAVE', () => {
  it('tell the time in seconds', () => {
    const engine = new TestEngine();
    const [, seconds, microseconds] = /^\*2 \$10 (\d+) \$\d (\d+)$/.exec(engine.say('TIME')) ?? [];
    assert.ok(Math.abs(Number(seconds) - Date.now() / 1000) < 5);
    assert.ok(Number(microseconds) < 1e6);
    engine.statistics.setProcess(PROCESS_LAST_SAVE_SECONDS, 1_700_000_001);
    assert.equal(engine.say('LASTSAVE'), ':1700000001');
  });
});

describe('SAVE, BGSAVE and SHUTDOWN', () => {
  it('ask the server, and reply what it says', async () => {
    const engine = new TestEngine();
    assert.equal(await engine.sayLater('SAVE'), '+OK');
    assert.equal(await engine.sayLater('BGSAVE'), '+Background saving started');
    assert.equal(await engine.sayLater('BGSAVE SCHEDULE'), '+Background saving started');
    assert.deepEqual(engine.control.calls, [['save'], ['backgroundSave', false], ['backgroundSave', true]]);
    engine.control.answer = errors.SAVE_IN_PROGRESS;
    assert.equal(await engine.sayLater('SAVE'), `-${errors.SAVE_IN_PROGRESS}`);
    assert.equal(await engine.sayLater('BGSAVE'), `-${errors.SAVE_IN_PROGRESS}`);
    engine.talk([
      ['BGSAVE nope', SYNTAX],
      ['BGSAVE SCHEDULE nope', SYNTAX],
      ['SAVE nope', "-ERR wrong number of arguments for 'save' command"],
    ]);
  });

  it('shut down with or without a snapshot', async () => {
    const engine = new TestEngine();
    engine.control.answer = errors.SHUTDOWN_FAILED;
    for (const [line, options] of [
      ['SHUTDOWN', { save: undefined, force: false }],
      ['SHUTDOWN NOSAVE', { save: false, force: false }],
      ['SHUTDOWN SAVE', { save: true, force: false }],
      ['SHUTDOWN NOW NOW', { save: undefined, force: false }],
      ['SHUTDOWN SAVE SAVE', { save: true, force: false }],
      ['shutdown nosave now force', { save: false, force: true }],
    ] as const) {
      assert.equal(await engine.sayLater(line), `-${errors.SHUTDOWN_FAILED}`);
      assert.deepEqual(engine.control.calls.pop(), ['shutdown', options]);
    }
    engine.talk([
      ['SHUTDOWN nope', SYNTAX],
      ['SHUTDOWN SAVE NOSAVE', SYNTAX],
      ['SHUTDOWN ABORT NOW', SYNTAX],
      ['SHUTDOWN FORCE ABORT', SYNTAX],
      ['SHUTDOWN ABORT nope', SYNTAX],
    ]);
  });

  it('abort a shutdown', async () => {
    const engine = new TestEngine();
    assert.equal(await engine.sayLater('SHUTDOWN ABORT'), '+OK');
    engine.control.answer = errors.NO_SHUTDOWN;
    assert.equal(await engine.sayLater('SHUTDOWN abort ABORT'), '-ERR No shutdown in progress.');
    assert.deepEqual(engine.control.calls, [['abortShutdown'], ['abortShutdown']]);
  });
});
