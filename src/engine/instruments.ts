/**
 * The instruments of one thread: what measures commands and what becomes of the measurements.
 *
 *     executor ───── calls, times ──▶ command statistics   INFO commandstats, latencystats; LATENCY HISTOGRAM
 *                              ╰───▶ slow log             SLOWLOG
 *                              ╰───▶ latency monitor      LATENCY
 *     maintenance, eviction, log ───▶ latency monitor
 *     reply writer ── error lines ──▶ error statistics     INFO errorstats
 *     sessions ────── notes ────────▶ rates                INFO stats: instantaneous_*
 *
 * All but the slow log's entries is in shared memory, so that any thread can read what all have measured.
 */

import { stopwatch } from '../base/stopwatch.js';
import type { Call } from './call.js';
import type { LateReply } from './client.js';
import type { Command } from './command.js';
import {
  CommandStatistics,
  type CommandStatisticsShared,
  createCommandStatisticsShared,
} from './command-statistics.js';
import type { Config } from './config/config.js';
import {
  createErrorStatisticsShared,
  ErrorStatistics,
  type ErrorStatisticsShared,
} from './error-statistics.js';
import {
  createLatencyShared,
  EVENT_COMMAND,
  EVENT_EXPIRE_CYCLE,
  EVENT_FAST_COMMAND,
  LatencyMonitor,
  type LatencyShared,
} from './latency.js';
import { createRatesShared, Rates, type RatesShared } from './rates.js';
import {
  createSlowlogShared,
  type ShownCommand,
  Slowlog,
  type SlowlogShared,
  showCommand,
} from './slowlog.js';

const US_PER_MS = 1000;

export interface InstrumentsShared {
  readonly commands: CommandStatisticsShared;
  readonly errors: ErrorStatisticsShared;
  readonly latency: LatencyShared;
  readonly rates: RatesShared;
  readonly slowlog: SlowlogShared;
}

/**
 * @param commandCount `CommandTable.indexed.length`
 * @param threadCount threads that run commands; one more, the log thread, has events for the latency monitor
 */
export function createInstrumentsShared(commandCount: number, threadCount: number): InstrumentsShared {
  return {
    commands: createCommandStatisticsShared(commandCount, threadCount),
    errors: createErrorStatisticsShared(threadCount),
    latency: createLatencyShared(threadCount + 1),
    rates: createRatesShared(threadCount),
    slowlog: createSlowlogShared(),
  };
}

interface Unfinished {
  /** On the clock of performance.now(). */
  readonly startMs: number;
  readonly shown: ShownCommand;
}

export class Instruments {
  readonly commands: CommandStatistics;
  readonly errors: ErrorStatistics;
  readonly latency: LatencyMonitor;
  readonly rates: Rates;
  readonly slowlog: Slowlog;
  private readonly config: Config;
  /** Commands that take so long are logged. */
  private slowUs = 0;
  /** The command that has just run, when it goes on in another thread. */
  private unfinished: Unfinished | undefined;

  /** @param thread index of the calling thread, below the `threadCount` that `shared` was made for */
  constructor(shared: InstrumentsShared, thread: number, config: Config) {
    this.commands = new CommandStatistics(shared.commands, thread);
    this.errors = new ErrorStatistics(shared.errors, thread);
    this.latency = new LatencyMonitor(shared.latency, thread);
    this.rates = new Rates(shared.rates, thread);
    this.slowlog = new Slowlog(shared.slowlog);
    this.config = config;
    this.readConfig();
    config.onChange(() => this.readConfig());
  }

  /** The command of `call` has run, and so has the stopwatch. */
  observe(call: Call, command: Command): void {
    if (call.isBlocked) return; // see `unblocked`
    if (call.client.pending !== undefined && !call.client.isBlocked) {
      // It goes on in another thread; a client that only waits for a moment to come is through, as in Redis.
      this.unfinished = { startMs: stopwatch.startMs, shown: showCommand(call) };
      return;
    }
    const ms = stopwatch.elapsedMs();
    if (command.isCheap && stopwatch.hasMetSlowPath()) this.commands.slow(command.index, ms);
    else this.commands.timed(command.index, command.isCheap, ms, call.keyspace.now);
    this.latency.add(command.isFast ? EVENT_FAST_COMMAND : EVENT_COMMAND, ms);
    if (this.isSlow(command, ms)) this.slowlog.add(showCommand(call), ms * US_PER_MS);
  }

  /** The command of `call`, which was blocked, has run for `ms` in all. */
  unblocked(call: Call, command: Command, ms: number): void {
    this.commands.late(command.index, ms);
    this.latency.add(command.isFast ? EVENT_FAST_COMMAND : EVENT_COMMAND, ms);
    if (this.isSlow(command, ms)) this.slowlog.add(showCommand(call), ms * US_PER_MS);
  }

  /** The command's reply comes later, and may yet turn out to be an error. */
  awaitOutcome(pending: Promise<LateReply>, command: Command): Promise<LateReply> {
    const { unfinished } = this;
    this.unfinished = undefined;
    return pending.then((late) => {
      if (unfinished !== undefined) this.finish(command, unfinished);
      return (reply) => {
        const { errorCount } = reply;
        late(reply);
        if (reply.errorCount !== errorCount) this.commands.failed(command.index);
      };
    });
  }

  /** Called about every 100 ms while clients are served, with what came in and went out since the start. */
  noteRates(nowMs: number, bytesIn: number, bytesOut: number): void {
    this.commands.cutGaps();
    this.rates.note(nowMs, this.commands.ownCalls(), bytesIn, bytesOut);
  }

  /** A slice of maintenance took `ms`. */
  maintained(ms: number): void {
    this.latency.add(EVENT_EXPIRE_CYCLE, ms);
  }

  /** Forgets what has been counted so far, by all threads. Slow log and latency events have commands of their own for that. */
  reset(): void {
    this.commands.reset();
    this.errors.reset();
  }

  private finish(command: Command, { startMs, shown }: Unfinished): void {
    const ms = performance.now() - startMs;
    this.commands.timed(command.index, command.isCheap, ms, Date.now());
    this.latency.add(command.isFast ? EVENT_FAST_COMMAND : EVENT_COMMAND, ms);
    if (this.isSlow(command, ms)) this.slowlog.add(shown, ms * US_PER_MS);
  }

  private isSlow(command: Command, ms: number): boolean {
    return Math.floor(ms * US_PER_MS) >= this.slowUs && !command.skipsSlowlog;
  }

  private readConfig(): void {
    const slowUs = this.config.integer('slowlog-log-slower-than');
    this.slowUs = slowUs < 0 ? Number.POSITIVE_INFINITY : slowUs;
    this.commands.setTimesAll(slowUs === 0);
    this.commands.tracksLatency = this.config.flag('latency-tracking');
    this.slowlog.lengthMax = this.config.integer('slowlog-max-len');
    this.slowlog.trim();
    this.latency.thresholdMs = this.config.integer('latency-monitor-threshold');
  }
}
