/**
 * Comparing a string with what a client believes it to be, whole or by its digest: DELEX and DIGEST of Redis 8.4, DELIFEQ of
 * Valkey 9, and the conditions of SET.
 */

import { equalWords, upperByte } from '../base/bytes.js';
import { xxh3 } from '../base/xxh3.js';
import type { Call } from '../engine/call.js';
import type { CommandSpec, KeyFlag } from '../engine/command.js';
import * as errors from '../engine/errors.js';
import { TYPE_STRING } from '../structures/entry.js';
import { KEY, ONE_KEY } from './key-arguments.js';
import { VALUE } from './string-arguments.js';
import {
  ALWAYS,
  COMPARISON_ARGUMENTS,
  comparisonNamed,
  IF_DIFFERENT,
  IF_DIGEST_EQUAL,
  IF_EQUAL,
} from './string-options.js';

/** What a comparison comes to. */
export const MET = 1;
export const UNMET = 0;
/** The digest that the client sent is none. */
export const NO_DIGEST = -1;

/** In hexadecimal. */
const DIGEST_CHARACTERS = 16;

/**
 * Whether the value of a string entry is as `condition` (IF_EQUAL to IF_DIGEST_DIFFERENT) wants it to be beside argument `index`:
 * MET, UNMET or NO_DIGEST.
 */
export function compareValue(call: Call, entry: number, condition: number, index: number): number {
  switch (condition) {
    case IF_EQUAL:
      return valueEquals(call, entry, index) ? MET : UNMET;
    case IF_DIFFERENT:
      return valueEquals(call, entry, index) ? UNMET : MET;
    default:
      if (call.size(index) !== DIGEST_CHARACTERS) return NO_DIGEST;
      return digestEquals(call, entry, index) === (condition === IF_DIGEST_EQUAL) ? MET : UNMET;
  }
}

function valueEquals(call: Call, entry: number, index: number): boolean {
  const entries = call.keyspace.entries;
  const size = call.size(index);
  if (entries.valueSize(entry) !== size) return false;
  return equalWords(entries.data(entry), entries.valueOffset(entry), call.data, call.offset(index), size);
}

/** Takes a digest in either case. One with other characters in it is no error, but that of no value. */
function digestEquals(call: Call, entry: number, index: number): boolean {
  const digest = digestOf(call, entry);
  for (let at = 0; at < DIGEST_CHARACTERS; at++) {
    if (upperByte(call.bytes[call.offset(index) + at]!) !== upperByte(digest.charCodeAt(at))) return false;
  }
  return true;
}

/** Allocates a short text. */
function digestOf(call: Call, entry: number): string {
  const entries = call.keyspace.entries;
  const hash = xxh3(entries.data(entry), entries.valueOffset(entry), entries.valueSize(entry));
  return hash.toString(16).padStart(DIGEST_CHARACTERS, '0');
}

function digest(call: Call): void {
  const entry = call.findToRead(0, 1);
  if (entry === 0) call.reply.nil();
  else if (call.keyspace.entries.type(entry) !== TYPE_STRING) call.reply.error(errors.WRONG_TYPE);
  else call.reply.bulkText(digestOf(call, entry));
}

/** Deletes a key whatever it holds, or a string that compares. Redis looks at the condition only if there is a key. */
function deleteIf(call: Call): void {
  if (call.count !== 2 && call.count !== 4) {
    call.reply.error(errors.wrongArity('delex'));
    return;
  }
  const entry = call.find(0, 1);
  if (entry === 0) call.reply.integer(0);
  else if (call.count === 2) removeAndCount(call, entry);
  else if (call.keyspace.entries.type(entry) !== TYPE_STRING) call.reply.error(errors.DELETE_CONDITION_TYPE);
  else deleteIfCompares(call, entry);
}

function deleteIfCompares(call: Call, entry: number): void {
  const condition = comparisonNamed(call, 2);
  const outcome = condition === ALWAYS ? UNMET : compareValue(call, entry, condition, 3);
  if (condition === ALWAYS) call.reply.error(errors.DELETE_CONDITION);
  else if (outcome === NO_DIGEST) call.reply.error(errors.DIGEST_SIZE);
  else if (outcome === UNMET) call.reply.integer(0);
  else removeAndCount(call, entry);
}

function deleteIfEqual(call: Call): void {
  const entry = call.find(0, 1);
  if (entry === 0) call.reply.integer(0);
  else if (call.keyspace.entries.type(entry) !== TYPE_STRING) call.reply.error(errors.WRONG_TYPE);
  else if (compareValue(call, entry, IF_EQUAL, 2) === UNMET) call.reply.integer(0);
  else removeAndCount(call, entry);
}

function removeAndCount(call: Call, entry: number): void {
  call.keyspace.remove(call.keyShard(0), call.client.database, entry);
  call.reply.integer(1);
}

const COMPARES_AND_DELETES: readonly KeyFlag[] = ['RW', 'access', 'delete'];
const DELETES: readonly KeyFlag[] = ['RM', 'delete'];

export const COMPARISON_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'delex',
    arity: -2,
    flags: ['write', 'fast'],
    group: 'string',
    since: '8.4.0',
    summary: 'Deletes a key if its string value, or the digest of it, is the one given, or is not.',
    complexity: 'O(N) with the length of the value',
    keys: {
      ...ONE_KEY,
      flags: ['RW', 'delete', 'variable_flags'],
      flagsOf: (request) => (request.count > 2 ? COMPARES_AND_DELETES : DELETES),
    },
    arguments: [
      KEY,
      { name: 'condition', type: 'oneof', flags: ['optional'], arguments: COMPARISON_ARGUMENTS },
    ],
    reply: 'flag',
    run: deleteIf,
  },
  {
    name: 'delifeq',
    arity: 3,
    flags: ['write'],
    group: 'string',
    since: '9.0.0', // of Valkey
    summary: 'Deletes a key if its string value is the one given.',
    complexity: 'O(N) with the length of the value',
    keys: { ...ONE_KEY, flags: ['RM', 'access', 'delete'] },
    arguments: [KEY, VALUE],
    reply: 'flag',
    run: deleteIfEqual,
  },
  {
    name: 'digest',
    arity: 2,
    flags: ['readonly', 'fast'],
    group: 'string',
    since: '8.4.0',
    summary: 'Returns the XXH3 hash of the string value of a key, as 16 hexadecimal digits.',
    complexity: 'O(N) with the length of the value',
    keys: { ...ONE_KEY, flags: ['RO', 'access'] },
    arguments: [KEY],
    reply: 'string?',
    run: digest,
  },
];
