/**
 * LATENCY GRAPH: the longest event of each second as columns of ASCII art, the oldest first, as Redis draws it.
 *
 *     command - high 500 ms, low 101 ms (all time high 500 ms)
 *     --------------------------------------------------------------------------------
 *        #_
 *       _||       four rows, each of three steps: _ o #
 *      _|||
 *     _||||
 *
 *     11186       how long ago, from top to bottom: 15s, 14s, 12s, 8s, 6s
 *     542ss
 *     sss
 */

import type { LatencySample, LatencySeries } from '../engine/latency.js';

/** Columns side by side; more are drawn below. */
const COLUMNS_MAX = 80;
const ROWS = 4;
/** What a cell shows that its column fills by a third, by two thirds, and wholly; and one that is filled by far. */
const STEPS = ['_', 'o', '#'] as const;
const FULL = '|';
const EMPTY = ' ';

const MINUTE_S = 60;
const HOUR_S = 60 * MINUTE_S;
const DAY_S = 24 * HOUR_S;

/** @param nowMs Unix ms, for how long ago things were */
export function latencyGraph(event: string, series: LatencySeries, nowMs: number): string {
  const durations = series.samples.map(({ ms }) => ms);
  const high = Math.max(...durations);
  const low = Math.min(...durations);
  const title = `${event} - high ${high} ms, low ${low} ms (all time high ${series.longestMs} ms)\n`;
  const parts: string[] = [];
  for (let first = 0; first < series.samples.length; first += COLUMNS_MAX) {
    const samples = series.samples.slice(first, first + COLUMNS_MAX);
    const columns = samples.map(({ ms }) => column(ms, low, high));
    const labels = samples.map((sample) => ageOf(sample, nowMs));
    const rows = [...transposed(columns, ROWS), EMPTY.repeat(samples.length)];
    rows.push(...transposed(labels, Math.max(...labels.map(({ length }) => length))));
    parts.push(rows.map((row) => `${row}\n`).join(''));
  }
  return `${title}${'-'.repeat(COLUMNS_MAX)}\n${parts.join('\n')}`;
}

/** A column from top to bottom. The lowest sample is one step high. */
function column(ms: number, low: number, high: number): string {
  const steps = ROWS * STEPS.length;
  const step = Math.min(steps - 1, Math.floor(((ms - low) * steps) / Math.max(1, high - low)));
  let cells = '';
  for (let row = ROWS - 1; row >= 0; row--) {
    const stepsHere = step - row * STEPS.length;
    cells += stepsHere < 0 ? EMPTY : (STEPS[stepsHere] ?? FULL);
  }
  return cells;
}

/** Texts that are read from top to bottom, as lines. */
function transposed(texts: readonly string[], lineCount: number): string[] {
  return Array.from({ length: lineCount }, (_, line) => texts.map((text) => text[line] ?? EMPTY).join(''));
}

function ageOf(sample: LatencySample, nowMs: number): string {
  const seconds = Math.max(0, Math.floor(nowMs / 1000) - sample.unixSeconds);
  if (seconds < MINUTE_S) return `${seconds}s`;
  if (seconds < HOUR_S) return `${Math.floor(seconds / MINUTE_S)}m`;
  if (seconds < DAY_S) return `${Math.floor(seconds / HOUR_S)}h`;
  return `${Math.floor(seconds / DAY_S)}d`;
}
