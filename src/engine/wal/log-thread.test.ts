import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import type { CrabError } from '../../base/errors.js';
import type { MemoryShared } from '../../memory/layout.js';
import { Memory } from '../../memory/memory.js';
import { realDisk } from './disk.js';
import { createLogShared, FSYNC_ALWAYS, FSYNC_EVERYSEC, Log, type LogShared } from './log.js';
import { LOG_RING_BYTES_MIN } from './log-control.js';
import { LogThread } from './log-handle.js';
import { appendSet, memory, replayTexts } from './log-harness.case.js';
import { recoverLog } from './recovery.js';

const APPENDERS = 2;
const RECORDS = 3000;

interface AppenderData {
  readonly log: LogShared;
  readonly memory: MemoryShared;
  readonly thread: number;
}

interface Running {
  readonly directory: string;
  readonly shared: LogShared;
  readonly log: Log;
  readonly thread: LogThread;
  readonly failures: CrabError[];
}

/** Runs a log thread in a directory of its own for the length of `operation`. */
async function withLogThread(mode: number, operation: (running: Running) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'crabkv-wal-'));
  const recovery = recoverLog(realDisk, directory, 0);
  const shared = createLogShared({ ringBytes: LOG_RING_BYTES_MIN, threadCount: APPENDERS, mode });
  const failures: CrabError[] = [];
  const thread = await LogThread.start({
    log: shared,
    memory: memory.shared,
    recovery,
    segmentBytes: 1024 * 1024,
    onFailed: (error) => failures.push(error),
    onLost: (error) => assert.fail(error),
  });
  try {
    await operation({ directory, shared, log: new Log(shared, memory, 0), thread, failures });
  } finally {
    await thread.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Sleeps until the log is durable up to `lsn`, as a thread that holds replies does. */
function waitDurable(log: Log, lsn: number): void {
  log.flush();
  while (log.durable() < lsn && !log.failed()) {
    const seen = Atomics.load(log.wakeArray, log.wakeIndex);
    log.requestWake();
    if (log.durable() >= lsn || log.failed()) return;
    const result = Atomics.wait(log.wakeArray, log.wakeIndex, seen, 5000);
    assert.notEqual(result, 'timed-out', 'a wake-up was lost');
  }
}

if (!isMainThread) {
  const data = workerData as AppenderData;
  const log = new Log(data.log, new Memory(data.memory), data.thread);
  for (let index = 0; index < RECORDS; index++) {
    if (!log.hasRoom()) log.waitForRoom();
    const lsn = appendSet(log, `${data.thread}:${index}`, 'v'.repeat(index % 300), 0);
    log.flush();
    if (index % 50 === 0) waitDurable(log, lsn);
  }
} else {
  test('threads append and wait for the disk; everything is there after a restart, each in its order', async () => {
    await withLogThread(FSYNC_ALWAYS, async ({ directory, shared, thread }) => {
      const exits = Array.from({ length: APPENDERS }, (_, index) => {
        const data: AppenderData = { log: shared, memory: memory.shared, thread: index };
        const worker = new Worker(new URL(import.meta.url), { workerData: data });
        return new Promise((resolve, reject) => worker.once('exit', resolve).once('error', reject));
      });
      await Promise.all(exits);
      await thread.stop();
      const texts = replayTexts(realDisk, recoverLog(realDisk, directory, 0));
      for (let index = 0; index < APPENDERS; index++) {
        const own = texts.filter((text) => text.startsWith(`1/0 ${index}:`));
        assert.equal(own.length, RECORDS);
        for (let at = 0; at < RECORDS; at++) assert.ok(own[at]!.startsWith(`1/0 ${index}:${at} `));
      }
    });
  });

  test('a snapshot rotates and recycles while the log goes on', async () => {
    await withLogThread(FSYNC_EVERYSEC, async ({ directory, log, thread }) => {
      let lsn = 0;
      for (let round = 0; round < 3; round++) {
        for (let index = 0; index < 1000; index++) {
          if (!log.hasRoom()) log.waitForRoom();
          appendSet(log, `${round}:${index}`, 'v'.repeat(2000), 0);
        }
        lsn = log.tail();
        assert.equal(log.requestRotate(), true);
        assert.equal(log.durable(), lsn);
        log.recycleUpTo(lsn);
      }
      const last = appendSet(log, 'last', 'v', 0);
      await thread.stop();
      assert.equal(log.durable(), last);
      const names = realDisk.list(directory).toSorted();
      assert.deepEqual(names, ['wal-spare-1.log', 'wal-spare-2.log', 'wal.log']);
      assert.deepEqual(replayTexts(realDisk, recoverLog(realDisk, directory, lsn)), ['1/0 last v 0']);
    });
  });

  test('everysec syncs without anybody asking', async () => {
    await withLogThread(FSYNC_EVERYSEC, async ({ log }) => waitDurable(log, appendSet(log, 'a', 'b', 0)));
  });

  test('a log that breaks says so, wakes who waits, and lets nobody wait for room', async () => {
    await withLogThread(FSYNC_ALWAYS, async ({ directory, log, thread, failures }) => {
      rmSync(directory, { recursive: true });
      // The open file can still be written: the rotation is what fails.
      let lsn = 0;
      for (let index = 0; index < 3000; index++) {
        if (!log.hasRoom()) log.waitForRoom();
        lsn = appendSet(log, 'key', 'v'.repeat(1000), 0);
      }
      waitDurable(log, lsn);
      assert.equal(log.failed(), true);
      assert.ok(log.durable() < lsn);
      assert.equal(log.requestRotate(), false);
      await thread.stop();
      assert.equal(failures.length, 1);
      assert.match(failures[0]!.message, /wal-next\.log at offset 0: ENOENT/);
    });
  });
}
