/**
 * Random numbers for choices that nobody could want to foresee: which keys to look at, whether a counter grows. A few
 * instructions each, and no garbage. Whatever has to do with security takes node:crypto instead.
 *
 * Source: G. Marsaglia, "Xorshift RNGs" (2003), with 32 bits of state.
 */

export class Xorshift {
  /** Never 0. */
  private state: number;

  /** @param seed any integer; by default another one each time */
  constructor(seed: number = Math.random() * 2 ** 32) {
    this.state = seed | 0 || 1;
  }

  /** An integer, -2^31 to 2^31 - 1, never 0: all of its bits are good enough. */
  next(): number {
    let state = this.state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.state = state;
    return state;
  }

  /** An integer, 0 to `count` - 1; `count` is 1 to 2^31 - 1. */
  below(count: number): number {
    return Math.floor(((this.next() >>> 0) / 2 ** 32) * count);
  }
}
