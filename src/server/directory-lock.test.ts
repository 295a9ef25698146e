import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { DirectoryLock, LOCK_FILE, processStart } from './directory-lock.js';

const root = mkdtempSync(join(tmpdir(), 'crabkv-lock-'));
after(() => rmSync(root, { recursive: true }));

function newDirectory(): string {
  return mkdtempSync(join(root, 'd-'));
}

function ignore(): void {}

/** A process that holds the lock of `directory` until it is killed. */
async function holder(directory: string): Promise<ChildProcess> {
  const module = new URL('./directory-lock.js', import.meta.url).href;
  const script = `import { DirectoryLock } from ${JSON.stringify(module)};
    await DirectoryLock.take(${JSON.stringify(directory)}, () => process.exit(3));
    console.log('held'); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout as NodeJS.ReadableStream, 'data');
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

test('a second holder is refused with the pid of the first, also in the same process', async () => {
  const directory = newDirectory();
  const lock = await DirectoryLock.take(directory, ignore);
  const message = `another CrabKV (pid ${process.pid}) is using ${directory}`;
  await assert.rejects(DirectoryLock.take(directory, ignore), { code: 'DIRECTORY_IN_USE', message });
  lock.release();
  assert.deepEqual(readdirSync(directory), [], 'nothing is left behind');
  (await DirectoryLock.take(directory, ignore)).release();
});

test('the lock of a process that was killed with SIGKILL is taken over, that of a living one is not', async () => {
  const directory = newDirectory();
  const child = await holder(directory);
  await assert.rejects(DirectoryLock.take(directory, ignore), {
    message: `another CrabKV (pid ${child.pid}) is using ${directory}`,
  });
  await kill(child);
  assert.ok(existsSync(join(directory, LOCK_FILE)));
  (await DirectoryLock.take(directory, ignore)).release();
});

test('without flock a holder counts as dead when its pid is gone, was reused, or is of another boot', async () => {
  const directory = newDirectory();
  const path = join(directory, LOCK_FILE);
  const lock = await DirectoryLock.take(directory, ignore);
  const own = JSON.parse(readFileSync(path, 'utf8'));
  lock.release();
  const left = async (change: object): Promise<void> => {
    writeFileSync(path, JSON.stringify({ ...own, flock: false, ...change }));
    try {
      (await DirectoryLock.take(directory, ignore)).release();
    } finally {
      rmSync(path, { force: true });
    }
  };
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');
  await left({ pid: child.pid, started: '1' });
  await left({ started: `${own.started}1` });
  await left({ boot: 'another' });
  await assert.rejects(left({}), { code: 'DIRECTORY_IN_USE' });
});

test('a lock file that a crash of the machine cut short does not block', async () => {
  const directory = newDirectory();
  writeFileSync(join(directory, LOCK_FILE), '{"pid":1');
  (await DirectoryLock.take(directory, ignore)).release();
});

test('a holder in another container without flock is told from a dead one by its heartbeat', async () => {
  const directory = newDirectory();
  const path = join(directory, LOCK_FILE);
  const lock = await DirectoryLock.take(directory, ignore);
  const own = JSON.parse(readFileSync(path, 'utf8'));
  lock.release();
  if (own.namespace === '') return;
  const stranger = JSON.stringify({ ...own, flock: false, namespace: 'pid:[1]' });
  writeFileSync(path, stranger);
  const beat = setInterval(() => writeFileSync(path, stranger), 500);
  await assert.rejects(DirectoryLock.take(directory, ignore), { code: 'DIRECTORY_IN_USE' });
  clearInterval(beat);
  (await DirectoryLock.take(directory, ignore)).release();
});

test('of many newcomers to a dead lock exactly one wins', async () => {
  const directory = newDirectory();
  await kill(await holder(directory));
  const results = await Promise.allSettled(
    Array.from({ length: 8 }, () => DirectoryLock.take(directory, ignore)),
  );
  const winners = results.filter((result) => result.status === 'fulfilled');
  assert.equal(winners.length, 1);
  winners[0]?.value.release();
});

test('a holder is told when its lock file is removed', async () => {
  const directory = newDirectory();
  let lock: DirectoryLock | undefined;
  const awake = setInterval(ignore, 1_000); // the heartbeat alone does not keep a process alive
  await new Promise<void>((resolve, reject) => {
    DirectoryLock.take(directory, resolve).then((taken) => {
      lock = taken;
      unlinkSync(join(directory, LOCK_FILE));
    }, reject);
  });
  clearInterval(awake);
  lock?.release();
});

test('a process has one start time, and no process has none', () => {
  assert.equal(processStart(process.pid), processStart(process.pid));
  assert.notEqual(processStart(process.pid), '');
  assert.equal(processStart(2 ** 22 + 1), '');
});
