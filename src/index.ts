/**
 * The library: the store in this process, or a server inside another program.
 *
 * ```ts run
 * import { createServer, open } from 'crabkv';
 *
 * const kv = await open({ dir: './data', appendfsync: 'everysec' }); // the data without a socket
 * await kv.set('user:1', 'rustacean');
 * kv.sync.get('user:1'); // -> 'rustacean'
 * await kv.close();
 *
 * const server = createServer({ port: 3000, dir: './data' }); // in threads of its own
 * await server.start();
 * // ... connect any Redis client to server.port ...
 * await server.stop();
 * ```
 */

import { CrabError } from './base/errors.js';
import { Config } from './engine/config/config.js';
import { configure, type ServerDirectives } from './engine/config/directives.js';
import { type Logger, SILENT } from './server/console.js';
import { type RunningServer, startServer } from './server/supervisor.js';

export { CrabError, SystemError } from './base/errors.js';
export { AttachedStore, attach } from './embedded/attached-store.js';
export { type OpenOptions, open } from './embedded/open.js';
export type {
  OpenedStore,
  Store,
  StoreHandle,
  StoreListenOptions,
  StoreStats,
  WorkerShare,
} from './embedded/store.js';
export type { DirectCommands, StoreCallOptions, StoreCommands } from './embedded/store-commands.js';
export type { ServerDirectives } from './engine/config/directives.js';
export type { Logger } from './server/console.js';

/** What `createServer` takes: any directive of the configuration, and what stands beside them. */
export interface ServerOptions extends ServerDirectives {
  /** Where log lines go; nowhere when it is not given. */
  readonly logger?: Logger;
  /**
   * Called when the server's memory can't be trusted any more; the process should end then, and the next
   * start brings back everything that was acknowledged. Without it the error is thrown where nobody can catch
   * it, which ends the process.
   */
  readonly onFatal?: (error: Error) => void;
}

/** A server in threads of its own, made by `createServer`. */
export interface Server {
  /**
   * Resolves when the server accepts connections; rejects with a `CrabError` that says what does not allow
   * it.
   */
  start(): Promise<void>;
  /**
   * Answers what is under way, syncs the log, and ends the server; takes a snapshot first when there are save
   * rules.
   */
  stop(): Promise<void>;
  /**
   * The port that is listened on: the one chosen by the system when `port` was 0; 0 while the server does not
   * run.
   */
  readonly port: number;
  /** Resolves when the server has ended, by `stop` or by a client's SHUTDOWN. */
  readonly ended: Promise<void>;
}

/**
 * A server that is not started yet. Throws a `CrabError` when an option is unknown or its value is not
 * allowed. One process may run several servers, on different directories.
 */
export function createServer(options: ServerOptions = {}): Server {
  const { logger = SILENT, onFatal = throwUncaught, ...directives } = options;
  const config = new Config();
  configure(config, directives, 'createServer');
  return new WorkerServer(config, logger, onFatal);
}

class WorkerServer implements Server {
  readonly ended: Promise<void>;
  readonly #config: Config;
  readonly #logger: Logger;
  readonly #onFatal: (error: Error) => void;
  #resolveEnded: () => void = () => {};
  #running: RunningServer | undefined;
  #isStarted = false;

  constructor(config: Config, logger: Logger, onFatal: (error: Error) => void) {
    this.#config = config;
    this.#logger = logger;
    this.#onFatal = onFatal;
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
  }

  get port(): number {
    return this.#running?.port ?? 0;
  }

  async start(): Promise<void> {
    if (this.#isStarted)
      throw new CrabError('SERVER_STARTED', 'a server can be started once; create another');
    this.#isStarted = true;
    this.#running = await startServer(this.#config, this.#logger, { onFatal: this.#onFatal });
    void this.#running.ended.then(() => {
      this.#running = undefined;
      this.#resolveEnded();
    });
  }

  async stop(): Promise<void> {
    const error = await this.#running?.shutdown();
    if (error !== undefined) throw new CrabError('SERVER_STOP', `the server can't be stopped: ${error}`);
  }
}

function throwUncaught(error: Error): void {
  setImmediate(() => {
    throw error;
  });
}
