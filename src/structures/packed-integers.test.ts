import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { viewOf } from '../base/bytes.js';
import { isInteger64, locate } from './packed-integers.js';
import { PackedItem } from './packed-item.js';
import { PackedCursor } from './packed-list.js';

const LIST_BYTES = 4096;
const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;

const item = new PackedItem();
const cursor = new PackedCursor();

function set(text: string): Buffer {
  const bytes = Buffer.from(text);
  item.setBytes(bytes, viewOf(bytes), 0, bytes.length);
  return bytes;
}

/** Integers of every size, and the first and last ones of each. */
const edges = [7n, 12n, 15n, 23n, 31n, 53n, 63n].flatMap((bits) =>
  [-1n, 0n, 1n].flatMap((by) => [2n ** bits + by, -(2n ** bits) + by]),
);
const integer = fc
  .oneof(
    fc.constantFrom(...edges, 0n),
    fc.bigInt(-200n, 200n),
    fc.bigInt(-(2n ** 33n), 2n ** 33n),
    fc.bigInt(INT64_MIN, INT64_MAX),
  )
  .filter((value) => value >= INT64_MIN && value <= INT64_MAX);

describe('packed integers', () => {
  it('are kept in ascending order by inserting each where `locate` says, and found there', () => {
    fc.assert(
      fc.property(fc.array(integer, { maxLength: 60 }), (integers) => {
        const bytes = new Uint8Array(LIST_BYTES);
        const data = viewOf(bytes);
        const start = 5;
        let end = start;
        const model = new Set<bigint>();
        for (const value of integers) {
          const text = set(value.toString());
          assert.ok(isInteger64(item, text));
          const found = locate(data, start, end, item);
          assert.equal(found >= 0, model.has(value), `${value}`);
          if (found >= 0) continue;
          model.add(value);
          bytes.copyWithin(~found + item.encodedBytes, ~found, end);
          item.write(data, ~found);
          end += item.encodedBytes;
        }
        const sorted = [...model].sort((left, right) => (left < right ? -1 : 1));
        let at = start;
        for (const value of sorted) {
          set(value.toString());
          assert.equal(locate(data, start, end, item), at, `${value}`);
          cursor.read(data, at);
          const text = Buffer.alloc(cursor.textSize());
          cursor.copyText(text, 0);
          assert.equal(text.toString(), value.toString());
          at = cursor.end;
        }
        assert.equal(at, end);
      }),
    );
  });

  it('are the canonical integers of 64 bits', () => {
    for (const text of ['0', '-1', '127', '9007199254740993', `${INT64_MAX}`, `${INT64_MIN}`]) {
      assert.ok(isInteger64(item, set(text)), text);
    }
    for (const text of [
      '',
      '-',
      '-0',
      '01',
      '+1',
      ' 1',
      '1.0',
      'abc',
      `${INT64_MAX + 1n}`,
      `${INT64_MIN - 1n}`,
    ]) {
      assert.ok(!isInteger64(item, set(text)), text);
    }
  });
});
