import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { PartialSort } from './partial-sort.js';

function sorted(keys: readonly number[], wanted: number, isDescending: boolean): number[] {
  const order = Uint32Array.from(keys, (_, number) => number);
  new PartialSort().sort(order, Float64Array.from(keys), keys.length, wanted, isDescending);
  assert.deepEqual(
    Array.from(order).sort((a, b) => a - b),
    keys.map((_, number) => number),
    'all of them are still there',
  );
  return Array.from(order, (number) => keys[number] as number);
}

describe('sorting as far as is wanted', () => {
  it('brings the first ones out in order, with few keys and many, equal ones and none', () => {
    const keys = fc.oneof(
      fc.array(fc.nat(5), { minLength: 1, maxLength: 300 }),
      fc.array(fc.double({ noNaN: true }), { minLength: 1, maxLength: 300 }),
      fc.nat(200).map((count) => Array.from({ length: count + 1 }, (_, index) => index)),
      fc.nat(200).map((count) => Array.from({ length: count + 1 }, (_, index) => -index)),
    );
    fc.assert(
      fc.property(keys, fc.nat(299), fc.boolean(), (all, last, isDescending) => {
        const wanted = Math.min(last + 1, all.length);
        const expected = [...all].sort((a, b) => (isDescending ? b - a : a - b)).slice(0, wanted);
        const found = sorted(all, wanted, isDescending).slice(0, wanted);
        assert.ok(found.every((key, index) => key === expected[index]));
      }),
    );
  });

  it('leaves the others nearly as they are: a hundred thousand of which ten are wanted cost little', () => {
    const keys = Array.from({ length: 100_000 }, (_, index) => Math.imul(index, 0x9e37_79b1) >>> 0);
    const found = sorted(keys, 10, false);
    assert.deepEqual(found.slice(0, 10), [...keys].sort((a, b) => a - b).slice(0, 10));
    const isSorted = found.every((key, index) => index === 0 || key >= (found[index - 1] as number));
    assert.ok(!isSorted);
  });
});
