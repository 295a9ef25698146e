import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { TestEngine } from '../engine/engine.case.js';

const OUT_OF_MEMORY = "-OOM command not allowed when used memory > 'maxmemory'.";

function bulks(reply: string): string[] {
  const words = reply.split(' ');
  return words.filter((_, index) => /^\$\d/.test(words[index - 1] ?? ''));
}

/** Sets of all forms that have members in common. */
const members = fc
  .tuple(fc.constantFrom(0, 3, 90, 600), fc.nat(80), fc.constantFrom('', 'm'), fc.constantFrom(1, 2, 5))
  .map(([count, from, prefix, step]) =>
    Array.from({ length: count }, (_, index) => `${prefix}${from + step * index}`),
  );
const sources = fc.array(fc.nat(4), { minLength: 1, maxLength: 9 });

describe('set operations', () => {
  it('are what they are on plain sets', () => {
    fc.assert(
      fc.property(fc.array(members, { minLength: 5, maxLength: 5 }), sources, (sets, chosen) => {
        const engine = new TestEngine();
        for (const [number, all] of sets.entries())
          if (all.length > 0) engine.run('SADD', `${number}`, ...all);
        const [first, ...others] = chosen.map((number) => new Set(sets[number]));
        const names = chosen.join(' ');
        const isInAll = [...first!].filter((each) => others.every((other) => other.has(each)));
        const results = {
          INTER: isInAll,
          UNION: [...new Set(chosen.flatMap((number) => sets[number]!))],
          DIFF: [...first!].filter((each) => !others.some((other) => other.has(each))),
        };
        for (const [name, expected] of Object.entries(results)) {
          const sorted = [...expected].sort();
          assert.deepEqual(bulks(engine.say(`S${name} ${names}`)).sort(), sorted, name);
          assert.equal(engine.say(`S${name}STORE to ${names}`), `:${sorted.length}`, name);
          assert.deepEqual(bulks(engine.say('SMEMBERS to')).sort(), sorted, name);
          engine.run('COPY', `${chosen[0]}`, 'source');
          if (sorted.length > 0)
            assert.equal(engine.say(`S${name}STORE source ${names} `.trim()), `:${sorted.length}`);
          engine.run('DEL', 'source');
        }
        assert.equal(engine.say(`SINTERCARD ${chosen.length} ${names}`), `:${isInAll.length}`);
        assert.equal(
          engine.say(`SINTERCARD ${chosen.length} ${names} LIMIT 2`),
          `:${Math.min(isInAll.length, 2)}`,
        );
      }),
      { numRuns: 60 },
    );
  });

  it('list integers in ascending order', () => {
    new TestEngine().talk([
      ['SADD a 30 10 20 -5', ':4'],
      ['SADD b 25 10 5 30', ':4'],
      ['SUNION b a', '*6 $2 -5 $1 5 $2 10 $2 20 $2 25 $2 30'],
      ['SINTER b a', '*2 $2 10 $2 30'],
      ['SDIFF a b', '*2 $2 -5 $2 20'],
    ]);
  });

  it('store into a source, over any type, and delete the destination for nothing', () => {
    new TestEngine().talk([
      ['SADD a 1 2 3', ':3'],
      ['SADD b 2 3 4', ':3'],
      ['SUNIONSTORE a a b', ':4'],
      ['SMEMBERS a', '*4 $1 1 $1 2 $1 3 $1 4'],
      ['SET string x EX 100', '+OK'],
      ['SDIFFSTORE string a b', ':1'],
      ['SMEMBERS string', '*1 $1 1'],
      ['TTL string', ':-1'],
      ['SINTERSTORE string a none', ':0'],
      ['EXISTS string', ':0'],
      ['SINTERSTORE string none', ':0'],
      ['SDIFFSTORE a none b', ':0'],
      ['EXISTS a', ':0'],
    ]);
  });

  it('are named as Redis names them', () => {
    const engine = new TestEngine();
    engine.run('SADD', 'mixed', 'x', '1', '2');
    engine.run('SADD', 'text', 'x');
    for (const [line, name] of [
      ['SDIFFSTORE to mixed text', 'intset'],
      ['SINTERSTORE to mixed mixed', 'hashtable'],
      ['SDIFFSTORE to mixed text text text text', 'intset'],
      ['SDIFFSTORE to mixed text text text text text', 'hashtable'],
      ['SUNIONSTORE to mixed', 'hashtable'],
    ] as const) {
      engine.say(line);
      assert.equal(engine.say('OBJECT ENCODING to'), `$${name.length} ${name}`, line);
    }
  });

  it('check the arguments of SINTERCARD as Redis does', () => {
    new TestEngine().talk([
      ['SADD a 1 2 3', ':3'],
      ['SINTERCARD 0 a', '-ERR numkeys should be greater than 0'],
      ['SINTERCARD x a', '-ERR numkeys should be greater than 0'],
      ['SINTERCARD 3 a b', "-ERR Number of keys can't be greater than number of args"],
      ['SINTERCARD 1 a LIMIT', '-ERR syntax error'],
      ['SINTERCARD 1 a LIMIT x', "-ERR LIMIT can't be negative"],
      ['SINTERCARD 1 a LIMIT -1', "-ERR LIMIT can't be negative"],
      ['SINTERCARD 1 a b', '-ERR syntax error'],
      ['SINTERCARD 1 a LIMIT 2', ':2'],
      ['SINTERCARD 1 a LIMIT 2 LIMIT 0', ':3'],
      ['SINTERCARD 2 a none', ':0'],
    ]);
  });

  it('change nothing without memory, and give all of it back', () => {
    for (const name of ['SUNIONSTORE', 'SINTERSTORE', 'SDIFFSTORE']) {
      const engine = new TestEngine({ logs: true, shardCount: 1, databaseCount: 1 });
      engine.run('SADD', 'a', ...Array.from({ length: 60 }, (_, index) => `member:${index}`));
      engine.run('SADD', 'b', ...Array.from({ length: 30 }, (_, index) => `member:${2 * index}`));
      engine.run('SADD', 'to', 'old');
      engine.drainLog({ record: () => {} });
      const reply = engine.runWithLittleMemory(name, 'to', 'a', 'b');
      assert.match(reply, /^:[1-9]/);
      engine.say('FLUSHALL');
      engine.drainLog({ record: () => {} });
      engine.assertEmpty();
    }
  });

  it('change nothing when the log has no room for the result', () => {
    const engine = new TestEngine({ logs: true, shardCount: 1, databaseCount: 1 });
    engine.run('SADD', 'a', ...Array.from({ length: 400 }, (_, index) => `${'m'.repeat(1000)}${index}`));
    engine.run('SADD', 'to', 'old');
    engine.drainLog({ record: () => {} });
    engine.memory.fails = (bytes) => bytes > 100_000;
    assert.equal(engine.say('SUNIONSTORE to a'), OUT_OF_MEMORY);
    assert.equal(engine.say('SMEMBERS to'), '*1 $3 old');
    engine.memory.fails = () => false;
    assert.equal(engine.say('SUNIONSTORE to a'), ':400');
  });
});
