/** Two reactor threads over one keyspace. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RespConnection } from '../support/connection.js';
import { connectionFor, sharedServer } from '../support/fixture.js';
import { parseFrame } from '../support/resp.js';

const server = sharedServer({ directives: { threads: '2', appendfsync: 'no' } });

const connect = (t: Parameters<typeof connectionFor>[0], count: number): Promise<RespConnection[]> =>
  Promise.all(Array.from({ length: count }, () => connectionFor(t, server())));

test('what one connection has written, every other reads at once', async (t) => {
  const connections = await connect(t, 16);
  for (let i = 0; i < 500; i++) {
    const writer = connections[i % 16] as RespConnection;
    const reader = connections[(i * 7 + 3) % 16] as RespConnection;
    await writer.call('SET', 'thread:k', i);
    assert.equal(await reader.call('GET', 'thread:k'), String(i));
  }
});

test('counters lose nothing', async (t) => {
  const connections = await connect(t, 8);
  const each = 2000;
  await connections[0]?.call('DEL', 'thread:n');
  const replies = await Promise.all(
    connections.map((connection) =>
      connection.pipeline(Array.from({ length: each }, () => ['INCR', 'thread:n'])),
    ),
  );
  const seen = new Set(replies.flat().map(String));
  assert.equal(seen.size, 8 * each, 'every value was handed out once');
  assert.equal(await connections[0]?.call('GET', 'thread:n'), String(8 * each));
});

test('nobody sees half an MSET', async (t) => {
  const connections = await connect(t, 8);
  const keys = Array.from({ length: 10 }, (_, i) => `thread:m${i}`);
  const mset = (value: number) => ['MSET', ...keys.flatMap((key) => [key, String(value)])];
  await connections[0]?.request(...mset(0));
  const writers = connections.slice(0, 4);
  const readers = connections.slice(4);
  let isWriting = true;
  const writing = Promise.all(
    writers.map(async (writer, w) => {
      for (let round = 0; round < 40; round++) {
        await writer.pipeline(
          Array.from({ length: 25 }, (_, i) => mset((w + 1) * 1_000_000 + round * 25 + i)),
        );
      }
    }),
  ).then(() => {
    isWriting = false;
  });
  let reads = 0;
  const reading = readers.map(async (reader) => {
    while (isWriting) {
      for (const frame of await reader.pipeline(Array.from({ length: 10 }, () => ['MGET', ...keys]))) {
        const values = new Set(parseFrame(frame).items.map((item) => item.text));
        assert.equal(values.size, 1, `half an MSET: ${[...values].join(' ')}`);
        reads++;
      }
    }
  });
  await Promise.all([writing, ...reading]);
  t.diagnostic(`${reads} reads`);
  assert.ok(reads > 100);
});

test('a flush is seen by everybody at once', async (t) => {
  const [writer, reader] = (await connect(t, 2)) as [RespConnection, RespConnection];
  for (let round = 0; round < 50; round++) {
    await writer.pipeline(Array.from({ length: 100 }, (_, i) => ['SET', `thread:f${i}`, round]));
    assert.equal(await writer.call('FLUSHALL'), 'OK');
    assert.equal(await reader.call('DBSIZE'), 0);
  }
});
