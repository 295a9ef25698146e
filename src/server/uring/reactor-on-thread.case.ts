/**
 * An io_uring reactor that has a thread to itself and sleeps in the kernel, as in the server: for the tests beside it. It is
 * a worker that is told what to do by messages, or a process of its own (with few descriptors) that prints its port.
 *
 * It echoes. A request that begins with one of these bytes is answered in another way:
 *
 *     Y  after YIELD_ROUNDS rounds of JavaScript's event loop, each asked for with `yield`
 *     T  after the next tick of a timer
 *     S  by `soon`
 */

import assert from 'node:assert/strict';
import { parentPort, workerData } from 'node:worker_threads';
import { ReplyWriter } from '../../engine/reply.js';
import { loadNative } from '../native.js';
import type { ConnectionHandler, Transport } from '../reactor.js';
import { UringReactor } from './uring-reactor.js';

export interface ThreadData {
  readonly words: Int32Array;
  readonly wakeIndex: number;
}

/** What the thread tells: its port once it listens, and then how often it was woken, answered a message, and so on. */
export type ThreadNews =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'woken'; readonly count: number }
  | { readonly kind: 'answer'; readonly text: string }
  | { readonly kind: 'stopped' };

/** `arm`: arm the wake word; `stop`: stop; anything else is answered with itself. */
export type ThreadOrder = string;

const YIELD = 0x59;
const TIMER = 0x54;
const SOON = 0x53;
/** So many that waiting for the end of a sleep each time would take longer than a test may. */
const YIELD_ROUNDS = 50;
const TICK_MS = 5;

const data = (workerData ?? {
  words: new Int32Array(new SharedArrayBuffer(64)),
  wakeIndex: 0,
}) as ThreadData;
const tell = (news: ThreadNews): void => {
  if (parentPort !== null) parentPort.postMessage(news);
  else process.stdout.write(`${JSON.stringify(news)}\n`);
};

const native = await loadNative();
assert.ok(native !== undefined);
const writer = new ReplyWriter();
const { words, wakeIndex } = data;
const reactor = new UringReactor({ native, writer, wakeWords: words, wakeIndex });
let wokenCount = 0;

function reply(transport: Transport, bytes: Uint8Array): void {
  assert.equal(writer.raw(bytes, 0, bytes.length), true);
  if (transport.write(writer.bytes, writer.start, writer.size)) writer.leave();
  else writer.drop();
}

/** Replies after `rounds` rounds of the event loop. */
function replyLater(transport: Transport, bytes: Uint8Array, rounds: number): void {
  if (rounds === 0) {
    reactor.enterTurn();
    reply(transport, bytes);
    return;
  }
  reactor.yield();
  setImmediate(() => replyLater(transport, bytes, rounds - 1));
}

function accepted(transport: Transport): ConnectionHandler {
  return {
    receive: (bytes, from, to) => {
      const copy = Uint8Array.from(bytes.subarray(from, to));
      if (copy[0] === YIELD) replyLater(transport, copy, YIELD_ROUNDS);
      else if (copy[0] === SOON) reactor.soon(() => reply(transport, copy));
      else if (copy[0] === TIMER) {
        const cancel = reactor.every(TICK_MS, () => {
          cancel();
          reply(transport, copy);
        });
      } else reply(transport, copy);
    },
    writable: () => {},
    ended: () => transport.end(),
    closed: () => {},
  };
}

reactor.serve({
  turnBegins: () => {},
  accepted,
  turnEnds: () => {},
  woken: () => {
    wokenCount++;
    tell({ kind: 'woken', count: wokenCount });
  },
});
tell({ kind: 'listening', port: await reactor.listen({ port: 0 }) });
parentPort?.on('message', (order: ThreadOrder) => {
  if (order === 'stop') {
    void reactor.stop().then(() => {
      tell({ kind: 'stopped' });
      parentPort?.close();
    });
    return;
  }
  if (order === 'arm') reactor.armWake(reactor.wakeValue());
  tell({ kind: 'answer', text: order });
});
