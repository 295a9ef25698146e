/**
 * Runs the fuzzer on one target in a thread of its own, which this one watches: an input that never ends, or that takes all
 * memory, ends the thread, and is known all the same, because it was written into shared memory before it was run.
 *
 * The thread's part is at the end of this file, which is its program, too.
 */

import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { Coverage } from './coverage.js';
import { Fuzzer, reduceInputs } from './fuzzer.js';
import type { Target } from './target.js';
import { TARGETS } from './targets.js';

/** Inputs that have broken a promise are written here. */
export const FAILURES = join(tmpdir(), 'crabkv-fuzz');
/** No input takes so long, however busy the machine is. */
const HANG_MS = 60_000;
const LOOK_MS = 1000;
const GARBAGE_MS = 500;
/** Of the thread's heap; and of the buffers beside it, beyond those that the target has from the beginning. */
const HEAP_MIB_MAX = 512;
const BUFFER_BYTES_MAX = 1024 * 1024 * 1024;
/** In the shared memory: a word that changes with each input, a word for its size, the input. */
const SHARED_HEADER_BYTES = 8;
const SHARED_INPUT_BYTES_MAX = 1024 * 1024;

/** What to run. It ends with whichever limit comes first. */
export interface RunOptions {
  readonly target: string;
  readonly seed: number;
  readonly batchesMax: number;
  readonly secondsMax: number;
  /** Inputs to begin with. */
  readonly inputs: readonly Uint8Array[];
  /** To find out which of what was found is needed. */
  readonly reduces: boolean;
}

export interface RunReport {
  readonly inputCount: number;
  readonly seconds: number;
  /** How much of the code of the target's modules has run, from 0 to 1. */
  readonly reached: number;
  /** What is worth keeping beside the target's seeds. */
  readonly corpus: readonly Uint8Array[];
  readonly slowestMs: number;
  readonly slowest: Uint8Array;
  readonly failures: readonly RunFailure[];
}

export interface RunFailure {
  readonly input: Uint8Array;
  /** What was thrown, with its stack; or that it hung, or took all memory. */
  readonly message: string;
}

/** Runs a target until a limit is reached, or something is so wrong that it can't go on. */
export function runTarget(options: RunOptions): Promise<RunReport> {
  const shared = new SharedArrayBuffer(SHARED_HEADER_BYTES + SHARED_INPUT_BYTES_MAX);
  const worker = new Worker(new URL(import.meta.url), {
    workerData: { options, shared },
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB_MAX },
  });
  const words = new Int32Array(shared, 0, 2);
  return new Promise((resolve) => {
    let seen = -1;
    let unchangedMs = 0;
    const timer = setInterval(() => {
      const number = Atomics.load(words, 0);
      unchangedMs = number === seen ? unchangedMs + LOOK_MS : 0;
      seen = number;
      if (unchangedMs >= HANG_MS) end(brokenReport(shared, `it has not ended after ${HANG_MS} ms`));
    }, LOOK_MS);
    const end = (report: RunReport) => {
      clearInterval(timer);
      resolve(report);
      void worker.terminate();
    };
    worker.on('message', end);
    worker.on('error', (error) => end(brokenReport(shared, error.stack ?? String(error))));
  });
}

/** What can be said of a run whose thread is gone. */
function brokenReport(shared: SharedArrayBuffer, message: string): RunReport {
  const [inputCount, size] = new Int32Array(shared, 0, 2) as unknown as [number, number];
  const input = new Uint8Array(shared, SHARED_HEADER_BYTES, size).slice();
  const failures = [{ input, message }];
  return { inputCount, seconds: 0, reached: 0, corpus: [], slowestMs: 0, slowest: input, failures };
}

interface ThreadData {
  readonly options: RunOptions;
  readonly shared: SharedArrayBuffer;
}

async function runInThread({ options, shared }: ThreadData): Promise<RunReport> {
  const coverage = new Coverage();
  const make = await TARGETS[options.target]?.();
  assert.ok(make !== undefined, `there is no target '${options.target}': ${Object.keys(TARGETS).join(', ')}`);
  const watch = new InputWatch(shared);
  const fuzzer = new Fuzzer(() => watch.over(make()), coverage, options.seed);
  const startMs = performance.now();
  const seconds = () => (performance.now() - startMs) / 1000;
  fuzzer.begin(options.inputs);
  const bufferBytesMax = process.memoryUsage().arrayBuffers + BUFFER_BYTES_MAX;
  for (let batch = 0; batch < options.batchesMax && seconds() < options.secondsMax; batch++) {
    fuzzer.step();
    // A target that was given up leaves views of its store in what the modules keep for the next command.
    if (fuzzer.failures.length === 0) await checkBuffers(bufferBytesMax);
  }
  const { inputCount, failures } = fuzzer;
  return {
    inputCount,
    seconds: seconds(),
    reached: coverage.reached(),
    corpus: options.reduces ? reduceInputs(make, new Coverage(), fuzzer.corpus) : [],
    slowestMs: watch.slowestMs,
    slowest: watch.slowest,
    failures: failures.map(({ input, error }) => ({ input, message: error.stack ?? error.message })),
  };
}

/** Throws if the thread has more bytes of buffers, what is not in use any more not counted. */
async function checkBuffers(bytesMax: number): Promise<void> {
  if (process.memoryUsage().arrayBuffers <= bytesMax) return;
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  // Buffers are given back beside the thread.
  await new Promise((resolve) => setTimeout(resolve, GARBAGE_MS));
  const { arrayBuffers } = process.memoryUsage();
  assert.ok(arrayBuffers <= bytesMax, `a batch has left ${arrayBuffers} bytes of buffers`);
}

/** Shows each input to the other thread before it is run, and notes which took longest. */
class InputWatch {
  slowestMs = 0;
  slowest: Uint8Array = new Uint8Array(0);
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;

  constructor(shared: SharedArrayBuffer) {
    this.#words = new Int32Array(shared, 0, 2);
    this.#bytes = new Uint8Array(shared, SHARED_HEADER_BYTES);
  }

  over(target: Target): Target {
    return { ...target, run: (input) => this.#run(target, input) };
  }

  #run(target: Target, input: Uint8Array): void {
    const shown = input.slice(0, this.#bytes.length);
    this.#bytes.set(shown);
    this.#words[1] = shown.length;
    Atomics.add(this.#words, 0, 1);
    const startMs = performance.now();
    try {
      target.run(input);
    } finally {
      const ms = performance.now() - startMs;
      if (ms > this.slowestMs) {
        this.slowestMs = ms;
        this.slowest = shown;
      }
    }
  }
}

if (!isMainThread && workerData?.shared instanceof SharedArrayBuffer) {
  parentPort!.postMessage(await runInThread(workerData as ThreadData));
}
