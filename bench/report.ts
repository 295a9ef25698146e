/** From figures to `docs/benchmarks.md`. */

import type { Both } from './contest.js';
import {
  type Figure,
  figureVerdict,
  formatNumber,
  judgedValue,
  PEER,
  ratioOf,
  type Section,
  type WordTable,
} from './figure.js';
import { describeGoal, type Goal, isMet, verdict } from './goal.js';
import type { LoadRow, LoadSection } from './loads.js';
import type { VariantTable } from './variants.js';

export interface Report {
  readonly machine: readonly string[];
  /** The reactor that all rows are of, as INFO of the server has it. */
  readonly reactor: string;
  readonly command: string;
  readonly date: string;
  readonly repeats: number;
  readonly loads: readonly LoadSection[];
  readonly variants: readonly VariantTable[];
  readonly sections: readonly Section[];
}

/** A figure of any kind with its goal. */
interface Judged {
  readonly what: string;
  readonly goal: Goal;
  readonly value: number;
}

/** A ratio this close to 1 is a draw: medians of a busy machine say no more. */
const DRAW = 0.03;

const THOUSAND = 1000;

/** CrabKV's and Redis's value and their ratio, as three cells. */
function cells(both: Both, digits: number): string {
  const { crabkv, redis } = both;
  return `${formatNumber(crabkv, digits)} | ${formatNumber(redis, digits)} | ${formatNumber(ratioOf(both))}`;
}

function loadTables({ title, text, rows }: LoadSection): string[] {
  const work = rows.map(({ what, figures: { cpuMicros, throughput }, goals }) => {
    const perSecond = { crabkv: throughput.crabkv / THOUSAND, redis: throughput.redis / THOUSAND };
    const cpu = `${cells(cpuMicros, 2)} | ${verdict(goals.cpuMicros, ratioOf(cpuMicros))}`;
    return `| ${what} | ${cpu} | ${cells(perSecond, 1)} | ${verdict(goals.throughput, ratioOf(perSecond))} |`;
  });
  const waits = rows.map(({ what, figures: { p50, p99, p999 }, goals }) => {
    const middle = `${cells(p50, 3)} | ${verdict(goals.p50, ratioOf(p50))}`;
    return `| ${what} | ${middle} | ${cells(p99, 3)} | ${verdict(goals.p99, ratioOf(p99))} | ${cells(p999, 3)} |`;
  });
  return [
    `## ${title}: CPU time per operation, and throughput`,
    '',
    ...text.flatMap((paragraph) => [paragraph, '']),
    'CPU time is user and system time of the server process per operation, in microseconds; throughput is in thousands of',
    'requests a second. Ratios are CrabKV to Redis, and goals are for ratios.',
    '',
    '| load | CrabKV us/op | Redis us/op | ratio | goal | CrabKV k/s | Redis k/s | ratio | goal |',
    '|---|--:|--:|--:|---|--:|--:|--:|---|',
    ...work,
    '',
    `## ${title}: latency, in milliseconds, as the client sees it`,
    '',
    'redis-benchmark measures in steps of 8 us.',
    '',
    '| load | CrabKV p50 | Redis p50 | ratio | goal | CrabKV p99 | Redis p99 | ratio | goal ' +
      '| CrabKV p99.9 | Redis p99.9 | ratio |',
    '|---|--:|--:|--:|---|--:|--:|--:|---|--:|--:|--:|',
    ...waits,
    '',
  ];
}

/** Rows of variants, columns of loads; each cell with its ratio to Redis, which is the last row. */
function variantTable({ title, columns, rows, notes }: VariantTable): string[] {
  const peer = rows.at(-1)?.micros ?? [];
  return [
    `## ${title}`,
    '',
    'CPU time per operation in microseconds, no persistence, all in turns; in parentheses the ratio to Redis.',
    '',
    `| | ${columns.join(' | ')} |`,
    `|---|${columns.map(() => '--:|').join('')}`,
    ...rows.map(({ name, micros }) => {
      const values = micros.map((value, i) => {
        return `${formatNumber(value)} (${formatNumber(value / (peer[i] ?? Number.NaN))})`;
      });
      return `| ${name} | ${values.join(' | ')} |`;
    }),
    '',
    ...notes.flatMap((note) => [note, '']),
  ];
}

function sectionTable({ title, text, peer = PEER, figures, table }: Section): string[] {
  return [
    `## ${title}`,
    '',
    ...text.flatMap((paragraph) => [paragraph, '']),
    `| what | unit | CrabKV | ${peer} | ratio | better | goal |`,
    '|---|---|--:|--:|--:|---|---|',
    ...figures.map((figure) => {
      const { what, unit, values, better, digits } = figure;
      const of = figure.goal?.of === 'ratio' ? 'ratio ' : '';
      return `| ${what} | ${unit} | ${cells(values, digits)} | ${better} | ${of}${figureVerdict(figure)} |`;
    }),
    '',
    ...(table === undefined ? [] : wordTable(table)),
  ];
}

function wordTable({ columns, rows }: WordTable): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(columns), `|---|${'--:|'.repeat(columns.length - 1)}`, ...rows.map(line), ''];
}

/** Every goal that a figure of this run is judged by. */
function judgements(loads: readonly LoadRow[], sections: readonly Section[]): Judged[] {
  const names = {
    cpuMicros: 'CPU time per operation',
    throughput: 'throughput',
    p50: 'p50',
    p99: 'p99',
  } as const;
  const judged: Judged[] = [];
  for (const { what, figures, goals } of loads) {
    for (const field of ['cpuMicros', 'throughput', 'p50', 'p99'] as const) {
      const goal = goals[field];
      if (goal === undefined) continue;
      judged.push({ what: `${names[field]}, ${what}, ratio to Redis`, goal, value: ratioOf(figures[field]) });
    }
  }
  for (const { peer = PEER, figures } of sections) {
    for (const figure of figures) {
      if (figure.goal === undefined) continue;
      const of = figure.goal.of === 'ratio' ? `, ratio to ${peer}` : '';
      judged.push({ what: `${figure.what}${of}`, goal: figure.goal.goal, value: judgedValue(figure) });
    }
  }
  return judged;
}

function goalLines(judged: readonly Judged[]): string[] {
  const missed = judged.filter(({ goal, value }) => !isMet(goal, value));
  return [
    '## Goals',
    '',
    `Goals stand beside the figures. ${judged.length - missed.length} of ${judged.length} are met` +
      `${missed.length === 0 ? '.' : '; missed are:'}`,
    '',
    ...missed.map(({ what, goal, value }) => {
      return `- ${what}: ${formatNumber(value, goal.digits)}, goal ${describeGoal(goal)}`;
    }),
    ...(missed.length === 0 ? [] : ['']),
  ];
}

/** Every figure where Redis, or who else stands beside CrabKV, is ahead by more than a draw, as sentences. */
export function losses(loads: readonly LoadRow[], sections: readonly Section[]): string[] {
  const lower = { better: 'lower', digits: 3 } as const;
  const rows: Figure[] = [
    ...loads.flatMap(({ what, figures: load }): Figure[] => [
      { ...lower, what: `CPU time per operation, ${what}`, unit: 'us', values: load.cpuMicros, digits: 2 },
      { better: 'higher', what: `throughput, ${what}`, unit: '/s', values: load.throughput, digits: 0 },
      { ...lower, what: `p50, ${what}`, unit: 'ms', values: load.p50 },
      { ...lower, what: `p99, ${what}`, unit: 'ms', values: load.p99 },
      { ...lower, what: `p99.9, ${what}`, unit: 'ms', values: load.p999 },
    ]),
    ...sections.flatMap(({ peer, figures }) => {
      return peer === undefined
        ? figures
        : figures.map((figure) => ({ ...figure, what: `${figure.what}, beside ${peer}` }));
    }),
  ];
  return rows
    .filter(({ values, better }) => {
      const value = ratioOf(values);
      return better === 'lower' ? value > 1 + DRAW : value < 1 - DRAW;
    })
    .map(({ what, unit, values, digits }) => {
      const [own, peer] = [formatNumber(values.crabkv, digits), formatNumber(values.redis, digits)];
      return `- ${what}: ${own} ${unit} against ${peer} ${unit}, ratio ${formatNumber(ratioOf(values))}`;
    });
}

/** The whole page. */
export function renderReport(report: Report): string {
  const { machine, reactor, command, date, repeats, variants, sections } = report;
  const loads = report.loads.flatMap(({ rows }) => rows);
  const lost = losses(loads, sections);
  return [
    '# Benchmarks',
    '',
    'Written by `npm run bench`: CrabKV and redis-server side by side on one machine, in turns, loaded by redis-benchmark over',
    'the loopback interface, where nothing else is said with values of 64 bytes under 100,000 random keys. Medians of',
    `${repeats} turn(s) each. The load generator shares the processors with the servers, so throughput says little and CPU`,
    'time per operation says much.',
    '',
    `- ${date}`,
    ...machine,
    `- CrabKV's reactor, where nothing else is said: ${reactor}`,
    `- \`${command}\``,
    '',
    ...goalLines(judgements(loads, sections)),
    ...report.loads.flatMap(loadTables),
    ...variants.flatMap(variantTable),
    ...sections.flatMap(sectionTable),
    '## Where we lose',
    '',
    ...(lost.length > 0
      ? [`Figures in which Redis, or who else is named, is ahead by more than ${DRAW * 100} %:`, '', ...lost]
      : [`In this run there was no figure in which Redis was ahead by more than ${DRAW * 100} %.`]),
    '',
  ].join('\n');
}
