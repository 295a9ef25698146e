/**
 * A client as the engine sees it: what a connection's commands have settled so far. It knows no socket; whoever owns
 * one (server/session.ts) fills in the addresses and reads what the commands leave here.
 */

import { IN_PROCESS_USER, type User } from './acl/user.js';
import type { Protocol, ReplyWriter } from './reply.js';

/** Writes the reply of a command that had to wait for another thread. */
export type LateReply = (reply: ReplyWriter) => void;

export class Client {
  /** Unique in the process, ascending. */
  readonly id: number;
  readonly address: string;
  readonly localAddress: string;
  readonly createdMs: number;
  /** Unix ms of the last request. */
  lastInteractionMs: number;
  database = 0;
  protocol: Protocol;
  name = '';
  libraryName = '';
  libraryVersion = '';
  authenticated: boolean;
  /** Who it is, even before it has authenticated: set by `setUser` (attention.ts). */
  user: User = IN_PROCESS_USER;
  /** Name of the last command, for CLIENT LIST. */
  lastCommand = 'NULL';
  /** What takes this client's commands off the plain path: bits of attention.ts, 0 for nearly every client. */
  attention = 0;
  /** CLIENT NO-EVICT: not among those that are disconnected when all clients' buffers together are too large. */
  isSpared = false;
  /** False of one that can't wait: commands that block reply as if their time were over. */
  mayBlock = true;
  /** Waits for something that is shown as such in CLIENT LIST: WAIT and the like, or the end of a pause. */
  isBlocked = false;
  /** Everything that the replies written so far show or promise ends at or before this LSN. */
  waitLsn = 0;
  /** Set by a command that waits for another thread; the session goes on when it settles. */
  pending: Promise<LateReply> | undefined = undefined;
  commands = 0;

  /** True for a connection to the Unix socket: its address is the only kind that has port 0. */
  get isUnix(): boolean {
    return this.address.endsWith(':0');
  }

  constructor(
    id: number,
    address: string,
    localAddress: string,
    nowMs: number,
    protocol: Protocol,
    authenticated: boolean,
  ) {
    this.id = id;
    this.address = address;
    this.localAddress = localAddress;
    this.createdMs = nowMs;
    this.lastInteractionMs = nowMs;
    this.protocol = protocol;
    this.authenticated = authenticated;
  }
}
