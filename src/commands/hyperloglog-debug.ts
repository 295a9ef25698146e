/**
 * PFDEBUG and PFSELFTEST: what HyperLogLogs are made of, and whether they work.
 */

import type { Call } from '../engine/call.js';
import * as errors from '../engine/errors.js';
import { readRegister } from '../structures/hyperloglog/dense.js';
import { HEADER_BYTES, isDense, REGISTER_COUNT, SPARSE_BYTES_MAX } from '../structures/hyperloglog/layout.js';
import { testHyperLogLogs } from '../structures/hyperloglog/self-test.js';
import { sparseText } from '../structures/hyperloglog/sparse.js';
import { draft, isDenseEntry, isOwnHyperLogLogOrReply, loadDraft, storeDraft } from './hyperloglog-draft.js';

/** PFDEBUG subcommand key. */
export function pfdebug(call: Call): void {
  const entry = call.find(0, 2);
  if (entry === 0) call.reply.error(errors.KEY_DOES_NOT_EXIST);
  else if (!isOwnHyperLogLogOrReply(call, entry)) return;
  else if (call.is(1, 'GETREG')) debugRegisters(call, entry);
  else if (call.is(1, 'DECODE')) debugDecode(call, entry);
  else if (call.is(1, 'ENCODING')) call.reply.status(isDenseEntry(call, entry) ? 'dense' : 'sparse');
  else if (call.is(1, 'TODENSE')) debugToDense(call, entry);
  else call.reply.error(errors.unknownPfdebugSubcommand(call.bytes, call.offset(1), call.size(1)));
}

/** All registers, as 16384 integers. The value becomes dense for that, as in Redis. */
function debugRegisters(call: Call, entry: number): void {
  if (!loadDense(call, entry)) return;
  call.reply.arrayHeader(REGISTER_COUNT);
  for (let index = 0; index < REGISTER_COUNT; index++) {
    call.reply.integer(readRegister(draft.bytes, HEADER_BYTES, index));
  }
}

function debugToDense(call: Call, entry: number): void {
  const wasDense = isDenseEntry(call, entry);
  if (loadDense(call, entry)) call.reply.integer(wasDense ? 0 : 1);
}

/** Makes a value dense, and leaves it in the draft; false after an error reply. */
function loadDense(call: Call, entry: number): boolean {
  const isLoaded = loadDraft(call, entry);
  if (isLoaded && isDense(draft.bytes, 0)) return true;
  if (!isLoaded || !draft.becomeDense()) {
    call.reply.error(errors.CORRUPT_HYPERLOGLOG);
    return false;
  }
  if (storeDraft(call, entry)) return true;
  call.reply.error(errors.OUT_OF_MEMORY);
  return false;
}

function debugDecode(call: Call, entry: number): void {
  const entries = call.keyspace.entries;
  const offset = entries.valueOffset(entry);
  const size = entries.valueSize(entry);
  if (isDenseEntry(call, entry)) call.reply.error(errors.HYPERLOGLOG_NOT_SPARSE);
  else if (size > SPARSE_BYTES_MAX) call.reply.error(errors.CORRUPT_HYPERLOGLOG);
  // alloc: a debugging aid, of at most 32 KB of opcodes
  else call.reply.bulkText(sparseText(entries.bytes(entry), offset + HEADER_BYTES, offset + size));
}

export function pfselftest(call: Call): void {
  const failure = testHyperLogLogs(); // alloc: a few tables; no baton is held
  if (failure === undefined) call.reply.ok();
  else call.reply.error(errors.selfTestFailed(failure));
}
