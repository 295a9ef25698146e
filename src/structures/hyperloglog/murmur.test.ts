import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { viewOf } from '../../base/bytes.js';
import { elementPlace, placeIndex, placeRank } from './murmur.js';

const MASK = 2n ** 64n - 1n;
const MULTIPLIER = 0xc6a4a7935bd1e995n;

/** MurmurHash64A as it is published, in 64-bit integers. */
function murmur(bytes: Uint8Array): bigint {
  const mix = (value: bigint) => value ^ (value >> 47n);
  const times = (value: bigint) => (value * MULTIPLIER) & MASK;
  const little = (from: number, size: number) => {
    let value = 0n;
    for (let index = size - 1; index >= 0; index--) value = (value << 8n) | BigInt(bytes[from + index] ?? 0);
    return value;
  };
  let hash = 0xadc83b19n ^ times(BigInt(bytes.length));
  const blocks = Math.floor(bytes.length / 8);
  for (let block = 0; block < blocks; block++) hash = times(hash ^ times(mix(times(little(block * 8, 8)))));
  if (bytes.length % 8 !== 0) hash = times(hash ^ little(blocks * 8, bytes.length % 8));
  return mix(times(mix(hash)));
}

function modelPlace(bytes: Uint8Array): [index: number, rank: number] {
  const hash = murmur(bytes);
  let rank = 1;
  for (let rest = (hash >> 14n) | (1n << 50n); (rest & 1n) === 0n; rest >>= 1n) rank += 1;
  return [Number(hash & 16383n), rank];
}

function place(bytes: Uint8Array, offset = 0, size = bytes.length): [index: number, rank: number] {
  const found = elementPlace(viewOf(bytes), offset, size);
  return [placeIndex(found), placeRank(found)];
}

test('elements have the places that redis-server 7.0.15 gives them', () => {
  const places: readonly [element: string, index: number, rank: number][] = [
    ['', 5938, 2],
    ['a', 12711, 2],
    ['ab', 719, 1],
    ['abc', 9474, 1],
    ['abcd', 11070, 8],
    ['abcde', 3726, 4],
    ['abcdef', 13647, 2],
    ['abcdefg', 5634, 2],
    ['abcdefgh', 1383, 1],
    ['abcdefghi', 6903, 1],
    ['0123456789abcdef', 5949, 1],
    ['\0\xff\r\n', 12039, 1],
    ['x'.repeat(1000), 11258, 1],
  ];
  for (const [element, index, rank] of places) {
    assert.deepEqual(place(Buffer.from(element, 'latin1')), [index, rank], JSON.stringify(element));
  }
});

test('the hash is that of 64-bit arithmetic, wherever the element lies', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(9), fc.nat(9), (element, before, after) => {
      const bytes = new Uint8Array(before + element.length + after).fill(0xa5);
      bytes.set(element, before);
      assert.deepEqual(place(bytes, before, element.length), modelPlace(element));
    }),
    { numRuns: 2000 },
  );
});

test('ranks above the lower half of the hash are right, too', () => {
  // One element in 2^18 has a rank that only the higher half can tell.
  const bytes = new Uint8Array(4);
  const seen = new Set<number>();
  for (let number = 0; number < 2 ** 20; number++) {
    viewOf(bytes).setUint32(0, number);
    const found = place(bytes);
    if (found[1] <= 18) continue;
    assert.deepEqual(found, modelPlace(bytes));
    seen.add(found[1]);
  }
  assert.ok(seen.has(19) && seen.size > 1);
});
