/**
 * One life of a simulated store, from a start to a crash: what its clients do, what their replies promise, and what the model
 * says of it.
 *
 * A reply is *released* when its thread would send it. What it promises is then noted, as the number of a state of the history
 * (history.ts) that has to be there after a crash:
 *
 *     after the end of the process alone       everything that a released reply says or shows, in every mode
 *     after a power cut, `always`              the same, of all that was done in this mode
 *     after a power cut, in the other modes    everything that was written when the last sync began
 */

import type { Client } from '../../src/engine/client.js';
import { encodeRequest, type TestEngine } from '../../src/engine/engine.case.js';
import * as errors from '../../src/engine/errors.js';
import { PARSE_DONE, Parser } from '../../src/engine/parser.js';
import { FSYNC_ALWAYS, FSYNC_EVERYSEC } from '../../src/engine/wal/log.js';
import { LogTip } from '../../src/engine/wal/log-tip.js';
import { type Commands, keysOf } from './commands.js';
import { compare, type History, shorten } from './history.js';
import type { SimulatedMachine } from './machine.js';
import { type Model, nameOf } from './model.js';
import type { Sabotage } from './sabotage.js';
import { DATABASE_COUNT, type SimulatedStore } from './store.js';
import { withoutExpired } from './values.js';

/** With `everysec`: a second, and the time that looking at the clock takes here. */
const UNSYNCED_MS_MAX = 1100;

/** A reply that waits for the log, and the states that it tells of. */
interface Reply {
  readonly lsn: number;
  readonly states: readonly number[];
}

/** The store has broken a promise. */
export class Violation extends Error {}

export interface LifeOptions {
  readonly store: SimulatedStore;
  readonly model: Model;
  readonly history: History;
  readonly commands: Commands;
  readonly machine: SimulatedMachine;
  readonly sabotage: Sabotage | undefined;
  readonly note: (text: string) => void;
}

export class Life {
  readonly store: SimulatedStore;
  /** States that have to be there after the process's end, and after a power cut. */
  processFloor = 0;
  powerFloor = 0;
  commandCount = 0;
  private readonly model: Model;
  private readonly history: History;
  private readonly commands: Commands;
  private readonly machine: SimulatedMachine;
  private readonly sabotage: Sabotage | undefined;
  private readonly note: (text: string) => void;
  private readonly tip: LogTip;
  private readonly clients: readonly (readonly Client[])[];
  private readonly replies: readonly Reply[][];
  private readonly parser = new Parser();
  /** Of each state: the LSN that the log had come to; and when it was seen to be written. */
  private readonly lsns: number[];
  private readonly writtenMs: number[] = [];
  /** States before this one were made in another mode, which promised less. */
  private modeSince = 0;
  private syncing = 0;

  constructor(options: LifeOptions) {
    const { store, model, history, commands, machine } = options;
    this.store = store;
    this.model = model;
    this.history = history;
    this.commands = commands;
    this.machine = machine;
    this.sabotage = options.sabotage;
    this.note = options.note;
    this.tip = new LogTip(store.logShared.tip, store.control, store.disk);
    this.clients = store.threads.map((engine) =>
      Array.from({ length: DATABASE_COUNT }, (_, database) => {
        const client = engine.connect();
        client.database = database;
        return client;
      }),
    );
    this.replies = store.threads.map(() => []);
    this.lsns = [store.control.tail()];
  }

  get hasFailed(): boolean {
    return this.store.control.failed() !== 0;
  }

  /** A reactor's turn: some commands of its clients, the log, and the replies that may leave. */
  turn(thread: number, commandCount: number, draw: (limit: number) => number): void {
    const engine = this.store.threads[thread]!;
    engine.now = this.machine.nowMs;
    for (let count = 0; count < commandCount && engine.log.hasRoom(); count++) {
      this.command(thread, this.clients[thread]![draw(DATABASE_COUNT)]!);
    }
    const { control } = this.store;
    if (this.sabotage === 'acknowledges early') control.publishAcknowledged(engine.log.tail());
    engine.log.flush();
    if (this.sabotage === 'acknowledges what is only written') control.publishAcknowledged(this.tip.written);
  }

  /** Releases what may leave. Nothing leaves a process that has ended, so nobody calls it then. */
  release(thread: number): void {
    const replies = this.replies[thread]!;
    const { log } = this.store.threads[thread]!;
    const hasFailed = log.failed();
    const acknowledged = log.acknowledged();
    while (replies.length > 0 && replies[0]!.lsn <= acknowledged) this.keep(replies.shift()!);
    if (hasFailed) replies.length = 0; // answered with an error
  }

  /** Does what is to be done without a client: keys whose time is over go, what was given up is freed. */
  maintain(thread: number): void {
    const over = this.namesOver(true);
    this.store.maintenance[thread]!.slice(this.machine.nowMs);
    this.observeExpiry(over);
  }

  /** Sets when the log is synced. */
  setMode(mode: number): void {
    this.store.control.setMode(mode);
    this.modeSince = this.history.length;
  }

  /** A sync of the log begins; and it is done. */
  syncBegins(): void {
    this.syncing = this.stateAt(this.tip.written);
  }

  syncEnds(): void {
    this.powerFloor = Math.max(this.powerFloor, this.syncing);
    this.processFloor = Math.max(this.processFloor, this.powerFloor);
  }

  /** Looks what the log thread's step has written; when it has nothing left to do, nothing may have waited long for a sync. */
  checkSyncs(isIdle: boolean): void {
    const { monotonicMs } = this.machine;
    const written = this.stateAt(this.tip.written);
    while (this.writtenMs.length <= written) this.writtenMs.push(monotonicMs);
    if (!isIdle || this.hasFailed || this.store.control.mode() !== FSYNC_EVERYSEC) return;
    const state = this.powerFloor + 1;
    const waitedMs = state > written ? 0 : monotonicMs - this.writtenMs[state]!;
    if (waitedMs > UNSYNCED_MS_MAX)
      throw new Violation(`state ${state} has not been synced for ${waitedMs} ms`);
  }

  /** What is in memory must be what the model says. */
  checkContents(): void {
    const differences = compare(this.model.keys, this.store.contents());
    if (differences.length > 0)
      throw new Violation(`memory differs from the model:\n${differences.join('\n')}`);
  }

  /** The log was ended in good order: all of it has to be there. */
  ended(): void {
    this.processFloor = this.history.length;
    this.powerFloor = this.history.length;
  }

  // --- commands

  private command(thread: number, client: Client): void {
    const { machine, model, history } = this;
    const words = this.commands.next(machine.nowMs);
    const names = this.namesOf(words, client.database);
    if (!this.expireFields(thread, names)) return;
    const over = this.namesOver(false);
    const before = new Map(over.map((name) => [name, model.keys.get(name)]));
    const reply = this.execute(this.store.threads[thread]!, client, words);
    const isRefused = reply.startsWith(`-${errors.LOG_FAILED}`);
    this.commandCount++;
    this.note(`${thread}/${client.database} ${shorten(words.join(' '))} -> ${shorten(reply.trimEnd())}`);
    model.touched.clear();
    if (!isRefused) this.runModel(words, client.database, reply);
    const touched = [...model.touched];

    // Of what was over, all that was replaced is gone, and so is what somebody has met.
    const gone = over.filter((name) => model.keys.get(name) !== before.get(name) || !this.isStored(name));
    this.record('expired', gone, new Map(), true);
    for (const name of gone) if (model.keys.get(name) === before.get(name)) model.keys.delete(name);
    this.record(words.join(' '), touched, model.keys, false);

    if (reply.startsWith('-')) return;
    const all =
      names === undefined
        ? [history.promised]
        : [...names, ...touched].map((name) => history.lastChangeOf(name));
    const isEarly = this.sabotage === 'shows too early' && touched.length === 0;
    this.replies[thread]!.push({ lsn: isEarly ? 0 : client.waitLsn, states: all });
  }

  private execute(engine: TestEngine, client: Client, words: readonly string[]): string {
    const request = encodeRequest(words);
    if (this.parser.parse(request, 0, request.length) !== PARSE_DONE) throw new Violation('no request');
    engine.executor.execute(client, this.parser, request);
    return engine.takeReply();
  }

  private runModel(words: readonly string[], database: number, reply: string): void {
    const isDone = this.model.run(words, database, this.machine.nowMs);
    if (isDone === reply.startsWith('-')) {
      throw new Violation(`${shorten(words.join(' '))} got ${shorten(reply)}`);
    }
    const popped = /^\$\d+\r\n(.*)\r\n$/.exec(reply);
    if (words[0] === 'SPOP' && popped !== null) this.model.takeMember(database, words[1]!, popped[1]!);
  }

  /** The names that a command's reply is about; undefined: all of them. */
  private namesOf(words: readonly string[], database: number): readonly string[] | undefined {
    return keysOf(words)?.map((key) => nameOf(database, key));
  }

  // --- time

  /**
   * Has fields go whose time is over, in the hashes that a command is about: when they are met is the store's affair, and the
   * model need not know. False when that can't be.
   */
  private expireFields(thread: number, names: readonly string[] | undefined): boolean {
    const { nowMs } = this.machine;
    const isClean = (): boolean =>
      [...this.model.keys].every(
        ([name, item]) => !item.hasOverFields(nowMs) || (names !== undefined && !names.includes(name)),
      );
    if (isClean()) return true;
    if (this.hasFailed) return false;
    for (let other = 0; other < this.store.threads.length; other++) this.maintain(other);
    this.store.threads[thread]!.now = nowMs;
    return isClean();
  }

  /** The names of the keys whose time is over, or some field's, and that were there a moment ago. */
  private namesOver(withFields: boolean): string[] {
    const { nowMs } = this.machine;
    const names: string[] = [];
    for (const [name, item] of this.model.keys) {
      if (item.isOver(nowMs) || (withFields && item.hasOverFields(nowMs))) names.push(name);
    }
    return names;
  }

  /** Sees which of these keys and their fields are gone. */
  private observeExpiry(names: readonly string[]): void {
    if (names.length === 0) return;
    const { keys } = this.model;
    const { nowMs } = this.machine;
    const found = this.store.contents();
    for (const name of names) {
      const item = keys.get(name)!;
      const text = found.get(name);
      const after = item.isOver(nowMs) && text === undefined ? undefined : withoutExpired(item, text, nowMs);
      if (after === undefined) keys.delete(name);
      else if (after.text !== item.text) keys.set(name, after);
    }
    this.record('expired', names, keys, true);
    if (names.length > 0) this.note(`expired: ${names.filter((name) => !keys.has(name)).join(' ')}`);
  }

  private isStored(name: string): boolean {
    const engine = this.store.threads[0]!;
    const at = name.indexOf(':');
    const key = Buffer.from(name.slice(at + 1));
    const data = new DataView(key.buffer, key.byteOffset, key.length);
    const hash = engine.hashOf(key);
    return (
      engine.keyspace.findStored(
        engine.shardOf(key),
        Number(name.slice(0, at)),
        hash,
        data,
        0,
        key.length,
      ) !== 0
    );
  }

  // --- promises

  private record(
    what: string,
    names: readonly string[],
    keys: Parameters<History['add']>[2],
    isGradual: boolean,
  ): void {
    // A log that has failed is told nothing any more, and promises nothing.
    const isPromised = !this.hasFailed;
    this.history.add(what, names, keys, { nowMs: this.machine.nowMs, isGradual, isPromised });
    while (this.lsns.length <= this.history.length) this.lsns.push(this.store.control.tail());
  }

  private keep({ states }: Reply): void {
    const isAlways = this.store.control.mode() === FSYNC_ALWAYS;
    for (const state of states) {
      this.processFloor = Math.max(this.processFloor, state);
      if (isAlways && state > this.modeSince) this.powerFloor = Math.max(this.powerFloor, state);
    }
  }

  /** The last state of which the log has everything before `lsn`. */
  private stateAt(lsn: number): number {
    let state = this.lsns.length - 1;
    while (state > 0 && this.lsns[state]! > lsn) state--;
    return state;
  }
}
