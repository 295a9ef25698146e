/**
 * Takes snapshots one at a time: by rule, by growth of the log, and for SAVE, BGSAVE and the end of the
 * server.
 *
 * The snapshot thread does the work; here is decided when, and the outcome is kept where INFO and LASTSAVE
 * read it. Error texts are those of Redis 7.0.
 */

import type { SnapshotResult } from '../engine/snapshot/writer.js';
import {
  PROCESS_DIRTY_AT_SAVE,
  PROCESS_LAST_SAVE_ENTRIES,
  PROCESS_LAST_SAVE_MS,
  PROCESS_LAST_SAVE_OK,
  PROCESS_LAST_SAVE_SECONDS,
  PROCESS_LOG_BYTES_AT_SAVE,
  PROCESS_SAVE_STARTED_MS,
  PROCESS_SAVES,
  PROCESS_SAVES_FAILED,
  PROCESS_SAVING,
  type Statistics,
} from '../engine/statistics.js';
import type { Logger } from './console.js';
import type { SaveCounters, SaveRules } from './save-rules.js';

const ERROR_IN_PROGRESS = 'ERR Background save already in progress';
const ERROR_FAILED = 'ERR the snapshot failed, the log of the server says why';

export interface SaverParts {
  readonly rules: SaveRules;
  readonly statistics: Statistics;
  readonly logger: Logger;
  /** Unix time in ms. */
  readonly now: () => number;
  /** Ms of a clock that only goes forward, the one that `tick` is given: rules go by what has passed, not by the time of day. */
  readonly monotonic: () => number;
  /** Has a snapshot taken; resolves, also when it failed. */
  readonly take: () => Promise<SnapshotResult>;
  /** The counters that rules look at, as they are now. */
  readonly counters: () => SaveCounters;
}

export class Saver {
  readonly #parts: SaverParts;
  #running: Promise<boolean> | undefined;
  #isScheduled = false;

  constructor(parts: SaverParts) {
    this.#parts = parts;
  }

  /** SAVE: resolves when the snapshot is on disk, to an error line or undefined. */
  async save(): Promise<string | undefined> {
    if (this.#running !== undefined) return ERROR_IN_PROGRESS;
    return (await this.#begin('on request')) ? undefined : ERROR_FAILED;
  }

  /** BGSAVE: begins a snapshot. With `schedule` one follows the running one, which is an error otherwise. */
  backgroundSave(schedule: boolean): string | undefined {
    if (this.#running !== undefined) {
      if (!schedule) return ERROR_IN_PROGRESS;
      this.#isScheduled = true;
      return undefined;
    }
    void this.#begin('on request');
    return undefined;
  }

  /** Begins a snapshot when one is due; to be called a few times a second. */
  tick(monotonicMs: number): void {
    if (this.#running !== undefined) return;
    const reason = this.#isScheduled
      ? 'as scheduled'
      : this.#parts.rules.due(monotonicMs, this.#parts.counters());
    if (reason !== undefined) void this.#begin(reason);
  }

  /**
   * The snapshot at the end: waits for a running one and takes another, unless `always` is not set and
   * nothing has changed since. Resolves to true when the snapshot on disk is good.
   */
  async finish(always: boolean): Promise<boolean> {
    await this.#running;
    const { rules, counters } = this.#parts;
    if (!always && !rules.hasChanges(counters())) return true;
    return this.#begin('before the end');
  }

  /** Resolves when no snapshot is being taken. */
  async idle(): Promise<void> {
    await this.#running;
  }

  /** Keeps others from taking snapshots until `work` is done. It is given a way to take one itself, true = good. */
  async exclusively<T>(work: (take: () => Promise<boolean>) => Promise<T>): Promise<T> {
    while (this.#running !== undefined) await this.#running;
    const result = work(() => this.#run('for DEBUG RELOAD'));
    void this.#track(
      result.then(
        () => true,
        () => false,
      ),
    );
    return result;
  }

  #begin(reason: string): Promise<boolean> {
    this.#isScheduled = false;
    return this.#track(this.#run(reason));
  }

  /** Others wait for what is `running`. */
  #track(running: Promise<boolean>): Promise<boolean> {
    this.#running = running.finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #run(reason: string): Promise<boolean> {
    const { rules, statistics, logger, now, monotonic, take } = this.#parts;
    const startMs = monotonic();
    statistics.setProcess(PROCESS_SAVING, 1);
    statistics.setProcess(PROCESS_SAVE_STARTED_MS, now());
    logger.verbose(`Taking a snapshot ${reason}`);
    const outcome = await take();
    statistics.setProcess(PROCESS_SAVING, 0);
    statistics.setProcess(PROCESS_LAST_SAVE_OK, outcome.ok ? 1 : 0);
    statistics.setProcess(PROCESS_LAST_SAVE_MS, monotonic() - startMs);
    if (!outcome.ok) {
      statistics.setProcess(PROCESS_SAVES_FAILED, statistics.process(PROCESS_SAVES_FAILED) + 1);
      rules.failed(monotonic());
      logger.warning(`The snapshot failed: ${outcome.error ?? 'for an unknown reason'}`);
      return false;
    }
    rules.succeeded(startMs, { dirty: outcome.dirty, logTail: outcome.lsn }, outcome.bytes);
    statistics.setProcess(PROCESS_LAST_SAVE_SECONDS, Math.floor(now() / 1000));
    statistics.setProcess(PROCESS_DIRTY_AT_SAVE, outcome.dirty);
    statistics.setProcess(PROCESS_LAST_SAVE_ENTRIES, outcome.entries);
    statistics.setProcess(PROCESS_LOG_BYTES_AT_SAVE, this.#parts.counters().logBytes);
    statistics.setProcess(PROCESS_SAVES, statistics.process(PROCESS_SAVES) + 1);
    statistics.setProcess(PROCESS_SAVES_FAILED, 0);
    logger.notice(
      `Snapshot saved: ${outcome.entries} keys, ${outcome.bytes} bytes in ${outcome.ms} ms (${reason})`,
    );
    return true;
  }
}
