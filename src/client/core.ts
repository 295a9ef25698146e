/**
 * What all views of a client share: its connections, by what they are for, and its counters.
 *
 * ```
 *   commands        one link, all requests pipelined
 *   blocking        a link for each command that waits, opened when needed
 *   subscriptions   one link, while there are any
 *   transaction     a link for each kv.watch() under way
 * ```
 */

import { BlockingPool } from './blocking.js';
import type { Argument, CommandInfo } from './command-runner.js';
import { Counters, LATENCY_LIMITS_US } from './counters.js';
import type { ClientStats, ConnectionName } from './diagnostics.js';
import { AbortedError } from './errors.js';
import { Inbox } from './inbox.js';
import { closedError, Link, type LinkHooks } from './link.js';
import type { Settings } from './options.js';
import type { Reply } from './reply.js';
import { type Call, Request } from './request.js';
import { Subscriber } from './subscriber.js';

let clientCount = 0;

/** The request whose promise is being made: so that no closure is needed for each. */
let newest: Request;

function hold(resolve: (value: unknown) => void, reject: (error: unknown) => void): void {
  newest.resolve = resolve;
  newest.reject = reject;
}

export class Core {
  readonly settings: Settings;
  readonly counters = new Counters();
  readonly link: Link;
  readonly subscriber: Subscriber;
  private readonly number: number;
  private readonly blocking: BlockingPool;
  private readonly links = new Set<Link>();
  private readonly inboxes = new Set<Inbox<Reply[]>>();
  private ending: Promise<void> | undefined = undefined;

  constructor(settings: Settings) {
    this.settings = settings;
    clientCount += 1;
    this.number = clientCount;
    this.link = this.makeLink('commands', {
      isWanted: () => true,
      onPush: (items) => {
        for (const inbox of this.inboxes) inbox.push(items);
      },
    });
    this.blocking = new BlockingPool(this);
    this.subscriber = new Subscriber(this);
  }

  /** Runs a command. The promise is settled by its reply, its deadline, its signal, or the loss of the connection. */
  run(command: CommandInfo, args: readonly Argument[], call: Call): Promise<unknown> {
    const request = new Request(command, args, call);
    newest = request;
    const promise = new Promise<unknown>(hold);
    if (this.ending !== undefined) request.fail(closedError());
    else if (call.signal === undefined && command.blocking === undefined) this.link.submit(request);
    else this.runSpecial(request);
    this.counters.commands += 1;
    return promise;
  }

  /** Runs a request that has been made ready, on `link`. */
  runRequest(request: Request, link: Link): Promise<unknown> {
    newest = request;
    const promise = new Promise<unknown>(hold);
    this.counters.commands += 1;
    if (this.ending !== undefined) request.fail(closedError());
    else if (!isAborted(request)) {
      listen(request, link);
      link.submit(request);
    }
    return promise;
  }

  /** Runs a command of the client's own, even while it is being closed. */
  runInternal(command: CommandInfo, args: readonly Argument[], call: Call): Promise<unknown> {
    const request = new Request(command, args, call);
    newest = request;
    const promise = new Promise<unknown>(hold);
    this.link.submit(request);
    return promise;
  }

  makeLink(role: ConnectionName['role'], hooks: LinkHooks): Link {
    const link = new Link(this.settings, this.counters, this.number, role, {
      ...hooks,
      onClosed: () => this.links.delete(link),
    });
    this.links.add(link);
    return link;
  }

  /** Push messages from now on. */
  pushes(): Inbox<Reply[]> {
    const inbox: Inbox<Reply[]> = new Inbox(this.settings.pushesMax, () => this.inboxes.delete(inbox));
    this.inboxes.add(inbox);
    if (this.ending !== undefined) inbox.end();
    return inbox;
  }

  stats(): ClientStats {
    const { counters } = this;
    const links = [...this.links];
    const sum = (of: (link: Link) => number) => links.reduce((total, link) => total + of(link), 0);
    return {
      connects: counters.connects,
      disconnects: counters.disconnects,
      connectFailures: counters.connectFailures,
      retries: counters.retries,
      commands: counters.commands,
      timeouts: counters.timeouts,
      errorReplies: counters.errorReplies,
      queued: sum((link) => link.queuedCount),
      queuedBytes: sum((link) => link.queuedSize),
      inFlight: sum((link) => link.inFlightCount),
      bytesRead: counters.bytesRead + sum((link) => link.bytesRead),
      bytesWritten: counters.bytesWritten + sum((link) => link.bytesWritten),
      latency: { limitsUs: LATENCY_LIMITS_US, counts: [...counters.latencyCounts] },
    };
  }

  /** Lets all that is under way be answered; nothing new is taken. */
  close(): Promise<void> {
    this.ending ??= this.end();
    return this.ending;
  }

  /** Ends everything at once. */
  destroy(): void {
    this.ending ??= Promise.resolve();
    for (const inbox of this.inboxes) inbox.end();
    this.subscriber.end();
    for (const link of this.links) void link.destroy();
  }

  private async end(): Promise<void> {
    for (const inbox of this.inboxes) inbox.end();
    this.subscriber.end();
    // Who waits is let go of over the common connection, which therefore is the last.
    await this.blocking.close();
    await Promise.all([...this.links].map((link) => link.close()));
  }

  /** A command with a signal, or one that may wait. */
  private runSpecial(request: Request): void {
    if (isAborted(request)) return;
    const link = request.command.blocking === undefined ? this.link : this.blocking.linkFor(request);
    if (link === undefined) return;
    listen(request, link);
    link.submit(request);
  }
}

function isAborted(request: Request): boolean {
  const { signal } = request.call;
  if (signal === undefined || !signal.aborted) return false;
  request.fail(new AbortedError(`${request.name} was given up before it was called`, false, signal.reason));
  return true;
}

function listen(request: Request, link: Link): void {
  request.owner = link;
  request.call.signal?.addEventListener('abort', request);
}
