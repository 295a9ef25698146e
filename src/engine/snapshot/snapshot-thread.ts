/**
 * The snapshot thread: sleeps until the main thread asks for a snapshot, takes it, says how it went.
 *
 *     main -> thread   {type: 'snapshot', id}   one at a time; one that comes meanwhile waits
 *                      {type: 'stop'}           gives up the snapshot under way and those that wait, and ends the thread
 *     thread -> main   {type: 'snapshot-done', id, ok, error?, lsn, entries, bytes, ms, dirty}
 *
 * While it takes a snapshot the thread does not return to its event loop: it looks for messages now and then.
 */

import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { setHashSeed } from '../../base/hash.js';
import { Batons } from '../../memory/baton.js';
import type { MemoryShared } from '../../memory/layout.js';
import { Memory } from '../../memory/memory.js';
import { Entries } from '../../structures/entry.js';
import { HashTable } from '../../structures/hash-table.js';
import { realDisk } from '../wal/disk.js';
import { Log, type LogShared } from '../wal/log.js';
import { CANCELLED_TEXT, runSnapshot, type SnapshotResult } from './writer.js';

/** `workerData` of the thread. */
export interface SnapshotThreadData {
  readonly memory: MemoryShared;
  readonly log: LogShared;
  /** False when nothing is logged. */
  readonly logEnabled: boolean;
  /** The store's directory. */
  readonly directory: string;
  readonly hashSeedLow: number;
  readonly hashSeedHigh: number;
  /** This thread's index in the log. */
  readonly threadIndex: number;
}

export type SnapshotThreadRequest =
  | { readonly type: 'snapshot'; readonly id: number }
  | { readonly type: 'stop' };

export interface SnapshotThreadReply extends SnapshotResult {
  readonly type: 'snapshot-done';
  readonly id: number;
}

const CANCELLED: SnapshotResult = {
  ok: false,
  error: CANCELLED_TEXT,
  lsn: 0,
  entries: 0,
  bytes: 0,
  ms: 0,
  dirty: 0,
};

function serve(port: MessagePort, data: SnapshotThreadData): void {
  setHashSeed(data.hashSeedLow, data.hashSeedHigh);
  const memory = new Memory(data.memory);
  const entries = new Entries(memory);
  const table = new HashTable(memory, entries);
  const batons = new Batons(data.memory);
  const log = new Log(data.log, memory, data.threadIndex);
  log.enabled = data.logEnabled;
  const { directory } = data;
  const waiting: number[] = [];
  let stopping = false;

  const receive = (message: SnapshotThreadRequest): void => {
    if (message.type === 'stop') stopping = true;
    else waiting.push(message.id);
  };
  const cancelled = (): boolean => {
    const received = receiveMessageOnPort(port);
    if (received !== undefined) receive(received.message as SnapshotThreadRequest);
    return stopping;
  };
  const take = (): SnapshotResult =>
    runSnapshot({ memory, entries, table, batons, log, disk: realDisk, directory, cancelled });
  port.on('message', (message: SnapshotThreadRequest) => {
    receive(message);
    for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
      const result = stopping ? CANCELLED : take();
      port.postMessage({ type: 'snapshot-done', id, ...result } satisfies SnapshotThreadReply);
    }
    if (stopping) port.close();
  });
}

if (parentPort !== null) serve(parentPort, workerData as SnapshotThreadData);
