/** What a restart brings back: from the log, from a snapshot, from both. */

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { RespConnection } from '../support/connection.js';
import { until } from '../support/fixture.js';
import type { Argument } from '../support/resp.js';
import { type Server, startCrabkv } from '../support/server.js';
import { makeTemporaryDirectory, removeTemporaryDirectory } from '../support/temporary.js';

const FAR_MS = 4_000_000_000_123;

interface Life {
  server: Server;
  connection: RespConnection;
  /** Kills the server and starts it again in the same directory. */
  restart: () => Promise<void>;
}

async function live(t: TestContext, directives: Record<string, string> = {}): Promise<Life> {
  const directory = makeTemporaryDirectory();
  const options = { directory, directives };
  const server = await startCrabkv(options);
  const life: Life = {
    server,
    connection: await server.connect(),
    restart: async () => {
      await life.server.kill();
      life.server = await startCrabkv(options);
      life.connection = await life.server.connect();
    },
  };
  t.after(async () => {
    await life.server.kill();
    removeTemporaryDirectory(directory);
  });
  return life;
}

/** Every kind of write, and what must be there afterwards. */
const WRITES: Argument[][] = [
  ['SET', 'plain', 'value'],
  ['SET', 'empty', ''],
  ['SET', '', 'empty key'],
  ['SET', Buffer.from([0, 255, 10, 34, 92]), Buffer.from([0, 13, 10, 255, 34])],
  ['SET', 'unicode \u{1f980}', '\u00e9\u2028"\\'],
  ['SET', 'k'.repeat(70_000), 'long key'],
  ['SET', 'big', 'B'.repeat(5_000_000)],
  ['SET', 'overwritten', 'old'],
  ['SET', 'overwritten', 'new'],
  ['SET', 'deleted', 'x'],
  ['DEL', 'deleted'],
  ['SET', 'dated', 'v', 'PXAT', FAR_MS],
  ['SET', 'kept', 'v', 'PXAT', FAR_MS],
  ['SET', 'kept', 'w', 'KEEPTTL'],
  ['SET', 'freed', 'v', 'PXAT', FAR_MS],
  ['PERSIST', 'freed'],
  ['SET', 'later', 'v'],
  ['PEXPIREAT', 'later', FAR_MS + 1],
  ['SET', 'gone', 'v', 'PX', 1],
  ['SET', 'past', 'v'],
  ['EXPIREAT', 'past', 1],
  ['INCRBY', 'counter', 41],
  ['INCR', 'counter'],
  ['APPEND', 'appended', 'ab'],
  ['APPEND', 'appended', 'cd'],
  ['APPEND', 'dated', 'x'],
  ['INCR', 'dated counter'],
  ['PEXPIREAT', 'dated counter', FAR_MS],
  ['INCR', 'dated counter'],
  ['MSET', 'm1', '1', 'm2', '2', 'm1', '3'],
  ['SELECT', 1],
  ['SET', 'plain', 'in database 1'],
  ['SELECT', 2],
  ['SET', 'x', 'flushed'],
  ['FLUSHDB'],
  ['SET', 'y', 'after the flush'],
  ['SELECT', 0],
];

const PROBES: Argument[][] = [
  ['DBSIZE'],
  [
    'MGET',
    'plain',
    'empty',
    '',
    Buffer.from([0, 255, 10, 34, 92]),
    'unicode \u{1f980}',
    'k'.repeat(70_000),
    'big',
  ],
  [
    'MGET',
    'overwritten',
    'deleted',
    'dated',
    'kept',
    'freed',
    'later',
    'gone',
    'past',
    'counter',
    'appended',
  ],
  ['MGET', 'dated counter', 'm1', 'm2'],
  ['PEXPIRETIME', 'dated'],
  ['PEXPIRETIME', 'kept'],
  ['PEXPIRETIME', 'freed'],
  ['PEXPIRETIME', 'later'],
  ['PEXPIRETIME', 'dated counter'],
  ['PEXPIRETIME', 'appended'],
  ['SELECT', 1],
  ['DBSIZE'],
  ['GET', 'plain'],
  ['SELECT', 2],
  ['DBSIZE'],
  ['GET', 'y'],
  ['SELECT', 0],
];

async function write(connection: RespConnection): Promise<void> {
  for (const [i, reply] of (await connection.pipeline(WRITES)).entries()) {
    assert.doesNotMatch(reply.toString('latin1', 0, 1), /-/, `${WRITES[i]?.[0]}: ${reply}`);
  }
  await until(
    'a key with a lifetime of 1 ms is gone',
    2000,
    async () => (await connection.call('EXISTS', 'gone')) === 0,
  );
}

const probe = async (connection: RespConnection) =>
  Buffer.concat(await connection.pipeline(PROBES)).toString('latin1');

test('brings everything back from the log', async (t) => {
  const life = await live(t);
  await write(life.connection);
  const before = await probe(life.connection);
  await life.restart();
  assert.equal(await probe(life.connection), before);
  assert.ok(before.includes(`:${FAR_MS}\r\n`));
  await life.restart();
  assert.equal(await probe(life.connection), before, 'and again');
});

test('brings everything back from a snapshot alone', async (t) => {
  const life = await live(t, { appendonly: 'no' });
  await write(life.connection);
  const before = await probe(life.connection);
  assert.equal(await life.connection.call('SAVE'), 'OK');
  await life.restart();
  assert.equal(await probe(life.connection), before);
});

test('brings everything back from a snapshot and the log after it', async (t) => {
  const life = await live(t);
  await life.connection.pipeline([
    ['SET', 'overwritten', 'before the snapshot'],
    ['SET', 'deleted', 'before the snapshot'],
    ['INCRBY', 'counter', 0],
    ['APPEND', 'appended', ''],
    ['SET', 'freed', 'x', 'PXAT', FAR_MS],
  ]);
  assert.equal(await life.connection.call('SAVE'), 'OK');
  await write(life.connection);
  const before = await probe(life.connection);
  await life.restart();
  assert.equal(await probe(life.connection), before);
  assert.equal(await life.connection.call('SAVE'), 'OK');
  await life.restart();
  assert.equal(await probe(life.connection), before, 'after a second snapshot');
});

test('a flush of everything stays flushed', async (t) => {
  const life = await live(t);
  await write(life.connection);
  await life.connection.call('FLUSHALL');
  await life.connection.call('SET', 'after', '1');
  await life.restart();
  assert.equal(await life.connection.call('DBSIZE'), 1);
  assert.deepEqual(await life.connection.call('KEYS', '*'), ['after']);
  await life.connection.call('SELECT', 1);
  assert.equal(await life.connection.call('DBSIZE'), 0);
});

test('lifetimes go on while the server is down', async (t) => {
  const life = await live(t);
  await life.connection.call('SET', 'short', 'v', 'PX', 60);
  await life.connection.call('SET', 'long', 'v', 'EX', 1000);
  await life.server.kill();
  await new Promise((done) => setTimeout(done, 80));
  await life.restart();
  assert.equal(await life.connection.call('EXISTS', 'short'), 0);
  assert.equal(await life.connection.call('DBSIZE'), 1);
  const ttl = Number(await life.connection.call('TTL', 'long'));
  assert.ok(ttl > 990 && ttl <= 1000, `TTL ${ttl}`);
});

test('BGSAVE writes lines of JSON while others write', async (t) => {
  const life = await live(t);
  await life.connection.pipeline(Array.from({ length: 20_000 }, (_, i) => ['SET', `bg:${i}`, `value ${i}`]));
  const savedBefore = await life.connection.call('LASTSAVE');
  // LASTSAVE counts seconds: the next one must be a different one.
  await until('the second has changed', 2000, () => Math.floor(Date.now() / 1000) > Number(savedBefore));
  assert.equal(await life.connection.call('BGSAVE'), 'Background saving started');
  await life.connection.pipeline(
    Array.from({ length: 20_000 }, (_, i) => ['SET', `bg:${i}`, `changed ${i}`]),
  );
  await until(
    'the snapshot is complete',
    10_000,
    async () => (await life.connection.call('LASTSAVE')) !== savedBefore,
  );
  const file = join(life.server.directory, 'snapshot.json');
  assert.ok(existsSync(file));
  const lines = readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.equal(lines[0]?.['format'], 'crabkv-snapshot');
  assert.equal(lines.at(-1)?.['entries'], lines.length - 2);
  assert.equal(lines.length - 2, 20_000);
  await life.restart();
  assert.equal(await life.connection.call('DBSIZE'), 20_000);
  assert.equal(await life.connection.call('GET', 'bg:19999'), 'changed 19999');
});

test('a save rule takes a snapshot by itself', async (t) => {
  const life = await live(t, { save: '1 10' });
  await life.connection.pipeline(Array.from({ length: 20 }, (_, i) => ['SET', `rule:${i}`, i]));
  await until('the rule has fired', 10_000, () => existsSync(join(life.server.directory, 'snapshot.json')));
});

test('log files that a snapshot covers are given back', async (t) => {
  const life = await live(t, { 'wal-segment-size': '1mb', appendfsync: 'no' });
  const value = 'v'.repeat(10_000);
  for (let round = 0; round < 3; round++) {
    await life.connection.pipeline(
      Array.from({ length: 500 }, (_, i) => ['SET', `r:${i}`, `${value}${round}`]),
    );
    assert.equal(await life.connection.call('SAVE'), 'OK');
  }
  await life.restart();
  assert.equal(await life.connection.call('DBSIZE'), 500);
  assert.equal(await life.connection.call('GET', 'r:499'), `${value}2`);
});
