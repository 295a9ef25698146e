/**
 * Sets up, then runs the tests with Node's own runner.
 *
 *     npm test                                  everything
 *     npm test -- base/ wal                     test files whose path contains one of these
 *     npm test -- --test-name-pattern=SCAN      whatever starts with a dash goes to the runner
 */

import { spawn } from 'node:child_process';
import os from 'node:os';
import path from 'node:path';
import { DIST, listFiles, ROOT, setup } from './setup.mjs';

/** Many tests start servers of several threads; more files at once would only measure the scheduler. */
const CONCURRENCY_MAX = 4;
/** For one test as for one whole file: what takes longer than this hangs. */
const TIMEOUT_MS = 180_000;

setup();
const args = process.argv.slice(2);
const options = args.filter((arg) => arg.startsWith('-'));
const filters = args.filter((arg) => !arg.startsWith('-')).map((filter) => filter.replace(/\.ts$/, '.js'));
const files = listFiles(DIST, (file) => file.endsWith('.test.js'))
  .map((file) => path.relative(ROOT, file))
  .filter((file) => filters.length === 0 || filters.some((filter) => file.includes(path.normalize(filter))));
if (files.length === 0) {
  process.stderr.write(`No test file matches ${filters.join(' ')}\n`);
  process.exit(1);
}

// The runner's own default leaves one core idle, which halves the speed of a machine with two.
const concurrency = Math.max(2, Math.min(CONCURRENCY_MAX, os.cpus().length));
const runner = spawn(
  process.execPath,
  [
    '--enable-source-maps',
    '--test',
    `--test-concurrency=${concurrency}`,
    `--test-timeout=${TIMEOUT_MS}`,
    ...options,
    ...files,
  ],
  { cwd: ROOT, stdio: 'inherit' },
);
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => runner.kill(signal));
runner.on('exit', (code) => process.exit(code ?? 1));
