/**
 * Batons: who may touch a shard.
 *
 * A shard is an engine actor, private state and one command at a time, but it has no thread of its own: the thread
 * that wants to run a command takes the shard's baton, runs, and gives it back. An uncontended baton costs one
 * compare-and-swap and one exchange.
 *
 * The word is FREE, HELD, or HELD_WANTED (somebody may sleep on it, so that giving it back must wake one): the
 * three-state mutex of Drepper, "Futexes Are Tricky". Several batons are always taken in ascending order, so that
 * no two threads can wait for each other.
 *
 * Ordering: the compare-and-swap that takes the baton and the exchange that gives it back are sequentially
 * consistent, so plain reads and writes of the shard between them are seen by the next holder.
 *
 * While holding a baton a thread must not throw, allocate on the JS heap, or do I/O.
 */

import { CrabError } from '../base/errors.js';
import { stopwatch } from '../base/stopwatch.js';
import {
  DATABASE_COUNT_MAX,
  type MemoryShared,
  SHARD_BATON,
  SHARD_BATON_PARKS,
  SHARD_BATON_WAITS,
  SHARD_COUNT_MAX,
  SHARD_F64_ACQUISITIONS,
  shardRecordWords,
} from './layout.js';

export const BATON_FREE = 0;
const BATON_HELD = 1;
const BATON_HELD_WANTED = 2;

/** Looks at a held baton about 2 us long before sleeping: a command is shorter than a sleep and a wake-up. */
const SPIN_COUNT = 200;

let patienceMs = Number.POSITIVE_INFINITY;

/**
 * From now on this thread takes whoever holds a lock for longer than `ms` for dead, and throws. To be used where threads are not
 * all this project's own: one that was terminated in the middle of a command can give nothing back, and nobody can know what it
 * has left.
 */
export function limitPatience(ms: number): void {
  patienceMs = ms;
}

/** Takes the lock word at `index`. Exported for the few other locks in shared memory (page heap, lists). */
export function lockWord(words: Int32Array, index: number): void {
  if (Atomics.compareExchange(words, index, BATON_FREE, BATON_HELD) !== BATON_FREE)
    lockWordSlow(words, index);
}

/** Takes it if that needs no sleep. Returns false when somebody has it for longer than a look of about 2 us. */
export function tryLockWord(words: Int32Array, index: number): boolean {
  for (let spin = 0; spin < SPIN_COUNT; spin++) {
    if (Atomics.compareExchange(words, index, BATON_FREE, BATON_HELD) === BATON_FREE) return true;
  }
  return false;
}

/** Gives the lock word at `index` back, waking one sleeper if there may be one. */
export function unlockWord(words: Int32Array, index: number): void {
  if (Atomics.exchange(words, index, BATON_FREE) === BATON_HELD_WANTED) Atomics.notify(words, index, 1);
}

/** Returns true when it had to sleep. */
function lockWordSlow(words: Int32Array, index: number): boolean {
  for (let spin = 0; spin < SPIN_COUNT; spin++) {
    if (
      Atomics.load(words, index) === BATON_FREE &&
      Atomics.compareExchange(words, index, BATON_FREE, BATON_HELD) === BATON_FREE
    ) {
      return false;
    }
  }
  stopwatch.meetSlowPath();
  // From here on the word says WANTED: whoever gives it back wakes one, perhaps for nothing.
  while (Atomics.exchange(words, index, BATON_HELD_WANTED) !== BATON_FREE) {
    if (Atomics.wait(words, index, BATON_HELD_WANTED, patienceMs) === 'timed-out') giveUp();
  }
  return true;
}

function giveUp(): never {
  throw new CrabError(
    'THREAD_LOST',
    // alloc: nothing comes after it
    `a part of the data has been locked for ${patienceMs} ms: a thread must have been terminated in the middle of a command`,
  );
}

/** One thread's hold on the batons of all shards. */
export class Batons {
  readonly shardCount: number;
  private readonly words: Int32Array;
  private readonly doubles: Float64Array;
  private readonly recordWords: number;

  constructor(shared: MemoryShared) {
    if (shared.shardCount > SHARD_COUNT_MAX || shared.databaseCount > DATABASE_COUNT_MAX) {
      throw new RangeError(`at most ${SHARD_COUNT_MAX} shards and ${DATABASE_COUNT_MAX} databases`);
    }
    this.shardCount = shared.shardCount;
    this.words = new Int32Array(shared.shards);
    this.doubles = new Float64Array(shared.shards);
    this.recordWords = shardRecordWords(shared.databaseCount);
  }

  /** Takes the baton of `shard`, waiting as long as it takes. Not re-entrant. */
  take(shard: number): void {
    const base = shard * this.recordWords;
    if (Atomics.compareExchange(this.words, base + SHARD_BATON, BATON_FREE, BATON_HELD) !== BATON_FREE) {
      this.takeSlow(base);
    }
    this.doubles[(base >> 1) + SHARD_F64_ACQUISITIONS]! += 1;
  }

  /** Gives the baton of `shard` back. */
  give(shard: number): void {
    unlockWord(this.words, shard * this.recordWords + SHARD_BATON);
  }

  /** Takes every baton, in ascending order: a moment in which nothing changes anywhere. */
  takeAll(): void {
    for (let shard = 0; shard < this.shardCount; shard++) this.take(shard);
  }

  giveAll(): void {
    for (let shard = this.shardCount - 1; shard >= 0; shard--) this.give(shard);
  }

  /** How often batons were taken, found held, and slept for, over all shards, since start. */
  statistics(): { acquisitions: number; waits: number; parks: number } {
    let acquisitions = 0;
    let waits = 0;
    let parks = 0;
    for (let shard = 0; shard < this.shardCount; shard++) {
      const base = shard * this.recordWords;
      acquisitions += this.doubles[(base >> 1) + SHARD_F64_ACQUISITIONS]!;
      waits += this.words[base + SHARD_BATON_WAITS]!;
      parks += this.words[base + SHARD_BATON_PARKS]!;
    }
    return { acquisitions, waits, parks };
  }

  private takeSlow(base: number): void {
    const slept = lockWordSlow(this.words, base + SHARD_BATON);
    this.words[base + SHARD_BATON_WAITS]! += 1;
    if (slept) this.words[base + SHARD_BATON_PARKS]! += 1;
  }
}
