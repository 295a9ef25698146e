import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Timers } from './timers.js';

test('work is done when it is due, and the earliest time is known', () => {
  const timers = new Timers();
  assert.equal(timers.nextMs, Number.POSITIVE_INFINITY);
  const done: string[] = [];
  timers.every(100, 30, () => done.push('slow'));
  timers.every(100, 10, () => done.push('quick'));
  assert.equal(timers.nextMs, 110);
  timers.run(109);
  assert.deepEqual(done, []);
  for (const nowMs of [110, 120, 130]) timers.run(nowMs);
  assert.deepEqual(done, ['quick', 'quick', 'slow', 'quick']);
  assert.equal(timers.nextMs, 140);
});

test('what was missed several times is done once, and then at its interval', () => {
  const timers = new Timers();
  let count = 0;
  timers.every(0, 10, () => count++);
  timers.run(55);
  assert.equal(count, 1);
  timers.run(55.5);
  assert.equal(count, 1);
  assert.ok(timers.nextMs > 55.5 && timers.nextMs <= 65);
});

test('cancelled work is not done any more, also when it is cancelled by work of the same time', () => {
  const timers = new Timers();
  const done: string[] = [];
  const cancels = [
    timers.every(0, 10, () => {
      done.push('first');
      cancels[1]!();
      cancels[0]!();
    }),
    timers.every(0, 10, () => done.push('second')),
  ];
  timers.run(10);
  assert.deepEqual(done, ['first']);
  assert.equal(timers.nextMs, Number.POSITIVE_INFINITY);
});

test('work may ask for more work', () => {
  const timers = new Timers();
  const done: number[] = [];
  const cancel = timers.every(0, 10, () => {
    cancel();
    timers.every(10, 5, () => done.push(5));
  });
  timers.run(10);
  assert.equal(timers.nextMs, 15);
  timers.run(15);
  assert.deepEqual(done, [5]);
});

test('nothing is left after clear, even when work clears', () => {
  const timers = new Timers();
  let count = 0;
  timers.every(0, 10, () => timers.clear());
  timers.every(0, 10, () => count++);
  timers.run(10);
  assert.equal(count, 0);
  assert.equal(timers.nextMs, Number.POSITIVE_INFINITY);
});
