/**
 * What the sections of INFO are made of.
 */

import type { Call } from '../../engine/call.js';

/** Lines of a section: `name:value`. */
export type Fields = readonly (readonly [name: string, value: string | number])[];

const UNITS = ['B', 'K', 'M', 'G', 'T', 'P'];

/** As Redis writes sizes for people: 1.50M. */
export function humanBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return unit === 0 ? `${value}B` : `${value.toFixed(2)}${UNITS[unit]}`;
}

/** `part / whole` with two decimals; of nothing, as Redis has it, `none`. */
export function ratio(part: number, whole: number, none = '0.00'): string {
  return whole === 0 ? none : (part / whole).toFixed(2);
}

export function percentage(part: number, whole: number): string {
  return `${ratio(part * 100, whole)}%`;
}

/** The sum of a shard's counter (SHARD_F64_*) over all shards. */
export function shardTotal(call: Call, word: number): number {
  const { memory } = call.keyspace;
  let sum = 0;
  for (let shard = 0; shard < memory.shardCount; shard++) {
    sum += memory.shardF64[memory.doubleAt(shard, word)] ?? 0;
  }
  return sum;
}
