import assert from 'node:assert/strict';
import { after, beforeEach, describe, it } from 'node:test';
import { Redis } from 'ioredis';
import { startTestServer } from './index.js';

const KEY_COUNT = 20_000;

describe('TestServer.clock', async () => {
  const server = await startTestServer();
  const redis = new Redis(server.url);
  after(async () => {
    redis.disconnect();
    await server.stop();
  });
  beforeEach(() => server.flush());

  it('deletes every key whose time is over, and no other', async () => {
    const pipeline = redis.pipeline();
    for (let number = 0; number < KEY_COUNT; number++)
      pipeline.set(`key:${number}`, 'x', 'PX', 1000 + (number % 2) * 9000);
    pipeline.set('forever', 'x');
    await pipeline.exec();
    const expired = async (): Promise<number> =>
      Number(/expired_keys:(\d+)/.exec(await redis.info('stats'))?.[1]);
    const before = await expired();
    await server.clock.advance('5s');
    assert.equal(await redis.dbsize(), KEY_COUNT / 2 + 1, 'they are deleted without anybody asking for them');
    assert.equal((await expired()) - before, KEY_COUNT / 2);
    assert.ok((await redis.pttl('key:1')) <= 5000);
    await server.clock.advance('1h');
    assert.deepEqual(await redis.keys('*'), ['forever']);
  });

  it('deletes fields whose time is over', async () => {
    await redis.hset('hash', 'a', '1', 'b', '2');
    await redis.call('HPEXPIRE', 'hash', '3000', 'FIELDS', '1', 'a');
    await server.clock.advance(3000);
    assert.deepEqual(await redis.hkeys('hash'), ['b']);
    await redis.call('HPEXPIRE', 'hash', '3000', 'FIELDS', '1', 'b');
    await server.clock.advance(3000);
    assert.equal(await redis.dbsize(), 0, 'the hash goes with its last field');
  });

  it('is what TIME, TTL and OBJECT IDLETIME go by, and real time goes on beside it', async () => {
    await redis.set('key', 'value', 'EX', 7200);
    const [seconds] = await redis.time();
    const nowMs = server.clock.now();
    await server.clock.advance('1h');
    assert.ok(Number((await redis.time())[0]) - Number(seconds) >= 3600);
    assert.ok(server.clock.now() - nowMs >= 3_600_000);
    assert.ok((await redis.ttl('key')) <= 3600);
    assert.ok(((await redis.object('IDLETIME', 'key')) as number) >= 3600);
    await server.clock.advance(0);
    const laterMs = server.clock.now();
    while (server.clock.now() === laterMs);
  });

  it('ends what waits: commands that block, WAIT, and a pause of the clients', async () => {
    const other = redis.duplicate();
    const popped = other.blpop('nothing', 30);
    await blocked(1);
    await server.clock.advance('29s');
    await server.clock.advance('1s');
    assert.equal(await popped, null);

    const waited = other.wait(1, 60_000);
    await blocked(1);
    await server.clock.advance('1m');
    assert.equal(await waited, 0);

    await redis.call('CLIENT', 'PAUSE', '600000');
    const paused = other.ping();
    await server.clock.advance('10m');
    assert.equal(await paused, 'PONG');
    other.disconnect();
  });

  it('does not end a command that blocks without a timeout', async () => {
    const other = redis.duplicate();
    const popped = other.blpop('queue', 0);
    await blocked(1);
    await server.clock.advance('1d');
    await redis.rpush('queue', 'job');
    assert.deepEqual(await popped, ['queue', 'job']);
    other.disconnect();
  });

  it('does not go back', async () => {
    await assert.rejects(server.clock.advance('-1s'), { code: 'DURATION' });
    await assert.rejects(server.clock.advance('a while'), { code: 'DURATION' });
  });

  /** Resolves when so many clients wait. */
  async function blocked(count: number): Promise<void> {
    while (!(await redis.info('clients')).includes(`blocked_clients:${count}`));
  }
});
