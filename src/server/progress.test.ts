import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Logger, SILENT } from './console.js';
import { createProgressShared, ProgressCounter, ProgressReport } from './progress.js';

test('the line adds up what all threads have done and estimates the rest', () => {
  const shared = createProgressShared();
  const report = new ProgressReport(shared, SILENT, 'snapshot', 'keys', 100_000_000);
  const startMs = performance.now();
  new ProgressCounter(shared, 0).add(600_000, 15_000_000);
  new ProgressCounter(shared, 3).add(400_000, 10_000_000);
  assert.match(
    report.line(startMs + 1000),
    /^Loading the snapshot: 1000000 keys, 25 %, 2[45] MB\/s, [34] s left$/,
  );
  report.cancel();
});

test('a later report on the same counters begins at nothing', () => {
  const shared = createProgressShared();
  const counter = new ProgressCounter(shared, 0);
  counter.add(5, 50);
  const lines: string[] = [];
  const logger: Logger = { ...SILENT, notice: (text) => lines.push(text) };
  const report = new ProgressReport(shared, logger, 'log', 'records', 1_000_000);
  counter.add(7, 70);
  report.finish();
  assert.match(lines[0] ?? '', /^Loaded the log: 7 records, 1\.0 MB in /);
});
