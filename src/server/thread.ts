/**
 * A thread that runs commands, put together: the layers over the memory that all threads share, and the calls by which the
 * main thread directs it.
 *
 * Where the thread comes from does not matter here: reactor-thread.ts is the start of a worker of its own; a server may also live
 * in the thread that has started it.
 *
 * Until `begin` the thread only loads: the log is off, time stands still (keyspace.now is 0), no maintenance runs.
 */

import { CrabError } from '../base/errors.js';
import { COMMANDS } from '../commands/table.js';
import { AccessLog } from '../engine/access-log.js';
import { Users } from '../engine/acl/users.js';
import { Applier } from '../engine/apply.js';
import { Attention } from '../engine/attention.js';
import { AuthFailures } from '../engine/auth-failures.js';
import { Clock } from '../engine/clock.js';
import { CommandTable } from '../engine/command.js';
import { Config } from '../engine/config/config.js';
import { Executor } from '../engine/executor.js';
import { Instruments } from '../engine/instruments.js';
import { Keyspace } from '../engine/keyspace.js';
import { Maintenance } from '../engine/maintenance.js';
import { ReplyWriter } from '../engine/reply.js';
import { Statistics } from '../engine/statistics.js';
import { followConfig } from '../engine/users-changes.js';
import { Waiters } from '../engine/waiters.js';
import { realDisk } from '../engine/wal/disk.js';
import { Log } from '../engine/wal/log.js';
import { Batons } from '../memory/baton.js';
import { Memory } from '../memory/memory.js';
import { Entries } from '../structures/entry.js';
import { HashTable } from '../structures/hash-table.js';
import { TimingWheel } from '../structures/timing-wheel.js';
import { ClientWaits } from './client-waits.js';
import { ControlClient } from './control.js';
import { adoptHashSeed } from './hash-seed.js';
import { loadShare } from './load.js';
import type { Endpoint, ReactorCalls } from './messages.js';
import { MonitorFeed } from './monitors.js';
import { ProgressCounter } from './progress.js';
import type { ListenOptions, Reactor } from './reactor.js';
import type { ReactorParts } from './reactor-choice.js';
import { takePart } from './reload.js';
import { Sessions } from './sessions.js';
import type { SharedState } from './shared-state.js';

/** The parts of a thread that others work with. */
export interface ServerThread {
  readonly control: ControlClient;
  /** What the main thread may ask of this one. */
  readonly calls: ReactorCalls;
  readonly reactor: Reactor;
  readonly executor: Executor;
  readonly sessions: Sessions;
  readonly keyspace: Keyspace;
  readonly log: Log;
  readonly reply: ReplyWriter;
  readonly statistics: Statistics;
  readonly config: Config;
  readonly clock: Clock;
}

/**
 * Puts a thread together. The main thread's calls are served once `ServerThread.control.serve(calls)` is called.
 *
 * @param makeReactor of this thread: see `prepareReactor`
 */
export function assembleThread(
  state: SharedState,
  makeReactor: (parts: ReactorParts) => Reactor,
): ServerThread {
  adoptHashSeed({ low: state.hashSeedLow, high: state.hashSeedHigh });
  const config = Config.fromValues(state.config);
  const control = new ControlClient(state.port, state.isBackground);
  const statistics = new Statistics(state.statistics, state.threadIndex);
  const attention = new Attention(state.attention);
  const instruments = new Instruments(state.instruments, state.threadIndex, config);
  const memory = new Memory(state.memory);
  const batons = new Batons(state.memory);
  const entries = new Entries(memory);
  const log = new Log(state.log, memory, state.threadIndex, realDisk);
  log.enabled = false;
  log.latency = instruments.latency;
  const table = new HashTable(memory, entries);
  const keyspace = new Keyspace(memory, entries, table, new TimingWheel(memory, entries), log);
  const reply = new ReplyWriter();
  const clock = new Clock(state.clock);
  const reactor = makeReactor({
    writer: reply,
    wakeWords: log.wakeArray,
    wakeIndex: log.wakeIndex,
    now: () => clock.nowMs(),
    isBackground: state.isBackground,
  });
  const waits = new ClientWaits(reactor, () => clock.monotonicMs());
  const monitors = new MonitorFeed(attention, state.threadIndex, (news) => control.feedMonitors(news));
  const commands = new CommandTable(COMMANDS, state.renames);
  const users = new Users(commands);
  users.load(state.users);
  followConfig(users, config);
  const accessLog = new AccessLog(config, clock);
  const services = {
    config,
    control,
    statistics,
    waits,
    waiters: new Waiters(state.waiters, state.threadIndex, keyspace),
    attention,
    monitors,
    instruments,
    users,
    accessLog,
    authFailures: new AuthFailures(state.authFailures),
    clock,
    version: state.version,
    runId: state.runId,
    reactorName: state.reactor,
  };
  const executor = new Executor(keyspace, batons, services, commands, reply);
  const { index, count } = state.share;
  const maintenance = new Maintenance(keyspace, batons, index, count, executor.eviction);
  const sessions = new Sessions({
    reactor,
    executor,
    reply,
    log,
    waits,
    blocking: executor.blocking,
    monitors,
    maintenance,
    statistics,
    attention,
    instruments,
    users,
    config,
    logger: control,
  });
  monitors.host = sessions;
  accessLog.host = sessions;

  const applier = new Applier(keyspace, batons, index, count, executor.call.collections);
  const progress = new ProgressCounter(state.progress, state.threadIndex);
  const calls: ReactorCalls = {
    load: async (order) => loadShare(order, applier, progress),
    begin: () => {
      log.enabled = state.logEnabled;
      executor.setNow(clock.nowMs());
      sessions.start();
    },
    listen: (endpoints) => listenOn(reactor, endpoints),
    useTls: (settings) => {
      if (reactor.useTls === undefined) throw new CrabError('TLS', `'${state.reactor}' does not speak TLS`);
      reactor.useTls(settings);
    },
    applyConfig: (pairs) => config.apply(pairs),
    changeUsers: (change) => sessions.changeUsers(change),
    accessLogEntries: (count) => accessLog.newest(count),
    resetAccessLog: () => accessLog.reset(),
    listClients: (filter) => sessions.list(filter),
    killClients: (filter) => sessions.kill(filter),
    unblockClient: (target) => sessions.unblock(target),
    slowlogEntries: (count) => instruments.slowlog.newest(count),
    slowlogLength: () => instruments.slowlog.length,
    resetSlowlog: () => instruments.slowlog.reset(),
    reload: (order) => takePart(order, { keyspace, batons, applier, progress }),
    setActiveExpire: (isOn) => {
      maintenance.expiresActively = isOn;
    },
    setShare: (share) => maintenance.setShare(share),
    timeMoved: () => sessions.timeMoved(),
    showMonitors: (news) => monitors.receive(news),
    drain: () => sessions.drain(),
    stop: async () => {
      await reactor.stop();
      setImmediate(() => control.close()); // nothing keeps the thread after this; the answer has left by then
    },
  };
  return { control, calls, reactor, executor, sessions, keyspace, log, reply, statistics, config, clock };
}

/** Listens on every endpoint. Resolves to the port of the first; rejects with the system's error. */
async function listenOn(reactor: Reactor, endpoints: readonly Endpoint[]): Promise<number> {
  let port = 0;
  for (const endpoint of endpoints) {
    try {
      const bound = await reactor.listen(listenOptions(endpoint, port));
      if (port === 0) port = bound;
    } catch (error) {
      if (!endpoint.isOptional || !isMissingAddress(error)) throw error;
    }
  }
  return port;
}

/** `port`: what the system has chosen for the first endpoint, where the configuration leaves it to the system. */
function listenOptions(endpoint: Endpoint, port: number): ListenOptions {
  const { host, backlog, fd, path, reusePort = false, isSecure = false } = endpoint;
  if (path !== undefined) return fd === undefined ? { path, backlog } : { fd, path, backlog };
  if (fd !== undefined) return { fd, backlog, isSecure };
  return { host, port: endpoint.port || port, backlog, reusePort, isSecure };
}

/** True when the machine has no such address. */
function isMissingAddress(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT';
}
