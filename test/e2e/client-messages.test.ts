/** What needs more than a command and its reply: push messages, publish and subscribe, transactions. Mostly with redis-server. */

import assert from 'node:assert/strict';
import { after, before, type TestContext, test } from 'node:test';
import {
  type Client,
  ConnectionError,
  type ConnectOptions,
  MaybeAppliedError,
  QueueFullError,
  ReplyError,
} from '../../src/client/index.js';
import { clientFor, EventLog, failureOf, proxyFor, scriptFor, subjects } from '../support/client-fixture.js';
import type { Fate } from '../support/faulty-proxy.js';
import { sharedServer, until } from '../support/fixture.js';
import type { Server } from '../support/server.js';

const crabkv = sharedServer({ directives: { appendfsync: 'no' } });
const { start: startRedis, skip } = subjects('subscriptions and transactions')[1]!;

let redis: Server | undefined;
before(async () => {
  if (skip === false) redis = await startRedis();
});
after(() => redis?.stop());

function redisPort(): number {
  if (redis === undefined) throw new Error('redis-server has not been started');
  return redis.port;
}

async function benchFor(
  t: TestContext,
  options: ConnectOptions = {},
): Promise<{ kv: Client; other: Client }> {
  const other = await clientFor(t, redisPort());
  await other.flushall();
  return { other, kv: await clientFor(t, redisPort(), options) };
}

async function subscribers(kv: Client, channel: string): Promise<number> {
  return Number(((await kv.send('PUBSUB', 'NUMSUB', channel)) as unknown[])[1]);
}

for (const protocol of [2, 3] as const) {
  test(`RESP${protocol}: messages of channels and patterns, beside commands`, { skip }, async (t) => {
    const { kv, other } = await benchFor(t, { protocol });
    const news = kv.subscribe('news', 'weather');
    const all = kv.psubscribe('n*');
    const raw = kv.buffers.subscribe('news');
    await Promise.all([news.ready, all.ready, raw.ready]);
    assert.equal(await subscribers(kv, 'news'), 1, 'once, however many read it');
    await other.send('PUBLISH', 'news', 'it snows');
    await other.send('PUBLISH', 'weather', 'cold');
    await kv.set('k', 'v');
    assert.equal(await kv.get('k'), 'v');
    const message = { channel: 'news', message: 'it snows', pattern: undefined };
    assert.deepEqual(await news.next(), { done: false, value: message });
    assert.deepEqual((await news.next()).value, { ...message, channel: 'weather', message: 'cold' });
    assert.deepEqual((await all.next()).value, { ...message, pattern: 'n*' });
    assert.deepEqual((await raw.next()).value, { ...message, message: Buffer.from('it snows') });
    await news.return?.();
    await raw.return?.();
    await until('nobody listens', 5_000, async () => (await subscribers(other, 'news')) === 0);
    await other.send('PUBLISH', 'news', 'more');
    assert.equal((await all.next()).value?.message, 'more', 'another subscription goes on');
  });

  test(`RESP${protocol}: a subscription survives a lost connection`, { skip }, async (t) => {
    const { other } = await benchFor(t);
    const proxy = await proxyFor(t, redisPort());
    const kv = await clientFor(t, proxy.port, { protocol });
    const received: string[] = [];
    const subscription = kv.subscribe('news');
    const reading = (async () => {
      for await (const { message } of subscription) {
        received.push(message);
        if (message === 'last') break;
      }
    })();
    await subscription.ready;
    await other.send('PUBLISH', 'news', 'first');
    await until('it arrives', 5_000, () => received.length === 1);
    proxy.cut();
    await until('it is there again', 5_000, async () => {
      await other.send('PUBLISH', 'news', 'last');
      return received.includes('last');
    });
    await reading;
    assert.deepEqual(received, ['first', 'last']);
    await until('leaving the loop ends it', 5_000, async () => (await subscribers(other, 'news')) === 0);
  });
}

test('a subscription that nobody reads fails when too much waits, and harms nobody else', {
  skip,
}, async (t) => {
  const { kv, other } = await benchFor(t, { pushesMax: 10 });
  const subscription = kv.subscribe('flood');
  await subscription.ready;
  await Promise.all(Array.from({ length: 50 }, (_, i) => other.send('PUBLISH', 'flood', i)));
  await until('it has been ended', 5_000, async () => (await subscribers(other, 'flood')) === 0);
  const received: string[] = [];
  const reading = (async () => {
    for await (const { message } of subscription) received.push(message);
  })();
  await failureOf(reading, QueueFullError, 'QUEUE_FULL');
  assert.deepEqual(
    received,
    Array.from({ length: 10 }, (_, i) => String(i)),
  );
  assert.equal(await kv.set('k', 'v'), 'OK');
});

test('closing the client ends the loops of its subscriptions', { skip }, async (t) => {
  const { kv } = await benchFor(t);
  const subscription = kv.subscribe('news');
  await subscription.ready;
  const next = subscription.next();
  await kv.close();
  assert.deepEqual(await next, { done: true, value: undefined });
});

test('push messages of the server, such as those of CLIENT TRACKING', { skip }, async (t) => {
  const { kv, other } = await benchFor(t);
  const pushes = kv.pushes();
  await kv.send('CLIENT', 'TRACKING', 'ON');
  await other.set('k', 1);
  assert.equal(await kv.get('k'), '1');
  await other.set('k', 2);
  assert.deepEqual(await pushes.next(), { done: false, value: ['invalidate', ['k']] });
  const next = pushes.next();
  await kv.close();
  assert.deepEqual(await next, { done: true, value: undefined });
});

test('push messages between replies disturb no reply, read or not', async (t) => {
  const push = '>2\r\n$4\r\nnews\r\n*1\r\n:1\r\n';
  const script = await scriptFor(t, (words) => `${push}${push}$1\r\n${words[1]}\r\n${push}`);
  const kv = await clientFor(t, script.port);
  assert.deepEqual(await Promise.all(['a', 'b', 'c'].map((word) => kv.get(word))), ['a', 'b', 'c']);
  const pushes = kv.pushes();
  assert.equal(await kv.get('d'), 'd');
  for (let i = 0; i < 3; i++) assert.deepEqual((await pushes.next()).value, ['news', [1]]);
});

test('a transaction: its replies in order, and as each command promises them', { skip }, async (t) => {
  const { kv } = await benchFor(t);
  const replies = await kv
    .multi()
    .set('a', 1)
    .incr('a')
    .get('a')
    .hset('h', { f: 'v' })
    .hgetall('h')
    .send('ECHO', 'x')
    .exec();
  assert.deepEqual(replies, ['OK', 2, '2', 1, new Map([['f', 'v']]), 'x']);
  assert.deepEqual(await kv.multi().exec(), []);
  const [bytes] = await kv.buffers.multi().get('a').exec();
  assert.deepEqual(bytes, Buffer.from('2'));
});

test('a transaction that is refused has no effect; one with an error has the rest', { skip }, async (t) => {
  const { kv } = await benchFor(t);
  const refused = await failureOf(
    kv.multi().set('a', 1).send('NO-SUCH-COMMAND').exec(),
    ReplyError,
    'REPLY_ERROR',
  );
  assert.equal(refused.prefix, 'EXECABORT');
  assert.equal(await kv.get('a'), undefined);
  const failed = await failureOf(
    kv.multi().set('a', 'text').incr('a').set('b', 1).exec(),
    ReplyError,
    'REPLY_ERROR',
  );
  assert.equal(failed.command, 'INCR');
  assert.deepEqual(await kv.mget(['a', 'b']), ['text', '1']);
  const [ok, error] = await kv.multi().set('a', 'text').incr('a').execSettled();
  assert.equal(ok, 'OK');
  assert.ok(error instanceof ReplyError);
});

const TRANSACTION_LOSSES: readonly (readonly [command: string, fate: Fate, isApplied: boolean])[] = [
  ['MULTI', 'cut', false],
  ['INCR', 'cut-inside', false],
  ['EXEC', 'cut', false],
  ['EXEC', 'cut-reply', true],
  ['EXEC', 'cut-inside-reply', true],
];

test('a transaction whose connection is lost is applied as a whole or not at all', { skip }, async (t) => {
  const { other } = await benchFor(t);
  const proxy = await proxyFor(t, redisPort());
  const kv = await clientFor(t, proxy.port);
  for (const [command, fate, isApplied] of TRANSACTION_LOSSES) {
    await other.flushall();
    // The first one on a connection finds out whether there are transactions.
    await kv.multi().send('PING').exec();
    proxy.fate = ([word]) => {
      if (word !== command) return 'pass';
      proxy.fate = () => 'pass';
      return fate;
    };
    await failureOf(kv.multi().incr('a').incr('b').exec(), MaybeAppliedError, 'MAYBE_APPLIED');
    const expected = isApplied ? '1' : undefined;
    await until(`${command} ${fate}`, 5_000, async () => (await other.get('b')) === expected);
    assert.deepEqual(await other.mget(['a', 'b']), [expected, expected], `${command} ${fate}`);
  }
});

test('commands beside a transaction stay outside of it', { skip }, async (t) => {
  const { kv, other } = await benchFor(t);
  const transactions = Array.from({ length: 200 }, (_, i) => kv.multi().set('a', i).set('b', i).exec());
  const reads = Array.from({ length: 200 }, () => other.mget(['a', 'b']));
  const singles = Array.from({ length: 200 }, () => kv.mget(['a', 'b']));
  for (const [a, b] of await Promise.all([...reads, ...singles])) assert.equal(a, b);
  await Promise.all(transactions);
});

test('watched keys: a change by another undoes the transaction', { skip }, async (t) => {
  const { kv, other } = await benchFor(t);
  const increment = (meanwhile: () => Promise<unknown>) =>
    kv.watch('n', async (view) => {
      const value = Number((await view.get('n')) ?? 0);
      await meanwhile();
      return view
        .multi()
        .set('n', value + 1)
        .exec();
    });
  assert.deepEqual(await increment(async () => {}), ['OK']);
  assert.equal(await increment(() => other.set('n', 10)), undefined);
  assert.equal(await kv.get('n'), '10');
  await until('the watching connections are closed', 5_000, async () => {
    const list = String(await other.send('CLIENT', 'LIST'))
      .trim()
      .split('\n');
    return list.length === 2;
  });
});

test('a watch whose connection is lost runs nothing', { skip }, async (t) => {
  const { other } = await benchFor(t);
  const proxy = await proxyFor(t, redisPort());
  const kv = await clientFor(t, proxy.port);
  const disconnects = new EventLog(t, 'disconnect');
  const outcome = kv.watch('n', async (view) => {
    await view.get('n');
    proxy.cut();
    await disconnects.reach(2);
    return view.multi().set('n', 1).exec();
  });
  await assert.rejects(outcome, (error: unknown) => error instanceof ConnectionError);
  assert.equal(await other.get('n'), undefined);
});

test('crabkv has no transactions yet: nothing of one is run', async (t) => {
  const kv = await clientFor(t, crabkv().port);
  const error = await failureOf(kv.multi().set('a', 1).exec(), ReplyError, 'REPLY_ERROR');
  assert.match(error.message, /unknown command 'MULTI'/);
  assert.equal(await kv.get('a'), undefined);
});
