/**
 * Counters of a client, over all of its connections: what `kv.stats()` is made of.
 */

/** Buckets of the latency histogram: the last one begins at 2^22 us, about 4 s. */
const LATENCY_BUCKETS = 24;
const US_PER_MS = 1000;

export class Counters {
  connects = 0;
  disconnects = 0;
  connectFailures = 0;
  retries = 0;
  commands = 0;
  timeouts = 0;
  errorReplies = 0;
  /** Of connections that have ended. */
  bytesRead = 0;
  bytesWritten = 0;
  readonly latencyCounts: number[] = new Array<number>(LATENCY_BUCKETS).fill(0);

  /** Bucket i counts what took less than 2^i microseconds and not less than 2^(i-1). */
  addLatency(ms: number): void {
    const bucket = Math.min(LATENCY_BUCKETS - 1, 32 - Math.clz32(ms * US_PER_MS));
    this.latencyCounts[bucket] = this.latencyCounts[bucket]! + 1;
  }
}

/** The upper limits of the buckets, in microseconds. */
export const LATENCY_LIMITS_US: readonly number[] = Array.from({ length: LATENCY_BUCKETS }, (_, index) =>
  index === LATENCY_BUCKETS - 1 ? Number.POSITIVE_INFINITY : 2 ** index,
);
