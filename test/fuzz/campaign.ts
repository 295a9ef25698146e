/**
 * Fuzzes for as long as one likes:
 *
 *     npm run test:fuzz -- --target restore --seconds 600 --seed 42
 *     npm run test:fuzz -- --target restore --input /tmp/crabkv-fuzz/restore-0123456789abcdef     one input once more
 *
 *     npm run test:fuzz -- --against-redis --seconds 60                        RESTORE here and in a redis-server
 *
 * Without a target all of them, one after the other, `--seconds` each. `--keep` writes what has reached something new into the
 * corpus, from which then goes what is not needed any more. What breaks a promise is written to a file, whose path is printed.
 */

import { readFileSync } from 'node:fs';
import { numberOption, readOptions } from '../support/options.js';
import { chooseSeed } from '../support/random.js';
import { loadCorpus, saveCorpus, saveFailure } from './corpus.js';
import { compareWithRedis } from './restore-oracle.js';
import { FAILURES, type RunReport, runTarget } from './runner.js';
import { TARGETS } from './targets.js';

const SECONDS_DEFAULT = 60;

const options = readOptions(['target', 'seconds', 'seed', 'input', 'keep', 'against-redis']);
const names = options.get('target')?.split(',') ?? Object.keys(TARGETS);
const seed = chooseSeed(options.get('seed'));
const path = options.get('input');
process.stdout.write(`seed ${seed}\n`);
if (options.has('against-redis')) await compare();
else for (const target of names) await fuzz(target);

async function compare(): Promise<void> {
  const seconds = numberOption(options, 'seconds', SECONDS_DEFAULT);
  const { payloads, same, refused, differences } = await compareWithRedis(seed, seconds);
  process.stdout.write(
    `${payloads} payloads: ${same} are the same value in both, ${refused} are refused by both\n`,
  );
  for (const [what, { count, example }] of differences)
    process.stdout.write(`${count}: ${what}\n    ${example}\n`);
}

async function fuzz(target: string): Promise<void> {
  const keeps = options.has('keep');
  const report = await runTarget({
    target,
    seed,
    secondsMax: path === undefined ? numberOption(options, 'seconds', SECONDS_DEFAULT) : 0,
    batchesMax: Number.POSITIVE_INFINITY,
    inputs: path === undefined ? loadCorpus(target) : [new Uint8Array(readFileSync(path))],
    reduces: keeps,
  });
  if (keeps && report.failures.length === 0) saveCorpus(target, report.corpus);
  tell(target, report);
}

function tell(target: string, report: RunReport): void {
  const { inputCount, seconds, reached, slowestMs, failures } = report;
  process.stdout.write(
    `${target}: ${inputCount} inputs in ${seconds.toFixed(0)} s, ${(reached * 100).toFixed(1)} % of the code, ` +
      `slowest ${slowestMs.toFixed(0)} ms, ${failures.length} failures\n`,
  );
  if (slowestMs > 1000) process.stdout.write(`  slowest: ${saveFailure(FAILURES, target, report.slowest)}\n`);
  for (const { input, message } of failures) {
    process.stdout.write(`  ${saveFailure(FAILURES, target, input)}\n${message.replaceAll(/^/gm, '    ')}\n`);
    process.exitCode = 1;
  }
}
