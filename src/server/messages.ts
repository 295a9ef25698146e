/**
 * What the main thread and the reactors say to each other, as two tables of calls: name, argument, answer.
 * Everything hot goes through shared memory; these are the few things that are messages by nature. All of it
 * is plain data.
 */

import type { AccessLogEntry } from '../engine/access-log.js';
import type { ConfigPairs } from '../engine/config/config.js';
import type { ClientFilter, ReloadOptions, ShutdownOptions, UnblockTarget } from '../engine/services.js';
import type { ShardShare } from '../engine/shard-share.js';
import type { SlowlogEntry } from '../engine/slowlog.js';
import type { SnapshotIndex } from '../engine/snapshot/loader.js';
import type { UsersChange } from '../engine/users-changes.js';
import type { CheckedSegment } from '../engine/wal/log-reader.js';
import type { LogLevel } from './console.js';
import type { MonitorNews } from './monitors.js';
import type { ReloadOrder } from './reload.js';
import type { TlsSettings } from './tls-settings.js';

/** One socket to accept from. */
export interface Endpoint {
  /** An address, not a name. */
  readonly host: string;
  readonly port: number;
  readonly backlog: number;
  /**
   * A socket that is bound and shared with other threads' sockets, to be listened on instead of making one.
   */
  readonly fd?: number;
  /** Make a socket that shares its port with other threads' sockets. */
  readonly reusePort?: boolean;
  /** Of a Unix socket; host and port mean nothing then. */
  readonly path?: string;
  /** The address may be missing on this machine; then nothing is listened on. */
  readonly isOptional: boolean;
  /** Speak TLS; `useTls` comes first. */
  readonly isSecure?: boolean;
}

/**
 * The part of loading that one reactor does. Sections of a snapshot go to whoever is free: `ticket` is one
 * shared i32, the number of the next section that nobody has taken. The log is read by every reactor, and
 * each applies what concerns its shards.
 */
export type LoadOrder =
  | { readonly stage: 'snapshot'; readonly index: SnapshotIndex; readonly ticket: SharedArrayBuffer }
  | {
      readonly stage: 'log';
      readonly directory: string;
      readonly segments: readonly CheckedSegment[];
      /** What the snapshot holds already. */
      readonly fromLsn: number;
      /** Index of the thread that counts the records: every one reads all of them. */
      readonly countedBy: number;
    };

/** What the main thread asks of a reactor. */
export interface ReactorCalls {
  /** Loads this thread's share; resolves when it is in place. */
  load(order: LoadOrder): void | Promise<void>;
  /** Everything is loaded: the log is on, time runs, maintenance begins. */
  begin(): void;
  /** Starts to accept; resolves to the port listened on (the one chosen by the system for port 0). */
  listen(endpoints: readonly Endpoint[]): Promise<number>;
  /** How TLS is spoken on connections that are accepted from now on. */
  useTls(settings: TlsSettings): void;
  /** Applies a CONFIG SET that the main thread has validated. */
  applyConfig(pairs: ConfigPairs): void;
  /** Makes a change of users that the main thread has made, and sets this thread's clients right. */
  changeUsers(change: UsersChange): void;
  /** The newest `count` entries of this thread's access log, the newest first. */
  accessLogEntries(count: number): readonly AccessLogEntry[];
  resetAccessLog(): void;
  /** One line of CLIENT LIST for each client of this thread that matches, with its id to sort by. */
  listClients(filter: ClientFilter): readonly ClientLine[];
  /** Closes matching clients; resolves to how many. */
  killClients(filter: ClientFilter): number;
  /** Ends the wait of a client of this thread in a blocking command; false when there is none. */
  unblockClient(target: UnblockTarget): boolean;
  /** The newest `count` entries of this thread's slow log, the newest first. */
  slowlogEntries(count: number): readonly SlowlogEntry[];
  slowlogLength(): number;
  resetSlowlog(): void;
  /** Takes part in a reload: blocks the thread until it is over. */
  reload(order: ReloadOrder): void;
  setActiveExpire(isOn: boolean): void;
  /** Which shards this thread cares for from now on. */
  setShare(share: ShardShare): void;
  /** The server's clock was moved forward; resolves when what was due by then is done. */
  timeMoved(): Promise<void>;
  /** Shows its clients in MONITOR mode what another thread has run. */
  showMonitors(news: MonitorNews): void;
  /** Stops accepting and reading; resolves when what is under way is answered and sent. */
  drain(): Promise<void>;
  /** Closes all connections; the worker ends after the answer. */
  stop(): Promise<void>;
}

export interface ClientLine {
  readonly id: number;
  readonly text: string;
}

/**
 * What a reactor asks of the main thread. Answers of type `string | undefined` are an error line, or
 * undefined for success.
 */
export interface MainCalls {
  /** The thread is set up and serves the calls above. */
  ready(): void;
  /** Takes a snapshot; resolves when it is on disk. */
  save(): Promise<string | undefined>;
  /** Starts a snapshot; resolves as soon as it has begun or is sure to follow. */
  backgroundSave(schedule: boolean): string | undefined;
  /** Ends the server; resolves only to say why it did not. */
  shutdown(options: ShutdownOptions): Promise<string | undefined>;
  /** Has a shutdown given up whose snapshot is being taken. */
  abortShutdown(): string | undefined;
  /** Loads the data anew from a snapshot, while everybody waits. */
  reload(options: ReloadOptions): Promise<string | undefined>;
  /** Switches active expiry in all threads. */
  setActiveExpire(isOn: boolean): Promise<undefined>;
  /** Validates, applies everywhere; resolves when every thread has applied. */
  configSet(pairs: ConfigPairs): Promise<string | undefined>;
  /** Writes the configuration to its file. */
  configRewrite(): string | undefined;
  /** Gives free memory back to the operating system. */
  purgeMemory(): Promise<string | undefined>;
  listClients(filter: ClientFilter): Promise<string>;
  killClients(filter: ClientFilter): Promise<number>;
  unblockClient(target: UnblockTarget): Promise<boolean>;
  slowlogEntries(count: number): Promise<readonly SlowlogEntry[]>;
  slowlogLength(): Promise<number>;
  resetSlowlog(): Promise<void>;
  aclSetUser(user: { readonly name: string; readonly rules: readonly string[] }): Promise<string | undefined>;
  aclDeleteUsers(names: readonly string[]): Promise<number | string>;
  aclLoad(): Promise<string | undefined>;
  aclSave(): string | undefined;
  aclLogEntries(count: number): Promise<readonly AccessLogEntry[]>;
  aclResetLog(): Promise<void>;
  /** Passes on to all threads what one has to show clients in MONITOR mode. */
  feedMonitors(news: MonitorNews): Promise<void>;
  log(line: { readonly level: LogLevel; readonly text: string }): void;
  /** A broken invariant: memory can't be trusted any more. The process is to end. */
  crashed(message: string): void;
}
