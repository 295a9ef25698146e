/**
 * Starting, asking and stopping the snapshot thread, from the main thread.
 */

import { Worker } from 'node:worker_threads';
import { CrabError } from '../base/errors.js';
import { threadFile } from '../base/thread-file.js';
import { workerArguments } from '../base/worker-arguments.js';
import type {
  SnapshotThreadData,
  SnapshotThreadReply,
  SnapshotThreadRequest,
} from '../engine/snapshot/snapshot-thread.js';
import type { SnapshotResult } from '../engine/snapshot/writer.js';

/** A running snapshot thread. */
export class SnapshotThread {
  readonly #worker: Worker;
  readonly #exited: Promise<void>;
  readonly #waiting = new Map<number, (result: SnapshotResult) => void>();
  readonly #isBackground: boolean;
  #nextId = 1;
  #isStopping = false;

  /**
   * @param isBackground the thread keeps the process alive only while it takes a snapshot or stops
   * @param onLost is called when the thread ends without having been stopped
   */
  constructor(data: SnapshotThreadData, isBackground: boolean, onLost: (error: Error) => void) {
    this.#isBackground = isBackground;
    this.#worker = new Worker(threadFile('engine/snapshot/snapshot-thread.js'), {
      workerData: data,
      name: 'crabkv snapshot',
      execArgv: workerArguments(),
    });
    this.#worker.on('message', ({ id, type: _, ...result }: SnapshotThreadReply) => {
      this.#waiting.get(id)?.(result);
      this.#waiting.delete(id);
      if (isBackground && this.#waiting.size === 0) this.#worker.unref();
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
    if (this.#isBackground) this.#worker.ref();
    this.#worker.postMessage(request);
  }
}
