import assert from 'node:assert/strict';
import { test } from 'node:test';
import { viewOf } from '../../base/bytes.js';
import { countDense, REGISTER_BYTES, raiseRegister } from './dense.js';
import { createHistogram, estimateCardinality } from './estimate.js';
import { REGISTER_COUNT } from './layout.js';
import { elementPlace, placeIndex, placeRank } from './murmur.js';

/** Nearly four standard errors; the elements are the same in each run. */
const ERROR_MAX = 0.03;

test('an estimate is within 3 % of the truth from one element to a million', () => {
  for (const seed of [1, 2, 3]) {
    const registers = new Uint8Array(REGISTER_BYTES);
    const element = new DataView(new ArrayBuffer(8));
    element.setUint32(0, seed);
    for (let count = 1, checkpoint = 1; count <= 1_000_000; count++) {
      element.setUint32(4, count);
      const place = elementPlace(element, 0, 8);
      raiseRegister(registers, 0, placeIndex(place), placeRank(place));
      if (count < checkpoint) continue;
      checkpoint = Math.ceil(count * 1.5);
      const histogram = createHistogram();
      countDense(viewOf(registers), 0, histogram);
      const estimate = estimateCardinality(histogram);
      assert.ok(Math.abs(estimate - count) <= Math.ceil(count * ERROR_MAX), `${estimate} for ${count}`);
    }
  }
});

test('registers that all hold one value give what redis-server 7.0.15 sees in them', () => {
  const estimates: readonly [value: number, cardinality: number][] = [
    [0, 0],
    [10, 12_102_203],
    [30, 12_690_079_782_337],
    [39, 6_497_320_848_556_798],
    [40, 12_994_641_697_113_596],
    [48, Number(3_326_628_274_461_080_576n)],
    [51, Number.POSITIVE_INFINITY],
    [52, Number.POSITIVE_INFINITY],
    [63, Number.POSITIVE_INFINITY],
  ];
  for (const [value, cardinality] of estimates) {
    const histogram = createHistogram();
    histogram[value] = REGISTER_COUNT;
    assert.equal(estimateCardinality(histogram), cardinality, `all ${value}`);
  }
});
