/**
 * One line of a snapshot in any spelling that JSON allows, with JSON.parse; says what is wrong with a line that is none.
 */

import { viewOf } from '../../base/bytes.js';
import { CrabError } from '../../base/errors.js';
import { TYPE_HASH, TYPE_LIST, TYPE_SET, TYPE_STRING, TYPE_ZSET } from '../../structures/entry.js';
import { decodeBase64 } from './decode-text.js';
import { ITEM_OVERHEAD_BYTES_MAX, type ItemBuffer } from './item-buffer.js';

export interface ParsedLine {
  readonly database: number;
  readonly deadline: number;
  readonly key: Uint8Array;
  readonly type: number;
  /** Of a string; the items of a collection are in the buffer. */
  readonly value: Uint8Array | undefined;
  readonly isMore: boolean;
  readonly areDated: boolean;
  readonly label: number;
  readonly elementCount: number;
}

type Members = Readonly<Record<string, unknown>>;

const STRING_MEMBERS: ReadonlySet<string> = new Set(['db', 'key', 'key64', 'value', 'value64', 'expiresAt']);
const COLLECTION_MEMBERS: ReadonlySet<string> = new Set([
  'db',
  'key',
  'key64',
  'type',
  'more',
  'label',
  'items',
  'deadlines',
  'expiresAt',
]);
const TYPES: ReadonlyMap<unknown, number> = new Map([
  ['list', TYPE_LIST],
  ['set', TYPE_SET],
  ['zset', TYPE_ZSET],
  ['hash', TYPE_HASH],
]);

/**
 * Reads a line, without its newline. The items of a collection go to `buffer`.
 *
 * @throws CrabError (code SNAPSHOT_LINE) saying what is wrong with the line
 */
export function parseLine(bytes: Uint8Array, buffer: ItemBuffer): ParsedLine {
  const members = parseMembers(bytes);
  const isString = members['type'] === undefined;
  const known = isString ? STRING_MEMBERS : COLLECTION_MEMBERS;
  for (const name of Object.keys(members)) {
    if (!known.has(name)) throw badLine(`the line has a member "${name}" that this version does not know`);
  }
  const { db = 0, expiresAt } = members;
  if (!Number.isSafeInteger(db) || (db as number) < 0) throw badLine('"db" is not a database number');
  if (expiresAt !== undefined && !isTime(expiresAt)) {
    throw badLine('"expiresAt" is not a time in milliseconds since 1970');
  }
  const common = {
    database: db as number,
    deadline: (expiresAt as number | undefined) ?? 0,
    key: parsedBytes(members, 'key', 'key64'),
  };
  if (!isString) return { ...common, value: undefined, ...parseCollection(members, buffer) };
  const value = parsedBytes(members, 'value', 'value64');
  const type = TYPE_STRING;
  return { ...common, type, value, isMore: false, areDated: false, label: Number.NaN, elementCount: 0 };
}

export function badLine(what: string, cause?: unknown): CrabError {
  return new CrabError('SNAPSHOT_LINE', what, cause);
}

function parseMembers(bytes: Uint8Array): Members {
  let members: unknown;
  try {
    members = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (cause) {
    throw badLine('the line is not JSON', cause);
  }
  if (typeof members !== 'object' || members === null || Array.isArray(members)) {
    throw badLine('the line is not a JSON object');
  }
  return members as Members;
}

function parseCollection(members: Members, buffer: ItemBuffer) {
  const type = TYPES.get(members['type']);
  if (type === undefined) throw badLine('"type" is not "list", "set", "zset" or "hash"');
  const { more = false, label = Number.NaN, items, deadlines } = members;
  if (typeof more !== 'boolean') throw badLine('"more" is not true or false');
  if (typeof label !== 'number') throw badLine('"label" is not a number');
  if (!Number.isNaN(label) && type !== TYPE_LIST) throw badLine('only a list has a "label"');
  if (deadlines !== undefined && type !== TYPE_HASH) throw badLine('only a hash has "deadlines"');
  if ((items === undefined) === (deadlines === undefined)) {
    throw badLine(
      type === TYPE_HASH ? 'a hash needs either "items" or "deadlines"' : 'the line needs "items"',
    );
  }
  const areDated = deadlines !== undefined;
  const list = areDated ? deadlines : items;
  const name = areDated ? '"deadlines"' : '"items"';
  if (!Array.isArray(list) || list.length === 0) throw badLine(`${name} is not a list with something in it`);
  const width = areDated ? 3 : type === TYPE_HASH || type === TYPE_ZSET ? 2 : 1;
  if (list.length % width !== 0)
    throw badLine(`${name} has ${list.length} items, which is no multiple of ${width}`);
  for (let at = 0; at < list.length; at += width) putElement(buffer, type, areDated, list, at, name);
  return { type, isMore: more, areDated, label, elementCount: list.length / width };
}

function putElement(
  buffer: ItemBuffer,
  type: number,
  areDated: boolean,
  list: readonly unknown[],
  at: number,
  name: string,
): void {
  if (areDated) {
    if (!isTime(list[at + 2]))
      throw badLine(`item ${at + 2} of ${name} is not a time in milliseconds since 1970`);
    putNumber(buffer, list[at + 2] as number);
  }
  if (type === TYPE_ZSET) putNumber(buffer, scoreOf(list, at + 1));
  putBytes(buffer, itemOf(list, at, name));
  if (type === TYPE_HASH) putBytes(buffer, itemOf(list, at + 1, name));
}

function putNumber(buffer: ItemBuffer, value: number): void {
  buffer.reserve(ITEM_OVERHEAD_BYTES_MAX);
  buffer.putDouble(value);
}

function putBytes(buffer: ItemBuffer, bytes: Uint8Array): void {
  buffer.reserve(ITEM_OVERHEAD_BYTES_MAX + bytes.length);
  buffer.putItem(viewOf(bytes), 0, bytes.length);
}

function itemOf(list: readonly unknown[], at: number, name: string): Uint8Array {
  const item = list[at];
  if (typeof item === 'string') return textBytes(item, `item ${at} of ${name}`);
  const isObject = typeof item === 'object' && item !== null;
  if (!isObject || Object.keys(item).length !== 1 || !('base64' in item)) {
    throw badLine(`item ${at} of ${name} is neither a string nor {"base64":"..."}`);
  }
  return base64Bytes(item.base64, `item ${at} of ${name}`);
}

function scoreOf(list: readonly unknown[], at: number): number {
  const score = list[at];
  if (score === 'inf') return Number.POSITIVE_INFINITY;
  if (score === '-inf') return Number.NEGATIVE_INFINITY;
  if (typeof score !== 'number') throw badLine(`item ${at} of "items" is not a score`);
  return score;
}

function parsedBytes(members: Members, textName: string, base64Name: string): Uint8Array {
  const text = members[textName];
  const base64 = members[base64Name];
  if ((text === undefined) === (base64 === undefined)) {
    throw badLine(`the line needs either "${textName}" or "${base64Name}"`);
  }
  return text !== undefined ? textBytes(text, `"${textName}"`) : base64Bytes(base64, `"${base64Name}"`);
}

function textBytes(text: unknown, what: string): Uint8Array {
  if (typeof text !== 'string' || !text.isWellFormed()) throw badLine(`${what} is not a valid string`);
  return Buffer.from(text, 'utf8');
}

function base64Bytes(base64: unknown, what: string): Uint8Array {
  if (typeof base64 !== 'string') throw badLine(`${what} is not a string`);
  const bytes = Buffer.from(base64, 'latin1');
  const size = decodeBase64(bytes, 0, bytes.length);
  if (size < 0) throw badLine(`${what} is not base64`);
  return bytes.subarray(0, size);
}

function isTime(value: unknown): boolean {
  return Number.isFinite(value) && (value as number) > 0;
}
