/**
 * A worker of an application that joins a server: for the tests. It leaves when it is told anything.
 */

import { parentPort, workerData } from 'node:worker_threads';
import { makeNodeReactor } from './reactor-choice.js';
import type { SharedState } from './shared-state.js';
import { assembleThread } from './thread.js';

const thread = assembleThread(workerData as SharedState, makeNodeReactor);
thread.calls.begin();
await thread.control.serve(thread.calls);
parentPort?.once('message', () => thread.control.close());
