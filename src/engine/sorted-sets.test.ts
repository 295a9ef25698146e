import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { viewOf } from '../base/bytes.js';
import { formatDouble } from '../base/double.js';
import { COLLECTION_NAMED_LARGE } from '../structures/entry.js';
import { Applier } from './apply.js';
import { TestEngine } from './engine.case.js';
import * as errors from './errors.js';
import { freeGarbage } from './garbage.js';
import { ENGINE_EPOCH, ENGINE_SNAPSHOT } from './shard-words.js';
import { SortedSetCursor } from './sorted-set-cursor.js';

const KEY = 'scores';

/** A sorted set beside the plainest model of one: a map of scores by member, one character a byte. */
class Checked {
  readonly engine: TestEngine;
  readonly model = new Map<string, number>();
  private readonly cursor: SortedSetCursor;

  constructor(engine: TestEngine) {
    this.engine = engine;
    this.cursor = new SortedSetCursor(engine.keyspace);
  }

  add(member: string, score: number): void {
    const reply = this.engine.run('ZADD', KEY, formatDouble(score), bytesOf(member));
    if (reply === OUT_OF_MEMORY) return;
    assert.equal(reply, this.model.has(member) ? ':0\r\n' : ':1\r\n');
    this.model.set(member, score);
  }

  remove(member: string): void {
    const reply = this.engine.run('ZREM', KEY, bytesOf(member));
    if (reply === OUT_OF_MEMORY) return;
    assert.equal(reply, this.model.delete(member) ? ':1\r\n' : ':0\r\n');
  }

  removeRanks(first: number, last: number): void {
    const reply = this.engine.run('ZREMRANGEBYRANK', KEY, String(first), String(last));
    if (reply === OUT_OF_MEMORY) return;
    const removed = sorted(this.model).slice(first, last + 1);
    assert.equal(reply, `:${removed.length}\r\n`);
    for (const [member] of removed) this.model.delete(member);
  }

  entry(): number {
    return entryOf(this.engine);
  }

  /** The same members, in the same order, whichever way one goes; each has its rank, and so has each score. */
  check(): void {
    const { cursor, engine } = this;
    const entry = this.entry();
    assert.equal(entry !== 0, this.model.size > 0);
    if (entry === 0) return;
    const expected = sorted(this.model);
    assert.deepEqual(contentsOf(engine, entry), expected);
    cursor.open(entry);
    const backwards: [string, number][] = [];
    for (let found = cursor.seek(cursor.count - 1); found; found = cursor.previous())
      backwards.unshift(pair(cursor));
    assert.deepEqual(backwards, expected);
    const sets = engine.executor.call.collections.sortedSets;
    for (const [rank, [member, score]] of expected.entries()) {
      const bytes = bytesOf(member);
      const shard = engine.shardOf(KEY);
      assert.equal(sets.rank(shard, 0, entry, bytes, viewOf(bytes), 0, bytes.length), rank);
      assert.equal(sets.score(shard, 0, entry, bytes, viewOf(bytes), 0, bytes.length), score);
      const before = expected.filter(([, other]) => other < score).length;
      const upTo = expected.filter(([, other]) => other <= score).length;
      assert.equal(cursor.rankOfScore(score, false), before);
      assert.equal(cursor.rankOfScore(score, true), upTo);
    }
  }
}

const OUT_OF_MEMORY = `-${errors.OUT_OF_MEMORY}\r\n`;

function bytesOf(member: string): Buffer {
  return Buffer.from(member, 'latin1');
}

function entryOf(engine: TestEngine): number {
  const key = Buffer.from(KEY);
  return engine.keyspace.find(engine.shardOf(KEY), 0, engine.hashOf(KEY), viewOf(key), 0, key.length);
}

function pair(cursor: SortedSetCursor): [string, number] {
  const { score } = cursor;
  cursor.spell();
  const bytes = Buffer.from(cursor.data.buffer, cursor.data.byteOffset + cursor.offset, cursor.size);
  return [bytes.toString('latin1'), score];
}

function contentsOf(engine: TestEngine, entry: number): [string, number][] {
  const cursor = new SortedSetCursor(engine.keyspace);
  const all: [string, number][] = [];
  cursor.open(entry);
  for (let found = cursor.seek(0); found; found = cursor.next()) all.push(pair(cursor));
  return all;
}

function sorted(model: ReadonlyMap<string, number>): [string, number][] {
  return [...model].sort(
    ([left, leftScore], [right, rightScore]) =>
      leftScore - rightScore || bytesOf(left).compare(bytesOf(right)),
  );
}

const member = fc.oneof(
  { weight: 6, arbitrary: fc.nat(300).map((number) => `member:${number}`) },
  { weight: 3, arbitrary: fc.integer({ min: -500, max: 500 }).map(String) },
  fc.constantFrom('', '9007199254740991', '-9007199254740992', '123456789012', '01', 'ÿ\0', 'x'.repeat(70)),
  fc.nat(9).map((number) => `${number}`.repeat(700)),
);
const score = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: -20, max: 20 }) },
  fc.integer(),
  fc.double({ noNaN: true }).map((value) => (value === 0 ? 0 : value)),
  fc.constantFrom(2 ** 53 - 1, 2 ** 53, 127, 128, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
);
type Step = readonly [name: string, run: (checked: Checked) => void];
const named = (name: string, run: (checked: Checked) => void): Step => [name, run];
const add = fc.tuple(member, score).map(([m, s]) => named(`add ${m} ${s}`, (checked) => checked.add(m, s)));
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 10, arbitrary: add },
  {
    weight: 3,
    arbitrary: fc.array(fc.tuple(member, score), { minLength: 20, maxLength: 60 }).map((pairs) =>
      named(`add ${pairs.length}`, (checked) => {
        for (const [m, s] of pairs) checked.add(m, s);
      }),
    ),
  },
  { weight: 3, arbitrary: member.map((m) => named(`remove ${m}`, (checked) => checked.remove(m))) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.nat(30), fc.nat(60))
      .map(([first, count]) =>
        named(`remove ranks ${first} + ${count}`, (checked) => checked.removeRanks(first, first + count)),
      ),
  },
);

describe('sorted sets', () => {
  it('hold what a map holds, in order, and give all memory back', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        const engine = new TestEngine({ shardCount: 1, databaseCount: 1 });
        const checked = new Checked(engine);
        for (const [, run] of steps) {
          run(checked);
          assert.equal(engine.run('ZCARD', KEY), `:${checked.model.size}\r\n`);
        }
        checked.check();
        engine.say(`DEL ${KEY}`);
        engine.assertEmpty();
      }),
    );
  });

  it('are the same after a replay of the log', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        const engine = new TestEngine({ logs: true });
        const copy = new TestEngine();
        copy.keyspace.now = 0;
        const applier = new Applier(copy.keyspace, copy.batons, 0, 1);
        const checked = new Checked(engine);
        for (const [, run] of steps) run(checked);
        engine.drainLog({ record: (fields, bytes) => applier.applyRecord(bytes, fields) });
        const [entry, copied] = [entryOf(engine), entryOf(copy)];
        assert.equal(copied !== 0, entry !== 0);
        if (entry !== 0) {
          assert.deepEqual(contentsOf(copy, copied), contentsOf(engine, entry));
          const names = [engine.entries.encoding(entry), copy.entries.encoding(copied)];
          assert.equal(names[0]! & COLLECTION_NAMED_LARGE, names[1]! & COLLECTION_NAMED_LARGE);
        }
      }),
    );
  });

  it('are as they were when memory fails in the middle of a change', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(step, fc.nat(6)), { maxLength: 25 }), (steps) => {
        const engine = new TestEngine({ logs: true, shardCount: 1, databaseCount: 1 });
        const checked = new Checked(engine);
        for (const [[, run], allowed] of steps) {
          let left = allowed;
          engine.memory.fails = () => left-- <= 0;
          run(checked);
          engine.memory.fails = () => false;
          while (freeGarbage(engine.keyspace, 0)) {
            // what was abandoned
          }
          checked.check();
          engine.drainLog({ record: () => {} });
        }
        engine.say(`DEL ${KEY}`);
        engine.drainLog({ record: () => {} });
        engine.assertEmpty();
      }),
    );
  });

  it('leave the parts that a running snapshot has still to write as they are', () => {
    const engine = new TestEngine({ shardCount: 1, databaseCount: 1 });
    const checked = new Checked(engine);
    for (let number = 0; number < 200; number++) checked.add(`member:${number}`, number);
    const { memory, entries, keyspace } = engine;
    const root = entries.root(checked.entry());
    const before = contentsOf(engine, checked.entry());
    const at = memory.engineAt(0);
    memory.shardU32[at + ENGINE_EPOCH]! ^= 1;
    memory.shardU32[at + ENGINE_SNAPSHOT] = 1;
    assert.ok(keyspace.parts.isPending(0, root));
    for (let number = 0; number < 50; number++) checked.add(`member:${number}`, -1 - number);
    for (let number = 50; number < 80; number++) checked.remove(`member:${number}`);
    checked.add('new', 7);
    checked.check();
    // Every part that changed was handed over as it was; the others are still in the collection.
    const handed = new Map<string, number>();
    for (let part = keyspace.parts.takeHandedOver(0); part !== 0; part = keyspace.parts.takeHandedOver(0)) {
      const offset = entries.keyOffset(part);
      const name = Buffer.from(entries.bytes(part).slice(offset, offset + entries.keySize(part)));
      handed.set(name.toString('latin1'), entries.data(part).getFloat64(entries.valueOffset(part), true));
      keyspace.parts.doneWith(0, keyspace.parts.handedRoot, part);
    }
    assert.equal(handed.size, 80);
    for (const [name, value] of before.slice(0, 80)) assert.equal(handed.get(name), value);
    memory.shardU32[at + ENGINE_SNAPSHOT] = 0;
    engine.say(`DEL ${KEY}`);
    engine.assertEmpty();
  });
});
