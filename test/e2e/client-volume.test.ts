/** Much at once: many commands, large values, large replies, a server that reads slowly. Memory follows limits, not wishes. */

import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { AbortedError, MaybeAppliedError } from '../../src/client/index.js';
import { clientFor, failureOf, proxyFor, scriptFor, subjects } from '../support/client-fixture.js';
import { connectionFor, until } from '../support/fixture.js';
import { run } from '../support/server.js';

const MEGABYTE = 1024 * 1024;
const LARGE_BYTES = 100 * MEGABYTE;
const ELEMENTS = 1_000_000;

const CLIENT_URL = new URL('../../src/client/index.js', import.meta.url).href;

/** Bytes that are no text, and in which a shift by one shows. */
function pattern(size: number): Buffer {
  const bytes = Buffer.alloc(size);
  for (let at = 0; at + 4 <= size; at += 4) bytes.writeUInt32LE(Math.imul(at, 2_654_435_761) >>> 0, at);
  return bytes;
}

for (const { name, skip, start } of subjects('volume')) {
  test(`${name}: values of 100 MB, both ways, with small ones before and behind`, { skip }, async (t) => {
    const server = await start({ directives: { appendonly: 'no' } });
    t.after(() => server.stop());
    const kv = await clientFor(t, server.port);
    const value = pattern(LARGE_BYTES);
    const [before, large, behind] = await Promise.all([
      kv.set('small', 'a'),
      kv.set('large', value),
      kv.append('small', 'b'),
    ]);
    assert.deepEqual([before, large, behind], ['OK', 'OK', 2]);
    const [small, back, again] = await Promise.all([
      kv.get('small'),
      kv.buffers.get('large'),
      kv.get('small'),
    ]);
    assert.ok(back?.equals(value));
    assert.deepEqual([small, again], ['ab', 'ab']);
    await kv.set('text', 'é'.repeat(MEGABYTE));
    assert.equal(await kv.get('text'), 'é'.repeat(MEGABYTE));
  });

  test(`${name}: 10,000 commands in flight, each with its own reply`, { skip }, async (t) => {
    const server = await start({ directives: { appendonly: 'no' } });
    t.after(() => server.stop());
    const proxy = await proxyFor(t, server.port);
    const kv = await clientFor(t, proxy.port);
    proxy.flow = 'hold';
    const calls = Array.from({ length: 10_000 }, (_, i) => kv.send('ECHO', i));
    await until('all are in flight', 10_000, () => proxy.count('ECHO') === calls.length);
    assert.equal(kv.stats().inFlight, calls.length);
    proxy.flow = () => 9_973;
    const replies = await Promise.all(calls);
    assert.ok(replies.every((reply, i) => reply === String(i)));
    assert.equal(kv.stats().inFlight, 0);
  });

  /** Its values are 1 GB together, all asked for before the first one is sent. */
  const FLOOD = (port: number) => `
    import { connect } from ${JSON.stringify(CLIENT_URL)};
    const kv = await connect({ host: '127.0.0.1', port: ${port}, timeoutMs: 60_000 });
    const value = Buffer.alloc(10_000, 'x').toString('latin1');
    const calls = [];
    for (let i = 0; i < 100_000; i++) calls.push(kv.set('k' + i % 100, value));
    const replies = await Promise.all(calls);
    if (!replies.every((reply) => reply === 'OK')) throw new Error('not all are OK');
    await kv.close();
    console.log(Math.round(process.resourceUsage().maxRSS / 1024));
  `;

  test(`${name}: 100,000 SETs of 10 KB in one turn need little memory`, { skip }, async (t) => {
    const server = await start({ directives: { appendonly: 'no' } });
    t.after(() => server.stop());
    const args = ['--input-type=module', '-e', FLOOD(server.port)];
    const { code, stdout, stderr } = await run(process.execPath, args, { limitMs: 60_000 });
    assert.equal(code, 0, stderr);
    assert.equal(stderr, '');
    t.diagnostic(`${stdout.trim()} MiB resident at most`);
    assert.ok(Number(stdout) < 350, `${stdout.trim()} MiB resident at most`);
    const direct = await connectionFor(t, server);
    assert.equal(await direct.call('STRLEN', 'k99'), 10_000);
  });
}

test('a server that does not read: what waits is not copied for it', async (t) => {
  let silent: Socket | undefined;
  const script = await scriptFor(t, (words, { socket }) => {
    if (words[0] === 'ECHO') {
      silent = socket;
      socket.pause();
    }
    return '+OK\r\n';
  });
  const kv = await clientFor(t, script.port, { timeoutMs: 0 });
  await kv.send('ECHO', 'now');
  const value = 'x'.repeat(100_000);
  const before = process.memoryUsage().arrayBuffers;
  const calls = Array.from({ length: 2_000 }, () => kv.set('k', value));
  await new Promise((done) => setImmediate(done));
  await until('the rest waits', 5_000, () => kv.stats().inFlight > 0);
  const { queued, queuedBytes, inFlight } = kv.stats();
  assert.equal(queued + inFlight, calls.length);
  assert.ok(queuedBytes > 100_000_000, `${queuedBytes} bytes wait`);
  const grown = process.memoryUsage().arrayBuffers - before;
  assert.ok(grown < 50 * MEGABYTE, `${Math.round(grown / MEGABYTE)} MiB more`);
  silent?.resume();
  assert.deepEqual(new Set(await Promise.all(calls)), new Set(['OK']));
});

test('a server that does not read, and then is lost: nothing that was not sent may have been applied', async (t) => {
  const script = await scriptFor(t, (words, { socket, number }) => {
    if (words[0] === 'ECHO' && number === 1) socket.pause();
    return '+OK\r\n';
  });
  const kv = await clientFor(t, script.port, { timeoutMs: 0 });
  await kv.send('ECHO', 'now');
  const value = 'x'.repeat(100_000);
  const calls = Array.from({ length: 1_000 }, (_, i) => kv.set(`k${i}`, value));
  await until('some are sent', 5_000, () => kv.stats().inFlight > 0);
  script.cut();
  const outcomes = await Promise.allSettled(calls);
  const firstSet = outcomes.findIndex(({ status }) => status === 'fulfilled');
  assert.ok(firstSet > 0, 'what had been sent fails, what had not goes to the next connection');
  await failureOf(calls[0]!, MaybeAppliedError);
  assert.ok(outcomes.slice(firstSet).every(({ status }) => status === 'fulfilled'));
});

test('a large value that is given up while it is on its way', async (t) => {
  const [{ start }] = subjects('volume') as [ReturnType<typeof subjects>[number]];
  const server = await start({ directives: { appendonly: 'no' } });
  t.after(() => server.stop());
  const kv = await clientFor(t, server.port);
  const value = Buffer.alloc(30 * MEGABYTE, 'x');
  for (const isSameTurn of [true, false]) {
    const controller = new AbortController();
    const given = failureOf(kv.with({ signal: controller.signal }).set('k', value), AbortedError, 'ABORTED');
    const next = kv.send('ECHO', 'next');
    if (!isSameTurn) await new Promise((done) => setImmediate(done));
    controller.abort();
    const { wasSent } = await given;
    assert.equal(await next, 'next');
    assert.equal(await kv.strlen('k'), wasSent ? value.length : 0);
    assert.equal(await kv.del('k'), wasSent ? 1 : 0);
  }
  assert.equal(kv.stats().connects, 1);
});

test('a reply of a million elements, in odd pieces', async (t) => {
  const elements = Array.from({ length: ELEMENTS }, (_, i) => `$${String(i).length}\r\n${i}\r\n`);
  const reply = Buffer.from(`*${ELEMENTS}\r\n${elements.join('')}+next\r\n`);
  const sizes = [1, 4_093, 65_537, 7, 131_071];
  const script = await scriptFor(t, (words, { socket }) => {
    if (words[0] === 'LRANGE') void drip(socket, reply, sizes);
    return undefined;
  });
  const kv = await clientFor(t, script.port);
  const large = kv.send('LRANGE', 'l', 0, -1);
  const next = kv.send('ECHO', 'next');
  const items = (await large) as string[];
  assert.equal(items.length, ELEMENTS);
  assert.ok(items.every((item, i) => item === String(i)));
  assert.equal(await next, 'next');
});

test('a value of 100 MB in odd pieces', async (t) => {
  const value = pattern(LARGE_BYTES);
  const reply = Buffer.concat([Buffer.from(`$${value.length}\r\n`), value, Buffer.from('\r\n+next\r\n')]);
  const script = await scriptFor(t, (words, { socket }) => {
    if (words[0] === 'GET') void drip(socket, reply, [3, 262_147, 1, 1_048_573]);
    return undefined;
  });
  const kv = await clientFor(t, script.port);
  const large = kv.buffers.get('k');
  const next = kv.send('ECHO', 'next');
  assert.ok((await large)?.equals(value));
  assert.equal(await next, 'next');
});

/** Writes bytes in pieces of these sizes, in turn, one a turn of the loop. */
async function drip(socket: Socket, bytes: Buffer, sizes: readonly number[]): Promise<void> {
  for (let from = 0, piece = 0; from < bytes.length; piece++) {
    const to = from + sizes[piece % sizes.length]!;
    const isRoom = socket.write(bytes.subarray(from, to));
    from = to;
    await new Promise((done) => (isRoom ? setImmediate(done) : socket.once('drain', done)));
  }
}
