/**
 * Elements: the members of large hashes, sets and sorted sets. Each is a block of its own, laid out as an entry: its key is
 * the field or member, its value the field's value, nothing, or the score (f64); a field's deadline is the entry's deadline.
 * The collection finds them by the nested hash table in its root block (parts.ts).
 *
 *     elements.open(shard, database, entry)     from then on `find`, `insert` ... mean this collection
 *
 * A snapshot may still need an element as it is, so that it is changed and given up only here.
 *
 * The caller holds the baton of the shard. Nothing here allocates on the JS heap, logs or throws.
 */

import { copyWords } from '../base/bytes.js';
import { hashBytes } from '../base/hash.js';
import { type Memory, SEGMENT_MASK, SEGMENT_SHIFT } from '../memory/memory.js';
import { type Entries, entryBytes } from '../structures/entry.js';
import { HashTable, TABLE_COUNT } from '../structures/hash-table.js';
import type { Keyspace } from './keyspace.js';
import { type Parts, ROOT_TREE } from './parts.js';
import { ENGINE_EPOCH } from './shard-words.js';

/** A block with more than this much slack beyond what it needs is exchanged for a smaller one. */
const SLACK_FACTOR_MAX = 2;

export class Elements {
  /** The collection that is open. */
  root: number;
  /** Where the header of its tree is: `tree.seekRank(elements.words, elements.treeAt, rank)`. */
  words: Uint32Array;
  treeAt: number;
  /** The nested table; between `open` and the next one it may be scanned, sampled and so on, as table `tableAt`. */
  readonly table: HashTable;
  tableAt: number;
  private readonly memory: Memory;
  private readonly entries: Entries;
  private readonly parts: Parts;
  private readonly headers: Uint32Array;
  private shard: number;
  private type: number;
  /** Header of the table that the collection's key is in. */
  private keyTable: number;

  constructor(keyspace: Keyspace) {
    this.root = 0;
    this.words = keyspace.memory.shardU32;
    this.treeAt = 0;
    this.table = new HashTable(keyspace.memory, keyspace.entries);
    this.tableAt = 0;
    this.memory = keyspace.memory;
    this.entries = keyspace.entries;
    this.parts = keyspace.parts;
    this.headers = keyspace.memory.shardU32;
    this.shard = 0;
    this.type = 0;
    this.keyTable = 0;
  }

  /** Opens the large collection of an entry. */
  open(shard: number, database: number, entry: number): void {
    this.openRoot(shard, database, this.entries.root(entry));
  }

  /** Opens a collection that no entry holds yet (`Parts.createRoot`), for a key that is or will be in that database. */
  openRoot(shard: number, database: number, root: number): void {
    this.root = root;
    this.words = this.memory.u32[root >>> SEGMENT_SHIFT]!;
    this.tableAt = (root & SEGMENT_MASK) << 1;
    this.treeAt = this.tableAt + ROOT_TREE;
    this.table.use(this.words);
    this.shard = shard;
    this.type = this.parts.type(root);
    this.keyTable = this.memory.tableAt(shard, database);
  }

  /** Number of elements. */
  count(): number {
    return this.words[this.tableAt + TABLE_COUNT]!;
  }

  /** The element with these bytes, or 0; its place is remembered for `replaceFound` and `removeFound`. */
  find(data: DataView, offset: number, size: number): number {
    return this.table.find(this.tableAt, hashBytes(data, offset, size), data, offset, size);
  }

  /** Like `find`, for an element that is known to be there: after other searches. */
  findAgain(element: number): void {
    const entries = this.entries;
    const hash = hashBytes(entries.data(element), entries.keyOffset(element), entries.keySize(element));
    this.table.findPointer(this.tableAt, hash, element);
  }

  /**
   * Makes an element that is in no collection yet; its value, of `valueBytes`, is whatever was in memory.
   *
   * @param deadline Unix ms, 0 = none
   * @returns 0 when memory is exhausted
   */
  create(data: DataView, offset: number, size: number, valueBytes: number, deadline: number): number {
    const entries = this.entries;
    const element = this.memory.allocate(this.shard, entryBytes(size, valueBytes, deadline !== 0));
    if (element === 0) return 0;
    const epoch = this.headers[this.memory.engineAt(this.shard) + ENGINE_EPOCH]!;
    entries.initialize(element, this.type, size, valueBytes, deadline, epoch, 0);
    copyWords(entries.data(element), entries.keyOffset(element), data, offset, size);
    return element;
  }

  /** Frees an element that has never been in a collection. */
  discard(element: number): void {
    this.memory.free(this.shard, element);
  }

  /** Adds an element of which there is none like it. False when memory is exhausted; nothing has changed then. */
  insert(element: number): boolean {
    const entries = this.entries;
    const hash = hashBytes(entries.data(element), entries.keyOffset(element), entries.keySize(element));
    return this.table.insert(this.shard, this.tableAt, hash, element);
  }

  /** Puts an element of the same name into the place of the one that the last `find` returned, which is given up. */
  replaceFound(element: number, old: number): void {
    this.table.replaceFound(element);
    this.parts.retire(this.shard, this.keyTable, this.root, old);
  }

  /** Takes the element that the last `find` returned out of the collection and gives it up. */
  removeFound(element: number): void {
    this.table.removeFound(this.shard, this.tableAt);
    this.parts.retire(this.shard, this.keyTable, this.root, element);
  }

  /** True when the element may be changed where it is: no snapshot still needs it. */
  isMutable(element: number): boolean {
    return this.parts.isMutable(this.shard, element);
  }

  /**
   * Makes the value of the element that the last `find` returned `valueBytes` long, in an element that may be changed in place:
   * this one, or another one, with the same deadline, in its place in the table. What the value holds then is undefined.
   *
   * @returns the element, or 0 when memory is exhausted; nothing has changed then
   */
  resizeFound(element: number, valueBytes: number): number {
    const entries = this.entries;
    if (this.isMutable(element) && entries.keepsShape(element, valueBytes)) {
      const bytes = entries.size(element) - entries.valueSize(element) + valueBytes;
      const usable = this.memory.usableBytes(element);
      if (bytes <= usable && bytes * SLACK_FACTOR_MAX >= usable) {
        entries.setValueSize(element, valueBytes);
        return element;
      }
    }
    return this.exchangeFound(element, valueBytes, entries.deadline(element));
  }

  /** Puts a new element with the same name in the place of the one that the last `find` returned. 0 without memory. */
  exchangeFound(element: number, valueBytes: number, deadline: number): number {
    const entries = this.entries;
    const data = entries.data(element);
    const copy = this.create(
      data,
      entries.keyOffset(element),
      entries.keySize(element),
      valueBytes,
      deadline,
    );
    if (copy !== 0) this.replaceFound(copy, element);
    return copy;
  }
}
