/**
 * A cursor over a sorted set, in order of score, whatever its form.
 *
 * Every range, of ranks, scores or members, becomes one of ranks first: how many come before its first element, and how many
 * before what follows its last one. Counting is their difference, LIMIT and REV are arithmetic, and how many elements a reply
 * will have is known before the first is written.
 *
 *     cursor.open(entry);
 *     const first = cursor.rankOfScore(min, false);        elements before the first score >= min
 *     const end = cursor.rankOfScore(max, true);           elements before the first score > max
 *     for (let found = first < end && cursor.seek(first); found; found = --left > 0 && cursor.next()) ... cursor.score
 *
 * A cursor stands on memory: any change of the collection loses it, and so does giving the baton back. One reused instance
 * per user. Nothing here allocates on the JS heap or throws.
 */

import { compareWords, viewOf } from '../base/bytes.js';
import { formatInteger, INTEGER_BYTES_MAX } from '../base/integer.js';
import { CountedTree, NODE_CAPACITY } from '../structures/counted-tree.js';
import type { Entries } from '../structures/entry.js';
import { elementAt, PackedCursor, skip } from '../structures/packed-list.js';
import { PACKED_HEADER_BYTES } from './collection-config.js';
import type { Keyspace } from './keyspace.js';
import { type Parts, ROOT_TREE } from './parts.js';
import { MemberOrder } from './sorted-set-order.js';
import { SortedSetPacked } from './sorted-set-packed.js';

/** What `run` finds at most. */
const RUN_COUNT_MAX = NODE_CAPACITY;

export class SortedSetCursor {
  /** Elements of the sorted set that is open. */
  count: number;
  isLarge: boolean;
  /** The member that the cursor is on: an integer, or bytes. */
  isInteger: boolean;
  integer: number;
  data: DataView;
  offset: number;
  size: number;
  /** Its block, in a large sorted set. */
  element: number;

  /** What `run` has found. */
  readonly found: Uint32Array;
  private readonly entries: Entries;
  private readonly parts: Parts;
  private readonly tree: CountedTree;
  private readonly packed: SortedSetPacked;
  private readonly pair: PackedCursor;
  private readonly digits: Uint8Array;
  private readonly digitsData: DataView;
  /** The tree. */
  private words: Uint32Array;
  private treeAt: number;
  /** The packed list, and in it where the cursor's pair begins and ends. */
  private list: DataView;
  private start: number;
  private end: number;
  private pairStart: number;
  private scoreAt: number;

  constructor(keyspace: Keyspace) {
    this.count = 0;
    this.isLarge = false;
    this.isInteger = false;
    this.integer = 0;
    this.digits = new Uint8Array(INTEGER_BYTES_MAX);
    this.digitsData = viewOf(this.digits);
    this.data = this.digitsData;
    this.offset = 0;
    this.size = 0;
    this.element = 0;
    this.found = new Uint32Array(RUN_COUNT_MAX);
    this.entries = keyspace.entries;
    this.parts = keyspace.parts;
    this.tree = new CountedTree(keyspace.memory, new MemberOrder(keyspace.entries));
    this.packed = new SortedSetPacked();
    this.pair = new PackedCursor();
    this.words = keyspace.memory.shardU32;
    this.treeAt = 0;
    this.list = this.digitsData;
    this.start = 0;
    this.end = 0;
    this.pairStart = 0;
    this.scoreAt = 0;
  }

  /** The score of the element that the cursor is on. */
  get score(): number {
    if (!this.isLarge) return this.packed.score(this.list, this.scoreAt);
    // Not the tree's: it does not tell -0 from 0.
    return this.data.getFloat64(this.offset + this.size, true);
  }

  /** Opens the sorted set of an entry; the cursor is on no element yet. */
  open(entry: number): void {
    const entries = this.entries;
    this.isLarge = entries.isLarge(entry);
    if (this.isLarge) {
      const root = entries.root(entry);
      this.words = this.parts.words(root);
      this.treeAt = this.parts.at(root) + ROOT_TREE;
      this.count = this.tree.count(this.words, this.treeAt);
      return;
    }
    const at = entries.valueOffset(entry);
    this.list = entries.data(entry);
    this.start = at + PACKED_HEADER_BYTES;
    this.end = at + entries.valueSize(entry);
    this.count = this.list.getUint16(at, true) >>> 1;
    this.element = 0;
  }

  /** How many elements come before the first one with a score >= `score`, or, with `isAfter`, > it. */
  rankOfScore(score: number, isAfter: boolean): number {
    if (!this.isLarge) return this.packed.countBelow(this.list, this.start, this.end, score, isAfter);
    const found = this.tree.seekScore(this.words, this.treeAt, score, isAfter);
    return found === 0 ? this.count : this.tree.cursorRank();
  }

  /** Of a large one: how many elements come before the first whose member is >= these bytes, or, with `isAfter`, > them. */
  rankOfMember(data: DataView, offset: number, size: number, isAfter: boolean): number {
    const found = this.tree.seekLex(this.words, this.treeAt, data, offset, size, isAfter);
    return found === 0 ? this.count : this.tree.cursorRank();
  }

  /** The order of the cursor's member and these bytes. */
  compareMember(data: DataView, offset: number, size: number): number {
    this.spell();
    return compareWords(this.data, this.offset, this.size, data, offset, size);
  }

  /** Puts the cursor on the element of this rank, 0 to `count` - 1. False when there is none. */
  seek(rank: number): boolean {
    if (rank < 0 || rank >= this.count) return false;
    if (this.isLarge) return this.takeElement(this.tree.seekRank(this.words, this.treeAt, rank));
    return this.takePair(elementAt(this.list, this.start, this.end, this.count * 2, rank * 2));
  }

  /** Steps to the next element. False when there is none. */
  next(): boolean {
    if (this.isLarge) return this.takeElement(this.tree.next());
    const at = skip(this.list, this.scoreAt);
    return at < this.end && this.takePair(at);
  }

  /** Steps to the element before. False when there is none. */
  previous(): boolean {
    if (this.isLarge) return this.takeElement(this.tree.previous());
    if (this.pairStart === this.start) return false;
    this.pair.readBefore(this.list, this.pairStart);
    this.pair.readBefore(this.list, this.pair.start);
    return this.takePair(this.pair.start);
  }

  /**
   * Of a large sorted set: writes the elements from the cursor's on, at most `count` and no more than can be had at once, to
   * `found`, for `show`. Returns how many; 0 = it is not large. The cursor is on the last of them.
   */
  run(count: number, isReversed: boolean): number {
    return this.isLarge ? this.tree.run(this.found, Math.min(count, RUN_COUNT_MAX), isReversed) : 0;
  }

  /** Shows an element of a large sorted set, wherever it is: the way to its neighbours is lost. */
  show(element: number): void {
    this.isLarge = true;
    this.takeElement(element);
  }

  /** Makes bytes of a member that is an integer: from then on `data`, `offset` and `size` tell it. */
  spell(): void {
    if (!this.isInteger) return;
    this.isInteger = false;
    this.data = this.digitsData;
    this.offset = 0;
    this.size = formatInteger(this.digits, 0, this.integer);
  }

  private takeElement(element: number): boolean {
    if (element === 0) return false;
    const entries = this.entries;
    this.element = element;
    this.isInteger = false;
    this.data = entries.data(element);
    this.offset = entries.keyOffset(element);
    this.size = entries.keySize(element);
    return true;
  }

  private takePair(at: number): boolean {
    const pair = this.pair;
    pair.read(this.list, at);
    this.isInteger = pair.isInteger;
    this.integer = pair.integer;
    this.data = this.list;
    this.offset = pair.offset;
    this.size = pair.size;
    this.pairStart = at;
    this.scoreAt = pair.end;
    return true;
  }
}
