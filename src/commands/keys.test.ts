import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chooseSeed, SeededRandom } from '../../test/support/random.js';
import { START_MS, TestEngine } from '../engine/engine.case.js';
import * as errors from '../engine/errors.js';
import { PROTOCOL_TEXT } from '../engine/reply.js';

const START_SECONDS = START_MS / 1000;
const NOT_AN_INTEGER = `-${errors.NOT_AN_INTEGER}`;

/** The elements of an array of bulk strings that `say` returned, sorted. */
function elements(reply: string): string[] {
  const [header, ...rest] = reply.split(' ');
  const found = rest.filter((_, index) => index % 2 === 1).toSorted();
  assert.equal(header, `*${found.length}`);
  return found;
}

/** One SCAN call: where to go on, and the keys. */
function scan(engine: TestEngine, cursor: string, options = ''): [cursor: string, keys: string[]] {
  const reply = engine.say(`SCAN ${cursor}${options === '' ? '' : ` ${options}`}`);
  const match = /^\*2 \$\d+ (\d+) (\*.*)$/.exec(reply);
  assert.ok(match, reply);
  return [match[1]!, elements(match[2]!)];
}

/** A whole SCAN; `between` may change the data between calls. */
function scanAll(engine: TestEngine, options = '', between: () => void = () => {}): string[] {
  const found: string[] = [];
  let cursor = '0';
  do {
    const [next, keys] = scan(engine, cursor, options);
    found.push(...keys);
    cursor = next;
    between();
  } while (cursor !== '0');
  return found;
}

describe('DEL, EXISTS and TYPE', () => {
  it('count keys, one named twice as what it is', () => {
    const engine = new TestEngine();
    engine.talk([
      ['MSET a 1 b 2 c 3', '+OK'],
      ['EXISTS a b nothing a', ':3'],
      ['TYPE a', '+string'],
      ['TYPE nothing', '+none'],
      ['DEL a nothing a', ':1'],
      ['EXISTS a', ':0'],
      ['DEL b c', ':2'],
    ]);
    engine.assertEmpty();
  });

  it('see no key whose time is over', () => {
    const engine = new TestEngine();
    for (const key of ['a', 'b', 'c']) engine.say(`SET ${key} 1 PX 10`);
    engine.now += 10;
    engine.talk([
      ['EXISTS a', ':0'],
      ['TYPE b', '+none'],
      ['DEL c', ':0'],
    ]);
    engine.assertEmpty();
  });

  it('keep databases apart', () => {
    new TestEngine().talk([
      ['SET a zero', '+OK'],
      ['SELECT 1', '+OK'],
      ['EXISTS a', ':0'],
      ['SET a one', '+OK'],
      ['DEL a', ':1'],
      ['SELECT 0', '+OK'],
      ['GET a', '$4 zero'],
    ]);
  });
});

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

describe('KEYS', () => {
  it('lists the keys of the database that match a pattern', () => {
    const engine = new TestEngine();
    for (const key of ['one', 'two', 'three', 'four', 'h*llo', 'hello', 'hallo']) engine.say(`SET ${key} 1`);
    engine.say('SET over 1 PX 1');
    engine.now += 1;
    const table: [pattern: string, keys: string[]][] = [
      ['*', ['four', 'h*llo', 'hallo', 'hello', 'one', 'three', 'two']],
      ['t*', ['three', 'two']],
      ['*o*', ['four', 'h*llo', 'hallo', 'hello', 'one', 'two']],
      ['h?llo', ['h*llo', 'hallo', 'hello']],
      ['h[ae]llo', ['hallo', 'hello']],
      ['h[^e]llo', ['h*llo', 'hallo']],
      ['h[a-d]llo', ['hallo']],
      [String.raw`h\*llo`, ['h*llo']],
      ['ONE', []],
      ['one', ['one']],
    ];
    for (const [pattern, keys] of table)
      assert.deepEqual(elements(engine.say(`KEYS ${pattern}`)), keys, pattern);
    engine.say('SELECT 1');
    assert.equal(engine.say('KEYS *'), '*0');
    assert.equal(engine.runAs(engine.connect(PROTOCOL_TEXT), 'KEYS', 'o*'), 'one\r\n');
    assert.equal(engine.runAs(engine.connect(PROTOCOL_TEXT), 'KEYS', 'x*'), '(empty array)\r\n');
  });

  it('lists the empty key, and thousands', () => {
    const engine = new TestEngine();
    engine.run('SET', '', '1');
    assert.equal(engine.say('KEYS *'), '*1 $0 ');
    const names = Array.from({ length: 5000 }, (_, number) => `key:${number}`);
    engine.run('MSET', ...names.flatMap((name) => [name, '1']));
    assert.deepEqual(elements(engine.say('KEYS key:*')), names.toSorted());
  });
});

describe('SCAN', () => {
  it('returns every key that stays from beginning to end, whatever is added and deleted meanwhile', (t) => {
    const seed = chooseSeed(process.env['TEST_SEED']);
    t.diagnostic(`TEST_SEED=${seed}`);
    const random = new SeededRandom(seed);
    for (const options of ['', 'COUNT 1', 'COUNT 100']) {
      const engine = new TestEngine();
      const stay = Array.from({ length: 500 }, (_, number) => `stay:${number}`);
      const go = Array.from({ length: 5000 }, (_, number) => `go:${number}`);
      for (const key of [...stay, ...go]) engine.say(`SET ${key} 1`);
      let added = 0;
      const found = scanAll(engine, options, () => {
        // Tables shrink and grow while the scan is under way.
        for (let count = 0; count < 20; count++) {
          const key = go.length > 0 ? go.splice(random.below(go.length), 1)[0]! : `new:${added++}`;
          engine.say(key.startsWith('go') ? `DEL ${key}` : `SET ${key} 1`);
        }
      });
      const seen = new Set(found);
      for (const key of stay) assert.ok(seen.has(key), `${key} with ${options}`);
      for (const key of seen) assert.match(key, /^(?:stay|go|new):\d+$/);
    }
  });

  it('returns each key once when nothing changes, with any COUNT', () => {
    const engine = new TestEngine({ shardCount: 16 });
    const names = Array.from({ length: 3000 }, (_, number) => `key:${number}`).toSorted();
    engine.run('MSET', ...names.flatMap((name) => [name, '1']));
    for (const count of [1, 7, 1000, 100_000, Number.MAX_SAFE_INTEGER]) {
      assert.deepEqual(scanAll(engine, `COUNT ${count}`).toSorted(), names);
    }
    assert.equal(scan(engine, '0', 'COUNT 100000')[0], '0', 'all of it in one call');
  });

  it('returns about as many keys as COUNT asks for, ten by default', () => {
    const engine = new TestEngine();
    const names = Array.from({ length: 3000 }, (_, number) => `key:${number}`);
    engine.run('MSET', ...names.flatMap((name) => [name, '1']));
    for (const [options, count] of [
      ['', 10],
      ['COUNT 200', 200],
    ] as const) {
      const [cursor, keys] = scan(engine, '0', options);
      assert.notEqual(cursor, '0');
      assert.ok(keys.length >= count && keys.length < count + 40, `${keys.length} keys`);
    }
  });

  it('leaves out what does not match, is of another type, or whose time is over', () => {
    const engine = new TestEngine();
    for (let number = 0; number < 100; number++) engine.say(`SET key:${number} 1`);
    engine.say('SET key:7 1 PX 1');
    engine.now += 1;
    assert.deepEqual(
      scanAll(engine, 'MATCH key:?').toSorted(),
      ['0', '1', '2', '3', '4', '5', '6', '8', '9'].map((n) => `key:${n}`),
    );
    assert.equal(scanAll(engine, 'TYPE string').length, 99);
    assert.equal(scanAll(engine, 'TYPE STRING MATCH * COUNT 5').length, 99);
    assert.equal(scanAll(engine, 'TYPE list').length, 0);
    assert.equal(scanAll(engine, 'TYPE nope').length, 0);
  });

  it('comes back before it has gone through everything when little matches', () => {
    const engine = new TestEngine({ shardCount: 64 });
    const names = Array.from({ length: 64_000 }, (_, number) => `key:${number}`);
    for (let at = 0; at < names.length; at += 1000) {
      engine.run('MSET', ...names.slice(at, at + 1000).flatMap((name) => [name, '1']));
    }
    const [cursor, keys] = scan(engine, '0', 'MATCH nothing');
    assert.deepEqual(keys, []);
    assert.notEqual(cursor, '0');
    assert.deepEqual(scanAll(engine, 'MATCH key:6399?').length, 10);
  });

  it('takes any cursor, and refuses what is none', () => {
    const engine = new TestEngine();
    engine.say('SET a 1');
    for (const cursor of [
      '1',
      '67108863',
      '67108864',
      '9007199254740991',
      '9223372036854775807',
      '123456789',
    ]) {
      const [next] = scan(engine, cursor, 'COUNT 1000');
      assert.match(next, /^\d+$/);
    }
    engine.talk([
      ['SCAN abc', `-${errors.INVALID_CURSOR}`],
      ['SCAN 1x', `-${errors.INVALID_CURSOR}`],
      ['SCAN 0 COUNT', `-${errors.SYNTAX}`],
      ['SCAN 0 COUNT 0', `-${errors.SYNTAX}`],
      ['SCAN 0 COUNT -1', `-${errors.SYNTAX}`],
      ['SCAN 0 COUNT abc', NOT_AN_INTEGER],
      ['SCAN 0 MATCH', `-${errors.SYNTAX}`],
      ['SCAN 0 NOPE 1', `-${errors.SYNTAX}`],
      ['SCAN 0 NOPE', `-${errors.SYNTAX}`],
    ]);
  });

  it('scans an empty database, and one that was emptied meanwhile', () => {
    const engine = new TestEngine();
    assert.deepEqual(scan(engine, '0'), ['0', []]);
    const names = Array.from({ length: 1000 }, (_, number) => `key:${number}`);
    engine.run('MSET', ...names.flatMap((name) => [name, '1']));
    const [cursor] = scan(engine, '0');
    engine.say('FLUSHALL');
    assert.deepEqual(scan(engine, cursor, 'COUNT 1000'), ['0', []]);
  });
});
