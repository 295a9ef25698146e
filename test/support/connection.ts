/**
 * Connections that hide nothing: they send the bytes they are given and hand back the bytes that came.
 *
 * `RespConnection` cuts the stream into raw RESP frames; `TextConnection` cuts it into lines, as a person with `nc` sees them;
 * `exchange` sends bytes and tells what came back and whether the server hung up.
 */

import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { type Argument, decode, encodeRequest, frameEnd, type Reply } from './resp.js';

/** A server that owes a reply and says nothing for so long has forgotten it; the longest command of any test is a SAVE. */
const SILENCE_MS = 30_000;

interface Waiter {
  readonly done: (frame: Buffer) => void;
  readonly failed: (error: Error) => void;
}

/** Connects to a local port, or to the Unix socket at a path. */
export function openSocket(target: number | string): Promise<Socket> {
  return new Promise((done, failed) => {
    const address = typeof target === 'string' ? { path: target } : { host: '127.0.0.1', port: target };
    const socket = connect({ ...address, noDelay: true });
    socket.once('error', failed);
    socket.once('connect', () => {
      socket.off('error', failed);
      socket.on('error', () => {}); // 'close' follows and is what tests look at
      done(socket);
    });
  });
}

/** A raw RESP client. Replies are taken in the order in which they were asked for. */
export class RespConnection {
  readonly socket: Socket;
  /** Resolves when the connection is closed, by whichever side. */
  readonly closed: Promise<void>;
  #chunks: Buffer[] = [];
  #received = 0;
  #needed = 1;
  #frames: Buffer[] = [];
  #waiters: Waiter[] = [];
  #error: Error | undefined;

  private constructor(socket: Socket) {
    this.socket = socket;
    this.closed = new Promise((done) => socket.once('close', () => done()));
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.setTimeout(SILENCE_MS, () => {
      if (this.#waiters.length > 0) this.#fail(new Error(`no reply within ${SILENCE_MS} ms`));
    });
    void this.closed.then(() => this.#fail(new Error('the connection was closed')));
  }

  static async open(target: number | string): Promise<RespConnection> {
    return new RespConnection(await openSocket(target));
  }

  /** Writes bytes as they are. */
  send(bytes: Buffer | string): void {
    this.socket.write(bytes);
  }

  /** The next reply, raw. Rejects when the connection closes first. */
  frame(): Promise<Buffer> {
    const ready = this.#frames.shift();
    if (ready !== undefined) return Promise.resolve(ready);
    if (this.#error !== undefined) return Promise.reject(this.#error);
    return new Promise((done, failed) => this.#waiters.push({ done, failed }));
  }

  /** The next `count` replies, raw. */
  async frames(count: number): Promise<Buffer[]> {
    const frames: Buffer[] = [];
    for (let i = 0; i < count; i++) frames.push(await this.frame());
    return frames;
  }

  /** Sends one request and returns its reply, raw. */
  request(...args: Argument[]): Promise<Buffer> {
    this.send(encodeRequest(args));
    return this.frame();
  }

  /** Sends one request and returns its reply as a value. */
  async call(...args: Argument[]): Promise<Reply> {
    return decode(await this.request(...args));
  }

  /** Sends all requests in one write and returns the raw replies. */
  pipeline(requests: readonly (readonly Argument[])[]): Promise<Buffer[]> {
    this.send(Buffer.concat(requests.map(encodeRequest)));
    return this.frames(requests.length);
  }

  /** Frames that have arrived and nobody asked for. */
  get unread(): number {
    return this.#frames.length;
  }

  /** Closes at once. */
  close(): void {
    this.socket.destroy();
  }

  #receive(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#received += chunk.length;
    if (this.#received < this.#needed) return;
    const bytes = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks, this.#received);
    let at = 0;
    this.#needed = 1;
    try {
      while (at < bytes.length) {
        const end = frameEnd(bytes, at);
        if (end < 0) {
          this.#needed = -end;
          break;
        }
        this.#deliver(bytes.subarray(at, end));
        at = end;
      }
    } catch (error) {
      this.#fail(error as Error);
      this.socket.destroy();
    }
    this.#chunks = at < bytes.length ? [bytes.subarray(at)] : [];
    this.#received = bytes.length - at;
  }

  #deliver(frame: Buffer): void {
    const waiter = this.#waiters.shift();
    if (waiter === undefined) this.#frames.push(frame);
    else waiter.done(frame);
  }

  #fail(error: Error): void {
    this.#error ??= error;
    for (const waiter of this.#waiters.splice(0)) waiter.failed(this.#error);
  }
}

/** What a person with `nc` or `telnet` has: lines out, lines in. */
export class TextConnection {
  readonly socket: Socket;
  readonly closed: Promise<void>;
  #text = '';
  #wake: () => void = () => {};
  #isClosed = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    this.closed = new Promise((done) => socket.once('close', () => done()));
    socket.on('data', (chunk: Buffer) => {
      this.#text += chunk.toString('latin1');
      this.#wake();
    });
    socket.setTimeout(SILENCE_MS, () => socket.destroy());
    void this.closed.then(() => {
      this.#isClosed = true;
      this.#wake();
    });
  }

  static async open(port: number): Promise<TextConnection> {
    return new TextConnection(await openSocket(port));
  }

  /** Writes text (as latin1, so '\xff' is one byte) and nothing else: line ends are the caller's. */
  send(text: string): void {
    this.socket.write(Buffer.from(text, 'latin1'));
  }

  /** The next line without its line end. Rejects when the connection closes first. */
  async line(): Promise<string> {
    for (;;) {
      const end = this.#text.indexOf('\n');
      if (end >= 0) {
        const line = this.#text.slice(0, end).replace(/\r$/, '');
        this.#text = this.#text.slice(end + 1);
        return line;
      }
      if (this.#isClosed)
        throw new Error(`closed before a line was complete; got ${JSON.stringify(this.#text)}`);
      await new Promise<void>((wake) => {
        this.#wake = wake;
      });
    }
  }

  /** Sends a line and returns the first line of its answer. */
  ask(line: string): Promise<string> {
    this.send(`${line}\n`);
    return this.line();
  }

  /** Everything until the connection closes. */
  async rest(): Promise<string> {
    await this.closed;
    const text = this.#text;
    this.#text = '';
    return text;
  }

  close(): void {
    this.socket.destroy();
  }
}

/** What a server answered to some bytes. */
export interface Exchange {
  readonly received: Buffer;
  /** Whether the server closed the connection of its own accord. */
  readonly closed: boolean;
}

/**
 * Sends bytes on a connection of their own and collects what comes back until the server closes or has been silent for
 * `quietMs`. There is no event for "the server says nothing more", hence the wait.
 */
export async function exchange(port: number, bytes: Buffer | string, quietMs = 250): Promise<Exchange> {
  const socket = await openSocket(port);
  const received: Buffer[] = [];
  let closed = false;
  let lastMs = Date.now();
  socket.on('data', (chunk: Buffer) => {
    received.push(chunk);
    lastMs = Date.now();
  });
  const end = new Promise<void>((done) => {
    socket.once('close', () => {
      closed = true;
      done();
    });
  });
  socket.write(bytes);
  while (!closed && Date.now() - lastMs < quietMs) await Promise.race([end, delay(quietMs / 4)]);
  socket.destroy();
  return { received: Buffer.concat(received), closed };
}
