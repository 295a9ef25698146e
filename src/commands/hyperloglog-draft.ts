/**
 * A key's HyperLogLog on its way out of the keyspace and back: looked at, copied into this thread's draft, written back.
 *
 * The key is always the command's first one.
 */

import type { Call } from '../engine/call.js';
import * as errors from '../engine/errors.js';
import { STRING_CHANGED } from '../engine/string-encoding.js';
import { RECORD_OVERHEAD_BYTES_MAX } from '../engine/wal/record.js';
import { TYPE_STRING } from '../structures/entry.js';
import { Draft } from '../structures/hyperloglog/draft.js';
import { isDense, isHyperLogLog } from '../structures/hyperloglog/layout.js';

/** One thread, one command at a time: all of them share it. */
export const draft = new Draft();

/** Whether the entry holds a HyperLogLog; replies with the error when it does not. */
export function isHyperLogLogOrReply(call: Call, entry: number): boolean {
  const entries = call.keyspace.entries;
  if (entries.type(entry) !== TYPE_STRING) {
    call.reply.error(errors.WRONG_TYPE);
    return false;
  }
  if (isHyperLogLog(entries.bytes(entry), entries.valueOffset(entry), entries.valueSize(entry))) return true;
  call.reply.error(errors.NOT_A_HYPERLOGLOG);
  return false;
}

/**
 * The same for a value that is about to be worked on. Redis makes a string of its own of it first, whatever comes then, which
 * shows in OBJECT ENCODING.
 */
export function isOwnHyperLogLogOrReply(call: Call, entry: number): boolean {
  if (!isHyperLogLogOrReply(call, entry)) return false;
  call.keyspace.entries.setEncoding(entry, STRING_CHANGED);
  return true;
}

export function isDenseEntry(call: Call, entry: number): boolean {
  const entries = call.keyspace.entries;
  return isDense(entries.bytes(entry), entries.valueOffset(entry));
}

/** Copies a value into the draft; false when it is corrupt. */
export function loadDraft(call: Call, entry: number): boolean {
  const entries = call.keyspace.entries;
  return draft.load(entries.data(entry), entries.valueOffset(entry), entries.valueSize(entry));
}

/**
 * Writes the draft back to the command's first key; `existing` is what the last `find` returned for it. Where the size stays,
 * only the bytes from the first to the last that differ. False when memory is exhausted; nothing has changed then.
 */
export function storeDraft(call: Call, existing: number): boolean {
  const { entries } = call.keyspace;
  if (existing === 0 || entries.valueSize(existing) !== draft.size) return replaceByDraft(call, existing);
  const data = entries.data(existing);
  const offset = entries.valueOffset(existing);
  const from = draft.firstDifference(data, offset);
  if (from === draft.size) return true;
  const size = draft.lastDifference(data, offset) - from;
  return prepareRecord(call, size) && writeRange(call, existing, from, draft.data, from, size);
}

function replaceByDraft(call: Call, existing: number): boolean {
  const { keyspace } = call;
  const { entries } = keyspace;
  const index = call.command.firstKey;
  if (!prepareRecord(call, draft.size)) return false;
  const done = keyspace.set(
    call.keyShard(0),
    call.client.database,
    call.keyHash(0),
    call.data,
    call.offset(index),
    call.size(index),
    draft.data,
    0,
    draft.size,
    existing === 0 ? 0 : entries.deadline(existing),
    existing,
  );
  if (done) entries.setEncoding(call.findStored(0, index), STRING_CHANGED);
  return done;
}

/** Makes sure of room in the log for a record of `size` bytes of the first key's value. */
export function prepareRecord(call: Call, size: number): boolean {
  return call.keyspace.log.prepare(call.size(call.command.firstKey) + size + RECORD_OVERHEAD_BYTES_MAX);
}

/** Writes bytes over those at `offset` of the value of the command's first key; false when memory is exhausted. */
export function writeRange(
  call: Call,
  existing: number,
  offset: number,
  source: DataView,
  sourceOffset: number,
  length: number,
): boolean {
  const index = call.command.firstKey;
  return call.keyspace.setRange(
    call.keyShard(0),
    call.client.database,
    call.keyHash(0),
    call.data,
    call.offset(index),
    call.size(index),
    existing,
    offset,
    source,
    sourceOffset,
    length,
  );
}
