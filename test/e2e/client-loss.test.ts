/**
 * A connection that is lost, at every point of a command's way: what is asked again, what is not, and that nothing is applied
 * twice or said to be what it is not.
 */

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import {
  type Client,
  ConnectionError,
  type DisconnectEvent,
  MaybeAppliedError,
  type ReconnectEvent,
  type RetryEvent,
} from '../../src/client/index.js';
import { clientFor, EventLog, failureOf, proxyFor } from '../support/client-fixture.js';
import type { RespConnection } from '../support/connection.js';
import type { Fate, FaultyProxy } from '../support/faulty-proxy.js';
import { connectionFor, sharedServer, until } from '../support/fixture.js';
import { chooseSeed, SeededRandom } from '../support/random.js';

const server = sharedServer({ directives: { appendfsync: 'no' } });

/** A client behind a proxy, and a connection past it that sees what has really happened. */
interface Bench {
  readonly kv: Client;
  readonly proxy: FaultyProxy;
  readonly direct: RespConnection;
}

async function benchFor(t: TestContext): Promise<Bench> {
  const direct = await connectionFor(t, server());
  await direct.call('FLUSHALL');
  const proxy = await proxyFor(t, server().port);
  return { kv: await clientFor(t, proxy.port), proxy, direct };
}

/** Each way to lose a connection over a command, and how often the server has then run it. */
const LOSSES: readonly (readonly [fate: Fate, what: string, runs: number])[] = [
  ['cut', 'before the server has anything of it', 0],
  ['cut-inside', 'in the middle of the request', 0],
  ['cut-reply', 'when the server has run it', 1],
  ['cut-inside-reply', 'in the middle of the reply', 1],
];

/** The first request of `command` meets `fate`; whatever comes after it passes. */
function strikeOnce(proxy: FaultyProxy, command: string, fate: Fate): void {
  proxy.fate = (words) => {
    if (words[0] !== command) return 'pass';
    proxy.fate = () => 'pass';
    return fate;
  };
}

for (const [fate, what, runs] of LOSSES) {
  test(`a write whose connection is lost ${what} is not asked again`, async (t) => {
    const { kv, proxy, direct } = await benchFor(t);
    strikeOnce(proxy, 'INCR', fate);
    const error = await failureOf(kv.incr('n'), MaybeAppliedError, 'MAYBE_APPLIED');
    assert.match(error.message, /INCR/);
    assert.equal(await direct.call('GET', 'n'), runs === 0 ? null : String(runs));
    assert.equal(await kv.incr('n'), runs + 1, 'and the client goes on');
    assert.equal(proxy.count('INCR'), 2);
  });

  test(`a read whose connection is lost ${what} is asked again`, async (t) => {
    const { kv, proxy } = await benchFor(t);
    const retries = new EventLog<RetryEvent>(t, 'retry');
    await kv.set('k', 'v');
    strikeOnce(proxy, 'GET', fate);
    assert.equal(await kv.get('k'), 'v');
    assert.equal(proxy.count('GET'), 2);
    assert.equal(kv.stats().retries, 1);
    assert.deepEqual(
      retries.events.map(({ command, attempt }) => [command, attempt]),
      [['GET', 1]],
    );
  });

  test(`a call says otherwise, and its connection is lost ${what}`, async (t) => {
    const { kv, proxy, direct } = await benchFor(t);
    strikeOnce(proxy, 'INCR', fate);
    assert.equal(await kv.with({ retry: 'always' }).incr('n'), runs + 1);
    assert.equal(await direct.call('GET', 'n'), String(runs + 1));
    strikeOnce(proxy, 'GET', fate);
    await failureOf(kv.with({ retry: 'never' }).get('n'), MaybeAppliedError);
    assert.equal(proxy.count('GET'), 1);
  });
}

test('what stands behind the lost command in one pipeline fares as its kind does', async (t) => {
  const { kv, proxy, direct } = await benchFor(t);
  strikeOnce(proxy, 'INCR', 'cut-reply');
  const set = kv.set('a', 1);
  const incremented = failureOf(kv.incr('n'), MaybeAppliedError);
  const got = kv.get('a');
  const deleted = failureOf(kv.del('a'), MaybeAppliedError);
  assert.equal(await set, 'OK', 'its reply came before the cut');
  await incremented;
  await deleted;
  assert.ok([undefined, '1'].includes(await got));
  assert.equal(await direct.call('GET', 'n'), '1');
});

test('reads that are asked again keep their order, before what is asked later', async (t) => {
  const { kv, proxy } = await benchFor(t);
  await kv.set('first', 1);
  strikeOnce(proxy, 'GET', 'cut');
  const keys = ['first', 'b', 'c', 'd'];
  const replies = keys.map((key) => kv.get(key));
  const later = failureOf(kv.set('first', 2), MaybeAppliedError);
  assert.equal(await replies[0], '1', 'the SET behind it in the pipeline did not pass it');
  await Promise.all(replies);
  await later;
  const asked = proxy.requests.filter((words) => words[0] === 'GET').map((words) => words[1]);
  assert.deepEqual(asked, ['first', ...keys]);
});

test('cuts at any point, again and again: nothing twice, nothing lost, nothing said wrongly', async (t) => {
  const { kv, proxy, direct } = await benchFor(t);
  const seed = chooseSeed(process.env['TEST_SEED']);
  t.diagnostic(`TEST_SEED=${seed}`);
  const random = new SeededRandom(seed);
  const fates: Fate[] = ['cut', 'cut-inside', 'cut-reply', 'cut-inside-reply'];
  proxy.fate = (words) => (words[0] === 'INCR' && random.below(100) === 0 ? fates[random.below(4)]! : 'pass');
  const count = 4_000;
  const wave = 50;
  const outcomes: ('once' | 'perhaps')[] = [];
  for (let from = 0; from < count; from += wave) {
    const calls = Array.from({ length: wave }, (_, i) => kv.incr(`n:${from + i}`));
    for (const outcome of await Promise.allSettled(calls)) {
      if (outcome.status === 'fulfilled') assert.equal(outcome.value, 1);
      else assert.ok(outcome.reason instanceof MaybeAppliedError, String(outcome.reason));
      outcomes.push(outcome.status === 'fulfilled' ? 'once' : 'perhaps');
    }
  }
  const perhaps = outcomes.filter((outcome) => outcome === 'perhaps').length;
  t.diagnostic(`${perhaps} of ${count} perhaps applied, ${kv.stats().connects} connections`);
  assert.ok(perhaps > 0);
  assert.ok(outcomes.length - perhaps > 0);
  const values = (await direct.call('MGET', ...outcomes.map((_, i) => `n:${i}`))) as (string | null)[];
  const allowed = { once: ['1'], perhaps: ['1', null] };
  for (const [i, outcome] of outcomes.entries())
    assert.ok(allowed[outcome].includes(values[i]!), `n:${i} is ${values[i]}, and was said to be ${outcome}`);
});

test('without a connection commands wait for the next one, and go out in their order', async (t) => {
  const { kv, proxy, direct } = await benchFor(t);
  const disconnects = new EventLog<DisconnectEvent>(t, 'disconnect');
  const reconnects = new EventLog<ReconnectEvent>(t, 'reconnect');
  proxy.refuses = true;
  proxy.cut();
  await disconnects.reach(1);
  const pushed = Array.from({ length: 100 }, (_, i) => kv.send('RPUSH', 'list', i));
  assert.equal(kv.stats().queued, 100);
  await reconnects.reach(3);
  assert.deepEqual(
    reconnects.events.slice(0, 3).map((event) => event.attempt),
    [1, 2, 3],
  );
  proxy.refuses = false;
  assert.deepEqual(
    await Promise.all(pushed),
    pushed.map((_, i) => i + 1),
  );
  assert.deepEqual(
    await direct.call('LRANGE', 'list', 0, -1),
    pushed.map((_, i) => String(i)),
  );
  assert.equal(kv.stats().queued, 0);
});

test('a connection that is lost while nothing is asked costs nobody anything', async (t) => {
  const { kv, proxy } = await benchFor(t);
  const connects = new EventLog<unknown>(t, 'connect');
  const disconnects = new EventLog<DisconnectEvent>(t, 'disconnect');
  proxy.cut();
  await connects.reach(1);
  assert.equal(await kv.incr('n'), 1);
  assert.equal(disconnects.events[0]?.inFlight, 0);
  assert.ok(disconnects.events[0]?.error instanceof ConnectionError);
  const { connects: connected, disconnects: lost, retries } = kv.stats();
  assert.deepEqual({ connected, lost, retries }, { connected: 2, lost: 1, retries: 0 });
});

test('the server ends our connection by CLIENT KILL', async (t) => {
  const { kv, direct } = await benchFor(t);
  const disconnects = new EventLog<DisconnectEvent>(t, 'disconnect');
  const id = Number(await kv.send('CLIENT', 'ID'));
  assert.equal(await direct.call('CLIENT', 'KILL', 'ID', id), 1);
  await disconnects.reach(1);
  assert.equal(await kv.set('k', 'v'), 'OK');
  assert.notEqual(await kv.send('CLIENT', 'ID'), id);
});

test('database and name are those that were asked for on the next connection, too', async (t) => {
  const { proxy } = await benchFor(t);
  const kv = await clientFor(t, proxy.port, { db: 5, name: 'steady' });
  const connects = new EventLog<unknown>(t, 'connect');
  proxy.cut();
  await connects.reach(1);
  assert.match(String(await kv.send('CLIENT', 'INFO')), / name=steady .* db=5 /);
});

test('a reply that is lost over and over is not asked for without end', async (t) => {
  const { kv, proxy } = await benchFor(t);
  proxy.fate = (words) => (words[0] === 'GET' ? 'cut' : 'pass');
  const startMs = performance.now();
  await assert.rejects(kv.with({ timeoutMs: 200 }).get('k'));
  assert.ok(performance.now() - startMs < 5_000);
  proxy.fate = () => 'pass';
  assert.equal(await kv.get('k'), undefined);
});

test('every connection is closed at the end', async (t) => {
  const { kv, proxy } = await benchFor(t);
  strikeOnce(proxy, 'GET', 'cut');
  await kv.get('k');
  await kv.close();
  await until('the proxy has no connection left', 5_000, () => proxy.open === 0);
});
