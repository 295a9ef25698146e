/** Threads that write the log themselves at the end of their turn, each case alone; in all orders: log-tip-random.test.ts. */

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Ring } from '../../structures/ring.js';
import { FSYNC_ALWAYS, FSYNC_EVERYSEC, FSYNC_NO } from './log.js';
import { LogControl } from './log-control.js';
import { expectPrefix, LogHarness, memory, restarted } from './log-harness.case.js';
import { LogTip } from './log-tip.js';
import { INLINE_RECORD_BYTES_MAX } from './record.js';
import { SimulatedDisk } from './simulated-disk.case.js';

const SEGMENT_BYTES = 16 * 1024;
const EVERYSEC_MS = 1000;
const ERRNO: Readonly<Record<string, number>> = { EIO: 5, ENOSPC: 28 };

/** Two threads that write themselves, and a log thread that has prepared the file and sleeps. */
function awake(mode: number, options: { segmentBytes?: number; ringBytes?: number } = {}): LogHarness {
  const harness = new LogHarness(new SimulatedDisk(), { ...options, mode, reactorCount: 2 });
  harness.drain();
  return harness;
}

/** Counts how often the log thread is woken, or would be if it slept. */
function countKicks(t: TestContext): () => number {
  const mock = t.mock.method(Ring.prototype, 'kick');
  return () => mock.mock.callCount();
}

for (const [name, mode] of [
  ['everysec', FSYNC_EVERYSEC],
  ['no', FSYNC_NO],
] as const) {
  test(`${name}: a flush writes and acknowledges, what others have appended, too, without the log thread`, () => {
    const harness = awake(mode);
    const [first, second] = harness.logs;
    harness.set('a', 'of the first', 0, first);
    const lsn = harness.set('b', 'of the second', 0, second);
    assert.equal(harness.log.acknowledged(), 0, 'not before the flush');
    second!.flush();
    assert.equal(first!.acknowledged(), lsn);
    assert.equal(first!.durable(), 0, 'written is not synced');
    assert.deepEqual(restarted(harness.disk.copy()), harness.textsUpTo(lsn));
    assert.equal(harness.log.statistics().blocks, 1, 'one block for both');
    const { operations } = harness.disk;
    first!.flush();
    assert.equal(harness.disk.operations, operations, 'there was nothing left');
  });
}

test('always: a flush leaves everything to the log thread', () => {
  const harness = awake(FSYNC_ALWAYS);
  const { operations } = harness.disk;
  const lsn = harness.set('a', 'b');
  harness.log.flush();
  assert.equal(harness.disk.operations, operations);
  assert.equal(harness.log.acknowledged(), 0);
  harness.drain();
  assert.equal(harness.log.acknowledged(), lsn);
  assert.equal(harness.log.durable(), lsn);
});

test('the log thread is woken for the first write after a sync with everysec, with no for none', (t) => {
  const harness = awake(FSYNC_EVERYSEC);
  const kicks = countKicks(t);
  const write = () => {
    harness.set('a', 'b');
    harness.log.flush();
  };
  write();
  assert.equal(kicks(), 1);
  write();
  write();
  assert.equal(kicks(), 1, 'it knows of the sync that is due');
  harness.nowMs += EVERYSEC_MS;
  harness.drain();
  assert.equal(harness.log.durable(), harness.log.tail());
  write();
  assert.equal(kicks(), 2);
  harness.log.setMode(FSYNC_NO); // wakes it, too
  harness.drain();
  write();
  write();
  assert.equal(kicks(), 3);
});

test('everysec: synced within a second of the first unsynced write; what is written during a sync is not durable', () => {
  const harness = awake(FSYNC_EVERYSEC);
  const { log } = harness;
  const first = harness.set('first', 'v');
  log.flush();
  const sleepMs = harness.writer.step();
  assert.ok(sleepMs > 0 && sleepMs <= EVERYSEC_MS, `it sleeps for ${sleepMs} ms`);
  assert.equal(log.durable(), 0);
  let second = 0;
  harness.disk.onSync = () => {
    if (second !== 0) return;
    second = harness.set('second', 'v');
    log.flush();
    assert.equal(log.acknowledged(), second, 'a sync keeps nobody from writing');
  };
  harness.nowMs += sleepMs;
  harness.drain();
  assert.equal(log.durable(), first);
  const againMs = harness.writer.step();
  assert.ok(againMs > 0 && againMs <= EVERYSEC_MS, `it sleeps for ${againMs} ms`);
  harness.nowMs += againMs;
  harness.drain();
  assert.equal(log.durable(), second);
});

test('a write just before the log thread falls asleep is synced all the same', (t) => {
  const harness = awake(FSYNC_EVERYSEC);
  const { control, log } = harness;
  harness.nowMs += EVERYSEC_MS;
  const begin = Ring.prototype.announceSleep;
  let lsn = 0;
  t.mock.method(Ring.prototype, 'announceSleep', function announceSleep(this: Ring) {
    if (lsn === 0) {
      lsn = harness.set('late', 'v');
      log.flush(); // its kick finds nobody asleep
    }
    begin.call(this);
  });
  t.mock.method(Ring.prototype, 'sleep', (timeoutMs: number) => {
    if (log.durable() >= lsn) control.requestStop();
    else if (timeoutMs === Number.POSITIVE_INFINITY) {
      assert.equal(log.acknowledged(), lsn, 'it was written by its thread');
      control.requestStop();
      assert.fail('it sleeps for ever, and what was written is not synced');
    }
    harness.nowMs += timeoutMs;
  });
  harness.writer.run();
});

test('a record in page memory is left to the log thread, with what follows; the order stays', () => {
  const before = memory.pagesInUse();
  const harness = awake(FSYNC_EVERYSEC);
  const [first, second] = harness.logs;
  const lsn = harness.set('small', 'a', 0, first);
  harness.set('large', 'b'.repeat(2 * INLINE_RECORD_BYTES_MAX), 0, second);
  const last = harness.set('after', 'c', 0, first);
  first!.flush();
  assert.equal(first!.acknowledged(), lsn);
  second!.flush();
  assert.equal(first!.acknowledged(), lsn);
  harness.drain();
  assert.equal(first!.acknowledged(), last);
  assert.equal(memory.pagesInUse(), before);
  assert.deepEqual(restarted(harness.disk), harness.textsUpTo(last));
});

test('a full segment is left to the log thread; after it threads write to the next one', () => {
  const harness = awake(FSYNC_NO, { segmentBytes: SEGMENT_BYTES });
  const { log } = harness;
  for (let index = 0; index < 40; index++) {
    const lsn = harness.set(`key${index}`, 'v'.repeat(900));
    const segments = log.statistics().segments;
    log.flush();
    if (log.acknowledged() !== lsn) {
      harness.drain();
      assert.equal(log.acknowledged(), lsn);
      assert.equal(log.statistics().segments, segments + 1, 'only for a new segment');
    }
    assert.equal(log.statistics().blocks, index + 1);
  }
  assert.ok(log.statistics().segments > 2);
  assert.deepEqual(restarted(harness.disk), harness.textsUpTo(log.tail()));
});

test('ground that was never written is left to the log thread, which is woken before it is reached', (t) => {
  const harness = new LogHarness(new SimulatedDisk(), { mode: FSYNC_NO, reactorCount: 1 });
  const { log } = harness;
  const first = harness.set('a', 'b');
  log.flush();
  assert.equal(log.acknowledged(), 0, 'nothing is zeroed yet');
  harness.drain();
  assert.equal(log.acknowledged(), first);
  const kicks = countKicks(t);
  let woken = 0;
  for (let index = 0; index < 60; index++) {
    const lsn = harness.set(`key${index}`, 'v'.repeat(50_000));
    const before = kicks();
    log.flush();
    assert.equal(log.acknowledged(), lsn, 'zeroed ahead in time');
    if (kicks() === before) continue;
    woken++;
    harness.drain();
  }
  assert.ok(woken > 0 && woken < 10, `woken ${woken} times`);
});

test('while somebody else holds the tip a flush waits for nobody and loses nothing', () => {
  const harness = awake(FSYNC_EVERYSEC);
  const [first, second] = harness.logs;
  const tip = new LogTip(harness.shared.tip, harness.control, harness.disk);
  tip.lock();
  const lsn = harness.set('a', 'b', 0, first);
  first!.flush();
  assert.equal(first!.acknowledged(), 0);
  tip.unlock();
  harness.drain();
  assert.equal(first!.acknowledged(), lsn);

  // The same from within another thread's write.
  let meanwhile = 0;
  harness.disk.onWrite = () => {
    if (meanwhile !== 0) return;
    meanwhile = harness.set('meanwhile', 'v', 0, second);
    second!.flush();
    assert.equal(second!.acknowledged(), lsn);
  };
  harness.set('c', 'd', 0, first);
  first!.flush();
  harness.drain();
  assert.equal(first!.acknowledged(), meanwhile);
  assert.deepEqual(restarted(harness.disk), harness.textsUpTo(meanwhile));
});

test('more than a thread may write in its turn is left to the log thread', () => {
  const harness = awake(FSYNC_EVERYSEC, { ringBytes: 4 * 1024 * 1024 });
  const { log } = harness;
  let lsn = 0;
  for (let index = 0; index < 30; index++) lsn = harness.set(`key${index}`, 'v'.repeat(50_000));
  log.flush();
  assert.equal(log.acknowledged(), 0);
  harness.drain();
  assert.equal(log.acknowledged(), lsn);
});

test('records before and behind the end of the ring are written in one flush', () => {
  const harness = awake(FSYNC_NO);
  const { log } = harness;
  let two = 0;
  for (let index = 0; index < 200; index++) {
    const { blocks } = log.statistics();
    harness.set('first', 'v'.repeat((index * 997) % 3000));
    const lsn = harness.set('second', 'v'.repeat((index * 613) % 3000));
    log.flush();
    assert.equal(log.acknowledged(), lsn);
    if (log.statistics().blocks === blocks + 2) two++;
    harness.drain();
  }
  assert.ok(two > 0, 'the end was met');
  assert.deepEqual(restarted(harness.disk), harness.textsUpTo(log.tail()));
});

test('a record that is committed just after the look at the ring is not taken for one in page memory', (t) => {
  for (const mode of [FSYNC_ALWAYS, FSYNC_EVERYSEC, FSYNC_NO]) {
    for (let blind = 1; blind <= 3; blind++) {
      const harness = awake(mode);
      const pages = memory.pagesInUse();
      const { operations } = harness.disk;
      // The words that would be the pages' place and size are the key's and the value's length.
      const lsn = harness.set('k'.repeat(100), 'v'.repeat(200));
      let calls = 0;
      const committedBytes = Ring.prototype.committedBytes;
      const mock = t.mock.method(Ring.prototype, 'committedBytes', function look(this: Ring, index: number) {
        return ++calls <= blind ? 0 : committedBytes.call(this, index);
      });
      harness.writer.step();
      mock.mock.restore();
      assert.ok(calls >= 1 && !harness.log.failed());
      if (mode !== FSYNC_ALWAYS) {
        calls = 0;
        const second = t.mock.method(
          Ring.prototype,
          'committedBytes',
          function look(this: Ring, index: number) {
            return ++calls <= blind ? 0 : committedBytes.call(this, index);
          },
        );
        harness.log.flush();
        second.mock.restore();
      }
      harness.drain();
      assert.ok(harness.disk.operations > operations);
      assert.equal(harness.log.failed(), false);
      assert.equal(memory.pagesInUse(), pages);
      assert.equal(harness.log.acknowledged(), lsn);
      assert.deepEqual(restarted(harness.disk), harness.textsUpTo(lsn));
    }
  }
});

test('a mode that becomes always in the middle of a write: later records are not acknowledged unsynced', () => {
  const harness = awake(FSYNC_EVERYSEC);
  const [first, second] = harness.logs;
  let later = 0;
  harness.disk.onWrite = () => {
    if (later !== 0) return;
    harness.log.setMode(FSYNC_ALWAYS);
    later = harness.set('later', 'v', 0, second);
    second!.flush();
  };
  harness.set('first', 'v', 0, first);
  first!.flush();
  assert.ok(
    first!.acknowledged() < later || first!.durable() >= later,
    'acknowledged, and a power cut takes it',
  );
  harness.drain();
  assert.equal(first!.durable(), later);
  assert.equal(first!.acknowledged(), later);
});

test('a mode that becomes always during a sync: the log thread acknowledges nothing later unsynced', () => {
  const harness = awake(FSYNC_EVERYSEC);
  const { disk, log, logs } = harness;
  harness.set('first', 'v');
  log.flush();
  let later = 0;
  // One thread is writing while the log thread syncs, and meanwhile the mode changes and another one appends.
  disk.onSync = () => {
    disk.onSync = () => {};
    disk.onWrite = () => {
      disk.onWrite = () => {};
      harness.control.setMode(FSYNC_ALWAYS);
      later = harness.set('later', 'v', 0, logs[1]);
    };
    harness.set('second', 'v');
    log.flush();
  };
  disk.onSynced = () => {
    assert.ok(log.acknowledged() < later || log.durable() >= later, 'by the thread that wrote');
  };
  harness.nowMs += EVERYSEC_MS;
  harness.writer.step();
  assert.ok(later > 0);
  assert.ok(log.acknowledged() < later || log.durable() >= later, 'by the log thread');
  harness.drain();
  assert.equal(log.durable(), later);
});

test('a mode that becomes always after the log thread has slept: what a late write leaves is synced', (t) => {
  const harness = awake(FSYNC_EVERYSEC);
  const kicks = countKicks(t);
  harness.disk.onWrite = () => {
    harness.disk.onWrite = () => {};
    harness.control.setMode(FSYNC_ALWAYS);
  };
  harness.set('a', 'b');
  harness.log.flush();
  const before = kicks();
  assert.ok(before >= 2, 'the kick of the mode came before the write: the write has to kick once more');
});

test('once memory is ahead of the log, a thread that is just writing acknowledges nothing more', () => {
  const harness = awake(FSYNC_EVERYSEC);
  const [first, second] = harness.logs;
  let later = 0;
  harness.disk.onWrite = () => {
    if (later !== 0) return;
    harness.control.fail(12); // what a record that finds no place does
    later = harness.set('later', 'v', 0, second);
  };
  harness.set('first', 'v', 0, first);
  first!.flush();
  assert.ok(first!.acknowledged() < later);
  harness.drain();
  assert.ok(first!.acknowledged() < later);
  assert.match(harness.failures.join(), /memory is exhausted/);
});

for (const failure of ['EIO', 'ENOSPC'] as const) {
  test(`${failure} in a thread's write breaks the log for good: told once, nothing acknowledged, nobody waits`, () => {
    for (let good = 0; good < 4; good++) {
      const harness = awake(FSYNC_EVERYSEC);
      const { disk, log } = harness;
      let lsn = 0;
      for (let index = 0; index < good; index++) {
        lsn = harness.set(`good${index}`, 'v');
        log.flush();
      }
      assert.equal(log.acknowledged(), lsn);
      const offset = disk.contents('/data/wal.log').findLastIndex((byte) => byte !== 0);
      disk.failure = failure;
      disk.failAt = disk.operations + 1; // only this one: a disk that works again changes nothing
      log.requestWake();
      const seen = Atomics.load(log.wakeArray, log.wakeIndex);
      harness.set('bad', 'v');
      log.flush();
      assert.equal(log.failed(), true);
      assert.equal(harness.control.failed(), ERRNO[failure]);
      harness.set('after', 'v');
      harness.logs[1]!.flush();
      log.flush();
      assert.equal(log.acknowledged(), lsn);
      harness.drain();
      assert.notEqual(Atomics.load(log.wakeArray, log.wakeIndex), seen, 'who waits is woken');
      assert.equal(log.acknowledged(), lsn);
      assert.equal(harness.failures.length, 1);
      const [message] = harness.failures;
      assert.match(
        message!,
        /^can't write the log \(writes are refused from now on: .*\/data\/wal\.log at offset \d+: /,
      );
      assert.match(message!, new RegExp(`${failure}.*write`));
      const place = Number(/at offset (\d+)/.exec(message!)![1]);
      if (good > 0) assert.ok(place > offset && place <= offset + 8, `${place} is not after ${offset}`);
      assert.equal(harness.control.ring.hasRoom(harness.control.ring.bytes), true, 'the ring is drained');
      assert.deepEqual(restarted(disk.copy()), harness.textsUpTo(lsn));
      harness.stop();
    }
  });
}

test('whichever operation of the disk fails: nothing is acknowledged that the end of the process takes away', () => {
  const life = (harness: LogHarness) => {
    for (let step = 0; step < 24; step++) {
      const log = harness.logs[step % 2]!;
      if (!log.hasRoom()) harness.drain();
      harness.nowMs += 150;
      harness.set(`key${step}`, 'v'.repeat((step % 6) * 600), 0, log);
      log.flush();
      if (step % 5 === 4) harness.writer.step();
      if (step % 8 === 7) harness.rotate();
      if (step % 12 === 11) harness.log.recycleUpTo(harness.log.durable());
    }
    harness.drain();
  };
  const start = (disk: SimulatedDisk) =>
    new LogHarness(disk, { segmentBytes: SEGMENT_BYTES, mode: FSYNC_EVERYSEC, reactorCount: 2 });
  const dry = start(new SimulatedDisk());
  const before = dry.disk.operations;
  life(dry);
  let broken = 0;
  for (let failAt = before + 1; failAt <= dry.disk.operations; failAt++) {
    const disk = new SimulatedDisk();
    disk.failAt = failAt;
    disk.failure = failAt % 2 === 0 ? 'EIO' : 'ENOSPC';
    disk.staysBroken = failAt % 3 === 0;
    const harness = start(disk);
    life(harness);
    const { log } = harness;
    assert.equal(harness.failures.length, log.failed() ? 1 : 0);
    if (log.failed()) {
      broken++;
      assert.match(harness.failures[0]!, /\/data\/.*(EIO|ENOSPC)/);
    } else assert.equal(log.acknowledged(), log.tail());
    assert.equal(log.hasRoom(), true);
    expectPrefix(harness.appended, disk.copy(), log.acknowledged(), `failAt ${failAt}`);
    expectPrefix(
      harness.appended,
      disk.crashed(() => 0),
      log.durable(),
      `failAt ${failAt}, power cut`,
    );
  }
  assert.ok(broken > 20, `${broken} of them broke the log`);
});

test('with always, who is woken by a sync finds it acknowledged', (t) => {
  const harness = awake(FSYNC_ALWAYS);
  const { control } = harness;
  const wakeWaiting = LogControl.prototype.wakeWaiting;
  t.mock.method(LogControl.prototype, 'wakeWaiting', function wake(this: LogControl) {
    assert.equal(control.acknowledged(), control.durable(), 'woken for nothing');
    wakeWaiting.call(this);
  });
  harness.set('a', 'b');
  harness.log.flush();
  harness.drain();
  assert.equal(control.acknowledged(), control.tail());
  assert.equal(harness.log.failed(), false);
});

test('the size of the log is right although the log thread writes nothing of it', () => {
  const harness = awake(FSYNC_EVERYSEC);
  const { log } = harness;
  for (let index = 0; index < 12; index++) {
    harness.set('key', 'v'.repeat(50_000));
    log.flush();
  }
  harness.nowMs += EVERYSEC_MS;
  harness.drain();
  assert.equal(log.durable(), log.tail());
  const { liveBytes, writtenBytes } = log.statistics();
  assert.ok(writtenBytes > 12 * 50_000);
  assert.ok(liveBytes >= writtenBytes, `${liveBytes} bytes on disk, ${writtenBytes} were written`);
});

test('a stop seals what threads have written; a flush after it writes nothing', () => {
  const harness = awake(FSYNC_NO);
  const lsn = harness.set('a', 'b');
  harness.log.flush();
  harness.stop();
  assert.equal(harness.log.durable(), lsn);
  const { operations } = harness.disk;
  harness.set('too late', 'v');
  harness.log.flush();
  assert.equal(harness.disk.operations, operations);
  assert.equal(harness.log.failed(), false);
  assert.deepEqual(restarted(harness.disk), harness.textsUpTo(lsn));
});
