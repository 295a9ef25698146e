/** From figures to `docs/benchmarks.md`. */

import type { Both, LoadFigures } from './contest.js';

/** A measured load, with the goals that the design sets for its ratios. */
export interface LoadRow {
  readonly what: string;
  readonly figures: LoadFigures;
  /** CPU time per operation at most so many times Redis's. */
  readonly cpuGoal?: number;
  /** Throughput at least so many times Redis's. */
  readonly throughputGoal?: number;
}

/** Any other figure. */
export interface FigureRow {
  readonly what: string;
  readonly unit: string;
  readonly figures: Both;
  readonly better: 'lower' | 'higher';
  /** The goal for CrabKV's own figure, in the row's unit. */
  readonly goal?: number;
  readonly digits?: number;
}

/** SET with P=16: CPU time per operation of one thread under one load generator and of two under two, in microseconds. */
export interface ThreadFigures {
  readonly oneMicros: number;
  readonly twoMicros: number;
}

export interface Report {
  readonly machine: readonly string[];
  readonly command: string;
  readonly date: string;
  readonly repeats: number;
  readonly loads: readonly LoadRow[];
  readonly threads: ThreadFigures | undefined;
  readonly figures: readonly FigureRow[];
}

/** A ratio this close to 1 is a draw: medians of a busy machine say no more. */
const DRAW = 0.03;

/** Two threads may cost so much more per operation than one. */
const THREADS_GOAL = 1.1;

const ratioOf = ({ crabkv, redis }: Both) => crabkv / redis;
const number = (value: number, digits = 2) => (Number.isFinite(value) ? value.toFixed(digits) : 'n/a');
const ratio = (both: Both) => number(ratioOf(both));

/** CrabKV's and Redis's figure and their ratio, as three cells; the ratio is marked when it misses its goal. */
function cells(both: Both, digits: number, isMissed = false): string {
  const mark = isMissed ? ' (goal missed)' : '';
  return `${number(both.crabkv, digits)} | ${number(both.redis, digits)} | ${ratio(both)}${mark}`;
}

function loadTables(loads: readonly LoadRow[]): string[] {
  const work = loads.map(({ what, figures, cpuGoal = Number.POSITIVE_INFINITY, throughputGoal = 0 }) => {
    const cpu = cells(figures.cpuMicros, 2, ratioOf(figures.cpuMicros) > cpuGoal);
    const perSecond = {
      crabkv: figures.throughput.crabkv / 1000,
      redis: figures.throughput.redis / 1000,
    };
    return `| ${what} | ${cpu} | ${cells(perSecond, 1, ratioOf(perSecond) < throughputGoal)} |`;
  });
  const waits = loads.map(({ what, figures: { p50, p99, p999 } }) => {
    return `| ${what} | ${cells(p50, 3)} | ${cells(p99, 3)} | ${cells(p999, 3)} |`;
  });
  return [
    '## CPU time per operation, and throughput',
    '',
    'CPU time is user and system time of the server process per operation, in microseconds; throughput is in thousands of',
    'requests a second. Ratios are CrabKV to Redis.',
    '',
    '| load | CrabKV us/op | Redis us/op | ratio | CrabKV k/s | Redis k/s | ratio |',
    '|---|--:|--:|--:|--:|--:|--:|',
    ...work,
    '',
    '## Latency, in milliseconds, as the client sees it',
    '',
    '| load | CrabKV p50 | Redis p50 | ratio | CrabKV p99 | Redis p99 | ratio | CrabKV p99.9 | Redis p99.9 | ratio |',
    '|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|',
    ...waits,
  ];
}

function threadLines(threads: ThreadFigures | undefined): string[] {
  if (threads === undefined) return [];
  const { oneMicros, twoMicros } = threads;
  const share = twoMicros / oneMicros;
  return [
    '## Two threads',
    '',
    'SET, no persistence, P=16: CPU time per operation of one reactor thread under one load generator, and of two under two.',
    '',
    '| one thread us/op | two threads us/op | ratio |',
    '|--:|--:|--:|',
    `| ${number(oneMicros)} | ${number(twoMicros)} | ${number(share)}${share > THREADS_GOAL ? ' (goal missed)' : ''} |`,
    '',
  ];
}

function figureTable(figures: readonly FigureRow[]): string[] {
  return [
    '## Memory, snapshots, waits',
    '',
    '| what | unit | CrabKV | Redis | ratio | better |',
    '|---|---|--:|--:|--:|---|',
    ...figures.map((row) => {
      const isMissed =
        row.goal !== undefined &&
        (row.better === 'lower' ? row.figures.crabkv > row.goal : row.figures.crabkv < row.goal);
      return `| ${row.what} | ${row.unit} | ${cells(row.figures, row.digits ?? 2, isMissed)} | ${row.better} |`;
    }),
  ];
}

/** Every figure where Redis is ahead by more than a draw, as sentences. */
export function losses(loads: readonly LoadRow[], figures: readonly FigureRow[]): string[] {
  const rows: FigureRow[] = [
    ...loads.flatMap(({ what, figures: load }): FigureRow[] => [
      { what: `CPU time per operation, ${what}`, unit: 'us', figures: load.cpuMicros, better: 'lower' },
      { what: `throughput, ${what}`, unit: '/s', figures: load.throughput, better: 'higher', digits: 0 },
      { what: `p50, ${what}`, unit: 'ms', figures: load.p50, better: 'lower', digits: 3 },
      { what: `p99, ${what}`, unit: 'ms', figures: load.p99, better: 'lower', digits: 3 },
      { what: `p99.9, ${what}`, unit: 'ms', figures: load.p999, better: 'lower', digits: 3 },
    ]),
    ...figures,
  ];
  return rows
    .filter(({ figures: both, better }) => {
      const value = ratioOf(both);
      return better === 'lower' ? value > 1 + DRAW : value < 1 - DRAW;
    })
    .map(
      ({ what, unit, figures: both, digits = 2 }) =>
        `- ${what}: ${number(both.crabkv, digits)} ${unit} against ${number(both.redis, digits)} ${unit}, ratio ${ratio(both)}`,
    );
}

/** The whole page. */
export function renderReport({ machine, command, date, repeats, loads, threads, figures }: Report): string {
  const lost = losses(loads, figures);
  return [
    '# Benchmarks',
    '',
    'Written by `npm run bench`: CrabKV and redis-server side by side on one machine, in turns, loaded by redis-benchmark over',
    `the loopback interface with values of 64 bytes under 100,000 random keys. Medians of ${repeats} turn(s) each. The load`,
    'generator shares the processors with the servers, so throughput says little and CPU time per operation says much.',
    "Goals are the design's, set for a reactor over io_uring; what is measured here is the one over node:net.",
    '',
    `- ${date}`,
    ...machine,
    `- \`${command}\``,
    '',
    ...loadTables(loads),
    '',
    ...threadLines(threads),
    ...figureTable(figures),
    '',
    '## Where we lose',
    '',
    ...(lost.length > 0
      ? [`Figures in which Redis is ahead by more than ${DRAW * 100} %:`, '', ...lost]
      : [`In this run there was no figure in which Redis was ahead by more than ${DRAW * 100} %.`]),
    '',
  ].join('\n');
}
