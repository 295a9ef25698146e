/**
 * The door without a socket: opens a store in this process.
 */

import { UsageError } from '../client/errors.js';
import { Config } from '../engine/config/config.js';
import { configure, type ServerDirectives } from '../engine/config/directives.js';
import { type Logger, SILENT } from '../server/console.js';
import { keepInMemory, startEmbedded } from '../server/embedded-server.js';
import { OpenedStore } from './store.js';

/** What `open` takes: where the data is, and any directive of the configuration (docs/configuration.md). */
export interface OpenOptions extends ServerDirectives {
  /** The directory of the log and the snapshot; it is created when it is missing. Without one everything is in memory only. */
  readonly dir?: string;
  /** When a write is acknowledged: `always` (the default) on disk; `everysec`, `no`: in the operating system's keeping. */
  readonly appendfsync?: 'always' | 'everysec' | 'no';
  /** The database, default 0. */
  readonly db?: number;
  /** Where log lines go; nowhere when it is not given. */
  readonly logger?: Logger;
  /**
   * Called when memory can't be trusted any more; the process should end then, and the next `open` brings back everything that
   * was acknowledged. Without it the error is thrown where nobody can catch it, which ends the process.
   */
  readonly onFatal?: (error: Error) => void;
}

/**
 * Opens the store in a directory, or one in memory only, in this process: everything that was acknowledged before is there.
 *
 * Nothing of it keeps the process alive but commands that are not answered and `listen`. A process that ends without `close`
 * loses nothing that was acknowledged.
 *
 * Rejects with a `CrabError`: DIRECTORY_IN_USE when another process, or this one, has the directory open; others say what is
 * wrong with an option, the directory or a file, and what to do.
 *
 * ```ts run
 * import { open } from 'crabkv';
 *
 * await using kv = await open({ dir: './data', appendfsync: 'everysec' });
 * await kv.set('user:1', 'rustacean');
 * kv.sync.get('user:1'); // -> 'rustacean'
 * ```
 */
export async function open(options: OpenOptions = {}): Promise<OpenedStore> {
  const { db = 0, logger = SILENT, onFatal = throwUncaught, ...directives } = options;
  const config = new Config();
  if (directives.dir === undefined) keepInMemory(config);
  configure(config, directives, 'open');
  const databases = config.integer('databases');
  if (!Number.isInteger(db) || db < 0 || db >= databases) {
    throw new UsageError(
      `db is ${db}; it must be a whole number from 0 to ${databases - 1} (see the option databases)`,
    );
  }
  const server = await startEmbedded(config, logger, { onFatal });
  return new OpenedStore(server, db, onFatal);
}

function throwUncaught(error: Error): void {
  setImmediate(() => {
    throw error;
  });
}
