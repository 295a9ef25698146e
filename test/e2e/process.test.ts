/** The process: command line, refusals, signals, exit codes. */

import assert from 'node:assert/strict';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { connectionFor, serverFor } from '../support/fixture.js';
import { freePort, runCrabkv, startCrabkv } from '../support/server.js';
import { makeTemporaryDirectory, removeTemporaryDirectory } from '../support/temporary.js';

/** The program refuses to start: exit code 1, one line on standard error that says why, no stack trace. */
async function assertRefuses(
  args: string[],
  expected: RegExp,
  env: Record<string, string> = {},
): Promise<void> {
  const { code, stdout, stderr } = await runCrabkv(args, { env });
  assert.equal(code, 1, `${args.join(' ')}\n${stdout}${stderr}`);
  assert.match(stderr, expected);
  assert.doesNotMatch(stdout + stderr, /^\s+at /m, 'no stack trace');
  assert.equal(stderr.trim().split('\n').length, 1, `one line: ${stderr}`);
}

test('refuses what it does not understand with one line and exit code 1', async () => {
  await assertRefuses(['--nosuch', '1'], /nosuch/);
  await assertRefuses(['--port', 'abc'], /port.*abc|abc.*port/);
  await assertRefuses(['--port', '70000'], /port.*65535/s);
  await assertRefuses(['--port'], /port/);
  await assertRefuses(['--appendfsync', 'sometimes'], /appendfsync.*(always|everysec)/);
  await assertRefuses(['--maxmemory', '1zb'], /maxmemory/);
  await assertRefuses(['/no/such/file.conf'], /\/no\/such\/file\.conf/);
  await assertRefuses([], /CRABKV_PORT|port/, { CRABKV_PORT: 'abc' });
});

test('--help and --version print and exit with 0', async () => {
  const help = await runCrabkv(['--help']);
  assert.equal(help.code, 0);
  for (const name of ['--port', '--dir', '--appendfsync', '--maxmemory'])
    assert.ok(help.stdout.includes(name), name);
  const version = await runCrabkv(['--version']);
  assert.equal(version.code, 0);
  assert.match(version.stdout, /\d+\.\d+\.\d+/);
});

test('refuses a directory that another server has open', async (t) => {
  const first = await serverFor(t);
  const second = await runCrabkv(['--port', String(await freePort()), '--dir', first.directory]);
  assert.equal(second.code, 1);
  assert.match(second.stderr, /another|in use|already/i);
  assert.ok(second.stderr.includes(first.directory), second.stderr);
  const connection = await connectionFor(t, first);
  assert.equal(await connection.call('SET', 'still', 'here'), 'OK');
});

test('starts again in a directory whose server was killed', async (t) => {
  const directory = makeTemporaryDirectory();
  t.after(() => removeTemporaryDirectory(directory));
  const first = await startCrabkv({ directory });
  await first.kill();
  const second = await startCrabkv({ directory });
  await second.stop();
});

test('says so when the port is in use', async (t) => {
  const first = await serverFor(t);
  const directory = makeTemporaryDirectory();
  t.after(() => removeTemporaryDirectory(directory));
  await assertRefuses(
    ['--port', String(first.port), '--dir', directory],
    new RegExp(`${first.port}.*in use|in use.*${first.port}`),
  );
});

test('says so when the directory cannot be used', async (t) => {
  const directory = makeTemporaryDirectory();
  t.after(() => removeTemporaryDirectory(directory));
  const file = join(directory, 'file');
  writeFileSync(file, '');
  const port = String(await freePort());
  await assertRefuses(['--port', port, '--dir', join(file, 'below')], /file/);
  if (process.getuid?.() !== 0) {
    chmodSync(directory, 0o500);
    await assertRefuses(['--port', port, '--dir', directory], /permission|denied|writ/i);
    chmodSync(directory, 0o700);
  }
});

test('reads a configuration file, the environment and the command line, the last one winning', async (t) => {
  const directory = makeTemporaryDirectory();
  t.after(() => removeTemporaryDirectory(directory));
  const file = join(directory, 'crabkv.conf');
  writeFileSync(file, '# a comment\ntimeout 11\nhz 20\nappendfsync "everysec"\n\nsave 900 1\nsave 300 10\n');
  const server = await startCrabkv({
    configurationFile: file,
    directives: { hz: '30' },
    environment: { CRABKV_TIMEOUT: '12' },
  });
  t.after(() => server.stop());
  const connection = await connectionFor(t, server);
  assert.deepEqual(await connection.call('CONFIG', 'GET', 'hz'), ['hz', '30']);
  assert.deepEqual(await connection.call('CONFIG', 'GET', 'timeout'), ['timeout', '12']);
  assert.deepEqual(await connection.call('CONFIG', 'GET', 'appendfsync'), ['appendfsync', 'everysec']);
});

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} ends it with 0 and everything is there again`, async (t) => {
    const directory = makeTemporaryDirectory();
    t.after(() => removeTemporaryDirectory(directory));
    // With everysec the last writes are not on disk yet when the signal comes.
    const options = { directory, directives: { appendfsync: 'everysec' } };
    const server = await startCrabkv(options);
    const connection = await server.connect();
    await connection.pipeline(Array.from({ length: 5000 }, (_, i) => ['SET', `term:${i}`, i]));
    assert.deepEqual(await server.terminate(signal), { code: 0, signal: null }, server.output);
    await connection.closed;
    const again = await startCrabkv(options);
    const reader = await again.connect();
    assert.equal(await reader.call('DBSIZE'), 5000);
    assert.equal(await reader.call('GET', 'term:4999'), '4999');
    await again.stop();
  });
}

test('SHUTDOWN ends it with 0, with and without saving', async (t) => {
  for (const how of ['SAVE', 'NOSAVE']) {
    const directory = makeTemporaryDirectory();
    t.after(() => removeTemporaryDirectory(directory));
    const server = await startCrabkv({ directory });
    const connection = await server.connect();
    await connection.call('SET', 'k', how);
    connection.send(`*2\r\n$8\r\nSHUTDOWN\r\n$${how.length}\r\n${how}\r\n`);
    assert.deepEqual(await server.ended, { code: 0, signal: null }, server.output);
    assert.equal(existsSync(join(directory, 'snapshot.json')), how === 'SAVE');
    const again = await startCrabkv({ directory });
    const reader = await again.connect();
    assert.equal(await reader.call('GET', 'k'), how);
    await again.stop();
  }
});

test('does without a log when told to, and keeps what it saved', async (t) => {
  const directory = makeTemporaryDirectory();
  t.after(() => removeTemporaryDirectory(directory));
  const options = { directory, directives: { appendonly: 'no' } };
  const server = await startCrabkv(options);
  const connection = await server.connect();
  await connection.call('SET', 'saved', '1');
  assert.equal(await connection.call('SAVE'), 'OK');
  await connection.call('SET', 'unsaved', '1');
  await server.kill();
  assert.match(readFileSync(join(directory, 'snapshot.json'), 'utf8'), /"key":"saved","value":"1"/);
  const again = await startCrabkv(options);
  const reader = await again.connect();
  assert.equal(await reader.call('EXISTS', 'saved'), 1);
  assert.equal(await reader.call('EXISTS', 'unsaved'), 0);
  await again.stop();
});

test('asks for the password it was given', async (t) => {
  const server = await serverFor(t, { directives: { requirepass: 'secret' } });
  const connection = await connectionFor(t, server);
  assert.equal((await connection.request('GET', 'a')).toString(), '-NOAUTH Authentication required.\r\n');
  assert.match(
    (await connection.request('HELLO', '3', 'AUTH', 'default', 'wrong')).toString(),
    /^-WRONGPASS /,
  );
  assert.match((await connection.request('HELLO', '3', 'AUTH', 'default', 'secret')).toString(), /^%7\r\n/);
  assert.equal(await connection.call('SET', 'a', '1'), 'OK');
});
