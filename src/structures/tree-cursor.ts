/**
 * The way to an item of a counted tree (see counted-tree.ts), and from there to its neighbours.
 *
 * The cursor is a *path*: the node of each level from the leaf (level 0) up to the root, and the slot in it through which the
 * way leads. Nodes don't point to each other, so this path is also how changes find the parents.
 *
 * All searches lead to the *gap* before the first item that is not before what was looked for. Where that is the first item
 * of a leaf, the gap is at the end of the leaf before it: only the gap before the tree's very first item is at slot 0.
 */

import type { Memory } from '../memory/memory.js';
import { type TreeItems, TreeNodes } from './tree-node.js';

/** The words of a tree, in an array of the caller's; zeros are an empty tree. Pointer to the root, 0 = empty. */
export const TREE_ROOT = 0;
/** Levels of nodes; 1 = the root is a leaf. */
export const TREE_HEIGHT = 1;
/** The weight of all items. */
export const TREE_COUNT = 2;
/** How many items there are. */
export const TREE_ITEMS = 3;
export const TREE_WORDS = 4;

/** Far more than are needed: with only 16 children to a branch, 8 levels would hold all items that pointers can tell apart. */
export const LEVELS_MAX = 16;

/** Reads trees; CountedTree adds what changes them. Every call needs the baton of the shard whose tree it is. */
export class TreeCursor {
  /** Of the item on which the last seek or step ended. They stay as they are when the tree changes. Set only from here. */
  score = Number.NaN; // from the first on a double, so that storing one makes no garbage
  item = 0;
  /** Set by `seekRank`: how much of the item's weight is before the rank that was looked for. */
  rest = 0;

  protected readonly nodes: TreeNodes;
  protected readonly items: TreeItems;
  protected readonly pathNodes = new Uint32Array(LEVELS_MAX);
  protected readonly pathSlots = new Uint32Array(LEVELS_MAX);
  /** The tree that the path is in. */
  protected words: Uint32Array = new Uint32Array(TREE_WORDS);
  protected at = 0;
  protected height = 0;

  constructor(memory: Memory, items: TreeItems) {
    this.nodes = new TreeNodes(memory, items);
    this.items = items;
  }

  /** The weight of all items. */
  count(words: Uint32Array, at: number): number {
    return words[at + TREE_COUNT]!;
  }

  /** The weight before an item, or -1 when it is not in the tree. Puts the cursor on it. */
  rankOf(words: Uint32Array, at: number, score: number, item: number): number {
    return this.find(words, at, score, item) ? this.cursorRank() : -1;
  }

  /** The item that covers `rank` (the first one covers 0 to its weight - 1), 0 = none; `rest` = rank - weight before it. */
  seekRank(words: Uint32Array, at: number, rank: number): number {
    if (!(rank >= 0 && rank < words[at + TREE_COUNT]!)) return 0;
    this.begin(words, at);
    let weight = words[at + TREE_COUNT]!;
    for (let level = this.height - 1; level > 0; level--) {
      const branch = this.pathNodes[level]!;
      let slot = 0;
      for (
        weight = this.nodes.weight(branch, 0);
        rank >= weight;
        weight = this.nodes.weight(branch, ++slot)
      ) {
        rank -= weight;
      }
      this.enter(level, slot);
    }
    const leaf = this.pathNodes[0]!;
    let slot = 0;
    if (weight === this.nodes.count(leaf)) {
      slot = rank;
      rank = 0;
    } else {
      for (let own = this.weightAt(leaf, 0); rank >= own; own = this.weightAt(leaf, ++slot)) rank -= own;
    }
    this.pathSlots[0] = slot;
    this.rest = rank;
    return this.arrive();
  }

  /** The first item with a score >= `score`, or > it; 0 = none. */
  seekScore(words: Uint32Array, at: number, score: number, isExclusive: boolean): number {
    return this.enterScore(words, at, score, isExclusive) ? this.arriveAfterGap() : 0;
  }

  /** The last item with a score <= `score`, or < it; 0 = none. */
  seekScoreBefore(words: Uint32Array, at: number, score: number, isExclusive: boolean): number {
    return this.enterScore(words, at, score, !isExclusive) ? this.arriveBeforeGap() : 0;
  }

  /** The first item whose bytes are >= those of `data`, or > them; 0 = none. For trees whose scores are all the same. */
  seekLex(
    words: Uint32Array,
    at: number,
    data: DataView,
    offset: number,
    size: number,
    isExclusive: boolean,
  ): number {
    return this.enterLex(words, at, data, offset, size, isExclusive) ? this.arriveAfterGap() : 0;
  }

  /** The last item whose bytes are <= those of `data`, or < them; 0 = none. For trees whose scores are all the same. */
  seekLexBefore(
    words: Uint32Array,
    at: number,
    data: DataView,
    offset: number,
    size: number,
    isExclusive: boolean,
  ): number {
    return this.enterLex(words, at, data, offset, size, !isExclusive) ? this.arriveBeforeGap() : 0;
  }

  /** The first item; 0 = the tree is empty. */
  seekFirst(words: Uint32Array, at: number): number {
    if (!this.begin(words, at)) return 0;
    this.pathSlots[this.height - 1] = 0;
    this.enterFirst(this.height - 1);
    return this.arrive();
  }

  /** The last item; 0 = the tree is empty. */
  seekLast(words: Uint32Array, at: number): number {
    if (!this.begin(words, at)) return 0;
    const top = this.height - 1;
    this.pathSlots[top] = this.nodes.count(this.pathNodes[top]!) - 1;
    this.enterLast(top);
    return this.arrive();
  }

  /** Steps to the item after the cursor's; 0 = there is none, and the cursor stays. Only after a seek that found an item. */
  next(): number {
    const slot = this.pathSlots[0]! + 1;
    if (slot < this.nodes.count(this.pathNodes[0]!)) {
      this.pathSlots[0] = slot;
      return this.arrive();
    }
    for (let level = 1; level < this.height; level++) {
      const sibling = this.pathSlots[level]! + 1;
      if (sibling < this.nodes.count(this.pathNodes[level]!)) {
        this.pathSlots[level] = sibling;
        this.enterFirst(level);
        return this.arrive();
      }
    }
    return 0;
  }

  /**
   * The cursor's item and those after it, or before it when `isReversed`, as far as they are in one leaf: writes at most
   * `count` (1 or more) of them to `out`, and returns how many. The cursor is on the last of them then, but for its `score`.
   */
  run(out: Uint32Array, count: number, isReversed: boolean): number {
    const leaf = this.pathNodes[0]!;
    const slot = this.pathSlots[0]!;
    const size = Math.min(count, isReversed ? slot + 1 : this.nodes.count(leaf) - slot);
    const last = isReversed ? slot - size + 1 : slot + size - 1;
    this.nodes.copyItems(leaf, slot, isReversed ? -1 : 1, size, out);
    this.pathSlots[0] = last;
    return size;
  }

  /** Steps to the item before the cursor's; 0 = there is none, and the cursor stays. Only after a seek that found an item. */
  previous(): number {
    for (let level = 0; level < this.height; level++) {
      const slot = this.pathSlots[level]!;
      if (slot > 0) {
        this.pathSlots[level] = slot - 1;
        this.enterLast(level);
        return this.arrive();
      }
    }
    return 0;
  }

  /** The weight before the cursor's item. */
  cursorRank(): number {
    let rank = this.nodes.itemsWeight(this.pathNodes[0]!, this.leafWeight(), 0, this.pathSlots[0]!);
    for (let level = 1; level < this.height; level++) {
      rank += this.nodes.weightBefore(this.pathNodes[level]!, this.pathSlots[level]!);
    }
    return rank;
  }

  /** Puts the cursor on an item, of which it knows the score. Returns false when it is not in the tree. */
  protected find(words: Uint32Array, at: number, score: number, item: number): boolean {
    if (!this.enterItem(words, at, score, item)) return false;
    // More than one step only where other items are equal in score and order.
    for (let found = this.arriveAfterGap(); found !== 0 && this.score === score; found = this.next()) {
      if (found === item) return true;
      if (this.items.compare(found, item) !== 0) return false;
    }
    return false;
  }

  /** Leads the path to the gap before the first item that is not before (score, item). Returns false when there is no item. */
  protected enterItem(words: Uint32Array, at: number, score: number, item: number): boolean {
    if (!this.begin(words, at)) return false;
    for (let level = this.height - 1; level > 0; level--) {
      this.enter(level, slotBefore(this.nodes.search(this.pathNodes[level]!, score, item)));
    }
    this.pathSlots[0] = this.nodes.search(this.pathNodes[0]!, score, item);
    return true;
  }

  /** The weight of all items in the path's leaf. */
  protected leafWeight(): number {
    if (this.height === 1) return this.words[this.at + TREE_COUNT]!;
    return this.nodes.weight(this.pathNodes[1]!, this.pathSlots[1]!);
  }

  /** Starts a path at the root. Returns false when the tree is empty. */
  private begin(words: Uint32Array, at: number): boolean {
    const height = words[at + TREE_HEIGHT]!;
    this.words = words;
    this.at = at;
    this.height = height;
    if (height === 0) return false;
    this.pathNodes[height - 1] = words[at + TREE_ROOT]!;
    return true;
  }

  private enterScore(words: Uint32Array, at: number, score: number, isExclusive: boolean): boolean {
    if (!this.begin(words, at)) return false;
    for (let level = this.height - 1; level > 0; level--) {
      this.enter(level, slotBefore(this.nodes.searchScore(this.pathNodes[level]!, score, isExclusive)));
    }
    this.pathSlots[0] = this.nodes.searchScore(this.pathNodes[0]!, score, isExclusive);
    return true;
  }

  private enterLex(
    words: Uint32Array,
    at: number,
    data: DataView,
    offset: number,
    size: number,
    isExclusive: boolean,
  ): boolean {
    if (!this.begin(words, at)) return false;
    for (let level = this.height - 1; level > 0; level--) {
      const branch = this.pathNodes[level]!;
      this.enter(level, slotBefore(this.nodes.searchLex(branch, data, offset, size, isExclusive)));
    }
    this.pathSlots[0] = this.nodes.searchLex(this.pathNodes[0]!, data, offset, size, isExclusive);
    return true;
  }

  /** Leads the path through `slot` of its branch on `level`, one level down. */
  private enter(level: number, slot: number): void {
    this.pathSlots[level] = slot;
    this.pathNodes[level - 1] = this.nodes.child(this.pathNodes[level]!, slot);
  }

  /** Leads the path from its slot on `level` down to the first item there. */
  private enterFirst(level: number): void {
    for (let above = level; above > 0; above--) {
      this.enter(above, this.pathSlots[above]!);
      this.pathSlots[above - 1] = 0;
    }
  }

  /** Leads the path from its slot on `level` down to the last item there. */
  private enterLast(level: number): void {
    for (let above = level; above > 0; above--) {
      this.enter(above, this.pathSlots[above]!);
      this.pathSlots[above - 1] = this.nodes.count(this.pathNodes[above - 1]!) - 1;
    }
  }

  /** Puts the cursor on the item after the gap to which the path leads; 0 = there is none. */
  protected arriveAfterGap(): number {
    if (this.pathSlots[0]! < this.nodes.count(this.pathNodes[0]!)) return this.arrive();
    return this.next();
  }

  private arriveBeforeGap(): number {
    if (this.pathSlots[0] === 0) return 0;
    this.pathSlots[0]! -= 1;
    return this.arrive();
  }

  /** Makes the item to which the path leads the cursor's. */
  private arrive(): number {
    const leaf = this.pathNodes[0]!;
    const slot = this.pathSlots[0]!;
    const item = this.nodes.item(leaf, slot);
    this.score = this.nodes.score(leaf, slot);
    this.item = item;
    return item;
  }

  private weightAt(leaf: number, slot: number): number {
    return this.items.weight(this.nodes.item(leaf, slot));
  }
}

/** Of children whose least items are known, the one with the gap before the first least item that is not before something. */
function slotBefore(slot: number): number {
  return slot === 0 ? 0 : slot - 1;
}
