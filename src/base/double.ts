/**
 * Doubles in decimal as Redis 7.0 prints them: C's `%.17g`, with `inf`, `-inf` and `nan`.
 *
 * Why not JavaScript's own shortest form: clients compare replies, and Redis shows 3.1 as 3.1000000000000001.
 * The digits are those of `toExponential`, except that C rounds an exact tie to the even digit and JavaScript up.
 */

const DIGITS = 17;
/** More digits than any double can have zeros between its 18th digit and the next non-zero one. */
const TIE_DIGITS = 60;
const EXPONENT_MIN = -4;

/** The text of any double; at most 24 characters. Allocates: doubles are never on the path of plain keys and values. */
export function formatDouble(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) <= Number.MAX_SAFE_INTEGER) {
    return Object.is(value, -0) ? '-0' : String(value);
  }
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';

  const scientific = roundHalfEven(value);
  const mark = scientific.indexOf('e');
  const exponent = Number(scientific.slice(mark + 1));
  const sign = value < 0 ? '-' : '';
  const digits = scientific.slice(sign.length, mark).replace('.', '').replace(/0+$/, '');
  if (exponent < EXPONENT_MIN || exponent >= DIGITS) {
    const fraction = digits.length > 1 ? `.${digits.slice(1)}` : '';
    const size = String(Math.abs(exponent)).padStart(2, '0');
    return `${sign}${digits[0]}${fraction}e${exponent < 0 ? '-' : '+'}${size}`;
  }
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  const fraction = digits.slice(exponent + 1);
  return fraction === '' ? `${sign}${whole}` : `${sign}${whole}.${fraction}`;
}

/** `value.toExponential` with 17 significant digits; an exact tie goes to the even digit. */
function roundHalfEven(value: number): string {
  const rounded = value.toExponential(DIGITS - 1);
  const oneMore = value.toExponential(DIGITS);
  if (oneMore[oneMore.indexOf('e') - 1] !== '5') return rounded;
  const exact = value.toExponential(TIE_DIGITS);
  const cut = exact.indexOf('.') + DIGITS;
  const mark = exact.indexOf('e');
  const isTie = /^50*$/.test(exact.slice(cut, mark));
  const isEven = Number(exact[cut - 1]) % 2 === 0;
  return isTie && isEven ? exact.slice(0, cut) + exact.slice(mark) : rounded;
}
