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
import { CommandTable } from '../engine/command.js';
import { Config } from '../engine/config/config.js';
import { Executor } from '../engine/executor.js';
import { Keyspace } from '../engine/keyspace.js';
import { Maintenance } from '../engine/maintenance.js';
import { ReplyWriter } from '../engine/reply.js';
import { Statistics } from '../engine/statistics.js';
import { realDisk } from '../engine/wal/disk.js';
import { Log } from '../engine/wal/log.js';
import { Batons } from '../memory/baton.js';
import { Memory } from '../memory/memory.js';
import { Entries } from '../structures/entry.js';
import { HashTable } from '../structures/hash-table.js';
import { TimingWheel } from '../structures/timing-wheel.js';
import { ControlClient } from './control.js';
import { loadShare } from './load.js';
import type { Endpoint, ReactorCalls } from './messages.js';
import { ProgressCounter } from './progress.js';
import type { ListenOptions, Reactor } from './reactor.js';
import { createReactor } from './reactor-choice.js';
import { Sessions } from './sessions.js';
import type { SharedState } from './shared-state.js';

/** Puts a thread together; resolves when the main thread knows that it is ready. */
async function start(state: SharedState): Promise<void> {
  setHashSeed(state.hashSeedLow, state.hashSeedHigh);
  const config = Config.fromValues(state.config);
  const control = new ControlClient(state.port);
  const statistics = new Statistics(state.statistics, state.threadIndex);
  const memory = new Memory(state.memory);
  const batons = new Batons(state.memory);
  const entries = new Entries(memory);
  const log = new Log(state.log, memory, state.threadIndex, realDisk);
  log.enabled = false;
  const table = new HashTable(memory, entries);
  const keyspace = new Keyspace(memory, entries, table, new TimingWheel(memory, entries), log);
  const reply = new ReplyWriter();
  const services = {
    config,
    control,
    statistics,
    version: state.version,
    runId: state.runId,
    reactorCount: state.threadCount,
    reactorName: state.reactor,
  };
  const executor = new Executor(keyspace, batons, services, new CommandTable(COMMANDS), reply);
  const reactor = await createReactor(state.reactor, reply, log.wakeArray, log.wakeIndex);
  const maintenance = new Maintenance(keyspace, batons, state.threadIndex, state.threadCount);
  const sessions = new Sessions({
    reactor,
    executor,
    reply,
    log,
    maintenance,
    statistics,
    config,
    logger: control,
  });

  const applier = new Applier(keyspace, batons, state.threadIndex, state.threadCount);
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
    const { host, backlog, fd, reusePort = false } = endpoint;
    const options: ListenOptions =
      fd === undefined ? { host, port: endpoint.port || port, backlog, reusePort } : { fd, backlog };
    try {
      const bound = await reactor.listen(options);
      if (port === 0) port = bound;
    } catch (error) {
      if (!endpoint.isOptional || !isMissingAddress(error)) throw error;
    }
  }
  return port;
}

/** True when the machine has no such address. */
function isMissingAddress(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT';
}

await start(workerData as SharedState);
