/**
 * What `connect` can be told: an address, who we are, and every limit, each with its name and its default.
 *
 * ```
 *   crabkv://user:password@host:port/db      redis://...      the same
 *   crabkvs://user:password@host:port/db     rediss://...     with TLS
 *   unix:///path/to/socket?db=0              redis+unix://... a local socket
 * ```
 *
 * User, password and path are percent-decoded; those of a unix socket have to be options. Everything is checked here, once:
 * what comes out needs no checks any more.
 */

import type { ConnectionOptions as TlsOptions } from 'node:tls';
import { UsageError } from './errors.js';

/** What happens to a command whose connection is lost after it was sent. */
export type RetryPolicy =
  /** It is sent again when it only reads; else it fails with `MaybeAppliedError`. */
  | 'safe'
  /** It is sent again: for commands that may be applied twice. */
  | 'always'
  /** It is never sent again. */
  | 'never';

/** What `connect` takes beside the address. Times are milliseconds. */
export interface ConnectOptions {
  /** Default `localhost`. */
  readonly host?: string;
  /** Default 3000 (`crabkv:`), 6379 (`redis:`). */
  readonly port?: number;
  /** A unix socket, instead of host and port. */
  readonly path?: string;
  /** TLS: `true`, or the options of `node:tls` (`ca`, `cert`, `key`, `servername`, ...). Default: as the URL's scheme says. */
  readonly tls?: boolean | TlsOptions;
  /** Default: the server's user `default`. */
  readonly user?: string;
  /** Default: none, and the server is not asked for authentication. */
  readonly password?: string;
  /** The database, default 0. */
  readonly db?: number;
  /** The connection's name in CLIENT LIST: no spaces or line ends. */
  readonly name?: string;
  /** The protocol to ask for, default 3. Where the server knows no RESP3, it is RESP2 all the same. */
  readonly protocol?: 2 | 3;
  /** Time to connect, handshake included. Default 10,000; 0: no limit. */
  readonly connectTimeoutMs?: number;
  /** Time for each command, from the call to the reply. Default 10,000; 0: no limit. */
  readonly timeoutMs?: number;
  /** How much longer than its deadline a reply may be late, with nothing else arriving, until the connection is given up.
   *  Default 5,000. */
  readonly stalledMs?: number;
  /** Default `safe`. */
  readonly retry?: RetryPolicy;
  /** Wait before connecting again at first: it doubles with each failure. Default 50. */
  readonly reconnectMsMin?: number;
  /** The longest such wait. Default 2,000. */
  readonly reconnectMsMax?: number;
  /** Commands that may wait to be sent. Default 1,000,000. */
  readonly queueCommandsMax?: number;
  /** Bytes of arguments that may wait to be sent. Default 1 GiB. */
  readonly queueBytesMax?: number;
  /** Connections for blocking commands, each of which needs one of its own while it waits. Default 64. */
  readonly blockingConnectionsMax?: number;
  /** Push messages that may wait for their reader. Default 10,000. */
  readonly pushesMax?: number;
  /** Silence after which TCP asks whether the peer still lives. Default 30,000; 0: never. */
  readonly keepAliveMs?: number;
  /** Where the jitter of reconnecting comes from: [0, 1). Default `Math.random`. */
  readonly random?: () => number;
}

/** What can be said of a single call, or of all calls of a view: `kv.with(...)`. */
export interface CallOptions {
  /** As in `ConnectOptions`. */
  readonly timeoutMs?: number;
  /** Gives the command up: with `AbortedError`. */
  readonly signal?: AbortSignal;
  /** As in `ConnectOptions`. */
  readonly retry?: RetryPolicy;
}

/** Options that have been checked, with their defaults. */
export interface Settings {
  readonly host: string;
  readonly port: number;
  readonly path: string | undefined;
  readonly tls: TlsOptions | undefined;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly db: number;
  readonly name: string | undefined;
  readonly protocol: 2 | 3;
  readonly connectTimeoutMs: number;
  readonly timeoutMs: number;
  readonly stalledMs: number;
  readonly retry: RetryPolicy;
  readonly reconnectMsMin: number;
  readonly reconnectMsMax: number;
  readonly queueCommandsMax: number;
  readonly queueBytesMax: number;
  readonly blockingConnectionsMax: number;
  readonly pushesMax: number;
  readonly keepAliveMs: number;
  readonly random: () => number;
}

/** Who has not said where to is meant to reach the CrabKV of this machine. */
const CRABKV_PORT = 3000;
const REDIS_PORT = 6379;
/** The longest time that Node's timers know. */
const TIME_MS_MAX = 2 ** 31 - 1;
const PORT_MAX = 65_535;
/** Redis has at most so many databases: its configuration is an int. */
const DB_MAX = 2 ** 31 - 1;

const SCHEMES: Readonly<Record<string, { port: number; tls: boolean; unix: boolean }>> = {
  'crabkv:': { port: CRABKV_PORT, tls: false, unix: false },
  'crabkvs:': { port: CRABKV_PORT, tls: true, unix: false },
  'redis:': { port: REDIS_PORT, tls: false, unix: false },
  'rediss:': { port: REDIS_PORT, tls: true, unix: false },
  'unix:': { port: 0, tls: false, unix: true },
  'redis+unix:': { port: 0, tls: false, unix: true },
};

const RETRY_POLICIES: readonly unknown[] = ['safe', 'always', 'never'];

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** The names of all options, with the check of each. */
const CHECKS: { readonly [K in keyof Required<ConnectOptions>]: (value: unknown) => string | undefined } = {
  host: text,
  port: integer(1, PORT_MAX),
  path: text,
  tls: (value) =>
    typeof value === 'boolean' || isObject(value) ? undefined : 'true, false or options of node:tls',
  user: text,
  password: text,
  db: integer(0, DB_MAX),
  name: (value) =>
    typeof value === 'string' && /^[!-~]+$/.test(value) ? undefined : 'printable ASCII without spaces',
  protocol: (value) => (value === 2 || value === 3 ? undefined : '2 or 3'),
  connectTimeoutMs: integer(0, TIME_MS_MAX),
  timeoutMs: integer(0, TIME_MS_MAX),
  stalledMs: integer(1, TIME_MS_MAX),
  retry: retryPolicy,
  reconnectMsMin: integer(1, TIME_MS_MAX),
  reconnectMsMax: integer(1, TIME_MS_MAX),
  queueCommandsMax: integer(0, Number.MAX_SAFE_INTEGER),
  queueBytesMax: integer(0, Number.MAX_SAFE_INTEGER),
  blockingConnectionsMax: integer(1, PORT_MAX),
  pushesMax: integer(1, Number.MAX_SAFE_INTEGER),
  keepAliveMs: integer(0, TIME_MS_MAX),
  random: (value) => (typeof value === 'function' ? undefined : 'a function'),
};

const CALL_CHECKS: { readonly [K in keyof Required<CallOptions>]: (value: unknown) => string | undefined } = {
  timeoutMs: CHECKS.timeoutMs,
  signal: (value) => (value instanceof AbortSignal ? undefined : 'an AbortSignal'),
  retry: retryPolicy,
};

/**
 * The settings that an address and options mean. What the options say goes before what the address says.
 *
 * @throws UsageError that names the option and what it can be
 */
export function readSettings(address: string | URL | undefined, options: ConnectOptions): Settings {
  check(CHECKS, options, 'connect');
  const said = { ...(address === undefined ? {} : readAddress(address)), ...defined(options) };
  if (said.user !== undefined && said.password === undefined)
    throw new UsageError(`user '${said.user}' has no password: give the option 'password' too`);
  const reconnectMsMin = said.reconnectMsMin ?? 50;
  const reconnectMsMax = said.reconnectMsMax ?? Math.max(2000, reconnectMsMin);
  if (reconnectMsMax < reconnectMsMin)
    throw new UsageError(
      `reconnectMsMax is ${reconnectMsMax}, less than reconnectMsMin, which is ${reconnectMsMin}`,
    );
  return {
    host: said.host ?? 'localhost',
    port: said.port ?? CRABKV_PORT,
    path: said.path,
    tls: tlsOptions(said.tls),
    user: said.user,
    password: said.password,
    db: said.db ?? 0,
    name: said.name,
    protocol: said.protocol ?? 3,
    connectTimeoutMs: said.connectTimeoutMs ?? 10_000,
    timeoutMs: said.timeoutMs ?? 10_000,
    stalledMs: said.stalledMs ?? 5_000,
    retry: said.retry ?? 'safe',
    reconnectMsMin,
    reconnectMsMax,
    queueCommandsMax: said.queueCommandsMax ?? 1_000_000,
    queueBytesMax: said.queueBytesMax ?? 1024 * 1024 * 1024,
    blockingConnectionsMax: said.blockingConnectionsMax ?? 64,
    pushesMax: said.pushesMax ?? 10_000,
    keepAliveMs: said.keepAliveMs ?? 30_000,
    random: said.random ?? Math.random,
  };
}

/** @throws UsageError that names the option and what it can be */
export function checkCallOptions(options: CallOptions): void {
  check(CALL_CHECKS, options, 'with');
}

/** What an address says, as options. */
function readAddress(address: string | URL): ConnectOptions {
  const url = parseUrl(address);
  const scheme = SCHEMES[url.protocol];
  if (scheme === undefined)
    throw new UsageError(
      `'${url.protocol}' is no scheme of an address: use ${Object.keys(SCHEMES).join(' ')} with two slashes`,
    );
  const said: Mutable<ConnectOptions> = {};
  if (url.username !== '') said.user = decode(url.username, 'user');
  if (url.password !== '') said.password = decode(url.password, 'password');
  if (scheme.unix) {
    if (url.host !== '') throw new UsageError(`the path of a unix socket is absolute: unix:///path`);
    said.path = decode(url.pathname, 'path');
    if (said.path === '') throw new UsageError('the path of the unix socket is missing: unix:///path');
  } else {
    if (url.hostname !== '') said.host = decode(url.hostname, 'host').replace(/^\[(.*)\]$/, '$1');
    said.port = url.port === '' ? scheme.port : Number(url.port);
    if (scheme.tls) said.tls = true;
    if (url.pathname !== '' && url.pathname !== '/') said.db = readDb(url.pathname.slice(1));
  }
  readParameters(url, said);
  check(CHECKS, said, 'the address');
  return said;
}

/** `?db=1&name=worker`: the two that redis-cli and others know, too. */
function readParameters(url: URL, said: Mutable<ConnectOptions>): void {
  for (const [name, value] of url.searchParams) {
    if (name === 'db') said.db = readDb(value);
    else if (name === 'name') said.name = value;
    else throw new UsageError(`'${name}' is no parameter of an address (db, name): give it as an option`);
  }
}

function parseUrl(address: string | URL): URL {
  try {
    return new URL(address);
  } catch (error) {
    // The address itself is not shown: there may be a password in it.
    const failure = new UsageError('the address is no URL, such as crabkv://localhost:3000');
    failure.cause = error;
    throw failure;
  }
}

function decode(encoded: string, what: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    throw new UsageError(`the ${what} in the address is not percent-encoded as it must be: write % as %25`);
  }
}

function readDb(value: string): number {
  if (!/^\d{1,10}$/.test(value)) throw new UsageError(`'${value}' in the address is no database's number`);
  return Number(value);
}

function tlsOptions(tls: boolean | TlsOptions | undefined): TlsOptions | undefined {
  if (tls === true) return {};
  return tls === false ? undefined : tls;
}

function check(
  checks: Readonly<Record<string, (value: unknown) => string | undefined>>,
  options: object,
  where: string,
): void {
  if (!isObject(options)) throw new UsageError(`the options of ${where} must be an object`);
  for (const [name, value] of Object.entries(options)) {
    const expected = Object.hasOwn(checks, name) ? checks[name] : undefined;
    if (expected === undefined)
      throw new UsageError(`'${name}' is no option of ${where}: there are ${Object.keys(checks).join(', ')}`);
    if (value === undefined) continue;
    const wanted = expected(value);
    if (wanted !== undefined)
      throw new UsageError(`option ${name} of ${where} is ${show(name, value)}; it must be ${wanted}`);
  }
}

function show(name: string, value: unknown): string {
  if (name === 'password') return `a ${typeof value}`;
  return typeof value === 'string' ? `'${value}'` : String(value);
}

function defined<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? undefined : 'a text that is not empty';
}

function integer(min: number, max: number): (value: unknown) => string | undefined {
  return (value) =>
    typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max
      ? undefined
      : `a whole number from ${min} to ${max}`;
}

function retryPolicy(value: unknown): string | undefined {
  return RETRY_POLICIES.includes(value) ? undefined : `'safe', 'always' or 'never'`;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
