import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TestEngine } from '../engine/engine.case.js';
import * as errors from '../engine/errors.js';

const NOT_AN_INTEGER = `-${errors.NOT_AN_INTEGER}`;
const NOT_A_FLOAT = `-${errors.NOT_A_FLOAT}`;

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

describe('INCRBYFLOAT', () => {
  it('shows what a long double holds, with 17 digits after the point and no zeros at the end', () => {
    new TestEngine().talk([
      ['INCRBYFLOAT a 10.50', '$4 10.5'],
      ['INCRBYFLOAT a 0.1', '$4 10.6'],
      ['INCRBYFLOAT a -5', '$3 5.6'],
      ['SET a 5.0e3', '+OK'],
      ['INCRBYFLOAT a 2.0e2', '$4 5200'],
      ['SET a 0.1', '+OK'],
      ['INCRBYFLOAT a 0.2', '$3 0.3'],
      ['INCRBYFLOAT a -1e-18', '$3 0.3'],
      ['SET a 3', '+OK'],
      ['INCRBYFLOAT a 1.000000000000000005', '$19 4.00000000000000001'],
      ['SET a 18446744073709551615', '+OK'],
      ['INCRBYFLOAT a 1', '$20 18446744073709551616'],
      ['INCRBYFLOAT a 1', '$20 18446744073709551616'],
      ['SET a -1e-20', '+OK'],
      ['INCRBYFLOAT a 0', '$1 0'],
      ['INCRBYFLOAT a 0x1.8p1', '$1 3'],
    ]);
  });

  it('refuses what is no number, and sums that are none', () => {
    const engine = new TestEngine();
    for (const text of [
      'abc',
      '',
      ' 1',
      '1 ',
      '1\0',
      'nan',
      '1e',
      '.',
      '0x',
      '1e4933',
      '1e-4960',
      '1'.repeat(5120),
    ]) {
      engine.run('SET', 'a', text);
      assert.equal(engine.say('INCRBYFLOAT a 1'), NOT_A_FLOAT, text);
      assert.equal(engine.run('INCRBYFLOAT', 'b', text), `${NOT_A_FLOAT}\r\n`, text);
    }
    engine.talk([
      ['INCRBYFLOAT b inf', `-${errors.INCREMENT_NOT_FINITE}`],
      ['SET a -inf', '+OK'],
      ['INCRBYFLOAT a inf', `-${errors.INCREMENT_NOT_FINITE}`],
      ['INCRBYFLOAT a nan', NOT_A_FLOAT],
      ['SET a 1e4932', '+OK'],
      ['INCRBYFLOAT a 1e4932', `-${errors.INCREMENT_NOT_FINITE}`],
      ['EXISTS b', ':0'],
    ]);
  });

  it('keeps the time to live, and the old value when memory runs out', () => {
    const engine = new TestEngine();
    engine.talk([
      ['SET a 1.5 EX 100', '+OK'],
      ['INCRBYFLOAT a 1', '$3 2.5'],
      ['TTL a', ':100'],
    ]);
    engine.memory.fails = () => true;
    assert.equal(engine.say('INCRBYFLOAT a 1e300'), `-${errors.OUT_OF_MEMORY}`);
    assert.equal(engine.say('INCRBYFLOAT b 1'), `-${errors.OUT_OF_MEMORY}`);
    engine.memory.fails = () => false;
    assert.equal(engine.say('GETDEL a'), '$3 2.5');
    engine.assertEmpty();
  });
});
