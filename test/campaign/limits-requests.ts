/** Attacks by requests: too many, too long, in pieces, malformed, or never finished. */

import { RespConnection } from '../support/connection.js';
import { encodeRequest } from '../support/resp.js';
import { type Attack, answerTo, crowd, exchangeBytes, leave, open } from './limits-attack.js';
import type { LoadContext } from './soak-context.js';

const MIB = 2 ** 20;
const TINY_COUNT = 1_000_000;
const TINY_A_WRITE = 10_000;
const BULK_BYTES = 512 * MIB;
const BULK_HEAD = Buffer.from(`*3\r\n$3\r\nSET\r\n$4\r\nhuge\r\n$${BULK_BYTES}\r\n`);
const ANNOUNCERS = 500;
const SLOW_SENDERS = 20;
const SLOW_BYTES = 16 * 1024;
const SLOW_MS = 20;
const ARGUMENTS_MAX = 1_048_576;
const PASSWORD = 'correct horse';

const PING = encodeRequest(['PING']);
const PONG_BYTES = '+PONG\r\n'.length;

/** A million commands of 14 bytes in one pipeline, as fast as they are taken. */
async function tinyPipeline(context: LoadContext): Promise<void> {
  const batch = Buffer.concat(Array.from({ length: TINY_A_WRITE }, () => PING));
  const socket = await open(context.port);
  while (!context.isStopped) {
    for (let sent = 0; sent < TINY_COUNT && !context.isStopped; sent += TINY_A_WRITE) {
      const received = await exchangeBytes(socket, batch, TINY_A_WRITE * PONG_BYTES);
      if (received !== TINY_A_WRITE * PONG_BYTES) context.problem(`${received} bytes of PONGs`);
    }
    context.count('million commands');
  }
  socket.destroy();
}

/** The same without reading until all is sent: what is not read holds the sender back, and nobody else. */
async function tinyUnread(context: LoadContext): Promise<void> {
  const batch = Buffer.concat(Array.from({ length: TINY_COUNT }, () => PING));
  while (!context.isStopped) {
    const socket = await open(context.port);
    socket.pause();
    socket.write(batch);
    await context.pause(2000);
    const rest = exchangeBytes(socket, PING, (TINY_COUNT + 1) * PONG_BYTES);
    socket.resume();
    const received = await rest;
    if (received !== (TINY_COUNT + 1) * PONG_BYTES) context.problem(`${received} bytes of PONGs`);
    socket.destroy();
    context.count('million commands');
  }
}

/** Commands a byte a packet, from several connections at once. */
async function tinyPackets(context: LoadContext): Promise<void> {
  const one = async () => {
    const socket = await open(context.port);
    while (!context.isStopped) {
      const answered = exchangeBytes(socket, Buffer.alloc(0), PONG_BYTES);
      for (const byte of PING) {
        socket.write(Buffer.of(byte));
        await new Promise((done) => setImmediate(done));
      }
      await answered;
      context.count('commands');
    }
    socket.destroy();
  };
  await Promise.all(Array.from({ length: 20 }, one));
}

/** Half a gigabyte announced on hundreds of connections, of which nothing comes but the first bytes. */
async function announcedBulk(context: LoadContext): Promise<void> {
  const sockets = await crowd(context, ANNOUNCERS);
  for (const socket of sockets) socket.write(Buffer.concat([BULK_HEAD, Buffer.alloc(100, 'x')]));
  while (!context.isStopped) await context.pause(1000);
  const closed = sockets.filter((socket) => socket.closed).length;
  if (closed > 0) context.problem(`${closed} connections were closed`);
  leave(sockets);
}

/** Half a gigabyte that comes bit by bit, on several connections. */
async function slowBulk(context: LoadContext): Promise<void> {
  const sockets = await crowd(context, SLOW_SENDERS);
  const bytes = Buffer.alloc(SLOW_BYTES, 'x');
  for (const socket of sockets) socket.write(BULK_HEAD);
  while (!context.isStopped) {
    for (const socket of sockets) socket.write(bytes);
    context.count('KiB', (SLOW_BYTES / 1024) * sockets.length);
    await context.pause(SLOW_MS);
  }
  leave(sockets);
}

/** Each with Redis's own words for it. */
const MALFORMED: readonly (readonly [request: string, error: string])[] = [
  ['*1000000000\r\n', 'invalid multibulk length'],
  ['*99999999999999999999\r\n', 'invalid multibulk length'],
  ['*x\r\n', 'invalid multibulk length'],
  ['*1\r\n*1\r\n$4\r\nPING\r\n', "expected '$', got '*'"],
  ['*1\r\n*1\r\n*1\r\n*1\r\n', "expected '$', got '*'"],
  ['*1\r\n$-1\r\n', 'invalid bulk length'],
  ['*1\r\n$536870913\r\n', 'invalid bulk length'],
  ['*1\r\n$9223372036854775808\r\n', 'invalid bulk length'],
  [`*${'1'.repeat(70_000)}`, 'too big mbulk count string'],
  [`*1\r\n$${'1'.repeat(70_000)}`, 'too big bulk count string'],
];

async function malformed(context: LoadContext): Promise<void> {
  const one = async () => {
    while (!context.isStopped) {
      const [request, error] = MALFORMED[context.random.below(MALFORMED.length)]!;
      const text = await answerTo(context, request);
      if (text !== `-ERR Protocol error: ${error}\r\n`) {
        context.problem(`${JSON.stringify(request.slice(0, 40))}: got ${JSON.stringify(text.slice(0, 100))}`);
      }
      context.count('malformed requests');
    }
  };
  await Promise.all(Array.from({ length: 10 }, one));
}

/** Without a password: small requests only, and passwords that are tried one after the other. */
async function strangers(context: LoadContext): Promise<void> {
  const refused: readonly (readonly [request: string, error: string])[] = [
    ['*11\r\n', 'unauthenticated multibulk length'],
    ['*1048576\r\n', 'unauthenticated multibulk length'],
    ['*2\r\n$3\r\nGET\r\n$16385\r\n', 'unauthenticated bulk length'],
  ];
  const one = async () => {
    while (!context.isStopped) {
      const [request, error] = refused[context.random.below(refused.length)]!;
      const text = await answerTo(context, request);
      if (text !== `-ERR Protocol error: ${error}\r\n`) context.problem(`${request}: got ${text}`);
      context.count('refused requests');
    }
  };
  const guess = async () => {
    const connection = await RespConnection.open(context.port);
    while (!context.isStopped) {
      // Each is answered late: see `auth-delay`.
      const guesses = Array.from({ length: 2 }, (_, i) => ['AUTH', `guess ${i}`]);
      const replies = await connection.pipeline(guesses);
      const wrong = replies.find((reply) => !reply.toString().startsWith('-WRONGPASS'));
      if (wrong !== undefined) context.problem(`AUTH: got ${wrong.toString()}`);
      context.count('guesses', guesses.length);
    }
    connection.close();
  };
  await Promise.all([...Array.from({ length: 10 }, one), ...Array.from({ length: 5 }, guess)]);
}

/** A million arguments: MSET and DEL of as many keys as Redis itself takes arguments. */
async function manyArguments(context: LoadContext): Promise<void> {
  const keys = Array.from({ length: ARGUMENTS_MAX - 2 }, (_, i) => `m${i >> 1}`);
  const requests = [encodeRequest(['MSET', ...keys]), encodeRequest(['DEL', ...keys])];
  const socket = await open(context.port);
  for (let round = 0; !context.isStopped; round++) {
    await exchangeBytes(socket, requests[round % 2]!, 5);
    context.count('requests');
  }
  socket.destroy();
}

/** The largest value there may be, written and read. */
async function largestValue(context: LoadContext): Promise<void> {
  const value = Buffer.alloc(BULK_BYTES, 'v');
  const socket = await open(context.port);
  while (!context.isStopped) {
    await exchangeBytes(socket, Buffer.concat([BULK_HEAD, value, Buffer.from('\r\n')]), 5);
    const received = await exchangeBytes(socket, encodeRequest(['GET', 'huge']), BULK_BYTES + 14);
    if (received !== BULK_BYTES + 14 && !context.isStopped)
      context.problem(`GET of 512 MB gave ${received} bytes`);
    context.count('values');
  }
  socket.destroy();
}

/** Limits set anew, again and again, while clients run into them. */
async function configStorm(context: LoadContext): Promise<void> {
  const settings = [
    ['maxclients', '10000', '20'],
    ['client-query-buffer-limit', '1048576', '1gb'],
    ['proto-max-bulk-len', '1mb', '512mb'],
    ['maxmemory-clients', '0', '1mb'],
    ['client-output-buffer-limit', 'normal 0 0 0', 'normal 1mb 64kb 1'],
    ['timeout', '0', '1'],
    ['tcp-keepalive', '0', '300'],
  ] as const;
  const set = async () => {
    const connection = await RespConnection.open(context.port);
    while (!context.isStopped) {
      const [name, ...values] = settings[context.random.below(settings.length)]!;
      try {
        const reply = await connection.call('CONFIG', 'SET', name, values[context.random.below(2)]!);
        if (reply !== 'OK') context.problem(`CONFIG SET ${name}: got ${String(reply)}`);
      } catch {
        context.problem('the administrator was disconnected');
        return;
      }
      context.count('settings');
      await context.pause(2);
    }
    for (const [name, value] of settings) await connection.call('CONFIG', 'SET', name, value);
    connection.close();
  };
  const load = async () => {
    while (!context.isStopped) {
      const socket = await open(context.port);
      await exchangeBytes(socket, encodeRequest(['SET', 'k', 'x'.repeat(2 * MIB)]), 5);
      socket.destroy();
      context.count('loads');
    }
  };
  await Promise.all([set(), load(), load()]);
}

export const REQUEST_ATTACKS: readonly Attack[] = [
  { name: 'tiny-pipeline', memoryMibMax: 50, run: tinyPipeline },
  { name: 'tiny-unread', memoryMibMax: 50, run: tinyUnread },
  { name: 'tiny-packets', memoryMibMax: 50, run: tinyPackets },
  { name: 'announced-bulk', memoryMibMax: 50, run: announcedBulk },
  { name: 'slow-bulk', memoryMibMax: 500, run: slowBulk },
  { name: 'malformed', memoryMibMax: 50, run: malformed },
  {
    name: 'strangers',
    memoryMibMax: 50,
    directives: { requirepass: PASSWORD },
    run: strangers,
    greeting: ['AUTH', PASSWORD],
  },
  {
    name: 'many-arguments',
    memoryMibMax: 500,
    run: manyArguments,
    holdsThread: 'one command of a million keys',
  },
  {
    name: 'largest-value',
    memoryMibMax: 4096,
    run: largestValue,
    cleanUp: async (connection) => void (await connection.call('DEL', 'huge')),
    holdsThread: '512 MB are copied in one piece',
  },
  { name: 'config-storm', memoryMibMax: 100, run: configStorm },
];
