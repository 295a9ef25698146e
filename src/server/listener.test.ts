import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { test } from 'node:test';
import { Config } from '../engine/config/config.js';
import { findSharing, planListeners } from './listener.js';
import type { Endpoint } from './messages.js';
import { loadNative, type Native } from './native.js';
import { hasKnownSockets, localAddress, openListener, prepareListener } from './sockets.js';

function configured(bind: readonly string[], port: number, threads: number): Config {
  const config = new Config();
  config.setAtStart('bind', bind);
  config.setAtStart('port', port);
  config.setAtStart('threads', threads);
  return config;
}

test('one thread listens on each address itself; addresses that may be missing are left out', async () => {
  const plan = await planListeners(configured(['127.0.0.1', '-192.0.2.1'], 0, 1));
  assert.equal(plan.threadCount, 1);
  assert.equal(plan.endpoints[0]?.length, 1);
  assert.equal(plan.endpoints[0]?.[0]?.host, '127.0.0.1');
  assert.notEqual(plan.endpoints[0]?.[0]?.port, 0, 'the system has chosen');
});

test('a port that somebody listens on is refused in a sentence, also when several threads share', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  for (const threads of [1, 2]) {
    await assert.rejects(planListeners(configured(['127.0.0.1'], port, threads)), {
      code: 'LISTEN',
      message: new RegExp(`can't listen on 127\\.0\\.0\\.1:${port}: the port is in use`),
    });
  }
  taken.close();
});

test('an address that this machine does not have is refused by name', async () => {
  await assert.rejects(planListeners(configured(['192.0.2.1'], 0, 1)), {
    message: /can't listen on 192\.0\.2\.1:0: this machine has no such address/,
  });
  await assert.rejects(planListeners(configured(['-192.0.2.1'], 0, 1)), { message: /none of the addresses/ });
});

test('with a Unix socket, port 0 means that nobody listens on a port', async () => {
  const config = configured(['127.0.0.1'], 0, 2);
  config.setAtStart('unixsocket', '/tmp/crabkv-listener-test.sock');
  for (const sharing of ['none', 'node', 'native'] as const) {
    assert.deepEqual((await planListeners(config, sharing)).endpoints.flat(), []);
  }
  config.setAtStart('unixsocket', `/tmp/${'x'.repeat(103)}`);
  await assert.rejects(planListeners(config), { code: 'LISTEN', message: /has 108 bytes/ });
});

test('without a way to share a port there is one thread and a notice that says why', async () => {
  const plan = await planListeners(configured(['127.0.0.1'], 0, 4), 'none');
  assert.equal(plan.threadCount, 1);
  assert.match(plan.notice ?? '', /one reactor thread instead of 4/);
});

test('sockets of several threads share a port, and a second server is kept from joining it', async (context) => {
  if ((await findSharing()) !== 'native') return context.skip('needs Linux and koffi');
  const native = await loadNative();
  const plan = await planListeners(configured(['127.0.0.1', '-::1'], 0, 2));
  const endpoints = plan.endpoints.flat();
  const servers = [];
  for (const { fd } of endpoints) {
    assert.notEqual(fd, undefined);
    const server = createServer((socket) => socket.end()).listen({ fd: fd as number });
    await once(server, 'listening');
    servers.push(server);
  }
  const port = endpoints[0]?.port as number;
  assert.ok(native !== undefined && port > 0);
  assert.deepEqual(
    servers.map((server) => (server.address() as AddressInfo).port),
    endpoints.map(() => port),
  );
  await assert.rejects(planListeners(configured(['127.0.0.1'], port, 2)), { code: 'LISTEN' });
  for (const server of servers) server.close();
});

test('a native reactor can listen on every endpoint, however the port is shared', async (context) => {
  const native = hasKnownSockets() ? await loadNative() : undefined;
  if (native === undefined) return context.skip('needs Linux and koffi');
  for (const [threads, sharing] of [
    [1, 'none'],
    [2, 'native'],
    [2, 'node'],
  ] as const) {
    const plan = await planListeners(configured(['127.0.0.1', '-::1'], 0, threads), sharing);
    assert.equal(plan.endpoints.length, threads);
    const endpoints = plan.endpoints.flat();
    const listeners: number[] = endpoints.map((endpoint) => listenNatively(native, endpoint));
    for (const [index, { host, port }] of endpoints.entries()) {
      assert.deepEqual(localAddress(native, listeners[index] as number), { host, port }, sharing);
      const client = connect({ host, port });
      await once(client, 'connect');
      client.destroy();
    }
    for (const fd of listeners) native.close(fd);
  }
});

function listenNatively(native: Native, endpoint: Endpoint): number {
  const { host, port, backlog, fd, reusePort = false } = endpoint;
  if (fd === undefined) return openListener(native, { host, port, backlog, reusePort });
  prepareListener(native, fd, backlog);
  return fd;
}
