/**
 * Sets up, then runs the tests with Node's own runner.
 *
 *     npm test                                  everything
 *     npm test -- base/ wal                     test files whose path contains one of these
 *     npm test -- --test-name-pattern=SCAN      whatever starts with a dash goes to the runner
 *
 * Servers run on the reactor that is the best here, or on the one that CRABKV_REACTOR names; a full run then repeats what
 * depends on it most on every other reactor that runs here.
 */

import { spawn } from 'node:child_process';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { DIST, listFiles, ROOT, setup } from './setup.mjs';

/** Many tests start servers of several threads; more files at once would only measure the scheduler. */
const CONCURRENCY_MAX = 4;
/** For one test as for one whole file: what takes longer than this hangs. */
const TIMEOUT_MS = 180_000;
const REACTORS = ['uring', 'epoll', 'node'];
/** What a full run repeats on the other reactors: all that clients see, and that nothing acknowledged is lost. */
const REACTOR_TESTS = [
  'test/e2e/administration.test.js',
  'test/e2e/client-commands.test.js',
  'test/e2e/clients.test.js',
  'test/e2e/monitor.test.js',
  'test/e2e/redis-tools.test.js',
  'test/e2e/resp-protocol.test.js',
  'test/e2e/text-protocol.test.js',
  'test/e2e/threads.test.js',
  'test/e2e/wait.test.js',
  'test/crash/crash.test.js',
].map((file) => path.relative(ROOT, path.join(DIST, file)));

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
let runner;
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => runner?.kill(signal));

let code = await run(files, process.env);
if (filters.length === 0) {
  for (const reactor of await otherReactors()) {
    if (code !== 0) break;
    process.stdout.write(`\nOn the reactor '${reactor}':\n`);
    code = await run(REACTOR_TESTS, { ...process.env, CRABKV_REACTOR: reactor });
  }
}
process.exitCode = code;

/** Runs test files with Node's runner, which ends its output with what has failed; resolves to its exit code. */
function run(tests, env) {
  const args = [
    '--enable-source-maps',
    '--test',
    `--test-concurrency=${concurrency}`,
    `--test-timeout=${TIMEOUT_MS}`,
    ...(options.some((option) => option.startsWith('--test-reporter')) ? [] : ['--test-reporter=spec']),
    ...options,
    ...tests,
  ];
  runner = spawn(process.execPath, args, { cwd: ROOT, stdio: 'inherit', env });
  return new Promise((done) => runner.on('exit', (exitCode) => done(exitCode ?? 1)));
}

/** The reactors that run here, without the one that servers take by themselves. */
async function otherReactors() {
  const { chooseReactor } = await import(pathToFileURL(path.join(DIST, 'src/server/reactor-choice.js')).href);
  const taken = (await chooseReactor(process.env.CRABKV_REACTOR ?? 'auto')).name;
  const others = [];
  for (const reactor of REACTORS.filter((name) => name !== taken)) {
    const choice = await chooseReactor(reactor).catch(() => undefined);
    if (choice?.name === reactor) others.push(reactor);
  }
  return others;
}
