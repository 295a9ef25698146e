import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HighMemory } from '../../test/support/high-memory.js';
import { viewOf } from '../base/bytes.js';
import { Entries, entryBytes, TYPE_STRING } from './entry.js';

const SHARD = 0;
const NARROW_VALUE_BYTES_MAX = 4 * 2 ** 20 - 1;
const DEADLINE = 1_712_345_678_901;

const memory = new HighMemory();
const entries = new Entries(memory);

function createEntry(keyBytes: number, valueBytes: number, deadline: number, epoch = 0, clock = 0): number {
  const pointer = memory.allocate(SHARD, entryBytes(keyBytes, valueBytes, deadline !== 0));
  assert.ok(pointer > 2 ** 31);
  entries.initialize(pointer, TYPE_STRING, keyBytes, valueBytes, deadline, epoch, clock);
  const bytes = entries.bytes(pointer);
  bytes.fill(0x6b, entries.keyOffset(pointer), entries.keyOffset(pointer) + keyBytes);
  bytes.fill(0x76, entries.valueOffset(pointer), entries.valueOffset(pointer) + valueBytes);
  return pointer;
}

describe('Entries', () => {
  it('hold keys and values of every shape', () => {
    for (const keyBytes of [0, 1, 7, 255, 256, 70_000]) {
      for (const valueBytes of [0, 1, 8, 255, 256, NARROW_VALUE_BYTES_MAX, NARROW_VALUE_BYTES_MAX + 1]) {
        for (const deadline of [0, 1, DEADLINE, Number.MAX_SAFE_INTEGER]) {
          const epoch = (keyBytes + valueBytes) & 1;
          const entry = createEntry(keyBytes, valueBytes, deadline, epoch, 0xffffff);
          const isWide = keyBytes > 255 || valueBytes > NARROW_VALUE_BYTES_MAX;
          const header = 8 + (isWide ? 8 : 0) + (deadline === 0 ? 0 : 16);
          assert.equal(entryBytes(keyBytes, valueBytes, deadline !== 0), header + keyBytes + valueBytes);
          assert.equal(entries.size(entry), header + keyBytes + valueBytes);
          assert.equal(entries.keySize(entry), keyBytes);
          assert.equal(entries.valueSize(entry), valueBytes);
          assert.equal(entries.valueOffset(entry), entries.keyOffset(entry) + keyBytes);
          assert.equal(entries.keyOffset(entry) % 8, 0);
          assert.equal(entries.hasExpiry(entry), deadline !== 0);
          assert.equal(entries.deadline(entry), deadline);
          assert.equal(entries.epoch(entry), epoch);
          assert.equal(entries.clock(entry), 0xffffff);
          assert.equal(entries.type(entry), TYPE_STRING);
          assert.equal(entries.encoding(entry), 0);
          memory.free(SHARD, entry);
        }
      }
    }
    assert.equal(memory.usedBytes(), 0);
  });

  it('change one field without touching another', () => {
    for (const keyBytes of [5, 300]) {
      const entry = createEntry(keyBytes, 10, DEADLINE, 1, 77);
      entries.setPrevious(entry, 0xffff_fff0);
      entries.setNext(entry, 0x8000_0001);
      entries.setDeadline(entry, DEADLINE + 1);
      entries.setValueSize(entry, 9);
      entries.setClock(entry, 0x80_0001);
      entries.setEncoding(entry, 0xf);
      entries.setEncoding(entry, 5);
      entries.setEpoch(entry, 0);
      const seen = [
        entries.previous(entry),
        entries.next(entry),
        entries.deadline(entry),
        entries.valueSize(entry),
        entries.clock(entry),
        entries.encoding(entry),
        entries.epoch(entry),
        entries.keySize(entry),
        entries.type(entry),
        entries.hasExpiry(entry),
      ];
      assert.deepEqual(seen, [
        0xffff_fff0,
        0x8000_0001,
        DEADLINE + 1,
        9,
        0x80_0001,
        5,
        0,
        keyBytes,
        TYPE_STRING,
        true,
      ]);
      entries.setEpoch(entry, 1);
      assert.equal(entries.epoch(entry), 1);
      assert.equal(entries.keySize(entry), keyBytes);
      assert.equal(entries.valueSize(entry), 9);
      assert.equal(entries.bytes(entry)[entries.keyOffset(entry) + keyBytes - 1], 0x6b);
      assert.equal(entries.bytes(entry)[entries.valueOffset(entry)], 0x76);
      memory.free(SHARD, entry);
    }
  });

  it('know when a value of another size needs another header', () => {
    const narrow = createEntry(5, 10, 0);
    const wideByKey = createEntry(300, 10, 0);
    const wideByValue = createEntry(5, NARROW_VALUE_BYTES_MAX + 1, 0);
    assert.deepEqual(
      [0, NARROW_VALUE_BYTES_MAX, NARROW_VALUE_BYTES_MAX + 1].map((size) => [
        entries.keepsShape(narrow, size),
        entries.keepsShape(wideByKey, size),
        entries.keepsShape(wideByValue, size),
      ]),
      [
        [true, true, false],
        [true, true, false],
        [false, true, true],
      ],
    );
    for (const entry of [narrow, wideByKey, wideByValue]) memory.free(SHARD, entry);
  });

  it('compare keys by size and bytes, wherever they lie', () => {
    const entry = createEntry(3, 0, DEADLINE);
    const source = viewOf(Buffer.from('-kkk-kkx'));
    assert.ok(entries.keyEquals(entry, source, 1, 3));
    assert.ok(!entries.keyEquals(entry, source, 1, 2));
    assert.ok(!entries.keyEquals(entry, source, 1, 4));
    assert.ok(!entries.keyEquals(entry, source, 5, 3));
    memory.free(SHARD, entry);
    const empty = createEntry(0, 4, 0);
    assert.ok(entries.keyEquals(empty, source, 2, 0));
    memory.free(SHARD, empty);
  });
});
