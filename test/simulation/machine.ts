/**
 * The machine of a simulation, but for its disk: the time of day, a clock that only goes forward, and chance. They stand in for
 * the process's own while a simulation runs, so that nothing in it depends on anything but the seed.
 */

import { START_MS } from '../../src/engine/engine.case.js';
import type { SeededRandom } from '../support/random.js';

/** Who asks for the time finds that it has gone on by this much, so that slices of work come to an end. */
const LOOK_MS = 0.02;

export class SimulatedMachine {
  /** Unix ms: may jump in both directions. */
  nowMs = START_MS;
  monotonicMs = 0;
  private readonly random: SeededRandom;

  constructor(random: SeededRandom) {
    this.random = random;
  }

  /** Time goes by. */
  pass(ms: number): void {
    this.nowMs += ms;
    this.monotonicMs += ms;
  }

  /** Somebody sets the clock. */
  jump(ms: number): void {
    this.nowMs += ms;
  }

  /** Runs `action` on this machine. */
  run<T>(action: () => T): T {
    const { now } = Date;
    const { random } = Math;
    Date.now = () => this.nowMs;
    Math.random = () => this.random.next() / 2 ** 32;
    Object.defineProperty(performance, 'now', { configurable: true, value: () => this.look() });
    try {
      return action();
    } finally {
      Date.now = now;
      Math.random = random;
      Reflect.deleteProperty(performance, 'now'); // the prototype's is there again
    }
  }

  private look(): number {
    this.monotonicMs += LOOK_MS;
    return this.monotonicMs;
  }
}
