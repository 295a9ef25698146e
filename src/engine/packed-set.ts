/**
 * Searching a packed set, in either of its orders (sets.ts).
 */

import { COLLECTION_NAMED_LARGE, type Entries } from '../structures/entry.js';
import { isInteger64, locate } from '../structures/packed-integers.js';
import type { PackedItem } from '../structures/packed-item.js';
import { find } from '../structures/packed-list.js';
import { PACKED_HEADER_BYTES } from './collection-config.js';

/** True when a packed set is in ascending order: it has integers alone, and has never had anything else. */
export function isOrdered(entries: Entries, entry: number): boolean {
  return (entries.encoding(entry) & COLLECTION_NAMED_LARGE) === 0;
}

/**
 * Where `item`, which was set from `bytes`, is in the packed set of an entry: offset of its element; when it is not there, the
 * offset where it would have to be inserted, as `~offset`, which is negative.
 */
export function findPacked(entries: Entries, entry: number, item: PackedItem, bytes: Uint8Array): number {
  const data = entries.data(entry);
  const start = entries.valueOffset(entry);
  const end = start + entries.valueSize(entry);
  if (isOrdered(entries, entry)) {
    return isInteger64(item, bytes) ? locate(data, start + PACKED_HEADER_BYTES, end, item) : ~end;
  }
  const at = find(data, start + PACKED_HEADER_BYTES, end, item, 1);
  return at < 0 ? ~end : at;
}
