import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TestEngine } from '../engine/engine.case.js';
import * as errors from '../engine/errors.js';

const DIGEST_OF_HELLO = '9555e8555c62dcfd';
const WRONG_ARITY = "-ERR wrong number of arguments for 'delex' command";

describe('DIGEST', () => {
  it('returns the XXH3 hash as 16 hexadecimal digits', () => {
    const engine = new TestEngine();
    assert.equal(engine.say('DIGEST key'), '$-1');
    for (const [value, digest] of [
      ['hello', DIGEST_OF_HELLO],
      ['', '2d06800538d394c2'],
      ['123', '404a763b3f4c8c9a'],
      ['v8', '0cc76dbb41381419'],
    ] as const) {
      engine.run('SET', 'key', value);
      assert.equal(engine.say('DIGEST key'), `$16 ${digest}`);
    }
  });
});

describe('DELEX', () => {
  it('deletes a key that compares as it should', () => {
    const engine = new TestEngine();
    engine.talk([
      ['DELEX key', ':0'],
      ['DELEX key IFEQ hello', ':0'],
      ['DELEX key IFNE hello', ':0'],
      ['SET key hello', '+OK'],
      ['DELEX key IFEQ hell', ':0'],
      ['DELEX key IFEQ hellO', ':0'],
      ['DELEX key IFNE hello', ':0'],
      [`DELEX key IFDNE ${DIGEST_OF_HELLO}`, ':0'],
      ['DELEX key IFDEQ 0000000000000000', ':0'],
      ['DELEX key IFDEQ zzzzzzzzzzzzzzzz', ':0'],
      [`DELEX key ifdeq ${DIGEST_OF_HELLO.toUpperCase()}`, ':1'],
      ['SET key hello', '+OK'],
      ['DELEX key IfEq hello', ':1'],
      ['SET key 0123', '+OK'],
      ['DELEX key IFNE 123', ':1'],
      ['SET key hello', '+OK'],
      ['DELEX key IFDNE 0000000000000000', ':1'],
      ['SET key hello', '+OK'],
      ['DELEX key', ':1'],
      ['EXISTS key', ':0'],
    ]);
    engine.assertEmpty();
  });

  it('looks at the condition once there is a key', () => {
    new TestEngine().talk([
      ['DELEX key IFEQ', WRONG_ARITY],
      ['DELEX key IFEQ a b', WRONG_ARITY],
      ['DELEX key NX a', ':0'],
      ['DELEX key IFDEQ abc', ':0'],
      ['SET key value', '+OK'],
      ['DELEX key IFEQ', WRONG_ARITY],
      ['DELEX key NX a', `-${errors.DELETE_CONDITION}`],
      ['DELEX key IFDEQ abc', `-${errors.DIGEST_SIZE}`],
      ['DELEX key IFDNE 00000000000000000', `-${errors.DIGEST_SIZE}`],
      ['GET key', '$5 value'],
    ]);
  });
});

describe('DELIFEQ', () => {
  it('deletes a key with that value', () => {
    const engine = new TestEngine();
    engine.talk([
      ['DELIFEQ key value', ':0'],
      ['SET key value', '+OK'],
      ['DELIFEQ key other', ':0'],
      ['DELIFEQ key value', ':1'],
      ['SET key value PX 5', '+OK'],
    ]);
    engine.now += 5;
    assert.equal(engine.say('DELIFEQ key value'), ':0');
    engine.assertEmpty();
  });
});
