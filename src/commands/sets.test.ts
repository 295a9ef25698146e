import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TestEngine } from '../engine/engine.case.js';
import { PROTOCOL_RESP3 } from '../engine/reply.js';
import { OP_DELETE, OP_SET_ADD, OP_SET_REMOVE } from '../engine/wal/record.js';

const WRONG_TYPE = '-WRONGTYPE Operation against a key holding the wrong kind of value';
const INT64_RANGE =
  '-ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807';
const OUT_OF_MEMORY = "-OOM command not allowed when used memory > 'maxmemory'.";

/** The bulk strings of a reply on one line, in order. */
function sorted(reply: string): string[] {
  const words = reply.split(' ');
  return words.filter((_, index) => /^\$\d/.test(words[index - 1] ?? '')).sort();
}

/** Names of operations in the log since the last call, with how many bytes each has to say. */
function logged(engine: TestEngine): string {
  const names = new Map([
    [OP_SET_ADD, 'add'],
    [OP_SET_REMOVE, 'remove'],
    [OP_DELETE, 'delete'],
  ]);
  const seen: string[] = [];
  engine.drainLog({
    record: (fields, bytes) => {
      const key = Buffer.from(bytes.slice(fields.keyOffset, fields.keyOffset + fields.keyBytes)).toString();
      seen.push(`${names.get(fields.op)} ${key} ${fields.op === OP_DELETE ? 0 : fields.valueBytes}`);
    },
  });
  return seen.join(', ');
}

function range(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${index}`);
}

describe('SADD, SREM and what tells of a set', () => {
  it('add and remove members, and the key with the last one', () => {
    new TestEngine().talk([
      ['SADD set a b a', ':2'],
      ['SADD set b c 7', ':2'],
      ['SCARD set', ':4'],
      ['SISMEMBER set 7', ':1'],
      ['SISMEMBER set 07', ':0'],
      ['SISMEMBER none 7', ':0'],
      ['SMISMEMBER set a x 7', '*3 :1 :0 :1'],
      ['SMISMEMBER none a x', '*2 :0 :0'],
      ['SMEMBERS set', '*4 $1 a $1 b $1 c $1 7'],
      ['SMEMBERS none', '*0'],
      ['SREM set a x', ':1'],
      ['SREM none a', ':0'],
      ['SREM set b c 7 7', ':3'],
      ['EXISTS set', ':0'],
      ['SCARD set', ':0'],
    ]);
  });

  it('list integers in ascending order, those of 64 bits, too', () => {
    const engine = new TestEngine();
    engine.say('SADD set 300 -7 9223372036854775807 5 -9223372036854775808 70000 -40000 9007199254740993');
    const ascending = '-9223372036854775808 -40000 -7 5 300 70000 9007199254740993 9223372036854775807';
    const shown = ascending.split(' ').map((text) => `$${text.length} ${text}`);
    assert.equal(engine.say('SMEMBERS set'), `*8 ${shown.join(' ')}`);
    assert.equal(engine.say('OBJECT ENCODING set'), '$6 intset');
    engine.say('SADD set 9223372036854775808');
    assert.equal(engine.say('OBJECT ENCODING set'), '$9 hashtable');
  });

  it('refuse values of other types', () => {
    const engine = new TestEngine();
    engine.say('SET string x');
    for (const line of [
      'SADD string a',
      'SREM string a',
      'SISMEMBER string a',
      'SMISMEMBER string a',
      'SMEMBERS string',
      'SCARD string',
      'SPOP string',
      'SPOP string 1',
      'SRANDMEMBER string',
      'SRANDMEMBER string 1',
      'SSCAN string 0',
      'SINTER string',
      'SINTER none string',
      'SUNION none string',
      'SDIFF none string',
      'SINTERCARD 2 none string',
      'SINTERSTORE to none string',
    ]) {
      assert.equal(engine.say(line), WRONG_TYPE, line);
    }
  });

  it('use the set type of RESP3', () => {
    const engine = new TestEngine({ protocol: PROTOCOL_RESP3 });
    engine.talk([
      ['SADD set 1', ':1'],
      ['SMEMBERS set', '~1 $1 1'],
      ['SINTER set', '~1 $1 1'],
      ['SUNION set none', '~1 $1 1'],
      ['SDIFF set none', '~1 $1 1'],
      ['SDIFF none', '~0'],
      ['SRANDMEMBER set 5', '*1 $1 1'],
      ['SRANDMEMBER none', '_'],
      ['SRANDMEMBER none 5', '*0'],
      ['SPOP set 5', '~1 $1 1'],
      ['SPOP set 5', '~0'],
      ['SPOP set', '_'],
    ]);
  });

  it('log what has changed, and nothing else', () => {
    const engine = new TestEngine({ logs: true });
    for (const [line, expected] of [
      ['SADD set a b a', 'add set 10'],
      ['SADD set a b', ''],
      ['SADD set c b', 'add set 5'],
      ['SREM set x', ''],
      ['SREM set a x b', 'remove set 10'],
      ['SREM set c', 'remove set 5'],
      ['SREM set c', ''],
      ['SPOP set', ''],
    ] as const) {
      engine.say(line);
      assert.equal(logged(engine), expected, line);
    }
  });
});

describe('SMOVE', () => {
  it('moves a member', () => {
    const engine = new TestEngine();
    engine.talk([
      ['SADD a x 1', ':2'],
      ['SMOVE a b x', ':1'],
      ['SMOVE a b x', ':0'],
      ['SMOVE a a 1', ':1'],
      ['SMOVE a a 2', ':0'],
      ['SADD b 1', ':1'],
      ['SMOVE a b 1', ':1'],
      ['EXISTS a', ':0'],
      ['SMEMBERS b', '*2 $1 x $1 1'],
      ['SET string s', '+OK'],
      ['SMOVE none string x', ':0'],
      ['SMOVE b string x', WRONG_TYPE],
      ['SMOVE string b x', WRONG_TYPE],
    ]);
  });

  it('changes nothing without memory', () => {
    for (const [from, to] of [
      [['1', '2', '3'], ['x']],
      [range('m', 500), range('9', 128)],
      [['1'], []],
    ] as const) {
      const engine = new TestEngine({ logs: true, shardCount: 1, databaseCount: 1 });
      engine.run('SADD', 'from', ...from);
      if (to.length > 0) engine.run('SADD', 'to', ...to);
      logged(engine);
      let left = 0;
      engine.memory.fails = () => left-- <= 0;
      for (let allowed = 0; ; allowed++) {
        left = allowed;
        const reply = engine.say(`SMOVE from to ${from[0]}`);
        if (reply === ':1') break;
        assert.equal(reply, OUT_OF_MEMORY);
        left = 1000;
        assert.equal(engine.say(`SISMEMBER from ${from[0]}`), ':1');
        assert.equal(engine.say('SCARD to'), `:${to.length}`);
        assert.equal(logged(engine), '');
      }
      assert.equal(engine.say(`SISMEMBER from ${from[0]}`), ':0');
      assert.equal(engine.say(`SISMEMBER to ${from[0]}`), ':1');
      assert.match(logged(engine), /^add to \d+, remove from \d+$/);
    }
  });
});

describe('SPOP and SRANDMEMBER', () => {
  it('check their arguments as Redis does', () => {
    const engine = new TestEngine();
    engine.talk([
      ['SADD set a', ':1'],
      ['SPOP set -1', '-ERR value is out of range, must be positive'],
      ['SPOP set x', '-ERR value is out of range, must be positive'],
      ['SPOP set 1 2', '-ERR syntax error'],
      ['SPOP set 0', '*0'],
      ['SPOP none 2', '*0'],
      ['SPOP none', '$-1'],
      ['SRANDMEMBER set x', '-ERR value is not an integer or out of range'],
      ['SRANDMEMBER set 1 2', '-ERR syntax error'],
      ['SRANDMEMBER set -9223372036854775808', INT64_RANGE],
      ['SRANDMEMBER set 0', '*0'],
      ['SRANDMEMBER set 9223372036854775807', '*1 $1 a'],
      ['SRANDMEMBER set -3', '*3 $1 a $1 a $1 a'],
      ['SRANDMEMBER none', '$-1'],
      ['SRANDMEMBER none 3', '*0'],
      ['SPOP set', '$1 a'],
      ['EXISTS set', ':0'],
    ]);
  });

  it('take members out of a set of any form, and log which', () => {
    for (const all of [range('', 300), range('m', 100), range('m', 3000)]) {
      const engine = new TestEngine({ logs: true });
      engine.run('SADD', 'set', ...all);
      logged(engine);
      let rest = [...all].sort();
      for (const count of [1, 7, 30, 50]) {
        const popped = sorted(
          engine.say(count === 1 ? 'SPOP set' : `SPOP set ${count}`).replace(/^\$/, '*1 $'),
        );
        assert.equal(popped.length, count);
        rest = rest.filter((member) => !popped.includes(member));
        assert.deepEqual(sorted(engine.say('SMEMBERS set')), rest);
        const bytes = popped.reduce((sum, member) => sum + member.length + 4, 0);
        assert.equal(logged(engine), `remove set ${bytes}`);
      }
      assert.deepEqual(sorted(engine.say(`SPOP set ${all.length}`)), rest);
      assert.equal(logged(engine), 'delete set 0');
    }
  });

  it('change nothing when the log has no room for what is to be taken', () => {
    const engine = new TestEngine({ logs: true, shardCount: 1, databaseCount: 1 });
    engine.run('SADD', 'set', ...range('m'.repeat(1000), 400));
    engine.drainLog({ record: () => {} });
    engine.memory.fails = (bytes) => bytes > 100_000;
    assert.equal(engine.say('SPOP set 300'), OUT_OF_MEMORY);
    assert.equal(engine.say('SCARD set'), ':400');
    engine.memory.fails = () => false;
    assert.equal(sorted(engine.say('SPOP set 300')).length, 300);
    assert.equal(engine.say('SCARD set'), ':100');
  });
});

describe('SSCAN', () => {
  it('returns a small set whole, and of a large one every member', () => {
    const engine = new TestEngine();
    for (const all of [range('', 300), range('m', 100), range('m', 5000)]) {
      engine.run('DEL', 'set');
      engine.run('SADD', 'set', ...all);
      const seen = new Set<string>();
      let cursor = '0';
      do {
        const reply = engine.say(`SSCAN set ${cursor} COUNT 50`).split(' ');
        cursor = reply[2]!;
        for (let index = 5; index < reply.length; index += 2) seen.add(reply[index]!);
      } while (cursor !== '0');
      assert.deepEqual([...seen].sort(), [...all].sort());
    }
  });

  it('returns what was there all the time while the set grows and shrinks', () => {
    const engine = new TestEngine();
    const kept = range('kept', 3000);
    engine.run('SADD', 'set', ...kept, ...range('lost', 3000));
    const seen = new Set<string>();
    let cursor = '0';
    for (let call = 0; call === 0 || cursor !== '0'; call++) {
      const reply = engine.say(`SSCAN set ${cursor}`).split(' ');
      cursor = reply[2]!;
      for (let index = 5; index < reply.length; index += 2) seen.add(reply[index]!);
      if (call < 100) engine.run('SADD', 'set', ...range(`new${call}:`, 100));
      else engine.run('SREM', 'set', ...range(`new${call - 100}:`, 100), ...range('lost', 3000));
    }
    for (const member of kept) assert.ok(seen.has(member), member);
  });

  it('takes options', () => {
    const engine = new TestEngine();
    engine.talk([
      ['SADD set one two 3 33', ':4'],
      ['SSCAN set 0 MATCH *3', '*2 $1 0 *2 $1 3 $2 33'],
      ['SSCAN set 0 MATCH t* COUNT 1', '*2 $1 0 *1 $3 two'],
      ['SSCAN set 99', '*2 $1 0 *4 $3 one $3 two $1 3 $2 33'],
      ['SSCAN set x', '-ERR invalid cursor'],
      ['SSCAN set 0 COUNT x', '-ERR value is not an integer or out of range'],
      ['SSCAN set 0 COUNT 0', '-ERR syntax error'],
      ['SSCAN set 0 COUNT', '-ERR syntax error'],
      ['SSCAN set 0 TYPE set', '-ERR syntax error'],
      ['SSCAN none 0 junk', '*2 $1 0 *0'],
    ]);
    engine.run('SADD', 'large', ...range('a', 1000), ...range('b', 1000));
    let count = 0;
    let cursor = '0';
    do {
      const reply = engine.say(`SSCAN large ${cursor} MATCH b*`).split(' ');
      cursor = reply[2]!;
      count += Number(reply[3]!.slice(1));
    } while (cursor !== '0');
    assert.equal(count, 1000);
  });
});
