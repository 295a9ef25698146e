/**
 * All commands as methods, and the types of their options. Made by `npm run docs`, and not to be edited.
 */

import type { Mode } from '../command-runner.js';
import type { Text } from '../reply.js';
import { ServerCommands } from './server.js';

export type * from './bitmaps.js';
export type * from './connections.js';
export type * from './geo.js';
export type * from './hashes.js';
export type * from './hyperloglogs.js';
export type * from './keys.js';
export type * from './lists.js';
export type * from './server.js';
export type * from './sets.js';
export type * from './sorted-sets.js';
export type * from './strings.js';

/**
 * Every command that belongs to no connection, as a method: a class for each group of commands, one built on the other.
 *
 * What they all have in common:
 * - What Redis requires is a parameter, in Redis's order; lists know their own length. What is optional and has a word in Redis
 *   is an option of that name: `set('k', 'v', { ex: 10, nx: true })`.
 * - Of a list a single one will do, and at the end of the parameters they can be given one by one: `del('a', 'b')`.
 * - An integer that only ever says yes or no is a boolean. A missing key, an empty list to take from: `undefined`.
 */
export abstract class Commands<T extends Text, M extends Mode> extends ServerCommands<T, M> {}
