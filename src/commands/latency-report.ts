/**
 * LATENCY DOCTOR: what the latency monitor has seen, in sentences, and what can be done about it.
 */

import type { Config } from '../engine/config/config.js';
import {
  EVENT_COMMAND,
  EVENT_EVICTION_CYCLE,
  EVENT_EXPIRE_CYCLE,
  EVENT_FAST_COMMAND,
  EVENT_LOG_SYNC,
  EVENT_LOG_WRITE,
  EVENT_NAMES,
  type LatencyMonitor,
  type LatencySeries,
} from '../engine/latency.js';

const US_PER_MS = 1000;

const DISABLED =
  'The latency monitor is off. "CONFIG SET latency-monitor-threshold <milliseconds>" turns it on: events that take ' +
  'at least so long are then remembered.\n';
const NOTHING_SEEN = 'No event has taken as long as the threshold of the latency monitor. All is well.\n';

/** @param nowMs Unix ms */
export function latencyReport(monitor: LatencyMonitor, config: Config, nowMs: number): string {
  const events = EVENT_NAMES.map((name, event) => ({ name, event, series: monitor.series(event) }));
  const seen = events.flatMap(({ name, event, series }) =>
    series === undefined ? [] : [{ name, event, series }],
  );
  if (seen.length === 0) return monitor.thresholdMs === 0 ? DISABLED : NOTHING_SEEN;
  const spikes = seen.map(({ name, series }, index) => `${index + 1}. ${describe(name, series, nowMs)}\n`);
  const advice = new Set(seen.flatMap(({ event }) => adviceFor(event, config)));
  return [
    `These events took at least ${monitor.thresholdMs} ms, by the longest of each second:\n\n`,
    ...spikes,
    '\nWhat you can do:\n\n',
    ...[...advice].map((sentence) => `- ${sentence}\n`),
  ].join('');
}

function describe(name: string, { samples, longestMs }: LatencySeries, nowMs: number): string {
  const average = mean(samples.map(({ ms }) => ms));
  const deviation = mean(samples.map(({ ms }) => Math.abs(ms - average)));
  const oldest = samples[0]?.unixSeconds ?? 0;
  const period = Math.max(1, Math.floor(nowMs / 1000) - oldest) / samples.length;
  const count = samples.length === 1 ? '1 latency spike' : `${samples.length} latency spikes`;
  return (
    `${name}: ${count} (average ${Math.floor(average)}ms, mean deviation ${Math.floor(deviation)}ms, ` +
    `period ${period.toFixed(2)} sec). Worst all time event ${longestMs}ms.`
  );
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function adviceFor(event: number, config: Config): string[] {
  switch (event) {
    case EVENT_COMMAND:
      return [
        ...slowlogAdvice(config),
        'SLOWLOG GET shows which commands were slow. Those that walk all keys or large values take their time: SCAN ' +
          'instead of KEYS, and smaller values, help.',
      ];
    case EVENT_FAST_COMMAND:
      return [
        ...slowlogAdvice(config),
        'Commands that need next to no time were held up: by another thread that had the same keys in its hands, by a ' +
          'log whose disk does not keep up, by the garbage collector, or because the system gave the processor to others. ' +
          'See log_* and baton_* in INFO, and what else runs on this machine.',
      ];
    case EVENT_EXPIRE_CYCLE:
      return [
        'Deleting keys whose time is over is done in slices of half a millisecond: when one takes longer, the processor ' +
          'or the disk of the log was not to be had.',
      ];
    case EVENT_EVICTION_CYCLE:
      return [
        'Many keys had to be evicted at once: maxmemory was lowered, or large values came in. A larger maxmemory, or ' +
          'smaller values, spread the work.',
      ];
    case EVENT_LOG_WRITE:
    case EVENT_LOG_SYNC:
      return diskAdvice(config);
    default:
      return [];
  }
}

/** The slow log should know of everything that the latency monitor reports. */
function slowlogAdvice(config: Config): string[] {
  const thresholdUs = config.integer('latency-monitor-threshold') * US_PER_MS;
  const slowUs = config.integer('slowlog-log-slower-than');
  if (thresholdUs === 0 || (slowUs >= 0 && slowUs <= thresholdUs)) return [];
  const state = slowUs < 0 ? 'is off' : `only keeps what takes ${slowUs} us`;
  return [
    `The slow log ${state}: "CONFIG SET slowlog-log-slower-than ${thresholdUs}" has it show these commands.`,
  ];
}

function diskAdvice(config: Config): string[] {
  const advice = [
    'The disk of the log was slow. A local SSD, and nothing else that writes to the same disk, make the difference.',
  ];
  if (config.text('appendfsync') === 'always') {
    advice.push(
      'appendfsync is always: each write waits for the disk. With everysec none does, and a power cut can cost the ' +
        'last second.',
    );
  }
  return advice;
}
