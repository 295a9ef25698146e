import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Config } from '../engine/config/config.js';
import type { SnapshotResult } from '../engine/snapshot/writer.js';
import {
  createStatisticsShared,
  PROCESS_LAST_SAVE_OK,
  PROCESS_SAVING,
  Statistics,
} from '../engine/statistics.js';
import { SILENT } from './console.js';
import { SaveRules } from './save-rules.js';
import { Saver } from './saver.js';

const GOOD: SnapshotResult = { ok: true, lsn: 0, dirty: 0, entries: 3, bytes: 100, ms: 7 };
const BAD: SnapshotResult = { ...GOOD, ok: false, error: 'disk full' };

function setUp() {
  const config = new Config();
  config.apply([['save', '1 1']]);
  const statistics = new Statistics(createStatisticsShared(), 0);
  const takes: ((outcome: SnapshotResult) => void)[] = [];
  const counters = { dirty: 0, logTail: 0, logBytes: 0 };
  const saver = new Saver({
    rules: new SaveRules(config, 0),
    statistics,
    logger: SILENT,
    now: Date.now,
    monotonic: Date.now,
    take: () => new Promise((resolve) => takes.push(resolve)),
    counters: () => ({ ...counters }),
  });
  return { saver, statistics, takes, counters };
}

test('SAVE waits for the snapshot, and while one is taken another is refused', async () => {
  const { saver, statistics, takes } = setUp();
  const first = saver.save();
  assert.equal(statistics.process(PROCESS_SAVING), 1);
  assert.equal(await saver.save(), 'ERR Background save already in progress');
  assert.equal(saver.backgroundSave(false), 'ERR Background save already in progress');
  takes[0]?.(GOOD);
  assert.equal(await first, undefined);
  assert.equal(statistics.process(PROCESS_SAVING), 0);
  assert.equal(takes.length, 1);
});

test('a scheduled snapshot follows the one that is being taken', async () => {
  const { saver, takes } = setUp();
  assert.equal(saver.backgroundSave(false), undefined);
  assert.equal(saver.backgroundSave(true), undefined);
  saver.tick(0);
  assert.equal(takes.length, 1);
  takes[0]?.(GOOD);
  await saver.idle();
  saver.tick(0);
  assert.equal(takes.length, 2);
  takes[1]?.(GOOD);
  await saver.idle();
  saver.tick(0);
  assert.equal(takes.length, 2);
});

test('a failed snapshot is reported and remembered', async () => {
  const { saver, statistics, takes } = setUp();
  const save = saver.save();
  takes[0]?.(BAD);
  assert.match((await save) ?? '', /^ERR /);
  assert.equal(statistics.process(PROCESS_LAST_SAVE_OK), 0);
});

test('the snapshot at the end is left out when nothing has changed, unless it was asked for', async () => {
  const { saver, takes, counters } = setUp();
  assert.equal(await saver.finish(false), true);
  assert.equal(takes.length, 0);
  counters.dirty = 1;
  const end = saver.finish(false);
  await Promise.resolve();
  await Promise.resolve();
  takes[0]?.(GOOD);
  assert.equal(await end, true);
  const asked = saver.finish(true);
  await Promise.resolve();
  await Promise.resolve();
  takes[1]?.(BAD);
  assert.equal(await asked, false);
});

test('while the data are reloaded nobody else takes a snapshot, and who does it can', async () => {
  const { saver, takes } = setUp();
  const before = saver.save();
  let isDone = false;
  const reloaded = saver.exclusively(async (take) => {
    assert.equal(await take(), true);
    assert.equal(saver.backgroundSave(false), 'ERR Background save already in progress');
    isDone = true;
    return 'reloaded';
  });
  assert.equal(takes.length, 1, 'the one that is being taken comes first');
  takes[0]?.(GOOD);
  await before;
  while (takes.length < 2) await Promise.resolve();
  saver.tick(Number.MAX_SAFE_INTEGER);
  const after = saver.finish(true);
  assert.equal(isDone, false);
  takes[1]?.(GOOD);
  assert.equal(await reloaded, 'reloaded');
  while (takes.length < 3) await Promise.resolve();
  takes[2]?.(GOOD);
  assert.equal(await after, true);
});
