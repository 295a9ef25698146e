/**
 * What the client tells about itself: events on channels of `node:diagnostics_channel`, and counters.
 *
 * Nobody has to listen: an event without a subscriber costs a look at a flag, and nothing is ever thrown for want of a listener.
 *
 * | channel | payload | when |
 * |---|---|---|
 * | `crabkv:client:connect` | `ConnectEvent` | a connection is ready for commands |
 * | `crabkv:client:disconnect` | `DisconnectEvent` | a connection that was ready has ended |
 * | `crabkv:client:reconnect` | `ReconnectEvent` | connecting will be tried again, after a wait |
 * | `crabkv:client:retry` | `RetryEvent` | a command that had been sent is to be sent again |
 * | `crabkv:client:error` | `ErrorEvent` | something has gone wrong that no command's promise tells |
 */

import { channel } from 'node:diagnostics_channel';
import type { ClientError } from './errors.js';

/** Which connection an event is about. */
export interface ConnectionName {
  /** Number of the client in this process, from 1. */
  readonly client: number;
  /** What the connection is for. */
  readonly role: 'commands' | 'blocking' | 'subscriptions' | 'transaction';
  /** `host:port`, or the path of a unix socket. */
  readonly address: string;
}

/** A connection is ready for commands. */
export interface ConnectEvent extends ConnectionName {
  /** The version of RESP that it speaks. */
  readonly protocol: 2 | 3;
  /** True unless it is the first of its kind. */
  readonly again: boolean;
}

/** A connection that was ready has ended. */
export interface DisconnectEvent extends ConnectionName {
  /** Why; undefined when the client was closed. */
  readonly error: ClientError | undefined;
  /** Commands that had been sent and not answered. */
  readonly inFlight: number;
}

/** Connecting will be tried again. */
export interface ReconnectEvent extends ConnectionName {
  /** Counts from 1 since the last success. */
  readonly attempt: number;
  /** After so long. */
  readonly waitMs: number;
  /** Why the last attempt failed, or the connection ended. */
  readonly error: ClientError;
}

/** A command that had been sent is to be sent again. */
export interface RetryEvent extends ConnectionName {
  /** The command's words, such as `CONFIG GET`: never its arguments. */
  readonly command: string;
  /** How often it has been sent before. */
  readonly attempt: number;
}

/** Something has gone wrong that no command's promise tells. */
export interface ErrorEvent extends ConnectionName {
  /** What it was. */
  readonly error: ClientError;
}

export const connectChannel = channel('crabkv:client:connect');
export const disconnectChannel = channel('crabkv:client:disconnect');
export const reconnectChannel = channel('crabkv:client:reconnect');
export const retryChannel = channel('crabkv:client:retry');
export const errorChannel = channel('crabkv:client:error');

/** `kv.stats()`: counts since the client was made, over all of its connections, unless it says `now`. */
export interface ClientStats {
  /** Connections that became ready. */
  readonly connects: number;
  /** Ready connections that ended without being closed by the client. */
  readonly disconnects: number;
  /** Attempts to connect that failed. */
  readonly connectFailures: number;
  /** Commands that were sent again after a connection was lost. */
  readonly retries: number;
  /** Commands that the caller has asked for. */
  readonly commands: number;
  /** Commands whose time was over. */
  readonly timeouts: number;
  /** Error replies. */
  readonly errorReplies: number;
  /** Commands that wait to be sent, now. */
  readonly queued: number;
  /** Bytes of arguments of these. */
  readonly queuedBytes: number;
  /** Commands that have been sent and are not answered, now. */
  readonly inFlight: number;
  /** Bytes that have come from the server. */
  readonly bytesRead: number;
  /** Bytes that have been given to the system to be sent. */
  readonly bytesWritten: number;
  /** Time from sending to the reply, of one command of every batch that left in one write. */
  readonly latency: LatencyHistogram;
}

/** Counts in buckets whose limits double. */
export interface LatencyHistogram {
  /** `counts[i]` measurements of less than `limitsUs[i]` microseconds, and not less than `limitsUs[i - 1]`. */
  readonly limitsUs: readonly number[];
  /** How many measurements fell into each bucket. */
  readonly counts: readonly number[];
}
