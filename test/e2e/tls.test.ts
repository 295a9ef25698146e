/** TLS: the port, clients of all kinds on it, certificates of clients, users named by them, new certificates while it runs. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect as connectSocket } from 'node:net';
import { after, before, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { connect } from '../../src/client/index.js';
import { makeAuthority, makeCertificate } from '../support/certificate.js';
import { until } from '../support/fixture.js';
import { encodeRequest } from '../support/resp.js';
import { freePort, MAIN_PATH, run, runCrabkv, Server } from '../support/server.js';
import { makeTemporaryDirectory, removeTemporaryDirectory } from '../support/temporary.js';
import {
  pingOver,
  type TlsServer,
  tlsClientFor,
  tlsDirectives,
  tlsFilesFor,
  tlsServerFor,
  writeCertificate,
} from '../support/tls-server.js';
import { skipWithout } from '../support/tools.js';

const PONG = '+PONG\r\n';
const skipCli = skipWithout('redis-cli over TLS', 'redis-cli');
const clearings: (() => unknown)[] = [];
let shared: TlsServer;

before(async () => {
  const t = { after: (work: () => unknown) => void clearings.push(work) };
  shared = await tlsServerFor(t, {
    threads: '2',
    'tls-threads': '2',
    'enable-debug-command': 'yes',
  });
});
after(async () => {
  for (const clear of clearings.reverse()) await clear();
});

test('our client, beside a plain connection: the same data, clients and INFO', async (t) => {
  const kv = await tlsClientFor(t, shared);
  const plain = await shared.server.connect();
  t.after(() => plain.close());
  const big = Buffer.alloc(3_000_000, 'tls');
  assert.equal(await kv.set('big', big), 'OK');
  assert.deepEqual(await kv.buffers.get('big'), big);
  assert.equal((await plain.request('STRLEN', 'big')).toString(), ':3000000\r\n');
  const values = await Promise.all(Array.from({ length: 1_000 }, (_, i) => kv.send('ECHO', i)));
  assert.deepEqual(
    values,
    values.map((_, i) => String(i)),
  );
  assert.match(
    String(await kv.send('CLIENT', 'INFO')),
    new RegExp(` laddr=127\\.0\\.0\\.1:${shared.tlsPort} `),
  );
  const list = (await plain.request('CLIENT', 'LIST')).toString();
  for (const port of [shared.tlsPort, shared.server.port])
    assert.match(list, new RegExp(`laddr=127.0.0.1:${port} `));
  const info = String(await kv.send('INFO', 'server'));
  assert.match(info, new RegExp(`tcp_port:${shared.server.port}\r\n`));
  const { CRABKV_REACTOR } = process.env;
  assert.match(info, new RegExp(`reactor_threads:${CRABKV_REACTOR === 'node' ? 2 : 4}\r\n`));
  assert.deepEqual(
    await kv.send('CONFIG', 'GET', 'tls-port'),
    new Map([['tls-port', String(shared.tlsPort)]]),
  );
});

test('a client that waits over TLS is woken by a plain one, and the other way round', async (t) => {
  const kv = await tlsClientFor(t, shared);
  const plain = await connect(`crabkv://127.0.0.1:${shared.server.port}`);
  t.after(() => plain.close());
  for (const [waiting, pushing] of [
    [kv, plain],
    [plain, kv],
  ] as const) {
    const popped = waiting.blpop('queue', 20);
    await until('it waits', 5_000, async () => {
      return /blocked_clients:1\r\n/.test(String(await pushing.send('INFO', 'clients')));
    });
    await pushing.rpush('queue', 'x');
    assert.deepEqual(await popped, ['queue', 'x']);
  }
});

test('all threads take part in a reload', async (t) => {
  const kv = await tlsClientFor(t, shared);
  for (let i = 0; i < 300; i++) await kv.set(`reload:${i}`, String(i));
  assert.equal(await kv.send('DEBUG', 'RELOAD'), 'OK');
  for (let i = 0; i < 300; i++) assert.equal(await kv.get(`reload:${i}`), String(i));
});

test('ioredis, node-redis and redis-cli', async (t) => {
  const { authority, tlsPort, ca } = shared;
  const io = new Redis({ port: tlsPort, host: '127.0.0.1', tls: { ca: authority.cert } });
  t.after(() => io.disconnect());
  assert.equal(await io.set('io', '1'), 'OK');
  assert.deepEqual(await io.pipeline().incr('io').get('io').exec(), [
    [null, 2],
    [null, '2'],
  ]);
  const node = createClient({ socket: { port: tlsPort, host: '127.0.0.1', tls: true, ca: authority.cert } });
  t.after(() => node.destroy());
  await node.connect();
  assert.equal(await node.get('io'), '2');
  if (skipCli !== false) return;
  const args = ['-p', String(tlsPort), '--tls', '--cacert', ca];
  assert.equal((await run('redis-cli', [...args, 'GET', 'io'])).stdout, '2\n');
  const requests = Array.from({ length: 2_000 }, () => encodeRequest(['INCR', 'cli'])).join('');
  assert.match((await run('redis-cli', [...args, '--pipe'], { input: requests })).stdout, /replies: 2000/);
});

test('plain bytes to the port of TLS, and a handshake to the plain port, end cleanly', async () => {
  const text = await new Promise<string>((done) => {
    const socket = connectSocket(shared.tlsPort, '127.0.0.1');
    let received = '';
    socket.on('data', (bytes: Buffer) => {
      received += bytes.toString('latin1');
    });
    socket.on('error', () => {});
    socket.on('close', () => done(received));
    socket.write('*1\r\n$4\r\nPING\r\n');
  });
  assert.doesNotMatch(text, /PONG/);
  const outcome = await new Promise<string>((done) => {
    const socket = connectTls({ port: shared.server.port, host: '127.0.0.1', ca: shared.authority.cert });
    socket.on('error', (error: NodeJS.ErrnoException) => done(error.code ?? error.message));
    socket.on('secureConnect', () => done('secured'));
    socket.on('close', () => done('closed'));
  });
  assert.notEqual(outcome, 'secured');
  assert.equal(await pingOver(shared), PONG);
  assert.equal(await shared.server.info('tcp_port'), String(shared.server.port));
});

test('optional: a client needs no certificate, but one that it shows must be of our authority', async () => {
  const ours = shared.authority.issue('anybody');
  const foreign = makeAuthority('Test Authority').issue('anybody');
  assert.equal(await pingOver(shared), PONG);
  assert.equal(await pingOver(shared, ours), PONG);
  assert.match(await pingOver(shared, foreign), /^refused/);
  assert.match(await pingOver(shared, makeCertificate('anybody')), /^refused/);
});

test('a client must have a certificate unless it is configured otherwise', async (t) => {
  const strict = await tlsServerFor(t, { 'tls-auth-clients': 'yes' });
  const ours = strict.authority.issue('anybody');
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    assert.equal(await pingOver(strict, { ...ours, maxVersion }), PONG);
    assert.match(await pingOver(strict, { maxVersion }), /^refused/);
    assert.match(
      await pingOver(strict, { ...makeAuthority('Test Authority').issue('x'), maxVersion }),
      /^refused/,
    );
  }
  // None is asked for: a foreign one is not even sent.
  const plain = await strict.server.connect();
  t.after(() => plain.close());
  assert.equal((await plain.request('CONFIG', 'SET', 'tls-auth-clients', 'no')).toString(), '+OK\r\n');
  assert.equal(await pingOver(strict), PONG);
  assert.equal(await pingOver(strict, makeCertificate('anybody')), PONG);
});

test('the name in a certificate is the user, if there is such a user and it is on', async (t) => {
  const named = await tlsServerFor(t, { requirepass: 'secret', 'tls-auth-clients-user': 'CN' });
  const admin = await connect(`crabkv://:secret@127.0.0.1:${named.server.port}`);
  t.after(() => admin.close());
  await admin.send('ACL', 'SETUSER', 'alice', 'on', '+@all', '-flushall', '~*');
  await admin.send('ACL', 'SETUSER', 'bob', 'off', '+@all', '~*');
  await admin.send('ACL', 'SETUSER', 'spiffe://x/carol', 'on', '+@all', '~*');
  const who = async (certificate: { cert: string; key: string }): Promise<string> => {
    const kv = await tlsClientFor(t, named, certificate).catch((error: Error) => error.message);
    if (typeof kv === 'string') return kv;
    return String(await kv.send('ACL', 'WHOAMI').catch((error: Error) => error.message));
  };
  const alice = named.authority.issue('alice', 'a.example', 'spiffe://x/carol', 'spiffe://x/other');
  assert.equal(await who(alice), 'alice');
  const kv = await tlsClientFor(t, named, alice);
  await assert.rejects(kv.send('FLUSHALL'), /NOPERM/);
  assert.match(String(await kv.send('CLIENT', 'INFO')), / user=alice /);
  for (const name of ['bob', 'nobody', 'Alice', 'alice\0']) {
    assert.match(await who(named.authority.issue(name)), /NOAUTH/, name);
  }
  assert.match(await pingOver(named), /^-NOAUTH/, 'without a certificate');
  await admin.send('CONFIG', 'SET', 'tls-auth-clients-user', 'uri');
  assert.equal(await who(alice), 'spiffe://x/carol');
  assert.match(await who(named.authority.issue('alice')), /NOAUTH/);
  await admin.send('CONFIG', 'SET', 'tls-auth-clients-user', 'off');
  assert.match(await who(alice), /NOAUTH/);
});

test('a new certificate is taken without a restart, and a bad one is not', async (t) => {
  const mine = await tlsServerFor(t, { threads: '2', 'tls-threads': '2' });
  const { directory, authority } = mine;
  const old = await tlsClientFor(t, mine);
  const shown = (): Promise<string> => {
    return new Promise((done, failed) => {
      const socket = connectTls({
        port: mine.tlsPort,
        host: '127.0.0.1',
        ca: authority.cert,
        servername: 'localhost',
      });
      socket.on('secureConnect', () => {
        done(String(socket.getPeerCertificate().subject.CN));
        socket.destroy();
      });
      socket.on('error', failed);
    });
  };
  const next = writeCertificate(directory, 'next', authority.issue('the next', 'localhost', '127.0.0.1'));
  const set = (...pairs: string[]): Promise<unknown> => old.send('CONFIG', 'SET', ...pairs);

  await assert.rejects(
    set('tls-cert-file', next.certificate),
    /'tls-cert-file'.*tls-key-file .*is not the key/,
  );
  await assert.rejects(set('tls-cert-file', '/nowhere'), /can't read \/nowhere: it does not exist/);
  await assert.rejects(set('tls-ciphers', 'NONSENSE'), /related to argument 'tls-ciphers'/);
  await assert.rejects(set('tls-protocols', 'SSLv3'), /'sslv3' is none of/);
  assert.equal(await shown(), 'the server', 'nothing has changed');
  assert.deepEqual(
    await old.send('CONFIG', 'GET', 'tls-cert-file'),
    new Map([['tls-cert-file', mine.certificate]]),
  );

  assert.equal(await set('tls-cert-file', next.certificate, 'tls-key-file', next.key), 'OK');
  for (let round = 0; round < 4; round++) assert.equal(await shown(), 'the next', 'in every thread');
  // The same paths again: what is in the files now.
  writeCertificate(directory, 'next', authority.issue('the third', 'localhost', '127.0.0.1'));
  assert.equal(await shown(), 'the next', 'files are read when they are told');
  assert.equal(await set('tls-cert-file', next.certificate), 'OK');
  assert.equal(await shown(), 'the third');
  assert.equal(await old.send('PING'), 'PONG', 'who is connected stays so');

  assert.equal(await set('tls-protocols', 'TLSv1.2'), 'OK');
  assert.match(await pingOver(mine, { minVersion: 'TLSv1.3' }), /^refused/);
  assert.equal(await pingOver(mine, { maxVersion: 'TLSv1.2' }), PONG);
});

test('a session can be resumed in any thread, unless it was made under other rules', async (t) => {
  const mine = await tlsServerFor(t, { threads: '2', 'tls-threads': '2' });
  const options = { port: mine.tlsPort, host: '127.0.0.1', ca: mine.authority.cert };
  const session = await new Promise<Buffer>((done, failed) => {
    const socket = connectTls(options, () => t.after(() => socket.destroy()));
    socket.on('session', done);
    socket.on('error', failed);
  });
  const isResumed = async (): Promise<boolean> => {
    const socket = connectTls({ ...options, session });
    await once(socket, 'secureConnect');
    const isReused = socket.isSessionReused();
    socket.destroy();
    return isReused;
  };
  for (let round = 0; round < 6; round++) assert.equal(await isResumed(), true);
  const plain = await mine.server.connect();
  t.after(() => plain.close());
  await plain.request('CONFIG', 'SET', 'tls-session-cache-timeout', '100');
  assert.equal(await isResumed(), false, 'settings are new');
  await plain.request('CONFIG', 'SET', 'tls-session-caching', 'no');
  assert.equal(await isResumed(), false);
});

test('with port 0 there is nothing but TLS', async (t) => {
  const files = tlsFilesFor(t);
  const directory = makeTemporaryDirectory();
  t.after(() => removeTemporaryDirectory(directory));
  const tlsPort = await freePort();
  const directives = {
    ...tlsDirectives(files, tlsPort),
    bind: '127.0.0.1',
    threads: '2',
    port: '0',
    dir: directory,
  };
  const args = Object.entries(directives).flatMap(([name, value]) => [`--${name}`, value]);
  const server = new Server('crabkv', process.execPath, [MAIN_PATH, ...args], 0, directory, {});
  t.after(() => server.kill());
  await until('it is ready', 20_000, () => server.output.includes('Ready to accept connections'));
  assert.match(server.output, new RegExp(`connections on 127\\.0\\.0\\.1:${tlsPort} \\(TLS\\)\n`));
  const kv = await tlsClientFor(t, { ...files, tlsPort });
  await kv.set('a', '1');
  const info = String(await kv.send('INFO', 'server'));
  assert.match(info, new RegExp(`tcp_port:${tlsPort}\r\n`));
  assert.match(info, /reactor_threads:2\r\n/);
  await kv.close();
  assert.deepEqual(await server.terminate(), { code: 0, signal: null });
});

test('a server that can not speak TLS as it is told does not start, and says why', async (t) => {
  const files = tlsFilesFor(t);
  const tlsPort = await freePort();
  const directory = makeTemporaryDirectory();
  t.after(() => removeTemporaryDirectory(directory));
  writeFileSync(`${directory}/empty`, '');
  const right = { ...tlsDirectives(files, tlsPort), port: '0', dir: directory, threads: '1' };
  for (const [changes, message] of [
    [{ 'tls-cert-file': '' }, /tls-cert-file is not set/],
    [{ 'tls-key-file': '' }, /tls-key-file is not set/],
    [{ 'tls-ca-cert-file': '' }, /tls-auth-clients is not no, so tls-ca-cert-file or tls-ca-cert-dir/],
    [{ 'tls-cert-file': `${directory}/empty` }, /tls-cert-file .*empty has no certificate in PEM/],
    [{ port: String(tlsPort) }, /port and tls-port are both/],
    [{ 'tls-port': String(shared.tlsPort) }, /the port is in use.*--tls-port/],
  ] as const) {
    const args = Object.entries({ ...right, ...changes }).map(([name, value]) => `--${name}=${value}`);
    const { code, stderr } = await runCrabkv(args);
    assert.equal(code, 1);
    assert.match(stderr, message);
    assert.equal(stderr.trim().split('\n').length, 1);
  }
});
