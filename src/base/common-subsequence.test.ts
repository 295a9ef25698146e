import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CommonSubsequence } from './common-subsequence.js';

type Run = readonly [a: number, b: number, length: number];

/** The textbook's table, and the way back through it on which of two equal lengths the one without B's last byte is taken. */
function plainRuns(a: Uint8Array, b: Uint8Array): { length: number; runs: Run[] } {
  const table = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1));
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      table[i]![j] =
        a[i - 1] === b[j - 1] ? table[i - 1]![j - 1]! + 1 : Math.max(table[i - 1]![j]!, table[i]![j - 1]!);
    }
  }
  const runs: Run[] = [];
  let [i, j] = [a.length, b.length];
  while (i > 0 && j > 0) {
    let length = 0;
    for (; i > 0 && j > 0 && a[i - 1] === b[j - 1]; i--, j--) length += 1;
    if (length > 0) runs.push([i, j, length]);
    else if (table[i - 1]![j]! > table[i]![j - 1]!) i--;
    else j--;
  }
  return { length: table[a.length]![b.length]!, runs };
}

function fastRuns(a: Uint8Array, b: Uint8Array, keepsRows: boolean): { length: number; runs: Run[] } {
  const finder = new CommonSubsequence();
  const at = 3;
  const words = new Uint32Array(at + finder.wordsNeeded(a.length, b.length, keepsRows) + 1).fill(0x5555_5555);
  // The strings lie somewhere in larger arrays, as they do in memory.
  const [left, right] = [new Uint8Array([9, 9, ...a, 9]), new Uint8Array([8, ...b, 8, 8])];
  const length = finder.measure(left, 2, a.length, right, 1, b.length, words, at, keepsRows);
  const runs: Run[] = [];
  while (keepsRows && finder.nextRun()) runs.push([finder.runA, finder.runB, finder.runLength]);
  assert.deepEqual(
    [...words.subarray(0, at), words.at(-1)],
    Array(at + 1).fill(0x5555_5555),
    'stays in its words',
  );
  return { length, runs };
}

test('finds the runs that the plain table gives, from the last to the first', () => {
  const bytes = (max: number) => fc.uint8Array({ max, maxLength: 150 });
  const pairs = fc.integer({ min: 0, max: 255 }).chain((max) => fc.tuple(bytes(max), bytes(max)));
  fc.assert(
    fc.property(pairs, ([a, b]) => {
      const expected = plainRuns(a, b);
      assert.deepEqual(fastRuns(a, b, true), expected);
      assert.equal(fastRuns(a, b, false).length, expected.length);
    }),
    { numRuns: 500, examples: [[[new Uint8Array(0), new Uint8Array(0)]]] },
  );
});

test('carries from word to word', () => {
  for (const size of [31, 32, 33, 63, 64, 65, 1000]) {
    const same = new Uint8Array(size).fill(7);
    assert.deepEqual(fastRuns(same, same, true), { length: size, runs: [[0, 0, size]] });
    assert.equal(fastRuns(same.subarray(1), same, false).length, size - 1);
  }
});
