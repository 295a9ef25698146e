import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TestEngine } from '../engine/engine.case.js';
import * as errors from '../engine/errors.js';
import { make, SAMPLES } from './collections.case.js';

const WRONG_TYPE = `-${errors.WRONG_TYPE}`;

/** Commands that want a string under `k`. */
const REFUSED = [
  'GET k',
  'GETSET k v',
  'GETDEL k',
  'GETEX k',
  'GETEX k PX 100',
  'GETRANGE k 0 1',
  'SUBSTR k 0 1',
  'SETRANGE k 0 v',
  'APPEND k v',
  'STRLEN k',
  'INCR k',
  'DECR k',
  'INCRBY k 2',
  'DECRBY k 2',
  'INCRBYFLOAT k 1',
  'SET k v GET',
  'SET k v IFEQ x',
  'SET k v NX GET',
  'DIGEST k',
  'SETBIT k 1 1',
  'GETBIT k 1',
  'BITCOUNT k',
  'BITPOS k 1',
  'BITFIELD k GET u8 0',
  'BITFIELD k SET u8 0 1',
  'BITFIELD_RO k GET u8 0',
  'BITOP AND target s k',
  'BITOP NOT target k',
  'PFADD k a',
  'PFADD k',
  'PFCOUNT k',
  'PFCOUNT none k',
  'PFMERGE k none',
  'PFMERGE target k',
  'PFDEBUG ENCODING k',
];

/** Commands that take any key, or leave it out, and what they reply. */
const TAKEN: readonly (readonly [line: string, reply: string])[] = [
  ['MGET k s', '*2 $-1 $1 v'],
  ['SETNX k v', ':0'],
  ['SET k v NX', '$-1'],
  ['MSETNX k v t v', ':0'],
  ['LCS k s', `-${errors.LCS_NOT_STRINGS}`],
  ['DELEX k IFEQ v', `-${errors.DELETE_CONDITION_TYPE}`],
  ['EXISTS k', ':1'],
  ['TOUCH k', ':1'],
  ['EXPIRE k 100', ':1'],
  ['TTL k', ':100'],
  ['PERSIST k', ':1'],
  ['TTL k', ':-1'],
  ['OBJECT REFCOUNT k', ':1'],
  ['RANDOMKEY', '$1 k'],
  ['KEYS k*', '*1 $1 k'],
];

/** Commands that put a string in the place of whatever there is. */
const REPLACING = [
  'SET k v',
  'SET k v PX 1000',
  'SET k v XX',
  'SETEX k 100 v',
  'PSETEX k 100 v',
  'MSET k v',
  'MSETEX 1 k v',
  'BITOP AND k s s',
];

for (const sample of SAMPLES) {
  describe(`${sample.name} under a command for strings`, () => {
    it('is refused, and stays', () => {
      const engine = new TestEngine();
      make(engine, sample, 'k');
      engine.say('SET s v');
      const before = engine.contents();
      for (const line of REFUSED) assert.equal(engine.say(line), WRONG_TYPE, line);
      assert.deepEqual(engine.contents(), before);
    });

    it('is as good as any key where the type does not matter', () => {
      const engine = new TestEngine();
      make(engine, sample, 'k');
      const before = engine.contents();
      engine.say('SET s v');
      for (const [line, reply] of TAKEN) {
        if (line === 'RANDOMKEY') engine.say('DEL s');
        assert.equal(engine.say(line), reply, line);
      }
      assert.deepEqual(engine.contents(), before);
      assert.match(engine.say('MEMORY USAGE k'), /^:[1-9]/);
      assert.equal(engine.say('UNLINK k'), ':1');
      engine.assertEmpty();
    });

    it('gives way to a string', () => {
      for (const line of REPLACING) {
        const engine = new TestEngine();
        make(engine, sample, 'k');
        engine.say('SET s v');
        engine.say('PEXPIRE k 5000');
        assert.match(engine.say(line), /^(\+OK|:1)$/, line);
        assert.equal(engine.say('GET k'), '$1 v', line);
        engine.say('DEL k s');
        engine.assertEmpty();
      }
    });
  });
}
