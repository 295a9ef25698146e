/**
 * Random requests of every kind for one writer that has two databases to itself: every type of value, parts of values, deadlines
 * of keys and fields, moves between keys and databases, whole databases at once.
 *
 * What such a request does depends on nothing but what the requests before it have done: not on chance, and on time only for
 * keys and fields that are named `brief`. These get deadlines of some milliseconds; no other request looks at them, and once
 * their time is over it is the same whenever they were written.
 */

import type { SeededRandom } from '../support/random.js';
import type { Argument } from '../support/resp.js';

type Request = readonly Argument[];

const KEYS_PER_FAMILY = 5;
const ELEMENTS = 400;
/** Deadlines so far ahead are there when the state is looked at. In Unix ms. */
const FAR_MS = 4_000_000_000_000;
export const BRIEF_MS_MAX = 200;
export const BRIEF_KEYS = 6;
/** More than a record in the log's ring may have: it goes through page memory. */
const HUGE_BYTES = 3_000_000;

const FAMILIES = ['string', 'bits', 'hll', 'count', 'list', 'set', 'zset', 'hash', 'geo'] as const;
type Family = (typeof FAMILIES)[number];

/** Two databases, and what RESTORE is given. */
export interface WorldPlan {
  readonly databases: readonly [number, number];
  readonly payloads: readonly Buffer[];
}

function keyOf(random: SeededRandom, family: Family): string {
  return `${family}:${random.below(KEYS_PER_FAMILY)}`;
}

function element(random: SeededRandom): string {
  const number = random.below(ELEMENTS);
  if (number === 0) return `0:${'long '.repeat(random.below(600))}`;
  return number % 3 === 0 ? String(number) : `element:${number}`;
}

/** A few, now and then so many that a collection outgrows its packed form. */
function elements(random: SeededRandom): string[] {
  const count = 1 + random.below(random.below(8) === 0 ? 200 : 5);
  return Array.from({ length: count }, () => element(random));
}

function value(random: SeededRandom): string {
  const size = [20, 20, 20, 500, 30_000][random.below(5)]!;
  return `${random.next()}:${'v'.repeat(random.below(random.below(300) === 0 ? HUGE_BYTES : size))}`;
}

function pick<Choice>(random: SeededRandom, ...choices: readonly Choice[]): Choice {
  return choices[random.below(choices.length)]!;
}

function farDeadline(random: SeededRandom): number {
  return FAR_MS + random.below(1_000_000);
}

/** By family: a request on `key` and another key like it, which may be the same. */
const REQUESTS: Readonly<Record<Family, (random: SeededRandom, key: string, other: string) => Request>> = {
  string: (random, key, other) =>
    pick<() => Request>(
      random,
      () => ['SET', key, value(random)],
      () => ['SET', key, value(random), 'PXAT', farDeadline(random)],
      () => ['SET', key, value(random), 'KEEPTTL'],
      () => ['APPEND', key, value(random)],
      () => ['SETRANGE', key, random.below(300), value(random)],
      () => ['GETDEL', key],
      () => ['GETEX', key, 'PERSIST'],
      () => ['GETSET', key, value(random)],
      () => ['MSET', key, value(random), other, value(random), keyOf(random, 'string'), 'last'],
      () => ['MSETNX', key, value(random), other, 'both'],
    )(),
  bits: (random, key, other) =>
    pick<() => Request>(
      random,
      () => ['SETBIT', key, random.below(4000), random.below(2)],
      () => ['BITFIELD', key, 'INCRBY', 'u16', '#3', 7, 'SET', 'i40', 100, random.below(1000)],
      () => ['BITFIELD', key, 'OVERFLOW', 'SAT', 'INCRBY', 'i8', random.below(800), 100],
      () => ['BITOP', pick(random, 'AND', 'OR', 'XOR'), keyOf(random, 'bits'), key, other],
      () => ['BITOP', 'NOT', key, other],
    )(),
  hll: (random, key, other) =>
    random.below(4) === 0 ? ['PFMERGE', key, other] : ['PFADD', key, ...elements(random)],
  count: (random, key) =>
    pick<Request>(
      random,
      ['INCR', key],
      ['DECRBY', key, random.below(1000)],
      ['INCRBY', key, random.below(1000)],
      ['INCRBYFLOAT', 'sum', '0.25'],
    ),
  list: (random, key, other) =>
    pick<() => Request>(
      random,
      () => ['RPUSH', key, ...elements(random)],
      () => ['LPUSH', key, ...elements(random)],
      () => ['LPOP', key, 1 + random.below(40)],
      () => ['RPOP', key, 1 + random.below(3)],
      () => ['LSET', key, random.below(100) - 50, element(random)],
      () => ['LINSERT', key, 'BEFORE', element(random), element(random)],
      () => ['LREM', key, random.below(5) - 2, element(random)],
      () => ['LTRIM', key, random.below(5), 300],
      () => ['LMOVE', key, other, pick(random, 'LEFT', 'RIGHT'), pick(random, 'LEFT', 'RIGHT')],
      () => ['LMPOP', 2, key, other, 'RIGHT', 'COUNT', 3],
      () => ['SORT', key, 'ALPHA', 'STORE', other],
    )(),
  set: (random, key, other) =>
    pick<() => Request>(
      random,
      () => ['SADD', key, ...elements(random)],
      () => ['SADD', key, ...elements(random)],
      () => ['SREM', key, ...elements(random)],
      () => ['SMOVE', key, other, element(random)],
      () => ['SUNIONSTORE', keyOf(random, 'set'), key, other],
      () => ['SDIFFSTORE', keyOf(random, 'set'), key, other],
      () => ['SINTERSTORE', keyOf(random, 'set'), key, other],
    )(),
  zset: (random, key, other) =>
    pick<() => Request>(
      random,
      () => ['ZADD', key, ...scored(random)],
      () => ['ZADD', key, 'GT', 'CH', ...scored(random)],
      () => ['ZREM', key, ...elements(random)],
      () => ['ZINCRBY', key, '0.1', element(random)],
      () => ['ZPOPMIN', key, 1 + random.below(20)],
      () => ['ZREMRANGEBYRANK', key, -10, -1],
      () => ['ZREMRANGEBYSCORE', key, 0, random.below(60)],
      () => ['ZUNIONSTORE', key, 2, other, keyOf(random, 'set'), 'WEIGHTS', 2, 3],
      () => ['ZRANGESTORE', key, other, 0, 50],
    )(),
  hash: (random, key) => {
    const fields = elements(random);
    const named = ['FIELDS', fields.length, ...fields];
    return pick<() => Request>(
      random,
      () => ['HSET', key, ...fields.flatMap((field) => [field, element(random)])],
      () => ['HSET', key, ...fields.flatMap((field) => [field, element(random)])],
      () => ['HDEL', key, ...fields],
      () => ['HINCRBY', key, `count:${random.below(9)}`, 7],
      () => ['HINCRBYFLOAT', key, `sum:${random.below(9)}`, '0.25'],
      () => ['HPEXPIREAT', key, farDeadline(random), ...named],
      () => ['HPERSIST', key, ...named],
    )();
  },
  geo: (random, key, other) =>
    random.below(4) === 0
      ? ['GEOSEARCHSTORE', other, key, 'FROMLONLAT', 10, 50, 'BYRADIUS', 800, 'km', 'ASC']
      : ['GEOADD', key, random.below(20), 40 + random.below(20), element(random)],
};

function scored(random: SeededRandom): Argument[] {
  return elements(random).flatMap((member) => [String(random.below(3000) / 8), member]);
}

/** A whole value goes away, elsewhere, or gets another deadline. */
function wholeRequest(random: SeededRandom, { databases, payloads }: WorldPlan): Request {
  const family = pick(random, ...FAMILIES);
  const key = keyOf(random, family);
  const other = keyOf(random, family);
  const database = pick(random, ...databases);
  return pick<Request>(
    random,
    ['DEL', key, keyOf(random, pick(random, ...FAMILIES))],
    ['UNLINK', key],
    ['RENAME', key, other],
    ['RENAMENX', key, other],
    ['COPY', key, other, 'REPLACE'],
    ['COPY', key, other, 'DB', database, 'REPLACE'],
    ['MOVE', key, database],
    ['PEXPIREAT', key, farDeadline(random)],
    ['PERSIST', key],
    ['RESTORE', 'restored', 0, pick(random, ...payloads), 'REPLACE'],
  );
}

/** Requests that belong together: what is written lives for some milliseconds only. */
function briefRequests(random: SeededRandom): Request[] {
  const untilMs = Date.now() + random.below(BRIEF_MS_MAX);
  const key = `brief:${random.below(BRIEF_KEYS)}`;
  switch (random.below(4)) {
    case 0:
      return [['SET', key, `until ${untilMs}`, 'PXAT', untilMs]];
    case 1:
      return [
        ['SET', key, 'soon to be over'],
        ['PEXPIREAT', key, untilMs],
      ];
    case 2:
      return [
        ['DEL', 'brief:zset'],
        ['ZADD', 'brief:zset', ...scored(random)],
        ['PEXPIREAT', 'brief:zset', untilMs],
      ];
    default: {
      const fields = Array.from({ length: 1 + random.below(20) }, () => `brief:${random.below(200)}`);
      return [
        ['HSET', 'brief:hash', ...fields.flatMap((field) => [field, untilMs]), `stays:${random.below(9)}`, 1],
        ['HPEXPIREAT', 'brief:hash', untilMs, 'FIELDS', fields.length, ...fields],
      ];
    }
  }
}

/** The next requests of a writer, in their order. */
export function worldRequests(random: SeededRandom, plan: WorldPlan): Request[] {
  const dice = random.below(1000);
  if (dice < 3) return [['FLUSHDB', pick(random, 'SYNC', 'ASYNC')]];
  if (dice < 8) return [['SWAPDB', ...plan.databases]];
  if (dice < 60) return [['SELECT', pick(random, ...plan.databases)]];
  if (dice < 160) return briefRequests(random);
  if (dice < 300) return [wholeRequest(random, plan)];
  const family = pick(random, ...FAMILIES);
  return [REQUESTS[family](random, keyOf(random, family), keyOf(random, family))];
}

/** Values of all types, for RESTORE. */
export const SAMPLES: readonly Request[] = [
  ['SET', 'sample:string', 'restored'],
  ['RPUSH', 'sample:list', ...Array.from({ length: 300 }, (_, i) => `restored ${i}`)],
  ['SADD', 'sample:set', 1, 2, 3],
  ['ZADD', 'sample:zset', 1, 'one', 2, 'two'],
  ['HSET', 'sample:hash', 'field', 'restored'],
];
