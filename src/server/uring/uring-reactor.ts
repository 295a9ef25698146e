/**
 * The reactor over io_uring: Linux, one system call a turn.
 *
 * The thread sleeps in `io_uring_enter` and nowhere else. One call hands over everything that the last turn has prepared
 * (sends, receives, closes) and waits for completions; then a turn runs (native-loop.ts), which begins with
 *
 *     settle: which sends fell short; the writer's memory is free again
 *       -> completions: accepted, received
 *
 * Replies are sent from where they were composed: the thread's `ReplyWriter` is this reactor's send memory, and is reset
 * when all that was handed over is settled.
 *
 * Sources: io_uring(7); abi.ts.
 */

import { addressOf } from '../native.js';
import { INDEX_SHIFT, KIND_MASK, NativeLoop, type NativeLoopOptions } from '../native-loop.js';
import * as abi from './abi.js';
import {
  KIND_ACCEPT,
  KIND_IGNORED,
  KIND_RECEIVE,
  KIND_SEND,
  KIND_SLOW_SEND,
  KIND_WAKE,
  UringConnection,
} from './connection.js';
import { ReceiveBuffers } from './receive-buffers.js';
import { Ring } from './ring.js';

export interface UringReactorOptions extends NativeLoopOptions {
  /** Sizes of the queues and number of receive buffers, powers of two, when not the usual ones: for tests. */
  readonly submissions?: number;
  readonly completions?: number;
  readonly receiveBuffers?: number;
}

export class UringReactor extends NativeLoop<UringConnection> {
  readonly ring: Ring;
  /** Sends that were handed over before the enter of this number are gone, or have told how much is not. */
  settledEnters = 0;
  private readonly buffers: ReceiveBuffers;
  /** The writer's buffers since the last settling, and the address of the last one. */
  private readonly sendBuffers: Uint8Array[] = [];
  private address = 0;

  /** @throws RingError when the kernel refuses */
  constructor(options: UringReactorOptions) {
    super(options);
    this.ring = new Ring(options.native, options.submissions, options.completions);
    this.buffers = new ReceiveBuffers(this.ring, options.receiveBuffers);
    this.armWakeDescriptor();
  }

  // --- for connections

  /** The address of `writer.bytes`, which stay in memory until all sends from it are settled. */
  writerAddress(): number {
    const buffers = this.sendBuffers;
    if (buffers.length === 0 || buffers[buffers.length - 1] !== this.writer.bytes) {
      buffers.push(this.writer.bytes);
      this.address = addressOf(this.native, this.writer.bytes);
    }
    return this.address;
  }

  /** Which of the buffers since the last settling `writer.bytes` is, for `sendBuffer`. */
  writerBuffer(): number {
    return this.sendBuffers.length - 1;
  }

  sendBuffer(index: number): Uint8Array {
    return this.sendBuffers[index]!;
  }

  /** `bytes` belong to a connection's outbox from now on. */
  giveUp(bytes: Uint8Array): void {
    if (bytes === this.writer.bytes) this.writer.replaceBytes();
  }

  // --- the loop's

  /** Sends are prepared already, and go with the enter. */
  protected handOver(): void {
    this.buffers.publish();
  }

  protected sleep(waitMs: number): void {
    this.ring.enter(waitMs > 0 ? 1 : 0, waitMs);
  }

  protected deliver(): void {
    this.settle();
    if (this.ring.head !== this.ring.tail) this.complete();
  }

  protected watch(index: number, descriptor: number): void {
    const tag = KIND_ACCEPT | (index << INDEX_SHIFT);
    // One accept that goes on would stay the first in the kernel's queue, and keep all connections from the other threads.
    const once = this.isShared(index) ? 0 : abi.ACCEPT_MULTISHOT;
    const at = this.ring.prepare(abi.OP_ACCEPT, 0, once, descriptor, tag);
    this.ring.setOperationFlags(at, abi.SOCK_NONBLOCK | abi.SOCK_CLOEXEC);
  }

  protected unwatch(index: number, descriptor: number): void {
    const at = this.ring.prepare(abi.OP_ASYNC_CANCEL, 0, 0, -1, KIND_IGNORED);
    this.ring.setBuffer(at, KIND_ACCEPT | (index << INDEX_SHIFT), 0);
    this.ring.prepare(abi.OP_CLOSE, 0, 0, descriptor, KIND_IGNORED);
  }

  protected connect(index: number, descriptor: number, path: string): UringConnection {
    return new UringConnection(this, index, descriptor, path);
  }

  protected release(): void {
    this.ring.submit(); // descriptors that are still to be closed
    this.ring.close();
  }

  /** Learns of the sends that fell short; the others are gone. */
  private settle(): void {
    const ring = this.ring;
    for (let index = ring.head; index !== ring.tail; index = (index + 1) | 0) {
      const tag = ring.userData(index);
      if ((tag & KIND_MASK) !== KIND_SEND) continue;
      this.connections[tag >>> INDEX_SHIFT]!.sendFellShort(ring.result(index));
    }
    // Completions that found no room may be of sends.
    if (ring.prepared() !== 0 || ring.hasOverflow()) return;
    this.settledEnters = ring.enters;
    this.writer.reset();
    // Its last buffer stays addressed, unless it has been replaced.
    if (this.sendBuffers.length > 1 || this.sendBuffers[0] !== this.writer.bytes) this.sendBuffers.length = 0;
  }

  private complete(): void {
    const ring = this.ring;
    this.enterTurn();
    for (let index = ring.head; index !== ring.tail; index = (index + 1) | 0) {
      const tag = ring.userData(index);
      const kind = tag & KIND_MASK;
      if (kind === KIND_RECEIVE) this.completeReceive(tag >>> INDEX_SHIFT, index);
      else if (kind !== KIND_SEND && kind !== KIND_IGNORED)
        this.completeOther(kind, tag >>> INDEX_SHIFT, index);
    }
    ring.consume();
  }

  private completeReceive(connection: number, index: number): void {
    const result = this.ring.result(index);
    const flags = this.ring.completionFlags(index);
    const hasMore = (flags & abi.CQE_MORE) !== 0;
    if ((flags & abi.CQE_BUFFER) === 0) {
      this.connections[connection]!.received(result, this.buffers.bytes, 0, hasMore);
      return;
    }
    const buffer = flags >>> abi.CQE_BUFFER_SHIFT;
    const from = this.buffers.offset(buffer);
    this.connections[connection]!.received(result, this.buffers.bytes, from, hasMore);
    this.buffers.recycle(buffer);
  }

  private completeOther(kind: number, at: number, index: number): void {
    const result = this.ring.result(index);
    const hasMore = (this.ring.completionFlags(index) & abi.CQE_MORE) !== 0;
    if (kind === KIND_SLOW_SEND) this.connections[at]!.slowSent(result);
    else if (kind === KIND_ACCEPT) this.acceptCompleted(at, result, hasMore);
    else if (kind === KIND_WAKE && !hasMore) this.armWakeDescriptor();
  }

  /** Accepting at listener `index` gave a descriptor, or a negative errno. */
  private acceptCompleted(index: number, result: number, hasMore: boolean): void {
    if (result >= 0) this.accepted(index, result);
    const descriptor = this.listenerDescriptor(index);
    if (hasMore || descriptor === undefined) return;
    if (result >= 0 || result === -abi.EINTR || result === -abi.EAGAIN) this.watch(index, descriptor);
    else this.watchLater(index);
  }

  private armWakeDescriptor(): void {
    const at = this.ring.prepare(abi.OP_POLL_ADD, 0, 0, this.wakeDescriptor, KIND_WAKE);
    this.ring.setSize(at, abi.POLL_ADD_MULTI);
    this.ring.setOperationFlags(at, abi.POLLIN);
  }
}
