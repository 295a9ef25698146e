/**
 * What the soak campaign's mass of requests does to collections and to strings that are more than bytes: one kind of request
 * for each way in which a value grows, shrinks, changes its form, is read whole or in part, loses elements by their time, or is
 * made of others.
 *
 * Keys of a type have names of their own, so that no reply is an error, and each kind has a bound: as many elements as there
 * are names for, or as LTRIM leaves.
 */

import type { SeededRandom } from '../support/random.js';
import type { Argument } from '../support/resp.js';

const KEY_COUNT = 200;
/** Past every limit at which a collection takes its large form. */
const ELEMENT_COUNT = 1500;
const LIST_SIZE_MAX = 1000;
const ELEMENTS_A_REQUEST = 20;
const BITS = 50_000;

type Make = (random: SeededRandom) => Argument[];

const key = (type: string, random: SeededRandom) => `${type}:${random.below(KEY_COUNT)}`;
const element = (random: SeededRandom) => `e${random.below(ELEMENT_COUNT)}`;
const several = <T>(random: SeededRandom, one: () => T): T[] =>
  Array.from({ length: 1 + random.below(ELEMENTS_A_REQUEST) }, one);

const KINDS: readonly Make[] = [
  (random) => ['HSET', key('h', random), ...several(random, () => [element(random), random.next()]).flat()],
  (random) => ['HDEL', key('h', random), ...several(random, () => element(random))],
  (random) => ['HINCRBY', key('hn', random), element(random), 1],
  (random) => ['HEXPIRE', key('h', random), 1 + random.below(10), 'FIELDS', 1, element(random)],
  (random) => ['HMGET', key('h', random), ...several(random, () => element(random))],
  (random) => ['HRANDFIELD', key('h', random), 10, 'WITHVALUES'],
  (random) => ['RPUSH', key('l', random), ...several(random, () => element(random))],
  (random) => ['LPUSH', key('l', random), 'x'.repeat(random.below(300))],
  (random) => ['LTRIM', key('l', random), 0, random.below(LIST_SIZE_MAX)],
  (random) => ['LRANGE', key('l', random), random.below(100), 200],
  (random) => ['LMOVE', key('l', random), key('l', random), 'LEFT', 'RIGHT'],
  (random) => ['LPOP', key('l', random), 1 + random.below(10)],
  (random) => ['SADD', key('s', random), ...several(random, () => element(random))],
  (random) => ['SADD', key('si', random), ...several(random, () => random.below(ELEMENT_COUNT))],
  (random) => ['SREM', key('s', random), ...several(random, () => element(random))],
  (random) => ['SINTERSTORE', key('st', random), key('s', random), key('s', random)],
  (random) => ['SPOP', key('s', random), 3],
  (random) => ['SMISMEMBER', key('si', random), ...several(random, () => random.below(ELEMENT_COUNT))],
  (random) => [
    'ZADD',
    key('z', random),
    ...several(random, () => [random.below(1e6), element(random)]).flat(),
  ],
  (random) => ['ZREMRANGEBYRANK', key('z', random), 0, random.below(20)],
  (random) => ['ZRANGE', key('z', random), 0, 50, 'WITHSCORES'],
  (random) => ['ZUNIONSTORE', key('zt', random), 2, key('z', random), key('z', random)],
  (random) => ['ZPOPMIN', key('z', random), 2],
  (random) => ['GEOADD', key('g', random), random.below(360) - 180, random.below(160) - 80, element(random)],
  (random) => ['GEOSEARCH', key('g', random), 'FROMLONLAT', 0, 0, 'BYRADIUS', 3000, 'km', 'COUNT', 10],
  (random) => ['PFADD', key('p', random), ...several(random, () => random.next())],
  (random) => ['PFCOUNT', key('p', random), key('p', random)],
  (random) => ['SETBIT', key('b', random), random.below(BITS), random.below(2)],
  (random) => ['BITCOUNT', key('b', random)],
  (random) => ['BITOP', 'XOR', key('bt', random), key('b', random), key('b', random)],
  (random) => [
    'EXPIRE',
    key(['h', 'l', 's', 'z', 'g', 'p', 'b'][random.below(7)]!, random),
    1 + random.below(20),
  ],
  (random) => ['DEL', key(['hn', 'st', 'zt', 'si', 'bt', 'l', 's', 'z'][random.below(8)]!, random)],
  (random) => ['COPY', key('z', random), key('zt', random), 'REPLACE'],
];

export const makeCollectionRequest: Make = (random) => KINDS[random.below(KINDS.length)]!(random);
