import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PointerSet } from './pointer-set.js';

describe('PointerSet', () => {
  it('takes each pointer once', () => {
    const set = new PointerSet();
    // Neighbours in memory, pointers with their top bit set, and so many that the array has to grow.
    for (const count of [3, 32, 1000, 50_000, 100]) {
      set.begin(count);
      const pointers = Array.from({ length: count }, (_, i) => (i % 2 === 0 ? 8 * i + 8 : 2 ** 32 - 8 * i));
      for (const pointer of pointers) assert.ok(set.add(pointer));
      for (const pointer of pointers) assert.ok(!set.add(pointer));
      set.end();
    }
  });

  it('begins empty, also after a set that was not ended', () => {
    const set = new PointerSet();
    set.begin(200);
    for (let pointer = 1; pointer <= 200; pointer++) set.add(pointer);
    set.begin(10);
    for (let pointer = 1; pointer <= 10; pointer++) assert.ok(set.add(pointer));
    set.begin(200);
    for (let pointer = 1; pointer <= 200; pointer++) assert.ok(set.add(pointer), `${pointer}`);
  });
});
