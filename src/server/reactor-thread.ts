/**
 * The start of a reactor thread: puts the layers together over the memory that all threads share, and serves the main
 * thread's calls until it says stop.
 *
 * Until `listen` the thread only loads: the log is off, time stands still (keyspace.now is 0), no maintenance runs.
 */

import { workerData } from 'node:worker_threads';
import { setHashSeed } from '../base/hash.js';
import { COMMANDS } from '../commands/table.js';
import { Applier } from '../engine/apply.js';
import { Attention } from '../engine/attention.js';
import { CommandTable } from '../engine/command.js';
import { Config } from '../engine/config/config.js';
import { Executor } from '../engine/executor.js';
import { Instruments } from '../engine/instruments.js';
import { Keyspace } from '../engine/keyspace.js';
import { Maintenance } from '../engine/maintenance.js';
import { ReplyWriter } from '../engine/reply.js';
import { Statistics } from '../engine/statistics.js';
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
import { loadShare } from './load.js';
import type { Endpoint, ReactorCalls } from './messages.js';
import { MonitorFeed } from './monitors.js';
import { ProgressCounter } from './progress.js';
import type { ListenOptions, Reactor } from './reactor.js';
import { createReactor } from './reactor-choice.js';
import { takePart } from './reload.js';
import { Sessions } from './sessions.js';
import type { SharedState } from './shared-state.js';

/** Puts a thread together; resolves when the main thread knows that it is ready. */
async function start(state: SharedState): Promise<void> {
  setHashSeed(state.hashSeedLow, state.hashSeedHigh);
  const config = Config.fromValues(state.config);
  const control = new ControlClient(state.port);
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
  const reactor = await createReactor(state.reactor, reply, log.wakeArray, log.wakeIndex);
  const waits = new ClientWaits(reactor);
  const monitors = new MonitorFeed(attention, state.threadIndex, (news) => control.feedMonitors(news));
  const services = {
    config,
    control,
    statistics,
    waits,
    waiters: new Waiters(state.waiters, state.threadIndex, keyspace),
    attention,
    monitors,
    instruments,
    version: state.version,
    runId: state.runId,
    reactorCount: state.threadCount,
    reactorName: state.reactor,
  };
  const executor = new Executor(keyspace, batons, services, new CommandTable(COMMANDS), reply);
  const maintenance = new Maintenance(
    keyspace,
    batons,
    state.threadIndex,
    state.threadCount,
    executor.eviction,
  );
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
    config,
    logger: control,
  });
  monitors.host = sessions;

  const applier = new Applier(
    keyspace,
    batons,
    state.threadIndex,
    state.threadCount,
    executor.call.collections,
  );
  const progress = new ProgressCounter(state.progress, state.threadIndex);
  const calls: ReactorCalls = {
    load: async (order) => loadShare(order, applier, progress),
    listen: async (endpoints) => {
      log.enabled = state.logEnabled;
      sessions.start();
      return listenOn(reactor, endpoints);
    },
    applyConfig: (pairs) => config.apply(pairs),
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
    showMonitors: (news) => monitors.receive(news),
    drain: () => sessions.drain(),
    stop: async () => {
      await reactor.stop();
      setImmediate(() => control.close()); // nothing keeps the thread after this; the answer has left by then
    },
  };
  await control.serve(calls);
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
  const { host, backlog, fd, path, reusePort = false } = endpoint;
  if (path !== undefined) return fd === undefined ? { path, backlog } : { fd, path, backlog };
  return fd === undefined ? { host, port: endpoint.port || port, backlog, reusePort } : { fd, backlog };
}

/** True when the machine has no such address. */
function isMissingAddress(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT';
}

await start(workerData as SharedState);
