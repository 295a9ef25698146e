/** A worker that has attached to a store and does, one after the other, what it is told to: the end of attach.test.ts. */

import { parentPort, workerData } from 'node:worker_threads';
import { ConnectionError } from '../client/errors.js';
import { attach } from './attached-store.js';

const kv = await attach();

const nameOf = (error: unknown): string => (error instanceof ConnectionError ? error.code : String(error));

const orders: Readonly<Record<string, (argument: number) => unknown>> = {
  /** Counts one key up so many times, by turns in both ways. */
  async count(times) {
    for (let time = 0; time < times; time += 2) {
      kv.sync.incr('counter');
      await kv.incr('counter');
    }
    return times;
  },
  push: () => kv.sync.lpush('to main', 'from worker'),
  pop: () => kv.blpop(['to worker'], 0).catch(nameOf),
  /** Waits in vain, and says when it does. */
  hold() {
    kv.blpop(['held'], 0).catch(() => {});
    return kv.ping();
  },
  close: () => kv.close(),
  /** What calls come to once the store is closed. */
  async after() {
    const late = await kv.get('any').catch(nameOf);
    try {
      return [late, kv.sync.get('any')];
    } catch (error) {
      return [late, nameOf(error)];
    }
  },
  exit: () => process.exit(0),
  task: () => workerData.task,
  again: () => attach().catch(String),
};

parentPort?.on('message', async ([name, argument]: [string, number]) => {
  parentPort?.postMessage([name, await orders[name]?.(argument)]);
});
