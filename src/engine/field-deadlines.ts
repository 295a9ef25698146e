/**
 * Field deadlines: which fields of a hash expire, and when.
 *
 * A field with a deadline is an element with an expiry (elements.ts), whose links stay unused. The counted tree in the root of
 * its hash has these elements in the order of their deadlines, those of one deadline in the order of their bytes, so that the
 * first one due is found, and how many are, without looking at the others. One reminder in the timing wheel of the keys stands
 * for all of them (deadlines.ts).
 *
 * Everything here is about the hash that `elements` has open. An element leaves the tree before it leaves the hash: a tree reads
 * the names of its items.
 *
 * The caller holds the baton of the shard. Nothing here allocates on the JS heap, logs or throws.
 */

import { compareBytes, copyWords } from '../base/bytes.js';
import { CountedTree, type TreeItems } from '../structures/counted-tree.js';
import type { Entries } from '../structures/entry.js';
import type { Elements } from './elements.js';
import type { Keyspace } from './keyspace.js';

/** Fields of one deadline in the order of their bytes. */
class FieldOrder implements TreeItems {
  private readonly entries: Entries;

  constructor(entries: Entries) {
    this.entries = entries;
  }

  compare(left: number, right: number): number {
    const entries = this.entries;
    return compareBytes(
      entries.bytes(left),
      entries.keyOffset(left),
      entries.keySize(left),
      entries.bytes(right),
      entries.keyOffset(right),
      entries.keySize(right),
    );
  }

  compareBytes(item: number, data: DataView, offset: number, size: number): number {
    const entries = this.entries;
    const own = entries.data(item);
    const ownOffset = entries.keyOffset(item);
    const ownSize = entries.keySize(item);
    for (let index = 0; index < ownSize && index < size; index++) {
      const difference = own.getUint8(ownOffset + index) - data.getUint8(offset + index);
      if (difference !== 0) return difference;
    }
    return ownSize - size;
  }

  weight(_item: number): number {
    return 1;
  }
}

export class FieldDeadlines {
  private readonly keyspace: Keyspace;
  private readonly entries: Entries;
  private readonly elements: Elements;
  private readonly tree: CountedTree;

  constructor(keyspace: Keyspace, elements: Elements) {
    this.keyspace = keyspace;
    this.entries = keyspace.entries;
    this.elements = elements;
    this.tree = new CountedTree(keyspace.memory, new FieldOrder(keyspace.entries));
  }

  /** How many fields there are whose time is over. */
  dueCount(nowMs: number): number {
    const words = this.elements.words;
    const treeAt = this.elements.treeAt;
    const count = this.tree.count(words, treeAt);
    if (count === 0) return 0;
    return this.tree.seekScore(words, treeAt, nowMs, true) === 0 ? count : this.tree.cursorRank();
  }

  /** True when the time of this element is over. */
  isDue(element: number, nowMs: number): boolean {
    return this.entries.hasExpiry(element) && this.entries.deadline(element) <= nowMs;
  }

  /** The element with the first deadline, if that is not after `nowMs`; otherwise 0. */
  firstDue(nowMs: number): number {
    const first = this.tree.seekFirst(this.elements.words, this.elements.treeAt);
    return first !== 0 && this.tree.score <= nowMs ? first : 0;
  }

  /** The one after what `firstDue` or the last `nextDue` has returned. */
  nextDue(nowMs: number): number {
    const next = this.tree.next();
    return next !== 0 && this.tree.score <= nowMs ? next : 0;
  }

  /** Takes an element out that is about to leave the hash. */
  forget(shard: number, element: number): void {
    const words = this.elements.words;
    const treeAt = this.elements.treeAt;
    if (this.entries.hasExpiry(element)) {
      this.tree.remove(shard, words, treeAt, this.entries.deadline(element), element);
    }
  }

  /** `copy`, of the same name and deadline, is about to take the place of `element`. */
  replace(element: number, copy: number): void {
    const words = this.elements.words;
    const treeAt = this.elements.treeAt;
    this.tree.replace(words, treeAt, this.entries.deadline(element), element, copy);
  }

  /**
   * Gives the element that the last `find` returned a deadline (Unix ms, 0 = none any more). `settle` must follow.
   *
   * @returns false when memory is exhausted; nothing has changed then
   */
  set(shard: number, table: number, element: number, deadline: number): boolean {
    const elements = this.elements;
    const entries = this.entries;
    const tree = this.tree;
    const words = elements.words;
    const treeAt = elements.treeAt;
    const before = entries.deadline(element);
    if (deadline === before) return true;
    if (deadline !== 0 && !this.remind(shard, table, deadline)) return false;
    if (deadline !== 0 && before !== 0 && elements.isMutable(element)) {
      if (!tree.insert(shard, words, treeAt, deadline, element)) return false;
      tree.remove(shard, words, treeAt, before, element);
      entries.setDeadline(element, deadline);
      return true;
    }
    const data = entries.data(element);
    const valueBytes = entries.valueSize(element);
    const copy = elements.create(
      data,
      entries.keyOffset(element),
      entries.keySize(element),
      valueBytes,
      deadline,
    );
    if (copy === 0) return false;
    copyWords(entries.data(copy), entries.valueOffset(copy), data, entries.valueOffset(element), valueBytes);
    if (deadline !== 0 && !tree.insert(shard, words, treeAt, deadline, copy)) {
      elements.discard(copy);
      return false;
    }
    if (before !== 0) tree.remove(shard, words, treeAt, before, element);
    elements.replaceFound(copy, element);
    return true;
  }

  /** Deadlines have changed: from now on the wheel reminds of the first one, or of none. */
  settle(shard: number, table: number): void {
    const keyspace = this.keyspace;
    const elements = this.elements;
    const tree = this.tree;
    if (tree.seekFirst(elements.words, elements.treeAt) === 0) {
      keyspace.deadlines.forgetFields(shard, table, elements.root, keyspace.parts);
    } else {
      // It is there already, so that this does not fail.
      keyspace.deadlines.remindOfFields(
        shard,
        table,
        elements.root,
        keyspace.parts,
        tree.score,
        keyspace.now,
      );
    }
  }

  /** The wheel is to remind of the hash at `deadlineMs`, whatever is due before. */
  postpone(shard: number, table: number, deadlineMs: number): void {
    const keyspace = this.keyspace;
    const elements = this.elements;
    keyspace.deadlines.remindOfFields(shard, table, elements.root, keyspace.parts, deadlineMs, keyspace.now);
  }

  /** Makes sure that the wheel reminds of the hash at `deadline` at the latest. False when memory is exhausted. */
  private remind(shard: number, table: number, deadline: number): boolean {
    const keyspace = this.keyspace;
    const elements = this.elements;
    const tree = this.tree;
    if (tree.seekFirst(elements.words, elements.treeAt) !== 0 && tree.score <= deadline) return true;
    return keyspace.deadlines.remindOfFields(
      shard,
      table,
      elements.root,
      keyspace.parts,
      deadline,
      keyspace.now,
    );
  }
}
