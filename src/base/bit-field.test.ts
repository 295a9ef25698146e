import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { addExactly, fieldMax, fieldMin, readField, wrapToField, writeField } from './bit-field.js';
import { viewOf } from './bytes.js';

/** Integers of every size, most of them where something changes: around powers of two. */
const integer = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.tuple(fc.nat(62), fc.integer({ min: -2, max: 2 }), fc.boolean()).map(([bit, near, isNegative]) => {
    const value = 2n ** BigInt(bit) + BigInt(near);
    return isNegative ? -value : value;
  }),
);
const field = fc
  .tuple(fc.integer({ min: 1, max: 64 }), fc.boolean())
  .map(([bits, isSigned]) => ({ bits: isSigned ? bits : Math.min(bits, 63), isSigned }));

/** How functions of this module give it: a number wherever that is exact. */
function exact(value: bigint): number | bigint {
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

function kept(value: bigint, bits: number, isSigned: boolean): number | bigint {
  return exact(isSigned ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value));
}

test('a field reads as what was written, wherever it lies, and its neighbours stay', () => {
  fc.assert(
    fc.property(
      field,
      fc.nat(7),
      integer,
      fc.uint8Array({ minLength: 9, maxLength: 9 }),
      ({ bits, isSigned }, at, value, bytes) => {
        const text = (row: Uint8Array) =>
          Array.from(row, (byte) => byte.toString(2).padStart(8, '0')).join('');
        const before = text(bytes);
        const written = BigInt.asUintN(bits, value).toString(2).padStart(bits, '0');
        writeField(viewOf(bytes), at, bits, exact(value));
        assert.equal(text(bytes), before.slice(0, at) + written + before.slice(at + bits));
        assert.equal(readField(viewOf(bytes), at, bits, isSigned), kept(value, bits, isSigned));
      },
    ),
    { numRuns: 1000 },
  );
});

test('a value wraps to what the field keeps of it', () => {
  fc.assert(
    fc.property(field, integer, integer, ({ bits, isSigned }, left, right) => {
      const sum = addExactly(exact(left), exact(right));
      assert.equal(sum, exact(left + right));
      assert.equal(wrapToField(sum, bits, isSigned), kept(left + right, bits, isSigned));
    }),
    { numRuns: 1000 },
  );
});

test('the limits of a field are those of its width', () => {
  for (let bits = 1; bits <= 64; bits++) {
    assert.equal(fieldMax(bits, true), exact(2n ** BigInt(bits - 1) - 1n));
    assert.equal(fieldMin(bits, true), exact(-(2n ** BigInt(bits - 1))));
    assert.equal(fieldMin(bits, false), 0);
    if (bits < 64) assert.equal(fieldMax(bits, false), exact(2n ** BigInt(bits) - 1n));
  }
});
