/** Attacks by connections: many, slow, brief, silent, or gone in the worst moment. */

import { RespConnection } from '../support/connection.js';
import { encodeRequest } from '../support/resp.js';
import { type Attack, crowd, exchangeBytes, leave, open } from './limits-attack.js';
import type { LoadContext } from './soak-context.js';

const LORIS_COUNT = 4000;
/** Connections that get their next byte in one go, and how often. */
const DRIPS_AT_ONCE = 100;
const DRIP_MS = 5;
/** More than `maxclients` is by default. */
const CROWD_COUNT = 9900;
const STORM_AT_ONCE = 50;
const RESETS_AT_ONCE = 10;
const RESET_BYTES = 256 * 1024;
const HALF_COUNT = 500;

const PING = encodeRequest(['PING']);
const SET = encodeRequest(['SET', 'slow', 'x'.repeat(1000)]);

/** Thousands of connections, each with a request that comes a byte at a time and is never complete. */
async function slowLoris(context: LoadContext): Promise<void> {
  const sockets = await crowd(context, LORIS_COUNT);
  const bytes = SET.subarray(0, SET.length - 1);
  for (let drip = 0; !context.isStopped; drip++) {
    for (let i = 0; i < DRIPS_AT_ONCE; i++) {
      const number = drip * DRIPS_AT_ONCE + i;
      const at = Math.floor(number / sockets.length) % bytes.length;
      sockets[number % sockets.length]!.write(bytes.subarray(at, at + 1));
    }
    context.count('bytes dripped', DRIPS_AT_ONCE);
    await context.pause(DRIP_MS);
  }
  leave(sockets);
}

/** As many connections as there may be, none of which says a word. */
async function idleCrowd(context: LoadContext): Promise<void> {
  const sockets = await crowd(context, CROWD_COUNT);
  while (!context.isStopped) await context.pause(1000);
  leave(sockets);
}

/** Connections one after the other, each left at once, half of them with a reset. */
async function connectStorm(context: LoadContext): Promise<void> {
  const one = async (index: number) => {
    for (let visit = index; !context.isStopped; visit++) {
      const socket = await open(context.port, visit);
      if (visit % 3 === 0) socket.write(PING);
      if (visit % 2 === 0) socket.resetAndDestroy();
      else socket.destroy();
      context.count('connections');
    }
  };
  await Promise.all(Array.from({ length: STORM_AT_ONCE }, (_, index) => one(index)));
}

/** A reset in the middle of a request, of a reply, and of a pipeline. */
async function resetStorm(context: LoadContext): Promise<void> {
  const setUp = await RespConnection.open(context.port);
  await setUp.call('SET', 'big', 'x'.repeat(RESET_BYTES));
  setUp.close();
  const big = encodeRequest(['GET', 'big']);
  const one = async (index: number) => {
    for (let visit = index; !context.isStopped; visit++) {
      const socket = await open(context.port, visit);
      if (visit % 3 === 0) socket.write(SET.subarray(0, SET.length / 2));
      else socket.write(big);
      await new Promise((done) => setImmediate(done));
      socket.resetAndDestroy();
      context.count('resets');
    }
  };
  await Promise.all(Array.from({ length: RESETS_AT_ONCE }, (_, index) => one(index)));
}

/**
 * Half-closed: a pipeline and the end of the client's side, which stays to read everything; the server has to answer and close.
 */
async function halfClosed(context: LoadContext): Promise<void> {
  const pipeline = Buffer.concat(Array.from({ length: 100 }, () => PING));
  while (!context.isStopped) {
    // Those that the busy machine has not let connect in time are nobody's fault.
    const sockets = (await crowd(context, HALF_COUNT)).filter((socket) => !socket.destroyed);
    const answers = sockets.map(async (socket) => {
      const answered = exchangeBytes(socket, pipeline, Number.POSITIVE_INFINITY); // until the server closes
      socket.end();
      return answered;
    });
    const wrong = (await Promise.all(answers)).filter((bytes) => bytes !== 100 * '+PONG\r\n'.length);
    if (wrong.length > 0) context.problem(`${wrong.length} half-closed connections were not answered`);
    context.count('half-closed', sockets.length);
  }
}

/** Connections past `maxclients`: told so, and closed. */
async function tooMany(context: LoadContext): Promise<void> {
  const sockets = await crowd(context, 200);
  while (!context.isStopped) {
    const socket = await open(context.port);
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
    });
    await new Promise<void>((done) => {
      if (socket.closed) done();
      else socket.once('close', () => done());
    });
    if (text !== '-ERR max number of clients reached\r\n') context.problem(`one too many got ${text}`);
    context.count('refused');
  }
  leave(sockets);
}

export const CONNECTION_ATTACKS: readonly Attack[] = [
  { name: 'slow-loris', memoryMibMax: 120, run: slowLoris },
  { name: 'idle-crowd', memoryMibMax: 200, run: idleCrowd },
  { name: 'connect-storm', memoryMibMax: 100, run: connectStorm },
  { name: 'reset-storm', memoryMibMax: 250, run: resetStorm },
  { name: 'half-closed', memoryMibMax: 100, run: halfClosed },
  { name: 'too-many', memoryMibMax: 50, directives: { maxclients: '150' }, run: tooMany },
];
