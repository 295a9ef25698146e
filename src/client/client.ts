/**
 * The client as its users see it: `connect`, and the views of what it gives.
 *
 * ```
 *   Client                       kv            the typed commands, send, multi, watch, subscribe, pushes, stats, close
 *   └─ CommandView<string>       kv.with(...)  the same commands with other options
 *      CommandView<Buffer>       kv.buffers    the same commands with Buffers in their replies
 * ```
 *
 * A view is a few words of memory over the same connections: make one for a single call, or keep it.
 */

import type { Argument, CommandInfo } from './command-runner.js';
import { Core } from './core.js';
import type { ClientStats } from './diagnostics.js';
import { UsageError } from './errors.js';
import { Commands } from './generated/commands.js';
import { type CallOptions, type ConnectOptions, checkCallOptions, readSettings } from './options.js';
import { rawCommand } from './raw-command.js';
import type { Reply, Text } from './reply.js';
import type { Call } from './request.js';
import type { Subscription, SubscriptionKind } from './subscriber.js';
import { beginTransaction, type Transaction } from './transaction.js';
import { type WatchedView, watch } from './watch.js';

/** All commands, with texts of type `T` in their replies, and with the options that the view was made with. */
export class CommandView<T extends Text = string> extends Commands<T, 'promise'> {
  /** @internal */
  protected readonly core: Core;
  /** @internal */
  protected readonly call: Call;
  private bufferView: CommandView<Buffer> | undefined = undefined;

  /** @internal */
  constructor(core: Core, call: Call) {
    super();
    this.core = core;
    this.call = call;
  }

  /**
   * The same commands with `Buffer` where there would be a `string`: for values that are no text. Keys and values can be
   * Buffers in every view.
   */
  get buffers(): CommandView<Buffer> {
    this.bufferView ??= new CommandView<Buffer>(this.core, { ...this.call, asBuffers: true });
    return this.bufferView;
  }

  /**
   * The same commands with other options, for one call or many: `kv.with({ timeoutMs: 50 }).get('key')`. What is not given
   * stays as it is in this view.
   *
   * @throws UsageError when an option can't be
   */
  with(options: CallOptions): CommandView<T> {
    checkCallOptions(options);
    const { call } = this;
    return new CommandView<T>(this.core, {
      timeoutMs: options.timeoutMs ?? call.timeoutMs,
      signal: options.signal ?? call.signal,
      retry: options.retry ?? call.retry,
      asBuffers: call.asBuffers,
    });
  }

  /**
   * Runs any command by its name, with its arguments one by one: `kv.send('OBJECT', 'FREQ', 'key')`. The reply comes as the
   * protocol has it, which is not the same in RESP2 and RESP3.
   *
   * Nothing is known of such a command: it is not sent again after a lost connection (`with({ retry: 'always' })` says that
   * it may be). Commands that change the connection itself, such as SELECT or SUBSCRIBE, are refused with a `UsageError`.
   */
  async send(command: string, ...args: Argument[]): Promise<Reply<T>> {
    return (await this.run(rawCommand(command, args), args)) as Reply<T>;
  }

  /**
   * Begins a transaction (MULTI): `await kv.multi().set('a', 1).get('a').exec()`. Nothing is sent before `exec`.
   */
  multi(): Transaction<T, []> {
    const { core } = this;
    return beginTransaction<T, never>(this.call, (request) => core.runRequest(request, core.link));
  }

  /**
   * Watches keys (WATCH) on a connection of its own while `work` runs: it reads with the view that it is given, and writes
   * with that view's `multi()`, whose `exec` resolves with `undefined`, nothing having been run, if one of the keys was
   * changed meanwhile.
   *
   * @param keys at least one
   * @returns what `work` returns
   */
  async watch<R>(
    keys: Argument | readonly Argument[],
    work: (view: WatchedView<T>) => Promise<R>,
  ): Promise<R> {
    const list = Array.isArray(keys) ? (keys as readonly Argument[]) : [keys as Argument];
    return watch<T, R>(this.core, list, this.call, work);
  }

  /**
   * Subscribes to channels (SUBSCRIBE): `for await (const { channel, message } of kv.subscribe('news'))`.
   *
   * It begins at once, and survives lost connections: what is published meanwhile is missed. All subscriptions of a client
   * share one connection, beside that of the commands.
   */
  subscribe(...channels: string[]): Subscription<T> {
    return this.subscribeTo('subscribe', channels);
  }

  /** Subscribes to all channels whose names match patterns (PSUBSCRIBE): `kv.psubscribe('news.*')`. */
  psubscribe(...patterns: string[]): Subscription<T> {
    return this.subscribeTo('psubscribe', patterns);
  }

  /** Subscribes to channels of a shard (SSUBSCRIBE, Redis 7). */
  ssubscribe(...channels: string[]): Subscription<T> {
    return this.subscribeTo('ssubscribe', channels);
  }

  protected override run(command: CommandInfo, args: readonly Argument[]): Promise<unknown> {
    return this.core.run(command, args, this.call);
  }

  private subscribeTo(kind: SubscriptionKind, names: readonly string[]): Subscription<T> {
    if (names.length === 0 || !names.every((name) => typeof name === 'string'))
      throw new UsageError(`${kind} needs the names of one or more channels`);
    const { asBuffers, signal } = this.call;
    return this.core.subscriber.subscribe(kind, names, asBuffers, signal) as Subscription<T>;
  }
}

/**
 * A connection to a server, made by `connect`: it comes back when it is lost, and is shared by all that is asked of it.
 *
 * Everything that is asked in one turn of the event loop leaves in one write, and is answered in order. Every method's promise
 * rejects with one of the errors of this package: a `ReplyError` when the server answers with an error.
 */
export class Client extends CommandView<string> {
  /** The protocol that is spoken; undefined while there is no connection. */
  get protocol(): 2 | 3 | undefined {
    return this.core.link.greeting?.protocol;
  }

  /** Whether there is a connection now. Commands need none: they wait for it. */
  get isConnected(): boolean {
    return this.core.link.greeting !== undefined;
  }

  /** What has happened so far, and what is under way. */
  stats(): ClientStats {
    return this.core.stats();
  }

  /**
   * RESP3's push messages that answer nobody, such as those of CLIENT TRACKING: `for await (const [kind, ...rest] of
   * kv.pushes())`. At most `pushesMax` wait for their reader: one that is too slow gets a `QueueFullError` after those.
   */
  pushes(): AsyncIterableIterator<Reply<string>[], undefined> {
    return this.core.pushes() as AsyncIterableIterator<Reply<string>[], undefined>;
  }

  /**
   * Waits for everything under way, and closes all connections. Commands that wait for an event (BLPOP) are let go of. While
   * there is no connection, what waits for one fails. Commands called from now on fail with `CLIENT_CLOSED`.
   *
   * It takes as long as the deadlines of what is under way allow. Without deadlines (`timeoutMs: 0`) a silent server can make it
   * wait for ever; `destroy` does not wait.
   */
  close(): Promise<void> {
    return this.core.close();
  }

  /** Closes all connections at once: what is under way fails. */
  destroy(): void {
    this.core.destroy();
  }

  /** `await using`: as `close`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.core.close();
  }
}

/**
 * Connects to a server.
 *
 * ```
 *   connect('crabkv://localhost:3000/0')                             connect('redis://user:password@host')
 *   connect('rediss://host:6380', { tls: { ca } })                   connect('unix:///run/crabkv.sock?db=1')
 *   connect({ host: 'localhost', port: 3000, timeoutMs: 500 })
 * ```
 *
 * Resolves when commands can be sent. The connection speaks RESP3, or RESP2 where the server knows no other.
 *
 * @throws UsageError when address or options can't be; nothing has been tried then
 * @throws AuthenticationError when user or password are refused
 * @throws ConnectionError when the server can't be reached, or refuses us
 * @throws TimeoutError when `connectTimeoutMs` is over
 */
export function connect(address: string | URL, options?: ConnectOptions): Promise<Client>;
export function connect(options?: ConnectOptions): Promise<Client>;
export async function connect(
  first: string | URL | ConnectOptions = {},
  options: ConnectOptions = {},
): Promise<Client> {
  const isAddress = typeof first === 'string' || first instanceof URL;
  const settings = isAddress ? readSettings(first, options) : readSettings(undefined, first);
  const core = new Core(settings);
  const { timeoutMs, retry } = settings;
  await core.link.open();
  return new Client(core, { timeoutMs, signal: undefined, retry, asBuffers: false });
}
