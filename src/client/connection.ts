/**
 * One connection, from the first byte to the last: requests leave, replies come back in the same order.
 *
 * ```
 *   send ──► writer ──(end of the turn: one write)──► socket ──► server
 *            inFlight: │ answered next │ ... │ sent │ batch of this turn │
 *   settle ◄── reader ◄──(one buffer, read again and again)── socket ◄┘
 * ```
 *
 * Everything that is asked in one turn of the event loop leaves in one write: the first request of a turn makes sure that
 * `flush` runs when all promises that are settled now have had their say (`process.nextTick`, which from there on runs after
 * them). A turn that asks for a great deal writes whenever FLUSH_BYTES have come together.
 *
 * A turn that begins with replies is different: whoever waited for them asks for more. If all of it left at the turn's end,
 * server and client would take turns, each asleep while the other works. So in such a turn a portion leaves as soon as it is
 * worth a write, a quarter of what is in flight: at 50 requests in flight that more than doubles the throughput, although
 * there are more writes.
 *
 * When the socket holds more than SOCKET_BYTES_MAX that the kernel does not take, or IN_FLIGHT_MAX requests are not answered,
 * the connection is not writable: the link keeps further requests in its queue until `onAttention`.
 *
 * Invariants:
 * - `inFlight` holds the requests whose replies are still to come, in their order; those given up are among them.
 * - A request whose `batch` is the connection's has never been handed to the socket: the server can't have seen it.
 * - After `onEnd` nothing is called any more; a connection is never used again.
 */

import type { Socket } from 'node:net';
import { writing } from './command.js';
import type { Argument } from './command-runner.js';
import type { Counters } from './counters.js';
import type { Deadlines } from './deadlines.js';
import { ClientError, ConnectionError, ProtocolError, ReplyError } from './errors.js';
import type { Settings } from './options.js';
import type { Reply } from './reply.js';
import { ReplyReader, type ReplySink } from './reply-reader.js';
import { type Call, Request, RequestList, SENT } from './request.js';
import { RequestWriter } from './request-writer.js';
import { addressOf, openSocket } from './socket.js';

/** Bytes of requests that are written without waiting for the turn's end. */
const FLUSH_BYTES = 256 * 1024;
/** The least and, as a divisor of what is in flight, the usual number of requests that leave before the turn's end. */
const PORTION_MIN = 8;
const PORTION_DIVISOR = 4;
/** Bytes that the socket may hold for the kernel: more wait as requests in the queue, which are smaller. */
const SOCKET_BYTES_MAX = 1024 * 1024;
/** Requests without a reply: enough for any network; more only cost memory here and at the server. */
const IN_FLIGHT_MAX = 64 * 1024;
/** The clock is read anew when a turn has asked for so many. */
const CLOCK_REQUESTS = 64;

const MULTI = writing('MULTI');
const EXEC = writing('EXEC');

/** Kinds of messages on a connection that subscribes; those that answer a request there. */
const SUBSCRIPTION_ANSWERS = /^[ps]?(?:un)?subscribe$/;
const PUBLISHED = /^[ps]?message$/;

const SETTLED_PROMISE = Promise.resolve();
const HANDSHAKE_CALL: Call = { timeoutMs: 0, signal: undefined, retry: 'never', asBuffers: false };

/** Whose connection it is. */
export interface ConnectionEvents {
  /** Bytes can be sent. */
  onConnect(): void;
  /** Asked for by `wantsAttention`: it may be writable again, or have nothing in flight any more. */
  onAttention(): void;
  onPush(items: Reply[]): void;
  /** It is over; `inFlight` has what was not answered. */
  onEnd(error: ClientError): void;
}

export class Connection implements ReplySink {
  readonly inFlight = new RequestList();
  /** Set by the owner: call `onAttention` when something has moved. */
  wantsAttention = false;
  /** Set by the owner: messages and confirmations of subscriptions come, as pushes or as if they were replies. */
  isSubscriber = false;
  /** Set by the owner when the handshake is done: from now on its loss is the loss of something. */
  isReady = false;
  /** When something was last received. */
  heardMs: number;
  /** The number of the write that is being collected. */
  batch = 1;
  private readonly address: string;
  private readonly events: ConnectionEvents;
  private readonly counters: Counters;
  private readonly deadlines: Deadlines;
  private readonly writer = new RequestWriter();
  private readonly reader: ReplyReader;
  private readonly socket: Socket;
  private isFlushDue = false;
  /** The turn began with replies. */
  private isAnswered = false;
  private readonly awaitTurnEnd = () => process.nextTick(onTurnEnd, this);
  /** Requests in the writer. */
  private unsentCount = 0;
  /** A request that stands in the writer was given up: it has to be written anew, without that one. */
  private isWriterStale = false;
  private isSocketFull = false;
  private hasEnded = false;
  /** Requests since the clock was read. */
  private clockRequests = 0;
  /** Whose reply is timed, and since when. */
  private probe: Request | undefined = undefined;
  private probeMs = 0;

  constructor(settings: Settings, events: ConnectionEvents, counters: Counters, deadlines: Deadlines) {
    this.address = addressOf(settings);
    this.events = events;
    this.counters = counters;
    this.deadlines = deadlines;
    this.heardMs = deadlines.sample();
    this.reader = new ReplyReader(this);
    const onBytes = (bytes: Buffer, size: number) => this.receive(bytes, size);
    this.socket = openSocket(settings, onBytes, () => this.events.onConnect());
    this.socket.on('error', (error) => this.end(this.lost(error)));
    this.socket.on('end', () => this.end(this.lost(undefined)));
    this.socket.on('close', () => this.end(this.lost(undefined)));
    this.socket.on('drain', () => this.drained());
  }

  /** Whether a request may be sent now, or has to wait. */
  get isWritable(): boolean {
    return !this.isSocketFull && this.inFlight.count < IN_FLIGHT_MAX;
  }

  get bytesRead(): number {
    return this.socket.bytesRead;
  }

  get bytesWritten(): number {
    return this.socket.bytesWritten;
  }

  /**
   * Sends a request, at the end of this turn at the latest.
   *
   * @throws UsageError when an argument is none; nothing is sent then
   */
  send(request: Request): void {
    if (!this.isFlushDue) {
      this.beginTurn();
      process.nextTick(onTurnEnd, this);
    }
    if (request.group === undefined) this.writer.add(request.command, request.args);
    else this.addGroup(request);
    request.state = SENT;
    request.sentCount += 1;
    request.batch = this.batch;
    this.inFlight.push(request);
    if (this.probe === undefined) this.time(request);
    this.clockRequests += 1;
    if (this.clockRequests === CLOCK_REQUESTS) this.readClock();
    this.unsentCount += 1;
    if (this.isAnswered ? this.isPortion() : this.writer.size > FLUSH_BYTES) this.flush();
  }

  /** Sends a command of the handshake. Resolves with its reply, even an error; rejects when the connection is lost. */
  ask(words: string, ...args: Argument[]): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const request = new Request(writing(words), args, HANDSHAKE_CALL);
      request.resolve = resolve as (value: unknown) => void;
      request.reject = (error) => (error instanceof ReplyError ? resolve(error) : reject(error));
      this.send(request);
    });
  }

  /**
   * Sends a transaction of nothing. Resolves with whether the server knows transactions, or with the error with which it
   * refuses them.
   */
  askForTransactions(): Promise<'known' | ReplyError> {
    return new Promise((resolve, reject) => {
      const request = new Request(EXEC, [], HANDSHAKE_CALL);
      request.group = [];
      request.resolve = (replies) => {
        const [begun] = replies as Reply[];
        resolve(begun instanceof ReplyError ? begun : 'known');
      };
      request.reject = reject;
      this.send(request);
    });
  }

  /** Takes a request back that has not left yet. False when it has: its reply will come. */
  withdraw(request: Request): boolean {
    if (request.batch !== this.batch) return false;
    this.inFlight.remove(request);
    if (request === this.probe) this.probe = undefined;
    this.isWriterStale = true;
    return true;
  }

  /** Ends it, and tells the owner. */
  end(error: ClientError): void {
    if (this.hasEnded) return;
    this.close();
    this.events.onEnd(error);
  }

  /** Ends it, and tells nobody. Resolves when the socket is gone. */
  close(): Promise<void> {
    this.hasEnded = true;
    this.counters.bytesRead += this.socket.bytesRead;
    this.counters.bytesWritten += this.socket.bytesWritten;
    if (this.socket.closed) return Promise.resolve();
    return new Promise((done) => {
      this.socket.once('close', () => done());
      this.socket.destroy();
    });
  }

  /** ReplySink: how the texts of the reply that begins are wanted. */
  wantsBuffers(): boolean {
    const { head } = this.inFlight;
    return head === undefined ? this.isSubscriber : head.asBuffers;
  }

  /** ReplySink: what is published is made a text, or not, for each subscription. */
  get wantsPushBuffers(): boolean {
    return this.isSubscriber;
  }

  /** ReplySink: the answer to the first request in flight. */
  reply(value: Reply): void {
    if (this.isSubscriber && isPublished(value)) {
      this.events.onPush(value);
      return;
    }
    const request = this.inFlight.head;
    if (request === undefined) throw new ProtocolError('a reply has come that answers no request');
    if (request.group !== undefined && !collectReply(request, value)) return;
    this.inFlight.shift();
    if (request.dueTick !== 0) this.deadlines.remove(request.dueTick);
    if (request === this.probe) this.measure();
    if (value instanceof ReplyError && this.isReady) this.counters.errorReplies += 1;
    request.settle(request.collected ?? value);
  }

  /** ReplySink: a message that answers no request, unless it confirms a subscription. */
  push(items: Reply[]): void {
    if (this.isSubscriber && SUBSCRIPTION_ANSWERS.test(String(items[0]))) this.reply(items);
    else this.events.onPush(items);
  }

  /** Everything that is asked from now on leaves at `endTurn`. */
  private beginTurn(): void {
    this.isFlushDue = true;
    if (this.socket.writableLength === 0) this.writer.sent();
    this.readClock();
  }

  /** Whether what has been collected is worth a write of its own, in a turn that began with replies. */
  private isPortion(): boolean {
    const { unsentCount } = this;
    return (
      (unsentCount >= PORTION_MIN && unsentCount * PORTION_DIVISOR >= this.inFlight.count) ||
      this.writer.size > FLUSH_BYTES
    );
  }

  private readClock(): void {
    this.clockRequests = 0;
    this.deadlines.sample();
  }

  /** The turn is over. */
  endTurn(): void {
    this.isFlushDue = false;
    this.isAnswered = false;
    this.flush();
  }

  /** Hands what has been collected to the socket. */
  private flush(): void {
    if (this.hasEnded) return;
    if (this.isWriterStale) this.rewrite();
    if (this.writer.size === 0) return;
    this.batch += 1;
    this.unsentCount = 0;
    this.socket.write(this.writer.take());
    if (this.socket.writableLength > SOCKET_BYTES_MAX) this.isSocketFull = true;
  }

  /** Writes the requests of this batch once more, after one of them was taken back. */
  private rewrite(): void {
    this.isWriterStale = false;
    this.writer.clear();
    let first = this.inFlight.tail;
    if (first === undefined || first.batch !== this.batch) return;
    while (first.previous !== undefined && first.previous.batch === this.batch) first = first.previous;
    for (let request: Request | undefined = first; request !== undefined; request = request.next) {
      if (request.group === undefined) this.writer.add(request.command, request.args);
      else this.addGroup(request);
    }
  }

  /** A transaction, all of it or nothing. */
  private addGroup(request: Request): void {
    try {
      this.writer.add(MULTI, []);
      for (const member of request.group!) this.writer.add(member.command, member.args);
      this.writer.add(EXEC, []);
    } catch (error) {
      this.isWriterStale = true;
      throw error;
    }
  }

  private receive(bytes: Buffer, size: number): void {
    if (this.hasEnded) return;
    this.heardMs = this.deadlines.sample();
    if (!this.isFlushDue) this.beginAnsweredTurn();
    try {
      this.reader.feed(bytes, 0, size);
    } catch (error) {
      this.end(error instanceof ClientError ? error : new ProtocolError(String(error)));
      return;
    }
    if (this.wantsAttention) this.events.onAttention();
  }

  /** Replies are about to be read: whoever waits for them has the word before the turn ends. */
  private beginAnsweredTurn(): void {
    this.isAnswered = true;
    this.beginTurn();
    // A tick that is asked for now would come before the promises; one that is asked for by a promise comes after them all.
    SETTLED_PROMISE.then(this.awaitTurnEnd);
  }

  private drained(): void {
    this.isSocketFull = false;
    if (this.wantsAttention && !this.hasEnded) this.events.onAttention();
  }

  private time(request: Request): void {
    this.probe = request;
    this.probeMs = this.deadlines.nowMs;
  }

  private measure(): void {
    this.probe = undefined;
    if (this.isReady) this.counters.addLatency(performance.now() - this.probeMs);
  }

  private lost(error: Error | undefined): ConnectionError {
    const reason = error === undefined ? 'the server has closed it' : reasonOf(error);
    return this.isReady
      ? new ConnectionError('CONNECTION_LOST', `the connection to ${this.address} was lost: ${reason}`, error)
      : new ConnectionError('CONNECT_FAILED', `can't connect to ${this.address}: ${reason}`, error);
  }
}

function onTurnEnd(connection: Connection): void {
  connection.endTurn();
}

/** Adds a reply to a transaction's. True when it was the last one. */
function collectReply(request: Request, value: Reply): boolean {
  request.collected ??= [];
  request.collected.push(value);
  return request.collected.length === request.group!.length + 2;
}

/** Whether a reply in RESP2 is a message that somebody has published. */
function isPublished(value: Reply): value is Reply[] {
  return Array.isArray(value) && PUBLISHED.test(String(value[0]));
}

/** What went wrong: where several addresses were tried in vain, the error itself says nothing. */
function reasonOf(error: Error): string {
  if (error instanceof AggregateError && error.errors.length > 0)
    return error.errors.map((each) => (each instanceof Error ? each.message : String(each))).join('; ');
  return error.message;
}
