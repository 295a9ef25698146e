/**
 * DEBUG DIGEST: the data as 40 hexadecimal digits, the same as Redis's for the same data, in whatever order they are stored.
 *
 * A digest of 20 bytes is changed in two ways: `add` (exclusive or with the SHA-1 of something: the order does not matter) and
 * `mix` (add, then the SHA-1 of the whole: the order does). Of each key its name, type and value are mixed; the keys of a
 * database are added to each other; the number of a database that is not empty is mixed in before its keys. Elements of a list
 * are mixed; members of a set are added, as are digests of members with scores, and of fields with values.
 *
 * Source: `computeDatasetDigest` in Redis's debug.c.
 */

import { hash } from 'node:crypto';
import { formatDouble } from '../base/double.js';
import type { CollectionReader } from '../engine/collection-reader.js';
import type { Element } from '../engine/item-payload.js';
import type { Keyspace } from '../engine/keyspace.js';
import { TYPE_HASH, TYPE_LIST, TYPE_SET, TYPE_STRING, TYPE_ZSET } from '../structures/entry.js';
import { PREFIX_COUNT, SEGMENT_SLOTS } from '../structures/hash-table.js';

const DIGEST_BYTES = 20;
const HAS_DEADLINE = Buffer.from('!!expire!!');
const FIELD_HAS_DEADLINE = Buffer.from('!!hexpire!!');

/** The digest of all databases. The batons of all shards are held; it allocates there, as DEBUG may. */
export function datasetDigest(keyspace: Keyspace, reader: CollectionReader): string {
  const { memory, entries } = keyspace;
  const total = Buffer.alloc(DIGEST_BYTES);
  for (let database = 0; database < memory.databaseCount; database++) {
    let isEmpty = true;
    for (const entry of entriesOf(keyspace, database)) {
      if (isEmpty) mix(total, bigEndian(database));
      isEmpty = false;
      const digest = Buffer.alloc(DIGEST_BYTES);
      const bytes = entries.bytes(entry);
      const keyOffset = entries.keyOffset(entry);
      mix(digest, bytes.subarray(keyOffset, keyOffset + entries.keySize(entry)));
      mixValue(keyspace, reader, digest, entry);
      add(total, digest);
    }
  }
  return total.toString('hex');
}

/** The digest of a value; zeros for no entry (0). The baton of its shard is held. */
export function valueDigest(keyspace: Keyspace, reader: CollectionReader, entry: number): string {
  const digest = Buffer.alloc(DIGEST_BYTES);
  if (entry !== 0) mixValue(keyspace, reader, digest, entry);
  return digest.toString('hex');
}

function* entriesOf({ memory, table: tables }: Keyspace, database: number): Generator<number> {
  for (let shard = 0; shard < memory.shardCount; shard++) {
    const table = memory.tableAt(shard, database);
    for (let prefix = 0; prefix < PREFIX_COUNT; prefix = tables.segmentEnd(table, prefix)) {
      const segment = tables.segmentAt(table, prefix);
      if (segment === 0) break;
      for (let slot = 0; slot < SEGMENT_SLOTS; slot++) {
        const pointer = tables.slotPointer(segment, slot);
        if (pointer !== 0) yield pointer;
      }
    }
  }
}

function mixValue({ entries }: Keyspace, reader: CollectionReader, digest: Buffer, entry: number): void {
  const type = entries.type(entry);
  mix(digest, bigEndian(type));
  if (type === TYPE_STRING) {
    const valueOffset = entries.valueOffset(entry);
    mix(digest, entries.bytes(entry).subarray(valueOffset, valueOffset + entries.valueSize(entry)));
  } else {
    mixElements(reader, digest, entry);
  }
  if (entries.deadline(entry) !== 0) add(digest, HAS_DEADLINE);
}

function mixElements(reader: CollectionReader, digest: Buffer, entry: number): void {
  reader.open(entry);
  while (reader.next()) {
    const item = bytesOf(reader.bytes, reader.item);
    if (reader.type === TYPE_LIST) mix(digest, item);
    else if (reader.type === TYPE_SET) add(digest, item);
    else addPair(reader, digest, item);
  }
}

/** A member with its score, or a field with its value. */
function addPair(reader: CollectionReader, digest: Buffer, item: Uint8Array): void {
  const pair = Buffer.alloc(DIGEST_BYTES);
  mix(pair, item);
  if (reader.type === TYPE_ZSET) mix(pair, Buffer.from(formatDouble(reader.score)));
  if (reader.type === TYPE_HASH) mix(pair, bytesOf(reader.bytes, reader.value));
  if (reader.deadline !== 0) add(pair, FIELD_HAS_DEADLINE);
  add(digest, pair);
}

function bytesOf(bytes: Uint8Array, { isInteger, integer, offset, size }: Element): Uint8Array {
  return isInteger ? Buffer.from(String(integer)) : bytes.subarray(offset, offset + size);
}

function add(digest: Buffer, bytes: Uint8Array): void {
  const sum = hash('sha1', bytes, 'buffer');
  for (let at = 0; at < DIGEST_BYTES; at++) digest[at] = (digest[at] as number) ^ (sum[at] as number);
}

function mix(digest: Buffer, bytes: Uint8Array): void {
  add(digest, bytes);
  hash('sha1', digest, 'buffer').copy(digest);
}

function bigEndian(number: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(number);
  return bytes;
}
