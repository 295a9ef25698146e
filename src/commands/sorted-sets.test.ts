import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Applier } from '../engine/apply.js';
import { BlockingEngine } from '../engine/blocking.case.js';
import { TestEngine } from '../engine/engine.case.js';
import * as errors from '../engine/errors.js';
import { PROTOCOL_RESP3 } from '../engine/reply.js';

const WRONG_TYPE = `-${errors.WRONG_TYPE}`;

function engineWith(...lines: readonly string[]): TestEngine {
  const engine = new TestEngine();
  for (const line of lines) engine.say(line);
  return engine;
}

/** A sorted set of so many members, `m0` with score 0 and so on: large from 129 on. */
function fill(engine: TestEngine, key: string, count: number): void {
  const pairs = Array.from({ length: count }, (_, number) => [String(number), `m${number}`]);
  assert.equal(engine.run('ZADD', key, ...pairs.flat()), `:${count}\r\n`);
}

describe('ZADD', () => {
  it('adds, updates, and counts what it is asked to count', () => {
    engineWith().talk([
      ['ZADD z 1 a 2 b', ':2'],
      ['ZADD z 3 a 2 b 4 c', ':1'],
      ['ZADD z CH 5 a 2 b 6 c 7 d', ':3'],
      ['ZADD z NX 1 a 1 e', ':1'],
      ['ZADD z XX CH 9 e 9 f', ':1'],
      ['ZADD z GT CH 4 a 10 b', ':1'],
      ['ZADD z LT CH 4 a 11 b 1 g', ':2'],
      ['ZRANGE z 0 -1 WITHSCORES', '*12 $1 g $1 1 $1 a $1 4 $1 c $1 6 $1 d $1 7 $1 e $1 9 $1 b $2 10'],
      ['ZADD none XX 1 a', ':0'],
      ['EXISTS none', ':0'],
    ]);
  });

  it('increments one member', () => {
    engineWith().talk([
      ['ZADD z INCR 1.5 a', '$3 1.5'],
      ['ZADD z INCR 1.6 a', '$18 3.1000000000000001'],
      ['ZADD z NX INCR 1 a', '$-1'],
      ['ZADD z XX INCR 1 b', '$-1'],
      ['ZADD none XX INCR 1 b', '$-1'],
      ['ZADD z GT INCR -1 a', '$-1'],
      ['ZINCRBY z inf a', '$3 inf'],
      ['ZINCRBY z -inf a', `-${errors.SCORE_NOT_A_NUMBER}`],
      ['ZINCRBY z 5 b', '$1 5'],
      ['ZINCRBY z 5 nx', '$1 5'],
    ]);
  });

  it('checks options, then scores, then the key', () => {
    const engine = engineWith('SET s x');
    engine.talk([
      ['ZADD s NX XX 1', `-${errors.SYNTAX}`],
      ['ZADD s NX XX 1 a', `-${errors.ZADD_NX_WITH_XX}`],
      ['ZADD s GT LT 1 a', `-${errors.ZADD_COMPARISONS}`],
      ['ZADD s NX GT 1 a', `-${errors.ZADD_COMPARISONS}`],
      ['ZADD s INCR 1 a 2 b', `-${errors.ZADD_INCREMENT_PAIRS}`],
      ['ZADD s 1 a x b', `-${errors.NOT_A_FLOAT}`],
      ['ZADD s nan a', `-${errors.NOT_A_FLOAT}`],
      ['ZADD s 1 a', WRONG_TYPE],
      ['ZADD z 1 a NX b', `-${errors.NOT_A_FLOAT}`],
      ['EXISTS z', ':0'],
      ['ZREM s a', WRONG_TYPE],
      ['ZSCORE s a', WRONG_TYPE],
      ['ZCARD s', WRONG_TYPE],
    ]);
  });

  it('keeps the sign of 0 where Redis does: in its larger form', () => {
    const engine = engineWith('ZADD z -0 a', `ZADD long -0 a 1 ${'x'.repeat(65)}`, 'ZADD long -0 b');
    engine.talk([
      ['ZSCORE z a', '$1 0'],
      ['ZSCORE long a', '$1 0'],
      ['ZSCORE long b', '$2 -0'],
      ['ZADD long CH 0 b', ':0'],
    ]);
  });

  it('replies in RESP3 with doubles', () => {
    const engine = new TestEngine({ protocol: PROTOCOL_RESP3 });
    engine.talk([
      ['ZADD z 1 a 2.5 b', ':2'],
      ['ZINCRBY z 1 a', ',2'],
      ['ZMSCORE z a b c', '*3 ,2 ,2.5 _'],
      ['ZRANGE z 0 -1 WITHSCORES', '*2 *2 $1 a ,2 *2 $1 b ,2.5'],
      ['ZRANK z b WITHSCORE', '*2 :1 ,2.5'],
      ['ZRANK z c WITHSCORE', '_'],
      ['ZUNION 1 z WITHSCORES', '*2 *2 $1 a ,2 *2 $1 b ,2.5'],
      ['ZSCAN z 0', '*2 $1 0 *4 $1 a $1 2 $1 b $3 2.5'],
      ['ZPOPMIN z', '*2 $1 a ,2'],
      ['ZPOPMIN z 1', '*1 *2 $1 b ,2.5'],
    ]);
  });
});

describe('members', () => {
  it('are found, ranked and removed in both forms', () => {
    for (const count of [20, 300]) {
      const engine = new TestEngine();
      fill(engine, 'z', count);
      engine.talk([
        ['ZCARD z', `:${count}`],
        ['ZSCORE z m7', '$1 7'],
        ['ZSCORE z x', '$-1'],
        ['ZMSCORE z m1 x m2', '*3 $1 1 $-1 $1 2'],
        ['ZRANK z m7', ':7'],
        ['ZREVRANK z m7', `:${count - 8}`],
        ['ZREVRANK z m7 WITHSCORE', `*2 :${count - 8} $1 7`],
        ['ZRANK z x', '$-1'],
        ['ZRANK z x WITHSCORE', '*-1'],
        ['ZRANK z m7 JUNK', `-${errors.SYNTAX}`],
        ['ZRANK z m7 WITHSCORE x', `-${errors.wrongArity('zrank')}`],
        ['ZREM z m7 x m8', ':2'],
        ['ZRANK z m9', ':7'],
        [`OBJECT ENCODING z`, count > 128 ? '$8 skiplist' : '$8 listpack'],
      ]);
      engine.say('DEL z');
      engine.assertEmpty();
    }
  });

  it('take the key with them when the last one goes', () => {
    engineWith('ZADD z 1 a 2 b', 'ZREM z b a').talk([
      ['EXISTS z', ':0'],
      ['ZREM z a', ':0'],
    ]);
  });
});

describe('ranges', () => {
  it('are of ranks, scores or members, forwards or backwards', () => {
    for (const filler of [0, 200]) {
      const engine = engineWith('ZADD z 1 a 2 b 3 c 4 d 5 e', 'ZADD lex 0 a 0 b 0 c 0 d 0 e');
      if (filler > 0) {
        const pairs = Array.from({ length: filler }, (_, number) => ['100', `z${number}`]).flat();
        engine.run('ZADD', 'z', ...pairs);
        engine.run('ZADD', 'lex', ...pairs.map((word) => (word === '100' ? '0' : word)));
      }
      engine.talk([
        ['ZRANGE z 1 2', '*2 $1 b $1 c'],
        ['ZRANGE z 3 1', '*0'],
        ['ZRANGE z 1 2 LIMIT 5 -1', '*2 $1 b $1 c'],
        ['ZRANGE z 999 1000', '*0'],
        ['ZRANGE z 2 4 BYSCORE', '*3 $1 b $1 c $1 d'],
        ['ZRANGE z (2 (4 BYSCORE WITHSCORES', '*2 $1 c $1 3'],
        ['ZRANGE z 5 -inf BYSCORE REV LIMIT 1 2', '*2 $1 d $1 c'],
        ['ZRANGEBYSCORE z -inf 5 LIMIT 3 -1', '*2 $1 d $1 e'],
        ['ZRANGEBYSCORE z -inf 5 LIMIT -1 2', '*0'],
        ['ZREVRANGEBYSCORE z 3 1 WITHSCORES', '*6 $1 c $1 3 $1 b $1 2 $1 a $1 1'],
        ['ZRANGEBYLEX lex [b (d', '*2 $1 b $1 c'],
        ['ZRANGEBYLEX lex - [b', '*2 $1 a $1 b'],
        ['ZREVRANGEBYLEX lex (d [b LIMIT 0 1', '*1 $1 c'],
        ['ZRANGE lex [d - BYLEX REV', '*4 $1 d $1 c $1 b $1 a'],
        ['ZRANGE lex + - BYLEX', '*0'],
        ['ZCOUNT z (1 5', ':4'],
        ['ZCOUNT z 5 1', ':0'],
        ['ZLEXCOUNT lex [b (e', ':3'],
        ['ZLEXCOUNT lex - +', `:${5 + filler}`],
        ['ZREVRANGE lex -2 -1', '*2 $1 b $1 a'],
        ['ZRANGESTORE copy z 2 4 BYSCORE REV', ':0'],
        ['ZRANGESTORE copy z 4 2 BYSCORE REV', ':3'],
        ['ZRANGE copy 0 -1 WITHSCORES', '*6 $1 b $1 2 $1 c $1 3 $1 d $1 4'],
        ['ZRANGESTORE copy none 0 -1', ':0'],
        ['EXISTS copy', ':0'],
        ['ZREMRANGEBYSCORE z 4 5', ':2'],
        ['ZREMRANGEBYLEX lex [a [c', ':3'],
        ['ZREMRANGEBYRANK z 0 1', ':2'],
        ['ZRANGE z 0 0', '*1 $1 c'],
        ['ZREMRANGEBYRANK z 0 -1', `:${1 + filler}`],
        ['EXISTS z', ':0'],
      ]);
      engine.say('DEL lex');
      engine.assertEmpty();
    }
  });

  it('say what is wrong with them', () => {
    const engine = engineWith('SET s x', 'ZADD z 1 a');
    engine.talk([
      ['ZRANGE z a 1', `-${errors.NOT_AN_INTEGER}`],
      ['ZRANGE z a 1 BYSCORE', `-${errors.SCORE_BOUND}`],
      ['ZRANGE z a b BYLEX', `-${errors.LEX_BOUND}`],
      ['ZRANGE z 0 1 LIMIT 0 1', `-${errors.ZRANGE_LIMIT}`],
      ['ZRANGE z [a [b BYLEX WITHSCORES', `-${errors.ZRANGE_LEX_SCORES}`],
      ['ZRANGE z 0 1 BYLEX BYSCORE', `-${errors.SYNTAX}`],
      ['ZREVRANGE z 0 1 REV', `-${errors.SYNTAX}`],
      ['ZRANGE z 0 1 BYSCORE LIMIT 1', `-${errors.SYNTAX}`],
      ['ZRANGESTORE d z 0 1 WITHSCORES', `-${errors.SYNTAX}`],
      ['ZRANGE s 0 1', WRONG_TYPE],
      ['ZRANGESTORE d s 0 1', WRONG_TYPE],
      ['ZCOUNT s x 1', `-${errors.SCORE_BOUND}`],
      ['ZREMRANGEBYRANK s 0 1', WRONG_TYPE],
      ['ZRANGE none 0 1', '*0'],
    ]);
  });
});

describe('popping', () => {
  it('takes from either end', () => {
    for (const count of [10, 300]) {
      const engine = new TestEngine();
      fill(engine, 'z', count);
      const last = count - 1;
      engine.talk([
        ['ZPOPMIN z', '*2 $2 m0 $1 0'],
        ['ZPOPMIN z 2', '*4 $2 m1 $1 1 $2 m2 $1 2'],
        ['ZPOPMAX z 0', '*0'],
        ['ZPOPMAX none', '*0'],
        ['ZPOPMIN z -1', `-${errors.MUST_BE_POSITIVE}`],
        ['ZMPOP 2 none z MIN', '*2 $1 z *1 *2 $2 m3 $1 3'],
        ['ZMPOP 1 none MIN', '*-1'],
        ['ZCARD z', `:${count - 4}`],
      ]);
      assert.match(
        engine.say('ZMPOP 1 z MAX COUNT 2'),
        new RegExp(`^\\*2 \\$1 z \\*2 \\*2 \\$\\d+ m${last} `),
      );
      engine.say(`ZPOPMIN z ${count}`);
      assert.equal(engine.say('EXISTS z'), ':0');
      engine.assertEmpty();
    }
  });

  it('says what is wrong with ZMPOP', () => {
    engineWith('SET s x').talk([
      ['ZMPOP 0 z MIN', `-${errors.KEY_COUNT_POSITIVE}`],
      ['ZMPOP x z MIN', `-${errors.KEY_COUNT_POSITIVE}`],
      ['ZMPOP 2 z MIN', `-${errors.SYNTAX}`],
      ['ZMPOP 9 z MIN', `-${errors.SYNTAX}`],
      ['ZMPOP 1 z MIN COUNT 0', `-${errors.COUNT_POSITIVE}`],
      ['ZMPOP 1 z MIN COUNT 1 COUNT 1', `-${errors.SYNTAX}`],
      ['ZMPOP 2 z s MIN', WRONG_TYPE],
    ]);
  });

  it('waits for something to pop', () => {
    const engine = new BlockingEngine();
    const clients = [engine.connect(), engine.connect(), engine.connect()] as const;
    assert.equal(engine.sayAs(clients[0], 'BZPOPMIN other z 0'), 'blocked');
    assert.equal(engine.sayAs(clients[1], 'BZPOPMAX z 0'), 'blocked');
    assert.equal(engine.sayAs(clients[2], 'BZMPOP 0 2 none z MIN COUNT 5'), 'blocked');
    assert.equal(engine.sayAs(engine.client, 'ZADD z 1 a 2 b 3 c 4 d'), ':4');
    assert.equal(engine.lateReply(clients[0]), '*3 $1 z $1 a $1 1');
    assert.equal(engine.lateReply(clients[1]), '*3 $1 z $1 d $1 4');
    assert.equal(engine.lateReply(clients[2]), '*2 $1 z *2 *2 $1 b $1 2 *2 $1 c $1 3');
    assert.equal(engine.sayAs(clients[0], 'BZPOPMIN z 1'), 'blocked');
    engine.end(clients[0], 'timeout');
    assert.equal(engine.lateReply(clients[0]), '*-1');
    engine.talk([
      ['SET s x', '+OK'],
      ['BZPOPMIN s 0', WRONG_TYPE],
      ['BZMPOP x 1 z MIN', `-${errors.TIMEOUT_NOT_A_FLOAT}`],
      ['BZMPOP x 0 z MIN', `-${errors.KEY_COUNT_POSITIVE}`],
      ['DEL s', ':1'],
    ]);
    engine.assertEmpty();
  });
});

describe('several sorted sets', () => {
  it('are put together, with weights, in every way', () => {
    engineWith('ZADD a 1 x 2 y', 'ZADD b 10 y 20 z', 'ZADD c 5 y').talk([
      ['ZUNION 2 a b WITHSCORES', '*6 $1 x $1 1 $1 y $2 12 $1 z $2 20'],
      ['ZUNION 2 a b WEIGHTS 2 0.5 AGGREGATE MAX WITHSCORES', '*6 $1 x $1 2 $1 y $1 5 $1 z $2 10'],
      ['ZINTER 3 a b c WITHSCORES', '*2 $1 y $2 17'],
      ['ZINTER 2 a b AGGREGATE MIN WITHSCORES', '*2 $1 y $1 2'],
      ['ZINTER 2 a none', '*0'],
      ['ZDIFF 2 a b WITHSCORES', '*2 $1 x $1 1'],
      ['ZDIFF 2 a a', '*0'],
      ['ZDIFF 2 none a', '*0'],
      ['ZINTERCARD 2 a b', ':1'],
      ['ZINTERCARD 2 a a LIMIT 1', ':1'],
      ['ZINTERCARD 2 a none LIMIT 0', ':0'],
      ['ZUNIONSTORE a 2 a b WEIGHTS 1 -1', ':3'],
      ['ZRANGE a 0 -1 WITHSCORES', '*6 $1 z $3 -20 $1 y $2 -8 $1 x $1 1'],
      ['ZINTERSTORE d 2 a c', ':1'],
      ['ZSCORE d y', '$2 -3'],
      ['ZDIFFSTORE d 1 none', ':0'],
      ['EXISTS d', ':0'],
      ['ZDIFFSTORE d 2 b c', ':1'],
      ['ZRANGE d 0 -1', '*1 $1 z'],
    ]);
  });

  it('say what is wrong with the request, the sources first', () => {
    engineWith('SET s x', 'ZADD z 1 a').talk([
      ['ZUNION x z', `-${errors.NOT_AN_INTEGER}`],
      ['ZUNION 0 z', `-${errors.noInputKeys('zunion')}`],
      ['ZUNIONSTORE d 0 z', `-${errors.noInputKeys('zunionstore')}`],
      ['ZUNION 2 z', `-${errors.SYNTAX}`],
      ['ZUNION 2 z s JUNK', WRONG_TYPE],
      ['ZUNION 1 z WEIGHTS x', `-${errors.WEIGHT_NOT_A_FLOAT}`],
      ['ZUNION 1 z WEIGHTS', `-${errors.SYNTAX}`],
      ['ZUNION 1 z AGGREGATE JUNK', `-${errors.SYNTAX}`],
      ['ZDIFF 1 z WEIGHTS 1', `-${errors.SYNTAX}`],
      ['ZUNIONSTORE d 1 z WITHSCORES', `-${errors.SYNTAX}`],
      ['ZINTERCARD 1 z LIMIT -1', `-${errors.LIMIT_NEGATIVE}`],
      ['ZINTERCARD 1 z WITHSCORES', `-${errors.SYNTAX}`],
    ]);
  });

  it('may be infinitely far apart', () => {
    engineWith('ZADD a inf x', 'ZADD b -inf x').talk([
      ['ZUNION 2 a b WITHSCORES', '*2 $1 x $1 0'],
      ['ZUNION 1 a WEIGHTS 0 WITHSCORES', '*2 $1 x $1 0'],
    ]);
  });

  it('are stored as one change, which the log repeats', () => {
    const engine = new TestEngine({ logs: true });
    const copy = new TestEngine();
    copy.keyspace.now = 0;
    fill(engine, 'a', 300);
    engine.say('ZADD b 5 m0 6 other');
    engine.say('SET target string');
    assert.equal(engine.say('ZUNIONSTORE target 2 a b'), ':301');
    assert.equal(engine.say('ZRANGESTORE part a 10 19'), ':10');
    assert.equal(engine.say('ZREMRANGEBYRANK target 0 9'), ':10');
    const applier = new Applier(copy.keyspace, copy.batons, 0, 1);
    engine.drainLog({ record: (fields, bytes) => applier.applyRecord(bytes, fields) });
    copy.keyspace.now = engine.now;
    for (const key of ['a', 'b', 'target', 'part']) {
      assert.equal(copy.say(`ZRANGE ${key} 0 -1 WITHSCORES`), engine.say(`ZRANGE ${key} 0 -1 WITHSCORES`));
    }
  });
});

describe('some of the members', () => {
  it('are returned by ZSCAN until all have been', () => {
    for (const count of [50, 3000]) {
      const engine = new TestEngine();
      for (let first = 0; first < count; first += 50) {
        const pairs = Array.from({ length: 50 }, (_, number) => [
          `${first + number}.5`,
          `m${first + number}`,
        ]);
        engine.run('ZADD', 'z', ...pairs.flat());
      }
      const seen = new Map<string, string>();
      let cursor = '0';
      do {
        const [, , next, , ...rest] = engine.run('ZSCAN', 'z', cursor, 'COUNT', '7').split('\r\n');
        const words = rest.filter((_word, index) => index % 2 === 1);
        for (let index = 0; index + 1 < words.length; index += 2) seen.set(words[index]!, words[index + 1]!);
        cursor = next!;
      } while (cursor !== '0');
      assert.equal(seen.size, count);
      for (const [member, score] of seen) assert.equal(score, `${member.slice(1)}.5`);
      assert.match(engine.say('ZSCAN z 0 MATCH m1? COUNT 100000'), /^\*2 \$1 0 \*20 /);
    }
  });

  it('have whole scores written out by ZSCAN as long as Redis has its smaller form', () => {
    const engine = engineWith('ZADD z 1e17 a', `ZADD long 1e17 a 1 ${'x'.repeat(65)}`);
    engine.talk([
      ['ZSCAN z 0', '*2 $1 0 *2 $1 a $18 100000000000000000'],
      ['ZSCAN long 0 MATCH a', '*2 $1 0 *2 $1 a $5 1e+17'],
      ['ZSCORE z a', '$5 1e+17'],
      ['ZSCAN none 0 JUNK', '*2 $1 0 *0'],
      ['ZSCAN z 0 JUNK', `-${errors.SYNTAX}`],
      ['ZSCAN z x', `-${errors.INVALID_CURSOR}`],
      ['ZSCAN z 0 COUNT 0', `-${errors.SYNTAX}`],
    ]);
  });

  it('are chosen by ZRANDMEMBER, each once or with repetitions', () => {
    for (const count of [20, 300]) {
      const engine = new TestEngine();
      fill(engine, 'z', count);
      for (const wanted of [1, 2, count / 2, count - 1, count, count + 5]) {
        const chosen = engine.run('ZRANDMEMBER', 'z', String(wanted)).match(/m\d+/g) ?? [];
        assert.equal(chosen.length, Math.min(wanted, count));
        assert.equal(new Set(chosen).size, chosen.length);
      }
      const repeated = engine.run('ZRANDMEMBER', 'z', '-1000').match(/m\d+/g) ?? [];
      assert.equal(repeated.length, 1000);
      assert.ok(new Set(repeated).size > count / 2);
      const pairs = [
        ...engine.run('ZRANDMEMBER', 'z', '5', 'WITHSCORES').matchAll(/m(\d+)\r\n\$\d+\r\n(\d+)/g),
      ];
      assert.equal(pairs.length, 5);
      for (const [, member, score] of pairs) assert.equal(member, score);
      assert.match(engine.say('ZRANDMEMBER z'), /^\$\d+ m\d+$/);
      engine.talk([
        ['ZRANDMEMBER none', '$-1'],
        ['ZRANDMEMBER none 5', '*0'],
        ['ZRANDMEMBER z 0', '*0'],
        ['ZRANDMEMBER z x', `-${errors.NOT_AN_INTEGER}`],
        ['ZRANDMEMBER z 1 JUNK', `-${errors.SYNTAX}`],
        ['ZRANDMEMBER z -9223372036854775808', `-${errors.INT64_RANGE}`],
        ['ZRANDMEMBER z 9223372036854775807 WITHSCORES', `-${errors.OUT_OF_RANGE}`],
      ]);
    }
  });
});
