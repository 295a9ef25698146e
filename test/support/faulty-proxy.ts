/**
 * A proxy between a client and a server that understands RESP just enough to fail exactly where a test wants it to.
 *
 * ```
 *            request by request                          request by request
 *   client ─────────────────────▶ fate: pass, cut, ... ──────────────────────▶ server
 *          ◀───────────────────── flow: pass, hold, chunks ◀──────────────────
 *            any chunk sizes                              reply by reply
 * ```
 *
 * What happens to a request is decided when it has arrived whole, from its words alone: no test depends on how the bytes were cut
 * on their way. A cut is a reset in both directions, as of a machine that has lost its network.
 */

import { createServer, type Server as NetServer, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { openSocket } from './connection.js';
import { FrameStream } from './frame-stream.js';
import { parseFrame } from './resp.js';

/**
 * What happens to a request:
 *
 * - `pass`: it reaches the server, and its reply the client
 * - `cut`: the connection is cut; nothing of the request reaches the server
 * - `cut-inside`: the server gets half of it, then the connection is cut
 * - `cut-reply`: the server has run it and answered, then the connection is cut before a byte of that answer reaches the client
 * - `cut-inside-reply`: the same, but the client gets half of the answer
 * - `{ answer }`: the server never sees it; the client gets these bytes instead, in the right place
 */
export type Fate = 'pass' | 'cut' | 'cut-inside' | 'cut-reply' | 'cut-inside-reply' | { answer: string };

/** How replies go to the client: at once, not at all for now, or in pieces of the sizes that the function gives, one a turn. */
export type Flow = 'pass' | 'hold' | (() => number);

export class FaultyProxy {
  /** Decides about each request by its words, as in `['SET', 'k', 'v']`. */
  fate: (words: readonly string[]) => Fate = () => 'pass';
  /** Accepts connections and closes them at once, as a server does that is full or going down. */
  refuses = false;
  /** Connections that have been accepted so far, refused ones included. */
  accepted = 0;
  /** The words of every request that has come, whatever its fate. */
  readonly requests: string[][] = [];
  readonly port: number;
  readonly #server: NetServer;
  /** Connections of clients, those included that the server behind has not accepted yet. */
  readonly #clients = new Set<Socket>();
  readonly #pairs = new Set<ProxiedConnection>();
  #flow: Flow = 'pass';

  private constructor(server: NetServer, port: number, target: number | string) {
    this.#server = server;
    this.port = port;
    server.on('connection', (socket) => void this.#accept(socket, target));
  }

  /** Listens on a free port of 127.0.0.1 and passes everything on to a port or a Unix socket. */
  static start(target: number | string): Promise<FaultyProxy> {
    const server = createServer({ noDelay: true });
    return new Promise((done, failed) => {
      server.once('error', failed);
      server.listen(0, '127.0.0.1', () => {
        const address = server.address();
        const port = typeof address === 'object' && address !== null ? address.port : 0;
        done(new FaultyProxy(server, port, target));
      });
    });
  }

  /** How replies reach clients, those that are held included. */
  set flow(flow: Flow) {
    this.#flow = flow;
    for (const pair of this.#pairs) pair.pump();
  }

  get flow(): Flow {
    return this.#flow;
  }

  /** Connections that are open now. */
  get open(): number {
    return this.#clients.size;
  }

  /** Requests of one command that have come. */
  count(word: string): number {
    return this.requests.filter((words) => words[0] === word).length;
  }

  /** Cuts every connection. */
  cut(): void {
    for (const client of this.#clients) reset(client);
  }

  /** Cuts every connection and listens no longer. */
  async stop(): Promise<void> {
    const closed = new Promise((done) => this.#server.close(done));
    this.cut();
    await closed;
  }

  async #accept(client: Socket, target: number | string): Promise<void> {
    this.accepted += 1;
    this.#clients.add(client);
    client.once('close', () => this.#clients.delete(client));
    client.on('error', () => {}); // 'close' follows
    if (this.refuses) {
      client.destroy();
      return;
    }
    client.pause();
    const server = await openSocket(target).catch(() => undefined);
    if (server === undefined || client.destroyed) {
      server?.destroy();
      client.destroy();
      return;
    }
    const pair = new ProxiedConnection(this, client, server);
    this.#pairs.add(pair);
    client.once('close', () => this.#pairs.delete(pair));
  }
}

/** One client's connection, and the one to the server that stands for it. */
class ProxiedConnection {
  readonly #proxy: FaultyProxy;
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #requests = new FrameStream();
  readonly #replies = new FrameStream();
  /** What is to happen to the replies that the client still waits for, in order. */
  readonly #expected: Fate[] = [];
  readonly #outgoing: Buffer[] = [];
  #isPumping = false;
  /** The connection ends with what is in `outgoing`. */
  #isEnding = false;

  constructor(proxy: FaultyProxy, client: Socket, server: Socket) {
    this.#proxy = proxy;
    this.#client = client;
    this.#server = server;
    client.on('data', (chunk: Buffer) => {
      for (const frame of this.#requests.feed(chunk)) this.#request(frame);
    });
    server.on('data', (chunk: Buffer) => {
      for (const frame of this.#replies.feed(chunk)) this.#reply(frame);
    });
    client.once('close', () => server.destroy());
    server.once('close', () => client.end());
    client.resume();
  }

  cut(): void {
    reset(this.#client);
    this.#server.destroy();
  }

  /** Sends what waits for the client, as the proxy's flow allows. */
  pump(): void {
    if (!this.#isPumping) void this.#pumpAll();
  }

  #request(frame: Buffer): void {
    if (this.#client.destroyed) return;
    const words = parseFrame(frame).items.map((item) => item.text);
    this.#proxy.requests.push(words);
    const fate = this.#proxy.fate(words);
    if (fate === 'cut') {
      this.cut();
    } else if (fate === 'cut-inside') {
      reset(this.#client);
      this.#server.end(frame.subarray(0, frame.length >> 1));
    } else {
      this.#expected.push(fate);
      if (typeof fate === 'string') this.#server.write(frame);
      else this.#answer();
    }
  }

  #reply(frame: Buffer): void {
    if (this.#isEnding) return;
    const isPush = frame[0] === '>'.charCodeAt(0);
    const fate = isPush ? 'pass' : this.#expected.shift();
    if (fate === 'cut-reply' || fate === 'cut-inside-reply') {
      if (fate === 'cut-inside-reply') this.#outgoing.push(frame.subarray(0, frame.length >> 1));
      void this.#cutAfterPump();
      return;
    }
    this.#outgoing.push(frame);
    this.#answer();
  }

  /** Answers for the server what the client expects next, as long as that is the proxy's part. */
  #answer(): void {
    for (let fate = this.#expected[0]; typeof fate === 'object'; fate = this.#expected[0]) {
      this.#expected.shift();
      this.#outgoing.push(Buffer.from(fate.answer, 'latin1'));
    }
    this.pump();
  }

  /** An orderly end, so that what was sent before it arrives. */
  async #cutAfterPump(): Promise<void> {
    this.#isEnding = true;
    await this.#pumpAll();
    this.#client.end();
    this.#server.destroy();
  }

  async #pumpAll(): Promise<void> {
    this.#isPumping = true;
    while (this.#outgoing.length > 0 && this.#proxy.flow !== 'hold' && !this.#client.destroyed) {
      const bytes = this.#outgoing.length === 1 ? this.#outgoing[0]! : Buffer.concat(this.#outgoing);
      this.#outgoing.length = 0;
      await this.#write(bytes);
    }
    this.#isPumping = false;
  }

  async #write(bytes: Buffer): Promise<void> {
    let from = 0;
    while (from < bytes.length && !this.#client.destroyed) {
      const flow = this.#proxy.flow;
      if (flow === 'hold') {
        this.#outgoing.unshift(bytes.subarray(from));
        return;
      }
      // The client's side of the loop comes to read between one piece and the next.
      if (typeof flow === 'function') await nextTurn();
      const to = typeof flow === 'function' ? from + flow() : bytes.length;
      this.#client.write(bytes.subarray(from, to));
      from = to;
    }
  }
}

/** Ends a connection without a goodbye. One that is saying goodbye can't be reset: Node would keep its handle, and never exit. */
function reset(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
