import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { viewOf } from '../../base/bytes.js';
import { parseInteger } from '../../base/integer.js';
import { TYPE_HASH, TYPE_LIST, TYPE_SET, TYPE_ZSET } from '../../structures/entry.js';
import { CollectionReader } from './collection-reader.js';
import { CollectionWriter } from './collection-writer.js';
import { isPayload } from './payload.js';
import { PAYLOADS } from './recorded-payloads.case.js';
import { type RecordedValue, VALUES } from './recorded-values.case.js';
import * as types from './types.js';

const reader = new CollectionReader();
const writer = new CollectionWriter();

function payload(): Buffer {
  assert.ok(writer.end());
  return Buffer.from(writer.bytes.subarray(writer.start, writer.limit));
}

function read(bytes: Buffer): CollectionReader['items'] {
  assert.ok(isPayload(bytes, 0, bytes.length));
  assert.ok(reader.read(bytes[0] as number, bytes, viewOf(bytes), 1, bytes.length, 2 ** 20), 'refused');
  return reader.items;
}

/** Gives a word to the writer: as text, or by its value where it is an integer. */
function write(word: string, asInteger: boolean): void {
  const bytes = Buffer.from(word, 'latin1');
  const integer = parseInteger(bytes, 0, bytes.length);
  if (asInteger && Number.isFinite(integer)) writer.integer(integer);
  else writer.item(bytes, viewOf(bytes), 0, bytes.length);
}

function writeValue({ type, encoding, words }: Omit<RecordedValue, 'name'>, asIntegers: boolean): Buffer {
  const rdbType = types.rdbTypeOf(type, encoding, false);
  const step = type === TYPE_ZSET || type === TYPE_HASH ? 2 : 1;
  writer.begin(rdbType, words.length / step);
  for (let index = 0; index < words.length; index++) {
    const word = words[index] as string;
    if (type === TYPE_ZSET && index % 2 === 1) writer.score(Number(word.replace('inf', 'Infinity')));
    else write(word, asIntegers);
  }
  return payload();
}

/** Encodings whose order of elements is Redis's secret: they are written in the order that the recorded payload has. */
const UNORDERED = ['hashtable', 'skiplist'];

describe('the payload', () => {
  for (const { name, ...value } of VALUES) {
    if (UNORDERED.includes(value.encoding)) continue;
    it(`of a value is redis-server 7.0.15's: ${name}`, () => {
      const recorded = PAYLOADS[name];
      assert.ok(recorded);
      for (const asIntegers of [false, true]) {
        const written = writeValue(value, asIntegers);
        if (recorded.plain !== undefined) assert.equal(written.toString('hex'), recorded.plain);
        assert.equal(written.length, recorded.plainSize);
        assert.equal(written.subarray(-8).toString('hex'), recorded.plainChecksum);
      }
    });
  }

  it("is redis-server 7.0.15's for every recorded one, when written from what was read", () => {
    for (const [name, { plain }] of Object.entries(PAYLOADS)) {
      if (plain === undefined) continue;
      const bytes = Buffer.from(plain, 'hex');
      const items = read(bytes);
      writer.begin(bytes[0] as number, items.elementCount);
      for (let index = 0; index < items.count; index++) {
        items.select(index);
        if (items.isInteger) writer.integer(items.integer);
        else writer.item(items.bytes, items.data, items.offset, items.size);
        if (items.type === TYPE_ZSET) writer.score(items.score(index));
      }
      assert.equal(payload().toString('hex'), plain, name);
    }
  });

  it('of a list is read again as what it was, node by node', () => {
    for (const { name, ...value } of VALUES) {
      if (value.type !== TYPE_LIST) continue;
      const items = read(writeValue(value, true));
      assert.equal(items.count, value.words.length, name);
      value.words.forEach((word, index) => {
        assert.equal(text(index), word, name);
      });
    }
  });

  it('of an intset is as narrow as its widest integer, in whatever order they come', () => {
    const cases: [words: string[], hex: string][] = [
      [['2', '-32768', '32767'], '0b0e0200000003000000008002' + '00ff7f'],
      [['7', '-32769'], '0b100400000002000000ff7fffff07000000'],
      [['2147483648', '-1'], '0b180800000002000000ffffffffffffffff0000008000000000'],
    ];
    for (const [words, hex] of cases) {
      const written = writeValue({ type: TYPE_SET, encoding: 'intset', words }, true).toString('hex');
      assert.equal(written.slice(0, -20), hex);
    }
  });

  it('of a listpack with more elements than its count can say is read to its end', () => {
    const words = Array.from({ length: 70_000 }, (_, index) => String(index));
    const items = read(writeValue({ type: TYPE_SET, encoding: 'listpack', words }, true));
    assert.equal(items.count, 70_000);
  });

  it('says the least RDB version that knows its type', () => {
    const version = (bytes: Buffer) => bytes.readUInt16LE(bytes.length - 10);
    const words = ['a', 'b'];
    assert.equal(version(writeValue({ type: TYPE_SET, encoding: 'hashtable', words }, false)), 10);
    assert.equal(version(writeValue({ type: TYPE_SET, encoding: 'listpack', words }, false)), 11);
  });

  it('of a hash whose fields expire is what Redis 7.4 reads', () => {
    const least = 1_700_000_000_000;
    const fields: [field: string, value: string, deadline: number][] = [
      ['f', 'v', least],
      ['never', '1', 0],
      ['g', 'w', least + 100],
      ['far', 'x', least + 2 ** 40],
    ];
    writer.begin(types.rdbTypeOf(TYPE_HASH, 'listpack', true), fields.length, least);
    for (const [field, value, deadline] of fields) {
      writer.deadline(deadline);
      write(field, true);
      write(value, true);
    }
    const written = payload();
    // Type, least deadline, count; then distance and one, field, value.
    assert.equal(
      written.toString('hex').slice(0, -20),
      '180068e5cf8b010000' +
        '04' +
        '0101660176' +
        '00056e65766572c001' +
        '406501670177' +
        '81000001000000000103666172' +
        '0178',
    );
    assert.equal(written.readUInt16LE(written.length - 10), 12);
    const items = read(written);
    fields.forEach(([field, value, deadline], index) => {
      assert.equal(items.deadline(index), deadline);
      assert.equal(text(2 * index), field);
      assert.equal(text(2 * index + 1), value);
    });
  });
});

/** Item `index` of what was read last, one character a byte. */
function text(index: number): string {
  const { items } = reader;
  items.select(index);
  if (items.isInteger) return String(items.integer);
  return Buffer.from(items.bytes.subarray(items.offset, items.offset + items.size)).toString('latin1');
}

describe('any value', () => {
  const word = fc.oneof(
    fc.string({
      unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
      maxLength: 200,
    }),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
    fc.integer({ min: -70_000, max: 70_000 }).map(String),
  );
  const encodings: [type: number, encoding: string][] = [
    [TYPE_LIST, 'quicklist'],
    [TYPE_SET, 'hashtable'],
    [TYPE_SET, 'listpack'],
    [TYPE_HASH, 'hashtable'],
    [TYPE_HASH, 'listpack'],
    [TYPE_ZSET, 'skiplist'],
    [TYPE_ZSET, 'listpack'],
  ];
  for (const [type, encoding] of encodings) {
    it(`of type ${type} is read as it was written, as ${encoding}`, () => {
      const elements = fc.uniqueArray(fc.tuple(word, word, fc.double({ noNaN: true })), {
        minLength: 1,
        maxLength: 60,
        selector: ([key]) => key,
      });
      fc.assert(
        fc.property(elements, fc.boolean(), (all, asIntegers) => {
          writer.begin(types.rdbTypeOf(type, encoding, false), all.length);
          for (const [key, value, score] of all) {
            write(key, asIntegers);
            if (type === TYPE_HASH) write(value, asIntegers);
            if (type === TYPE_ZSET) writer.score(score);
          }
          const items = read(payload());
          assert.equal(items.type, type);
          assert.equal(items.elementCount, all.length);
          all.forEach(([key, value, score], index) => {
            assert.equal(text(type === TYPE_HASH ? 2 * index : index), key);
            if (type === TYPE_HASH) assert.equal(text(2 * index + 1), value);
            // A packed -0 is 0, as in Redis.
            if (type === TYPE_ZSET)
              assert.ok(items.score(index) === score, `${items.score(index)}, ${score}`);
          });
        }),
      );
    });
  }
});
