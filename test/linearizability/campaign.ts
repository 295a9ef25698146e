/**
 * Many histories, checked: `npm run test:linearizability -- --histories 500 --seed 42`. Exits 1 at the first that is not
 * linearizable, which is kept in a file. What is recorded:
 *
 *     --reactor node --threads 3 --appendfsync always     how servers are started
 *     --clients 16 --lives 4 --operations 400             how often a server is started, and after how much it is killed
 *     --preloads early-replies,held-disk                  modules of `sabotage`, with which it is counted what is found
 */

import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { numberOption, readOptions } from '../support/options.js';
import { chooseSeed, SeededRandom } from '../support/random.js';
import { check, describeViolation } from './checker.js';
import { recordHistories } from './record.js';

const GROUPS = 5;

const options = readOptions([
  'histories',
  'seed',
  'reactor',
  'threads',
  'clients',
  'lives',
  'preloads',
  'appendfsync',
  'operations',
]);
const historyCount = numberOption(options, 'histories', 100);
const seed = chooseSeed(options.get('seed'));
const lives = numberOption(options, 'lives', 3);
const preloads = (options.get('preloads') ?? '').split(',').filter((name) => name !== '');
console.log(`${historyCount} histories, ${lives} lives of a server each, seed ${seed}`);

const random = new SeededRandom(seed);
const counts = { histories: 0, operations: 0, unanswered: 0, crashes: 0, steps: 0, violations: 0 };
while (counts.histories < historyCount) {
  const histories = await recordHistories({
    seed: random.next() | 0,
    groups: GROUPS,
    clients: numberOption(options, 'clients', 12),
    threads: numberOption(options, 'threads', 2),
    lives,
    operations: numberOption(options, 'operations', 400),
    appendfsync: options.get('appendfsync') ?? 'always',
    reactor: options.get('reactor'),
    preloads,
    mayDie: preloads.length > 0,
  });
  counts.crashes += lives - 1;
  for (const history of histories) {
    const verdict = check(history);
    counts.histories++;
    counts.operations += history.length;
    counts.unanswered += history.filter(({ reply }) => reply === undefined).length;
    counts.steps += verdict.steps;
    if (verdict.outcome === 'linearizable') continue;
    counts.violations++;
    if (preloads.length > 0) continue;
    const file = join(tmpdir(), `crabkv-history-${seed}.json`);
    writeFileSync(file, JSON.stringify(history));
    console.log(
      `history ${counts.histories}, ${verdict.outcome}, kept in ${file}: ${describeViolation(verdict)}`,
    );
    process.exit(1);
  }
  if (counts.histories % (10 * GROUPS) === 0) console.log(JSON.stringify(counts));
}
console.log(JSON.stringify(counts));
console.log(counts.violations === 0 ? 'every history is linearizable' : 'not every history is linearizable');
