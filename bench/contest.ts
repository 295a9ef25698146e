/**
 * Two servers, measured in turns.
 *
 * Whatever the machine does besides hits both alike when they take turns within seconds, and medians of several turns forget what
 * hit only one. CPU time per operation is the figure to trust: it does not depend on who else wants the processor.
 */

import { processorMs } from '../test/support/process-usage.js';
import type { Server } from '../test/support/server.js';
import { type Load, type LoadResult, runLoad } from './redis-benchmark.js';

/** Both contestants' figure. */
export interface Both {
  readonly crabkv: number;
  readonly redis: number;
}

export interface Contestants {
  readonly crabkv: Server;
  readonly redis: Server;
}

/** Medians of one load: CPU time per operation in microseconds, requests a second, latencies in milliseconds. */
export interface LoadFigures {
  readonly cpuMicros: Both;
  readonly throughput: Both;
  readonly p50: Both;
  readonly p99: Both;
  readonly p999: Both;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

/** Runs `work` on both in turns, `repeats` times, and returns the medians of what it returns. */
export async function inTurns(
  { crabkv, redis }: Contestants,
  repeats: number,
  work: (server: Server) => Promise<number>,
): Promise<Both> {
  const values = { crabkv: [] as number[], redis: [] as number[] };
  for (let i = 0; i < repeats; i++) {
    values.crabkv.push(await work(crabkv));
    values.redis.push(await work(redis));
  }
  return { crabkv: median(values.crabkv), redis: median(values.redis) };
}

/** One measured run of a load. */
async function measureLoad(server: Server, load: Load): Promise<LoadResult & { cpuMicros: number }> {
  const beforeMs = processorMs(server.pid);
  const result = await runLoad(server.port, load);
  return { ...result, cpuMicros: ((processorMs(server.pid) - beforeMs) * 1000) / load.requests };
}

/** Measures a load on both in turns, after a warm-up of each. */
export async function contest(contestants: Contestants, load: Load, repeats: number): Promise<LoadFigures> {
  const warmUp = { ...load, requests: Math.ceil(load.requests / 4) };
  await runLoad(contestants.crabkv.port, warmUp);
  await runLoad(contestants.redis.port, warmUp);
  const results = {
    crabkv: [] as (LoadResult & { cpuMicros: number })[],
    redis: [] as (LoadResult & { cpuMicros: number })[],
  };
  for (let i = 0; i < repeats; i++) {
    results.crabkv.push(await measureLoad(contestants.crabkv, load));
    results.redis.push(await measureLoad(contestants.redis, load));
  }
  const medians = (field: 'cpuMicros' | 'throughput' | 'p50' | 'p99' | 'p999'): Both => ({
    crabkv: median(results.crabkv.map((result) => result[field])),
    redis: median(results.redis.map((result) => result[field])),
  });
  return {
    cpuMicros: medians('cpuMicros'),
    throughput: medians('throughput'),
    p50: medians('p50'),
    p99: medians('p99'),
    p999: medians('p999'),
  };
}
