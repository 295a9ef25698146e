/**
 * Commands on keys whatever they hold: deleting, and looking whether and what they are.
 */

import type { Call } from '../engine/call.js';
import type { CommandSpec } from '../engine/command.js';
import { KEY, KEYS, MANY_KEYS, ONE_KEY } from './key-arguments.js';
import { typeName } from './type-names.js';

/** DEL and UNLINK, which are the same: memory is given back block by block, with nothing to be done later. */
function del(call: Call): void {
  let count = 0;
  for (let index = 1; index < call.count; index++) {
    const entry = call.find(index - 1, index);
    if (entry === 0) continue;
    call.keyspace.remove(call.keyShard(index - 1), call.client.database, entry);
    count += 1;
  }
  call.reply.integer(count);
}

function exists(call: Call): void {
  let count = 0;
  for (let index = 1; index < call.count; index++) {
    if (call.peek(index - 1, index) !== 0) count += 1;
  }
  call.reply.integer(count);
}

/** Finding a key is all the touching there is. */
function touch(call: Call): void {
  let count = 0;
  for (let index = 1; index < call.count; index++) {
    if (call.findToRead(index - 1, index) !== 0) count += 1;
  }
  call.reply.integer(count);
}

function type(call: Call): void {
  const entry = call.peek(0, 1);
  call.reply.status(entry === 0 ? 'none' : typeName(call, entry));
}

export const KEY_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'del',
    arity: -2,
    flags: ['write'],
    group: 'generic',
    since: '1.0.0',
    summary: 'Deletes keys, all at one moment.',
    complexity: 'O(N) with the number of keys',
    keys: { ...MANY_KEYS, flags: ['RM', 'delete'] },
    tips: ['request_policy:multi_shard', 'response_policy:agg_sum'],
    arguments: [KEYS],
    reply: 'integer',
    run: del,
  },
  {
    name: 'unlink',
    arity: -2,
    flags: ['write', 'fast'],
    group: 'generic',
    since: '4.0.0',
    summary: 'Deletes keys, all at one moment: the same as DEL.',
    complexity: 'O(N) with the number of keys',
    keys: { ...MANY_KEYS, flags: ['RM', 'delete'] },
    tips: ['request_policy:multi_shard', 'response_policy:agg_sum'],
    arguments: [KEYS],
    reply: 'integer',
    run: del,
  },
  {
    name: 'exists',
    arity: -2,
    flags: ['readonly', 'fast'],
    group: 'generic',
    since: '1.0.0',
    summary: 'Counts how many of the keys exist; one named twice counts twice.',
    complexity: 'O(N) with the number of keys',
    keys: { ...MANY_KEYS, flags: ['RO'] },
    tips: ['request_policy:multi_shard', 'response_policy:agg_sum'],
    arguments: [KEYS],
    reply: 'integer',
    run: exists,
  },
  {
    name: 'touch',
    arity: -2,
    flags: ['readonly', 'fast'],
    group: 'generic',
    since: '3.2.1',
    summary: 'Counts how many of the keys exist, and notes that they were used.',
    complexity: 'O(N) with the number of keys',
    keys: { ...MANY_KEYS, flags: ['RO'] },
    tips: ['request_policy:multi_shard', 'response_policy:agg_sum'],
    arguments: [KEYS],
    reply: 'integer',
    run: touch,
  },
  {
    name: 'type',
    arity: 2,
    flags: ['readonly', 'fast'],
    group: 'generic',
    since: '1.0.0',
    summary: 'Returns the type of the value of a key.',
    complexity: 'O(1)',
    keys: { ...ONE_KEY, flags: ['RO'] },
    arguments: [KEY],
    reply: 'string',
    run: type,
  },
];
