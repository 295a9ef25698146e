/** Blocking commands of one client: they hold nobody up, get what is theirs, and lose no element when they are given up. */

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import {
  AbortedError,
  type Client,
  ConnectionError,
  MaybeAppliedError,
  QueueFullError,
  TimeoutError,
} from '../../src/client/index.js';
import {
  clientFor,
  failureOf,
  proxyFor,
  type Subject,
  scriptFor,
  subjects,
} from '../support/client-fixture.js';
import { until } from '../support/fixture.js';
import type { ScriptedConnection } from '../support/scripted-server.js';
import type { Server } from '../support/server.js';

for (const subject of subjects('blocking commands')) {
  const { name, skip } = subject;
  test(`${name}: blocking commands`, { skip }, (t) => testSubject(t, subject));
}

async function testSubject(t: TestContext, subject: Subject): Promise<void> {
  const server = await subject.start({ directives: { appendonly: 'no' } });
  t.after(() => server.stop());

  await t.test('one that waits does not hold up the others', async (t) => {
    const { kv } = await benchFor(t, server);
    const popped = kv.blpop('queue', 0);
    const both = kv.blpop(['other', 'queue:2'], 0);
    await blocked(kv, 2);
    assert.equal(await kv.set('k', 'v'), 'OK');
    assert.equal(await kv.get('k'), 'v');
    await kv.rpush('queue', 'element');
    await kv.rpush('queue:2', 'second');
    assert.deepEqual(await popped, ['queue', 'element']);
    assert.deepEqual(await both, ['queue:2', 'second']);
    assert.equal(await kv.blpop('queue', 0.01), undefined, 'its own time is over');
  });

  await t.test('they are in the database of the client, and their connections are used again', async (t) => {
    const { kv } = await benchFor(t, server, { db: 7 });
    for (let i = 0; i < 20; i++) {
      const popped = kv.blpop('queue', 0);
      await blocked(kv, 1);
      await kv.rpush('queue', i);
      assert.deepEqual(await popped, ['queue', String(i)]);
    }
    assert.equal(kv.stats().connects, 2);
  });

  await t.test('one more than there may be connections is refused', async (t) => {
    const { kv } = await benchFor(t, server, { blockingConnectionsMax: 2 });
    const calls = ['a', 'b'].map((key) => kv.blpop(key, 0));
    await blocked(kv, 2);
    const error = await failureOf(kv.blpop('c', 0), QueueFullError, 'QUEUE_FULL');
    assert.match(error.message, /blockingConnectionsMax/);
    await kv.rpush('b', 'for b');
    assert.deepEqual(await calls[1], ['b', 'for b']);
    const next = kv.blpop('c', 0);
    await kv.rpush('c', 'for c');
    assert.deepEqual(await next, ['c', 'for c']);
    await kv.rpush('a', 'for a');
    assert.deepEqual(await calls[0], ['a', 'for a']);
    assert.equal(kv.stats().connects, 3);
  });

  await t.test('a deadline does not count the time that the command itself allows', async (t) => {
    const { kv } = await benchFor(t, server);
    const view = kv.with({ timeoutMs: 500 });
    assert.equal(await view.blpop('queue', 0.6), undefined);
  });

  await t.test('one that is given up takes nothing any more', async (t) => {
    const { kv } = await benchFor(t, server);
    const controller = new AbortController();
    const given = kv.with({ signal: controller.signal }).blpop('queue', 0);
    await blocked(kv, 1);
    controller.abort();
    await failureOf(given, AbortedError, 'ABORTED');
    assert.equal(await kv.rpush('queue', 'kept'), 1);
    assert.deepEqual(await kv.lrange('queue', 0, -1), ['kept']);
    assert.deepEqual(await kv.blpop('queue', 0), ['queue', 'kept']);
  });

  await t.test('given up while an element comes: it is delivered, or still there', async (t) => {
    const { kv } = await benchFor(t, server);
    let delivered = 0;
    for (let round = 0; round < 150; round++) {
      const controller = new AbortController();
      const popped = kv.with({ signal: controller.signal }).blpop('queue', 0);
      if (round % 3 === 0) await blocked(kv, 1);
      const pushed = kv.rpush('queue', round);
      if (round % 2 === 0) await new Promise((done) => setImmediate(done));
      controller.abort();
      const [outcome] = await Promise.allSettled([popped]);
      await pushed;
      const left = await kv.lpop('queue');
      if (outcome.status === 'fulfilled') {
        delivered += 1;
        assert.deepEqual([outcome.value, left], [['queue', String(round)], undefined]);
      } else {
        assert.ok(outcome.reason instanceof AbortedError, String(outcome.reason));
        assert.equal(left, String(round), `round ${round}: neither delivered nor kept`);
      }
    }
    t.diagnostic(`${delivered} of 150 delivered`);
  });

  await t.test('whose connection is lost says that it is not known what it took', async (t) => {
    const { kv: direct } = await benchFor(t, server);
    const proxy = await proxyFor(t, server.port);
    const kv = await clientFor(t, proxy.port);
    const lost = failureOf(kv.blpop('queue', 0), MaybeAppliedError, 'MAYBE_APPLIED');
    await blocked(direct, 1);
    proxy.cut();
    await lost;
    await blocked(direct, 0);
    await direct.rpush('queue', 'kept');
    assert.deepEqual(await kv.blpop('queue', 0), ['queue', 'kept']);
  });

  await t.test('one that gets no answer in time is given up', async (t) => {
    await benchFor(t, server);
    const proxy = await proxyFor(t, server.port);
    const kv = await clientFor(t, proxy.port);
    const before = kv.blpop('queue', 0.01);
    assert.equal(await before, undefined);
    proxy.flow = 'hold';
    await failureOf(kv.with({ timeoutMs: 50 }).blpop('queue', 0.01), TimeoutError, 'COMMAND_TIMEOUT');
  });

  await t.test('destroy() ends them', async (t) => {
    const { kv, watcher } = await benchFor(t, server);
    const waiting = kv.blpop('queue', 0);
    await blocked(watcher, 1);
    kv.destroy();
    await assert.rejects(waiting, (error: unknown) => error instanceof ConnectionError);
    await blocked(watcher, 0);
  });
}

test('a connection whose command was to be let go of is not used again before that is answered', async (t) => {
  // Else the next command on it could be let go of instead.
  let unblock: (() => void) | undefined;
  const poppers: ScriptedConnection[] = [];
  const script = await scriptFor(t, (words, connection) => {
    if (words[0] === 'BLPOP') poppers.push(connection);
    if (words[0] === 'CLIENT') unblock = () => connection.socket.write(':0\r\n');
    return undefined;
  });
  const kv = await clientFor(t, script.port);
  const controller = new AbortController();
  const first = kv.with({ signal: controller.signal }).blpop('queue', 0);
  await until('the first one waits', 5_000, () => poppers.length === 1);
  controller.abort();
  await until('it is to be let go of', 5_000, () => unblock !== undefined);
  poppers[0]!.socket.write('*2\r\n$5\r\nqueue\r\n$3\r\none\r\n');
  assert.deepEqual(await first, ['queue', 'one'], 'it was too late');
  const second = kv.blpop('queue', 0);
  second.catch(() => {});
  await until('the second one waits', 5_000, () => poppers.length === 2);
  assert.notEqual(poppers[1]!.number, poppers[0]!.number);
  unblock!();
  poppers[1]!.socket.write('*2\r\n$5\r\nqueue\r\n$3\r\ntwo\r\n');
  assert.deepEqual(await second, ['queue', 'two']);
});

async function benchFor(
  t: TestContext,
  server: Server,
  options: Parameters<typeof clientFor>[2] = {},
): Promise<{ kv: Client; watcher: Client }> {
  const watcher = await clientFor(t, server.port);
  await watcher.flushall();
  return { watcher, kv: await clientFor(t, server.port, options) };
}

/** Waits until the server has so many clients that block. */
function blocked(kv: Client, count: number): Promise<void> {
  return until(`${count} clients block`, 5_000, async () =>
    String(await kv.send('INFO', 'clients')).includes(`\nblocked_clients:${count}\r`),
  );
}
