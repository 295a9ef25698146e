/**
 * The walk: goes over every entry of the store, point in time, while everybody goes on changing it.
 *
 * `flip` is the moment: with all batons held, every shard's epoch changes, so that all entries there are now are *old*, and
 * the log's end is the snapshot's LSN. From then on (engine/keyspace.ts sees to its part):
 *
 *  - a new entry has the new epoch and is none of the snapshot's business;
 *  - an old entry does not change. Whoever replaces or deletes it puts it on its table's *hand-over list*, from where
 *    the walk writes and frees it;
 *  - the walk writes an old entry that it meets and gives it the new epoch, after which it may change.
 *
 * So each old entry is written exactly once, as it was. When no shard has old entries any more, the walk is finished; that
 * is also the only way to end it: one whose file failed, or that lost entries to a flush, goes to the end without
 * writing, because the next snapshot takes every entry to be of the current epoch.
 *
 * The walk goes along the segments of the hash tables (not along keys, so it needs no cursor in them), and does little
 * at a time: `step` takes one baton, copies some old entries to a buffer of its own, gives the baton back, and only
 * then turns them into JSON. Steps go round a few shards in turns, so that each is left alone most of the time and
 * whoever sleeps on its baton gets it.
 *
 * Most of the time goes into fetching entries from memory. So `prefetch` reads them once before the baton is taken, and
 * throws away what it read: they are in the cache then.
 *
 * Tables may change places (SWAPDB). A table is known by the database that it was at the flip, which is what the snapshot shows:
 * the log after it repeats the change.
 *
 * A segment may split or merge between two steps, and its entries move. The table counts that (TABLE_MOVES), and the walk
 * goes over the segment once more, from its first slot; what it has written is not old any more.
 *
 * An entry too large to copy is pinned (nobody frees or changes a pinned one) and written from where it lies, without
 * the baton. One from a hand-over list is nobody else's anyway.
 *
 * A large collection has parts, which are marked and handed over as entries are (engine/parts.ts). When the walk meets its entry
 * it first goes through all of the parts (walk-collection.ts), and only then has the entry the new epoch. Parts that were
 * handed over are written by part-drain.ts. What is left of collections that were given up comes that way, too: before a
 * shard is finished, the walk frees them itself if need be.
 *
 * Entries whose time was over at the flip are written like the others: they still exist, and a record of the log after it
 * may build on one (a client's clock may be a little behind; PERSIST). Who loads them deletes them in time.
 */

import type { Batons } from '../../memory/baton.js';
import { SHARD_F64_DIRTY } from '../../memory/layout.js';
import { type Memory, SEGMENT_MASK, SEGMENT_SHIFT } from '../../memory/memory.js';
import type { Entries } from '../../structures/entry.js';
import {
  type HashTable,
  PREFIX_COUNT,
  SEGMENT_SLOTS,
  TABLE_DIRECTORY,
  TABLE_MOVES,
} from '../../structures/hash-table.js';
import { Parts } from '../parts.js';
import {
  ENGINE_EPOCH,
  ENGINE_PINNED,
  ENGINE_PINNED_DEAD,
  ENGINE_SNAPSHOT,
  ENGINE_SNAPSHOT_LOST,
  TABLE_HAND_OVER,
  TABLE_HAND_OVER_COUNT,
  TABLE_ORIGIN,
} from '../shard-words.js';
import { LineWriter } from './line-writer.js';
import { PartDrain } from './part-drain.js';
import { SlotPrefetch } from './slot-prefetch.js';
import type { SnapshotFile } from './snapshot-file.js';
import { EntryStage, HOLD_ENTRIES_MAX } from './stage.js';
import { CollectionWalk } from './walk-collection.js';

/** How many shards the walk visits in turns. */
const SHARDS_AT_ONCE = 4;
/** After this many holds all hand-over lists are emptied, so that they stay short wherever the walk is. */
const SWEEP_HOLDS = 512;

const NO_SHARD = -1;

/** What the walk must know of the log. */
export interface WalkLog {
  tail(): number;
}

export class SnapshotWalk {
  /** The snapshot's LSN; set by `flip`. */
  lsn = 0;
  /** Changes since the store started, at the flip: what SHARD_F64_DIRTY said, over all shards. */
  dirty = 0;
  /** True when the snapshot can't be completed: the walk only goes to its end. */
  lost = false;

  private readonly memory: Memory;
  private readonly entries: Entries;
  private readonly table: HashTable;
  private readonly batons: Batons;
  private readonly log: WalkLog;
  private readonly file: SnapshotFile;
  private readonly headers: Uint32Array;

  /** Shards under way, NO_SHARD = none; each one's place; the next to begin with. */
  private readonly active = new Int32Array(SHARDS_AT_ONCE).fill(NO_SHARD);
  private turn = 0;
  private activeCount = 0;
  private nextShard = 0;
  private readonly database: Int32Array;
  private readonly prefix: Int32Array;
  private readonly slot: Int32Array;
  /** What TABLE_MOVES said when `slot` was set. */
  private readonly moves: Uint32Array;
  /** The segment gone over last, or next: a hint for `prefetch`. */
  private readonly segment: Uint32Array;

  private holds = 0;
  /** Which of all tables, and lists of parts, a sweep looks at next; none under way when it is their number. */
  private sweepAt: number;
  private readonly sweepPlaces: number;

  private readonly prefetch: SlotPrefetch;
  /** Entries copied during a hold. */
  private readonly stage: EntryStage;
  /** The large collection that the shard of each place is at. */
  private readonly collections: readonly CollectionWalk[];
  private readonly parts: Parts;
  private readonly partDrain: PartDrain;

  /** A huge entry met during a hold: written after it. */
  private huge = 0;
  private hugeDatabase = 0;
  private isHugePinned = false;

  constructor(
    memory: Memory,
    entries: Entries,
    table: HashTable,
    batons: Batons,
    log: WalkLog,
    file: SnapshotFile,
  ) {
    this.memory = memory;
    this.entries = entries;
    this.table = table;
    this.batons = batons;
    this.log = log;
    this.file = file;
    const lines = new LineWriter(file);
    this.prefetch = new SlotPrefetch(memory, table);
    this.stage = new EntryStage(memory, entries, lines);
    const parts = new Parts(memory, entries);
    this.parts = parts;
    this.partDrain = new PartDrain(memory, entries, parts, batons, lines);
    this.collections = Array.from(
      { length: SHARDS_AT_ONCE },
      () => new CollectionWalk(memory, entries, parts, lines),
    );
    this.headers = memory.shardU32;
    this.database = new Int32Array(memory.shardCount);
    this.prefix = new Int32Array(memory.shardCount);
    this.slot = new Int32Array(memory.shardCount);
    this.moves = new Uint32Array(memory.shardCount);
    this.segment = new Uint32Array(memory.shardCount);
    this.sweepPlaces = memory.databaseCount + 1;
    this.sweepAt = memory.shardCount * this.sweepPlaces;
  }

  /** The moment that the snapshot shows. Once, before `step`. Holds all batons for some microseconds. */
  flip(): void {
    const headers = this.headers;
    let dirty = 0;
    this.batons.takeAll();
    for (let shard = 0; shard < this.memory.shardCount; shard++) {
      const engine = this.memory.engineAt(shard);
      headers[engine + ENGINE_EPOCH]! ^= 1;
      headers[engine + ENGINE_SNAPSHOT] = 1;
      headers[engine + ENGINE_SNAPSHOT_LOST] = 0;
      this.nameTables(shard);
      dirty += this.memory.shardF64[this.memory.doubleAt(shard, SHARD_F64_DIRTY)]!;
    }
    this.lsn = this.log.tail();
    this.batons.giveAll();
    this.dirty = dirty;
    for (let place = 0; place < SHARDS_AT_ONCE; place++) this.begin(place);
  }

  /** Gives the snapshot up; the walk still has to be finished. */
  abort(): void {
    this.lost = true;
  }

  /** Does a little. Returns false when the walk is finished. Holds a baton for some 10 us. */
  step(): boolean {
    if (this.activeCount === 0) return false;
    const shard = this.chooseSwept();
    if (shard !== NO_SHARD) {
      this.sweep(shard, this.sweepAt % this.sweepPlaces);
      return true;
    }
    const place = this.choosePlace();
    const walked = this.active[place]!;
    const collection = this.collections[place]!;
    const isThrough = this.database[walked] === this.memory.databaseCount;
    if ((isThrough || collection.awaitsParts) && this.partDrain.hasParts(walked)) {
      this.drainParts(walked);
      return true;
    }
    if (collection.isOpen) this.prefetch.read(collection.segment, collection.slot);
    else this.prefetch.read(this.segment[walked]!, this.slot[walked]!);
    this.batons.take(walked);
    const finished = this.walk(walked, collection);
    this.batons.give(walked);
    this.holds += 1;
    this.stage.write();
    if (this.huge !== 0) this.writeHuge(walked);
    if (collection.isOpen) this.writeCollection(walked, collection);
    if (finished) {
      this.activeCount -= 1;
      this.begin(place);
    }
    return true;
  }

  /** The shard of a table, or of a list of parts, with something to drain now, or NO_SHARD. Reads without batons: a hint. */
  private chooseSwept(): number {
    const places = this.sweepPlaces;
    const end = this.memory.shardCount * places;
    if (this.sweepAt === end) {
      if (this.holds < SWEEP_HOLDS) return NO_SHARD;
      this.holds = 0;
      this.sweepAt = 0;
    }
    for (; this.sweepAt < end; this.sweepAt++) {
      const shard = Math.floor(this.sweepAt / places);
      const place = this.sweepAt % places;
      if (place === this.memory.databaseCount) {
        if (this.partDrain.hasParts(shard)) return shard;
      } else if (this.headers[this.memory.tableAt(shard, place) + TABLE_HAND_OVER] !== 0) {
        return shard;
      }
    }
    return NO_SHARD;
  }

  /** Drains some of what a shard's table in a place has handed over; after the last table, some of the parts. */
  private sweep(shard: number, place: number): void {
    if (place === this.memory.databaseCount) {
      this.drainParts(shard);
      return;
    }
    this.batons.take(shard);
    this.drain(shard, place);
    this.batons.give(shard);
    this.stage.write();
    if (this.huge !== 0) this.writeHuge(shard);
  }

  private drainParts(shard: number): void {
    if (!this.partDrain.step(shard, this.writing())) this.lost = true;
  }

  private choosePlace(): number {
    do {
      this.turn = this.turn + 1 === SHARDS_AT_ONCE ? 0 : this.turn + 1;
    } while (this.active[this.turn] === NO_SHARD);
    return this.turn;
  }

  private begin(place: number): void {
    this.active[place] = NO_SHARD;
    if (this.nextShard === this.memory.shardCount) return;
    this.active[place] = this.nextShard++;
    this.activeCount += 1;
  }

  /** True while what is met is to be written. */
  private writing(): boolean {
    return !this.lost && this.file.error === undefined;
  }

  // Under the baton: nothing here does I/O, throws or allocates.

  /** Notes which database each table is now, because SWAPDB may give it another place. */
  private nameTables(shard: number): void {
    for (let database = 0; database < this.memory.databaseCount; database++) {
      this.headers[this.memory.tableAt(shard, database) + TABLE_ORIGIN] = database;
    }
  }

  /** The table that was `database` at the flip. */
  private tableOf(shard: number, database: number): number {
    let table = this.memory.tableAt(shard, database);
    for (let place = 0; this.headers[table + TABLE_ORIGIN] !== database; place++) {
      table = this.memory.tableAt(shard, place);
    }
    return table;
  }

  /** Goes on in a shard, as far as one hold may. Returns true when the shard is finished. */
  private walk(shard: number, collection: CollectionWalk): boolean {
    const engine = this.memory.engineAt(shard);
    if (this.headers[engine + ENGINE_SNAPSHOT_LOST] !== 0) this.lost = true;
    if (collection.isOpen) {
      collection.hold(shard, this.writing());
      if (collection.huge !== 0) this.headers[engine + ENGINE_PINNED] = collection.huge;
      return false;
    }
    while (this.database[shard]! < this.memory.databaseCount) {
      const table = this.tableOf(shard, this.database[shard]!);
      if (this.headers[table + TABLE_DIRECTORY] !== 0 && this.prefix[shard]! < PREFIX_COUNT) {
        this.walkSegment(shard, table, collection);
        return false;
      }
      this.database[shard]! += 1;
      this.prefix[shard] = 0;
      this.slot[shard] = 0;
      this.segment[shard] = 0;
    }
    // Nothing is old any more but what is on the hand-over lists, and in collections that were given up.
    for (let database = 0; database < this.memory.databaseCount; database++) {
      if (this.headers[this.memory.tableAt(shard, database) + TABLE_HAND_OVER] === 0) continue;
      this.drain(shard, database);
      return false;
    }
    if (this.partDrain.hasParts(shard)) return false;
    if (this.parts.hasDropped(shard)) {
      this.parts.freeStep(shard);
      return false;
    }
    this.headers[engine + ENGINE_SNAPSHOT] = 0;
    this.headers[engine + ENGINE_SNAPSHOT_LOST] = 0;
    return true;
  }

  private walkSegment(shard: number, table: number, collection: CollectionWalk): void {
    const moves = this.headers[table + TABLE_MOVES]!;
    if (moves !== this.moves[shard]) {
      this.moves[shard] = moves;
      this.slot[shard] = 0;
    }
    const segment = this.table.segmentAt(table, this.prefix[shard]!);
    const slot = this.walkSlots(shard, segment, this.slot[shard]!, collection);
    this.slot[shard] = slot;
    this.segment[shard] = segment;
    if (slot < SEGMENT_SLOTS) return;
    const prefix = this.table.segmentEnd(table, this.prefix[shard]!);
    this.prefix[shard] = prefix;
    this.slot[shard] = 0;
    this.segment[shard] = prefix < PREFIX_COUNT ? this.table.segmentAt(table, prefix) : 0;
  }

  /**
   * Copies the old entries from slot `from` on, as many as one hold may. Returns the slot to go on at, SEGMENT_SLOTS after
   * the last.
   */
  private walkSlots(shard: number, segment: number, from: number, collection: CollectionWalk): number {
    const { entries, stage } = this;
    const epoch = this.headers[this.memory.engineAt(shard) + ENGINE_EPOCH]!;
    const database = this.database[shard]!;
    const end = Math.min(from + HOLD_ENTRIES_MAX, SEGMENT_SLOTS);
    const writing = this.writing();
    for (let slot = from; slot < end; slot++) {
      const entry = this.table.slotPointer(segment, slot);
      if (entry === 0 || entries.epoch(entry) === epoch) continue;
      if (stage.isFull()) return slot;
      if (entries.isLarge(entry)) {
        // It has the new epoch when the collection has been gone through.
        collection.open(shard, entries.root(entry), database);
        return slot;
      }
      entries.setEpoch(entry, epoch);
      if (!writing) continue;
      if (!stage.isHuge(entry)) {
        stage.put(entry, database);
        continue;
      }
      this.headers[this.memory.engineAt(shard) + ENGINE_PINNED] = entry;
      this.huge = entry;
      this.hugeDatabase = database;
      this.isHugePinned = true;
      return slot;
    }
    return end;
  }

  /** Copies and frees what the table in a place has handed over, as much as one hold may. */
  private drain(shard: number, place: number): void {
    const headers = this.headers;
    const table = this.memory.tableAt(shard, place);
    const database = headers[table + TABLE_ORIGIN]!;
    for (let count = 0; count < HOLD_ENTRIES_MAX && !this.stage.isFull(); count++) {
      const node = headers[table + TABLE_HAND_OVER]!;
      if (node === 0) return;
      const words = this.memory.u32[node >>> SEGMENT_SHIFT]!;
      const entry = words[(node & SEGMENT_MASK) << 1]!;
      headers[table + TABLE_HAND_OVER] = words[((node & SEGMENT_MASK) << 1) + 1]!;
      headers[table + TABLE_HAND_OVER_COUNT]! -= 1;
      this.memory.free(shard, node);
      if (this.writing() && this.stage.isHuge(entry)) {
        this.huge = entry;
        this.hugeDatabase = database;
        this.isHugePinned = false;
        return;
      }
      if (this.writing()) this.stage.put(entry, database);
      this.memory.freeHeld(shard, entry);
    }
  }

  // Without the baton.

  /** Writes the huge entry that the last hold, of `shard`'s baton, has found. */
  private writeHuge(shard: number): void {
    const entry = this.huge;
    this.stage.writeHuge(entry, this.hugeDatabase);
    this.huge = 0;
    this.batons.take(shard);
    if (this.isHugePinned) this.unpin(shard, entry);
    else this.memory.freeHeld(shard, entry);
    this.batons.give(shard);
  }

  private writeCollection(shard: number, collection: CollectionWalk): void {
    collection.write(this.writing());
    if (collection.huge === 0) return;
    this.batons.take(shard);
    this.unpin(shard, collection.huge);
    this.batons.give(shard);
    collection.huge = 0;
  }

  /** Under the baton: what was pinned is everybody's again, and freed if they have given it up. */
  private unpin(shard: number, pointer: number): void {
    const engine = this.memory.engineAt(shard);
    this.headers[engine + ENGINE_PINNED] = 0;
    if (this.headers[engine + ENGINE_PINNED_DEAD] === 0) return;
    this.headers[engine + ENGINE_PINNED_DEAD] = 0;
    this.memory.free(shard, pointer);
  }
}
