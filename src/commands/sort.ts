/**
 * SORT and SORT_RO: the elements of a list, set or sorted set in order.
 *
 * By patterns (BY, GET) they name keys that are not among the arguments, and can not be known before the elements are. So a SORT
 * with a pattern takes the batons of all shards, one without takes those of its own keys: what it sees is one moment, as in
 * Redis, and others wait for as long as the sorting takes. Like all commands that take batons themselves, it is careful to take
 * them in ascending order, and only with room in the log.
 *
 * As in Redis, elements are compared as numbers and, when these are equal, by their bytes; with ALPHA as texts, like C strings
 * unless the result is stored.
 *
 * Source: sort.c of Redis 7.0.
 */

import { parseDouble, parseRangeDouble } from '../base/double-parser.js';
import { hashBytes } from '../base/hash.js';
import { NOT_INTEGER } from '../base/integer.js';
import { stopwatch } from '../base/stopwatch.js';
import { mayReadAnyKey } from '../engine/acl/permission.js';
import type { Call } from '../engine/call.js';
import type { ArgumentSpec, Arguments, CommandSpec, KeyRange } from '../engine/command.js';
import * as errors from '../engine/errors.js';
import { RECORD_OVERHEAD_BYTES_MAX } from '../engine/wal/record.js';
import {
  COLLECTION_NAMED_LARGE,
  TYPE_HASH,
  TYPE_LIST,
  TYPE_SET,
  TYPE_STRING,
  TYPE_ZSET,
} from '../structures/entry.js';
import { KEY, ONE_KEY } from './key-arguments.js';
import { SortItems } from './sort-items.js';
import { isElementItself, lookUp, namesKeys } from './sort-pattern.js';

/** Numbers of the keys. */
const SOURCE = 0;
const TARGET = 1;
const KEY_AT = 1;

/** C's DBL_MIN: what is below is a denormal number, for which strtod says that it is out of range. */
const NORMAL_MIN = 2.2250738585072014e-308;

/** One thread, one command at a time. */
const items = new SortItems();

/** What the options say. `byAt`, `storeAt`: argument numbers, 0 = not given. */
const options = {
  isDescending: false,
  isAlpha: false,
  limitStart: 0,
  limitCount: -1,
  byAt: 0,
  isUnsorted: false,
  storeAt: 0,
  getCount: 0,
};
/** Arguments that are patterns of GET. */
let gets = new Int32Array(16);

/** The ranks of the elements that are wanted: from `start` up to `end`. */
let start = 0;
let end = 0;

function sort(call: Call, mayStore: boolean): void {
  if (!readOptions(call, mayStore)) return;
  const { keyspace, batons, client } = call;
  const { log } = keyspace;
  const source = takeKey(call, SOURCE, KEY_AT);
  const target = options.storeAt === 0 ? source : takeKey(call, TARGET, options.storeAt);
  const all = namesOtherKeys(call);
  if (!log.hasRoom()) {
    stopwatch.meetSlowPath();
    log.waitForRoom();
  }
  if (all) batons.takeAll();
  else {
    batons.take(Math.min(source, target));
    if (source !== target) batons.take(Math.max(source, target));
  }
  log.beginGroup(call.size(KEY_AT) + RECORD_OVERHEAD_BYTES_MAX);
  sortKey(call, client.database);
  const lsn = log.endGroup();
  keyspace.raiseLsn(source, lsn);
  keyspace.raiseLsn(target, lsn);
  if (all) {
    for (let shard = 0; shard < keyspace.memory.shardCount; shard++) call.observe(shard);
    batons.giveAll();
  } else {
    call.observe(source);
    call.observe(target);
    batons.give(source);
    if (source !== target) batons.give(target);
  }
  items.clear();
}

/** Notes hash and shard of a key, and returns the shard. */
function takeKey(call: Call, key: number, index: number): number {
  const hash = hashBytes(call.data, call.offset(index), call.size(index));
  const shard = hash & (call.keyspace.memory.shardCount - 1);
  call.hash.keys[key] = hash;
  call.hash.shards[key] = shard;
  return shard;
}

/** True when patterns may name keys of any shard. */
function namesOtherKeys(call: Call): boolean {
  if (options.byAt !== 0 && !options.isUnsorted) return true;
  for (let get = 0; get < options.getCount; get++) {
    if (namesKeys(call, gets[get]!)) return true;
  }
  return false;
}

/** False after an error reply. */
function readOptions(call: Call, mayStore: boolean): boolean {
  options.isDescending = false;
  options.isAlpha = false;
  options.limitStart = 0;
  options.limitCount = -1;
  options.byAt = 0;
  options.isUnsorted = false;
  options.storeAt = 0;
  options.getCount = 0;
  for (let index = 2; index < call.count; index++) {
    const left = call.count - index - 1;
    if (call.is(index, 'ASC')) options.isDescending = false;
    else if (call.is(index, 'DESC')) options.isDescending = true;
    else if (call.is(index, 'ALPHA')) options.isAlpha = true;
    else if (call.is(index, 'LIMIT') && left >= 2) {
      options.limitStart = call.clampedInteger(index + 1);
      options.limitCount = call.clampedInteger(index + 2);
      if (options.limitStart === NOT_INTEGER || options.limitCount === NOT_INTEGER) {
        call.reply.error(errors.NOT_AN_INTEGER);
        return false;
      }
      index += 2;
    } else if (mayStore && call.is(index, 'STORE') && left >= 1) options.storeAt = ++index;
    else if (call.is(index, 'BY') && left >= 1) {
      options.byAt = ++index;
      // Once there was a pattern without a star, nothing is sorted, whatever follows.
      if (!namesKeys(call, index)) options.isUnsorted = true;
      else if (!mayReadAll(call)) {
        call.reply.error(errors.SORT_BY_NOT_PERMITTED);
        return false;
      }
    } else if (call.is(index, 'GET') && left >= 1) {
      if (!mayReadAll(call)) {
        call.reply.error(errors.SORT_GET_NOT_PERMITTED);
        return false;
      }
      addGet(++index);
    } else {
      call.reply.error(errors.SYNTAX);
      return false;
    }
  }
  return true;
}

/** Patterns may name any key: only those can use them who may read all keys. */
function mayReadAll(call: Call): boolean {
  return mayReadAnyKey(call.client.user, call.command, call);
}

function addGet(index: number): void {
  if (options.getCount === gets.length) {
    const more = new Int32Array(2 * gets.length);
    more.set(gets);
    gets = more; // alloc: once per larger request
  }
  gets[options.getCount++] = index;
}

// From here on batons are held: of all shards, if there are patterns.

function sortKey(call: Call, database: number): void {
  const { entries } = call.keyspace;
  const entry = options.storeAt === 0 ? call.findToRead(SOURCE, KEY_AT) : call.find(SOURCE, KEY_AT);
  const type = entry === 0 ? TYPE_LIST : entries.type(entry);
  if (type === TYPE_STRING || type === TYPE_HASH) {
    call.reply.error(errors.WRONG_TYPE);
    return;
  }
  // An order of its own makes no sense in what is stored.
  if (options.isUnsorted && type === TYPE_SET && options.storeAt !== 0) {
    options.isUnsorted = false;
    options.isAlpha = true;
    options.byAt = 0;
  }
  if (entry !== 0) load(call, entry);
  else setRange(0);
  let isSorted = true;
  if (!options.isUnsorted) isSorted = compareAndSort(call);
  if (!items.isComplete()) call.reply.error(errors.OUT_OF_MEMORY);
  else if (!isSorted) call.reply.error(errors.SORT_NOT_A_DOUBLE);
  else if (options.storeAt === 0) replySorted(call);
  else storeSorted(call, database);
}

/** Copies the elements, or those that are wanted if nothing has to be sorted. */
function load(call: Call, entry: number): void {
  const { keyspace, collections } = call;
  const { entries } = keyspace;
  const { reader } = collections;
  const type = entries.type(entry);
  // Redis changes the form of a sorted set to sort it.
  if (type === TYPE_ZSET) entries.setEncoding(entry, entries.encoding(entry) | COLLECTION_NAMED_LARGE);
  const hasOrder = options.isUnsorted && type !== TYPE_SET;
  if (hasOrder && options.isDescending) reader.openReversed(entry);
  else reader.open(entry);
  setRange(reader.count);
  let index = 0;
  while (items.isComplete() && (!hasOrder || index < end) && reader.next()) {
    if (!hasOrder || index >= start) items.add(reader.item);
    index += 1;
  }
  if (!hasOrder) return;
  end -= start;
  start = 0;
}

/** The ranks that LIMIT names of `count` elements. */
function setRange(count: number): void {
  start = Math.min(Math.max(options.limitStart, 0), count);
  end = options.limitCount < 0 ? count : Math.min(start + options.limitCount, count);
}

/** False when something is not a number, and should be. */
function compareAndSort(call: Call): boolean {
  const { byAt, isAlpha, isDescending } = options;
  let areNumbers = true;
  for (let index = 0; index < items.count; index++) {
    if (byAt === 0) {
      if (isAlpha) break;
      const score = parseScore(items.bytes, items.offset(index), items.size(index));
      if (Number.isNaN(score)) areNumbers = false;
      items.setScore(index, score);
      continue;
    }
    const found = lookUp(call, byAt, items.bytes, items.offset(index), items.size(index));
    if (isAlpha) items.setText(index, found);
    else if (found !== undefined) {
      const score = found.isInteger ? found.integer : parseScore(found.bytes, found.offset, found.size);
      if (Number.isNaN(score)) areNumbers = false;
      items.setScore(index, score);
    }
  }
  if (!areNumbers) return false;
  if (!isAlpha) items.sortByScore(isDescending);
  else {
    if (options.storeAt === 0) items.cutTexts();
    items.sortByText(isDescending);
  }
  return true;
}

/** The number that a text spells for C's strtod; NaN when it spells none, or one that is out of range. */
function parseScore(bytes: Uint8Array, offset: number, size: number): number {
  const value = parseRangeDouble(bytes, offset, size);
  const absolute = Math.abs(value);
  if (absolute >= NORMAL_MIN && absolute < Number.POSITIVE_INFINITY) return value;
  // Nothing at all is 0; a number that is too small is not, nor is one that is too large infinite.
  let from = offset;
  let to = offset;
  while (to < offset + size && bytes[to] !== 0) to += 1;
  while (from < to && isSpace(bytes[from]!)) from += 1;
  if (from === to || absolute === 0)
    return from === to || parseDouble(bytes, from, to - from) === 0 ? value : Number.NaN;
  return absolute < NORMAL_MIN ? Number.NaN : parseDouble(bytes, from, to - from);
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
}

function replySorted(call: Call): void {
  const { reply } = call;
  const { getCount } = options;
  reply.arrayHeader((end - start) * Math.max(getCount, 1));
  for (let rank = start; rank < end; rank++) {
    const index = items.at(rank);
    if (getCount === 0) reply.value(items.data, items.offset(index), items.size(index));
    for (let get = 0; get < getCount; get++) replyGet(call, gets[get]!, index);
  }
}

function replyGet(call: Call, pattern: number, index: number): void {
  const { reply } = call;
  const offset = items.offset(index);
  const size = items.size(index);
  if (isElementItself(call, pattern)) {
    reply.value(items.data, offset, size);
    return;
  }
  const found = lookUp(call, pattern, items.bytes, offset, size);
  if (found === undefined) reply.nil();
  else if (found.isInteger) reply.bulkInteger(found.integer);
  else reply.value(found.data, found.offset, found.size);
}

/** What GET does not find is stored as an empty element. */
function storeSorted(call: Call, database: number): void {
  const { keyspace, collections, reply } = call;
  const { storeAt, getCount } = options;
  const count = (end - start) * Math.max(getCount, 1);
  const shard = call.keyShard(TARGET);
  if (count === 0) {
    const existing = call.find(TARGET, storeAt);
    if (existing !== 0) keyspace.remove(shard, database, existing);
    reply.integer(0);
    return;
  }
  const { payload } = collections;
  payload.begin();
  for (let rank = start; rank < end && payload.isComplete(); rank++) {
    const index = items.at(rank);
    if (getCount === 0) payload.putItem(items.data, items.offset(index), items.size(index));
    for (let get = 0; get < getCount; get++) putGet(call, gets[get]!, index);
  }
  const keyBytes = call.size(storeAt);
  const isStored =
    payload.isComplete() &&
    keyspace.log.prepare(payload.recordBytes(keyBytes)) &&
    collections.store(
      TYPE_LIST,
      shard,
      database,
      call.keyHash(TARGET),
      call.data,
      call.offset(storeAt),
      keyBytes,
      call.findStored(TARGET, storeAt),
      payload.data,
      0,
      payload.size,
      0,
    );
  payload.clear();
  if (isStored) reply.integer(count);
  else reply.error(errors.OUT_OF_MEMORY);
}

function putGet(call: Call, pattern: number, index: number): void {
  const { payload } = call.collections;
  const offset = items.offset(index);
  const size = items.size(index);
  if (isElementItself(call, pattern)) {
    payload.putItem(items.data, offset, size);
    return;
  }
  const found = lookUp(call, pattern, items.bytes, offset, size);
  if (found === undefined) payload.putItem(items.data, 0, 0);
  else payload.putElement(found);
}

const DERIVED_NOTES =
  "For the optional BY/GET keyword. It is marked 'unknown' because the key names derive from the content of the key we sort";
const STORE_NOTES =
  "For the optional STORE keyword. It is marked 'unknown' because the keyword can appear anywhere in the argument array";

const SOURCE_KEY: KeyRange = { ...ONE_KEY, flags: ['RO', 'access'] };
/** Keys of patterns: not even COMMAND GETKEYS knows them. */
const DERIVED_KEYS: KeyRange = {
  ...ONE_KEY,
  flags: ['RO', 'access'],
  notes: DERIVED_NOTES,
  search: { find: () => -1 },
};
const STORE_KEY: KeyRange = {
  ...ONE_KEY,
  flags: ['OW', 'update'],
  notes: STORE_NOTES,
  search: { find: findStoreKey },
};

/**
 * The argument after the last STORE: read as `readOptions` does, so that it is the key which is written. (Redis takes what is
 * after STORE for an option, too, and so finds another key in `SORT k STORE by STORE x` than it writes.)
 */
function findStoreKey(request: Arguments): number {
  let found = -1;
  for (let index = 2; index < request.count; index++) {
    if (request.is(index, 'STORE') && index + 1 < request.count) found = ++index;
    else if (request.is(index, 'LIMIT')) index += 2;
    else if (request.is(index, 'BY') || request.is(index, 'GET')) index += 1;
  }
  return found;
}

const SORT_ARGUMENTS: readonly ArgumentSpec[] = [
  KEY,
  { name: 'pattern', type: 'pattern', keySpec: 1, token: 'BY', flags: ['optional'] },
  {
    name: 'offset_count',
    type: 'block',
    token: 'LIMIT',
    flags: ['optional'],
    arguments: [
      { name: 'offset', type: 'integer' },
      { name: 'count', type: 'integer' },
    ],
  },
  {
    name: 'pattern',
    type: 'pattern',
    keySpec: 1,
    token: 'GET',
    flags: ['optional', 'multiple', 'multiple_token'],
  },
  {
    name: 'order',
    type: 'oneof',
    flags: ['optional'],
    arguments: [
      { name: 'asc', type: 'pure-token', token: 'ASC' },
      { name: 'desc', type: 'pure-token', token: 'DESC' },
    ],
  },
  { name: 'sorting', type: 'pure-token', token: 'ALPHA', flags: ['optional'] },
];

const SORT_SPEC = {
  arity: -2,
  group: 'generic',
  groupCategory: '@set',
  categories: ['@sortedset', '@list', '@dangerous'],
  complexity: 'O(N+M*log(M)) with the number of elements and of those that are returned',
  takesBatons: true,
} as const;

export const SORT_COMMANDS: readonly CommandSpec[] = [
  {
    ...SORT_SPEC,
    name: 'sort',
    flags: ['write', 'denyoom', 'movablekeys'],
    since: '1.0.0',
    summary: 'Returns or stores the elements of a list, set or sorted set in order.',
    keys: [SOURCE_KEY, DERIVED_KEYS, STORE_KEY],
    arguments: [
      ...SORT_ARGUMENTS,
      { name: 'destination', type: 'key', keySpec: 2, token: 'STORE', flags: ['optional'] },
    ],
    reply: { STORE: 'integer', GET: 'array<text?>', else: 'array<text>' },
    run: (call) => sort(call, true),
  },
  {
    ...SORT_SPEC,
    name: 'sort_ro',
    flags: ['readonly', 'movablekeys'],
    since: '7.0.0',
    summary: 'Returns the elements of a list, set or sorted set in order.',
    keys: [SOURCE_KEY, DERIVED_KEYS],
    arguments: SORT_ARGUMENTS,
    reply: { GET: 'array<text?>', else: 'array<text>' },
    run: (call) => sort(call, false),
  },
];
