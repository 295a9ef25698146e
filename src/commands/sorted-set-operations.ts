/**
 * Commands that make one sorted set of several: ZUNION, ZINTER, ZDIFF, what stores their results, ZINTERCARD; and ZRANGESTORE.
 *
 * The sources are sorted sets or sets, whose members count as having score 1. A result is put together in `ScoredMembers`, and
 * stored from there in one step, so that a destination that is a source, too, is not in the way.
 */

import { viewOf } from '../base/bytes.js';
import { parseDouble } from '../base/double-parser.js';
import { NOT_INTEGER } from '../base/integer.js';
import type { Call } from '../engine/call.js';
import { WRONG_TYPE } from '../engine/call.js';
import { CollectionReader } from '../engine/collection-reader.js';
import type { ArgumentSpec, CommandSpec, KeyRange } from '../engine/command.js';
import * as errors from '../engine/errors.js';
import { PROTOCOL_RESP3 } from '../engine/reply.js';
import { ScoredMembers } from '../engine/scored-members.js';
import { RECORD_OVERHEAD_BYTES_MAX } from '../engine/wal/record.js';
import { TYPE_SET, TYPE_ZSET } from '../structures/entry.js';
import { KEYS } from './key-arguments.js';
import { range } from './sorted-set-range.js';
import { RANGE_LIMIT, REVERSED, readStoredRange, SORT_BY } from './sorted-set-ranges.js';
import { findToChange, pairsHeader, replyScore } from './sorted-set-replies.js';

const UNION = 0;
const INTERSECTION = 1;
const DIFFERENCE = 2;

const SUM = 0;
const LEAST = 1;
const GREATEST = 2;

/** Result that is more than memory has room for. */
const TOO_LARGE = -1;

/** What the request says, as `readSources` and `readOptions` have found it. */
const asked = { aggregate: SUM, withScores: false, limit: 0 };

/** A source: 0 = there is no such key. In the order of the request, or, to be combined, by size. */
interface Source {
  entry: number;
  weight: number;
  count: number;
}

const result = new ScoredMembers();
/** The member that is looked for in other sources. */
let member = new Uint8Array(1024);
let memberData = viewOf(member);

function zunion(call: Call): void {
  combine(call, UNION, 1);
}

function zinter(call: Call): void {
  combine(call, INTERSECTION, 1);
}

function zdiff(call: Call): void {
  combine(call, DIFFERENCE, 1);
}

function zunionstore(call: Call): void {
  combine(call, UNION, 2);
}

function zinterstore(call: Call): void {
  combine(call, INTERSECTION, 2);
}

function zdiffstore(call: Call): void {
  combine(call, DIFFERENCE, 2);
}

/** `numkeys` is argument `countAt`: 2 when the first key is the destination. */
function combine(call: Call, operation: number, countAt: number): void {
  const stores = countAt === 2;
  const sources = readSources(call, countAt);
  if (sources === undefined || !readOptions(call, sources, operation, countAt, false)) return;
  const isDone = compute(call, sources, operation) !== TOO_LARGE;
  if (!isDone) call.reply.error(errors.OUT_OF_MEMORY);
  else if (stores) storeResult(call);
  else replyResult(call);
  result.clear();
}

function zintercard(call: Call): void {
  const sources = readSources(call, 1);
  if (sources === undefined || !readOptions(call, sources, INTERSECTION, 1, true)) return;
  countMembers(call, sources);
  sources.sort(bySize);
  call.reply.integer(
    intersect(call, sources, asked.limit === 0 ? Number.POSITIVE_INFINITY : asked.limit, false),
  );
}

/** The sources, of which `numkeys` is argument `countAt`; undefined after an error reply. */
function readSources(call: Call, countAt: number): Source[] | undefined {
  const { reply, keyspace } = call;
  const stated = call.clampedInteger(countAt);
  if (stated === NOT_INTEGER || stated < 1 || stated > call.count - countAt - 1) {
    if (stated === NOT_INTEGER) reply.error(errors.NOT_AN_INTEGER);
    else if (stated < 1) reply.error(errors.noInputKeys(call.command.fullName));
    else reply.error(errors.SYNTAX);
    return undefined;
  }
  const sources: Source[] = [];
  const firstKey = countAt - 1;
  for (let number = 0; number < stated; number++) {
    const entry = call.findToRead(firstKey + number, countAt + 1 + number);
    const type = entry === 0 ? TYPE_ZSET : keyspace.entries.type(entry);
    if (type !== TYPE_ZSET && type !== TYPE_SET) {
      reply.error(errors.WRONG_TYPE);
      return undefined;
    }
    sources.push({ entry, weight: 1, count: 0 });
  }
  return sources;
}

/** What follows the keys; false after an error reply. */
function readOptions(
  call: Call,
  sources: readonly Source[],
  operation: number,
  countAt: number,
  onlyCounts: boolean,
): boolean {
  asked.aggregate = SUM;
  asked.withScores = false;
  asked.limit = 0;
  const combines = operation !== DIFFERENCE && !onlyCounts;
  for (let index = countAt + 1 + sources.length; index < call.count; ) {
    const left = call.count - index;
    if (combines && left > sources.length && call.is(index, 'WEIGHTS')) {
      if (!readWeights(call, sources, index + 1)) return false;
      index += sources.length + 1;
    } else if (combines && left >= 2 && call.is(index, 'AGGREGATE') && readAggregate(call, index + 1)) {
      index += 2;
    } else if (countAt === 1 && !onlyCounts && call.is(index, 'WITHSCORES')) {
      asked.withScores = true;
      index += 1;
    } else if (onlyCounts && left >= 2 && call.is(index, 'LIMIT')) {
      asked.limit = call.clampedInteger(index + 1);
      if (asked.limit === NOT_INTEGER || asked.limit < 0) {
        call.reply.error(errors.LIMIT_NEGATIVE);
        return false;
      }
      index += 2;
    } else {
      call.reply.error(errors.SYNTAX);
      return false;
    }
  }
  return true;
}

function readWeights(call: Call, sources: readonly Source[], first: number): boolean {
  for (const [number, source] of sources.entries()) {
    const index = first + number;
    source.weight = parseDouble(call.bytes, call.offset(index), call.size(index));
    if (Number.isNaN(source.weight)) {
      call.reply.error(errors.WEIGHT_NOT_A_FLOAT);
      return false;
    }
  }
  return true;
}

/** False, without a reply, when argument `index` names none. */
function readAggregate(call: Call, index: number): boolean {
  if (call.is(index, 'SUM')) asked.aggregate = SUM;
  else if (call.is(index, 'MIN')) asked.aggregate = LEAST;
  else if (call.is(index, 'MAX')) asked.aggregate = GREATEST;
  else return false;
  return true;
}

/** Two scores as one: `left`, unless `right` is better, which what is no number never is. */
function aggregate(left: number, right: number): number {
  if (asked.aggregate === SUM) {
    const sum = left + right;
    return Number.isNaN(sum) ? 0 : sum; // of infinities
  }
  const isBetter = asked.aggregate === LEAST ? right < left : right > left;
  return isBetter ? right : left;
}

/** Infinity times 0 counts as 0. */
function weighted(score: number, weight: number): number {
  const product = score * weight;
  return Number.isNaN(product) ? 0 : product;
}

function bySize(left: Source, right: Source): number {
  return left.count - right.count;
}

/** Fills `result` and returns how many it has, or TOO_LARGE. */
function compute(call: Call, sources: Source[], operation: number): number {
  if (operation === DIFFERENCE) return subtract(call, sources);
  countMembers(call, sources);
  sources.sort(bySize);
  return operation === UNION
    ? unite(call, sources)
    : intersect(call, sources, Number.POSITIVE_INFINITY, true);
}

function countMembers(call: Call, sources: readonly Source[]): void {
  const { reader } = readers(call);
  for (const source of sources) {
    if (source.entry === 0) continue;
    reader.open(source.entry);
    source.count = reader.count;
  }
}

function unite(call: Call, sources: readonly Source[]): number {
  const { reader } = readers(call);
  for (const { entry, weight } of sources) {
    if (entry === 0) continue;
    reader.open(entry);
    while (reader.next()) {
      const score = weighted(scoreOf(reader), weight);
      const size = copyMember(reader);
      const number = result.find(memberData, 0, size);
      if (number >= 0) result.setScore(number, aggregate(result.score(number), score));
      else if (!result.add(memberData, 0, size, score)) return TOO_LARGE;
    }
  }
  return result.count;
}

/** Members of all sources, which are in order of size: at most `limit`; `keeps` has them put into `result`. */
function intersect(call: Call, sources: readonly Source[], limit: number, keeps: boolean): number {
  const { reader, prober } = readers(call);
  const [smallest] = sources;
  if (smallest === undefined || smallest.entry === 0) return 0;
  let count = 0;
  reader.open(smallest.entry);
  while (count < limit && reader.next()) {
    let score = weighted(scoreOf(reader), smallest.weight);
    const size = copyMember(reader);
    let isEverywhere = true;
    for (let number = 1; isEverywhere && number < sources.length; number++) {
      const { entry, weight } = sources[number]!;
      isEverywhere = prober.find(entry, member, memberData, 0, size);
      // A product that is no number is left to `aggregate`, as in Redis.
      if (isEverywhere) score = aggregate(score, scoreOf(prober) * weight);
    }
    if (!isEverywhere) continue;
    count += 1;
    if (keeps && !result.add(memberData, 0, size, score)) return TOO_LARGE;
  }
  return count;
}

/** Members of the first source that are in none of the others. */
function subtract(call: Call, sources: readonly Source[]): number {
  const { reader, prober } = readers(call);
  const [first] = sources;
  if (first === undefined || first.entry === 0) return 0;
  reader.open(first.entry);
  while (reader.next()) {
    const size = copyMember(reader);
    let isElsewhere = false;
    for (let number = 1; !isElsewhere && number < sources.length; number++) {
      const { entry } = sources[number]!;
      isElsewhere = entry !== 0 && prober.find(entry, member, memberData, 0, size);
    }
    if (!isElsewhere && !result.add(memberData, 0, size, scoreOf(reader))) return TOO_LARGE;
  }
  return result.count;
}

/** One to go over a source, one to look into the others. */
interface Readers {
  readonly reader: CollectionReader;
  readonly prober: CollectionReader;
}

const readersOfCall = new WeakMap<Call, Readers>();

function readers(call: Call): Readers {
  let found = readersOfCall.get(call);
  if (found === undefined) {
    found = { reader: new CollectionReader(call.keyspace), prober: new CollectionReader(call.keyspace) };
    readersOfCall.set(call, found);
  }
  return found;
}

function scoreOf(reader: CollectionReader): number {
  return reader.type === TYPE_ZSET ? reader.score : 1;
}

/** Copies the member that the reader is on to `member`; returns its size. */
function copyMember(reader: CollectionReader): number {
  const size = reader.item.textSize();
  if (size > member.length) {
    member = new Uint8Array(size * 2);
    memberData = viewOf(member);
  }
  reader.item.copyText(member, 0);
  return size;
}

function replyResult(call: Call): void {
  const { reply } = call;
  const { withScores } = asked;
  result.sort();
  if (withScores) pairsHeader(reply, result.count);
  else reply.arrayHeader(result.count);
  for (let number = 0; number < result.count; number++) {
    if (withScores && reply.protocol === PROTOCOL_RESP3) reply.arrayHeader(2);
    reply.value(result.data, result.memberOffset(number), result.memberSize(number));
    if (withScores) replyScore(reply, result.score(number));
  }
}

/** Makes `result` the value of the first key, which is argument 1, and replies with its size; an empty one is no value. */
function storeResult(call: Call): void {
  const { keyspace, reply } = call;
  const { database } = call.client;
  const shard = call.keyShard(0);
  const existing = call.findToReplace(0, 1);
  if (!keyspace.log.prepare(result.size + call.size(1) + RECORD_OVERHEAD_BYTES_MAX)) {
    reply.error(errors.OUT_OF_MEMORY);
    return;
  }
  if (result.count === 0) {
    if (existing !== 0) keyspace.remove(shard, database, existing);
    reply.integer(0);
    return;
  }
  const isStored = call.collections.store(
    TYPE_ZSET,
    shard,
    database,
    call.keyHash(0),
    call.data,
    call.offset(1),
    call.size(1),
    existing,
    result.data,
    0,
    result.size,
    0,
  );
  if (isStored) reply.integer(result.count);
  else reply.error(errors.OUT_OF_MEMORY);
}

/** `ZRANGESTORE destination source min max [BYSCORE|BYLEX] [REV] [LIMIT offset count]`. */
function zrangestore(call: Call): void {
  if (!readStoredRange(call)) return;
  const entry = findToChange(call, 1, 2);
  if (entry === WRONG_TYPE) return;
  let isDone = true;
  if (entry !== 0) {
    const cursor = call.collections.sortedSets.reading;
    cursor.open(entry);
    range.resolve(cursor, call.data);
    let left = range.count;
    // Whichever way it goes: these are the same members.
    const lowest = range.isReversed ? range.first - left + 1 : range.first;
    for (let found = left > 0 && cursor.seek(lowest); found && isDone; found = --left > 0 && cursor.next()) {
      cursor.spell();
      isDone = result.add(cursor.data, cursor.offset, cursor.size, cursor.score);
    }
  }
  if (isDone) storeResult(call);
  else call.reply.error(errors.OUT_OF_MEMORY);
  result.clear();
}

const SOURCES: KeyRange = { first: 2, last: -1, step: 1, countAt: 1, flags: ['RO', 'access'] };
const STORED: readonly KeyRange[] = [
  { first: 1, last: 1, step: 1, flags: ['OW', 'update'] },
  { first: 3, last: -1, step: 1, countAt: 2, flags: ['RO', 'access'] },
];

const DESTINATION: ArgumentSpec = { name: 'destination', type: 'key' };
const COUNT_OF_KEYS: ArgumentSpec = { name: 'numkeys', type: 'integer' };
const STORED_KEYS: ArgumentSpec = { ...KEYS, keySpec: 1 };
const WEIGHTS: ArgumentSpec = {
  name: 'weight',
  type: 'integer',
  token: 'WEIGHTS',
  flags: ['optional', 'multiple'],
};
const AGGREGATE: ArgumentSpec = {
  name: 'aggregate',
  type: 'oneof',
  token: 'AGGREGATE',
  flags: ['optional'],
  arguments: [
    { name: 'sum', type: 'pure-token', token: 'SUM' },
    { name: 'min', type: 'pure-token', token: 'MIN' },
    { name: 'max', type: 'pure-token', token: 'MAX' },
  ],
};
const WITH_SCORES: ArgumentSpec = {
  name: 'withscores',
  type: 'pure-token',
  token: 'WITHSCORES',
  flags: ['optional'],
};
const UNION_COMPLEXITY = 'O(N + M log M) with N members in all sources and M in the result';
const INTER_COMPLEXITY = 'O(N K + M log M) with N members in the smallest of K sources and M in the result';
const DIFF_COMPLEXITY = 'O(N K + M log M) with N members in the first of K sources and M in the result';

export const SORTED_SET_OPERATION_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'zunion',
    arity: -3,
    flags: ['readonly', 'movablekeys'],
    group: 'sorted-set',
    since: '6.2.0',
    summary: 'Returns the members of several sorted sets, each with its scores put together.',
    complexity: UNION_COMPLEXITY,
    keys: SOURCES,
    arguments: [COUNT_OF_KEYS, KEYS, WEIGHTS, AGGREGATE, WITH_SCORES],
    reply: { WITHSCORES: 'pairs<text,double>', else: 'array<text>' },
    run: zunion,
  },
  {
    name: 'zinter',
    arity: -3,
    flags: ['readonly', 'movablekeys'],
    group: 'sorted-set',
    since: '6.2.0',
    summary:
      'Returns the members that several sorted sets have in common, each with its scores put together.',
    complexity: INTER_COMPLEXITY,
    keys: SOURCES,
    arguments: [COUNT_OF_KEYS, KEYS, WEIGHTS, AGGREGATE, WITH_SCORES],
    reply: { WITHSCORES: 'pairs<text,double>', else: 'array<text>' },
    run: zinter,
  },
  {
    name: 'zdiff',
    arity: -3,
    flags: ['readonly', 'movablekeys'],
    group: 'sorted-set',
    since: '6.2.0',
    summary: 'Returns the members of the first sorted set that the others do not have.',
    complexity: DIFF_COMPLEXITY,
    keys: SOURCES,
    arguments: [COUNT_OF_KEYS, KEYS, WITH_SCORES],
    reply: { WITHSCORES: 'pairs<text,double>', else: 'array<text>' },
    run: zdiff,
  },
  {
    name: 'zunionstore',
    arity: -4,
    flags: ['write', 'denyoom', 'movablekeys'],
    group: 'sorted-set',
    since: '2.0.0',
    summary: 'Stores the members of several sorted sets, each with its scores put together.',
    complexity: UNION_COMPLEXITY,
    keys: STORED,
    arguments: [DESTINATION, COUNT_OF_KEYS, STORED_KEYS, WEIGHTS, AGGREGATE],
    reply: 'integer',
    run: zunionstore,
  },
  {
    name: 'zinterstore',
    arity: -4,
    flags: ['write', 'denyoom', 'movablekeys'],
    group: 'sorted-set',
    since: '2.0.0',
    summary: 'Stores the members that several sorted sets have in common, each with its scores put together.',
    complexity: INTER_COMPLEXITY,
    keys: STORED,
    arguments: [DESTINATION, COUNT_OF_KEYS, STORED_KEYS, WEIGHTS, AGGREGATE],
    reply: 'integer',
    run: zinterstore,
  },
  {
    name: 'zdiffstore',
    arity: -4,
    flags: ['write', 'denyoom', 'movablekeys'],
    group: 'sorted-set',
    since: '6.2.0',
    summary: 'Stores the members of the first sorted set that the others do not have.',
    complexity: DIFF_COMPLEXITY,
    keys: STORED,
    arguments: [DESTINATION, COUNT_OF_KEYS, STORED_KEYS],
    reply: 'integer',
    run: zdiffstore,
  },
  {
    name: 'zintercard',
    arity: -3,
    flags: ['readonly', 'movablekeys'],
    group: 'sorted-set',
    since: '7.0.0',
    summary: 'Counts the members that several sorted sets have in common.',
    complexity: 'O(N K) with N members in the smallest of K sources',
    keys: SOURCES,
    arguments: [COUNT_OF_KEYS, KEYS, { name: 'limit', type: 'integer', token: 'LIMIT', flags: ['optional'] }],
    reply: 'integer',
    run: zintercard,
  },
  {
    name: 'zrangestore',
    arity: -5,
    flags: ['write', 'denyoom'],
    group: 'sorted-set',
    since: '6.2.0',
    summary: 'Stores the members within a range of ranks, of scores, or of members themselves.',
    complexity: 'O(log N + M) with N members in the sorted set and M stored',
    keys: [
      { first: 1, last: 1, step: 1, flags: ['OW', 'update'] },
      { first: 2, last: 2, step: 1, flags: ['RO', 'access'] },
    ],
    arguments: [
      { name: 'dst', type: 'key' },
      { name: 'src', type: 'key', keySpec: 1 },
      { name: 'min', type: 'string' },
      { name: 'max', type: 'string' },
      SORT_BY,
      REVERSED,
      RANGE_LIMIT,
    ],
    reply: 'integer',
    run: zrangestore,
  },
];
