import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClockWatch } from './clock-watch.js';

test('a clock that was set is noticed once, in both directions; one that is kept right is not', () => {
  let nowMs = 1_900_000_000_000;
  let monotonicMs = 5_000;
  const watch = new ClockWatch({ nowMs: () => nowMs, monotonicMs: () => monotonicMs });
  const pass = (ms: number, setMs = 0): number => {
    nowMs += ms + setMs;
    monotonicMs += ms;
    return watch.look();
  };
  assert.equal(pass(1000), 0);
  assert.equal(pass(3_600_000), 0, 'time passes');
  assert.equal(pass(1000, 3_600_000), 3_600_000);
  assert.equal(pass(1000), 0);
  assert.equal(pass(1000, -7_200_000), -7_200_000);
  assert.equal(pass(1000, 500), 0, 'a small step');
});
