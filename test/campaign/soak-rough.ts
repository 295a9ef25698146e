/**
 * Connections of the soak campaign that behave badly: they come and go, are reset in the middle of anything, send half a
 * request, what is no request, or more than they read. The server has to get rid of each, at once or in time, and to lose
 * nothing by it.
 *
 * `OUTPUT_LIMIT` is what the campaign sets for `client-output-buffer-limit`. A connection with 1 MiB of output waiting is read
 * no further until 64 KiB are left: so who asks for more and never reads stays above a soft limit of 64 KiB, and below the
 * hard one, which only one huge reply exceeds.
 */

import { once } from 'node:events';
import type { Socket } from 'node:net';
import { openSocket, RespConnection } from '../support/connection.js';
import { type Argument, encodeRequest } from '../support/resp.js';
import type { LoadContext } from './soak-context.js';
import { abbreviate } from './soak-reply.js';
import { comesWithin } from './soak-verify.js';

const SOFT_SECONDS = 20;
export const OUTPUT_LIMIT = `normal 8mb 64kb ${SOFT_SECONDS}`;
/**
 * Who never reads must be gone so long after its first request: the soft limit is looked at once a second, of the server's
 * time, and the machine is busy.
 */
const KILLED_MS = SOFT_SECONDS * 1000 + 15_000;
/** A key of `BIG_BYTES`, never changed. */
const BIG_KEY = 'big';
const BIG_BYTES = 2 ** 20;
/** So many big values in one reply exceed the hard limit, and all that the system's own buffers may hold. */
const HUGE_COUNT = 48;
/** The server has so long to close a connection that it has to close. */
const CLOSE_MS_MAX = 60_000;
/** Short connections begun a second. */
const CHURN_A_SECOND = 250;
const CHURN_AT_A_TIME_MAX = 100;
/** Connections that take seconds, at a time, of each kind. */
const SLOW_AT_A_TIME = 3;

const GET_BIG = encodeRequest(['GET', BIG_KEY]);
const PING = encodeRequest(['PING']);

/** What is no request; each is answered with an error and the end of the connection. */
const MALFORMED: readonly string[] = [
  '*1\r\n$x\r\n',
  '*x\r\n',
  '*1\r\n+PING\r\n',
  '*1\r\n$-5\r\n',
  '*2\r\n$3\r\nGET\r\n$600000000\r\n',
  '*99999999999\r\n',
  'GET "unbalanced\n',
  'x'.repeat(70_000),
];

type Scenario = (context: LoadContext) => Promise<void>;

/** Behaves badly on many connections until the load is to end. */
export async function behaveBadly(context: LoadContext): Promise<void> {
  const setUp = await RespConnection.open(context.port);
  await setUp.call('SET', BIG_KEY, Buffer.alloc(BIG_BYTES, 'big '));
  setUp.close();
  const slow = [stallInARequest, neverRead, askForTooMuch].flatMap((scenario) =>
    Array.from({ length: SLOW_AT_A_TIME }, () => repeat(context, scenario)),
  );
  await Promise.all([churn(context), ...slow]);
}

async function repeat(context: LoadContext, scenario: Scenario): Promise<void> {
  while (!context.isStopped) {
    await attempt(context, scenario);
    await context.pause(context.random.below(500));
  }
}

async function attempt(context: LoadContext, scenario: Scenario): Promise<void> {
  context.count(`bad: ${scenario.name}`);
  try {
    await scenario(context);
  } catch (error) {
    context.problem(`${scenario.name}: ${(error as Error).message}`);
    await context.pause(500);
  }
}

// --- Connections that come and go ---

const BRIEF: readonly Scenario[] = [
  leaveAtOnce,
  resetAtOnce,
  askAndLeave,
  askAndLeave,
  askAndLeave,
  leaveHalfARequest,
  resetInARequest,
  leaveRepliesUnread,
  endSideAndReset,
  speakNonsense,
  beKilled,
];

/** Starts brief connections at a steady rate; fewer when the server is too slow to get rid of them. */
async function churn(context: LoadContext): Promise<void> {
  const running = new Set<Promise<void>>();
  while (!context.isStopped) {
    await context.pause(1000 / CHURN_A_SECOND);
    if (running.size >= CHURN_AT_A_TIME_MAX) await Promise.race(running);
    const scenario = BRIEF[context.random.below(BRIEF.length)]!;
    const one: Promise<void> = attempt(context, scenario).finally(() => running.delete(one));
    running.add(one);
  }
  await Promise.all(running);
}

async function leaveAtOnce({ port }: LoadContext): Promise<void> {
  const socket = await openSocket(port);
  socket.end();
  await expectClose(socket, 'after its client had left');
}

async function resetAtOnce({ port }: LoadContext): Promise<void> {
  (await openSocket(port)).resetAndDestroy();
}

async function askAndLeave({ port, random }: LoadContext): Promise<void> {
  const connection = await RespConnection.open(port);
  const count = 1 + random.below(5);
  const replies = await connection.pipeline(Array.from({ length: count }, () => ['ECHO', 'brief']));
  connection.close();
  const wrong = replies.find((reply) => reply.toString() !== '$5\r\nbrief\r\n');
  if (wrong !== undefined) throw new Error(`ECHO: got ${abbreviate(wrong.toString('latin1'))}`);
}

async function leaveHalfARequest({ port, random }: LoadContext): Promise<void> {
  const socket = await openSocket(port);
  const request = setRequest(random.below(20_000));
  socket.end(request.subarray(0, 1 + random.below(request.length - 1)));
  await expectClose(socket, 'after half a request and the end');
}

async function resetInARequest(context: LoadContext): Promise<void> {
  const socket = await openSocket(context.port);
  const request = setRequest(context.random.below(100_000));
  socket.write(request.subarray(0, context.random.below(request.length)));
  await context.pause(context.random.below(20));
  socket.resetAndDestroy();
}

/** A pipeline with more replies than the system's buffers hold, and a reset before, while or after they come. */
async function leaveRepliesUnread(context: LoadContext): Promise<void> {
  const socket = await openSocket(context.port);
  socket.pause();
  for (let i = context.random.below(12); i >= 0; i--) socket.write(GET_BIG);
  await context.pause(context.random.below(30));
  if (context.random.below(2) === 0) socket.resetAndDestroy();
  else socket.destroy();
}

async function endSideAndReset(context: LoadContext): Promise<void> {
  const socket = await openSocket(context.port);
  socket.end(Buffer.concat([GET_BIG, GET_BIG, PING]));
  await context.pause(context.random.below(20));
  socket.resetAndDestroy();
}

async function speakNonsense({ port, random }: LoadContext): Promise<void> {
  const socket = await openSocket(port);
  const received: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => received.push(chunk));
  const bytes = MALFORMED[random.below(MALFORMED.length)]!;
  // What follows must not be executed.
  socket.write(`${bytes}\r\nSET nonsense 1\r\n`);
  await expectClose(socket, `after ${abbreviate(bytes)}`);
  const text = Buffer.concat(received).toString('latin1');
  // Bytes that the server had not read when it closed make the system reset the connection; the error may be lost with it.
  if (text !== '' && !/^-?ERR Protocol error: [^\r\n]*\r?\n$/.test(text)) {
    throw new Error(`${abbreviate(bytes)}: got ${abbreviate(text)}`);
  }
}

/** A client that another one kills, or that kills itself, with replies under way or without. */
async function beKilled({ port, random }: LoadContext): Promise<void> {
  const victim = await RespConnection.open(port);
  const killer = random.below(4) === 0 ? victim : await RespConnection.open(port);
  try {
    const id = await victim.call('CLIENT', 'ID');
    if (random.below(2) === 0 && killer !== victim) {
      victim.socket.pause();
      for (let i = 0; i < 4; i++) victim.send(GET_BIG);
    }
    const count = await killer.call('CLIENT', 'KILL', 'ID', String(id), 'SKIPME', 'no');
    victim.socket.resume();
    if (count !== 1) throw new Error(`CLIENT KILL ID: got ${String(count)}`);
    if (!(await comesWithin(victim.closed, CLOSE_MS_MAX))) throw new Error('killed, but not closed');
  } finally {
    victim.close();
    killer.close();
  }
}

// --- Connections that take their time ---

/** Stops in the middle of a large request, for seconds; then goes on, or is reset. */
async function stallInARequest(context: LoadContext): Promise<void> {
  const { random } = context;
  const socket = await openSocket(context.port);
  const request = setRequest(random.below(BIG_BYTES));
  const cut = random.below(request.length);
  socket.write(request.subarray(0, cut));
  await context.pause(random.below(8000));
  if (random.below(2) === 0) {
    socket.resetAndDestroy();
    return;
  }
  socket.write(request.subarray(cut));
  const [reply] = (await once(socket, 'data', { signal: AbortSignal.timeout(CLOSE_MS_MAX) })) as [Buffer];
  socket.destroy();
  if (reply.toString() !== '+OK\r\n') throw new Error(`got ${abbreviate(reply.toString('latin1'))}`);
}

/** Asks for more and more and reads nothing: the soft limit ends it. */
async function neverRead(context: LoadContext): Promise<void> {
  await expectKill(
    context,
    Array.from({ length: 64 }, () => GET_BIG),
    64 * BIG_BYTES,
    KILLED_MS,
  );
}

/** One reply that is more than may wait: the hard limit ends it. */
async function askForTooMuch(context: LoadContext): Promise<void> {
  const request: Argument[] = ['MGET', ...Array.from({ length: HUGE_COUNT }, () => BIG_KEY)];
  await expectKill(context, [encodeRequest(request)], HUGE_COUNT * BIG_BYTES, 5000);
  await context.pause(3000);
}

/** Sends requests, reads nothing for `waitMs`, and must then find that the server has closed the connection. */
async function expectKill(
  context: LoadContext,
  requests: readonly Buffer[],
  replyBytes: number,
  waitMs: number,
): Promise<void> {
  const socket = await openSocket(context.port);
  const closed = closeOf(socket);
  socket.pause();
  for (const request of requests) socket.write(request);
  await context.pause(waitMs);
  if (context.isStopped) {
    socket.destroy();
    return;
  }
  let received = 0;
  const all = new Promise<void>((done) => {
    socket.on('data', (chunk: Buffer) => {
      received += chunk.length;
      if (received >= replyBytes) done();
    });
  });
  socket.resume();
  const isClosed = await comesWithin(Promise.race([closed, all]), CLOSE_MS_MAX);
  socket.destroy();
  if (!isClosed) throw new Error(`neither closed nor served, ${received} bytes came`);
  if (received >= replyBytes) throw new Error(`not closed, although it read nothing for ${waitMs} ms`);
}

// --- Helpers ---

function setRequest(size: number): Buffer {
  return encodeRequest(['SET', 'rough', Buffer.alloc(size, 'rough ')]);
}

async function expectClose(socket: Socket, when: string): Promise<void> {
  socket.resume();
  const isClosed = await comesWithin(closeOf(socket), CLOSE_MS_MAX);
  socket.destroy();
  if (!isClosed) throw new Error(`not closed within ${CLOSE_MS_MAX} ms ${when}`);
}

function closeOf(socket: Socket): Promise<void> {
  if (socket.closed) return Promise.resolve();
  return new Promise((done) => socket.once('close', () => done()));
}
