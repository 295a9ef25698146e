/**
 * Output of one connection that the kernel did not take at once, in order, until it does.
 *
 * Pieces stay in memory of their own whose address may be given to the kernel: a small rest of a reply is copied, a large
 * one is left in the buffer that it was composed in, which then belongs to the outbox.
 */

interface Chunk {
  readonly bytes: Uint8Array;
  from: number;
  readonly to: number;
}

export class Outbox {
  /** Bytes that wait. */
  size = 0;
  private readonly chunks: Chunk[] = [];

  /** The first piece: `bytes[from..to)`. Undefined when nothing waits. */
  get first(): Readonly<Chunk> | undefined {
    return this.chunks[0];
  }

  /** Adds a copy of `bytes[from..to)` behind the rest. */
  append(bytes: Uint8Array, from: number, to: number): void {
    this.chunks.push({ bytes: copyOf(bytes, from, to), from: 0, to: to - from });
    this.size += to - from;
  }

  /** Puts `bytes[from..to)` before all the rest; the bytes are the outbox's from now on. */
  prepend(bytes: Uint8Array, from: number, to: number): void {
    this.chunks.unshift({ bytes, from, to });
    this.size += to - from;
  }

  /** The kernel has taken the first `size` bytes, which were all of the first piece. */
  drop(size: number): void {
    const chunk = this.chunks[0]!;
    chunk.from += size;
    this.size -= size;
    if (chunk.from === chunk.to) this.chunks.shift();
  }

  clear(): void {
    this.chunks.length = 0;
    this.size = 0;
  }
}

/**
 * A copy of `bytes[from..to)`, outside of the JavaScript heap, where small arrays are moved about: the kernel may be given
 * its address.
 */
export function copyOf(bytes: Uint8Array, from: number, to: number): Uint8Array {
  const copy = Buffer.allocUnsafeSlow(to - from); // alloc: what has to wait
  copy.set(bytes.subarray(from, to));
  return copy;
}
