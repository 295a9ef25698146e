/**
 * The control plane: calls between threads over a `MessagePort`, answered in any order.
 *
 * A `Channel` is one end. Both ends may call and both may serve; what can be called is a table of methods
 * (messages.ts). A call whose method throws rejects at the caller with the same message. When a channel is
 * closed, because the thread at the other end is gone, whatever was waiting rejects.
 *
 *     request   { id, name, argument }      answer   { id, value } or { id, error }
 *
 * A thread that sleeps in the kernel does not notice a message: who posts to it rings (`announce`).
 *
 * An end in the background keeps its thread alive only while an answer is awaited.
 */

import type { MessagePort } from 'node:worker_threads';
import { CrabError } from '../base/errors.js';
import type { AccessLogEntry } from '../engine/access-log.js';
import type { ConfigPairs } from '../engine/config/config.js';
import type {
  ClientFilter,
  ControlPlane,
  ReloadOptions,
  ShutdownOptions,
  UnblockTarget,
} from '../engine/services.js';
import type { SlowlogEntry } from '../engine/slowlog.js';
import type { Logger, LogLevel } from './console.js';
import type { MainCalls, ReactorCalls } from './messages.js';
import type { MonitorNews } from './monitors.js';

type Method = (argument: never) => unknown;
/** The argument and the answer of a method in a table of calls. */
type ArgumentOf<M> = M extends (argument: infer A) => unknown ? A : undefined;
type AnswerOf<M> = M extends (...rest: never[]) => infer R ? Awaited<R> : never;

interface Request {
  readonly id: number;
  readonly name: string;
  readonly argument: unknown;
}

interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
  readonly code?: string;
}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** One end of a line between two threads: calls `Theirs`, serves `Ours`. */
export class Channel<Theirs extends object, Ours extends object> {
  readonly #port: MessagePort;
  readonly #announce: () => void;
  readonly #isBackground: boolean;
  readonly #waiting = new Map<number, Waiting>();
  #methods: Ours | undefined;
  #nextId = 1;
  #closed: Error | undefined;

  /** @param announce called after a message was posted */
  constructor(port: MessagePort, announce: () => void = () => {}, isBackground = false) {
    this.#port = port;
    this.#announce = announce;
    this.#isBackground = isBackground;
    port.on('message', (message: Request | Answer) => {
      if ('name' in message) void this.#answer(message);
      else this.#settle(message);
    });
    port.on('close', () => this.close());
    if (isBackground) port.unref();
  }

  /** From now on answers calls with `methods`; calls that came before are refused. */
  serve(methods: Ours): void {
    this.#methods = methods;
  }

  /** Calls a method at the other end. Rejects when it throws or the line is closed. */
  call<Name extends keyof Theirs & string>(
    name: Name,
    argument: ArgumentOf<Theirs[Name]>,
  ): Promise<AnswerOf<Theirs[Name]>> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed);
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      this.#waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
      if (this.#isBackground && this.#waiting.size === 1) this.#port.ref();
      this.#port.postMessage({ id, name, argument } satisfies Request);
      this.#announce();
    });
  }

  /** Closes the line; whatever waits rejects. */
  close(): void {
    if (this.#closed !== undefined) return;
    this.#closed = new CrabError('CONTROL_CLOSED', 'the thread that was asked has ended');
    for (const waiting of this.#waiting.values()) waiting.reject(this.#closed);
    this.#waiting.clear();
    this.#port.close();
  }

  async #answer(request: Request): Promise<void> {
    let answer: Answer;
    try {
      const method = this.#methods?.[request.name as keyof Ours] as Method | undefined;
      if (method === undefined)
        throw new CrabError('CONTROL_UNKNOWN', `no thread answers '${request.name}' yet`);
      answer = { id: request.id, value: await method.call(this.#methods, request.argument as never) };
    } catch (error) {
      const { message, code } =
        error instanceof Error ? (error as NodeJS.ErrnoException) : { message: String(error) };
      answer = { id: request.id, error: message, ...(code === undefined ? {} : { code }) };
    }
    if (this.#closed !== undefined) return;
    this.#port.postMessage(answer);
    this.#announce();
  }

  #settle(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (this.#isBackground && this.#waiting.size === 0) this.#port.unref();
    if (answer.error === undefined) waiting?.resolve(answer.value);
    else waiting?.reject(new CrabError(answer.code ?? 'CONTROL_FAILED', answer.error));
  }
}

/** A reactor's end of its line to the main thread: what commands may ask of the server, and log lines. */
export class ControlClient implements ControlPlane, Logger {
  readonly #channel: Channel<MainCalls, ReactorCalls>;

  constructor(port: MessagePort, isBackground: boolean) {
    this.#channel = new Channel(port, () => {}, isBackground);
  }

  /** Serves the main thread's calls and tells it that this thread is set up. */
  async serve(calls: ReactorCalls): Promise<void> {
    this.#channel.serve(calls);
    await this.#channel.call('ready', undefined);
  }

  save(): Promise<string | undefined> {
    return this.#channel.call('save', undefined);
  }

  backgroundSave(schedule: boolean): Promise<string | undefined> {
    return this.#channel.call('backgroundSave', schedule);
  }

  shutdown(options: ShutdownOptions): Promise<string | undefined> {
    return this.#channel.call('shutdown', options);
  }

  abortShutdown(): Promise<string | undefined> {
    return this.#channel.call('abortShutdown', undefined);
  }

  reload(options: ReloadOptions): Promise<string | undefined> {
    return this.#channel.call('reload', options);
  }

  setActiveExpire(isOn: boolean): Promise<undefined> {
    return this.#channel.call('setActiveExpire', isOn);
  }

  configSet(pairs: ConfigPairs): Promise<string | undefined> {
    return this.#channel.call('configSet', pairs);
  }

  configRewrite(): Promise<string | undefined> {
    return this.#channel.call('configRewrite', undefined);
  }

  purgeMemory(): Promise<string | undefined> {
    return this.#channel.call('purgeMemory', undefined);
  }

  listClients(filter: ClientFilter): Promise<string> {
    return this.#channel.call('listClients', filter);
  }

  killClients(filter: ClientFilter): Promise<number> {
    return this.#channel.call('killClients', filter);
  }

  unblockClient(target: UnblockTarget): Promise<boolean> {
    return this.#channel.call('unblockClient', target);
  }

  slowlogEntries(count: number): Promise<readonly SlowlogEntry[]> {
    return this.#channel.call('slowlogEntries', count);
  }

  slowlogLength(): Promise<number> {
    return this.#channel.call('slowlogLength', undefined);
  }

  resetSlowlog(): Promise<void> {
    return this.#channel.call('resetSlowlog', undefined);
  }

  aclSetUser(name: string, rules: readonly string[]): Promise<string | undefined> {
    return this.#channel.call('aclSetUser', { name, rules });
  }

  aclDeleteUsers(names: readonly string[]): Promise<number | string> {
    return this.#channel.call('aclDeleteUsers', names);
  }

  aclLoad(): Promise<string | undefined> {
    return this.#channel.call('aclLoad', undefined);
  }

  aclSave(): Promise<string | undefined> {
    return this.#channel.call('aclSave', undefined);
  }

  aclLogEntries(count: number): Promise<readonly AccessLogEntry[]> {
    return this.#channel.call('aclLogEntries', count);
  }

  aclResetLog(): Promise<void> {
    return this.#channel.call('aclResetLog', undefined);
  }

  feedMonitors(news: MonitorNews): Promise<void> {
    return this.#channel.call('feedMonitors', news);
  }

  debug(text: string): void {
    this.#log('debug', text);
  }

  verbose(text: string): void {
    this.#log('verbose', text);
  }

  notice(text: string): void {
    this.#log('notice', text);
  }

  warning(text: string): void {
    this.#log('warning', text);
  }

  /** A broken invariant: the process is to end. */
  crashed(error: Error): void {
    this.#channel.call('crashed', error.message).catch(() => {}); // the server is ending anyway
  }

  /** Closes the line. */
  close(): void {
    this.#channel.close();
  }

  #log(level: LogLevel, text: string): void {
    this.#channel.call('log', { level, text }).catch(() => {}); // the server is ending; nobody reads it any more
  }
}
