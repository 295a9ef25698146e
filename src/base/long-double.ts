/**
 * Numbers as C's `long double` holds them on x86-64: read, added and printed with the very digits of Redis, which counts
 * INCRBYFLOAT in them and shows `%.17Lf` without its trailing zeros.
 *
 *     value = mantissa * 2^exponent      |mantissa| <= 2^64, exponent >= -16445, |value| < 2^16384
 *
 * A double has eleven bits less, so that 0.1 + 0.2 would come out as something else. Every step is exact arithmetic on integers
 * and one rounding to 64 bits, half to even, as the processor does it: nothing depends on the machine this runs on.
 *
 * All of it allocates: some hundred bytes for usual numbers, some kilobytes for those of thousands of digits.
 *
 * Source: Intel 64 Software Developer's Manual, volume 1, 4.2.2; C17 7.22.1.3 (strtold) and 7.21.6.1 (fprintf).
 */

export interface LongDouble {
  readonly mantissa: bigint;
  readonly exponent: number;
}

export const LONG_DOUBLE_ZERO: LongDouble = { mantissa: 0n, exponent: 0 };

/** Infinity of either sign, and what is not a number: with them, no sum is a number that could be kept. */
export const NOT_FINITE: LongDouble = { mantissa: 1n, exponent: Number.POSITIVE_INFINITY };

/** Redis copies the text into a buffer of 5 KiB before it reads it. */
export const LONG_DOUBLE_TEXT_BYTES_MAX = 5 * 1024 - 1;

const MANTISSA_BITS = 64;
/** Of the smallest number above 0. */
const EXPONENT_MIN = -16445;
/** Numbers are below 2 to this power. */
const RANGE_BITS = 16384;
/** In decimal: 10^4933 is too large, and what is below 10^-4951 is nearer to 0 than to the smallest number. */
const DECIMAL_DIGITS_MAX = 4933;
const DECIMAL_DIGITS_MIN = -4950;

const FRACTION_DIGITS = 17;
const FRACTION_SCALE = 10n ** BigInt(FRACTION_DIGITS);

// No two parts of a pattern can match the same digits: what is no number is found out in one go, too.
const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:e([+-]?\d+))?$/i;
const HEXADECIMAL = /^([+-]?)0x([\da-f]*)(?:\.([\da-f]*))?(?:p([+-]?\d+))?$/i;
const INFINITE = /^[+-]?inf(?:inity)?$/i;

/**
 * Reads what C's `strtold` reads, as a whole: decimal and hexadecimal, with or without a fraction and an exponent, `inf` and
 * `infinity`; a sign, but no space around. Undefined when the text is no number, `nan` included, or one that is out of range or
 * too small to be told from 0.
 */
export function parseLongDouble(text: string): LongDouble | undefined {
  if (text.length > LONG_DOUBLE_TEXT_BYTES_MAX) return undefined;
  const decimal = DECIMAL.exec(text);
  if (decimal !== null) return read(decimal, fromDecimal);
  const hexadecimal = HEXADECIMAL.exec(text);
  if (hexadecimal !== null) return read(hexadecimal, fromHexadecimal);
  return INFINITE.test(text) ? NOT_FINITE : undefined;
}

/** The sum, rounded; NOT_FINITE when there is none in range. */
export function addLongDoubles(left: LongDouble, right: LongDouble): LongDouble {
  if (left === NOT_FINITE || right === NOT_FINITE) return NOT_FINITE;
  const exponent = Math.min(left.exponent, right.exponent);
  return round(shift(left, exponent) + shift(right, exponent), exponent);
}

/** At most 17 digits after the point and no zeros at their end. Of any number but NOT_FINITE; at most 4952 characters. */
export function formatLongDouble(value: LongDouble): string {
  if (value.exponent >= 0) return String(value.mantissa << BigInt(value.exponent));
  const scaled = divideByPowerOfTwo(value.mantissa * FRACTION_SCALE, -value.exponent);
  const sign = scaled < 0n ? '-' : '';
  const digits = String(scaled < 0n ? -scaled : scaled).padStart(FRACTION_DIGITS + 1, '0');
  const whole = digits.slice(0, -FRACTION_DIGITS);
  const fraction = digits.slice(-FRACTION_DIGITS).replace(/0+$/, '');
  return fraction === '' ? sign + whole : `${sign}${whole}.${fraction}`;
}

/** A match's sign, digits before and after the point, and exponent as a number; `convert` gets the last three. */
function read(
  match: RegExpExecArray,
  convert: (digits: string, fractionDigits: number, exponent: number) => LongDouble,
): LongDouble | undefined {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match;
  if (whole === '' && fraction === '') return undefined;
  const digits = (whole + fraction).replace(/^0+/, '');
  if (digits === '') return LONG_DOUBLE_ZERO;
  const { mantissa, exponent: binary } = convert(digits, fraction.length, Number(exponent));
  if (mantissa === 0n || !Number.isFinite(binary)) return undefined;
  return { mantissa: sign === '-' ? -mantissa : mantissa, exponent: binary };
}

function fromDecimal(digits: string, fractionDigits: number, exponent: number): LongDouble {
  const power = exponent - fractionDigits;
  const digitsBeforePoint = digits.length + power;
  if (digitsBeforePoint > DECIMAL_DIGITS_MAX) return NOT_FINITE;
  if (digitsBeforePoint < DECIMAL_DIGITS_MIN) return LONG_DOUBLE_ZERO;
  if (power >= 0) return round(BigInt(digits) * 10n ** BigInt(power), 0);
  // So many bits that the quotient has more than the mantissa; the last of them says whether anything was left over.
  const divisor = 10n ** BigInt(-power);
  const numerator = BigInt(digits);
  const bits = Math.max(MANTISSA_BITS + 2 + bitLength(divisor) - bitLength(numerator), 0);
  const dividend = numerator << BigInt(bits);
  const quotient = dividend / divisor;
  const isExact = quotient * divisor === dividend;
  return round((quotient << 1n) | (isExact ? 0n : 1n), -bits - 1);
}

function fromHexadecimal(digits: string, fractionDigits: number, exponent: number): LongDouble {
  const power = exponent - 4 * fractionDigits;
  const bits = 4 * digits.length + power;
  if (bits > RANGE_BITS + 4) return NOT_FINITE;
  if (bits < EXPONENT_MIN) return LONG_DOUBLE_ZERO;
  return round(BigInt(`0x${digits}`), power);
}

/** `mantissa * 2^exponent` with what a long double has of its bits. */
function round(mantissa: bigint, exponent: number): LongDouble {
  const excess = Math.max(bitLength(mantissa) - MANTISSA_BITS, EXPONENT_MIN - exponent);
  const rounded =
    excess > 0
      ? { mantissa: divideByPowerOfTwo(mantissa, excess), exponent: exponent + excess }
      : { mantissa, exponent };
  return bitLength(rounded.mantissa) + rounded.exponent > RANGE_BITS ? NOT_FINITE : rounded;
}

/** `value / 2^bits`, rounded to the nearest integer, half to even. `bits` is at least 1. */
function divideByPowerOfTwo(value: bigint, bits: number): bigint {
  const width = BigInt(bits);
  const quotient = value >> width;
  const rest = value - (quotient << width);
  const half = 1n << (width - 1n);
  if (rest < half) return quotient;
  return rest > half || (quotient & 1n) === 1n ? quotient + 1n : quotient;
}

/** The mantissa for a lower exponent. */
function shift(value: LongDouble, exponent: number): bigint {
  return value.mantissa << BigInt(value.exponent - exponent);
}

/** Binary digits of the absolute value; 0 of 0. */
function bitLength(value: bigint): number {
  const digits = (value < 0n ? -value : value).toString(16);
  return digits.length * 4 - (Math.clz32(Number.parseInt(digits[0]!, 16)) - 28);
}
