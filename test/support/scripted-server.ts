/**
 * A server that says what a test tells it to: right, late, wrong or nothing at all.
 *
 * It takes requests apart, answers the handshake that every client begins with, and leaves the rest to the test. Its answers are
 * bytes, written as they are: what the server behind a client can get wrong is exactly what is tested with it.
 */

import { createServer, type Server as NetServer, type Socket } from 'node:net';
import { FrameStream } from './frame-stream.js';
import { parseFrame } from './resp.js';

/** What HELLO 3 answers. */
export const HELLO_REPLY =
  '%7\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n$5\r\n7.0.0\r\n$5\r\nproto\r\n:3\r\n$2\r\nid\r\n:1\r\n' +
  '$4\r\nmode\r\n$10\r\nstandalone\r\n$4\r\nrole\r\n$6\r\nmaster\r\n$7\r\nmodules\r\n*0\r\n';

/** A client's connection as the script sees it. */
export interface ScriptedConnection {
  readonly socket: Socket;
  /** Counts from 1, in the order of acceptance. */
  readonly number: number;
}

/**
 * Answers a request, by its words: bytes (latin1) to be sent, or undefined for no answer; what is to be said later, the script
 * writes to the socket itself.
 */
export type Script = (
  words: readonly string[],
  connection: ScriptedConnection,
) => string | Buffer | undefined;

/** The answers of a server that has no opinion about who connects. */
export function answerHandshake(words: readonly string[]): string | undefined {
  const [name = '', argument = ''] = words.map((word) => word.toUpperCase());
  if (name === 'HELLO') return HELLO_REPLY;
  if (name === 'SELECT' || name === 'AUTH') return '+OK\r\n';
  if (name === 'PING') return '+PONG\r\n';
  // Whether there are transactions is found out by an empty one.
  if (name === 'MULTI') return '+OK\r\n';
  if (name === 'EXEC') return '*0\r\n';
  if (name === 'CLIENT' && argument === 'ID') return ':1\r\n';
  if (name === 'CLIENT' && /^SET(INFO|NAME)$/.test(argument)) return '+OK\r\n';
  return undefined;
}

export class ScriptedServer {
  readonly port: number;
  /** The words of every request behind the handshake, in order of arrival. */
  readonly requests: string[][] = [];
  accepted = 0;
  readonly #server: NetServer;
  readonly #sockets = new Set<Socket>();

  private constructor(server: NetServer, port: number, script: Script) {
    this.#server = server;
    this.port = port;
    server.on('connection', (socket) => this.#accept(socket, script));
  }

  /** Listens on a free port of 127.0.0.1. With `handshake: false` the script gets HELLO and the like, too. */
  static start(script: Script, options: { handshake?: boolean } = {}): Promise<ScriptedServer> {
    const server = createServer({ noDelay: true });
    const whole: Script = (words, connection) =>
      (options.handshake === false ? undefined : answerHandshake(words)) ?? script(words, connection);
    return new Promise((done, failed) => {
      server.once('error', failed);
      server.listen(0, '127.0.0.1', () => {
        const address = server.address();
        const port = typeof address === 'object' && address !== null ? address.port : 0;
        done(new ScriptedServer(server, port, whole));
      });
    });
  }

  /** Connections that are open now. */
  get open(): number {
    return this.#sockets.size;
  }

  /** Requests of one command that have come. */
  count(word: string): number {
    return this.requests.filter((words) => words[0] === word).length;
  }

  /** Closes every connection, whatever is under way; goes on listening. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    const closed = new Promise((done) => this.#server.close(done));
    this.cut();
    await closed;
  }

  #accept(socket: Socket, script: Script): void {
    this.accepted += 1;
    const connection = { socket, number: this.accepted };
    const requests = new FrameStream();
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    socket.on('error', () => {}); // 'close' follows
    socket.on('data', (chunk: Buffer) => {
      for (const frame of requests.feed(chunk)) {
        const words = parseFrame(frame).items.map((item) => item.text);
        if (answerHandshake(words) === undefined) this.requests.push(words);
        const answer = script(words, connection);
        if (answer !== undefined && !socket.destroyed)
          socket.write(typeof answer === 'string' ? Buffer.from(answer, 'latin1') : answer);
      }
    });
  }
}
