import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import { CrabError } from '../../base/errors.js';
import { FSYNC_NO } from './log.js';
import { BLOCK_HEADER_BYTES, BlockHeader, encodeFileHeader, FILE_HEADER_BYTES } from './log-file.js';
import { DIRECTORY, LogHarness, replayTexts } from './log-harness.case.js';
import { recoverLog } from './recovery.js';
import { SimulatedDisk, seededRandom } from './simulated-disk.case.js';

const ACTIVE = `${DIRECTORY}/wal.log`;

/** A log of some blocks, each synced before the next; one of them is a group. */
function smallLog(): { harness: LogHarness; ends: number[]; bytes: Buffer } {
  const harness = new LogHarness(new SimulatedDisk());
  const ends: number[] = [];
  for (let index = 0; index < 6; index++) {
    if (index === 3) harness.setGroup(['a', 'b'], 'together', 100);
    else harness.set(`key${index}`, 'value'.repeat(index + 1));
    harness.drain();
    ends.push(blockEnd(harness));
  }
  return { harness, ends, bytes: harness.disk.contents(ACTIVE).subarray(0, ends.at(-1)! + 500) };
}

/** Offset at which the log ends in its file. */
function blockEnd(harness: LogHarness): number {
  return recoverLog(harness.disk.copy(), DIRECTORY, 0).segments.at(-1)!.endOffset;
}

function diskWith(bytes: Uint8Array): SimulatedDisk {
  const disk = new SimulatedDisk();
  disk.put(ACTIVE, bytes);
  return disk;
}

function recovered(disk: SimulatedDisk, fromLsn = 0): string[] {
  return replayTexts(disk, recoverLog(disk, DIRECTORY, fromLsn));
}

function refusal(disk: SimulatedDisk, fromLsn = 0): CrabError {
  try {
    recoverLog(disk, DIRECTORY, fromLsn);
  } catch (error) {
    assert.ok(error instanceof CrabError, String(error));
    return error;
  }
  assert.fail('the log was accepted');
}

test('a log cut at any byte starts with every block that is whole, goes on, and comes back once more', () => {
  const { harness, ends, bytes } = smallLog();
  for (let cut = FILE_HEADER_BYTES; cut <= bytes.length; cut++) {
    const disk = diskWith(bytes.subarray(0, cut));
    const whole = ends.filter((end) => end <= cut).length;
    const expected = harness.appended.slice(0, whole).flatMap((one) => one.texts);
    const recovery = recoverLog(disk, DIRECTORY, 0);
    assert.deepEqual(replayTexts(disk, recovery), expected, `cut at ${cut}`);
    assert.equal(recovery.endLsn, whole === 0 ? 0 : harness.appended[whole - 1]!.lsn);
    if (cut % 7 !== 0 && !ends.includes(cut)) continue;
    const next = new LogHarness(disk);
    next.set('after', 'the cut');
    next.drain();
    assert.deepEqual(recovered(disk), [...expected, '1/0 after the cut 0'], `cut at ${cut}, gone on`);
  }
});

test('a log cut within its file header is refused: the header was on disk before the file got its name', () => {
  const { bytes } = smallLog();
  for (const cut of [0, 1, 63, 64, FILE_HEADER_BYTES - 1]) {
    assert.match(
      refusal(diskWith(bytes.subarray(0, cut))).message,
      new RegExp(`wal\\.log was cut at offset ${cut}`),
    );
  }
});

test('a damaged seal between two lives of a server is no end of the log: what follows it shows that it was there', () => {
  const harness = new LogHarness(new SimulatedDisk());
  harness.set('before', 'the stop');
  harness.stop();
  const sealAt = blockEnd(harness) - BLOCK_HEADER_BYTES;
  const next = new LogHarness(harness.disk);
  next.set('after', 'the stop');
  next.drain();
  const bytes = Buffer.from(harness.disk.contents(ACTIVE));
  assert.deepEqual(recovered(diskWith(bytes)), ['1/0 before the stop 0', '1/0 after the stop 0']);
  bytes[sealAt + 20]! ^= 1;
  assert.match(refusal(diskWith(bytes)).message, new RegExp(`damaged at offset ${sealAt}`));
});

test('any byte changed: in the middle it is refused with file and offset, in the last block it is cut', () => {
  const { harness, ends, bytes } = smallLog();
  const begins = [FILE_HEADER_BYTES, ...ends];
  const end = ends.at(-1)!;
  const last = begins.at(-2)!;
  for (let at = FILE_HEADER_BYTES; at < end; at++) {
    const damaged = Buffer.from(bytes);
    damaged[at]! ^= 0x10;
    const disk = diskWith(damaged);
    if (at >= last) {
      assert.deepEqual(
        recovered(disk),
        harness.appended.slice(0, -1).flatMap((one) => one.texts),
      );
      continue;
    }
    const error = refusal(disk);
    const begin = begins.findLast((offset) => offset <= at)!;
    assert.equal(error.code, 'WAL_DAMAGED');
    assert.match(
      error.message,
      new RegExp(`wal\\.log is damaged at offset ${begin}: .*truncate -s ${begin} wal\\.log`),
    );
    assert.deepEqual(disk.contents(ACTIVE), damaged, 'nothing was changed');
  }
});

test('after a stop in good order damage is refused in the last block, too, and every start adds nothing by itself', () => {
  const harness = new LogHarness(new SimulatedDisk());
  harness.set('first', '1');
  harness.drain();
  harness.set('last', '2');
  harness.stop();
  const sound = Buffer.from(harness.disk.contents(ACTIVE));
  const again = new LogHarness(harness.disk.copy());
  assert.equal(again.replay().length, 2);
  again.stop();
  assert.deepEqual(again.disk.contents(ACTIVE), sound);

  const at = sound.indexOf('last');
  sound[at]! ^= 1;
  assert.equal(refusal(diskWith(sound)).code, 'WAL_DAMAGED');
});

test('a damaged file header is refused; so is a newer version, by its number', () => {
  const { bytes } = smallLog();
  for (let at = 0; at < 64; at++) {
    const damaged = Buffer.from(bytes);
    damaged[at]! ^= 0x10;
    assert.match(refusal(diskWith(damaged)).message, /wal\.log is damaged at offset 0/);
  }
  const newer = Buffer.from(encodeFileHeader({ segmentId: 1, firstLsn: 0, createdMs: 0 }));
  newer.writeUInt32LE(7, 8);
  sealFileHeader(newer);
  const error = refusal(diskWith(newer));
  assert.equal(error.code, 'WAL_NEWER_VERSION');
  assert.match(error.message, /log format 7; this one reads up to 1/);
});

function sealFileHeader(bytes: Buffer): void {
  const sealed = Buffer.from(bytes);
  // The checksum of a header is that of its first 60 bytes, in all versions.
  sealed.writeUInt32LE(crc32(sealed.subarray(0, 60)), 60);
  sealed.copy(bytes);
}

test('a record that this version does not know is refused with its offset, though its checksum is right', () => {
  const { bytes, ends } = smallLog();
  const begin = ends[0]!;
  const damaged = Buffer.from(bytes);
  damaged[begin + BLOCK_HEADER_BYTES + 4] = 99;
  resealBlock(damaged, begin);
  const error = refusal(diskWith(damaged));
  assert.equal(error.code, 'WAL_UNKNOWN_RECORD');
  assert.match(error.message, new RegExp(`wal\\.log has a record at offset ${begin + BLOCK_HEADER_BYTES} `));
});

/** Makes the checksums of a block right again. */
function resealBlock(bytes: Buffer, offset: number): void {
  const segmentId = bytes.readUInt32LE(12);
  const header = new BlockHeader();
  assert.ok(header.decode(bytes, offset, segmentId));
  const data = offset + BLOCK_HEADER_BYTES;
  header.dataCrc = crc32(bytes.subarray(data, data + header.dataBytes));
  header.encode(bytes.subarray(offset), segmentId);
}

test('blocks after a torn one that were never synced are cut with it, and never come back', () => {
  const harness = new LogHarness(new SimulatedDisk(), { mode: FSYNC_NO });
  const ends: number[] = [];
  for (let index = 0; index < 5; index++) {
    harness.set(`key${index}`, 'x'.repeat(20));
    harness.drain();
    ends.push(blockEnd(harness));
  }
  const bytes = harness.disk.contents(ACTIVE);
  bytes[ends[1]! + BLOCK_HEADER_BYTES + 9]! ^= 1;
  const disk = diskWith(bytes);
  const recovery = recoverLog(disk, DIRECTORY, 0);
  assert.equal(replayTexts(disk, recovery).length, 2);
  assert.equal(recovery.cutOffset, ends[1]);
  assert.ok(recovery.cutBytes >= ends[4]! - ends[1]! - BLOCK_HEADER_BYTES);
  // A record of exactly the same size takes the torn one's place: what followed it would continue it.
  const next = new LogHarness(disk);
  next.set('keyN', 'y'.repeat(20));
  next.drain();
  assert.equal(blockEnd(next), ends[2]);
  assert.deepEqual(recovered(disk).slice(2), [`1/0 keyN ${'y'.repeat(20)} 0`]);
});

test('what the log of a crashed process holds is written and synced before it is gone on with', () => {
  const harness = new LogHarness(new SimulatedDisk(), { mode: FSYNC_NO });
  for (let index = 0; index < 5; index++) {
    harness.set(`key${index}`, 'value');
    harness.drain();
  }
  // The process ends; then, after a start that has read the records, the power goes.
  const recovery = recoverLog(harness.disk, DIRECTORY, 0);
  assert.equal(replayTexts(harness.disk, recovery).length, 5);
  const afterCut = harness.disk.crashed(() => 1);
  assert.equal(recovered(afterCut).length, 5);
});

/** Three archived segments and an active one, a record each. */
function chain(): { disk: SimulatedDisk; harness: LogHarness; archives: string[] } {
  const harness = new LogHarness(new SimulatedDisk());
  for (let index = 0; index < 4; index++) {
    harness.set(`key${index}`, 'value');
    harness.drain();
    if (index < 3) harness.rotate();
  }
  const archives = harness.disk
    .list(DIRECTORY)
    .filter((name) => name !== 'wal.log')
    .toSorted();
  assert.equal(archives.length, 3);
  return { disk: harness.disk, harness, archives };
}

test('a missing segment is refused by its name', () => {
  const { disk, archives } = chain();
  disk.remove(`${DIRECTORY}/${archives[1]}`);
  const error = refusal(disk);
  assert.equal(error.code, 'WAL_MISSING');
  assert.ok(error.message.includes(archives[1]!), error.message);
});

test('a log that begins after the snapshot is refused', () => {
  const { disk, archives, harness } = chain();
  disk.remove(`${DIRECTORY}/${archives[0]}`);
  assert.match(refusal(disk).message, /the log begins at LSN \d+ .*, but there is no snapshot/);
  assert.equal(recovered(disk, harness.appended[0]!.lsn).length, 3);
});

test('segments and records before the snapshot are left out', () => {
  const { disk, harness } = chain();
  for (let index = 0; index < 4; index++) {
    const recovery = recoverLog(disk, DIRECTORY, harness.appended[index]!.lsn);
    assert.equal(replayTexts(disk, recovery).length, 3 - index);
    assert.equal(recovery.older.length, Math.min(3, index + 1));
  }
});

test('a snapshot in the middle of a block: only what is after it is replayed', () => {
  const harness = new LogHarness(new SimulatedDisk());
  for (let index = 0; index < 5; index++) harness.set(`key${index}`, 'value');
  harness.setGroup(['a', 'b'], 'v', 100);
  harness.drain();
  for (const { lsn } of harness.appended) {
    const expected = harness.appended.filter((one) => one.lsn > lsn).flatMap((one) => one.texts);
    assert.deepEqual(recovered(harness.disk, lsn), expected);
  }
});

test('damage in an archived segment is refused, at its end, too, and says which files to move away', () => {
  const { disk, archives } = chain();
  const path = `${DIRECTORY}/${archives[1]}`;
  const bytes = disk.contents(path);
  bytes[FILE_HEADER_BYTES + BLOCK_HEADER_BYTES + 12]! ^= 1;
  disk.put(path, bytes);
  const { code, message } = refusal(disk);
  assert.equal(code, 'WAL_DAMAGED');
  const [, second, third] = archives;
  assert.ok(message.startsWith(`${path} is damaged at offset ${FILE_HEADER_BYTES}: the checksum`), message);
  assert.ok(
    message.includes(`move ${third}, wal.log away, truncate -s ${FILE_HEADER_BYTES} ${second}`),
    message,
  );
});

test('the way out that a refusal describes works', () => {
  const { disk, archives } = chain();
  const path = `${DIRECTORY}/${archives[1]}`;
  const bytes = disk.contents(path);
  bytes[FILE_HEADER_BYTES + BLOCK_HEADER_BYTES + 12]! ^= 1;
  disk.put(ACTIVE, bytes.subarray(0, FILE_HEADER_BYTES));
  disk.remove(path);
  disk.remove(`${DIRECTORY}/${archives[2]}`);
  assert.equal(recovered(disk).length, 1);
});

test('a file with a name that is not its own is refused', () => {
  const { disk, archives } = chain();
  disk.rename(`${DIRECTORY}/${archives[1]}`, `${DIRECTORY}/wal-0000000000099992.log`);
  assert.match(refusal(disk).message, /wal-0000000000099992\.log does not hold the log from LSN 99992/);
});

test('two segments that overlap are refused', () => {
  const { disk, archives } = chain();
  disk.put(ACTIVE, disk.contents(`${DIRECTORY}/${archives[2]}`));
  assert.match(refusal(disk).message, /they do not belong together/);
});

test('a missing wal.log is refused, except in the middle of a rotation', () => {
  const { disk, archives } = chain();
  const lost = disk.copy();
  lost.remove(ACTIVE);
  const error = refusal(lost);
  assert.equal(error.code, 'WAL_MISSING');
  assert.ok(error.message.includes(`rename ${archives[2]} to wal.log`), error.message);
  disk.rename(ACTIVE, `${DIRECTORY}/wal-next.log`);
  assert.equal(recovered(disk).length, 4);
  assert.ok(!disk.list(DIRECTORY).includes('wal-next.log'));
});

test('a snapshot that is ahead of the log starts a new segment after it', () => {
  const { disk } = chain();
  const recovery = recoverLog(disk, DIRECTORY, 8000);
  assert.deepEqual(replayTexts(disk, recovery), []);
  assert.equal(recovery.endLsn, 8000);
  assert.equal(recovery.older.length, 4);
  const next = new LogHarness(disk, { fromLsn: 8000 });
  next.set('after', 'the snapshot');
  next.drain();
  assert.deepEqual(recovered(disk, 8000), ['1/0 after the snapshot 0']);
});

test('a power cut during any operation of recovery is no harm', () => {
  const { bytes, harness } = smallLog();
  const torn = Buffer.from(bytes);
  torn[bytes.length - 530]! ^= 1;
  const expected = harness.appended.slice(0, -1).flatMap((one) => one.texts);
  for (const fromLsn of [0, 8000]) {
    for (let failAt = 1; failAt < 20; failAt++) {
      const disk = diskWith(torn);
      disk.failAt = failAt;
      disk.staysBroken = true;
      try {
        recoverLog(disk, DIRECTORY, fromLsn);
      } catch (error) {
        assert.match(String(error), /simulated/);
      }
      const texts = recovered(disk.crashed(seededRandom(failAt)), fromLsn);
      assert.deepEqual(texts, fromLsn === 0 ? expected : []);
    }
  }
});

test('regression: the names that a start finds are durable before anything is acknowledged', () => {
  const dry = new LogHarness(new SimulatedDisk());
  dry.set('a', 'b');
  dry.drain();
  const before = dry.disk.operations;
  dry.rotate();
  const operations = dry.disk.operations - before;
  for (let haltAt = 1; haltAt <= operations; haltAt++) {
    const harness = new LogHarness(new SimulatedDisk());
    harness.set('a', 'b');
    harness.drain();
    harness.disk.haltAt = harness.disk.operations + haltAt;
    harness.rotate();
    // The process has ended in the middle of the rotation; the next one writes, and then the power fails.
    const next = new LogHarness(harness.disk.restarted());
    next.set('c', 'd');
    next.drain();
    for (let seed = 0; seed < 20; seed++) {
      const texts = recovered(next.disk.crashed(seededRandom(seed)), 0);
      assert.deepEqual(texts, [
        ...harness.textsUpTo(Number.POSITIVE_INFINITY),
        ...next.textsUpTo(next.log.durable()),
      ]);
    }
  }
});

test('an empty directory becomes a log that begins where the snapshot ends', () => {
  const disk = new SimulatedDisk();
  assert.equal(recoverLog(disk, DIRECTORY, 4096).endLsn, 4096);
  assert.equal(recoverLog(disk, DIRECTORY, 4096).endLsn, 4096);
  assert.deepEqual(disk.list(DIRECTORY), ['wal.log']);
});

test('progress is told up to the whole', () => {
  const { disk } = chain();
  const seen: number[] = [];
  recoverLog(disk, DIRECTORY, 0, 0, (bytes, total) => seen.push(bytes / total));
  assert.ok(seen.every((share) => share >= 0 && share <= 1));
});
