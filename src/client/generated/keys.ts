/**
 * Keys: the commands as methods. Made of the specs in src/commands by `npm run docs`, and not to be edited.
 */

import {
  type AtMostOne,
  checkOptions,
  type Integer,
  type Many,
  millisecondsOf,
  type NotGiven,
  type OneOrMore,
  type Pattern,
  pushEach,
  restOf,
  secondsOf,
  type Time,
} from '../arguments.js';
import { reading, readingBytes, waiting, writing } from '../command.js';
import type { Argument, Mode, Result } from '../command-runner.js';
import type { Text } from '../reply.js';
import { asBoolean, asIs, asString, objectOf } from '../shapes.js';
import { HyperLogLogCommands } from './hyperloglogs.js';

const DEL = writing('DEL');
const UNLINK = writing('UNLINK');
const EXISTS = reading('EXISTS');
const TOUCH = reading('TOUCH');
const TYPE = reading('TYPE', asString);
const EXPIRE = writing('EXPIRE', asBoolean);
const EXPIRE_OPTIONS: ReadonlySet<string> = new Set(['nx', 'xx', 'gt', 'lt']);
const PEXPIRE = writing('PEXPIRE', asBoolean);
const PEXPIRE_OPTIONS: ReadonlySet<string> = new Set(['nx', 'xx', 'gt', 'lt']);
const EXPIREAT = writing('EXPIREAT', asBoolean);
const EXPIREAT_OPTIONS: ReadonlySet<string> = new Set(['nx', 'xx', 'gt', 'lt']);
const PEXPIREAT = writing('PEXPIREAT', asBoolean);
const PEXPIREAT_OPTIONS: ReadonlySet<string> = new Set(['nx', 'xx', 'gt', 'lt']);
const TTL = reading('TTL');
const PTTL = reading('PTTL');
const EXPIRETIME = reading('EXPIRETIME');
const PEXPIRETIME = reading('PEXPIRETIME');
const PERSIST = writing('PERSIST', asBoolean);
const KEYS = reading('KEYS');
const SCAN = reading('SCAN', objectOf({ cursor: asString, keys: asIs }));
const SCAN_OPTIONS: ReadonlySet<string> = new Set(['match', 'count', 'type']);
const RANDOMKEY = reading('RANDOMKEY');
const RENAME = writing('RENAME', asString);
const RENAMENX = writing('RENAMENX', asBoolean);
const COPY = writing('COPY', asBoolean);
const COPY_OPTIONS: ReadonlySet<string> = new Set(['db', 'replace']);
const MOVE = writing('MOVE', asBoolean);
const SORT = writing('SORT');
const SORT_OPTIONS: ReadonlySet<string> = new Set(['by', 'limit', 'get', 'asc', 'desc', 'alpha', 'store']);
const SORT_RO = reading('SORT_RO');
const SORT_RO_OPTIONS: ReadonlySet<string> = new Set(['by', 'limit', 'get', 'asc', 'desc', 'alpha']);
const OBJECT_ENCODING = reading('OBJECT ENCODING', asString);
const OBJECT_FREQ = reading('OBJECT FREQ');
const OBJECT_IDLETIME = reading('OBJECT IDLETIME');
const OBJECT_REFCOUNT = reading('OBJECT REFCOUNT');
const WAIT = waiting('WAIT', -1, 1);
const WAITAOF = waiting('WAITAOF', -1, 1, objectOf({ local: asIs, replicas: asIs }));
const DUMP = readingBytes('DUMP');
const RESTORE = writing('RESTORE', asString);
const RESTORE_OPTIONS: ReadonlySet<string> = new Set(['replace', 'absttl', 'idletime', 'freq']);

/** The options of EXPIRE. */
export type ExpireOptions = AtMostOne<{
  /** `NX` */
  readonly nx: boolean;
  /** `XX` */
  readonly xx: boolean;
  /** `GT` */
  readonly gt: boolean;
  /** `LT` */
  readonly lt: boolean;
}>;

/** The options of PEXPIRE. */
export type PexpireOptions = AtMostOne<{
  /** `NX` */
  readonly nx: boolean;
  /** `XX` */
  readonly xx: boolean;
  /** `GT` */
  readonly gt: boolean;
  /** `LT` */
  readonly lt: boolean;
}>;

/** The options of EXPIREAT. */
export type ExpireatOptions = AtMostOne<{
  /** `NX` */
  readonly nx: boolean;
  /** `XX` */
  readonly xx: boolean;
  /** `GT` */
  readonly gt: boolean;
  /** `LT` */
  readonly lt: boolean;
}>;

/** The options of PEXPIREAT. */
export type PexpireatOptions = AtMostOne<{
  /** `NX` */
  readonly nx: boolean;
  /** `XX` */
  readonly xx: boolean;
  /** `GT` */
  readonly gt: boolean;
  /** `LT` */
  readonly lt: boolean;
}>;

/** The options of SCAN. */
export interface ScanOptions {
  /** `MATCH pattern` */
  readonly match?: Pattern;
  /** `COUNT count` */
  readonly count?: Integer;
  /** `TYPE type`, since 6.0.0 */
  readonly type?: Argument;
}

/** The options of COPY. */
export interface CopyOptions {
  /** `DB destination-db` */
  readonly db?: Integer;
  /** `REPLACE` */
  readonly replace?: boolean;
}

/** The options of SORT. */
export type SortOptions = {
  /** `BY pattern` */
  readonly by?: Pattern;
  /** `LIMIT offset count` */
  readonly limit?: readonly [offset: Integer, count: Integer];
  /** `GET pattern` */
  readonly get?: OneOrMore<Pattern>;
} & AtMostOne<{
  /** `ASC` */
  readonly asc: boolean;
  /** `DESC` */
  readonly desc: boolean;
}> & {
    /** `ALPHA` */
    readonly alpha?: boolean;
    /** `STORE destination` */
    readonly store?: Argument;
  };

/** The options of SORT_RO. */
export type SortRoOptions = {
  /** `BY pattern` */
  readonly by?: Pattern;
  /** `LIMIT offset count` */
  readonly limit?: readonly [offset: Integer, count: Integer];
  /** `GET pattern` */
  readonly get?: OneOrMore<Pattern>;
} & AtMostOne<{
  /** `ASC` */
  readonly asc: boolean;
  /** `DESC` */
  readonly desc: boolean;
}> & {
    /** `ALPHA` */
    readonly alpha?: boolean;
  };

/** The options of RESTORE. */
export interface RestoreOptions {
  /** `REPLACE`, since 3.0.0 */
  readonly replace?: boolean;
  /** `ABSTTL`, since 5.0.0 */
  readonly absttl?: boolean;
  /** `IDLETIME seconds`, since 5.0.0 */
  readonly idletime?: Integer;
  /** `FREQ frequency`, since 5.0.0 */
  readonly freq?: Integer;
}

/** Keys, whatever their values: whether they are there, when they expire, their names, their copies. */
export abstract class KeyCommands<T extends Text, M extends Mode> extends HyperLogLogCommands<T, M> {
  /**
   * Deletes keys, all at one moment.
   *
   * `DEL key [key ...]`
   *
   * Since 1.0.0. Cost: O(N) with the number of keys.
   *
   * @returns an integer
   */
  del(...keys: Many): Result<M, number> {
    return this.run(DEL, [...restOf(keys)]) as Result<M, number>;
  }

  /**
   * Deletes keys, all at one moment: the same as DEL.
   *
   * `UNLINK key [key ...]`
   *
   * Since 4.0.0. Cost: O(N) with the number of keys.
   *
   * @returns an integer
   */
  unlink(...keys: Many): Result<M, number> {
    return this.run(UNLINK, [...restOf(keys)]) as Result<M, number>;
  }

  /**
   * Counts how many of the keys exist; one named twice counts twice.
   *
   * `EXISTS key [key ...]`
   *
   * Since 1.0.0. Cost: O(N) with the number of keys.
   *
   * @returns an integer
   */
  exists(...keys: Many): Result<M, number> {
    return this.run(EXISTS, [...restOf(keys)]) as Result<M, number>;
  }

  /**
   * Counts how many of the keys exist, and notes that they were used.
   *
   * `TOUCH key [key ...]`
   *
   * Since 3.2.1. Cost: O(N) with the number of keys.
   *
   * @returns an integer
   */
  touch(...keys: Many): Result<M, number> {
    return this.run(TOUCH, [...restOf(keys)]) as Result<M, number>;
  }

  /**
   * Returns the type of the value of a key.
   *
   * `TYPE key`
   *
   * Since 1.0.0. Cost: O(1).
   *
   * @returns a string
   */
  type(key: Argument): Result<M, string> {
    return this.run(TYPE, [key]) as Result<M, string>;
  }

  /**
   * Sets the time to live of a key in seconds.
   *
   * `EXPIRE key seconds [NX | XX | GT | LT]`
   *
   * Since 1.0.0. Cost: O(1).
   *
   * @returns true or false
   */
  expire(key: Argument, seconds: Integer, options?: ExpireOptions): Result<M, boolean> {
    if (options === undefined) return this.run(EXPIRE, [key, seconds]) as Result<M, boolean>;
    checkOptions(options, EXPIRE_OPTIONS, 'EXPIRE');
    const args: Argument[] = [key, seconds];
    if (options.nx) args.push('NX');
    if (options.xx) args.push('XX');
    if (options.gt) args.push('GT');
    if (options.lt) args.push('LT');
    return this.run(EXPIRE, args) as Result<M, boolean>;
  }

  /**
   * Sets the time to live of a key in milliseconds.
   *
   * `PEXPIRE key milliseconds [NX | XX | GT | LT]`
   *
   * Since 2.6.0. Cost: O(1).
   *
   * @returns true or false
   */
  pexpire(key: Argument, milliseconds: Integer, options?: PexpireOptions): Result<M, boolean> {
    if (options === undefined) return this.run(PEXPIRE, [key, milliseconds]) as Result<M, boolean>;
    checkOptions(options, PEXPIRE_OPTIONS, 'PEXPIRE');
    const args: Argument[] = [key, milliseconds];
    if (options.nx) args.push('NX');
    if (options.xx) args.push('XX');
    if (options.gt) args.push('GT');
    if (options.lt) args.push('LT');
    return this.run(PEXPIRE, args) as Result<M, boolean>;
  }

  /**
   * Sets when a key expires, in Unix seconds.
   *
   * `EXPIREAT key unix-time-seconds [NX | XX | GT | LT]`
   *
   * Since 1.2.0. Cost: O(1).
   *
   * @returns true or false
   */
  expireat(key: Argument, time: Time, options?: ExpireatOptions): Result<M, boolean> {
    if (options === undefined) return this.run(EXPIREAT, [key, secondsOf(time)]) as Result<M, boolean>;
    checkOptions(options, EXPIREAT_OPTIONS, 'EXPIREAT');
    const args: Argument[] = [key, secondsOf(time)];
    if (options.nx) args.push('NX');
    if (options.xx) args.push('XX');
    if (options.gt) args.push('GT');
    if (options.lt) args.push('LT');
    return this.run(EXPIREAT, args) as Result<M, boolean>;
  }

  /**
   * Sets when a key expires, in Unix milliseconds.
   *
   * `PEXPIREAT key unix-time-milliseconds [NX | XX | GT | LT]`
   *
   * Since 2.6.0. Cost: O(1).
   *
   * @returns true or false
   */
  pexpireat(key: Argument, time: Time, options?: PexpireatOptions): Result<M, boolean> {
    if (options === undefined) return this.run(PEXPIREAT, [key, millisecondsOf(time)]) as Result<M, boolean>;
    checkOptions(options, PEXPIREAT_OPTIONS, 'PEXPIREAT');
    const args: Argument[] = [key, millisecondsOf(time)];
    if (options.nx) args.push('NX');
    if (options.xx) args.push('XX');
    if (options.gt) args.push('GT');
    if (options.lt) args.push('LT');
    return this.run(PEXPIREAT, args) as Result<M, boolean>;
  }

  /**
   * Returns the time to live of a key in seconds, -1 without one, -2 without the key.
   *
   * `TTL key`
   *
   * Since 1.0.0. Cost: O(1).
   *
   * @returns an integer
   */
  ttl(key: Argument): Result<M, number> {
    return this.run(TTL, [key]) as Result<M, number>;
  }

  /**
   * Returns the time to live of a key in milliseconds, -1 without one, -2 without the key.
   *
   * `PTTL key`
   *
   * Since 2.6.0. Cost: O(1).
   *
   * @returns an integer
   */
  pttl(key: Argument): Result<M, number> {
    return this.run(PTTL, [key]) as Result<M, number>;
  }

  /**
   * Returns when a key expires in Unix seconds, -1 if never, -2 without the key.
   *
   * `EXPIRETIME key`
   *
   * Since 7.0.0. Cost: O(1).
   *
   * @returns an integer
   */
  expiretime(key: Argument): Result<M, number> {
    return this.run(EXPIRETIME, [key]) as Result<M, number>;
  }

  /**
   * Returns when a key expires in Unix milliseconds, -1 if never, -2 without the key.
   *
   * `PEXPIRETIME key`
   *
   * Since 7.0.0. Cost: O(1).
   *
   * @returns an integer
   */
  pexpiretime(key: Argument): Result<M, number> {
    return this.run(PEXPIRETIME, [key]) as Result<M, number>;
  }

  /**
   * Takes the time to live of a key away.
   *
   * `PERSIST key`
   *
   * Since 2.2.0. Cost: O(1).
   *
   * @returns true or false
   */
  persist(key: Argument): Result<M, boolean> {
    return this.run(PERSIST, [key]) as Result<M, boolean>;
  }

  /**
   * Returns all keys that match a pattern.
   *
   * `KEYS pattern`
   *
   * Since 1.0.0. Cost: O(N) with the number of keys in the database.
   *
   * @returns a list of texts
   */
  keys(pattern: Pattern): Result<M, T[]> {
    return this.run(KEYS, [pattern]) as Result<M, T[]>;
  }

  /**
   * Goes through the keys of the database a few at a time.
   *
   * `SCAN cursor [MATCH pattern] [COUNT count] [TYPE type]`
   *
   * Since 2.8.0. Cost: O(1) a call, O(N) for the whole.
   *
   * @returns an object with `cursor`, `keys`
   */
  scan(cursor: Argument, options?: ScanOptions): Result<M, { cursor: string; keys: T[] }> {
    if (options === undefined) return this.run(SCAN, [cursor]) as Result<M, { cursor: string; keys: T[] }>;
    checkOptions(options, SCAN_OPTIONS, 'SCAN');
    const args: Argument[] = [cursor];
    if (options.match !== undefined) args.push('MATCH', options.match);
    if (options.count !== undefined) args.push('COUNT', options.count);
    if (options.type !== undefined) args.push('TYPE', options.type);
    return this.run(SCAN, args) as Result<M, { cursor: string; keys: T[] }>;
  }

  /**
   * Returns some key of the database.
   *
   * `RANDOMKEY`
   *
   * Since 1.0.0. Cost: O(1).
   *
   * @returns a text, or undefined
   */
  randomkey(): Result<M, T | undefined> {
    return this.run(RANDOMKEY, []) as Result<M, T | undefined>;
  }

  /**
   * Gives a key another name, in the place of what has that name.
   *
   * `RENAME key newkey`
   *
   * Since 1.0.0. Cost: O(N) with the size of the value.
   *
   * @returns `OK`
   */
  rename(key: Argument, newkey: Argument): Result<M, 'OK'> {
    return this.run(RENAME, [key, newkey]) as Result<M, 'OK'>;
  }

  /**
   * Gives a key another name, unless there is a key of that name.
   *
   * `RENAMENX key newkey`
   *
   * Since 1.0.0. Cost: O(N) with the size of the value.
   *
   * @returns true or false
   */
  renamenx(key: Argument, newkey: Argument): Result<M, boolean> {
    return this.run(RENAMENX, [key, newkey]) as Result<M, boolean>;
  }

  /**
   * Copies what a key holds to another key.
   *
   * `COPY source destination [DB destination-db] [REPLACE]`
   *
   * Since 6.2.0. Cost: O(N) with the size of the value.
   *
   * @returns true or false
   */
  copy(source: Argument, destination: Argument, options?: CopyOptions): Result<M, boolean> {
    if (options === undefined) return this.run(COPY, [source, destination]) as Result<M, boolean>;
    checkOptions(options, COPY_OPTIONS, 'COPY');
    const args: Argument[] = [source, destination];
    if (options.db !== undefined) args.push('DB', options.db);
    if (options.replace) args.push('REPLACE');
    return this.run(COPY, args) as Result<M, boolean>;
  }

  /**
   * Moves a key to another database, unless that has a key of this name.
   *
   * `MOVE key db`
   *
   * Since 1.0.0. Cost: O(N) with the size of the value.
   *
   * @returns true or false
   */
  move(key: Argument, db: Integer): Result<M, boolean> {
    return this.run(MOVE, [key, db]) as Result<M, boolean>;
  }

  /**
   * Returns or stores the elements of a list, set or sorted set in order.
   *
   * `SORT key [BY pattern] [LIMIT offset count] [GET pattern [GET pattern ...]] [ASC | DESC] [ALPHA] [STORE destination]`
   *
   * Since 1.0.0. Cost: O(N+M*log(M)) with the number of elements and of those that are returned.
   *
   * @returns a list of texts; with `store`: an integer; with `get`: a list of texts, undefined where there is none
   */
  sort(key: Argument, options?: SortOptions & NotGiven<'store' | 'get'>): Result<M, T[]>;
  sort(key: Argument, options: SortOptions & { store: Argument }): Result<M, number>;
  sort(
    key: Argument,
    options: SortOptions & { get: OneOrMore<Pattern> } & NotGiven<'store'>,
  ): Result<M, (T | undefined)[]>;
  sort(key: Argument, options?: SortOptions): Result<M, number | (T | undefined)[] | T[]>;
  sort(key: Argument, options?: SortOptions): Result<M, unknown> {
    if (options === undefined) return this.run(SORT, [key]);
    checkOptions(options, SORT_OPTIONS, 'SORT');
    const args: Argument[] = [key];
    if (options.by !== undefined) args.push('BY', options.by);
    if (options.limit !== undefined) args.push('LIMIT', ...options.limit);
    if (options.get !== undefined) pushEach(args, 'GET', options.get);
    if (options.asc) args.push('ASC');
    if (options.desc) args.push('DESC');
    if (options.alpha) args.push('ALPHA');
    if (options.store !== undefined) args.push('STORE', options.store);
    return this.run(SORT, args);
  }

  /**
   * Returns the elements of a list, set or sorted set in order.
   *
   * `SORT_RO key [BY pattern] [LIMIT offset count] [GET pattern [GET pattern ...]] [ASC | DESC] [ALPHA]`
   *
   * Since 7.0.0. Cost: O(N+M*log(M)) with the number of elements and of those that are returned.
   *
   * @returns a list of texts; with `get`: a list of texts, undefined where there is none
   */
  sortRo(key: Argument, options?: SortRoOptions & NotGiven<'get'>): Result<M, T[]>;
  sortRo(key: Argument, options: SortRoOptions & { get: OneOrMore<Pattern> }): Result<M, (T | undefined)[]>;
  sortRo(key: Argument, options?: SortRoOptions): Result<M, (T | undefined)[] | T[]>;
  sortRo(key: Argument, options?: SortRoOptions): Result<M, unknown> {
    if (options === undefined) return this.run(SORT_RO, [key]);
    checkOptions(options, SORT_RO_OPTIONS, 'SORT_RO');
    const args: Argument[] = [key];
    if (options.by !== undefined) args.push('BY', options.by);
    if (options.limit !== undefined) args.push('LIMIT', ...options.limit);
    if (options.get !== undefined) pushEach(args, 'GET', options.get);
    if (options.asc) args.push('ASC');
    if (options.desc) args.push('DESC');
    if (options.alpha) args.push('ALPHA');
    return this.run(SORT_RO, args);
  }

  /**
   * Returns how Redis would hold the value of a key.
   *
   * `OBJECT ENCODING key`
   *
   * Since 2.2.3. Cost: O(1).
   *
   * @returns a string, or undefined
   */
  objectEncoding(key: Argument): Result<M, string | undefined> {
    return this.run(OBJECT_ENCODING, [key]) as Result<M, string | undefined>;
  }

  /**
   * Returns how often a key is used, as a logarithm.
   *
   * `OBJECT FREQ key`
   *
   * Since 4.0.0. Cost: O(1).
   *
   * @returns an integer, or undefined
   */
  objectFreq(key: Argument): Result<M, number | undefined> {
    return this.run(OBJECT_FREQ, [key]) as Result<M, number | undefined>;
  }

  /**
   * Returns the seconds since a key was used.
   *
   * `OBJECT IDLETIME key`
   *
   * Since 2.2.3. Cost: O(1).
   *
   * @returns an integer, or undefined
   */
  objectIdletime(key: Argument): Result<M, number | undefined> {
    return this.run(OBJECT_IDLETIME, [key]) as Result<M, number | undefined>;
  }

  /**
   * Returns how many keys would share the value of a key in Redis.
   *
   * `OBJECT REFCOUNT key`
   *
   * Since 2.2.3. Cost: O(1).
   *
   * @returns an integer, or undefined
   */
  objectRefcount(key: Argument): Result<M, number | undefined> {
    return this.run(OBJECT_REFCOUNT, [key]) as Result<M, number | undefined>;
  }

  /**
   * Waits until replicas have what the client has written; there are none, so for the timeout.
   *
   * `WAIT numreplicas timeout`
   *
   * Since 3.0.0. Cost: O(1).
   *
   * @returns an integer
   */
  wait(numreplicas: Integer, timeout: Integer): Result<M, number> {
    return this.run(WAIT, [numreplicas, timeout]) as Result<M, number>;
  }

  /**
   * Waits until the log is synced up to what the client has written.
   *
   * `WAITAOF numlocal numreplicas timeout`
   *
   * Since 7.2.0. Cost: O(1).
   *
   * @returns an object with `local`, `replicas`
   */
  waitaof(
    numlocal: Integer,
    numreplicas: Integer,
    timeout: Integer,
  ): Result<M, { local: number; replicas: number }> {
    return this.run(WAITAOF, [numlocal, numreplicas, timeout]) as Result<
      M,
      { local: number; replicas: number }
    >;
  }

  /**
   * Returns the value of a key in a form that RESTORE takes, here and in Redis.
   *
   * `DUMP key`
   *
   * Since 2.6.0. Cost: O(N) with the size of the value.
   *
   * @returns bytes, or undefined
   */
  dump(key: Argument): Result<M, Buffer | undefined> {
    return this.run(DUMP, [key]) as Result<M, Buffer | undefined>;
  }

  /**
   * Makes a key of what DUMP returned, here or in Redis.
   *
   * `RESTORE key ttl serialized-value [REPLACE] [ABSTTL] [IDLETIME seconds] [FREQ frequency]`
   *
   * Since 2.6.0. Cost: O(N) with the size of the value.
   *
   * @returns `OK`
   */
  restore(key: Argument, ttl: Integer, serialized: Argument, options?: RestoreOptions): Result<M, 'OK'> {
    if (options === undefined) return this.run(RESTORE, [key, ttl, serialized]) as Result<M, 'OK'>;
    checkOptions(options, RESTORE_OPTIONS, 'RESTORE');
    const args: Argument[] = [key, ttl, serialized];
    if (options.replace) args.push('REPLACE');
    if (options.absttl) args.push('ABSTTL');
    if (options.idletime !== undefined) args.push('IDLETIME', options.idletime);
    if (options.freq !== undefined) args.push('FREQ', options.freq);
    return this.run(RESTORE, args) as Result<M, 'OK'>;
  }
}
