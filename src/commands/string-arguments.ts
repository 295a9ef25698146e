/**
 * What the string commands' specs and handlers have in common: argument specs, and integers of any size.
 */

import { parseWideInteger, WIDE_INTEGER } from '../base/integer.js';
import type { Call } from '../engine/call.js';
import type { ArgumentSpec } from '../engine/command.js';
import { KEY } from './key-arguments.js';

export const VALUE: ArgumentSpec = { name: 'value', type: 'string' };
export const KEYS_AND_VALUES: ArgumentSpec = {
  name: 'data',
  type: 'block',
  flags: ['multiple'],
  arguments: [KEY, VALUE],
};

/**
 * Argument `index` as an offset or a count: NOT_INTEGER when it is no integer of 64 bits. Beyond 2^53, where everything has
 * ended, it is the nearest double.
 */
export function nearestInteger(call: Call, index: number): number {
  const value = call.integer(index);
  if (value !== WIDE_INTEGER) return value;
  return Number(parseWideInteger(call.bytes, call.offset(index), call.size(index))); // alloc: only beyond 2^53
}

/** Sets key number 0, which is argument `keyAt`, to argument `valueAt`; false when memory is exhausted. */
export function storeArgument(
  call: Call,
  keyAt: number,
  valueAt: number,
  deadline: number,
  existing: number,
): boolean {
  return call.keyspace.set(
    call.keyShard(0),
    call.client.database,
    call.keyHash(0),
    call.data,
    call.offset(keyAt),
    call.size(keyAt),
    call.data,
    call.offset(valueAt),
    call.size(valueAt),
    deadline,
    existing,
  );
}
