/**
 * Durations as tests write them: `1500` (ms), `'10s'`, `'2h'`, `'1m 30s'`, `'1.5d'`.
 */

import { CrabError } from '../base/errors.js';

const UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
const PART = /\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*/gy;
/** Deadlines have to stay in the range of dates. */
const DURATION_MS_MAX = 1000 * 365 * 86_400_000;

/** Ms, or a text of numbers with the units ms, s, m, h and d. Nothing of it is negative. */
export type Duration = number | string;

/**
 * A duration in whole ms, rounded.
 *
 * @throws CrabError DURATION when it is malformed, negative, or longer than a thousand years
 */
export function toMs(duration: Duration): number {
  const ms = typeof duration === 'number' ? duration : parse(duration);
  if (ms >= 0 && ms <= DURATION_MS_MAX) return Math.round(ms);
  const shown = typeof duration === 'string' ? `'${duration}'` : String(duration);
  const what = ms < 0 ? 'time does not go back' : 'that is no duration';
  throw new CrabError('DURATION', `${shown}: ${what}; give ms, or a text like '10s', '1m 30s' or '2h'`);
}

/** NaN when it is malformed. */
function parse(text: string): number {
  if (text.trim().startsWith('-')) return -parse(text.trim().slice(1));
  let ms = 0;
  let end = 0;
  for (const [part, number, unit] of text.matchAll(PART)) {
    ms += Number(number) * (UNITS_MS[unit as string] ?? Number.NaN);
    end += part.length;
  }
  return end === text.length && end > 0 ? ms : Number.NaN;
}
