/** A thread of the stress test of blocking commands: what it is given, what it says. blocking-worker.case.ts does it. */

import type { MemoryShared } from '../memory/memory.js';
import type { WaitersShared } from './waiters.js';
import type { LogShared } from './wal/log-control.js';

export interface BlockingTask {
  readonly shared: MemoryShared;
  readonly waitersShared: WaitersShared;
  readonly logShared: LogShared;
  readonly thread: number;
  readonly threadCount: number;
  readonly seed: number;
  readonly rounds: number;
  /** Words: threads that have done their rounds; threads that have nothing to do. */
  readonly control: SharedArrayBuffer;
}

/** Items that the thread has pushed, and those that its clients have got. */
export interface BlockingOutcome {
  readonly pushed: readonly string[];
  readonly received: readonly string[];
}
