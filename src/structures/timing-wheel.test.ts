import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import fc from 'fast-check';
import { HighMemory } from '../../test/support/high-memory.js';
import { SeededRandom } from '../../test/support/random.js';
import { Entries, entryBytes, TYPE_STRING } from './entry.js';
import { TICK_MS, TimingWheel, WHEEL_BUSY } from './timing-wheel.js';

const SHARD = 0;
const SECOND = 1000;
const DAY = 86_400 * SECOND;
const YEAR = 365 * DAY;
/** Some time in 2024, on no round number of anything. */
const START = 1_712_345_678_901;
/** Where the wheel's top digits change, the first time after START. */
const ERA_MS = 2 ** 30 * TICK_MS;
const ERA_START = Math.ceil(START / ERA_MS) * ERA_MS;

const memory = new HighMemory();
const entries = new Entries(memory);
const wheels = new TimingWheel(memory, entries);

function createEntry(deadline: number): number {
  const pointer = memory.allocate(SHARD, entryBytes(0, 0, true));
  entries.initialize(pointer, TYPE_STRING, 0, 0, deadline, 0, 0);
  return pointer;
}

/** A wheel beside the plainest model of one: a map of what is linked. */
class Checked {
  readonly deadlines = new Map<number, number>();
  now: number;
  private readonly wheel: number;

  constructor(now: number) {
    this.now = now;
    this.wheel = wheels.create(SHARD, now);
  }

  add(deadline: number): number {
    const entry = createEntry(deadline);
    wheels.add(this.wheel, entry);
    this.deadlines.set(entry, deadline);
    return entry;
  }

  remove(entry: number): void {
    assert.ok(this.deadlines.delete(entry));
    wheels.remove(this.wheel, entry);
    memory.free(SHARD, entry);
  }

  /** The `index`-th of the linked entries, counted round and round. */
  pick(index: number): number {
    return [...this.deadlines.keys()][index % this.deadlines.size]!;
  }

  /** Deletes at most `callCount` due entries. Returns how many calls were made. */
  expire(callCount = Number.POSITIVE_INFINITY): number {
    for (let calls = 1; calls <= callCount; calls++) {
      const entry = wheels.nextExpired(this.wheel, this.now);
      if (entry === 0) {
        for (const deadline of this.deadlines.values()) {
          assert.ok(Math.ceil(deadline / TICK_MS) * TICK_MS > this.now, `${deadline} is late at ${this.now}`);
        }
        return calls;
      }
      if (entry === WHEEL_BUSY) continue;
      assert.ok(this.deadlines.has(entry), 'a linked entry');
      assert.ok(
        this.deadlines.get(entry)! <= this.now,
        `${this.deadlines.get(entry)} is early at ${this.now}`,
      );
      this.remove(entry);
    }
    return callCount;
  }

  sweep(limit: number, isNearest: boolean): number[] {
    const found = new Uint32Array(limit);
    return [...found.subarray(0, wheels.sweep(this.wheel, limit, isNearest, found))];
  }

  destroy(): void {
    for (const entry of [...this.deadlines.keys()]) this.remove(entry);
    wheels.destroy(SHARD, this.wheel);
    assert.equal(memory.usedBytes(), 0);
  }
}

describe('TimingWheel', () => {
  beforeEach(() => assert.equal(memory.usedBytes(), 0));

  it('returns an entry at the first tick that is not before its deadline', () => {
    for (const delay of [1, 15, 16, 17, 1023, 1024, 1025, 65_537, DAY + 5, 300 * DAY + 1, 5 * YEAR + 3]) {
      const wheel = new Checked(START);
      wheel.add(START + delay);
      wheel.now = START + delay - 1;
      wheel.expire();
      assert.equal(wheel.deadlines.size, 1, `${delay} ms: not before`);
      wheel.now = START + delay + TICK_MS - 1;
      wheel.expire();
      assert.equal(wheel.deadlines.size, 0, `${delay} ms: not a tick later`);
      wheel.destroy();
    }
  });

  it('returns entries whose deadline has passed at once', () => {
    const wheel = new Checked(START);
    for (const deadline of [-5, 1, START - YEAR, START - 1]) wheel.add(deadline);
    wheel.now = START + TICK_MS;
    wheel.expire();
    assert.equal(wheel.deadlines.size, 0);
    wheel.destroy();
  });

  it('gives an entry that is not deleted again', () => {
    const wheel = wheels.create(SHARD, START);
    const entry = createEntry(START - SECOND);
    wheels.add(wheel, entry);
    assert.equal(wheels.nextExpired(wheel, START), entry);
    assert.equal(wheels.nextExpired(wheel, START + DAY), entry);
    wheels.remove(wheel, entry);
    assert.equal(wheels.nextExpired(wheel, START + DAY), 0);
    memory.free(SHARD, entry);
    wheels.destroy(SHARD, wheel);
  });

  it('keeps deadlines beyond all levels, up to what a double holds', () => {
    const wheel = new Checked(START);
    const far = [START + 200 * DAY, START + 1000 * YEAR, 2 ** 53, 2 ** 63, Number.POSITIVE_INFINITY];
    for (const deadline of far) wheel.add(deadline);
    wheel.now = START + 201 * DAY;
    wheel.expire();
    assert.equal(wheel.deadlines.size, 4);
    wheel.now = START + 999 * YEAR;
    wheel.expire();
    assert.equal(wheel.deadlines.size, 4);
    wheel.now = START + 1000 * YEAR + TICK_MS;
    wheel.expire();
    assert.equal(wheel.deadlines.size, 3);
    wheel.destroy();
  });

  it('jumps over empty time', () => {
    const wheel = new Checked(START);
    wheel.add(START + 300 * YEAR);
    wheel.now = START + 300 * YEAR + TICK_MS;
    const calls = wheel.expire();
    assert.equal(wheel.deadlines.size, 0);
    assert.ok(calls < 300 * 2 + 10, `${calls} calls: two eras a year, then five levels`);
    wheel.destroy();
  });

  it('cascades a long list in bounded steps, while entries come and go', () => {
    const wheel = new Checked(START);
    const deadline = START + 3600 * SECOND;
    for (let count = 0; count < 5000; count++) wheel.add(deadline);
    wheel.now = deadline - 1;
    assert.ok(wheel.expire() > 5000 / 100);
    wheel.now = deadline + TICK_MS;
    for (let round = 0; round < 200; round++) {
      wheel.expire(1);
      wheel.remove(wheel.pick(round * 7919));
      wheel.add(deadline - round);
    }
    wheel.expire();
    assert.equal(wheel.deadlines.size, 0);
    wheel.destroy();
  });

  it('can remove the entry that would be cascaded next', () => {
    const wheel = new Checked(START);
    const added: number[] = [];
    for (let count = 0; count < 300; count++) added.push(wheel.add(START + DAY));
    wheel.now = START + DAY + TICK_MS;
    for (let left = 300; left > 60; left -= 65) {
      // A call moves 64, the last added first.
      wheel.expire(1);
      wheel.remove(added[left - 65]!);
    }
    wheel.expire();
    assert.equal(wheel.deadlines.size, 0);
    wheel.destroy();
  });

  it('keeps up with time that passes, so that short deadlines need no cascading', () => {
    const wheel = new Checked(START);
    wheel.add(START + YEAR);
    wheel.now = Math.ceil(START / DAY) * DAY;
    wheel.expire();
    wheel.add(wheel.now + 500);
    wheel.now += 500 + TICK_MS;
    assert.equal(wheel.expire(), 2, 'calls: the entry, and nothing more');
    wheel.destroy();
  });

  it('waits when the clock is set back, and is right again when it has caught up', () => {
    const wheel = new Checked(START);
    wheel.add(START + DAY);
    wheel.now = START + SECOND;
    wheel.expire();
    wheel.now = START - DAY;
    wheel.add(START - DAY + SECOND);
    wheel.expire(1);
    assert.equal(wheel.deadlines.size, 2);
    wheel.now = START + SECOND + TICK_MS;
    wheel.expire();
    assert.equal(wheel.deadlines.size, 1);
    wheel.now = START + DAY + TICK_MS;
    wheel.expire();
    assert.equal(wheel.deadlines.size, 0);
    wheel.destroy();
  });

  it('shows every entry once while its hand goes round, if none comes or goes', () => {
    const wheel = new Checked(START);
    for (let count = 0; count < 500; count++) wheel.add(START + (count % 50) * 40 * SECOND + count);
    for (let round = 0; round < 3; round++) {
      const shown: number[] = [];
      while (shown.length < wheel.deadlines.size) shown.push(...wheel.sweep(7, false));
      assert.deepEqual(new Set(shown), new Set(wheel.deadlines.keys()));
      assert.equal(shown.length, wheel.deadlines.size);
    }
    wheel.destroy();
  });

  it('goes round the nearest deadlines only, when asked to', () => {
    const wheel = new Checked(START);
    const near = Array.from({ length: 20 }, (_, count) => wheel.add(START + 3600 * SECOND + count));
    // Apart by more than a slot of any level but the last one.
    const far = Array.from({ length: 100 }, (_, count) => wheel.add(START + (3 + count) * DAY));
    const shown = Array.from({ length: 4 }, () => wheel.sweep(5, true)).flat();
    assert.deepEqual(new Set(shown), new Set(near));
    for (const entry of near) wheel.remove(entry);
    const next = wheel.sweep(5, true);
    assert.ok(next.length > 0, 'then come the next ones');
    assert.deepEqual(
      next.toSorted((a, b) => far.indexOf(a) - far.indexOf(b)),
      far.slice(0, next.length),
    );
    wheel.destroy();
    const empty = new Checked(START);
    assert.deepEqual([empty.sweep(5, true), empty.sweep(5, false)], [[], []]);
    empty.destroy();
  });

  it('shows linked entries only, and all of them in time, whatever comes and goes', () => {
    const wheel = new Checked(START);
    const random = new SeededRandom(11);
    for (let count = 0; count < 300; count++) wheel.add(START + random.below(2 * DAY));
    const old = new Set(wheel.deadlines.keys());
    for (let step = 0; old.size > 0; step++) {
      assert.ok(step < 50_000, `${old.size} were never shown`);
      for (const entry of wheel.sweep(1 + random.below(5), random.below(10) === 0)) {
        assert.ok(wheel.deadlines.has(entry));
        old.delete(entry);
      }
      wheel.remove(wheel.pick(random.below(1000)));
      wheel.add(wheel.now + random.below(2 * DAY));
      wheel.now += random.below(60 * SECOND);
      wheel.expire(3);
      for (const entry of old) if (!wheel.deadlines.has(entry)) old.delete(entry);
    }
    wheel.destroy();
  });

  it('answers 0 when memory is exhausted', () => {
    memory.allocationsLeft = 0;
    assert.equal(wheels.create(SHARD, START), 0);
    memory.allocationsLeft = Number.POSITIVE_INFINITY;
  });

  it('agrees with a plain map over any adding, removing and passing of time', () => {
    const span = fc.oneof(
      fc.integer({ min: 0, max: 100 }),
      fc.integer({ min: 0, max: 3 * SECOND }),
      fc.integer({ min: 0, max: 2 * DAY }),
      fc.integer({ min: 0, max: 3 * YEAR }),
      fc.nat({ max: 12 }).map((power) => 64 ** power % (500 * YEAR)),
    );
    const step = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({
          kind: fc.constant('add' as const),
          span,
          copies: fc.integer({ min: 1, max: 99 }),
        }),
      },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('addPast' as const), span }) },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('remove' as const), index: fc.nat() }) },
      {
        weight: 3,
        arbitrary: fc.record({
          kind: fc.constant('pass' as const),
          span,
          calls: fc.integer({ min: 0, max: 9 }),
        }),
      },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('expire' as const), span }) },
    );
    const start = fc.oneof(
      fc.constant(START),
      fc.integer({ min: 0, max: 100 * SECOND }).map((before) => ERA_START - before),
    );
    fc.assert(
      fc.property(start, fc.array(step, { maxLength: 200, size: 'max' }), (startMs, steps) => {
        const wheel = new Checked(startMs);
        for (const step of steps) {
          if (step.kind === 'add') {
            for (let copy = 0; copy < step.copies; copy++) wheel.add(wheel.now + step.span);
          } else if (step.kind === 'addPast') {
            wheel.add(wheel.now - step.span);
          } else if (step.kind === 'remove') {
            if (wheel.deadlines.size > 0) wheel.remove(wheel.pick(step.index));
          } else {
            wheel.now += step.span;
            wheel.expire(step.kind === 'pass' ? step.calls : Number.POSITIVE_INFINITY);
          }
        }
        wheel.now += 1000 * YEAR;
        wheel.expire();
        assert.equal(wheel.deadlines.size, 0);
        wheel.destroy();
      }),
      { numRuns: 150 },
    );
  });
});
