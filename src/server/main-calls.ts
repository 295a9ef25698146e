/**
 * What any thread may ask of the whole server, answered where all threads are known.
 */

import { CrabError } from '../base/errors.js';
import { type AccessLogEntry, mergeAccessLogs } from '../engine/access-log.js';
import type { Config, ConfigPairs } from '../engine/config/config.js';
import * as errors from '../engine/errors.js';
import type { ClientFilter, ReloadOptions, ShutdownOptions } from '../engine/services.js';
import { mergeEntries, type SlowlogEntry } from '../engine/slowlog.js';
import type { UsersChange } from '../engine/users-changes.js';
import type { AccessControl } from './access-control.js';
import { describeFileError, rewriteConfigFile } from './config-file.js';
import type { Logger } from './console.js';
import type { MainCalls } from './messages.js';
import type { Reactors } from './reactors.js';
import type { Saver } from './saver.js';
import type { Scavenger } from './scavenger.js';
import type { TlsService } from './tls-service.js';

const ERROR_NO_CONFIG_FILE = 'ERR The server is running without a config file';

/** The server, as far as it is needed here. */
export interface WholeServer {
  readonly config: Config;
  readonly logger: Logger;
  readonly access: AccessControl;
  readonly reactors: Reactors;
  /** Undefined where nothing is kept on disk. */
  readonly saver: Saver | undefined;
  readonly scavenger: Scavenger | undefined;
  /** Undefined without `tls-port`. */
  readonly tls: TlsService | undefined;
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
    aclSetUser: async ({ name, rules }) => changeUsers(server, server.access.set(name, rules)),
    aclDeleteUsers: (names) => deleteUsers(server, names),
    aclLoad: async () => changeUsers(server, server.access.load()),
    aclSave: () => server.access.save(),
    aclLogEntries: (count) => accessLogEntries(server, count),
    aclResetLog: async () => void (await server.reactors.all('resetAccessLog', undefined)),
    feedMonitors: async (news) => void (await server.reactors.all('showMonitors', news)),
    log: ({ level, text }) => server.logger[level](text),
    crashed: (message) => server.crashed(new CrabError('THREAD_BROKEN', message)),
  };
}

async function configSet(server: WholeServer, pairs: ConfigPairs): Promise<string | undefined> {
  const { config, reactors } = server;
  const error = config.validate(pairs, true); // the thread that asks has looked who it is
  if (error !== undefined) return error;
  const secure = server.tls?.prepare(pairs);
  if (typeof secure === 'string') return secure;
  config.apply(pairs);
  server.configured();
  if (secure !== undefined) await server.tls?.use(secure);
  await reactors.all('applyConfig', pairs);
  return undefined;
}

/** A change that was made here is made everywhere; an error line is the answer. */
async function changeUsers(
  { reactors }: WholeServer,
  change: UsersChange | string,
): Promise<string | undefined> {
  if (typeof change === 'string') return change;
  await reactors.all('changeUsers', change);
  return undefined;
}

async function deleteUsers(server: WholeServer, names: readonly string[]): Promise<number | string> {
  const change = server.access.delete(names);
  if (typeof change === 'string') return change;
  await changeUsers(server, change);
  return change.names.length;
}

async function accessLogEntries(
  { config, reactors }: WholeServer,
  count: number,
): Promise<readonly AccessLogEntry[]> {
  const lengthMax = config.integer('acllog-max-len');
  const threads = await reactors.all('accessLogEntries', lengthMax);
  return mergeAccessLogs(threads).slice(0, Math.min(count, lengthMax));
}

function configRewrite({ config, logger, access }: WholeServer): string | undefined {
  const { file } = config;
  if (file === undefined) return ERROR_NO_CONFIG_FILE;
  try {
    rewriteConfigFile(file, config, access);
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
