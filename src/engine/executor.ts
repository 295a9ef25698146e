/**
 * The executor: from a parsed request to a reply in the writer.
 *
 * It finds the command, checks what can be checked without looking at data (number of arguments, authentication, a
 * broken log, the memory limit), takes the batons of all the keys' shards in ascending order, runs the handler, notes
 * which LSN the reply has to wait for, and gives the batons back. So a handler of a command with keys sees all of
 * its keys at one moment, and never touches a baton.
 *
 * Room in the log's ring is made sure of before a baton is taken: nobody waits for the disk while holding one.
 */

import { hashBytes } from '../base/hash.js';
import type { Batons } from '../memory/baton.js';
import { Call } from './call.js';
import type { Client } from './client.js';
import type { Command, CommandTable } from './command.js';
import * as errors from './errors.js';
import type { Keyspace } from './keyspace.js';
import type { Parser } from './parser.js';
import type { ReplyWriter } from './reply.js';
import type { Services } from './services.js';
import { STAT_COMMANDS } from './statistics.js';
import { RECORD_OVERHEAD_BYTES_MAX } from './wal/record.js';

/** The reply is in the writer. */
export const DONE = 0;
/** The reply comes when `client.pending` settles; until then the connection's next request must wait. */
export const SUSPENDED = 1;
/** The reply is in the writer, and the connection is to be closed once it has left. */
export const CLOSE = 2;

export class Executor {
  readonly call: Call;
  readonly commands: CommandTable;
  private readonly keyspace: Keyspace;
  private readonly batons: Batons;
  private readonly services: Services;
  private readonly shardMask: number;
  private memoryBytesMax: number;
  private passwordRequired: boolean;

  constructor(
    keyspace: Keyspace,
    batons: Batons,
    services: Services,
    commands: CommandTable,
    reply: ReplyWriter,
  ) {
    this.keyspace = keyspace;
    this.batons = batons;
    this.services = services;
    this.commands = commands;
    this.call = new Call(keyspace, batons, services, commands, reply);
    this.shardMask = keyspace.memory.shardCount - 1;
    this.memoryBytesMax = 0;
    this.passwordRequired = false;
    this.readConfig();
    services.config.onChange(() => this.readConfig()); // alloc: once a thread
  }

  /** The time that commands see, in Unix ms: set once a turn. */
  setNow(nowMs: number): void {
    this.keyspace.now = nowMs;
  }

  /**
   * Runs the request that `parser` has just completed in `bytes`. Returns DONE, SUSPENDED or CLOSE, and raises
   * `client.waitLsn` to what the reply must wait for.
   */
  execute(client: Client, parser: Parser, bytes: Uint8Array): number {
    const call = this.call;
    call.client = client;
    call.setBytes(bytes);
    call.offsets = parser.argumentOffset;
    call.sizes = parser.argumentSize;
    call.count = parser.argumentCount;
    call.lsn = 0;
    call.closes = false;
    call.reply.protocol = client.protocol;
    client.lastInteractionMs = this.keyspace.now;
    client.commands += 1;
    this.services.statistics.add(STAT_COMMANDS, 1);

    const command = this.commands.find(bytes, call.offsets[0]!, call.sizes[0]!);
    if (command === undefined) refuseUnknown(call);
    else this.run(call, command);

    if (call.lsn > client.waitLsn) client.waitLsn = call.lsn;
    if (client.pending !== undefined) return SUSPENDED;
    return call.closes ? CLOSE : DONE;
  }

  private run(call: Call, command: Command): void {
    if (command.subcommands.length !== 0 && call.count > 1) {
      this.runSubcommand(call, command);
      return;
    }
    call.command = command;
    if (!command.accepts(call.count) || command.run === undefined) {
      call.reply.error(errors.wrongArity(command.fullName));
      return;
    }
    call.client.lastCommand = command.fullName;
    if (this.passwordRequired && !call.client.authenticated && !command.needsNoAuthentication) {
      call.reply.error(errors.AUTHENTICATION_REQUIRED);
      return;
    }
    if (command.isWrite && !this.mayWrite(call, command)) return;
    if (command.firstKey === 0) command.run(call);
    else if (command.lastKey === command.firstKey) this.runOnKey(call, command);
    else this.runOnKeys(call, command);
  }

  private runOnKey(call: Call, command: Command): void {
    const index = command.firstKey;
    const hash = hashBytes(call.data, call.offsets[index]!, call.sizes[index]!);
    const shard = hash & this.shardMask;
    call.hash.keys[0] = hash;
    call.hash.shards[0] = shard;
    const log = this.keyspace.log;
    if (!log.hasRoom()) log.waitForRoom();
    this.batons.take(shard);
    command.run!(call);
    call.observe(shard);
    this.batons.give(shard);
  }

  private runOnKeys(call: Call, command: Command): void {
    const last = command.lastKey < 0 ? call.count + command.lastKey : command.lastKey;
    const keys = Math.floor((last - command.firstKey) / command.keyStep) + 1;
    if (keys > call.hash.keys.length) growKeys(call, keys);
    // The set of shards, as two words of 32 bits.
    let low = 0;
    let high = 0;
    for (let key = 0; key < keys; key++) {
      const index = command.firstKey + key * command.keyStep;
      const hash = hashBytes(call.data, call.offsets[index]!, call.sizes[index]!);
      const shard = hash & this.shardMask;
      call.hash.keys[key] = hash;
      call.hash.shards[key] = shard;
      if (shard < 32) low |= 1 << shard;
      else high |= 1 << (shard - 32);
    }
    const log = this.keyspace.log;
    if (!log.hasRoom()) log.waitForRoom();
    this.takeSet(low, high);
    if (command.isWrite) {
      log.beginGroup(requestBytes(call) + keys * RECORD_OVERHEAD_BYTES_MAX);
      command.run!(call);
      const lsn = log.endGroup();
      this.stampSet(low, high, lsn);
    } else {
      command.run!(call);
    }
    this.observeSet(call, low, high);
    this.giveSet(low, high);
  }

  private runSubcommand(call: Call, command: Command): void {
    for (const subcommand of command.subcommands) {
      if (call.is(1, subcommand.spec.name.toUpperCase())) {
        this.run(call, subcommand);
        return;
      }
    }
    call.reply.error(errors.unknownSubcommand(call.bytes, call.offset(1), call.size(1), command.spec.name));
  }

  /** Replies with an error and returns false when a write can't be taken now. */
  private mayWrite(call: Call, command: Command): boolean {
    const memory = this.keyspace.memory;
    const bytes = requestBytes(call);
    if (command.deniesOutOfMemory) {
      const limit = this.memoryBytesMax;
      if ((limit !== 0 && memory.usedBytesApproximate() + bytes > limit) || !memory.hasFree(bytes)) {
        call.reply.error(errors.OUT_OF_MEMORY);
        return false;
      }
    }
    const log = this.keyspace.log;
    if (log.failed()) {
      call.reply.error(errors.LOG_FAILED);
      return false;
    }
    if (!log.prepare(bytes + call.count * RECORD_OVERHEAD_BYTES_MAX)) {
      call.reply.error(errors.OUT_OF_MEMORY);
      return false;
    }
    return true;
  }

  private takeSet(low: number, high: number): void {
    for (let bits = low; bits !== 0; bits &= bits - 1) this.batons.take(31 - Math.clz32(bits & -bits));
    for (let bits = high; bits !== 0; bits &= bits - 1) this.batons.take(63 - Math.clz32(bits & -bits));
  }

  private giveSet(low: number, high: number): void {
    for (let bits = low; bits !== 0; bits &= bits - 1) this.batons.give(31 - Math.clz32(bits & -bits));
    for (let bits = high; bits !== 0; bits &= bits - 1) this.batons.give(63 - Math.clz32(bits & -bits));
  }

  private stampSet(low: number, high: number, lsn: number): void {
    for (let bits = low; bits !== 0; bits &= bits - 1)
      this.keyspace.raiseLsn(31 - Math.clz32(bits & -bits), lsn);
    for (let bits = high; bits !== 0; bits &= bits - 1)
      this.keyspace.raiseLsn(63 - Math.clz32(bits & -bits), lsn);
  }

  private observeSet(call: Call, low: number, high: number): void {
    for (let bits = low; bits !== 0; bits &= bits - 1) call.observe(31 - Math.clz32(bits & -bits));
    for (let bits = high; bits !== 0; bits &= bits - 1) call.observe(63 - Math.clz32(bits & -bits));
  }

  private readConfig(): void {
    this.memoryBytesMax = this.services.config.integer('maxmemory');
    this.passwordRequired = this.services.config.text('requirepass') !== '';
  }
}

/**
 * No command has this name. `POST` and `Host:` come from a web browser, in which any page may send a form to this port, with
 * commands in its body: the connection ends before they are read, as in Redis.
 */
function refuseUnknown(call: Call): void {
  if (call.is(0, 'POST') || call.is(0, 'HOST:')) call.closes = true;
  else call.reply.error(errors.unknownCommand(call.bytes, call.offsets, call.sizes, call.count));
}

/** Bytes of all arguments: more than any effect of the request can take in memory, but for a header a key. */
function requestBytes(call: Call): number {
  const last = call.count - 1;
  return call.offsets[last]! + call.sizes[last]! - call.offsets[0]!;
}

function growKeys(call: Call, keys: number): void {
  const room = 2 ** Math.ceil(Math.log2(keys));
  call.hash.keys = new Int32Array(room);
  call.hash.shards = new Uint8Array(room);
}
