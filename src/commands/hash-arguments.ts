/**
 * What the hash commands have in common: finding the hash, beginning a change of it, replying with a field or value.
 */

import { type Call, WRONG_TYPE } from '../engine/call.js';
import type { ArgumentSpec } from '../engine/command.js';
import * as errors from '../engine/errors.js';
import { TYPE_HASH } from '../structures/entry.js';
import type { PackedCursor } from '../structures/packed-list.js';

export const FIELD: ArgumentSpec = { name: 'field', type: 'string' };
export const FIELDS: ArgumentSpec = { ...FIELD, flags: ['multiple'] };
export const FIELDS_AND_VALUES: ArgumentSpec = {
  name: 'data',
  type: 'block',
  flags: ['multiple'],
  arguments: [FIELD, { name: 'value', type: 'string' }],
};

/** What a field or value takes in a log record beyond its bytes, and in a packed list if it is short. */
const ITEM_HEADER_BYTES = 4;
const PACKED_ITEM_BYTES = 2;

/** The hash of argument 1, for a command that only reads; 0 = there is none; WRONG_TYPE after the error reply. */
export function findHashToRead(call: Call): number {
  const entry = call.findToRead(0, 1);
  return entry === 0 || call.keyspace.entries.type(entry) === TYPE_HASH ? entry : refuse(call);
}

/** The same for a command that changes it. */
export function findHash(call: Call): number {
  const entry = call.find(0, 1);
  return entry === 0 || call.keyspace.entries.type(entry) === TYPE_HASH ? entry : refuse(call);
}

function refuse(call: Call): number {
  call.reply.error(errors.WRONG_TYPE);
  return WRONG_TYPE;
}

/** Opens the hash of an entry, to be read. */
export function openHash(call: Call, entry: number): void {
  call.collections.hashes.open(call.keyShard(0), call.client.database, entry);
}

/** Looks for the field that argument `index` names, in the hash that is open. */
export function getField(call: Call, index: number): boolean {
  return call.collections.hashes.get(call.bytes, call.data, call.offset(index), call.size(index));
}

/** Begins a change of the hash of argument 1 that is about `count` arguments from `first` on. */
export function beginHash(call: Call, op: number, existing: number, first: number, count: number): void {
  const hashes = call.collections.hashes;
  let bytes = 0;
  let packedBytes = 0;
  for (let index = first; index < first + count; index++) {
    bytes += call.size(index);
    packedBytes += hashes.packedSize(call.bytes, call.data, call.offset(index), call.size(index));
  }
  hashes.begin(
    op,
    call.keyShard(0),
    call.client.database,
    call.keyHash(0),
    call.data,
    call.offset(1),
    call.size(1),
    existing,
    bytes + count * ITEM_HEADER_BYTES,
    packedBytes,
  );
}

/** Begins to set one field of the hash of argument 1, to a value of `valueBytes`: see Hashes.beginOne. */
export function beginField(
  call: Call,
  op: number,
  existing: number,
  field: number,
  valueBytes: number,
): void {
  call.collections.hashes.beginOne(
    op,
    call.keyShard(0),
    call.client.database,
    call.keyHash(0),
    call.data,
    call.offset(1),
    call.size(1),
    existing,
    call.size(field) + valueBytes + 2 * PACKED_ITEM_BYTES,
  );
}

/** Gives the field that argument `index` names the value of the argument after it: see Hashes.set. */
export function setField(call: Call, index: number): number {
  return call.collections.hashes.set(
    call.bytes,
    call.data,
    call.offset(index),
    call.size(index),
    call.bytes,
    call.data,
    call.offset(index + 1),
    call.size(index + 1),
  );
}

/** Deletes the field that argument `index` names: see Hashes.remove. */
export function removeField(call: Call, index: number): number {
  return call.collections.hashes.remove(call.bytes, call.data, call.offset(index), call.size(index));
}

/** Replies with a field or value. */
export function replyText(call: Call, text: PackedCursor): void {
  if (text.isInteger) call.reply.bulkInteger(text.integer);
  else call.reply.value(text.data, text.offset, text.size);
}

/** Replies with the value of the field that argument `index` names, in the hash that is open; nil when there is none. */
export function replyField(call: Call, index: number): void {
  if (getField(call, index)) replyText(call, call.collections.hashes.value);
  else call.reply.nil();
}
