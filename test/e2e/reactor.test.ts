/** Which reactor a server runs on: what it says, and that it serves on each. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseReactor } from '../../src/server/reactor-choice.js';
import { decode } from '../support/resp.js';
import { runCrabkv, startCrabkv } from '../support/server.js';

const SERVED_ELSEWHERE = { skip: process.env['TEST_SUBJECT'] === 'redis' ? 'redis has no reactors' : false };
const best = await chooseReactor('auto');
const names: string[] = [];
for (const name of ['uring', 'epoll', 'node']) {
  const choice = await chooseReactor(name).catch(() => undefined);
  if (choice?.name === name) names.push(name);
}

for (const name of names) {
  test(
    `a server that was told to use the reactor '${name}' does, and says so`,
    SERVED_ELSEWHERE,
    async (t) => {
      const server = await startCrabkv({ directives: { reactor: name, threads: '2' } });
      t.after(() => server.stop());
      assert.equal(await server.info('reactor'), name);
      assert.match(server.output, new RegExp(`reactor threads \\(${name}\\)`));
      const connections = await Promise.all(Array.from({ length: 20 }, () => server.connect()));
      const big = 'x'.repeat(3_000_000);
      assert.equal(await connections[0]!.call('SET', 'big', big), 'OK');
      for (const connection of connections) assert.equal(await connection.call('GET', 'big'), big);
      for (const connection of connections) connection.close();
      assert.equal((await server.terminate()).code, 0);
    },
  );

  test(`the reactor '${name}' can be asked for in the environment`, SERVED_ELSEWHERE, async (t) => {
    const server = await startCrabkv({ environment: { CRABKV_REACTOR: name } });
    t.after(() => server.stop());
    assert.equal(await server.info('reactor'), name);
    assert.deepEqual(await (await server.connect()).call('CONFIG', 'GET', 'reactor'), ['reactor', name]);
  });
}

test('a server ends although clients do not read', SERVED_ELSEWHERE, async (t) => {
  const server = await startCrabkv();
  t.after(() => server.stop());
  const writer = await server.connect();
  await writer.call('SET', 'big', 'x'.repeat(8_000_000));
  const sockets = await Promise.all(Array.from({ length: 8 }, () => server.connect()));
  for (const [index, connection] of sockets.entries()) {
    connection.socket.pause();
    connection.socket.write('*2\r\n$3\r\nGET\r\n$3\r\nbig\r\n'.repeat(3));
    if (index % 2 === 0) connection.socket.end();
  }
  assert.equal(decode(await writer.request('PING')), 'PONG');
  assert.equal((await server.terminate()).code, 0);
  for (const connection of sockets) connection.close();
  writer.close();
});

test('without being told, a server takes the best reactor that runs here', SERVED_ELSEWHERE, async (t) => {
  const server = await startCrabkv({ directives: { reactor: 'auto' } });
  t.after(() => server.stop());
  assert.equal(await server.info('reactor'), best.name);
  if (best.notice !== undefined) assert.ok(server.output.includes(best.notice));
});

test('an unknown reactor is refused with the names there are', SERVED_ELSEWHERE, async () => {
  const { code, stderr, stdout } = await runCrabkv(['--reactor', 'kqueue', '--port', '0']);
  assert.notEqual(code, 0);
  assert.match(stdout + stderr, /kqueue.*reactor.*uring.*node/s);
});
