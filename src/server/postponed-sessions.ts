/**
 * Who waits in one thread for the end of a pause (CLIENT PAUSE): sessions with a command, in the order in which they came, and
 * the blocked commands of all sessions together (blocked-sessions.ts).
 *
 * A pause ends by itself, for which there is a timer, or by a command in any thread, which wakes all of them. Either is noticed
 * at the end of a turn (`watch`), and the sessions try again in the next one: what does not wait any more is executed, the rest
 * is back here. They try again, too, when another pause has followed, which may hold up less.
 *
 * No wake-up is lost: the wake word is read before the pause is looked at.
 */

import type { Attention } from '../engine/attention.js';
import type { Reactor } from './reactor.js';

/** A pause that is longer than this is looked at again then. (Timers take no more than 2^31 ms.) */
const TIMER_MS_MAX = 60_000;

/** A `Session`, or the like. */
export interface Postponed {
  tryAgain(): void;
}

export class PostponedSessions {
  private readonly reactor: Reactor;
  private readonly attention: Attention;
  private readonly sessions = new Set<Postponed>();
  /** The pause that all of them have met. */
  private pause = 0;
  private isTrying = false;
  private cancelTimer: (() => void) | undefined = undefined;

  constructor(reactor: Reactor, attention: Attention) {
    this.reactor = reactor;
    this.attention = attention;
  }

  get size(): number {
    return this.sessions.size;
  }

  /** The session's command has to wait. */
  add(session: Postponed): void {
    if (this.sessions.size === 0) this.notePause();
    this.sessions.add(session);
  }

  /** The session is no more. */
  delete(session: Postponed): void {
    this.sessions.delete(session);
  }

  /** For the end of every turn while there are some: sees to it that they try again as soon as they may succeed. */
  watch(): void {
    const seen = this.reactor.wakeValue();
    const pause = this.attention.pauseAt(this.reactor.nowMs);
    if (pause !== 0 && pause === this.pause) {
      this.reactor.armWake(seen);
      this.cancelTimer ??= this.startTimer();
    } else if (!this.isTrying) {
      this.isTrying = true;
      this.reactor.soon(() => this.tryAgain());
    }
  }

  private tryAgain(): void {
    this.isTrying = false;
    this.notePause();
    const waiting = [...this.sessions];
    this.sessions.clear();
    for (const session of waiting) session.tryAgain();
  }

  private notePause(): void {
    this.pause = this.attention.pauseAt(this.reactor.nowMs);
    this.cancelTimer?.();
    this.cancelTimer = undefined;
  }

  /** A turn when the pause is over is all that is needed: `watch` is called at its end. */
  private startTimer(): () => void {
    const leftMs = Math.ceil(this.attention.pauseMs(this.reactor.nowMs));
    const cancel = this.reactor.every(Math.min(Math.max(leftMs, 1), TIMER_MS_MAX), () => {
      cancel();
      this.cancelTimer = undefined;
    });
    return cancel;
  }
}
