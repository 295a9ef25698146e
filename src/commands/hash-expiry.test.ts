import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { START_MS, TestEngine } from '../engine/engine.case.js';
import * as errors from '../engine/errors.js';
import { PROTOCOL_RESP3 } from '../engine/reply.js';

const DEADLINE_MS_MAX = 2 ** 46 - 1;

describe('HEXPIRE and its kin', () => {
  it('give fields a time to live, or a moment', () => {
    new TestEngine().talk([
      ['HSET h a 1 b 2 c 3', ':3'],
      ['HEXPIRE h 10 FIELDS 2 a x', '*2 :1 :-2'],
      ['HPEXPIRE h 1500 FIELDS 1 b', '*1 :1'],
      ['HTTL h FIELDS 4 a b c x', '*4 :10 :2 :-1 :-2'],
      ['HPTTL h FIELDS 2 a b', '*2 :10000 :1500'],
      ['HEXPIRETIME h FIELDS 2 a b', `*2 :${START_MS / 1000 + 10} :${START_MS / 1000 + 2}`],
      ['HPEXPIRETIME h FIELDS 2 a b', `*2 :${START_MS + 10_000} :${START_MS + 1500}`],
      [`HEXPIREAT h ${START_MS / 1000 + 7} FIELDS 1 c`, '*1 :1'],
      [`HPEXPIREAT h ${START_MS + 7001} FIELDS 1 a`, '*1 :1'],
      ['HPTTL h FIELDS 3 a b c', '*3 :7001 :1500 :7000'],
      ['HPERSIST h FIELDS 4 a b x a', '*4 :1 :1 :-2 :-1'],
      ['HTTL h FIELDS 3 a b c', '*3 :-1 :-1 :7'],
      ['HEXPIRE x 10 FIELDS 2 a b', '*2 :-2 :-2'],
      ['HTTL x FIELDS 1 a', '*1 :-2'],
      ['HPERSIST x FIELDS 1 a', '*1 :-2'],
    ]);
  });

  it('obey their condition', () => {
    const engine = new TestEngine();
    const table: [condition: string, without: number, earlier: number, same: number, later: number][] = [
      ['NX', 1, 0, 0, 0],
      ['XX', 0, 1, 1, 1],
      ['GT', 0, 0, 0, 1],
      ['LT', 1, 1, 0, 0],
    ];
    for (const [condition, ...replies] of table) {
      engine.say('DEL h');
      engine.say('HSET h without 1 earlier 1 same 1 later 1');
      engine.say('HEXPIRE h 20 FIELDS 1 earlier');
      engine.say('HEXPIRE h 10 FIELDS 1 same');
      engine.say('HEXPIRE h 5 FIELDS 1 later');
      const reply = engine.say(`HEXPIRE h 10 ${condition.toLowerCase()} FIELDS 4 without earlier same later`);
      assert.equal(reply, `*4 ${replies.map((each) => `:${each}`).join(' ')}`, condition);
    }
  });

  it('delete fields whose time is over at once, if the condition holds', () => {
    new TestEngine().talk([
      ['HSET h a 1 b 2 c 3', ':3'],
      ['HEXPIRE h 100 FIELDS 1 c', '*1 :1'],
      ['HEXPIRE h 0 FIELDS 2 a x', '*2 :2 :-2'],
      ['HPEXPIREAT h 1 NX FIELDS 2 b c', '*2 :2 :0'],
      ['HGETALL h', '*2 $1 c $1 3'],
      ['HEXPIREAT h 0 LT FIELDS 2 c c', '*2 :2 :-2'],
      ['EXISTS h', ':0'],
    ]);
  });

  it('check their arguments in the order that Redis does', () => {
    const fields = `-${errors.FIELDS_MISSING}`;
    new TestEngine().talk([
      ['HSET h a 1', ':1'],
      ['HEXPIRE h 1 FIELDS 1', `-${errors.wrongArity('hexpire')}`],
      ['HEXPIRE h x FIELD 1 a', `-${errors.NOT_AN_INTEGER}`],
      ['HEXPIRE h -1 FIELDS 1 a', `-${errors.EXPIRE_TIME_NEGATIVE}`],
      ['HEXPIRE h -9223372036854775808 FIELDS 1 a', `-${errors.EXPIRE_TIME_NEGATIVE}`],
      ['HEXPIRE h 9223372036854775807 FIELDS 1 a', `-${errors.invalidExpireTime('hexpire')}`],
      [`HPEXPIREAT h ${DEADLINE_MS_MAX + 1} FIELDS 1 a`, `-${errors.invalidExpireTime('hpexpireat')}`],
      [`HPEXPIREAT h ${DEADLINE_MS_MAX} FIELDS 1 a`, '*1 :1'],
      ['HEXPIRE h 1 FIELD 1 a', fields],
      ['HEXPIRE h 1 NX GT FIELDS 1 a', fields],
      ['HEXPIRE h 1 FIELDS 0 a', `-${errors.FIELD_COUNT_ABOVE_ZERO}`],
      ['HEXPIRE h 1 FIELDS x a', `-${errors.FIELD_COUNT_ABOVE_ZERO}`],
      ['HEXPIRE h 1 FIELDS 2 a', `-${errors.FIELD_COUNT_DIFFERS}`],
      ['HEXPIRE x 1 FIELDS 1 a b', `-${errors.FIELD_COUNT_DIFFERS}`],
      ['HTTL h FIELD 1 a', fields],
      ['HTTL h FIELDS 0 a', `-${errors.FIELD_COUNT_POSITIVE}`],
      ['HTTL h FIELDS 2 a', `-${errors.FIELD_COUNT_DIFFERS}`],
      ['HPERSIST h FIELD 1 a', fields],
      ['HPERSIST h FIELDS x a', `-${errors.FIELD_COUNT_POSITIVE}`],
      ['HPERSIST h FIELDS 3 a b', `-${errors.FIELD_COUNT_DIFFERS}`],
    ]);
  });

  it('hold until the field is written: HSET ends them, HINCRBY does not', () => {
    const engine = new TestEngine();
    engine.say('HSET h a 1 b 1 c 1 d 1');
    engine.say('HPEXPIRE h 100 FIELDS 4 a b c d');
    engine.say('HSET h a 2');
    engine.say('HINCRBY h b 1');
    engine.say('HINCRBYFLOAT h c 1.5');
    engine.say('HSETNX h d 2');
    assert.equal(engine.say('HPTTL h FIELDS 4 a b c d'), '*4 :-1 :100 :100 :100');
    engine.now += 99;
    assert.equal(engine.say('HLEN h'), ':4');
    engine.now += 1;
    engine.talk([
      ['HGETALL h', '*2 $1 a $1 2'],
      ['HLEN h', ':1'],
      ['HGET h b', '$-1'],
      ['HEXISTS h b', ':0'],
      ['HSTRLEN h b', ':0'],
      ['HMGET h a b', '*2 $1 2 $-1'],
      ['HTTL h FIELDS 1 b', '*1 :-2'],
      ['HPERSIST h FIELDS 1 b', '*1 :-2'],
      ['HEXPIRE h 9 FIELDS 1 b', '*1 :-2'],
      ['HDEL h b', ':0'],
      ['HSETNX h c 7', ':1'],
      ['HINCRBY h d 1', ':1'],
      ['HTTL h FIELDS 2 c d', '*2 :-1 :-1'],
      ['HSET h b 1', ':1'],
    ]);
  });
});

describe('HGETDEL', () => {
  it('returns values and deletes the fields', () => {
    const engine = new TestEngine();
    engine.talk([
      ['HSET h a 1 b 2 c 3', ':3'],
      ['HGETDEL h FIELDS 3 a x a', '*3 $1 1 $-1 $-1'],
      ['HGETDEL x FIELDS 2 a b', '*2 $-1 $-1'],
      ['HGETDEL h FIELD 1 a', `-${errors.FIELDS_MISSING}`],
      ['HGETDEL h FIELDS x a', `-${errors.FIELD_COUNT_POSITIVE}`],
      ['HGETDEL h FIELDS 2 a', `-${errors.FIELD_COUNT_DIFFERS}`],
      ['HGETDEL h FIELDS 2 b c', '*2 $1 2 $1 3'],
      ['EXISTS h', ':0'],
    ]);
    engine.assertEmpty();
  });
});

describe('HGETEX', () => {
  it('returns values and changes when the fields expire', () => {
    const engine = new TestEngine();
    engine.talk([
      ['HSET h a 1 b 2 c 3', ':3'],
      ['HGETEX h FIELDS 2 a x', '*2 $1 1 $-1'],
      ['HGETEX h EX 10 FIELDS 2 a b', '*2 $1 1 $1 2'],
      ['HTTL h FIELDS 3 a b c', '*3 :10 :10 :-1'],
      ['HGETEX h PERSIST FIELDS 2 a c', '*2 $1 1 $1 3'],
      ['HGETEX h FIELDS 1 b', '*1 $1 2'],
      ['HTTL h FIELDS 3 a b c', '*3 :-1 :10 :-1'],
      ['HGETEX h PX 0 FIELDS 2 a a', '*2 $1 1 $-1'],
      [`HGETEX h PXAT ${START_MS + 5} FIELDS 1 b`, '*1 $1 2'],
      [`HGETEX h exat ${START_MS / 1000} FIELDS 1 c`, '*1 $1 3'],
      ['HGETALL h', '*2 $1 b $1 2'],
      ['HGETEX x EX 1 FIELDS 2 a b', '*2 $-1 $-1'],
      ['HGETEX h EX x FIELDS 1 a', `-${errors.NOT_AN_INTEGER}`],
      ['HGETEX h EX -1 FIELDS 1 a', `-${errors.EXPIRE_TIME_NEGATIVE}`],
      ['HGETEX h KEEPTTL FIELDS 1 a', `-${errors.FIELDS_MISSING}`],
      ['HGETEX h EX 1 FIELDS', `-${errors.wrongArity('hgetex')}`],
      ['HGETEX h FIELDS 2 a', `-${errors.FIELD_COUNT_DIFFERS}`],
      ['HGETEX h FIELDS 0 a', `-${errors.FIELD_COUNT_POSITIVE}`],
    ]);
    const resp3 = engine.connect(PROTOCOL_RESP3);
    assert.equal(engine.runAs(resp3, 'HGETEX', 'h', 'FIELDS', '2', 'b', 'x'), '*2\r\n$1\r\n2\r\n_\r\n');
  });
});

describe('HSETEX', () => {
  it('sets fields together with their deadline', () => {
    new TestEngine().talk([
      ['HSETEX h EX 10 FIELDS 2 a 1 b 2', ':1'],
      ['HSETEX h FIELDS 1 a 3', ':1'],
      ['HTTL h FIELDS 2 a b', '*2 :-1 :10'],
      ['HSETEX h KEEPTTL FIELDS 3 a 4 b 5 c 6', ':1'],
      ['HTTL h FIELDS 3 a b c', '*3 :-1 :10 :-1'],
      ['HMGET h a b c', '*3 $1 4 $1 5 $1 6'],
      [`HSETEX h PXAT ${START_MS + 77} FIELDS 1 c 6`, ':1'],
      ['HPTTL h FIELDS 1 c', '*1 :77'],
      ['HSETEX h PX 0 FIELDS 2 a 7 new 8', ':1'],
      ['HMGET h a new', '*2 $-1 $-1'],
      ['HSETEX x EXAT 1 FIELDS 1 a 1', ':1'],
      ['EXISTS x', ':0'],
    ]);
  });

  it('sets all or nothing under a condition', () => {
    new TestEngine().talk([
      ['HSETEX h FXX FIELDS 1 a 1', ':0'],
      ['EXISTS h', ':0'],
      ['HSETEX h FNX FIELDS 2 a 1 b 1', ':1'],
      ['HSETEX h FNX FIELDS 2 b 2 c 2', ':0'],
      ['HSETEX h FXX FIELDS 2 b 2 c 2', ':0'],
      ['HSETEX h EX 9 FXX FIELDS 2 a 2 b 2', ':1'],
      ['HGETALL h', '*4 $1 b $1 2 $1 a $1 2'],
    ]);
  });

  it('checks its arguments one by one', () => {
    const arity = `-${errors.wrongArity('hsetex')}`;
    new TestEngine().talk([
      ['HSETEX h FIELDS 1 a', arity],
      ['HSETEX h FNX FIELDS 1 a', arity],
      ['HSETEX h FIELDS 2 a 1', arity],
      ['HSETEX h FIELDS 1 a 1 b', arity],
      ['HSETEX h FNX KEEPTTL EX 1', `-${errors.ONE_FIELD_EXPIRY}`],
      ['HSETEX h FIELDS 0 a 1', `-${errors.FIELD_COUNT_INVALID}`],
      ['HSETEX h FIELDS x a 1', `-${errors.FIELD_COUNT_INVALID}`],
      ['HSETEX h FNX FXX FIELDS 1 a 1', `-${errors.ONE_FIELD_CONDITION}`],
      ['HSETEX h FNX FNX FIELDS 1 a 1', `-${errors.ONE_FIELD_CONDITION}`],
      ['HSETEX h EX 1 PX 1 FIELDS 1 a 1', `-${errors.ONE_FIELD_EXPIRY}`],
      ['HSETEX h EX x FIELDS 1 a 1', `-${errors.NOT_AN_INTEGER}`],
      ['HSETEX h EX -5 FIELDS 1 a 1', `-${errors.EXPIRE_TIME_NEGATIVE}`],
      ['HSETEX h FNX KEEPTTL FXX EX', `-${errors.ONE_FIELD_CONDITION}`],
      ['HSETEX h FNX junk FXX EX', '-ERR unknown argument: junk'],
      ['HSETEX h FNX a b c', '-ERR unknown argument: a'],
    ]);
  });

  it('leaves no deadline that is over behind a field that it keeps', () => {
    const engine = new TestEngine({ logs: true });
    engine.say('HSETEX h PX 5 FIELDS 2 a 1 b 1');
    engine.now += 5;
    engine.talk([
      ['HSETEX h FXX KEEPTTL FIELDS 1 a 2', ':0'],
      ['HSETEX h FNX KEEPTTL FIELDS 2 a 2 b 2', ':1'],
      ['HGETALL h', '*4 $1 a $1 2 $1 b $1 2'],
      ['HTTL h FIELDS 2 a b', '*2 :-1 :-1'],
    ]);
  });
});
