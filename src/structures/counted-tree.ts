/**
 * Counted tree: items in order of a score, found by score, by bytes, or by rank.
 *
 * A B+tree (Bayer, McCreight, 1972) whose branches know the weight below each child (Knuth, volume 3, 6.2.3). An item is a
 * pointer with a score; items of one score are in the order of `TreeItems.compare`. Each has a weight, 1 or more, and its rank is
 * the weight of all that come before it: with weights of 1 its position, with a list's chunks the position of the first element.
 *
 *     branch      least score and item | pointer | weight    of up to 63 children
 *     leaf        score | pointer                            of up to 63 items
 *
 * Memory, about: 16 bytes an item where they come in any order, 12.8 where each is the last or the first when it comes. A full
 * node gives to a neighbour that has room before it splits; at the edges of the tree it splits so that one half stays full.
 *
 * Invariants: a branch has exactly the least item, and exactly the weight, of each child, because a search compares with
 * these items, and an item that left the tree may be freed; no node is empty, and a root that is a branch has two children;
 * an empty tree has no memory and its words are zeros.
 *
 * A tree is its TREE_WORDS words in an array of the caller's, who keeps them and holds the baton of the shard. Scores are never
 * NaN. -0 and 0 are the same score. Cost of every call: a node a level, of which a tree of 5 million items has four.
 */

import type { Memory } from '../memory/memory.js';
import { LEVELS_MAX, TREE_COUNT, TREE_HEIGHT, TREE_ITEMS, TREE_ROOT, TreeCursor } from './tree-cursor.js';
import { BRANCH_BYTES, LEAF_BYTES, NODE_CAPACITY, type TreeItems } from './tree-node.js';

export { TREE_COUNT, TREE_HEIGHT, TREE_ITEMS, TREE_ROOT, TREE_WORDS } from './tree-cursor.js';
export { NODE_CAPACITY, type TreeItems } from './tree-node.js';

/** A neighbour with more takes nothing from a full node: sharing pays only if there is room for a while after it. */
const SHARE_COUNT_MAX = 47;
/** A node of so few looks for a neighbour to merge with, and merges if together they have room for more. */
const SMALL_COUNT_MAX = 16;
const MERGED_COUNT_MAX = 48;

/** Where in the tree a gap is. */
const MIDDLE = 0;
const LEFT_EDGE = 1;
const RIGHT_EDGE = 2;

/** One instance per thread and kind of item. A change of any tree loses the cursor, but not its `score` and `item`. */
export class CountedTree extends TreeCursor {
  private readonly memory: Memory;
  /** New nodes, by level: an insertion takes all that it needs before it changes anything. */
  private readonly spares = new Uint32Array(LEVELS_MAX + 1);

  constructor(memory: Memory, items: TreeItems) {
    super(memory, items);
    this.memory = memory;
  }

  /** Adds an item that is not in the tree. Returns false, nothing changed, when there is no memory. */
  insert(shard: number, words: Uint32Array, at: number, score: number, item: number): boolean {
    if (this.enterItem(words, at, score, item)) {
      if (this.isFull(0) && !this.makeRoom(shard)) return false;
    } else if (!this.create(shard)) return false;
    const slot = this.pathSlots[0]!;
    this.nodes.insertItem(this.pathNodes[0]!, slot, score, item);
    words[at + TREE_ITEMS]! += 1;
    this.addWeight(this.items.weight(item));
    if (slot === 0) this.updateLeast(0);
    return true;
  }

  /** Takes an item out, which stays the caller's to free. Returns false when it is not in the tree. */
  remove(shard: number, words: Uint32Array, at: number, score: number, item: number): boolean {
    if (!this.find(words, at, score, item)) return false;
    this.takeOut(shard);
    return true;
  }

  /** Puts an item of the same order and weight in another one's place. Returns false when that is not in the tree. */
  replace(words: Uint32Array, at: number, score: number, oldItem: number, newItem: number): boolean {
    if (!this.find(words, at, score, oldItem)) return false;
    const slot = this.pathSlots[0]!;
    this.nodes.setItem(this.pathNodes[0]!, slot, newItem);
    if (slot === 0) this.updateLeast(0);
    return true;
  }

  /** Says that an item of the tree weighs `delta` more than it did. */
  reweigh(words: Uint32Array, at: number, score: number, item: number, delta: number): void {
    if (this.find(words, at, score, item)) this.addWeight(delta);
  }

  /** Gives the items the scores 0, 1, 2 and so on, in the order that they have. */
  renumber(words: Uint32Array, at: number): void {
    let score = 0;
    for (let item = this.seekFirst(words, at); item !== 0; item = this.next()) {
      const slot = this.pathSlots[0]!;
      this.nodes.setLeast(this.pathNodes[0]!, slot, score, item);
      if (slot === 0) this.updateLeast(0);
      score += 1;
    }
  }

  /** Takes the last item out and returns it; 0 = the tree is empty. */
  takeLast(shard: number, words: Uint32Array, at: number): number {
    const item = this.seekLast(words, at);
    if (item !== 0) this.takeOut(shard);
    return item;
  }

  /** Frees the last leaf, whose items may be freed already: none is read. Returns false when the tree is empty. */
  dropLastLeaf(shard: number, words: Uint32Array, at: number): boolean {
    if (this.seekLast(words, at) === 0) return false;
    const leaf = this.pathNodes[0]!;
    words[at + TREE_ITEMS]! -= this.nodes.count(leaf);
    this.addWeight(-this.leafWeight());
    this.nodes.setCount(leaf, 0);
    this.shrink(shard);
    return true;
  }

  /** Gives an empty tree a leaf without items, and leads the path to it. */
  private create(shard: number): boolean {
    const leaf = this.memory.allocate(shard, LEAF_BYTES);
    if (leaf === 0) return false;
    this.nodes.setCount(leaf, 0);
    this.setRoot(leaf, 1);
    this.pathSlots[0] = 0;
    return true;
  }

  /** Takes the cursor's item out. */
  private takeOut(shard: number): void {
    const leaf = this.pathNodes[0]!;
    const slot = this.pathSlots[0]!;
    const weight = this.items.weight(this.nodes.item(leaf, slot));
    this.nodes.removeItem(leaf, slot);
    this.words[this.at + TREE_ITEMS]! -= 1;
    this.addWeight(-weight);
    const left = this.nodes.count(leaf);
    if (slot === 0 && left > 0) this.updateLeast(0);
    if (left <= SMALL_COUNT_MAX) this.shrink(shard);
  }

  private setRoot(root: number, height: number): void {
    this.words[this.at + TREE_ROOT] = root;
    this.words[this.at + TREE_HEIGHT] = height;
    this.height = height;
    if (height > 0) this.pathNodes[height - 1] = root;
  }

  private isFull(level: number): boolean {
    return this.nodes.count(this.pathNodes[level]!) === NODE_CAPACITY;
  }

  /** Adds to the weights of all nodes on the path. */
  private addWeight(delta: number): void {
    this.words[this.at + TREE_COUNT]! += delta;
    for (let level = 1; level < this.height; level++) {
      this.nodes.addWeight(this.pathNodes[level]!, this.pathSlots[level]!, delta);
    }
  }

  /** Tells the branches above that the first item of the path's node on `level` is another one. */
  private updateLeast(level: number): void {
    const node = this.pathNodes[level]!;
    const score = this.nodes.score(node, 0);
    const item = this.nodes.item(node, 0);
    for (let above = level + 1; above < this.height; above++) {
      this.nodes.setLeast(this.pathNodes[above]!, this.pathSlots[above]!, score, item);
      if (this.pathSlots[above]! > 0) return;
    }
  }

  /**
   * Makes room in the path's leaf, which is full: shares with a neighbour, or else splits, for which its parent may have to make
   * room in turn. The path leads to the same gap afterwards. Returns false, nothing changed, when there is no memory.
   */
  private makeRoom(shard: number): boolean {
    const edge = this.edge();
    let splits = 0;
    let sharing = -1;
    while (splits < this.height && this.isFull(splits)) {
      if (edge === MIDDLE) sharing = this.sharingSlot(splits);
      if (sharing >= 0) break;
      splits += 1;
    }
    const isTaller = splits === this.height;
    if (!this.takeSpares(shard, isTaller ? splits + 1 : splits)) return false;
    if (isTaller) this.addRoot();
    else if (sharing >= 0) this.share(splits, sharing);
    // From the top down, so that each split finds room in its parent.
    for (let level = splits - 1; level >= 0; level--) this.split(level, edge);
    return true;
  }

  /** Whether the gap to which the path leads is at the beginning or the end of the whole tree. */
  private edge(): number {
    if (this.pathSlots[0] === 0) return LEFT_EDGE;
    if (this.pathSlots[0] !== this.nodes.count(this.pathNodes[0]!)) return MIDDLE;
    for (let level = 1; level < this.height; level++) {
      if (this.pathSlots[level] !== this.nodes.count(this.pathNodes[level]!) - 1) return MIDDLE;
    }
    return RIGHT_EDGE;
  }

  /** The parent's slot of the left one of two neighbours: the path's node on `level` and one that has room. -1 = none has. */
  private sharingSlot(level: number): number {
    if (level + 1 === this.height) return -1;
    const parent = this.pathNodes[level + 1]!;
    const slot = this.pathSlots[level + 1]!;
    if (slot > 0 && this.nodes.count(this.nodes.child(parent, slot - 1)) <= SHARE_COUNT_MAX) return slot - 1;
    if (slot + 1 === this.nodes.count(parent)) return -1;
    return this.nodes.count(this.nodes.child(parent, slot + 1)) <= SHARE_COUNT_MAX ? slot : -1;
  }

  /** Takes memory for one node on each of the lowest `count` levels, or for none. */
  private takeSpares(shard: number, count: number): boolean {
    for (let level = 0; level < count; level++) {
      const node = this.memory.allocate(shard, level === 0 ? LEAF_BYTES : BRANCH_BYTES);
      if (node === 0) {
        while (level > 0) this.memory.free(shard, this.spares[--level]!);
        return false;
      }
      this.spares[level] = node;
    }
    return true;
  }

  /** Puts a branch above the root, with that as its only child. */
  private addRoot(): void {
    const height = this.height;
    const child = this.pathNodes[height - 1]!;
    const root = this.spares[height]!;
    this.nodes.setCount(root, 0);
    this.nodes.insertChild(root, 0, child, this.words[this.at + TREE_COUNT]!);
    this.nodes.setLeast(root, 0, this.nodes.score(child, 0), this.nodes.item(child, 0));
    this.setRoot(root, height + 1);
    this.pathSlots[height] = 0;
  }

  private share(level: number, leftSlot: number): void {
    const parent = this.pathNodes[level + 1]!;
    const left = this.nodes.count(this.nodes.child(parent, leftSlot));
    const right = this.nodes.count(this.nodes.child(parent, leftSlot + 1));
    this.distribute(level, leftSlot, (left + right) >>> 1);
  }

  /** Splits the path's node on `level`, whose parent has room. */
  private split(level: number, edge: number): void {
    const parent = this.pathNodes[level + 1]!;
    const slot = this.pathSlots[level + 1]!;
    const sibling = this.spares[level]!;
    this.nodes.setCount(sibling, 0);
    this.nodes.insertChild(parent, slot + 1, sibling, 0);
    const leftCount = edge === MIDDLE ? NODE_CAPACITY >>> 1 : edge === LEFT_EDGE ? 1 : NODE_CAPACITY - 1;
    this.distribute(level, slot, leftCount);
  }

  /**
   * Moves what two neighbours on `level` have, so that the left one, in `leftSlot` of the path's branch above, has `leftCount`.
   * The path, which leads through one of them, follows.
   */
  private distribute(level: number, leftSlot: number, leftCount: number): void {
    const parent = this.pathNodes[level + 1]!;
    const left = this.nodes.child(parent, leftSlot);
    const right = this.nodes.child(parent, leftSlot + 1);
    const before = this.nodes.count(left);
    const slot = this.pathSlots[level]! + (this.pathSlots[level + 1] === leftSlot ? 0 : before);
    const isBranch = level > 0;
    let moved = 0;
    if (leftCount < before) {
      moved = this.weightOf(level, left, this.nodes.weight(parent, leftSlot), leftCount, before);
      this.nodes.moveRight(left, leftCount, right, isBranch);
    } else {
      const count = leftCount - before;
      moved = -this.weightOf(level, right, this.nodes.weight(parent, leftSlot + 1), 0, count);
      this.nodes.moveLeft(left, right, count, isBranch);
    }
    this.nodes.addWeight(parent, leftSlot, -moved);
    this.nodes.addWeight(parent, leftSlot + 1, moved);
    this.nodes.setLeast(parent, leftSlot + 1, this.nodes.score(right, 0), this.nodes.item(right, 0));
    // A gap stays with the item before it: never at slot 0, where an insertion would change the least item.
    const isLeft = isBranch ? slot < leftCount : slot <= leftCount;
    this.pathSlots[level + 1] = isLeft ? leftSlot : leftSlot + 1;
    this.pathNodes[level] = isLeft ? left : right;
    this.pathSlots[level] = isLeft ? slot : slot - leftCount;
  }

  /** The weight from slot `start` to before `end` of a node on `level` that weighs `total`. */
  private weightOf(level: number, node: number, total: number, start: number, end: number): number {
    if (level === 0) return this.nodes.itemsWeight(node, total, start, end);
    return this.nodes.weightBefore(node, end) - this.nodes.weightBefore(node, start);
  }

  /** After the path's leaf has lost items: frees and merges nodes, from there upwards as far as it goes. */
  private shrink(shard: number): void {
    let level = 0;
    while (level < this.height - 1) {
      const count = this.nodes.count(this.pathNodes[level]!);
      if (count === 0) this.dropNode(shard, level);
      else if (count > SMALL_COUNT_MAX || !this.merge(shard, level)) break;
      level += 1;
    }
    if (level === this.height - 1) this.shrinkRoot(shard);
  }

  /** Frees the path's node on `level`, which is empty and not the root. */
  private dropNode(shard: number, level: number): void {
    const parent = this.pathNodes[level + 1]!;
    const slot = this.pathSlots[level + 1]!;
    this.memory.free(shard, this.pathNodes[level]!);
    this.nodes.removeChild(parent, slot);
    if (slot === 0 && this.nodes.count(parent) > 0) this.updateLeast(level + 1);
  }

  /** Merges the path's node on `level` with a neighbour, if together they are small. Returns whether it did. */
  private merge(shard: number, level: number): boolean {
    const slot = this.pathSlots[level + 1]!;
    return this.mergePair(shard, level, slot) || (slot > 0 && this.mergePair(shard, level, slot - 1));
  }

  private mergePair(shard: number, level: number, leftSlot: number): boolean {
    const parent = this.pathNodes[level + 1]!;
    if (leftSlot + 1 === this.nodes.count(parent)) return false;
    const left = this.nodes.child(parent, leftSlot);
    const right = this.nodes.child(parent, leftSlot + 1);
    const count = this.nodes.count(left) + this.nodes.count(right);
    if (count > MERGED_COUNT_MAX) return false;
    this.distribute(level, leftSlot, count);
    this.pathSlots[level + 1] = leftSlot;
    this.nodes.removeChild(parent, leftSlot + 1);
    this.memory.free(shard, right);
    return true;
  }

  /** Frees a root without children or items, and roots with only one child. */
  private shrinkRoot(shard: number): void {
    let root = this.words[this.at + TREE_ROOT]!;
    let height = this.height;
    while (height > 1 && this.nodes.count(root) === 1) {
      const child = this.nodes.child(root, 0);
      this.memory.free(shard, root);
      root = child;
      height -= 1;
    }
    if (this.nodes.count(root) === 0) {
      this.memory.free(shard, root);
      root = 0;
      height = 0;
    }
    this.setRoot(root, height);
  }
}
