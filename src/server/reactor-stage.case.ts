/**
 * A reactor on a stage: a handler that records what it is told and checks the order of it, and the clients' side, over real
 * sockets on 127.0.0.1. For the tests of all back ends.
 */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { test } from 'node:test';
import { ReplyWriter } from '../engine/reply.js';
import type { ConnectionHandler, ListenOptions, Reactor, ReactorHandler, Transport } from './reactor.js';

/** Makes a reactor whose wake line begins at `words[index]`, and which may send from `writer`'s memory. */
export type CreateReactor = (words: Int32Array, index: number, writer: ReplyWriter) => Reactor;

/** What the bytes go over: TCP as it is, or something on top of it. */
export interface Line {
  readonly listenOptions: ListenOptions;
  /** A connection, which may still be on its way; `event` says that it is there. */
  readonly dial: (port: number) => net.Socket;
  readonly event: string;
  /** Connections at once, more than a back end has buffers for; connections that come and go; runs of random plans. */
  readonly crowd: number;
  readonly comers: number;
  readonly runs: number;
}

const PLAIN: Line = {
  listenOptions: {},
  dial: (port) => net.connect({ port, host: '127.0.0.1', allowHalfOpen: true }),
  event: 'connect',
  crowd: 300,
  comers: 2000,
  runs: 40,
};

/** Where the wake line begins: not at 0, so that a mix-up shows. */
const WAKE_INDEX = 3;
const TEST_TIMEOUT_MS = 30_000;

/** Records what happens to one connection, and lets a test wait for it. */
export class Recorder implements ConnectionHandler {
  readonly transport: Transport;
  readonly received: Buffer[] = [];
  writableCount = 0;
  endedCount = 0;
  closedCount = 0;
  onReceive: (bytes: Uint8Array, from: number, to: number) => void = () => {};
  onEnded: () => void = () => {};
  onClosed: () => void = () => {};
  private readonly isInside: () => boolean;
  private waiters: { done: () => boolean; resolve: () => void }[] = [];

  constructor(transport: Transport, isInside: () => boolean) {
    this.transport = transport;
    this.isInside = isInside;
  }

  get receivedBytes(): number {
    return this.received.reduce((sum, bytes) => sum + bytes.length, 0);
  }

  receive(bytes: Uint8Array, from: number, to: number): void {
    this.check();
    assert.ok(from < to && to <= bytes.length);
    this.received.push(Buffer.from(bytes.slice(from, to)));
    this.onReceive(bytes, from, to);
    this.wake();
  }

  writable(): void {
    this.check();
    this.writableCount++;
    this.wake();
  }

  ended(): void {
    this.check();
    this.endedCount++;
    this.onEnded();
    this.wake();
  }

  closed(): void {
    this.check();
    this.closedCount++;
    this.onClosed();
    this.wake();
  }

  /** Resolves once `done()` holds, looked at after every event. */
  until(done: () => boolean): Promise<void> {
    if (done()) return Promise.resolve();
    return new Promise((resolve) => {
      this.waiters.push({ done, resolve });
    });
  }

  private check(): void {
    assert.equal(this.isInside(), true, 'every event is part of a turn');
    assert.equal(this.closedCount, 0, 'nothing comes after closed');
  }

  private wake(): void {
    for (const waiter of this.waiters) if (waiter.done()) waiter.resolve();
  }
}

/** A reactor with a handler that records, and a client side. */
export class Stage implements ReactorHandler {
  readonly reactor: Reactor;
  readonly writer: ReplyWriter = new ReplyWriter();
  readonly words = new Int32Array(new SharedArrayBuffer(64));
  readonly recorders: Recorder[] = [];
  readonly turns: number[] = [];
  wokenCount = 0;
  inTurn = false;
  refuses = false;
  onTurnEnd: () => void = () => {};
  onWoken: () => void = () => {};
  onAccept: (recorder: Recorder) => void = () => {};
  port = 0;
  readonly line: Line;

  constructor(create: CreateReactor, line: Line = PLAIN) {
    this.line = line;
    this.reactor = create(this.words, WAKE_INDEX, this.writer);
    this.reactor.serve(this);
  }

  turnBegins(nowMs: number): void {
    assert.equal(this.inTurn, false, 'turns do not nest');
    assert.ok(Math.abs(nowMs - Date.now()) < 1000);
    assert.equal(this.reactor.nowMs, nowMs);
    this.inTurn = true;
    this.turns.push(nowMs);
  }

  turnEnds(): void {
    assert.equal(this.inTurn, true, 'a turn ends once');
    this.inTurn = false;
    this.onTurnEnd();
  }

  woken(): void {
    assert.equal(this.inTurn, true);
    this.wokenCount++;
    this.onWoken();
  }

  accepted(transport: Transport): ConnectionHandler | undefined {
    assert.equal(this.inTurn, true);
    if (this.refuses) {
      transport.write(Buffer.from('no\r\n'), 0, 4);
      return undefined;
    }
    const recorder = new Recorder(transport, () => this.inTurn);
    this.recorders.push(recorder);
    this.onAccept(recorder);
    return recorder;
  }

  /** Sends as a session does: composed in the writer, and left there when the transport sends from it. */
  reply(transport: Transport, bytes: Uint8Array, from: number, to: number): void {
    const writer = this.writer;
    assert.equal(writer.raw(bytes, from, to), true);
    if (transport.write(writer.bytes, writer.start, writer.size)) writer.leave();
    else writer.drop();
  }

  /** Listens on any port, if it does not yet. */
  async listen(): Promise<void> {
    if (this.port === 0) this.port = await this.reactor.listen({ port: 0, ...this.line.listenOptions });
  }

  /** A client's side that does not mind when it is cut off. */
  dial(): net.Socket {
    const client = this.line.dial(this.port);
    client.on('error', () => {});
    return client;
  }

  async connect(): Promise<{ client: net.Socket; server: Recorder }> {
    await this.listen();
    const count = this.recorders.length;
    const accepted = new Promise<Recorder>((resolve) => {
      this.onAccept = resolve;
    });
    const client = this.dial();
    await once(client, this.line.event);
    const server = await accepted;
    assert.equal(this.recorders.length, count + 1);
    return { client, server };
  }
}

/** Reads `client` to its end and gives everything it received. */
export async function readAll(client: net.Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of client) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

export async function readBytes(client: net.Socket, size: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let have = 0;
  while (have < size) {
    const chunk = client.read() as Buffer | null;
    if (chunk === null) {
      await once(client, 'readable');
      continue;
    }
    chunks.push(chunk);
    have += chunk.length;
  }
  return Buffer.concat(chunks);
}

/** Bytes whose value depends on their position, so that a mix-up shows. */
export function pattern(size: number, seed: number): Buffer {
  const bytes = Buffer.alloc(size);
  for (let index = 0; index < size; index++) {
    bytes[index] = index * 31 + seed * 17 + (index >> 8) + (index >> 16) * 13;
  }
  return bytes;
}

/** A `test` that gets a stage of its own, which is cleared away afterwards. */
export function stagedTests(
  name: string,
  create: CreateReactor,
  line?: Line,
): (title: string, body: (stage: Stage) => Promise<void>) => void {
  return (title, body) => {
    test(`${name}: ${title}`, { timeout: TEST_TIMEOUT_MS }, async () => {
      const stage = new Stage(create, line);
      try {
        await body(stage);
      } finally {
        await stage.reactor.stop();
      }
      for (const recorder of stage.recorders) assert.equal(recorder.closedCount, 1, 'closed exactly once');
    });
  };
}
