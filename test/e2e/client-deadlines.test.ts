/** A server that is slow, or silent: deadlines, signals, and that later replies still go to those who asked for them. */

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import {
  AbortedError,
  type Client,
  ConnectionError,
  type ConnectOptions,
  connect,
  type DisconnectEvent,
  MaybeAppliedError,
  TimeoutError,
} from '../../src/client/index.js';
import { clientFor, EventLog, failureOf, proxyFor, scriptFor } from '../support/client-fixture.js';
import type { FaultyProxy } from '../support/faulty-proxy.js';
import { connectionFor, sharedServer, until } from '../support/fixture.js';

const server = sharedServer({ directives: { appendfsync: 'no' } });

/** Long enough that nothing is over by it on a busy machine. */
const FAR_MS = 60_000;

async function benchFor(
  t: TestContext,
  options: ConnectOptions = {},
): Promise<{ kv: Client; proxy: FaultyProxy }> {
  const direct = await connectionFor(t, server());
  await direct.call('FLUSHALL');
  const proxy = await proxyFor(t, server().port);
  return { proxy, kv: await clientFor(t, proxy.port, { timeoutMs: FAR_MS, ...options }) };
}

test('a reply that is late: the command fails in time, and says that it was sent', async (t) => {
  const { kv, proxy } = await benchFor(t);
  proxy.flow = 'hold';
  const startMs = performance.now();
  const error = await failureOf(kv.with({ timeoutMs: 50 }).incr('n'), TimeoutError, 'COMMAND_TIMEOUT');
  const tookMs = performance.now() - startMs;
  assert.equal(error.wasSent, true);
  assert.match(error.message, /INCR/);
  assert.match(error.message, /50 ms/);
  assert.ok(tookMs >= 49 && tookMs < 2_000, `${tookMs} ms`);
  assert.equal(kv.stats().timeouts, 1);
  proxy.flow = 'pass';
  assert.equal(await kv.incr('n'), 2, 'the late reply was nobody else’s');
  assert.equal(kv.stats().connects, 1);
});

test('the deadline of all commands is the option of connect', async (t) => {
  const { kv, proxy } = await benchFor(t, { timeoutMs: 30 });
  proxy.flow = 'hold';
  await failureOf(kv.get('k'), TimeoutError, 'COMMAND_TIMEOUT');
  const patient = kv.with({ timeoutMs: 0 }).get('k');
  await failureOf(kv.get('k'), TimeoutError, 'COMMAND_TIMEOUT');
  proxy.flow = 'pass';
  assert.equal(await patient, undefined);
});

test('of many in flight some are given up: each of the others gets its own reply', async (t) => {
  const { kv, proxy } = await benchFor(t);
  proxy.flow = 'hold';
  const controller = new AbortController();
  const views = [kv, kv.with({ timeoutMs: 20 }), kv.with({ signal: controller.signal })];
  const calls = Array.from({ length: 3_000 }, (_, i) => views[i % 3]!.send('ECHO', i));
  const outcomes = Promise.allSettled(calls);
  await failureOf(calls[2_998]!, TimeoutError);
  controller.abort();
  await failureOf(calls[2]!, AbortedError);
  proxy.flow = () => 997;
  for (const [i, outcome] of (await outcomes).entries()) {
    if (i % 3 === 0) assert.deepEqual(outcome, { status: 'fulfilled', value: String(i) });
    else assert.equal(outcome.status, 'rejected');
  }
  assert.equal(await kv.send('ECHO', 'last'), 'last');
  assert.equal(kv.stats().inFlight, 0);
});

test('deadlines of any length end in their order', async (t) => {
  const { kv, proxy } = await benchFor(t);
  proxy.flow = 'hold';
  const order: number[] = [];
  const times = [120, 40, 80, 1, 160];
  await Promise.all(
    times.map(async (timeoutMs) => {
      const startMs = performance.now();
      await failureOf(kv.with({ timeoutMs }).get('k'), TimeoutError);
      assert.ok(performance.now() - startMs >= timeoutMs - 1, `${timeoutMs} ms: not before its time`);
      order.push(timeoutMs);
    }),
  );
  assert.deepEqual(
    order,
    times.toSorted((a, b) => a - b),
  );
});

test('a server that is silent for too long is given up, and another connection is made', async (t) => {
  const script = await scriptFor(t, (words, { number }) => {
    if (number === 1) return undefined;
    return words[0] === 'GET' ? '$1\r\nv\r\n' : ':1\r\n';
  });
  const disconnects = new EventLog<DisconnectEvent>(t, 'disconnect');
  const kv = await clientFor(t, script.port, { timeoutMs: FAR_MS, stalledMs: 60 });
  const late = failureOf(kv.with({ timeoutMs: 20 }).get('a'), TimeoutError, 'COMMAND_TIMEOUT');
  const read = kv.get('b');
  const write = failureOf(kv.incr('n'), MaybeAppliedError, 'MAYBE_APPLIED');
  await late;
  assert.equal(await read, 'v', 'asked again on the next connection');
  await write;
  assert.equal(script.accepted, 2);
  assert.equal(disconnects.events.length, 1);
  assert.match(disconnects.events[0]?.error?.message ?? '', /silent|stalled|no reply|late/i);
});

test('a server that is slow, but not silent, is not given up', async (t) => {
  // Each reply is late by far more than stalledMs, but there is always another one on its way.
  const script = await scriptFor(t, (_words, { socket }) => {
    backlog.push(() => socket.write('+OK\r\n'));
    return undefined;
  });
  const backlog: (() => void)[] = [];
  const ticker = setInterval(() => backlog.shift()?.(), 10);
  t.after(() => clearInterval(ticker));
  const kv = await clientFor(t, script.port, { timeoutMs: 30, stalledMs: 400 });
  const outcomes = await Promise.allSettled(Array.from({ length: 60 }, () => kv.set('k', 1)));
  assert.ok(outcomes.some(({ status }) => status === 'rejected'));
  await kv.with({ timeoutMs: FAR_MS }).set('k', 1);
  assert.equal(script.accepted, 1);
  assert.equal(kv.stats().connects, 1);
});

test('a server that accepts and says nothing: connect gives up in time', async (t) => {
  const script = await scriptFor(t, () => undefined, { handshake: false });
  const startMs = performance.now();
  await failureOf(
    connect({ host: '127.0.0.1', port: script.port, connectTimeoutMs: 50 }),
    TimeoutError,
    'CONNECT_TIMEOUT',
  );
  assert.ok(performance.now() - startMs < 5_000);
  await until('its connection is closed', 5_000, () => script.open === 0);
});

test('a signal that is raised already: nothing is sent', async (t) => {
  const { kv, proxy } = await benchFor(t);
  const reason = new Error('changed my mind');
  const error = await failureOf(
    kv.with({ signal: AbortSignal.abort(reason) }).incr('n'),
    AbortedError,
    'ABORTED',
  );
  assert.equal(error.wasSent, false);
  assert.equal(error.cause, reason);
  assert.equal(await kv.get('n'), undefined);
  assert.equal(proxy.count('INCR'), 0);
});

test('a signal raised while the command waits for a connection: it is never sent', async (t) => {
  const { kv, proxy } = await benchFor(t);
  const disconnects = new EventLog<DisconnectEvent>(t, 'disconnect');
  proxy.refuses = true;
  proxy.cut();
  await disconnects.reach(1);
  const controller = new AbortController();
  const given = kv.with({ signal: controller.signal }).incr('n');
  const kept = kv.incr('m');
  controller.abort();
  assert.equal((await failureOf(given, AbortedError, 'ABORTED')).wasSent, false);
  proxy.refuses = false;
  assert.equal(await kept, 1);
  assert.equal(proxy.count('INCR'), 1);
});

test('a signal raised in the turn of the call: taken out of the batch, or known to be sent', async (t) => {
  const { kv } = await benchFor(t);
  const controller = new AbortController();
  const before = kv.set('a', 1);
  const given = kv.with({ signal: controller.signal }).incr('n');
  const behind = kv.send('ECHO', 'behind');
  controller.abort();
  const { wasSent } = await failureOf(given, AbortedError, 'ABORTED');
  assert.equal(await before, 'OK');
  assert.equal(await behind, 'behind');
  assert.equal(await kv.get('n'), wasSent ? '1' : undefined);
});

test('a signal raised when the command is under way: its reply is dropped, the next ones are right', async (t) => {
  const { kv, proxy } = await benchFor(t);
  proxy.flow = 'hold';
  const controller = new AbortController();
  const given = kv.with({ signal: controller.signal }).incr('n');
  await until('the server has got it', 5_000, () => proxy.count('INCR') === 1);
  controller.abort();
  assert.equal((await failureOf(given, AbortedError, 'ABORTED')).wasSent, true);
  const next = kv.incr('n');
  proxy.flow = 'pass';
  assert.equal(await next, 2);
});

test('one signal for many commands leaves no listener behind', async (t) => {
  const { kv } = await benchFor(t);
  const { signal } = new AbortController();
  let listening = 0;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    listening += 1;
    add(...args);
  };
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    listening -= 1;
    remove(...args);
  };
  const view = kv.with({ signal });
  await Promise.all(Array.from({ length: 100 }, () => view.get('k')));
  assert.equal(listening, 0);
});

test('close() waits for what is under way, and takes nothing more', async (t) => {
  const { kv, proxy } = await benchFor(t);
  proxy.flow = 'hold';
  const calls = Array.from({ length: 100 }, () => kv.incr('n'));
  await until('the server has got them', 5_000, () => proxy.count('INCR') === 100);
  const closed = kv.close();
  for (const late of [kv.incr('n'), kv.blpop('queue', 0), kv.buffers.get('n'), kv.send('ECHO', 'x')])
    await failureOf(late, ConnectionError, 'CLIENT_CLOSED');
  proxy.flow = 'pass';
  assert.deepEqual(
    await Promise.all(calls),
    calls.map((_, i) => i + 1),
  );
  await closed;
  await kv.close();
  await until('the connection is closed', 5_000, () => proxy.open === 0);
  await failureOf(kv.get('n'), ConnectionError, 'CLIENT_CLOSED');
});

test('close() in the turn of the calls lets them go out first', async (t) => {
  const { kv } = await benchFor(t);
  const calls = [kv.set('k', 'v'), kv.get('k')];
  await kv.close();
  assert.deepEqual(await Promise.all(calls), ['OK', 'v']);
});

test('destroy() ends everything at once', async (t) => {
  const { kv, proxy } = await benchFor(t);
  proxy.flow = 'hold';
  const sent = failureOf(kv.incr('n'), MaybeAppliedError, 'MAYBE_APPLIED');
  await until('the server has got it', 5_000, () => proxy.count('INCR') === 1);
  const unsent = kv.with({ retry: 'never' }).incr('n');
  kv.destroy();
  await sent;
  await assert.rejects(unsent, (error: unknown) => error instanceof ConnectionError);
  await failureOf(kv.get('n'), ConnectionError, 'CLIENT_CLOSED');
  await until('the connection is closed', 5_000, () => proxy.open === 0);
});
