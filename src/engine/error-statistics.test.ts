import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createErrorStatisticsShared, ErrorStatistics } from './error-statistics.js';

describe('error statistics', () => {
  it('count by code, in all threads', () => {
    const shared = createErrorStatisticsShared(2);
    const threads = [new ErrorStatistics(shared, 0), new ErrorStatistics(shared, 1)];
    for (const line of ['ERR a', 'WRONGTYPE b', 'ERR c']) threads[0]!.count(line);
    for (const line of ['OOM d', 'ERR e']) threads[1]!.count(line);
    assert.deepEqual(threads[1]!.codes(), [
      ['ERR', 3],
      ['OOM', 1],
      ['WRONGTYPE', 1],
    ]);
    assert.equal(threads[0]!.total(), 5);
  });

  it('take a line without a code for ERR', () => {
    const statistics = new ErrorStatistics(createErrorStatisticsShared(1), 0);
    for (const line of ['nospace', ' begins with one', `${'X'.repeat(40)} too long`]) statistics.count(line);
    assert.deepEqual(statistics.codes(), [['ERR', 3]]);
  });

  it('know 128 codes, and count all others as one', () => {
    const shared = createErrorStatisticsShared(2);
    const threads = [new ErrorStatistics(shared, 0), new ErrorStatistics(shared, 1)];
    for (let number = 0; number < 200; number++) threads[number % 2]!.count(`CODE${number} made up`);
    threads[1]!.count('CODE0 again');
    const codes = new Map(threads[0]!.codes());
    assert.equal(codes.size, 129);
    assert.equal(codes.get('CODE0'), 2);
    assert.equal(codes.get('ERRORSTATS_OVERFLOW'), 72);
    assert.equal(threads[0]!.total(), 201);
  });

  it('begin at 0 after a reset', () => {
    const shared = createErrorStatisticsShared(2);
    const threads = [new ErrorStatistics(shared, 0), new ErrorStatistics(shared, 1)];
    for (const thread of threads) thread.count('ERR a');
    threads[0]!.reset();
    assert.deepEqual(threads[1]!.codes(), []);
    assert.equal(threads[1]!.total(), 0);
    threads[1]!.count('ERR b');
    assert.deepEqual(threads[0]!.codes(), [['ERR', 1]]);
  });
});
