/** Clients that wait for lists, on real sockets and two threads. */

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { RespConnection } from '../support/connection.js';
import { connectionFor, sharedServer } from '../support/fixture.js';

const THREADS = 2;
const server = sharedServer({ directives: { threads: String(THREADS), appendfsync: 'no' } });

/** Enough for both threads to have some of them. */
const connect = (t: TestContext, count: number): Promise<RespConnection[]> =>
  Promise.all(Array.from({ length: count }, () => connectionFor(t, server())));

/** Resolves when `count` clients wait for keys. */
async function untilBlocked(observer: RespConnection, count: number): Promise<void> {
  for (;;) {
    const info = String(await observer.call('INFO', 'clients'));
    if (info.includes(`blocked_clients:${count}\r\n`)) return;
  }
}

test('a push on one connection serves who waits on another, whatever threads they are on', async (t) => {
  const [observer, ...clients] = (await connect(t, 9)) as [RespConnection, ...RespConnection[]];
  for (const waiting of clients) {
    for (const pushing of clients) {
      if (waiting === pushing) continue;
      const reply = waiting.call('BLPOP', 'bl:none', 'bl:one', 0);
      await untilBlocked(observer, 1);
      assert.equal(await pushing.call('LPUSH', 'bl:one', 'element'), 1);
      assert.deepEqual(await reply, ['bl:one', 'element']);
      assert.equal(await observer.call('EXISTS', 'bl:one'), 0);
    }
  }
});

test('who came first is served first, across threads', async (t) => {
  const [observer, ...clients] = (await connect(t, 9)) as [RespConnection, ...RespConnection[]];
  const replies: Promise<unknown>[] = [];
  for (const [number, client] of clients.entries()) {
    replies.push(
      number % 2 === 0 ? client.call('BLPOP', 'bl:order', 0) : client.call('BRPOP', 'bl:order', 0),
    );
    await untilBlocked(observer, number + 1);
  }
  // One by one and several at once; each takes from the end that it asked for of what is left when it is its turn.
  await observer.call('RPUSH', 'bl:order', 'a');
  assert.deepEqual(await replies[0], ['bl:order', 'a']);
  await observer.call('RPUSH', 'bl:order', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i');
  const expected = ['i', 'b', 'h', 'c', 'g', 'd', 'f'];
  for (const [number, element] of expected.entries()) {
    assert.deepEqual(await replies[number + 1], ['bl:order', element]);
  }
  assert.deepEqual(await observer.call('LRANGE', 'bl:order', 0, -1), ['e']);
  await observer.call('DEL', 'bl:order');
});

test('a client waits as long as it asked for, and then not any more', async (t) => {
  const clients = await connect(t, 4);
  const waits = [0.05, 0.2, 0.35, 0.5].map(async (seconds, number) => {
    const beginMs = performance.now();
    const command = number % 2 === 0 ? ['BLPOP', 'bl:a', 'bl:b'] : ['BLMOVE', 'bl:a', 'bl:b', 'LEFT', 'LEFT'];
    assert.equal(String(await clients[number]!.request(...command, seconds)), '*-1\r\n');
    const tookMs = performance.now() - beginMs;
    assert.ok(tookMs >= seconds * 1000 - 1, `${seconds} s: ${tookMs} ms`);
  });
  await Promise.all(waits);
});

test('a client that goes while it waits loses nothing, and holds nobody up', async (t) => {
  const [observer, next] = (await connect(t, 2)) as [RespConnection, RespConnection];
  for (let round = 0; round < 50; round++) {
    const leaving = await server().connect();
    leaving.call('BLPOP', 'bl:left', 0).catch(() => {});
    await untilBlocked(observer, 1);
    const reply = next.call('BLPOP', 'bl:left', 0);
    await untilBlocked(observer, 2);
    leaving.socket.destroy();
    // The push may come before or after the server has seen that the first one is gone: then it was served, and nobody has it.
    await observer.call('RPUSH', 'bl:left', `first ${round}`);
    await untilBlockedAtMost(observer, 1);
    await observer.call('RPUSH', 'bl:left', `second ${round}`);
    const [, element] = (await reply) as [string, string];
    assert.ok([`first ${round}`, `second ${round}`].includes(element), element);
    await observer.call('DEL', 'bl:left');
  }
});

async function untilBlockedAtMost(observer: RespConnection, count: number): Promise<void> {
  for (;;) {
    const info = String(await observer.call('INFO', 'clients'));
    if (Number(/blocked_clients:(\d+)/.exec(info)?.[1]) <= count) return;
  }
}

test('a chain of BLMOVE hands an element on from list to list', async (t) => {
  const [observer, ...clients] = (await connect(t, 7)) as [RespConnection, ...RespConnection[]];
  const replies = clients.map((client, link) =>
    client.call('BLMOVE', `bl:${link}`, `bl:${link + 1}`, 'LEFT', 'RIGHT', 0),
  );
  await untilBlocked(observer, clients.length);
  await observer.call('RPUSH', 'bl:0', 'handed on');
  assert.deepEqual(
    await Promise.all(replies),
    clients.map(() => 'handed on'),
  );
  assert.deepEqual(await observer.call('LRANGE', `bl:${clients.length}`, 0, -1), ['handed on']);
  assert.equal(await observer.call('DEL', `bl:${clients.length}`), 1);
  assert.equal(await observer.call('EXISTS', ...clients.map((_, link) => `bl:${link}`)), 0);
});

test('nothing is lost or served twice between many that push and many that wait', async (t) => {
  const clients = await connect(t, 12);
  const each = 300;
  const takers = clients.slice(0, 6);
  const taken: string[] = [];
  const taking = takers.map(async (client, number) => {
    for (let count = 0; count < each; count++) {
      if (number % 3 === 0) taken.push(((await client.call('BLPOP', 'bl:x', 'bl:y', 0)) as string[])[1]!);
      else if (number % 3 === 1)
        taken.push(((await client.call('BRPOP', 'bl:y', 'bl:x', 0)) as string[])[1]!);
      else
        taken.push(
          ((await client.call('BLMPOP', 0, 2, 'bl:x', 'bl:y', 'LEFT')) as [string, string[]])[1][0]!,
        );
    }
  });
  const pushing = clients.slice(6).map(async (client, number) => {
    for (let count = 0; count < each; count++) {
      await client.call(
        count % 2 === 0 ? 'LPUSH' : 'RPUSH',
        count % 3 === 0 ? 'bl:x' : 'bl:y',
        `${number}:${count}`,
      );
    }
  });
  await Promise.all([...taking, ...pushing]);
  assert.equal(taken.length, 6 * each);
  assert.equal(new Set(taken).size, 6 * each);
  assert.equal(await clients[0]!.call('EXISTS', 'bl:x', 'bl:y'), 0);
});
