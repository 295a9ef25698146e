/**
 * ACL LOG: who was refused what, of all threads (engine/access-log.ts).
 */

import { NOT_INTEGER } from '../base/integer.js';
import type { AccessLogEntry } from '../engine/access-log.js';
import type { Call } from '../engine/call.js';
import type { LateReply } from '../engine/client.js';
import * as errors from '../engine/errors.js';
import type { ReplyWriter } from '../engine/reply.js';
import { replyBytes } from './byte-text.js';

const COUNT_DEFAULT = 10;
const MS_PER_SECOND = 1000;

/** The newest entries, or none from now on. */
export function aclLog(call: Call): void {
  if (call.count > 3) {
    call.reply.error(errors.subcommandSyntax(call.bytes, call.offset(1), call.size(1), 'acl'));
  } else if (call.count === 3 && call.is(2, 'RESET')) {
    call.suspend(reset(call));
  } else {
    const count = call.count === 3 ? call.clampedInteger(2) : COUNT_DEFAULT;
    if (count === NOT_INTEGER) call.reply.error(errors.NOT_AN_INTEGER);
    else call.suspend(replyEntries(call, Math.max(count, 0)));
  }
}

async function reset({ services }: Call): Promise<LateReply> {
  await services.control.aclResetLog();
  return (reply) => reply.ok();
}

async function replyEntries({ services }: Call, count: number): Promise<LateReply> {
  const entries = await services.control.aclLogEntries(count);
  const nowMs = services.clock.nowMs();
  return (reply) => {
    reply.arrayHeader(entries.length);
    for (const entry of entries) replyEntry(reply, entry, nowMs);
  };
}

function replyEntry(reply: ReplyWriter, entry: AccessLogEntry, nowMs: number): void {
  reply.mapHeader(7);
  reply.bulkText('count');
  reply.integer(entry.count);
  reply.bulkText('reason');
  reply.bulkText(entry.reason);
  reply.bulkText('context');
  reply.bulkText('toplevel'); // neither transactions nor scripts are there
  reply.bulkText('object');
  replyBytes(reply, entry.object);
  reply.bulkText('username');
  replyBytes(reply, entry.username);
  reply.bulkText('age-seconds');
  reply.double(Math.max(0, nowMs - entry.atMs) / MS_PER_SECOND);
  reply.bulkText('client-info');
  replyBytes(reply, entry.clientInfo);
}
