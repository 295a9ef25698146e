/**
 * Commands on single places: GEOADD, GEOPOS, GEODIST, GEOHASH.
 *
 * Places are members of a sorted set; their scores are geohashes (base/geohash.ts). Searches are in geo-search.ts.
 */

import { formatFixed, formatHuman } from '../base/fixed-point.js';
import { encode, GEOHASH_CHARACTERS, latitudeOf, longitudeOf, writeGeohash } from '../base/geohash.js';
import { distance } from '../base/great-circle.js';
import type { Call } from '../engine/call.js';
import { WRONG_TYPE } from '../engine/call.js';
import type { ArgumentSpec, CommandSpec } from '../engine/command.js';
import * as errors from '../engine/errors.js';
import type { ReplyWriter } from '../engine/reply.js';
import { ADDED, NO_MEMORY, UPDATED } from '../engine/sorted-sets.js';
import { ITEM_OVERHEAD_BYTES_MAX } from '../engine/wal/log-items.js';
import { OP_ZSET_SET } from '../engine/wal/record.js';
import { COORDINATES, checkCoordinates, NO_UNIT, readNumber, readUnit, UNIT } from './geo-arguments.js';
import { KEY, READS_ONE, UPDATES_ONE } from './key-arguments.js';
import { findToChange, findToRead } from './sorted-set-replies.js';

/** Digits after the point of a distance, whatever its unit. */
const DISTANCE_DIGITS = 4;
/** Arguments of a place in GEOADD. */
const PLACE_ARGUMENTS = 3;

/** Options of GEOADD. */
const IF_ABSENT = 1;
const IF_PRESENT = 2;
const COUNTS_CHANGES = 4;

function geoadd(call: Call): void {
  const { reply } = call;
  let flags = 0;
  let first = 2;
  for (let option = optionAt(call, first); option !== 0; option = optionAt(call, first)) {
    flags |= option;
    first += 1;
  }
  const excludes = (flags & IF_ABSENT) !== 0 && (flags & IF_PRESENT) !== 0;
  if (excludes || first === call.count || (call.count - first) % PLACE_ARGUMENTS !== 0) {
    reply.error(errors.SYNTAX);
    return;
  }
  for (let index = first; index < call.count; index += PLACE_ARGUMENTS) {
    if (!checkCoordinates(call, index)) return;
  }
  const existing = findToChange(call, 0, 1);
  if (existing === WRONG_TYPE) return;
  if (existing === 0 && (flags & IF_PRESENT) !== 0) reply.integer(0);
  else add(call, existing, first, flags);
}

function optionAt(call: Call, index: number): number {
  if (index === call.count || call.size(index) !== 2) return 0;
  if (call.is(index, 'NX')) return IF_ABSENT;
  if (call.is(index, 'XX')) return IF_PRESENT;
  return call.is(index, 'CH') ? COUNTS_CHANGES : 0;
}

/** Adds the places from argument `first` on. */
function add(call: Call, existing: number, first: number, flags: number): void {
  const engine = call.collections.sortedSets;
  const last = call.count - 1;
  engine.begin(
    OP_ZSET_SET,
    call.keyShard(0),
    call.client.database,
    call.keyHash(0),
    call.data,
    call.offset(1),
    call.size(1),
    existing,
    call.offset(last) + call.size(last) - call.offset(first) + (call.count - first) * ITEM_OVERHEAD_BYTES_MAX,
  );
  let added = 0;
  let updated = 0;
  let outcome = 0;
  for (let index = first; index < call.count && outcome !== NO_MEMORY; index += PLACE_ARGUMENTS) {
    const member = index + 2;
    const current = engine.locate(call.bytes, call.data, call.offset(member), call.size(member));
    if (((Number.isNaN(current) ? IF_PRESENT : IF_ABSENT) & flags) !== 0) continue;
    outcome = engine.put(encode(readNumber(call, index), readNumber(call, index + 1)));
    if (outcome === ADDED) added += 1;
    else if (outcome === UPDATED) updated += 1;
  }
  engine.end();
  if (outcome === NO_MEMORY) call.reply.error(errors.OUT_OF_MEMORY);
  else call.reply.integer((flags & COUNTS_CHANGES) !== 0 ? added + updated : added);
}

function geopos(call: Call): void {
  const { reply } = call;
  const entry = findToRead(call, 0, 1);
  if (entry === WRONG_TYPE) return;
  reply.arrayHeader(call.count - 2);
  for (let index = 2; index < call.count; index++) {
    const score = memberScore(call, 0, entry, index);
    if (Number.isNaN(score)) reply.nilArray();
    else replyCoordinates(reply, score);
  }
}

function geohash(call: Call): void {
  const { reply } = call;
  const entry = findToRead(call, 0, 1);
  if (entry === WRONG_TYPE) return;
  reply.arrayHeader(call.count - 2);
  for (let index = 2; index < call.count; index++) {
    const score = memberScore(call, 0, entry, index);
    if (Number.isNaN(score)) {
      reply.nil();
      continue;
    }
    const at = reply.beginBulk(GEOHASH_CHARACTERS);
    if (at >= 0) writeGeohash(reply.bytes, at, longitudeOf(score), latitudeOf(score));
  }
}

function geodist(call: Call): void {
  const { reply } = call;
  let unit = 1;
  if (call.count > 5) {
    reply.error(errors.SYNTAX);
    return;
  }
  if (call.count === 5) {
    unit = readUnit(call, 4);
    if (unit === NO_UNIT) return;
  }
  const entry = findToRead(call, 0, 1);
  if (entry === WRONG_TYPE) return;
  const from = memberScore(call, 0, entry, 2);
  const to = memberScore(call, 0, entry, 3);
  if (Number.isNaN(from) || Number.isNaN(to)) {
    reply.nil();
    return;
  }
  const metres = distance(longitudeOf(from), latitudeOf(from), longitudeOf(to), latitudeOf(to));
  replyDistance(reply, metres / unit);
}

/** The score of the member that argument `index` names, in the sorted set of key number `key`; NaN when it is not there. */
export function memberScore(call: Call, key: number, entry: number, index: number): number {
  if (entry === 0) return Number.NaN;
  return call.collections.sortedSets.score(
    call.keyShard(key),
    call.client.database,
    entry,
    call.bytes,
    call.data,
    call.offset(index),
    call.size(index),
  );
}

/** Longitude and latitude of the place that a score means. */
export function replyCoordinates(reply: ReplyWriter, score: number): void {
  reply.arrayHeader(2);
  reply.doubleText(formatHuman(longitudeOf(score)));
  reply.doubleText(formatHuman(latitudeOf(score)));
}

/** A bulk string in RESP3, too. */
export function replyDistance(reply: ReplyWriter, units: number): void {
  reply.bulkText(formatFixed(units, DISTANCE_DIGITS));
}

const MEMBERS: ArgumentSpec = { name: 'member', type: 'string', flags: ['multiple'] };

export const GEO_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'geoadd',
    arity: -5,
    flags: ['write', 'denyoom'],
    group: 'geo',
    since: '3.2.0',
    summary: 'Adds members with their longitudes and latitudes, or moves those that are there.',
    complexity: 'O(log N) for each member, with N members in the sorted set',
    keys: UPDATES_ONE,
    arguments: [
      KEY,
      {
        name: 'condition',
        type: 'oneof',
        flags: ['optional'],
        since: '6.2.0',
        arguments: [
          { name: 'nx', type: 'pure-token', token: 'NX' },
          { name: 'xx', type: 'pure-token', token: 'XX' },
        ],
      },
      { name: 'change', type: 'pure-token', token: 'CH', flags: ['optional'], since: '6.2.0' },
      {
        name: 'longitude_latitude_member',
        type: 'block',
        flags: ['multiple'],
        arguments: [...COORDINATES, { name: 'member', type: 'string' }],
      },
    ],
    reply: 'integer',
    run: geoadd,
  },
  {
    name: 'geopos',
    arity: -2,
    flags: ['readonly'],
    group: 'geo',
    since: '3.2.0',
    summary: 'Returns longitudes and latitudes of members.',
    complexity: 'O(1) for each member',
    keys: READS_ONE,
    arguments: [KEY, MEMBERS],
    reply: 'array<[double,double]?>',
    run: geopos,
  },
  {
    name: 'geodist',
    arity: -4,
    flags: ['readonly'],
    group: 'geo',
    since: '3.2.0',
    summary: 'Returns the distance between two members.',
    complexity: 'O(1)',
    keys: READS_ONE,
    arguments: [
      KEY,
      { name: 'member1', type: 'string' },
      { name: 'member2', type: 'string' },
      { ...UNIT, flags: ['optional'] },
    ],
    reply: 'decimal?',
    run: geodist,
  },
  {
    name: 'geohash',
    arity: -2,
    flags: ['readonly'],
    group: 'geo',
    since: '3.2.0',
    summary: 'Returns geohashes of members as text.',
    complexity: 'O(1) for each member',
    keys: READS_ONE,
    arguments: [KEY, MEMBERS],
    reply: 'array<text?>',
    run: geohash,
  },
];
