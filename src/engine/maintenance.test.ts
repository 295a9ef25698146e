import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { viewOf } from '../base/bytes.js';
import { START_MS, TestEngine } from './engine.case.js';
import { freeGarbage } from './garbage.js';
import { Maintenance } from './maintenance.js';

const KEY_COUNT = 100_000;
/** A slice is to last half a millisecond; the machine may take the processor away now and then, so the middle one counts. */
const SLICE_MS_USUAL_MAX = 1;

/** Sets KEY_COUNT keys, half of them in database 1. */
function fill(engine: TestEngine, deadline: number): void {
  const { keyspace, batons } = engine;
  const value = viewOf(Buffer.from('value'));
  for (let number = 0; number < KEY_COUNT; number++) {
    const key = Buffer.from(`key:${number}`);
    const hash = engine.hashOf(key);
    const shard = engine.shardOf(key);
    batons.take(shard);
    assert.ok(
      keyspace.set(
        shard,
        number & 1,
        hash,
        viewOf(key),
        0,
        key.length,
        value,
        0,
        value.byteLength,
        deadline,
        0,
      ),
    );
    batons.give(shard);
  }
}

/** Runs slices until there is nothing to do; returns how long each took, in ms. */
function runSlices(maintenance: Maintenance, nowMs: number): number[] {
  const times: number[] = [];
  for (let isBusy = true; isBusy; ) {
    const start = performance.now();
    isBusy = maintenance.slice(nowMs);
    times.push(performance.now() - start);
  }
  return times;
}

function assertBounded(times: readonly number[]): void {
  assert.ok(times.length > 4, `the work is cut into slices: ${times.length}`);
  const usual = times.toSorted((left, right) => left - right)[times.length >> 1]!;
  assert.ok(usual <= SLICE_MS_USUAL_MAX, `a slice takes ${usual} ms`);
}

describe('Maintenance', () => {
  it('deletes a hundred thousand keys of one deadline, in slices, and not before their time', () => {
    const engine = new TestEngine({ shardCount: 16 });
    const maintenance = new Maintenance(engine.keyspace, engine.batons, 0, 1);
    fill(engine, START_MS + 1000);
    assert.equal(maintenance.slice(START_MS + 999), false);
    assert.equal(engine.run('DBSIZE'), `:${KEY_COUNT / 2}\r\n`);
    assertBounded(runSlices(maintenance, START_MS + 1000 + 16));
    engine.assertEmpty();
  });

  it('frees what a flush gave up, in slices', () => {
    const engine = new TestEngine({ shardCount: 16 });
    const maintenance = new Maintenance(engine.keyspace, engine.batons, 0, 1);
    fill(engine, START_MS + 1000);
    assert.equal(engine.run('FLUSHALL'), '+OK\r\n');
    assert.equal(engine.run('DBSIZE'), ':0\r\n');
    engine.run('SET', 'key', 'value');
    assertBounded(runSlices(maintenance, START_MS));
    assert.equal(engine.run('GET', 'key'), '$5\r\nvalue\r\n');
    engine.run('DEL', 'key');
    engine.assertEmpty();
  });

  it('expires keys that were loaded when the clock stood at 0 without going through the years since', () => {
    const engine = new TestEngine({ shardCount: 16 });
    const { keyspace } = engine;
    const loadedMs = Date.now();
    keyspace.now = 0; // as while history is repeated
    fill(engine, loadedMs + 1000);
    keyspace.now = loadedMs + 1016;
    let calls = 0;
    for (let shard = 0; shard < 16; shard++) {
      for (let database = 0; database < 2; database++) {
        while (keyspace.expireNext(shard, database) !== 0) calls += 1;
      }
    }
    // Each key is deleted by a call of its own, and moved down a few levels, 64 of them a call, before.
    assert.ok(calls < KEY_COUNT * (1 + 6 / 64) + 1000, `${calls} calls`);
    engine.assertEmpty();
  });

  it('cares for every shard once among threads, also when there are more of these', () => {
    for (const threadCount of [1, 3, 6]) {
      const engine = new TestEngine({ shardCount: 4 });
      for (let shard = 0; shard < 4; shard++) engine.run('SET', engine.keyIn(shard), 'value', 'PX', '5');
      for (let thread = 0; thread < threadCount; thread++) {
        const before = engine.contents().size;
        runSlices(new Maintenance(engine.keyspace, engine.batons, thread, threadCount), START_MS + 100);
        const share = Math.ceil(Math.max(0, 4 - thread) / threadCount);
        assert.equal(before - engine.contents().size, share);
      }
      engine.assertEmpty();
    }
  });

  it('leaves keys to the next start when the log is broken, but frees what was flushed', () => {
    const engine = new TestEngine({ logs: true });
    engine.run('SET', 'one', 'value', 'PX', '5');
    engine.run('SET', 'two', 'value');
    engine.run('FLUSHALL');
    engine.run('SET', 'three', 'value', 'PX', '5');
    engine.breakLog();
    runSlices(new Maintenance(engine.keyspace, engine.batons, 0, 1), START_MS + 100);
    assert.deepEqual([...engine.contents().keys()], ['0/three']);
    assert.equal(freeGarbage(engine.keyspace, 0), false);
  });
});
