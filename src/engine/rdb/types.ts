/**
 * The types of values in Redis's RDB format that are lists, sets, sorted sets and hashes.
 *
 * A type says the kind of the value and how it lies there: as so many strings, or as one string that is a packed structure.
 *
 *     since   list                set            sorted set      hash
 *     1.0     1  strings          2  strings     3  text scores  4  strings
 *     2.4     10 ziplist          11 intset      12 ziplist      9  zipmap
 *     2.6                                                        13 ziplist
 *     3.2     14 ziplists
 *     4.0                                        5  binary scores
 *     7.0     18 listpacks                       17 listpack     16 listpack
 *     7.2                         20 listpack
 *     7.4                                                        24, 25 strings, listpack, with deadlines of fields
 *
 * 22 and 23 are 24 and 25 as the release candidates of 7.4 wrote them; Valkey 9 gives 22 a meaning of its own, but under RDB
 * versions that no Redis uses and that are not read here.
 *
 * Source: Redis's rdb.h.
 */

import { TYPE_HASH, TYPE_LIST, TYPE_SET, TYPE_ZSET } from '../../structures/entry.js';

export const RDB_TYPE_LIST = 1;
export const RDB_TYPE_SET = 2;
export const RDB_TYPE_ZSET = 3;
export const RDB_TYPE_HASH = 4;
export const RDB_TYPE_ZSET_2 = 5;
export const RDB_TYPE_HASH_ZIPMAP = 9;
export const RDB_TYPE_LIST_ZIPLIST = 10;
export const RDB_TYPE_SET_INTSET = 11;
export const RDB_TYPE_ZSET_ZIPLIST = 12;
export const RDB_TYPE_HASH_ZIPLIST = 13;
export const RDB_TYPE_LIST_QUICKLIST = 14;
export const RDB_TYPE_HASH_LISTPACK = 16;
export const RDB_TYPE_ZSET_LISTPACK = 17;
export const RDB_TYPE_LIST_QUICKLIST_2 = 18;
export const RDB_TYPE_SET_LISTPACK = 20;
export const RDB_TYPE_HASH_METADATA_EARLY = 22;
export const RDB_TYPE_HASH_LISTPACK_EX_EARLY = 23;
export const RDB_TYPE_HASH_METADATA = 24;
export const RDB_TYPE_HASH_LISTPACK_EX = 25;

/** What `collectionType` says of an RDB type that is none of a collection. */
export const NOT_A_COLLECTION = -1;

/** The node of a quicklist: one element as it is, or a listpack of elements. */
export const NODE_PLAIN = 1;
export const NODE_PACKED = 2;

/** Redis keeps the deadline of a field in 48 bits of milliseconds. */
export const FIELD_DEADLINE_MAX = 2 ** 48 - 1;

/** The RDB version that brought sets as listpacks, and the one that brought deadlines of fields. */
const VERSION_OF_SET_LISTPACK = 11;
const VERSION_OF_FIELD_DEADLINES = 12;
/** Redis 7.0's: all other types are at least as old. */
const VERSION_BASE = 10;

/** The least RDB version whose readers know this type: what the footer of a payload says. */
export function versionOf(rdbType: number): number {
  if (rdbType >= RDB_TYPE_HASH_METADATA_EARLY) return VERSION_OF_FIELD_DEADLINES;
  return rdbType === RDB_TYPE_SET_LISTPACK ? VERSION_OF_SET_LISTPACK : VERSION_BASE;
}

/**
 * The RDB type in which Redis writes a collection.
 *
 * @param type TYPE_LIST, TYPE_SET, TYPE_ZSET or TYPE_HASH
 * @param encoding what OBJECT ENCODING calls it
 * @param hasDeadlines true for a hash with fields that expire. They are always written in the form that does not ask for an
 *   order, whatever the encoding: Redis makes of it what its own limits say.
 */
export function rdbTypeOf(type: number, encoding: string, hasDeadlines: boolean): number {
  const isListpack = encoding.startsWith('listpack');
  switch (type) {
    case TYPE_LIST:
      return RDB_TYPE_LIST_QUICKLIST_2;
    case TYPE_SET:
      if (encoding === 'intset') return RDB_TYPE_SET_INTSET;
      return isListpack ? RDB_TYPE_SET_LISTPACK : RDB_TYPE_SET;
    case TYPE_ZSET:
      return isListpack ? RDB_TYPE_ZSET_LISTPACK : RDB_TYPE_ZSET_2;
    default:
      if (hasDeadlines) return RDB_TYPE_HASH_METADATA;
      return isListpack ? RDB_TYPE_HASH_LISTPACK : RDB_TYPE_HASH;
  }
}

/** The entry type (structures/entry.ts) of what an RDB type holds, or `NOT_A_COLLECTION`. */
export function collectionType(rdbType: number): number {
  switch (rdbType) {
    case RDB_TYPE_LIST:
    case RDB_TYPE_LIST_ZIPLIST:
    case RDB_TYPE_LIST_QUICKLIST:
    case RDB_TYPE_LIST_QUICKLIST_2:
      return TYPE_LIST;
    case RDB_TYPE_SET:
    case RDB_TYPE_SET_INTSET:
    case RDB_TYPE_SET_LISTPACK:
      return TYPE_SET;
    case RDB_TYPE_ZSET:
    case RDB_TYPE_ZSET_2:
    case RDB_TYPE_ZSET_ZIPLIST:
    case RDB_TYPE_ZSET_LISTPACK:
      return TYPE_ZSET;
    case RDB_TYPE_HASH:
    case RDB_TYPE_HASH_ZIPMAP:
    case RDB_TYPE_HASH_ZIPLIST:
    case RDB_TYPE_HASH_LISTPACK:
    case RDB_TYPE_HASH_METADATA_EARLY:
    case RDB_TYPE_HASH_LISTPACK_EX_EARLY:
    case RDB_TYPE_HASH_METADATA:
    case RDB_TYPE_HASH_LISTPACK_EX:
      return TYPE_HASH;
    default:
      return NOT_A_COLLECTION;
  }
}
