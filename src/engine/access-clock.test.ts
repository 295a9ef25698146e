import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { HighMemory } from '../../test/support/high-memory.js';
import { Xorshift } from '../base/xorshift.js';
import { Entries, TYPE_STRING } from '../structures/entry.js';
import { AccessClock } from './access-clock.js';

const START_MS = 1_700_000_000_000;
const MINUTE_MS = 60_000;
const SEED = 99;
/** Where a clock of 24 bits in seconds runs over, and one of 16 bits in minutes. */
const SECONDS_WRAP_MS = 2 ** 24 * 1000 * 101;
const MINUTES_WRAP_MS = 2 ** 16 * MINUTE_MS * 432;

const memory = new HighMemory();
const entries = new Entries(memory);
const entry = memory.allocate(0, 16);

function createClock(isLfu: boolean, logFactor = 10, decayMinutes = 1): AccessClock {
  const clock = new AccessClock(entries, SEED);
  clock.configure(isLfu, logFactor, decayMinutes);
  clock.setNow(START_MS);
  entries.initialize(entry, TYPE_STRING, 4, 4, 0, 1, clock.initial());
  return clock;
}

/** LFULogIncr and LFUDecrAndReturn of Redis's evict.c, word for word but for where the random number comes from. */
class Model {
  counter = 5;
  private readonly random = new Xorshift(SEED);
  private readonly logFactor: number;
  private readonly decayMinutes: number;
  private minute: number;

  constructor(logFactor: number, decayMinutes: number, nowMs: number) {
    this.logFactor = logFactor;
    this.decayMinutes = decayMinutes;
    this.minute = Math.floor(nowMs / MINUTE_MS) & 65_535;
  }

  decayed(nowMs: number): number {
    const now = Math.floor(nowMs / MINUTE_MS) & 65_535;
    const elapsed = now >= this.minute ? now - this.minute : 65_535 - this.minute + now;
    const periods = this.decayMinutes === 0 ? 0 : Math.floor(elapsed / this.decayMinutes);
    return periods > this.counter ? 0 : this.counter - periods;
  }

  touch(nowMs: number): void {
    this.counter = this.decayed(nowMs);
    this.minute = Math.floor(nowMs / MINUTE_MS) & 65_535;
    if (this.counter === 255) return;
    const base = Math.max(0, this.counter - 5);
    if (base === 0) this.counter += 1;
    else if ((this.random.next() >>> 0) / 2 ** 32 < 1 / (base * this.logFactor + 1)) this.counter += 1;
  }
}

describe('AccessClock without LFU', () => {
  it('counts the seconds since the last access', () => {
    const clock = createClock(false);
    assert.equal(clock.idleSeconds(entry), 0);
    clock.setNow(START_MS + 12_999);
    assert.equal(clock.idleSeconds(entry), 12);
    clock.touch(entry);
    assert.equal(clock.idleSeconds(entry), 0);
    clock.setNow(START_MS + 10_000_000_000);
    assert.equal(clock.idleSeconds(entry), 10_000_000 - 12);
  });

  it('goes on when the clock has run over', () => {
    const clock = createClock(false);
    clock.setNow(SECONDS_WRAP_MS - 5000);
    clock.touch(entry);
    clock.setNow(SECONDS_WRAP_MS + 5000);
    assert.equal(clock.idleSeconds(entry), 9, 'one less than 10, as in Redis');
  });

  it('can be told how long a key was left alone', () => {
    const clock = createClock(false);
    for (const seconds of [0, 1, 3600, 2 ** 23]) {
      clock.setIdle(entry, seconds);
      assert.ok(Math.abs(clock.idleSeconds(entry) - seconds) <= 1, `${seconds} s`);
    }
    clock.setIdle(entry, 1e12);
    assert.ok(clock.idleSeconds(entry) >= 2 ** 24 - 2);
  });

  it('takes a key with a new value for a fresh one', () => {
    const clock = createClock(false);
    clock.setNow(START_MS + 10_000);
    clock.takeOver(entry, entry);
    assert.equal(clock.idleSeconds(entry), 0);
  });

  it('changes nothing else in the header', () => {
    const clock = createClock(false);
    clock.setNow(START_MS + 10_000);
    clock.touch(entry);
    assert.deepEqual(
      [entries.type(entry), entries.keySize(entry), entries.valueSize(entry), entries.epoch(entry)],
      [TYPE_STRING, 4, 4, 1],
    );
  });
});

describe('AccessClock with LFU', () => {
  it('begins at 5, counts the first access for sure and later ones with luck', () => {
    const clock = createClock(true);
    assert.equal(clock.frequency(entry), 5);
    clock.touch(entry);
    assert.equal(clock.frequency(entry), 6);
  });

  it('counts and forgets exactly as Redis, given the same random numbers', () => {
    const pause = fc.oneof(fc.constant(0), fc.nat(59_999), fc.nat(20 * MINUTE_MS));
    fc.assert(
      fc.property(
        fc.constantFrom(0, 1, 10, 100),
        fc.constantFrom(0, 1, 3),
        fc.constantFrom(START_MS, MINUTES_WRAP_MS - 3 * MINUTE_MS),
        fc.array(fc.tuple(pause, fc.integer({ min: 1, max: 50 })), { maxLength: 30 }),
        (logFactor, decayMinutes, startMs, rounds) => {
          const clock = createClock(true, logFactor, decayMinutes);
          const model = new Model(logFactor, decayMinutes, startMs);
          let nowMs = startMs;
          clock.setNow(nowMs);
          clock.setFrequency(entry, 5);
          for (const [pauseMs, touches] of rounds) {
            nowMs += pauseMs;
            clock.setNow(nowMs);
            assert.equal(clock.frequency(entry), model.decayed(nowMs));
            for (let touch = 0; touch < touches; touch++) {
              clock.touch(entry);
              model.touch(nowMs);
            }
            assert.equal(clock.frequency(entry), model.counter);
          }
        },
      ),
    );
  });

  it('counts a thousand accesses as about 18 and a hundred thousand as about 142, the figures in redis.conf', () => {
    const clock = createClock(true);
    let sum = 0;
    for (let round = 0; round < 100; round++) {
      clock.setFrequency(entry, 5);
      for (let touch = 0; touch < 1000; touch++) clock.touch(entry);
      sum += clock.frequency(entry);
    }
    assert.ok(Math.abs(sum / 100 - 18) < 1.5, `${sum / 100}`);
    clock.setFrequency(entry, 5);
    for (let touch = 0; touch < 100_000; touch++) clock.touch(entry);
    assert.ok(Math.abs(clock.frequency(entry) - 142) < 15, `${clock.frequency(entry)}`);
    for (let touch = 0; touch < 1_000_000; touch++) clock.touch(entry);
    assert.equal(clock.frequency(entry), 255);
  });

  it('keeps the count of a key that gets a new value', () => {
    const clock = createClock(true);
    clock.setFrequency(entry, 77);
    const copy = memory.allocate(0, 16);
    entries.initialize(copy, TYPE_STRING, 4, 4, 0, 0, clock.initial());
    clock.takeOver(copy, entry);
    assert.equal(clock.frequency(copy), 77);
    memory.free(0, copy);
  });
});
