/**
 * One connection over io_uring.
 *
 * Receiving. A *multishot* receive is armed once and tells about everything that arrives, in buffers of the pool. What a
 * session can't be given now (it has paused, or has had its share of this turn) is copied to the backlog, so that the pool
 * never runs dry for the others; the receive is then cancelled, and until the connection has nothing more to give it is
 * read *once* at a time, so that a peer that floods gets one buffer a turn.
 *
 * Sending. Nearly always the kernel takes a reply at once. So a send is prepared that fails rather than waits, and that
 * completes silently when all was taken: after the next `enter` either everything is gone or there is a completion that
 * says how much was not (`sendFellShort`). Only then the rest moves to the outbox and is sent by an operation that waits.
 * Until that `enter` (the send is *unsettled*) the bytes stay where they are.
 *
 *     write -> prepared -> [enter] -> gone                      (no completion, nothing to do)
 *                              \---> fell short -> outbox -> slow send -> ... -> gone
 *
 * The end. `end` lets the outbox drain, shuts the sending side down, reads the peer's last bytes away, for LINGER_MS at most,
 * and closes; `close` cancels everything. The descriptor is closed, and the place in the reactor's table free, when no
 * operation is under way any more: so a completion always finds its connection.
 *
 *     OPEN --end--> ENDING --all sent--> LINGERING --peer's end, or too long--> CLOSING --no operation left--> CLOSED
 *       \---------------------------------close, error--------------------------^
 *
 * What follows from an event is done in `attend`, in the loop, never from within a call of the session.
 */

import { addressOf } from '../native.js';
import { INDEX_SHIFT, type LoopConnection } from '../native-loop.js';
import { copyOf, Outbox } from '../outbox.js';
import { type ConnectionHandler, OUTPUT_LOW_WATER_BYTES } from '../reactor.js';
import { addressText, localAddress, remoteAddress, setKeepAlive } from '../sockets.js';
import * as abi from './abi.js';
import { RECEIVE_BUFFER_BYTES, RECEIVE_GROUP } from './receive-buffers.js';
import type { UringReactor } from './uring-reactor.js';

/** What one connection is given a turn. */
const TURN_BYTES_MAX = 32 * 1024;
/** A rest up to this size is copied to the outbox; a larger one takes the buffer that it is in. */
const REST_COPIED_BYTES_MAX = 64 * 1024;
/** One operation's share of an outbox, so that progress is seen. */
const SLOW_SEND_BYTES_MAX = 1024 * 1024;

const OPEN = 0;
const ENDING = 1;
const LINGERING = 2;
const CLOSING = 3;
const CLOSED = 4;

/** The receive that is under way. */
const RECEIVE_NONE = 0;
const RECEIVE_ONCE = 1;
const RECEIVE_MULTISHOT = 2;

/** Kinds of operations: the low byte of their user data; the connection's index is above it. */
export const KIND_SEND = 1;
export const KIND_RECEIVE = 2;
export const KIND_SLOW_SEND = 3;
/** Operations whose outcome says nothing: cancelling, shutting down, closing. */
export const KIND_IGNORED = 4;
export const KIND_ACCEPT = 5;
export const KIND_WAKE = 6;

/** Takes all or fails at once; takes all, however long that may be. */
const FAST_SEND_FLAGS = abi.MSG_DONTWAIT | abi.MSG_WAITALL | abi.MSG_NOSIGNAL;
const SLOW_SEND_FLAGS = abi.MSG_WAITALL | abi.MSG_NOSIGNAL;

export class UringConnection implements LoopConnection {
  readonly remoteAddress: string;
  readonly localAddress: string;
  handler: ConnectionHandler | undefined = undefined;
  /** The reactor's: in its list of connections to attend to. */
  isAttended = false;
  /** The reactor's: when a lingering connection is cut off, on its monotonic clock. */
  lingerUntilMs = 0;
  private readonly reactor: UringReactor;
  private readonly descriptor: number;
  private readonly index: number;
  private state = OPEN;

  private receiving = RECEIVE_NONE;
  private isCancelling = false;
  private isPaused = false;
  private isFlooding = false;
  /** The peer has ended its side; and the handler has been told. */
  private inputEnded = false;
  private endTold = false;
  private turn = 0;
  private turnBytes = 0;
  private readonly backlog: Uint8Array[] = [];

  /** The last send that was prepared: which buffer its bytes are in, its entry, and the enter that hands it over. */
  private sendBuffer = 0;
  private sendFrom = 0;
  private sendTo = 0;
  private sendAt = 0;
  private sendEnter = -1;
  private isSlowSending = false;
  private isShutDown = false;
  private wasAboveLowWater = false;
  private readonly outbox = new Outbox();

  constructor(reactor: UringReactor, index: number, descriptor: number, path: string) {
    this.reactor = reactor;
    this.index = index;
    this.descriptor = descriptor;
    const native = reactor.ring.native;
    this.remoteAddress = addressText(remoteAddress(native, descriptor), path);
    this.localAddress = addressText(localAddress(native, descriptor), path);
  }

  // --- the session's side

  get pendingBytes(): number {
    const unsettled = this.isUnsettled() ? this.sendTo - this.sendFrom : 0;
    return this.outbox.size + unsettled;
  }

  write(bytes: Uint8Array, from: number, to: number): boolean {
    if (this.state !== OPEN || from === to) return false;
    const writer = this.reactor.writer;
    const isInPlace = bytes === writer.bytes;
    if (this.outbox.size !== 0 || this.isUnsettled()) {
      if (isInPlace && this.extendSend(from, to)) return true;
      this.sendLater(bytes, from, to);
      return false;
    }
    let start = from;
    if (!isInPlace) {
      // Held replies and the like: copied behind what the writer holds, which is nothing between two events.
      start = writer.size;
      if (start !== writer.start || !writer.raw(bytes, from, to)) {
        if (writer.overflowed) writer.drop();
        this.sendLater(bytes, from, to);
        return false;
      }
      writer.leave();
    }
    this.sendFast(start, start + to - from);
    return isInPlace;
  }

  pauseReading(): void {
    this.isPaused = true;
    this.stopReceiving();
  }

  resumeReading(): void {
    if (this.state !== OPEN) return;
    this.isPaused = false;
    this.reactor.attend(this);
  }

  setKeepAlive(seconds: number): void {
    if (this.state === OPEN) setKeepAlive(this.reactor.ring.native, this.descriptor, seconds);
  }

  end(): void {
    if (this.state !== OPEN) return;
    this.state = ENDING;
    this.backlog.length = 0;
    this.reactor.attend(this);
  }

  close(): void {
    if (this.state >= CLOSING) return;
    this.state = CLOSING;
    this.backlog.length = 0;
    this.reactor.attend(this);
  }

  // --- the reactor's side

  /** A receive completed with `result`, into `bytes[from..)` when that is above 0. `more`: it goes on by itself. */
  received(result: number, bytes: Uint8Array, from: number, more: boolean): void {
    if (!more) {
      this.receiving = RECEIVE_NONE;
      this.isCancelling = false;
    }
    if (result > 0) {
      this.take(result, bytes, from);
      this.isFlooding = this.isFlooding && result === RECEIVE_BUFFER_BYTES;
    } else if (result === 0) {
      this.inputEnded = true;
      if (this.state !== OPEN || this.isPaused || this.backlog.length !== 0) this.reactor.attend(this);
      else this.tellEnd();
    } else if (!isTransient(-result)) {
      this.close();
    }
    if (this.receiving === RECEIVE_NONE) this.reactor.attend(this);
  }

  /** The send that was entered last took `result` bytes, or failed with that errno. */
  sendFellShort(result: number): void {
    this.sendEnter = -1;
    if (result < 0 && !isTransient(-result)) {
      this.close();
      return;
    }
    const from = this.sendFrom + Math.max(result, 0);
    const rest = this.sendTo - from;
    const bytes = this.reactor.sendBuffer(this.sendBuffer);
    if (rest > REST_COPIED_BYTES_MAX) {
      this.reactor.giveUp(bytes);
      this.outbox.prepend(bytes, from, this.sendTo);
    } else {
      this.outbox.prepend(copyOf(bytes, from, this.sendTo), 0, rest);
    }
    this.noteOutput();
    this.reactor.attend(this);
  }

  /** A slow send completed. */
  slowSent(result: number): void {
    this.isSlowSending = false;
    if (result > 0) this.outbox.drop(result);
    else if (!isTransient(-result)) this.close();
    this.reactor.attend(this);
  }

  /** Does what has become possible or due, in a turn. */
  attend(): void {
    if (this.state === OPEN) this.attendOpen();
    if (this.isUnsettled()) {
      if (this.outbox.size !== 0 || this.state !== OPEN || this.wasAboveLowWater) this.reactor.attend(this);
      return;
    }
    if (this.state === ENDING || this.state === LINGERING) this.attendEnding();
    if (this.state === CLOSING) this.attendClosing();
    else if (this.outbox.size !== 0 && !this.isSlowSending) this.sendSlowly();
  }

  // --- receiving

  /** Gives received bytes to the handler, or keeps them for later. */
  private take(size: number, bytes: Uint8Array, from: number): void {
    if (this.state !== OPEN) return;
    if (this.turn !== this.reactor.turn) {
      this.turn = this.reactor.turn;
      this.turnBytes = 0;
    }
    if (this.isPaused || this.backlog.length !== 0 || this.turnBytes >= TURN_BYTES_MAX) {
      this.backlog.push(copyOf(bytes, from, from + size));
      if (!this.isPaused) this.isFlooding = true;
      this.stopReceiving();
      this.reactor.attend(this);
      return;
    }
    this.turnBytes += size;
    this.handler!.receive(bytes, from, from + size);
  }

  private attendOpen(): void {
    if (this.turn !== this.reactor.turn) {
      this.turn = this.reactor.turn;
      this.turnBytes = 0;
    }
    if (this.wasAboveLowWater && this.pendingBytes <= OUTPUT_LOW_WATER_BYTES) {
      this.wasAboveLowWater = false;
      this.handler!.writable();
    }
    while (this.backlog.length !== 0 && this.canTake()) {
      const bytes = this.backlog.shift()!;
      this.turnBytes += bytes.length;
      this.handler!.receive(bytes, 0, bytes.length);
    }
    if (this.state !== OPEN || this.isPaused) return;
    if (this.backlog.length !== 0) this.reactor.attend(this);
    else if (this.inputEnded) this.tellEnd();
    else this.armReceive();
  }

  private canTake(): boolean {
    return this.state === OPEN && !this.isPaused && this.turnBytes < TURN_BYTES_MAX;
  }

  private tellEnd(): void {
    if (this.endTold) return;
    this.endTold = true;
    this.handler!.ended();
  }

  private armReceive(): void {
    if (this.receiving !== RECEIVE_NONE) return;
    this.receiving = this.isFlooding ? RECEIVE_ONCE : RECEIVE_MULTISHOT;
    const ring = this.reactor.ring;
    const priority = this.isFlooding ? 0 : abi.RECV_MULTISHOT;
    const at = ring.prepare(abi.OP_RECV, abi.SQE_BUFFER_SELECT, priority, this.descriptor, this.receiveTag());
    ring.setBufferGroup(at, RECEIVE_GROUP);
  }

  private stopReceiving(): void {
    if (this.receiving === RECEIVE_NONE || this.isCancelling) return;
    this.isCancelling = true;
    this.cancel(this.receiveTag());
  }

  private receiveTag(): number {
    return KIND_RECEIVE | (this.index << INDEX_SHIFT);
  }

  // --- sending

  private isUnsettled(): boolean {
    return this.sendEnter >= this.reactor.settledEnters;
  }

  /** Sends `from` to `to` of the writer's bytes. */
  private sendFast(from: number, to: number): void {
    const reactor = this.reactor;
    const ring = reactor.ring;
    const tag = KIND_SEND | (this.index << INDEX_SHIFT);
    const at = ring.prepare(abi.OP_SEND, abi.SQE_CQE_SKIP_SUCCESS, 0, this.descriptor, tag);
    ring.setBuffer(at, reactor.writerAddress() + from, to - from);
    ring.setOperationFlags(at, FAST_SEND_FLAGS);
    this.sendAt = at;
    this.sendEnter = ring.enters;
    this.sendBuffer = reactor.writerBuffer();
    this.sendFrom = from;
    this.sendTo = to;
    this.noteOutput();
  }

  /** The writer's bytes follow those of a send that has not been handed over yet: makes one of both. */
  private extendSend(from: number, to: number): boolean {
    const reactor = this.reactor;
    if (this.outbox.size !== 0 || this.sendEnter !== reactor.ring.enters || from !== this.sendTo)
      return false;
    reactor.writerAddress(); // notices that the writer has grown
    if (this.sendBuffer !== reactor.writerBuffer()) return false;
    this.sendTo = to;
    reactor.ring.setSize(this.sendAt, to - this.sendFrom);
    this.noteOutput();
    return true;
  }

  private sendLater(bytes: Uint8Array, from: number, to: number): void {
    this.outbox.append(bytes, from, to);
    this.noteOutput();
    this.reactor.attend(this);
  }

  private noteOutput(): void {
    if (this.pendingBytes <= OUTPUT_LOW_WATER_BYTES) return;
    this.wasAboveLowWater = true;
    this.reactor.attend(this);
  }

  private sendSlowly(): void {
    const chunk = this.outbox.first!;
    this.isSlowSending = true;
    const reactor = this.reactor;
    const tag = KIND_SLOW_SEND | (this.index << INDEX_SHIFT);
    const at = reactor.ring.prepare(abi.OP_SEND, 0, 0, this.descriptor, tag);
    reactor.ring.setBuffer(
      at,
      addressOf(reactor.native, chunk.bytes) + chunk.from,
      Math.min(chunk.to - chunk.from, SLOW_SEND_BYTES_MAX),
    );
    reactor.ring.setOperationFlags(at, SLOW_SEND_FLAGS);
  }

  // --- the end

  private attendEnding(): void {
    if (this.state === ENDING && this.pendingBytes === 0) {
      this.state = LINGERING;
      if (!this.inputEnded) {
        // As a call: the kernel hands the operation of that name to a thread of its own.
        this.reactor.ring.native.shutdown(this.descriptor, abi.SHUT_WR);
        this.reactor.linger(this);
      }
    }
    if (this.state === LINGERING && this.inputEnded) this.state = CLOSING;
    this.isPaused = false;
    if (this.state !== CLOSING && !this.inputEnded) this.armReceive();
  }

  private attendClosing(): void {
    this.stopReceiving();
    if (this.isSlowSending && !this.isShutDown) {
      // A send that a kernel thread has taken over can't be cancelled; on a socket that is shut down it ends by itself.
      this.isShutDown = true;
      this.reactor.ring.native.shutdown(this.descriptor, abi.SHUT_RDWR);
      this.cancel(KIND_SLOW_SEND | (this.index << INDEX_SHIFT));
    }
    if (this.receiving !== RECEIVE_NONE || this.isSlowSending) return;
    this.state = CLOSED;
    this.outbox.clear();
    this.reactor.ring.prepare(abi.OP_CLOSE, 0, 0, this.descriptor, KIND_IGNORED);
    this.reactor.forget(this.index);
    this.handler?.closed();
  }

  private cancel(tag: number): void {
    const at = this.reactor.ring.prepare(abi.OP_ASYNC_CANCEL, 0, 0, -1, KIND_IGNORED);
    this.reactor.ring.setBuffer(at, tag, 0);
  }
}

/** True for results of operations that may just be tried again. */
function isTransient(errno: number): boolean {
  return errno === abi.EAGAIN || errno === abi.EINTR || errno === abi.ENOBUFS || errno === abi.ECANCELED;
}
