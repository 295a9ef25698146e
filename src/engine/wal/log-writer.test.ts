import assert from 'node:assert/strict';
import { test } from 'node:test';
import { viewOf } from '../../base/bytes.js';
import { FSYNC_ALWAYS, FSYNC_EVERYSEC, FSYNC_NO } from './log.js';
import { type Appended, DIRECTORY, expectPrefix, LogHarness, memory, restarted } from './log-harness.case.js';
import { INLINE_RECORD_BYTES_MAX } from './record.js';
import { SimulatedDisk, seededRandom } from './simulated-disk.case.js';

const SEGMENT_BYTES = 16 * 1024;

test('every kind of record comes back as it was appended', () => {
  const harness = new LogHarness(new SimulatedDisk());
  const { log } = harness;
  const key = Buffer.from('xkey');
  log.appendSet(3, 0, viewOf(key), 1, 3, viewOf(Buffer.from('value')), 0, 5);
  log.appendSet(0, 1_700_000_000_123.5, viewOf(key), 1, 3, viewOf(key), 0, 0);
  log.appendDelete(1, viewOf(key), 1, 3, false);
  log.appendDelete(1, viewOf(key), 0, 4, true);
  log.appendExpireAt(15, 2 ** 52, viewOf(key), 1, 3);
  log.appendPersist(0, viewOf(key), 1, 3);
  log.appendAppend(0, viewOf(key), 1, 3, viewOf(Buffer.from('-suffix-')), 1, 6);
  log.appendFlushDb(7);
  const lsn = log.appendFlushAll();
  harness.drain();
  assert.equal(log.durable(), lsn);
  assert.equal(log.tail(), lsn);
  assert.deepEqual(harness.disk.list(DIRECTORY), ['wal.log']);
  assert.deepEqual(restarted(harness.disk), [
    '1/3 key value 0',
    '1/0 key  1700000000123.5',
    '2/1 key  0',
    '2/1 xkey  0 expired',
    '3/15 key  4503599627370496',
    '4/0 key  0',
    '5/0 key suffix 0',
    '6/7   0',
    '7/0   0',
  ]);
});

test('a disabled log takes nothing and holds nothing back', () => {
  const harness = new LogHarness(new SimulatedDisk());
  harness.log.enabled = false;
  assert.equal(harness.set('a', 'b'), 0);
  assert.equal(harness.log.acknowledged(), Number.POSITIVE_INFINITY);
  assert.equal(harness.log.hasRoom(), true);
  assert.equal(harness.log.tail(), 0);
});

test('what is ready becomes durable with one sync', () => {
  const harness = new LogHarness(new SimulatedDisk());
  harness.drain();
  let syncs = 0;
  harness.disk.onSync = () => syncs++;
  for (let index = 0; index < 100; index++) harness.set(`key${index}`, 'value');
  harness.drain();
  assert.equal(syncs, 1);
  assert.equal(harness.log.durable(), harness.log.tail());
});

test('the log goes on after a restart, many times around the ring', () => {
  let disk = new SimulatedDisk();
  const all: string[] = [];
  for (let start = 0; start < 4; start++) {
    const harness = new LogHarness(disk);
    assert.deepEqual(harness.replay(), all);
    for (let index = 0; index < 60; index++) {
      harness.set(`${start}:${index}`, 'v'.repeat(index * 50 + (index % 3) * 9000));
      if (index % 7 === 6) harness.drain();
    }
    harness.drain();
    all.push(...harness.appended.flatMap((one) => one.texts));
    disk = disk.crashed(seededRandom(start));
  }
});

test('a record that crosses the end of the ring is whole', () => {
  const harness = new LogHarness(new SimulatedDisk());
  for (let index = 0; index < 50; index++) {
    harness.set('key', String(index % 10).repeat(30_001));
    harness.drain();
  }
  assert.deepEqual(restarted(harness.disk), harness.textsUpTo(harness.log.durable()));
});

test('large records go through page memory, which is given back', () => {
  const before = memory.pagesInUse();
  const harness = new LogHarness(new SimulatedDisk());
  harness.set('small', 'a');
  assert.ok(harness.log.prepare(INLINE_RECORD_BYTES_MAX * 3));
  harness.set('prepared', 'b'.repeat(INLINE_RECORD_BYTES_MAX * 2 + 3));
  harness.set('unprepared', 'c'.repeat(INLINE_RECORD_BYTES_MAX), 77);
  harness.set('k'.repeat(INLINE_RECORD_BYTES_MAX), 'long key');
  harness.set('small', 'd');
  harness.drain();
  assert.equal(memory.pagesInUse(), before);
  assert.deepEqual(restarted(harness.disk), harness.textsUpTo(harness.log.durable()));
  assert.equal(harness.appended.length, 5);
});

test('what was prepared and not used is given back by a kick', () => {
  const before = memory.pagesInUse();
  const harness = new LogHarness(new SimulatedDisk());
  assert.ok(harness.log.prepare(10 * INLINE_RECORD_BYTES_MAX));
  assert.ok(memory.pagesInUse() > before);
  harness.log.flush();
  assert.equal(memory.pagesInUse(), before);
});

test('prepare says no when memory is exhausted; without it the log breaks rather than lose a write', () => {
  const harness = new LogHarness(new SimulatedDisk());
  const hogs: number[] = [];
  for (let bytes = 2 ** 29; bytes >= 8192; bytes /= 2) {
    for (let hog = memory.allocatePages(bytes); hog !== 0; hog = memory.allocatePages(bytes)) hogs.push(hog);
  }
  try {
    assert.equal(harness.log.prepare(2 * INLINE_RECORD_BYTES_MAX), false);
    const key = Buffer.alloc(INLINE_RECORD_BYTES_MAX + 1);
    harness.log.appendDelete(0, viewOf(key), 0, key.length, true);
    assert.equal(harness.log.failed(), false, 'an expiry may go unlogged: the deadline is in the log');
    const lsn = harness.set('before', 'v');
    harness.setGroup(['a', 'b'], 'x'.repeat(INLINE_RECORD_BYTES_MAX / 2), 100);
    assert.equal(harness.log.failed(), true);
    harness.set('after', 'v');
    harness.drain();
    assert.ok(harness.log.durable() <= lsn);
    assert.match(harness.failures.join(), /memory is exhausted/);
  } finally {
    for (const hog of hogs) memory.freePages(hog);
  }
});

test('a group is one record: small, large, and with a bound that was too small', () => {
  const before = memory.pagesInUse();
  const harness = new LogHarness(new SimulatedDisk());
  const keys = Array.from({ length: 40 }, (_, index) => `key${index}`);
  harness.setGroup(keys, 'small', 4000);
  harness.setGroup(keys, 'tight', 0);
  harness.setGroup(keys, 'l'.repeat(3000), 40 * 3040);
  harness.setGroup(keys, 't'.repeat(3000), 2000);
  harness.setGroup(keys, 'T'.repeat(9000), 80_000);
  const tail = harness.log.tail();
  assert.equal(harness.setGroup([], '', 1000), 0);
  assert.equal(harness.log.tail(), tail, 'an empty group leaves nothing');
  const lsn = harness.set('last', 'v');
  harness.drain();
  assert.equal(harness.log.durable(), lsn);
  assert.equal(memory.pagesInUse(), before);
  assert.deepEqual(restarted(harness.disk), harness.textsUpTo(lsn));
});

test('every record of a group has the LSN of the whole group', () => {
  const harness = new LogHarness(new SimulatedDisk());
  const bytes = Buffer.from('kv');
  harness.log.beginGroup(200);
  const first = harness.log.appendSet(0, 0, viewOf(bytes), 0, 1, viewOf(bytes), 1, 1);
  const second = harness.log.appendDelete(0, viewOf(bytes), 0, 1, false);
  const end = harness.log.endGroup();
  assert.deepEqual([first, second], [end, end]);
  harness.drain();
  assert.equal(harness.log.durable(), end);
});

test('a full segment is archived, and the chain comes back', () => {
  const harness = new LogHarness(new SimulatedDisk(), { segmentBytes: SEGMENT_BYTES });
  for (let index = 0; index < 60; index++) {
    harness.set(`key${index}`, 'v'.repeat(900));
    harness.drain();
  }
  const names = harness.disk.list(DIRECTORY).toSorted();
  assert.ok(names.length > 4, names.join());
  assert.ok(names.includes('wal-0000000000000000.log'));
  assert.equal(harness.log.statistics().segments, names.length);
  assert.deepEqual(restarted(harness.disk), harness.textsUpTo(harness.log.durable()));
});

test('a record larger than a segment gets one of its own', () => {
  const harness = new LogHarness(new SimulatedDisk(), { segmentBytes: SEGMENT_BYTES });
  harness.set('a', 'small');
  harness.set('b', 'v'.repeat(200_000));
  harness.set('c', 'small');
  harness.drain();
  assert.equal(harness.disk.list(DIRECTORY).length, 3);
  assert.deepEqual(restarted(harness.disk), harness.textsUpTo(harness.log.durable()));
});

test('after a snapshot, older segments are recycled and written over; their old contents never come back', () => {
  let disk = new SimulatedDisk();
  let harness = new LogHarness(disk, { segmentBytes: SEGMENT_BYTES });
  let snapshotLsn = 0;
  for (let round = 0; round < 12; round++) {
    for (let index = 0; index < 40; index++) {
      harness.set(`key${index}`, `${round}`.repeat(700));
      harness.drain();
    }
    snapshotLsn = harness.log.tail();
    harness.rotate();
    harness.log.recycleUpTo(snapshotLsn);
    harness.drain();
    assert.ok(harness.disk.list(DIRECTORY).filter((name) => name.includes('spare')).length <= 2);
    assert.ok(harness.disk.list(DIRECTORY).length <= 3, harness.disk.list(DIRECTORY).join());
    harness.set('after', String(round));
    harness.drain();
    assert.deepEqual(restarted(disk.copy(), snapshotLsn), [`1/0 after ${round} 0`]);
    if (round % 3 === 2) {
      disk = disk.crashed(seededRandom(round));
      harness = new LogHarness(disk, { segmentBytes: SEGMENT_BYTES, fromLsn: snapshotLsn });
    }
  }
});

test('a rotation without records since the last one leaves no empty segment', () => {
  const harness = new LogHarness(new SimulatedDisk());
  harness.rotate();
  harness.set('a', 'b');
  harness.rotate();
  harness.rotate();
  assert.equal(harness.disk.list(DIRECTORY).length, 2);
});

test('regression: a segment that holds only a seal is not archived, and the one after it not given up in its place', () => {
  const { disk } = sealedSegment();
  const harness = new LogHarness(disk);
  const lsn = harness.log.tail();
  harness.rotate();
  harness.set('c', 'd');
  harness.rotate();
  harness.control.recycleUpTo(lsn);
  harness.drain();
  assert.deepEqual(restarted(disk, lsn), harness.textsUpTo(harness.log.durable()));
});

test('regression: after a write of a reactor that failed there is no rotation: more may be in the file than counts', () => {
  const harness = new LogHarness(new SimulatedDisk(), { mode: FSYNC_NO, reactorCount: 1 });
  const { disk } = harness;
  harness.set('a', 'b');
  harness.drain();
  harness.control.askRotate();
  let isFirst = true;
  disk.onSync = () => {
    if (!isFirst) return;
    isFirst = false;
    harness.set('c', 'd');
    // All of the block is written, and of the zeros behind it too few.
    disk.shortWrites = () => 0.2;
    disk.failAt = disk.operations + 2;
    harness.log.flush();
  };
  harness.drain();
  assert.ok(harness.log.failed());
  assert.equal(harness.failures.length, 1);
  disk.failAt = Number.POSITIVE_INFINITY;
  disk.shortWrites = undefined;
  assert.deepEqual(disk.list(DIRECTORY), ['wal.log']);
  assert.deepEqual(restarted(disk).slice(0, 1), harness.textsUpTo(harness.log.durable()).slice(0, 1));
});

test('a power cut in a rotation, whichever of its changes of names it keeps, leaves a log that goes on', () => {
  const dry = new LogHarness(new SimulatedDisk());
  dry.set('a', 'b');
  dry.drain();
  const before = dry.disk.operations;
  dry.rotate();
  const operations = dry.disk.operations - before;
  assert.ok(operations >= 6);
  for (let haltAt = 1; haltAt <= operations; haltAt++) {
    for (let seed = 0; seed < 30; seed++) {
      const harness = new LogHarness(new SimulatedDisk());
      harness.set('a', 'b');
      harness.drain();
      harness.disk.haltAt = harness.disk.operations + haltAt;
      harness.rotate();
      assert.ok(harness.disk.isHalted);
      harness.disk.losesAnyNames = true;
      const texts = restarted(harness.disk.crashed(seededRandom(seed)));
      assert.deepEqual(texts, harness.textsUpTo(harness.log.durable()), `operation ${haltAt}, seed ${seed}`);
    }
  }
});

test('everysec syncs once a second, also when nothing more comes; no never does; always does at once', () => {
  const harness = new LogHarness(new SimulatedDisk(), { mode: FSYNC_EVERYSEC });
  harness.drain();
  const { log } = harness;
  log.appendFlushAll();
  assert.equal(log.acknowledged(), 0, 'not yet written');
  harness.drain();
  assert.equal(log.acknowledged(), 8, 'written is enough');
  assert.equal(log.durable(), 0);
  harness.nowMs += 400;
  log.appendFlushAll();
  harness.drain();
  assert.equal(harness.writer.step(), 600, 'it sleeps until the sync is due');
  harness.nowMs += 600;
  harness.drain();
  assert.equal(log.durable(), 16);
  assert.equal(harness.writer.step(), Number.POSITIVE_INFINITY);

  log.setMode(FSYNC_NO);
  let syncs = 0;
  harness.disk.onSync = () => syncs++;
  for (let index = 0; index < 20; index++) {
    harness.set('key', 'v'.repeat(60_000));
    harness.drain();
  }
  log.appendFlushAll();
  harness.nowMs += 100_000;
  harness.drain();
  assert.equal(log.durable(), 16);
  assert.equal(syncs, 0);
  assert.equal(harness.writer.step(), Number.POSITIVE_INFINITY);

  log.setMode(FSYNC_ALWAYS);
  harness.drain();
  assert.equal(log.durable(), log.tail());
  log.appendFlushAll();
  assert.ok(log.acknowledged() < log.tail());
  harness.drain();
  assert.equal(log.acknowledged(), log.tail());
});

test('who asked is woken by a sync, by a write where that is enough, and by a failure', () => {
  const harness = new LogHarness(new SimulatedDisk());
  const { log } = harness;
  harness.drain();
  const seen = () => Atomics.load(log.wakeArray, log.wakeIndex);
  const before = seen();
  harness.set('a', 'b');
  harness.drain();
  assert.equal(seen(), before, 'nobody asked');
  log.requestWake();
  harness.set('a', 'b');
  harness.drain();
  assert.equal(seen(), before + 1);
  log.requestWake();
  log.setMode(FSYNC_NO);
  harness.set('a', 'b');
  harness.drain();
  assert.equal(seen(), before + 2);
  log.setMode(FSYNC_ALWAYS);
  log.requestWake();
  harness.disk.failAt = harness.disk.operations + 1;
  harness.set('a', 'b');
  harness.drain();
  assert.equal(seen(), before + 3);
  assert.equal(log.failed(), true);
  log.wakeThread(0);
  assert.equal(seen(), before + 4);
});

test('a stop writes and syncs everything, whatever the mode', () => {
  const harness = new LogHarness(new SimulatedDisk(), { mode: FSYNC_NO });
  harness.set('a', 'b');
  harness.control.requestStop();
  harness.drain();
  assert.equal(harness.writer.ended, true);
  assert.equal(harness.log.durable(), harness.log.tail());
});

/** A life of a log with everything in it, ten steps long. */
function live(harness: LogHarness, step: number): void {
  harness.set(`key${step}`, 'v'.repeat(step * 300));
  harness.drain();
  harness.setGroup([`a${step}`, `b${step}`, `c${step}`], 'group'.repeat(100), 3000);
  harness.set(`big${step}`, 'B'.repeat(step % 3 === 0 ? 70_000 : 10));
  harness.drain();
  if (step % 4 === 3) {
    harness.log.recycleUpTo(harness.appended.at(-5)!.lsn);
    harness.drain();
  }
}

test('whichever operation of the disk fails: nothing is acknowledged that a power cut takes away, nobody waits', () => {
  const dry = new LogHarness(new SimulatedDisk(), { segmentBytes: SEGMENT_BYTES });
  for (let step = 0; step < 10; step++) live(dry, step);
  const operations = dry.disk.operations;
  assert.ok(operations > 50);
  for (let failAt = 1; failAt <= operations; failAt++) {
    const disk = new SimulatedDisk();
    disk.failAt = failAt;
    disk.failure = failAt % 2 === 0 ? 'EIO' : 'ENOSPC';
    disk.staysBroken = failAt % 3 === 0;
    const random = seededRandom(failAt);
    disk.shortWrites = random;
    let harness: LogHarness;
    try {
      harness = new LogHarness(disk, { segmentBytes: SEGMENT_BYTES });
    } catch (error) {
      assert.match(String(error), /\/data\/wal/);
      continue;
    }
    for (let step = 0; step < 10; step++) live(harness, step);
    assert.equal(harness.failures.length, harness.log.failed() ? 1 : 0);
    if (harness.log.failed()) assert.match(harness.failures[0]!, /\/data\/.*(EIO|ENOSPC)/);
    assert.equal(harness.log.hasRoom(), true, 'the ring is drained');
    expectPrefix(harness.appended, disk.crashed(random), harness.log.durable(), `failAt ${failAt}`);
  }
});

test('power cuts at any moment, again and again: a prefix with everything durable comes back, and nothing stale', () => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 1e6);
  const random = seededRandom(seed);
  for (let life = 0; life < 12; life++) {
    let disk = new SimulatedDisk();
    let kept: readonly Appended[] = [];
    for (let start = 0; start < 6; start++) {
      const what = `SEED=${seed} life ${life} start ${start}`;
      disk.operations = 0;
      disk.failAt = start === 5 ? Number.POSITIVE_INFINITY : 1 + Math.floor(random() * 40);
      disk.staysBroken = true;
      let harness: LogHarness | undefined;
      try {
        harness = new LogHarness(disk, { segmentBytes: SEGMENT_BYTES, mode: Math.floor(random() * 3) });
      } catch (error) {
        assert.match(String(error), /simulated/, what);
      }
      if (harness !== undefined) {
        assert.deepEqual(
          harness.replay(),
          kept.flatMap((one) => one.texts),
          what,
        );
        harness.appended.push(...kept);
        for (let count = Math.floor(random() * 30); count > 0; count--) {
          harness.nowMs += Math.floor(random() * 500);
          const value = `${life}.${start}.${count}`.repeat(1 + Math.floor(random() * 200));
          if (random() < 0.2) harness.setGroup(['x', 'y'], value, 20);
          else harness.set('k', value);
          if (random() < 0.6) harness.drain();
        }
        harness.drain();
      }
      disk = disk.crashed(random);
      if (harness !== undefined)
        kept = expectPrefix(harness.appended, disk.copy(), harness.log.durable(), what);
    }
  }
});

/** A log that was rotated and stopped: its last segment holds a seal and no records. */
function sealedSegment(): LogHarness {
  const harness = new LogHarness(new SimulatedDisk());
  harness.set('a', 'b');
  harness.rotate();
  harness.stop();
  return harness;
}
