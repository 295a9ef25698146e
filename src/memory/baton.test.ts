import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Batons, limitPatience } from './baton.js';
import { createMemoryShared } from './memory.js';
import { runTasks } from './memory-threads.case.js';

const THREAD_COUNT = 6;
const ROUNDS = 20_000;
const SHARD_COUNT = 2;

describe('Batons', () => {
  it('let one thread at a time into a shard, or into all, and wake whoever sleeps', {
    timeout: 20_000,
  }, async () => {
    const shared = createMemoryShared({ bytes: 1, shardCount: SHARD_COUNT, databaseCount: 1 });
    const counters = new SharedArrayBuffer((SHARD_COUNT + 1) * 4);
    // More threads than cores: a holder is descheduled now and then, and others sleep meanwhile.
    const threads = Array.from({ length: THREAD_COUNT }, (_, thread) => thread + 1);
    await runTasks(threads.map((seed) => ({ kind: 'count', shared, seed, counters, rounds: ROUNDS })));
    const counted = new Int32Array(counters);
    const takenAll = (THREAD_COUNT * ROUNDS) / 100;
    const takenOne = THREAD_COUNT * ROUNDS - takenAll;
    assert.equal(counted[SHARD_COUNT], takenAll);
    assert.equal(counted[0]! + counted[1]!, takenOne + SHARD_COUNT * takenAll);
    const { acquisitions, waits, parks } = new Batons(shared).statistics();
    assert.equal(acquisitions, takenOne + SHARD_COUNT * takenAll);
    assert.ok(waits >= parks);
    assert.ok(parks > 0, 'somebody slept');
  });

  it('refuse more shards or databases than a record holds', () => {
    const shared = createMemoryShared({ bytes: 1, shardCount: 1, databaseCount: 1 });
    assert.throws(() => new Batons({ ...shared, shardCount: 128 }), RangeError);
    assert.throws(() => new Batons({ ...shared, databaseCount: 65 }), RangeError);
  });

  it('that are never given back are waited for only as long as this thread has patience', () => {
    const shared = createMemoryShared({ bytes: 1, shardCount: SHARD_COUNT, databaseCount: 1 });
    const dead = new Batons(shared);
    dead.take(1);
    limitPatience(10);
    try {
      const batons = new Batons(shared);
      batons.take(0);
      assert.throws(() => batons.take(1), { code: 'THREAD_LOST', message: /locked for 10 ms/ });
      batons.give(0);
      batons.take(0);
    } finally {
      limitPatience(Number.POSITIVE_INFINITY);
    }
  });
});
