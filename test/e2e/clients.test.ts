/** The two clients that most Node programs use, unmodified, with their defaults. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Redis } from 'ioredis';
import { createClient, RESP_TYPES } from 'redis';
import { sharedServer, until } from '../support/fixture.js';

const server = sharedServer();

const BINARY = Buffer.from([0, 1, 13, 10, 128, 255, 0]);

test('ioredis: strings, counters, lifetimes', async (t) => {
  const redis = new Redis(server().port, '127.0.0.1');
  t.after(() => redis.disconnect());
  assert.equal(await redis.ping(), 'PONG');
  assert.equal(await redis.set('io:a', '1'), 'OK');
  assert.equal(await redis.get('io:a'), '1');
  assert.equal(await redis.get('io:none'), null);
  assert.equal(await redis.set('io:a', '2', 'NX'), null);
  assert.equal(await redis.set('io:a', '2', 'EX', 100, 'XX'), 'OK');
  assert.ok((await redis.ttl('io:a')) > 90);
  assert.equal(await redis.incrby('io:a', 40), 42);
  assert.equal(await redis.mset({ 'io:b': 'x', 'io:c': 'y' }), 'OK');
  assert.deepEqual(await redis.mget('io:b', 'io:none', 'io:c'), ['x', null, 'y']);
  assert.equal(await redis.expire('io:b', 100), 1);
  assert.equal(await redis.persist('io:b'), 1);
  assert.equal(await redis.setex('io:d', 100, 'v'), 'OK');
  assert.equal(await redis.append('io:d', 'w'), 2);
  assert.equal(await redis.del('io:b', 'io:c', 'io:none'), 2);
  await redis.set('io:bin', BINARY);
  assert.deepEqual(await redis.getBuffer('io:bin'), BINARY);
  await assert.rejects(redis.incr('io:bin'), /value is not an integer or out of range/);
  assert.equal(await redis.set('io:short', 'v', 'PX', 5), 'OK');
  await until('a key lives for 5 ms', 1000, async () => (await redis.get('io:short')) === null);
});

test('ioredis: pipelines and scan streams', async (t) => {
  const redis = new Redis(server().port, '127.0.0.1');
  t.after(() => redis.disconnect());
  const pipeline = redis.pipeline();
  for (let i = 0; i < 500; i++) pipeline.set(`ios:${i}`, i);
  pipeline.get('ios:499').call('NOSUCH');
  const replies = (await pipeline.exec()) ?? [];
  assert.equal(replies.length, 502);
  assert.deepEqual(replies[500], [null, '499']);
  assert.match(String(replies[501]?.[0]), /unknown command/);
  const found = new Set<string>();
  for await (const keys of redis.scanStream({ match: 'ios:*', count: 50 })) {
    for (const key of keys as string[]) found.add(key);
  }
  assert.equal(found.size, 500);
});

test('ioredis: ranges, bitmaps, HyperLogLogs, keys that move and travel', async (t) => {
  const redis = new Redis(server().port, '127.0.0.1');
  t.after(() => redis.disconnect());
  assert.equal(await redis.getset('if:a', 'hello'), null);
  assert.equal(await redis.setrange('if:a', 5, ' world'), 11);
  assert.equal(await redis.getrange('if:a', -5, -1), 'world');
  assert.equal(await redis.incrbyfloat('if:float', 10.5), '10.5');
  assert.equal(await redis.msetnx({ 'if:a': '1', 'if:new': '2' }), 0);
  assert.equal(await redis.getex('if:a', 'EX', 100), 'hello world');
  assert.equal(await redis.lcs('if:a', 'if:float'), '');
  assert.equal(await redis.setbit('if:bits', 7, 1), 0);
  assert.equal(await redis.bitcount('if:bits'), 1);
  assert.equal(await redis.bitpos('if:bits', 1), 7);
  assert.equal(await redis.bitop('NOT', 'if:not', 'if:bits'), 1);
  assert.deepEqual(await redis.call('BITFIELD', 'if:bits', 'INCRBY', 'u8', '0', '4'), [5]);
  assert.equal(await redis.pfadd('if:hll', 'a', 'b', 'c'), 1);
  assert.equal(await redis.pfcount('if:hll'), 3);
  assert.equal(await redis.pfmerge('if:all', 'if:hll'), 'OK');
  assert.equal(await redis.rename('if:a', 'if:b'), 'OK');
  assert.equal(await redis.copy('if:b', 'if:a'), 1);
  assert.equal(await redis.touch('if:a', 'if:b', 'if:none'), 2);
  assert.equal(await redis.object('ENCODING', 'if:a'), 'raw');
  const payload = await redis.dumpBuffer('if:a');
  assert.equal(await redis.restore('if:copy', 0, payload), 'OK');
  assert.equal(await redis.getdel('if:copy'), 'hello world');
  assert.equal(await redis.unlink('if:a', 'if:b'), 2);
  assert.equal(await redis.wait(0, 10), 0);
  await assert.rejects(redis.setbit('if:bits', -1, 1), /bit offset is not an integer or out of range/);
});

test('ioredis: monitor, slow log, memory', async (t) => {
  const redis = new Redis(server().port, '127.0.0.1');
  t.after(() => redis.disconnect());
  const monitor = await redis.monitor();
  t.after(() => monitor.disconnect());
  const seen = new Promise<string[]>((resolve) => {
    monitor.on('monitor', (_time: string, words: string[]) => {
      if (words[1] === 'io:monitored') resolve(words);
    });
  });
  await redis.set('io:monitored', 'v');
  assert.deepEqual(await seen, ['set', 'io:monitored', 'v']);
  assert.equal(await redis.slowlog('RESET'), 'OK');
  assert.equal(await redis.slowlog('LEN'), 0);
  assert.ok(Number(await redis.memory('USAGE', 'io:monitored')) > 0);
});

test('ioredis: connects by name to a database and knows the server', async (t) => {
  const redis = new Redis({ port: server().port, host: '127.0.0.1', db: 3, connectionName: 'tester' });
  t.after(() => redis.disconnect());
  await redis.set('io:db', '3');
  assert.equal(await redis.client('GETNAME'), 'tester');
  assert.match(await redis.info('server'), /redis_version:\d/);
  await redis.select(0);
  assert.equal(await redis.exists('io:db'), 0);
});

for (const RESP of [2, 3, undefined] as const) {
  test(`node-redis with ${RESP === undefined ? 'its default protocol' : `RESP${RESP}`}`, async (t) => {
    const url = `redis://127.0.0.1:${server().port}`;
    const client = createClient(RESP === undefined ? { url } : { url, RESP });
    client.on('error', (error) => t.diagnostic(String(error)));
    await client.connect();
    t.after(() => client.destroy());
    const prefix = `nr${RESP}:`;
    assert.equal(await client.ping(), 'PONG');
    assert.equal(await client.set(`${prefix}a`, '1'), 'OK');
    assert.equal(await client.get(`${prefix}a`), '1');
    assert.equal(await client.get(`${prefix}none`), null);
    assert.equal(await client.set(`${prefix}a`, '2', { condition: 'NX' }), null);
    assert.equal(await client.set(`${prefix}a`, '7', { expiration: { type: 'EX', value: 100 } }), 'OK');
    assert.ok((await client.ttl(`${prefix}a`)) > 90);
    assert.equal(await client.incr(`${prefix}a`), 8);
    assert.equal(await client.mSet({ [`${prefix}b`]: 'x', [`${prefix}c`]: 'y' }), 'OK');
    assert.deepEqual(await client.mGet([`${prefix}b`, `${prefix}none`, `${prefix}c`]), ['x', null, 'y']);
    assert.equal(await client.expire(`${prefix}b`, 100), 1);
    assert.equal(await client.del([`${prefix}b`, `${prefix}c`]), 2);
    assert.deepEqual({ ...(await client.configGet('appendfsync')) }, { appendfsync: 'always' });
    await assert.rejects(client.sendCommand(['NOSUCH']), /unknown command/);

    const buffers = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
    await client.set(`${prefix}bin`, BINARY);
    assert.deepEqual(await buffers.get(`${prefix}bin`), BINARY);

    await Promise.all(Array.from({ length: 500 }, (_, i) => client.set(`${prefix}scan:${i}`, String(i))));
    const found = new Set<string>();
    for await (const keys of client.scanIterator({ MATCH: `${prefix}scan:*`, COUNT: 50 })) {
      for (const key of keys) found.add(key);
    }
    assert.equal(found.size, 500);
    assert.ok((await client.clientList()).length >= 1);
    assert.equal(await client.setRange(`${prefix}range`, 3, 'abc'), 6);
    assert.equal(await client.getRange(`${prefix}range`, 3, -1), 'abc');
    assert.deepEqual(
      await client.bitField(`${prefix}field`, [
        { operation: 'SET', encoding: 'u8', offset: 0, value: 9 },
        { operation: 'GET', encoding: 'u8', offset: 0 },
      ]),
      [0, 9],
    );
    assert.ok(await client.pfAdd(`${prefix}hll`, ['a', 'b']));
    assert.equal(await client.pfCount(`${prefix}hll`), 2);
    assert.equal(await client.getEx(`${prefix}range`, { type: 'PERSIST' }), '\0\0\0abc');
    assert.equal(await client.rename(`${prefix}range`, `${prefix}moved`), 'OK');
    assert.equal(await client.objectEncoding(`${prefix}moved`), 'raw');
    assert.equal((await client.lcsIdx(`${prefix}moved`, `${prefix}moved`)).len, 6);
    assert.ok((await client.memoryStats())['keys.count'] >= 1);
    assert.ok(Object.keys(await client.latencyHistogram('set')).length <= 1);
    assert.equal((await client.clientInfo()).db, 0);
    assert.deepEqual(await client.clientTrackingInfo().then(({ redirect }) => redirect), -1);
    assert.ok((await client.commandCount()) > 40);
  });
}
