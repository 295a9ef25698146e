/**
 * What commands may ask of the server around them. The engine knows only these shapes; src/server fills them in.
 * Whatever returns a promise is answered by another thread: the command's connection waits, the thread does not.
 */

import type { Config, ConfigPairs } from './config/config.js';
import type { Statistics } from './statistics.js';

/** Which clients CLIENT LIST and CLIENT KILL mean. Plain data: it travels between threads. */
export interface ClientFilter {
  readonly ids?: readonly number[];
  readonly address?: string;
  readonly localAddress?: string;
  readonly type?: 'normal' | 'master' | 'replica' | 'pubsub';
  readonly user?: string;
  /** Unix seconds of age at least. */
  readonly maxAgeSeconds?: number;
  /** The client that asks, when it is to be spared. */
  readonly except?: number;
}

export interface ShutdownOptions {
  /** true: snapshot first; false: no snapshot; undefined: as the save rules say. */
  readonly save: boolean | undefined;
  /** Go on even if the snapshot fails. */
  readonly force: boolean;
}

/** Commands that are the whole server's business. An answer of text is an error line with its code. */
export interface ControlPlane {
  /** Takes a snapshot; resolves when it is on disk. */
  save(): Promise<string | undefined>;
  /** Starts a snapshot, or has one follow the running one when `schedule` is set. */
  backgroundSave(schedule: boolean): Promise<string | undefined>;
  /** Resolves only if the server can't be shut down. */
  shutdown(options: ShutdownOptions): Promise<string | undefined>;
  /** Changes the configuration of every thread, or of none. */
  configSet(pairs: ConfigPairs): Promise<string | undefined>;
  /** CLIENT LIST's lines, each with its line feed, in ascending order of id. */
  listClients(filter: ClientFilter): Promise<string>;
  /** Closes the clients that match, and says how many. */
  killClients(filter: ClientFilter): Promise<number>;
}

export interface Services {
  readonly config: Config;
  readonly control: ControlPlane;
  readonly statistics: Statistics;
  /** Version of CrabKV. */
  readonly version: string;
  /** Identifies this run of the process: 40 hexadecimal digits. */
  readonly runId: string;
  /** Number of reactor threads and the name of their back end. */
  readonly reactorCount: number;
  readonly reactorName: string;
}
