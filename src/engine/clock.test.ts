import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Clock, createClockShared } from './clock.js';

test("a clock is the machine's until it is moved, and then ahead of it, for all who share it", () => {
  const shared = createClockShared();
  const clock = new Clock(shared);
  const other = new Clock(shared);
  const before = { ms: Date.now(), monotonicMs: performance.now() };
  assert.ok(clock.nowMs() >= before.ms && clock.nowMs() - before.ms < 60_000);
  clock.move(5_000_000);
  clock.move(2_000_000);
  for (const each of [clock, other]) {
    assert.ok(each.nowMs() >= before.ms + 7_000_000 && each.nowMs() < before.ms + 7_060_000);
    assert.ok(each.monotonicMs() >= before.monotonicMs + 7_000_000);
    assert.ok(Math.abs(each.nowUs() / 1000 - each.nowMs()) < 60_000);
  }
});
