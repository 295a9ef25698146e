/**
 * The first words on a connection: protocol, user, name, database.
 *
 * ```
 *   HELLO 3 AUTH user password SETNAME name | SELECT db | CLIENT SETINFO ... | PING      one write, one round trip
 *   (refused: a server before Redis 6, or a proxy)
 *   AUTH user password | CLIENT SETNAME name | SELECT db | CLIENT ID | PING        and RESP2 it is
 * ```
 *
 * The PING is what finds out that a server still loads its data: it answers everything before it, and refuses commands like PING.
 */

import type { Argument } from './command-runner.js';
import type { Connection } from './connection.js';
import { AuthenticationError, type ClientError, ConnectionError, ReplyError } from './errors.js';
import type { Settings } from './options.js';
import type { Reply } from './reply.js';
import { clientVersion } from './version.js';

/** What the server has told. */
export interface Greeting {
  readonly protocol: 2 | 3;
  /** The connection's number at the server, where it says one. */
  readonly id: number | undefined;
}

/** How servers refuse HELLO that do not know it, or not with 3. */
const NO_RESP3 = /^(?:ERR|NOPROTO)$/;
/** How servers tell that they will do later. */
const NOT_READY = /^(?:LOADING|BUSY|MASTERDOWN|TRYAGAIN)\b|max number of clients/i;
const REFUSED_USER = /^(?:WRONGPASS|NOAUTH|NOPERM)\b|invalid password|AUTH failed/i;

/** Sends a command, and resolves with its reply, even an error. */
type Ask = (words: string, ...args: Argument[]) => Promise<Reply>;

/** Whether we were refused for now: it is worth while to try again, even on the first attempt. */
export function isNotReady({ cause }: ClientError): boolean {
  return cause instanceof ReplyError && NOT_READY.test(cause.message);
}

/**
 * Goes through the handshake on a connection that has just been made.
 *
 * @throws AuthenticationError when user or password are refused, or one is needed
 * @throws ConnectionError when anything else is
 */
export async function shakeHands(
  connection: Connection,
  settings: Settings,
  address: string,
): Promise<Greeting> {
  const ask: Ask = (words, ...args) => connection.ask(words, ...args);
  if (settings.protocol === 3) {
    const greeting = await greet(ask, settings, address);
    if (greeting !== undefined) return greeting;
  }
  const { user, password, name } = settings;
  const credentials = user === undefined ? [password ?? ''] : [user, password ?? ''];
  const auth = password === undefined ? undefined : ask('AUTH', ...credentials);
  const rest = Promise.all([
    askSelect(ask, settings),
    ask('CLIENT ID'),
    ask('PING'),
    name === undefined ? undefined : ask('CLIENT SETNAME', name),
  ]);
  rest.catch(() => {}); // it may not come to its being awaited
  const authReply = await auth;
  if (authReply instanceof ReplyError) throw refusal(authReply, address, true);
  const [select, id, ping] = await rest;
  demand(select, address);
  demand(ping, address);
  return { protocol: 2, id: typeof id === 'number' ? id : undefined };
}

/** The handshake of RESP3; undefined when the server does not know it. */
async function greet(ask: Ask, settings: Settings, address: string): Promise<Greeting | undefined> {
  const { user, password, name } = settings;
  const args: Argument[] = [3];
  if (password !== undefined) args.push('AUTH', user ?? 'default', password);
  if (name !== undefined) args.push('SETNAME', name);
  const asked = ask('HELLO', ...args);
  const rest = Promise.all([
    askSelect(ask, settings),
    ask('PING'),
    ask('CLIENT SETINFO', 'LIB-NAME', 'crabkv'),
    ask('CLIENT SETINFO', 'LIB-VER', clientVersion()),
  ]);
  rest.catch(() => {}); // a server that refuses us may close the connection behind its first reply
  const hello = await asked;
  if (hello instanceof ReplyError) {
    const isFinal = NOT_READY.test(hello.message) || REFUSED_USER.test(hello.message);
    if (isFinal || !NO_RESP3.test(hello.prefix)) throw refusal(hello, address, false);
    await rest;
    return undefined;
  }
  const [select, ping] = await rest;
  demand(select, address);
  demand(ping, address);
  const id = hello instanceof Map ? hello.get('id') : undefined;
  return { protocol: 3, id: typeof id === 'number' ? id : undefined };
}

function askSelect(ask: Ask, settings: Settings): Promise<Reply> | undefined {
  return settings.db === 0 ? undefined : ask('SELECT', settings.db);
}

function demand(reply: Reply, address: string): void {
  if (reply instanceof ReplyError) throw refusal(reply, address, false);
}

function refusal(error: ReplyError, address: string, isOfUser: boolean): ConnectionError {
  if (NOT_READY.test(error.message))
    return new ConnectionError('CONNECT_FAILED', `${address} is not ready: ${error.message}`, error);
  if (isOfUser || REFUSED_USER.test(error.message))
    return new AuthenticationError(
      'AUTHENTICATION_FAILED',
      `${address} refuses user or password: ${error.message}`,
      error,
    );
  return new ConnectionError('CONNECT_FAILED', `${address} refuses the connection: ${error.message}`, error);
}
