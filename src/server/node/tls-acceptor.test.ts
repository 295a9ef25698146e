import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { type TestContext, test } from 'node:test';
import { connect, type TLSSocket } from 'node:tls';
import { makeCertificate } from '../../../test/support/certificate.js';
import { TlsAcceptor } from './tls-acceptor.js';
import { settingsFor } from './tls-line.case.js';

const first = makeCertificate('localhost');
const second = makeCertificate('localhost');

interface Bench {
  readonly acceptor: TlsAcceptor;
  readonly port: number;
  readonly accepted: TLSSocket[];
  readonly failures: string[];
  /** Resolves when so many handshakes are under way. */
  pending(count: number): Promise<void>;
}

/** An acceptor behind a port. */
async function benchFor(t: TestContext, handshakesMax?: number, handshakeMsMax?: number): Promise<Bench> {
  const accepted: TLSSocket[] = [];
  const failures: string[] = [];
  const handler = {
    accepted: (socket: TLSSocket) => void accepted.push(socket.on('error', () => {})),
    failed: (_: string, reason: string) => void failures.push(reason),
  };
  const acceptor = new TlsAcceptor(settingsFor(first), handler, handshakesMax, handshakeMsMax);
  const server = net.createServer((socket) => acceptor.take(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const socket of accepted) socket.destroy();
    acceptor.close();
    server.close();
  });
  const { port } = server.address() as net.AddressInfo;
  const pending = async (count: number): Promise<void> => {
    while (acceptor.pendingCount !== count) await new Promise(setImmediate);
  };
  return { acceptor, port, accepted, failures, pending };
}

/** Connects and says nothing. */
async function silent(t: TestContext, port: number): Promise<net.Socket> {
  const socket = net.connect(port, '127.0.0.1');
  socket.on('error', () => {});
  t.after(() => socket.destroy());
  await once(socket, 'connect');
  return socket;
}

/** Resolves when the handshake is over. */
async function secured(t: TestContext, port: number, ca: string): Promise<TLSSocket> {
  const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', ca });
  t.after(() => socket.destroy());
  await once(socket, 'secureConnect');
  return socket;
}

test('of handshakes that do not go on, the oldest gives way to the next when there are too many', async (t) => {
  const bench = await benchFor(t, 3);
  const sockets: net.Socket[] = [];
  for (let count = 1; count <= 3; count++) {
    sockets.push(await silent(t, bench.port));
    await bench.pending(count);
  }
  const closed = sockets.map((socket) => once(socket.resume(), 'close'));
  await secured(t, bench.port, first.cert);
  await closed[0];
  await bench.pending(2);
  assert.equal(sockets[1]!.destroyed || sockets[2]!.destroyed, false);
  assert.equal(bench.accepted.length, 1, 'an honest one comes through');
  await silent(t, bench.port);
  await bench.pending(3);
  assert.equal(sockets[1]!.destroyed, false, 'one that is over counts no more');
});

test('a handshake that takes too long is given up', async (t) => {
  const bench = await benchFor(t, undefined, 20);
  const socket = await silent(t, bench.port);
  await once(socket.resume(), 'close');
  await bench.pending(0);
  assert.match(bench.failures.join(), /timeout/);
  assert.equal(bench.accepted.length, 0);
});

test('what is no handshake is told once, and forgotten', async (t) => {
  const bench = await benchFor(t);
  for (const bytes of ['*1\r\n$4\r\nPING\r\n', 'GET / HTTP/1.1\r\n\r\n', '\x16\x03\x01\xff\xff']) {
    const socket = await silent(t, bench.port);
    const closed = once(socket.resume(), 'close');
    socket.end(bytes, 'latin1');
    await closed;
    await bench.pending(0);
  }
  assert.equal(bench.failures.length, 3);
  assert.equal(bench.accepted.length, 0);
});

test('new settings are for new handshakes: those under way and connections that exist keep theirs', async (t) => {
  const bench = await benchFor(t);
  const before = await secured(t, bench.port, first.cert);
  const slow = await silent(t, bench.port);
  await bench.pending(1);
  bench.acceptor.use(settingsFor(second));
  await secured(t, bench.port, second.cert);
  const late = connect({ socket: slow, servername: 'localhost', ca: first.cert });
  t.after(() => late.destroy());
  await once(late, 'secureConnect');
  bench.accepted[0]!.write('still here');
  assert.equal(String(await once(before, 'data')), 'still here');
});

test('close ends all handshakes', async (t) => {
  const bench = await benchFor(t);
  const socket = await silent(t, bench.port);
  await bench.pending(1);
  const closed = once(socket.resume(), 'close');
  bench.acceptor.close();
  await closed;
  await bench.pending(0);
});
