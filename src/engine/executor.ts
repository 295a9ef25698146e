/**
 * The executor: from a parsed request to a reply in the writer.
 *
 * It finds the command, checks what can be checked without looking at data (number of arguments, authentication, what the user
 * may do, a broken log, the memory limit), takes the batons of all the keys' shards in ascending order, runs the handler, notes
 * which LSN the reply has to wait for, and gives the batons back. So a handler of a command with keys sees all of
 * its keys at one moment, and never touches a baton.
 *
 * Room in the log's ring is made sure of before a baton is taken: nobody waits for the disk while holding one.
 */

import { hashBytes } from '../base/hash.js';
import { stopwatch } from '../base/stopwatch.js';
import type { Batons } from '../memory/baton.js';
import { ALLOWED, check, DENIED_COMMAND, DENIED_KEY, denial } from './acl/permission.js';
import type { Users } from './acl/users.js';
import { MONITORS, NO_TOUCH, PAUSE_ALL, RESTRICTED, settleReply, skipsNext } from './attention.js';
import { Blocking, type Runner } from './blocking.js';
import { Call } from './call.js';
import type { Client } from './client.js';
import type { Command, CommandTable } from './command.js';
import type { CommandStatistics } from './command-statistics.js';
import * as errors from './errors.js';
import { Eviction } from './eviction.js';
import type { Instruments } from './instruments.js';
import type { Keyspace } from './keyspace.js';
import type { ReplyWriter } from './reply.js';
import type { Services } from './services.js';
import type { Waiters } from './waiters.js';
import { RECORD_OVERHEAD_BYTES_MAX } from './wal/record.js';

/** The reply is in the writer. */
export const DONE = 0;
/** The reply comes when `client.pending` settles; until then the connection's next request must wait. */
export const SUSPENDED = 1;
/** The reply is in the writer, and the connection is to be closed once it has left. */
export const CLOSE = 2;
/** Nothing has happened: the request is to be executed anew when the pause has ended or another one has begun. */
export const POSTPONED = 3;
/** The reply comes when the command has got what it waits for, or has waited long enough: by `Executor.blocking.finished`. */
export const BLOCKED = 4;

/** With more keys than this, or to write more than so many bytes, no command is a cheap one. */
const CHEAP_KEY_COUNT_MAX = 16;
const CHEAP_WRITE_BYTES_MAX = 16 * 1024;

/** A request as the executor reads it: where its arguments lie, the command's name included. A `Parser` that is done with one. */
export interface Request {
  readonly argumentCount: number;
  readonly argumentOffset: Int32Array;
  readonly argumentSize: Int32Array;
}

export class Executor implements Runner {
  readonly call: Call;
  readonly commands: CommandTable;
  readonly eviction: Eviction;
  readonly blocking: Blocking;
  private readonly keyspace: Keyspace;
  private readonly batons: Batons;
  private readonly services: Services;
  private readonly waiters: Waiters;
  private readonly instruments: Instruments;
  private readonly statistics: CommandStatistics;
  private readonly shardMask: number;
  /** What goes on server-wide: see attention.ts. */
  private readonly attention: Int32Array;
  private readonly users: Users;

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
    this.waiters = services.waiters;
    this.instruments = services.instruments;
    this.statistics = services.instruments.commands;
    this.commands = commands;
    this.call = new Call(keyspace, batons, services, commands, reply);
    this.blocking = new Blocking(this.call, batons, this);
    reply.errors = services.instruments.errors;
    this.shardMask = keyspace.memory.shardCount - 1;
    this.eviction = new Eviction(keyspace, batons, services);
    this.attention = services.attention.words;
    this.users = services.users;
  }

  /** The time that commands see, in Unix ms: set once a turn. */
  setNow(nowMs: number): void {
    this.keyspace.now = nowMs;
    this.keyspace.clock.setNow(nowMs);
  }

  /**
   * Runs the request `request`, whose arguments are in `bytes`, and the commands that have waited for what it has done.
   * Returns DONE, SUSPENDED, CLOSE, POSTPONED or BLOCKED, and raises `client.waitLsn` to what the reply must wait for.
   */
  execute(client: Client, request: Request, bytes: Uint8Array): number {
    const call = this.call;
    call.client = client;
    call.setBytes(bytes);
    call.offsets = request.argumentOffset;
    call.sizes = request.argumentSize;
    call.count = request.argumentCount;
    call.lsn = 0;
    call.closes = false;
    call.isBlocked = false;
    call.reply.protocol = client.protocol;
    client.lastInteractionMs = this.keyspace.now;

    if ((client.attention | this.attention[0]!) !== 0) {
      if (!this.runAttentively(call)) return POSTPONED;
    } else {
      const command = this.findCommand(call);
      if (command !== undefined && this.admits(call, command)) this.run(call, command);
    }
    client.commands += 1;

    if (call.lsn > client.waitLsn) client.waitLsn = call.lsn;
    if (client.pending !== undefined) {
      client.pending = this.instruments.awaitOutcome(client.pending, call.command);
      return SUSPENDED;
    }
    if (call.isBlocked) {
      this.blocking.begin(call);
      return BLOCKED;
    }
    if (!this.waiters.hasSignalled) return call.closes ? CLOSE : DONE;
    const closes = call.closes;
    this.blocking.serve();
    return closes ? CLOSE : DONE;
  }

  /** The way of a client that wants something special, or while a pause or MONITOR is on. False when the command must wait. */
  private runAttentively(call: Call): boolean {
    const client = call.client;
    const mark = call.reply.mark();
    skipsNext(client);
    const command = this.findCommand(call);
    if (command !== undefined && this.admits(call, command) && this.permits(call, command)) {
      const pause = this.services.attention.pauseAt(this.keyspace.now);
      if ((pause & PAUSE_ALL) !== 0 || (pause !== 0 && command.mayReplicate)) return false;
      this.keyspace.keepsExpired = pause !== 0;
      call.touches = (client.attention & NO_TOUCH) === 0 || command.spec.name === 'touch';
      const hasRun = this.run(call, command);
      call.touches = true;
      this.keyspace.keepsExpired = false;
      if (hasRun && this.services.attention.isMonitored()) this.services.monitors.show(call);
    }
    if (client.pending === undefined && !call.isBlocked) settleReply(client, call.reply, mark);
    return true;
  }

  /** The command that the request names, a subcommand where there are some; after an error reply undefined. */
  private findCommand(call: Call): Command | undefined {
    const command = this.commands.find(call.bytes, call.offsets[0]!, call.sizes[0]!);
    if (command === undefined) {
      refuseUnknown(call);
      return undefined;
    }
    return command.subcommands.length !== 0 && call.count > 1 ? findSubcommand(call, command) : command;
  }

  /** Replies with an error and returns false when the client may not run the command, or not in this way. */
  private admits(call: Call, command: Command): boolean {
    call.command = command;
    if (!command.accepts(call.count) || command.run === undefined) {
      call.reply.error(errors.wrongArity(command.fullName));
      this.statistics.rejected(command.index);
      return false;
    }
    call.client.lastCommand = command.fullName;
    if (!call.client.authenticated && this.users.needPassword && !command.needsNoAuthentication) {
      call.reply.error(errors.AUTHENTICATION_REQUIRED);
      this.statistics.rejected(command.index);
      return false;
    }
    return true;
  }

  /** Replies with an error and returns false when the command is not one for this client. */
  private permits(call: Call, command: Command): boolean {
    const attention = call.client.attention;
    if ((attention & RESTRICTED) !== 0) {
      const outcome = check(call.client.user, command, call);
      if (outcome !== ALLOWED) {
        refuse(call, command, outcome);
        this.statistics.rejected(command.index);
        return false;
      }
    }
    return (attention & MONITORS) === 0 || this.admitsMonitor(call, command);
  }

  /** A client in MONITOR mode watches, and has no business with the data itself, as in Redis. */
  private admitsMonitor(call: Call, command: Command): boolean {
    if (!command.mayReplicate && !command.spec.flags.includes('readonly')) return true;
    call.reply.error(errors.MONITOR_AND_DATA);
    this.statistics.rejected(command.index);
    return false;
  }

  /** False when the command was refused, with an error, for the state that the server is in. */
  private run(call: Call, command: Command): boolean {
    const statistics = this.statistics;
    const reply = call.reply;
    stopwatch.reset();
    if (command.isWrite && !this.mayWrite(call, command)) {
      statistics.rejected(command.index);
      return false;
    }
    if (statistics.isDue(command.index)) stopwatch.start();
    const errorCount = reply.errorCount;
    if (command.runsBare) command.run!(call);
    else if (command.hasOneKey) this.runOnKey(call, command);
    else this.runOnKeys(call, command);
    statistics.called(command.index);
    if (stopwatch.isRunning()) this.instruments.observe(call, command);
    if (reply.errorCount !== errorCount) statistics.failed(command.index);
    return true;
  }

  runAgain(call: Call, command: Command): void {
    // What the user may do can have changed since then.
    if ((call.client.attention & RESTRICTED) !== 0 && !this.permits(call, command)) return;
    if (command.isWrite && !this.mayWrite(call, command)) return;
    if (command.hasOneKey) this.runOnKey(call, command);
    else this.runOnKeys(call, command);
  }

  private runOnKey(call: Call, command: Command): void {
    const index = command.firstKey;
    const hash = hashBytes(call.data, call.offsets[index]!, call.sizes[index]!);
    const shard = hash & this.shardMask;
    call.hash.keys[0] = hash;
    call.hash.shards[0] = shard;
    const log = this.keyspace.log;
    if (!log.hasRoom()) this.waitForRoom();
    this.batons.take(shard);
    if (command.logsGroup) this.runInGroup(call, command, shard);
    else command.run!(call);
    call.observe(shard);
    this.batons.give(shard);
  }

  private runInGroup(call: Call, command: Command, shard: number): void {
    const log = this.keyspace.log;
    log.beginGroup(requestBytes(call) + (call.count - 1) * RECORD_OVERHEAD_BYTES_MAX); // no more than was prepared
    command.run!(call);
    this.keyspace.raiseLsn(shard, log.endGroup());
  }

  private runOnKeys(call: Call, command: Command): void {
    const stated = command.keyCountAt === 0 ? 0 : call.integer(command.keyCountAt);
    const fixedKeys = command.keyCount(call.count, stated);
    if (fixedKeys < 0) {
      call.keyCount = 0;
      command.run!(call);
      return;
    }
    const movableKey = command.movableKey?.(call) ?? 0;
    const keys = movableKey === 0 ? fixedKeys : fixedKeys + 1;
    call.keyCount = keys;
    if (keys > CHEAP_KEY_COUNT_MAX) stopwatch.meetSlowPath();
    if (keys > call.hash.keys.length) growKeys(call, keys);
    // The set of shards, as two words of 32 bits.
    let low = 0;
    let high = 0;
    for (let key = 0; key < keys; key++) {
      const index = key < fixedKeys ? command.keyAt(key) : movableKey;
      const hash = hashBytes(call.data, call.offsets[index]!, call.sizes[index]!);
      const shard = hash & this.shardMask;
      call.hash.keys[key] = hash;
      call.hash.shards[key] = shard;
      if (shard < 32) low |= 1 << shard;
      else high |= 1 << (shard - 32);
    }
    const log = this.keyspace.log;
    if (!log.hasRoom()) this.waitForRoom();
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

  private waitForRoom(): void {
    stopwatch.meetSlowPath();
    this.keyspace.log.waitForRoom();
  }

  /** Replies with an error and returns false when a write can't be taken now. */
  private mayWrite(call: Call, command: Command): boolean {
    const memory = this.keyspace.memory;
    const bytes = requestBytes(call);
    if (bytes > CHEAP_WRITE_BYTES_MAX) stopwatch.meetSlowPath();
    if (command.deniesOutOfMemory) {
      if (!this.eviction.makeRoom(bytes) || !memory.hasFree(bytes)) {
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
}

/** The client's user may not run the command, or not with these arguments: an error, and an entry in the access log. */
function refuse(call: Call, command: Command, outcome: number): void {
  const log = call.services.accessLog;
  if (outcome === DENIED_COMMAND) {
    call.reply.error(errors.commandNotPermitted(command.fullName));
    log.add(call.client, 'command', command.fullName);
  } else if (outcome === DENIED_KEY) {
    call.reply.error(errors.KEY_NOT_PERMITTED);
    log.add(call.client, 'key', call.byteText(denial.argument));
  } else {
    call.reply.error(errors.CHANNEL_NOT_PERMITTED);
    log.add(call.client, 'channel', call.byteText(denial.argument));
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

function findSubcommand(call: Call, command: Command): Command | undefined {
  for (const subcommand of command.subcommands) {
    if (call.is(1, subcommand.spec.name.toUpperCase())) return subcommand;
  }
  call.reply.error(errors.unknownSubcommand(call.bytes, call.offset(1), call.size(1), command.spec.name));
  return undefined;
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
