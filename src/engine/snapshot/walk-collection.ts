/**
 * The walk through one large collection (engine/parts.ts), part by part, under the baton of its shard for a microsecond or two
 * at a time, whatever its size. It goes along the segments of the nested table, as walk.ts does along those of the keyspace's;
 * along the labels of a list's chunks; and in a sorted set along its order (place-in-order.ts says why).
 *
 * Others may change the collection between two holds: what they take out of it unwritten is handed over (part-drain.ts). When
 * they give up all of it, the walk ends: what is left is handed over then, too.
 *
 *     open -> hold, write, hold, write ... -> isOpen is false
 */

import { type Memory, SEGMENT_SHIFT } from '../../memory/memory.js';
import type { TreeItems } from '../../structures/counted-tree.js';
import type { Entries } from '../../structures/entry.js';
import { TYPE_LIST, TYPE_ZSET } from '../../structures/entry.js';
import {
  HashTable,
  PREFIX_COUNT,
  SEGMENT_SLOTS,
  TABLE_DIRECTORY,
  TABLE_MOVES,
} from '../../structures/hash-table.js';
import { TreeCursor } from '../../structures/tree-cursor.js';
import { type Parts, ROOT_TREE } from '../parts.js';
import { ENGINE_EPOCH } from '../shard-words.js';
import type { LineWriter } from './line-writer.js';
import { PartStage } from './part-stage.js';
import { PlaceInOrder } from './place-in-order.js';
import { HOLD_ENTRIES_MAX } from './stage.js';

/** There are parts to go over; all have been copied; all have been written. */
const WALKING = 0;
const THROUGH = 1;
const WRITTEN = 2;

/** Chunks are found by their labels. */
const NO_ORDER: TreeItems = { compare: () => 0, compareBytes: () => 0, weight: () => 0 };

export class CollectionWalk {
  /** A huge part, which the hold has found: the caller keeps it as it is until `write` has returned. */
  huge = 0;
  /** What the next hold reads, for prefetching: a segment, 0 = none, and a slot. */
  segment = 0;
  slot = 0;

  private readonly memory: Memory;
  private readonly entries: Entries;
  private readonly parts: Parts;
  private readonly headers: Uint32Array;
  private readonly table: HashTable;
  private readonly tree: TreeCursor;
  private readonly place: PlaceInOrder;
  private readonly stage: PartStage;

  private root = 0;
  private words: Uint32Array;
  private at = 0;
  private type = 0;
  private phase = WALKING;
  private prefix = 0;
  private moves = 0;
  private label = Number.NEGATIVE_INFINITY;

  constructor(memory: Memory, entries: Entries, parts: Parts, lines: LineWriter) {
    this.memory = memory;
    this.entries = entries;
    this.parts = parts;
    this.headers = memory.shardU32;
    this.words = this.headers;
    this.table = new HashTable(memory, entries);
    this.tree = new TreeCursor(memory, NO_ORDER);
    this.place = new PlaceInOrder(memory, entries);
    this.stage = new PartStage(entries, parts, lines);
  }

  get isOpen(): boolean {
    return this.root !== 0;
  }

  /**
   * True when all has been written but parts that were handed over. As long as there are such, the collection is pending: its
   * entry stays as it is, which has their key and deadline. Without the baton that is a hint.
   */
  get awaitsParts(): boolean {
    return this.root !== 0 && this.phase === WRITTEN && this.parts.hasHandedOver(this.root);
  }

  // Under the baton: nothing here does I/O, throws or allocates.

  /** Begins with a collection that is pending and was in `database` when the snapshot began. */
  open(shard: number, root: number, database: number): void {
    const parts = this.parts;
    parts.setWalked(shard, root);
    this.root = root;
    this.words = this.memory.u32[root >>> SEGMENT_SHIFT]!;
    this.at = parts.at(root);
    this.type = parts.type(root);
    this.phase = WALKING;
    this.prefix = 0;
    this.slot = 0;
    this.segment = 0;
    this.moves = this.words[this.at + TABLE_MOVES]!;
    this.label = Number.NEGATIVE_INFINITY;
    this.place.reset();
    this.table.use(this.words);
    this.stage.begin(root, database);
  }

  /** Goes on, as far as one hold may. @param writes false when the snapshot is lost: parts are only marked */
  hold(shard: number, writes: boolean): void {
    const { parts, root } = this;
    this.huge = 0;
    if (this.phase === WRITTEN) {
      const isDropped = parts.isDropped(root);
      if (!isDropped && parts.hasHandedOver(root)) return;
      if (!isDropped) parts.finish(shard, root);
      parts.setWalked(shard, 0);
      this.root = 0;
      return;
    }
    this.stage.beginHold();
    if (parts.isDropped(root)) this.phase = THROUGH;
    else if (this.type === TYPE_LIST) this.walkChunks(shard, writes);
    else if (this.type === TYPE_ZSET) this.walkMembers(shard, writes);
    else this.walkElements(shard, writes);
  }

  /** Takes a part that the snapshot has still to write. Returns false when the hold must end with it. */
  private take(part: number, epoch: number, writes: boolean): boolean {
    this.entries.setEpoch(part, epoch);
    if (!writes) return true;
    if (!this.stage.put(part)) this.huge = part;
    return !this.stage.isHoldFull();
  }

  private walkElements(shard: number, writes: boolean): void {
    const { table, at } = this;
    const moves = this.words[at + TABLE_MOVES]!;
    if (moves !== this.moves) {
      this.moves = moves;
      this.slot = 0;
    }
    if (this.words[at + TABLE_DIRECTORY] === 0 || this.prefix === PREFIX_COUNT) {
      this.phase = THROUGH;
      return;
    }
    const segment = table.segmentAt(at, this.prefix);
    this.slot = this.walkSlots(shard, segment, writes);
    this.segment = segment;
    if (this.slot < SEGMENT_SLOTS) return;
    this.prefix = table.segmentEnd(at, this.prefix);
    this.slot = 0;
    this.segment = this.prefix < PREFIX_COUNT ? table.segmentAt(at, this.prefix) : 0;
  }

  /** Returns the slot to go on at, SEGMENT_SLOTS after the last. */
  private walkSlots(shard: number, segment: number, writes: boolean): number {
    const epoch = this.headers[this.memory.engineAt(shard) + ENGINE_EPOCH]!;
    const end = Math.min(this.slot + HOLD_ENTRIES_MAX, SEGMENT_SLOTS);
    for (let slot = this.slot; slot < end; slot++) {
      const element = this.table.slotPointer(segment, slot);
      if (element === 0 || this.entries.epoch(element) === epoch) continue;
      if (!this.take(element, epoch, writes)) return slot + 1;
    }
    return end;
  }

  private walkChunks(shard: number, writes: boolean): void {
    const epoch = this.headers[this.memory.engineAt(shard) + ENGINE_EPOCH]!;
    const { tree, at } = this;
    const moves = this.words[at + TABLE_MOVES]!;
    if (moves !== this.moves) {
      // The chunks have other labels now.
      this.moves = moves;
      this.label = Number.NEGATIVE_INFINITY;
    }
    let chunk = tree.seekScore(this.words, at + ROOT_TREE, this.label, true);
    for (let count = 0; count < HOLD_ENTRIES_MAX && chunk !== 0; count++) {
      this.label = tree.score;
      if (this.entries.epoch(chunk) !== epoch && !this.take(chunk, epoch, writes)) return;
      chunk = tree.next();
    }
    if (chunk === 0) this.phase = THROUGH;
  }

  private walkMembers(shard: number, writes: boolean): void {
    const epoch = this.headers[this.memory.engineAt(shard) + ENGINE_EPOCH]!;
    const { place, at } = this;
    let member = place.seek(this.words, at + ROOT_TREE);
    for (let count = 0; count < HOLD_ENTRIES_MAX && member !== 0; count++) {
      if (this.entries.epoch(member) !== epoch && !this.take(member, epoch, writes)) break;
      member = place.next();
    }
    if (member === 0) this.phase = THROUGH;
    else place.remember();
  }

  // Without the baton.

  /** Writes what holds have found, when it is enough for a line or all there is. After each hold. */
  write(writes: boolean): void {
    const stage = this.stage;
    if (!writes) stage.clear();
    else if (this.phase === THROUGH || stage.isLineFull()) stage.write();
    else stage.makeRoom();
    if (this.phase === THROUGH) this.phase = WRITTEN;
  }
}
