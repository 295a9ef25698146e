import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { makeTemporaryDirectory, removeTemporaryDirectory } from '../../test/support/temporary.js';
import { createServer } from '../index.js';
import { open } from './open.js';

const CHILD = fileURLToPath(new URL('./store-child.case.js', import.meta.url));
/** A process is killed when it has said so much. */
const LINES_BEFORE_KILL = 1000;
/** A process that has nothing to do any more ends well within this. */
const END_MS_MAX = 10_000;

function directoryFor(t: TestContext): string {
  const directory = makeTemporaryDirectory();
  t.after(() => removeTemporaryDirectory(directory));
  return directory;
}

function start(t: TestContext, ...args: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, [CHILD, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  return child;
}

/** All that the process says, once it has ended by itself. */
async function outputOf(child: ChildProcess): Promise<{ lines: string[]; code: number | null }> {
  const timer = setTimeout(() => child.kill('SIGKILL'), END_MS_MAX);
  const exited = once(child, 'exit');
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout! })) lines.push(line);
  const [code] = (await exited) as [number | null];
  clearTimeout(timer);
  return { lines, code };
}

for (const task of ['promises', 'sync']) {
  for (const appendfsync of ['always', 'everysec', 'no']) {
    test(`kill -9 under load (${task}, appendfsync ${appendfsync}): what was acknowledged is there`, async (t) => {
      const dir = directoryFor(t);
      const child = start(t, task, dir, appendfsync);
      const exited = once(child, 'exit');
      const acknowledged: string[] = [];
      for await (const line of createInterface({ input: child.stdout! })) {
        acknowledged.push(line);
        if (acknowledged.length === LINES_BEFORE_KILL) child.kill('SIGKILL');
      }
      await exited;
      assert.ok(acknowledged.length >= LINES_BEFORE_KILL);
      const kv = await open({ dir });
      const lost = acknowledged.filter((number) => kv.sync.get(`key:${number}`) !== number);
      await kv.close();
      assert.deepEqual(lost, []);
    });
  }
}

test('a process ends by itself without close, and what it has written is kept', async (t) => {
  for (const appendfsync of ['always', 'everysec', 'no']) {
    const dir = directoryFor(t);
    assert.deepEqual(await outputOf(start(t, 'end', dir, appendfsync)), { lines: ['done'], code: 0 });
    const kv = await open({ dir });
    assert.deepEqual(kv.sync.mget(['sync', 'promise', 'last']), ['kept', 'kept', 'kept'], appendfsync);
    await kv.close();
  }
});

test('process.exit ends a process at once, and what it has written is kept', async (t) => {
  for (const appendfsync of ['always', 'everysec', 'no']) {
    const dir = directoryFor(t);
    assert.deepEqual(await outputOf(start(t, 'exit', dir, appendfsync)), { lines: ['done'], code: 3 });
    const kv = await open({ dir });
    assert.deepEqual(kv.sync.mget(['sync', 'promise', 'last']), ['kept', 'kept', 'kept'], appendfsync);
    assert.equal(kv.sync.dbsize(), 203);
    await kv.close();
  }
});

test('a promise that is awaited keeps the process until it is settled', async (t) => {
  assert.deepEqual(await outputOf(start(t, 'wait')), { lines: ['undefined'], code: 0 });
});

test('a directory is one store: a second process, a second open and a server are refused', async (t) => {
  const dir = directoryFor(t);
  const kv = await open({ dir, save: '' });
  t.after(() => kv.close());
  const { lines } = await outputOf(start(t, 'refused', dir));
  assert.equal(lines.length, 1);
  assert.match(lines[0]!, new RegExp(`^DIRECTORY_IN_USE .*pid ${process.pid}.* is using ${dir}`));
  await assert.rejects(open({ dir }), { code: 'DIRECTORY_IN_USE' });
  await assert.rejects(createServer({ dir, port: 0 }).start(), { code: 'DIRECTORY_IN_USE' });
  assert.equal(kv.sync.set('still', 'works'), 'OK');
});

test('a store comes back as it was closed, and goes on', async (t) => {
  const dir = directoryFor(t);
  for (let round = 1; round <= 3; round++) {
    await using kv = await open({ dir, appendfsync: 'everysec', ...(round === 2 ? {} : { save: '' }) });
    assert.equal(kv.sync.incr('rounds'), round);
    await kv.rpush('list', [`round ${round}`]);
  }
  await using kv = await open({ dir });
  assert.deepEqual(await kv.lrange('list', 0, -1), ['round 1', 'round 2', 'round 3']);
});
