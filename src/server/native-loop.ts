/**
 * The event loop of a reactor that sleeps in a system call of its own, and not in libuv's: what such back ends have in
 * common. A back end says how it sleeps and what it learns there; the turn around that is here:
 *
 *     handOver: what the last turn has written
 *       -> sleep, if nothing is to be done
 *       -> deliver: accepted, received, sent
 *       -> attend: what connections want done besides
 *       -> woken, timers, soon
 *       -> turnEnds
 *
 * Sleep ends early for an eventfd that the back end waits for and that other threads write to (structures/wake-line.ts).
 *
 * JavaScript's own event loop stands still meanwhile: promises, timers and messages of the thread wait. So the loop is left
 * (and scheduled again) when somebody needs it (`yield`): a message was announced, a session waits for a promise; and
 * every YIELD_MS in any case.
 *
 * Sources: eventfd(2).
 */

import { rmSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { CrabError } from '../base/errors.js';
import type { ReplyWriter } from '../engine/reply.js';
import { WakeLine } from '../structures/wake-line.js';
import type { Native } from './native.js';
import type { ConnectionHandler, ListenOptions, Reactor, ReactorHandler, Transport } from './reactor.js';
import { localAddress, openListener, prepareListener } from './sockets.js';
import { Timers } from './timers.js';

/** How long the peer may take to end its side, after it has been sent the end of ours, before it is cut off. */
const LINGER_MS = 1000;
/** Accepting is tried again so much later when the process has no descriptor left. */
const ACCEPT_RETRY_MS = 100;
/** JavaScript's event loop runs at least this often. */
const YIELD_MS = 1000;
const BACKLOG_DEFAULT = 511;
const EFD_CLOEXEC = 0o2000000;
const EFD_NONBLOCK = 0o4000;
const SHUT_RDWR = 2;

/** Events name a connection by its index, above a byte that says what kind of event it is, in 32 bits. */
export const INDEX_SHIFT = 8;
export const KIND_MASK = (1 << INDEX_SHIFT) - 1;
const CONNECTIONS_MAX = 2 ** (32 - INDEX_SHIFT);

export interface NativeLoopOptions {
  readonly native: Native;
  /** Replies are composed in it, and sent from its memory. */
  readonly writer: ReplyWriter;
  /** Words of this thread's wake line, and where it begins. */
  readonly wakeWords: Int32Array;
  readonly wakeIndex: number;
  /** Never sleeps and runs one turn a round of JavaScript's event loop, which others use, too: for tests. */
  readonly sharesThread?: boolean;
  /** Unix time in ms; the machine's when it is not given. */
  readonly now?: () => number;
}

/** A connection, as the loop uses it. */
export interface LoopConnection extends Transport {
  handler: ConnectionHandler | undefined;
  /** The loop's: in its list of connections to attend to. */
  isAttended: boolean;
  /** The loop's: when a lingering connection is cut off, on its monotonic clock. */
  lingerUntilMs: number;
  /** Does what has become possible or due, in a turn. */
  attend(): void;
}

interface Listener {
  readonly descriptor: number;
  /** Of a Unix socket; empty for TCP. */
  readonly path: string;
  /** The file at `path` was made here, and goes when listening ends. */
  readonly ownsFile: boolean;
}

export abstract class NativeLoop<Connection extends LoopConnection> implements Reactor {
  nowMs: number;
  readonly native: Native;
  readonly writer: ReplyWriter;
  /** The turn's number, for connections' shares. */
  turn = 0;
  /** Other threads write to this eventfd when the loop is to wake up. */
  protected readonly wakeDescriptor: number;
  protected readonly connections: (Connection | undefined)[] = [];
  private readonly line: WakeLine;
  private readonly sharesThread: boolean;
  private readonly now: () => number;
  private readonly timers = new Timers();
  private readonly listeners: (Listener | undefined)[] = [];
  private readonly freeIndexes: number[] = [];
  private connectionCount = 0;
  private attended: Connection[] = [];
  private attendedNow: Connection[] = [];
  private readonly lingering: Connection[] = [];
  private soonWork: (() => void)[] = [];
  private handler: ReactorHandler | undefined = undefined;
  private inTurn = false;
  private isArmed = false;
  private armedValue = 0;
  private seenMessages = 0;
  private yields = false;
  private yieldedMs = 0;
  /** When the last sleep ended, on a clock that only goes forward. */
  private awakeMs = 0;
  private isRunning = false;
  private ended: Promise<void> | undefined = undefined;
  private stopped: (() => void) | undefined = undefined;
  private readonly loop: () => void;

  constructor(options: NativeLoopOptions) {
    this.native = options.native;
    this.writer = options.writer;
    this.sharesThread = options.sharesThread ?? false;
    this.now = options.now ?? Date.now;
    this.nowMs = this.now();
    this.line = new WakeLine(options.wakeWords, options.wakeIndex);
    this.wakeDescriptor = options.native.eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (this.wakeDescriptor < 0) {
      throw new CrabError(options.native.lastError(), `eventfd: ${options.native.lastError()}`);
    }
    this.line.setDescriptor(this.wakeDescriptor);
    this.seenMessages = this.line.messages();
    this.loop = () => this.run();
  }

  // --- the back end's part

  /** What was written since the last time leaves, or is at least prepared to. */
  protected abstract handOver(): void;
  /** Waits for events, or for the wake descriptor, for `waitMs` at most; 0: only looks. */
  protected abstract sleep(waitMs: number): void;
  /** Tells connections and listeners (`accepted`) what there was. Calls `enterTurn` first if anything was. */
  protected abstract deliver(): void;
  /**
   * Accepts at listener `index` from now on; and not any more, and closes it. Where `isShared(index)`, connections should go to
   * the threads in turn: the one that has accepted queues up behind the others.
   */
  protected abstract watch(index: number, descriptor: number): void;
  protected abstract unwatch(index: number, descriptor: number): void;
  /** @throws CrabError when the peer is gone already */
  protected abstract connect(index: number, descriptor: number, path: string): Connection;
  /** The last connection is gone: gives back what the back end has of the system's. */
  protected abstract release(): void;

  // --- Reactor

  serve(handler: ReactorHandler): void {
    this.handler = handler;
    if (this.isRunning) return;
    this.isRunning = true;
    setImmediate(this.loop);
  }

  async listen(options: ListenOptions): Promise<number> {
    const { fd, path, host, port, backlog = BACKLOG_DEFAULT, reusePort = false } = options;
    let descriptor: number;
    if (fd === undefined) {
      descriptor = openListener(this.native, {
        backlog,
        reusePort,
        ...(path === undefined ? {} : { path }),
        ...(host === undefined ? {} : { host }),
        ...(port === undefined ? {} : { port }),
      });
    } else {
      descriptor = fd;
      prepareListener(this.native, descriptor, backlog);
    }
    const ownsFile = fd === undefined && path !== undefined;
    this.listeners.push({ descriptor, path: path ?? '', ownsFile });
    this.watch(this.listeners.length - 1, descriptor);
    return localAddress(this.native, descriptor).port;
  }

  async stopListening(): Promise<void> {
    for (const [index, listener] of this.listeners.entries()) {
      if (listener === undefined) continue;
      this.listeners[index] = undefined;
      this.native.shutdown(listener.descriptor, SHUT_RDWR); // from now on nobody can connect
      this.unwatch(index, listener.descriptor);
      if (listener.ownsFile) rmSync(listener.path, { force: true });
    }
  }

  enterTurn(): void {
    if (this.inTurn) return;
    this.inTurn = true;
    this.nowMs = this.now();
    this.handler?.turnBegins(this.nowMs);
  }

  wakeValue(): number {
    return this.line.value();
  }

  armWake(seen: number): void {
    if (this.isArmed) return;
    this.isArmed = true;
    this.armedValue = seen;
  }

  yield(): void {
    this.yields = true;
  }

  soon(work: () => void): void {
    this.soonWork.push(work);
  }

  every(intervalMs: number, work: () => void): () => void {
    return this.timers.every(performance.now(), intervalMs, work);
  }

  async stop(): Promise<void> {
    this.ended ??= this.end();
    await this.ended;
  }

  private async end(): Promise<void> {
    this.timers.clear();
    await this.stopListening();
    const last = new Promise<void>((resolve) => {
      this.stopped = resolve;
    });
    for (const connection of this.connections) connection?.close();
    if (!this.isRunning) this.serve(NO_HANDLER);
    await last;
  }

  // --- for connections

  /** Has `connection.attend()` called after this turn's events, or in the next turn, which then comes at once. */
  attend(connection: Connection): void {
    if (connection.isAttended) return;
    connection.isAttended = true;
    this.attended.push(connection);
  }

  /** Cuts a connection off that has not ended in time. */
  linger(connection: Connection): void {
    connection.lingerUntilMs = performance.now() + LINGER_MS;
    this.lingering.push(connection);
  }

  /** The connection at `index` is gone, and no event will name it any more. */
  forget(index: number): void {
    this.connections[index] = undefined;
    this.freeIndexes.push(index);
    this.connectionCount--;
  }

  // --- for the back end

  /** Where listener `index` accepts; undefined when it has stopped. */
  protected listenerDescriptor(index: number): number | undefined {
    return this.listeners[index]?.descriptor;
  }

  /** Listener `index` is a Unix socket, which several threads may accept from; with TCP each has a socket of its own. */
  protected isShared(index: number): boolean {
    return this.listeners[index]?.path !== '';
  }

  /** A connection was accepted at listener `index`. */
  protected accepted(index: number, descriptor: number): void {
    const listener = this.listeners[index];
    if (listener === undefined || this.connectionCount >= CONNECTIONS_MAX) this.native.close(descriptor);
    else this.introduce(descriptor, listener.path);
  }

  /** Accepting has failed, for want of descriptors most likely: watches the listener again a little later. */
  protected watchLater(index: number): void {
    const cancel = this.every(ACCEPT_RETRY_MS, () => {
      cancel();
      const descriptor = this.listenerDescriptor(index);
      if (descriptor !== undefined) this.watch(index, descriptor);
    });
  }

  // --- the loop

  private run(): void {
    this.awakeMs = performance.now();
    this.yieldedMs = this.awakeMs;
    do {
      if (this.inTurn) this.endTurn();
      this.look();
      if (this.stopped !== undefined && this.connectionCount === 0) {
        this.finish();
        return;
      }
    } while (!this.yields && !this.sharesThread);
    this.yields = false; // from here on it is somebody's wish for the next time
    setImmediate(this.loop);
  }

  /** One turn: sleeps if nothing is to be done, then does what there is. */
  private look(): void {
    this.handOver();
    const waitMs = this.waitMs();
    this.sleep(waitMs);
    if (waitMs > 0) this.line.wakeUp();
    this.awakeMs = performance.now();
    this.turn = (this.turn + 1) | 0;
    this.deliver();
    if (this.attended.length !== 0) this.attendAll();
    this.lookAtWord();
    this.lookAtClock();
    if (this.soonWork.length !== 0) this.doSoonWork();
    if (this.inTurn) this.endTurn();
  }

  private endTurn(): void {
    this.inTurn = false;
    this.handler?.turnEnds();
  }

  /** How long there is nothing to do, in ms; 0 when there is something. Announces sleep when it is not 0. */
  private waitMs(): number {
    if (this.sharesThread || this.yields) return 0;
    if (this.attended.length !== 0 || this.soonWork.length !== 0) return 0;
    if (this.stopped !== undefined && this.connectionCount === 0) return 0;
    let untilMs = Math.min(this.timers.nextMs, this.yieldedMs + YIELD_MS);
    if (this.lingering.length !== 0) untilMs = Math.min(untilMs, this.lingering[0]!.lingerUntilMs);
    const waitMs = untilMs - this.awakeMs; // a turn is short enough to be forgotten
    if (waitMs <= 0) return 0;
    this.line.fallAsleep();
    if (this.hasNews()) {
      this.line.wakeUp();
      return 0;
    }
    return waitMs;
  }

  private hasNews(): boolean {
    return (
      this.line.messages() !== this.seenMessages || (this.isArmed && this.line.value() !== this.armedValue)
    );
  }

  private attendAll(): void {
    const connections = this.attended;
    this.attended = this.attendedNow;
    this.attendedNow = connections;
    this.enterTurn();
    for (let index = 0; index < connections.length; index++) {
      const connection = connections[index]!;
      connection.isAttended = false;
      connection.attend();
    }
    connections.length = 0;
  }

  private lookAtWord(): void {
    const messages = this.line.messages();
    if (messages !== this.seenMessages) {
      this.seenMessages = messages;
      this.yields = true;
    }
    if (!this.isArmed || this.line.value() === this.armedValue) return;
    this.isArmed = false;
    this.enterTurn();
    this.handler?.woken();
  }

  private lookAtClock(): void {
    const nowMs = this.awakeMs;
    if (nowMs >= this.yieldedMs + YIELD_MS) this.yields = true;
    if (nowMs >= this.timers.nextMs) {
      this.enterTurn();
      this.timers.run(nowMs);
    }
    while (this.lingering.length !== 0 && this.lingering[0]!.lingerUntilMs <= nowMs) {
      this.lingering.shift()!.close();
    }
  }

  private doSoonWork(): void {
    const work = this.soonWork;
    this.soonWork = [];
    this.enterTurn();
    for (const each of work) each();
  }

  private introduce(descriptor: number, path: string): void {
    const index = this.freeIndexes.pop() ?? this.connections.length;
    let connection: Connection;
    try {
      connection = this.connect(index, descriptor, path);
    } catch (error) {
      // The peer is gone already: it has no address any more.
      if (!(error instanceof CrabError)) throw error;
      this.freeIndexes.push(index);
      if (index === this.connections.length) this.connections.push(undefined);
      this.native.close(descriptor);
      return;
    }
    this.connections[index] = connection;
    this.connectionCount++;
    connection.handler = this.handler?.accepted(connection);
    if (connection.handler === undefined) connection.end();
    connection.attend();
  }

  private finish(): void {
    this.line.setDescriptor(-1);
    this.release();
    this.native.close(this.wakeDescriptor);
    this.stopped?.();
  }
}

const NO_HANDLER: ReactorHandler = {
  turnBegins: () => {},
  accepted: () => undefined,
  turnEnds: () => {},
  woken: () => {},
};
