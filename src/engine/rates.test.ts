import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createRatesShared, RATE_BYTES_OUT, RATE_COMMANDS, Rates } from './rates.js';

/** Notes every 100 ms what a thread does that handles `perSecond` commands. */
function serve(rates: Rates, fromMs: number, toMs: number, perSecond: number, before = 0): number {
  let commands = before;
  for (let nowMs = fromMs; nowMs <= toMs; nowMs += 100) {
    rates.note(nowMs, commands, 0, commands * 8);
    commands += perSecond / 10;
  }
  return commands - perSecond / 10;
}

describe('rates', () => {
  it('are what was done in the last seconds, by all threads', () => {
    const shared = createRatesShared(2);
    const threads = [new Rates(shared, 0), new Rates(shared, 1)];
    assert.equal(threads[0]!.perSecond(0, RATE_COMMANDS), 0);
    serve(threads[0]!, 0, 5000, 1000);
    serve(threads[1]!, 0, 5000, 500);
    assert.equal(threads[0]!.perSecond(5000, RATE_COMMANDS), 1500);
    assert.equal(threads[1]!.perSecond(5050, RATE_BYTES_OUT), 12_000);
  });

  it('fall to 0 when nothing is done any more', () => {
    const rates = new Rates(createRatesShared(1), 0);
    serve(rates, 0, 3000, 1000);
    const later = rates.perSecond(3800, RATE_COMMANDS);
    assert.ok(later > 0 && later < 1000);
    assert.equal(rates.perSecond(4601, RATE_COMMANDS), 0);
    assert.equal(rates.perSecond(1e9, RATE_COMMANDS), 0);
  });

  it('follow when more is done, and after a rest', () => {
    const rates = new Rates(createRatesShared(1), 0);
    const commands = serve(rates, 0, 2000, 100);
    serve(rates, 60_000, 60_100, 5000, commands);
    assert.equal(rates.perSecond(60_100, RATE_COMMANDS), 5000);
    const more = serve(rates, 60_200, 63_000, 5000, commands + 1000);
    assert.equal(Math.round(rates.perSecond(63_000, RATE_COMMANDS)), 5000);
    assert.ok(more > commands);
  });
});
