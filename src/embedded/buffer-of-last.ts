/**
 * The same bytes as a `Buffer`, which knows how to become text.
 */

/** Gives the Buffer over an array, the same again as long as the array stays the same. */
export class BufferOfLast {
  private bytes: Uint8Array = new Uint8Array(0);
  private buffer: Buffer = Buffer.alloc(0);

  of(bytes: Uint8Array): Buffer {
    if (bytes !== this.bytes) {
      this.bytes = bytes;
      this.buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    }
    return this.buffer;
  }
}
