/**
 * A server, whole: starts everything in order, keeps what is whole-server business (save rules, the clock), and ends everything
 * in order. What threads may ask of it is in main-calls.ts.
 *
 *     start      lock the directory > probe the addresses > reserve memory > check log and snapshot > reactors load the
 *                snapshot, then replay the log, in parallel > start the log thread > listen
 *     shutdown   snapshot (when save rules or the request say so) > stop accepting, answer what is under way > sync the
 *                log > end the threads > unlock the directory
 *
 * Commands run in threads of the server's own (`startServer`), or in the calling thread (`startEmbedded`, embedded-server.ts),
 * which others may then join: to listen with, or of the application. The supervisor itself is always in the calling thread, and
 * there is no difference but in who the first members of `Reactors` are.
 *
 * Invariants: nobody is answered before everything is loaded; nothing is appended to the log before its end
 * is known; the directory is unlocked only when no thread can write to it any more.
 */

import { randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import { totalmem } from 'node:os';
import { CrabError } from '../base/errors.js';
import { COMMANDS } from '../commands/table.js';
import { createAttentionShared } from '../engine/attention.js';
import { createAuthFailuresShared } from '../engine/auth-failures.js';
import { Clock, createClockShared } from '../engine/clock.js';
import { CommandTable } from '../engine/command.js';
import type { Config } from '../engine/config/config.js';
import * as errors from '../engine/errors.js';
import { createInstrumentsShared } from '../engine/instruments.js';
import type { ReloadOptions, ShutdownOptions } from '../engine/services.js';
import {
  createStatisticsShared,
  PROCESS_DIRTY_AT_SAVE,
  PROCESS_LAST_SAVE_MS,
  PROCESS_LAST_SAVE_OK,
  PROCESS_LAST_SAVE_SECONDS,
  PROCESS_LOADED_KEYS,
  PROCESS_LOG_BYTES_AT_SAVE,
  PROCESS_START_MS,
  PROCESS_TCP_PORT,
  Statistics,
} from '../engine/statistics.js';
import { createWaitersShared } from '../engine/waiters.js';
import { SEGMENT_BYTES, SEGMENT_COUNT_MAX, SHARD_COUNT_MAX, SHARD_F64_DIRTY } from '../memory/layout.js';
import { createMemoryShared, Memory, type MemoryShared } from '../memory/memory.js';
import { TABLE_COUNT } from '../structures/hash-table.js';
import { AccessControl } from './access-control.js';
import { ClockWatch } from './clock-watch.js';
import type { Logger } from './console.js';
import { prepareDirectory } from './data-directory.js';
import { clientsMax, descriptorUse } from './descriptor-limit.js';
import { DirectoryLock } from './directory-lock.js';
import { atExit } from './exit-work.js';
import { processHashSeed } from './hash-seed.js';
import { describeListenError, type ListenPlan, planListeners } from './listener.js';
import { createMainCalls, type WholeServer } from './main-calls.js';
import { adviseMemory } from './memory-advice.js';
import { memoryLimit } from './memory-limit.js';
import { createProgressShared } from './progress.js';
import { chooseReactor, type ReactorChoice } from './reactor-choice.js';
import { type CommonState, Reactors } from './reactors.js';
import { reload } from './reload.js';
import { type SaveCounters, SaveRules } from './save-rules.js';
import { Saver } from './saver.js';
import { Scavenger } from './scavenger.js';
import { Storage } from './storage.js';
import { listensPlainly, TlsService } from './tls-service.js';
import { UnixSocket } from './unix-socket.js';
import { VERSION } from './version.js';

const MS_PER_SECOND = 1000;

/** What happens to a server that its owner must know of. */
export interface ServerHooks {
  /**
   * A broken invariant: memory can't be trusted any more. The owner must end the process; the log brings
   * everything back.
   */
  readonly onFatal: (error: Error) => void;
}

export interface RunningServer {
  readonly port: number;
  /** Addresses that are listened on, as `127.0.0.1:3000` or `[::1]:3000`, and the path of the Unix socket. */
  readonly addresses: readonly string[];
  /** Ends the server. Resolves to undefined when it has ended, or to an error line when it goes on. */
  shutdown(options?: ShutdownOptions): Promise<string | undefined>;
  /** Resolves when the server has ended, by whomever. */
  readonly ended: Promise<void>;
}

/**
 * Starts a server. Resolves when it accepts connections. Rejects with a `CrabError` whose message is one
 * sentence for the operator when the directory, the addresses, the memory or the files don't allow it;
 * everything is then undone.
 */
export async function startServer(
  config: Config,
  logger: Logger,
  hooks: ServerHooks,
): Promise<RunningServer> {
  const supervisor = new Supervisor(config, logger, hooks, { isBackground: false });
  try {
    await supervisor.startThreaded();
  } catch (error) {
    await supervisor.abandon();
    throw error;
  }
  return supervisor;
}

/** How a server lies in its process. */
export interface Placement {
  /** Nothing of it keeps the process alive, but for what is awaited. */
  readonly isBackground: boolean;
  /** Address space to reserve for data, if not for as much as the machine has; `maxmemory` is reserved in any case. */
  readonly memoryBytes?: number;
}

/** What a server consists of once its memory is reserved and its files are checked. */
interface Parts {
  readonly common: CommonState;
  readonly memory: Memory;
  readonly storage: Storage;
  readonly reactors: Reactors;
  /** For the words of the process alone. */
  readonly statistics: Statistics;
  readonly clock: Clock;
}

export class Supervisor implements RunningServer, WholeServer {
  port = 0;
  addresses: readonly string[] = [];
  readonly ended: Promise<void>;
  readonly config: Config;
  readonly logger: Logger;
  readonly access: AccessControl;
  saver: Saver | undefined;
  scavenger: Scavenger | undefined;
  tls: TlsService | undefined;
  readonly #hooks: ServerHooks;
  readonly #directory: string | undefined;
  readonly #placement: Placement;
  readonly #unixSockets: UnixSocket[] = [];
  #resolveEnded: () => void = () => {};
  #lock: DirectoryLock | undefined;
  #parts: Parts | undefined;
  #timer: NodeJS.Timeout | undefined;
  #shutdown: Promise<string | undefined> | undefined;
  #abort: (() => void) | undefined;
  #forgetExit: () => void = () => {};

  constructor(config: Config, logger: Logger, hooks: ServerHooks, placement: Placement) {
    this.config = config;
    this.logger = logger;
    this.access = new AccessControl(config, logger);
    this.#hooks = hooks;
    this.#directory = config.directory();
    this.#placement = placement;
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
  }

  get reactors(): Reactors {
    return this.parts.reactors;
  }

  /** For those who have set it up. */
  protected get parts(): Parts {
    if (this.#parts === undefined) throw new CrabError('NOT_STARTED', 'the server has not been set up yet');
    return this.#parts;
  }

  /** Starts threads for commands, and listens as the configuration says. */
  async startThreaded(): Promise<void> {
    await this.lockDirectory();
    const isPlain = listensPlainly(this.config);
    const reactor = await chooseReactor(isPlain ? this.config.text('reactor') : 'node');
    const plan = await planListeners(this.config);
    this.tls = await TlsService.plan(this.config, plan, reactor.name);
    const secureCount = this.tls?.ownThreadCount ?? 0;
    this.#announce(plan, reactor, secureCount);
    await this.setUp(plan.threadCount + secureCount);
    const members = await this.reactors.startWorkers(plan.threadCount, reactor.name);
    const secure = await this.reactors.startWorkers(secureCount, 'node', false);
    await this.load(members);
    await this.begin();
    // Who finds the plain port open finds the other one open, too.
    await this.tls?.listenWith(this.reactors, secureCount === 0 ? members : secure);
    if (isPlain) await this.listenWith(members, plan, this.config);
    this.#tellSecurePort();
    this.logger.notice(`Ready to accept connections on ${this.addresses.join(', ')}`);
  }

  shutdown(options: ShutdownOptions = { save: undefined, force: false }): Promise<string | undefined> {
    this.#shutdown ??= this.#end(options).then((error) => {
      if (error !== undefined) this.#shutdown = undefined;
      return error;
    });
    return this.#shutdown;
  }

  /** Undoes a start that failed half way. */
  async abandon(): Promise<void> {
    clearTimeout(this.#timer);
    this.#forgetExit();
    await this.#parts?.reactors.stopAll();
    for (const socket of this.#unixSockets) socket.remove();
    await this.#parts?.storage.stop();
    this.#lock?.release();
    this.#resolveEnded();
  }

  // --- the steps of a start

  /** Makes the directory this server's alone, if there is one. */
  protected async lockDirectory(): Promise<void> {
    if (this.#directory === undefined) return;
    const notice = prepareDirectory(this.#directory);
    if (notice !== undefined) this.logger.warning(notice);
    this.#lock = await DirectoryLock.take(this.#directory, () => this.#lockLost());
  }

  /** Reserves memory, checks the files, and makes what all threads share. No thread is started. */
  protected async setUp(threadCount: number): Promise<void> {
    const shared = reserveMemory(this.config, this.logger, threadCount, this.#placement.memoryBytes);
    await adviseMemory(shared, this.config.flag('huge-pages'));
    const storage = new Storage(this.config, this.logger, threadCount);
    const common = commonState(shared, storage, threadCount, this.config);
    const reactors = new Reactors({
      common,
      config: this.config,
      users: this.access.users,
      calls: createMainCalls(this),
      onCrash: (error) => this.crashed(error),
      onLeft: (index) => this.memberLeft(index),
      isBackground: this.#placement.isBackground,
    });
    this.#parts = {
      common,
      memory: new Memory(shared),
      storage,
      reactors,
      statistics: new Statistics(common.statistics, 0),
      clock: new Clock(common.clock),
    };
    this.#forgetExit = atExit(() => this.exits());
  }

  /** Has the members `loaders` load what is on disk, and starts the log thread. */
  protected async load(loaders: readonly number[]): Promise<void> {
    const { common, reactors, storage } = this.parts;
    await storage.load(reactors, loaders, common.progress);
    await storage.startLog(common, this.#placement.isBackground, (error) => this.crashed(error));
  }

  /** Everything is loaded: has all members begin, and whatever else goes on while a server runs. */
  protected async begin(): Promise<void> {
    await this.#limitClients();
    await this.reactors.all('begin', undefined);
    this.#startSaving();
  }

  /** Has `members` listen as `plan`, which was made from `config`, says. */
  protected async listenWith(members: readonly number[], plan: ListenPlan, config: Config): Promise<number> {
    const { reactors, statistics } = this.parts;
    const socket = await UnixSocket.open(config, plan.threadCount);
    if (socket !== undefined) this.#unixSockets.push(socket);
    const endpoints = members.map((_, nth) => {
      const unix = socket?.endpoints[nth];
      return [...(plan.endpoints[nth] ?? []), ...(unix === undefined ? [] : [unix])];
    });
    let port: number;
    try {
      const ports = await Promise.all(
        members.map((index, nth) => reactors.call(index, 'listen', endpoints[nth] ?? [])),
      );
      port = ports[0] ?? 0;
      socket?.listening();
    } catch (cause) {
      const first = plan.endpoints[0]?.[0];
      const code = cause instanceof CrabError ? cause.code : String(cause);
      if (!/^E[A-Z]+$/.test(code) || first === undefined) throw cause;
      throw new CrabError('LISTEN', describeListenError(first.host, first.port, code), cause);
    }
    const hosts = (plan.endpoints[0] ?? []).map(({ host }) => (isIP(host) === 6 ? `[${host}]` : host));
    const addresses = hosts.map((host) => `${host}:${port}`).concat(socket?.path ?? []);
    this.addresses = [...this.addresses, ...addresses];
    if (this.port === 0) this.port = port;
    statistics.setProcess(PROCESS_TCP_PORT, this.port);
    return port;
  }

  /** INFO names the port of TLS where there is no other, as in Redis. */
  #tellSecurePort(): void {
    if (this.tls === undefined) return;
    this.addresses = [...this.addresses, ...this.tls.addresses];
    if (this.port === 0) this.port = this.config.integer('tls-port');
    this.parts.statistics.setProcess(PROCESS_TCP_PORT, this.port);
  }

  /** The process exits: nobody can wait for anything any more, but what was acknowledged is kept. */
  protected exits(): void {
    this.#parts?.storage.finishNow();
    this.#parts?.reactors.leave();
    this.#lock?.release();
  }

  // --- what threads ask for (main-calls.ts)

  crashed(error: Error): void {
    this.#hooks.onFatal(error);
  }

  configured(): void {
    this.parts.storage.configure();
  }

  async reload(options: ReloadOptions): Promise<string | undefined> {
    if (this.#shutdown !== undefined) return errors.RELOAD_FAILED;
    const { reactors, storage } = this.parts;
    const { saver } = this;
    const directory = this.#directory;
    if (saver === undefined || directory === undefined) return errors.IN_MEMORY_ONLY;
    if (reactors.hasOthers) return errors.RELOAD_HERE;
    try {
      const { logEnabled } = storage;
      const error = await reload(options, { reactors, saver, directory, logEnabled });
      if (error === undefined) this.logger.warning('DB reloaded by DEBUG RELOAD');
      return error;
    } catch (error) {
      this.crashed(error as Error);
      throw error;
    }
  }

  /** SHUTDOWN ABORT: possible as long as the snapshot at the end is being taken, which then goes on as any other. */
  abortShutdown(): string | undefined {
    if (this.#abort === undefined) return errors.NO_SHUTDOWN;
    this.logger.notice('Shutdown manually aborted');
    this.#abort();
    return undefined;
  }

  /** A thread of the application's is a member no more. */
  protected memberLeft(_index: number): void {}

  // --- inside

  #announce(plan: ListenPlan, reactor: ReactorChoice, secureCount: number): void {
    const threads = plan.threadCount === 1 ? 'one reactor thread' : `${plan.threadCount} reactor threads`;
    const secure = secureCount === 0 ? '' : ` and ${secureCount} for TLS`;
    const place = this.#directory === undefined ? 'data in memory only' : `data in ${this.#directory}`;
    this.logger.notice(
      `CrabKV ${VERSION} on Node ${process.versions.node}, ${threads} (${reactor.name})${secure}, ${place}`,
    );
    if (reactor.notice !== undefined) this.logger.notice(reactor.notice);
    if (plan.notice !== undefined) this.logger.notice(plan.notice);
    if (this.#directory !== undefined && !this.config.flag('appendonly')) {
      this.logger.warning('appendonly is no: a crash loses everything since the last snapshot');
    }
  }

  /** Clients never take the descriptors that the log needs. */
  async #limitClients(): Promise<void> {
    const wanted = this.config.integer('maxclients');
    const use = descriptorUse();
    const count = clientsMax(wanted, use);
    if (count === wanted || use === undefined) return;
    const pairs = [['maxclients', String(count)]] as const;
    this.config.apply(pairs);
    await this.reactors.all('applyConfig', pairs);
    this.logger.warning(
      `maxclients is ${count} instead of ${wanted}: the limit of open files (ulimit -n) is ${use.limit}`,
    );
  }

  #startSaving(): void {
    const { clock, memory, statistics, storage } = this.parts;
    const nowMs = clock.nowMs();
    const monotonicMs = clock.monotonicMs();
    const counters = (): SaveCounters => ({
      dirty: dirtyCount(memory),
      logTail: storage.logTail(),
      logBytes: storage.logBytes(),
    });
    const atStart = counters();
    statistics.setProcess(PROCESS_START_MS, nowMs);
    statistics.setProcess(PROCESS_LAST_SAVE_OK, 1);
    statistics.setProcess(PROCESS_LAST_SAVE_SECONDS, Math.floor(nowMs / MS_PER_SECOND));
    statistics.setProcess(PROCESS_DIRTY_AT_SAVE, atStart.dirty);
    statistics.setProcess(PROCESS_LAST_SAVE_MS, -1); // there was none
    statistics.setProcess(PROCESS_LOG_BYTES_AT_SAVE, atStart.logBytes);
    statistics.setProcess(PROCESS_LOADED_KEYS, keyCount(memory));
    this.scavenger = new Scavenger(memory);
    if (this.#directory !== undefined) {
      const rules = new SaveRules(this.config, monotonicMs);
      rules.begin(monotonicMs, atStart, storage.snapshotLsn, storage.snapshotBytes);
      this.saver = new Saver({
        rules,
        statistics,
        logger: this.logger,
        now: () => clock.nowMs(),
        monotonic: () => clock.monotonicMs(),
        take: () => storage.takeSnapshot(),
        counters,
      });
    }
    this.#lookAround(-1, monotonicMs, new ClockWatch(clock));
  }

  /** A few times a second while there are changes, once a second otherwise: what can wait is done now. */
  #lookAround(changesBefore: number, lookedBeforeMs: number, clockWatch: ClockWatch): void {
    const { clock, memory, storage } = this.parts;
    const nowMs = clock.monotonicMs();
    const isSecondOver = nowMs - lookedBeforeMs >= MS_PER_SECOND;
    if (isSecondOver) {
      void this.scavenger?.look();
      storage.look();
      this.#followClock(clockWatch.look());
    }
    this.saver?.tick(nowMs);
    const changes = storage.logEnabled ? storage.logTail() : dirtyCount(memory);
    const isQuiet = this.saver === undefined || changes === changesBefore;
    const waitMs = isQuiet ? MS_PER_SECOND : MS_PER_SECOND / this.config.integer('hz');
    this.#timer = setTimeout(
      () => this.#lookAround(changes, isSecondOver ? nowMs : lookedBeforeMs, clockWatch),
      waitMs,
    );
    if (this.#placement.isBackground) this.#timer.unref();
  }

  /** The time of day has jumped by `jumpMs`, which is news if it is not 0. How long the server has been up does not change. */
  #followClock(jumpMs: number): void {
    if (jumpMs === 0) return;
    const { statistics } = this.parts;
    statistics.setProcess(PROCESS_START_MS, statistics.process(PROCESS_START_MS) + jumpMs);
    const seconds = Math.round(Math.abs(jumpMs) / MS_PER_SECOND);
    const direction = jumpMs > 0 ? 'forward' : 'back';
    this.logger.warning(
      `The system's clock went ${direction} by ${seconds} seconds: keys expire by what it says now`,
    );
  }

  async #end(options: ShutdownOptions): Promise<string | undefined> {
    const { reactors, storage } = this.parts;
    if (options.save === true && this.saver === undefined) return errors.IN_MEMORY_ONLY;
    const wantsSnapshot = this.saver !== undefined && (options.save ?? this.config.saveRules().length > 0);
    this.logger.notice('Shutting down');
    if (wantsSnapshot && !(await this.#saveUnlessAborted(options))) return errors.SHUTDOWN_FAILED;
    clearTimeout(this.#timer);
    await reactors.drain();
    for (const socket of this.#unixSockets) socket.remove();
    // Without a log, what was written during the snapshot is only in memory.
    if (wantsSnapshot && !storage.logEnabled) await this.saver?.finish(false);
    await this.saver?.idle();
    const failure = await storage.stop();
    if (failure !== undefined) this.logger.warning(failure);
    await reactors.stopAll();
    this.#forgetExit();
    this.#lock?.release();
    this.logger.notice('Bye');
    this.#resolveEnded();
    return undefined;
  }

  /** False when the server is to go on: the snapshot failed, and that matters, or somebody wants it to. */
  async #saveUnlessAborted(options: ShutdownOptions): Promise<boolean> {
    const aborted = new Promise<'aborted'>((resolve) => {
      this.#abort = () => resolve('aborted');
    });
    const outcome = await Promise.race([this.#saveAtEnd(options), aborted]);
    this.#abort = undefined;
    return outcome !== 'aborted' && (outcome || options.force);
  }

  /**
   * The snapshot at the end. When it fails and the log holds everything, the end is not held up, unless SAVE
   * was asked for.
   */
  async #saveAtEnd(options: ShutdownOptions): Promise<boolean> {
    const isSaved = (await this.saver?.finish(options.save === true)) ?? true;
    return isSaved || (this.parts.storage.logEnabled && options.save !== true);
  }

  #lockLost(): void {
    const message = `the lock file of ${this.#directory} was removed or replaced: another server may be writing there`;
    this.#hooks.onFatal(new CrabError('LOCK_LOST', message));
  }
}

function commonState(
  memory: MemoryShared,
  storage: Storage,
  threadCount: number,
  config: Config,
): CommonState {
  const seed = processHashSeed();
  return {
    memory,
    log: storage.log,
    logEnabled: storage.logEnabled,
    statistics: createStatisticsShared(),
    attention: createAttentionShared(),
    waiters: createWaitersShared(),
    instruments: createInstrumentsShared(new CommandTable(COMMANDS).indexed.length, threadCount),
    progress: createProgressShared(),
    clock: createClockShared(),
    authFailures: createAuthFailuresShared(),
    renames: config.lines.renames,
    hashSeedLow: seed.low,
    hashSeedHigh: seed.high,
    threadCount,
    runId: randomBytes(20).toString('hex'),
    version: VERSION,
  };
}

/** Changes of keys since the process started, over all shards. */
function dirtyCount(memory: Memory): number {
  let sum = 0;
  for (let shard = 0; shard < memory.shardCount; shard++) {
    sum += memory.shardF64[memory.doubleAt(shard, SHARD_F64_DIRTY)] as number;
  }
  return sum;
}

function keyCount(memory: Memory): number {
  let count = 0;
  for (let shard = 0; shard < memory.shardCount; shard++) {
    for (let database = 0; database < memory.databaseCount; database++) {
      count += memory.shardU32[memory.tableAt(shard, database) + TABLE_COUNT] as number;
    }
  }
  return count;
}

/**
 * Reserves address space for all the memory that data may ever use: what is wanted or the machine (or the container) has,
 * or `maxmemory` when that is more. It is committed as it is used, and `maxmemory` itself is enforced by the
 * commands.
 */
function reserveMemory(
  config: Config,
  logger: Logger,
  threadCount: number,
  wantedBytes: number | undefined,
): MemoryShared {
  const maxmemory = config.integer('maxmemory');
  const limit = memoryLimit({
    machineBytes: totalmem(),
    containerBytes: process.constrainedMemory() ?? 0,
    chosenBytes: maxmemory,
    threadCount,
  });
  const bytes = Math.max(wantedBytes ?? limit.bytes, maxmemory);
  if (limit.dataBytes !== undefined) {
    const [all, part] = [limit.bytes, limit.dataBytes].map((count) => Math.floor(count / 2 ** 20));
    logger.notice(`The memory limit is ${all} MiB, so data may take ${part}: maxmemory says otherwise`);
  }
  try {
    return createMemoryShared({
      bytes: Math.min(bytes, SEGMENT_COUNT_MAX * SEGMENT_BYTES),
      limitBytes: limit.dataBytes,
      shardCount: SHARD_COUNT_MAX,
      databaseCount: config.integer('databases'),
    });
  } catch (cause) {
    const gigabytes = Math.ceil(bytes / SEGMENT_BYTES);
    throw new CrabError(
      'MEMORY',
      `can't reserve ${gigabytes} GiB of address space; check ulimit -v and overcommit`,
      cause,
    );
  }
}
