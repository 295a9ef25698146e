import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { START_MS, TestEngine } from '../engine/engine.case.js';
import * as errors from '../engine/errors.js';
import { PROTOCOL_RESP3, PROTOCOL_TEXT } from '../engine/reply.js';

const START_SECONDS = START_MS / 1000;
const SYNTAX = `-${errors.SYNTAX}`;
const NOT_AN_INTEGER = `-${errors.NOT_AN_INTEGER}`;
const OUT_OF_MEMORY = `-${errors.OUT_OF_MEMORY}\r\n`;

function invalidExpire(name: string): string {
  return `-${errors.invalidExpireTime(name)}`;
}

describe('SET', () => {
  it('does what its options say, in every combination and on every kind of key', () => {
    const times = [
      '',
      'EX 100',
      'PX 100000',
      `EXAT ${START_SECONDS + 100}`,
      `PXAT ${START_MS + 100_000}`,
      'KEEPTTL',
    ];
    for (const before of ['absent', 'present', 'expiring', 'over']) {
      for (const when of ['', 'NX', 'XX']) {
        for (const get of ['', 'GET']) {
          for (const time of times) {
            for (const isReversed of [false, true]) {
              const engine = new TestEngine();
              if (before === 'present') engine.say('SET key old');
              if (before === 'expiring') engine.say('SET key old PX 77');
              if (before === 'over') engine.say('SET key old PX 5');
              if (before === 'over') engine.now += 5;
              const options = [when, get, time].filter((option) => option !== '');
              const line = ['SET key new', ...(isReversed ? options.toReversed() : options)].join(' ');

              const exists = before === 'present' || before === 'expiring';
              const isSet = when === '' || (when === 'NX') !== exists;
              const old = exists ? '$3 old' : '$-1';
              const reply = get !== '' ? old : isSet ? '+OK' : '$-1';
              const oldTtl = before === 'expiring' ? 77 : -1;
              const newTtl =
                time === ''
                  ? -1
                  : time === 'KEEPTTL'
                    ? oldTtl
                    : 100_000 - (before === 'over' && time.includes('AT') ? 5 : 0);
              const what = `${line} on a key that is ${before}`;
              assert.equal(engine.say(line), reply, what);
              assert.equal(engine.say('GET key'), isSet ? '$3 new' : old, what);
              const ttl = isSet ? newTtl : exists ? oldTtl : -2;
              assert.equal(engine.say('PTTL key'), `:${ttl}`, what);
              engine.say('DEL key');
              engine.assertEmpty();
            }
          }
        }
      }
    }
  });

  it('refuses options that exclude each other, or lack their argument, and changes nothing then', () => {
    const engine = new TestEngine();
    const wrong = [
      'NX XX',
      'XX NX',
      'EX 1 PX 1',
      'EX 1 EXAT 1',
      'PXAT 1 KEEPTTL',
      'KEEPTTL EX 1',
      'EX',
      'GET PX',
      'nope',
      'EX 1 1',
    ];
    for (const options of wrong) assert.equal(engine.say(`SET key value ${options}`), SYNTAX, options);
    engine.assertEmpty();
  });

  it('takes the same option twice; of times the last counts', () => {
    const engine = new TestEngine();
    engine.talk([
      ['SET key one NX NX', '+OK'],
      ['SET key two XX XX GET GET', '$3 one'],
      ['SET key two EX 10 EX 20', '+OK'],
      ['TTL key', ':20'],
      ['SET key three KEEPTTL KEEPTTL', '+OK'],
      ['TTL key', ':20'],
      ['set key four ex 5 nx get', '$5 three'],
    ]);
  });

  it('refuses times that are none, or too far away', () => {
    const engine = new TestEngine();
    engine.talk([
      ['SET key value EX 0', invalidExpire('set')],
      ['SET key value EX -1', invalidExpire('set')],
      ['SET key value PXAT 0', invalidExpire('set')],
      ['SET key value EX 9223372036854775807', invalidExpire('set')],
      ['SET key value EX 9223372036854776', invalidExpire('set')],
      ['SET key value PX 9223372036854775807', invalidExpire('set')],
      ['SET key value EX 1.5', NOT_AN_INTEGER],
      ['SET key value EX abc', NOT_AN_INTEGER],
      ['SET key value EX 9223372036854775808', NOT_AN_INTEGER],
      ['GET key', '$-1'],
      ['SET key value PXAT 1', '+OK'],
      ['GET key', '$-1'],
    ]);
    engine.assertEmpty();
  });

  it('keeps keys and values of any bytes and size', () => {
    const engine = new TestEngine();
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    for (const key of [Buffer.alloc(0), bytes, Buffer.alloc(70_000, 1)]) {
      for (const value of [Buffer.alloc(0), bytes, Buffer.alloc(5 * 2 ** 20, 2)]) {
        assert.equal(engine.run('SET', key, value), '+OK\r\n');
        assert.equal(engine.run('GET', key), `$${value.length}\r\n${value.toString('latin1')}\r\n`);
        assert.equal(engine.run('STRLEN', key), `:${value.length}\r\n`);
      }
    }
    engine.say('FLUSHALL');
    engine.assertEmpty();
  });

  it('leaves the old value when there is no memory for the new one', () => {
    const engine = new TestEngine();
    engine.say('SET key old');
    engine.memory.fails = () => true;
    const large = 'x'.repeat(1000);
    for (const words of [
      ['SET', 'key', large],
      ['SET', 'key', large, 'GET'],
      ['SET', 'other', 'value'],
      ['SETEX', 'key', '10', 'x'],
    ]) {
      assert.equal(engine.run(...words), OUT_OF_MEMORY);
    }
    assert.equal(engine.run('APPEND', 'key', large), OUT_OF_MEMORY);
    assert.equal(engine.say('INCR counter'), OUT_OF_MEMORY.trim());
    engine.memory.fails = () => false;
    assert.deepEqual([...engine.contents()], [['0/key', 'old']]);
  });
});

describe('SETEX and PSETEX', () => {
  it('take the time before the value, in the text protocol after it', () => {
    for (const [name, pttl] of [
      ['SETEX', 10_000],
      ['PSETEX', 10],
    ] as const) {
      const engine = new TestEngine();
      const text = engine.connect(PROTOCOL_TEXT);
      assert.equal(engine.run(name, 'key', '10', 'value'), '+OK\r\n');
      assert.equal(engine.run('GET', 'key'), '$5\r\nvalue\r\n');
      assert.equal(engine.run('PTTL', 'key'), `:${pttl}\r\n`);
      assert.equal(engine.runAs(text, name, 'key', 'text', '10'), 'OK\r\n');
      assert.equal(engine.runAs(text, 'GET', 'key'), 'text\r\n');
      assert.equal(engine.runAs(text, 'PTTL', 'key'), `${pttl}\r\n`);
      assert.equal(engine.runAs(text, name, 'key', '10', 'value'), `${errors.NOT_AN_INTEGER}\r\n`);
      assert.equal(engine.runAs(engine.connect(PROTOCOL_RESP3), name, 'key', '10', 'value'), '+OK\r\n');
      engine.talk([
        [`${name} key value 10`, NOT_AN_INTEGER],
        [`${name} key 0 value`, invalidExpire(name.toLowerCase())],
        [`${name} key -5 value`, invalidExpire(name.toLowerCase())],
        [`${name} key 9223372036854775807 value`, invalidExpire(name.toLowerCase())],
      ]);
    }
  });
});

describe('INCR, DECR, INCRBY and DECRBY', () => {
  it('count from 0 over the whole range of 64 bits', () => {
    new TestEngine().talk([
      ['INCR a', ':1'],
      ['INCRBY a 41', ':42'],
      ['DECR a', ':41'],
      ['DECRBY a 50', ':-9'],
      ['DECRBY a -9', ':0'],
      ['GET a', '$1 0'],
      ['INCRBY b -5', ':-5'],
      ['INCRBY c 9007199254740991', ':9007199254740991'],
      ['INCR c', ':9007199254740992'],
      ['INCR c', ':9007199254740993'],
      ['GET c', '$16 9007199254740993'],
      ['DECRBY c 3', ':9007199254740990'],
      ['INCRBY c 9214364837600034817', ':9223372036854775807'],
      ['INCR c', `-${errors.INCREMENT_OVERFLOW}`],
      ['INCRBY c 9223372036854775807', `-${errors.INCREMENT_OVERFLOW}`],
      ['GET c', '$19 9223372036854775807'],
      ['DECRBY c 9223372036854775807', ':0'],
      ['DECRBY c 9223372036854775807', ':-9223372036854775807'],
      ['DECR c', ':-9223372036854775808'],
      ['DECR c', `-${errors.INCREMENT_OVERFLOW}`],
      ['INCRBY c -1', `-${errors.INCREMENT_OVERFLOW}`],
      ['DECRBY c -9223372036854775808', `-${errors.DECREMENT_OVERFLOW}`],
      ['GET c', '$20 -9223372036854775808'],
    ]);
  });

  it('refuse what is not an integer', () => {
    const engine = new TestEngine();
    for (const value of [
      'abc',
      '',
      ' 1',
      '1 ',
      '+1',
      '01',
      '-0',
      '1.0',
      '9223372036854775808',
      'x'.repeat(100),
    ]) {
      engine.run('SET', 'a', value);
      assert.equal(engine.say('INCR a'), NOT_AN_INTEGER, value);
      assert.equal(engine.run('INCRBY', 'b', value), `${NOT_AN_INTEGER}\r\n`, value);
      assert.equal(engine.run('DECRBY', 'b', value), `${NOT_AN_INTEGER}\r\n`, value);
    }
    assert.equal(engine.say('EXISTS b'), ':0');
  });

  it('keep the time to live', () => {
    const engine = new TestEngine();
    engine.talk([
      ['SET a 9 EX 100', '+OK'],
      ['INCR a', ':10'],
      ['TTL a', ':100'],
    ]);
    engine.now += 100_000;
    assert.equal(engine.say('INCR a'), ':1', 'a key whose time is over counts as 0');
    assert.equal(engine.say('TTL a'), ':-1');
  });
});

describe('APPEND and STRLEN', () => {
  it('make a key longer, creating it, and keep its time to live', () => {
    const engine = new TestEngine();
    engine.talk([
      ['STRLEN a', ':0'],
      ['APPEND a Hello', ':5'],
      ['EXPIRE a 10', ':1'],
      ['APPEND a World', ':10'],
      ['GET a', '$10 HelloWorld'],
      ['TTL a', ':10'],
      ['STRLEN a', ':10'],
    ]);
    assert.equal(engine.run('APPEND', 'empty', ''), ':0\r\n');
    assert.equal(engine.say('EXISTS empty'), ':1');
    assert.equal(engine.run('APPEND', 'a', ''), ':10\r\n');
  });

  it('refuse a value longer than proto-max-bulk-len', () => {
    const engine = new TestEngine();
    engine.config.apply([['proto-max-bulk-len', '1mb']]);
    engine.run('SET', 'a', Buffer.alloc(2 ** 20 - 1));
    assert.equal(engine.say('APPEND a x'), `:${2 ** 20}`);
    assert.equal(engine.say('APPEND a x'), `-${errors.STRING_TOO_LONG}`);
    assert.equal(engine.say('STRLEN a'), `:${2 ** 20}`);
  });

  it('append to a value over the limit of short headers', () => {
    const engine = new TestEngine();
    const size = 4 * 2 ** 20 - 2;
    engine.run('SET', 'a', Buffer.alloc(size, 'x'));
    for (let count = 1; count <= 4; count++) assert.equal(engine.say('APPEND a y'), `:${size + count}`);
    assert.ok(engine.run('GET', 'a').endsWith('xxyyyy\r\n'));
    engine.say('DEL a');
    engine.assertEmpty();
  });
});

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
