/**
 * The main thread of a server: starts everything in order, keeps what is whole-server business
 * (configuration, save rules, clients of all threads), and ends everything in order.
 *
 *     start      lock the directory > probe the addresses > reserve memory > check log and snapshot > reactors load the
 *                snapshot, then replay the log, in parallel > start the log and snapshot threads > listen
 *     shutdown   snapshot (when save rules or the request say so) > stop accepting, answer what is under way > sync the
 *                log > end the threads > unlock the directory
 *
 * Invariants: nobody is answered before everything is loaded; nothing is appended to the log before its end
 * is known; the directory is unlocked only when no thread can write to it any more.
 */

import { randomBytes } from 'node:crypto';
import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs';
import { isIP } from 'node:net';
import { totalmem } from 'node:os';
import { dirname } from 'node:path';
import { CrabError, SystemError } from '../base/errors.js';
import { COMMANDS } from '../commands/table.js';
import { createAttentionShared } from '../engine/attention.js';
import { CommandTable } from '../engine/command.js';
import type { Config, ConfigPairs } from '../engine/config/config.js';
import * as errors from '../engine/errors.js';
import { createInstrumentsShared } from '../engine/instruments.js';
import type { ClientFilter, ReloadOptions, ShutdownOptions } from '../engine/services.js';
import { mergeEntries, type SlowlogEntry } from '../engine/slowlog.js';
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
import { describeFileError, rewriteConfigFile } from './config-file.js';
import type { Logger } from './console.js';
import { DirectoryLock } from './directory-lock.js';
import { adviseHugePages } from './huge-pages.js';
import { describeListenError, type ListenPlan, planListeners } from './listener.js';
import type { MainCalls } from './messages.js';
import { createProgressShared } from './progress.js';
import { chooseReactor, type ReactorChoice, type ReactorName } from './reactor-choice.js';
import { type CommonState, Reactors } from './reactors.js';
import { reload } from './reload.js';
import { type SaveCounters, SaveRules } from './save-rules.js';
import { Saver } from './saver.js';
import { Scavenger } from './scavenger.js';
import { Storage } from './storage.js';
import { UnixSocket } from './unix-socket.js';
import { VERSION } from './version.js';

const ERROR_NO_CONFIG_FILE = 'ERR The server is running without a config file';
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
  const supervisor = new Supervisor(config, logger, hooks);
  try {
    await supervisor.start();
  } catch (error) {
    await supervisor.abandon();
    throw error;
  }
  return supervisor;
}

class Supervisor implements RunningServer {
  port = 0;
  addresses: readonly string[] = [];
  readonly ended: Promise<void>;
  readonly #config: Config;
  readonly #logger: Logger;
  readonly #hooks: ServerHooks;
  readonly #directory: string;
  #resolveEnded: () => void = () => {};
  #lock: DirectoryLock | undefined;
  #storage: Storage | undefined;
  #unixSocket: UnixSocket | undefined;
  #reactors: Reactors | undefined;
  #saver: Saver | undefined;
  #scavenger: Scavenger | undefined;
  #saveTimer: NodeJS.Timeout | undefined;
  #memory: Memory | undefined;
  #shutdown: Promise<string | undefined> | undefined;
  #abort: (() => void) | undefined;

  constructor(config: Config, logger: Logger, hooks: ServerHooks) {
    this.#config = config;
    this.#logger = logger;
    this.#hooks = hooks;
    this.#directory = config.directory();
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
  }

  async start(): Promise<void> {
    const config = this.#config;
    prepareDirectory(this.#directory);
    this.#lock = await DirectoryLock.take(this.#directory, () => this.#lockLost());
    const reactor = await chooseReactor(config.text('reactor'));
    const plan = await planListeners(config);
    this.#announce(plan, reactor);

    const memory = reserveMemory(config);
    if (config.flag('huge-pages')) await adviseHugePages(memory);
    this.#memory = new Memory(memory);
    const storage = new Storage(config, this.#logger, plan.threadCount);
    this.#storage = storage;
    const statistics = createStatisticsShared();
    const common = this.#commonState(memory, storage, statistics, plan.threadCount, reactor.name);
    this.#reactors = await Reactors.start(common, this.#calls(), (error) => this.#crashed(error));
    await storage.load(this.#reactors, common.progress);
    await storage.startThreads(common, (error) => this.#crashed(error));

    const process = new Statistics(statistics, 0); // for the words of the process alone
    this.#startSaving(process, storage);
    await this.#listen(plan);
    process.setProcess(PROCESS_TCP_PORT, this.port);
    this.#logger.notice(`Ready to accept connections on ${this.addresses.join(', ')}`);
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
    clearTimeout(this.#saveTimer);
    await this.#reactors?.stop();
    this.#unixSocket?.remove();
    await this.#storage?.stop();
    this.#lock?.release();
    this.#resolveEnded();
  }

  #announce(plan: ListenPlan, reactor: ReactorChoice): void {
    const config = this.#config;
    const threads = plan.threadCount === 1 ? 'one reactor thread' : `${plan.threadCount} reactor threads`;
    this.#logger.notice(
      `CrabKV ${VERSION} on Node ${process.versions.node}, ${threads} (${reactor.name}), data in ${this.#directory}`,
    );
    if (reactor.notice !== undefined) this.#logger.notice(reactor.notice);
    if (plan.notice !== undefined) this.#logger.notice(plan.notice);
    if (!config.flag('appendonly')) {
      this.#logger.warning('appendonly is no: a crash loses everything since the last snapshot');
    }
  }

  #commonState(
    memory: MemoryShared,
    storage: Storage,
    statistics: SharedArrayBuffer,
    threadCount: number,
    reactor: ReactorName,
  ): CommonState {
    const seed = randomBytes(8);
    return {
      memory,
      log: storage.log,
      logEnabled: storage.logEnabled,
      statistics,
      attention: createAttentionShared(),
      waiters: createWaitersShared(),
      instruments: createInstrumentsShared(new CommandTable(COMMANDS).indexed.length, threadCount),
      progress: createProgressShared(),
      config: this.#config.values(),
      reactor,
      hashSeedLow: seed.readUInt32LE(0),
      hashSeedHigh: seed.readUInt32LE(4),
      threadCount,
      runId: randomBytes(20).toString('hex'),
      version: VERSION,
    };
  }

  #startSaving(statistics: Statistics, storage: Storage): void {
    const nowMs = Date.now();
    const counters = (): SaveCounters => ({
      dirty: this.#dirtyCount(),
      logTail: storage.logTail(),
      logBytes: storage.logBytes(),
    });
    const rules = new SaveRules(this.#config, nowMs);
    const atStart = counters();
    rules.begin(nowMs, atStart, storage.snapshotLsn, storage.snapshotBytes);
    statistics.setProcess(PROCESS_START_MS, nowMs);
    statistics.setProcess(PROCESS_LAST_SAVE_OK, 1);
    statistics.setProcess(PROCESS_LAST_SAVE_SECONDS, Math.floor(nowMs / MS_PER_SECOND));
    statistics.setProcess(PROCESS_DIRTY_AT_SAVE, atStart.dirty);
    statistics.setProcess(PROCESS_LAST_SAVE_MS, -1); // there was none
    statistics.setProcess(PROCESS_LOG_BYTES_AT_SAVE, atStart.logBytes);
    statistics.setProcess(PROCESS_LOADED_KEYS, this.#keyCount());
    const saver = new Saver({
      rules,
      statistics,
      logger: this.#logger,
      take: () => storage.takeSnapshot(),
      counters,
    });
    this.#saver = saver;
    const scavenger = new Scavenger(this.#memory as Memory);
    this.#scavenger = scavenger;
    void scavenger.prepare();
    let scavengedMs = nowMs;
    let changes = -1;
    const look = (): void => {
      if (Date.now() - scavengedMs >= MS_PER_SECOND) {
        scavengedMs = Date.now();
        void scavenger.look();
      }
      saver.tick(Date.now());
      // Without changes there is nothing that can't wait.
      const before = changes;
      changes = storage.logEnabled ? storage.logTail() : this.#dirtyCount();
      const restMs = changes === before ? MS_PER_SECOND : 0;
      this.#saveTimer = setTimeout(look, Math.max(restMs, MS_PER_SECOND / this.#config.integer('hz')));
    };
    look();
  }

  async #listen(plan: ListenPlan): Promise<void> {
    const reactors = this.#reactors as Reactors;
    const socket = await UnixSocket.open(this.#config, plan.threadCount);
    this.#unixSocket = socket;
    const endpoints = Array.from({ length: plan.threadCount }, (_, index) => {
      const unix = socket?.endpoints[index];
      return [...(plan.endpoints[index] ?? []), ...(unix === undefined ? [] : [unix])];
    });
    try {
      const ports = await Promise.all(endpoints.map((own, index) => reactors.call(index, 'listen', own)));
      this.port = ports[0] ?? 0;
      socket?.listening();
    } catch (cause) {
      const first = plan.endpoints[0]?.[0];
      const code = cause instanceof CrabError ? cause.code : String(cause);
      if (!/^E[A-Z]+$/.test(code) || first === undefined) throw cause;
      throw new CrabError('LISTEN', describeListenError(first.host, first.port, code), cause);
    }
    const hosts = (plan.endpoints[0] ?? []).map(({ host }) => (isIP(host) === 6 ? `[${host}]` : host));
    this.addresses = hosts.map((host) => `${host}:${this.port}`).concat(socket?.path ?? []);
  }

  /** What reactors may ask; the main thread is the one place that sees all of them. */
  #calls(): Omit<MainCalls, 'ready'> {
    return {
      save: async () => this.#saver?.save(),
      backgroundSave: (schedule) => this.#saver?.backgroundSave(schedule),
      shutdown: (options) => this.shutdown(options),
      abortShutdown: () => this.#abortShutdown(),
      reload: (options) => this.#reload(options),
      setActiveExpire: async (isOn) => void (await this.#reactors?.all('setActiveExpire', isOn)),
      configSet: (pairs) => this.#configSet(pairs),
      configRewrite: () => this.#configRewrite(),
      purgeMemory: async () => {
        await this.#scavenger?.purge();
        return undefined;
      },
      listClients: (filter) => this.#listClients(filter),
      killClients: (filter) => this.#killClients(filter),
      unblockClient: async (target) => {
        const answers = await this.#reactors?.all('unblockClient', target);
        return answers?.includes(true) ?? false;
      },
      slowlogEntries: (count) => this.#slowlogEntries(count),
      slowlogLength: () => this.#slowlogLength(),
      resetSlowlog: async () => void (await this.#reactors?.all('resetSlowlog', undefined)),
      feedMonitors: async (news) => void (await this.#reactors?.all('showMonitors', news)),
      log: ({ level, text }) => this.#logger[level](text),
    };
  }

  async #configSet(pairs: ConfigPairs): Promise<string | undefined> {
    const error = this.#config.validate(pairs);
    if (error !== undefined) return error;
    this.#config.apply(pairs);
    this.#storage?.configure();
    await this.#reactors?.all('applyConfig', pairs);
    return undefined;
  }

  async #reload(options: ReloadOptions): Promise<string | undefined> {
    if (this.#shutdown !== undefined) return errors.RELOAD_FAILED;
    const reactors = this.#reactors as Reactors;
    const { logEnabled } = this.#storage as Storage;
    const parts = { reactors, saver: this.#saver as Saver, directory: this.#directory, logEnabled };
    try {
      const error = await reload(options, parts);
      if (error === undefined) this.#logger.warning('DB reloaded by DEBUG RELOAD');
      return error;
    } catch (error) {
      this.#crashed(error as Error);
      throw error;
    }
  }

  #configRewrite(): string | undefined {
    const { file } = this.#config;
    if (file === undefined) return ERROR_NO_CONFIG_FILE;
    try {
      rewriteConfigFile(file, this.#config);
    } catch (error) {
      const reason = describeFileError(error);
      this.#logger.warning(`CONFIG REWRITE failed: ${reason}`);
      return errors.errorLine(`ERR Rewriting config file: ${reason}`);
    }
    this.#logger.notice('CONFIG REWRITE executed with success.');
    return undefined;
  }

  async #listClients(filter: ClientFilter): Promise<string> {
    const lines = (await this.#reactors?.all('listClients', filter))?.flat() ?? [];
    return lines
      .sort((a, b) => a.id - b.id)
      .map(({ text }) => `${text}\n`)
      .join('');
  }

  async #killClients(filter: ClientFilter): Promise<number> {
    const counts = (await this.#reactors?.all('killClients', filter)) ?? [];
    return counts.reduce((sum, count) => sum + count, 0);
  }

  async #slowlogEntries(count: number): Promise<readonly SlowlogEntry[]> {
    const wanted = Math.min(count, this.#config.integer('slowlog-max-len'));
    return mergeEntries((await this.#reactors?.all('slowlogEntries', wanted)) ?? [], wanted);
  }

  async #slowlogLength(): Promise<number> {
    const lengths = (await this.#reactors?.all('slowlogLength', undefined)) ?? [];
    const total = lengths.reduce((sum, length) => sum + length, 0);
    return Math.min(total, this.#config.integer('slowlog-max-len'));
  }

  /** Changes of keys since the process started, over all shards. */
  #dirtyCount(): number {
    const memory = this.#memory as Memory;
    let sum = 0;
    for (let shard = 0; shard < memory.shardCount; shard++) {
      sum += memory.shardF64[memory.doubleAt(shard, SHARD_F64_DIRTY)] as number;
    }
    return sum;
  }

  #keyCount(): number {
    const memory = this.#memory as Memory;
    let count = 0;
    for (let shard = 0; shard < memory.shardCount; shard++) {
      for (let database = 0; database < memory.databaseCount; database++) {
        count += memory.shardU32[memory.tableAt(shard, database) + TABLE_COUNT] as number;
      }
    }
    return count;
  }

  async #end(options: ShutdownOptions): Promise<string | undefined> {
    const storage = this.#storage as Storage;
    const wantsSnapshot = options.save ?? this.#config.saveRules().length > 0;
    this.#logger.notice('Shutting down');
    if (wantsSnapshot && !(await this.#saveUnlessAborted(options))) return errors.SHUTDOWN_FAILED;
    clearTimeout(this.#saveTimer);
    await this.#reactors?.all('drain', undefined);
    this.#unixSocket?.remove();
    // Without a log, what was written during the snapshot is only in memory.
    if (wantsSnapshot && !storage.logEnabled) await this.#saver?.finish(false);
    await this.#saver?.idle();
    const failure = await storage.stop();
    if (failure !== undefined) this.#logger.warning(failure);
    await this.#reactors?.stop();
    this.#lock?.release();
    this.#logger.notice('Bye');
    this.#resolveEnded();
    return undefined;
  }

  /** SHUTDOWN ABORT: possible as long as the snapshot at the end is being taken, which then goes on as any other. */
  #abortShutdown(): string | undefined {
    if (this.#abort === undefined) return errors.NO_SHUTDOWN;
    this.#logger.notice('Shutdown manually aborted');
    this.#abort();
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
    const isSaved = (await this.#saver?.finish(options.save === true)) ?? true;
    return isSaved || ((this.#storage?.logEnabled ?? false) && options.save !== true);
  }

  #crashed(error: Error): void {
    this.#hooks.onFatal(error);
  }

  #lockLost(): void {
    const message = `the lock file of ${this.#directory} was removed or replaced: another server may be writing there`;
    this.#hooks.onFatal(new CrabError('LOCK_LOST', message));
  }
}

/** Creates the data directory and checks that it can be written to. */
function prepareDirectory(directory: string): void {
  try {
    makeDirectory(directory);
    if (!statSync(directory).isDirectory()) throw new Error('it is not a directory');
    accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw new SystemError('DIRECTORY', "can't use the data directory (check --dir)", directory, -1, cause);
  }
}

/**
 * Like `mkdir -p`. (`mkdirSync` with `recursive` never returns where a directory has no room for others, as
 * in /proc.)
 */
function makeDirectory(directory: string): void {
  if (existsSync(directory)) return;
  const parent = dirname(directory);
  if (parent !== directory) makeDirectory(parent);
  mkdirSync(directory, { mode: 0o700 });
}

/**
 * Reserves address space for all the memory that data may ever use: what the machine (or the container) has,
 * or `maxmemory` when that is more. It is committed as it is used, and `maxmemory` itself is enforced by the
 * commands.
 */
function reserveMemory(config: Config): MemoryShared {
  const machineBytes = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
  const bytes = Math.max(machineBytes, config.integer('maxmemory'));
  try {
    return createMemoryShared({
      bytes: Math.min(bytes, SEGMENT_COUNT_MAX * SEGMENT_BYTES),
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
