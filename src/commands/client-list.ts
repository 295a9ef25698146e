/**
 * CLIENT LIST, INFO, KILL and UNBLOCK: commands on clients of all threads. The main thread asks each thread; meanwhile the
 * client waits.
 */

import { NOT_INTEGER } from '../base/integer.js';
import type { Call } from '../engine/call.js';
import type { LateReply } from '../engine/client.js';
import type { ArgumentSpec, CommandFlag, CommandSpec } from '../engine/command.js';
import * as errors from '../engine/errors.js';
import type { ClientFilter, UnblockTarget } from '../engine/services.js';
import { readFilter } from './client-filter.js';

const FLAGS: readonly CommandFlag[] = ['noscript', 'loading', 'stale'];
const ADMIN_FLAGS: readonly CommandFlag[] = ['admin', ...FLAGS];

function info(call: Call): void {
  call.suspend(replyList(call, { ids: [call.client.id] }));
}

function list(call: Call): void {
  if (call.count === 3) {
    call.reply.error(errors.SYNTAX);
    return;
  }
  const filter = readFilter(call, false);
  if (filter !== undefined) call.suspend(replyList(call, filter));
}

async function replyList(call: Call, filter: ClientFilter): Promise<LateReply> {
  const text = await call.services.control.listClients(filter);
  return (reply) => reply.verbatim(text, 'txt');
}

/** With one argument, the old form: an address, no matter whose. */
function kill(call: Call): void {
  if (call.count === 3) {
    call.suspend(replyKilledOne(call, { address: call.byteText(2) }));
    return;
  }
  const filter = readFilter(call, true);
  if (filter !== undefined) call.suspend(replyKilled(call, filter));
}

async function replyKilledOne(call: Call, filter: ClientFilter): Promise<LateReply> {
  const count = await call.services.control.killClients(filter);
  return (reply) => (count === 0 ? reply.error(errors.NO_SUCH_CLIENT) : reply.ok());
}

async function replyKilled(call: Call, filter: ClientFilter): Promise<LateReply> {
  const count = await call.services.control.killClients(filter);
  return (reply) => reply.integer(count);
}

function unblock(call: Call): void {
  if (call.count > 4) {
    call.reply.error(errors.subcommandSyntax(call.bytes, call.offset(1), call.size(1), 'client'));
    return;
  }
  const asError = call.count === 4 && call.is(3, 'ERROR');
  if (call.count === 4 && !asError && !call.is(3, 'TIMEOUT')) {
    call.reply.error(errors.UNBLOCK_REASON);
    return;
  }
  const id = call.integer(2);
  if (id === NOT_INTEGER) call.reply.error(errors.NOT_AN_INTEGER);
  else call.suspend(replyUnblocked(call, { id, asError }));
}

async function replyUnblocked(call: Call, target: UnblockTarget): Promise<LateReply> {
  const hasWaited = await call.services.control.unblockClient(target);
  return (reply) => reply.integer(hasWaited ? 1 : 0);
}

const CLIENT_TYPE: readonly ArgumentSpec[] = [
  { name: 'normal', type: 'pure-token', token: 'NORMAL' },
  { name: 'master', type: 'pure-token', token: 'MASTER' },
  { name: 'replica', type: 'pure-token', token: 'REPLICA', since: '5.0.0' },
  { name: 'pubsub', type: 'pure-token', token: 'PUBSUB' },
];

/** The filters, and their NOT- forms. */
const FILTERS: readonly ArgumentSpec[] = [filterArguments(''), filterArguments('NOT-')].flat().concat([
  { name: 'maxage', type: 'integer', token: 'MAXAGE', flags: ['optional'], since: '7.4.0' },
  { name: 'idle', type: 'integer', token: 'IDLE', flags: ['optional'] },
  {
    name: 'skipme',
    type: 'oneof',
    token: 'SKIPME',
    flags: ['optional'],
    arguments: [
      { name: 'yes', type: 'pure-token', token: 'YES' },
      { name: 'no', type: 'pure-token', token: 'NO' },
    ],
  },
]);

function filterArguments(prefix: '' | 'NOT-'): ArgumentSpec[] {
  const option = (name: string, type: 'string' | 'integer'): ArgumentSpec => ({
    name: (prefix + name).toLowerCase(),
    type,
    token: prefix + name,
    flags: ['optional'],
  });
  return [
    {
      name: `${prefix}client-id`.toLowerCase(),
      type: 'integer',
      token: `${prefix}ID`,
      flags: ['optional', 'multiple'],
    },
    {
      name: `${prefix}client-type`.toLowerCase(),
      type: 'oneof',
      token: `${prefix}TYPE`,
      flags: ['optional'],
      arguments: CLIENT_TYPE,
    },
    ...['ADDR', 'LADDR', 'IP', 'USER', 'NAME', 'FLAGS', 'LIB-NAME', 'LIB-VER'].map((name) =>
      option(name, 'string'),
    ),
    option('DB', 'integer'),
  ];
}

export const CLIENT_LIST_SUBCOMMANDS: readonly CommandSpec[] = [
  {
    name: 'info',
    arity: 2,
    flags: FLAGS,
    group: 'connection',
    since: '6.2.0',
    summary: 'Describes the connection, in the form of CLIENT LIST.',
    complexity: 'O(1)',
    tips: ['nondeterministic_output'],
    reply: 'string',
    suspends: true,
    run: info,
  },
  {
    name: 'list',
    arity: -2,
    flags: ADMIN_FLAGS,
    group: 'connection',
    since: '2.4.0',
    summary: 'Describes all connections, or some, one a line.',
    complexity: 'O(N) with the number of connections',
    tips: ['nondeterministic_output'],
    arguments: FILTERS,
    reply: 'string',
    suspends: true,
    run: list,
  },
  {
    name: 'kill',
    arity: -3,
    flags: ADMIN_FLAGS,
    group: 'connection',
    since: '2.4.0',
    summary: 'Closes connections.',
    complexity: 'O(N) with the number of connections',
    arguments: [
      {
        name: 'filter',
        type: 'oneof',
        arguments: [
          { name: 'old-format', type: 'string' },
          { name: 'new-format', type: 'block', flags: ['multiple'], arguments: FILTERS },
        ],
      },
    ],
    reply: { 'old-format': 'ok', else: 'integer' },
    suspends: true,
    run: kill,
  },
  {
    name: 'unblock',
    arity: -3,
    flags: ADMIN_FLAGS,
    group: 'connection',
    since: '5.0.0',
    summary: 'Ends the wait of a client in a blocking command.',
    complexity: 'O(1)',
    arguments: [
      { name: 'client-id', type: 'integer' },
      {
        name: 'unblock-type',
        type: 'oneof',
        flags: ['optional'],
        arguments: [
          { name: 'timeout', type: 'pure-token', token: 'TIMEOUT' },
          { name: 'error', type: 'pure-token', token: 'ERROR' },
        ],
      },
    ],
    reply: 'flag',
    suspends: true,
    run: unblock,
  },
];
