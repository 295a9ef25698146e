/** Random requests on hashes. */

import fc from 'fast-check';
import type { Words } from '../compare.js';
import { listRequest, number, request, value, type Weighted, type WeightedGroup, word } from '../parts.js';
import {
  choiceCount,
  flags,
  genericRequests,
  HASH_KEYS,
  keyOf,
  manyMembers,
  member,
  scanRequest,
  withOptions,
  withRun,
} from './collection-parts.js';
import { float } from './strings.js';

const key = keyOf(HASH_KEYS);
/** Mostly short: the first value of more than 64 bytes ends the compact form. */
const short = fc.oneof({ weight: 8, arbitrary: member }, { weight: 4, arbitrary: number }, value);
const pair: fc.Arbitrary<Words> = fc.tuple(member, short);
const manyPairs = fc
  .tuple(word('HSET'), key, manyMembers)
  .map(([name, k, fields]): Words => [name, k, ...fields.flatMap((field, i) => [field, String(i)])]);
/** Reads the whole hash; in its compact form the order is that of insertion, which counts after OBJECT ENCODING. */
const readAll = (name: string) =>
  fc.constantFrom(...HASH_KEYS).map((k): Words[] => [
    ['OBJECT', 'ENCODING', k],
    [name, k],
  ]);

export const HASH_REQUESTS: readonly Weighted[] = [
  ...genericRequests(HASH_KEYS, 'hash'),
  { weight: 24, arbitrary: withRun('HSET', key, pair) },
  { weight: 2, arbitrary: listRequest('HSET', member, 1, 6) },
  { weight: 4, arbitrary: manyPairs },
  { weight: 5, arbitrary: withRun('HMSET', key, pair) },
  { weight: 6, arbitrary: request('HSETNX', key, member, short) },
  { weight: 12, arbitrary: request('HGET', key, member) },
  { weight: 8, arbitrary: withRun('HMGET', key, fc.tuple(member), 6) },
  { weight: 6, arbitrary: request('HGETALL', key) },
  { weight: 3, arbitrary: request('HKEYS', key) },
  { weight: 3, arbitrary: request('HVALS', key) },
  { weight: 6, arbitrary: request('HLEN', key) },
  { weight: 6, arbitrary: request('HSTRLEN', key, member) },
  { weight: 6, arbitrary: request('HEXISTS', key, member) },
  { weight: 10, arbitrary: withRun('HDEL', key, fc.tuple(member), 5) },
  { weight: 2, arbitrary: fc.tuple(key, manyMembers).map(([k, fields]): Words => ['HDEL', k, ...fields]) },
  { weight: 12, arbitrary: request('HINCRBY', key, member, number) },
  { weight: 12, arbitrary: request('HINCRBYFLOAT', key, member, float) },
  { weight: 4, arbitrary: request('HRANDFIELD', key) },
  { weight: 6, arbitrary: withOptions(request('HRANDFIELD', key, choiceCount), flags('WITHVALUES'), 1) },
  {
    weight: 1,
    arbitrary: request('HRANDFIELD', key, choiceCount, fc.constantFrom('junk', 'WITHSCORES', '')),
  },
  { weight: 1, arbitrary: request('HRANDFIELD', key, '1', 'WITHVALUES', 'WITHVALUES') },
  { weight: 1, arbitrary: request('HRANDFIELD', key, fc.constantFrom('9223372036854775807'), 'WITHVALUES') },
  { weight: 5, arbitrary: scanRequest('HSCAN', key) },
];
export const HASH_GROUPS: readonly WeightedGroup[] = [
  { weight: 6, arbitrary: readAll('HGETALL') },
  { weight: 3, arbitrary: readAll('HKEYS') },
  { weight: 3, arbitrary: readAll('HVALS') },
];
