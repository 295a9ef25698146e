import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { COLLECTION_EXPIRES, COLLECTION_LARGE, COLLECTION_NAMED_LARGE } from '../structures/entry.js';
import { TICK_MS } from '../structures/timing-wheel.js';
import { Applier } from './apply.js';
import { START_MS, TestEngine } from './engine.case.js';
import * as errors from './errors.js';
import { freeGarbage } from './garbage.js';
import { HashCursor } from './hash-cursor.js';
import { ENGINE_EPOCH, ENGINE_SNAPSHOT, TABLE_REMINDER_COUNT, TABLE_WHEEL } from './shard-words.js';
import { FLAG_EXPIRED, OP_HASH_DELETE, OP_HASH_EXPIREAT, OP_HASH_SET, OP_HASH_UPDATE } from './wal/record.js';

const OUT_OF_MEMORY = `-${errors.OUT_OF_MEMORY}`;

interface Field {
  readonly value: string;
  readonly deadline: number;
}
type Model = Map<string, Map<string, Field>>;

function newEngine(options: { logs?: boolean } = {}): TestEngine {
  return new TestEngine({ shardCount: 1, databaseCount: 1, ...options });
}

/** Everything stored, fields included whose time is over: by key and field. */
function contentsOf(engine: TestEngine): Model {
  const cursor = new HashCursor(engine.keyspace);
  const { now } = engine.keyspace;
  engine.keyspace.now = 0;
  const all: Model = new Map();
  for (const entry of engine.pointers(0, 0)) {
    const fields = new Map<string, Field>();
    cursor.begin(entry);
    while (cursor.next()) {
      const name = Buffer.alloc(cursor.field.textSize());
      const value = Buffer.alloc(cursor.value.textSize());
      cursor.field.copyText(name, 0);
      cursor.value.copyText(value, 0);
      assert.ok(!fields.has(name.toString('latin1')), 'no field is there twice');
      fields.set(name.toString('latin1'), { value: value.toString('latin1'), deadline: cursor.deadline });
    }
    assert.ok(fields.size > 0, 'there are no empty hashes');
    all.set(engine.keyAt(entry).toString('latin1'), fields);
  }
  engine.keyspace.now = now;
  return all;
}

/** What of it is there for commands. */
function liveOf(contents: Model, nowMs: number): Model {
  const live: Model = new Map();
  for (const [key, fields] of contents) {
    const left = [...fields].filter(([, { deadline }]) => deadline === 0 || deadline > nowMs);
    if (left.length > 0) live.set(key, new Map(left));
  }
  return live;
}

function encodingOf(engine: TestEngine, key: string): number {
  return engine.entries.encoding(
    engine.pointers(0, 0).find((entry) => engine.keyAt(entry).toString() === key) ?? 0,
  );
}

function expireAll(engine: TestEngine): void {
  while (engine.keyspace.expireNext(0, 0) !== 0) {
    // until there is nothing more
  }
}

/** Repeats the log of an engine in another one. */
function replay(engine: TestEngine): TestEngine {
  const copy = newEngine();
  copy.keyspace.now = 0;
  const applier = new Applier(copy.keyspace, copy.batons, 0, 1);
  engine.drainLog({ record: (fields, bytes) => applier.applyRecord(bytes, fields) });
  return copy;
}

function assertEmpty(engine: TestEngine, model: Model): void {
  for (const key of model.keys()) engine.run('DEL', key);
  engine.drainLog({ record: () => {} });
  engine.assertEmpty();
}

/** The wheel reminds of exactly the hashes that have fields with deadlines. */
function checkReminders(engine: TestEngine, contents: Model): void {
  const table = engine.memory.tableAt(0, 0);
  const expected = [...contents.values()].filter((fields) =>
    [...fields.values()].some(({ deadline }) => deadline !== 0),
  ).length;
  assert.equal(engine.memory.shardU32[table + TABLE_REMINDER_COUNT], expected);
  assert.equal(engine.memory.shardU32[table + TABLE_WHEEL] !== 0, expected > 0);
}

type Command = readonly [name: string, key: string, ...words: string[]];

const key = fc.constantFrom('a', 'b');
const field = fc.constantFrom('f', 'g', '', '17', '-5', 'field:1', '007', 'long'.repeat(20));
const value = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: -70_000, max: 70_000 }).map(String) },
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 90 }).map((size) => 'v'.repeat(size)) },
  { weight: 1, arbitrary: fc.constant('9007199254740993') },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 9000 }).map((size) => 'w'.repeat(size)) },
);
const many = fc
  .integer({ min: 1, max: 700 })
  .map((count) => Array.from({ length: count }, (_, i) => `many:${i}`));
const ms = fc.integer({ min: 0, max: 40 }).map(String);
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(key, field, value).map(([k, f, v]): Command => ['HSET', k, f, v]) },
  { weight: 2, arbitrary: fc.tuple(key, field, value).map(([k, f, v]): Command => ['HSETNX', k, f, v]) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(key, many)
      .map(([k, names]): Command => ['HSET', k, ...names.flatMap((f) => [f, '1'])]),
  },
  { weight: 1, arbitrary: fc.tuple(key, many).map(([k, names]): Command => ['HDEL', k, ...names]) },
  { weight: 4, arbitrary: fc.tuple(key, field, field).map(([k, f, g]): Command => ['HDEL', k, f, g]) },
  { weight: 4, arbitrary: fc.tuple(key, field).map(([k, f]): Command => ['HINCRBY', k, f, '3']) },
  {
    weight: 6,
    arbitrary: fc
      .tuple(key, ms, field, field)
      .map(([k, time, f, g]): Command => ['HPEXPIRE', k, time, 'FIELDS', '2', f, g]),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(key, ms, many)
      .map(([k, time, names]): Command => ['HPEXPIRE', k, time, 'FIELDS', String(names.length), ...names]),
  },
  { weight: 2, arbitrary: fc.tuple(key, field).map(([k, f]): Command => ['HPERSIST', k, 'FIELDS', '1', f]) },
  { weight: 2, arbitrary: fc.tuple(key, field).map(([k, f]): Command => ['HGETDEL', k, 'FIELDS', '1', f]) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(key, field, value)
      .map(([k, f, v]): Command => ['HSETEX', k, 'KEEPTTL', 'FIELDS', '1', f, v]),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(key, ms, field, value)
      .map(([k, time, f, v]): Command => ['HSETEX', k, 'PX', time, 'FIELDS', '1', f, v]),
  },
  { weight: 1, arbitrary: key.map((k): Command => ['DEL', k]) },
  { weight: 3, arbitrary: fc.constant<Command>(['SLEEP', '']) },
  { weight: 2, arbitrary: fc.constant<Command>(['MAINTAIN', '']) },
);

/** What a command does to the fields of a hash, and what it replies. */
function change(fields: Map<string, Field>, [name, , ...words]: Command, nowMs: number): string {
  const [first = '', second = '', , third = '', fourth = ''] = words;
  switch (name) {
    case 'HSET': {
      const before = fields.size;
      for (let i = 0; i < words.length; i += 2) fields.set(words[i]!, { value: words[i + 1]!, deadline: 0 });
      return `:${fields.size - before}`;
    }
    case 'HSETNX':
      if (fields.has(first)) return ':0';
      fields.set(first, { value: second, deadline: 0 });
      return ':1';
    case 'HDEL':
      return `:${words.filter((word) => fields.delete(word)).length}`;
    case 'HINCRBY': {
      const old = fields.get(first) ?? { value: '0', deadline: 0 };
      if (!/^(0|-?[1-9]\d*)$/.test(old.value)) return `-${errors.HASH_NOT_AN_INTEGER}`;
      const sum = String(BigInt(old.value) + 3n);
      fields.set(first, { value: sum, deadline: old.deadline });
      return `:${sum}`;
    }
    case 'HPEXPIRE': {
      const names = words.slice(3);
      const codes = names.map((each) => expire(fields, each, nowMs + Number(first), nowMs));
      return `*${names.length} ${codes.join(' ')}`;
    }
    case 'HPERSIST': {
      const old = fields.get(words[2]!);
      if (old === undefined) return '*1 :-2';
      if (old.deadline === 0) return '*1 :-1';
      fields.set(words[2]!, { ...old, deadline: 0 });
      return '*1 :1';
    }
    case 'HGETDEL': {
      const old = fields.get(words[2]!);
      fields.delete(words[2]!);
      return old === undefined ? '*1 $-1' : `*1 $${old.value.length} ${old.value}`;
    }
    default: {
      const keeps = first === 'KEEPTTL';
      const [target, text] = keeps ? [third, fourth] : [words[4]!, words[5]!];
      fields.set(target, { value: text, deadline: keeps ? (fields.get(target)?.deadline ?? 0) : 0 });
      if (!keeps) expire(fields, target, nowMs + Number(second), nowMs);
      return ':1';
    }
  }
}

function expire(fields: Map<string, Field>, name: string, deadline: number, nowMs: number): string {
  const old = fields.get(name);
  if (old === undefined) return ':-2';
  if (deadline <= nowMs) {
    fields.delete(name);
    return ':2';
  }
  fields.set(name, { ...old, deadline });
  return ':1';
}

/** Does to the model what the command does to an engine: the reply. */
function changeModel(model: Model, words: Command, nowMs: number): string {
  const [name, k] = words;
  const live = liveOf(model, nowMs).get(k);
  if (name === 'DEL') return model.delete(k) ? ':1' : ':0';
  const fields = live ?? new Map<string, Field>();
  const reply = change(fields, words, nowMs);
  if (fields.size > 0) model.set(k, fields);
  else model.delete(k);
  return reply;
}

describe('hashes', () => {
  it('do what a map does, in either form, and come back from the log', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
        const engine = newEngine({ logs: true });
        let model: Model = new Map();
        for (const words of commands) {
          if (words[0] === 'SLEEP') {
            engine.now += 15;
            model = liveOf(model, engine.now);
          } else if (words[0] === 'MAINTAIN') {
            expireAll(engine);
            const lastTick = Math.floor(engine.now / TICK_MS) * TICK_MS;
            assert.deepEqual(contentsOf(engine), liveOf(contentsOf(engine), lastTick), 'nothing is over');
          } else {
            const isThere = model.has(words[1]);
            const reply = changeModel(model, words, engine.now);
            const actual = engine
              .run(...words)
              .replace(/\r\n$/, '')
              .replaceAll('\r\n', ' ');
            // A key all of whose fields are over is there until somebody deletes it, for DEL, too.
            if (words[0] !== 'DEL' || isThere) assert.equal(actual, reply, words.join(' '));
          }
          const contents = contentsOf(engine);
          assert.deepEqual(liveOf(contents, engine.now), model);
          checkReminders(engine, contents);
          for (const [k, fields] of model) assert.equal(engine.run('HLEN', k), `:${fields.size}\r\n`);
        }
        const contents = contentsOf(engine);
        const copy = replay(engine);
        assert.deepEqual(contentsOf(copy), contents);
        for (const k of contents.keys()) assert.equal(encodingOf(copy, k), encodingOf(engine, k));
        checkReminders(copy, contents);
        assertEmpty(copy, contents);
        assertEmpty(engine, contents);
      }),
      { numRuns: 150 },
    );
  });

  it('have done what the log says when memory is exhausted, and nothing else', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(command, fc.option(fc.integer({ min: 0, max: 12 }), { nil: undefined })), {
          maxLength: 40,
        }),
        (commands) => {
          const engine = newEngine({ logs: true });
          for (const [words, allowed] of commands) {
            if (words[0] === 'SLEEP') {
              engine.now += 15;
              continue;
            }
            let left = allowed ?? Number.POSITIVE_INFINITY;
            engine.memory.fails = () => left-- <= 0;
            const before = contentsOf(engine);
            if (words[0] === 'MAINTAIN') expireAll(engine);
            else {
              const reply = engine.run(...words);
              const isSingle = words.length <= 4 && words[0] !== 'HDEL';
              if (isSingle && reply === `${OUT_OF_MEMORY}\r\n`) {
                assert.deepEqual(liveOf(contentsOf(engine), engine.now), liveOf(before, engine.now));
              }
            }
            engine.memory.fails = () => false;
            assert.ok(!engine.log.failed());
            while (freeGarbage(engine.keyspace, 0)) {
              // what was given up
            }
            checkReminders(engine, contentsOf(engine));
          }
          const contents = contentsOf(engine);
          const copy = replay(engine);
          assert.deepEqual(contentsOf(copy), contents);
          assertEmpty(copy, contents);
          assertEmpty(engine, contents);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('become large by bytes or by fields, and with their first deadline', () => {
    const engine = newEngine();
    const pairs = (count: number, size: number) =>
      Array.from({ length: count }, (_, i) => [`f${i}`, 'v'.repeat(size)]).flat();
    const table: [words: string[], encoding: number][] = [
      [['HSET', 'k', ...pairs(512, 1)], 0],
      [['HSET', 'k', ...pairs(513, 1)], COLLECTION_LARGE | COLLECTION_NAMED_LARGE],
      [['HSET', 'k', ...pairs(1, 65)], COLLECTION_NAMED_LARGE],
      [['HSET', 'k', ...pairs(120, 64)], COLLECTION_LARGE],
      [['HSETEX', 'k', 'EX', '9', 'FIELDS', '1', 'f', 'v'], COLLECTION_LARGE | COLLECTION_EXPIRES],
    ];
    for (const [words, encoding] of table) {
      engine.run(...words);
      assert.equal(encodingOf(engine, 'k'), encoding, words.slice(0, 3).join(' '));
      engine.say('DEL k');
    }
    engine.assertEmpty();
  });

  it('log effects: what was set, what is gone, and deadlines as moments', () => {
    const engine = newEngine({ logs: true });
    engine.say('HSET k a 1 b 2 c 3');
    engine.say('HPEXPIRE k 100 FIELDS 2 a b');
    engine.say('HINCRBY k a 1');
    engine.say('HINCRBY k c 1');
    engine.say('HPEXPIRE k 0 FIELDS 2 x y');
    engine.say('HDEL k x');
    engine.say('HPERSIST k FIELDS 1 c');
    engine.now += 112;
    engine.say('HINCRBY k b 7');
    expireAll(engine);
    const seen: [number, number, string][] = [];
    engine.drainLog({
      record: (record, bytes) => {
        const payload = Buffer.from(bytes.slice(record.valueOffset, record.valueOffset + record.valueBytes));
        seen.push([
          record.op,
          record.flags & FLAG_EXPIRED,
          payload.toString('latin1').replace(/[^ -~]/g, ''),
        ]);
      },
    });
    assert.deepEqual(
      seen.map(([op, flags]) => [op, flags]),
      [
        [OP_HASH_SET, 0],
        [OP_HASH_EXPIREAT, 0],
        [OP_HASH_UPDATE, 0],
        [OP_HASH_SET, 0],
        [OP_HASH_SET, 0],
        [OP_HASH_DELETE, FLAG_EXPIRED],
      ],
    );
    assert.equal(seen[2]![2], 'a2');
    assert.equal(seen[4]![2], 'b7');
    assert.equal(seen[5]![2], 'a');
    assert.equal(engine.say('HGETALL k'), '*4 $1 b $1 7 $1 c $1 4');
  });

  it('lose their last field and the key when its time is over, without being asked', () => {
    const engine = newEngine({ logs: true });
    const names = Array.from({ length: 300 }, (_, i) => `f${i}`);
    engine.run('HSET', 'k', ...names.flatMap((name) => [name, '1']));
    engine.run('HPEXPIRE', 'k', '16', 'FIELDS', '300', ...names);
    engine.say('HSET other f v');
    engine.say('HPEXPIRE other 32 FIELDS 1 f');
    engine.now += 16;
    expireAll(engine);
    assert.equal(engine.say('DBSIZE'), ':1');
    assert.equal(engine.say('HGET other f'), '$1 v');
    engine.now += 16;
    assert.equal(engine.say('HGET other f'), '$-1');
    assert.equal(engine.say('EXISTS other'), ':1');
    expireAll(engine);
    assert.equal(engine.say('DBSIZE'), ':0');
    const copy = replay(engine);
    copy.assertEmpty();
    engine.assertEmpty();
  });

  it('delete the fields that are due in steps', () => {
    const engine = newEngine();
    engine.run('HSET', 'k', ...Array.from({ length: 40 }, (_, i) => [`f${i}`, '1']).flat(), 'stays', '1');
    engine.run('HPEXPIRE', 'k', '16', 'FIELDS', '40', ...Array.from({ length: 40 }, (_, i) => `f${i}`));
    engine.now += 16;
    const left = () => contentsOf(engine).get('k')?.size ?? 0;
    assert.equal(left(), 41);
    engine.keyspace.expireNext(0, 0);
    assert.ok(left() < 41 && left() > 30, `${left()} left`);
    assert.equal(engine.say('HLEN k'), ':1');
    expireAll(engine);
    assert.equal(left(), 1);
  });

  it('leave a hash alone for a while whose names are too long to be logged now', () => {
    const engine = newEngine({ logs: true });
    const long = 'n'.repeat(200_000);
    engine.run('HSETEX', 'k', 'PX', '16', 'FIELDS', '1', long, 'v');
    engine.drainLog({ record: () => {} });
    engine.now += 16;
    engine.memory.fails = () => true;
    expireAll(engine);
    assert.equal(contentsOf(engine).size, 1);
    engine.memory.fails = () => false;
    engine.now += 900;
    expireAll(engine);
    assert.equal(contentsOf(engine).size, 1);
    engine.now += 2 * TICK_MS + 100;
    expireAll(engine);
    assert.ok(!engine.log.failed());
    assert.equal(contentsOf(engine).size, 0);
    engine.drainLog({ record: () => {} });
    engine.assertEmpty();
  });

  it('leave the parts that a running snapshot has still to write as they are', () => {
    const engine = newEngine();
    const { memory, entries, keyspace } = engine;
    const names = Array.from({ length: 600 }, (_, i) => `f${i}`);
    engine.run('HSET', 'k', ...names.flatMap((name) => [name, 'old']));
    engine.run('HPEXPIRE', 'k', '50', 'FIELDS', '600', ...names);
    const root = entries.root(engine.pointers(0, 0)[0]!);
    const at = memory.engineAt(0);
    memory.shardU32[at + ENGINE_EPOCH]! ^= 1;
    memory.shardU32[at + ENGINE_SNAPSHOT] = 1;
    assert.ok(keyspace.parts.isPending(0, root));
    engine.run('HSET', 'k', ...names.slice(0, 100).flatMap((name) => [name, 'new']), 'more', '1');
    engine.run('HDEL', 'k', ...names.slice(100, 200));
    engine.run('HPEXPIRE', 'k', '90', 'FIELDS', '100', ...names.slice(200, 300));
    engine.run('HPERSIST', 'k', 'FIELDS', '100', ...names.slice(300, 400));
    engine.run('HINCRBY', 'k', 'more', '1');
    engine.run('HSETEX', 'k', 'KEEPTTL', 'FIELDS', '1', 'f400', 'new');
    const handed = new Map<string, Field>();
    const cursor = new HashCursor(keyspace);
    for (let part = keyspace.parts.takeHandedOver(0); part !== 0; part = keyspace.parts.takeHandedOver(0)) {
      assert.equal(keyspace.parts.handedRoot, root);
      cursor.read(part);
      const name = Buffer.alloc(cursor.field.textSize());
      const text = Buffer.alloc(cursor.value.textSize());
      cursor.field.copyText(name, 0);
      cursor.value.copyText(text, 0);
      handed.set(name.toString(), { value: text.toString(), deadline: cursor.deadline });
      keyspace.parts.doneWith(0, root, part);
    }
    assert.deepEqual([...handed.keys()].toSorted(), names.slice(0, 401).toSorted());
    for (const part of handed.values()) assert.deepEqual(part, { value: 'old', deadline: START_MS + 50 });
    memory.shardU32[at + ENGINE_SNAPSHOT] = 0;
    engine.now += 50;
    assert.equal(engine.say('HLEN k'), ':301');
    engine.say('DEL k');
    engine.assertEmpty();
  });
});
