/**
 * The sizes at which a collection changes its form, and those at which Redis does, which OBJECT ENCODING tells by the name.
 *
 * Here a collection is packed into one block as long as that is small and quickly searched, whatever the size of its elements.
 * Redis's own limits are configured.
 */

import { Config } from './config/config.js';

/** A packed collection has at most so many bytes. */
export const PACKED_BYTES_MAX = 8192;
/** And so many elements (members, or pairs of field and value): more is searched faster in a table. */
export const PACKED_COUNT_MAX = 128;
/** Of a set of integers only. */
export const PACKED_INTEGER_COUNT_MAX = 512;
/** Before the elements of a packed collection: u16 number of elements, each of a pair counted. */
export const PACKED_HEADER_BYTES = 2;

/** The live configuration, as numbers. */
export class CollectionConfig {
  hashEntriesMax = 0;
  hashValueBytesMax = 0;
  sortedSetEntriesMax = 0;
  sortedSetValueBytesMax = 0;
  setIntegersMax = 0;

  constructor(config: Config = new Config()) {
    this.read(config);
    config.onChange(() => this.read(config)); // alloc: once a thread
  }

  private read(config: Config): void {
    this.hashEntriesMax = config.integer('hash-max-listpack-entries');
    this.hashValueBytesMax = config.integer('hash-max-listpack-value');
    this.sortedSetEntriesMax = config.integer('zset-max-listpack-entries');
    this.sortedSetValueBytesMax = config.integer('zset-max-listpack-value');
    this.setIntegersMax = config.integer('set-max-intset-entries');
  }
}
