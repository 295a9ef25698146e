import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UsageError } from './errors.js';
import { rawCommand } from './raw-command.js';

test('a name is a command, in any case, made once', () => {
  const command = rawCommand('object', ['FREQ', 'k']);
  assert.deepEqual(command.words, ['OBJECT']);
  assert.equal(rawCommand('OBJECT', []), command);
  assert.equal(command.isReadOnly, false);
  assert.equal(rawCommand('get', ['k']).isReadOnly, true);
});

test('commands that wait are known as such', () => {
  assert.deepEqual(rawCommand('blpop', ['k', 0]).blocking, { timeoutAt: -1, timeoutUnitMs: 1000 });
  assert.deepEqual(rawCommand('BLMPOP', [0, 1, 'k', 'LEFT']).blocking, { timeoutAt: 0, timeoutUnitMs: 1000 });
  const xread = rawCommand('xread', ['COUNT', 1, 'block', 50, 'STREAMS', 's', '$']);
  assert.deepEqual(xread.blocking, { timeoutAt: 3, timeoutUnitMs: 1 });
  assert.equal(rawCommand('XREAD', ['STREAMS', 'BLOCK', '0']).blocking, undefined);
});

test('commands that would change the connection are refused, with what there is instead', () => {
  const refused: [string, string[], RegExp][] = [
    ['SELECT', ['1'], /option db/],
    ['multi', [], /kv\.multi\(\)/],
    ['Subscribe', ['c'], /kv\.subscribe\(\)/],
    ['client', ['reply', 'off'], /CLIENT REPLY/],
    ['quit', [], /kv\.close\(\)/],
  ];
  for (const [name, args, message] of refused)
    assert.throws(
      () => rawCommand(name, args),
      (error: unknown) => error instanceof UsageError && message.test(error.message),
    );
  assert.deepEqual(rawCommand('CLIENT', ['LIST']).words, ['CLIENT']);
});

test('what is no name is refused', () => {
  for (const name of ['', 'CONFIG GET', 'a\r\nb', 5 as never])
    assert.throws(() => rawCommand(name, []), UsageError);
});
