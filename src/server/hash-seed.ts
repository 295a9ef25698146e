/**
 * The seed of the key hash: one for a process. Servers that live in the same thread share its module (base/hash.ts), and
 * another thread that attaches to one of them has to hash as that one does.
 *
 * So the first server of a process draws it, and it goes to all workers that are started later as environment data.
 */

import { randomBytes } from 'node:crypto';
import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';
import { CrabError } from '../base/errors.js';
import { setHashSeed } from '../base/hash.js';

const ENVIRONMENT_KEY = 'crabkv: seed of the key hash';

export interface HashSeed {
  readonly low: number;
  readonly high: number;
}

/** The seed of this process, as far as this thread knows: of the servers here, and of those that were here before its start. */
export function processHashSeed(): HashSeed {
  const known = getEnvironmentData(ENVIRONMENT_KEY) as HashSeed | undefined;
  if (known !== undefined) return known;
  const bytes = randomBytes(8);
  const seed = { low: bytes.readUInt32LE(0), high: bytes.readUInt32LE(4) };
  setEnvironmentData(ENVIRONMENT_KEY, seed as never);
  return seed;
}

/**
 * Has this thread hash with `seed` from now on, as all threads of a server do.
 *
 * @throws CrabError HASH_SEED when servers live in this thread that hash otherwise
 */
export function adoptHashSeed(seed: HashSeed): void {
  const known = getEnvironmentData(ENVIRONMENT_KEY) as HashSeed | undefined;
  if (known === undefined) setEnvironmentData(ENVIRONMENT_KEY, seed as never);
  else if (known.low !== seed.low || known.high !== seed.high) {
    const advice =
      'start the worker after the store has been opened, or attach before the worker opens its own';
    throw new CrabError(
      'HASH_SEED',
      `this thread has a store of its own, and can't attach to another: ${advice}`,
    );
  }
  setHashSeed(seed.low, seed.high);
}
