/**
 * The filters of CLIENT LIST and CLIENT KILL: pairs of option and value, of which all have to hold. Nearly every option has a
 * NOT- form, for clients that are to be left out.
 *
 * Options, rules and error texts are those of Valkey 9. Where Redis 7.0 has an option already, and another error for it, that one
 * is given.
 */

import { NOT_INTEGER } from '../base/integer.js';
import type { Call } from '../engine/call.js';
import * as errors from '../engine/errors.js';
import type { ClientFilter, ClientTraits } from '../engine/services.js';

const TYPES = ['normal', 'master', 'replica', 'pubsub'] as const;
/** Every flag that a server of this kind shows, whether or not this one has a use for it. */
const FLAGS = /^[OSMPxbtRBdcuAUreTIN]*$/;

type Mutable<T> = { -readonly [Field in keyof T]: T[Field] };

/** Takes argument `index` as an option's value; false after an error reply. `option` is the option's name as it is written. */
type ReadTrait = (call: Call, index: number, traits: Mutable<ClientTraits>, option: string) => boolean;

/** Options with one value that have a NOT- form. */
const TRAITS: Readonly<Record<string, ReadTrait>> = {
  ADDR: readText('address'),
  LADDR: readText('localAddress'),
  IP: readText('ip'),
  NAME: readText('name'),
  'LIB-NAME': readText('libraryName'),
  'LIB-VER': readText('libraryVersion'),
  TYPE: readType,
  USER: readUser,
  FLAGS: readFlags,
  DB: readDatabase,
};

/**
 * The filter in the arguments from 2 on; undefined after an error reply.
 *
 * @param isKill for CLIENT KILL, which spares its own client unless told otherwise, and is stricter about ids
 */
export function readFilter(call: Call, isKill: boolean): ClientFilter | undefined {
  const filter: Mutable<ClientFilter> = {};
  const not: Mutable<ClientTraits> = {};
  let skipsSelf = isKill;
  let isBehindIds = false;
  for (let index = 2; index < call.count; ) {
    const option = call.byteText(index).toUpperCase();
    const value = index + 1;
    const hasValue = value < call.count;
    const name = option.startsWith('NOT-') ? option.slice('NOT-'.length) : option;
    const traits = name === option ? filter : not;
    if (name === 'ID' && hasValue) {
      const next = readIds(call, value, traits, isKill);
      if (next === 0) return undefined;
      index = next;
      isBehindIds = true;
      continue;
    }
    const readTrait = TRAITS[name];
    if (readTrait !== undefined && hasValue) {
      if (!readTrait(call, value, traits, option)) return undefined;
    } else if (option === 'MAXAGE' && hasValue) {
      filter.maxAgeSeconds = readSeconds(call, value, 'maxage');
      if (filter.maxAgeSeconds === 0) return undefined;
    } else if (option === 'IDLE' && hasValue) {
      filter.idleSeconds = readSeconds(call, value, 'idle');
      if (filter.idleSeconds === 0) return undefined;
    } else if (option === 'SKIPME' && hasValue && (call.is(value, 'YES') || call.is(value, 'NO'))) {
      skipsSelf = call.is(value, 'YES');
    } else {
      // `LIST ID 1 x`: what is neither an id nor an option is a wrong id.
      call.reply.error(isBehindIds && !isKill ? errors.CLIENT_ID_INVALID : errors.SYNTAX);
      return undefined;
    }
    index += 2;
    isBehindIds = false;
  }
  if (Object.keys(not).length !== 0) filter.not = not;
  if (skipsSelf) filter.except = call.client.id;
  return filter;
}

/** Ids from argument `index` on, one at least. Returns the number of the argument behind them, 0 after an error reply. */
function readIds(call: Call, index: number, traits: Mutable<ClientTraits>, isKill: boolean): number {
  const ids: number[] = [];
  let at = index;
  for (; at < call.count; at++) {
    const id = call.integer(at);
    if (id === NOT_INTEGER && ids.length !== 0) break;
    if (id === NOT_INTEGER || (isKill && call.clampedInteger(at) < 1)) {
      call.reply.error(isKill ? errors.CLIENT_ID_RANGE : errors.CLIENT_ID_INVALID);
      return 0;
    }
    ids.push(id);
  }
  traits.ids = ids;
  return at;
}

function readText(
  trait: 'address' | 'localAddress' | 'ip' | 'name' | 'libraryName' | 'libraryVersion',
): ReadTrait {
  return (call, index, traits) => {
    traits[trait] = call.byteText(index);
    return true;
  };
}

function readType(call: Call, index: number, traits: Mutable<ClientTraits>): boolean {
  const name = call.is(index, 'SLAVE') ? 'replica' : call.byteText(index).toLowerCase();
  const type = TYPES.find((known) => known === name);
  if (type === undefined) {
    call.reply.error(errors.unknownClientType(call.bytes, call.offset(index), call.size(index)));
    return false;
  }
  traits.type = type;
  return true;
}

function readUser(call: Call, index: number, traits: Mutable<ClientTraits>): boolean {
  const user = call.byteText(index);
  if (call.services.users.find(user) === undefined) {
    call.reply.error(errors.errorLine(`ERR No such user '${user}'`));
    return false;
  }
  traits.user = user;
  return true;
}

function readFlags(call: Call, index: number, traits: Mutable<ClientTraits>, option: string): boolean {
  const flags = call.byteText(index);
  if (!FLAGS.test(flags)) {
    const where = option === 'FLAGS' ? 'provided' : option;
    call.reply.error(errors.errorLine(`ERR Unknown flags found in the ${where} filter: ${flags}`));
    return false;
  }
  traits.flags = flags;
  return true;
}

function readDatabase(call: Call, index: number, traits: Mutable<ClientTraits>, option: string): boolean {
  const database = call.clampedInteger(index);
  const last = call.keyspace.memory.databaseCount - 1;
  if (database === NOT_INTEGER) {
    call.reply.error(`ERR ${option} is not an integer or out of range`);
  } else if (database < 0 || database > last) {
    call.reply.error(`ERR ${option} number should be between 0 and ${last}`);
  } else {
    traits.database = database;
    return true;
  }
  return false;
}

/** A number of seconds above 0; 0 after an error reply. */
function readSeconds(call: Call, index: number, name: string): number {
  const seconds = call.clampedInteger(index);
  if (seconds === NOT_INTEGER) call.reply.error(`ERR ${name} is not an integer or out of range`);
  else if (seconds <= 0) call.reply.error(`ERR ${name} should be greater than 0`);
  else return seconds;
  return 0;
}
