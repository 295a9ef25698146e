/**
 * How large a packed sorted set may become, and from where on Redis has it in its larger form.
 */

import { type CollectionConfig, PACKED_COUNT_MAX } from './collection-config.js';
import type { ItemReader } from './wal/log-items.js';

/** However many members Redis is configured to pack, more are never packed here. */
const CONFIGURED_COUNT_MAX = 1024;

export class SortedSetLimits {
  private readonly config: CollectionConfig;

  constructor(config: CollectionConfig) {
    this.config = config;
  }

  /** Members of a packed sorted set at most. */
  packedCountMax(): number {
    return Math.max(Math.min(this.config.sortedSetEntriesMax, CONFIGURED_COUNT_MAX), PACKED_COUNT_MAX);
  }

  /** Whether Redis takes its larger form when a member of `size` bytes makes it `count`. */
  isNamedLarge(count: number, size: number): boolean {
    return size > this.config.sortedSetValueBytesMax || count > this.config.sortedSetEntriesMax;
  }

  /** Whether Redis has its larger form when all members of a payload (OP_ZSET_SET) are in it. */
  endsNamedLarge(reader: ItemReader, data: DataView, offset: number, bytes: number): boolean {
    let count = 0;
    reader.begin(data, offset, bytes);
    for (reader.nextDouble(); reader.nextItem(); reader.nextDouble()) {
      count += 1;
      if (this.isNamedLarge(count, reader.size)) return true;
    }
    return false;
  }
}
