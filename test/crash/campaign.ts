/**
 * The crash test for many rounds: `npm run test:crash -- --rounds 100 --seed 42`. Exits 1 when anything was lost.
 *
 *     --appendfsync everysec     how the log is synced; all three in turn when not given
 *     --reactor node             what the server runs on; all that run here in turn when not given
 *     --aim segment,snapshot     what kills are aimed at (aims.ts); everything in turn when not given
 *     --door embedded            a store that was opened in a process, in place of a server
 */

import { chooseReactor } from '../../src/server/reactor-choice.js';
import { numberOption, readOptions } from '../support/options.js';
import { chooseSeed } from '../support/random.js';
import { AIM_NAMES, type Aim } from './aims.js';
import { runCrashRounds } from './rounds.js';

const REACTORS = ['uring', 'epoll', 'node'];

const options = readOptions(['rounds', 'seed', 'appendfsync', 'reactor', 'aim', 'door']);
const rounds = numberOption(options, 'rounds', 30);
const seed = chooseSeed(options.get('seed'));
const appendfsync = options.get('appendfsync');
const aims = options.get('aim')?.split(',') as Aim[] | undefined;
const door = options.get('door') ?? 'server';
if (aims?.some((aim) => !AIM_NAMES.includes(aim))) throw new Error(`--aim wants some of ${AIM_NAMES}`);
if (door !== 'server' && door !== 'embedded') throw new Error(`--door is server or embedded, not '${door}'`);
const reactors = options.has('reactor') ? [options.get('reactor')!] : await reactorsHere();

console.log(
  `${rounds} rounds of kill -9 under load, appendfsync ${appendfsync ?? 'of all kinds'}, ` +
    `${door === 'server' ? `reactors ${reactors}` : 'embedded'}, seed ${seed}`,
);
const counts = await runCrashRounds({ seed, rounds, appendfsync, reactors, aims, door, log: console.log });
console.log(JSON.stringify(counts));
console.log('every acknowledged write was there, every time');

/** The reactors that run on this machine. */
async function reactorsHere(): Promise<string[]> {
  const names: string[] = [];
  for (const name of REACTORS) {
    const choice = await chooseReactor(name).catch(() => undefined);
    if (choice?.name === name) names.push(name);
  }
  return names;
}
