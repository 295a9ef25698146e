import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TestEngine } from '../engine/engine.case.js';
import * as errors from '../engine/errors.js';
import { PROTOCOL_RESP3 } from '../engine/reply.js';

describe('LCS', () => {
  it('returns the subsequence, its length, or where it lies', () => {
    const engine = new TestEngine();
    engine.talk([
      ['MSET a ohmytext b mynewtext', '+OK'],
      ['LCS a b', '$6 mytext'],
      ['LCS a b LEN', ':6'],
      ['LCS a b IDX', '*4 $7 matches *2 *2 *2 :4 :7 *2 :5 :8 *2 *2 :2 :3 *2 :0 :1 $3 len :6'],
      ['LCS a b IDX MINMATCHLEN 4', '*4 $7 matches *1 *2 *2 :4 :7 *2 :5 :8 $3 len :6'],
      ['LCS a b idx WithMatchLen minmatchlen 4', '*4 $7 matches *1 *3 *2 :4 :7 *2 :5 :8 :4 $3 len :6'],
      ['LCS a b IDX MINMATCHLEN 9223372036854775807', '*4 $7 matches *0 $3 len :6'],
      ['LCS a b MINMATCHLEN 5 WITHMATCHLEN', '$6 mytext'],
      ['LCS a none', '$0 '],
      ['LCS none a LEN', ':0'],
      ['LCS a none IDX', '*4 $7 matches *0 $3 len :0'],
    ]);
    const modern = engine.connect(PROTOCOL_RESP3);
    assert.equal(
      engine.runAs(modern, 'LCS', 'a', 'none', 'IDX'),
      '%2\r\n$7\r\nmatches\r\n*0\r\n$3\r\nlen\r\n:0\r\n',
    );
    engine.say('FLUSHALL');
    engine.assertEmpty();
  });

  it('refuses wrong options', () => {
    new TestEngine().talk([
      ['LCS a b IDX LEN', `-${errors.LCS_LENGTH_AND_INDEXES}`],
      ['LCS a b LEN IDX junk', `-${errors.SYNTAX}`],
      ['LCS a b MINMATCHLEN', `-${errors.SYNTAX}`],
      ['LCS a b MINMATCHLEN x', `-${errors.NOT_AN_INTEGER}`],
      ['LCS a', "-ERR wrong number of arguments for 'lcs' command"],
    ]);
  });

  it("takes strings up to the size for which Redis's table would be as large as a value may be", () => {
    const engine = new TestEngine();
    engine.config.apply([['proto-max-bulk-len', '1mb']]);
    engine.run('SET', 'a', 'x'.repeat(511));
    engine.run('SET', 'b', 'y'.repeat(511));
    assert.equal(engine.say('LCS a b LEN'), ':0');
    engine.say('APPEND b x');
    assert.equal(engine.say('LCS a b LEN'), `-${errors.LCS_TOO_LARGE}`);
    assert.equal(engine.say('LCS a b LEN IDX'), `-${errors.LCS_LENGTH_AND_INDEXES}`);
  });

  it('says so when there is no memory for the table', () => {
    const engine = new TestEngine();
    engine.say('MSET a abc b abd');
    engine.memory.fails = () => true;
    assert.equal(engine.say('LCS a b'), `-${errors.LCS_OUT_OF_MEMORY}`);
    engine.memory.fails = () => false;
    assert.equal(engine.say('LCS a b'), '$2 ab');
    engine.say('DEL a b');
    engine.assertEmpty();
  });
});
