/**
 * A session of this process's own: requests are written into its input, and what it sends are the replies of promises.
 *
 * ```
 *   run ─▶ RequestWriter ──flush──▶ Session.receive ─▶ ... ─▶ Link.write ─▶ ReplyReader ─▶ promise
 *           waiting: the promises, in the order of the requests
 * ```
 *
 * To the session a link is a connection like any other, only that nothing is between them: held replies, commands that wait,
 * pauses, CLIENT LIST and CLIENT KILL are what they are over TCP. What is asked for in one go of the program is executed as one
 * batch, in the microtask after it. A program that awaits one answer after the other would then never let the loop have its
 * turn: after TURN_MS_MAX the next batch waits for it.
 *
 * A session that was ended by somebody is followed by a new one with the next request.
 *
 * Invariant: promises are settled in the order of their requests, each once.
 */

import type { Argument, CommandInfo } from '../client/command-runner.js';
import { type ClientError, ReplyError } from '../client/errors.js';
import type { Reply } from '../client/reply.js';
import { ReplyReader, type ReplySink } from '../client/reply-reader.js';
import { RequestWriter } from '../client/request-writer.js';
import type { Transport } from '../server/reactor.js';
import type { Session } from '../server/session.js';
import type { ServerThread } from '../server/thread.js';
import { BufferOfLast } from './buffer-of-last.js';
import { Fifo } from './fifo.js';
import { sessionEnded, storeClosed } from './store-errors.js';

/** So long promises may follow one another before sockets and timers are looked at. */
const TURN_MS_MAX = 5;
/** With so much asked for, it is executed at once. */
const FLUSH_BYTES = 256 * 1024;

/** A command whose reply is awaited. */
export interface Waiting {
  readonly command: CommandInfo;
  /** Texts are to be Buffers. */
  readonly asBuffers: boolean;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Whom a link tells how it is. */
export interface LinkHost {
  /** Requests were handed over, and not all of them are answered. */
  waits(link: Link): void;
  /** All that was asked for is answered. */
  idle(link: Link): void;
}

let linkCount = 0;

export class Link implements Transport, ReplySink {
  /** As CLIENT LIST shows it. */
  readonly remoteAddress: string;
  readonly localAddress = 'in-process';
  /** What is sent goes to the promises at once. */
  readonly pendingBytes = 0;
  private readonly thread: ServerThread;
  private readonly database: number;
  private readonly host: LinkHost;
  private readonly writer = new RequestWriter();
  private readonly reader = new ReplyReader(this);
  private readonly buffers = new BufferOfLast();
  /** Handed over and not answered. */
  private readonly sent = new Fifo<Waiting>();
  /** Not handed over. */
  private unsent: Waiting[] = [];
  private session: Session | undefined = undefined;
  private isFlushDue = false;
  private isReadingPaused = false;

  constructor(thread: ServerThread, database: number, host: LinkHost) {
    this.thread = thread;
    this.database = database;
    this.host = host;
    linkCount += 1;
    this.remoteAddress = `in-process:${linkCount}`;
  }

  /** Commands that are not answered. */
  get size(): number {
    return this.sent.size + this.unsent.length;
  }

  /** Bytes of requests that are not handed over. */
  get unsentBytes(): number {
    return this.writer.size;
  }

  /**
   * Asks for a command to be run, behind those before it.
   *
   * @throws UsageError when an argument is none
   */
  run(waiting: Waiting, args: readonly Argument[]): void {
    this.writer.add(waiting.command, args);
    this.unsent.push(waiting);
    if (this.writer.size >= FLUSH_BYTES) this.flush();
    if (this.isFlushDue) return;
    this.isFlushDue = true;
    queueMicrotask(() => this.flushInTime());
  }

  /** Hands what was asked for to the session, unless that reads nothing now. */
  flush(): void {
    if (this.unsent.length === 0 || this.isReadingPaused) return;
    this.thread.reactor.enterTurn();
    this.session ??= this.connect();
    if (this.session === undefined) {
      this.rejectAll(storeClosed());
      return;
    }
    for (const waiting of this.unsent) this.sent.push(waiting);
    this.unsent = [];
    const bytes = this.writer.take();
    this.session.receive(bytes, 0, bytes.length);
    this.writer.sent(); // what the session could not execute yet it has copied
    if (this.size !== 0) this.host.waits(this);
  }

  /** Ends the session; what waits fails with `error`. Not to be called by the session. */
  hangUp(error: ClientError): void {
    const { session } = this;
    this.session = undefined;
    this.reader.reset();
    if (session !== undefined) {
      this.thread.reactor.enterTurn();
      session.closed();
    }
    this.rejectAll(error);
  }

  // --- what the session calls

  write(bytes: Uint8Array, from: number, to: number): boolean {
    this.reader.feed(this.buffers.of(bytes), from, to);
    return false;
  }

  pauseReading(): void {
    this.isReadingPaused = true;
  }

  resumeReading(): void {
    this.isReadingPaused = false;
    if (this.unsent.length !== 0) this.flushSoon();
  }

  setKeepAlive(): void {}

  /** The session is over: nothing more will be answered by it. */
  end(): void {
    const { session } = this;
    if (session === undefined) return;
    this.session = undefined;
    this.isReadingPaused = false;
    this.reader.reset();
    // A session is told of nothing from within a call of its own.
    setImmediate(() => {
      this.thread.reactor.enterTurn();
      session.closed();
    });
    const { isDraining } = this.thread.sessions;
    for (let waiting = this.sent.take(); waiting !== undefined; waiting = this.sent.take()) {
      waiting.reject(isDraining ? storeClosed() : sessionEnded(waiting.command));
    }
    if (this.unsent.length === 0) this.host.idle(this);
    else this.flushSoon(); // by the session that follows
  }

  close(): void {
    this.end();
  }

  // --- what the reader calls

  wantsBuffers(): boolean {
    const waiting = this.sent.first();
    return waiting !== undefined && (waiting.asBuffers || waiting.command.repliesBytes === true);
  }

  reply(value: Reply): void {
    const waiting = this.sent.take();
    if (waiting === undefined) return;
    if (value instanceof ReplyError) {
      value.command = waiting.command.words.join(' ');
      waiting.reject(value);
    } else {
      settle(waiting, value);
    }
    if (this.size === 0) this.host.idle(this);
  }

  /** Nobody here has asked to be told more than answers. */
  push(): void {}

  // --- inside

  private connect(): Session | undefined {
    const session = this.thread.sessions.connect(this);
    if (session !== undefined) session.client.database = this.database;
    return session;
  }

  private flushInTime(): void {
    const { reactor, clock } = this.thread;
    reactor.enterTurn();
    if (clock.nowMs() - reactor.nowMs >= TURN_MS_MAX) {
      this.flushSoon();
    } else {
      this.isFlushDue = false;
      this.flush();
    }
  }

  private flushSoon(): void {
    this.isFlushDue = true;
    setImmediate(() => {
      this.isFlushDue = false;
      this.flush();
    });
  }

  private rejectAll(error: ClientError): void {
    this.writer.clear();
    const { unsent } = this;
    this.unsent = [];
    for (let waiting = this.sent.take(); waiting !== undefined; waiting = this.sent.take())
      waiting.reject(error);
    for (const waiting of unsent) waiting.reject(error);
    this.host.idle(this);
  }
}

function settle({ command, resolve, reject }: Waiting, value: Reply): void {
  try {
    resolve(command.convert === undefined ? value : command.convert(value));
  } catch (error) {
    reject(error);
  }
}
