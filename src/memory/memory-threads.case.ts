/** Threads for the memory's tests: what each may be asked to do (memory-worker.case.ts does it), and how to run them. */

import { Worker } from 'node:worker_threads';
import type { MemoryShared } from './memory.js';

export type Task =
  | {
      readonly kind: 'allocate';
      readonly shared: MemoryShared;
      readonly seed: number;
      readonly shard: number;
    }
  | {
      readonly kind: 'count';
      readonly shared: MemoryShared;
      readonly seed: number;
      /** A plain counter a shard, then one that needs all batons. */
      readonly counters: SharedArrayBuffer;
      readonly rounds: number;
    };

/** Runs the tasks, a thread each; rejects when one fails. */
export async function runTasks(tasks: readonly Task[]): Promise<void> {
  await Promise.all(
    tasks.map(
      (task) =>
        new Promise<void>((resolve, reject) => {
          const worker = new Worker(new URL('./memory-worker.case.js', import.meta.url), {
            workerData: task,
          });
          worker.on('error', reject);
          worker.on('exit', () => resolve());
        }),
    ),
  );
}
