/** Replies that come later, and in parts. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ReplyWriter } from '../engine/reply.js';
import { FakeThread, request } from './session-fakes.case.js';

const PING = request('PING');

test('a reply that comes later may come in parts, and nothing gets between them', async () => {
  const thread = new FakeThread();
  const { transport, session } = thread.connect();
  const client = session!.client;
  thread.receive(transport, PING + request('WAIT') + request('ECHO', 'after'));
  let sendLast: (late: (reply: ReplyWriter) => void) => void = () => {};
  thread.executor.suspended[0]!((reply) => {
    reply.arrayHeader(2);
    reply.integer(1);
    client.pending = new Promise((resolve) => {
      sendLast = resolve;
    });
  });
  await thread.settle();
  assert.equal(transport.sent, '+PONG\r\n*2\r\n:1\r\n');
  assert.equal(session?.isWaiting, true);
  thread.receive(transport, PING);
  sendLast((reply) => reply.integer(2));
  await thread.settle();
  assert.equal(transport.sent, '+PONG\r\n*2\r\n:1\r\n:2\r\n$5\r\nafter\r\n+PONG\r\n');
});

test('what is left of a reply is forgotten with its client', async () => {
  const thread = new FakeThread();
  const { transport, session } = thread.connect();
  const client = session!.client;
  thread.receive(transport, request('WAIT'));
  let sendLast: (late: (reply: ReplyWriter) => void) => void = () => {};
  thread.executor.suspended[0]!((reply) => {
    reply.integer(1);
    client.pending = new Promise((resolve) => {
      sendLast = resolve;
    });
  });
  await thread.settle();
  thread.reactor.turn(() => session!.closed());
  sendLast(() => assert.fail('nobody reads it'));
  await thread.settle();
  assert.equal(transport.sent, ':1\r\n');
  assert.equal(thread.reply.size, 0);
});
