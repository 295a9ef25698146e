/**
 * A trace of requests for keys whose popularity follows Zipf's law, as requests to caches do: the key of rank n is asked for
 * in proportion to 1 / n^alpha. The same seed gives the same trace.
 */

import { SeededRandom } from '../test/support/random.js';

export class ZipfTrace {
  /** Share of the requests that go to each key or one before it. */
  private readonly cumulative: Float64Array;
  private readonly random: SeededRandom;

  constructor(keyCount: number, alpha: number, seed: number) {
    this.cumulative = new Float64Array(keyCount);
    this.random = new SeededRandom(seed);
    let sum = 0;
    for (let rank = 0; rank < keyCount; rank++) this.cumulative[rank] = sum += (rank + 1) ** -alpha;
    for (let rank = 0; rank < keyCount; rank++) this.cumulative[rank]! /= sum;
  }

  /** The number of the next key that is asked for: 0 is the most popular one. */
  next(): number {
    const wanted = this.random.next() / 2 ** 32;
    let low = 0;
    let high = this.cumulative.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.cumulative[middle]! <= wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
