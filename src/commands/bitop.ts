/**
 * BITOP: strings combined bit by bit into a new one, as long as the longest of them; the shorter ones go on with zeros.
 *
 * The result is made in its place, piece by piece. A piece ends where a source ends, so that within it each source is there or is
 * not; and where several passes have to be made over it, it is so short that it stays in the nearest cache. What has been folded
 * so far is a source itself until the second comes, so that two sources take one pass and one is copied.
 */

import {
  BITS_AND,
  BITS_LEFT_ONLY,
  BITS_NOT_LEFT,
  BITS_OR,
  BITS_RIGHT_ONLY,
  BITS_XOR,
  type BitOperation,
  combineBits,
} from '../base/bits.js';
import { copyWords } from '../base/bytes.js';
import type { Call } from '../engine/call.js';
import * as errors from '../engine/errors.js';
import { STRING_CHANGED } from '../engine/string-encoding.js';
import { RECORD_OVERHEAD_BYTES_MAX } from '../engine/wal/record.js';
import { TYPE_STRING } from '../structures/entry.js';

/** A third of a first-level cache, which has to hold pieces of a source, of the target and of a scratch row. */
const PIECE_BYTES = 8192;
/** Argument numbers. */
const TARGET_AT = 2;
const SOURCES_AT = 3;

interface BitOperator {
  readonly name: string;
  /** The Redis version that first had it, if that was not the command's first. */
  readonly since?: string;
  /** How the sources, from number `firstFolded` on, become one. */
  readonly fold: BitOperation;
  readonly firstFolded: 0 | 1;
  /** What is made of source 0 (left) and of that (right). */
  readonly finish?: BitOperation;
}

const NOT: BitOperator = { name: 'NOT', fold: BITS_OR, firstFolded: 0, finish: BITS_NOT_LEFT };
/** Folded in a way of its own. */
const ONE: BitOperator = { name: 'ONE', since: '8.2.0', fold: BITS_OR, firstFolded: 0 };

export const BIT_OPERATORS: readonly BitOperator[] = [
  { name: 'AND', fold: BITS_AND, firstFolded: 0 },
  { name: 'OR', fold: BITS_OR, firstFolded: 0 },
  { name: 'XOR', fold: BITS_XOR, firstFolded: 0 },
  NOT,
  { name: 'DIFF', since: '8.2.0', fold: BITS_OR, firstFolded: 1, finish: BITS_LEFT_ONLY },
  { name: 'DIFF1', since: '8.2.0', fold: BITS_OR, firstFolded: 1, finish: BITS_RIGHT_ONLY },
  { name: 'ANDOR', since: '8.2.0', fold: BITS_OR, firstFolded: 1, finish: BITS_AND },
  ONE,
];

/** The sources of the BITOP under way, and where their values begin. One thread, one command at a time. */
const rows: DataView[] = [];
const offsets: number[] = [];
const sizes: number[] = [];
let count = 0;
/** ONE: what is in at least two of the sources so far, and what is in the next one, too. */
const repeated = new DataView(new ArrayBuffer(PIECE_BYTES));
const again = new DataView(new ArrayBuffer(PIECE_BYTES));

export function bitop(call: Call): void {
  const operator = operatorOf(call);
  if (operator === undefined) {
    call.reply.error(errors.SYNTAX);
    return;
  }
  count = call.count - SOURCES_AT;
  if (operator === NOT && count !== 1) {
    call.reply.error(errors.BITOP_NOT_SOURCES);
  } else if (count <= operator.firstFolded) {
    call.reply.error(errors.bitopSources(operator.name));
  } else if (!findSources(call)) {
    call.reply.error(errors.WRONG_TYPE);
  } else {
    let size = 0;
    for (let source = 0; source < count; source++) size = Math.max(size, sizes[source]!);
    if (size === 0) removeTarget(call);
    else if (!storeResult(call, operator, size)) call.reply.error(errors.OUT_OF_MEMORY);
    else call.reply.integer(size);
  }
}

function operatorOf(call: Call): BitOperator | undefined {
  for (const operator of BIT_OPERATORS) if (call.is(1, operator.name)) return operator;
  return undefined;
}

/** False when one of them is no string. */
function findSources(call: Call): boolean {
  const entries = call.keyspace.entries;
  for (let source = 0; source < count; source++) {
    const entry = call.findToRead(source + 1, source + SOURCES_AT);
    sizes[source] = 0;
    if (entry === 0) continue;
    if (entries.type(entry) !== TYPE_STRING) return false;
    rows[source] = entries.data(entry);
    offsets[source] = entries.valueOffset(entry);
    sizes[source] = entries.valueSize(entry);
  }
  return true;
}

function removeTarget(call: Call): void {
  const existing = call.find(0, TARGET_AT);
  if (existing !== 0) call.keyspace.remove(call.keyShard(0), call.client.database, existing);
  call.reply.integer(0);
}

/** False when memory is exhausted; nothing has changed then. */
function storeResult(call: Call, operator: BitOperator, size: number): boolean {
  const keyspace = call.keyspace;
  const shard = call.keyShard(0);
  if (!keyspace.log.prepare(recordBytes(call, size))) return false;
  const entry = keyspace.reserve(shard, call.data, call.offset(TARGET_AT), call.size(TARGET_AT), size, 0);
  if (entry === 0) return false;
  const entries = keyspace.entries;
  entries.setEncoding(entry, STRING_CHANGED);
  combine(operator, entries.data(entry), entries.valueOffset(entry), size);
  // Last of all, for the target may be one of the sources: they are read by now.
  const existing = call.findStored(0, TARGET_AT);
  if (existing !== 0) keyspace.clock.takeOver(entry, existing);
  if (!keyspace.link(shard, call.client.database, call.keyHash(0), entry, existing)) {
    keyspace.release(shard, entry);
    return false;
  }
  keyspace.logSet(shard, call.client.database, entry);
  return true;
}

/** What the log needs at most: the result, and sources whose time was over. */
function recordBytes(call: Call, size: number): number {
  let bytes = size;
  for (let index = TARGET_AT; index < call.count; index++) {
    bytes += call.size(index) + RECORD_OVERHEAD_BYTES_MAX;
  }
  return bytes;
}

/** Makes the `size` bytes of the result. */
function combine(operator: BitOperator, target: DataView, offset: number, size: number): void {
  const settled = sizeSettled(operator, size);
  if (settled < size) clear(target, offset + settled, size - settled);
  let end = 0;
  for (let at = 0; at < settled; at = end) {
    let present = 0;
    end = settled;
    for (let source = 0; source < count; source++) {
      if (sizes[source]! <= at) continue;
      present += 1;
      end = Math.min(end, sizes[source]!);
    }
    if (present > 1) end = Math.min(end, at + PIECE_BYTES);
    if (operator === ONE) combineOne(target, offset + at, at, end - at);
    else combinePiece(operator, target, offset + at, at, end - at);
  }
}

/** How much of the result has to be looked at: where a source has ended that must be 1, the rest is zeros. */
function sizeSettled(operator: BitOperator, size: number): number {
  if (operator.finish?.right === 0) return sizes[0]!;
  let settled = size;
  if (operator.fold !== BITS_AND) return settled;
  for (let source = 0; source < count; source++) settled = Math.min(settled, sizes[source]!);
  return settled;
}

/** Makes a piece of the result, at `offset` of the target, out of what the sources have from byte `at` on. */
function combinePiece(
  operator: BitOperator,
  target: DataView,
  offset: number,
  at: number,
  size: number,
): void {
  let folded: DataView | undefined;
  let foldedAt = 0;
  for (let source = operator.firstFolded; source < count; source++) {
    if (sizes[source]! <= at) continue;
    const row = rows[source]!;
    const rowAt = offsets[source]! + at;
    if (folded === undefined) {
      folded = row;
      foldedAt = rowAt;
    } else {
      combineBits(operator.fold, target, offset, row, rowAt, folded, foldedAt, size);
      folded = target;
      foldedAt = offset;
    }
  }
  const finish = operator.finish;
  if (finish !== undefined && sizes[0]! > at) {
    const first = rows[0]!;
    const firstAt = offsets[0]! + at;
    if (folded !== undefined) combineBits(finish, target, offset, first, firstAt, folded, foldedAt, size);
    else if (finish.left !== 0) copyWords(target, offset, first, firstAt, size);
    else clear(target, offset, size);
  } else if (folded !== undefined && (folded !== target || foldedAt !== offset)) {
    copyWords(target, offset, folded, foldedAt, size);
  }
}

/** The same for ONE: bits that are in some source, without those that are in another one, too. */
function combineOne(target: DataView, offset: number, at: number, size: number): void {
  let folded: DataView | undefined;
  let foldedAt = 0;
  let seen = 0;
  for (let source = 0; source < count; source++) {
    if (sizes[source]! <= at) continue;
    const row = rows[source]!;
    const rowAt = offsets[source]! + at;
    seen += 1;
    if (folded === undefined) {
      folded = row;
      foldedAt = rowAt;
      continue;
    }
    combineBits(BITS_AND, seen === 2 ? repeated : again, 0, row, rowAt, folded, foldedAt, size);
    if (seen > 2) combineBits(BITS_OR, repeated, 0, again, 0, repeated, 0, size);
    combineBits(BITS_OR, target, offset, row, rowAt, folded, foldedAt, size);
    folded = target;
    foldedAt = offset;
  }
  if (seen === 1) copyWords(target, offset, folded!, foldedAt, size);
  else combineBits(BITS_LEFT_ONLY, target, offset, target, offset, repeated, 0, size);
}

function clear(target: DataView, offset: number, size: number): void {
  new Uint8Array(target.buffer, target.byteOffset + offset, size).fill(0); // alloc: a view for a piece
}
