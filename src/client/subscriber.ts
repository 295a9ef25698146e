/**
 * Subscriptions: one connection for all of a client's, while there are any.
 *
 * It is a connection of its own in RESP3, too: a flood of messages does not get between commands and their replies, and what a
 * subscription is told does not depend on the protocol.
 *
 * Each channel is subscribed to once, however many read it. After a lost connection all of them are subscribed to again; what was
 * published in between is lost, as it is in Redis: its pub/sub keeps nothing. A PING now and then finds out that the server
 * has gone without a word.
 */

import { writing } from './command.js';
import { ConnectionError } from './errors.js';
import { Inbox } from './inbox.js';
import type { Link, LinkHooks } from './link.js';
import type { Settings } from './options.js';
import type { Reply, Text } from './reply.js';
import { type Call, Request } from './request.js';

/** How often a connection that only listens is tried. */
const PING_MS = 15_000;
/** How long that may take when commands have no limit. */
const PING_TIMEOUT_MS = 10_000;

const PING = writing('PING');

/** What is subscribed to: channels, patterns, or channels of a shard. */
export type SubscriptionKind = 'subscribe' | 'psubscribe' | 'ssubscribe';

const COMMANDS = {
  subscribe: { begin: writing('SUBSCRIBE'), end: writing('UNSUBSCRIBE') },
  psubscribe: { begin: writing('PSUBSCRIBE'), end: writing('PUNSUBSCRIBE') },
  ssubscribe: { begin: writing('SSUBSCRIBE'), end: writing('SUNSUBSCRIBE') },
};

/** What messages are called on the wire, and whose they are. */
const KINDS: Readonly<Record<string, SubscriptionKind>> = {
  message: 'subscribe',
  pmessage: 'psubscribe',
  smessage: 'ssubscribe',
};

/** Something that was published. */
export interface Message<T extends Text = string> {
  /** The channel it was published to. */
  readonly channel: string;
  /** What was published. */
  readonly message: T;
  /** The pattern that it was found by; undefined unless it is a `psubscribe`'s. */
  readonly pattern: string | undefined;
}

/** What the subscriber needs of its client. */
export interface SubscriberHost {
  readonly settings: Settings;
  makeLink(role: 'subscriptions', hooks: LinkHooks): Link;
  runRequest(request: Request, link: Link): Promise<unknown>;
}

/**
 * Messages, as an async iterable: `for await (const { channel, message } of subscription)`.
 *
 * Leaving the loop, `return()` and `await using` end the subscription. When more than `pushesMax` messages wait, the loop
 * ends with a
 * `QueueFullError`; a lost connection does not end it.
 */
export interface Subscription<T extends Text = string> extends AsyncIterableIterator<Message<T>, undefined> {
  /** Resolves when the server has confirmed it: what is published from then on arrives. Rejects when it is refused. */
  readonly ready: Promise<void>;
  /** `await using`: ends the subscription. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Who reads a channel. */
interface Reader {
  readonly inbox: Inbox<Message<Text>>;
  readonly asBuffers: boolean;
}

interface Channel {
  readonly kind: SubscriptionKind;
  readonly name: string;
  readonly readers: Set<Reader>;
  /** The server has confirmed it, for the first time. */
  readonly confirmed: Promise<unknown>;
}

export class Subscriber {
  private readonly host: SubscriberHost;
  private readonly call: Call;
  /** By kind and name. */
  private readonly channels = new Map<string, Channel>();
  private link: Link | undefined = undefined;
  private pingTimer: NodeJS.Timeout | undefined = undefined;

  constructor(host: SubscriberHost) {
    this.host = host;
    const timeoutMs = host.settings.timeoutMs;
    this.call = { timeoutMs, signal: undefined, retry: 'always', asBuffers: false };
  }

  /** Subscribes; messages come into the inbox as they arrive. */
  subscribe(
    kind: SubscriptionKind,
    names: readonly string[],
    asBuffers: boolean,
    signal: AbortSignal | undefined,
  ): Subscription<Text> {
    const inbox = new Inbox<Message<Text>>(this.host.settings.pushesMax, () => {
      signal?.removeEventListener('abort', onAbort);
      for (const name of names) this.leave(kind, name, reader);
    });
    const reader: Reader = { inbox, asBuffers };
    const onAbort = () => inbox.fail(signal?.reason);
    const confirmed = Promise.all(names.map((name) => this.join(kind, name, reader)));
    confirmed.catch((error: unknown) => inbox.fail(error));
    if (signal?.aborted) onAbort();
    else signal?.addEventListener('abort', onAbort, { once: true });
    const ready = confirmed.then(() => {});
    ready.catch(() => {}); // it is the loop that must not go unheeded
    return Object.assign(inbox, { ready });
  }

  /** The client ends: so do all subscriptions. */
  end(): void {
    for (const inbox of this.inboxes()) inbox.end();
  }

  private join(kind: SubscriptionKind, name: string, reader: Reader): Promise<unknown> {
    const key = `${kind} ${name}`;
    const present = this.channels.get(key);
    if (present !== undefined) {
      present.readers.add(reader);
      return present.confirmed;
    }
    this.link ??= this.open();
    const channel = { kind, name, readers: new Set([reader]), confirmed: this.ask(kind, name, true) };
    this.channels.set(key, channel);
    return channel.confirmed;
  }

  private leave(kind: SubscriptionKind, name: string, reader: Reader): void {
    const key = `${kind} ${name}`;
    const channel = this.channels.get(key);
    if (channel === undefined || !channel.readers.delete(reader) || channel.readers.size > 0) return;
    this.channels.delete(key);
    this.ask(kind, name, false).catch(() => {}); // a connection that is lost subscribes to nothing any more
    if (this.channels.size > 0) return;
    clearInterval(this.pingTimer);
    const { link } = this;
    this.link = undefined;
    void link?.close();
  }

  private ask(kind: SubscriptionKind, name: string, begin: boolean): Promise<unknown> {
    const command = begin ? COMMANDS[kind].begin : COMMANDS[kind].end;
    return this.host.runRequest(new Request(command, [name], this.call), this.link!);
  }

  private open(): Link {
    const link = this.host.makeLink('subscriptions', {
      isWanted: () => this.link === link && this.channels.size > 0,
      onReady: () => this.subscribeAgain(),
      onRefused: (error) => {
        for (const inbox of this.inboxes()) inbox.fail(error);
      },
      onPush: (items) => this.deliver(items),
    });
    this.pingTimer = setInterval(() => this.ping(link), PING_MS).unref();
    return link;
  }

  /** A new connection knows nothing of what the last one had been told. To subscribe twice does no harm. */
  private subscribeAgain(): void {
    for (const { kind, name } of this.channels.values())
      this.ask(kind, name, true).catch((error: unknown) => this.failChannel(kind, name, error));
  }

  private failChannel(kind: SubscriptionKind, name: string, error: unknown): void {
    if (error instanceof ConnectionError) return; // another connection, another attempt
    for (const { inbox } of [...(this.channels.get(`${kind} ${name}`)?.readers ?? [])]) inbox.fail(error);
  }

  private ping(link: Link): void {
    if (link.greeting === undefined) return;
    const timeoutMs = this.call.timeoutMs || PING_TIMEOUT_MS;
    const request = new Request(PING, [], { ...this.call, timeoutMs, retry: 'never' });
    // A late reply is what the link looks for.
    this.host.runRequest(request, link).catch(() => {});
  }

  /** `[message, channel, text]` or `[pmessage, pattern, channel, text]`; texts are Buffers. */
  private deliver(items: Reply[]): void {
    const kind = KINDS[String(items[0])];
    const text = items[items.length - 1];
    if (kind === undefined || !(text instanceof Buffer)) return;
    const channel = String(items[items.length - 2]);
    const pattern = kind === 'psubscribe' ? String(items[1]) : undefined;
    const readers = this.channels.get(`${kind} ${pattern ?? channel}`)?.readers ?? [];
    for (const { inbox, asBuffers } of [...readers])
      inbox.push({ channel, message: asBuffers ? text : text.toString(), pattern });
  }

  private inboxes(): Set<Inbox<Message<Text>>> {
    const all = new Set<Inbox<Message<Text>>>();
    for (const { readers } of this.channels.values()) for (const { inbox } of readers) all.add(inbox);
    return all;
  }
}
