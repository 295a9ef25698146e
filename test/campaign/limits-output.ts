/** Attacks by replies that nobody reads. */

import { RespConnection } from '../support/connection.js';
import { encodeRequest } from '../support/resp.js';
import { type Attack, crowd, leave, open } from './limits-attack.js';
import type { LoadContext } from './soak-context.js';

const MIB = 2 ** 20;
const READERS = 100;
const MONITORS = 20;
const GET_BIG = encodeRequest(['GET', 'big']);

async function setBig(connection: RespConnection): Promise<void> {
  await connection.call('SET', 'big', Buffer.alloc(MIB, 'big'));
}

/** Clients that ask for a hundred megabytes each, and read nothing: no further request is executed for them. */
async function unreadReplies(context: LoadContext): Promise<void> {
  const requests = Buffer.concat(Array.from({ length: 100 }, () => GET_BIG));
  const sockets = await crowd(context, READERS);
  for (const socket of sockets) socket.pause().write(requests);
  while (!context.isStopped) await context.pause(1000);
  leave(sockets);
}

/** The same, again and again, with a limit that ends such connections. */
async function limitedReplies(context: LoadContext): Promise<void> {
  const requests = Buffer.concat(Array.from({ length: 100 }, () => GET_BIG));
  while (!context.isStopped) {
    const sockets = await crowd(context, READERS);
    for (const socket of sockets) socket.pause().write(requests);
    await context.pause(1000);
    leave(sockets);
  }
}

/** Clients in MONITOR mode that read nothing of what a busy client gives them to see. */
async function unreadMonitors(context: LoadContext): Promise<void> {
  const sockets = await crowd(context, MONITORS);
  for (const socket of sockets) socket.pause().write(encodeRequest(['MONITOR']));
  const busy = await RespConnection.open(context.port);
  const value = 'm'.repeat(1000);
  while (!context.isStopped) {
    await busy.pipeline(Array.from({ length: 100 }, (_, i) => ['SET', `k${i}`, value]));
    context.count('commands shown', 100);
    await context.pause(10);
  }
  busy.close();
  leave(sockets);
}

/** One request whose reply is a gigabyte, from a client that reads none of it. */
async function hugeReplies(context: LoadContext): Promise<void> {
  const request = encodeRequest(['MGET', ...Array.from({ length: 200 }, () => 'big')]);
  while (!context.isStopped) {
    const socket = await open(context.port);
    socket.pause().write(request);
    context.count('replies of 200 MiB');
    await context.pause(1000);
    socket.destroy();
    await context.pause(500);
  }
}

export const OUTPUT_ATTACKS: readonly Attack[] = [
  { name: 'unread-replies', memoryMibMax: 2 * READERS + 100, prepare: setBig, run: unreadReplies },
  {
    name: 'limited-replies',
    memoryMibMax: 2 * READERS + 100,
    directives: { 'client-output-buffer-limit': 'normal 512kb 0 0' },
    prepare: setBig,
    run: limitedReplies,
  },
  {
    name: 'unread-monitors',
    memoryMibMax: 64 * MONITORS,
    run: unreadMonitors,
  },
  {
    name: 'huge-replies',
    memoryMibMax: 1024,
    prepare: setBig,
    run: hugeReplies,
    holdsThread: '200 MiB are composed in one piece',
  },
];
