import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import * as errors from '../engine/errors.js';
import { STAT_CONNECTED_CLIENTS, STAT_HELD_REPLIES } from '../engine/statistics.js';
import { OUTPUT_HIGH_WATER_BYTES } from './session.js';
import { FakeThread, type FakeTransport, request } from './session-fakes.case.js';

const PING = request('PING');
const ECHO = (text: string): string => request('ECHO', text);
const bulk = (text: string): string => `$${text.length}\r\n${text}\r\n`;

test('answers a request', () => {
  const thread = new FakeThread();
  const { transport } = thread.connect();
  thread.receive(transport, PING);
  assert.equal(transport.sent, '+PONG\r\n');
  assert.equal(transport.writes, 1);
});

test('answers a pipeline with one write', () => {
  const thread = new FakeThread();
  const { transport } = thread.connect();
  thread.receive(transport, PING.repeat(10_000), 1_000_000);
  assert.equal(transport.sent, '+PONG\r\n'.repeat(10_000));
  assert.equal(transport.writes, 1);
});

test('a huge pipeline leaves in portions, not as one reply', () => {
  const thread = new FakeThread();
  const { transport } = thread.connect();
  thread.receive(transport, request('BIG', '100000').repeat(50), 1_000_000);
  assert.equal(transport.sent, bulk('x'.repeat(100_000)).repeat(50));
  assert.equal(transport.writes, 17);
});

test('answers the same however the bytes are cut', () => {
  const value = 'v'.repeat(3000);
  const text = [
    PING,
    ECHO('hello'),
    ECHO(value),
    PING,
    '*0\r\n',
    request('GET', 'a'),
    'PING\r\n',
    ECHO(''),
  ].join('');
  const whole = new FakeThread();
  const { transport } = whole.connect();
  whole.receive(transport, text);
  const expected = transport.sent;
  assert.ok(expected.length > 3000);
  for (let size = 1; size < text.length; size = size < 40 ? size + 1 : size + 97) {
    const thread = new FakeThread();
    const cut = thread.connect();
    thread.receive(cut.transport, text, size);
    assert.equal(cut.transport.sent, expected, `in chunks of ${size}`);
    assert.equal(cut.session?.inputBufferBytes, 0, 'nothing is left over');
  }
});

test('any requests, any cuts: every request is answered once and in order', () => {
  const command = fc.oneof(
    fc.constant(PING),
    fc.string({ maxLength: 40 }).map((text) => ECHO(Buffer.from(text).toString('latin1'))),
    fc.integer({ min: 0, max: 2000 }).map((size) => ECHO('e'.repeat(size))),
  );
  const property = fc.property(
    fc.array(command, { maxLength: 30 }),
    fc.array(fc.integer({ min: 1, max: 1500 }), { minLength: 1, maxLength: 20 }),
    (commands, cuts) => {
      const thread = new FakeThread();
      const { transport } = thread.connect();
      const text = commands.join('');
      for (let at = 0, cut = 0; at < text.length; cut++) {
        const size = cuts[cut % cuts.length]!;
        thread.receive(transport, text.slice(at, at + size));
        at += size;
      }
      const reference = new FakeThread();
      const one = reference.connect();
      for (const request of commands) reference.receive(one.transport, request);
      assert.equal(transport.sent, one.transport.sent);
      assert.equal(thread.executor.executed.length, commands.length);
    },
  );
  fc.assert(property, { numRuns: 200 });
});

test('a large value that arrives in pieces is kept in a buffer that grows with it, and executed once', () => {
  const thread = new FakeThread();
  const { transport, session } = thread.connect();
  const size = 4_000_000;
  const text = ECHO('z'.repeat(size));
  thread.receive(transport, text.slice(0, 100_000));
  const reserved = session?.inputBufferBytes ?? 0;
  assert.ok(reserved >= 100_000 && reserved <= 400_000, `${reserved} bytes for 100000 of ${text.length}`);
  thread.receive(transport, text.slice(100_000) + PING);
  assert.equal(transport.sent, `${bulk('z'.repeat(size))}+PONG\r\n`);
  assert.equal(session?.inputBufferBytes, 0);
});

test('plain lines get bare replies, one byte at a time too', () => {
  const thread = new FakeThread();
  const { transport } = thread.connect();
  thread.receive(transport, 'PING\r\necho "a b"\nnonsense\r\n', 1);
  assert.equal(transport.sent, "PONG\r\na b\r\nERR unknown command 'nonsense'\r\n");
});

test("with inline-replies resp plain lines get Redis's replies, and arrays are understood after them", () => {
  const thread = new FakeThread([['inline-replies', 'resp']]);
  const { transport } = thread.connect();
  thread.receive(transport, `PING\r\n${ECHO('a')}`, 1);
  assert.equal(transport.sent, '+PONG\r\n$1\r\na\r\n');
});

test('a protocol error is answered, after what came before it, and ends the connection', () => {
  const thread = new FakeThread();
  const { transport } = thread.connect();
  thread.receive(transport, `${PING}*1\r\n!4\r\n${PING}`);
  assert.equal(transport.sent, "+PONG\r\n-ERR Protocol error: expected '$', got '!'\r\n");
  assert.equal(transport.isEnded, true);
  thread.receive(transport, PING);
  assert.equal(thread.executor.executed.length, 1);
});

test('QUIT is answered and ends the connection; what follows is not executed', () => {
  const thread = new FakeThread();
  const { transport } = thread.connect();
  thread.receive(transport, PING + request('QUIT') + PING);
  assert.equal(transport.sent, '+PONG\r\n+OK\r\n');
  assert.equal(transport.isEnded, true);
  assert.deepEqual(thread.executor.executed, ['PING', 'QUIT']);
});

test('a reply of another protocol starts where HELLO changed it', () => {
  const thread = new FakeThread();
  const { transport } = thread.connect();
  thread.receive(transport, request('HELLO') + PING);
  assert.equal(transport.sent, '_\r\n+PONG\r\n');
});

test('a peer that has ended its side gets all its replies before the connection ends', () => {
  const thread = new FakeThread();
  const { transport } = thread.connect();
  thread.reactor.turn(() => {
    thread.deliver(transport, `PING\r\nSET\r\nPING\r\nPIN`);
    transport.handler?.ended();
  });
  assert.equal(transport.sent, '');
  assert.equal(transport.isEnded, false);
  thread.becomeDurable(8);
  assert.equal(transport.sent, 'PONG\r\nOK\r\nPONG\r\n');
  assert.equal(transport.isEnded, true);
});

test('a peer that has ended its side is closed at once when nothing is under way', () => {
  const thread = new FakeThread();
  const { transport } = thread.connect();
  thread.receive(transport, PING);
  thread.reactor.turn(() => transport.handler?.ended());
  assert.equal(transport.isEnded, true);
});

test('a peer that does not read is not read from, and goes on where it stopped', () => {
  const thread = new FakeThread();
  const { transport } = thread.connect();
  transport.kernelBytes = 100_000;
  thread.receive(transport, request('BIG', '200000').repeat(30) + ECHO('last'), 65536);
  const executed = thread.executor.executed.length;
  assert.ok(executed < 10, `${executed} requests were executed`);
  assert.equal(transport.isReading, false);
  assert.ok(transport.pendingBytes < OUTPUT_HIGH_WATER_BYTES + 600_000);
  // More input that was under way already waits its turn.
  thread.receive(transport, PING);
  while (transport.pendingBytes > 0) thread.reactor.turn(() => transport.read(300_000));
  assert.equal(transport.sent, `${bulk('x'.repeat(200_000)).repeat(30)}$4\r\nlast\r\n+PONG\r\n`);
  assert.equal(transport.isReading, true);
});

test('half-closed while it does not read: everything is answered, then the connection ends', () => {
  const thread = new FakeThread();
  const { transport } = thread.connect();
  transport.kernelBytes = 0;
  thread.reactor.turn(() => {
    thread.deliver(transport, request('BIG', '300000').repeat(20));
    transport.handler?.ended();
  });
  assert.equal(transport.isEnded, false);
  for (let round = 0; round < 100 && !transport.isEnded; round++) {
    thread.reactor.turn(() => transport.read(500_000));
  }
  assert.equal(transport.sent.length, bulk('x'.repeat(300_000)).length * 20);
  assert.equal(transport.isEnded, true);
});

test('a command that waits for another thread stops its connection, and only that one', async () => {
  const thread = new FakeThread();
  const { transport, session } = thread.connect();
  const other = thread.connect();
  thread.receive(transport, PING + request('WAIT') + ECHO('after'));
  thread.receive(transport, ECHO('later'), 3);
  thread.receive(other.transport, PING);
  assert.equal(transport.sent, '+PONG\r\n');
  assert.equal(other.transport.sent, '+PONG\r\n');
  assert.equal(session?.isWaiting, true);
  thread.executor.suspended[0]!((reply) => reply.status('WAITED'));
  await thread.settle();
  assert.equal(transport.sent, '+PONG\r\n+WAITED\r\n$5\r\nafter\r\n$5\r\nlater\r\n');
  assert.equal(session?.isWaiting, false);
});

test('commands that wait, one after the other in a pipeline cut anywhere, keep their order', async () => {
  for (const size of [1, 5, 11, 1000]) {
    const thread = new FakeThread();
    const { transport } = thread.connect();
    thread.receive(transport, (request('WAIT') + PING).repeat(5), size);
    for (let index = 0; index < 5; index++) {
      assert.equal(thread.executor.suspended.length, index + 1);
      thread.executor.suspended[index]!((reply) => reply.integer(index));
      await thread.settle();
    }
    assert.equal(transport.sent, [0, 1, 2, 3, 4].map((index) => `:${index}\r\n+PONG\r\n`).join(''));
  }
});

test('input behind a command that waits is read only up to a limit', async () => {
  const thread = new FakeThread();
  const { transport } = thread.connect();
  thread.receive(transport, request('WAIT') + PING.repeat(1000));
  assert.equal(transport.isReading, true);
  thread.receive(transport, PING.repeat(10_000));
  assert.equal(transport.isReading, false);
  thread.executor.suspended[0]!((reply) => reply.ok());
  await thread.settle();
  assert.equal(transport.isReading, true);
  assert.equal(transport.sent, `+OK\r\n${'+PONG\r\n'.repeat(11_000)}`);
});

test('a command whose promise is rejected is answered with an error', async () => {
  const thread = new FakeThread();
  const { transport } = thread.connect();
  thread.receive(transport, request('WAIT') + PING);
  thread.executor.suspended[0]!(Promise.reject(new Error('no more')) as never);
  await thread.settle();
  assert.equal(transport.sent, '-ERR no more\r\n+PONG\r\n');
});

test('a client killed while a command waits is closed at once, and its reply goes nowhere', async () => {
  const thread = new FakeThread();
  const { transport, session } = thread.connect();
  thread.receive(transport, request('WAIT') + PING);
  assert.equal(thread.sessions.kill({ ids: [session!.client.id] }), 1);
  assert.equal(transport.isClosed, true);
  thread.reactor.turn(() => transport.handler?.closed());
  thread.executor.suspended[0]!((reply) => reply.ok());
  await thread.settle();
  assert.equal(transport.sent, '');
  assert.deepEqual(thread.executor.executed, ['WAIT']);
  assert.equal(thread.sessions.list({}).length, 0);
});

test('a client that kills itself gets its reply first', async () => {
  const thread = new FakeThread();
  const { transport, session } = thread.connect();
  thread.receive(transport, request('KILL') + PING);
  thread.sessions.kill({ ids: [session!.client.id] });
  assert.equal(transport.isClosed, false);
  thread.executor.suspended[0]!((reply) => reply.integer(1));
  await thread.settle();
  assert.equal(transport.sent, ':1\r\n');
  assert.equal(transport.isEnded, true);
});

// --- Replies that wait for the log ---

test('a client that wants no replies gets none, late ones and protocol errors included', async () => {
  const thread = new FakeThread();
  const { transport } = thread.connect();
  thread.receive(transport, PING + request('MUTE') + PING + request('WAIT') + PING);
  thread.executor.suspended[0]?.((reply) => reply.status('LATE'));
  await thread.settle();
  thread.receive(transport, '*x\r\n');
  assert.equal(transport.sent, '+PONG\r\n');
  assert.deepEqual(thread.executor.executed, ['PING', 'MUTE', 'PING', 'WAIT', 'PING']);
  assert.equal(transport.isEnded, true);
});

test('a skipped reply is that of the next command, also when it comes late, or is a protocol error', async () => {
  const thread = new FakeThread();
  const { transport } = thread.connect();
  thread.receive(transport, `${request('SKIP') + request('WAIT') + PING + request('SKIP')}*x\r\n`);
  thread.executor.suspended[0]?.((reply) => reply.status('LATE'));
  await thread.settle();
  assert.equal(transport.sent, '+PONG\r\n');
  assert.equal(transport.isEnded, true);
});

test('a reply is held until the log is durable up to it', () => {
  const thread = new FakeThread();
  const { transport } = thread.connect();
  thread.receive(transport, request('SET'));
  assert.equal(transport.sent, '');
  assert.equal(thread.log.flushes > 0, true);
  assert.equal(thread.log.wakeRequests > 0, true);
  assert.equal(thread.reactor.armed, 0);
  thread.becomeDurable(8);
  assert.equal(transport.sent, '+OK\r\n');
  assert.equal(thread.reactor.armed, undefined, 'nothing is waited for any more');
});

test('replies that need not wait are not delayed by other connections', () => {
  const thread = new FakeThread();
  const writer = thread.connect();
  const reader = thread.connect();
  thread.receive(writer.transport, request('SET'));
  thread.receive(reader.transport, PING);
  assert.equal(writer.transport.sent, '');
  assert.equal(reader.transport.sent, '+PONG\r\n');
});

test('replies behind a held one keep their order, and leave as soon as they may', () => {
  const thread = new FakeThread();
  const { transport } = thread.connect();
  thread.receive(transport, request('SET') + PING);
  thread.receive(transport, PING);
  thread.receive(transport, request('SET') + ECHO('b'));
  thread.receive(transport, request('SET'));
  assert.equal(transport.sent, '');
  thread.becomeDurable(8);
  assert.equal(transport.sent, '+OK\r\n+PONG\r\n+PONG\r\n');
  thread.becomeDurable(16);
  assert.equal(transport.sent, '+OK\r\n+PONG\r\n+PONG\r\n+OK\r\n$1\r\nb\r\n');
  thread.becomeDurable(20);
  assert.equal(transport.sent, '+OK\r\n+PONG\r\n+PONG\r\n+OK\r\n$1\r\nb\r\n');
  thread.becomeDurable(24);
  assert.equal(transport.sent, '+OK\r\n+PONG\r\n+PONG\r\n+OK\r\n$1\r\nb\r\n+OK\r\n');
});

test('a reply that need not wait never overtakes one that is about to leave', () => {
  const thread = new FakeThread();
  const { transport } = thread.connect();
  thread.receive(transport, request('SET'));
  thread.reactor.turn(() => {
    thread.log.acknowledgedLsn = 8; // published, but this thread has not been woken yet
    thread.deliver(transport, PING);
    assert.equal(transport.sent, '');
  });
  assert.equal(transport.sent, '+OK\r\n+PONG\r\n');
});

test('a read of what is not durable waits as the write does', () => {
  const thread = new FakeThread();
  const writer = thread.connect();
  const reader = thread.connect();
  thread.receive(writer.transport, request('SET'));
  thread.receive(reader.transport, request('GET'));
  assert.equal(reader.transport.sent, '');
  thread.becomeDurable(8);
  assert.equal(reader.transport.sent, ':8\r\n');
});

test('without a log nothing is held, and what is held leaves when there is none any more', () => {
  const thread = new FakeThread();
  const { transport } = thread.connect();
  thread.receive(transport, request('SET'));
  thread.log.isEnabled = false;
  thread.reactor.tick(100, 100);
  assert.equal(transport.sent, '+OK\r\n');
  thread.receive(transport, request('SET'));
  assert.equal(transport.sent, '+OK\r\n+OK\r\n');
});

test('many connections, many writes, durable in steps: every connection gets its replies in order', () => {
  const property = fc.property(
    fc.array(fc.record({ connection: fc.nat(4), kind: fc.constantFrom('SET', 'GET', 'PING', 'sync') }), {
      maxLength: 200,
    }),
    fc.infiniteStream(fc.nat(100)),
    (steps, random) => {
      const thread = new FakeThread();
      const connections = [0, 1, 2, 3, 4].map(() => thread.connect().transport);
      const expected = connections.map(() => [] as { text: string; lsn: number }[]);
      const sure = connections.map(() => 0);
      const check = (): void => {
        connections.forEach((transport, index) => {
          const replies = expected[index]!;
          let most = 0;
          while (most < replies.length && replies[most]!.lsn <= thread.log.acknowledgedLsn) most++;
          const allowed = replies.slice(0, most).map((reply) => reply.text);
          assert.ok(allowed.join('').startsWith(transport.sent), 'nothing leaves early');
          assert.ok(transport.sent.length >= sure[index]!, 'nothing is taken back');
          sure[index] = transport.sent.length;
        });
      };
      for (const { connection, kind } of steps) {
        if (kind === 'sync') {
          const span = thread.log.lastLsn - thread.log.acknowledgedLsn;
          thread.becomeDurable(
            thread.log.acknowledgedLsn + Math.floor((span * random.next().value) / 800) * 8,
          );
        } else {
          thread.receive(connections[connection]!, request(kind));
          const list = expected[connection]!;
          const before = list.at(-1)?.lsn ?? 0;
          const lsn = kind === 'PING' ? before : thread.log.lastLsn;
          const text = kind === 'PING' ? '+PONG\r\n' : kind === 'SET' ? '+OK\r\n' : `:${lsn}\r\n`;
          list.push({ text, lsn });
        }
        check();
      }
      thread.becomeDurable(thread.log.lastLsn);
      connections.forEach((transport, index) => {
        assert.equal(transport.sent, expected[index]!.map((reply) => reply.text).join(''));
      });
      assert.equal(thread.statistics.total(STAT_HELD_REPLIES), 0, 'no connection holds replies');
    },
  );
  fc.assert(property, { numRuns: 200 });
});

test('when the log has failed, what waits for it is refused and its connection ends; others go on', () => {
  const thread = new FakeThread();
  const early = thread.connect();
  const late = thread.connect();
  const reader = thread.connect();
  thread.receive(early.transport, request('SET'));
  thread.receive(late.transport, request('SET') + PING);
  thread.log.acknowledgedLsn = 8;
  thread.log.hasFailed = true;
  thread.reactor.bump();
  assert.equal(early.transport.sent, '+OK\r\n', 'durable before the failure');
  assert.equal(early.transport.isEnded, false);
  assert.equal(late.transport.sent, `-${errors.LOG_FAILED}\r\n`);
  assert.equal(late.transport.isEnded, true);
  thread.receive(reader.transport, PING);
  assert.equal(reader.transport.sent, '+PONG\r\n');
  assert.equal(thread.reactor.armed, undefined);
});

test('a client killed or gone while its reply is held leaves no trace', () => {
  const thread = new FakeThread();
  const killed = thread.connect();
  const gone = thread.connect();
  const stays = thread.connect();
  for (const { transport } of [killed, gone, stays]) thread.receive(transport, request('SET'));
  thread.sessions.kill({ ids: [killed.session!.client.id] });
  thread.reactor.turn(() => {
    killed.transport.handler?.closed();
    gone.transport.handler?.closed();
  });
  thread.becomeDurable(24);
  assert.equal(killed.transport.sent, '');
  assert.equal(gone.transport.sent, '');
  assert.equal(stays.transport.sent, '+OK\r\n');
  assert.equal(thread.statistics.total(STAT_HELD_REPLIES), 0);
  assert.equal(thread.statistics.total(STAT_CONNECTED_CLIENTS), 1);
});

test('held replies stop a connection from being read like unsent ones', () => {
  const thread = new FakeThread();
  const { transport } = thread.connect();
  thread.receive(transport, request('SET') + request('BIG', '500000').repeat(6));
  const before = thread.executor.executed.length;
  assert.ok(before < 7);
  assert.equal(transport.isReading, false);
  thread.becomeDurable(8);
  assert.equal(thread.executor.executed.length, 7);
  assert.equal(transport.isReading, true);
  assert.equal(transport.sent, `+OK\r\n${bulk('x'.repeat(500_000)).repeat(6)}`);
});

test('held replies that leave for a peer that does not read do not let it go on', () => {
  const thread = new FakeThread();
  const { transport } = thread.connect();
  transport.kernelBytes = 0;
  thread.receive(transport, request('SET') + request('BIG', '500000').repeat(6));
  const executed = thread.executor.executed.length;
  thread.becomeDurable(8);
  assert.equal(thread.executor.executed.length, executed);
  thread.reactor.turn(() => transport.read(10_000_000));
  assert.ok(thread.executor.executed.length > executed);
});

test('connections that hold replies come and go in any order', () => {
  const thread = new FakeThread();
  const [first, second, third] = [thread.connect(), thread.connect(), thread.connect()];
  for (const { transport } of [first, second, third]) thread.receive(transport, request('SET'));
  thread.becomeDurable(8);
  thread.reactor.turn(() => third.transport.handler?.closed());
  assert.equal(thread.statistics.total(STAT_HELD_REPLIES), 1);
  thread.becomeDurable(16);
  assert.equal(first.transport.sent, '+OK\r\n');
  assert.equal(second.transport.sent, '+OK\r\n');
  assert.equal(third.transport.sent, '');
  assert.equal(thread.statistics.total(STAT_HELD_REPLIES), 0);
});

test('QUIT behind a held reply ends the connection after both', () => {
  const thread = new FakeThread();
  const { transport } = thread.connect();
  thread.receive(transport, request('SET') + request('QUIT') + PING);
  assert.equal(transport.isEnded, false);
  thread.receive(transport, PING);
  thread.becomeDurable(8);
  assert.equal(transport.sent, '+OK\r\n+OK\r\n');
  assert.equal(transport.isEnded, true);
});

test('a write by a command that waits holds its late reply, too', async () => {
  const thread = new FakeThread();
  const { transport, session } = thread.connect();
  thread.receive(transport, request('WAIT'));
  thread.executor.suspended[0]!((reply) => {
    session!.client.waitLsn = 40;
    reply.ok();
  });
  await thread.settle();
  assert.equal(transport.sent, '');
  thread.becomeDurable(40);
  assert.equal(transport.sent, '+OK\r\n');
});

// --- Limits ---

function withOutputLimit(
  hard: string,
  soft: string,
  seconds: string,
): { thread: FakeThread; transport: FakeTransport } {
  const thread = new FakeThread([['client-output-buffer-limit', `normal ${hard} ${soft} ${seconds}`]]);
  const { transport } = thread.connect();
  transport.kernelBytes = 0;
  return { thread, transport };
}

test('output beyond the hard limit closes the connection', () => {
  const { thread, transport } = withOutputLimit('300000', '0', '0');
  thread.receive(transport, request('BIG', '100000'));
  assert.equal(transport.isClosed, false);
  thread.receive(transport, request('BIG', '200000') + PING);
  assert.equal(transport.isClosed, true);
  assert.match(thread.warnings[0]!, /^Client id=\d+ .* for overcoming of output buffer limits\.$/);
});

test('output beyond the soft limit closes the connection once it has been so for too long', () => {
  const { thread, transport } = withOutputLimit('0', '100000', '3');
  thread.receive(transport, request('BIG', '150000'));
  thread.reactor.tick(1000, 2000);
  thread.reactor.turn(() => transport.read(100_000));
  thread.reactor.tick(1000, 1000);
  thread.receive(transport, request('BIG', '150000'));
  thread.reactor.tick(1000, 3000);
  assert.equal(transport.isClosed, false, 'it had fallen below in between');
  thread.reactor.tick(1000, 1000);
  assert.equal(transport.isClosed, true);
});

test('a request beyond client-query-buffer-limit is refused', () => {
  const thread = new FakeThread([['client-query-buffer-limit', '1mb']]);
  const { transport } = thread.connect();
  thread.receive(transport, '*2\r\n$4\r\nECHO\r\n$2000000\r\n');
  assert.equal(transport.sent, `-${errors.PROTOCOL_REQUEST_SIZE}\r\n`);
  assert.equal(transport.isEnded, true);
});

test('a limit that is changed holds for connections that are open', () => {
  const thread = new FakeThread();
  const { transport } = thread.connect();
  thread.config.apply([['proto-max-bulk-len', '1mb']]);
  thread.receive(transport, '*2\r\n$4\r\nECHO\r\n$2000000\r\n');
  assert.equal(transport.sent, `-${errors.PROTOCOL_BULK_SIZE}\r\n`);
});

test('before a client has authenticated its requests are limited, and after it they are not', () => {
  const thread = new FakeThread([['requirepass', 'secret']]);
  const { transport, session } = thread.connect();
  const large = ECHO('x'.repeat(20_000));
  session!.client.authenticated = true;
  thread.receive(transport, large);
  assert.equal(transport.sent, bulk('x'.repeat(20_000)));
  const stranger = thread.connect();
  thread.receive(stranger.transport, large);
  assert.equal(stranger.transport.sent, `-${errors.PROTOCOL_UNAUTHENTICATED_BULK}\r\n`);
});
