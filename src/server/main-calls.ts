/**
 * What any thread may ask of the whole server, answered where all threads are known.
 */

import { CrabError } from '../base/errors.js';
import type { Config, ConfigPairs } from '../engine/config/config.js';
import * as errors from '../engine/errors.js';
import type { ClientFilter, ReloadOptions, ShutdownOptions } from '../engine/services.js';
import { mergeEntries, type SlowlogEntry } from '../engine/slowlog.js';
import { describeFileError, rewriteConfigFile } from './config-file.js';
import type { Logger } from './console.js';
import type { MainCalls } from './messages.js';
import type { Reactors } from './reactors.js';
import type { Saver } from './saver.js';
import type { Scavenger } from './scavenger.js';

const ERROR_NO_CONFIG_FILE = 'ERR The server is running without a config file';

/** The server, as far as it is needed here. */
export interface WholeServer {
  readonly config: Config;
  readonly logger: Logger;
  readonly reactors: Reactors;
  /** Undefined where nothing is kept on disk. */
  readonly saver: Saver | undefined;
  readonly scavenger: Scavenger | undefined;
  shutdown(options: ShutdownOptions): Promise<string | undefined>;
  abortShutdown(): string | undefined;
  reload(options: ReloadOptions): Promise<string | undefined>;
  /** The configuration was changed; before the threads are told. */
  configured(): void;
  /** Memory can't be trusted any more. */
  crashed(error: Error): void;
}

/** The calls that `server` serves; it may still be starting. */
export function createMainCalls(server: WholeServer): Omit<MainCalls, 'ready'> {
  return {
    save: async () => (server.saver === undefined ? errors.IN_MEMORY_ONLY : server.saver.save()),
    backgroundSave: (schedule) =>
      server.saver === undefined ? errors.IN_MEMORY_ONLY : server.saver.backgroundSave(schedule),
    shutdown: (options) => server.shutdown(options),
    abortShutdown: () => server.abortShutdown(),
    reload: (options) => server.reload(options),
    setActiveExpire: async (isOn) => void (await server.reactors.all('setActiveExpire', isOn)),
    configSet: (pairs) => configSet(server, pairs),
    configRewrite: () => configRewrite(server),
    purgeMemory: async () => {
      await server.scavenger?.purge();
      return undefined;
    },
    listClients: (filter) => listClients(server.reactors, filter),
    killClients: async (filter) => sum(await server.reactors.all('killClients', filter)),
    unblockClient: async (target) => (await server.reactors.all('unblockClient', target)).includes(true),
    slowlogEntries: (count) => slowlogEntries(server, count),
    slowlogLength: async () => {
      const length = sum(await server.reactors.all('slowlogLength', undefined));
      return Math.min(length, server.config.integer('slowlog-max-len'));
    },
    resetSlowlog: async () => void (await server.reactors.all('resetSlowlog', undefined)),
    feedMonitors: async (news) => void (await server.reactors.all('showMonitors', news)),
    log: ({ level, text }) => server.logger[level](text),
    crashed: (message) => server.crashed(new CrabError('THREAD_BROKEN', message)),
  };
}

async function configSet(server: WholeServer, pairs: ConfigPairs): Promise<string | undefined> {
  const { config, reactors } = server;
  const error = config.validate(pairs);
  if (error !== undefined) return error;
  config.apply(pairs);
  server.configured();
  await reactors.all('applyConfig', pairs);
  return undefined;
}

function configRewrite({ config, logger }: WholeServer): string | undefined {
  const { file } = config;
  if (file === undefined) return ERROR_NO_CONFIG_FILE;
  try {
    rewriteConfigFile(file, config);
  } catch (error) {
    const reason = describeFileError(error);
    logger.warning(`CONFIG REWRITE failed: ${reason}`);
    return errors.errorLine(`ERR Rewriting config file: ${reason}`);
  }
  logger.notice('CONFIG REWRITE executed with success.');
  return undefined;
}

async function listClients(reactors: Reactors, filter: ClientFilter): Promise<string> {
  const lines = (await reactors.all('listClients', filter)).flat();
  return lines
    .sort((a, b) => a.id - b.id)
    .map(({ text }) => `${text}\n`)
    .join('');
}

async function slowlogEntries(
  { config, reactors }: WholeServer,
  count: number,
): Promise<readonly SlowlogEntry[]> {
  const wanted = Math.min(count, config.integer('slowlog-max-len'));
  return mergeEntries(await reactors.all('slowlogEntries', wanted), wanted);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
