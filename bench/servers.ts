/** The servers that are measured: CrabKV and redis-server in the same mode, each with a directory of its own. */

import {
  freePort,
  MAIN_PATH,
  Server,
  type StartOptions,
  startCrabkv,
  startRedis,
} from '../test/support/server.js';
import { makeTemporaryDirectory } from '../test/support/temporary.js';
import type { Contestants } from './contest.js';
import type { Settings } from './settings.js';

const READY_MS = 15_000;
/** Loading millions of keys included. */
const LOAD_LIMIT_MS = 300_000;

export type Durability = 'none' | 'everysec' | 'always';
export type Directives = Readonly<Record<string, string>>;

/** Rewrites by growth are off, so that no run carries one that another does not. */
function durabilityDirectives(durability: Durability): Directives {
  return {
    appendonly: durability === 'none' ? 'no' : 'yes',
    appendfsync: durability === 'none' ? 'everysec' : durability,
    'auto-aof-rewrite-percentage': '0',
  };
}

/** What CrabKV alone is told. */
function ownDirectives({ reactor }: Settings): Directives {
  return reactor === undefined ? {} : { reactor };
}

/** Starts a CrabKV with the reactor of the settings. */
export function startOwn(settings: Settings, durability: Durability, more: Directives = {}): Promise<Server> {
  const directives = { ...durabilityDirectives(durability), ...ownDirectives(settings), ...more };
  return startCrabkv({ directives });
}

export function startPeer(durability: Durability, more: Directives = {}): Promise<Server> {
  return startRedis({ directives: { ...durabilityDirectives(durability), ...more } });
}

/** Both servers in one mode; `more` is for both. */
export async function startBoth(
  settings: Settings,
  durability: Durability,
  more: Directives = {},
): Promise<Contestants> {
  const [crabkv, redis] = await Promise.all([
    startOwn(settings, durability, more),
    startPeer(durability, more),
  ]);
  return { crabkv, redis };
}

export async function stopAll(servers: readonly Server[]): Promise<void> {
  await Promise.all(servers.map((server) => server.stop()));
}

export function stopBoth({ crabkv, redis }: Contestants): Promise<void> {
  return stopAll([crabkv, redis]);
}

/** Starts both, does the work and ends both, however the work went. */
export async function withBoth<T>(
  settings: Settings,
  durability: Durability,
  work: (both: Contestants) => Promise<T>,
): Promise<T> {
  const both = await startBoth(settings, durability);
  try {
    return await work(both);
  } finally {
    await stopBoth(both);
  }
}

/** Ends a server if it still runs, and starts another on its directory. */
export async function restartOn(settings: Settings, server: Server): Promise<Server> {
  await server.kill();
  const directives = durabilityDirectives('none');
  const options: StartOptions = { directory: server.directory, directives, readyMs: LOAD_LIMIT_MS };
  if (server.name === 'redis') return startRedis(options);
  return startCrabkv({ ...options, directives: { ...directives, ...ownDirectives(settings) } });
}

/** Starts a CrabKV without persistence on any Node binary, with options for Node itself. */
export async function startOnNode(
  settings: Settings,
  nodePath: string,
  nodeOptions: readonly string[] = [],
): Promise<Server> {
  const directory = makeTemporaryDirectory();
  const port = await freePort();
  const directives: Directives = {
    bind: '127.0.0.1',
    save: '',
    threads: '1',
    ...durabilityDirectives('none'),
    ...ownDirectives(settings),
    dir: directory,
    port: String(port),
  };
  const args = Object.entries(directives).flatMap(([name, value]) => [`--${name}`, value]);
  const server = new Server('crabkv', nodePath, [...nodeOptions, MAIN_PATH, ...args], port, directory, {});
  await server.ready(READY_MS);
  return server;
}
