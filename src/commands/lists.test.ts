import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TestEngine } from '../engine/engine.case.js';
import * as errors from '../engine/errors.js';
import { PROTOCOL_RESP3 } from '../engine/reply.js';

const WRONG_TYPE = `-${errors.WRONG_TYPE}`;
const SYNTAX = `-${errors.SYNTAX}`;
const NOT_AN_INTEGER = `-${errors.NOT_AN_INTEGER}`;

describe('pushes and pops', () => {
  it('work at both ends, one element after the other', () => {
    new TestEngine().talk([
      ['RPUSH l c d', ':2'],
      ['LPUSH l b a', ':4'],
      ['LRANGE l 0 -1', '*4 $1 a $1 b $1 c $1 d'],
      ['LPOP l', '$1 a'],
      ['RPOP l', '$1 d'],
      ['LLEN l', ':2'],
      ['RPOP l 5', '*2 $1 c $1 b'],
      ['EXISTS l', ':0'],
      ['LLEN l', ':0'],
    ]);
  });

  it('need a list to be there when their names end in X', () => {
    new TestEngine().talk([
      ['LPUSHX l a', ':0'],
      ['RPUSHX l a', ':0'],
      ['EXISTS l', ':0'],
      ['RPUSH l b', ':1'],
      ['LPUSHX l a 1', ':3'],
      ['RPUSHX l c', ':4'],
      ['LRANGE l 0 -1', '*4 $1 1 $1 a $1 b $1 c'],
    ]);
  });

  it('tell nothing from none, and say what is wrong with a count', () => {
    const engine = new TestEngine();
    engine.talk([
      ['LPOP l', '$-1'],
      ['LPOP l 1', '*-1'],
      ['LPOP l 0', '*-1'],
      ['LPOP l -1', `-${errors.MUST_BE_POSITIVE}`],
      ['RPOP l x', `-${errors.MUST_BE_POSITIVE}`],
      ['RPOP l 1 2', "-ERR wrong number of arguments for 'rpop' command"],
      ['RPUSH l a', ':1'],
      ['LPOP l 0', '*0'],
      ['LPOP l 9223372036854775807', '*1 $1 a'],
      ['SET s text', '+OK'],
      ['LPUSH s a', WRONG_TYPE],
      ['RPUSHX s a', WRONG_TYPE],
      ['LPOP s', WRONG_TYPE],
      ['RPOP s 1', WRONG_TYPE],
      ['LLEN s', WRONG_TYPE],
    ]);
    engine.client.protocol = PROTOCOL_RESP3;
    engine.talk([
      ['LPOP none', '_'],
      ['LPOP none 1', '_'],
    ]);
  });

  it('keep integers as they were written, and texts that only look like them', () => {
    const words = [
      '0',
      '-1',
      '007',
      '9007199254740991',
      '9007199254740992',
      '9223372036854775807',
      '+1',
      '1e3',
      '',
    ];
    const engine = new TestEngine();
    engine.run('RPUSH', 'l', ...words);
    for (const word of words) {
      assert.equal(engine.run('LINDEX', 'l', String(words.indexOf(word))), `$${word.length}\r\n${word}\r\n`);
    }
  });
});

describe('LRANGE and LINDEX', () => {
  it('count from either end', () => {
    new TestEngine().talk([
      ['RPUSH l a b c d e', ':5'],
      ['LRANGE l 1 2', '*2 $1 b $1 c'],
      ['LRANGE l -2 -1', '*2 $1 d $1 e'],
      ['LRANGE l -100 1', '*2 $1 a $1 b'],
      ['LRANGE l 3 100', '*2 $1 d $1 e'],
      ['LRANGE l 3 2', '*0'],
      ['LRANGE l 5 9', '*0'],
      ['LRANGE l 0 -6', '*0'],
      ['LRANGE l -9223372036854775808 9223372036854775807', '*5 $1 a $1 b $1 c $1 d $1 e'],
      ['LINDEX l 0', '$1 a'],
      ['LINDEX l -1', '$1 e'],
      ['LINDEX l 5', '$-1'],
      ['LINDEX l -6', '$-1'],
    ]);
  });

  it('reach every element of a long list', () => {
    const engine = new TestEngine();
    const words = Array.from({ length: 5000 }, (_, number) => `element ${number}`);
    engine.run('RPUSH', 'l', ...words);
    for (let index = 0; index < words.length; index += 7) {
      assert.equal(engine.say(`LINDEX l ${index}`), `$${words[index]!.length} ${words[index]}`);
    }
    const reply = engine.run('LRANGE', 'l', '700', '-700');
    assert.deepEqual(reply.match(/element \d+/g), words.slice(700, -699));
  });

  it('look at their numbers, or not', () => {
    new TestEngine().talk([
      ['LRANGE none x 0', NOT_AN_INTEGER],
      ['LRANGE none 0 9223372036854775808', NOT_AN_INTEGER],
      ['LRANGE none 0 1', '*0'],
      ['LINDEX none x', '$-1'],
      ['SET s text', '+OK'],
      ['LRANGE s x 0', NOT_AN_INTEGER],
      ['LRANGE s 0 0', WRONG_TYPE],
      ['LINDEX s x', WRONG_TYPE],
      ['RPUSH l a', ':1'],
      ['LINDEX l x', NOT_AN_INTEGER],
    ]);
  });
});

describe('LSET, LINSERT, LREM and LTRIM', () => {
  it('change what they say', () => {
    new TestEngine().talk([
      ['RPUSH l a b a c a', ':5'],
      ['LSET l 1 2', '+OK'],
      ['LSET l -1 last', '+OK'],
      ['LRANGE l 0 -1', '*5 $1 a $1 2 $1 a $1 c $4 last'],
      ['LINSERT l BEFORE a first', ':6'],
      ['linsert l after last end', ':7'],
      ['LINSERT l AFTER none x', ':-1'],
      ['LRANGE l 0 -1', '*7 $5 first $1 a $1 2 $1 a $1 c $4 last $3 end'],
      ['LREM l -1 a', ':1'],
      ['LREM l 1 none', ':0'],
      ['LRANGE l 0 -1', '*6 $5 first $1 a $1 2 $1 c $4 last $3 end'],
      ['LTRIM l 1 -2', '+OK'],
      ['LRANGE l 0 -1', '*4 $1 a $1 2 $1 c $4 last'],
      ['LTRIM l 0 -1', '+OK'],
      ['LTRIM l 2 1', '+OK'],
      ['EXISTS l', ':0'],
    ]);
  });

  it('remove from the end that the sign says, and the key with its last element', () => {
    new TestEngine().talk([
      ['RPUSH l x 1 x 1 x', ':5'],
      ['LREM l 2 x', ':2'],
      ['LRANGE l 0 -1', '*3 $1 1 $1 1 $1 x'],
      ['LREM l -1 1', ':1'],
      ['LREM l 0 x', ':1'],
      ['LREM l 0 1', ':1'],
      ['EXISTS l', ':0'],
    ]);
  });

  it('refuse what they must', () => {
    new TestEngine().talk([
      ['LSET none x a', `-${errors.NO_SUCH_KEY}`],
      ['LINSERT none BESIDE a b', SYNTAX],
      ['LINSERT none BEFORE a b', ':0'],
      ['LREM none x a', NOT_AN_INTEGER],
      ['LREM none 0 a', ':0'],
      ['LTRIM none x 0', NOT_AN_INTEGER],
      ['LTRIM none 0 0', '+OK'],
      ['RPUSH l a', ':1'],
      ['LSET l x a', NOT_AN_INTEGER],
      ['LSET l 1 a', '-ERR index out of range'],
      ['LSET l -2 a', '-ERR index out of range'],
      ['SET s text', '+OK'],
      ['LSET s 0 a', WRONG_TYPE],
      ['LINSERT s BEFORE a b', WRONG_TYPE],
      ['LREM s 0 a', WRONG_TYPE],
      ['LTRIM s 0 0', WRONG_TYPE],
    ]);
  });

  it('find their elements in long lists', () => {
    const engine = new TestEngine();
    const words = Array.from({ length: 3000 }, (_, number) => `element ${number % 1000}`);
    engine.run('RPUSH', 'l', ...words);
    assert.equal(engine.run('LREM', 'l', '-2', 'element 5'), ':2\r\n');
    assert.equal(engine.run('LPOS', 'l', 'element 5', 'COUNT', '0'), '*1\r\n:5\r\n');
    assert.equal(engine.run('LINSERT', 'l', 'AFTER', 'element 999', 'new'), ':2999\r\n');
    assert.equal(engine.run('LPOS', 'l', 'new'), ':1000\r\n');
    assert.equal(engine.run('LPOS', 'l', 'element 7', 'RANK', '-2'), ':1007\r\n');
    assert.equal(
      engine.run('LPOS', 'l', 'element 7', 'RANK', '-1', 'COUNT', '0'),
      '*3\r\n:2006\r\n:1007\r\n:7\r\n',
    );
  });
});

describe('LPOS', () => {
  it('finds the match of a rank, several of them, and compares no more than it may', () => {
    new TestEngine().talk([
      ['RPUSH l a b c 1 2 3 c c', ':8'],
      ['LPOS l c', ':2'],
      ['LPOS l 3', ':5'],
      ['LPOS l c RANK 2', ':6'],
      ['LPOS l c RANK 4', '$-1'],
      ['LPOS l c RANK -1', ':7'],
      ['LPOS l c COUNT 2', '*2 :2 :6'],
      ['LPOS l c RANK -1 COUNT 2', '*2 :7 :6'],
      ['LPOS l c COUNT 0', '*3 :2 :6 :7'],
      ['LPOS l c COUNT 0 MAXLEN 7', '*2 :2 :6'],
      ['LPOS l c MAXLEN 2', '$-1'],
      ['LPOS l c RANK -1 COUNT 0 MAXLEN 2', '*2 :7 :6'],
      ['LPOS l none', '$-1'],
      ['LPOS l none COUNT 1', '*0'],
      ['LPOS none c', '$-1'],
      ['LPOS none c COUNT 0', '*0'],
      ['LPOS l c RANK -9223372036854775808', ':7'],
    ]);
  });

  it('refuses what it must, before it looks for the list', () => {
    new TestEngine().talk([
      ['SET s text', '+OK'],
      ['LPOS s a RANK 0', `-${errors.RANK_ZERO}`],
      ['LPOS s a RANK x', NOT_AN_INTEGER],
      ['LPOS s a COUNT -1', "-ERR COUNT can't be negative"],
      ['LPOS s a COUNT x', "-ERR COUNT can't be negative"],
      ['LPOS s a MAXLEN -1', "-ERR MAXLEN can't be negative"],
      ['LPOS s a MAXLEN', SYNTAX],
      ['LPOS s a NONE 1', SYNTAX],
      ['LPOS s a', WRONG_TYPE],
    ]);
  });
});

describe('LMOVE, RPOPLPUSH and LMPOP', () => {
  it('move elements between lists and within one', () => {
    new TestEngine().talk([
      ['RPUSH a 1 2 3', ':3'],
      ['LMOVE a b LEFT RIGHT', '$1 1'],
      ['RPOPLPUSH a b', '$1 3'],
      ['LRANGE b 0 -1', '*2 $1 3 $1 1'],
      ['LMOVE a b right right', '$1 2'],
      ['EXISTS a', ':0'],
      ['LMOVE a b LEFT LEFT', '$-1'],
      ['LMOVE b b LEFT RIGHT', '$1 3'],
      ['LRANGE b 0 -1', '*3 $1 1 $1 2 $1 3'],
      ['LMOVE b b RIGHT RIGHT', '$1 3'],
      ['RPOPLPUSH b b', '$1 3'],
      ['LRANGE b 0 -1', '*3 $1 3 $1 1 $1 2'],
      ['LMPOP 3 none a b LEFT', '*2 $1 b *1 $1 3'],
      ['LMPOP 1 b RIGHT COUNT 5', '*2 $1 b *2 $1 2 $1 1'],
      ['LMPOP 1 b LEFT', '*-1'],
    ]);
  });

  it('leave the time to live of a list that they only turn', () => {
    new TestEngine().talk([
      ['RPUSH l a', ':1'],
      ['PEXPIRE l 1000', ':1'],
      ['RPOPLPUSH l l', '$1 a'],
      ['PTTL l', ':1000'],
    ]);
  });

  it('turn long lists, and elements too large for a chunk', () => {
    const engine = new TestEngine();
    const words = Array.from({ length: 200 }, (_, number) => `${number}`.repeat(number === 7 ? 20_000 : 40));
    engine.run('RPUSH', 'l', ...words);
    for (let turn = 0; turn < 250; turn++) {
      const moved = words.shift()!;
      words.push(moved);
      assert.equal(engine.run('LMOVE', 'l', 'l', 'LEFT', 'RIGHT'), `$${moved.length}\r\n${moved}\r\n`);
    }
    for (const word of words) assert.equal(engine.run('LPOP', 'l'), `$${word.length}\r\n${word}\r\n`);
  });

  it('refuse what they must', () => {
    new TestEngine().talk([
      ['SET s text', '+OK'],
      ['RPUSH l a', ':1'],
      ['LMOVE none s LEFT LEFT', '$-1'],
      ['LMOVE l s LEFT LEFT', WRONG_TYPE],
      ['LMOVE s l LEFT LEFT', WRONG_TYPE],
      ['LMOVE l l LEFT MIDDLE', SYNTAX],
      ['LMOVE s l MIDDLE LEFT', SYNTAX],
      ['LLEN l', ':1'],
      ['LMPOP 0 l LEFT', '-ERR numkeys should be greater than 0'],
      ['LMPOP x l LEFT', '-ERR numkeys should be greater than 0'],
      ['LMPOP 2 l LEFT', SYNTAX],
      ['LMPOP 1 l MIDDLE', SYNTAX],
      ['LMPOP 1 l LEFT COUNT', SYNTAX],
      ['LMPOP 1 l LEFT COUNT 0', '-ERR count should be greater than 0'],
      ['LMPOP 1 l LEFT COUNT 1 COUNT 1', SYNTAX],
      ['LMPOP 2 none s LEFT', WRONG_TYPE],
    ]);
  });
});

describe('BLPOP and its like', () => {
  it('do at once what there is to do', () => {
    new TestEngine().talk([
      ['RPUSH l 1 2 3 4 5 6', ':6'],
      ['BLPOP none l 0', '*2 $1 l $1 1'],
      ['BRPOP none l 1.5', '*2 $1 l $1 6'],
      ['BLMOVE l to LEFT LEFT 0', '$1 2'],
      ['BRPOPLPUSH l to 0', '$1 5'],
      ['LRANGE to 0 -1', '*2 $1 5 $1 2'],
      ['BLMPOP 0 2 none l RIGHT COUNT 5', '*2 $1 l *2 $1 4 $1 3'],
      ['EXISTS l', ':0'],
    ]);
  });

  it('refuse what they must', () => {
    new TestEngine().talk([
      ['SET s text', '+OK'],
      ['RPUSH l a', ':1'],
      ['BLPOP s l 0', WRONG_TYPE],
      ['BLPOP s -1', '-ERR timeout is negative'],
      ['BRPOP s x', '-ERR timeout is not a float or out of range'],
      ['BLMOVE s l LEFT MIDDLE x', SYNTAX],
      ['BLMOVE l s LEFT LEFT 0', WRONG_TYPE],
      ['BLMPOP -1 1 l LEFT COUNT 0', '-ERR count should be greater than 0'],
      ['BLMPOP -1 1 l LEFT', '-ERR timeout is negative'],
    ]);
  });
});
