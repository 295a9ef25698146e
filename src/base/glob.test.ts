import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { globMatches } from './glob.js';

function matches(pattern: string, subject: string, ignoreCase = false): boolean {
  // Bytes around both ranges that would change the result if they were read.
  const patternBytes = new Uint8Array(Buffer.from(`*${pattern}]*`, 'latin1'));
  const bytes = new Uint8Array(Buffer.from(`a${subject}a`, 'latin1'));
  return globMatches(patternBytes, 1, pattern.length, bytes, 1, subject.length, ignoreCase);
}

test('patterns match what Redis says they match', () => {
  const yes: [string, string][] = [
    ['*', 'a'],
    ['', ''],
    ['h?llo', 'hello'],
    ['h*llo', 'heeeello'],
    ['h*llo', 'hllo'],
    ['h[ae]llo', 'hallo'],
    ['h[^e]llo', 'hallo'],
    ['h[a-c]llo', 'hbllo'],
    ['h[c-a]llo', 'hbllo'],
    ['a\\*b', 'a*b'],
    ['a\\', 'a\\'],
    ['[\\]]', ']'],
    ['[ab', 'a'],
    ['[^', 'x'],
    ['[a-]', '^'], // a range up to the bracket, in a class that is never closed,
    ['user:*:name*', 'user:1:name'],
    ['a**', 'a'],
    ['?\0?', 'a\0\xff'],
  ];
  const no: [string, string][] = [
    ['', 'a'],
    ['*', ''],
    ['**', ''],
    ['h?llo', 'hllo'],
    ['h[^e]llo', 'hello'],
    ['h[a-b]llo', 'hcllo'],
    ['[]', 'a'],
    ['[', '['],
    ['a?', 'a'],
    ['a*b', 'abc'],
    ['A', 'a'],
  ];
  for (const [pattern, subject] of yes) assert.ok(matches(pattern, subject), `${pattern} matches ${subject}`);
  for (const [pattern, subject] of no)
    assert.ok(!matches(pattern, subject), `${pattern} does not match ${subject}`);
});

test('case is ignored on request, except for an escaped byte in a class', () => {
  assert.ok(matches('HeLL?', 'hEllO', true));
  assert.ok(matches('[A-C]x', 'bX', true));
  assert.ok(matches('[B]', 'b', true));
  assert.ok(!matches('[\\B]', 'b', true));
  assert.ok(matches('\\B', 'b', true));
});

test('patterns of stars, bytes and question marks match as the regular expression they stand for', () => {
  const pattern = fc.string({ unit: fc.constantFrom(...'ab*?'), maxLength: 8 });
  const subject = fc.string({ unit: fc.constantFrom(...'ab'), minLength: 1, maxLength: 10 });
  fc.assert(
    fc.property(pattern, subject, (glob, text) => {
      const expression = new RegExp(`^${glob.replaceAll('*', '.*').replaceAll('?', '.')}$`);
      assert.equal(matches(glob, text), expression.test(text));
    }),
    { numRuns: 3000 },
  );
});

test('a pattern made to take exponential time is done at once', () => {
  const started = performance.now();
  assert.ok(!matches(`${'a*'.repeat(50)}b`, 'a'.repeat(2000)));
  assert.ok(performance.now() - started < 10_000);
});
