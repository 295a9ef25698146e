import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TestEngine } from '../engine/engine.case.js';
import * as errors from '../engine/errors.js';
import { PROTOCOL_RESP3, PROTOCOL_TEXT } from '../engine/reply.js';

const WRONG_TYPE = `-${errors.WRONG_TYPE}`;
const OUT_OF_MEMORY = `-${errors.OUT_OF_MEMORY}`;

/** The bulk strings of an array that `say` returned. */
function elements(reply: string): string[] {
  return reply
    .split(' ')
    .slice(1)
    .filter((_, index) => index % 2 === 1);
}

describe('HSET and its kin', () => {
  it('set fields and count the new ones', () => {
    new TestEngine().talk([
      ['HSET h a 1 b 2 a 3', ':2'],
      ['HGET h a', '$1 3'],
      ['HSET h c', `-${errors.wrongArity('hset')}`],
      ['HSET h c 1 d', `-${errors.wrongArity('hset')}`],
      ['HMSET h c 1 d', `-${errors.wrongArity('hmset')}`],
      ['HMSET h c 1 d 2', '+OK'],
      ['HSETNX h c 9', ':0'],
      ['HSETNX h e 9', ':1'],
      ['HSETNX new f 1', ':1'],
      ['HGETALL h', '*10 $1 a $1 3 $1 b $1 2 $1 c $1 1 $1 d $1 2 $1 e $1 9'],
      ['HMGET h a x e', '*3 $1 3 $-1 $1 9'],
      ['HMGET x a b', '*2 $-1 $-1'],
      ['HLEN h', ':5'],
      ['HLEN x', ':0'],
    ]);
  });

  it('keep whatever bytes there are, and integers as they were written', () => {
    const engine = new TestEngine();
    for (const text of [
      '',
      '0',
      '-0',
      '007',
      '1e3',
      ' 1',
      '9223372036854775807',
      '-9007199254740993',
      '\0\xff',
    ]) {
      const bytes = Buffer.from(text, 'latin1');
      engine.run('HSET', 'h', bytes, bytes);
      assert.equal(engine.run('HGET', 'h', bytes), `$${bytes.length}\r\n${text}\r\n`, text);
      assert.equal(engine.run('HSTRLEN', 'h', bytes), `:${bytes.length}\r\n`);
      assert.equal(engine.run('HEXISTS', 'h', bytes), ':1\r\n');
    }
    assert.equal(engine.say('HLEN h'), ':9');
  });

  it('change values in place, and grow and shrink them', () => {
    const engine = new TestEngine();
    engine.say('HSET h a 1 b 2 c 3');
    for (const size of [1, 5, 70, 5000, 3, 0, 9000, 1]) {
      const value = 'v'.repeat(size);
      assert.equal(engine.run('HSET', 'h', 'b', value), ':0\r\n');
      assert.equal(engine.run('HGET', 'h', 'b'), `$${size}\r\n${value}\r\n`);
      assert.equal(engine.say('HMGET h a c'), '*2 $1 1 $1 3');
    }
    engine.say('DEL h');
    engine.assertEmpty();
  });

  it('say so when there is no memory, and change nothing', () => {
    const engine = new TestEngine({ logs: true });
    engine.say('HSET h a 1');
    engine.memory.fails = () => true;
    assert.equal(engine.run('HSET', 'h', 'b', 'v'.repeat(9000)), `${OUT_OF_MEMORY}\r\n`);
    assert.equal(engine.run('HSET', 'new', 'b', 'v'), `${OUT_OF_MEMORY}\r\n`);
    assert.equal(engine.say('HSETNX new b v'), OUT_OF_MEMORY);
    assert.equal(engine.say('HINCRBY new b 1'), OUT_OF_MEMORY);
    assert.equal(engine.say('HINCRBYFLOAT new b 1'), OUT_OF_MEMORY);
    assert.equal(engine.say('HEXPIRE h 10 FIELDS 1 a'), OUT_OF_MEMORY);
    assert.equal(engine.say('HGETEX h EX 10 FIELDS 1 a'), OUT_OF_MEMORY);
    assert.equal(engine.say('HSETEX new EX 10 FIELDS 1 a b'), OUT_OF_MEMORY);
    engine.memory.fails = () => false;
    assert.equal(engine.say('HGETALL h'), '*2 $1 a $1 1');
    assert.equal(engine.say('DBSIZE'), ':1');
    engine.say('DEL h');
    engine.drainLog({ record: () => {} });
    engine.assertEmpty();
  });
});

describe('hashes as a whole', () => {
  it('are an array in RESP2, a map in RESP3, lines in text', () => {
    const engine = new TestEngine();
    engine.say('HSET h a 1 b x');
    engine.talk([
      ['HKEYS h', '*2 $1 a $1 b'],
      ['HVALS h', '*2 $1 1 $1 x'],
      ['HGETALL x', '*0'],
      ['HKEYS x', '*0'],
      ['HVALS x', '*0'],
    ]);
    const resp3 = engine.connect(PROTOCOL_RESP3);
    assert.equal(engine.runAs(resp3, 'HGETALL', 'h'), '%2\r\n$1\r\na\r\n$1\r\n1\r\n$1\r\nb\r\n$1\r\nx\r\n');
    assert.equal(engine.runAs(resp3, 'HGETALL', 'none'), '%0\r\n');
    assert.equal(engine.runAs(resp3, 'HKEYS', 'h'), '*2\r\n$1\r\na\r\n$1\r\nb\r\n');
    assert.equal(engine.runAs(engine.connect(PROTOCOL_TEXT), 'HGETALL', 'h'), 'a\r\n1\r\nb\r\nx\r\n');
  });

  it('go with their last field', () => {
    const engine = new TestEngine();
    engine.say('HSET h a 1 b 2');
    engine.talk([
      ['HDEL h x a', ':1'],
      ['HDEL h a b b', ':1'],
      ['EXISTS h', ':0'],
      ['HDEL h a', ':0'],
    ]);
    engine.assertEmpty();
  });

  it('are no strings, and strings are no hashes', () => {
    const engine = new TestEngine();
    engine.say('SET s v');
    engine.say('HSET h f v');
    for (const line of [
      'HSET s f v',
      'HMSET s f v',
      'HSETNX s f v',
      'HGET s f',
      'HMGET s f',
      'HGETALL s',
      'HKEYS s',
      'HVALS s',
      'HLEN s',
      'HSTRLEN s f',
      'HEXISTS s f',
      'HDEL s f',
      'HINCRBY s f 1',
      'HINCRBYFLOAT s f 1',
      'HRANDFIELD s',
      'HRANDFIELD s 1',
      'HSCAN s 0',
      'HEXPIRE s x FIELDS 1 f',
      'HTTL s FIELDS 1 f',
      'HPERSIST s FIELDS 1 f',
      'HGETDEL s FIELDS 1 f',
      'HGETEX s FIELDS 1 f',
      'HSETEX s FIELDS 1 f v',
      'GET h',
    ]) {
      assert.equal(engine.say(line), WRONG_TYPE, line);
    }
  });
});

describe('HINCRBY and HINCRBYFLOAT', () => {
  it('count up to 64 bits, and say what is no number', () => {
    new TestEngine().talk([
      ['HINCRBY h n 5', ':5'],
      ['HINCRBY h n -7', ':-2'],
      ['HINCRBY h n 9223372036854775807', ':9223372036854775805'],
      ['HINCRBY h n 2', ':9223372036854775807'],
      ['HINCRBY h n 1', `-${errors.INCREMENT_OVERFLOW}`],
      ['HINCRBY h n -9223372036854775808', ':-1'],
      ['HINCRBY h n 9007199254740993', ':9007199254740992'],
      ['HINCRBY h n x', `-${errors.NOT_AN_INTEGER}`],
      ['HSET h text x', ':1'],
      ['HINCRBY h text 1', `-${errors.HASH_NOT_AN_INTEGER}`],
      ['HINCRBYFLOAT h text 1', `-${errors.HASH_NOT_A_FLOAT}`],
      ['HINCRBYFLOAT h text x', `-${errors.NOT_A_FLOAT}`],
      ['HINCRBYFLOAT h text inf', `-${errors.NOT_FINITE}`],
    ]);
  });

  it('add as long doubles do', () => {
    new TestEngine().talk([
      ['HSET h f 0.1', ':1'],
      ['HINCRBYFLOAT h f 0.2', '$3 0.3'],
      ['HINCRBYFLOAT h f 5.0e3', '$22 5000.29999999999999982'],
      ['HSET h n 10', ':1'],
      ['HINCRBYFLOAT h n 1.5', '$4 11.5'],
      ['HINCRBYFLOAT h n 0.5', '$2 12'],
      ['HINCRBY h n 1', ':13'],
      ['HSET h huge 1e4932', ':1'],
      ['HINCRBYFLOAT h huge 1e4932', `-${errors.INCREMENT_NOT_FINITE}`],
    ]);
  });

  it('refuse a value that is too long to be a number', () => {
    const engine = new TestEngine();
    engine.run('HSET', 'h', 'f', '1'.repeat(6000));
    assert.equal(engine.say('HINCRBY h f 1'), `-${errors.HASH_NOT_AN_INTEGER}`);
    assert.equal(engine.say('HINCRBYFLOAT h f 1'), `-${errors.HASH_NOT_A_FLOAT}`);
    assert.equal(engine.run('HINCRBYFLOAT', 'h', 'f', '1'.repeat(6000)), `-${errors.NOT_A_FLOAT}\r\n`);
  });
});

describe('HRANDFIELD', () => {
  const sizes: readonly [title: string, count: number][] = [
    ['a packed hash', 20],
    ['a large hash', 1000],
    ['a hash of many segments', 5000],
  ];
  for (const [title, count] of sizes) {
    const names = Array.from({ length: count }, (_, i) => `f${i}`);

    it(`chooses among the fields of ${title}, each as often as any other`, () => {
      const engine = new TestEngine();
      engine.run('HSET', 'h', ...names.flatMap((name, i) => [name, String(i)]));
      // So far off a field is less than once in a million runs.
      const draws = count * 100;
      const seen = new Map<string, number>();
      for (const name of elements(engine.say(`HRANDFIELD h -${draws}`)))
        seen.set(name, (seen.get(name) ?? 0) + 1);
      assert.equal(seen.size, count);
      for (const [name, times] of seen) assert.ok(Math.abs(times - 100) < 80, `${name}: ${times}`);
      assert.ok(names.includes(elements(`*1 ${engine.say('HRANDFIELD h')}`)[0]!));
    });

    it(`returns as many different fields of ${title} as asked for`, () => {
      const engine = new TestEngine();
      engine.run('HSET', 'h', ...names.flatMap((name, i) => [name, String(i)]));
      for (const wanted of [1, 3, Math.floor(count / 10), count - 1, count, count + 1]) {
        const found = elements(engine.say(`HRANDFIELD h ${wanted}`));
        assert.equal(found.length, Math.min(wanted, count));
        assert.equal(new Set(found).size, found.length);
      }
      const pairs = elements(engine.say('HRANDFIELD h 7 WITHVALUES'));
      assert.equal(pairs.length, 14);
      for (let i = 0; i < 14; i += 2) assert.equal(pairs[i], `f${pairs[i + 1]}`);
    });
  }

  it('chooses different fields of a large hash, too, each as often as any other', () => {
    const engine = new TestEngine();
    const names = Array.from({ length: 600 }, (_, i) => `f${i}`);
    engine.run('HSET', 'h', ...names.flatMap((name) => [name, '1']));
    for (const wanted of [10, 300]) {
      const seen = new Map<string, number>();
      const turns = (600 * 100) / wanted;
      for (let turn = 0; turn < turns; turn++) {
        for (const name of elements(engine.say(`HRANDFIELD h ${wanted}`)))
          seen.set(name, (seen.get(name) ?? 0) + 1);
      }
      assert.equal(seen.size, 600);
      for (const [name, times] of seen) assert.ok(Math.abs(times - 100) < 80, `${name}: ${times}`);
    }
  });

  it('never returns a field whose time is over', () => {
    const engine = new TestEngine();
    const names = Array.from({ length: 200 }, (_, i) => `f${i}`);
    engine.run('HSET', 'h', ...names.flatMap((name) => [name, '1']));
    engine.run('HPEXPIRE', 'h', '5', 'FIELDS', '198', ...names.slice(2));
    engine.now += 5;
    for (let turn = 0; turn < 50; turn++) assert.match(engine.say('HRANDFIELD h'), /^\$2 f[01]$/);
    assert.deepEqual(elements(engine.say('HRANDFIELD h 10')).toSorted(), ['f0', 'f1']);
    assert.deepEqual([...new Set(elements(engine.say('HRANDFIELD h -40')))].toSorted(), ['f0', 'f1']);
    engine.run('HPEXPIRE', 'h', '5', 'FIELDS', '2', 'f0', 'f1');
    engine.now += 5;
    engine.talk([
      ['HRANDFIELD h', '$-1'],
      ['HRANDFIELD h 2', '*0'],
      ['HRANDFIELD h -2', '*0'],
    ]);
  });

  it('replies in the shape of the protocol, and checks its arguments', () => {
    const engine = new TestEngine();
    engine.say('HSET h f 1');
    engine.talk([
      ['HRANDFIELD h', '$1 f'],
      ['HRANDFIELD x', '$-1'],
      ['HRANDFIELD x 5', '*0'],
      ['HRANDFIELD h 0', '*0'],
      ['HRANDFIELD h -2 WITHVALUES', '*4 $1 f $1 1 $1 f $1 1'],
      ['HRANDFIELD h x', `-${errors.NOT_AN_INTEGER}`],
      ['HRANDFIELD h 1 x', `-${errors.SYNTAX}`],
      ['HRANDFIELD h 1 WITHVALUES x', `-${errors.SYNTAX}`],
      ['HRANDFIELD h -9223372036854775808', `-${errors.INT64_RANGE}`],
      ['HRANDFIELD h 9223372036854775807 WITHVALUES', `-${errors.OUT_OF_RANGE}`],
      ['HRANDFIELD h 4611686018427387903 WITHVALUES', '*2 $1 f $1 1'],
      ['HRANDFIELD h 9223372036854775807', '*1 $1 f'],
    ]);
    const resp3 = engine.connect(PROTOCOL_RESP3);
    assert.equal(
      engine.runAs(resp3, 'HRANDFIELD', 'h', '1', 'WITHVALUES'),
      '*1\r\n*2\r\n$1\r\nf\r\n$1\r\n1\r\n',
    );
  });
});

describe('HSCAN', () => {
  /** One call: where to go on, and what it returned. */
  function scan(engine: TestEngine, cursor: string, options = ''): [cursor: string, found: string[]] {
    const match = /^\*2 \$\d+ (\d+) (\*.*)$/.exec(engine.say(`HSCAN h ${cursor}${options}`));
    assert.ok(match);
    return [match[1]!, elements(match[2]!)];
  }

  function scanAll(engine: TestEngine, options: string, between: () => void = () => {}): string[] {
    const all: string[] = [];
    let cursor = '0';
    do {
      const [next, found] = scan(engine, cursor, options);
      all.push(...found);
      cursor = next;
      between();
    } while (cursor !== '0');
    return all;
  }

  it('returns a packed hash at once, whatever the cursor', () => {
    new TestEngine().talk([
      ['HSET h a 1 b 2 17 3', ':3'],
      ['HSCAN h 0', '*2 $1 0 *6 $1 a $1 1 $1 b $1 2 $2 17 $1 3'],
      ['HSCAN h 99 COUNT 1', '*2 $1 0 *6 $1 a $1 1 $1 b $1 2 $2 17 $1 3'],
      ['HSCAN h 0 MATCH 1*', '*2 $1 0 *2 $2 17 $1 3'],
      ['HSCAN h 0 NOVALUES', '*2 $1 0 *3 $1 a $1 b $2 17'],
      ['HSCAN h 0 MATCH x', '*2 $1 0 *0'],
      ['HSCAN x 0', '*2 $1 0 *0'],
      ['HSCAN x 0 junk', '*2 $1 0 *0'],
      ['HSCAN x junk', `-${errors.INVALID_CURSOR}`],
      ['HSCAN h 0 junk', `-${errors.SYNTAX}`],
      ['HSCAN h 0 COUNT', `-${errors.SYNTAX}`],
      ['HSCAN h 0 COUNT 0', `-${errors.SYNTAX}`],
      ['HSCAN h 0 COUNT x', `-${errors.NOT_AN_INTEGER}`],
      ['HSCAN h 0 TYPE hash', `-${errors.SYNTAX}`],
    ]);
  });

  it('returns every field that stays, while others come and go and the table grows and shrinks', () => {
    for (const options of [' NOVALUES', ' NOVALUES COUNT 1', ' NOVALUES COUNT 300']) {
      const engine = new TestEngine();
      const stays = Array.from({ length: 700 }, (_, i) => `stays:${i}`);
      engine.run('HSET', 'h', ...stays.flatMap((name) => [name, '1']));
      let turn = 0;
      const found = scanAll(engine, options, () => {
        turn += 1;
        const names = Array.from({ length: 40 }, (_, i) => `comes:${(turn >> 1) * 40 + i}`);
        if (turn < 200) engine.run('HSET', 'h', ...names.flatMap((name) => [name, '1']));
        else
          engine.run(
            'HDEL',
            'h',
            ...names.map((name) => name.replace(/\d+/, (n) => String(Number(n) - 4000))),
          );
      });
      assert.deepEqual(
        stays.filter((name) => !found.includes(name)),
        [],
      );
    }
  });

  it('returns about as many fields as asked for, those that match, with their values', () => {
    const engine = new TestEngine();
    const names = Array.from({ length: 3000 }, (_, i) => `f${i}`);
    engine.run('HSET', 'h', ...names.flatMap((name) => [name, `v${name}`]));
    const [, some] = scan(engine, '0', ' COUNT 100');
    assert.ok(some.length >= 200 && some.length < 300, `${some.length}`);
    const pairs = scanAll(engine, ' MATCH f2??');
    assert.equal(pairs.length, 200);
    for (let i = 0; i < pairs.length; i += 2) assert.equal(pairs[i + 1], `v${pairs[i]}`);
    assert.equal(scanAll(engine, ' COUNT 100000').length, 6000);
  });

  it('leaves out fields whose time is over', () => {
    const engine = new TestEngine();
    engine.say('HSETEX h PX 5 FIELDS 2 a 1 b 2');
    engine.say('HSET h c 3');
    engine.now += 5;
    assert.equal(engine.say('HSCAN h 0'), '*2 $1 0 *2 $1 c $1 3');
  });
});
