import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RING_BYTES_MIN, RING_CONTROL_WORDS, RING_PAD, Ring } from './ring.js';

const KIND = 7;

function makeRing(bytes = RING_BYTES_MIN): Ring {
  const buffer = new SharedArrayBuffer(bytes);
  const control = new SharedArrayBuffer(RING_CONTROL_WORDS * 4);
  return new Ring(buffer, new Int32Array(control), 0);
}

/** Takes one record out and gives it to `take`; 0 when there is none. */
function consume(ring: Ring, take: (index: number, bytes: number) => void): number {
  const index = ring.headIndex();
  const bytes = ring.committedBytes(index);
  if (bytes === 0) return 0;
  if (ring.u8[index + 4] !== RING_PAD) take(index, bytes);
  ring.release(bytes);
  return bytes;
}

test('a ring behaves like a list, wherever it begins and whatever the sizes', () => {
  const sizes = fc.array(fc.record({ words: fc.integer({ min: 1, max: 256 }), drain: fc.boolean() }), {
    maxLength: 80,
  });
  fc.assert(
    fc.property(fc.integer({ min: -(2 ** 28), max: 2 ** 28 - 1 }), sizes, (start, steps) => {
      const ring = makeRing();
      ring.begin(start * 8);
      const expected: number[] = [];
      const seen: number[] = [];
      const drain = () => {
        while (consume(ring, (_, bytes) => seen.push(bytes)) !== 0);
      };
      for (const { words, drain: drains } of steps) {
        const bytes = words * 8;
        if (drains || !ring.hasRoom(2 * bytes)) drain();
        const index = ring.reserve(bytes);
        assert.equal(index % 8, 0);
        assert.ok(index + bytes <= ring.bytes);
        for (let at = index; at < index + bytes; at++)
          assert.equal(ring.u8[at], 0, 'a reserved place is clean');
        ring.u8.fill(0xab, index + 8, index + bytes);
        ring.u32[(index >>> 2) + 1] = KIND;
        assert.equal(ring.committedBytes(index), 0, 'nothing is seen before it is committed');
        ring.commit(index, bytes);
        expected.push(bytes);
      }
      drain();
      assert.deepEqual(seen, expected);
      assert.ok(ring.u8.every((byte) => byte === 0));
    }),
    { numRuns: 60 },
  );
});

test('a record that is not committed holds back those after it', () => {
  const ring = makeRing();
  const first = ring.reserve(16);
  const second = ring.reserve(16);
  ring.commit(second, 16);
  assert.equal(ring.committedBytes(ring.headIndex()), 0);
  ring.commit(first, 16);
  assert.equal(ring.committedBytes(ring.headIndex()), 16);
});

test('hasRoom counts what is free, to the byte', () => {
  const ring = makeRing();
  assert.equal(ring.hasRoom(RING_BYTES_MIN), true);
  ring.commit(ring.reserve(64), 64);
  assert.equal(ring.hasRoom(RING_BYTES_MIN - 64), true);
  assert.equal(ring.hasRoom(RING_BYTES_MIN - 63), false);
  ring.release(64);
  assert.equal(ring.hasRoom(RING_BYTES_MIN), true);
});

test('a size that is no power of two is refused', () => {
  assert.throws(() => makeRing(5000), RangeError);
  assert.throws(() => makeRing(2048), RangeError);
});
