/**
 * What a reactor is: the part of a thread that knows sockets, timers and sleep, behind one interface.
 *
 * Sessions are written against this file only, so that they run unchanged on node:net (node/node-reactor.ts), on
 * io_uring, and on the fakes of the tests; `reactor.case.ts` is the suite that every back end passes.
 *
 * Work comes in *turns*. A turn begins with the first event after the thread has slept or looked at the network; all
 * events that are ready belong to it; then `turnEnds` runs, once:
 *
 *     turnBegins(nowMs)  receive receive ... receive  writable ...  turnEnds()  | sleep or look again
 *
 * What need not be done per connection is done there: waking the log, letting replies go that waited for it.
 *
 * Invariants that every back end keeps:
 * - Nothing of a handler is called from within a call into the reactor or a transport: events come from the loop alone.
 * - `closed` is called exactly once per connection, and nothing else of that connection after it.
 * - After `end` or `close` nothing is received any more.
 */

import type { TlsSettings } from './tls-settings.js';

/** Once `pendingBytes` has been above this, `writable` is called when it is not any more. */
export const OUTPUT_LOW_WATER_BYTES = 64 * 1024;

/** One connection, as its session uses it. */
export interface Transport {
  /**
   * Sends `bytes[from..to)`, behind everything written before. Does nothing on a connection that has ended.
   *
   * @returns true when the bytes are sent from where they are, which must be the thread's `ReplyWriter`: they have to
   *   stay as they are until the reactor resets the writer. False when they may be changed at once
   */
  write(bytes: Uint8Array, from: number, to: number): boolean;
  /** Bytes written and not yet taken by the kernel. */
  readonly pendingBytes: number;
  /** No `receive` until `resumeReading`; also an end of the peer's side is not noticed meanwhile. */
  pauseReading(): void;
  resumeReading(): void;
  /** Probes the peer after `seconds` of silence; 0 turns probing off. */
  setKeepAlive(seconds: number): void;
  /** Sends what is pending, then closes: for connections that have been told why. */
  end(): void;
  /** Closes at once; what is pending is lost. */
  close(): void;
  /** `127.0.0.1:50112`, `[::1]:50112`, or for a Unix socket the path that is listened on with `:0`, at both ends. */
  readonly remoteAddress: string;
  readonly localAddress: string;
  /** The name in the certificate that the peer has shown over TLS, and that was found right; undefined when there is none. */
  certificateName?(kind: CertificateName): string | undefined;
}

/** What of a certificate can name a user: its common name, or its first URI. */
export type CertificateName = 'cn' | 'uri';

/** What a connection's owner wants to know. */
export interface ConnectionHandler {
  /** `bytes[from..to)` arrived; they are the reactor's and are overwritten after the call. */
  receive(bytes: Uint8Array, from: number, to: number): void;
  /** `pendingBytes` is down to OUTPUT_LOW_WATER_BYTES or less again. */
  writable(): void;
  /** The peer sends no more; it may still be reading. */
  ended(): void;
  /** The connection is no more. */
  closed(): void;
}

/** The thread's side of a reactor. */
export interface ReactorHandler {
  /** Before the first event of a turn. `nowMs`: Unix time in ms, good for the whole turn. */
  turnBegins(nowMs: number): void;
  /** A connection was accepted. Without a handler it is ended after what has been written to it. */
  accepted(transport: Transport): ConnectionHandler | undefined;
  /** After the last event of a turn. */
  turnEnds(): void;
  /** A connection has ended before it was one, in the handshake of TLS. */
  refused?(peer: string, reason: string): void;
  /** The wake word is not what `armWake` was told any more. */
  woken(): void;
}

/** Where to listen: a descriptor that is bound already, a Unix socket's path, or an address. */
export interface ListenOptions {
  readonly fd?: number;
  /** With `fd`: what it is bound to, a file that somebody else removes. Without: one that the reactor makes and removes. */
  readonly path?: string;
  readonly host?: string;
  /** 0 lets the system choose. */
  readonly port?: number;
  readonly backlog?: number;
  /** Share the port with other threads' sockets (Node 23.1). */
  readonly reusePort?: boolean;
  /** Speak TLS, as `useTls` was told. */
  readonly isSecure?: boolean;
}

export interface Reactor {
  /** Unix time in ms when the current turn began. */
  readonly nowMs: number;
  /** Sets who is told. Once, before `listen`. */
  serve(handler: ReactorHandler): void;
  /** How TLS is spoken on connections that are accepted from now on. Only of a reactor that speaks it: node's. */
  useTls?(settings: TlsSettings): void;
  /** Begins to accept; gives the port, which is 0 for a Unix socket. Rejects with the system's error. */
  listen(options: ListenOptions): Promise<number>;
  /** Accepts no more; connections stay. Cannot be undone. */
  stopListening(): Promise<void>;
  /** Makes this moment part of a turn when it is not yet: for work that no connection's event brought. */
  enterTurn(): void;
  /** What the wake word holds now. */
  wakeValue(): number;
  /** Calls `woken` once, as soon as the wake word is not `seen` (any more). One call is outstanding at a time. */
  armWake(seen: number): void;
  /**
   * Something waits for a promise, or has settled one: lets JavaScript's own event loop run after this turn. A reactor that
   * sleeps elsewhere runs it, besides, when a message was announced to its thread.
   */
  yield(): void;
  /** Calls `work` in a turn of its own after the network has been looked at once. */
  soon(work: () => void): void;
  /** Calls `work` every `intervalMs` (1 or more) in a turn, until the function returned is called. */
  every(intervalMs: number, work: () => void): () => void;
  /** Stops listening, closes every connection, ends timers. Settles when nothing is left. */
  stop(): Promise<void>;
}
