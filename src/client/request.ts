/**
 * A command on its way: from the call to the reply, whatever happens to the connection in between.
 *
 * ```
 *   WAITING ──► SENT ──► SETTLED          in the link's queue ──► in the connection's list ──► its promise is settled
 *      │          │ connection lost: again    ▲
 *      ▼          └──────────────► WAITING    │
 *   SETTLED                              (a request given up after it was sent stays in the list until its reply has come)
 * ```
 *
 * Requests are all of one shape and stand in doubly linked lists: nothing is copied when they move, one that is given up is
 * taken out at once. One that leaves a list forgets its neighbours: an old object that points to a younger one would
 * keep it alive through all minor collections, and so on down the list.
 */

import type { Argument, CommandInfo } from './command-runner.js';
import type { ClientError } from './errors.js';
import { ReplyError } from './errors.js';
import type { RetryPolicy } from './options.js';
import type { Reply } from './reply.js';

export const WAITING = 0;
export const SENT = 1;
export const SETTLED = 2;

/** What is the same for all requests of a view. */
export interface Call {
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  readonly retry: RetryPolicy;
  readonly asBuffers: boolean;
}

/** Who has a request now, and is told when its signal is raised. */
export interface RequestOwner {
  abort(request: Request): void;
}

/** One command of a transaction. */
export interface GroupMember {
  readonly command: CommandInfo;
  readonly args: readonly Argument[];
}

/** What a number is taken to weigh. */
const NUMBER_BYTES = 8;
const NO_ARGUMENTS: readonly Argument[] = [];

export class Request {
  readonly command: CommandInfo;
  args: readonly Argument[];
  readonly call: Call;
  readonly asBuffers: boolean;
  /** 0: no limit. For a blocking command more than the call says. */
  timeoutMs: number;
  state = WAITING;
  /** The tick of `Deadlines` at which its time is over; 0: never. */
  dueTick = 0;
  /** How often it has been sent. */
  sentCount = 0;
  /** The connection's write that it belongs to. */
  batch = 0;
  resolve: (value: unknown) => void = unset;
  reject: (error: unknown) => void = unset;
  next: Request | undefined = undefined;
  previous: Request | undefined = undefined;
  owner: RequestOwner | undefined = undefined;
  /** Commands that go with it and come between this one and EXEC; a reply comes for each, and all are collected. */
  group: readonly GroupMember[] | undefined = undefined;
  collected: Reply[] | undefined = undefined;
  /** It has been given up, but the server has been asked whether it is too late: with a null reply it fails with this. */
  givenUp: ClientError | undefined = undefined;

  constructor(command: CommandInfo, args: readonly Argument[], call: Call) {
    this.command = command;
    this.args = args;
    this.call = call;
    this.asBuffers = call.asBuffers || command.repliesBytes === true;
    this.timeoutMs = call.timeoutMs;
  }

  /** Its words, for messages: never its arguments. */
  get name(): string {
    return this.command.words.join(' ');
  }

  /** The reply has come. Nothing happens when the request has been given up. */
  settle(value: Reply): void {
    if (this.state === SETTLED) return;
    if (this.givenUp !== undefined && value === undefined) this.fail(this.givenUp);
    else if (value instanceof ReplyError) this.fail(nameIt(value, this.command));
    else if (this.command.convert !== undefined) this.convert(value, this.command.convert);
    else this.succeed(value);
  }

  fail(error: unknown): void {
    if (this.state === SETTLED) return;
    this.release();
    this.reject(error);
  }

  /** DOM's EventListener: its signal has been raised. */
  handleEvent(): void {
    this.owner?.abort(this);
  }

  private convert(value: Reply, convert: (reply: Reply) => unknown): void {
    let converted: unknown;
    try {
      converted = convert(value);
    } catch (error) {
      this.fail(error);
      return;
    }
    this.succeed(converted);
  }

  private succeed(value: unknown): void {
    this.release();
    this.resolve(value);
  }

  private release(): void {
    this.state = SETTLED;
    this.args = NO_ARGUMENTS;
    if (this.call.signal !== undefined) this.call.signal.removeEventListener('abort', this);
  }
}

function nameIt(error: ReplyError, command: CommandInfo): ReplyError {
  error.command = command.words.join(' ');
  return error;
}

function unset(): never {
  throw new Error('a request without a promise');
}

/** What the arguments of a request weigh, roughly: a character counts as a byte. */
export function argumentBytes(request: Request): number {
  let bytes = sizeOf(request.args);
  if (request.group !== undefined) for (const member of request.group) bytes += sizeOf(member.args);
  return bytes;
}

function sizeOf(args: readonly Argument[]): number {
  let bytes = 0;
  for (const argument of args) {
    if (typeof argument === 'string' || argument instanceof Uint8Array) bytes += argument.length;
    else bytes += NUMBER_BYTES;
  }
  return bytes;
}

/** Requests in order. */
export class RequestList {
  head: Request | undefined = undefined;
  tail: Request | undefined = undefined;
  count = 0;

  push(request: Request): void {
    const { tail } = this;
    request.previous = tail;
    if (tail === undefined) this.head = request;
    else tail.next = request;
    this.tail = request;
    this.count += 1;
  }

  /** Takes the first one out. */
  shift(): Request | undefined {
    const request = this.head;
    if (request === undefined) return undefined;
    const { next } = request;
    this.head = next;
    if (next === undefined) {
      this.tail = undefined;
    } else {
      next.previous = undefined;
      request.next = undefined;
    }
    this.count -= 1;
    return request;
  }

  /** Takes `request` out, which is in this list. */
  remove(request: Request): void {
    const { previous, next } = request;
    if (previous === undefined) this.head = next;
    else previous.next = next;
    if (next === undefined) this.tail = previous;
    else next.previous = previous;
    request.previous = undefined;
    request.next = undefined;
    this.count -= 1;
  }

  /** Puts all of `others` before the first one; they leave their list. */
  prepend(others: RequestList): void {
    if (others.tail === undefined) return;
    if (this.head === undefined) {
      this.tail = others.tail;
    } else {
      others.tail.next = this.head;
      this.head.previous = others.tail;
    }
    this.head = others.head;
    this.count += others.count;
    others.head = undefined;
    others.tail = undefined;
    others.count = 0;
  }
}
