import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TestEngine } from './engine.case.js';
import { BULK_BYTES_MAX, Parser } from './parser.js';

/** What a command replies when its last argument is `BULK_BYTES_MAX` zero bytes, which nobody has to write. */
function sayWithLongest(engine: TestEngine, ...words: readonly string[]): string {
  const bytes = Buffer.alloc(words.join('').length + BULK_BYTES_MAX);
  const parser = new Parser();
  let at = 0;
  for (const [index, word] of words.entries()) {
    parser.argumentOffset[index] = at;
    parser.argumentSize[index] = word.length;
    at += bytes.write(word, at, 'latin1');
  }
  parser.argumentOffset[words.length] = at;
  parser.argumentSize[words.length] = BULK_BYTES_MAX;
  parser.argumentCount = words.length + 1;
  engine.executor.execute(engine.client, parser, bytes);
  return engine.takeReply();
}

describe('The longest argument that there can be', () => {
  // No string of V8 is as long: these threw, and took the server with them.
  it('is taken for a cursor, a section, a pattern or a name', () => {
    const engine = new TestEngine();
    assert.equal(sayWithLongest(engine, 'SCAN'), '*2\r\n$1\r\n0\r\n*0\r\n');
    assert.equal(sayWithLongest(engine, 'CONFIG', 'GET'), '*0\r\n');
    assert.equal(sayWithLongest(engine, 'INFO'), '$0\r\n\r\n');
    assert.match(sayWithLongest(engine, 'CLIENT', 'SETNAME'), /^-ERR Client names cannot contain spaces/);
    assert.equal(sayWithLongest(engine, 'COMMAND', 'INFO'), '*1\r\n$-1\r\n');
  });
});

describe('A cursor', () => {
  it('is what strtoul reads, whatever zeros come first', () => {
    const engine = new TestEngine();
    const answer = '*2 $1 0 *0';
    for (const cursor of [
      '0',
      '-0',
      '+0',
      '0'.repeat(1000),
      `${'0'.repeat(1000)}18446744073709551615`,
      '-1',
    ]) {
      assert.equal(engine.say(`SCAN ${cursor}`), answer, cursor);
    }
    for (const cursor of ['18446744073709551616', '1'.repeat(100_000), '0x', '1x', '--1', '+']) {
      assert.equal(engine.say(`SCAN ${cursor}`), '-ERR invalid cursor', cursor);
    }
  });
});
