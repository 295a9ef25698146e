/**
 * A connection that comes back: requests go in, and are answered, whatever happens to the sockets below.
 *
 * ```
 *             submit
 *                │ ready and writable          else
 *                ├──────────────► connection   ├──► queue ──► (ready and writable) ──► connection
 *
 *   IDLE ──► connecting ──► ready ──► lost ──► wait (backoff) ──► connecting ...
 *                 │                                                  │ user or password refused
 *                 └── the first attempt fails: open() rejects        └──► IDLE: only the next command tries again
 * ```
 *
 * When a connection is lost, what had been sent on it is sorted, in its order: requests that never left, and those that may
 * be sent again, go back to the queue's front; the others fail with `MaybeAppliedError`.
 *
 * Invariants:
 * - The queue is empty whenever the connection is writable: nothing overtakes.
 * - A request is in the queue, in the connection's list, or settled; its deadline counts in the wheel as long as `dueTick`
 * is not 0.
 */

import { Backoff } from './backoff.js';
import { Connection, type ConnectionEvents } from './connection.js';
import type { Counters } from './counters.js';
import { Deadlines } from './deadlines.js';
import {
  type ConnectionName,
  connectChannel,
  disconnectChannel,
  errorChannel,
  reconnectChannel,
  retryChannel,
} from './diagnostics.js';
import {
  AbortedError,
  AuthenticationError,
  type ClientError,
  ConnectionError,
  MaybeAppliedError,
  ProtocolError,
  QueueFullError,
  ReplyError,
  TimeoutError,
} from './errors.js';
import { type Greeting, isNotReady, shakeHands } from './handshake.js';
import type { Settings } from './options.js';
import type { Reply } from './reply.js';
import { argumentBytes, type Request, RequestList, type RequestOwner, SETTLED, WAITING } from './request.js';
import { addressOf } from './socket.js';

/** A request that has been sent so often on connections that were lost may be why they were. */
const SENDS_MAX = 8;

/** What a link tells, and asks. */
export interface LinkHooks {
  /** Whether it is to be connected even while nothing is asked of it. */
  isWanted?(): boolean;
  /** It is ready; what waits in the queue has not been sent yet. */
  onReady?(): void;
  /** The server refuses us: there will be no more attempts until there is a command. */
  onRefused?(error: AuthenticationError): void;
  onPush?(items: Reply[]): void;
  /** It is over for good. */
  onClosed?(): void;
  /** A request that has been sent is to be given up. True: the hook sees to it; else it fails at once. */
  onGiveUp?(request: Request, error: ClientError): boolean;
}

interface Opening {
  readonly endMs: number;
  resolve(): void;
  reject(error: ClientError): void;
}

export class Link implements RequestOwner, ConnectionEvents {
  readonly name: ConnectionName;
  readonly counters: Counters;
  /** What the server said when the connection became ready; undefined while there is none. */
  greeting: Greeting | undefined = undefined;
  private readonly settings: Settings;
  private readonly hooks: LinkHooks;
  /** What is sent belongs to this very connection: nothing is kept for another one. */
  private readonly isPinned: boolean;
  private readonly deadlines: Deadlines;
  private readonly backoff: Backoff;
  private readonly queue = new RequestList();
  private queuedBytes = 0;
  /** The connection, once it is ready. */
  private connection: Connection | undefined = undefined;
  /** Whether the server has transactions; the error with which it refuses them. */
  private transactions: 'unknown' | 'asked' | 'known' | ReplyError = 'unknown';
  /** A connection that is still being made. */
  private candidate: Connection | undefined = undefined;
  private connectTimer: NodeJS.Timeout | undefined = undefined;
  private waitTimer: NodeJS.Timeout | undefined = undefined;
  private opening: Opening | undefined = undefined;
  /** Why the last attempt failed. */
  private lastError: ClientError | undefined = undefined;
  private readyMs = 0;
  private wasReady = false;
  private isClosing = false;
  private readonly closed: Promise<void>;
  private markClosed: () => void = () => {};

  constructor(
    settings: Settings,
    counters: Counters,
    client: number,
    role: ConnectionName['role'],
    hooks: LinkHooks,
  ) {
    this.settings = settings;
    this.counters = counters;
    this.name = { client, role, address: addressOf(settings) };
    this.isPinned = role === 'transaction';
    this.hooks = hooks;
    this.closed = new Promise((resolve) => {
      this.markClosed = resolve;
    });
    this.deadlines = new Deadlines((tick) => this.expire(tick));
    this.backoff = new Backoff(settings.reconnectMsMin, settings.reconnectMsMax, settings.random);
  }

  get queuedCount(): number {
    return this.queue.count;
  }

  get queuedSize(): number {
    return this.queuedBytes;
  }

  get inFlightCount(): number {
    return this.connection?.inFlight.count ?? 0;
  }

  get bytesRead(): number {
    return this.connection?.bytesRead ?? 0;
  }

  get bytesWritten(): number {
    return this.connection?.bytesWritten ?? 0;
  }

  /**
   * Connects for the first time. Tried again only while the server says that it is not ready yet.
   *
   * @throws ConnectionError, AuthenticationError, TimeoutError: the link is closed then
   */
  open(): Promise<void> {
    const limitMs = this.settings.connectTimeoutMs || Number.POSITIVE_INFINITY;
    return new Promise((resolve, reject) => {
      this.opening = { endMs: performance.now() + limitMs, resolve, reject };
      this.attempt();
    });
  }

  /**
   * Finds out now whether the server knows transactions: an empty one would end a watch.
   *
   * @throws ReplyError when it knows none
   */
  async prepareTransactions(): Promise<void> {
    if (this.connection !== undefined) await this.findTransactions(this.connection);
    if (this.transactions instanceof ReplyError) throw this.transactions;
  }

  /** Sends a request, now or when it can be sent. Its promise tells everything that goes wrong. */
  submit(request: Request): void {
    const { connection } = this;
    const needsNoQueue = this.queue.count === 0 && request.group === undefined && !this.isClosing;
    if (needsNoQueue && connection?.isWritable) this.transmit(connection, request);
    else this.enqueue(request);
  }

  /** RequestOwner: the caller does not want the reply any more. */
  abort(request: Request): void {
    const { name } = request;
    const cause: unknown = request.call.signal?.reason;
    if (request.state === WAITING) {
      this.unqueue(request);
      this.finish(request, new AbortedError(`${name} was given up before it was sent`, false, cause));
    } else if (request.state !== SETTLED) {
      if (this.connection?.withdraw(request) === true)
        this.finish(request, new AbortedError(`${name} was given up before it was sent`, false, cause));
      else this.giveUp(request, new AbortedError(`${name} was given up after it was sent`, true, cause));
    }
  }

  /** Lets everything under way be answered, and closes the connection. Without one, what waits for it fails. */
  close(): Promise<void> {
    this.isClosing = true;
    if (this.connection === undefined) this.shut(closedError());
    else this.attend(this.connection);
    return this.closed;
  }

  /** Closes the connection at once; everything under way fails. */
  destroy(): Promise<void> {
    this.isClosing = true;
    this.shut(closedError());
    return this.closed;
  }

  /** Gives up all that is under way, as if each had been given up by its caller. */
  abandon(error: ClientError): void {
    for (const request of this.takeQueue()) this.finish(request, error);
    for (let request = this.connection?.inFlight.head; request !== undefined; request = request.next)
      if (request.state !== SETTLED) this.giveUp(request, error);
  }

  /** Ends the connection as if it had been lost. */
  drop(error: ClientError): void {
    this.connection?.end(error);
  }

  // What the connection tells.

  onConnect(): void {
    if (this.candidate !== undefined) void this.greet(this.candidate);
  }

  onAttention(): void {
    if (this.connection !== undefined) this.attend(this.connection);
  }

  onPush(items: Reply[]): void {
    this.hooks.onPush?.(items);
  }

  onEnd(error: ClientError): void {
    const { connection } = this;
    if (connection === undefined) this.fail(error);
    else this.lose(connection, error);
  }

  // Connecting.

  private attempt(): void {
    this.waitTimer = undefined;
    this.candidate = new Connection(this.settings, this, this.counters, this.deadlines);
    const { connectTimeoutMs } = this.settings;
    if (connectTimeoutMs !== 0)
      this.connectTimer = setTimeout(() => this.onConnectTimeout(), connectTimeoutMs);
  }

  private onConnectTimeout(): void {
    const ms = this.settings.connectTimeoutMs;
    const what = `${this.name.address} has not let us connect within ${ms} ms (connectTimeoutMs)`;
    this.candidate?.end(new TimeoutError('CONNECT_TIMEOUT', what, false));
  }

  private async greet(candidate: Connection): Promise<void> {
    let greeting: Greeting;
    try {
      greeting = await shakeHands(candidate, this.settings, this.name.address);
    } catch (error) {
      // When the connection itself has ended, `onEnd` has said so already.
      if (this.candidate === candidate) candidate.end(error as ClientError);
      return;
    }
    if (this.candidate === candidate) this.becomeReady(candidate, greeting);
  }

  private becomeReady(connection: Connection, greeting: Greeting): void {
    clearTimeout(this.connectTimer);
    this.lastError = undefined;
    this.candidate = undefined;
    this.connection = connection;
    this.greeting = greeting;
    this.transactions = 'unknown';
    connection.isReady = true;
    connection.isSubscriber = this.name.role === 'subscriptions';
    this.readyMs = performance.now();
    this.counters.connects += 1;
    if (connectChannel.hasSubscribers)
      connectChannel.publish({ ...this.name, protocol: greeting.protocol, again: this.wasReady });
    this.wasReady = true;
    const { opening } = this;
    this.opening = undefined;
    this.hooks.onReady?.();
    this.attend(connection);
    opening?.resolve();
  }

  /** An attempt to connect has failed. */
  private fail(error: ClientError): void {
    clearTimeout(this.connectTimer);
    const { candidate, opening } = this;
    this.candidate = undefined;
    for (const request of drain(candidate?.inFlight)) request.fail(error);
    if (this.isClosing) return;
    this.counters.connectFailures += 1;
    this.lastError = error;
    if (opening !== undefined) {
      if (isNotReady(error) && performance.now() < opening.endMs) {
        this.reconnect(error);
      } else {
        this.opening = undefined;
        this.isClosing = true;
        this.shut(error);
        opening.reject(error);
      }
    } else if (error instanceof AuthenticationError) {
      // Trying again by ourselves would be in vain, and can lock the user out. The next command tries once more.
      this.backoff.next();
      if (errorChannel.hasSubscribers) errorChannel.publish({ ...this.name, error });
      this.hooks.onRefused?.(error);
      for (const request of this.takeQueue()) this.finish(request, error);
    } else if (this.isNeeded) {
      this.reconnect(error);
    }
  }

  private get isNeeded(): boolean {
    return this.queue.count > 0 || this.hooks.isWanted?.() === true;
  }

  private reconnect(error: ClientError): void {
    const waitMs = this.backoff.next();
    const { attempts } = this.backoff;
    if (reconnectChannel.hasSubscribers)
      reconnectChannel.publish({ ...this.name, attempt: attempts, waitMs, error });
    this.waitTimer = setTimeout(() => this.attempt(), waitMs);
  }

  /** The connection has been lost, with what was under way on it. */
  private lose(connection: Connection, error: ClientError): void {
    this.connection = undefined;
    this.greeting = undefined;
    this.counters.disconnects += 1;
    if (disconnectChannel.hasSubscribers)
      disconnectChannel.publish({ ...this.name, error, inFlight: connection.inFlight.count });
    // Who loses a connection right after making it does not start from the shortest wait again.
    if (performance.now() - this.readyMs > this.settings.reconnectMsMax) this.backoff.reset();
    this.recall(connection, error);
    if (this.isPinned) for (const request of this.takeQueue()) this.finish(request, error);
    if (this.isClosing) this.shut(error);
    else if (this.isNeeded) this.reconnect(error);
  }

  /** Sorts what the connection has not answered. */
  private recall(connection: Connection, error: ClientError): void {
    const kept = new RequestList();
    let isFirst = true;
    for (const request of drain(connection.inFlight)) {
      const isUnsent = request.batch === connection.batch;
      if (request.state === SETTLED) this.forget(request);
      else if (request.givenUp !== undefined) this.finish(request, request.givenUp);
      else if (this.isClosing) this.finish(request, isUnsent ? closedError() : maybeApplied(request, error));
      else if (this.isPinned) this.finish(request, isUnsent ? error : maybeApplied(request, error));
      else if (isUnsent || this.mayRetry(request, error)) this.keep(kept, request, isUnsent);
      else
        this.finish(
          request,
          isFirst && error instanceof ProtocolError ? error : maybeApplied(request, error),
        );
      isFirst = false;
    }
    this.queue.prepend(kept);
  }

  private mayRetry(request: Request, error: ClientError): boolean {
    const { retry } = request.call;
    if (error instanceof ProtocolError || request.sentCount >= SENDS_MAX) return false;
    return retry === 'always' || (retry === 'safe' && request.command.isReadOnly);
  }

  private keep(kept: RequestList, request: Request, isUnsent: boolean): void {
    if (!isUnsent) {
      this.counters.retries += 1;
      if (retryChannel.hasSubscribers)
        retryChannel.publish({ ...this.name, command: request.name, attempt: request.sentCount });
    }
    request.state = WAITING;
    request.collected = undefined;
    this.queuedBytes += argumentBytes(request);
    kept.push(request);
  }

  // Requests.

  private transmit(connection: Connection, request: Request): void {
    if (request.group !== undefined && this.transactions instanceof ReplyError) {
      this.finish(request, this.transactions);
      return;
    }
    try {
      connection.send(request);
    } catch (error) {
      this.finish(request, error);
      return;
    }
    const { timeoutMs } = request;
    if (timeoutMs !== 0 && request.dueTick === 0) request.dueTick = this.deadlines.add(timeoutMs);
  }

  private enqueue(request: Request): void {
    if (this.isClosing) {
      request.fail(closedError());
      return;
    }
    const bytes = argumentBytes(request);
    const { queueCommandsMax, queueBytesMax } = this.settings;
    if (this.queue.count >= queueCommandsMax || this.queuedBytes + bytes > queueBytesMax) {
      request.fail(this.queueFull());
      return;
    }
    this.queuedBytes += bytes;
    this.queue.push(request);
    if (request.timeoutMs !== 0) {
      this.deadlines.sample();
      request.dueTick = this.deadlines.add(request.timeoutMs);
    }
    if (this.connection !== undefined) this.attend(this.connection);
    else if (this.candidate === undefined && this.waitTimer === undefined) this.demand();
  }

  /** There is no connection, and none is being made: somebody needs one. */
  private demand(): void {
    if (this.lastError === undefined) this.attempt();
    else this.reconnect(this.lastError);
  }

  private queueFull(): QueueFullError {
    const { queueCommandsMax, queueBytesMax } = this.settings;
    const why = this.connection === undefined ? 'there is no connection' : 'the server does not keep up';
    return new QueueFullError(
      'QUEUE_FULL',
      `${this.queue.count} commands of ${this.queuedBytes} bytes wait to be sent, because ${why}; ` +
        `the limits are queueCommandsMax ${queueCommandsMax} and queueBytesMax ${queueBytesMax}`,
    );
  }

  /** Sends what waits, as far as the connection takes it. */
  private attend(connection: Connection): void {
    while (connection.isWritable) {
      const request = this.queue.head;
      if (request === undefined || (request.group !== undefined && !this.mayTransact(connection))) break;
      this.unqueue(request);
      this.transmit(connection, request);
    }
    connection.wantsAttention = this.queue.count > 0 || this.isClosing;
    if (this.isClosing && this.queue.count === 0 && connection.inFlight.count === 0) this.shut(closedError());
  }

  /**
   * Whether a transaction can be sent. The first one on a connection waits for an empty one: a server that knows none would
   * run the commands one by one. The queue waits with it, so that the order stays.
   */
  private mayTransact(connection: Connection): boolean {
    if (this.transactions === 'unknown') {
      this.transactions = 'asked';
      const settle = () => {
        if (this.connection === connection) this.attend(connection);
      };
      this.findTransactions(connection).then(settle, () => {});
    }
    return this.transactions !== 'asked';
  }

  private async findTransactions(connection: Connection): Promise<void> {
    const answer = await connection.askForTransactions();
    if (this.connection === connection) this.transactions = answer;
  }

  private unqueue(request: Request): void {
    this.queue.remove(request);
    this.queuedBytes -= argumentBytes(request);
  }

  /** Settles a request that is in no list any more. */
  private finish(request: Request, error: unknown): void {
    this.forget(request);
    request.fail(error);
  }

  private forget(request: Request): void {
    if (request.dueTick !== 0) this.deadlines.remove(request.dueTick);
    request.dueTick = 0;
  }

  /** Fails a request that has been sent. It stays in flight: its reply is still to come. */
  private giveUp(request: Request, error: ClientError): void {
    const isSeenTo = request.givenUp === undefined && this.hooks.onGiveUp?.(request, error) === true;
    if (isSeenTo) request.givenUp = error;
    else request.fail(request.givenUp ?? error);
    if (request.dueTick === 0) request.dueTick = this.deadlines.add(this.settings.stalledMs);
  }

  /** Time is over for all requests that are due at `tick`. */
  private expire(tick: number): void {
    for (let request = this.queue.head; request !== undefined; ) {
      const { next } = request;
      if (request.dueTick !== 0 && request.dueTick <= tick) {
        this.unqueue(request);
        this.finish(request, this.timedOut(request, false));
      }
      request = next;
    }
    for (let request = this.connection?.inFlight.head; request !== undefined; request = request.next) {
      if (request.dueTick === 0 || request.dueTick > tick) continue;
      this.forget(request);
      if (request.state === SETTLED) {
        if (!this.isStillHeard(request)) return;
      } else {
        this.giveUp(request, this.timedOut(request, true));
      }
    }
  }

  /** The reply of a request that was given up is late by `stalledMs`. False, and the connection ends, if none has come since. */
  private isStillHeard(request: Request): boolean {
    const { stalledMs } = this.settings;
    const connection = this.connection!;
    const restMs = connection.heardMs + stalledMs - this.deadlines.nowMs;
    if (restMs > 0) {
      request.dueTick = this.deadlines.add(restMs);
      return true;
    }
    const what = `${this.name.address} has sent nothing for ${stalledMs} ms (stalledMs), though replies are due`;
    connection.end(new ConnectionError('CONNECTION_LOST', what));
    return false;
  }

  private timedOut(request: Request, wasSent: boolean): TimeoutError {
    this.counters.timeouts += 1;
    const what = wasSent
      ? 'has not been answered; it may be run all the same'
      : 'could not be sent, it has not been run';
    return new TimeoutError(
      'COMMAND_TIMEOUT',
      `${request.name} ${what}: its time of ${request.timeoutMs} ms is over (timeoutMs)`,
      wasSent,
    );
  }

  // The end.

  private takeQueue(): Iterable<Request> {
    this.queuedBytes = 0;
    return drain(this.queue);
  }

  /** Ends everything: what is under way fails. */
  private shut(error: ClientError): void {
    this.isClosing = true;
    clearTimeout(this.connectTimer);
    clearTimeout(this.waitTimer);
    const { connection, candidate } = this;
    this.connection = undefined;
    this.greeting = undefined;
    this.candidate = undefined;
    for (const request of drain(candidate?.inFlight)) request.fail(error);
    if (connection !== undefined) this.recall(connection, error);
    for (const request of this.takeQueue()) this.finish(request, closedError());
    this.deadlines.stop();
    const { opening } = this;
    this.opening = undefined;
    opening?.reject(error);
    const socket = connection ?? candidate;
    if (connection !== undefined && disconnectChannel.hasSubscribers)
      disconnectChannel.publish({ ...this.name, error: undefined, inFlight: 0 });
    this.hooks.onClosed?.();
    if (socket === undefined) this.markClosed();
    else void socket.close().then(this.markClosed);
  }
}

/** Takes all requests out of a list, first to last. */
function* drain(list: RequestList | undefined): Iterable<Request> {
  for (let request = list?.shift(); request !== undefined; request = list?.shift()) yield request;
}

/** Why nothing can be asked of a client that was closed. */
export function closedError(): ConnectionError {
  return new ConnectionError(
    'CLIENT_CLOSED',
    'the client has been closed: connect again for further commands',
  );
}

function maybeApplied(request: Request, error: ClientError): MaybeAppliedError {
  return new MaybeAppliedError(
    'MAYBE_APPLIED',
    `${request.name} had been sent, and not answered, when the connection ended: whether it has been run is not known. ` +
      error.message,
    error,
  );
}
