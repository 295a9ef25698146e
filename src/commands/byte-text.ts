/**
 * Replies of byte text: strings of one character a byte (U+0000..U+00FF), as arguments are kept that outlive their request.
 */

import type { ReplyWriter } from '../engine/reply.js';

/** The text as a bulk string. */
export function replyBytes(reply: ReplyWriter, text: string): void {
  reply.bulk(Buffer.from(text, 'latin1'), 0, text.length);
}

/** An array of such texts. */
export function replyByteTexts(reply: ReplyWriter, texts: readonly string[]): void {
  reply.arrayHeader(texts.length);
  for (const text of texts) replyBytes(reply, text);
}
