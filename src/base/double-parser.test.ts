import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatDouble } from './double.js';
import { parseDouble, parseRangeDouble } from './double-parser.js';

const strict = (text: string): number => parseDouble(Buffer.from(`x${text}x`), 1, text.length);
const range = (text: string): number => parseRangeDouble(Buffer.from(`x${text}x`), 1, text.length);

test('numbers as strtod reads them', () => {
  const numbers: readonly (readonly [string, number])[] = [
    ['0', 0],
    ['-0', -0],
    ['-0.0', -0],
    ['+5', 5],
    ['5.', 5],
    ['.5', 0.5],
    ['-12.375', -12.375],
    ['000123', 123],
    ['123456789012345678', 123456789012345680],
    ['0.1', 0.1],
    ['1e5', 1e5],
    ['1E-5', 1e-5],
    ['4e-324', 5e-324],
    ['0x10', 16],
    ['0x1p3', 8],
    ['-0X1.8P1', -3],
    ['0x.8', 0.5],
    ['0x0p5', 0],
    ['inf', Number.POSITIVE_INFINITY],
    ['+inf', Number.POSITIVE_INFINITY],
    ['-Infinity', Number.NEGATIVE_INFINITY],
    ['0e999', 0],
  ];
  for (const [text, value] of numbers) {
    assert.ok(Object.is(strict(text), value), text);
    assert.ok(Object.is(range(text), value), text);
  }
});

test('what is no number as a whole', () => {
  const bad = [
    '+',
    '-',
    '.',
    '1e',
    'e5',
    '1 ',
    '1_0',
    'nan',
    'nan(1)',
    '0x',
    '0xp1',
    '1.2.3',
    'infinit',
    '--1',
    'x',
  ];
  for (const text of bad) {
    assert.ok(Number.isNaN(strict(text)), text);
    assert.ok(Number.isNaN(range(text)), text);
  }
});

test('an argument is strict where the end of a range is not', () => {
  for (const text of ['', ' 1', '1e400', '-1e400', '1e-400', '0x1p-2000', '1\x002']) {
    assert.ok(Number.isNaN(strict(text)), text);
  }
  assert.equal(range(''), 0);
  assert.equal(range(' \t\n1'), 1);
  assert.equal(range('1\0x'), 1);
  assert.equal(range('1e400'), Number.POSITIVE_INFINITY);
  assert.equal(range('-1e400'), Number.NEGATIVE_INFINITY);
  assert.equal(range('1e-400'), 0);
  assert.ok(Number.isNaN(range('  ')));
});

test('every double comes back from its own text', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true }), (value) => {
      assert.ok(Object.is(strict(formatDouble(value)), value));
      if (Number.isFinite(value) && value !== 0) assert.equal(strict(String(value)), value);
    }),
  );
});

test('a long text that is no number is found out in one go', () => {
  // Patterns with two ways to match a digit took seconds for each of these.
  for (const digits of ['1', 'f'].flatMap((digit) =>
    Array.from({ length: 100 }, () => digit.repeat(60_000)),
  )) {
    for (const text of [`${digits}x`, `0x${digits}x`, `1.${digits}x`]) assert.ok(Number.isNaN(strict(text)));
  }
});

test('texts of more than 64 KiB are not looked at', () => {
  const zeros = '0'.repeat(64 * 1024 - 1);
  assert.equal(strict(`${zeros}1`), 1);
  assert.equal(range(`${zeros}1`), 1);
  assert.ok(Number.isNaN(strict(`0${zeros}1`)));
  assert.ok(Number.isNaN(range(`0${zeros}1`)));
});
