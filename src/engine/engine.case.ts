/**
 * A small engine in one thread, for tests: real memory, tables, keyspace, log and executor; a control plane that only
 * notes what it was asked.
 *
 *     const engine = new TestEngine();
 *     engine.run('SET', 'key', 'value');     // '+OK\r\n'
 */

import assert from 'node:assert/strict';
import { crc32 } from 'node:zlib';
import { viewOf } from '../base/bytes.js';
import { hashBytes, setHashSeed } from '../base/hash.js';
import { COMMANDS } from '../commands/table.js';
import { Batons } from '../memory/baton.js';
import {
  createMemoryShared,
  Memory,
  type MemoryShared,
  SEGMENT_MASK,
  SEGMENT_SHIFT,
} from '../memory/memory.js';
import { Entries, TYPE_HASH, TYPE_SET, TYPE_STRING, TYPE_ZSET } from '../structures/entry.js';
import { HashTable, PREFIX_COUNT, SEGMENT_SLOTS } from '../structures/hash-table.js';
import { TimingWheel } from '../structures/timing-wheel.js';
import { AccessLog } from './access-log.js';
import { Users } from './acl/users.js';
import { Attention, createAttentionShared, setUser } from './attention.js';
import { AuthFailures, createAuthFailuresShared } from './auth-failures.js';
import { Client } from './client.js';
import { Clock, createClockShared } from './clock.js';
import { type CommandSpec, CommandTable } from './command.js';
import { Config } from './config/config.js';
import * as errors from './errors.js';
import { Executor, SUSPENDED } from './executor.js';
import { FakeControl, FakeMonitors, FakeWaits } from './fake-services.case.js';
import { freeGarbage } from './garbage.js';
import { createInstrumentsShared, Instruments, type InstrumentsShared } from './instruments.js';
import type { Element } from './item-payload.js';
import { Keyspace } from './keyspace.js';
import { PARSE_DONE, Parser } from './parser.js';
import { PROTOCOL_RESP2, type Protocol, ReplyWriter } from './reply.js';
import type { Services } from './services.js';
import { createStatisticsShared, Statistics } from './statistics.js';
import { followConfig } from './users-changes.js';
import { valueEncoding } from './value-encoding.js';
import { createWaitersShared, Waiters, type WaitersShared } from './waiters.js';
import type { Disk } from './wal/disk.js';
import { createLogShared, Log, type LogShared } from './wal/log.js';
import { LogControl } from './wal/log-control.js';
import { OP_EXTERNAL, type RecordVisitor, RecordWalker } from './wal/record.js';

/** More allocations than any command makes, but for those that make large collections. */
const ALLOCATIONS_MAX = 20;

/** 2023-11-14, the time at which every test engine begins. */
export const START_MS = 1_700_000_000_000;

const HIGH_SEGMENT = 31;
const HIGH_POINTER = HIGH_SEGMENT * 2 ** SEGMENT_SHIFT;

/**
 * A Memory of one segment whose pointers lie beyond 2^31, so that signed arithmetic on a pointer shows, and whose
 * allocations fail when the test says so.
 */
export class FailingMemory extends Memory {
  /** Whether an allocation of so many bytes finds no memory. */
  fails: (bytes: number) => boolean = () => false;

  constructor(shared: MemoryShared) {
    super(shared);
    this.u8[HIGH_SEGMENT] = this.u8[0]!;
    this.u32[HIGH_SEGMENT] = this.u32[0]!;
    this.f64[HIGH_SEGMENT] = this.f64[0]!;
    this.data[HIGH_SEGMENT] = this.data[0]!;
  }

  override allocate(shard: number, bytes: number): number {
    return this.fails(bytes) ? 0 : raise(super.allocate(shard, bytes));
  }

  override free(shard: number, pointer: number): void {
    super.free(shard, pointer - HIGH_POINTER);
  }

  override usableBytes(pointer: number): number {
    return super.usableBytes(pointer - HIGH_POINTER);
  }

  override allocatePages(bytes: number): number {
    return this.fails(bytes) ? 0 : raise(super.allocatePages(bytes));
  }

  override freePages(pointer: number): void {
    super.freePages(pointer - HIGH_POINTER);
  }
}

function raise(pointer: number): number {
  return pointer === 0 ? 0 : pointer + HIGH_POINTER;
}

export interface EngineOptions {
  readonly shardCount?: number;
  readonly databaseCount?: number;
  /** With a log in a ring of its own, which nobody drains but `drainLog`. */
  readonly logs?: boolean;
  readonly protocol?: Protocol;
  /** The store of another engine: one more thread of it. */
  readonly shared?: MemoryShared;
  /** And who waits there. */
  readonly waitersShared?: WaitersShared;
  readonly logShared?: LogShared;
  /** Which thread of the store it is. */
  readonly thread?: number;
  readonly commands?: readonly CommandSpec[];
  /** For the log to be written to at the end of a turn, as reactors do. */
  readonly disk?: Disk;
  /** What other engines have counted in, too, for those who make very many of them. */
  readonly instrumentsShared?: InstrumentsShared;
}

/** What engines without commands of their own have: none of them changes it, and making it takes long. */
export const ALL_COMMANDS = new CommandTable(COMMANDS);

export class TestEngine {
  readonly shared: MemoryShared;
  readonly memory: FailingMemory;
  readonly entries: Entries;
  readonly table: HashTable;
  readonly wheel: TimingWheel;
  readonly logShared: LogShared;
  readonly log: Log;
  readonly keyspace: Keyspace;
  readonly batons: Batons;
  readonly waitersShared: WaitersShared;
  readonly waiters: Waiters;
  readonly config = new Config();
  readonly control = new FakeControl(this.config);
  readonly statistics = new Statistics(createStatisticsShared(), 0);
  readonly attention = new Attention(createAttentionShared());
  readonly monitors = new FakeMonitors(this.attention, START_MS * 1000);
  readonly waits = new FakeWaits();
  readonly reply = new ReplyWriter();
  readonly instruments: Instruments;
  readonly users: Users;
  readonly clock = new Clock(createClockShared());
  readonly accessLog = new AccessLog(this.config, this.clock);
  readonly executor: Executor;
  readonly client: Client;

  constructor(options: EngineOptions = {}) {
    setHashSeed(0x1234_5678, 0x9abc_def0);
    const { shardCount = 4, databaseCount = 2, thread = 0 } = options;
    this.shared = options.shared ?? createMemoryShared({ bytes: 1, shardCount, databaseCount });
    this.memory = new FailingMemory(this.shared);
    this.entries = new Entries(this.memory);
    this.table = new HashTable(this.memory, this.entries);
    this.wheel = new TimingWheel(this.memory, this.entries);
    this.logShared = options.logShared ?? createLogShared({ ringBytes: 2 ** 20, threadCount: 1 });
    this.log = new Log(this.logShared, this.memory, thread, options.disk);
    this.log.enabled = options.logs ?? false;
    this.keyspace = new Keyspace(this.memory, this.entries, this.table, this.wheel, this.log);
    this.batons = new Batons(this.shared);
    this.waitersShared = options.waitersShared ?? createWaitersShared();
    this.waiters = new Waiters(this.waitersShared, thread, this.keyspace);
    const commands = options.commands === undefined ? ALL_COMMANDS : new CommandTable(options.commands);
    this.users = new Users(commands);
    followConfig(this.users, this.config);
    this.control.users = this.users;
    this.control.accessLog = this.accessLog;
    const instrumentsShared =
      options.instrumentsShared ?? createInstrumentsShared(commands.indexed.length, 1);
    this.instruments = new Instruments(instrumentsShared, 0, this.config);
    this.control.slowlog = this.instruments.slowlog;
    const services: Services = {
      config: this.config,
      control: this.control,
      statistics: this.statistics,
      users: this.users,
      accessLog: this.accessLog,
      authFailures: new AuthFailures(createAuthFailuresShared()),
      waits: this.waits,
      waiters: this.waiters,
      attention: this.attention,
      monitors: this.monitors,
      instruments: this.instruments,
      clock: this.clock,
      version: '0.0.0',
      runId: '0123456789012345678901234567890123456789',
      reactorName: 'test',
    };
    this.executor = new Executor(this.keyspace, this.batons, services, commands, this.reply);
    this.client = this.connect(options.protocol ?? PROTOCOL_RESP2);
    this.now = START_MS;
  }

  get now(): number {
    return this.keyspace.now;
  }

  /** Unix ms. */
  set now(nowMs: number) {
    this.executor.setNow(nowMs);
  }

  /** One more client. */
  connect(protocol: Protocol = PROTOCOL_RESP2): Client {
    const id = this.statistics.nextClientId();
    const isOpen = !this.users.needPassword;
    const client = new Client(id, `127.0.0.1:${40_000 + id}`, '127.0.0.1:3000', START_MS, protocol, isOpen);
    setUser(client, this.users.defaultUser);
    return client;
  }

  /** Runs a command as `this.client`; returns the bytes of its reply, one character each. */
  run(...words: readonly (string | Uint8Array)[]): string {
    return this.runAs(this.client, ...words);
  }

  /** Runs the words of `line`; returns the reply with a space for each line end, such as `*2 $1 a $-1`. */
  say(line: string): string {
    return onOneLine(this.run(...line.split(' ')));
  }

  /** Like `say`, for a command whose reply another thread has to give. */
  async sayLater(line: string): Promise<string> {
    return onOneLine(await this.ask(...line.split(' ')));
  }

  /** Says one line after the other; each must get the reply beside it. */
  talk(exchanges: readonly (readonly [line: string, reply: string])[]): void {
    for (const [line, reply] of exchanges) assert.equal(this.say(line), reply, line);
  }

  runAs(client: Client, ...words: readonly (string | Uint8Array)[]): string {
    assert.notEqual(this.execute(client, words), SUSPENDED, 'the reply comes later: use ask()');
    return this.takeReply();
  }

  /** Runs a command whose reply another thread has to give. */
  async ask(...words: readonly (string | Uint8Array)[]): Promise<string> {
    assert.equal(this.execute(this.client, words), SUSPENDED);
    assert.equal(this.reply.size, 0, 'no reply yet');
    // A long one comes in parts.
    while (this.client.pending !== undefined) {
      const late = await this.client.pending;
      this.client.pending = undefined;
      late(this.reply);
    }
    return this.takeReply();
  }

  /** What the executor returns for a command; the reply stays in the writer. */
  execute(client: Client, words: readonly (string | Uint8Array)[]): number {
    const request = encodeRequest(words);
    const parser = new Parser();
    assert.equal(parser.parse(request, 0, request.length), PARSE_DONE);
    const outcome = this.executor.execute(client, parser, request);
    this.log.flush();
    return outcome;
  }

  takeReply(): string {
    const text = Buffer.from(this.reply.bytes.subarray(0, this.reply.size)).toString('latin1');
    this.reply.reset();
    return text;
  }

  /**
   * Runs a command with memory for no allocation, then for one, and so on until it succeeds. As long as it does not, nothing may
   * have changed, nothing be logged, nothing leak. Needs a log.
   */
  runWithLittleMemory(...words: readonly (string | Uint8Array)[]): string {
    return this.starve(ALLOCATIONS_MAX, ...words);
  }

  /** `runWithLittleMemory` for a command that makes fewer than `limit` allocations. */
  starve(limit: number, ...words: readonly (string | Uint8Array)[]): string {
    const refusal = `-${errors.OUT_OF_MEMORY}\r\n`;
    const before = this.contents();
    this.freeAllGarbage();
    const used = this.memory.usedBytes();
    const tail = this.log.tail();
    for (let allowed = 0; allowed < limit; allowed++) {
      let left = allowed;
      this.memory.fails = () => left-- <= 0;
      const reply = this.run(...words);
      this.memory.fails = () => false;
      assert.ok(!this.log.failed());
      if (reply !== refusal) return reply;
      assert.deepEqual(this.contents(), before);
      this.freeAllGarbage();
      assert.equal(this.memory.usedBytes(), used);
      assert.equal(this.log.tail(), tail, 'nothing is logged');
    }
    return assert.fail(`${words[0]} wants more than ${limit} allocations`);
  }

  hashOf(key: string | Uint8Array): number {
    const bytes = Buffer.from(key);
    return hashBytes(viewOf(bytes), 0, bytes.length);
  }

  shardOf(key: string | Uint8Array): number {
    return this.hashOf(key) & (this.memory.shardCount - 1);
  }

  /** A key named `prefix` and a number that lies in `shard`. */
  keyIn(shard: number, prefix = 'key:'): string {
    for (let number = 0; ; number++) {
      if (this.shardOf(`${prefix}${number}`) === shard) return `${prefix}${number}`;
    }
  }

  /** The pointers of all entries of a table. */
  pointers(shard: number, database: number): number[] {
    const table = this.memory.tableAt(shard, database);
    const found: number[] = [];
    for (let prefix = 0; prefix < PREFIX_COUNT; prefix = this.table.segmentEnd(table, prefix)) {
      const segment = this.table.segmentAt(table, prefix);
      if (segment === 0) break;
      for (let slot = 0; slot < SEGMENT_SLOTS; slot++) {
        const pointer = this.table.slotPointer(segment, slot);
        if (pointer !== 0) found.push(pointer);
      }
    }
    return found;
  }

  /** Everything stored: `database/key` to value and deadline, keys whose time is over included. */
  contents(): Map<string, string> {
    const all = new Map<string, string>();
    for (let shard = 0; shard < this.memory.shardCount; shard++) {
      for (let database = 0; database < this.memory.databaseCount; database++) {
        for (const entry of this.pointers(shard, database)) {
          assert.equal(this.shardOf(this.keyAt(entry)), shard);
          const name = `${database}/${this.keyAt(entry).toString('latin1')}`;
          assert.ok(!all.has(name), `${name} is there once`);
          all.set(name, this.describe(entry));
        }
      }
    }
    return all;
  }

  keyAt(entry: number): Buffer {
    const at = this.entries.keyOffset(entry);
    return Buffer.from(this.entries.bytes(entry).slice(at, at + this.entries.keySize(entry)));
  }

  /** Value and deadline, as one text. Of two collections it is the same if they are, whatever form they have. */
  describe(entry: number): string {
    if (this.entries.type(entry) !== TYPE_STRING) {
      return describeValue(this.describeElements(entry), this.entries.deadline(entry));
    }
    const at = this.entries.valueOffset(entry);
    const value = Buffer.from(this.entries.bytes(entry).slice(at, at + this.entries.valueSize(entry)));
    return describeValue(value, this.entries.deadline(entry));
  }

  /** Encoding and elements of a collection, sorted where they have no order of their own. */
  private describeElements(entry: number): Buffer {
    const { reader } = this.executor.call.collections;
    const elements: string[] = [];
    reader.open(entry);
    while (reader.next()) {
      const { item, value, type, score, deadline } = reader;
      const texts = [elementText(item)];
      if (type === TYPE_HASH) texts.push(elementText(value), String(deadline));
      if (type === TYPE_ZSET) texts.push(String(Object.is(score, -0) ? '-0' : score));
      elements.push(JSON.stringify(texts));
    }
    if (reader.type === TYPE_SET || reader.type === TYPE_HASH) elements.sort();
    return Buffer.from(`${valueEncoding(this.entries, entry)} ${elements.join(' ')}`, 'latin1');
  }

  /** What a disk error does to the log. */
  breakLog(): void {
    new LogControl(this.logShared).fail(5);
  }

  /** Takes everything out of the log's ring and shows it to `visitor`. Returns how many records there were, groups as one. */
  drainLog(visitor: RecordVisitor): number {
    const control = new LogControl(this.logShared);
    const { ring } = control;
    const walker = new RecordWalker(0);
    let count = 0;
    for (;;) {
      const index = ring.headIndex();
      const bytes = ring.committedBytes(index);
      if (bytes === 0) return count;
      if (ring.u8[index + 4] === OP_EXTERNAL) {
        const pages = ring.u32[(index + 8) >>> 2]!;
        const at = (pages & SEGMENT_MASK) << 3;
        const end = at + ring.u32[(index + 12) >>> 2]!;
        assert.equal(walker.walk(this.memory.u8[pages >>> SEGMENT_SHIFT]!, at, end, 0, true, visitor), end);
        this.memory.freePages(pages);
        count += 1;
      } else {
        if (ring.u8[index + 4] !== 255) count += 1;
        assert.equal(walker.walk(ring.u8, index, index + bytes, 0, false, visitor), index + bytes);
      }
      ring.release(bytes);
    }
  }

  /** Frees what flushes, and large collections, gave up. */
  freeAllGarbage(): void {
    for (let shard = 0; shard < this.memory.shardCount; shard++) {
      while (freeGarbage(this.keyspace, shard)) {
        // until there is nothing more
      }
    }
  }

  /** Frees what flushes gave up, then asserts that the store uses no memory at all. */
  assertEmpty(): void {
    this.freeAllGarbage();
    assert.equal(this.memory.usedBytes(), 0);
    assert.equal(this.memory.pagesInUse(), 0);
  }
}

function elementText({ isInteger, integer, data, offset, size }: Element): string {
  return isInteger ? String(integer) : Buffer.from(data.buffer, offset, size).toString('latin1');
}

/** A value and its deadline as one text; long values as size and checksum. */
export function describeValue(value: Buffer, deadline: number): string {
  const text = value.length <= 64 ? value.toString('latin1') : `${value.length} bytes, CRC ${crc32(value)}`;
  return deadline === 0 ? text : `${text} until ${deadline}`;
}

function onOneLine(reply: string): string {
  return reply.replace(/\r\n$/, '').replaceAll('\r\n', ' ');
}

/** The RESP request of these words. */
export function encodeRequest(words: readonly (string | Uint8Array)[]): Buffer {
  const parts: Buffer[] = [Buffer.from(`*${words.length}\r\n`)];
  for (const word of words) {
    const bytes = Buffer.from(word);
    parts.push(Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from('\r\n'));
  }
  return Buffer.concat(parts);
}
