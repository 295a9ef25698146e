/**
 * SLOWLOG: the commands that took longest, of all threads (engine/slowlog.ts).
 */

import type { Call } from '../engine/call.js';
import type { LateReply } from '../engine/client.js';
import type { CommandFlag, CommandSpec } from '../engine/command.js';
import * as errors from '../engine/errors.js';
import type { ReplyWriter } from '../engine/reply.js';
import type { SlowlogEntry } from '../engine/slowlog.js';
import { replyBytes } from './byte-text.js';
import { replyHelp } from './connection.js';

const FLAGS: readonly CommandFlag[] = ['admin', 'loading', 'stale'];
const COUNT_DEFAULT = 10;

function get(call: Call): void {
  if (call.count > 3) {
    call.reply.error(errors.subcommandSyntax(call.bytes, call.offset(1), call.size(1), 'slowlog'));
    return;
  }
  let count = COUNT_DEFAULT;
  if (call.count === 3) {
    count = call.integer(2);
    if (!Number.isFinite(count) || count < -1) {
      call.reply.error(errors.SLOWLOG_COUNT);
      return;
    }
  }
  call.suspend(replyEntries(call, count === -1 ? Number.MAX_SAFE_INTEGER : count));
}

async function replyEntries(call: Call, count: number): Promise<LateReply> {
  const entries = await call.services.control.slowlogEntries(count);
  return (reply) => {
    reply.arrayHeader(entries.length);
    for (const entry of entries) replyEntry(reply, entry);
  };
}

function replyEntry(reply: ReplyWriter, entry: SlowlogEntry): void {
  reply.arrayHeader(6);
  reply.integer(entry.id);
  reply.integer(entry.unixSeconds);
  reply.integer(entry.usec);
  reply.arrayHeader(entry.arguments.length);
  for (const argument of entry.arguments) replyBytes(reply, argument);
  replyBytes(reply, entry.clientAddress);
  replyBytes(reply, entry.clientName);
}

async function replyLength(call: Call): Promise<LateReply> {
  const length = await call.services.control.slowlogLength();
  return (reply) => reply.integer(length);
}

async function reset(call: Call): Promise<LateReply> {
  await call.services.control.resetSlowlog();
  return (reply) => reply.ok();
}

const HELP = [
  'SLOWLOG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:',
  'GET [<count>]',
  '    Return top <count> entries from the slowlog (default: 10, -1 mean all).',
  '    Entries are made of:',
  '    id, timestamp, time in microseconds, arguments array, client IP and port,',
  '    client name',
  'LEN',
  '    Return the length of the slowlog.',
  'RESET',
  '    Reset the slowlog.',
  'HELP',
  '    Prints this help.',
];

export const SLOWLOG_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'slowlog',
    arity: -2,
    flags: [],
    group: 'server',
    since: '2.2.12',
    summary: 'Commands on the slow log.',
    complexity: 'Depends on the subcommand.',
    subcommands: [
      {
        name: 'get',
        arity: -2,
        flags: FLAGS,
        group: 'server',
        since: '2.2.12',
        summary: 'Returns the newest commands that took long.',
        complexity: 'O(N) with the number of entries returned',
        tips: ['request_policy:all_nodes', 'nondeterministic_output'],
        arguments: [{ name: 'count', type: 'integer', flags: ['optional'] }],
        reply:
          'array<{id:integer,timestamp:integer,durationUs:integer,arguments:array<text>,address:string,name:string}>',
        suspends: true,
        run: get,
      },
      {
        name: 'len',
        arity: 2,
        flags: FLAGS,
        group: 'server',
        since: '2.2.12',
        summary: 'Returns the number of entries.',
        complexity: 'O(1)',
        tips: ['request_policy:all_nodes', 'response_policy:agg_sum', 'nondeterministic_output'],
        reply: 'integer',
        suspends: true,
        run: (call) => call.suspend(replyLength(call)),
      },
      {
        name: 'reset',
        arity: 2,
        flags: FLAGS,
        group: 'server',
        since: '2.2.12',
        summary: 'Forgets all entries.',
        complexity: 'O(N) with the number of entries',
        tips: ['request_policy:all_nodes', 'response_policy:all_succeeded'],
        reply: 'ok',
        suspends: true,
        run: (call) => call.suspend(reset(call)),
      },
      {
        name: 'help',
        arity: 2,
        flags: ['loading', 'stale'],
        group: 'server',
        since: '6.2.0',
        summary: 'Lists the subcommands.',
        complexity: 'O(1)',
        reply: 'array<string>',
        run: (call) => replyHelp(call, HELP),
      },
    ],
  },
];
