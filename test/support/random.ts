/**
 * Random numbers that a printed seed brings back: xorshift32 (Marsaglia, 2003). Not for secrets, and not uniform to the last
 * bit; good enough to choose keys and moments.
 */

export class SeededRandom {
  #state: number;

  /** @param seed any integer; 0 counts as 1 */
  constructor(seed: number) {
    this.#state = seed | 0 || 1;
    for (let i = 0; i < 8; i++) this.next();
  }

  /** The next 32 random bits, unsigned. */
  next(): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return x >>> 0;
  }

  /** An integer from 0 to `limit - 1`. */
  below(limit: number): number {
    return Math.floor((this.next() / 0x1_0000_0000) * limit);
  }
}

/** The seed of a run: `text` when given (an environment variable, an option), else a new one. */
export function chooseSeed(text: string | undefined): number {
  if (text !== undefined && text !== '') return Number(text) | 0;
  return (Math.random() * 0x7fff_ffff) | 0;
}
