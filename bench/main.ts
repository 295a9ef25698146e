/**
 * `npm run bench`: CrabKV against redis-server on this machine, written to docs/benchmarks.md.
 *
 *     --quick         a tenth of the work, one turn each: a look, not a measurement
 *     --repeats 5     turns of each load; medians are reported
 *     --keys 1000000  keys for memory, snapshots and waits
 *     --only loads    or `figures`: half of it; nothing is written then
 */

import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { fill, KEY_BYTES, VALUE_BYTES } from '../test/support/bulk.js';
import { until } from '../test/support/fixture.js';
import { numberOption, readOptions } from '../test/support/options.js';
import { type PingWaits, pingDuring } from '../test/support/ping-probe.js';
import { processorMs, residentBytes } from '../test/support/process-usage.js';
import { type Server, startCrabkv, startRedis } from '../test/support/server.js';
import { skipWithout } from '../test/support/tools.js';
import { type Both, type Contestants, contest, inTurns, type LoadFigures, median } from './contest.js';
import { describeMachine } from './machine.js';
import { type Load, runLoad } from './redis-benchmark.js';
import { type FigureRow, type LoadRow, renderReport, type ThreadFigures } from './report.js';

const OUTPUT_PATH = fileURLToPath(new URL('../../docs/benchmarks.md', import.meta.url));
const CLIENTS = 50;
const LOAD_LIMIT_MS = 300_000;
const IDLE_MS = 5000;
const FLUSH_SETTLE_MS = 5000;
const MIB = 2 ** 20;
/** Requests in one write while waits are measured: a long pipeline would make others wait by itself. */
const SMALL_BATCH = 16;

const options = readOptions(['quick', 'repeats', 'keys', 'only']);
const isQuick = options.has('quick');
const repeats = numberOption(options, 'repeats', isQuick ? 1 : 5);
const keyCount = numberOption(options, 'keys', isQuick ? 100_000 : 1_000_000);
const only = options.get('only');
const scale = isQuick ? 0.1 : 1;

type Durability = 'none' | 'everysec' | 'always';

/** Both servers in one mode. Rewrites by growth are off, so that no run carries one that another does not. */
async function startBoth(durability: Durability): Promise<Contestants> {
  const directives = {
    appendonly: durability === 'none' ? 'no' : 'yes',
    appendfsync: durability === 'none' ? 'everysec' : durability,
    'auto-aof-rewrite-percentage': '0',
  };
  const [crabkv, redis] = await Promise.all([startCrabkv({ directives }), startRedis({ directives })]);
  return { crabkv, redis };
}

async function stopBoth({ crabkv, redis }: Contestants): Promise<void> {
  await Promise.all([crabkv.stop(), redis.stop()]);
}

interface LoadPlan {
  readonly what: string;
  readonly durability: Durability;
  readonly load: Load;
  readonly cpuGoal?: number;
  readonly throughputGoal?: number;
}

type Goals = Pick<LoadPlan, 'cpuGoal' | 'throughputGoal'>;

/** A load that is named after what it does. */
function plan(
  test: 'set' | 'get',
  durability: Durability,
  clients: number,
  pipeline: number,
  requests: number,
  goals: Goals = {},
): LoadPlan {
  const parts = [test.toUpperCase(), durability === 'none' ? 'no persistence' : durability];
  if (clients === 1) parts.push('one connection');
  else parts.push(`P=${pipeline}`);
  const load = { test, clients, pipeline, requests: Math.round(requests * scale) };
  return { what: parts.join(', '), durability, load, ...goals };
}

/** What is measured, in which mode, and the goals of the design. SET comes first: GET wants keys to find. */
const LOADS: readonly LoadPlan[] = [
  plan('set', 'none', CLIENTS, 1, 200_000, { cpuGoal: 0.85 }),
  plan('get', 'none', CLIENTS, 1, 200_000, { cpuGoal: 0.85 }),
  plan('set', 'none', CLIENTS, 16, 1_500_000, { cpuGoal: 0.5 }),
  plan('get', 'none', CLIENTS, 16, 1_500_000, { cpuGoal: 0.5 }),
  plan('get', 'none', 1, 1, 30_000),
  plan('set', 'everysec', CLIENTS, 1, 200_000),
  plan('set', 'everysec', CLIENTS, 16, 1_000_000, { cpuGoal: 0.6 }),
  plan('set', 'always', CLIENTS, 1, 100_000, { throughputGoal: 1 }),
  plan('get', 'always', CLIENTS, 1, 200_000),
  plan('set', 'always', CLIENTS, 16, 800_000, { cpuGoal: 0.65, throughputGoal: 1.3 }),
  plan('set', 'always', 1, 1, 5_000),
];

async function measureLoads(): Promise<LoadRow[]> {
  const rows: LoadRow[] = [];
  for (const durability of ['none', 'everysec', 'always'] as const) {
    const both = await startBoth(durability);
    try {
      for (const { load, durability: _, ...rest } of LOADS.filter((row) => row.durability === durability)) {
        const figures = await contest(both, load, repeats);
        rows.push({ ...rest, figures });
        console.log(`${rest.what}: ${describeLoad(figures)}`);
      }
    } finally {
      await stopBoth(both);
    }
  }
  return rows;
}

function describeLoad({ cpuMicros, throughput, p99 }: LoadFigures): string {
  const pair = ({ crabkv, redis }: Both, digits: number) =>
    `${crabkv.toFixed(digits)} / ${redis.toFixed(digits)}`;
  return `cpu ${pair(cpuMicros, 2)} us/op, ${pair(throughput, 0)} per s, p99 ${pair(p99, 3)} ms (crabkv / redis)`;
}

/** A second reactor thread under two load generators, against one thread under one: what sharing the memory costs. */
async function measureThreads(): Promise<ThreadFigures> {
  const directives = { appendonly: 'no' };
  const [one, two] = await Promise.all([
    startCrabkv({ directives }),
    startCrabkv({ directives: { ...directives, threads: '2' } }),
  ]);
  const load: Load = { test: 'set', clients: CLIENTS, pipeline: 16, requests: Math.round(1_000_000 * scale) };
  const perOperation = async (server: Server, generators: number) => {
    const beforeMs = processorMs(server.pid);
    await Promise.all(Array.from({ length: generators }, () => runLoad(server.port, load)));
    return ((processorMs(server.pid) - beforeMs) * 1000) / (load.requests * generators);
  };
  try {
    await perOperation(one, 1);
    await perOperation(two, 2);
    const oneMicros: number[] = [];
    const twoMicros: number[] = [];
    for (let i = 0; i < repeats; i++) {
      oneMicros.push(await perOperation(one, 1));
      twoMicros.push(await perOperation(two, 2));
    }
    const figures = { oneMicros: median(oneMicros), twoMicros: median(twoMicros) };
    console.log(
      `one thread ${figures.oneMicros.toFixed(2)} us/op, two ${figures.twoMicros.toFixed(2)} us/op`,
    );
    return figures;
  } finally {
    await Promise.all([one.stop(), two.stop()]);
  }
}

const usedMemory = async (server: Server) => Number(await server.info('used_memory'));

/** Runs the same on one after the other: for what fills the memory or the processors. */
async function forBoth<T>(
  both: Contestants,
  work: (server: Server) => Promise<T>,
): Promise<{ crabkv: T; redis: T }> {
  const crabkv = await work(both.crabkv);
  return { crabkv, redis: await work(both.redis) };
}

function figure(
  what: string,
  unit: string,
  better: 'lower' | 'higher',
  figures: Both,
  more: { goal?: number; digits?: number } = {},
): FigureRow {
  const row: FigureRow = { what, unit, better, figures, ...more };
  console.log(`${what}: ${figures.crabkv.toFixed(2)} / ${figures.redis.toFixed(2)} ${unit} (crabkv / redis)`);
  return row;
}

/** What both used before anything was written. */
interface Baseline {
  readonly used: number;
  readonly resident: number;
  readonly readyMs: number;
}

type BothBaselines = Readonly<Record<'crabkv' | 'redis', Baseline>>;

async function measureEmpty(both: Contestants): Promise<[BothBaselines, FigureRow[]]> {
  await delay(1000);
  const idle = await forBoth(both, async (server) => {
    const beforeMs = processorMs(server.pid);
    await delay(IDLE_MS);
    return ((processorMs(server.pid) - beforeMs) / IDLE_MS) * 100;
  });
  const empty = await forBoth(both, async (server) => ({
    used: await usedMemory(server),
    resident: residentBytes(server.pid),
    readyMs: server.readyMs,
  }));
  const resident = { crabkv: empty.crabkv.resident / MIB, redis: empty.redis.resident / MIB };
  return [
    empty,
    [
      figure('idle', '% of a core', 'lower', idle),
      figure('resident memory, empty', 'MiB', 'lower', resident),
    ],
  ];
}

async function measureInsert(both: Contestants, empty: BothBaselines): Promise<FigureRow[]> {
  const full = await forBoth(both, async (server) => {
    const [, waits] = await pingDuring(server.port, () =>
      fill(server, { count: keyCount, batch: SMALL_BATCH }),
    );
    return { waits, used: await usedMemory(server), resident: residentBytes(server.pid) };
  });
  const beyond = (kind: 'used' | 'resident'): Both => {
    const of = (name: 'crabkv' | 'redis') =>
      (full[name][kind] - empty[name][kind]) / keyCount - KEY_BYTES - VALUE_BYTES;
    return { crabkv: of('crabkv'), redis: of('redis') };
  };
  const keys = `${keyCount / 1e6} M keys of ${KEY_BYTES} + ${VALUE_BYTES} bytes`;
  return [
    figure(`used_memory a key beyond key and value, ${keys}`, 'B', 'lower', beyond('used'), {
      goal: 28,
      digits: 1,
    }),
    figure('the same by growth of resident memory', 'B', 'lower', beyond('resident'), { digits: 1 }),
    ...waitFigures('while keys are inserted', full.crabkv.waits, full.redis.waits),
  ];
}

/** The goal is for the worst wait, in milliseconds; it counts the scheduler of a busy machine in. */
function waitFigures(when: string, crabkv: PingWaits, redis: PingWaits): FigureRow[] {
  return [
    figure(`wait of a ping ${when}, p99`, 'ms', 'lower', { crabkv: crabkv.p99, redis: redis.p99 }),
    figure(
      `wait of a ping ${when}, worst`,
      'ms',
      'lower',
      { crabkv: crabkv.max, redis: redis.max },
      { goal: 2 },
    ),
  ];
}

async function measureSnapshots(both: Contestants, empty: BothBaselines): Promise<FigureRow[]> {
  const { crabkv, redis } = await forBoth(both, async (server) => {
    return (await pingDuring(server.port, () => backgroundSave(server)))[1];
  });
  const repeatsOfSave = Math.min(repeats, 3);
  const saved = await inTurns(both, repeatsOfSave, async (server) => {
    const connection = await server.connect();
    const startMs = performance.now();
    const reply = await connection.call('SAVE');
    const tookMs = performance.now() - startMs;
    connection.close();
    if (reply !== 'OK') throw new Error(`SAVE of ${server.name} failed: ${JSON.stringify(reply)}`);
    return keyCount / tookMs / 1000;
  });
  const size = {
    crabkv: statSync(join(both.crabkv.directory, 'snapshot.json')).size / MIB,
    redis: statSync(join(both.redis.directory, 'dump.rdb')).size / MIB,
  };
  // Loading: from the start of the process to its first answer, less what an empty server takes.
  const loaded = await inTurns(both, repeatsOfSave, async (server) => {
    const again = await restartOn(server);
    const tookMs = again.readyMs - empty[server.name as 'crabkv' | 'redis'].readyMs;
    const connection = await again.connect();
    const count = await connection.call('DBSIZE');
    connection.close();
    await again.kill();
    if (count !== keyCount) throw new Error(`${server.name} loaded ${count} keys of ${keyCount}`);
    return keyCount / Math.max(tookMs, 1) / 1000;
  });
  return [
    ...waitFigures('during BGSAVE', crabkv, redis),
    figure('snapshot (SAVE)', 'M keys/s', 'higher', saved),
    figure('size of the snapshot', 'MiB', 'lower', size),
    figure('load of the snapshot', 'M keys/s', 'higher', loaded),
  ];
}

async function measureFlush(both: Contestants): Promise<FigureRow[]> {
  const flushed = await forBoth(both, async (server) => {
    await fill(server, { count: keyCount });
    const connection = await server.connect();
    const [, waits] = await pingDuring(server.port, async () => {
      await connection.call('FLUSHALL');
      await delay(FLUSH_SETTLE_MS);
    });
    connection.close();
    return { resident: residentBytes(server.pid) / MIB, waits };
  });
  const resident = { crabkv: flushed.crabkv.resident, redis: flushed.redis.resident };
  return [
    ...waitFigures('during FLUSHALL', flushed.crabkv.waits, flushed.redis.waits),
    figure(`resident memory ${FLUSH_SETTLE_MS / 1000} s after FLUSHALL`, 'MiB', 'lower', resident),
  ];
}

async function measureFigures(): Promise<FigureRow[]> {
  const rows: FigureRow[] = [];
  const loaded = await startBoth('none');
  try {
    const [empty, emptyRows] = await measureEmpty(loaded);
    rows.push(...emptyRows);
    rows.push(...(await measureInsert(loaded, empty)));
    rows.push(...(await measureSnapshots(loaded, empty)));
  } finally {
    await stopBoth(loaded);
  }
  const flushed = await startBoth('none');
  try {
    rows.push(...(await measureFlush(flushed)));
  } finally {
    await stopBoth(flushed);
  }
  return rows;
}

async function backgroundSave(server: Server): Promise<void> {
  const connection = await server.connect();
  await connection.call('BGSAVE');
  connection.close();
  await until('the snapshot is complete', LOAD_LIMIT_MS, async () => {
    await delay(20);
    return (await server.info('rdb_bgsave_in_progress')) === '0';
  });
}

/** Ends a server if it still runs, and starts another on its directory. */
async function restartOn(server: Server): Promise<Server> {
  await server.kill();
  const start = server.name === 'crabkv' ? startCrabkv : startRedis;
  return start({ directory: server.directory, directives: { appendonly: 'no' }, readyMs: LOAD_LIMIT_MS });
}

if (skipWithout('the benchmarks', 'redis-server', 'redis-benchmark') !== false) process.exit(1);
const loads = only === 'figures' ? [] : await measureLoads();
const threads = only === 'figures' ? undefined : await measureThreads();
const figures = only === 'loads' ? [] : await measureFigures();
const report = renderReport({
  machine: await describeMachine(),
  command: ['npm run bench', ...(process.argv.length > 2 ? ['--', ...process.argv.slice(2)] : [])].join(' '),
  date: new Date().toISOString().slice(0, 10),
  repeats,
  loads,
  threads,
  figures,
});
if (only === undefined) {
  writeFileSync(OUTPUT_PATH, report);
  console.log(`written to ${OUTPUT_PATH}`);
} else console.log(report);
