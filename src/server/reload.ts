/**
 * DEBUG RELOAD: the data are written to a snapshot and loaded from it, while the server runs.
 *
 * Nobody may write between the moment of the snapshot and the end of loading, so all reactor threads stop where they are, between
 * two turns, and do nothing but their part of this:
 *
 *     main thread     call all ........ wait for all > snapshot > GO ......................................... reply
 *     reactors        arrive, wait ............................. | empty own shards | load sections | go on
 *                                                                  all wait for all   all wait for all
 *
 * What is loaded is what was there, so the log has nothing to say about it. With NOSAVE that is not so: then memory would hold
 * something else than log and snapshot bring back, which is why it is for servers without a log only.
 *
 * A reload that fails after GO leaves memory half empty: the server ends, and its next start brings everything back.
 *
 * Source: DEBUG RELOAD in Redis's debug.c.
 */

import { setTimeout as delay } from 'node:timers/promises';
import type { Applier } from '../engine/apply.js';
import { detachDatabase } from '../engine/databases.js';
import * as errors from '../engine/errors.js';
import { freeGarbage } from '../engine/garbage.js';
import type { Keyspace } from '../engine/keyspace.js';
import type { ReloadOptions } from '../engine/services.js';
import { readSnapshotIndex, type SnapshotIndex } from '../engine/snapshot/loader.js';
import type { Batons } from '../memory/baton.js';
import { loadShare } from './load.js';
import type { ProgressCounter } from './progress.js';
import type { Reactors } from './reactors.js';
import type { Saver } from './saver.js';

/** Words of a reload: threads that have come so far, and what is decided. */
const ARRIVED = 0;
const EMPTIED = 1;
const LOADED = 2;
const DECISION = 3;
const WORDS = 4;
const UNDECIDED = 0;
const GO = 1;
const CANCEL = 2;

const ARRIVAL_LOOK_MS = 1;

/** A reactor's part of a reload. */
export interface ReloadOrder {
  readonly words: SharedArrayBuffer;
  readonly threadCount: number;
  readonly directory: string;
  readonly flushes: boolean;
  /** Number of the next section that nobody has taken: one shared i32. */
  readonly ticket: SharedArrayBuffer;
}

/** What the main thread has for it. */
export interface ReloadParts {
  readonly reactors: Reactors;
  readonly saver: Saver;
  readonly directory: string;
  readonly logEnabled: boolean;
}

/** What a reactor thread has for it. */
export interface ReloadThread {
  readonly keyspace: Keyspace;
  readonly batons: Batons;
  readonly applier: Applier;
  readonly progress: ProgressCounter;
}

/**
 * Reloads the data. Resolves to an error line when nothing has happened.
 *
 * @throws what has gone wrong on the way: memory can't be trusted then
 */
export async function reload(options: ReloadOptions, parts: ReloadParts): Promise<string | undefined> {
  if (!options.flushes && !options.merges) return errors.RELOAD_CONFLICTS;
  if (!options.saves && parts.logEnabled) return errors.RELOAD_LOGGED;
  const { reactors, saver, directory } = parts;
  const words = new Int32Array(new SharedArrayBuffer(WORDS * 4));
  const order: ReloadOrder = {
    words: words.buffer as SharedArrayBuffer,
    threadCount: reactors.count,
    directory,
    flushes: options.flushes,
    ticket: new SharedArrayBuffer(4),
  };
  return saver.exclusively(async (take) => {
    const done = reactors.all('reload', order);
    while (Atomics.load(words, ARRIVED) < reactors.count) await delay(ARRIVAL_LOOK_MS);
    const isReady = (!options.saves || (await take().catch(() => false))) && hasSnapshot(directory);
    Atomics.store(words, DECISION, isReady ? GO : CANCEL);
    Atomics.notify(words, DECISION);
    await done;
    return isReady ? undefined : errors.RELOAD_FAILED;
  });
}

/** A reactor thread's part: blocks it until the reload is over. */
export function takePart(order: ReloadOrder, thread: ReloadThread): void {
  const { keyspace, applier, progress } = thread;
  const words = new Int32Array(order.words);
  keyspace.log.flush();
  Atomics.add(words, ARRIVED, 1);
  Atomics.wait(words, DECISION, UNDECIDED);
  if (Atomics.load(words, DECISION) === CANCEL) return;
  if (order.flushes) emptyShards(order, thread);
  meet(words, EMPTIED, order.threadCount);
  const index = readSnapshotIndex(order.directory) as SnapshotIndex;
  const { now, log } = keyspace;
  const { enabled } = log;
  // As when a server starts: nothing is logged, and nothing is too old.
  log.enabled = false;
  keyspace.now = 0;
  try {
    loadShare({ stage: 'snapshot', index, ticket: order.ticket }, applier, progress);
  } finally {
    log.enabled = enabled;
    keyspace.now = now;
  }
  meet(words, LOADED, order.threadCount);
}

function hasSnapshot(directory: string): boolean {
  try {
    return readSnapshotIndex(directory) !== undefined;
  } catch {
    return false;
  }
}

/** Frees all keys of this thread's share of the shards at once, so that the loaded ones find room. */
function emptyShards({ threadCount }: ReloadOrder, { keyspace, batons, progress }: ReloadThread): void {
  const { shardCount, databaseCount } = keyspace.memory;
  for (let shard = progress.threadIndex; shard < shardCount; shard += threadCount) {
    batons.take(shard);
    for (let database = 0; database < databaseCount; database++) detachDatabase(keyspace, shard, database);
    while (freeGarbage(keyspace, shard));
    batons.give(shard);
  }
}

/** Waits until all threads have come here. */
function meet(words: Int32Array, word: number, threadCount: number): void {
  Atomics.add(words, word, 1);
  Atomics.notify(words, word);
  for (;;) {
    const seen = Atomics.load(words, word);
    if (seen >= threadCount) return;
    Atomics.wait(words, word, seen);
  }
}
