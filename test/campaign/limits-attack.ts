/** What an attack of the limits campaign is, and what attackers need: crowds of sockets, and floods that are read from. */

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { RespConnection } from '../support/connection.js';
import type { LoadContext } from './soak-context.js';

export interface Attack {
  readonly name: string;
  /** What the attacked server is started with, besides. */
  readonly directives?: Readonly<Record<string, string>>;
  /** The server's memory may grow by so much: what a client may have by right, times the clients. */
  readonly memoryMibMax: number;
  /** Before the attack, unhurriedly: data. */
  readonly prepare?: (connection: RespConnection) => Promise<void>;
  /** Attacks until `context.isStopped`, then leaves. */
  readonly run: (context: LoadContext) => Promise<void>;
  /** After the attack: what a client may leave behind by right. */
  readonly cleanUp?: (connection: RespConnection) => Promise<void>;
  /** What the probe says before its first PING. */
  readonly greeting?: readonly string[];
  /** A single command that its thread can't interrupt, which is why others may wait: said instead of judged. */
  readonly holdsThread?: string;
}

/** Below a listener's backlog, so that no connection has to be begun twice. */
const AT_ONCE = 200;
/** So many addresses of this machine, each with 28,000 ports of its own, are connected from in turn. */
const ADDRESSES = 8;
/** A socket that is not connected within this is one too many. */
const CONNECT_MS = 60_000;

/** Connects `count` times, and gives the sockets of those that succeeded; closed ones are forgotten by the server alone. */
export async function crowd(context: LoadContext, count: number): Promise<Socket[]> {
  const sockets: Socket[] = [];
  while (sockets.length < count && !context.isStopped) {
    const some = Array.from({ length: Math.min(AT_ONCE, count - sockets.length) }, (_, index) =>
      open(context.port, index),
    );
    sockets.push(...(await Promise.all(some)));
    context.count('connections', some.length);
  }
  return sockets;
}

/** A connection whose errors and end nobody minds. */
export async function open(port: number, number = 0): Promise<Socket> {
  const localAddress = `127.0.0.${1 + (number % ADDRESSES)}`;
  const socket = connect({ host: '127.0.0.1', port, localAddress, noDelay: true });
  socket.on('error', () => {});
  await once(socket, 'connect', { signal: AbortSignal.timeout(CONNECT_MS) }).catch(() => socket.destroy());
  return socket;
}

export function leave(sockets: readonly Socket[]): void {
  for (const socket of sockets) socket.destroy();
}

/** All that comes before the server closes the connection; what came, when the attack ends before that. */
export async function answerTo(context: LoadContext, bytes: Buffer | string): Promise<string> {
  const socket = await open(context.port);
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
  });
  const closed = once(socket, 'close');
  socket.write(bytes);
  const patience = setTimeout(() => socket.destroy(), CONNECT_MS);
  await closed;
  clearTimeout(patience);
  return text;
}

/** Writes `bytes` and waits until `replyBytes` bytes have come back, or the connection is closed. */
export async function exchangeBytes(socket: Socket, bytes: Buffer, replyBytes: number): Promise<number> {
  let received = 0;
  if (socket.destroyed) return received;
  await new Promise<void>((done) => {
    const look = (chunk: Buffer) => {
      received += chunk.length;
      if (received < replyBytes) return;
      socket.off('data', look);
      socket.off('close', done);
      done();
    };
    socket.on('data', look);
    socket.once('close', done);
    socket.write(bytes);
  });
  return received;
}
