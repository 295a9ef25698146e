/**
 * Lists: the commands as methods. Made of the specs in src/commands by `npm run docs`, and not to be edited.
 */

import {
  checkOptions,
  type Integer,
  type Many,
  type NotGiven,
  type OneOrMore,
  restOf,
  toList,
} from '../arguments.js';
import { reading, waiting, writing } from '../command.js';
import type { Argument, Mode, Result } from '../command-runner.js';
import type { Text } from '../reply.js';
import { asIs, asString, tupleOf } from '../shapes.js';
import { StringCommands } from './strings.js';

const LPUSH = writing('LPUSH');
const RPUSH = writing('RPUSH');
const LPUSHX = writing('LPUSHX');
const RPUSHX = writing('RPUSHX');
const LPOP = writing('LPOP');
const RPOP = writing('RPOP');
const LLEN = reading('LLEN');
const LRANGE = reading('LRANGE');
const LINDEX = reading('LINDEX');
const LSET = writing('LSET', asString);
const LINSERT = writing('LINSERT');
const LREM = writing('LREM');
const LTRIM = writing('LTRIM', asString);
const LPOS = reading('LPOS');
const LPOS_OPTIONS: ReadonlySet<string> = new Set(['rank', 'count', 'maxlen']);
const LMOVE = writing('LMOVE');
const RPOPLPUSH = writing('RPOPLPUSH');
const LMPOP = writing('LMPOP', tupleOf(asIs, asIs));
const LMPOP_OPTIONS: ReadonlySet<string> = new Set(['count']);
const BLPOP = waiting('BLPOP', -1, 1000, tupleOf(asIs, asIs));
const BRPOP = waiting('BRPOP', -1, 1000, tupleOf(asIs, asIs));
const BLMOVE = waiting('BLMOVE', -1, 1000);
const BRPOPLPUSH = waiting('BRPOPLPUSH', -1, 1000);
const BLMPOP = waiting('BLMPOP', 0, 1000, tupleOf(asIs, asIs));
const BLMPOP_OPTIONS: ReadonlySet<string> = new Set(['count']);

/** The options of LPOS. */
export interface LposOptions {
  /** `RANK rank` */
  readonly rank?: Integer;
  /** `COUNT num-matches` */
  readonly count?: Integer;
  /** `MAXLEN len` */
  readonly maxlen?: Integer;
}

/** The options of LMPOP. */
export interface LmpopOptions {
  /** `COUNT count` */
  readonly count?: Integer;
}

/** The options of BLMPOP. */
export interface BlmpopOptions {
  /** `COUNT count` */
  readonly count?: Integer;
}

/** Lists: elements in a row, put and taken at either end, and waited for. */
export abstract class ListCommands<T extends Text, M extends Mode> extends StringCommands<T, M> {
  /**
   * Puts elements before the first one of a list, one after the other. A key that is not there begins as an empty list.
   *
   * `LPUSH key element [element ...]`
   *
   * Since 1.0.0. Cost: O(1) for each element.
   *
   * @returns an integer
   */
  lpush(key: Argument, ...elements: Many): Result<M, number> {
    return this.run(LPUSH, [key, ...restOf(elements)]) as Result<M, number>;
  }

  /**
   * Puts elements after the last one of a list. A key that is not there begins as an empty list.
   *
   * `RPUSH key element [element ...]`
   *
   * Since 1.0.0. Cost: O(1) for each element.
   *
   * @returns an integer
   */
  rpush(key: Argument, ...elements: Many): Result<M, number> {
    return this.run(RPUSH, [key, ...restOf(elements)]) as Result<M, number>;
  }

  /**
   * Puts elements before the first one of a list, one after the other, if there is such a list.
   *
   * `LPUSHX key element [element ...]`
   *
   * Since 2.2.0. Cost: O(1) for each element.
   *
   * @returns an integer
   */
  lpushx(key: Argument, ...elements: Many): Result<M, number> {
    return this.run(LPUSHX, [key, ...restOf(elements)]) as Result<M, number>;
  }

  /**
   * Puts elements after the last one of a list, if there is such a list.
   *
   * `RPUSHX key element [element ...]`
   *
   * Since 2.2.0. Cost: O(1) for each element.
   *
   * @returns an integer
   */
  rpushx(key: Argument, ...elements: Many): Result<M, number> {
    return this.run(RPUSHX, [key, ...restOf(elements)]) as Result<M, number>;
  }

  /**
   * Takes the first element of a list away and returns it, or as many of the first ones as asked for.
   *
   * `LPOP key [count]`
   *
   * Since 1.0.0. Cost: O(N) in the number of elements returned.
   *
   * @returns a text, or undefined; with `count`: a list of texts, or undefined
   */
  lpop(key: Argument): Result<M, T | undefined>;
  lpop(key: Argument, count: Integer): Result<M, T[] | undefined>;
  lpop(key: Argument, count?: Integer): Result<M, T[] | T | undefined>;
  lpop(key: Argument, count?: Integer): Result<M, unknown> {
    const args: Argument[] = [key];
    if (count !== undefined) args.push(count);
    return this.run(LPOP, args);
  }

  /**
   * Takes the last element of a list away and returns it, or as many of the last ones as asked for, backwards.
   *
   * `RPOP key [count]`
   *
   * Since 1.0.0. Cost: O(N) in the number of elements returned.
   *
   * @returns a text, or undefined; with `count`: a list of texts, or undefined
   */
  rpop(key: Argument): Result<M, T | undefined>;
  rpop(key: Argument, count: Integer): Result<M, T[] | undefined>;
  rpop(key: Argument, count?: Integer): Result<M, T[] | T | undefined>;
  rpop(key: Argument, count?: Integer): Result<M, unknown> {
    const args: Argument[] = [key];
    if (count !== undefined) args.push(count);
    return this.run(RPOP, args);
  }

  /**
   * Returns the number of elements of a list.
   *
   * `LLEN key`
   *
   * Since 1.0.0. Cost: O(1).
   *
   * @returns an integer
   */
  llen(key: Argument): Result<M, number> {
    return this.run(LLEN, [key]) as Result<M, number>;
  }

  /**
   * Returns the elements from one index to another; negative ones count from the end.
   *
   * `LRANGE key start stop`
   *
   * Since 1.0.0. Cost: O(log(N)+M) in the size of the list and the number of elements returned.
   *
   * @returns a list of texts
   */
  lrange(key: Argument, start: Integer, stop: Integer): Result<M, T[]> {
    return this.run(LRANGE, [key, start, stop]) as Result<M, T[]>;
  }

  /**
   * Returns the element at an index; a negative one counts from the end.
   *
   * `LINDEX key index`
   *
   * Since 1.0.0. Cost: O(log(N)).
   *
   * @returns a text, or undefined
   */
  lindex(key: Argument, index: Integer): Result<M, T | undefined> {
    return this.run(LINDEX, [key, index]) as Result<M, T | undefined>;
  }

  /**
   * Sets the element at an index, which there must be; a negative one counts from the end.
   *
   * `LSET key index element`
   *
   * Since 1.0.0. Cost: O(log(N)).
   *
   * @returns `OK`
   */
  lset(key: Argument, index: Integer, element: Argument): Result<M, 'OK'> {
    return this.run(LSET, [key, index, element]) as Result<M, 'OK'>;
  }

  /**
   * Inserts an element before or after the first one that is equal to the pivot.
   *
   * `LINSERT key <BEFORE | AFTER> pivot element`
   *
   * Since 2.2.0. Cost: O(N) in the number of elements before the pivot.
   *
   * @returns an integer
   */
  linsert(key: Argument, where: 'before' | 'after', pivot: Argument, element: Argument): Result<M, number> {
    return this.run(LINSERT, [key, where, pivot, element]) as Result<M, number>;
  }

  /**
   * Removes the elements that are equal to one: the first so many, or with a negative count the last, or with 0 all.
   *
   * `LREM key count element`
   *
   * Since 1.0.0. Cost: O(N) in the number of elements.
   *
   * @returns an integer
   */
  lrem(key: Argument, count: Integer, element: Argument): Result<M, number> {
    return this.run(LREM, [key, count, element]) as Result<M, number>;
  }

  /**
   * Keeps the elements from one index to another and removes all others; negative ones count from the end.
   *
   * `LTRIM key start stop`
   *
   * Since 1.0.0. Cost: O(N) in the number of elements removed.
   *
   * @returns `OK`
   */
  ltrim(key: Argument, start: Integer, stop: Integer): Result<M, 'OK'> {
    return this.run(LTRIM, [key, start, stop]) as Result<M, 'OK'>;
  }

  /**
   * Returns the index of an element, or those of several that are equal to it.
   *
   * `LPOS key element [RANK rank] [COUNT num-matches] [MAXLEN len]`
   *
   * Since 6.0.6. Cost: O(N) in the number of elements compared.
   *
   * @returns an integer, or undefined; with `count`: a list of integers
   */
  lpos(
    key: Argument,
    element: Argument,
    options?: LposOptions & NotGiven<'count'>,
  ): Result<M, number | undefined>;
  lpos(key: Argument, element: Argument, options: LposOptions & { count: Integer }): Result<M, number[]>;
  lpos(key: Argument, element: Argument, options?: LposOptions): Result<M, number[] | number | undefined>;
  lpos(key: Argument, element: Argument, options?: LposOptions): Result<M, unknown> {
    if (options === undefined) return this.run(LPOS, [key, element]);
    checkOptions(options, LPOS_OPTIONS, 'LPOS');
    const args: Argument[] = [key, element];
    if (options.rank !== undefined) args.push('RANK', options.rank);
    if (options.count !== undefined) args.push('COUNT', options.count);
    if (options.maxlen !== undefined) args.push('MAXLEN', options.maxlen);
    return this.run(LPOS, args);
  }

  /**
   * Takes an element from one end of a list, puts it at one end of another one, and returns it.
   *
   * `LMOVE source destination <LEFT | RIGHT> <LEFT | RIGHT>`
   *
   * Since 6.2.0. Cost: O(1).
   *
   * @returns a text, or undefined
   */
  lmove(
    source: Argument,
    destination: Argument,
    wherefrom: 'left' | 'right',
    whereto: 'left' | 'right',
  ): Result<M, T | undefined> {
    return this.run(LMOVE, [source, destination, wherefrom, whereto]) as Result<M, T | undefined>;
  }

  /**
   * Takes the last element of a list, puts it before the first one of another list, and returns it. Deprecated: use LMOVE.
   *
   * `RPOPLPUSH source destination`
   *
   * Since 1.2.0. Cost: O(1).
   *
   * @returns a text, or undefined
   */
  rpoplpush(source: Argument, destination: Argument): Result<M, T | undefined> {
    return this.run(RPOPLPUSH, [source, destination]) as Result<M, T | undefined>;
  }

  /**
   * Takes elements from one end of the first list that is there, and returns its key and them.
   *
   * `LMPOP numkeys key [key ...] <LEFT | RIGHT> [COUNT count]`
   *
   * Since 7.0.0. Cost: O(N+M) in the numbers of keys and of elements returned.
   *
   * @returns a pair: a text and a list of texts, or undefined
   */
  lmpop(keys: OneOrMore, where: 'left' | 'right', options?: LmpopOptions): Result<M, [T, T[]] | undefined> {
    const list = toList(keys);
    if (options === undefined)
      return this.run(LMPOP, [list.length, ...list, where]) as Result<M, [T, T[]] | undefined>;
    checkOptions(options, LMPOP_OPTIONS, 'LMPOP');
    const args: Argument[] = [list.length, ...list, where];
    if (options.count !== undefined) args.push('COUNT', options.count);
    return this.run(LMPOP, args) as Result<M, [T, T[]] | undefined>;
  }

  /**
   * Takes the first element of the first list that is there, or waits until one is, and returns its key and the element.
   *
   * `BLPOP key [key ...] timeout`
   *
   * Since 2.0.0. Cost: O(N) in the number of keys.
   *
   * @returns a pair: a text and a text, or undefined
   */
  blpop(keys: OneOrMore, timeout: number): Result<M, [T, T] | undefined> {
    return this.run(BLPOP, [...toList(keys), timeout]) as Result<M, [T, T] | undefined>;
  }

  /**
   * Takes the last element of the first list that is there, or waits until one is, and returns its key and the element.
   *
   * `BRPOP key [key ...] timeout`
   *
   * Since 2.0.0. Cost: O(N) in the number of keys.
   *
   * @returns a pair: a text and a text, or undefined
   */
  brpop(keys: OneOrMore, timeout: number): Result<M, [T, T] | undefined> {
    return this.run(BRPOP, [...toList(keys), timeout]) as Result<M, [T, T] | undefined>;
  }

  /**
   * As LMOVE, but waits until there is an element.
   *
   * `BLMOVE source destination <LEFT | RIGHT> <LEFT | RIGHT> timeout`
   *
   * Since 6.2.0. Cost: O(1).
   *
   * @returns a text, or undefined
   */
  blmove(
    source: Argument,
    destination: Argument,
    wherefrom: 'left' | 'right',
    whereto: 'left' | 'right',
    timeout: number,
  ): Result<M, T | undefined> {
    return this.run(BLMOVE, [source, destination, wherefrom, whereto, timeout]) as Result<M, T | undefined>;
  }

  /**
   * As RPOPLPUSH, but waits until there is an element. Deprecated: use BLMOVE.
   *
   * `BRPOPLPUSH source destination timeout`
   *
   * Since 2.2.0. Cost: O(1).
   *
   * @returns a text, or undefined
   */
  brpoplpush(source: Argument, destination: Argument, timeout: number): Result<M, T | undefined> {
    return this.run(BRPOPLPUSH, [source, destination, timeout]) as Result<M, T | undefined>;
  }

  /**
   * As LMPOP, but waits until there is a list.
   *
   * `BLMPOP timeout numkeys key [key ...] <LEFT | RIGHT> [COUNT count]`
   *
   * Since 7.0.0. Cost: O(N+M) in the numbers of keys and of elements returned.
   *
   * @returns a pair: a text and a list of texts, or undefined
   */
  blmpop(
    timeout: number,
    keys: OneOrMore,
    where: 'left' | 'right',
    options?: BlmpopOptions,
  ): Result<M, [T, T[]] | undefined> {
    const list = toList(keys);
    if (options === undefined)
      return this.run(BLMPOP, [timeout, list.length, ...list, where]) as Result<M, [T, T[]] | undefined>;
    checkOptions(options, BLMPOP_OPTIONS, 'BLMPOP');
    const args: Argument[] = [timeout, list.length, ...list, where];
    if (options.count !== undefined) args.push('COUNT', options.count);
    return this.run(BLMPOP, args) as Result<M, [T, T[]] | undefined>;
  }
}
