/**
 * Numbers as text: integers, doubles as arguments and as ends of ranges, long doubles. No text takes longer than reading it, none
 * is an exception, and what is printed is read back as the same number.
 */

import assert from 'node:assert/strict';
import { parseDouble, parseRangeDouble } from '../../../src/base/double-parser.js';
import {
  formatInteger,
  INTEGER_BYTES_MAX,
  parseInteger,
  parseWideInteger,
} from '../../../src/base/integer.js';
import {
  addLongDoubles,
  formatLongDouble,
  NOT_FINITE,
  parseLongDouble,
} from '../../../src/base/long-double.js';
import { linearSteps, type Target, texts } from '../target.js';

export function makeNumbersTarget(): Target {
  const digits = new Uint8Array(INTEGER_BYTES_MAX);
  return {
    modules: ['src/base/double-parser.js', 'src/base/integer.js', 'src/base/long-double.js'],
    seeds: texts(
      '0',
      '-1',
      '9007199254740993',
      '-9223372036854775808',
      '3.25',
      '.5',
      '5.',
      '1e10',
      '-1.5E-300',
      '0x1.8p3',
      'inf',
      '-Infinity',
      'nan',
      '0x',
      '1e-5000',
      '4.9e-324',
      `1${'0'.repeat(400)}`,
      `0.${'0'.repeat(400)}1`,
      ' 1',
      '1 ',
      `${'1'.repeat(60_000)}x`,
      `0x${'f'.repeat(60_000)}p-240000`,
    ),
    words: texts(
      'e',
      'E',
      '.',
      '-',
      '+',
      'x',
      '0x',
      'p',
      'inf',
      'infinity',
      'nan',
      '\0',
      ' ',
      '00000000',
      '99999999',
    ),
    bytesMax: 8192,
    stepsMax: linearSteps(16),
    run(input) {
      const size = input.length;
      const text = Buffer.from(input).toString('latin1');
      const integer = parseInteger(input, 0, size);
      if (Number.isFinite(integer)) {
        const end = formatInteger(digits, 0, integer);
        assert.equal(
          Buffer.from(digits.subarray(0, end)).toString(),
          text,
          'an integer is spelled in one way',
        );
      } else if (integer === Number.NEGATIVE_INFINITY) {
        assert.equal(String(parseWideInteger(input, 0, size)), text);
      }
      const double = parseDouble(input, 0, size);
      if (Number.isFinite(double)) {
        assert.equal(parseRangeDouble(input, 0, size), double, 'an end of a range is no less lenient');
        const again = Buffer.from(String(double));
        assert.ok(Object.is(parseDouble(again, 0, again.length), double) || double === 0);
      }
      const long = parseLongDouble(text);
      if (long === undefined || long === NOT_FINITE) return;
      const again = parseLongDouble(formatLongDouble(long));
      assert.ok(again !== undefined, 'what is printed can be read');
      addLongDoubles(long, again);
    },
  };
}
