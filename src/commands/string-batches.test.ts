import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { START_MS, TestEngine } from '../engine/engine.case.js';
import * as errors from '../engine/errors.js';

const OUT_OF_MEMORY = `-${errors.OUT_OF_MEMORY}\r\n`;
const SYNTAX = `-${errors.SYNTAX}`;

describe('MGET and MSET', () => {
  it('read and write several keys', () => {
    new TestEngine().talk([
      ['MSET a 1 b 2 c 3', '+OK'],
      ['MGET a nothing c a', '*4 $1 1 $-1 $1 3 $1 1'],
      ['MSET a 4 a 5', '+OK'],
      ['MGET a', '*1 $1 5'],
      ['MSET new 1 new 2 a 6 new 3', '+OK'],
      ['MGET new a', '*2 $1 3 $1 6'],
      ['MSET a 1 b', "-ERR wrong number of arguments for 'mset' command"],
      ['MSET a', "-ERR wrong number of arguments for 'mset' command"],
    ]);
  });

  it('take the time to live away, also of a key whose time is over', () => {
    const engine = new TestEngine();
    engine.say('SET a old EX 10');
    engine.say('SET b old PX 10');
    engine.now += 10;
    engine.talk([
      ['MSET a 1 b 2', '+OK'],
      ['TTL a', ':-1'],
      ['TTL b', ':-1'],
      ['MGET a b', '*2 $1 1 $1 2'],
      ['DEL a b', ':2'],
    ]);
    engine.assertEmpty();
  });

  it('change all keys or none when memory runs out, wherever it does', () => {
    const engine = new TestEngine({ logs: true });
    engine.say('SET b old');
    const used = engine.memory.usedBytes();
    const before = engine.contents();
    const words = ['MSET', 'a', '1', 'b', 'new', 'a', '2', 'c', '3', 'd', '4'];
    let reply = '';
    for (let allowed = 0; reply !== '+OK\r\n'; allowed++) {
      assert.ok(allowed < 100);
      let left = allowed;
      engine.drainLog({ record: () => {} });
      const tail = engine.log.tail();
      engine.memory.fails = () => left-- <= 0;
      reply = engine.run(...words);
      engine.memory.fails = () => false;
      if (reply === '+OK\r\n') break;
      assert.equal(reply, OUT_OF_MEMORY);
      assert.deepEqual(engine.contents(), before);
      assert.equal(engine.memory.usedBytes(), used);
      assert.equal(engine.log.tail(), tail, 'nothing is logged');
    }
    assert.equal(engine.say('MGET a b c d'), '*4 $1 2 $3 new $1 3 $1 4');
    engine.say('DEL a b c d');
    engine.drainLog({ record: () => {} });
    engine.assertEmpty();
  });

  it('write more keys than any before, all of them', () => {
    const engine = new TestEngine({ shardCount: 16 });
    const pairs = Array.from({ length: 5000 }, (_, number) => [`key:${number}`, String(number)]);
    assert.equal(engine.run('MSET', ...pairs.flat()), '+OK\r\n');
    assert.equal(engine.say('DBSIZE'), ':5000');
    assert.equal(engine.say('MGET key:0 key:4999'), '*2 $1 0 $4 4999');
  });
});
describe('MSETNX', () => {
  it('sets all keys if none of them exists', () => {
    const engine = new TestEngine();
    engine.talk([
      ['MSETNX a 1 b 2 a 3', ':1'],
      ['MGET a b', '*2 $1 3 $1 2'],
      ['MSETNX c 1 b 2', ':0'],
      ['EXISTS c', ':0'],
      ['SET d old PX 5', '+OK'],
      ['MSETNX c 1 d', "-ERR wrong number of arguments for 'msetnx' command"],
    ]);
    engine.now += 5;
    engine.talk([
      ['MSETNX c 1 d 2', ':1'],
      ['TTL d', ':-1'],
      ['DEL a b c d', ':4'],
    ]);
    engine.assertEmpty();
  });
});

describe('MSETEX', () => {
  it('sets all keys and their deadline', () => {
    const engine = new TestEngine();
    engine.talk([
      ['MSETEX 2 a 1 b 2', ':1'],
      ['TTL a', ':-1'],
      ['MSETEX 2 a 3 b 4 EX 100', ':1'],
      ['MGET a b', '*2 $1 3 $1 4'],
      ['TTL b', ':100'],
      ['MSETEX 2 a 5 c 6 keepttl', ':1'],
      ['TTL a', ':100'],
      ['TTL c', ':-1'],
      [`MSETEX 1 c 7 PXAT ${START_MS + 77}`, ':1'],
      ['PTTL c', ':77'],
      ['MSETEX 2 a 8 a 9 PX 5000 PX 6000', ':1'],
      ['GET a', '$1 9'],
      ['PTTL a', ':6000'],
      ['MSETEX 1 a x EXAT 1', ':1'],
      ['GET a', '$-1'],
      ['DEL b c', ':2'],
    ]);
    engine.assertEmpty();
  });

  it('sets none of them when one is not as the condition wants it', () => {
    new TestEngine().talk([
      ['MSETEX 2 a 1 b 2 XX', ':0'],
      ['MSETEX 2 a 1 b 2 NX EX 10', ':1'],
      ['MSETEX 2 b 3 c 4 NX', ':0'],
      ['MSETEX 2 b 3 c 4 EX 10 XX', ':0'],
      ['MSETEX 2 a 3 b 4 KEEPTTL XX', ':1'],
      ['MGET a b c', '*3 $1 3 $1 4 $-1'],
      ['TTL b', ':10'],
    ]);
  });

  it('checks the number of keys, then the options, then the time', () => {
    const engine = new TestEngine();
    for (const number of [
      '0',
      '-1',
      'abc',
      '1.0',
      '2147483648',
      '9223372036854775807',
      '99999999999999999999',
    ]) {
      assert.equal(engine.say(`MSETEX ${number} a 1 EX junk`), `-${errors.KEY_COUNT_INVALID}`, number);
    }
    for (const rest of ['2 a 1', '2 a 1 b', '2147483647 a 1', '3 a 1 b 2 EX']) {
      assert.equal(engine.say(`MSETEX ${rest}`), `-${errors.KEY_VALUE_PAIRS}`, rest);
    }
    for (const options of [
      'junk',
      'NX XX',
      'EX',
      'EX 10 PX 10',
      'KEEPTTL EX 10',
      'GET',
      'PERSIST',
      'IFEQ 1',
      'b 2',
    ]) {
      assert.equal(engine.say(`MSETEX 1 a 1 ${options}`), SYNTAX, options);
    }
    engine.talk([
      ['MSETEX 1 a', "-ERR wrong number of arguments for 'msetex' command"],
      ['MSETEX 1 a 1 EX 0', `-${errors.invalidExpireTime('msetex')}`],
      ['MSETEX 1 a 1 EX x', `-${errors.NOT_AN_INTEGER}`],
      ['MSETEX 1 a 1 XX EX 0', `-${errors.invalidExpireTime('msetex')}`],
      ['DBSIZE', ':0'],
    ]);
  });

  it('changes all keys or none when memory runs out, wherever it does', () => {
    const engine = new TestEngine({ logs: true });
    engine.say('SET b old');
    engine.say('SET c old EX 10');
    const before = engine.contents();
    const used = engine.memory.usedBytes();
    let reply = '';
    let attempts = 0;
    for (; reply !== ':1\r\n'; attempts++) {
      assert.ok(attempts < 100);
      let left = attempts;
      engine.drainLog({ record: () => {} });
      const tail = engine.log.tail();
      engine.memory.fails = () => left-- <= 0;
      reply = engine.run('MSETEX', '4', 'a', '1', 'b', 'new', 'a', '2', 'c', '3', 'KEEPTTL');
      engine.memory.fails = () => false;
      if (reply === ':1\r\n') break;
      assert.equal(reply, OUT_OF_MEMORY);
      assert.deepEqual(engine.contents(), before);
      assert.equal(engine.memory.usedBytes(), used);
      assert.equal(engine.log.tail(), tail, 'nothing is logged');
    }
    assert.ok(attempts > 3);
    assert.deepEqual(engine.contents().get('0/c'), `3 until ${START_MS + 10_000}`);
    engine.say('DEL a b c');
    engine.drainLog({ record: () => {} });
    engine.assertEmpty();
  });
});
