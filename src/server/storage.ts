/**
 * What is on disk, as the main thread sees it: the snapshot and the log that a start finds, and the two
 * threads that write them from then on.
 *
 *     open          snapshot frame read, log chain checked, torn tail cut: the log's end is known
 *     load          reactors load sections of the snapshot, then replay the log after it
 *     startThreads  log thread (unless `appendonly no`), snapshot thread
 *     stop          the log is written and synced to its end, both threads end
 *
 * With `appendonly no` an existing log is still read: it holds what no snapshot does. Nothing is added to it.
 */

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { CrabError } from '../base/errors.js';
import type { Config } from '../engine/config/config.js';
import { SNAPSHOT_TEMPORARY_FILE } from '../engine/snapshot/format.js';
import { readSnapshotIndex, type SnapshotIndex } from '../engine/snapshot/loader.js';
import type { SnapshotResult } from '../engine/snapshot/writer.js';
import { THREAD_COUNT_MAX } from '../engine/statistics.js';
import { realDisk } from '../engine/wal/disk.js';
import {
  COUNT_LIVE_KIB,
  createLogShared,
  FSYNC_ALWAYS,
  FSYNC_EVERYSEC,
  FSYNC_NO,
  LogControl,
  type LogShared,
} from '../engine/wal/log-control.js';
import { LogThread } from '../engine/wal/log-handle.js';
import { listLogFiles } from '../engine/wal/log-segment.js';
import { type LogRecovery, recoverLog } from '../engine/wal/recovery.js';
import type { Logger } from './console.js';
import type { LoadOrder } from './messages.js';
import { ProgressReport } from './progress.js';
import type { CommonState, Reactors } from './reactors.js';
import { SnapshotThread } from './snapshot-handle.js';

const FSYNC_MODES: Readonly<Record<string, number>> = {
  always: FSYNC_ALWAYS,
  everysec: FSYNC_EVERYSEC,
  no: FSYNC_NO,
};
/** Checking a long log is worth a line now and then. */
const CHECK_REPORT_MS = 1_000;

export class Storage {
  readonly log: LogShared;
  readonly logEnabled: boolean;
  readonly #config: Config;
  readonly #logger: Logger;
  readonly #directory: string;
  readonly #index: SnapshotIndex | undefined;
  readonly #recovery: LogRecovery | undefined;
  readonly #control: LogControl;
  #logThread: LogThread | undefined;
  #snapshotThread: SnapshotThread | undefined;
  #logFailure: string | undefined;

  /**
   * Reads and checks what is in the data directory, which must be locked. Throws a `CrabError` that says what
   * is wrong in which file and what to do.
   */
  constructor(config: Config, logger: Logger, threadCount: number) {
    this.#config = config;
    this.#logger = logger;
    this.#directory = config.directory();
    this.logEnabled = config.flag('appendonly');
    rmSync(join(this.#directory, SNAPSHOT_TEMPORARY_FILE), { force: true });
    this.#index = readSnapshotIndex(this.#directory);
    this.#recovery = this.#recover(this.snapshotLsn);
    this.log = createLogShared({
      threadCount,
      startLsn: this.#recovery?.endLsn ?? this.snapshotLsn,
      mode: this.#mode(),
    });
    this.#control = new LogControl(this.log);
  }

  /** The log up to here is in the snapshot that was found. */
  get snapshotLsn(): number {
    return this.#index?.lsn ?? 0;
  }

  /** Size of the snapshot that was found, 0 for none. */
  get snapshotBytes(): number {
    return this.#index?.bytes ?? 0;
  }

  /** The end of the log. */
  logTail(): number {
    return this.#control.tail();
  }

  /** Size of the log that the last snapshot does not make superfluous, in bytes. */
  logBytes(): number {
    return this.#control.count(COUNT_LIVE_KIB) * 1024;
  }

  /** Has the reactors load everything, with progress on the console. */
  async load(reactors: Reactors, progress: SharedArrayBuffer): Promise<void> {
    const index = this.#index;
    const recovery = this.#recovery;
    if (index !== undefined) {
      const order: LoadOrder = { stage: 'snapshot', index, ticket: new SharedArrayBuffer(4) };
      await this.#loadStage(
        reactors,
        order,
        new ProgressReport(progress, this.#logger, 'snapshot', 'keys', index.bytes),
      );
    }
    if (recovery !== undefined && recovery.endLsn > recovery.fromLsn) {
      const { directory, segments, fromLsn } = recovery;
      const bytes = segments.reduce((sum, segment) => sum + segment.endOffset, 0);
      const report = new ProgressReport(progress, this.#logger, 'log', 'records', bytes, reactors.count);
      await this.#loadStage(reactors, { stage: 'log', directory, segments, fromLsn }, report);
    }
  }

  /** Starts the log and snapshot threads. `onCrash` is told when one ends by itself later. */
  async startThreads(common: CommonState, onCrash: (error: Error) => void): Promise<void> {
    const { memory, log, logEnabled, hashSeedLow, hashSeedHigh, threadCount } = common;
    if (this.logEnabled) {
      this.#logThread = await LogThread.start({
        log,
        memory,
        recovery: this.#recovery as LogRecovery,
        segmentBytes: this.#config.integer('wal-segment-size'),
        latency: { shared: common.instruments.latency, thread: threadCount },
        onFailed: (error) => this.#logFailed(error),
        onLost: onCrash,
      });
    }
    const threadIndex = Math.min(threadCount, THREAD_COUNT_MAX - 1);
    const directory = this.#directory;
    this.#snapshotThread = new SnapshotThread(
      { memory, log, logEnabled, directory, hashSeedLow, hashSeedHigh, threadIndex },
      onCrash,
    );
  }

  /** Takes over what CONFIG SET has changed. */
  configure(): void {
    const mode = this.#mode();
    if (mode !== this.#control.mode()) this.#control.setMode(mode);
  }

  /** Has a snapshot taken; resolves when it is on disk or has failed. */
  async takeSnapshot(): Promise<SnapshotResult> {
    const thread = this.#snapshotThread;
    if (thread === undefined) throw new CrabError('STORAGE_STOPPED', 'no snapshots are taken any more');
    return thread.take();
  }

  /**
   * Ends the threads, when nobody appends any more: everything in the log is written and synced, a snapshot
   * that is being taken is given up. Resolves to a sentence when the log is not complete.
   */
  async stop(): Promise<string | undefined> {
    await this.#snapshotThread?.stop();
    await this.#logThread?.stop();
    return this.#logFailure === undefined ? undefined : `The log is not complete: ${this.#logFailure}`;
  }

  #mode(): number {
    return FSYNC_MODES[this.#config.text('appendfsync')] ?? FSYNC_ALWAYS;
  }

  #recover(fromLsn: number): LogRecovery | undefined {
    const files = listLogFiles(realDisk, this.#directory);
    if (files.active === undefined && files.archives.length === 0) {
      if (!this.logEnabled) return undefined;
      if (this.#index !== undefined) {
        this.#logger.notice(`There is no log in ${this.#directory}: starting from the snapshot alone`);
      }
    }
    let reportedMs = performance.now();
    const recovery = recoverLog(realDisk, this.#directory, fromLsn, Date.now(), (bytes, totalBytes) => {
      if (performance.now() - reportedMs < CHECK_REPORT_MS) return;
      reportedMs = performance.now();
      const percent = Math.floor((bytes / Math.max(totalBytes, 1)) * 100);
      this.#logger.notice(`Checking the log: ${percent} % of ${(totalBytes / 1e6).toFixed(0)} MB`);
    });
    if (recovery.cutBytes > 0) {
      this.#logger.notice(
        `The log ended in an incomplete write, which was cut at offset ${recovery.cutOffset}: that is what a crash leaves`,
      );
    }
    return recovery;
  }

  async #loadStage(reactors: Reactors, order: LoadOrder, report: ProgressReport): Promise<void> {
    try {
      await reactors.all('load', order);
      report.finish();
    } finally {
      report.cancel();
    }
  }

  #logFailed(error: CrabError): void {
    this.#logFailure = error.message;
    this.#logger.warning(error.message);
  }
}
