/** A figure that is not one of redis-benchmark's: of both servers, or of CrabKV alone. */

import type { Both } from './contest.js';
import { type Goal, verdict } from './goal.js';

export interface Figure {
  readonly what: string;
  readonly unit: string;
  /** NaN where Redis has no such figure. */
  readonly values: Both;
  readonly better: 'lower' | 'higher';
  /** Decimals that are printed. */
  readonly digits: number;
  readonly goal?: FigureGoal;
}

/** A goal for CrabKV's own value, in the figure's unit, or for its ratio to Redis's. */
export interface FigureGoal {
  readonly of: 'value' | 'ratio';
  readonly goal: Goal;
}

/** Figures under one heading. */
export interface Section {
  readonly title: string;
  /** What a reader must know, as paragraphs. */
  readonly text: readonly string[];
  /** Whom CrabKV stands beside, where it is not Redis. */
  readonly peer?: string;
  readonly figures: readonly Figure[];
  /** What is behind the figures, where they do not show it: any cells, shown as they are. */
  readonly table?: WordTable;
}

/** The first column is to the left, all others are numbers, to the right. */
export interface WordTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export const PEER = 'Redis';

export function ratioOf({ crabkv, redis }: Both): number {
  return crabkv / redis;
}

/** The value that the figure's goal is about. */
export function judgedValue({ values, goal }: Figure): number {
  return goal?.of === 'ratio' ? ratioOf(values) : values.crabkv;
}

export function figureVerdict(figure: Figure): string {
  return verdict(figure.goal?.goal, judgedValue(figure));
}

/** What is not a number is an empty place in a table. */
export function formatNumber(value: number, digits = 2): string {
  return Number.isFinite(value) ? value.toFixed(digits) : '-';
}

/** A line for the console while the bench runs. */
export function describeFigure(figure: Figure, peer: string = PEER): string {
  const { what, unit, values, digits } = figure;
  const pair = `${formatNumber(values.crabkv, digits)} / ${formatNumber(values.redis, digits)}`;
  const judged = figureVerdict(figure);
  return `${what}: ${pair} ${unit} (CrabKV / ${peer})${judged === '' ? '' : `, goal ${judged}`}`;
}

/** The same field of what each of both servers gave. */
export function pairOf<T>({ crabkv, redis }: { crabkv: T; redis: T }, field: (of: T) => number): Both {
  return { crabkv: field(crabkv), redis: field(redis) };
}

/** A figure of CrabKV alone. */
export function alone(crabkv: number): Both {
  return { crabkv, redis: Number.NaN };
}
