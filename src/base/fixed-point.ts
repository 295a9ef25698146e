/**
 * Doubles in decimal with a fixed number of digits after the point, as C's `%.4f` prints them.
 *
 * JavaScript's `toFixed` is as exact, but for three things: C rounds a tie to the even digit, JavaScript up; from 10^21 on
 * `toFixed` gives up; and it hides the sign of -0.
 *
 * Source: C17 7.21.6.1 (fprintf).
 */

/** From here on `toFixed` writes an exponent; there are no digits after the point either. */
const PLAIN_MAX = 1e21;

/**
 * The text of any number. Allocates.
 *
 * @param digits after the point, 1 to 99
 */
export function formatFixed(value: number, digits: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (Object.is(value, -0)) return `-${formatFixed(0, digits)}`;
  if (Math.abs(value) >= PLAIN_MAX) return `${BigInt(value)}.${'0'.repeat(digits)}`;
  // A tie is an odd multiple of 2^-(digits + 1): it has just one digit more, a 5.
  if (Math.abs(value * 2 ** (digits + 1)) % 2 !== 1) return value.toFixed(digits);
  const exact = value.toFixed(digits + 1);
  const isEven = Number(exact.at(-2)) % 2 === 0;
  return isEven ? exact.slice(0, -1) : value.toFixed(digits);
}

/** The same with 17 digits, but no zeros at their end, as Redis shows numbers to people. */
export function formatHuman(value: number): string {
  const text = formatFixed(value, 17).replace(/\.?0+$/, '');
  return text === '-0' ? '0' : text;
}
