/**
 * Several strings at one moment: MGET, and MSET, MSETNX and MSETEX, which set all of their keys or none.
 */

import { NOT_INTEGER } from '../base/integer.js';
import type { Call } from '../engine/call.js';
import type { CommandSpec } from '../engine/command.js';
import * as errors from '../engine/errors.js';
import { TYPE_STRING } from '../structures/entry.js';
import { INVALID_DEADLINE } from './deadline.js';
import { KEY } from './key-arguments.js';
import { KEYS_AND_VALUES, nearestInteger } from './string-arguments.js';
import {
  ALWAYS,
  EXPIRY_ARGUMENTS,
  IF_ABSENT,
  KEEPTTL_ARGUMENT,
  options,
  optionsDeadline,
  PRESENCE_ARGUMENTS,
  readOptions,
  TAKES_KEEPTTL,
  TAKES_PRESENCE,
} from './string-options.js';

/** Redis counts keys in 32 bits. */
const KEY_COUNT_MAX = 2 ** 31 - 1;

/** Stands for the deadline that each key has. */
const KEPT_DEADLINE = -2;

/** Entries that have been built and not linked yet. */
let built = new Uint32Array(64);

function mget(call: Call): void {
  call.reply.arrayHeader(call.count - 1);
  for (let index = 1; index < call.count; index++) {
    const entry = call.findToRead(index - 1, index);
    if (entry === 0 || call.keyspace.entries.type(entry) !== TYPE_STRING) call.reply.nil();
    else call.replyValue(entry);
  }
}

function mset(call: Call): void {
  if ((call.count & 1) === 0) call.reply.error(errors.wrongArity('mset'));
  else if (storePairs(call, 1, call.keyCount, 0)) call.reply.ok();
  else call.reply.error(errors.OUT_OF_MEMORY);
}

function msetnx(call: Call): void {
  if ((call.count & 1) === 0) call.reply.error(errors.wrongArity('msetnx'));
  else if (!areAll(call, 1, IF_ABSENT)) call.reply.integer(0);
  else if (storePairs(call, 1, call.keyCount, 0)) call.reply.integer(1);
  else call.reply.error(errors.OUT_OF_MEMORY);
}

/** `MSETEX numkeys key value [key value ...] [options]`. */
function msetex(call: Call): void {
  const stated = nearestInteger(call, 1);
  if (stated === NOT_INTEGER || stated < 1 || stated > KEY_COUNT_MAX) {
    call.reply.error(errors.KEY_COUNT_INVALID);
    return;
  }
  const end = 2 + stated * 2;
  if (end > call.count) {
    call.reply.error(errors.KEY_VALUE_PAIRS);
    return;
  }
  if (!readOptions(call, end, TAKES_PRESENCE | TAKES_KEEPTTL)) return;
  const deadline = options.keepsDeadline ? KEPT_DEADLINE : optionsDeadline(call);
  if (deadline === INVALID_DEADLINE) return;
  if (!areAll(call, 2, options.condition)) call.reply.integer(0);
  else if (storePairs(call, 2, call.keyCount, deadline)) call.reply.integer(1);
  else call.reply.error(errors.OUT_OF_MEMORY);
}

/** True when all keys, of which the first is argument `first`, are as `condition` wants them: IF_ABSENT, IF_PRESENT or ALWAYS. */
function areAll(call: Call, first: number, condition: number): boolean {
  if (condition === ALWAYS) return true;
  for (let key = 0; key < call.keyCount; key++) {
    if ((call.find(key, first + key * 2) === 0) !== (condition === IF_ABSENT)) return false;
  }
  return true;
}

/**
 * Sets `pairs` keys, of which the first is argument `first`. All entries are built before the first is linked, and keys that are
 * new are linked before others are replaced, because only a table that grows may find no memory: so that a lack of it, for which
 * this returns false, leaves nothing half done.
 *
 * @param deadline Unix ms, 0 = never, KEPT_DEADLINE = as before
 */
function storePairs(call: Call, first: number, pairs: number, deadline: number): boolean {
  const keyspace = call.keyspace;
  const database = call.client.database;
  if (pairs > built.length) built = new Uint32Array(pairs * 2); // alloc: once per larger request
  if (overwritePairs(call, first, pairs, deadline)) return true;
  for (let pair = 0; pair < pairs; pair++) {
    const entry = buildPair(call, pair, first + pair * 2, deadline);
    if (entry === 0) {
      takeBack(call, first, pair, 0);
      return false;
    }
    built[pair] = entry;
  }
  for (let pair = 0; pair < pairs; pair++) {
    if (call.findStored(pair, first + pair * 2) !== 0) continue;
    if (!keyspace.link(call.keyShard(pair), database, call.keyHash(pair), built[pair]!, 0)) {
      takeBack(call, first, pairs, pair);
      return false;
    }
  }
  for (let pair = 0; pair < pairs; pair++) {
    const existing = call.findStored(pair, first + pair * 2);
    if (existing !== built[pair]) {
      if (call.touches) keyspace.clock.touch(existing);
      keyspace.clock.takeOver(built[pair]!, existing);
      keyspace.link(call.keyShard(pair), database, call.keyHash(pair), built[pair]!, existing);
    }
    keyspace.logSet(call.keyShard(pair), database, built[pair]!);
  }
  return true;
}

/**
 * Does the same in the usual case that needs no memory: all keys are there, and every value fits in the place of the old one.
 * Returns false, with nothing changed, when that is not so. A key may be named twice: what fits once fits again.
 */
function overwritePairs(call: Call, first: number, pairs: number, deadline: number): boolean {
  if (deadline === KEPT_DEADLINE) return false;
  const keyspace = call.keyspace;
  for (let pair = 0; pair < pairs; pair++) {
    const index = first + pair * 2;
    const existing = call.findStored(pair, index);
    if (existing === 0 || keyspace.hasExpired(existing)) return false;
    if (!keyspace.fitsInPlace(call.keyShard(pair), existing, call.size(index + 1), deadline)) return false;
    built[pair] = existing;
  }
  for (let pair = 0; pair < pairs; pair++) {
    const index = first + pair * 2;
    if (call.touches) keyspace.clock.touch(built[pair]!);
    keyspace.overwrite(
      call.keyShard(pair),
      call.client.database,
      built[pair]!,
      call.data,
      call.offset(index + 1),
      call.size(index + 1),
      deadline,
    );
  }
  return true;
}

/** The entry of a pair, of which the key is argument `index`; in no table yet. 0 when memory is exhausted. */
function buildPair(call: Call, pair: number, index: number, deadline: number): number {
  let own = deadline;
  if (deadline === KEPT_DEADLINE) {
    const existing = call.find(pair, index);
    own = existing === 0 ? 0 : call.keyspace.entries.deadline(existing);
  }
  return call.keyspace.build(
    call.keyShard(pair),
    call.data,
    call.offset(index),
    call.size(index),
    call.data,
    call.offset(index + 1),
    call.size(index + 1),
    own,
  );
}

/** There was no memory: frees the first `builtCount` entries, of which the first `seenCount` may be linked as new keys. */
function takeBack(call: Call, first: number, builtCount: number, seenCount: number): void {
  const keyspace = call.keyspace;
  for (let pair = 0; pair < builtCount; pair++) {
    const entry = built[pair]!;
    if (pair < seenCount && call.findStored(pair, first + pair * 2) === entry) {
      keyspace.unlink(call.keyShard(pair), call.client.database, entry);
    }
    keyspace.release(call.keyShard(pair), entry);
  }
}

export const STRING_BATCH_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'mget',
    arity: -2,
    flags: ['readonly', 'fast'],
    group: 'string',
    since: '1.0.0',
    summary: 'Returns the string values of several keys, as they all were at one moment.',
    complexity: 'O(N) with the number of keys',
    keys: { first: 1, last: -1, step: 1, flags: ['RO', 'access'] },
    tips: ['request_policy:multi_shard'],
    arguments: [{ ...KEY, flags: ['multiple'] }],
    reply: 'array<text?>',
    run: mget,
  },
  {
    name: 'mset',
    arity: -3,
    flags: ['write', 'denyoom'],
    group: 'string',
    since: '1.0.1',
    summary: 'Sets the string values of several keys, all at one moment and all or none of them.',
    complexity: 'O(N) with the number of keys',
    keys: { first: 1, last: -1, step: 2, flags: ['OW', 'update'] },
    tips: ['request_policy:multi_shard', 'response_policy:all_succeeded'],
    arguments: [KEYS_AND_VALUES],
    reply: 'ok',
    run: mset,
  },
  {
    name: 'msetnx',
    arity: -3,
    flags: ['write', 'denyoom'],
    group: 'string',
    since: '1.0.1',
    summary: 'Sets the string values of several keys unless one of them exists.',
    complexity: 'O(N) with the number of keys',
    keys: { first: 1, last: -1, step: 2, flags: ['OW', 'insert'] },
    tips: ['request_policy:multi_shard', 'response_policy:agg_min'],
    arguments: [KEYS_AND_VALUES],
    reply: 'flag',
    run: msetnx,
  },
  {
    name: 'msetex',
    arity: -4,
    flags: ['write', 'denyoom'],
    group: 'string',
    since: '8.4.0',
    summary: 'Sets the string values of several keys and when they expire, if all or none of them exist.',
    complexity: 'O(N) with the number of keys',
    keys: { first: 2, last: -1, step: 2, countAt: 1, flags: ['OW', 'update'] },
    tips: ['request_policy:multi_shard', 'response_policy:all_succeeded'],
    arguments: [
      { name: 'numkeys', type: 'integer' },
      KEYS_AND_VALUES,
      { name: 'condition', type: 'oneof', flags: ['optional'], arguments: PRESENCE_ARGUMENTS },
      {
        name: 'expiration',
        type: 'oneof',
        flags: ['optional'],
        arguments: [...EXPIRY_ARGUMENTS, KEEPTTL_ARGUMENT],
      },
    ],
    reply: 'flag',
    run: msetex,
  },
];
