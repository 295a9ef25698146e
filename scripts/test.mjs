/**
 * Sets up, then runs the tests with Node's own runner.
 *
 *     npm test                                  everything
 *     npm test -- base/ wal                     test files whose path contains one of these
 *     npm test -- --test-name-pattern=SCAN      whatever starts with a dash goes to the runner
 *
 * Servers run on the reactor that is the best here, or on the one that CRABKV_REACTOR names; a full run then repeats what
 * depends on it most on every other reactor that runs here.
 *
 * Random cases are the same in every run. `TEST_SEED=<seed>` chooses others, `TEST_SEED=random` new ones; campaigns always take
 * new ones.
 *
 * In continuous integration (`CI=true`) up to RETRY_FILES_MAX files with failures run once more, alone: what passes then is
 * UNSTEADY, named at the end of the output and a defect to be mended, but stops nobody's change that has nothing to do with it.
 */

import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { DIST, listFiles, ROOT, setup } from './setup.mjs';

/** Many tests start servers of several threads; more files at once would only measure the scheduler. */
const CONCURRENCY_MAX = 4;
/** For one test as for one whole file: what takes longer than this hangs. */
const TIMEOUT_MS = 180_000;
/** Any number will do. */
const SEED = 20_260;
/** More files than these don't fail by chance. */
const RETRY_FILES_MAX = 2;
const REACTORS = ['uring', 'epoll', 'node'];
/** What a full run repeats on the other reactors: all that clients see, and that nothing acknowledged is lost. */
const REACTOR_TESTS = [
  'test/e2e/access.test.js',
  'test/e2e/administration.test.js',
  'test/e2e/client-commands.test.js',
  'test/e2e/clients.test.js',
  'test/e2e/limits.test.js',
  'test/e2e/monitor.test.js',
  'test/e2e/redis-tools.test.js',
  'test/e2e/resp-protocol.test.js',
  'test/e2e/text-protocol.test.js',
  'test/e2e/threads.test.js',
  'test/e2e/tls.test.js',
  'test/e2e/wait.test.js',
  'test/crash/crash.test.js',
].map((file) => path.relative(ROOT, path.join(DIST, file)));

const SEED_MODULE = pathToFileURL(path.join(DIST, 'test/support/seed.js')).href;

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

const wanted = process.env.TEST_SEED ?? String(SEED);
const seed = wanted === 'random' ? String(randomInt(2 ** 31)) : wanted;
process.stdout.write(`TEST_SEED=${seed}\n`);
const environment = { ...process.env, TEST_SEED: seed };

// The runner's own default leaves one core idle, which halves the speed of a machine with two.
const concurrency = Math.max(2, Math.min(CONCURRENCY_MAX, os.cpus().length));
let runner;
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => runner?.kill(signal));

const unsteady = [];
let code = await runSteadily(files, environment);
if (filters.length === 0) {
  for (const reactor of await otherReactors()) {
    if (code !== 0) break;
    process.stdout.write(`\nOn the reactor '${reactor}':\n`);
    code = await runSteadily(REACTOR_TESTS, { ...environment, CRABKV_REACTOR: reactor });
  }
}
for (const file of unsteady)
  process.stdout.write(`UNSTEADY: ${file} failed, and passed when it ran again alone\n`);
process.exitCode = code;

/** Runs test files, and in continuous integration a few that fail once more; resolves to the exit code. */
async function runSteadily(tests, env) {
  const first = await run(tests, env, concurrency);
  if (first.code === 0 || process.env.CI !== 'true') return first.code;
  if (first.failed.length === 0 || first.failed.length > RETRY_FILES_MAX) return first.code;
  process.stdout.write(`\nOnce more, alone: ${first.failed.join(' ')}\n`);
  const second = await run(first.failed, env, 1);
  if (second.code === 0) unsteady.push(...first.failed);
  return second.code;
}

/** Runs test files with Node's runner, which ends its output with what has failed: resolves to its exit code and those files. */
async function run(tests, env, concurrency) {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'crabkv-failed-'));
  const list = path.join(directory, 'files');
  const args = [
    '--enable-source-maps',
    `--import=${SEED_MODULE}`,
    '--test',
    `--test-concurrency=${concurrency}`,
    `--test-timeout=${TIMEOUT_MS}`,
    ...(options.some((option) => option.startsWith('--test-reporter')) ? [] : reporters(list)),
    ...options,
    ...tests,
  ];
  runner = spawn(process.execPath, args, { cwd: ROOT, stdio: 'inherit', env });
  const code = await new Promise((done) => runner.on('exit', (exitCode) => done(exitCode ?? 1)));
  const lines = existsSync(list) ? readFileSync(list, 'utf8').split('\n').filter(Boolean) : [];
  rmSync(directory, { recursive: true });
  return { code, failed: [...new Set(lines.flatMap((file) => filesToRun(file, tests)))] };
}

/** Those of `tests` in which what stands in `file`, source or compiled, has failed: itself, or all that use it. */
function filesToRun(file, tests) {
  const isCompiled = file.startsWith(DIST);
  const compiled = isCompiled ? file : path.join(DIST, path.relative(ROOT, file)).replace(/\.ts$/, '.js');
  const own = path.relative(ROOT, compiled);
  if (tests.includes(own)) return [own];
  const name = path.basename(own);
  return tests.filter((file) => readFileSync(path.join(ROOT, file), 'utf8').includes(`/${name}'`));
}

/** What people read goes to the terminal, the list of files with failures to the file `list`. */
function reporters(list) {
  const failedFiles = pathToFileURL(path.join(ROOT, 'scripts/failed-files.mjs')).href;
  return [
    '--test-reporter=spec',
    '--test-reporter-destination=stdout',
    `--test-reporter=${failedFiles}`,
    `--test-reporter-destination=${list}`,
  ];
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
