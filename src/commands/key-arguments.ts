/**
 * What the specs of commands on keys have in common: which arguments are keys, and what is done with them.
 */

import type { ArgumentSpec, KeyRange } from '../engine/command.js';

export const ONE_KEY = { first: 1, last: 1, step: 1 } as const;
export const MANY_KEYS = { first: 1, last: -1, step: 1 } as const;

export const KEY: ArgumentSpec = { name: 'key', type: 'key' };
export const KEYS: ArgumentSpec = { name: 'key', type: 'key', flags: ['multiple'] };

export const READS_ONE: KeyRange = { ...ONE_KEY, flags: ['RO', 'access'] };
export const UPDATES_ONE: KeyRange = { ...ONE_KEY, flags: ['RW', 'update'] };
