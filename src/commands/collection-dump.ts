/**
 * A collection of the keyspace as the payload that DUMP returns: the one that Redis 7.0 would write.
 */

import type { Call } from '../engine/call.js';
import type { Element } from '../engine/item-payload.js';
import { CollectionWriter } from '../engine/rdb/collection-writer.js';
import { rdbTypeOf } from '../engine/rdb/types.js';
import { valueEncoding } from '../engine/value-encoding.js';
import { COLLECTION_EXPIRES, TYPE_HASH, TYPE_ZSET } from '../structures/entry.js';

/** One thread, one command at a time. */
export const writer = new CollectionWriter();

/** Of a hash: how many fields are there, and the first of their deadlines; 0 = none has one. */
let fieldCount = 0;
let leastDeadline = 0;

/**
 * Writes the collection of an entry into `writer`, from where it is to be taken before `writer.clear`. `writer.limit` is 0 if the
 * collection is a hash whose fields are all over.
 *
 * @returns false when it is too large
 */
export function writeCollection(call: Call, entry: number): boolean {
  const { keyspace, collections } = call;
  const { entries } = keyspace;
  const { reader } = collections;
  const type = entries.type(entry);
  const encoding = valueEncoding(entries, entry);
  reader.open(entry);
  let { count } = reader;
  leastDeadline = 0;
  if (type === TYPE_HASH && (entries.encoding(entry) & COLLECTION_EXPIRES) !== 0) {
    lookAtFields(call, entry);
    count = fieldCount;
  }
  const hasDeadlines = leastDeadline !== 0;
  writer.limit = 0;
  if (count === 0) return true;
  writer.begin(rdbTypeOf(type, encoding, hasDeadlines), count, leastDeadline);
  // Redis writes a skiplist from its end, and so loads it faster.
  if (encoding === 'skiplist') reader.openReversed(entry);
  else reader.open(entry);
  while (reader.next()) {
    if (hasDeadlines) writer.deadline(reader.deadline);
    write(reader.bytes, reader.item);
    if (type === TYPE_HASH) write(reader.bytes, reader.value);
    else if (type === TYPE_ZSET) writer.score(reader.score);
  }
  return writer.end();
}

function lookAtFields(call: Call, entry: number): void {
  const { reader } = call.collections;
  fieldCount = 0;
  reader.open(entry);
  while (reader.next()) {
    fieldCount += 1;
    const { deadline } = reader;
    if (deadline !== 0 && (leastDeadline === 0 || deadline < leastDeadline)) leastDeadline = deadline;
  }
}

function write(bytes: Uint8Array, element: Element): void {
  if (element.isInteger) writer.integer(element.integer);
  else writer.item(bytes, element.data, element.offset, element.size);
}
