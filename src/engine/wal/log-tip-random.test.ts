/**
 * The log under any interleaving of several threads that write it, the log thread, and what befalls a machine.
 *
 * One real thread plays them all. Steps that a real thread takes while another one is within the disk are played from the
 * simulated disk's own hooks: during a write somebody holds the tip, during a sync mostly nobody does.
 *
 * Checked at every step: what is acknowledged and durable only grows, and in mode always nothing is acknowledged unsynced.
 * Checked at many moments, also within a write or a sync: what the end of the process leaves is a prefix of what was
 * appended, with everything acknowledged; what a power cut leaves is one with everything durable.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Ring } from '../../structures/ring.js';
import { FSYNC_ALWAYS, FSYNC_EVERYSEC, type Log } from './log.js';
import { type Appended, appendSet, expectPrefix, LogHarness, setText } from './log-harness.case.js';
import { INLINE_RECORD_BYTES_MAX } from './record.js';
import { SimulatedDisk, seededRandom } from './simulated-disk.case.js';

const THREADS = 3;
const SEGMENT_BYTES = 48 * 1024;
const EVERYSEC_MS = 1000;
const NOBODY = -1;
/** Thrown out of the log thread's loop when it would sleep. */
const ASLEEP = Symbol('asleep');
const NUMBER_OF_RUNS = 60;
/** The log thread is let work so often for a thread that finds no room. */
const ROOM_STEPS_MAX = 4;
/** And looks so often in a row without sleeping. */
const LOOKS_MAX = 8;

/** What a thread may do at any moment, also while another one is within the disk. */
type QuickStep =
  | { readonly kind: 'append' | 'appendAndFlush'; readonly thread: number; readonly bytes: number }
  | { readonly kind: 'openGroup' | 'closeGroup'; readonly thread: number; readonly bytes: number }
  | { readonly kind: 'flush'; readonly thread: number }
  | { readonly kind: 'mode'; readonly mode: number }
  | { readonly kind: 'look' };

/** When others take their steps: within a write, within a sync, or just before the log thread says that it sleeps. */
type During = 'write' | 'sync' | 'sleep';

type Step =
  | QuickStep
  | { readonly kind: 'logThread' | 'rotate' | 'recycle' }
  | { readonly kind: 'time'; readonly ms: number }
  | { readonly kind: 'meanwhile'; readonly during: During; readonly steps: readonly QuickStep[] }
  | { readonly kind: 'break'; readonly after: number; readonly stays: boolean }
  | { readonly kind: 'restart'; readonly isPowerCut: boolean };

const thread = fc.nat(THREADS - 1);
const bytes = fc.oneof(
  { weight: 6, arbitrary: fc.nat(300) },
  { weight: 2, arbitrary: fc.nat(9000) },
  { weight: 1, arbitrary: fc.integer({ min: INLINE_RECORD_BYTES_MAX, max: INLINE_RECORD_BYTES_MAX + 999 }) },
);
const mode = fc.constantFrom(FSYNC_ALWAYS, FSYNC_EVERYSEC, FSYNC_EVERYSEC, 2);

const quickStep: fc.Arbitrary<QuickStep> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('append' as const), thread, bytes }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('appendAndFlush' as const), thread, bytes }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('openGroup' as const), thread, bytes }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('closeGroup' as const), thread, bytes }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('flush' as const), thread }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('mode' as const), mode }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'look' } as const) },
);

/** What is appended after the mode has become always must wait for a sync, whoever writes it. */
const modeThenAppend: fc.Arbitrary<readonly QuickStep[]> = fc.tuple(
  fc.constant({ kind: 'mode', mode: FSYNC_ALWAYS } as const),
  fc.record({ kind: fc.constant('append' as const), thread, bytes }),
);

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 16, arbitrary: quickStep },
  { weight: 5, arbitrary: fc.constant({ kind: 'logThread' } as const) },
  { weight: 1, arbitrary: fc.constant({ kind: 'rotate' } as const) },
  { weight: 1, arbitrary: fc.constant({ kind: 'recycle' } as const) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('time' as const), ms: fc.nat(1500) }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('meanwhile' as const),
      during: fc.constantFrom<During>('write', 'sync', 'sleep'),
      steps: fc.oneof(fc.array(quickStep, { minLength: 1, maxLength: 4 }), modeThenAppend),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('break' as const), after: fc.nat(6), stays: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const), isPowerCut: fc.boolean() }) },
);

/** A group that is being appended to. */
interface OpenGroup {
  readonly texts: string[];
}

/** Plays the steps, and knows what must hold. */
class Play {
  private harness: LogHarness;
  private readonly random: () => number;
  private groups: (OpenGroup | undefined)[] = [];
  /** The thread that is within the disk, which can do nothing else. */
  private busy = NOBODY;
  private duringWrite: QuickStep[] = [];
  private duringSync: QuickStep[] = [];
  private beforeSleep: QuickStep[] = [];
  private acknowledged = 0;
  private durable = 0;
  /** Where the log ended when the mode became always, or -1 in another mode. */
  private alwaysFrom = -1;
  private brokenAt = -1;
  private appendedCount = 0;
  private isWithinDisk = false;
  private isAsleep = false;
  private sleepsUntilMs = 0;
  private looks = 0;
  /** What was found to be wrong within the disk. */
  private wrong: unknown;

  constructor(seed: number) {
    this.random = seededRandom(seed);
    this.harness = this.start(new SimulatedDisk(), []);
  }

  play(next: Step): void {
    const { harness } = this;
    switch (next.kind) {
      case 'logThread':
        this.runLogThread();
        break;
      case 'rotate':
        harness.control.askRotate();
        break;
      case 'recycle':
        harness.log.recycleUpTo(this.snapshotLsn());
        break;
      case 'time':
        harness.nowMs += next.ms;
        this.runLogThread(); // its time may have come
        break;
      case 'meanwhile':
        if (next.during === 'write') this.duringWrite.push(...next.steps);
        else if (next.during === 'sync') this.duringSync.push(...next.steps);
        else this.beforeSleep.push(...next.steps);
        break;
      case 'break':
        harness.disk.failAt = harness.disk.operations + 1 + next.after;
        harness.disk.staysBroken = next.stays;
        break;
      case 'restart':
        this.restart(next.isPowerCut);
        break;
      default:
        this.playQuick(next);
    }
    this.checkProgress();
  }

  /** Lets everything come to its end: nothing was left lying, and nobody waits for ever. */
  finish(): void {
    const { harness } = this;
    this.duringWrite = [];
    this.duringSync = [];
    this.beforeSleep = [];
    harness.disk.failAt = Number.POSITIVE_INFINITY;
    for (let index = 0; index < THREADS; index++) {
      this.closeGroup(index);
      this.flush(index);
    }
    this.runLogThread();
    assert.equal(this.isAsleep, true, 'the log thread has nothing left to do, and does not sleep');
    this.checkProgress();
    const { log } = harness;
    assert.equal(harness.failures.length, log.failed() ? 1 : 0);
    if (log.failed()) assert.match(harness.failures[0]!, /EIO/);
    else {
      assert.equal(log.acknowledged(), log.tail());
      harness.nowMs += EVERYSEC_MS;
      this.runLogThread();
      if (harness.control.mode() === FSYNC_EVERYSEC) assert.equal(log.durable(), log.tail());
    }
    assert.equal(log.hasRoom(), true);
    this.look('at the end');
    harness.stop();
    if (log.failed()) return;
    const kept = expectPrefix(harness.appended, harness.disk.crashed(this.random), log.tail(), 'stopped');
    assert.equal(kept.length, harness.appended.length);
  }

  private playQuick(next: QuickStep): void {
    if (next.kind === 'mode') this.setMode(next.mode);
    else if (next.kind === 'look') this.look(this.busy === NOBODY ? 'between steps' : 'within the disk');
    else if (next.thread === this.busy) return;
    else if (next.kind === 'flush') this.flush(next.thread);
    else if (next.kind === 'openGroup') this.openGroup(next.thread, next.bytes);
    else if (next.kind === 'closeGroup') this.closeGroup(next.thread);
    else {
      this.append(next.thread, next.bytes);
      if (next.kind === 'appendAndFlush') this.flush(next.thread);
    }
  }

  private append(index: number, valueBytes: number): void {
    const log = this.harness.logs[index]!;
    if (!this.makeRoom(log)) return;
    const value = `${this.appendedCount++}`.padEnd(valueBytes, '.');
    const key = `of ${index}`;
    const group = this.groups[index];
    if (group === undefined) this.harness.set(key, value, 0, log);
    else {
      appendSet(log, key, value, 0);
      group.texts.push(setText(key, value, 0));
    }
  }

  private openGroup(index: number, payloadBytes: number): void {
    if (this.groups[index] !== undefined) return;
    this.harness.logs[index]!.beginGroup(Math.min(payloadBytes, 10_000));
    this.groups[index] = { texts: [] };
  }

  private closeGroup(index: number): void {
    const group = this.groups[index];
    if (group === undefined) return;
    const lsn = this.harness.logs[index]!.endGroup();
    if (group.texts.length > 0) this.harness.appended.push({ texts: group.texts, lsn });
    this.groups[index] = undefined;
  }

  /** A turn ends when its commands have ended: no group is open then. */
  private flush(index: number): void {
    this.closeGroup(index);
    const before = this.busy;
    this.busy = index;
    this.harness.logs[index]!.flush();
    this.busy = before;
  }

  /** Runs the log thread until it sleeps, unless it sleeps: only a kick, or its time, wakes it. */
  private runLogThread(): void {
    const { harness } = this;
    if (this.isAsleep && harness.nowMs < this.sleepsUntilMs) return;
    this.isAsleep = false;
    this.looks = 0;
    const durable = harness.log.durable();
    try {
      harness.writer.run();
    } catch (error) {
      if (error !== ASLEEP) throw error;
    }
    if (harness.log.durable() > durable && this.random() < 0.5) this.look('after a sync');
  }

  /** The log thread is about to say that it sleeps. */
  fallsAsleep(): void {
    this.meanwhile(this.beforeSleep);
  }

  /** It sleeps, and `runLogThread` comes back. It may look often for a record to be committed: others are let go on then. */
  sleeps(timeoutMs: number): void {
    if (timeoutMs === 0 && ++this.looks < LOOKS_MAX) return;
    this.isAsleep = timeoutMs > 0;
    this.sleepsUntilMs = this.harness.nowMs + timeoutMs;
    throw ASLEEP;
  }

  /** Somebody wakes the log thread; one that does not sleep yet hears nothing of it. */
  kicked(): void {
    this.isAsleep = false;
  }

  /** What a thread does before a command. False when it would have to sleep, and can't here. */
  private makeRoom(log: Log): boolean {
    for (let round = 0; round < ROOM_STEPS_MAX && !log.hasRoom(); round++) {
      if (this.busy !== NOBODY || this.isWithinDisk) return false;
      this.harness.control.ring.kick(); // who waits for room wakes it
      this.runLogThread();
    }
    return log.hasRoom();
  }

  private setMode(value: number): void {
    if (value === this.harness.control.mode()) return;
    this.harness.log.setMode(value);
    this.alwaysFrom = value === FSYNC_ALWAYS ? this.harness.log.tail() : -1;
  }

  /** A snapshot may be of anything that is durable. */
  private snapshotLsn(): number {
    const durable = this.harness.log.durable();
    return Math.max(0, ...this.harness.appended.filter((one) => one.lsn <= durable).map((one) => one.lsn));
  }

  private restart(isPowerCut: boolean): void {
    const { harness } = this;
    const { disk } = harness;
    const after = isPowerCut ? disk.crashed(this.random) : disk.copy();
    const held = isPowerCut ? harness.log.durable() : harness.log.acknowledged();
    // A recovered log says where it begins; what a snapshot would hold before it is not looked at again.
    this.harness = this.start(after, expectPrefix(harness.appended, after, held, 'restart'));
  }

  private start(disk: SimulatedDisk, kept: readonly Appended[]): LogHarness {
    const fromLsn = kept.at(-1)?.lsn ?? 0;
    const harness = new LogHarness(disk, {
      fromLsn,
      segmentBytes: SEGMENT_BYTES,
      mode: FSYNC_EVERYSEC,
      reactorCount: THREADS,
    });
    harness.appended.push(...kept);
    disk.onWrite = () => this.meanwhile(this.duringWrite);
    disk.onSync = () => {
      if (this.random() < 0.5) this.meanwhile(this.duringSync);
    };
    disk.onSynced = () => this.meanwhile(this.duringSync);
    this.groups = [];
    this.busy = NOBODY;
    this.acknowledged = 0;
    this.durable = 0;
    this.alwaysFrom = -1;
    this.brokenAt = -1;
    this.isAsleep = false;
    return harness;
  }

  private meanwhile(steps: QuickStep[]): void {
    if (this.isWithinDisk || steps.length === 0) return;
    this.isWithinDisk = true;
    try {
      for (const next of steps.splice(0)) this.playQuick(next);
      this.checkProgress();
    } catch (error) {
      this.wrong ??= error; // the log takes what is thrown here for the disk's
      throw error;
    } finally {
      this.isWithinDisk = false;
    }
  }

  private checkProgress(): void {
    if (this.wrong !== undefined) throw this.wrong;
    const { log } = this.harness;
    const acknowledged = log.acknowledged();
    const durable = log.durable();
    assert.ok(
      acknowledged >= this.acknowledged,
      `acknowledged went from ${this.acknowledged} to ${acknowledged}`,
    );
    assert.ok(durable >= this.durable, `durable went from ${this.durable} to ${durable}`);
    assert.ok(acknowledged <= log.tail() && durable <= log.tail());
    this.acknowledged = acknowledged;
    this.durable = durable;
    if (this.alwaysFrom >= 0) {
      assert.ok(
        acknowledged <= Math.max(this.alwaysFrom, durable),
        'acknowledged in mode always, and not synced',
      );
    }
    if (!log.failed()) return;
    if (this.brokenAt < 0) this.brokenAt = acknowledged;
    else assert.equal(acknowledged, this.brokenAt, 'acknowledged after the log broke');
  }

  /** What would come back, if the process ended or the power went now. */
  private look(when: string): void {
    const { harness } = this;
    const { disk, log } = harness;
    const appended = [...harness.appended];
    // Open groups are not to come back, and neither is what the ring holds.
    expectPrefix(appended, disk.copy(), log.acknowledged(), `end of the process ${when}`);
    expectPrefix(appended, disk.crashed(this.random), log.durable(), `power cut ${when}`);
  }
}

test('threads that write, the log thread, crashes and power cuts in any order: nothing acknowledged is lost', (t) => {
  let play: Play | undefined;
  const { announceSleep, kick, sleep } = Ring.prototype;
  const kicks = t.mock.method(Ring.prototype, 'kick', function kicked(this: Ring) {
    play?.kicked();
    kick.call(this);
  });
  t.mock.method(Ring.prototype, 'announceSleep', function falls(this: Ring) {
    play?.fallsAsleep();
    announceSleep.call(this);
  });
  t.mock.method(Ring.prototype, 'sleep', function sleeps(this: Ring, timeoutMs: number) {
    sleep.call(this, 0);
    play?.sleeps(timeoutMs);
  });
  const property = fc.property(
    fc.array(step, { minLength: 10, maxLength: 100, size: 'max' }),
    fc.nat(),
    (steps, seed) => {
      kicks.mock.resetCalls(); // it keeps them all
      play = new Play(seed);
      for (const next of steps) play.play(next);
      play.finish();
    },
  );
  fc.assert(property, { numRuns: NUMBER_OF_RUNS });
});
