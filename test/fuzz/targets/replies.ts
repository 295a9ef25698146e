/**
 * The client's reader of replies: what a server, or whoever pretends to be one, may send. Cut into pieces of any size it is the
 * same replies, and whatever is none is a ProtocolError.
 */

import assert from 'node:assert/strict';
import { ProtocolError, ReplyError } from '../../../src/client/errors.js';
import { ReplyReader } from '../../../src/client/reply-reader.js';
import { type Target, texts } from '../target.js';

const PIECE_BYTES: readonly number[] = [1, 3, 100];
/** So deep a reply may be; whoever gets it goes through it by recursion, perhaps. */
const DEPTH_MAX = 128;

export function makeRepliesTarget(): Target {
  return {
    modules: ['src/client/reply-reader.js'],
    seeds: texts(
      '+OK\r\n-ERR no\r\n:12\r\n:-9223372036854775808\r\n$5\r\nhello\r\n$-1\r\n*-1\r\n',
      '*2\r\n$1\r\na\r\n%1\r\n+k\r\n~2\r\n:1\r\n_\r\n',
      '#t\r\n#f\r\n,1.5\r\n,inf\r\n,-inf\r\n,nan\r\n(123456789012345678901234567890\r\n',
      '=7\r\ntxt:abc\r\n!5\r\nERR x\r\n|1\r\n+a\r\n+b\r\n+c\r\n>2\r\n+invalidate\r\n*0\r\n',
      `${'*1\r\n'.repeat(130)}+x\r\n`,
      `$40000\r\n${'x'.repeat(40_000)}\r\n`,
      '*1073741824\r\n$1073741825\r\n',
    ),
    words: texts(
      '+',
      '-',
      ':',
      '$',
      '*',
      '%',
      '~',
      '>',
      '|',
      '#',
      ',',
      '(',
      '=',
      '!',
      '_',
      '\r\n',
      '*2\r\n',
      '%1\r\n',
      '-1\r\n',
    ),
    bytesMax: 4096,
    // A line that comes byte by byte is looked at again with every byte.
    stepsMax: (input) => 4096 + 4 * input.length ** 2,
    run(input) {
      const bytes = Buffer.from(input);
      const whole = read(bytes, Math.max(1, bytes.length));
      for (const size of PIECE_BYTES)
        assert.deepEqual(read(bytes, size), whole, `in pieces of ${size} bytes`);
    },
  };
}

/** The replies and push messages that come out, and whether they ended with an error. */
function read(bytes: Buffer, pieceBytes: number): unknown[] {
  const replies: unknown[] = [];
  const reader = new ReplyReader({
    wantsBuffers: () => false,
    reply: (value) => replies.push(value instanceof ReplyError ? `error ${value.message}` : value),
    push: (items) => replies.push(['push', items]),
  });
  try {
    for (let from = 0; from < bytes.length; from += pieceBytes) {
      const piece = Buffer.from(bytes.subarray(from, from + pieceBytes));
      reader.feed(piece, 0, piece.length);
    }
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    replies.push('a protocol error');
  }
  for (const reply of replies) assert.ok(depthOf(reply) <= DEPTH_MAX + 1, 'replies are not too deep');
  return replies;
}

/** Levels of aggregates. A push message is one more here. */
function depthOf(reply: unknown): number {
  const isAggregate = Array.isArray(reply) || reply instanceof Set || reply instanceof Map;
  if (!isAggregate) return 0;
  const inner =
    reply instanceof Map ? [...reply.keys(), ...reply.values()] : [...(reply as Iterable<unknown>)];
  return 1 + inner.reduce<number>((most, each) => Math.max(most, depthOf(each)), 0);
}
