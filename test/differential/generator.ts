/**
 * Random programs: requests over a few keys, most of them right, some of them wrong in every way a client can be wrong.
 *
 * Everything that would make a reply depend on the moment is left out: relative lifetimes are long and never equal, deadlines lie
 * far ahead or in the past. Words are latin1 text, one character a byte.
 */

import fc from 'fast-check';
import type { Words } from './compare.js';

const KEYS = [
  'a',
  'b',
  'c',
  'key:1',
  'key:2',
  'user:1',
  '',
  '\0\xff\r\n',
  'caf\xc3\xa9',
  'K'.repeat(255),
  'L'.repeat(300),
];

/** Values that look like numbers and are not, or are and barely so. */
const NUMBERS = [
  '0',
  '1',
  '-1',
  '10',
  '42',
  '-0',
  '+1',
  '01',
  ' 1',
  '1 ',
  '1.0',
  '1e3',
  '0x10',
  '',
  'abc',
  '12a',
  '-',
  '9007199254740991',
  '9007199254740992',
  '9007199254740993',
  '-9007199254740993',
  '4611686018427387904',
  '9223372036854775806',
  '9223372036854775807',
  '9223372036854775808',
  '-9223372036854775807',
  '-9223372036854775808',
  '-9223372036854775809',
  '99999999999999999999999999',
];

/** What stands where it should not. No small positive number: as a lifetime it would make replies depend on the moment. */
const JUNK = [
  'junk',
  '',
  '0',
  '-1',
  '-9223372036854775808',
  '9223372036854775807',
  '1.5',
  'NX',
  'EX',
  'a b',
  '\0',
  'x'.repeat(200),
];

/** Long enough not to end during a run, and so many that no two are alike (GT and LT would depend on the moment). */
const lifetime = (from: number, to: number) =>
  fc.noShrink(fc.noBias(fc.integer({ min: from, max: to }))).map(String);

const key = fc.constantFrom(...KEYS);
const number = fc.oneof(fc.constantFrom(...NUMBERS), fc.integer().map(String));
const value = fc.oneof(
  { weight: 3, arbitrary: number },
  { weight: 3, arbitrary: fc.string({ maxLength: 20 }).map((text) => Buffer.from(text).toString('latin1')) },
  {
    weight: 2,
    arbitrary: fc.uint8Array({ maxLength: 70 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
  },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 20_000 }).map((size) => 'v'.repeat(size)) },
);
const badNumber = fc.constantFrom(
  '0',
  '-1',
  'abc',
  '',
  '1.5',
  '9223372036854775807',
  '-9223372036854775808',
  '99999999999999999999',
);
const seconds = fc.oneof(
  { weight: 4, arbitrary: lifetime(10_000, 9_999_999) },
  { weight: 1, arbitrary: badNumber },
);
const milliseconds = fc.oneof(
  { weight: 4, arbitrary: lifetime(10_000_000, 9_999_999_999) },
  { weight: 1, arbitrary: badNumber },
);
const unixSeconds = fc.oneof(
  { weight: 4, arbitrary: lifetime(4_000_000_000, 9_000_000_000) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('1', '1000000000', '0', '-5', 'abc', '9223372036854775807', '9007199254740'),
  },
);
const unixMilliseconds = fc.oneof(
  { weight: 4, arbitrary: lifetime(4_000_000_000_000, 9_000_000_000_000) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '1',
      '1000000000000',
      '0',
      '-5',
      'abc',
      '9007199254740991',
      '99999999999999999999',
    ),
  },
);

/** A command word in upper, lower or mixed case. */
const word = (text: string) =>
  fc.oneof(
    { weight: 6, arbitrary: fc.constant(text) },
    { weight: 1, arbitrary: fc.constant(text.toLowerCase()) },
    { weight: 1, arbitrary: fc.constant(text.charAt(0) + text.slice(1).toLowerCase()) },
  );

type Part = fc.Arbitrary<string> | string;

/** A request of fixed parts. */
const request = (name: string, ...parts: Part[]): fc.Arbitrary<Words> =>
  fc.tuple(word(name), ...parts.map((part) => (typeof part === 'string' ? fc.constant(part) : part)));

/** A request whose last part repeats. */
const listRequest = (name: string, part: fc.Arbitrary<string>, minLength: number, maxLength: number) =>
  fc
    .tuple(word(name), fc.array(part, { minLength, maxLength }))
    .map(([first, rest]): Words => [first, ...rest]);

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

const expireOptions = fc.array(fc.constantFrom('NX', 'XX', 'GT', 'LT', 'gt', 'junk'), { maxLength: 2 });
const expire = (name: string, time: fc.Arbitrary<string>) =>
  fc.tuple(word(name), key, time, expireOptions).map(([n, k, t, options]): Words => [n, k, t, ...options]);

const pattern = fc.constantFrom(
  '*',
  'key:*',
  '?',
  '[ab]',
  '[^a]',
  '[a-c]',
  '*:1',
  'user:[0-9]',
  '\\*',
  '[',
  'K*K',
  '**',
  '',
  'key:?',
  '[c-a]',
);
const scan = fc
  .tuple(
    fc.constantFrom('0', '0', '0', 'abc', '-1', '', '18446744073709551616'),
    fc.array(
      fc.oneof(
        request('MATCH', pattern),
        request('COUNT', fc.constantFrom('1', '5', '1000', '0', '-1', 'abc')),
        request('TYPE', fc.constantFrom('string', 'list', 'STRING', 'nosuchtype')),
        fc.constantFrom<Words>(['COUNT'], ['MATCH'], ['junk']),
      ),
      { maxLength: 3 },
    ),
  )
  .map(([cursor, options]): Words => ['SCAN', cursor, ...options.flat()]);

/** `HELLO` as clients send it, and not quite. */
const hello = fc.constantFrom<Words>(
  ['HELLO'],
  ['HELLO', '2'],
  ['HELLO', '3'],
  ['HELLO', '3', 'SETNAME', 'me'],
  ['HELLO', '2', 'SETNAME', 'a b'],
  ['HELLO', '4'],
  ['HELLO', 'x'],
  ['HELLO', '3', 'AUTH', 'default'],
  ['HELLO', '3', 'AUTH', 'nobody', 'wrong'],
  ['HELLO', '3', 'junk'],
);

const control = fc.constantFrom<Words>(
  ['PING'],
  ['PING', 'hello'],
  ['PING', 'a', 'b'],
  ['ECHO', 'hello'],
  ['ECHO'],
  ['SELECT', '0'],
  ['SELECT', '1'],
  ['SELECT', '15'],
  ['SELECT', '16'],
  ['SELECT', '-1'],
  ['SELECT', 'abc'],
  ['SELECT', '99999999999999999999'],
  ['CLIENT', 'GETNAME'],
  ['CLIENT', 'SETNAME', 'bob'],
  ['CLIENT', 'SETNAME', ''],
  ['CLIENT', 'SETNAME', 'a b'],
  ['CLIENT', 'SETNAME', 'a\nb'],
  ['CLIENT', 'ID'],
  ['CLIENT'],
  ['CLIENT', 'nosuch'],
  ['CONFIG', 'GET', 'maxmemory'],
  ['CONFIG', 'GET', 'nosuchparameter'],
  ['CONFIG', 'GET'],
  ['CONFIG', 'SET', 'nosuchparameter', '1'],
  ['CONFIG', 'SET', 'maxmemory'],
  ['COMMAND', 'COUNT'],
  ['COMMAND', 'INFO', 'get', 'set'],
  ['TIME'],
  ['DBSIZE'],
  ['DBSIZE', 'x'],
  ['FLUSHDB'],
  ['FLUSHDB', 'ASYNC'],
  ['FLUSHDB', 'junk'],
  ['FLUSHALL', 'SYNC'],
  ['FLUSHALL', 'SYNC', 'junk'],
  ['NOSUCHCOMMAND'],
  ['NOSUCHCOMMAND', 'a', '', 'b c', "it's", '\0\r\n\xff'],
  ['', 'a'],
  ['get\0', 'a'],
);

const wellFormed: fc.Arbitrary<Words> = fc.oneof(
  { weight: 24, arbitrary: set },
  { weight: 14, arbitrary: request('GET', key) },
  { weight: 5, arbitrary: listRequest('DEL', key, 1, 4) },
  { weight: 4, arbitrary: listRequest('EXISTS', key, 1, 4) },
  { weight: 3, arbitrary: request('SETEX', key, seconds, value) },
  { weight: 3, arbitrary: request('PSETEX', key, milliseconds, value) },
  { weight: 4, arbitrary: expire('EXPIRE', seconds) },
  { weight: 4, arbitrary: expire('PEXPIRE', milliseconds) },
  { weight: 4, arbitrary: expire('EXPIREAT', unixSeconds) },
  { weight: 4, arbitrary: expire('PEXPIREAT', unixMilliseconds) },
  { weight: 4, arbitrary: request('TTL', key) },
  { weight: 4, arbitrary: request('PTTL', key) },
  { weight: 3, arbitrary: request('EXPIRETIME', key) },
  { weight: 3, arbitrary: request('PEXPIRETIME', key) },
  { weight: 4, arbitrary: request('PERSIST', key) },
  { weight: 3, arbitrary: request('TYPE', key) },
  { weight: 5, arbitrary: request('INCR', key) },
  { weight: 4, arbitrary: request('DECR', key) },
  { weight: 5, arbitrary: request('INCRBY', key, number) },
  { weight: 5, arbitrary: request('DECRBY', key, number) },
  { weight: 5, arbitrary: request('APPEND', key, value) },
  { weight: 4, arbitrary: request('STRLEN', key) },
  { weight: 5, arbitrary: listRequest('MGET', key, 1, 5) },
  {
    weight: 4,
    arbitrary: fc
      .array(fc.tuple(key, value), { minLength: 1, maxLength: 4 })
      .map((p): Words => ['MSET', ...p.flat()]),
  },
  { weight: 2, arbitrary: request('KEYS', pattern) },
  { weight: 2, arbitrary: scan },
  { weight: 1, arbitrary: hello },
  { weight: 5, arbitrary: control },
);

/** A request with one part dropped, added or replaced: wrong arity, wrong types, options in the wrong place. */
const malformed: fc.Arbitrary<Words> = fc
  .tuple(
    wellFormed.filter(
      (words) => !['HELLO', 'CLIENT', 'CONFIG', 'COMMAND'].includes((words[0] ?? '').toUpperCase()),
    ),
    fc.constantFrom('drop', 'add', 'replace'),
    fc.nat(),
    fc.constantFrom(...JUNK),
  )
  .map(([words, change, random, junk]): Words => {
    const at = 1 + (random % Math.max(words.length - 1, 1));
    if (change === 'drop') return words.length > 1 ? words.filter((_, i) => i !== at) : words;
    if (change === 'add') return [...words, junk];
    return words.length > 1 ? words.map((old, i) => (i === at ? junk : old)) : words;
  });

/** Programs of up to `length` requests. */
export function programs(length: number): fc.Arbitrary<Words[]> {
  return fc.array(
    fc.oneof({ weight: 9, arbitrary: wellFormed }, { weight: 1, arbitrary: malformed }),
    // Long programs find what short ones don't: state that only builds up over many requests.
    { minLength: 1, maxLength: length, size: 'max' },
  );
}
