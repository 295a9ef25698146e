/**
 * WAIT and WAITAOF: the client waits until what it has written is safe enough for it.
 *
 * There are no replicas, so that waiting for some is waiting for the time to be over. What this server's own disk has is another
 * thing: WAITAOF waits until the log is synced up to all that the client has written and seen.
 */

import { NOT_INTEGER } from '../base/integer.js';
import type { Call } from '../engine/call.js';
import type { LateReply } from '../engine/client.js';
import type { CommandSpec } from '../engine/command.js';
import * as errors from '../engine/errors.js';
import type { ReplyWriter } from '../engine/reply.js';
import type { WaitEnd } from '../engine/services.js';
import type { Log } from '../engine/wal/log.js';

function wait(call: Call): void {
  const replicas = call.clampedInteger(1);
  if (replicas === NOT_INTEGER) {
    call.reply.error(errors.NOT_AN_INTEGER);
    return;
  }
  const timeoutMs = timeoutArgument(call, 2);
  if (timeoutMs < 0) return;
  if (replicas <= 0) {
    call.reply.integer(0);
    return;
  }
  call.suspend(replyAfter(call.services.waits.until(call.client, timeoutMs), (reply) => reply.integer(0)));
}

function waitAof(call: Call): void {
  const timeoutMs = waitAofTimeout(call);
  if (timeoutMs < 0) return;
  const { log } = call.keyspace;
  const isLocal = call.integer(1) === 1;
  const isReplicated = call.integer(2) !== 0;
  if (isLocal && !log.enabled) {
    call.reply.error(errors.WAITAOF_WITHOUT_LOG);
    return;
  }
  const lsn = call.client.waitLsn;
  if (!isReplicated && (!isLocal || isDurable(log, lsn))) {
    replyDurable(call.reply, log, lsn);
    return;
  }
  // A log that has failed does not get on any more.
  const isReady = isReplicated ? undefined : () => isDurable(log, lsn) || log.failed();
  const end = call.services.waits.until(call.client, timeoutMs, isReady);
  call.suspend(replyAfter(end, (reply) => replyDurable(reply, log, lsn)));
}

/** The timeout of WAITAOF in ms when all its arguments are right; -1 after an error reply. */
function waitAofTimeout(call: Call): number {
  const local = call.clampedInteger(1);
  const replicas = call.clampedInteger(2);
  if (local === NOT_INTEGER) call.reply.error(errors.NOT_AN_INTEGER);
  else if (local !== 0 && local !== 1) call.reply.error(errors.LOCAL_RANGE);
  else if (replicas === NOT_INTEGER || replicas < 0) call.reply.error(errors.MUST_BE_POSITIVE);
  else return timeoutArgument(call, 3);
  return -1;
}

/** Argument `index` as a timeout in ms, 0 = none; -1 after an error reply. */
function timeoutArgument(call: Call, index: number): number {
  const timeoutMs = call.clampedInteger(index);
  if (timeoutMs === NOT_INTEGER) call.reply.error(errors.TIMEOUT_NOT_AN_INTEGER);
  else if (timeoutMs < 0) call.reply.error(errors.TIMEOUT_NEGATIVE);
  else return timeoutMs;
  return -1;
}

function isDurable(log: Log, lsn: number): boolean {
  return log.enabled && log.durable() >= lsn;
}

/** How many disks have everything up to `lsn`: this server's own, and those of replicas. */
function replyDurable(reply: ReplyWriter, log: Log, lsn: number): void {
  const isLocal = isDurable(log, lsn);
  if (!isLocal && log.failed()) {
    reply.error(errors.LOG_FAILED);
    return;
  }
  reply.arrayHeader(2);
  reply.integer(isLocal ? 1 : 0);
  reply.integer(0);
}

/** The reply when the wait is over; CLIENT UNBLOCK may have ended it with an error. */
async function replyAfter(end: Promise<WaitEnd>, writeReply: LateReply): Promise<LateReply> {
  return (await end) === 'unblocked' ? (reply) => reply.error(errors.UNBLOCKED) : writeReply;
}

export const WAIT_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'wait',
    arity: 3,
    flags: ['noscript'],
    group: 'generic',
    since: '3.0.0',
    summary: 'Waits until replicas have what the client has written; there are none, so for the timeout.',
    complexity: 'O(1)',
    groupCategory: '@connection',
    tips: ['request_policy:all_shards', 'response_policy:agg_min'],
    arguments: [
      { name: 'numreplicas', type: 'integer' },
      { name: 'timeout', type: 'integer' },
    ],
    reply: 'integer',
    suspends: true,
    run: wait,
  },
  {
    name: 'waitaof',
    arity: 4,
    flags: ['noscript'],
    group: 'generic',
    since: '7.2.0',
    summary: 'Waits until the log is synced up to what the client has written.',
    complexity: 'O(1)',
    groupCategory: '@connection',
    tips: ['request_policy:all_shards', 'response_policy:agg_min'],
    arguments: [
      { name: 'numlocal', type: 'integer' },
      { name: 'numreplicas', type: 'integer' },
      { name: 'timeout', type: 'integer' },
    ],
    reply: '{local:integer,replicas:integer}',
    suspends: true,
    run: waitAof,
  },
];
