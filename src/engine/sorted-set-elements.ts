/**
 * The large form of a sorted set: its members as elements (elements.ts), whose values are the scores as f64, and the counted tree
 * of its root, which has them in order.
 *
 * The caller holds the baton of the shard. Nothing here allocates on the JS heap, logs or throws.
 */

import { CountedTree } from '../structures/counted-tree.js';
import type { Entries } from '../structures/entry.js';
import type { HashTable } from '../structures/hash-table.js';
import { Elements } from './elements.js';
import type { Keyspace } from './keyspace.js';
import { MemberOrder } from './sorted-set-order.js';

/** Bytes of an element's value: its score. */
const SCORE_BYTES = 8;

export class SortedSetElements {
  private readonly elements: Elements;
  private readonly tree: CountedTree;
  private readonly entries: Entries;
  private shard: number;

  constructor(keyspace: Keyspace) {
    this.elements = new Elements(keyspace);
    this.tree = new CountedTree(keyspace.memory, new MemberOrder(keyspace.entries));
    this.entries = keyspace.entries;
    this.shard = 0;
  }

  /** Opens the sorted set of an entry. */
  open(shard: number, database: number, entry: number): void {
    this.elements.open(shard, database, entry);
    this.shard = shard;
  }

  /** Opens a root that no entry holds yet. */
  openRoot(shard: number, database: number, root: number): void {
    this.elements.openRoot(shard, database, root);
    this.shard = shard;
  }

  /** Number of members. */
  get count(): number {
    return this.elements.count();
  }

  /** The table of the elements, as table `tableAt`. */
  get table(): HashTable {
    return this.elements.table;
  }

  get tableAt(): number {
    return this.elements.tableAt;
  }

  /** The element of a member, or 0. */
  find(data: DataView, offset: number, size: number): number {
    return this.elements.find(data, offset, size);
  }

  /** The element of this rank, found as if by `find`. */
  findRank(rank: number): number {
    const element = this.tree.seekRank(this.elements.words, this.elements.treeAt, rank);
    this.elements.findAgain(element);
    return element;
  }

  score(element: number): number {
    return this.entries.data(element).getFloat64(this.entries.valueOffset(element), true);
  }

  /** How many members come before it. */
  rank(element: number): number {
    return this.tree.rankOf(this.elements.words, this.elements.treeAt, this.score(element), element);
  }

  /** Adds a member that is not there. False when memory is exhausted; nothing has changed then. */
  insert(data: DataView, offset: number, size: number, score: number): boolean {
    const elements = this.elements;
    const element = elements.create(data, offset, size, SCORE_BYTES, 0);
    if (element === 0) return false;
    this.setScore(element, score);
    if (this.tree.insert(this.shard, elements.words, elements.treeAt, score, element)) {
      if (elements.insert(element)) return true;
      this.tree.remove(this.shard, elements.words, elements.treeAt, score, element);
    }
    elements.discard(element);
    return false;
  }

  /** Gives the element that was found another score. False when memory is exhausted; nothing has changed then. */
  move(old: number, score: number): boolean {
    const elements = this.elements;
    const entries = this.entries;
    const oldScore = this.score(old);
    const isMutable = elements.isMutable(old);
    let element = old;
    if (!isMutable) {
      const data = entries.data(old);
      element = elements.create(data, entries.keyOffset(old), entries.keySize(old), SCORE_BYTES, 0);
      if (element === 0) return false;
    }
    // The member is in the tree twice for a moment, so that for want of memory nothing has to be put back.
    if (!this.tree.insert(this.shard, elements.words, elements.treeAt, score, element)) {
      if (!isMutable) elements.discard(element);
      return false;
    }
    this.tree.remove(this.shard, elements.words, elements.treeAt, oldScore, old);
    this.setScore(element, score);
    if (!isMutable) elements.replaceFound(element, old);
    return true;
  }

  /** Removes the element that was found. */
  remove(element: number): void {
    const elements = this.elements;
    this.tree.remove(this.shard, elements.words, elements.treeAt, this.score(element), element);
    elements.removeFound(element);
  }

  private setScore(element: number, score: number): void {
    this.entries.data(element).setFloat64(this.entries.valueOffset(element), score, true);
  }
}
