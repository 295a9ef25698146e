/** Random requests on strings. */

import fc from 'fast-check';
import type { Words } from '../compare.js';
import {
  key,
  listRequest,
  milliseconds,
  number,
  request,
  seconds,
  unixMilliseconds,
  unixSeconds,
  value,
  type Weighted,
  word,
} from '../parts.js';

const setOption: fc.Arbitrary<Words> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom('NX', 'XX', 'GET', 'KEEPTTL', 'nx', 'get').map((option): Words => [option]),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('EX', 'PX', 'EXAT', 'PXAT', 'PERSIST', 'junk')
      .map((option): Words => [option]),
  },
  { weight: 2, arbitrary: request('EX', seconds) },
  { weight: 2, arbitrary: request('PX', milliseconds) },
  { weight: 1, arbitrary: request('EXAT', unixSeconds) },
  { weight: 1, arbitrary: request('PXAT', unixMilliseconds) },
);

const set = fc
  .tuple(word('SET'), key, value, fc.array(setOption, { maxLength: 3 }))
  .map(([name, k, v, options]): Words => [name, k, v, ...options.flat()]);

/** Floats as C reads them, and what looks like one. */
const FLOATS = [
  '0',
  '-0',
  '.5',
  '5.',
  '.',
  '+1.5',
  '3.0e3',
  '1e',
  '1e-17',
  '5e-18',
  '-4.9e-18',
  '0x1p-3',
  '0x.8',
  '0x',
  '0x1p16383',
  'inf',
  '-Infinity',
  'nan',
  ' 1',
  '1 ',
  '1,5',
  '1e4932',
  '-1e4932',
  '1e4933',
  '3.6e-4951',
  '1e-4952',
  '18446744073709551615',
  '18446744073709551617',
  '',
  '1\0',
];
export const float = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom(...FLOATS) },
  { weight: 3, arbitrary: fc.tuple(fc.integer({ min: -999_999, max: 999_999 }), fc.nat(6)).map(decimal) },
  { weight: 2, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }).map(String) },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }), fc.nat(60)).map(decimal),
  },
  { weight: 1, arbitrary: number },
);

/** Digits and where the point is, from the right. */
function decimal([digits, places]: [number | bigint, number]): string {
  const text = String(digits < 0 ? -digits : digits).padStart(places + 1, '0');
  const at = text.length - places;
  return `${digits < 0 ? '-' : ''}${text.slice(0, at)}.${text.slice(at)}`;
}

const rangeIndex = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: -30, max: 30 }).map(String) },
  { weight: 1, arbitrary: number },
);
/** A value reaches as far as its offset: none of these is between 20 KB and the limit of 512 MB. */
const offset = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 0, max: 60 }).map(String) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 20_000 }).map(String) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('-1', '536870912', '9223372036854775807', '-9223372036854775808', 'x'),
  },
);

const getexOption: fc.Arbitrary<Words> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('PERSIST', 'persist').map((option): Words => [option]) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('EX', 'PX', 'EXAT', 'PXAT', 'KEEPTTL', 'NX', 'GET', 'junk')
      .map((option): Words => [option]),
  },
  { weight: 2, arbitrary: request('EX', seconds) },
  { weight: 2, arbitrary: request('PX', milliseconds) },
  { weight: 2, arbitrary: request('EXAT', unixSeconds) },
  { weight: 2, arbitrary: request('PXAT', unixMilliseconds) },
);
const getex = fc
  .tuple(word('GETEX'), key, fc.array(getexOption, { maxLength: 2 }))
  .map(([name, k, options]): Words => [name, k, ...options.flat()]);

/** Strings that have much in common. */
const similar = fc
  .array(fc.constantFrom('a', 'b', 'ab', 'ba', 'abc', 'cab'), { maxLength: 40 })
  .map((parts) => parts.join(''));
const lcsOption: fc.Arbitrary<Words> = fc.oneof(
  { weight: 4, arbitrary: word('IDX').map((option): Words => [option]) },
  { weight: 2, arbitrary: word('WITHMATCHLEN').map((option): Words => [option]) },
  { weight: 2, arbitrary: request('MINMATCHLEN', fc.constantFrom('0', '1', '2', '3', '5', '-1')) },
  { weight: 1, arbitrary: request('MINMATCHLEN', number) },
  { weight: 1, arbitrary: fc.constantFrom<Words>(['LEN'], ['MINMATCHLEN'], ['junk']) },
);
const lcs = fc
  .tuple(word('LCS'), key, key, fc.array(lcsOption, { maxLength: 3 }))
  .map(([name, first, second, options]): Words => [name, first, second, ...options.flat()]);

const pairs = (name: string) =>
  fc.array(fc.tuple(key, value), { minLength: 1, maxLength: 4 }).map((all): Words => [name, ...all.flat()]);

export const STRING_REQUESTS: readonly Weighted[] = [
  { weight: 24, arbitrary: set },
  { weight: 14, arbitrary: request('GET', key) },
  { weight: 3, arbitrary: request('SETEX', key, seconds, value) },
  { weight: 3, arbitrary: request('PSETEX', key, milliseconds, value) },
  { weight: 5, arbitrary: request('INCR', key) },
  { weight: 4, arbitrary: request('DECR', key) },
  { weight: 5, arbitrary: request('INCRBY', key, number) },
  { weight: 5, arbitrary: request('DECRBY', key, number) },
  { weight: 5, arbitrary: request('APPEND', key, value) },
  { weight: 4, arbitrary: request('STRLEN', key) },
  { weight: 5, arbitrary: listRequest('MGET', key, 1, 5) },
  { weight: 4, arbitrary: pairs('MSET') },
  { weight: 3, arbitrary: pairs('MSETNX') },
  { weight: 3, arbitrary: request('SETNX', key, value) },
  { weight: 4, arbitrary: request('GETSET', key, value) },
  { weight: 4, arbitrary: request('GETDEL', key) },
  { weight: 8, arbitrary: getex },
  { weight: 5, arbitrary: request('GETRANGE', key, rangeIndex, rangeIndex) },
  { weight: 1, arbitrary: request('SUBSTR', key, rangeIndex, rangeIndex) },
  { weight: 6, arbitrary: request('SETRANGE', key, offset, value) },
  { weight: 4, arbitrary: request('SET', key, float) },
  { weight: 8, arbitrary: request('INCRBYFLOAT', key, float) },
  { weight: 4, arbitrary: request('SET', key, similar) },
  { weight: 6, arbitrary: lcs },
];
