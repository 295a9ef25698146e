/**
 * The random part of the differential test for as long as you like:
 * `npm run test:differential -- --seconds 3600 --seed 42`. Exits 1 at the first difference.
 * `--only hashes,lists` takes the requests of these families alone.
 */

import { numberOption, readOptions } from '../support/options.js';
import { chooseSeed } from '../support/random.js';
import { skipWithout } from '../support/tools.js';
import { describeMismatch, Pair } from './pair.js';
import { compareRandomPrograms } from './random-programs.js';

const options = readOptions(['seconds', 'seed', 'only']);
const seconds = numberOption(options, 'seconds', 60);
const seed = chooseSeed(options.get('seed'));
const families = options.get('only')?.split(',') ?? [];

if (skipWithout('the differential campaign', 'redis-server') !== false) process.exit(1);
console.log(`comparing random programs for ${seconds} s, seed ${seed}`);
const pair = await Pair.start();
try {
  const outcome = await compareRandomPrograms(pair, { seed, seconds, families });
  console.log(`${outcome.programs} programs, ${outcome.requests} requests`);
  for (const title of pair.deviationsMet) console.log(`known deviation met: ${title}`);
  if (outcome.mismatch !== undefined) {
    console.log(`seed ${outcome.seed}: ${describeMismatch(outcome.mismatch, outcome.program)}`);
    process.exitCode = 1;
  }
} finally {
  await pair.stop();
}
