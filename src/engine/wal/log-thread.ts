/**
 * The log thread: a worker that does nothing but `LogWriter.run`. Started by `startLogThread` (log-handle.ts).
 *
 * It never returns to its event loop until it is asked to stop, so that its only input is shared memory. Messages to its
 * parent do get out: `failed`, once, and `ended`.
 */

import { parentPort, workerData } from 'node:worker_threads';
import type { CrabError } from '../../base/errors.js';
import type { MemoryShared } from '../../memory/layout.js';
import { Memory } from '../../memory/memory.js';
import { LatencyMonitor, type LatencyShared } from '../latency.js';
import { realDisk } from './disk.js';
import type { LogShared } from './log-control.js';
import { LogWriter } from './log-writer.js';
import type { LogRecovery } from './recovery.js';

/** What the log thread is started with. */
export interface LogThreadData {
  readonly log: LogShared;
  readonly memory: MemoryShared;
  readonly recovery: LogRecovery;
  readonly segmentBytes: number;
  /** Where it notes long syncs, and as which thread. */
  readonly latency?: { readonly shared: LatencyShared; readonly thread: number } | undefined;
}

/** What it says. */
export type LogThreadMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly error: FailureText };

export interface FailureText {
  readonly code: string;
  readonly message: string;
}

if (parentPort !== null) {
  const port = parentPort;
  const data = workerData as LogThreadData;
  const writer = new LogWriter({
    shared: data.log,
    memory: new Memory(data.memory),
    disk: realDisk,
    recovery: data.recovery,
    segmentBytes: data.segmentBytes,
    latency: data.latency && new LatencyMonitor(data.latency.shared, data.latency.thread),
    failed: (error: CrabError) => {
      port.postMessage({
        kind: 'failed',
        error: { code: error.code, message: error.message },
      } satisfies LogThreadMessage);
    },
  });
  port.postMessage({ kind: 'ready' } satisfies LogThreadMessage);
  writer.run();
}
