/**
 * Maintenance: what has to happen to the data though no client asks for it. Keys whose time is over are deleted
 * (active expiry), tables that a flush gave up are freed (lazy free), and keys are evicted when data uses more memory than
 * it may though nobody writes: `maxmemory` may have been made smaller.
 *
 * Each reactor does it for its share of the shards, in slices of about half a millisecond between its turns, and
 * holds a baton only for some tens of microseconds at a time: a million keys that expire at once cost every client
 * a little, and none a pause.
 */

import type { Batons } from '../memory/baton.js';
import type { Eviction } from './eviction.js';
import { freeGarbage, hasGarbage } from './garbage.js';
import type { Keyspace } from './keyspace.js';
import type { ShardShare } from './shard-share.js';
import { TABLE_WHEEL } from './shard-words.js';

const SLICE_MS = 0.5;
/** Keys deleted for one hold of a baton: some tens of microseconds. */
const EXPIRIES_PER_HOLD = 32;

export class Maintenance {
  /** False: keys whose time is over stay until somebody asks for them (DEBUG SET-ACTIVE-EXPIRE 0). */
  expiresActively = true;
  private readonly keyspace: Keyspace;
  private readonly batons: Batons;
  private readonly eviction: Eviction | undefined;
  private first: number;
  private step: number;
  /** The shard to go on with, and how many in a row had nothing to do. */
  private shard: number;

  /**
   * @param thread index of this reactor among `threadCount`; it cares for the shards of that remainder
   * @param eviction of this thread, if it is to keep the memory in use below its limit
   */
  constructor(keyspace: Keyspace, batons: Batons, thread: number, threadCount: number, eviction?: Eviction) {
    this.keyspace = keyspace;
    this.batons = batons;
    this.eviction = eviction;
    this.first = thread;
    this.step = threadCount;
    this.shard = thread;
  }

  /** From now on it cares for other shards. */
  setShare({ index, count }: ShardShare): void {
    this.first = index;
    this.step = count;
    this.shard = index;
  }

  /**
   * Works for about half a millisecond at most, and as long again if there is something to evict.
   *
   * @returns true when there is more to do at once
   */
  slice(nowMs: number): boolean {
    const shardCount = this.keyspace.memory.shardCount;
    if (this.first >= shardCount) return false;
    this.keyspace.now = nowMs;
    const evicts = this.eviction?.slice(SLICE_MS) ?? false;
    const end = performance.now() + SLICE_MS;
    let idle = 0;
    const share = Math.ceil((shardCount - this.first) / this.step);
    while (idle < share) {
      if (this.work(this.shard)) {
        idle = 0;
        if (performance.now() >= end) return true;
      } else {
        idle += 1;
        this.shard += this.step;
        if (this.shard >= shardCount) this.shard = this.first;
      }
    }
    return evicts;
  }

  /** Does what one hold of the shard's baton allows. Returns true when there may be more to do. */
  private work(shard: number): boolean {
    const keyspace = this.keyspace;
    const log = keyspace.log;
    const headers = keyspace.memory.shardU32;
    // Looked at without the baton, to leave shards alone that have nothing: what is missed now is met next time.
    if (hasGarbage(keyspace.memory, shard)) {
      this.batons.take(shard);
      freeGarbage(keyspace, shard);
      this.batons.give(shard);
      return true;
    }
    if (log.failed() || !this.expiresActively) return false;
    for (let database = 0; database < keyspace.memory.databaseCount; database++) {
      if (headers[keyspace.memory.tableAt(shard, database) + TABLE_WHEEL] === 0) continue;
      if (!log.hasRoom()) log.waitForRoom();
      this.batons.take(shard);
      let step = 1;
      for (let count = 0; count < EXPIRIES_PER_HOLD && step !== 0 && log.hasRoom(); count++) {
        step = keyspace.expireNext(shard, database);
      }
      this.batons.give(shard);
      if (step !== 0) return true;
    }
    return false;
  }
}
