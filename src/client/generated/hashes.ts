/**
 * Hashes: the commands as methods. Made of the specs in src/commands by `npm run docs`, and not to be edited.
 */

import {
  type AtMostOne,
  checkOptions,
  countPairs,
  type Integer,
  type Many,
  millisecondsOf,
  type NotGiven,
  type OneOrMore,
  type PairOrPairs,
  type Pairs,
  type Pattern,
  pushAll,
  pushPairOrPairs,
  pushPairs,
  restOf,
  secondsOf,
  type Time,
  toList,
} from '../arguments.js';
import { reading, writing } from '../command.js';
import type { Argument, Mode, Result } from '../command-runner.js';
import type { Text } from '../reply.js';
import { asBoolean, asIs, asNumber, asString, mapOf, objectOf, pairsOf } from '../shapes.js';
import { SortedSetCommands } from './sorted-sets.js';

const HSET = writing('HSET');
const HMSET = writing('HMSET', asString);
const HSETNX = writing('HSETNX', asBoolean);
const HGET = reading('HGET');
const HMGET = reading('HMGET');
const HGETALL = reading('HGETALL', mapOf(asIs, asIs));
const HKEYS = reading('HKEYS');
const HVALS = reading('HVALS');
const HLEN = reading('HLEN');
const HSTRLEN = reading('HSTRLEN');
const HEXISTS = reading('HEXISTS', asBoolean);
const HDEL = writing('HDEL');
const HINCRBY = writing('HINCRBY');
const HINCRBYFLOAT = writing('HINCRBYFLOAT', asNumber);
const HSCAN = reading('HSCAN', objectOf({ cursor: asString, entries: pairsOf(asIs, asIs) }));
const HSCAN_NOVALUES = reading('HSCAN', objectOf({ cursor: asString, fields: asIs }));
const HSCAN_OPTIONS: ReadonlySet<string> = new Set(['match', 'count', 'novalues']);
const HRANDFIELD = reading('HRANDFIELD');
const HRANDFIELD_WITHVALUES = reading('HRANDFIELD', pairsOf(asIs, asIs));
const HRANDFIELD_OPTIONS: ReadonlySet<string> = new Set(['withvalues']);
const HEXPIRE = writing('HEXPIRE');
const HEXPIRE_OPTIONS: ReadonlySet<string> = new Set(['nx', 'xx', 'gt', 'lt']);
const HPEXPIRE = writing('HPEXPIRE');
const HPEXPIRE_OPTIONS: ReadonlySet<string> = new Set(['nx', 'xx', 'gt', 'lt']);
const HEXPIREAT = writing('HEXPIREAT');
const HEXPIREAT_OPTIONS: ReadonlySet<string> = new Set(['nx', 'xx', 'gt', 'lt']);
const HPEXPIREAT = writing('HPEXPIREAT');
const HPEXPIREAT_OPTIONS: ReadonlySet<string> = new Set(['nx', 'xx', 'gt', 'lt']);
const HTTL = reading('HTTL');
const HPTTL = reading('HPTTL');
const HEXPIRETIME = reading('HEXPIRETIME');
const HPEXPIRETIME = reading('HPEXPIRETIME');
const HPERSIST = writing('HPERSIST');
const HGETDEL = writing('HGETDEL');
const HGETEX = writing('HGETEX');
const HGETEX_OPTIONS: ReadonlySet<string> = new Set(['ex', 'px', 'exat', 'pxat', 'persist']);
const HSETEX = writing('HSETEX', asBoolean);
const HSETEX_OPTIONS: ReadonlySet<string> = new Set(['fnx', 'fxx', 'ex', 'px', 'exat', 'pxat', 'keepttl']);

/** The options of HSCAN. */
export interface HscanOptions {
  /** `MATCH pattern` */
  readonly match?: Pattern;
  /** `COUNT count` */
  readonly count?: Integer;
  /** `NOVALUES`, since 7.4.0 */
  readonly novalues?: boolean;
}

/** The options of HRANDFIELD. */
export interface HrandfieldOptions {
  /** `WITHVALUES` */
  readonly withvalues?: boolean;
}

/** The options of HEXPIRE. */
export type HexpireOptions = AtMostOne<{
  /** `NX` */
  readonly nx: boolean;
  /** `XX` */
  readonly xx: boolean;
  /** `GT` */
  readonly gt: boolean;
  /** `LT` */
  readonly lt: boolean;
}>;

/** The options of HPEXPIRE. */
export type HpexpireOptions = AtMostOne<{
  /** `NX` */
  readonly nx: boolean;
  /** `XX` */
  readonly xx: boolean;
  /** `GT` */
  readonly gt: boolean;
  /** `LT` */
  readonly lt: boolean;
}>;

/** The options of HEXPIREAT. */
export type HexpireatOptions = AtMostOne<{
  /** `NX` */
  readonly nx: boolean;
  /** `XX` */
  readonly xx: boolean;
  /** `GT` */
  readonly gt: boolean;
  /** `LT` */
  readonly lt: boolean;
}>;

/** The options of HPEXPIREAT. */
export type HpexpireatOptions = AtMostOne<{
  /** `NX` */
  readonly nx: boolean;
  /** `XX` */
  readonly xx: boolean;
  /** `GT` */
  readonly gt: boolean;
  /** `LT` */
  readonly lt: boolean;
}>;

/** The options of HGETEX. */
export type HgetexOptions = AtMostOne<{
  /** `EX seconds` */
  readonly ex: Integer;
  /** `PX milliseconds` */
  readonly px: Integer;
  /** `EXAT unix-time-seconds` */
  readonly exat: Time;
  /** `PXAT unix-time-milliseconds` */
  readonly pxat: Time;
  /** `PERSIST` */
  readonly persist: boolean;
}>;

/** The options of HSETEX. */
export type HsetexOptions = AtMostOne<{
  /** `FNX` */
  readonly fnx: boolean;
  /** `FXX` */
  readonly fxx: boolean;
}> &
  AtMostOne<{
    /** `EX seconds` */
    readonly ex: Integer;
    /** `PX milliseconds` */
    readonly px: Integer;
    /** `EXAT unix-time-seconds` */
    readonly exat: Time;
    /** `PXAT unix-time-milliseconds` */
    readonly pxat: Time;
    /** `KEEPTTL` */
    readonly keepttl: boolean;
  }>;

/** Hashes: fields and values under one key; a field can expire. */
export abstract class HashCommands<T extends Text, M extends Mode> extends SortedSetCommands<T, M> {
  /**
   * Sets fields of a hash to values, whatever they held before.
   *
   * `HSET key field value [field value ...]`
   *
   * Since 2.0.0. Cost: O(1) for each field/value pair added, so O(N) to add N field/value pairs when the command is called
   * with multiple field/value pairs.
   *
   * @returns an integer
   */
  hset(key: Argument, ...data: PairOrPairs): Result<M, number> {
    const args: Argument[] = [key];
    pushPairOrPairs(args, data);
    return this.run(HSET, args) as Result<M, number>;
  }

  /**
   * Sets fields of a hash to values. Deprecated: use HSET.
   *
   * `HMSET key field value [field value ...]`
   *
   * Since 2.0.0. Cost: O(N) where N is the number of fields being set.
   *
   * @returns `OK`
   */
  hmset(key: Argument, ...data: PairOrPairs): Result<M, 'OK'> {
    const args: Argument[] = [key];
    pushPairOrPairs(args, data);
    return this.run(HMSET, args) as Result<M, 'OK'>;
  }

  /**
   * Sets a field of a hash unless it exists.
   *
   * `HSETNX key field value`
   *
   * Since 2.0.0. Cost: O(1).
   *
   * @returns true or false
   */
  hsetnx(key: Argument, field: Argument, value: Argument): Result<M, boolean> {
    return this.run(HSETNX, [key, field, value]) as Result<M, boolean>;
  }

  /**
   * Returns the value of a field of a hash.
   *
   * `HGET key field`
   *
   * Since 2.0.0. Cost: O(1).
   *
   * @returns a text, or undefined
   */
  hget(key: Argument, field: Argument): Result<M, T | undefined> {
    return this.run(HGET, [key, field]) as Result<M, T | undefined>;
  }

  /**
   * Returns the values of several fields of a hash.
   *
   * `HMGET key field [field ...]`
   *
   * Since 2.0.0. Cost: O(N) where N is the number of fields being requested.
   *
   * @returns a list of texts, undefined where there is none
   */
  hmget(key: Argument, ...fields: Many): Result<M, (T | undefined)[]> {
    return this.run(HMGET, [key, ...restOf(fields)]) as Result<M, (T | undefined)[]>;
  }

  /**
   * Returns all fields of a hash with their values.
   *
   * `HGETALL key`
   *
   * Since 2.0.0. Cost: O(N) where N is the size of the hash.
   *
   * @returns a Map of texts and texts
   */
  hgetall(key: Argument): Result<M, Map<T, T>> {
    return this.run(HGETALL, [key]) as Result<M, Map<T, T>>;
  }

  /**
   * Returns all fields of a hash.
   *
   * `HKEYS key`
   *
   * Since 2.0.0. Cost: O(N) where N is the size of the hash.
   *
   * @returns a list of texts
   */
  hkeys(key: Argument): Result<M, T[]> {
    return this.run(HKEYS, [key]) as Result<M, T[]>;
  }

  /**
   * Returns the values of all fields of a hash.
   *
   * `HVALS key`
   *
   * Since 2.0.0. Cost: O(N) where N is the size of the hash.
   *
   * @returns a list of texts
   */
  hvals(key: Argument): Result<M, T[]> {
    return this.run(HVALS, [key]) as Result<M, T[]>;
  }

  /**
   * Returns the number of fields of a hash.
   *
   * `HLEN key`
   *
   * Since 2.0.0. Cost: O(1).
   *
   * @returns an integer
   */
  hlen(key: Argument): Result<M, number> {
    return this.run(HLEN, [key]) as Result<M, number>;
  }

  /**
   * Returns the size of the value of a field of a hash.
   *
   * `HSTRLEN key field`
   *
   * Since 3.2.0. Cost: O(1).
   *
   * @returns an integer
   */
  hstrlen(key: Argument, field: Argument): Result<M, number> {
    return this.run(HSTRLEN, [key, field]) as Result<M, number>;
  }

  /**
   * Tells whether a hash has a field.
   *
   * `HEXISTS key field`
   *
   * Since 2.0.0. Cost: O(1).
   *
   * @returns true or false
   */
  hexists(key: Argument, field: Argument): Result<M, boolean> {
    return this.run(HEXISTS, [key, field]) as Result<M, boolean>;
  }

  /**
   * Deletes fields of a hash.
   *
   * `HDEL key field [field ...]`
   *
   * Since 2.0.0. Cost: O(N) where N is the number of fields to be removed.
   *
   * @returns an integer
   */
  hdel(key: Argument, ...fields: Many): Result<M, number> {
    return this.run(HDEL, [key, ...restOf(fields)]) as Result<M, number>;
  }

  /**
   * Adds a number to the integer value of a field of a hash; a missing field counts as 0.
   *
   * `HINCRBY key field increment`
   *
   * Since 2.0.0. Cost: O(1).
   *
   * @returns an integer, a bigint beyond ±(2^53-1)
   */
  hincrby(key: Argument, field: Argument, increment: Integer): Result<M, number | bigint> {
    return this.run(HINCRBY, [key, field, increment]) as Result<M, number | bigint>;
  }

  /**
   * Adds a number to the floating point value of a field of a hash; a missing field counts as 0.
   *
   * `HINCRBYFLOAT key field increment`
   *
   * Since 2.6.0. Cost: O(1).
   *
   * @returns a number
   */
  hincrbyfloat(key: Argument, field: Argument, increment: number): Result<M, number> {
    return this.run(HINCRBYFLOAT, [key, field, increment]) as Result<M, number>;
  }

  /**
   * Goes through the fields of a hash, and their values, a few at a time.
   *
   * `HSCAN key cursor [MATCH pattern] [COUNT count] [NOVALUES]`
   *
   * Since 2.8.0. Cost: O(1) for every call. O(N) for a complete iteration, including enough command calls for the cursor to
   * return back to 0. N is the number of elements inside the collection..
   *
   * @returns an object with `cursor`, `entries`; with `novalues`: an object with `cursor`, `fields`
   */
  hscan(
    key: Argument,
    cursor: Argument,
    options?: HscanOptions & NotGiven<'novalues'>,
  ): Result<M, { cursor: string; entries: [T, T][] }>;
  hscan(
    key: Argument,
    cursor: Argument,
    options: HscanOptions & { novalues: true },
  ): Result<M, { cursor: string; fields: T[] }>;
  hscan(
    key: Argument,
    cursor: Argument,
    options?: HscanOptions,
  ): Result<M, { cursor: string; fields: T[] } | { cursor: string; entries: [T, T][] }>;
  hscan(key: Argument, cursor: Argument, options?: HscanOptions): Result<M, unknown> {
    if (options === undefined) return this.run(HSCAN, [key, cursor]);
    checkOptions(options, HSCAN_OPTIONS, 'HSCAN');
    const args: Argument[] = [key, cursor];
    if (options.match !== undefined) args.push('MATCH', options.match);
    if (options.count !== undefined) args.push('COUNT', options.count);
    if (options.novalues) args.push('NOVALUES');
    return this.run(options.novalues ? HSCAN_NOVALUES : HSCAN, args);
  }

  /**
   * Returns random fields of a hash.
   *
   * `HRANDFIELD key [count [WITHVALUES]]`
   *
   * Since 6.2.0. Cost: O(N) where N is the number of fields returned.
   *
   * @returns a text, or undefined; with `withvalues`: a list of pairs, each a text and a text; with `count`: a list of texts
   */
  hrandfield(key: Argument): Result<M, T | undefined>;
  hrandfield(
    key: Argument,
    count: Integer,
    options: HrandfieldOptions & { withvalues: true },
  ): Result<M, [T, T][]>;
  hrandfield(
    key: Argument,
    count: Integer,
    options?: HrandfieldOptions & NotGiven<'withvalues'>,
  ): Result<M, T[]>;
  hrandfield(
    key: Argument,
    count?: Integer,
    options?: HrandfieldOptions,
  ): Result<M, [T, T][] | T[] | T | undefined>;
  hrandfield(key: Argument, count?: Integer, options?: HrandfieldOptions): Result<M, unknown> {
    if (options !== undefined) checkOptions(options, HRANDFIELD_OPTIONS, 'HRANDFIELD');
    const args: Argument[] = [key];
    if (count !== undefined) args.push(count);
    if (options !== undefined) {
      if (options.withvalues) args.push('WITHVALUES');
    }
    return this.run(options?.withvalues ? HRANDFIELD_WITHVALUES : HRANDFIELD, args);
  }

  /**
   * Sets the time to live of fields of a hash in seconds.
   *
   * `HEXPIRE key seconds [NX | XX | GT | LT] FIELDS numfields field [field ...]`
   *
   * Since 7.4.0. Cost: O(N) where N is the number of specified fields.
   *
   * @returns a list of integers
   */
  hexpire(key: Argument, seconds: Integer, fields: OneOrMore, options?: HexpireOptions): Result<M, number[]> {
    const list = toList(fields);
    if (options !== undefined) checkOptions(options, HEXPIRE_OPTIONS, 'HEXPIRE');
    const args: Argument[] = [key, seconds];
    if (options !== undefined) {
      if (options.nx) args.push('NX');
      if (options.xx) args.push('XX');
      if (options.gt) args.push('GT');
      if (options.lt) args.push('LT');
    }
    args.push('FIELDS');
    args.push(list.length);
    pushAll(args, list);
    return this.run(HEXPIRE, args) as Result<M, number[]>;
  }

  /**
   * Sets the time to live of fields of a hash in milliseconds.
   *
   * `HPEXPIRE key milliseconds [NX | XX | GT | LT] FIELDS numfields field [field ...]`
   *
   * Since 7.4.0. Cost: O(N) where N is the number of specified fields.
   *
   * @returns a list of integers
   */
  hpexpire(
    key: Argument,
    milliseconds: Integer,
    fields: OneOrMore,
    options?: HpexpireOptions,
  ): Result<M, number[]> {
    const list = toList(fields);
    if (options !== undefined) checkOptions(options, HPEXPIRE_OPTIONS, 'HPEXPIRE');
    const args: Argument[] = [key, milliseconds];
    if (options !== undefined) {
      if (options.nx) args.push('NX');
      if (options.xx) args.push('XX');
      if (options.gt) args.push('GT');
      if (options.lt) args.push('LT');
    }
    args.push('FIELDS');
    args.push(list.length);
    pushAll(args, list);
    return this.run(HPEXPIRE, args) as Result<M, number[]>;
  }

  /**
   * Sets when fields of a hash expire, in Unix seconds.
   *
   * `HEXPIREAT key unix-time-seconds [NX | XX | GT | LT] FIELDS numfields field [field ...]`
   *
   * Since 7.4.0. Cost: O(N) where N is the number of specified fields.
   *
   * @returns a list of integers
   */
  hexpireat(key: Argument, time: Time, fields: OneOrMore, options?: HexpireatOptions): Result<M, number[]> {
    const list = toList(fields);
    if (options !== undefined) checkOptions(options, HEXPIREAT_OPTIONS, 'HEXPIREAT');
    const args: Argument[] = [key, secondsOf(time)];
    if (options !== undefined) {
      if (options.nx) args.push('NX');
      if (options.xx) args.push('XX');
      if (options.gt) args.push('GT');
      if (options.lt) args.push('LT');
    }
    args.push('FIELDS');
    args.push(list.length);
    pushAll(args, list);
    return this.run(HEXPIREAT, args) as Result<M, number[]>;
  }

  /**
   * Sets when fields of a hash expire, in Unix milliseconds.
   *
   * `HPEXPIREAT key unix-time-milliseconds [NX | XX | GT | LT] FIELDS numfields field [field ...]`
   *
   * Since 7.4.0. Cost: O(N) where N is the number of specified fields.
   *
   * @returns a list of integers
   */
  hpexpireat(key: Argument, time: Time, fields: OneOrMore, options?: HpexpireatOptions): Result<M, number[]> {
    const list = toList(fields);
    if (options !== undefined) checkOptions(options, HPEXPIREAT_OPTIONS, 'HPEXPIREAT');
    const args: Argument[] = [key, millisecondsOf(time)];
    if (options !== undefined) {
      if (options.nx) args.push('NX');
      if (options.xx) args.push('XX');
      if (options.gt) args.push('GT');
      if (options.lt) args.push('LT');
    }
    args.push('FIELDS');
    args.push(list.length);
    pushAll(args, list);
    return this.run(HPEXPIREAT, args) as Result<M, number[]>;
  }

  /**
   * Returns the time to live of fields of a hash in seconds.
   *
   * `HTTL key FIELDS numfields field [field ...]`
   *
   * Since 7.4.0. Cost: O(N) where N is the number of specified fields.
   *
   * @returns a list of integers
   */
  httl(key: Argument, ...fields: Many): Result<M, number[]> {
    const list = restOf(fields);
    return this.run(HTTL, [key, 'FIELDS', list.length, ...list]) as Result<M, number[]>;
  }

  /**
   * Returns the time to live of fields of a hash in milliseconds.
   *
   * `HPTTL key FIELDS numfields field [field ...]`
   *
   * Since 7.4.0. Cost: O(N) where N is the number of specified fields.
   *
   * @returns a list of integers
   */
  hpttl(key: Argument, ...fields: Many): Result<M, number[]> {
    const list = restOf(fields);
    return this.run(HPTTL, [key, 'FIELDS', list.length, ...list]) as Result<M, number[]>;
  }

  /**
   * Returns when fields of a hash expire, in Unix seconds.
   *
   * `HEXPIRETIME key FIELDS numfields field [field ...]`
   *
   * Since 7.4.0. Cost: O(N) where N is the number of specified fields.
   *
   * @returns a list of integers
   */
  hexpiretime(key: Argument, ...fields: Many): Result<M, number[]> {
    const list = restOf(fields);
    return this.run(HEXPIRETIME, [key, 'FIELDS', list.length, ...list]) as Result<M, number[]>;
  }

  /**
   * Returns when fields of a hash expire, in Unix milliseconds.
   *
   * `HPEXPIRETIME key FIELDS numfields field [field ...]`
   *
   * Since 7.4.0. Cost: O(N) where N is the number of specified fields.
   *
   * @returns a list of integers
   */
  hpexpiretime(key: Argument, ...fields: Many): Result<M, number[]> {
    const list = restOf(fields);
    return this.run(HPEXPIRETIME, [key, 'FIELDS', list.length, ...list]) as Result<M, number[]>;
  }

  /**
   * Takes the time to live of fields of a hash away.
   *
   * `HPERSIST key FIELDS numfields field [field ...]`
   *
   * Since 7.4.0. Cost: O(N) where N is the number of specified fields.
   *
   * @returns a list of integers
   */
  hpersist(key: Argument, ...fields: Many): Result<M, number[]> {
    const list = restOf(fields);
    return this.run(HPERSIST, [key, 'FIELDS', list.length, ...list]) as Result<M, number[]>;
  }

  /**
   * Returns the values of fields of a hash and deletes the fields.
   *
   * `HGETDEL key FIELDS numfields field [field ...]`
   *
   * Since 8.0.0. Cost: O(N) where N is the number of specified fields.
   *
   * @returns a list of texts, undefined where there is none
   */
  hgetdel(key: Argument, ...fields: Many): Result<M, (T | undefined)[]> {
    const list = restOf(fields);
    return this.run(HGETDEL, [key, 'FIELDS', list.length, ...list]) as Result<M, (T | undefined)[]>;
  }

  /**
   * Returns the values of fields of a hash and sets when they expire, or that they do not.
   *
   * `HGETEX key [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | PERSIST] FIELDS
   * numfields field [field ...]`
   *
   * Since 8.0.0. Cost: O(N) where N is the number of specified fields.
   *
   * @returns a list of texts, undefined where there is none
   */
  hgetex(key: Argument, fields: OneOrMore, options?: HgetexOptions): Result<M, (T | undefined)[]> {
    const list = toList(fields);
    if (options !== undefined) checkOptions(options, HGETEX_OPTIONS, 'HGETEX');
    const args: Argument[] = [key];
    if (options !== undefined) {
      if (options.ex !== undefined) args.push('EX', options.ex);
      if (options.px !== undefined) args.push('PX', options.px);
      if (options.exat !== undefined) args.push('EXAT', secondsOf(options.exat));
      if (options.pxat !== undefined) args.push('PXAT', millisecondsOf(options.pxat));
      if (options.persist) args.push('PERSIST');
    }
    args.push('FIELDS');
    args.push(list.length);
    pushAll(args, list);
    return this.run(HGETEX, args) as Result<M, (T | undefined)[]>;
  }

  /**
   * Sets fields of a hash to values, and when they expire.
   *
   * `HSETEX key [FNX | FXX] [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | KEEPTTL]
   * FIELDS numfields field value [field value ...]`
   *
   * Since 8.0.0. Cost: O(N) where N is the number of fields being set.
   *
   * @returns true or false
   */
  hsetex(key: Argument, data: Pairs, options?: HsetexOptions): Result<M, boolean> {
    if (options !== undefined) checkOptions(options, HSETEX_OPTIONS, 'HSETEX');
    const args: Argument[] = [key];
    if (options !== undefined) {
      if (options.fnx) args.push('FNX');
      if (options.fxx) args.push('FXX');
      if (options.ex !== undefined) args.push('EX', options.ex);
      if (options.px !== undefined) args.push('PX', options.px);
      if (options.exat !== undefined) args.push('EXAT', secondsOf(options.exat));
      if (options.pxat !== undefined) args.push('PXAT', millisecondsOf(options.pxat));
      if (options.keepttl) args.push('KEEPTTL');
    }
    args.push('FIELDS');
    args.push(countPairs(data));
    pushPairs(args, data);
    return this.run(HSETEX, args) as Result<M, boolean>;
  }
}
