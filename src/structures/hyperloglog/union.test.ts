import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { viewOf } from '../../base/bytes.js';
import { REGISTER_BYTES, readRegister } from './dense.js';
import { createHistogram, HISTOGRAM_ROWS, HISTOGRAM_VALUES } from './estimate.js';
import { REGISTER_COUNT } from './layout.js';
import { Union } from './union.js';

const registerBytes = fc
  .uint8Array({ minLength: 1, maxLength: 40 })
  .map((pattern) =>
    Uint8Array.from({ length: REGISTER_BYTES }, (_, at) => pattern[at % pattern.length] ?? 0),
  );

function registersOf(bytes: Uint8Array): number[] {
  return Array.from({ length: REGISTER_COUNT }, (_, index) => readRegister(bytes, 0, index));
}

test('a union has the higher of two registers each, counts them, and packs them again', () => {
  fc.assert(
    fc.property(registerBytes, registerBytes, fc.nat(3), (first, second, offset) => {
      const union = new Union();
      union.addDense(viewOf(first), 0);
      assert.deepEqual([...union.registers], registersOf(first));
      const shifted = new Uint8Array(offset + REGISTER_BYTES);
      shifted.set(second, offset);
      union.addDense(viewOf(shifted), offset);
      const others = registersOf(second);
      const expected = registersOf(first).map((register, index) => Math.max(register, others[index] ?? 0));
      assert.deepEqual([...union.registers], expected);

      const packed = new Uint8Array(offset + REGISTER_BYTES);
      union.pack(viewOf(packed), offset);
      assert.deepEqual(registersOf(packed.subarray(offset)), expected);

      const histogram = createHistogram();
      union.count(histogram);
      for (const value of new Set(expected)) {
        let count = 0;
        for (let row = 0; row < HISTOGRAM_ROWS; row++)
          count += histogram[row * HISTOGRAM_VALUES + value] ?? 0;
        assert.equal(count, expected.filter((register) => register === value).length);
      }

      union.clear();
      assert.ok(union.registers.every((register) => register === 0));
    }),
    { numRuns: 30 },
  );
});
