/**
 * Members of a set at random: SPOP takes them out, SRANDMEMBER only shows them. Every member is as likely as any other, and so is
 * every choice of several.
 */

import { NOT_INTEGER } from '../base/integer.js';
import type { Call } from '../engine/call.js';
import { PACKED_HEADER_BYTES } from '../engine/collection-config.js';
import type { CommandSpec } from '../engine/command.js';
import * as errors from '../engine/errors.js';
import { elementAt, PackedCursor } from '../structures/packed-list.js';
import { KEY, ONE_KEY, READS_ONE } from './key-arguments.js';
import { readRandomCount } from './random-count.js';
import { findSet, findSetToRead, openSet, replyMember, replyMembers } from './set-arguments.js';

const member = new PackedCursor();

function spop(call: Call): void {
  if (call.count === 2) {
    popOne(call);
    return;
  }
  const count = readCount(call);
  if (count < 0) return;
  const entry = findSet(call);
  if (entry < 0) return;
  if (entry === 0 || count === 0) {
    call.reply.setHeader(0);
    return;
  }
  openSet(call, entry);
  const size = call.collections.sets.count();
  if (count < size) {
    pop(call, entry, count, true);
    return;
  }
  call.reply.setHeader(size);
  replyMembers(call, entry);
  call.keyspace.remove(call.keyShard(0), call.client.database, entry);
}

/** SPOP's count, or -1 after an error reply. */
function readCount(call: Call): number {
  if (call.count > 3) {
    call.reply.error(errors.SYNTAX);
    return -1;
  }
  const count = call.clampedInteger(2);
  if (count >= 0 && count !== NOT_INTEGER) return count;
  call.reply.error(errors.MUST_BE_POSITIVE);
  return -1;
}

function popOne(call: Call): void {
  const entry = findSet(call);
  if (entry < 0) return;
  if (entry === 0) {
    call.reply.nil();
    return;
  }
  openSet(call, entry);
  if (call.collections.sets.count() > 1) {
    pop(call, entry, 1, false);
    return;
  }
  replyMembers(call, entry);
  call.keyspace.remove(call.keyShard(0), call.client.database, entry);
}

/** Takes `count` of more members out. */
function pop(call: Call, entry: number, count: number, hasHeader: boolean): void {
  const { sets } = call.collections;
  const isBegun = sets.beginTake(
    call.keyShard(0),
    call.client.database,
    call.data,
    call.offset(1),
    call.size(1),
    entry,
    count,
  );
  if (!isBegun) {
    call.reply.error(errors.OUT_OF_MEMORY);
    return;
  }
  if (hasHeader) call.reply.setHeader(count);
  while (sets.takeNext()) replyMember(call, sets.member);
  sets.end();
}

function srandmember(call: Call): void {
  if (call.count === 2) {
    const entry = findSetToRead(call);
    if (entry < 0) return;
    if (entry === 0) {
      call.reply.nil();
      return;
    }
    openSet(call, entry);
    showOne(call, entry);
    return;
  }
  if (call.count > 3) {
    call.reply.error(errors.SYNTAX);
    return;
  }
  const count = readRandomCount(call);
  if (count === NOT_INTEGER) return;
  show(call, count);
}

/** Members, each once, or as many as asked for where the count is negative. */
function show(call: Call, count: number): void {
  const entry = findSetToRead(call);
  if (entry < 0) return;
  if (entry === 0 || count === 0) {
    call.reply.arrayHeader(0);
    return;
  }
  openSet(call, entry);
  const size = call.collections.sets.count();
  const { reply } = call;
  reply.arrayHeader(count < 0 ? -count : Math.min(count, size));
  if (count >= size) {
    replyMembers(call, entry);
  } else if (count < 0) {
    for (let left = -count; left > 0 && !reply.overflowed; left--) showOne(call, entry);
  } else if (call.keyspace.entries.isLarge(entry)) {
    showElements(call, entry, count);
  } else {
    showPacked(call, entry, count);
  }
}

/** Any member of the set of `entry`, which is open. */
function showOne(call: Call, entry: number): void {
  const { entries } = call.keyspace;
  const { sets } = call.collections;
  if (entries.isLarge(entry)) {
    replyElement(call, sets.sampler.draw());
    return;
  }
  const data = entries.data(entry);
  const start = entries.valueOffset(entry);
  const end = start + entries.valueSize(entry);
  const count = sets.count();
  member.read(data, elementAt(data, start + PACKED_HEADER_BYTES, end, count, sets.sampler.below(count)));
  replyMember(call, member);
}

function showElements(call: Call, entry: number, count: number): void {
  const { sampler } = call.collections.sets;
  const mark = call.reply.mark();
  if (!sampler.choose(entry, count)) {
    call.reply.rewind(mark);
    call.reply.error(errors.OUT_OF_MEMORY);
    return;
  }
  for (let index = 0; index < count; index++) replyElement(call, sampler.chosen[index]!);
  sampler.end();
}

function replyElement(call: Call, element: number): void {
  const { entries } = call.keyspace;
  call.reply.value(entries.data(element), entries.keyOffset(element), entries.keySize(element));
}

function showPacked(call: Call, entry: number, count: number): void {
  const { reader, sets } = call.collections;
  let wanted = count;
  let rest = sets.count();
  reader.open(entry);
  while (wanted > 0 && reader.next()) {
    if (sets.sampler.takes(wanted, rest)) {
      replyMember(call, reader.item);
      wanted -= 1;
    }
    rest -= 1;
  }
}

export const SET_CHOICE_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'spop',
    arity: -2,
    flags: ['write', 'fast'],
    group: 'set',
    since: '1.0.0',
    summary: 'Takes random members out of a set and returns them.',
    complexity: 'Without the count argument O(1), otherwise O(N) where N is the value of the passed count.',
    tips: ['nondeterministic_output'],
    keys: { ...ONE_KEY, flags: ['RW', 'access', 'delete'] },
    arguments: [KEY, { name: 'count', type: 'integer', flags: ['optional'], since: '3.2.0' }],
    reply: { count: 'set<text>', else: 'text?' },
    run: spop,
  },
  {
    name: 'srandmember',
    arity: -2,
    flags: ['readonly'],
    group: 'set',
    since: '1.0.0',
    summary: 'Returns random members of a set.',
    complexity:
      'Without the count argument O(1), otherwise O(N) where N is the absolute value of the passed count.',
    tips: ['nondeterministic_output'],
    keys: READS_ONE,
    arguments: [KEY, { name: 'count', type: 'integer', flags: ['optional'], since: '2.6.0' }],
    reply: { count: 'array<text>', else: 'text?' },
    run: srandmember,
  },
];
