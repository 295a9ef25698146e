import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { viewOf } from '../../base/bytes.js';
import { countDense, REGISTER_BYTES, raiseRegister, readRegister } from './dense.js';
import { createHistogram, HISTOGRAM_ROWS, HISTOGRAM_VALUES } from './estimate.js';
import { REGISTER_COUNT, REGISTER_MAX } from './layout.js';

/** Bytes around the registers, which nothing may touch. */
const MARGIN = 5;
const GUARD = 0xa5;

test('registers keep the highest value that they were given, and leave everything around them alone', () => {
  const index = fc.oneof(
    fc.nat(REGISTER_COUNT - 1),
    fc.nat(7),
    fc.nat(7).map((n) => REGISTER_COUNT - 1 - n),
  );
  const writes = fc.array(fc.tuple(index, fc.nat(REGISTER_MAX)), { maxLength: 200 });
  fc.assert(
    fc.property(writes, (steps) => {
      const bytes = new Uint8Array(REGISTER_BYTES + 2 * MARGIN);
      bytes.fill(GUARD, 0, MARGIN);
      bytes.fill(GUARD, -MARGIN);
      const expected = new Map<number, number>();
      for (const [at, rank] of steps) {
        const before = expected.get(at) ?? 0;
        assert.equal(raiseRegister(bytes, MARGIN, at, rank), rank > before);
        if (rank > before) expected.set(at, rank);
        for (const near of [at - 1, at, at + 1]) {
          if (near < 0 || near >= REGISTER_COUNT) continue;
          assert.equal(readRegister(bytes, MARGIN, near), expected.get(near) ?? 0);
        }
      }
      for (const margin of [bytes.subarray(0, MARGIN), bytes.subarray(-MARGIN)]) {
        assert.ok(margin.every((byte) => byte === GUARD));
      }
    }),
  );
});

test('counting sees each register once, at any offset', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 50 }), fc.nat(7), (pattern, offset) => {
      const bytes = new Uint8Array(offset + REGISTER_BYTES);
      for (let at = 0; at < REGISTER_BYTES; at++) bytes[offset + at] = pattern[at % pattern.length] ?? 0;
      const expected = new Array<number>(HISTOGRAM_VALUES).fill(0);
      for (let index = 0; index < REGISTER_COUNT; index++) {
        const value = readRegister(bytes, offset, index);
        expected[value] = (expected[value] ?? 0) + 1;
      }
      const histogram = createHistogram();
      countDense(viewOf(bytes), offset, histogram);
      const actual = expected.map((_, value) => {
        let sum = 0;
        for (let row = 0; row < HISTOGRAM_ROWS; row++) sum += histogram[row * HISTOGRAM_VALUES + value] ?? 0;
        return sum;
      });
      assert.deepEqual(actual, expected);
    }),
    { numRuns: 50 },
  );
});
