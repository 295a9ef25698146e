/**
 * One load on one client: so many async loops, each of which asks again as soon as it has been answered.
 *
 * Half of the requests are SETs, half GETs, of keys drawn at random. A key has one value only, so that every reply can be
 * checked, and is: a benchmark of wrong answers would be worth nothing. Latency is taken of every 7th request, because asking
 * for the time costs as much as a part of what is measured; 7 so that it is not the same loop's request each time.
 */

import v8 from 'node:v8';
import { SeededRandom } from '../test/support/random.js';
import type { BenchClient } from './client-kinds.js';

const KEY_COUNT = 100_000;
const KEY_DIGITS = 12;
const VALUE_BYTES = 64;
const SEED = 1;
const REQUESTS_PER_SAMPLE = 7;
/** A collection of V8's whole heap, as GCProfiler calls it. */
const MAJOR = 'MarkSweepCompact';
/** Below so many requests a figure a request means nothing. */
const ALLOCATION_REQUESTS_MIN = 500;

/** What one turn gives. */
export interface ClientTurn {
  readonly requests: number;
  readonly perSecond: number;
  /** User and system time of the client's process, all its threads, a request. */
  readonly cpuMicros: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Collections of the whole heap. */
  readonly majorCollections: number;
}

/** What Node has counted as allocated, a request. */
export interface AllocationTurn {
  readonly heapBytes: number;
  /** Of ArrayBuffers, whose memory is outside of the heap. */
  readonly outsideBytes: number;
}

/** Runs loops until it is time to stop, or so many requests have been made. */
export class ClientLoad {
  private readonly client: BenchClient;
  private readonly keys: readonly string[];
  private readonly values: readonly string[];
  private readonly random = new SeededRandom(SEED);
  private started = 0;
  private limit = 0;
  private endMs = 0;
  private samplesMs: number[] = [];

  constructor(client: BenchClient) {
    this.client = client;
    const numbers = Array.from({ length: KEY_COUNT }, (_, i) => String(i).padStart(KEY_DIGITS, '0'));
    // Through a Buffer and back: one flat string each, not a rope that the first who reads it has to flatten.
    this.keys = numbers.map((number) => Buffer.from(`key:${number}`).toString('latin1'));
    this.values = numbers.map((number) =>
      Buffer.from(`value:${number}:`.padEnd(VALUE_BYTES, number)).toString('latin1'),
    );
  }

  /** Sets every key, so that GETs find them. */
  async fill(inFlight: number): Promise<void> {
    for (let first = 0; first < KEY_COUNT; first += inFlight) {
      const keys = this.keys.slice(first, first + inFlight);
      await Promise.all(keys.map((key, i) => this.client.set(key, this.values[first + i]!)));
    }
  }

  async measure(inFlight: number, durationMs: number): Promise<ClientTurn> {
    const profiler = new v8.GCProfiler();
    profiler.start();
    const cpu = process.cpuUsage();
    const startMs = performance.now();
    const requests = await this.run(inFlight, Number.POSITIVE_INFINITY, startMs + durationMs);
    const elapsedMs = performance.now() - startMs;
    const { user, system } = process.cpuUsage(cpu);
    const { statistics } = profiler.stop();
    const samples = this.samplesMs.sort((a, b) => a - b);
    return {
      requests,
      perSecond: (requests * 1000) / elapsedMs,
      cpuMicros: (user + system) / requests,
      p50Ms: quantile(samples, 0.5),
      p99Ms: quantile(samples, 0.99),
      majorCollections: statistics.filter(({ gcType }) => gcType === MAJOR).length,
    };
  }

  /**
   * What is allocated a request: the growth of what Node counts as used, over a run so short that nothing is collected
   * meanwhile: all that was allocated is then still counted. Where a collection came in between, half as many are tried.
   */
  async measureAllocations(inFlight: number, requests: number): Promise<AllocationTurn> {
    const { gc } = globalThis;
    if (gc === undefined) throw new Error('allocations can be measured with node --expose-gc only');
    for (let count = requests; count >= ALLOCATION_REQUESTS_MIN; count = count >> 1) {
      gc();
      gc(); // waits for the first, which goes on giving ArrayBuffers back in another thread
      const profiler = new v8.GCProfiler();
      profiler.start();
      const before = process.memoryUsage();
      const done = await this.run(inFlight, count, Number.POSITIVE_INFINITY);
      const after = process.memoryUsage();
      if (profiler.stop().statistics.length > 0) continue;
      return {
        heapBytes: (after.heapUsed - before.heapUsed) / done,
        outsideBytes: (after.arrayBuffers - before.arrayBuffers) / done,
      };
    }
    throw new Error(`not even ${ALLOCATION_REQUESTS_MIN} requests run without a collection`);
  }

  /** Returns how many requests were made. */
  private async run(inFlight: number, limit: number, endMs: number): Promise<number> {
    this.started = 0;
    this.limit = limit;
    this.endMs = endMs;
    this.samplesMs = [];
    await Promise.all(Array.from({ length: inFlight }, () => this.loop()));
    return this.started;
  }

  private async loop(): Promise<void> {
    const { client, keys, values } = this;
    while (this.started < this.limit) {
      const isSample = this.started % REQUESTS_PER_SAMPLE === 0;
      const startMs = isSample ? performance.now() : 0;
      if (startMs > this.endMs) this.limit = 0;
      this.started += 1;
      const drawn = this.random.next();
      const index = (drawn >>> 1) % KEY_COUNT;
      const expected = values[index]!;
      if ((drawn & 1) === 0) {
        const reply = await client.get(keys[index]!);
        if (reply !== expected) throw new Error(`GET ${keys[index]} gave '${reply}', not '${expected}'`);
      } else {
        const reply = await client.set(keys[index]!, expected);
        if (reply !== 'OK') throw new Error(`SET ${keys[index]} gave '${reply}', not 'OK'`);
      }
      if (isSample) this.samplesMs.push(performance.now() - startMs);
    }
  }
}

/** The value below which `share` of the sorted samples lie: the nearest rank. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}
