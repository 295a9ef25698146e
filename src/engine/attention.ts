/**
 * What takes a command off the plain path: a client that wants something special, or something that goes on server-wide.
 *
 * Nearly always there is nothing of the kind, so the executor asks once for each command whether `client.attention`, or'ed with
 * the word that all threads share, is 0. Only if it is not, a slower path looks what it is.
 *
 * The shared words:
 *
 *     0  bit 0        write commands wait for the end of a pause
 *        bit 1        all commands do
 *        bits 2..11   number of the pause: tells one from the next, so that the end of one never ends another
 *        bits 12..30  clients in MONITOR mode
 *     1  1 while a thread begins or ends a pause by command
 *     2  number of the last pause
 *     4  when the pause ends, in Unix ms (f64)
 *
 * Bits 0 to 11 are 0 when there is no pause. The end of a pause is written before the bits that make it count, and read after
 * them, so it is never that of an earlier pause.
 */

import type { User } from './acl/user.js';
import type { Client } from './client.js';
import type { ReplyWriter } from './reply.js';

/** Bits of `client.attention`. */
/** CLIENT REPLY OFF: nothing is answered. */
export const REPLY_OFF = 1;
/** CLIENT REPLY SKIP was the command before this one, which is not answered. */
export const REPLY_SKIP = 2;
/** CLIENT REPLY SKIP has just been executed. */
export const REPLY_SKIP_NEXT = 4;
/** CLIENT NO-TOUCH: commands leave the keys' access times and counts as they are, but for TOUCH. */
export const NO_TOUCH = 8;
/** MONITOR: is shown what all clients do. */
export const MONITORS = 16;
/** The client's user may not do everything: each command is checked. */
export const RESTRICTED = 32;

/** What a pause holds up. */
export const PAUSE_WRITE = 1;
export const PAUSE_ALL = 2;
const PAUSE_KINDS = PAUSE_WRITE | PAUSE_ALL;
const PAUSE_NUMBER_UNIT = 1 << 2;
const PAUSE_NUMBER_MASK = 0xffc;
const PAUSE_MASK = PAUSE_KINDS | PAUSE_NUMBER_MASK;
const MONITOR_SHIFT = 12;
const MONITOR_UNIT = 1 << MONITOR_SHIFT;

const WORD = 0;
const LOCK = 1;
const NUMBER = 2;
const UNTIL_OFFSET_BYTES = 16;
const SHARED_BYTES = 24;

export type AttentionShared = SharedArrayBuffer;

export function createAttentionShared(): AttentionShared {
  return new SharedArrayBuffer(SHARED_BYTES);
}

export class Attention {
  /** Word 0 is not 0 while something goes on that concerns every command. */
  readonly words: Int32Array;
  private readonly untilMs: Float64Array;

  constructor(shared: AttentionShared) {
    this.words = new Int32Array(shared, 0, UNTIL_OFFSET_BYTES / 4);
    this.untilMs = new Float64Array(shared, UNTIL_OFFSET_BYTES, 1);
  }

  /**
   * Begins a pause of `kind` (PAUSE_WRITE, PAUSE_ALL) until `untilMs`, or adds to the one there is: of both the stricter kind and
   * the later end count, as in Redis 7.0.
   */
  pause(kind: number, untilMs: number, nowMs: number): void {
    this.lock();
    const before = this.pauseAt(nowMs);
    if (before === 0 || untilMs > this.untilMs[0]!) this.untilMs[0] = untilMs;
    const number = (this.words[NUMBER]! + PAUSE_NUMBER_UNIT) & PAUSE_NUMBER_MASK;
    this.words[NUMBER] = number;
    this.setPause(number | (before & PAUSE_KINDS) | kind);
    this.unlock();
  }

  /** Ends the pause, if there is one. Whoever waits for that must be woken. */
  unpause(): void {
    this.lock();
    this.setPause(0);
    this.unlock();
  }

  /**
   * The pause at this moment: PAUSE_WRITE, PAUSE_ALL and a number, other than that of the pause before; 0 when there is none.
   * Ends one whose time is over.
   */
  pauseAt(nowMs: number): number {
    const word = Atomics.load(this.words, WORD);
    const pause = word & PAUSE_MASK;
    if (pause === 0 || nowMs < this.untilMs[0]!) return pause;
    Atomics.compareExchange(this.words, WORD, word, word & ~PAUSE_MASK);
    return 0;
  }

  /** How long the pause goes on, in ms; not above 0 when it is over. */
  pauseMs(nowMs: number): number {
    return this.pauseAt(nowMs) === 0 ? 0 : this.untilMs[0]! - nowMs;
  }

  /** One client more (1) or less (-1) in MONITOR mode. */
  countMonitor(change: 1 | -1): void {
    Atomics.add(this.words, WORD, change * MONITOR_UNIT);
  }

  /** True while somebody is to be shown what all clients do. */
  isMonitored(): boolean {
    return Atomics.load(this.words, WORD) >= MONITOR_UNIT;
  }

  /** How many clients of all threads are shown that. */
  monitorCount(): number {
    return Atomics.load(this.words, WORD) >>> MONITOR_SHIFT;
  }

  private setPause(pause: number): void {
    let word: number;
    do word = Atomics.load(this.words, WORD);
    while (Atomics.compareExchange(this.words, WORD, word, (word & ~PAUSE_MASK) | pause) !== word);
  }

  /** Held for some ten instructions, by a thread that hardly ever meets another one here: waiting for it is spinning. */
  private lock(): void {
    while (Atomics.compareExchange(this.words, LOCK, 0, 1) !== 0);
  }

  private unlock(): void {
    Atomics.store(this.words, LOCK, 0);
  }
}

/** From now on the client is `user`. To be called for the user that it is, too, when that has changed. */
export function setUser(client: Client, user: User): void {
  client.user = user;
  client.attention = user.isUnrestricted ? client.attention & ~RESTRICTED : client.attention | RESTRICTED;
}

/** A command begins: CLIENT REPLY SKIP, if it was the one before, is about this one. */
export function skipsNext(client: Client): void {
  if ((client.attention & REPLY_SKIP_NEXT) === 0) return;
  client.attention = (client.attention & ~REPLY_SKIP_NEXT) | REPLY_SKIP;
}

/** A command's reply is in the writer, from `mark` on: takes it back if the client wants none. */
export function settleReply(client: Client, reply: ReplyWriter, mark: number): void {
  if ((client.attention & (REPLY_OFF | REPLY_SKIP)) !== 0) reply.rewind(mark);
  client.attention &= ~REPLY_SKIP;
}
