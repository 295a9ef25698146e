/**
 * Cuts a stream of bytes into whole RESP frames: requests or replies, in pieces as they come from a socket.
 *
 * A frame that is long is looked at again only when it can have become complete, so collecting one stays cheap.
 */

import { frameEnd } from './resp.js';

export class FrameStream {
  #chunks: Buffer[] = [];
  #size = 0;
  /** So many bytes must be there before it is worth looking. */
  #needed = 1;

  /** The bytes of a frame of which the end is not there yet. */
  get rest(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  /** Takes more bytes and returns the frames that are complete with them. */
  feed(chunk: Buffer): Buffer[] {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    const frames: Buffer[] = [];
    if (this.#size < this.#needed) return frames;
    const bytes = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks);
    let at = 0;
    this.#needed = 1;
    while (at < bytes.length) {
      const end = frameEnd(bytes, at);
      if (end < 0) {
        this.#needed = -end;
        break;
      }
      frames.push(bytes.subarray(at, end));
      at = end;
    }
    this.#chunks = at < bytes.length ? [bytes.subarray(at)] : [];
    this.#size = bytes.length - at;
    return frames;
  }
}
