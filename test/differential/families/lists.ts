/** Random requests on lists. Blocking ones find something, or wait for a hundredth of a second. */

import fc from 'fast-check';
import type { Words } from '../compare.js';
import { request, value, type Weighted, type WeightedGroup, word } from '../parts.js';
import {
  count,
  genericRequests,
  keyOf,
  LIST_KEYS,
  manyMembers,
  member,
  numberedKeys,
  position,
  timeout,
  withOptions,
  withRun,
} from './collection-parts.js';

const key = keyOf(LIST_KEYS);
const element = fc.oneof({ weight: 20, arbitrary: member }, value);
const side = fc.constantFrom('LEFT', 'RIGHT', 'left', 'Right');
const anySide = fc.oneof({ weight: 12, arbitrary: side }, fc.constantFrom('UP', '', 'LEFTRIGHT'));
const manyPushed = (name: string) =>
  fc.tuple(word(name), key, manyMembers).map(([first, k, all]): Words => [first, k, ...all]);

const lposOption = fc.oneof(
  {
    weight: 4,
    arbitrary: request('RANK', fc.constantFrom('1', '2', '-1', '-2', '3', '0', 'x', '-9223372036854775808')),
  },
  { weight: 4, arbitrary: request('COUNT', count) },
  { weight: 3, arbitrary: request('MAXLEN', fc.constantFrom('0', '1', '3', '100', '-1', 'x')) },
  { weight: 1, arbitrary: fc.constantFrom<Words>(['RANK'], ['COUNT'], ['MAXLEN'], ['junk', '1'], ['junk']) },
);
const popSide = fc.tuple(anySide).map((words): Words => words);
const popCount = fc.oneof(
  { weight: 5, arbitrary: fc.constant<Words>([]) },
  { weight: 4, arbitrary: request('COUNT', count) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Words>(['COUNT'], ['junk'], ['COUNT', '1', 'COUNT', '1'], ['COUNT', '1', 'x']),
  },
);
const popFrom = (start: fc.Arbitrary<Words>) =>
  fc
    .tuple(start, numberedKeys(key), popSide, popCount)
    .map(([first, keys, from, rest]): Words => [...first, ...keys, ...from, ...rest]);
const blockingPop = (name: string) =>
  fc
    .tuple(word(name), fc.array(key, { minLength: 1, maxLength: 3 }), timeout)
    .map(([first, keys, time]): Words => [first, ...keys, time]);

/** Something to pop, and a pop that would otherwise wait for ever. A key of another type is an error for both. */
const served = fc
  .tuple(
    fc.constantFrom(...LIST_KEYS),
    member,
    fc.constantFrom<(k: string) => Words>(
      (k) => ['BLPOP', 'l:missing', k, '0'],
      (k) => ['BRPOP', k, 'l:missing', '0'],
      (k) => ['BRPOPLPUSH', k, 'l:2', '0'],
      (k) => ['BLMOVE', k, k, 'LEFT', 'RIGHT', '0'],
      (k) => ['BLMPOP', '0', '2', 'l:missing', k, 'RIGHT', 'COUNT', '2'],
    ),
  )
  .map(([k, pushed, pop]): Words[] => [['RPUSH', k, pushed], pop(k)]);

export const LIST_REQUESTS: readonly Weighted[] = [
  ...genericRequests(LIST_KEYS, 'list'),
  { weight: 12, arbitrary: withRun('LPUSH', key, fc.tuple(element)) },
  { weight: 16, arbitrary: withRun('RPUSH', key, fc.tuple(element), 6) },
  { weight: 3, arbitrary: withRun('LPUSHX', key, fc.tuple(element)) },
  { weight: 3, arbitrary: withRun('RPUSHX', key, fc.tuple(element)) },
  { weight: 2, arbitrary: manyPushed('RPUSH') },
  { weight: 2, arbitrary: manyPushed('LPUSH') },
  { weight: 6, arbitrary: request('LPOP', key) },
  { weight: 6, arbitrary: request('RPOP', key) },
  { weight: 5, arbitrary: request('LPOP', key, count) },
  { weight: 5, arbitrary: request('RPOP', key, count) },
  { weight: 5, arbitrary: request('LLEN', key) },
  { weight: 14, arbitrary: request('LRANGE', key, position, position) },
  { weight: 8, arbitrary: request('LINDEX', key, position) },
  { weight: 8, arbitrary: request('LSET', key, position, element) },
  {
    weight: 8,
    arbitrary: request('LINSERT', key, fc.constantFrom('BEFORE', 'AFTER', 'after', 'junk'), element, element),
  },
  { weight: 8, arbitrary: request('LREM', key, position, element) },
  { weight: 5, arbitrary: request('LTRIM', key, position, position) },
  { weight: 10, arbitrary: withOptions(request('LPOS', key, element), lposOption) },
  { weight: 8, arbitrary: request('LMOVE', key, key, anySide, anySide) },
  { weight: 4, arbitrary: request('RPOPLPUSH', key, key) },
  { weight: 7, arbitrary: popFrom(request('LMPOP')) },
  { weight: 1, arbitrary: blockingPop('BLPOP') },
  { weight: 1, arbitrary: blockingPop('BRPOP') },
  { weight: 1, arbitrary: request('BLMOVE', key, key, anySide, anySide, timeout) },
  { weight: 1, arbitrary: request('BRPOPLPUSH', key, key, timeout) },
  { weight: 1, arbitrary: popFrom(request('BLMPOP', timeout)) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Words>(
      ['BLPOP'],
      ['BLPOP', 'l:1'],
      ['BRPOP', 'l:1'],
      ['BLMOVE', 'l:1', 'l:2', 'LEFT', 'RIGHT'],
      ['BRPOPLPUSH', 'l:1', 'l:2'],
      ['BLMPOP', '0.01', '1', 'l:1'],
    ),
  },
];
export const LIST_GROUPS: readonly WeightedGroup[] = [{ weight: 12, arbitrary: served }];
