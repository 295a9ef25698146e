/**
 * Takes a snapshot: the order of the steps, and what happens when one fails.
 *
 *  1. The log begins a new segment, so that what lies in older ones can go afterwards.
 *  2. The flip: the moment that the snapshot shows, and its LSN.
 *  3. The walk, into a temporary file.
 *  4. The file becomes the snapshot. It may know more than the log has on disk at that time: recovery (wal/recovery.ts)
 *     lets the log go on after the snapshot's LSN then.
 *  5. The log forgets what the snapshot holds.
 *
 * A file that can't be created ends it before step 2. After that the walk is always finished, if need be without writing
 * (walk.ts says why); the temporary file is removed, and the old snapshot stays, with all of the log after it.
 *
 * A log that has failed stops nobody from taking a snapshot: it is the way to save what is in memory.
 *
 * `snapshotSteps` has the steps, one after the other for whoever calls for the next; `runSnapshot` gives them a thread.
 */

import type { Batons } from '../../memory/baton.js';
import type { Memory } from '../../memory/memory.js';
import type { Entries } from '../../structures/entry.js';
import type { HashTable } from '../../structures/hash-table.js';
import type { Disk } from '../wal/disk.js';
import { SnapshotFile } from './snapshot-file.js';
import { SnapshotWalk } from './walk.js';

/**
 * The walk works this long and then sleeps this long. A thread that never sleeps is interrupted by the system's scheduler
 * wherever it happens to be, for milliseconds, and it might hold a baton then; one that does is hardly ever.
 */
const WORK_US = 1000;
const PAUSE_MS = 0.05;
/** How often, in turns of work, the caller is asked whether to go on. */
const STEPS_PER_LOOK = 8;

/** The error of a snapshot that was given up on request. */
export const CANCELLED_TEXT = 'the snapshot was cancelled';

/** What taking a snapshot needs of the log. */
export interface SnapshotLog {
  /** Begins a new segment, when there is a log; false when it has failed. */
  requestRotate(): boolean;
  tail(): number;
  recycleUpTo(lsn: number): void;
}

export interface SnapshotOptions {
  readonly memory: Memory;
  readonly entries: Entries;
  readonly table: HashTable;
  readonly batons: Batons;
  readonly log: SnapshotLog;
  readonly disk: Disk;
  /** The store's directory. */
  readonly directory: string;
  /** Asked now and then; true gives the snapshot up. */
  readonly cancelled?: () => boolean;
}

export interface SnapshotResult {
  readonly ok: boolean;
  /** Why it is not: a sentence. */
  readonly error?: string;
  readonly lsn: number;
  /** Number of keys. */
  readonly entries: number;
  /** Size of the file. */
  readonly bytes: number;
  readonly ms: number;
  /** Changes since start (SHARD_F64_DIRTY of all shards) at the snapshot's moment. */
  readonly dirty: number;
}

/** Takes one snapshot. Blocks the thread until it is done, sleeping now and then. Never throws for a failed disk or log. */
export function runSnapshot(options: SnapshotOptions): SnapshotResult {
  const steps = snapshotSteps(options);
  let cancelled = false;
  let workedFrom = performance.now();
  for (let count = 1; ; count++) {
    const step = steps.next(cancelled);
    if (step.done === true) return step.value;
    if (count % STEPS_PER_LOOK !== 0 || performance.now() - workedFrom < WORK_US / 1000) continue;
    cancelled ||= options.cancelled?.() === true;
    sleep(PAUSE_MS);
    workedFrom = performance.now();
  }
}

/**
 * The work of one snapshot. Between two steps it holds no baton, and anything may happen; `next(true)` gives the snapshot up.
 * It has to be gone through to its end in any case.
 */
export function* snapshotSteps(options: SnapshotOptions): Generator<void, SnapshotResult, boolean> {
  const { memory, entries, table, batons, log, disk, directory } = options;
  const startedMs = performance.now();
  const file = new SnapshotFile(disk, directory);
  const walk = new SnapshotWalk(memory, entries, table, batons, log, file);
  const result = (error: string | undefined): SnapshotResult => ({
    ok: error === undefined,
    ...(error === undefined ? {} : { error }),
    lsn: walk.lsn,
    entries: file.keys,
    bytes: file.bytes,
    ms: Math.round(performance.now() - startedMs),
    dirty: walk.dirty,
  });

  file.open();
  if (file.error !== undefined) return result(file.error.message);
  const logWorks = log.requestRotate();
  walk.flip();
  file.begin({ lsn: walk.lsn, created: new Date(Date.now()).toISOString(), databases: memory.databaseCount });
  let cancelled = false;
  while (walk.step()) {
    if (!(yield) || cancelled) continue;
    cancelled = true;
    walk.abort();
  }
  const error = publish(walk, file, cancelled);
  if (error === undefined && logWorks) log.recycleUpTo(walk.lsn);
  return result(error);
}

/** Returns why it failed, or undefined. */
function publish(walk: SnapshotWalk, file: SnapshotFile, cancelled: boolean): string | undefined {
  let error: string | undefined;
  if (cancelled) error = CANCELLED_TEXT;
  else if (file.error !== undefined) error = file.error.message;
  else if (walk.lost) error = 'keys were flushed, or memory was exhausted, while the snapshot was taken';
  if (error !== undefined) {
    file.abandon();
    return error;
  }
  return file.publish() ? undefined : file.error!.message;
}

const sleepWord = new Int32Array(new SharedArrayBuffer(4));

function sleep(ms: number): void {
  Atomics.wait(sleepWord, 0, 0, ms);
}
