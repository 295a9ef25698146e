/**
 * One connection over epoll.
 *
 * epoll tells what has *changed* (edge-triggered), so a connection is registered once, for everything, and remembers itself
 * what it can do: it is readable until a `recv` has not filled the buffer, and can be sent to until a `send` falls short.
 * Telling what *is* would cost the kernel a second look at each connection in each turn, and a call for each pause.
 *
 * Receiving: when there is something, one `recv` a turn into the reactor's buffer, unless reading is paused. A `recv` that
 * does not fill the buffer has left nothing, except perhaps the end of the peer's side or an error: those are told with the
 * event, or with one of their own (epoll(7), EPOLLRDHUP).
 *
 * Sending. `write` notes where in the writer's bytes the replies are, and joins what follows; `flush` sends them in one call
 * at the end of the turn. Nearly always the kernel takes them all. What it does not take moves to the outbox, which is sent
 * from when epoll says that there is room.
 *
 *     write -> queued -> flush -> gone
 *                          \----> fell short -> outbox -> [room] -> drain -> ... -> gone
 *
 * The end. `end` lets the outbox drain, shuts the sending side down, reads the peer's last bytes away, for LINGER_MS at most,
 * and closes; `close` closes at once. The descriptor is closed in `attend`, after a turn's events.
 *
 *     OPEN --end--> ENDING --all sent--> LINGERING --peer's end, or too long--> CLOSING --attend--> CLOSED
 *       \---------------------------------close, error--------------------------^
 *
 * What follows from an event is done in `attend`, in the loop, never from within a call of the session.
 */

import { addressOf } from '../native.js';
import { INDEX_SHIFT, type LoopConnection } from '../native-loop.js';
import { Outbox } from '../outbox.js';
import { type ConnectionHandler, OUTPUT_LOW_WATER_BYTES } from '../reactor.js';
import { addressText, localAddress, remoteAddress, setKeepAlive } from '../sockets.js';
import * as abi from './abi.js';
import type { EpollReactor } from './epoll-reactor.js';

/** What an event is about: the low byte of its data; the index is above it. */
export const KIND_CONNECTION = 1;
export const KIND_LISTENER = 2;
export const KIND_WAKE = 3;

/** One read: what a connection that floods may have executed before others get their turn. */
export const RECEIVE_BYTES = 32 * 1024;
/** So many replies are sent within the turn. Queued output alone is never more, so no session waits for it. */
export const SEND_EARLY_BYTES: number = OUTPUT_LOW_WATER_BYTES;
/** A rest up to this size is copied to the outbox; a larger one takes the buffer that it is in. */
const REST_COPIED_BYTES_MAX = 64 * 1024;
/** What one connection is sent a turn from its outbox. */
const DRAIN_BYTES_MAX = 1024 * 1024;
const SEND_FLAGS = abi.MSG_DONTWAIT | abi.MSG_NOSIGNAL;

/** Events after which `recv` gives something or says what has happened; and after which nothing comes behind that. */
const READABLE = abi.EPOLLIN | abi.EPOLLRDHUP | abi.EPOLLERR | abi.EPOLLHUP;
const LAST = abi.EPOLLRDHUP | abi.EPOLLERR | abi.EPOLLHUP;
const SENDABLE = abi.EPOLLOUT | abi.EPOLLERR | abi.EPOLLHUP;
const ALL_CHANGES = abi.EPOLLIN | abi.EPOLLOUT | abi.EPOLLRDHUP | abi.EPOLLET;

const OPEN = 0;
const ENDING = 1;
const LINGERING = 2;
const CLOSING = 3;
const CLOSED = 4;

export class EpollConnection implements LoopConnection {
  readonly remoteAddress: string;
  readonly localAddress: string;
  handler: ConnectionHandler | undefined = undefined;
  isAttended = false;
  lingerUntilMs = 0;
  /** The reactor's: in its list of connections that were written to. */
  isQueued = false;
  private readonly reactor: EpollReactor;
  private readonly descriptor: number;
  private readonly index: number;
  private state = OPEN;

  private isPaused = false;
  /** There may be something to read; and it is the last. */
  private isReadable = false;
  private isLast = false;
  /** The turn of the last `recv`. */
  private turn = 0;
  /** The end of the peer's side was read; and the handler has been told. */
  private inputEnded = false;
  private endTold = false;

  /** Queued: this part of the reactor's `sendBytes`. */
  private sendFrom = 0;
  private sendTo = 0;
  /** The outbox is to be sent from without waiting for an event. */
  private isDrainDue = false;
  private wasAboveLowWater = false;
  private readonly outbox = new Outbox();

  /** @throws CrabError when the peer is gone already */
  constructor(reactor: EpollReactor, index: number, descriptor: number, path: string) {
    this.reactor = reactor;
    this.index = index;
    this.descriptor = descriptor;
    this.remoteAddress = addressText(remoteAddress(reactor.native, descriptor), path);
    this.localAddress = addressText(localAddress(reactor.native, descriptor), path);
    reactor.register(abi.EPOLL_CTL_ADD, descriptor, ALL_CHANGES, KIND_CONNECTION | (index << INDEX_SHIFT));
  }

  // --- the session's side

  get pendingBytes(): number {
    return this.outbox.size + this.sendTo - this.sendFrom;
  }

  write(bytes: Uint8Array, from: number, to: number): boolean {
    if (this.state !== OPEN || from === to) return false;
    const reactor = this.reactor;
    if (bytes === reactor.writer.bytes) return this.queue(from, to);
    // Held replies and the like.
    const start = this.outbox.size === 0 ? reactor.place(bytes, from, to) : -1;
    if (start >= 0) {
      this.queue(start, start + to - from);
      return false;
    }
    this.flush(); // what is queued comes before these bytes
    this.keep(bytes, from, to);
    return false;
  }

  pauseReading(): void {
    this.isPaused = true;
  }

  resumeReading(): void {
    if (this.state !== OPEN) return;
    this.isPaused = false;
    this.reactor.attend(this);
  }

  setKeepAlive(seconds: number): void {
    if (this.state === OPEN) setKeepAlive(this.reactor.native, this.descriptor, seconds);
  }

  end(): void {
    if (this.state !== OPEN) return;
    this.state = ENDING;
    this.reactor.attend(this);
  }

  close(): void {
    if (this.state >= CLOSING) return;
    this.state = CLOSING;
    this.sendFrom = 0;
    this.sendTo = 0;
    this.reactor.attend(this);
  }

  // --- the reactor's side

  /** What `epoll_wait` told: EPOLL* bits. */
  ready(events: number): void {
    if (this.outbox.size !== 0 && (events & SENDABLE) !== 0) {
      this.drain();
      this.reactor.attend(this);
    }
    if ((events & READABLE) === 0) return;
    this.isReadable = true;
    if ((events & LAST) !== 0) this.isLast = true;
    this.readOn();
  }

  /** Sends what is queued. */
  flush(): void {
    const from = this.sendFrom;
    const size = this.sendTo - from;
    if (size === 0) return;
    this.sendFrom = 0;
    this.sendTo = 0;
    const reactor = this.reactor;
    const sent = reactor.calls.send(this.descriptor, reactor.sendAddress + from, size, SEND_FLAGS);
    if (sent !== size) this.fellShort(sent, from, from + size);
  }

  /** Does what has become possible or due, in a turn. */
  attend(): void {
    if (this.isDrainDue) this.drain();
    if (this.state === OPEN) this.attendOpen();
    if (this.state === ENDING || this.state === LINGERING) this.attendEnding();
    this.readOn();
    if (this.state === CLOSING) this.attendClosing();
  }

  // --- receiving

  /** Reads, if there is something to read: once a turn. */
  private readOn(): void {
    if (!this.isReadable || this.isPaused || this.state >= CLOSING) return;
    if (this.turn === this.reactor.turn) this.reactor.attend(this);
    else this.receive();
  }

  private receive(): void {
    const reactor = this.reactor;
    this.turn = reactor.turn;
    const size = reactor.calls.recv(this.descriptor, reactor.receiveAddress, RECEIVE_BYTES, 0);
    this.isReadable = size === RECEIVE_BYTES || (size > 0 && this.isLast) || (size < 0 && this.triesAgain());
    if (this.isReadable) reactor.attend(this);
    if (size > 0) {
      // What comes after the end of our side is thrown away.
      if (this.state === OPEN) this.handler!.receive(reactor.receiveBytes, 0, size);
    } else if (size === 0) {
      this.inputEnded = true;
      reactor.attend(this);
    }
  }

  private attendOpen(): void {
    if (this.wasAboveLowWater && this.pendingBytes <= OUTPUT_LOW_WATER_BYTES) {
      this.wasAboveLowWater = false;
      this.handler!.writable();
    }
    if (this.state !== OPEN || this.isPaused || !this.inputEnded || this.endTold) return;
    this.endTold = true;
    this.handler!.ended();
  }

  // --- sending

  /** Queues `from` to `to` of the writer's bytes. True when they have to stay as they are. */
  private queue(from: number, to: number): boolean {
    const reactor = this.reactor;
    const bytes = reactor.writer.bytes;
    reactor.takeWriter();
    if (from !== this.sendTo) {
      this.flush();
      this.sendFrom = from;
      this.sendTo = from;
    }
    if (this.outbox.size !== 0 || this.state !== OPEN) {
      this.sendFrom = 0;
      this.sendTo = 0;
      this.keep(bytes, from, to);
      return false;
    }
    this.sendTo = to;
    if (!this.isQueued) {
      this.isQueued = true;
      reactor.sendLater(this);
    }
    if (to < SEND_EARLY_BYTES) return true;
    reactor.sendEarly();
    return false;
  }

  /** The kernel took `sent` bytes of the part of `sendBytes` from `from` to `to`, or none when that is negative. */
  private fellShort(sent: number, from: number, to: number): void {
    this.isDrainDue = sent < 0 && this.triesAgain();
    if (this.state >= CLOSING) return;
    const bytes = this.reactor.sendBytes;
    const next = from + Math.max(sent, 0);
    if (to - next > REST_COPIED_BYTES_MAX) {
      this.reactor.giveUp(bytes);
      this.outbox.prepend(bytes, next, to);
    } else {
      this.outbox.append(bytes, next, to);
    }
    this.noteOutput();
  }

  /** Puts a copy into the outbox, and sends it from there as far as it goes. */
  private keep(bytes: Uint8Array, from: number, to: number): void {
    if (this.state >= CLOSING) return;
    const isFirst = this.outbox.size === 0;
    this.outbox.append(bytes, from, to);
    if (isFirst) this.drain();
    this.noteOutput();
  }

  private noteOutput(): void {
    if (this.outbox.size > OUTPUT_LOW_WATER_BYTES) this.wasAboveLowWater = true;
  }

  /** Sends from the outbox until that falls short, which has epoll tell when there is room again. */
  private drain(): void {
    const reactor = this.reactor;
    const outbox = this.outbox;
    for (let left = DRAIN_BYTES_MAX; left > 0 && outbox.size !== 0; ) {
      const chunk = outbox.first!;
      const size = Math.min(chunk.to - chunk.from, left);
      const address = addressOf(reactor.native, chunk.bytes) + chunk.from;
      const sent = reactor.calls.send(this.descriptor, address, size, SEND_FLAGS);
      this.isDrainDue = sent < 0 && this.triesAgain();
      if (sent > 0) outbox.drop(sent);
      if (sent < size) return;
      left -= sent;
    }
    this.isDrainDue = outbox.size !== 0;
    if (this.isDrainDue) reactor.attend(this);
  }

  // --- both

  /** A call has just failed. True: it is to be made again in the next turn. Otherwise an event will tell, or this is the end. */
  private triesAgain(): boolean {
    const error = this.reactor.calls.errno();
    if (error === abi.EAGAIN) return false;
    if (error === abi.EINTR || error === abi.ENOBUFS) {
      this.reactor.attend(this);
      return true;
    }
    this.close();
    return false;
  }

  // --- the end

  private attendEnding(): void {
    this.flush();
    this.isPaused = false;
    if (this.state === ENDING && this.outbox.size === 0) {
      this.state = LINGERING;
      if (!this.inputEnded) {
        this.reactor.native.shutdown(this.descriptor, abi.SHUT_WR);
        this.reactor.linger(this);
      }
    }
    if (this.state === LINGERING && this.inputEnded) this.state = CLOSING;
  }

  private attendClosing(): void {
    this.state = CLOSED;
    this.outbox.clear();
    this.reactor.native.close(this.descriptor); // which takes it off epoll's list, too
    this.reactor.forget(this.index);
    this.handler?.closed();
  }
}
