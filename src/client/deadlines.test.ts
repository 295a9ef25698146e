import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Deadlines, TICK_MS } from './deadlines.js';

/** A wheel with its requests: `dueMs` says when each was found to be due. */
class Wheel {
  readonly pending = new Map<string, number>();
  readonly dueMs = new Map<string, number>();
  looks = 0;
  onDue: () => void = () => {};
  readonly deadlines = new Deadlines((tick) => {
    this.looks += 1;
    for (const [name, dueTick] of this.pending) {
      if (dueTick > tick) continue;
      this.pending.delete(name);
      this.deadlines.remove(dueTick);
      this.dueMs.set(name, performance.now());
    }
    this.onDue();
  });

  add(name: string, timeoutMs: number): void {
    this.deadlines.sample();
    this.pending.set(name, this.deadlines.add(timeoutMs));
  }

  remove(name: string): void {
    this.deadlines.remove(this.pending.get(name) ?? Number.NaN);
    this.pending.delete(name);
  }

  async reach(count: number): Promise<void> {
    while (this.dueMs.size < count)
      await new Promise<void>((done) => {
        this.onDue = done;
        // The wheel's own timer does not keep the process alive.
        setTimeout(done, 1000);
      });
  }
}

test('each deadline comes up in its turn, none too early', async () => {
  const wheel = new Wheel();
  const startMs = performance.now();
  const timeouts = [60, 1, 30, 120, 31, 8, 9];
  for (const timeoutMs of timeouts) wheel.add(String(timeoutMs), timeoutMs);
  await wheel.reach(timeouts.length);
  for (const timeoutMs of timeouts) {
    const dueMs = wheel.dueMs.get(String(timeoutMs))! - startMs;
    assert.ok(dueMs >= timeoutMs, `${timeoutMs} after ${dueMs}`);
  }
  const order = [...wheel.dueMs.keys()].map(Number);
  assert.deepEqual(
    order.map((each) => Math.ceil(each / TICK_MS)),
    timeouts.map((each) => Math.ceil(each / TICK_MS)).sort((a, b) => a - b),
  );
});

test('what has been answered in time is never looked at', async () => {
  const wheel = new Wheel();
  for (let i = 0; i < 1000; i++) wheel.add(`${i}`, 1 + (i % 50));
  for (let i = 0; i < 1000; i++) wheel.remove(`${i}`);
  wheel.add('last', 80);
  await wheel.reach(1);
  assert.equal(wheel.looks, 1);
});

test('a deadline whole laps away is not due when its slot comes up', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'setImmediate'] });
  let nowMs = 1_000_000;
  t.mock.method(performance, 'now', () => nowMs);
  const pass = (ms: number) => {
    for (let i = 0; i < ms; i += 100) {
      nowMs += 100;
      t.mock.timers.tick(100);
      t.mock.timers.tick(0);
    }
  };
  const wheel = new Wheel();
  wheel.add('hour', 3_600_000);
  wheel.add('minute', 60_000);
  pass(59_900);
  assert.equal(wheel.dueMs.size, 0);
  pass(300);
  assert.deepEqual([...wheel.dueMs.keys()], ['minute']);
  pass(3_600_000 - 60_200 - 100);
  assert.equal(wheel.dueMs.size, 1);
  pass(400);
  assert.deepEqual([...wheel.dueMs.keys()], ['minute', 'hour']);
});

test('a thread that was busy reads what has arrived before it calls anybody late', async () => {
  const wheel = new Wheel();
  wheel.add('answered', 5);
  wheel.add('late', 6);
  const endMs = performance.now() + 40;
  while (performance.now() < endMs);
  // Timers have run, and now it is the sockets' turn: here the reply arrives.
  await new Promise<void>((done) => setTimeout(done, 0));
  assert.equal(wheel.dueMs.size, 0, 'timers alone call nobody late');
  wheel.remove('answered');
  await wheel.reach(1);
  assert.deepEqual([...wheel.dueMs.keys()], ['late']);
});

test('a wheel that was stopped calls nobody', async () => {
  const wheel = new Wheel();
  wheel.add('x', 5);
  wheel.deadlines.stop();
  const other = new Wheel();
  other.add('y', 40);
  await other.reach(1);
  assert.equal(wheel.looks, 0);
});
