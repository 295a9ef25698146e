import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  cellEnd,
  cellStart,
  columnOf,
  columnStart,
  encode,
  GEOHASH_CHARACTERS,
  LATITUDE_MAX,
  LATITUDE_MIN,
  latitudeOf,
  longitudeOf,
  rowOf,
  rowStart,
  STEP_MAX,
  writeGeohash,
} from './geohash.js';

/** What redis-server 7.0.15 has for places: score, longitude and latitude of its middle, and geohash. */
const RECORDED = [
  [13.361389, 38.115556, 3479099956230698, 13.361389338970184, 38.1155563954963, 'sqc8b49rny0'],
  [15.087269, 37.502669, 3479447370796909, 15.087267458438873, 37.50266842333162, 'sqdtr74hyu0'],
  [13.583333, 37.316667, 3479030013248308, 13.58333140611649, 37.31666804993817, 'sq9sm1716e0'],
  [-180, -85.05112878, 0, -179.99999731779099, -85.05112751263943, '00bh0hbj200'],
  [180, 85.05112878, 13510798882111488, 180, 85.05112878, 'bp05b5048p0'],
  [0, 0, 3377699720527872, 2.682209015e-6, 1.267360581e-6, 's0000000000'],
  [-1e-7, 51.4778, 2163546804370094, -2.682209015e-6, 51.47780030620258, 'gcpuzgpzzv0'],
  [180, 0, 10133099161583616, 180, 1.267360581e-6, '80000000000'],
] as const;

const longitude = fc.double({ min: -180, max: 180, noNaN: true });
const latitude = fc.double({ min: LATITUDE_MIN, max: LATITUDE_MAX, noNaN: true });

function textOf(at: number, around: number): string {
  const bytes = new Uint8Array(GEOHASH_CHARACTERS);
  writeGeohash(bytes, 0, at, around);
  return Buffer.from(bytes).toString();
}

/** The bits of row and column in turn, exactly. */
function interleaved(row: number, column: number, step: number): bigint {
  let bits = 0n;
  for (let bit = BigInt(step); bit >= 0n; bit--) {
    bits = (bits << 2n) | (((BigInt(column) >> bit) & 1n) << 1n) | ((BigInt(row) >> bit) & 1n);
  }
  return bits;
}

describe('geohashes', () => {
  it('are those of redis-server 7.0.15', () => {
    for (const [at, around, score, middleLongitude, middleLatitude, text] of RECORDED) {
      assert.equal(encode(at, around), score, text);
      assert.ok(Math.abs(longitudeOf(score) - middleLongitude) < 1e-14, text);
      assert.ok(Math.abs(latitudeOf(score) - middleLatitude) < 1e-13, text);
      assert.equal(textOf(longitudeOf(score), latitudeOf(score)), text);
    }
  });

  it('of the middle of a cell are that cell', () => {
    fc.assert(
      fc.property(longitude, latitude, (at, around) => {
        const score = encode(at, around);
        assert.equal(encode(longitudeOf(score), latitudeOf(score)), score);
      }),
    );
  });

  it('have the bits of row and column in turn, in each grid', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: STEP_MAX }), longitude, latitude, (step, at, around) => {
        const row = rowOf(around, step);
        const column = columnOf(at, step);
        const shift = BigInt(2 * (STEP_MAX - step));
        assert.equal(cellStart(row, column, step), Number(interleaved(row, column, step) << shift));
        assert.equal(cellEnd(row, column, step), Number((interleaved(row, column, step) + 1n) << shift));
      }),
    );
  });

  it('of a place lie in each cell that the place lies in', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: STEP_MAX }), longitude, latitude, (step, at, around) => {
        const score = encode(at, around);
        const row = rowOf(around, step);
        const column = columnOf(at, step);
        assert.ok(score >= cellStart(row, column, step) && score < cellEnd(row, column, step));
        assert.ok(rowStart(row, step) <= around + 1e-12 && around - 1e-12 <= rowStart(row + 1, step));
        assert.ok(columnStart(column, step) <= at + 1e-12 && at - 1e-12 <= columnStart(column + 1, step));
      }),
    );
  });

  it('of scores that no place has are what x86-64 makes of them', () => {
    const [west, south] = [-179.999997317791, -85.05112751263943];
    for (const [score, expectedLongitude, expectedLatitude] of [
      [-1, 180, LATITUDE_MAX],
      [-0.5, west, south],
      [0.5, west, south],
      [Number.POSITIVE_INFINITY, west, south],
      [Number.NEGATIVE_INFINITY, 180, south],
      [1e19, 180, LATITUDE_MAX],
      [9.3e18, 180, LATITUDE_MAX],
      [-9.3e18, 180, south],
      [2 ** 54, west, LATITUDE_MAX],
      [2 ** 52 + 0.5, west, LATITUDE_MAX],
      [-123456789012345, 180, LATITUDE_MAX],
      [2 ** 64, west, south],
    ] as const) {
      assert.ok(Math.abs(longitudeOf(score) - expectedLongitude) < 1e-12, `${score}: ${longitudeOf(score)}`);
      assert.ok(Math.abs(latitudeOf(score) - expectedLatitude) < 1e-12, `${score}: ${latitudeOf(score)}`);
    }
  });
});
