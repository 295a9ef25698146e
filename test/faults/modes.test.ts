/** Who may read what is on disk: the server's own user alone, whatever the umask is; a directory that is there stays as it is. */

import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startCrabkv } from '../support/server.js';
import { makeTemporaryDirectory, removeTemporaryDirectory } from '../support/temporary.js';

const skip = process.platform === 'win32' && 'files have no modes here';

function mode(path: string): string {
  return (statSync(path).mode & 0o7777).toString(8);
}

test('with any umask all files of a store are for its owner alone, and so are the directories that are made', {
  skip,
}, async (t) => {
  const parent = makeTemporaryDirectory();
  const directory = join(parent, 'made', 'here');
  const logFile = join(parent, 'server.log');
  const before = process.umask(0); // of the server, which inherits it
  t.after(async () => {
    process.umask(before);
    removeTemporaryDirectory(parent);
  });
  const server = await startCrabkv({
    directory,
    directives: { logfile: logFile, 'wal-segment-size': '1mb' },
  });
  t.after(() => server.kill());
  const connection = await server.connect();
  // Enough for several segments; a snapshot makes spares of them, and the next one makes use of these.
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 4; i++) await connection.call('SET', `key:${i}`, 'v'.repeat(600_000));
    assert.equal(await connection.call('SAVE'), 'OK');
  }
  await connection.call('SET', 'key', 'value');
  const names = readdirSync(directory);
  for (const name of ['wal.log', 'snapshot.json', 'crabkv.lock']) assert.ok(names.includes(name), name);
  for (const name of names) assert.equal(mode(join(directory, name)), '600', name);
  assert.equal(mode(logFile), '600');
  assert.equal(mode(directory), '700');
  assert.equal(mode(join(parent, 'made')), '700');
  assert.doesNotMatch(server.output, /others may look/);
});

test('a directory that others may read stays as it is, and the start says so in one line', {
  skip,
}, async (t) => {
  const parent = makeTemporaryDirectory();
  const directory = join(parent, 'shared');
  mkdirSync(directory);
  chmodSync(directory, 0o755);
  t.after(() => removeTemporaryDirectory(parent));
  const server = await startCrabkv({ directory });
  t.after(() => server.kill());
  const lines = server.output.split('\n').filter((line) => line.includes('others may look'));
  assert.equal(lines.length, 1, server.output);
  assert.match(
    lines[0]!,
    /# others may look into the data directory \S+shared \(its mode is 0755\): chmod 700 keeps them out$/,
  );
  assert.equal(mode(directory), '755');
  assert.equal(mode(join(directory, 'wal.log')), '600');
});

test('CONFIG REWRITE keeps the mode of the file that it replaces, and a file made anew is for its owner alone', {
  skip,
}, async (t) => {
  const parent = makeTemporaryDirectory();
  t.after(() => removeTemporaryDirectory(parent));
  const configurationFile = join(parent, 'crabkv.conf');
  writeFileSync(configurationFile, 'hz 20\n');
  chmodSync(configurationFile, 0o640);
  const before = process.umask(0);
  t.after(() => void process.umask(before));
  const server = await startCrabkv({ configurationFile });
  t.after(() => server.stop());
  const connection = await server.connect();
  await connection.call('CONFIG', 'SET', 'hz', '30');
  assert.equal(await connection.call('CONFIG', 'REWRITE'), 'OK');
  assert.equal(mode(configurationFile), '640');
  chmodSync(configurationFile, 0o600);
  await connection.call('CONFIG', 'SET', 'hz', '40');
  assert.equal(await connection.call('CONFIG', 'REWRITE'), 'OK');
  assert.equal(mode(configurationFile), '600');
  assert.deepEqual(readdirSync(parent), ['crabkv.conf'], 'nothing is left beside it');
});
