/**
 * The options of collections: up to which size Redis packs one, which OBJECT ENCODING tells by the name.
 */

const ENTRIES_MAX = Number.MAX_SAFE_INTEGER;

/** Names that the options had before Redis 7.0, which still takes them. */
export const OLD_NAMES: ReadonlyMap<string, string> = new Map([
  ['hash-max-ziplist-entries', 'hash-max-listpack-entries'],
  ['hash-max-ziplist-value', 'hash-max-listpack-value'],
  ['zset-max-ziplist-entries', 'zset-max-listpack-entries'],
  ['zset-max-ziplist-value', 'zset-max-listpack-value'],
]);

export const COLLECTION_OPTIONS = [
  {
    name: 'hash-max-listpack-entries',
    kind: 'integer',
    default: 512,
    minimum: 0,
    maximum: ENTRIES_MAX,
    change: 'live',
    summary: 'fields up to which OBJECT ENCODING calls a hash listpack',
  },
  {
    name: 'hash-max-listpack-value',
    kind: 'memory',
    default: 64,
    minimum: 0,
    maximum: ENTRIES_MAX,
    change: 'live',
    summary: 'longest field or value of a hash that OBJECT ENCODING calls listpack',
  },
  {
    name: 'set-max-intset-entries',
    kind: 'integer',
    default: 512,
    minimum: 0,
    maximum: ENTRIES_MAX,
    change: 'live',
    summary: 'members up to which OBJECT ENCODING calls a set of integers intset',
  },
  {
    name: 'zset-max-listpack-entries',
    kind: 'integer',
    default: 128,
    minimum: 0,
    maximum: ENTRIES_MAX,
    change: 'live',
    summary: 'members up to which OBJECT ENCODING calls a sorted set listpack',
  },
  {
    name: 'zset-max-listpack-value',
    kind: 'memory',
    default: 64,
    minimum: 0,
    maximum: ENTRIES_MAX,
    change: 'live',
    summary: 'longest member of a sorted set that OBJECT ENCODING calls listpack',
  },
] as const;
