/** Random requests on sets. */

import fc from 'fast-check';
import type { Words } from '../compare.js';
import { request, type Weighted, type WeightedGroup, word } from '../parts.js';
import {
  choiceCount,
  count,
  genericRequests,
  keyOf,
  manyIntegers,
  manyMembers,
  member,
  numberedKeys,
  SET_KEYS,
  scanRequest,
  withOptions,
  withRun,
} from './collection-parts.js';

const key = keyOf(SET_KEYS);
const integer = fc.oneof(
  fc.integer({ min: -20, max: 20 }).map(String),
  fc.constantFrom(
    '127',
    '32767',
    '32768',
    '-32769',
    '2147483647',
    '2147483648',
    '-9223372036854775808',
    '9223372036854775807',
  ),
);
const bulk = (members: fc.Arbitrary<string[]>) => (name: string) =>
  fc.tuple(word(name), key, members).map(([first, k, all]): Words => [first, k, ...all]);
const keys = fc.array(key, { minLength: 1, maxLength: 4 });
const combine = (name: string) => fc.tuple(word(name), keys).map(([first, all]): Words => [first, ...all]);
const store = (name: string) =>
  fc.tuple(word(name), key, keys).map(([first, target, all]): Words => [first, target, ...all]);
const intercard = fc
  .tuple(
    word('SINTERCARD'),
    numberedKeys(key),
    fc.oneof(
      fc.constant<Words>([]),
      request('LIMIT', count),
      fc.constantFrom<Words>(['LIMIT'], ['junk'], ['LIMIT', '1', 'x'], ['LIMIT', '1', 'LIMIT', '2']),
    ),
  )
  .map(([name, numbered, limit]): Words => [name, ...numbered, ...limit]);

/** Asks how the sets are held, then reads them: integers alone come in order. */
const ordered = fc
  .tuple(
    fc.constantFrom('SMEMBERS', 'SUNION', 'SINTER', 'SDIFF'),
    fc.uniqueArray(fc.constantFrom(...SET_KEYS), { minLength: 1, maxLength: 3 }),
  )
  .map(([name, all]): Words[] => {
    const read = name === 'SMEMBERS' ? all.slice(0, 1) : all;
    return [...read.map((k): Words => ['OBJECT', 'ENCODING', k]), [name, ...read]];
  });

export const SET_REQUESTS: readonly Weighted[] = [
  ...genericRequests(SET_KEYS, 'set'),
  { weight: 14, arbitrary: withRun('SADD', key, fc.tuple(member), 5) },
  { weight: 18, arbitrary: withRun('SADD', key, fc.tuple(integer), 6) },
  { weight: 2, arbitrary: bulk(manyMembers)('SADD') },
  { weight: 3, arbitrary: bulk(manyIntegers)('SADD') },
  { weight: 10, arbitrary: withRun('SREM', key, fc.tuple(fc.oneof(member, integer)), 5) },
  { weight: 1, arbitrary: bulk(manyMembers)('SREM') },
  { weight: 1, arbitrary: bulk(manyIntegers)('SREM') },
  { weight: 8, arbitrary: request('SISMEMBER', key, fc.oneof(member, integer)) },
  { weight: 6, arbitrary: withRun('SMISMEMBER', key, fc.tuple(fc.oneof(member, integer)), 6) },
  { weight: 6, arbitrary: request('SMEMBERS', key) },
  { weight: 6, arbitrary: request('SCARD', key) },
  { weight: 3, arbitrary: request('SPOP', key) },
  { weight: 5, arbitrary: request('SPOP', key, count) },
  { weight: 4, arbitrary: request('SRANDMEMBER', key) },
  { weight: 5, arbitrary: request('SRANDMEMBER', key, choiceCount) },
  { weight: 1, arbitrary: request('SRANDMEMBER', key, '1', 'x') },
  { weight: 1, arbitrary: request('SPOP', key, '1', 'x') },
  { weight: 10, arbitrary: request('SMOVE', key, key, fc.oneof(member, integer)) },
  { weight: 6, arbitrary: combine('SINTER') },
  { weight: 6, arbitrary: combine('SUNION') },
  { weight: 6, arbitrary: combine('SDIFF') },
  { weight: 6, arbitrary: intercard },
  { weight: 6, arbitrary: store('SINTERSTORE') },
  { weight: 6, arbitrary: store('SUNIONSTORE') },
  { weight: 6, arbitrary: store('SDIFFSTORE') },
  { weight: 5, arbitrary: scanRequest('SSCAN', key) },
  { weight: 1, arbitrary: withOptions(request('SINTER', key), fc.constant<Words>(['']), 1) },
];
export const SET_GROUPS: readonly WeightedGroup[] = [{ weight: 16, arbitrary: ordered }];
