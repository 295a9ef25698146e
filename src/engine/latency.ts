/**
 * The latency monitor: what took longer than `latency-monitor-threshold` milliseconds, by kind of event (LATENCY).
 *
 * Shared memory: for each thread and event a series of the last SAMPLES_MAX seconds in which there was such an event, with the
 * longest of each second. A series is written by its thread alone and read by anybody; readers merge the threads' series by
 * second. LATENCY RESET begins a new era of an event: a series of another era counts for nothing, and its thread empties it
 * before it adds to it.
 *
 *     words   threshold in ms | era of each event
 *             a series for each thread and event: era | longest ever | samples ever added | SAMPLES_MAX times (second, ms)
 *
 * Events are named as in Redis where they mean the same: `command` and `fast-command` (flag `fast`), `expire-cycle`,
 * `eviction-cycle`, `aof-write` (a reactor at the end of its turn, or the log thread, writes to the log) and `aof-fsync-always`
 * (a sync of the log that replies wait for).
 */

export const EVENT_COMMAND = 0;
export const EVENT_FAST_COMMAND = 1;
export const EVENT_EXPIRE_CYCLE = 2;
export const EVENT_EVICTION_CYCLE = 3;
export const EVENT_LOG_WRITE = 4;
export const EVENT_LOG_SYNC = 5;
export const EVENT_NAMES: readonly string[] = [
  'command',
  'fast-command',
  'expire-cycle',
  'eviction-cycle',
  'aof-write',
  'aof-fsync-always',
];

/** Seconds that a series remembers. */
export const SAMPLES_MAX = 160;

const THRESHOLD = 0;
const ERAS = 1;
const SERIES = 16;
const ERA = 0;
const LONGEST = 1;
const ADDED = 2;
const SAMPLES = 4;
const SERIES_WORDS = SAMPLES + 2 * SAMPLES_MAX;
const THREAD_WORDS = EVENT_NAMES.length * SERIES_WORDS;

/** The longest event of one second. */
export interface LatencySample {
  readonly unixSeconds: number;
  readonly ms: number;
}

/** What is known of an event. */
export interface LatencySeries {
  /** In order of time, at most SAMPLES_MAX. */
  readonly samples: readonly LatencySample[];
  readonly longestMs: number;
}

export type LatencyShared = SharedArrayBuffer;

/** @param threadCount threads that may add events */
export function createLatencyShared(threadCount: number): LatencyShared {
  return new SharedArrayBuffer((SERIES + threadCount * THREAD_WORDS) * 4);
}

export class LatencyMonitor {
  private readonly words: Int32Array;
  private readonly own: number;

  /** @param thread index of the calling thread's series */
  constructor(shared: LatencyShared, thread: number) {
    this.words = new Int32Array(shared);
    this.own = SERIES + thread * THREAD_WORDS;
  }

  /** 0 while nothing is to be watched: then nobody should read the clock for an event. */
  get thresholdMs(): number {
    return this.words[THRESHOLD]!;
  }

  /** For all threads. */
  set thresholdMs(ms: number) {
    this.words[THRESHOLD] = ms;
  }

  /** Adds an event (EVENT_*) of this thread that has just ended and took `ms`, if that is long. */
  add(event: number, ms: number): void {
    const threshold = this.thresholdMs;
    if (threshold !== 0 && Math.floor(ms) >= threshold) this.addSample(event, Math.floor(ms));
  }

  /** Forgets what is known of an event. Returns false when that is nothing. */
  reset(event: number): boolean {
    const isKnown = this.series(event) !== undefined;
    if (isKnown) Atomics.add(this.words, ERAS + event, 1);
    return isKnown;
  }

  /** What all threads know of an event; undefined when that is nothing. */
  series(event: number): LatencySeries | undefined {
    const era = Atomics.load(this.words, ERAS + event);
    const longestOfSecond = new Map<number, number>();
    let longestMs = 0;
    for (let at = SERIES + event * SERIES_WORDS; at < this.words.length; at += THREAD_WORDS) {
      if (Atomics.load(this.words, at + ERA) !== era) continue;
      longestMs = Math.max(longestMs, this.words[at + LONGEST]!);
      const count = Math.min(this.words[at + ADDED]!, SAMPLES_MAX);
      for (let index = 0; index < count; index++) {
        const second = this.words[at + SAMPLES + 2 * index]! >>> 0;
        const ms = this.words[at + SAMPLES + 2 * index + 1]!;
        longestOfSecond.set(second, Math.max(ms, longestOfSecond.get(second) ?? 0));
      }
    }
    if (longestOfSecond.size === 0) return undefined;
    const samples = [...longestOfSecond]
      .map(([unixSeconds, ms]) => ({ unixSeconds, ms }))
      .sort((a, b) => a.unixSeconds - b.unixSeconds)
      .slice(-SAMPLES_MAX);
    return { samples, longestMs };
  }

  private addSample(event: number, ms: number): void {
    const words = this.words;
    const at = this.own + event * SERIES_WORDS;
    const era = Atomics.load(words, ERAS + event);
    if (words[at + ERA] !== era) {
      words[at + LONGEST] = 0;
      words[at + ADDED] = 0;
      Atomics.store(words, at + ERA, era);
    }
    words[at + LONGEST] = Math.max(words[at + LONGEST]!, ms);
    const second = Math.floor(Date.now() / 1000) | 0;
    const added = words[at + ADDED]!;
    const last = at + SAMPLES + 2 * ((added + SAMPLES_MAX - 1) % SAMPLES_MAX);
    if (added > 0 && words[last] === second) {
      words[last + 1] = Math.max(words[last + 1]!, ms);
      return;
    }
    const next = at + SAMPLES + 2 * (added % SAMPLES_MAX);
    words[next + 1] = ms;
    words[next] = second;
    Atomics.store(words, at + ADDED, added + 1);
  }
}
