import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { EvictionPool, NO_CANDIDATE, POOL_SIZE } from './eviction-pool.js';

/** Offers an entry; returns whether it was taken in. */
function offer(pool: EvictionPool, pointer: number, score: number): boolean {
  pool.score[0] = score;
  if (!pool.admits(pointer)) return false;
  pool.add(pointer, -pointer, pointer % 64, pointer % 16);
  return true;
}

function takeBest(pool: EvictionPool): number {
  const best = pool.best();
  if (best === NO_CANDIDATE) return 0;
  const pointer = pool.pointers[best]!;
  assert.deepEqual(
    [pool.hashes[best], pool.shards[best], pool.databases[best]],
    [-pointer, pointer % 64, pointer % 16],
  );
  pool.remove(best);
  return pointer;
}

describe('EvictionPool', () => {
  it('gives back the best of all that it was offered, in order', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: -1000, max: 1000 }), { maxLength: 60 }), (scores) => {
        const pool = new EvictionPool();
        scores.forEach((score, index) => {
          offer(pool, index + 1, score);
        });
        const expected = scores.toSorted((left, right) => right - left).slice(0, POOL_SIZE);
        for (const score of expected) assert.equal(takeBest(pool), scores.indexOf(score) + 1);
        assert.equal(takeBest(pool), 0);
      }),
    );
  });

  it('takes in no entry twice, and none that is worse than all in a full pool', () => {
    const pool = new EvictionPool();
    assert.ok(offer(pool, 1, 5));
    assert.ok(!offer(pool, 1, 6));
    for (let pointer = 2; pointer <= POOL_SIZE; pointer++) assert.ok(offer(pool, pointer, 5));
    assert.ok(!offer(pool, 100, 5));
    assert.ok(offer(pool, 100, 5.5));
    assert.equal(pool.count, POOL_SIZE);
    assert.equal(takeBest(pool), 100);
    assert.ok(offer(pool, 101, 1), 'there is room again');
  });

  it('knows whether an entry surpasses all candidates', () => {
    const pool = new EvictionPool();
    pool.score[0] = -1;
    assert.ok(pool.surpasses(), 'there are none');
    offer(pool, 1, 5);
    offer(pool, 2, 7);
    pool.score[0] = 7;
    assert.ok(pool.surpasses());
    pool.score[0] = 6;
    assert.ok(!pool.surpasses());
    pool.clear();
    assert.ok(pool.surpasses());
  });
});
