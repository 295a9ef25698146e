/**
 * Commands on the connection itself: greeting, authentication, database. CLIENT has a file of its own.
 */

import { DEFAULT_USER } from '../engine/acl/users.js';
import { REPLY_SKIP, setUser } from '../engine/attention.js';
import type { Call } from '../engine/call.js';
import type { Client } from '../engine/client.js';
import type { CommandFlag, CommandSpec } from '../engine/command.js';
import * as errors from '../engine/errors.js';
import {
  PROTOCOL_RESP2,
  PROTOCOL_RESP3,
  PROTOCOL_TEXT,
  type Protocol,
  type ReplyWriter,
} from '../engine/reply.js';
import { databaseNumber } from './database-number.js';
import { logIn } from './log-in.js';
import { REDIS_VERSION } from './redis-version.js';

const OPEN: readonly CommandFlag[] = ['noscript', 'loading', 'stale', 'fast', 'no_auth', 'allow_busy'];

function ping(call: Call): void {
  if (call.count === 1) call.reply.status('PONG');
  else if (call.count === 2) call.reply.bulk(call.bytes, call.offset(1), call.size(1));
  else call.reply.error(errors.wrongArity('ping'));
}

function select(call: Call): void {
  const database = databaseNumber(call, 1);
  if (database < 0) return;
  call.client.database = database;
  call.reply.ok();
}

function quit(call: Call): void {
  call.reply.ok();
  call.closes = true;
}

function auth(call: Call): void {
  if (call.count > 3) {
    call.reply.error(errors.SYNTAX);
  } else if (call.count === 2 && call.services.users.defaultUser.hasNoPassword) {
    call.reply.error(errors.NO_PASSWORD_SET);
  } else {
    const name = call.count === 3 ? call.byteText(1) : DEFAULT_USER;
    logIn(call, name, call.byteText(call.count - 1), (reply) => reply.ok());
  }
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
  let userAt = 0;
  for (let index = 2; index < call.count; index++) {
    const rest = call.count - 1 - index;
    if (call.is(index, 'AUTH') && rest >= 2) {
      userAt = index + 1;
      index += 2;
    } else if (call.is(index, 'SETNAME') && rest >= 1) {
      // At once, as in Redis: whatever else may be wrong.
      if (!setName(call, ++index)) return;
    } else {
      call.reply.error(errors.helloSyntax(call.bytes, call.offset(index), call.size(index)));
      return;
    }
  }
  const { client } = call;
  if (userAt !== 0) {
    const [name, password] = [call.byteText(userAt), call.byteText(userAt + 1)];
    logIn(call, name, password, (reply) => greet(client, reply, protocol));
  } else if (client.authenticated) {
    greet(client, call.reply, protocol);
  } else {
    call.reply.error(errors.AUTHENTICATION_REQUIRED_HELLO);
  }
}

/** True for the two arguments behind AUTH: user and password. */
function isHelloPassword(call: Call, index: number): boolean {
  return index > 2 && (call.is(index - 1, 'AUTH') || (index > 3 && call.is(index - 2, 'AUTH')));
}

/** Speaks the protocol that was asked for, if any, and says who is there. */
function greet(client: Client, reply: ReplyWriter, protocol: Protocol | undefined): void {
  if (protocol !== undefined) {
    client.protocol = protocol;
    reply.protocol = protocol;
  }
  reply.mapHeader(7);
  reply.bulkText('server');
  reply.bulkText('redis');
  reply.bulkText('version');
  reply.bulkText(REDIS_VERSION);
  reply.bulkText('proto');
  reply.integer(client.protocol);
  reply.bulkText('id');
  reply.integer(client.id);
  reply.bulkText('mode');
  reply.bulkText('standalone');
  reply.bulkText('role');
  reply.bulkText('master');
  reply.bulkText('modules');
  reply.arrayHeader(0);
}

/** A text connection stays one. What the client library has said about itself stays, too. */
function reset(call: Call): void {
  const { client, services } = call;
  services.monitors.remove(client);
  client.database = 0;
  if (client.protocol !== PROTOCOL_TEXT) client.protocol = PROTOCOL_RESP2;
  call.reply.protocol = client.protocol;
  client.authenticated = !services.users.needPassword;
  client.name = '';
  client.isSpared = false;
  // Not REPLY_SKIP, which is about this very command.
  client.attention &= REPLY_SKIP;
  setUser(client, services.users.defaultUser);
  call.reply.status('RESET');
}

/** Names the client with argument `index`: printable ASCII without spaces. Replies with an error and returns false otherwise. */
export function setName(call: Call, index: number): boolean {
  if (!isPlain(call, index)) {
    call.reply.error(errors.CLIENT_NAME);
    return false;
  }
  call.client.name = call.byteText(index);
  return true;
}

/** True for printable ASCII without spaces, and for nothing: what CLIENT LIST can show. */
export function isPlain(call: Call, index: number): boolean {
  const end = call.offset(index) + call.size(index);
  for (let at = call.offset(index); at < end; at++) {
    const byte = call.bytes[at]!;
    if (byte < 0x21 || byte > 0x7e) return false;
  }
  return true;
}

/** Replies with lines of help, as every HELP subcommand does. */
export function replyHelp(call: Call, lines: readonly string[]): void {
  call.reply.arrayHeader(lines.length);
  for (const line of lines) call.reply.status(line);
}

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
    reply: { message: 'text', else: 'string' },
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
    reply: 'text',
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
    isSecret: isHelloPassword,
    reply: 'any',
    suspends: true,
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
    isSecret: (_call, index) => index > 0,
    reply: 'ok',
    suspends: true,
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
    reply: 'ok',
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
    reply: 'ok',
    run: quit,
  },
  {
    name: 'reset',
    arity: 1,
    flags: OPEN,
    group: 'connection',
    since: '6.2.0',
    summary: 'Makes the connection what it was when it had just been opened.',
    complexity: 'O(1)',
    reply: 'string',
    run: reset,
  },
];
