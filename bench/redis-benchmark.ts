/** Load by redis-benchmark, and what it says about it. */

import { run } from '../test/support/server.js';

/** A run may take so long; the slowest disk with `always` included. */
const RUN_LIMIT_MS = 180_000;

/** A test of redis-benchmark's own. */
export type StandardTest = 'set' | 'get' | 'ping_mbulk';

export interface Load {
  /** A test, or the words of any command: `__rand_int__` in them is a number of 12 digits, drawn anew each time. */
  readonly test: StandardTest | readonly string[];
  readonly clients: number;
  readonly pipeline: number;
  readonly requests: number;
  /** Random keys, or whatever else is random, are drawn from so many; 100,000 unless it says otherwise. */
  readonly keys?: number;
  /** Over TLS, with a server whose certificate this authority has signed: the path of its own. */
  readonly ca?: string;
}

/** Requests a second, and latencies in milliseconds as the client saw them. */
export interface LoadResult {
  readonly throughput: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
}

const VALUE_BYTES = 64;
const KEYS = 100_000;

/** Runs one load against a local port to its end. Throws when the server refused a request. */
export async function runLoad(port: number, load: Load): Promise<LoadResult> {
  const finished = await run('redis-benchmark', commandLineOf(port, load), { limitMs: RUN_LIMIT_MS });
  if (finished.code !== 0) throw new Error(`redis-benchmark ended with ${finished.code}: ${finished.stderr}`);
  // It goes on to its end all the same, and errors are fast: their figures would flatter.
  const refusal = /Error from server: .*/.exec(finished.stdout + finished.stderr);
  if (refusal !== null) throw new Error(`redis-benchmark: ${refusal[0]}`);
  return parseReport(finished.stdout);
}

/** The arguments of redis-benchmark for a load. */
export function commandLineOf(
  port: number,
  { test, clients, pipeline, requests, keys = KEYS, ca }: Load,
): string[] {
  const options = {
    '-h': '127.0.0.1',
    '-p': port,
    '-c': clients,
    '-P': pipeline,
    '-n': requests,
    '-d': VALUE_BYTES,
    '-r': keys,
  };
  const plain = Object.entries(options).flatMap(([name, value]) => [name, String(value)]);
  const args = ca === undefined ? plain : [...plain, '--tls', '--cacert', ca];
  return typeof test === 'string' ? [...args, '-t', test] : [...args, ...test];
}

/**
 * Reads redis-benchmark's long report. Its summary has no p99.9: that comes from the table "Latency by percentile
 * distribution", whose rows are not evenly spaced; the first row at or above the share is taken.
 */
export function parseReport(text: string): LoadResult {
  const throughput = /throughput summary: ([\d.]+) requests per second/.exec(text);
  const percentiles = [...text.matchAll(/^([\d.]+)% <= ([\d.]+) milliseconds \(cumulative/gm)]
    .map(([, share, ms]) => ({ share: Number(share), ms: Number(ms) }))
    // A second table, by milliseconds, follows the first and starts at 0 again.
    .filter((row, i, rows) => i === 0 || rows.slice(0, i).every((earlier) => earlier.share <= row.share));
  const summary = /avg\s+min\s+p50\s+p95\s+p99\s+max\s+([\d.\s]+)/.exec(text);
  const [, , p50, , p99] = (summary?.[1] ?? '').trim().split(/\s+/).map(Number);
  const p999 = percentiles.find(({ share }) => share >= 99.9)?.ms;
  if (throughput === null || p50 === undefined || p99 === undefined || p999 === undefined) {
    throw new Error(`redis-benchmark's report is not understood:\n${text.slice(-2000)}`);
  }
  return { throughput: Number(throughput[1]), p50, p99, p999 };
}
