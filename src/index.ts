/**
 * The library: a CrabKV server inside another program.
 *
 *     import { createServer } from 'crabkv';
 *     const server = createServer({ port: 0, dir: './data', appendfsync: 'everysec' });
 *     await server.start();
 *     // ... connect any Redis client to server.port ...
 *     await server.stop();
 */

import { CrabError } from './base/errors.js';
import { Config } from './engine/config/config.js';
import type { OptionName } from './engine/config/options.js';
import { applyDirectives } from './engine/config/parse.js';
import { type Logger, SILENT } from './server/console.js';
import { type RunningServer, startServer } from './server/supervisor.js';

export { CrabError, SystemError } from './base/errors.js';
export type { Logger } from './server/console.js';

/** Redis's directives by their names, with values as they would stand in a configuration file. */
export type ServerDirectives = {
  readonly [Name in OptionName]?: string | number | boolean | readonly string[];
};

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
  applyDirectives(
    config,
    Object.entries(directives).map(([name, value]) => ({
      name,
      words: wordsOf(value),
      origin: 'createServer',
    })),
  );
  return new EmbeddedServer(config, logger, onFatal);
}

class EmbeddedServer implements Server {
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

function wordsOf(value: string | number | boolean | readonly string[]): readonly string[] {
  if (typeof value === 'boolean') return [value ? 'yes' : 'no'];
  return typeof value === 'object' ? value : [String(value)];
}

function throwUncaught(error: Error): void {
  setImmediate(() => {
    throw error;
  });
}
