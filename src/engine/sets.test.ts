import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { COLLECTION_NAMED_LARGE, TYPE_SET } from '../structures/entry.js';
import { Applier } from './apply.js';
import { TestEngine } from './engine.case.js';
import { ENGINE_EPOCH, ENGINE_SNAPSHOT } from './shard-words.js';

const OUT_OF_MEMORY = '-OOM';
/** Beyond this a sum of squares of 99 deviations is met once in a million times (chi-square). */
const CHI_SQUARE_99_MAX = 180;

/** The bulk strings of a reply. */
function bulks(reply: string): string[] {
  const lines = reply.split('\r\n');
  return lines.filter((_, index) => /^\$\d/.test(lines[index - 1] ?? ''));
}

function members(engine: TestEngine, key: string): string[] {
  return bulks(engine.run('SMEMBERS', key)).sort();
}

/** What a set is called, and whether it is large. */
function form(engine: TestEngine, key: string): string {
  const entry = engine.keyspace.findStored(
    engine.shardOf(key),
    0,
    engine.hashOf(key),
    new DataView(new Uint8Array(Buffer.from(key)).buffer),
    0,
    key.length,
  );
  if (entry === 0) return 'none';
  assert.equal(engine.entries.type(entry), TYPE_SET);
  const name = (engine.entries.encoding(entry) & COLLECTION_NAMED_LARGE) !== 0 ? 'hashtable' : 'intset';
  return engine.entries.isLarge(entry) ? `large ${name}` : name;
}

const keys = ['a', 'b', 'c'];
const key = fc.constantFrom(...keys);
/** Many share a beginning with others; some make a set large alone. */
const member = fc.oneof(
  { weight: 10, arbitrary: fc.nat(40).map(String) },
  { weight: 10, arbitrary: fc.nat(40).map((number) => `member:${number}`) },
  { weight: 2, arbitrary: fc.integer().map(String) },
  { weight: 1, arbitrary: fc.constantFrom('9223372036854775807', '-9223372036854775808', '', '-0', '007') },
  { weight: 1, arbitrary: fc.nat(3).map((number) => `${number}`.repeat(9000)) },
);
const some = fc.array(member, { minLength: 1, maxLength: 6 });
const run = fc
  .tuple(fc.nat(600), fc.integer({ min: 1, max: 300 }), fc.constantFrom('', 'm'))
  .map(([from, count, prefix]) => Array.from({ length: count }, (_, index) => `${prefix}${from + index}`));
const command = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(fc.constantFrom('SADD', 'SREM'), key, some).map(([n, k, m]) => [n, k, ...m]),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.constantFrom('SADD', 'SREM'), key, run).map(([n, k, m]) => [n, k, ...m]),
  },
  { weight: 2, arbitrary: fc.tuple(fc.constant('SMOVE'), key, key, member) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('SPOP'), key, fc.nat(200).map(String)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('SPOP'), key) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        fc.constantFrom('SINTERSTORE', 'SUNIONSTORE', 'SDIFFSTORE'),
        key,
        fc.array(key, { minLength: 1, maxLength: 4 }),
      )
      .map(([name, target, sources]) => [name, target, ...sources]),
  },
);

type Model = Map<string, Set<string>>;

/** Does to the model what a command, whose reply is given, has done; asserts that the reply is right. */
function imitate(model: Model, words: readonly string[], reply: string): void {
  const [name, target, ...rest] = words as [string, string, ...string[]];
  const set = model.get(target) ?? new Set();
  switch (name) {
    case 'SADD':
    case 'SREM': {
      const before = set.size;
      for (const each of rest) name === 'SADD' ? set.add(each) : set.delete(each);
      assert.equal(reply, `:${Math.abs(set.size - before)}\r\n`);
      break;
    }
    case 'SMOVE': {
      const [other, moved] = rest as [string, string];
      const isThere = set.has(moved);
      assert.equal(reply, `:${isThere ? 1 : 0}\r\n`);
      if (!isThere || other === target) break;
      set.delete(moved);
      model.set(other, (model.get(other) ?? new Set()).add(moved));
      break;
    }
    case 'SPOP': {
      const popped = bulks(reply);
      const wanted = rest.length === 0 ? 1 : Number(rest[0]);
      assert.equal(popped.length, Math.min(wanted, set.size));
      for (const each of popped) assert.ok(set.delete(each), each);
      break;
    }
    default: {
      const [first, ...others] = rest.map((source) => model.get(source) ?? new Set<string>());
      let result = [...(first ?? [])];
      if (name === 'SUNIONSTORE') result = [...result, ...others.flatMap((other) => [...other])];
      else
        result = result.filter((each) =>
          others.every((other) => other.has(each) === (name === 'SINTERSTORE')),
        );
      model.set(target, new Set(result));
      assert.equal(reply, `:${new Set(result).size}\r\n`);
      return;
    }
  }
  model.set(target, set);
}

function assertSame(engine: TestEngine, model: Model): void {
  for (const name of keys) {
    const expected = [...(model.get(name) ?? [])].sort();
    assert.deepEqual(members(engine, name), expected);
    assert.equal(engine.say(`SCARD ${name}`), `:${expected.length}`);
    assert.equal(engine.say(`EXISTS ${name}`), expected.length === 0 ? ':0' : ':1');
    if (form(engine, name) === 'intset') {
      const order = bulks(engine.run('SMEMBERS', name)).map(BigInt);
      assert.ok(order.every((value, index) => index === 0 || value > order[index - 1]!));
    }
  }
}

function flipEpochs(engine: TestEngine): void {
  for (let shard = 0; shard < engine.memory.shardCount; shard++) {
    const words = engine.memory.engineAt(shard);
    engine.memory.shardU32[words + ENGINE_EPOCH]! ^= 1;
    engine.memory.shardU32[words + ENGINE_SNAPSHOT] = 1;
  }
}

describe('sets', () => {
  it('are what a plain set is, whatever their form, and come back from the log', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 40 }), (commands) => {
        const engine = new TestEngine({ logs: true });
        const copy = new TestEngine();
        copy.keyspace.now = 0;
        const applier = new Applier(copy.keyspace, copy.batons, 0, 1);
        const model: Model = new Map();
        for (const words of commands) imitate(model, words, engine.run(...words));
        assertSame(engine, model);
        engine.drainLog({ record: (fields, bytes) => applier.applyRecord(bytes, fields) });
        copy.now = engine.now;
        assertSame(copy, model);
        for (const name of keys)
          if (form(engine, name) === 'intset') assert.equal(form(copy, name), 'intset');
        for (const each of [engine, copy]) {
          each.say('DEL a b c');
          each.drainLog({ record: () => {} });
          each.assertEmpty();
        }
      }),
      { numRuns: 60 },
    );
  });

  it('stay as they are, or lose nothing but what the log tells, when memory fails at any point', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(command, fc.nat(6)), { maxLength: 30 }), (commands) => {
        const engine = new TestEngine({ logs: true });
        const copy = new TestEngine();
        copy.keyspace.now = 0;
        const applier = new Applier(copy.keyspace, copy.batons, 0, 1);
        for (const [words, allowed] of commands) {
          const before = keys.map((name) => members(engine, name));
          let left = allowed;
          engine.memory.fails = () => left-- <= 0;
          const reply = engine.run(...words);
          engine.memory.fails = () => false;
          if (!reply.startsWith(OUT_OF_MEMORY) || words.length > 3 + Number(words[0] === 'SMOVE')) continue;
          assert.deepEqual(
            keys.map((name) => members(engine, name)),
            before,
            words.join(' ').slice(0, 80),
          );
        }
        engine.drainLog({ record: (fields, bytes) => applier.applyRecord(bytes, fields) });
        for (const name of keys) assert.deepEqual(members(copy, name), members(engine, name));
        engine.say('DEL a b c');
        engine.drainLog({ record: () => {} });
        engine.assertEmpty();
      }),
      { numRuns: 60 },
    );
  });

  it('give the members that a running snapshot still needs over, and change others in place', () => {
    for (const count of [20, 2000]) {
      const engine = new TestEngine({ shardCount: 1, databaseCount: 1 });
      const all = Array.from({ length: count }, (_, number) => `member:${number}`);
      engine.run('SADD', 'set', ...all);
      const entry = engine.pointers(0, 0)[0]!;
      const before = engine.describe(entry);
      flipEpochs(engine);
      engine.run('SREM', 'set', ...all.slice(0, 5));
      engine.run('SADD', 'set', 'new');
      engine.run('SPOP', 'set', '3');
      assert.equal(engine.say('SCARD set'), `:${count - 7}`);
      const isLeft = members(engine, 'set').includes('new');
      assert.equal(engine.say('SREM set new member:1'), isLeft ? ':1' : ':0');
      if (count === 20) {
        assert.equal(engine.describe(entry), before, 'the old entry is as it was');
        assert.notEqual(engine.pointers(0, 0)[0], entry);
        continue;
      }
      let handedOver = 0;
      const { parts } = engine.keyspace;
      for (let part = parts.takeHandedOver(0); part !== 0; part = parts.takeHandedOver(0)) {
        assert.match(engine.keyAt(part).toString(), /^member:/);
        parts.doneWith(0, parts.handedRoot, part);
        handedOver += 1;
      }
      assert.ok(handedOver >= 7 && handedOver <= 8, `${handedOver}`);
    }
  });

  it('are named and held by what is in them', () => {
    const engine = new TestEngine();
    const integers = (from: number, count: number) =>
      Array.from({ length: count }, (_, index) => `${from + index}`);
    engine.run('SADD', 'set', ...integers(0, 512));
    assert.equal(form(engine, 'set'), 'intset');
    engine.run('SADD', 'set', '511');
    assert.equal(form(engine, 'set'), 'intset');
    engine.run('SADD', 'set', '512');
    assert.equal(form(engine, 'set'), 'large hashtable');
    engine.run('SADD', 'wide', ...integers(0, 512).map((text) => `92233720368547${text.padStart(5, '0')}`));
    assert.equal(form(engine, 'wide'), 'intset');
    engine.run('SADD', 'wide', 'x');
    assert.equal(form(engine, 'wide'), 'large hashtable');
    engine.run('SADD', 'mixed', ...integers(0, 127));
    engine.run('SADD', 'mixed', 'x');
    assert.equal(form(engine, 'mixed'), 'hashtable');
    engine.run('SREM', 'mixed', 'x');
    engine.run('SADD', 'mixed', '5000');
    assert.equal(form(engine, 'mixed'), 'hashtable');
    assert.equal(engine.say('SISMEMBER mixed 77'), ':1');
    engine.run('SADD', 'mixed', 'y');
    assert.equal(form(engine, 'mixed'), 'large hashtable');
    engine.run('SADD', 'long', 'l'.repeat(9000));
    assert.equal(form(engine, 'long'), 'large hashtable');
    engine.config.apply([['set-max-intset-entries', '3']]);
    engine.run('SADD', 'few', '1', '2', '3');
    assert.equal(form(engine, 'few'), 'intset');
    engine.run('SADD', 'few', '0');
    assert.equal(form(engine, 'few'), 'hashtable');
    engine.config.apply([['set-max-intset-entries', '600']]);
    engine.run('SADD', 'many', ...integers(0, 600));
    assert.equal(form(engine, 'many'), 'large intset');
    engine.run('SADD', 'many', '-1');
    assert.equal(form(engine, 'many'), 'large hashtable');
  });

  it('take as much memory as was promised', () => {
    for (const [name, bytesMax] of [
      ['member:%', 56],
      ['%', 48],
    ] as const) {
      const engine = new TestEngine({ shardCount: 1, databaseCount: 1 });
      const all = Array.from({ length: 1000 }, (_, index) => name.replace('%', `${1_000_000 + index}`));
      engine.run('SADD', 'set', ...all);
      const bytes = engine.memory.usedBytes() / all.length;
      assert.ok(bytes <= bytesMax, `${bytes} bytes a member`);
    }
  });
});

describe('a choice at random', () => {
  const count = 100;
  /** Sum of squared deviations of how often each of 100 members was chosen, over what is to be expected. */
  function chiSquare(chosen: Iterable<string>): number {
    const times = new Map<string, number>();
    let total = 0;
    for (const each of chosen) {
      times.set(each, (times.get(each) ?? 0) + 1);
      total += 1;
    }
    assert.equal(times.size, count);
    const expected = total / count;
    let sum = 0;
    for (const each of times.values()) sum += (each - expected) ** 2 / expected;
    return sum;
  }

  /** Sets of 100 members: packed, in a table that is nearly empty, and, told by the last digits, 100 groups in a full one. */
  function fill(engine: TestEngine, kind: string): void {
    const names = Array.from({ length: count }, (_, index) => `member:${index}`);
    if (kind === 'packed') engine.run('SADD', 'set', ...names);
    else if (kind === 'integers') engine.run('SADD', 'set', ...names.map((_, index) => `${index * 37}`));
    else if (kind === 'sparse') {
      const others = Array.from({ length: 3000 }, (_, index) => `other:${index}`);
      engine.run('SADD', 'set', ...names, ...others);
      engine.run('SREM', 'set', ...others);
    } else {
      const all = Array.from({ length: 5000 }, (_, index) => `${index}:${index % count}`);
      engine.run('SADD', 'set', ...all);
    }
  }
  const group = (member: string) => member.split(':').at(-1)!;

  for (const kind of ['packed', 'integers', 'sparse', 'many segments']) {
    it(`is fair: ${kind}`, () => {
      const engine = new TestEngine();
      fill(engine, kind);
      const single = Array.from({ length: 10_000 }, () => bulks(engine.run('SRANDMEMBER', 'set'))[0]!);
      assert.ok(chiSquare(single.map(group)) < CHI_SQUARE_99_MAX, 'SRANDMEMBER');
      const repeated = bulks(engine.run('SRANDMEMBER', 'set', '-10000'));
      assert.equal(repeated.length, 10_000);
      assert.ok(chiSquare(repeated.map(group)) < CHI_SQUARE_99_MAX, 'SRANDMEMBER with a negative count');
      for (const wanted of [7, 60]) {
        const several = Array.from({ length: 400 }, () => {
          const chosen = bulks(engine.run('SRANDMEMBER', 'set', `${wanted}`));
          assert.equal(new Set(chosen).size, wanted);
          return chosen;
        });
        assert.ok(chiSquare(several.flat().map(group)) < CHI_SQUARE_99_MAX, `SRANDMEMBER of ${wanted}`);
        const popped = Array.from({ length: 200 }, () => {
          const chosen = bulks(engine.run('SPOP', 'set', `${wanted}`));
          assert.equal(new Set(chosen).size, wanted);
          engine.run('SADD', 'set', ...chosen);
          return chosen;
        });
        assert.ok(chiSquare(popped.flat().map(group)) < CHI_SQUARE_99_MAX, `SPOP of ${wanted}`);
      }
    });
  }

  it('does not favour elements of emptier segments: a set of very different ones', () => {
    const engine = new TestEngine();
    const all = Array.from({ length: 20_000 }, (_, index) => `${index}:${index % count}`);
    engine.run('SADD', 'set', ...all);
    // What is left is 7 in 8 of one half of the hashes' space, and 1 in 8 of the other.
    engine.run(
      'SREM',
      'set',
      ...all.filter((each, i) => (engine.hashOf(each) >>> 31 === 0) === (i % 8 === 0)),
    );
    const left = members(engine, 'set');
    const lows = left.filter((each) => engine.hashOf(each) >>> 31 === 0).length / left.length;
    const drawn = bulks(engine.run('SRANDMEMBER', 'set', '-40000'));
    const drawnLows = drawn.filter((each) => engine.hashOf(each) >>> 31 === 0).length / drawn.length;
    assert.ok(lows > 0.8 && Math.abs(drawnLows - lows) < 0.015, `${drawnLows} of ${lows}`);
  });
});
