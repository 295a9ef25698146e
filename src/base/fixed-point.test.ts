import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatFixed, formatHuman } from './fixed-point.js';

describe('doubles with a fixed number of digits', () => {
  it('are as C prints them: a tie goes to the even digit', () => {
    for (const [value, digits, text] of [
      [166274.1516, 4, '166274.1516'],
      [0, 4, '0.0000'],
      [-0, 4, '-0.0000'],
      [-0.00001, 4, '-0.0000'],
      [0.03125, 4, '0.0312'],
      [0.09375, 4, '0.0938'],
      [-0.03125, 4, '-0.0312'],
      [0.00005, 4, '0.0001'], // the double is a little more than that
      [180.0078125, 6, '180.007812'],
      [180.0234375, 6, '180.023438'],
      [2 ** 51 + 0.5, 1, '2251799813685248.5'],
      [1e21, 2, '1000000000000000000000.00'],
      [-(2 ** 80), 1, '-1208925819614629174706176.0'],
      [Number.POSITIVE_INFINITY, 6, 'inf'],
      [Number.NEGATIVE_INFINITY, 6, '-inf'],
      [Number.NaN, 6, 'nan'],
    ] as const) {
      assert.equal(formatFixed(value, digits), text);
    }
  });

  it('have 17 of them for people, but no zeros at the end', () => {
    for (const [value, text] of [
      [13.361389338970184, '13.36138933897018433'],
      [85.05112878, '85.0511287799999991'],
      [0.1, '0.10000000000000001'],
      [-180, '-180'],
      [100, '100'],
      [0.5, '0.5'],
      [1e-18, '0'],
      [-1e-18, '0'],
      [-0, '0'],
    ] as const) {
      assert.equal(formatHuman(value), text);
    }
  });
});
