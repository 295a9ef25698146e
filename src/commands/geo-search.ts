/**
 * Searches for places: GEOSEARCH and GEOSEARCHSTORE, and their predecessors GEORADIUS and GEORADIUSBYMEMBER.
 *
 * They differ in where their arguments stand (geo-search-options.ts). The area becomes ranges of scores (geo-area.ts), what lies
 * in them and in the area is gathered (geo-points.ts), sorted, and replied or stored.
 */

import { latitudeOf, longitudeOf } from '../base/geohash.js';
import type { Call } from '../engine/call.js';
import { WRONG_TYPE } from '../engine/call.js';
import type { ArgumentSpec, Arguments, CommandSpec, KeyRange } from '../engine/command.js';
import * as errors from '../engine/errors.js';
import { TYPE_ZSET } from '../structures/entry.js';
import { replyCoordinates, replyDistance } from './geo.js';
import { OUTSIDE } from './geo-area.js';
import { COORDINATES, UNIT } from './geo-arguments.js';
import { GeoPoints } from './geo-points.js';
import {
  ASCENDING,
  CENTER_AT_COORDINATES,
  CENTER_AT_MEMBER,
  CENTER_IN_OPTIONS,
  DESCENDING,
  query,
  type SearchForm,
  UNSORTED,
} from './geo-search-options.js';
import { KEY, ONE_KEY, READS_ONE } from './key-arguments.js';
import { findToRead } from './sorted-set-replies.js';

const IN_FIRST_KEY = { sourceKey: 0, sourceAt: 1, isStore: false, takesStore: false } as const;
const GEOSEARCH: SearchForm = { ...IN_FIRST_KEY, center: CENTER_IN_OPTIONS, optionsAt: 2 };
const GEOSEARCHSTORE: SearchForm = {
  sourceKey: 1,
  sourceAt: 2,
  center: CENTER_IN_OPTIONS,
  optionsAt: 3,
  isStore: true,
  takesStore: false,
};
const GEORADIUS_RO: SearchForm = { ...IN_FIRST_KEY, center: CENTER_AT_COORDINATES, optionsAt: 6 };
const GEORADIUSBYMEMBER_RO: SearchForm = { ...IN_FIRST_KEY, center: CENTER_AT_MEMBER, optionsAt: 5 };
const GEORADIUS: SearchForm = { ...GEORADIUS_RO, takesStore: true };
const GEORADIUSBYMEMBER: SearchForm = { ...GEORADIUSBYMEMBER_RO, takesStore: true };

/** What the search under way has found. */
const points = new GeoPoints();

function search(call: Call, form: SearchForm): void {
  const { reply } = call;
  const entry = findToRead(call, form.sourceKey, form.sourceAt);
  if (entry === WRONG_TYPE || !query.read(call, form, entry)) return;
  points.clear();
  if (entry !== 0 && !gather(call, entry)) {
    reply.error(errors.OUT_OF_MEMORY);
    return;
  }
  const count = query.count === 0 ? points.count : Math.min(query.count, points.count);
  // The first ones are the nearest ones, unless any will do.
  const order = query.order === UNSORTED && query.count !== 0 && !query.isAny ? ASCENDING : query.order;
  if (order !== UNSORTED) points.sort(count, order === DESCENDING);
  if (query.storeAt === 0) replyPlaces(call, count);
  else storePlaces(call, form.isStore ? 0 : 1, count);
}

/** Finds the places in the area, in the order of its cells, and in them of scores. False when there is no memory for them. */
function gather(call: Call, entry: number): boolean {
  const { area, count, isAny } = query;
  const cursor = call.collections.sortedSets.reading;
  const wanted = isAny ? count : Number.POSITIVE_INFINITY;
  cursor.open(entry);
  area.cover();
  for (let range = 0; range < area.rangeCount && points.count < wanted; range++) {
    const end = area.ends[range]!;
    let isInside = cursor.seek(cursor.rankOfScore(area.starts[range]!, false));
    for (; isInside && cursor.score < end && points.count < wanted; isInside = cursor.next()) {
      const { score } = cursor;
      const metres = area.distanceWithin(longitudeOf(score), latitudeOf(score));
      if (metres === OUTSIDE) continue;
      cursor.spell();
      if (!points.add(cursor.data, cursor.offset, cursor.size, score, metres)) return false;
    }
  }
  return true;
}

function replyPlaces(call: Call, count: number): void {
  const { reply } = call;
  const { area, withDistance, withHash, withCoordinates } = query;
  const properties = Number(withDistance) + Number(withHash) + Number(withCoordinates);
  reply.arrayHeader(count);
  for (let index = 0; index < count; index++) {
    const number = points.at(index);
    if (properties !== 0) reply.arrayHeader(1 + properties);
    reply.value(points.data, points.memberOffset(number), points.memberSize(number));
    if (withDistance) replyDistance(reply, points.distance(number) / area.unit);
    if (withHash) replyHash(call, Math.trunc(points.score(number)));
    if (withCoordinates) replyCoordinates(reply, points.score(number));
  }
}

function replyHash(call: Call, hash: number): void {
  if (hash <= Number.MAX_SAFE_INTEGER) call.reply.integer(hash);
  else call.reply.bigInteger(BigInt(hash)); // alloc: places at 180 degrees only
}

/** Makes the first `count` places the value of the key that the result is stored in; none at all is no value. */
function storePlaces(call: Call, key: number, count: number): void {
  const { keyspace, collections, client, reply } = call;
  const { area, storeAt, storesDistances } = query;
  const { payload } = collections;
  const shard = call.keyShard(key);
  const existing = call.findToReplace(key, storeAt);
  if (count === 0) {
    if (existing !== 0) keyspace.remove(shard, client.database, existing);
    reply.integer(0);
    return;
  }
  payload.begin();
  for (let index = 0; index < count && payload.isComplete(); index++) {
    const number = points.at(index);
    payload.putDouble(storesDistances ? points.distance(number) / area.unit : points.score(number));
    payload.putItem(points.data, points.memberOffset(number), points.memberSize(number));
  }
  const isStored =
    payload.isComplete() &&
    keyspace.log.prepare(payload.recordBytes(call.size(storeAt))) &&
    collections.store(
      TYPE_ZSET,
      shard,
      client.database,
      call.keyHash(key),
      call.data,
      call.offset(storeAt),
      call.size(storeAt),
      existing,
      payload.data,
      0,
      payload.size,
      0,
    );
  payload.clear();
  if (isStored) reply.integer(count);
  else reply.error(errors.OUT_OF_MEMORY);
}

/** The argument after the last STORE or STOREDIST, 0 when there is none; options begin at `optionsAt`. */
function storeKey(request: Arguments, optionsAt: number): number {
  let found = 0;
  for (let index = optionsAt; index < request.count - 1; index++) {
    if (!request.is(index, 'STORE') && !request.is(index, 'STOREDIST')) continue;
    index += 1;
    found = index;
  }
  return found;
}

/** The key after a keyword, of which COMMAND GETKEYS takes the first. */
function keyAfter(keyword: string, startFrom: number): KeyRange {
  return {
    ...ONE_KEY,
    flags: ['OW', 'update'],
    search: {
      keyword,
      startFrom,
      find: (request) => {
        let at = startFrom;
        while (at < request.count && !request.is(at, keyword)) at += 1;
        return at + 1 < request.count ? at + 1 : -1;
      },
    },
  };
}

const RADIUS: ArgumentSpec = { name: 'radius', type: 'double' };
const MEMBER: ArgumentSpec = { name: 'member', type: 'string' };
const FROM: ArgumentSpec = {
  name: 'from',
  type: 'oneof',
  arguments: [
    { ...MEMBER, token: 'FROMMEMBER' },
    { name: 'longitude_latitude', type: 'block', token: 'FROMLONLAT', arguments: COORDINATES },
  ],
};
const BY: ArgumentSpec = {
  name: 'by',
  type: 'oneof',
  arguments: [
    { name: 'circle', type: 'block', arguments: [{ ...RADIUS, token: 'BYRADIUS' }, UNIT] },
    {
      name: 'box',
      type: 'block',
      arguments: [
        { name: 'width', type: 'double', token: 'BYBOX' },
        { name: 'height', type: 'double' },
        UNIT,
      ],
    },
  ],
};
const ORDER: ArgumentSpec = {
  name: 'order',
  type: 'oneof',
  flags: ['optional'],
  arguments: [
    { name: 'asc', type: 'pure-token', token: 'ASC' },
    { name: 'desc', type: 'pure-token', token: 'DESC' },
  ],
};
const ANY: ArgumentSpec = { name: 'any', type: 'pure-token', token: 'ANY', flags: ['optional'] };
const COUNT: ArgumentSpec = {
  name: 'count',
  type: 'block',
  flags: ['optional'],
  arguments: [{ name: 'count', type: 'integer', token: 'COUNT' }, ANY],
};
const LATER_COUNT: ArgumentSpec = {
  ...COUNT,
  arguments: [
    { name: 'count', type: 'integer', token: 'COUNT' },
    { ...ANY, since: '6.2.0' },
  ],
};
const WITH: readonly ArgumentSpec[] = [
  { name: 'withcoord', type: 'pure-token', token: 'WITHCOORD', flags: ['optional'] },
  { name: 'withdist', type: 'pure-token', token: 'WITHDIST', flags: ['optional'] },
  { name: 'withhash', type: 'pure-token', token: 'WITHHASH', flags: ['optional'] },
];
const STORES: readonly ArgumentSpec[] = [
  { ...KEY, keySpec: 1, token: 'STORE', flags: ['optional'] },
  { ...KEY, keySpec: 2, token: 'STOREDIST', flags: ['optional'] },
];
const COMPLEXITY = 'O(N+log(M)) with N members around the area and M in the sorted set';

export const GEO_SEARCH_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'geosearch',
    arity: -7,
    flags: ['readonly'],
    group: 'geo',
    since: '6.2.0',
    summary: 'Returns the members in a circle or a box.',
    complexity: COMPLEXITY,
    keys: READS_ONE,
    arguments: [KEY, FROM, BY, ORDER, COUNT, ...WITH],
    reply: { 'WITHCOORD|WITHDIST|WITHHASH': 'array<place>', else: 'array<text>' },
    run: (call) => search(call, GEOSEARCH),
  },
  {
    name: 'geosearchstore',
    arity: -8,
    flags: ['write', 'denyoom'],
    group: 'geo',
    since: '6.2.0',
    summary: 'Stores the members in a circle or a box in another key.',
    complexity: COMPLEXITY,
    keys: [
      { ...ONE_KEY, flags: ['OW', 'update'] },
      { first: 2, last: 2, step: 1, flags: ['RO', 'access'] },
    ],
    arguments: [
      { name: 'destination', type: 'key' },
      { name: 'source', type: 'key', keySpec: 1 },
      FROM,
      BY,
      ORDER,
      COUNT,
      { name: 'storedist', type: 'pure-token', token: 'STOREDIST', flags: ['optional'] },
    ],
    reply: 'integer',
    run: (call) => search(call, GEOSEARCHSTORE),
  },
  {
    name: 'georadius',
    arity: -6,
    flags: ['write', 'denyoom', 'movablekeys'],
    group: 'geo',
    since: '3.2.0',
    summary: 'Returns the members in a circle around a place, or stores them.',
    complexity: COMPLEXITY,
    keys: [READS_ONE, keyAfter('STORE', 6), keyAfter('STOREDIST', 6)],
    movableKey: (request) => storeKey(request, GEORADIUS.optionsAt),
    arguments: [KEY, ...COORDINATES, RADIUS, UNIT, ...WITH, LATER_COUNT, ORDER, ...STORES],
    reply: {
      'STORE|STOREDIST': 'integer',
      'WITHCOORD|WITHDIST|WITHHASH': 'array<place>',
      else: 'array<text>',
    },
    run: (call) => search(call, GEORADIUS),
  },
  {
    name: 'georadius_ro',
    arity: -6,
    flags: ['readonly'],
    group: 'geo',
    since: '3.2.10',
    summary: 'Returns the members in a circle around a place.',
    complexity: COMPLEXITY,
    keys: READS_ONE,
    arguments: [KEY, ...COORDINATES, RADIUS, UNIT, ...WITH, LATER_COUNT, ORDER],
    reply: { 'WITHCOORD|WITHDIST|WITHHASH': 'array<place>', else: 'array<text>' },
    run: (call) => search(call, GEORADIUS_RO),
  },
  {
    name: 'georadiusbymember',
    arity: -5,
    flags: ['write', 'denyoom', 'movablekeys'],
    group: 'geo',
    since: '3.2.0',
    summary: 'Returns the members in a circle around one of them, or stores them.',
    complexity: COMPLEXITY,
    keys: [READS_ONE, keyAfter('STORE', 5), keyAfter('STOREDIST', 5)],
    movableKey: (request) => storeKey(request, GEORADIUSBYMEMBER.optionsAt),
    arguments: [KEY, MEMBER, RADIUS, UNIT, ...WITH, COUNT, ORDER, ...STORES],
    reply: {
      'STORE|STOREDIST': 'integer',
      'WITHCOORD|WITHDIST|WITHHASH': 'array<place>',
      else: 'array<text>',
    },
    run: (call) => search(call, GEORADIUSBYMEMBER),
  },
  {
    name: 'georadiusbymember_ro',
    arity: -5,
    flags: ['readonly'],
    group: 'geo',
    since: '3.2.10',
    summary: 'Returns the members in a circle around one of them.',
    complexity: COMPLEXITY,
    keys: READS_ONE,
    arguments: [KEY, MEMBER, RADIUS, UNIT, ...WITH, COUNT, ORDER],
    reply: { 'WITHCOORD|WITHDIST|WITHHASH': 'array<place>', else: 'array<text>' },
    run: (call) => search(call, GEORADIUSBYMEMBER_RO),
  },
];
