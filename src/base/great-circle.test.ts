import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { degreesOfArc, distance } from './great-circle.js';

const longitude = fc.double({ min: -180, max: 180, noNaN: true });
const latitude = fc.double({ min: -85, max: 85, noNaN: true });
/** A quarter of a great circle, in metres. */
const QUADRANT_M = 10010367;

describe('distances on the earth', () => {
  it('are those of redis-server 7.0.15', () => {
    const metres = distance(13.361389338970184, 38.1155563954963, 15.087267458438873, 37.50266842333162);
    assert.equal(metres.toFixed(4), '166274.1516');
    assert.equal(distance(0, 0, 90, 0).toFixed(4), QUADRANT_M.toFixed(4));
    assert.equal(distance(10, 0, 10, 85).toFixed(1), ((QUADRANT_M * 85) / 90).toFixed(1));
  });

  it('are 0 to the same place, and as long there as back', () => {
    fc.assert(
      fc.property(longitude, latitude, longitude, latitude, (from, around, to, about) => {
        assert.equal(distance(from, around, from, around), 0);
        const there = distance(from, around, to, about);
        assert.ok(Math.abs(there - distance(to, about, from, around)) < 1e-3);
        assert.ok(there >= 0 && there <= 2 * QUADRANT_M + 1);
      }),
    );
  });

  it('are arcs of so many degrees', () => {
    for (const around of [0, 37.5, -60]) {
      const degrees = degreesOfArc(1000, around);
      assert.ok(Math.abs(distance(5, around, 5 + degrees, around) - 1000) < 0.01);
    }
    assert.ok(Math.abs(distance(5, 40, 5, 40 + degreesOfArc(1000, 0)) - 1000) < 1e-6);
  });
});
