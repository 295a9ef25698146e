/**
 * How long to wait before connecting again: exponential, with full jitter.
 *
 * The n-th wait is anything from 0 to `min * 2^n`, at most `max`. The whole range is drawn from, not its upper half: when a
 * server comes back, a thousand clients that lost it at the same moment come back evenly spread.
 *
 * Source: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 */

export class Backoff {
  /** Attempts since the last success. */
  attempts = 0;
  private readonly msMin: number;
  private readonly msMax: number;
  private readonly random: () => number;

  /** `random` gives numbers in [0, 1). */
  constructor(msMin: number, msMax: number, random: () => number) {
    this.msMin = msMin;
    this.msMax = msMax;
    this.random = random;
  }

  /** The next wait, in milliseconds. */
  next(): number {
    const ceiling = Math.min(this.msMax, this.msMin * 2 ** Math.min(this.attempts, 31));
    this.attempts += 1;
    return Math.floor(this.random() * ceiling);
  }

  /** It worked. */
  reset(): void {
    this.attempts = 0;
  }
}
