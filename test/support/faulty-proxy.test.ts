/** The proxy itself: each fate of a request, and each way for replies to go. */

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { RespConnection } from './connection.js';
import { FaultyProxy } from './faulty-proxy.js';
import { sharedServer } from './fixture.js';

const server = sharedServer();

async function proxied(t: TestContext): Promise<{ proxy: FaultyProxy; connection: RespConnection }> {
  const proxy = await FaultyProxy.start(server().port);
  t.after(() => proxy.stop());
  const connection = await RespConnection.open(proxy.port);
  t.after(() => connection.close());
  return { proxy, connection };
}

async function stored(key: string): Promise<unknown> {
  const connection = await server().connect();
  const value = await connection.call('GET', key);
  connection.close();
  return value;
}

test('what is not meddled with passes', async (t) => {
  const { proxy, connection } = await proxied(t);
  const big = 'x'.repeat(1_000_000);
  assert.equal(await connection.call('SET', 'big', big), 'OK');
  assert.equal(await connection.call('GET', 'big'), big);
  assert.deepEqual(proxy.requests[1], ['GET', 'big']);
  assert.equal(proxy.count('SET'), 1);
});

test('a cut request does not reach the server, nor does half a one', async (t) => {
  for (const fate of ['cut', 'cut-inside'] as const) {
    const { proxy, connection } = await proxied(t);
    proxy.fate = (words) => (words[0] === 'INCR' ? fate : 'pass');
    assert.equal(await connection.call('SET', 'n', 1), 'OK');
    await assert.rejects(connection.call('INCR', 'n'), /closed/);
    assert.equal(await stored('n'), '1', fate);
    assert.equal(proxy.open, 0);
  }
});

test('a cut reply is one of a request that has been run', async (t) => {
  for (const fate of ['cut-reply', 'cut-inside-reply'] as const) {
    const { proxy, connection } = await proxied(t);
    proxy.fate = (words) => (words[0] === 'INCR' ? fate : 'pass');
    assert.equal(await connection.call('SET', 'n', 1), 'OK');
    await assert.rejects(connection.call('INCR', 'n'), /closed/);
    assert.equal(await stored('n'), '2', fate);
  }
});

test('an answer of the proxy stands where the reply would', async (t) => {
  const { proxy, connection } = await proxied(t);
  proxy.fate = (words) => (words[0] === 'ECHO' ? { answer: '+mine\r\n' } : 'pass');
  const replies = await connection.pipeline([['PING'], ['ECHO', 'a'], ['ECHO', 'b'], ['PING']]);
  assert.deepEqual(replies.map(String), ['+PONG\r\n', '+mine\r\n', '+mine\r\n', '+PONG\r\n']);
});

test('replies that are held come when they are let go', async (t) => {
  const { proxy, connection } = await proxied(t);
  proxy.flow = 'hold';
  let isAnswered = false;
  const reply = connection.call('PING').then((value) => {
    isAnswered = true;
    return value;
  });
  const other = await server().connect();
  assert.equal(await other.call('PING'), 'PONG');
  other.close();
  assert.equal(isAnswered, false);
  proxy.flow = 'pass';
  assert.equal(await reply, 'PONG');
});

test('replies that drip arrive in as many pieces as it has bytes', async (t) => {
  const { proxy, connection } = await proxied(t);
  const sizes: number[] = [];
  connection.socket.on('data', (chunk: Buffer) => sizes.push(chunk.length));
  proxy.flow = () => 1;
  assert.equal(await connection.call('ECHO', 'hello'), 'hello');
  assert.deepEqual(sizes, Array(sizes.length).fill(1));
  assert.equal(sizes.length, '$5\r\nhello\r\n'.length);
});

test('connections that are refused end at once', async (t) => {
  const { proxy } = await proxied(t);
  proxy.refuses = true;
  const refused = await RespConnection.open(proxy.port);
  await refused.closed;
  assert.equal(proxy.accepted, 2);
});
