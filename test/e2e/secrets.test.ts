/**
 * Passwords go in by every door there is, each another one, and are then looked for everywhere that anybody but their owner can
 * look.
 */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { openSocket, type RespConnection } from '../support/connection.js';
import { connectionFor, serverFor, until } from '../support/fixture.js';
import { type Argument, encodeRequest } from '../support/resp.js';
import { runCrabkv, type Server, startCrabkv } from '../support/server.js';
import { makeTemporaryDirectory, removeTemporaryDirectory } from '../support/temporary.js';

/** What all secrets of this file have in common, and nothing else has. */
const MARK = 'hush-';
let secretCount = 0;

function secret(): string {
  return `${MARK}${++secretCount}-password`;
}

const PASSWORD = secret();

/** Requests with secrets in them, right ones and wrong ones, in a server whose password is PASSWORD. */
const DOORS: readonly (() => Argument[])[] = [
  () => ['AUTH', secret()],
  () => ['AUTH', 'default', secret()],
  () => ['AUTH', 'nobody', secret()],
  () => ['auth', secret(), secret(), secret()],
  () => ['HELLO', 3, 'AUTH', 'default', secret()],
  () => ['HELLO', 2, 'AUTH', 'default', PASSWORD, 'SETNAME', 'door'],
  () => ['HELLO', 2, 'SETNAME', 'x', 'AUTH', 'default', secret()],
  () => ['HELLO', 9, 'AUTH', 'default', secret()],
  () => ['HELLO', 3, 'AUTH', secret()],
  () => ['CONFIG', 'SET', 'requirepass', PASSWORD],
  () => ['config', 'set', 'REQUIREPASS', PASSWORD, 'timeout', 'nonsense'],
  () => ['CONFIG', 'SET', 'timeout', '0', 'requirepass', PASSWORD],
  () => ['CONFIG', 'SET', 'requirepass', secret(), 'no-such-option', secret()],
  () => ['CONFIG', 'SET', 'requirepass', secret(), 'one-too-many'],
  () => ['CONFIG', 'SET', 'tls-key-file-pass', secret()],
  () => ['CONFIG', 'SET', 'tls-client-key-file-pass', secret()],
  () => ['CONFIG', 'SET', 'masterauth', secret()],
  () => ['CONFIG', 'SET', 'timeout', 'requirepass', secret()],
  () => ['ACL', 'SETUSER', 'alice', 'on', `>${secret()}`, '+@all', '~*', '&*'],
  () => ['ACL', 'SETUSER', 'alice', `<${secret()}`],
  () => ['ACL', 'SETUSER', 'bob', 'on', `>${secret()}`, 'no-such-rule'],
  () => ['ACL', 'SETUSER', 'bob', secret()],
  () => ['ACL', 'DRYRUN', 'alice', 'AUTH', secret()],
  () => ['AUTH', 'alice', `${MARK}18-password`],
  () => ['MIGRATE', '127.0.0.1', '1', 'key', '0', '10', 'AUTH', secret()],
  () => ['AUHT', secret()],
  () => ['ACL', 'SETUSR', 'alice', `>${secret()}`],
];

/** The same, as a person types it. */
const LINES: readonly (() => string)[] = [
  () => `AUTH ${secret()}`,
  () => `AUTH default ${secret()}`,
  () => `AUTH "${secret()}"`,
  () => `HELLO 3 AUTH default ${secret()}`,
  () => `AUTH "${secret()} unbalanced`,
];

/** A server whose password is in a file, as it should be, and that tells as much as it can. */
async function start(directory: string): Promise<Server> {
  const file = path.join(directory, 'crabkv.conf');
  writeFileSync(file, `requirepass ${PASSWORD}\n`, { mode: 0o600 });
  return startCrabkv({
    directory: path.join(directory, 'data'),
    configurationFile: file,
    directives: {
      loglevel: 'debug',
      'slowlog-log-slower-than': '0',
      'slowlog-max-len': '10000',
      'auth-delay': '0',
    },
  });
}

async function administrator(server: Server): Promise<RespConnection> {
  const connection = await server.connect();
  assert.equal(await connection.call('AUTH', PASSWORD), 'OK');
  return connection;
}

/** Goes through every door, each on a connection of its own that is an administrator's at first, and one that is a stranger's. */
async function goThroughAllDoors(server: Server): Promise<void> {
  for (const door of DOORS) {
    for (const isKnown of [true, false]) {
      const connection = isKnown ? await administrator(server) : await server.connect();
      await connection.request(...door());
      connection.close();
    }
  }
  for (const line of LINES) {
    const socket = await openSocket(server.port);
    socket.write(`${line()}\n`);
    await new Promise<void>((done) => socket.once('data', () => done()));
    socket.destroy();
  }
}

function assertHidden(where: string, text: string): void {
  const at = text.indexOf(MARK);
  assert.equal(at, -1, `${where} shows ${JSON.stringify(text.slice(Math.max(0, at - 200), at + 60))}`);
}

/** Everything in the directory and below. */
function filesUnder(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
}

test('what was said to the server in secret is shown to nobody else, and written nowhere', async (t) => {
  const directory = makeTemporaryDirectory();
  t.after(() => removeTemporaryDirectory(directory));
  const server = await start(directory);
  t.after(() => server.stop());
  const admin = await administrator(server);
  const monitor = await administrator(server);
  monitor.send(encodeRequest(['MONITOR']));
  assert.equal((await monitor.frame()).toString(), '+OK\r\n');
  let monitored = '';
  monitor.socket.on('data', (chunk: Buffer) => {
    monitored += chunk.toString('latin1');
  });

  await goThroughAllDoors(server);
  await admin.call('SET', 'after', 'all doors');
  await until('MONITOR has shown everything', 10_000, () => monitored.includes('all doors'));

  for (const request of [
    ['SLOWLOG', 'GET', '-1'],
    ['CLIENT', 'LIST'],
    ['CLIENT', 'INFO'],
    ['INFO', 'everything'],
    ['ACL', 'LIST'],
    ['ACL', 'USERS'],
    ['ACL', 'GETUSER', 'alice'],
    ['ACL', 'GETUSER', 'default'],
    ['ACL', 'LOG'],
    ['LATENCY', 'LATEST'],
    ['COMMAND', 'INFO', 'auth'],
    ['MEMORY', 'DOCTOR'],
  ]) {
    const reply = (await admin.request(...request)).toString('latin1');
    assertHidden(request.join(' '), reply);
  }
  const slow = (await admin.request('SLOWLOG', 'GET', '-1')).toString('latin1').toLowerCase();
  for (const word of ['auth', 'hello', 'requirepass', '(redacted)']) {
    assert.ok(slow.includes(word), `SLOWLOG shows the commands themselves, such as ${word}`);
  }
  assert.ok(monitored.includes('all doors') && monitored.includes('HELLO'), 'MONITOR shows commands');
  assertHidden('MONITOR', monitored);

  assert.equal(await admin.call('SAVE'), 'OK');
  assertHidden('the command line', readFileSync(`/proc/${server.pid}/cmdline`, 'latin1'));
  const data = path.join(directory, 'data');
  await goThroughAllDoors(server); // once more, for the log that follows the snapshot
  await admin.call('SET', 'after', 'all doors');
  await server.terminate();
  const { stdout, stderr } = await runCrabkv(['wal', data]);
  assert.ok(stdout.includes('all doors'), 'crabkv wal shows what was written');
  assertHidden('crabkv wal', stdout + stderr);
  assert.match(server.output, /Ready to accept|ready/i, 'the console shows something');
  assertHidden('the console', server.output);
  const check = await runCrabkv(['check', data]);
  assert.equal(check.code, 0, check.stderr);
  assertHidden('crabkv check', check.stdout + check.stderr);
  const files = filesUnder(data);
  assert.ok(
    files.some((name) => name.endsWith('wal.log')),
    files.join(' '),
  );
  for (const name of files) assertHidden(name, readFileSync(name, 'latin1'));
});

test('a password that can not be used is named by its option only, whatever is wrong', async (t) => {
  const directory = makeTemporaryDirectory();
  t.after(() => removeTemporaryDirectory(directory));
  const file = path.join(directory, 'crabkv.conf');
  for (const text of [
    `requirepass ${secret()} ${secret()}\n`,
    `requirepass "${secret()}\n`,
    `requirepass ${secret()}\nno-such-option x\n`,
    `user alice on >${secret()} no-such-rule\n`,
    `user alice on >"${secret()}\n`,
  ]) {
    writeFileSync(file, text, { mode: 0o600 });
    const { code, stdout, stderr } = await runCrabkv([file, '--port', '0', '--dir', directory]);
    assert.equal(code, 1, text);
    assertHidden(`the start with ${text.split(' ')[0]}`, stdout + stderr);
  }
  const help = await runCrabkv(['--help'], { env: { CRABKV_REQUIREPASS: secret() } });
  assertHidden('--help', help.stdout + help.stderr);
});

test('who may not see the configuration does not see the password in it', async (t) => {
  const server = await serverFor(t, { directives: { requirepass: PASSWORD } });
  const stranger = await connectionFor(t, server);
  assertHidden('CONFIG GET of a stranger', (await stranger.request('CONFIG', 'GET', '*')).toString());
  const admin = await administrator(server);
  t.after(() => admin.close());
  await admin.call('ACL', 'SETUSER', 'reader', 'on', 'nopass', '~*', '+@read', '+info', '+client|list');
  const reader = await connectionFor(t, server);
  assert.equal(await reader.call('AUTH', 'reader', 'anything'), 'OK');
  for (const request of [
    ['CONFIG', 'GET', 'requirepass'],
    ['ACL', 'LIST'],
    ['SLOWLOG', 'GET'],
    ['INFO', 'everything'],
  ]) {
    assertHidden(request.join(' '), (await reader.request(...request)).toString('latin1'));
  }
});
