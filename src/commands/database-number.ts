/**
 * Arguments that name a database, with Redis's errors for what is none.
 */

import { NOT_INTEGER } from '../base/integer.js';
import type { Call } from '../engine/call.js';
import * as errors from '../engine/errors.js';

/** The number of a database is an int, and an argument beyond that is refused in other words than one that is too high. */
const INT_MAX = 2 ** 31 - 1;
const INT_MIN = -(2 ** 31);

/** The database that argument `index` names; -1 after an error reply. */
export function databaseNumber(call: Call, index: number): number {
  const number = call.integer(index);
  if (number === NOT_INTEGER) call.reply.error(errors.NOT_AN_INTEGER);
  else if (!isInt(number)) call.reply.error(errors.INT_RANGE);
  else if (!isDatabase(call, number)) call.reply.error(errors.DATABASE_INDEX);
  else return number;
  return -1;
}

/** True when an int of C, which has 32 bits, can hold the integer. */
export function isInt(number: number): boolean {
  return number >= INT_MIN && number <= INT_MAX;
}

/** True when there is such a database. */
export function isDatabase(call: Call, number: number): boolean {
  return number >= 0 && number < call.keyspace.memory.databaseCount;
}
