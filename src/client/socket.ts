/**
 * Sockets: TCP, TLS or a unix socket, and how their bytes are read.
 *
 * A plain socket reads into one buffer that is used again and again (`onread` of `node:net`): no allocation a read. TLS has
 * no such way: it hands out a buffer for each record.
 */

import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Settings } from './options.js';

/** Bytes of one read: as many as libuv reads at once by itself. */
const READ_BYTES = 64 * 1024;

/** Who gets what arrives: `bytes[0..size)`, which are overwritten after the call. */
export type Receive = (bytes: Buffer, size: number) => void;

/** `host:port`, or the path, for messages. */
export function addressOf(settings: Settings): string {
  if (settings.path !== undefined) return settings.path;
  const host = settings.host.includes(':') ? `[${settings.host}]` : settings.host;
  return `${host}:${settings.port}`;
}

/** Begins to connect; `onConnect` is called when bytes can be sent. Events of the socket are the caller's. */
export function openSocket(settings: Settings, receive: Receive, onConnect: () => void): Socket {
  const { path, host, port, keepAliveMs } = settings;
  const place = path === undefined ? { host, port } : { path };
  const keepAlive = { keepAlive: keepAliveMs !== 0, keepAliveInitialDelay: keepAliveMs, noDelay: true };
  if (settings.tls === undefined) {
    const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
    const callback = (size: number): boolean => {
      receive(buffer, size);
      return true;
    };
    const socket = connectPlain({ ...place, ...keepAlive, onread: { buffer, callback } });
    return socket.once('connect', onConnect);
  }
  // What the user says of TLS may name another server, not another place.
  const socket = connectTls({ ...serverName(settings), ...settings.tls, ...place });
  socket.on('data', (chunk: Buffer) => receive(chunk, chunk.length));
  socket.setNoDelay(true).setKeepAlive(keepAlive.keepAlive, keepAliveMs);
  return socket.once('secureConnect', onConnect);
}

/** The name to be sent and to be found in the certificate; Node takes care of addresses, which are never sent. */
function serverName(settings: Settings): { host?: string } {
  return settings.path === undefined ? { host: settings.host } : {};
}
