import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { createMemoryShared } from '../../memory/memory.js';
import { realDisk } from '../wal/disk.js';
import { createLogShared, Log } from '../wal/log.js';
import { LogThread } from '../wal/log-handle.js';
import { recoverLog } from '../wal/recovery.js';
import { readSnapshotIndex } from './loader.js';
import type { SnapshotThreadData, SnapshotThreadReply } from './snapshot-thread.js';
import { Store } from './store.case.js';

test('the thread takes snapshots beside the log thread, and the log gives up what they hold', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'crabkv-snapshot-'));
  const memory = createMemoryShared({ bytes: 2 ** 30, shardCount: 4, databaseCount: 2 });
  const recovery = recoverLog(realDisk, directory, 0);
  const log = createLogShared({ startLsn: recovery.endLsn });
  const fail = (error: Error): void => assert.fail(error);
  const logThread = await LogThread.start({ log, memory, recovery, onFailed: fail, onLost: fail });
  const data: SnapshotThreadData = {
    memory,
    log,
    logEnabled: true,
    directory,
    hashSeedLow: 1,
    hashSeedHigh: 2,
    threadIndex: 1,
  };
  const worker = new Worker(new URL('./snapshot-thread.js', import.meta.url), { workerData: data });
  const store = new Store(memory, (own) => new Log(log, own, 0));
  const snapshot = async (id: number): Promise<SnapshotThreadReply> => {
    worker.postMessage({ type: 'snapshot', id });
    return ((await once(worker, 'message')) as [SnapshotThreadReply])[0];
  };

  for (let number = 0; number < 5000; number++)
    store.set(0, Buffer.from(`${number}`), Buffer.from('value'), 0);
  const first = await snapshot(1);
  assert.deepEqual(
    [first.type, first.id, first.ok, first.entries, first.dirty],
    ['snapshot-done', 1, true, 5000, 5000],
  );
  for (let number = 0; number < 3000; number++) store.remove(0, Buffer.from(`${number}`));
  const second = await snapshot(2);
  assert.deepEqual([second.ok, second.entries], [true, 2000]);
  assert.ok(second.lsn > first.lsn);
  const index = readSnapshotIndex(directory);
  assert.deepEqual([index?.lsn, index?.entries, index?.bytes], [second.lsn, 2000, second.bytes]);

  // Asked for and given up at once: answered all the same.
  worker.postMessage({ type: 'snapshot', id: 3 });
  worker.postMessage({ type: 'stop' });
  const [[last]] = await Promise.all([
    once(worker, 'message') as Promise<[SnapshotThreadReply]>,
    once(worker, 'exit'),
  ]);
  assert.equal(last.id, 3);
  await logThread.stop();

  // The log that is left begins before the snapshot's end, and what is not in the snapshot is in it.
  assert.deepEqual(
    readdirSync(directory).filter((name) => /^wal-\d+/.test(name)),
    [],
  );
  const again = recoverLog(realDisk, directory, index?.lsn ?? 0);
  assert.ok(again.endLsn >= second.lsn);
  rmSync(directory, { recursive: true });
});
