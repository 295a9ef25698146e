import assert from 'node:assert/strict';
import { describe, it, mock } from 'node:test';
import {
  createLatencyShared,
  EVENT_COMMAND,
  EVENT_FAST_COMMAND,
  LatencyMonitor,
  SAMPLES_MAX,
} from './latency.js';

const START_S = 1_700_000_000;

/** Two threads' monitors on a clock that the test moves. */
function twoThreads(): { monitors: [LatencyMonitor, LatencyMonitor]; atSecond: (second: number) => void } {
  mock.timers.reset();
  mock.timers.enable({ apis: ['Date'], now: START_S * 1000 });
  const shared = createLatencyShared(2);
  const monitors: [LatencyMonitor, LatencyMonitor] = [
    new LatencyMonitor(shared, 0),
    new LatencyMonitor(shared, 1),
  ];
  monitors[0].thresholdMs = 10;
  return { monitors, atSecond: (second) => mock.timers.setTime((START_S + second) * 1000) };
}

function samplesOf(monitor: LatencyMonitor, event: number): [second: number, ms: number][] | undefined {
  return monitor.series(event)?.samples.map(({ unixSeconds, ms }) => [unixSeconds - START_S, ms]);
}

describe('latency monitor', () => {
  it('keeps what takes as long as the threshold, and nothing while that is 0', () => {
    const { monitors } = twoThreads();
    monitors[1].add(EVENT_COMMAND, 9.99);
    assert.equal(samplesOf(monitors[0], EVENT_COMMAND), undefined);
    monitors[1].add(EVENT_COMMAND, 10.7);
    assert.deepEqual(samplesOf(monitors[0], EVENT_COMMAND), [[0, 10]]);
    assert.equal(samplesOf(monitors[0], EVENT_FAST_COMMAND), undefined);
    monitors[1].thresholdMs = 0;
    monitors[0].add(EVENT_FAST_COMMAND, 1000);
    assert.equal(samplesOf(monitors[0], EVENT_FAST_COMMAND), undefined);
  });

  it('keeps the longest of each second, over all threads', () => {
    const { monitors, atSecond } = twoThreads();
    monitors[0].add(EVENT_COMMAND, 20);
    monitors[0].add(EVENT_COMMAND, 50);
    monitors[0].add(EVENT_COMMAND, 30);
    monitors[1].add(EVENT_COMMAND, 40);
    atSecond(2);
    monitors[1].add(EVENT_COMMAND, 11);
    atSecond(3);
    monitors[0].add(EVENT_COMMAND, 12);
    assert.deepEqual(samplesOf(monitors[1], EVENT_COMMAND), [
      [0, 50],
      [2, 11],
      [3, 12],
    ]);
    assert.equal(monitors[1].series(EVENT_COMMAND)?.longestMs, 50);
  });

  it('remembers so many seconds, and the longest of all time', () => {
    const { monitors, atSecond } = twoThreads();
    monitors[0].add(EVENT_COMMAND, 999);
    for (let second = 1; second <= SAMPLES_MAX + 40; second++) {
      atSecond(second);
      monitors[second % 2]!.add(EVENT_COMMAND, 10 + second);
    }
    const samples = samplesOf(monitors[0], EVENT_COMMAND);
    assert.equal(samples?.length, SAMPLES_MAX);
    assert.deepEqual(samples?.[0], [41, 51]);
    assert.deepEqual(samples?.at(-1), [200, 210]);
    assert.equal(monitors[0].series(EVENT_COMMAND)?.longestMs, 999);
  });

  it('forgets an event on a reset by any thread', () => {
    const { monitors } = twoThreads();
    assert.equal(monitors[0].reset(EVENT_COMMAND), false);
    for (const monitor of monitors) monitor.add(EVENT_COMMAND, 100);
    monitors[0].add(EVENT_FAST_COMMAND, 20);
    assert.equal(monitors[0].reset(EVENT_COMMAND), true);
    assert.equal(monitors[0].reset(EVENT_COMMAND), false);
    assert.equal(samplesOf(monitors[1], EVENT_COMMAND), undefined);
    assert.deepEqual(samplesOf(monitors[1], EVENT_FAST_COMMAND), [[0, 20]]);
    monitors[1].add(EVENT_COMMAND, 15);
    assert.deepEqual(samplesOf(monitors[0], EVENT_COMMAND), [[0, 15]]);
    assert.equal(monitors[0].series(EVENT_COMMAND)?.longestMs, 15);
  });
});
