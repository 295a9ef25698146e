/**
 * The crash test for many rounds: `npm run test:crash -- --rounds 30 --seed 42`. Exits 1 when anything was lost.
 * `--appendfsync everysec` and `--reactor node` choose how the log is written and what the server runs on.
 */

import { numberOption, readOptions } from '../support/options.js';
import { chooseSeed } from '../support/random.js';
import { runCrashRounds } from './rounds.js';

const options = readOptions(['rounds', 'seed', 'appendfsync', 'reactor']);
const rounds = numberOption(options, 'rounds', 30);
const seed = chooseSeed(options.get('seed'));

const appendfsync = options.get('appendfsync') ?? 'always';
const reactor = options.get('reactor') ?? 'auto';

console.log(
  `${rounds} rounds of kill -9 under load, appendfsync ${appendfsync}, reactor ${reactor}, seed ${seed}`,
);
await runCrashRounds({ seed, rounds, appendfsync, reactor, log: console.log });
console.log('every acknowledged write was there, every time');
