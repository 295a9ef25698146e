/**
 * A server whose commands run in the calling thread: no message and no other thread between the application and its data.
 *
 * The calling thread is the first member of `Reactors`, on node:net in the background: nothing of the server keeps the process
 * alive, unless it is to listen. Everything else is the supervisor's, as for any server. Without a directory there is nothing but
 * the parts of this thread, so that it starts in a few milliseconds.
 *
 * Other threads come when they are asked for: `listen` with threads of its own, `share` for threads of the application. While
 * there are threads of its own, they do the maintenance.
 */

import { CrabError } from '../base/errors.js';
import { Config } from '../engine/config/config.js';
import { NO_SHARDS } from '../engine/shard-share.js';
import { THREAD_COUNT_MAX } from '../engine/statistics.js';
import { limitPatience } from '../memory/baton.js';
import type { Logger } from './console.js';
import { planHere, planListeners } from './listener.js';
import { chooseReactor } from './reactor-choice.js';
import type { SharedState } from './shared-state.js';
import { type Placement, type RunningServer, type ServerHooks, Supervisor } from './supervisor.js';
import type { ServerThread } from './thread.js';

/** Up to here data is loaded in the calling thread, within a fraction of a second. More is loaded by threads for that purpose. */
const LOADED_HERE_BYTES_MAX = 8 * 1024 * 1024;
/** The snapshot thread has the last index. */
const MEMBERS_MAX = THREAD_COUNT_MAX - 1;
/** The calling thread is the first member. */
const HERE: readonly number[] = [0];
/** Where the application's threads run commands, one that holds a lock for so long is taken for dead: no command takes it. */
export const LOCK_MS_MAX = 30_000;
/** The longest interval there is. */
const LONG_MS = 2 ** 31 - 1;

/** Where to listen. What is not given is as configured. */
export interface ListenWish {
  /** An address or a name. */
  readonly host?: string;
  /** 0 lets the system choose. */
  readonly port?: number;
  /** The path of a Unix socket. With one, no port and no host, there is no TCP. */
  readonly unixsocket?: string;
  /** 0, which is the default: the calling thread serves the connections. n: so many threads of the server's own do. */
  readonly threads?: number;
  /** Listening does not keep the process alive. */
  readonly background?: boolean;
}

export interface EmbeddedServer extends RunningServer {
  /** The calling thread's parts. */
  readonly thread: ServerThread;
  /**
   * Begins to accept connections, and keeps the process alive from then on until the server ends. Resolves to the port; to 0 for
   * a Unix socket. May be called again for another address.
   */
  listen(wish?: ListenWish): Promise<number>;
  /**
   * What another thread of this process needs to run commands on the same data: see `Reactors.share`. It calls `begin` of its
   * own calls, once it has assembled itself.
   */
  share(): SharedState;
  /**
   * Moves the clock forward by `ms`, a whole number that is not negative. Resolves when every thread has done what is due then:
   * waits that are over have ended, keys and fields whose time is over are gone.
   */
  moveClock(ms: number): Promise<void>;
}

/**
 * Starts a server in the calling thread. It does not listen yet. Rejects with a `CrabError` as `startServer` does; everything is
 * then undone.
 *
 * Without a directory (`dir` empty, which `keepInMemory` sees to) it is up after a few ms; its memory is gone when it ends.
 */
export async function startEmbedded(
  config: Config,
  logger: Logger,
  hooks: ServerHooks,
  options: Pick<Placement, 'memoryBytes'> = {},
): Promise<EmbeddedServer> {
  const supervisor = new EmbeddedSupervisor(config, logger, hooks, { ...options, isBackground: true });
  try {
    await supervisor.startHere();
  } catch (error) {
    await supervisor.abandon();
    throw error;
  }
  return supervisor;
}

/** Configures that nothing is kept on disk. */
export function keepInMemory(config: Config): void {
  config.setAtStart('dir', '');
  config.setAtStart('appendonly', false);
  config.setAtStart('save', []);
}

class EmbeddedSupervisor extends Supervisor implements EmbeddedServer {
  #thread: ServerThread | undefined;
  /** Threads of its own, which do the maintenance. */
  #workers: readonly number[] = [];
  #keepAlive: NodeJS.Timeout | undefined;

  get thread(): ServerThread {
    if (this.#thread === undefined) throw new CrabError('NOT_STARTED', 'the server has not been started yet');
    return this.#thread;
  }

  async startHere(): Promise<void> {
    if (this.config.integer('tls-port') !== 0) {
      throw new CrabError('CONFIG', 'tls-port is for a server in a process of its own: see crabkv --help');
    }
    limitPatience(LOCK_MS_MAX);
    await this.lockDirectory();
    await this.setUp(MEMBERS_MAX);
    const { reactors, storage } = this.parts;
    this.#thread = reactors.startHere();
    void this.ended.then(() => clearInterval(this.#keepAlive));
    if (storage.bytesToLoad <= LOADED_HERE_BYTES_MAX) {
      await this.load(reactors.indexes);
    } else {
      const loaders = await reactors.startWorkers(this.config.integer('threads'), 'node');
      await this.load(loaders);
      await reactors.stop(loaders);
    }
    await this.begin();
  }

  async listen(wish: ListenWish = {}): Promise<number> {
    const threads = wish.threads ?? 0;
    const config = listenConfig(this.config, wish, threads);
    const plan = await (threads === 0 ? planHere(config) : planListeners(config));
    const members = threads === 0 ? HERE : await this.#addWorkers(plan.threadCount);
    const port = await this.listenWith(members, plan, config);
    if (wish.background !== true) this.#keepAlive ??= setInterval(() => {}, LONG_MS);
    return port;
  }

  share(): SharedState {
    return this.reactors.share();
  }

  async moveClock(ms: number): Promise<void> {
    const { clock, reactors } = this.parts;
    clock.move(ms);
    await reactors.all('timeMoved', undefined);
  }

  /** A thread that detaches leaves all queues. One that was terminated is still in them. */
  protected override memberLeft(index: number): void {
    const { batons, services } = this.thread.executor.call;
    for (let shard = 0; shard < batons.shardCount; shard++) {
      batons.take(shard);
      services.waiters.forgetThread(shard, index);
      batons.give(shard);
    }
    services.waiters.forgetStack(index);
    services.waiters.wakeOthers();
  }

  protected override exits(): void {
    this.#thread?.log.flush();
    super.exits();
  }

  async #addWorkers(count: number): Promise<readonly number[]> {
    const { reactors } = this.parts;
    const { name, notice } = await chooseReactor(this.config.text('reactor'));
    if (notice !== undefined) this.logger.notice(notice);
    const workers = await reactors.startWorkers(count, name);
    await Promise.all(workers.map((index) => reactors.call(index, 'begin', undefined)));
    this.#workers = [...this.#workers, ...workers];
    for (const [nth, index] of this.#workers.entries()) {
      await reactors.call(index, 'setShare', { index: nth, count: this.#workers.length });
    }
    await Promise.all(HERE.map((index) => reactors.call(index, 'setShare', NO_SHARDS)));
    return workers;
  }
}

/** The configuration with what is wished for. */
function listenConfig(config: Config, wish: ListenWish, threads: number): Config {
  const { host, port, unixsocket } = wish;
  const wished = Config.fromValues(config.values());
  if (host !== undefined) wished.setAtStart('bind', [host]);
  if (port !== undefined) wished.setAtStart('port', port);
  if (unixsocket !== undefined) {
    wished.setAtStart('unixsocket', unixsocket);
    if (host === undefined && port === undefined) wished.setAtStart('port', 0);
  }
  wished.setAtStart('threads', Math.max(threads, 1));
  return wished;
}
