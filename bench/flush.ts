/** FLUSHALL of many keys: who waits for it, and whether the memory goes back to the system. */

import { setTimeout as delay } from 'node:timers/promises';
import { fill } from '../test/support/bulk.js';
import { residentBytes } from '../test/support/process-usage.js';
import { bothInTurns, medianOf } from './contest.js';
import { pairOf, type Section } from './figure.js';
import { withBoth } from './servers.js';
import type { Settings } from './settings.js';
import { measureWaits, waitFigures } from './waits.js';

const SETTLE_MS = 5000;
const KEYS_MAX = 1_000_000;
const MIB = 2 ** 20;

export async function measureFlush(settings: Settings): Promise<Section> {
  const count = Math.min(settings.keyCount, KEYS_MAX);
  const turns = await withBoth(settings, 'none', (both) =>
    bothInTurns(both, settings.repeats, async (server) => {
      await fill(server, { count });
      const [, waits] = await measureWaits(settings, server, async () => {
        const connection = await server.connect();
        await connection.call('FLUSHALL');
        connection.close();
        await delay(SETTLE_MS);
      });
      return { ...waits, resident: residentBytes(server.pid) / MIB };
    }),
  );
  return {
    title: 'FLUSHALL',
    text: [`Of ${count / 1e6} M keys; the ${SETTLE_MS / 1000} s after it count in.`],
    figures: [
      ...waitFigures('during FLUSHALL', turns, false),
      {
        what: `resident memory ${SETTLE_MS / 1000} s after FLUSHALL`,
        unit: 'MiB',
        better: 'lower',
        digits: 1,
        values: pairOf(turns, (own) => medianOf(own, ({ resident }) => resident)),
      },
    ],
  };
}
