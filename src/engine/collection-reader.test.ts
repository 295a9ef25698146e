import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { viewOf } from '../base/bytes.js';
import { CollectionReader } from './collection-reader.js';
import { TestEngine } from './engine.case.js';
import type { Element } from './item-payload.js';

function text({ isInteger, integer, data, offset, size }: Element): string {
  return isInteger ? String(integer) : Buffer.from(data.buffer, offset, size).toString('latin1');
}

/** What the reader goes over: elements, members with scores, or fields with values. */
function readAll(reader: CollectionReader): string[][] {
  const all: string[][] = [];
  while (reader.next()) {
    const texts = [text(reader.item)];
    if (!Number.isNaN(reader.score)) texts.push(String(reader.score));
    all.push(texts);
  }
  assert.equal(reader.next(), false, 'the end stays the end');
  return all;
}

function entryOf(engine: TestEngine, key: string): number {
  const bytes = Buffer.from(key);
  return engine.keyspace.find(engine.shardOf(key), 0, engine.hashOf(key), viewOf(bytes), 0, bytes.length);
}

function find(reader: CollectionReader, entry: number, name: string): boolean {
  const bytes = Buffer.from(name, 'latin1');
  return reader.find(entry, bytes, viewOf(bytes), 0, bytes.length);
}

/** Integers, and texts that are short, long and empty. */
const element = fc.oneof(
  fc.integer().map(String),
  fc.string({ maxLength: 5 }),
  fc.integer({ min: 0, max: 200 }).map((size) => 'x'.repeat(size)),
);
/** From a packed form with one element to large ones with more than a segment of the nested table. */
const few = fc.uniqueArray(element, { minLength: 1, maxLength: 40 });
const many = fc
  .integer({ min: 100, max: 1500 })
  .map((count) => Array.from({ length: count }, (_, index) => `${index * 3}x`));
const elements = fc.oneof({ weight: 4, arbitrary: few }, { weight: 1, arbitrary: many });

describe('CollectionReader', () => {
  it('goes over a list from either end', () => {
    fc.assert(
      fc.property(elements, (list) => {
        const engine = new TestEngine();
        const reader = new CollectionReader(engine.keyspace);
        engine.run('RPUSH', 'key', ...list);
        const entry = entryOf(engine, 'key');
        reader.open(entry);
        assert.equal(reader.count, list.length);
        assert.deepEqual(
          readAll(reader),
          list.map((one) => [one]),
        );
        reader.openReversed(entry);
        assert.deepEqual(
          readAll(reader),
          [...list].reverse().map((one) => [one]),
        );
      }),
      { numRuns: 40 },
    );
  });

  it('goes over a set, and finds its members', () => {
    fc.assert(
      fc.property(elements, fc.array(element), (set, others) => {
        const engine = new TestEngine();
        const reader = new CollectionReader(engine.keyspace);
        engine.run('SADD', 'key', ...set);
        const entry = entryOf(engine, 'key');
        reader.open(entry);
        assert.equal(reader.count, set.length);
        assert.deepEqual(readAll(reader).flat().sort(), [...set].sort());
        for (const name of [...set.slice(0, 50), ...others]) {
          assert.equal(find(reader, entry, name), set.includes(name), name);
        }
        assert.equal(reader.next(), false, 'a search ends the walk');
      }),
      { numRuns: 40 },
    );
  });

  it('goes over a sorted set in its order, either way, and finds scores', () => {
    const score = fc.oneof(fc.integer({ min: -5, max: 5 }), fc.double({ noNaN: true, min: -10, max: 10 }));
    fc.assert(
      fc.property(elements, fc.infiniteStream(score), (members, scores) => {
        const engine = new TestEngine();
        const reader = new CollectionReader(engine.keyspace);
        const model = members.map((member): [string, number] => [member, Number(scores.next().value) + 0]);
        engine.run('ZADD', 'key', ...model.flatMap(([member, one]) => [String(one), member]));
        const expected = model
          .sort(
            ([left, first], [right, second]) =>
              first - second || Buffer.compare(Buffer.from(left), Buffer.from(right)),
          )
          .map(([member, one]) => [member, String(one)]);
        const entry = entryOf(engine, 'key');
        reader.open(entry);
        assert.equal(reader.count, members.length);
        assert.deepEqual(readAll(reader), expected);
        reader.openReversed(entry);
        assert.deepEqual(readAll(reader), expected.reverse());
        const [name = '', one = ''] = expected[0] ?? [];
        const bytes = Buffer.from(name, 'latin1');
        assert.equal(String(reader.scoreOf(entry, bytes, viewOf(bytes), 0, bytes.length)), one);
        const nobody = Buffer.from('nobody is called like this');
        assert.ok(Number.isNaN(reader.scoreOf(entry, nobody, viewOf(nobody), 0, nobody.length)));
      }),
      { numRuns: 40 },
    );
  });

  it('goes over a hash, and finds its fields, but not those whose time is over', () => {
    fc.assert(
      fc.property(elements, fc.boolean(), (fields, expires) => {
        const engine = new TestEngine();
        const reader = new CollectionReader(engine.keyspace);
        engine.run('HSET', 'key', ...fields.flatMap((field, index) => [field, `value ${index}`]));
        const [mortal = ''] = fields;
        if (expires) engine.run('HPEXPIRE', 'key', '10', 'FIELDS', '1', mortal);
        const entry = entryOf(engine, 'key');
        assert.ok(find(reader, entry, mortal));
        assert.equal(text(reader.value), 'value 0');
        assert.equal(reader.deadline, expires ? engine.now + 10 : 0);
        engine.now += 10;
        const left = expires ? fields.slice(1) : fields;
        const seen = new Map<string, string>();
        reader.open(entry);
        while (reader.next()) seen.set(text(reader.item), text(reader.value));
        assert.deepEqual([...seen.keys()].sort(), [...left].sort());
        for (const [field, value] of seen) assert.equal(value, `value ${fields.indexOf(field)}`);
        assert.equal(find(reader, entry, mortal), !expires);
      }),
      { numRuns: 40 },
    );
  });
});
