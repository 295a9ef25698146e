/**
 * Random requests on sorted sets.
 *
 * Ranges by bytes mean something only among equal scores: they have keys of their own, whose members all have score 0 and
 * which no other request may write to.
 */

import fc from 'fast-check';
import type { Words } from '../compare.js';
import { request, type Weighted, type WeightedGroup, word } from '../parts.js';
import {
  choiceCount,
  count,
  flags,
  genericRequests,
  keyOf,
  manyMembers,
  member,
  numberedKeys,
  position,
  SET_KEYS,
  SORTED_SET_KEYS,
  scanRequest,
  timeout,
  withOptions,
  withRun,
} from './collection-parts.js';

/** Beginning of the names of the keys whose scores are all equal. */
export const EQUAL_SCORES_PREFIX = 'lex:';

const key = keyOf(SORTED_SET_KEYS);
const source = fc.oneof({ weight: 8, arbitrary: key }, fc.constantFrom(...SET_KEYS));
const GOOD_SCORES = [
  '0',
  '-0',
  '1',
  '1.5',
  '.5',
  '5.',
  '+2',
  '0.1',
  '1e3',
  '1e-5',
  '0x10',
  'inf',
  '-inf',
  '+inf',
  'Infinity',
];
const EXTREME_SCORES = [
  '1e308',
  '-1e308',
  '1.7976931348623157e308',
  '5e-324',
  '9007199254740993',
  '3.0000000000000004',
  '9223372036854775807',
  '-9223372036854775808',
  '1e17',
  '123456789012345680000',
  '1e21',
  '1e22',
];
const BAD_SCORES = ['nan', '-nan', 'abc', '', ' 1', '1 ', '1,5', '1e', '1e400', '0x', '--1', '(1', '1\0'];
const plainScore = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: -5, max: 5 }).map(String) },
  { weight: 3, arbitrary: fc.constantFrom(...GOOD_SCORES) },
  { weight: 1, arbitrary: fc.constantFrom(...EXTREME_SCORES) },
  { weight: 2, arbitrary: fc.double({ noNaN: true }).map(String) },
  { weight: 2, arbitrary: fc.integer({ min: -99_999, max: 99_999 }).map((n) => String(n / 1000)) },
);
const score = fc.oneof({ weight: 30, arbitrary: plainScore }, fc.constantFrom(...BAD_SCORES));
const scored: fc.Arbitrary<Words> = fc.tuple(score, member);

const addOption = fc.constantFrom('NX', 'XX', 'GT', 'LT', 'CH', 'INCR', 'gt', 'ch', 'incr');
const add = fc
  .tuple(
    word('ZADD'),
    key,
    fc.array(addOption, { maxLength: 3 }),
    fc.array(scored, { minLength: 1, maxLength: 3 }),
  )
  .map(([name, k, options, pairs]): Words => [name, k, ...options, ...pairs.flat()]);
const plainAdd = withRun('ZADD', key, fc.tuple(plainScore, member), 6);
const manyAdded = fc
  .tuple(key, manyMembers, fc.integer({ min: 1, max: 40 }))
  .map(([k, all, step]): Words => ['ZADD', k, ...all.flatMap((each, i) => [String((i % step) / 4), each])]);

/** Ends of ranges of scores. */
const bound = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: -6, max: 6 }).map(String) },
  { weight: 3, arbitrary: fc.integer({ min: -6, max: 6 }).map((n) => `(${n}`) },
  { weight: 4, arbitrary: fc.constantFrom('-inf', '+inf', 'inf', '(inf', '(-inf', '(1.5') },
  { weight: 1, arbitrary: score },
  { weight: 1, arbitrary: fc.constantFrom('(', '((1', '[1', '-', '+', '(abc', '(nan') },
);
/** Ends of ranges of bytes. */
const edge = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(fc.constantFrom('[', '('), member).map((parts) => parts.join('')) },
  { weight: 4, arbitrary: fc.constantFrom('-', '+') },
  { weight: 1, arbitrary: fc.constantFrom('', 'a', '-a', '++', '[', '(', '1') },
);
const equalKey = fc.constantFrom('lex:1', 'lex:2');
/** Also keys that are missing or no sorted sets: the errors are the same everywhere. */
const lexKey = fc.oneof(
  { weight: 12, arbitrary: equalKey },
  fc.constantFrom('z:missing', 'h:1', 'l:1', 's:1'),
);
const equal = withRun('ZADD', equalKey, fc.tuple(fc.constant('0'), member), 6);
const manyEqual = fc
  .tuple(equalKey, manyMembers)
  .map(([k, all]): Words => ['ZADD', k, ...all.flatMap((each) => ['0', each])]);

const limit = fc.oneof(
  { weight: 8, arbitrary: request('LIMIT', fc.constantFrom('0', '1', '2', '50', '-1', 'x', '200'), count) },
  { weight: 1, arbitrary: fc.constantFrom<Words>(['LIMIT'], ['LIMIT', '1']) },
);
const withScores = flags('WITHSCORES');
const junk = fc.constantFrom<Words>(['junk'], ['WITHSCORE'], ['']);
const rankOption = fc.oneof(
  { weight: 5, arbitrary: withScores },
  { weight: 4, arbitrary: flags('REV') },
  { weight: 1, arbitrary: fc.oneof(limit, junk) },
);
const scoreOption = fc.oneof(
  { weight: 4, arbitrary: withScores },
  { weight: 4, arbitrary: limit },
  { weight: 1, arbitrary: junk },
);
const reversible = fc.oneof({ weight: 4, arbitrary: scoreOption }, { weight: 3, arbitrary: flags('REV') });
const byScore = (name: string, ...parts: fc.Arbitrary<string>[]) =>
  withOptions(request(name, ...parts, bound, bound, word('BYSCORE')), reversible);
const byLex = (name: string, ...parts: fc.Arbitrary<string>[]) =>
  withOptions(request(name, ...parts, edge, edge, word('BYLEX')), reversible);

const weights = fc.array(score, { minLength: 1, maxLength: 3 }).map((all): Words => ['WEIGHTS', ...all]);
/** As many weights as keys, mostly: an option more would be one too few. */
const combination = (name: string, isStore: boolean, mayWeigh: boolean, mayScore: boolean) =>
  fc
    .tuple(
      word(name),
      key,
      numberedKeys(source),
      fc.oneof({ weight: 4, arbitrary: fc.constant<Words>([]) }, weights, fc.constant<Words>(['fit'])),
      fc.array(plainScore, { minLength: 3, maxLength: 3 }),
      fc.oneof(
        { weight: 4, arbitrary: fc.constant<Words>([]) },
        { weight: 4, arbitrary: request('AGGREGATE', fc.constantFrom('SUM', 'MIN', 'MAX', 'max')) },
        fc.constantFrom<Words>(['AGGREGATE'], ['AGGREGATE', 'AVG'], ['junk'], ['WEIGHTS']),
      ),
      fc.constantFrom<Words>([], ['WITHSCORES'], ['withscores']),
    )
    .map(([first, target, keys, weighing, fitting, aggregate, scores]): Words => {
      const fit: Words = weighing[0] === 'fit' ? ['WEIGHTS', ...fitting.slice(0, keys.length - 1)] : weighing;
      return [
        first,
        ...(isStore ? [target] : []),
        ...keys,
        ...(mayWeigh ? [...fit, ...aggregate] : []),
        ...(mayScore ? scores : []),
      ];
    });
const combined = (name: string, mayWeigh: boolean): Weighted[] => [
  { weight: 8, arbitrary: combination(name, false, mayWeigh, true) },
  { weight: 8, arbitrary: combination(`${name}STORE`, true, mayWeigh, false) },
  { weight: 1, arbitrary: combination(name, false, true, true) },
  { weight: 1, arbitrary: combination(`${name}STORE`, true, true, true) },
];
const intercard = withOptions(
  fc.tuple(word('ZINTERCARD'), numberedKeys(source)).map(([name, keys]): Words => [name, ...keys]),
  fc.oneof(request('LIMIT', count), fc.constantFrom<Words>(['LIMIT'], ['junk'])),
  1,
);

const end = fc.constantFrom('MIN', 'MAX', 'min', 'Max', 'MIN', 'MAX', 'MID', '');
const popFrom = (start: fc.Arbitrary<Words>) =>
  fc
    .tuple(
      start,
      numberedKeys(key),
      end,
      fc.oneof(
        fc.constant<Words>([]),
        request('COUNT', count),
        fc.constantFrom<Words>(['COUNT'], ['COUNT', '1', 'x']),
      ),
    )
    .map(([first, keys, from, rest]): Words => [...first, ...keys, from, ...rest]);
const blockingPop = (name: string) =>
  fc
    .tuple(word(name), fc.array(key, { minLength: 1, maxLength: 3 }), timeout)
    .map(([first, keys, time]): Words => [first, ...keys, time]);
/** Something to pop, and a pop that would otherwise wait for ever. A key of another type is an error for both. */
const served = fc
  .tuple(
    fc.constantFrom(...SORTED_SET_KEYS),
    plainScore,
    member,
    fc.constantFrom<(k: string) => Words>(
      (k) => ['BZPOPMIN', 'z:missing', k, '0'],
      (k) => ['BZPOPMAX', k, 'z:missing', '0'],
      (k) => ['BZMPOP', '0', '2', 'z:missing', k, 'MAX', 'COUNT', '2'],
    ),
  )
  .map(([k, at, each, pop]): Words[] => [['ZADD', k, at, each], pop(k)]);

export const SORTED_SET_REQUESTS: readonly Weighted[] = [
  ...genericRequests(SORTED_SET_KEYS, 'zset'),
  { weight: 50, arbitrary: plainAdd },
  { weight: 16, arbitrary: add },
  { weight: 8, arbitrary: manyAdded },
  { weight: 10, arbitrary: request('ZINCRBY', key, score, member) },
  { weight: 8, arbitrary: withRun('ZREM', key, fc.tuple(member)) },
  { weight: 8, arbitrary: request('ZSCORE', key, member) },
  { weight: 5, arbitrary: withRun('ZMSCORE', key, fc.tuple(member)) },
  { weight: 4, arbitrary: request('ZCARD', key) },
  { weight: 7, arbitrary: request('ZCOUNT', key, bound, bound) },
  { weight: 7, arbitrary: request('ZRANK', key, member) },
  { weight: 7, arbitrary: request('ZREVRANK', key, member) },
  { weight: 10, arbitrary: withOptions(request('ZRANGE', key, position, position), rankOption, 2) },
  { weight: 9, arbitrary: byScore('ZRANGE', key) },
  {
    weight: 1,
    arbitrary: withOptions(
      request('ZRANGE', key, bound, bound),
      fc.oneof(reversible, flags('BYSCORE', 'BYLEX')),
      2,
    ),
  },
  { weight: 5, arbitrary: withOptions(request('ZRANGESTORE', key, key, position, position), rankOption, 1) },
  { weight: 6, arbitrary: byScore('ZRANGESTORE', key, key) },
  {
    weight: 5,
    arbitrary: withOptions(request('ZREVRANGE', key, position, position), fc.oneof(withScores, junk), 1),
  },
  { weight: 8, arbitrary: withOptions(request('ZRANGEBYSCORE', key, bound, bound), scoreOption) },
  { weight: 8, arbitrary: withOptions(request('ZREVRANGEBYSCORE', key, bound, bound), scoreOption) },
  { weight: 3, arbitrary: request('ZREMRANGEBYRANK', key, position, position) },
  { weight: 4, arbitrary: request('ZREMRANGEBYSCORE', key, bound, bound) },
  { weight: 20, arbitrary: equal },
  { weight: 4, arbitrary: manyEqual },
  { weight: 2, arbitrary: withRun('ZREM', equalKey, fc.tuple(member)) },
  { weight: 2, arbitrary: request('OBJECT', 'ENCODING', equalKey) },
  { weight: 5, arbitrary: request('ZLEXCOUNT', lexKey, edge, edge) },
  { weight: 6, arbitrary: withOptions(request('ZRANGEBYLEX', lexKey, edge, edge), fc.oneof(limit, junk), 1) },
  {
    weight: 6,
    arbitrary: withOptions(request('ZREVRANGEBYLEX', lexKey, edge, edge), fc.oneof(limit, junk), 1),
  },
  { weight: 6, arbitrary: byLex('ZRANGE', lexKey) },
  { weight: 3, arbitrary: byLex('ZRANGESTORE', key, lexKey) },
  { weight: 2, arbitrary: request('ZREMRANGEBYLEX', lexKey, edge, edge) },
  { weight: 4, arbitrary: request('ZPOPMIN', key) },
  { weight: 4, arbitrary: request('ZPOPMAX', key) },
  { weight: 3, arbitrary: request('ZPOPMIN', key, count) },
  { weight: 3, arbitrary: request('ZPOPMAX', key, count) },
  { weight: 6, arbitrary: popFrom(request('ZMPOP')) },
  { weight: 1, arbitrary: blockingPop('BZPOPMIN') },
  { weight: 1, arbitrary: blockingPop('BZPOPMAX') },
  { weight: 1, arbitrary: popFrom(request('BZMPOP', timeout)) },
  ...combined('ZUNION', true),
  ...combined('ZINTER', true),
  ...combined('ZDIFF', false),
  { weight: 5, arbitrary: intercard },
  { weight: 3, arbitrary: request('ZRANDMEMBER', key) },
  { weight: 5, arbitrary: withOptions(request('ZRANDMEMBER', key, choiceCount), withScores, 1) },
  { weight: 1, arbitrary: request('ZRANDMEMBER', key, choiceCount, 'junk') },
  { weight: 5, arbitrary: scanRequest('ZSCAN', key) },
];
export const SORTED_SET_GROUPS: readonly WeightedGroup[] = [{ weight: 8, arbitrary: served }];
