/**
 * The sessions of one thread whose commands wait for keys (engine/blocking.ts).
 *
 * A command of this thread that makes a key ready has those who wait for it served at once; their replies are sent, and
 * their next requests executed, at the end of the turn. Another thread that makes a key ready wakes this one: while anybody
 * waits here the wake word is armed, and each turn begins to end with a look at who was signalled.
 *
 * No wake-up is lost: a thread is signalled first and woken second; here the wake word is read first, then it is looked who
 * was signalled, and only then the word is armed.
 */

import type { BlockedCommand } from '../engine/blocking.js';
import type { Client } from '../engine/client.js';
import type { Postponed, PostponedSessions } from './postponed-sessions.js';
import type { Reactor } from './reactor.js';
import type { Session } from './session.js';

/** What it needs of `Blocking`. */
export interface SessionBlocking {
  readonly size: number;
  readonly isHeldUp: boolean;
  readonly finished: BlockedCommand[];
  serve(): void;
  forget(client: Client): void;
}

export class BlockedSessions implements Postponed {
  private readonly reactor: Reactor;
  private readonly blocking: SessionBlocking;
  private readonly byId: ReadonlyMap<number, Session>;
  private readonly postponed: PostponedSessions;

  constructor(
    reactor: Reactor,
    blocking: SessionBlocking,
    byId: ReadonlyMap<number, Session>,
    postponed: PostponedSessions,
  ) {
    this.reactor = reactor;
    this.blocking = blocking;
    this.byId = byId;
    this.postponed = postponed;
  }

  /** Serves who was signalled, and sends the replies of all who were. */
  turnEnds(): void {
    const { blocking } = this;
    blocking.serve(); // also when nobody waits here: a reload, which is no command, may have signalled others
    // Requests behind a blocked one are executed with its reply, and may serve others.
    for (const command of blocking.finished) this.byId.get(command.client.id)?.unblock(command.reply);
    blocking.finished.length = 0;
  }

  /** For the end of every turn, when all is done: sees to it that the next turn comes when there is more to do. */
  watch(): void {
    const { blocking } = this;
    if (blocking.size !== 0) {
      const seen = this.reactor.wakeValue();
      blocking.serve();
      this.reactor.armWake(seen);
    }
    if (blocking.finished.length !== 0) this.reactor.soon(() => {});
    if (blocking.isHeldUp) this.postponed.add(this);
  }

  /** A pause is over: the turn that this is does the rest. */
  tryAgain(): void {}

  forget(client: Client): void {
    this.blocking.forget(client);
  }
}
