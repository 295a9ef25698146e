/** Clients that wait: for the time, for the disk, or until their connection is gone. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectionFor, serverFor, sharedServer } from '../support/fixture.js';

const server = sharedServer({ directives: { threads: '1', appendfsync: 'everysec' } });

test('WAIT replies when its time is over, and not before; requests behind it wait for it', async (t) => {
  const connection = await connectionFor(t, server());
  const beginMs = performance.now();
  const replies = await connection.pipeline([
    ['WAIT', 1, 200],
    ['PING', 'behind it'],
  ]);
  const tookMs = performance.now() - beginMs;
  assert.deepEqual(replies.map(String), [':0\r\n', '$9\r\nbehind it\r\n']);
  assert.ok(tookMs >= 199, `${tookMs} ms`);
});

test('others are served meanwhile, and each wait ends by itself', async (t) => {
  const connections = await Promise.all([50, 150, 100].map(() => connectionFor(t, server())));
  const other = await connectionFor(t, server());
  const order: number[] = [];
  const waits = [50, 150, 100].map(async (ms, index) => {
    await connections[index]!.call('WAIT', 3, ms);
    order.push(ms);
  });
  assert.equal(await other.call('PING'), 'PONG');
  assert.deepEqual(order, []);
  await Promise.all(waits);
  assert.deepEqual(order, [50, 100, 150]);
});

test('a connection that goes while it waits takes its wait along', async (t) => {
  const waiting = await server().connect();
  const other = await connectionFor(t, server());
  waiting.pipeline([['WAIT', 1, 0]]).catch(() => {});
  const id = await other.call('CLIENT', 'ID');
  waiting.socket.destroy();
  await waiting.closed;
  assert.equal(await other.call('CLIENT', 'ID'), id);
  assert.equal(await other.call('WAIT', 1, 20), 0);
});

test('WAITAOF replies when the log is synced: with everysec within about a second', async (t) => {
  const connection = await connectionFor(t, server());
  for (let round = 0; round < 3; round++) {
    const beginMs = performance.now();
    const [set, waited] = await connection.pipeline([
      ['SET', 'key', `value ${round}`],
      ['WAITAOF', 1, 0, 0],
    ]);
    const tookMs = performance.now() - beginMs;
    assert.equal(String(set), '+OK\r\n');
    assert.equal(String(waited), '*2\r\n:1\r\n:0\r\n');
    assert.ok(tookMs < 5000, `${tookMs} ms`);
  }
  assert.deepEqual(await connection.call('WAITAOF', 1, 0, 0), [1, 0], 'nothing is left to be synced');
});

test('WAITAOF gives up when its time is over, and replies at once where every write is synced', async (t) => {
  const never = await connectionFor(t, await serverFor(t, { directives: { appendfsync: 'no' } }));
  await never.call('SET', 'key', 'value');
  assert.deepEqual(await never.call('WAITAOF', 1, 0, 50), [0, 0]);
  assert.equal(await never.call('CONFIG', 'SET', 'appendfsync', 'always'), 'OK');
  await never.call('SET', 'key', 'value');
  assert.deepEqual(await never.call('WAITAOF', 1, 0, 0), [1, 0]);
});

test('without a log WAITAOF has nothing to wait for', async (t) => {
  const connection = await connectionFor(t, await serverFor(t, { directives: { appendonly: 'no' } }));
  assert.match(String(await connection.request('WAITAOF', 1, 0, 0)), /^-ERR .*appendonly is disabled/);
  assert.deepEqual(await connection.call('WAITAOF', 0, 0, 0), [0, 0]);
});
