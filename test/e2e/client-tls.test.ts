/** TLS: a terminator before the server, with certificates made for the test: the right, a foreign one, one for another name. */

import assert from 'node:assert/strict';
import { connect as connectSocket, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { createServer } from 'node:tls';
import { ConnectionError, type ConnectOptions, connect } from '../../src/client/index.js';
import { type Certificate, makeCertificate } from '../support/certificate.js';
import { EventLog, failureOf } from '../support/client-fixture.js';
import { sharedServer } from '../support/fixture.js';

const server = sharedServer();
const ours = makeCertificate('localhost', '127.0.0.1');
const foreign = makeCertificate('localhost', '127.0.0.1');
const elsewhere = makeCertificate('elsewhere.example', '127.0.0.2');

/** Speaks TLS in front of the server. */
async function terminatorFor(
  t: TestContext,
  certificate: Certificate,
): Promise<{ port: number; cut: () => void }> {
  const open = new Set<Socket>();
  const terminator = createServer(certificate, (secure) => {
    const plain = connectSocket(server().port, '127.0.0.1');
    for (const socket of [secure, plain]) socket.on('error', () => {}); // 'close' follows
    secure.pipe(plain).pipe(secure);
    secure.once('close', () => plain.destroy());
  });
  terminator.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  terminator.on('tlsClientError', () => {}); // clients that do not trust us
  await new Promise<void>((done) => terminator.listen(0, '127.0.0.1', done));
  const cut = () => {
    for (const socket of open) socket.destroy();
  };
  t.after(() => {
    cut();
    terminator.close();
  });
  const address = terminator.address();
  if (typeof address !== 'object' || address === null) throw new Error('the terminator has no port');
  return { port: address.port, cut };
}

const options = (tls: ConnectOptions['tls'] & object): ConnectOptions => ({
  tls,
  connectTimeoutMs: 5_000,
  reconnectMsMin: 1,
});

for (const scheme of ['rediss', 'crabkvs']) {
  test(`${scheme}:// with the right authority`, async (t) => {
    const { port } = await terminatorFor(t, ours);
    const address = `${scheme}://127.0.0.1:${port}/2`;
    await using kv = await connect(address, options({ ca: ours.cert }));
    const big = Buffer.alloc(3_000_000, 'tls');
    assert.equal(await kv.set('secret', big), 'OK');
    assert.deepEqual(await kv.buffers.get('secret'), big);
    const values = await Promise.all(Array.from({ length: 1_000 }, (_, i) => kv.send('ECHO', i)));
    assert.deepEqual(
      values,
      values.map((_, i) => String(i)),
    );
  });
}

test('a lost TLS connection is made again', async (t) => {
  const { port, cut } = await terminatorFor(t, ours);
  const connects = new EventLog(t, 'connect');
  await using kv = await connect(`rediss://127.0.0.1:${port}`, options({ ca: ours.cert }));
  await connects.reach(1);
  cut();
  await connects.reach(2);
  assert.equal(await kv.send('PING'), 'PONG');
});

test('an authority that is not ours is refused, and the error says why', async (t) => {
  const { port } = await terminatorFor(t, ours);
  for (const tls of [{ ca: foreign.cert }, {}]) {
    const error = await failureOf(
      connect(`rediss://127.0.0.1:${port}`, options(tls)),
      ConnectionError,
      'CONNECT_FAILED',
    );
    assert.match(error.message, new RegExp(`127\\.0\\.0\\.1:${port}`));
    assert.match(error.message, /self-signed certificate|certificate signature/);
  }
});

test('a certificate for another name is refused, and the error names both', async (t) => {
  const { port } = await terminatorFor(t, elsewhere);
  const address = `rediss://127.0.0.1:${port}`;
  const error = await failureOf(
    connect(address, options({ ca: elsewhere.cert })),
    ConnectionError,
    'CONNECT_FAILED',
  );
  assert.match(error.message, /127\.0\.0\.1 is not in the cert's list: 127\.0\.0\.2/);
  await using kv = await connect(address, options({ ca: elsewhere.cert, servername: 'elsewhere.example' }));
  assert.equal(await kv.send('PING'), 'PONG');
});

test('TLS to a server that speaks none: a clear error, in time', async () => {
  const error = await failureOf(
    connect(`rediss://127.0.0.1:${server().port}`, options({ ca: ours.cert })),
    ConnectionError,
    'CONNECT_FAILED',
  );
  assert.match(error.message, new RegExp(`127\\.0\\.0\\.1:${server().port}`));
});

test('no TLS to a server that speaks nothing else: a clear error, in time', async (t) => {
  const { port } = await terminatorFor(t, ours);
  await assert.rejects(
    connect(`redis://127.0.0.1:${port}`, { connectTimeoutMs: 5_000 }),
    (error: unknown) => {
      assert.ok(error instanceof ConnectionError, String(error));
      return error.code === 'CONNECT_FAILED';
    },
  );
});
