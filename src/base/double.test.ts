import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatDouble } from './double.js';

test('doubles are printed as C prints them with %.17g', () => {
  const expected: [number, string][] = [
    [0, '0'],
    [-0, '-0'],
    [3, '3'],
    [-17, '-17'],
    [3.5, '3.5'],
    [3.1, '3.1000000000000001'],
    [0.1, '0.10000000000000001'],
    [-0.25, '-0.25'],
    [0.0001, '0.0001'],
    [0.00001, '1.0000000000000001e-05'],
    [2 ** 53 - 1, '9007199254740991'],
    [1e16, '10000000000000000'],
    [1e17, '1e+17'],
    [1e20, '1e+20'],
    [1.5e21, '1.5e+21'],
    [5e-324, '4.9406564584124654e-324'],
    [Number.MAX_VALUE, '1.7976931348623157e+308'],
    [Number.POSITIVE_INFINITY, 'inf'],
    [Number.NEGATIVE_INFINITY, '-inf'],
    [Number.NaN, 'nan'],
  ];
  for (const [value, text] of expected) assert.equal(formatDouble(value), text);
});

test('an exact tie after 17 digits goes to the even digit', () => {
  assert.equal(formatDouble(2 ** 46 + 1 / 16), '70368744177664.062');
  assert.equal(formatDouble(2 ** 46 + 3 / 16), '70368744177664.188');
});

test('what is printed reads back as the same double', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      assert.ok(Object.is(Number(formatDouble(value)), value));
    }),
    { numRuns: 2000 },
  );
});
