/**
 * The words that the log thread and everybody else share: how far the log has come, what is asked of it, who sleeps.
 *
 *     0    the ring's own words (structures/ring.ts)
 *     64   progress: the log thread writes, all read
 *     80   requests: others write, the log thread reads
 *     96   counters
 *     128  one cache line a thread: waiting, then its wake line (structures/wake-line.ts)
 *
 * LSNs are up to 2^51 and shared words have 32 bits. An LSN is published as two words, its low 32 bits and its MiB
 * (lsn >>> 20), of which the MiB are only a hint to where the low bits belong: see `lsnNear`. So a reader needs no
 * retry, and a pair that was read while it changed is still right.
 */

import { RING_CONTROL_WORDS, Ring } from '../../structures/ring.js';
import { announceMessage, wakeLine } from '../../structures/wake-line.js';
import { THREAD_COUNT_MAX } from '../statistics.js';
import { INLINE_RECORD_BYTES_MAX } from './record.js';

/** When the log is synced: values of the mode word. */
export const FSYNC_ALWAYS = 0;
export const FSYNC_EVERYSEC = 1;
export const FSYNC_NO = 2;

/** errno for "no memory" (errno(3)): what the log breaks with when a record finds no place. */
export const ERRNO_NO_MEMORY = 12;
/** errno for "no such file": what it breaks with when somebody removes it. */
export const ERRNO_NO_FILE = 2;

const PROGRESS = RING_CONTROL_WORDS;
const FREED_MIB = PROGRESS;
const DURABLE_LOW = PROGRESS + 1;
const DURABLE_MIB = PROGRESS + 2;
/** errno of what broke the log, or 0. */
const FAILED = PROGRESS + 3;
const ROTATED = PROGRESS + 4;
const ACKNOWLEDGED_LOW = PROGRESS + 5;
const ACKNOWLEDGED_MIB = PROGRESS + 6;

const REQUESTS = PROGRESS + 16;
const MODE = REQUESTS;
const STOP = REQUESTS + 1;
const ROTATE = REQUESTS + 2;
const RECYCLE = REQUESTS + 3;
const RECYCLE_LOW = REQUESTS + 4;
const RECYCLE_HIGH = REQUESTS + 5;
const THREADS = REQUESTS + 6;

const COUNTERS = REQUESTS + 16;
export const COUNT_BLOCKS = 0;
export const COUNT_SYNCS = 1;
/** KiB that all log segments in use hold. */
export const COUNT_LIVE_KIB = 2;
/** KiB written since start, modulo 2^32. */
export const COUNT_WRITTEN_KIB = 3;
export const COUNT_SEGMENTS = 4;
/** How long the last fdatasync took, in microseconds. */
export const COUNT_SYNC_US = 5;

const THREAD_LINES = COUNTERS + 32;
const THREAD_WORDS = 16;
const WAITING = 0;
const WAKE_LINE = 1;
const CONTROL_WORDS = THREAD_LINES + THREAD_COUNT_MAX * THREAD_WORDS;

/** LSNs are f64-safe integers, and their MiB fit an i32. */
const LSN_MAX = 2 ** 51;
const MIB_SHIFT = 20;
const MIB = 2 ** MIB_SHIFT;

/** Who waits for a rotation looks this often whether the log is being stopped. */
const ROTATE_WAIT_MS = 100;

/** Size of the tip's shared memory: words and doubles of log-tip.ts. */
const TIP_BYTES = 128;

const RING_BYTES_DEFAULT = 32 * 1024 * 1024;
/** Four of the largest records, so that one with its padding always fits half the ring. */
export const LOG_RING_BYTES_MIN = 4 * INLINE_RECORD_BYTES_MAX;

/** The log's shared memory; structured-cloned to every thread. */
export interface LogShared {
  readonly ring: SharedArrayBuffer;
  readonly control: SharedArrayBuffer;
  /** Where the next block goes (log-tip.ts). */
  readonly tip: SharedArrayBuffer;
}

/**
 * Makes the shared memory of a log.
 *
 * @param options.ringBytes a power of two
 * @param options.threadCount how many threads append, at most THREAD_COUNT_MAX: with the ring it decides when there is
 *   room. The default leaves room for all of them
 * @param options.startLsn where the log goes on: what recovery returned. `startLogAt` may say it later
 * @param options.mode FSYNC_*, `always` when not given
 */
export function createLogShared(
  options: { ringBytes?: number; threadCount?: number; startLsn?: number; mode?: number } = {},
): LogShared {
  if ((options.ringBytes ?? RING_BYTES_DEFAULT) < LOG_RING_BYTES_MIN) {
    throw new RangeError(`a log ring of ${options.ringBytes} bytes: less than ${LOG_RING_BYTES_MIN}`);
  }
  const shared: LogShared = {
    ring: new SharedArrayBuffer(options.ringBytes ?? RING_BYTES_DEFAULT),
    control: new SharedArrayBuffer(CONTROL_WORDS * 4),
    tip: new SharedArrayBuffer(TIP_BYTES),
  };
  const words = new Int32Array(shared.control);
  words[MODE] = options.mode ?? FSYNC_ALWAYS;
  words[THREADS] = Math.min(THREAD_COUNT_MAX, options.threadCount ?? THREAD_COUNT_MAX);
  startLogAt(shared, options.startLsn ?? 0);
  return shared;
}

/** Sets where an empty log goes on; before any thread appends to it. */
export function startLogAt(shared: LogShared, lsn: number): void {
  if (lsn % 8 !== 0 || lsn < 0 || lsn > LSN_MAX) throw new RangeError(`${lsn} is not an LSN`);
  const control = new LogControl(shared);
  control.ring.begin(lsn | 0);
  control.publishFreed(lsn);
  control.publishDurable(lsn);
  control.publishAcknowledged(lsn);
}

/**
 * The LSN with the low 32 bits `low` that is at or after `mib` MiB and less than 4 GiB after it.
 *
 * `mib` is of an LSN not after the wanted one and not 4 GiB before it: whatever was published lately will do.
 */
export function lsnNear(mib: number, low: number): number {
  return mib * MIB + ((low - (mib << MIB_SHIFT)) >>> 0);
}

export class LogControl {
  readonly ring: Ring;
  /** All the words; `wakeIndex(thread)` names the one to sleep on. */
  readonly words: Int32Array;

  constructor(shared: LogShared) {
    this.words = new Int32Array(shared.control);
    this.ring = new Ring(shared.ring, this.words, 0);
  }

  // --- progress

  /** MiB of a position that the ring has left behind: the hint for every LSN still in it. */
  freedMib(): number {
    return Atomics.load(this.words, FREED_MIB);
  }

  /** LSN after the last reserved record. */
  tail(): number {
    // The hint first: by the time the tail is read it is at or after it.
    const mib = Atomics.load(this.words, FREED_MIB);
    return lsnNear(mib, this.ring.tailLow());
  }

  /** LSN up to which everything is on disk for good. */
  durable(): number {
    // The writer stores low, then MiB. Reading them the other way round, the low bits are never older than the MiB.
    const mib = Atomics.load(this.words, DURABLE_MIB);
    return lsnNear(mib, Atomics.load(this.words, DURABLE_LOW));
  }

  /** LSN up to which replies may leave: durable with FSYNC_ALWAYS, written otherwise. */
  acknowledged(): number {
    const mib = Atomics.load(this.words, ACKNOWLEDGED_MIB); // in this order: see `durable`
    return lsnNear(mib, Atomics.load(this.words, ACKNOWLEDGED_LOW));
  }

  publishFreed(lsn: number): void {
    Atomics.store(this.words, FREED_MIB, Math.floor(lsn / MIB));
  }

  publishDurable(lsn: number): void {
    Atomics.store(this.words, DURABLE_LOW, lsn | 0);
    Atomics.store(this.words, DURABLE_MIB, Math.floor(lsn / MIB));
  }

  publishAcknowledged(lsn: number): void {
    Atomics.store(this.words, ACKNOWLEDGED_LOW, lsn | 0);
    Atomics.store(this.words, ACKNOWLEDGED_MIB, Math.floor(lsn / MIB));
  }

  /** errno (positive) of what broke the log, 0 while it works. */
  failed(): number {
    return Atomics.load(this.words, FAILED);
  }

  /** Breaks the log for good: the first reason stays. */
  fail(errno: number): void {
    Atomics.compareExchange(this.words, FAILED, 0, errno);
  }

  // --- requests

  mode(): number {
    return Atomics.load(this.words, MODE);
  }

  setMode(mode: number): void {
    Atomics.store(this.words, MODE, mode);
    this.ring.kick();
  }

  threadCount(): number {
    return this.words[THREADS]!;
  }

  /** Asks the log thread to write and sync what there is, and to end. */
  requestStop(): void {
    Atomics.store(this.words, STOP, 1);
    this.ring.kick();
  }

  stopRequested(): boolean {
    return Atomics.load(this.words, STOP) !== 0;
  }

  /** Asks for a new segment. Returns a ticket for `awaitRotated`. */
  askRotate(): number {
    const ticket = Atomics.add(this.words, ROTATE, 1) + 1;
    this.ring.kick();
    return ticket;
  }

  /** Sleeps until there is a new segment. False when the log has failed or is being stopped. */
  awaitRotated(ticket: number): boolean {
    for (;;) {
      const rotated = Atomics.load(this.words, ROTATED);
      if (((rotated - ticket) | 0) >= 0) return this.failed() === 0;
      if (this.stopRequested()) return false;
      Atomics.wait(this.words, ROTATED, rotated, ROTATE_WAIT_MS);
    }
  }

  /** Log thread: the rotation to be done, or 0 when none is. */
  rotateRequested(): number {
    const ticket = Atomics.load(this.words, ROTATE);
    return ticket === Atomics.load(this.words, ROTATED) ? 0 : ticket;
  }

  publishRotated(ticket: number): void {
    Atomics.store(this.words, ROTATED, ticket);
    Atomics.notify(this.words, ROTATED);
  }

  /** Says that segments which end at or before `lsn` are not needed any more. One thread at a time. */
  recycleUpTo(lsn: number): void {
    Atomics.store(this.words, RECYCLE_LOW, lsn | 0);
    Atomics.store(this.words, RECYCLE_HIGH, Math.floor(lsn / 2 ** 32));
    Atomics.add(this.words, RECYCLE, 1);
    this.ring.kick();
  }

  /** Log thread: how often `recycleUpTo` was called. */
  recycleRequests(): number {
    return Atomics.load(this.words, RECYCLE);
  }

  recycleLsn(): number {
    return Atomics.load(this.words, RECYCLE_HIGH) * 2 ** 32 + (Atomics.load(this.words, RECYCLE_LOW) >>> 0);
  }

  // --- counters

  count(counter: number): number {
    return Atomics.load(this.words, COUNTERS + counter) >>> 0;
  }

  addCount(counter: number, value: number): void {
    Atomics.add(this.words, COUNTERS + counter, value);
  }

  setCount(counter: number, value: number): void {
    Atomics.store(this.words, COUNTERS + counter, value);
  }

  // --- sleepers

  /** Index in `words` of the wake line of thread `thread`; its first word is the one to sleep on. */
  wakeIndex(thread: number): number {
    return THREAD_LINES + thread * THREAD_WORDS + WAKE_LINE;
  }

  /** Thread `thread` wants to be woken when the log has come further. See `Log.requestWake`. */
  requestWake(thread: number): void {
    Atomics.store(this.words, THREAD_LINES + thread * THREAD_WORDS + WAITING, 1);
  }

  /** Wakes thread `thread`, whatever it waits for. */
  wakeThread(thread: number): void {
    wakeLine(this.words, this.wakeIndex(thread));
  }

  /** Says to thread `thread` that a message was posted to it. */
  announceMessage(thread: number): void {
    announceMessage(this.words, this.wakeIndex(thread));
  }

  /** After something was published: wakes all who asked. */
  wakeWaiting(): void {
    // Reactors, and behind them the snapshot thread.
    const count = Math.min(this.threadCount() + 1, THREAD_COUNT_MAX);
    for (let thread = 0; thread < count; thread++) {
      const at = THREAD_LINES + thread * THREAD_WORDS + WAITING;
      if (Atomics.load(this.words, at) === 0) continue;
      Atomics.store(this.words, at, 0);
      this.wakeThread(thread);
    }
  }
}
