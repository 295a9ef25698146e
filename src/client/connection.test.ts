import assert from 'node:assert/strict';
import { createServer, type Server, type Socket } from 'node:net';
import { after, before, type TestContext, test } from 'node:test';
import { reading, writing } from './command.js';
import { Connection, type ConnectionEvents } from './connection.js';
import { Counters } from './counters.js';
import { Deadlines } from './deadlines.js';
import { type ClientError, ConnectionError, ProtocolError, UsageError } from './errors.js';
import { readSettings } from './options.js';
import type { Reply } from './reply.js';
import { type Call, Request, SETTLED } from './request.js';

const CALL: Call = { timeoutMs: 0, signal: undefined, retry: 'safe', asBuffers: false };
const GET = reading('GET');

let server: Server;
let port = 0;
let accept: (socket: Socket) => void = () => {};

before(async () => {
  server = createServer((socket) => accept(socket.on('error', () => {})));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  port = (server.address() as { port: number }).port;
});
after(() => server.close());

/** A connection without a handshake, and the other end of it. */
class Pair implements ConnectionEvents {
  readonly counters = new Counters();
  readonly pushes: Reply[][] = [];
  readonly connection: Connection;
  readonly connected: Promise<void>;
  readonly ended: Promise<ClientError>;
  peer!: Socket;
  /** All that the peer has got, by what arrived at once. */
  readonly chunks: string[] = [];
  private markConnected!: () => void;
  private markEnded!: (error: ClientError) => void;
  private onChunk: () => void = () => {};

  private constructor() {
    this.connected = new Promise((done) => {
      this.markConnected = done;
    });
    this.ended = new Promise((done) => {
      this.markEnded = done;
    });
    const settings = readSettings(undefined, { host: '127.0.0.1', port });
    const deadlines = new Deadlines(() => {});
    this.connection = new Connection(settings, this, this.counters, deadlines);
  }

  static async make(t: TestContext): Promise<Pair> {
    const accepted = new Promise<Socket>((done) => {
      accept = done;
    });
    const pair = new Pair();
    pair.peer = await accepted;
    pair.peer.setNoDelay(true).on('data', (chunk) => {
      pair.chunks.push(chunk.toString('latin1'));
      pair.onChunk();
    });
    await pair.connected;
    t.after(() => pair.connection.close());
    return pair;
  }

  send(command = GET, ...args: (string | number)[]): { request: Request; reply: Promise<unknown> } {
    const request = new Request(command, args, CALL);
    const reply = new Promise((resolve, reject) => {
      request.resolve = resolve;
      request.reject = reject;
    });
    reply.catch(() => {});
    this.connection.send(request);
    return { request, reply };
  }

  /** All that has arrived, once it is `bytes` long. */
  async got(bytes: number): Promise<string> {
    while (this.chunks.join('').length < bytes)
      await new Promise<void>((done) => {
        this.onChunk = done;
      });
    return this.chunks.join('');
  }

  onConnect(): void {
    this.markConnected();
  }
  onAttention(): void {}
  onPush(items: Reply[]): void {
    this.pushes.push(items);
  }
  onEnd(error: ClientError): void {
    this.markEnded(error);
  }
}

const request = (key: string) => `*2\r\n$3\r\nGET\r\n$${key.length}\r\n${key}\r\n`;

test('what is asked in one turn leaves in one write', async (t) => {
  const pair = await Pair.make(t);
  const keys = Array.from({ length: 300 }, (_, i) => `key:${i}`);
  const before = pair.connection.batch;
  for (const key of keys.slice(0, 100)) pair.send(GET, key);
  queueMicrotask(() => {
    for (const key of keys.slice(100, 200)) pair.send(GET, key);
  });
  void Promise.resolve()
    .then(() => {})
    .then(() => {
      for (const key of keys.slice(200)) pair.send(GET, key);
    });
  const expected = keys.map(request).join('');
  assert.equal(await pair.got(expected.length), expected);
  assert.equal(pair.connection.batch, before + 1);
});

test('in a turn that begins with replies, portions leave before its end', async (t) => {
  const pair = await Pair.make(t);
  const first = Array.from({ length: 40 }, () => pair.send(GET, 'a'));
  await pair.got(40 * request('a').length);
  const before = pair.connection.batch;
  const all = first.map(async ({ reply }) => {
    await reply;
    return pair.send(GET, 'b');
  });
  pair.peer.write('+OK\r\n'.repeat(40));
  await Promise.all(all);
  await pair.got(80 * request('a').length);
  const writes = pair.connection.batch - before;
  assert.ok(writes > 2 && writes <= 5, `${writes} writes`);
});

test('a turn that follows the one of the replies writes once again', async (t) => {
  const pair = await Pair.make(t);
  const { reply } = pair.send(GET, 'a');
  await pair.got(1);
  pair.peer.write('+OK\r\n');
  await reply;
  await new Promise((done) => setImmediate(done));
  const before = pair.connection.batch;
  for (let i = 0; i < 100; i++) pair.send(GET, 'b');
  await pair.got(101 * request('a').length);
  assert.equal(pair.connection.batch, before + 1);
});

test('the time of replies is measured, also behind requests that were refused or taken back', async (t) => {
  const pair = await Pair.make(t);
  pair.connection.isReady = true;
  const measured = () => pair.counters.latencyCounts.reduce((sum, count) => sum + count, 0);
  assert.throws(() => pair.send(GET, {} as never), UsageError);
  pair.connection.withdraw(pair.send(GET, 'x').request);
  for (const count of [1, 2]) {
    const { reply } = pair.send(GET, 'a');
    await pair.got(count * request('a').length);
    pair.peer.write('+OK\r\n');
    await reply;
    assert.equal(measured(), count);
  }
});

test('replies go to the requests in their order, byte by byte, too', async (t) => {
  const pair = await Pair.make(t);
  const texts = Array.from({ length: 20 }, (_, i) => `value ${i}`);
  const replies = texts.map(() => pair.send(GET, 'k').reply);
  await pair.got(1);
  for (const byte of texts.map((text) => `$${text.length}\r\n${text}\r\n`).join('')) {
    pair.peer.write(byte);
    await new Promise((done) => setImmediate(done));
  }
  assert.deepEqual(await Promise.all(replies), texts);
  assert.equal(pair.connection.inFlight.count, 0);
});

test('a request is taken back as long as it has not left, and no longer', async (t) => {
  const pair = await Pair.make(t);
  pair.send(GET, 'a');
  const { request: taken } = pair.send(GET, 'x');
  pair.send(GET, 'b');
  const { request: last } = pair.send(GET, 'y');
  assert.equal(pair.connection.withdraw(taken), true);
  assert.equal(pair.connection.withdraw(last), true);
  const expected = request('a') + request('b');
  assert.equal(await pair.got(expected.length), expected);
  const { request: sent } = pair.send(GET, 'c');
  await pair.got(expected.length + request('c').length);
  assert.equal(pair.connection.withdraw(sent), false);
  assert.equal(pair.connection.inFlight.count, 3);
});

test('when all of a turn is taken back nothing is written', async (t) => {
  const pair = await Pair.make(t);
  const before = pair.connection.batch;
  pair.connection.withdraw(pair.send(GET, 'a').request);
  await new Promise((done) => setImmediate(done));
  assert.equal(pair.connection.batch, before);
  pair.send(GET, 'b');
  assert.equal(await pair.got(request('b').length), request('b'));
});

test('a wrong argument in a transaction takes all of it out, and nothing else', async (t) => {
  const pair = await Pair.make(t);
  pair.send(GET, 'a');
  const transaction = new Request(writing('EXEC'), [], CALL);
  transaction.group = [
    { command: GET, args: ['in'] },
    { command: GET, args: [{} as never] },
  ];
  assert.throws(() => pair.connection.send(transaction), UsageError);
  pair.send(GET, 'b');
  const expected = request('a') + request('b');
  assert.equal(await pair.got(expected.length), expected);
  assert.equal(pair.connection.inFlight.count, 2);
});

test('a transaction takes a reply for each of its commands, and two more', async (t) => {
  const pair = await Pair.make(t);
  const transaction = new Request(writing('EXEC'), [], CALL);
  transaction.group = [{ command: GET, args: ['a'] }];
  const replies = new Promise((resolve) => {
    transaction.resolve = resolve;
  });
  pair.connection.send(transaction);
  const { reply } = pair.send(GET, 'after');
  await pair.got(1);
  pair.peer.write('+OK\r\n+QUEUED\r\n*1\r\n$1\r\nv\r\n+next\r\n');
  assert.deepEqual(await replies, ['OK', 'QUEUED', ['v']]);
  assert.equal(await reply, 'next');
});

test('push messages are nobody’s reply', async (t) => {
  const pair = await Pair.make(t);
  const { reply } = pair.send(GET, 'k');
  await pair.got(1);
  pair.peer.write('>2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nk\r\n$1\r\nv\r\n');
  assert.equal(await reply, 'v');
  assert.deepEqual(pair.pushes, [['invalidate', ['k']]]);
});

test('what is no reply ends it, with what was in flight still there', async (t) => {
  const pair = await Pair.make(t);
  const { request: first } = pair.send(GET, 'k');
  await pair.got(1);
  pair.peer.write('HTTP/1.1 400\r\n');
  const error = await pair.ended;
  assert.ok(error instanceof ProtocolError, String(error));
  assert.equal(pair.connection.inFlight.head, first);
  assert.notEqual(first.state, SETTLED);
});

test('it is writable until the kernel takes no more, and again when it does', async (t) => {
  const pair = await Pair.make(t);
  pair.peer.pause();
  let count = 0;
  while (pair.connection.isWritable) {
    pair.send(writing('SET'), 'k', 'x'.repeat(100_000));
    count += 1;
    assert.ok(count < 1000, 'it never gets full');
  }
  const attention = new Promise<void>((done) => {
    pair.onAttention = done;
  });
  pair.connection.wantsAttention = true;
  pair.peer.resume();
  await attention;
  assert.equal(pair.connection.isWritable, true);
});

test('the end of the peer is told once, with a reason', async (t) => {
  const pair = await Pair.make(t);
  pair.connection.isReady = true;
  pair.peer.end();
  const error = await pair.ended;
  assert.ok(error instanceof ConnectionError);
  assert.equal(error.code, 'CONNECTION_LOST');
  assert.match(error.message, /127\.0\.0\.1:\d+ was lost: the server has closed it/);
});
