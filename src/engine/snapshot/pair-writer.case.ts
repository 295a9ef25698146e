/**
 * A worker that writes while a snapshot is taken. Round after round it goes over pairs of keys and writes the round's number
 * first to `a:<n>`, then to `b:<n>`: at any one moment both are equal, or the first is one ahead.
 */

import { parentPort, workerData } from 'node:worker_threads';
import type { MemoryShared } from '../../memory/layout.js';
import { Store } from './store.case.js';

export interface PairWriterData {
  readonly memory: MemoryShared;
  readonly pairCount: number;
  /** The worker ends when its only word is not 0. */
  readonly stop: Int32Array;
}

const { memory, pairCount, stop } = workerData as PairWriterData;
const store = new Store(memory);
for (let round = 1; Atomics.load(stop, 0) === 0; round++) {
  // Of changing size, so that some are written in place and some anew.
  const value = Buffer.from(`${round}`.padEnd(40 + (round % 40)));
  for (let pair = 0; pair < pairCount; pair++) {
    store.set(0, Buffer.from(`a:${pair}`), value, 0);
    store.set(0, Buffer.from(`b:${pair}`), value, 0);
  }
  if (round === 1) parentPort?.postMessage('ready');
}
