/** Keys that end: to the millisecond when asked, and by themselves when nobody asks. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectionFor, sharedServer, until } from '../support/fixture.js';

const server = sharedServer({ directives: { threads: '2', appendfsync: 'no' } });

test('a key is there before its deadline and not after it', async (t) => {
  const connection = await connectionFor(t, server());
  for (const lifetimeMs of [1, 2, 10, 30, 100]) {
    const sentMs = Date.now();
    await connection.call('SET', 'exp:k', 'v', 'PX', lifetimeMs);
    const setMs = Date.now();
    for (;;) {
      const askedMs = Date.now();
      const reply = await connection.call('GET', 'exp:k');
      const answeredMs = Date.now();
      if (reply === null) {
        assert.ok(answeredMs >= sentMs + lifetimeMs, `gone ${sentMs + lifetimeMs - answeredMs} ms early`);
        break;
      }
      assert.ok(askedMs <= setMs + lifetimeMs, `read ${askedMs - setMs - lifetimeMs} ms after its deadline`);
    }
  }
});

test('an expired key is hidden from every command', async (t) => {
  const connection = await connectionFor(t, server());
  await connection.call('SELECT', 3);
  await connection.call('SET', 'exp:hidden', '5', 'PX', 1);
  await new Promise((done) => setTimeout(done, 3));
  const replies = await connection.pipeline([
    ['EXISTS', 'exp:hidden'],
    ['TTL', 'exp:hidden'],
    ['PEXPIRETIME', 'exp:hidden'],
    ['TYPE', 'exp:hidden'],
    ['STRLEN', 'exp:hidden'],
    ['MGET', 'exp:hidden'],
    ['KEYS', '*'],
    ['SCAN', '0', 'COUNT', '1000'],
    ['PERSIST', 'exp:hidden'],
    ['EXPIRE', 'exp:hidden', '100'],
    ['DEL', 'exp:hidden'],
    ['SET', 'exp:hidden', 'x', 'XX'],
    ['INCR', 'exp:hidden'],
    ['TTL', 'exp:hidden'],
  ]);
  const expected = ':0 :-2 :-2 +none :0 *1 $-1 *0 *2 $1 0 *0 :0 :0 :0 $-1 :1 :-1'.split(' ').join('\r\n');
  assert.equal(Buffer.concat(replies).toString(), `${expected}\r\n`);
});

test('keys that nobody asks for go by themselves, and their memory with them', async (t) => {
  const connection = await connectionFor(t, server());
  await connection.call('FLUSHALL');
  const used = async () => Number(await server().info('used_memory'));
  const before = await used();
  const count = 20_000;
  const deadlineMs = Date.now() + 2000;
  await connection.pipeline(
    Array.from({ length: count }, (_, i) => ['SET', `exp:mass:${i}`, 'v'.repeat(100), 'PXAT', deadlineMs]),
  );
  assert.equal(await connection.call('DBSIZE'), count, 'written before the deadline');
  assert.ok((await used()) > before + count * 100);
  await until('all of them are gone', 5000, async () => (await connection.call('DBSIZE')) === 0);
  assert.ok(Date.now() < deadlineMs + 1500, `gone ${Date.now() - deadlineMs} ms after the deadline`);
  await until('their memory is back', 2000, async () => (await used()) < before + count * 10);
  assert.ok(Number(await server().info('expired_keys')) >= count);
});

test('a deadline that is moved or removed does not strike', async (t) => {
  const connection = await connectionFor(t, server());
  await connection.pipeline([
    ['SET', 'exp:moved', 'v', 'PX', 30],
    ['PEXPIRE', 'exp:moved', 1_000_000],
    ['SET', 'exp:freed', 'v', 'PX', 30],
    ['PERSIST', 'exp:freed'],
    ['SET', 'exp:replaced', 'v', 'PX', 30],
    ['SET', 'exp:replaced', 'w'],
    ['SET', 'exp:deleted', 'v', 'PX', 30],
    ['DEL', 'exp:deleted'],
    ['SET', 'exp:deleted', 'again'],
    ['SET', 'exp:struck', 'v', 'PX', 30],
  ]);
  await until(
    'the one that was left alone is gone',
    2000,
    async () => (await connection.call('EXISTS', 'exp:struck')) === 0,
  );
  assert.equal(await connection.call('EXISTS', 'exp:moved', 'exp:freed', 'exp:replaced', 'exp:deleted'), 4);
});
