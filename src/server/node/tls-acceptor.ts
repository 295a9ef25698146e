/**
 * From a TCP connection to one that speaks TLS: the handshakes of a thread.
 *
 *     accepted by the system > pending: the handshake > `accepted` with a socket whose peer is who it has to be
 *                                       | late, refused, broken, one too many > closed, `failed` says why
 *
 * A connection is no client before its handshake is over, so `maxclients` does not count it. What bounds those that never finish:
 * each has HANDSHAKE_MS_MAX, and a thread has at most HANDSHAKES_MAX pending; when one more comes, the oldest of them is closed.
 * An honest handshake takes some milliseconds, so who floods the port with silent connections closes his own, mostly.
 *
 * `tls.Server` does the work. It listens on nothing: connections are handed to it, which it allows for ('connection' may be
 * emitted by anybody). So new settings are a new server: handshakes that are under way end by the old ones, and connections that
 * exist know of neither.
 *
 * Renegotiation, which TLS 1.3 does not have, is switched off by the settings (tls-settings.ts).
 */

import type { Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { type TlsSettings, toNodeOptions } from '../tls-settings.js';

/** How long a handshake may take: several round trips to the other end of the world, over a bad line. */
const HANDSHAKE_MS_MAX = 10_000;
/** How many may be under way at a time in a thread. Each takes about 50 KiB. */
const HANDSHAKES_MAX = 512;

/** Who is told how a handshake has ended. */
interface TlsAcceptorHandler {
  /** @param carrier the TCP connection below it */
  accepted(socket: TLSSocket, carrier: Socket): void;
  failed(peer: string, reason: string): void;
}

export class TlsAcceptor {
  private readonly handler: TlsAcceptorHandler;
  private readonly handshakesMax: number;
  private readonly handshakeMsMax: number;
  /** Connections in their handshake by the address of the peer, the oldest first. */
  private readonly pending = new Map<string, Socket>();
  private server: Server;

  /** The limits are for tests. */
  constructor(
    settings: TlsSettings,
    handler: TlsAcceptorHandler,
    handshakesMax = HANDSHAKES_MAX,
    handshakeMsMax = HANDSHAKE_MS_MAX,
  ) {
    this.handler = handler;
    this.handshakesMax = handshakesMax;
    this.handshakeMsMax = handshakeMsMax;
    this.server = this.serverFor(settings);
  }

  /** How many handshakes are under way. */
  get pendingCount(): number {
    return this.pending.size;
  }

  /** Connections that are taken from now on speak TLS as `settings` say. */
  use(settings: TlsSettings): void {
    this.server = this.serverFor(settings);
  }

  /** Begins the handshake of a connection that has just been accepted. */
  take(socket: Socket): void {
    const peer = peerOf(socket);
    if (peer === undefined) {
      socket.destroy(); // it was reset before it was looked at
      return;
    }
    if (this.pending.size >= this.handshakesMax) this.dropOldest();
    this.pending.set(peer, socket);
    socket.on('error', () => {}); // the server hears of it, and 'close' follows
    socket.once('close', () => {
      if (this.pending.get(peer) === socket) this.pending.delete(peer);
    });
    this.server.emit('connection', socket);
  }

  /** Ends all handshakes. */
  close(): void {
    for (const socket of this.pending.values()) socket.destroy();
  }

  private serverFor(settings: TlsSettings): Server {
    const { clientCertificates } = settings;
    const server = createServer({
      ...toNodeOptions(settings),
      handshakeTimeout: this.handshakeMsMax,
      requestCert: clientCertificates !== 'no',
      rejectUnauthorized: clientCertificates === 'yes',
    });
    server.on('secureConnection', (socket) => {
      const peer = peerOf(socket) ?? '';
      const carrier = this.pending.get(peer);
      this.pending.delete(peer);
      if (carrier === undefined) {
        socket.destroy(); // it was reset in the moment in which its handshake ended
        return;
      }
      // With `optional` a certificate may be missing, not be wrong.
      if (clientCertificates === 'no' || socket.authorized || socket.getPeerX509Certificate() === undefined) {
        this.handler.accepted(socket, carrier);
      } else this.fail(socket, new Error('the certificate is not trusted'));
    });
    server.on('tlsClientError', (error, socket) => this.fail(socket, error));
    return server;
  }

  private fail(socket: TLSSocket, error: Error): void {
    socket.on('error', () => {});
    socket.destroy();
    const { authorizationError } = socket as { authorizationError?: Error | string | null };
    this.handler.failed(peerOf(socket) ?? 'a peer that is gone', String(authorizationError ?? error.message));
  }

  private dropOldest(): void {
    for (const [peer, socket] of this.pending) {
      this.pending.delete(peer);
      socket.destroy();
      return;
    }
  }
}

/** The address of the other end, which tells a connection from all others as long as it is there. */
function peerOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string | undefined {
  if (remoteAddress === undefined) return undefined;
  return `${remoteAddress}:${remotePort} to ${localAddress}:${localPort}`;
}
