/**
 * ACL: users, what they may do, and who was refused what.
 *
 * Users are changed by the main thread, which has all threads make the change before it is answered (server/access-control.ts);
 * questions are answered from this thread's copy. The log is in acl-log.ts.
 *
 * Source: `aclCommand` in acl.c of Redis 7.0.
 */

import { randomBytes } from 'node:crypto';
import { byteText } from '../base/bytes.js';
import { NOT_INTEGER } from '../base/integer.js';
import { describeChannels, describeCommands, describeFlags, describeKeys } from '../engine/acl/describe.js';
import { ALLOWED, check, DENIED_COMMAND, DENIED_KEY, denial } from '../engine/acl/permission.js';
import type { Selector } from '../engine/acl/selector.js';
import type { Call } from '../engine/call.js';
import type { LateReply } from '../engine/client.js';
import type { Arguments, Command, CommandFlag, CommandSpec } from '../engine/command.js';
import * as errors from '../engine/errors.js';
import { InnerRequest } from '../engine/inner-request.js';
import { aclLog } from './acl-log.js';
import { replyBytes, replyByteTexts } from './byte-text.js';
import { replyHelp } from './connection.js';
import { requested } from './introspection.js';
import { replyOutcome } from './late-reply.js';

const FLAGS: readonly CommandFlag[] = ['noscript', 'loading', 'stale'];
const ADMIN_FLAGS: readonly CommandFlag[] = ['admin', ...FLAGS];
const PASSWORD_BITS_DEFAULT = 256;
const PASSWORD_BITS_MAX = 4096;
const BITS_PER_DIGIT = 4;
const BITS_PER_BYTE = 8;

const HELP = [
  'ACL <subcommand> [<arg> [value] [opt] ...]. Subcommands are:',
  'CAT [<category>]',
  '    List all commands that belong to <category>, or all command categories',
  '    when no category is specified.',
  'DELUSER <username> [<username> ...]',
  '    Delete a list of users.',
  'DRYRUN <username> <command> [<arg> ...]',
  '    Returns whether the user can execute the given command without executing the command.',
  'GETUSER <username>',
  "    Get the user's details.",
  'GENPASS [<bits>]',
  '    Generate a secure 256-bit user password. The optional `bits` argument can',
  '    be used to specify a different size.',
  'LIST',
  '    Show users details in config file format.',
  'LOAD',
  '    Reload users from the ACL file.',
  'LOG [<count> | RESET]',
  '    Show the ACL log entries.',
  'SAVE',
  '    Save the current config to the ACL file.',
  'SETUSER <username> <attribute> [<attribute> ...]',
  '    Create or modify a user with the specified attributes.',
  'USERS',
  '    List all the registered usernames.',
  'WHOAMI',
  '    Return the current connection username.',
  'HELP',
  '    Prints this help.',
];

function setUser(call: Call): void {
  const rules = byteTexts(call, 3);
  call.suspend(replyOutcome(call.services.control.aclSetUser(call.byteText(2), rules), 'OK'));
}

function deleteUsers(call: Call): void {
  call.suspend(replyDeleted(call, byteTexts(call, 2)));
}

async function replyDeleted(call: Call, names: readonly string[]): Promise<LateReply> {
  const outcome = await call.services.control.aclDeleteUsers(names);
  return (reply) => (typeof outcome === 'number' ? reply.integer(outcome) : reply.error(outcome));
}

function getUser(call: Call): void {
  const { reply, services } = call;
  const user = services.users.find(call.byteText(2));
  if (user === undefined) {
    reply.nil();
    return;
  }
  const [root, ...more] = user.selectors;
  const flags = describeFlags(user);
  reply.mapHeader(6);
  reply.bulkText('flags');
  reply.setHeader(flags.length);
  for (const flag of flags) reply.bulkText(flag);
  reply.bulkText('passwords');
  replyByteTexts(reply, [...user.passwords]);
  replySelector(call, root);
  reply.bulkText('selectors');
  reply.arrayHeader(more.length);
  for (const selector of more) {
    reply.mapHeader(3);
    replySelector(call, selector);
  }
}

/** Three fields. */
function replySelector(call: Call, selector: Selector): void {
  const { reply, services } = call;
  reply.bulkText('commands');
  replyBytes(reply, describeCommands(selector, services.users.vocabulary).join(' '));
  reply.bulkText('keys');
  replyBytes(reply, describeKeys(selector).join(' '));
  reply.bulkText('channels');
  replyBytes(reply, describeChannels(selector).join(' '));
}

function list(call: Call): void {
  replyByteTexts(call.reply, call.services.users.lines());
}

/** Categories, or what is in one. */
function cat(call: Call): void {
  const { vocabulary } = call.services.users;
  if (call.count === 2) {
    replyByteTexts(
      call.reply,
      vocabulary.categories.map(({ name }) => name),
    );
    return;
  }
  if (call.count > 3) {
    call.reply.error(errors.subcommandSyntax(call.bytes, call.offset(1), call.size(1), 'acl'));
    return;
  }
  const category = vocabulary.category(call.byteText(2));
  if (category === undefined) {
    call.reply.error(errors.errorLine(`ERR Unknown category '${call.byteText(2)}'`));
    return;
  }
  replyByteTexts(
    call.reply,
    category.commands.map(({ fullName }) => fullName),
  );
}

/** So many random bits, in hexadecimal digits. */
function generatePassword(call: Call): void {
  if (call.count > 3) {
    call.reply.error(errors.subcommandSyntax(call.bytes, call.offset(1), call.size(1), 'acl'));
    return;
  }
  const bits = call.count === 2 ? PASSWORD_BITS_DEFAULT : call.clampedInteger(2);
  if (bits === NOT_INTEGER) {
    call.reply.error(errors.NOT_AN_INTEGER);
  } else if (bits <= 0 || bits > PASSWORD_BITS_MAX) {
    call.reply.error(errors.GENPASS_BITS);
  } else {
    const digits = randomBytes(Math.ceil(bits / BITS_PER_BYTE)).toString('hex');
    call.reply.bulkText(digits.slice(0, Math.ceil(bits / BITS_PER_DIGIT)));
  }
}

/** The request behind the name is looked at as if the user had sent it. */
function dryRun(call: Call): void {
  const { reply, services } = call;
  const user = services.users.find(call.byteText(2));
  if (user === undefined) {
    reply.error(errors.errorLine(`ERR User '${call.byteText(2)}' not found`));
    return;
  }
  const command = requested(call, 3);
  const request = new InnerRequest(call, 3);
  if (command === undefined) {
    reply.error(errors.errorLine(`ERR Command '${call.byteText(3)}' not found`));
  } else if (!command.accepts(request.count)) {
    reply.error(errors.wrongArity(command.fullName));
  } else {
    const outcome = check(user, command, request);
    if (outcome === ALLOWED) reply.ok();
    else replyBytes(reply, refusal(command, outcome, request));
  }
}

function refusal(command: Command, outcome: number, request: Arguments): string {
  if (outcome === DENIED_COMMAND) {
    return `This user has no permissions to run the '${command.fullName}' command`;
  }
  const { argument } = denial;
  const text = byteText(request.bytes, request.offset(argument), request.size(argument));
  return `This user has no permissions to access the '${text}' ${outcome === DENIED_KEY ? 'key' : 'channel'}`;
}

/** Arguments from `first` on. */
function byteTexts(call: Call, first: number): string[] {
  return Array.from({ length: call.count - first }, (_, index) => call.byteText(first + index));
}

export const ACL_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'acl',
    arity: -2,
    flags: [],
    group: 'server',
    since: '6.0.0',
    summary: 'Commands on users and what they may do.',
    complexity: 'Depends on the subcommand.',
    subcommands: [
      {
        name: 'cat',
        arity: -2,
        flags: FLAGS,
        group: 'server',
        since: '6.0.0',
        summary: 'Returns the categories of commands, or the commands of one.',
        complexity: 'O(N) with the number of commands',
        arguments: [{ name: 'category', type: 'string', flags: ['optional'] }],
        reply: 'array<string>',
        run: cat,
      },
      {
        name: 'deluser',
        arity: -3,
        flags: ADMIN_FLAGS,
        group: 'server',
        since: '6.0.0',
        summary: 'Deletes users, and closes their connections.',
        complexity: 'O(N) with the number of connections',
        arguments: [{ name: 'username', type: 'string', flags: ['multiple'] }],
        reply: 'integer',
        suspends: true,
        run: deleteUsers,
      },
      {
        name: 'dryrun',
        arity: -4,
        flags: ADMIN_FLAGS,
        group: 'server',
        since: '7.0.0',
        summary: 'Tells whether a user may run a command, which is not run.',
        complexity: 'O(1)',
        isSecret: (_call, index) => index > 3, // the command may be AUTH
        arguments: [
          { name: 'username', type: 'string' },
          { name: 'command', type: 'string' },
          { name: 'arg', type: 'string', flags: ['optional', 'multiple'] },
        ],
        reply: 'string',
        run: dryRun,
      },
      {
        name: 'genpass',
        arity: -2,
        flags: FLAGS,
        group: 'server',
        since: '6.0.0',
        summary: 'Returns a password that nobody can guess.',
        complexity: 'O(1)',
        arguments: [{ name: 'bits', type: 'integer', flags: ['optional'] }],
        reply: 'string',
        run: generatePassword,
      },
      {
        name: 'getuser',
        arity: 3,
        flags: ADMIN_FLAGS,
        group: 'server',
        since: '6.0.0',
        summary: 'Returns what a user is and may do.',
        complexity: 'O(N) with the number of rules of the user',
        arguments: [{ name: 'username', type: 'string' }],
        reply: 'user-description?',
        run: getUser,
      },
      {
        name: 'list',
        arity: 2,
        flags: ADMIN_FLAGS,
        group: 'server',
        since: '6.0.0',
        summary: 'Returns all users as lines of a configuration file.',
        complexity: 'O(N) with the number of users',
        reply: 'array<string>',
        run: list,
      },
      {
        name: 'load',
        arity: 2,
        flags: ADMIN_FLAGS,
        group: 'server',
        since: '6.0.0',
        summary: 'Takes the users from the ACL file, and closes the connections of all but the default user.',
        complexity: 'O(N) with the number of users',
        reply: 'ok',
        suspends: true,
        run: (call) => call.suspend(replyOutcome(call.services.control.aclLoad(), 'OK')),
      },
      {
        name: 'log',
        arity: -2,
        flags: ADMIN_FLAGS,
        group: 'server',
        since: '6.0.0',
        summary: 'Returns who was refused what, or forgets it.',
        complexity: 'O(N) with the number of entries',
        arguments: [
          { name: 'count', type: 'integer', flags: ['optional'] },
          { name: 'reset', type: 'pure-token', token: 'RESET', flags: ['optional'] },
        ],
        reply: { RESET: 'ok', else: 'array<access-refusal>' },
        suspends: true,
        run: aclLog,
      },
      {
        name: 'save',
        arity: 2,
        flags: ADMIN_FLAGS,
        group: 'server',
        since: '6.0.0',
        summary: 'Writes the users to the ACL file.',
        complexity: 'O(N) with the number of users',
        reply: 'ok',
        suspends: true,
        run: (call) => call.suspend(replyOutcome(call.services.control.aclSave(), 'OK')),
      },
      {
        name: 'setuser',
        arity: -3,
        flags: ADMIN_FLAGS,
        group: 'server',
        since: '6.0.0',
        summary: 'Makes a user, or changes one.',
        complexity: 'O(N) with the number of rules',
        arguments: [
          { name: 'username', type: 'string' },
          { name: 'rule', type: 'string', flags: ['optional', 'multiple'] },
        ],
        isSecret: (_call, index) => index > 1,
        reply: 'ok',
        suspends: true,
        run: setUser,
      },
      {
        name: 'users',
        arity: 2,
        flags: ADMIN_FLAGS,
        group: 'server',
        since: '6.0.0',
        summary: 'Returns the names of all users.',
        complexity: 'O(N) with the number of users',
        reply: 'array<string>',
        run: (call) => replyByteTexts(call.reply, call.services.users.names()),
      },
      {
        name: 'whoami',
        arity: 2,
        flags: FLAGS,
        group: 'server',
        since: '6.0.0',
        summary: 'Returns the name of the user of this connection.',
        complexity: 'O(1)',
        reply: 'string',
        run: (call) => replyBytes(call.reply, call.client.user.name),
      },
      {
        name: 'help',
        arity: 2,
        flags: ['loading', 'stale'],
        group: 'server',
        since: '6.0.0',
        summary: 'Lists the subcommands.',
        complexity: 'O(1)',
        reply: 'array<string>',
        run: (call) => replyHelp(call, HELP),
      },
    ],
  },
];
