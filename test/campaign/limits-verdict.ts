/** What the limits campaign holds against a server, as text. Pure: figures in, a row and a verdict out. */

import type { Attack } from './limits-attack.js';
import { percentile, withThoseWhoCameMeanwhile } from './soak-probe.js';

const MIB = 2 ** 20;
/** How much longer a quiet client's 100th request may take under attack. */
const WAIT_GROWTH_MAX = 2;
/** What the collector has not taken yet, and what the system's own books round. */
const RESIDENT_SLACK_BYTES = 64 * MIB;

/** The server at one moment, or the highest of each figure over a time. */
export interface Limits {
  /** Anonymous and shared memory that is resident. */
  readonly residentBytes: number;
  /** Data. */
  readonly usedBytes: number;
  /** Input and output of all clients. */
  readonly bufferBytes: number;
  readonly heapBytes: number;
  readonly clientCount: number;
  readonly descriptorCount: number;
}

/** Of a client that asks every millisecond, in ms. */
interface Waits {
  readonly p99: number;
  readonly max: number;
}

export function waitsOf(seen: readonly number[]): Waits {
  const waits = withThoseWhoCameMeanwhile(seen);
  return { p99: percentile(waits, 0.99), max: percentile(waits, 1) };
}

/** One attack, and what came of it. */
export interface Outcome {
  readonly attack: Attack;
  /** Waits of the probe before the attack; of another server's meanwhile; and under attack. */
  readonly quiet: Waits;
  readonly beside: Waits;
  readonly waits: Waits;
  readonly before: Limits;
  readonly peak: Limits;
  readonly after: Limits;
  /** What the attacker has done, how often. */
  readonly counts: ReadonlyMap<string, number>;
  /** What it has seen that no right server does. */
  readonly problems: readonly string[];
}

/** Everything that was bad; and what is slow for a reason that is known. */
export function verdictOf(outcome: Outcome): { readonly isBad: boolean; readonly text: string } {
  const { attack, quiet, beside, waits, before, peak, after, problems } = outcome;
  const bad: string[] = [...problems];
  const allowed = WAIT_GROWTH_MAX * Math.max(quiet.p99, beside.p99);
  let excuse = '';
  if (!(waits.p99 <= allowed)) {
    if (attack.holdsThread === undefined) bad.push(`p99 above ${allowed.toFixed(2)} ms`);
    else excuse = ` (${attack.holdsThread})`;
  }
  const growth = peak.residentBytes - before.residentBytes;
  if (growth > attack.memoryMibMax * MIB + RESIDENT_SLACK_BYTES) {
    bad.push(`took more than ${attack.memoryMibMax} MiB`);
  }
  for (const [what, kept] of [
    ['clients', after.clientCount - before.clientCount],
    ['descriptors', after.descriptorCount - before.descriptorCount],
    ['bytes of buffers', after.bufferBytes - before.bufferBytes],
  ] as const) {
    if (kept > 0) bad.push(`${kept} ${what} not given back`);
  }
  return { isBad: bad.length > 0, text: bad.length > 0 ? `BAD: ${bad.join('; ')}` : `good${excuse}` };
}

const NAME_COLUMNS = 22;
const COLUMNS = ['quiet', 'beside', 'attacked', 'worst', 'before', 'peak', 'after', 'buffers'];
const COLUMN_WIDTH = 9;

export function limitsHead(): string {
  const units = ['p99 ms', 'p99 ms', 'p99 ms', 'ms', 'MiB', 'MiB', 'MiB', 'MiB'];
  const line = (name: string, cells: readonly string[], last: string) =>
    `${name.padEnd(NAME_COLUMNS)}${cells.map((cell) => cell.padStart(COLUMN_WIDTH)).join('')}  ${last}`;
  return `${line('attack', COLUMNS, 'verdict')}\n${line('', units, '')}`;
}

export function limitsRow(outcome: Outcome): string {
  const { attack, quiet, beside, waits, before, peak, after, counts } = outcome;
  const mib = (bytes: number) => (bytes / MIB).toFixed(1);
  const cells = [
    quiet.p99.toFixed(2),
    beside.p99.toFixed(2),
    waits.p99.toFixed(2),
    waits.max.toFixed(1),
    mib(before.residentBytes),
    mib(peak.residentBytes),
    mib(after.residentBytes),
    mib(peak.bufferBytes),
  ];
  const done = [...counts].map(([what, count]) => `${what} ${count}`).join(', ');
  const figures = cells.map((cell) => cell.padStart(COLUMN_WIDTH)).join('');
  return `${attack.name.padEnd(NAME_COLUMNS)}${figures}  ${verdictOf(outcome).text}; ${done}`;
}
