/**
 * The stopwatch of a thread: how long the command takes that is being run.
 *
 * To read the clock costs as much as a tenth of a GET, so that cheap commands are not timed one by one
 * (engine/command-statistics.ts). Nothing slow may be missed all the same: whatever can make a cheap command slow is a slow
 * path in its code (sleeping for a baton or for room in the log, a large request, a reply that has to grow), and begins with
 * `stopwatch.meetSlowPath()`. What the command did before that is too short to matter.
 *
 * One instance a thread: this module's. Whoever runs commands resets it before each. Slow paths that others than commands meet
 * start it for nothing.
 */

const RESET = 0;
const RUNNING = 1;
const RUNNING_SLOWLY = 2;

export class Stopwatch {
  /** When it was started, on the clock of performance.now(). */
  startMs = 0;
  private state = RESET;

  /** A command begins. */
  reset(): void {
    this.state = RESET;
  }

  /** Starts it, unless it is running. */
  start(): void {
    if (this.state !== RESET) return;
    this.state = RUNNING;
    this.startMs = performance.now();
  }

  /** The command is about to do something that may take long: starts the stopwatch unless it is running. */
  meetSlowPath(): void {
    if (this.state === RESET) this.startMs = performance.now();
    this.state = RUNNING_SLOWLY;
  }

  isRunning(): boolean {
    return this.state !== RESET;
  }

  hasMetSlowPath(): boolean {
    return this.state === RUNNING_SLOWLY;
  }

  /** Milliseconds since it was started. */
  elapsedMs(): number {
    return performance.now() - this.startMs;
  }
}

export const stopwatch: Stopwatch = new Stopwatch();
