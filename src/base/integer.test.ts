import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  formatInteger,
  INT64_MAX,
  INT64_MIN,
  integerSize,
  NOT_INTEGER,
  parseInteger,
  parseWideInteger,
  WIDE_INTEGER,
} from './integer.js';

/** Parses text that lies between digits, which must not count. */
function parse(text: string): number | bigint {
  const bytes = new Uint8Array(Buffer.from(`77${text}77`, 'latin1'));
  const value = parseInteger(bytes, 2, text.length);
  return value === WIDE_INTEGER ? parseWideInteger(bytes, 2, text.length) : value;
}

/** What Redis takes for an integer, said another way. */
function model(text: string): number | bigint {
  if (!/^(0|-?[1-9][0-9]*)$/.test(text)) return NOT_INTEGER;
  const value = BigInt(text);
  if (value < INT64_MIN || value > INT64_MAX) return NOT_INTEGER;
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

test('integers are read as strictly as Redis reads them', () => {
  const texts = [
    '',
    '-',
    '+1',
    '-0',
    '00',
    '01',
    '-01',
    ' 1',
    '1 ',
    '1.0',
    '1e3',
    '0x1',
    '--1',
    '1-',
    '0',
    '7',
    '-7',
  ];
  for (const text of texts) assert.equal(parse(text), model(text), JSON.stringify(text));
});

test('the ends of the safe and of the 64-bit range are exact', () => {
  for (const edge of [
    2n ** 53n,
    -(2n ** 53n),
    INT64_MAX,
    INT64_MIN,
    10n ** 15n,
    10n ** 18n,
    10n ** 19n,
    10n ** 20n,
  ]) {
    for (let distance = -2n; distance <= 2n; distance++) {
      const text = String(edge + distance);
      assert.equal(parse(text), model(text), text);
    }
  }
});

test('any text is read as the model reads it', () => {
  const digits = fc.string({ unit: fc.constantFrom(...'0123456789-+ '), maxLength: 22 });
  const numbers = fc.bigInt({ min: -(2n ** 65n), max: 2n ** 65n }).map(String);
  fc.assert(
    fc.property(fc.oneof(digits, numbers), (text) => {
      assert.equal(parse(text), model(text));
    }),
    { numRuns: 2000 },
  );
});

test('integers are written as String writes them, between bytes that stay as they are', () => {
  const edges = [
    0,
    9,
    10,
    99,
    100,
    99_999_999,
    100_000_000,
    2 ** 31 - 1,
    2 ** 31,
    2 ** 32,
    Number.MAX_SAFE_INTEGER,
  ];
  const powers = Array.from({ length: 16 }, (_, exponent) => 10 ** exponent);
  const check = (value: number) => {
    const target = new Uint8Array(24).fill(0x2e);
    const end = formatInteger(target, 2, value);
    assert.equal(Buffer.from(target).toString('latin1', 2, end), String(value));
    assert.equal(end - 2, integerSize(value));
    assert.ok(target.every((byte, index) => (index >= 2 && index < end) || byte === 0x2e));
  };
  for (const edge of [...edges, ...powers])
    for (const near of [edge - 1, edge, edge + 1]) {
      if (!Number.isSafeInteger(near)) continue;
      check(near);
      check(0 - near);
    }
  fc.assert(fc.property(fc.maxSafeInteger(), check), { numRuns: 2000 });
});
