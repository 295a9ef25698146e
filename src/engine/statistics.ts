/**
 * Counters that every thread keeps for itself and INFO adds up.
 *
 * One block of cache lines a thread, in shared memory, written only by that thread with plain stores; readers may be
 * a moment late, never wrong by more than what is under way. One block more is the baseline: what CONFIG RESETSTAT wants
 * forgotten is taken off by the readers, since only a thread itself could clear its counters. After the blocks come a few words
 * that belong to the process.
 */

/** Reactors, and whoever else appends to the log or counts something, have an index below this. */
export const THREAD_COUNT_MAX = 64;

/** Words (f64) of a thread's block. */
export const STAT_CONNECTED_CLIENTS = 0;
export const STAT_CONNECTIONS_RECEIVED = 1;
export const STAT_CONNECTIONS_REJECTED = 2;
export const STAT_BYTES_IN = 3;
export const STAT_BYTES_OUT = 4;
/** How often input came in, and output went out. */
export const STAT_READS = 5;
export const STAT_WRITES = 6;
/** Microseconds spent deleting keys whose time is over, and freeing what flushes gave up. */
export const STAT_MAINTENANCE_US = 7;
/** How often that had to stop for clients before everything was done. */
export const STAT_MAINTENANCE_CUT = 16;
/** Replies that wait for the log at this moment. */
export const STAT_HELD_REPLIES = 8;
/** Bytes in this thread's connection buffers. */
export const STAT_BUFFER_BYTES = 9;
/** The largest buffers of one connection, looked at once in a while. */
export const STAT_INPUT_BYTES_MAX = 10;
export const STAT_OUTPUT_BYTES_MAX = 11;
/** Bytes in use on this thread's JavaScript heap, looked at once in a while. */
export const STAT_HEAP_BYTES = 12;
/** Clients that wait in WAIT and the like, or for the end of a pause, at this moment. */
export const STAT_BLOCKED_CLIENTS = 13;
/** Clients that were disconnected because of maxmemory-clients. */
export const STAT_CLIENTS_EVICTED = 14;
/** Bytes in the buffers of this thread's largest client that may be disconnected, as far as known. */
export const STAT_LARGEST_CLIENT_BYTES = 15;
const BLOCK_WORDS = 24;
/** Counters that CONFIG RESETSTAT sets back to 0. */
const RESETTABLE = [
  STAT_CONNECTIONS_RECEIVED,
  STAT_CONNECTIONS_REJECTED,
  STAT_BYTES_IN,
  STAT_BYTES_OUT,
  STAT_READS,
  STAT_WRITES,
  STAT_MAINTENANCE_US,
  STAT_MAINTENANCE_CUT,
  STAT_CLIENTS_EVICTED,
];

/** Words that say how things are at the moment in a thread. */
const MOMENTARY = [
  STAT_CONNECTED_CLIENTS,
  STAT_HELD_REPLIES,
  STAT_BUFFER_BYTES,
  STAT_INPUT_BYTES_MAX,
  STAT_OUTPUT_BYTES_MAX,
  STAT_HEAP_BYTES,
  STAT_BLOCKED_CLIENTS,
  STAT_LARGEST_CLIENT_BYTES,
];

/** Words (f64) of the process. */
export const PROCESS_START_MS = 0;
export const PROCESS_LAST_SAVE_SECONDS = 1;
export const PROCESS_LAST_SAVE_OK = 2;
export const PROCESS_SAVING = 3;
/** The sum of all shards' changes when the last good snapshot began. */
export const PROCESS_DIRTY_AT_SAVE = 4;
export const PROCESS_LAST_SAVE_ENTRIES = 5;
export const PROCESS_LAST_SAVE_MS = 6;
/** Since when more memory is in use than `maxmemory`, Unix ms; 0 = it is not. And for how long it was, before that. */
export const PROCESS_EVICTION_EXCEEDED_SINCE_MS = 7;
export const PROCESS_EVICTION_EXCEEDED_MS = 8;
/** Since when a snapshot is being taken, Unix ms; and how many have been taken, and have failed in a row. */
export const PROCESS_SAVE_STARTED_MS = 9;
export const PROCESS_SAVES = 10;
export const PROCESS_SAVES_FAILED = 11;
/** Bytes of the log after the last snapshot, or at the start. */
export const PROCESS_LOG_BYTES_AT_SAVE = 12;
/** Keys there were when the start had loaded everything. */
export const PROCESS_LOADED_KEYS = 13;
/** TCP port that is listened on; 0 = none. */
export const PROCESS_TCP_PORT = 14;
/** Threads that run commands. */
export const PROCESS_REACTORS = 15;
const PROCESS_WORDS = 32;

const BASELINE = THREAD_COUNT_MAX * BLOCK_WORDS;
const PROCESS = BASELINE + BLOCK_WORDS;
/** Where the words end, and the client ids begin: one i32, in a cache line of its own. */
const WORDS_BYTES = (PROCESS + PROCESS_WORDS) * 8;

export type StatisticsShared = SharedArrayBuffer;

export function createStatisticsShared(): StatisticsShared {
  return new SharedArrayBuffer(WORDS_BYTES + 64);
}

export class Statistics {
  private readonly words: Float64Array;
  private readonly identifiers: Int32Array;
  private readonly ownBlock: number;

  /** @param thread index of the calling thread's block, 0 to 63 */
  constructor(shared: StatisticsShared, thread: number) {
    this.words = new Float64Array(shared, 0, WORDS_BYTES / 8);
    this.identifiers = new Int32Array(shared, WORDS_BYTES);
    this.ownBlock = thread * BLOCK_WORDS;
  }

  /** Adds `amount` to this thread's counter `word` (STAT_*). */
  add(word: number, amount: number): void {
    this.words[this.ownBlock + word]! += amount;
  }

  /** Sets this thread's word `word`. */
  set(word: number, value: number): void {
    this.words[this.ownBlock + word] = value;
  }

  /** This thread's word `word`, since its start. */
  own(word: number): number {
    return this.words[this.ownBlock + word]!;
  }

  /** The sum of a word over all threads; of a counter, since it was reset. */
  total(word: number): number {
    let sum = -this.words[BASELINE + word]!;
    for (let at = word; at < BASELINE; at += BLOCK_WORDS) sum += this.words[at]!;
    return sum;
  }

  /** The largest value of a word in any thread. */
  largest(word: number): number {
    let largest = 0;
    for (let at = word; at < BASELINE; at += BLOCK_WORDS) largest = Math.max(largest, this.words[at]!);
    return largest;
  }

  /** Thread `thread` is no more: there is nothing in it at the moment. What it has counted stays. */
  retire(thread: number): void {
    for (const word of MOMENTARY) this.words[thread * BLOCK_WORDS + word] = 0;
  }

  /** Has the counters of all threads begin at 0 again, as CONFIG RESETSTAT wants. */
  reset(): void {
    for (const word of RESETTABLE) this.words[BASELINE + word]! += this.total(word);
    this.setProcess(PROCESS_SAVES, 0);
    this.setProcess(PROCESS_SAVES_FAILED, 0);
    this.setProcess(PROCESS_EVICTION_EXCEEDED_MS, 0);
  }

  /** A word of the process (PROCESS_*). */
  process(word: number): number {
    return this.words[PROCESS + word]!;
  }

  setProcess(word: number, value: number): void {
    this.words[PROCESS + word] = value;
  }

  /** A client id that no connection of this process had before: 1, 2, ... */
  nextClientId(): number {
    return Atomics.add(this.identifiers, 0, 1) + 1;
  }
}
