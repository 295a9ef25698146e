/**
 * What time it is for a server: that of the machine, and as much more as its clock was moved forward.
 *
 * Tests that wait for keys to expire need not wait (src/testing): they move the clock, and everything that commands see of time
 * moves with it, in all threads at once, because the offset is one word of shared memory. What only the process itself has to
 * do with (how long a command took, when to look after connections) goes by the machine's clock.
 *
 * The clock is never moved back: deadlines that have passed stay passed.
 */

export type ClockShared = SharedArrayBuffer;

export function createClockShared(): ClockShared {
  return new SharedArrayBuffer(Float64Array.BYTES_PER_ELEMENT);
}

export class Clock {
  private readonly offsetMs: Float64Array;

  constructor(shared: ClockShared) {
    this.offsetMs = new Float64Array(shared);
  }

  /** Unix time in whole ms. */
  nowMs(): number {
    return Date.now() + this.offsetMs[0]!;
  }

  /** Unix time in microseconds, as exact as the machine tells it. */
  nowUs(): number {
    const nowMs = Date.now();
    const exactMs = performance.timeOrigin + performance.now();
    // The exact one does not notice when the system's clock is set.
    const isRight = Math.floor(exactMs) === nowMs;
    return ((isRight ? exactMs : nowMs) + this.offsetMs[0]!) * 1000;
  }

  /** Ms of a clock that only goes forward. */
  monotonicMs(): number {
    return performance.now() + this.offsetMs[0]!;
  }

  /** Moves the clock of all threads forward by `ms`, a whole number. Who waits for a moment has to be told. */
  move(ms: number): void {
    this.offsetMs[0]! += ms;
  }
}
