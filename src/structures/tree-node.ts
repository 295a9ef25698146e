/**
 * One node of a counted tree (see counted-tree.ts): up to 63 items, or up to 63 children, in ascending order.
 *
 *     word 0        how many items or children the node has
 *     word 1        not used
 *     word 2-127    63 scores, f64
 *     word 128-190  63 items, u32                                        leaf: 764 bytes
 *     word 191-253  63 pointers to children, u32
 *     word 254-316  63 weights, u32: of all items below that child     branch: 1268 bytes
 *
 * In a *branch* score and item are those of the child's first item, so that leaves and branches are searched and shifted by
 * the same code, and a search reads one node a level. Both sizes just fit a size class of the memory (768 and 1280 bytes).
 *
 * A node is named by its pointer. The methods know nothing of the tree around a node.
 */

import { type Memory, SEGMENT_MASK, SEGMENT_SHIFT } from '../memory/memory.js';

/** Items of a leaf, children of a branch. */
export const NODE_CAPACITY = 63;
export const LEAF_BYTES = 764;
export const BRANCH_BYTES = 1268;

const COUNT_WORD = 0;
/** In f64, all others in u32. */
const SCORE_DOUBLE = 1;
const ITEM_WORD = 128;
const CHILD_WORD = ITEM_WORD + NODE_CAPACITY;
const WEIGHT_WORD = CHILD_WORD + NODE_CAPACITY;

/** What a tree has to know about its items, which are pointers. */
export interface TreeItems {
  /** The order of items that have one score: negative when `left` comes before `right`, 0 when they are equal. */
  compare(left: number, right: number): number;
  /** The same for an item and the `size` bytes of `data` at `offset`. */
  compareBytes(item: number, data: DataView, offset: number, size: number): number;
  /** 1 or more. */
  weight(item: number): number;
}

/** One instance per thread and kind of item. */
export class TreeNodes {
  private readonly u32: Uint32Array[];
  private readonly f64: Float64Array[];
  private readonly items: TreeItems;

  constructor(memory: Memory, items: TreeItems) {
    this.u32 = memory.u32;
    this.f64 = memory.f64;
    this.items = items;
  }

  count(node: number): number {
    return this.u32[node >>> SEGMENT_SHIFT]![baseOf(node) + COUNT_WORD]!;
  }

  setCount(node: number, count: number): void {
    this.u32[node >>> SEGMENT_SHIFT]![baseOf(node) + COUNT_WORD] = count;
  }

  score(node: number, index: number): number {
    return this.f64[node >>> SEGMENT_SHIFT]![doublesOf(node) + index]!;
  }

  item(node: number, index: number): number {
    return this.u32[node >>> SEGMENT_SHIFT]![baseOf(node) + ITEM_WORD + index]!;
  }

  /** Writes `size` items from `index` on, or backwards with a `step` of -1, to `out`. */
  copyItems(node: number, index: number, step: number, size: number, out: Uint32Array): void {
    const words = this.u32[node >>> SEGMENT_SHIFT]!;
    let from = baseOf(node) + ITEM_WORD + index;
    for (let to = 0; to < size; to++, from += step) out[to] = words[from]!;
  }

  setItem(node: number, index: number, item: number): void {
    this.u32[node >>> SEGMENT_SHIFT]![baseOf(node) + ITEM_WORD + index] = item;
  }

  child(branch: number, index: number): number {
    return this.u32[branch >>> SEGMENT_SHIFT]![baseOf(branch) + CHILD_WORD + index]!;
  }

  weight(branch: number, index: number): number {
    return this.u32[branch >>> SEGMENT_SHIFT]![baseOf(branch) + WEIGHT_WORD + index]!;
  }

  addWeight(branch: number, index: number, delta: number): void {
    this.u32[branch >>> SEGMENT_SHIFT]![baseOf(branch) + WEIGHT_WORD + index]! += delta;
  }

  setLeast(branch: number, index: number, score: number, item: number): void {
    this.f64[branch >>> SEGMENT_SHIFT]![doublesOf(branch) + index] = score;
    this.setItem(branch, index, item);
  }

  /** Index of the first item (or least item of a child) that does not come before (score, item); the count when none is. */
  search(node: number, score: number, item: number): number {
    const scores = this.f64[node >>> SEGMENT_SHIFT]!;
    const firstScore = doublesOf(node);
    let low = 0;
    let high = this.count(node);
    while (low < high) {
      const middle = (low + high) >>> 1;
      const found = scores[firstScore + middle]!;
      if (found < score || (found === score && this.precedes(this.item(node, middle), item)))
        low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Index of the first score >= `score` (or > it); the count when there is none. */
  searchScore(node: number, score: number, isExclusive: boolean): number {
    const scores = this.f64[node >>> SEGMENT_SHIFT]!;
    const firstScore = doublesOf(node);
    let low = 0;
    let high = this.count(node);
    while (low < high) {
      const middle = (low + high) >>> 1;
      const found = scores[firstScore + middle]!;
      if (found < score || (isExclusive && found === score)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Index of the first item whose bytes are >= those of `data` (or > them); the count when there is none. */
  searchLex(node: number, data: DataView, offset: number, size: number, isExclusive: boolean): number {
    const words = this.u32[node >>> SEGMENT_SHIFT]!;
    const firstItem = baseOf(node) + ITEM_WORD;
    let low = 0;
    let high = words[baseOf(node) + COUNT_WORD]!;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const order = this.items.compareBytes(words[firstItem + middle]!, data, offset, size);
      if (order < 0 || (isExclusive && order === 0)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Weight of the children before `index`. */
  weightBefore(branch: number, index: number): number {
    const words = this.u32[branch >>> SEGMENT_SHIFT]!;
    const first = baseOf(branch) + WEIGHT_WORD;
    let weight = 0;
    for (let at = first; at < first + index; at++) weight += words[at]!;
    return weight;
  }

  /** Weight of the items from `start` to before `end` of a leaf whose items weigh `total` together. */
  itemsWeight(leaf: number, total: number, start: number, end: number): number {
    // Nothing weighs less than 1. So all weigh 1 here, as they do in most kinds of trees, and none has to be read.
    if (total === this.count(leaf)) return end - start;
    const words = this.u32[leaf >>> SEGMENT_SHIFT]!;
    const first = baseOf(leaf) + ITEM_WORD;
    let weight = 0;
    for (let index = start; index < end; index++) weight += this.items.weight(words[first + index]!);
    return weight;
  }

  /** Puts an item into a leaf that has room. */
  insertItem(leaf: number, index: number, score: number, item: number): void {
    const count = this.count(leaf);
    this.moveDoubles(leaf, index, leaf, index + 1, count - index);
    this.moveWords(leaf, ITEM_WORD + index, leaf, ITEM_WORD + index + 1, count - index);
    this.setLeast(leaf, index, score, item);
    this.setCount(leaf, count + 1);
  }

  removeItem(leaf: number, index: number): void {
    const count = this.count(leaf) - 1;
    this.moveDoubles(leaf, index + 1, leaf, index, count - index);
    this.moveWords(leaf, ITEM_WORD + index + 1, leaf, ITEM_WORD + index, count - index);
    this.setCount(leaf, count);
  }

  /** Puts a child into a branch that has room. Its least item is the caller's to set. */
  insertChild(branch: number, index: number, child: number, weight: number): void {
    const count = this.count(branch);
    this.move(branch, index, branch, index + 1, count - index, true);
    const words = this.u32[branch >>> SEGMENT_SHIFT]!;
    words[baseOf(branch) + CHILD_WORD + index] = child;
    words[baseOf(branch) + WEIGHT_WORD + index] = weight;
    this.setCount(branch, count + 1);
  }

  removeChild(branch: number, index: number): void {
    const count = this.count(branch) - 1;
    this.move(branch, index + 1, branch, index, count - index, true);
    this.setCount(branch, count);
  }

  /** Moves the end of a node, from `index` on, to the beginning of the one on its right. */
  moveRight(left: number, index: number, right: number, isBranch: boolean): void {
    const moved = this.count(left) - index;
    const rightCount = this.count(right);
    this.move(right, 0, right, moved, rightCount, isBranch);
    this.move(left, index, right, 0, moved, isBranch);
    this.setCount(left, index);
    this.setCount(right, rightCount + moved);
  }

  /** Moves the first `moved` of a node to the end of the one on its left. */
  moveLeft(left: number, right: number, moved: number, isBranch: boolean): void {
    const leftCount = this.count(left);
    const rightCount = this.count(right) - moved;
    this.move(right, 0, left, leftCount, moved, isBranch);
    this.move(right, moved, right, 0, rightCount, isBranch);
    this.setCount(left, leftCount + moved);
    this.setCount(right, rightCount);
  }

  /** True when `left`'s place is before `right`, which has the same score. An item does not have to be read to be itself. */
  private precedes(left: number, right: number): boolean {
    return left !== right && this.items.compare(left, right) < 0;
  }

  private move(
    source: number,
    from: number,
    target: number,
    to: number,
    count: number,
    isBranch: boolean,
  ): void {
    this.moveDoubles(source, from, target, to, count);
    this.moveWords(source, ITEM_WORD + from, target, ITEM_WORD + to, count);
    if (!isBranch) return;
    this.moveWords(source, CHILD_WORD + from, target, CHILD_WORD + to, count);
    this.moveWords(source, WEIGHT_WORD + from, target, WEIGHT_WORD + to, count);
  }

  /** In a loop, because runs are short. They overlap only within a node, so that `from` and `to` tell the direction. */
  private moveDoubles(source: number, from: number, target: number, to: number, count: number): void {
    const sources = this.f64[source >>> SEGMENT_SHIFT]!;
    const targets = this.f64[target >>> SEGMENT_SHIFT]!;
    const first = doublesOf(source) + from;
    const shift = doublesOf(target) + to - first;
    if (to < from) for (let at = first; at < first + count; at++) targets[at + shift] = sources[at]!;
    else for (let at = first + count - 1; at >= first; at--) targets[at + shift] = sources[at]!;
  }

  private moveWords(source: number, from: number, target: number, to: number, count: number): void {
    const sources = this.u32[source >>> SEGMENT_SHIFT]!;
    const targets = this.u32[target >>> SEGMENT_SHIFT]!;
    const first = baseOf(source) + from;
    const shift = baseOf(target) + to - first;
    if (to < from) for (let at = first; at < first + count; at++) targets[at + shift] = sources[at]!;
    else for (let at = first + count - 1; at >= first; at--) targets[at + shift] = sources[at]!;
  }
}

/** Index of a node's first word in its u32 view. */
function baseOf(node: number): number {
  return (node & SEGMENT_MASK) << 1;
}

/** Index of a node's first score in its f64 view. */
function doublesOf(node: number): number {
  return (node & SEGMENT_MASK) + SCORE_DOUBLE;
}
