import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TestEngine } from '../engine/engine.case.js';

describe('DEL, UNLINK, EXISTS, TOUCH and TYPE', () => {
  it('count keys, one named twice as what it is', () => {
    const engine = new TestEngine();
    engine.talk([
      ['MSET a 1 b 2 c 3', '+OK'],
      ['EXISTS a b nothing a', ':3'],
      ['TYPE a', '+string'],
      ['TYPE nothing', '+none'],
      ['DEL a nothing a', ':1'],
      ['EXISTS a', ':0'],
      ['DEL b', ':1'],
      ['TOUCH b c nothing c', ':2'],
      ['UNLINK b c nothing', ':1'],
      ['TOUCH c', ':0'],
    ]);
    engine.assertEmpty();
  });

  it('see no key whose time is over', () => {
    const engine = new TestEngine();
    for (const key of ['a', 'b', 'c', 'd', 'e']) engine.say(`SET ${key} 1 PX 10`);
    engine.now += 10;
    engine.talk([
      ['EXISTS a', ':0'],
      ['TYPE b', '+none'],
      ['DEL c', ':0'],
      ['UNLINK d', ':0'],
      ['TOUCH e', ':0'],
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

  it('leave the access time alone when they only look, but for TOUCH', () => {
    const engine = new TestEngine();
    engine.say('SET a 1');
    engine.now += 10_000;
    for (const line of ['EXISTS a', 'TYPE a', 'TTL a', 'PEXPIRETIME a', 'OBJECT ENCODING a']) {
      engine.say(line);
      assert.equal(engine.say('OBJECT IDLETIME a'), ':10', line);
    }
    engine.talk([
      ['TOUCH a', ':1'],
      ['OBJECT IDLETIME a', ':0'],
    ]);
  });
});
