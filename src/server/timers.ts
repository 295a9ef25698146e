/**
 * Work at intervals, for reactors that sleep in the kernel and have no event loop to keep their timers.
 *
 * A thread has a handful of them, so they are a list, and the earliest time is kept beside it: a turn in which nothing is
 * due costs one comparison. Times are ms of a clock that only goes forward.
 */

interface Timer {
  readonly intervalMs: number;
  readonly work: () => void;
  dueMs: number;
  isCancelled: boolean;
}

export class Timers {
  /** When the next one is due; Infinity without timers. */
  nextMs = Number.POSITIVE_INFINITY;
  private list: Timer[] = [];

  /** Calls `work` from `run` every `intervalMs`, until the function returned is called. */
  every(nowMs: number, intervalMs: number, work: () => void): () => void {
    const timer: Timer = { intervalMs, work, dueMs: nowMs + intervalMs, isCancelled: false };
    this.list.push(timer);
    this.nextMs = Math.min(this.nextMs, timer.dueMs);
    return () => {
      timer.isCancelled = true;
    };
  }

  /** Does what is due. One that was missed several times runs once. */
  run(nowMs: number): void {
    for (const timer of this.list.slice()) {
      if (timer.isCancelled || timer.dueMs > nowMs) continue;
      timer.dueMs += timer.intervalMs;
      if (timer.dueMs <= nowMs) timer.dueMs = nowMs + timer.intervalMs;
      timer.work();
    }
    this.list = this.list.filter((timer) => !timer.isCancelled);
    this.nextMs = this.list.reduce((least, { dueMs }) => Math.min(least, dueMs), Number.POSITIVE_INFINITY);
  }

  clear(): void {
    for (const timer of this.list) timer.isCancelled = true;
    this.list = [];
    this.nextMs = Number.POSITIVE_INFINITY;
  }
}
