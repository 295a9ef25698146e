/**
 * What the set commands have in common: finding the set, beginning a change of it, replying with a member.
 */

import { type Call, WRONG_TYPE } from '../engine/call.js';
import { PACKED_BYTES_MAX } from '../engine/collection-config.js';
import type { ArgumentSpec } from '../engine/command.js';
import * as errors from '../engine/errors.js';
import { OP_SET_ADD } from '../engine/wal/record.js';
import { TYPE_SET } from '../structures/entry.js';
import type { PackedCursor } from '../structures/packed-list.js';

export const MEMBER: ArgumentSpec = { name: 'member', type: 'string' };
export const MEMBERS: ArgumentSpec = { name: 'member', type: 'string', flags: ['multiple'] };

/** What a member takes in a log record beyond its bytes. */
const ITEM_HEADER_BYTES = 4;

/** The set of argument 1, for a command that only reads; 0 = there is none; WRONG_TYPE after the error reply. */
export function findSetToRead(call: Call): number {
  return ifSet(call, call.findToRead(0, 1));
}

/** The same for a command that changes it. */
export function findSet(call: Call): number {
  return ifSet(call, call.find(0, 1));
}

/** The entry, if it is one of a set or there is none; WRONG_TYPE after the error reply. */
export function ifSet(call: Call, entry: number): number {
  if (entry === 0 || call.keyspace.entries.type(entry) === TYPE_SET) return entry;
  call.reply.error(errors.WRONG_TYPE);
  return WRONG_TYPE;
}

/** Opens the set of an entry, which is key number 0, to be read. */
export function openSet(call: Call, entry: number): void {
  call.collections.sets.open(call.keyShard(0), call.client.database, entry);
}

/** Whether the member that argument `index` names is in the set that is open. */
export function isMember(call: Call, index: number): boolean {
  return call.collections.sets.contains(call.bytes, call.data, call.offset(index), call.size(index));
}

/**
 * Begins a change of the set of key number `key`, which is argument `keyIndex`, by the members from argument `first` on: see
 * Sets.begin.
 */
export function beginSet(
  call: Call,
  op: number,
  key: number,
  keyIndex: number,
  existing: number,
  first: number,
): void {
  const sets = call.collections.sets;
  const isLarge = existing !== 0 && call.keyspace.entries.isLarge(existing);
  const grows = op === OP_SET_ADD && !isLarge;
  let bytes = 0;
  let room = 0;
  for (let index = first; index < call.count; index++) {
    bytes += call.size(index);
    if (grows && room <= PACKED_BYTES_MAX)
      room += sets.roomFor(call.bytes, call.data, call.offset(index), call.size(index));
  }
  sets.begin(
    op,
    call.keyShard(key),
    call.client.database,
    call.keyHash(key),
    call.data,
    call.offset(keyIndex),
    call.size(keyIndex),
    existing,
    bytes + (call.count - first) * ITEM_HEADER_BYTES,
    room,
  );
}

/** Replies with a member. */
export function replyMember(call: Call, member: PackedCursor): void {
  if (member.isInteger) call.reply.bulkInteger(member.integer);
  else call.reply.value(member.data, member.offset, member.size);
}

/** Replies with all members of the set of an entry, after the header. */
export function replyMembers(call: Call, entry: number): void {
  const reader = call.collections.reader;
  reader.open(entry);
  while (reader.next()) replyMember(call, reader.item);
}
