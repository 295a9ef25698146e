/**
 * How threads divide the shards among themselves, where each shard is the business of one: loading, maintenance.
 */

/** The shards whose number leaves the remainder `index` when it is divided by `count`. */
export interface ShardShare {
  readonly index: number;
  readonly count: number;
}

export const ALL_SHARDS: ShardShare = { index: 0, count: 1 };
/** Of a thread that others do the work for: no shard has such a number. */
export const NO_SHARDS: ShardShare = { index: Number.POSITIVE_INFINITY, count: 1 };
