/**
 * What the typed methods take besides plain arguments, and how it becomes the list that is sent.
 *
 * The functions run in every call: each is one loop, and makes nothing but the list.
 */

import type { Argument } from './command-runner.js';
import { UsageError } from './errors.js';

/** An integer that Redis takes as such. */
export type Integer = number | bigint;

/** A glob-style pattern. */
export type Pattern = string | Uint8Array;

/** A moment: Unix time in the command's unit, or a Date. In seconds a Date is rounded up, so that nothing expires before it. */
export type Time = Integer | Date;

/** The bound of a range of scores: `5`, `'(5'` for without 5 itself, `'-inf'`, `'+inf'`, or Infinity. */
export type ScoreBound = number | string;

/** A single one, or a list. */
export type OneOrMore<A = Argument> = A | readonly A[];

/** One pair as two parameters, or all of them as one: `hset('h', 'field', 'value')`, `hset('h', { field: 'value' })`. */
export type PairOrPairs = readonly [name: Argument, value: Argument] | readonly [pairs: Pairs];

/** The rest of a method's parameters: `del('a', 'b')`, or as one list: `del(['a', 'b'])`. */
export type Many<A = Argument> = readonly A[] | readonly [readonly A[]];

/** Names and values: a plain object, a Map, or a list of pairs. */
export type Pairs<V = Argument> =
  | Readonly<Record<string, V>>
  | ReadonlyMap<Argument, V>
  | readonly (readonly [name: Argument, value: V])[];

/** Members and their scores: `{ ann: 10 }`, a Map, or a list in Redis's order: `[[10, 'ann']]`. */
export type Scores =
  | Readonly<Record<string, number>>
  | ReadonlyMap<Argument, number>
  | readonly (readonly [score: number, member: Argument])[];

/** Members and where they are. */
export type Places = readonly (readonly [longitude: number, latitude: number, member: Argument])[];

/** Meters, kilometers, feet, miles. */
export type GeoUnit = 'm' | 'km' | 'ft' | 'mi';

/** Bytes, or bits, from one to another; negative ones count from the end. */
export type BitRange = readonly [] | readonly [start: Integer, end: Integer, ...unit: [] | [BitUnit]];

/** The same, but the end may be missing. */
export type OpenBitRange = BitRange | readonly [start: Integer];

/** What the numbers of a range count. */
export type BitUnit = 'byte' | 'bit';

/** `u8`, `i64`: unsigned up to 63 bits, signed up to 64. */
export type BitfieldEncoding = `u${number}` | `i${number}`;

/** A bit's number; or `'#3'`: the field of that number, all being as wide. */
export type BitfieldOffset = Integer | `#${number}`;

/** Reads a field. */
export interface BitfieldGet {
  readonly get: readonly [encoding: BitfieldEncoding, offset: BitfieldOffset];
}

/** Sets a field and replies what it was. Of a number that does not fit `overflow` says what becomes. */
export interface BitfieldSet {
  readonly set: readonly [encoding: BitfieldEncoding, offset: BitfieldOffset, value: Integer];
  readonly overflow?: BitfieldOverflow;
}

/** Adds to a field and replies what it is then. Of a number that does not fit `overflow` says what becomes. */
export interface BitfieldIncrby {
  readonly incrby: readonly [encoding: BitfieldEncoding, offset: BitfieldOffset, increment: Integer];
  readonly overflow?: BitfieldOverflow;
}

/** Wraps around, stays at the limit, or changes nothing and replies nothing. It holds for the operations behind it, too. */
export type BitfieldOverflow = 'wrap' | 'sat' | 'fail';

export type BitfieldOperation = BitfieldGet | BitfieldSet | BitfieldIncrby;

/** Exactly one of these options. */
export type OneOf<T> = { [K in keyof T]: Readonly<Pick<T, K>> & Absent<Omit<T, K>> }[keyof T];

/** At most one of these options. */
export type AtMostOne<T> = OneOf<T> | Absent<T>;

/** None of these options: a flag that is false is not there either. */
export type Absent<T> = { readonly [K in keyof T]?: T[K] extends boolean ? false | undefined : undefined };

/** The same by their names, for options that may be anything. */
export type NotGiven<K extends PropertyKey> = { readonly [P in K]?: false | undefined };

/** As a list. A single item that is a list itself is not possible. */
export function toList<A extends Argument>(items: OneOrMore<A>): readonly A[] {
  return isList(items) ? items : [items];
}

/** The rest parameters as a list, whichever way they were given. */
export function restOf<A extends Argument | BitfieldOperation>(items: Many<A>): readonly A[] {
  const first = items[0];
  return first !== undefined && isList(first) ? first : (items as readonly A[]);
}

export function pushPairOrPairs(args: Argument[], data: PairOrPairs): void {
  if (data.length === 2) args.push(data[0], data[1]);
  else pushPairs(args, data[0]);
}

export function pushPairs(args: Argument[], pairs: Pairs): void {
  if (isIterable(pairs)) for (const [name, value] of pairs) args.push(name, value);
  else for (const name of Object.keys(pairs)) args.push(name, pairs[name]!);
}

/** How many pairs there are. */
export function countPairs(pairs: Pairs): number {
  if (Array.isArray(pairs)) return pairs.length;
  return pairs instanceof Map ? pairs.size : Object.keys(pairs).length;
}

export function pushScores(args: Argument[], scores: Scores): void {
  if (Array.isArray(scores)) for (const [score, member] of scores) args.push(score, member);
  else if (isIterable(scores)) for (const [member, score] of scores) args.push(score, member);
  else
    for (const member of Object.keys(scores)) args.push((scores as Record<string, number>)[member]!, member);
}

export function pushPlaces(args: Argument[], places: Places): void {
  for (const [longitude, latitude, member] of places) args.push(longitude, latitude, member);
}

export function pushOperation(args: Argument[], operation: BitfieldOperation): void {
  if ('get' in operation) {
    args.push('GET', ...operation.get);
    return;
  }
  if (operation.overflow !== undefined) args.push('OVERFLOW', operation.overflow);
  if ('set' in operation) args.push('SET', ...operation.set);
  else args.push('INCRBY', ...operation.incrby);
}

export function pushAll(args: Argument[], items: readonly Argument[]): void {
  for (const item of items) args.push(item);
}

/** The word, and behind it all items. */
export function pushList(args: Argument[], word: string, items: OneOrMore): void {
  args.push(word);
  pushAll(args, toList(items));
}

/** Several items, each behind the word. */
export function pushEach(args: Argument[], word: string, items: OneOrMore): void {
  for (const item of toList(items)) args.push(word, item);
}

export function secondsOf(time: Time): Integer {
  return time instanceof Date ? Math.ceil(time.getTime() / 1000) : time;
}

export function millisecondsOf(time: Time): Integer {
  return time instanceof Date ? time.getTime() : time;
}

/**
 * The compiler finds an option that there is not; this is for JavaScript, where it would go unnoticed that a key does not expire.
 *
 * @throws UsageError that names the option
 */
export function checkOptions(options: object, known: ReadonlySet<string>, command: string): void {
  if (typeof options !== 'object' || options === null)
    throw new UsageError(`the options of ${command} must be an object, such as { ${[...known][0]}: ... }`);
  for (const name of Object.keys(options)) {
    if (known.has(name)) continue;
    throw new UsageError(`'${name}' is no option of ${command}: there are ${[...known].join(', ')}`);
  }
}

function isList<A>(items: A | readonly A[]): items is readonly A[] {
  return Array.isArray(items);
}

function isIterable<T>(value: object): value is Iterable<T> {
  return Symbol.iterator in value;
}
