/**
 * HyperLogLogs: PFADD, PFCOUNT, PFMERGE. hyperloglog-debug.ts has what looks into them.
 *
 * They are strings in Redis's own format (structures/hyperloglog), so that GET and SET carry them from server to server. What is
 * to be changed is copied into this thread's memory, changed there, and written back; a value that is dense already, the usual
 * case of a busy one, is changed register by register instead.
 *
 * PFCOUNT of one key reads, and yet writes: it leaves its result in the value's header, where the next one finds it.
 */

import { viewOf } from '../base/bytes.js';
import type { Call } from '../engine/call.js';
import type { CommandSpec } from '../engine/command.js';
import * as errors from '../engine/errors.js';
import type { ReplyWriter } from '../engine/reply.js';
import { STRING_CHANGED } from '../engine/string-encoding.js';
import { RECORD_OVERHEAD_BYTES_MAX } from '../engine/wal/record.js';
import {
  countDense,
  raiseRegister,
  readRegister,
  registerOffset,
  registerSize,
} from '../structures/hyperloglog/dense.js';
import { createHistogram, estimateCardinality } from '../structures/hyperloglog/estimate.js';
import {
  CARDINALITY_OFFSET,
  DENSE_BYTES,
  HEADER_BYTES,
  isDense,
  isStale,
  STALE_BIT,
  STALE_OFFSET,
  writeCardinality,
} from '../structures/hyperloglog/layout.js';
import { elementPlace, placeIndex, placeRank } from '../structures/hyperloglog/murmur.js';
import { countSparse, opcodeValue } from '../structures/hyperloglog/sparse.js';
import { CORRUPT } from '../structures/hyperloglog/sparse-editor.js';
import { SparseSearch } from '../structures/hyperloglog/sparse-search.js';
import { Union } from '../structures/hyperloglog/union.js';
import { pfdebug, pfselftest } from './hyperloglog-debug.js';
import {
  draft,
  isDenseEntry,
  isHyperLogLogOrReply,
  isOwnHyperLogLogOrReply,
  loadDraft,
  prepareRecord,
  storeDraft,
  writeRange,
} from './hyperloglog-draft.js';
import { KEY, KEYS, ONE_KEY } from './key-arguments.js';

/** A dense value of which more registers change is logged as one piece. */
const RAISED_MAX = 16;
/** Of PFADD: the argument after the key. */
const FIRST_ELEMENT = 2;
const CARDINALITY_BYTES = 8;
/** A cardinality whose higher half is below this is an exact double. */
const EXACT_HIGH_LIMIT = 2 ** 21;

/** One thread, one command at a time: all of them share these. */
const union = new Union();
const histogram = createHistogram();
const search = new SparseSearch();
/** Places (murmur.ts) whose registers in a dense value are lower. */
const raised = new Int32Array(RAISED_MAX);
/** A few bytes on their way into a value: parts of a register, or of the header. */
const patch = new Uint8Array(CARDINALITY_BYTES);
const patchData = viewOf(patch);

function pfadd(call: Call): void {
  const entry = call.find(0, 1);
  if (entry === 0) {
    draft.begin();
    addToDraft(call, FIRST_ELEMENT);
    draft.markStale();
    replyChanged(call, storeDraft(call, 0));
    return;
  }
  if (!isOwnHyperLogLogOrReply(call, entry)) return;
  if (isDenseEntry(call, entry)) addToDense(call, entry);
  else addToSparse(call, entry);
}

/** Adds the elements from argument `from` on to the draft. False when one finds it corrupt; those before have been added then. */
function addToDraft(call: Call, from: number): boolean {
  const sparseBytesMax = call.services.config.integer('hll-sparse-max-bytes');
  for (let index = from; index < call.count; index++) {
    const place = elementPlace(call.data, call.offset(index), call.size(index));
    if (draft.raise(place, sparseBytesMax) === CORRUPT) return false;
  }
  return true;
}

/** Nothing is copied before the first element that changes something. */
function addToSparse(call: Call, entry: number): void {
  const from = firstChange(call, entry);
  if (from === call.count) {
    call.reply.integer(0);
    return;
  }
  if (!loadDraft(call, entry)) {
    call.reply.error(errors.CORRUPT_HYPERLOGLOG);
    return;
  }
  draft.goOnFrom(search, call.keyspace.entries.valueOffset(entry));
  if (addToDraft(call, from)) {
    draft.markStale();
    replyChanged(call, storeDraft(call, entry));
  } else {
    storeDraft(call, entry); // what came before the element that failed stays, as in Redis
    call.reply.error(errors.CORRUPT_HYPERLOGLOG);
  }
}

/**
 * The first argument that raises a register, or finds the value corrupt; `call.count` when there is none. Leaves `search` where
 * it has found that.
 */
function firstChange(call: Call, entry: number): number {
  const entries = call.keyspace.entries;
  const bytes = entries.bytes(entry);
  const data = entries.data(entry);
  const offset = entries.valueOffset(entry);
  const end = offset + entries.valueSize(entry);
  for (let index = FIRST_ELEMENT; index < call.count; index++) {
    const place = elementPlace(call.data, call.offset(index), call.size(index));
    search.begin(offset + HEADER_BYTES);
    if (!search.find(bytes, data, end, placeIndex(place))) return index;
    if (opcodeValue(bytes[search.at]!) < placeRank(place)) return index;
  }
  return call.count;
}

/** Most elements change nothing, and one that does changes two bytes: so the value is looked at before anything is copied. */
function addToDense(call: Call, entry: number): void {
  const entries = call.keyspace.entries;
  const bytes = entries.bytes(entry);
  const registers = entries.valueOffset(entry) + HEADER_BYTES;
  let count = 0;
  for (let index = FIRST_ELEMENT; index < call.count; index++) {
    const place = elementPlace(call.data, call.offset(index), call.size(index));
    if (readRegister(bytes, registers, placeIndex(place)) >= placeRank(place)) continue;
    if (count < RAISED_MAX) raised[count] = place;
    count += 1;
  }
  if (count === 0) {
    call.reply.integer(0);
    return;
  }
  // One more than registers, if the header is to be marked.
  const records = isStale(bytes, entries.valueOffset(entry)) ? count : count + 1;
  const recordBytes = records * (call.size(1) + RECORD_OVERHEAD_BYTES_MAX);
  if (count > RAISED_MAX || recordBytes > DENSE_BYTES) {
    loadDraft(call, entry);
    addToDraft(call, FIRST_ELEMENT);
    draft.markStale();
    replyChanged(call, storeDraft(call, entry));
  } else {
    replyChanged(call, call.keyspace.log.prepare(recordBytes) && raiseInPlace(call, count));
  }
}

/** Raises the first `count` registers of `raised`; false when memory is exhausted, which only the first write can find. */
function raiseInPlace(call: Call, count: number): boolean {
  const entries = call.keyspace.entries;
  for (let index = 0; index < count; index++) {
    const entry = call.find(0, 1);
    const place = raised[index]!;
    const at = registerOffset(placeIndex(place));
    const size = registerSize(placeIndex(place));
    const from = entries.valueOffset(entry) + HEADER_BYTES + at;
    for (let byte = 0; byte < size; byte++) patch[byte] = entries.bytes(entry)[from + byte]!;
    // Two elements may share a register, and the first may have raised it enough.
    if (!raiseRegister(patch, -at, placeIndex(place), placeRank(place))) continue;
    if (!writeRange(call, entry, HEADER_BYTES + at, patchData, 0, size)) return false;
  }
  const entry = call.find(0, 1);
  const mark = entries.bytes(entry)[entries.valueOffset(entry) + STALE_OFFSET]!;
  if ((mark & STALE_BIT) !== 0) return true;
  patch[0] = mark | STALE_BIT;
  return writeRange(call, entry, STALE_OFFSET, patchData, 0, 1);
}

function pfcount(call: Call): void {
  if (call.count > 2) {
    countUnion(call);
    return;
  }
  const entry = call.findToRead(0, 1);
  if (entry === 0) {
    call.reply.integer(0);
    return;
  }
  if (!isOwnHyperLogLogOrReply(call, entry)) return;
  const entries = call.keyspace.entries;
  const offset = entries.valueOffset(entry);
  if (!isStale(entries.bytes(entry), offset)) {
    replyCardinality(call.reply, entries.data(entry), offset + CARDINALITY_OFFSET);
  } else if (countEntry(call, entry)) {
    writeCardinality(patchData, 0, estimateCardinality(histogram));
    cacheCardinality(call, entry);
    replyCardinality(call.reply, patchData, 0);
  } else {
    call.reply.error(errors.CORRUPT_HYPERLOGLOG);
  }
}

/** Fills the histogram; false when the value is corrupt. */
function countEntry(call: Call, entry: number): boolean {
  const entries = call.keyspace.entries;
  const bytes = entries.bytes(entry);
  const offset = entries.valueOffset(entry);
  const registers = offset + HEADER_BYTES;
  histogram.fill(0);
  if (!isDense(bytes, offset)) {
    return countSparse(bytes, registers, offset + entries.valueSize(entry), histogram);
  }
  countDense(entries.data(entry), registers, histogram);
  return true;
}

/** Writes what `patch` holds into the value's header. Without log or memory for that, the next PFCOUNT counts again. */
function cacheCardinality(call: Call, entry: number): void {
  if (call.keyspace.log.failed() || !prepareRecord(call, CARDINALITY_BYTES)) return;
  writeRange(call, entry, CARDINALITY_OFFSET, patchData, 0, CARDINALITY_BYTES);
}

function countUnion(call: Call): void {
  union.clear();
  for (let index = 1; index < call.count; index++) {
    const entry = call.findToRead(index - 1, index);
    if (entry !== 0 && !addToUnion(call, entry)) return;
  }
  histogram.fill(0);
  union.count(histogram);
  writeCardinality(patchData, 0, estimateCardinality(histogram));
  replyCardinality(call.reply, patchData, 0);
}

/** Adds a key's value to the union; false after an error reply. */
function addToUnion(call: Call, entry: number): boolean {
  if (!isHyperLogLogOrReply(call, entry)) return false;
  const entries = call.keyspace.entries;
  const bytes = entries.bytes(entry);
  const offset = entries.valueOffset(entry);
  const registers = offset + HEADER_BYTES;
  if (isDense(bytes, offset)) {
    union.addDense(entries.data(entry), registers);
  } else if (!union.addSparse(bytes, registers, offset + entries.valueSize(entry))) {
    call.reply.error(errors.CORRUPT_HYPERLOGLOG);
    return false;
  }
  return true;
}

/** The destination is a source, too. The result is dense if one of them is. */
function pfmerge(call: Call): void {
  const entries = call.keyspace.entries;
  union.clear();
  let becomesDense = false;
  for (let index = 1; index < call.count; index++) {
    const entry = call.findToRead(index - 1, index);
    if (entry === 0) continue;
    if (!addToUnion(call, entry)) return;
    if (isDenseEntry(call, entry)) becomesDense = true;
  }
  const target = call.find(0, 1);
  if (target === 0) {
    draft.begin();
  } else {
    entries.setEncoding(target, STRING_CHANGED);
    loadDraft(call, target);
  }
  if (becomesDense) draft.takeRegisters(union);
  else draft.raiseAll(union, call.services.config.integer('hll-sparse-max-bytes'));
  draft.markStale();
  if (storeDraft(call, target)) call.reply.ok();
  else call.reply.error(errors.OUT_OF_MEMORY);
}

function replyChanged(call: Call, done: boolean): void {
  if (done) call.reply.integer(1);
  else call.reply.error(errors.OUT_OF_MEMORY);
}

/** Replies with a 64-bit integer that lies in a header. */
function replyCardinality(reply: ReplyWriter, data: DataView, offset: number): void {
  const high = data.getUint32(offset + 4, true);
  if (high < EXACT_HIGH_LIMIT) reply.integer(high * 2 ** 32 + data.getUint32(offset, true));
  else reply.bigInteger(data.getBigInt64(offset, true)); // alloc: only registers written by hand say so much
}

export const HYPERLOGLOG_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'pfadd',
    arity: -2,
    flags: ['write', 'denyoom', 'fast'],
    group: 'hyperloglog',
    since: '2.8.9',
    summary: 'Adds elements to a HyperLogLog; returns 1 when that changed it or created the key.',
    complexity: 'O(1) for each element',
    keys: { ...ONE_KEY, flags: ['RW', 'insert'] },
    logsGroup: true,
    arguments: [KEY, { name: 'element', type: 'string', flags: ['optional', 'multiple'] }],
    reply: 'flag',
    run: pfadd,
  },
  {
    name: 'pfcount',
    arity: -2,
    flags: ['readonly'],
    group: 'hyperloglog',
    since: '2.8.9',
    summary: 'Estimates how many different elements a HyperLogLog, or several together, have been given.',
    complexity: 'O(1) with one key that has not changed since, O(N) with the number of keys',
    keys: {
      first: 1,
      last: -1,
      step: 1,
      flags: ['RW', 'access'],
      notes: 'RW because it may change the internal representation of the key, and propagate to replicas',
    },
    mayReplicate: true,
    arguments: [KEYS],
    reply: 'integer',
    run: pfcount,
  },
  {
    name: 'pfmerge',
    arity: -2,
    flags: ['write', 'denyoom'],
    group: 'hyperloglog',
    since: '2.8.9',
    summary: 'Merges HyperLogLogs into one, which is one of them if it is there.',
    complexity: 'O(N) with the number of keys',
    keys: [
      { ...ONE_KEY, flags: ['RW', 'access', 'insert'] },
      { first: 2, last: -1, step: 1, flags: ['RO', 'access'] },
    ],
    arguments: [
      { name: 'destkey', type: 'key' },
      { name: 'sourcekey', type: 'key', keySpec: 1, flags: ['optional', 'multiple'] },
    ],
    reply: 'ok',
    run: pfmerge,
  },
  {
    name: 'pfdebug',
    arity: 3,
    flags: ['write', 'denyoom', 'admin'],
    group: 'hyperloglog',
    since: '2.8.9',
    summary: 'Shows what a HyperLogLog is made of: GETREG, DECODE, ENCODING; or makes it dense: TODENSE.',
    complexity: 'O(1)',
    keys: { first: 2, last: 2, step: 1, flags: ['RW', 'access'] },
    arguments: [{ name: 'subcommand', type: 'string' }, KEY],
    reply: 'any',
    run: pfdebug,
  },
  {
    name: 'pfselftest',
    arity: 1,
    flags: ['admin'],
    group: 'hyperloglog',
    since: '2.8.9',
    summary: 'Tests whether HyperLogLogs work, which takes a part of a second.',
    complexity: 'O(1)',
    reply: 'ok',
    run: pfselftest,
  },
];
