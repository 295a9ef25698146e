import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { viewOf } from '../../base/bytes.js';
import { readRegister } from './dense.js';
import { Draft } from './draft.js';
import {
  DENSE_BYTES,
  HEADER_BYTES,
  isDense,
  isHyperLogLog,
  isStale,
  REGISTER_COUNT,
  SPARSE_BYTES_MAX,
} from './layout.js';
import { sparseText } from './sparse.js';
import { CHANGED, CORRUPT, TOO_LARGE, UNCHANGED } from './sparse-editor.js';
import { SparseSearch } from './sparse-search.js';
import { Union } from './union.js';

const NO_LIMIT = Number.MAX_SAFE_INTEGER;

function newDraft(): Draft {
  const draft = new Draft();
  draft.begin();
  return draft;
}

function placeOf(index: number, rank: number): number {
  return (rank << 14) | index;
}

function textOf(draft: Draft): string {
  return sparseText(draft.bytes, HEADER_BYTES, draft.size);
}

function registersOf(draft: Draft): number[] {
  if (isDense(draft.bytes, 0)) {
    return Array.from({ length: REGISTER_COUNT }, (_, index) =>
      readRegister(draft.bytes, HEADER_BYTES, index),
    );
  }
  const union = new Union();
  assert.ok(union.addSparse(draft.bytes, HEADER_BYTES, draft.size), 'all registers are described');
  return [...union.registers];
}

test('a run is split, and equal neighbours are joined', () => {
  const draft = newDraft();
  assert.equal(textOf(draft), 'Z:16384');
  const steps: readonly [index: number, rank: number, outcome: number, text: string][] = [
    [1000, 3, CHANGED, 'Z:1000 v:3,1 Z:15383'],
    [1000, 3, UNCHANGED, 'Z:1000 v:3,1 Z:15383'],
    [1000, 2, UNCHANGED, 'Z:1000 v:3,1 Z:15383'],
    [1001, 3, CHANGED, 'Z:1000 v:3,2 Z:15382'],
    [1003, 3, CHANGED, 'Z:1000 v:3,2 z:1 v:3,1 Z:15380'],
    [1002, 3, CHANGED, 'Z:1000 v:3,4 Z:15380'],
    [999, 3, CHANGED, 'Z:999 v:3,1 v:3,4 Z:15380'],
    [1001, 32, CHANGED, 'Z:999 v:3,2 v:32,1 v:3,2 Z:15380'],
    [999, 32, CHANGED, 'Z:999 v:32,1 v:3,1 v:32,1 v:3,2 Z:15380'],
    [1000, 32, CHANGED, 'Z:999 v:32,3 v:3,2 Z:15380'],
    [0, 1, CHANGED, 'v:1,1 Z:998 v:32,3 v:3,2 Z:15380'],
    [16383, 1, CHANGED, 'v:1,1 Z:998 v:32,3 v:3,2 Z:15379 v:1,1'],
    [64, 1, CHANGED, 'v:1,1 z:63 v:1,1 Z:934 v:32,3 v:3,2 Z:15379 v:1,1'],
  ];
  for (const [index, rank, outcome, text] of steps) {
    draft.rewind();
    assert.equal(draft.raiseNext(index, rank, NO_LIMIT), outcome, text);
    assert.equal(textOf(draft), text);
  }
});

test('a draft holds the highest rank of each register, sparse or dense, in whatever order they come', () => {
  const index = fc.oneof(fc.nat(200), fc.nat(REGISTER_COUNT - 1));
  const rank = fc.oneof(
    { weight: 40, arbitrary: fc.integer({ min: 1, max: 4 }) },
    fc.integer({ min: 1, max: 51 }),
  );
  fc.assert(
    fc.property(
      fc.array(fc.tuple(index, rank), { maxLength: 400 }),
      fc.constantFrom(0, 30, 200, 3000),
      (steps, sparseBytesMax) => {
        const draft = newDraft();
        const expected = new Array<number>(REGISTER_COUNT).fill(0);
        for (const [at, value] of steps) {
          const isHigher = value > (expected[at] ?? 0);
          assert.equal(draft.raise(placeOf(at, value), sparseBytesMax), isHigher ? CHANGED : UNCHANGED);
          if (isHigher) expected[at] = value;
          assert.ok(isHyperLogLog(draft.bytes, 0, draft.size));
        }
        assert.deepEqual(registersOf(draft), expected);
        const mustBeDense = expected.some((value) => value > 32);
        if (mustBeDense) assert.ok(isDense(draft.bytes, 0));
        if (!isDense(draft.bytes, 0)) assert.ok(draft.size <= Math.max(sparseBytesMax, HEADER_BYTES + 2));
      },
    ),
    { numRuns: 60 },
  );
});

test('a rank above 32 and a value above the limit make it dense, at once and for good', () => {
  const draft = newDraft();
  assert.equal(draft.raiseNext(5, 33, NO_LIMIT), TOO_LARGE);
  assert.equal(textOf(draft), 'Z:16384');
  draft.raise(placeOf(7, 1), NO_LIMIT);
  assert.ok(isStale(draft.bytes, 0));
  draft.raise(placeOf(5, 33), NO_LIMIT);
  assert.ok(isDense(draft.bytes, 0));
  assert.equal(draft.size, DENSE_BYTES);
  draft.begin();
  assert.equal(draft.raiseNext(5, 1, HEADER_BYTES + 3), TOO_LARGE);
  assert.equal(draft.raiseNext(5, 1, HEADER_BYTES + 4), CHANGED);
  draft.rewind();
  assert.equal(draft.raiseNext(5, 2, 0), CHANGED, 'what does not grow is never too large');
  assert.equal(textOf(draft), 'z:5 v:2,1 Z:16378');
});

test('rising indexes give the same bytes without looking from the beginning each time', () => {
  const registers = fc
    .array(fc.tuple(fc.integer({ min: 1, max: 120 }), fc.integer({ min: 1, max: 3 })), { maxLength: 300 })
    .map((gaps) => {
      let at = -1;
      const places: [index: number, rank: number][] = [];
      for (const [gap, rank] of gaps) {
        at += gap;
        if (at < REGISTER_COUNT) places.push([at, rank]);
      }
      return places;
    });
  fc.assert(
    fc.property(registers, registers, (before, places) => {
      const slow = newDraft();
      for (const [index, rank] of before) slow.raise(placeOf(index, rank), NO_LIMIT);
      const fast = new Draft();
      fast.load(slow.data, 0, slow.size);
      for (const [index, rank] of places) {
        slow.rewind();
        const outcome = slow.raiseNext(index, rank, NO_LIMIT);
        assert.equal(fast.raiseNext(index, rank, NO_LIMIT), outcome);
      }
      assert.equal(textOf(fast), textOf(slow));
    }),
  );
});

test('merging a union gives its registers, sparse as long as it fits', () => {
  for (const [count, isSparse] of [
    [0, true],
    [300, true],
    [3000, false],
  ] as const) {
    const draft = newDraft();
    const union = new Union();
    for (let index = 0; index < count; index++)
      union.registers[(index * 77) % REGISTER_COUNT] = (index % 20) + 1;
    draft.raise(placeOf(0, 1), NO_LIMIT);
    union.registers[0] = Math.max(union.registers[0] ?? 0, 1);
    draft.raiseAll(union, 3000);
    assert.equal(!isDense(draft.bytes, 0), isSparse);
    assert.deepEqual(registersOf(draft), [...union.registers]);
  }
});

test('whatever the opcodes are, nothing is read or written beyond them', () => {
  const opcodes = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc
      .constantFrom(0x00, 0x40, 0x84, 0xff)
      .map((byte) => new Uint8Array(SPARSE_BYTES_MAX - HEADER_BYTES).fill(byte)),
  );
  const places = fc.array(fc.tuple(fc.nat(REGISTER_COUNT - 1), fc.integer({ min: 1, max: 34 })), {
    minLength: 1,
    maxLength: 50,
  });
  fc.assert(
    fc.property(opcodes, places, (bytes, steps) => {
      const value = Buffer.concat([Buffer.from('HYLL\x01'), Buffer.alloc(11), bytes]);
      const draft = newDraft();
      draft.bytes.fill(0xff, HEADER_BYTES);
      assert.ok(draft.load(viewOf(value), 0, value.length));
      for (const [index, rank] of steps) {
        const outcome = draft.raise(placeOf(index, rank), NO_LIMIT);
        assert.ok([UNCHANGED, CHANGED, CORRUPT].includes(outcome));
        assert.ok(draft.size >= HEADER_BYTES && draft.size < draft.bytes.length);
      }
    }),
  );
});

test('more opcodes than there can be are not taken', () => {
  const draft = newDraft();
  const value = Buffer.concat([Buffer.from('HYLL\x01'), Buffer.alloc(SPARSE_BYTES_MAX)]);
  assert.ok(draft.load(viewOf(value), 0, SPARSE_BYTES_MAX));
  assert.ok(!draft.load(viewOf(value), 0, SPARSE_BYTES_MAX + 1));
});

test('the draft with the most opcodes has room for every register to change', () => {
  const value = Buffer.concat([
    Buffer.from('HYLL\x01'),
    Buffer.alloc(11),
    Buffer.alloc(REGISTER_COUNT / 4, 0x83),
    Buffer.alloc(SPARSE_BYTES_MAX - HEADER_BYTES - REGISTER_COUNT / 4, 0x83),
  ]);
  const draft = newDraft();
  assert.ok(draft.load(viewOf(value), 0, value.length));
  for (let index = 0; index < REGISTER_COUNT; index++) draft.raiseNext(index, 2 + (index % 2), NO_LIMIT);
  assert.ok(draft.size < draft.bytes.length);
  assert.equal(
    draft.size,
    HEADER_BYTES + REGISTER_COUNT + (SPARSE_BYTES_MAX - HEADER_BYTES - REGISTER_COUNT / 4),
  );
});

test('a draft goes on from a search in the original', () => {
  const original = newDraft();
  for (let index = 0; index < 300; index++) original.raise(placeOf(index * 3, 1 + (index % 5)), NO_LIMIT);
  const memory = new Uint8Array(original.size + 99);
  memory.set(original.bytes.subarray(0, original.size), 33);
  const search = new SparseSearch();
  for (const index of [0, 1, 2, 3, 450, 898, 899, 16383]) {
    search.begin(33 + HEADER_BYTES);
    assert.ok(search.find(memory, viewOf(memory), 33 + original.size, index));
    const draft = new Draft();
    draft.load(viewOf(memory), 33, original.size);
    draft.goOnFrom(search, 33);
    assert.equal(draft.raise(placeOf(index, 30), NO_LIMIT), CHANGED);
    const expected = new Draft();
    expected.load(original.data, 0, original.size);
    expected.raise(placeOf(index, 30), NO_LIMIT);
    assert.equal(textOf(draft), textOf(expected));
  }
});

test('a draft finds the first and the last byte in which a value differs', () => {
  const draft = newDraft();
  draft.becomeDense();
  for (const [from, to] of [
    [0, DENSE_BYTES],
    [1, 2],
    [15, 12303],
    [4096, 4097],
    [DENSE_BYTES - 1, DENSE_BYTES],
    [7, 13],
  ] as const) {
    const value = new Uint8Array(DENSE_BYTES + 3);
    value.set(draft.bytes.subarray(0, DENSE_BYTES), 3);
    assert.equal(draft.firstDifference(viewOf(value), 3), DENSE_BYTES);
    value[3 + from]! ^= 1;
    value[3 + to - 1]! ^= to - 1 === from ? 0 : 1;
    assert.equal(draft.firstDifference(viewOf(value), 3), from);
    assert.equal(draft.lastDifference(viewOf(value), 3), to);
  }
});
