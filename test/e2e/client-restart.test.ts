/** The server goes and comes back while the client is at work: in good order, by `kill -9`, and not at all. */

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import {
  type Client,
  ConnectionError,
  type ConnectOptions,
  connect,
  type DisconnectEvent,
  MaybeAppliedError,
  QueueFullError,
  TimeoutError,
} from '../../src/client/index.js';
import {
  clientFor,
  EventLog,
  failureOf,
  proxyFor,
  type Subject,
  subjects,
} from '../support/client-fixture.js';
import { connectionFor, sharedServer, until } from '../support/fixture.js';
import { freePort, type Server, type StartOptions } from '../support/server.js';
import { makeTemporaryDirectory, removeTemporaryDirectory } from '../support/temporary.js';

const server = sharedServer({ directives: { appendfsync: 'no' } });

/** A server that can be started again in its place: same port, same directory. */
interface Life {
  server: Server;
  readonly port: number;
  readonly start: () => Promise<void>;
}

async function lifeFor(t: TestContext, subject: Subject): Promise<Life> {
  const directory = makeTemporaryDirectory();
  const directives = { appendonly: 'yes', appendfsync: 'always' };
  const options: StartOptions = { directory, directives };
  const server = await subject.start(options);
  const life: Life = {
    server,
    port: server.port,
    start: async () => {
      life.server = await subject.start({ ...options, port: server.port });
    },
  };
  t.after(async () => {
    await life.server.kill();
    removeTemporaryDirectory(directory);
  });
  return life;
}

for (const subject of subjects('restart under a client')) {
  const { name, skip } = subject;

  test(`${name}: a restart in good order: what is asked meanwhile is done after it, in order`, {
    skip,
  }, async (t) => {
    const life = await lifeFor(t, subject);
    const disconnects = new EventLog<DisconnectEvent>(t, 'disconnect');
    const kv = await clientFor(t, life.port);
    await kv.set('before', 'kept');
    await life.server.terminate();
    await disconnects.reach(1);
    const calls = Array.from({ length: 500 }, (_, i) => kv.send('RPUSH', 'list', i));
    const length = kv.send('LLEN', 'list');
    await life.start();
    assert.deepEqual(
      await Promise.all(calls),
      calls.map((_, i) => i + 1),
    );
    assert.equal(await length, 500);
    assert.equal(await kv.get('before'), 'kept');
    assert.equal(kv.stats().retries, 0);
  });

  test(`${name}: kill -9 under load: every write that was confirmed is there`, { skip }, async (t) => {
    const life = await lifeFor(t, subject);
    const kv = await clientFor(t, life.port);
    const kills = 3;
    const confirmed: string[] = [];
    const doubtful: string[] = [];
    const write = async (key: string) => {
      try {
        assert.equal(await kv.incr(key), 1);
        confirmed.push(key);
      } catch (error) {
        assert.ok(error instanceof MaybeAppliedError, String(error));
        doubtful.push(key);
      }
    };
    let isOver = false;
    const writer = async (writerName: string) => {
      for (let i = 0; !isOver; i++) {
        await Promise.all(Array.from({ length: 20 }, (_, j) => write(`${writerName}:${i}:${j}`)));
      }
    };
    const writers = ['a', 'b', 'c'].map(writer);
    for (let round = 1; round <= kills; round++) {
      const target = confirmed.length + 400;
      await until('enough is confirmed', 20_000, () => confirmed.length >= target);
      await life.server.kill();
      await life.start();
    }
    isOver = true;
    await Promise.all(writers);
    t.diagnostic(`${confirmed.length} confirmed, ${doubtful.length} doubtful`);
    const direct = await life.server.connect();
    const values = await direct.call('MGET', ...confirmed);
    assert.deepEqual(new Set(values as string[]), new Set(['1']), 'once, and not lost');
    const others = doubtful.length === 0 ? [] : ((await direct.call('MGET', ...doubtful)) as unknown[]);
    assert.ok(others.every((value) => value === null || value === '1'));
    direct.close();
  });
}

/** A client whose server has just gone, and a way for it to come back. */
async function alone(
  t: TestContext,
  options: ConnectOptions = {},
): Promise<{ kv: Client; back: () => void }> {
  const direct = await connectionFor(t, server());
  await direct.call('FLUSHALL');
  const proxy = await proxyFor(t, server().port);
  const disconnects = new EventLog<DisconnectEvent>(t, 'disconnect');
  const kv = await clientFor(t, proxy.port, options);
  proxy.refuses = true;
  proxy.cut();
  await disconnects.reach(1);
  const back = () => {
    proxy.refuses = false;
  };
  return { kv, back };
}

test('more than may wait is refused at once, and has no effect', async (t) => {
  const { kv, back } = await alone(t, { queueCommandsMax: 3 });
  const accepted = [1, 2, 3].map(() => kv.incr('n'));
  const refused = await failureOf(kv.incr('n'), QueueFullError, 'QUEUE_FULL');
  assert.match(refused.message, /queueCommandsMax 3/);
  back();
  assert.deepEqual(await Promise.all(accepted), [1, 2, 3]);
  assert.equal(await kv.get('n'), '3');
});

test('more bytes than may wait are refused at once', async (t) => {
  const { kv, back } = await alone(t, { queueBytesMax: 10_000 });
  const accepted = kv.set('a', 'x'.repeat(6_000));
  const refused = await failureOf(kv.set('b', 'x'.repeat(6_000)), QueueFullError, 'QUEUE_FULL');
  assert.match(refused.message, /queueBytesMax 10000/);
  const small = kv.set('c', 'x');
  back();
  assert.deepEqual(await Promise.all([accepted, small]), ['OK', 'OK']);
  assert.equal(await kv.get('b'), undefined);
});

test('a server that does not come back: deadlines end the waiting, and nothing was sent', async (t) => {
  const { kv, back } = await alone(t);
  const error = await failureOf(kv.with({ timeoutMs: 50 }).incr('n'), TimeoutError, 'COMMAND_TIMEOUT');
  assert.equal(error.wasSent, false);
  assert.equal(kv.stats().queued, 0);
  back();
  assert.equal(await kv.incr('n'), 1, 'the one that was given up has not been sent after all');
});

test('close() without a connection: what waits for one fails', async (t) => {
  const { kv } = await alone(t);
  const waiting = failureOf(kv.incr('n'), ConnectionError, 'CLIENT_CLOSED');
  await kv.close();
  await waiting;
});

test('nobody listens at the address: connect says so', async () => {
  const port = await freePort();
  const startMs = performance.now();
  const error = await failureOf(
    connect(`crabkv://127.0.0.1:${port}`, { connectTimeoutMs: 1_000 }),
    ConnectionError,
    'CONNECT_FAILED',
  );
  assert.match(error.message, new RegExp(`127\\.0\\.0\\.1:${port}`));
  assert.match(error.message, /ECONNREFUSED/);
  assert.ok(performance.now() - startMs < 5_000);
});
