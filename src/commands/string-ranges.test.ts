import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { TestEngine } from '../engine/engine.case.js';
import * as errors from '../engine/errors.js';

const NOT_AN_INTEGER = `-${errors.NOT_AN_INTEGER}`;
const TOO_LONG = `-${errors.STRING_TOO_LONG}`;
const INT64_MIN = '-9223372036854775808';
const INT64_MAX = '9223372036854775807';

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

describe('GETRANGE and SUBSTR', () => {
  it('return the bytes from one index to another', () => {
    for (const name of ['GETRANGE', 'SUBSTR']) {
      new TestEngine().talk([
        [`${name} key 0 -1`, '$0 '],
        ['SET key HelloWorld', '+OK'],
        [`${name} key 0 3`, '$4 Hell'],
        [`${name} key -4 -1`, '$4 orld'],
        [`${name} key 5 5000`, '$5 World'],
        [`${name} key 5 3`, '$0 '],
        [`${name} key 10 10`, '$0 '],
        [`${name} key 0 -100`, '$1 H'],
        [`${name} key -100 -99`, '$1 H'],
        [`${name} key -99 -100`, '$0 '],
        [`${name} key ${INT64_MIN} ${INT64_MAX}`, '$10 HelloWorld'],
        [`${name} key ${INT64_MIN} ${INT64_MIN}`, '$1 H'],
        [`${name} key -9223372036854775807 ${INT64_MIN}`, '$0 '],
        [`${name} key x 1`, NOT_AN_INTEGER],
        [`${name} missing 0 9223372036854775808`, NOT_AN_INTEGER],
      ]);
    }
  });
});

describe('SETRANGE', () => {
  it('overwrites, and fills up with zero bytes', () => {
    const engine = new TestEngine();
    engine.talk([
      ['SETRANGE key 3 foo', ':6'],
      ['GET key', '$6 \0\0\0foo'],
      ['EXPIRE key 100', ':1'],
      ['SETRANGE key 1 ab', ':6'],
      ['SETRANGE key 8 end', ':11'],
      ['GET key', '$11 \0abfoo\0\0end'],
      ['TTL key', ':100'],
      ['DEL key', ':1'],
    ]);
    engine.assertEmpty();
  });

  it('writes nothing without a value, but looks at its arguments', () => {
    const engine = new TestEngine();
    assert.equal(engine.run('SETRANGE', 'key', '5', ''), ':0\r\n');
    assert.equal(engine.run('SETRANGE', 'key', '-1', ''), `-${errors.OFFSET_RANGE}\r\n`);
    assert.equal(engine.run('SETRANGE', 'key', 'x', ''), `${NOT_AN_INTEGER}\r\n`);
    engine.assertEmpty();
    engine.say('SET key abc');
    assert.equal(engine.run('SETRANGE', 'key', '5', ''), ':3\r\n');
    assert.equal(engine.run('SETRANGE', 'key', INT64_MAX, ''), ':3\r\n');
  });

  it('refuses offsets that no value reaches', () => {
    const engine = new TestEngine();
    engine.config.apply([['proto-max-bulk-len', '1mb']]);
    engine.talk([
      ['SETRANGE key 1048576 x', TOO_LONG],
      [`SETRANGE key ${INT64_MAX} x`, TOO_LONG],
      [`SETRANGE key ${INT64_MIN} x`, `-${errors.OFFSET_RANGE}`],
      ['SETRANGE key 9223372036854775808 x', NOT_AN_INTEGER],
      ['EXISTS key', ':0'],
      ['SETRANGE key 1048575 x', ':1048576'],
    ]);
  });

  it('changes nothing when memory runs out', () => {
    const engine = new TestEngine();
    engine.say('SET key old');
    const used = engine.memory.usedBytes();
    engine.memory.fails = () => true;
    assert.equal(engine.say('SETRANGE key 5000 x'), `-${errors.OUT_OF_MEMORY}`);
    assert.equal(engine.say('SETRANGE other 0 x'), `-${errors.OUT_OF_MEMORY}`);
    engine.memory.fails = () => false;
    assert.deepEqual([...engine.contents()], [['0/key', 'old']]);
    assert.equal(engine.memory.usedBytes(), used);
  });
});

describe('Commands on parts of strings', () => {
  it('do what a plain array does, and give all memory back', () => {
    const index = fc.integer({ min: -80, max: 80 });
    const step = fc.oneof(
      fc.record({
        name: fc.constant('SETRANGE' as const),
        at: fc.nat(200),
        text: fc.string({ maxLength: 60 }),
      }),
      fc.record({ name: fc.constant('APPEND' as const), text: fc.string({ maxLength: 300 }) }),
      fc.record({ name: fc.constant('GETRANGE' as const), first: index, last: index }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const engine = new TestEngine();
        let model = Buffer.alloc(0);
        for (const one of steps) {
          if (one.name === 'GETRANGE') {
            const { first, last } = one;
            const size = model.length;
            const start = first < 0 ? Math.max(size + first, 0) : first;
            const end = last < 0 ? Math.max(size + last, 0) : last;
            const isBackwards = first < 0 && last < 0 && first > last;
            const expected = isBackwards ? Buffer.alloc(0) : model.subarray(start, end + 1);
            const reply = engine.run('GETRANGE', 'key', String(first), String(last));
            assert.equal(reply, `$${expected.length}\r\n${expected.toString('latin1')}\r\n`);
            continue;
          }
          const text = Buffer.from(one.text);
          const at = one.name === 'APPEND' ? model.length : one.at;
          if (text.length > 0) {
            const grown = Buffer.alloc(Math.max(model.length, at + text.length));
            model.copy(grown);
            text.copy(grown, at);
            model = grown;
          }
          const words = one.name === 'APPEND' ? ['key', text] : ['key', String(at), text];
          assert.equal(engine.run(one.name, ...words), `:${model.length}\r\n`);
        }
        engine.say('DEL key');
        engine.assertEmpty();
      }),
      { numRuns: 200 },
    );
  });
});
