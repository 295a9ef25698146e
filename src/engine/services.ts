/**
 * What commands may ask of the server around them. The engine knows only these shapes; src/server fills them in.
 * Whatever returns a promise is answered by another thread: the command's connection waits, the thread does not.
 */

import type { AccessLog, AccessLogEntry } from './access-log.js';
import type { Users } from './acl/users.js';
import type { Attention } from './attention.js';
import type { AuthFailures } from './auth-failures.js';
import type { Call } from './call.js';
import type { Client } from './client.js';
import type { Clock } from './clock.js';
import type { Config, ConfigPairs } from './config/config.js';
import type { Instruments } from './instruments.js';
import type { SlowlogEntry } from './slowlog.js';
import type { Statistics } from './statistics.js';
import type { Waiters } from './waiters.js';

/** What CLIENT LIST and CLIENT KILL can ask of a client. */
export interface ClientTraits {
  readonly ids?: readonly number[];
  /** Address with port. */
  readonly address?: string;
  readonly localAddress?: string;
  /** Address without port. */
  readonly ip?: string;
  readonly type?: 'normal' | 'master' | 'replica' | 'pubsub';
  readonly user?: string;
  readonly name?: string;
  readonly libraryName?: string;
  readonly libraryVersion?: string;
  /** The client has every one of these flags. */
  readonly flags?: string;
  readonly database?: number;
}

/** Which clients CLIENT LIST and CLIENT KILL mean: those with all of these traits. Plain data: it travels between threads. */
export interface ClientFilter extends ClientTraits {
  /** And none of these. */
  readonly not?: ClientTraits;
  /** Connected for at least so long. */
  readonly maxAgeSeconds?: number;
  /** Silent for at least so long. */
  readonly idleSeconds?: number;
  /** The client that asks, when it is to be spared. */
  readonly except?: number;
}

/** Whom CLIENT UNBLOCK means, and whether its command ends with an error, or as if its time were over. */
export interface UnblockTarget {
  readonly id: number;
  readonly asError: boolean;
}

export interface ShutdownOptions {
  /** true: snapshot first; false: no snapshot; undefined: as the save rules say. */
  readonly save: boolean | undefined;
  /** Go on even if the snapshot fails. */
  readonly force: boolean;
}

/** What DEBUG RELOAD does. */
export interface ReloadOptions {
  /** Takes a snapshot first. */
  readonly saves: boolean;
  /** Removes all keys before loading. */
  readonly flushes: boolean;
  /** Keys that are there may be in the snapshot, too. */
  readonly merges: boolean;
}

/** Commands that are the whole server's business. An answer of text is an error line with its code. */
export interface ControlPlane {
  /** Takes a snapshot; resolves when it is on disk. */
  save(): Promise<string | undefined>;
  /** Starts a snapshot, or has one follow the running one when `schedule` is set. */
  backgroundSave(schedule: boolean): Promise<string | undefined>;
  /** Resolves only if the server can't be shut down. */
  shutdown(options: ShutdownOptions): Promise<string | undefined>;
  /** Has the server go on that was about to shut down: as long as its last snapshot is being taken. */
  abortShutdown(): Promise<string | undefined>;
  /** Changes the configuration of every thread, or of none. */
  configSet(pairs: ConfigPairs): Promise<string | undefined>;
  /** Writes the configuration to the file that the server was started with. */
  configRewrite(): Promise<string | undefined>;
  /** Loads the data anew from a snapshot, while everybody waits. */
  reload(options: ReloadOptions): Promise<string | undefined>;
  /** Whether keys whose time is over are deleted without anybody asking for them. */
  setActiveExpire(isOn: boolean): Promise<undefined>;
  /** A line for the console. */
  warning(text: string): void;
  /** Gives memory that is free back to the operating system, where that is possible. */
  purgeMemory(): Promise<string | undefined>;
  /** CLIENT LIST's lines, each with its line feed, in ascending order of id. */
  listClients(filter: ClientFilter): Promise<string>;
  /** Closes the clients that match, and says how many. */
  killClients(filter: ClientFilter): Promise<number>;
  /** Ends a client's wait in a blocking command; false when there is no such client, or it does not wait. */
  unblockClient(target: UnblockTarget): Promise<boolean>;
  /** The newest `count` entries of the slow log, the newest first. */
  slowlogEntries(count: number): Promise<readonly SlowlogEntry[]>;
  slowlogLength(): Promise<number>;
  resetSlowlog(): Promise<void>;
  /** ACL SETUSER; the rules are byte texts. All threads know the user when it resolves. */
  aclSetUser(name: string, rules: readonly string[]): Promise<string | undefined>;
  /** ACL DELUSER: resolves to how many there were, or to an error line. */
  aclDeleteUsers(names: readonly string[]): Promise<number | string>;
  /** ACL LOAD and ACL SAVE. */
  aclLoad(): Promise<string | undefined>;
  aclSave(): Promise<string | undefined>;
  /** The newest `count` entries of the access log, the newest first. */
  aclLogEntries(count: number): Promise<readonly AccessLogEntry[]>;
  aclResetLog(): Promise<void>;
}

/** How a wait came to its end: what was waited for is there, the time is over, or CLIENT UNBLOCK has ended it with an error. */
export type WaitEnd = 'ready' | 'timeout' | 'unblocked';

/** Commands of clients that wait for a moment to come. */
export interface Waits {
  /**
   * Resolves when the wait of this client is over; never, if its connection is gone before. A client waits for one thing at
   * a time.
   *
   * @param timeoutMs 0 = for ever
   * @param isReady asked whenever the log has come further; without it only the time can end the wait
   */
  until(client: Client, timeoutMs: number, isReady?: () => boolean): Promise<WaitEnd>;
  /** Like `until`, for who knows by himself when it is ready, and calls `forget` then: `onEnd` is called in a turn, or never. */
  begin(client: Client, timeoutMs: number, onEnd: (end: WaitEnd) => void): void;
  /** The wait of this client is over, if there is one, without an end; its work is not gone on with. */
  forget(clientId: number): void;
  /**
   * Does long work in slices: calls `slice` in turns of its own, each of which others have theirs between, until it returns
   * true. Resolves then; never, if the client's connection is gone before. A client has one such work at a time.
   */
  inSlices(client: Client, slice: () => boolean): Promise<void>;
}

/** The clients in MONITOR mode. */
export interface Monitors {
  /** From now on `client` is shown what all clients do. */
  add(client: Client): void;
  /** And not any more, if it was. */
  remove(client: Client): void;
  /** Shows the command that `call` has just run. */
  show(call: Call): void;
}

export interface Services {
  readonly config: Config;
  readonly control: ControlPlane;
  readonly statistics: Statistics;
  /** This thread's copy: all threads' are the same. */
  readonly users: Users;
  /** Who was refused what by this thread. */
  readonly accessLog: AccessLog;
  /** Wrong passwords by address. */
  readonly authFailures: AuthFailures;
  readonly waits: Waits;
  readonly waiters: Waiters;
  readonly attention: Attention;
  readonly monitors: Monitors;
  readonly instruments: Instruments;
  readonly clock: Clock;
  /** Version of CrabKV. */
  readonly version: string;
  /** Identifies this run of the process: 40 hexadecimal digits. */
  readonly runId: string;
  /** The name of this thread's reactor. */
  readonly reactorName: string;
}
