/**
 * The input of one connection that could not be executed yet: the beginning of a request, or requests that have to wait.
 *
 * Complete requests are executed where they were received; only what is left over comes here. How large a request will be is
 * announced long before it is there, if it ever is: so the buffer grows with what has arrived, and no further than announced. A
 * value of 512 MB is copied here once, and a third of it once more. The buffer is given back as soon as nothing is left over.
 */

/** So much is believed at once. Beyond that a buffer has at most so many times the size of what has arrived. */
const ANNOUNCED_BYTES_BELIEVED = 64 * 1024;
const ANNOUNCED_GROWTH_MAX = 4;

/** A buffer doubles up to this much at a time. */
const GROWTH_BYTES_MAX = 64 * 1024 * 1024;
/** Room beyond what is needed, so that lines, whose length is not known, do not grow byte by byte. */
const SLACK_BYTES = 1024;

const NO_BYTES: Buffer = Buffer.alloc(0);

export class InputBuffer {
  /** What is left over is `bytes[start..end)`. */
  bytes: Buffer = NO_BYTES;
  start = 0;
  end = 0;

  get size(): number {
    return this.end - this.start;
  }

  /**
   * Adds `source[from..to)`; `needed` is how many bytes the client says that there will be at least, counted from `start`. False
   * when there is no memory for what is there.
   */
  append(source: Uint8Array, from: number, to: number, needed: number): boolean {
    const size = to - from;
    const room = this.end - this.start + size;
    if (this.start + room > this.bytes.length && !this.makeRoom(room, needed)) return false;
    this.bytes.set(source.subarray(from, to), this.end);
    this.end += size;
    return true;
  }

  /** Forgets everything before `offset`; gives the memory back when nothing is left. */
  consume(offset: number): void {
    this.start = offset;
    if (offset === this.end) this.clear();
  }

  clear(): void {
    this.bytes = NO_BYTES;
    this.start = 0;
    this.end = 0;
  }

  /** Makes room for `room` bytes, and for some of those that are still to come. */
  private makeRoom(room: number, needed: number): boolean {
    const used = this.end - this.start;
    if (room <= this.bytes.length && this.start >= used) {
      this.bytes.copyWithin(0, this.start, this.end);
    } else {
      const believed = Math.max(ANNOUNCED_BYTES_BELIEVED, room * ANNOUNCED_GROWTH_MAX);
      // What nobody has announced, or as it comes, trickles in: it is moved a bounded number of times, too.
      const trickling = used + Math.min(used, GROWTH_BYTES_MAX);
      const wanted = needed > room + SLACK_BYTES ? Math.min(needed, believed) : trickling;
      const larger = allocate(Math.max(room, wanted) + SLACK_BYTES);
      if (larger === undefined) return false;
      larger.set(this.bytes.subarray(this.start, this.end));
      this.bytes = larger;
    }
    this.start = 0;
    this.end = used;
    return true;
  }
}

function allocate(size: number): Buffer | undefined {
  try {
    return Buffer.allocUnsafeSlow(size); // alloc: left-over input
  } catch {
    return undefined;
  }
}
