/**
 * Doubles from text, as C's `strtod` reads them: decimal with or without a fraction and an exponent, hexadecimal (`0x1.8p3`),
 * `inf` and `infinity`. Redis takes scores, weights and the ends of ranges in this way.
 *
 * Two strictnesses, both Redis's: a number as a command's argument (`parseDouble`), and the end of a range (`parseRangeDouble`).
 * Short decimals, which nearly all are, are read without allocating anything.
 *
 * Source: C17 7.22.1.3 (strtod); `string2d` and `zslParseRange` in redis-server 7.0.
 */

import { byteText } from './bytes.js';

const DIGIT_0 = 0x30;
const PLUS = 0x2b;
const MINUS = 0x2d;
const POINT = 0x2e;

/** Any so many digits are an integer below 2^53, and quotients of such by a power of ten up to 10^22 are rounded once. */
const FAST_DIGITS_MAX = 15;
const POWERS_OF_TEN = Float64Array.from({ length: FAST_DIGITS_MAX + 1 }, (_, power) => 10 ** power);

/** Longer texts are not looked at, whatever they spell: no double needs a hundredth of it. */
const TEXT_BYTES_MAX = 64 * 1024;

// No two parts of a pattern can match the same digits: else a long text that is no number at all would take minutes.
const DECIMAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;
const HEXADECIMAL = /^([+-]?)0x([\da-f]*)(?:\.([\da-f]*))?(?:p([+-]?\d+))?$/i;
const INFINITE = /^([+-]?)inf(?:inity)?$/i;
const LEADING_SPACE = /^[ \t\n\v\f\r]+(?=[^ \t\n\v\f\r])/;
/** Products with powers of two beyond these are made in several steps. */
const POWER_STEP_MAX = 1000;

/** The number that the whole text spells; NaN when it spells none, or one too large or too small for a double. */
export function parseDouble(bytes: Uint8Array, offset: number, size: number): number {
  const value = parseShort(bytes, offset, size);
  if (!Number.isNaN(value) || size > TEXT_BYTES_MAX) return value;
  const text = byteText(bytes, offset, size); // alloc: scores that are long, or unusual
  const found = read(text);
  if (found === 0) return isZero(text) ? found : Number.NaN;
  return Number.isFinite(found) || INFINITE.test(text) ? found : Number.NaN;
}

/**
 * The number that an end of a range spells; NaN when it spells none. Nothing at all is 0, a zero byte ends the text, space may
 * come first, and what is out of range is the nearest number, or an infinity.
 */
export function parseRangeDouble(bytes: Uint8Array, offset: number, size: number): number {
  const value = parseShort(bytes, offset, size);
  if (!Number.isNaN(value) || size > TEXT_BYTES_MAX) return value;
  const text = byteText(bytes, offset, size).split('\0', 1)[0] ?? ''; // alloc: as above
  return text === '' ? 0 : read(text.replace(LEADING_SPACE, ''));
}

/** Digits, a sign and a point, but not many of them; NaN for everything else. */
function parseShort(bytes: Uint8Array, offset: number, size: number): number {
  const end = offset + size;
  const first = size === 0 ? 0 : bytes[offset]!;
  const hasSign = first === MINUS || first === PLUS;
  let at = hasSign ? offset + 1 : offset;
  let value = 0;
  let digits = 0;
  let fractionDigits = -1;
  for (; at < end; at++) {
    const digit = bytes[at]! - DIGIT_0;
    if (digit >= 0 && digit <= 9) {
      value = value * 10 + digit;
      digits += 1;
      if (fractionDigits >= 0) fractionDigits += 1;
    } else if (bytes[at] === POINT && fractionDigits < 0) {
      fractionDigits = 0;
    } else {
      return Number.NaN;
    }
  }
  if (digits === 0 || digits > FAST_DIGITS_MAX) return Number.NaN;
  if (fractionDigits > 0) value /= POWERS_OF_TEN[fractionDigits]!;
  return first === MINUS ? -value : value;
}

/** Any text; NaN when it is no number as a whole. */
function read(text: string): number {
  if (DECIMAL.test(text)) return Number(text);
  const hexadecimal = HEXADECIMAL.exec(text);
  if (hexadecimal !== null) return readHexadecimal(hexadecimal);
  const infinite = INFINITE.exec(text);
  if (infinite === null) return Number.NaN;
  return infinite[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

function readHexadecimal(match: RegExpExecArray): number {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match;
  if (whole === '' && fraction === '') return Number.NaN;
  let value = Number(BigInt(`0x${whole}${fraction}`));
  let power = Number(exponent) - 4 * fraction.length;
  while (power !== 0 && value !== 0 && Number.isFinite(value)) {
    const step = Math.max(-POWER_STEP_MAX, Math.min(POWER_STEP_MAX, power));
    value *= 2 ** step;
    power -= step;
  }
  return sign === '-' ? -value : value;
}

/** True when a number that has come out as 0 is just that, and not merely too small. */
function isZero(text: string): boolean {
  const isHexadecimal = HEXADECIMAL.test(text);
  const digits = isHexadecimal
    ? text.slice(text.toLowerCase().indexOf('x') + 1).split(/p/i)
    : text.split(/e/i);
  return !/[1-9a-f]/i.test(digits[0] ?? '');
}
