/** Sessions over real sockets: what only shows when a kernel is in between. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { test } from 'node:test';
import { NodeReactor } from './node/node-reactor.js';
import { DatalessThread, request } from './session-fakes.case.js';

const WAKE_INDEX = 5;
const PING = request('PING');

interface Stage {
  readonly thread: DatalessThread<NodeReactor>;
  connect(): net.Socket;
  /** Makes the log durable up to its end, as the log thread does: publish, then bump the wake word. */
  sync(): void;
}

function staged(title: string, body: (stage: Stage) => Promise<void>): void {
  test(title, { timeout: 30_000 }, async () => {
    const words = new Int32Array(new SharedArrayBuffer(64));
    const thread = new DatalessThread(new NodeReactor(words, WAKE_INDEX));
    const port = await thread.reactor.listen({ port: 0 });
    const clients: net.Socket[] = [];
    try {
      await body({
        thread,
        connect: () => {
          const client = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
          clients.push(client);
          return client;
        },
        sync: () => {
          thread.log.acknowledgedLsn = thread.log.lastLsn;
          Atomics.add(words, WAKE_INDEX, 1);
          Atomics.notify(words, WAKE_INDEX);
        },
      });
    } finally {
      for (const client of clients) client.destroy();
      await thread.reactor.stop();
    }
  });
}

async function readAll(client: net.Socket): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of client) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('latin1');
}

async function readBytes(client: net.Socket, size: number): Promise<string> {
  const chunks: Buffer[] = [];
  let have = 0;
  while (have < size) {
    const chunk = client.read() as Buffer | null;
    if (chunk === null) {
      await once(client, 'readable');
      continue;
    }
    chunks.push(chunk);
    have += chunk.length;
  }
  return Buffer.concat(chunks).toString('latin1');
}

staged('100,000 pipelined requests, the side then ended: every reply, then the end', async ({ connect }) => {
  const client = connect();
  client.end(PING.repeat(100_000));
  assert.equal(await readAll(client), '+PONG\r\n'.repeat(100_000));
});

staged('text typed into nc: bare replies, then the end', async ({ connect }) => {
  const client = connect();
  client.end('PING\nECHO "a b"\nPING');
  assert.equal(await readAll(client), 'PONG\r\na b\r\n');
});

staged('a request in single bytes, each a packet of its own', async ({ connect }) => {
  const client = connect().setNoDelay(true);
  for (const byte of request('ECHO', 'slowly')) {
    client.write(byte);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal(await readBytes(client, 12), '$6\r\nslowly\r\n');
});

staged(
  'a client that does not read keeps its order and does not keep others waiting',
  async ({ thread, connect }) => {
    const slow = connect();
    const quick = connect();
    const count = 200;
    for (let index = 0; index < count; index++) {
      slow.write(request('BIG', '100000') + request('ECHO', `n${index}`));
    }
    slow.end();
    for (let index = 0; index < 50; index++) {
      quick.write(PING);
      assert.equal(await readBytes(quick, 7), '+PONG\r\n');
    }
    assert.ok(thread.executor.executed.filter((name) => name === 'BIG').length < count, 'it was stopped');
    const all = await readAll(slow);
    const big = `$100000\r\n${'x'.repeat(100_000)}\r\n`;
    let at = 0;
    for (let index = 0; index < count; index++) {
      const expected = `${big}$${`n${index}`.length}\r\nn${index}\r\n`;
      assert.ok(all.startsWith(expected, at), `reply ${index}`);
      at += expected.length;
    }
    assert.equal(at, all.length);
  },
);

staged('a large value in both directions', async ({ connect }) => {
  const client = connect();
  const value = 'v'.repeat(20_000_000);
  client.end(request('ECHO', value) + PING);
  const all = await readAll(client);
  assert.ok(all === `$20000000\r\n${value}\r\n+PONG\r\n`);
});

staged('held replies leave when the log thread wakes this one', async ({ thread, connect, sync }) => {
  const writer = connect();
  const reader = connect();
  for (let round = 0; round < 20; round++) {
    writer.write(request('SET') + PING);
    while (thread.log.lastLsn === thread.log.acknowledgedLsn)
      await new Promise((resolve) => setImmediate(resolve));
    reader.write(PING);
    assert.equal(await readBytes(reader, 7), '+PONG\r\n');
    assert.equal(writer.readableLength, 0);
    sync();
    assert.equal(await readBytes(writer, 12), '+OK\r\n+PONG\r\n');
  }
});

staged('a side ended with replies held: they come, then the end', async ({ thread, connect, sync }) => {
  const client = connect();
  client.end(request('SET') + PING);
  while (thread.log.lastLsn === 0) await new Promise((resolve) => setImmediate(resolve));
  sync();
  assert.equal(await readAll(client), '+OK\r\n+PONG\r\n');
});

staged('a protocol error arrives although more input is on its way', async ({ connect }) => {
  const client = connect();
  client.on('error', () => {});
  client.write(`${PING}*1\r\nnonsense\r\n${PING.repeat(10_000)}`);
  assert.equal(await readAll(client), "+PONG\r\n-ERR Protocol error: expected '$', got 'n'\r\n");
});

staged('stopping while replies are held does not hang', async ({ thread, connect }) => {
  const client = connect();
  client.on('error', () => {});
  client.write(request('SET'));
  while (thread.log.lastLsn === 0) await new Promise((resolve) => setImmediate(resolve));
  await thread.reactor.stop();
  await readAll(client);
});
