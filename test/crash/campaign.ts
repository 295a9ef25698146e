/** The crash test for many rounds: `npm run test:crash -- --rounds 30 --seed 42`. Exits 1 when anything was lost. */

import { numberOption, readOptions } from '../support/options.js';
import { chooseSeed } from '../support/random.js';
import { runCrashRounds } from './rounds.js';

const options = readOptions(['rounds', 'seed']);
const rounds = numberOption(options, 'rounds', 30);
const seed = chooseSeed(options.get('seed'));

console.log(`${rounds} rounds of kill -9 under load, seed ${seed}`);
await runCrashRounds({ seed, rounds, log: console.log });
console.log('every acknowledged write was there, every time');
