/**
 * The words of a shard's record and of its table headers that belong to the engine (memory/layout.ts has the whole record). The
 * shard's baton guards them.
 */

/** Words of a table header that are the engine's: 4 to 11; hash-table.ts owns 0 to 3, 14 and 15. */
export const TABLE_WHEEL = 4;
export const TABLE_EXPIRY_COUNT = 5;
/** Entries that a running snapshot must still write: list of {entry, next} nodes of 8 bytes. */
export const TABLE_HAND_OVER = 6;
export const TABLE_HAND_OVER_COUNT = 7;
/** The sum of all deadlines, an f64 in two words: of no meaning while no key has one. */
export const TABLE_DEADLINE_SUM = 8;
/** Which database this was when the running snapshot began: SWAPDB may have made it another one since. */
export const TABLE_ORIGIN = 10;
/** Hashes whose fields have deadlines: entries of the timing wheel that are no keys. */
export const TABLE_REMINDER_COUNT = 11;

/** Engine words of a shard (memory.engineAt). */
export const ENGINE_EPOCH = 0;
/** 1 while a snapshot has still to pass this shard. */
export const ENGINE_SNAPSHOT = 1;
/** The entry that the snapshot thread reads without the baton, or 0. */
export const ENGINE_PINNED = 2;
/** 1 when the pinned entry was given up meanwhile: the snapshot thread frees it. */
export const ENGINE_PINNED_DEAD = 3;
/** 1 when the running snapshot can't be completed: a flush, or no memory to hand over. */
export const ENGINE_SNAPSHOT_LOST = 4;
/** Tables given up by a flush, to be freed bit by bit: list of blocks of databases.ts. */
export const ENGINE_DETACHED = 5;
/** Roots of large collections given up, to be freed bit by bit: list through ROOT_NEXT (parts.ts). */
export const ENGINE_DROPPED = 6;
/** Parts of large collections that a running snapshot must still write: list of nodes of parts.ts. */
export const ENGINE_PARTS = 7;
/** The root that the snapshot thread is going over, or 0: it must stay. */
export const ENGINE_WALKED = 8;
/** Who waits for keys of this shard: the chains of waiters.ts, or 0. */
export const ENGINE_WAITERS = 9;
