import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { workerArguments } from './worker-arguments.js';

const MODULE = new URL('./worker-arguments.js', import.meta.url).href;

test('a worker inherits the arguments of its process, unless these are about a program given as text', () => {
  assert.equal(
    workerArguments(['--enable-source-maps', '--max-old-space-size=512', '--expose-gc']),
    undefined,
  );
  for (const program of [
    ['--input-type=module', '-e', 'main()'],
    ['--input-type', 'module', '--eval', 'main()'],
    ['--expose-gc', '-p', '1'],
  ]) {
    assert.deepEqual(workerArguments(program), []);
  }
});

/** Starts a worker with them, in a process that has been started with `args`. */
const PROGRAM = `
  import { Worker } from 'node:worker_threads';
  import { workerArguments } from '${MODULE}';
  new Worker(new URL('${MODULE}'), { execArgv: workerArguments() }).once('exit', (code) => console.log('exit', code));
`;

test('a worker starts whatever its process was started with', () => {
  const asText = ['--input-type=module', '-e', PROGRAM];
  const asFile = [`data:text/javascript,${encodeURIComponent(PROGRAM)}`];
  for (const args of [
    asText,
    ['--expose-gc', ...asText],
    ['--expose-gc', '--max-old-space-size=512', '--import', ...asFile, '--input-type=module', '-e', ''],
  ]) {
    const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    assert.equal(stdout, 'exit 0\n', stderr);
  }
});
