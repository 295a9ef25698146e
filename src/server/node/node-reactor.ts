/**
 * The reactor over node:net: every platform, no native code.
 *
 * A turn is one round of libuv's loop: the first event of a round schedules `setImmediate`, which runs once libuv has
 * delivered all that was ready, and ends the turn.
 *
 *     poll: receive, receive, accepted, ...  ->  check: turnEnds  ->  timers  ->  poll (sleeps)
 *
 * Three choices, measured with PING on one core of Linux (user+system time of the server, a request a packet):
 *
 *     'data' events                        6.3-6.7 us    a new buffer per read: 64 KiB asked for, then shrunk
 *     one receive buffer for all           5.4-5.7 us    this file
 *     the handle's own methods, no stream  5.2-5.5 us    not worth going without net.Socket's error handling
 *
 * Reading into one buffer is the `onread` option of `net.Socket`, public for outgoing connections only: a server makes
 * its sockets itself. So `acceptInto` replaces the one function of the server's handle that makes them. It is used only
 * where that function is found; elsewhere, and on Windows, where a read that is under way owns its buffer, 'data'
 * events serve. Reads are otherwise synchronous, which is why sharing the buffer is safe.
 *
 * Writing: libuv tries to write at once, and nearly always all of it goes. The bytes are put into a thread's send buffer
 * first, because libuv keeps what it could not send where it is: that part of the send buffer is then left alone
 * (`SendBuffer.keep`), and goes with the buffer when it is full.
 *
 * TLS comes on top of it (tls-acceptor.ts): node:tls reads and writes the sockets then, and gives what it has decrypted by 'data'
 * events, a record of 16 KiB at most at a time. Bytes to send are encrypted, or copied, before the call that takes them returns,
 * so they go without a copy of ours.
 *
 * The wake word is waited for with Atomics.waitAsync, only while somebody wants to know: a loop that has nothing to wait
 * for sleeps in the kernel. Measured from the store to the call: 15 us in the median; a message port 10 us, a byte
 * through a socket 12 us, each at twice the code; polling 1.3 us at the price of a whole core.
 */

import net from 'node:net';
import type { TLSSocket } from 'node:tls';
import { copyOf } from '../outbox.js';
import type {
  CertificateName,
  ConnectionHandler,
  ListenOptions,
  Reactor,
  ReactorHandler,
  Transport,
} from '../reactor.js';
import { addressText } from '../sockets.js';
import type { TlsSettings } from '../tls-settings.js';
import { nameIn } from './certificate-names.js';
import { TlsAcceptor } from './tls-acceptor.js';

/** One read: what a connection that floods may have executed before others get their turn. libuv itself would ask for 64 KiB. */
const RECEIVE_BYTES = 32 * 1024;
/** The send buffer; a batch larger than its share is copied to a buffer of its own. */
const SEND_BYTES = 1024 * 1024;
const SEND_SHARE_BYTES_MAX = 512 * 1024;
/** How long the peer may take to end its side, after it has been sent the end of ours, before it is cut off. */
const LINGER_MS = 1000;
const BACKLOG_DEFAULT = 511;
/** Connections of TLS are looked at this often whether they are stuck. */
const STUCK_LOOK_MS = 1000;

/** Where bytes are kept until the kernel has taken them. */
class SendBuffer {
  private bytes: Buffer = Buffer.allocUnsafeSlow(SEND_BYTES);
  private start = 0;

  /** Copies `bytes[from..to)` and gives the copy, which is good until the next call unless it is kept. */
  place(bytes: Uint8Array, from: number, to: number): Uint8Array {
    const size = to - from;
    if (size > SEND_SHARE_BYTES_MAX) return copyOf(bytes, from, to);
    if (this.start + size > SEND_BYTES) {
      this.bytes = Buffer.allocUnsafeSlow(SEND_BYTES); // alloc: the old one is waiting for slow readers
      this.start = 0;
    }
    const view = this.bytes.subarray(this.start, this.start + size); // alloc: node:net takes a view, once a batch
    view.set(size === bytes.length ? bytes : bytes.subarray(from, to));
    return view;
  }

  /** The last copy is still being sent. */
  keep(copy: Uint8Array): void {
    if (copy.buffer === this.bytes.buffer) this.start += copy.length;
  }
}

/** A socket that speaks TLS, and the TCP connection below it. */
interface TlsSockets {
  readonly secure: TLSSocket;
  readonly carrier: net.Socket;
}

class NodeTransport implements Transport {
  readonly remoteAddress: string;
  readonly localAddress: string;
  handler: ConnectionHandler | undefined = undefined;
  private readonly socket: net.Socket;
  private readonly tls: TlsSockets | undefined;
  private readonly reactor: NodeReactor;
  private linger: NodeJS.Timeout | undefined = undefined;
  private finished = false;
  private isReadingPaused = false;
  /** What it has received in this turn; over TLS alone. */
  private receivedBytes = 0;
  private receivedInTurn = 0;
  /** Bytes that had been handed to the system when TLS was seen to have more to send; -1 when it had none. */
  private sentBytes = -1;

  constructor(reactor: NodeReactor, socket: net.Socket, path: string, tls?: TlsSockets) {
    this.reactor = reactor;
    this.socket = socket;
    this.tls = tls;
    const { remoteAddress = '', remotePort = 0, localAddress = '', localPort = 0 } = socket;
    this.remoteAddress = addressText({ host: remoteAddress, port: remotePort }, path);
    this.localAddress = addressText({ host: localAddress, port: localPort }, path);
    socket.on('drain', () => this.onDrain());
    socket.on('end', () => this.onEnd());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.onClose());
  }

  get pendingBytes(): number {
    return this.socket.writableLength;
  }

  write(bytes: Uint8Array, from: number, to: number): boolean {
    if (this.finished || from === to) return false;
    const socket = this.socket;
    if (socket.writableLength !== 0) {
      socket.write(copyOf(bytes, from, to));
      return false;
    }
    if (this.tls !== undefined) {
      socket.write(bytes.subarray(from, to));
      return false;
    }
    const send = this.reactor.send;
    const copy = send.place(bytes, from, to);
    socket.write(copy);
    if (socket.writableLength !== 0) send.keep(copy);
    return false;
  }

  pauseReading(): void {
    this.isReadingPaused = true;
    this.socket.pause();
  }

  resumeReading(): void {
    this.isReadingPaused = false;
    if (!this.finished) this.socket.resume();
  }

  /** Reads on in a new turn, unless somebody wants it not to. */
  readOn(): void {
    if (this.finished || !this.isReadingPaused) this.socket.resume();
  }

  certificateName(kind: CertificateName): string | undefined {
    const secure = this.tls?.secure;
    const certificate = secure?.authorized === true ? secure.getPeerX509Certificate() : undefined;
    return certificate === undefined ? undefined : nameIn(certificate, kind);
  }

  setKeepAlive(seconds: number): void {
    this.socket.setKeepAlive(seconds > 0, seconds * 1000);
  }

  end(): void {
    if (this.finished) return;
    this.finished = true;
    // A connection closed with unread input is reset, which can cost the peer the last reply: read on, and throw away.
    this.socket.end(() => {
      this.linger = setTimeout(() => this.socket.destroy(), LINGER_MS);
      this.linger.unref();
    });
    this.socket.resume();
  }

  close(): void {
    this.finished = true;
    this.socket.destroy();
  }

  /** `size` bytes have been read into `bytes`. */
  onReceive(bytes: Uint8Array, size: number): void {
    if (this.finished || this.handler === undefined) return;
    this.reactor.enterTurn();
    this.handler.receive(bytes, 0, size);
  }

  /** A record has been received over TLS, of which one read of the system can bring many. True when that is enough for a turn. */
  onRecord(bytes: Uint8Array): boolean {
    this.onReceive(bytes, bytes.length);
    const { turn } = this.reactor;
    if (this.receivedInTurn !== turn) this.receivedBytes = 0;
    this.receivedInTurn = turn;
    this.receivedBytes += bytes.length;
    return this.receivedBytes >= RECEIVE_BYTES;
  }

  /**
   * Closes a connection of TLS that waits for nothing: when a write of node:tls's own fails, such as that of the tickets after
   * the handshake to a peer that has reset the connection meanwhile, node:tls (seen with Node 20) goes on believing that it is
   * under way. What is written then never leaves, and no error comes. To be called now and then: since the last time something
   * was to be sent, nothing was handed to the system, and the system has nothing more to send.
   */
  closeIfStuck(): void {
    if (this.tls === undefined) return;
    const { carrier } = this.tls;
    const before = this.sentBytes;
    this.sentBytes = this.socket.writableLength === 0 ? -1 : carrier.bytesWritten;
    if (this.sentBytes >= 0 && this.sentBytes === before && systemQueueBytes(carrier) === 0) this.close();
  }

  private onDrain(): void {
    if (this.finished || this.handler === undefined) return;
    this.reactor.enterTurn();
    this.handler.writable();
  }

  private onEnd(): void {
    if (this.finished || this.handler === undefined) return;
    this.reactor.enterTurn();
    this.handler.ended();
  }

  private onClose(): void {
    this.finished = true;
    if (this.linger !== undefined) clearTimeout(this.linger);
    this.reactor.forget(this);
    if (this.handler === undefined) return;
    this.reactor.enterTurn();
    this.handler.closed();
  }
}

/** What the system has still to send of a connection; undefined where Node does not tell. */
function systemQueueBytes(socket: net.Socket): number | undefined {
  return (socket as unknown as { _handle?: { writeQueueSize?: number } })._handle?.writeQueueSize;
}

export interface NodeReactorOptions {
  /** False: 'data' events, as where nothing else can be had. */
  readonly sharesReceiveBuffer?: boolean;
  /** Its timers and sockets do not keep the process alive: somebody else does, as long as there is anything to wait for. */
  readonly isBackground?: boolean;
  /** Unix time in ms; the machine's when it is not given. */
  readonly now?: () => number;
}

export class NodeReactor implements Reactor {
  nowMs: number;
  /** For transports. */
  readonly send = new SendBuffer();
  /** For transports: the number of the turn, or of the last one. */
  turn = 0;
  private readonly wakeWords: Int32Array;
  private readonly wakeIndex: number;
  private readonly receiveBuffer: Buffer = Buffer.allocUnsafeSlow(RECEIVE_BYTES);
  private readonly transports = new Set<NodeTransport>();
  /** Connections that have filled the receive buffer in this turn. */
  private readonly flooding: NodeTransport[] = [];
  private readonly servers: net.Server[] = [];
  private tls: TlsAcceptor | undefined = undefined;
  private readonly timers = new Set<NodeJS.Timeout>();
  private readonly endTurn: () => void;
  private readonly sharesReceiveBuffer: boolean;
  private readonly isBackground: boolean;
  private readonly now: () => number;
  private handler: ReactorHandler | undefined = undefined;
  private inTurn = false;
  private waiting = false;
  private stopped: (() => void) | undefined = undefined;

  /** @param wakeWords shared words; word `wakeIndex` changes and is notified when this thread has something to look at */
  constructor(wakeWords: Int32Array, wakeIndex: number, options: NodeReactorOptions = {}) {
    this.sharesReceiveBuffer = options.sharesReceiveBuffer ?? process.platform !== 'win32';
    this.isBackground = options.isBackground ?? false;
    this.now = options.now ?? Date.now;
    this.nowMs = this.now();
    this.wakeWords = wakeWords;
    this.wakeIndex = wakeIndex;
    this.endTurn = () => {
      this.inTurn = false;
      this.handler?.turnEnds();
      if (this.flooding.length !== 0) this.readOn();
    };
  }

  serve(handler: ReactorHandler): void {
    this.handler = handler;
  }

  useTls(settings: TlsSettings): void {
    if (this.tls !== undefined) {
      this.tls.use(settings);
      return;
    }
    this.tls = new TlsAcceptor(settings, {
      accepted: (secure, carrier) => this.acceptSecure({ secure, carrier }),
      failed: (peer, reason) => this.handler?.refused?.(peer, reason),
    });
    const look = setInterval(() => {
      for (const transport of this.transports) transport.closeIfStuck();
    }, STUCK_LOOK_MS);
    this.timers.add(look.unref());
  }

  async listen(options: ListenOptions): Promise<number> {
    const server = net.createServer({ allowHalfOpen: true, noDelay: true });
    const tls = options.isSecure === true ? this.tls : undefined;
    if (options.isSecure === true && tls === undefined) throw new TypeError('listen: TLS before useTls');
    server.on('connection', (socket: net.Socket) => {
      if (tls === undefined) this.accept(socket, options.path ?? '');
      else this.beginHandshake(tls, socket);
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(toListenArguments(options), resolve);
    });
    // From here on an error is one of accepting, such as no descriptor being left: the next try may succeed.
    server.removeAllListeners('error');
    server.on('error', () => {});
    if (tls === undefined) this.acceptInto(server, options.path ?? '');
    if (this.isBackground) server.unref();
    this.servers.push(server);
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  async stopListening(): Promise<void> {
    // The descriptors are closed at once; the callback of `close` would wait for the connections, too.
    for (const server of this.servers.splice(0)) server.close();
  }

  enterTurn(): void {
    if (this.inTurn) return;
    this.inTurn = true;
    this.turn++;
    this.nowMs = this.now();
    setImmediate(this.endTurn);
    this.handler?.turnBegins(this.nowMs);
  }

  wakeValue(): number {
    return Atomics.load(this.wakeWords, this.wakeIndex);
  }

  armWake(seen: number): void {
    if (this.waiting) return;
    this.waiting = true;
    const woken = (): void => {
      this.waiting = false;
      if (this.stopped !== undefined) return;
      this.enterTurn();
      this.handler?.woken();
    };
    const wait = Atomics.waitAsync(this.wakeWords, this.wakeIndex, seen);
    if (wait.async) wait.value.then(woken);
    else setImmediate(woken);
  }

  /** This reactor is part of that event loop. */
  yield(): void {}

  soon(work: () => void): void {
    setImmediate(() => {
      if (this.stopped !== undefined) return;
      this.enterTurn();
      work();
    });
  }

  every(intervalMs: number, work: () => void): () => void {
    const timer = setInterval(() => {
      this.enterTurn();
      work();
    }, intervalMs);
    if (this.isBackground) timer.unref();
    this.timers.add(timer);
    return () => {
      clearInterval(timer);
      this.timers.delete(timer);
    };
  }

  async stop(): Promise<void> {
    for (const timer of this.timers) clearInterval(timer);
    this.timers.clear();
    await this.stopListening();
    const last = new Promise<void>((resolve) => {
      this.stopped = resolve;
    });
    this.tls?.close();
    for (const transport of this.transports) transport.close();
    if (this.transports.size !== 0) await last;
  }

  /** For transports: this one is closed. */
  forget(transport: NodeTransport): void {
    this.transports.delete(transport);
    if (this.transports.size === 0) this.stopped?.();
  }

  /**
   * A connection that fills the receive buffer has more to give. libuv would read up to 32 times from it before it looks at
   * another one: it reads once a turn instead, so that nobody waits for more than one buffer's requests.
   */
  private isFlooding(transport: NodeTransport | undefined): boolean {
    if (transport === undefined) return false;
    this.flooding.push(transport);
    return true;
  }

  private readOn(): void {
    for (const transport of this.flooding.splice(0)) transport.readOn();
  }

  /** Takes a connection whose socket reads into buffers of its own. */
  private accept(socket: net.Socket, path: string): void {
    const transport = this.introduce(socket, path);
    socket.on('data', (bytes: Buffer) => {
      transport.onReceive(bytes, bytes.length);
      if (bytes.length >= RECEIVE_BYTES && this.isFlooding(transport)) socket.pause();
    });
  }

  private beginHandshake(tls: TlsAcceptor, socket: net.Socket): void {
    if (this.isBackground) socket.unref();
    tls.take(socket);
  }

  /** Takes a connection whose handshake is over. */
  private acceptSecure(tls: TlsSockets): void {
    const { secure } = tls;
    const transport = this.introduce(secure, '', tls);
    secure.on('data', (bytes: Buffer) => {
      if (transport.onRecord(bytes) && this.isFlooding(transport)) secure.pause();
    });
  }

  private introduce(socket: net.Socket, path: string, tls?: TlsSockets): NodeTransport {
    this.enterTurn();
    const transport = new NodeTransport(this, socket, path, tls);
    if (this.isBackground) socket.unref();
    this.transports.add(transport);
    transport.handler = this.handler?.accepted(transport);
    if (transport.handler === undefined) transport.end();
    return transport;
  }

  /** Makes the server's connections read into the thread's one buffer, where that can be done. */
  private acceptInto(server: net.Server, path: string): void {
    const handle = (server as unknown as { _handle?: { onconnection?: unknown } })._handle;
    if (!this.sharesReceiveBuffer || typeof handle?.onconnection !== 'function') return;
    handle.onconnection = (error: number, accepted: unknown): void => {
      if (error !== 0 || accepted === undefined) return;
      let transport: NodeTransport | undefined;
      const socket = new net.Socket({
        handle: accepted,
        allowHalfOpen: true,
        onread: {
          buffer: this.receiveBuffer,
          callback: (size: number, bytes: Uint8Array): boolean => {
            transport?.onReceive(bytes, size);
            return size < RECEIVE_BYTES || !this.isFlooding(transport);
          },
        },
      } as net.SocketConstructorOpts);
      socket.setNoDelay(true);
      transport = this.introduce(socket, path);
    };
  }
}

function toListenArguments(options: ListenOptions): net.ListenOptions {
  const backlog = options.backlog ?? BACKLOG_DEFAULT;
  if (options.fd !== undefined) return { fd: options.fd, backlog } as net.ListenOptions;
  if (options.path !== undefined) return { path: options.path, backlog };
  const { host = '127.0.0.1', port = 0, reusePort = false } = options;
  const address = { host, port, backlog, ipv6Only: true };
  return (reusePort ? { ...address, reusePort } : address) as net.ListenOptions;
}
