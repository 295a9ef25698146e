/**
 * Deadlines: from what a command says (an amount, a unit, from when) to Unix milliseconds.
 *
 * A deadline is a whole number of milliseconds up to 2^53 - 1, in the year 287,396. Redis goes on to 2^63; beyond
 * this limit CrabKV answers what Redis answers beyond its own.
 */

import { INT64_MIN, WIDE_INTEGER } from '../base/integer.js';

export const INVALID_DEADLINE = -1;
export const DEADLINE_MS_MAX = Number.MAX_SAFE_INTEGER;

/** Any moment that is over: what a negative point in time comes down to. */
const LONG_AGO = 1;

/**
 * @param amount what `parseInteger` returned, other than NOT_INTEGER
 * @param unitMs 1000 or 1
 * @param fromMs what the amount is added to: now, or 0 for a point in time
 * @returns Unix ms, at least 1; INVALID_DEADLINE when it is out of range
 */
export function deadlineFrom(amount: number, unitMs: number, fromMs: number): number {
  if (amount === WIDE_INTEGER) return INVALID_DEADLINE;
  const deadline = amount * unitMs + fromMs;
  return deadline > DEADLINE_MS_MAX ? INVALID_DEADLINE : Math.max(deadline, LONG_AGO);
}

/**
 * Like `deadlineFrom`, for an amount beyond 2^53 of a command that takes negative ones: as long as its milliseconds have
 * 64 bits, it means a moment that is over.
 */
export function wideDeadline(amount: bigint, unitMs: number): number {
  return amount < 0n && amount * BigInt(unitMs) >= INT64_MIN ? LONG_AGO : INVALID_DEADLINE;
}
