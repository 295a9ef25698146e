/**
 * A log on a simulated disk with its writer in the same thread: for tests. What was appended is remembered as text, so that
 * it can be compared with what comes back.
 */

import { createMemoryShared, Memory } from '../../memory/memory.js';
import type { Disk } from './disk.js';
import { createLogShared, Log } from './log.js';
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
}

export class LogHarness {
  readonly disk: SimulatedDisk;
  readonly recovery: LogRecovery;
  readonly control: LogControl;
  readonly log: Log;
  readonly writer: LogWriter;
  readonly appended: Appended[] = [];
  readonly failures: string[] = [];
  nowMs = 1_700_000_000_000;

  /** Recovers what is on the disk, and goes on. */
  constructor(disk: SimulatedDisk, options: HarnessOptions = {}) {
    this.disk = disk;
    this.recovery = recoverLog(disk, DIRECTORY, options.fromLsn ?? 0, this.nowMs);
    const shared = createLogShared({
      ringBytes: LOG_RING_BYTES_MIN,
      threadCount: 1,
      startLsn: this.recovery.endLsn,
      mode: options.mode ?? 0,
    });
    this.control = new LogControl(shared);
    this.log = new Log(shared, memory, 0);
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

  /** Appends a SET. */
  set(key: string, value: string, deadline = 0): number {
    const lsn = appendSet(this.log, key, value, deadline);
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

/** All records of a recovered log, groups taken apart. */
export function replayTexts(disk: Disk, recovery: LogRecovery): string[] {
  const texts: string[] = [];
  const visitor: RecordVisitor = { record: (fields, bytes) => texts.push(recordText(fields, bytes)) };
  replayLog(disk, recovery.directory, recovery.segments, recovery.fromLsn, visitor);
  return texts;
}

function setText(key: string, value: string, deadline: number): string {
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
  return log.appendSet(0, deadline, bytes, 0, key.length, bytes, key.length, value.length);
}
