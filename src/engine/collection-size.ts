/**
 * How much memory a value takes: for MEMORY USAGE.
 *
 * A value in one block is known exactly. Of a large collection the blocks of some elements are looked at (of a list, of some of
 * its chunks) and taken for the average, as in Redis; table and tree follow from their numbers of entries.
 */

import { type Memory, SEGMENT_MASK, SEGMENT_SHIFT } from '../memory/memory.js';
import { TREE_ITEMS } from '../structures/counted-tree.js';
import { TYPE_LIST } from '../structures/entry.js';
import { TABLE_COUNT, TABLE_DEPTH, TABLE_SEGMENTS } from '../structures/hash-table.js';
import { SEGMENT_BLOCK_BYTES } from '../structures/table-segment.js';
import type { CollectionReader } from './collection-reader.js';
import type { KeyTables } from './key-tables.js';
import { ROOT_TREE } from './parts.js';

/** Of a tree, for each of its items: nodes are 80 % full on average (structures/counted-tree.ts). */
const TREE_BYTES_PER_ITEM = 16;
const DIRECTORY_ENTRY_BYTES = 4;

/**
 * Bytes of the blocks of an entry and its value.
 *
 * @param samples elements, or chunks, to look at; 0 = all
 */
export function valueBytes(
  keyspace: KeyTables,
  reader: CollectionReader,
  entry: number,
  samples: number,
): number {
  const { memory, entries } = keyspace;
  const bytes = memory.usableBytes(entry);
  if (!entries.isLarge(entry)) return bytes;
  const root = entries.root(entry);
  const words = memory.u32[root >>> SEGMENT_SHIFT]!;
  const at = (root & SEGMENT_MASK) << 1;
  const treeItems = words[at + ROOT_TREE + TREE_ITEMS]!;
  const isList = entries.type(entry) === TYPE_LIST;
  const parts = isList ? treeItems : words[at + TABLE_COUNT]!;
  let table = 0;
  if (!isList) {
    table =
      words[at + TABLE_SEGMENTS]! * SEGMENT_BLOCK_BYTES +
      DIRECTORY_ENTRY_BYTES * 2 ** words[at + TABLE_DEPTH]!;
  }
  const average = averagePartBytes(memory, reader, entry, samples === 0 ? parts : Math.min(samples, parts));
  return (
    bytes + memory.usableBytes(root) + table + treeItems * TREE_BYTES_PER_ITEM + Math.round(average * parts)
  );
}

/** Of the first `wanted` parts. */
function averagePartBytes(memory: Memory, reader: CollectionReader, entry: number, wanted: number): number {
  let sum = 0;
  let count = 0;
  let last = 0;
  reader.open(entry);
  while (count < wanted && reader.next()) {
    if (reader.part === last) continue;
    last = reader.part;
    sum += memory.usableBytes(last);
    count += 1;
  }
  return count === 0 ? 0 : sum / count;
}
