/**
 * Histogram of durations: which bucket a duration belongs to, and what buckets say.
 *
 * Buckets are those of an HDR histogram of two significant digits from 1 ns to 1 s, as Redis has them: up to 255 ns one a
 * nanosecond; from there on 128 to each power of two, so that none is wider than 1/128 of its values. Longer durations
 * count as 1 s.
 *
 *     bucket  0 ... 255     256 ... 383         384 ... 511
 *     ns      0 ... 255     256, 258 ... 510    512, 516 ... 1020    ...
 *
 * The counts themselves are somebody else's: an array of BUCKET_COUNT numbers, or one of its sums.
 *
 * Source: the HDR histogram of Gil Tene.
 */

/** Buckets of one power of two; below twice as many ns each has its own. */
const SUB_BUCKETS = 128;
const SUB_BUCKET_BITS = 7;
/** Bits of a duration above those that choose among SUB_BUCKETS: of up to 255 ns, none. */
const PRECISION_BITS = SUB_BUCKET_BITS + 1;

const NS_MAX = 1_000_000_000;
export const BUCKET_COUNT: number = bucketOf(NS_MAX) + 1;
/** The first bound of a cumulative distribution, which doubles from one to the next: 1 us, as near as a power of two is. */
const FIRST_BOUND_NS = 1024;
const NS_PER_US = 1000;

/** The bucket of a duration in nanoseconds. */
export function bucketOf(ns: number): number {
  const value = Math.max(0, Math.min(ns, NS_MAX)) | 0;
  if (value < 2 * SUB_BUCKETS) return value;
  const shift = 32 - Math.clz32(value) - PRECISION_BITS;
  return shift * SUB_BUCKETS + (value >>> shift);
}

/** The longest duration of a bucket, in nanoseconds. */
export function bucketEnd(bucket: number): number {
  if (bucket < 2 * SUB_BUCKETS) return bucket;
  const shift = (bucket >>> SUB_BUCKET_BITS) - 1;
  return (bucket - shift * SUB_BUCKETS + 1) * 2 ** shift - 1;
}

/** The duration, in microseconds, that so many percent of those counted don't exceed. */
export function percentileUs(counts: Float64Array, percent: number): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const wanted = Math.max(1, Math.floor((Math.min(percent, 100) / 100) * total + 0.5));
  let seen = 0;
  for (let bucket = 0; bucket < counts.length; bucket++) {
    seen += counts[bucket] as number;
    if (seen >= wanted) return bucketEnd(bucket) / NS_PER_US;
  }
  return 0;
}

/**
 * How many durations were at most about 1 us, 2 us, 4 us and so on: pairs of a bound in whole microseconds and a count. Bounds
 * that have nothing new to say are left out.
 */
export function cumulativeCounts(counts: Float64Array): [boundUs: number, count: number][] {
  const pairs: [number, number][] = [];
  let seen = 0;
  let bucket = 0;
  for (let boundNs = FIRST_BOUND_NS; bucket < counts.length; boundNs *= 2) {
    const before = seen;
    // All of the bucket that the bound lies in.
    const last = Math.min(bucketOf(boundNs), counts.length - 1);
    for (; bucket <= last; bucket++) seen += counts[bucket] as number;
    if (seen > before) pairs.push([Math.floor(bucketEnd(bucketOf(boundNs)) / NS_PER_US), seen]);
  }
  return pairs;
}
