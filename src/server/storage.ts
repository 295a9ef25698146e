/**
 * What is on disk, as the main thread sees it: the snapshot and the log that a start finds, and the two
 * threads that write them from then on.
 *
 *     open          snapshot frame read, log chain checked, torn tail cut: the log's end is known
 *     load          reactors load sections of the snapshot, then replay the log after it
 *     startLog      log thread (unless `appendonly no`); the snapshot thread starts when it is needed for the first time
 *     stop          the log is written and synced to its end, both threads end
 *
 * With `appendonly no` an existing log is still read: it holds what no snapshot does. Nothing is added to it.
 * Without a directory there is nothing of all this.
 */

import { rmSync, statSync } from 'node:fs';
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
  ERRNO_NO_FILE,
  FSYNC_ALWAYS,
  FSYNC_EVERYSEC,
  FSYNC_NO,
  LogControl,
  type LogShared,
} from '../engine/wal/log-control.js';
import { ACTIVE_NAME, NEXT_NAME } from '../engine/wal/log-file.js';
import { LogThread } from '../engine/wal/log-handle.js';
import type { CheckedSegment } from '../engine/wal/log-reader.js';
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
/** How long a process that exits waits for the log, and how often it looks. */
const EXIT_WAIT_MS = 5_000;
const EXIT_LOOK_MS = 1;

export class Storage {
  readonly log: LogShared;
  readonly logEnabled: boolean;
  readonly #config: Config;
  readonly #logger: Logger;
  readonly #directory: string | undefined;
  readonly #index: SnapshotIndex | undefined;
  readonly #recovery: LogRecovery | undefined;
  readonly #control: LogControl;
  #logThread: LogThread | undefined;
  #startSnapshots: ((directory: string) => SnapshotThread) | undefined;
  #snapshotThread: SnapshotThread | undefined;
  #logFailure: string | undefined;

  /**
   * Reads and checks what is in the data directory, if there is one, which must be locked. Throws a `CrabError` that says
   * what is wrong in which file and what to do.
   */
  constructor(config: Config, logger: Logger, threadCount: number) {
    this.#config = config;
    this.#logger = logger;
    this.#directory = config.directory();
    this.logEnabled = config.flag('appendonly');
    if (this.#directory === undefined) {
      if (this.logEnabled) throw new CrabError('CONFIG', "appendonly yes needs a directory: give 'dir', too");
    } else {
      rmSync(join(this.#directory, SNAPSHOT_TEMPORARY_FILE), { force: true });
      this.#index = readSnapshotIndex(this.#directory);
      this.#recovery = this.#recover(this.#directory, this.snapshotLsn);
    }
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

  /** Bytes that `load` will read: of the snapshot and of the log. */
  get bytesToLoad(): number {
    const segments = this.#recovery?.segments ?? [];
    return this.snapshotBytes + segments.reduce((sum, { endOffset }) => sum + endOffset, 0);
  }

  /** The end of the log. */
  logTail(): number {
    return this.#control.tail();
  }

  /** Size of the log that the last snapshot does not make superfluous, in bytes. */
  logBytes(): number {
    return this.#control.count(COUNT_LIVE_KIB) * 1024;
  }

  /** Has the members `loaders` of `reactors`, whose shares are all shards, load everything, with progress on the console. */
  async load(reactors: Reactors, loaders: readonly number[], progress: SharedArrayBuffer): Promise<void> {
    const index = this.#index;
    const recovery = this.#recovery;
    if (index !== undefined) {
      const order: LoadOrder = { stage: 'snapshot', index, ticket: new SharedArrayBuffer(4) };
      await loadStage(
        reactors,
        loaders,
        order,
        new ProgressReport(progress, this.#logger, 'snapshot', 'keys', index.bytes),
      );
    }
    if (recovery !== undefined && recovery.endLsn > recovery.fromLsn) {
      const { directory, segments, fromLsn } = recovery;
      const bytes = segments.reduce((sum, segment) => sum + segment.endOffset, 0);
      const report = new ProgressReport(progress, this.#logger, 'log', 'records', bytes, loaders.length);
      const order: LoadOrder = {
        stage: 'log',
        directory,
        segments,
        fromLsn,
        countedBy: loaders[0] as number,
      };
      await loadStage(reactors, loaders, order, report);
    }
  }

  /**
   * Starts the log thread, if there is a log. `onCrash` is told when a thread ends by itself later; in the background none keeps
   * the process alive, but to take a snapshot or to stop.
   */
  async startLog(common: CommonState, isBackground: boolean, onCrash: (error: Error) => void): Promise<void> {
    this.#startSnapshots = (directory) => {
      const { memory, log, logEnabled, hashSeedLow, hashSeedHigh, threadCount } = common;
      const threadIndex = Math.min(threadCount, THREAD_COUNT_MAX - 1);
      const data = { memory, log, logEnabled, directory, hashSeedLow, hashSeedHigh, threadIndex };
      return new SnapshotThread(data, isBackground, onCrash);
    };
    if (!this.logEnabled) return;
    this.#logThread = await LogThread.start({
      log: common.log,
      memory: common.memory,
      recovery: this.#recovery as LogRecovery,
      segmentBytes: this.#config.integer('wal-segment-size'),
      latency: { shared: common.instruments.latency, thread: common.threadCount },
      isBackground,
      onFailed: (error) => this.#logFailed(error),
      onLost: onCrash,
    });
  }

  /**
   * Looks whether the log still has its name; to be called about once a second. Somebody may have removed it, or all of the
   * directory: what is written to a file without a name is lost with the process, so the log breaks.
   */
  look(): void {
    if (this.#logThread === undefined || this.#directory === undefined || this.#control.failed() !== 0)
      return;
    // While the log goes on in a new segment, one of the two names is there, and then the other.
    for (const name of [ACTIVE_NAME, NEXT_NAME, ACTIVE_NAME]) {
      if (!isMissing(join(this.#directory, name))) return;
    }
    this.#control.fail(ERRNO_NO_FILE);
    this.#control.ring.kick();
  }

  /** Takes over what CONFIG SET has changed. */
  configure(): void {
    const mode = this.#mode();
    if (mode !== this.#control.mode()) this.#control.setMode(mode);
  }

  /** Has a snapshot taken; resolves when it is on disk or has failed. */
  async takeSnapshot(): Promise<SnapshotResult> {
    const directory = this.#directory;
    if (directory !== undefined) this.#snapshotThread ??= this.#startSnapshots?.(directory);
    if (this.#snapshotThread === undefined) {
      throw new CrabError(
        'STORAGE_STOPPED',
        'no snapshots are taken before the start, after the end, or without a directory',
      );
    }
    return this.#snapshotThread.take();
  }

  /**
   * Ends the threads, when nobody appends any more: everything in the log is written and synced, a snapshot
   * that is being taken is given up. Resolves to a sentence when the log is not complete.
   */
  async stop(): Promise<string | undefined> {
    this.#startSnapshots = undefined;
    await this.#snapshotThread?.stop();
    await this.#logThread?.stop();
    return this.#logFailure === undefined ? undefined : `The log is not complete: ${this.#logFailure}`;
  }

  /**
   * The process is about to exit, and no promise will be kept any more: waits, for EXIT_WAIT_MS at most, until everything in the
   * log is written and synced.
   */
  finishNow(): void {
    if (this.#logThread === undefined) return;
    const control = this.#control;
    const tail = control.tail();
    const untilMs = performance.now() + EXIT_WAIT_MS;
    const sleep = new Int32Array(new SharedArrayBuffer(4));
    control.requestStop();
    while (control.durable() < tail && control.failed() === 0 && performance.now() < untilMs) {
      Atomics.wait(sleep, 0, 0, EXIT_LOOK_MS);
    }
  }

  #mode(): number {
    return FSYNC_MODES[this.#config.text('appendfsync')] ?? FSYNC_ALWAYS;
  }

  #recover(directory: string, fromLsn: number): LogRecovery | undefined {
    const files = listLogFiles(realDisk, directory);
    const isNew = files.active === undefined && files.archives.length === 0;
    if (isNew) {
      if (!this.logEnabled) return undefined;
      if (this.#index !== undefined) {
        this.#logger.notice(`There is no log in ${directory}: starting from the snapshot alone`);
      }
    }
    let reportedMs = performance.now();
    const recovery = recoverLog(realDisk, directory, fromLsn, Date.now(), (bytes, totalBytes) => {
      if (performance.now() - reportedMs < CHECK_REPORT_MS) return;
      reportedMs = performance.now();
      const percent = Math.floor((bytes / Math.max(totalBytes, 1)) * 100);
      this.#logger.notice(`Checking the log: ${percent} % of ${(totalBytes / 1e6).toFixed(0)} MB`);
    });
    if (recovery.cutBytes > 0) {
      this.#logger.notice(
        `The log ended in an incomplete write, which was cut at offset ${recovery.cutOffset}: that is what a crash leaves`,
      );
    } else if (!isNew && !recovery.isSealed) {
      const { endOffset, endLsn } = recovery.segments.at(-1) as CheckedSegment;
      this.#logger.notice(
        `The last server did not stop in good order: its log is there up to offset ${endOffset} (LSN ${endLsn})`,
      );
    }
    return recovery;
  }

  #logFailed(error: CrabError): void {
    this.#logFailure = error.message;
    this.#logger.warning(error.message);
  }
}

/** False also when there is no telling. */
function isMissing(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) === undefined;
  } catch {
    return false;
  }
}

async function loadStage(
  reactors: Reactors,
  loaders: readonly number[],
  order: LoadOrder,
  report: ProgressReport,
): Promise<void> {
  try {
    await Promise.all(loaders.map((index) => reactors.call(index, 'load', order)));
    report.finish();
  } finally {
    report.cancel();
  }
}
