/**
 * The start of a reactor thread: a worker that does nothing but serve connections (thread.ts).
 */

import { workerData } from 'node:worker_threads';
import { prepareReactor } from './reactor-choice.js';
import type { SharedState } from './shared-state.js';
import { assembleThread } from './thread.js';

const state = workerData as SharedState;
const { control, calls } = assembleThread(state, await prepareReactor(state.reactor));
await control.serve(calls);
