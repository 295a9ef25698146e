/**
 * The threads that run commands as the one that started the server sees them: its *members*, by thread index, each with a line
 * of calls.
 *
 *     worker     a thread of its own that does nothing else (reactor-thread.ts)
 *     here       the thread that has started the server; its calls go through a channel as all others, so that nobody has to know
 *     attached   another thread of the application, which assembles itself from what `share` gives it
 *
 * A worker that ends by itself is a broken invariant (operating errors are answered, not thrown), and it may
 * have ended in the middle of a change: nobody may go on with that memory, so `onCrash` stops the process. An attached thread
 * may leave when it likes.
 */

import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { CrabError } from '../base/errors.js';
import { threadFile } from '../base/thread-file.js';
import { workerArguments } from '../base/worker-arguments.js';
import type { Users } from '../engine/acl/users.js';
import type { Config, ConfigValues } from '../engine/config/config.js';
import { ALL_SHARDS, NO_SHARDS, type ShardShare } from '../engine/shard-share.js';
import { PROCESS_REACTORS, Statistics } from '../engine/statistics.js';
import { LogControl } from '../engine/wal/log-control.js';
import { Channel } from './control.js';
import type { MainCalls, ReactorCalls } from './messages.js';
import { makeNodeReactor, type ReactorName } from './reactor-choice.js';
import type { SharedState } from './shared-state.js';
import { assembleThread, type ServerThread } from './thread.js';

/** Longer than a thread waits for peers that don't read (sessions.ts). */
const DRAIN_PATIENCE_MS = 7_000;

type Call = keyof ReactorCalls & string;
type Argument<Name extends Call> = ReactorCalls[Name] extends (argument: infer A) => unknown ? A : undefined;
type Answer<Name extends Call> = Awaited<ReturnType<ReactorCalls[Name]>>;

/** Everything of a `SharedState` that does not differ from thread to thread. */
export type CommonState = Omit<
  SharedState,
  'config' | 'users' | 'threadIndex' | 'share' | 'reactor' | 'isBackground' | 'port'
>;

/** What members have of those who started them. */
export interface ReactorsOptions {
  readonly common: CommonState;
  /** Whose values a thread starts with. */
  readonly config: Config;
  /** And these. */
  readonly users: Users;
  /** What they may ask. */
  readonly calls: Omit<MainCalls, 'ready'>;
  /** Memory can't be trusted any more. */
  readonly onCrash: (error: Error) => void;
  /** A thread of the application's has left, or has ended: what it has left behind is to be cleared away. */
  readonly onLeft: (index: number) => void;
  /** Neither threads nor lines keep the process alive, but for answers that are waited for. */
  readonly isBackground?: boolean;
}

interface Member {
  /** A thread that was started here. */
  readonly isOwn: boolean;
  readonly channel: Channel<ReactorCalls, MainCalls>;
  /** Serves calls. */
  readonly ready: Promise<void>;
  /** Resolves when the thread is gone, or at least its line. */
  readonly left: Promise<void>;
  /** Ends a thread that does not end by itself. */
  readonly terminate: () => void;
}

export class Reactors {
  readonly #options: ReactorsOptions;
  readonly #statistics: Statistics;
  readonly #log: LogControl;
  /** In the order of their indexes. */
  readonly #members = new Map<number, Member>();
  readonly #leaving = new Set<number>();
  /** Lines of attached threads that have not come yet, by index. */
  readonly #expected = new Map<number, Channel<ReactorCalls, MainCalls>>();

  constructor(options: ReactorsOptions) {
    this.#options = options;
    this.#statistics = new Statistics(options.common.statistics, 0); // for the words of the process alone
    this.#log = new LogControl(options.common.log);
  }

  get count(): number {
    return this.#members.size;
  }

  /** Some members are threads of the application. */
  get hasOthers(): boolean {
    return [...this.#members.values()].some(({ isOwn }) => !isOwn);
  }

  /** Thread indexes of the members, in ascending order. */
  get indexes(): readonly number[] {
    return [...this.#members.keys()].sort((a, b) => a - b);
  }

  /**
   * Starts so many threads, which share the shards among themselves, or have others care for them. Resolves to their indexes when
   * all of them serve calls.
   *
   * @throws CrabError THREADS when there is no place for so many
   */
  async startWorkers(count: number, reactor: ReactorName, caresForShards = true): Promise<readonly number[]> {
    const indexes = this.#freeIndexes(count);
    for (const [nth, index] of indexes.entries()) {
      const share = caresForShards ? { index: nth, count: indexes.length } : NO_SHARDS;
      this.#startWorker(index, share, reactor);
    }
    try {
      await Promise.all(indexes.map((index) => this.#members.get(index)?.ready));
    } catch (error) {
      await this.stop(indexes);
      throw error;
    }
    return indexes;
  }

  /** Makes the calling thread the member with the lowest free index, with all the shards to care for. */
  startHere(): ServerThread {
    const [index] = this.#freeIndexes(1) as [number];
    const { port1, port2 } = new MessageChannel();
    const channel = this.#channel(port1, () => {});
    const thread = assembleThread(this.#state(index, ALL_SHARDS, 'node', port2, true), makeNodeReactor);
    const left = new Promise<void>((resolve) => port2.once('close', resolve));
    this.#add(index, {
      isOwn: false,
      channel,
      left,
      ready: Promise.resolve(),
      terminate: () => channel.close(),
    });
    thread.control.serve(thread.calls).catch(() => {}); // the server may end before it is answered
    return thread;
  }

  /**
   * What another thread of this process needs to become a member: it assembles itself from it (`assembleThread`), serves the
   * calls, and is a member from then on until it closes its line or ends. Its share of the shards is none.
   *
   * The result goes through `postMessage` or `workerData`, with `port` in the transfer list.
   *
   * @throws CrabError THREADS when there is no place for one more
   */
  share(): SharedState {
    const [index] = this.#freeIndexes(1) as [number];
    const { port1, port2 } = new MessageChannel();
    const left = new Promise<void>((resolve) => port1.once('close', resolve));
    const channel = this.#channel(port1, () => this.#log.announceMessage(index));
    const known = this.#options.config.values();
    this.#expected.set(index, channel);
    const ready = Promise.resolve();
    channel.serve({
      ...this.#options.calls,
      ready: () => {
        this.#expected.delete(index);
        this.#add(index, { isOwn: false, channel, left, ready, terminate: () => channel.close() });
        this.#catchUp(channel, known);
      },
    });
    void left.then(() => {
      if (!this.#expected.delete(index)) this.#options.onLeft(index);
      this.#remove(index);
    });
    return this.#state(index, NO_SHARDS, 'node', port2, true);
  }

  /** Calls one member. */
  call<Name extends Call>(index: number, name: Name, argument: Argument<Name>): Promise<Answer<Name>> {
    const member = this.#members.get(index);
    if (member === undefined) return Promise.reject(new RangeError(`there is no reactor ${index}`));
    return member.channel.call(name, argument as never) as Promise<Answer<Name>>;
  }

  /** Calls all members with the same argument; the answers come in thread order, without those of threads that have left. */
  async all<Name extends Call>(name: Name, argument: Argument<Name>): Promise<Answer<Name>[]> {
    const answers = this.indexes.map(async (index) => {
      try {
        return [await this.call(index, name, argument)];
      } catch (error) {
        if (this.#members.has(index)) throw error;
        return [];
      }
    });
    return (await Promise.all(answers)).flat(1) as Answer<Name>[];
  }

  /**
   * Has all members answer what is under way, and nothing new any more. A thread that does not even hear of it, because its
   * owner keeps it busy, is not waited for.
   */
  async drain(patienceMs = DRAIN_PATIENCE_MS): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const impatient = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, patienceMs);
    });
    await Promise.race([this.all('drain', undefined), impatient]);
    clearTimeout(timer);
  }

  /** The process exits: own threads that sleep in the kernel are to leave it, or its end would have to wait for them. */
  leave(): void {
    for (const [index, { channel, isOwn }] of this.#members) {
      if (!isOwn) continue;
      this.#leaving.add(index);
      channel.call('stop', undefined).catch(() => {});
    }
  }

  /** Ends all members. Threads that come later see in the log's words that they are too late. */
  async stopAll(): Promise<void> {
    this.#log.requestStop();
    for (const channel of this.#expected.values()) channel.close();
    await this.stop(this.indexes);
  }

  /** Ends these members: threads that don't end by themselves within `patienceMs` are terminated. */
  async stop(indexes: readonly number[], patienceMs = 1_000): Promise<void> {
    const stopped = indexes.map(async (index) => {
      const member = this.#members.get(index);
      if (member === undefined) return;
      const { channel, left, terminate } = member;
      this.#leaving.add(index);
      channel.call('stop', undefined).catch(() => {}); // it may have ended already
      const timer = setTimeout(terminate, patienceMs);
      await left;
      clearTimeout(timer);
      channel.close();
      this.#remove(index);
    });
    await Promise.all(stopped);
  }

  #startWorker(index: number, share: ShardShare, reactor: ReactorName): void {
    const { port1, port2 } = new MessageChannel();
    const channel = this.#channel(port1, () => this.#log.announceMessage(index));
    const state = this.#state(index, share, reactor, port2, false);
    const worker = startWorker('server/reactor-thread.js', `crabkv reactor ${index}`, state);
    const left = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    const ready = new Promise<void>((resolve, reject) => {
      const crashed = (error: Error): void => {
        reject(error);
        if (!this.#leaving.has(index)) this.#options.onCrash(error);
      };
      const started = (): void => {
        if (this.#options.isBackground === true) worker.unref();
        resolve();
      };
      channel.serve({ ...this.#options.calls, ready: started });
      worker.once('error', crashed);
      worker.once('exit', (code) =>
        crashed(
          new CrabError('THREAD_ENDED', `reactor thread ${index} ended unexpectedly (exit code ${code})`),
        ),
      );
    });
    const terminate = (): void => void worker.terminate();
    this.#add(index, { isOwn: true, channel, ready, left, terminate });
  }

  /** A thread has come that was given its state a while ago, the configuration being `known`: it hears what was changed since. */
  #catchUp(channel: Channel<ReactorCalls, MainCalls>, known: ConfigValues): void {
    const { config, users } = this.#options;
    const pairs = config.changesSince(known);
    if (pairs.length !== 0) channel.call('applyConfig', pairs).catch(() => {}); // it may have left already
    channel.call('changeUsers', { kind: 'load', lines: users.lines() }).catch(() => {});
  }

  #channel(port: MessagePort, announce: () => void): Channel<ReactorCalls, MainCalls> {
    const channel = new Channel<ReactorCalls, MainCalls>(port, announce, this.#options.isBackground);
    channel.serve({ ...this.#options.calls, ready: () => {} });
    return channel;
  }

  #state(
    threadIndex: number,
    share: ShardShare,
    reactor: ReactorName,
    port: MessagePort,
    isBackground: boolean,
  ): SharedState {
    const { common, config, users } = this.#options;
    const state = { ...common, config: config.values(), users: users.lines() };
    return { ...state, threadIndex, share, reactor, port, isBackground };
  }

  #freeIndexes(count: number): number[] {
    const { threadCount } = this.#options.common;
    const free: number[] = [];
    for (let index = 0; index < threadCount && free.length < count; index++) {
      if (!this.#members.has(index) && !this.#expected.has(index)) free.push(index);
    }
    if (free.length === count) return free;
    const used = this.count + this.#expected.size;
    const message = `there are ${used} threads, and of ${threadCount} that there can be no more than ${free.length} are left`;
    throw new CrabError('THREADS', message);
  }

  #add(index: number, member: Member): void {
    this.#members.set(index, member);
    this.#statistics.setProcess(PROCESS_REACTORS, this.count);
  }

  #remove(index: number): void {
    this.#leaving.delete(index);
    if (!this.#members.delete(index)) return;
    this.#statistics.retire(index);
    this.#statistics.setProcess(PROCESS_REACTORS, this.count);
  }
}

/** Starts a thread of the server; its `workerData` is `data`, whose port goes with it. */
export function startWorker(module: string, name: string, data: { readonly port: MessagePort }): Worker {
  return new Worker(threadFile(module), {
    name,
    workerData: data,
    transferList: [data.port],
    execArgv: workerArguments(),
  });
}
