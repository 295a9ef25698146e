import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Client } from '../engine/client.js';
import { PROTOCOL_RESP2 } from '../engine/reply.js';
import { ClientWaits } from './client-waits.js';
import { FakeThread, request } from './session-fakes.case.js';

/** A reactor whose one timer goes off when the time is set forward far enough, as a timer that may be early does. */
class Clock {
  nowMs = 1000.5;
  timer: { dueMs: number; intervalMs: number; work: () => void } | undefined = undefined;
  yields = 0;
  readonly later: (() => void)[] = [];
  readonly waits = new ClientWaits(this, () => this.nowMs);

  every(intervalMs: number, work: () => void): () => void {
    assert.equal(this.timer, undefined, 'there is one timer at a time');
    const timer = { dueMs: this.nowMs + intervalMs, intervalMs, work };
    this.timer = timer;
    return () => {
      if (this.timer === timer) this.timer = undefined;
    };
  }

  yield(): void {
    this.yields += 1;
  }

  soon(work: () => void): void {
    this.later.push(work);
  }

  /** What was to be done soon is done. */
  turn(): void {
    for (const work of this.later.splice(0)) work();
  }

  pass(ms: number): void {
    this.nowMs += ms;
    while (this.timer !== undefined && this.timer.dueMs <= this.nowMs) {
      this.timer.dueMs += this.timer.intervalMs;
      this.timer.work();
    }
  }
}

function client(id: number): Client {
  return new Client(id, '', '', 0, PROTOCOL_RESP2, true);
}

/** What has become of a promise so far. */
async function stateOf(promise: Promise<string>): Promise<string> {
  return await Promise.race([promise, Promise.resolve('pending')]);
}

describe('ClientWaits', () => {
  it("does a slice a turn, of the clients' works one after the other, and none for a client that is gone", async () => {
    const clock = new Clock();
    const { waits } = clock;
    const done: string[] = [];
    const slicesOf = (name: string, count: number) => {
      let left = count;
      return () => {
        done.push(name);
        return --left === 0;
      };
    };
    const ends: string[] = [];
    void waits.inSlices(client(1), slicesOf('a', 3)).then(() => ends.push('a'));
    void waits.inSlices(client(2), slicesOf('b', 2)).then(() => ends.push('b'));
    void waits.inSlices(client(3), slicesOf('c', 9)).then(() => ends.push('c'));
    const turns: number[] = [];
    for (let turn = 0; turn < 20; turn++) {
      if (turn === 4) waits.forget(3);
      clock.turn();
      turns.push(done.length);
      await Promise.resolve();
    }
    assert.deepEqual(turns.slice(0, 7), [1, 2, 3, 4, 5, 6, 6]);
    assert.equal(done.join(''), 'abcaba');
    assert.deepEqual(ends, ['b', 'a']);
    assert.equal(clock.yields, 2, 'the loop of promises runs for each that has ended');
  });

  it('ends each wait when its time is over, whatever the order they began in', async () => {
    const clock = new Clock();
    const { waits } = clock;
    const given: [id: number, timeoutMs: number][] = [
      [1, 300],
      [2, 100],
      [3, 200],
      [4, 0],
    ];
    const ends = given.map(([id, timeoutMs]) => waits.until(client(id), timeoutMs));
    const states = () => Promise.all(ends.map(stateOf));
    clock.pass(99);
    assert.deepEqual(await states(), ['pending', 'pending', 'pending', 'pending']);
    clock.pass(1);
    assert.deepEqual(await states(), ['pending', 'timeout', 'pending', 'pending']);
    clock.pass(150);
    assert.deepEqual(await states(), ['pending', 'timeout', 'timeout', 'pending']);
    clock.pass(50);
    assert.deepEqual(await states(), ['timeout', 'timeout', 'timeout', 'pending']);
    assert.equal(clock.timer, undefined);
    assert.equal(clock.yields, 3);
  });

  it('ends a wait for the log when it is looked at and ready', async () => {
    const clock = new Clock();
    const { waits } = clock;
    let isReady = false;
    const waiting = client(1);
    const end = waits.until(waiting, 1000, () => isReady);
    const other = waits.until(client(2), 0);
    assert.ok(waits.areForLog && waiting.isBlocked);
    waits.look();
    assert.equal(await stateOf(end), 'pending');
    isReady = true;
    waits.look();
    assert.equal(await end, 'ready');
    assert.equal(await stateOf(other), 'pending');
    assert.ok(!waits.areForLog && !waiting.isBlocked);
  });

  it('ends a wait from outside, as a timeout or as an error, once', async () => {
    const { waits } = new Clock();
    const ends = [1, 2].map((id) => waits.until(client(id), 0));
    assert.ok(waits.cancel(1, false));
    assert.ok(waits.cancel(2, true));
    assert.ok(!waits.cancel(2, true));
    assert.ok(!waits.cancel(3, true));
    assert.deepEqual(await Promise.all(ends), ['timeout', 'unblocked']);
  });

  it('forgets the wait of a connection that is gone, and its timer', async () => {
    const clock = new Clock();
    const end = clock.waits.until(client(1), 100, () => true);
    clock.waits.forget(1);
    clock.waits.forget(2);
    assert.equal(clock.timer, undefined);
    assert.ok(!clock.waits.areForLog);
    clock.waits.look();
    clock.pass(1000);
    assert.equal(await stateOf(end), 'pending');
  });

  it('waits longer than a timer can be set ahead', async () => {
    const clock = new Clock();
    const end = clock.waits.until(client(1), 2 ** 32);
    clock.pass(2 ** 31);
    assert.equal(await stateOf(end), 'pending');
    clock.pass(2 ** 31);
    assert.equal(await stateOf(end), 'timeout');
    const never = clock.waits.until(client(1), Number.MAX_SAFE_INTEGER);
    clock.pass(2 ** 33);
    assert.equal(await stateOf(never), 'pending');
  });
});

describe('A thread', () => {
  it('is woken by the log for clients that wait for it, as often as it takes', async () => {
    const thread = new FakeThread();
    let isReady = false;
    const end = thread.waits.until(client(1), 0, () => isReady);
    thread.reactor.turn(() => {});
    assert.notEqual(thread.reactor.armed, undefined);
    thread.reactor.bump();
    assert.equal(await stateOf(end), 'pending');
    assert.notEqual(thread.reactor.armed, undefined, 'it waits on');
    isReady = true;
    thread.reactor.bump();
    assert.equal(await end, 'ready');
    thread.reactor.bump();
    assert.equal(thread.reactor.armed, undefined);
  });

  it('forgets the wait of a connection that is closed', () => {
    const thread = new FakeThread();
    const { transport, session } = thread.connect();
    thread.receive(transport, request('PING'));
    void thread.waits.until(session!.client, 0, () => true);
    thread.reactor.turn(() => transport.handler?.closed());
    assert.ok(!thread.waits.areForLog);
  });
});
