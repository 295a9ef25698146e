import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  createStatisticsShared,
  STAT_BUFFER_BYTES,
  STAT_CLIENTS_EVICTED,
  Statistics,
} from '../engine/statistics.js';
import { FakeThread, type FakeTransport, request } from './session-fakes.case.js';

const KB = 1024;

/** A client whose peer does not read: `bytes` of reply wait. */
function connectSlow(thread: FakeThread, bytes: number): FakeTransport {
  const { transport } = thread.connect();
  transport.kernelBytes = 0;
  thread.receive(transport, request('BIG', String(bytes)));
  return transport;
}

test('the largest client is disconnected first, as soon as all together have too much', () => {
  const thread = new FakeThread([['maxmemory-clients', '600kb']]);
  const small = connectSlow(thread, 100 * KB);
  const large = connectSlow(thread, 300 * KB);
  thread.reactor.doLater();
  assert.equal(large.isClosed, false);
  const last = connectSlow(thread, 250 * KB);
  thread.reactor.doLater();
  assert.deepEqual([small.isClosed, large.isClosed, last.isClosed], [false, true, false]);
  assert.equal(thread.statistics.total(STAT_CLIENTS_EVICTED), 1);
  assert.match(thread.notices.join(), /^Evicting client: id=\d+ .* cmd=big /);
  thread.reactor.turn(() => large.handler?.closed());
  thread.reactor.tick(1000, 1000);
  assert.deepEqual([small.isClosed, last.isClosed], [false, false]);
});

test('unfinished requests count, too', () => {
  const thread = new FakeThread([['maxmemory-clients', '200kb']]);
  const { transport } = thread.connect();
  thread.receive(transport, `*2\r\n$3\r\nSET\r\n$1000000\r\n${'x'.repeat(100_000)}`);
  thread.reactor.doLater();
  assert.equal(transport.isClosed, true);
});

test('CLIENT NO-EVICT spares a client; its buffers count all the same', () => {
  const thread = new FakeThread([['maxmemory-clients', '400kb']]);
  const { transport, session } = thread.connect();
  session!.client.isSpared = true;
  transport.kernelBytes = 0;
  thread.receive(transport, request('BIG', String(500 * KB)));
  const other = connectSlow(thread, 100 * KB);
  thread.reactor.doLater();
  assert.deepEqual([transport.isClosed, other.isClosed], [false, true]);
});

test('of several threads the one with the largest client disconnects it', () => {
  const shared = createStatisticsShared();
  const settings = [['maxmemory-clients', '600kb']] as const;
  const one = new FakeThread(settings, new Statistics(shared, 0));
  const two = new FakeThread(settings, new Statistics(shared, 1));
  const large = connectSlow(one, 400 * KB);
  one.reactor.tick(1000, 1000);
  const smaller = connectSlow(two, 300 * KB);
  two.reactor.doLater();
  assert.equal(smaller.isClosed, false, 'the other thread has a larger one');
  one.reactor.tick(1000, 1000);
  assert.equal(large.isClosed, true);
  two.reactor.tick(1000, 1000);
  assert.equal(smaller.isClosed, false);
});

test('a budget in percent is one of maxmemory, and none without it', () => {
  const thread = new FakeThread([['maxmemory-clients', '50%']]);
  const client = connectSlow(thread, 600 * KB);
  thread.reactor.doLater();
  thread.reactor.tick(1000, 1000);
  assert.equal(client.isClosed, false);
  thread.config.apply([['maxmemory', '1mb']]);
  thread.reactor.doLater();
  assert.equal(client.isClosed, true, 'a new limit holds at once');
});

test('a budget is never less than is needed to raise it', () => {
  const thread = new FakeThread([['maxmemory-clients', '1']]);
  const small = connectSlow(thread, 100 * KB);
  thread.reactor.tick(1000, 1000);
  thread.reactor.doLater();
  assert.equal(small.isClosed, false);
});

test('what has been sent does not count any more, nor does a client that is gone', () => {
  const thread = new FakeThread();
  const reads = connectSlow(thread, 300 * KB);
  const leaves = connectSlow(thread, 300 * KB);
  assert.ok(thread.statistics.total(STAT_BUFFER_BYTES) >= 600 * KB);
  thread.reactor.turn(() => {
    reads.read(300 * KB);
    leaves.handler?.closed();
  });
  assert.ok(thread.statistics.total(STAT_BUFFER_BYTES) < 64 * KB);
});
