/**
 * A snapshot under way in a test, and changes to collections of any type to be made meanwhile.
 */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TYPE_HASH, TYPE_LIST, TYPE_SET, TYPE_ZSET } from '../../structures/entry.js';
import { type Disk, realDisk } from '../wal/disk.js';
import {
  OP_HASH_DELETE,
  OP_HASH_EXPIREAT,
  OP_HASH_SET,
  OP_LIST_POP_LEFT,
  OP_LIST_PUSH_RIGHT,
  OP_SET_ADD,
  OP_SET_REMOVE,
  OP_ZSET_REMOVE,
  OP_ZSET_SET,
} from '../wal/record.js';
import { type Contents, contentsOf, payload, payloadOf, uint32 } from './collections.case.js';
import { SnapshotFile } from './snapshot-file.js';
import type { Store } from './store.case.js';
import { SnapshotWalk } from './walk.js';

/** For tests that are not about the disk. */
export const unsyncedDisk: Disk = { ...realDisk, sync() {}, syncDirectory() {} };
export const SHARDS = 2;
export const DATABASES = 2;
export const TYPES: readonly number[] = [TYPE_LIST, TYPE_SET, TYPE_ZSET, TYPE_HASH];

export function withDirectory(action: (directory: string) => void): void {
  const directory = mkdtempSync(join(tmpdir(), 'crabkv-snapshot-'));
  try {
    action(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** A snapshot under way. */
export class Taking {
  readonly expected: Contents;
  private readonly walk: SnapshotWalk;
  private readonly file: SnapshotFile;
  private going = true;

  constructor(store: Store, directory: string) {
    const { memory, entries, table, batons, log } = store;
    this.file = new SnapshotFile(unsyncedDisk, directory);
    this.walk = new SnapshotWalk(memory, entries, table, batons, log, this.file);
    this.file.open();
    this.walk.flip();
    this.file.begin({ lsn: this.walk.lsn, created: 'now', databases: memory.databaseCount });
    this.expected = contentsOf(store);
  }

  get isLost(): boolean {
    return this.walk.lost;
  }

  steps(count: number): void {
    for (let step = 0; step < count && this.going; step++) this.going = this.walk.step();
  }

  finish(): void {
    while (this.walk.step()) {
      // to the end
    }
  }

  publish(): void {
    this.finish();
    assert.equal(this.walk.lost, false);
    assert.ok(this.file.publish());
  }

  abandon(): void {
    this.finish();
    this.file.abandon();
  }

  /** To the end, lost or not. */
  end(): void {
    this.finish();
    if (this.isLost) this.file.abandon();
    else assert.ok(this.file.publish());
  }
}

export function assertSame(found: Contents, expected: Contents): void {
  assert.deepEqual([...found.keys()].sort(), [...expected.keys()].sort());
  for (const [name, value] of expected) {
    const other = found.get(name)!;
    if (other === value) continue;
    let at = 0;
    while (other[at] === value[at]) at++;
    // Not all of them: they may be megabytes.
    const excerpt = (text: string): string =>
      `${text.length}: ... ${text.slice(Math.max(0, at - 50), at + 100)}`;
    assert.fail(`${name} from ${at} of ${excerpt(other)}\ninstead of ${excerpt(value)}`);
  }
}

/** Element number `number`: integers, text, text with escapes, bytes that are no text. */
export function element(number: number): Buffer {
  if (number % 5 === 0) return Buffer.from(String(number - 50));
  if (number % 41 === 0) return Buffer.from([0xff, number & 0xff, number >> 8]);
  if (number % 43 === 0) return Buffer.from(`"é\n${number}`);
  return Buffer.from(`element:${number}`);
}

export function score(number: number): number {
  const special = [-0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0.1, 1e-300, 2 ** 60];
  return number % 11 === 0 ? special[(number / 11) % special.length]! : ((number * 7919) % 1000) / 8;
}

/** Adds elements `first` to `first + count - 1`; those of a generation have their own values and scores. */
export function add(
  store: Store,
  type: number,
  database: number,
  key: string,
  first: number,
  count: number,
  generation = 0,
) {
  const fields: (Buffer | number)[] = [];
  for (let number = first; number < first + count; number++) {
    if (type === TYPE_ZSET) fields.push(score(number + generation));
    fields.push(element(number));
    if (type === TYPE_HASH) fields.push(element(number + generation));
  }
  const op = [0, OP_LIST_PUSH_RIGHT, OP_SET_ADD, OP_ZSET_SET, OP_HASH_SET][type]!;
  store.repeat(op, database, Buffer.from(key), payloadOf(fields));
}

export function remove(
  store: Store,
  type: number,
  database: number,
  key: string,
  first: number,
  count: number,
) {
  const numbers = Array.from({ length: count }, (_, index) => first + index);
  const op = [0, OP_LIST_POP_LEFT, OP_SET_REMOVE, OP_ZSET_REMOVE, OP_HASH_DELETE][type]!;
  const fields = type === TYPE_LIST ? [uint32(count)] : numbers.map(element);
  store.repeat(op, database, Buffer.from(key), payloadOf(fields));
}

export function expireFields(
  store: Store,
  database: number,
  key: string,
  deadline: number,
  first: number,
  count: number,
) {
  const numbers = Array.from({ length: count }, (_, index) => first + index);
  store.repeat(OP_HASH_EXPIREAT, database, Buffer.from(key), payload(deadline, ...numbers.map(element)));
}

/** Deletes everything, and sees that nothing is left in memory. */
export function assertAllComesBack(store: Store): void {
  for (const name of contentsOf(store).keys())
    store.remove(Number(name[0]), Buffer.from(name.slice(2), 'latin1'));
  store.collectGarbage();
  assert.equal(store.memory.usedBytes(), 0);
  assert.equal(store.memory.heldBytes(), 0);
}
