/**
 * Bitmaps: the commands as methods. Made of the specs in src/commands by `npm run docs`, and not to be edited.
 */

import {
  type BitfieldGet,
  type BitfieldOperation,
  type BitRange,
  type Integer,
  type Many,
  type OpenBitRange,
  pushOperation,
  restOf,
} from '../arguments.js';
import { reading, writing } from '../command.js';
import type { Argument, Mode, Result } from '../command-runner.js';
import type { Text } from '../reply.js';
import { GeoCommands } from './geo.js';

const SETBIT = writing('SETBIT');
const GETBIT = reading('GETBIT');
const BITCOUNT = reading('BITCOUNT');
const BITPOS = reading('BITPOS');
const BITOP = writing('BITOP');
const BITFIELD = writing('BITFIELD');
const BITFIELD_RO = reading('BITFIELD_RO');

/** Bits, and integers of any width, in strings. */
export abstract class BitmapCommands<T extends Text, M extends Mode> extends GeoCommands<T, M> {
  /**
   * Sets a bit of the string at a key, which grows as needed, and returns what it was.
   *
   * `SETBIT key offset value`
   *
   * Since 2.2.0. Cost: O(1).
   *
   * @returns an integer
   */
  setbit(key: Argument, offset: Integer, value: 0 | 1): Result<M, number> {
    return this.run(SETBIT, [key, offset, value]) as Result<M, number>;
  }

  /**
   * Returns a bit of the string at a key, 0 beyond its end.
   *
   * `GETBIT key offset`
   *
   * Since 2.2.0. Cost: O(1).
   *
   * @returns an integer
   */
  getbit(key: Argument, offset: Integer): Result<M, number> {
    return this.run(GETBIT, [key, offset]) as Result<M, number>;
  }

  /**
   * Counts the bits that are 1 in the string at a key, or in a part of it.
   *
   * `BITCOUNT key [start end [BYTE | BIT]]`
   *
   * Since 2.6.0. Cost: O(N) with the bytes of the part.
   *
   * @returns an integer
   */
  bitcount(key: Argument, ...range: BitRange): Result<M, number> {
    return this.run(BITCOUNT, [key, ...range]) as Result<M, number>;
  }

  /**
   * Finds the first bit that is 1, or 0, in the string at a key, or in a part of it.
   *
   * `BITPOS key bit [start [end [BYTE | BIT]]]`
   *
   * Since 2.8.7. Cost: O(N) with the bytes of the part.
   *
   * @returns an integer
   */
  bitpos(key: Argument, bit: 0 | 1, ...range: OpenBitRange): Result<M, number> {
    return this.run(BITPOS, [key, bit, ...range]) as Result<M, number>;
  }

  /**
   * Combines strings bit by bit and stores the result; returns its size.
   *
   * `BITOP <AND | OR | XOR | NOT | DIFF | DIFF1 | ANDOR | ONE> destkey key [key ...]`
   *
   * Since 2.6.0. Cost: O(N) with the bytes of the longest string.
   *
   * @returns an integer
   */
  bitop(
    operation: 'and' | 'or' | 'xor' | 'not' | 'diff' | 'diff1' | 'andor' | 'one',
    destkey: Argument,
    ...keys: Many
  ): Result<M, number> {
    return this.run(BITOP, [operation, destkey, ...restOf(keys)]) as Result<M, number>;
  }

  /**
   * Reads, sets and increments integers of any width at any bits of the string at a key, all at one moment.
   *
   * `BITFIELD key [GET encoding offset | [OVERFLOW WRAP | SAT | FAIL] <SET encoding offset value | INCRBY encoding offset
   * increment> [GET encoding offset | [OVERFLOW WRAP | SAT | FAIL] <SET encoding offset value | INCRBY encoding offset
   * increment> ...]]`
   *
   * Since 3.2.0. Cost: O(1) for each operation.
   *
   * @returns a list of integers (bigints beyond ±(2^53-1)), undefined where there is none
   */
  bitfield(
    key: Argument,
    ...operations: Many<BitfieldOperation>
  ): Result<M, (number | bigint | undefined)[]> {
    const args: Argument[] = [key];
    for (const operation of restOf(operations)) pushOperation(args, operation);
    return this.run(BITFIELD, args) as Result<M, (number | bigint | undefined)[]>;
  }

  /**
   * Reads integers of any width at any bits of the string at a key.
   *
   * `BITFIELD_RO key [GET encoding offset [GET encoding offset ...]]`
   *
   * Since 6.0.0. Cost: O(1) for each operation.
   *
   * @returns a list of integers (bigints beyond ±(2^53-1))
   */
  bitfieldRo(key: Argument, ...operations: Many<BitfieldGet>): Result<M, (number | bigint)[]> {
    const args: Argument[] = [key];
    for (const operation of restOf(operations)) pushOperation(args, operation);
    return this.run(BITFIELD_RO, args) as Result<M, (number | bigint)[]>;
  }
}
