/** MONITOR through real sockets: what any thread runs is shown to all who watch, and who does not read is cut off. */

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Redis } from 'ioredis';
import { until } from '../support/fixture.js';
import { type Server, startCrabkv } from '../support/server.js';

async function started(t: TestContext, directives: Record<string, string> = {}): Promise<Server> {
  const server = await startCrabkv({ directives: { threads: '2', appendfsync: 'no', ...directives } });
  t.after(() => server.stop());
  return server;
}

/** `+1339518083.107412 [0 127.0.0.1:60866] "PING"`: time, database and address, command. */
function parts(line: Buffer): { seconds: number; from: string; command: string } {
  const [, seconds, from, command] =
    /^\+(\d+\.\d{6}) \[(.*?)\] (.*)\r\n$/s.exec(line.toString('latin1')) ?? [];
  assert.ok(seconds !== undefined && from !== undefined && command !== undefined, line.toString());
  return { seconds: Number(seconds), from, command };
}

test('monitors on all threads see the commands of clients of all threads', async (t) => {
  const server = await started(t);
  const monitors = await Promise.all(Array.from({ length: 6 }, () => server.connect()));
  for (const monitor of monitors) assert.equal(await monitor.call('MONITOR'), 'OK');
  const clients = await Promise.all(Array.from({ length: 10 }, () => server.connect()));
  for (const [index, client] of clients.entries())
    assert.equal(await client.call('SET', `k${index}`, 'a b'), 'OK');
  for (const monitor of monitors) {
    const lines = (await monitor.frames(clients.length)).map(parts);
    assert.deepEqual(
      lines.map(({ command }) => command).sort(),
      clients.map((_, index) => `"SET" "k${index}" "a b"`).sort(),
    );
    for (const { seconds, from } of lines) {
      assert.ok(Math.abs(seconds - Date.now() / 1000) < 60);
      assert.match(from, /^0 127\.0\.0\.1:\d+$/);
    }
  }
});

test('lines of one client come in the order of its commands, a pipeline whole', async (t) => {
  const server = await started(t);
  const monitors = await Promise.all(Array.from({ length: 4 }, () => server.connect()));
  for (const monitor of monitors) assert.equal(await monitor.call('MONITOR'), 'OK');
  const client = await server.connect();
  const requests = Array.from({ length: 5000 }, (_, index) => ['ECHO', `${index}`]);
  await client.pipeline(requests);
  for (const monitor of monitors) {
    const lines = await monitor.frames(requests.length);
    for (const [index, line] of lines.entries()) assert.equal(parts(line).command, `"ECHO" "${index}"`);
  }
});

test("a monitor's own commands come after their replies; RESET ends it", async (t) => {
  const server = await started(t);
  const monitor = await server.connect();
  assert.equal(await monitor.call('MONITOR'), 'OK');
  assert.match(String(await server.connect().then((other) => other.call('CLIENT', 'LIST'))), / flags=O /);
  assert.equal(await monitor.call('PING'), 'PONG');
  assert.equal(parts(await monitor.frame()).command, '"PING"');
  assert.match((await monitor.request('GET', 'k')).toString(), /Replica can't interact with the keyspace/);
  assert.equal(await monitor.call('RESET'), 'RESET');
  assert.equal(await monitor.call('SET', 'k', '1'), 'OK');
  assert.equal(monitor.unread, 0);
});

test('the text protocol shows bare lines', async (t) => {
  const server = await started(t);
  const monitor = await server.connectText();
  assert.equal(await monitor.ask('MONITOR'), 'OK');
  const client = await server.connect();
  await client.pipeline([
    ['ECHO', 'a'],
    ['ECHO', 'b\n'],
  ]);
  assert.match(await monitor.line(), /^\d+\.\d{6} \[0 127\.0\.0\.1:\d+\] "ECHO" "a"$/);
  assert.match(await monitor.line(), /"ECHO" "b\\n"$/);
});

test('a monitor that does not read is cut off at its output limit, and nobody watches any more', async (t) => {
  const server = await started(t, { 'client-output-buffer-limit': 'normal 1mb 0 0' });
  const monitor = await server.connect();
  assert.equal(await monitor.call('MONITOR'), 'OK');
  monitor.socket.pause();
  const client = await server.connect();
  const value = 'x'.repeat(50_000);
  for (let count = 0; count < 100; count++)
    await client.pipeline(Array.from({ length: 10 }, () => ['ECHO', value]));
  await until(
    'the monitor is gone',
    5000,
    async () => !String(await client.call('CLIENT', 'LIST')).includes('flags=O'),
  );
  assert.match(server.output, /scheduled to be closed ASAP for overcoming of output buffer limits/);
  monitor.socket.resume();
  await monitor.closed;
});

test('ioredis monitors', async (t) => {
  const server = await started(t);
  const redis = new Redis(server.port);
  const monitor = await redis.monitor();
  const seen = new Promise<string[]>((resolve) => {
    monitor.on('monitor', (_time: string, args: string[]) => resolve(args));
  });
  const other = await server.connect();
  await other.call('SET', 'io', 'x "y"');
  assert.deepEqual(await seen, ['SET', 'io', 'x "y"']);
  monitor.disconnect();
  redis.disconnect();
});
