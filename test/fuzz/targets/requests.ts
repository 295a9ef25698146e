/**
 * Requests: RESP, inline commands and the text protocol, through a session as they come from a socket. However the bytes are cut
 * into packets, the same requests are executed, the same bytes come back, and the connection ends in the same way. Input buffers
 * take no more than has arrived.
 */

import assert from 'node:assert/strict';
import type { Client } from '../../../src/engine/client.js';
import { DONE } from '../../../src/engine/executor.js';
import type { Parser } from '../../../src/engine/parser.js';
import { FakeThread } from '../../../src/server/session-fakes.case.js';
import { linearSteps, type Target, texts } from '../target.js';

/** Packets of these sizes; the first one takes everything at once. */
const PACKET_BYTES: readonly number[] = [65_536, 1, 7, 40];

export function makeRequestsTarget(): Target {
  const threads = ['text', 'resp'].map(echoingThread);
  return {
    modules: ['src/engine/parser.js', 'src/server/session.js', 'src/server/input-buffer.js'],
    seeds: texts(
      '*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$5\r\nvalue\r\n',
      `*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$60\r\n${'v'.repeat(60)}\r\n`,
      '*1\r\n$4\r\nPING\r\n*0\r\n*-1\r\n\r\nPING\r\n',
      'SET key "va\\x00\\n\\"lue" \'it\\\'s\'\r\nGET key\n',
      '*2\r\n$20000\r\n',
      '*16777217\r\n',
      '*10\r\n$-1\r\n',
      '*1\r\n$536870913\r\n',
      '*1\r\n:1\r\n',
      '*00001\r\n$00004\r\nPING\r\n',
      '*99999999999999999999\r\n',
      'PING "unbalanced\r\n',
      `${'x'.repeat(70_000)}`,
    ),
    words: texts(
      '*',
      '$',
      '\r\n',
      '\n',
      '\r',
      '*1\r\n',
      '$1\r\n',
      '"',
      "'",
      '\\x',
      '\\x41',
      '\\',
      ' ',
      '\t',
      '-1',
    ),
    bytesMax: 2048,
    // Each byte is looked at once a packet cut, and there are four ways to cut.
    stepsMax: linearSteps(64),
    run(input) {
      for (const thread of threads) {
        const whole = converse(thread, input, PACKET_BYTES[0]!);
        for (const bytes of PACKET_BYTES.slice(1)) {
          assert.deepEqual(converse(thread, input, bytes), whole, `in packets of ${bytes} bytes`);
        }
      }
    },
  };
}

/** What a client hears, and whether it is hung up on. */
function converse(
  thread: FakeThread,
  input: Uint8Array,
  packetBytes: number,
): { sent: string; isEnded: boolean } {
  const { transport } = thread.connect();
  thread.receive(transport, Buffer.from(input).toString('latin1'), packetBytes);
  while (thread.reactor.later.length > 0) thread.reactor.doLater();
  const { sent, isEnded } = transport;
  thread.reactor.turn(() => transport.handler?.closed());
  return { sent, isEnded };
}

/** A thread that answers a request with its arguments. */
function echoingThread(inlineReplies: string): FakeThread {
  const thread = new FakeThread([['inline-replies', inlineReplies]]);
  thread.executor.execute = (client: Client, parser: Parser, bytes: Uint8Array) => {
    const { reply } = thread;
    reply.protocol = client.protocol;
    reply.arrayHeader(parser.argumentCount);
    for (let index = 0; index < parser.argumentCount; index++) {
      const offset = parser.argumentOffset[index]!;
      const size = parser.argumentSize[index]!;
      assert.ok(offset >= 0 && size >= 0 && offset + size <= bytes.length, 'an argument is in the buffer');
      reply.bulk(bytes, offset, size);
    }
    return DONE;
  };
  return thread;
}
