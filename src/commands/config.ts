/**
 * CONFIG: the options of a running server, looked at, changed, and written to its configuration file.
 */

import type { Call } from '../engine/call.js';
import type { CommandFlag, CommandSpec } from '../engine/command.js';
import type { ConfigPairs } from '../engine/config/config.js';
import { findOption } from '../engine/config/options.js';
import * as errors from '../engine/errors.js';
import { isAllowedTo } from '../engine/local-address.js';
import { SHARD_F64_EVICTED, SHARD_F64_EXPIRED, SHARD_F64_HITS, SHARD_F64_MISSES } from '../memory/layout.js';
import { replyHelp } from './connection.js';
import { replyOutcome } from './late-reply.js';

const CONFIG_FLAGS: readonly CommandFlag[] = ['admin', 'noscript', 'loading', 'stale'];

/** Shards' counters that CONFIG RESETSTAT clears. That of changes is no statistic: save rules go by it. */
const SHARD_COUNTERS = [SHARD_F64_HITS, SHARD_F64_MISSES, SHARD_F64_EXPIRED, SHARD_F64_EVICTED];

const HELP = [
  'CONFIG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:',
  'GET <pattern>',
  '    Return parameters matching the glob-like <pattern> and their values.',
  'SET <directive> <value>',
  '    Set the configuration <directive> to <value>.',
  'RESETSTAT',
  '    Reset statistics reported by the INFO command.',
  'REWRITE',
  '    Rewrite the configuration file.',
  'HELP',
  '    Prints this help.',
];

function configGet(call: Call): void {
  /** By the option's own name, however the client has spelled it first. */
  const found = new Map<string, readonly [name: string, value: string]>();
  for (let index = 2; index < call.count; index++) {
    for (const [name, value] of call.services.config.match(call.byteText(index))) {
      const key = name.toLowerCase();
      if (!found.has(key)) found.set(key, [name, value]);
    }
  }
  call.reply.mapHeader(found.size);
  for (const [name, value] of found.values()) {
    call.reply.bulkText(name);
    call.reply.bulkText(value);
  }
}

/** Whether protected options may be set depends on the client, all else is for the main thread to say. */
function configSet(call: Call): void {
  if (call.count % 2 !== 0) {
    call.reply.error(errors.SYNTAX);
    return;
  }
  const pairs: [string, string][] = [];
  for (let index = 2; index < call.count; index += 2) pairs.push([call.text(index), call.text(index + 1)]);
  const change: ConfigPairs = pairs;
  const { config, control } = call.services;
  const isProtected = pairs.some(([name]) => findOption(name)?.change === 'protected');
  if (isProtected && !isAllowedTo(config.text('enable-protected-configs'), call.client.address)) {
    call.reply.error(errors.errorLine(config.validate(change) ?? ''));
    return;
  }
  call.suspend(replyOutcome(control.configSet(change), 'OK'));
}

/**
 * True for the new value of a secret option, or of one that is none: a secret option's name, misspelled or of another server.
 * Where names and values are no pairs, all may be values.
 */
function isSecretValue(call: Call, index: number): boolean {
  if (index < 3) return false;
  if (call.count % 2 !== 0) return true;
  if (index % 2 === 0) return false;
  const option = findOption(call.byteText(index - 1));
  return option === undefined || (option.kind === 'text' && option.secret === true);
}

/** Counters of the data are reset shard by shard; those of the threads are the statistics' and the instruments' own affair. */
function configResetStat(call: Call): void {
  const { memory } = call.keyspace;
  for (let shard = 0; shard < memory.shardCount; shard++) {
    call.batons.take(shard);
    for (const word of SHARD_COUNTERS) memory.shardF64[memory.doubleAt(shard, word)] = 0;
    call.batons.give(shard);
  }
  call.services.statistics.reset();
  call.services.instruments.reset();
  call.reply.ok();
}

export const CONFIG_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'config',
    arity: -2,
    flags: [],
    group: 'server',
    since: '2.0.0',
    summary: 'Commands on the configuration.',
    complexity: 'Depends on the subcommand.',
    subcommands: [
      {
        name: 'get',
        arity: -3,
        flags: CONFIG_FLAGS,
        group: 'server',
        since: '2.0.0',
        summary: 'Returns the directives that match patterns.',
        complexity: 'O(N) with the number of directives and patterns',
        arguments: [{ name: 'parameter', type: 'string', flags: ['multiple'] }],
        reply: 'map<string,string>',
        run: configGet,
      },
      {
        name: 'set',
        arity: -4,
        flags: CONFIG_FLAGS,
        group: 'server',
        since: '2.0.0',
        summary: 'Changes directives, all or none of them.',
        complexity: 'O(N) with the number of directives',
        tips: ['request_policy:all_nodes', 'response_policy:all_succeeded'],
        arguments: [
          {
            name: 'data',
            type: 'block',
            flags: ['multiple'],
            arguments: [
              { name: 'parameter', type: 'string' },
              { name: 'value', type: 'string' },
            ],
          },
        ],
        isSecret: isSecretValue,
        reply: 'ok',
        suspends: true,
        run: configSet,
      },
      {
        name: 'rewrite',
        arity: 2,
        flags: CONFIG_FLAGS,
        group: 'server',
        since: '2.8.0',
        summary: 'Writes the configuration to the file that the server was started with.',
        complexity: 'O(1)',
        reply: 'ok',
        suspends: true,
        run: (call) => call.suspend(replyOutcome(call.services.control.configRewrite(), 'OK')),
      },
      {
        name: 'resetstat',
        arity: 2,
        flags: CONFIG_FLAGS,
        group: 'server',
        since: '2.0.0',
        summary: 'Sets the statistics of INFO back to 0.',
        complexity: 'O(1)',
        reply: 'ok',
        run: configResetStat,
      },
      {
        name: 'help',
        arity: 2,
        flags: ['loading', 'stale'],
        group: 'server',
        since: '5.0.0',
        summary: 'Lists the subcommands.',
        complexity: 'O(1)',
        reply: 'array<string>',
        run: (call) => replyHelp(call, HELP),
      },
    ],
  },
];
