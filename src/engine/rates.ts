/**
 * How much there is at the moment: commands and bytes a second (INFO's `instantaneous_*`).
 *
 * While a thread serves clients it notes its counters about every 100 ms, in a small ring of shared memory. A rate is what was
 * counted since the oldest note of the last 1.6 seconds, the time over which Redis averages. A thread that is idle notes
 * nothing, and need not: its counters stand still, so that its newest note, however old, says the same as one of a moment ago.
 *
 *     for each thread: f64 number of notes | NOTES times (Unix ms, commands, bytes in, bytes out)
 */

const NOTES = 16;
const WINDOW_MS = 1600;
/** A thread whose newest note is older than this is idle. */
const FRESH_MS = 300;
const TIME = 0;
const NOTE_WORDS = 4;
const THREAD_WORDS = 1 + NOTES * NOTE_WORDS;

/** Which rate: the word of its counter in a note. */
export const RATE_COMMANDS = 1;
export const RATE_BYTES_IN = 2;
export const RATE_BYTES_OUT = 3;

export type RatesShared = SharedArrayBuffer;

export function createRatesShared(threadCount: number): RatesShared {
  return new SharedArrayBuffer(threadCount * THREAD_WORDS * 8);
}

export class Rates {
  private readonly words: Float64Array;
  private readonly own: number;

  constructor(shared: RatesShared, thread: number) {
    this.words = new Float64Array(shared);
    this.own = thread * THREAD_WORDS;
  }

  /** Notes what this thread has counted until now, since its start. */
  note(nowMs: number, commands: number, bytesIn: number, bytesOut: number): void {
    const count = this.words[this.own]!;
    const at = this.own + 1 + (count % NOTES) * NOTE_WORDS;
    this.words[at + TIME] = nowMs;
    this.words[at + RATE_COMMANDS] = commands;
    this.words[at + RATE_BYTES_IN] = bytesIn;
    this.words[at + RATE_BYTES_OUT] = bytesOut;
    this.words[this.own] = count + 1;
  }

  /** How much of a kind (RATE_*) all threads do in a second. */
  perSecond(nowMs: number, kind: number): number {
    let sum = 0;
    for (let thread = 0; thread < this.words.length; thread += THREAD_WORDS) {
      sum += this.ofThread(thread, nowMs, kind);
    }
    return sum;
  }

  private ofThread(thread: number, nowMs: number, kind: number): number {
    const count = this.words[thread]!;
    if (count < 2) return 0;
    const newest = this.noteAt(thread, count - 1);
    let oldest = newest;
    for (let note = count - 1; note >= Math.max(0, count - NOTES); note--) {
      const at = this.noteAt(thread, note);
      if (nowMs - this.words[at + TIME]! > WINDOW_MS) break;
      oldest = at;
    }
    // What has come since the newest note is unknown: for a thread that is busy that is little, for an idle one it is nothing.
    const newestMs = this.words[newest + TIME]!;
    const endMs = nowMs - newestMs > FRESH_MS ? nowMs : newestMs;
    const elapsedMs = endMs - this.words[oldest + TIME]!;
    return elapsedMs <= 0
      ? 0
      : ((this.words[newest + kind]! - this.words[oldest + kind]!) * 1000) / elapsedMs;
  }

  private noteAt(thread: number, note: number): number {
    return thread + 1 + (note % NOTES) * NOTE_WORDS;
  }
}
