import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  STAT_BYTES_IN,
  STAT_BYTES_OUT,
  STAT_CONNECTED_CLIENTS,
  STAT_CONNECTIONS_RECEIVED,
  STAT_CONNECTIONS_REJECTED,
  STAT_HELD_REPLIES,
} from '../engine/statistics.js';
import { FakeThread, request } from './session-fakes.case.js';

const PING = request('PING');

test('a connection beyond maxclients is told so and not served', () => {
  const thread = new FakeThread([['maxclients', '2']]);
  thread.connect();
  const second = thread.connect();
  const third = thread.connect();
  assert.equal(third.session, undefined);
  assert.equal(third.transport.sent, '-ERR max number of clients reached\r\n');
  assert.equal(thread.statistics.total(STAT_CONNECTIONS_REJECTED), 1);
  thread.reactor.turn(() => second.transport.handler?.closed());
  assert.notEqual(thread.connect().session, undefined);
});

test('idle connections are closed after timeout, but not those that wait for a command', () => {
  const thread = new FakeThread([['timeout', '5']]);
  const idle = thread.connect();
  const busy = thread.connect();
  const waiting = thread.connect();
  thread.receive(waiting.transport, request('WAIT'));
  thread.reactor.tick(1000, 4000);
  thread.receive(busy.transport, PING);
  thread.reactor.tick(1000, 2000);
  assert.equal(idle.transport.isClosed, true);
  assert.equal(busy.transport.isClosed, false);
  assert.equal(waiting.transport.isClosed, false);
});

test('tcp-keepalive is set on new connections unless it is 0', () => {
  const thread = new FakeThread();
  assert.equal(thread.connect().transport.keepAliveSeconds, 300);
  thread.config.apply([['tcp-keepalive', '0']]);
  assert.equal(thread.connect().transport.keepAliveSeconds, -1);
});

test('counts connections, bytes and held replies', () => {
  const thread = new FakeThread();
  const { transport } = thread.connect();
  thread.receive(transport, PING);
  thread.receive(transport, request('SET'));
  const total = (word: number): number => thread.statistics.total(word);
  assert.equal(total(STAT_CONNECTIONS_RECEIVED), 1);
  assert.equal(total(STAT_CONNECTED_CLIENTS), 1);
  assert.equal(total(STAT_BYTES_IN), PING.length + request('SET').length);
  assert.equal(total(STAT_BYTES_OUT), '+PONG\r\n+OK\r\n'.length);
  assert.equal(total(STAT_HELD_REPLIES), 1);
  thread.reactor.turn(() => transport.handler?.closed());
  assert.equal(total(STAT_CONNECTED_CLIENTS), 0);
  assert.equal(total(STAT_HELD_REPLIES), 0);
});

test('the log is woken once a turn, not once a request or connection', () => {
  const thread = new FakeThread();
  const connections = [thread.connect(), thread.connect(), thread.connect()];
  const before = thread.log.wakeRequests;
  thread.reactor.turn(() => {
    for (const { transport } of connections) thread.deliver(transport, request('SET').repeat(10));
  });
  assert.equal(thread.log.wakeRequests - before, 1);
});

test('commands see the time of their turn', () => {
  const thread = new FakeThread();
  const { transport } = thread.connect();
  thread.reactor.nowMs += 12_345;
  thread.receive(transport, PING);
  assert.equal(thread.executor.nowMs, thread.reactor.nowMs);
});

test('maintenance runs by the clock, and goes on in turns of its own, with rests, while there is more to do', () => {
  const thread = new FakeThread();
  thread.slices.push(true, true, true, false);
  thread.reactor.tick(100, 100);
  assert.equal(thread.sliceCount, 1);
  thread.sessions.countInput(1);
  thread.reactor.tick(100, 100);
  assert.equal(thread.sliceCount, 1, 'not twice at a time');
  thread.reactor.later.shift()?.();
  assert.equal(thread.sliceCount, 2);
  assert.equal(thread.reactor.later.length, 0, 'it rests');
  thread.reactor.tick(1, 1);
  assert.equal(thread.sliceCount, 3);
  thread.reactor.tick(1, 1);
  assert.equal(thread.sliceCount, 3, 'the rest is over');
  thread.reactor.later.shift()?.();
  assert.equal(thread.sliceCount, 4);
  assert.equal(thread.reactor.later.length, 0);
  thread.sessions.countInput(1);
  thread.reactor.tick(100, 100);
  assert.equal(thread.sliceCount, 5);
});

test('maintenance slows down when nobody is served, and is quick again when somebody is', () => {
  const thread = new FakeThread();
  thread.reactor.tick(100, 100);
  assert.equal(thread.sliceCount, 1);
  thread.reactor.tick(100, 100);
  assert.equal(thread.sliceCount, 1);
  thread.reactor.tick(1000, 1000);
  assert.equal(thread.sliceCount, 2);
  thread.sessions.countInput(1);
  thread.reactor.tick(100, 100);
  assert.equal(thread.sliceCount, 3);
});

test('drain answers what is under way, ends the connections and accepts no more', async () => {
  const thread = new FakeThread();
  const idle = thread.connect();
  const held = thread.connect();
  thread.receive(held.transport, request('SET'));
  const drained = thread.sessions.drain();
  await thread.settle();
  assert.equal(thread.reactor.isListening, false);
  assert.equal(idle.transport.isEnded, true);
  assert.equal(held.transport.isEnded, false);
  let isDone = false;
  void drained.then(() => {
    isDone = true;
  });
  thread.reactor.tick(5, 5);
  await thread.settle();
  assert.equal(isDone, false);
  thread.becomeDurable(8);
  assert.equal(held.transport.sent, '+OK\r\n');
  assert.equal(held.transport.isEnded, true);
  thread.reactor.tick(5, 5);
  await drained;
  assert.equal(thread.connect().session, undefined);
});

test('clients are listed and killed by what is said of them', () => {
  const thread = new FakeThread();
  const first = thread.connect();
  const second = thread.connect();
  const ids = thread.sessions.list({ address: '127.0.0.1:50000' }).map(({ id }) => id);
  assert.deepEqual(ids, [first.session?.client.id, second.session?.client.id]);
  assert.equal(thread.sessions.kill({ except: ids[0] ?? 0 }), 1);
  assert.deepEqual([first.transport.isClosed, second.transport.isClosed], [false, true]);
});
