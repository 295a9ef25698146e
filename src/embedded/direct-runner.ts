/**
 * Commands at once: the call's arguments go to the executor as they are, its reply is read where it was written. No session, no
 * request in a protocol, no promise, no turn of the loop.
 *
 * ```
 *   kv.sync.get(key) ─▶ ArgumentBuffer ─▶ Executor ─▶ ReplyWriter ─▶ ReplyDecoder ─▶ value
 * ```
 *
 * The loop stands still meanwhile, perhaps for long: a call may be one of a million. So each call looks at the clock, and when a
 * millisecond has passed, does what turns do between commands: what was appended goes to the log, maintenance has its slices
 * (`Sessions.turnGoesOn`). What is left to the end of a turn happens when the loop comes to it: this moment is made part of one.
 *
 * Nothing can be waited for here but the disk. A command that asks other threads is refused before anything is done, one that
 * blocks replies as if its time were over.
 *
 * Hot path: an allocation for the value, and none besides.
 */

import type { Argument, CommandInfo } from '../client/command-runner.js';
import { ReplyError } from '../client/errors.js';
import { Client } from '../engine/client.js';
import type { Command } from '../engine/command.js';
import * as errors from '../engine/errors.js';
import { CLOSE, DONE, POSTPONED } from '../engine/executor.js';
import { PROTOCOL_RESP3 } from '../engine/reply.js';
import type { ServerThread } from '../server/thread.js';
import { ArgumentBuffer } from './argument-buffer.js';
import { ReplyDecoder } from './reply-decoder.js';
import { broken, needsOthers, paused, storeClosed } from './store-errors.js';

/** Who waits for the log looks this often for itself, whatever has become of who should have woken it. */
const LOG_WAIT_MS = 100;
const ADDRESS = 'in-process:sync';

/** Whom calls at once have to do with beside the thread. */
export interface DirectHost {
  /** Executes what the thread has asked for before, and what has not been executed yet. */
  catchUp(): void;
  /** A command has thrown, which none may: memory can't be trusted any more. Nothing is executed from then on. */
  broken(error: Error): void;
}

/** Runs commands at once, in its thread. */
export class DirectRunner {
  private readonly thread: ServerThread;
  private readonly host: DirectHost;
  private readonly client: Client;
  private readonly request = new ArgumentBuffer();
  private readonly decoder = new ReplyDecoder();
  /** Commands that need no other thread for their answer. */
  private readonly admitted = new Set<CommandInfo>();
  /** `appendfsync always`: what is shown or promised has to be on disk. */
  private waitsForSync = false;

  constructor(thread: ServerThread, database: number, host: DirectHost) {
    this.thread = thread;
    this.host = host;
    const nowMs = thread.clock.nowMs();
    this.client = new Client(thread.statistics.nextClientId(), ADDRESS, ADDRESS, nowMs, PROTOCOL_RESP3, true);
    this.client.database = database;
    this.client.mayBlock = false;
    thread.sessions.onFailure = (error) => host.broken(broken(error)); // alloc: once a thread
    this.readConfig();
    thread.config.onChange(() => this.readConfig()); // alloc: once a thread
  }

  /**
   * Runs a command and gives its reply.
   *
   * @throws ReplyError when the reply is an error
   * @throws UsageError when an argument is none, or the command can't be answered at once; nothing has been done then
   * @throws ConnectionError CLIENT_CLOSED when the store is closed
   */
  run(command: CommandInfo, args: readonly Argument[], asBuffers: boolean): unknown {
    const thread = this.thread;
    if (thread.sessions.isDraining) throw thread.sessions.failure ?? storeClosed();
    if (!this.admitted.has(command)) this.admit(command);
    this.host.catchUp();
    this.request.fill(command, args);
    thread.reactor.enterTurn();
    const nowMs = thread.clock.nowMs();
    // The thread that has opened the store may have ended it, without this one's loop to hear of it.
    if (nowMs !== thread.keyspace.now && thread.log.hasEnded()) throw storeClosed();
    const outcome = this.execute(nowMs);
    if (outcome !== DONE && outcome !== CLOSE) this.refuse(command, outcome);
    if (this.waitsForSync && this.client.waitLsn > thread.log.acknowledged()) this.awaitSync();
    const value = this.decoder.take(thread.reply, asBuffers || command.repliesBytes === true);
    if (value instanceof ReplyError) throw failed(value, command);
    return command.convert === undefined ? value : command.convert(value);
  }

  private execute(nowMs: number): number {
    const thread = this.thread;
    // alloc: `try` costs nothing here; an exception, such as for the end of the stack, would leave batons taken
    try {
      if (nowMs !== thread.keyspace.now) thread.sessions.turnGoesOn(nowMs);
      return thread.executor.execute(this.client, this.request, this.request.bytes);
    } catch (error) {
      // No call here: there may be no stack left for one.
      thread.sessions.isDraining = true;
      thread.sessions.failure = error;
      throw error;
    } finally {
      this.request.release();
    }
  }

  private admit(info: CommandInfo): void {
    const command = this.find(info);
    if (command?.spec.suspends === true) throw needsOthers(info);
    if (command !== undefined) this.admitted.add(info);
  }

  private find(info: CommandInfo): Command | undefined {
    const { commands } = this.thread.executor.commands; // alloc: once a command
    const [name = '', subname = ''] = info.words.map((word) => word.toLowerCase()); // alloc: likewise
    const command = commands.find(({ spec }) => spec.name === name); // alloc: likewise
    return command?.subcommands.find(({ spec }) => spec.name === subname) ?? command; // alloc: likewise
  }

  private refuse(command: CommandInfo, outcome: number): never {
    this.thread.reply.drop();
    this.client.pending = undefined;
    throw outcome === POSTPONED ? paused(command) : needsOthers(command);
  }

  /** Sleeps until everything that the reply shows or promises is on disk. */
  private awaitSync(): void {
    const log = this.thread.log;
    const lsn = this.client.waitLsn;
    log.flush();
    while (log.acknowledged() < lsn) {
      if (log.failed() || log.hasEnded()) {
        this.thread.reply.drop();
        throw new ReplyError(errors.LOG_FAILED);
      }
      const seen = Atomics.load(log.wakeArray, log.wakeIndex);
      log.requestWake();
      if (log.acknowledged() < lsn && !log.failed()) {
        Atomics.wait(log.wakeArray, log.wakeIndex, seen, LOG_WAIT_MS);
      }
    }
  }

  private readConfig(): void {
    this.waitsForSync = this.thread.config.text('appendfsync') === 'always';
  }
}

function failed(error: ReplyError, command: CommandInfo): ReplyError {
  error.command = command.words.join(' ');
  return error;
}
