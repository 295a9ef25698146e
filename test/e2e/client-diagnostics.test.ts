/** What the client tells about itself while it lives: events on channels, and counters. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type ConnectEvent,
  connect,
  type DisconnectEvent,
  type ReconnectEvent,
  ReplyError,
  UsageError,
} from '../../src/client/index.js';
import { clientFor, EventLog, failureOf, proxyFor } from '../support/client-fixture.js';
import { sharedServer } from '../support/fixture.js';

const server = sharedServer({ directives: { appendfsync: 'no' } });

test('the events of a life, each with the connection that it is about', async (t) => {
  const connects = new EventLog<ConnectEvent>(t, 'connect');
  const disconnects = new EventLog<DisconnectEvent>(t, 'disconnect');
  const reconnects = new EventLog<ReconnectEvent>(t, 'reconnect');
  const proxy = await proxyFor(t, server().port);
  const kv = await clientFor(t, proxy.port, { name: 'watched' });
  proxy.cut();
  await connects.reach(2);
  const popped = kv.blpop('nothing', 0.01);
  assert.equal(await popped, undefined);
  await kv.close();

  const address = `127.0.0.1:${proxy.port}`;
  const { client } = connects.events[0]!;
  assert.deepEqual(
    connects.events.map(({ again, ...rest }) => ({ ...rest, again })),
    [
      { client, role: 'commands', address, protocol: 3, again: false },
      { client, role: 'commands', address, protocol: 3, again: true },
      { client, role: 'blocking', address, protocol: 3, again: false },
    ],
  );
  assert.equal(reconnects.events.length, 1);
  const [{ attempt, waitMs, error }] = reconnects.events as [ReconnectEvent];
  assert.deepEqual([attempt, error.code], [1, 'CONNECTION_LOST']);
  assert.ok(waitMs >= 0 && waitMs <= 10, `${waitMs} ms`);
  const [first, ...rest] = disconnects.events;
  assert.equal(first?.error?.code, 'CONNECTION_LOST');
  assert.deepEqual(
    rest.map((event) => [event.role, event.error]),
    [
      ['blocking', undefined],
      ['commands', undefined],
    ],
  );
});

test('counters say what has happened, and what waits now', async (t) => {
  const proxy = await proxyFor(t, server().port);
  const kv = await clientFor(t, proxy.port);
  const before = kv.stats();
  await Promise.all(Array.from({ length: 100 }, (_, i) => kv.set(`k${i}`, 'x'.repeat(100))));
  await kv.set('text', 'abc');
  await failureOf(kv.incr('text'), ReplyError);
  const after = kv.stats();
  assert.equal(after.commands - before.commands, 102);
  assert.equal(after.errorReplies - before.errorReplies, 1);
  assert.ok(after.bytesWritten - before.bytesWritten > 100 * 100);
  assert.ok(after.bytesRead - before.bytesRead >= 100 * '+OK\r\n'.length);
  const { limitsUs, counts } = after.latency;
  assert.ok(limitsUs.length <= counts.length);
  assert.ok(counts.reduce((sum, count) => sum + count) > 0);
  assert.deepEqual([after.queued, after.queuedBytes, after.inFlight], [0, 0, 0]);
  proxy.cut();
  assert.equal(await kv.get('text'), 'abc');
  assert.deepEqual([kv.stats().connects, kv.stats().disconnects], [2, 1]);
  assert.ok(kv.stats().bytesWritten >= after.bytesWritten, 'over all connections');
});

test('two clients are told apart', async (t) => {
  const connects = new EventLog<ConnectEvent>(t, 'connect');
  await clientFor(t, server().port);
  await clientFor(t, server().port);
  const [a, b] = connects.events;
  assert.equal(b!.client, a!.client + 1);
});

test('a wrong argument is refused by itself: what is around it in the pipeline goes out', async (t) => {
  const kv = await clientFor(t, server().port);
  const wrong: unknown[] = [undefined, null, {}, Number.NaN, Symbol('s'), ['nested', ['list']]];
  for (const value of wrong) {
    const before = kv.send('ECHO', 'before');
    const refused = failureOf(kv.send('SET', 'k', value as string), UsageError, 'USAGE');
    const behind = kv.send('ECHO', 'behind');
    assert.deepEqual(await Promise.all([before, behind]), ['before', 'behind']);
    await refused;
  }
  assert.equal(await kv.get('k'), undefined);
});

test('commands that would change the connection under all others are refused', async (t) => {
  const kv = await clientFor(t, server().port);
  for (const words of [['SELECT', '1'], ['MULTI'], ['subscribe', 'c'], ['CLIENT', 'REPLY', 'OFF'], ['QUIT']])
    await failureOf(kv.send(words[0]!, ...words.slice(1)), UsageError, 'USAGE');
  assert.equal(await kv.set('k', 'v'), 'OK');
});

test('keys and values are bytes, whatever they are', async () => {
  await using kv = await connect({ host: '127.0.0.1', port: server().port });
  const all = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
  const key = Buffer.concat([Buffer.from('bytes\r\n'), all]);
  await kv.set(key, all);
  assert.deepEqual(await kv.buffers.get(key), all);
  await kv.rpush('list', all, '', 'é\u{1f980}\u0000', 12, 12n, new Uint8Array([255]));
  assert.deepEqual(await kv.buffers.lrange('list', 0, -1), [
    all,
    Buffer.alloc(0),
    Buffer.from('é\u{1f980}\u0000'),
    Buffer.from('12'),
    Buffer.from('12'),
    Buffer.from([255]),
  ]);
  await kv.hset('hash', 'field\r\n', all);
  assert.deepEqual(await kv.buffers.hget('hash', 'field\r\n'), all);
  assert.equal(await kv.get('absent'), undefined);
});
