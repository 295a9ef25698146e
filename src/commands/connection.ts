/**
 * Commands on the connection itself: greeting, authentication, database, CLIENT.
 */

import { timingSafeEqual } from 'node:crypto';
import { NOT_INTEGER } from '../base/integer.js';
import type { Call } from '../engine/call.js';
import type { LateReply } from '../engine/client.js';
import type { CommandFlag, CommandSpec } from '../engine/command.js';
import * as errors from '../engine/errors.js';
import { PROTOCOL_RESP2, PROTOCOL_RESP3, type Protocol } from '../engine/reply.js';
import type { ClientFilter } from '../engine/services.js';
import { REDIS_VERSION } from './redis-version.js';

const OPEN: readonly CommandFlag[] = ['noscript', 'loading', 'stale', 'fast', 'no_auth', 'allow_busy'];
const CLIENT_FLAGS: readonly CommandFlag[] = ['noscript', 'loading', 'stale'];
const CLIENT_ADMIN_FLAGS: readonly CommandFlag[] = ['admin', 'noscript', 'loading', 'stale'];
const DEFAULT_USER = 'default';
/** The only number of a database that a client may name is an int. */
const INT_MAX = 2 ** 31 - 1;
const INT_MIN = -(2 ** 31);

function ping(call: Call): void {
  if (call.count === 1) call.reply.status('PONG');
  else if (call.count === 2) call.reply.bulk(call.bytes, call.offset(1), call.size(1));
  else call.reply.error(errors.wrongArity('ping'));
}

function select(call: Call): void {
  const database = call.integer(1);
  if (database === NOT_INTEGER) {
    call.reply.error(errors.NOT_AN_INTEGER);
  } else if (database > INT_MAX || database < INT_MIN) {
    call.reply.error(errors.INT_RANGE);
  } else if (database < 0 || database >= call.keyspace.memory.databaseCount) {
    call.reply.error(errors.DATABASE_INDEX);
  } else {
    call.client.database = database;
    call.reply.ok();
  }
}

function quit(call: Call): void {
  call.reply.ok();
  call.closes = true;
}

function auth(call: Call): void {
  if (call.count > 3) {
    call.reply.error(errors.SYNTAX);
  } else if (call.count === 2 && call.services.config.text('requirepass') === '') {
    call.reply.error(errors.NO_PASSWORD_SET);
  } else if (authenticate(call, call.count === 3 ? 1 : 0, call.count - 1)) {
    call.reply.ok();
  } else {
    call.reply.error(errors.WRONG_PASSWORD);
  }
}

/** Checks a password (and a user, whose argument number is 0 when there is none). */
function authenticate(call: Call, userAt: number, passwordAt: number): boolean {
  const password = Buffer.from(call.services.config.text('requirepass'));
  const offered = Buffer.from(
    call.bytes.subarray(call.offset(passwordAt), call.offset(passwordAt) + call.size(passwordAt)),
  );
  const userIsRight = userAt === 0 || call.byteText(userAt) === DEFAULT_USER;
  // Without a password every offer is right for the default user, as in Redis.
  const isRight =
    password.length === 0 || (password.length === offered.length && timingSafeEqual(password, offered));
  if (userIsRight && isRight) call.client.authenticated = true;
  return userIsRight && isRight;
}

function hello(call: Call): void {
  let protocol: Protocol | undefined;
  if (call.count > 1) {
    const version = call.integer(1);
    if (!Number.isFinite(version)) {
      call.reply.error(errors.PROTOCOL_VERSION_NOT_AN_INTEGER);
      return;
    }
    if (version !== PROTOCOL_RESP2 && version !== PROTOCOL_RESP3) {
      call.reply.error(errors.PROTOCOL_VERSION);
      return;
    }
    protocol = version;
  }
  let nameAt = 0;
  let userAt = 0;
  for (let index = 2; index < call.count; index++) {
    const rest = call.count - 1 - index;
    if (call.is(index, 'AUTH') && rest >= 2) {
      userAt = index + 1;
      index += 2;
    } else if (call.is(index, 'SETNAME') && rest >= 1) {
      nameAt = ++index;
    } else {
      call.reply.error(errors.helloSyntax(call.bytes, call.offset(index), call.size(index)));
      return;
    }
  }
  if (userAt !== 0 && !authenticate(call, userAt, userAt + 1)) {
    call.reply.error(errors.WRONG_PASSWORD);
    return;
  }
  if (!call.client.authenticated && call.services.config.text('requirepass') !== '') {
    call.reply.error(errors.AUTHENTICATION_REQUIRED_HELLO);
    return;
  }
  if (nameAt !== 0 && !setName(call, nameAt)) return;
  if (protocol !== undefined) {
    call.client.protocol = protocol;
    call.reply.protocol = protocol;
  }
  replyGreeting(call);
}

function replyGreeting(call: Call): void {
  const reply = call.reply;
  reply.mapHeader(7);
  reply.bulkText('server');
  reply.bulkText('redis');
  reply.bulkText('version');
  reply.bulkText(REDIS_VERSION);
  reply.bulkText('proto');
  reply.integer(call.client.protocol);
  reply.bulkText('id');
  reply.integer(call.client.id);
  reply.bulkText('mode');
  reply.bulkText('standalone');
  reply.bulkText('role');
  reply.bulkText('master');
  reply.bulkText('modules');
  reply.arrayHeader(0);
}

/** A name of printable ASCII without spaces, or nothing. Replies with an error and returns false otherwise. */
function setName(call: Call, index: number): boolean {
  if (!isPlain(call, index)) {
    call.reply.error(errors.CLIENT_NAME);
    return false;
  }
  call.client.name = call.byteText(index);
  return true;
}

function isPlain(call: Call, index: number): boolean {
  const end = call.offset(index) + call.size(index);
  for (let at = call.offset(index); at < end; at++) {
    const byte = call.bytes[at]!;
    if (byte < 0x21 || byte > 0x7e) return false;
  }
  return true;
}

function clientSetInfo(call: Call): void {
  const isName = call.is(2, 'LIB-NAME');
  if (!isName && !call.is(2, 'LIB-VER')) {
    call.reply.error(errors.errorLine(`ERR Unrecognized option '${call.byteText(2)}'`));
  } else if (!isPlain(call, 3)) {
    call.reply.error(
      errors.errorLine(`ERR ${call.byteText(2)} cannot contain spaces, newlines or special characters.`),
    );
  } else {
    if (isName) call.client.libraryName = call.byteText(3);
    else call.client.libraryVersion = call.byteText(3);
    call.reply.ok();
  }
}

function clientInfo(call: Call): void {
  call.suspend(replyList(call, { ids: [call.client.id] }));
}

async function replyList(call: Call, filter: ClientFilter): Promise<LateReply> {
  const text = await call.services.control.listClients(filter);
  return (reply) => reply.verbatim(text, 'txt');
}

function clientList(call: Call): void {
  if (call.count === 2) {
    call.suspend(replyList(call, {}));
  } else if (call.count === 4 && call.is(2, 'TYPE')) {
    const type = clientType(call, 3);
    if (type !== undefined) call.suspend(replyList(call, { type }));
  } else if (call.count > 3 && call.is(2, 'ID')) {
    const ids: number[] = [];
    for (let index = 3; index < call.count; index++) {
      const id = call.integer(index);
      if (!Number.isFinite(id) || id < 0) {
        call.reply.error(errors.CLIENT_ID_INVALID);
        return;
      }
      ids.push(id);
    }
    call.suspend(replyList(call, { ids }));
  } else {
    call.reply.error(errors.SYNTAX);
  }
}

const CLIENT_TYPES = ['normal', 'master', 'replica', 'pubsub'] as const;

function clientType(call: Call, index: number): ClientFilter['type'] {
  const name = call.is(index, 'SLAVE') ? 'replica' : call.byteText(index).toLowerCase();
  const type = CLIENT_TYPES.find((known) => known === name);
  if (type === undefined) {
    call.reply.error(errors.unknownClientType(call.bytes, call.offset(index), call.size(index)));
  }
  return type;
}

function clientKill(call: Call): void {
  if (call.count === 3) {
    call.suspend(replyKillOne(call, { address: call.byteText(2) }));
    return;
  }
  const filter = killFilter(call);
  if (filter !== undefined) call.suspend(replyKilled(call, filter));
}

async function replyKillOne(call: Call, filter: ClientFilter): Promise<LateReply> {
  const count = await call.services.control.killClients(filter);
  return (reply) => (count === 0 ? reply.error(errors.NO_SUCH_CLIENT) : reply.ok());
}

async function replyKilled(call: Call, filter: ClientFilter): Promise<LateReply> {
  const count = await call.services.control.killClients(filter);
  return (reply) => reply.integer(count);
}

/** The filter in pairs of arguments from 2 on; undefined after an error reply. */
function killFilter(call: Call): ClientFilter | undefined {
  const filter: { -readonly [Field in keyof ClientFilter]: ClientFilter[Field] } = {};
  let skipsSelf = true;
  for (let index = 2; index < call.count; index += 2) {
    const value = index + 1;
    if (value === call.count) {
      call.reply.error(errors.SYNTAX);
      return undefined;
    }
    if (call.is(index, 'ID')) {
      const id = call.integer(value);
      if (id === NOT_INTEGER || id < 1) {
        call.reply.error(errors.CLIENT_ID_RANGE);
        return undefined;
      }
      filter.ids = [id];
    } else if (call.is(index, 'TYPE')) {
      const type = clientType(call, value);
      if (type === undefined) return undefined;
      filter.type = type;
    } else if (call.is(index, 'ADDR')) {
      filter.address = call.byteText(value);
    } else if (call.is(index, 'LADDR')) {
      filter.localAddress = call.byteText(value);
    } else if (call.is(index, 'USER')) {
      filter.user = call.byteText(value);
      if (filter.user !== DEFAULT_USER) {
        call.reply.error(errors.errorLine(`ERR No such user '${filter.user}'`));
        return undefined;
      }
    } else if (call.is(index, 'MAXAGE')) {
      const seconds = call.integer(value);
      if (!Number.isFinite(seconds)) {
        call.reply.error(errors.NOT_AN_INTEGER);
        return undefined;
      }
      filter.maxAgeSeconds = seconds;
    } else if (call.is(index, 'SKIPME') && (call.is(value, 'YES') || call.is(value, 'NO'))) {
      skipsSelf = call.is(value, 'YES');
    } else {
      call.reply.error(errors.SYNTAX);
      return undefined;
    }
  }
  if (skipsSelf) filter.except = call.client.id;
  return filter;
}

const CLIENT_HELP = [
  'CLIENT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:',
  'GETNAME',
  '    Return the name of the current connection.',
  'ID',
  '    Return the ID of the current connection.',
  'INFO',
  '    Return information about the current client connection.',
  'KILL <ip:port>',
  '    Kill connection made from <ip:port>.',
  'KILL <option> <value> [<option> <value> [...]]',
  '    Kill connections. Options are: ADDR, LADDR, TYPE, USER, ID, MAXAGE, SKIPME.',
  'LIST [TYPE <type> | ID <id> [<id> ...]]',
  '    Return information about client connections.',
  'SETINFO <LIB-NAME|LIB-VER> <value>',
  '    Set the name or the version of the client library.',
  'SETNAME <name>',
  '    Assign the name <name> to the current connection.',
  'HELP',
  '    Print this help.',
];

/** Replies with lines of help, as every HELP subcommand does. */
export function replyHelp(call: Call, lines: readonly string[]): void {
  call.reply.arrayHeader(lines.length);
  for (const line of lines) call.reply.status(line);
}

const CLIENT_SUBCOMMANDS: readonly CommandSpec[] = [
  {
    name: 'id',
    arity: 2,
    flags: CLIENT_FLAGS,
    group: 'connection',
    since: '5.0.0',
    summary: 'Returns the id of the connection, unique while the server runs.',
    complexity: 'O(1)',
    run: (call) => call.reply.integer(call.client.id),
  },
  {
    name: 'setname',
    arity: 3,
    flags: CLIENT_FLAGS,
    group: 'connection',
    since: '2.6.9',
    summary: 'Names the connection.',
    complexity: 'O(1)',
    arguments: [{ name: 'connection-name', type: 'string' }],
    run: (call) => {
      if (setName(call, 2)) call.reply.ok();
    },
  },
  {
    name: 'getname',
    arity: 2,
    flags: CLIENT_FLAGS,
    group: 'connection',
    since: '2.6.9',
    summary: 'Returns the name of the connection.',
    complexity: 'O(1)',
    run: (call) => {
      if (call.client.name === '') call.reply.nil();
      else call.reply.bulkText(call.client.name);
    },
  },
  {
    name: 'setinfo',
    arity: 4,
    flags: CLIENT_FLAGS,
    group: 'connection',
    since: '7.2.0',
    summary: 'Tells the name or the version of the client library.',
    complexity: 'O(1)',
    arguments: [
      {
        name: 'attr',
        type: 'oneof',
        arguments: [
          { name: 'libname', type: 'string', token: 'LIB-NAME' },
          { name: 'libver', type: 'string', token: 'LIB-VER' },
        ],
      },
    ],
    run: clientSetInfo,
  },
  {
    name: 'info',
    arity: 2,
    flags: CLIENT_FLAGS,
    group: 'connection',
    since: '6.2.0',
    summary: 'Describes the connection, in the form of CLIENT LIST.',
    complexity: 'O(1)',
    tips: ['nondeterministic_output'],
    run: clientInfo,
  },
  {
    name: 'list',
    arity: -2,
    flags: CLIENT_ADMIN_FLAGS,
    group: 'connection',
    since: '2.4.0',
    summary: 'Describes all connections, one a line.',
    complexity: 'O(N) with the number of connections',
    tips: ['nondeterministic_output'],
    arguments: [
      {
        name: 'client-type',
        type: 'oneof',
        token: 'TYPE',
        flags: ['optional'],
        since: '5.0.0',
        arguments: [
          { name: 'normal', type: 'pure-token', token: 'NORMAL' },
          { name: 'master', type: 'pure-token', token: 'MASTER' },
          { name: 'replica', type: 'pure-token', token: 'REPLICA', since: '5.0.0' },
          { name: 'pubsub', type: 'pure-token', token: 'PUBSUB' },
        ],
      },
      { name: 'client-id', type: 'integer', token: 'ID', flags: ['optional', 'multiple'], since: '6.2.0' },
    ],
    run: clientList,
  },
  {
    name: 'kill',
    arity: -3,
    flags: CLIENT_ADMIN_FLAGS,
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
          { name: 'new-format', type: 'string', flags: ['multiple'] },
        ],
      },
    ],
    run: clientKill,
  },
  {
    name: 'help',
    arity: 2,
    flags: ['loading', 'stale'],
    group: 'connection',
    since: '5.0.0',
    summary: 'Lists the subcommands.',
    complexity: 'O(1)',
    run: (call) => replyHelp(call, CLIENT_HELP),
  },
];

export const CONNECTION_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'ping',
    arity: -1,
    flags: ['fast'],
    group: 'connection',
    since: '1.0.0',
    summary: 'Returns PONG, or what it is given.',
    complexity: 'O(1)',
    tips: ['request_policy:all_shards', 'response_policy:all_succeeded'],
    arguments: [{ name: 'message', type: 'string', flags: ['optional'] }],
    run: ping,
  },
  {
    name: 'echo',
    arity: 2,
    flags: ['loading', 'stale', 'fast'],
    group: 'connection',
    since: '1.0.0',
    summary: 'Returns what it is given.',
    complexity: 'O(1)',
    arguments: [{ name: 'message', type: 'string' }],
    run: (call) => call.reply.bulk(call.bytes, call.offset(1), call.size(1)),
  },
  {
    name: 'hello',
    arity: -1,
    flags: OPEN,
    group: 'connection',
    since: '6.0.0',
    summary: 'Chooses the protocol, authenticates and names the connection.',
    complexity: 'O(1)',
    arguments: [
      {
        name: 'arguments',
        type: 'block',
        flags: ['optional'],
        arguments: [
          { name: 'protover', type: 'integer' },
          {
            name: 'auth',
            type: 'block',
            token: 'AUTH',
            flags: ['optional'],
            arguments: [
              { name: 'username', type: 'string' },
              { name: 'password', type: 'string' },
            ],
          },
          { name: 'clientname', type: 'string', token: 'SETNAME', flags: ['optional'] },
        ],
      },
    ],
    run: hello,
  },
  {
    name: 'auth',
    arity: -2,
    flags: OPEN,
    group: 'connection',
    since: '1.0.0',
    summary: 'Authenticates the connection.',
    complexity: 'O(1)',
    arguments: [
      { name: 'username', type: 'string', flags: ['optional'], since: '6.0.0' },
      { name: 'password', type: 'string' },
    ],
    run: auth,
  },
  {
    name: 'select',
    arity: 2,
    flags: ['loading', 'stale', 'fast'],
    group: 'connection',
    since: '1.0.0',
    summary: 'Chooses the database of the connection.',
    complexity: 'O(1)',
    arguments: [{ name: 'index', type: 'integer' }],
    run: select,
  },
  {
    name: 'quit',
    arity: -1,
    flags: OPEN,
    group: 'connection',
    since: '1.0.0',
    summary: 'Closes the connection once all replies have been sent.',
    complexity: 'O(1)',
    run: quit,
  },
  {
    name: 'client',
    arity: -2,
    flags: [],
    group: 'connection',
    since: '2.4.0',
    summary: 'Commands on connections.',
    complexity: 'Depends on the subcommand.',
    subcommands: CLIENT_SUBCOMMANDS,
  },
];
