/**
 * ACL categories: groups of commands that a rule can name (`+@read`), as COMMAND INFO shows them.
 */

import type { CommandSpec } from '../command.js';

/** Every category of Redis, in the order in which it lists them; of some there are no commands here. */
export const CATEGORIES = [
  'keyspace',
  'read',
  'write',
  'set',
  'sortedset',
  'list',
  'hash',
  'string',
  'bitmap',
  'hyperloglog',
  'geo',
  'stream',
  'pubsub',
  'admin',
  'fast',
  'slow',
  'blocking',
  'dangerous',
  'connection',
  'transaction',
  'scripting',
] as const;

const GROUP_CATEGORIES: Partial<Record<CommandSpec['group'], string>> = {
  string: '@string',
  list: '@list',
  set: '@set',
  'sorted-set': '@sortedset',
  hash: '@hash',
  geo: '@geo',
  bitmap: '@bitmap',
  hyperloglog: '@hyperloglog',
  generic: '@keyspace',
  connection: '@connection',
};

/** The categories of a command, each with its `@`: those of its group and those that follow from its flags. */
export function aclCategories(spec: CommandSpec): string[] {
  const categories = new Set(spec.categories ?? []);
  const ofGroup = spec.groupCategory ?? GROUP_CATEGORIES[spec.group];
  if (ofGroup !== undefined && spec.run !== undefined) categories.add(ofGroup);
  if (spec.flags.includes('write')) categories.add('@write');
  if (spec.flags.includes('readonly')) categories.add('@read');
  if (spec.flags.includes('admin')) categories.add('@admin').add('@dangerous');
  if (spec.flags.includes('blocking')) categories.add('@blocking');
  categories.add(spec.flags.includes('fast') ? '@fast' : '@slow');
  return CATEGORIES.map((category) => `@${category}`).filter((category) => categories.has(category));
}
