import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { START_MS, TestEngine } from '../engine/engine.case.js';
import * as errors from '../engine/errors.js';

const START_SECONDS = START_MS / 1000;
const NOT_AN_INTEGER = `-${errors.NOT_AN_INTEGER}`;

describe('EXPIRE and its kin', () => {
  it('set when a key expires, and TTL and its kin tell', () => {
    const at = START_SECONDS + 1000;
    for (const line of [
      'EXPIRE a 1000',
      'PEXPIRE a 1000000',
      `EXPIREAT a ${at}`,
      `PEXPIREAT a ${at * 1000}`,
    ]) {
      const engine = new TestEngine();
      engine.talk([
        [line, ':0'],
        ['SET a 1', '+OK'],
        [line, ':1'],
        ['TTL a', ':1000'],
        ['PTTL a', ':1000000'],
        ['EXPIRETIME a', `:${at}`],
        ['PEXPIRETIME a', `:${at * 1000}`],
        ['PERSIST a', ':1'],
        ['PERSIST a', ':0'],
      ]);
      for (const name of ['TTL', 'PTTL', 'EXPIRETIME', 'PEXPIRETIME']) {
        assert.equal(engine.say(`${name} a`), ':-1');
        assert.equal(engine.say(`${name} nothing`), ':-2');
      }
      assert.equal(engine.say('PERSIST nothing'), ':0');
    }
  });

  it('round a time to live to the nearest second', () => {
    const engine = new TestEngine();
    engine.talk([
      ['SET a 1 PX 1499', '+OK'],
      ['TTL a', ':1'],
      ['PEXPIRE a 1500', ':1'],
      ['TTL a', ':2'],
      ['PEXPIRE a 1', ':1'],
      ['TTL a', ':0'],
    ]);
  });

  it('let a key end with its time', () => {
    const engine = new TestEngine();
    engine.say('SET a 1');
    engine.say('PEXPIRE a 100');
    engine.now += 99;
    assert.equal(engine.say('GET a'), '$1 1');
    engine.now += 1;
    assert.equal(engine.say('GET a'), '$-1');
    engine.assertEmpty();
  });

  it('delete a key whose new time is over already', () => {
    for (const line of [
      'EXPIRE a 0',
      'EXPIRE a -1',
      'PEXPIRE a -9223372036854',
      `EXPIREAT a ${START_SECONDS}`,
      'PEXPIREAT a -5',
      'PEXPIRE a -9223372036854775808',
      'EXPIREAT a -9223372036854775',
    ]) {
      const engine = new TestEngine();
      engine.say('SET a 1');
      assert.equal(engine.say(line), ':1', line);
      engine.assertEmpty();
    }
  });

  it('compare with the time that the key has, as NX, XX, GT and LT ask', () => {
    // Key with 100 s, key without a time; new times 50, 100 and 150 s.
    const table: [condition: string, on100: string, without: string][] = [
      ['', '111', '111'],
      ['NX', '000', '111'],
      ['XX', '111', '000'],
      ['GT', '001', '000'],
      ['LT', '100', '111'],
      ['XX GT', '001', '000'],
      ['XX LT', '100', '000'],
      ['GT XX GT', '001', '000'],
      ['nx', '000', '111'],
    ];
    for (const [condition, on100, without] of table) {
      for (const [expected, before] of [
        [on100, 'SET a 1 EX 100'],
        [without, 'SET a 1'],
      ] as const) {
        const replies = ['50', '100', '150'].map((seconds) => {
          const engine = new TestEngine();
          engine.say(before);
          const old = engine.say('TTL a');
          const reply = engine.say(`EXPIRE a ${seconds} ${condition}`.trim());
          assert.equal(engine.say('TTL a'), reply === ':1' ? `:${seconds}` : old);
          return reply.slice(1);
        });
        assert.equal(replies.join(''), expected, `${before}, EXPIRE ${condition}`);
      }
    }
  });

  it('refuse conditions that exclude each other, and times that are none', () => {
    const engine = new TestEngine();
    engine.say('SET a 1');
    engine.talk([
      ['EXPIRE a 10 NX XX', `-${errors.EXPIRE_NX_WITH_OTHERS}`],
      ['EXPIRE a 10 NX GT', `-${errors.EXPIRE_NX_WITH_OTHERS}`],
      ['EXPIRE a 10 LT NX', `-${errors.EXPIRE_NX_WITH_OTHERS}`],
      ['EXPIRE a 10 GT LT', `-${errors.EXPIRE_GT_WITH_LT}`],
      ['EXPIRE a 10 nope', '-ERR Unsupported option nope'],
      ['EXPIRE a abc nope', '-ERR Unsupported option nope'],
      ['EXPIRE a abc', NOT_AN_INTEGER],
      ['PEXPIREAT a 1.5', NOT_AN_INTEGER],
      ['EXPIRE a 9223372036854775807', "-ERR invalid expire time in 'expire' command"],
      ['PEXPIRE a 9223372036854775807', "-ERR invalid expire time in 'pexpire' command"],
      ['EXPIREAT a 9223372036854775807', "-ERR invalid expire time in 'expireat' command"],
      ['EXPIRE nothing 9223372036854775807', "-ERR invalid expire time in 'expire' command"],
      ['EXPIRE a -9223372036854776', "-ERR invalid expire time in 'expire' command"],
      ['EXPIRE a -9223372036854775809', NOT_AN_INTEGER],
      ['TTL a', ':-1'],
    ]);
  });

  it('change nothing when there is no memory', () => {
    const engine = new TestEngine();
    engine.say('SET a 1');
    engine.say('SET b 1 EX 10');
    const before = engine.contents();
    engine.memory.fails = () => true;
    assert.equal(engine.say('EXPIRE a 10'), `-${errors.OUT_OF_MEMORY}`);
    assert.equal(engine.say('PERSIST b'), `-${errors.OUT_OF_MEMORY}`);
    engine.memory.fails = () => false;
    assert.deepEqual(engine.contents(), before);
    engine.say('DEL a b');
    engine.assertEmpty();
  });
});
