/** What the simulation is worth: a store that is broken on purpose does not get through. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SABOTAGES, type Sabotage } from './sabotage.js';
import { type Outcome, Simulation } from './simulation.js';

/** A sabotage is noticed in one of the first so many seeds. */
const SEEDS_MAX = 1000;

describe('a store that is broken on purpose', () => {
  for (const sabotage of SABOTAGES) {
    it(`is noticed when it ${sabotage}`, (context) => {
      const { seed, violation = '' } = firstFailure(sabotage);
      assert.match(
        violation,
        /is no state of history|a start is refused: (Crab|Snapshot)Error|has not been synced/,
      );
      context.diagnostic(`seed ${seed}`);
    });
  }
});

function firstFailure(sabotage: Sabotage): Outcome {
  for (let seed = 1; seed <= SEEDS_MAX; seed++) {
    const outcome = new Simulation(seed, sabotage).run();
    if (outcome.violation !== undefined) return outcome;
  }
  return assert.fail(`${SEEDS_MAX} seeds, and nobody has noticed`);
}
