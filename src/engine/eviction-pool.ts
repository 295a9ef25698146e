/**
 * The eviction pool: the best keys to evict of all that were looked at lately.
 *
 * Each eviction looks at a few keys only, and takes one. The others need not be looked at again to be known: the best of them
 * stay here and compete with those that the next evictions meet (the idea of Redis 3.0's evict.c). So a few samples come
 * close to the order of all keys.
 *
 * A candidate is named by its entry's pointer and its key's hash, shard and database. Nobody tells the pool when a key is used,
 * changed or deleted, so whoever takes a candidate out must look whether it is still there, and still as good.
 *
 * One instance a thread. Columns of numbers and no objects, so that nothing is allocated.
 */

/** As many as in Redis. */
export const POOL_SIZE = 16;
export const NO_CANDIDATE = -1;

export class EvictionPool {
  /** How good the entry at hand is to evict, the highest first: `admits`, `add` and `surpasses` go by it. */
  readonly score = new Float64Array(1);
  /** Of each candidate, 0 to `count` - 1. */
  readonly pointers = new Uint32Array(POOL_SIZE);
  readonly hashes = new Int32Array(POOL_SIZE);
  readonly shards = new Uint8Array(POOL_SIZE);
  readonly databases = new Uint8Array(POOL_SIZE);
  count = 0;
  private readonly scores = new Float64Array(POOL_SIZE);
  /** Of a full pool, the candidate that is to go for a better one. */
  private lowest = 0;

  clear(): void {
    this.count = 0;
  }

  /** True when the entry at hand, at `pointer`, is good enough for the pool and not in it yet. */
  admits(pointer: number): boolean {
    if (this.count === POOL_SIZE && this.score[0]! <= this.scores[this.lowest]!) return false;
    for (let index = 0; index < this.count; index++) {
      if (this.pointers[index] === pointer) return false;
    }
    return true;
  }

  /** Takes the entry at hand in; of a full pool, the worst candidate has to go. */
  add(pointer: number, hash: number, shard: number, database: number): void {
    const index = this.count === POOL_SIZE ? this.lowest : this.count++;
    this.scores[index] = this.score[0]!;
    this.pointers[index] = pointer;
    this.hashes[index] = hash;
    this.shards[index] = shard;
    this.databases[index] = database;
    if (this.count === POOL_SIZE) this.findLowest();
  }

  /** The candidate with the highest score, or NO_CANDIDATE. */
  best(): number {
    let best = NO_CANDIDATE;
    for (let index = 0; index < this.count; index++) {
      if (best === NO_CANDIDATE || this.scores[index]! > this.scores[best]!) best = index;
    }
    return best;
  }

  /** True when no candidate is better than the entry at hand. */
  surpasses(): boolean {
    for (let index = 0; index < this.count; index++) {
      if (this.scores[index]! > this.score[0]!) return false;
    }
    return true;
  }

  /** Takes a candidate out. The last one gets its number. */
  remove(index: number): void {
    const last = --this.count;
    this.scores[index] = this.scores[last]!;
    this.pointers[index] = this.pointers[last]!;
    this.hashes[index] = this.hashes[last]!;
    this.shards[index] = this.shards[last]!;
    this.databases[index] = this.databases[last]!;
  }

  private findLowest(): void {
    let lowest = 0;
    for (let index = 1; index < POOL_SIZE; index++) {
      if (this.scores[index]! < this.scores[lowest]!) lowest = index;
    }
    this.lowest = lowest;
  }
}
