/**
 * Writes to a list, set, sorted set and hash whose outcome is known, for key models: the value of such a key is a text that
 * has all of its elements.
 */

import type { SeededRandom } from '../support/random.js';
import type { Frame } from '../support/resp.js';

/** Prefixes of keys, by type. */
export const COLLECTION_PREFIXES = ['l', 'e', 'z', 'h'] as const;
type Prefix = (typeof COLLECTION_PREFIXES)[number];

/** A collection has up to about so many elements, which is far more than are packed. */
const ELEMENTS = 600;

/** Elements of a list; members; members and scores; fields and values. */
type Pairs = readonly (readonly string[])[];

export interface CollectionWrite {
  readonly args: readonly string[];
  /** What the key holds then; undefined = it is gone. */
  readonly value: string | undefined;
}

export function isCollectionKey(key: string): boolean {
  return COLLECTION_PREFIXES.some((prefix) => key.startsWith(`${prefix}:`));
}

/** The request that reads all of a collection. */
export function readRequest(key: string): string[] {
  const requests: Readonly<Record<Prefix, string[]>> = {
    l: ['LRANGE', key, '0', '-1'],
    e: ['SMEMBERS', key],
    z: ['ZRANGE', key, '0', '-1', 'WITHSCORES'],
    h: ['HGETALL', key],
  };
  return requests[key[0] as Prefix];
}

/** The value that its reply shows. */
export function valueRead(key: string, { items }: Frame): string | undefined {
  const width = key[0] === 'z' || key[0] === 'h' ? 2 : 1;
  const texts = items.map((item) => item.text);
  const pairs = texts.flatMap((_text, i) => (i % width === 0 ? [texts.slice(i, i + width)] : []));
  return valueText(key, pairs);
}

/** A write number `number` to a key that holds `value`, named in each element that it adds. */
export function nextCollectionWrite(
  random: SeededRandom,
  key: string,
  value: string | undefined,
  number: number,
): CollectionWrite {
  const pairs: Pairs = value === undefined ? [] : (JSON.parse(value) as string[][]);
  if (random.below(200) === 0) return { args: ['DEL', key], value: undefined };
  return key.startsWith('l:')
    ? writeList(random, key, pairs, number)
    : writeNamed(random, key, pairs, number);
}

function writeList(random: SeededRandom, key: string, pairs: Pairs, number: number): CollectionWrite {
  const count = 1 + random.below(60);
  const added = Array.from({ length: count }, (_, i) => [`${number}:${i}:${'x'.repeat(random.below(40))}`]);
  const texts = added.flat();
  if (pairs.length > ELEMENTS) {
    return { args: ['LTRIM', key, '20', '-21'], value: valueText(key, pairs.slice(20, -20)) };
  }
  switch (random.below(4)) {
    case 0:
      return { args: ['LPUSH', key, ...texts], value: valueText(key, [...added.toReversed(), ...pairs]) };
    case 1:
      return { args: ['LPOP', key, String(count)], value: valueText(key, pairs.slice(count)) };
    default:
      return { args: ['RPUSH', key, ...texts], value: valueText(key, [...pairs, ...added]) };
  }
}

function writeNamed(random: SeededRandom, key: string, pairs: Pairs, number: number): CollectionWrite {
  const names = Array.from({ length: 1 + random.below(60) }, () => `name:${random.below(ELEMENTS)}`);
  const changed = new Map(pairs.map((pair) => [pair[0]!, pair]));
  if (random.below(3) === 0) {
    const command = { e: 'SREM', z: 'ZREM', h: 'HDEL' }[key[0] as 'e' | 'z' | 'h'];
    for (const name of names) changed.delete(name);
    return { args: [command, key, ...names], value: valueText(key, [...changed.values()]) };
  }
  if (key.startsWith('e:')) {
    for (const name of names) changed.set(name, [name]);
    return { args: ['SADD', key, ...names], value: valueText(key, [...changed.values()]) };
  }
  const isHash = key.startsWith('h:');
  const text = isHash ? `${number}:${'y'.repeat(random.below(90))}` : String(number);
  for (const name of names) changed.set(name, [name, text]);
  const args = names.flatMap((name) => (isHash ? [name, text] : [text, name]));
  return { args: [isHash ? 'HSET' : 'ZADD', key, ...args], value: valueText(key, [...changed.values()]) };
}

/** Only lists have an order of their own. */
function valueText(key: string, pairs: Pairs): string | undefined {
  if (pairs.length === 0) return undefined;
  const ordered = key.startsWith('l:')
    ? pairs
    : pairs.toSorted((left, right) => (left[0]! < right[0]! ? -1 : 1));
  return JSON.stringify(ordered);
}
