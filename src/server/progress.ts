/**
 * How far loading has come. Each loading thread counts keys and bytes in shared memory; the main thread turns
 * the sums into console lines, at most one a second, and one at the end.
 */

import { THREAD_COUNT_MAX } from '../engine/statistics.js';
import type { Logger } from './console.js';

const REPORT_MS = 1_000;
/** f64 words of one thread: a cache line, so that threads don't slow each other down. */
const THREAD_WORDS = 8;
const KEYS = 0;
const BYTES = 1;

/** The shared counters of all threads, 0 at first. */
export function createProgressShared(): SharedArrayBuffer {
  return new SharedArrayBuffer(THREAD_COUNT_MAX * THREAD_WORDS * Float64Array.BYTES_PER_ELEMENT);
}

/** The counter of one loading thread. */
export class ProgressCounter {
  readonly threadIndex: number;
  readonly #words: Float64Array;

  constructor(shared: SharedArrayBuffer, threadIndex: number) {
    this.threadIndex = threadIndex;
    const bytes = THREAD_WORDS * Float64Array.BYTES_PER_ELEMENT;
    this.#words = new Float64Array(shared, threadIndex * bytes, THREAD_WORDS);
  }

  /** Counts keys put in place, or records applied, and the bytes of the file that they took. */
  add(keys: number, bytes: number): void {
    this.#words[KEYS] = (this.#words[KEYS] as number) + keys;
    this.#words[BYTES] = (this.#words[BYTES] as number) + bytes;
  }
}

/** The lines about one file that is being loaded. */
export class ProgressReport {
  readonly #words: Float64Array;
  readonly #logger: Logger;
  readonly #what: string;
  readonly #unit: string;
  readonly #totalBytes: number;
  readonly #readers: number;
  readonly #startMs: number;
  readonly #timer: NodeJS.Timeout;
  readonly #keysBefore: number;
  readonly #bytesBefore: number;

  /**
   * Begins to report on `what`, which has `totalBytes`, each read by `readers` threads, and holds things
   * called `unit`.
   */
  constructor(
    shared: SharedArrayBuffer,
    logger: Logger,
    what: string,
    unit: string,
    totalBytes: number,
    readers = 1,
  ) {
    this.#words = new Float64Array(shared);
    this.#logger = logger;
    this.#what = what;
    this.#unit = unit;
    this.#totalBytes = totalBytes;
    this.#readers = readers;
    this.#startMs = performance.now();
    this.#keysBefore = this.#sum(KEYS);
    this.#bytesBefore = this.#sum(BYTES);
    this.#timer = setInterval(() => logger.notice(this.line(performance.now())), REPORT_MS);
  }

  /** The line at `nowMs` (of `performance.now()`). */
  line(nowMs: number): string {
    const seconds = (nowMs - this.#startMs) / 1000;
    const bytes = (this.#sum(BYTES) - this.#bytesBefore) / this.#readers;
    const rate = bytes / Math.max(seconds, 1e-3);
    const left = rate > 0 ? `, ${Math.ceil((this.#totalBytes - bytes) / rate)} s left` : '';
    const percent = this.#totalBytes === 0 ? 100 : Math.floor((bytes / this.#totalBytes) * 100);
    return `Loading the ${this.#what}: ${this.#count()}, ${percent} %, ${(rate / 1e6).toFixed(0)} MB/s${left}`;
  }

  /** Ends the report with a summary. */
  finish(): void {
    clearInterval(this.#timer);
    const seconds = Math.max((performance.now() - this.#startMs) / 1000, 1e-3);
    const keys = this.#sum(KEYS) - this.#keysBefore;
    const megabytes = (this.#totalBytes / 1e6).toFixed(1);
    const rates = `${Math.round(keys / seconds)} ${this.#unit}/s, ${(this.#totalBytes / 1e6 / seconds).toFixed(0)} MB/s`;
    this.#logger.notice(
      `Loaded the ${this.#what}: ${this.#count()}, ${megabytes} MB in ${seconds.toFixed(3)} s (${rates})`,
    );
  }

  /** Ends the report without a word, because loading failed. */
  cancel(): void {
    clearInterval(this.#timer);
  }

  #count(): string {
    return `${this.#sum(KEYS) - this.#keysBefore} ${this.#unit}`;
  }

  #sum(word: number): number {
    let sum = 0;
    for (let at = word; at < this.#words.length; at += THREAD_WORDS) sum += this.#words[at] as number;
    return sum;
  }
}
