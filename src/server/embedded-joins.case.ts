/**
 * A worker of an application that joins a server: for the tests. It leaves when it is told so, and says what it knows when it is
 * asked.
 */

import { parentPort, workerData } from 'node:worker_threads';
import { makeNodeReactor } from './reactor-choice.js';
import type { SharedState } from './shared-state.js';
import { assembleThread } from './thread.js';

const thread = assembleThread(workerData as SharedState, makeNodeReactor);
thread.calls.begin();
await thread.control.serve(thread.calls);
parentPort?.on('message', (order: 'what' | 'leave') => {
  if (order === 'what') {
    const { users } = thread.executor.call.services;
    parentPort?.postMessage([thread.config.get('slowlog-max-len'), users.lines()]);
    return;
  }
  thread.control.close();
  parentPort?.close(); // nothing else keeps the thread
});
