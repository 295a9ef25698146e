import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { CommandStatistics, createCommandStatisticsShared } from './command-statistics.js';

const COMMANDS = 3;

/** Calls a command as the executor does; `isSlow`: it meets a slow path. */
function call(
  statistics: CommandStatistics,
  command: number,
  ms: number,
  nowMs = 0,
  isSlow = false,
): boolean {
  const isTimed = statistics.isDue(command);
  statistics.called(command);
  if (isSlow) statistics.slow(command, ms);
  else if (isTimed) statistics.timed(command, true, ms, nowMs);
  return isTimed;
}

function timedCalls(statistics: CommandStatistics, command: number): number {
  return statistics.histogram(command)?.reduce((sum, count) => sum + count, 0) ?? 0;
}

describe('command statistics', () => {
  it('time each call while there are few', () => {
    const statistics = new CommandStatistics(createCommandStatisticsShared(COMMANDS, 1), 0);
    for (let second = 1; second <= 5; second++) {
      for (let index = 0; index < 60; index++) assert.ok(call(statistics, 1, 0.002, second * 1000));
    }
    assert.deepEqual(statistics.totals(1), {
      calls: 300,
      usec: statistics.totals(1).usec,
      failed: 0,
      rejected: 0,
    });
    assert.ok(Math.abs(statistics.totals(1).usec - 600) < 1e-6);
    assert.equal(timedCalls(statistics, 1), 300);
    assert.deepEqual(statistics.totals(0), { calls: 0, usec: 0, failed: 0, rejected: 0 });
    assert.equal(statistics.histogram(0), undefined);
  });

  it('count each call of a frequent cheap command, and time few of them', () => {
    const statistics = new CommandStatistics(createCommandStatisticsShared(COMMANDS, 1), 0);
    let timed = 0;
    const calls = 200_000;
    for (let index = 1; index <= calls; index++) {
      if (call(statistics, 0, 0.001, index / 1000)) timed += 1;
      if (index % 9999 === 0) assert.equal(statistics.totals(0).calls, index, 'all of them, at any time');
    }
    assert.ok(timed > calls / 200 && timed < calls / 30, `${timed} of ${calls} are timed`);
    assert.ok(
      Math.abs(statistics.totals(0).usec - calls) < 130,
      'a time stands for the calls that were not timed',
    );
    assert.ok(calls - timedCalls(statistics, 0) < 130);
    assert.equal(statistics.totalCalls(), calls);
    assert.equal(statistics.ownCalls(), calls);
  });

  it('let a call that met a slow path stand for itself alone', () => {
    const statistics = new CommandStatistics(createCommandStatisticsShared(COMMANDS, 1), 0);
    const slowCall = fc.boolean();
    fc.assert(
      fc.property(fc.array(slowCall, { minLength: 200, maxLength: 2000 }), (slowness) => {
        statistics.reset();
        for (const isSlow of slowness) call(statistics, 0, isSlow ? 50 : 0.001, 0, isSlow);
        const slow = slowness.filter((isSlow) => isSlow).length;
        const { calls, usec } = statistics.totals(0);
        assert.equal(calls, slowness.length);
        const missing = slow * 50_000 + (slowness.length - slow) - usec;
        assert.ok(missing >= 0 && missing < 128, `${usec} us, ${slow} slow calls`);
      }),
    );
  });

  it('time each single call when asked to', () => {
    const statistics = new CommandStatistics(createCommandStatisticsShared(COMMANDS, 1), 0);
    for (let index = 0; index < 1000; index++) call(statistics, 0, 0.001);
    statistics.setTimesAll(true);
    for (let index = 0; index < 1000; index++) assert.ok(call(statistics, 0, 0.001));
    assert.equal(statistics.totals(0).calls, 2000);
    assert.equal(timedCalls(statistics, 0), 2000, 'the first time takes care of those before it');
    statistics.setTimesAll(false);
    let timed = 0;
    for (let index = 0; index < 1000; index++) if (call(statistics, 0, 0.001)) timed += 1;
    assert.ok(timed < 200);
  });

  it('do not have the next call of a command wait for its turn that was frequent before', () => {
    const statistics = new CommandStatistics(createCommandStatisticsShared(COMMANDS, 1), 0);
    for (let index = 0; index < 1000; index++) call(statistics, 0, 0.001);
    while (statistics.isDue(0)) call(statistics, 0, 0.001);
    const { calls } = statistics.totals(0);
    statistics.cutGaps();
    statistics.cutGaps();
    assert.ok(call(statistics, 0, 0.001));
    assert.equal(statistics.totals(0).calls, calls + 1);
    assert.equal(timedCalls(statistics, 0), calls + 1, 'and it stands for those before it');
  });

  it('forget calls before a reset that were not timed yet, in all threads', () => {
    const shared = createCommandStatisticsShared(COMMANDS, 2);
    const threads = [new CommandStatistics(shared, 0), new CommandStatistics(shared, 1)] as const;
    for (const thread of threads) {
      for (let index = 0; index < 1000; index++) call(thread, 0, 0.001);
      while (thread.isDue(0)) call(thread, 0, 0.001);
    }
    threads[0].reset();
    assert.ok(call(threads[0], 0, 0.001), 'the thread that resets times its next call');
    while (!call(threads[1], 0, 0.001));
    assert.equal(timedCalls(threads[0], 0), 2);
  });

  it('add up all threads, and forget what was before a reset', () => {
    const shared = createCommandStatisticsShared(COMMANDS, 2);
    const threads = [new CommandStatistics(shared, 0), new CommandStatistics(shared, 1)];
    for (let index = 0; index < 10; index++) for (const thread of threads) call(thread, 2, 1);
    threads[0]!.failed(2);
    threads[1]!.rejected(2);
    assert.deepEqual(threads[0]!.totals(2), { calls: 20, usec: 20_000, failed: 1, rejected: 1 });
    assert.equal(threads[1]!.totalCalls(), 20);
    assert.equal(threads[1]!.ownCalls(), 10);
    threads[1]!.reset();
    assert.deepEqual(threads[0]!.totals(2), { calls: 0, usec: 0, failed: 0, rejected: 0 });
    assert.equal(threads[0]!.totalCalls(), 0);
    assert.equal(threads[0]!.histogram(2), undefined);
    call(threads[0]!, 2, 3);
    assert.deepEqual(threads[1]!.totals(2), { calls: 1, usec: 3000, failed: 0, rejected: 0 });
    assert.equal(timedCalls(threads[1]!, 2), 1);
  });

  it('keep no histograms when latency is not tracked', () => {
    const statistics = new CommandStatistics(createCommandStatisticsShared(COMMANDS, 1), 0);
    statistics.tracksLatency = false;
    call(statistics, 0, 1);
    assert.equal(statistics.totals(0).usec, 1000);
    assert.equal(statistics.histogram(0), undefined);
  });
});
