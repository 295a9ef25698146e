import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeyCollector } from './key-collector.js';

test('KeyCollector keeps copies of any number of keys of any size, and shrinks when it is cleared', () => {
  const collector = new KeyCollector();
  const initialBytes = collector.bytes.length;
  for (const [count, size] of [
    [3, 0],
    [2000, 7],
    [5, 500_000],
    [1, 1],
  ] as const) {
    const source = Buffer.alloc(size + 4);
    for (let number = 0; number < count; number++) {
      source.fill(number & 0xff);
      collector.add(source, 2, size);
    }
    source.fill(0xff);
    assert.equal(collector.count, count);
    assert.equal(collector.size, count * size);
    for (let number = 0; number < count; number++) {
      assert.equal(collector.sizes[number], size);
      const at = collector.offsets[number]!;
      assert.ok(collector.bytes.subarray(at, at + size).every((byte) => byte === (number & 0xff)));
    }
    collector.clear();
    assert.equal(collector.count, 0);
    assert.equal(collector.size, 0);
  }
  assert.equal(collector.bytes.length, initialBytes);
});
