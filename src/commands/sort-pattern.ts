/**
 * Patterns of SORT's BY and GET: keys whose names are made of an element.
 *
 *     weight_*          the string under the key that has the element in the place of the star
 *     object_*->name    a field of the hash under that key
 *     #                 the element itself
 *
 * A pattern without a star names nothing. The batons of all shards are held while values are looked up.
 */

import { copyBytes, viewOf } from '../base/bytes.js';
import { hashBytes } from '../base/hash.js';
import type { Call } from '../engine/call.js';
import type { Element } from '../engine/item-payload.js';
import { tryToMake } from '../engine/rdb/collection-items.js';
import { SHARD_F64_HITS, SHARD_F64_MISSES } from '../memory/layout.js';
import { TYPE_HASH, TYPE_STRING } from '../structures/entry.js';

const STAR = 0x2a;
const HASH_SIGN = 0x23;
const DASH = 0x2d;
const GREATER = 0x3e;

/** The key that is looked up. One thread, one command at a time. */
let key = new Uint8Array(256);
let keyData = viewOf(key);

/** What a lookup has found; `bytes` is the buffer that `data` shows. */
class FoundValue implements Element {
  isInteger = false;
  integer = 0;
  bytes: Uint8Array = key;
  data: DataView = keyData;
  offset = 0;
  size = 0;
}
/** One thread, one command at a time. */
const found = new FoundValue();

/** True when argument `index` stands for the element itself. */
export function isElementItself(call: Call, index: number): boolean {
  return call.size(index) === 1 && call.bytes[call.offset(index)] === HASH_SIGN;
}

/** True when argument `index` has a star, so that it names keys. As in C, a zero byte ends the text. */
export function namesKeys(call: Call, index: number): boolean {
  return starAt(call, index) >= 0;
}

/** Offset of the star in `call.bytes`, or -1. */
function starAt(call: Call, index: number): number {
  const end = call.offset(index) + call.size(index);
  for (let at = call.offset(index); at < end && call.bytes[at] !== 0; at++) {
    if (call.bytes[at] === STAR) return at;
  }
  return -1;
}

/** Offset of the arrow before a field, behind the star, or -1. */
function arrowAt(call: Call, star: number, end: number): number {
  const { bytes } = call;
  for (let at = star + 1; at + 2 < end && bytes[at] !== 0; at++) {
    // What comes behind must be a field, and none begins with a zero byte for C.
    if (bytes[at] === DASH && bytes[at + 1] === GREATER) return bytes[at + 2] === 0 ? -1 : at;
  }
  return -1;
}

/**
 * The value that the pattern in argument `index` names for an element, which is `size` bytes of `bytes` at `offset`; undefined
 * when there is none. It is good until the next lookup.
 */
export function lookUp(
  call: Call,
  index: number,
  bytes: Uint8Array,
  offset: number,
  size: number,
): FoundValue | undefined {
  const star = starAt(call, index);
  if (star < 0) return undefined;
  const start = call.offset(index);
  const end = start + call.size(index);
  const arrow = arrowAt(call, star, end);
  const suffixEnd = arrow < 0 ? end : arrow;
  const prefixBytes = star - start;
  const suffixBytes = suffixEnd - star - 1;
  const keyBytes = prefixBytes + size + suffixBytes;
  if (keyBytes > key.length && !growKey(keyBytes)) return undefined;
  copyBytes(key, 0, call.bytes, start, prefixBytes);
  copyBytes(key, prefixBytes, bytes, offset, size);
  copyBytes(key, prefixBytes + size, call.bytes, star + 1, suffixBytes);
  const entry = findEntry(call, keyBytes);
  if (entry === 0) return undefined;
  return arrow < 0 ? stringOf(call, entry) : fieldOf(call, entry, arrow + 2, end);
}

function growKey(needed: number): boolean {
  const larger = tryToMake(() => new Uint8Array(2 * needed)); // alloc: doubles, so rarely
  if (larger === undefined) return false;
  key = larger;
  keyData = viewOf(key);
  return true;
}

/** The live entry of `key`, or 0. Counts a hit or a miss. */
function findEntry(call: Call, keyBytes: number): number {
  const { keyspace } = call;
  const { memory } = keyspace;
  const hash = hashBytes(keyData, 0, keyBytes);
  const shard = hash & (memory.shardCount - 1);
  const stored = keyspace.findStored(shard, call.client.database, hash, keyData, 0, keyBytes);
  const entry = stored === 0 || keyspace.hasExpired(stored) ? 0 : stored;
  memory.shardF64[memory.doubleAt(shard, entry === 0 ? SHARD_F64_MISSES : SHARD_F64_HITS)]! += 1;
  if (entry !== 0 && call.touches) keyspace.clock.touch(entry);
  return entry;
}

function stringOf(call: Call, entry: number): FoundValue | undefined {
  const { entries } = call.keyspace;
  if (entries.type(entry) !== TYPE_STRING) return undefined;
  found.isInteger = false;
  found.bytes = entries.bytes(entry);
  found.data = entries.data(entry);
  found.offset = entries.valueOffset(entry);
  found.size = entries.valueSize(entry);
  return found;
}

function fieldOf(call: Call, entry: number, at: number, end: number): FoundValue | undefined {
  const { reader } = call.collections;
  if (call.keyspace.entries.type(entry) !== TYPE_HASH) return undefined;
  if (!reader.find(entry, call.bytes, call.data, at, end - at)) return undefined;
  const { value } = reader;
  found.isInteger = value.isInteger;
  found.integer = value.integer;
  found.bytes = reader.bytes;
  found.data = value.data;
  found.offset = value.offset;
  found.size = value.size;
  return found;
}
