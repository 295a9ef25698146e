import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PAUSE_WRITE } from '../engine/attention.js';
import { STAT_BLOCKED_CLIENTS } from '../engine/statistics.js';
import { FakeThread, request } from './session-fakes.case.js';

const PING = request('PING');
const ECHO = (text: string): string => request('ECHO', text);
const bulk = (text: string): string => `$${text.length}\r\n${text}\r\n`;

test('a command that waits for the end of a pause is executed then, and what came behind it after it', () => {
  const thread = new FakeThread();
  const { transport, session } = thread.connect();
  thread.attention.pause(PAUSE_WRITE, thread.reactor.nowMs + 500, thread.reactor.nowMs);
  thread.receive(transport, PING + request('PUT') + ECHO('x') + request('PUT'));
  assert.equal(transport.sent, '+PONG\r\n');
  assert.equal(session?.isWaiting, true);
  assert.equal(session.client.isBlocked, true);
  assert.equal(thread.statistics.total(STAT_BLOCKED_CLIENTS), 1);
  thread.receive(transport, ECHO('y'));
  thread.reactor.tick(500, 500);
  thread.reactor.doLater();
  assert.equal(transport.sent, `+PONG\r\n+OK\r\n${bulk('x')}+OK\r\n${bulk('y')}`);
  assert.deepEqual(thread.executor.executed, ['PING', 'PUT', 'ECHO', 'PUT', 'ECHO']);
  assert.equal(session.client.isBlocked, false);
  assert.equal(thread.statistics.total(STAT_BLOCKED_CLIENTS), 0);
});

test('a pause that another thread ends is over at once', () => {
  const thread = new FakeThread();
  const connections = [thread.connect(), thread.connect()];
  thread.attention.pause(PAUSE_WRITE, thread.reactor.nowMs + 60_000, thread.reactor.nowMs);
  for (const { transport } of connections) thread.receive(transport, request('PUT'));
  thread.attention.unpause();
  thread.reactor.bump();
  thread.reactor.doLater();
  assert.deepEqual(
    connections.map(({ transport }) => transport.sent),
    ['+OK\r\n', '+OK\r\n'],
  );
});

test('a pause that becomes longer holds up what has waited already', () => {
  const thread = new FakeThread();
  const { transport } = thread.connect();
  const { reactor, attention } = thread;
  attention.pause(PAUSE_WRITE, reactor.nowMs + 500, reactor.nowMs);
  thread.receive(transport, request('PUT'));
  attention.pause(PAUSE_WRITE, reactor.nowMs + 800, reactor.nowMs);
  reactor.tick(500, 500);
  reactor.doLater();
  assert.equal(transport.sent, '');
  reactor.tick(300, 300);
  reactor.doLater();
  assert.equal(transport.sent, '+OK\r\n');
});

test('any requests, any cuts, pauses in between: every request is answered once and in order', () => {
  const item = fc.oneof(
    fc.constant({ text: request('PUT'), reply: '+OK\r\n' }),
    fc.string({ maxLength: 600 }).map((text) => ({ text: ECHO(text), reply: bulk(text) })),
  );
  fc.assert(
    fc.property(fc.array(item, { maxLength: 12 }), fc.integer({ min: 1, max: 700 }), (items, chunkBytes) => {
      const thread = new FakeThread();
      const { reactor, attention } = thread;
      const { transport } = thread.connect();
      const text = items.map((each) => each.text).join('');
      for (let at = 0; at < text.length; at += chunkBytes) {
        attention.pause(PAUSE_WRITE, reactor.nowMs + 60_000, reactor.nowMs);
        thread.receive(transport, text.slice(at, at + chunkBytes));
        attention.unpause();
        reactor.bump();
        reactor.doLater();
      }
      assert.equal(transport.sent, items.map((each) => each.reply).join(''));
    }),
  );
});

test('a client that leaves during a pause, or is made to, takes its command along', () => {
  const thread = new FakeThread();
  const leaves = thread.connect();
  const ends = thread.connect();
  const killed = thread.connect();
  const drained = thread.connect();
  thread.attention.pause(PAUSE_WRITE, thread.reactor.nowMs + 500, thread.reactor.nowMs);
  for (const { transport } of [leaves, ends, killed, drained])
    thread.receive(transport, request('PUT') + PING);
  thread.reactor.turn(() => {
    leaves.transport.handler?.closed();
    ends.transport.handler?.ended();
    drained.session?.drain();
  });
  thread.sessions.kill({ ids: [killed.session?.client.id ?? 0] });
  assert.equal(ends.transport.isEnded, true);
  assert.equal(drained.transport.isEnded, true);
  assert.equal(killed.transport.isClosed, true);
  thread.reactor.turn(() => {
    for (const { transport } of [ends, killed, drained]) transport.handler?.closed();
  });
  assert.equal(thread.statistics.total(STAT_BLOCKED_CLIENTS), 0);
  thread.attention.unpause();
  thread.reactor.bump();
  thread.reactor.doLater();
  assert.deepEqual(thread.executor.executed, []);
});

test('no maintenance during a pause: data stays as it is', () => {
  const thread = new FakeThread();
  const { reactor, attention } = thread;
  attention.pause(PAUSE_WRITE, reactor.nowMs + 500, reactor.nowMs);
  reactor.tick(100, 100);
  assert.equal(thread.sliceCount, 0);
  attention.unpause();
  thread.sessions.countInput(1);
  reactor.tick(100, 100);
  assert.equal(thread.sliceCount, 1);
});

test('a client that waits for the end of a pause is not idle', () => {
  const thread = new FakeThread([['timeout', '5']]);
  const { transport } = thread.connect();
  thread.attention.pause(PAUSE_WRITE, thread.reactor.nowMs + 60_000, thread.reactor.nowMs);
  thread.receive(transport, request('PUT'));
  thread.reactor.tick(1000, 10_000);
  assert.equal(transport.isClosed, false);
});
