/**
 * When a snapshot is due: by Redis's `save` rules (so many writes in so many seconds), or because the log has
 * grown so much since the last snapshot that a start would read more log than snapshot (`auto-aof-rewrite-*`,
 * whose meaning carries over: the log is what is rewritten, the snapshot is what it is rewritten to).
 *
 * Pure bookkeeping: who calls it brings the clock and the counters, and takes the snapshots.
 */

import type { Config } from '../engine/config/config.js';

/** A snapshot that failed is tried again after this time, as in Redis. */
const RETRY_MS = 5_000;

/** What a snapshot shows: counters that only grow. */
export interface SavePoint {
  /** Changes of keys since the process started. */
  readonly dirty: number;
  /** LSN of the end of the log. */
  readonly logTail: number;
}

export interface SaveCounters extends SavePoint {
  /** Size of the log that a start would have to read, in bytes. */
  readonly logBytes: number;
}

export class SaveRules {
  readonly #config: Config;
  #dirtyAtSave = 0;
  #savedMs: number;
  #triedMs = Number.NEGATIVE_INFINITY;
  #hasFailed = false;
  #logAtSave = 0;
  #snapshotBytes = 0;

  constructor(config: Config, nowMs: number) {
    this.#config = config;
    this.#savedMs = nowMs;
  }

  /**
   * Tells what a start found: a snapshot of `snapshotBytes` (0 for none) that holds the log up to
   * `logAtSave`.
   */
  begin(nowMs: number, counters: SavePoint, logAtSave: number, snapshotBytes: number): void {
    this.#savedMs = nowMs;
    this.#dirtyAtSave = counters.dirty;
    this.#logAtSave = logAtSave;
    this.#snapshotBytes = snapshotBytes;
  }

  /** Changes that no snapshot holds yet. */
  unsaved(dirty: number): number {
    return dirty - this.#dirtyAtSave;
  }

  /** Whether the log or the keys hold anything that the last snapshot does not. */
  hasChanges(counters: SavePoint): boolean {
    return this.unsaved(counters.dirty) > 0 || counters.logTail > this.#logAtSave;
  }

  /** Why a snapshot is due now, in words for the console, or undefined when none is. */
  due(nowMs: number, counters: SaveCounters): string | undefined {
    if (this.#hasFailed && nowMs - this.#triedMs < RETRY_MS) return undefined;
    const changes = this.unsaved(counters.dirty);
    const seconds = (nowMs - this.#savedMs) / 1000;
    for (const rule of this.#config.saveRules()) {
      if (changes > 0 && changes >= rule.changes && seconds > rule.seconds) {
        return `${rule.changes} changes in ${rule.seconds} seconds`;
      }
    }
    return this.#logDue(counters.logBytes);
  }

  /**
   * A snapshot that began at `startMs` is complete; it shows the keys as of `counters` and has
   * `snapshotBytes`.
   */
  succeeded(startMs: number, counters: SavePoint, snapshotBytes: number): void {
    this.#hasFailed = false;
    this.#savedMs = startMs;
    this.#dirtyAtSave = counters.dirty;
    this.#logAtSave = counters.logTail;
    this.#snapshotBytes = snapshotBytes;
  }

  /** A snapshot failed at `nowMs`. */
  failed(nowMs: number): void {
    this.#hasFailed = true;
    this.#triedMs = nowMs;
  }

  #logDue(logBytes: number): string | undefined {
    const percentage = this.#config.integer('auto-aof-rewrite-percentage');
    if (percentage === 0 || logBytes <= this.#config.integer('auto-aof-rewrite-min-size')) return undefined;
    const growth = Math.floor((logBytes / Math.max(this.#snapshotBytes, 1)) * 100);
    return growth >= percentage ? `the log grew to ${Math.round(logBytes / 2 ** 20)} MiB` : undefined;
  }
}
