/**
 * The value of a reply that lies in the thread's writer as a whole.
 *
 * Hot path: an allocation for the value, and none besides.
 */

import type { Reply } from '../client/reply.js';
import { ReplyReader, type ReplySink } from '../client/reply-reader.js';
import type { ReplyWriter } from '../engine/reply.js';
import { BufferOfLast } from './buffer-of-last.js';

export class ReplyDecoder implements ReplySink {
  private readonly reader = new ReplyReader(this); // alloc: once a thread
  private asBuffers = false;
  private value: Reply = undefined;
  private readonly buffers = new BufferOfLast();

  /** Takes the only reply in `writer` out of it. */
  take(writer: ReplyWriter, asBuffers: boolean): Reply {
    this.asBuffers = asBuffers;
    this.reader.feed(this.buffers.of(writer.bytes), writer.start, writer.size);
    writer.drop();
    const value = this.value;
    this.value = undefined;
    return value;
  }

  wantsBuffers(): boolean {
    return this.asBuffers;
  }

  reply(value: Reply): void {
    this.value = value;
  }

  /** Nobody is told anything here but the answer. */
  push(): void {}
}
