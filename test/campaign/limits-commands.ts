/** Attacks by commands that work for long, wait for long, or are given what they do not expect. */

import type { Socket } from 'node:net';
import { RespConnection } from '../support/connection.js';
import { type Argument, decode, ErrorReply, encodeRequest } from '../support/resp.js';
import { type Attack, crowd, exchangeBytes, leave, open } from './limits-attack.js';
import type { LoadContext } from './soak-context.js';

const KEY_COUNT = 1_000_000;
/** In so many commands, none of which a busy machine is too slow for. */
const POPULATE_PARTS = 10;
const MEMBER_COUNT = 1_000_000;
const MEMBERS_A_REQUEST = 10_000;
const WAITERS = 1000;
const DEEP = 1000;
const ECHO_REPLY = '$13\r\nthe end of it\r\n';
const ALLOWS_DEBUG = { 'enable-debug-command': 'yes' };

async function populate(connection: RespConnection): Promise<void> {
  for (let part = 0; part < POPULATE_PARTS; part++) {
    await connection.call('DEBUG', 'POPULATE', KEY_COUNT / POPULATE_PARTS, `key${part}`, 16);
  }
}

async function makeCollections(connection: RespConnection): Promise<void> {
  for (let first = 0; first < MEMBER_COUNT; first += MEMBERS_A_REQUEST) {
    const members = Array.from({ length: MEMBERS_A_REQUEST }, (_, i) => `member:${first + i}`);
    await connection.call('SADD', 'set', ...members);
    await connection.call('RPUSH', 'list', ...members);
  }
}

/** Asks, and waits for the whole reply, of any size: it ends where that to an ECHO behind it begins. */
async function replyTo(socket: Socket, request: readonly Argument[]): Promise<void> {
  let tail = '';
  await new Promise<void>((done) => {
    const look = (chunk: Buffer) => {
      tail = (tail + chunk.subarray(-ECHO_REPLY.length).toString('latin1')).slice(-ECHO_REPLY.length);
      if (tail !== ECHO_REPLY) return;
      socket.off('data', look);
      socket.off('close', done);
      done();
    };
    socket.on('data', look);
    socket.once('close', done);
    socket.write(Buffer.concat([encodeRequest(request), encodeRequest(['ECHO', 'the end of it'])]));
  });
}

/** Asks the same thing over and over, reading the replies, and resting in between as long as it took. */
function asking(...requests: Argument[][]): (context: LoadContext) => Promise<void> {
  return async (context) => {
    const socket = await open(context.port);
    for (let round = 0; !context.isStopped; round++) {
      const startMs = performance.now();
      const request = requests[round % requests.length]!;
      await replyTo(socket, request);
      context.count(String(request[0]));
      await context.pause(performance.now() - startMs);
    }
    socket.destroy();
  };
}

/** Keys by the hundred thousand made and deleted at once, by several means. */
async function deletions(context: LoadContext): Promise<void> {
  const connection = await RespConnection.open(context.port);
  for (let round = 0; !context.isStopped; round++) {
    await connection.call('DEBUG', 'POPULATE', 100_000, `r${round}`, 16);
    if (round % 2 === 0) await connection.call('FLUSHALL');
    else {
      await connection.call('SADD', 'large', ...Array.from({ length: 50_000 }, (_, i) => i));
      await connection.call('DEL', 'large');
      await connection.call('FLUSHALL', 'ASYNC');
    }
    context.count('rounds');
    await context.pause(20);
  }
  connection.close();
}

/** A cursor is 64 bits of anything. */
function cursor({ random }: LoadContext): string {
  const dice = random.below(6);
  if (dice === 0)
    return [
      '-1',
      '18446744073709551615',
      '18446744073709551616',
      '9223372036854775808',
      '1e3',
      'x',
      '',
      '007',
    ][random.below(8)]!;
  if (dice === 1) return String(2n ** BigInt(random.below(64)));
  if (dice === 2) return String(2n ** BigInt(random.below(64)) - 1n);
  return String((BigInt(random.next()) << 32n) | BigInt(random.next()));
}

async function cursors(context: LoadContext): Promise<void> {
  const connection = await RespConnection.open(context.port);
  while (!context.isStopped) {
    const requests = Array.from({ length: 50 }, (): Argument[] => {
      const count = [1, 10, 1000, '9223372036854775807', '-1', '0'][context.random.below(6)]!;
      const dice = context.random.below(4);
      if (dice === 0) return ['SSCAN', 'set', cursor(context), 'COUNT', context.random.below(1000) + 1];
      return [
        'SCAN',
        cursor(context),
        'COUNT',
        context.random.below(10) === 0
          ? 1000
          : dice === 1
            ? 10
            : count === '9223372036854775807'
              ? 100
              : count,
      ];
    });
    for (const frame of await connection.pipeline(requests)) {
      const reply = decode(frame);
      const isRight =
        reply instanceof ErrorReply
          ? /^ERR (invalid cursor|syntax error|value is not an integer)/.test(reply.text)
          : Array.isArray(reply) && reply.length === 2;
      if (!isRight) context.problem(`SCAN: got ${JSON.stringify(reply).slice(0, 100)}`);
    }
    context.count('cursors', requests.length);
  }
  connection.close();
}

/** Payloads of DUMP with some bytes changed; every one has to be refused, or be a value that can be looked at. */
async function payloads(context: LoadContext): Promise<void> {
  const connection = await RespConnection.open(context.port);
  await connection.call('RPUSH', 'seed:list', ...Array.from({ length: 500 }, (_, i) => `item ${i}`));
  await connection.call('ZADD', 'seed:zset', ...Array.from({ length: 500 }, (_, i) => [i, `m${i}`]).flat());
  await connection.call('HSET', 'seed:hash', ...Array.from({ length: 500 }, (_, i) => [`f${i}`, i]).flat());
  await connection.call('SET', 'seed:string', 'x'.repeat(5000));
  const seeds: Buffer[] = [];
  for (const name of ['list', 'zset', 'hash', 'string']) {
    const frame = await connection.request('DUMP', `seed:${name}`);
    seeds.push(frame.subarray(frame.indexOf('\r\n') + 2, -2));
  }
  while (!context.isStopped) {
    const requests = Array.from({ length: 50 }, () => {
      const bytes = Buffer.from(seeds[context.random.below(seeds.length)]!);
      for (let i = context.random.below(4); i >= 0; i--)
        bytes[context.random.below(bytes.length)] = context.random.below(256);
      return ['RESTORE', `restored:${context.random.below(100)}`, 0, bytes, 'REPLACE'];
    });
    for (const frame of await connection.pipeline(requests)) {
      const text = frame.toString('latin1');
      if (text !== '+OK\r\n' && !/^-ERR (DUMP payload version or checksum|Bad data format)/.test(text)) {
        context.problem(`RESTORE: got ${text.slice(0, 100)}`);
      }
    }
    context.count('payloads', requests.length);
  }
  connection.close();
}

/** Pipelines of commands that wait, a thousand deep, on a thousand connections; and what they wait for, now and then. */
async function waiters(context: LoadContext): Promise<void> {
  const sockets = await crowd(context, WAITERS);
  for (const [index, socket] of sockets.entries()) {
    const request = encodeRequest(['BLPOP', `w:${index % 10}`, 0]);
    socket.write(Buffer.concat(Array.from({ length: DEEP }, () => request)));
    socket.resume();
  }
  const connection = await RespConnection.open(context.port);
  while (!context.isStopped) {
    await connection.pipeline(Array.from({ length: 50 }, (_, i) => ['RPUSH', `w:${i % 10}`, 'a']));
    await connection.call('WAIT', 1, 1);
    context.count('pushes', 50);
    await context.pause(5);
  }
  connection.close();
  leave(sockets);
}

/** Pauses one after the other, while a thousand writers wait for their end. */
async function pauses(context: LoadContext): Promise<void> {
  const sockets = await crowd(context, WAITERS);
  const request = encodeRequest(['SET', 'paused', 'x'.repeat(100)]);
  const pipeline = Buffer.concat(Array.from({ length: 100 }, () => request));
  for (const socket of sockets) socket.resume();
  const connection = await RespConnection.open(context.port);
  while (!context.isStopped) {
    await connection.call('CLIENT', 'PAUSE', 200, 'WRITE');
    for (let i = 0; i < 50; i++) sockets[context.random.below(sockets.length)]!.write(pipeline);
    context.count('pauses');
    await context.pause(50);
  }
  await connection.call('CLIENT', 'UNPAUSE');
  connection.close();
  leave(sockets);
}

/** SORT with patterns over a large list. */
async function sorts(context: LoadContext): Promise<void> {
  const socket = await open(context.port);
  const request = encodeRequest(['SORT', 'list', 'ALPHA', 'LIMIT', 0, 1]);
  while (!context.isStopped) {
    const startMs = performance.now();
    await exchangeBytes(socket, request, 4);
    context.count('sorts');
    await context.pause(performance.now() - startMs);
  }
  socket.destroy();
}

const ONE_LARGE_REPLY = 'a million elements in one reply';

export const COMMAND_ATTACKS: readonly Attack[] = [
  {
    name: 'keys',
    memoryMibMax: 300,
    directives: ALLOWS_DEBUG,
    prepare: populate,
    run: asking(['KEYS', '*']),
  },
  {
    name: 'keys-no-match',
    memoryMibMax: 100,
    directives: ALLOWS_DEBUG,
    prepare: populate,
    run: asking(['KEYS', '*a*b*c*d*e*']),
  },
  {
    name: 'smembers',
    memoryMibMax: 300,
    prepare: makeCollections,
    run: asking(['SMEMBERS', 'set'], ['LRANGE', 'list', 0, -1]),
    holdsThread: ONE_LARGE_REPLY,
  },
  {
    name: 'sort',
    memoryMibMax: 500,
    prepare: makeCollections,
    run: sorts,
    holdsThread: 'a million elements in one order',
  },
  {
    name: 'deletions',
    memoryMibMax: 300,
    directives: ALLOWS_DEBUG,
    run: deletions,
    holdsThread: 'DEBUG POPULATE itself',
  },
  { name: 'cursors', memoryMibMax: 100, directives: ALLOWS_DEBUG, prepare: populate, run: cursors },
  { name: 'payloads', memoryMibMax: 100, run: payloads },
  { name: 'waiters', memoryMibMax: 300, run: waiters },
  { name: 'pauses', memoryMibMax: 200, run: pauses },
];
