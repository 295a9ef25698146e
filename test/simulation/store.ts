/**
 * A store on a simulated disk, all of its threads in one: reactors with their engines and logs, the log thread's writer, the
 * snapshot thread's walk, maintenance. Whoever holds it decides who does the next step.
 *
 * `open` is what a start does (server/storage.ts, server/load.ts): the snapshot's frame, the log made ready, sections loaded,
 * records replayed, each reactor its own shards. It throws as a start would.
 */

import { join } from 'node:path';
import { Applier } from '../../src/engine/apply.js';
import { ALL_COMMANDS, TestEngine } from '../../src/engine/engine.case.js';
import { createInstrumentsShared } from '../../src/engine/instruments.js';
import { Maintenance } from '../../src/engine/maintenance.js';
import { type Contents, contentsOf } from '../../src/engine/snapshot/collections.case.js';
import { SNAPSHOT_TEMPORARY_FILE } from '../../src/engine/snapshot/format.js';
import { readSnapshotIndex, SectionLoader } from '../../src/engine/snapshot/loader.js';
import { type SnapshotLog, type SnapshotResult, snapshotSteps } from '../../src/engine/snapshot/writer.js';
import type { Disk } from '../../src/engine/wal/disk.js';
import { createLogShared, Log, type LogShared } from '../../src/engine/wal/log.js';
import { LOG_RING_BYTES_MIN, LogControl } from '../../src/engine/wal/log-control.js';
import { ACTIVE_NAME } from '../../src/engine/wal/log-file.js';
import { replayLog } from '../../src/engine/wal/log-reader.js';
import { LogWriter } from '../../src/engine/wal/log-writer.js';
import type { RecordVisitor } from '../../src/engine/wal/record.js';
import { type LogRecovery, recoverLog } from '../../src/engine/wal/recovery.js';
import { createMemoryShared, type MemoryShared } from '../../src/memory/memory.js';
import { PAGE_RECORD_WORDS, PageHeap } from '../../src/memory/page-heap.js';

export const DIRECTORY = '/data';
export const SNAPSHOT_TEMPORARY_PATH = join(DIRECTORY, SNAPSHOT_TEMPORARY_FILE);
export const ACTIVE_PATH = join(DIRECTORY, ACTIVE_NAME);
export const DATABASE_COUNT = 2;
const SHARD_COUNT = 4;
/** More steps than the log thread ever has to do at once: it hangs. */
const STEPS_MAX = 10_000;
/** Collections of more elements than this are large ones: so that a few make one. */
const SMALL_ENTRIES = '3';

/** Small, as segments are here, so that files have to be zeroed now and then. */
const ZERO_STEP_BYTES = 32 * 1024;
/** 80 MiB: some for data, and the reserve that every store keeps. */
const PAGE_COUNT = 10 * 1024;
const MEMORY = createMemoryShared({ bytes: 1, shardCount: SHARD_COUNT, databaseCount: DATABASE_COUNT });
const INSTRUMENTS = createInstrumentsShared(ALL_COMMANDS.indexed.length, 1);

export interface StoreOptions {
  readonly threadCount: number;
  readonly segmentBytes: number;
  /** FSYNC_*. */
  readonly mode: number;
  /** Unix ms; and ms of a clock that only goes forward. */
  readonly now: () => number;
  readonly monotonic: () => number;
  /** What stands between the log's records and whoever repeats them at a start. */
  readonly replaying?: (visitor: RecordVisitor) => RecordVisitor;
}

export class SimulatedStore {
  readonly threads: readonly TestEngine[];
  readonly maintenance: readonly Maintenance[];
  readonly writer: LogWriter;
  readonly control: LogControl;
  readonly failures: string[] = [];
  readonly disk: Disk;
  readonly logShared: LogShared;
  private snapshot: Generator<void, SnapshotResult, boolean> | undefined;

  /** @throws CrabError as a start does */
  constructor(disk: Disk, options: StoreOptions) {
    this.disk = disk;
    removeIfThere(disk, SNAPSHOT_TEMPORARY_PATH);
    const index = readSnapshotIndex(DIRECTORY, disk);
    const recovery = recoverLog(disk, DIRECTORY, index?.lsn ?? 0, options.now());
    const { threadCount, mode } = options;
    const logShared = createLogShared({
      ringBytes: LOG_RING_BYTES_MIN,
      threadCount,
      startLsn: recovery.endLsn,
      mode,
    });
    this.logShared = logShared;
    this.control = new LogControl(logShared);
    const shared = emptyMemory();
    this.threads = Array.from(
      { length: threadCount },
      (_, thread) => new TestEngine({ shared, logShared, thread, disk, instrumentsShared: INSTRUMENTS }),
    );
    for (const engine of this.threads) prepare(engine);
    this.maintenance = this.threads.map(
      ({ keyspace, batons }, thread) => new Maintenance(keyspace, batons, thread, threadCount),
    );
    this.load(index);
    this.replay(recovery, options.replaying ?? ((visitor) => visitor));
    this.writer = new LogWriter({
      shared: logShared,
      memory: this.threads[0]!.memory,
      disk,
      recovery,
      segmentBytes: options.segmentBytes,
      zeroStepBytes: ZERO_STEP_BYTES,
      now: options.now,
      monotonic: options.monotonic,
      failed: (error) => this.failures.push(error.message),
    });
    for (const { log } of this.threads) log.enabled = true;
  }

  /** Everything stored, keys whose time is over and that nobody has deleted yet included. */
  contents(): Contents {
    return contentsOf(this.threads[0]!);
  }

  get isSnapshotUnderWay(): boolean {
    return this.snapshot !== undefined;
  }

  /** The next step of the snapshot thread, which begins a snapshot if there is none. Returns how one has ended. */
  stepSnapshot(cancels: boolean): SnapshotResult | undefined {
    this.snapshot ??= this.beginSnapshot();
    const step = this.snapshot.next(cancels);
    if (step.done !== true) return undefined;
    this.snapshot = undefined;
    return step.value;
  }

  /** Has the log thread work until there is nothing to do. */
  drain(): void {
    for (let step = 0; this.writer.step() === 0 && !this.writer.ended; step++) {
      if (step > STEPS_MAX) throw new Error('the log thread never comes to an end');
    }
  }

  /** Ends the log in good order. */
  stop(): void {
    this.control.requestStop();
    for (let step = 0; !this.writer.ended; step++) {
      this.writer.step();
      if (step > STEPS_MAX) throw new Error('the log thread does not stop');
    }
  }

  private beginSnapshot(): Generator<void, SnapshotResult, boolean> {
    const { memory, entries, table, batons } = this.threads[0]!;
    const log = new Log(this.logShared, memory, this.threads.length);
    const snapshotLog: SnapshotLog = {
      // What `Log.requestRotate` waits for, the log thread does here.
      requestRotate: () => {
        const ticket = this.control.askRotate();
        while (this.control.rotateRequested() === ticket && !this.writer.ended) this.writer.step();
        return this.control.failed() === 0;
      },
      tail: () => log.tail(),
      recycleUpTo: (lsn) => log.recycleUpTo(lsn),
    };
    return snapshotSteps({
      memory,
      entries,
      table,
      batons,
      log: snapshotLog,
      disk: this.disk,
      directory: DIRECTORY,
    });
  }

  private load(index: ReturnType<typeof readSnapshotIndex>): void {
    if (index === undefined) return;
    const appliers = this.appliers();
    const loader = new SectionLoader(index, this.disk);
    try {
      index.sections.forEach((_section, number) => {
        const applier = appliers[number % appliers.length]!;
        loader.load(number, (line) => applier.load(line));
      });
    } finally {
      loader.close();
    }
  }

  private replay(recovery: LogRecovery, replaying: (visitor: RecordVisitor) => RecordVisitor): void {
    for (const applier of this.appliers()) {
      const visitor = replaying({ record: (fields, bytes) => applier.applyRecord(bytes, fields) });
      replayLog(this.disk, recovery.directory, recovery.segments, recovery.fromLsn, visitor);
    }
  }

  private appliers(): Applier[] {
    return this.threads.map(
      ({ keyspace, batons, executor }, thread) =>
        new Applier(keyspace, batons, thread, this.threads.length, executor.call.collections),
    );
  }
}

/**
 * An empty memory. Its segment is always the same one, with what an earlier store has left there: a new gigabyte for every start
 * keeps the garbage collector busy, and nobody may depend on its zeros.
 */
function emptyMemory(): MemoryShared {
  const shared: MemoryShared = {
    ...MEMORY,
    pagesTotal: PAGE_COUNT,
    pageMap: new SharedArrayBuffer(PAGE_COUNT * PAGE_RECORD_WORDS * 4),
    control: new SharedArrayBuffer(MEMORY.control.byteLength),
    shards: new SharedArrayBuffer(MEMORY.shards.byteLength),
  };
  new PageHeap(shared).initialize();
  return shared;
}

/** Until everything is loaded the log is off and time stands still, as in server/thread.ts. */
function prepare(engine: TestEngine): void {
  engine.log.enabled = false;
  engine.keyspace.now = 0;
  engine.config.apply([
    ['hash-max-listpack-entries', SMALL_ENTRIES],
    ['zset-max-listpack-entries', SMALL_ENTRIES],
    ['set-max-intset-entries', SMALL_ENTRIES],
  ]);
}

function removeIfThere(disk: Disk, path: string): void {
  try {
    disk.remove(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
