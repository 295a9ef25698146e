/**
 * HyperLogLogs: the commands as methods. Made of the specs in src/commands by `npm run docs`, and not to be edited.
 */

import { type Many, restOf } from '../arguments.js';
import { reading, writing } from '../command.js';
import type { Argument, Mode, Result } from '../command-runner.js';
import type { Text } from '../reply.js';
import { asBoolean, asString } from '../shapes.js';
import { BitmapCommands } from './bitmaps.js';

const PFADD = writing('PFADD', asBoolean);
const PFCOUNT = reading('PFCOUNT');
const PFMERGE = writing('PFMERGE', asString);

/** HyperLogLogs: how many different elements there were, in 12 KB and within a percent. */
export abstract class HyperLogLogCommands<T extends Text, M extends Mode> extends BitmapCommands<T, M> {
  /**
   * Adds elements to a HyperLogLog; returns 1 when that changed it or created the key.
   *
   * `PFADD key [element [element ...]]`
   *
   * Since 2.8.9. Cost: O(1) for each element.
   *
   * @returns true or false
   */
  pfadd(key: Argument, ...elements: Many): Result<M, boolean> {
    return this.run(PFADD, [key, ...restOf(elements)]) as Result<M, boolean>;
  }

  /**
   * Estimates how many different elements a HyperLogLog, or several together, have been given.
   *
   * `PFCOUNT key [key ...]`
   *
   * Since 2.8.9. Cost: O(1) with one key that has not changed since, O(N) with the number of keys.
   *
   * @returns an integer
   */
  pfcount(...keys: Many): Result<M, number> {
    return this.run(PFCOUNT, [...restOf(keys)]) as Result<M, number>;
  }

  /**
   * Merges HyperLogLogs into one, which is one of them if it is there.
   *
   * `PFMERGE destkey [sourcekey [sourcekey ...]]`
   *
   * Since 2.8.9. Cost: O(N) with the number of keys.
   *
   * @returns `OK`
   */
  pfmerge(destkey: Argument, ...sourcekeys: Many): Result<M, 'OK'> {
    return this.run(PFMERGE, [destkey, ...restOf(sourcekeys)]) as Result<M, 'OK'>;
  }
}
