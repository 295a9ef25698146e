/**
 * Random requests of SORT and SORT_RO, and what they look at: lists, sets and sorted sets of few elements, and weights and fields
 * named after them.
 */

import fc from 'fast-check';
import type { Words } from '../compare.js';
import { request, type Weighted, type WeightedGroup, word } from '../parts.js';
import { flags, keyOf, LIST_KEYS, position, SET_KEYS, SORTED_SET_KEYS } from './collection-parts.js';

const NUMBER_KEYS = ['sort:list', 'sort:set', 'sort:zset'];
const key = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(...NUMBER_KEYS) },
  { weight: 4, arbitrary: keyOf([...LIST_KEYS, ...SET_KEYS, ...SORTED_SET_KEYS]) },
);
const ELEMENTS = ['1', '2', '3', '10', '-5', '1.5', '007', '1e2', 'inf'];
const element = fc.oneof(
  { weight: 30, arbitrary: fc.constantFrom(...ELEMENTS) },
  { weight: 20, arbitrary: fc.integer({ min: -50, max: 50 }).map(String) },
  // No number that is too large for a double: Redis 7.0 would take the next ones for such, too (it does not reset errno).
  { weight: 1, arbitrary: fc.constantFrom('abc', '', 'nan', ' 1', '0x1f', '1 ', 'B', 'a') },
);
const weight = fc.oneof(
  { weight: 12, arbitrary: fc.integer({ min: -9, max: 9 }).map(String) },
  { weight: 1, arbitrary: fc.constantFrom('abc', '', '1.25', 'inf', 'nan') },
);
const weightKey = fc.constantFrom(...ELEMENTS).map((each) => `w:${each}`);
const objectKey = fc.constantFrom(...ELEMENTS).map((each) => `o:${each}`);
const numbers = fc.array(element, { minLength: 1, maxLength: 8 });
const build = fc.oneof(
  numbers.map((all): Words => ['RPUSH', 'sort:list', ...all]),
  numbers.map((all): Words => ['SADD', 'sort:set', ...all]),
  numbers.map((all): Words => ['ZADD', 'sort:zset', ...all.flatMap((each, i) => [String(i * 3 - 5), each])]),
);

const BY = [
  'w:*',
  'o:*->field',
  'w:*',
  'o:*->missing',
  '*',
  'x',
  'nosort',
  'w:*->',
  '->*',
  'o:*->',
  '',
  'l:*',
];
const GET = ['#', 'w:*', 'o:*->field', 'o:*->missing', 'x', '*', 'w:*->', '', 'l:*', '##', 'w:*w:*'];
const get: fc.Arbitrary<Words> = request('GET', fc.constantFrom(...GET));
const tail = fc.oneof(
  { weight: 3, arbitrary: request('LIMIT', fc.constantFrom('0', '1', '2', '-1', '50', 'x'), position) },
  { weight: 3, arbitrary: flags('ASC', 'DESC') },
  { weight: 2, arbitrary: get },
);
const wrong = fc.constantFrom<Words>(['junk'], ['LIMIT'], ['LIMIT', '1'], ['BY'], ['GET'], ['STORE']);

/** Equal weights in alphabetic order leave the elements as they come, which is nobody's business: none of these is stored. */
const sort = (name: string) =>
  fc
    .tuple(
      word(name),
      key,
      fc.oneof(fc.constant<Words>([]), request('BY', fc.constantFrom(...BY))),
      fc.constantFrom<Words>([], ['ALPHA'], ['alpha']),
      fc.array(tail, { maxLength: 3 }),
      fc.oneof(
        { weight: 12, arbitrary: fc.constant<Words>([]) },
        {
          weight: 5,
          arbitrary: request('STORE', fc.constantFrom('sort:out', 'sort:list', 'l:1', 's:1', 'a')),
        },
        { weight: 1, arbitrary: wrong },
      ),
    )
    .map(([first, k, by, alpha, options, store]): Words => {
      const isOpen = by[1]?.includes('*') && alpha.length > 0 && store.length > 1;
      return [first, k, ...by, ...(isOpen ? [] : alpha), ...options.flat(), ...store];
    });

/** What is not sorted comes as it lies; for a set of integers that is in order. */
const unsorted = fc
  .tuple(fc.constantFrom(...NUMBER_KEYS, 's:1', 'l:1'), fc.array(tail, { maxLength: 2 }))
  .map(([k, options]): Words[] => [
    ['OBJECT', 'ENCODING', k],
    ['SORT', k, 'BY', 'nosort', ...options.flat()],
  ]);

export const SORT_REQUESTS: readonly Weighted[] = [
  { weight: 20, arbitrary: build },
  { weight: 8, arbitrary: request('SET', weightKey, weight) },
  { weight: 6, arbitrary: request('HSET', objectKey, 'field', weight) },
  { weight: 1, arbitrary: request('DEL', fc.oneof(key, weightKey, objectKey)) },
  { weight: 1, arbitrary: request('RPUSH', weightKey, 'x') },
  { weight: 2, arbitrary: request('LRANGE', 'sort:out', '0', '-1') },
  { weight: 2, arbitrary: request('SREM', 'sort:set', element) },
  { weight: 1, arbitrary: request('EXPIRE', 'sort:out', '100000') },
  { weight: 2, arbitrary: request('TTL', 'sort:out') },
  { weight: 2, arbitrary: fc.constantFrom<Words>(['HELLO', '3'], ['HELLO', '2']) },
  { weight: 40, arbitrary: sort('SORT') },
  { weight: 14, arbitrary: sort('SORT_RO') },
];
export const SORT_GROUPS: readonly WeightedGroup[] = [{ weight: 8, arbitrary: unsorted }];
