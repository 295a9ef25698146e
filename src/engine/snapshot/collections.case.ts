/**
 * What the tests of snapshots with collections share: payloads of log records from plain values, and all that a store holds, as
 * texts that can be compared.
 */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TYPE_HASH, TYPE_LIST, TYPE_STRING, TYPE_ZSET } from '../../structures/entry.js';
import { PREFIX_COUNT, SEGMENT_SLOTS } from '../../structures/hash-table.js';
import type { PackedCursor } from '../../structures/packed-list.js';
import { Applier } from '../apply.js';
import { CollectionReader } from '../collection-reader.js';
import { LineDecoder, OTHER_SPELLING } from './decode.js';
import { SNAPSHOT_FILE } from './format.js';
import { readSnapshotIndex, SectionLoader } from './loader.js';
import { Store } from './store.case.js';

/** Everything in a store: `database:key` to a text that says all of its value and its deadline. */
export type Contents = Map<string, string>;

/** What can be looked through. */
export type StoreParts = Pick<Store, 'memory' | 'entries' | 'table' | 'keyspace'>;

/** What a payload is made of. */
export type Field = string | Buffer | number | { readonly uint32: number };

/** A payload: strings and buffers are items, numbers doubles, and `uint32(n)` counts and indexes. */
export function payload(...fields: readonly Field[]): Buffer {
  return payloadOf(fields);
}

export function payloadOf(fields: readonly Field[]): Buffer {
  return Buffer.concat(
    fields.map((field) => {
      const bytes = Buffer.alloc(8);
      if (typeof field === 'number') {
        bytes.writeDoubleLE(field);
        return bytes;
      }
      if (typeof field === 'object' && 'uint32' in field) {
        bytes.writeUInt32LE(field.uint32);
        return bytes.subarray(0, 4);
      }
      const item = Buffer.from(field);
      bytes.writeUInt32LE(item.length);
      return Buffer.concat([bytes.subarray(0, 4), item]);
    }),
  );
}

export function uint32(value: number): { readonly uint32: number } {
  return { uint32: value };
}

export function contentsOf(store: StoreParts): Contents {
  const contents: Contents = new Map();
  const { memory, entries, table, keyspace } = store;
  const reader = new CollectionReader(keyspace);
  const { now } = keyspace;
  keyspace.now = 0; // what is over and not deleted yet is there, too
  for (let shard = 0; shard < memory.shardCount; shard++) {
    for (let database = 0; database < memory.databaseCount; database++) {
      const header = memory.tableAt(shard, database);
      for (let prefix = 0; prefix < PREFIX_COUNT; prefix = table.segmentEnd(header, prefix)) {
        const segment = table.segmentAt(header, prefix);
        if (segment === 0) break;
        for (let slot = 0; slot < SEGMENT_SLOTS; slot++) {
          const entry = table.slotPointer(segment, slot);
          if (entry === 0) continue;
          const at = entries.keyOffset(entry);
          const key = Buffer.from(entries.bytes(entry).slice(at, at + entries.keySize(entry)));
          const name = `${database}:${key.toString('latin1')}`;
          assert.ok(!contents.has(name));
          contents.set(name, describe(store, reader, entry));
        }
      }
    }
  }
  keyspace.now = now;
  return contents;
}

function describe(store: StoreParts, reader: CollectionReader, entry: number): string {
  const { entries } = store;
  const until = ` until ${entries.deadline(entry)}`;
  const type = entries.type(entry);
  if (type === TYPE_STRING) {
    const at = entries.valueOffset(entry);
    return (
      Buffer.from(entries.bytes(entry).slice(at, at + entries.valueSize(entry))).toString('latin1') + until
    );
  }
  const elements: string[] = [];
  reader.open(entry);
  while (reader.next()) {
    let text = textOf(reader.item);
    if (type === TYPE_HASH) text += `=${textOf(reader.value)}`;
    if (type === TYPE_ZSET) text += `=${Object.is(reader.score, -0) ? '-0' : reader.score}`;
    if (reader.deadline !== 0) text += ` until ${reader.deadline}`;
    elements.push(text);
  }
  if (type !== TYPE_LIST) elements.sort();
  return `type ${type}: ${JSON.stringify(elements)}${until}`;
}

function textOf(cursor: PackedCursor): string {
  const bytes = Buffer.alloc(cursor.textSize());
  cursor.copyText(bytes, 0);
  return bytes.toString('latin1');
}

/** Loads the snapshot in `directory` into a new store. */
export function loadStore(directory: string, shardCount: number, databaseCount: number): Store {
  const store = Store.create(shardCount, databaseCount);
  store.keyspace.now = 0;
  const applier = new Applier(store.keyspace, store.batons, 0, 1, store.collections);
  const index = readSnapshotIndex(directory);
  assert.ok(index);
  const loader = new SectionLoader(index);
  let lines = 0;
  let keys = 0;
  index.sections.forEach((_section, number) => {
    keys += loader.load(number, (line) => {
      applier.load(line);
      lines += 1;
    });
  });
  loader.close();
  assert.equal(lines, index.entries);
  assert.equal(keys, contentsOf(store).size, 'each key has one line that is not "more"');
  return store;
}

/** As `loadStore`, the lines in the order that `compare` says of their texts. All of them are spelled as the decoder wants. */
export function loadSorted(
  directory: string,
  shardCount: number,
  databaseCount: number,
  compare: (left: string, right: string) => number,
): Store {
  const store = Store.create(shardCount, databaseCount);
  store.keyspace.now = 0;
  const applier = new Applier(store.keyspace, store.batons, 0, 1, store.collections);
  const lines = readFileSync(join(directory, SNAPSHOT_FILE), 'latin1').split('\n').slice(1, -2);
  for (const text of lines.toSorted(compare)) {
    const line = Buffer.from(`${text}\n`, 'latin1');
    const decoder = new LineDecoder();
    assert.notEqual(decoder.decode(line, 0, line.length), OTHER_SPELLING, text.slice(0, 200));
    applier.load(decoder);
  }
  return store;
}
