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
 * Entries whose time was over at the flip are written like the others: they still exist, and a record of the log after it
 * may build on one (a client's clock may be a little behind; PERSIST). Who loads them deletes them in time.
 */

import type { Batons } from '../../memory/baton.js';
import { SEGMENT_BYTES, SHARD_F64_DIRTY } from '../../memory/layout.js';
import { type Memory, SEGMENT_MASK, SEGMENT_SHIFT } from '../../memory/memory.js';
import type { Entries } from '../../structures/entry.js';
import {
  type HashTable,
  PREFIX_COUNT,
  SEGMENT_SLOTS,
  TABLE_DIRECTORY,
  TABLE_MOVES,
} from '../../structures/hash-table.js';
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
import {
  ENTRY_BYTES_MAX,
  LINE_BYTES_MAX,
  LineEncoder,
  PIECE_LINE_BYTES_MAX,
  PieceEncoder,
} from './encode.js';
import type { SnapshotFile } from './snapshot-file.js';

/**
 * Slots gone over, or handed-over entries taken, while a baton is held once, and bytes copied: about a microsecond, which
 * is less than anybody waits for a baton before going to sleep (memory/baton.ts). 24 slots are two buckets, and divide
 * a segment.
 */
const HOLD_ENTRIES_MAX = 24;
const HOLD_BYTES_MAX = 16_384;
/** How many shards the walk visits in turns. */
const SHARDS_AT_ONCE = 4;
/** After this many holds all hand-over lists are emptied, so that they stay short wherever the walk is. */
const SWEEP_HOLDS = 512;

const STAGE_BYTES = HOLD_BYTES_MAX + ENTRY_BYTES_MAX + HOLD_ENTRIES_MAX * 8;
const NO_SHARD = -1;
/** Keeps an index in a segment's u32 view within it. */
const WORD_MASK = SEGMENT_BYTES / 4 - 1;
/** u32 words of a cache line. */
const LINE_WORDS = 16;

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
  /** What `prefetch` has read: kept, so that reading it is not optimized away. */
  protected touched = 0;
  /** Which of all tables a sweep looks at next; none under way when it is the number of tables. */
  private sweepAt: number;

  /** Entries copied during a hold. */
  private readonly stageBytes = new Uint8Array(STAGE_BYTES);
  private readonly stageWords = new Uint32Array(this.stageBytes.buffer);
  private readonly stagedDatabase = new Int32Array(HOLD_ENTRIES_MAX);
  private readonly stagedDeadline = new Float64Array(HOLD_ENTRIES_MAX);
  private readonly stagedOffset = new Int32Array(HOLD_ENTRIES_MAX);
  private readonly stagedKeySize = new Int32Array(HOLD_ENTRIES_MAX);
  private readonly stagedValueSize = new Int32Array(HOLD_ENTRIES_MAX);
  private staged = 0;
  private stagedSize = 0;
  private readonly lines: LineEncoder;

  /** A large entry met during a hold: written after it. */
  private large = 0;
  private largeDatabase = 0;
  private largePinned = false;
  private readonly pieces = new PieceEncoder();

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
    this.lines = new LineEncoder(this.stageBytes, file.buffer);
    this.headers = memory.shardU32;
    this.database = new Int32Array(memory.shardCount);
    this.prefix = new Int32Array(memory.shardCount);
    this.slot = new Int32Array(memory.shardCount);
    this.moves = new Uint32Array(memory.shardCount);
    this.segment = new Uint32Array(memory.shardCount);
    this.sweepAt = memory.shardCount * memory.databaseCount;
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
      this.batons.take(shard);
      this.drain(shard, this.sweepAt % this.memory.databaseCount);
      this.batons.give(shard);
      this.writeHeld(shard);
      return true;
    }
    const place = this.choosePlace();
    const walked = this.active[place]!;
    this.prefetch(walked);
    this.batons.take(walked);
    const finished = this.walk(walked);
    this.batons.give(walked);
    this.holds += 1;
    this.writeHeld(walked);
    if (finished) {
      this.activeCount -= 1;
      this.begin(place);
    }
    return true;
  }

  /** The shard of a table with a hand-over list to empty now, or NO_SHARD. Reads without batons: a hint. */
  private chooseSwept(): number {
    const databases = this.memory.databaseCount;
    const tables = this.memory.shardCount * databases;
    if (this.sweepAt === tables) {
      if (this.holds < SWEEP_HOLDS) return NO_SHARD;
      this.holds = 0;
      this.sweepAt = 0;
    }
    for (; this.sweepAt < tables; this.sweepAt++) {
      const shard = Math.floor(this.sweepAt / databases);
      const table = this.memory.tableAt(shard, this.sweepAt % databases);
      if (this.headers[table + TABLE_HAND_OVER] !== 0) return shard;
    }
    return NO_SHARD;
  }

  private choosePlace(): number {
    do {
      this.turn = this.turn + 1 === SHARDS_AT_ONCE ? 0 : this.turn + 1;
    } while (this.active[this.turn] === NO_SHARD);
    return this.turn;
  }

  /**
   * Reads what the next hold of the shard's baton is going to read. Without the baton anything may be there, even no
   * entries any more: so every index is kept within its array, and nothing is believed.
   */
  private prefetch(shard: number): void {
    const segment = this.segment[shard]!;
    if (segment === 0) return;
    let touched = 0;
    const end = Math.min(this.slot[shard]! + HOLD_ENTRIES_MAX, SEGMENT_SLOTS);
    for (let slot = this.slot[shard]!; slot < end; slot++) {
      const entry = this.table.slotPointer(segment, slot);
      const words = this.memory.u32[entry >>> SEGMENT_SHIFT];
      if (entry === 0 || words === undefined) continue;
      const at = (entry & SEGMENT_MASK) << 1;
      touched ^= words[at]! ^ words[(at + LINE_WORDS) & WORD_MASK]!;
    }
    this.touched = touched;
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
  private walk(shard: number): boolean {
    const engine = this.memory.engineAt(shard);
    if (this.headers[engine + ENGINE_SNAPSHOT_LOST] !== 0) this.lost = true;
    while (this.database[shard]! < this.memory.databaseCount) {
      const table = this.tableOf(shard, this.database[shard]!);
      if (this.headers[table + TABLE_DIRECTORY] !== 0 && this.prefix[shard]! < PREFIX_COUNT) {
        this.walkSegment(shard, table);
        return false;
      }
      this.database[shard]! += 1;
      this.prefix[shard] = 0;
      this.slot[shard] = 0;
      this.segment[shard] = 0;
    }
    // Nothing is old any more but what is on the hand-over lists, and nothing comes to them from now on.
    for (let database = 0; database < this.memory.databaseCount; database++) {
      if (this.headers[this.memory.tableAt(shard, database) + TABLE_HAND_OVER] === 0) continue;
      this.drain(shard, database);
      return false;
    }
    this.headers[engine + ENGINE_SNAPSHOT] = 0;
    this.headers[engine + ENGINE_SNAPSHOT_LOST] = 0;
    return true;
  }

  private walkSegment(shard: number, table: number): void {
    const moves = this.headers[table + TABLE_MOVES]!;
    if (moves !== this.moves[shard]) {
      this.moves[shard] = moves;
      this.slot[shard] = 0;
    }
    const segment = this.table.segmentAt(table, this.prefix[shard]!);
    const slot = this.walkSlots(shard, segment, this.slot[shard]!);
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
  private walkSlots(shard: number, segment: number, from: number): number {
    const entries = this.entries;
    const epoch = this.headers[this.memory.engineAt(shard) + ENGINE_EPOCH]!;
    const end = Math.min(from + HOLD_ENTRIES_MAX, SEGMENT_SLOTS);
    const writing = this.writing();
    for (let slot = from; slot < end; slot++) {
      const entry = this.table.slotPointer(segment, slot);
      if (entry === 0 || entries.epoch(entry) === epoch) continue;
      if (this.stagedSize >= HOLD_BYTES_MAX) return slot;
      entries.setEpoch(entry, epoch);
      if (!writing) continue;
      if (!this.isLarge(entry)) {
        this.stage(entry, this.database[shard]!);
        continue;
      }
      this.headers[this.memory.engineAt(shard) + ENGINE_PINNED] = entry;
      this.large = entry;
      this.largeDatabase = this.database[shard]!;
      this.largePinned = true;
      return slot;
    }
    return end;
  }

  /** Copies and frees what the table in a place has handed over, as much as one hold may. */
  private drain(shard: number, place: number): void {
    const headers = this.headers;
    const table = this.memory.tableAt(shard, place);
    const database = headers[table + TABLE_ORIGIN]!;
    for (let count = 0; count < HOLD_ENTRIES_MAX && this.stagedSize < HOLD_BYTES_MAX; count++) {
      const node = headers[table + TABLE_HAND_OVER]!;
      if (node === 0) return;
      const words = this.memory.u32[node >>> SEGMENT_SHIFT]!;
      const entry = words[(node & SEGMENT_MASK) << 1]!;
      headers[table + TABLE_HAND_OVER] = words[((node & SEGMENT_MASK) << 1) + 1]!;
      headers[table + TABLE_HAND_OVER_COUNT]! -= 1;
      this.memory.free(shard, node);
      if (this.writing() && this.isLarge(entry)) {
        this.large = entry;
        this.largeDatabase = database;
        this.largePinned = false;
        return;
      }
      if (this.writing()) this.stage(entry, database);
      this.memory.freeHeld(shard, entry);
    }
  }

  private isLarge(entry: number): boolean {
    return this.entries.keySize(entry) + this.entries.valueSize(entry) > ENTRY_BYTES_MAX;
  }

  private stage(entry: number, database: number): void {
    const entries = this.entries;
    const index = this.staged;
    const keySize = entries.keySize(entry);
    const valueSize = entries.valueSize(entry);
    this.stagedDatabase[index] = database;
    this.stagedDeadline[index] = entries.deadline(entry);
    this.stagedOffset[index] = this.stagedSize;
    this.stagedKeySize[index] = keySize;
    this.stagedValueSize[index] = valueSize;
    // Keys begin at a multiple of 8, and blocks end at one: whole words.
    const words = this.memory.u32[entry >>> SEGMENT_SHIFT]!;
    const target = this.stageWords;
    const from = entries.keyOffset(entry) >>> 2;
    const to = this.stagedSize >>> 2;
    const count = (keySize + valueSize + 3) >>> 2;
    for (let word = 0; word < count; word++) target[to + word] = words[from + word]!;
    this.staged = index + 1;
    this.stagedSize += ((count + 1) & ~1) << 2;
  }

  // Without the baton.

  /** Writes what the last hold, of `shard`'s baton, found. */
  private writeHeld(shard: number): void {
    const file = this.file;
    for (let index = 0; index < this.staged; index++) {
      file.reserve(LINE_BYTES_MAX);
      file.size = this.lines.encode(
        file.size,
        this.stagedDatabase[index]!,
        this.stagedDeadline[index]!,
        this.stagedOffset[index]!,
        this.stagedKeySize[index]!,
        this.stagedValueSize[index]!,
      );
      file.endEntry();
    }
    this.staged = 0;
    this.stagedSize = 0;
    if (this.large !== 0) this.writeLarge(shard);
  }

  private writeLarge(shard: number): void {
    const entry = this.large;
    const { entries, file, headers, pieces } = this;
    pieces.begin(
      this.largeDatabase,
      entries.deadline(entry),
      entries.bytes(entry),
      entries.keyOffset(entry),
      entries.keySize(entry),
      entries.valueSize(entry),
    );
    while (!pieces.done && file.error === undefined) {
      file.reserve(PIECE_LINE_BYTES_MAX);
      file.size = pieces.next(file.buffer, file.size);
    }
    file.endEntry();
    this.large = 0;

    const engine = this.memory.engineAt(shard);
    this.batons.take(shard);
    if (!this.largePinned) {
      this.memory.freeHeld(shard, entry);
    } else {
      headers[engine + ENGINE_PINNED] = 0;
      if (headers[engine + ENGINE_PINNED_DEAD] !== 0) {
        headers[engine + ENGINE_PINNED_DEAD] = 0;
        this.memory.free(shard, entry);
      }
    }
    this.batons.give(shard);
  }
}
