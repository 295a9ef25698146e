/**
 * Walks through all structures of a store and says what is not in order: tables, packed lists, nested tables, trees, chunks, and
 * the counts of each. What hostile bytes have been turned into must be as sound as what commands have made.
 */

import assert from 'node:assert/strict';
import { compareBytes } from '../../src/base/bytes.js';
import { hashBytes } from '../../src/base/hash.js';
import { parseInteger } from '../../src/base/integer.js';
import { PACKED_HEADER_BYTES } from '../../src/engine/collection-config.js';
import type { TestEngine } from '../../src/engine/engine.case.js';
import { LIST_COUNT, ListChunks } from '../../src/engine/list-chunks.js';
import { Parts, ROOT_OWNER, ROOT_TREE } from '../../src/engine/parts.js';
import { TABLE_EXPIRY_COUNT } from '../../src/engine/shard-words.js';
import { SEGMENT_MASK, SEGMENT_SHIFT } from '../../src/memory/memory.js';
import { CountedTree, TREE_ITEMS, type TreeItems } from '../../src/structures/counted-tree.js';
import { TYPE_HASH, TYPE_LIST, TYPE_STRING, TYPE_ZSET } from '../../src/structures/entry.js';
import {
  HashTable,
  PREFIX_COUNT,
  SEGMENT_SLOTS,
  TABLE_COUNT,
  TABLE_SEGMENTS,
} from '../../src/structures/hash-table.js';
import { PackedCursor, skipBack } from '../../src/structures/packed-list.js';
import { segmentCount } from '../../src/structures/table-segment.js';

/** Trees are only walked here. */
const NO_ORDER: TreeItems = { compare: () => 0, compareBytes: () => 0, weight: () => 1 };

export class StoreCheck {
  readonly #engine: TestEngine;
  readonly #parts: Parts;
  readonly #nested: HashTable;
  readonly #tree: CountedTree;
  readonly #chunks: ListChunks;
  readonly #cursor = new PackedCursor();

  constructor(engine: TestEngine) {
    const { memory, entries } = engine;
    this.#engine = engine;
    this.#parts = new Parts(memory, entries);
    this.#nested = new HashTable(memory, entries);
    this.#tree = new CountedTree(memory, NO_ORDER);
    this.#chunks = new ListChunks(entries);
  }

  /** Checks every key of every database. Throws an AssertionError that says what is wrong. */
  check(): void {
    const { memory, entries, table } = this.#engine;
    for (let shard = 0; shard < memory.shardCount; shard++) {
      for (let database = 0; database < memory.databaseCount; database++) {
        const at = memory.tableAt(shard, database);
        let expiring = 0;
        this.#checkTable(table, memory.shardU32, at, (entry) => {
          if (entries.hasExpiry(entry)) expiring += 1;
          this.#checkEntry(entry);
        });
        assert.equal(memory.shardU32[at + TABLE_EXPIRY_COUNT], expiring, 'keys that expire are counted');
      }
    }
  }

  /** Goes through a table's segments; each entry must be where a search looks for it. */
  #checkTable(table: HashTable, words: Uint32Array, at: number, visit: (entry: number) => void): void {
    const { entries, memory } = this.#engine;
    let count = 0;
    let segments = 0;
    const found: number[] = [];
    for (let prefix = 0; prefix < PREFIX_COUNT; prefix = table.segmentEnd(at, prefix)) {
      const segment = table.segmentAt(at, prefix);
      if (segment === 0) break;
      segments += 1;
      const before = count;
      for (let slot = 0; slot < SEGMENT_SLOTS; slot++) {
        const entry = table.slotPointer(segment, slot);
        if (entry === 0) continue;
        const data = entries.data(entry);
        const offset = entries.keyOffset(entry);
        const size = entries.keySize(entry);
        assert.equal(
          table.find(at, hashBytes(data, offset, size), data, offset, size),
          entry,
          'a search finds each entry',
        );
        found.push(entry);
        count += 1;
      }
      const inSegment = segmentCount(memory.u32[segment >>> SEGMENT_SHIFT]!, (segment & SEGMENT_MASK) << 1);
      assert.equal(inSegment, count - before, 'a segment counts its entries');
    }
    assert.equal(words[at + TABLE_COUNT], count, 'a table counts its entries');
    assert.equal(words[at + TABLE_SEGMENTS], segments, 'a table counts its segments');
    // Afterwards: what is nested is searched with the same instance.
    for (const entry of found) visit(entry);
  }

  #checkEntry(entry: number): void {
    const { entries, memory } = this.#engine;
    assert.ok(entries.size(entry) <= memory.usableBytes(entry), 'an entry fits its block');
    const type = entries.type(entry);
    assert.ok(type <= TYPE_HASH, 'a type that there is');
    if (type === TYPE_STRING) return;
    if (entries.isLarge(entry)) this.#checkLarge(entry, type);
    else this.#checkPacked(entry, type);
  }

  #checkPacked(entry: number, type: number): void {
    const { entries } = this.#engine;
    const start = entries.valueOffset(entry);
    const end = start + entries.valueSize(entry);
    const stated = entries.data(entry).getUint16(start, true);
    const count = this.#checkElements(entry, start + PACKED_HEADER_BYTES, end, type);
    assert.equal(stated, count, 'a packed collection counts its elements');
    assert.ok(count > 0, 'no collection is empty');
    if (type === TYPE_HASH || type === TYPE_ZSET) assert.equal(count % 2, 0, 'pairs');
  }

  /** Goes through elements, which must be readable backwards as well. Returns how many they are. */
  #checkElements(entry: number, start: number, end: number, type: number): number {
    const { entries } = this.#engine;
    const data = entries.data(entry);
    const bytes = entries.bytes(entry);
    const cursor = this.#cursor;
    let count = 0;
    let at = start;
    while (at < end) {
      cursor.read(data, at);
      assert.ok(cursor.end > at && cursor.end <= end, 'an element ends within the list');
      assert.equal(skipBack(data, cursor.end), at, 'the size behind an element is its own');
      const isScore = type === TYPE_ZSET && count % 2 === 1;
      if (cursor.isInteger) {
        assert.ok(Number.isSafeInteger(cursor.integer), 'integers are safe');
      } else if (isScore) {
        assert.equal(cursor.size, 8);
        assert.ok(!Number.isNaN(data.getFloat64(cursor.offset, true)), 'a score is a number');
      } else {
        const value = parseInteger(bytes, cursor.offset, cursor.size);
        assert.ok(!Number.isFinite(value), 'what spells an integer is one');
      }
      count += 1;
      at = cursor.end;
    }
    assert.equal(at, end);
    return count;
  }

  #checkLarge(entry: number, type: number): void {
    const { entries } = this.#engine;
    const root = entries.root(entry);
    const words = this.#parts.words(root);
    const at = this.#parts.at(root);
    assert.equal(words[at + ROOT_OWNER], entry, 'a root knows its owner');
    if (type === TYPE_LIST) {
      this.#checkChunks(words, at);
      return;
    }
    this.#nested.use(words);
    const elements = new Set<number>();
    this.#checkTable(this.#nested, words, at, (element) => elements.add(element));
    assert.ok(elements.size > 0, 'no collection is empty');
    if (type === TYPE_ZSET) this.#checkOrder(words, at, elements);
  }

  /** The tree of a sorted set has all elements of its table, in order. */
  #checkOrder(words: Uint32Array, at: number, elements: ReadonlySet<number>): void {
    const { entries } = this.#engine;
    const tree = this.#tree;
    assert.equal(words[at + ROOT_TREE + TREE_ITEMS], elements.size, 'tree and table have the same elements');
    let count = 0;
    let last = 0;
    let lastScore = Number.NEGATIVE_INFINITY;
    for (let item = tree.seekFirst(words, at + ROOT_TREE); item !== 0; item = tree.next()) {
      assert.ok(elements.has(item), 'an element of the tree is in the table');
      const { score } = tree;
      const value = entries.data(item).getFloat64(entries.valueOffset(item), true);
      assert.ok(value === score, 'tree and element have one score');
      assert.ok(score >= lastScore, 'scores ascend');
      if (last !== 0 && score === lastScore) assert.ok(this.#compareKeys(last, item) < 0, 'ties by bytes');
      last = item;
      lastScore = score;
      count += 1;
    }
    assert.equal(count, elements.size);
  }

  #compareKeys(left: number, right: number): number {
    const { entries } = this.#engine;
    return compareBytes(
      entries.bytes(left),
      entries.keyOffset(left),
      entries.keySize(left),
      entries.bytes(right),
      entries.keyOffset(right),
      entries.keySize(right),
    );
  }

  #checkChunks(words: Uint32Array, at: number): void {
    const chunks = this.#chunks;
    const tree = this.#tree;
    let count = 0;
    let label = Number.NEGATIVE_INFINITY;
    for (let chunk = tree.seekFirst(words, at + ROOT_TREE); chunk !== 0; chunk = tree.next()) {
      const start = chunks.start(chunk);
      const end = chunks.end(chunk);
      assert.ok(chunks.label(chunk) > label, 'labels ascend');
      assert.ok(
        start >= chunks.roomStart(chunk) && end <= chunks.roomEnd(chunk),
        'elements are in their chunk',
      );
      const elements = this.#checkElements(chunk, start, end, TYPE_LIST);
      assert.equal(chunks.count(chunk), elements, 'a chunk counts its elements');
      label = chunks.label(chunk);
      count += elements;
    }
    assert.ok(count > 0, 'no collection is empty');
    assert.equal(words[at + LIST_COUNT], count, 'a list counts its elements');
  }
}
