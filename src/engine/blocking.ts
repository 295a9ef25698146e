/**
 * Commands that wait until a key has something for them: BLPOP and its like.
 *
 *     BLPOP: run ── found ──────────────────────────────────────────────▶ reply
 *             └─ nothing ─▶ call.block ─▶ queues of its keys, BLOCKED ┐
 *                  LPUSH: key appears, first waiter signalled ───────▶ run again ── found ─▶ leave the queues, reply
 *                                                                    ▲     └─ nothing ─┐
 *                                                                    └─────────────────┘
 *             time over, CLIENT UNBLOCK ─▶ leave the queues, reply        client gone ─▶ leave the queues
 *
 * A handler of such a command tries its keys in order, by `call.findToTake`, and ends with `call.block` when none has
 * anything; it needs to know no more, because waiting is running the same handler again:
 *
 *     function blpop(call: Call): void {
 *       const timeoutMs = timeoutArgument(call, call.count - 1);
 *       if (timeoutMs < 0) return;                              // it has replied with the error
 *       for (let key = 0; key < call.keyCount; key++) {
 *         const entry = call.findToTake(key, 1 + key, TYPE_LIST);
 *         if (entry === WRONG_TYPE) return;                     // it has replied with the error
 *         if (entry === 0) continue;
 *         ... pop, log, reply
 *         return;
 *       }
 *       call.block(TYPE_LIST, timeoutMs, 0, call.keyCount, replyNilArray);
 *     }
 *
 * The executor runs it again with a copy of its arguments and the batons of all its keys, in the thread of its client: after
 * the command of this thread that made the key ready and before any other, or when another thread has woken this one. Its
 * reply is kept here until the session takes it (`finished`), at the end of the turn.
 *
 * Order of arrival is kept, across threads: only the first one in a key's queue may take something (waiters.ts).
 */

import { stopwatch } from '../base/stopwatch.js';
import type { Batons } from '../memory/baton.js';
import { NO_TOUCH } from './attention.js';
import type { Call } from './call.js';
import type { Client } from './client.js';
import type { Command, Handler } from './command.js';
import * as errors from './errors.js';
import type { WaitEnd } from './services.js';
import type { Waiters } from './waiters.js';

/** What can run a command of which only the reply is new: the executor. */
export interface Runner {
  /** Runs the command that is in `call` once more: takes the batons of its keys, refuses what can't be written now. */
  runAgain(call: Call, command: Command): void;
}

/** A command that waits, with what it takes to run it again. */
export class BlockedCommand {
  readonly client: Client;
  readonly command: Command;
  readonly onTimeout: Handler;
  readonly bytes: Uint8Array;
  readonly offsets: Int32Array;
  readonly sizes: Int32Array;
  /** Its waiters, and the shard of each. */
  readonly waiters: Uint32Array;
  readonly shards: Uint8Array;
  /** What its first run has taken. */
  readonly spentMs: number;
  /** In the end, the bytes of its reply. */
  reply: Uint8Array;

  /** Copies what `call`, which has blocked, is about. */
  constructor(call: Call) {
    const { client, command, count, wait } = call;
    const start = call.offset(0);
    const end = call.offset(count - 1) + call.size(count - 1);
    this.client = client;
    this.command = command;
    this.onTimeout = wait.onTimeout;
    this.bytes = Uint8Array.prototype.slice.call(call.bytes, start, end); // a Buffer's own would copy nothing
    this.offsets = Int32Array.from({ length: count }, (_, index) => call.offset(index) - start);
    this.sizes = call.sizes.slice(0, count);
    this.waiters = wait.waiters.slice(0, wait.count);
    this.shards = wait.shards.slice(0, wait.count);
    this.spentMs = stopwatch.isRunning() ? stopwatch.elapsedMs() : 0;
    this.reply = NO_BYTES;
  }
}

const NO_BYTES: Uint8Array = new Uint8Array(0);

/** The clients of one thread that wait for keys. */
export class Blocking {
  /** Commands that have their reply: their sessions are to send it, whoever takes them empties the list. */
  readonly finished: BlockedCommand[] = [];
  private readonly call: Call;
  private readonly waiters: Waiters;
  private readonly batons: Batons;
  private readonly runner: Runner;
  private readonly byClient = new Map<number, BlockedCommand>();
  /** Clients whose commands are to be run again. */
  private signalled: number[] = [];

  constructor(call: Call, batons: Batons, runner: Runner) {
    this.call = call;
    this.waiters = call.services.waiters;
    this.batons = batons;
    this.runner = runner;
  }

  /** How many clients of this thread wait for keys. */
  get size(): number {
    return this.byClient.size;
  }

  /** Clients were signalled in a pause (CLIENT PAUSE): `serve` is to be called when it is over. */
  get isHeldUp(): boolean {
    return this.signalled.length !== 0;
  }

  /** The command that `call` has just run waits. No baton is held any more. */
  begin(call: Call): void {
    const blocked = new BlockedCommand(call);
    const { client } = blocked;
    this.byClient.set(client.id, blocked);
    call.services.waits.begin(client, call.wait.timeoutMs, (end) => this.giveUp(blocked, end));
  }

  /**
   * Wakes the threads whose clients were signalled by this one, and runs the commands of clients of this thread that were, until
   * nobody is any more. Not while a command runs.
   */
  serve(): void {
    const { attention } = this.call.services;
    for (;;) {
      if (this.waiters.hasSignalled) this.waiters.wakeOthers();
      this.waiters.collect(this.signalled);
      if (this.signalled.length === 0 || attention.pauseAt(this.call.keyspace.now) !== 0) return;
      const clients = this.signalled;
      this.signalled = [];
      for (const client of clients) {
        const blocked = this.byClient.get(client);
        if (blocked !== undefined) this.tryAgain(blocked);
      }
    }
  }

  /** The client is gone: what it waits for is somebody else's. Not while a command runs. */
  forget(client: Client): void {
    const blocked = this.byClient.get(client.id);
    if (blocked === undefined) return;
    this.leave(blocked);
    this.serve();
  }

  private tryAgain(blocked: BlockedCommand): void {
    const call = this.call;
    const { client, command } = blocked;
    const { reply } = call;
    const { instruments } = call.services;
    const mark = reply.mark();
    const { errorCount } = reply;
    this.load(blocked);
    call.isRepeated = true;
    call.touches = (client.attention & NO_TOUCH) === 0;
    stopwatch.reset();
    stopwatch.start();
    this.runner.runAgain(call, command);
    call.touches = true;
    call.isRepeated = false;
    if (call.isBlocked) {
      reply.rewind(mark); // it goes on waiting
      return;
    }
    instruments.unblocked(call, command, blocked.spentMs + stopwatch.elapsedMs());
    if (reply.errorCount !== errorCount) instruments.commands.failed(command.index);
    this.leave(blocked);
    this.finish(blocked, mark);
  }

  /** The time is over, or CLIENT UNBLOCK has said so. */
  private giveUp(blocked: BlockedCommand, end: WaitEnd): void {
    this.leave(blocked);
    const { reply } = this.call;
    const mark = reply.mark();
    this.load(blocked);
    if (end === 'unblocked') reply.error(errors.UNBLOCKED);
    else blocked.onTimeout(this.call);
    this.finish(blocked, mark);
    this.serve();
  }

  /** Puts the command into the call. */
  private load(blocked: BlockedCommand): void {
    const call = this.call;
    call.client = blocked.client;
    call.command = blocked.command;
    call.setBytes(blocked.bytes);
    call.offsets = blocked.offsets;
    call.sizes = blocked.sizes;
    call.count = blocked.offsets.length;
    call.lsn = 0;
    call.closes = false;
    call.isBlocked = false;
    call.reply.protocol = blocked.client.protocol;
  }

  /** Takes the reply, which begins at `mark`, out of the writer. */
  private finish(blocked: BlockedCommand, mark: number): void {
    const { client } = blocked;
    const { lsn, reply, keyspace } = this.call;
    if (lsn > client.waitLsn) client.waitLsn = lsn;
    client.lastInteractionMs = keyspace.now;
    blocked.reply = reply.bytes.slice(mark, reply.size);
    reply.rewind(mark);
    this.finished.push(blocked);
  }

  /** Takes the command out of all its queues; others are signalled where there is something for them. */
  private leave(blocked: BlockedCommand): void {
    const { batons, waiters } = this;
    this.byClient.delete(blocked.client.id);
    this.call.services.waits.forget(blocked.client.id);
    for (let index = 0; index < blocked.waiters.length; index++) {
      const shard = blocked.shards[index]!;
      const waiter = blocked.waiters[index]!;
      batons.take(shard);
      waiters.leave(shard, waiter);
      if (waiters.isSignalled(waiter)) {
        batons.give(shard);
        waiters.collect(this.signalled);
        batons.take(shard);
      }
      waiters.free(shard, waiter);
      batons.give(shard);
    }
  }
}
