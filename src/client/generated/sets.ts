/**
 * Sets: the commands as methods. Made of the specs in src/commands by `npm run docs`, and not to be edited.
 */

import {
  checkOptions,
  type Integer,
  type Many,
  type OneOrMore,
  type Pattern,
  restOf,
  toList,
} from '../arguments.js';
import { reading, writing } from '../command.js';
import type { Argument, Mode, Result } from '../command-runner.js';
import type { Text } from '../reply.js';
import { asBoolean, asIs, asString, listOf, objectOf, setOf } from '../shapes.js';
import { ListCommands } from './lists.js';

const SADD = writing('SADD');
const SREM = writing('SREM');
const SISMEMBER = reading('SISMEMBER', asBoolean);
const SMISMEMBER = reading('SMISMEMBER', listOf(asBoolean));
const SMEMBERS = reading('SMEMBERS', setOf(asIs));
const SCARD = reading('SCARD');
const SMOVE = writing('SMOVE', asBoolean);
const SPOP = writing('SPOP');
const SPOP_COUNT = writing('SPOP', setOf(asIs));
const SRANDMEMBER = reading('SRANDMEMBER');
const SSCAN = reading('SSCAN', objectOf({ cursor: asString, members: asIs }));
const SSCAN_OPTIONS: ReadonlySet<string> = new Set(['match', 'count']);
const SINTER = reading('SINTER', setOf(asIs));
const SINTERCARD = reading('SINTERCARD');
const SINTERCARD_OPTIONS: ReadonlySet<string> = new Set(['limit']);
const SINTERSTORE = writing('SINTERSTORE');
const SUNION = reading('SUNION', setOf(asIs));
const SUNIONSTORE = writing('SUNIONSTORE');
const SDIFF = reading('SDIFF', setOf(asIs));
const SDIFFSTORE = writing('SDIFFSTORE');

/** The options of SSCAN. */
export interface SscanOptions {
  /** `MATCH pattern` */
  readonly match?: Pattern;
  /** `COUNT count` */
  readonly count?: Integer;
}

/** The options of SINTERCARD. */
export interface SintercardOptions {
  /** `LIMIT limit` */
  readonly limit?: Integer;
}

/** Sets: members without order, each one once. */
export abstract class SetCommands<T extends Text, M extends Mode> extends ListCommands<T, M> {
  /**
   * Adds members to a set.
   *
   * `SADD key member [member ...]`
   *
   * Since 1.0.0. Cost: O(1) for each element added, so O(N) to add N elements when the command is called with multiple
   * arguments.
   *
   * @returns an integer
   */
  sadd(key: Argument, ...members: Many): Result<M, number> {
    return this.run(SADD, [key, ...restOf(members)]) as Result<M, number>;
  }

  /**
   * Removes members from a set.
   *
   * `SREM key member [member ...]`
   *
   * Since 1.0.0. Cost: O(N) where N is the number of members to be removed.
   *
   * @returns an integer
   */
  srem(key: Argument, ...members: Many): Result<M, number> {
    return this.run(SREM, [key, ...restOf(members)]) as Result<M, number>;
  }

  /**
   * Tells whether a set has a member.
   *
   * `SISMEMBER key member`
   *
   * Since 1.0.0. Cost: O(1).
   *
   * @returns true or false
   */
  sismember(key: Argument, member: Argument): Result<M, boolean> {
    return this.run(SISMEMBER, [key, member]) as Result<M, boolean>;
  }

  /**
   * Tells of several members whether a set has them.
   *
   * `SMISMEMBER key member [member ...]`
   *
   * Since 6.2.0. Cost: O(N) where N is the number of elements being checked for membership.
   *
   * @returns a list of booleans
   */
  smismember(key: Argument, ...members: Many): Result<M, boolean[]> {
    return this.run(SMISMEMBER, [key, ...restOf(members)]) as Result<M, boolean[]>;
  }

  /**
   * Returns all members of a set.
   *
   * `SMEMBERS key`
   *
   * Since 1.0.0. Cost: O(N) where N is the set cardinality.
   *
   * @returns a Set of texts
   */
  smembers(key: Argument): Result<M, Set<T>> {
    return this.run(SMEMBERS, [key]) as Result<M, Set<T>>;
  }

  /**
   * Returns the number of members of a set.
   *
   * `SCARD key`
   *
   * Since 1.0.0. Cost: O(1).
   *
   * @returns an integer
   */
  scard(key: Argument): Result<M, number> {
    return this.run(SCARD, [key]) as Result<M, number>;
  }

  /**
   * Moves a member from one set to another.
   *
   * `SMOVE source destination member`
   *
   * Since 1.0.0. Cost: O(1).
   *
   * @returns true or false
   */
  smove(source: Argument, destination: Argument, member: Argument): Result<M, boolean> {
    return this.run(SMOVE, [source, destination, member]) as Result<M, boolean>;
  }

  /**
   * Takes random members out of a set and returns them.
   *
   * `SPOP key [count]`
   *
   * Since 1.0.0. Cost: Without the count argument O(1), otherwise O(N) where N is the value of the passed count.
   *
   * @returns a text, or undefined; with `count`: a Set of texts
   */
  spop(key: Argument): Result<M, T | undefined>;
  spop(key: Argument, count: Integer): Result<M, Set<T>>;
  spop(key: Argument, count?: Integer): Result<M, Set<T> | T | undefined>;
  spop(key: Argument, count?: Integer): Result<M, unknown> {
    const args: Argument[] = [key];
    if (count !== undefined) args.push(count);
    return this.run(count !== undefined ? SPOP_COUNT : SPOP, args);
  }

  /**
   * Returns random members of a set.
   *
   * `SRANDMEMBER key [count]`
   *
   * Since 1.0.0. Cost: Without the count argument O(1), otherwise O(N) where N is the absolute value of the passed count.
   *
   * @returns a text, or undefined; with `count`: a list of texts
   */
  srandmember(key: Argument): Result<M, T | undefined>;
  srandmember(key: Argument, count: Integer): Result<M, T[]>;
  srandmember(key: Argument, count?: Integer): Result<M, T[] | T | undefined>;
  srandmember(key: Argument, count?: Integer): Result<M, unknown> {
    const args: Argument[] = [key];
    if (count !== undefined) args.push(count);
    return this.run(SRANDMEMBER, args);
  }

  /**
   * Goes through the members of a set a few at a time.
   *
   * `SSCAN key cursor [MATCH pattern] [COUNT count]`
   *
   * Since 2.8.0. Cost: O(1) for every call. O(N) for a complete iteration, including enough command calls for the cursor to
   * return back to 0. N is the number of elements inside the collection..
   *
   * @returns an object with `cursor`, `members`
   */
  sscan(
    key: Argument,
    cursor: Argument,
    options?: SscanOptions,
  ): Result<M, { cursor: string; members: T[] }> {
    if (options === undefined)
      return this.run(SSCAN, [key, cursor]) as Result<M, { cursor: string; members: T[] }>;
    checkOptions(options, SSCAN_OPTIONS, 'SSCAN');
    const args: Argument[] = [key, cursor];
    if (options.match !== undefined) args.push('MATCH', options.match);
    if (options.count !== undefined) args.push('COUNT', options.count);
    return this.run(SSCAN, args) as Result<M, { cursor: string; members: T[] }>;
  }

  /**
   * Returns the members that all of several sets have.
   *
   * `SINTER key [key ...]`
   *
   * Since 1.0.0. Cost: O(N*M) worst case where N is the cardinality of the smallest set and M is the number of sets.
   *
   * @returns a Set of texts
   */
  sinter(...keys: Many): Result<M, Set<T>> {
    return this.run(SINTER, [...restOf(keys)]) as Result<M, Set<T>>;
  }

  /**
   * Counts the members that all of several sets have, perhaps only up to a limit.
   *
   * `SINTERCARD numkeys key [key ...] [LIMIT limit]`
   *
   * Since 7.0.0. Cost: O(N*M) worst case where N is the cardinality of the smallest set and M is the number of sets.
   *
   * @returns an integer
   */
  sintercard(keys: OneOrMore, options?: SintercardOptions): Result<M, number> {
    const list = toList(keys);
    if (options === undefined) return this.run(SINTERCARD, [list.length, ...list]) as Result<M, number>;
    checkOptions(options, SINTERCARD_OPTIONS, 'SINTERCARD');
    const args: Argument[] = [list.length, ...list];
    if (options.limit !== undefined) args.push('LIMIT', options.limit);
    return this.run(SINTERCARD, args) as Result<M, number>;
  }

  /**
   * Stores the members that all of several sets have.
   *
   * `SINTERSTORE destination key [key ...]`
   *
   * Since 1.0.0. Cost: O(N*M) worst case where N is the cardinality of the smallest set and M is the number of sets.
   *
   * @returns an integer
   */
  sinterstore(destination: Argument, ...keys: Many): Result<M, number> {
    return this.run(SINTERSTORE, [destination, ...restOf(keys)]) as Result<M, number>;
  }

  /**
   * Returns the members that any of several sets has.
   *
   * `SUNION key [key ...]`
   *
   * Since 1.0.0. Cost: O(N) where N is the total number of elements in all given sets.
   *
   * @returns a Set of texts
   */
  sunion(...keys: Many): Result<M, Set<T>> {
    return this.run(SUNION, [...restOf(keys)]) as Result<M, Set<T>>;
  }

  /**
   * Stores the members that any of several sets has.
   *
   * `SUNIONSTORE destination key [key ...]`
   *
   * Since 1.0.0. Cost: O(N) where N is the total number of elements in all given sets.
   *
   * @returns an integer
   */
  sunionstore(destination: Argument, ...keys: Many): Result<M, number> {
    return this.run(SUNIONSTORE, [destination, ...restOf(keys)]) as Result<M, number>;
  }

  /**
   * Returns the members of the first set that none of the others has.
   *
   * `SDIFF key [key ...]`
   *
   * Since 1.0.0. Cost: O(N) where N is the total number of elements in all given sets.
   *
   * @returns a Set of texts
   */
  sdiff(...keys: Many): Result<M, Set<T>> {
    return this.run(SDIFF, [...restOf(keys)]) as Result<M, Set<T>>;
  }

  /**
   * Stores the members of the first set that none of the others has.
   *
   * `SDIFFSTORE destination key [key ...]`
   *
   * Since 1.0.0. Cost: O(N) where N is the total number of elements in all given sets.
   *
   * @returns an integer
   */
  sdiffstore(destination: Argument, ...keys: Many): Result<M, number> {
    return this.run(SDIFFSTORE, [destination, ...restOf(keys)]) as Result<M, number>;
  }
}
