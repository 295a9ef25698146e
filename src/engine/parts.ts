/**
 * Parts: what a large collection is made of, how a snapshot sees it, and how it is freed.
 *
 * The entry of a large collection holds the pointer of a *root block*, which stays where it is however the entry is copied
 * (EXPIRE) as long as the collection lives. A *part* is an element of a hash, set or sorted set, found by the nested hash
 * table whose header is in the root, or a chunk of a list, found by the tree whose header is there. Every part is laid out
 * as an entry (structures/entry.ts): it has the snapshot's epoch mark at the same place.
 *
 *     root, u32 words:
 *     0 - 3, 14, 15   header of the nested hash table (structures/hash-table.ts); of a list, 14 alone counts new labels of chunks
 *     4               the entry that owns the root; 0 after the drop
 *     5               the entry as it was when the running snapshot began, if that is not the owner; else 0
 *     6               state: epoch (1) | dropped (1) | handed over when freed (1) | emptied (1) | named (1) | type (3, at 8)
 *     7               which database it was in when the running snapshot began
 *     8               parts that were handed over to the snapshot and not written yet
 *     9               next dropped root
 *     10 - 13         header of the tree (structures/counted-tree.ts): scores, chunks of a list, deadlines of fields
 *     16              reminder: the entry in the timing wheel for the first deadline of a field, or 0
 *     17              how far the nested table has been freed
 *
 * Snapshots: while one runs, a collection is *pending* whose root has the old epoch; a part of a pending collection that has
 * the old epoch must not change: whoever replaces or removes it gives it to `retire`, which hands it over to the snapshot
 * with its root. The entry must not change either; the first old one that is replaced stays as the root's *identity*, which
 * tells the snapshot the key and the deadline. When the snapshot has passed all parts it calls `finish`.
 *
 * Dropping: a collection is given up in one moment, whatever its size, by putting its root on the shard's list; maintenance
 * (engine/garbage.ts) frees some parts at a time. If a snapshot still needs them, they are handed over one by one instead.
 *
 * The caller holds the baton of the shard. Nothing here allocates on the JS heap or throws.
 */

import { type Memory, SEGMENT_MASK, SEGMENT_SHIFT } from '../memory/memory.js';
import { CountedTree, type TreeItems } from '../structures/counted-tree.js';
import { type Entries, TYPE_LIST } from '../structures/entry.js';
import {
  HashTable,
  PREFIX_COUNT,
  SEGMENT_SLOTS,
  TABLE_DEPTH,
  TABLE_DIRECTORY,
} from '../structures/hash-table.js';
import {
  ENGINE_DROPPED,
  ENGINE_EPOCH,
  ENGINE_PARTS,
  ENGINE_PINNED,
  ENGINE_PINNED_DEAD,
  ENGINE_SNAPSHOT,
  ENGINE_SNAPSHOT_LOST,
  ENGINE_WALKED,
  TABLE_ORIGIN,
} from './shard-words.js';

export const ROOT_OWNER = 4;
const ROOT_IDENTITY = 5;
const ROOT_STATE = 6;
export const ROOT_ORIGIN = 7;
const ROOT_HANDED = 8;
const ROOT_NEXT = 9;
export const ROOT_TREE = 10;
export const ROOT_REMINDER = 16;
const ROOT_POSITION = 17;
const ROOT_WORDS = 18;
const ROOT_BYTES = ROOT_WORDS * 4;

const STATE_EPOCH = 1;
const STATE_DROPPED = 2;
const STATE_HANDS_OVER = 4;
const STATE_EMPTIED = 8;
/** The running snapshot has a line of this collection. */
const STATE_NAMED = 16;
const STATE_TYPE_SHIFT = 8;

/** A part handed over: u32 words. */
const NODE_BYTES = 12;
const NODE_PART = 0;
const NODE_ROOT = 1;
const NODE_NEXT = 2;

/** What one step of freeing does at most: some tens of microseconds. */
const CHUNKS_PER_STEP = 64;
const LEAVES_PER_STEP = 64;

/** Trees are freed here whatever is in them: nothing is compared. */
const NO_ORDER: TreeItems = { compare: () => 0, compareBytes: () => 0, weight: () => 0 };

export class Parts {
  private readonly memory: Memory;
  private readonly entries: Entries;
  private readonly headers: Uint32Array;
  private readonly table: HashTable;
  private readonly trees: CountedTree;

  constructor(memory: Memory, entries: Entries) {
    this.memory = memory;
    this.entries = entries;
    this.headers = memory.shardU32;
    this.table = new HashTable(memory, entries);
    this.trees = new CountedTree(memory, NO_ORDER);
  }

  /** The u32 view in which the root's words begin at `at(root)`. */
  words(root: number): Uint32Array {
    return this.memory.u32[root >>> SEGMENT_SHIFT]!;
  }

  at(root: number): number {
    return (root & SEGMENT_MASK) << 1;
  }

  /** Makes an empty root for a collection of `type`, of which nothing is pending. 0 when memory is exhausted. */
  createRoot(shard: number, type: number): number {
    const root = this.memory.allocate(shard, ROOT_BYTES);
    if (root === 0) return 0;
    const words = this.words(root);
    const at = this.at(root);
    for (let word = 0; word < ROOT_WORDS; word++) words[at + word] = 0;
    words[at + ROOT_STATE] = this.epoch(shard) | (type << STATE_TYPE_SHIFT);
    return root;
  }

  /** The entry holds this root from now on. */
  own(root: number, entry: number): void {
    this.words(root)[this.at(root) + ROOT_OWNER] = entry;
  }

  /** The entry that holds this root. */
  owner(root: number): number {
    return this.words(root)[this.at(root) + ROOT_OWNER]!;
  }

  type(root: number): number {
    return (this.words(root)[this.at(root) + ROOT_STATE]! >>> STATE_TYPE_SHIFT) & 7;
  }

  /** True while a running snapshot has not written all of the collection. */
  isPending(shard: number, root: number): boolean {
    if (this.headers[this.memory.engineAt(shard) + ENGINE_SNAPSHOT] === 0) return false;
    return (this.words(root)[this.at(root) + ROOT_STATE]! & STATE_EPOCH) !== this.epoch(shard);
  }

  /** True when the part may be changed in place: no snapshot still needs it as it is. */
  isMutable(shard: number, part: number): boolean {
    const engine = this.memory.engineAt(shard);
    if (this.headers[engine + ENGINE_PINNED] === part) return false;
    return this.headers[engine + ENGINE_SNAPSHOT] === 0 || this.entries.epoch(part) === this.epoch(shard);
  }

  /**
   * Gives up a part that has just left a collection: freed, or handed over to the running snapshot.
   *
   * @param table header of the table that the collection's key is in (`memory.tableAt`)
   */
  retire(shard: number, table: number, root: number, part: number): void {
    const engine = this.memory.engineAt(shard);
    if (this.headers[engine + ENGINE_SNAPSHOT] === 0 || this.entries.epoch(part) === this.epoch(shard)) {
      this.release(shard, part);
      return;
    }
    this.words(root)[this.at(root) + ROOT_ORIGIN] = this.headers[table + TABLE_ORIGIN]!;
    this.handOver(shard, root, part);
  }

  /**
   * An entry that holds a root has left its table, or has been replaced by a copy of it, `successor`, which holds the same
   * root now: 0 = the collection is given up.
   */
  leave(shard: number, table: number, entry: number, successor: number): void {
    const entries = this.entries;
    const root = entries.root(entry);
    const words = this.words(root);
    const at = this.at(root);
    const isPending = this.isPending(shard, root);
    if (isPending) words[at + ROOT_ORIGIN] = this.headers[table + TABLE_ORIGIN]!;
    if (successor !== 0) {
      words[at + ROOT_OWNER] = successor;
      // The walk finds it by this mark; that the entry may change nevertheless is what the identity is for.
      if (isPending) entries.setEpoch(successor, this.epoch(shard) ^ 1);
    } else {
      this.putOnDropped(shard, root, isPending);
    }
    if (isPending && words[at + ROOT_IDENTITY] === 0) {
      words[at + ROOT_IDENTITY] = entry;
      this.memory.hold(entry);
    } else {
      this.release(shard, entry);
    }
  }

  /** Gives up the collection of an entry in a table that a flush has taken away, and frees the entry. No snapshot shows it. */
  leaveFlushed(shard: number, entry: number): void {
    const root = this.entries.root(entry);
    const words = this.words(root);
    const reminder = words[this.at(root) + ROOT_REMINDER]!;
    // The timing wheel that it was in goes as a whole.
    if (reminder !== 0) this.memory.free(shard, reminder);
    words[this.at(root) + ROOT_REMINDER] = 0;
    this.putOnDropped(shard, root, false);
    this.release(shard, entry);
  }

  /** Frees some parts of a collection that was given up. False when there is none. */
  freeStep(shard: number): boolean {
    const root = this.headers[this.memory.engineAt(shard) + ENGINE_DROPPED]!;
    if (root === 0) return false;
    const words = this.words(root);
    const at = this.at(root);
    if (this.type(root) === TYPE_LIST ? this.freeChunks(shard, root) : this.freeElements(shard, root))
      return true;
    this.headers[this.memory.engineAt(shard) + ENGINE_DROPPED] = words[at + ROOT_NEXT]!;
    words[at + ROOT_STATE]! |= STATE_EMPTIED;
    this.settle(shard, root);
    return true;
  }

  /** Gives up a collection that no entry has ever owned: what has been put into it is freed bit by bit. */
  abandon(shard: number, root: number): void {
    this.putOnDropped(shard, root, false);
  }

  // --- for the snapshot (engine/snapshot/walk.ts)

  /** The entry that tells key and deadline of a collection as they were when the snapshot began. */
  identity(root: number): number {
    const words = this.words(root);
    const kept = words[this.at(root) + ROOT_IDENTITY]!;
    return kept !== 0 ? kept : words[this.at(root) + ROOT_OWNER]!;
  }

  /** True once the collection has been given up: parts that a snapshot still needs come by `takeHandedOver`. */
  isDropped(root: number): boolean {
    return (this.words(root)[this.at(root) + ROOT_STATE]! & STATE_DROPPED) !== 0;
  }

  /** True while dropped collections may have parts that the running snapshot needs. */
  hasDropped(shard: number): boolean {
    return this.headers[this.memory.engineAt(shard) + ENGINE_DROPPED] !== 0;
  }

  /** The snapshot goes over this root from now on (0 = none any more): it must stay. */
  setWalked(shard: number, root: number): void {
    const engine = this.memory.engineAt(shard);
    const before = this.headers[engine + ENGINE_WALKED]!;
    this.headers[engine + ENGINE_WALKED] = root;
    if (before !== 0) this.settle(shard, before);
  }

  /** True while parts of the collection that were handed over have not been given to `doneWith`. */
  hasHandedOver(root: number): boolean {
    return this.words(root)[this.at(root) + ROOT_HANDED] !== 0;
  }

  /**
   * Every part of the collection, which is not dropped, has the new epoch, and none is handed over any more: it is not pending
   * any longer, and its entry may change.
   */
  finish(shard: number, root: number): void {
    const words = this.words(root);
    const at = this.at(root);
    words[at + ROOT_STATE] = (words[at + ROOT_STATE]! & ~STATE_EPOCH) | this.epoch(shard);
    this.entries.setEpoch(words[at + ROOT_OWNER]!, this.epoch(shard));
    this.settle(shard, root);
  }

  /** Notes that the snapshot has a line of this collection. Returns whether it had one before. */
  nameOnce(root: number): boolean {
    const words = this.words(root);
    const at = this.at(root) + ROOT_STATE;
    const isNamed = (words[at]! & STATE_NAMED) !== 0;
    words[at]! |= STATE_NAMED;
    return isNamed;
  }

  /** The part that `takeHandedOver` would return; it sets `handedRoot`, too. */
  firstHandedOver(shard: number): number {
    const node = this.headers[this.memory.engineAt(shard) + ENGINE_PARTS]!;
    if (node === 0) return 0;
    const words = this.words(node);
    const at = this.at(node);
    this.handedRoot = words[at + NODE_ROOT]!;
    return words[at + NODE_PART]!;
  }

  /** The next part that was handed over, or 0. It is the caller's until `doneWith`. */
  takeHandedOver(shard: number): number {
    const engine = this.memory.engineAt(shard);
    const node = this.headers[engine + ENGINE_PARTS]!;
    if (node === 0) return 0;
    const words = this.words(node);
    const at = this.at(node);
    this.headers[engine + ENGINE_PARTS] = words[at + NODE_NEXT]!;
    this.handedRoot = words[at + NODE_ROOT]!;
    const part = words[at + NODE_PART]!;
    this.memory.free(shard, node);
    return part;
  }

  /** Root of the part that `takeHandedOver` or `firstHandedOver` has returned. */
  handedRoot = 0;

  /** Frees a part that `takeHandedOver` returned, of the collection `root`. */
  doneWith(shard: number, root: number, part: number): void {
    this.memory.freeHeld(shard, part);
    this.words(root)[this.at(root) + ROOT_HANDED]! -= 1;
    this.settle(shard, root);
  }

  // --- helpers

  private epoch(shard: number): number {
    return this.headers[this.memory.engineAt(shard) + ENGINE_EPOCH]!;
  }

  private putOnDropped(shard: number, root: number, handsOver: boolean): void {
    const words = this.words(root);
    const at = this.at(root);
    const engine = this.memory.engineAt(shard);
    words[at + ROOT_OWNER] = 0;
    words[at + ROOT_STATE]! |= handsOver ? STATE_DROPPED | STATE_HANDS_OVER : STATE_DROPPED;
    words[at + ROOT_NEXT] = this.headers[engine + ENGINE_DROPPED]!;
    this.headers[engine + ENGINE_DROPPED] = root;
  }

  private handOver(shard: number, root: number, part: number): void {
    const engine = this.memory.engineAt(shard);
    const node = this.memory.allocate(shard, NODE_BYTES);
    if (node === 0) {
      this.headers[engine + ENGINE_SNAPSHOT_LOST] = 1;
      this.release(shard, part);
      return;
    }
    const words = this.words(node);
    const at = this.at(node);
    words[at + NODE_PART] = part;
    words[at + NODE_ROOT] = root;
    words[at + NODE_NEXT] = this.headers[engine + ENGINE_PARTS]!;
    this.headers[engine + ENGINE_PARTS] = node;
    this.words(root)[this.at(root) + ROOT_HANDED]! += 1;
    this.memory.hold(part);
  }

  /** Frees what is in nothing any more, unless the snapshot thread is reading it. */
  private release(shard: number, pointer: number): void {
    const engine = this.memory.engineAt(shard);
    if (this.headers[engine + ENGINE_PINNED] === pointer) this.headers[engine + ENGINE_PINNED_DEAD] = 1;
    else this.memory.free(shard, pointer);
  }

  /** A part of a dropped collection. */
  private giveUp(shard: number, root: number, part: number, handsOver: boolean): void {
    if (handsOver && this.entries.epoch(part) !== this.epoch(shard)) this.handOver(shard, root, part);
    else this.release(shard, part);
  }

  private handsOver(root: number): boolean {
    return (this.words(root)[this.at(root) + ROOT_STATE]! & STATE_HANDS_OVER) !== 0;
  }

  private freeChunks(shard: number, root: number): boolean {
    const words = this.words(root);
    const at = this.at(root);
    const handsOver = this.handsOver(root);
    for (let count = 0; count < CHUNKS_PER_STEP; count++) {
      const chunk = this.trees.takeLast(shard, words, at + ROOT_TREE);
      if (chunk === 0) return false;
      this.giveUp(shard, root, chunk, handsOver);
    }
    return true;
  }

  /** One segment of the nested table, or some leaves of the tree. */
  private freeElements(shard: number, root: number): boolean {
    const words = this.words(root);
    const at = this.at(root);
    for (let count = 0; count < LEAVES_PER_STEP; count++) {
      if (!this.trees.dropLastLeaf(shard, words, at + ROOT_TREE))
        return this.freeSegment(shard, root, words, at);
    }
    return true;
  }

  private freeSegment(shard: number, root: number, words: Uint32Array, at: number): boolean {
    const directory = words[at + TABLE_DIRECTORY]!;
    if (directory === 0) return false;
    const handsOver = this.handsOver(root);
    const depth = words[at + TABLE_DEPTH]!;
    const segment = this.table.segmentIn(directory, depth, words[at + ROOT_POSITION]!);
    for (let slot = 0; slot < SEGMENT_SLOTS; slot++) {
      const element = this.table.slotPointer(segment, slot);
      if (element !== 0) this.giveUp(shard, root, element, handsOver);
    }
    const next = this.table.freeSegment(shard, directory, depth, words[at + ROOT_POSITION]!);
    words[at + ROOT_POSITION] = next;
    if (next === PREFIX_COUNT) words[at + TABLE_DIRECTORY] = 0;
    return next !== PREFIX_COUNT;
  }

  /** Once no part needs it any more, frees the identity, and the root itself when it has been emptied. */
  private settle(shard: number, root: number): void {
    const words = this.words(root);
    const at = this.at(root);
    const state = words[at + ROOT_STATE]!;
    const isWalked = this.headers[this.memory.engineAt(shard) + ENGINE_WALKED] === root;
    if (isWalked || words[at + ROOT_HANDED] !== 0) return;
    const isDone =
      (state & STATE_DROPPED) !== 0 ? (state & STATE_EMPTIED) !== 0 : !this.isPending(shard, root);
    if (!isDone) return;
    const identity = words[at + ROOT_IDENTITY]!;
    if (identity !== 0) this.memory.freeHeld(shard, identity);
    words[at + ROOT_IDENTITY] = 0;
    words[at + ROOT_STATE] = state & ~STATE_NAMED;
    if ((state & STATE_EMPTIED) !== 0) this.memory.free(shard, root);
  }
}
