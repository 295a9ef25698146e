import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { BUCKET_COUNT, bucketEnd, bucketOf, cumulativeCounts, percentileUs } from './histogram.js';

const NS_MAX = 1_000_000_000;

function histogramOf(durationsNs: readonly number[]): Float64Array {
  const counts = new Float64Array(BUCKET_COUNT);
  for (const ns of durationsNs) counts[bucketOf(ns)]! += 1;
  return counts;
}

describe('histogram', () => {
  it('has a bucket for each duration, none wider than a 128th of what is in it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: NS_MAX }), (ns) => {
        const bucket = bucketOf(ns);
        assert.ok(bucket >= 0 && bucket < BUCKET_COUNT);
        assert.ok(bucketEnd(bucket) >= ns, 'ends at or after the duration');
        assert.ok(bucket === 0 || bucketEnd(bucket - 1) < ns, 'and the one before ends before it');
        assert.ok(bucketEnd(bucket) - ns <= ns / 128);
      }),
    );
  });

  it('takes what is beyond its ends for the ends', () => {
    assert.equal(bucketOf(-5), 0);
    assert.equal(bucketOf(7 * NS_MAX), BUCKET_COUNT - 1);
    assert.equal(bucketOf(0.5), 0);
  });

  it('finds percentiles as a sorted list does, rounded up to the end of a bucket', () => {
    const durations = fc.array(fc.integer({ min: 0, max: NS_MAX }), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(durations, fc.constantFrom(0, 10, 50, 99, 99.9, 100), (all, percent) => {
        const sorted = [...all].sort((a, b) => a - b);
        const rank = Math.max(1, Math.floor((percent / 100) * all.length + 0.5));
        const expected = bucketEnd(bucketOf(sorted[rank - 1]!)) / 1000;
        assert.equal(percentileUs(histogramOf(all), percent), expected);
      }),
    );
  });

  it('counts up to powers of two, as Redis does', () => {
    // LATENCY HISTOGRAM of redis-server 7.0.15 after calls of these durations in us.
    const counts = histogramOf([1, 1, 2, 5, 12, 16, 17, 40, 100, 500, 2000].map((us) => us * 1000));
    assert.deepEqual(cumulativeCounts(counts), [
      [1, 2],
      [2, 3],
      [8, 4],
      [16, 6],
      [33, 7],
      [66, 8],
      [132, 9],
      [528, 10],
      [2113, 11],
    ]);
    assert.deepEqual(cumulativeCounts(new Float64Array(BUCKET_COUNT)), []);
  });

  it('ends a cumulative distribution with all that there is', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 2 * NS_MAX }), { minLength: 1 }), (all) => {
        const pairs = cumulativeCounts(histogramOf(all));
        assert.equal(pairs.at(-1)?.[1], all.length);
        for (const [boundUs, count] of pairs) {
          assert.ok(all.filter((ns) => Math.min(ns, NS_MAX) / 1000 <= boundUs).length <= count);
        }
      }),
    );
  });
});
