/** Snapshots of millions of keys: how fast they are written and loaded, how large they are, and who waits meanwhile. */

import { statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fill } from '../test/support/bulk.js';
import { until } from '../test/support/fixture.js';
import type { Server } from '../test/support/server.js';
import { bothInTurns, type Contestants, median } from './contest.js';
import { type Figure, pairOf, type Section } from './figure.js';
import { atLeast } from './goal.js';
import { restartOn, withBoth } from './servers.js';
import type { Settings } from './settings.js';
import { measureWaits, waitFigures } from './waits.js';

/** For one snapshot, however slow the disk. */
const SAVE_LIMIT_MS = 300_000;
const POLL_MS = 20;
const MIB = 2 ** 20;

/** BGSAVE, until it is over. */
export async function backgroundSave(server: Server): Promise<void> {
  const connection = await server.connect();
  await connection.call('BGSAVE');
  connection.close();
  await until('the snapshot is complete', SAVE_LIMIT_MS, async () => {
    await delay(POLL_MS);
    return (await server.info('rdb_bgsave_in_progress')) === '0';
  });
}

/** Millions of keys a second. */
async function save(server: Server, keyCount: number): Promise<number> {
  const connection = await server.connect();
  const startMs = performance.now();
  const reply = await connection.call('SAVE');
  const tookMs = performance.now() - startMs;
  connection.close();
  if (reply !== 'OK') throw new Error(`SAVE of ${server.name} failed: ${JSON.stringify(reply)}`);
  return keyCount / tookMs / 1000;
}

/** From the start of the process to its first answer, less what an empty server takes: millions of keys a second. */
async function load(settings: Settings, server: Server, emptyReadyMs: number): Promise<number> {
  const again = await restartOn(settings, server);
  const connection = await again.connect();
  const count = await connection.call('DBSIZE');
  connection.close();
  await again.kill();
  const { keyCount } = settings;
  if (count !== keyCount) throw new Error(`${server.name} loaded ${count} keys of ${keyCount}`);
  return keyCount / Math.max(again.readyMs - emptyReadyMs, 1) / 1000;
}

/** Median time until an empty server answers. */
async function emptyReadyMs(settings: Settings): Promise<{ crabkv: number; redis: number }> {
  const times = { crabkv: [] as number[], redis: [] as number[] };
  for (let i = 0; i < settings.repeats; i++) {
    await withBoth(settings, 'none', async ({ crabkv, redis }) => {
      times.crabkv.push(crabkv.readyMs);
      times.redis.push(redis.readyMs);
    });
  }
  return pairOf(times, median);
}

async function measure(settings: Settings, both: Contestants): Promise<Figure[]> {
  const { keyCount, repeats } = settings;
  const empty = await emptyReadyMs(settings);
  await fill(both.crabkv, { count: keyCount });
  await fill(both.redis, { count: keyCount });
  const waits = await bothInTurns(both, repeats, async (server) => {
    const [, turn] = await measureWaits(settings, server, () => backgroundSave(server));
    return turn;
  });
  const saved = await bothInTurns(both, repeats, (server) => save(server, keyCount));
  const size = {
    crabkv: statSync(join(both.crabkv.directory, 'snapshot.json')).size / MIB,
    redis: statSync(join(both.redis.directory, 'dump.rdb')).size / MIB,
  };
  // Alone on the machine: the memory of the other is given back first.
  await Promise.all([both.crabkv.kill(), both.redis.kill()]);
  const loaded = await bothInTurns(both, repeats, (server) =>
    load(settings, server, server.name === 'redis' ? empty.redis : empty.crabkv),
  );
  const rate = { unit: 'M keys/s', better: 'higher', digits: 2 } as const;
  const notSlower = { of: 'ratio', goal: atLeast(1) } as const;
  return [
    ...waitFigures('during BGSAVE', waits),
    { ...rate, what: 'snapshot (SAVE)', values: pairOf(saved, median), goal: notSlower },
    { ...rate, what: 'load of the snapshot', values: pairOf(loaded, median), goal: notSlower },
    { what: 'size of the snapshot', unit: 'MiB', better: 'lower', digits: 1, values: size },
  ];
}

export async function measureSnapshots(settings: Settings): Promise<Section> {
  const figures = await withBoth(settings, 'none', (both) => measure(settings, both));
  return {
    title: 'Snapshots',
    text: [
      `Of ${settings.keyCount / 1e6} M strings, beside Redis's RDB file. Load and save are to be no slower than Redis's.`,
    ],
    figures,
  };
}
