/**
 * OBJECT: what can be seen of a value from outside. Looking at it is no use of the key.
 */

import { parseInteger } from '../base/integer.js';
import type { Call } from '../engine/call.js';
import type { CommandSpec, ReplySpec } from '../engine/command.js';
import * as errors from '../engine/errors.js';
import { valueEncoding } from '../engine/value-encoding.js';
import { replyHelp } from './connection.js';

/** Redis has each integer below this only once, for all keys that hold it, and shows so many references then. */
const SHARED_INTEGERS = 10_000;
const SHARED_REFERENCES = 2 ** 31 - 1;

function encoding(call: Call): void {
  const entry = call.peek(0, 2);
  if (entry === 0) call.reply.nil();
  else call.reply.bulkText(valueEncoding(call.keyspace.entries, entry));
}

function frequency(call: Call): void {
  const entry = call.peek(0, 2);
  const { clock } = call.keyspace;
  if (entry === 0) call.reply.nil();
  else if (clock.isLfu) call.reply.integer(clock.frequency(entry));
  else call.reply.error(errors.LFU_NOT_SELECTED);
}

function idleTime(call: Call): void {
  const entry = call.peek(0, 2);
  const { clock } = call.keyspace;
  if (entry === 0) call.reply.nil();
  else if (clock.isLfu) call.reply.error(errors.LFU_SELECTED);
  else call.reply.integer(clock.idleSeconds(entry));
}

function referenceCount(call: Call): void {
  const entry = call.peek(0, 2);
  if (entry === 0) call.reply.nil();
  else call.reply.integer(valueReferences(call, entry));
}

/** How many keys would share the value of `entry` in Redis: itself alone, or too many to count. */
export function valueReferences(call: Call, entry: number): number {
  return isShared(call, entry) ? SHARED_REFERENCES : 1;
}

/** True when Redis would have the value only once: it can't where each key must have an access time of its own. */
function isShared(call: Call, entry: number): boolean {
  const { entries } = call.keyspace;
  const { config } = call.services;
  if (valueEncoding(entries, entry) !== 'int') return false;
  if (config.integer('maxmemory') !== 0 && /lru|lfu/.test(config.text('maxmemory-policy'))) return false;
  const value = parseInteger(entries.bytes(entry), entries.valueOffset(entry), entries.valueSize(entry));
  return value >= 0 && value < SHARED_INTEGERS;
}

const HELP = [
  'OBJECT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:',
  'ENCODING <key>',
  '    Return the kind of internal representation used in order to store the value',
  '    associated with a <key>.',
  'FREQ <key>',
  '    Return the access frequency index of the <key>. The returned integer is',
  '    proportional to the logarithm of the recent access frequency of the key.',
  'IDLETIME <key>',
  '    Return the idle time of the <key>, that is the approximated number of',
  '    seconds elapsed since the last access to the key.',
  'REFCOUNT <key>',
  '    Return the number of references of the value associated with the specified',
  '    <key>.',
  'HELP',
  '    Prints this help.',
];

/** OBJECT ENCODING and the others that look at one key. */
function subcommand(name: string, reply: ReplySpec, summary: string, run: (call: Call) => void): CommandSpec {
  return {
    name,
    arity: 3,
    flags: ['readonly'],
    group: 'generic',
    since: name === 'freq' ? '4.0.0' : '2.2.3',
    summary,
    complexity: 'O(1)',
    keys: { first: 2, last: 2, step: 1, flags: ['RO'] },
    tips: ['nondeterministic_output'],
    arguments: [{ name: 'key', type: 'key' }],
    reply,
    run,
  };
}

export const OBJECT_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'object',
    arity: -2,
    flags: [],
    group: 'generic',
    since: '2.2.3',
    summary: 'Commands that look at values from outside.',
    complexity: 'Depends on the subcommand.',
    subcommands: [
      subcommand('encoding', 'string?', 'Returns how Redis would hold the value of a key.', encoding),
      subcommand('freq', 'integer?', 'Returns how often a key is used, as a logarithm.', frequency),
      subcommand('idletime', 'integer?', 'Returns the seconds since a key was used.', idleTime),
      subcommand(
        'refcount',
        'integer?',
        'Returns how many keys would share the value of a key in Redis.',
        referenceCount,
      ),
      {
        name: 'help',
        arity: 2,
        flags: ['loading', 'stale'],
        group: 'generic',
        since: '6.2.0',
        summary: 'Lists the subcommands.',
        complexity: 'O(1)',
        reply: 'array<string>',
        run: (call) => replyHelp(call, HELP),
      },
    ],
  },
];
