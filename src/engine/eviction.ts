/**
 * Eviction: when data may use no more memory (`maxmemory`), some of it gives way to what is being written. Which keys go says
 * `maxmemory-policy`: those used longest ago (lru) or least often (lfu), those that expire next (ttl) or any (random); of all
 * keys or (volatile-) of those that have an expiry.
 *
 * No order of all keys is kept, for that would cost memory and time with every access. As in Redis, each eviction looks at a
 * few keys, of one shard, and evicts the best of these and of those that it remembers from before (eviction-pool.ts). It looks at
 * all keys of a bucket of the hash table, which costs little more than one of them. Keys with an expiry, where they are few, and
 * the next ones to expire are found in the lists of the timing wheel.
 *
 * The executor asks for room before a command takes a baton, so that batons are taken here one at a time; maintenance evicts
 * what is too much when nobody writes. An eviction is a DELETE in the log like any other.
 *
 * What counts is the memory of keys, values and tables: connections have limits of their own. What only a running snapshot
 * still needs does not count, for it can't be had by evicting more.
 *
 * What was given up and is not freed yet, be it a flushed database or a large collection that was evicted (garbage.ts), goes
 * before any other key: a piece at a time, so that nobody waits long for a baton, and no key has to go for memory that is as
 * good as free.
 *
 * Several threads may evict at once. Each looks at the memory in use again after a few keys, so that together they evict a few
 * keys too many at most.
 */

import { hashBytes } from '../base/hash.js';
import { stopwatch } from '../base/stopwatch.js';
import { Xorshift } from '../base/xorshift.js';
import type { Batons } from '../memory/baton.js';
import { SHARD_F64_EVICTED } from '../memory/layout.js';
import type { Memory } from '../memory/memory.js';
import { TYPE_REMINDER } from '../structures/entry.js';
import { BUCKET_SLOTS, TABLE_COUNT } from '../structures/hash-table.js';
import { FREQUENCY_MAX } from './access-clock.js';
import { EvictionPool, NO_CANDIDATE } from './eviction-pool.js';
import { freeGarbage, hasGarbage } from './garbage.js';
import type { Keyspace } from './keyspace.js';
import { EVENT_EVICTION_CYCLE } from './latency.js';
import type { Services } from './services.js';
import { TABLE_EXPIRY_COUNT, TABLE_WHEEL } from './shard-words.js';
import { PROCESS_EVICTION_EXCEEDED_MS, PROCESS_EVICTION_EXCEEDED_SINCE_MS } from './statistics.js';
import { RECORD_OVERHEAD_BYTES_MAX } from './wal/record.js';

/** By what the keys to evict are chosen. */
const BY_IDLE_TIME = 0;
const BY_FREQUENCY = 1;
const BY_DEADLINE = 2;
const BY_CHANCE = 3;
const NOTHING = 4;

const CHOICES: Readonly<Record<string, number>> = {
  lru: BY_IDLE_TIME,
  lfu: BY_FREQUENCY,
  ttl: BY_DEADLINE,
  random: BY_CHANCE,
};

/** How an attempt to make room ended. */
const ENOUGH = 0;
/** The time was over; more could be evicted. */
const TIME_OVER = 1;
/** There was nothing more to evict. */
const TOO_LITTLE = 2;

/** Below this limit the memory in use is added up exactly each time; above it 64 KiB do not matter. */
const EXACT_LIMIT_BYTES = 64 * 2 ** 20;
/** Distance from such a limit at which the exact sum is asked for: more than the quick one may be off. */
const INEXACT_BYTES = 2 ** 20;

/** Evictions between two looks at the clock and at the memory in use: some 20 us. */
const KEYS_PER_LOOK = 16;
/** `maxmemory-samples` counts up to this: for more keys a baton would be held too long. */
const SAMPLES_MAX = 1024;
/** Buckets that are looked into for samples: one nearly always suffices, but a small table is mostly empty. */
const BUCKETS_MAX = 16;
/** Keys with an expiry are looked for in the hash table if at least one of so many keys has one; otherwise in the wheel. */
const VOLATILE_SHARE = 2;
/** How often an empty slot is drawn at most before any entry at hand is taken. */
const DRAWS_MAX = 4;
const NO_DATABASE = -1;
const NO_SHARD = -1;

/** An expired key goes before all others: their scores are seconds of 24 bits, or two counters of 8. */
const EXPIRED_SCORE = 2 ** 25;

export class Eviction {
  private readonly keyspace: Keyspace;
  private readonly memory: Memory;
  private readonly batons: Batons;
  private readonly services: Services;
  private readonly headers: Uint32Array;
  private readonly pool = new EvictionPool();
  private readonly random = new Xorshift();
  private readonly found = new Uint32Array(SAMPLES_MAX + BUCKET_SLOTS);
  /** Written only, so that reading is not optimized away. */
  private readonly fetched = new Uint32Array(SAMPLES_MAX + BUCKET_SLOTS);

  /** A shard that has something to free, as far as this thread knows. */
  private garbageShard = NO_SHARD;
  private limitBytes = 0;
  /** While the quick sum is below this, so is the exact one below the limit. */
  private quickLimitBytes = 0;
  private choice = NOTHING;
  private isVolatile = false;
  private samples = 0;
  private commandMsMax = 0;

  constructor(keyspace: Keyspace, batons: Batons, services: Services) {
    this.keyspace = keyspace;
    this.memory = keyspace.memory;
    this.batons = batons;
    this.services = services;
    this.headers = keyspace.memory.shardU32;
    this.readConfig();
    services.config.onChange(() => this.readConfig()); // alloc: once a thread
  }

  /** Makes room for `bytes` more of data. False when that is more than `maxmemory` and the policy allow. No baton is held. */
  makeRoom(bytes: number): boolean {
    if (this.limitBytes === 0 || this.memory.usedBytesApproximate() + bytes <= this.quickLimitBytes)
      return true;
    return this.makeRoomSlowly(bytes);
  }

  /**
   * Evicts, for about `ms` milliseconds at most, if more memory is in use than may be. Returns true when there is more to do.
   * No baton is held.
   */
  slice(ms: number): boolean {
    if (this.limitBytes === 0 || this.isPaused()) return false;
    return this.evictWatched(0, ms) === TIME_OVER;
  }

  private makeRoomSlowly(bytes: number): boolean {
    if (this.isPaused()) return true;
    // For what never fits nothing has to go that may stay.
    const fits = bytes <= this.limitBytes;
    const outcome = this.evictWatched(fits ? bytes : 0, this.commandMsMax);
    // If only the time was too short, the command runs all the same, and those after it go on evicting: as in Redis.
    return fits && outcome !== TOO_LITTLE;
  }

  /** Bytes by which the limit would be exceeded, with `bytes` more in use. */
  private excess(bytes: number): number {
    const memory = this.memory;
    const isExact = this.limitBytes < EXACT_LIMIT_BYTES;
    const used = isExact ? memory.usedBytes() : memory.usedBytesApproximate();
    return used - memory.heldBytes() + bytes - this.limitBytes;
  }

  /** While CLIENT PAUSE keeps all data as it is, the limit is nobody's concern: as in Redis. */
  private isPaused(): boolean {
    return this.services.attention.pauseAt(this.keyspace.now) !== 0;
  }

  /** Evicts, keeping account of it for INFO and for the latency monitor. */
  private evictWatched(bytes: number, ms: number): number {
    const latency = this.services.instruments.latency;
    const startMs = latency.thresholdMs === 0 ? 0 : performance.now();
    const outcome = this.evict(bytes, ms);
    if (startMs !== 0) latency.add(EVENT_EVICTION_CYCLE, performance.now() - startMs);
    this.noteExceeded(outcome !== ENOUGH);
    return outcome;
  }

  /** Evicts until there is room for `bytes`, for about `ms` milliseconds at most. */
  private evict(bytes: number, ms: number): number {
    let endMs = 0;
    for (let excess = this.excess(bytes); excess > 0; excess = this.excess(bytes)) {
      this.lookForGarbage();
      for (let keys = 0; keys < KEYS_PER_LOOK && excess > 0; keys++) {
        const freed = this.evictNext();
        // What there was may have been evicted by another thread.
        if (freed === 0) return this.excess(bytes) > 0 ? TOO_LITTLE : ENOUGH;
        excess -= freed;
      }
      if (excess <= 0) return ENOUGH;
      // One command seldom evicts so many that asking for the time is worth it.
      if (endMs === 0) {
        stopwatch.meetSlowPath();
        endMs = performance.now() + ms;
      } else if (performance.now() > endMs) return TIME_OVER;
    }
    return ENOUGH;
  }

  /** Looks which shard has something to free, without the batons. */
  private lookForGarbage(): void {
    const shardCount = this.memory.shardCount;
    const start = this.random.below(shardCount);
    for (let step = 0; step < shardCount; step++) {
      const shard = (start + step) % shardCount;
      if (!hasGarbage(this.memory, shard)) continue;
      this.garbageShard = shard;
      return;
    }
    this.garbageShard = NO_SHARD;
  }

  /** Gives up one key, or frees a piece of garbage. Returns the bytes that this frees; 0 when there is nothing left. */
  private evictNext(): number {
    if (this.garbageShard !== NO_SHARD) {
      const freed = this.freePiece(this.garbageShard);
      if (freed !== 0) return freed;
      this.garbageShard = NO_SHARD;
    }
    const mayEvict = this.choice !== NOTHING && !this.keyspace.log.failed();
    const shardCount = this.memory.shardCount;
    const start = this.random.below(shardCount);
    for (let step = 0; step < shardCount; step++) {
      const shard = (start + step) % shardCount;
      // Looked at without the baton, to leave shards alone that have nothing.
      if (hasGarbage(this.memory, shard)) {
        const freed = this.freePiece(shard);
        if (freed !== 0) return freed;
      }
      if (!mayEvict) continue;
      const database = this.chooseDatabase(shard);
      if (database === NO_DATABASE) continue;
      const freed =
        this.choice === BY_CHANCE ? this.evictAny(shard, database) : this.evictBest(shard, database);
      if (freed !== 0) return freed;
    }
    return 0;
  }

  /** Frees a piece of a shard's garbage. Returns its bytes, at least 1 if a snapshot still needs them; 0 = there is none. */
  private freePiece(shard: number): number {
    this.batons.take(shard);
    const before = this.memory.shardUsedBytes(shard);
    const isFreed = freeGarbage(this.keyspace, shard);
    const freed = before - this.memory.shardUsedBytes(shard);
    this.batons.give(shard);
    return isFreed ? Math.max(freed, 1) : 0;
  }

  /** A database of the shard that has keys to evict, each as likely as it has many of them. */
  private chooseDatabase(shard: number): number {
    const word = this.isVolatile ? TABLE_EXPIRY_COUNT : TABLE_COUNT;
    const databaseCount = this.memory.databaseCount;
    let total = 0;
    let last = NO_DATABASE;
    for (let database = 0; database < databaseCount; database++) {
      const count = this.headers[this.memory.tableAt(shard, database) + word]!;
      if (count === 0) continue;
      total += count;
      last = database;
    }
    if (last === NO_DATABASE) return NO_DATABASE;
    let rank = this.random.below(total);
    for (let database = 0; database < last; database++) {
      rank -= this.headers[this.memory.tableAt(shard, database) + word]!;
      if (rank < 0) return database;
    }
    return last;
  }

  /** Evicts any key. Returns the bytes freed, 0 when the database had none. */
  private evictAny(shard: number, database: number): number {
    this.takeBaton(shard);
    let count = this.lookAround(shard, database, 1);
    let chosen = this.random.below(BUCKET_SLOTS);
    // A slot is chosen, so that an entry of a full bucket is as likely as one that has its bucket for itself.
    for (let draw = 1; draw < DRAWS_MAX && count !== 0 && chosen >= count; draw++) {
      count = this.lookAround(shard, database, 1);
      chosen = this.random.below(BUCKET_SLOTS);
    }
    let freed = 0;
    if (count !== 0) {
      const entry = this.found[chosen % count]!;
      this.keyspace.table.findPointer(this.memory.tableAt(shard, database), this.hashOf(entry), entry);
      freed = this.removeFound(shard, database, entry);
    }
    this.batons.give(shard);
    return freed;
  }

  /** Looks at some keys, and evicts the best of all that are known. Returns the bytes freed, 0 when no key was. */
  private evictBest(shard: number, database: number): number {
    this.batons.take(shard);
    const count = this.lookAround(shard, database, this.samples);
    this.fetch(count);
    // Beginning with any of them: of equals only the first may be taken in, and a new entry is in the first slot that was empty.
    let index = this.random.below(count);
    for (let left = count; left > 0; left--) {
      this.consider(shard, database, this.found[index]!);
      index = index + 1 === count ? 0 : index + 1;
    }
    this.batons.give(shard);

    const pool = this.pool;
    for (let best = pool.best(); best !== NO_CANDIDATE; best = pool.best()) {
      const pointer = pool.pointers[best]!;
      const hash = pool.hashes[best]!;
      const candidateShard = pool.shards[best]!;
      const candidateDatabase = pool.databases[best]!;
      pool.remove(best);
      this.takeBaton(candidateShard);
      const freed = this.evictCandidate(candidateShard, candidateDatabase, pointer, hash);
      this.batons.give(candidateShard);
      if (freed !== 0) return freed;
    }
    return 0;
  }

  /** Takes a baton, with room in the log to delete a key under it. */
  private takeBaton(shard: number): void {
    const log = this.keyspace.log;
    if (!log.hasRoom()) log.waitForRoom();
    this.batons.take(shard);
  }

  // Under the baton: nothing here throws, allocates or does I/O.

  /** Writes some keys of a database that may be evicted to `found`, if possible `wanted` or more, and returns how many. */
  private lookAround(shard: number, database: number, wanted: number): number {
    const table = this.memory.tableAt(shard, database);
    const expiryCount = this.headers[table + TABLE_EXPIRY_COUNT]!;
    const isSparse = this.isVolatile && expiryCount * VOLATILE_SHARE < this.headers[table + TABLE_COUNT]!;
    if (this.choice !== BY_DEADLINE && !isSparse) {
      const count = this.lookInBuckets(table, wanted);
      if (count !== 0) return count;
    }
    if (this.isVolatile) {
      const wheel = this.headers[table + TABLE_WHEEL]!;
      if (wheel === 0) return 0;
      return this.leaveOutReminders(
        this.keyspace.wheel.sweep(wheel, wanted, this.choice === BY_DEADLINE, this.found),
      );
    }
    const entry = this.keyspace.table.random(table, (this.random.next() >>> 0) / 2 ** 32);
    if (entry === 0) return 0;
    this.found[0] = entry;
    return 1;
  }

  /** Of `count` entries of a timing wheel only those that are keys. */
  private leaveOutReminders(count: number): number {
    const found = this.found;
    let kept = 0;
    for (let index = 0; index < count; index++) {
      if (this.keyspace.entries.type(found[index]!) !== TYPE_REMINDER) found[kept++] = found[index]!;
    }
    return kept;
  }

  private lookInBuckets(table: number, wanted: number): number {
    const found = this.found;
    let count = 0;
    for (let bucket = 0; bucket < BUCKETS_MAX && count < wanted; bucket++) {
      const end = count + this.keyspace.table.sample(table, this.random.next(), found, count);
      if (!this.isVolatile) {
        count = end;
        continue;
      }
      for (let index = count; index < end; index++) {
        if (this.keyspace.entries.hasExpiry(found[index]!)) found[count++] = found[index]!;
      }
    }
    return count;
  }

  /**
   * Reads the headers of all entries found, for whoever reads them next. Nothing here waits for what it reads, so that the
   * processor fetches all of them from memory at the same time, and not one after the other.
   */
  private fetch(count: number): void {
    for (let index = 0; index < count; index++) {
      this.fetched[index] = this.keyspace.entries.clock(this.found[index]!);
    }
  }

  /** Takes an entry into the pool if it is good enough. */
  private consider(shard: number, database: number, entry: number): void {
    this.rate(entry);
    if (this.pool.admits(entry)) this.pool.add(entry, this.hashOf(entry), shard, database);
  }

  /** Says in `pool.score` how good the entry is to evict. */
  private rate(entry: number): void {
    const clock = this.keyspace.clock;
    const score = this.pool.score;
    if (this.choice === BY_DEADLINE) score[0] = -this.keyspace.entries.deadline(entry);
    else if (this.keyspace.hasExpired(entry)) score[0] = EXPIRED_SCORE;
    else if (this.choice === BY_IDLE_TIME) score[0] = clock.idleSeconds(entry);
    else {
      // Of those used equally often, the one that was never used more often goes first: on Zipf traces that is up to 1 % of hits.
      const rareness = FREQUENCY_MAX - clock.frequency(entry);
      score[0] = rareness * (FREQUENCY_MAX + 1) + FREQUENCY_MAX - clock.frequencyThen(entry);
    }
  }

  /** Evicts a candidate, if it is still what it was. Returns the bytes freed, otherwise 0. */
  private evictCandidate(shard: number, database: number, entry: number, hash: number): number {
    const keyspace = this.keyspace;
    if (!keyspace.table.findPointer(this.memory.tableAt(shard, database), hash, entry)) return 0;
    // Another key may have the block now, and by chance the same bucket and tag.
    if (this.hashOf(entry) !== hash || (this.isVolatile && !keyspace.entries.hasExpiry(entry))) return 0;
    this.rate(entry);
    if (!this.pool.surpasses()) {
      // Used since, or the candidates have changed: it has to wait its turn.
      this.pool.add(entry, hash, shard, database);
      return 0;
    }
    return this.removeFound(shard, database, entry);
  }

  /** Deletes the entry that the table has just found. Returns the bytes freed; 0 when there is no memory to log it. */
  private removeFound(shard: number, database: number, entry: number): number {
    const keyspace = this.keyspace;
    const memory = this.memory;
    if (!keyspace.log.prepare(keyspace.entries.keySize(entry) + RECORD_OVERHEAD_BYTES_MAX)) return 0;
    const bytes = memory.usableBytes(entry);
    if (keyspace.entries.isLarge(entry)) this.garbageShard = shard;
    if (keyspace.ifLive(shard, database, entry) !== 0) {
      keyspace.remove(shard, database, entry);
      memory.shardF64[memory.doubleAt(shard, SHARD_F64_EVICTED)]! += 1;
    }
    return bytes;
  }

  private hashOf(entry: number): number {
    const entries = this.keyspace.entries;
    return hashBytes(entries.data(entry), entries.keyOffset(entry), entries.keySize(entry)) | 0;
  }

  // For INFO, and from the configuration.

  /** Keeps account of the time during which more memory is in use than may be. */
  private noteExceeded(isExceeded: boolean): void {
    const statistics = this.services.statistics;
    const since = statistics.process(PROCESS_EVICTION_EXCEEDED_SINCE_MS);
    if (isExceeded === (since !== 0)) return;
    const nowMs = this.keyspace.now;
    statistics.setProcess(PROCESS_EVICTION_EXCEEDED_SINCE_MS, isExceeded ? nowMs : 0);
    if (isExceeded) return;
    const before = statistics.process(PROCESS_EVICTION_EXCEEDED_MS);
    statistics.setProcess(PROCESS_EVICTION_EXCEEDED_MS, before + nowMs - since);
  }

  private readConfig(): void {
    const config = this.services.config;
    const policy = config.text('maxmemory-policy');
    this.choice = CHOICES[policy.replace(/^.*-/, '')] ?? NOTHING;
    this.isVolatile = policy.startsWith('volatile-');
    this.samples = Math.min(config.integer('maxmemory-samples'), SAMPLES_MAX);
    this.commandMsMax = patienceMs(config.integer('maxmemory-eviction-tenacity'));
    this.limitBytes = config.integer('maxmemory');
    this.quickLimitBytes =
      this.limitBytes < EXACT_LIMIT_BYTES ? this.limitBytes - INEXACT_BYTES : this.limitBytes;
    this.memory.publishPrecisely(this.limitBytes !== 0);
    if (this.limitBytes === 0) this.noteExceeded(false);
    this.keyspace.clock.configure(
      this.choice === BY_FREQUENCY,
      config.integer('lfu-log-factor'),
      config.integer('lfu-decay-time'),
    );
    this.pool.clear();
  }
}

/** What `maxmemory-eviction-tenacity` means, as in Redis: 50 us a step at first, then 15 % more with each, and no end at 100. */
function patienceMs(tenacity: number): number {
  if (tenacity <= 10) return 0.05 * tenacity;
  return tenacity < 100 ? 0.5 * 1.15 ** (tenacity - 10) : Number.POSITIVE_INFINITY;
}
