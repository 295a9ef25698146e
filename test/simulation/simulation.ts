/**
 * The simulation: a store of several threads on a disk that misbehaves, everything in one thread, everything decided by one seed.
 *
 *     start ──▶ turns, writes, syncs, snapshots, expiry, rotations, jumps of the clock ──▶ crash ──▶ start ──▶ ...
 *       ▲                                                                                    │
 *       └──────── a crash, or an error of the disk, in the middle of the start ◀─────────────┘
 *
 * Who does the next step is drawn; and while the log thread or the snapshot thread is in a call of the disk, others may do
 * theirs, as they do where the disk takes its time. Any call may be the last one before a power cut or the process's end, or be
 * refused. After each start everything that the store holds must be one of the states that its history went through, whole
 * commands, and not before what was promised (life.ts). A start may refuse to go on only if the disk has refused it something.
 */

import type { SnapshotResult } from '../../src/engine/snapshot/writer.js';
import { FSYNC_ALWAYS, FSYNC_EVERYSEC, FSYNC_NO } from '../../src/engine/wal/log.js';
import { type Random, SimulatedDisk } from '../../src/engine/wal/simulated-disk.case.js';
import { SeededRandom } from '../support/random.js';
import { Commands } from './commands.js';
import { History } from './history.js';
import { Life, Violation } from './life.js';
import { SimulatedMachine } from './machine.js';
import { Model } from './model.js';
import { type Sabotage, SabotagedDisk, sabotageThreads, withoutLast } from './sabotage.js';
import { SimulatedStore, SNAPSHOT_TEMPORARY_PATH } from './store.js';

const THREAD_COUNT = 2;
const LIVES_MAX = 4;
const STEPS_MAX = 60;
/** Starts in a row that may be interrupted. */
const BAD_STARTS_MAX = 3;
const SEGMENT_BYTES = [16 * 1024, 64 * 1024, 300 * 1024];
const MODES = [FSYNC_ALWAYS, FSYNC_EVERYSEC, FSYNC_NO];
const MODE_NAMES = ['always', 'everysec', 'no'];
const DAY_MS = 86_400_000;
/** Seeds are often counted up: so that neighbours have nothing in common. The golden ratio's bits (Knuth, TAOCP 6.4). */
const SEED_SPREAD = 0x9e37_79b1;
/** What is shown of a run that has failed. */
const NOTES_SHOWN = 60;

/** What a run has come to. */
export interface Outcome {
  readonly seed: number;
  /** What was wrong, with the end of the trace; undefined when nothing was. */
  readonly violation: string | undefined;
  /** Of all that happened: the same for the same seed. */
  readonly traceHash: number;
  readonly commands: number;
  readonly powerCuts: number;
  readonly processEnds: number;
  /** Errors of the disk that came to pass. */
  readonly faults: number;
  readonly snapshots: number;
}

export class Simulation {
  private readonly seed: number;
  private readonly sabotage: Sabotage | undefined;
  private readonly random: SeededRandom;
  private readonly chance: Random;
  private readonly machine: SimulatedMachine;
  private readonly commands: Commands;
  private disk = new SimulatedDisk();
  private history = new History(new Map());
  /** States that have to be there after the next start, and after one that comes after a power cut. */
  private floor = 0;
  private powerFloor = 0;
  private life: Life | undefined;
  /** Threads that are in a call of the disk, or about to be; and whether others do something meanwhile. */
  private readonly busy = new Set<number | 'log' | 'snapshot'>();
  private isInterleaving = false;
  private readonly notes: string[] = [];
  private traceHash = 0;
  private counts = { commands: 0, powerCuts: 0, processEnds: 0, faults: 0, snapshots: 0 };

  constructor(seed: number, sabotage?: Sabotage) {
    this.seed = seed;
    this.sabotage = sabotage;
    this.random = new SeededRandom(Math.imul(seed, SEED_SPREAD));
    this.chance = () => this.random.next() / 2 ** 32;
    this.machine = new SimulatedMachine(new SeededRandom(this.random.next()));
    this.commands = new Commands(this.random);
  }

  run(): Outcome {
    const violation = this.machine.run(() => this.attempt());
    const { seed, traceHash } = this;
    return { seed, violation, traceHash, ...this.counts };
  }

  private attempt(): string | undefined {
    try {
      const lives = 1 + this.random.below(LIVES_MAX);
      for (let life = 0; life < lives; life++) this.live();
      this.life = this.start();
      this.life.checkContents();
      return undefined;
    } catch (error) {
      const what = error instanceof Violation ? error.message : String((error as Error).stack ?? error);
      return [
        `seed ${this.seed}: ${what}`,
        `The last of what happened:`,
        ...this.notes.map((note) => `  ${note}`),
      ].join('\n');
    }
  }

  // --- a life

  private live(): void {
    const life = this.start();
    this.life = life;
    this.armDisk();
    const steps = 1 + this.random.below(STEPS_MAX);
    for (let step = 0; step < steps && !this.disk.isHalted; step++) this.step(life);
    this.counts.commands += life.commandCount;
    if (!this.disk.isHalted && this.oneIn(5)) this.stop(life);
    if (!this.disk.isHalted) life.checkContents();
    this.life = undefined;
    this.busy.clear();
    this.crash(life);
  }

  private step(life: Life): void {
    const { random } = this;
    this.machine.pass(random.below(60));
    const choice = random.below(100);
    if (choice < 42) this.turn(life, random.below(THREAD_COUNT));
    else if (choice < 70) this.stepLog(life);
    else if (choice < 80) this.stepSnapshot(life);
    else if (choice < 86) life.maintain(random.below(THREAD_COUNT));
    else if (choice < 88) life.store.control.askRotate();
    else if (choice < 91) this.disk.writeBack(this.chance);
    else if (choice < 93) this.setMode(life);
    else if (choice < 96) this.machine.pass(random.below(3000));
    else if (choice < 98) this.jump();
    else life.checkContents();
  }

  private turn(life: Life, thread: number): void {
    if (this.busy.has(thread)) return;
    this.busy.add(thread);
    life.turn(thread, 1 + this.random.below(5), (limit) => this.random.below(limit));
    this.busy.delete(thread);
    if (!this.disk.isHalted) life.release(thread);
  }

  private stepLog(life: Life): void {
    this.busy.add('log');
    const waitMs = life.store.writer.step();
    this.busy.delete('log');
    if (this.disk.isHalted) return;
    life.checkSyncs(waitMs !== 0);
    for (let thread = 0; thread < THREAD_COUNT; thread++) life.release(thread);
  }

  private stepSnapshot(life: Life): void {
    const { store } = life;
    if (!store.isSnapshotUnderWay && !this.oneIn(3)) return;
    this.busy.add('snapshot');
    const wasUnderWay = store.isSnapshotUnderWay;
    let result: SnapshotResult | undefined;
    for (let steps = 1 + this.random.below(80); steps > 0 && result === undefined; steps--) {
      result = store.stepSnapshot(this.oneIn(1000));
    }
    this.busy.delete('snapshot');
    if (!wasUnderWay) this.note('a snapshot begins');
    if (result === undefined || this.disk.isHalted) return;
    if (result.ok) this.counts.snapshots++;
    this.note(`a snapshot ends at ${result.lsn}: ${result.error ?? `${result.entries} keys`}`);
    if (this.sabotage === 'recycles early') store.control.recycleUpTo(store.control.tail());
  }

  private setMode(life: Life): void {
    const mode = MODES[this.random.below(MODES.length)]!;
    this.note(`appendfsync ${MODE_NAMES[mode]}`);
    life.setMode(mode);
  }

  private jump(): void {
    const ms = (this.random.below(2) === 0 ? 1 : -1) * this.random.below(this.oneIn(3) ? DAY_MS : 4000);
    this.note(`the clock jumps by ${ms} ms`);
    this.machine.jump(ms);
  }

  /** While a thread is in a call of the disk others go on, each with something that does not need that thread. */
  private interleave(): void {
    const { life } = this;
    if (life === undefined || (!this.busy.has('log') && !this.busy.has('snapshot'))) return;
    if (this.isInterleaving || this.disk.isHalted || !this.oneIn(3)) return;
    this.isInterleaving = true;
    for (let count = 1 + this.random.below(3); count > 0 && !this.disk.isHalted; count--) {
      const thread = this.random.below(THREAD_COUNT);
      const choice = this.random.below(10);
      if (choice < 7) this.turn(life, thread);
      else if (choice < 8) life.maintain(thread);
      else if (!this.busy.has('snapshot') && life.store.isSnapshotUnderWay) this.stepSnapshot(life);
    }
    this.isInterleaving = false;
  }

  private stop(life: Life): void {
    const { store } = life;
    for (let thread = 0; thread < THREAD_COUNT; thread++) store.threads[thread]!.log.flush();
    while (store.isSnapshotUnderWay) this.stepSnapshotToItsEnd(life);
    this.life = undefined; // nobody does anything any more
    store.stop();
    this.note('stopped in good order');
    if (!life.hasFailed && !this.disk.isHalted) life.ended();
  }

  private stepSnapshotToItsEnd(life: Life): void {
    this.busy.add('snapshot');
    life.store.stepSnapshot(true);
    this.busy.delete('snapshot');
  }

  // --- the disk

  /** Chooses which calls of the disk fail, or are the last. */
  private armDisk(): void {
    const { disk, random } = this;
    disk.damage = this.chance;
    disk.shortWrites = this.oneIn(2) ? this.chance : undefined;
    disk.onWrite = () => this.interleave();
    disk.onSync = (path) => {
      if (path !== SNAPSHOT_TEMPORARY_PATH) this.life?.syncBegins();
      this.interleave();
    };
    disk.onSynced = (path) => {
      if (path !== SNAPSHOT_TEMPORARY_PATH) this.life?.syncEnds();
    };
    if (this.oneIn(2)) disk.haltAt = disk.operations + 1 + random.below(60);
    if (this.oneIn(4)) this.armFault(40);
  }

  private armFault(operationsMax: number): void {
    const { disk, random } = this;
    disk.failAt = disk.operations + 1 + random.below(operationsMax);
    disk.staysBroken = this.oneIn(2);
    disk.failure = this.oneIn(2) ? 'EIO' : 'ENOSPC';
    this.note(
      `the disk fails at operation ${disk.failAt}: ${disk.failure}${disk.staysBroken ? ' for good' : ''}`,
    );
  }

  /** Ends everything: the process alone, or the machine. */
  private crash(life: Life | undefined): void {
    const { disk } = this;
    if (disk.operations >= disk.failAt) this.counts.faults++;
    const isPowerCut = this.oneIn(2);
    if (life !== undefined) {
      this.floor = life.processFloor;
      this.powerFloor = life.powerFloor;
    }
    if (isPowerCut) {
      this.counts.powerCuts++;
      this.floor = this.powerFloor;
      this.disk = disk.crashed(this.chance);
    } else {
      this.counts.processEnds++;
      this.disk = disk.restarted();
    }
    this.note(
      `${isPowerCut ? 'power cut' : 'end of the process'} at operation ${disk.operations}, floor ${this.floor}`,
    );
  }

  // --- a start

  /** Starts until a start comes through, and compares what it has found. */
  private start(): Life {
    for (let bad = 0; ; bad++) {
      const store = this.tryStart(bad < BAD_STARTS_MAX && this.oneIn(4));
      if (store === undefined) continue;
      const found = store.contents();
      const keys = this.history.match(found, this.floor);
      if (keys === undefined) {
        const { history, floor } = this;
        throw new Violation(
          [
            'what came back is no state of history that has all that was promised',
            ...history.explain(found, floor),
            'history from the floor on:',
            ...history.eventsFrom(Math.max(0, floor - 2)).slice(0, 20),
          ].join('\n'),
        );
      }
      this.note(`started: ${keys.size} keys`);
      this.history = new History(keys);
      this.floor = 0;
      this.powerFloor = 0;
      sabotageThreads(store.threads, this.sabotage);
      const { machine, commands, history, sabotage } = this;
      const note = (text: string): void => this.note(text);
      return new Life({ store, model: new Model(keys), history, commands, machine, sabotage, note });
    }
  }

  private tryStart(isHard: boolean): SimulatedStore | undefined {
    const { disk, random } = this;
    disk.damage = this.chance;
    disk.losesAnyNames = true;
    disk.onWrite = () => {};
    disk.onSync = () => {};
    disk.onSynced = () => {};
    if (isHard) this.armStart();
    const sabotaged = new SabotagedDisk(disk, this.sabotage);
    sabotaged.isStarting = true;
    try {
      const store = new SimulatedStore(sabotaged, {
        threadCount: THREAD_COUNT,
        segmentBytes: SEGMENT_BYTES[random.below(SEGMENT_BYTES.length)]!,
        mode: MODES[random.below(MODES.length)]!,
        now: () => this.machine.nowMs,
        monotonic: () => this.machine.monotonicMs,
        ...(this.sabotage === 'drops the last record' ? { replaying: withoutLast } : {}),
      });
      if (disk.isHalted) return this.interrupted();
      sabotaged.isStarting = false;
      this.disarm();
      return store;
    } catch (error) {
      const isRefused = disk.operations >= disk.failAt || disk.reads >= disk.failReadAt;
      this.note(`no start: ${(error as Error).message}`);
      if (disk.isHalted) return this.interrupted();
      if (!isRefused) throw new Violation(`a start is refused: ${(error as Error).stack}`);
      this.counts.faults++;
      this.disk = disk.restarted();
      return undefined;
    }
  }

  /** The start was interrupted: by the end of the process, or of the machine. What was promised before still is. */
  private interrupted(): undefined {
    this.crash(undefined);
    return undefined;
  }

  private armStart(): void {
    const { disk, random } = this;
    const choice = random.below(3);
    if (choice === 0) disk.haltAt = disk.operations + 1 + random.below(12);
    if (choice === 1) disk.failReadAt = disk.reads + 1 + random.below(30);
    if (choice === 2) this.armFault(12);
  }

  private disarm(): void {
    const { disk } = this;
    disk.haltAt = Number.POSITIVE_INFINITY;
    disk.failAt = Number.POSITIVE_INFINITY;
    disk.failReadAt = Number.POSITIVE_INFINITY;
  }

  // --- chance, and what is told

  private oneIn(count: number): boolean {
    return this.random.below(count) === 0;
  }

  private note(text: string): void {
    let hash = this.traceHash;
    for (let index = 0; index < text.length; index++)
      hash = Math.imul(hash ^ text.charCodeAt(index), 0x0100_0193);
    this.traceHash = hash >>> 0;
    this.notes.push(text);
    if (this.notes.length > NOTES_SHOWN) this.notes.shift();
  }
}
