/**
 * The clients of one thread whose commands are not done at once. Some wait for a moment to come: for the log (WAITAOF), or only
 * for the time to be over (WAIT), or for a key to have something for them (engine/blocking.ts), which is not looked at here.
 *
 * A wait ends when what it waits for is there, when its time is over, by CLIENT UNBLOCK, or it is forgotten, with its
 * connection. The first two are looked at here: the log in every turn, and the thread is woken when the log has come further
 * (sessions.ts); the time by one timer for all, set for the wait that ends first. It is the reactor's, because a thread
 * that sleeps in the kernel has no others.
 *
 * Others have much work done for them (KEYS): a slice of it a turn, of the clients' works one after the other, so that who asks
 * for little waits for one slice at most, however many have asked for much.
 */

import type { Client } from '../engine/client.js';
import type { WaitEnd, Waits } from '../engine/services.js';
import type { Reactor } from './reactor.js';

/** Timers of node:net can't be set any further ahead. One that comes too early is set again. */
const TIMER_MS_MAX = 2 ** 31 - 1;

interface Wait {
  readonly client: Client;
  /** On the clock of performance.now(), which only goes forward; Infinity = never. */
  readonly untilMs: number;
  readonly isReady: (() => boolean) | undefined;
  readonly onEnd: (end: WaitEnd) => void;
}

interface Work {
  readonly slice: () => boolean;
  readonly onEnd: () => void;
}

export class ClientWaits implements Waits {
  private readonly reactor: Pick<Reactor, 'every' | 'yield' | 'soon'>;
  private readonly now: () => number;
  private readonly byId = new Map<number, Wait>();
  /** By client; whose turn it is comes first. */
  private readonly works = new Map<number, Work>();
  private isWorkingSoon = false;
  private forLog = 0;
  /** When the timer goes off; Infinity when none is set. */
  private timerMs = Number.POSITIVE_INFINITY;
  private cancelTimer: () => void = () => {};

  /** @param now ms of a clock that only goes forward */
  constructor(
    reactor: Pick<Reactor, 'every' | 'yield' | 'soon'>,
    now: () => number = () => performance.now(),
  ) {
    this.reactor = reactor;
    this.now = now;
  }

  /** True while some wait for the log: the thread is to be woken when that has come further, and `look` to be called. */
  get areForLog(): boolean {
    return this.forLog !== 0;
  }

  until(client: Client, timeoutMs: number, isReady?: () => boolean): Promise<WaitEnd> {
    return new Promise((resolve) => {
      const onEnd = (end: WaitEnd): void => {
        resolve(end);
        this.reactor.yield();
      };
      this.add(client, timeoutMs, isReady, onEnd);
    });
  }

  begin(client: Client, timeoutMs: number, onEnd: (end: WaitEnd) => void): void {
    this.add(client, timeoutMs, undefined, onEnd);
  }

  /** Ends the waits whose moment has come. */
  look(): void {
    if (this.forLog === 0) return;
    for (const wait of this.byId.values()) if (wait.isReady?.() === true) this.end(wait, 'ready');
  }

  /**
   * CLIENT UNBLOCK: ends a client's wait as if its time were over, or with an error. False when it does not wait here. To be
   * called in a turn.
   */
  cancel(clientId: number, asError: boolean): boolean {
    const wait = this.byId.get(clientId);
    if (wait === undefined) return false;
    this.end(wait, asError ? 'unblocked' : 'timeout');
    return true;
  }

  inSlices(client: Client, slice: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.works.set(client.id, { slice, onEnd: resolve });
      this.workSoon();
    });
  }

  forget(clientId: number): void {
    this.works.delete(clientId);
    const wait = this.byId.get(clientId);
    if (wait !== undefined) this.remove(wait);
  }

  private workSoon(): void {
    if (this.isWorkingSoon) return;
    this.isWorkingSoon = true;
    this.reactor.soon(() => {
      this.isWorkingSoon = false;
      this.workOn();
    });
  }

  /** A slice of the work that has waited longest. */
  private workOn(): void {
    for (const [id, work] of this.works) {
      this.works.delete(id);
      if (work.slice()) {
        work.onEnd();
        this.reactor.yield();
      } else {
        this.works.set(id, work);
      }
      break;
    }
    if (this.works.size !== 0) this.workSoon();
  }

  private add(
    client: Client,
    timeoutMs: number,
    isReady: (() => boolean) | undefined,
    onEnd: (end: WaitEnd) => void,
  ): void {
    const untilMs = timeoutMs === 0 ? Number.POSITIVE_INFINITY : this.now() + timeoutMs;
    this.byId.set(client.id, { client, untilMs, isReady, onEnd });
    if (isReady !== undefined) this.forLog += 1;
    client.isBlocked = true;
    if (untilMs < this.timerMs) this.setTimer(untilMs);
  }

  private end(wait: Wait, end: WaitEnd): void {
    this.remove(wait);
    wait.onEnd(end);
  }

  private remove(wait: Wait): void {
    this.byId.delete(wait.client.id);
    if (wait.isReady !== undefined) this.forLog -= 1;
    wait.client.isBlocked = false;
    if (this.byId.size === 0) this.setTimer(Number.POSITIVE_INFINITY);
  }

  /** Ends the waits whose time is over, and sets the timer for the next one. To be called in a turn. */
  endOver(): void {
    const nowMs = this.now();
    let nextMs = Number.POSITIVE_INFINITY;
    for (const wait of this.byId.values()) {
      if (wait.untilMs <= nowMs) this.end(wait, 'timeout');
      else nextMs = Math.min(nextMs, wait.untilMs);
    }
    this.setTimer(nextMs);
  }

  private setTimer(untilMs: number): void {
    this.cancelTimer();
    this.cancelTimer = () => {};
    this.timerMs = untilMs;
    if (untilMs === Number.POSITIVE_INFINITY) return;
    const waitMs = Math.min(Math.max(Math.ceil(untilMs - this.now()), 1), TIMER_MS_MAX);
    this.cancelTimer = this.reactor.every(waitMs, () => this.endOver());
  }
}
