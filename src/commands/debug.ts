/**
 * DEBUG: what test suites and developers ask of a server. Nothing here minds how long it takes, nor who has to wait meanwhile.
 *
 * `enable-debug-command` says who may use it, as in Redis: nobody unless the configuration allows it.
 *
 * Sources: debug.c of Redis 7.0; DEBUG STRINGMATCH-LEN is of later versions.
 */

import { viewOf } from '../base/bytes.js';
import { globMatches } from '../base/glob.js';
import { hashBytes } from '../base/hash.js';
import type { Call } from '../engine/call.js';
import type { CommandSpec } from '../engine/command.js';
import * as errors from '../engine/errors.js';
import { isAllowedTo } from '../engine/local-address.js';
import { stringPayloadBytes } from '../engine/rdb/payload.js';
import { PROTOCOL_RESP3 } from '../engine/reply.js';
import type { ReloadOptions } from '../engine/services.js';
import { valueEncoding } from '../engine/value-encoding.js';
import { RECORD_OVERHEAD_BYTES_MAX } from '../engine/wal/record.js';
import { TYPE_STRING } from '../structures/entry.js';
import { writeCollection, writer } from './collection-dump.js';
import { replyHelp } from './connection.js';
import { datasetDigest, valueDigest } from './digest.js';
import { replyOutcome } from './late-reply.js';
import { valueReferences } from './object.js';

const MS_PER_SECOND = 1000;
/** A payload's type, version and checksum, which Redis does not count as part of the serialized value. */
const PAYLOAD_FRAME_BYTES = 11;
const POINTER_GRANULE_BYTES = 8;
const POINTER_DIGITS = 12;
/** 3.141, which is not meant to be pi. */
const TEST_DOUBLE = 3141 / 1000;

const HELP = [
  'DEBUG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:',
  'DIGEST',
  '    Output a hex signature representing the current data: the same for the same keys,',
  '    values and databases, in Redis, too.',
  'DIGEST-VALUE <key> [<key> ...]',
  '    Output a hex signature of the values of all the specified keys.',
  'ERROR <string>',
  '    Return a Redis protocol error with <string> as message. Useful for clients',
  '    unit tests to simulate Redis errors.',
  'LOG <message>',
  '    Write <message> to the server log.',
  'OBJECT <key>',
  '    Show low level info about `key` and associated value.',
  'POPULATE <count> [<prefix>] [<size>]',
  '    Create <count> string keys named key:<num>. If <prefix> is specified then',
  "    it is used instead of the 'key' prefix.",
  'PROTOCOL <type>',
  '    Reply with a test value of the specified type. <type> can be: string,',
  '    integer, double, bignum, null, array, set, map, attrib, push, verbatim,',
  '    true, false.',
  'RELOAD [option ...]',
  '    Take a snapshot and load it in place of the data. Valid <option> values:',
  '    * MERGE: conflicting keys will be loaded from the snapshot.',
  '    * NOFLUSH: the data will not be removed before. Only together with MERGE.',
  '    * NOSAVE: load the snapshot that there is. Only with appendonly no.',
  'SET-ACTIVE-EXPIRE <0|1>',
  '    Setting it to 0 disables expiring keys in background when they are not',
  '    accessed (otherwise the Redis behavior). Setting it to 1 reenables back the',
  '    default.',
  'SLEEP <seconds>',
  '    Stop the server for <seconds>. Decimals allowed.',
  'STRINGMATCH-LEN <pattern> <string>',
  '    Return 1 if <string> matches the glob-like <pattern>, else 0.',
  'HELP',
  '    Prints this help.',
];

/** How many arguments a subcommand takes, `DEBUG` and its own name included. */
interface Subcommand {
  readonly least: number;
  readonly most: number;
  readonly run: (call: Call) => void;
}

const SUBCOMMANDS: ReadonlyMap<string, Subcommand> = new Map([
  ['DIGEST', { least: 2, most: 2, run: digest }],
  ['DIGEST-VALUE', { least: 2, most: Number.POSITIVE_INFINITY, run: digestValue }],
  ['ERROR', { least: 3, most: 3, run: (call) => call.reply.error(errors.errorLine(call.byteText(2))) }],
  ['HELP', { least: 2, most: 2, run: (call) => replyHelp(call, HELP) }],
  ['LOG', { least: 3, most: 3, run: log }],
  ['OBJECT', { least: 3, most: 3, run: object }],
  ['POPULATE', { least: 3, most: 5, run: populate }],
  ['PROTOCOL', { least: 3, most: 3, run: protocol }],
  ['RELOAD', { least: 2, most: Number.POSITIVE_INFINITY, run: reload }],
  ['SET-ACTIVE-EXPIRE', { least: 3, most: 3, run: setActiveExpire }],
  ['SLEEP', { least: 3, most: 3, run: sleep }],
  ['STRINGMATCH-LEN', { least: 4, most: 4, run: stringMatch }],
]);

function debug(call: Call): void {
  if (!isAllowed(call)) {
    call.reply.error(errors.DEBUG_NOT_ALLOWED);
    return;
  }
  const subcommand = SUBCOMMANDS.get(call.byteText(1).toUpperCase());
  if (subcommand === undefined || call.count < subcommand.least || call.count > subcommand.most) {
    call.reply.error(errors.subcommandSyntax(call.bytes, call.offset(1), call.size(1), 'debug'));
    return;
  }
  subcommand.run(call);
}

function isAllowed(call: Call): boolean {
  return isAllowedTo(call.services.config.text('enable-debug-command'), call.client.address);
}

/** The whole data stand still: this thread sleeps, and the others wait at the first key that they want to touch. */
function sleep(call: Call): void {
  const ms = Number.parseFloat(call.byteText(2)) * MS_PER_SECOND;
  if (ms > 0) {
    call.batons.takeAll();
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
    call.batons.giveAll();
  }
  call.reply.ok();
}

/** What is no number is 0, as C's atoi has it. */
function setActiveExpire(call: Call): void {
  const isOn = Number.parseInt(call.byteText(2), 10) || 0;
  call.suspend(replyOutcome(call.services.control.setActiveExpire(isOn !== 0), 'OK'));
}

function log(call: Call): void {
  call.services.control.warning(`DEBUG LOG: ${call.text(2)}`);
  call.reply.ok();
}

function stringMatch(call: Call): void {
  const { bytes } = call;
  const matches = globMatches(
    bytes,
    call.offset(2),
    call.size(2),
    bytes,
    call.offset(3),
    call.size(3),
    false,
  );
  call.reply.integer(matches ? 1 : 0);
}

/** The stored entry of the key that is argument `index`, expired or not, or 0; its shard's baton must be held. */
function findEntry(call: Call, hash: number, index: number): number {
  const { keyspace, client } = call;
  const shard = shardOf(call, hash);
  return keyspace.findStored(shard, client.database, hash, call.data, call.offset(index), call.size(index));
}

function shardOf(call: Call, hash: number): number {
  return hash & (call.keyspace.memory.shardCount - 1);
}

function object(call: Call): void {
  const hash = hashBytes(call.data, call.offset(2), call.size(2));
  const shard = shardOf(call, hash);
  call.batons.take(shard);
  const entry = findEntry(call, hash, 2);
  const text = entry === 0 ? undefined : describe(call, entry); // a few short strings under the baton: it is DEBUG
  call.observe(shard);
  call.batons.give(shard);
  if (text === undefined) call.reply.error(errors.NO_SUCH_KEY);
  else call.reply.status(text);
}

function describe(call: Call, entry: number): string {
  const { entries, clock } = call.keyspace;
  const address = (entry * POINTER_GRANULE_BYTES).toString(16).padStart(POINTER_DIGITS, '0');
  return [
    `Value at:0x${address}`,
    `refcount:${valueReferences(call, entry)}`,
    `encoding:${valueEncoding(entries, entry)}`,
    `serializedlength:${payloadBytes(call, entry) - PAYLOAD_FRAME_BYTES}`,
    `lru:${entries.clock(entry)}`,
    `lru_seconds_idle:${clock.idleSeconds(entry)}`,
  ].join(' ');
}

/** Bytes that DUMP would return. */
function payloadBytes(call: Call, entry: number): number {
  const { entries } = call.keyspace;
  if (entries.type(entry) === TYPE_STRING) {
    return stringPayloadBytes(entries.bytes(entry), entries.valueOffset(entry), entries.valueSize(entry));
  }
  const isWritten = writeCollection(call, entry) && writer.limit !== 0;
  const size = isWritten ? writer.limit - writer.start : PAYLOAD_FRAME_BYTES;
  writer.clear();
  return size;
}

/** At one moment: everybody waits for as long as it takes. */
function digest(call: Call): void {
  call.batons.takeAll();
  let text: string;
  try {
    text = datasetDigest(call.keyspace, call.collections.reader);
    for (let shard = 0; shard < call.keyspace.memory.shardCount; shard++) call.observe(shard);
  } finally {
    call.batons.giveAll();
  }
  call.reply.status(text);
}

function digestValue(call: Call): void {
  call.reply.arrayHeader(call.count - 2);
  for (let index = 2; index < call.count; index++) {
    const hash = hashBytes(call.data, call.offset(index), call.size(index));
    const shard = shardOf(call, hash);
    call.batons.take(shard);
    let text: string;
    try {
      text = valueDigest(call.keyspace, call.collections.reader, findEntry(call, hash, index));
      call.observe(shard);
    } finally {
      call.batons.give(shard);
    }
    call.reply.status(text);
  }
}

/** Keys come one after the other: others see them come. */
function populate(call: Call): void {
  const count = call.integer(2);
  const size = call.count > 4 ? call.integer(4) : 0;
  if (!(count >= 0 && size >= 0 && Number.isFinite(count) && Number.isFinite(size))) {
    call.reply.error(errors.MUST_BE_POSITIVE);
    return;
  }
  if (size > call.services.config.integer('proto-max-bulk-len')) {
    call.reply.error(errors.STRING_TOO_LONG);
    return;
  }
  if (call.keyspace.log.failed()) {
    call.reply.error(errors.LOG_FAILED);
    return;
  }
  const prefix = call.count > 3 ? call.byteText(3) : 'key';
  for (let number = 0; number < count; number++) {
    if (!addKey(call, Buffer.from(`${prefix}:${number}`, 'latin1'), valueFor(number, size))) {
      call.reply.error(errors.OUT_OF_MEMORY);
      return;
    }
  }
  call.reply.ok();
}

/** `value:7`, cut or filled with zero bytes to `size`, unless that is 0. */
function valueFor(number: number, size: number): Buffer {
  const text = `value:${number}`;
  if (size === 0) return Buffer.from(text);
  const value = Buffer.alloc(size);
  value.write(text);
  return value;
}

/** Adds a key unless it is there. False when there is no memory for it. */
function addKey(call: Call, key: Buffer, value: Buffer): boolean {
  const { batons, client, keyspace } = call;
  const { database } = client;
  const keys = viewOf(key);
  const values = viewOf(value);
  const hash = hashBytes(keys, 0, key.length);
  const shard = shardOf(call, hash);
  if (!keyspace.log.prepare(key.length + value.length + RECORD_OVERHEAD_BYTES_MAX)) return false;
  if (!keyspace.log.hasRoom()) keyspace.log.waitForRoom();
  batons.take(shard);
  const existing = keyspace.find(shard, database, hash, keys, 0, key.length);
  const isThere =
    existing !== 0 ||
    keyspace.set(shard, database, hash, keys, 0, key.length, values, 0, value.length, 0, existing);
  call.observe(shard);
  batons.give(shard);
  return isThere;
}

function reload(call: Call): void {
  const options: { -readonly [Name in keyof ReloadOptions]: boolean } = {
    saves: true,
    flushes: true,
    merges: false,
  };
  for (let index = 2; index < call.count; index++) {
    if (call.is(index, 'NOSAVE')) options.saves = false;
    else if (call.is(index, 'NOFLUSH')) options.flushes = false;
    else if (call.is(index, 'MERGE')) options.merges = true;
    else {
      call.reply.error(errors.RELOAD_OPTIONS);
      return;
    }
  }
  call.suspend(replyOutcome(call.services.control.reload(options), 'OK'));
}

function protocol(call: Call): void {
  const reply = REPLIES.get(call.byteText(2).toLowerCase());
  if (reply === undefined) call.reply.error(errors.PROTOCOL_TYPE);
  else reply(call);
}

/** The test values of DEBUG PROTOCOL, by type. */
const REPLIES: ReadonlyMap<string, (call: Call) => void> = new Map<string, (call: Call) => void>([
  ['string', ({ reply }) => reply.bulkText('Hello World')],
  ['integer', ({ reply }) => reply.integer(12345)],
  ['double', ({ reply }) => reply.double(TEST_DOUBLE)],
  ['null', ({ reply }) => reply.nil()],
  ['array', (call) => replyNumbers(call, (count) => call.reply.arrayHeader(count))],
  ['set', (call) => replyNumbers(call, (count) => call.reply.setHeader(count))],
  ['map', replyMap],
  ['attrib', replyAttribute],
  ['push', replyPush],
  ['verbatim', ({ reply }) => reply.verbatim('This is a verbatim\nstring', 'txt')],
  ['true', ({ reply }) => reply.boolean(true)],
  ['false', ({ reply }) => reply.boolean(false)],
  ['bignum', ({ reply }) => reply.bigNumber('1234567999999999999999999999999999999')],
]);

function replyNumbers(call: Call, header: (count: number) => void): void {
  header(3);
  for (let number = 0; number < 3; number++) call.reply.integer(number);
}

function replyMap({ reply }: Call): void {
  reply.mapHeader(3);
  for (let number = 0; number < 3; number++) {
    reply.integer(number);
    reply.boolean(number === 1);
  }
}

/** Attributes are known to RESP3 alone. */
function replyAttribute({ reply, client }: Call): void {
  if (client.protocol === PROTOCOL_RESP3) {
    const header = Buffer.from('|1\r\n');
    reply.raw(header, 0, header.length);
    reply.bulkText('key-popularity');
    reply.arrayHeader(2);
    reply.bulkText('key:123');
    reply.integer(90);
  }
  reply.bulkText('Some real reply following the attribute');
}

function replyPush({ reply, client }: Call): void {
  if (client.protocol !== PROTOCOL_RESP3) {
    reply.error(errors.NEEDS_RESP3);
    return;
  }
  reply.pushHeader(2);
  reply.bulkText('server-cpu-usage');
  reply.integer(42);
  reply.bulkText('Some real reply following the push reply');
}

export const DEBUG_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'debug',
    arity: -2,
    flags: ['admin', 'noscript', 'loading', 'stale'],
    group: 'server',
    since: '1.0.0',
    summary: 'Helps to test servers and clients; see DEBUG HELP.',
    complexity: 'Depends on the subcommand.',
    reply: 'any',
    suspends: true,
    run: debug,
  },
];
