import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { viewOf } from '../base/bytes.js';
import { hashBytes } from '../base/hash.js';
import { TYPE_HASH, TYPE_LIST, TYPE_SET, TYPE_ZSET } from '../structures/entry.js';
import { ItemPayload } from './item-payload.js';
import { contentsOf, loadStore } from './snapshot/collections.case.js';
import { SnapshotFile } from './snapshot/snapshot-file.js';
import { Store } from './snapshot/store.case.js';
import { SnapshotWalk } from './snapshot/walk.js';
import { realDisk } from './wal/disk.js';

const TYPES = [TYPE_LIST, TYPE_SET, TYPE_ZSET, TYPE_HASH];
const COUNTS = [3, 2000];
const DEADLINE_MS = 2 ** 41;

/** Elements `<mark> 0` and so on, as the log has those of this type. */
function fill(payload: ItemPayload, type: number, count: number, mark: string): void {
  payload.begin();
  for (let index = 0; index < count; index++) {
    const text = Buffer.from(`${mark} ${index}`);
    if (type === TYPE_ZSET) payload.putDouble(index);
    payload.putItem(viewOf(text), 0, text.length);
    if (type === TYPE_HASH) payload.putInteger(index);
  }
}

function storeNew(store: Store, type: number, key: string, payload: ItemPayload): void {
  const bytes = Buffer.from(key);
  const hash = hashBytes(viewOf(bytes), 0, bytes.length);
  const shard = hash & (store.memory.shardCount - 1);
  const existing = store.keyspace.find(shard, 0, hash, viewOf(bytes), 0, bytes.length);
  const { data, size } = payload;
  const isDone = store.collections.store(
    type,
    shard,
    0,
    hash,
    viewOf(bytes),
    0,
    bytes.length,
    existing,
    data,
    0,
    size,
    DEADLINE_MS,
  );
  assert.ok(isDone);
}

/** A collection for each type and size, of elements that begin with `mark`; `shift` has other types under the same keys. */
function storeAll(store: Store, mark: string, shift: number): void {
  const payload = new ItemPayload();
  for (const [position, type] of TYPES.entries()) {
    for (const count of COUNTS) {
      const stored = TYPES[(position + shift) % TYPES.length] as number;
      fill(payload, stored, count, mark);
      storeNew(store, stored, `${type} ${count}`, payload);
    }
  }
}

describe('Collections.store', () => {
  it('replaces what a running snapshot has still to write, and the snapshot shows it as it was', () => {
    for (const stepsBefore of [0, 1, 2, 3, 5, 8]) {
      for (const shift of [0, 1, 2, 3]) {
        const directory = mkdtempSync(join(tmpdir(), 'crabkv-store-'));
        const store = Store.create(2, 1);
        storeAll(store, 'old', 0);
        const { memory, entries, table, batons, log } = store;
        const file = new SnapshotFile({ ...realDisk, sync() {}, syncDirectory() {} }, directory);
        const walk = new SnapshotWalk(memory, entries, table, batons, log, file);
        file.open();
        walk.flip();
        file.begin({ lsn: walk.lsn, created: 'now', databases: 1 });
        const before = contentsOf(store);
        for (let step = 0; step < stepsBefore; step++) walk.step();
        storeAll(store, 'new', shift);
        const after = contentsOf(store);
        while (walk.step()) {
          // to the end
        }
        assert.equal(walk.lost, false);
        assert.ok(file.publish());
        assert.deepEqual(contentsOf(loadStore(directory, 2, 1)), before);
        assert.deepEqual(contentsOf(store), after);
        for (const name of after.keys()) store.remove(0, Buffer.from(name.slice(2)));
        store.collectGarbage();
        assert.equal(memory.usedBytes(), 0);
        rmSync(directory, { recursive: true });
      }
    }
  });
});

describe('ItemPayload', () => {
  it('writes nothing beyond its limit, and says so', () => {
    const payload = new ItemPayload(100);
    fill(payload, TYPE_SET, 3, 'x'.repeat(20));
    assert.ok(payload.isComplete());
    const { size } = payload;
    fill(payload, TYPE_SET, 4, 'x'.repeat(20));
    assert.ok(!payload.isComplete());
    assert.equal(payload.size, size, 'what did not fit is not there');
    payload.begin();
    assert.ok(payload.isComplete());
  });

  it('keeps what it holds as it grows', () => {
    const payload = new ItemPayload();
    fill(payload, TYPE_HASH, 10_000, 'field');
    let at = 0;
    for (let index = 0; index < 10_000; index++) {
      for (const text of [`field ${index}`, String(index)]) {
        assert.equal(payload.data.getUint32(at, true), text.length);
        assert.equal(Buffer.from(payload.data.buffer, at + 4, text.length).toString(), text);
        at += 4 + text.length;
      }
    }
    assert.equal(at, payload.size);
    payload.clear();
    assert.equal(payload.size, 0);
  });
});
