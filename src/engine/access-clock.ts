/**
 * The access clock: how long a key has been left alone, or how often it is asked for. 24 bits in each entry's header tell,
 * and `maxmemory-policy` says which of the two they mean, exactly as in Redis (object.c, evict.c):
 *
 *     LRU (and every policy but LFU)   23 ............................. 0   seconds since 1970 modulo 2^24, at the last access
 *     LFU                              23 ............ 8 | 7 .......... 0
 *                                      minutes, mod 2^16 | counter          of the last access, and of how many there were
 *
 * The LFU counter is logarithmic (Morris, "Counting large numbers of events in small registers", 1978): the higher it is, the
 * less likely an access is to raise it, so that 8 bits count to a million and more; and it loses one for every
 * `lfu-decay-time` minutes without an access. A new key begins at 5, for a key that has just come must not be the first to go.
 *
 * When the policy changes from one to the other, the bits stay and mean something else for a while, as in Redis.
 *
 * One instance a thread. A touch costs a comparison in a word that the search has just read; LRU writes it once a second.
 * The clock is not part of the data: neither log nor snapshot has it, and a key begins anew with a restart.
 */

import { Xorshift } from '../base/xorshift.js';
import type { Entries } from '../structures/entry.js';

/** The counter of a new key: Redis's LFU_INIT_VAL. */
export const FREQUENCY_INITIAL = 5;
export const FREQUENCY_MAX = 255;

const SECOND_MS = 1000;
const MINUTE_MS = 60_000;
const SECONDS_MASK = 0xff_ffff;
const MINUTES_MASK = 0xffff;
const MINUTES_SHIFT = 8;
const RANDOM_RANGE = 2 ** 32;

export class AccessClock {
  /** True when the bits are minutes and a counter. */
  isLfu = false;
  private readonly entries: Entries;
  private logFactor = 10;
  private decayMinutes = 1;
  private seconds = 0;
  private minutes = 0;
  private readonly random: Xorshift;

  /** @param seed of the random numbers by which counters grow; another one each time by default */
  constructor(entries: Entries, seed?: number) {
    this.entries = entries;
    this.random = new Xorshift(seed);
    this.setNow(Date.now());
  }

  /** Takes over what the configuration says: of `lfu-log-factor` and `lfu-decay-time` (minutes; 0 = never). */
  configure(isLfu: boolean, logFactor: number, decayMinutes: number): void {
    this.isLfu = isLfu;
    this.logFactor = logFactor;
    this.decayMinutes = decayMinutes;
  }

  /** The time of the accesses that follow, in Unix ms: set once a turn. */
  setNow(nowMs: number): void {
    this.seconds = Math.floor(nowMs / SECOND_MS) & SECONDS_MASK;
    this.minutes = Math.floor(nowMs / MINUTE_MS) & MINUTES_MASK;
  }

  /** The bits of a new entry. */
  initial(): number {
    return this.isLfu ? this.bits(FREQUENCY_INITIAL) : this.seconds;
  }

  /** Notes an access. */
  touch(entry: number): void {
    if (this.isLfu) this.count(entry);
    else this.entries.refreshClock(entry, this.seconds);
  }

  /**
   * `entry` holds a new value in the place of `existing` (which may be itself). That makes the key a fresh one, but changes
   * nothing about how often it is asked for: whoever found it there has counted the access.
   */
  takeOver(entry: number, existing: number): void {
    if (!this.isLfu) this.touch(entry);
    else if (entry !== existing) this.entries.setClock(entry, this.entries.clock(existing));
  }

  /** The same for a new value, of encoding `encoding`, in the old one's block. */
  renew(entry: number, encoding: number): void {
    if (this.isLfu) this.entries.setEncoding(entry, encoding);
    else this.entries.setMarks(entry, encoding, this.seconds);
  }

  /** Seconds since the last access, 0 to 2^24 - 1 (194 days). Only without LFU. */
  idleSeconds(entry: number): number {
    const then = this.entries.clock(entry);
    // The maximum and not the modulus is added, as in Redis: a second less when the clock has run over.
    return this.seconds >= then ? this.seconds - then : this.seconds + SECONDS_MASK - then;
  }

  /** Makes the entry one that has not been used for `seconds` (0 and more). */
  setIdle(entry: number, seconds: number): void {
    this.entries.setClock(entry, (this.seconds - Math.min(seconds, SECONDS_MASK)) & SECONDS_MASK);
  }

  /** The counter, 0 to 255, less what it has lost since the last access. Only with LFU. */
  frequency(entry: number): number {
    const counter = this.frequencyThen(entry);
    if (this.decayMinutes === 0) return counter;
    return Math.max(0, counter - Math.floor(this.idleMinutes(entry) / this.decayMinutes));
  }

  /** The counter as it was at the last access. Only with LFU. */
  frequencyThen(entry: number): number {
    return this.entries.clock(entry) & FREQUENCY_MAX;
  }

  /** Makes the counter `frequency` (0 to 255), as of now. */
  setFrequency(entry: number, frequency: number): void {
    this.entries.setClock(entry, this.bits(frequency));
  }

  private count(entry: number): void {
    const before = this.entries.clock(entry);
    let counter = this.frequency(entry);
    if (counter < FREQUENCY_MAX && this.isRaised(counter)) counter += 1;
    const after = this.bits(counter);
    if (after !== before) this.entries.setClock(entry, after);
  }

  /** Minutes since the last access. */
  private idleMinutes(entry: number): number {
    const then = this.entries.clock(entry) >>> MINUTES_SHIFT;
    return this.minutes >= then ? this.minutes - then : this.minutes + MINUTES_MASK - then;
  }

  /** True with a probability of 1 / ((counter - 5) * lfu-log-factor + 1). */
  private isRaised(counter: number): boolean {
    const above = counter - FREQUENCY_INITIAL;
    return above <= 0 || (this.random.next() >>> 0) * (above * this.logFactor + 1) < RANDOM_RANGE;
  }

  private bits(frequency: number): number {
    return (this.minutes << MINUTES_SHIFT) | frequency;
  }
}
