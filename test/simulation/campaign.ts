/**
 * The simulation for as many seeds as one likes: `npm run test:simulation -- --seeds 100000 --seed 1`. Exits 1 when a seed has
 * failed; `--seeds 1 --seed N` replays it. `--sabotage 'splits groups'` has the store broken on purpose.
 */

import { numberOption, readOptions } from '../support/options.js';
import { chooseSeed } from '../support/random.js';
import { SABOTAGES, type Sabotage } from './sabotage.js';
import { Simulation } from './simulation.js';
import { Totals } from './totals.js';

/** A line now and then. */
const REPORT_SEEDS = 1000;
/** More failures than these say nothing new. */
const FAILURES_SHOWN = 3;

const options = readOptions(['seeds', 'seed', 'sabotage']);
const seeds = numberOption(options, 'seeds', 10_000);
const first = chooseSeed(options.get('seed'));
const name = options.get('sabotage');
const sabotage = SABOTAGES.find((one) => one === name);
if (name !== undefined && sabotage === undefined) {
  throw new Error(`unknown sabotage: there are ${SABOTAGES.map((one: Sabotage) => `'${one}'`).join(', ')}`);
}

console.log(`${seeds} seeds from ${first} on`);
const totals = new Totals();
let failures = 0;
for (let count = 0; count < seeds; count++) {
  const outcome = new Simulation(first + count, sabotage).run();
  totals.add(outcome);
  if (outcome.violation !== undefined && failures++ < FAILURES_SHOWN) console.log(outcome.violation);
  if ((count + 1) % REPORT_SEEDS === 0) console.log(`${count + 1} seeds: ${totals}, ${failures} failures`);
}
console.log(`${seeds} seeds from ${first} on: ${totals}, ${failures} failures`);
process.exitCode = failures === 0 ? 0 : 1;
