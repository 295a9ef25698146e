import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { viewOf } from '../base/bytes.js';
import { GeoPoints } from './geo-points.js';

function add(points: GeoPoints, member: string, score: number, metres: number): void {
  const bytes = Buffer.from(member);
  assert.ok(points.add(viewOf(bytes), 0, bytes.length, score, metres));
}

function memberAt(points: GeoPoints, index: number): string {
  const number = points.at(index);
  const bytes = new Uint8Array(points.data.buffer, points.memberOffset(number), points.memberSize(number));
  return Buffer.from(bytes).toString();
}

describe('places that a search has found', () => {
  it('are sorted by distance, and at one distance stay as they were found', () => {
    const found = fc.array(fc.nat(40), { maxLength: 600 });
    fc.assert(
      fc.property(found, fc.boolean(), (distances, isDescending) => {
        const points = new GeoPoints();
        for (const [index, metres] of distances.entries()) add(points, `m${index}`, -index, metres);
        points.sort(distances.length, isDescending);
        const expected = distances.map((metres, index) => ({ metres, index }));
        expected.sort((a, b) => (isDescending ? b.metres - a.metres : a.metres - b.metres));
        for (const [at, { metres, index }] of expected.entries()) {
          const number = points.at(at);
          assert.equal(memberAt(points, at), `m${index}`);
          assert.equal(points.distance(number), metres);
          assert.equal(points.score(number), -index);
        }
      }),
    );
  });

  it('may be many and long, and are forgotten', () => {
    const points = new GeoPoints();
    const long = 'x'.repeat(3_000_000);
    add(points, long, 1, 1);
    for (let index = 0; index < 40_000; index++) add(points, String(index), index, index);
    assert.equal(memberAt(points, 0), long);
    assert.equal(memberAt(points, 40_000), '39999');
    points.clear();
    assert.equal(points.count, 0);
    assert.ok(points.data.byteLength < long.length, 'the memory is given back');
    add(points, 'next', 7, 8);
    assert.equal(memberAt(points, 0), 'next');
  });
});
