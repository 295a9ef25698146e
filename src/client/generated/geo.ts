/**
 * Geo: the commands as methods. Made of the specs in src/commands by `npm run docs`, and not to be edited.
 */

import {
  type AtMostOne,
  checkOptions,
  type GeoUnit,
  type Integer,
  type Many,
  type NotGiven,
  type OneOf,
  type Places,
  pushPlaces,
  restOf,
} from '../arguments.js';
import { reading, writing } from '../command.js';
import type { Argument, Mode, Result } from '../command-runner.js';
import type { Text } from '../reply.js';
import { asNumber, type Found, listOf, type PlaceOptions, place, tupleOf } from '../shapes.js';
import { HashCommands } from './hashes.js';

const GEOADD = writing('GEOADD');
const GEOADD_OPTIONS: ReadonlySet<string> = new Set(['nx', 'xx', 'ch']);
const GEOPOS = reading('GEOPOS', listOf(tupleOf(asNumber, asNumber)));
const GEODIST = reading('GEODIST', asNumber);
const GEOHASH = reading('GEOHASH');
const GEOSEARCH = reading('GEOSEARCH');
const GEOSEARCH_WITH = reading('GEOSEARCH', listOf(place));
const GEOSEARCH_OPTIONS: ReadonlySet<string> = new Set([
  'frommember',
  'fromlonlat',
  'byradius',
  'bybox',
  'asc',
  'desc',
  'count',
  'any',
  'withcoord',
  'withdist',
  'withhash',
]);
const GEOSEARCHSTORE = writing('GEOSEARCHSTORE');
const GEOSEARCHSTORE_OPTIONS: ReadonlySet<string> = new Set([
  'frommember',
  'fromlonlat',
  'byradius',
  'bybox',
  'asc',
  'desc',
  'count',
  'any',
  'storedist',
]);
const GEORADIUS = writing('GEORADIUS');
const GEORADIUS_WITH = writing('GEORADIUS', listOf(place));
const GEORADIUS_OPTIONS: ReadonlySet<string> = new Set([
  'withcoord',
  'withdist',
  'withhash',
  'count',
  'any',
  'asc',
  'desc',
  'store',
  'storedist',
]);
const GEORADIUS_RO = reading('GEORADIUS_RO');
const GEORADIUS_RO_WITH = reading('GEORADIUS_RO', listOf(place));
const GEORADIUS_RO_OPTIONS: ReadonlySet<string> = new Set([
  'withcoord',
  'withdist',
  'withhash',
  'count',
  'any',
  'asc',
  'desc',
]);
const GEORADIUSBYMEMBER = writing('GEORADIUSBYMEMBER');
const GEORADIUSBYMEMBER_WITH = writing('GEORADIUSBYMEMBER', listOf(place));
const GEORADIUSBYMEMBER_OPTIONS: ReadonlySet<string> = new Set([
  'withcoord',
  'withdist',
  'withhash',
  'count',
  'any',
  'asc',
  'desc',
  'store',
  'storedist',
]);
const GEORADIUSBYMEMBER_RO = reading('GEORADIUSBYMEMBER_RO');
const GEORADIUSBYMEMBER_RO_WITH = reading('GEORADIUSBYMEMBER_RO', listOf(place));
const GEORADIUSBYMEMBER_RO_OPTIONS: ReadonlySet<string> = new Set([
  'withcoord',
  'withdist',
  'withhash',
  'count',
  'any',
  'asc',
  'desc',
]);

/** The options of GEOADD. */
export type GeoaddOptions = AtMostOne<{
  /** `NX` */
  readonly nx: boolean;
  /** `XX` */
  readonly xx: boolean;
}> & {
  /** `CH`, since 6.2.0 */
  readonly ch?: boolean;
};

/** The options of GEOSEARCH. */
export type GeosearchOptions = OneOf<{
  /** `FROMMEMBER member` */
  readonly frommember: Argument;
  /** `FROMLONLAT longitude latitude` */
  readonly fromlonlat: readonly [longitude: number, latitude: number];
}> &
  OneOf<{
    /** `BYRADIUS radius M | KM | FT | MI` */
    readonly byradius: readonly [radius: number, unit: GeoUnit];
    /** `BYBOX width height M | KM | FT | MI` */
    readonly bybox: readonly [width: number, height: number, unit: GeoUnit];
  }> &
  AtMostOne<{
    /** `ASC` */
    readonly asc: boolean;
    /** `DESC` */
    readonly desc: boolean;
  }> & {
    /** `COUNT count` */
    readonly count?: Integer;
    /** `ANY` */
    readonly any?: boolean;
    /** `WITHCOORD` */
    readonly withcoord?: boolean;
    /** `WITHDIST` */
    readonly withdist?: boolean;
    /** `WITHHASH` */
    readonly withhash?: boolean;
  };

/** The options of GEOSEARCHSTORE. */
export type GeosearchstoreOptions = OneOf<{
  /** `FROMMEMBER member` */
  readonly frommember: Argument;
  /** `FROMLONLAT longitude latitude` */
  readonly fromlonlat: readonly [longitude: number, latitude: number];
}> &
  OneOf<{
    /** `BYRADIUS radius M | KM | FT | MI` */
    readonly byradius: readonly [radius: number, unit: GeoUnit];
    /** `BYBOX width height M | KM | FT | MI` */
    readonly bybox: readonly [width: number, height: number, unit: GeoUnit];
  }> &
  AtMostOne<{
    /** `ASC` */
    readonly asc: boolean;
    /** `DESC` */
    readonly desc: boolean;
  }> & {
    /** `COUNT count` */
    readonly count?: Integer;
    /** `ANY` */
    readonly any?: boolean;
    /** `STOREDIST` */
    readonly storedist?: boolean;
  };

/** The options of GEORADIUS. */
export type GeoradiusOptions = {
  /** `WITHCOORD` */
  readonly withcoord?: boolean;
  /** `WITHDIST` */
  readonly withdist?: boolean;
  /** `WITHHASH` */
  readonly withhash?: boolean;
  /** `COUNT count` */
  readonly count?: Integer;
  /** `ANY`, since 6.2.0 */
  readonly any?: boolean;
} & AtMostOne<{
  /** `ASC` */
  readonly asc: boolean;
  /** `DESC` */
  readonly desc: boolean;
}> & {
    /** `STORE key` */
    readonly store?: Argument;
    /** `STOREDIST key` */
    readonly storedist?: Argument;
  };

/** The options of GEORADIUS_RO. */
export type GeoradiusRoOptions = {
  /** `WITHCOORD` */
  readonly withcoord?: boolean;
  /** `WITHDIST` */
  readonly withdist?: boolean;
  /** `WITHHASH` */
  readonly withhash?: boolean;
  /** `COUNT count` */
  readonly count?: Integer;
  /** `ANY`, since 6.2.0 */
  readonly any?: boolean;
} & AtMostOne<{
  /** `ASC` */
  readonly asc: boolean;
  /** `DESC` */
  readonly desc: boolean;
}>;

/** The options of GEORADIUSBYMEMBER. */
export type GeoradiusbymemberOptions = {
  /** `WITHCOORD` */
  readonly withcoord?: boolean;
  /** `WITHDIST` */
  readonly withdist?: boolean;
  /** `WITHHASH` */
  readonly withhash?: boolean;
  /** `COUNT count` */
  readonly count?: Integer;
  /** `ANY` */
  readonly any?: boolean;
} & AtMostOne<{
  /** `ASC` */
  readonly asc: boolean;
  /** `DESC` */
  readonly desc: boolean;
}> & {
    /** `STORE key` */
    readonly store?: Argument;
    /** `STOREDIST key` */
    readonly storedist?: Argument;
  };

/** The options of GEORADIUSBYMEMBER_RO. */
export type GeoradiusbymemberRoOptions = {
  /** `WITHCOORD` */
  readonly withcoord?: boolean;
  /** `WITHDIST` */
  readonly withdist?: boolean;
  /** `WITHHASH` */
  readonly withhash?: boolean;
  /** `COUNT count` */
  readonly count?: Integer;
  /** `ANY` */
  readonly any?: boolean;
} & AtMostOne<{
  /** `ASC` */
  readonly asc: boolean;
  /** `DESC` */
  readonly desc: boolean;
}>;

/** Places: sorted sets of members that have a longitude and a latitude. */
export abstract class GeoCommands<T extends Text, M extends Mode> extends HashCommands<T, M> {
  /**
   * Adds members with their longitudes and latitudes, or moves those that are there.
   *
   * `GEOADD key [NX | XX] [CH] longitude latitude member [longitude latitude member ...]`
   *
   * Since 3.2.0. Cost: O(log N) for each member, with N members in the sorted set.
   *
   * @returns an integer
   */
  geoadd(key: Argument, places: Places, options?: GeoaddOptions): Result<M, number> {
    if (options !== undefined) checkOptions(options, GEOADD_OPTIONS, 'GEOADD');
    const args: Argument[] = [key];
    if (options !== undefined) {
      if (options.nx) args.push('NX');
      if (options.xx) args.push('XX');
      if (options.ch) args.push('CH');
    }
    pushPlaces(args, places);
    return this.run(GEOADD, args) as Result<M, number>;
  }

  /**
   * Returns longitudes and latitudes of members.
   *
   * `GEOPOS key member [member ...]`
   *
   * Since 3.2.0. Cost: O(1) for each member.
   *
   * @returns a list of pairs, undefined where there is none
   */
  geopos(key: Argument, ...members: Many): Result<M, ([number, number] | undefined)[]> {
    return this.run(GEOPOS, [key, ...restOf(members)]) as Result<M, ([number, number] | undefined)[]>;
  }

  /**
   * Returns the distance between two members.
   *
   * `GEODIST key member1 member2 [M | KM | FT | MI]`
   *
   * Since 3.2.0. Cost: O(1).
   *
   * @returns a number, or undefined
   */
  geodist(
    key: Argument,
    member1: Argument,
    member2: Argument,
    unit?: GeoUnit,
  ): Result<M, number | undefined> {
    const args: Argument[] = [key, member1, member2];
    if (unit !== undefined) args.push(unit);
    return this.run(GEODIST, args) as Result<M, number | undefined>;
  }

  /**
   * Returns geohashes of members as text.
   *
   * `GEOHASH key member [member ...]`
   *
   * Since 3.2.0. Cost: O(1) for each member.
   *
   * @returns a list of texts, undefined where there is none
   */
  geohash(key: Argument, ...members: Many): Result<M, (T | undefined)[]> {
    return this.run(GEOHASH, [key, ...restOf(members)]) as Result<M, (T | undefined)[]>;
  }

  /**
   * Returns the members in a circle or a box.
   *
   * `GEOSEARCH key <FROMMEMBER member | FROMLONLAT longitude latitude> <BYRADIUS radius <M | KM | FT | MI> | BYBOX width
   * height <M | KM | FT | MI>> [ASC | DESC] [COUNT count [ANY]] [WITHCOORD] [WITHDIST] [WITHHASH]`
   *
   * Since 6.2.0. Cost: O(N+log(M)) with N members around the area and M in the sorted set.
   *
   * @returns a list of texts; with `withcoord`, `withdist`, `withhash`: a list of places, each with what was asked for
   */
  geosearch<Dist extends boolean = false, Hash extends boolean = false, Coord extends boolean = false>(
    key: Argument,
    options: GeosearchOptions & PlaceOptions<Dist, Hash, Coord>,
  ): Result<M, Found<T, Dist, Hash, Coord>[]> {
    checkOptions(options, GEOSEARCH_OPTIONS, 'GEOSEARCH');
    const args: Argument[] = [key];
    if (options.frommember !== undefined) args.push('FROMMEMBER', options.frommember);
    if (options.fromlonlat !== undefined) args.push('FROMLONLAT', ...options.fromlonlat);
    if (options.byradius !== undefined) args.push('BYRADIUS', ...options.byradius);
    if (options.bybox !== undefined) args.push('BYBOX', ...options.bybox);
    if (options.asc) args.push('ASC');
    if (options.desc) args.push('DESC');
    if (options.count !== undefined) args.push('COUNT', options.count);
    if (options.any) args.push('ANY');
    if (options.withcoord) args.push('WITHCOORD');
    if (options.withdist) args.push('WITHDIST');
    if (options.withhash) args.push('WITHHASH');
    return this.run(
      options.withcoord || options.withdist || options.withhash ? GEOSEARCH_WITH : GEOSEARCH,
      args,
    ) as Result<M, Found<T, Dist, Hash, Coord>[]>;
  }

  /**
   * Stores the members in a circle or a box in another key.
   *
   * `GEOSEARCHSTORE destination source <FROMMEMBER member | FROMLONLAT longitude latitude> <BYRADIUS radius <M | KM | FT |
   * MI> | BYBOX width height <M | KM | FT | MI>> [ASC | DESC] [COUNT count [ANY]] [STOREDIST]`
   *
   * Since 6.2.0. Cost: O(N+log(M)) with N members around the area and M in the sorted set.
   *
   * @returns an integer
   */
  geosearchstore(destination: Argument, source: Argument, options: GeosearchstoreOptions): Result<M, number> {
    checkOptions(options, GEOSEARCHSTORE_OPTIONS, 'GEOSEARCHSTORE');
    const args: Argument[] = [destination, source];
    if (options.frommember !== undefined) args.push('FROMMEMBER', options.frommember);
    if (options.fromlonlat !== undefined) args.push('FROMLONLAT', ...options.fromlonlat);
    if (options.byradius !== undefined) args.push('BYRADIUS', ...options.byradius);
    if (options.bybox !== undefined) args.push('BYBOX', ...options.bybox);
    if (options.asc) args.push('ASC');
    if (options.desc) args.push('DESC');
    if (options.count !== undefined) args.push('COUNT', options.count);
    if (options.any) args.push('ANY');
    if (options.storedist) args.push('STOREDIST');
    return this.run(GEOSEARCHSTORE, args) as Result<M, number>;
  }

  /**
   * Returns the members in a circle around a place, or stores them.
   *
   * `GEORADIUS key longitude latitude radius <M | KM | FT | MI> [WITHCOORD] [WITHDIST] [WITHHASH] [COUNT count [ANY]] [ASC |
   * DESC] [STORE key] [STOREDIST key]`
   *
   * Since 3.2.0. Cost: O(N+log(M)) with N members around the area and M in the sorted set.
   *
   * @returns a list of texts; with `store`, `storedist`: an integer; with `withcoord`, `withdist`, `withhash`: a list of
   * places, each with what was asked for
   */
  georadius(
    key: Argument,
    longitude: number,
    latitude: number,
    radius: number,
    unit: GeoUnit,
    options: GeoradiusOptions & OneOf<{ store: Argument; storedist: Argument }>,
  ): Result<M, number>;
  georadius<Dist extends boolean = false, Hash extends boolean = false, Coord extends boolean = false>(
    key: Argument,
    longitude: number,
    latitude: number,
    radius: number,
    unit: GeoUnit,
    options?: GeoradiusOptions & PlaceOptions<Dist, Hash, Coord> & NotGiven<'store' | 'storedist'>,
  ): Result<M, Found<T, Dist, Hash, Coord>[]>;
  georadius(
    key: Argument,
    longitude: number,
    latitude: number,
    radius: number,
    unit: GeoUnit,
    options?: GeoradiusOptions,
  ): Result<M, unknown> {
    if (options === undefined) return this.run(GEORADIUS, [key, longitude, latitude, radius, unit]);
    checkOptions(options, GEORADIUS_OPTIONS, 'GEORADIUS');
    const args: Argument[] = [key, longitude, latitude, radius, unit];
    if (options.withcoord) args.push('WITHCOORD');
    if (options.withdist) args.push('WITHDIST');
    if (options.withhash) args.push('WITHHASH');
    if (options.count !== undefined) args.push('COUNT', options.count);
    if (options.any) args.push('ANY');
    if (options.asc) args.push('ASC');
    if (options.desc) args.push('DESC');
    if (options.store !== undefined) args.push('STORE', options.store);
    if (options.storedist !== undefined) args.push('STOREDIST', options.storedist);
    return this.run(
      options.withcoord || options.withdist || options.withhash ? GEORADIUS_WITH : GEORADIUS,
      args,
    );
  }

  /**
   * Returns the members in a circle around a place.
   *
   * `GEORADIUS_RO key longitude latitude radius <M | KM | FT | MI> [WITHCOORD] [WITHDIST] [WITHHASH] [COUNT count [ANY]]
   * [ASC | DESC]`
   *
   * Since 3.2.10. Cost: O(N+log(M)) with N members around the area and M in the sorted set.
   *
   * @returns a list of texts; with `withcoord`, `withdist`, `withhash`: a list of places, each with what was asked for
   */
  georadiusRo<Dist extends boolean = false, Hash extends boolean = false, Coord extends boolean = false>(
    key: Argument,
    longitude: number,
    latitude: number,
    radius: number,
    unit: GeoUnit,
    options?: GeoradiusRoOptions & PlaceOptions<Dist, Hash, Coord>,
  ): Result<M, Found<T, Dist, Hash, Coord>[]> {
    if (options === undefined)
      return this.run(GEORADIUS_RO, [key, longitude, latitude, radius, unit]) as Result<
        M,
        Found<T, Dist, Hash, Coord>[]
      >;
    checkOptions(options, GEORADIUS_RO_OPTIONS, 'GEORADIUS_RO');
    const args: Argument[] = [key, longitude, latitude, radius, unit];
    if (options.withcoord) args.push('WITHCOORD');
    if (options.withdist) args.push('WITHDIST');
    if (options.withhash) args.push('WITHHASH');
    if (options.count !== undefined) args.push('COUNT', options.count);
    if (options.any) args.push('ANY');
    if (options.asc) args.push('ASC');
    if (options.desc) args.push('DESC');
    return this.run(
      options.withcoord || options.withdist || options.withhash ? GEORADIUS_RO_WITH : GEORADIUS_RO,
      args,
    ) as Result<M, Found<T, Dist, Hash, Coord>[]>;
  }

  /**
   * Returns the members in a circle around one of them, or stores them.
   *
   * `GEORADIUSBYMEMBER key member radius <M | KM | FT | MI> [WITHCOORD] [WITHDIST] [WITHHASH] [COUNT count [ANY]] [ASC |
   * DESC] [STORE key] [STOREDIST key]`
   *
   * Since 3.2.0. Cost: O(N+log(M)) with N members around the area and M in the sorted set.
   *
   * @returns a list of texts; with `store`, `storedist`: an integer; with `withcoord`, `withdist`, `withhash`: a list of
   * places, each with what was asked for
   */
  georadiusbymember(
    key: Argument,
    member: Argument,
    radius: number,
    unit: GeoUnit,
    options: GeoradiusbymemberOptions & OneOf<{ store: Argument; storedist: Argument }>,
  ): Result<M, number>;
  georadiusbymember<
    Dist extends boolean = false,
    Hash extends boolean = false,
    Coord extends boolean = false,
  >(
    key: Argument,
    member: Argument,
    radius: number,
    unit: GeoUnit,
    options?: GeoradiusbymemberOptions & PlaceOptions<Dist, Hash, Coord> & NotGiven<'store' | 'storedist'>,
  ): Result<M, Found<T, Dist, Hash, Coord>[]>;
  georadiusbymember(
    key: Argument,
    member: Argument,
    radius: number,
    unit: GeoUnit,
    options?: GeoradiusbymemberOptions,
  ): Result<M, unknown> {
    if (options === undefined) return this.run(GEORADIUSBYMEMBER, [key, member, radius, unit]);
    checkOptions(options, GEORADIUSBYMEMBER_OPTIONS, 'GEORADIUSBYMEMBER');
    const args: Argument[] = [key, member, radius, unit];
    if (options.withcoord) args.push('WITHCOORD');
    if (options.withdist) args.push('WITHDIST');
    if (options.withhash) args.push('WITHHASH');
    if (options.count !== undefined) args.push('COUNT', options.count);
    if (options.any) args.push('ANY');
    if (options.asc) args.push('ASC');
    if (options.desc) args.push('DESC');
    if (options.store !== undefined) args.push('STORE', options.store);
    if (options.storedist !== undefined) args.push('STOREDIST', options.storedist);
    return this.run(
      options.withcoord || options.withdist || options.withhash ? GEORADIUSBYMEMBER_WITH : GEORADIUSBYMEMBER,
      args,
    );
  }

  /**
   * Returns the members in a circle around one of them.
   *
   * `GEORADIUSBYMEMBER_RO key member radius <M | KM | FT | MI> [WITHCOORD] [WITHDIST] [WITHHASH] [COUNT count [ANY]] [ASC |
   * DESC]`
   *
   * Since 3.2.10. Cost: O(N+log(M)) with N members around the area and M in the sorted set.
   *
   * @returns a list of texts; with `withcoord`, `withdist`, `withhash`: a list of places, each with what was asked for
   */
  georadiusbymemberRo<
    Dist extends boolean = false,
    Hash extends boolean = false,
    Coord extends boolean = false,
  >(
    key: Argument,
    member: Argument,
    radius: number,
    unit: GeoUnit,
    options?: GeoradiusbymemberRoOptions & PlaceOptions<Dist, Hash, Coord>,
  ): Result<M, Found<T, Dist, Hash, Coord>[]> {
    if (options === undefined)
      return this.run(GEORADIUSBYMEMBER_RO, [key, member, radius, unit]) as Result<
        M,
        Found<T, Dist, Hash, Coord>[]
      >;
    checkOptions(options, GEORADIUSBYMEMBER_RO_OPTIONS, 'GEORADIUSBYMEMBER_RO');
    const args: Argument[] = [key, member, radius, unit];
    if (options.withcoord) args.push('WITHCOORD');
    if (options.withdist) args.push('WITHDIST');
    if (options.withhash) args.push('WITHHASH');
    if (options.count !== undefined) args.push('COUNT', options.count);
    if (options.any) args.push('ANY');
    if (options.asc) args.push('ASC');
    if (options.desc) args.push('DESC');
    return this.run(
      options.withcoord || options.withdist || options.withhash
        ? GEORADIUSBYMEMBER_RO_WITH
        : GEORADIUSBYMEMBER_RO,
      args,
    ) as Result<M, Found<T, Dist, Hash, Coord>[]>;
  }
}
