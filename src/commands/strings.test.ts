import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { START_MS, TestEngine } from '../engine/engine.case.js';
import * as errors from '../engine/errors.js';
import { PROTOCOL_RESP3, PROTOCOL_TEXT } from '../engine/reply.js';
import { SHARD_F64_HITS, SHARD_F64_MISSES } from '../memory/layout.js';

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

describe('SET with a comparison', () => {
  const digestOfOld = '0f3ca07a8cc8bf40';

  it('sets what is as the client believes it to be', () => {
    const engine = new TestEngine();
    engine.talk([
      ['SET key new IFEQ old', '$-1'],
      ['SET key new IFDEQ 0000000000000000', '$-1'],
      ['EXISTS key', ':0'],
      ['SET key old IFNE new', '+OK'],
      ['SET key new IFNE old', '$-1'],
      ['SET key new IFEQ ol', '$-1'],
      ['SET key old ifeq old EX 100', '+OK'],
      ['TTL key', ':100'],
      ['SET key 1 IFEQ old KEEPTTL', '+OK'],
      ['TTL key', ':100'],
      ['SET key 2 IFNE 01', '+OK'],
      ['GET key', '$1 2'],
      ['DEL key', ':1'],
      ['SET key old IFDNE 0000000000000000', '+OK'],
      ['DIGEST key', `$16 ${digestOfOld}`],
      [`SET key new IFDNE ${digestOfOld}`, '$-1'],
      [`SET key new IFDEQ ${digestOfOld.toUpperCase()}`, '+OK'],
      ['SET key newer IFDEQ zzzzzzzzzzzzzzzz', '$-1'],
      ['GET key', '$3 new'],
    ]);
  });

  it('replies with the value before when it is asked for, whether it sets or not', () => {
    new TestEngine().talk([
      ['SET key new IFEQ old GET', '$-1'],
      ['SET key old IFNE x GET', '$-1'],
      ['SET key new GET IFEQ x', '$3 old'],
      ['SET key new GET IFEQ old', '$3 old'],
      ['SET key old GET IFNE new', '$3 new'],
      ['GET key', '$3 new'],
    ]);
  });

  it('takes one condition, which may come twice', () => {
    const engine = new TestEngine();
    for (const options of [
      'IFEQ',
      'IFEQ a NX',
      'XX IFEQ a',
      'IFEQ a IFNE b',
      'IFDEQ a IFEQ b',
      'IFDNE',
      'IFNE a b',
    ]) {
      assert.equal(engine.say(`SET key value ${options}`), SYNTAX, options);
    }
    engine.talk([
      ['SET key old', '+OK'],
      ['SET key new IFEQ x IFEQ old', '+OK'],
    ]);
  });

  it('refuses a digest of another length, once there is something to compare it with', () => {
    new TestEngine().talk([
      ['SET key value IFDEQ abc', '$-1'],
      ['SET key value IFDNE abc', '+OK'],
      ['SET key new IFDEQ abc', `-${errors.DIGEST_SIZE}`],
      ['SET key new IFDNE 00000000000000000 GET', `-${errors.DIGEST_SIZE}`],
      ['SET key new IFDEQ abc EX 0', invalidExpire('set')],
      ['GET key', '$5 value'],
    ]);
  });
});

describe('SETNX, GETSET and GETDEL', () => {
  it('set, and read what was there before', () => {
    const engine = new TestEngine();
    engine.talk([
      ['SETNX key one', ':1'],
      ['SETNX key two', ':0'],
      ['GETSET key three', '$3 one'],
      ['EXPIRE key 10', ':1'],
      ['GETSET key four', '$5 three'],
      ['TTL key', ':-1'],
      ['GETSET new five', '$-1'],
      ['GETDEL key', '$4 four'],
      ['GETDEL key', '$-1'],
      ['GETDEL new', '$4 five'],
    ]);
    engine.assertEmpty();
  });

  it('take a key whose time is over for none', () => {
    const engine = new TestEngine();
    for (const [line, reply] of [
      ['SETNX key new', ':1'],
      ['GETSET key new', '$-1'],
      ['GETDEL key', '$-1'],
      ['GETEX key PERSIST', '$-1'],
    ] as const) {
      engine.say('SET key old PX 5');
      engine.now += 5;
      assert.equal(engine.say(line), reply, line);
    }
    engine.assertEmpty();
  });

  it('count as hits and misses', () => {
    const engine = new TestEngine();
    const count = (word: number) =>
      [0, 1, 2, 3].reduce(
        (sum, shard) => sum + engine.memory.shardF64[engine.memory.doubleAt(shard, word)]!,
        0,
      );
    for (const line of [
      'GETSET key a',
      'GETSET key b',
      'GETEX key',
      'SET key c GET',
      'GETDEL key',
      'GETDEL key',
    ]) {
      engine.say(line);
    }
    assert.deepEqual([count(SHARD_F64_HITS), count(SHARD_F64_MISSES)], [4, 2]);
  });

  it('change nothing when memory runs out', () => {
    const engine = new TestEngine();
    engine.say('SET key old EX 100');
    const before = engine.contents();
    engine.memory.fails = () => true;
    const large = 'x'.repeat(1000);
    for (const words of [
      ['SETNX', 'other', 'value'],
      ['GETSET', 'key', large],
      ['SET', 'key', large, 'IFEQ', 'old', 'GET'],
      ['GETEX', 'key', 'PERSIST'],
    ]) {
      assert.equal(engine.run(...words), OUT_OF_MEMORY, words[0]);
    }
    assert.equal(engine.say('GETDEL key'), '$3 old', 'to delete takes no memory');
    assert.equal(before.size, 1);
    engine.memory.fails = () => false;
    engine.assertEmpty();
  });
});

describe('GETEX', () => {
  it('sets the deadline, takes it away, or leaves it', () => {
    const engine = new TestEngine();
    engine.talk([
      ['SET key value', '+OK'],
      ['GETEX key EX 100', '$5 value'],
      ['GETEX key', '$5 value'],
      ['TTL key', ':100'],
      ['GETEX key PX 5000', '$5 value'],
      ['PTTL key', ':5000'],
      [`GETEX key EXAT ${START_SECONDS + 50}`, '$5 value'],
      ['TTL key', ':50'],
      [`GETEX key PXAT ${START_MS + 77}`, '$5 value'],
      ['PTTL key', ':77'],
      ['GETEX key PERSIST', '$5 value'],
      ['GETEX key persist', '$5 value'],
      ['TTL key', ':-1'],
      [`GETEX key EXAT ${START_SECONDS}`, '$5 value'],
      ['EXISTS key', ':0'],
    ]);
    engine.assertEmpty();
  });

  it('finds wrong options without a key, and wrong times only with one', () => {
    const engine = new TestEngine();
    for (const options of [
      'EX',
      'junk',
      'NX',
      'GET',
      'KEEPTTL',
      'EX 1 PERSIST',
      'PERSIST EX 1',
      'EX 1 PX 1',
    ]) {
      assert.equal(engine.say(`GETEX key ${options}`), SYNTAX, options);
    }
    engine.talk([
      ['GETEX key EX 0', '$-1'],
      ['GETEX key PX abc', '$-1'],
      ['SET key value', '+OK'],
      ['GETEX key EX 0', invalidExpire('getex')],
      ['GETEX key PX abc', NOT_AN_INTEGER],
    ]);
  });
});
