import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { chooseSeed } from '../../../test/support/random.js';
import { announceMessage, WAKE_LINE_WORDS, wakeLine } from '../../structures/wake-line.js';
import { loadNative } from '../native.js';
import { pattern, readAll, readBytes } from '../reactor-stage.case.js';
import { probeUring } from './probe.js';
import type { ThreadData, ThreadNews } from './reactor-on-thread.case.js';

const native = await loadNative();
const reason = native === undefined ? 'koffi is missing' : probeUring(native);
const options = {
  timeout: 30_000,
  ...(reason === undefined ? {} : { skip: `IO_URING CAN'T RUN HERE: ${reason}` }),
};

const PROGRAM = new URL('./reactor-on-thread.case.js', import.meta.url);
const WAKE_INDEX = 2;
/** Enough for Node and koffi, and for some connections. */
const DESCRIPTORS_MAX = 48;

/** A thread with a reactor that sleeps in the kernel. */
class Thread {
  readonly words = new Int32Array(new SharedArrayBuffer((WAKE_INDEX + WAKE_LINE_WORDS) * 4));
  readonly worker: Worker;
  readonly exited: Promise<unknown>;
  port = 0;
  private readonly news: ThreadNews[] = [];
  private readonly waiting: ((news: ThreadNews) => void)[] = [];

  constructor() {
    const workerData: ThreadData = { words: this.words, wakeIndex: WAKE_INDEX };
    this.worker = new Worker(PROGRAM, { workerData });
    this.exited = once(this.worker, 'exit');
    this.worker.on('message', (news: ThreadNews) => {
      const next = this.waiting.shift();
      if (next === undefined) this.news.push(news);
      else next(news);
    });
  }

  static async start(t: TestContext): Promise<Thread> {
    const thread = new Thread();
    const first = await thread.next();
    assert.equal(first.kind, 'listening');
    if (first.kind === 'listening') thread.port = first.port;
    t.after(() => thread.stop());
    return thread;
  }

  next(): Promise<ThreadNews> {
    const news = this.news.shift();
    if (news !== undefined) return Promise.resolve(news);
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  order(text: string): void {
    this.worker.postMessage(text);
    announceMessage(this.words, WAKE_INDEX);
  }

  async connect(): Promise<net.Socket> {
    const client = net.connect({ port: this.port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    client.on('error', () => {});
    await once(client, 'connect');
    return client;
  }

  async stop(): Promise<void> {
    this.order('stop');
    while ((await this.next()).kind !== 'stopped');
    await this.exited;
  }
}

/** Bytes with the highest bit set: wherever they are cut, they ask for no other answer than an echo. */
function plainBytes(size: number, seed: number): Uint8Array {
  return pattern(size, seed).map((byte) => byte | 0x80);
}

test('a thread asleep in the kernel is woken, once for each time it armed', options, async (t) => {
  const thread = await Thread.start(t);
  for (let count = 1; count <= 20; count++) {
    thread.order('arm');
    assert.deepEqual(await thread.next(), { kind: 'answer', text: 'arm' });
    wakeLine(thread.words, WAKE_INDEX);
    assert.deepEqual(await thread.next(), { kind: 'woken', count });
    wakeLine(thread.words, WAKE_INDEX);
  }
  thread.order('last');
  assert.deepEqual(await thread.next(), { kind: 'answer', text: 'last' });
});

test('messages reach a thread that sleeps and one that is busy', options, async (t) => {
  const thread = await Thread.start(t);
  for (let count = 0; count < 100; count++) {
    thread.order(`asleep ${count}`);
    assert.deepEqual(await thread.next(), { kind: 'answer', text: `asleep ${count}` });
  }
  const client = await thread.connect();
  const bytes = plainBytes(20_000_000, 1);
  client.write(bytes);
  const echoed = readBytes(client, bytes.length);
  for (let count = 0; count < 100; count++) {
    thread.order(`busy ${count}`);
    assert.deepEqual(await thread.next(), { kind: 'answer', text: `busy ${count}` });
  }
  assert.ok((await echoed).equals(bytes));
  client.destroy();
});

test(
  'what waits for promises, timers or later turns is done while the thread would sleep',
  options,
  async (t) => {
    const thread = await Thread.start(t);
    const client = await thread.connect();
    const requests = [
      'plain',
      ...Array.from({ length: 10 }, (_, round) => [`Y${round}`, `T${round}`, `S${round}`]).flat(),
    ];
    for (const request of requests) {
      client.write(request);
      assert.equal((await readBytes(client, request.length)).toString(), request);
    }
    client.destroy();
  },
);

test(
  'stopping ends a thread that sleeps, serves, and has connections that do not read',
  options,
  async (t) => {
    const idle = await Thread.start(t);
    const busy = await Thread.start(t);
    const clients: net.Socket[] = [];
    for (let count = 0; count < 10; count++) {
      const client = await busy.connect();
      client.pause();
      client.write(plainBytes(4_000_000, count));
      clients.push(client);
      if (count % 2 === 0) client.end();
    }
    const last = await busy.connect();
    last.write('seen');
    assert.equal((await readBytes(last, 4)).toString(), 'seen');
    clients.push(last);
    assert.notEqual(idle.port, busy.port);
    t.after(() => {
      for (const client of clients) client.destroy();
    });
  },
);

test(
  'many clients of a thread that sleeps between their requests get every byte, in order',
  options,
  async (t) => {
    const thread = await Thread.start(t);
    const sizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 300_000 })), {
      minLength: 1,
      maxLength: 8,
    });
    const property = fc.asyncProperty(fc.array(sizes, { minLength: 1, maxLength: 8 }), async (clients) => {
      await Promise.all(
        clients.map(async (parts, number) => {
          const client = await thread.connect();
          const sent: Uint8Array[] = [];
          const answer = readAll(client);
          for (const [index, size] of parts.entries()) {
            // With the highest bit set: no request for another kind of answer.
            const bytes = pattern(size, number * 8 + index).map((byte) => byte | 0x80);
            sent.push(bytes);
            client.write(bytes);
            await new Promise((resolve) => setImmediate(resolve));
          }
          client.end();
          assert.ok((await answer).equals(Buffer.concat(sent)));
        }),
      );
    });
    await fc.assert(property, {
      seed: chooseSeed(process.env['TEST_SEED']),
      numRuns: 20,
      endOnFailure: true,
    });
  },
);

test(
  'connections beyond the last descriptor wait, and are served when others have gone',
  options,
  async (t) => {
    const script = `ulimit -n ${DESCRIPTORS_MAX}; exec "$0" "$1"`;
    const child = spawn('sh', ['-c', script, process.execPath, fileURLToPath(PROGRAM)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = once(child, 'exit');
    t.after(async () => {
      child.kill('SIGKILL');
      await exited;
    });
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
    const { port } = JSON.parse(line) as { port: number };
    const answered = new Set<net.Socket>();
    const clients = new Set<net.Socket>();
    let noteAnswer = (): void => {};
    for (let count = 0; count < 2 * DESCRIPTORS_MAX; count++) {
      const client = net.connect(port, '127.0.0.1');
      clients.add(client);
      client.write('hello');
      client.once('data', () => {
        answered.add(client);
        noteAnswer();
      });
    }
    // Each that is answered goes; that makes room for one that waits.
    while (clients.size > 0) {
      if (answered.size === 0) {
        await new Promise<void>((resolve) => {
          noteAnswer = resolve;
        });
      }
      for (const client of answered) {
        client.destroy();
        clients.delete(client);
      }
      answered.clear();
    }
    assert.equal(child.exitCode, null, 'it lives');
  },
);
