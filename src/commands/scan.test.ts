import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chooseSeed, SeededRandom } from '../../test/support/random.js';
import { TestEngine } from '../engine/engine.case.js';
import * as errors from '../engine/errors.js';
import { PROTOCOL_RESP3, PROTOCOL_TEXT } from '../engine/reply.js';

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

describe('KEYS of many keys', () => {
  const COUNT = 20_000;

  async function keysLater(engine: TestEngine, pattern: string): Promise<string[]> {
    return elements(await engine.sayLater(`KEYS ${pattern}`));
  }

  function filled(): TestEngine {
    const engine = new TestEngine();
    for (let number = 0; number < COUNT; number++) engine.say(`SET key:${number} 1`);
    return engine;
  }

  it('lists all of them, or those that match, in slices and portions', async () => {
    const engine = filled();
    const all = Array.from({ length: COUNT }, (_, number) => `key:${number}`).toSorted();
    assert.deepEqual(await keysLater(engine, '*'), all);
    assert.deepEqual(
      await keysLater(engine, '*99'),
      all.filter((key) => key.endsWith('99')),
    );
    assert.deepEqual(await keysLater(engine, 'none'), []);
  });

  it('keeps its pattern, though the buffer that the request came in is used again', async () => {
    const engine = filled();
    engine.waits.inSlices = async (_client, slice) => {
      await Promise.resolve();
      engine.executor.call.bytes.fill(0x78);
      while (!slice());
    };
    assert.equal((await keysLater(engine, 'key:1*')).length, 11_111);
  });

  it('replies at once to who may not wait, and to who wants no reply', () => {
    const engine = filled();
    engine.client.mayBlock = false;
    assert.equal(elements(engine.say('KEYS *')).length, COUNT);
    engine.client.mayBlock = true;
    engine.say('CLIENT REPLY SKIP');
    assert.equal(engine.say('KEYS *'), '');
    assert.equal(engine.client.pending, undefined);
  });

  it('gives up its thread between slices, and sees what is there all the time', async () => {
    const engine = filled();
    const other = engine.connect();
    engine.say('PEXPIRE key:0 1');
    let slices = 0;
    engine.waits.inSlices = async (_client, slice) => {
      await Promise.resolve();
      for (; !slice(); slices++) {
        engine.runAs(other, 'SET', `key:${1 + (slices % (COUNT - 1))}`, 'changed');
        engine.runAs(other, 'SET', `new:${slices}`, '1');
        engine.now += 1;
      }
    };
    const found = new Set(await keysLater(engine, 'key:*'));
    found.delete('key:0');
    assert.equal(found.size, COUNT - 1);
    assert.ok(slices >= 1);
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
    const names = Array.from({ length: 4000 }, (_, number) => `key:${number}`);
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

describe('RANDOMKEY', () => {
  it('picks each key about as often as any other', () => {
    const engine = new TestEngine({ shardCount: 8 });
    const names = Array.from({ length: 50 }, (_, number) => `key:${number}`);
    engine.run('MSET', ...names.flatMap((name) => [name, '1']));
    const counts = new Map<string, number>();
    for (let time = 0; time < 5000; time++) {
      const name = engine.say('RANDOMKEY').split(' ')[1]!;
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    assert.deepEqual([...counts.keys()].toSorted(), names.toSorted());
    // 100 each are expected; that one is beyond these limits happens once in thousands of years of running this.
    for (const [name, count] of counts) assert.ok(count > 25 && count < 250, `${name}: ${count}`);
  });

  it('finds nothing in an empty database, and the one key there is in another', () => {
    const engine = new TestEngine({ shardCount: 64 });
    assert.equal(engine.say('RANDOMKEY'), '$-1');
    assert.equal(engine.runAs(engine.connect(PROTOCOL_RESP3), 'RANDOMKEY'), '_\r\n');
    engine.run('SET', '', '1');
    assert.equal(engine.say('RANDOMKEY'), '$0 ');
    engine.say('SELECT 1');
    assert.equal(engine.say('RANDOMKEY'), '$-1');
  });

  it('never returns a key whose time is over, and finds one that is there among thousands of them', () => {
    const engine = new TestEngine();
    for (let number = 0; number < 3000; number++) engine.say(`SET key:${number} 1 PX 10`);
    engine.say('SET stays 1');
    engine.now += 10;
    for (let time = 0; time < 20; time++) assert.equal(engine.say('RANDOMKEY'), '$5 stays');
    engine.say('DEL stays');
    assert.equal(engine.say('RANDOMKEY'), '$-1');
  });
});
