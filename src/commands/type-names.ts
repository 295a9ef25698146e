/**
 * The names of the types of values, as TYPE tells them.
 */

import type { Call } from '../engine/call.js';

/** By type number (structures/entry.ts). */
const TYPE_NAMES = ['string', 'list', 'set', 'zset', 'hash'] as const;

/** The name of the type of an entry's value. */
export function typeName(call: Call, entry: number): string {
  return TYPE_NAMES[call.keyspace.entries.type(entry)]!;
}

/** The type that argument `index` names in any case; of an unknown name one that no key has, as in Redis 7.0. */
export function typeNumber(call: Call, index: number): number {
  const known = TYPE_NAMES.findIndex((name) => call.is(index, name.toUpperCase()));
  return known < 0 ? TYPE_NAMES.length : known;
}
