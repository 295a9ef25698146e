import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decompressLzf } from './lzf.js';

type Piece = { readonly literal: Uint8Array } | { readonly back: number; readonly length: number };

const piece: fc.Arbitrary<Piece> = fc.oneof(
  fc.record({ literal: fc.uint8Array({ minLength: 1, maxLength: 32 }) }),
  fc.record({ back: fc.integer({ min: 1, max: 8192 }), length: fc.integer({ min: 3, max: 264 }) }),
);

/** Pieces as LZF, and what they mean: the model of the format. */
function encode(pieces: readonly Piece[]): { compressed: Uint8Array; plain: Uint8Array } {
  const compressed: number[] = [];
  const plain: number[] = [];
  for (const part of pieces) {
    if ('literal' in part) {
      compressed.push(part.literal.length - 1, ...part.literal);
      plain.push(...part.literal);
    } else if (plain.length !== 0) {
      const offset = Math.min(part.back, plain.length) - 1;
      const length = part.length - 2;
      compressed.push((Math.min(length, 7) << 5) | (offset >> 8));
      if (length >= 7) compressed.push(length - 7);
      compressed.push(offset & 0xff);
      for (let count = 0; count < part.length; count++)
        plain.push(plain[plain.length - 1 - offset] as number);
    }
  }
  return { compressed: Uint8Array.from(compressed), plain: Uint8Array.from(plain) };
}

test('what the format says comes out, and nothing around it is touched', () => {
  fc.assert(
    fc.property(fc.array(piece, { minLength: 1, maxLength: 40 }), (pieces) => {
      const { compressed, plain } = encode(pieces);
      const target = new Uint8Array(plain.length + 20).fill(0xee);
      assert.ok(decompressLzf(compressed, 0, compressed.length, target, 10, plain.length));
      assert.deepEqual(target.slice(10, 10 + plain.length), plain);
      assert.deepEqual(target.slice(0, 10), new Uint8Array(10).fill(0xee));
      assert.deepEqual(target.slice(10 + plain.length), new Uint8Array(10).fill(0xee));
      assert.ok(!decompressLzf(compressed, 0, compressed.length, target, 10, plain.length + 1));
      if (plain.length > 0)
        assert.ok(!decompressLzf(compressed, 0, compressed.length, target, 10, plain.length - 1));
    }),
  );
});

test('damaged input writes nothing outside of its place', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(500), (bytes, size) => {
      const target = new Uint8Array(size + 20).fill(0xee);
      decompressLzf(bytes, 0, bytes.length, target, 10, size);
      assert.deepEqual(target.slice(0, 10), new Uint8Array(10).fill(0xee));
      assert.deepEqual(target.slice(10 + size), new Uint8Array(10).fill(0xee));
    }),
  );
});
