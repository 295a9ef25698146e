/**
 * Threads that make the soak campaign's load, each with a part of its own, so that none of them holds up another. The
 * campaign holds a `LoadThread`; the code of the thread itself is at the end.
 */

import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { SeededRandom } from '../support/random.js';
import { sendBulk } from './soak-bulk.js';
import { LoadContext, type LoadReport } from './soak-context.js';
import { administer } from './soak-control.js';
import { fillUp } from './soak-eviction.js';
import { behaveBadly } from './soak-rough.js';
import { verify } from './soak-verify.js';

const PARTS = { bulk: sendBulk, verify, rough: behaveBadly, control: administer, full: fillUp } as const;
export type Part = keyof typeof PARTS;

const REPORT_MS = 1000;

interface ThreadData {
  readonly part: Part;
  readonly port: number;
  readonly seed: number;
}

export class LoadThread {
  readonly part: Part;
  readonly #worker: Worker;
  readonly #ended: Promise<void>;

  /** @param onReport is called about once a second and once at the end */
  constructor(data: ThreadData, onReport: (report: LoadReport) => void) {
    this.part = data.part;
    this.#worker = new Worker(new URL(import.meta.url), { workerData: data });
    this.#worker.on('message', onReport);
    this.#ended = once(this.#worker, 'exit').then(
      () => {},
      (error: Error) =>
        onReport({
          counts: {},
          problems: [`the ${data.part} thread failed: ${error.stack}`],
          problemCount: 1,
        }),
    );
  }

  /** Asks the thread to bring its connections to their end. Resolves with whether it did within `limitMs`. */
  async stop(limitMs: number): Promise<boolean> {
    this.#worker.postMessage('stop');
    const timer = setTimeout(() => void this.#worker.terminate(), limitMs);
    const startMs = performance.now();
    await this.#ended;
    clearTimeout(timer);
    return performance.now() - startMs < limitMs;
  }
}

async function work({ part, port, seed }: ThreadData): Promise<void> {
  const context = new LoadContext(port, new SeededRandom(seed));
  parentPort?.once('message', () => context.stop());
  const report = () => parentPort?.postMessage(context.takeReport());
  const timer = setInterval(report, REPORT_MS);
  try {
    await PARTS[part](context);
  } catch (error) {
    context.problem(`the ${part} load failed: ${(error as Error).stack}`);
  }
  clearInterval(timer);
  report();
  parentPort?.unref();
}

if (!isMainThread && workerData?.part !== undefined) void work(workerData as ThreadData);
