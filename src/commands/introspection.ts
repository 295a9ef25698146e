/**
 * COMMAND: what commands there are, from their specs.
 */

import { aclCategories } from '../engine/acl/categories.js';
import type { Call } from '../engine/call.js';
import type {
  ArgumentSpec,
  Arguments,
  Command,
  CommandFlag,
  CommandSpec,
  KeyRange,
  KeySearch,
} from '../engine/command.js';
import { globMatchesText } from '../engine/config/glob-text.js';
import * as errors from '../engine/errors.js';
import { InnerRequest } from '../engine/inner-request.js';
import { RequestKeys } from '../engine/request-keys.js';
import { replyHelp } from './connection.js';

const FLAGS: readonly CommandFlag[] = ['loading', 'stale'];

const ONE_AFTER_KEYWORD = [
  ['lastkey', 0],
  ['keystep', 1],
  ['limit', 0],
] as const;
function replyAll(call: Call): void {
  call.reply.arrayHeader(call.commands.commands.length);
  for (const command of call.commands.commands) replyInfo(call, command);
}

function replyInfo(call: Call, command: Command): void {
  const { spec } = command;
  const { reply } = call;
  reply.arrayHeader(10);
  reply.bulkText(command.fullName);
  reply.integer(spec.arity);
  replyFlags(call, spec.flags);
  // Neither a number of keys that the request states nor keys that may be anywhere can be told as a range.
  const ranges = command.keyRanges.filter(
    (range) => range.countAt === undefined && range.search === undefined,
  );
  reply.integer(ranges[0]?.first ?? 0);
  reply.integer(ranges.at(-1)?.last ?? 0);
  reply.integer(ranges[0]?.step ?? 0);
  replyFlags(call, aclCategories(spec));
  const tips = spec.tips ?? [];
  reply.setHeader(tips.length);
  for (const tip of tips) reply.bulkText(tip);
  replyKeySpecs(call, command);
  if (command.subcommands.length === 0) reply.setHeader(0);
  else reply.arrayHeader(command.subcommands.length);
  for (const subcommand of command.subcommands) replyInfo(call, subcommand);
}

function replyTexts(call: Call, texts: readonly string[]): void {
  call.reply.arrayHeader(texts.length);
  for (const text of texts) call.reply.bulkText(text);
}

function replyKeySpecs(call: Call, command: Command): void {
  call.reply.setHeader(command.keyRanges.length);
  for (const range of command.keyRanges) replyKeySpec(call, range);
}

function replyKeySpec(call: Call, keys: KeyRange): void {
  const { reply } = call;
  reply.mapHeader(keys.notes === undefined ? 3 : 4);
  if (keys.notes !== undefined) replyField(call, 'notes', keys.notes);
  reply.bulkText('flags');
  replyFlags(call, keys.flags);
  reply.bulkText('begin_search');
  if (keys.search !== undefined) {
    replySearched(call, keys.search);
    return;
  }
  const start = keys.countAt ?? keys.first;
  replyKeySearch(call, 'index', [['index', start]]);
  reply.bulkText('find_keys');
  if (keys.countAt === undefined) {
    replyKeySearch(call, 'range', [
      ['lastkey', keys.last < 0 ? keys.last : keys.last - keys.first],
      ['keystep', keys.step],
      ['limit', 0],
    ]);
  } else {
    replyKeySearch(call, 'keynum', [
      ['keynumidx', 0],
      ['firstkey', keys.first - start],
      ['keystep', keys.step],
    ]);
  }
}

/** Of a key that is not at a fixed place: after a keyword, or wherever the command says. */
function replySearched(call: Call, { keyword, startFrom }: KeySearch): void {
  const { reply } = call;
  if (keyword === undefined || startFrom === undefined) {
    replyKeySearch(call, 'unknown', []);
    reply.bulkText('find_keys');
    replyKeySearch(call, 'unknown', []);
    return;
  }
  reply.mapHeader(2);
  reply.bulkText('type');
  reply.bulkText('keyword');
  reply.bulkText('spec');
  reply.mapHeader(2);
  replyField(call, 'keyword', keyword);
  reply.bulkText('startfrom');
  reply.integer(startFrom);
  reply.bulkText('find_keys');
  replyKeySearch(call, 'range', ONE_AFTER_KEYWORD);
}

function replyFlags(call: Call, flags: readonly string[]): void {
  call.reply.setHeader(flags.length);
  for (const flag of flags) call.reply.status(flag);
}

function replyKeySearch(call: Call, type: string, fields: readonly (readonly [string, number])[]): void {
  const { reply } = call;
  reply.mapHeader(2);
  reply.bulkText('type');
  reply.bulkText(type);
  reply.bulkText('spec');
  reply.mapHeader(fields.length);
  for (const [name, value] of fields) {
    reply.bulkText(name);
    reply.integer(value);
  }
}

/** COMMAND GETKEYS and GETKEYSANDFLAGS: the keys of the request that begins at argument 2. */
function getKeys(call: Call, withFlags: boolean): void {
  const request = new InnerRequest(call, 2);
  const command = requested(call, 2);
  if (command === undefined) {
    call.reply.error(errors.NO_SUCH_COMMAND);
  } else if (command.keyRanges.length === 0) {
    call.reply.error(errors.NO_KEY_ARGUMENTS);
  } else if (!command.accepts(request.count)) {
    call.reply.error(errors.INVALID_ARGUMENT_COUNT);
  } else {
    const keys = new RequestKeys();
    if (keys.read(command, request)) replyKeys(call, request, keys, withFlags);
    else call.reply.error(errors.INVALID_COMMAND_ARGUMENTS);
  }
}

function replyKeys(call: Call, request: Arguments, keys: RequestKeys, withFlags: boolean): void {
  const { reply } = call;
  reply.arrayHeader(keys.count);
  for (let key = 0; key < keys.count; key++) {
    const index = keys.argumentOf(key);
    if (withFlags) reply.arrayHeader(2);
    reply.bulk(request.bytes, request.offset(index), request.size(index));
    if (withFlags) replyFlags(call, keys.flagsOf(key));
  }
}

/** The command, or subcommand, of the request that begins at argument `index`. */
export function requested(call: Call, index: number): Command | undefined {
  const command = call.commands.find(call.bytes, call.offset(index), call.size(index));
  if (command === undefined || command.subcommands.length === 0 || index + 1 === call.count) return command;
  return command.subcommands.find(({ spec }) => call.is(index + 1, spec.name.toUpperCase()));
}

/** The command that argument `index` names, `client|list` included. */
function named(call: Call, index: number): Command | undefined {
  return call.commands.named(call.byteText(index));
}

function info(call: Call): void {
  if (call.count === 2) {
    replyAll(call);
    return;
  }
  call.reply.arrayHeader(call.count - 2);
  for (let index = 2; index < call.count; index++) {
    const command = named(call, index);
    if (command === undefined) call.reply.nil();
    else replyInfo(call, command);
  }
}

function docs(call: Call): void {
  let commands: readonly Command[] = call.commands.commands;
  if (call.count > 2) {
    const asked: Command[] = [];
    for (let index = 2; index < call.count; index++) {
      const command = named(call, index);
      if (command !== undefined) asked.push(command);
    }
    commands = asked;
  }
  replyDocs(call, commands);
}

function replyDocs(call: Call, commands: readonly Command[]): void {
  const { reply } = call;
  reply.mapHeader(commands.length);
  for (const command of commands) {
    const { spec } = command;
    const hasArguments = spec.arguments !== undefined;
    const hasSubcommands = command.subcommands.length !== 0;
    reply.bulkText(command.fullName);
    reply.mapHeader(4 + (hasArguments ? 1 : 0) + (hasSubcommands ? 1 : 0));
    replyField(call, 'summary', spec.summary);
    replyField(call, 'since', spec.since);
    replyField(call, 'group', spec.group);
    replyField(call, 'complexity', spec.complexity);
    if (hasArguments) {
      reply.bulkText('arguments');
      replyArguments(call, spec.arguments ?? []);
    }
    if (hasSubcommands) {
      reply.bulkText('subcommands');
      replyDocs(call, command.subcommands);
    }
  }
}

function replyField(call: Call, name: string, value: string): void {
  call.reply.bulkText(name);
  call.reply.bulkText(value);
}

function replyArguments(call: Call, specs: readonly ArgumentSpec[]): void {
  const { reply } = call;
  reply.arrayHeader(specs.length);
  for (const spec of specs) {
    const isKey = spec.type === 'key' || spec.keySpec !== undefined;
    const optional = [isKey, spec.token !== undefined, spec.since !== undefined, spec.flags !== undefined];
    const fields = 2 + optional.filter(Boolean).length + (spec.arguments === undefined ? 0 : 1);
    reply.mapHeader(fields);
    replyField(call, 'name', spec.name);
    replyField(call, 'type', spec.type);
    if (isKey) {
      reply.bulkText('key_spec_index');
      reply.integer(spec.keySpec ?? 0);
    }
    if (spec.token !== undefined) replyField(call, 'token', spec.token);
    if (spec.since !== undefined) replyField(call, 'since', spec.since);
    if (spec.flags !== undefined) {
      reply.bulkText('flags');
      replyFlags(call, spec.flags);
    }
    if (spec.arguments !== undefined) {
      reply.bulkText('arguments');
      replyArguments(call, spec.arguments);
    }
  }
}

function list(call: Call): void {
  const wanted = call.count === 2 ? () => true : listFilter(call);
  if (wanted === undefined) {
    call.reply.error(errors.SYNTAX);
    return;
  }
  const all = call.commands.commands.flatMap((command) => [command, ...command.subcommands]);
  replyTexts(
    call,
    all.filter(wanted).map((command) => command.fullName),
  );
}

/** FILTERBY and its argument as a predicate; undefined when they make no sense. */
function listFilter(call: Call): ((command: Command) => boolean) | undefined {
  if (call.count !== 5 || !call.is(2, 'FILTERBY')) return undefined;
  if (call.is(3, 'MODULE')) return () => false; // there are no modules
  const text = call.byteText(4).toLowerCase();
  if (call.is(3, 'ACLCAT')) return (command) => aclCategories(command.spec).includes(`@${text}`);
  if (!call.is(3, 'PATTERN')) return undefined;
  return (command) => globMatchesText(text, command.fullName);
}

const HELP = [
  'COMMAND <subcommand> [<arg> [value] [opt] ...]. Subcommands are:',
  '(no subcommand)',
  '    Return details about all commands.',
  'COUNT',
  '    Return the total number of commands in this server.',
  'DOCS [<command-name> ...]',
  '    Return documentation details about the commands.',
  'INFO [<command-name> ...]',
  '    Return details about the commands.',
  'LIST [FILTERBY <MODULE|ACLCAT|PATTERN> <value>]',
  '    Return the names of the commands.',
  'GETKEYS <full-command>',
  '    Return the keys of a full command.',
  'GETKEYSANDFLAGS <full-command>',
  '    Return the keys of a full command, and what it does with them.',
  'HELP',
  '    Print this help.',
];

const FULL_COMMAND: readonly ArgumentSpec[] = [
  { name: 'command', type: 'string' },
  { name: 'arg', type: 'string', flags: ['optional', 'multiple'] },
];

export const INTROSPECTION_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'command',
    arity: -1,
    flags: FLAGS,
    group: 'server',
    since: '2.8.13',
    summary: 'Describes all commands.',
    complexity: 'O(N) with the number of commands',
    categories: ['@connection'],
    tips: ['nondeterministic_output_order'],
    reply: 'array<command-description>',
    run: replyAll,
    subcommands: [
      {
        name: 'count',
        arity: 2,
        flags: FLAGS,
        group: 'server',
        since: '2.8.13',
        summary: 'Returns the number of commands.',
        complexity: 'O(1)',
        categories: ['@connection'],
        reply: 'integer',
        run: (call) => call.reply.integer(call.commands.commands.length),
      },
      {
        name: 'info',
        arity: -2,
        flags: FLAGS,
        group: 'server',
        since: '2.8.13',
        summary: 'Describes some or all commands.',
        complexity: 'O(N) with the number of commands asked for',
        categories: ['@connection'],
        tips: ['nondeterministic_output_order'],
        arguments: [{ name: 'command-name', type: 'string', flags: ['optional', 'multiple'] }],
        reply: 'array<command-description?>',
        run: info,
      },
      {
        name: 'docs',
        arity: -2,
        flags: FLAGS,
        group: 'server',
        since: '7.0.0',
        summary: 'Returns the documentation of some or all commands.',
        complexity: 'O(N) with the number of commands asked for',
        categories: ['@connection'],
        tips: ['nondeterministic_output_order'],
        arguments: [{ name: 'command-name', type: 'string', flags: ['optional', 'multiple'] }],
        reply: 'map<string,command-documentation>',
        run: docs,
      },
      {
        name: 'list',
        arity: -2,
        flags: FLAGS,
        group: 'server',
        since: '7.0.0',
        summary: 'Returns the names of some or all commands.',
        complexity: 'O(N) with the number of commands',
        categories: ['@connection'],
        tips: ['nondeterministic_output_order'],
        arguments: [
          {
            name: 'filterby',
            type: 'oneof',
            token: 'FILTERBY',
            flags: ['optional'],
            arguments: [
              { name: 'module-name', type: 'string', token: 'MODULE' },
              { name: 'category', type: 'string', token: 'ACLCAT' },
              { name: 'pattern', type: 'pattern', token: 'PATTERN' },
            ],
          },
        ],
        reply: 'array<string>',
        run: list,
      },
      {
        name: 'getkeys',
        arity: -4,
        flags: FLAGS,
        group: 'server',
        since: '2.8.13',
        summary: 'Returns the keys of a command with its arguments.',
        complexity: 'O(N) with the number of arguments',
        categories: ['@connection'],
        arguments: FULL_COMMAND,
        reply: 'array<text>',
        run: (call) => getKeys(call, false),
      },
      {
        name: 'getkeysandflags',
        arity: -4,
        flags: FLAGS,
        group: 'server',
        since: '7.0.0',
        summary: 'Returns the keys of a command with its arguments, and what it does with each.',
        complexity: 'O(N) with the number of arguments',
        categories: ['@connection'],
        arguments: FULL_COMMAND,
        reply: 'array<[text,set<string>]>',
        run: (call) => getKeys(call, true),
      },
      {
        name: 'help',
        arity: 2,
        flags: FLAGS,
        group: 'server',
        since: '5.0.0',
        summary: 'Lists the subcommands.',
        complexity: 'O(1)',
        categories: ['@connection'],
        reply: 'array<string>',
        run: (call) => replyHelp(call, HELP),
      },
    ],
  },
];
