import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MessageChannel } from 'node:worker_threads';
import { Channel } from './control.js';

interface Sums {
  add(pair: readonly [number, number]): number;
  slow(ms: number): Promise<string>;
  fails(): void;
}

interface Nothing {
  ping(): string;
}

function pair(): { caller: Channel<Sums, Nothing>; server: Channel<Nothing, Sums> } {
  const { port1, port2 } = new MessageChannel();
  const caller = new Channel<Sums, Nothing>(port1);
  const server = new Channel<Nothing, Sums>(port2);
  server.serve({
    add: ([a, b]) => a + b,
    slow: (ms) => new Promise((resolve) => setTimeout(resolve, ms, `after ${ms}`)),
    fails() {
      throw Object.assign(new Error('no'), { code: 'E_NO' });
    },
  });
  caller.serve({ ping: () => 'pong' });
  return { caller, server };
}

test('calls go both ways and are answered in any order', async () => {
  const { caller, server } = pair();
  const order: string[] = [];
  const slow = caller.call('slow', 20).then((text) => order.push(text));
  const quick = caller.call('add', [2, 3]).then((sum) => order.push(String(sum)));
  assert.equal(await server.call('ping', undefined), 'pong');
  await Promise.all([slow, quick]);
  assert.deepEqual(order, ['5', 'after 20']);
  caller.close();
});

test('an error thrown at the other end rejects here with its message and code', async () => {
  const { caller } = pair();
  await assert.rejects(caller.call('fails', undefined), { message: 'no', code: 'E_NO' });
  caller.close();
});

test('whatever waits rejects when the line is closed, at either end', async () => {
  const { caller, server } = pair();
  const waiting = assert.rejects(caller.call('slow', 60_000_000), { code: 'CONTROL_CLOSED' });
  server.close();
  await waiting;
  await assert.rejects(caller.call('add', [1, 1]), { code: 'CONTROL_CLOSED' });
});
