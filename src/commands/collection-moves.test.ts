import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TestEngine } from '../engine/engine.case.js';
import { Maintenance } from '../engine/maintenance.js';
import { Follower, make, SAMPLES } from './collections.case.js';

/** Small collections take few allocations, large ones some for each element. */
const ALLOCATIONS_MAX = 2000;

/** What is under the key, without the number of its database. */
function describeKey(engine: TestEngine, name: string): string | undefined {
  return engine.contents().get(name);
}

for (const sample of SAMPLES) {
  describe(`${sample.name} goes elsewhere`, () => {
    it('by COPY, which leaves it where it is', () => {
      const engine = new TestEngine({ logs: true });
      const follower = new Follower();
      make(engine, sample, 'source');
      const value = describeKey(engine, '0/source');
      assert.equal(engine.say('COPY source target'), ':1');
      assert.equal(engine.say('COPY source target DB 1'), ':1');
      assert.equal(engine.say('COPY source target'), ':0');
      for (const name of ['0/source', '0/target', '1/target'])
        assert.equal(describeKey(engine, name), value, name);
      follower.follow(engine);
      assert.deepEqual(follower.engine.contents(), engine.contents());
      engine.say('FLUSHALL');
      engine.assertEmpty();
    });

    it('by RENAME, over whatever there is, with the deadline', () => {
      const engine = new TestEngine({ logs: true });
      const follower = new Follower();
      engine.say('SET target string PX 100');
      for (const other of SAMPLES) {
        make(engine, sample, 'source');
        engine.say('PEXPIRE source 9000');
        const value = describeKey(engine, '0/source');
        assert.equal(engine.say('RENAME source target'), '+OK');
        assert.deepEqual([...engine.contents()], [['0/target', value]]);
        follower.follow(engine);
        assert.deepEqual(follower.engine.contents(), engine.contents());
        engine.say('DEL target');
        make(engine, other, 'target');
        engine.say('PEXPIRE target 100');
      }
      engine.say('FLUSHALL');
      engine.assertEmpty();
    });

    it('by MOVE, with what is known of its use', () => {
      const engine = new TestEngine({ logs: true });
      const follower = new Follower();
      make(engine, sample, 'key');
      engine.now += 4000;
      const value = describeKey(engine, '0/key');
      assert.equal(engine.say('OBJECT IDLETIME key'), ':4');
      assert.equal(engine.say('MOVE key 1'), ':1');
      assert.deepEqual([...engine.contents()], [['1/key', value]]);
      follower.follow(engine);
      follower.engine.now = engine.now;
      assert.deepEqual(follower.engine.contents(), engine.contents());
    });

    it('by SWAPDB, as all keys do', () => {
      const engine = new TestEngine({ logs: true });
      const follower = new Follower();
      make(engine, sample, 'key');
      const value = describeKey(engine, '0/key');
      assert.equal(engine.say('SWAPDB 0 1'), '+OK');
      assert.deepEqual([...engine.contents()], [['1/key', value]]);
      follower.follow(engine);
      assert.deepEqual(follower.engine.contents(), engine.contents());
    });

    it('as a whole or not at all when memory runs out', () => {
      const engine = new TestEngine({ logs: true });
      make(engine, sample, 'source');
      engine.say('PEXPIRE source 9000');
      const value = describeKey(engine, '0/source');
      assert.equal(engine.starve(ALLOCATIONS_MAX, 'COPY', 'source', 'target'), ':1\r\n');
      assert.equal(describeKey(engine, '0/target'), value);
      engine.drainLog({ record: () => {} });
      engine.run('SET', 'single', 'value', 'PX', '100');
      assert.equal(engine.starve(ALLOCATIONS_MAX, 'RENAME', 'source', 'single'), '+OK\r\n');
      assert.equal(describeKey(engine, '0/single'), value);
      engine.say('FLUSHALL');
      engine.assertEmpty();
    });
  });
}

describe('a collection that replaces another one', () => {
  it('does so as a whole or not at all when memory runs out, though the key was the only one of its table', () => {
    // One that is a single block, and one of many.
    for (const sample of SAMPLES.filter(({ name }) => name === 'a list' || name === 'a large hash')) {
      const engine = new TestEngine({ logs: true, shardCount: 1 });
      make(engine, sample, 'source');
      for (const other of SAMPLES) {
        engine.say('SWAPDB 0 1');
        engine.client.database = 1;
        engine.say('SWAPDB 0 1');
        engine.client.database = 0;
        engine.say('COPY source target DB 1 REPLACE');
        make(engine, other, 'target');
        engine.say('PEXPIRE target 1000');
        engine.drainLog({ record: () => {} });
        engine.starve(ALLOCATIONS_MAX, 'COPY', 'source', 'target', 'REPLACE');
        assert.equal(
          describeKey(engine, '0/target'),
          describeKey(engine, '0/source'),
          `${sample.name} over ${other.name}`,
        );
      }
      engine.say('FLUSHALL');
      engine.assertEmpty();
    }
  });
});

describe('deadlines of fields', () => {
  for (const line of ['COPY h g DB 1', 'COPY h g', 'RENAME h g', 'MOVE h 1', 'SWAPDB 0 1']) {
    it(`are met where the hash is after ${line}, without anybody looking`, () => {
      const engine = new TestEngine({ logs: true });
      const follower = new Follower();
      engine.say('HSET h a 1 b 2 c 3');
      engine.say('HPEXPIRE h 1000 FIELDS 1 a');
      engine.say('HPEXPIRE h 3000 FIELDS 1 b');
      engine.say(line);
      engine.now += 2000;
      new Maintenance(engine.keyspace, engine.batons, 0, 1).slice(engine.now);
      engine.now = 1; // nothing is over at this time: what is not there has been deleted
      for (const text of engine.contents().values()) {
        assert.match(text, /^listpackex \["b","2","\d+"\] \["c","3","0"\]$/);
      }
      assert.equal(engine.contents().size, line.startsWith('COPY') ? 2 : 1);
      follower.follow(engine);
      follower.engine.now = 1;
      assert.deepEqual(follower.engine.contents(), engine.contents());
      engine.say('FLUSHALL');
      engine.assertEmpty();
    });
  }
});

describe('a hash whose fields are all over', () => {
  it('is no source', () => {
    const engine = new TestEngine();
    engine.talk([
      ['HSET h a 1', ':1'],
      ['HPEXPIRE h 10 FIELDS 1 a', '*1 :1'],
    ]);
    engine.now += 10;
    engine.talk([
      ['COPY h g', ':0'],
      ['EXISTS g', ':0'],
    ]);
  });

  it('leaves only those behind that are not, in a copy', () => {
    const engine = new TestEngine();
    engine.talk([
      ['HSET h a 1 b 2', ':2'],
      ['HPEXPIRE h 10 FIELDS 1 a', '*1 :1'],
    ]);
    engine.now += 10;
    engine.talk([
      ['COPY h g', ':1'],
      ['HGETALL g', '*2 $1 b $1 2'],
    ]);
  });
});
