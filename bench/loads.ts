/** redis-benchmark's GET and SET in every mode, with the goals of the design. */

import type { Both } from './contest.js';
import { contest, type LoadFigures } from './contest.js';
import { ratioOf } from './figure.js';
import { atLeast, atMost, type Goal, verdict } from './goal.js';
import type { Load, StandardTest } from './redis-benchmark.js';
import { type Durability, withBoth } from './servers.js';
import type { Settings } from './settings.js';

/** Connections of redis-benchmark, unless it is one. */
export const CLIENTS = 50;

/** A measured load, with its goals. All of them are for ratios of CrabKV's figure to Redis's. */
export interface LoadRow {
  readonly what: string;
  readonly figures: LoadFigures;
  readonly goals: LoadGoals;
}

/** Loads under one heading. */
export interface LoadSection {
  readonly title: string;
  /** What a reader must know, as paragraphs. */
  readonly text: readonly string[];
  readonly rows: readonly LoadRow[];
}

export type LoadGoals = Readonly<Partial<Record<keyof LoadFigures, Goal>>>;

interface LoadPlan {
  readonly what: string;
  readonly durability: Durability;
  readonly load: Load;
  readonly goals: LoadGoals;
}

/** Latency is never to be above Redis's: p99 with many connections, p50 with one. */
const NOT_ABOVE = atMost(1);

/** A load that is named after what it does. */
function plan(
  test: StandardTest,
  durability: Durability,
  pipeline: number,
  requests: number,
  goals: LoadGoals = {},
): LoadPlan {
  const mode = durability === 'none' ? 'no persistence' : durability;
  const what = `${test.toUpperCase()}, ${mode}, P=${pipeline}`;
  const load = { test, clients: CLIENTS, pipeline, requests };
  return { what, durability, load, goals: { p99: NOT_ABOVE, ...goals } };
}

/** One connection that waits for each reply before it asks again. */
function pingPong(test: StandardTest, durability: Durability, requests: number): LoadPlan {
  const mode = durability === 'none' ? 'no persistence' : durability;
  const what = `${test === 'ping_mbulk' ? 'PING' : test.toUpperCase()}, ${mode}, one connection`;
  return {
    what,
    durability,
    load: { test, clients: 1, pipeline: 1, requests },
    goals: { p50: NOT_ABOVE },
  };
}

/** SET comes first: GET wants keys to find. */
const LOADS: readonly LoadPlan[] = [
  plan('set', 'none', 1, 200_000, { cpuMicros: atMost(0.85) }),
  plan('get', 'none', 1, 200_000, { cpuMicros: atMost(0.85) }),
  plan('set', 'none', 16, 1_500_000, { cpuMicros: atMost(0.5) }),
  plan('get', 'none', 16, 1_500_000, { cpuMicros: atMost(0.5) }),
  pingPong('ping_mbulk', 'none', 30_000),
  pingPong('get', 'none', 30_000),
  plan('set', 'everysec', 1, 200_000),
  plan('get', 'everysec', 1, 200_000),
  plan('set', 'everysec', 16, 1_000_000, { cpuMicros: atMost(0.6) }),
  plan('get', 'everysec', 16, 1_500_000),
  plan('set', 'always', 1, 100_000, { throughput: atLeast(1) }),
  plan('get', 'always', 1, 200_000),
  plan('set', 'always', 16, 800_000, { cpuMicros: atMost(0.65), throughput: atLeast(1.3) }),
  plan('get', 'always', 16, 1_500_000),
  pingPong('set', 'always', 5_000),
];

/** A load with the number of requests that the settings ask for. */
export function scaled(load: Load, { scale }: Settings): Load {
  return { ...load, requests: Math.round(load.requests * scale) };
}

export async function measureLoads(settings: Settings): Promise<LoadSection> {
  const rows: LoadRow[] = [];
  for (const durability of ['none', 'everysec', 'always'] as const) {
    await withBoth(settings, durability, async (both) => {
      for (const { what, load, goals } of LOADS.filter((row) => row.durability === durability)) {
        const figures = await contest(both, scaled(load, settings), settings.repeats);
        rows.push({ what, figures, goals });
        console.log(describeLoad({ what, figures, goals }));
      }
    });
  }
  return { title: 'SET and GET', text: [], rows };
}

/** A line for the console while the bench runs. */
export function describeLoad({ what, figures, goals }: LoadRow): string {
  const pair = ({ crabkv, redis }: Both, digits: number) =>
    `${crabkv.toFixed(digits)} / ${redis.toFixed(digits)}`;
  const judged = (['cpuMicros', 'throughput', 'p50', 'p99'] as const)
    .filter((field) => goals[field] !== undefined)
    .map((field) => `; ratio of ${field} ${verdict(goals[field], ratioOf(figures[field]))}`);
  const { cpuMicros, throughput, p50, p99 } = figures;
  return [
    `${what}: cpu ${pair(cpuMicros, 2)} us/op, ${pair(throughput, 0)} per s, p50 ${pair(p50, 3)} ms, `,
    `p99 ${pair(p99, 3)} ms (crabkv / redis)`,
    ...judged,
  ].join('');
}
