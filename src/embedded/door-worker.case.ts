/** The other end of `workerDoor`: runs lists of steps in a worker that has attached, and answers with what came back. */

import { parentPort, workerData } from 'node:worker_threads';
import { attach } from './attached-store.js';
import { type Outcome, outcomeOf, type Step } from './door-steps.case.js';

const kv = await attach();
const commands = workerData.way === 'promises' ? kv : kv.sync;

parentPort?.on('message', async (steps: readonly Step[] | undefined) => {
  if (steps === undefined) {
    await kv.close();
    parentPort?.close();
    return;
  }
  const outcomes: Outcome[] = [];
  for (const step of steps) outcomes.push(await outcomeOf(commands, step));
  parentPort?.postMessage(outcomes);
});
parentPort?.postMessage('attached');
