/**
 * `crabkv/client`: a client of CrabKV, Redis and Valkey, without dependencies.
 *
 * ```ts run
 * import { connect } from 'crabkv/client';
 *
 * await using kv = await connect('crabkv://localhost:3000/0');
 * await kv.set('user:1', 'rustacean');
 * await kv.get('user:1'); // -> 'rustacean'
 * ```
 */

export { Client, CommandView, connect } from './client.js';
export type { Argument } from './command-runner.js';
export type {
  ClientStats,
  ConnectEvent,
  ConnectionName,
  DisconnectEvent,
  ErrorEvent,
  LatencyHistogram,
  ReconnectEvent,
  RetryEvent,
} from './diagnostics.js';
export {
  AbortedError,
  AuthenticationError,
  ClientError,
  ConnectionError,
  MaybeAppliedError,
  ProtocolError,
  QueueFullError,
  ReplyError,
  TimeoutError,
  UsageError,
} from './errors.js';
export type { CallOptions, ConnectOptions, RetryPolicy } from './options.js';
export type { Reply, Text } from './reply.js';
export type { Message, Subscription } from './subscriber.js';
export type { Transaction } from './transaction.js';
export type { WatchedView } from './watch.js';
