import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestEngine } from './engine.case.js';
import { stringEncoding } from './string-encoding.js';

/** The encoding of the key `key`, the only one there is. */
function encodingIn(engine: TestEngine): string {
  const shard = engine.shardOf('key');
  const [entry = 0] = engine.pointers(shard, 0);
  return stringEncoding(engine.entries, entry);
}

test('a value that was set as a whole is an integer, short, or long', () => {
  const engine = new TestEngine();
  for (const [value, encoding] of [
    ['7', 'int'],
    ['0', 'int'],
    ['-9223372036854775808', 'int'],
    ['9223372036854775807', 'int'],
    ['9223372036854775808', 'embstr'],
    ['007', 'embstr'],
    ['+7', 'embstr'],
    ['', 'embstr'],
    ['x'.repeat(44), 'embstr'],
    ['x'.repeat(45), 'raw'],
  ] as const) {
    engine.run('SET', 'key', value);
    assert.equal(encodingIn(engine), encoding, value);
  }
});

test('what changes a value in place makes it raw, until it is set again', () => {
  const engine = new TestEngine();
  for (const [line, encoding] of [
    ['APPEND key 12', 'int'],
    ['APPEND key 3', 'raw'],
    ['EXPIRE key 100', 'raw'],
    ['PERSIST key', 'raw'],
    ['INCR key', 'int'],
    ['SETRANGE key 0 9', 'raw'],
    ['GETSET key 5', 'int'],
    ['INCRBYFLOAT key 1', 'embstr'],
    ['EXPIRE key 100', 'embstr'],
    ['DECR key', 'int'],
    ['SETRANGE key 30 x', 'raw'],
    ['MSET key 12', 'int'],
    ['INCRBYFLOAT key 1e60', 'raw'],
    ['GETDEL key', undefined],
    ['SETRANGE key 0 12', 'raw'],
  ] as const) {
    engine.say(line);
    if (encoding !== undefined) assert.equal(encodingIn(engine), encoding, line);
  }
  engine.run('SET', 'key', '12');
  engine.run('SETRANGE', 'key', '0', '');
  assert.equal(encodingIn(engine), 'int', 'nothing was written');
  engine.run('APPEND', 'key', '');
  assert.equal(encodingIn(engine), 'raw', 'as in Redis, although nothing was appended');
});
