import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { HighMemory } from '../../test/support/high-memory.js';
import { SeededRandom } from '../../test/support/random.js';
import { viewOf } from '../base/bytes.js';
import {
  CountedTree,
  NODE_CAPACITY,
  TREE_COUNT,
  TREE_HEIGHT,
  TREE_ITEMS,
  TREE_ROOT,
  TREE_WORDS,
  type TreeItems,
} from './counted-tree.js';
import { TreeNodes } from './tree-node.js';

const SHARD = 0;
/** The tree's words lie among others. */
const AT = 3;
const FIRST_ITEM = 3_000_000_001;
const SCORES = [Number.NEGATIVE_INFINITY, -1.5, -0, 0, 5e-324, 1, 2, 1e300, Number.POSITIVE_INFINITY];

interface Item {
  readonly item: number;
  readonly score: number;
  readonly name: Buffer;
  weight: number;
}

/** A tree beside the plainest model of one: an array in order. */
class Checked implements TreeItems {
  readonly memory = new HighMemory();
  readonly tree = new CountedTree(this.memory, this);
  readonly words = new Uint32Array(AT + TREE_WORDS + 1).fill(77);
  readonly model: Item[] = [];
  /** What may be read; the tree must never ask for anything else. */
  readonly alive = new Map<number, Item>();
  private nextItem = FIRST_ITEM;

  constructor() {
    this.words.fill(0, AT, AT + TREE_WORDS);
  }

  compare(left: number, right: number): number {
    return Buffer.compare(this.read(left).name, this.read(right).name);
  }

  compareBytes(item: number, data: DataView, offset: number, size: number): number {
    return Buffer.compare(this.read(item).name, Buffer.from(data.buffer, data.byteOffset + offset, size));
  }

  weight(item: number): number {
    return this.read(item).weight;
  }

  insert(score: number, name: string, weight = 1): boolean {
    const item = this.create(score, Buffer.from(name), weight);
    const isInserted = this.tree.insert(SHARD, this.words, AT, score, item.item);
    if (isInserted) this.model.splice(this.gapBefore(item), 0, item);
    else this.alive.delete(item.item);
    return isInserted;
  }

  remove(index: number): void {
    const [{ score, item }] = this.model.splice(index, 1) as [Item];
    assert.ok(this.tree.remove(SHARD, this.words, AT, score, item));
    assert.ok(!this.tree.remove(SHARD, this.words, AT, score, item), 'removed once');
    this.alive.delete(item);
  }

  renumber(): void {
    this.tree.renumber(this.words, AT);
    for (const [score, old] of this.model.entries()) {
      const item = { ...old, score };
      this.model[score] = item;
      this.alive.set(item.item, item);
    }
  }

  replace(index: number): void {
    const old = this.model[index]!;
    const item = this.create(old.score, old.name, old.weight);
    assert.ok(this.tree.replace(this.words, AT, old.score, old.item, item.item));
    assert.ok(!this.tree.replace(this.words, AT, old.score, old.item, item.item), 'replaced once');
    this.alive.delete(old.item);
    this.model[index] = item;
  }

  reweigh(index: number, weight: number): void {
    const item = this.model[index]!;
    this.tree.reweigh(this.words, AT, item.score, item.item, weight - item.weight);
    item.weight = weight;
  }

  takeLast(): void {
    const last = this.model.pop();
    assert.equal(this.tree.takeLast(SHARD, this.words, AT), last?.item ?? 0);
    if (last !== undefined) this.alive.delete(last.item);
  }

  /** Items are dead before their leaf is dropped: it must not read them. */
  dropLastLeaf(): void {
    const count = this.lastLeafCount();
    for (const { item } of this.model.splice(this.model.length - count, count)) this.alive.delete(item);
    assert.equal(this.tree.dropLastLeaf(SHARD, this.words, AT), count > 0);
  }

  /** Compares every kind of search around this score and name with the model. */
  checkSeeks(score: number, name: string, rank: number): void {
    const { tree, words, model } = this;
    const first = (found: number) => (found === -1 ? 0 : model[found]!.item);
    assert.equal(
      tree.seekScore(words, AT, score, false),
      first(model.findIndex((item) => item.score >= score)),
    );
    assert.equal(
      tree.seekScore(words, AT, score, true),
      first(model.findIndex((item) => item.score > score)),
    );
    const before = model.findLastIndex((item) => item.score <= score);
    assert.equal(tree.seekScoreBefore(words, AT, score, false), first(before));
    if (before !== -1) assert.equal(tree.cursorRank(), this.rankAt(before));
    const wellBefore = model.findLastIndex((item) => item.score < score);
    assert.equal(tree.seekScoreBefore(words, AT, score, true), first(wellBefore));
    if (wellBefore !== -1) {
      assert.equal(tree.next(), model[wellBefore + 1]?.item ?? 0);
    }
    this.checkRank(rank);
    if (model.every((item) => item.score === model[0]!.score)) this.checkLex(name);
  }

  /** Walks the tree both ways and checks every invariant that the header comment names. */
  check(): void {
    const { tree, words, model } = this;
    assert.equal(words[AT - 1], 77);
    assert.equal(words[AT + TREE_WORDS], 77);
    assert.equal(words[AT + TREE_ITEMS], model.length);
    assert.equal(tree.count(words, AT), this.rankAt(model.length));
    const items = model.map(({ item }) => item);
    const forward: number[] = [];
    for (let item = tree.seekFirst(words, AT); item !== 0; item = tree.next()) {
      assert.ok(tree.score === this.read(item).score);
      assert.equal(tree.item, item);
      forward.push(item);
    }
    assert.deepEqual(forward, items);
    const backward: number[] = [];
    for (let item = tree.seekLast(words, AT); item !== 0; item = tree.previous()) backward.push(item);
    assert.deepEqual(backward.reverse(), items);
    if (model.length === 0) {
      assert.deepEqual([...words.subarray(AT, AT + TREE_WORDS)], [0, 0, 0, 0]);
      assert.equal(this.memory.usedBytes(), 0);
      assert.equal(this.memory.pagesInUse(), 0);
    } else {
      const height = words[AT + TREE_HEIGHT]!;
      const weight = this.checkNode(words[AT + TREE_ROOT]!, height - 1);
      assert.equal(words[AT + TREE_COUNT], weight);
      if (height > 1) assert.ok(new TreeNodes(this.memory, this).count(words[AT + TREE_ROOT]!) > 1);
    }
  }

  /** Every item can be found by its rank, and its rank by itself. */
  checkRanks(step: number): void {
    let rank = 0;
    for (const [index, { score, item, weight }] of this.model.entries()) {
      if (index % step === 0) {
        assert.equal(this.tree.rankOf(this.words, AT, score, item), rank);
        assert.equal(this.tree.item, item);
        assert.equal(this.tree.seekRank(this.words, AT, rank), item);
        assert.equal(this.tree.rest, 0);
        assert.equal(this.tree.seekRank(this.words, AT, rank + weight - 1), item);
        assert.equal(this.tree.rest, weight - 1);
        assert.equal(this.tree.cursorRank(), rank);
      }
      rank += weight;
    }
  }

  bytesPerItem(): number {
    return this.memory.usedBytes() / this.model.length;
  }

  private create(score: number, name: Buffer, weight: number): Item {
    const item = { item: this.nextItem++, score, name, weight };
    this.alive.set(item.item, item);
    return item;
  }

  private read(item: number): Item {
    return this.alive.get(item) ?? assert.fail(`item ${item} is freed`);
  }

  /** Index of the first item that is not before `item`. */
  private gapBefore(item: Item): number {
    let low = 0;
    let high = this.model.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.model[middle]!;
      const isBefore =
        other.score < item.score || (other.score === item.score && Buffer.compare(other.name, item.name) < 0);
      if (isBefore) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private rankAt(index: number): number {
    let rank = 0;
    for (let before = 0; before < index; before++) rank += this.model[before]!.weight;
    return rank;
  }

  private checkRank(rank: number): void {
    let before = 0;
    const covers = this.model.find(({ weight }) => {
      before += weight;
      return rank < before;
    });
    assert.equal(this.tree.seekRank(this.words, AT, rank), covers?.item ?? 0);
    if (covers !== undefined) assert.equal(this.tree.rest, rank - (before - covers.weight));
    assert.equal(this.tree.seekRank(this.words, AT, -1), 0);
  }

  private checkLex(name: string): void {
    const { tree, words, model } = this;
    const bytes = Buffer.from(name);
    const data = viewOf(Buffer.concat([Buffer.from('zz'), bytes, Buffer.from('zz')]));
    const orders = model.map((item) => Buffer.compare(item.name, bytes));
    const itemAt = (index: number) => model[index]?.item ?? 0;
    const size = bytes.length;
    assert.equal(tree.seekLex(words, AT, data, 2, size, false), itemAt(orders.findIndex((o) => o >= 0)));
    assert.equal(tree.seekLex(words, AT, data, 2, size, true), itemAt(orders.findIndex((o) => o > 0)));
    assert.equal(
      tree.seekLexBefore(words, AT, data, 2, size, false),
      itemAt(orders.findLastIndex((o) => o <= 0)),
    );
    assert.equal(
      tree.seekLexBefore(words, AT, data, 2, size, true),
      itemAt(orders.findLastIndex((o) => o < 0)),
    );
  }

  private lastLeafCount(): number {
    const nodes = new TreeNodes(this.memory, this);
    let node = this.words[AT + TREE_ROOT]!;
    if (node === 0) return 0;
    for (let level = this.words[AT + TREE_HEIGHT]! - 1; level > 0; level--) {
      node = nodes.child(node, nodes.count(node) - 1);
    }
    return nodes.count(node);
  }

  /** Returns the node's weight. */
  private checkNode(node: number, level: number): number {
    const nodes = new TreeNodes(this.memory, this);
    const count = nodes.count(node);
    assert.ok(count >= 1 && count <= NODE_CAPACITY, `${count} on level ${level}`);
    let weight = 0;
    for (let index = 0; index < count; index++) {
      if (level === 0) {
        weight += this.weight(nodes.item(node, index));
        continue;
      }
      const child = nodes.child(node, index);
      assert.equal(nodes.item(node, index), nodes.item(child, 0), 'the least item is exact');
      assert.ok(nodes.score(node, index) === nodes.score(child, 0), 'and so is its score');
      const childWeight = this.checkNode(child, level - 1);
      assert.equal(nodes.weight(node, index), childWeight);
      weight += childWeight;
    }
    return weight;
  }
}

/** One random change of the tree. `size` is how many items it should have, about. */
function changeAtRandom(
  checked: Checked,
  random: SeededRandom,
  size: number,
  scores: readonly number[],
): void {
  const { model } = checked;
  const index = random.below(model.length);
  const isGrowing = random.below(2 * size) >= model.length;
  const kind = random.below(10);
  if (model.length === 0 || (kind < 7 && isGrowing)) {
    checked.insert(scores[random.below(scores.length)]!, nameOf(random.below(5000)), 1 + random.below(4));
  } else if (kind < 7) checked.remove(index);
  else if (kind === 7) checked.replace(index);
  else if (kind === 8) checked.reweigh(index, 1 + random.below(5));
  else checked.takeLast();
}

function nameOf(number: number): string {
  return `${number % 7}:${number}`;
}

describe('CountedTree', () => {
  it('does what a sorted array does', () => {
    const operation = fc.tuple(
      fc.constantFrom(
        'insert',
        'insert',
        'insert',
        'run',
        'remove',
        'replace',
        'reweigh',
        'takeLast',
        'drop',
        'seek',
      ),
      fc.nat(2 ** 20),
      fc.constantFrom(...SCORES),
      fc.string({ maxLength: 2 }),
    );
    const scoresAreEqual = fc.boolean();
    const property = fc.property(
      fc.array(operation, { maxLength: 120 }),
      scoresAreEqual,
      (operations, isEqual) => {
        const checked = new Checked();
        for (const [kind, number, anyScore, name] of operations) {
          const { length } = checked.model;
          const score = isEqual ? 1 : anyScore;
          if (kind === 'insert') checked.insert(score, name, 1 + (number % 3));
          else if (kind === 'run') for (let i = 0; i < 50; i++) checked.insert(score, `${name}${i}`);
          else if (kind === 'seek') checked.checkSeeks(score, name, number % (2 * length + 1));
          else if (kind === 'takeLast') checked.takeLast();
          else if (kind === 'drop') checked.dropLastLeaf();
          else if (length === 0) continue;
          else if (kind === 'remove') checked.remove(number % length);
          else if (kind === 'replace') checked.replace(number % length);
          else checked.reweigh(number % length, 1 + (number % 4));
        }
        checked.check();
        checked.checkRanks(1);
        while (checked.model.length > 0) checked.remove(checked.model.length >>> 1);
        checked.check();
      },
    );
    fc.assert(property, { numRuns: 200 });
  });

  it('does so when it is large, grows and shrinks', () => {
    const random = new SeededRandom(6);
    const checked = new Checked();
    const scores = Array.from({ length: 3000 }, () => random.below(1e6) / 16);
    for (const size of [3000, 500, 6000, 20, 2000]) {
      for (let change = 0; change < 12_000; change++) changeAtRandom(checked, random, size, scores);
      checked.check();
      checked.checkRanks(7);
      checked.checkSeeks(scores[5]!, nameOf(17), random.below(4000));
    }
  });

  it('has tens of thousands of items in any order, and none when all are removed', () => {
    const random = new SeededRandom(7);
    const checked = new Checked();
    for (let i = 0; i < 40_000; i++) checked.insert(random.next(), '');
    checked.check();
    checked.checkRanks(11);
    assert.equal(checked.words[AT + TREE_HEIGHT], 3);
    assert.ok(checked.bytesPerItem() < 17, `${checked.bytesPerItem()} bytes an item`);
    while (checked.model.length > 100) checked.remove(random.below(checked.model.length));
    checked.check();
    while (checked.model.length > 0) checked.remove(random.below(checked.model.length));
    checked.check();
  });

  for (const [order, sign] of [
    ['ascending', 1],
    ['descending', -1],
  ] as const) {
    it(`fills its nodes when scores come ${order}`, () => {
      const checked = new Checked();
      for (let i = 0; i < 20_000; i++) checked.insert(sign * i, '');
      checked.check();
      assert.ok(checked.bytesPerItem() < 13, `${checked.bytesPerItem()} bytes an item`);
    });
  }

  it('orders equal scores by bytes alone, in a tree of three levels', () => {
    const random = new SeededRandom(8);
    const checked = new Checked();
    for (let i = 0; i < 6000; i++) checked.insert(0, nameOf(random.below(100_000)));
    checked.check();
    for (let i = 0; i < 100; i++) checked.checkSeeks(0, nameOf(random.below(100_000)), random.below(6000));
    checked.checkSeeks(0, '', 0);
    checked.checkSeeks(-0, 'zzz', 5999);
  });

  it('finds an item by identity among many that are equal in score and order', () => {
    const checked = new Checked();
    for (let i = 0; i < 300; i++) checked.insert(4, 'same', 1 + (i % 2));
    checked.checkRanks(1);
    for (let i = 0; i < 100; i++) checked.replace((i * 7) % checked.model.length);
    for (let i = 0; i < 150; i++) checked.remove((i * 31) % checked.model.length);
    checked.check();
  });

  it('answers for what is not in the tree', () => {
    const checked = new Checked();
    const { tree, words } = checked;
    const data = viewOf(Buffer.from('a'));
    assert.equal(tree.seekFirst(words, AT), 0);
    assert.equal(tree.seekLast(words, AT), 0);
    assert.equal(tree.seekRank(words, AT, 0), 0);
    assert.equal(tree.seekScore(words, AT, Number.NEGATIVE_INFINITY, false), 0);
    assert.equal(tree.seekScoreBefore(words, AT, Number.POSITIVE_INFINITY, false), 0);
    assert.equal(tree.seekLex(words, AT, data, 0, 1, false), 0);
    assert.equal(tree.seekLexBefore(words, AT, data, 0, 1, false), 0);
    assert.equal(tree.takeLast(SHARD, words, AT), 0);
    assert.equal(tree.dropLastLeaf(SHARD, words, AT), false);
    assert.equal(tree.rankOf(words, AT, 1, FIRST_ITEM), -1);
    checked.insert(1, 'a');
    const { item } = checked.model[0]!;
    assert.equal(tree.rankOf(words, AT, 2, item), -1, 'of another score');
    assert.ok(!tree.remove(SHARD, words, AT, 0, item));
    assert.ok(!tree.replace(words, AT, 2, item, item));
    tree.reweigh(words, AT, 2, item, 5);
    checked.check();
  });

  it('numbers its items anew in the order that they have', () => {
    const checked = new Checked();
    for (let number = 0; number < 5000; number++) checked.insert(Math.sqrt(number), '', 1 + (number % 3));
    checked.renumber();
    checked.check();
  });

  it('keeps score and item of the cursor when the item is removed', () => {
    const checked = new Checked();
    checked.insert(1.25, 'a');
    checked.insert(2.5, 'b');
    const last = checked.tree.seekLast(checked.words, AT);
    checked.remove(1);
    assert.equal(checked.tree.score, 2.5);
    assert.equal(checked.tree.item, last);
  });

  it('changes nothing when there is no memory for an insertion', () => {
    const random = new SeededRandom(9);
    const checked = new Checked();
    let refusals = 0;
    const scoreOf = [() => random.next(), (i: number) => i, (i: number) => -i];
    for (const score of scoreOf) {
      for (let i = 0; i < 5000; i++) {
        const before = [...checked.words, checked.memory.usedBytes()];
        const next = score(i);
        for (let allocations = 0; ; allocations++) {
          checked.memory.allocationsLeft = allocations;
          if (checked.insert(next, '')) break;
          refusals += 1;
          assert.deepEqual([...checked.words, checked.memory.usedBytes()], before);
          if (allocations > 0 || refusals % 16 === 0) checked.check();
        }
        checked.memory.allocationsLeft = Number.POSITIVE_INFINITY;
      }
      checked.check();
      while (checked.model.length > 0) checked.takeLast();
      checked.check();
    }
    assert.ok(refusals > 200, `${refusals} refusals`);
  });

  it('is emptied from the front, leaf after leaf', () => {
    const checked = new Checked();
    for (let i = 0; i < 9000; i++) checked.insert(i, '');
    for (let removed = 1; checked.model.length > 0; removed++) {
      checked.remove(0);
      // Each leaf has had 62.
      if (removed % 31 === 0) checked.check();
    }
    checked.check();
  });

  it('merges a small node with the neighbour on its right, and with the one on its left', () => {
    for (const small of ['left', 'right']) {
      const checked = new Checked();
      for (let i = 0; i < 80; i++) checked.insert(i, '');
      assert.equal(checked.words[AT + TREE_HEIGHT], 2);
      for (let i = 0; i < 46; i++) checked.remove(small === 'left' || i < 32 ? 0 : checked.model.length - 1);
      checked.check();
      assert.equal(checked.words[AT + TREE_HEIGHT], 1, small);
    }
  });

  it('gives all pages back when leaf after leaf is dropped', () => {
    const random = new SeededRandom(10);
    const checked = new Checked();
    for (let i = 0; i < 10_000; i++) checked.insert(random.next(), '', 1 + random.below(3));
    for (let drops = 0; checked.model.length > 0; drops++) {
      checked.dropLastLeaf();
      if (drops % 20 === 0) checked.check();
      if (drops % 50 === 0) checked.insert(random.next(), '', 2);
    }
    checked.check();
  });
});
