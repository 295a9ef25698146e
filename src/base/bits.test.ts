import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  BITS_AND,
  BITS_LEFT_ONLY,
  BITS_NOT_LEFT,
  BITS_OR,
  BITS_RIGHT_ONLY,
  BITS_XOR,
  combineBits,
  countBits,
  countInWord,
  findBit,
} from './bits.js';
import { viewOf } from './bytes.js';

/** Rows of every density: even ones, nearly empty and nearly full ones, and long runs of one byte. */
const row = (maxLength: number) =>
  fc.oneof(
    fc.uint8Array({ maxLength }),
    fc
      .tuple(
        fc.nat(maxLength),
        fc.constantFrom(0, 0xff),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 }),
      )
      .map(([size, byte, changes]) => {
        const bytes = new Uint8Array(size).fill(byte);
        for (const [at, other] of changes) if (size > 0) bytes[at % size] = other;
        return bytes;
      }),
  );

/** The row inside a larger shared buffer, where its neighbours would show. */
function placed(bytes: Uint8Array, offset: number, neighbour: number): DataView {
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length + offset + 40)).fill(neighbour);
  shared.set(bytes, offset);
  return viewOf(shared);
}

function bitsOf(bytes: Uint8Array): number[] {
  return Array.from(bytes, (byte) => Array.from({ length: 8 }, (_, bit) => (byte >>> (7 - bit)) & 1)).flat();
}

const rowAndRange = row(300).chain((bytes) =>
  fc.tuple(fc.constant(bytes), fc.nat(9), fc.nat(bytes.length * 8), fc.nat(bytes.length * 8)),
);

test('the bits of a word are counted, its sign included', () => {
  fc.assert(
    fc.property(fc.integer(), (word) => {
      assert.equal(countInWord(word), (word >>> 0).toString(2).replaceAll('0', '').length);
    }),
  );
});

test('countBits counts the bits of the range, wherever it begins and ends', () => {
  fc.assert(
    fc.property(rowAndRange, ([bytes, offset, from, to]) => {
      const expected = bitsOf(bytes)
        .slice(from, to)
        .filter((bit) => bit === 1).length;
      assert.equal(countBits(placed(bytes, offset, 0xff), offset, from, to), expected);
    }),
    { numRuns: 500 },
  );
});

test('findBit finds the first bit of the range that is so, or none', () => {
  fc.assert(
    fc.property(rowAndRange, fc.constantFrom(0, 1), ([bytes, offset, from, to], bit) => {
      const index = bitsOf(bytes).slice(from, to).indexOf(bit);
      const data = placed(bytes, offset, bit === 0 ? 0 : 0xff);
      assert.equal(findBit(data, offset, from, to, bit as 0 | 1), index < 0 ? -1 : from + index);
    }),
    { numRuns: 500 },
  );
});

test('findBit goes through long runs of equal bytes, and stops at any byte that differs', () => {
  const size = 200_000;
  for (const bit of [0, 1] as const) {
    const bytes = new Uint8Array(new SharedArrayBuffer(size + 3)).fill(bit === 0 ? 0xff : 0);
    const data = viewOf(bytes.subarray(1));
    assert.equal(findBit(data, 1, 0, (size - 1) * 8, bit), -1);
    for (const at of [0, 1, 65_535, 65_536, 65_537, 131_071, 131_072, 131_073, 150_000, size - 2]) {
      bytes[2 + at]! ^= 0b100;
      assert.equal(findBit(data, 1, 0, (size - 1) * 8, bit), at * 8 + 5, `byte ${at}`);
      assert.equal(findBit(data, 1, at * 8 + 6, (size - 1) * 8, bit), -1, `after byte ${at}`);
      bytes[2 + at]! ^= 0b100;
    }
  }
});

test('combineBits makes every combination of two rows, and touches nothing beside it', () => {
  const operations = [
    { operation: BITS_AND, model: (left: number, right: number) => left & right },
    { operation: BITS_OR, model: (left: number, right: number) => left | right },
    { operation: BITS_XOR, model: (left: number, right: number) => left ^ right },
    { operation: BITS_LEFT_ONLY, model: (left: number, right: number) => left & ~right },
    { operation: BITS_RIGHT_ONLY, model: (left: number, right: number) => ~left & right },
    { operation: BITS_NOT_LEFT, model: (left: number) => ~left },
  ];
  const pair = fc
    .nat(80)
    .chain((size) =>
      fc.tuple(
        fc.uint8Array({ minLength: size, maxLength: size }),
        fc.uint8Array({ minLength: size, maxLength: size }),
      ),
    );
  fc.assert(
    fc.property(
      pair,
      fc.nat(9),
      fc.nat(9),
      fc.nat(9),
      fc.constantFrom('neither', 'left', 'right'),
      ([left, right], leftAt, rightAt, targetAt, same) => {
        for (const { operation, model } of operations) {
          const leftData = placed(left, leftAt, 1);
          const rightData = placed(right, rightAt, 2);
          let target = placed(new Uint8Array(left.length), targetAt, 3);
          let at = targetAt;
          if (same === 'left') [target, at] = [leftData, leftAt];
          if (same === 'right') [target, at] = [rightData, rightAt];
          const expected = new Uint8Array(target.buffer).slice();
          for (let index = 0; index < left.length; index++) {
            expected[at + index] = model(left[index]!, right[index]!);
          }
          combineBits(operation, target, at, leftData, leftAt, rightData, rightAt, left.length);
          assert.deepEqual(new Uint8Array(target.buffer), new Uint8Array(expected));
        }
      },
    ),
  );
});
