import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { CrabError } from '../base/errors.js';
import { Applier } from './apply.js';
import { START_MS, TestEngine } from './engine.case.js';
import { Maintenance } from './maintenance.js';
import { LineDecoder, type SnapshotLine } from './snapshot/decode.js';
import { OP_SET, RecordFields } from './wal/record.js';

const SHARD_COUNT = 8;
const DATABASE_COUNT = 2;
const KEYS = ['', 'a', 'b', 'c', 'd', 'user:1', 'user:2', 'w'.repeat(300)];
/** Beyond what the log's ring takes in one piece. */
const EXTERNAL_BYTES = 70_000;

/** A store to be loaded, by several threads' appliers that take turns record by record. */
class Copy {
  readonly engine = new TestEngine({ shardCount: SHARD_COUNT, databaseCount: DATABASE_COUNT });
  readonly appliers: readonly Applier[];

  constructor(threadCount: number) {
    this.appliers = Array.from({ length: threadCount }, (_, thread) => {
      const { keyspace, batons } = new TestEngine({ shared: this.engine.shared });
      keyspace.now = 0;
      return new Applier(keyspace, batons, thread, threadCount);
    });
  }

  /** What is stored, once it has been freed. */
  takeContents(): Map<string, string> {
    const contents = this.engine.contents();
    this.engine.run('FLUSHALL');
    this.engine.assertEmpty();
    return contents;
  }
}

/** A line of a snapshot. */
function stringLine(database: number, key: string, value: string, deadline: number): SnapshotLine {
  const member = deadline === 0 ? {} : { expiresAt: deadline };
  const line = Buffer.from(`${JSON.stringify({ db: database, key, value, ...member })}\n`);
  const decoder = new LineDecoder();
  decoder.parse(line, 0, line.length);
  return decoder;
}

const key = fc.constantFrom(...KEYS);
const value = fc.oneof(
  { weight: 8, arbitrary: fc.string({ maxLength: 40 }) },
  {
    weight: 1,
    arbitrary: fc.integer({ min: EXTERNAL_BYTES - 5, max: EXTERNAL_BYTES }).map((size) => 'x'.repeat(size)),
  },
);
const ms = fc.integer({ min: 1, max: 500 }).map(String);
const command = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(key, value).map(([k, v]) => ['SET', k, v]) },
  { weight: 3, arbitrary: fc.tuple(key, value, ms).map(([k, v, px]) => ['SET', k, v, 'PX', px]) },
  {
    weight: 3,
    arbitrary: fc
      .array(fc.tuple(key, value), { minLength: 1, maxLength: 5 })
      .map((pairs) => ['MSET', ...pairs.flat()]),
  },
  { weight: 2, arbitrary: fc.array(key, { minLength: 1, maxLength: 4 }).map((keys) => ['DEL', ...keys]) },
  { weight: 2, arbitrary: fc.tuple(key, value).map(([k, v]) => ['APPEND', k, v]) },
  {
    weight: 2,
    arbitrary: fc.tuple(key, fc.nat(300), value).map(([k, offset, v]) => ['SETRANGE', k, String(offset), v]),
  },
  { weight: 1, arbitrary: fc.constant(['SWAPDB', '0', '1']) },
  { weight: 1, arbitrary: fc.tuple(key, key).map(([k, other]) => ['RENAME', k, other]) },
  { weight: 1, arbitrary: fc.tuple(key, key).map(([k, other]) => ['COPY', k, other, 'REPLACE']) },
  { weight: 1, arbitrary: fc.tuple(key, fc.constantFrom('0', '1')).map(([k, d]) => ['MOVE', k, d]) },
  { weight: 1, arbitrary: fc.tuple(key, fc.nat(2000)).map(([k, bit]) => ['SETBIT', k, String(bit), '1']) },
  { weight: 1, arbitrary: fc.tuple(key, value).map(([k, v]) => ['PFADD', k, v]) },
  { weight: 2, arbitrary: key.map((k) => ['INCR', k]) },
  { weight: 1, arbitrary: key.map((k) => ['INCRBYFLOAT', k, '0.1']) },
  { weight: 1, arbitrary: fc.tuple(key, value).map(([k, v]) => ['GETSET', k, v]) },
  { weight: 1, arbitrary: fc.tuple(key, ms).map(([k, px]) => ['GETEX', k, 'PX', px]) },
  { weight: 1, arbitrary: key.map((k) => ['GETDEL', k]) },
  { weight: 1, arbitrary: fc.tuple(key, value).map(([k, v]) => ['DELEX', k, 'IFNE', v]) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(key, value, key, value, fc.constantFrom(['KEEPTTL'], ['PX', '50'], ['NX']))
      .map(([k, v, other, w, options]) => ['MSETEX', '2', k, v, other, w, ...options]),
  },
  { weight: 2, arbitrary: fc.tuple(key, ms).map(([k, px]) => ['PEXPIRE', k, px]) },
  { weight: 1, arbitrary: key.map((k) => ['EXPIRE', k, '-1']) },
  { weight: 1, arbitrary: key.map((k) => ['PERSIST', k]) },
  { weight: 1, arbitrary: fc.array(key, { minLength: 1, maxLength: 4 }).map((keys) => ['MGET', ...keys]) },
  { weight: 2, arbitrary: fc.constantFrom(['SELECT', '0'], ['SELECT', '1']) },
  { weight: 1, arbitrary: fc.constantFrom(['FLUSHDB'], ['FLUSHALL'], ['SLEEP']) },
);

describe('Applier', () => {
  it('brings the same state back from the log, with one thread and with three', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 60, size: 'max' }), (commands) => {
        const original = new TestEngine({
          shardCount: SHARD_COUNT,
          databaseCount: DATABASE_COUNT,
          logs: true,
        });
        const copies = [new Copy(1), new Copy(3)];
        const maintenance = new Maintenance(original.keyspace, original.batons, 0, 1);
        const visitor = {
          record: (fields: RecordFields, bytes: Uint8Array) => {
            for (const { appliers } of copies)
              for (const applier of appliers) applier.applyRecord(bytes, fields);
          },
        };
        for (const words of commands) {
          if (words[0] === 'SLEEP') {
            original.now += 100;
            while (maintenance.slice(original.now)) {
              // until nothing is due
            }
          } else {
            original.run(...words);
          }
          original.drainLog(visitor);
        }
        const expected = original.contents();
        for (const copy of copies) assert.deepEqual(copy.takeContents(), expected);
        original.run('FLUSHALL');
        original.assertEmpty();
      }),
      { numRuns: 40 },
    );
  });

  it('logs a command on several keys as one record, so that all of it comes back or nothing', () => {
    const engine = new TestEngine({ logs: true });
    const groups: string[][] = [];
    let group: string[] | undefined;
    const visitor = {
      groupBegins: () => {
        group = [];
        groups.push(group);
      },
      groupEnds: () => {
        group = undefined;
      },
      record: (fields: RecordFields) => {
        const text = `${fields.op} ${fields.database}`;
        if (group === undefined) groups.push([text]);
        else group.push(text);
      },
    };
    engine.run('MSET', 'a', '1', 'b', '2', 'c', 'x'.repeat(EXTERNAL_BYTES));
    engine.run('DEL', 'a', 'b', 'nothing');
    engine.run('DEL', 'nothing');
    engine.run('SET', 'd', '1');
    engine.run('SELECT', '1');
    engine.run('MGET', 'a', 'b');
    engine.run('FLUSHDB');
    assert.equal(engine.drainLog(visitor), 4);
    assert.deepEqual(groups, [['1 0', '1 0', '1 0'], ['2 0', '2 0'], ['1 0'], ['6 1']]);
  });

  it('loads entries of a snapshot in any order, whatever their deadlines', () => {
    const copy = new Copy(2);
    const [first, second] = copy.appliers;
    const pairs = [
      ['one', '1', 0],
      ['two', '2', 1],
      ['three', '', START_MS],
    ] as const;
    for (const [index, [name, text, deadline]] of pairs.entries()) {
      const applier = index % 2 === 0 ? first! : second!;
      applier.load(stringLine(1, name, text, deadline));
    }
    assert.deepEqual(
      copy.takeContents(),
      new Map([
        ['1/one', '1'],
        ['1/two', '2 until 1'],
        ['1/three', ` until ${START_MS}`],
      ]),
    );
  });

  it('frees at once what a flush in the log gave up: what follows may need the memory', () => {
    const copy = new Copy(1);
    const [applier] = copy.appliers;
    applier!.load(stringLine(0, 'key', 'v'.repeat(1000), 5));
    const record = Buffer.alloc(8);
    record.writeUInt32LE(8, 0);
    record[4] = 7;
    const fields = new RecordFields();
    assert.ok(fields.read(record, 0, 8));
    applier!.applyRecord(record, fields);
    assert.equal(copy.engine.memory.usedBytes(), 0);
  });

  it('passes over records of keys that are not there', () => {
    const original = new TestEngine({ logs: true });
    const copy = new Copy(1);
    for (const words of [
      ['SET', 'a', '1'],
      ['APPEND', 'a', '2'],
      ['PEXPIRE', 'a', '100'],
      ['PERSIST', 'a'],
      ['DEL', 'a'],
    ]) {
      original.run(...words);
    }
    original.drainLog({
      record: (fields, bytes) => {
        if (fields.op !== OP_SET) copy.appliers[0]!.applyRecord(bytes, fields);
      },
    });
    assert.equal(copy.takeContents().size, 0);
  });

  it('begins anew a key whose name is too long for its expiry to be in the log', () => {
    const original = new TestEngine({ logs: true });
    const copy = new Copy(1);
    const name = 'n'.repeat(EXTERNAL_BYTES);
    original.run('SET', name, 'old value', 'PX', '5');
    original.now += 5;
    original.run('SETBIT', name, '9', '1');
    original.drainLog({ record: (fields, bytes) => copy.appliers[0]!.applyRecord(bytes, fields) });
    assert.deepEqual(copy.engine.contents(), original.contents());
    assert.equal(original.say(`PTTL ${name}`), ':-1');
  });

  it('says what to do when there are too few databases, and when memory is exhausted', () => {
    const engine = new TestEngine({ databaseCount: 1 });
    const applier = new Applier(engine.keyspace, engine.batons, 0, 1);
    assert.throws(
      () => applier.load(stringLine(1, 'key', 'key', 0)),
      (error) =>
        error instanceof CrabError &&
        error.code === 'DATABASE_COUNT' &&
        error.message.includes('--databases 2'),
    );
    engine.memory.fails = () => true;
    assert.throws(
      () => applier.load(stringLine(0, 'key', 'key', 0)),
      (error) => error instanceof CrabError && error.code === 'OUT_OF_MEMORY',
    );
    engine.memory.fails = () => false;
    applier.load(stringLine(0, 'key', 'key', 0)); // The baton was given back.
    assert.deepEqual([...engine.contents()], [['0/key', 'key']]);
  });
});
