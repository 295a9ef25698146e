/**
 * One connection: bytes in, requests executed, replies out.
 *
 *     receive -> parse -> execute -> reply writer --flush--> transport          (nothing to wait for)
 *                  ^                              \--------> held replies -----> transport   (once the log has it)
 *                  |
 *            input buffer: the beginning of a request, or requests that have to wait
 *
 * Requests are executed in the reactor's receive buffer, as many as have arrived; the writer, one a thread, collects their
 * replies, and what it holds leaves in one write when the input is used up, or every FLUSH_BYTES.
 *
 * A session stops parsing while anything of this is so (`stall`), and goes on where it stopped:
 * - a command waits for another thread (its reply must come before the next one's);
 * - a command waits for a key to have something for it (engine/blocking.ts);
 * - a command waits for the end of a pause: its request stays in the input, and is executed anew then;
 * - the peer does not read its replies (OUTPUT_HIGH_WATER_BYTES are waiting): it is not read from either;
 * - the connection is about to end, or has ended.
 *
 * Invariants:
 * - Replies leave in the order of their requests, whatever they wait for.
 * - A reply leaves only when the log has acknowledged the client's `waitLsn`; after the log has failed it never does.
 * - The writer is empty between two events.
 * - A request that was executed is answered as long as the peer is there: also when it has ended its side, also before the
 *   connection is closed for an error.
 */

import { MONITORS, REPLY_OFF, settleReply, skipsNext } from '../engine/attention.js';
import type { Client, LateReply } from '../engine/client.js';
import * as errors from '../engine/errors.js';
import { BLOCKED, CLOSE, DONE, POSTPONED, SUSPENDED } from '../engine/executor.js';
import {
  MODE_RESP,
  MODE_TEXT,
  MODE_UNDECIDED,
  PARSE_DONE,
  PARSE_ERROR,
  PARSE_MORE,
  Parser,
  REQUEST_BYTES_MAX,
} from '../engine/parser.js';
import { PROTOCOL_RESP2, PROTOCOL_RESP3, PROTOCOL_TEXT, type ReplyWriter } from '../engine/reply.js';
import { HeldReplies } from './held-replies.js';
import { InputBuffer } from './input-buffer.js';
import { OutputWatch } from './output-limit.js';
import { type ConnectionHandler, OUTPUT_LOW_WATER_BYTES, type Transport } from './reactor.js';
import type { SessionLimits } from './session-limits.js';

/** A huge pipeline's replies leave in portions of about this size. */
const FLUSH_BYTES = 256 * 1024;
/** With this much output waiting, a connection is read no further. */
export const OUTPUT_HIGH_WATER_BYTES = 1024 * 1024;
/** With this much input waiting behind a command that waits, a connection is read no further. */
const INPUT_HIGH_WATER_BYTES = 64 * 1024;
/** Completing a left-over request takes at least this many of the bytes that follow, lest it go byte by byte. */
const STEP_BYTES = 512;
/** The host hears of it when the size of a connection's buffers has changed by so much since it was told last. */
const CHANGE_BYTES = 64 * 1024;

const STAR = 0x2a;
const LINE_FEED = 0x0a;

/** Why a session is not parsing: bits of `stall`. */
const STALL_SUSPENDED = 1;
const STALL_OUTPUT = 2;
const STALL_CLOSING = 4;
const STALL_GONE = 8;
const STALL_POSTPONED = 16;
const STALL_BLOCKED = 32;

/** Commands that may end their own client's connection: it is answered first. */
const KILLERS = new Set(['client|kill', 'acl|deluser', 'acl|load']);

/** What executes requests: `Executor`, or a test's own. */
export interface RequestExecutor {
  execute(client: Client, parser: Parser, bytes: Uint8Array): number;
}

/** What the sessions of a thread share (sessions.ts). */
export interface SessionHost {
  readonly reply: ReplyWriter;
  readonly executor: RequestExecutor;
  readonly limits: SessionLimits;
  readonly nowMs: number;
  /** Replies that show or promise nothing after this LSN may leave. */
  acknowledgedLsn(): number;
  /** Work outside of a connection's event begins. */
  enterTurn(): void;
  /** A session waits for a promise. */
  awaitsPromise(): void;
  /** The session holds replies: it is to be told when the log gets on. */
  hold(session: Session): void;
  /** The session's command waits for the end of a pause: it is to be told then to try again. */
  postpone(session: Session): void;
  /** The command of the session, which is blocked, is not to be run any more. */
  forgetBlocked(session: Session): void;
  /** A client more (1) or less (-1) waits in a command that blocks, or for the end of a pause. */
  countBlocked(change: 1 | -1): void;
  /** The session's buffers have become so much larger, or smaller. */
  resized(session: Session, bytes: number): void;
  countInput(bytes: number): void;
  countOutput(bytes: number): void;
  /** The session closes its connection for a reason worth a line in the console. */
  report(session: Session, reason: string): void;
  /** The connection is no more. */
  forget(session: Session): void;
}

export class Session implements ConnectionHandler {
  readonly client: Client;
  readonly transport: Transport;
  /** The host's: place in its list of sessions with held replies, or -1. */
  heldIndex = -1;
  /** All that was received, and sent or held back, in bytes. */
  receivedBytes = 0;
  repliedBytes = 0;
  private readonly host: SessionHost;
  private readonly parser: Parser;
  private readonly input: InputBuffer;
  private readonly held: HeldReplies;
  private stall = 0;
  private isReadingPaused = false;
  private inputEnded = false;
  private endSent = false;
  private closesAfterReply = false;
  private readonly outputWatch = new OutputWatch();
  /** The size of its buffers when the host was told last, in bytes. */
  private knownBytes = 0;
  private isCountedBlocked = false;

  constructor(host: SessionHost, client: Client, transport: Transport) {
    this.host = host;
    this.client = client;
    this.transport = transport;
    this.parser = new Parser();
    this.input = new InputBuffer();
    this.held = new HeldReplies();
    this.readLimits();
    if (client.protocol === PROTOCOL_RESP3) this.parser.mode = MODE_RESP; // nothing is left to the first byte
  }

  /** Output that has not left yet, in bytes. */
  get outputBytes(): number {
    return this.transport.pendingBytes + this.held.size;
  }

  /** Input that has not been executed yet, and the size of the buffer it is in, in bytes. */
  get inputBytes(): number {
    return this.input.size;
  }

  get inputBufferBytes(): number {
    return this.input.bytes.length;
  }

  /** All its buffers, in bytes; where the arguments of a long request are is one of them. */
  get bufferBytes(): number {
    return this.inputBufferBytes + this.parser.argumentBytes + this.outputBytes;
  }

  /** True while a command of this connection waits: for another thread, for a key, or for the end of a pause. */
  get isWaiting(): boolean {
    return (this.stall & (STALL_SUSPENDED | STALL_POSTPONED | STALL_BLOCKED)) !== 0;
  }

  /** True when no request of this connection is executed any more, and it ends when all replies have left. */
  get isClosing(): boolean {
    return this.closesAfterReply || (this.stall & STALL_CLOSING) !== 0;
  }

  /** True when the connection has been closed, or is about to be, whatever has not left. */
  get isGone(): boolean {
    return (this.stall & STALL_GONE) !== 0;
  }

  /** Takes over limits that have changed. */
  readLimits(): void {
    this.parser.bulkBytesMax = this.host.limits.bulkBytesMax;
    this.parser.requestBytesMax = Math.min(this.host.limits.requestBytesMax, REQUEST_BYTES_MAX);
  }

  receive(bytes: Uint8Array, from: number, to: number): void {
    const size = to - from;
    this.receivedBytes += size;
    this.host.countInput(size);
    if ((this.stall & (STALL_CLOSING | STALL_GONE)) !== 0) return;
    if (this.parser.mode === MODE_UNDECIDED) this.chooseProtocol(bytes[from]!);
    let next = from;
    if (this.input.size !== 0) next = this.completeLeftOver(bytes, next, to);
    if (this.stall === 0) next = this.run(bytes, next, to);
    if (next < to) this.leaveOver(bytes, next, to);
    this.settle();
  }

  writable(): void {
    this.tellSize();
    this.goOnIfDrained();
  }

  /** A command that has waited for a key, or for the end of a pause, is forgotten with its client. */
  ended(): void {
    this.inputEnded = true;
    this.forgetWaiting();
    this.settle();
  }

  closed(): void {
    this.forgetBlocked();
    this.stall |= STALL_GONE;
    this.input.clear();
    this.held.clear();
    this.countBlocked(false);
    this.forgetSize();
    this.host.forget(this);
  }

  /** Lets held replies go as far as `acknowledgedLsn`. Returns true while some are left. */
  release(acknowledgedLsn: number): boolean {
    const ready = this.held.readyBytes(acknowledgedLsn);
    if (ready === 0) return this.held.size !== 0;
    const start = this.held.start;
    this.transport.write(this.held.bytes, start, start + ready);
    this.held.drop(ready);
    if (this.held.size === 0) this.endIfFinished();
    this.goOnIfDrained();
    return this.held.size !== 0;
  }

  /** The log has failed: what waited for it is not acknowledged, the connection ends. */
  refuseHeld(text: string): void {
    this.held.clear();
    this.input.clear();
    this.host.reply.protocol = this.client.protocol;
    this.host.reply.error(text);
    this.send();
    this.stall |= STALL_CLOSING;
    this.endIfFinished();
  }

  /** Ends the connection from outside (CLIENT KILL, timeouts, shutdown): at once, except for a reply to the killer itself. */
  kill(): void {
    const isKiller = (this.stall & STALL_SUSPENDED) !== 0 && KILLERS.has(this.client.lastCommand);
    if (isKiller) this.closesAfterReply = true;
    else this.cut();
  }

  /**
   * Sends lines, as they are in RESP, that are no reply: behind all that was replied so far. To be called in a turn, but not
   * while a command runs.
   */
  push(lines: Uint8Array): void {
    if ((this.stall & (STALL_CLOSING | STALL_GONE)) !== 0 || (this.client.attention & REPLY_OFF) !== 0)
      return;
    const reply = this.host.reply;
    if (this.client.protocol !== PROTOCOL_TEXT) reply.raw(lines, 0, lines.length);
    else pushText(reply, lines);
    this.flush();
  }

  /** Reads no more requests; those under way are answered, then the connection ends. */
  drain(): void {
    this.forgetWaiting();
    this.input.clear();
    this.inputEnded = true;
    this.pauseReading();
    this.settle();
  }

  /** The pause that its command has waited for is over, or is another one now. */
  tryAgain(): void {
    if ((this.stall & STALL_POSTPONED) === 0) return;
    this.endPostponed();
    this.goOn();
  }

  /** The command that was blocked has been run, or has waited long enough: `lines` is its reply. */
  unblock(lines: Uint8Array): void {
    if ((this.stall & STALL_BLOCKED) === 0) return;
    this.stall &= ~STALL_BLOCKED;
    this.countBlocked(false);
    const reply = this.host.reply;
    const mark = reply.mark();
    reply.raw(lines, 0, lines.length);
    settleReply(this.client, reply, mark);
    this.goOn();
  }

  /** Closes the connection at once; what has not left is lost. */
  cut(): void {
    this.forgetBlocked();
    this.stall |= STALL_GONE;
    this.input.clear();
    this.held.clear();
    this.forgetSize();
    this.transport.close();
  }

  /** The size of its buffers, in bytes, which the host knows from now on. */
  measure(): number {
    this.knownBytes = this.isGone ? 0 : this.bufferBytes;
    return this.knownBytes;
  }

  /** Closes the connection at once, and has the console say why. */
  cutFor(reason: string): void {
    this.host.report(this, reason);
    this.cut();
  }

  /** Closes the connection if its output is too much, or has been for too long. */
  checkOutputLimits(): void {
    const { asking, told } = this.host.limits.output;
    const limit = (this.client.attention & MONITORS) !== 0 ? told : asking;
    const isOver = this.outputWatch.isOver(this.outputBytes, limit, this.host.nowMs);
    if (!isOver || (this.stall & STALL_GONE) !== 0) return;
    this.cutFor('overcoming of output buffer limits');
  }

  /** By the connection's first byte. */
  private chooseProtocol(first: number): void {
    const isText = first !== STAR && this.host.limits.inlineIsText;
    this.parser.mode = isText ? MODE_TEXT : MODE_RESP;
    this.client.protocol = isText ? PROTOCOL_TEXT : PROTOCOL_RESP2;
  }

  /**
   * Completes what is left over with the bytes that follow it, as few of them as possible. Returns the offset of the first
   * byte not used: when nothing is left over any more, the rest can be executed where it is.
   */
  private completeLeftOver(bytes: Uint8Array, from: number, to: number): number {
    const input = this.input;
    let next = from;
    while (this.stall === 0 && next < to) {
      const step = Math.min(to - next, Math.max(this.parser.needed - input.size, STEP_BYTES));
      if (!this.keep(bytes, next, next + step)) return to;
      next += step;
      input.consume(this.run(input.bytes, input.start, input.end));
      if (input.size <= step) {
        // What is left over is in `bytes`, too.
        next -= input.size;
        input.clear();
        this.tellSize();
        return next;
      }
    }
    return next;
  }

  /** Keeps bytes that could not be executed. */
  private leaveOver(bytes: Uint8Array, from: number, to: number): void {
    if ((this.stall & (STALL_CLOSING | STALL_GONE)) !== 0) return;
    if (!this.keep(bytes, from, to)) return;
    if (this.stall !== 0 && this.input.size > INPUT_HIGH_WATER_BYTES) this.pauseReading();
  }

  private keep(bytes: Uint8Array, from: number, to: number): boolean {
    const needed = this.stall === 0 ? this.parser.needed : 0;
    if (!this.input.append(bytes, from, to, needed)) {
      this.cutFor('lack of memory for its request');
      return false;
    }
    this.tellSize();
    return true;
  }

  /** Executes the requests in `bytes[from..to)`. Returns the offset of the first byte not used. */
  private run(bytes: Uint8Array, from: number, to: number): number {
    const parser = this.parser;
    const client = this.client;
    const reply = this.host.reply;
    const executor = this.host.executor;
    let next = from;
    while (next < to) {
      parser.authenticated = client.authenticated;
      const parsed = parser.parse(bytes, next, to);
      if (parsed === PARSE_MORE) return next;
      if (parsed === PARSE_ERROR) {
        this.failProtocol();
        return to;
      }
      const start = next;
      next = parser.next;
      if (parsed !== PARSE_DONE) continue;
      const result = executor.execute(client, parser, bytes);
      this.followProtocol();
      if (result !== DONE) {
        this.stopAfter(result);
        return result === POSTPONED ? start : next;
      }
      if (reply.size - reply.start >= FLUSH_BYTES) {
        this.flush();
        if (this.stall !== 0) return next;
      }
    }
    return next;
  }

  /** HELLO makes a RESP connection of one that began as text. */
  private followProtocol(): void {
    if (this.parser.mode === MODE_TEXT && this.client.protocol !== PROTOCOL_TEXT)
      this.parser.mode = MODE_RESP;
  }

  private failProtocol(): void {
    const reply = this.host.reply;
    const mark = reply.mark();
    skipsNext(this.client);
    reply.protocol = this.client.protocol;
    reply.error(this.parser.errorText);
    settleReply(this.client, reply, mark);
    this.stall |= STALL_CLOSING;
  }

  /** The request just executed was the last one for now, or for ever. */
  private stopAfter(result: number): void {
    if (result === CLOSE) {
      this.stall |= STALL_CLOSING;
      return;
    }
    if (result === POSTPONED) {
      this.stall |= STALL_POSTPONED;
      this.client.isBlocked = true;
      this.countBlocked(true);
      this.host.postpone(this);
      return;
    }
    if (result === BLOCKED) {
      this.stall |= STALL_BLOCKED;
      this.countBlocked(true);
      return;
    }
    if (result !== SUSPENDED || this.client.pending === undefined) return;
    this.stall |= STALL_SUSPENDED;
    this.countBlocked(this.client.isBlocked);
    this.awaitReply(this.client.pending);
  }

  private awaitReply(pending: Promise<LateReply>): void {
    this.host.awaitsPromise();
    pending.then(
      (late) => this.replyLate(late),
      (error: unknown) => this.replyLate((reply) => reply.error(failureLine(error))),
    );
  }

  /** The reply that comes later is there, or a part of it: then the client has something pending again. */
  private replyLate(late: LateReply): void {
    this.client.pending = undefined;
    this.countBlocked(false);
    if ((this.stall & STALL_GONE) !== 0) return;
    this.host.enterTurn();
    const reply = this.host.reply;
    const mark = reply.mark();
    reply.protocol = this.client.protocol;
    late(reply);
    this.followProtocol();
    settleReply(this.client, reply, mark);
    if (this.client.pending !== undefined) {
      this.flush();
      if (!this.isGone) this.awaitReply(this.client.pending);
      return;
    }
    this.stall &= ~STALL_SUSPENDED;
    if (this.closesAfterReply) this.stall |= STALL_CLOSING;
    this.goOn();
  }

  /** Continues with the input that had to wait. */
  private goOn(): void {
    const input = this.input;
    if (this.stall === 0 && input.size !== 0) input.consume(this.run(input.bytes, input.start, input.end));
    this.settle();
    this.tellSize();
    if (this.stall === 0) this.resumeReading();
  }

  private goOnIfDrained(): void {
    if ((this.stall & STALL_OUTPUT) === 0 || this.outputBytes > OUTPUT_LOW_WATER_BYTES) return;
    this.stall &= ~STALL_OUTPUT;
    this.goOn();
  }

  /** After every event: sends the replies collected and ends the connection when there is nothing more to do. */
  private settle(): void {
    if (this.host.reply.size !== this.host.reply.start) this.flush();
    this.parser.giveBack();
    this.endIfFinished();
  }

  /** Hands the replies in the writer to the transport, or holds them until the log has what they show. */
  private flush(): void {
    const reply = this.host.reply;
    if (reply.overflowed || (this.stall & STALL_GONE) !== 0) {
      if (reply.overflowed) this.cutFor('a reply that is too large');
      reply.drop();
      return;
    }
    this.repliedBytes += reply.size - reply.start;
    const lsn = this.client.waitLsn;
    if (this.held.size === 0 && lsn <= this.host.acknowledgedLsn()) {
      this.send();
    } else {
      this.host.countOutput(reply.size - reply.start);
      this.held.append(reply.bytes, reply.start, reply.size, lsn);
      this.host.hold(this);
      reply.drop();
    }
    // Less is looked at from time to time (Sessions.look).
    if (this.outputBytes <= OUTPUT_LOW_WATER_BYTES) return;
    this.tellSize();
    this.checkOutputLimits();
    if (this.outputBytes > OUTPUT_HIGH_WATER_BYTES && (this.stall & STALL_OUTPUT) === 0) {
      this.stall |= STALL_OUTPUT;
      this.pauseReading();
    }
  }

  /** Hands what is in the writer to the transport. */
  private send(): void {
    const reply = this.host.reply;
    this.host.countOutput(reply.size - reply.start);
    if (this.transport.write(reply.bytes, reply.start, reply.size)) reply.leave();
    else reply.drop();
  }

  private endIfFinished(): void {
    if (this.endSent || this.held.size !== 0) return;
    const isFinished = (this.stall & STALL_CLOSING) !== 0 || (this.inputEnded && this.stall === 0);
    if (!isFinished || (this.stall & STALL_GONE) !== 0) return;
    this.endSent = true;
    this.stall |= STALL_CLOSING;
    this.input.clear();
    this.transport.end();
  }

  private forgetWaiting(): void {
    if ((this.stall & (STALL_POSTPONED | STALL_BLOCKED)) === 0) return;
    if ((this.stall & STALL_POSTPONED) !== 0) this.endPostponed();
    this.forgetBlocked();
    this.input.clear();
  }

  private forgetBlocked(): void {
    if ((this.stall & STALL_BLOCKED) === 0) return;
    this.stall &= ~STALL_BLOCKED;
    this.countBlocked(false);
    this.host.forgetBlocked(this);
  }

  private endPostponed(): void {
    this.stall &= ~STALL_POSTPONED;
    this.client.isBlocked = false;
    this.countBlocked(false);
  }

  private countBlocked(isBlocked: boolean): void {
    if (this.isCountedBlocked === isBlocked) return;
    this.isCountedBlocked = isBlocked;
    this.host.countBlocked(isBlocked ? 1 : -1);
  }

  private tellSize(): void {
    if (this.isGone) return;
    const bytes = this.bufferBytes;
    if (Math.abs(bytes - this.knownBytes) < CHANGE_BYTES) return;
    this.host.resized(this, bytes - this.knownBytes);
    this.knownBytes = bytes;
  }

  private forgetSize(): void {
    this.host.resized(this, -this.knownBytes);
    this.knownBytes = 0;
  }

  private pauseReading(): void {
    if (this.isReadingPaused) return;
    this.isReadingPaused = true;
    this.transport.pauseReading();
  }

  private resumeReading(): void {
    if (!this.isReadingPaused || this.inputEnded) return;
    this.isReadingPaused = false;
    this.transport.resumeReading();
  }
}

/** The lines without the sign before each. */
function pushText(reply: ReplyWriter, lines: Uint8Array): void {
  for (let start = 0; start < lines.length; ) {
    const end = lines.indexOf(LINE_FEED, start) + 1;
    reply.raw(lines, start + 1, end);
    start = end;
  }
}

/** The reply to a command whose answer from another thread did not come. */
function failureLine(error: unknown): string {
  return errors.errorLine(`ERR ${error instanceof Error ? error.message : String(error)}`);
}
