/**
 * Starting, asking and stopping the snapshot thread, from the main thread.
 */

import { Worker } from 'node:worker_threads';
import { CrabError } from '../base/errors.js';
import type {
  SnapshotThreadData,
  SnapshotThreadReply,
  SnapshotThreadRequest,
} from '../engine/snapshot/snapshot-thread.js';
import type { SnapshotResult } from '../engine/snapshot/writer.js';

const THREAD_URL = new URL('../engine/snapshot/snapshot-thread.js', import.meta.url);

/** A running snapshot thread. */
export class SnapshotThread {
  readonly #worker: Worker;
  readonly #exited: Promise<void>;
  readonly #waiting = new Map<number, (result: SnapshotResult) => void>();
  #nextId = 1;
  #isStopping = false;

  /** `onLost` is called when the thread ends without having been stopped. */
  constructor(data: SnapshotThreadData, onLost: (error: Error) => void) {
    this.#worker = new Worker(THREAD_URL, { workerData: data, name: 'crabkv snapshot' });
    this.#worker.on('message', ({ id, type: _, ...result }: SnapshotThreadReply) => {
      this.#waiting.get(id)?.(result);
      this.#waiting.delete(id);
    });
    this.#worker.once('error', onLost);
    this.#exited = new Promise((resolve) => {
      this.#worker.once('exit', () => {
        resolve();
        if (!this.#isStopping)
          onLost(new CrabError('THREAD_ENDED', 'the snapshot thread ended unexpectedly'));
      });
    });
  }

  /** Has a snapshot taken; resolves when it is on disk or has failed. */
  take(): Promise<SnapshotResult> {
    return new Promise((resolve) => {
      const id = this.#nextId++;
      this.#waiting.set(id, resolve);
      this.#post({ type: 'snapshot', id });
    });
  }

  /** Gives up a snapshot that is being taken, and ends the thread. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#post({ type: 'stop' });
    await this.#exited;
  }

  #post(request: SnapshotThreadRequest): void {
    this.#worker.postMessage(request);
  }
}
