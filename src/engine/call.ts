/**
 * One command being run: its arguments where they lie in the receive buffer, its client, and where its reply goes.
 *
 * There is one `Call` a thread, filled in anew for each command by the executor: handlers get it, read arguments by
 * number (0 is the command's name) and write exactly one reply. Nothing in it may be kept.
 */

import { byteText, isWord, utf8Text, viewOf } from '../base/bytes.js';
import { parseInteger, parseWideInteger, WIDE_INTEGER } from '../base/integer.js';
import type { Batons } from '../memory/baton.js';
import { SHARD_F64_HITS, SHARD_F64_MISSES } from '../memory/layout.js';
import type { Client, LateReply } from './client.js';
import { CollectionConfig } from './collection-config.js';
import { Collections } from './collections.js';
import type { Command, CommandTable, Handler } from './command.js';
import * as errors from './errors.js';
import type { Keyspace } from './keyspace.js';
import type { ReplyWriter } from './reply.js';
import type { Services } from './services.js';

/**
 * An argument may have 512 MiB, and no string of V8 has as many characters. Names, patterns and settings never come near this; of
 * a longer one the rest is left out.
 */
const TEXT_BYTES_MAX = 1024 * 1024;

/** What `findToTake` returns after an error reply: no pointer is that. */
export const WRONG_TYPE = -1;

/** Of a command that has blocked (blocking.ts): where it waits, and what becomes of it when the time is over. */
export interface Wait {
  timeoutMs: number;
  onTimeout: Handler;
  /** `count` waiters, and the shard of each. */
  waiters: Uint32Array;
  shards: Uint8Array;
  count: number;
}

export class Call {
  readonly keyspace: Keyspace;
  readonly collections: Collections;
  readonly batons: Batons;
  readonly services: Services;
  readonly commands: CommandTable;
  readonly reply: ReplyWriter;
  /** Set by the executor before each command. */
  client!: Client;
  command!: Command;
  bytes: Uint8Array;
  /** The same bytes, for keys and values. */
  data: DataView;
  offsets: Int32Array;
  sizes: Int32Array;
  count = 0;
  /** Of a command with keys: hash and shard of each key argument, by key number (0 is the first). */
  readonly hash: { keys: Int32Array; shards: Uint8Array }; // grows in the executor
  /** Of a command with several keys: how many there are; 0 when it has stated a number that can't be. */
  keyCount = 0;
  /** Everything that the reply shows or promises ends at or before this LSN. */
  lsn = 0;
  /** False when the command is to leave the keys' access times and counts as they are: CLIENT NO-TOUCH. */
  touches = true;
  /** Set by QUIT and the like: close the connection once the reply has left. */
  closes = false;
  /** The command waits: it has called `block`, and has not replied. */
  isBlocked = false;
  /** It has waited, and is run again. */
  isRepeated = false;
  readonly wait: Wait; // grows in `block`

  constructor(
    keyspace: Keyspace,
    batons: Batons,
    services: Services,
    commands: CommandTable,
    reply: ReplyWriter,
  ) {
    this.keyspace = keyspace;
    this.collections = new Collections(keyspace, new CollectionConfig(services.config));
    this.batons = batons;
    this.services = services;
    this.commands = commands;
    this.reply = reply;
    this.bytes = new Uint8Array(0);
    this.data = viewOf(this.bytes);
    this.offsets = new Int32Array(0);
    this.sizes = new Int32Array(0);
    this.hash = { keys: new Int32Array(16), shards: new Uint8Array(16) };
    this.wait = {
      timeoutMs: 0,
      onTimeout: () => {},
      waiters: new Uint32Array(16),
      shards: new Uint8Array(16),
      count: 0,
    };
  }

  /** Where the arguments lie: seldom in another buffer than those of the command before. */
  setBytes(bytes: Uint8Array): void {
    if (bytes === this.bytes) return;
    this.bytes = bytes;
    this.data = viewOf(bytes);
  }

  /** Offset in `bytes` of argument `index`. */
  offset(index: number): number {
    return this.offsets[index]!;
  }

  /** Bytes of argument `index`. */
  size(index: number): number {
    return this.sizes[index]!;
  }

  /** True when argument `index` is `word` (UPPER CASE) in any case. */
  is(index: number, word: string): boolean {
    return isWord(this.bytes, this.offsets[index]!, this.sizes[index]!, word);
  }

  /** Argument `index` as an integer: see `parseInteger` for what else may come back. */
  integer(index: number): number {
    return parseInteger(this.bytes, this.offsets[index]!, this.sizes[index]!);
  }

  /** Argument `index` as an integer of 64 bits, exactly: a bigint beyond ±(2^53-1), NOT_INTEGER when it is none. */
  exactInteger(index: number): number | bigint {
    const value = this.integer(index);
    if (value !== WIDE_INTEGER) return value;
    return parseWideInteger(this.bytes, this.offsets[index]!, this.sizes[index]!); // alloc: only beyond 2^53
  }

  /** Like `integer`, with what is beyond ±(2^53-1) brought down to that: for amounts of which only the size matters. */
  clampedInteger(index: number): number {
    const value = this.integer(index);
    if (value !== WIDE_INTEGER) return value;
    return this.bytes[this.offsets[index]!] === 0x2d ? -Number.MAX_SAFE_INTEGER : Number.MAX_SAFE_INTEGER;
  }

  /** Argument `index` as a cursor, an unsigned 64-bit integer as C's strtoul reads it; -1 when it is none. */
  cursor(index: number): number {
    const value = this.integer(index);
    if (Number.isFinite(value) && value >= 0) return value;
    return unusualCursor(this.byteText(index));
  }

  /** Argument `index` decoded as UTF-8; TEXT_BYTES_MAX of it. Allocates: for commands that are rare. */
  text(index: number): string {
    return utf8Text(this.bytes, this.offsets[index]!, Math.min(this.sizes[index]!, TEXT_BYTES_MAX));
  }

  /** Argument `index` with one character a byte; TEXT_BYTES_MAX of it. Allocates: for commands that are rare. */
  byteText(index: number): string {
    return byteText(this.bytes, this.offsets[index]!, Math.min(this.sizes[index]!, TEXT_BYTES_MAX));
  }

  /** Hash of key number `key`. */
  keyHash(key: number): number {
    return this.hash.keys[key]!;
  }

  /** Shard of key number `key`. Its baton is held while the handler runs. */
  keyShard(key: number): number {
    return this.hash.shards[key]!;
  }

  /** The entry of key number `key`, which is argument `index`, or 0. */
  find(key: number, index: number): number {
    const stored = this.findStored(key, index);
    const entry = this.keyspace.ifLive(this.hash.shards[key]!, this.client.database, stored);
    if (entry !== 0 && this.touches) this.keyspace.clock.touch(entry);
    return entry;
  }

  /** Like `find`, for a command that sets a new value, by which the key is used (`Keyspace.set`). Counts how often it is. */
  findToReplace(key: number, index: number): number {
    const stored = this.findStored(key, index);
    const entry = this.keyspace.ifLive(this.hash.shards[key]!, this.client.database, stored);
    if (entry !== 0 && this.keyspace.clock.isLfu && this.touches) this.keyspace.clock.touch(entry);
    return entry;
  }

  /** Like `find`, but also finds a key whose time is over, and does not count as a use. */
  findStored(key: number, index: number): number {
    const keyspace = this.keyspace;
    return keyspace.table.find(
      keyspace.memory.tableAt(this.hash.shards[key]!, this.client.database),
      this.hash.keys[key]!,
      this.data,
      this.offsets[index]!,
      this.sizes[index]!,
    );
  }

  /** Like `find`, for a command that only reads; counts a keyspace hit or miss. */
  findToRead(key: number, index: number): number {
    const stored = this.findStored(key, index);
    const entry = this.keyspace.ifLiveToRead(this.hash.shards[key]!, this.client.database, stored);
    this.countLookup(key, entry);
    if (entry !== 0 && this.touches) this.keyspace.clock.touch(entry);
    return entry;
  }

  /** Like `findToRead`, for a command that only looks at what a key is: that is no use of it. */
  peek(key: number, index: number): number {
    const stored = this.findStored(key, index);
    const entry = this.keyspace.ifLiveToRead(this.hash.shards[key]!, this.client.database, stored);
    this.countLookup(key, entry);
    return entry;
  }

  /** Like `find`, for a command that reads a value before it changes it: counts a keyspace hit or miss, too. */
  findToUpdate(key: number, index: number): number {
    const entry = this.find(key, index);
    this.countLookup(key, entry);
    return entry;
  }

  /**
   * The entry of key number `key`, which is argument `index`, for a command that waits until there is one of `type`: 0 when
   * there is none, or others came before this client; WRONG_TYPE, after the error reply, when the key holds another type and
   * the command has not waited yet.
   */
  findToTake(key: number, index: number, type: number): number {
    const entry = this.find(key, index);
    if (entry === 0) return 0;
    if (this.keyspace.entries.type(entry) !== type) {
      if (this.isRepeated) return 0;
      this.reply.error(errors.WRONG_TYPE);
      return WRONG_TYPE;
    }
    const isFirst = this.services.waiters.isFirst(
      this.hash.shards[key]!,
      this.client.database,
      this.hash.keys[key]!,
      this.data,
      this.offsets[index]!,
      this.sizes[index]!,
      type,
      this.client.id,
    );
    return isFirst ? entry : 0;
  }

  /**
   * The command, which has found nothing by `findToTake`, waits for it, and is run again when it may be there; instead of a
   * reply. See blocking.ts.
   *
   * @param type the type of value that it waits for
   * @param timeoutMs 0 = for ever
   * @param firstKey number of the first key that it waits for, 0 being the command's first one
   * @param keyCount how many keys it waits for
   * @param onTimeout replies when the time is over; the batons are not held then
   */
  block(type: number, timeoutMs: number, firstKey: number, keyCount: number, onTimeout: Handler): void {
    if (!this.client.mayBlock) {
      onTimeout(this);
      return;
    }
    if (!this.isRepeated && !this.queueUp(type, firstKey, keyCount)) {
      this.reply.error(errors.OUT_OF_MEMORY);
      return;
    }
    this.isBlocked = true;
    if (this.isRepeated) return;
    this.wait.timeoutMs = timeoutMs;
    this.wait.onTimeout = onTimeout;
  }

  /** Replies with the value of a string entry. */
  replyValue(entry: number): void {
    const entries = this.keyspace.entries;
    this.reply.value(entries.data(entry), entries.valueOffset(entry), entries.valueSize(entry));
  }

  /** The reply shows what `shard` holds: it waits until that is durable. The baton is held. */
  observe(shard: number): void {
    const lsn = this.keyspace.memory.shardF64[this.keyspace.memory.lastLsnAt(shard)]!;
    if (lsn > this.lsn) this.lsn = lsn;
  }

  /** The reply comes later: the connection waits for `pending`, which writes it. The command's spec says that it `suspends`. */
  suspend(pending: Promise<LateReply>): void {
    if (this.command.spec.suspends === undefined)
      throw new Error(`${this.command.fullName} may not suspend its client`);
    this.client.pending = pending;
  }

  /** Puts the client at the end of the keys' queues. False when memory is exhausted: it is in none then. */
  private queueUp(type: number, firstKey: number, keyCount: number): boolean {
    const { wait, command, hash } = this;
    const { waiters } = this.services;
    if (keyCount > wait.waiters.length) {
      wait.waiters = new Uint32Array(2 * keyCount);
      wait.shards = new Uint8Array(2 * keyCount);
    }
    for (let number = 0; number < keyCount; number++) {
      const key = firstKey + number;
      const index = command.firstKey + key * command.keyStep;
      const shard = hash.shards[key]!;
      const waiter = waiters.add(
        shard,
        this.client.database,
        hash.keys[key]!,
        this.data,
        this.offsets[index]!,
        this.sizes[index]!,
        type,
        this.client.id,
      );
      if (waiter === 0) {
        while (number-- > 0) waiters.abandon(wait.shards[number]!, wait.waiters[number]!);
        return false;
      }
      wait.waiters[number] = waiter;
      wait.shards[number] = shard;
    }
    wait.count = keyCount;
    return true;
  }

  private countLookup(key: number, entry: number): void {
    const memory = this.keyspace.memory;
    const word = entry === 0 ? SHARD_F64_MISSES : SHARD_F64_HITS;
    memory.shardF64[memory.doubleAt(this.hash.shards[key]!, word)]! += 1;
  }
}

/** Nothing at all is 0, and a zero byte ends it; a sign is taken; what is negative or above 2^53 is past every end. */
function unusualCursor(bytes: string): number {
  const text = bytes.split('\0', 1)[0] ?? '';
  if (text === '') return 0;
  const [, sign = '', digits = ''] = /^([+-]?)0*(\d{1,20})$/.exec(text) ?? [];
  if (digits === '') return -1;
  const value = BigInt(`${sign === '-' ? '-' : ''}${digits}`); // alloc: no client that follows SCAN's replies gets here
  if (value >= 2n ** 64n || value <= -(2n ** 64n)) return -1;
  return value < 0n || value > Number.MAX_SAFE_INTEGER ? Number.MAX_SAFE_INTEGER : Number(value);
}
