/**
 * The input of one connection that could not be executed yet: the beginning of a request, or requests that have to wait.
 *
 * Complete requests are executed where they were received; only what is left over comes here. The buffer is made as
 * large as the parser says that the request will be, so that a value of 512 MB is copied here once, and is given back as
 * soon as nothing is left over. (The system commits memory as it is written, so announcing much costs a client's peer
 * nothing.)
 */

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
   * Adds `source[from..to)`; `needed` is how many bytes there will be at least, counted from `start`. False when there is
   * no memory for them.
   */
  append(source: Uint8Array, from: number, to: number, needed: number): boolean {
    const size = to - from;
    const room = Math.max(needed, this.end - this.start + size);
    if (this.start + room > this.bytes.length && !this.makeRoom(room)) return false;
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

  private makeRoom(room: number): boolean {
    const used = this.end - this.start;
    if (room <= this.bytes.length && this.start >= used) {
      this.bytes.copyWithin(0, this.start, this.end);
    } else {
      // Bytes that trickle in are moved a bounded number of times.
      const larger = allocate(Math.max(room, used + Math.min(used, GROWTH_BYTES_MAX)) + SLACK_BYTES);
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
