/**
 * What each command has cost: calls, time, failures, and how its durations are distributed (INFO commandstats and latencystats,
 * LATENCY HISTOGRAM).
 *
 * Shared memory: an area of f64 words a thread, written by that thread alone with plain stores, and one more for the *baseline*,
 * what CONFIG RESETSTAT wants forgotten. What is counted only grows, so a reader takes the sum of the threads less the baseline,
 * without a lock; it may be a moment late. Memory is committed by the system as it is touched: commands that nobody uses take
 * none.
 *
 *     area   8 words a command: calls settled, gap, left, microseconds, failed, rejected, buckets used, -
 *            BUCKET_COUNT words a command: its histogram
 *     behind the areas: number of resets
 *
 * To read the clock twice takes some 90 ns, a good part of a GET. So *cheap* commands (Command.isCheap) are timed one by one
 * only while few of them come, or when they meet a slow path (base/stopwatch.ts); otherwise the time of one call stands for a
 * random number of them, 64 on average, and of none that was long ago (`cutGaps`). All other commands are always timed. Whoever
 * wants to know of each single call (`setTimesAll`) has all of them timed.
 *
 * What each call costs is counting one word down: `left` calls remain until the one that is timed, `gap` of them there were at
 * first, and only then are they added to those settled. So there have been `settled + gap - left` calls.
 */

import { Xorshift } from '../base/xorshift.js';
import { BUCKET_COUNT, bucketOf } from './histogram.js';

/** Words of a command. */
const SETTLED = 0;
const GAP = 1;
const LEFT = 2;
const USEC = 3;
const FAILED = 4;
const REJECTED = 5;
/** All buckets of its histogram from here on are empty. */
const BUCKETS_USED = 6;
const COMMAND_WORDS = 8;

/** Of a cheap command so many calls are timed one by one in a row, and so many in each ms on average; then one of many. */
const TIMED_IN_A_ROW = 64;
const TIMED_PER_MS = 4;
/** The most calls that one time stands for: a power of two. */
const GAP_MAX = 128;
const NS_PER_MS = 1e6;
const US_PER_MS = 1e3;

export interface CommandStatisticsShared {
  readonly words: SharedArrayBuffer;
  readonly commandCount: number;
  readonly threadCount: number;
}

/** What is known of a command. */
export interface CommandTotals {
  readonly calls: number;
  readonly usec: number;
  /** Calls that ended in an error reply. */
  readonly failed: number;
  /** Requests that were refused before the command ran. */
  readonly rejected: number;
}

/** @param commandCount commands and subcommands: `CommandTable.indexed.length` */
export function createCommandStatisticsShared(
  commandCount: number,
  threadCount: number,
): CommandStatisticsShared {
  const words = (threadCount + 1) * areaWords(commandCount) + 1;
  return { words: new SharedArrayBuffer(words * 8), commandCount, threadCount };
}

function areaWords(commandCount: number): number {
  return commandCount * (COMMAND_WORDS + BUCKET_COUNT);
}

export class CommandStatistics {
  /** Histograms are kept. */
  tracksLatency = true;
  private readonly words: Float64Array;
  private readonly commandCount: number;
  private readonly threadCount: number;
  private readonly own: number;
  private readonly baseline: number;
  private readonly resetsAt: number;
  /** By command: how many calls the next time taken stands for: those of the gap that were not timed for themselves. */
  private readonly weight: Int32Array;
  /** By command: how many calls may still be timed one by one, and when that was reckoned. */
  private readonly allowance: Float64Array;
  private readonly reckonedMs: Float64Array;
  private readonly random = new Xorshift();
  private timesAll = false;
  /** Resets that this thread has taken notice of. */
  private resets = 0;

  /** @param thread index of the calling thread's area */
  constructor(shared: CommandStatisticsShared, thread: number) {
    const { commandCount, threadCount } = shared; // alloc: once a thread
    this.words = new Float64Array(shared.words);
    this.commandCount = commandCount;
    this.threadCount = threadCount;
    this.own = thread * areaWords(commandCount);
    this.baseline = threadCount * areaWords(commandCount);
    this.resetsAt = this.words.length - 1;
    this.weight = new Int32Array(commandCount);
    this.allowance = new Float64Array(commandCount).fill(TIMED_IN_A_ROW);
    this.reckonedMs = new Float64Array(commandCount);
    this.forgetGaps();
  }

  // --- by the thread, for each command

  /** True when the call of `command` that begins is to be timed: `timed` or `slow` must follow. */
  isDue(command: number): boolean {
    return this.words[this.own + command * COMMAND_WORDS + LEFT]! <= 1;
  }

  /** A call of `command` has ended. */
  called(command: number): void {
    this.words[this.own + command * COMMAND_WORDS + LEFT]! -= 1;
  }

  /** A call that was due took `ms`; `nowMs` is the time of the turn. */
  timed(command: number, isCheap: boolean, ms: number, nowMs: number): void {
    if (this.words[this.resetsAt] !== this.resets) this.forgetGaps();
    this.record(command, ms, this.weight[command]!);
    this.openGap(command, isCheap && !this.timesAll ? this.nextGap(command, nowMs) : 1);
  }

  /**
   * A call of a cheap command met a slow path and took `ms`, whether or not it was due. It stands for itself alone: the others of
   * its gap, for which one time will be taken, had nothing of the kind.
   */
  slow(command: number, ms: number): void {
    this.record(command, ms, 1);
    const rest = this.weight[command]! - 1;
    if (this.words[this.own + command * COMMAND_WORDS + LEFT]! > 0) {
      this.weight[command] = rest;
    } else {
      this.openGap(command, 1);
      this.weight[command] = rest + 1;
    }
  }

  /** A call that was counted before, and not timed, took `ms` in all. */
  late(command: number, ms: number): void {
    if (this.words[this.resetsAt] !== this.resets) this.forgetGaps();
    this.record(command, ms, 1);
  }

  failed(command: number): void {
    this.words[this.own + command * COMMAND_WORDS + FAILED]! += 1;
  }

  rejected(command: number): void {
    this.words[this.own + command * COMMAND_WORDS + REJECTED]! += 1;
  }

  /** From now on all calls are timed, or only as many as needed. */
  setTimesAll(timesAll: boolean): void {
    this.timesAll = timesAll;
    if (timesAll) this.cutGaps();
  }

  /** Has the next call of each command timed, to stand for those that were not. To be called some times a second. */
  cutGaps(): void {
    for (let command = 0; command < this.commandCount; command++) {
      const left = this.words[this.own + command * COMMAND_WORDS + LEFT]!;
      if (left <= 1) continue;
      const rest = this.weight[command]! - left;
      this.openGap(command, 1);
      this.weight[command] = rest + 1;
    }
  }

  /** Calls of all commands by this thread since its start. */
  ownCalls(): number {
    return this.callsOfAll(this.own);
  }

  // --- by anybody, now and then

  /** Calls of all commands by all threads. */
  totalCalls(): number {
    let sum = -this.callsOfAll(this.baseline);
    for (let thread = 0; thread < this.threadCount; thread++) {
      const area = thread * areaWords(this.commandCount);
      if (this.isInUse(area)) sum += this.callsOfAll(area);
    }
    return sum;
  }

  totals(command: number): CommandTotals {
    const at = command * COMMAND_WORDS;
    const totals = { calls: 0, usec: 0, failed: 0, rejected: 0 };
    for (let thread = 0; thread <= this.threadCount; thread++) {
      const sign = thread === this.threadCount ? -1 : 1;
      const area = thread * areaWords(this.commandCount);
      if (sign > 0 && !this.isInUse(area)) continue;
      totals.calls += sign * this.callsAt(area + at);
      totals.usec += sign * this.words[area + at + USEC]!;
      totals.failed += sign * this.words[area + at + FAILED]!;
      totals.rejected += sign * this.words[area + at + REJECTED]!;
    }
    return totals;
  }

  /**
   * How long the calls of `command` took, as counts for histogram.ts; undefined when nothing is known. The last few calls of a
   * frequent command may not be in it yet.
   */
  histogram(command: number): Float64Array | undefined {
    let counts: Float64Array | undefined;
    for (let thread = 0; thread <= this.threadCount; thread++) {
      const sign = thread === this.threadCount ? -1 : 1;
      const area = thread * areaWords(this.commandCount);
      if (sign > 0 && !this.isInUse(area)) continue;
      const used = this.words[area + command * COMMAND_WORDS + BUCKETS_USED]!;
      if (used === 0) continue;
      counts ??= new Float64Array(BUCKET_COUNT);
      const at = this.histogramAt(area, command);
      for (let bucket = 0; bucket < used; bucket++) {
        counts[bucket] = Math.max(0, counts[bucket]! + sign * this.words[at + bucket]!);
      }
    }
    return counts?.some((count) => count > 0) ? counts : undefined; // alloc: on request
  }

  /** Forgets what has been counted so far. */
  reset(): void {
    for (let command = 0; command < this.commandCount; command++) {
      const counts = this.histogram(command);
      const { calls, usec, failed, rejected } = this.totals(command); // alloc: on request
      const at = this.baseline + command * COMMAND_WORDS;
      this.words[at + SETTLED]! += calls;
      this.words[at + USEC]! += usec;
      this.words[at + FAILED]! += failed;
      this.words[at + REJECTED]! += rejected;
      if (counts === undefined) continue;
      const used = counts.findLastIndex((count) => count > 0) + 1; // alloc: on request
      this.words[at + BUCKETS_USED] = Math.max(this.words[at + BUCKETS_USED]!, used);
      const histogram = this.histogramAt(this.baseline, command);
      for (let bucket = 0; bucket < used; bucket++) this.words[histogram + bucket]! += counts[bucket]!;
    }
    this.words[this.resetsAt]! += 1;
    this.forgetGaps();
  }

  /** There is, or was, a thread with this area: of every command a gap is open. Most areas are for threads that never come. */
  private isInUse(area: number): boolean {
    return this.words[area + GAP] !== 0;
  }

  private record(command: number, ms: number, calls: number): void {
    const at = this.own + command * COMMAND_WORDS;
    this.words[at + USEC]! += ms * US_PER_MS * calls;
    if (!this.tracksLatency) return;
    const bucket = bucketOf(ms * NS_PER_MS);
    this.words[this.histogramAt(this.own, command) + bucket]! += calls;
    if (bucket >= this.words[at + BUCKETS_USED]!) this.words[at + BUCKETS_USED] = bucket + 1;
  }

  /** There was a reset: the calls before it that were not timed are forgotten, too. */
  private forgetGaps(): void {
    this.resets = this.words[this.resetsAt]!;
    this.allowance.fill(TIMED_IN_A_ROW);
    for (let command = 0; command < this.commandCount; command++) this.openGap(command, 1);
  }

  /** Settles the calls since the gap before was opened; the last one of `gap` calls will be timed. */
  private openGap(command: number, gap: number): void {
    const at = this.own + command * COMMAND_WORDS;
    this.words[at + SETTLED] = this.callsAt(at);
    this.words[at + GAP] = gap;
    this.words[at + LEFT] = gap;
    this.weight[command] = gap;
  }

  /** How many calls the next time taken of a cheap command stands for. Random, lest it fall in step with the clients. */
  private nextGap(command: number, nowMs: number): number {
    const elapsedMs = Math.max(0, nowMs - this.reckonedMs[command]!);
    this.reckonedMs[command] = nowMs;
    const allowance = Math.min(TIMED_IN_A_ROW, this.allowance[command]! + elapsedMs * TIMED_PER_MS);
    this.allowance[command] = Math.max(0, allowance - 1);
    return allowance >= 1 ? 1 : 1 + (this.random.next() & (GAP_MAX - 1));
  }

  /** Calls of the command whose words begin at `at`. */
  private callsAt(at: number): number {
    return this.words[at + SETTLED]! + this.words[at + GAP]! - this.words[at + LEFT]!;
  }

  private callsOfAll(area: number): number {
    let sum = 0;
    const end = area + this.commandCount * COMMAND_WORDS;
    for (let at = area; at < end; at += COMMAND_WORDS) sum += this.callsAt(at);
    return sum;
  }

  private histogramAt(area: number, command: number): number {
    return area + this.commandCount * COMMAND_WORDS + command * BUCKET_COUNT;
  }
}
