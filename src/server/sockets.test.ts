import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { loadNative, type Native } from './native.js';
import {
  bindShared,
  hasKnownSockets,
  type ListenerOptions,
  localAddress,
  openListener,
  prepareListener,
  remoteAddress,
  setKeepAlive,
} from './sockets.js';

const SOL_SOCKET = 1;
const SO_KEEPALIVE = 9;
const IPPROTO_TCP = 6;
const TCP_NODELAY = 1;
const TCP_KEEPIDLE = 4;
const TCP_KEEPINTVL = 5;
const TCP_KEEPCNT = 6;
const F_GETFD = 1;
const F_GETFL = 3;
const O_NONBLOCK = 0x800;
const FD_CLOEXEC = 1;
const POLLIN = 1;
const ACCEPT_WAIT_MS = 5_000;

/** What a test looks into a socket with: the functions that the server has no use for. */
interface Probe {
  accept(fd: number): number;
  option(fd: number, level: number, name: number): number;
  flags(fd: number, command: number): number;
}

const native = hasKnownSockets() ? await loadNative() : undefined;
const skip = native === undefined ? 'needs Linux and koffi' : false;
const probe = native === undefined ? undefined : await loadProbe(native);
const hasIPv6 = Object.values(networkInterfaces()).some((list) =>
  list?.some((entry) => entry.address === '::1'),
);

function socketTest(
  title: string,
  body: (native: Native, probe: Probe, context: TestContext) => Promise<void> | void,
): void {
  test(title, { skip }, async (context) => {
    if (native !== undefined && probe !== undefined) await body(native, probe, context);
  });
}

/** A listener that is closed after the test. */
function opened(context: TestContext, calls: Native, options: Partial<ListenerOptions>): number {
  const fd = openListener(calls, { backlog: 16, reusePort: false, ...options });
  context.after(() => calls.close(fd));
  return fd;
}

/** Both ends of a connection to a listener: Node's socket, and the descriptor that was accepted. */
async function connected(
  context: TestContext,
  calls: Native,
  looks: Probe,
  listener: number,
  to: net.NetConnectOpts,
): Promise<{ client: net.Socket; accepted: number }> {
  const client = net.connect(to);
  context.after(() => client.destroy());
  await once(client, 'connect');
  const accepted = looks.accept(listener);
  assert.ok(accepted >= 0, calls.lastError());
  context.after(() => calls.close(accepted));
  return { client, accepted };
}

socketTest('a listener accepts, does not block and is closed on exec', async (calls, looks, context) => {
  const listener = opened(context, calls, { host: '127.0.0.1' });
  assert.equal(looks.flags(listener, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
  assert.equal(looks.flags(listener, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
  const { host, port } = localAddress(calls, listener);
  assert.equal(host, '127.0.0.1');
  assert.notEqual(port, 0, 'the system has chosen');
  const { client, accepted } = await connected(context, calls, looks, listener, { host, port });
  assert.deepEqual(localAddress(calls, accepted), { host: client.remoteAddress, port });
  assert.deepEqual(remoteAddress(calls, accepted), { host: client.localAddress, port: client.localPort });
});

socketTest('accepted sockets send without delay, as the listener does', async (calls, looks, context) => {
  const listener = opened(context, calls, { host: '127.0.0.1' });
  const { port } = localAddress(calls, listener);
  const { accepted } = await connected(context, calls, looks, listener, { host: '127.0.0.1', port });
  assert.equal(looks.option(accepted, IPPROTO_TCP, TCP_NODELAY), 1);
});

socketTest('IPv6 addresses are written as Node writes them', async (calls, looks, context) => {
  if (!hasIPv6) return context.skip('this machine has no IPv6');
  const listener = opened(context, calls, { host: '::1' });
  const { host, port } = localAddress(calls, listener);
  assert.equal(host, '::1');
  const { client, accepted } = await connected(context, calls, looks, listener, { host, port });
  assert.equal(client.remoteAddress, '::1');
  assert.deepEqual(remoteAddress(calls, accepted), { host: '::1', port: client.localPort });
  // It takes IPv6 only: both families have a socket of their own on the same port.
  const every = opened(context, calls, { host: '::' });
  const samePort = localAddress(calls, every).port;
  opened(context, calls, { host: '0.0.0.0', port: samePort });
});

test('every IPv6 address has the text that the system has for it', async () => {
  // The calls are answered from here: an address need not be one of this machine's.
  const seen = new Map<string, string>([
    ['::', '::'],
    ['::1', '::1'],
    ['2001:0DB8::0001', '2001:db8::1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['fe80:0:0:0:0:0:0:0', 'fe80::'],
    ['::ffff:127.0.0.1', '::ffff:127.0.0.1'],
    ['::FFFF:c000:0201', '::ffff:192.0.2.1'],
    ['fe80::1%4242', 'fe80::1%4242'],
    ['ff02:1:2:3:4:5:6:7', 'ff02:1:2:3:4:5:6:7'],
  ]);
  for (const [host, text] of seen) {
    const fake = new EchoedAddress();
    const fd = openListener(fake.calls, { host, port: 6379, backlog: 1, reusePort: false });
    assert.deepEqual(localAddress(fake.calls, fd), { host: text, port: 6379 }, host);
  }
});

socketTest(
  'a Unix socket has its path for an address, and its clients none',
  async (calls, looks, context) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'crabkv-sockets-'));
    context.after(() => rmSync(folder, { recursive: true }));
    const file = path.join(folder, 'crabkv-ü.sock');
    const listener = opened(context, calls, { path: file });
    assert.deepEqual(localAddress(calls, listener), { host: file, port: 0 });
    const { accepted } = await connected(context, calls, looks, listener, { path: file });
    assert.deepEqual(localAddress(calls, accepted), { host: file, port: 0 });
    assert.deepEqual(remoteAddress(calls, accepted), { host: '', port: 0 });
    setKeepAlive(calls, accepted, 60); // has no meaning here, and does no harm
    assert.throws(() => opened(context, calls, { path: file }), { code: 'EADDRINUSE' });
  },
);

socketTest("a Unix socket's path may have 107 bytes and not one more", (calls, _looks, context) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'crabkv-sockets-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const longest = path.join(folder, 's'.repeat(107 - folder.length - 1));
  assert.deepEqual(localAddress(calls, opened(context, calls, { path: longest })), {
    host: longest,
    port: 0,
  });
  assert.throws(() => opened(context, calls, { path: `${longest}s` }), {
    code: 'ENAMETOOLONG',
    message: /108/,
  });
  assert.throws(() => opened(context, calls, { path: '' }), { code: 'EINVAL' });
  assert.throws(() => opened(context, calls, { path: 'a\0b' }), { code: 'EINVAL' });
});

socketTest(
  'what the system refuses is thrown with its code, and no descriptor stays',
  (calls, _looks, context) => {
    const taken = opened(context, calls, {});
    const { port } = localAddress(calls, taken);
    const opens: number[] = [];
    const closes: number[] = [];
    const counting: Native = {
      ...calls,
      socket: (family, type, protocol) => {
        opens.push(calls.socket(family, type, protocol));
        return opens.at(-1) as number;
      },
      close: (fd) => {
        closes.push(fd);
        return calls.close(fd);
      },
    };
    const open = (options: Partial<ListenerOptions>) => () => opened(context, counting, options);
    assert.throws(open({ port }), { code: 'EADDRINUSE', message: `bind 127.0.0.1:${port}: EADDRINUSE` });
    assert.throws(open({ port, reusePort: true }), { code: 'EADDRINUSE' }, 'both must want to share');
    assert.throws(open({ host: '192.0.2.1' }), { code: 'EADDRNOTAVAIL' });
    assert.throws(open({ path: '/nonexistent/crabkv.sock' }), { code: 'ENOENT' });
    assert.equal(opens.length, 4);
    assert.deepEqual(closes, opens);
    assert.throws(open({ host: 'localhost' }), { code: 'EINVAL' });
    assert.throws(() => localAddress(calls, -1), { code: 'EBADF' });
    assert.throws(() => remoteAddress(calls, taken), { code: 'ENOTCONN' });
  },
);

socketTest('sockets that share a port are bound first and listen later', async (calls, looks, context) => {
  const first = bindShared(calls, '127.0.0.1', 0);
  context.after(() => calls.close(first));
  const { port } = localAddress(calls, first);
  const second = bindShared(calls, '127.0.0.1', port);
  context.after(() => calls.close(second));
  const early = net.connect({ host: '127.0.0.1', port });
  await assert.rejects(once(early, 'connect'), { code: 'ECONNREFUSED' });
  prepareListener(calls, second, 16);
  assert.equal(looks.flags(second, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
  const { accepted } = await connected(context, calls, looks, second, { host: '127.0.0.1', port });
  assert.equal(looks.option(accepted, IPPROTO_TCP, TCP_NODELAY), 1);
  // The third that listens at once is one more that shares.
  assert.equal(localAddress(calls, opened(context, calls, { port, reusePort: true })).port, port);
});

socketTest('keep-alive probes as Redis does, and can be turned off', async (calls, looks, context) => {
  const listener = opened(context, calls, {});
  const { host, port } = localAddress(calls, listener);
  const { accepted } = await connected(context, calls, looks, listener, { host, port });
  const settings = (fd: number): number[] => [
    looks.option(fd, SOL_SOCKET, SO_KEEPALIVE),
    looks.option(fd, IPPROTO_TCP, TCP_KEEPIDLE),
    looks.option(fd, IPPROTO_TCP, TCP_KEEPINTVL),
    looks.option(fd, IPPROTO_TCP, TCP_KEEPCNT),
  ];
  assert.equal(settings(accepted)[0], 0);
  setKeepAlive(calls, accepted, 300);
  assert.deepEqual(settings(accepted), [1, 300, 100, 3]);
  setKeepAlive(calls, accepted, 1);
  assert.deepEqual(settings(accepted), [1, 1, 1, 3]);
  setKeepAlive(calls, accepted, 2 ** 31 - 1);
  assert.deepEqual(settings(accepted), [1, 32767, 10922, 3], 'the most that the system takes');
  setKeepAlive(calls, accepted, 0);
  assert.equal(settings(accepted)[0], 0);
  setKeepAlive(calls, listener, 120);
  const next = await connected(context, calls, looks, listener, { host, port });
  assert.deepEqual(settings(next.accepted), [1, 120, 40, 3], 'accepted sockets have what the listener has');
  setKeepAlive(calls, -1, 60); // as for a connection that is gone meanwhile: nothing happens
});

/** Calls that remember the address a socket was bound to. */
class EchoedAddress {
  #bound = new Uint8Array();
  readonly calls = {
    socket: () => 3,
    setsockopt: () => 0,
    bind: (_fd: number, address: Uint8Array, bytes: number) => {
      this.#bound = address.slice(0, bytes);
      return 0;
    },
    listen: () => 0,
    getsockname: (_fd: number, address: Uint8Array, size: Uint32Array) => {
      address.fill(0xff);
      address.set(this.#bound);
      size[0] = this.#bound.length;
      return 0;
    },
  } as unknown as Native;
}

async function loadProbe(calls: Native): Promise<Probe> {
  const { default: koffi } = await import('koffi');
  const library = koffi.load(null);
  const getsockopt = library.func(
    'int getsockopt(int fd, int level, int name, void *value, uint32_t *bytes)',
  );
  const fcntl = library.func('int fcntl(int fd, int command, ...)');
  const accept = library.func('int accept(int fd, void *address, void *size)');
  const poll = library.func('int poll(uint8_t *polled, ulong count, int timeoutMs)');
  return {
    accept: (fd) => {
      // struct pollfd: i32 descriptor, i16 events, i16 results.
      const polled = new Uint8Array(8);
      const view = new DataView(polled.buffer);
      new Int32Array(polled.buffer, 0, 1)[0] = fd;
      view.setInt16(4, POLLIN, true);
      assert.equal(poll(polled, 1, ACCEPT_WAIT_MS), 1, 'a connection waits');
      return accept(fd, null, null);
    },
    option: (fd, level, name) => {
      const value = new Int32Array(1);
      const size = new Uint32Array([4]);
      assert.equal(getsockopt(fd, level, name, value, size), 0, calls.lastError());
      return value[0] as number;
    },
    flags: (fd, command) => fcntl(fd, command, 'int', 0),
  };
}
