/**
 * What every engine of a type of collections can do (collections.ts has all of them).
 */

export interface CollectionEngine {
  /**
   * Carries out what a log record says (OP_LIST_* to OP_HASH_*), and logs it again if the log is on. `existing` is what the last
   * `find` returned for the key, of this type, or 0.
   *
   * @returns false when memory is exhausted; some of it may have been carried out then
   */
  repeat(
    op: number,
    shard: number,
    database: number,
    hash: number,
    keys: DataView,
    keyOffset: number,
    keyBytes: number,
    existing: number,
    data: DataView,
    payloadOffset: number,
    payloadBytes: number,
  ): boolean;
}
