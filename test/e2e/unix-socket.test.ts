/** A server's Unix socket: the clients that use it, its file and that file's permissions, on every reactor. */

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { chooseReactor } from '../../src/server/reactor-choice.js';
import { RespConnection } from '../support/connection.js';
import { freePort, run, runCrabkv, type Server, startCrabkv } from '../support/server.js';
import { makeTemporaryDirectory, removeTemporaryDirectory } from '../support/temporary.js';
import { skipWithout } from '../support/tools.js';

const skipCli = skipWithout('redis-cli on a Unix socket', 'redis-cli');
const reactors: string[] = [];
for (const name of ['uring', 'epoll', 'node']) {
  const choice = await chooseReactor(name).catch(() => undefined);
  if (choice?.name === name) reactors.push(name);
}

function temporaryFolder(t: TestContext): string {
  const folder = makeTemporaryDirectory();
  t.after(() => removeTemporaryDirectory(folder));
  return folder;
}

async function started(t: TestContext, directives: Record<string, string>, port?: number): Promise<Server> {
  const server = await startCrabkv({ directives, ...(port === undefined ? {} : { port }) });
  t.after(() => server.stop());
  return server;
}

/** What a server that is refused says. */
async function refusal(folder: string, path: string): Promise<string> {
  const options = ['--dir', join(folder, 'data'), '--port', '0', '--unixsocket', path];
  const { code, stderr } = await runCrabkv(options);
  assert.equal(code, 1);
  return stderr;
}

for (const reactor of reactors) {
  test(`${reactor}: serves a Unix socket beside TCP, and removes its file at the end`, async (t) => {
    const path = join(temporaryFolder(t), 's');
    const server = await started(t, {
      reactor,
      threads: '2',
      unixsocket: path,
      unixsocketperm: '700',
      'tcp-keepalive': '300',
    });
    assert.equal(statSync(path).mode & 0o777, 0o700);
    const local = await RespConnection.open(path);
    const remote = await server.connect();
    assert.equal(await local.call('SET', 'k', 'v'), 'OK');
    assert.equal(await remote.call('GET', 'k'), 'v');
    const big = 'x'.repeat(3_000_000);
    assert.equal(await local.call('SET', 'big', big), 'OK');
    assert.equal(await local.call('GET', 'big'), big);
    const line = String(await local.call('CLIENT', 'INFO'));
    assert.match(line, new RegExp(` addr=${path}:0 laddr=${path}:0 .* flags=U `));
    assert.match(String(await remote.call('CLIENT', 'INFO')), / addr=127\.0\.0\.1:\d+ .* flags=N /);
    assert.equal(await remote.call('CLIENT', 'KILL', 'ADDR', `${path}:0`), 1);
    await local.closed;
    assert.deepEqual(await remote.call('CONFIG', 'GET', 'unixsocketperm'), ['unixsocketperm', '700']);
    assert.equal((await server.terminate()).code, 0);
    assert.equal(existsSync(path), false);
  });

  test(`${reactor}: port 0 with a Unix socket is no TCP at all`, async (t) => {
    const path = join(temporaryFolder(t), 's');
    const server = await started(t, { reactor, unixsocket: path }, 0);
    const connection = await server.connect();
    assert.deepEqual(await connection.call('CONFIG', 'GET', 'port'), ['port', '0']);
    assert.match(server.output, new RegExp(`Ready to accept connections on ${path}\n`));
    assert.equal((await server.terminate()).code, 0);
    assert.equal(existsSync(path), false);
  });

  test(`${reactor}: takes over the file of a server that was killed, not that of one that lives`, async (t) => {
    const folder = temporaryFolder(t);
    const path = join(folder, 's');
    const first = await started(t, { reactor, unixsocket: path }, 0);
    assert.match(
      await refusal(folder, path),
      /can't listen on the Unix socket .*: another server answers there/,
    );
    assert.equal(await (await first.connect()).call('PING'), 'PONG');
    await first.kill();
    assert.ok(existsSync(path));
    const second = await started(t, { reactor, unixsocket: path }, 0);
    assert.equal(await (await second.connect()).call('PING'), 'PONG');
  });

  test(`${reactor}: ioredis and node-redis connect to the path`, async (t) => {
    const path = join(temporaryFolder(t), 's');
    await started(t, { reactor, threads: '2', unixsocket: path }, 0);
    const ioredis = new Redis(path);
    const redis = await createClient({ socket: { path, tls: false } }).connect();
    assert.equal(await ioredis.set('a', '1'), 'OK');
    assert.equal(await redis.incr('a'), 2);
    assert.equal(await ioredis.get('a'), '2');
    ioredis.disconnect();
    redis.destroy();
  });
}

test('redis-cli -s talks to the Unix socket', { skip: skipCli }, async (t) => {
  const path = join(temporaryFolder(t), 's');
  await started(t, { unixsocket: path }, 0);
  const { stdout } = await run('redis-cli', ['-s', path, 'ECHO', 'hello']);
  assert.equal(stdout, 'hello\n');
});

test('a path that is too long, no socket, or nowhere is refused in a sentence', async (t) => {
  const folder = temporaryFolder(t);
  const long = join(folder, 'x'.repeat(108 - folder.length));
  assert.match(await refusal(folder, long), /the path has 109 bytes, and the system allows 107/);
  const file = join(folder, 'file');
  writeFileSync(file, 'precious');
  assert.match(await refusal(folder, file), /there is a file of another kind/);
  assert.ok(existsSync(file));
  mkdirSync(join(folder, 'directory'));
  assert.match(await refusal(folder, join(folder, 'directory')), /there is a file of another kind/);
  assert.match(await refusal(folder, join(folder, 'no', 'where')), /there is no such directory/);
});

test('a server that did not start leaves no socket behind', async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 's');
  const port = await freePort();
  const other = await started(t, {}, port);
  const options = ['--dir', join(folder, 'data'), '--port', String(other.port), '--unixsocket', path];
  assert.equal((await runCrabkv(options)).code, 1);
  assert.equal(existsSync(path), false);
});
