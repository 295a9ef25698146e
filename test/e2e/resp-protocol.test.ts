/** RESP on a real socket: bytes that arrive in any pieces, long pipelines, big values, half-closed connections. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectionFor, sharedServer } from '../support/fixture.js';
import { type Argument, encodeRequest } from '../support/resp.js';

const server = sharedServer();

const MIB = 2 ** 20;

test('takes a request cut at every byte boundary', async (t) => {
  const requests: Argument[][] = [
    ['SET', 'cut:1', 'value \r\n with line ends'],
    ['GET', 'cut:1'],
    ['MSET', 'cut:2', '', 'cut:3', Buffer.from([0, 255, 13, 10])],
    ['MGET', 'cut:1', 'cut:2', 'cut:3', 'cut:none'],
    ['HELLO', '9'],
    ['NOSUCH', 'x'],
  ];
  const bytes = Buffer.concat(requests.map(encodeRequest));
  const whole = await connectionFor(t, server());
  whole.send(bytes);
  const expected = Buffer.concat(await whole.frames(requests.length));
  const connection = await connectionFor(t, server());
  for (let cut = 1; cut < bytes.length; cut++) {
    connection.send(bytes.subarray(0, cut));
    await new Promise((done) => setImmediate(done));
    connection.send(bytes.subarray(cut));
    assert.deepEqual(Buffer.concat(await connection.frames(requests.length)), expected, `cut at ${cut}`);
  }
});

test('takes a request one byte at a time', async (t) => {
  const connection = await connectionFor(t, server());
  for (const request of [
    ['SET', 'slow', 'v'],
    ['GET', 'slow'],
  ]) {
    for (const byte of encodeRequest(request)) {
      connection.send(Buffer.of(byte));
      await new Promise((done) => setImmediate(done));
    }
  }
  assert.deepEqual((await connection.frames(2)).map(String), ['+OK\r\n', '$1\r\nv\r\n']);
});

test('answers a pipeline of 10,000 requests in order', async (t) => {
  const connection = await connectionFor(t, server());
  const count = 10_000;
  const requests = Array.from({ length: count }, (_, i): Argument[] =>
    i % 2 === 0 ? ['SET', `pipe:${i}`, i] : ['GET', `pipe:${i - 1}`],
  );
  const replies = await connection.pipeline(requests);
  for (let i = 0; i < count; i += 2) {
    assert.equal(replies[i]?.toString(), '+OK\r\n');
    assert.equal(replies[i + 1]?.toString(), `$${String(i).length}\r\n${i}\r\n`);
  }
});

test('serves a client that writes a long pipeline before it reads anything', async (t) => {
  const connection = await connectionFor(t, server());
  await connection.call('SET', 'echo:big', 'x'.repeat(10_000));
  connection.socket.pause();
  const count = 5_000; // 50 MB of replies: far more than the socket buffers hold
  connection.send(Buffer.concat(Array.from({ length: count }, () => encodeRequest(['GET', 'echo:big']))));
  const other = await connectionFor(t, server());
  assert.equal(await other.call('PING'), 'PONG', 'others are served meanwhile');
  connection.socket.resume();
  const replies = await connection.frames(count);
  assert.ok(replies.every((reply) => reply.length === 10_000 + '$10000\r\n\r\n'.length));
});

test('stores and returns values of many sizes', async (t) => {
  const connection = await connectionFor(t, server());
  for (const size of [
    0,
    1,
    7,
    8,
    255,
    256,
    4095,
    4096,
    8191,
    8192,
    65_535,
    65_536,
    MIB,
    4 * MIB - 1,
    4 * MIB,
    20 * MIB,
  ]) {
    const value = Buffer.alloc(size, `size ${size} `);
    assert.equal(await connection.call('SET', 'sized', value), 'OK');
    assert.equal(await connection.call('STRLEN', 'sized'), size);
    const reply = await connection.request('GET', 'sized');
    assert.ok(
      reply.equals(Buffer.concat([Buffer.from(`$${size}\r\n`), value, Buffer.from('\r\n')])),
      `size ${size}`,
    );
  }
});

test('keeps keys of any length and any bytes apart', async (t) => {
  const connection = await connectionFor(t, server());
  const keys = [0, 1, 254, 255, 256, 1000, 70_000].map((size) => Buffer.alloc(size, 7));
  for (let byte = 0; byte < 256; byte++) keys.push(Buffer.of(120, byte));
  const flushed = await connection.call('FLUSHALL');
  assert.equal(flushed, 'OK');
  await connection.pipeline(keys.map((key, i) => ['SET', key, i]));
  assert.equal(await connection.call('DBSIZE'), keys.length);
  const replies = await connection.pipeline(keys.map((key) => ['GET', key]));
  replies.forEach((reply, i) => {
    assert.equal(reply.toString(), `$${String(i).length}\r\n${i}\r\n`);
  });
});

test('answers everything before it closes when the client has sent its last request', async (t) => {
  const connection = await connectionFor(t, server());
  const requests = Array.from({ length: 1000 }, (_, i) => encodeRequest(['SET', `half:${i}`, i]));
  connection.socket.end(Buffer.concat(requests));
  const replies = await connection.frames(requests.length);
  assert.ok(replies.every((reply) => reply.toString() === '+OK\r\n'));
  await connection.closed;
});

test('switches between RESP2 and RESP3 on one connection', async (t) => {
  const connection = await connectionFor(t, server());
  assert.equal((await connection.request('GET', 'no:such')).toString(), '$-1\r\n');
  assert.match((await connection.request('HELLO', 3)).toString(), /^%7\r\n/);
  assert.equal((await connection.request('GET', 'no:such')).toString(), '_\r\n');
  assert.match((await connection.request('CONFIG', 'GET', 'port')).toString(), /^%1\r\n/);
  assert.match((await connection.request('HELLO', 2)).toString(), /^\*14\r\n/);
  assert.equal((await connection.request('GET', 'no:such')).toString(), '$-1\r\n');
});

test('serves 1,000 connections at a time', async (t) => {
  const connections = await Promise.all(Array.from({ length: 1000 }, () => server().connect()));
  t.after(() => {
    for (const connection of connections) connection.close();
  });
  const replies = await Promise.all(
    connections.map((connection, i) => connection.call('SET', `conn:${i}`, i)),
  );
  assert.ok(replies.every((reply) => reply === 'OK'));
});

test('forgets a connection that was cut off in the middle of a request', async (t) => {
  const connection = await server().connect();
  connection.send('*3\r\n$3\r\nSET\r\n$4\r\nhalf\r\n$1000000\r\nabc');
  await new Promise((done) => setTimeout(done, 20));
  connection.close();
  const other = await connectionFor(t, server());
  assert.equal(await other.call('EXISTS', 'half'), 0);
});
