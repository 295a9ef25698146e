import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { clientFor, EventLog, failureOf, scriptFor } from '../../test/support/client-fixture.js';
import { ScriptedServer } from '../../test/support/scripted-server.js';
import type { ConnectEvent, DisconnectEvent, ErrorEvent, ReconnectEvent, RetryEvent } from './diagnostics.js';
import {
  AuthenticationError,
  ConnectionError,
  MaybeAppliedError,
  QueueFullError,
  TimeoutError,
  UsageError,
} from './errors.js';
import { connect } from './index.js';

/** A server that answers ECHO with its argument, and cuts the connection at CUT. */
function echoFor(t: TestContext): Promise<ScriptedServer> {
  return scriptFor(t, (words, { socket }) => {
    if (words[0] === 'CUT') socket.destroy();
    return words[0] === 'ECHO' ? `+${words[1]}\r\n` : undefined;
  });
}

test('the waits between attempts are those of the seeded jitter, and are told', async (t) => {
  const server = await ScriptedServer.start(() => undefined);
  const random = [0.5, 0.5, 0.5, 0.5];
  const kv = await clientFor(t, server.port, {
    reconnectMsMin: 8,
    reconnectMsMax: 32,
    random: () => random.shift() ?? 0,
  });
  const reconnects = new EventLog<ReconnectEvent>(t, 'reconnect');
  await server.stop();
  await reconnects.reach(4);
  assert.deepEqual(
    reconnects.events.slice(0, 4).map(({ attempt, waitMs, role }) => [attempt, waitMs, role]),
    [
      [1, 4, 'commands'],
      [2, 8, 'commands'],
      [3, 16, 'commands'],
      [4, 16, 'commands'],
    ],
  );
  assert.match(reconnects.events[1]?.error.message ?? '', /ECONNREFUSED/);
  kv.destroy();
});

test('a refused password is not tried over and over; the next command tries once', async (t) => {
  let isOpen = true;
  const server = await scriptFor(
    t,
    (words, { socket }) => {
      if (words[0] === 'HELLO' && !isOpen) return '-WRONGPASS invalid username-password pair\r\n';
      if (words[0] === 'HELLO') return '%1\r\n+id\r\n:7\r\n';
      if (words[0] === 'CUT') socket.destroy();
      return '+OK\r\n';
    },
    { handshake: false },
  );
  const errors = new EventLog<ErrorEvent>(t, 'error');
  const kv = await clientFor(t, server.port, { password: 'secret' });
  isOpen = false;
  await failureOf(kv.send('CUT'), MaybeAppliedError);
  await errors.reach(1);
  assert.ok(errors.events[0]?.error instanceof AuthenticationError);
  const { accepted } = server;
  const refusal = await failureOf(kv.send('X'), AuthenticationError, 'AUTHENTICATION_FAILED');
  assert.match(refusal.message, /WRONGPASS/);
  assert.equal(server.accepted, accepted + 1);
  isOpen = true;
  assert.equal(await kv.send('X'), 'OK');
});

test('requests that never left are sent on the next connection, whatever they are', async (t) => {
  const server = await echoFor(t);
  const kv = await clientFor(t, server.port, { retry: 'never' });
  const lost = failureOf(kv.send('CUT'), MaybeAppliedError, 'MAYBE_APPLIED');
  const disconnects = new EventLog<DisconnectEvent>(t, 'disconnect');
  await disconnects.reach(1);
  const calls = ['a', 'b', 'c'].map((text) => kv.send('ECHO', text));
  await lost;
  assert.deepEqual(await Promise.all(calls), ['a', 'b', 'c']);
  assert.equal(kv.stats().retries, 0);
});

test('a retry is counted and told, without its arguments', async (t) => {
  const server = await scriptFor(t, (words, { socket, number }) => {
    if (number === 1) socket.destroy();
    return `+${words[1]}\r\n`;
  });
  const retries = new EventLog<RetryEvent>(t, 'retry');
  const kv = await clientFor(t, server.port);
  assert.equal(await kv.send('ECHO', 'secret'), 'secret');
  assert.equal(kv.stats().retries, 1);
  const [event] = retries.events;
  assert.deepEqual([event?.command, event?.attempt, event?.role], ['ECHO', 1, 'commands']);
  assert.ok(!JSON.stringify(event).includes('secret'));
});

test('a queue of nothing: without a connection everything is refused at once', async (t) => {
  const server = await ScriptedServer.start(() => undefined);
  const kv = await clientFor(t, server.port, { queueCommandsMax: 0 });
  const disconnects = new EventLog<DisconnectEvent>(t, 'disconnect');
  await server.stop();
  await disconnects.reach(1);
  const error = await failureOf(kv.get('k'), QueueFullError, 'QUEUE_FULL');
  assert.match(error.message, /there is no connection; .*queueCommandsMax 0/);
});

test('a wrong argument that waited is refused by itself', async (t) => {
  const server = await echoFor(t);
  const kv = await clientFor(t, server.port);
  const connects = new EventLog<ConnectEvent>(t, 'connect');
  const disconnects = new EventLog<DisconnectEvent>(t, 'disconnect');
  server.cut();
  await disconnects.reach(1);
  const [before, wrong, behind] = [
    kv.send('ECHO', 'a'),
    kv.send('ECHO', null as never),
    kv.send('ECHO', 'b'),
  ];
  await failureOf(wrong, UsageError, 'USAGE');
  assert.deepEqual([await before, await behind], ['a', 'b']);
  assert.equal(connects.events[0]?.again, true);
});

test('a lost connection ends the wait of close()', async (t) => {
  const server = await scriptFor(t, () => undefined);
  const kv = await clientFor(t, server.port, { timeoutMs: 0 });
  const call = failureOf(kv.incr('n'), MaybeAppliedError);
  await new Promise((done) => setImmediate(done));
  const closed = kv.close();
  server.cut();
  await closed;
  await call;
});

test('a transaction waits for the answer whether there are any, and what follows it waits, too', async (t) => {
  const server = await scriptFor(
    t,
    (words) => {
      if (words[0] === 'HELLO') return '%1\r\n+id\r\n:7\r\n';
      return words[0] === 'MULTI' || words[0] === 'EXEC'
        ? `-ERR unknown command '${words[0]}'\r\n`
        : '+OK\r\n';
    },
    { handshake: false },
  );
  const kv = await clientFor(t, server.port);
  const refused = kv.multi().set('a', 1).exec();
  const after = kv.set('b', 2);
  await assert.rejects(refused, /unknown command 'MULTI'/);
  assert.equal(await after, 'OK');
  await assert.rejects(kv.multi().set('a', 1).exec(), /unknown command 'MULTI'/);
  const sent = server.requests.filter(([word]) => word === 'SET').map(([, key]) => key);
  assert.deepEqual(sent, ['b'], 'nothing of a transaction was run');
});

test('connect gives up in time, and says which limit it was', async (t) => {
  const server = await scriptFor(t, () => undefined, { handshake: false });
  const outcome = connect({ host: '127.0.0.1', port: server.port, connectTimeoutMs: 30 });
  const error = await failureOf(outcome, TimeoutError, 'CONNECT_TIMEOUT');
  assert.match(error.message, /30 ms \(connectTimeoutMs\)/);
});

test('a server that is loading is waited for, but not beyond the time to connect', async (t) => {
  const server = await scriptFor(
    t,
    (words) => {
      if (words[0] === 'HELLO') return '%1\r\n+id\r\n:7\r\n';
      return '-LOADING Redis is loading the dataset in memory\r\n';
    },
    { handshake: false },
  );
  const options = { host: '127.0.0.1', port: server.port, reconnectMsMin: 1, reconnectMsMax: 5 };
  const error = await failureOf(
    connect({ ...options, connectTimeoutMs: 50 }),
    ConnectionError,
    'CONNECT_FAILED',
  );
  assert.match(error.message, /LOADING/);
  assert.ok(server.accepted > 2, `${server.accepted} attempts`);
});
