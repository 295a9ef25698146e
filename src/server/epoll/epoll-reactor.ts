/**
 * The reactor over epoll: Linux without io_uring, such as in containers that forbid it.
 *
 * The turn is that of native-loop.ts. `epoll_wait` tells which connections have something to read, or room again for what
 * could not be sent; each of those costs one `recv`, each that was written to one `send` at the end of the turn, however
 * many replies that are:
 *
 *     send send ... -> epoll_wait (sleeps) -> recv execute, recv execute, ... -> turnEnds -> send send ...
 *
 * What one `recv` gives is executed before the next one, so one receive buffer serves all connections; and a connection is
 * read once a turn, so nobody waits for more than one buffer's requests of each of the others.
 *
 * Replies are sent from where they were composed, the thread's `ReplyWriter`, which is reset when all have been sent; at
 * SEND_EARLY_BYTES already within the turn, so that they stay in the processor's cache.
 *
 * Invariants:
 * - A descriptor is closed after a turn's events, in `attend`: so an event always finds the connection that it was for.
 * - Sending calls no handler: it may happen within any call of a session.
 *
 * Sources: epoll(7), epoll_ctl(2), eventfd(2); abi.ts.
 */

import { CrabError } from '../../base/errors.js';
import { addressOf } from '../native.js';
import { INDEX_SHIFT, KIND_MASK, NativeLoop, type NativeLoopOptions } from '../native-loop.js';
import * as abi from './abi.js';
import type { EpollCalls } from './calls.js';
import {
  EpollConnection,
  KIND_CONNECTION,
  KIND_LISTENER,
  KIND_WAKE,
  RECEIVE_BYTES,
  SEND_EARLY_BYTES,
} from './connection.js';

/** Events looked at in one turn; epoll begins the next one with those that had no room. */
const EVENTS_MAX = 1024;
/** Connections accepted in one turn. */
const ACCEPTS_MAX = 64;

export interface EpollReactorOptions extends NativeLoopOptions {
  readonly calls: EpollCalls;
}

export class EpollReactor extends NativeLoop<EpollConnection> {
  readonly calls: EpollCalls;
  /** What was received last; good until the next `recv`. */
  readonly receiveBytes: Uint8Array = new Uint8Array(RECEIVE_BYTES);
  readonly receiveAddress: number;
  /** Where the bytes are that connections have queued: the writer's, as far as it has not replaced them. */
  sendBytes: Uint8Array;
  sendAddress: number;
  private readonly descriptor: number;
  /** Memory for events, an event to be set, and what is read from the wake descriptor. */
  private readonly events: Uint32Array;
  private readonly eventsAddress: number;
  private eventCount = 0;
  private readonly change: Uint32Array;
  private readonly changeAddress: number;
  private readonly countAddress: number;
  /** Connections that were written to. */
  private readonly queue: EpollConnection[] = [];

  /** @throws CrabError when the system refuses */
  constructor(options: EpollReactorOptions) {
    super(options);
    const native = this.native;
    this.calls = options.calls;
    this.receiveAddress = addressOf(native, this.receiveBytes);
    this.sendBytes = this.writer.bytes;
    this.sendAddress = addressOf(native, this.sendBytes);
    // One array, large enough not to be on the JavaScript heap, where things move.
    const eventWords = EVENTS_MAX * abi.EVENT_WORDS;
    const memory = new ArrayBuffer((eventWords + abi.EVENT_WORDS) * 4 + 2 * abi.EVENTFD_BYTES);
    this.events = new Uint32Array(memory, 0, eventWords);
    this.change = new Uint32Array(memory, eventWords * 4, abi.EVENT_WORDS);
    this.eventsAddress = addressOf(native, new Uint8Array(memory));
    this.changeAddress = this.eventsAddress + eventWords * 4;
    this.countAddress = this.changeAddress + abi.EVENT_WORDS * 4;
    this.descriptor = this.calls.epoll_create1(abi.EPOLL_CLOEXEC);
    if (this.descriptor < 0) throw this.failure('epoll_create1');
    this.register(abi.EPOLL_CTL_ADD, this.wakeDescriptor, abi.EPOLLIN, KIND_WAKE);
  }

  // --- for connections

  /** Has `events` of a descriptor told, with `data` (u32), or not any more (EPOLL_CTL_*). @throws CrabError */
  register(operation: number, descriptor: number, events: number, data: number): void {
    this.change[0] = events;
    this.change[abi.EVENT_DATA] = data;
    const result = this.calls.epoll_ctl(this.descriptor, operation, descriptor, this.changeAddress);
    if (result !== 0) throw this.failure('epoll_ctl');
  }

  /** The writer's bytes from now on are where `sendAddress` says. */
  takeWriter(): void {
    if (this.sendBytes === this.writer.bytes) return;
    this.sendAll(); // what is queued is in the old ones
    this.sendBytes = this.writer.bytes;
    this.sendAddress = addressOf(this.native, this.sendBytes);
  }

  /**
   * Copies `bytes[from..to)` behind what the writer holds, which is nothing between two events. Returns where, or -1: when it
   * holds something, and when they are so many that they may as well be sent from a copy of their own.
   */
  place(bytes: Uint8Array, from: number, to: number): number {
    const writer = this.writer;
    const start = writer.size;
    if (start !== writer.start || to - from > SEND_EARLY_BYTES || !writer.raw(bytes, from, to)) return -1;
    writer.leave();
    return start;
  }

  /** Has `connection.flush()` called at the end of the turn. */
  sendLater(connection: EpollConnection): void {
    this.queue.push(connection);
  }

  /** Sends what is queued. */
  sendAll(): void {
    const queue = this.queue;
    for (let index = 0; index < queue.length; index++) {
      const connection = queue[index]!;
      connection.isQueued = false;
      connection.flush();
    }
    queue.length = 0;
  }

  /** Sends what is queued in the middle of a turn. The caller's own part, just queued, is the last of what the writer holds. */
  sendEarly(): void {
    this.sendAll();
    this.writer.reset();
  }

  /** `bytes` belong to a connection's outbox from now on. */
  giveUp(bytes: Uint8Array): void {
    if (bytes === this.writer.bytes) this.writer.replaceBytes();
  }

  // --- the loop's

  protected handOver(): void {
    if (this.queue.length !== 0) this.sendAll();
    if (this.writer.size !== 0) this.writer.reset();
  }

  protected sleep(waitMs: number): void {
    const count = this.calls.epoll_wait(this.descriptor, this.eventsAddress, EVENTS_MAX, Math.ceil(waitMs));
    this.eventCount = Math.max(count, 0);
    // A signal is for Node's own thread, which looks after it.
    if (count < 0 && this.calls.errno() !== abi.EINTR) throw this.failure('epoll_wait');
  }

  protected deliver(): void {
    const count = this.eventCount;
    if (count === 0) return;
    this.enterTurn();
    const words = this.events;
    for (let at = 0, end = count * abi.EVENT_WORDS; at < end; at += abi.EVENT_WORDS) {
      const data = words[at + abi.EVENT_DATA]!;
      const kind = data & KIND_MASK;
      if (kind === KIND_CONNECTION) this.connections[data >>> INDEX_SHIFT]!.ready(words[at]!);
      else if (kind === KIND_LISTENER) this.acceptAt(data >>> INDEX_SHIFT);
      else this.calls.read(this.wakeDescriptor, this.countAddress, abi.EVENTFD_BYTES);
    }
  }

  protected watch(index: number, descriptor: number): void {
    const events = abi.EPOLLIN | abi.EPOLLEXCLUSIVE;
    this.register(abi.EPOLL_CTL_ADD, descriptor, events, KIND_LISTENER | (index << INDEX_SHIFT));
  }

  protected unwatch(_index: number, descriptor: number): void {
    this.native.close(descriptor); // which takes it off the list, too
  }

  protected connect(index: number, descriptor: number, path: string): EpollConnection {
    return new EpollConnection(this, index, descriptor, path);
  }

  protected release(): void {
    this.native.close(this.descriptor);
  }

  // --- accepting

  private acceptAt(index: number): void {
    const isShared = this.isShared(index);
    for (let count = 0; count < ACCEPTS_MAX; count++) {
      const listener = this.listenerDescriptor(index);
      if (listener === undefined) return;
      const accepted = this.calls.accept4(listener, 0, 0, abi.SOCK_NONBLOCK | abi.SOCK_CLOEXEC);
      if (accepted >= 0) {
        this.accepted(index, accepted);
        if (!isShared) continue;
        this.register(abi.EPOLL_CTL_DEL, listener, 0, 0);
        this.watch(index, listener);
        return;
      }
      const error = this.calls.errno();
      if (error === abi.EAGAIN) return;
      // The peer has given up, or a signal came: the next one may be all right.
      if (error === abi.ECONNABORTED || error === abi.EINTR) continue;
      // Without a descriptor for it the connection goes on waiting, and the event with it.
      this.register(abi.EPOLL_CTL_DEL, listener, 0, 0);
      this.watchLater(index);
      return;
    }
  }

  private failure(systemCall: string): CrabError {
    const code = this.native.lastError();
    return new CrabError(code, `${systemCall}: ${code}`); // alloc: the end of the reactor
  }
}
