/** Servers that nobody asks anything: the processor and the memory that they take all the same. */

import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { processorMs, residentBytes } from '../test/support/process-usage.js';
import type { Server } from '../test/support/server.js';
import { medianOf } from './contest.js';
import { type Figure, pairOf, type Section } from './figure.js';
import { atMost } from './goal.js';
import { withBoth } from './servers.js';
import type { Settings } from './settings.js';

/** After the start, until what it left to do is done. */
const SETTLE_MS = 1500;
const WATCH_MS = 5000;
const MIB = 2 ** 20;

/**
 * CPU time of all threads in milliseconds, by the scheduler's own count in nanoseconds (proc(5), schedstat): the usual
 * count in ticks of 10 ms is too coarse for an idle process. Threads that ended meanwhile are not in it.
 */
function exactProcessorMs(pid: number): number {
  let nanoseconds = 0;
  try {
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      nanoseconds += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1').split(' ')[0]);
    }
  } catch {
    return processorMs(pid); // a kernel without these figures
  }
  return nanoseconds / 1e6;
}

/** Share of a core, in percent. */
async function watch({ pid }: Server): Promise<number> {
  const beforeMs = exactProcessorMs(pid);
  const startMs = performance.now();
  await delay(WATCH_MS);
  return ((exactProcessorMs(pid) - beforeMs) / (performance.now() - startMs)) * 100;
}

export async function measureIdle(settings: Settings): Promise<Section> {
  const figures: Figure[] = [];
  for (const durability of ['none', 'always'] as const) {
    await withBoth(settings, durability, async ({ crabkv, redis }) => {
      await delay(SETTLE_MS);
      const turns: { crabkv: number; redis: number }[] = [];
      for (let i = 0; i < settings.repeats; i++) {
        // At the same time: what does nothing takes nothing from another.
        const [own, peer] = await Promise.all([watch(crabkv), watch(redis)]);
        turns.push({ crabkv: own, redis: peer });
      }
      figures.push({
        what: `idle, no connection, ${durability === 'none' ? 'no persistence' : durability}`,
        unit: '% of a core',
        better: 'lower',
        digits: 1,
        values: {
          crabkv: medianOf(turns, (turn) => turn.crabkv),
          redis: medianOf(turns, (turn) => turn.redis),
        },
        goal: { of: 'value', goal: atMost(0, 1) },
      });
      figures.push({
        what: `resident memory, empty, ${durability === 'none' ? 'no persistence' : durability}`,
        unit: 'MiB',
        better: 'lower',
        digits: 1,
        values: pairOf({ crabkv, redis }, ({ pid }) => residentBytes(pid) / MIB),
      });
    });
  }
  return { title: 'Idle', text: [], figures };
}
