/** Random requests that change lists, sets, sorted sets and hashes, and what a server says is in keys of any type. */

import type { RespConnection } from '../support/connection.js';
import type { SeededRandom } from '../support/random.js';
import { type Frame, parseFrame } from '../support/resp.js';

const KEYS_PER_TYPE = 12;
const ELEMENTS = 4000;
/** Deadlines of fields this far ahead are there when the state is looked at; others are over by then. */
const FAR_MS = 3_600_000;
const SHORT_MS_MAX = 30;
/** Keys that are looked at together. */
const BATCH = 500;

type Family = 'list' | 'set' | 'zset' | 'hash';

function keyOf(random: SeededRandom, family: Family): string {
  return `${family}:${random.below(KEYS_PER_TYPE)}`;
}

/** Mostly short, now and then longer than what is packed, or copied, at once. */
function element(random: SeededRandom): string {
  const number = random.below(ELEMENTS);
  if (number % 500 === 0) return `${number}:${'long '.repeat(random.below(8000))}`;
  return number % 3 === 0 ? String(number) : `element:${number}`;
}

function elements(random: SeededRandom): string[] {
  const count = 1 + random.below(random.below(8) === 0 ? 300 : 5);
  return Array.from({ length: count }, () => element(random));
}

function listRequest(random: SeededRandom): string[] {
  const key = keyOf(random, 'list');
  const index = String(random.below(400) - 200);
  switch (random.below(10)) {
    case 0:
      return ['LPOP', key, String(1 + random.below(100))];
    case 1:
      return ['RPOP', key];
    case 2:
      return ['LSET', key, index, element(random)];
    case 3:
      return ['LINSERT', key, 'BEFORE', element(random), element(random)];
    case 4:
      return ['LREM', key, String(random.below(5) - 2), element(random)];
    case 5:
      return ['LTRIM', key, String(random.below(20)), String(-1 - random.below(20))];
    case 6:
      return ['LMOVE', key, keyOf(random, 'list'), 'LEFT', 'RIGHT'];
    case 7:
      return ['LPUSH', key, ...elements(random)];
    default:
      return ['RPUSH', key, ...elements(random)];
  }
}

function setRequest(random: SeededRandom): string[] {
  const key = keyOf(random, 'set');
  switch (random.below(9)) {
    case 0:
      return ['SREM', key, ...elements(random)];
    case 1:
      return ['SPOP', key, String(1 + random.below(50))];
    case 2:
      return ['SMOVE', key, keyOf(random, 'set'), element(random)];
    case 3:
      return ['SUNIONSTORE', key, keyOf(random, 'set'), keyOf(random, 'set')];
    case 4:
      return ['SDIFFSTORE', key, keyOf(random, 'set'), keyOf(random, 'set')];
    default:
      return ['SADD', key, ...elements(random)];
  }
}

function sortedSetRequest(random: SeededRandom): string[] {
  const key = keyOf(random, 'zset');
  switch (random.below(9)) {
    case 0:
      return ['ZREM', key, ...elements(random)];
    case 1:
      return ['ZINCRBY', key, '0.1', element(random)];
    case 2:
      return ['ZPOPMIN', key, String(1 + random.below(30))];
    case 3:
      return ['ZREMRANGEBYRANK', key, '-10', '-1'];
    case 4:
      return ['ZUNIONSTORE', key, '2', keyOf(random, 'zset'), keyOf(random, 'set'), 'WEIGHTS', '2', '3'];
    default:
      return ['ZADD', key, ...elements(random).flatMap((member) => [String(random.below(3000) / 8), member])];
  }
}

function hashRequest(random: SeededRandom): string[] {
  const key = keyOf(random, 'hash');
  const fields = elements(random);
  const dated = ['FIELDS', String(fields.length), ...fields];
  switch (random.below(10)) {
    case 0:
      return ['HDEL', key, ...fields];
    case 1:
      return ['HINCRBY', key, `count:${random.below(9)}`, '7'];
    case 2:
      return ['HINCRBYFLOAT', key, `sum:${random.below(9)}`, '0.25'];
    case 3:
      return ['HPEXPIREAT', key, String(Date.now() + FAR_MS + random.below(1000)), ...dated];
    case 4:
      return ['HPEXPIRE', key, String(1 + random.below(SHORT_MS_MAX)), ...dated];
    case 5:
      return ['HPERSIST', key, ...dated];
    default:
      return ['HSET', key, ...fields.flatMap((field) => [field, element(random)])];
  }
}

/** A request that changes a collection, or puts a whole one somewhere else. */
export function collectionRequest(random: SeededRandom): string[] {
  switch (random.below(9)) {
    case 0:
    case 1:
      return listRequest(random);
    case 2:
    case 3:
      return setRequest(random);
    case 4:
    case 5:
      return sortedSetRequest(random);
    case 6:
    case 7:
      return hashRequest(random);
    default:
      return wholeRequest(random);
  }
}

function wholeRequest(random: SeededRandom): string[] {
  const family = (['list', 'set', 'zset', 'hash'] as const)[random.below(4)]!;
  const key = keyOf(random, family);
  switch (random.below(6)) {
    case 0:
      return ['DEL', key];
    case 1:
      return ['RENAME', key, keyOf(random, family)];
    case 2:
      return ['COPY', key, keyOf(random, family), 'REPLACE'];
    case 3:
      return ['PEXPIREAT', key, String(Date.now() + FAR_MS)];
    case 4:
      return ['PERSIST', key];
    default:
      return ['PEXPIRE', key, String(1 + random.below(SHORT_MS_MAX))];
  }
}

const READING: Readonly<Record<string, (key: string) => string[]>> = {
  string: (key) => ['GET', key],
  list: (key) => ['LRANGE', key, '0', '-1'],
  set: (key) => ['SMEMBERS', key],
  zset: (key) => ['ZRANGE', key, '0', '-1', 'WITHSCORES'],
  hash: (key) => ['HGETALL', key],
};

/** Type, deadline, and all of the value of each of these keys, as texts that are the same if these are. */
export async function describeKeys(
  connection: RespConnection,
  keys: readonly string[],
): Promise<Map<string, string>> {
  const described = new Map<string, string>();
  for (let from = 0; from < keys.length; from += BATCH) {
    const batch = keys.slice(from, from + BATCH);
    const types = (await connection.pipeline(batch.map((key) => ['TYPE', key]))).map(parseFrame);
    const deadlines = (await connection.pipeline(batch.map((key) => ['PEXPIRETIME', key]))).map(parseFrame);
    const reading = batch.map((key, i) => (READING[types[i]!.text] ?? READING['string']!)(key));
    const values = (await connection.pipeline(reading)).map(parseFrame);
    for (const [i, key] of batch.entries()) {
      const type = types[i]!.text;
      const items = itemsOf(type, values[i]!);
      const dates = type === 'hash' ? await fieldDeadlines(connection, key, items) : '';
      described.set(key, `${deadlines[i]!.text} ${type} ${items.join(' ')}${dates}`);
    }
  }
  return described;
}

/** What has no order is sorted. */
function itemsOf(type: string, value: Frame): string[] {
  const texts = value.items.map((item) => item.text);
  if (type === 'set') return texts.sort();
  if (type !== 'hash') return type === 'string' ? [value.text] : texts;
  const pairs = texts.flatMap((field, i) => (i % 2 === 0 ? [`${field}\n${texts[i + 1]}`] : []));
  return pairs.sort();
}

async function fieldDeadlines(
  connection: RespConnection,
  key: string,
  pairs: readonly string[],
): Promise<string> {
  if (pairs.length === 0) return '';
  const fields = pairs.map((pair) => Buffer.from(pair.slice(0, pair.indexOf('\n')), 'latin1'));
  const frame = parseFrame(await connection.request('HPEXPIRETIME', key, 'FIELDS', fields.length, ...fields));
  return ` until ${frame.items.map((item) => item.text).join(' ')}`;
}
