/**
 * What the soak campaign holds against a server, and what it lets pass. Pure: figures in, findings out.
 *
 * The load is the same from beginning to end and its keyspace is bounded, so whatever grows, leaks; and when the load is
 * gone, everything that it took must have been given back: descriptors, clients and memory exactly.
 */

import { type Finding, judged } from './soak-finding.js';
import { percentile } from './soak-probe.js';
import type { Sample } from './soak-watch.js';

const MIB = 2 ** 20;

/**
 * How much the median of resident memory in the last third may exceed that of the second third: what the collector has not
 * taken yet, and what a snapshot under way needs, differ from one moment to the next.
 */
const RESIDENT_GROWTH_SHARE_MAX = 0.05;
const RESIDENT_GROWTH_BYTES_MAX = 16 * MIB;
/**
 * How much longer the 1000th ping may take in the last minute than in the first: as often as the machine's own noise has grown
 * more, if it has.
 */
const WAIT_GROWTH_MAX = 2;
/** At first the server compiles its code, and the load its own. */
const WARM_UP_SECONDS_MAX = 5;
/** A run that is shorter than this is still warming up: what compares its parts is reported, and not judged. */
export const JUDGED_SECONDS_MIN = 60;
const MINUTE_SECONDS = 60;

/** The server without load. */
export interface Rest {
  readonly descriptors: readonly string[];
  readonly clientCount: number;
  readonly usedBytes: number;
  readonly residentBytes: number;
}

export interface Evidence {
  /** How long the load lasted. */
  readonly seconds: number;
  readonly before: Rest;
  readonly samples: readonly Sample[];
  readonly after: Rest;
  /** Replies that were wrong, connections that ended or did not end, threads that failed. */
  readonly problems: readonly string[];
  readonly problemCount: number;
  readonly verifiedCount: number;
  /** Whether the server stores and returns a value after all this. */
  readonly answers: boolean;
  /** How the process ended after SIGTERM, as text. */
  readonly ending: string;
}

/** All findings, bad or not, each with its figures. */
export function findings(evidence: Evidence): Finding[] {
  const { problems, problemCount, verifiedCount } = evidence;
  return [
    judged(
      problemCount === 0 && verifiedCount > 0,
      [`${problemCount} problems, ${verifiedCount} verified replies`, ...problems].join('\n      '),
    ),
    sameDescriptors(evidence),
    same('connected clients', evidence.before.clientCount, evidence.after.clientCount),
    same('used_memory in bytes', evidence.before.usedBytes, evidence.after.usedBytes),
    flatResident(evidence),
    flatWaits(evidence),
    savedAlways(evidence),
    judged(
      evidence.answers,
      `after the load, the server ${evidence.answers ? 'answers' : 'does not answer'}`,
    ),
    judged(evidence.ending === 'code 0', `SIGTERM: ${evidence.ending}, wanted code 0`),
  ];
}

function same(what: string, before: number, after: number): Finding {
  return judged(before === after, `${what}: ${before} before, ${after} after`);
}

function sameDescriptors({ before, after }: Evidence): Finding {
  const counts = new Map<string, number>();
  for (const name of before.descriptors) counts.set(name, (counts.get(name) ?? 0) - 1);
  for (const name of after.descriptors) counts.set(name, (counts.get(name) ?? 0) + 1);
  const changes = [...counts].filter(([, count]) => count !== 0);
  const listed = changes.map(([name, count]) => `${count > 0 ? '+' : ''}${count} ${name}`).join(', ');
  const text = `descriptors: ${before.descriptors.length} before, ${after.descriptors.length} after`;
  return judged(
    before.descriptors.length === after.descriptors.length,
    listed === '' ? text : `${text} (${listed})`,
  );
}

function flatResident({ samples, seconds, before, after }: Evidence): Finding {
  const median = (of: (sample: Sample) => number, third: number) =>
    percentile(
      samples.filter((sample) => Math.min(2, Math.floor((sample.seconds * 3) / seconds)) === third).map(of),
      0.5,
    );
  const resident = (sample: Sample) => sample.residentBytes;
  const [second, last] = [median(resident, 1), median(resident, 2)];
  // A slow machine has not yet filled the keyspace by then: data is no leak.
  const dataGrowth = Math.max(
    0,
    median(({ usedBytes }) => usedBytes, 2) - median(({ usedBytes }) => usedBytes, 1),
  );
  const allowed = Math.max(second * RESIDENT_GROWTH_SHARE_MAX, RESIDENT_GROWTH_BYTES_MAX) + dataGrowth;
  const mib = (bytes: number) => `${(bytes / MIB).toFixed(1)} MiB`;
  const text =
    `resident memory, medians: second third ${mib(second)}, last third ${mib(last)}, growth allowed ${mib(allowed)}; ` +
    `before the load ${mib(before.residentBytes)}, after FLUSHALL ${mib(after.residentBytes)}`;
  return { verdict: verdictOf(last - second <= allowed, seconds), text };
}

function flatWaits({ samples, seconds }: Evidence): Finding {
  const slowest = (of: (sample: Sample) => readonly number[], isIn: (sample: Sample) => boolean) =>
    percentile(samples.filter(isIn).flatMap(of), 0.999);
  const span = Math.min(MINUTE_SECONDS, seconds / 2);
  const warmUp = Math.min(WARM_UP_SECONDS_MAX, seconds / 4);
  const isFirst = (sample: Sample) => sample.seconds > warmUp && sample.seconds <= span;
  const isLast = (sample: Sample) => sample.seconds > seconds - span;
  const first = slowest(({ waits }) => waits, isFirst);
  const last = slowest(({ waits }) => waits, isLast);
  const noise = [slowest(({ noise }) => noise, isFirst), slowest(({ noise }) => noise, isLast)] as const;
  const allowed = WAIT_GROWTH_MAX * Math.max(1, noise[1] / noise[0]);
  const text =
    `p99.9 of pings: second ${warmUp.toFixed(0)} to ${span.toFixed(0)} ${first.toFixed(2)} ms, ` +
    `last ${span.toFixed(0)} seconds ${last.toFixed(2)} ms, allowed ${allowed.toFixed(1)} times the first ` +
    `(the machine's own noise: ${noise[0].toFixed(2)} and ${noise[1].toFixed(2)} ms)`;
  return { verdict: verdictOf(last <= first * allowed, seconds), text };
}

function savedAlways({ samples }: Evidence): Finding {
  const failed = samples.filter((sample) => !sample.isSaveGood).length;
  return judged(failed === 0, `snapshots: ${failed} of ${samples.length} samples saw one that had failed`);
}

/** What compares parts of the run counts only when they are long enough. */
function verdictOf(isGood: boolean, seconds: number): Finding['verdict'] {
  if (isGood) return 'good';
  return seconds < JUDGED_SECONDS_MIN ? 'not judged' : 'bad';
}
