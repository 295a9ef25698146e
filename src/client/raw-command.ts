/**
 * `kv.send`: commands by their name, those of any server too.
 *
 * Commands that change what the connection is, rather than what the server keeps, are refused: the connection is shared by
 * all that the client is asked for, and replaced when it is lost. For each of them the message says what there is instead.
 */

import { reading, waiting, writing } from './command.js';
import type { Argument, CommandInfo } from './command-runner.js';
import { UsageError } from './errors.js';

/** Names are kept, so that each is encoded once; beyond this many they are not. */
const NAMES_MAX = 1000;

const TRANSACTION = 'use kv.multi(), or kv.watch()';
const SUBSCRIPTION =
  'use kv.subscribe(), kv.psubscribe() or kv.ssubscribe(), and leave their loop to end them';
const OPTIONS = 'give user and password as options of connect()';

/** Commands that are the client's own, and what there is instead. */
const REFUSED: ReadonlyMap<string, string> = new Map([
  ['MULTI', TRANSACTION],
  ['EXEC', TRANSACTION],
  ['DISCARD', TRANSACTION],
  ['WATCH', TRANSACTION],
  ['UNWATCH', TRANSACTION],
  ['SUBSCRIBE', SUBSCRIPTION],
  ['PSUBSCRIBE', SUBSCRIPTION],
  ['SSUBSCRIBE', SUBSCRIPTION],
  ['UNSUBSCRIBE', SUBSCRIPTION],
  ['PUNSUBSCRIBE', SUBSCRIPTION],
  ['SUNSUBSCRIBE', SUBSCRIPTION],
  ['AUTH', OPTIONS],
  ['HELLO', 'give the option protocol of connect()'],
  ['SELECT', 'give the option db of connect(): one client a database'],
  ['MONITOR', 'use redis-cli MONITOR'],
  ['QUIT', 'use kv.close()'],
  ['RESET', 'close the client and connect again'],
  ['SYNC', 'the client is no replica'],
  ['PSYNC', 'the client is no replica'],
  ['CLIENT REPLY', 'every command has its reply'],
]);

const SECONDS = 1000;
const MILLISECONDS = 1;

/** Commands that may wait, and where among their arguments the time is. */
const WAITING: readonly CommandInfo[] = [
  waiting('BLPOP', -1, SECONDS),
  waiting('BRPOP', -1, SECONDS),
  waiting('BRPOPLPUSH', -1, SECONDS),
  waiting('BLMOVE', -1, SECONDS),
  waiting('BLMPOP', 0, SECONDS),
  waiting('BZPOPMIN', -1, SECONDS),
  waiting('BZPOPMAX', -1, SECONDS),
  waiting('BZMPOP', 0, SECONDS),
  waiting('WAIT', -1, MILLISECONDS),
  waiting('WAITAOF', -1, MILLISECONDS),
];

/** What is often sent by name, and may be sent again after a lost connection. */
const READING = ['GET', 'MGET', 'EXISTS', 'PING', 'ECHO', 'TIME', 'INFO', 'COMMAND', 'DBSIZE', 'TTL', 'TYPE'];

const known = new Map<string, CommandInfo>();
for (const command of WAITING) known.set(command.words[0]!, command);
for (const name of READING) known.set(name, reading(name));

/**
 * What is known of a command that is given by its name.
 *
 * @throws UsageError when it is no name, or one of the client's own commands
 */
export function rawCommand(name: string, args: readonly Argument[]): CommandInfo {
  if (typeof name !== 'string' || name === '' || /\s/.test(name))
    throw new UsageError(
      `${JSON.stringify(name)} is no command: give its words one by one, send('CONFIG', 'GET', 'port')`,
    );
  const word = name.toUpperCase();
  const blocking = word === 'XREAD' || word === 'XREADGROUP' ? streamRead(word, args) : undefined;
  if (blocking !== undefined) return blocking;
  refuse(word, args);
  let command = known.get(word);
  if (command === undefined) {
    command = writing(word);
    if (known.size < NAMES_MAX) known.set(word, command);
  }
  return command;
}

function refuse(word: string, args: readonly Argument[]): void {
  const first = args[0];
  const both = word === 'CLIENT' && typeof first === 'string' ? `CLIENT ${first.toUpperCase()}` : word;
  const instead = REFUSED.get(both);
  if (instead !== undefined)
    throw new UsageError(
      `${both} would change the connection under all others that use this client: ${instead}`,
    );
}

/** XREAD and XREADGROUP wait when there is a BLOCK before STREAMS. */
function streamRead(word: string, args: readonly Argument[]): CommandInfo | undefined {
  for (const [index, argument] of args.entries()) {
    const token = typeof argument === 'string' ? argument.toUpperCase() : '';
    if (token === 'BLOCK') return waiting(word, index + 1, MILLISECONDS);
    if (token === 'STREAMS') return undefined;
  }
  return undefined;
}
