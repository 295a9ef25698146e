/**
 * Starting and stopping the log thread, from the main thread.
 */

import { Worker } from 'node:worker_threads';
import { CrabError } from '../../base/errors.js';
import { threadFile } from '../../base/thread-file.js';
import { workerArguments } from '../../base/worker-arguments.js';
import type { MemoryShared } from '../../memory/layout.js';
import { LogControl, type LogShared } from './log-control.js';
import type { LogThreadData, LogThreadMessage } from './log-thread.js';
import { SEGMENT_BYTES_DEFAULT } from './log-writer.js';
import type { LogRecovery } from './recovery.js';

export interface LogThreadOptions {
  readonly log: LogShared;
  readonly memory: MemoryShared;
  /** What `recoverLog` returned; the log in `log` must begin at its `endLsn` (`createLogShared` or `startLogAt`). */
  readonly recovery: LogRecovery;
  /** Size of a segment file; 256 MiB when not given. */
  readonly segmentBytes?: number;
  /** Where the thread notes long syncs: see `LogThreadData`. */
  readonly latency?: LogThreadData['latency'];
  /** The thread keeps the process alive only while it starts or stops. */
  readonly isBackground?: boolean;
  /** Called once when the log breaks: nothing will be acknowledged any more. The message is one sentence for the console. */
  readonly onFailed: (error: CrabError) => void;
  /** Called when the thread ends without having been stopped: nothing can go on then. */
  readonly onLost: (error: Error) => void;
}

/** A running log thread. */
export class LogThread {
  private readonly worker: Worker;
  private readonly control: LogControl;
  private readonly exited: Promise<void>;

  private constructor(worker: Worker, control: LogControl, exited: Promise<void>) {
    this.worker = worker;
    this.control = control;
    this.exited = exited;
  }

  /** Starts the thread; resolves when it has opened the log. */
  static start(options: LogThreadOptions): Promise<LogThread> {
    const control = new LogControl(options.log);
    const workerData: LogThreadData = {
      log: options.log,
      memory: options.memory,
      recovery: options.recovery,
      segmentBytes: options.segmentBytes ?? SEGMENT_BYTES_DEFAULT,
      latency: options.latency,
    };
    const worker = new Worker(threadFile('engine/wal/log-thread.js'), {
      workerData,
      name: 'crabkv-log',
      execArgv: workerArguments(),
    });
    return new Promise((resolve, reject) => {
      let report = reject;
      const lost = (error: Error) => {
        report(error);
        report = () => {}; // an error is followed by an exit
      };
      const exited = new Promise<void>((settle) => worker.once('exit', () => settle()));
      worker.on('message', (message: LogThreadMessage) => {
        if (message.kind === 'failed')
          options.onFailed(new CrabError(message.error.code, message.error.message));
        if (message.kind !== 'ready') return;
        report = options.onLost;
        if (options.isBackground === true) worker.unref();
        resolve(new LogThread(worker, control, exited));
      });
      worker.once('error', lost);
      worker.once('exit', () => {
        if (!control.stopRequested())
          lost(new CrabError('WAL_THREAD_LOST', 'the log thread ended unexpectedly'));
      });
    });
  }

  /** Writes and syncs what has been appended, and ends the thread. Nobody may append any more. */
  async stop(): Promise<void> {
    this.worker.ref();
    this.control.requestStop();
    await this.exited;
  }
}
