import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PAUSE_ALL } from '../engine/attention.js';
import { BlockingEngine } from '../engine/blocking.case.js';
import { STAT_BLOCKED_CLIENTS } from '../engine/statistics.js';
import { ClientWaits } from './client-waits.js';
import { Session } from './session.js';
import { FakeReactor, FakeTransport, request } from './session-fakes.case.js';
import { Sessions } from './sessions.js';

const A = 'aaaaaaaa';
const B = 'bbbbbbbb';
const TAKEN_A = `*2\r\n$1\r\nk\r\n$8\r\n${A}\r\n`;
const TAKE = request('TAKE', 'k', '0');
const PUSH_A = request('APPEND', 'k', A);

/** One thread with data, whose sockets and clock are the test's. */
class Thread {
  readonly reactor = new FakeReactor();
  readonly engine: BlockingEngine;
  readonly sessions: Sessions;
  nowMs = 0;

  /** @param other the thread with whose data this one works */
  constructor(other?: Thread) {
    const shared = other?.engine;
    this.engine = new BlockingEngine(
      shared === undefined
        ? { logs: true }
        : { shared: shared.shared, waitersShared: shared.waitersShared, thread: 1 },
    );
    const { engine, reactor } = this;
    const waits = new ClientWaits(reactor, () => this.nowMs);
    Object.assign(engine.waits, { begin: waits.begin.bind(waits), forget: waits.forget.bind(waits) });
    this.sessions = new Sessions({
      reactor,
      executor: engine.executor,
      reply: engine.reply,
      log: engine.log,
      waits,
      blocking: engine.executor.blocking,
      monitors: { hasLines: false, turnEnds: () => {}, remove: () => {} },
      maintenance: { slice: () => false },
      statistics: engine.statistics,
      attention: engine.attention,
      instruments: { noteRates: () => {}, maintained: () => {} },
      users: engine.users,
      config: engine.config,
      logger: { debug: () => {}, verbose: () => {}, notice: () => {}, warning: () => {} },
    });
    engine.log.enabled = false;
    this.sessions.start();
  }

  connect(): FakeTransport {
    const transport = new FakeTransport();
    this.reactor.turn(() => {
      transport.handler = this.sessions.accepted(transport);
    });
    return transport;
  }

  /** One turn in which each text arrives on its connection. */
  receive(...arrivals: readonly (readonly [FakeTransport, string])[]): void {
    this.reactor.turn(() => {
      for (const [transport, text] of arrivals) {
        const bytes = Buffer.from(text, 'latin1');
        transport.handler?.receive(bytes, 0, bytes.length);
        bytes.fill('!');
      }
    });
  }

  get blockedClients(): number {
    return this.engine.statistics.total(STAT_BLOCKED_CLIENTS);
  }
}

describe('BlockedSessions', () => {
  it('send what a command of the same thread has brought, before the next command of anybody', () => {
    const thread = new Thread();
    const [waiter, pusher] = [thread.connect(), thread.connect()];
    thread.receive([waiter, TAKE + request('PING')]);
    assert.equal(waiter.sent, '');
    assert.equal(thread.blockedClients, 1);
    thread.receive([pusher, PUSH_A + request('STRLEN', 'k')]);
    assert.equal(pusher.sent, ':8\r\n:0\r\n');
    assert.equal(waiter.sent, `${TAKEN_A}+PONG\r\n`);
    assert.equal(thread.blockedClients, 0);
    thread.engine.assertEmpty();
  });

  it('are served one after the other in one turn, when replies let requests go on', () => {
    const thread = new Thread();
    const [waiter, relay, pusher] = [thread.connect(), thread.connect(), thread.connect()];
    thread.receive([waiter, TAKE], [relay, request('TAKE', 'other', '0') + PUSH_A]);
    thread.receive([pusher, request('APPEND', 'other', B)]);
    assert.equal(waiter.sent, TAKEN_A);
    assert.ok(relay.sent.endsWith(':8\r\n'));
  });

  it('hear of what another thread has brought', () => {
    const one = new Thread();
    const two = new Thread(one);
    const [waiter, pusher] = [two.connect(), one.connect()];
    two.receive([waiter, TAKE]);
    assert.equal(two.reactor.armed, two.reactor.word);
    one.receive([pusher, PUSH_A]);
    assert.equal(waiter.sent, '');
    two.reactor.bump();
    assert.equal(waiter.sent, TAKEN_A);
    one.engine.assertEmpty();
  });

  it('miss nothing that comes while the turn ends', () => {
    const one = new Thread();
    const two = new Thread(one);
    const [waiter, pusher] = [two.connect(), one.connect()];
    two.receive([waiter, TAKE]);
    one.receive([pusher, PUSH_A]);
    two.reactor.turn(() => {}); // for another reason
    assert.equal(waiter.sent, TAKEN_A);
  });

  it('end when their time is over, by CLIENT UNBLOCK, and with their connection', () => {
    const thread = new Thread();
    const [first, second, third, fourth] = [
      thread.connect(),
      thread.connect(),
      thread.connect(),
      thread.connect(),
    ];
    thread.receive([first, request('TAKE', 'k', '0.25')], [second, TAKE], [third, TAKE], [fourth, TAKE]);
    thread.nowMs += 249;
    thread.reactor.tick(250, 0);
    assert.equal(first.sent, '');
    thread.nowMs += 1;
    thread.reactor.tick(1, 0);
    assert.equal(first.sent, '*-1\r\n');
    assert.equal(thread.sessions.unblock({ id: idOf(second), asError: true }), true);
    thread.reactor.endTurn();
    assert.equal(second.sent, '-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n');
    thread.reactor.turn(() => third.handler?.ended());
    assert.equal(third.isEnded, true, 'who hangs up waits no more');
    thread.sessions.kill({ ids: [idOf(fourth)] });
    thread.reactor.endTurn();
    assert.equal(thread.blockedClients, 0);
    const pusher = thread.connect();
    thread.receive([pusher, PUSH_A + request('GETDEL', 'k')]);
    assert.equal(pusher.sent, `:8\r\n$8\r\n${A}\r\n`);
    thread.engine.assertEmpty();
  });

  it('pass on what was meant for a client that is killed in the same turn', () => {
    const one = new Thread();
    const two = new Thread(one);
    const [first, second, pusher] = [two.connect(), two.connect(), one.connect()];
    two.receive([first, TAKE], [second, TAKE]);
    one.receive([pusher, PUSH_A]);
    two.reactor.turn(() => first.handler?.closed());
    assert.equal(second.sent, TAKEN_A);
  });

  it('wait for the end of a pause', () => {
    const one = new Thread();
    const two = new Thread(one);
    const [waiter, pusher] = [two.connect(), one.connect()];
    two.receive([waiter, TAKE]);
    one.receive([pusher, PUSH_A]);
    two.engine.attention.pause(PAUSE_ALL, two.reactor.nowMs + 100, two.reactor.nowMs);
    two.reactor.bump();
    assert.equal(waiter.sent, '');
    two.reactor.nowMs += 100;
    two.reactor.tick(100, 0);
    two.reactor.doLater();
    assert.equal(waiter.sent, TAKEN_A);
  });

  it('hold their replies until the log has what they show', () => {
    const thread = new Thread();
    const [waiter, pusher] = [thread.connect(), thread.connect()];
    thread.receive([waiter, TAKE]);
    thread.engine.log.enabled = true;
    thread.receive([pusher, PUSH_A]);
    assert.equal(waiter.sent + pusher.sent, '');
    thread.engine.log.enabled = false; // nothing has to be waited for any more
    thread.reactor.turn(() => {});
    assert.equal(waiter.sent, TAKEN_A);
  });

  it('are not answered when they want no answer', () => {
    const thread = new Thread();
    const [waiter, pusher] = [thread.connect(), thread.connect()];
    thread.receive([waiter, request('CLIENT', 'REPLY', 'SKIP') + TAKE + request('PING')]);
    thread.receive([pusher, PUSH_A]);
    assert.equal(waiter.sent, '+PONG\r\n');
  });

  it('stop waiting when the server stops', async () => {
    const thread = new Thread();
    const waiter = thread.connect();
    thread.receive([waiter, TAKE]);
    thread.reactor.turn(() => {
      void thread.sessions.drain();
    });
    await new Promise((resolve) => setImmediate(resolve));
    thread.reactor.endTurn();
    assert.equal(waiter.isEnded, true);
    thread.engine.assertEmpty();
  });
});

function idOf(transport: FakeTransport): number {
  assert.ok(transport.handler instanceof Session);
  return transport.handler.client.id;
}
