/**
 * From registers to a cardinality: Ertl's estimator, which needs neither tables nor a correction for small numbers.
 *
 * All it wants to know is how many registers hold each value. Its sums are taken in the same order and with the same operations
 * as in Redis, so that the same registers give the same number there and here.
 *
 * Source: Otmar Ertl, "New cardinality estimation algorithms for HyperLogLog sketches", arXiv:1702.01284.
 */

import { RANK_MAX, REGISTER_COUNT, REGISTER_MAX } from './layout.js';

/** 1 / (2 ln 2), to as many digits as Redis has it. */
const ALPHA = 0.7213475204444817;

/** How often each register value occurs. Values are counted in several rows at a time: see `HISTOGRAM_ROWS`. */
export type Histogram = Int32Array;

export const HISTOGRAM_VALUES = REGISTER_MAX + 1;
/**
 * Nearly all registers hold one of three or four values, and a processor that adds one to a word must wait until the last
 * addition to the same word is done. So neighbours count in different rows.
 */
export const HISTOGRAM_ROWS = 4;

export function createHistogram(): Histogram {
  return new Int32Array(HISTOGRAM_VALUES * HISTOGRAM_ROWS);
}

/**
 * The cardinality: a whole number, or infinite when the registers hold what no hash gives. Sums the histogram's rows up into its
 * first one. Takes a µs or two.
 */
export function estimateCardinality(histogram: Histogram): number {
  for (let value = 0; value < HISTOGRAM_VALUES; value++) {
    for (let row = 1; row < HISTOGRAM_ROWS; row++)
      histogram[value]! += histogram[row * HISTOGRAM_VALUES + value]!;
  }
  let sum = REGISTER_COUNT * tau((REGISTER_COUNT - histogram[RANK_MAX]!) / REGISTER_COUNT);
  for (let rank = RANK_MAX - 1; rank >= 1; rank--) sum = (sum + histogram[rank]!) * 0.5;
  sum += REGISTER_COUNT * sigma(histogram[0]! / REGISTER_COUNT);
  return Math.round((ALPHA * REGISTER_COUNT * REGISTER_COUNT) / sum);
}

/** Ertl's sigma, of the share of registers that are 0. */
function sigma(share: number): number {
  if (share === 1) return Number.POSITIVE_INFINITY;
  let power = share;
  let weight = 1;
  let sum = share;
  for (let before = -1; sum !== before; weight += weight) {
    power *= power;
    before = sum;
    sum += power * weight;
  }
  return sum;
}

/** Ertl's tau, of the share of registers that are below the maximum. */
function tau(share: number): number {
  if (share === 0 || share === 1) return 0;
  let root = share;
  let weight = 1;
  let sum = 1 - share;
  for (let before = -1; sum !== before; ) {
    root = Math.sqrt(root);
    before = sum;
    weight *= 0.5;
    sum -= (1 - root) * (1 - root) * weight;
  }
  return sum / 3;
}
