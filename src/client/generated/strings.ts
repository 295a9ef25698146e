/**
 * Strings: the commands as methods. Made of the specs in src/commands by `npm run docs`, and not to be edited.
 */

import {
  type AtMostOne,
  checkOptions,
  countPairs,
  type Integer,
  type Many,
  millisecondsOf,
  type NotGiven,
  type PairOrPairs,
  type Pairs,
  pushPairOrPairs,
  pushPairs,
  restOf,
  secondsOf,
  type Time,
} from '../arguments.js';
import { reading, writing } from '../command.js';
import { type Argument, CommandRunner, type Mode, type Result } from '../command-runner.js';
import type { Text } from '../reply.js';
import { asBoolean, asIs, asNumber, asString, listOf, objectOf, recordOf, tupleOf } from '../shapes.js';

const SET = writing('SET', asString);
const SET_GET = writing('SET');
const SET_OPTIONS: ReadonlySet<string> = new Set([
  'nx',
  'xx',
  'ifeq',
  'ifne',
  'ifdeq',
  'ifdne',
  'get',
  'ex',
  'px',
  'exat',
  'pxat',
  'keepttl',
]);
const GET = reading('GET');
const SETEX = writing('SETEX', asString);
const PSETEX = writing('PSETEX', asString);
const SETNX = writing('SETNX', asBoolean);
const GETSET = writing('GETSET');
const GETDEL = writing('GETDEL');
const GETEX = writing('GETEX');
const GETEX_OPTIONS: ReadonlySet<string> = new Set(['ex', 'px', 'exat', 'pxat', 'persist']);
const INCR = writing('INCR');
const DECR = writing('DECR');
const INCRBY = writing('INCRBY');
const DECRBY = writing('DECRBY');
const INCRBYFLOAT = writing('INCRBYFLOAT', asNumber);
const GETRANGE = reading('GETRANGE');
const SUBSTR = reading('SUBSTR');
const SETRANGE = writing('SETRANGE');
const APPEND = writing('APPEND');
const STRLEN = reading('STRLEN');
const MGET = reading('MGET');
const MSET = writing('MSET', asString);
const MSETNX = writing('MSETNX', asBoolean);
const MSETEX = writing('MSETEX', asBoolean);
const MSETEX_OPTIONS: ReadonlySet<string> = new Set(['nx', 'xx', 'ex', 'px', 'exat', 'pxat', 'keepttl']);
const DELEX = writing('DELEX', asBoolean);
const DELEX_OPTIONS: ReadonlySet<string> = new Set(['ifeq', 'ifne', 'ifdeq', 'ifdne']);
const DELIFEQ = writing('DELIFEQ', asBoolean);
const DIGEST = reading('DIGEST', asString);
const LCS = reading('LCS');
const LCS_IDX = reading(
  'LCS',
  recordOf({
    matches: listOf(objectOf({ key1: tupleOf(asIs, asIs), key2: tupleOf(asIs, asIs), length: asIs })),
    len: asIs,
  }),
);
const LCS_OPTIONS: ReadonlySet<string> = new Set(['len', 'idx', 'minmatchlen', 'withmatchlen']);

/** The options of SET. */
export type SetOptions = AtMostOne<{
  /** `NX` */
  readonly nx: boolean;
  /** `XX` */
  readonly xx: boolean;
  /** `IFEQ ifeq-value`, since 8.4.0 */
  readonly ifeq: Argument;
  /** `IFNE ifne-value`, since 8.4.0 */
  readonly ifne: Argument;
  /** `IFDEQ ifdeq-digest`, since 8.4.0 */
  readonly ifdeq: Argument;
  /** `IFDNE ifdne-digest`, since 8.4.0 */
  readonly ifdne: Argument;
}> & {
  /** `GET`, since 6.2.0 */
  readonly get?: boolean;
} & AtMostOne<{
    /** `EX seconds`, since 2.6.12 */
    readonly ex: Integer;
    /** `PX milliseconds`, since 2.6.12 */
    readonly px: Integer;
    /** `EXAT unix-time-seconds`, since 6.2.0 */
    readonly exat: Time;
    /** `PXAT unix-time-milliseconds`, since 6.2.0 */
    readonly pxat: Time;
    /** `KEEPTTL`, since 6.0.0 */
    readonly keepttl: boolean;
  }>;

/** The options of GETEX. */
export type GetexOptions = AtMostOne<{
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

/** The options of MSETEX. */
export type MsetexOptions = AtMostOne<{
  /** `NX` */
  readonly nx: boolean;
  /** `XX` */
  readonly xx: boolean;
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

/** The options of DELEX. */
export type DelexOptions = AtMostOne<{
  /** `IFEQ ifeq-value` */
  readonly ifeq: Argument;
  /** `IFNE ifne-value` */
  readonly ifne: Argument;
  /** `IFDEQ ifdeq-digest` */
  readonly ifdeq: Argument;
  /** `IFDNE ifdne-digest` */
  readonly ifdne: Argument;
}>;

/** The options of LCS. */
export interface LcsOptions {
  /** `LEN` */
  readonly len?: boolean;
  /** `IDX` */
  readonly idx?: boolean;
  /** `MINMATCHLEN min-match-len` */
  readonly minmatchlen?: Integer;
  /** `WITHMATCHLEN` */
  readonly withmatchlen?: boolean;
}

/** Strings: values as a whole, parts of them, numbers in them. */
export abstract class StringCommands<T extends Text, M extends Mode> extends CommandRunner<M> {
  /**
   * Sets the string value of a key, whatever it held before.
   *
   * `SET key value [NX | XX | IFEQ ifeq-value | IFNE ifne-value | IFDEQ ifdeq-digest | IFDNE ifdne-digest] [GET] [EX seconds
   * | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | KEEPTTL]`
   *
   * Since 1.0.0. Cost: O(1).
   *
   * @returns `OK`; with `get`: a text, or undefined; with `nx`, `xx`, `ifeq`, `ifne`, `ifdeq`, `ifdne`: `OK`, or undefined
   */
  set(
    key: Argument,
    value: Argument,
    options?: SetOptions & NotGiven<'get' | 'nx' | 'xx' | 'ifeq' | 'ifne' | 'ifdeq' | 'ifdne'>,
  ): Result<M, 'OK'>;
  set(key: Argument, value: Argument, options: SetOptions & { get: true }): Result<M, T | undefined>;
  set(key: Argument, value: Argument, options?: SetOptions & NotGiven<'get'>): Result<M, 'OK' | undefined>;
  set(key: Argument, value: Argument, options?: SetOptions): Result<M, T | 'OK' | undefined>;
  set(key: Argument, value: Argument, options?: SetOptions): Result<M, unknown> {
    if (options === undefined) return this.run(SET, [key, value]);
    checkOptions(options, SET_OPTIONS, 'SET');
    const args: Argument[] = [key, value];
    if (options.nx) args.push('NX');
    if (options.xx) args.push('XX');
    if (options.ifeq !== undefined) args.push('IFEQ', options.ifeq);
    if (options.ifne !== undefined) args.push('IFNE', options.ifne);
    if (options.ifdeq !== undefined) args.push('IFDEQ', options.ifdeq);
    if (options.ifdne !== undefined) args.push('IFDNE', options.ifdne);
    if (options.get) args.push('GET');
    if (options.ex !== undefined) args.push('EX', options.ex);
    if (options.px !== undefined) args.push('PX', options.px);
    if (options.exat !== undefined) args.push('EXAT', secondsOf(options.exat));
    if (options.pxat !== undefined) args.push('PXAT', millisecondsOf(options.pxat));
    if (options.keepttl) args.push('KEEPTTL');
    return this.run(options.get ? SET_GET : SET, args);
  }

  /**
   * Returns the string value of a key.
   *
   * `GET key`
   *
   * Since 1.0.0. Cost: O(1).
   *
   * @returns a text, or undefined
   */
  get(key: Argument): Result<M, T | undefined> {
    return this.run(GET, [key]) as Result<M, T | undefined>;
  }

  /**
   * Sets the string value of a key and its time to live in seconds. The text protocol takes the value first.
   *
   * `SETEX key seconds value`
   *
   * Since 2.0.0. Cost: O(1).
   *
   * @returns `OK`
   */
  setex(key: Argument, seconds: Integer, value: Argument): Result<M, 'OK'> {
    return this.run(SETEX, [key, seconds, value]) as Result<M, 'OK'>;
  }

  /**
   * Sets the string value of a key and its time to live in milliseconds. The text protocol takes the value first.
   *
   * `PSETEX key milliseconds value`
   *
   * Since 2.6.0. Cost: O(1).
   *
   * @returns `OK`
   */
  psetex(key: Argument, milliseconds: Integer, value: Argument): Result<M, 'OK'> {
    return this.run(PSETEX, [key, milliseconds, value]) as Result<M, 'OK'>;
  }

  /**
   * Sets the string value of a key unless it exists.
   *
   * `SETNX key value`
   *
   * Since 1.0.0. Cost: O(1).
   *
   * @returns true or false
   */
  setnx(key: Argument, value: Argument): Result<M, boolean> {
    return this.run(SETNX, [key, value]) as Result<M, boolean>;
  }

  /**
   * Sets the string value of a key and returns the one before. Deprecated: use SET with GET.
   *
   * `GETSET key value`
   *
   * Since 1.0.0. Cost: O(1).
   *
   * @returns a text, or undefined
   */
  getset(key: Argument, value: Argument): Result<M, T | undefined> {
    return this.run(GETSET, [key, value]) as Result<M, T | undefined>;
  }

  /**
   * Returns the string value of a key and deletes the key.
   *
   * `GETDEL key`
   *
   * Since 6.2.0. Cost: O(1).
   *
   * @returns a text, or undefined
   */
  getdel(key: Argument): Result<M, T | undefined> {
    return this.run(GETDEL, [key]) as Result<M, T | undefined>;
  }

  /**
   * Returns the string value of a key and sets when it expires, or that it does not.
   *
   * `GETEX key [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | PERSIST]`
   *
   * Since 6.2.0. Cost: O(1).
   *
   * @returns a text, or undefined
   */
  getex(key: Argument, options?: GetexOptions): Result<M, T | undefined> {
    if (options === undefined) return this.run(GETEX, [key]) as Result<M, T | undefined>;
    checkOptions(options, GETEX_OPTIONS, 'GETEX');
    const args: Argument[] = [key];
    if (options.ex !== undefined) args.push('EX', options.ex);
    if (options.px !== undefined) args.push('PX', options.px);
    if (options.exat !== undefined) args.push('EXAT', secondsOf(options.exat));
    if (options.pxat !== undefined) args.push('PXAT', millisecondsOf(options.pxat));
    if (options.persist) args.push('PERSIST');
    return this.run(GETEX, args) as Result<M, T | undefined>;
  }

  /**
   * Adds one to the integer value of a key; a missing key counts as 0.
   *
   * `INCR key`
   *
   * Since 1.0.0. Cost: O(1).
   *
   * @returns an integer, a bigint beyond ±(2^53-1)
   */
  incr(key: Argument): Result<M, number | bigint> {
    return this.run(INCR, [key]) as Result<M, number | bigint>;
  }

  /**
   * Subtracts one from the integer value of a key; a missing key counts as 0.
   *
   * `DECR key`
   *
   * Since 1.0.0. Cost: O(1).
   *
   * @returns an integer, a bigint beyond ±(2^53-1)
   */
  decr(key: Argument): Result<M, number | bigint> {
    return this.run(DECR, [key]) as Result<M, number | bigint>;
  }

  /**
   * Adds a number to the integer value of a key; a missing key counts as 0.
   *
   * `INCRBY key increment`
   *
   * Since 1.0.0. Cost: O(1).
   *
   * @returns an integer, a bigint beyond ±(2^53-1)
   */
  incrby(key: Argument, increment: Integer): Result<M, number | bigint> {
    return this.run(INCRBY, [key, increment]) as Result<M, number | bigint>;
  }

  /**
   * Subtracts a number from the integer value of a key; a missing key counts as 0.
   *
   * `DECRBY key decrement`
   *
   * Since 1.0.0. Cost: O(1).
   *
   * @returns an integer, a bigint beyond ±(2^53-1)
   */
  decrby(key: Argument, decrement: Integer): Result<M, number | bigint> {
    return this.run(DECRBY, [key, decrement]) as Result<M, number | bigint>;
  }

  /**
   * Adds a number to the floating point value of a key; a missing key counts as 0.
   *
   * `INCRBYFLOAT key increment`
   *
   * Since 2.6.0. Cost: O(1).
   *
   * @returns a number
   */
  incrbyfloat(key: Argument, increment: number): Result<M, number> {
    return this.run(INCRBYFLOAT, [key, increment]) as Result<M, number>;
  }

  /**
   * Returns the bytes of a string value from one index to another; negative ones count from its end.
   *
   * `GETRANGE key start end`
   *
   * Since 2.4.0. Cost: O(N) with the length of what is returned.
   *
   * @returns a text
   */
  getrange(key: Argument, start: Integer, end: Integer): Result<M, T> {
    return this.run(GETRANGE, [key, start, end]) as Result<M, T>;
  }

  /**
   * Returns a part of a string value. Deprecated: the old name of GETRANGE.
   *
   * `SUBSTR key start end`
   *
   * Since 1.0.0. Cost: O(N) with the length of what is returned.
   *
   * @returns a text
   */
  substr(key: Argument, start: Integer, end: Integer): Result<M, T> {
    return this.run(SUBSTR, [key, start, end]) as Result<M, T>;
  }

  /**
   * Overwrites a part of a string value, which is made longer with zero bytes where it has to be.
   *
   * `SETRANGE key offset value`
   *
   * Since 2.2.0. Cost: O(N) with the length of what is written; growing a value copies it now and then.
   *
   * @returns an integer
   */
  setrange(key: Argument, offset: Integer, value: Argument): Result<M, number> {
    return this.run(SETRANGE, [key, offset, value]) as Result<M, number>;
  }

  /**
   * Appends to the string value of a key, creating it if it is missing.
   *
   * `APPEND key value`
   *
   * Since 2.0.0. Cost: O(N) with the length of what is appended; growing a value copies it now and then.
   *
   * @returns an integer
   */
  append(key: Argument, value: Argument): Result<M, number> {
    return this.run(APPEND, [key, value]) as Result<M, number>;
  }

  /**
   * Returns the length of the string value of a key in bytes.
   *
   * `STRLEN key`
   *
   * Since 2.2.0. Cost: O(1).
   *
   * @returns an integer
   */
  strlen(key: Argument): Result<M, number> {
    return this.run(STRLEN, [key]) as Result<M, number>;
  }

  /**
   * Returns the string values of several keys, as they all were at one moment.
   *
   * `MGET key [key ...]`
   *
   * Since 1.0.0. Cost: O(N) with the number of keys.
   *
   * @returns a list of texts, undefined where there is none
   */
  mget(...keys: Many): Result<M, (T | undefined)[]> {
    return this.run(MGET, [...restOf(keys)]) as Result<M, (T | undefined)[]>;
  }

  /**
   * Sets the string values of several keys, all at one moment and all or none of them.
   *
   * `MSET key value [key value ...]`
   *
   * Since 1.0.1. Cost: O(N) with the number of keys.
   *
   * @returns `OK`
   */
  mset(...data: PairOrPairs): Result<M, 'OK'> {
    const args: Argument[] = [];
    pushPairOrPairs(args, data);
    return this.run(MSET, args) as Result<M, 'OK'>;
  }

  /**
   * Sets the string values of several keys unless one of them exists.
   *
   * `MSETNX key value [key value ...]`
   *
   * Since 1.0.1. Cost: O(N) with the number of keys.
   *
   * @returns true or false
   */
  msetnx(...data: PairOrPairs): Result<M, boolean> {
    const args: Argument[] = [];
    pushPairOrPairs(args, data);
    return this.run(MSETNX, args) as Result<M, boolean>;
  }

  /**
   * Sets the string values of several keys and when they expire, if all or none of them exist.
   *
   * `MSETEX numkeys key value [key value ...] [NX | XX] [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT
   * unix-time-milliseconds | KEEPTTL]`
   *
   * Since 8.4.0. Cost: O(N) with the number of keys.
   *
   * @returns true or false
   */
  msetex(data: Pairs, options?: MsetexOptions): Result<M, boolean> {
    if (options !== undefined) checkOptions(options, MSETEX_OPTIONS, 'MSETEX');
    const args: Argument[] = [countPairs(data)];
    pushPairs(args, data);
    if (options !== undefined) {
      if (options.nx) args.push('NX');
      if (options.xx) args.push('XX');
      if (options.ex !== undefined) args.push('EX', options.ex);
      if (options.px !== undefined) args.push('PX', options.px);
      if (options.exat !== undefined) args.push('EXAT', secondsOf(options.exat));
      if (options.pxat !== undefined) args.push('PXAT', millisecondsOf(options.pxat));
      if (options.keepttl) args.push('KEEPTTL');
    }
    return this.run(MSETEX, args) as Result<M, boolean>;
  }

  /**
   * Deletes a key if its string value, or the digest of it, is the one given, or is not.
   *
   * `DELEX key [IFEQ ifeq-value | IFNE ifne-value | IFDEQ ifdeq-digest | IFDNE ifdne-digest]`
   *
   * Since 8.4.0. Cost: O(N) with the length of the value.
   *
   * @returns true or false
   */
  delex(key: Argument, options?: DelexOptions): Result<M, boolean> {
    if (options === undefined) return this.run(DELEX, [key]) as Result<M, boolean>;
    checkOptions(options, DELEX_OPTIONS, 'DELEX');
    const args: Argument[] = [key];
    if (options.ifeq !== undefined) args.push('IFEQ', options.ifeq);
    if (options.ifne !== undefined) args.push('IFNE', options.ifne);
    if (options.ifdeq !== undefined) args.push('IFDEQ', options.ifdeq);
    if (options.ifdne !== undefined) args.push('IFDNE', options.ifdne);
    return this.run(DELEX, args) as Result<M, boolean>;
  }

  /**
   * Deletes a key if its string value is the one given.
   *
   * `DELIFEQ key value`
   *
   * Since 9.0.0. Cost: O(N) with the length of the value.
   *
   * @returns true or false
   */
  delifeq(key: Argument, value: Argument): Result<M, boolean> {
    return this.run(DELIFEQ, [key, value]) as Result<M, boolean>;
  }

  /**
   * Returns the XXH3 hash of the string value of a key, as 16 hexadecimal digits.
   *
   * `DIGEST key`
   *
   * Since 8.4.0. Cost: O(N) with the length of the value.
   *
   * @returns a string, or undefined
   */
  digest(key: Argument): Result<M, string | undefined> {
    return this.run(DIGEST, [key]) as Result<M, string | undefined>;
  }

  /**
   * Returns the longest common subsequence of two strings, its length, or where it lies in them.
   *
   * `LCS key1 key2 [LEN] [IDX] [MINMATCHLEN min-match-len] [WITHMATCHLEN]`
   *
   * Since 7.0.0. Cost: O(N*M) with the lengths of the strings.
   *
   * @returns a text; with `len`: an integer; with `idx`: an object with `matches`, `len`
   */
  lcs(key1: Argument, key2: Argument, options?: LcsOptions & NotGiven<'len' | 'idx'>): Result<M, T>;
  lcs(key1: Argument, key2: Argument, options: LcsOptions & { len: true }): Result<M, number>;
  lcs(
    key1: Argument,
    key2: Argument,
    options: LcsOptions & { idx: true } & NotGiven<'len'>,
  ): Result<
    M,
    { matches: { key1: [number, number]; key2: [number, number]; length: number | undefined }[]; len: number }
  >;
  lcs(
    key1: Argument,
    key2: Argument,
    options?: LcsOptions,
  ): Result<
    M,
    | number
    | {
        matches: { key1: [number, number]; key2: [number, number]; length: number | undefined }[];
        len: number;
      }
    | T
  >;
  lcs(key1: Argument, key2: Argument, options?: LcsOptions): Result<M, unknown> {
    if (options === undefined) return this.run(LCS, [key1, key2]);
    checkOptions(options, LCS_OPTIONS, 'LCS');
    const args: Argument[] = [key1, key2];
    if (options.len) args.push('LEN');
    if (options.idx) args.push('IDX');
    if (options.minmatchlen !== undefined) args.push('MINMATCHLEN', options.minmatchlen);
    if (options.withmatchlen) args.push('WITHMATCHLEN');
    return this.run(options.idx ? LCS_IDX : LCS, args);
  }
}
