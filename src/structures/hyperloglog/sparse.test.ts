import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createHistogram } from './estimate.js';
import { REGISTER_COUNT } from './layout.js';
import { countSparse, mergeSparse, opcodeRun, opcodeSize, opcodeValue, sparseText } from './sparse.js';

/** Random bytes, often enough as many registers as there are: the rest is added as zeros. */
const opcodes = fc
  .tuple(fc.uint8Array({ maxLength: 60 }), fc.boolean())
  .map(([bytes, completes]) => (completes ? complete(bytes) : [...bytes]));

function complete(bytes: Uint8Array): number[] {
  const registers = read([...bytes, 0]);
  const left = REGISTER_COUNT - registers.length + 1;
  const whole = endsInside(bytes) ? [...bytes, 0] : [...bytes];
  const missing = endsInside(bytes) ? left - 1 : left;
  return missing < 1 ? whole : [...whole, 0x40 | ((missing - 1) >> 8), (missing - 1) & 0xff];
}

function endsInside(bytes: Uint8Array): boolean {
  let at = 0;
  while (at < bytes.length) at += opcodeSize(bytes[at] ?? 0);
  return at > bytes.length;
}

/** All registers that opcodes describe, by the book. */
function read(bytes: readonly number[]): number[] {
  const registers: number[] = [];
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (byte >= 0x80) {
      for (let left = (byte & 3) + 1; left > 0; left--) registers.push(((byte >> 2) & 31) + 1);
    } else {
      const run = byte < 0x40 ? byte + 1 : (byte & 63) * 256 + (bytes[++at] ?? 0) + 1;
      for (let left = run; left > 0; left--) registers.push(0);
    }
  }
  return registers;
}

/** The bytes in a larger array whose other bytes all mean something, should anybody read them. */
function embed(bytes: readonly number[]): [larger: Uint8Array, start: number, end: number] {
  const larger = new Uint8Array(bytes.length + 20).fill(0xff);
  larger.set(bytes, 7);
  return [larger, 7, 7 + bytes.length];
}

test('opcodes are read as they are described, and nothing behind them', () => {
  fc.assert(
    fc.property(opcodes, (bytes) => {
      const [larger, start, end] = embed(bytes);
      const expected = read(bytes);
      const actual: number[] = [];
      for (let at = start; at < end; at += opcodeSize(larger[at] ?? 0)) {
        const run = opcodeRun(larger, at, end);
        for (let left = run; left > 0; left--) actual.push(opcodeValue(larger[at] ?? 0));
      }
      assert.deepEqual(actual, expected);
    }),
  );
});

test('counting and merging take exactly as many registers as there are', () => {
  let completeOnes = 0;
  fc.assert(
    fc.property(opcodes, (bytes) => {
      const [larger, start, end] = embed(bytes);
      const expected = read(bytes);
      const isComplete = expected.length === REGISTER_COUNT;
      const histogram = createHistogram();
      const registers = new Uint8Array(REGISTER_COUNT).fill(5);
      assert.equal(countSparse(larger, start, end, histogram), isComplete);
      assert.equal(mergeSparse(larger, start, end, registers), isComplete);
      if (!isComplete) return;
      completeOnes += 1;
      for (const value of [0, 1, 5, 32]) {
        assert.equal(histogram[value], expected.filter((register) => register === value).length);
      }
      assert.deepEqual(
        [...registers],
        expected.map((register) => Math.max(register, 5)),
      );
    }),
    { numRuns: 200 },
  );
  assert.ok(completeOnes > 0);
});

test('opcodes can be shown', () => {
  const [larger, start, end] = embed([0x00, 0x3f, 0x40, 0x40, 0x7f, 0xff, 0x80, 0xff, 0x41]);
  assert.equal(sparseText(larger, start, end), 'z:1 z:64 Z:65 Z:16384 v:1,1 v:32,4 Z:257');
  assert.equal(sparseText(larger, start, start), '');
});
