/**
 * Who is turned away at the door: whoever is one too many, and strangers, in protected mode.
 *
 * Protected mode: as long as the default user has no password, only this machine is answered. Who starts a server without any
 * thought of safety has it for himself, whatever it listens on.
 *
 * Source: `clientAcceptHandler` in networking.c of Redis 7.0.
 */

import type { Users } from '../engine/acl/users.js';
import type { Config } from '../engine/config/config.js';
import * as errors from '../engine/errors.js';
import { isLocalAddress } from '../engine/local-address.js';

const TOO_MANY_CLIENTS = Buffer.from(`-${errors.TOO_MANY_CLIENTS}\r\n`);
/** What a stranger is told before the connection is closed, in Redis's words, which clients know. */
const PROTECTED = Buffer.from(
  '-DENIED Redis is running in protected mode because protected mode is enabled and no password is set for the default user. ' +
    'In this mode connections are only accepted from the loopback interface. If you want to connect from external computers ' +
    'to Redis you may adopt one of the following solutions: ' +
    "1) Just disable protected mode sending the command 'CONFIG SET protected-mode no' from the loopback interface by " +
    'connecting to Redis from the same host the server is running, however MAKE SURE Redis is not publicly accessible from ' +
    'internet if you do so. Use CONFIG REWRITE to make this change permanent. ' +
    '2) Alternatively you can just disable the protected mode by editing the Redis configuration file, and setting the ' +
    "protected mode option to 'no', and then restarting the server. " +
    "3) If you started the server manually just for testing, restart it with the '--protected-mode no' option. " +
    '4) Setup a an authentication password for the default user. ' +
    'NOTE: You only need to do one of the above things in order for the server to start accepting connections from the ' +
    'outside.\r\n',
);

/** What a connection from `address` (with port) is told before it is closed; undefined when it is to be served. */
export function refusalOf(
  address: string,
  clientCount: number,
  users: Users,
  config: Config,
): Uint8Array | undefined {
  if (clientCount >= config.integer('maxclients')) return TOO_MANY_CLIENTS;
  const isProtected = users.defaultUser.hasNoPassword && config.flag('protected-mode');
  return isProtected && !isLocalAddress(address) ? PROTECTED : undefined;
}
