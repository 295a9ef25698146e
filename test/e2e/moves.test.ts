/** Keys that move, on a server that is killed: what the log, the snapshot and both together bring back. */

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import type { RespConnection } from '../support/connection.js';
import { type Server, startCrabkv } from '../support/server.js';
import { makeTemporaryDirectory, removeTemporaryDirectory } from '../support/temporary.js';

const LARGE_BYTES = 20_000_000;

interface Life {
  server: Server;
  connection: RespConnection;
  /** Kills the server, and starts another one with its data and so many threads. */
  restart: (threads: number) => Promise<void>;
}

async function live(t: TestContext): Promise<Life> {
  const directory = makeTemporaryDirectory();
  const start = (threads: number) =>
    startCrabkv({ directory, directives: { threads: String(threads), appendfsync: 'everysec' } });
  const server = await start(2);
  const life: Life = {
    server,
    connection: await server.connect(),
    restart: async (threads) => {
      await life.server.kill();
      life.server = await start(threads);
      life.connection = await life.server.connect();
    },
  };
  t.after(async () => {
    await life.server.kill();
    removeTemporaryDirectory(directory);
  });
  return life;
}

async function digest(connection: RespConnection, key: string): Promise<string> {
  return createHash('sha1')
    .update(await connection.request('GET', key))
    .digest('hex');
}

test('a value of 20 MB is renamed, copied and moved, and all of it is there after a kill', async (t) => {
  const life = await live(t);
  const { connection } = life;
  assert.equal(await connection.call('SET', 'large', Buffer.alloc(LARGE_BYTES, 'not all the same ')), 'OK');
  const expected = await digest(connection, 'large');
  assert.equal(await connection.call('PEXPIREAT', 'large', 4_000_000_000_000), 1);
  assert.equal(await connection.call('RENAME', 'large', 'renamed'), 'OK');
  assert.equal(await connection.call('COPY', 'renamed', 'copied'), 1);
  assert.equal(await connection.call('MOVE', 'copied', 1), 1);
  for (const threads of [1, 2]) {
    await life.restart(threads);
    const after = life.connection;
    assert.equal(await after.call('DBSIZE'), 1);
    assert.equal(await digest(after, 'renamed'), expected);
    assert.equal(await after.call('PEXPIRETIME', 'renamed'), 4_000_000_000_000);
    await after.call('SELECT', 1);
    assert.equal(await after.call('DBSIZE'), 1);
    assert.equal(await digest(after, 'copied'), expected);
  }
});

test('SWAPDB survives a kill, also one that comes while a snapshot is taken', async (t) => {
  const life = await live(t);
  const KEYS = 30_000;
  const set = (value: string) => Array.from({ length: KEYS }, (_, i) => ['SET', `key:${i}`, value]);
  await life.connection.pipeline(set('zero'));
  await life.connection.call('SELECT', 1);
  await life.connection.pipeline(set('one'));
  const saved = await life.server.connect();
  const saving = saved.call('SAVE');
  // Odd in all; every one finds the snapshot somewhere else.
  for (let swap = 0; swap < 51; swap++) {
    assert.equal(await life.connection.call('SWAPDB', 0, 1), 'OK');
    await life.connection.pipeline([
      ['SET', `key:${swap}`, 'changed'],
      ['DEL', `key:${KEYS - 1 - swap}`],
    ]);
  }
  assert.equal(await saving, 'OK', 'the snapshot was not lost');
  const digests = async () => {
    const found: string[] = [];
    for (const database of [0, 1]) {
      await life.connection.call('SELECT', database);
      const replies = await life.connection.pipeline(
        Array.from({ length: KEYS }, (_, i) => ['GET', `key:${i}`]),
      );
      found.push(createHash('sha1').update(Buffer.concat(replies)).digest('hex'));
    }
    return found;
  };
  const before = await digests();
  assert.notEqual(before[0], before[1]);
  await life.connection.call('SELECT', 0);
  assert.equal(await life.connection.call('GET', 'key:1000'), 'one');
  for (const threads of [2, 1]) {
    await life.restart(threads);
    assert.deepEqual(await digests(), before);
  }
  // And a snapshot of what has come back holds the same.
  assert.equal(await life.connection.call('SAVE'), 'OK');
  await life.restart(2);
  assert.deepEqual(await digests(), before);
});
