import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TestEngine } from '../engine/engine.case.js';
import * as errors from '../engine/errors.js';

describe('OBJECT', () => {
  it('ENCODING says how Redis would hold a string', () => {
    const engine = new TestEngine();
    engine.run('MSET', 'int', '42', 'short', 'x'.repeat(44), 'long', 'x'.repeat(45));
    engine.talk([
      ['OBJECT ENCODING int', '$3 int'],
      ['OBJECT ENCODING short', '$6 embstr'],
      ['object encoding long', '$3 raw'],
      ['APPEND int 1', ':3'],
      ['OBJECT ENCODING int', '$3 raw'],
    ]);
  });

  it('ENCODING says how Redis would hold a collection, and would go on to', () => {
    const engine = new TestEngine();
    const long = 'x'.repeat(65);
    engine.run('RPUSH', 'list', long);
    engine.run('SADD', 'set', '1');
    engine.run('ZADD', 'zset', '1', 'a');
    engine.run('HSET', 'hash', 'a', 'b');
    engine.talk([
      ['OBJECT ENCODING list', '$9 quicklist'],
      ['OBJECT ENCODING set', '$6 intset'],
      ['OBJECT ENCODING zset', '$8 listpack'],
      ['OBJECT ENCODING hash', '$8 listpack'],
      ['SADD set a', ':1'],
      ['SREM set a', ':1'],
      ['OBJECT ENCODING set', '$9 hashtable'],
      [`ZADD zset 1 ${long}`, ':1'],
      [`ZREM zset ${long}`, ':1'],
      ['OBJECT ENCODING zset', '$8 skiplist'],
      [`HSET hash a ${long}`, ':0'],
      ['HSET hash a b', ':0'],
      ['OBJECT ENCODING hash', '$9 hashtable'],
      ['HSET other a b', ':1'],
      ['HPEXPIRE other 1000 FIELDS 1 a', '*1 :1'],
      ['OBJECT ENCODING other', '$10 listpackex'],
      ['OBJECT REFCOUNT list', ':1'],
    ]);
  });

  it('IDLETIME tells the seconds since a key was used, and is refused with an LFU policy', () => {
    const engine = new TestEngine();
    engine.say('SET a 1');
    engine.now += 7500;
    engine.talk([
      ['OBJECT IDLETIME a', ':7'],
      ['OBJECT FREQ a', `-${errors.LFU_NOT_SELECTED}`],
      ['GET a', '$1 1'],
      ['OBJECT IDLETIME a', ':0'],
    ]);
    engine.config.apply([['maxmemory-policy', 'allkeys-lfu']]);
    engine.talk([
      ['SET a 1', '+OK'],
      ['OBJECT IDLETIME a', `-${errors.LFU_SELECTED}`],
      ['SET new 1', '+OK'],
      ['OBJECT FREQ new', ':5'],
    ]);
  });

  it('REFCOUNT shows the integers that Redis has only once', () => {
    const engine = new TestEngine();
    engine.run('MSET', 'a', '0', 'b', '9999', 'c', '10000', 'd', '-1', 'e', 'text');
    engine.talk([
      ['OBJECT REFCOUNT a', ':2147483647'],
      ['OBJECT REFCOUNT b', ':2147483647'],
      ['OBJECT REFCOUNT c', ':1'],
      ['OBJECT REFCOUNT d', ':1'],
      ['OBJECT REFCOUNT e', ':1'],
    ]);
    engine.config.apply([['maxmemory-policy', 'allkeys-lru']]);
    assert.equal(engine.say('OBJECT REFCOUNT a'), ':2147483647');
    engine.config.apply([['maxmemory', '100mb']]);
    assert.equal(engine.say('OBJECT REFCOUNT a'), ':1');
  });

  it('has nothing to say of a key that is not there, or not any more', () => {
    const engine = new TestEngine();
    engine.say('SET over 1 PX 10');
    engine.now += 10;
    for (const subcommand of ['ENCODING', 'FREQ', 'IDLETIME', 'REFCOUNT']) {
      assert.equal(engine.say(`OBJECT ${subcommand} nothing`), '$-1');
      assert.equal(engine.say(`OBJECT ${subcommand} over`), '$-1');
    }
    engine.assertEmpty();
  });

  it('has help, and says what it does not know', () => {
    const engine = new TestEngine();
    assert.match(engine.say('OBJECT HELP'), /^\*15 \+OBJECT <subcommand> .*\+HELP \+ {4}Prints this help\.$/);
    engine.talk([
      ['OBJECT', "-ERR wrong number of arguments for 'object' command"],
      ['OBJECT nope', "-ERR unknown subcommand 'nope'. Try OBJECT HELP."],
      ['OBJECT ENCODING', "-ERR wrong number of arguments for 'object|encoding' command"],
    ]);
  });
});
