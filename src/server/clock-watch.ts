/**
 * Notices that the system's clock was set, or that the machine slept: the time of day then moves by other than what has passed.
 *
 * Keys expire by the time of day, as their deadlines say it; what waits for a while goes by a clock that only goes forward. Only
 * an operator can tell whether a jump was meant.
 */

import type { Clock } from '../engine/clock.js';

/** Clocks that are kept right in small steps are no news. */
const JUMP_MS_MIN = 2_000;

export class ClockWatch {
  readonly #clock: Pick<Clock, 'nowMs' | 'monotonicMs'>;
  /** The time of day when the other clock began. */
  #originMs: number;

  constructor(clock: Pick<Clock, 'nowMs' | 'monotonicMs'>) {
    this.#clock = clock;
    this.#originMs = clock.nowMs() - clock.monotonicMs();
  }

  /** By how many milliseconds the time of day has jumped since the last look, backwards if negative; 0 = not at all. */
  look(): number {
    const originMs = this.#clock.nowMs() - this.#clock.monotonicMs();
    const jumpMs = Math.round(originMs - this.#originMs);
    if (Math.abs(jumpMs) < JUMP_MS_MIN) return 0;
    this.#originMs = originMs;
    return jumpMs;
  }
}
