/**
 * The typed commands of a store: by promises, and at once.
 */

import type { Argument, CommandInfo } from '../client/command-runner.js';
import { UsageError } from '../client/errors.js';
import { Commands } from '../client/generated/commands.js';
import type { Reply, Text } from '../client/reply.js';
import type { DirectRunner } from './direct-runner.js';
import type { CallSettings, Links } from './links.js';
import type { NamedCommands } from './named-commands.js';

/** What can be said of the calls of a view: `kv.with(...)`. */
export interface StoreCallOptions {
  /** Replies have Buffers for texts. */
  readonly buffers?: boolean;
  /** Time for each command, from the call to the reply, in ms. 0, the default: no limit. */
  readonly timeoutMs?: number;
  /** Gives commands up, with `AbortedError`. */
  readonly signal?: AbortSignal;
}

/** The longest time that Node's timers know. */
const TIMEOUT_MS_MAX = 2 ** 31 - 1;

/** Every command as a method that gives a promise. `T` is what texts are in replies. */
export class StoreCommands<T extends Text = string> extends Commands<T, 'promise'> {
  readonly #links: Links;
  readonly #named: NamedCommands;
  readonly #settings: CallSettings;

  constructor(links: Links, named: NamedCommands, settings: CallSettings) {
    super();
    this.#links = links;
    this.#named = named;
    this.#settings = settings;
  }

  /** The same commands with `Buffer` for every text in replies. Keys and values may be Buffers anywhere. */
  get buffers(): StoreCommands<Buffer> {
    return new StoreCommands<Buffer>(this.#links, this.#named, { ...this.#settings, asBuffers: true });
  }

  /**
   * The same commands under other conditions. A view costs little, and may be kept.
   *
   * A command that is given up may have been executed all the same; one that blocks takes nothing any more.
   *
   * @throws UsageError when an option is none
   */
  with(options: StoreCallOptions & { readonly buffers: true }): StoreCommands<Buffer>;
  with(options: StoreCallOptions & { readonly buffers: false }): StoreCommands<string>;
  with(options: Omit<StoreCallOptions, 'buffers'>): StoreCommands<T>;
  with(options: StoreCallOptions): StoreCommands<Text> {
    return new StoreCommands<Text>(this.#links, this.#named, changed(this.#settings, options));
  }

  /**
   * Runs any command, by its name: `kv.send('OBJECT', 'FREQ', 'key')`. The reply is as it comes, not as typed methods have it.
   *
   * Rejects with `UsageError` for commands that change the session itself, such as SELECT and MONITOR.
   */
  async send(command: string, ...args: Argument[]): Promise<Reply<T>> {
    const info = this.#named.find(command, args);
    return (await this.run(info, args.slice(info.words.length - 1))) as Reply<T>;
  }

  protected override run(command: CommandInfo, args: readonly Argument[]): Promise<unknown> {
    return this.#links.run(command, args, this.#settings);
  }
}

/** Every command as a method that gives its reply at once: see `Store.sync`. */
export class DirectCommands<T extends Text = string> extends Commands<T, 'value'> {
  readonly #runner: DirectRunner;
  readonly #named: NamedCommands;
  readonly #asBuffers: boolean;
  #buffers: DirectCommands<Buffer> | undefined;

  constructor(runner: DirectRunner, named: NamedCommands, asBuffers: boolean) {
    super();
    this.#runner = runner;
    this.#named = named;
    this.#asBuffers = asBuffers;
  }

  /** The same commands with `Buffer` for every text in replies. */
  get buffers(): DirectCommands<Buffer> {
    this.#buffers ??= new DirectCommands<Buffer>(this.#runner, this.#named, true);
    return this.#buffers;
  }

  /** Runs any command, by its name. */
  send(command: string, ...args: Argument[]): Reply<T> {
    const info = this.#named.find(command, args);
    return this.run(info, args.slice(info.words.length - 1)) as Reply<T>;
  }

  protected override run(command: CommandInfo, args: readonly Argument[]): unknown {
    return this.#runner.run(command, args, this.#asBuffers);
  }
}

function changed(settings: CallSettings, options: StoreCallOptions): CallSettings {
  for (const name of Object.keys(options)) {
    if (!(name in KNOWN))
      throw new UsageError(`'${name}' is no option of with: there are ${Object.keys(KNOWN).join(', ')}`);
  }
  const { buffers = settings.asBuffers, timeoutMs = settings.timeoutMs, signal = settings.signal } = options;
  if (!Number.isInteger(timeoutMs) || timeoutMs < 0 || timeoutMs > TIMEOUT_MS_MAX) {
    throw new UsageError(`timeoutMs is ${timeoutMs}; it must be a whole number from 0 to ${TIMEOUT_MS_MAX}`);
  }
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new UsageError(`signal is ${String(signal)}; it must be an AbortSignal`);
  }
  return { asBuffers: buffers, timeoutMs, signal };
}

const KNOWN: Readonly<Record<keyof StoreCallOptions, true>> = {
  buffers: true,
  timeoutMs: true,
  signal: true,
};
