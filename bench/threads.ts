/** A second reactor thread under two load generators, against one thread under one: what sharing the memory costs. */

import { cpuMicrosOf, medianOf, warmUpOf } from './contest.js';
import { alone, type Section } from './figure.js';
import { atMost } from './goal.js';
import { CLIENTS, scaled } from './loads.js';
import type { Load } from './redis-benchmark.js';
import { startOwn, stopAll } from './servers.js';
import type { Settings } from './settings.js';

const LOAD: Load = { test: 'set', clients: CLIENTS, pipeline: 16, requests: 1_000_000 };
/** Two threads may cost so much more per operation than one. */
const RATIO_GOAL = 1.1;

export async function measureThreads(settings: Settings): Promise<Section> {
  const load = scaled(LOAD, settings);
  const servers = await Promise.all([
    startOwn(settings, 'none'),
    startOwn(settings, 'none', { threads: '2' }),
  ]);
  const [one, two] = servers;
  const turns: { one: number; two: number }[] = [];
  try {
    await cpuMicrosOf(one, warmUpOf(load));
    await cpuMicrosOf(two, warmUpOf(load), 2);
    for (let i = 0; i < settings.repeats; i++) {
      turns.push({ one: await cpuMicrosOf(one, load), two: await cpuMicrosOf(two, load, 2) });
    }
  } finally {
    await stopAll(servers);
  }
  const oneMicros = medianOf(turns, (turn) => turn.one);
  const twoMicros = medianOf(turns, (turn) => turn.two);
  return {
    title: 'Two threads',
    text: ['SET, no persistence, P=16: one reactor thread under one load generator, and two under two.'],
    figures: [
      { what: 'one thread', unit: 'us/op', better: 'lower', digits: 2, values: alone(oneMicros) },
      { what: 'two threads', unit: 'us/op', better: 'lower', digits: 2, values: alone(twoMicros) },
      {
        what: 'two threads, as multiple of one',
        unit: 'x',
        better: 'lower',
        digits: 2,
        values: alone(twoMicros / oneMicros),
        goal: { of: 'value', goal: atMost(RATIO_GOAL) },
      },
    ],
  };
}
