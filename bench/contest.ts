/**
 * Servers, measured in turns.
 *
 * Whatever the machine does besides hits all alike when they take turns within seconds, and medians of several turns forget what
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

/** One load on one server: CPU time per operation in microseconds, requests a second, latencies in milliseconds. */
interface LoadMeasure extends LoadResult {
  readonly cpuMicros: number;
}

/** Medians of one load on both. */
export type LoadFigures = Readonly<Record<keyof LoadMeasure, Both>>;

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

/** The median over turns of what `field` takes from each. */
export function medianOf<T>(turns: readonly T[], field: (turn: T) => number): number {
  return median(turns.map(field));
}

/** Runs `work` on each server in turns, `repeats` times. What it returned comes by server, in order of the turns. */
export async function takeTurns<T>(
  servers: readonly Server[],
  repeats: number,
  work: (server: Server) => Promise<T>,
): Promise<T[][]> {
  const results = servers.map((): T[] => []);
  for (let i = 0; i < repeats; i++) {
    for (const [index, server] of servers.entries()) results[index]?.push(await work(server));
  }
  return results;
}

/** The same for both contestants. */
export async function bothInTurns<T>(
  { crabkv, redis }: Contestants,
  repeats: number,
  work: (server: Server) => Promise<T>,
): Promise<{ crabkv: T[]; redis: T[] }> {
  const [own = [], peer = []] = await takeTurns([crabkv, redis], repeats, work);
  return { crabkv: own, redis: peer };
}

/** CPU time of the server per operation of `load`, under so many load generators at once, in microseconds. */
export async function cpuMicrosOf(server: Server, load: Load, generators = 1): Promise<number> {
  const beforeMs = processorMs(server.pid);
  await Promise.all(Array.from({ length: generators }, () => runLoad(server.port, load)));
  return ((processorMs(server.pid) - beforeMs) * 1000) / (load.requests * generators);
}

/** What runs before anything is measured, so that code is compiled and tables are grown. */
export function warmUpOf(load: Load): Load {
  return { ...load, requests: Math.ceil(load.requests / 4) };
}

/**
 * Measures a load on both in turns, after a warm-up of each.
 *
 * @param prepare what a server needs before each turn; it is not measured
 */
export async function contest(
  contestants: Contestants,
  load: Load,
  repeats: number,
  prepare: (server: Server) => Promise<void> = async () => {},
): Promise<LoadFigures> {
  await bothInTurns(contestants, 1, async (server) => {
    await prepare(server);
    await runLoad(server.port, warmUpOf(load));
  });
  const { crabkv, redis } = await bothInTurns(contestants, repeats, async (server) => {
    await prepare(server);
    return measureLoad(server, load);
  });
  const medians = (field: keyof LoadMeasure): Both => ({
    crabkv: medianOf(crabkv, (turn) => turn[field]),
    redis: medianOf(redis, (turn) => turn[field]),
  });
  return {
    cpuMicros: medians('cpuMicros'),
    throughput: medians('throughput'),
    p50: medians('p50'),
    p99: medians('p99'),
    p999: medians('p999'),
  };
}

async function measureLoad(server: Server, load: Load): Promise<LoadMeasure> {
  const beforeMs = processorMs(server.pid);
  const result = await runLoad(server.port, load);
  return { ...result, cpuMicros: ((processorMs(server.pid) - beforeMs) * 1000) / load.requests };
}
