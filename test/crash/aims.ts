/** Moments at which a server is killed, while it is written to. */

import { watch } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { SNAPSHOT_TEMPORARY_FILE } from '../../src/engine/snapshot/format.js';
import { ACTIVE_NAME } from '../../src/engine/wal/log-file.js';
import type { SeededRandom } from '../support/random.js';
import type { Server } from '../support/server.js';

export type Aim = keyof typeof AIMS;

/** Resolves at a moment to kill the server at: true when it is the one that was aimed at, false when that has not come. */
type Wait = (server: Server, random: SeededRandom) => Promise<boolean>;

/** Under load a server lives between these, if nothing else ends it. */
const LOAD_MS_MIN = 50;
const LOAD_MS_MAX = 500;
/** What is aimed at and does not come within this is given up: a machine may be slow. */
const PATIENCE_MS = 4000;
/** How long after the event the kill comes, at most. */
const SNAPSHOT_MS_MAX = 30;
const RELOAD_MS_MAX = 200;
const SHUTDOWN_MS_MAX = 60;
const POLICIES = ['always', 'everysec', 'no'] as const;

export const AIMS = {
  load: async (_server, random) => {
    await someLoad(random);
    return true;
  },

  /** A snapshot is being written, or has just been. */
  snapshot: async (server, random) => {
    await someLoad(random);
    const begun = appearance(server.directory, (name) => name === SNAPSHOT_TEMPORARY_FILE);
    send(server, 'BGSAVE');
    const isHit = await begun;
    await delay(random.below(SNAPSHOT_MS_MAX));
    return isHit;
  },

  /** All threads write a snapshot and load it again. */
  reload: async (server, random) => {
    await someLoad(random);
    const begun = appearance(server.directory, (name) => name === SNAPSHOT_TEMPORARY_FILE);
    send(server, 'DEBUG', 'RELOAD');
    const isHit = await begun;
    await delay(random.below(RELOAD_MS_MAX));
    return isHit;
  },

  /** The log goes on in another file. */
  segment: async (server) =>
    await appearance(server.directory, (name) => name.startsWith('wal') && name !== ACTIVE_NAME),

  /** The promise changes all the time. */
  policy: async (server, random) => {
    const connection = await server.connect();
    let isOver = false;
    const changing = (async () => {
      while (!isOver) {
        await connection
          .request('CONFIG', 'SET', 'appendfsync', POLICIES[random.below(POLICIES.length)]!)
          .catch(() => {
            isOver = true;
          });
      }
    })();
    await someLoad(random);
    isOver = true;
    void changing.then(() => connection.close());
    return true;
  },

  /** It is about to end of its own accord. */
  shutdown: async (server, random) => {
    await someLoad(random);
    if (random.below(3) === 0) server.child.kill('SIGTERM');
    else send(server, 'SHUTDOWN', random.below(2) === 0 ? 'SAVE' : 'NOSAVE');
    await delay(random.below(SHUTDOWN_MS_MAX));
    return server.isRunning;
  },

  /** As `load`; the caller kills what is started next, too, before it has loaded everything. */
  loading: async (_server, random) => {
    await someLoad(random);
    return true;
  },
} satisfies Readonly<Record<string, Wait>>;

export const AIM_NAMES: readonly Aim[] = Object.keys(AIMS) as Aim[];
/** What there is in a process that has opened a store: its own thread can't be stopped for a reload. */
export const EMBEDDED_AIM_NAMES: readonly Aim[] = AIM_NAMES.filter((name) => name !== 'reload');

function someLoad(random: SeededRandom): Promise<void> {
  return delay(LOAD_MS_MIN + random.below(LOAD_MS_MAX - LOAD_MS_MIN));
}

/** Sends a request on a connection of its own; whether it is answered does not matter. */
function send(server: Server, ...request: string[]): void {
  server
    .connect()
    .then((connection) => connection.request(...request).finally(() => connection.close()))
    .catch(() => {});
}

/** Resolves to true when a file whose name fits is made, renamed or changed in a directory; to false when that takes too long. */
async function appearance(directory: string, fits: (name: string) => boolean): Promise<boolean> {
  const controller = new AbortController();
  const watcher = watch(directory);
  try {
    return await Promise.race([
      new Promise<boolean>((resolve) => {
        watcher.on('change', (_kind, name) => {
          if (fits(String(name))) resolve(true);
        });
      }),
      delay(PATIENCE_MS, false, { signal: controller.signal }),
    ]);
  } finally {
    controller.abort();
    watcher.close();
  }
}
