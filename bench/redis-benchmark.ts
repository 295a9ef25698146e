/** Load by redis-benchmark, and what it says about it. */

import { run } from '../test/support/server.js';

/** A run may take so long; the slowest disk with `always` included. */
const RUN_LIMIT_MS = 180_000;

export interface Load {
  readonly test: 'set' | 'get' | 'ping_mbulk';
  readonly clients: number;
  readonly pipeline: number;
  readonly requests: number;
  /** Random keys are drawn from so many; 100,000 unless it says otherwise. */
  readonly keys?: number;
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

/** Runs one load against a local port to its end. */
export async function runLoad(
  port: number,
  { test, clients, pipeline, requests, keys = KEYS }: Load,
): Promise<LoadResult> {
  const args = [
    '-h',
    '127.0.0.1',
    '-p',
    String(port),
    '-t',
    test,
    '-c',
    String(clients),
    '-P',
    String(pipeline),
    '-n',
    String(requests),
    '-d',
    String(VALUE_BYTES),
    '-r',
    String(keys),
  ];
  const finished = await run('redis-benchmark', args, { limitMs: RUN_LIMIT_MS });
  if (finished.code !== 0) throw new Error(`redis-benchmark ended with ${finished.code}: ${finished.stderr}`);
  return parseReport(finished.stdout);
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
