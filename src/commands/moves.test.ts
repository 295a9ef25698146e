import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { START_MS, TestEngine } from '../engine/engine.case.js';
import * as errors from '../engine/errors.js';
import type { RecordFields } from '../engine/wal/record.js';
import { Follower } from './collections.case.js';

const NO_SUCH_KEY = `-${errors.NO_SUCH_KEY}`;
const OUT_OF_MEMORY = `-${errors.OUT_OF_MEMORY}`;
const SAME_OBJECT = `-${errors.SAME_OBJECT}`;

describe('RENAME and RENAMENX', () => {
  it('give a key another name, with its deadline, in the place of another key', () => {
    const engine = new TestEngine();
    engine.talk([
      ['SET a 1 PX 5000', '+OK'],
      ['RENAME a b', '+OK'],
      ['EXISTS a', ':0'],
      ['GET b', '$1 1'],
      ['PTTL b', ':5000'],
      ['SET c 3', '+OK'],
      ['RENAME c b', '+OK'],
      ['GET b', '$1 3'],
      ['PTTL b', ':-1'],
      ['SET d 4', '+OK'],
      ['RENAMENX b d', ':0'],
      ['RENAMENX b e', ':1'],
      ['MGET b d e', '*3 $-1 $1 4 $1 3'],
      ['DEL d e', ':2'],
    ]);
    engine.assertEmpty();
  });

  it('want a key that is there, and leave one alone that is to be renamed to itself', () => {
    new TestEngine().talk([
      ['RENAME a b', NO_SUCH_KEY],
      ['RENAME a a', NO_SUCH_KEY],
      ['RENAMENX a b', NO_SUCH_KEY],
      ['RENAMENX a a', NO_SUCH_KEY],
      ['SET a 1 PX 5000', '+OK'],
      ['RENAME a a', '+OK'],
      ['RENAMENX a a', ':0'],
      ['GET a', '$1 1'],
      ['PTTL a', ':5000'],
    ]);
  });

  it('take a key whose time is over for one that is not there, be it the source or the target', () => {
    const engine = new TestEngine();
    engine.talk([
      ['SET a 1 PX 10', '+OK'],
      ['SET b 2', '+OK'],
      ['SET c 3 PX 10', '+OK'],
    ]);
    engine.now += 10;
    engine.talk([
      ['RENAME a b', NO_SUCH_KEY],
      ['RENAMENX b c', ':1'],
      ['GET c', '$1 2'],
      ['DEL c', ':1'],
    ]);
    engine.assertEmpty();
  });

  it('keep how a value came about and when it was used', () => {
    const engine = new TestEngine();
    engine.say('SET a 1');
    engine.say('APPEND a 2');
    engine.now += 60_000;
    engine.talk([
      ['OBJECT ENCODING a', '$3 raw'],
      ['RENAME a b', '+OK'],
      ['OBJECT ENCODING b', '$3 raw'],
      ['OBJECT IDLETIME b', ':0'], // renaming is a use
      ['COPY b c', ':1'],
      ['OBJECT ENCODING c', '$3 raw'],
    ]);
  });
});

describe('COPY', () => {
  it('copies value and deadline, within the database or to another one', () => {
    const engine = new TestEngine();
    engine.talk([
      ['SET a 1 PX 5000', '+OK'],
      ['COPY a b', ':1'],
      ['PTTL b', ':5000'],
      ['SET c 3', '+OK'],
      ['COPY a c', ':0'],
      ['GET c', '$1 3'],
      ['COPY a c REPLACE', ':1'],
      ['GET c', '$1 1'],
      ['COPY a a DB 1', ':1'],
      ['COPY a a db 1', ':0'],
      ['COPY c a DB 1 replace', ':1'],
      ['COPY c a DB 1 DB 0', ':0'],
      ['COPY nothing x', ':0'],
      ['DEL a b c', ':3'],
      ['SELECT 1', '+OK'],
      ['PTTL a', ':5000'],
      ['GET a', '$1 1'],
      ['DEL a', ':1'],
    ]);
    engine.assertEmpty();
  });

  it('says what is wrong with its arguments, from left to right', () => {
    new TestEngine().talk([
      ['COPY a a', SAME_OBJECT],
      ['COPY a a DB 0', SAME_OBJECT],
      ['COPY a a REPLACE REPLACE', SAME_OBJECT],
      ['COPY a b DB', `-${errors.SYNTAX}`],
      ['COPY a b nope', `-${errors.SYNTAX}`],
      ['COPY a b DB x nope', `-${errors.NOT_AN_INTEGER}`],
      ['COPY a b DB 3000000000', `-${errors.INT_RANGE}`],
      ['COPY a b DB 2', `-${errors.DATABASE_INDEX}`],
      ['COPY a b DB -1', `-${errors.DATABASE_INDEX}`],
    ]);
  });

  it('takes a target whose time is over for none', () => {
    const engine = new TestEngine();
    engine.talk([
      ['SET a 1', '+OK'],
      ['SET b 2 PX 10', '+OK'],
    ]);
    engine.now += 10;
    engine.talk([
      ['COPY a b', ':1'],
      ['TTL b', ':-1'],
      ['DEL a b', ':2'],
    ]);
    engine.assertEmpty();
  });
});

describe('MOVE', () => {
  it('moves a key with its deadline to a database that has no such key', () => {
    const engine = new TestEngine();
    engine.talk([
      ['SET a 1 PX 5000', '+OK'],
      ['MOVE a 1', ':1'],
      ['MOVE a 1', ':0'],
      ['SET a 2', '+OK'],
      ['MOVE a 1', ':0'],
      ['GET a', '$1 2'],
      ['DEL a', ':1'],
      ['SELECT 1', '+OK'],
      ['GET a', '$1 1'],
      ['PTTL a', ':5000'],
      ['DEL a', ':1'],
    ]);
    engine.assertEmpty();
  });

  it('says what is wrong with its arguments', () => {
    new TestEngine().talk([
      ['MOVE a 0', SAME_OBJECT],
      ['MOVE a 2', `-${errors.DATABASE_INDEX}`],
      ['MOVE a x', `-${errors.NOT_AN_INTEGER}`],
      ['MOVE a -3000000000', `-${errors.INT_RANGE}`],
      ['MOVE a 9223372036854775807', `-${errors.INT_RANGE}`],
    ]);
  });
});

describe('What RENAME, COPY and MOVE log', () => {
  const LARGE_BYTES = 100_000_000;

  it('is one group, so that a crash never leaves a value under both names or under none', () => {
    const engine = new TestEngine({ logs: true });
    const groups: string[] = [];
    const visitor = {
      groupBegins: () => groups.push(''),
      record: (fields: RecordFields) => {
        groups[groups.length - 1] += `${fields.op} `;
      },
    };
    engine.say('MSET a 1 b 2');
    for (const line of ['RENAME a b', 'COPY b a', 'MOVE a 1', 'RENAMENX b c', 'RENAME c c']) engine.say(line);
    engine.drainLog(visitor);
    // SET is 1, DELETE is 2.
    assert.deepEqual(groups, ['1 1 ', '1 2 ', '1 ', '1 2 ', '1 2 ']);
  });

  it('brings values of 100 MB back', () => {
    const engine = new TestEngine({ logs: true });
    const follower = new Follower();
    const value = Buffer.alloc(LARGE_BYTES, 'large ');
    engine.run('SET', 'a', value);
    follower.follow(engine);
    for (const line of ['RENAME a another', 'COPY another b', 'MOVE b 1']) {
      engine.say(line);
      assert.equal(follower.follow(engine), 1, line);
      assert.deepEqual(follower.engine.contents(), engine.contents(), line);
    }
    for (const each of [engine, follower.engine]) {
      each.say('FLUSHALL');
      each.drainLog({ record: () => {} });
      each.assertEmpty();
    }
  });

  it('has its room before anything changes: without memory, nothing does', () => {
    for (const size of [3, 70_000]) {
      for (const line of ['RENAME a b', 'RENAME a new', 'RENAMENX a new', 'COPY a b REPLACE', 'MOVE a 1']) {
        const engine = new TestEngine({ logs: true });
        const follower = new Follower();
        engine.run('SET', 'a', 'x'.repeat(size), 'PX', '5000');
        engine.say('SET b 2');
        const before = engine.contents();
        // Every allocation fails in turn, until none does.
        let fails = 0;
        for (let reply = OUT_OF_MEMORY; reply === OUT_OF_MEMORY; fails++) {
          let left = fails;
          engine.memory.fails = () => left-- === 0;
          reply = engine.say(line);
          engine.memory.fails = () => false;
          follower.follow(engine);
          if (reply === OUT_OF_MEMORY) assert.deepEqual(engine.contents(), before, line);
          assert.deepEqual(follower.engine.contents(), engine.contents(), line);
        }
        assert.ok(fails > 1, `${line} takes memory`);
        assert.ok(!engine.log.failed());
        engine.say('FLUSHALL');
        engine.drainLog({ record: () => {} });
        engine.assertEmpty();
      }
    }
  });
});

describe('SWAPDB', () => {
  it('has the keys of two databases change places, with their deadlines', () => {
    const engine = new TestEngine({ shardCount: 64 });
    engine.talk([
      ['MSET a 1 b 2', '+OK'],
      ['PEXPIRE a 1000', ':1'],
      ['SELECT 1', '+OK'],
      ['SET c 3', '+OK'],
      ['SWAPDB 0 1', '+OK'],
      ['PTTL a', ':1000'],
      ['GET b', '$1 2'],
      ['DBSIZE', ':2'],
      ['SELECT 0', '+OK'],
      ['GET c', '$1 3'],
      ['SWAPDB 0 0', '+OK'],
      ['DBSIZE', ':1'],
      ['DEL c', ':1'],
      ['SWAPDB 0 1', '+OK'],
    ]);
    engine.now += 1000;
    engine.talk([
      ['GET a', '$-1'],
      ['DEL b', ':1'],
    ]);
    engine.batons.takeAll(); // they were all given back
    engine.batons.giveAll();
    engine.assertEmpty();
  });

  it('says what is wrong with its arguments', () => {
    const engine = new TestEngine({ logs: true });
    engine.talk([
      ['SWAPDB x 9', `-${errors.INVALID_FIRST_DATABASE}`],
      ['SWAPDB 3000000000 0', `-${errors.INVALID_FIRST_DATABASE}`],
      ['SWAPDB 9 x', `-${errors.INVALID_SECOND_DATABASE}`],
      ['SWAPDB 0 2', `-${errors.DATABASE_INDEX}`],
      ['SWAPDB -1 0', `-${errors.DATABASE_INDEX}`],
      ['SWAPDB 1 1', '+OK'],
    ]);
    assert.equal(engine.log.tail(), 0);
  });

  it('is an effect that any later reply waits for', () => {
    const engine = new TestEngine({ logs: true });
    engine.say('SWAPDB 0 1');
    assert.ok(engine.log.tail() > 0);
    assert.equal(engine.client.waitLsn, engine.log.tail());
    const other = engine.connect();
    engine.runAs(other, 'GET', 'a');
    assert.equal(other.waitLsn, engine.log.tail());
  });
});

describe('Commands that move keys', () => {
  const key = fc.constantFrom('', 'a', 'b', 'c', 'K'.repeat(300));
  const database = fc.constantFrom('0', '1');
  const command = fc.oneof(
    fc.tuple(key, fc.constantFrom('1', 'two', 'x'.repeat(70_000))).map(([k, v]) => ['SET', k, v]),
    fc.tuple(key, fc.integer({ min: 1, max: 300 })).map(([k, ms]) => ['SET', k, 'v', 'PX', String(ms)]),
    fc.tuple(fc.constantFrom('RENAME', 'RENAMENX', 'COPY'), key, key).map((words): string[] => words),
    fc.tuple(key, key, database).map(([k, other, db]) => ['COPY', k, other, 'DB', db, 'REPLACE']),
    fc.tuple(key, database).map(([k, db]) => ['MOVE', k, db]),
    fc.constantFrom(['SWAPDB', '0', '1'], ['SELECT', '0'], ['SELECT', '1'], ['SLEEP']),
  );

  /** What the commands mean, on plain maps: reply and effect. */
  class Model {
    readonly databases = [new Map<string, [string, number]>(), new Map<string, [string, number]>()];
    current = 0;
    now = START_MS;

    get(database: number, name: string): [string, number] | undefined {
      const entry = this.databases[database]!.get(name);
      return entry === undefined || (entry[1] !== 0 && entry[1] <= this.now) ? undefined : entry;
    }

    run(words: readonly string[]): string {
      const [command, first = '', second = ''] = words;
      const source = this.get(this.current, first);
      const here = this.databases[this.current]!;
      switch (command) {
        case 'SET':
          here.set(first, [second, words.length > 3 ? this.now + Number(words[4]) : 0]);
          return '+OK';
        case 'SELECT':
          this.current = Number(first);
          return '+OK';
        case 'SWAPDB':
          this.databases.reverse();
          return '+OK';
        case 'MOVE':
          return this.move(first, Number(second), source);
        case 'COPY':
          return this.copy(
            first,
            second,
            words.length > 3 ? Number(words[4]) : this.current,
            words.length > 3,
          );
        default:
          if (source === undefined) return NO_SUCH_KEY;
          if (command === 'RENAMENX' && this.get(this.current, second) !== undefined) return ':0';
          here.delete(first);
          here.set(second, source);
          return command === 'RENAME' ? '+OK' : ':1';
      }
    }

    private move(name: string, target: number, source: [string, number] | undefined): string {
      if (target === this.current) return SAME_OBJECT;
      if (source === undefined || this.get(target, name) !== undefined) return ':0';
      this.databases[this.current]!.delete(name);
      this.databases[target]!.set(name, source);
      return ':1';
    }

    private copy(name: string, newName: string, target: number, replaces: boolean): string {
      if (target === this.current && name === newName) return SAME_OBJECT;
      const source = this.get(this.current, name);
      if (source === undefined) return ':0';
      if (!replaces && this.get(target, newName) !== undefined) return ':0';
      this.databases[target]!.set(newName, source);
      return ':1';
    }
  }

  it('do what they do in a plain model, log all of it, and leave no memory behind', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 60, size: 'max' }), (commands) => {
        const engine = new TestEngine({ logs: true });
        const follower = new Follower();
        const model = new Model();
        for (const words of commands) {
          if (words[0] === 'SLEEP') {
            engine.now += 100;
            model.now += 100;
          } else {
            assert.equal(engine.run(...words), `${model.run(words)}\r\n`);
          }
          follower.follow(engine);
        }
        for (const database of [0, 1]) {
          engine.say(`SELECT ${database}`);
          for (const name of ['', 'a', 'b', 'c', 'K'.repeat(300)]) {
            const [value, deadline] = model.get(database, name) ?? [undefined, -2];
            const reply = value === undefined ? '$-1\r\n' : `$${value.length}\r\n${value}\r\n`;
            assert.equal(engine.run('GET', name), reply);
            assert.equal(engine.run('PEXPIRETIME', name), `:${deadline === 0 ? -1 : deadline}\r\n`);
          }
        }
        follower.follow(engine);
        assert.deepEqual(follower.engine.contents(), engine.contents());
        engine.say('FLUSHALL');
        engine.drainLog({ record: () => {} });
        engine.assertEmpty();
      }),
      { numRuns: 60 },
    );
  });
});
