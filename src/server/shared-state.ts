/**
 * What every thread of a server shares, as one object that goes to a worker as its `workerData`.
 *
 * Data, log and statistics are shared memory with an owner of its own (memory/, engine/wal/,
 * engine/statistics.ts); the rest is plain data: the configuration at start, who the thread is, and its line
 * to the main thread.
 */

import type { MessagePort } from 'node:worker_threads';
import type { AttentionShared } from '../engine/attention.js';
import type { AuthFailuresShared } from '../engine/auth-failures.js';
import type { ClockShared } from '../engine/clock.js';
import type { CommandRename } from '../engine/command.js';
import type { ConfigValues } from '../engine/config/config.js';
import type { InstrumentsShared } from '../engine/instruments.js';
import type { ShardShare } from '../engine/shard-share.js';
import type { StatisticsShared } from '../engine/statistics.js';
import type { WaitersShared } from '../engine/waiters.js';
import type { LogShared } from '../engine/wal/log-control.js';
import type { MemoryShared } from '../memory/layout.js';
import type { ReactorName } from './reactor-choice.js';

export interface SharedState {
  readonly memory: MemoryShared;
  readonly log: LogShared;
  /** False with `appendonly no`: nothing is appended and no reply waits. */
  readonly logEnabled: boolean;
  readonly statistics: StatisticsShared;
  readonly attention: AttentionShared;
  readonly waiters: WaitersShared;
  readonly instruments: InstrumentsShared;
  /** How far loading has come, for `new ProgressCounter(...)`. */
  readonly progress: SharedArrayBuffer;
  readonly config: ConfigValues;
  /** The users, as `Users.load` takes them. */
  readonly users: readonly string[];
  /** Wrong passwords by address, for `new AuthFailures(...)`. */
  readonly authFailures: AuthFailuresShared;
  /** Commands that are called otherwise, for `new CommandTable(...)`. */
  readonly renames: readonly CommandRename[];
  /** Which back end the reactors are (reactor-choice.ts). */
  readonly reactor: ReactorName;
  /** Seed of the key hash, for `setHashSeed`; every thread must use the same. */
  readonly hashSeedLow: number;
  readonly hashSeedHigh: number;
  /** What time it is, for `new Clock(...)`. */
  readonly clock: ClockShared;
  /** 0 to threadCount - 1, for threads that run commands. */
  readonly threadIndex: number;
  /** How many there may be: what has a place for each thread has so many. */
  readonly threadCount: number;
  /** The shards whose log this thread replays, and that it cares for at first. */
  readonly share: ShardShare;
  /** Forty hexadecimal digits that name this run of the server. */
  readonly runId: string;
  readonly version: string;
  /** The thread is somebody else's: nothing that belongs to the server keeps it alive. */
  readonly isBackground: boolean;
  /** The line to the main thread, for `new ControlClient(...)`. */
  readonly port: MessagePort;
}
