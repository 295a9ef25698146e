/**
 * The storage path under a seeded simulation (simulation.ts): new seeds in every run, the same ones with TEST_SEED. What it is
 * worth, sabotage.test.ts shows.
 */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chooseSeed } from '../support/random.js';
import { Simulation } from './simulation.js';
import { Totals } from './totals.js';

const SEEDS_MAX = 2000;
/** On a machine that is busy with other things fewer seeds have to do. */
const SEEDS_MIN = 300;
const SECONDS_MAX = 50;
const REPLAYED_SEEDS = 10;

describe('a simulated store', () => {
  const firstSeed = chooseSeed(process.env['TEST_SEED']);

  it(`comes back as a state of its history with all that was promised, seeds from ${firstSeed} on`, (context) => {
    const totals = new Totals();
    const endMs = performance.now() + SECONDS_MAX * 1000;
    let count = 0;
    for (; count < SEEDS_MAX && (count < SEEDS_MIN || performance.now() < endMs); count++) {
      const outcome = new Simulation(firstSeed + count).run();
      assert.equal(outcome.violation, undefined, outcome.violation);
      totals.add(outcome);
    }
    context.diagnostic(`${count} seeds: ${totals}`);
    assert.ok(totals.snapshots > 0 && totals.faults > 0, 'everything has happened');
    assert.ok(totals.powerCuts > count && totals.processEnds > count);
  });

  it('does the same again with the same seed', () => {
    for (let seed = 1; seed <= REPLAYED_SEEDS; seed++) {
      assert.deepEqual(new Simulation(seed).run(), new Simulation(seed).run());
    }
  });
});
