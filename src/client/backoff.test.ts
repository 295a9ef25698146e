import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Backoff } from './backoff.js';

test('the ceiling doubles with each attempt up to the maximum, and starts anew after a success', () => {
  const backoff = new Backoff(50, 1000, () => 0.999_999);
  const waits = Array.from({ length: 7 }, () => backoff.next());
  assert.deepEqual(waits, [49, 99, 199, 399, 799, 999, 999]);
  assert.equal(backoff.attempts, 7);
  backoff.reset();
  assert.equal(backoff.next(), 49);
});

test('a wait is anything from nothing to the ceiling, as the random numbers say', () => {
  const numbers = [0, 0.5, 0.25];
  const backoff = new Backoff(100, 10_000, () => numbers.shift() ?? 0);
  assert.deepEqual([backoff.next(), backoff.next(), backoff.next()], [0, 100, 100]);
});

test('after any number of attempts a wait is a whole number within the limits', () => {
  fc.assert(
    fc.property(fc.nat(5000), fc.integer({ min: 1, max: 1000 }), fc.nat(100_000), (attempts, min, more) => {
      const backoff = new Backoff(min, min + more, Math.random);
      for (let i = 0; i < attempts; i++) backoff.next();
      const wait = backoff.next();
      assert.ok(Number.isInteger(wait) && wait >= 0 && wait < min + more + 1);
    }),
    { numRuns: 50 },
  );
});
