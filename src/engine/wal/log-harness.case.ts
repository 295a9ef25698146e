/**
 * A log on a simulated disk with its writer in the same thread: for tests. What was appended is remembered as text, so that
 * it can be compared with what comes back.
 */

import assert from 'node:assert/strict';
import { viewOf } from '../../base/bytes.js';
import { createMemoryShared, Memory } from '../../memory/memory.js';
import type { Disk } from './disk.js';
import { createLogShared, Log, type LogShared } from './log.js';
import { LOG_RING_BYTES_MIN, LogControl } from './log-control.js';
import { replayLog } from './log-reader.js';
import { LogWriter } from './log-writer.js';
import { FLAG_EXPIRED, type RecordFields, type RecordVisitor } from './record.js';
import { type LogRecovery, recoverLog } from './recovery.js';
import type { SimulatedDisk } from './simulated-disk.case.js';

export const DIRECTORY = '/data';

/** One for all tests of a process: 1 GiB of address space. */
export const memory = new Memory(createMemoryShared({ bytes: 2 ** 30, shardCount: 1, databaseCount: 1 }));

/** A record, or all of a group, as text; and the LSN after it. */
export interface Appended {
  readonly texts: readonly string[];
  readonly lsn: number;
}

export interface HarnessOptions {
  readonly fromLsn?: number;
  readonly segmentBytes?: number;
  readonly mode?: number;
  readonly ringBytes?: number;
  /** How many logs there are that write blocks themselves in `flush`. Without it: one log that leaves all to the writer. */
  readonly reactorCount?: number;
}

export class LogHarness {
  readonly disk: SimulatedDisk;
  readonly recovery: LogRecovery;
  readonly shared: LogShared;
  readonly control: LogControl;
  /** Of the first thread. */
  readonly log: Log;
  /** All of them, one a thread. */
  readonly logs: readonly Log[];
  readonly writer: LogWriter;
  readonly appended: Appended[] = [];
  readonly failures: string[] = [];
  nowMs = 1_700_000_000_000;

  /** Recovers what is on the disk, and goes on. */
  constructor(disk: SimulatedDisk, options: HarnessOptions = {}) {
    this.disk = disk;
    this.recovery = recoverLog(disk, DIRECTORY, options.fromLsn ?? 0, this.nowMs);
    const reactorCount = options.reactorCount ?? 0;
    const shared = createLogShared({
      ringBytes: options.ringBytes ?? LOG_RING_BYTES_MIN,
      threadCount: Math.max(1, reactorCount),
      startLsn: this.recovery.endLsn,
      mode: options.mode ?? 0,
    });
    this.shared = shared;
    this.control = new LogControl(shared);
    this.logs =
      reactorCount === 0
        ? [new Log(shared, memory, 0)]
        : Array.from({ length: reactorCount }, (_, thread) => new Log(shared, memory, thread, disk));
    this.log = this.logs[0]!;
    this.writer = new LogWriter({
      shared,
      memory,
      disk,
      recovery: this.recovery,
      ...(options.segmentBytes === undefined ? {} : { segmentBytes: options.segmentBytes }),
      now: () => this.nowMs,
      monotonic: () => this.nowMs,
      failed: (error) => this.failures.push(error.message),
    });
  }

  /** Appends a SET, as the first thread or the one that `log` is. */
  set(key: string, value: string, deadline = 0, log = this.log): number {
    const lsn = appendSet(log, key, value, deadline);
    this.appended.push({ texts: [setText(key, value, deadline)], lsn });
    return lsn;
  }

  /** Appends a group of SETs. */
  setGroup(keys: readonly string[], value: string, payloadBytes: number): number {
    this.log.beginGroup(payloadBytes);
    for (const key of keys) appendSet(this.log, key, value, 0);
    const lsn = this.log.endGroup();
    this.appended.push({ texts: keys.map((key) => setText(key, value, 0)), lsn });
    return lsn;
  }

  /** Has the writer work until there is nothing to do. */
  drain(): void {
    while (this.writer.step() === 0 && !this.writer.ended);
  }

  /** What was appended up to and including the record that ends at `lsn`, in the order of the log. */
  textsUpTo(lsn: number): string[] {
    const appended = this.appended.filter((one) => one.lsn <= lsn);
    return appended.toSorted((a, b) => a.lsn - b.lsn).flatMap((one) => one.texts);
  }

  /** Has the writer end in good order. */
  stop(): void {
    this.control.requestStop();
    while (!this.writer.ended) this.writer.step();
  }

  /** What `Log.requestRotate` does, with the writer in the same thread. */
  rotate(): void {
    this.control.askRotate();
    this.drain();
  }

  /** What the start of this harness found. */
  replay(): string[] {
    return replayTexts(this.disk, this.recovery);
  }
}

/** What a start on `disk` finds after LSN `fromLsn`. */
export function restarted(disk: Disk, fromLsn = 0): string[] {
  return replayTexts(disk, recoverLog(disk, DIRECTORY, fromLsn));
}

/**
 * What a start on `disk` finds must be a prefix of what was appended, whole groups, with everything up to LSN `heldLsn`.
 * Changes the disk, as a start does. Segments that were given up stand for a snapshot that holds them.
 *
 * @returns those of `appended` that came back or are in that snapshot, in the order of the log
 */
export function expectPrefix(
  appended: readonly Appended[],
  disk: SimulatedDisk,
  heldLsn: number,
  what: string,
): Appended[] {
  const oldest = disk
    .list(DIRECTORY)
    .map((name) => /^wal-(\d{16})\.log$/.exec(name)?.[1])
    .filter((lsn) => lsn !== undefined)
    .toSorted()[0];
  const fromLsn = oldest === undefined ? firstLsnOfActive(disk) : Number(oldest);
  const recovery = recoverLog(disk, DIRECTORY, fromLsn);
  const texts = replayTexts(disk, recovery);
  const inOrder = appended.toSorted((a, b) => a.lsn - b.lsn);
  const before = inOrder.filter((one) => one.lsn <= fromLsn);
  const after = inOrder.slice(before.length);
  const expected: string[] = [];
  let taken = 0;
  while (taken < after.length && expected.length < texts.length) expected.push(...after[taken++]!.texts);
  assert.deepEqual(texts, expected, `${what}: a prefix, and no part of a group`);
  const held = after.filter((one) => one.lsn <= heldLsn).length;
  assert.ok(taken >= held, `${what}: ${taken} records came back, ${held} had to`);
  // The last one may have come back without the filler behind it, and the log then goes on where that was.
  const { endLsn } = recovery;
  return [...before, ...after.slice(0, taken)].map(({ texts, lsn }) => ({
    texts,
    lsn: Math.min(lsn, endLsn),
  }));
}

function firstLsnOfActive(disk: SimulatedDisk): number {
  const bytes = disk.contents(`${DIRECTORY}/wal.log`);
  return Number(bytes.readBigUInt64LE(16));
}

/** All records of a recovered log, groups taken apart. */
export function replayTexts(disk: Disk, recovery: LogRecovery): string[] {
  const texts: string[] = [];
  const visitor: RecordVisitor = { record: (fields, bytes) => texts.push(recordText(fields, bytes)) };
  replayLog(disk, recovery.directory, recovery.segments, recovery.fromLsn, visitor);
  return texts;
}

export function setText(key: string, value: string, deadline: number): string {
  return `1/0 ${key} ${value} ${deadline}`;
}

/** A record in a form that is easy to compare: op/database, key, value, deadline. */
function recordText(fields: RecordFields, bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const key = buffer.toString('latin1', fields.keyOffset, fields.keyOffset + fields.keyBytes);
  const value = buffer.toString('latin1', fields.valueOffset, fields.valueOffset + fields.valueBytes);
  const expired = (fields.flags & FLAG_EXPIRED) !== 0 ? ' expired' : '';
  return `${fields.op}/${fields.database} ${key} ${value} ${fields.deadline}${expired}`;
}

export function appendSet(log: Log, key: string, value: string, deadline: number): number {
  const bytes = Buffer.from(key + value, 'latin1');
  return log.appendSet(0, deadline, viewOf(bytes), 0, key.length, viewOf(bytes), key.length, value.length);
}
