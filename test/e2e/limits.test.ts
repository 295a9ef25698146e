/**
 * What one client can take from a server: little, and only for as long as it is there. The server's own counters tell; how long
 * others wait meanwhile is for `npm run test:limits`.
 */

import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { openSocket } from '../support/connection.js';
import { connectionFor, serverFor, sharedServer, until } from '../support/fixture.js';
import { type Argument, decode, ErrorReply, encodeRequest } from '../support/resp.js';

const MIB = 2 ** 20;
const GIVEN_BACK_MS = 15_000;

const server = sharedServer({ directives: { appendfsync: 'no', 'enable-debug-command': 'yes' } });

/** Sockets that all send `bytes`. */
async function crowd(count: number, bytes: Buffer | string): Promise<Socket[]> {
  const sockets = await Promise.all(Array.from({ length: count }, () => openSocket(server().port)));
  for (const socket of sockets) socket.write(bytes);
  return sockets;
}

async function bufferBytes(): Promise<number> {
  return Number(await server().info('client_buffer_bytes'));
}

/** All but the one who asks are gone, and so is what they had. */
async function allGivenBack(sockets: readonly Socket[]): Promise<void> {
  for (const socket of sockets) socket.destroy();
  await until('everything is given back', GIVEN_BACK_MS, async () => {
    return (await server().info('connected_clients')) === '1' && (await bufferBytes()) === 0;
  });
}

test('half a gigabyte that is announced and does not come takes no memory', async () => {
  const head = `*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$${512 * MIB}\r\n`;
  const sockets = await crowd(100, `${head}${'x'.repeat(1000)}`);
  await until(
    'the server has the beginnings',
    GIVEN_BACK_MS,
    async () => (await bufferBytes()) >= 100 * 1000,
  );
  assert.ok((await bufferBytes()) <= 100 * 70_000, `${await bufferBytes()} bytes`);
  await allGivenBack(sockets);
});

test('requests that come byte by byte take what has come', async () => {
  const request = encodeRequest(['SET', 'slow', 'x'.repeat(2000)]);
  const sockets = await crowd(300, '');
  for (const byte of request.subarray(0, 60)) for (const socket of sockets) socket.write(Buffer.of(byte));
  await until('the server has the beginnings', GIVEN_BACK_MS, async () => (await bufferBytes()) >= 300 * 60);
  assert.ok((await bufferBytes()) <= 300 * 8192, `${await bufferBytes()} bytes`);
  await allGivenBack(sockets);
});

test('replies that nobody reads wait up to a limit: no further request is executed meanwhile', async (t) => {
  const connection = await connectionFor(t, server());
  await connection.call('SET', 'big', Buffer.alloc(MIB, 'b'));
  const request = encodeRequest(['GET', 'big']);
  const sockets = await Promise.all(Array.from({ length: 20 }, () => openSocket(server().port)));
  for (const socket of sockets)
    socket.pause().write(Buffer.concat(Array.from({ length: 60 }, () => request)));
  await until('output waits', GIVEN_BACK_MS, async () => (await bufferBytes()) >= 20 * MIB);
  assert.ok((await bufferBytes()) <= 20 * 3 * MIB, `${await bufferBytes()} bytes`);
  await connection.call('DEL', 'big');
  connection.close();
  await allGivenBack(sockets);
});

test('who is told without asking and does not read is disconnected', async (t) => {
  const own = await serverFor(t, { directives: { 'client-output-buffer-limit': 'pubsub 1mb 0 0' } });
  const watcher = await openSocket(own.port);
  watcher.pause().write(encodeRequest(['MONITOR']));
  const busy = await connectionFor(t, own);
  const requests = Array.from({ length: 20 }, (): Argument[] => ['SET', 'k', 'v'.repeat(10_000)]);
  await until('the client that does not read is gone', GIVEN_BACK_MS, async () => {
    await busy.pipeline(requests);
    return (await own.info('connected_clients')) === '2';
  });
  assert.match(own.output, /scheduled to be closed ASAP for overcoming of output buffer limits/);
  watcher.destroy();
});

test('what the arguments of a long request needed is given back while its client stays', async (t) => {
  const connection = await connectionFor(t, server());
  const keys = Array.from({ length: 100_000 }, (_, index) => `m${index}`);
  connection.send(encodeRequest(['MSET', ...keys.flatMap((key) => [key, 'v'])]));
  assert.equal(decode(await connection.frame()), 'OK');
  await until('its buffers are empty', GIVEN_BACK_MS, async () => (await bufferBytes()) === 0);
  const used = Number(await server().info('used_memory'));
  connection.send(encodeRequest(['DEL', ...keys]));
  assert.equal(decode(await connection.frame()), 100_000);
  await until(
    'its data is gone',
    GIVEN_BACK_MS,
    async () => Number(await server().info('used_memory')) < used,
  );
});

test('KEYS of many keys is whole, also while others write, and ends with a client that does not wait for it', async (t) => {
  const own = await serverFor(t, { directives: { 'enable-debug-command': 'yes', appendfsync: 'no' } });
  const connection = await connectionFor(t, own);
  const other = await connectionFor(t, own);
  await connection.call('DEBUG', 'POPULATE', 100_000, 'key', 4);
  let isDone = false;
  const writing = (async () => {
    for (let round = 0; !isDone; round++) await other.call('SET', `new:${round}`, 'v');
  })();
  const found = new Set((await connection.call('KEYS', 'key:*')) as string[]);
  isDone = true;
  await writing;
  assert.equal(found.size, 100_000);
  const used = Number(await own.info('used_memory'));
  for (let client = 0; client < 20; client++) {
    const socket = await openSocket(own.port);
    socket.write(encodeRequest(['KEYS', '*']));
    if (client % 2 === 0) socket.resetAndDestroy();
    else socket.end();
  }
  await until('they are gone', GIVEN_BACK_MS, async () => (await own.info('connected_clients')) === '3');
  assert.equal(Number(await own.info('used_memory')), used);
});

test('SCAN comes back after some milliseconds of work, whatever COUNT says, with a place to go on', async (t) => {
  const connection = await connectionFor(t, server());
  await connection.call('DEBUG', 'POPULATE', 150_000, 'scan', 4);
  const found = new Set<string>();
  let cursor = '0';
  let calls = 0;
  do {
    const [next, keys] = (await connection.call(
      'SCAN',
      cursor,
      'COUNT',
      '9223372036854775807',
      'MATCH',
      'scan:*',
    )) as [string, string[]];
    assert.ok(keys.length <= 70_000, `${keys.length} keys in one reply`);
    for (const key of keys) found.add(key);
    cursor = next;
    calls++;
  } while (cursor !== '0');
  assert.equal(found.size, 150_000);
  assert.ok(calls >= 3, `${calls} calls`);
  await connection.call('FLUSHALL');
});

test('hostile cursors and counts: an answer or an error in the words of Redis', async (t) => {
  const connection = await connectionFor(t, server());
  await connection.call('MSET', ...Array.from({ length: 200 }, (_, index) => [`c${index}`, 'v']).flat());
  for (const cursor of ['x', '1e3', '18446744073709551616', '99999999999999999999999999']) {
    assert.deepEqual(await connection.call('SCAN', cursor), new ErrorReply('ERR invalid cursor'), cursor);
  }
  for (let bit = 0; bit < 64; bit++) {
    for (const cursor of [2n ** BigInt(bit), 2n ** BigInt(bit + 1) - 1n]) {
      const reply = (await connection.call('SCAN', String(cursor), 'COUNT', 1000)) as [string, string[]];
      assert.ok(/^\d+$/.test(reply[0]) && reply[1].length <= 200, `cursor ${cursor}`);
    }
  }
  for (const [count, error] of [
    ['0', 'ERR syntax error'],
    ['-1', 'ERR syntax error'],
    ['x', 'ERR value is not an integer or out of range'],
  ] as const) {
    assert.deepEqual(await connection.call('SCAN', 0, 'COUNT', count), new ErrorReply(error), count);
  }
  await connection.call('FLUSHALL');
});

test('payloads with changed bytes are refused, and take nothing', async (t) => {
  const connection = await connectionFor(t, server());
  const isEmpty = async () => (await server().info('used_memory')) === '0';
  await connection.call('FLUSHALL');
  await until('the data of other tests is gone', GIVEN_BACK_MS, isEmpty);
  await connection.call('RPUSH', 'seed', ...Array.from({ length: 200 }, (_, index) => `item ${index}`));
  const frame = await connection.request('DUMP', 'seed');
  const payload = frame.subarray(frame.indexOf('\r\n') + 2, -2);
  await connection.call('DEL', 'seed');
  const requests = Array.from({ length: payload.length }, (_, at): Argument[] => {
    const changed = Buffer.from(payload);
    changed[at] = changed[at]! ^ (1 << (at % 8));
    return ['RESTORE', `changed:${at}`, 0, changed];
  });
  for (const reply of await connection.pipeline(requests)) {
    assert.ok(decode(reply) instanceof ErrorReply, 'every byte is covered by the checksum');
  }
  assert.equal(await connection.call('DBSIZE'), 0);
  await until('nothing is left of them', GIVEN_BACK_MS, isEmpty);
});

test('who has not said the password may only send little', async (t) => {
  const own = await serverFor(t, { directives: { requirepass: 'a password' } });
  for (const [bytes, error] of [
    ['*11\r\n', 'unauthenticated multibulk length'],
    ['*1048576\r\n', 'unauthenticated multibulk length'],
    ['*2\r\n$3\r\nGET\r\n$16385\r\n', 'unauthenticated bulk length'],
    ['*2\r\n$3\r\nGET\r\n$536870912\r\n', 'unauthenticated bulk length'],
  ]) {
    const socket = await openSocket(own.port);
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    socket.write(bytes!);
    await new Promise<void>((done) => socket.once('close', () => done()));
    assert.equal(text, `-ERR Protocol error: ${error}\r\n`);
  }
});
