/**
 * Counters that every thread keeps for itself and INFO adds up.
 *
 * One block of cache lines a thread, in shared memory, written only by that thread with plain stores; readers may be
 * a moment late, never wrong by more than what is under way. After the blocks come a few words that belong to the
 * process.
 */

/** Reactors, and whoever else appends to the log or counts something, have an index below this. */
export const THREAD_COUNT_MAX = 64;

/** Words (f64) of a thread's block. */
export const STAT_CONNECTED_CLIENTS = 0;
export const STAT_CONNECTIONS_RECEIVED = 1;
export const STAT_CONNECTIONS_REJECTED = 2;
export const STAT_COMMANDS = 3;
export const STAT_BYTES_IN = 4;
export const STAT_BYTES_OUT = 5;
/** Replies that wait for the log at this moment. */
export const STAT_HELD_REPLIES = 6;
/** Bytes in this thread's connection buffers. */
export const STAT_BUFFER_BYTES = 7;
/** Bytes in use on this thread's JavaScript heap, looked at once in a while. */
export const STAT_HEAP_BYTES = 8;
const BLOCK_WORDS = 16;

/** Words (f64) of the process. */
export const PROCESS_START_MS = 0;
export const PROCESS_LAST_SAVE_SECONDS = 1;
export const PROCESS_LAST_SAVE_OK = 2;
export const PROCESS_SAVING = 3;
/** The sum of all shards' changes when the last good snapshot began. */
export const PROCESS_DIRTY_AT_SAVE = 4;
export const PROCESS_LAST_SAVE_ENTRIES = 5;
export const PROCESS_LAST_SAVE_MS = 6;
const PROCESS_WORDS = 16;

export type StatisticsShared = SharedArrayBuffer;

export function createStatisticsShared(): StatisticsShared {
  return new SharedArrayBuffer((THREAD_COUNT_MAX * BLOCK_WORDS + PROCESS_WORDS) * 8 + 64);
}

export class Statistics {
  private readonly words: Float64Array;
  private readonly identifiers: Int32Array;
  private readonly own: number;

  /** @param thread index of the calling thread's block, 0 to 63 */
  constructor(shared: StatisticsShared, thread: number) {
    const bytes = (THREAD_COUNT_MAX * BLOCK_WORDS + PROCESS_WORDS) * 8;
    this.words = new Float64Array(shared, 0, bytes / 8);
    this.identifiers = new Int32Array(shared, bytes);
    this.own = thread * BLOCK_WORDS;
  }

  /** Adds `amount` to this thread's counter `word` (STAT_*). */
  add(word: number, amount: number): void {
    this.words[this.own + word]! += amount;
  }

  /** Sets this thread's word `word`. */
  set(word: number, value: number): void {
    this.words[this.own + word] = value;
  }

  /** The sum of a counter over all threads. */
  total(word: number): number {
    let sum = 0;
    for (let at = word; at < THREAD_COUNT_MAX * BLOCK_WORDS; at += BLOCK_WORDS) sum += this.words[at]!;
    return sum;
  }

  /** Sets a counter back to 0 in every thread's block. */
  clear(word: number): void {
    for (let at = word; at < THREAD_COUNT_MAX * BLOCK_WORDS; at += BLOCK_WORDS) this.words[at] = 0;
  }

  /** A word of the process (PROCESS_*). */
  process(word: number): number {
    return this.words[THREAD_COUNT_MAX * BLOCK_WORDS + word]!;
  }

  setProcess(word: number, value: number): void {
    this.words[THREAD_COUNT_MAX * BLOCK_WORDS + word] = value;
  }

  /** A client id that no connection of this process had before: 1, 2, ... */
  nextClientId(): number {
    return Atomics.add(this.identifiers, 0, 1) + 1;
  }
}
