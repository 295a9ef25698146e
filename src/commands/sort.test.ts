import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { TestEngine } from '../engine/engine.case.js';
import * as errors from '../engine/errors.js';
import { Follower } from './collections.case.js';

const NOT_A_DOUBLE = `-${errors.SORT_NOT_A_DOUBLE}`;
const SYNTAX = `-${errors.SYNTAX}`;

describe('SORT', () => {
  it('sorts lists, sets and sorted sets by numbers, and by bytes what are equal numbers', () => {
    new TestEngine().talk([
      ['RPUSH l 10 9 -1.5 1e1 0x10 0 -0 inf', ':8'],
      ['SORT l', '*8 $4 -1.5 $2 -0 $1 0 $1 9 $2 10 $3 1e1 $4 0x10 $3 inf'],
      ['SORT l DESC', '*8 $3 inf $4 0x10 $3 1e1 $2 10 $1 9 $1 0 $2 -0 $4 -1.5'],
      ['SADD s 3 20 100', ':3'],
      ['SORT s', '*3 $1 3 $2 20 $3 100'],
      ['ZADD z 1 30 2 20 3 10', ':3'],
      ['SORT z', '*3 $2 10 $2 20 $2 30'],
      ['OBJECT ENCODING z', '$8 skiplist'],
    ]);
  });

  it('sorts texts with ALPHA', () => {
    new TestEngine().talk([
      ['RPUSH l b 10 9 B ba', ':5'],
      ['SORT l ALPHA', '*5 $2 10 $1 9 $1 B $1 b $2 ba'],
      ['SORT l ALPHA DESC', '*5 $2 ba $1 b $1 B $1 9 $2 10'],
      ['SORT l', NOT_A_DOUBLE],
    ]);
  });

  it('compares texts as C does, up to a zero byte, unless the result is stored', () => {
    const engine = new TestEngine();
    engine.run('RPUSH', 'l', 'a\0z', 'a\0b', 'a');
    assert.equal(engine.say('SORT l ALPHA'), '*3 $3 a\0z $3 a\0b $1 a');
    engine.talk([
      ['SORT l ALPHA STORE d', ':3'],
      ['LRANGE d 0 -1', '*3 $1 a $3 a\0b $3 a\0z'],
    ]);
  });

  it('takes for a number what strtod takes for one', () => {
    const engine = new TestEngine();
    const numbers = ['', '\t3', ' 5', '1\0abc', '+.5', '5.', '0x1p-2', 'INFINITY', '0e-999', '-0x0', '\0'];
    for (const text of numbers) {
      engine.run('DEL', 'l');
      engine.run('RPUSH', 'l', '1', text);
      assert.match(engine.say('SORT l'), /^\*2/, JSON.stringify(text));
    }
    for (const text of [
      ' ',
      '5 ',
      '1e',
      '0x',
      '-',
      'nan',
      '1e400',
      '-1e400',
      '1e-400',
      '1e-310',
      '+ 5',
      '1,5',
    ]) {
      engine.run('DEL', 'l');
      engine.run('RPUSH', 'l', '1', text);
      assert.equal(engine.say('SORT l'), NOT_A_DOUBLE, JSON.stringify(text));
    }
  });

  it('returns a part with LIMIT', () => {
    new TestEngine().talk([
      ['RPUSH l 3 1 2', ':3'],
      ['SORT l LIMIT 1 1', '*1 $1 2'],
      ['SORT l LIMIT -5 2', '*2 $1 1 $1 2'],
      ['SORT l LIMIT 2 -1', '*1 $1 3'],
      ['SORT l LIMIT 3 1', '*0'],
      ['SORT l LIMIT 0 0', '*0'],
      ['SORT l LIMIT 1 99999999999', '*2 $1 2 $1 3'],
      ['SORT l LIMIT 0 1 LIMIT 2 1', '*1 $1 3'],
      ['SORT l LIMIT x 1', `-${errors.NOT_AN_INTEGER}`],
      ['SORT l LIMIT 1', SYNTAX],
    ]);
  });

  it('leaves the order as it is without a star in BY', () => {
    new TestEngine().talk([
      ['RPUSH l 3 1 2', ':3'],
      ['SORT l BY nosort', '*3 $1 3 $1 1 $1 2'],
      ['SORT l BY nosort DESC', '*3 $1 2 $1 1 $1 3'],
      ['SORT l BY nosort LIMIT 1 5', '*2 $1 1 $1 2'],
      ['SORT l BY nosort DESC LIMIT 0 2', '*2 $1 2 $1 1'],
      ['SORT l BY nosort BY w*', '*3 $1 3 $1 1 $1 2'],
      ['ZADD z 1 c 2 a 3 b', ':3'],
      ['SORT z BY nosort', '*3 $1 c $1 a $1 b'],
      ['SORT z BY nosort DESC LIMIT 1 1', '*1 $1 a'],
      ['SADD s b a 1', ':3'],
      ['SORT s BY nosort STORE d', ':3'],
      ['LRANGE d 0 -1', '*3 $1 1 $1 a $1 b'],
    ]);
  });

  it('sorts by other keys, and fields of hashes', () => {
    new TestEngine().talk([
      ['RPUSH l a b c d', ':4'],
      ['MSET w_a 3 w_b 1 w_c 2', '+OK'],
      ['SORT l BY w_*', '*4 $1 d $1 b $1 c $1 a'],
      ['SORT l BY w_* DESC', '*4 $1 a $1 c $1 b $1 d'],
      ['HSET h_a f x', ':1'],
      ['HSET h_b f y', ':1'],
      ['HSET h_c g z', ':1'],
      ['SORT l BY h_*->f ALPHA', '*4 $1 c $1 d $1 a $1 b'],
      ['SORT l BY h_*->f ALPHA DESC', '*4 $1 b $1 a $1 c $1 d'],
      ['SORT l BY h_*->f', NOT_A_DOUBLE],
      ['SORT l BY h_*', '*4 $1 a $1 b $1 c $1 d'],
      ['SORT l BY w_*->f', '*4 $1 a $1 b $1 c $1 d'],
    ]);
  });

  it('returns with GET what patterns name', () => {
    new TestEngine().talk([
      ['RPUSH l 2 1', ':2'],
      ['MSET v1x one v2x 22', '+OK'],
      ['HSET h1 f 5', ':1'],
      ['SORT l GET v*x', '*2 $3 one $2 22'],
      ['SORT l GET # GET h*->f GET v*x', '*6 $1 1 $1 5 $3 one $1 2 $-1 $2 22'],
      ['SORT l GET nothing GET #x', '*4 $-1 $-1 $-1 $-1'],
      ['SET 1-> arrow', '+OK'],
      ['SORT l GET *->', '*2 $5 arrow $-1'],
      ['SORT l GET l', '*2 $-1 $-1'],
    ]);
  });

  it('does not see keys and fields whose time is over', () => {
    const engine = new TestEngine();
    engine.talk([
      ['RPUSH l 1', ':1'],
      ['SET v1 x PX 10', '+OK'],
      ['HSET h1 f x g y', ':2'],
      ['HPEXPIRE h1 10 FIELDS 1 f', '*1 :1'],
      ['SORT l GET v* GET h*->f GET h*->g', '*3 $1 x $1 x $1 y'],
    ]);
    engine.now += 10;
    engine.talk([
      ['SORT l GET v* GET h*->f GET h*->g', '*3 $-1 $-1 $1 y'],
      ['PEXPIRE l 10', ':1'],
    ]);
    engine.now += 10;
    assert.equal(engine.say('SORT l'), '*0');
  });

  it('stores the result as a list, in the place of whatever was there', () => {
    const engine = new TestEngine({ logs: true });
    const follower = new Follower();
    engine.talk([
      ['RPUSH l 3 1 2', ':3'],
      ['SET d string PX 1000', '+OK'],
      ['SORT l STORE d', ':3'],
      ['LRANGE d 0 -1', '*3 $1 1 $1 2 $1 3'],
      ['PTTL d', ':-1'],
      ['SET v1 x', '+OK'],
      ['SORT l GET v* GET # STORE d', ':6'],
      ['LRANGE d 0 -1', '*6 $1 x $1 1 $0  $1 2 $0  $1 3'],
      ['SORT d ALPHA STORE d', ':6'],
      ['LRANGE d 0 -1', '*6 $0  $0  $1 1 $1 2 $1 3 $1 x'],
    ]);
    follower.follow(engine);
    assert.deepEqual(follower.engine.contents(), engine.contents());
    engine.talk([
      ['SORT l LIMIT 5 5 STORE d', ':0'],
      ['EXISTS d', ':0'],
      ['SORT nothing STORE l', ':0'],
      ['EXISTS l', ':0'],
    ]);
    follower.follow(engine);
    assert.deepEqual(follower.engine.contents(), engine.contents());
  });

  it('stores all of it or nothing when memory runs out', () => {
    for (const count of [5, 3000]) {
      const engine = new TestEngine({ logs: true });
      const elements = Array.from({ length: count }, (_, index) => `${(index * 7919) % count}`);
      engine.run('RPUSH', 'l', ...elements);
      engine.run('HSET', 'd', 'a', 'b');
      assert.equal(engine.starve(1000, 'SORT', 'l', 'STORE', 'd'), `:${count}\r\n`);
      assert.equal(engine.say('LINDEX d 1'), '$1 1');
      engine.say('FLUSHALL');
      engine.assertEmpty();
    }
  });

  it('refuses other types, and what is no option', () => {
    new TestEngine().talk([
      ['SET s v', '+OK'],
      ['HSET h a b', ':1'],
      ['SORT s', `-${errors.WRONG_TYPE}`],
      ['SORT h', `-${errors.WRONG_TYPE}`],
      ['SORT h STORE d', `-${errors.WRONG_TYPE}`],
      ['SORT s x', SYNTAX],
      ['SORT s BY', SYNTAX],
      ['SORT s GET', SYNTAX],
      ['SORT s STORE', SYNTAX],
      ['SORT_RO s STORE d', SYNTAX],
      ['SORT_RO missing', '*0'],
    ]);
  });

  it('gives all batons back', () => {
    const engine = new TestEngine();
    for (const line of [
      'SORT a',
      'SORT a STORE b',
      'SORT a STORE a',
      'SORT a BY w*',
      'SORT a GET w* STORE b',
      'SORT a x',
    ]) {
      engine.say(line);
      engine.batons.takeAll(); // would wait for ever
      engine.batons.giveAll();
    }
  });

  it('sorts as a model does', () => {
    const element = fc.oneof(
      fc.integer({ min: -20, max: 20 }).map(String),
      fc
        .double({ noNaN: true, min: -1e300, max: 1e300 })
        .map((one) => String(Math.abs(one) < 1e-300 ? 0 : one)),
    );
    fc.assert(
      fc.property(
        fc.array(element, { minLength: 1, maxLength: 600 }),
        fc.boolean(),
        fc.boolean(),
        (elements, isAlpha, isDescending) => {
          const engine = new TestEngine();
          engine.run('RPUSH', 'l', ...elements);
          const byText = (left: string, right: string) =>
            Buffer.compare(Buffer.from(left), Buffer.from(right));
          const expected = [...elements].sort((left, right) => {
            const difference = isAlpha ? 0 : Number(left) - Number(right);
            const order = difference === 0 ? byText(left, right) : difference;
            return isDescending ? -order : order;
          });
          const options = [...(isAlpha ? ['ALPHA'] : []), ...(isDescending ? ['DESC'] : [])];
          const reply = engine.run('SORT', 'l', ...options);
          assert.deepEqual(
            reply.split('\r\n').filter((_, index) => index % 2 === 0 && index > 0),
            expected,
          );
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('COMMAND GETKEYS of SORT', () => {
  it('tells the key and the last STORE', () => {
    new TestEngine().talk([
      ['COMMAND GETKEYS SORT l BY w* STORE d', '*2 $1 l $1 d'],
      ['COMMAND GETKEYS SORT l STORE d STORE e', '*2 $1 l $1 e'],
      ['COMMAND GETKEYS SORT l GET STORE', '*1 $1 l'],
      ['COMMAND GETKEYS SORT_RO l GET x', '*1 $1 l'],
    ]);
  });
});
