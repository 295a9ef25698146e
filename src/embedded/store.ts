/**
 * The store as its users have it: commands by promises and at once, on the data in this process's own memory.
 *
 * ```
 *   await kv.get(key)   ─▶ Links ─▶ Session ─┐
 *   kv.sync.get(key)    ─▶ DirectRunner ─────┴─▶ Executor ─▶ shared memory ◀─ other threads: attached ones, those of listen()
 * ```
 *
 * `Store` is what every thread has. The thread that has opened it has an `OpenedStore`, which can do more: listen, let other
 * threads have a part in it, and end it for all of them. The others have an `AttachedStore`.
 */

import type { MessagePort } from 'node:worker_threads';
import { CrabError } from '../base/errors.js';
import { COMMANDS } from '../commands/table.js';
import type { EmbeddedServer } from '../server/embedded-server.js';
import type { SharedState } from '../server/shared-state.js';
import type { ServerThread } from '../server/thread.js';
import { DirectRunner } from './direct-runner.js';
import { type CallSettings, Links } from './links.js';
import { NamedCommands } from './named-commands.js';
import { DirectCommands, StoreCommands } from './store-commands.js';

/** What a store is doing, as far as this thread is concerned. */
export interface StoreStats {
  /** Commands that have not been answered; those at once are none of them. */
  readonly pendingCommands: number;
  /** Those of them that block, such as BLPOP. */
  readonly blockedCommands: number;
}

/** What a worker needs to attach to a store: plain data for `workerData` or `postMessage`. One for each worker. */
export interface StoreHandle {
  /** The memory that the threads share, and a port to the thread that has opened the store. */
  readonly state: SharedState;
  /** The number of the database. */
  readonly database: number;
}

/** Options of a `Worker` that gives it a part in a store. */
export interface WorkerShare<Data extends object> {
  /** What the worker finds as its `workerData`: what was given to `share`, and the handle for `attach`. */
  readonly workerData: Data & { readonly kv: StoreHandle };
  /** What has to move to the worker with it. */
  readonly transferList: MessagePort[];
}

/** Where `listen` listens. What is not given is as the options of `open` have it. */
export interface StoreListenOptions {
  /** 0 lets the system choose. */
  readonly port?: number;
  /** An address or a name of this machine. */
  readonly host?: string;
  /** The path of a Unix socket. With one, no port and no host, there is no TCP. */
  readonly unixsocket?: string;
  /** So many threads serve the connections; 0, the default: this thread does. */
  readonly threads?: number;
}

const DEFAULT_SETTINGS: CallSettings = { asBuffers: false, timeoutMs: 0, signal: undefined };

/** Every command of the store as a method, in one of its threads. */
export abstract class Store extends StoreCommands<string> implements AsyncDisposable {
  /**
   * The same commands at once, without a promise: `kv.sync.get('a')`.
   *
   * Errors are thrown. What was asked for by promises before is executed before. With `appendfsync always` a call returns when
   * what it has written, or shows, is on disk; otherwise its write is in the log's file when the loop has had its turn. Commands
   * that block reply as if their time were over; those that need other threads, such as CONFIG SET, throw a `UsageError`.
   */
  readonly sync: DirectCommands<string>;
  readonly #links: Links;

  /** @param onBroken see `DirectHost.broken` */
  constructor(thread: ServerThread, database: number, onBroken: (error: Error) => void) {
    const links = new Links(thread, database);
    const named = new NamedCommands(COMMANDS);
    super(links, named, DEFAULT_SETTINGS);
    const host = { catchUp: () => links.catchUp(), broken: onBroken };
    this.sync = new DirectCommands<string>(new DirectRunner(thread, database, host), named, false);
    this.#links = links;
  }

  /** What is under way in this thread. */
  stats(): StoreStats {
    return { pendingCommands: this.#links.pendingCount, blockedCommands: this.#links.blockedCount };
  }

  /** Ends it. See the classes. */
  abstract close(): Promise<void>;

  /** `await using`: as `close`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Takes no more commands; resolves when what was asked for is answered. */
  protected async finishCommands(): Promise<void> {
    await this.#links.close();
  }

  /** Gives up all commands at once. */
  protected dropCommands(): void {
    this.#links.hangUp();
  }
}

/** A store in the thread that has opened it. Made by `open`. */
export class OpenedStore extends Store {
  readonly #server: EmbeddedServer;
  readonly #database: number;
  #closing: Promise<void> | undefined;

  /** @internal The store over a server of this thread's. */
  constructor(server: EmbeddedServer, database: number, onFatal: (error: Error) => void) {
    super(server.thread, database, onFatal);
    this.#server = server;
    this.#database = database;
    void server.ended.then(() => this.dropCommands());
  }

  /** The port that is listened on; 0 when there is none. */
  get port(): number {
    return this.#server.port;
  }

  /** Resolves when the store has ended: by `close`, or by a client's SHUTDOWN. */
  get ended(): Promise<void> {
    return this.#server.ended;
  }

  /**
   * Serves the same data over TCP, or a Unix socket, to Redis clients, until the store is closed; the process is kept alive as
   * long. Resolves to the port. Rejects with a `CrabError` LISTEN when the address can't be had.
   */
  listen(options: StoreListenOptions = {}): Promise<number> {
    return this.#server.listen(options);
  }

  /**
   * Gives a worker of this process a part in the store: what is returned are options of its `Worker`.
   *
   * ```ts run
   * import { isMainThread, Worker } from 'node:worker_threads';
   * import { attach, open } from 'crabkv';
   *
   * if (isMainThread) {
   *   const kv = await open();
   *   const worker = new Worker(new URL(import.meta.url), kv.share({ task: 1 }));
   *   await new Promise((done) => worker.once('exit', done));
   *   await kv.get('greeting'); // -> 'hello from the worker'
   *   await kv.close();
   * } else {
   *   const kv = await attach(); // and workerData.task is 1
   *   await kv.set('greeting', 'hello from the worker');
   *   await kv.close();
   * }
   * ```
   *
   * One call for each worker; it can be undone only by the worker. Where the worker is somebody else's, as in a pool, send it
   * `share().workerData.kv` with the `transferList`, and call `attach` with it.
   *
   * @throws CrabError THREADS when there are too many
   */
  share<Data extends object = Record<never, never>>(workerData?: Data): WorkerShare<Data> {
    const state = this.#server.share();
    const kv: StoreHandle = { state, database: this.#database };
    return { workerData: { ...(workerData as Data), kv }, transferList: [state.port] };
  }

  /**
   * Ends the store: what is under way is answered (commands that block fail), attached threads are told and can do nothing more,
   * a snapshot is taken if there are save rules, the log is on disk, the directory is free for others.
   *
   * Rejects with a `CrabError` STORE_CLOSE when the snapshot failed that is all there would be; the store is then still open for
   * `close`, and for nothing else.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close().catch((error: unknown) => {
      this.#closing = undefined;
      throw error;
    });
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.finishCommands();
    const error = await this.#server.shutdown();
    if (error !== undefined) throw new CrabError('STORE_CLOSE', `the store can't be closed: ${error}`);
  }
}
