/**
 * Sorted sets: the commands as methods. Made of the specs in src/commands by `npm run docs`, and not to be edited.
 */

import {
  type AtMostOne,
  checkOptions,
  type Integer,
  type Many,
  type NotGiven,
  type OneOrMore,
  type Pattern,
  pushList,
  pushScores,
  restOf,
  type ScoreBound,
  type Scores,
  toList,
} from '../arguments.js';
import { reading, waiting, writing } from '../command.js';
import type { Argument, Mode, Result } from '../command-runner.js';
import type { Text } from '../reply.js';
import { asIs, asNumber, asString, listOf, objectOf, pairsOf, tupleOf } from '../shapes.js';
import { SetCommands } from './sets.js';

const ZADD = writing('ZADD');
const ZADD_INCR = writing('ZADD', asNumber);
const ZADD_OPTIONS: ReadonlySet<string> = new Set(['nx', 'xx', 'gt', 'lt', 'ch', 'incr']);
const ZINCRBY = writing('ZINCRBY', asNumber);
const ZREM = writing('ZREM');
const ZSCORE = reading('ZSCORE', asNumber);
const ZMSCORE = reading('ZMSCORE', listOf(asNumber));
const ZCARD = reading('ZCARD');
const ZRANK = reading('ZRANK');
const ZRANK_WITHSCORE = reading('ZRANK', tupleOf(asIs, asNumber));
const ZRANK_OPTIONS: ReadonlySet<string> = new Set(['withscore']);
const ZREVRANK = reading('ZREVRANK');
const ZREVRANK_WITHSCORE = reading('ZREVRANK', tupleOf(asIs, asNumber));
const ZREVRANK_OPTIONS: ReadonlySet<string> = new Set(['withscore']);
const ZRANGE = reading('ZRANGE');
const ZRANGE_WITHSCORES = reading('ZRANGE', pairsOf(asIs, asNumber));
const ZRANGE_OPTIONS: ReadonlySet<string> = new Set(['byscore', 'bylex', 'rev', 'limit', 'withscores']);
const ZREVRANGE = reading('ZREVRANGE');
const ZREVRANGE_WITHSCORES = reading('ZREVRANGE', pairsOf(asIs, asNumber));
const ZREVRANGE_OPTIONS: ReadonlySet<string> = new Set(['withscores']);
const ZRANGEBYSCORE = reading('ZRANGEBYSCORE');
const ZRANGEBYSCORE_WITHSCORES = reading('ZRANGEBYSCORE', pairsOf(asIs, asNumber));
const ZRANGEBYSCORE_OPTIONS: ReadonlySet<string> = new Set(['withscores', 'limit']);
const ZREVRANGEBYSCORE = reading('ZREVRANGEBYSCORE');
const ZREVRANGEBYSCORE_WITHSCORES = reading('ZREVRANGEBYSCORE', pairsOf(asIs, asNumber));
const ZREVRANGEBYSCORE_OPTIONS: ReadonlySet<string> = new Set(['withscores', 'limit']);
const ZRANGEBYLEX = reading('ZRANGEBYLEX');
const ZRANGEBYLEX_OPTIONS: ReadonlySet<string> = new Set(['limit']);
const ZREVRANGEBYLEX = reading('ZREVRANGEBYLEX');
const ZREVRANGEBYLEX_OPTIONS: ReadonlySet<string> = new Set(['limit']);
const ZCOUNT = reading('ZCOUNT');
const ZLEXCOUNT = reading('ZLEXCOUNT');
const ZREMRANGEBYRANK = writing('ZREMRANGEBYRANK');
const ZREMRANGEBYSCORE = writing('ZREMRANGEBYSCORE');
const ZREMRANGEBYLEX = writing('ZREMRANGEBYLEX');
const ZPOPMIN = writing('ZPOPMIN', tupleOf(asIs, asNumber));
const ZPOPMIN_COUNT = writing('ZPOPMIN', pairsOf(asIs, asNumber));
const ZPOPMAX = writing('ZPOPMAX', tupleOf(asIs, asNumber));
const ZPOPMAX_COUNT = writing('ZPOPMAX', pairsOf(asIs, asNumber));
const ZMPOP = writing('ZMPOP', tupleOf(asIs, pairsOf(asIs, asNumber)));
const ZMPOP_OPTIONS: ReadonlySet<string> = new Set(['count']);
const BZPOPMIN = waiting('BZPOPMIN', -1, 1000, tupleOf(asIs, asIs, asNumber));
const BZPOPMAX = waiting('BZPOPMAX', -1, 1000, tupleOf(asIs, asIs, asNumber));
const BZMPOP = waiting('BZMPOP', 0, 1000, tupleOf(asIs, pairsOf(asIs, asNumber)));
const BZMPOP_OPTIONS: ReadonlySet<string> = new Set(['count']);
const ZUNION = reading('ZUNION');
const ZUNION_WITHSCORES = reading('ZUNION', pairsOf(asIs, asNumber));
const ZUNION_OPTIONS: ReadonlySet<string> = new Set(['weights', 'aggregate', 'withscores']);
const ZINTER = reading('ZINTER');
const ZINTER_WITHSCORES = reading('ZINTER', pairsOf(asIs, asNumber));
const ZINTER_OPTIONS: ReadonlySet<string> = new Set(['weights', 'aggregate', 'withscores']);
const ZDIFF = reading('ZDIFF');
const ZDIFF_WITHSCORES = reading('ZDIFF', pairsOf(asIs, asNumber));
const ZDIFF_OPTIONS: ReadonlySet<string> = new Set(['withscores']);
const ZUNIONSTORE = writing('ZUNIONSTORE');
const ZUNIONSTORE_OPTIONS: ReadonlySet<string> = new Set(['weights', 'aggregate']);
const ZINTERSTORE = writing('ZINTERSTORE');
const ZINTERSTORE_OPTIONS: ReadonlySet<string> = new Set(['weights', 'aggregate']);
const ZDIFFSTORE = writing('ZDIFFSTORE');
const ZINTERCARD = reading('ZINTERCARD');
const ZINTERCARD_OPTIONS: ReadonlySet<string> = new Set(['limit']);
const ZRANGESTORE = writing('ZRANGESTORE');
const ZRANGESTORE_OPTIONS: ReadonlySet<string> = new Set(['byscore', 'bylex', 'rev', 'limit']);
const ZSCAN = reading('ZSCAN', objectOf({ cursor: asString, members: pairsOf(asIs, asNumber) }));
const ZSCAN_OPTIONS: ReadonlySet<string> = new Set(['match', 'count']);
const ZRANDMEMBER = reading('ZRANDMEMBER');
const ZRANDMEMBER_WITHSCORES = reading('ZRANDMEMBER', pairsOf(asIs, asNumber));
const ZRANDMEMBER_OPTIONS: ReadonlySet<string> = new Set(['withscores']);

/** The options of ZADD. */
export type ZaddOptions = AtMostOne<{
  /** `NX` */
  readonly nx: boolean;
  /** `XX` */
  readonly xx: boolean;
}> &
  AtMostOne<{
    /** `GT` */
    readonly gt: boolean;
    /** `LT` */
    readonly lt: boolean;
  }> & {
    /** `CH`, since 3.0.2 */
    readonly ch?: boolean;
    /** `INCR`, since 3.0.2 */
    readonly incr?: boolean;
  };

/** The options of ZRANK. */
export interface ZrankOptions {
  /** `WITHSCORE`, since 7.2.0 */
  readonly withscore?: boolean;
}

/** The options of ZREVRANK. */
export interface ZrevrankOptions {
  /** `WITHSCORE`, since 7.2.0 */
  readonly withscore?: boolean;
}

/** The options of ZRANGE. */
export type ZrangeOptions = AtMostOne<{
  /** `BYSCORE` */
  readonly byscore: boolean;
  /** `BYLEX` */
  readonly bylex: boolean;
}> & {
  /** `REV`, since 6.2.0 */
  readonly rev?: boolean;
  /** `LIMIT offset count`, since 6.2.0 */
  readonly limit?: readonly [offset: Integer, count: Integer];
  /** `WITHSCORES` */
  readonly withscores?: boolean;
};

/** The options of ZREVRANGE. */
export interface ZrevrangeOptions {
  /** `WITHSCORES` */
  readonly withscores?: boolean;
}

/** The options of ZRANGEBYSCORE. */
export interface ZrangebyscoreOptions {
  /** `WITHSCORES`, since 2.0.0 */
  readonly withscores?: boolean;
  /** `LIMIT offset count` */
  readonly limit?: readonly [offset: Integer, count: Integer];
}

/** The options of ZREVRANGEBYSCORE. */
export interface ZrevrangebyscoreOptions {
  /** `WITHSCORES` */
  readonly withscores?: boolean;
  /** `LIMIT offset count` */
  readonly limit?: readonly [offset: Integer, count: Integer];
}

/** The options of ZRANGEBYLEX. */
export interface ZrangebylexOptions {
  /** `LIMIT offset count` */
  readonly limit?: readonly [offset: Integer, count: Integer];
}

/** The options of ZREVRANGEBYLEX. */
export interface ZrevrangebylexOptions {
  /** `LIMIT offset count` */
  readonly limit?: readonly [offset: Integer, count: Integer];
}

/** The options of ZMPOP. */
export interface ZmpopOptions {
  /** `COUNT count` */
  readonly count?: Integer;
}

/** The options of BZMPOP. */
export interface BzmpopOptions {
  /** `COUNT count` */
  readonly count?: Integer;
}

/** The options of ZUNION. */
export interface ZunionOptions {
  /** `WEIGHTS weight` */
  readonly weights?: OneOrMore<number>;
  /** `AGGREGATE SUM | MIN | MAX` */
  readonly aggregate?: 'sum' | 'min' | 'max';
  /** `WITHSCORES` */
  readonly withscores?: boolean;
}

/** The options of ZINTER. */
export interface ZinterOptions {
  /** `WEIGHTS weight` */
  readonly weights?: OneOrMore<number>;
  /** `AGGREGATE SUM | MIN | MAX` */
  readonly aggregate?: 'sum' | 'min' | 'max';
  /** `WITHSCORES` */
  readonly withscores?: boolean;
}

/** The options of ZDIFF. */
export interface ZdiffOptions {
  /** `WITHSCORES` */
  readonly withscores?: boolean;
}

/** The options of ZUNIONSTORE. */
export interface ZunionstoreOptions {
  /** `WEIGHTS weight` */
  readonly weights?: OneOrMore<number>;
  /** `AGGREGATE SUM | MIN | MAX` */
  readonly aggregate?: 'sum' | 'min' | 'max';
}

/** The options of ZINTERSTORE. */
export interface ZinterstoreOptions {
  /** `WEIGHTS weight` */
  readonly weights?: OneOrMore<number>;
  /** `AGGREGATE SUM | MIN | MAX` */
  readonly aggregate?: 'sum' | 'min' | 'max';
}

/** The options of ZINTERCARD. */
export interface ZintercardOptions {
  /** `LIMIT limit` */
  readonly limit?: Integer;
}

/** The options of ZRANGESTORE. */
export type ZrangestoreOptions = AtMostOne<{
  /** `BYSCORE` */
  readonly byscore: boolean;
  /** `BYLEX` */
  readonly bylex: boolean;
}> & {
  /** `REV` */
  readonly rev?: boolean;
  /** `LIMIT offset count` */
  readonly limit?: readonly [offset: Integer, count: Integer];
};

/** The options of ZSCAN. */
export interface ZscanOptions {
  /** `MATCH pattern` */
  readonly match?: Pattern;
  /** `COUNT count` */
  readonly count?: Integer;
}

/** The options of ZRANDMEMBER. */
export interface ZrandmemberOptions {
  /** `WITHSCORES` */
  readonly withscores?: boolean;
}

/** Sorted sets: members, each with a score, in the order of their scores. */
export abstract class SortedSetCommands<T extends Text, M extends Mode> extends SetCommands<T, M> {
  /**
   * Adds members to a sorted set, or gives those that it has other scores.
   *
   * `ZADD key [NX | XX] [GT | LT] [CH] [INCR] score member [score member ...]`
   *
   * Since 1.2.0. Cost: O(log N) for each member, with N members in the sorted set.
   *
   * @returns an integer; with `incr`: a number, or undefined
   */
  zadd(key: Argument, members: Scores, options?: ZaddOptions & NotGiven<'incr'>): Result<M, number>;
  zadd(key: Argument, members: Scores, options: ZaddOptions & { incr: true }): Result<M, number | undefined>;
  zadd(key: Argument, members: Scores, options?: ZaddOptions): Result<M, number | undefined>;
  zadd(key: Argument, members: Scores, options?: ZaddOptions): Result<M, unknown> {
    if (options !== undefined) checkOptions(options, ZADD_OPTIONS, 'ZADD');
    const args: Argument[] = [key];
    if (options !== undefined) {
      if (options.nx) args.push('NX');
      if (options.xx) args.push('XX');
      if (options.gt) args.push('GT');
      if (options.lt) args.push('LT');
      if (options.ch) args.push('CH');
      if (options.incr) args.push('INCR');
    }
    pushScores(args, members);
    return this.run(options?.incr ? ZADD_INCR : ZADD, args);
  }

  /**
   * Adds to the score of a member, which is 0 for a new one, and returns it.
   *
   * `ZINCRBY key increment member`
   *
   * Since 1.2.0. Cost: O(log N) with N members in the sorted set.
   *
   * @returns a number
   */
  zincrby(key: Argument, increment: number, member: Argument): Result<M, number> {
    return this.run(ZINCRBY, [key, increment, member]) as Result<M, number>;
  }

  /**
   * Removes members; the last one takes the key with it.
   *
   * `ZREM key member [member ...]`
   *
   * Since 1.2.0. Cost: O(log N) for each member, with N members in the sorted set.
   *
   * @returns an integer
   */
  zrem(key: Argument, ...members: Many): Result<M, number> {
    return this.run(ZREM, [key, ...restOf(members)]) as Result<M, number>;
  }

  /**
   * Returns the score of a member.
   *
   * `ZSCORE key member`
   *
   * Since 1.2.0. Cost: O(1).
   *
   * @returns a number, or undefined
   */
  zscore(key: Argument, member: Argument): Result<M, number | undefined> {
    return this.run(ZSCORE, [key, member]) as Result<M, number | undefined>;
  }

  /**
   * Returns the scores of several members.
   *
   * `ZMSCORE key member [member ...]`
   *
   * Since 6.2.0. Cost: O(N) with the number of members asked for.
   *
   * @returns a list of numbers, undefined where there is none
   */
  zmscore(key: Argument, ...members: Many): Result<M, (number | undefined)[]> {
    return this.run(ZMSCORE, [key, ...restOf(members)]) as Result<M, (number | undefined)[]>;
  }

  /**
   * Returns the number of members.
   *
   * `ZCARD key`
   *
   * Since 1.2.0. Cost: O(1).
   *
   * @returns an integer
   */
  zcard(key: Argument): Result<M, number> {
    return this.run(ZCARD, [key]) as Result<M, number>;
  }

  /**
   * Returns how many members come before one, by ascending score.
   *
   * `ZRANK key member [WITHSCORE]`
   *
   * Since 2.0.0. Cost: O(log N) with N members in the sorted set.
   *
   * @returns an integer, or undefined; with `withscore`: a pair: an integer and a number, or undefined
   */
  zrank(
    key: Argument,
    member: Argument,
    options?: ZrankOptions & NotGiven<'withscore'>,
  ): Result<M, number | undefined>;
  zrank(
    key: Argument,
    member: Argument,
    options: ZrankOptions & { withscore: true },
  ): Result<M, [number, number] | undefined>;
  zrank(
    key: Argument,
    member: Argument,
    options?: ZrankOptions,
  ): Result<M, [number, number] | number | undefined>;
  zrank(key: Argument, member: Argument, options?: ZrankOptions): Result<M, unknown> {
    if (options === undefined) return this.run(ZRANK, [key, member]);
    checkOptions(options, ZRANK_OPTIONS, 'ZRANK');
    const args: Argument[] = [key, member];
    if (options.withscore) args.push('WITHSCORE');
    return this.run(options.withscore ? ZRANK_WITHSCORE : ZRANK, args);
  }

  /**
   * Returns how many members come before one, by descending score.
   *
   * `ZREVRANK key member [WITHSCORE]`
   *
   * Since 2.0.0. Cost: O(log N) with N members in the sorted set.
   *
   * @returns an integer, or undefined; with `withscore`: a pair: an integer and a number, or undefined
   */
  zrevrank(
    key: Argument,
    member: Argument,
    options?: ZrevrankOptions & NotGiven<'withscore'>,
  ): Result<M, number | undefined>;
  zrevrank(
    key: Argument,
    member: Argument,
    options: ZrevrankOptions & { withscore: true },
  ): Result<M, [number, number] | undefined>;
  zrevrank(
    key: Argument,
    member: Argument,
    options?: ZrevrankOptions,
  ): Result<M, [number, number] | number | undefined>;
  zrevrank(key: Argument, member: Argument, options?: ZrevrankOptions): Result<M, unknown> {
    if (options === undefined) return this.run(ZREVRANK, [key, member]);
    checkOptions(options, ZREVRANK_OPTIONS, 'ZREVRANK');
    const args: Argument[] = [key, member];
    if (options.withscore) args.push('WITHSCORE');
    return this.run(options.withscore ? ZREVRANK_WITHSCORE : ZREVRANK, args);
  }

  /**
   * Returns members within a range of ranks, of scores, or of members themselves.
   *
   * `ZRANGE key start stop [BYSCORE | BYLEX] [REV] [LIMIT offset count] [WITHSCORES]`
   *
   * Since 1.2.0. Cost: O(log N + M) with N members in the sorted set and M returned.
   *
   * @returns a list of texts; with `withscores`: a list of pairs, each a text and a number
   */
  zrange(
    key: Argument,
    start: Argument,
    stop: Argument,
    options?: ZrangeOptions & NotGiven<'withscores'>,
  ): Result<M, T[]>;
  zrange(
    key: Argument,
    start: Argument,
    stop: Argument,
    options: ZrangeOptions & { withscores: true },
  ): Result<M, [T, number][]>;
  zrange(
    key: Argument,
    start: Argument,
    stop: Argument,
    options?: ZrangeOptions,
  ): Result<M, [T, number][] | T[]>;
  zrange(key: Argument, start: Argument, stop: Argument, options?: ZrangeOptions): Result<M, unknown> {
    if (options === undefined) return this.run(ZRANGE, [key, start, stop]);
    checkOptions(options, ZRANGE_OPTIONS, 'ZRANGE');
    const args: Argument[] = [key, start, stop];
    if (options.byscore) args.push('BYSCORE');
    if (options.bylex) args.push('BYLEX');
    if (options.rev) args.push('REV');
    if (options.limit !== undefined) args.push('LIMIT', ...options.limit);
    if (options.withscores) args.push('WITHSCORES');
    return this.run(options.withscores ? ZRANGE_WITHSCORES : ZRANGE, args);
  }

  /**
   * Returns members within a range of ranks, by descending score.
   *
   * `ZREVRANGE key start stop [WITHSCORES]`
   *
   * Since 1.2.0. Cost: O(log N + M) with N members in the sorted set and M returned.
   *
   * @returns a list of texts; with `withscores`: a list of pairs, each a text and a number
   */
  zrevrange(
    key: Argument,
    start: Integer,
    stop: Integer,
    options?: ZrevrangeOptions & NotGiven<'withscores'>,
  ): Result<M, T[]>;
  zrevrange(
    key: Argument,
    start: Integer,
    stop: Integer,
    options: ZrevrangeOptions & { withscores: true },
  ): Result<M, [T, number][]>;
  zrevrange(
    key: Argument,
    start: Integer,
    stop: Integer,
    options?: ZrevrangeOptions,
  ): Result<M, [T, number][] | T[]>;
  zrevrange(key: Argument, start: Integer, stop: Integer, options?: ZrevrangeOptions): Result<M, unknown> {
    if (options === undefined) return this.run(ZREVRANGE, [key, start, stop]);
    checkOptions(options, ZREVRANGE_OPTIONS, 'ZREVRANGE');
    const args: Argument[] = [key, start, stop];
    if (options.withscores) args.push('WITHSCORES');
    return this.run(options.withscores ? ZREVRANGE_WITHSCORES : ZREVRANGE, args);
  }

  /**
   * Returns members within a range of scores.
   *
   * `ZRANGEBYSCORE key min max [WITHSCORES] [LIMIT offset count]`
   *
   * Since 1.0.5. Cost: O(log N + M) with N members in the sorted set and M returned.
   *
   * @returns a list of texts; with `withscores`: a list of pairs, each a text and a number
   */
  zrangebyscore(
    key: Argument,
    min: ScoreBound,
    max: ScoreBound,
    options?: ZrangebyscoreOptions & NotGiven<'withscores'>,
  ): Result<M, T[]>;
  zrangebyscore(
    key: Argument,
    min: ScoreBound,
    max: ScoreBound,
    options: ZrangebyscoreOptions & { withscores: true },
  ): Result<M, [T, number][]>;
  zrangebyscore(
    key: Argument,
    min: ScoreBound,
    max: ScoreBound,
    options?: ZrangebyscoreOptions,
  ): Result<M, [T, number][] | T[]>;
  zrangebyscore(
    key: Argument,
    min: ScoreBound,
    max: ScoreBound,
    options?: ZrangebyscoreOptions,
  ): Result<M, unknown> {
    if (options === undefined) return this.run(ZRANGEBYSCORE, [key, min, max]);
    checkOptions(options, ZRANGEBYSCORE_OPTIONS, 'ZRANGEBYSCORE');
    const args: Argument[] = [key, min, max];
    if (options.withscores) args.push('WITHSCORES');
    if (options.limit !== undefined) args.push('LIMIT', ...options.limit);
    return this.run(options.withscores ? ZRANGEBYSCORE_WITHSCORES : ZRANGEBYSCORE, args);
  }

  /**
   * Returns members within a range of scores, by descending score.
   *
   * `ZREVRANGEBYSCORE key max min [WITHSCORES] [LIMIT offset count]`
   *
   * Since 2.2.0. Cost: O(log N + M) with N members in the sorted set and M returned.
   *
   * @returns a list of texts; with `withscores`: a list of pairs, each a text and a number
   */
  zrevrangebyscore(
    key: Argument,
    max: ScoreBound,
    min: ScoreBound,
    options?: ZrevrangebyscoreOptions & NotGiven<'withscores'>,
  ): Result<M, T[]>;
  zrevrangebyscore(
    key: Argument,
    max: ScoreBound,
    min: ScoreBound,
    options: ZrevrangebyscoreOptions & { withscores: true },
  ): Result<M, [T, number][]>;
  zrevrangebyscore(
    key: Argument,
    max: ScoreBound,
    min: ScoreBound,
    options?: ZrevrangebyscoreOptions,
  ): Result<M, [T, number][] | T[]>;
  zrevrangebyscore(
    key: Argument,
    max: ScoreBound,
    min: ScoreBound,
    options?: ZrevrangebyscoreOptions,
  ): Result<M, unknown> {
    if (options === undefined) return this.run(ZREVRANGEBYSCORE, [key, max, min]);
    checkOptions(options, ZREVRANGEBYSCORE_OPTIONS, 'ZREVRANGEBYSCORE');
    const args: Argument[] = [key, max, min];
    if (options.withscores) args.push('WITHSCORES');
    if (options.limit !== undefined) args.push('LIMIT', ...options.limit);
    return this.run(options.withscores ? ZREVRANGEBYSCORE_WITHSCORES : ZREVRANGEBYSCORE, args);
  }

  /**
   * Returns members between two others, where all have one score.
   *
   * `ZRANGEBYLEX key min max [LIMIT offset count]`
   *
   * Since 2.8.9. Cost: O(log N + M) with N members in the sorted set and M returned.
   *
   * @returns a list of texts
   */
  zrangebylex(key: Argument, min: Argument, max: Argument, options?: ZrangebylexOptions): Result<M, T[]> {
    if (options === undefined) return this.run(ZRANGEBYLEX, [key, min, max]) as Result<M, T[]>;
    checkOptions(options, ZRANGEBYLEX_OPTIONS, 'ZRANGEBYLEX');
    const args: Argument[] = [key, min, max];
    if (options.limit !== undefined) args.push('LIMIT', ...options.limit);
    return this.run(ZRANGEBYLEX, args) as Result<M, T[]>;
  }

  /**
   * Returns members between two others in descending order, where all have one score.
   *
   * `ZREVRANGEBYLEX key max min [LIMIT offset count]`
   *
   * Since 2.8.9. Cost: O(log N + M) with N members in the sorted set and M returned.
   *
   * @returns a list of texts
   */
  zrevrangebylex(
    key: Argument,
    max: Argument,
    min: Argument,
    options?: ZrevrangebylexOptions,
  ): Result<M, T[]> {
    if (options === undefined) return this.run(ZREVRANGEBYLEX, [key, max, min]) as Result<M, T[]>;
    checkOptions(options, ZREVRANGEBYLEX_OPTIONS, 'ZREVRANGEBYLEX');
    const args: Argument[] = [key, max, min];
    if (options.limit !== undefined) args.push('LIMIT', ...options.limit);
    return this.run(ZREVRANGEBYLEX, args) as Result<M, T[]>;
  }

  /**
   * Counts the members within a range of scores.
   *
   * `ZCOUNT key min max`
   *
   * Since 2.0.0. Cost: O(log N) with N members in the sorted set.
   *
   * @returns an integer
   */
  zcount(key: Argument, min: ScoreBound, max: ScoreBound): Result<M, number> {
    return this.run(ZCOUNT, [key, min, max]) as Result<M, number>;
  }

  /**
   * Counts the members between two others, where all have one score.
   *
   * `ZLEXCOUNT key min max`
   *
   * Since 2.8.9. Cost: O(log N) with N members in the sorted set.
   *
   * @returns an integer
   */
  zlexcount(key: Argument, min: Argument, max: Argument): Result<M, number> {
    return this.run(ZLEXCOUNT, [key, min, max]) as Result<M, number>;
  }

  /**
   * Removes the members within a range of ranks.
   *
   * `ZREMRANGEBYRANK key start stop`
   *
   * Since 2.0.0. Cost: O(log N + M log N) with N members in the sorted set and M removed.
   *
   * @returns an integer
   */
  zremrangebyrank(key: Argument, start: Integer, stop: Integer): Result<M, number> {
    return this.run(ZREMRANGEBYRANK, [key, start, stop]) as Result<M, number>;
  }

  /**
   * Removes the members within a range of scores.
   *
   * `ZREMRANGEBYSCORE key min max`
   *
   * Since 1.2.0. Cost: O(log N + M log N) with N members in the sorted set and M removed.
   *
   * @returns an integer
   */
  zremrangebyscore(key: Argument, min: ScoreBound, max: ScoreBound): Result<M, number> {
    return this.run(ZREMRANGEBYSCORE, [key, min, max]) as Result<M, number>;
  }

  /**
   * Removes the members between two others, where all have one score.
   *
   * `ZREMRANGEBYLEX key min max`
   *
   * Since 2.8.9. Cost: O(log N + M log N) with N members in the sorted set and M removed.
   *
   * @returns an integer
   */
  zremrangebylex(key: Argument, min: Argument, max: Argument): Result<M, number> {
    return this.run(ZREMRANGEBYLEX, [key, min, max]) as Result<M, number>;
  }

  /**
   * Removes and returns the members with the lowest scores.
   *
   * `ZPOPMIN key [count]`
   *
   * Since 5.0.0. Cost: O(M log N) with N members in the sorted set and M removed.
   *
   * @returns a pair: a text and a number, or undefined; with `count`: a list of pairs, each a text and a number
   */
  zpopmin(key: Argument): Result<M, [T, number] | undefined>;
  zpopmin(key: Argument, count: Integer): Result<M, [T, number][]>;
  zpopmin(key: Argument, count?: Integer): Result<M, [T, number][] | [T, number] | undefined>;
  zpopmin(key: Argument, count?: Integer): Result<M, unknown> {
    const args: Argument[] = [key];
    if (count !== undefined) args.push(count);
    return this.run(count !== undefined ? ZPOPMIN_COUNT : ZPOPMIN, args);
  }

  /**
   * Removes and returns the members with the highest scores.
   *
   * `ZPOPMAX key [count]`
   *
   * Since 5.0.0. Cost: O(M log N) with N members in the sorted set and M removed.
   *
   * @returns a pair: a text and a number, or undefined; with `count`: a list of pairs, each a text and a number
   */
  zpopmax(key: Argument): Result<M, [T, number] | undefined>;
  zpopmax(key: Argument, count: Integer): Result<M, [T, number][]>;
  zpopmax(key: Argument, count?: Integer): Result<M, [T, number][] | [T, number] | undefined>;
  zpopmax(key: Argument, count?: Integer): Result<M, unknown> {
    const args: Argument[] = [key];
    if (count !== undefined) args.push(count);
    return this.run(count !== undefined ? ZPOPMAX_COUNT : ZPOPMAX, args);
  }

  /**
   * Removes and returns members of the first of several sorted sets that there is.
   *
   * `ZMPOP numkeys key [key ...] <MIN | MAX> [COUNT count]`
   *
   * Since 7.0.0. Cost: O(K) with K keys, and O(M log N) with N members in the sorted set and M removed.
   *
   * @returns a pair: a text and a list of pairs, each a text and a number, or undefined
   */
  zmpop(
    keys: OneOrMore,
    where: 'min' | 'max',
    options?: ZmpopOptions,
  ): Result<M, [T, [T, number][]] | undefined> {
    const list = toList(keys);
    if (options === undefined)
      return this.run(ZMPOP, [list.length, ...list, where]) as Result<M, [T, [T, number][]] | undefined>;
    checkOptions(options, ZMPOP_OPTIONS, 'ZMPOP');
    const args: Argument[] = [list.length, ...list, where];
    if (options.count !== undefined) args.push('COUNT', options.count);
    return this.run(ZMPOP, args) as Result<M, [T, [T, number][]] | undefined>;
  }

  /**
   * Removes and returns the member with the lowest score of the first sorted set that there is, or waits for one.
   *
   * `BZPOPMIN key [key ...] timeout`
   *
   * Since 5.0.0. Cost: O(log N) with N members in the sorted set.
   *
   * @returns a text, a text, a number, or undefined
   */
  bzpopmin(keys: OneOrMore, timeout: number): Result<M, [T, T, number] | undefined> {
    return this.run(BZPOPMIN, [...toList(keys), timeout]) as Result<M, [T, T, number] | undefined>;
  }

  /**
   * Removes and returns the member with the highest score of the first sorted set that there is, or waits for one.
   *
   * `BZPOPMAX key [key ...] timeout`
   *
   * Since 5.0.0. Cost: O(log N) with N members in the sorted set.
   *
   * @returns a text, a text, a number, or undefined
   */
  bzpopmax(keys: OneOrMore, timeout: number): Result<M, [T, T, number] | undefined> {
    return this.run(BZPOPMAX, [...toList(keys), timeout]) as Result<M, [T, T, number] | undefined>;
  }

  /**
   * Removes and returns members of the first of several sorted sets that there is, or waits for one.
   *
   * `BZMPOP timeout numkeys key [key ...] <MIN | MAX> [COUNT count]`
   *
   * Since 7.0.0. Cost: O(K) with K keys, and O(M log N) with N members in the sorted set and M removed.
   *
   * @returns a pair: a text and a list of pairs, each a text and a number, or undefined
   */
  bzmpop(
    timeout: number,
    keys: OneOrMore,
    where: 'min' | 'max',
    options?: BzmpopOptions,
  ): Result<M, [T, [T, number][]] | undefined> {
    const list = toList(keys);
    if (options === undefined)
      return this.run(BZMPOP, [timeout, list.length, ...list, where]) as Result<
        M,
        [T, [T, number][]] | undefined
      >;
    checkOptions(options, BZMPOP_OPTIONS, 'BZMPOP');
    const args: Argument[] = [timeout, list.length, ...list, where];
    if (options.count !== undefined) args.push('COUNT', options.count);
    return this.run(BZMPOP, args) as Result<M, [T, [T, number][]] | undefined>;
  }

  /**
   * Returns the members of several sorted sets, each with its scores put together.
   *
   * `ZUNION numkeys key [key ...] [WEIGHTS weight [WEIGHTS weight ...]] [AGGREGATE SUM | MIN | MAX] [WITHSCORES]`
   *
   * Since 6.2.0. Cost: O(N + M log M) with N members in all sources and M in the result.
   *
   * @returns a list of texts; with `withscores`: a list of pairs, each a text and a number
   */
  zunion(keys: OneOrMore, options?: ZunionOptions & NotGiven<'withscores'>): Result<M, T[]>;
  zunion(keys: OneOrMore, options: ZunionOptions & { withscores: true }): Result<M, [T, number][]>;
  zunion(keys: OneOrMore, options?: ZunionOptions): Result<M, [T, number][] | T[]>;
  zunion(keys: OneOrMore, options?: ZunionOptions): Result<M, unknown> {
    const list = toList(keys);
    if (options === undefined) return this.run(ZUNION, [list.length, ...list]);
    checkOptions(options, ZUNION_OPTIONS, 'ZUNION');
    const args: Argument[] = [list.length, ...list];
    if (options.weights !== undefined) pushList(args, 'WEIGHTS', options.weights);
    if (options.aggregate !== undefined) args.push('AGGREGATE', options.aggregate);
    if (options.withscores) args.push('WITHSCORES');
    return this.run(options.withscores ? ZUNION_WITHSCORES : ZUNION, args);
  }

  /**
   * Returns the members that several sorted sets have in common, each with its scores put together.
   *
   * `ZINTER numkeys key [key ...] [WEIGHTS weight [WEIGHTS weight ...]] [AGGREGATE SUM | MIN | MAX] [WITHSCORES]`
   *
   * Since 6.2.0. Cost: O(N K + M log M) with N members in the smallest of K sources and M in the result.
   *
   * @returns a list of texts; with `withscores`: a list of pairs, each a text and a number
   */
  zinter(keys: OneOrMore, options?: ZinterOptions & NotGiven<'withscores'>): Result<M, T[]>;
  zinter(keys: OneOrMore, options: ZinterOptions & { withscores: true }): Result<M, [T, number][]>;
  zinter(keys: OneOrMore, options?: ZinterOptions): Result<M, [T, number][] | T[]>;
  zinter(keys: OneOrMore, options?: ZinterOptions): Result<M, unknown> {
    const list = toList(keys);
    if (options === undefined) return this.run(ZINTER, [list.length, ...list]);
    checkOptions(options, ZINTER_OPTIONS, 'ZINTER');
    const args: Argument[] = [list.length, ...list];
    if (options.weights !== undefined) pushList(args, 'WEIGHTS', options.weights);
    if (options.aggregate !== undefined) args.push('AGGREGATE', options.aggregate);
    if (options.withscores) args.push('WITHSCORES');
    return this.run(options.withscores ? ZINTER_WITHSCORES : ZINTER, args);
  }

  /**
   * Returns the members of the first sorted set that the others do not have.
   *
   * `ZDIFF numkeys key [key ...] [WITHSCORES]`
   *
   * Since 6.2.0. Cost: O(N K + M log M) with N members in the first of K sources and M in the result.
   *
   * @returns a list of texts; with `withscores`: a list of pairs, each a text and a number
   */
  zdiff(keys: OneOrMore, options?: ZdiffOptions & NotGiven<'withscores'>): Result<M, T[]>;
  zdiff(keys: OneOrMore, options: ZdiffOptions & { withscores: true }): Result<M, [T, number][]>;
  zdiff(keys: OneOrMore, options?: ZdiffOptions): Result<M, [T, number][] | T[]>;
  zdiff(keys: OneOrMore, options?: ZdiffOptions): Result<M, unknown> {
    const list = toList(keys);
    if (options === undefined) return this.run(ZDIFF, [list.length, ...list]);
    checkOptions(options, ZDIFF_OPTIONS, 'ZDIFF');
    const args: Argument[] = [list.length, ...list];
    if (options.withscores) args.push('WITHSCORES');
    return this.run(options.withscores ? ZDIFF_WITHSCORES : ZDIFF, args);
  }

  /**
   * Stores the members of several sorted sets, each with its scores put together.
   *
   * `ZUNIONSTORE destination numkeys key [key ...] [WEIGHTS weight [WEIGHTS weight ...]] [AGGREGATE SUM | MIN | MAX]`
   *
   * Since 2.0.0. Cost: O(N + M log M) with N members in all sources and M in the result.
   *
   * @returns an integer
   */
  zunionstore(destination: Argument, keys: OneOrMore, options?: ZunionstoreOptions): Result<M, number> {
    const list = toList(keys);
    if (options === undefined)
      return this.run(ZUNIONSTORE, [destination, list.length, ...list]) as Result<M, number>;
    checkOptions(options, ZUNIONSTORE_OPTIONS, 'ZUNIONSTORE');
    const args: Argument[] = [destination, list.length, ...list];
    if (options.weights !== undefined) pushList(args, 'WEIGHTS', options.weights);
    if (options.aggregate !== undefined) args.push('AGGREGATE', options.aggregate);
    return this.run(ZUNIONSTORE, args) as Result<M, number>;
  }

  /**
   * Stores the members that several sorted sets have in common, each with its scores put together.
   *
   * `ZINTERSTORE destination numkeys key [key ...] [WEIGHTS weight [WEIGHTS weight ...]] [AGGREGATE SUM | MIN | MAX]`
   *
   * Since 2.0.0. Cost: O(N K + M log M) with N members in the smallest of K sources and M in the result.
   *
   * @returns an integer
   */
  zinterstore(destination: Argument, keys: OneOrMore, options?: ZinterstoreOptions): Result<M, number> {
    const list = toList(keys);
    if (options === undefined)
      return this.run(ZINTERSTORE, [destination, list.length, ...list]) as Result<M, number>;
    checkOptions(options, ZINTERSTORE_OPTIONS, 'ZINTERSTORE');
    const args: Argument[] = [destination, list.length, ...list];
    if (options.weights !== undefined) pushList(args, 'WEIGHTS', options.weights);
    if (options.aggregate !== undefined) args.push('AGGREGATE', options.aggregate);
    return this.run(ZINTERSTORE, args) as Result<M, number>;
  }

  /**
   * Stores the members of the first sorted set that the others do not have.
   *
   * `ZDIFFSTORE destination numkeys key [key ...]`
   *
   * Since 6.2.0. Cost: O(N K + M log M) with N members in the first of K sources and M in the result.
   *
   * @returns an integer
   */
  zdiffstore(destination: Argument, ...keys: Many): Result<M, number> {
    const list = restOf(keys);
    return this.run(ZDIFFSTORE, [destination, list.length, ...list]) as Result<M, number>;
  }

  /**
   * Counts the members that several sorted sets have in common.
   *
   * `ZINTERCARD numkeys key [key ...] [LIMIT limit]`
   *
   * Since 7.0.0. Cost: O(N K) with N members in the smallest of K sources.
   *
   * @returns an integer
   */
  zintercard(keys: OneOrMore, options?: ZintercardOptions): Result<M, number> {
    const list = toList(keys);
    if (options === undefined) return this.run(ZINTERCARD, [list.length, ...list]) as Result<M, number>;
    checkOptions(options, ZINTERCARD_OPTIONS, 'ZINTERCARD');
    const args: Argument[] = [list.length, ...list];
    if (options.limit !== undefined) args.push('LIMIT', options.limit);
    return this.run(ZINTERCARD, args) as Result<M, number>;
  }

  /**
   * Stores the members within a range of ranks, of scores, or of members themselves.
   *
   * `ZRANGESTORE dst src min max [BYSCORE | BYLEX] [REV] [LIMIT offset count]`
   *
   * Since 6.2.0. Cost: O(log N + M) with N members in the sorted set and M stored.
   *
   * @returns an integer
   */
  zrangestore(
    dst: Argument,
    src: Argument,
    min: Argument,
    max: Argument,
    options?: ZrangestoreOptions,
  ): Result<M, number> {
    if (options === undefined) return this.run(ZRANGESTORE, [dst, src, min, max]) as Result<M, number>;
    checkOptions(options, ZRANGESTORE_OPTIONS, 'ZRANGESTORE');
    const args: Argument[] = [dst, src, min, max];
    if (options.byscore) args.push('BYSCORE');
    if (options.bylex) args.push('BYLEX');
    if (options.rev) args.push('REV');
    if (options.limit !== undefined) args.push('LIMIT', ...options.limit);
    return this.run(ZRANGESTORE, args) as Result<M, number>;
  }

  /**
   * Goes through the members of a sorted set, and their scores, a few at a time.
   *
   * `ZSCAN key cursor [MATCH pattern] [COUNT count]`
   *
   * Since 2.8.0. Cost: O(1) a call, O(N) for the whole.
   *
   * @returns an object with `cursor`, `members`
   */
  zscan(
    key: Argument,
    cursor: Argument,
    options?: ZscanOptions,
  ): Result<M, { cursor: string; members: [T, number][] }> {
    if (options === undefined)
      return this.run(ZSCAN, [key, cursor]) as Result<M, { cursor: string; members: [T, number][] }>;
    checkOptions(options, ZSCAN_OPTIONS, 'ZSCAN');
    const args: Argument[] = [key, cursor];
    if (options.match !== undefined) args.push('MATCH', options.match);
    if (options.count !== undefined) args.push('COUNT', options.count);
    return this.run(ZSCAN, args) as Result<M, { cursor: string; members: [T, number][] }>;
  }

  /**
   * Returns random members of a sorted set.
   *
   * `ZRANDMEMBER key [count [WITHSCORES]]`
   *
   * Since 6.2.0. Cost: O(N log M) with N members returned of M.
   *
   * @returns a text, or undefined; with `withscores`: a list of pairs, each a text and a number; with `count`: a list of
   * texts
   */
  zrandmember(key: Argument): Result<M, T | undefined>;
  zrandmember(
    key: Argument,
    count: Integer,
    options: ZrandmemberOptions & { withscores: true },
  ): Result<M, [T, number][]>;
  zrandmember(
    key: Argument,
    count: Integer,
    options?: ZrandmemberOptions & NotGiven<'withscores'>,
  ): Result<M, T[]>;
  zrandmember(
    key: Argument,
    count?: Integer,
    options?: ZrandmemberOptions,
  ): Result<M, [T, number][] | T[] | T | undefined>;
  zrandmember(key: Argument, count?: Integer, options?: ZrandmemberOptions): Result<M, unknown> {
    if (options !== undefined) checkOptions(options, ZRANDMEMBER_OPTIONS, 'ZRANDMEMBER');
    const args: Argument[] = [key];
    if (count !== undefined) args.push(count);
    if (options !== undefined) {
      if (options.withscores) args.push('WITHSCORES');
    }
    return this.run(options?.withscores ? ZRANDMEMBER_WITHSCORES : ZRANDMEMBER, args);
  }
}
