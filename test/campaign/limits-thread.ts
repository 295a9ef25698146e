/**
 * The thread that an attack of the limits campaign runs on. It takes the machine's lowest priority: what it needs of the
 * processor is not to be taken for what the server needs. The campaign holds an `AttackThread`; the code of the thread itself
 * is at the end.
 */

import { once } from 'node:events';
import { setPriority } from 'node:os';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { SeededRandom } from '../support/random.js';
import { ATTACKS } from './limits-attacks.js';
import { LoadContext, type LoadReport } from './soak-context.js';

const PRIORITY_LOWEST = 19;
/** After this, a thread that fails is the attack's end. */
const PROBLEMS_SHOWN = 5;

interface ThreadData {
  readonly attack: string;
  readonly port: number;
  readonly seed: number;
}

export class AttackThread {
  readonly counts = new Map<string, number>();
  readonly problems: string[] = [];
  readonly #worker: Worker;
  readonly #ended: Promise<void>;

  constructor(data: ThreadData) {
    this.#worker = new Worker(new URL(import.meta.url), { workerData: data });
    this.#worker.on('message', ({ counts, problems }: LoadReport) => {
      for (const [what, count] of Object.entries(counts)) this.counts.set(what, count);
      this.problems.push(...problems.slice(0, PROBLEMS_SHOWN));
    });
    this.#ended = once(this.#worker, 'exit').then(
      () => {},
      (error: Error) => void this.problems.push(`the attacker failed: ${error.stack}`),
    );
  }

  /** Asks it to bring its connections to their end. Resolves with whether it did within `limitMs`. */
  async stop(limitMs: number): Promise<boolean> {
    this.#worker.postMessage('stop');
    const startMs = performance.now();
    const timer = setTimeout(() => void this.#worker.terminate(), limitMs);
    await this.#ended;
    clearTimeout(timer);
    return performance.now() - startMs < limitMs;
  }
}

async function work({ attack, port, seed }: ThreadData): Promise<void> {
  setPriority(0, PRIORITY_LOWEST); // 0: on Linux this thread alone
  const context = new LoadContext(port, new SeededRandom(seed));
  parentPort?.once('message', () => context.stop());
  try {
    await ATTACKS.find(({ name }) => name === attack)!.run(context);
  } catch (error) {
    context.problem(`the attack failed: ${(error as Error).stack}`);
  }
  parentPort?.postMessage(context.takeReport());
}

if (!isMainThread && workerData?.attack !== undefined) void work(workerData as ThreadData);
