import assert from 'node:assert/strict';
import { closeSync, writeSync } from 'node:fs';
import { test } from 'node:test';
import { ReplyWriter } from '../../engine/reply.js';
import { WAKE_LINE_WORDS, WakeLine, wakeLine } from '../../structures/wake-line.js';
import { loadNative, type Native } from '../native.js';
import { testReactor } from '../reactor.case.js';
import { type CreateReactor, pattern, readBytes, type Stage, stagedTests } from '../reactor-stage.case.js';
import * as abi from './abi.js';
import { probeUring } from './probe.js';
import { refusingSetups } from './ring-fakes.case.js';
import { UringReactor, type UringReactorOptions } from './uring-reactor.js';

const native = await loadNative();
const reason = native === undefined ? 'koffi is missing' : probeUring(native);

/** So small that everything runs over all the time. */
const TINY = { submissions: 4, completions: 8, receiveBuffers: 2 };

type Extra = Pick<UringReactorOptions, 'submissions' | 'completions' | 'receiveBuffers'>;

function creator(calls: Native, extra: Extra = {}): CreateReactor {
  return (wakeWords, wakeIndex, writer) =>
    new UringReactor({ native: calls, writer, wakeWords, wakeIndex, sharesThread: true, ...extra });
}

/** Counts completions of one kind and result as the reactor looks at them. */
function countResults(stage: Stage, wanted: number): () => number {
  const { ring } = stage.reactor as UringReactor;
  const result = ring.result.bind(ring);
  let count = 0;
  ring.result = (index) => {
    const value = result(index);
    if (value === wanted) count++;
    return value;
  };
  return () => count;
}

/** Lets JavaScript's event loop, and with it the reactor, run `count` times. */
async function rounds(count: number): Promise<void> {
  for (let round = 0; round < count; round++) await new Promise((resolve) => setImmediate(resolve));
}

if (native === undefined || reason !== undefined) {
  test('io_uring reactor', { skip: `IO_URING CAN'T RUN HERE: ${reason}` }, () => {});
} else {
  testReactor('io_uring reactor', creator(native));
  testReactor('io_uring reactor with tiny queues', creator(native, TINY));
  testReactor('io_uring reactor without DEFER_TASKRUN', (words, index, writer) =>
    creator(refusingSetups(native, 1))(words, index, writer),
  );
  testReactor('io_uring reactor with the flags of Linux 5.19', (words, index, writer) =>
    creator(refusingSetups(native, 2))(words, index, writer),
  );

  const staged = stagedTests('io_uring reactor', creator(native, { receiveBuffers: 4 }));

  staged('receives on when buffers have run out', async (stage) => {
    const shortages = countResults(stage, -abi.ENOBUFS);
    const pairs = [];
    for (let index = 0; index < 12; index++) pairs.push(await stage.connect());
    for (const [index, { client }] of pairs.entries()) client.write(pattern(200_000, index));
    for (const [index, { client, server }] of pairs.entries()) {
      await server.until(() => server.receivedBytes === 200_000);
      assert.ok(Buffer.concat(server.received).equals(pattern(200_000, index)));
      client.destroy();
    }
    assert.ok(shortages() > 0, 'there were too few buffers');
  });

  staged('takes the place of a connection that is gone for the next one', async (stage) => {
    const { ring } = stage.reactor as UringReactor;
    const prepare = ring.prepare.bind(ring);
    let indexMax = 0;
    ring.prepare = (operation, flags, priority, descriptor, userData) => {
      indexMax = Math.max(indexMax, userData >>> 8);
      return prepare(operation, flags, priority, descriptor, userData);
    };
    for (let count = 0; count < 50; count++) {
      const { client, server } = await stage.connect();
      client.destroy();
      await server.until(() => server.endedCount === 1);
      server.transport.end();
      await server.until(() => server.closedCount === 1);
    }
    assert.ok(indexMax <= 2, `places up to ${indexMax} were in use`);
  });

  staged('gives the buffer of a long reply away while the writer goes on in another', async (stage) => {
    const slow = await stage.connect();
    const quick = await stage.connect();
    const long = pattern(6_000_000, 1);
    const short = pattern(3_000, 2);
    // In one turn: the long reply makes the writer grow, its rest keeps that buffer, later replies are in the next one.
    slow.server.onReceive = () => {
      stage.reply(slow.server.transport, short, 0, short.length);
      stage.reply(slow.server.transport, long, 0, long.length);
      stage.reply(quick.server.transport, short, 0, short.length);
      stage.reply(slow.server.transport, short, 0, short.length);
    };
    const grown = stage.writer.bytes.length;
    slow.client.write('x');
    assert.ok((await readBytes(quick.client, short.length)).equals(short));
    // A writer keeps a large buffer for a while, lest it be needed again.
    for (let count = 0; count < 300; count++) {
      stage.reply(quick.server.transport, short, 0, short.length);
      assert.ok((await readBytes(quick.client, short.length)).equals(short));
    }
    assert.equal(stage.writer.bytes.length, grown, 'memory for long replies is given back');
    const all = Buffer.concat([short, long, short]);
    assert.ok((await readBytes(slow.client, all.length)).equals(all));
    slow.client.destroy();
    quick.client.destroy();
  });

  staged('leaves a long rest where it is, and composes other replies elsewhere', async (stage) => {
    const quick = await stage.connect();
    // Shorter than what makes the writer begin anew by itself.
    const size = 500_000;
    for (let number = 0; number < 3; number++) {
      const slow = await stage.connect();
      const expected: Buffer[] = [];
      while (slow.server.transport.pendingBytes === 0) {
        expected.push(pattern(size, expected.length + number));
        stage.reply(slow.server.transport, expected.at(-1)!, 0, size);
        await rounds(2);
      }
      for (let count = 0; count < 4; count++) {
        const other = Buffer.alloc(size, 0xdd);
        stage.reply(quick.server.transport, other, 0, size);
        assert.ok((await readBytes(quick.client, size)).equals(other));
      }
      const all = Buffer.concat(expected);
      assert.ok((await readBytes(slow.client, all.length)).equals(all));
      slow.client.destroy();
    }
    quick.client.destroy();
  });

  const crowded = stagedTests('io_uring reactor', creator(native, { submissions: 4, completions: 8 }));

  crowded('keeps the order when more sends fall short than completions have room', async (stage) => {
    const pairs = [];
    for (let count = 0; count < 16; count++) pairs.push(await stage.connect());
    const long = pattern(6_000_000, 1);
    const short = pattern(2_000, 2);
    for (const { server } of pairs) stage.reply(server.transport, long, 0, long.length);
    for (let round = 0; round < 8; round++) {
      for (const { server } of pairs) stage.reply(server.transport, short, 0, short.length);
      await rounds(1);
    }
    const all = Buffer.concat([long, ...Array.from({ length: 8 }, () => short)]);
    for (const { client } of pairs) {
      assert.ok((await readBytes(client, all.length)).equals(all));
      client.destroy();
    }
  });

  crowded('makes one of two sends only while the first has not been handed over', async (stage) => {
    const pairs = [];
    for (let count = 0; count < 8; count++) pairs.push(await stage.connect());
    const [first, ...others] = pairs;
    const bytes = pattern(3_000, 3);
    await rounds(2);
    stage.reply(first!.server.transport, bytes, 0, 1_000);
    stage.reply(first!.server.transport, bytes, 1_000, 2_000);
    for (const { server } of others) server.transport.pauseReading(); // each takes a submission
    stage.reply(first!.server.transport, bytes, 2_000, 3_000);
    assert.ok((await readBytes(first!.client, bytes.length)).equals(bytes));
    for (const { client } of pairs) client.destroy();
    for (const { server } of others) server.transport.resumeReading();
  });

  staged('stops once, however often it is told to', async (stage) => {
    const { client, server } = await stage.connect();
    let settled = 0;
    for (let count = 0; count < 3; count++) void stage.reactor.stop().then(() => settled++);
    await server.until(() => server.closedCount === 1);
    await rounds(20);
    assert.equal(settled, 3);
    assert.equal(server.closedCount, 1);
    client.destroy();
  });

  test('io_uring reactor: wakers never fill the counter that they write to', (t) => {
    const descriptor = native.eventfd(0, abi.EFD_CLOEXEC | abi.EFD_NONBLOCK);
    t.after(() => closeSync(descriptor));
    const words = new Int32Array(new SharedArrayBuffer(WAKE_LINE_WORDS * 4));
    const line = new WakeLine(words, 0);
    line.setDescriptor(descriptor);
    // As after years of work: nobody reads it, and what it holds can't pass 2^64 - 2.
    writeSync(descriptor, new BigUint64Array([2n ** 64n - 2n - 2n ** 33n]));
    for (let count = 0; count < 10; count++) {
      line.fallAsleep();
      wakeLine(words, 0);
    }
    assert.equal(line.value(), 10);
  });

  test('io_uring reactor: without a descriptor to be woken by, none is made', () => {
    const calls: Native = { ...native, eventfd: () => -1, lastError: () => 'EMFILE' };
    const wakeWords = new Int32Array(new SharedArrayBuffer(WAKE_LINE_WORDS * 4));
    const options = { native: calls, writer: new ReplyWriter(), wakeWords, wakeIndex: 0, sharesThread: true };
    assert.throws(() => new UringReactor(options), /EMFILE/);
  });
}
