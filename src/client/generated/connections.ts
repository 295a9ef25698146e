/**
 * Connections: the commands as methods. Made of the specs in src/commands by `npm run docs`, and not to be edited.
 */

import { checkOptions, type Integer, type OneOrMore, pushList } from '../arguments.js';
import { reading, writing } from '../command.js';
import type { Argument, Mode, Result } from '../command-runner.js';
import type { Text } from '../reply.js';
import { asBoolean, asIs, asString, recordOf, setOf } from '../shapes.js';
import { KeyCommands } from './keys.js';

const PING = reading('PING', asString);
const PING_MESSAGE = reading('PING');
const ECHO = reading('ECHO');
const CLIENT_ID = reading('CLIENT ID');
const CLIENT_GETNAME = reading('CLIENT GETNAME');
const CLIENT_PAUSE = writing('CLIENT PAUSE', asString);
const CLIENT_UNPAUSE = writing('CLIENT UNPAUSE', asString);
const CLIENT_TRACKINGINFO = reading(
  'CLIENT TRACKINGINFO',
  recordOf({ flags: setOf(asString), redirect: asIs, prefixes: asIs }),
);
const CLIENT_GETREDIR = reading('CLIENT GETREDIR');
const CLIENT_INFO = reading('CLIENT INFO', asString);
const CLIENT_LIST = reading('CLIENT LIST', asString);
const CLIENT_LIST_OPTIONS: ReadonlySet<string> = new Set([
  'id',
  'type',
  'addr',
  'laddr',
  'ip',
  'user',
  'name',
  'flags',
  'libName',
  'libVer',
  'db',
  'notId',
  'notType',
  'notAddr',
  'notLaddr',
  'notIp',
  'notUser',
  'notName',
  'notFlags',
  'notLibName',
  'notLibVer',
  'notDb',
  'maxage',
  'idle',
  'skipme',
]);
const CLIENT_KILL = writing('CLIENT KILL');
const CLIENT_KILL_FILTER = writing('CLIENT KILL', asString);
const CLIENT_KILL_OPTIONS: ReadonlySet<string> = new Set([
  'id',
  'type',
  'addr',
  'laddr',
  'ip',
  'user',
  'name',
  'flags',
  'libName',
  'libVer',
  'db',
  'notId',
  'notType',
  'notAddr',
  'notLaddr',
  'notIp',
  'notUser',
  'notName',
  'notFlags',
  'notLibName',
  'notLibVer',
  'notDb',
  'maxage',
  'idle',
  'skipme',
]);
const CLIENT_UNBLOCK = writing('CLIENT UNBLOCK', asBoolean);

/** The options of CLIENT LIST. */
export interface ClientListOptions {
  /** `ID client-id` */
  readonly id?: OneOrMore<Integer>;
  /** `TYPE NORMAL | MASTER | REPLICA | PUBSUB` */
  readonly type?: 'normal' | 'master' | 'replica' | 'pubsub';
  /** `ADDR addr` */
  readonly addr?: Argument;
  /** `LADDR laddr` */
  readonly laddr?: Argument;
  /** `IP ip` */
  readonly ip?: Argument;
  /** `USER user` */
  readonly user?: Argument;
  /** `NAME name` */
  readonly name?: Argument;
  /** `FLAGS flags` */
  readonly flags?: Argument;
  /** `LIB-NAME lib-name` */
  readonly libName?: Argument;
  /** `LIB-VER lib-ver` */
  readonly libVer?: Argument;
  /** `DB db` */
  readonly db?: Integer;
  /** `NOT-ID not-client-id` */
  readonly notId?: OneOrMore<Integer>;
  /** `NOT-TYPE NORMAL | MASTER | REPLICA | PUBSUB` */
  readonly notType?: 'normal' | 'master' | 'replica' | 'pubsub';
  /** `NOT-ADDR not-addr` */
  readonly notAddr?: Argument;
  /** `NOT-LADDR not-laddr` */
  readonly notLaddr?: Argument;
  /** `NOT-IP not-ip` */
  readonly notIp?: Argument;
  /** `NOT-USER not-user` */
  readonly notUser?: Argument;
  /** `NOT-NAME not-name` */
  readonly notName?: Argument;
  /** `NOT-FLAGS not-flags` */
  readonly notFlags?: Argument;
  /** `NOT-LIB-NAME not-lib-name` */
  readonly notLibName?: Argument;
  /** `NOT-LIB-VER not-lib-ver` */
  readonly notLibVer?: Argument;
  /** `NOT-DB not-db` */
  readonly notDb?: Integer;
  /** `MAXAGE maxage`, since 7.4.0 */
  readonly maxage?: Integer;
  /** `IDLE idle` */
  readonly idle?: Integer;
  /** `SKIPME YES | NO` */
  readonly skipme?: 'yes' | 'no';
}

/** The options of CLIENT KILL. */
export interface ClientKillOptions {
  /** `ID client-id` */
  readonly id?: OneOrMore<Integer>;
  /** `TYPE NORMAL | MASTER | REPLICA | PUBSUB` */
  readonly type?: 'normal' | 'master' | 'replica' | 'pubsub';
  /** `ADDR addr` */
  readonly addr?: Argument;
  /** `LADDR laddr` */
  readonly laddr?: Argument;
  /** `IP ip` */
  readonly ip?: Argument;
  /** `USER user` */
  readonly user?: Argument;
  /** `NAME name` */
  readonly name?: Argument;
  /** `FLAGS flags` */
  readonly flags?: Argument;
  /** `LIB-NAME lib-name` */
  readonly libName?: Argument;
  /** `LIB-VER lib-ver` */
  readonly libVer?: Argument;
  /** `DB db` */
  readonly db?: Integer;
  /** `NOT-ID not-client-id` */
  readonly notId?: OneOrMore<Integer>;
  /** `NOT-TYPE NORMAL | MASTER | REPLICA | PUBSUB` */
  readonly notType?: 'normal' | 'master' | 'replica' | 'pubsub';
  /** `NOT-ADDR not-addr` */
  readonly notAddr?: Argument;
  /** `NOT-LADDR not-laddr` */
  readonly notLaddr?: Argument;
  /** `NOT-IP not-ip` */
  readonly notIp?: Argument;
  /** `NOT-USER not-user` */
  readonly notUser?: Argument;
  /** `NOT-NAME not-name` */
  readonly notName?: Argument;
  /** `NOT-FLAGS not-flags` */
  readonly notFlags?: Argument;
  /** `NOT-LIB-NAME not-lib-name` */
  readonly notLibName?: Argument;
  /** `NOT-LIB-VER not-lib-ver` */
  readonly notLibVer?: Argument;
  /** `NOT-DB not-db` */
  readonly notDb?: Integer;
  /** `MAXAGE maxage`, since 7.4.0 */
  readonly maxage?: Integer;
  /** `IDLE idle` */
  readonly idle?: Integer;
  /** `SKIPME YES | NO` */
  readonly skipme?: 'yes' | 'no';
}

/** Connections: this one and those of other clients. */
export abstract class ConnectionCommands<T extends Text, M extends Mode> extends KeyCommands<T, M> {
  /**
   * Returns PONG, or what it is given.
   *
   * `PING [message]`
   *
   * Since 1.0.0. Cost: O(1).
   *
   * @returns a string; with `message`: a text
   */
  ping(): Result<M, string>;
  ping(message: Argument): Result<M, T>;
  ping(message?: Argument): Result<M, T | string>;
  ping(message?: Argument): Result<M, unknown> {
    const args: Argument[] = [];
    if (message !== undefined) args.push(message);
    return this.run(message !== undefined ? PING_MESSAGE : PING, args);
  }

  /**
   * Returns what it is given.
   *
   * `ECHO message`
   *
   * Since 1.0.0. Cost: O(1).
   *
   * @returns a text
   */
  echo(message: Argument): Result<M, T> {
    return this.run(ECHO, [message]) as Result<M, T>;
  }

  /**
   * Returns the id of the connection, unique while the server runs.
   *
   * `CLIENT ID`
   *
   * Since 5.0.0. Cost: O(1).
   *
   * @returns an integer
   */
  clientId(): Result<M, number> {
    return this.run(CLIENT_ID, []) as Result<M, number>;
  }

  /**
   * Returns the name of the connection.
   *
   * `CLIENT GETNAME`
   *
   * Since 2.6.9. Cost: O(1).
   *
   * @returns a text, or undefined
   */
  clientGetname(): Result<M, T | undefined> {
    return this.run(CLIENT_GETNAME, []) as Result<M, T | undefined>;
  }

  /**
   * Holds up the commands of all connections, or the writes among them, for a while.
   *
   * `CLIENT PAUSE timeout [WRITE | ALL]`
   *
   * Since 2.9.50. Cost: O(1).
   *
   * @returns `OK`
   */
  clientPause(timeout: Integer, mode?: 'write' | 'all'): Result<M, 'OK'> {
    const args: Argument[] = [timeout];
    if (mode !== undefined) args.push(mode);
    return this.run(CLIENT_PAUSE, args) as Result<M, 'OK'>;
  }

  /**
   * Ends the pause.
   *
   * `CLIENT UNPAUSE`
   *
   * Since 6.2.0. Cost: O(N) with the number of connections that it has held up.
   *
   * @returns `OK`
   */
  clientUnpause(): Result<M, 'OK'> {
    return this.run(CLIENT_UNPAUSE, []) as Result<M, 'OK'>;
  }

  /**
   * Describes the tracking mode of the connection.
   *
   * `CLIENT TRACKINGINFO`
   *
   * Since 6.2.0. Cost: O(1).
   *
   * @returns an object with `flags`, `redirect`, `prefixes`
   */
  clientTrackinginfo(): Result<M, { flags: Set<string>; redirect: number; prefixes: T[] }> {
    return this.run(CLIENT_TRACKINGINFO, []) as Result<
      M,
      { flags: Set<string>; redirect: number; prefixes: T[] }
    >;
  }

  /**
   * Returns the id of the connection that tracking messages go to, -1 without tracking.
   *
   * `CLIENT GETREDIR`
   *
   * Since 6.0.0. Cost: O(1).
   *
   * @returns an integer
   */
  clientGetredir(): Result<M, number> {
    return this.run(CLIENT_GETREDIR, []) as Result<M, number>;
  }

  /**
   * Describes the connection, in the form of CLIENT LIST.
   *
   * `CLIENT INFO`
   *
   * Since 6.2.0. Cost: O(1).
   *
   * @returns a string
   */
  clientInfo(): Result<M, string> {
    return this.run(CLIENT_INFO, []) as Result<M, string>;
  }

  /**
   * Describes all connections, or some, one a line.
   *
   * `CLIENT LIST [ID client-id [ID client-id ...]] [TYPE NORMAL | MASTER | REPLICA | PUBSUB] [ADDR addr] [LADDR laddr] [IP
   * ip] [USER user] [NAME name] [FLAGS flags] [LIB-NAME lib-name] [LIB-VER lib-ver] [DB db] [NOT-ID not-client-id [NOT-ID
   * not-client-id ...]] [NOT-TYPE NORMAL | MASTER | REPLICA | PUBSUB] [NOT-ADDR not-addr] [NOT-LADDR not-laddr] [NOT-IP
   * not-ip] [NOT-USER not-user] [NOT-NAME not-name] [NOT-FLAGS not-flags] [NOT-LIB-NAME not-lib-name] [NOT-LIB-VER
   * not-lib-ver] [NOT-DB not-db] [MAXAGE maxage] [IDLE idle] [SKIPME YES | NO]`
   *
   * Since 2.4.0. Cost: O(N) with the number of connections.
   *
   * @returns a string
   */
  clientList(options?: ClientListOptions): Result<M, string> {
    if (options === undefined) return this.run(CLIENT_LIST, []) as Result<M, string>;
    checkOptions(options, CLIENT_LIST_OPTIONS, 'CLIENT LIST');
    const args: Argument[] = [];
    if (options.id !== undefined) pushList(args, 'ID', options.id);
    if (options.type !== undefined) args.push('TYPE', options.type);
    if (options.addr !== undefined) args.push('ADDR', options.addr);
    if (options.laddr !== undefined) args.push('LADDR', options.laddr);
    if (options.ip !== undefined) args.push('IP', options.ip);
    if (options.user !== undefined) args.push('USER', options.user);
    if (options.name !== undefined) args.push('NAME', options.name);
    if (options.flags !== undefined) args.push('FLAGS', options.flags);
    if (options.libName !== undefined) args.push('LIB-NAME', options.libName);
    if (options.libVer !== undefined) args.push('LIB-VER', options.libVer);
    if (options.db !== undefined) args.push('DB', options.db);
    if (options.notId !== undefined) pushList(args, 'NOT-ID', options.notId);
    if (options.notType !== undefined) args.push('NOT-TYPE', options.notType);
    if (options.notAddr !== undefined) args.push('NOT-ADDR', options.notAddr);
    if (options.notLaddr !== undefined) args.push('NOT-LADDR', options.notLaddr);
    if (options.notIp !== undefined) args.push('NOT-IP', options.notIp);
    if (options.notUser !== undefined) args.push('NOT-USER', options.notUser);
    if (options.notName !== undefined) args.push('NOT-NAME', options.notName);
    if (options.notFlags !== undefined) args.push('NOT-FLAGS', options.notFlags);
    if (options.notLibName !== undefined) args.push('NOT-LIB-NAME', options.notLibName);
    if (options.notLibVer !== undefined) args.push('NOT-LIB-VER', options.notLibVer);
    if (options.notDb !== undefined) args.push('NOT-DB', options.notDb);
    if (options.maxage !== undefined) args.push('MAXAGE', options.maxage);
    if (options.idle !== undefined) args.push('IDLE', options.idle);
    if (options.skipme !== undefined) args.push('SKIPME', options.skipme);
    return this.run(CLIENT_LIST, args) as Result<M, string>;
  }

  /**
   * Closes connections.
   *
   * `CLIENT KILL <old-format | [ID client-id [ID client-id ...]] [TYPE NORMAL | MASTER | REPLICA | PUBSUB] [ADDR addr]
   * [LADDR laddr] [IP ip] [USER user] [NAME name] [FLAGS flags] [LIB-NAME lib-name] [LIB-VER lib-ver] [DB db] [NOT-ID
   * not-client-id [NOT-ID not-client-id ...]] [NOT-TYPE NORMAL | MASTER | REPLICA | PUBSUB] [NOT-ADDR not-addr] [NOT-LADDR
   * not-laddr] [NOT-IP not-ip] [NOT-USER not-user] [NOT-NAME not-name] [NOT-FLAGS not-flags] [NOT-LIB-NAME not-lib-name]
   * [NOT-LIB-VER not-lib-ver] [NOT-DB not-db] [MAXAGE maxage] [IDLE idle] [SKIPME YES | NO] [[ID client-id [ID client-id
   * ...]] [TYPE NORMAL | MASTER | REPLICA | PUBSUB] [ADDR addr] [LADDR laddr] [IP ip] [USER user] [NAME name] [FLAGS flags]
   * [LIB-NAME lib-name] [LIB-VER lib-ver] [DB db] [NOT-ID not-client-id [NOT-ID not-client-id ...]] [NOT-TYPE NORMAL |
   * MASTER | REPLICA | PUBSUB] [NOT-ADDR not-addr] [NOT-LADDR not-laddr] [NOT-IP not-ip] [NOT-USER not-user] [NOT-NAME
   * not-name] [NOT-FLAGS not-flags] [NOT-LIB-NAME not-lib-name] [NOT-LIB-VER not-lib-ver] [NOT-DB not-db] [MAXAGE maxage]
   * [IDLE idle] [SKIPME YES | NO] ...]>`
   *
   * Since 2.4.0. Cost: O(N) with the number of connections.
   *
   * @returns an integer; with `filter`: `OK`
   */
  clientKill(address: string): Result<M, 'OK'>;
  clientKill(options: ClientKillOptions): Result<M, number>;
  clientKill(options: string | ClientKillOptions): Result<M, unknown> {
    if (typeof options === 'string') return this.run(CLIENT_KILL_FILTER, [options]);
    checkOptions(options, CLIENT_KILL_OPTIONS, 'CLIENT KILL');
    const args: Argument[] = [];
    if (options.id !== undefined) pushList(args, 'ID', options.id);
    if (options.type !== undefined) args.push('TYPE', options.type);
    if (options.addr !== undefined) args.push('ADDR', options.addr);
    if (options.laddr !== undefined) args.push('LADDR', options.laddr);
    if (options.ip !== undefined) args.push('IP', options.ip);
    if (options.user !== undefined) args.push('USER', options.user);
    if (options.name !== undefined) args.push('NAME', options.name);
    if (options.flags !== undefined) args.push('FLAGS', options.flags);
    if (options.libName !== undefined) args.push('LIB-NAME', options.libName);
    if (options.libVer !== undefined) args.push('LIB-VER', options.libVer);
    if (options.db !== undefined) args.push('DB', options.db);
    if (options.notId !== undefined) pushList(args, 'NOT-ID', options.notId);
    if (options.notType !== undefined) args.push('NOT-TYPE', options.notType);
    if (options.notAddr !== undefined) args.push('NOT-ADDR', options.notAddr);
    if (options.notLaddr !== undefined) args.push('NOT-LADDR', options.notLaddr);
    if (options.notIp !== undefined) args.push('NOT-IP', options.notIp);
    if (options.notUser !== undefined) args.push('NOT-USER', options.notUser);
    if (options.notName !== undefined) args.push('NOT-NAME', options.notName);
    if (options.notFlags !== undefined) args.push('NOT-FLAGS', options.notFlags);
    if (options.notLibName !== undefined) args.push('NOT-LIB-NAME', options.notLibName);
    if (options.notLibVer !== undefined) args.push('NOT-LIB-VER', options.notLibVer);
    if (options.notDb !== undefined) args.push('NOT-DB', options.notDb);
    if (options.maxage !== undefined) args.push('MAXAGE', options.maxage);
    if (options.idle !== undefined) args.push('IDLE', options.idle);
    if (options.skipme !== undefined) args.push('SKIPME', options.skipme);
    return this.run(CLIENT_KILL, args);
  }

  /**
   * Ends the wait of a client in a blocking command.
   *
   * `CLIENT UNBLOCK client-id [TIMEOUT | ERROR]`
   *
   * Since 5.0.0. Cost: O(1).
   *
   * @returns true or false
   */
  clientUnblock(clientId: Integer, how?: 'timeout' | 'error'): Result<M, boolean> {
    const args: Argument[] = [clientId];
    if (how !== undefined) args.push(how);
    return this.run(CLIENT_UNBLOCK, args) as Result<M, boolean>;
  }
}
