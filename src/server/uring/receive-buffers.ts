/**
 * The buffers that a reactor's connections receive into: one pool, lent to the kernel.
 *
 * The kernel takes a buffer when bytes have arrived, not when it is asked to receive, so ten thousand idle connections need
 * none. Free buffers are announced in a ring of descriptors that the kernel reads (io_uring_register(2),
 * IORING_REGISTER_PBUF_RING); `recycle` puts one back, `publish` shows the kernel all that were, once a turn.
 *
 * The whole pool is one array, so that a request is parsed where it arrived and the parser sees one kind of memory.
 */

import { addressOf } from '../native.js';
import * as abi from './abi.js';
import { PAGE_BYTES, type Ring } from './ring.js';

/** Number of buffers, a power of two: as many connections as can have something new in one turn without a second look. */
export const RECEIVE_BUFFERS = 256;
/** A pipeline of a hundred small commands fits; what is longer comes in pieces. */
export const RECEIVE_BUFFER_BYTES = 16 * 1024;
/** The only group of this reactor. */
export const RECEIVE_GROUP = 0;

export class ReceiveBuffers {
  /** All buffers; number n begins at `offset(n)`. */
  readonly bytes: Uint8Array;
  private readonly count: number;
  private readonly start: number;
  private readonly address: number;
  private readonly entries: Uint32Array;
  private readonly halves: Uint16Array;
  private tail = 0;

  /** @param count a power of two. @throws RingError when the kernel refuses */
  constructor(ring: Ring, count: number = RECEIVE_BUFFERS) {
    this.count = count;
    const entriesBytes = Math.ceil((count * abi.BUF_BYTES) / PAGE_BYTES) * PAGE_BYTES;
    const room = entriesBytes + count * RECEIVE_BUFFER_BYTES;
    const memory = new ArrayBuffer(room + PAGE_BYTES);
    this.bytes = new Uint8Array(memory);
    const base = addressOf(ring.native, this.bytes);
    const aligned = Math.ceil(base / PAGE_BYTES) * PAGE_BYTES - base;
    this.entries = new Uint32Array(memory, aligned, entriesBytes / 4);
    this.halves = new Uint16Array(memory, aligned, entriesBytes / 2);
    this.start = aligned + entriesBytes;
    this.address = base + this.start;
    ring.registerBuffers(base + aligned, count, RECEIVE_GROUP);
    for (let buffer = 0; buffer < count; buffer++) this.recycle(buffer);
    this.publish();
  }

  /** Where buffer `buffer` begins in `bytes`. */
  offset(buffer: number): number {
    return this.start + buffer * RECEIVE_BUFFER_BYTES;
  }

  /** Nobody looks at this buffer's bytes any more. */
  recycle(buffer: number): void {
    const address = this.address + buffer * RECEIVE_BUFFER_BYTES;
    const index = this.tail & (this.count - 1);
    const word = index << 2;
    this.entries[word] = address;
    this.entries[word + 1] = address / 2 ** 32;
    this.entries[word + 2] = RECEIVE_BUFFER_BYTES;
    // As a half word: the other half of the first entry is the tail.
    this.halves[(index << 3) + 6] = buffer;
    this.tail = (this.tail + 1) & 0xffff;
  }

  /** Lends the recycled buffers to the kernel. */
  publish(): void {
    Atomics.store(this.halves, abi.BUF_TAIL >>> 1, this.tail);
  }
}
