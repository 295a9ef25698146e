import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { connect } from '../client/index.js';
import { startTestServer, type TestServer } from './index.js';

const ENTRY = new URL('./index.js', import.meta.url).href;
const START_COUNT = 50;
/** Of what 50 servers have used, the system may have so much still in its keeping. */
const LEFT_BYTES_MAX = 256 * 1024 * 1024;

/** Runs with an ioredis that is connected to `server`. */
async function withRedis(server: TestServer, run: (redis: Redis) => Promise<void>): Promise<void> {
  const redis = new Redis(server.url);
  try {
    await run(redis);
  } finally {
    redis.disconnect();
  }
}

describe('startTestServer', () => {
  it('serves ioredis', async () => {
    await using server = await startTestServer();
    assert.equal(server.url, `redis://127.0.0.1:${server.port}`);
    await withRedis(server, async (redis) => {
      assert.equal(await redis.set('session', 'alice', 'EX', 60), 'OK');
      assert.equal(await redis.ttl('session'), 60);
      await server.clock.advance('61s');
      assert.equal(await redis.get('session'), null);
    });
  });

  it('serves node-redis, with a password and a number of databases', async () => {
    await using server = await startTestServer({ password: 'p:ss/wörd', databases: 3 });
    const client = await createClient({ url: server.url }).connect();
    await client.select(2);
    await client.hSet('user', { name: 'bob' });
    assert.deepEqual({ ...(await client.hGetAll('user')) }, { name: 'bob' });
    await assert.rejects(client.select(3), /DB index is out of range/);
    await client.close();
    const stranger = new Redis(server.port, { lazyConnect: true, enableReadyCheck: false });
    await assert.rejects(stranger.get('user'), /NOAUTH/);
    stranger.disconnect();
  });

  it('serves the client of this package', async () => {
    await using server = await startTestServer({ password: 'secret' });
    await using kv = await connect(server.url);
    await kv.set('greeting', 'hello', { px: 1500 });
    assert.equal(await kv.get('greeting'), 'hello');
    await server.clock.advance(1500);
    assert.equal(await kv.get('greeting'), undefined);
  });

  it('has the same data without a connection', async () => {
    await using server = await startTestServer();
    await withRedis(server, async (redis) => {
      await redis.set('a', '1');
      assert.equal(server.kv.sync.get('a'), '1');
      server.kv.sync.set('b', '2', { ex: 5 });
      assert.equal(await redis.get('b'), '2');
      await server.clock.advance('5s');
      assert.equal(server.kv.sync.get('b'), undefined);
    });
  });

  it('runs several servers in one thread, which have nothing to do with one another', async () => {
    await using one = await startTestServer();
    await using other = await startTestServer();
    assert.notEqual(one.port, other.port);
    await withRedis(one, (first) =>
      withRedis(other, async (second) => {
        const names = Array.from({ length: 500 }, (_, number) => `key:${number}`);
        // Commands of both alternate, those with working memory of their own among them.
        await Promise.all(
          names.flatMap((name) => [
            first.set(name, `one ${name}`),
            second.set(name, `other ${name}`),
            first.zadd('scores', name.length, name),
            second.sadd('names', name),
          ]),
        );
        assert.deepEqual(
          await first.mget(names),
          names.map((name) => `one ${name}`),
        );
        assert.deepEqual(
          await second.mget(names),
          names.map((name) => `other ${name}`),
        );
        const [sorted, members] = await Promise.all([
          first.sort('scores', 'ALPHA'),
          second.smembers('names'),
        ]);
        assert.deepEqual(sorted, [...names].sort());
        assert.deepEqual(members.sort(), [...names].sort());
        await one.clock.advance('1h');
        const [ahead, behind] = await Promise.all([first.time(), second.time()]);
        assert.ok(Number(ahead[0]) - Number(behind[0]) >= 3590, `${ahead} and ${behind}`);
        await one.flush();
        assert.equal(await first.dbsize(), 0);
        assert.equal(await second.dbsize(), names.length + 1);
        await one.stop();
        assert.equal(await second.get('key:7'), 'other key:7');
      }),
    );
  });

  it('deletes all keys of all databases with flush, and leaves connections as they are', async () => {
    await using server = await startTestServer();
    await withRedis(server, async (redis) => {
      await redis.set('a', '1');
      await redis.select(5);
      await redis.rpush('list', 'x', 'y');
      await server.flush();
      assert.equal(await redis.dbsize(), 0);
      await redis.select(0);
      assert.equal(await redis.dbsize(), 0);
    });
  });

  it('takes directives, and refuses those that there are not', async () => {
    await using server = await startTestServer({ maxmemory: '64mb', 'maxmemory-policy': 'allkeys-lru' });
    await withRedis(server, async (redis) => {
      assert.deepEqual(await redis.config('GET', 'maxmemory'), ['maxmemory', '67108864']);
      assert.deepEqual(await redis.config('GET', 'dir'), ['dir', '']);
      await assert.rejects(redis.bgsave(), /keeps its data in memory only/);
    });
    const wrong = { 'no-such-option': 1 } as never;
    await assert.rejects(startTestServer(wrong), { message: /no-such-option.*startTestServer/ });
    await assert.rejects(startTestServer({ port: server.port }), { code: 'LISTEN' });
  });

  it('ends when a client says so, and can be stopped twice', async () => {
    const server = await startTestServer();
    const client = createClient({ url: server.url });
    client.on('error', () => {}); // its connection goes, which is what this is about
    await client.connect();
    await assert.rejects(client.sendCommand(['SHUTDOWN', 'NOSAVE']));
    client.destroy();
    await server.stop();
    await server.stop();
  });

  it('leaves nothing behind, however often one is started', async () => {
    const run = async (): Promise<void> => {
      const server = await startTestServer();
      await withRedis(server, async (redis) => void (await redis.set('a', 'x'.repeat(100_000))));
      await server.stop();
    };
    await run();
    const descriptors = countDescriptors();
    const bytes = process.memoryUsage.rss();
    for (let count = 0; count < START_COUNT; count++) await run();
    assert.ok(process.memoryUsage.rss() - bytes < LEFT_BYTES_MAX);
    assert.ok(countDescriptors() <= descriptors, `${descriptors} descriptors became ${countDescriptors()}`);
  });

  it('does not keep the process alive when it is forgotten', () => {
    const program = `
      const { startTestServer } = await import('${ENTRY}');
      const server = await startTestServer();
      server.kv.sync.set('a', 1);
      console.log(server.port > 0);`;
    const { stdout, stderr, status } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
      encoding: 'utf8',
      timeout: 20_000,
    });
    assert.equal(`${stderr}${stdout}`, 'true\n');
    assert.equal(status, 0);
  });
});

/** Open descriptors of this process; 0 where that can't be told. */
function countDescriptors(): number {
  return process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0;
}
