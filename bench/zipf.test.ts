import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ZipfTrace } from './zipf.js';

test('a Zipf trace asks for each key as often as the law says, and for the same keys with the same seed', () => {
  for (const alpha of [0.8, 0.99, 1.2]) {
    const trace = new ZipfTrace(1000, alpha, 42);
    const again = new ZipfTrace(1000, alpha, 42);
    const requests = 400_000;
    const times = new Array<number>(1000).fill(0);
    for (let request = 0; request < requests; request++) {
      const key = trace.next();
      assert.equal(key, again.next());
      times[key]! += 1;
    }
    const sum = times.reduce((total, _, rank) => total + (rank + 1) ** -alpha, 0);
    for (const rank of [0, 1, 9, 99]) {
      const expected = (requests * (rank + 1) ** -alpha) / sum;
      const off = Math.abs(times[rank]! - expected) / Math.sqrt(expected);
      assert.ok(off < 5, `alpha ${alpha}: key ${rank} ${times[rank]} times instead of ${expected}`);
    }
  }
});
