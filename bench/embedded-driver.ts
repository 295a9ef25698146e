/** The process of one store without a socket: `embedded-driver.js NAME DIRECTORY`, then turns (turn-driver.ts). */

import { setImmediate as turnEnd } from 'node:timers/promises';
import { median } from './contest.js';
import { KEY_COUNT, type Operations, STORES, type StoreName } from './embedded-stores.js';
import { serveTurns } from './turn-driver.js';

export interface StoreTask {
  /** One of the store's (embedded-stores.ts). */
  readonly operation: string;
  /** Operations that are timed together: a divisor of the number of keys. */
  readonly batch: number;
  readonly durationMs: number;
}

/** A median of fewer would be a chance. */
const BATCHES_MIN = 3;

const [name = '', directory = ''] = process.argv.slice(2);
const opening = STORES[name as StoreName](directory);

serveTurns(async (task: StoreTask): Promise<number> => measure(await opening, task));

/** Nanoseconds an operation: the median over batches. What a store leaves to the end of the turn is counted in. */
async function measure(operations: Operations, { operation, batch, durationMs }: StoreTask): Promise<number> {
  const run = operations[operation];
  if (run === undefined) throw new Error(`${name} has no operation '${operation}'`);
  const nanos: number[] = [];
  const endMs = performance.now() + durationMs;
  for (
    let from = 0;
    performance.now() < endMs || nanos.length < BATCHES_MIN;
    from = (from + batch) % KEY_COUNT
  ) {
    const startMs = performance.now();
    await run(from, batch);
    await turnEnd();
    nanos.push(((performance.now() - startMs) * 1e6) / batch);
  }
  return median(nanos);
}
