import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { addLongDoubles, formatLongDouble, NOT_FINITE, parseLongDouble } from './long-double.js';

/** The sum of two texts as C prints it, or what is wrong with it. */
function add(left: string, right: string): string {
  const a = parseLongDouble(left);
  const b = parseLongDouble(right);
  if (a === undefined || b === undefined) return 'invalid';
  const sum = addLongDoubles(a, b);
  return sum === NOT_FINITE ? 'not finite' : formatLongDouble(sum);
}

describe('Long doubles', () => {
  // What a C program prints with strtold, + and "%.17Lf" on x86-64, without the zeros at the end.
  it('are read, added and printed as C does it', () => {
    const expected: [string, string, string][] = [
      ['0', '-0', '0'],
      ['0.1', '0.2', '0.3'],
      ['3.0', '1.1', '4.1'],
      ['0.1', '0', '0.1'],
      ['.5', '5.', '5.5'],
      ['1e-17', '0', '0.00000000000000001'],
      ['5e-18', '0', '0'],
      ['5.1e-18', '0', '0.00000000000000001'],
      ['3686.1', '0', '3686.10000000000000009'],
      ['4.9e-18', '0', '0'],
      ['-4.9e-18', '0', '0'],
      ['1', '1e-30', '1'],
      ['18446744073709551615', '1', '18446744073709551616'],
      ['18446744073709551616', '1', '18446744073709551616'],
      ['18446744073709551616', '3', '18446744073709551620'],
      ['1e60', '0', '999999999999999999999373423426722168652130621984886772203520'],
      ['0x1.8p1', '0x.8', '3.5'],
      ['0X1P-1', '+1', '1.5'],
      ['12345678.9', '0.00000000001', '12345678.90000000000964064'],
    ];
    for (const [left, right, sum] of expected) assert.equal(add(left, right), sum, `${left} + ${right}`);
  });

  it('are no numbers when C reads none, or not all of the text', () => {
    const wrong = [
      '',
      ' 1',
      '1 ',
      '1\n',
      '.',
      '-',
      '+',
      'e5',
      '1e',
      '1e+',
      '0x',
      '0x.',
      '0xg',
      '1_0',
      '1,5',
      'nan',
      '--1',
    ];
    for (const text of wrong) assert.equal(parseLongDouble(text), undefined, text);
    assert.equal(parseLongDouble('1'.repeat(5119)) === undefined, true, 'out of range');
    assert.notEqual(parseLongDouble(`0.${'1'.repeat(5117)}`), undefined);
    assert.equal(parseLongDouble(`0.${'1'.repeat(5118)}`), undefined, 'too long');
  });

  it('have a range, and nothing between its ends and 0 or infinity', () => {
    for (const text of [
      '1e4933',
      '-1e4933',
      '1e999999999999',
      '1.2e4932',
      '0x1p16384',
      '1e-4951',
      '0x1p-16446',
      '1e-9999999999',
    ]) {
      assert.equal(parseLongDouble(text), undefined, text);
    }
    for (const text of [
      '1.189e4932',
      '0x1p16383',
      '3.6e-4951',
      '0x1p-16445',
      '0e999999999999',
      '0x0p99999',
    ]) {
      assert.notEqual(parseLongDouble(text), undefined, text);
    }
    for (const text of ['inf', '-INF', '+Infinity']) assert.equal(parseLongDouble(text), NOT_FINITE);
    assert.equal(add('1e4932', '1e4932'), 'not finite');
    assert.equal(add('inf', '-inf'), 'not finite');
    assert.equal(add('1e4932', '-1e4932'), '0');
    assert.equal(add('1e4932', '1').length, 4933);
  });

  it('hold every double, so that whole sums of two are exact', () => {
    fc.assert(
      fc.property(fc.integer(), fc.maxSafeInteger(), (left, right) => {
        assert.equal(add(String(left), String(right)), String(BigInt(left) + BigInt(right)));
      }),
    );
  });

  it('read back as the same number, where 17 digits after the point are enough for that', () => {
    fc.assert(
      fc.property(fc.double({ min: 1000, max: 1e30, noNaN: true }), fc.boolean(), (value, isNegative) => {
        const number = parseLongDouble(`${isNegative ? '-' : ''}${value.toFixed(20)}`);
        assert.ok(number !== undefined);
        const again = parseLongDouble(formatLongDouble(number));
        assert.ok(again !== undefined);
        assert.equal(addLongDoubles(again, { ...number, mantissa: -number.mantissa }).mantissa, 0n);
      }),
    );
  });
});
