/** Random programs against both servers until the time is up or a difference is found, which is then made small. */

import fc from 'fast-check';
import type { Words } from './compare.js';
import { programs } from './generator.js';
import type { Mismatch, Pair } from './pair.js';

/** Requests of the longest program. */
const PROGRAM_LENGTH = 120;
/** Programs that share one seed: few, so that the printed seed leads straight to the difference. */
const PROGRAMS_PER_SEED = 10;
/** Time for making a difference small. */
const SHRINK_MS = 30_000;

export interface Outcome {
  readonly programs: number;
  readonly requests: number;
  /** The seed that finds the difference again at once. */
  readonly seed: number;
  /** The smallest difference found, and the program that shows it. */
  readonly mismatch: Mismatch | undefined;
  readonly program: readonly Words[];
}

/** What to compare: for `seconds`, and not more than `programsMax` programs, if that is given. */
export interface Extent {
  readonly seed: number;
  readonly seconds: number;
  readonly programsMax?: number;
  readonly families?: readonly string[];
}

/** Compares both servers over random programs. The same seed gives the same programs. */
export async function compareRandomPrograms(
  pair: Pair,
  { seed: firstSeed, seconds, programsMax = Number.POSITIVE_INFINITY, families = [] }: Extent,
): Promise<Outcome> {
  const endMs = performance.now() + seconds * 1000;
  let count = 0;
  let requests = 0;
  let seed = firstSeed;
  let smallest: { mismatch: Mismatch; program: readonly Words[] } | undefined;
  const property = fc.asyncProperty(programs(PROGRAM_LENGTH, families), async (program) => {
    const mismatch = await pair.run(program);
    count++;
    requests += program.length;
    if (mismatch !== undefined) smallest = { mismatch, program };
    return mismatch === undefined;
  });
  while (performance.now() < endMs && count < programsMax) {
    await fc.check(property, { seed, numRuns: PROGRAMS_PER_SEED, interruptAfterTimeLimit: SHRINK_MS });
    if (smallest !== undefined) break;
    seed++;
  }
  return { programs: count, requests, seed, mismatch: smallest?.mismatch, program: smallest?.program ?? [] };
}
