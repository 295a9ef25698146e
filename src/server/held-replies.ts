/**
 * Replies of one connection that wait for the log, in order.
 *
 * A reply leaves only when what it shows or promises is in the log (`Log.acknowledged`). Until then its bytes lie
 * here, and so does everything that the connection replies after it. Bytes are in one buffer; beside it a short list says
 * up to where they may go at which LSN:
 *
 *     bytes   ....|start  reply reply | reply | reply reply reply|end ....
 *     marks               (lsn 640, to)(lsn 704, to)        (lsn 896, to)
 *
 * Invariants: LSNs never descend, because a client's `waitLsn` does not. When all MARKS_MAX marks are taken, replies
 * join the last one: they may then wait a little longer than they must, never shorter.
 */

import { copyBytes } from '../base/bytes.js';

/** Batches that wait for different LSNs. A connection rarely has more than two: the block being synced, and the next. */
const MARKS_MAX = 16;
const BYTES_INITIAL = 512;
/** A buffer up to this size stays with the connection while nothing waits. */
const BYTES_KEPT_MAX = 4096;

const NO_BYTES: Uint8Array = new Uint8Array(0);

export class HeldReplies {
  /** What waits is `bytes[start..end)`. */
  bytes: Uint8Array = NO_BYTES;
  start = 0;
  end = 0;
  private marks = 0;
  private readonly markLsn = new Float64Array(MARKS_MAX);
  /** Offset after the mark's last byte, counted from `start`. */
  private readonly markEnd = new Float64Array(MARKS_MAX);

  /** Bytes that wait. */
  get size(): number {
    return this.end - this.start;
  }

  /** Takes a copy of `source[from..to)`, to go when `lsn` is acknowledged. `lsn` is at least that of the last call. */
  append(source: Uint8Array, from: number, to: number, lsn: number): void {
    const size = to - from;
    if (this.end + size > this.bytes.length) this.makeRoom(size);
    copyBytes(this.bytes, this.end, source, from, size);
    this.end += size;
    let last = this.marks - 1;
    if (last < 0 || (this.markLsn[last]! < lsn && this.marks < MARKS_MAX)) last = this.marks++;
    this.markLsn[last] = lsn;
    this.markEnd[last] = this.end - this.start;
  }

  /** How many bytes from `start` on may go, now that the log has acknowledged `lsn`. */
  readyBytes(lsn: number): number {
    let ready = 0;
    for (let mark = 0; mark < this.marks && this.markLsn[mark]! <= lsn; mark++) {
      ready = this.markEnd[mark]!;
    }
    return ready;
  }

  /** Drops the first `size` bytes, a number that `readyBytes` gave. */
  drop(size: number): void {
    if (size === this.end - this.start) {
      this.clear();
      return;
    }
    let kept = 0;
    for (let mark = 0; mark < this.marks; mark++) {
      if (this.markEnd[mark]! <= size) continue;
      this.markLsn[kept] = this.markLsn[mark]!;
      this.markEnd[kept] = this.markEnd[mark]! - size;
      kept++;
    }
    this.marks = kept;
    this.start += size;
  }

  /** Drops everything. */
  clear(): void {
    this.start = 0;
    this.end = 0;
    this.marks = 0;
    if (this.bytes.length > BYTES_KEPT_MAX) this.bytes = NO_BYTES;
  }

  private makeRoom(size: number): void {
    const used = this.end - this.start;
    if (used + size <= this.bytes.length >> 1) {
      this.bytes.copyWithin(0, this.start, this.end);
    } else {
      const larger = new Uint8Array(Math.max(BYTES_INITIAL, 2 * (used + size))); // alloc: doubles
      larger.set(this.bytes.subarray(this.start, this.end));
      this.bytes = larger;
    }
    this.start = 0;
    this.end = used;
  }
}
