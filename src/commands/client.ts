/**
 * CLIENT: what a connection may say about itself, and wish. What concerns other connections is in client-list.ts.
 */

import { NOT_INTEGER } from '../base/integer.js';
import {
  NO_TOUCH,
  PAUSE_ALL,
  PAUSE_WRITE,
  REPLY_OFF,
  REPLY_SKIP,
  REPLY_SKIP_NEXT,
} from '../engine/attention.js';
import type { Call } from '../engine/call.js';
import type { ArgumentSpec, CommandFlag, CommandSpec } from '../engine/command.js';
import * as errors from '../engine/errors.js';
import { THREAD_COUNT_MAX } from '../engine/statistics.js';
import { CLIENT_LIST_SUBCOMMANDS } from './client-list.js';
import { isPlain, replyHelp, setName } from './connection.js';

const FLAGS: readonly CommandFlag[] = ['noscript', 'loading', 'stale'];
const ADMIN_FLAGS: readonly CommandFlag[] = ['admin', ...FLAGS];
/** Options of CLIENT TRACKING without a value. */
const TRACKING_OPTIONS = ['BCAST', 'OPTIN', 'OPTOUT', 'NOLOOP'];

function getName(call: Call): void {
  if (call.client.name === '') call.reply.nil();
  else call.reply.bulkText(call.client.name);
}

function setInfo(call: Call): void {
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

/** The one command that is not answered: OFF and SKIP are silent, also where nothing takes their reply back. */
function reply(call: Call): void {
  const client = call.client;
  if (call.is(2, 'ON')) {
    client.attention &= ~(REPLY_OFF | REPLY_SKIP);
    call.reply.ok();
  } else if (call.is(2, 'OFF')) {
    client.attention |= REPLY_OFF;
  } else if (call.is(2, 'SKIP')) {
    if ((client.attention & REPLY_OFF) === 0) client.attention |= REPLY_SKIP_NEXT;
  } else {
    call.reply.error(errors.SYNTAX);
  }
}

function noEvict(call: Call): void {
  const isOn = readSwitch(call);
  if (isOn !== undefined) call.client.isSpared = isOn;
}

function noTouch(call: Call): void {
  const isOn = readSwitch(call);
  if (isOn === true) call.client.attention |= NO_TOUCH;
  else if (isOn === false) call.client.attention &= ~NO_TOUCH;
}

/** Whether the switch in argument 2 is on, after OK; undefined after an error reply. */
function readSwitch(call: Call): boolean | undefined {
  const isOn = call.is(2, 'ON');
  if (!isOn && !call.is(2, 'OFF')) {
    call.reply.error(errors.SYNTAX);
    return undefined;
  }
  call.reply.ok();
  return isOn;
}

function pause(call: Call): void {
  if (call.count > 4) {
    call.reply.error(errors.subcommandSyntax(call.bytes, call.offset(1), call.size(1), 'client'));
    return;
  }
  const isWrite = call.count === 4 && call.is(3, 'WRITE');
  if (call.count === 4 && !isWrite && !call.is(3, 'ALL')) {
    call.reply.error(errors.PAUSE_MODE);
    return;
  }
  const timeoutMs = call.integer(2);
  if (timeoutMs === NOT_INTEGER) {
    call.reply.error(errors.TIMEOUT_NOT_AN_INTEGER);
  } else if (call.clampedInteger(2) < 0) {
    call.reply.error(errors.TIMEOUT_NEGATIVE);
  } else if (!Number.isFinite(timeoutMs)) {
    call.reply.error(errors.TIMEOUT_RANGE);
  } else {
    const nowMs = call.keyspace.now;
    call.services.attention.pause(isWrite ? PAUSE_WRITE : PAUSE_ALL, nowMs + timeoutMs, nowMs);
    call.reply.ok();
  }
}

/** Other threads may be asleep with clients that wait for this. */
function unpause(call: Call): void {
  call.services.attention.unpause();
  for (let thread = 0; thread < THREAD_COUNT_MAX; thread++) call.keyspace.log.wakeThread(thread);
  call.reply.ok();
}

/** No client is in tracking mode: its options are read, and nothing comes of them. */
function tracking(call: Call): void {
  for (let index = 3; index < call.count; index++) {
    const hasValue = index + 1 < call.count;
    if (hasValue && call.is(index, 'REDIRECT')) {
      if (call.integer(++index) !== NOT_INTEGER) continue;
      call.reply.error(errors.NOT_AN_INTEGER);
      return;
    }
    if (hasValue && call.is(index, 'PREFIX')) {
      index++;
    } else if (!TRACKING_OPTIONS.some((option) => call.is(index, option))) {
      call.reply.error(errors.SYNTAX);
      return;
    }
  }
  if (call.is(2, 'ON')) call.reply.error(errors.TRACKING_UNSUPPORTED);
  else if (call.is(2, 'OFF')) call.reply.ok();
  else call.reply.error(errors.SYNTAX);
}

function trackingInfo(call: Call): void {
  const { reply: writer } = call;
  writer.mapHeader(3);
  writer.bulkText('flags');
  writer.setHeader(1);
  writer.bulkText('off');
  writer.bulkText('redirect');
  writer.integer(-1);
  writer.bulkText('prefixes');
  writer.arrayHeader(0);
}

const HELP = [
  'CLIENT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:',
  'CACHING (YES|NO)',
  '    For clients in tracking mode, which there are none of yet.',
  'GETREDIR',
  '    Return the client ID we are redirecting to when tracking is enabled.',
  'GETNAME',
  '    Return the name of the current connection.',
  'ID',
  '    Return the ID of the current connection.',
  'INFO',
  '    Return information about the current client connection.',
  'KILL <ip:port>',
  '    Kill connection made from <ip:port>.',
  'KILL <option> <value> [<option> <value> [...]]',
  '    Kill the connections for which all options hold. Options are those of LIST;',
  '    SKIPME is YES unless given.',
  'LIST [<option> <value> [<option> <value> [...]]]',
  '    Return information about the connections for which all options hold:',
  '    * ID <client-id> [<client-id> [...]]',
  '    * ADDR (<ip:port>|<unixsocket>:0)',
  '    * LADDR (<ip:port>|<unixsocket>:0)',
  '    * IP <ip>',
  '    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)',
  '    * USER <username>',
  '    * NAME <name>',
  '    * FLAGS <flags>',
  '    * LIB-NAME <name>',
  '    * LIB-VER <version>',
  '    * DB <index>',
  '      Each of them with NOT- in front means the others.',
  '    * MAXAGE <seconds>',
  '      Connected for at least so long.',
  '    * IDLE <seconds>',
  '      Silent for at least so long.',
  '    * SKIPME (YES|NO)',
  '      Leave out the current connection (default: no).',
  'NO-EVICT (ON|OFF)',
  '    Protect current client connection from eviction.',
  'NO-TOUCH (ON|OFF)',
  '    Will not touch LRU/LFU stats when this mode is on.',
  'PAUSE <timeout> [WRITE|ALL]',
  '    Suspend all, or just write, clients for <timeout> milliseconds.',
  'REPLY (ON|OFF|SKIP)',
  '    Control the replies sent to the current connection.',
  'SETINFO (LIB-NAME|LIB-VER) <value>',
  '    Set the name or the version of the client library.',
  'SETNAME <name>',
  '    Assign the name <name> to the current connection.',
  'TRACKING OFF',
  '    Do without server assisted client side caching.',
  'TRACKINGINFO',
  '    Report tracking status for the current connection.',
  'UNBLOCK <clientid> [TIMEOUT|ERROR]',
  '    Unblock the specified blocked client.',
  'UNPAUSE',
  '    Stop the current client pause, resuming traffic.',
  'HELP',
  '    Print this help.',
];

const ON_OFF: readonly ArgumentSpec[] = [
  {
    name: 'enabled',
    type: 'oneof',
    arguments: [
      { name: 'on', type: 'pure-token', token: 'ON' },
      { name: 'off', type: 'pure-token', token: 'OFF' },
    ],
  },
];

const SUBCOMMANDS: readonly CommandSpec[] = [
  {
    name: 'id',
    arity: 2,
    flags: FLAGS,
    group: 'connection',
    since: '5.0.0',
    summary: 'Returns the id of the connection, unique while the server runs.',
    complexity: 'O(1)',
    reply: 'integer',
    run: (call) => call.reply.integer(call.client.id),
  },
  {
    name: 'setname',
    arity: 3,
    flags: FLAGS,
    group: 'connection',
    since: '2.6.9',
    summary: 'Names the connection.',
    complexity: 'O(1)',
    arguments: [{ name: 'connection-name', type: 'string' }],
    reply: 'ok',
    run: (call) => {
      if (setName(call, 2)) call.reply.ok();
    },
  },
  {
    name: 'getname',
    arity: 2,
    flags: FLAGS,
    group: 'connection',
    since: '2.6.9',
    summary: 'Returns the name of the connection.',
    complexity: 'O(1)',
    reply: 'text?',
    run: getName,
  },
  {
    name: 'setinfo',
    arity: 4,
    flags: FLAGS,
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
    reply: 'ok',
    run: setInfo,
  },
  {
    name: 'reply',
    arity: 3,
    flags: FLAGS,
    group: 'connection',
    since: '3.2.0',
    summary: 'Chooses whether the commands of the connection are answered.',
    complexity: 'O(1)',
    arguments: [
      {
        name: 'action',
        type: 'oneof',
        arguments: [
          { name: 'on', type: 'pure-token', token: 'ON' },
          { name: 'off', type: 'pure-token', token: 'OFF' },
          { name: 'skip', type: 'pure-token', token: 'SKIP' },
        ],
      },
    ],
    reply: 'ok',
    run: reply,
  },
  {
    name: 'no-evict',
    arity: 3,
    flags: ADMIN_FLAGS,
    group: 'connection',
    since: '7.0.0',
    summary: 'Spares the connection when clients are disconnected for their memory (maxmemory-clients).',
    complexity: 'O(1)',
    arguments: ON_OFF,
    reply: 'ok',
    run: noEvict,
  },
  {
    name: 'no-touch',
    arity: 3,
    flags: FLAGS,
    group: 'connection',
    since: '7.2.0',
    summary: 'Has the commands of the connection leave access times and counts of keys as they are.',
    complexity: 'O(1)',
    arguments: ON_OFF,
    reply: 'ok',
    run: noTouch,
  },
  {
    name: 'pause',
    arity: -3,
    flags: ADMIN_FLAGS,
    group: 'connection',
    since: '2.9.50',
    summary: 'Holds up the commands of all connections, or the writes among them, for a while.',
    complexity: 'O(1)',
    arguments: [
      { name: 'timeout', type: 'integer' },
      {
        name: 'mode',
        type: 'oneof',
        flags: ['optional'],
        since: '6.2.0',
        arguments: [
          { name: 'write', type: 'pure-token', token: 'WRITE' },
          { name: 'all', type: 'pure-token', token: 'ALL' },
        ],
      },
    ],
    reply: 'ok',
    run: pause,
  },
  {
    name: 'unpause',
    arity: 2,
    flags: ADMIN_FLAGS,
    group: 'connection',
    since: '6.2.0',
    summary: 'Ends the pause.',
    complexity: 'O(N) with the number of connections that it has held up',
    reply: 'ok',
    run: unpause,
  },
  {
    name: 'tracking',
    arity: -3,
    flags: FLAGS,
    group: 'connection',
    since: '6.0.0',
    summary: 'Turns tracking of keys for client side caching off; it can not be turned on yet.',
    complexity: 'O(1)',
    arguments: ON_OFF,
    reply: 'ok',
    run: tracking,
  },
  {
    name: 'trackinginfo',
    arity: 2,
    flags: FLAGS,
    group: 'connection',
    since: '6.2.0',
    summary: 'Describes the tracking mode of the connection.',
    complexity: 'O(1)',
    reply: 'map{flags:set<string>,redirect:integer,prefixes:array<text>}',
    run: trackingInfo,
  },
  {
    name: 'caching',
    arity: 3,
    flags: FLAGS,
    group: 'connection',
    since: '6.0.0',
    summary: 'For connections in tracking mode: whether the keys of the next command are tracked.',
    complexity: 'O(1)',
    arguments: [
      {
        name: 'mode',
        type: 'oneof',
        arguments: [
          { name: 'yes', type: 'pure-token', token: 'YES' },
          { name: 'no', type: 'pure-token', token: 'NO' },
        ],
      },
    ],
    reply: 'ok',
    run: (call) => call.reply.error(errors.CACHING_WITHOUT_TRACKING),
  },
  {
    name: 'getredir',
    arity: 2,
    flags: FLAGS,
    group: 'connection',
    since: '6.0.0',
    summary: 'Returns the id of the connection that tracking messages go to, -1 without tracking.',
    complexity: 'O(1)',
    reply: 'integer',
    run: (call) => call.reply.integer(-1),
  },
  ...CLIENT_LIST_SUBCOMMANDS,
  {
    name: 'help',
    arity: 2,
    flags: ['loading', 'stale'],
    group: 'connection',
    since: '5.0.0',
    summary: 'Lists the subcommands.',
    complexity: 'O(1)',
    reply: 'array<string>',
    run: (call) => replyHelp(call, HELP),
  },
];

export const CLIENT_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'client',
    arity: -2,
    flags: [],
    group: 'connection',
    since: '2.4.0',
    summary: 'Commands on connections.',
    complexity: 'Depends on the subcommand.',
    subcommands: SUBCOMMANDS,
  },
];
