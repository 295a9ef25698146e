/**
 * How Redis would hold a value, for OBJECT ENCODING and those who look at it. Of a collection the entry's encoding field
 * remembers whether Redis 7.0 would have changed to the form for larger ones, which it never takes back; our own form is
 * another matter.
 */

import {
  COLLECTION_EXPIRES,
  COLLECTION_NAMED_LARGE,
  type Entries,
  TYPE_HASH,
  TYPE_LIST,
  TYPE_SET,
  TYPE_STRING,
  TYPE_ZSET,
} from '../structures/entry.js';
import { stringEncoding } from './string-encoding.js';

export function valueEncoding(entries: Entries, entry: number): string {
  const type = entries.type(entry);
  const bits = type === TYPE_STRING ? 0 : entries.encoding(entry);
  const isNamedLarge = (bits & COLLECTION_NAMED_LARGE) !== 0;
  switch (type) {
    case TYPE_LIST:
      return 'quicklist';
    case TYPE_SET:
      return isNamedLarge ? 'hashtable' : 'intset';
    case TYPE_ZSET:
      return isNamedLarge ? 'skiplist' : 'listpack';
    case TYPE_HASH:
      if (isNamedLarge) return 'hashtable';
      return (bits & COLLECTION_EXPIRES) !== 0 ? 'listpackex' : 'listpack';
    default:
      return stringEncoding(entries, entry);
  }
}
