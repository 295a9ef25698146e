/** Real threads that write the log at the end of their turns, beside a log thread that syncs, rotates and writes the rest. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import type { MemoryShared } from '../../memory/layout.js';
import { Memory } from '../../memory/memory.js';
import { type Disk, realDisk } from './disk.js';
import { createLogShared, FSYNC_ALWAYS, FSYNC_EVERYSEC, FSYNC_NO, Log, type LogShared } from './log.js';
import { LOG_RING_BYTES_MIN } from './log-control.js';
import { LogThread } from './log-handle.js';
import { appendSet, memory, replayTexts } from './log-harness.case.js';
import { INLINE_RECORD_BYTES_MAX } from './record.js';
import { recoverLog } from './recovery.js';

const WRITERS = 3;
const RECORDS = 4000;
/** Appends of a turn at most. */
const TURN_RECORDS_MAX = 8;
/** Every so many records one goes through page memory. */
const LARGE_EVERY = 500;
/** A wait that takes longer than this is one for a wake-up that was lost. */
const WAKE_MS_MAX = 20_000;

interface WriterData {
  readonly log: LogShared;
  readonly memory: MemoryShared;
  readonly thread: number;
}

/** What a writer says at its end. */
interface WriterReport {
  /** Blocks that it wrote itself. */
  readonly writes: number;
  readonly lastLsn: number;
}

/** Length of the value of record `index`: most are small, and they do not line up with anything. */
function valueBytes(thread: number, index: number): number {
  if (index % LARGE_EVERY === LARGE_EVERY - 1) return INLINE_RECORD_BYTES_MAX + index;
  return Math.imul(index + 1, 2654435761 ^ thread) & 0x1ff;
}

/** As a thread that holds replies waits for the log: until what it has appended is acknowledged. */
function waitAcknowledged(log: Log, lsn: number): void {
  while (log.acknowledged() < lsn) {
    const seen = Atomics.load(log.wakeArray, log.wakeIndex);
    log.requestWake();
    if (log.acknowledged() >= lsn) return;
    const result = Atomics.wait(log.wakeArray, log.wakeIndex, seen, WAKE_MS_MAX);
    assert.notEqual(result, 'timed-out', 'a wake-up was lost');
    assert.equal(log.failed(), false);
  }
}

/** Appends in turns of a few records, flushes at the end of each, and waits for the log now and then. */
function write({ log: shared, memory: memoryShared, thread }: WriterData): WriterReport {
  let writes = 0;
  const disk: Disk = {
    ...realDisk,
    write: (file, buffers, position) => {
      writes++;
      return realDisk.write(file, buffers, position);
    },
  };
  const log = new Log(shared, new Memory(memoryShared), thread, disk);
  let lsn = 0;
  let acknowledged = 0;
  for (let index = 0; index < RECORDS; ) {
    const turn = 1 + ((index * 7) % TURN_RECORDS_MAX);
    for (let end = Math.min(RECORDS, index + turn); index < end; index++) {
      if (!log.hasRoom()) log.waitForRoom();
      const value = String(index % 10).repeat(valueBytes(thread, index));
      assert.ok(log.prepare(value.length + 100));
      lsn = appendSet(log, `${thread}:${index}`, value, 0);
    }
    log.flush();
    const now = log.acknowledged();
    assert.ok(now >= acknowledged, `acknowledged went back from ${acknowledged} to ${now}`);
    acknowledged = now;
    if (index % 3 !== 0) waitAcknowledged(log, lsn);
  }
  waitAcknowledged(log, lsn);
  return { writes, lastLsn: lsn };
}

/** Runs the writers in a mode, and `meanwhile` beside them; returns what they said and what a restart finds. */
async function runWriters(
  mode: number,
  meanwhile: (log: Log, isDone: () => boolean) => Promise<void>,
): Promise<{ reports: WriterReport[]; texts: string[]; durable: number }> {
  const directory = mkdtempSync(join(tmpdir(), 'crabkv-tip-'));
  try {
    const recovery = recoverLog(realDisk, directory, 0);
    const shared = createLogShared({ ringBytes: LOG_RING_BYTES_MIN, threadCount: WRITERS, mode });
    const thread = await LogThread.start({
      log: shared,
      memory: memory.shared,
      recovery,
      segmentBytes: 1024 * 1024,
      onFailed: (error) => assert.fail(error),
      onLost: (error) => assert.fail(error),
    });
    const log = new Log(shared, memory, WRITERS);
    let done = 0;
    const running = Array.from({ length: WRITERS }, async (_, index) => {
      const data: WriterData = { log: shared, memory: memory.shared, thread: index };
      const worker = new Worker(new URL(import.meta.url), { workerData: data });
      const [report] = (await once(worker, 'message')) as [WriterReport];
      done++;
      return report;
    });
    const [reports] = await Promise.all([Promise.all(running), meanwhile(log, () => done === WRITERS)]);
    await thread.stop();
    const texts = replayTexts(realDisk, recoverLog(realDisk, directory, 0));
    return { reports, texts, durable: log.durable() };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Everything that was appended came back once, each thread's in its order. */
function expectAll(texts: readonly string[]): void {
  assert.equal(texts.length, WRITERS * RECORDS);
  for (let thread = 0; thread < WRITERS; thread++) {
    const own = texts.filter((text) => text.startsWith(`1/0 ${thread}:`));
    assert.equal(own.length, RECORDS);
    for (let index = 0; index < RECORDS; index++) {
      const value = String(index % 10).repeat(valueBytes(thread, index));
      if (own[index] !== `1/0 ${thread}:${index} ${value} 0`) {
        assert.fail(`thread ${thread}, record ${index}: ${own[index]?.slice(0, 60)}`);
      }
    }
  }
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

if (!isMainThread) {
  parentPort!.postMessage(write(workerData as WriterData));
} else {
  for (const [name, mode] of [
    ['everysec', FSYNC_EVERYSEC],
    ['no', FSYNC_NO],
  ] as const) {
    test(`${name}: threads write at once; all is there after a restart, each thread's in its order`, async () => {
      const { reports, texts, durable } = await runWriters(mode, async () => {});
      expectAll(texts);
      assert.equal(durable, Math.max(...reports.map((report) => report.lastLsn)), 'a stop syncs');
      assert.ok(
        reports.some(({ writes }) => writes > 0),
        'the log thread wrote everything',
      );
    });
  }

  test('threads write while the mode changes and the log is rotated under them', async () => {
    const { texts } = await runWriters(FSYNC_EVERYSEC, async (log, isDone) => {
      for (let round = 0; !isDone(); round++) {
        log.setMode([FSYNC_ALWAYS, FSYNC_EVERYSEC, FSYNC_NO][round % 3]!);
        if (round % 4 === 3) assert.equal(log.requestRotate(), true);
        await nextTurn();
      }
    });
    expectAll(texts);
  });
}
