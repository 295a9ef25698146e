/**
 * What random requests on hashes, lists, sets and sorted sets share: few keys and few members, so that requests meet each
 * other; members of every shape and on both sides of Redis's thresholds; and the generic requests on keys.
 *
 * Each family has keys of its own, and now and then takes one of another family or of the strings.
 */

import fc from 'fast-check';
import type { Words } from '../compare.js';
import {
  key as anyKey,
  lifetime,
  listRequest,
  milliseconds,
  number,
  request,
  seconds,
  unixMilliseconds,
  unixSeconds,
  type Weighted,
  word,
} from '../parts.js';

export const HASH_KEYS = ['h:1', 'h:2'];
export const LIST_KEYS = ['l:1', 'l:2'];
export const SET_KEYS = ['s:1', 's:2', 's:3'];
export const SORTED_SET_KEYS = ['z:1', 'z:2', 'z:3'];
export const GEO_KEYS = ['g:1', 'g:2'];
/** Keys that strings and all kinds of collections fight for. */
const SHARED_KEYS = ['a', 'b', 'c'];
const COLLECTION_KEYS = [...HASH_KEYS, ...LIST_KEYS, ...SET_KEYS, ...SORTED_SET_KEYS, ...GEO_KEYS];

/** Mostly one of a family's own keys. */
export const keyOf = (own: readonly string[]): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 16, arbitrary: fc.constantFrom(...own) },
    { weight: 2, arbitrary: fc.constantFrom(...SHARED_KEYS) },
    { weight: 1, arbitrary: fc.constantFrom(...COLLECTION_KEYS) },
    { weight: 1, arbitrary: anyKey },
  );

/** 64 bytes is the longest value of a listpack; 63 and 64 change the size of a string's length in it, as 4095 and 4096 do. */
const MEMBERS = [
  'm',
  'n',
  'member:1',
  'M',
  '',
  'a b',
  '\0\xff\r\n',
  'caf\xc3\xa9',
  '0',
  '1',
  '2',
  '3',
  '-1',
  '127',
  '128',
  '-4097',
  '40000',
  '-9000000',
  '2147483648',
  '-9223372036854775808',
  '9223372036854775807',
  '9223372036854775808',
  '007',
  '-0',
  '+1',
  '1.5',
  ' 1',
  'x'.repeat(63),
];
/** What most requests take, so that they meet. */
const COMMON_MEMBERS = ['m', 'n', '1', '2', '3', '', '-4097'];
const LONG_MEMBERS = ['x'.repeat(64), 'x'.repeat(65), 'y'.repeat(300), 'z'.repeat(4095), 'z'.repeat(4096)];

/** The i-th member of the many that bulk requests add. */
export const manyMember = (i: number) => (i % 3 === 0 ? `many:${i}` : String(i * 7 - 300));

/** Long ones are rare: once a collection has left its compact form it never returns to it. */
export const member: fc.Arbitrary<string> = fc.oneof(
  { weight: 40, arbitrary: fc.constantFrom(...COMMON_MEMBERS) },
  { weight: 16, arbitrary: fc.constantFrom(...MEMBERS) },
  { weight: 4, arbitrary: fc.nat(300).map(manyMember) },
  { weight: 3, arbitrary: fc.integer({ min: -20, max: 20 }).map(String) },
  { weight: 1, arbitrary: fc.constantFrom(...LONG_MEMBERS) },
  {
    weight: 2,
    arbitrary: fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
  },
);

/** A run of members, long enough to cross a threshold alone or with others. */
export const manyMembers = fc
  .tuple(fc.nat(200), fc.oneof(fc.integer({ min: 100, max: 160 }), fc.integer({ min: 20, max: 700 })))
  .map(([from, count]) => Array.from({ length: count }, (_, i) => manyMember(from + i)));
/** Integers around 512, the most that an intset holds. */
export const manyIntegers = fc
  .tuple(fc.integer({ min: -700, max: 100 }), fc.integer({ min: 500, max: 530 }))
  .map(([from, count]) => Array.from({ length: count }, (_, i) => String(from + i)));

/** Positions in collections: near both ends, beyond them, and no numbers at all. */
export const position = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: -6, max: 8 }).map(String) },
  { weight: 2, arbitrary: fc.integer({ min: -200, max: 200 }).map(String) },
  { weight: 1, arbitrary: number },
);
/** How many of something: small, none, negative, too many, no number. */
export const count = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 5 }).map(String) },
  { weight: 1, arbitrary: fc.constantFrom('100', '1000000', '9223372036854775807') },
  {
    weight: 1,
    arbitrary: fc.constantFrom('-1', '-9223372036854775808', '9223372036854775808', 'abc', '', '1.5'),
  },
);
/** For random choices: a negative count is that many elements, so that huge ones would be huge replies. */
export const choiceCount = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: -12, max: 12 }).map(String) },
  { weight: 1, arbitrary: fc.constantFrom('200', '-300', '1000000') },
  { weight: 1, arbitrary: fc.constantFrom('-9223372036854775808', '9223372036854775808', 'abc', '', '1.5') },
);

/** A request, then any of the options in any order. */
export const withOptions = (
  first: fc.Arbitrary<Words>,
  option: fc.Arbitrary<Words>,
  maxLength = 3,
): fc.Arbitrary<Words> =>
  fc
    .tuple(first, fc.array(option, { maxLength }))
    .map(([words, options]): Words => [...words, ...options.flat()]);
/** Options that are one word. */
export const flags = (...names: string[]): fc.Arbitrary<Words> =>
  fc.constantFrom(...names.flatMap((name) => [name, name, name.toLowerCase()])).map((name): Words => [name]);

/** Parts that belong together, given as words: NAME key, then a run of them. */
export const withRun = (
  name: string,
  key: fc.Arbitrary<string>,
  item: fc.Arbitrary<Words>,
  maxLength = 4,
): fc.Arbitrary<Words> =>
  fc
    .tuple(word(name), key, fc.array(item, { minLength: 1, maxLength }))
    .map(([first, k, items]): Words => [first, k, ...items.flat()]);

/** `numkeys key [key ...]`, with a number that is sometimes wrong. */
export const numberedKeys = (key: fc.Arbitrary<string>, maxLength = 3): fc.Arbitrary<Words> =>
  fc
    .tuple(
      fc.array(key, { minLength: 1, maxLength }),
      fc.oneof(
        { weight: 14, arbitrary: fc.constant(undefined) },
        {
          weight: 1,
          arbitrary: fc.constantFrom(
            '0',
            '-1',
            '1',
            '4',
            'abc',
            '',
            '1.5',
            '9223372036854775807',
            '99999999999999999999',
          ),
        },
      ),
    )
    .map(([keys, wrong]): Words => [wrong ?? String(keys.length), ...keys]);

/** How long to block: a moment, or not at all because it is wrong. Never 0, which is for ever. */
export const timeout = fc.oneof(
  { weight: 6, arbitrary: fc.constant('0.01') },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '-1',
      'abc',
      '',
      'nan',
      'inf',
      '-inf',
      '-0.5',
      '1e30',
      ' 1',
      '0x',
      '9223372036854775807',
    ),
  },
);

const pattern = fc.constantFrom('*', 'm*', '?', '[0-9]*', '*1*', 'many:?', 'x*', '', '\\*', '[^m]*', 'h');
/** HSCAN, SSCAN, ZSCAN: from the beginning, whose iteration the runner follows to its end, or from somewhere. */
export const scanRequest = (name: string, key: fc.Arbitrary<string>): fc.Arbitrary<Words> =>
  withOptions(
    request(
      name,
      key,
      fc.constantFrom('0', '0', '0', '0', '0', '5', 'abc', '-1', '', '18446744073709551616'),
    ),
    fc.oneof(
      { weight: 3, arbitrary: request('MATCH', pattern) },
      {
        weight: 3,
        arbitrary: request('COUNT', fc.constantFrom('1', '5', '100', '100000', '0', '-1', 'abc')),
      },
      { weight: 1, arbitrary: fc.constantFrom<Words>(['COUNT'], ['MATCH'], ['junk'], ['TYPE', 'hash']) },
    ),
    2,
  );

const copyOption = fc.oneof(
  { weight: 3, arbitrary: flags('REPLACE') },
  { weight: 1, arbitrary: request('DB', fc.constantFrom('0', '1', '16', 'x')) },
);
const expireOption = fc.constantFrom<Words>(['NX'], ['XX'], ['GT'], ['LT']);
const types = fc.constantFrom('string', 'list', 'set', 'zset', 'hash', 'HASH', 'stream', 'nosuchtype');

/** What every kind of value has to stand; the weights are small beside those of a family's own requests. */
export function genericRequests(own: readonly string[], type: string): readonly Weighted[] {
  const key = fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom(...own) },
    { weight: 1, arbitrary: fc.constantFrom(...SHARED_KEYS) },
  );
  return [
    { weight: 3, arbitrary: request('TYPE', key) },
    { weight: 12, arbitrary: request('OBJECT', 'ENCODING', key) },
    { weight: 1, arbitrary: request('OBJECT', fc.constantFrom('REFCOUNT', 'IDLETIME', 'FREQ'), key) },
    { weight: 1, arbitrary: request('MEMORY', 'USAGE', key) },
    { weight: 1, arbitrary: request('MEMORY', 'USAGE', key, 'SAMPLES', fc.constantFrom('0', '3', '-1')) },
    { weight: 3, arbitrary: request('DUMP', key) },
    { weight: 1, arbitrary: request('DEBUG', 'DIGEST-VALUE', key) },
    { weight: 1, arbitrary: listRequest('DEL', key, 1, 2) },
    { weight: 1, arbitrary: listRequest('UNLINK', key, 1, 2) },
    { weight: 1, arbitrary: listRequest('EXISTS', key, 1, 3) },
    { weight: 1, arbitrary: listRequest('TOUCH', key, 1, 3) },
    { weight: 4, arbitrary: withOptions(request('COPY', key, key), copyOption, 2) },
    { weight: 2, arbitrary: request('RENAME', key, key) },
    { weight: 2, arbitrary: request('RENAMENX', key, key) },
    { weight: 1, arbitrary: request('MOVE', key, '1') },
    { weight: 1, arbitrary: fc.constantFrom<Words>(['SELECT', '0'], ['SELECT', '0'], ['SELECT', '1']) },
    { weight: 2, arbitrary: withOptions(request('EXPIRE', key, seconds), expireOption, 1) },
    { weight: 1, arbitrary: request('PEXPIRE', key, milliseconds) },
    { weight: 1, arbitrary: request('EXPIREAT', key, unixSeconds) },
    { weight: 1, arbitrary: request('PEXPIREAT', key, unixMilliseconds) },
    { weight: 2, arbitrary: request('TTL', key) },
    { weight: 1, arbitrary: request('PEXPIRETIME', key) },
    { weight: 1, arbitrary: request('PERSIST', key) },
    { weight: 1, arbitrary: request('KEYS', `${own[0]?.charAt(0)}*`) },
    { weight: 1, arbitrary: request('SCAN', '0', 'TYPE', types) },
    { weight: 1, arbitrary: request('SCAN', '0', 'TYPE', type, 'COUNT', fc.constantFrom('1', '100')) },
    { weight: 1, arbitrary: request('SET', key, 'text') },
    { weight: 1, arbitrary: request('SET', key, 'text', 'EX', lifetime(10_000, 9_999_999)) },
    { weight: 1, arbitrary: request('SET', key, 'text', 'GET') },
    { weight: 1, arbitrary: request('GETSET', key, 'text') },
    { weight: 1, arbitrary: request('SETNX', key, 'text') },
    { weight: 1, arbitrary: fc.constantFrom<Words>(['HELLO', '3'], ['HELLO', '2']) },
  ];
}
