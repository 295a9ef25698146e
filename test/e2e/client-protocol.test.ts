/** What comes from the server: in pieces of one byte, in the older protocol, and not RESP at all. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type ConnectEvent,
  ConnectionError,
  connect,
  type DisconnectEvent,
  MaybeAppliedError,
  ProtocolError,
  ReplyError,
} from '../../src/client/index.js';
import { clientFor, EventLog, proxyFor, scriptFor, subjects } from '../support/client-fixture.js';
import { sharedServer } from '../support/fixture.js';

const server = sharedServer({ directives: { appendfsync: 'no' } });

/** Commands whose replies are of every kind. */
const CONVERSATION: readonly (readonly [string, ...(string | number)[]])[] = [
  ['FLUSHALL'],
  ['SET', 'text', 'hello\r\nworld'],
  ['GET', 'text'],
  ['GET', 'absent'],
  ['SET', 'empty', ''],
  ['GET', 'empty'],
  ['GET', 'text', 'too', 'many'],
  ['INCR', 'text'],
  ['INCRBY', 'n', '-9007199254740993'],
  ['RPUSH', 'list', 'a', 'b', 'é\u{1f980}'],
  ['LRANGE', 'list', 0, -1],
  ['LRANGE', 'absent', 0, -1],
  ['HSET', 'hash', 'field', 'value', 'empty', ''],
  ['HGETALL', 'hash'],
  ['SADD', 'set', 'a', 'b'],
  ['SMEMBERS', 'set'],
  ['ZADD', 'zset', '1.5', 'a', '-inf', 'b'],
  ['ZRANGE', 'zset', 0, -1, 'WITHSCORES'],
  ['ZSCORE', 'zset', 'b'],
  ['MGET', 'text', 'absent', 'empty'],
  ['CONFIG', 'GET', 'appendfsync'],
  ['COMMAND', 'INFO', 'GET', 'SET'],
  ['ECHO', 'x'.repeat(3_000)],
  ['NO-SUCH-COMMAND'],
];

for (const protocol of [3, 2] as const) {
  test(`RESP${protocol}: replies that come byte by byte are the same as those that come at once`, async (t) => {
    const proxy = await proxyFor(t, server().port);
    const kv = await clientFor(t, proxy.port, { protocol });
    const converse = () =>
      Promise.all(
        CONVERSATION.map(([command, ...args]) =>
          kv.send(command, ...args).catch((error: unknown) => {
            assert.ok(error instanceof ReplyError, String(error));
            return error.message;
          }),
        ),
      );
    const whole = await converse();
    proxy.flow = () => 1;
    assert.deepEqual(await converse(), whole);
    let piece = 0;
    proxy.flow = () => 1 + (piece++ % 7);
    assert.deepEqual(await converse(), whole);
    assert.equal(kv.stats().connects, 1);
    assert.equal(whole[1], 'OK');
    assert.equal(whole[8], -9_007_199_254_740_993n);
  });
}

/** Replies to GET that no server may send. */
const GARBAGE: readonly (readonly [what: string, bytes: string])[] = [
  ['an unknown type', '?what\r\n'],
  ['another protocol', 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n'],
  ['binary noise', '\x16\x03\x01\x02\x00\x01\r\n\x00\xff\r\n'],
  ['an integer that is none', ':12a\r\n'],
  ['an empty integer', ':\r\n'],
  ['a size that is none', '$1x\r\n'],
  ['a negative size', '$-2\r\nab\r\n'],
  ['a negative count', '*-7\r\n'],
  ['a size beyond all limits', '$99999999999999\r\n'],
  ['a count beyond all limits', '*99999999999999\r\n'],
  ['a bulk that is longer than it says', '$1\r\nabc\r\n'],
  ['a carriage return alone', '+a\rb\r\n'],
  ['a boolean that is none', '#x\r\n'],
  ['a double that is none', ',1.2.3\r\n'],
  ['a big number that is none', '(12x\r\n'],
  ['a verbatim string without a format', '=2\r\nab\r\n'],
  ['a push inside of an array', '*1\r\n>1\r\n+a\r\n'],
  ['a million levels', '*1\r\n'.repeat(1_000_000)],
];

for (const [what, bytes] of GARBAGE) {
  test(`${what}: everything in flight fails, and the next connection serves`, async (t) => {
    const script = await scriptFor(t, (words, { number }) => {
      if (number === 1) return words[0] === 'GET' ? bytes : '+before\r\n';
      return `+${words[0]}\r\n`;
    });
    const disconnects = new EventLog<DisconnectEvent>(t, 'disconnect');
    const kv = await clientFor(t, script.port);
    const before = kv.send('ECHO', 'x');
    const answered = kv.with({ retry: 'never' }).get('k');
    const behind = kv.incr('n');
    assert.equal(await before, 'before');
    const [first, second] = await Promise.all([causeOf(answered), causeOf(behind)]);
    assert.ok(first instanceof ProtocolError, String(first));
    assert.ok(second instanceof ProtocolError, String(second));
    assert.equal(await kv.send('ECHO', 'x'), 'ECHO');
    assert.ok(disconnects.events[0]?.error instanceof ProtocolError);
  });
}

/** What a promise rejects with; for what may have been applied, the reason of that. */
async function causeOf(promise: Promise<unknown>): Promise<unknown> {
  const error = await promise.then(
    (value) => assert.fail(`fulfilled with ${String(value)}`),
    (reason: unknown) => reason,
  );
  return error instanceof MaybeAppliedError ? error.cause : error;
}

test('a reply that nobody has asked for ends the connection, and harms no later command', async (t) => {
  const script = await scriptFor(t, (words, { number }) =>
    number === 1 ? `+${words[1]}\r\n+extra\r\n` : `+${words[1]}\r\n`,
  );
  const disconnects = new EventLog<DisconnectEvent>(t, 'disconnect');
  const kv = await clientFor(t, script.port);
  assert.equal(await kv.send('ECHO', 'a'), 'a');
  await disconnects.reach(1);
  assert.ok(disconnects.events[0]?.error instanceof ProtocolError);
  assert.equal(await kv.send('ECHO', 'b'), 'b');
});

test('a reply that never ends keeps nobody waiting beyond the deadline', async (t) => {
  const script = await scriptFor(t, (_words, { socket, number }) => {
    if (number > 1) return '+OK\r\n';
    const timer = setInterval(() => socket.write('x'.repeat(10)), 1);
    socket.once('close', () => clearInterval(timer));
    return '+';
  });
  const kv = await clientFor(t, script.port, { timeoutMs: 50 });
  await assert.rejects(kv.get('k'));
});

test('what answers the handshake is no server of ours: connect says what it got', async (t) => {
  const script = await scriptFor(t, () => 'HTTP/1.1 400 Bad Request\r\n\r\n', { handshake: false });
  const outcome = connect({ host: '127.0.0.1', port: script.port, connectTimeoutMs: 2_000 });
  const error = await outcome.then(
    () => assert.fail('connected'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof ProtocolError || error instanceof ConnectionError, String(error));
  assert.match(error.message, /'H'/);
});

/** What a server answers to HELLO that has never heard of it, each in the words of some version. */
const HELLO_REFUSALS = [
  '-ERR unknown command `HELLO`, with args beginning with: `3`, \r\n',
  "-ERR unknown command 'HELLO'\r\n",
  '-NOPROTO unsupported protocol version\r\n',
  '-ERR Unknown or disabled command HELLO\r\n',
];

for (const { name, skip, start } of subjects('RESP2')) {
  test(`${name}: RESP2 where HELLO is refused, in whatever words`, { skip }, async (t) => {
    const subject = await start({ directives: { appendonly: 'no', requirepass: 'secret' } });
    t.after(() => subject.stop());
    const proxy = await proxyFor(t, subject.port);
    const connects = new EventLog<ConnectEvent>(t, 'connect');
    let connected = 0;
    for (const answer of HELLO_REFUSALS) {
      proxy.fate = ([word]) => (word?.toUpperCase() === 'HELLO' ? { answer } : 'pass');
      const kv = await clientFor(t, proxy.port, { password: 'secret', name: 'older', db: 3 });
      await connects.reach(++connected);
      assert.equal(connects.events.at(-1)?.protocol, 2, answer);
      assert.match(String(await kv.send('CLIENT', 'INFO')), / name=older .* db=3 .* resp=2/);
      await kv.hset('h', { a: '1', b: '2' });
      const map = await kv.hgetall('h');
      const expected = new Map([
        ['a', '1'],
        ['b', '2'],
      ]);
      assert.deepEqual(map, expected, 'the same value as in RESP3');
      proxy.cut();
      await connects.reach(++connected);
      assert.deepEqual(await kv.hgetall('h'), map);
      await kv.close();
    }
  });
}
